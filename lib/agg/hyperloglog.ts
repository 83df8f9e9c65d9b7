// HyperLogLog++ (Heule, Nunkesser, Hall, EDBT 2013) with 2^14 registers and 64-bit hashes: an estimate of the number of different values, to 0.81 % standard error.
// Few values are kept as a sparse list with 2^25 registers, which counts them all but exactly; the dense form is estimated as O. Ertl ("New cardinality estimation
// algorithms for HyperLogLog sketches", 2017) does, which needs no tables of bias. Both forms, and the change from one to the other, depend only on the set of values.
import type { Codec } from '../stream/store.js';

const p = 14, registers = 1 << p, sparseP = 25, sparseMax = 2048;

/** Two lanes of MurmurHash3 (A. Appleby, public domain) over bytes, with different seeds: 64 bits. */
export const hash = { high: 0, low: 0 };
export function hashBytes(bytes: Uint8Array, start: number, end: number): void {
  let a = 0x2f0b4c47, b = 0x7a1d9e35, at = start;
  for (; at + 4 <= end; at += 4) {
    const word = bytes[at] | bytes[at + 1] << 8 | bytes[at + 2] << 16 | bytes[at + 3] << 24;
    a = lane(a, word, 0xcc9e2d51, 0x1b873593); b = lane(b, word, 0x239b961b, 0x38b34ae5);
  }
  let rest = 0;
  for (let shift = 0; at < end; at++, shift += 8) rest |= bytes[at] << shift;
  finish(lane(a, rest, 0xcc9e2d51, 0x1b873593) ^ end - start, lane(b, rest, 0x239b961b, 0x38b34ae5) ^ end - start);
}
const float = new Float64Array(1), bytesOfFloat = new DataView(float.buffer);
/** The hash of a number: of its double, −0 being 0. */
export function hashNumber(x: number): void {
  bytesOfFloat.setFloat64(0, x + 0);
  const top = bytesOfFloat.getInt32(0), low = bytesOfFloat.getInt32(4);
  finish(lane(lane(0x51ed270b, top, 0xcc9e2d51, 0x1b873593), low, 0xcc9e2d51, 0x1b873593), lane(lane(0x3c6ef372, top, 0x239b961b, 0x38b34ae5), low, 0x239b961b, 0x38b34ae5));
}
function lane(state: number, word: number, c1: number, c2: number): number {
  let k = Math.imul(word, c1);
  k = k << 15 | k >>> 17;
  state ^= Math.imul(k, c2);
  state = state << 13 | state >>> 19;
  return Math.imul(state, 5) + 0xe6546b64 | 0;
}
function finish(a: number, b: number): void { hash.high = mix(a); hash.low = mix(b + hash.high | 0); }
function mix(h: number): number {
  h = Math.imul(h ^ h >>> 16, 0x85ebca6b);
  h = Math.imul(h ^ h >>> 13, 0xc2b2ae35);
  return h ^ h >>> 16;
}

/** Position of the first one-bit of the lowest `width` bits of high·2^32 + low, from 1; width + 1 when there is none. */
function firstOne(high: number, low: number, width: number): number {
  const upper = width - 32, top = upper > 0 ? high << 32 - upper : 0;
  if (top !== 0) return Math.clz32(top) + 1;
  const rest = width >= 32 ? low : low << 32 - width;
  return rest !== 0 ? Math.max(0, upper) + Math.clz32(rest) + 1 : width + 1;
}

export class HyperLogLog {
  /** Sparse: an open table of register · 64 + position, 0 being free, at most half full. undefined: dense. */
  table: Uint32Array | undefined = new Uint32Array(16);
  used = 0;
  dense: Uint8Array | undefined;

