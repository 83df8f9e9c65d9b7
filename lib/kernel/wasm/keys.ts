// A hash table of composite keys over columns. (AssemblyScript; lib/kernel/keys-wasm.ts is its face, and makes canonical what is not plain.)
// Owns: slots, ids, the stored keys and their memory. Must not: decide which values are equal beyond equal tokens and bytes.
import { masks } from './constants';

// TABLE: 0 slots · 4 their number − 1 · 8 keys there · 12 one above the greatest id · 16 keys by id · 20 places there · 24 first free id + 1, the next one in its place
// 28 free memory · 32 its end · 36 columns · 40 seed · 48 out: bytes wanted · 52 out: why it stopped · 56 scratch for tokens · 64 free blocks by class
const CLASSES: usize = 64;
export const TABLE: usize = 64 + (CLASSES << 2);
// SLOT: hash (u32), address of the key, 0: empty. Linear probing; a hole is closed by moving back what follows.
// KEY: 0 id · 4 hash · 8 class · 16 the tokens of its columns, then 16 bytes each: 0 length of the text of the first arrival · 4 length of the bytes to compare, where they
// are not that text · 8 tag; then for each the text and those bytes.
// TOKEN, 16 bytes: equal values have equal tokens. A number: its bits; a string of at most 15 bytes: the bytes; the last byte says which and how long: such tokens are
// the value. A longer string, or what was made canonical: a hash, the last byte is from 0xf0 on, and the bytes are compared too. 0xe0: to be made canonical.
// COLUMN, 32 bytes: addresses of tags, numbers, starts, ends; 16: strings may have escapes.
const HEAD: usize = 16, FIELD: usize = 16, COLUMN: usize = 32;
const ODD: u32 = 1, SLOTS: u32 = 2, IDS: u32 = 3, MEMORY: u32 = 4;
const K1: u64 = 0x9E3779B97F4A7C15, K2: u64 = 0xD6E8FEB86659FD93, K3: u64 = 0xff51afd7ed558ccd, K4: u64 = 0xc4ceb9fe1a85ec53;

export function makeTable(T: usize, slots: usize, slotCount: u32, ids: usize, idCount: u32, scratch: usize, seed: u32): void {
  memory.fill(T, 0, TABLE);
  store<u32>(T, idCount, 20);
  store<u32>(T, <u32>ids, 16);
  store<u32>(T, <u32>scratch, 56);
  store<u64>(T, (<u64>seed << 32 | seed) ^ K1, 40);
  rehash(T, slots, slotCount);
}

/** More slots; `count` is a power of two. The old ones may then be freed. */
export function rehash(T: usize, slots: usize, count: u32): void {
  memory.fill(slots, 0, <usize>count << 3);
  const old = <usize>load<u32>(T), oldEnd = old ? old + (<usize>load<u32>(T, 4) + 1 << 3) : 0;
  const mask = count - 1;
  for (let s = old; s < oldEnd; s += 8) {
    if (!load<u32>(s, 4)) continue;
    let at = load<u32>(s) & mask;
    while (load<u32>(slots + (<usize>at << 3), 4)) at = (at + 1) & mask;
    store<u64>(slots + (<usize>at << 3), load<u64>(s));
  }
  store<u32>(T, <u32>slots);
  store<u32>(T, mask, 4);
}

/** More places for ids: the old ones are copied, and may then be freed. */
export function moreIds(T: usize, ids: usize, count: u32): void {
  memory.copy(ids, load<u32>(T, 16), <usize>load<u32>(T, 12) << 2);
  store<u32>(T, <u32>ids, 16);
  store<u32>(T, count, 20);
}

/** More memory for keys. */
export function moreMemory(T: usize, at: usize, size: usize): void {
  store<u32>(T, <u32>at, 28);
  store<u32>(T, <u32>(at + size), 32);
}

// @ts-ignore: decorator
@inline function token(c: usize, row: usize, canonical: u32): v128 {
  const tag = <u32>load<u8>(load<u32>(c) + row);
  if (tag == 3) {
    const bits = reinterpret<u64>(load<f64>(load<u32>(c, 4) + (row << 3)) + 0.0);         // −0 becomes 0
    return i64x2.replace_lane(i64x2.splat(3 << 56), 0, bits);
  }
  if (tag == 5 && !load<u32>(c, 16)) {
    const p = <usize>load<u32>(load<u32>(c, 8) + (row << 2)), length = <usize>load<u32>(load<u32>(c, 12) + (row << 2)) - p;
    if (length < 16) return shortToken(p, length);
  }
  return slowToken(c, row, tag, canonical);
}

// @ts-ignore: decorator
@inline function shortToken(p: usize, length: usize): v128 {
  return i8x16.replace_lane(v128.and(v128.load(p), v128.load(masks + 16 - length)), 15, <i8>(0x40 | length));
}

