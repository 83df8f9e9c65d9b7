// dedup: speed beside Miller, and memory over time: with --within keys are forgotten, so that it must not grow with the input.
import { spawn } from 'node:child_process';
import { closeSync, openSync, readFileSync, readSync, fstatSync } from 'node:fs';
import { resolve } from 'node:path';
import { compete, has } from './measure.js';
import type { Command, Times } from './measure.js';
import type { Measured, Target } from './rows.js';

/** Peak of what may come beside the keys: pieces of input and output, what the collector has not looked at yet. */
const SLACK = 1.25;

/** Every key is new, so that one that is never forgotten would be kept 2,000,000 times. */
const everNew = 'watermark --delay 5s | dedup -k "user.id, ts" --within 1m';

export async function dedup(rounds: number, file: string, out: (name: string) => string): Promise<Measured> {
  const targets: Target[] = [], notes: string[] = [], key = ['host', 'path', 'status'];
  const commands: Command[] = [{ name: 'leat', argv: [resolve('bin/dedup'), '-k', key.join(', '), file], out: out('dedup-leat') }];
  if (has('mlr')) commands.push({ name: 'mlr head -n 1 -g', argv: ['mlr', '--ijsonl', '--ojsonl', 'head', '-n', '1', '-g', key.join(','), file], out: out('dedup-mlr'), once: true });
  const times: Times[] = compete(commands, rounds), lines = (name: string): number => readFileSync(out(name), 'latin1').split('\n').length - 1;
  if (times.length > 1) {
    if (lines('dedup-leat') !== lines('dedup-mlr')) throw new Error(`dedup: ${lines('dedup-leat')} records against ${lines('dedup-mlr')} of mlr`);
    const [ours, mlr] = times, got = mlr!.min / ours!.min;           // `!`: two contestants
    targets.push({ what: 'against mlr', wanted: '4 ×', got: `${got.toFixed(2)} ×`, holds: got >= 4 });
  }
  notes.push(`${lines('dedup-leat').toLocaleString('en')} records kept, for ever`);
  const rss = await residentMiB(['run', everNew], file, out('dedup-within'));
  if (rss === undefined) notes.push('memory over time: not measured, /proc is missing');
  else {
    const [first] = rss, growth = Math.max(...rss) / first!;           // `!`: four samples
    targets.push({ what: 'memory of dedup --within 1m over time', wanted: `at most ${SLACK} × that at 25 %`, got: `${rss.map((each) => each.toFixed(0)).join(', ')} MiB at 25, 50, 75, 100 %`, holds: growth <= SLACK });
  }
  return { row: 'dedup', times, targets, notes };
}

/** Resident memory of `leat …`, when it has read 25, 50, 75 and 100 % of a file that comes through a pipe: no more of it is given than it takes. */
async function residentMiB(words: readonly string[], file: string, out: string): Promise<number[] | undefined> {
  const input = openSync(file, 'r'), output = openSync(out, 'w'), { size } = fstatSync(input), samples: number[] = [], buffer = Buffer.alloc(1 << 18);
  const child = spawn(resolve('bin/leat'), [...words], { stdio: ['pipe', output, 'inherit'] }), ended = new Promise<number | null>((done) => { child.on('close', done); });
  const look = (): boolean => {
    try {
      const found = /^VmRSS:\s+(\d+) kB$/m.exec(readFileSync(`/proc/${child.pid}/status`, 'utf8'))?.[1];
      if (found !== undefined) samples.push(Number(found) / 1024);
      return found !== undefined;
    } catch { return false; }
  };
  const stdin = child.stdin!;                                          // `!`: it is a pipe
  stdin.on('error', () => { /* the exit status says it */ });
  let isThere = true;
  for (let at = 0, count = readSync(input, buffer); count > 0; count = readSync(input, buffer)) {
    if (!stdin.write(buffer.subarray(0, count))) await new Promise((done) => { stdin.once('drain', done); });
    at += count;
    if (isThere && at >= size * 0.25 * (samples.length + 1)) isThere = look();
  }
  stdin.end();
  const status = await ended;
  closeSync(input); closeSync(output);
  if (status !== 0) throw new Error(`leat ${words.join(' ')}: exit ${status}`);
  return samples.length === 4 ? samples : undefined;
}
