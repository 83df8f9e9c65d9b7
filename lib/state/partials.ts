// Groups that were put aside: the cells of an entry, its key and its age, as bytes in a sorter, in sections. Groups of one key come back together, the oldest first, to be
// merged; and results, which are made in the order of keys, come back in the order of age. Owns: the bytes of a partial. Must not: know aggregates, or what a section means.
//
// A partial is its age, the cells that are numbers, the others (length, bytes), and the texts of the keys (length, bytes), little-endian. It is sorted by keys, then age.
import type { Column, Writer } from '../record/batch.js';
import { Tag } from '../record/batch.js';
import type { Pack, Saved, Unpack } from '../record/pack.js';
import type { Pool } from '../kernel/pool.js';
import { cellOf, compareCells } from '../record/compare.js';
import { allRows, numberColumn } from '../record/rows.js';
import type { Spilling } from '../stream/operator.js';
import type { Cells, Codec, Layout, Slot, Store } from '../stream/store.js';
import type { Rowset } from './rowset.js';
import { SortedRows } from './sorted.js';
import type { Lines, Order } from './sorted.js';

const ascending: Order = { desc: false, nulls: 'first' }, ROWS = 1024, BYTES = 1 << 17;
const utf8 = new TextEncoder(), none = new Uint8Array(0);

/** Slots of Partials.cells: the group at hand, and what is merged into it. */
const AT_HAND = 0, OTHER = 1;

export class Partials<L extends Layout> implements Saved {
  /** Two entries, of which merged() hands out the first. */
  readonly cells: Cells<L>;
  private readonly numbers: readonly { readonly name: string; readonly bytes: 4 | 8 }[];
  private readonly fixedBytes: number;                    // of the age and the numbers
  private readonly others: readonly { readonly name: string; readonly codec: Codec<unknown>; readonly zero: unknown }[];
  private readonly sorted: SortedRows;
  private readonly results: SortedRows;
  private readonly aside: Texts;
  private readonly made: Texts;
  private readonly key: Column[];                         // of the group at hand
  private readonly keyHi: Uint32Array;                    // and the first words of its keys
  private readonly keyLo: Uint32Array;
  private keyBytes = new Uint8Array(64);
  private keyLength = 0;
  private view: DataView = new DataView(none.buffer);
  private viewed: Uint8Array = none;
  private readonly catcher: Writer;

  /** keys: how many of them an entry has. */
  constructor(layout: L, keys: number, spilling: Spilling) {
    const kinds = Object.entries(layout), half = { ...spilling, memoryBytes: Math.ceil(spilling.memoryBytes / 2) };
    this.numbers = kinds.filter(([, kind]) => typeof kind === 'string').map(([name, kind]) => ({ name, bytes: kind === 'f64' ? 8 : 4 }));
    this.fixedBytes = this.numbers.reduce((sum, { bytes }) => sum + bytes, 8);
    this.others = kinds.filter(([, kind]) => typeof kind !== 'string').map(([name, kind]) => ({ name, codec: kind as Codec<unknown>, zero: (kind as Codec<unknown>).zero() }));
    this.cells = Object.fromEntries(kinds.map(([name, kind]) => [name, kind === 'f64' ? new Float64Array(2) : kind === 'u32' ? new Uint32Array(2) : []])) as unknown as Cells<L>;
    this.sorted = new SortedRows([...Array.from({ length: keys }, () => ascending), ascending], half);
    this.results = new SortedRows([ascending], half, { pool: this.sorted.pool });
    this.aside = new Texts(this.sorted.pool, keys); this.made = new Texts(this.sorted.pool, 0);
    this.keyHi = new Uint32Array(keys); this.keyLo = new Uint32Array(keys);
    this.key = Array.from({ length: keys }, () => ({ tag: new Uint8Array(1), number: new Float64Array(1), start: new Uint32Array(1), end: new Uint32Array(1), bytes: none, escaped: true }));
    const { aside } = this;
    this.catcher = { copy: (column: Column, row: number) => aside.key(column, row) } as unknown as Writer;   // a store writes keys by copy() only
  }

  /** Puts an entry aside, with its keys from number `first` on. Errors: E_WRITE, when --tmp is full. */
  add(section: number, store: Pick<Store<L>, 'cells' | 'key'>, slot: Slot, age: number, first: number): void {
    const { aside } = this, { cells } = store;
    aside.begin(section, age);
    aside.f64(age);
    for (const { name, bytes } of this.numbers) { const value = (cells[name] as Float64Array)[slot]; if (bytes === 8) aside.f64(value); else aside.u32(value); }
    for (const { name, codec, zero } of this.others) {
      const value = (cells[name] as unknown[])[slot];
      if (value === zero) { aside.u32(0); continue; }      // most are: an array for each would be too much
      const bytes = codec.encode(value);
      aside.u32(bytes.length); aside.copy(bytes, 0, bytes.length);
    }
    store.key(slot, this.catcher, first);
    if (aside.close()) aside.pass(this.sorted);
  }