function slowToken(c: usize, row: usize, tag: u32, canonical: u32): v128 {
  if (tag < 3) return i64x2.replace_lane(i64x2.splat(0), 1, <i64>tag << 56);
  const p = <usize>load<u32>(load<u32>(c, 8) + (row << 2)), length = <usize>load<u32>(load<u32>(c, 12) + (row << 2)) - p;
  if (!canonical && (tag != 5 || (load<u32>(c, 16) && backslash(p, length)))) return i64x2.splat(<i64>(<u64>0xe0 << 56));
  if (tag == 5 && length < 16) return shortToken(p, length);
  // 16 bytes a step; the last step overlaps the one before, or takes what there is
  let a: u64 = length, b: u64 = K1, left = length, at = p;
  while (left) {
    if (left < 16 && length >= 16) at -= 16 - left;
    const v = left < 16 && length < 16 ? v128.and(v128.load(at), v128.load(masks + 16 - left)) : v128.load(at);
    a = (a ^ lane(v, 0)) * K3 + lane(v, 1) * K1; a ^= a >> 32;
    b = (b ^ lane(v, 1)) * K4 + lane(v, 0) * K2; b ^= b >> 29;
    if (left <= 16) break;
    left -= 16;
    at += 16;
  }
  return i64x2.replace_lane(i64x2.splat(a), 1, b >> 8 | <u64>(0xf0 | tag) << 56);
}

function backslash(p: usize, length: usize): bool {
  while (true) {
    const m = i8x16.bitmask(i8x16.eq(v128.load(p), i8x16.splat(92)));
    if (m) return <usize>ctz(m) < length;
    if (length <= 16) return false;
    p += 16;
    length -= 16;
  }
}

// @ts-ignore: decorator
@inline function lane(t: v128, i: u8): u64 { return i ? i64x2.extract_lane(t, 1) : i64x2.extract_lane(t, 0); }
// @ts-ignore: decorator
@inline function last(h: u64): u32 { h = (h ^ (h >> 32)) * K1; return <u32>(h >> 32); }
// @ts-ignore: decorator
@inline function alike(a: v128, b: v128): bool { return i8x16.bitmask(i8x16.eq(a, b)) == 0xffff; }

/**
 * out[i] = id of the key at row rows[i], for from ≤ i < count; a new key is stored with the texts of `texts`. Returns the i at which it stopped, with the reason in the table:
 * a value that has to be made canonical first (not where `canonical` says that this was done), or no place.
 */
export function intern(T: usize, columns: usize, texts: usize, n: u32, rows: usize, from: u32, count: u32, out: usize, canonical: u32): u32 {
  store<u32>(T, n, 36);
  return n == 1 ? internOne(T, columns, texts, rows, from, count, out, canonical)
    : n == 2 ? internTwo(T, columns, texts, rows, from, count, out, canonical) : internMany(T, columns, texts, n, rows, from, count, out, canonical);
}

function internOne(T: usize, c: usize, texts: usize, rows: usize, from: u32, count: u32, out: usize, canonical: u32): u32 {
  const seed = load<u64>(T, 40), scratch = <usize>load<u32>(T, 56), slots = <usize>load<u32>(T), mask = load<u32>(T, 4);
  for (let i = from; i < count; i++) {
    const row = <usize>load<u32>(rows + (<usize>i << 2)), a = token(c, row, canonical);
    const isLong = <i64>lane(a, 1) < 0;
    if (isLong && isOdd(a)) { store<u32>(T, ODD, 52); return i; }
    const hash = last((lane(a, 0) ^ seed) * K1 + lane(a, 1) * K2);
    let at = hash & mask, key: usize = 0;
    while (true) {
      const slot = slots + (<usize>at << 3);
      key = load<u32>(slot, 4);
      if (!key) break;
      if (load<u32>(slot) == hash && alike(v128.load(key, HEAD), a) && (!isLong || equalBytes(key, c, 1, row))) break;
      at = (at + 1) & mask;
    }
    if (!key) {
      v128.store(scratch, a);
      key = add(T, texts, c, 1, row, hash, at);
      if (!key) return i;
    }
    store<u32>(out + (<usize>i << 2), load<u32>(key));
  }
  return count;
}

