// The programs that leat is compared with, made ready in .cache: DuckDB through pip, or the one of npm where there is no Python; ndjson-cli through npm; jq and mlr where installed.
import { spawnSync } from 'node:child_process';
import { existsSync, mkdirSync, writeFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { has } from './measure.js';
import type { Command } from './measure.js';

const cache = resolve('.cache');

function must(file: string, ...words: string[]): string {
  const { status, stdout, stderr, error } = spawnSync(file, words, { encoding: 'utf8' });
  if (status !== 0) throw new Error(`${file} ${words.join(' ')}: ${error?.message ?? stderr}`);
  return stdout.trim();
}

export interface DuckDb { readonly name: string; command(label: string, sql: readonly string[]): Command }

/** DuckDB with two threads, as a script that a person would write; whole process, start-up included. Scripts are written into the folder. */
export function duckdb(folder: string): DuckDb {
  const python = join(cache, 'duckdb', 'bin', 'python');
  if (!existsSync(python) && has('python3')) {
    spawnSync('python3', ['-m', 'venv', join(cache, 'duckdb')]);
    if (existsSync(python)) spawnSync(python, ['-m', 'pip', 'install', '--quiet', 'duckdb'], { stdio: ['ignore', 'ignore', 'inherit'] });
  }
  const version = existsSync(python) ? spawnSync(python, ['-c', 'import duckdb; print(duckdb.__version__)'], { encoding: 'utf8' }).stdout?.trim() : '';
  if (version !== undefined && version !== '') {
    return {
      name: `DuckDB ${version}`,
      command(label, sql) {
        const script = join(folder, `${label}.py`);
        writeFileSync(script, `import duckdb\n${['SET threads=2', ...sql].map((each) => `duckdb.sql(${JSON.stringify(each)})`).join('\n')}\n`);
        return { name: `DuckDB ${version}`, argv: [python, script] };
      },
    };
  }
  const npm = must(process.execPath, '-p', "require('@duckdb/node-api/package.json').version");
  return {
    name: `DuckDB ${npm} (npm)`,
    command(label, sql) {
      const script = join(folder, `${label}.mjs`);
      writeFileSync(script, `import { DuckDBInstance } from '@duckdb/node-api';\nconst db = await (await DuckDBInstance.create(':memory:', { threads: '2' })).connect();\n`
        + sql.map((each) => `await db.run(${JSON.stringify(each)});\n`).join(''));
      return { name: `DuckDB ${npm} (npm)`, argv: [process.execPath, script] };
    },
  };
}

/** A program of ndjson-cli; undefined where npm cannot fetch it. */
export function ndjsonCli(name: string): string | undefined {
  const folder = join(cache, 'ndjson-cli'), program = join(folder, 'node_modules', '.bin', name);
  if (!existsSync(program)) {
    mkdirSync(folder, { recursive: true });
    writeFileSync(join(folder, 'package.json'), '{"private":true}');
    spawnSync('npm', ['install', '--no-audit', '--no-fund', '--silent', 'ndjson-cli@0.3.1'], { cwd: folder, stdio: ['ignore', 'ignore', 'inherit'] });
  }
  return existsSync(program) ? program : undefined;
}

/** ndjson-filter of ndjson-cli. */
export const ndjsonFilter = (): string | undefined => ndjsonCli('ndjson-filter');
