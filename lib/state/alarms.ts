// Alarms of entries: they ring in order (at, rank, age of the entry). An alarm that moves to a later time stays in its old bucket and moves on when that bucket is
// opened, so a session that grows with every record costs nothing per record.
import type { Instant } from '../record/batch.js';
import type { Slot } from '../stream/store.js';
import { Heap } from './heap.js';

interface Bucket { readonly at: Instant; readonly rank: number; readonly slots: Slot[] }

export class Alarms {
  /** The time of each slot's alarm; NaN: none. */
  private at = new Float64Array(0);
  private rank = new Float64Array(0);
  private filed = new Float64Array(0);                 // time and rank of the bucket that holds the slot; NaN: none
  private filedRank = new Float64Array(0);
  private readonly heap = new Heap<Bucket>((a, b) => a.at < b.at || (a.at === b.at && a.rank < b.rank));   // no two are equal
  private readonly byTime = new Map<Instant, Bucket[]>();
  private latest: Bucket | undefined;                  // opened last: the next alarm is most often for it
  private readonly ageOf: (slot: Slot) => number;
  constructor(ageOf: (slot: Slot) => number) { this.ageOf = ageOf; }

  /** The earliest time at which an alarm may ring; Infinity where only the end rings, and where there is none (then `empty`). */
  due: Instant = Infinity;
  get empty(): boolean { return this.heap.size === 0; }

  reserve(slots: number): void {
    if (this.at.length >= slots) return;
    const grow = (old: Float64Array): Float64Array<ArrayBuffer> => { const more = new Float64Array(slots).fill(NaN); more.set(old); return more; };
    this.at = grow(this.at); this.rank = grow(this.rank); this.filed = grow(this.filed); this.filedRank = grow(this.filedRank);
  }

  set(slot: Slot, at: Instant, rank: number): void {
    if (this.at[slot] === at && this.rank[slot] === rank) return;
    this.at[slot] = at; this.rank[slot] = rank;
    const filed = this.filed[slot];
    if (filed < at || (filed === at && this.filedRank[slot] <= rank)) return;   // filed earlier: moves on from there
    this.file(slot, at, rank);
  }

  /** The alarm of a slot: its time (NaN: none) and rank. */
  timeOf(slot: Slot): Instant { return this.at[slot]; }
  rankOf(slot: Slot): number { return this.rank[slot]; }

  /** No slot has an alarm any more. */
  reset(): void {
    this.at.fill(NaN); this.filed.fill(NaN);
    while (this.heap.size > 0) this.heap.take();
    this.byTime.clear();
    this.latest = undefined; this.due = Infinity;
  }

  clear(slot: Slot): void { this.at[slot] = NaN; this.filed[slot] = NaN; }

  /** The slots whose alarms ring at the earliest time ≤ w, of one rank, in order of age; undefined when none is due. Their alarms are over. */
  take(w: Instant): Slot[] | undefined {
    while ((this.heap.first?.at ?? NaN) <= w) {
      const bucket = this.pop();
      const ringing: Slot[] = [];
      for (const slot of bucket.slots) {
        if (this.filed[slot] !== bucket.at || this.filedRank[slot] !== bucket.rank) continue;   // freed, or filed elsewhere since
        this.filed[slot] = NaN;
        if (this.at[slot] === bucket.at && this.rank[slot] === bucket.rank) { ringing.push(slot); this.at[slot] = NaN; }
        else if (this.at[slot] === this.at[slot]) this.file(slot, this.at[slot], this.rank[slot]);
      }
      if (ringing.length > 0) return ringing.sort((a, b) => this.ageOf(a) - this.ageOf(b));
    }
    return undefined;
  }

  /** Slots that have an alarm, in the order in which they would ring. */
  pending(): Slot[] {
    const { at, rank, ageOf } = this, slots: Slot[] = [];
    for (let slot = 0; slot < at.length; slot++) if (at[slot] === at[slot]) slots.push(slot);
    return slots.sort((a, b) => (at[a] === at[b] ? 0 : at[a] - at[b]) || rank[a] - rank[b] || ageOf(a) - ageOf(b));
  }

  private file(slot: Slot, at: Instant, rank: number): void {
    this.filed[slot] = at; this.filedRank[slot] = rank;
    let bucket = this.latest;
    if (bucket === undefined || bucket.at !== at || bucket.rank !== rank) {
      let peers = this.byTime.get(at);
      if (peers === undefined) this.byTime.set(at, peers = []);
      bucket = peers.find((peer) => peer.rank === rank);
      if (bucket === undefined) { bucket = { at, rank, slots: [] }; peers.push(bucket); this.heap.add(bucket); this.due = this.heap.first!.at; }   // `!`: one was added
      this.latest = bucket;
    }
    bucket.slots.push(slot);
  }

  private pop(): Bucket {
    const first = this.heap.take()!;                       // `!`: take() has seen that there is one
    const peers = this.byTime.get(first.at)!;
    if (peers.length === 1) this.byTime.delete(first.at); else peers.splice(peers.indexOf(first), 1);
    if (this.latest === first) this.latest = undefined;
    this.due = this.heap.first?.at ?? Infinity;
    return first;
  }
}
