// `npm run engines`: the pipelines of pipelines.ts on leat and on every engine that can say them, over the same files; results are compared as multisets and written to test/engines/results.ndjson,
// a line for each pipeline and engine. What an engine cannot say is a result too, with its reason. An engine that cannot be installed is told, and its lines stay as they were.
//
//   npm run engines [-- --engine=flink,spark --only=TEXT --keep=DIR --seed=1]      --only: pipelines whose name contains it; their lines alone are replaced
import { spawn } from 'node:child_process';
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { shell } from '../harness/shell.js';
import { difference, rowsAt, rowsOf } from './canonical.js';
import { emit } from './emit.js';
import { bindingOf, lay } from './inputs.js';
import { engines, installed } from './install.js';
import type { Engine, Installed } from './install.js';
import { pipelines } from './pipelines.js';
import type { Pipeline } from './pipelines.js';
import { readResults, writeResults } from './results.js';
import type { Line } from './results.js';

const say = (line: string): void => console.error(line);

interface Asked { readonly chosen: readonly Engine[]; readonly only: string; readonly keep: string | undefined; readonly seed: number }

function asked(words: readonly string[]): Asked {
  const options = new Map(words.map((word) => { const [, name = word, value = ''] = /^--(engine|only|keep|seed)=(.+)$/.exec(word) ?? []; return [name, value]; }));
  for (const [name, value] of options) if (value === '') throw new Error(`unknown argument ${name}; there are --engine=NAME,… --only=TEXT --keep=DIR --seed=N`);
  const named = options.get('engine')?.split(','), unknown = named?.find((name) => !(engines as readonly string[]).includes(name));
  if (unknown !== undefined) throw new Error(`unknown engine ${unknown}; there are ${engines.join(', ')}`);
  return { chosen: engines.filter((name) => named?.includes(name) ?? true), only: options.get('only') ?? '', keep: options.get('keep'), seed: Number(options.get('seed') ?? '1') };
}

/** The rows of `leat run` over the files of the folder; that its late records are as the table says. */
export async function leatRows(folder: string, { name, text, isLate }: Pipeline): Promise<string[]> {
  writeFileSync(join(folder, `${name}.bind.json`), bindingOf(text)); writeFileSync(join(folder, `${name}.leat`), text);
  const { stdout, stderr, exit } = await shell(`leat run --bind ${name}.bind.json -f ${name}.leat`, { cwd: folder, timeoutMs: 120_000 });
  if (exit !== 0) throw new Error(`${name}: leat ended with ${exit}\n${stderr}`);
  if (/\blate: /.test(stderr) !== isLate) throw new Error(`${name}: ${isLate ? 'nothing was late' : 'records were late'}\n${stderr}`);
  return rowsOf(Buffer.from(stdout).toString());
}

interface Ran { readonly seconds: number; readonly error?: string }

/** All jobs in one process of the engine, in the folder. */
function runJobs(folder: string, { program, words }: Extract<Installed, { program: string }>, jobs: readonly string[], onDone: (job: string, ran: Ran) => void): Promise<void> {
  const child = spawn('nice', [program, ...words], { cwd: folder, stdio: ['pipe', 'pipe', 'pipe'], env: { ...process.env, NODE_OPTIONS: '', TZ: 'UTC' } }), said: string[] = [], done = new Set<string>();
  child.stdin.end(jobs.map((job) => `${job}\n`).join(''));
  createInterface({ input: child.stderr }).on('line', (line) => said.push(line));
  createInterface({ input: child.stdout }).on('line', (line) => {
    if (!line.startsWith('{"job"')) { said.push(line); return; }
    const { job, ...ran } = JSON.parse(line) as Ran & { job: string };
    done.add(job); onDone(job, ran);
  });
  return new Promise((resolve, reject) => child.on('error', reject).on('close', (code) => {
    const left = jobs.filter((job) => !done.has(job));
    if (left.length === 0) resolve();
    else reject(new Error(`${program} ended with ${code} before ${left.length} of ${jobs.length} jobs, at ${left[0]}\n${said.slice(-20).join('\n')}`));
  }));
}

