// leat wrap as a part of a checkpoint (EXACTLY-ONCE R6, R8): where epochs end shows in no result, and a run that was killed goes on with what it knew.
import { spawn, spawnSync } from 'node:child_process';
import { closeSync, openSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import t from 'tap';
import { ControlWriter, readControl } from '../../lib/codec/control.js';
import { environment, folder } from '../harness/place.js';
import { dice, seedOf } from '../harness/random.js';
import type { Dice } from '../harness/random.js';

const seed = seedOf();
t.comment(`SEED=${seed}`);
const leat = `${process.cwd()}/bin/leat`;

/** A stream behind `leat window`, as lines: records and watermark lines in a random order, the same for a seed. */
function stream(d: Dice, isWindowed: boolean, barrier: (at: number) => boolean): Uint8Array {
  const writer = new ControlWriter(21), parts: Uint8Array[] = [writer.line({ kind: 'hello', tools: ['watermark'], changes: false, attempt: 0, resume: 0, event: { path: ['ts'], unit: 'ms', delayMs: 2000, shiftMs: 0 },
    ...isWindowed ? { windows: { kind: 'fixed' as const, size: 0, latenessMs: 0, epoch: true, nested: false } } : {} })];
  for (let i = 0, now = 0, epoch = 0; i < 40; i++) {
    now += d.below(2500);
    const ts = Math.max(0, now - d.below(2000)), start = Math.floor(ts / 5000) * 5000;
    parts.push(Buffer.from(`{"ts":${ts},"i":${i}${isWindowed ? `,"window_start":${start},"window_end":${start + 5000}` : ''}}\n`));
    if (d.chance(0.2)) parts.push(writer.line({ kind: 'watermark', at: now - 500, input: 0 }));
    if (barrier(i)) parts.push(writer.line({ kind: 'barrier', epoch: ++epoch, flags: 0 }));
  }
  parts.push(writer.line({ kind: 'end', mode: 'drain', records: 40 }));
  return Buffer.concat(parts);
}

/** Records and watermarks in order, without barriers. */
function through(args: readonly string[], input: Uint8Array): string[] {
  const { stdout, stderr, status } = spawnSync(process.execPath, [leat, ...args], { input });
  if (status !== 0) return [stderr.toString()];
  return stdout.toString().split('\n').slice(0, -1).flatMap((line) => {
    const control = readControl(Buffer.from(line))?.control;
    return control === undefined ? [line] : control.kind === 'barrier' ? [] : control.kind === 'watermark' ? [`W ${control.at}`] : [control.kind];
  });
}

for (const [what, isWindowed, args] of [
  ['behind windows', true, ['wrap', '--', 'sed', 's/"i"/"j"/']], ['a stretch of time', false, ['wrap', '--every', '4s', '--', 'sed', 's/"i"/"j"/']], ['to the end', false, ['wrap', '--every', 'inf', '--', 'grep', 'ts']],
  ['one to one', true, ['wrap', '--one-to-one', '--', 'sed', '-u', 's/"i"/"j"/']], ['two of them', true, ['run', 'wrap -- sed s/1/2/ | wrap -- sed s/2/3/']], ['before an aggregation', true, ['run', "wrap -- sed s/x/y/ | agg 'count() as n'"]],
] as const) t.test(`${what}: a barrier behind every record, and none`, async (t) => {
  for (let round = 0; round < 2; round++) {
    const without = through(args, stream(dice(seed + round), isWindowed, () => false)), each = through(args, stream(dice(seed + round), isWindowed, () => true)), some = through(args, stream(dice(seed + round), isWindowed, (i) => i % 7 === 3));
    t.ok(without.length > 10 || args[0] === 'run', `${without.length} lines`);
    // With --one-to-one W may be said later than it is known: only W before each record is told apart.
    const known = (lines: readonly string[]): string[] => { let w = ''; return args.includes('--one-to-one' as never) ? lines.flatMap((line) => { if (line.startsWith('W ')) { w = line; return []; } return line === 'end' ? [line] : [`${w}: ${line}`]; }) : [...lines]; };
    t.same(known(each), known(without), `a barrier behind every record, SEED=${seed + round}`);
    t.same(known(some), known(without), `behind some, SEED=${seed + round}`);
  }
});

t.test('killed and run again', async (t) => {
  const place = folder(), at = place.path, d = dice(seed), rows = Array.from({ length: 3000 }, (_, i) => `{"ts":${i * 40 + d.below(30)},"k":"k${d.below(3)}","i":${i}}\n`).join('');
  writeFileSync(join(at, 'in.ndjson'), rows);
  for (const [n, text] of ["window 10s in.ndjson | wrap -- sed s/k0/k1/ | agg 'count() as n, sum(i) as s by k'", "watermark --delay 1s in.ndjson | wrap --every 7s --bad bad.N -- sed s/k2.,.i.:/k/ | wrap -- sed s/k0/k1/"].entries()) {
    const run = (name: string, more: readonly string[], killedMs?: number): Promise<number> => new Promise((done) => {
      const fd = openSync(join(at, name), 'a');
      const child = spawn(process.execPath, [leat, 'run', ...more, text.replace('N', name)], { cwd: at, env: environment({ LEAT_TEST_CHUNK: '2048' }), stdio: ['ignore', fd, 'ignore'] });
      closeSync(fd);
      const timer = killedMs === undefined ? undefined : setTimeout(() => child.kill('SIGKILL'), killedMs);
      child.on('close', (code) => { clearTimeout(timer); done(code ?? -1); });
    });
    const began = performance.now();
    t.equal(await run(`golden${n}`, []), 0);
    const takesMs = performance.now() - began;             // with a checkpoint it takes longer
    let kills = 0;
    for (let exit = -1; exit !== 0; ) {
      exit = await run(`out${n}`, ['--checkpoint', `D${n}`, '--drain', '--checkpoint-every', '1ms'], kills < 10 ? takesMs * (0.4 + d.below(60) / 100) : undefined);
      if (exit === -1) kills++;
      else if (exit === 78 && kills > 0) break;            // it was killed when all was done
      else if (exit !== 0) { t.equal(exit, 0); break; }
    }
    t.ok(kills > 0, `killed ${kills} times`);
    t.ok(readFileSync(join(at, `out${n}`)).equals(readFileSync(join(at, `golden${n}`))), `the same bytes, SEED=${seed}`);
    if (n === 1) t.ok(readFileSync(join(at, `bad.out${n}`)).equals(readFileSync(join(at, `bad.golden${n}`))), 'bad lines of the program too, with their places');
  }
  place.remove();
});
