// S8 of USERS section 1 with 50 kills (A15): a log that goes on, processes that are killed at random, the same line run again; in the end the file is as from one run. From files, and
// through a spool.
import { appendFileSync, closeSync, constants, openSync, readdirSync, statSync, writeSync } from 'node:fs';
import { spawnSync } from 'node:child_process';
import { join } from 'node:path';
import t from 'tap';
import { begin } from '../fault/place.js';
import type { Running } from '../fault/place.js';
import { folder } from '../harness/place.js';
import { dice, seedOf } from '../harness/random.js';
import { shell } from '../harness/shell.js';
import { append, events, skip, textOf } from './helpers/checkpoints.js';

const seed = seedOf();
t.comment(`SEED=${seed}`);
const KILLS = 25;                                          // of each of two
const pause = (ms: number): Promise<void> => new Promise((done) => setTimeout(done, ms));
const TAIL = "leat filter 'status >= 500' | leat window 10s | leat agg 'count() as n by host' >> per-minute.ndjson";
const input = events(dice(seed), 2600), lines = input.split(/(?<=\n)/);
async function golden(): Promise<string> {
  const place = folder({ 'all.ndjson': input });
  await append(`from --time ts --delay 5s ${join(place.path, 'all.ndjson')} | filter 'status >= 500' | window 10s | agg 'count() as n by host'`, join(place.path, 'out'));
  const text = textOf(join(place.path, 'out'));
  place.remove();
  return text;
}
const whole = golden();

t.jobs = 2;
t.test('a log that is followed', { skip }, async (t) => {
  const place = folder(), { path } = place, d = dice(seed + 1), log = join(path, 'access.ndjson'), command = (how: string): string => `leat from ${how} --checkpoint-every 30ms --time ts --delay 5s 'access.ndjson*' | ${TAIL}`;
  let given = 0;
  const grow = (count: number): void => { appendFileSync(log, lines.slice(given, given + count).join('')); given += count; };
  const said: string[] = [];
  for (let round = 0; round < KILLS; round++) {
    grow(40);
    const run = begin(command('--follow'), path, { LEAT_CHECKPOINT: 'st' }, 20_000);
    for (const until = performance.now() + 100 + d.below(350); performance.now() < until; await pause(20)) grow(2);
    const parts = run.parts();
    if (parts.length > 0) run.signal('SIGKILL', d.pick(parts));
    for (let i = 0; i < 500 && !run.isOver; i++) { await pause(20); if (i % 10 === 0) grow(1); }   // who writes to the one that was killed notices
    said.push(...(await run.ended).stderr.split('\n').filter((line) => /^leat /.test(line) && !/E_UPSTREAM/.test(line)));
  }
  t.same(said, [], 'nothing is said but that an upstream was killed');
  grow(lines.length);
  const { exit, stderr } = await shell(command('--drain'), { cwd: path, env: { LEAT_CHECKPOINT: 'st' } });
  t.equal(exit, 0, stderr);
  t.ok(textOf(join(path, 'per-minute.ndjson')) === await whole, `as uninterrupted, SEED=${seed}`);
  place.remove();
});

t.test('a pipe through a spool: exact from the spool on', { skip }, async (t) => {
  const place = folder(), { path } = place, d = dice(seed + 2), pipe = join(path, 'pipe');
  spawnSync('mkfifo', [pipe]);
  const fd = openSync(pipe, constants.O_RDWR | constants.O_NONBLOCK);   // the writer does not go when the reader does
  const command = (how: string): string => `leat from ${how} --spool spool --checkpoint-every 30ms --time ts --delay 5s < pipe | ${TAIL}`;
  let given = 0, bytes = 0;
  const grow = (count: number): void => {
    for (; count > 0 && given < lines.length; count--, given++) {
      try { bytes += writeSync(fd, lines[given]!); } catch (error) { if ((error as NodeJS.ErrnoException).code === 'EAGAIN') return; throw error; }   // `!`: it is below; a line is written as a whole, or, in a full pipe, not at all
    }
  };
  const spooled = (): number => { try { return readdirSync(join(path, 'spool')).reduce((sum, name) => sum + statSync(join(path, 'spool', name)).size, 0); } catch { return 0; } };
  const said: string[] = [];
  const over = async (run: Running): Promise<void> => { for (let i = 0; i < 500 && !run.isOver; i++) { await pause(20); if (i % 10 === 0) grow(1); } };
  for (let round = 0; round < KILLS; round++) {
    const run = begin(command(''), path, { LEAT_CHECKPOINT: 'st' }, 20_000);
    for (const until = performance.now() + 100 + d.below(350); performance.now() < until; await pause(20)) grow(3);
    const [reader, ...others] = run.parts();
    if (others.length === 0) { await over(run); continue; }
    if (d.chance(0.7)) run.signal('SIGKILL', d.pick(others));
    else {                                                 // the one that reads: not between reading and the spool, where nobody can help
      let size = -1;
      for (let i = 0; i < 200 && size !== spooled(); i++) { size = spooled(); await pause(60); }
      run.signal('SIGKILL', reader);
    }
    await over(run);
    said.push(...(await run.ended).stderr.split('\n').filter((line) => /^leat /.test(line) && !/E_UPSTREAM/.test(line)));
  }
  t.same(said, [], 'nothing is said but that an upstream was killed');
  const run = begin(command('--drain'), path, { LEAT_CHECKPOINT: 'st' }, 60_000);
  await pause(50);
  while (given < lines.length) { grow(100); await pause(20); }
  for (let i = 0; i < 500 && run.parts().length < 4; i++) await pause(10);   // all have begun: the pipe may be closed
  await pause(500);
  closeSync(fd);
  const { exit, stderr } = await run.ended;
  t.equal(exit, 0, stderr);
  t.ok(bytes >= input.length, 'all was written');
  t.ok(textOf(join(path, 'per-minute.ndjson')) === await whole, `as uninterrupted, SEED=${seed}`);
  place.remove();
});
