// Scalars, 16 bytes at a time: where strings and numbers end, and whether they are valid. (AssemblyScript.)
// Owns: the grammar of strings, numbers, UTF-8. Must not: know keys, columns or rows.
// Every line ends with LF, and LF is part of no value, so nothing here can run on into the next line; up to 16 bytes behind it are read and not used.

import { escapes } from './constants';

/** Whether the string walked over last (slowly) had a backslash. */
export let hadEscape: bool = false;

// @ts-ignore: decorator
@inline export function blanks(p: usize): usize {
  let c = load<u8>(p);
  while (c == 32 || c == 9 || c == 13) c = load<u8>(++p);
  return p;
}

/** p: the first byte after the opening quote. The address of the closing quote, 0 where the string is bad. */
export function stringEnd(p: usize): usize {
  const from = p, quote = i8x16.splat(34), slash = i8x16.splat(92), space = i8x16.splat(32);
  while (true) {
    const v = v128.load(p);
    // signed: control bytes and bytes from 0x80 on are below the blank
    const m = i8x16.bitmask(v128.or(v128.or(i8x16.eq(v, quote), i8x16.eq(v, slash)), i8x16.lt_s(v, space)));
    if (m) {
      p += ctz(m);
      return load<u8>(p) == 34 ? p : stringSlow(from, p);
    }
    p += 16;
  }
}

/** The same for a string that is not plain: `at` is the first byte that is a backslash, not ASCII, or a control byte. */
export function stringSlow(from: usize, at: usize): usize {
  const quote = i8x16.splat(34), slash = i8x16.splat(92), space = i8x16.splat(32);
  let p = at, high: u32 = 0;
  hadEscape = false;
  while (true) {
    const v = v128.load(p);
    let m: u32 = i8x16.bitmask(v128.or(v128.or(i8x16.eq(v, quote), i8x16.eq(v, slash)), i8x16.lt_u(v, space)));
    const h: u32 = i8x16.bitmask(v);
    let next: u32 = 16;
    while (m) {
      const n = <u32>ctz(m), c = load<u8>(p + n);
      if (c == 34) {
        high |= h & ((1 << n) - 1);
        p += n;
        return high == 0 || utf8(at, p) ? p : 0;
      }
      const size = <u32>load<u8>(escapes + load<u8>(p + n + 1));
      if (c != 92 || size == 0 || (size == 6 && !fourHex(p + n + 2))) return 0;
      hadEscape = true;
      next = n + size;
      if (next >= 16) break;
      m &= ~0 << next;
      next = 16;
    }
    high |= h;
    p += next;
  }
  return 0;
}

// @ts-ignore: decorator
@inline function fourHex(p: usize): bool {
  return (load<u8>(escapes + load<u8>(p) + 256) & load<u8>(escapes + load<u8>(p + 1) + 256) & load<u8>(escapes + load<u8>(p + 2) + 256) & load<u8>(escapes + load<u8>(p + 3) + 256)) != 0;
}

/** Whether [p, end) is UTF-8; the byte at `end` is ASCII. Keiser and Lemire, "Validating UTF-8 in less than one instruction per byte" (2021). */
function utf8(p: usize, end: usize): bool {
  const lowNibble = i8x16.splat(15), zero = i8x16.splat(0);
  const first = v128(0x02, 0x02, 0x02, 0x02, 0x02, 0x02, 0x02, 0x02, -128, -128, -128, -128, 0x21, 0x01, 0x15, 0x49);
  const second = v128(-25, -93, -125, -125, -117, -53, -53, -53, -53, -53, -53, -53, -53, -37, -53, -53);
  const third = v128(0x01, 0x01, 0x01, 0x01, 0x01, 0x01, 0x01, 0x01, -26, -82, -70, -70, 0x01, 0x01, 0x01, 0x01);
  let before = zero, bad = zero;
  while (true) {
    let v = v128.load(p);
    const left = end - p;
    const last = left < 16;
    // what lies behind the end counts as ASCII
    if (last) v = v128.and(v, i8x16.gt_u(i8x16.splat(<i8>left), v128(0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15)));
    const one = i8x16.shuffle(before, v, 15, 16, 17, 18, 19, 20, 21, 22, 23, 24, 25, 26, 27, 28, 29, 30);
    const special = v128.and(v128.and(
      i8x16.swizzle(first, i8x16.shr_u(one, 4)), i8x16.swizzle(second, v128.and(one, lowNibble))), i8x16.swizzle(third, i8x16.shr_u(v, 4)));
    const two = i8x16.shuffle(before, v, 14, 15, 16, 17, 18, 19, 20, 21, 22, 23, 24, 25, 26, 27, 28, 29);
    const three = i8x16.shuffle(before, v, 13, 14, 15, 16, 17, 18, 19, 20, 21, 22, 23, 24, 25, 26, 27, 28);
    const must = v128.and(v128.or(i8x16.sub_sat_u(two, i8x16.splat(0x60)), i8x16.sub_sat_u(three, i8x16.splat(0x70))), i8x16.splat(-128));
    bad = v128.or(bad, v128.xor(must, special));
    if (last) break;
    before = v;
    p += 16;
  }
  return !v128.any_true(bad);
}