function internTwo(T: usize, c: usize, texts: usize, rows: usize, from: u32, count: u32, out: usize, canonical: u32): u32 {
  const seed = load<u64>(T, 40), scratch = <usize>load<u32>(T, 56), slots = <usize>load<u32>(T), mask = load<u32>(T, 4);
  for (let i = from; i < count; i++) {
    const row = <usize>load<u32>(rows + (<usize>i << 2)), a = token(c, row, canonical), b = token(c + COLUMN, row, canonical);
    const isLong = <i64>(lane(a, 1) | lane(b, 1)) < 0;
    if (isLong && (isOdd(a) || isOdd(b))) { store<u32>(T, ODD, 52); return i; }
    const hash = last((lane(a, 0) ^ seed) * K1 + lane(a, 1) * K2 + lane(b, 0) * K3 + lane(b, 1) * K4);
    let at = hash & mask, key: usize = 0;
    while (true) {
      const slot = slots + (<usize>at << 3);
      key = load<u32>(slot, 4);
      if (!key) break;
      if (load<u32>(slot) == hash && alike(v128.load(key, HEAD), a) && alike(v128.load(key, HEAD + 16), b) && (!isLong || equalBytes(key, c, 2, row))) break;
      at = (at + 1) & mask;
    }
    if (!key) {
      v128.store(scratch, a);
      v128.store(scratch, b, 16);
      key = add(T, texts, c, 2, row, hash, at);
      if (!key) return i;
    }
    store<u32>(out + (<usize>i << 2), load<u32>(key));
  }
  return count;
}

function internMany(T: usize, columns: usize, texts: usize, n: u32, rows: usize, from: u32, count: u32, out: usize, canonical: u32): u32 {
  const seed = load<u64>(T, 40), scratch = <usize>load<u32>(T, 56), slots = <usize>load<u32>(T), mask = load<u32>(T, 4), end = scratch + (<usize>n << 4);
  for (let i = from; i < count; i++) {
    const row = <usize>load<u32>(rows + (<usize>i << 2));
    let h = seed, signs: u64 = 0, odd = false, c = columns;
    for (let t = scratch; t < end; t += 16) {
      const a = token(c, row, canonical);
      v128.store(t, a);
      signs |= lane(a, 1);
      if (<i64>lane(a, 1) < 0 && isOdd(a)) odd = true;
      h = (h ^ lane(a, 0)) * K1 + lane(a, 1) * K2;
      h ^= h >> 32;
      c += COLUMN;
    }
    if (odd) { store<u32>(T, ODD, 52); return i; }
    const hash = last(h), isLong = <i64>signs < 0;
    let at = hash & mask, key: usize = 0;
    while (true) {
      const slot = slots + (<usize>at << 3);
      key = load<u32>(slot, 4);
      if (!key) break;
      if (load<u32>(slot) == hash && memory.compare(key + HEAD, scratch, <usize>n << 4) == 0 && (!isLong || equalBytes(key, columns, n, row))) break;
      at = (at + 1) & mask;
    }
    if (!key) {
      key = add(T, texts, columns, n, row, hash, at);
      if (!key) return i;
    }
    store<u32>(out + (<usize>i << 2), load<u32>(key));
  }
  return count;
}

function isOdd(t: v128): bool { return <u32>(lane(t, 1) >> 56) == 0xe0; }

// The tokens are equal: whether the bytes of long values are, too.
function equalBytes(key: usize, columns: usize, n: u32, row: usize): bool {
  let f = key + HEAD + (<usize>n << 4), bytes = f + (<usize>n << 4);
  for (let i: u32 = 0; i < n; i++) {
    const length = <usize>load<u32>(f), other = <usize>load<u32>(f, 4);
    if (load<u8>(key + HEAD + (<usize>i << 4) + 15) >= 0xf0) {
      const c = columns + <usize>i * COLUMN, p = <usize>load<u32>(load<u32>(c, 8) + (row << 2)), size = <usize>load<u32>(load<u32>(c, 12) + (row << 2)) - p;
      if (size != (other ? other : length) || !sameBytes(p, other ? bytes + length : bytes, size)) return false;
    }
    bytes += length + other;
    f += FIELD;
  }
  return true;
}

function sameBytes(a: usize, b: usize, length: usize): bool {
  if (length < 16) return memory.compare(a, b, length) == 0;
  for (; length >= 32; length -= 16) {
    if (!alike(v128.load(a), v128.load(b))) return false;
    a += 16;
    b += 16;
  }
  return alike(v128.load(a), v128.load(b)) && alike(v128.load(a + length - 16), v128.load(b + length - 16));
}

