// leat compile as a call: what it prints and writes, where it refuses, and that the same call writes the same bytes. That jobs mean what pipelines mean is shown by compile-duckdb.test.ts and npm run engines.
import t from 'tap';
import { mkdirSync, readFileSync, readdirSync } from 'node:fs';
import { createHash } from 'node:crypto';
import { join } from 'node:path';
import { tools } from '../../lib/registry.js';
import { targets } from '../../lib/plan/targets/index.js';
import { shell } from '../harness/shell.js';

const folder = t.testdir({
  'access.ndjson': '{"ts":1000,"host":"a","status":500}\n{"ts":61000,"host":"b","status":200}\n{"ts":200,"host":"a","status":null}\n',
  'users.ndjson': '{"host":"a","owner":"Ann"}\n',
  'prod.yaml': 'inputs:\n  access: { topic: access, brokers: "127.0.0.1:9092", time: ts, delay: 5s, schema: { ts: integer, host: string, status: integer? } }\noutputs:\n  errors: { topic: errors, brokers: "127.0.0.1:9092" }\n',
  'dev.yaml': 'inputs:\n  access: { file: access.ndjson, time: ts, delay: 5s, schema: { ts: integer, host: string, status: integer? } }\noutputs:\n  errors: { file: errors.ndjson }\n',
  'half.mjs': "export default [{ name: 'half', args: ['number'], result: 'number', code: (x) => x / 2, sql: { duckdb: '$1 / 2' } }];\n",
});
const run = async (cmd: string): Promise<{ readonly out: string; readonly err: string; readonly exit: number }> => { const { stdout, stderr, exit } = await shell(cmd, { cwd: folder }); return { out: Buffer.from(stdout).toString(), err: stderr, exit }; };

t.test('a refusal names the reason, the place and what to type', async (t) => {
  const rows: readonly (readonly [string, string])[] = [
    [`leat compile --to flink --bind dev.yaml "from access | window 10m/3m | agg 'count() as n by host'"`, `leat compile: E_UNSUPPORTED: flink: a window whose size is not a multiple of its slide cannot be said in Flink SQL
  from access | window 10m/3m | agg 'count() as n by host'
                       ^^^^^^
  help: window 9m/3m or 12m/3m; or --to spark, --to beam
`],
    [`leat compile --to duckdb --bind dev.yaml "from access | window 1m | agg 'p95(status) as p'"`, `leat compile: E_UNSUPPORTED: duckdb: p95() has no form in DuckDB with the same results
  p95(status) as p
  ^^^
  help: quantile_exact(x, 0.95), which is the same number everywhere
`],
    [`leat compile --to spark --bind prod.yaml "from access | window 1m | agg 'count() as n'"`, `leat compile: E_UNSUPPORTED: spark: Spark in batch reads no topics
  from access | window 1m | agg 'count() as n'
  ^^^^^^^^^^^
  help: --to flink; or a binding with files
`],
    ['leat compile --to duckdb "filter \'status > 1\' access.ndjson"', `leat compile: E_SCHEMA: duckdb: the fields of access.ndjson and their types are not known
  filter 'status > 1' access.ndjson
  ^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^
  help: leat describe --schema access.ndjson > schema.json; then --schema access.ndjson=schema.json, or schema: in a binding
`],
    [`leat compile --to duckdb --bind dev.yaml "from access | filter 'statsu > 1'"`, `leat compile: E_SCHEMA: no field 'statsu' is known here; did you mean 'status'?
  statsu > 1
  ^^^^^^
  help: fields here: ts, host, status; the schema of an input names all that a stage reads
`],
    [`leat compile --to duckdb --bind dev.yaml "from access | jq -c . "`, `leat compile: E_UNSUPPORTED: duckdb: jq is a program of the system
  from access | jq -c .${' '}
                ^^^^^^^
  help: what it does as leat map or filter; or run it before or behind the job
`],
  ];
  for (const [cmd, message] of rows) {
    const { out, err, exit } = await run(cmd);
    t.equal(err, message, cmd);
    t.equal(exit, 64); t.equal(out, '');
  }
});

t.test('a field of the wrong type is refused where leat would give null', async (t) => {
  for (const [text, reason] of [['lower(status)', /lower\(\) of integer/], ['host + 1', /\+ needs two numbers or two strings/], ['host > 1', /have no order/], ['host && true', /a condition is wanted/]]) {
    const { err, exit } = await run(`leat compile --to duckdb --bind dev.yaml "from access | map '${String(text)} as x'"`);
    t.equal(exit, 64); t.match(err, reason);
  }
  t.equal((await run(`leat compile --to duckdb --bind dev.yaml "from access | filter 'host == 1'"`)).exit, 0, 'what is not equal for certain is said');
});