  /** Adds the value whose hash is in `hash`. */
  add(): void {
    const { high, low } = hash;
    if (this.dense !== undefined) this.note(this.dense, high >>> 32 - p, firstOne(high, low, 64 - p));
    else this.noteSparse(high >>> 32 - sparseP, firstOne(high, low, 64 - sparseP));
  }
  private note(dense: Uint8Array, index: number, position: number): void { if (position > dense[index]) dense[index] = position; }
  private noteSparse(index: number, position: number): void {
    const table = this.table!, mask = table.length - 1;  // `!`: only called when sparse
    for (let at = index & mask; ; at = at + 1 & mask) {
      const entry = table[at];
      if (entry !== 0 && entry >>> 6 !== index) continue;
      if (entry !== 0) { if (position > (entry & 63)) table[at] = index * 64 + position; return; }
      table[at] = index * 64 + position;
      if (++this.used > sparseMax) this.densify(); else if (this.used * 2 > table.length) this.widen();
      return;
    }
  }
  private widen(): void {
    const old = this.entries();
    this.table = new Uint32Array(this.table!.length * 2); this.used = 0;       // `!`: only called when sparse
    for (const entry of old) this.noteSparse(entry >>> 6, entry & 63);
  }
  private densify(): Uint8Array {
    const dense = new Uint8Array(registers);
    for (const entry of this.entries()) this.noteFine(dense, entry);
    this.table = undefined;
    return this.dense = dense;
  }
  /** A register of 2^25 into the 2^14: its lowest 11 bits come before the position. */
  private noteFine(dense: Uint8Array, entry: number): void {
    const index = entry >>> 6, rest = index & (1 << sparseP - p) - 1;
    this.note(dense, index >>> sparseP - p, rest === 0 ? sparseP - p + (entry & 63) : Math.clz32(rest << 32 - (sparseP - p)) + 1);
  }
  /** Sparse entries, ascending. */
  entries(): Uint32Array { return this.table!.filter((entry) => entry !== 0).sort(); }   // `!`: only called when sparse

  static of(entries: Iterable<number>): HyperLogLog {
    const made = new HyperLogLog();
    for (const entry of entries) made.noteSparse(entry >>> 6, entry & 63);
    return made;
  }
  static ofDense(dense: Uint8Array): HyperLogLog {
    const made = new HyperLogLog();
    made.table = undefined; made.dense = dense;
    return made;
  }

  merge(other: HyperLogLog): void {
    if (other.dense !== undefined) {
      const dense = this.dense ?? this.densify();
      other.dense.forEach((position, index) => this.note(dense, index, position));
    } else for (const entry of other.entries()) if (this.dense !== undefined) this.noteFine(this.dense, entry); else this.noteSparse(entry >>> 6, entry & 63);
  }

  /** The estimate, a whole number. */
  count(): number {
    if (this.dense === undefined) { const m = 2 ** sparseP; return Math.round(-m * Math.log1p(-this.used / m)); }
    const q = 64 - p, m = registers, histogram = new Float64Array(q + 2);
    for (const position of this.dense) histogram[position]++;
    let z = m * tau(1 - histogram[q + 1] / m);
    for (let k = q; k >= 1; k--) z = 0.5 * (z + histogram[k]);
    z += m * sigma(histogram[0] / m);
    return Math.round(m * m / (2 * Math.LN2 * z));
  }
}

function sigma(x: number): number {
  if (x === 1) return Infinity;
  let y = 1, z = x;
  for (let before = NaN; z !== before;) { x *= x; before = z; z += x * y; y += y; }
  return z;
}
function tau(x: number): number {
  if (x === 0 || x === 1) return 0;
  let y = 1, z = 1 - x;
  for (let before = NaN; z !== before;) { x = Math.sqrt(x); before = z; y *= 0.5; z -= (1 - x) ** 2 * y; }
  return z / 3;
}

/** No bytes: nothing. Sparse: 0, then u32 of register · 64 + position, ascending, little-endian. Dense: 1, then the registers. */
export const hyperLogLogCodec: Codec<HyperLogLog | undefined> = {
  zero: () => undefined,
  encode(sketch) {
    if (sketch === undefined) return new Uint8Array(0);
    if (sketch.dense !== undefined) { const bytes = new Uint8Array(1 + registers); bytes[0] = 1; bytes.set(sketch.dense, 1); return bytes; }
    const entries = sketch.entries(), bytes = new Uint8Array(1 + entries.length * 4), out = new DataView(bytes.buffer);
    entries.forEach((entry, i) => out.setUint32(1 + i * 4, entry, true));
    return bytes;
  },
  decode(bytes) {
    if (bytes.length === 0) return undefined;
    if (bytes[0] === 1) return HyperLogLog.ofDense(bytes.slice(1));
    const from = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength), entries: number[] = [];
    for (let at = 1; at < bytes.length; at += 4) entries.push(from.getUint32(at, true));
    return HyperLogLog.of(entries);
  },
};