// A new key, with the tokens of the scratch memory, in the empty slot number `at`; 0: no place, and nothing has changed.
function add(T: usize, texts: usize, columns: usize, n: u32, row: usize, hash: u32, at: u32): usize {
  const size = load<u32>(T, 8), mask = load<u32>(T, 4);
  if (size << (mask < 0xffff ? 2 : 1) > mask) { store<u32>(T, SLOTS, 52); return 0; }
  let id = load<u32>(T, 24);
  if (!id && load<u32>(T, 12) == load<u32>(T, 20)) { store<u32>(T, IDS, 52); return 0; }
  const scratch = <usize>load<u32>(T, 56), tokens = <usize>n << 4;
  let size16 = HEAD + tokens + tokens;
  for (let i: u32 = 0; i < n; i++) size16 += textLength(texts + <usize>i * COLUMN, row) + otherLength(scratch, texts, columns, i, row);
  const key = take(T, size16);
  if (!key) return 0;
  store<u32>(key, hash, 4);
  memory.copy(key + HEAD, scratch, tokens);
  let f = key + HEAD + tokens, to = f + tokens;
  for (let i: u32 = 0; i < n; i++) {
    const c = columns + <usize>i * COLUMN, t = texts + <usize>i * COLUMN, length = textLength(t, row), other = otherLength(scratch, texts, columns, i, row);
    memory.copy(to, load<u32>(load<u32>(t, 8) + (row << 2)), length);
    to += length;
    if (other) memory.copy(to, load<u32>(load<u32>(c, 8) + (row << 2)), other);
    to += other;
    store<u32>(f, <u32>length);
    store<u32>(f, <u32>other, 4);
    store<u32>(f, load<u8>(load<u32>(t) + row), 8);
    f += FIELD;
  }
  const ids = <usize>load<u32>(T, 16);
  if (id) { id--; store<u32>(T, load<u32>(ids + (<usize>id << 2)) >> 1, 24); } else { id = load<u32>(T, 12); store<u32>(T, id + 1, 12); }
  store<u32>(ids + (<usize>id << 2), <u32>key);
  store<u32>(key, id);
  const slot = load<u32>(T) + (<usize>at << 3);
  store<u32>(slot, hash);
  store<u32>(slot, <u32>key, 4);
  store<u32>(T, size + 1, 8);
  return key;
}

// @ts-ignore: decorator
@inline function textLength(c: usize, row: usize): usize {
  return load<u8>(load<u32>(c) + row) ? <usize>(load<u32>(load<u32>(c, 12) + (row << 2)) - load<u32>(load<u32>(c, 8) + (row << 2))) : 0;
}
// Bytes to compare, of a long value that was made canonical; a canonical text is never empty.
function otherLength(scratch: usize, texts: usize, columns: usize, i: u32, row: usize): usize {
  return texts != columns && load<u8>(scratch + (<usize>i << 4) + 15) >= 0xf0 ? textLength(columns + <usize>i * COLUMN, row) : 0;
}

// Sizes of blocks: multiples of 32 up to 1 KiB, then powers of two.
// @ts-ignore: decorator
@inline function classOf(bytes: usize): u32 { return bytes <= 1024 ? <u32>(bytes + 31 >> 5) : 55 - clz<u32>(<u32>bytes - 1); }
// @ts-ignore: decorator
@inline function classBytes(c: u32): usize { return c <= 32 ? <usize>c << 5 : <usize>1 << (c - 23); }

function take(T: usize, bytes: usize): usize {
  const c = classOf(bytes), list = T + 64 + (<usize>c << 2);
  let key = <usize>load<u32>(list);
  if (key) {
    store<u32>(list, load<u32>(key));
  } else {
    const size = classBytes(c);
    key = load<u32>(T, 28);
    if (key + size > <usize>load<u32>(T, 32)) { store<u32>(T, MEMORY, 52); store<u32>(T, <u32>size, 48); return 0; }
    store<u32>(T, <u32>(key + size), 28);
  }
  store<u32>(key, c, 8);
  return key;
}

/** Forgets a key; an id that is not in use is left alone. */
export function forget(T: usize, id: u32): void {
  const ids = <usize>load<u32>(T, 16);
  if (id >= load<u32>(T, 12)) return;
  const key = <usize>load<u32>(ids + (<usize>id << 2));
  if (key & 1) return;
  const slots = <usize>load<u32>(T), mask = load<u32>(T, 4);
  let at = load<u32>(key, 4) & mask;
  while (load<u32>(slots + (<usize>at << 3), 4) != <u32>key) at = (at + 1) & mask;
  // what follows moves back into the hole, unless that is before the place it hashes to
  let next = at;
  while (true) {
    next = (next + 1) & mask;
    const slot = slots + (<usize>next << 3);
    if (!load<u32>(slot, 4)) break;
    const home = load<u32>(slot) & mask;
    if (((next - home) & mask) >= ((next - at) & mask)) {
      store<u64>(slots + (<usize>at << 3), load<u64>(slot));
      at = next;
    }
  }
  store<u64>(slots + (<usize>at << 3), 0);
  store<u32>(ids + (<usize>id << 2), load<u32>(T, 24) << 1 | 1);
  store<u32>(T, id + 1, 24);
  store<u32>(T, load<u32>(T, 8) - 1, 8);
  const list = T + 64 + (<usize>load<u32>(key, 8) << 2);
  store<u32>(key, load<u32>(list));
  store<u32>(list, <u32>key);
}
