// DuckDB: one SQL script. The only engine besides Flink that can be exact with late records: W is a window function over the input, in its order.
// Owns: what DuckDB can, its dialect, inputs and outputs. The stages are those of sql/.
import type { Node } from '../node.js';
import type { Type } from '../types.js';
import { aggregateNamesOf } from './sql/aggregates.js';
import { itemsText, namedColumns } from './sql/relation.js';
import type { Items, Relation } from './sql/relation.js';
import { added, corrected, halfOf, settled, sumOf } from './sql/exact-sum.js';
import { functionNames } from './sql/functions.js';
import { Job } from './sql/job.js';
import type { Parts } from './sql/job.js';
import type { Dialect } from './sql/dialect.js';
import { assumeInput, byTime, dedup, filter, map, sort, watermark } from './sql/stages.js';
import { agg, window } from './sql/windows.js';
import { join } from './sql/joins.js';
import { finish, inputText, part, passing, sourceFields } from './sql/script.js';
import { can, unsupported } from './target.js';
import type { Can, Target } from './target.js';

const names: Readonly<Record<Exclude<Type['kind'], 'list' | 'object'>, string>> = { boolean: 'BOOLEAN', integer: 'BIGINT', number: 'DOUBLE', string: 'VARCHAR', time: 'VARCHAR', json: 'JSON' };
const quote = (text: string): string => `'${text.replaceAll("'", "''")}'`;
const identifier = (name: string): string => `"${name.replaceAll('"', '""')}"`;

export const duckdbDialect: Dialect = {
  name: 'duckdb', title: 'DuckDB', isFolding: true,
  identifier, text: quote,
  type: (type) => type.kind === 'list' ? `${duckdbDialect.type(type.of)}[]` : type.kind === 'object' ? `STRUCT(${[...type.fields].map(([name, each]) => `${identifier(name)} ${duckdbDialect.type(each)}`).join(', ')})` : names[type.kind],
  member: (sql, name) => `struct_extract(${sql}, ${quote(name)})`,
  element: (sql, at) => /^\d+$/.test(at) ? `${sql}[${Number(at) + 1}]` : `CASE WHEN ${at} >= 0 THEN ${sql}[${at} + 1] END`,
  object: (members) => `struct_pack(${members.map(([name, sql]) => `${identifier(name)} := ${sql}`).join(', ')})`,
  list: (items) => `[${items.join(', ')}]`,
  timeText: ({ sql }) => `strftime(make_timestamp(${sql} * 1000), '%Y-%m-%dT%H:%M:%S.%gZ')`,
  needed: (sql, what) => `CASE WHEN ${sql} IS NULL THEN error(${quote(what)}) ELSE ${sql} END`,
  instantOf: (text) => `CAST(floor(epoch_us(TRY_CAST(CASE WHEN regexp_matches(${text}, '^\\d{4}-\\d\\d-\\d\\d[Tt ]\\d\\d:\\d\\d:\\d\\d([.]\\d+)?([Zz]|[+-]\\d\\d:\\d\\d)$') THEN upper(${text}) END AS TIMESTAMPTZ)) / 1000) AS BIGINT)`,
  decimal: (double) => `CAST(CAST(${double} AS VARCHAR) AS DECIMAL(38, 9))`,
  interval: String, msOf: (sql) => sql,
  quotient: (a, b) => `(${a} // ${b})`,
  series: (name, { from, to, step }) => ({ column: `unnest(generate_series(${from}, ${to}, ${step})) AS ${name}`, lateral: '' }),
  explode: (list, name, isOuter) => ({ column: `unnest(generate_series(0, ${isOuter ? `greatest(COALESCE(len(${list}), 0) - 1, 0)` : `len(${list}) - 1`})) AS ${name}`, element: `${list}[${name} + 1]`, lateral: '' }),
};

/** Sums as in sql/exact-sum.ts, over the values in order of size. */
const step = added('a', 'b.s'), there = 'list_filter(xs, lambda x: x IS NOT NULL)';
const macros: Readonly<Record<string, string>> = {
  leat_total: `CREATE OR REPLACE TEMP MACRO leat_total(xs) AS list_reduce(list_prepend({s: 0E0, c: 0E0, d: 0E0}, list_transform(list_sort(${there}), lambda x: {s: x, c: 0E0, d: 0E0})),\n  lambda a, b: {s: ${step.s}, c: ${step.c}, d: ${step.d}});`,
  leat_sum: `CREATE OR REPLACE TEMP MACRO leat_sum(xs) AS CASE WHEN len(${there}) > 0 THEN list_transform([leat_total(xs)], lambda t: ${sumOf('t')})[1] END;`,
  leat_avg: `CREATE OR REPLACE TEMP MACRO leat_avg(xs) AS CASE WHEN len(${there}) > 0 THEN\n  list_transform(list_transform(list_transform([{t: leat_total(xs), n: CAST(len(${there}) AS DOUBLE)}], lambda a: {t: {s: ${settled('a.t').s}, c: ${settled('a.t').c}}, n: a.n, q: (${sumOf('a.t')}) / a.n}),\n    lambda a: {t: a.t, n: a.n, q: a.q, h: ${halfOf('a.q')}}), lambda a: ${corrected('a.t', 'a.q', 'a.h', 'a.n')})[1] END;`,
};

