// A value as 64 bits whose order, as an unsigned number, is the total order of SEMANTICS 2: null < false < true < numbers < strings < arrays < objects. Numbers are
// their double, strings their first six bytes of text; where two prefixes are equal the texts decide. Owns: that encoding. Must not: order anything.
import type { Column } from '../record/batch.js';
import { Tag } from '../record/batch.js';
import { compareCells, cellOf } from '../record/compare.js';
import { decodeString, hasBackslash } from '../record/json.js';
import { wideFrom } from '../record/number.js';
import { compareStrings } from '../record/text.js';

/** How one key orders. */
export interface Order { readonly desc: boolean; readonly nulls: 'first' | 'last' }

/** Behind +Infinity (fff00000 00000000) and before −Infinity (000fffff ffffffff) no double is found. */
const STRING = 0xfff10000, ARRAY = 0xfff20000, OBJECT = 0xfff30000;
/** Bytes of a string's text in its prefix. */
export const PREFIX_BYTES = 6;
const double = new Float64Array(1), halves = new Uint32Array(double.buffer), HIGH = new Uint8Array(Uint16Array.of(1).buffer)[0] === 1 ? 1 : 0;

/** What encode() found out of its rows. */
export interface Encoded {
  /** Some value has a text that may have to decide: a string, a number of 2^53 or more, an array, an object. */
  hasTexts: boolean;
  /** Some value is not told by its prefix alone. */
  isOpen: boolean;
}

/** Prefixes of rows[from, to) of a column to hi and lo, from index `at` on. */
export function encode({ tag, number, start, end, bytes }: Column, rows: Uint32Array, from: number, to: number, { desc, nulls }: Order, hi: Uint32Array, lo: Uint32Array, at: number, found: Encoded): void {
  const flip = desc ? 0xffffffff : 0, none = nulls === 'last' ? 0xffffffff : 0;
  for (let i = from; i < to; i++, at++) {
    const row = rows[i], kind = tag[row];
    let high = 0, low = 0;
    if (kind === Tag.Number || kind === Tag.Wide) {
      double[0] = number[row] + 0;                         // −0 is 0
      high = halves[HIGH]; low = halves[1 - HIGH];
      if (high >= 0x80000000) { high = ~high; low = ~low; } else high ^= 0x80000000;
      const x = double[0];
      if (!(x < wideFrom && x > -wideFrom)) found.hasTexts = found.isOpen = true;
    } else if (kind === Tag.Null) { hi[at] = lo[at] = none; continue; }
    else if (kind <= Tag.True) high = kind;
    else if (kind === Tag.String) {
      const first = start[row] + 1, last = end[row] - 1, stop = Math.min(last, first + PREFIX_BYTES);
      found.hasTexts = true;
      let p = first;
      high = STRING;
      for (; p < stop; p++) {
        const c = bytes[p], place = p - first;
        if (c === 92) break;
        if (place < 2) high |= c << 8 * (1 - place); else low |= c << 8 * (5 - place);
      }
      if (p < stop) { escaped(decodeString(bytes, start[row], end[row]), halves); high = halves[1]; low = halves[0]; }
      if (p < last) found.isOpen = true;
    } else { high = kind === Tag.Array ? ARRAY : OBJECT; found.hasTexts = found.isOpen = true; }
    hi[at] = high ^ flip; lo[at] = low ^ flip;
  }
}

/** The double that a prefix stands for; NaN where it is that of another value. */
export function prefixNumber(high: number, low: number, { desc }: Order): number {
  if (desc) { high = ~high >>> 0; low = ~low >>> 0; }
  if (high >= STRING || high < 0x000fffff) return NaN;
  if (high >= 0x80000000) high ^= 0x80000000; else { high = ~high; low = ~low; }
  halves[HIGH] = high; halves[1 - HIGH] = low;
  return double[0];
}

/** The last of the first rows of a section, by the prefix of its first key: what comes behind it is not wanted. `number` is its double, NaN where it has none. */
export interface Bound { hi: number; lo: number; number: number }
const boundHi = new Uint32Array(1), boundLo = new Uint32Array(1), boundRow = new Uint32Array(1), boundFound: Encoded = { hasTexts: false, isOpen: false };

/** Whether a row comes behind a bound for certain. */
export function isBehind(column: Column, row: number, order: Order, { hi, lo, number }: Bound): boolean {
  if (column.tag[row] === Tag.Number && number === number) return order.desc ? column.number[row] < number : column.number[row] > number;
  boundRow[0] = row;
  encode(column, boundRow, 0, 1, order, boundHi, boundLo, 0, boundFound);
  return boundHi[0] !== hi ? boundHi[0] > hi : boundLo[0] > lo;
}

/** Prefix of a string whose first bytes are spelled by escapes: the UTF-8 of its code points, a lone surrogate like any other. into: low, high. */
function escaped(text: string, into: Uint32Array): void {
  const bytes: number[] = [];
  for (const char of text) {
    if (bytes.length >= PREFIX_BYTES) break;
    const c = char.codePointAt(0)!;                        // `!`: a character has one
    if (c < 0x80) bytes.push(c);
    else if (c < 0x800) bytes.push(0xc0 | c >> 6, 0x80 | c & 63);
    else if (c < 0x10000) bytes.push(0xe0 | c >> 12, 0x80 | c >> 6 & 63, 0x80 | c & 63);
    else bytes.push(0xf0 | c >> 18, 0x80 | c >> 12 & 63, 0x80 | c >> 6 & 63, 0x80 | c & 63);
  }
  const at = (i: number): number => bytes[i] ?? 0;
  into[1] = STRING | at(0) << 8 | at(1);
  into[0] = at(2) << 24 | at(3) << 16 | at(4) << 8 | at(5);
}

/** Whether the text of a value must be kept beside its prefix. */
export const needsText = (kind: number, x: number): boolean => kind >= Tag.String || ((kind === Tag.Number || kind === Tag.Wide) && !(x < wideFrom && x > -wideFrom));

/** Whether a string needs more than its prefix: given with its quotes. */
export const isLong = (bytes: Uint8Array, start: number, end: number): boolean => end - start - 2 > PREFIX_BYTES || hasBackslash(bytes, start, end);

/** Compares two values of equal prefix by their texts (none: there is nothing more to compare). */
export function compareTexts(bytes: Uint8Array, aStart: number, aEnd: number, bStart: number, bEnd: number): number {
  if (aStart === aEnd || bStart === bEnd) return 0;
  if (bytes[aStart] === 34 && bytes[bStart] === 34) return compareStrings(bytes, aStart, aEnd, bytes, bStart, bEnd);
  return compareCells(cellOf(bytes, aStart, aEnd), cellOf(bytes, bStart, bEnd));
}
