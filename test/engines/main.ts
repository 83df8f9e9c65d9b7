// `npm run engines`: the pipelines of pipelines.ts on leat and on every engine that can say them, over the same files; results are compared as multisets and written to test/engines/results.ndjson,
// a line for each pipeline and engine. What an engine cannot say is a result too, with its reason. An engine that cannot be installed is told, and its lines stay as they were.
//
//   npm run engines [-- --engine=flink,spark --only=TEXT --keep=DIR --seed=1 --again]
//     --again: also those that were found equal before, with the same text, version and number of rows
//     --only: pipelines whose name contains it; their lines alone are replaced. --keep: the folder stays, and the next run in it does not repeat jobs that are as they were
import { mkdirSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { difference, rowsAt, rowsOf } from './canonical.js';
import { emit } from './emit.js';
import { lay } from './inputs.js';
import { engines, installed } from './install.js';
import type { Engine, Installed } from './install.js';
import { pipelines } from './pipelines.js';
import type { Pipeline } from './pipelines.js';
import { knowsLate, readResults, writeResults } from './results.js';
import type { Line } from './results.js';
import { leat, markDone, runJobs, writeJob } from './run.js';
import type { Ran } from './run.js';

const say = (line: string): void => console.error(line);

interface Asked { readonly chosen: readonly Engine[]; readonly only: string; readonly keep: string | undefined; readonly seed: number; readonly isAgain: boolean }

function asked(words: readonly string[]): Asked {
  const options = new Map(words.filter((word) => word !== '--again').map((word) => { const [, name = word, value = ''] = /^--(engine|only|keep|seed)=(.+)$/.exec(word) ?? []; return [name, value]; }));
  for (const [name, value] of options) if (value === '') throw new Error(`unknown argument ${name}; there are --engine=NAME,… --only=TEXT --keep=DIR --seed=N --again`);
  const named = options.get('engine')?.split(','), unknown = named?.find((name) => !(engines as readonly string[]).includes(name));
  if (unknown !== undefined) throw new Error(`unknown engine ${unknown}; there are ${engines.join(', ')}`);
  return { chosen: engines.filter((name) => named?.includes(name) ?? true), only: options.get('only') ?? '', keep: options.get('keep'), seed: Number(options.get('seed') ?? '1'), isAgain: words.includes('--again') };
}

/** Lines of one engine. */
async function compare(engine: Engine, at: Extract<Installed, { program: string }>, folder: string, which: readonly Pipeline[], expected: ReadonlyMap<string, readonly string[]>, asked: Asked): Promise<Line[]> {
  const before = readResults();
  const lines: Line[] = [], jobs = new Map<string, { readonly pipeline: Pipeline; readonly hash: string; readonly equality: string; readonly files: Readonly<Record<string, string>> }>(), left: string[] = [], done: string[] = [];
  let wrong = 0;
  for (const pipeline of which) {
    const place = `${engine}/${pipeline.name}`, emitted = await emit(engine, pipeline).catch((error: unknown) => ({ failed: error instanceof Error ? error.message : String(error) }));
    if ('failed' in emitted) { wrong++; say(`${engine} ${pipeline.name}: NOT COMPILED ${emitted.failed}`); lines.push({ pipeline: pipeline.name, engine, result: 'failed', reason: emitted.failed }); continue; }
    if ('refused' in emitted) { lines.push({ pipeline: pipeline.name, engine, result: 'refused', reason: emitted.refused }); continue; }
    const known = asked.isAgain ? undefined : before.find((line) => line.engine === engine && line.pipeline === pipeline.name && line.hash === emitted.hash && line.version === at.version && line.rows === expected.get(pipeline.name)?.length);
    if (known !== undefined && (known.result === 'equal' || known.result === 'ran')) { lines.push(known); continue; }
    const { job, isDone } = writeJob(folder, place, emitted.files);
    jobs.set(job, { pipeline, ...emitted });
    (isDone ? done : left).push(job);
  }
  const check = (job: string, { seconds, error }: Ran): void => {
    const { pipeline: { name, isLate }, hash, equality, files } = jobs.get(job)!, rows = expected.get(name)!, line = { pipeline: name, engine, version: at.version, hash, equality, rows: rows.length };   // `!`: it was asked for
    let reason = error;
    if (error === undefined) markDone(folder, `${engine}/${name}`, files);
    try {
      const { missing, extra } = error === undefined ? difference(rows, rowsAt(join(folder, engine, name, 'out')), equality === 'float-approx') : { missing: [], extra: [] };
      if (missing.length + extra.length > 0) reason = `${missing.length} rows missing, ${extra.length} too many; missing ${missing[0] ?? 'none'}, too many ${extra[0] ?? 'none'}`;
    } catch (thrown) { reason = thrown instanceof Error ? thrown.message : String(thrown); }
    if (reason !== undefined && error === undefined && isLate && !knowsLate(engine, equality)) { lines.push({ ...line, result: 'ran', reason: 'late records are counted: nothing is late for this engine' }); return; }
    if (reason !== undefined) { wrong++; say(`${engine} ${name}: ${error === undefined ? 'DIFFERS' : 'FAILED'} ${reason}`); }
    lines.push(reason === undefined ? { ...line, result: 'equal' } : { ...line, result: error === undefined ? 'differs' : 'failed', reason });
    if (process.stderr.isTTY) process.stderr.write(`${engine} ${lines.length} ${name} ${seconds} s\x1b[K\r`);
  };
  for (const job of done) check(job, { seconds: 0 });
  try { if (left.length > 0) await runJobs(folder, at, left, check); } catch (error) { wrong++; say(`${engine}: ${error instanceof Error ? error.message : String(error)}`); }
  const count = (result: string): number => lines.filter((line) => line.result === result).length;
  say(`${engine} ${at.version}: ${count('equal')} equal, ${count('refused')} refused, ${count('ran')} ran that count late records, ${wrong} WRONG`);
  return lines;
}

async function main(words: readonly string[]): Promise<number> {
  const all = asked(words), { chosen, only, keep, seed } = all, which = pipelines.filter(({ name }) => name.includes(only)), folder = keep ?? mkdtempSync(join(tmpdir(), 'leat-engines-'));
  mkdirSync(folder, { recursive: true });
  let isWrong = false;
  try {
    lay(folder, seed);
    const expected = new Map<string, readonly string[]>();
    const rest = which.values(), work = async (): Promise<void> => { for (const pipeline of rest) {
      try { expected.set(pipeline.name, rowsOf(await leat(folder, pipeline))); } catch (error) { isWrong = true; say(`leat ${error instanceof Error ? error.message : String(error)}`); }
    } };
    await Promise.all([work(), work(), work()]);
    say(`leat: ${expected.size} of ${which.length} pipelines, ${[...expected.values()].reduce((sum, rows) => sum + rows.length, 0)} rows`);
    for (const engine of chosen) {
      const at = installed(engine, say);
      if ('missing' in at) { say(`${engine}: NOT RUN: it cannot be installed: ${at.missing}`); continue; }
      const lines = await compare(engine, at, folder, which.filter(({ name }) => expected.has(name)), expected, all);
      isWrong ||= lines.length < which.length || lines.some(({ result }) => result === 'differs' || result === 'failed');
      writeResults([...readResults().filter((line) => !lines.some((other) => other.engine === line.engine && other.pipeline === line.pipeline)), ...lines]);
    }
  } finally { if (keep === undefined) rmSync(folder, { recursive: true, force: true }); }
  return isWrong ? 1 : 0;
}

try { process.exitCode = await main(process.argv.slice(2)); } catch (error) { say(error instanceof Error ? error.message : String(error)); process.exitCode = 64; }
