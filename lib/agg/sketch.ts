// The sketch behind quantiles: a DDSketch (Masson, Rim, Lee, VLDB 2019): counts of values by bins that grow with the values, so that any quantile is known to 1 %.
// A bin is a pure function of the value, and counts add up, so neither order nor split can change an answer. Nothing collapses: the bound holds for every quantile.
//
// The bin of x > 0 is its exponent and the first 7 bits behind its leading one, the top bits of the double: 128 bins an octave. A bin [a, a + w) has w ≤ a / 128.
// Estimate of a bin: a where w ≤ 1 and a is a whole number, else the middle a + w / 2. So whole numbers below 256 come out exactly, greater ones as whole numbers; the
// error is at most 1/128 = 0.79 %. Negative values have the same bins, mirrored; |x| < 2^−1022 counts as zero.
import type { Codec } from '../stream/store.js';

const float = new Float64Array(1), words = new Int32Array(float.buffer), high = new Uint8Array(new Uint32Array([1]).buffer)[0] === 1 ? 1 : 0;

/** Number of the bin of |x|: 128 and more; below: subnormal or zero. */
export function binOf(x: number): number {
  float[0] = x;
  return (words[high] & 0x7fffffff) >>> 13;
}

/** The estimate that a bin stands for. */
export function estimateOf(bin: number): number {
  const a = lowerOf(bin), w = lowerOf(bin + 1) - a;
  return w <= 1 && a === Math.trunc(a) ? a : a + w / 2;
}
function lowerOf(bin: number): number {
  words[high] = bin << 13; words[1 - high] = 0;
  return float[0];
}

/** Widest run of bins that is kept as an array: 32 octaves; what lies outside of it is kept by bin. */
const runMax = 4096;
/** A counter holds less than this; what is more goes to `far`. Small counters keep the bins of many groups in the cache. */
export const carry = 256;

/** Counts by bin. The array holds bins [lo, lo + counts.length); `far` the others, and what was carried out of full counters. */
export class Bins {
  lo = 0;
  counts = new Uint8Array(0);
  far: Map<number, number> | undefined;

  /** Counts a value, also in a bin that the array does not hold or whose counter is full. */
  add(bin: number): void {
    if (!this.holds(bin) && !this.grow(bin)) { this.addFar(bin, 1); return; }
    const at = bin - this.lo, more = this.counts[at] + 1;
    if (more === carry) this.addFar(bin, carry);
    this.counts[at] = more;                              // modulo 256
  }
  addFar(bin: number, count: number): void { this.far ??= new Map(); this.far.set(bin, (this.far.get(bin) ?? 0) + count); }
  private holds(bin: number): boolean { return bin >= this.lo && bin < this.lo + this.counts.length; }

  /** Widens the array to hold a bin; false: it would be too wide. */
  private grow(bin: number): boolean {
    const { lo, counts } = this, first = bin & ~63;
    if (counts.length === 0) { this.lo = first; this.counts = new Uint8Array(64); return true; }
    const from = Math.min(lo, first), to = Math.max(lo + counts.length, first + 64), width = to - from;
    if (width > runMax) return false;
    // Twice what is needed, on the side that grew, so that growing is rare.
    const spare = Math.min(runMax - width, Math.max(width, 512)), start = from < lo ? Math.max(0, from - spare) : from;
    const wider = new Uint8Array((from < lo ? to : to + spare) - start);
    wider.set(counts, lo - start);
    this.lo = start; this.counts = wider;
    return true;
  }

  merge(other: Bins): void { for (const [bin, count] of other.entries()) this.put(bin, count); }
  /** Counts many values of a bin. */
  put(bin: number, count: number): void {
    const rest = count % carry, isHere = rest === 0 || this.holds(bin) || this.grow(bin), more = rest > 0 && isHere ? this.counts[bin - this.lo] + rest : 0;
    const far = count - rest + (isHere ? more - more % carry : rest);
    if (more > 0) this.counts[bin - this.lo] = more;       // modulo 256
    if (far > 0) this.addFar(bin, far);
  }

  /** The first pairs that the codec has written, to where there are no values yet: as many as the array can hold. Gives where the rest begins. */
  take(from: DataView): number {
    const first = from.getUint32(0, true) & ~63, last = from.getUint32(from.byteLength - 12, true);
    this.lo = first; this.counts = new Uint8Array(Math.min(runMax, (last - first + 64) & ~63));
    return read(from, first, this.counts);
  }

