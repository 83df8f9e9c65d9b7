// Flink: one script of Flink SQL, with a runner that needs no cluster. Streaming with a watermark after every record, so that late records are those of leat; batch where a stage gives results that change.
// Owns: what Flink can, the script. The stages are in flink-stages.ts and sql/.
import { flinkDialect } from './flink-dialect.js';
import { agg, byTime, dedup, isBatch, joinStage, map, needsBatch, sort, source, watermark, window } from './flink-stages.js';
import { sqlRunner } from './flink-runner.js';
import { aggregateNamesOf } from './sql/aggregates.js';
import { functionNames } from './sql/functions.js';
import { Job } from './sql/job.js';
import type { Parts } from './sql/job.js';
import { finish, inputText, part, passing } from './sql/script.js';
import { filter } from './sql/stages.js';
import type { Node, Plan } from '../node.js';
import { can, unsupported } from './target.js';
import type { Target } from './target.js';

const noOrder = unsupported('Flink does not know the order of the input here', '--to duckdb, --to spark');
const table: Target['can'] = {
  filter: can(), map: can(), 'map.explode': can(), 'map.flatten': can(), watermark: can(), 'watermark.per': can(),
  'window.tumbling': can(), 'window.hopping': can(), 'window.cumulative': can(), 'window.session': can(), 'window.count': unsupported('windows of a count are not alike in Flink', '--to duckdb, --to spark'), 'window.calendar': unsupported('days and months of a zone are leat\'s own', 'window 1d or 1w, which are fixed in UTC'), 'window.late-file': can(),
  agg: can(), 'agg.changes': unsupported('a file takes final results only', 'leave --emit changes out'), 'agg.every': unsupported('a file takes final results only', 'leave --every out'), 'agg.fill': unsupported('rows for empty windows are leat\'s own', 'leave --fill out'),
  'agg.over': can(), 'agg.late-file': can(), sort: can(), 'sort.window': can(), 'sort.top': can(), 'sort.by-time': can(), 'sort.check': unsupported('a job has no exit status of its own', 'leat sort --check'),
  'dedup.first': can(), 'dedup.last': noOrder, 'dedup.within': unsupported('which record is kept depends on those kept before it, one after another', 'dedup -k … without --within'), 'dedup.within-last': noOrder, 'dedup.late-file': noOrder,
  'join.interval': can(), 'join.window': can(), 'join.table': can(), 'join.asof': noOrder, 'join.bounded': can(), 'join.outer': can(), 'join.semi': can(), 'split.first': can(), 'split.each': can(),
  merge: unsupported('batch and live results are served by leat', 'leat merge over what the job has written'), describe: unsupported('leat describe is no part of a job', 'leat describe FILE'), 'describe.schema': unsupported('leat describe is no part of a job', 'leat describe FILE'),
};

const parts: Parts = {
  dialect: flinkDialect, can: table, isExactWhenLate: true,
  stages: { source, watermark, filter, map, window, agg, sort, dedup, join: joinStage, 'by-time': byTime, plain: passing, part, split: passing },
};

const late = 'nothing is late: in batch Flink ignores the watermark, and keeps what leat would drop (leat run says how many records were late)';

export const flink: Target = {
  name: 'flink', version: '2.2', can: table, functions: functionNames('flink'), aggregates: aggregateNamesOf('flink'),
  compile(plan, options = {}) {
    const job = new Job(plan, parts, options.functions ?? []), isWhole = needsBatch(plan), inserts: string[] = [], sinks: string[] = [], outputs: string[] = [];
    job.marks.set('batch', isWhole);
    job.marks.set('arrival', any(plan, ({ op, params }) => (op === 'sort' && params.top !== undefined) || op === 'dedup'));
    if (isWhole && any(plan, ({ op }) => op === 'watermark')) job.weaken('exact if nothing is late', late);
    let hasTopic = false;
    const results = finish(job, options.out ?? 'out', () => false, false);
    for (const { path, text, node, relation } of results) {
      outputs.push(path);
      const name = `result_${inserts.length + 1}`, types = [...relation.columns].map(([field, { type }]) => `${flinkDialect.identifier(field)} ${flinkDialect.type(type)}`);
      const topic = node.sink?.at.kind === 'topic' ? node.sink.at : undefined;
      hasTopic ||= topic !== undefined;
      if (node.sink?.at.kind === 'file') job.note('what leat writes to a file, Flink writes as a folder of files part-*');
      const to = topic === undefined ? `'connector' = 'filesystem', 'path' = ${flinkDialect.text(path)}, 'format' = 'json', 'json.encode.decimal-as-plain-number' = 'true'`
        : ["'connector' = 'kafka'", `'topic' = ${flinkDialect.text(topic.topic)}`, `'properties.bootstrap.servers' = ${flinkDialect.text(topic.brokers)}`, "'format' = 'json'", "'sink.delivery-guarantee' = 'exactly-once'", `'sink.transactional-id-prefix' = ${flinkDialect.text(`leat-${topic.topic}`)}`,
          "'properties.transaction.timeout.ms' = '60000'"].join(', ');
      sinks.push(`CREATE TABLE ${name} (${types.join(', ')})\nWITH (${to});`);
      inserts.push(`INSERT INTO ${name}\n${text};`);
    }
    const views = job.with(...results.map(({ relation }) => relation.from)).map(({ name, comment, body }) => `${comment === '' ? '' : `-- ${comment}\n`}CREATE TEMPORARY VIEW ${name} AS ${body};`);
    const settings = [
      `SET 'execution.runtime-mode' = '${isBatch(job) ? 'batch' : 'streaming'}';`, "SET 'parallelism.default' = '1';", "SET 'table.local-time-zone' = 'UTC';", "SET 'restart-strategy.type' = 'none';", "SET 'table.optimizer.agg-phase-strategy' = 'ONE_PHASE';",
      ...isBatch(job) ? [] : ["SET 'pipeline.auto-watermark-interval' = '0 ms';   -- W after every record"], ...hasTopic ? ["SET 'execution.checkpointing.interval' = '1 s';   -- a transaction commits with a checkpoint"] : [],
    ];
    const run = inserts.length === 1 ? inserts[0] : `EXECUTE STATEMENT SET BEGIN\n${inserts.join('\n')}\nEND;`;
    return { files: { 'job.sql': `${inputText(plan, 'Flink SQL')}${settings.join('\n')}\n\n${[...job.prelude, ...views, ...sinks].join('\n\n')}\n\n${run}\n`, 'SqlRunner.java': sqlRunner }, equality: job.equality, assumptions: [...job.assumptions], outputs };
  },
  run: { program: 'java', words: ['-cp', 'lib/*', 'SqlRunner.java', 'job.sql'] },
};

function any({ sinks }: Plan, test: (node: Node) => boolean): boolean {
  const seen = new Set<Node>(), walk = (node: Node): boolean => { if (seen.has(node)) return false; seen.add(node); return test(node) || node.inputs.some(walk); };
  return sinks.some(walk);
}
