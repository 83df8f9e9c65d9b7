// The aggregates of agg in the SQL of each engine: by name, a form over the arguments. A table; what is missing is refused by name, with what is near it.
// Owns: leat's rules of section 6 said in SQL: nulls are ignored, sums are exact, of ties the first by (event time, input). Must not: know stages.
import { listOf, nullable, objectOf, scalar } from '../../fields.js';
import type { Type } from '../../types.js';
import type { Dialect, Engine, Value } from './dialect.js';

export interface AggregateCall {
  readonly dialect: Dialect;
  /** Arguments; where the call has a condition they are null where it does not hold, but for `raw`. */
  readonly x: readonly Value[];
  readonly raw: readonly Value[];
  /** The condition of `where`; undefined: none. */
  readonly when: string | undefined;
  readonly params: readonly number[];
  /** Terms of (event time, input order), where they are known. */
  readonly order: readonly string[] | undefined;
}
export interface AggregateForm {
  readonly gives: (call: AggregateCall) => Type;
  /** It needs the order of the input. */
  readonly ordered?: true;
  /** It may stand before OVER. */
  readonly over?: true;
  /** Digits may differ. */
  readonly approx?: true | 'double';
  readonly duckdb?: (call: AggregateCall) => string;
  readonly spark?: (call: AggregateCall) => string;
  readonly flink?: (call: AggregateCall) => string;
}

const integer = (): Type => scalar('integer', false), real = (): Type => scalar('number', true), maybe = (): Type => scalar('boolean', true);
const same = ({ x: [{ type }] }: AggregateCall): Type => nullable(type);
const all = (form: (call: AggregateCall) => string): Record<Engine, (call: AggregateCall) => string> => ({ duckdb: form, spark: form, flink: form });
const isReal = ({ x: [{ type }] }: AggregateCall): boolean => type.kind === 'number';
const asReal = (sql: string): string => `CAST(${sql} AS DOUBLE)`;
const there = (sql: string, when: string | undefined): string => ` FILTER (WHERE ${sql} IS NOT NULL${when === undefined ? '' : ` AND ${when}`})`;
const terms = (order: readonly string[] | undefined): string => (order ?? []).join(', ');

const counted = ({ x: [x], when }: AggregateCall): string => x === undefined ? when === undefined ? 'COUNT(*)' : `COUNT(CASE WHEN ${when} THEN 1 END)` : x.type.kind === 'boolean' ? `COUNT(CASE WHEN ${x.sql} THEN 1 END)` : `COUNT(${x.sql})`;
const mean = ({ x: [{ sql }] }: AggregateCall): string => `(${asReal(`SUM(${sql})`)} / NULLIF(${asReal(`COUNT(${sql})`)}, 0E0))`;
const wholeMean = ({ x: [{ sql }] }: AggregateCall): string => `(${asReal(`sum(CAST(${sql} AS DECIMAL(38, 0)))`)} / NULLIF(${asReal(`count(${sql})`)}, 0E0))`;
const simple = (fn: string) => all(({ x }) => `${fn}(${x.map(({ sql }) => sql).join(', ')})`);
const moment = (duck: string, flink: string | undefined = duck): AggregateForm => {
  const form = (fn: string) => ({ x }: AggregateCall): string => `${fn}(${x.map(({ sql, type }) => type.kind === 'integer' ? asReal(sql) : sql).join(', ')})`;
  return { gives: real, approx: true, duckdb: form(duck), spark: form(duck), ...flink === '' ? {} : { flink: form(flink) } };
};
const position = (first: boolean): AggregateForm => ({
  gives: same, ordered: true,
  duckdb: ({ raw: [{ sql }], when, order }) => `first(${sql} ORDER BY ${(order ?? []).map((term) => first ? term : `${term} DESC`).join(', ')})${there(sql, when)}`,
  spark: ({ raw: [{ sql }], when, order }) => `${first ? 'min' : 'max'}_by(${sql}, struct(${terms(order)}))${there(sql, when)}`,
});
const extremal = (least: boolean): AggregateForm => ({
  gives: ({ raw: [{ type }] }) => nullable(type), ordered: true,
  duckdb: ({ raw: [x, y], when, order }) => `first(${x.sql} ORDER BY ${y.sql}${least ? '' : ' DESC'}, ${terms(order)})${there(y.sql, when)}`,
  spark: ({ raw: [x, y], when, order }) => `${least ? 'min' : 'max'}_by(${x.sql}, struct(${y.sql}, ${(order ?? []).map((term) => least ? term : `- ${term}`).join(', ')}))${there(y.sql, when)}`,
});
const logical = (or: boolean): AggregateForm => ({
  gives: maybe, over: true, duckdb: ({ x: [{ sql }] }) => `bool_${or ? 'or' : 'and'}(${sql})`, spark: ({ x: [{ sql }] }) => `bool_${or ? 'or' : 'and'}(${sql})`,
  flink: ({ x: [{ sql }] }) => `(${or ? 'MAX' : 'MIN'}(CASE WHEN ${sql} THEN 1 WHEN NOT ${sql} THEN 0 END) = 1)`,
});
const rank = (q: number, n: string): string => `GREATEST(1, CEIL(${q === 1 || q === 0 ? String(q) : `CAST(${q} AS DECIMAL(18, 15))`} * ${n}))`;
const listType = ({ x: [{ type }] }: AggregateCall): Type => listOf(type, false);
const upTo = (list: string, [n]: readonly number[]): string => n === undefined ? list : `${list}[1:${n}]`;
const firsts = (list: string, [n]: readonly number[]): string => n === undefined ? list : `slice(${list}, 1, ${n})`;

