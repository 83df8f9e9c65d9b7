// The rows of a sorter that are in memory: their lines one after another, as they came, and arrays by row id: where the line stands, the prefixes of the keys, the section.
// Owns: that memory, the chains of sections, and the order of one section. Must not: know files, or how much memory is allowed beyond what it was told.
import type { Column } from '../record/batch.js';
import { Tag } from '../record/batch.js';
import type { Pool } from '../kernel/pool.js';
import { PREFIX_BYTES, encode, needsText } from './prefix.js';
import type { Encoded, Order } from './prefix.js';
import { mergeSort, radixSort } from './radix.js';
import { compareRows } from './rowset.js';
import type { Keys, Rowset } from './rowset.js';

const NONE = 0xffffffff, QUOTE = 34, BACKSLASH = 92, textBytesSmall = 1 << 16;
/** So few rows are sorted by comparing them. */
const FEW = 24;
const one = new Uint32Array(1), utf8 = new TextEncoder();

/** The rows of one section that are in the buffer, chained by `next`, in the order in which they came. */
export interface Chain { first: number; last: number; count: number }

export class RowBuffer implements Rowset {
  start!: Uint32Array;
  end!: Uint32Array;
  readonly keys: Keys[];
  /** Rows that have an id, and those of them that are still wanted. */
  size = 0;
  live = 0;
  /** Address behind the last line. */
  private top = 0;
  private deadBytes = 0;
  private readonly pool: Pool;
  private readonly orders: readonly Order[];
  private readonly bytesMax: number;
  private readonly found: Encoded[];
  private readonly rowBytes: number;                     // of all arrays, a row
  private blocks: number[] = [];                         // addresses
  private spare: number[] = [];                          // those of them that are no array yet
  private base = 0;
  private textBytes = 0;
  private rowsMax = 0;
  private next!: Uint32Array;
  private sectionOf!: Uint32Array;
  private ids!: Uint32Array;
  private other!: Uint32Array;
  private partHi: Uint32Array | undefined;               // eight bytes of a long string
  private partLo: Uint32Array | undefined;
  private isFull = false;

  constructor(pool: Pool, orders: readonly Order[], bytesMax: number) {
    this.pool = pool; this.orders = orders; this.bytesMax = bytesMax;
    this.keys = orders.map(() => ({ hi: one, lo: one, keyStart: undefined, keyEnd: undefined }));
    this.found = orders.map(() => ({ hasTexts: false, isOpen: false }));
    this.rowBytes = 4 * (8 + 4 * orders.length);
    this.room(Math.min(bytesMax, Math.max(textBytesSmall, bytesMax >> 4)));
  }

  /**
   * Adds as many of rows[from, to) as there is room for; gives the index of the first that had none. chains[i], or the only one, is that of rows[i]; sections: its number.
   */
  add(records: Column, rows: Uint32Array, from: number, to: number, columns: readonly Column[], chains: readonly Chain[], sections: Uint32Array | undefined): number {
    let done = from, step = to - from;
    while (done < to) {
      const isApart = columns.some((column) => column.bytes !== records.bytes && hasTexts(column, rows, done, to));
      // Half of the rows that could come at most: the arrays that they need and their lines share the room.
      const most = isApart ? done + 1 : Math.min(to, done + step, done + Math.max(1, this.rowsLeft >> 1));
      const until = this.rowsLeft <= 0 ? done : this.take(records, rows, done, most, columns, isApart);
      for (let i = done, id = this.size - (until - done); i < until; i++, id++) this.link(id, chains[sections === undefined ? 0 : i], sections === undefined ? 0 : sections[i]);
      if (until === done) {
        if (most - done > 1 && this.rowsLeft > 0) step = (most - done) >> 1;
        else if (this.makeRoom()) step = to - from; else break;
      }
      done = until;
    }
    return done;
  }

