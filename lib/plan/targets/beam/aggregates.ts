// Aggregates of agg and agg --over as Python over the rows of a group. Owns: that text, and which aggregates can be said.
import type { Call, Frame } from '../../../expr/expression.js';
import { resolve } from '../../../operators/agg/names.js';
import { python } from './expression.js';
import type { Scope } from './expression.js';
import { aggregates } from './prelude/aggregates.js';
import { refuse } from '../refuse.js';

/** Names of the aggregates that a job can say; p50 … p99.9 and median are quantile. */
export const aggregateNames: ReadonlySet<string> = new Set(Object.keys(aggregates).filter((name) => name.startsWith('a_')).map((name) => name.slice(2)));

/** Aggregates whose result depends on the order of (event time, input). */
const ordered: ReadonlySet<string> = new Set(['first', 'last', 'collect', 'argmin', 'argmax']);
export const isOrdered = (call: Call): boolean => ordered.has(resolve(call).aggregate.name);

/** The value of a call over a list of records that is called `rows`. Errors: E_UNSUPPORTED. */
export function aggregate(call: Call, scope: Scope): string {
  const { aggregate: { name, args: wanted }, params } = resolve(call), { helpers } = scope;
  if (!aggregateNames.has(name)) {
    refuse('beam', { reason: `${call.fn}: its sketch is leat's own`, instead: name === 'distinct_approx' ? 'distinct, which is exact' : 'leat run' }, call.spot);
  }
  const rows = `r in rows${call.where === undefined ? '' : ` if ${helpers.use('where')}(${python(call.where, scope)})`}`;
  if (name === 'count' && call.args.length === 0) return call.where === undefined ? 'len(rows)' : `sum(1 for ${rows})`;
  const values = call.args.slice(0, wanted.length).map((arg) => python(arg, scope));
  return `${helpers.use(`a_${name}`)}(${[`${values.length === 1 ? `[${values[0]}` : `[(${values.join(', ')})`} for ${rows}]`, ...params.map(String)].join(', ')})`;
}

/** Aggregates that prefixes of a partition tell, for agg --over: of any frame, and of one that only grows. */
const summed: ReadonlySet<string> = new Set(['count', 'sum', 'avg']), grown: ReadonlySet<string> = new Set(['min', 'max', 'first', 'last', 'any', 'all']);

/** A column of the values that a call has over the frame of each of `rows`: Python of something to walk through. Errors: E_UNSUPPORTED. */
export function aggregateOver(call: Call, frame: Frame | undefined, scope: Scope): string {
  const { aggregate: { name } } = resolve(call), { helpers } = scope, isAll = frame === undefined || frame.preceding === Infinity, bounds = `"${frame?.kind ?? 'range'}", ${isAll ? 'None' : frame.preceding}`;
  const fast = summed.has(name) ? 'summed' : isAll && grown.has(name) ? 'grown' : undefined;
  if (fast === undefined) return `${helpers.use('framed')}(rows, lambda rows: ${aggregate(call, scope)}, ${bounds})`;
  const value = call.args.length === 0 ? 'True' : python(call.args[0], scope), held = call.where === undefined ? value : `${value} if ${helpers.use('where')}(${python(call.where, scope)}) else None`;
  return `${helpers.use(fast)}(rows, [${held} for r in rows], "${name}", ${bounds})`;
}