/** Bit i: byte i from p on is no digit; the bits from 16 on are set. */
// @ts-ignore: decorator
@inline export function noDigits(p: usize): u32 {
  // digits become the ten lowest of the signed numbers: an unsigned comparison takes x86 two instructions more
  return i8x16.bitmask(i8x16.gt_s(i8x16.add(v128.load(p), i8x16.splat(80)), i8x16.splat(-119))) | 0xffff0000;
}

function digitsEnd(p: usize): usize {
  while (true) {
    const n = ctz(noDigits(p));
    p += n;
    if (n < 16) return p;
  }
}

/** p: a digit or `-`. The address after the number, 0 where it is bad. */
export function numberEnd(p: usize): usize {
  if (load<u8>(p) == 45) p++;
  let q = digitsEnd(p);
  if (q == p || (q - p > 1 && load<u8>(p) == 48)) return 0;
  if (load<u8>(q) == 46) {
    p = q + 1;
    q = digitsEnd(p);
    if (q == p) return 0;
  }
  if ((load<u8>(q) | 32) == 101) {
    p = q + 1;
    const s = load<u8>(p);
    if (s == 43 || s == 45) p++;
    q = digitsEnd(p);
    if (q == p) return 0;
  }
  return q;
}

// @ts-ignore: decorator
@inline function word(p: usize, c: u32): usize {               // true, false or null at p, by its first letter
  const text: u32 = c == 116 ? 0x65757274 : c == 110 ? 0x6c6c756e : 0x65736c61;
  const at = p + (c == 102 ? 1 : 0);
  return load<u32>(at) == text ? at + 4 : 0;
}

/** The end of any value at p, `depth` containers deep (the record is 1); 0 where it is bad or too deep. */
export function valueEnd(p: usize, depth: u32): usize {
  switch (<u32>load<u8>(p)) {
    case 34: p = stringEnd(p + 1); return p ? p + 1 : 0;
    case 102: case 110: case 116: return word(p, load<u8>(p));
    case 45: case 48: case 49: case 50: case 51: case 52: case 53: case 54: case 55: case 56: case 57: return numberEnd(p);
    case 91: return depth < 512 ? arrayEnd(p, depth + 1) : 0;
    case 123: return depth < 512 ? objectEnd(p, depth + 1) : 0;
    default: return 0;
  }
}

function arrayEnd(p: usize, depth: u32): usize {
  p = blanks(p + 1);
  if (load<u8>(p) == 93) return p + 1;
  while (true) {
    p = valueEnd(p, depth);
    if (!p) return 0;
    let d = load<u8>(p);
    if (d != 44) {
      p = blanks(p);
      d = load<u8>(p);
      if (d == 93) return p + 1;
      if (d != 44) return 0;
    }
    p = blanks(p + 1);
  }
}

function objectEnd(p: usize, depth: u32): usize {
  p = blanks(p + 1);
  if (load<u8>(p) == 125) return p + 1;
  while (true) {
    if (load<u8>(p) != 34) return 0;
    p = stringEnd(p + 1);
    if (!p) return 0;
    p = blanks(p + 1);
    if (load<u8>(p) != 58) return 0;
    p = valueEnd(blanks(p + 1), depth);
    if (!p) return 0;
    p = blanks(p);
    const d = load<u8>(p);
    if (d == 125) return p + 1;
    if (d != 44) return 0;
    p = blanks(p + 1);
  }
}