  /** The groups of a section by key, and forgets them: `merge` adds the second of `cells` to the first, `done` is told the group at hand: its keys, each a column of one row, and its age. */
  merged(section: number, merge: (into: Slot, from: Slot) => void, done: (keys: readonly Column[], age: number) => void): void {
    this.aside.pass(this.sorted);
    let has = false, age = 0;
    this.sorted.visit(section, (rows, id) => {
      const { bytes } = this.sorted.pool;
      if (this.viewed !== bytes) { this.view = new DataView(bytes.buffer, bytes.byteOffset); this.viewed = bytes; }
      const start = rows.start[id], end = rows.end[id], keysAt = this.keysOf(start);
      if (has && this.isSame(rows, id, bytes, keysAt, end)) { this.decode(bytes, start, OTHER); merge(AT_HAND, OTHER); return; }
      if (has) done(this.key, age);
      this.decode(bytes, start, AT_HAND);
      this.hold(rows, id, bytes, keysAt, end);
      has = true; age = this.view.getFloat64(start, true);
    });
    if (has) done(this.key, age);
  }

  /** The text of a result, by the age of its group. */
  result(bytes: Uint8Array, length: number, age: number): void {
    const { made } = this;
    made.begin(0, age);
    made.copy(bytes, 0, length);
    if (made.close()) made.pass(this.results);
  }
  /** Hands out the results in order of age, and forgets them. */
  drain(lines: Lines): void { this.made.pass(this.results); this.results.drain(0, lines); }

  close(): void { this.results.close(); this.sorted.close(); }

  /** What was put aside. Results are handed out as soon as they are made. */
  save(out: Pack): void { this.aside.pass(this.sorted); this.sorted.save(out); }
  restore(from: Unpack): void { this.sorted.restore(from); }

  /** The address of the keys of a partial. */
  private keysOf(start: number): number {
    let at = start + this.fixedBytes;
    for (let i = 0; i < this.others.length; i++) at += 4 + this.view.getUint32(at, true);
    return at;
  }

  /** The cells of a partial to a slot. */
  private decode(bytes: Uint8Array, start: number, slot: Slot): void {
    const { view } = this, cells = this.cells as Record<string, Float64Array | Uint32Array | unknown[]>;
    let at = start + 8;
    for (const { name, bytes: size } of this.numbers) { (cells[name] as Float64Array)[slot] = size === 8 ? view.getFloat64(at, true) : view.getUint32(at, true); at += size; }
    for (const { name, codec } of this.others) {
      const length = view.getUint32(at, true);
      at += 4;
      (cells[name] as unknown[])[slot] = codec.decode(length === 0 ? none : Uint8Array.prototype.slice.call(bytes, at, at + length));   // a codec may keep them
      at += length;
    }
  }

  /** Whether a row has the keys of the group at hand. */
  private isSame({ keys }: Rowset, id: number, bytes: Uint8Array, from: number, to: number): boolean {
    const { key, keyHi, keyLo, keyBytes } = this;
    for (let c = 0; c < key.length; c++) if (keys[c].hi[id] !== keyHi[c] || keys[c].lo[id] !== keyLo[c]) return false;
    let same = to - from === this.keyLength;
    for (let i = 0; same && i < this.keyLength; i++) same = bytes[from + i] === keyBytes[i];
    for (let c = 0, at = from; !same && c < key.length; c++) {
      const length = this.view.getUint32(at, true), { start, end } = key[c];
      at += 4;
      if (compareCells(cellOf(keyBytes, start[0], end[0]), cellOf(bytes, at, at + length)) !== 0) return false;
      at += length;
    }
    return true;
  }

  /** The keys of a row become those of the group at hand: its bytes leave memory. */
  private hold({ keys }: Rowset, id: number, bytes: Uint8Array, from: number, to: number): void {
    const { key, keyHi, keyLo } = this;
    if (this.keyBytes.length < to - from) this.keyBytes = new Uint8Array(2 * (to - from));
    const { keyBytes } = this;
    for (let i = from; i < to; i++) keyBytes[i - from] = bytes[i];
    this.keyLength = to - from;
    for (let c = 0, at = 0; c < key.length; c++) {
      const start = at + 4, end = start + this.view.getUint32(from + at, true), { tag, number } = cellOf(keyBytes, start, end), column = key[c] as { -readonly [K in keyof Column]: Column[K] };
      keyHi[c] = keys[c].hi[id]; keyLo[c] = keys[c].lo[id];
      column.tag[0] = tag; column.number[0] = number; column.start[0] = start; column.end[0] = end; column.bytes = keyBytes;
      at = end;
    }
  }
}