  /** A row of another buffer or block of the same pool, its keys from number `first` on. false: there is no room. */
  addFrom(rows: Rowset, id: number, first: number, chain: Chain, section = 0): boolean {
    const length = rows.end[id] - rows.start[id];
    let outside = 0;
    for (let c = 0; c < this.keys.length; c++) { const { keyStart, keyEnd } = rows.keys[c + first]; if (keyStart !== undefined) outside += keyEnd![id] - keyStart[id]; }   // `!`: with keyStart
    while (this.rowsLeft <= 0 || this.top + length + 1 + outside > this.limit(1)) {
      if (this.makeRoom()) continue;
      if (this.size > 0) return false;
      this.makeRoomFor(length + outside);
    }
    const to = this.size++, at = this.top, { bytes } = this.pool;   // now: it may have grown
    bytes.copyWithin(at, rows.start[id], rows.end[id]);
    bytes[at + length] = 10;
    this.start[to] = at; this.end[to] = at + length; this.top = at + length + 1;
    for (let c = 0; c < this.keys.length; c++) {
      const { hi, lo, keyStart, keyEnd } = rows.keys[c + first];
      this.keys[c].hi[to] = hi[id]; this.keys[c].lo[to] = lo[id];
      if (keyStart !== undefined && keyStart[id] < keyEnd![id]) { this.found[c].isOpen = true; this.placeKey(c, to, bytes, keyStart[id], keyEnd![id]); } else this.clearKey(c, to);
    }
    this.link(to, chain, section);
    return true;
  }

  private get rowsLeft(): number { return Math.min(this.rowsMax, Math.floor((this.bytesMax - (this.top - this.base)) / this.rowBytes)) - this.size; }
  /** Lines of `more` further rows must end below this address. */
  private limit(more: number): number { return this.size === 0 && more === 1 ? this.base + this.textBytes : this.base + Math.min(this.textBytes, this.bytesMax - (this.size + more) * this.rowBytes); }

  /** Takes lines and keys of as many rows as fit; gives the index behind them. */
  private take(records: Column, rows: Uint32Array, from: number, to: number, columns: readonly Column[], isApart: boolean): number {
    const { pool, keys, found, orders } = this, first = this.size, limit = this.limit(to - from);
    const until = pool.gather(records, rows, from, to, this.top, isApart ? limit - textsOf(columns, rows[from]) : limit);
    if (until === from) return from;
    let at = this.top;
    for (let i = from, id = first; i < until; i++, id++) { const row = rows[i]; this.start[id] = at; at += records.end[row] - records.start[row]; this.end[id] = at++; }
    this.top = at; this.size = first + until - from;
    for (let c = 0; c < keys.length; c++) {
      encode(columns[c], rows, from, until, orders[c], keys[c].hi, keys[c].lo, first, found[c]);
      if (found[c].hasTexts || keys[c].keyStart !== undefined) this.texts(c, records, columns[c], rows, from, until, first);
    }
    return until;
  }

  /** The texts of keys that have one: where they stand in the line, else behind it. */
  private texts(c: number, records: Column, { tag, number, start, end, bytes }: Column, rows: Uint32Array, from: number, to: number, first: number): void {
    const { keyStart, keyEnd } = this.withTexts(c), isInside = bytes === records.bytes;
    for (let i = from, id = first; i < to; i++, id++) {
      const row = rows[i];
      if (!needsText(tag[row], number[row])) { keyStart[id] = keyEnd[id] = 0; continue; }
      if (isInside && start[row] >= records.start[row] && end[row] <= records.end[row] && start[row] < end[row]) {
        const by = this.start[id] - records.start[row];
        keyStart[id] = start[row] + by; keyEnd[id] = end[row] + by;
      } else if (start[row] < end[row]) this.placeKey(c, id, bytes, start[row], end[row]);
      else { const text = utf8.encode(String(number[row])); this.placeKey(c, id, text, 0, text.length); }
    }
  }
  private placeKey(c: number, id: number, bytes: Uint8Array, start: number, end: number): void {
    const { keyStart, keyEnd } = this.withTexts(c), { bytes: into } = this.pool;
    for (let p = start, q = this.top; p < end; p++) into[q++] = bytes[p];
    keyStart[id] = this.top; this.top += end - start; keyEnd[id] = this.top;
  }
  private clearKey(c: number, id: number): void { const { keyStart, keyEnd } = this.keys[c]; if (keyStart !== undefined) keyStart[id] = keyEnd![id] = 0; }   // `!`: with keyStart
  private withTexts(c: number): { keyStart: Uint32Array; keyEnd: Uint32Array } {
    const key = this.keys[c];
    if (key.keyStart === undefined) { key.keyStart = this.words(); key.keyEnd = this.words(); key.keyStart.fill(0, 0, this.size); key.keyEnd.fill(0, 0, this.size); }
    return key as { keyStart: Uint32Array; keyEnd: Uint32Array };
  }

