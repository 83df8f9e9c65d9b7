// Numbers as text: which tag a JSON number has, and exact comparison of decimal texts of any size. Owns: the line between Number and Wide (batch.ts).
// Must not: round where a rule says exact (SEMANTICS 1: integers of any size compare and group exactly).
import { Tag } from './batch.js';
import { spanText } from './json.js';

/** Whole numbers below this in size are exact in a double, and so are their neighbours: 2^53. */
export const wideFrom = 2 ** 53;

/** Whether bytes[start, end), a JSON number, has neither fraction nor exponent. */
export function isIntegerText(bytes: Uint8Array, start: number, end: number): boolean {
  for (let p = start; p < end; p++) {
    const c = bytes[p];
    if (c === 46 || c === 69 || c === 101) return false;
  }
  return true;
}

/** The double nearest to a JSON number; ±Infinity where there is none. */
export function numberOf(bytes: Uint8Array, start: number, end: number): number {
  let p = start;
  const negative = bytes[p] === 45;
  if (negative) p++;
  if (end - p <= 15) {                                     // 15 digits are exact
    let x = 0;
    for (; p < end; p++) {
      const digit = bytes[p] - 48;
      if (digit < 0 || digit > 9) return Number(spanText(bytes, start, end));
      x = x * 10 + digit;
    }
    return negative ? -x : x;
  }
  return Number(spanText(bytes, start, end));
}

/** Tag.Number or Tag.Wide of a JSON number, whose nearest double is x. */
export const numberTag = (bytes: Uint8Array, start: number, end: number, x: number): number =>
  x < wideFrom && x > -wideFrom ? Tag.Number : !Number.isFinite(x) || isIntegerText(bytes, start, end) ? Tag.Wide : Tag.Number;

interface Decimal { readonly negative: boolean; readonly digits: string; readonly magnitude: bigint }

/** value = ± 0.digits × 10^magnitude; digits without zeros at either end, '' is zero. */
function decimal(text: string): Decimal {
  let p = 0;
  const negative = text.charCodeAt(0) === 45;
  if (negative) p++;
  const e = text.search(/[eE]/);
  const mantissa = text.slice(p, e < 0 ? undefined : e);
  const point = mantissa.indexOf('.');
  const whole = point < 0 ? mantissa : mantissa.slice(0, point);
  const all = point < 0 ? mantissa : whole + mantissa.slice(point + 1);
  let first = 0, last = all.length;
  while (first < last && all.charCodeAt(first) === 48) first++;
  while (last > first && all.charCodeAt(last - 1) === 48) last--;
  const exponent = e < 0 ? 0n : BigInt(text.charCodeAt(e + 1) === 43 ? text.slice(e + 2) : text.slice(e + 1));
  return { negative, digits: all.slice(first, last), magnitude: BigInt(whole.length - first) + exponent };
}

/** Compares two JSON numbers by their mathematical values, whatever their size: negative, 0 or positive. */
export function compareDecimal(a: string, b: string): number {
  const x = decimal(a), y = decimal(b);
  if (x.digits === '' || y.digits === '') return (x.digits === '' ? 0 : x.negative ? -1 : 1) - (y.digits === '' ? 0 : y.negative ? -1 : 1);
  if (x.negative !== y.negative) return x.negative ? -1 : 1;
  const size = x.magnitude !== y.magnitude ? (x.magnitude < y.magnitude ? -1 : 1) : x.digits === y.digits ? 0 : x.digits < y.digits ? -1 : 1;
  return x.negative ? -size : size;
}

/** Compares two numbers of which one at least is Wide: tag, nearest double, and text of each (SEMANTICS 2: an integer against a double by its mathematical value). */
export function compareWide(aTag: number, a: number, aBytes: Uint8Array, aStart: number, aEnd: number, bTag: number, b: number, bBytes: Uint8Array, bStart: number, bEnd: number): number {
  if (a !== b) return a < b ? -1 : 1;                      // rounding keeps order, so different doubles tell
  return compareDecimal(exactText(aTag, a, aBytes, aStart, aEnd), exactText(bTag, b, bBytes, bStart, bEnd));
}

// A double this large is whole, and BigInt prints all its digits. Its own text may say more digits than it has: it counts as a double (SEMANTICS 1).
const exactText = (tag: number, x: number, bytes: Uint8Array, start: number, end: number): string => tag === Tag.Wide ? spanText(bytes, start, end) : BigInt(x).toString();
