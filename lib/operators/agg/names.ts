// What the operand of agg says, checked before any record is read: the aggregate of each call, the names of the result's fields. It makes no state.
import { LeatError } from '../../errors.js';
import type { Aggregate } from '../../agg/aggregate.js';
import { aggregateAlias, aggregateNames, findAggregate } from '../../agg/index.js';
import type { AggText, Call } from '../../expr/expression.js';
import { nearest } from '../../record/nearest.js';
import type { Schema } from '../../stream/element.js';

export interface Resolved { readonly aggregate: Aggregate; readonly params: readonly number[] }

/** The aggregate of a call and its constant parameters. */
export function resolve({ fn, args, spot }: Call): Resolved {
  const found = findAggregate(fn);
  if (found === undefined) {
    const near = aggregateAlias(fn) ?? nearest(fn, aggregateNames());
    throw new LeatError('E_FUNCTION', { kind: 'aggregate', got: fn, help: 'all of them: leat help aggregates' }, near === undefined ? spot : { ...spot, hint: `did you mean '${near}'?` });
  }
  const { aggregate } = found, wanted = aggregate.args.length, named = found.params.length > 0 ? [] : aggregate.params ?? [];
  const isCount = aggregate.name === 'count', least = wanted + named.filter(({ optional }) => optional !== true).length;
  if (!(isCount && args.length <= 1) && (args.length < least || args.length > wanted + named.length)) {
    const needs = [...aggregate.args.map(() => 'a value'), ...named.map(({ name, optional }) => optional === true ? `at most one number, ${name}` : name)];
    throw new LeatError('E_ARGUMENTS', { what: `${fn} takes ${needs.length === 0 ? 'no arguments' : needs.join(' and ')}, got ${args.length}`, help: 'leat help aggregates' }, spot);
  }
  const params = [...found.params];
  named.slice(0, Math.max(0, args.length - wanted)).forEach(({ name, check }, i) => {
    const given = args[wanted + i], value = Number(given.text.trim());
    const why = given.text.trim() === '' || !Number.isFinite(value) ? 'expected a number' : check(value);
    if (why !== undefined) throw new LeatError('E_ARGUMENTS', { what: `${name} of ${fn}: ${why}`, help: 'leat help aggregates' }, given.spot);
    params.push(value);
  });
  return { aggregate, params };
}

/** Names of the output fields: two equal ones are an error, also against the window's. */
export function names({ calls, by }: AggText, input: Schema): string[] {
  const bounds = input.windows === undefined ? [] : input.windows.kind === 'count' ? ['window_index'] : ['window_start', 'window_end'];
  const all = [...bounds, ...keysOf(by, input).map(({ name }) => String(name[0])), ...calls.map(({ name }) => name)];
  all.forEach((name, i) => {
    if (all.indexOf(name) === i) return;
    const spot = calls.find((call) => call.name === name)?.spot ?? by.find((key) => key.name[0] === name)?.expression.spot;
    throw new LeatError('E_SYNTAX', { why: `two fields of the result are called '${name}'`, help: 'as NAME gives one of them another name' }, spot);
  });
  return all;
}

/** `by window_start` is implied after `window`: naming it again changes nothing. */
export const keysOf = (by: AggText['by'], input: Schema): AggText['by'] => input.windows === undefined || input.windows.kind === 'count' ? by
  : by.filter(({ expression, name }) => !(expression.path?.length === 1 && (expression.path[0] === 'window_start' || expression.path[0] === 'window_end') && name[0] === expression.path[0]));
