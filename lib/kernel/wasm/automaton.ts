// The automaton: what stands between two scalar values of a record (braces, keys, colons, commas, blanks) is its glue, and the same glue comes back record after
// record. A node is a path (user.country), an edge is the glue, byte for byte, from the value of one path to the next value. An edge is validated in full when it
// is learned; later one 16-byte compare stands for parsing and looking up the key. (AssemblyScript.)
// Owns: nodes, edges, the cache that finds them. Must not: read values, trust a byte that was not walked over, grow without bound (full tables are emptied).
import { masks } from './constants';
import { emptyShapes } from './shapes';
import { blanks, stringEnd } from './text';

// A place where glue begins is a state: the address of a node (behind its value), or that + INSIDE (at the brace that opens its object).
// NODE, 64 bytes, the first half for one state, the second for the other:
//  0 edge taken last · 4 eight times how often that was the wrong one · 8 parent · 12 key · 16 key length · 20 next of the same hash
// 24 what becomes of its value: 0 nothing, 1 it is an object with wanted fields, else address of the column · 28 may be entered
// 32 edge taken last · 36 the same count · 40 columns below · 44 the nameless child · 48 depth of its object · 52 first wanted child · 56 next wanted sibling
export const NODE: usize = 64, INSIDE: usize = 32;
/** Nodes beside the wanted ones. */
const NODES: u32 = 1024;
// EDGE, 128 bytes: 0 node it leads to, 0: the end of the record · 4 length of the glue · 8 state it starts from, with min(length, 16) in its low 5 bits, which are free
// 12 columns to empty, of an edge to the end: bytes behind the closing brace · 16 the glue
export const EDGE: usize = 128, EDGES: u32 = 2048, GLUE: usize = 16, GLUEMAX: usize = 112;
// Edges by state and first bytes: buckets of two.
const BUCKETS: u32 = 2048;
// Edges by state and first six bytes, whatever they are: found sooner, but only one a place. Where it is another, the buckets have it.
const QUICK: u32 = 1024;
const NAMES: u32 = 1024;
const TEXT: usize = 1 << 16;
/** Deeper objects are validated whole, not entered. */
const DEPTHMAX: u32 = 16;

// SCANNER: addresses and counts of one scanner. 0 nodes · 4 edges · 8 cache · 12 names · 16 text · 20 nodes there · 24 wanted nodes · 28 edges there · 32 text used
// 36 scratch for escaped keys, of the size at 40 · 44 places for nodes · 48 quick places · from 64 on: see scan.ts
// Edge 0 fits nothing; edge 1 is one that is too long to be kept, or for which there is no place.
export const EDGETEMP: usize = 1;

/** Bytes of the tables, to be allocated behind the scanner's own: aligned to 128. */
export function tableBytes(scratch: usize, wanted: u32): usize {
  return <usize>(NODES + wanted) * NODE + <usize>EDGES * EDGE + (BUCKETS << 3) + (QUICK << 2) + (NAMES << 2) + TEXT + ((scratch + 127) & ~127) + 512;
}

export function makeTables(S: usize, at: usize, scratch: usize, wanted: u32): void {
  store<u32>(S, NODES + wanted, 44);
  store<u32>(S, <u32>at); at += <usize>(NODES + wanted + 1 & ~1) * NODE;
  store<u32>(S, <u32>at, 4); at += <usize>EDGES * EDGE;
  store<u32>(S, <u32>at, 8); at += BUCKETS << 3;
  store<u32>(S, <u32>at, 12); at += NAMES << 2;
  store<u32>(S, <u32>at, 48); at += QUICK << 2;
  store<u32>(S, <u32>at, 16); at += TEXT;
  store<u32>(S, <u32>at, 36); store<u32>(S, <u32>scratch, 40); at += (scratch + 127) & ~127;
  memory.fill(load<u32>(S), 0, NODE);
  const dummy = load<u32>(S, 4);
  memory.fill(dummy, 0, 2 * EDGE);
  store<u32>(dummy, 17, 8);
  const root = load<u32>(S);
  store<u32>(root, 1, 48);
  store<u8>(root, 1, 28);
  store<u32>(S, 1, 20);
  store<u32>(S, 1, 24);
  empty(S);
}

/** A wanted child of a node: column: as in NODE 24; below: a list of columns (count, addresses), 0: none. Returns the child. Call before the first scan. */
export function want(S: usize, parent: usize, key: usize, length: u32, column: usize, below: usize): usize {
  const n = load<u32>(S, 20), child = load<u32>(S) + <usize>n * NODE;
  store<u32>(S, n + 1, 20);
  store<u32>(S, n + 1, 24);
  make(S, child, parent, key, length);
  store<u32>(child, <u32>column, 24);
  store<u8>(child, column <= 1 ? 1 : 0, 28);
  store<u32>(child, <u32>below, 40);
  store<u32>(child, load<u32>(parent, 52), 56);
  store<u32>(parent, <u32>child, 52);
  return child;
}

