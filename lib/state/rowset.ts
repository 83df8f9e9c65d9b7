// Rows of a sorter wherever they stand, in the buffer or in a block of a run: text, prefixes of the keys, and texts of those keys that have one. Owns: their comparison.
import { compareTexts } from './prefix.js';
import type { Order } from './prefix.js';

/** One column of keys by row id. keyStart = keyEnd, or no such arrays: the prefix says all. Addresses of the pool. */
export interface Keys { hi: Uint32Array; lo: Uint32Array; keyStart: Uint32Array | undefined; keyEnd: Uint32Array | undefined }

/** Rows by id: bytes[start, end) of the pool is the text, without its LF. */
export interface Rowset { start: Uint32Array; end: Uint32Array; readonly keys: readonly Keys[] }

/** Compares row i of a with row j of b by the keys from number `first` to before number `end`: negative, 0 or positive. */
export function compareRows(bytes: Uint8Array, a: Rowset, i: number, b: Rowset, j: number, orders: readonly Order[], first = 0, end = orders.length): number {
  for (let c = first; c < end; c++) {
    const x = a.keys[c], y = b.keys[c];
    if (x.hi[i] !== y.hi[j]) return x.hi[i] < y.hi[j] ? -1 : 1;
    if (x.lo[i] !== y.lo[j]) return x.lo[i] < y.lo[j] ? -1 : 1;
    if (x.keyStart === undefined || y.keyStart === undefined) continue;
    const difference = compareTexts(bytes, x.keyStart[i], x.keyEnd![i], y.keyStart[j], y.keyEnd![j]);   // `!`: with keyStart
    if (difference !== 0) return orders[c].desc ? -difference : difference;
  }
  return 0;
}