export const aggregateForms: Readonly<Record<string, AggregateForm>> = {
  count: { gives: integer, over: true, ...all(counted) },
  sum: {
    gives: (call) => scalar(isReal(call) ? 'number' : 'integer', true), over: true, approx: 'double',
    duckdb: (call) => isReal(call) ? `leat_sum(list(${call.x[0].sql})$over)` : `sum(${call.x[0].sql})`,
    spark: (call) => isReal(call) ? `leat_sum(collect_list(${call.x[0].sql})$over)` : `sum(CAST(${call.x[0].sql} AS DECIMAL(38, 0)))`,
    flink: ({ x: [{ sql }] }) => `SUM(${sql})`,
  },
  avg: {
    gives: real, over: true, approx: 'double',
    duckdb: (call) => isReal(call) ? `leat_avg(list(${call.x[0].sql})$over)` : `(${asReal(`sum(${call.x[0].sql})$over`)} / NULLIF(count(${call.x[0].sql})$over, 0))`,
    spark: (call) => isReal(call) ? `leat_avg(collect_list(${call.x[0].sql})$over)` : wholeMean(call).replace(/\)\) AS DOUBLE/, '))$over AS DOUBLE').replace(`count(${call.x[0].sql})`, `count(${call.x[0].sql})$over`),
    flink: (call) => isReal(call) ? `AVG(${call.x[0].sql})` : mean(call),
  },
  min: { gives: same, over: true, ...simple('MIN') },
  max: { gives: same, over: true, ...simple('MAX') },
  first: position(true), last: position(false),
  any: logical(true), all: logical(false),
  ratio: { gives: real, ...all(({ x: [x], when }) => `(${asReal(x.type.kind === 'boolean' ? `COUNT(CASE WHEN ${x.sql} THEN 1 END)` : `COUNT(${x.sql})`)} / NULLIF(${asReal(when === undefined ? 'COUNT(*)' : `COUNT(CASE WHEN ${when} THEN 1 END)`)}, 0E0))`) },
  distinct: { gives: integer, ...all(({ x: [{ sql }] }) => `COUNT(DISTINCT ${sql})`) },
  quantile_exact: {
    gives: same,
    duckdb: ({ x: [{ sql }], params: [q] }) => `list_sort(list(${sql})${there(sql, undefined)})[CAST(${rank(q, `count(${sql})`)} AS BIGINT)]`,
    spark: ({ x: [{ sql }], params: [q] }) => `get(array_sort(collect_list(${sql})), CAST(${rank(q, `count(${sql})`)} AS INT) - 1)`,
  },
  mode: {
    gives: same,
    duckdb: ({ x: [{ sql }] }) => `list_sort(list_transform(map_entries(histogram(${sql})), lambda e: {n: - CAST(e.value AS BIGINT), v: e.key}))[1].v`,
    spark: ({ x: [{ sql }] }) => `mode(${sql}, TRUE)`,
  },
  topk: {
    gives: ({ x: [{ type }] }) => listOf(objectOf(new Map([['value', type], ['count', scalar('integer', false)]]), false), false),
    duckdb: ({ x: [{ sql }], params: [k] }) => `COALESCE(list_transform(list_sort(list_transform(map_entries(histogram(${sql})), lambda e: {n: - CAST(e.value AS BIGINT), v: e.key}))[1:${k}], lambda e: {'value': e.v, 'count': - e.n}), [])`,
  },
  argmin: extremal(true), argmax: extremal(false),
  collect: {
    gives: listType, ordered: true,
    duckdb: ({ raw: [{ sql }], when, order, params }) => `COALESCE(${upTo(`list(${sql} ORDER BY ${terms(order)})${there(sql, when)}`.replace(/^(.*)$/s, '($1)'), params)}, [])`,
    spark: ({ raw: [{ sql }], when, order, params }) => firsts(`transform(array_sort(collect_list(struct(${terms(order)}, ${sql} AS v))${there(sql, when)}), e -> e.v)`, params),
  },
  collect_set: {
    gives: listType, duckdb: ({ x: [{ sql }], params }) => `COALESCE(${upTo(`list_sort(list(DISTINCT ${sql})${there(sql, undefined)})`, params)}, [])`, spark: ({ x: [{ sql }], params }) => firsts(`array_sort(collect_set(${sql}))`, params),
  },
  variance: moment('var_pop', 'VAR_POP'), variance_sample: moment('var_samp', 'VAR_SAMP'), stddev: moment('stddev_pop', 'STDDEV_POP'), stddev_sample: moment('stddev_samp', 'STDDEV_SAMP'),
  covar: moment('covar_pop', ''), covar_sample: moment('covar_samp', ''),
};

/** What to type in place of an aggregate that an engine has not. */
export const insteadOf: Readonly<Record<string, string>> = {
  quantile: 'quantile_exact(x, 0.95), which is the same number everywhere', distinct_approx: 'distinct(x), which is exact', histogram: 'count() by floor(x / width) as bucket', corr: 'covar(x, y), stddev(x) and stddev(y)',
};

export const aggregateNamesOf = (engine: Engine): ReadonlySet<string> => new Set(Object.keys(aggregateForms).filter((name) => aggregateForms[name][engine] !== undefined));