function make(S: usize, child: usize, parent: usize, key: usize, length: u32): void {
  const dummy = load<u32>(S, 4);
  memory.fill(child, 0, NODE);
  store<u32>(child, dummy);
  store<u32>(child, dummy, 32);
  store<u32>(child, <u32>parent, 8);
  store<u32>(child, <u32>key, 12);
  store<u32>(child, length, 16);
  const depth = load<u32>(parent, 48) + 1;
  store<u32>(child, depth, 48);
  store<u8>(child, depth < DEPTHMAX ? 1 : 0, 28);
}

/** Forgets all that was learned. */
export function empty(S: usize): void {
  const nodes = load<u32>(S), wanted = load<u32>(S, 24), dummy = load<u32>(S, 4);
  for (let i: u32 = 0; i < wanted; i++) {
    const node = nodes + <usize>i * NODE;
    store<u32>(node, dummy);
    store<u32>(node, dummy, 32);
    store<u32>(node, 0, 4);
    store<u32>(node, 0, 36);
    store<u32>(node, 0, 44);
  }
  store<u32>(S, wanted, 20);
  store<u32>(S, 2, 28);
  store<u32>(S, 0, 32);
  for (let i: usize = 0; i < <usize>BUCKETS << 1; i++) store<u32>(load<u32>(S, 8) + (i << 2), dummy);
  for (let i: usize = 0; i < QUICK; i++) store<u32>(load<u32>(S, 48) + (i << 2), dummy);
  memory.fill(load<u32>(S, 12), 0, NAMES << 2);
  emptyShapes(S);
}

/** What was unsteady may have become steady. */
export function forgive(S: usize): void {
  let node = <usize>load<u32>(S);
  for (let i = load<u32>(S, 20); i; i--) {
    store<u32>(node, 0, 4);
    store<u32>(node, 0, 36);
    node += NODE;
  }
}

/** The quick place for what stands at p. */
// @ts-ignore: decorator
@inline export function place(quick: usize, state: usize, p: usize): usize {
  return quick + (<usize>((((load<u64>(p) << 16) ^ <u64>state) * 0x9E3779B97F4A7C15) >> 54) << 2);
}

// @ts-ignore: decorator
@inline export function leadsFrom(E: usize, state: usize): bool { return (load<u32>(E, 8) & ~31) == <u32>state; }

/**
 * The edge taken last did not fit; row: rows of the batch so far. A state where that happens often gets the edge that fits nothing: a guess that is as good as
 * random costs more than looking the edge up, while a branch that always goes the same way costs nothing.
 */
// @ts-ignore: decorator
@inline export function missed(S: usize, state: usize, E: usize, row: u32): void {
  const misses = load<u32>(state, 4) + 8;
  store<u32>(state, misses, 4);
  store<u32>(state, misses > row + 256 ? load<u32>(S, 4) : <u32>E);
}

/** Between records: makes place where there is little. */
// @ts-ignore: decorator
@inline export function tidy(S: usize): void {
  if (load<u32>(S, 28) > EDGES - 64 || load<u32>(S, 20) > load<u32>(S, 44) - 64 || <usize>load<u32>(S, 32) > TEXT - 8192) empty(S);
}

/** Whether the glue of an edge stands at p. */
// @ts-ignore: decorator
@inline export function fits(E: usize, p: usize): bool {
  const m = ~i8x16.bitmask(i8x16.eq(v128.load(E, 16), v128.load(p)));
  if (<u32>ctz(m) < (<u32>load<u8>(E, 8) & 31)) return false;
  const length = <usize>load<u32>(E, 4);
  return length <= 16 || rest(E + GLUE, p, length);
}

// The bytes from 16 on; the last 16 are compared whole, and overlap.
function rest(a: usize, b: usize, length: usize): bool {
  for (let i: usize = 16; i + 16 <= length; i += 16) if (i8x16.bitmask(i8x16.eq(v128.load(a + i), v128.load(b + i))) != 0xffff) return false;
  return i8x16.bitmask(i8x16.eq(v128.load(a + length - 16), v128.load(b + length - 16))) == 0xffff;
}