t.test('a folder with the job and its manifest, the same bytes for the same call', async (t) => {
  const text = `window 1m --delay 5s access.ndjson | agg 'sum(status) as s by host'`;
  t.equal((await run('leat describe --schema access.ndjson > schema.json')).exit, 0);
  for (const { name } of targets) {
    for (const place of [`a-${name}`, `b-${name}`]) t.same(await run(`leat compile --to ${name} --schema schema.json -o ${place} "${text}"`), { out: '', err: '', exit: 0 });
    const read = (place: string): Record<string, string> => Object.fromEntries(readdirSync(join(folder, place)).map((file) => [file, readFileSync(join(folder, place, file), 'utf8').replaceAll(place, 'DIR')]));
    const a = read(`a-${name}`), manifest = JSON.parse(readFileSync(join(folder, `a-${name}`, 'manifest.json'), 'utf8')) as { readonly target: string; readonly pipeline: string; readonly pipeline_sha256: string; readonly files: Record<string, string>; readonly equality: string; readonly assumptions: string[]; readonly outputs: string[] };
    delete a['manifest.json'];
    const b = read(`b-${name}`);
    delete b['manifest.json'];
    t.same(a, b, name);
    t.equal(manifest.target, name); t.equal(manifest.pipeline, text); t.equal(manifest.pipeline_sha256, createHash('sha256').update(text).digest('hex'));
    for (const [file, hash] of Object.entries(manifest.files)) t.equal(hash, createHash('sha256').update(readFileSync(join(folder, `a-${name}`, file))).digest('hex'), file);
    t.equal(manifest.equality, name === 'duckdb' || name === 'flink' ? 'exact' : 'exact if nothing is late', name);
    t.ok(manifest.assumptions.length > 0 && manifest.assumptions.every((each) => each.length > 10));
    t.notMatch(JSON.stringify(a), folder, 'no path of the machine');
  }
});

t.test('one text, three bindings', async (t) => {
  const text = `from access | filter 'status >= 500' | window 1m | agg 'count() as n by host' | to errors`;
  const file = await run(`leat compile --to flink --bind dev.yaml "${text}"`), topic = await run(`leat compile --to flink --bind prod.yaml "${text}"`);
  t.match(file.out, /'connector' = 'filesystem', 'path' = 'access.ndjson'/); t.match(file.out, /'path' = 'errors.ndjson'/);
  t.match(topic.out, /'connector' = 'kafka', 'topic' = 'access', 'properties.bootstrap.servers' = '127.0.0.1:9092'/); t.match(topic.out, /'scan.watermark.emit.strategy' = 'on-event'/); t.match(topic.out, /'sink.delivery-guarantee' = 'exactly-once'/);
  const bare = (sql: string): string => sql.replaceAll(/WITH \([^;]*\);/g, '').replaceAll(/^SET 'execution.checkpointing.*\n/gm, '');
  t.equal(bare(file.out), bare(topic.out), 'only the WITH clauses differ');
  t.match((await run(`leat compile --to duckdb --bind dev.yaml "${text}"`)).out, /TO 'errors.ndjson' \(FORMAT json\)/);
});

t.test('functions of the user\'s', async (t) => {
  t.equal((await run(`leat compile --to duckdb --bind dev.yaml --functions half.mjs --run "from access | map '{ h: half(status) }'"`)).out, '{"h":250.0}\n{"h":100.0}\n{"h":null}\n');
  const { err, exit } = await run(`leat compile --to flink --bind dev.yaml --functions half.mjs "from access | map '{ h: half(status) }'"`);
  t.equal(exit, 64); t.match(err, /flink: half\(\) has no form in Flink/);
});

t.test('--run prints what leat run prints, and without an engine says what to install', async (t) => {
  const text = `window 1m --delay 5s access.ndjson | agg 'count() as n by host'`, ours = await run(text.replace('window', 'leat window').replace('agg', 'leat agg'));
  t.equal((await run(`leat compile --to duckdb --schema schema.json --run "${text}"`)).out, ours.out);
  mkdirSync(join(folder, 'none'));
  const { err, exit } = await run(`LEAT_FLINK=none leat compile --to flink --schema schema.json --run "${text}"`);
  t.equal(exit, 69); t.match(err, /E_PACKAGE: flink is not installed here\n  help: Java 17, and LEAT_FLINK=DIR/);
});

t.test('each target has a row for each feature, and says why not', async (t) => {
  const features = tools.flatMap((tool) => 'features' in tool ? Object.keys(tool.features) : []);
  for (const { name, can } of targets) {
    t.same(Object.keys(can).sort(), [...features].sort(), name);
    for (const [feature, row] of Object.entries(can)) if ('reason' in row) { t.ok(row.reason.length > 8, `${name} ${feature}`); t.ok(row.instead.length > 4, `${name} ${feature}`); }
  }
});
