// A hash table of composite keys over columns. (AssemblyScript; lib/kernel/keys.ts is its face, and makes canonical what is not plain.)
// Owns: slots, ids, the stored keys and their memory. Must not: decide which values are equal beyond equal kind, bits and bytes.

// TABLE: 0 slots · 4 their number − 1 · 8 keys there · 12 one above the greatest id · 16 keys by id · 20 places there · 24 first free id + 1, the next one in its place
// 28 free memory · 32 its end · 40 seed · 48 out: bytes wanted · 52 out: why it stopped · 64 free blocks by class
const CLASSES: usize = 64;
export const TABLE: usize = 64 + (CLASSES << 2);
// SLOT: hash (u32), address of the key, 0: empty. Linear probing, at most half full; a hole is closed by moving back what follows.
// KEY: 0 id · 4 hash · 8 class · 16 its columns, 32 bytes each: 0 kind · 4 length · 8 number · 16 where the bytes are, from the key's address · 20 tag · 24, 28 place and
// length of the text of the first arrival; then the bytes, each value padded to 16 with zeros.
const HEAD: usize = 16, FIELD: usize = 32;
// COLUMN, 32 bytes: addresses of tags, numbers, starts, ends; 16: strings may have escapes.
const ODD: u32 = 1, SLOTS: u32 = 2, IDS: u32 = 3, MEMORY: u32 = 4;

