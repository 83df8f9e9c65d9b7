// Engines on this machine, for compile --run: which program runs a job, and what to install where there is none. Owns: the ways to start each one. Must not: know what is in a job.
import { spawn, spawnSync } from 'node:child_process';
import { existsSync } from 'node:fs';
import { createRequire } from 'node:module';
import { homedir } from 'node:os';
import { delimiter, join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { LeatError } from '../errors.js';
import type { Target } from '../plan/targets/target.js';

interface Start { readonly program: string; readonly words: readonly string[] }
/** Undefined: it is not there. */
type Way = (folder: string) => Start | undefined;

const env = process.env, cache = env['LEAT_ENGINES'] ?? join(env['XDG_CACHE_HOME'] ?? join(homedir(), '.cache'), 'leat', 'engines');
const onPath = (name: string): string | undefined => (env['PATH'] ?? '').split(delimiter).map((folder) => join(folder, name)).find((path) => existsSync(path));
const hasModule = (python: string, name: string): boolean => spawnSync(python, ['-c', `import ${name}`], { stdio: 'ignore' }).status === 0;
/** A Python environment: of a variable, or installed by npm run engines, or the system's. */
function python(variable: string, installed: string, name: string): string | undefined {
  const said = env[variable], all = said !== undefined ? [join(said, 'bin', 'python'), said] : [join(cache, installed, 'bin', 'python'), onPath('python3')];
  return all.find((path) => path !== undefined && existsSync(path) && (path.startsWith(cache) || hasModule(path, name)));
}

const duckdbInNode = (folder: string): Start | undefined => {
  let found: string;
  try { found = createRequire(import.meta.url).resolve('@duckdb/node-api'); } catch { return undefined; }
  const code = `import duckdb from ${JSON.stringify(pathToFileURL(found).href)}; import { readFileSync } from 'node:fs'; const connection = await (await duckdb.DuckDBInstance.create(':memory:')).connect(); await connection.run(readFileSync(process.argv[1], 'utf8')); connection.closeSync();`;
  return { program: process.execPath, words: ['--input-type=module', '-e', code, join(folder, 'job.sql')] };
};

const ways: Readonly<Record<Target['name'], { readonly ways: readonly Way[]; readonly help: string }>> = {
  duckdb: {
    ways: [
      (folder) => onPath('duckdb') === undefined ? undefined : { program: 'duckdb', words: ['-batch', '-bail', '-f', join(folder, 'job.sql')] },
      duckdbInNode,
      (folder) => { const program = onPath('python3'); return program === undefined || !hasModule(program, 'duckdb') ? undefined : { program, words: ['-c', 'import duckdb, sys; duckdb.execute(open(sys.argv[1], encoding="utf-8").read())', join(folder, 'job.sql')] }; },
    ],
    help: 'npm install @duckdb/node-api, or pip install duckdb',
  },
  flink: {
    ways: [(folder) => {
      const place = env['LEAT_FLINK'] ?? env['FLINK_HOME'] ?? join(cache, 'flink-2.2.1');
      return existsSync(join(place, 'lib')) && onPath('java') !== undefined ? { program: 'java', words: ['-Xmx1g', '-Dlog4j2.level=OFF', '-cp', [join(place, 'lib', '*'), join(place, 'kafka', '*')].join(delimiter), join(folder, 'SqlRunner.java'), join(folder, 'job.sql')] } : undefined;
    }],
    help: 'Java 17, and LEAT_FLINK=DIR with the jars of Flink 2.2 in DIR/lib: pip download --no-deps apache-flink-libraries==2.2.1 has them in pyflink/lib',
  },
  spark: {
    ways: [
      (folder) => { const program = python('LEAT_SPARK', 'spark-4.3.0', 'pyspark'); return program === undefined ? undefined : { program, words: [join(folder, 'run.py'), join(folder, 'job.sql')] }; },
      (folder) => onPath('spark-sql') === undefined ? undefined : { program: 'spark-sql', words: ['--master', 'local[2]', '--conf', 'spark.ui.enabled=false', '--conf', 'spark.sql.catalogImplementation=in-memory', '-f', join(folder, 'job.sql')] },
    ],
    help: 'Java 17 and pip install pyspark==4.3.0; LEAT_SPARK=DIR names its environment',
  },
  beam: { ways: [(folder) => { const program = python('LEAT_BEAM', 'beam-2.77.0', 'apache_beam'); return program === undefined ? undefined : { program, words: [join(folder, 'job.py')] }; }], help: 'pip install apache-beam==2.77.0; LEAT_BEAM=DIR names its environment' },
};

/** Runs the job of a folder in this folder, to its end. Errors: E_PACKAGE (69) where there is no engine, E_CHILD where it fails, with what it said. */
export async function runJob(name: Target['name'], folder: string): Promise<void> {
  const { ways: all, help } = ways[name];
  let start: Start | undefined;
  for (const way of all) if ((start = way(folder)) !== undefined) break;
  if (start === undefined) throw new LeatError('E_PACKAGE', { what: `${name} is not installed here`, help });
  const { program, words } = start, said: Buffer[] = [];
  const child = spawn(program, words, { stdio: ['inherit', 'ignore', 'pipe'], env: { ...env, NODE_OPTIONS: '', TZ: 'UTC' } });
  child.stderr.on('data', (bytes: Buffer) => said.push(bytes));
  const code = await new Promise<number>((resolve, reject) => child.on('error', reject).on('close', (status) => resolve(status ?? 70)));
  if (code !== 0) throw new LeatError('E_CHILD', { program, what: `ended with status ${code}: ${lastWords(Buffer.concat(said).toString())}`, help: `the job is one for ${name}; leat compile without --run prints it` });
}

const lastWords = (text: string): string => text.split('\n').map((line) => line.trim()).filter((line) => line !== '' && !/^at /.test(line)).slice(-3).join(' ').slice(0, 600);
