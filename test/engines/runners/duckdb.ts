// Runs DuckDB scripts one after another: node duckdb.js < list. The list has a line for each script: its path. For each one comes a line of JSON on standard output: {"job", "seconds"}, and "error" where it
// failed. A script has a database of its own, in memory.
import { DuckDBInstance } from '@duckdb/node-api';
import { readFileSync } from 'node:fs';
import { createInterface } from 'node:readline';

for await (const job of createInterface({ input: process.stdin })) {
  const start = performance.now();
  let error: string | undefined;
  try {
    const instance = await DuckDBInstance.create(':memory:', { threads: '1' }), connection = await instance.connect();
    try { await connection.run(readFileSync(job, 'utf8')); } finally { connection.closeSync(); instance.closeSync(); }
  } catch (thrown) { error = (thrown instanceof Error ? thrown.message : String(thrown)).replaceAll(/\s+/g, ' ').slice(0, 500); }
  console.log(JSON.stringify({ job, seconds: Math.round((performance.now() - start) / 100) / 10, ...error === undefined ? {} : { error } }));
}
