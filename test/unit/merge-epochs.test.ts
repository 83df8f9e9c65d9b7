// leat cat of managed streams with barriers (EXACTLY-ONCE R15, R16, R18): neither which input was faster nor where barriers stand shows in what comes out; what is saved at a
// barrier is all that is needed to go on; and an input that waits is still read.
import t from 'tap';
import { ControlWriter } from '../../lib/codec/control.js';
import type { Input } from '../../lib/io/input.js';
import { Pack, Unpack } from '../../lib/record/pack.js';
import { Feed } from '../../lib/runtime/feed.js';
import { Merge } from '../../lib/runtime/merge.js';
import type { Merged } from '../../lib/runtime/merge.js';
import { readHead } from '../../lib/runtime/reader.js';
import { DRAINED } from '../../lib/stream/element.js';
import { dice, seedOf } from '../harness/random.js';
import type { Dice } from '../harness/random.js';

const seed = seedOf();
t.comment(`SEED=${seed}`);

type Element = { readonly record: string } | { readonly w: number } | { readonly barrier: number; readonly isLast?: boolean };

/** An input that gives its bytes in pieces, each when `go` says so. */
class Slow implements Input {
  readonly kind = 'pipe'; readonly live = true; readonly regular = false; readonly size = 0; position = 0;
  readonly name: string;
  private readonly bytes: Uint8Array;
  private readonly go: (input: Slow) => Promise<number>;
  constructor(name: string, bytes: Uint8Array, go: (input: Slow) => Promise<number>) { this.name = name; this.bytes = bytes; this.go = go; }
  async read(into: Uint8Array): Promise<number> {
    const piece = this.bytes.subarray(this.position, this.position + Math.min(await this.go(this), into.length));
    into.set(piece);
    this.position += piece.length;
    return piece.length;
  }
  close(): void { /* nothing is open */ }
}

const hello = { kind: 'hello' as const, tools: ['watermark'], changes: false, attempt: 1, resume: 0, event: { path: ['ts'], unit: 'ms' as const, delayMs: 300, shiftMs: 0 } };
/** The bytes of a stream, from an element on; W is said anew, as a tool that goes on would. */
function bytes(elements: readonly Element[], end: 'drain' | 'pause' | 'dead', nonce: number): Uint8Array {
  const writer = new ControlWriter(nonce), parts: Uint8Array[] = [writer.line(hello)];
  for (const element of elements) parts.push('record' in element ? Buffer.from(`${element.record}\n`) : 'w' in element ? writer.line({ kind: 'watermark', at: element.w, input: 0 }) : writer.line({ kind: 'barrier', epoch: element.barrier, flags: element.isLast === true ? DRAINED : 0 }));
  if (end !== 'dead') parts.push(writer.line({ kind: 'end', mode: end, records: 0 }));
  return Buffer.concat(parts);
}

/** Streams, without barriers; some records are late. */
function streams(d: Dice): Element[][] {
  return Array.from({ length: 2 + d.below(2) }, (_, input) => {
    let now = d.below(500);
    return Array.from({ length: d.below(40) }, (_, i): Element[] => {
      now += d.below(400);
      const ts = Math.max(0, now - d.below(d.chance(0.15) ? 3000 : 300));
      return [{ record: `{"ts":${ts},"at":"${input}-${i}"}` }, ...d.chance(0.15) ? [{ w: now }] : []];
    }).flat();
  });
}
/** The same with barriers 1 … n, at places of its own in each. */
const barred = (all: readonly Element[][], n: number, d: Dice, isLast: boolean): Element[][] => all.map((elements) => {
  const places = Array.from({ length: n }, () => d.below(elements.length + 1)).sort((a, b) => a - b), out: Element[] = [];
  for (let i = 0; i <= elements.length; i++) { places.forEach((place, k) => { if (place === i) out.push({ barrier: k + 1 }); }); if (i < elements.length) out.push(elements[i]!); }   // `!`: i is in range
  if (isLast) out.push({ barrier: n + 1, isLast });
  return out;
});

/** Records in order, each with W before it as a reader has it. */
interface Got { readonly lines: string[]; readonly saved: { readonly epoch: number; readonly state: Uint8Array; readonly count: number; readonly isDrained: boolean }[]; readonly how: Merged }
async function merged(all: readonly Element[][], d: Dice, { restored, end = 'drain', checkpoint = true }: { restored?: Uint8Array; end?: 'drain' | 'pause' | 'dead'; checkpoint?: boolean } = {}): Promise<Got> {
  const lines: string[] = [], saved: Got['saved'] = [];
  const go = async (): Promise<number> => { for (let turns = d.below(6); turns > 0; turns--) await new Promise(setImmediate); return 1 + d.below(d.pick([3, 60, 2000])); };
  const merge = new Merge(all.length, {
    made(text, watermarks, count) {
      const texts = Buffer.from(text).toString().split('\n');
      for (let i = 0; i < count; i++) { const { ts } = JSON.parse(texts[i]!) as { ts: number }; lines.push(`${watermarks[i]! > ts ? watermarks[i] : ''} ${texts[i]}`); }   // `!`: there are `count`
    },
    advance() { /* W is looked at before records */ }, flush() { /* all of it is here */ },
    ...checkpoint ? { async barrier(epoch: number, isDrained: boolean) {
      const out = new Pack();
      merge.save(out);
      const count = lines.length;
      await new Promise(setImmediate);
      if (lines.length !== count) throw new Error('records came while an epoch was saved');
      saved.push({ epoch, state: out.done(), count, isDrained });
    } } : {},
  }, (line) => { throw new Error(line.code); });
  if (restored !== undefined) merge.restore(new Unpack(restored));
  const spilling = { memoryBytes: 100, tmp: '/tmp', spilled: () => { /* not counted */ } };
  const inputs = await Promise.all(all.map(async (elements, i) => { const input = new Slow(`in${i}`, bytes(elements, end, i + 1), go); return { head: await readHead(input), feed: new Feed(input, spilling) }; }));
  return { how: await merge.run(inputs), lines, saved };
}
const behind = (elements: readonly Element[], epoch: number): Element[] => elements.slice(elements.findIndex((each) => 'barrier' in each && each.barrier === epoch) + 1);

