// The scanner's loop: glue, value, glue, value. (AssemblyScript; lib/kernel/wasm.ts is its face.)
// Owns: values into columns, bounds of rows. Must not: explain errors: a line that it cannot read as a good record is left to the exact way.
import { empty, find, fits, forgive, INSIDE, leadsFrom, makeTables, missed, place, tableBytes, tidy, want } from './automaton';
import { FIRST_SHAPE, shapeBehind } from './shapes';
import { fives, powers, wholePowers } from './constants';
import { blanks, hadEscape, noDigits, numberEnd, stringSlow, valueEnd } from './text';

export { empty, makeTables, tableBytes, want };

// SCANNER, from 64 on: 64 columns · 68 how many · 72 bytes of one · 76, 80, 84 where in it start, end and tag are; number is at 0; 64 bytes before its end one byte: had an escape
// 88 starts of rows · 92 ends of rows · 96 longest line · 100 list of numbers for the exact way (column, row) · 104 how many · 108 most
// 124 shapes of rows, 0: not wanted
// 112 rows below this one are clear or filled · 116 out: where run() stopped · 120 out: whether rows follow one another with one LF between
let offStart: usize = 0, offEnd: usize = 0, offTag: usize = 0, row: usize = 0, offFlag: usize = 0;

/** Tag of a number that the exact way has to read. */
const TODO: u8 = 8;
/** Rows of columns are emptied so many at a time. */
const STRIPE: u32 = 256;

/** A batch begins. */
export function fresh(S: usize): void {
  if (load<u32>(S, 112) >= 1024) forgive(S);
  store<u32>(S, 0, 104);
  store<u32>(S, 0, 112);
  store<u32>(S, 1, 120);
  const size = <usize>load<u32>(S, 72);
  let column = <usize>load<u32>(S, 64);
  for (let i: u32 = 0; i < load<u32>(S, 68); i++) { store<u8>(column + size - 64, 0); column += size; }
}

/** Reads rows from `from` until `to`, or until `rows` there are, or a line comes that it cannot read. Returns the number of rows. A LF stands before `to`. */
export function run(S: usize, from: usize, to: usize, count: u32, rows: u32): u32 {
  offStart = load<u32>(S, 76); offEnd = load<u32>(S, 80); offTag = load<u32>(S, 84);
  offFlag = load<u32>(S, 72) - 64;
  row = count;
  const starts = <usize>load<u32>(S, 88), ends = <usize>load<u32>(S, 92), longest = <usize>load<u32>(S, 96), state = <usize>load<u32>(S) + INSIDE;
  const shapes = <usize>load<u32>(S, 124);
  let cleared = load<u32>(S, 112), p = from, dense = true;
  if (cleared > count) clearRows(S, count, 1);
  else cleared = count;
  let expected: usize = count ? load<u32>(ends + (<usize>(count - 1) << 2)) + 1 : from;
  while (p < to && <u32>row < rows) {
    if (<u32>row >= cleared) { const n = min<u32>(STRIPE, rows - cleared); clearRows(S, cleared, n); cleared += n; }
    tidy(S);
    const next = record(S, state, p);
    if (!next) break;
    const first = load<u8>(p) == 123 ? p : blanks(p);
    const last = recordEnd;
    let size = next - 1 - p;
    if (size > longest && size - (load<u8>(next - 2) == 13 ? 1 : 0) > longest) break;
    if (first != expected && row) dense = false;
    expected = last + 1;
    store<u32>(starts + (row << 2), <u32>first);
    store<u32>(ends + (row << 2), <u32>last);
    if (shapes) store<u32>(shapes + (row << 2), recordShape);
    p = next;
    row++;
  }
  store<u32>(S, cleared, 112);
  store<u32>(S, <u32>p, 116);
  if (!dense) store<u32>(S, 0, 120);
  return <u32>row;
}

function clearRows(S: usize, first: u32, count: u32): void {
  const size = <usize>load<u32>(S, 72);
  let column = <usize>load<u32>(S, 64);
  for (let i: u32 = load<u32>(S, 68); i; i--) {
    memory.fill(column + offTag + first, 0, count);
    memory.fill(column + offStart + (<usize>first << 2), 0, <usize>count << 2);
    memory.fill(column + offEnd + (<usize>first << 2), 0, <usize>count << 2);
    column += size;
  }
}