  private link(id: number, chain: Chain, section: number): void {
    this.next[id] = NONE; this.sectionOf[id] = section;
    if (chain.count++ === 0) chain.first = id; else this.next[chain.last] = id;
    chain.last = id;
    this.live++;
  }

  /** The ids of a chain in the order of the keys; valid until the next call. */
  order(chain: Chain): Uint32Array {
    const ids = this.arrived(chain);
    if (this.keys.length > 0) this.sort(0, ids.length, 0);
    return ids;
  }
  /** The same in the order of arrival. */
  arrived({ first, count }: Chain): Uint32Array {
    const { next, ids } = this;
    for (let id = first, i = 0; i < count; i++) { ids[i] = id; id = next[id]; }
    return ids.subarray(0, count);
  }
  /** Bytes of lines, those that were given up too. */
  get textSize(): number { return this.top - this.base; }

  /** Sorts ids[from, to), which are equal by the keys before number c, by the others. */
  private sort(from: number, to: number, c: number): void {
    if (to - from < 2) return;
    const { keys, orders, found } = this;
    // As many keys as are told by prefixes alone are sorted by digits, from the last to the first; what is equal then, by texts and further keys.
    let last = c;
    while (last < keys.length - 1 && !found[last].isOpen) last++;
    for (let k = last; k >= c; k--) this.digits(from, to, keys[k].hi, keys[k].lo);
    if (!found[last].isOpen) return;
    const { ids } = this, alike = (a: number, b: number): boolean => {
      for (let k = c; k <= last; k++) { const { hi, lo } = keys[k]; if (hi[a] !== hi[b] || lo[a] !== lo[b]) return false; }
      return true;
    };
    for (let start = from, at = from + 1; at <= to; at++) {
      if (at < to && alike(ids[start], ids[at])) continue;
      if (at - start > 1) this.sortTexts(start, at, last, PREFIX_BYTES, orders[last].desc ? NONE : 0);
      start = at;
    }
  }