const onlyNdjson = unsupported('only NDJSON is read by the job', 'leat from FORMAT FILE > FILE.ndjson first');
const notHere = (what: string, instead: string): Can => unsupported(what, instead);

const table: Target['can'] = {
  filter: can(), map: can(), 'map.explode': can(), 'map.flatten': can(),
  watermark: can(), 'watermark.per': notHere('a watermark per source is worked out record by record', 'leave --per out, with a longer --delay'),
  'window.tumbling': can(), 'window.hopping': can(), 'window.cumulative': can(), 'window.session': can(), 'window.count': can(), 'window.calendar': notHere('days and months of a zone are leat\'s own', 'window 1d or 1w, which are fixed in UTC'), 'window.late-file': can(),
  agg: can(), 'agg.changes': notHere('a script has one result, at the end', 'leave --emit changes out: final results'), 'agg.every': notHere('a script has one result, at the end', 'leave --every out: final results'), 'agg.fill': notHere('rows for empty windows are leat\'s own', 'leave --fill out'),
  'agg.over': can(), 'agg.late-file': can(), sort: can(), 'sort.window': can(), 'sort.top': can(), 'sort.by-time': can(), 'sort.check': notHere('a job has no exit status of its own', 'leat sort --check'),
  'dedup.first': can(), 'dedup.last': can(), 'dedup.within': notHere('which record is kept depends on those kept before it, one after another', 'dedup -k … --keep last --within D; or dedup -k … without --within'), 'dedup.within-last': can(), 'dedup.late-file': can(),
  'join.interval': can(), 'join.window': can(), 'join.table': can(), 'join.asof': can(), 'join.bounded': can(), 'join.outer': can(), 'join.semi': can(),
  'split.first': can(), 'split.each': can(),
  merge: notHere('leat merge watches how files are published while it reads', 'leat merge of what the job has written'),
  describe: notHere('leat describe is no part of a job', 'leat describe FILE'), 'describe.schema': notHere('leat describe is no part of a job', 'leat describe FILE'),
};

function source(node: Node, job: Job): Relation {
  const { source: given, params } = node, { at } = given!;  // `!`: of a source
  if (at.kind === 'topic') job.refuse(node, 'DuckDB reads no topics', '--to flink; or a binding with files');
  if (params.format !== undefined && params.format !== 'ndjson') job.refuse(node, onlyNdjson.reason, onlyNdjson.instead);
  if (params.follow === true) job.refuse(node, 'DuckDB reads files to their end', 'leave --follow out; or --to flink', /--follow/);
  assumeInput(job);
  const fields = sourceFields(node, job), columns = namedColumns([...fields].map(([name, type]) => [name, type] as const), duckdbDialect);
  const folded = [...fields.keys()].find((name, i, all) => all.some((other, j) => j < i && other.toLowerCase() === name.toLowerCase()));
  if (folded !== undefined) job.refuse(node, `two fields differ in capitals alone (${folded}), which are one name to DuckDB`, 'leat map --rename on one of them first; or --to spark');
  const paths = at.kind === 'files' ? at.paths : ['/dev/stdin'], file = paths.length === 1 ? quote(paths[0]) : `[${paths.map(quote).join(', ')}]`;
  const list = [...fields].map(([name, type]) => `${identifier(name)}: ${quote(duckdbDialect.type(type))}`).join(', '), order = job.fresh('_seq');
  const items: Items = new Map([...[...columns].map(([name, { sql }]) => [sql, identifier(name)] as const), [order, 'row_number() OVER ()']]);
  const from = job.add(node, `SELECT ${itemsText(items)} FROM read_json(${file}, format = 'newline_delimited', columns = {${list}}, maximum_object_size = 16777216)`);
  return { from, columns, hidden: [order], order: [order] };
}

const parts: Parts = {
  dialect: duckdbDialect, can: table, isExactWhenLate: true,
  stages: { source, watermark, filter, map, window, agg, sort, dedup, join, 'by-time': byTime, plain: passing, part, split: passing },
};

export const duckdb: Target = {
  name: 'duckdb', version: '1.5', can: table, functions: functionNames('duckdb'), aggregates: aggregateNamesOf('duckdb'),
  compile(plan, options = {}) {
    const job = new Job(plan, parts, options.functions ?? []), statements: string[] = [], outputs: string[] = [];
    for (const each of finish(job, options.out ?? '/dev/stdout')) {
      outputs.push(each.path);
      statements.push(`COPY (\n${each.text}\n) TO ${quote(each.path)} (FORMAT json);`);
    }
    const text = statements.join('\n\n'), used = Object.keys(macros).filter((name) => text.includes(`${name}(`) || (name === 'leat_total' && /leat_(?:sum|avg)\(/.test(text)));
    const head = ["SET TimeZone = 'UTC';", 'SET preserve_insertion_order = true;', ...used.map((name) => macros[name])];
    return { files: { 'job.sql': `${inputText(plan, 'DuckDB')}${head.join('\n')}\n\n${text}\n` }, equality: job.equality, assumptions: [...job.assumptions], outputs };
  },
  run: { program: 'duckdb', words: ['-batch', '-f', 'job.sql'] },
};
