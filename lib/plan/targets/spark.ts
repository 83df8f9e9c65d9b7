// Spark: one script of Spark SQL, in batch. Batch Spark knows no watermark, so nothing is late there: equal if leat reports no late record.
// Owns: what Spark can, its dialect, inputs and outputs. The stages are those of sql/.
import type { Node } from '../node.js';
import type { Type } from '../types.js';
import { aggregateNamesOf } from './sql/aggregates.js';
import type { Dialect } from './sql/dialect.js';
import { added, corrected, halfOf, settled, sumOf } from './sql/exact-sum.js';
import { functionNames } from './sql/functions.js';
import { Job } from './sql/job.js';
import type { Parts } from './sql/job.js';
import { join } from './sql/joins.js';
import { itemsText, namedColumns } from './sql/relation.js';
import type { Items, Relation } from './sql/relation.js';
import { finish, inputText, part, passing, sourceFields } from './sql/script.js';
import { assumeInput, byTime, dedup, filter, map, sort, watermark } from './sql/stages.js';
import { agg, window } from './sql/windows.js';
import { can, unsupported } from './target.js';
import type { Target } from './target.js';

const names: Readonly<Record<Exclude<Type['kind'], 'list' | 'object'>, string>> = { boolean: 'BOOLEAN', integer: 'BIGINT', number: 'DOUBLE', string: 'STRING', time: 'STRING', json: 'STRING' };
const quote = (text: string): string => `'${text.replaceAll('\\', '\\\\').replaceAll("'", "\\'")}'`;
const identifier = (name: string): string => `\`${name.replaceAll('`', '``')}\``;

export const sparkDialect: Dialect = {
  name: 'spark', title: 'Spark', isFolding: false,
  identifier, text: quote,
  type: (type) => type.kind === 'list' ? `ARRAY<${sparkDialect.type(type.of)}>` : type.kind === 'object' ? `STRUCT<${[...type.fields].map(([name, each]) => `${identifier(name)}: ${sparkDialect.type(each)}`).join(', ')}>` : names[type.kind],
  member: (sql, name) => `${sql}.${identifier(name)}`,
  element: (sql, at) => `get(${sql}, CAST(${at} AS INT))`,
  object: (members) => `named_struct(${members.map(([name, sql]) => `${quote(name)}, ${sql}`).join(', ')})`,
  list: (items) => `array(${items.join(', ')})`,
  timeText: ({ sql }) => `date_format(timestamp_millis(${sql}), "yyyy-MM-dd'T'HH:mm:ss.SSS'Z'")`,
  needed: (sql, what) => `COALESCE(${sql}, raise_error(${quote(what)}))`,
  instantOf: (text) => `CAST(floor(unix_micros(try_cast(CASE WHEN ${text} RLIKE '^[0-9]{4}-[0-9]{2}-[0-9]{2}[Tt ][0-9]{2}:[0-9]{2}:[0-9]{2}([.][0-9]+)?([Zz]|[+-][0-9]{2}:[0-9]{2})$' THEN regexp_replace(upper(${text}), '([.][0-9]{6})[0-9]+', '$1') END AS TIMESTAMP)) / 1000BD) AS BIGINT)`,
  decimal: (double) => `CAST(CAST(${double} AS STRING) AS DECIMAL(38, 9))`,
  interval: String, msOf: (sql) => sql,
  quotient: (a, b) => `(${a} div ${b})`,
  series: (name, { from, to, step }) => ({ column: name, lateral: ` LATERAL VIEW explode(sequence(${from}, ${to}, CAST(${step} AS BIGINT))) AS ${name}` }),
  explode: (list, name, isOuter) => ({ column: `${name}, ${name}_e`, element: `${name}_e`, lateral: ` LATERAL VIEW${isOuter ? ' OUTER' : ''} posexplode(${list}) AS ${name}, ${name}_e` }),
};

