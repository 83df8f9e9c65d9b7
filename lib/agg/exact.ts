// Exact sums: of any numbers in any order the same value, to the last bit. sum, avg, variance, covar and corr stand on it (SEMANTICS 6).
// State: the sum is s0 + s1 + s2 + big · 2^−scale, without error. s0 to s2 are doubles: each addition leaves its rounding error to the next one (Knuth's TwoSum, which has
// no error of its own short of overflow). What the third cannot hold, and what doubles cannot say, goes to `big`, an integer. s0 alone does it for whole numbers below 2^53.
// Rule: the parts depend on the order, their sum does not, and results are rounded once, from the sum (rational.ts).
import { Tag, type Column } from '../record/batch.js';
import type { Codec } from '../stream/store.js';
import type { Groups } from './aggregate.js';
import { doubleScale, exactQuotient, scaled } from './rational.js';

/** A BigInt as hexadecimal digits; no bytes: 0. */
export const bigCodec: Codec<bigint> = {
  zero: () => 0n,
  encode: (value) => value === 0n ? new Uint8Array(0) : new TextEncoder().encode(value.toString(16)),
  decode(bytes) {
    if (bytes.length === 0) return 0n;
    const text = new TextDecoder().decode(bytes);
    return text.startsWith('-') ? -BigInt(`0x${text.slice(1)}`) : BigInt(`0x${text}`);
  },
};

/** Bits of `kind`. */
export const seen = 1, fractional = 2;

/** The cells of one exact sum. scale: what `big` counts is 2^−scale (doubleScale of numbers, twice that of products). */
export interface Sum {
  readonly s0: Float64Array; readonly s1: Float64Array; readonly s2: Float64Array; readonly big: bigint[];
  /** `seen`: a value came. `fractional`: one of them was no integer: a double with a fraction, an exponent or 2^53 and more. */
  readonly kind: Uint32Array;
}
export const sumCells = { s0: 'f64', s1: 'f64', s2: 'f64', big: bigCodec, kind: 'u32' } as const;

const limit = 2 ** 53;

/**
 * Adds the numbers of a column to the sums of their entries, and counts them in `n` where given. Null is left out, Wide integers are added by their digits; all else, and
 * a number beyond all doubles, is a clash.
 */
export function addColumn(sum: Sum, groups: Groups, { tag, number, ...text }: Column, n?: Float64Array): void {
  const { rows, slots, count } = groups, { s0, s1, kind } = sum;
  for (let i = 0; i < count; i++) {
    const row = rows[i], slot = slots[i];
    if (tag[row] !== Tag.Number) {
      if (tag[row] === Tag.Null) continue;
      if (tag[row] === Tag.Wide && addWide(sum, slot, { tag, number, ...text }, row)) { if (n !== undefined) n[slot]++; } else groups.clash(row);
      continue;
    }
    const x = number[row], a = s0[slot], s = a + x, b = s - a, e = (a - (s - b)) + (x - b);
    if (e === 0) s0[slot] = s;
    else {
      const c = s1[slot], t = c + e, d = t - c;
      if ((c - (t - d)) + (e - d) === 0) { s0[slot] = s; s1[slot] = t; } else addNumber(sum, slot, x, doubleScale);
    }
    kind[slot] |= x === Math.trunc(x) && x < limit && x > -limit ? seen : seen | fractional;
    if (n !== undefined) n[slot]++;
  }
}

/** Adds one double, all cases. */
export function addNumber({ s0, s1, s2, big }: Sum, slot: number, x: number, scale: number): void {
  const a = s0[slot], s = a + x, b = s - a, e = (a - (s - b)) + (x - b);
  if (e === 0) { s0[slot] = s; return; }
  const c = s1[slot], t = c + e, d = t - c, f = (c - (t - d)) + (e - d);
  if (f === 0) { s0[slot] = s; s1[slot] = t; return; }
  const g = s2[slot], u = g + f, h = u - g, rest = (g - (u - h)) + (f - h);
  // An overflow anywhere makes the error NaN; then, and when three parts are too few, all goes to the integer.
  if (rest === 0) { s0[slot] = s; s1[slot] = t; s2[slot] = u; return; }
  big[slot] += scaled(a, scale) + scaled(c, scale) + scaled(g, scale) + scaled(x, scale);
  s0[slot] = 0; s1[slot] = 0; s2[slot] = 0;
}

