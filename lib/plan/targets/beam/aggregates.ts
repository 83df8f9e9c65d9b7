// Aggregates of agg and agg --over as Python over the rows of a group. Owns: that text, and which aggregates can be said.
import { LeatError } from '../../../errors.js';
import type { Call } from '../../../expr/expression.js';
import { resolve } from '../../../operators/agg/names.js';
import { python } from './expression.js';
import type { Scope } from './expression.js';
import { aggregates } from './prelude/aggregates.js';

/** Names of the aggregates that a job can say; p50 … p99.9 and median are quantile. */
export const aggregateNames: ReadonlySet<string> = new Set(Object.keys(aggregates).filter((name) => name.startsWith('a_')).map((name) => name.slice(2)));

/** Aggregates whose result depends on the order of (event time, input). */
const ordered: ReadonlySet<string> = new Set(['first', 'last', 'collect', 'argmin', 'argmax']);
export const isOrdered = (call: Call): boolean => ordered.has(resolve(call).aggregate.name);

/** The value of a call over a list of records that is called `rows`. Errors: E_UNSUPPORTED. */
export function aggregate(call: Call, scope: Scope): string {
  const { aggregate: { name, args: wanted }, params } = resolve(call), { helpers } = scope;
  if (!aggregateNames.has(name)) {
    throw new LeatError('E_UNSUPPORTED', { what: `--to beam cannot say ${call.fn}: its sketch is leat's own`, help: name === 'distinct_approx' ? 'distinct, which is exact' : 'leat run' }, call.spot);
  }
  const rows = `r in rows${call.where === undefined ? '' : ` if ${helpers.use('where')}(${python(call.where, scope)})`}`;
  if (name === 'count' && call.args.length === 0) return call.where === undefined ? 'len(rows)' : `sum(1 for ${rows})`;
  const values = call.args.slice(0, wanted.length).map((arg) => python(arg, scope));
  return `${helpers.use(`a_${name}`)}(${[`${values.length === 1 ? `[${values[0]}` : `[(${values.join(', ')})`} for ${rows}]`, ...params.map(String)].join(', ')})`;
}