  /** Sorts ids[from, to), whose key c is equal in its first bytes, by the rest of it and further keys: eight bytes at a time, where all are strings that spell what they say. */
  private sortTexts(from: number, to: number, c: number, depth: number, flip: number): void {
    const { ids, other, keys, orders } = this, { keyStart, keyEnd } = keys[c], { bytes } = this.pool;
    const byText = (): void => mergeSort(ids, other, from, to, (a, b) => compareRows(bytes, this, a, this, b, orders, c));
    if (to - from <= FEW || keyStart === undefined || keyEnd === undefined) { byText(); return; }
    const hi = this.partHi ??= this.words(), lo = this.partLo ??= this.words();
    let isLonger = false;
    for (let i = from; i < to; i++) {
      const id = ids[i], start = keyStart[id], stop = Math.min(keyEnd[id] - 1, start + 1 + depth + 8);
      let p = start + 1 + depth, high = 0, low = 0;
      if (bytes[start] !== QUOTE) { byText(); return; }
      if (depth === PREFIX_BYTES) for (let q = start + 1; q < stop && q < p; q++) if (bytes[q] === BACKSLASH) { byText(); return; }
      for (let shift = 24; p < stop && shift >= 0; shift -= 8, p++) { const byte = bytes[p]; if (byte === BACKSLASH) { byText(); return; } high |= byte << shift; }
      for (let shift = 24; p < stop; shift -= 8, p++) { const byte = bytes[p]; if (byte === BACKSLASH) { byText(); return; } low |= byte << shift; }
      if (p < keyEnd[id] - 1) isLonger = true;
      hi[id] = high ^ flip; lo[id] = low ^ flip;
    }
    this.digits(from, to, hi, lo);
    if (!isLonger && c + 1 === keys.length) return;
    const ends: number[] = [];                             // first: further keys and bytes use the same arrays
    for (let start = from, at = from + 1; at <= to; at++) {
      if (at < to && hi[ids[start]] === hi[ids[at]] && lo[ids[start]] === lo[ids[at]]) continue;
      if (at - start > 1) ends.push(start, at);
      start = at;
    }
    for (let i = 0; i < ends.length; i += 2) {
      const start = ends[i], end = ends[i + 1];
      // Of equal bytes either all strings end here or none: a string has no byte that is 0.
      if (keyEnd[ids[start]] - keyStart[ids[start]] - 2 > depth + 8) this.sortTexts(start, end, c, depth + 8, flip); else this.sort(start, end, c + 1);
    }
  }

  /** Sorts ids[from, to) by 64 bits. */
  private digits(from: number, to: number, hi: Uint32Array, lo: Uint32Array): void {
    const { ids, other } = this, all = ids.subarray(from, to), spare = other.subarray(from, to);
    if (radixSort(all, spare, to - from, hi, lo) === spare) all.set(spare);
  }

  /** Compares two rows by the first so many keys. */
  compare(a: number, b: number, keys: number): number { return compareRows(this.pool.bytes, this, a, this, b, this.orders, 0, keys); }

  /** Keeps ids (any order) of a chain and gives up its other rows. */
  keep(chain: Chain, ids: Uint32Array): void {
    const kept = ids.slice().sort(), section = this.sectionOf[chain.first];
    this.drop(chain);
    for (const id of kept) { this.deadBytes -= this.end[id] - this.start[id]; this.link(id, chain, section); }
  }
  /** Gives up all rows of a chain. */
  giveUp(chain: Chain): void {
    this.drop(chain);
    if (this.live === 0) this.clear();
  }
  private drop(chain: Chain): void {
    for (let id = chain.first, i = 0; i < chain.count; i++) { this.sectionOf[id] = NONE; this.deadBytes += this.end[id] - this.start[id]; id = this.next[id]; }
    this.live -= chain.count;
    chain.count = 0;
  }
  /** No rows are left. */
  clear(): void {
    this.size = this.live = this.deadBytes = 0; this.top = this.base;
    for (const each of this.found) each.hasTexts = each.isOpen = false;
  }

  /** Whether rows that were given up take more than half of a memory that is worth it. */
  get isSparse(): boolean { return this.deadBytes > 1 << 20 && 2 * this.deadBytes > this.top - this.base; }

