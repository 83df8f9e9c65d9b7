// Numbers that wait for their time, taken out by (time, order of arrival): a sorted stretch, and behind it what came since, which is sorted when somebody looks. What comes
// nearly in order costs little: runs that are in order already are merged, not sorted. No object an element. It must not know what the numbers stand for.
import type { Instant } from '../record/batch.js';
import type { Pack, Saved, Unpack } from '../record/pack.js';

const RUN = 12;                                            // shorter runs are made so long by insertion

export class TimeOrder implements Saved {
  /** The earliest time; Infinity where there is none. */
  least: Instant = Infinity;
  private at = new Float64Array(1024);
  private ref = new Int32Array(1024);
  private from = 0;                                        // elements are [from, to), those before `sorted` in order
  private sorted = 0;
  private to = 0;
  private spareAt = new Float64Array(0);
  private spareRef = new Int32Array(0);

  get size(): number { return this.to - this.from; }

  add(at: Instant, ref: number): void {
    if (this.to === this.at.length) this.room();
    const { to } = this;
    this.at[to] = at; this.ref[to] = ref;
    if (this.sorted === to && (to === this.from || this.at[to - 1] <= at)) this.sorted = to + 1;
    this.to = to + 1;
    if (at < this.least) this.least = at;
  }

  /** Sorts what came since. */
  private sort(): void {
    if (this.sorted === this.to) return;
    if (this.spareAt.length < this.at.length) { this.spareAt = new Float64Array(this.at.length); this.spareRef = new Int32Array(this.at.length); }
    sortRange(this.at, this.ref, this.sorted, this.to, this.spareAt, this.spareRef);
    if (this.sorted > this.from && this.at[this.sorted - 1] > this.at[this.sorted]) {
      // What is not later than the first newcomer stays where it is.
      const first = this.at[this.sorted];
      let low = this.from, high = this.sorted;
      while (low < high) { const middle = (low + high) >>> 1; if (this.at[middle] <= first) low = middle + 1; else high = middle; }
      merge(this.at, this.ref, low, this.sorted, this.to, this.spareAt, this.spareRef);
    }
    this.sorted = this.to;
  }

  /** Takes the first out: its number. Its time was `least`. There must be one. */
  take(): number {
    if (this.sorted < this.to) this.sort();
    const ref = this.ref[this.from++];
    if (this.from === this.to) { this.from = this.sorted = this.to = 0; this.least = Infinity; } else this.least = this.at[this.from];
    return ref;
  }

  /** Another number for each element that has a negative one; the order stays. */
  renumber(numberOf: (ref: number) => number): void {
    const { ref } = this;
    for (let i = this.from; i < this.to; i++) if (ref[i] < 0) ref[i] = numberOf(ref[i]);
  }

  /** All that wait, in order. */
  save(out: Pack): void {
    this.sort();
    out.numbers(this.at.subarray(this.from, this.to)); out.numbers(this.ref.subarray(this.from, this.to));
  }
  restore(from: Unpack): void {
    const at = from.numbers(), ref = from.numbers();
    for (let i = 0; i < at.length; i++) this.add(at[i], ref[i]);
  }

  private room(): void {
    const { from, to } = this, count = to - from;
    if (from > count) { this.at.copyWithin(0, from, to); this.ref.copyWithin(0, from, to); } else {
      const at = new Float64Array(this.at.length * 2), ref = new Int32Array(at.length);
      at.set(this.at.subarray(from, to)); ref.set(this.ref.subarray(from, to));
      this.at = at; this.ref = ref;
    }
    this.sorted -= from; this.to = count; this.from = 0;
  }
}

/** Sorts [from, to) by time, equal ones stay in their order. The spare arrays are as long. */
function sortRange(at: Float64Array, ref: Int32Array, from: number, to: number, spareAt: Float64Array, spareRef: Int32Array): void {
  for (let low = from; low < to; low += RUN) {
    const high = Math.min(low + RUN, to);
    for (let i = low + 1; i < high; i++) {
      const time = at[i];
      if (at[i - 1] <= time) continue;
      const number = ref[i];
      let j = i - 1;
      for (; j >= low && at[j] > time; j--) { at[j + 1] = at[j]; ref[j + 1] = ref[j]; }
      at[j + 1] = time; ref[j + 1] = number;
    }
  }
  for (let width = RUN; width < to - from; width *= 2) {
    for (let low = from; low + width < to; low += 2 * width) merge(at, ref, low, low + width, Math.min(low + 2 * width, to), spareAt, spareRef);
  }
}

/** Merges the sorted [low, middle) and [middle, high). */
function merge(at: Float64Array, ref: Int32Array, low: number, middle: number, high: number, spareAt: Float64Array, spareRef: Int32Array): void {
  if (at[middle - 1] <= at[middle]) return;
  const count = middle - low;
  for (let i = 0; i < count; i++) { spareAt[i] = at[low + i]; spareRef[i] = ref[low + i]; }
  let i = 0, j = middle, k = low;
  while (i < count && j < high) {
    if (spareAt[i] <= at[j]) { at[k] = spareAt[i]; ref[k++] = spareRef[i++]; } else { at[k] = at[j]; ref[k++] = ref[j++]; }
  }
  for (; i < count; i++) { at[k] = spareAt[i]; ref[k++] = spareRef[i]; }
}
