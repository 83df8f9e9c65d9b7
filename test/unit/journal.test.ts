// What a checkpoint writes of things that change: against a model, through chains of saves and restarts, with bounds on what is written and on what is out of date.
import t from 'tap';
import type { Pack, Unpack } from '../../lib/record/pack.js';
import { PackFault } from '../../lib/record/pack.js';
import { Journal } from '../../lib/state/journal.js';
import type { SegmentText } from '../../lib/state/journal.js';
import type { Journalled } from '../../lib/stream/store.js';
import { dice, seedOf } from '../harness/random.js';

const seed = seedOf(), roll = dice(seed);
t.comment(`seed ${seed}; SEED=${seed} repeats this run`);

/** Texts under numbers, and the disk that they are saved to. */
class Texts implements Journalled {
  readonly journal: Journal = new Journal(this);
  readonly texts = new Map<number, string>();
  disk: SegmentText[] = [];
  writes = 0;
  order: number[] = [];
  isSettled = false;

  write(id: number, out: Pack): boolean {
    this.writes++;
    const text = this.texts.get(id);
    if (text !== undefined) out.text(text);
    return text !== undefined;
  }
  restored(id: number, from: Unpack): void { this.texts.set(id, from.text()); this.order.push(id); }
  settled(): void { this.isSettled = true; }

  set(id: number, text: string): void { this.texts.set(id, text); this.journal.mark(id); }
  drop(id: number): void { this.texts.delete(id); this.journal.mark(id); }
  /** Bytes written. */
  save(): number {
    const { segments, given } = this.journal.save();
    for (const number of given) if (!this.disk.some((segment) => segment.number === number)) throw new Error(`segment ${number} is given up twice, or was never there`);
    this.disk = [...this.disk.filter(({ number }) => !given.includes(number)), ...segments];
    return segments.reduce((sum, { bytes }) => sum + bytes.length, 0);
  }
  reborn(): Texts {
    const next = new Texts();
    next.journal.restore(this.disk);
    next.disk = this.disk;
    return next;
  }
}

t.test('random changes, saves and restarts give what a model has', async (t) => {
  for (let round = 0; round < 40; round++) {
    const ids = roll.pick([1, 5, 300, 40_000]), most = roll.pick([3, 200, 3000]);
    let one = new Texts(), model = new Map<number, string>(), saved = new Map<number, string>(), clock = 0;
    for (let step = 0; step < 60; step++) {
      for (let n = roll.below(most); n > 0; n--) {
        const id = roll.below(ids);
        if (roll.chance(0.3)) { model.delete(id); one.drop(id); } else { const text = `${clock++}`; model.set(id, text); one.set(id, text); }
      }
      if (roll.chance(0.6)) {
        one.save();
        saved = new Map(model);
        const { written, live } = one.journal.words;
        if (written > 3 * live + 3 * (1 << 14) + 3 * most) { t.fail(`round ${round}: ${written} words stand there, ${live} count`); return; }
        if (one.disk.length > 0 && written < live) { t.fail(`round ${round}: ${live} count of ${written}`); return; }
      }
      if (roll.chance(0.2)) {                              // killed: what was not saved is lost
        one = one.reborn();
        model = new Map(saved);
        const same = one.texts.size === model.size && [...model].every(([id, text]) => one.texts.get(id) === text);
        if (!same || !one.isSettled || one.order.some((id, i) => i > 0 && id <= one.order[i - 1]!)) { t.same([...one.texts].sort(), [...model].sort(), `round ${round}, step ${step}`); return; }   // `!`: i > 0
      }
    }
  }
  t.pass('40 rounds');
});

t.test('a save writes in proportion to what has changed, and what is out of date does not grow', async (t) => {
  const things = 100_000, changes = things / 100, texts = new Texts(), text = 'x'.repeat(40);
  for (let id = 0; id < things; id++) texts.set(id, text);
  const all = texts.save(), one = all / things;
  t.equal(texts.save(), 0, 'nothing has changed');
  let greatest = 0, sum = 0, most = 0;
  const saves = 400;
  for (let i = 0; i < saves; i++) {
    const hot = i % 3 !== 0;                               // most often the same ones
    for (let n = 0; n < changes; n++) texts.set(hot ? n : roll.below(things), text);
    const bytes = texts.save();
    greatest = Math.max(greatest, bytes); sum += bytes;
    most = Math.max(most, texts.disk.reduce((sum, { bytes }) => sum + bytes.length, 0));
  }
  t.ok(greatest <= 1.1 * one * (changes + 2 * (1 << 14)), `at most ${greatest} bytes a save; 1 % is ${Math.round(one * changes)}, all are ${all}`);
  t.ok(sum <= 3 * saves * one * changes, `${Math.round(sum / saves)} bytes a save`);
  t.ok(most <= 3.2 * all, `at most ${most} bytes on disk, of ${all} that count`);
  t.equal(texts.reborn().texts.size, things);
});

t.test('what comes and goes between two saves is not written, and what is gone leaves nothing', async (t) => {
  const texts = new Texts();
  for (let id = 0; id < 1000; id++) { texts.set(id, 'a'); texts.drop(id); }
  t.equal(texts.save(), 0);
  for (let i = 0; i < 100; i++) {
    for (let id = 0; id < 1000; id++) texts.set(id, `${i}`);
    texts.save();
    for (let id = 0; id < 1000; id++) texts.drop(id);
    texts.save();
  }
  const { written } = texts.journal.words;
  t.ok(written <= 6000, `${written} words stand there`);
  t.equal(texts.reborn().texts.size, 0);
});

t.test('marks of a thing that was made before restore() are forgotten with it', async (t) => {
  const texts = new Texts();
  texts.set(0, 'a');
  texts.save();
  const next = new Texts();
  next.set(5, 'made by the constructor');
  next.texts.clear();
  next.journal.restore(texts.disk);
  t.equal(next.journal.save().segments.length, 0);
});

t.test('bytes that save() never gave are refused, or read as something else that it could have given', async (t) => {
  const texts = new Texts();
  for (let id = 0; id < 50; id++) texts.set(id * 3, `text ${id}`);
  texts.save();
  let refused = 0;
  const [{ number, bytes }] = texts.disk as [SegmentText];
  for (let at = 0; at < bytes.length; at++) {
    const short = new Texts();
    try { short.journal.restore([{ number, bytes: bytes.slice(0, at) }]); } catch (error) { refused++; if (!(error instanceof PackFault)) throw error; }
    const broken = bytes.slice();
    broken[at]! ^= 1 << roll.below(8);                     // `!`: inside
    try { new Texts().journal.restore([{ number, bytes: broken }]); } catch (error) { if (!(error instanceof PackFault)) throw error; }
  }
  t.ok(refused > bytes.length / 2, `${refused} of ${bytes.length}`);
  t.throws(() => new Texts().journal.restore([texts.disk[0]!, texts.disk[0]!]), { message: 'segments are not in order' }, 'a segment twice');   // `!`: there is one
});