t.test('neither speed nor barriers show', async (t) => {
  for (let round = 0; round < 60; round++) {
    const d = dice(seed + round), all = streams(d), { lines } = await merged(all, d, { checkpoint: false }), n = d.below(6), isLast = d.chance(0.5), with_ = barred(all, n, d, isLast);
    for (let again = 0; again < 3; again++) {
      const got = await merged(with_, d);
      const fine = JSON.stringify(got.lines) === JSON.stringify(lines) && got.saved.length === n + (isLast ? 1 : 0) && got.saved.every(({ epoch, isDrained }, i) => epoch === i + 1 && isDrained === (isLast && i === n));
      if (!fine) { t.same(got.lines, lines, `SEED=${seed + round}`); t.same(got.saved.map(({ epoch, isDrained }) => [epoch, isDrained]), n, `SEED=${seed + round}`); return; }
      // What was saved at a barrier is all that is needed: the rest comes out of a merge that was just made.
      for (const { epoch, state, count } of got.saved) {
        const rest = await merged(with_.map((elements) => behind(elements, epoch)), d, { restored: state });
        if (JSON.stringify([...got.lines.slice(0, count), ...rest.lines]) !== JSON.stringify(lines)) { t.same([...got.lines.slice(0, count), ...rest.lines], lines, `SEED=${seed + round}, from epoch ${epoch}`); return; }
      }
    }
  }
  t.pass('60 sets of streams');
});

t.test('an input that has ended has delivered all barriers', async (t) => {
  const [long, short] = barred([[{ record: '{"ts":1}' }, { record: '{"ts":5000}' }], [{ record: '{"ts":2}' }]], 2, dice(1), false);
  const got = await merged([long!, short!.filter((each) => !('barrier' in each))], dice(1));   // `!`: two were given
  t.same(got.saved.map(({ epoch }) => epoch), [1, 2]);
  t.same(got.lines, [' {"ts":1}', ' {"ts":2}', ' {"ts":5000}']);
});

t.test('stopped inputs: without a checkpoint all comes out, with one it waits for the next run', async (t) => {
  const all: Element[][] = [[{ record: '{"ts":1}' }, { record: '{"ts":900}' }], [{ record: '{"ts":500}' }]], without = await merged(all, dice(1), { end: 'pause', checkpoint: false });
  t.equal(without.how.mode, 'pause');
  t.same(without.lines, [' {"ts":1}', ' {"ts":500}', ' {"ts":900}']);
  const held = await merged(all.map((elements) => [...elements, { barrier: 1 }]), dice(1), { end: 'pause' });
  t.equal(held.how.mode, 'pause');
  t.same(held.lines, [' {"ts":1}'], 'W is 200');
  const rest = await merged([[], []], dice(1), { restored: held.saved[0]!.state });   // `!`: one barrier
  t.same(rest.lines, [' {"ts":500}', ' {"ts":900}']);
});

t.test('an input that dies while others wait for its barrier ends the run', async (t) => {
  const hung = Symbol('hung'), all: Element[][] = [[{ barrier: 1 }, { record: '{"ts":1}' }], []];
  const got = await Promise.race([merged(all, dice(1), { end: 'dead' }), new Promise<typeof hung>((done) => setTimeout(done, 5000, hung).unref())]);
  if (got === hung) { t.fail('it waits for ever'); return; }
  t.equal(got.how.dead?.feed.input.name, 'in1');
  t.same(got.saved, [], 'no epoch ends');
});

t.test('a writer of both is not held up, whatever one of them has to wait', async (t) => {
  const many = Array.from({ length: 30_000 }, (_, i): Element => ({ record: `{"ts":${i},"pad":"${'x'.repeat(600)}"}` })), first = bytes([{ barrier: 1 }, ...many], 'drain', 1), second = bytes([{ record: '{"ts":0}' }, { barrier: 1 }], 'drain', 2);
  let isFree = (): void => { /* set below */ }, epochs = 0, count = 0;
  const free = new Promise<void>((done) => { isFree = done; });
  // The second input is written when all of the first has been taken: 18 MB, more than is kept in memory.
  const a = new Slow('a', first, async (input) => { if (input.position >= first.length) isFree(); return 1 << 18; }), b = new Slow('b', second, async () => { await free; return 1 << 18; });
  const merge = new Merge(2, { made(_text, _watermarks, n) { count += n; }, advance() { /* not looked at */ }, flush() { /* likewise */ }, async barrier() { epochs++; t.equal(count, 0, 'what stands behind the barrier waits'); } }, (line) => { throw new Error(line.code); });
  const spilling = { memoryBytes: 1 << 20, tmp: '/tmp', spilled: () => { /* not counted */ } };
  const heads = [await readHead(a), { bytes: second.subarray(second.indexOf(10) + 1, second.indexOf(10) + 1), hello: { ...hello, nonce: 2 }, ended: false }];
  b.position = second.indexOf(10) + 1;
  const how = await merge.run([{ feed: new Feed(a, spilling), head: heads[0]! }, { feed: new Feed(b, spilling), head: heads[1]! }]);   // `!`: two
  t.same([how.mode, how.dead, epochs, count], ['drain', undefined, 1, 30_001]);
});
