// The SQL of Flink: names, types, literals, times. Owns: what the planner of Flink 2.2 takes. Must not: know stages.
import type { Type } from '../types.js';
import type { Dialect } from './sql/dialect.js';

const names: Readonly<Record<Exclude<Type['kind'], 'list' | 'object'>, string>> = { boolean: 'BOOLEAN', integer: 'BIGINT', number: 'DOUBLE', string: 'STRING', time: 'STRING', json: 'STRING' };
const quote = (text: string): string => `'${text.replaceAll("'", "''")}'`;
const identifier = (name: string): string => `\`${name.replaceAll('`', '``')}\``;
const format = "'yyyy-MM-dd''T''HH:mm:ss.SSS''Z'''";

/** Longest interval that the planner takes: its days have two digits. */
export const intervalMax = 99 * 86_400_000;
/** 90061001 ms: INTERVAL '1 01:01:01.001' DAY TO SECOND(3). */
export function interval(ms: number): string {
  const two = (n: number): string => String(n).padStart(2, '0'), seconds = Math.floor(ms / 1000);
  return `INTERVAL '${Math.floor(seconds / 86400)} ${two(Math.floor(seconds / 3600) % 24)}:${two(Math.floor(seconds / 60) % 60)}:${two(seconds % 60)}.${String(ms % 1000).padStart(3, '0')}' DAY TO SECOND(3)`;
}
const msOf = (sql: string): string => `(CAST(TIMESTAMPDIFF(SECOND, TIMESTAMP '1970-01-01 00:00:00', ${sql}) AS BIGINT) * 1000 + EXTRACT(MILLISECOND FROM ${sql}))`;

export const flinkDialect: Dialect = {
  name: 'flink', title: 'Flink', isFolding: false,
  identifier, text: quote,
  type: (type) => type.kind === 'list' ? `ARRAY<${flinkDialect.type(type.of)}>` : type.kind === 'object' ? `ROW<${[...type.fields].map(([name, each]) => `${identifier(name)} ${flinkDialect.type(each)}`).join(', ')}>` : names[type.kind],
  member: (sql, name) => `${sql}.${identifier(name)}`,
  element: (sql, at) => /^\d+$/.test(at) ? `CASE WHEN CARDINALITY(${sql}) > ${at} THEN ${sql}[${Number(at) + 1}] END` : `CASE WHEN ${at} >= 0 AND CARDINALITY(${sql}) > ${at} THEN ${sql}[CAST(${at} AS INT) + 1] END`,
  object: (members) => `CAST(ROW(${members.map(([, sql]) => sql).join(', ')}) AS ROW<${members.map(([name, , type]) => `${identifier(name)} ${flinkDialect.type(type)}`).join(', ')}>)`,
  list: (items, type) => `ARRAY[${items.map((item) => `CAST(${item} AS ${flinkDialect.type(type)})`).join(', ')}]`,
  timeText: ({ sql, as }) => as === 'ms' ? `DATE_FORMAT(TO_TIMESTAMP_LTZ(${sql}, 3), ${format})` : `DATE_FORMAT(${sql}, ${format})`,
  needed: (sql) => sql,
  instantOf: (text) => msOf(`TRY_CAST(CASE WHEN REGEXP(${text}, '^[0-9]{4}-[0-9]{2}-[0-9]{2}[Tt ][0-9]{2}:[0-9]{2}:[0-9]{2}([.][0-9]+)?[Zz]$') THEN REPLACE(REPLACE(UPPER(${text}), 'T', ' '), 'Z', '') END AS TIMESTAMP(3))`),
  decimal: (double) => `CAST(CAST(${double} AS STRING) AS DECIMAL(38, 9))`,
  interval, msOf,
  quotient: (a, b) => `(${a} / ${b})`,
  series: () => { throw new Error('windows are table functions here'); },
  explode: (list, name, isOuter) => ({ column: `${name}_e AS ${name}`, element: name, lateral: `${isOuter ? ' LEFT JOIN' : ' CROSS JOIN'} UNNEST(${list}) AS ${name}_t (${name}_e)${isOuter ? ' ON TRUE' : ''}` }),
};
