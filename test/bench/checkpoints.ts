// What a checkpoint costs: on the pipe of three processes, with a million keys, and until the first record after a kill. The bytes are compared with those of a run without one.
import { spawn, spawnSync } from 'node:child_process';
import { appendFileSync, closeSync, existsSync, openSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { run, times } from './measure.js';
import type { Times } from './measure.js';
import type { Measured, Target } from './rows.js';

const tool = (name: string): string => resolve('bin', name);
const windowed = 'count() as n, p95(latency_ms) as p95 by host';
const target = (what: string, wanted: string, got: number, unit: string, most: number): Target => ({ what, wanted, got: unit === '%' ? `${got.toFixed(1)} %` : unit === 'ms' ? `${got.toFixed(0)} ms` : `${got.toFixed(2)} ${unit}`, holds: got <= most });

const COPIES = 6;
/** The input several times, one behind the other in event time too: long enough that the clock ends an epoch. */
function longer(file: string): string {
  const path = file.replace(/\.ndjson$/, `-${COPIES}.ndjson`);
  if (existsSync(path)) return path;
  const text = readFileSync(file), first = JSON.parse(text.subarray(0, text.indexOf(10)).toString()) as { ts: number }, last = JSON.parse(text.subarray(text.lastIndexOf(10, text.length - 2) + 1).toString()) as { ts: number };
  const fd = openSync(`${path}.part`, 'w');
  for (let i = 0; i < COPIES; i++) spawnSync(tool('map'), [`ts + ${i * (last.ts - first.ts + 60_000)} as ts`, file], { stdio: ['ignore', fd, 'inherit'] });
  closeSync(fd);
  renameSync(`${path}.part`, path);
  return path;
}

/** The pipe of the row `pipe`, on a longer input: without a checkpoint, with one every 10 s, and with one every second, which tells what an epoch costs. */
export function pipe(rounds: number, reference: string, scratch: string): Measured {
  const file = longer(reference), state = join(scratch, 'state'), stats = join(scratch, 'stats.json'), seconds: number[][] = [[], [], []];
  const line = (options: string): readonly string[] => ['bash', '-o', 'pipefail', '-c', `${tool('watermark')} --delay 5s ${options} ${file} | ${tool('window')} 1m | ${tool('agg')} '${windowed}'`];
  const names = ['without', 'every 10 s', 'every second'], outs = names.map((_, i) => join(scratch, `checkpoint-${i}`));
  let epochs = 1;
  for (let round = 0; round < Math.min(rounds, 3); round++) for (const [i, options] of ['', '--drain', `--drain --checkpoint-every 1s --stats ${stats}`].entries()) {
    rmSync(state, { recursive: true, force: true });
    seconds[i]!.push(run({ name: names[i]!, argv: line(options), out: outs[i]!, env: i === 0 ? {} : { LEAT_CHECKPOINT: state } }));   // `!`, here and below: one a name
    if (i === 2) ({ epochs } = JSON.parse(readFileSync(stats, 'utf8')) as { epochs: number });
    if (i > 0 && !readFileSync(outs[i]!).equals(readFileSync(outs[0]!))) throw new Error(`checkpoint: ${names[i]} prints other bytes`);
  }
  const all = names.map((name, i) => times(name, seconds[i]!)), [none, ten, one] = all as [Times, Times, Times];
  return { row: 'checkpoint-pipe', times: all, targets: [target('time with a checkpoint every 10 s against without', 'at most 5 % more', (ten.min / none.min - 1) * 100, '%', 5)],
    notes: [`every second: ${epochs} epochs, ${((one.min / none.min - 1) * 100).toFixed(1)} % more than without; the same bytes`] };
}

/** A million keys, of which 1 % change; then a run is killed and begins again. */
export async function keys(_rounds: number, scratch: string, count: number): Promise<Measured> {
  const input = join(scratch, 'keys.ndjson'), state = join(scratch, 'keys-state'), stats = join(scratch, 'keys-stats.json'), out = join(scratch, 'keys-out'), targets: Target[] = [], notes: string[] = [];
  const fd = openSync(input, 'w');
  for (let i = 0, text = ''; i < count; i++) { text += `{"ts":${i},"id":"user-${i}","v":${i % 97}}\n`; if (text.length > 1 << 20 || i === count - 1) { writeFileSync(fd, text); text = ''; } }
  closeSync(fd);
  const pipeline = `from ${input} --time ts --stats ${stats} | window 1d | agg 'count() as n, sum(v) as v by id'`, argv = [tool('leat'), 'run', '--checkpoint', state, pipeline];
  const once = (): { seconds: number; longest: number } => { const seconds = run({ name: 'keys', argv, out }); return { seconds, longest: (JSON.parse(readFileSync(stats, 'utf8')) as { epoch_seconds_max: number }).epoch_seconds_max }; };
  rmSync(state, { recursive: true, force: true });
  const first = once();
  let text = '';
  for (let i = 0, key = 1; i < count / 100; i++) { key = (key * 48271) % 2147483647; text += `{"ts":${count + i},"id":"user-${key % count}","v":1}\n`; }
  appendFileSync(input, text);
  const small = once();
  targets.push(target(`a checkpoint of ${count} keys of which 1 % changed`, 'at most 300 ms', small.longest * 1000, 'ms', 300));
  // A window of the next day closes the one that is open: the first record comes as soon as the state is back.
  appendFileSync(input, `{"ts":200000000,"id":"user-0","v":1}\n`);
  const begun = performance.now(), child = spawn(argv[0]!, argv.slice(1), { stdio: ['ignore', 'pipe', 'inherit'] });   // `!`: there is one
  const seconds = await new Promise<number>((done, fail) => { child.stdout.once('data', () => done((performance.now() - begun) / 1000)); child.once('error', fail); child.once('exit', (code) => { if (code !== 0) fail(new Error(`keys: exit ${code}`)); }); });
  child.kill('SIGKILL');
  await new Promise((done) => child.once('close', done));
  targets.push(target(`from the start of a process to its first record, ${count} keys`, 'at most 2 s', seconds, 's', 2));
  notes.push(`the first checkpoint, of all keys: ${(first.longest * 1000).toFixed(0)} ms`);
  return { row: 'checkpoint-keys', times: [], targets, notes };
}