// The glue up to its second quote or LF, at most 16 bytes, and the state.
// @ts-ignore: decorator
@inline function hash(state: usize, p: usize): u32 {
  const v = v128.load(p);
  let m: u32 = i8x16.bitmask(i8x16.eq(v, i8x16.splat(34)));
  m = (m & (m - 1)) | <u32>i8x16.bitmask(i8x16.eq(v, i8x16.splat(10))) | 0x8000;
  const masked = v128.and(v, v128.load(masks + 15 - ctz(m)));
  const h = (i64x2.extract_lane(masked, 0) ^ <u64>state) * 0x9E3779B97F4A7C15 + i64x2.extract_lane(masked, 1) * 0xD6E8FEB86659FD93;
  return <u32>(h >> 53) & (BUCKETS - 1);
}

/** The edge that leads on from a state, where the one taken last does not fit; 0: the bytes are bad, or only the exact way can tell. */
export function find(S: usize, state: usize, p: usize, row: u32): usize {
  const bucket = load<u32>(S, 8) + (<usize>hash(state, p) << 3);
  let E = <usize>load<u32>(bucket);
  if (!(leadsFrom(E, state) && fits(E, p))) {
    const F = <usize>load<u32>(bucket, 4);
    if (leadsFrom(F, state) && fits(F, p)) {
      E = F;
    } else {
      E = walk(S, state, p);
      if (!E || E == load<u32>(S, 4) + EDGETEMP * EDGE) return E;
      store<u32>(bucket, load<u32>(bucket), 4);
      store<u32>(bucket, <u32>E);
    }
  }
  store<u32>(place(load<u32>(S, 48), state, p), <u32>E);
  missed(S, state, E, row);
  return E;
}

// Reads glue the exact way, and makes an edge of it.
function walk(S: usize, state: usize, at: usize): usize {
  const root = <usize>load<u32>(S);
  let open = (state & INSIDE) != 0, owner = state & ~(NODE - 1);
  if (!open) owner = load<u32>(owner, 8);
  let p = blanks(at), to: usize = 0, extra: u32 = 0;
  if (open) {
    if (load<u8>(p) != 123) return 0;
    p = blanks(p + 1);
    open = load<u8>(p) != 125;
  }
  while (true) {
    if (!open) {
      const d = load<u8>(p);
      if (d == 125) {
        p++;
        const end = p;
        p = blanks(p);
        if (owner == root) {
          if (load<u8>(p) != 10) return 0;
          p++;
          extra = <u32>(p - end);
          break;
        }
        owner = load<u32>(owner, 8);
        continue;
      }
      if (d != 44) return 0;
      p = blanks(p + 1);
    }
    if (load<u8>(p) != 34) return 0;
    const key = p + 1;
    p = stringEnd(key);
    if (!p) return 0;
    const length = <u32>(p - key);
    p = blanks(p + 1);
    if (load<u8>(p) != 58) return 0;
    p = blanks(p + 1);
    to = child(S, owner, key, length);
    if (!to) return 0;
    if (load<u8>(p) != 123 || !load<u8>(to, 28)) break;
    const below = load<u32>(to, 40), q = blanks(p + 1);
    if (load<u8>(q) == 125 || (extra && below)) break;
    if (below) extra = below;
    owner = to;
    open = true;
    p = q;
  }
  return remember(S, state, at, p - at, to, extra);
}

function remember(S: usize, state: usize, at: usize, length: usize, to: usize, extra: u32): usize {
  const edges = <usize>load<u32>(S, 4), n = load<u32>(S, 28);
  let E = edges + EDGETEMP * EDGE;
  if (length <= GLUEMAX && n < EDGES) {
    E = edges + <usize>n * EDGE;
    store<u32>(S, n + 1, 28);
    memory.copy(E + GLUE, at, length);
  }
  store<u32>(E, <u32>to);
  store<u32>(E, <u32>length, 4);
  store<u32>(E, <u32>state | <u32>min<usize>(length, 16), 8);
  store<u32>(E, extra, 12);
  return E;
}

// The node of a key in an object. Where the table is full, keys that nobody wants share a nameless one.
function child(S: usize, owner: usize, key: usize, length: u32): usize {
  for (let c = <usize>load<u32>(owner, 52); c; c = load<u32>(c, 56)) {
    if (load<u32>(c, 16) == length && same(load<u32>(c, 12), key, length)) return c;
  }
  if (load<u32>(owner, 52) && backslash(key, length)) {
    const c = escaped(S, owner, key, length);
    if (c) return c;
  }
  const chain = load<u32>(S, 12) + (<usize>(nameHash(owner, key, length) & (NAMES - 1)) << 2);
  for (let c = <usize>load<u32>(chain); c; c = load<u32>(c, 20)) {
    if (load<u32>(c, 8) == <u32>owner && load<u32>(c, 16) == length && same(load<u32>(c, 12), key, length)) return c;
  }
  const n = load<u32>(S, 20), text = <usize>load<u32>(S, 32);
  if (n >= load<u32>(S, 44) - 32 || text + length > TEXT || length > 1024) return nameless(S, owner);
  const copy = load<u32>(S, 16) + text;
  memory.copy(copy, key, length);
  store<u32>(S, <u32>(text + length), 32);
  const c = fresh(S, owner, copy, length);
  store<u32>(c, load<u32>(chain), 20);
  store<u32>(chain, <u32>c);
  return c;
}

