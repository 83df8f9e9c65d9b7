// compile --to duckdb, run for real: each pipeline over seeded records with nulls, disorder and late records gives the rows that leat gives, as multisets.
import t from 'tap';
import { mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { DuckDBInstance } from '@duckdb/node-api';
import { planFrom } from '../../lib/cli/plan.js';
import { optimise } from '../../lib/plan/optimise.js';
import { duckdb } from '../../lib/plan/targets/duckdb.js';
import { fieldsOfJsonSchema } from '../../lib/plan/schema.js';
import { dice } from '../harness/random.js';
import { byLeat, difference, pipelines, rowsOf, schemas, writeData } from '../harness/compiled.js';

const seed = Number(process.env['SEED'] ?? 1), folder = join(tmpdir(), `leat-compile-${process.pid}`), only = process.env['ONLY'];
mkdirSync(folder, { recursive: true });
t.teardown(() => rmSync(folder, { recursive: true, force: true }));
process.chdir(folder);                                     // paths in a job are those of the text
writeData(folder, seed);

t.test('sums of doubles that cancel, late records in a file, parts of split', async (t) => {
  const { below, chance } = dice(seed), rows: object[] = [];
  for (let k = 0; k < 400; k++) for (let i = 1 + below(10); i > 0; i--) {
    const x = (below(2_000_001) - 1_000_000) / 7 * 10 ** (below(30) - 28);
    rows.push({ k, x });
    if (chance(0.3)) rows.push({ k, x: -x * (1 + below(3) * 2 ** -50) });
  }
  writeFileSync('sums.ndjson', rows.map((row) => `${JSON.stringify(row)}\n`).join(''));
  const fields = new Map([...schemas, ['sums.ndjson', fieldsOfJsonSchema('{"type":"object","properties":{"k":{"type":"integer"},"x":{"type":"number"}}}')]]);
  for (const [text, files] of [
    ["agg 'sum(x) as s, avg(x) as m by k' sums.ndjson", []], ["window 10s/5s --delay 2s --late late.ndjson events.ndjson | agg 'count() as n by k'", ['late.ndjson']], ["window session 3s --delay 1s --late late.ndjson events.ndjson | agg 'count() as n by k'", ['late.ndjson']],
    ["watermark --delay 1s events.ndjson | agg --over 'sum(n) as s by k rows 2' --late late.ndjson", ['late.ndjson']], ["split --when 'n > 0' pos.ndjson --when 'k == \"a\"' - events.ndjson", ['pos.ndjson']], ["split --each --when 'n > 0' pos.ndjson --when 'k == \"a\"' a.ndjson events.ndjson", ['pos.ndjson', 'a.ndjson']],
  ] as const) {
    const ours = await byLeat(text, folder), theirs = files.map((file) => rowsOf(readFileSync(file, 'utf8'))), { files: made } = duckdb.compile(optimise(await planFrom(text, { fields })), { out: 'out.ndjson' });
    const instance = await DuckDBInstance.create(':memory:', { threads: '2', memory_limit: '400MB' }), connection = await instance.connect();
    try { await connection.run(made['job.sql']); } finally { connection.closeSync(); instance.closeSync(); }
    t.equal(difference(ours.rows, rowsOf(readFileSync('out.ndjson', 'utf8'))), undefined, text);
    for (const [i, file] of files.entries()) t.equal(difference(theirs[i], rowsOf(readFileSync(file, 'utf8'))), undefined, `${file}: ${text}`);
  }
});

// leat first: beside a database that has its memory there is none for shells.
const chosen = pipelines.filter(({ name }) => only === undefined || name === only), results = new Map<string, Awaited<ReturnType<typeof byLeat>>>();
t.test('what leat makes of them', async (t) => {
  for (const { text } of chosen) results.set(text, await byLeat(text, folder));
  t.equal(results.size, chosen.length);
});

for (const { name, text } of chosen) t.test(name, async (t) => {
  const ours = results.get(text)!, {   // `!`: of each
    files, equality } = duckdb.compile(optimise(await planFrom(text, { fields: schemas })), { out: 'out.ndjson' });
  const instance = await DuckDBInstance.create(':memory:', { threads: '2', memory_limit: '400MB' }), connection = await instance.connect();
  try {
    await connection.run(files['job.sql']);
  } catch (error) { t.fail(`${text}: ${error instanceof Error ? error.message : String(error)}\n${files['job.sql']}`); return; } finally { connection.closeSync(); instance.closeSync(); }
  const wrong = difference(ours.rows, rowsOf(readFileSync('out.ndjson', 'utf8')), /moments/.test(name) ? 12 : 17);
  if (wrong === undefined) t.pass(`${ours.rows.length} rows, ${equality}: ${text}`); else t.fail(`${text} (SEED=${seed})\n${wrong}\n${only === undefined ? '' : files['job.sql']}`);
});
