// The engines that pipelines are compiled for, installed once outside the tree: LEAT_ENGINES, else leat/engines in XDG_CACHE_HOME, else ~/.cache/leat/engines. Only pip is asked; Flink's jars are a wheel,
// Spark's are in pyspark. Owns: versions, places, what is missing. An engine that cannot be had is told with the reason; it is not an error.
import { spawnSync } from 'node:child_process';
import { existsSync, mkdirSync, readdirSync, renameSync, rmSync } from 'node:fs';
import { homedir } from 'node:os';
import { join, resolve } from 'node:path';

export const engines = ['duckdb', 'flink', 'spark', 'beam'] as const;
export type Engine = (typeof engines)[number];
/** What `leat compile` writes for, and what is run here. */
export const versions: Readonly<Record<Exclude<Engine, 'duckdb'>, string>> = { flink: '2.2.1', spark: '4.3.0', beam: '2.77.0' };

/** How to start the one process that runs all jobs of an engine; or why there is none. */
export type Installed = { readonly version: string; readonly program: string; readonly words: readonly string[] } | { readonly missing: string };

const env = process.env, folderOfAll = env.LEAT_ENGINES ?? join(env.XDG_CACHE_HOME ?? join(homedir(), '.cache'), 'leat', 'engines');
const runners = (name: string): string => resolve('test/engines/runners', name);

export function installed(engine: Engine, say: (line: string) => void): Installed {
  try { return makers[engine](say); } catch (error) { return { missing: error instanceof Error ? error.message : String(error) }; }
}

const makers: Readonly<Record<Engine, (say: (line: string) => void) => Installed>> = {
  duckdb: () => ({ version: must(process.execPath, '-p', "require('@duckdb/node-api/package.json').version"), program: process.execPath, words: [resolve('dist/test/engines/runners/duckdb.js')] }),
  flink(say) {
    java();
    const place = made(`flink-${versions.flink}`, say, '313 MB', (folder) => {
      pip('download', '--no-deps', '--only-binary', ':all:', '--dest', folder, `apache-flink-libraries==${versions.flink}`);
      const wheel = readdirSync(folder).find((name) => name.endsWith('.whl'));
      if (wheel === undefined) throw new Error('pip downloaded no wheel of apache-flink-libraries');
      must('python3', '-c', unpack, join(folder, wheel), join(folder, 'lib'));
      rmSync(join(folder, wheel));
    });
    return { version: versions.flink, program: 'java', words: ['-Xmx1g', '-Dlog4j2.level=OFF', '-cp', join(place, 'lib', '*'), runners('FlinkJobs.java')] };
  },
  spark(say) {
    java();
    const place = made(`spark-${versions.spark}`, say, '520 MB', (folder) => venv(folder, `pyspark==${versions.spark}`));
    return { version: versions.spark, program: join(place, 'bin', 'python'), words: [runners('spark_jobs.py')] };
  },
  beam(say) {
    const place = made(`beam-${versions.beam}`, say, '580 MB', (folder) => venv(folder, `apache-beam==${versions.beam}`));
    return { version: versions.beam, program: join(place, 'bin', 'python'), words: [runners('beam_jobs.py')] };
  },
};

const unpack = `import sys, zipfile, os
os.makedirs(sys.argv[2], exist_ok=True)
with zipfile.ZipFile(sys.argv[1]) as z:
  for name in z.namelist():
    if name.startswith('pyflink/lib/') and name.endswith('.jar'): open(os.path.join(sys.argv[2], os.path.basename(name)), 'wb').write(z.read(name))`;

/** A folder that is there only when it is complete: it is made beside it and renamed. */
function made(name: string, say: (line: string) => void, size: string, make: (folder: string) => void): string {
  const place = join(folderOfAll, name), draft = `${place}.${process.pid}`;
  if (existsSync(place)) return place;
  say(`installing ${name} into ${folderOfAll} (${size})`);
  mkdirSync(draft, { recursive: true });
  try { make(draft); renameSync(draft, place); } catch (error) { rmSync(draft, { recursive: true, force: true }); throw error; }
  return place;
}

/** Programs of an environment know where it was made, so only its python is called, which finds its packages by its own place. */
function venv(folder: string, what: string): void {
  must('python3', '-m', 'venv', folder);
  must(join(folder, 'bin', 'python'), '-m', 'pip', 'install', '--quiet', what);
}

function java(): void {
  const { status, stderr } = spawnSync('java', ['-version'], { encoding: 'utf8' }), version = Number(/version "(\d+)/.exec(stderr ?? '')?.[1]);
  if (status !== 0 || !(version >= 17)) throw new Error(`it needs Java 17 or newer; ${status === 0 ? `java is ${version}` : 'there is no java'}`);
}
const pip = (...words: readonly string[]): string => must('python3', '-m', 'pip', ...words, '--quiet');

function must(file: string, ...words: readonly string[]): string {
  const { status, stdout, stderr, error } = spawnSync(file, words, { encoding: 'utf8', maxBuffer: 1 << 26 });
  if (status !== 0) throw new Error(`${file} ${words.slice(0, 4).join(' ')}: ${error?.message ?? stderr.trim().split('\n').at(-1) ?? `exit status ${status}`}`);
  return stdout.trim();
}