/** Lines of one engine. */
async function compare(engine: Engine, at: Extract<Installed, { program: string }>, folder: string, which: readonly Pipeline[], expected: ReadonlyMap<string, readonly string[]>): Promise<Line[]> {
  const lines: Line[] = [], jobs = new Map<string, { readonly pipeline: Pipeline; readonly hash: string; readonly equality: string }>();
  for (const pipeline of which) {
    const emitted = await emit(engine, pipeline.text), place = `${engine}/${pipeline.name}`;
    if ('refused' in emitted) { lines.push({ pipeline: pipeline.name, engine, result: 'refused', reason: emitted.refused }); continue; }
    mkdirSync(join(folder, place), { recursive: true });
    for (const [name, text] of Object.entries(emitted.files)) writeFileSync(join(folder, place, name), text);
    jobs.set(`${place}/${Object.keys(emitted.files).find((name) => /^job\.\w+$/.test(name))}`, { pipeline, hash: emitted.hash, equality: emitted.equality });
  }
  let wrong = 0;
  await runJobs(folder, at, [...jobs.keys()], (job, { seconds, error }) => {
    const { pipeline: { name, isLate }, hash, equality } = jobs.get(job)!, rows = expected.get(name)!, line = { pipeline: name, engine, version: at.version, hash, equality, rows: rows.length };   // `!`: it was asked for
    if (isLate && equality !== 'exact') { lines.push({ ...line, result: error === undefined ? 'ran' : 'failed', reason: error ?? 'records are late, which this engine does not know' }); return; }
    let reason = error;
    try {
      const { missing, extra } = error === undefined ? difference(rows, rowsAt(join(folder, engine, name, 'out')), equality === 'float-approx') : { missing: [], extra: [] };
      if (missing.length + extra.length > 0) reason = `${missing.length} rows missing, ${extra.length} too many; missing ${missing[0] ?? 'none'}, too many ${extra[0] ?? 'none'}`;
    } catch (thrown) { reason = thrown instanceof Error ? thrown.message : String(thrown); }
    if (reason !== undefined) { wrong++; say(`${engine} ${name}: ${error === undefined ? 'DIFFERS' : 'FAILED'} ${reason}`); }
    lines.push(reason === undefined ? { ...line, result: 'equal' } : { ...line, result: error === undefined ? 'differs' : 'failed', reason });
    if (process.stderr.isTTY) process.stderr.write(`${engine} ${lines.length} ${name} ${seconds} s\x1b[K\r`);
  });
  const count = (result: string): number => lines.filter((line) => line.result === result).length;
  say(`${engine} ${at.version}: ${count('equal')} equal, ${count('refused')} refused, ${count('ran')} ran with late records it does not know, ${wrong} WRONG`);
  return lines;
}

async function main(words: readonly string[]): Promise<number> {
  const { chosen, only, keep, seed } = asked(words), which = pipelines.filter(({ name }) => name.includes(only)), folder = keep ?? mkdtempSync(join(tmpdir(), 'leat-engines-'));
  mkdirSync(folder, { recursive: true });
  let isWrong = false;
  try {
    lay(folder, seed);
    const expected = new Map<string, readonly string[]>();
    for (const pipeline of which) {
      try { expected.set(pipeline.name, await leatRows(folder, pipeline)); } catch (error) { isWrong = true; say(`leat ${error instanceof Error ? error.message : String(error)}`); }
    }
    say(`leat: ${expected.size} of ${which.length} pipelines, ${[...expected.values()].reduce((sum, rows) => sum + rows.length, 0)} rows`);
    let all = readResults();
    for (const engine of chosen) {
      const at = installed(engine, say);
      if ('missing' in at) { say(`${engine}: NOT RUN: it cannot be installed: ${at.missing}`); continue; }
      const lines = await compare(engine, at, folder, which.filter(({ name }) => expected.has(name)), expected);
      isWrong ||= lines.some(({ result }) => result === 'differs' || result === 'failed');
      all = [...all.filter((line) => line.engine !== engine || !which.some(({ name }) => name === line.pipeline)), ...lines];
      writeResults(all);
    }
  } finally { if (keep === undefined) rmSync(folder, { recursive: true, force: true }); }
  return isWrong ? 1 : 0;
}

try { process.exitCode = await main(process.argv.slice(2)); } catch (error) { say(error instanceof Error ? error.message : String(error)); process.exitCode = 64; }