/** Rows on their way to a sorter: texts one after another, in its pool, with what they are sorted by. A sorter takes many at once faster than each. */
class Texts {
  private readonly pool: Pool;
  private bytes: Uint8Array = none;
  private view: DataView = new DataView(none.buffer);
  private base: number;
  private room = 1 << 12;
  private top: number;                                   // address behind the last text
  private count = 0;
  private at = 0;                                        // key of the row at hand
  private readonly start: Uint32Array;
  private readonly end: Uint32Array;
  private readonly tag = new Uint8Array(ROWS).fill(Tag.Object);
  private readonly sections = new Uint32Array(ROWS);
  private readonly ages = new Float64Array(ROWS);
  private readonly keys: readonly { readonly tag: Uint8Array; readonly number: Float64Array; readonly start: Uint32Array; readonly end: Uint32Array }[];
  constructor(pool: Pool, keys: number) {
    const words = (): Uint32Array => pool.words(pool.allocate(4 * ROWS), ROWS);
    this.pool = pool; this.start = words(); this.end = words();
    this.base = this.top = pool.allocate(this.room);
    this.keys = Array.from({ length: keys }, () => ({ tag: new Uint8Array(ROWS), number: new Float64Array(ROWS), start: new Uint32Array(ROWS), end: new Uint32Array(ROWS) }));
  }

  begin(section: number, age: number): void { this.look(); this.sections[this.count] = section; this.ages[this.count] = age; this.start[this.count] = this.top; this.at = 0; }
  /** The row is complete; true: it is time to pass them on. */
  close(): boolean { this.end[this.count++] = this.top; return this.count === ROWS || this.top - this.base >= BYTES; }

  /** A key of the row: its length, and its text. */
  key({ tag, number, start, end, bytes }: Column, row: number): void {
    const key = this.keys[this.at++], kind = tag[row], { count } = this;
    const text = start[row] < end[row] ? undefined : utf8.encode(kind === Tag.Null ? 'null' : kind === Tag.False ? 'false' : kind === Tag.True ? 'true' : String(number[row]));
    const length = text?.length ?? end[row] - start[row];
    this.u32(length);
    key.tag[count] = kind; key.number[count] = number[row]; key.start[count] = this.top; key.end[count] = this.top + length;
    if (text === undefined) this.copy(bytes, start[row], end[row]); else this.copy(text, 0, length);
  }
  f64(value: number): void { this.reserve(8); this.view.setFloat64(this.top, value, true); this.top += 8; }
  u32(value: number): void { this.reserve(4); this.view.setUint32(this.top, value, true); this.top += 4; }
  copy(from: Uint8Array, start: number, end: number): void {
    this.reserve(end - start);
    const { bytes } = this;
    let to = this.top;
    if (end - start <= 256) for (let i = start; i < end; i++) bytes[to++] = from[i]; else bytes.set(from.subarray(start, end), to);
    this.top += end - start;
  }

  /** All rows go to the sorter. */
  pass(sorted: SortedRows): void {
    const { count } = this;
    if (count === 0) return;
    this.look();
    const { bytes } = this, columns = this.keys.map((key): Column => ({ ...key, bytes, escaped: true }));
    this.count = 0; this.top = this.base;
    sorted.addAll({ tag: this.tag, number: this.ages, start: this.start, end: this.end, bytes, escaped: true }, allRows(count), count, [...columns, numberColumn(this.ages, count)], this.sections);
  }

  /** The pool may have grown. */
  private look(): void {
    const { bytes } = this.pool;
    if (this.bytes !== bytes) { this.bytes = bytes; this.view = new DataView(bytes.buffer, bytes.byteOffset); }
  }
  private reserve(more: number): void {
    const { base, top, pool } = this;
    if (top - base + more <= this.room) return;
    this.room = Math.max(2 * this.room, top - base + more);
    const to = this.base = pool.allocate(this.room), by = to - base;
    this.look();
    this.bytes.copyWithin(to, base, top);
    pool.free(base);
    this.top = top + by;
    for (let i = 0; i <= this.count && i < ROWS; i++) {     // those of the row at hand, too
      this.start[i] += by; this.end[i] += by;
      for (const { start, end } of this.keys) { start[i] += by; end[i] += by; }
    }
  }
}
