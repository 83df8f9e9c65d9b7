// Order and equality of values (SEMANTICS 2): null < false < true < numbers < strings by code point < arrays < objects. Owns: the total order.
// Must not: count clashes (the operators `==` and `<` of lib/expr do, on top of this).
import { Tag } from './batch.js';
import type { Column } from './batch.js';
import { Elements, Members, decodeString, tagAt } from './json.js';
import { compareWide, numberOf, numberTag } from './number.js';
import { compareCodePoints, compareStrings, equalBytes } from './text.js';

/** One value outside of a column: the same parts as a row of one. */
export interface Cell { tag: number; number: number; bytes: Uint8Array; start: number; end: number }

/** The value whose JSON text (without blanks around it) is bytes[start, end). */
export function cellOf(bytes: Uint8Array, start: number, end: number): Cell {
  let tag = tagAt(bytes, start), number = 0;
  if (tag === Tag.Number) { number = numberOf(bytes, start, end); tag = numberTag(bytes, start, end, number); }
  return { tag, number, bytes, start, end };
}

/** The value at a row of a column. */
export const cellAt = (column: Column, row: number): Cell =>
  ({ tag: column.tag[row], number: column.number[row], bytes: column.bytes, start: column.start[row], end: column.end[row] });

/** Kinds of values as messages name them; False and True are one kind, so are Number and Wide. */
export const kindOf = (tag: number): 'null' | 'boolean' | 'number' | 'string' | 'array' | 'object' =>
  tag === Tag.Null ? 'null' : tag <= Tag.True ? 'boolean' : tag <= Tag.Wide ? 'number' : tag === Tag.String ? 'string' : tag === Tag.Array ? 'array' : 'object';

// Rank of a kind in the total order, by tag: Number and Wide are one.
const rank = [0, 1, 2, 3, 3, 5, 6, 7];

/** The total order: negative, 0 or positive. 0 exactly where the values are equal: one group key. Cost: the shorter of the two texts; nothing is decoded but what has escapes. */
export function compareValues(a: Column, aRow: number, b: Column, bRow: number): number {
  const x = a.tag[aRow], y = b.tag[bRow];
  if (x === Tag.Number && y === Tag.Number) return order(a.number[aRow], b.number[bRow]);
  if (rank[x] !== rank[y]) return rank[x] - rank[y];
  if (x <= Tag.True) return 0;
  if (x === Tag.String) return compareStrings(a.bytes, a.start[aRow], a.end[aRow], b.bytes, b.start[bRow], b.end[bRow]);
  return compareParts(x, a.number[aRow], a.bytes, a.start[aRow], a.end[aRow], y, b.number[bRow], b.bytes, b.start[bRow], b.end[bRow]);
}

/** The same for values outside of columns. */
export const compareCells = (a: Cell, b: Cell): number =>
  compareParts(a.tag, a.number, a.bytes, a.start, a.end, b.tag, b.number, b.bytes, b.start, b.end);

/** Deep equality: 1 and 1.0, escapes, key order, duplicate keys and null members make no difference. Null equals null here. */
export const equalValues = (a: Column, aRow: number, b: Column, bRow: number): boolean => compareValues(a, aRow, b, bRow) === 0;

const order = (x: number, y: number): number => x < y ? -1 : x > y ? 1 : 0;

function compareParts(x: number, aNumber: number, a: Uint8Array, aStart: number, aEnd: number, y: number, bNumber: number, b: Uint8Array, bStart: number, bEnd: number): number {
  if (rank[x] !== rank[y]) return rank[x] - rank[y];
  switch (x) {
    case Tag.Null: case Tag.False: case Tag.True: return 0;
    case Tag.Number: case Tag.Wide:
      return x === Tag.Number && y === Tag.Number ? order(aNumber, bNumber) : compareWide(x, aNumber, a, aStart, aEnd, y, bNumber, b, bStart, bEnd);
    case Tag.String: return compareStrings(a, aStart, aEnd, b, bStart, bEnd);
    case Tag.Array: return equalBytes(a, aStart, aEnd, b, bStart, bEnd) ? 0 : compareArrays(a, aStart, aEnd, b, bStart, bEnd);
    default: return equalBytes(a, aStart, aEnd, b, bStart, bEnd) ? 0 : compareObjects(objectMembers(a, aStart, aEnd), objectMembers(b, bStart, bEnd));
  }
}

function compareArrays(a: Uint8Array, aStart: number, aEnd: number, b: Uint8Array, bStart: number, bEnd: number): number {
  const x = new Elements().open(a, aStart, aEnd), y = new Elements().open(b, bStart, bEnd);
  for (; ;) {
    const more = x.next(), other = y.next();
    if (!more || !other) return Number(more) - Number(other);
    const difference = compareCells(cellOf(a, x.start, x.end), cellOf(b, y.start, y.end));
    if (difference !== 0) return difference;
  }
}

/** The members that count: sorted by key, of duplicates the last, those that are null left out (missing = null). */
export function objectMembers(bytes: Uint8Array, start: number, end: number): [key: string, value: Cell][] {
  const members = new Map<string, Cell>();
  for (const walk = new Members().open(bytes, start, end); walk.next();) members.set(decodeString(bytes, walk.keyStart, walk.keyEnd), cellOf(bytes, walk.start, walk.end));
  return [...members].filter(([, value]) => value.tag !== Tag.Null).sort(([a], [b]) => compareCodePoints(a, b));
}

function compareObjects(a: readonly [string, Cell][], b: readonly [string, Cell][]): number {
  for (let i = 0; i < a.length && i < b.length; i++) {
    const keys = compareCodePoints(a[i][0], b[i][0]);
    if (keys !== 0) return keys;
  }
  if (a.length !== b.length) return a.length - b.length;
  for (let i = 0; i < a.length; i++) {
    const values = compareCells(a[i][1], b[i][1]);
    if (values !== 0) return values;
  }
  return 0;
}
