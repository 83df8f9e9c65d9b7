// leat from --spool: what came through a pipe is there again after the process was killed, once; a folder that is damaged, of others, in use or full.
import { appendFileSync, chmodSync, existsSync, mkdirSync, readFileSync, readdirSync, statSync, symlinkSync, truncateSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { gzipSync } from 'node:zlib';
import t from 'tap';
import type { LeatError } from '../../lib/errors.js';
import type { Raw } from '../../lib/io/raw.js';
import type { Sources } from '../../lib/io/sources.js';
import type { Json } from '../../lib/record/json.js';
import { dice, seedOf } from '../harness/random.js';
import { run, stored } from './helpers/source-run.js';
import type { Ran, RunOptions } from './helpers/source-run.js';

const seed = seedOf();
t.comment(`SEED=${seed}`);
const lines = (from: number, to: number): string => Array.from({ length: to - from }, (_, i) => `{"n":${from + i}}\n`).join('');
const numbers = ({ rows }: { readonly rows: readonly string[] }): number[] => rows.map((row) => (JSON.parse(row) as { n: number }).n);
const range = (from: number, to: number): number[] => Array.from({ length: to - from }, (_, i) => from + i);

/** A pipe that gives these pieces, and then its end, or nothing for ever. */
class Pipe implements Raw {
  position = 0;
  given = Buffer.alloc(0);
  private readonly pieces: Buffer[];
  private readonly isEndless: boolean;
  constructor(pieces: readonly (string | Uint8Array)[], isEndless = false) { this.pieces = pieces.map((piece) => Buffer.from(piece as string)); this.isEndless = isEndless; }
  read(into: Uint8Array): number | Promise<number> {
    const piece = this.pieces.shift();
    if (piece === undefined) return this.isEndless ? new Promise((resolve) => { this.wake = resolve; }) : 0;
    const count = Math.min(into.length, piece.length);
    into.set(piece.subarray(0, count));
    this.given = Buffer.concat([this.given, piece.subarray(0, count)]);
    if (count < piece.length) this.pieces.unshift(piece.subarray(count));
    return count;
  }
  private wake: ((count: number) => void) | undefined;
  close(): void { this.wake?.(0); }
}

function place(t: { testdir(): string }): { readonly spool: string; go(pieces: readonly (string | Uint8Array)[], more?: Partial<RunOptions>): Promise<Ran>; places: Json | undefined } {
  const spool = join(t.testdir(), 'spool');
  const here = {
    spool, places: undefined as Json | undefined,
    async go(pieces: readonly (string | Uint8Array)[], more: Partial<RunOptions> = {}) {
      const ran = await run({ operands: [], spool, pipe: new Pipe(pieces), places: here.places, ...more });
      if (ran.places !== null) here.places = stored(ran.places);
      return ran;
    },
  };
  return here;
}
const caught = (work: Promise<unknown>): Promise<{ code?: string; exit?: number; message?: string }> => work.then(() => ({}), ({ code, exit, message }: LeatError) => ({ code, exit, message }));

t.test('a pipe, and one after it', async (t) => {
  const { spool, go } = place(t);
  t.same(numbers(await go([lines(0, 10), '{"n":10', '}\n{"n":11}'])), range(0, 12), 'a last line without LF, for the pipe has ended');
  const ran = await go([lines(12, 20)]);
  t.same(numbers(ran), range(12, 20));
  t.equal(ran.at[0], 'stdin:1@0', 'each pipe has its own lines');
  t.equal(statSync(spool).mode & 0o777, 0o700);
  for (const name of readdirSync(spool)) t.equal(statSync(join(spool, name)).mode & 0o777, 0o600, name);
  t.same((await go([])).rows, [], 'nothing came');
});

t.test('killed before the first checkpoint, and after one', async (t) => {
  const { go } = place(t);
  const first = await go([lines(0, 10), lines(10, 20), '{"n":2'], { kill: 3, every: 100 });
  t.equal(first.saved, 0);
  const second = await go([lines(20, 30), lines(30, 40)], { chunk: 50, every: 3, kill: 8 });
  t.match(second.said, [/the input before ended in the middle of a record, 6 bytes of which had come; they are left out/]);
  t.ok(second.saved >= 20 && second.saved < 40, `${second.saved}`);
  const third = await go([lines(50, 51)]), both = [...numbers(second).slice(0, second.saved), ...numbers(third)];
  t.same(both, [...range(0, both.length - 1), 50], 'nothing is missing or there twice');
  t.ok(both.length > 20);
});

t.test('random kills: every whole line that came is there once, in order', async (t) => {
  for (let round = 0; round < 25; round++) {
    const d = dice(seed + round * 7919), { spool, go } = place({ testdir: () => t.testdir() }), seen: number[] = [], expected: number[] = [];
    const isPacked = d.chance(0.2);
    let n = 0;
    for (let i = 0; i < 6; i++) {
      const from = n, text = lines(from, n += 5 + d.below(60)), body = isPacked ? gzipSync(text) : Buffer.from(text), pieces: Uint8Array[] = [];
      for (let at = 0; at < body.length; ) { const size = 1 + d.below(200); pieces.push(body.subarray(at, at + size)); at += size; }
      const pipe = new Pipe(pieces), isLast = i === 5;
      const ran = await go([], { pipe, chunk: d.pick([1, 64, 4096]), every: 1 + d.below(4), segmentBytes: 300, commits: () => d.chance(0.5), ...isLast ? {} : { kill: 1 + d.below(30) } });
      seen.push(...numbers(ran).slice(0, isLast ? undefined : ran.saved));
      const whole = pipe.given.length === body.length && isLast;
      expected.push(...isPacked ? [] : numbers({ rows: pipe.given.toString().split('\n').slice(0, -1) }));
      if (isPacked && whole) expected.push(...range(from, n));
      if (isPacked && !isLast) { n = from; await go([], { pipe: new Pipe([]) }).catch(() => undefined); break; }
    }
    if (!isPacked && !t.same(seen, expected, `SEED=${seed} round ${round}`)) break;
    t.ok(readdirSync(spool).length < 40);
  }
});

t.test('a packed pipe is gone on with', async (t) => {
  const { go } = place(t), body = gzipSync(lines(0, 5000));
  const first = await go([body], { chunk: 2000, kill: 9 });
  t.ok(first.saved > 0 && first.saved < 5000);
  const rest = await go([]);
  t.same([...numbers(first).slice(0, first.saved), ...numbers(rest)], range(0, 5000));
});

t.test('segments go when what is in them is committed', async (t) => {
  const { spool, go } = place(t);
  await go(Array.from({ length: 100 }, (_, i) => lines(i * 10, i * 10 + 10)), { segmentBytes: 500, commits: () => false });
  const all = readdirSync(spool).length;
  await go([], { segmentBytes: 500, commits: () => true });
  await go([lines(0, 1)], { segmentBytes: 500, commits: () => true });
  t.ok(all > 10 && readdirSync(spool).length <= 3, `${all} then ${readdirSync(spool).length}`);
});

t.test('a last write that did not come to its end is cut off; a changed byte is refused', async (t) => {
  for (const cut of [1, 7, 30]) {
    const { spool, go } = place({ testdir: () => t.testdir() });
    await go([lines(0, 5), lines(5, 10)], { kill: 2, every: 100 });
    const [name] = readdirSync(spool).filter((each) => each.endsWith('.spool')), path = join(spool, name), { size } = statSync(path);
    truncateSync(path, size - cut);
    const ran = await go([lines(10, 12)]);
    t.same(numbers(ran), [...range(0, 5), 10, 11], `${cut} bytes short`);
    t.match(ran.said, [/the last \d+ bytes of the spool had not been written to their end/]);
  }
  const { spool, go } = place({ testdir: () => t.testdir() });
  await go([lines(0, 5), lines(5, 10)], { kill: 2, every: 100 });
  const [name] = readdirSync(spool).filter((each) => each.endsWith('.spool')), path = join(spool, name), bytes = readFileSync(path);
  for (let at = 0; at < bytes.length - 60; at += 5) {
    const changed = Buffer.from(bytes);
    changed[at]! ^= 4;                                     // `!`: within
    writeFileSync(path, changed);
    t.match(await caught(go([])), { code: 'E_STATE', exit: 78, message: /is damaged/ }, `byte ${at}`);
  }
  writeFileSync(path, bytes);
  appendFileSync(path, Buffer.alloc(500));
  t.same(numbers(await go([])), range(0, 10), 'zeros behind the end, as after a power loss');
});

t.test('another folder, one of others, one in use', async (t) => {
  const { spool, go } = place(t), folder = t.testdir();
  await go([lines(0, 100)]);
  t.match(await caught(go([], { spool: join(folder, 'new') })), { code: 'E_INPUT', exit: 65, message: /new is not the spool of this checkpoint: it has bytes 0 to 0 of what came, and the checkpoint goes on from byte \d+/ });
  symlinkSync(spool, join(folder, 'link'));
  t.match(await caught(go([], { spool: join(folder, 'link'), places: undefined })), { code: 'E_UNSAFE', exit: 77 });
  mkdirSync(join(folder, 'open')); chmodSync(join(folder, 'open'), 0o777);
  t.match(await caught(go([], { spool: join(folder, 'open'), places: undefined })), { code: 'E_UNSAFE', exit: 77, message: /other users may write to/ });
  writeFileSync(join(folder, 'file'), '');
  t.match(await caught(go([], { spool: join(folder, 'file'), places: undefined })), { code: 'E_STATE', exit: 78 });
  let sources: Sources | undefined;
  const first = go([], { spool: join(folder, 'busy'), places: undefined, pipe: new Pipe([lines(0, 1)], true), started: (made) => { sources = made; } });
  for (let i = 0; i < 200 && !existsSync(join(folder, 'busy', '0000000000000000.spool')); i++) await new Promise((resolve) => setTimeout(resolve, 10));
  t.match(await caught(run({ operands: [], spool: join(folder, 'busy'), pipe: new Pipe([]) })), { code: 'E_BUSY', exit: 75 });
  sources!.stop();                                         // `!`: it has started
  t.same(numbers(await first), [0], 'stopped while it waits');
});

t.test('full: it waits for a checkpoint, and fails when none comes', async (t) => {
  const { go } = place(t), pieces = Array.from({ length: 50 }, (_, i) => lines(i * 10, i * 10 + 10));
  const full = { spoolBytes: 2000, segmentBytes: 300, chunk: 200, fullMs: 50 };
  t.same(numbers(await go(pieces, { ...full, commits: () => true })), range(0, 500));
  const error = await caught(go(pieces, { ...full, commits: () => false }));
  t.match(error, { code: 'E_WRITE', exit: 74, message: /it holds 2 KiB that no checkpoint has committed/ });
});
