// What a checkpoint writes of many things under numbers (entries of a store, texts that are kept): only those that have changed. Each save gives segments, of all segments the
// newest word on a number counts. A segment without a word that counts is given up. When too much in all of them is out of date, what still counts in the oldest ones is written
// again, a few at a save, and they are given up: so neither what is written nor what a restart reads grows with time. It must not know what the things are.
import { Pack, PackFault, Unpack } from '../record/pack.js';
import type { Journalled, Marks } from '../stream/store.js';

export interface SegmentText { readonly number: number; readonly bytes: Uint8Array }
export interface Changes {
  readonly segments: readonly SegmentText[];
  /** Older segments that are of no use to a reader of these. */
  readonly given: readonly number[];
}

/** Things in a segment; so many are looked through when it is given up. */
const SEGMENT_THINGS = 1 << 14;
/** So many more words than twice the things may stand in all segments before old ones are written again. */
const SLACK = 1 << 12;

/** live: how many of its words count. */
interface Segment { readonly number: number; readonly ids: Uint32Array; live: number }

export class Journal implements Marks {
  private readonly owner: Journalled;
  private dirty = new Uint8Array(1024);
  private changed = new Uint32Array(1024);
  private count = 0;                                       // of them
  private newest = new Uint32Array(1024);                  // id → number of the segment with the newest word on it; 0: none
  private readonly segments = new Map<number, Segment>();  // by number, oldest first
  private next = 1;
  private written = 0;                                     // words in all segments
  private live = 0;                                        // ids with a newest word
  private readonly pack = new Pack();
  private readonly thing = new Pack();

  constructor(owner: Journalled) { this.owner = owner; }

  /** Words that stand in all segments, and those of them that count. */
  get words(): { readonly written: number; readonly live: number } { return { written: this.written, live: this.live }; }

  mark(id: number): void {
    if (id >= this.dirty.length) this.grow(id);
    if (this.dirty[id] === 1) return;
    this.dirty[id] = 1;
    if (this.count === this.changed.length) { const more = new Uint32Array(this.count * 2); more.set(this.changed); this.changed = more; }
    this.changed[this.count++] = id;
  }
  /** The same for many. */
  markAll(ids: Uint32Array | Int32Array, count: number): void { for (let i = 0; i < count; i++) this.mark(ids[i]); }

  private grow(id: number): void {
    const size = Math.max(id + 1, this.dirty.length * 2), dirty = new Uint8Array(size), newest = new Uint32Array(size);
    dirty.set(this.dirty); newest.set(this.newest);
    this.dirty = dirty; this.newest = newest;
  }

  /** What has changed since the last call. */
  save(): Changes {
    const given: number[] = [], segments: SegmentText[] = [];
    this.clean(given);
    const { pack, thing, newest, dirty, owner } = this, all = this.changed.subarray(0, this.count).sort();
    for (let from = 0; from < all.length; from += SEGMENT_THINGS) {
      const some = all.subarray(from, from + SEGMENT_THINGS), number = this.next++, ids = new Uint32Array(some.length);
      let live = 0;
      pack.clear();
      for (let i = 0; i < some.length; i++) {
        const id = some[i], before = newest[id];
        dirty[id] = 0;
        thing.clear();
        const isThere = owner.write(id, thing);
        if (!isThere && before === 0) continue;            // no segment knows it
        pack.count(id);
        pack.flag(isThere);
        if (isThere) pack.raw(thing.bytes, 0, thing.length);
        if (before === 0) this.live++; else this.superseded(before, given);
        newest[id] = number;
        ids[live++] = id;
      }
      if (live === 0) continue;
      this.written += live;
      this.segments.set(number, { number, ids: live === ids.length ? ids : ids.slice(0, live), live });
      segments.push({ number, bytes: pack.done() });
    }
    this.count = 0;
    return { segments, given };
  }

  /** A word of a segment does not count any more. A segment without any goes, wherever it stands: older words than its own do not count either. */
  private superseded(number: number, given: number[]): void {
    const segment = this.segments.get(number)!;            // `!`: segments live as long as a word of theirs counts
    if (--segment.live > 0) return;
    this.segments.delete(number);
    this.written -= segment.ids.length;
    given.push(number);
  }

  /** Where too much is out of date, the oldest segments go; what still counts in them is marked. A word that a thing is gone needs no successor: no older segment knows the thing. */
  private clean(given: number[]): void {
    const most = 2 * this.live + SLACK, rewritten = Math.max(this.count, SEGMENT_THINGS);
    let left = this.written, again = 0;                    // words that will stand there
    for (const segment of this.segments.values()) {
      if (left <= most || again >= rewritten) return;
      const { number, ids } = segment;
      this.segments.delete(number);
      this.written -= ids.length; this.live -= segment.live;
      left -= ids.length - segment.live; again += segment.live;
      for (const id of ids) if (this.newest[id] === number) { this.newest[id] = 0; this.mark(id); }
      given.push(number);
    }
  }

  /** Segments in ascending order, before anything else. Errors: PackFault where they are not what save() gave. */
  restore(segments: readonly SegmentText[]): void {
    for (let i = 0; i < this.count; i++) this.dirty[this.changed[i]] = 0;   // what has been made before is no more
    this.count = 0;
    // Where the newest word on each id stands; end 0: that it is gone.
    let top = -1, starts = new Uint32Array(this.newest.length), ends = new Uint32Array(starts.length), ids = new Uint32Array(SEGMENT_THINGS);
    const readers = new Map<number, Unpack>();
    for (const { number, bytes } of segments) {
      const from = new Unpack(bytes);
      let count = 0;
      if (number < this.next) throw new PackFault('segments are not in order');
      while (!from.isOver) {
        const id = from.count();
        if (id >= 2 ** 31) throw new PackFault('a number is too large');
        if (id >= this.newest.length) { this.grow(id); starts = longer(starts, this.newest.length); ends = longer(ends, this.newest.length); }
        if (count === ids.length) ids = longer(ids, 2 * count);
        const before = this.newest[id];
        if (before === number) throw new PackFault('a number stands in a segment twice');
        if (before === 0) this.live++; else this.segments.get(before)!.live--;   // `!`: it has been read
        this.newest[id] = number;
        ids[count++] = id;
        ends[id] = 0;
        if (from.flag()) { const length = from.skip(); ends[id] = from.at; starts[id] = from.at - length; }
        if (id > top) top = id;
      }
      readers.set(number, from);
      this.segments.set(number, { number, ids: ids.slice(0, count), live: count });
      this.written += count;
      this.next = number + 1;
    }
    let last = 0, reader!: Unpack;
    for (let id = 0; id <= top; id++) {
      if (ends[id] === 0) continue;
      const number = this.newest[id];
      if (number !== last) { last = number; reader = readers.get(number)!; }   // `!`: a number of them
      reader.within(starts[id], ends[id]);
      this.owner.restored(id, reader);
      if (!reader.isOver) throw new PackFault('state has more than it should');
    }
    this.owner.settled?.();
  }
}

function longer(old: Uint32Array<ArrayBuffer>, size: number): Uint32Array<ArrayBuffer> {
  const more = new Uint32Array(size);
  more.set(old);
  return more;
}
