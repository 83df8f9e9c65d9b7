// compile --to duckdb, run for real: each pipeline over seeded records with nulls, disorder and late records gives the rows that leat gives, as multisets.
import t from 'tap';
import { mkdirSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { DuckDBInstance } from '@duckdb/node-api';
import { planFrom } from '../../lib/cli/plan.js';
import { optimise } from '../../lib/plan/optimise.js';
import { duckdb } from '../../lib/plan/targets/duckdb.js';
import { byLeat, difference, pipelines, rowsOf, schemas, writeData } from '../harness/compiled.js';

const seed = Number(process.env['SEED'] ?? 1), folder = join(tmpdir(), `leat-compile-${process.pid}`), only = process.env['ONLY'];
mkdirSync(folder, { recursive: true });
t.teardown(() => rmSync(folder, { recursive: true, force: true }));
process.chdir(folder);                                     // paths in a job are those of the text
writeData(folder, seed);

for (const { name, text } of pipelines) if (only === undefined || name === only) t.test(name, async (t) => {
  const ours = await byLeat(text, folder), { files, equality } = duckdb.compile(optimise(await planFrom(text, { fields: schemas })), { out: 'out.ndjson' });
  const connection = await (await DuckDBInstance.create(':memory:', { threads: '2' })).connect();
  try {
    for (const statement of files['job.sql'].split(/;\n/)) if (statement.replaceAll(/^--.*$/gm, '').trim() !== '') await connection.run(statement);
  } catch (error) { t.fail(`${text}: ${error instanceof Error ? error.message : String(error)}\n${files['job.sql']}`); return; } finally { connection.closeSync(); }
  const wrong = difference(ours.rows, rowsOf(readFileSync('out.ndjson', 'utf8')), /moments/.test(name) ? 12 : 17);
  if (wrong === undefined) t.pass(`${ours.rows.length} rows, ${equality}: ${text}`); else t.fail(`${text} (SEED=${seed})\n${wrong}\n${only === undefined ? '' : files['job.sql']}`);
});
