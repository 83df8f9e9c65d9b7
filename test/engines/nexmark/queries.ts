// The NEXMARK queries of examples/nexmark: each one as a pipeline (qN.leat, read by a shell) and as the published SQL (qN.sql after prelude.sql, read by DuckDB), run over the same files; and their rows in
// one form, to be compared as multisets. A row: fields in order of their names, null left out, times in ms, numbers by value.
import { DuckDBDecimalValue, DuckDBInstance } from '@duckdb/node-api';
import { readFileSync, readdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { folder as newFolder } from '../../harness/place.js';
import { shell } from '../../harness/shell.js';
import { files } from './generate.js';
import type { Options } from './generate.js';

const stories = 'examples/nexmark';
export const queries: readonly string[] = readdirSync(stories).filter((name) => /^q\d+\.leat$/.test(name)).map((name) => name.replace('.leat', '')).sort((a, b) => Number(a.slice(1)) - Number(b.slice(1)));
export const textOf = (query: string): string => readFileSync(join(stories, `${query}.leat`), 'utf8');
const sqlOf = (query: string): string => readFileSync(join(stories, `${query}.sql`), 'utf8');

export interface Ran { readonly rows: readonly string[]; readonly stderr: string }

/** A folder with the files of one set of options, and both ways to run a query in it. */
export interface House { leat(query: string): Promise<Ran>; duckdb(query: string): Promise<readonly string[]>; close(): void }

export async function house(options: Options): Promise<House> {
  const place = newFolder();
  for (const [stream, text] of Object.entries(files(options))) writeFileSync(join(place.path, `${stream}.ndjson`), text);
  const connection = await (await DuckDBInstance.create(':memory:', { threads: '1' })).connect();
  for (const statement of sqlOf('prelude').split(/;\n/)) if (statement.trim() !== '') await connection.run(statement.replaceAll(/(?<=read_json\(')(?=\w+\.ndjson')/g, `${place.path}/`));
  return {
    async leat(query) {
      const { stdout, stderr, exit } = await shell(textOf(query), { cwd: place.path, timeoutMs: 120_000 });
      if (exit !== 0) throw new Error(`${query}: exit status ${exit}\n${stderr}`);
      return { rows: Buffer.from(stdout).toString().split('\n').filter((line) => line.trim() !== '').map((line) => canonical(JSON.parse(line) as Record<string, unknown>)).sort(), stderr };
    },
    async duckdb(query) {
      const reader = await connection.runAndReadAll(sqlOf(query));
      return reader.getRowObjects().map((row) => canonical(row)).sort();
    },
    close() { connection.closeSync(); place.remove(); },
  };
}

const canonical = (row: Readonly<Record<string, unknown>>): string => JSON.stringify(Object.fromEntries(Object.entries(row).filter(([, value]) => value !== null).sort(([a], [b]) => a < b ? -1 : 1)
  .map(([name, value]) => [name, plain(value)])));

/** Integers of the benchmark are below 2^53; a decimal of three places is the double that its text says. */
function plain(value: unknown): unknown {
  if (typeof value === 'bigint') { if (!Number.isSafeInteger(Number(value))) throw new Error(`${value} is beyond 2^53`); return Number(value); }
  if (value instanceof DuckDBDecimalValue) return Number(value.toString());
  return typeof value === 'string' && /^\d{4}-\d\d-\d\dT[\d:.]+Z$/.test(value) ? Date.parse(value) : value;
}
