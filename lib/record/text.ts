// Strings of columns as bytes: equality and order by code point (SEMANTICS 2), decoding only where an escape stands. Owns: order of text. Must not: use locales.
import { decodeString } from './json.js';

/** Compares two texts by code point (JavaScript's own order is by UTF-16 unit): negative, 0 or positive. */
export function compareCodePoints(a: string, b: string): number {
  const size = Math.min(a.length, b.length);
  for (let i = 0; i < size; i++) {
    let x = a.charCodeAt(i), y = b.charCodeAt(i);
    if (x === y) continue;
    // Units from U+E000 on come before pairs, which stand for code points from U+10000 on; a lone surrogate is a code point of its own.
    if (x >= 0xd800 || y >= 0xd800) {
      const from = i > 0 && (a.charCodeAt(i - 1) & 0xfc00) === 0xd800 && ((x & 0xfc00) === 0xdc00 || (y & 0xfc00) === 0xdc00) ? i - 1 : i;
      x = a.codePointAt(from)!; y = b.codePointAt(from)!;   // `!`: both are inside
    }
    return x - y;
  }
  return a.length - b.length;
}

/** Compares strings, given with their quotes, by code point. */
export function compareStrings(a: Uint8Array, aStart: number, aEnd: number, b: Uint8Array, bStart: number, bEnd: number): number {
  const aSize = aEnd - aStart - 2, bSize = bEnd - bStart - 2, size = Math.min(aSize, bSize);
  let i = 1;
  while (i <= size && a[aStart + i] === b[bStart + i]) {
    if (a[aStart + i] === 92) return compareDecoded(a, aStart, aEnd, b, bStart, bEnd);
    i++;
  }
  // UTF-8 keeps the order of code points. An escape anywhere behind the first difference cannot change the order.
  const x = i > aSize ? -1 : a[aStart + i], y = i > bSize ? -1 : b[bStart + i];
  if (x === 92 || y === 92) return compareDecoded(a, aStart, aEnd, b, bStart, bEnd);
  return x - y;
}
const compareDecoded = (a: Uint8Array, aStart: number, aEnd: number, b: Uint8Array, bStart: number, bEnd: number): number =>
  compareCodePoints(decodeString(a, aStart, aEnd), decodeString(b, bStart, bEnd));

/** Whether two spans have the same bytes. */
export function equalBytes(a: Uint8Array, aStart: number, aEnd: number, b: Uint8Array, bStart: number, bEnd: number): boolean {
  if (aEnd - aStart !== bEnd - bStart) return false;
  for (let i = aStart, j = bStart; i < aEnd; i++, j++) if (a[i] !== b[j]) return false;
  return true;
}