/** Sums as in sql/exact-sum.ts, over the values in order of size. */
const step = added('a', 'x'), n = 'CAST(size(xs) AS DOUBLE)';
const total = (last: string): string => `aggregate(array_sort(xs), named_struct('s', 0E0, 'c', 0E0, 'd', 0E0), (a, x) -> named_struct('s', ${step.s}, 'c', ${step.c}, 'd', ${step.d}), a -> ${last})`;
const functions: Readonly<Record<string, string>> = {
  leat_sum: `CREATE OR REPLACE TEMPORARY FUNCTION leat_sum(xs ARRAY<DOUBLE>) RETURNS DOUBLE RETURN IF(size(xs) > 0, ${total(sumOf('a'))}, NULL);`,
  leat_avg: `CREATE OR REPLACE TEMPORARY FUNCTION leat_avg(xs ARRAY<DOUBLE>) RETURNS DOUBLE RETURN IF(size(xs) > 0,\n  transform(transform(transform(array(${total('a')}), t -> named_struct('t', named_struct('s', ${settled('t').s}, 'c', ${settled('t').c}), 'q', (${sumOf('t')}) / ${n})), a -> named_struct('t', a.t, 'q', a.q, 'h', ${halfOf('a.q')})),\n    a -> ${corrected('a.t', 'a.q', 'a.h', n)})[0], NULL);`,
};

const late = 'nothing is late: Spark in batch has no watermark, and keeps what leat would drop (leat run says how many records were late)';
const timed = can('exact if nothing is late', late), noLate = unsupported('Spark in batch has no watermark, so it cannot tell what is late', '--late drop; or --to duckdb, --to flink');

const table: Target['can'] = {
  filter: can(), map: can(), 'map.explode': can(), 'map.flatten': can(), watermark: can(), 'watermark.per': can(),
  'window.tumbling': timed, 'window.hopping': timed, 'window.cumulative': timed, 'window.session': timed, 'window.count': can(), 'window.calendar': unsupported('days and months of a zone are leat\'s own', 'window 1d or 1w, which are fixed in UTC'), 'window.late-file': noLate,
  agg: can(), 'agg.changes': unsupported('a batch job has one result, at the end', 'leave --emit changes out: final results'), 'agg.every': unsupported('a batch job has one result, at the end', 'leave --every out: final results'), 'agg.fill': unsupported('rows for empty windows are leat\'s own', 'leave --fill out'),
  'agg.over': timed, 'agg.late-file': noLate, sort: can(), 'sort.window': timed, 'sort.top': can(), 'sort.by-time': timed, 'sort.check': unsupported('a job has no exit status of its own', 'leat sort --check'),
  'dedup.first': can(), 'dedup.last': can(), 'dedup.within': unsupported('which record is kept depends on those kept before it, one after another', 'dedup -k … --keep last --within D; or dedup -k … without --within'), 'dedup.within-last': timed, 'dedup.late-file': noLate,
  'join.interval': timed, 'join.window': timed, 'join.table': can(), 'join.asof': timed, 'join.bounded': can(), 'join.outer': can(), 'join.semi': can(), 'split.first': can(), 'split.each': can(),
  merge: unsupported('batch and live results are served by leat', 'leat merge over what the job has written'),
  describe: unsupported('leat describe is no part of a job', 'leat describe FILE'), 'describe.schema': unsupported('leat describe is no part of a job', 'leat describe FILE'),
};

function source(node: Node, job: Job): Relation {
  const { source: given, params } = node, { at, name } = given!;   // `!`: of a source
  if (at.kind === 'topic') job.refuse(node, 'Spark in batch reads no topics', '--to flink; or a binding with files');
  if (params.format !== undefined && params.format !== 'ndjson') job.refuse(node, 'only NDJSON is read by the job', 'leat from FORMAT FILE > FILE.ndjson first');
  if (params.follow === true) job.refuse(node, 'Spark in batch reads files to their end', 'leave --follow out; or --to flink', /--follow/);
  if (at.kind === 'stdin') job.refuse(node, 'Spark reads no standard input', 'name the file, or bind it');
  assumeInput(job);
  const fields = sourceFields(node, job), known = [...fields].filter(([, type]) => isKnown(type)), paths = at.kind === 'files' ? at.paths : [];
  if (paths.length > 1) job.refuse(node, 'the order of several files is not that of leat', 'one file; or --to duckdb');
  job.note('the file is read in the order of its lines, as Spark does with one plain file');
  const columns = namedColumns([...fields].map(([field, type]) => [field, type] as const), sparkDialect), view = job.fresh('input_'), order = job.fresh('_seq');
  for (const [field, column] of columns) if (!fields.has(field) || !isKnown(column.type)) columns.set(field, { ...column, isAbsent: true });
  if (known.length === 0) job.refuse(node, `nothing is known of the fields of ${name}`, 'a schema that names them');
  job.prelude.add(`CREATE OR REPLACE TEMPORARY VIEW ${view} (${known.map(([field, type]) => `${identifier(field)} ${sparkDialect.type(type)}`).join(', ')})\n  USING json OPTIONS (path ${quote(paths[0] ?? '')}, mode 'FAILFAST', allowSingleQuotes 'false', allowNonNumericNumbers 'false');`);
  const items: Items = new Map([...known.map(([field]) => [columns.get(field)!.sql, identifier(field)] as const), [order, 'monotonically_increasing_id()']]);   // `!`: made of them
  return { from: job.add(node, `SELECT ${itemsText(items)} FROM ${view}`), columns, hidden: [order], order: [order] };
}