export function makeTable(T: usize, slots: usize, slotCount: u32, ids: usize, idCount: u32, seed: u32): void {
  memory.fill(T, 0, TABLE);
  store<u32>(T, idCount, 20);
  store<u32>(T, <u32>ids, 16);
  store<u64>(T, (<u64>seed << 32 | seed) ^ 0x9E3779B97F4A7C15, 40);
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
@inline function mix(h: u64, x: u64): u64 { h = (h ^ x) * 0xff51afd7ed558ccd; return h ^ (h >> 32); }

// The first 16 bytes of a string, those behind it 0.
// @ts-ignore: decorator
@inline function head(p: usize, length: usize): v128 {
  return v128.and(v128.load(p), i8x16.lt_u(v128(0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15), i8x16.splat(<i8>min<usize>(length, 16))));
}

// @ts-ignore: decorator
@inline function mixBytes(h: u64, p: usize, length: usize): u64 {
  const v = head(p, length);
  h = mix(h ^ i64x2.extract_lane(v, 0), <u64>length ^ i64x2.extract_lane(v, 1) * 0x9E3779B97F4A7C15);
  return length > 16 ? mixRest(h, p + 16, length - 16) : h;
}

function mixRest(h: u64, p: usize, length: usize): u64 {
  for (; length >= 8; length -= 8) { h = mix(h, load<u64>(p)); p += 8; }
  return length ? mix(h, load<u64>(p) & ((<u64>1 << (length << 3)) - 1)) : h;
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

/**
 * out[i] = id of the key at row rows[i], for from ≤ i < count; a new key is stored with the texts of `texts`. Returns the i at which it stopped, with the reason in the table:
 * a value that has to be made canonical first (not where `canonical` says that this was done), or no place.
 */
export function intern(T: usize, columns: usize, texts: usize, n: u32, rows: usize, from: u32, count: u32, out: usize, canonical: u32): u32 {
  const end = columns + <usize>n * FIELD, seed = load<u64>(T, 40);
  for (let i = from; i < count; i++) {
    const row = <usize>load<u32>(rows + (<usize>i << 2));
    let h = seed;
    for (let c = columns; c < end; c += FIELD) {
      const tag = <u32>load<u8>(load<u32>(c) + row);
      if (tag == 3) {
        h = mix(h, reinterpret<u64>(load<f64>(load<u32>(c, 4) + (row << 3)) + 0.0));     // −0 becomes 0
      } else if (tag < 3) {
        h = mix(h, tag);
      } else {
        const p = <usize>load<u32>(load<u32>(c, 8) + (row << 2)), length = <usize>load<u32>(load<u32>(c, 12) + (row << 2)) - p;
        if (!canonical && (tag != 5 || (load<u32>(c, 16) && backslash(p, length)))) { store<u32>(T, ODD, 52); return i; }
        h = mixBytes(h, p, length);
      }
    }
    h = (h ^ (h >> 29)) * 0x9E3779B97F4A7C15;
    const hash = <u32>(h >> 32);
    let slots = <usize>load<u32>(T);
    const mask = load<u32>(T, 4);
    let at = hash & mask, key: usize = 0;
    while (true) {
      const slot = slots + (<usize>at << 3);
      key = load<u32>(slot, 4);
      if (!key || (load<u32>(slot) == hash && equal(key, columns, end, row))) break;
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

// @ts-ignore: decorator
@inline function equal(key: usize, columns: usize, end: usize, row: usize): bool {
  let f = key + HEAD;
  for (let c = columns; c < end; c += FIELD) {
    const tag = <u32>load<u8>(load<u32>(c) + row);
    if (load<u32>(f) != tag) return false;
    if (tag == 3) {
      if (load<f64>(f, 8) != load<f64>(load<u32>(c, 4) + (row << 3))) return false;
    } else if (tag > 3) {
      const p = <usize>load<u32>(load<u32>(c, 8) + (row << 2)), length = <usize>load<u32>(load<u32>(c, 12) + (row << 2)) - p;
      if (load<u32>(f, 4) != <u32>length) return false;
      const bytes = key + load<u32>(f, 16);
      if (i8x16.bitmask(i8x16.eq(head(p, length), v128.load(bytes))) != 0xffff) return false;
      if (length > 16 && memory.compare(p + 16, bytes + 16, length - 16) != 0) return false;
    }
    f += FIELD;
  }
  return true;
}

// A new key in the empty slot number `at`; 0: no place, and nothing has changed.
function add(T: usize, texts: usize, columns: usize, n: u32, row: usize, hash: u32, at: u32): usize {
  const size = load<u32>(T, 8), mask = load<u32>(T, 4);
  if ((size + 1) << 1 > mask) { store<u32>(T, SLOTS, 52); return 0; }
  let id = load<u32>(T, 24);
  if (!id && load<u32>(T, 12) == load<u32>(T, 20)) { store<u32>(T, IDS, 52); return 0; }
  let bytes = HEAD + <usize>n * FIELD;
  for (let i: u32 = 0; i < n; i++) {
    const c = columns + <usize>i * FIELD, t = texts + <usize>i * FIELD;
    const length = textLength(c, row), kind = load<u8>(load<u32>(c) + row);
    if (kind > 3) bytes += pad(length);
    if (kind <= 3 || load<u32>(t, 8) != load<u32>(c, 8)) bytes += pad(textLength(t, row));
  }
  const key = take(T, bytes);
  if (!key) return 0;
  store<u32>(key, hash, 4);
  let to = HEAD + <usize>n * FIELD;
  for (let i: u32 = 0; i < n; i++) {
    const c = columns + <usize>i * FIELD, t = texts + <usize>i * FIELD, f = key + HEAD + <usize>i * FIELD, kind = <u32>load<u8>(load<u32>(c) + row);
    memory.fill(f, 0, FIELD);
    store<u32>(f, kind);
    if (kind == 3) store<f64>(f, load<f64>(load<u32>(c, 4) + (row << 3)) + 0.0, 8);
    if (kind > 3) {
      const length = textLength(c, row);
      put(key + to, load<u32>(load<u32>(c, 8) + (row << 2)), length);
      store<u32>(f, <u32>length, 4);
      store<u32>(f, <u32>to, 16);
      store<u32>(f, <u32>to, 24);
      store<u32>(f, <u32>length, 28);
      to += pad(length);
    }
    store<u32>(f, load<u8>(load<u32>(t) + row), 20);
    if (kind <= 3 || load<u32>(t, 8) != load<u32>(c, 8)) {
      const length = textLength(t, row);
      put(key + to, load<u32>(load<u32>(t, 8) + (row << 2)), length);
      store<u32>(f, <u32>to, 24);
      store<u32>(f, <u32>length, 28);
      to += pad(length);
    }
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
@inline function pad(length: usize): usize { return (length + 15) & ~15; }
// @ts-ignore: decorator
@inline function textLength(c: usize, row: usize): usize {
  return load<u8>(load<u32>(c) + row) ? <usize>(load<u32>(load<u32>(c, 12) + (row << 2)) - load<u32>(load<u32>(c, 8) + (row << 2))) : 0;
}
// @ts-ignore: decorator
@inline function put(to: usize, from: usize, length: usize): void {
  memory.copy(to, from, length);
  memory.fill(to + length, 0, pad(length) - length);
}

// Sizes of blocks: multiples of 32 up to 1 KiB, then powers of two.
// @ts-ignore: decorator
@inline function classOf(bytes: usize): u32 { return bytes <= 1024 ? <u32>(bytes + 31 >> 5) : 64 - clz<u32>(<u32>bytes - 1) - 32 + 23; }
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