function fresh(S: usize, owner: usize, key: usize, length: u32): usize {
  const n = load<u32>(S, 20), c = load<u32>(S) + <usize>n * NODE;
  store<u32>(S, n + 1, 20);
  make(S, c, owner, key, length);
  return c;
}

// At most one an object that was entered, and objects are entered only through named nodes and wanted ones; 0: none left, a record with very many objects.
function nameless(S: usize, owner: usize): usize {
  let c = <usize>load<u32>(owner, 44);
  if (c) return c;
  if (load<u32>(S, 20) >= load<u32>(S, 44)) return 0;
  c = fresh(S, owner, 0, 0);
  store<u8>(c, 0, 28);
  store<u32>(owner, <u32>c, 44);
  return c;
}

function nameHash(owner: usize, key: usize, length: u32): u32 {
  let h: u64 = <u64>owner * 0x9E3779B97F4A7C15 ^ length, i: u32 = 0;
  for (; i + 8 <= length; i += 8) { h = (h ^ load<u64>(key + i)) * 0xff51afd7ed558ccd; h ^= h >> 32; }
  if (i < length) { h = (h ^ (load<u64>(key + i) & ((<u64>1 << ((length - i) << 3)) - 1))) * 0xff51afd7ed558ccd; h ^= h >> 32; }
  return <u32>(h ^ (h >> 17));
}

// @ts-ignore: decorator
@inline function same(a: usize, b: usize, length: u32): bool { return memory.compare(a, b, length) == 0; }

function backslash(key: usize, length: u32): bool {
  for (let i: u32 = 0; i < length; i++) if (load<u8>(key + i) == 92) return true;
  return false;
}

// The wanted child whose name an escaped (valid) key spells, 0: none. Names have WTF-8: a lone surrogate is three bytes.
function escaped(S: usize, owner: usize, key: usize, length: u32): usize {
  const to = <usize>load<u32>(S, 36), most = load<u32>(S, 40), end = key + length;
  let n: usize = 0, p = key;
  while (p < end) {
    if (n + 4 > <usize>most) return 0;
    const c = <u32>load<u8>(p);
    if (c != 92) { store<u8>(to + n++, <u8>c); p++; continue; }
    const e = <u32>load<u8>(p + 1);
    p += 2;
    if (e != 117) { store<u8>(to + n++, <u8>(e == 98 ? 8 : e == 102 ? 12 : e == 110 ? 10 : e == 114 ? 13 : e == 116 ? 9 : e)); continue; }
    let u = four(p);
    p += 4;
    if (u - 0xd800 < 0x400 && end - p >= 6 && load<u16>(p) == 0x755c) {
      const low = four(p + 2);
      if (low - 0xdc00 < 0x400) { u = 0x10000 + ((u - 0xd800) << 10) + (low - 0xdc00); p += 6; }
    }
    if (u < 0x80) { store<u8>(to + n++, <u8>u); continue; }
    if (u < 0x800) store<u8>(to + n++, <u8>(0xc0 | u >> 6));
    else {
      if (u < 0x10000) store<u8>(to + n++, <u8>(0xe0 | u >> 12));
      else { store<u8>(to + n++, <u8>(0xf0 | u >> 18)); store<u8>(to + n++, <u8>(0x80 | u >> 12 & 63)); }
      store<u8>(to + n++, <u8>(0x80 | u >> 6 & 63));
    }
    store<u8>(to + n++, <u8>(0x80 | u & 63));
  }
  for (let c = <usize>load<u32>(owner, 52); c; c = load<u32>(c, 56)) {
    if (load<u32>(c, 16) == <u32>n && same(load<u32>(c, 12), to, <u32>n)) return c;
  }
  return 0;
}

function four(p: usize): u32 {
  let u: u32 = 0;
  for (let i: usize = 0; i < 4; i++) {
    const c = <u32>load<u8>(p + i);
    u = u << 4 | (c < 58 ? c - 48 : (c | 32) - 87);
  }
  return u;
}