  /** Bins that have values, ascending, with their counts. */
  entries(): [bin: number, count: number][] {
    const all: [number, number][] = [], { lo, counts } = this;
    for (let i = 0; i < counts.length; i++) if (counts[i] !== 0) all.push([lo + i, counts[i]]);
    if (this.far === undefined) return all;
    const sums = new Map(this.far);
    for (const [bin, count] of all) sums.set(bin, (sums.get(bin) ?? 0) + count);
    return [...sums].sort(([a], [b]) => a - b);
  }

  /** Number of values. */
  total(): number {
    let sum = 0;
    for (const count of this.counts) sum += count;
    for (const count of this.far?.values() ?? []) sum += count;
    return sum;
  }

  /** The bin of the value of a rank, from 1, in ascending order. */
  binAt(rank: number): number {
    let left = rank;
    if (this.far === undefined) {
      const { counts } = this;
      for (let i = 0; i < counts.length; i++) { left -= counts[i]; if (left <= 0) return this.lo + i; }
    } else for (const [bin, count] of this.entries()) { left -= count; if (left <= 0) return bin; }
    throw new Error(`there is no value of rank ${rank}`);
  }
}

/** No values: shared, never written to; replaced when the first one comes. */
export const noBins: Bins = new Bins();

/** Pairs of u32 bin and f64 count, little-endian, ascending: the same bytes for the same values in any order. */
export const binsCodec: Codec<Bins> = {
  zero: () => noBins,
  encode(bins) {
    if (bins.far !== undefined) {
      const entries = bins.entries(), bytes = new Uint8Array(entries.length * 12), out = new DataView(bytes.buffer);
      entries.forEach(([bin, count], i) => { out.setUint32(i * 12, bin, true); out.setFloat64(i * 12 + 4, count, true); });
      return bytes;
    }
    const { lo, counts } = bins, bytes = new Uint8Array(filled(counts) * 12);
    write(new DataView(bytes.buffer), lo, counts);
    return bytes;
  },
  decode(bytes) {
    if (bytes.length === 0) return noBins;
    const bins = new Bins(), from = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
    for (let at = bins.take(from); at < bytes.length; at += 12) bins.put(from.getUint32(at, true), from.getFloat64(at + 4, true));
    return bins;
  },
  // Its first bin, how many counters there are, the counters, and pairs for what is elsewhere.
  pack({ lo, counts, far }) {
    const from = firstOf(counts) & ~63, to = Math.min(counts.length, (lastOf(counts) + 64) & ~63), length = Math.max(0, to - from);
    const bytes = new Uint8Array(8 + length + 12 * (far?.size ?? 0)), out = new DataView(bytes.buffer);
    out.setUint32(0, lo + from, true); out.setUint32(4, length, true);
    if (length > 0) bytes.set(counts.subarray(from, to), 8);
    let at = 8 + length;
    for (const [bin, count] of far ?? []) { out.setUint32(at, bin, true); out.setFloat64(at + 4, count, true); at += 12; }
    return bytes;
  },
  unpack(bytes) {
    const bins = new Bins(), from = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength), end = 8 + from.getUint32(4, true);
    bins.lo = from.getUint32(0, true); bins.counts = bytes.subarray(8, end) as Uint8Array<ArrayBuffer>;
    for (let at = end; at < bytes.length; at += 12) bins.addFar(from.getUint32(at, true), from.getFloat64(at + 4, true));
    return bins;
  },
};

/** The first and the last counter that counts; the length, and −1, where none does. */
function firstOf(counts: Uint8Array): number { let i = 0; while (i < counts.length && counts[i] === 0) i++; return i; }
function lastOf(counts: Uint8Array): number { let i = counts.length - 1; while (i >= 0 && counts[i] === 0) i--; return i; }

/** Bins that have values. */
function filled(counts: Uint8Array): number {
  let n = 0;
  for (let i = 0; i < counts.length; i++) if (counts[i] !== 0) n++;
  return n;
}
function write(out: DataView, lo: number, counts: Uint8Array): void {
  for (let i = 0, at = 0; i < counts.length; i++) if (counts[i] !== 0) { out.setUint32(at, lo + i, true); out.setFloat64(at + 4, counts[i], true); at += 12; }
}
/** Pairs as the codec writes them, from `at` on, into counters from bin `lo` on: up to the first that has no place there. Gives where that stands. */
function read(from: DataView, lo: number, counts: Uint8Array): number {
  let at = 0;
  for (; at < from.byteLength; at += 12) {
    const count = from.getFloat64(at + 4, true), i = from.getUint32(at, true) - lo;
    if (count >= carry || i >= counts.length) break;
    counts[i] = count;
  }
  return at;
}