/** Whether a type has a form in SQL. */
export const isKnown = (type: Type): boolean => type.kind === 'list' ? isKnown(type.of) : type.kind === 'object' ? type.fields.size > 0 && [...type.fields.values()].every(isKnown) : type.kind !== 'json';

const parts: Parts = {
  dialect: sparkDialect, can: table, isExactWhenLate: false,
  stages: { source, watermark, filter, map, window, agg, sort, dedup, join, 'by-time': byTime, plain: passing, part, split: passing },
};

const runner = `"""Runs the statements of a script of Spark SQL, one after another: run.py job.sql"""
import os, re, sys, tempfile
os.environ.setdefault("SPARK_LOCAL_IP", "127.0.0.1")
from pyspark.sql import SparkSession

TOKEN = re.compile(r"""'(?:[^'\\\\]|\\\\.)*'|"(?:[^"\\\\]|\\\\.)*"|\`(?:[^\`]|\`\`)*\`|--[^\\n]*|;""", re.S)
text, start, statements = open(sys.argv[1], encoding="utf-8").read(), 0, []
for token in TOKEN.finditer(text):
    if token.group() == ";":
        statements.append(text[start:token.start()])
        start = token.end()
with tempfile.TemporaryDirectory() as house:
    spark = (SparkSession.builder.master(os.environ.get("SPARK_MASTER", "local[2]")).config("spark.driver.memory", "1g").config("spark.ui.enabled", "false").config("spark.ui.showConsoleProgress", "false")
             .config("spark.sql.warehouse.dir", house).getOrCreate())
    spark.sparkContext.setLogLevel("OFF")
    for statement in statements:
        if re.sub(r"--[^\\n]*", "", statement).strip(): spark.sql(statement)
    spark.stop()
`;

export const spark: Target = {
  name: 'spark', version: '4.3', can: table, functions: functionNames('spark'), aggregates: aggregateNamesOf('spark'),
  compile(plan, options = {}) {
    const job = new Job(plan, parts, options.functions ?? []), statements: string[] = [], outputs: string[] = [];
    for (const { path, text, node } of finish(job, options.out ?? 'out', ({ inputs }) => inputs[0].op === 'sort')) {
      outputs.push(path);
      if (node.sink?.at.kind === 'file') job.note('what leat writes to a file, Spark writes as a folder of files part-*');
      statements.push(`INSERT OVERWRITE DIRECTORY ${quote(path)} USING json OPTIONS (ignoreNullFields 'false')\n${text};`);
    }
    const text = statements.join('\n\n'), used = Object.keys(functions).filter((name) => text.includes(`${name}(`));
    const head = ['SET spark.sql.session.timeZone=UTC;', 'SET spark.sql.caseSensitive=true;', 'SET spark.sql.shuffle.partitions=2;', ...used.map((name) => functions[name]), ...job.prelude];
    return { files: { 'job.sql': `${inputText(plan, 'Spark SQL')}${head.join('\n')}\n\n${text}\n`, 'run.py': runner }, equality: job.equality, assumptions: [...job.assumptions], outputs };
  },
  run: { program: 'python3', words: ['run.py', 'job.sql'] },
};
