// What a checkpoint writes of many things under numbers (entries of a store, texts that are kept): only those that have changed. Each save gives segments, of all segments the
// newest word on a number counts. When too much in them is out of date, what is still valid in the oldest is written again and it is given up, so that neither what is written
// nor what a restart reads grows with time. It must not know what the things are.
import { Pack, PackFault, Unpack } from '../record/pack.js';
import type { Journalled, Marks } from '../stream/store.js';

export interface SegmentText { readonly number: number; readonly bytes: Uint8Array }
export interface Changes {
  readonly segments: readonly SegmentText[];
  /** Older segments that are of no use to a reader of these. */
  readonly given: readonly number[];
}

/** Things in a segment: so many are looked through when it is given up. */
const SEGMENT_THINGS = 1 << 14;
/** So many more than there are may stand in all segments. */
const SLACK = 1 << 12;

export class Journal implements Marks {
  private readonly owner: Journalled;
  private dirty = new Uint8Array(1024);
  private readonly changed: number[] = [];
  private newest = new Uint32Array(1024);                  // id → number of the segment with the newest word on it; 0: none
  private readonly segments: { readonly number: number; readonly ids: Uint32Array }[] = [];   // oldest first
  private next = 1;
  private written = 0;                                     // words in all segments
  private live = 0;                                        // ids with a newest word
  private readonly pack = new Pack();

  constructor(owner: Journalled) { this.owner = owner; }

  /** The thing is new, or has changed, or is gone. */
  mark(id: number): void {
    if (id >= this.dirty.length) this.grow(id);
    if (this.dirty[id] === 1) return;
    this.dirty[id] = 1;
    this.changed.push(id);
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
    const given: number[] = [];
    while (this.segments.length > 0 && this.written > 2 * this.live + SLACK) given.push(this.giveUp());
    const segments: SegmentText[] = [], { changed, pack, newest, dirty } = this;
    for (let from = 0; from < changed.length; from += SEGMENT_THINGS) {
      const to = Math.min(changed.length, from + SEGMENT_THINGS), number = this.next++, thing = new Pack();
      const ids = Uint32Array.from(changed.slice(from, to)).sort();
      pack.clear();
      for (const id of ids) {
        thing.clear();
        const isThere = this.owner.write(id, thing);
        pack.count(id);
        pack.flag(isThere);
        if (isThere) pack.raw(thing.bytes, 0, thing.length);
        if (newest[id] === 0) this.live++;
        newest[id] = number; dirty[id] = 0;
      }
      this.written += ids.length;
      this.segments.push({ number, ids });
      segments.push({ number, bytes: pack.done() });
    }
    changed.length = 0;
    return { segments, given };
  }

  /** What still counts in the oldest segment is written once more; a thing that is gone needs no word when no older segment knows it. */
  private giveUp(): number {
    const { number, ids } = this.segments.shift()!;        // `!`: the caller has seen one
    this.written -= ids.length;
    for (const id of ids) {
      if (this.newest[id] !== number) continue;
      this.newest[id] = 0; this.live--;
      this.probe.clear();
      if (this.dirty[id] === 0 && this.owner.write(id, this.probe)) this.mark(id);
    }
    return number;
  }
  private readonly probe = new Pack();

  /** Segments in ascending order, before anything else. Errors: PackFault where they are not what save() gave. */
  restore(segments: readonly SegmentText[]): void {
    for (const id of this.changed) this.dirty[id] = 0;     // what has been made before is no more
    this.changed.length = 0;
    let top = -1;
    for (const { number, bytes } of segments) {
      const from = new Unpack(bytes), ids: number[] = [];
      while (!from.isOver) {
        const id = from.count();
        if (id > 2 ** 32 - 2) throw new PackFault('a number is too large');
        if (id >= this.dirty.length) this.grow(id);
        if (from.flag()) from.raw();
        if (this.newest[id] === 0) this.live++;
        this.newest[id] = number;
        ids.push(id);
        if (id > top) top = id;
      }
      this.segments.push({ number, ids: Uint32Array.from(ids) });
      this.written += ids.length;
      this.next = number + 1;
    }
    // The second time, each is read where its newest word stands; owners want them in ascending order.
    const found = new Int32Array(top + 1).fill(-1), places: number[] = [], readers: Unpack[] = [];   // places: reader, start, end
    for (const { number, bytes } of segments) {
      const from = new Unpack(bytes);
      while (!from.isOver) {
        const id = from.count();
        if (!from.flag()) continue;
        const { length } = from.raw();
        if (this.newest[id] !== number) continue;
        found[id] = places.length;
        places.push(readers.length, from.at - length, from.at);
      }
      readers.push(from);
    }
    for (let id = 0; id <= top; id++) {
      const at = found[id];
      if (at < 0) continue;
      const from = readers[places[at]].within(places[at + 1], places[at + 2]);
      this.owner.restored(id, from);
      if (!from.isOver) throw new PackFault('state has more than it should');
    }
    this.owner.settled?.();
  }
}