// A container takes the place of an earlier one: what was below it is gone.
function clearList(list: usize): void {
  for (let i: u32 = load<u32>(list); i; i--) {
    list += 4;
    const column = <usize>load<u32>(list);
    store<u8>(column + offTag + row, 0);
    store<u32>(column + offStart + (row << 2), 0);
    store<u32>(column + offEnd + (row << 2), 0);
  }
}

let recordEnd: usize = 0, recordShape: u32 = 0;

// @ts-ignore: decorator
@inline function put(column: usize, tag: u8, from: usize, end: usize): void {
  store<u8>(column + offTag + row, tag);
  store<u32>(column + offStart + (row << 2), <u32>from);
  store<u32>(column + offEnd + (row << 2), <u32>end);
}

// The record at p: the address after its LF, 0 where the exact way must decide.
function record(S: usize, state: usize, p: usize): usize {
  const quote = i8x16.splat(34), slash = i8x16.splat(92), space = i8x16.splat(32), quick = <usize>load<u32>(S, 48);
  let shape: u32 = load<u32>(S, 124) ? FIRST_SHAPE : 0;
  while (true) {
    let E = <usize>load<u32>(state);
    if (!fits(E, p)) {
      E = load<u32>(place(quick, state, p));
      if (leadsFrom(E, state) && fits(E, p)) missed(S, state, E, <u32>row);
      else { E = find(S, state, p, <u32>row); if (!E) return 0; }
    }
    p += load<u32>(E, 4);
    state = load<u32>(E);
    if (shape) shape = shapeBehind(S, shape, E);
    const extra = <usize>load<u32>(E, 12);
    if (!state) { recordEnd = p - extra; recordShape = shape; return p; }
    if (extra) clearList(extra);
    const column = <usize>load<u32>(state, 24);
    let c = <u32>load<u8>(p);
    if (c <= 32) { p = blanks(p); c = load<u8>(p); }          // an edge that is the beginning of another spelling
    const from = p;
    if (c == 34) {
      p++;
      while (true) {
        const v = v128.load(p);
        const m = i8x16.bitmask(v128.or(v128.or(i8x16.eq(v, quote), i8x16.eq(v, slash)), i8x16.lt_s(v, space)));
        if (m) { p += ctz(m); break; }
        p += 16;
      }
      if (load<u8>(p) != 34) {
        p = stringSlow(from + 1, p);
        if (!p) return 0;
        if (column > 1 && hadEscape) store<u8>(column + offFlag, 1);
      }
      p++;
      if (column > 1) { put(column, 5, from, p); continue; }
    } else if (c - 48 < 10 || c == 45) {
      if (c == 45) p++;
      const m = noDigits(p), a = <u32>ctz(m);
      if (a == 0 || (a > 1 && load<u8>(p) == 48)) return 0;
      const q = p + a;
      let end = q, b: u32 = 0;
      if (load<u8>(end) == 46) {
        b = ctz(noDigits(q + 1));
        if (b == 0) return 0;
        end += 1 + b;
      }
      if (a + b > 15 || (load<u8>(end) | 32) == 101) {
        end = number(S, column, from);
        if (!end) return 0;
        if (column > 1) { p = end; continue; }
      } else if (column > 1) {
        let u = upto16(p, a);
        let x: f64;
        if (b) { u = u * power(b) + upto16(q + 1, b); x = <f64>u / <f64>power(b); } else x = <f64>u;
        store<f64>(column + (row << 3), c == 45 ? -x : x);
        put(column, 3, from, end);
        p = end;
        continue;
      }
      p = end;
    } else if (c == 123 && load<u8>(state, 28)) {
      if (column) clearList(load<u32>(state, 40));
      state += INSIDE;
      continue;
    } else {
      p = valueEnd(p, load<u32>(state, 48) - 1);
      if (!p) return 0;
      if (column > 1) {
        put(column, c == 91 ? 6 : c == 123 ? 7 : c == 116 ? 2 : c == 102 ? 1 : 0, from, p);
        continue;
      }
    }
    if (column) clearList(load<u32>(state, 40));               // it is no object, so what was wanted below it is not there
  }
  return 0;
}