/** Adds an integer beyond 2^53 by its digits; false: it is beyond all doubles. */
export function addWide(sum: Sum, slot: number, column: Column, row: number): boolean {
  if (!Number.isFinite(column.number[row])) return false;
  const { bytes } = column, end = column.end[row], isNegative = bytes[column.start[row]] === 45, start = column.start[row] + (isNegative ? 1 : 0);
  if (end - start > 21) sum.big[slot] += exactInteger(column, row) << BigInt(doubleScale);
  else {
    // Six digits times a power of ten below 10^22 are exact in a double: 20 bits and 5^12 or less; of the first group (10^18) there are three digits at most.
    for (let at = end, power = 1; at > start; at -= 6, power *= 1e6) {
      let digits = 0;
      for (let i = Math.max(start, at - 6); i < at; i++) digits = digits * 10 + bytes[i] - 48;
      if (digits !== 0) addNumber(sum, slot, (isNegative ? -digits : digits) * power, doubleScale);
    }
  }
  sum.kind[slot] |= seen;
  return true;
}

/** The integer of a Wide value. */
export const exactInteger = ({ bytes, start, end }: Column, row: number): bigint => BigInt(new TextDecoder().decode(bytes.subarray(start[row], end[row])));

const splitter = 2 ** 27 + 1;

/** Adds x · y without error to a sum of products. */
export function addProduct(sum: Sum, slot: number, x: number, y: number): void {
  const p = x * y, size = Math.abs(p);
  if (size < limit && x === Math.trunc(x) && y === Math.trunc(y)) { addNumber(sum, slot, p, productScale); return; }
  if (size > 1e-240 && size < 1e290 && Math.abs(x) < 1e280 && Math.abs(y) < 1e280) {
    // Dekker's product: the halves of 26 bits multiply without error, so that e is what p lost.
    const cx = splitter * x, xh = cx - (cx - x), xl = x - xh, cy = splitter * y, yh = cy - (cy - y), yl = y - yh;
    const e = ((xh * yh - p) + xh * yl + xl * yh) + xl * yl;
    addNumber(sum, slot, p, productScale);
    if (e !== 0) addNumber(sum, slot, e, productScale);
  } else if (x !== 0 && y !== 0) sum.big[slot] += scaled(x, doubleScale) * scaled(y, doubleScale);
}
/** What `big` of a sum of products counts: 2^−2148. */
export const productScale = 2 * doubleScale;

/** into += from. */
export function mergeSum(sum: Sum, into: number, from: number, scale: number): void {
  addNumber(sum, into, sum.s0[from], scale); addNumber(sum, into, sum.s1[from], scale); addNumber(sum, into, sum.s2[from], scale);
  sum.big[into] += sum.big[from];
  sum.kind[into] |= sum.kind[from];
}

/** The sum as an integer that counts 2^−scale. */
export const totalOf = ({ s0, s1, s2, big }: Sum, slot: number, scale: number): bigint =>
  big[slot] + scaled(s0[slot], scale) + scaled(s1[slot], scale) + scaled(s2[slot], scale);

/** Whether s0 alone is the sum. */
export const isPlain = ({ s1, s2, big }: Sum, slot: number): boolean => s1[slot] === 0 && s2[slot] === 0 && big[slot] === 0n;

/** The double nearest to the sum, ties to even; ±Infinity when it is beyond all doubles. */
export function roundedSum(sum: Sum, slot: number): number {
  const { s0, s1, s2, big } = sum;
  if (s2[slot] === 0 && big[slot] === 0n) return s0[slot] + s1[slot];          // one rounding, of the exact value
  return exactQuotient(totalOf(sum, slot, doubleScale), 1n, doubleScale);
}

/** The double nearest to sum / n. */
export function roundedMean(sum: Sum, slot: number, n: number): number {
  const { s0, s1, s2, big } = sum;
  if (s2[slot] === 0 && big[slot] === 0n) {
    const h = s0[slot] + s1[slot], b = h - s0[slot], l = (s0[slot] - (h - b)) + (s1[slot] - b);     // h + l is the sum, h its nearest double
    if (l === 0) return h / n;
    const q = h / n, size = Math.abs(q);
    if (size > 1e-240 && size < 1e240 && n < 2 ** 26) {
      // q · n without error, so that r = sum − q · n; q + r / n is right unless it lies so near to the middle of two doubles that r / n decides: then exactly, below.
      const p = q * n, cq = splitter * q, qh = cq - (cq - q), ql = q - qh, lost = ((qh * n - p) + ql * n);
      const r = ((h - p) - lost + l) / n, more = q + r * (1 + 2 ** -30), less = q + r * (1 - 2 ** -30);
      if (more === less) return more;
    }
  }
  return exactQuotient(totalOf(sum, slot, doubleScale), BigInt(n), doubleScale);
}