  /** Rows that are wanted move together; `chainOf` gives the chain of a section, which is made anew. */
  compact(chainOf: (section: number) => Chain): void {
    const { start, end, keys, sectionOf, size } = this, { bytes } = this.pool;
    for (let id = 0; id < size; id++) if (sectionOf[id] !== NONE) chainOf(sectionOf[id]).count = 0;
    const before = size;
    this.size = this.live = this.deadBytes = 0;
    let top = this.base;
    for (let id = 0; id < before; id++) {
      const section = sectionOf[id];
      if (section === NONE) continue;
      let last = end[id] + 1;
      for (const { keyStart, keyEnd } of keys) if (keyStart !== undefined && keyStart[id] < keyEnd![id] && keyEnd![id] > last) last = keyEnd![id];   // `!`: with keyStart; equal ones are no text, whatever they are
      const by = start[id] - top, to = this.size++;
      bytes.copyWithin(top, start[id], last);
      top += last - start[id];
      start[to] = start[id] - by; end[to] = end[id] - by;
      for (const { hi, lo, keyStart, keyEnd } of keys) {
        hi[to] = hi[id]; lo[to] = lo[id];
        if (keyStart === undefined || keyEnd === undefined) continue;
        const has = keyStart[id] < keyEnd[id];
        keyStart[to] = has ? keyStart[id] - by : 0; keyEnd[to] = has ? keyEnd[id] - by : 0;
      }
      this.link(to, chainOf(section), section);
    }
    this.top = top;
  }

  /** More memory, up to what is allowed; false: that is reached. */
  private makeRoom(): boolean {
    if (this.isFull) return false;
    try { this.room(this.bytesMax); } catch (error) {
      if (!(error instanceof RangeError)) throw error;     // the address space is full: what is there must do
      this.isFull = true;
      return false;
    }
    return true;
  }

  /** A single row that is larger than all that is allowed: it alone gets its room. Only of an empty buffer. */
  makeRoomFor(bytes: number): void { if (this.textBytes < bytes + 64) { this.release(); this.room(this.bytesMax, bytes + 64); } }

  private room(bytes: number, textBytes = bytes): void {
    const { keys, size, pool, blocks: old } = this, from = this.base, used = this.top - this.base, rowsMax = Math.max(1, Math.floor(bytes / (this.rowBytes + 8))), taken: number[] = [];
    // All that it may need, before anything changes; what is never touched costs nothing.
    try {
      taken.push(pool.allocate(textBytes));
      for (let i = 0; i < this.rowBytes; i += 4) taken.push(pool.allocate(4 * rowsMax + 4));
    } catch (error) { for (const at of taken) pool.free(at); throw error; }
    const [base, ...arrays] = taken;
    this.rowsMax = rowsMax; this.textBytes = textBytes; this.isFull = bytes >= this.bytesMax; this.blocks = taken; this.spare = arrays;
    const moved = (words: Uint32Array | undefined): Uint32Array => { const more = this.words(); if (size > 0) more.set(words!.subarray(0, size)); return more; };   // `!`: rows have arrays
    const places = (words: Uint32Array): Uint32Array => { const more = moved(words); for (let i = 0; i < size; i++) more[i] += base - from; return more; };
    this.pool.bytes.copyWithin(base, from, from + used);
    this.base = base; this.top = base + used;
    this.start = places(this.start); this.end = places(this.end);
    this.partHi = this.partLo = undefined;
    this.next = moved(this.next); this.sectionOf = moved(this.sectionOf); this.ids = this.words(); this.other = this.words();
    for (const key of keys) {
      key.hi = moved(key.hi); key.lo = moved(key.lo);
      if (key.keyStart !== undefined) { key.keyStart = places(key.keyStart); key.keyEnd = places(key.keyEnd!); }   // `!`: with keyStart
    }
    for (const at of old) pool.free(at);
  }
  private words(): Uint32Array { return this.pool.words(this.spare.pop()!, this.rowsMax + 1); }   // `!`: as many as there are arrays
  private release(): void { for (const at of this.blocks) this.pool.free(at); this.blocks = []; }
}

/** Whether some of rows[from, to) have a value whose text is to be kept. */
function hasTexts({ tag, number }: Column, rows: Uint32Array, from: number, to: number): boolean {
  for (let i = from; i < to; i++) if (needsText(tag[rows[i]], number[rows[i]])) return true;
  return false;
}

/** Bytes of the key texts of a row, at most. */
function textsOf(columns: readonly Column[], row: number): number {
  let sum = 0;
  for (const { tag, start, end } of columns) if (tag[row] > Tag.True) sum += Math.max(32, end[row] - start[row]);
  return sum;
}