// 10 to the power of b, 0 < b ≤ 15.
// @ts-ignore: decorator
@inline function power(b: u32): u64 { return load<u64>(wholePowers + (<usize>b << 3)); }

// A number that the loop leaves alone: more than 15 digits, or an exponent. The address after it, 0 where it is bad.
function number(S: usize, column: usize, from: usize): usize {
  const end = numberEnd(from);
  if (!end || column <= 1) return end;
  let p = from, u: u64 = 0, n: u32 = 0, fraction: i32 = 0, exponent: i32 = 0, whole = true;
  const minus = load<u8>(p) == 45;
  if (minus) p++;
  for (; p < end; p++) {
    const c = <u32>load<u8>(p);
    if (c - 48 < 10) {
      u = u * 10 + (c - 48);
      if (++n > 19) return later(S, column, from, end);
      if (!whole) fraction++;
    } else if (c == 46) whole = false;
    else break;
  }
  if (p < end) {
    whole = false;
    const down = load<u8>(++p) == 45;
    if (down || load<u8>(p) == 43) p++;
    for (; p < end; p++) {
      exponent = exponent * 10 + (load<u8>(p) - 48);
      if (exponent > 999) return later(S, column, from, end);
    }
    if (down) exponent = -exponent;
  }
  let x = <f64>u;
  if (!whole) {
    exponent -= fraction;
    if (u < 1 << 53 && exponent >= -22 && exponent <= 22) {      // one rounding, so it is exact
      const power = load<f64>(powers + (<usize>abs(exponent) << 3));
      x = exponent < 0 ? x / power : x * power;
    } else if (u && exponent < 0 && exponent >= -27) {
      x = quotient(u, <u32>-exponent);
    } else return later(S, column, from, end);
  }
  store<f64>(column + (row << 3), minus ? -x : x);
  put(column, whole && u >= 1 << 53 ? 4 : 3, from, end);
  return end;
}

// u / 10^k, rounded once, for 0 < k ≤ 27: both sides are shifted up to 64 bits and divided exactly; what is left over only decides the rounding, as a last bit.
function quotient(u: u64, k: u32): f64 {
  const five = load<u64>(fives + (<usize>k << 3)), up = <u32>clz(u), down = <u32>clz(five);
  const a = u << up, d = five << down;
  // a · 2^63 by d, 32 bits of the result at a time (Knuth, volume 2, 4.3.1, algorithm D)
  const d1 = d >> 32, d0 = d & 0xffffffff;
  let hi = a >> 1, q1 = hi / d1, r = hi - q1 * d1;
  const lo = a << 63, l1 = lo >> 32;
  while (q1 >> 32 || q1 * d0 > (r << 32 | l1)) { q1--; r += d1; if (r >> 32) break; }
  hi = (hi << 32 | l1) - q1 * d;
  let q0 = hi / d1;
  r = hi - q0 * d1;
  while (q0 >> 32 || q0 * d0 > (r << 32)) { q0--; r += d1; if (r >> 32) break; }
  const rest = (hi << 32) - q0 * d, q = q1 << 32 | q0;
  const exponent = <i64>down - up - k - 63;
  return <f64>(q | (rest ? 1 : 0)) * reinterpret<f64>(<u64>(exponent + 1023) << 52);
}

function later(S: usize, column: usize, from: usize, end: usize): usize {
  const n = load<u32>(S, 104);
  if (n == load<u32>(S, 108)) return 0;
  const at = load<u32>(S, 100) + (<usize>n << 3);
  store<u32>(at, <u32>column);
  store<u32>(at, <u32>row, 4);
  store<u32>(S, n + 1, 104);
  put(column, TODO, from, end);
  return end;
}

// The n digits at p, 0 < n ≤ 8.
// @ts-ignore: decorator
@inline function eight(p: usize, n: u32): u64 {
  let w = (load<u64>(p) - 0x3030303030303030) << ((8 - n) << 3);
  w = w * 10 + (w >> 8);
  return (((w & 0x000000FF000000FF) * 0x000F424000000064) + (((w >> 16) & 0x000000FF000000FF) * 0x0000271000000001)) >> 32;
}
// @ts-ignore: decorator
@inline function upto16(p: usize, n: u32): u64 { return n <= 8 ? eight(p, n) : eight(p, n - 8) * 100000000 + eight(p + n - 8, 8); }
