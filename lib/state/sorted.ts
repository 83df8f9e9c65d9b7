// Records in an order of their own, in bounded memory: kept by their text, each in a section (a window, a group), and handed out section by section by (keys, order of
// arrival). What exceeds the memory goes to sorted runs in --tmp, which are merged when a section is read; more runs than can be read at once are merged before.
// Owns: how the memory is divided, and when rows are spilled. Must not: know what a section means.
//
// Memory (-S): a share for what the rest of the process needs for its input and output; an eighth of the rest for blocks of runs; what is left for the buffer.
import type { Column } from '../record/batch.js';
import type { Pack, Saved, Unpack } from '../record/pack.js';
import { Pool } from '../kernel/pool.js';
import type { Spilling } from '../stream/operator.js';
import { RowBuffer } from './buffer.js';
import type { Chain } from './buffer.js';
import { Merge } from './merge.js';
import type { Source } from './merge.js';
import { isBehind, prefixNumber } from './prefix.js';
import type { Bound, Order } from './prefix.js';
import { compareRows } from './rowset.js';
import type { Keys, Rowset } from './rowset.js';
import { Block, Run, RunWriter } from './runs.js';

export type { Order } from './prefix.js';
export type { Rowset } from './rowset.js';

export interface SortedOptions {
  /** Only the first so many rows of a section are wanted, with those equal to the last of them where `ties` says so. */
  readonly top?: { readonly rows: number; readonly ties: boolean; /** How many keys must be equal for that; default: all. */ readonly keys?: number } | undefined;
  /** Rows are shared with another sorter. */
  readonly pool?: Pool;
  /** Runs read at once; by default as many as the memory allows. */
  readonly fanIn?: number;
}

/** Takes lines in order: bytes[start, end), `count` of them, each with LF. Valid until it returns. */
export type Lines = (bytes: Uint8Array, start: number, end: number, count: number) => void;

const BYTES_MIN = 1 << 14, SHARE_MAX = 18 << 20, POOL_MAX = 2 ** 30, FILES_MAX = 64, PRUNE_ROWS = 4096;
/** So many bytes of lines are packed into a checkpoint; more become a run. */
const PACKED_MAX = 1 << 18;
const single = new Uint32Array(1);

export class SortedRows implements Saved {
  readonly pool: Pool;
  private readonly orders: readonly Order[];
  private readonly spilling: Spilling;
  private readonly top: SortedOptions['top'];
  private readonly isOwnPool: boolean;
  private readonly buffer: RowBuffer;
  private readonly blockBytes: number;
  private readonly fanIn: number;
  private runs: Run[] = [];                              // in the order of arrival of their rows
  private readonly chains: Section[] = [];               // by section
  private rowChains: Chain[] = [];
  private outAt = -1;

  constructor(orders: readonly Order[], spilling: Spilling, { top, pool, fanIn }: SortedOptions = {}) {
    const given = Math.max(BYTES_MIN, spilling.memoryBytes), rest = Math.min(POOL_MAX, given - Math.min(given * 3 / 8, SHARE_MAX)), merging = rest / 8;
    this.pool = pool ?? new Pool(); this.isOwnPool = pool === undefined;
    this.orders = orders; this.spilling = spilling; this.top = top;
    this.blockBytes = Math.min(1 << 18, Math.max(1 << 10, 2 ** Math.floor(Math.log2(merging / 32))));
    this.fanIn = fanIn ?? Math.max(2, Math.min(FILES_MAX, Math.floor(merging / this.blockBytes) - 2));
    this.buffer = new RowBuffer(this.pool, orders, Math.floor(rest - merging));
  }

  /** Bytes in runs. */
  get spilledBytes(): number { return this.runs.reduce((sum, run) => sum + run.file.length, 0); }

  /** Adds a record, by its text in a column of objects, with its keys. */
  add(section: number, records: Column, row: number, keys: readonly Column[]): void {
    single[0] = row;
    this.addAll(records, single, 1, keys, Uint32Array.of(section));
  }

  /** Adds records rows[0, count); sections[i] is that of rows[i]; absent: 0 for all. Errors: E_WRITE, when --tmp is full. */
  addAll(records: Column, rows: Uint32Array, count: number, keys: readonly Column[], sections?: Uint32Array): void {
    const chains = this.rowChains;
    if (this.top !== undefined && keys.length > 0) { ({ rows, sections } = this.inside(rows, count, keys[0], sections)); count = rows.length; }
    if (sections === undefined) chains[0] = this.chain(0); else for (let i = 0; i < count; i++) chains[i] = this.chain(sections[i]);
    for (let from = 0; from < count; ) {
      from = this.buffer.add(records, rows, from, count, keys, chains, sections);
      if (from < count && !this.makeRoom()) this.buffer.makeRoomFor(records.end[rows[from]] - records.start[rows[from]] + keys.reduce((sum, { start, end }) => sum + Math.max(32, end[rows[from]] - start[rows[from]]), 1));
    }
    if (this.top !== undefined) if (sections === undefined) this.prune(0); else for (let i = 0; i < count; i++) this.prune(sections[i]);
    if (this.buffer.isSparse) this.buffer.compact((section) => this.chain(section));
  }

  /** Adds a row of a sorter that shares the pool, its keys from number `first` on, to section 0. */
  addFrom(rows: Rowset, id: number, first: number): void { while (!this.buffer.addFrom(rows, id, first, this.chain(0))) this.spill(); }

  /** Rows that can still be among the first of their section: those behind the last of what has been found are left out at once. */
  private inside(rows: Uint32Array, count: number, first: Column, sections: Uint32Array | undefined): { rows: Uint32Array; sections: Uint32Array | undefined } {
    const [order] = this.orders, only = sections === undefined ? this.chain(0).bound : undefined;
    if (sections === undefined && only === undefined) return { rows: rows.subarray(0, count), sections };
    const some = new Uint32Array(count), of = sections === undefined ? undefined : new Uint32Array(count);
    let n = 0;
    for (let i = 0; i < count; i++) {
      const bound = sections === undefined ? only : this.chain(sections[i]).bound;
      if (bound !== undefined && isBehind(first, rows[i], order, bound)) continue;
      if (of !== undefined) of[n] = sections![i];        // `!`: with them
      some[n++] = rows[i];
    }
    return { rows: some.subarray(0, n), sections: of?.subarray(0, n) };
  }

  private chain(section: number): Section { return this.chains[section] ??= { first: 0, last: 0, count: 0, pruneAt: 0, bound: undefined }; }

  /** Leaves the first rows of a section that has grown. */
  private prune(section: number, isSure = false): void {
    const chain = this.chain(section), { rows, ties, keys = this.orders.length } = this.top!;               // `!`: callers have seen it
    if (chain.count <= rows || (!isSure && chain.count < Math.max(chain.pruneAt, PRUNE_ROWS, 2 * rows))) return;
    const ids = this.buffer.order(chain);
    let kept = rows;
    if (ties && rows > 0) while (kept < ids.length && this.buffer.compare(ids[rows - 1], ids[kept], keys) === 0) kept++;
    const { hi, lo } = this.buffer.keys[0], last = ids[rows - 1];
    chain.bound = { hi: hi[last], lo: lo[last], number: prefixNumber(hi[last], lo[last], this.orders[0]) };
    if (kept < ids.length) this.buffer.keep(chain, ids.subarray(0, kept));
    chain.pruneAt = 2 * kept;
  }

  /** Room in the buffer; false: it is empty already. */
  private makeRoom(): boolean {
    const { buffer } = this;
    if (buffer.size === 0) return false;
    if (this.top !== undefined) for (let section = 0; section < this.chains.length; section++) if (this.chains[section] !== undefined) this.prune(section, true);
    if (2 * buffer.live <= buffer.size) buffer.compact((section) => this.chain(section)); else this.spill();
    return true;
  }

  /** The buffer becomes a run. */
  private spill(): void {
    const { buffer, pool, orders } = this;
    if (buffer.size === 0) return;
    const run = this.newRun(0), at = pool.allocate(RunWriter.memory(this.blockBytes, orders.length));
    const writer = new RunWriter(pool, run, orders.length, at, this.blockBytes);
    this.runs.push(run);
    for (let section = 0; section < this.chains.length; section++) {
      const chain = this.chains[section];
      if (chain === undefined || chain.count === 0) continue;
      const ids = buffer.order(chain);
      writer.begin(section);
      for (let i = 0; i < ids.length; i++) writer.add(buffer, ids[i]);
      writer.end();
      chain.count = 0;
    }
    pool.free(at);
    buffer.clear();
    if (this.runs.length >= this.fanIn) this.mergeRuns();
  }
  private newRun(level: number): Run { return new Run(this.spilling, level, () => this.spilledBytes); }

  /** The latest runs that have been through as many merges as the last one become one run; all of them, where there is but one such. */
  private mergeRuns(): void {
    const { runs, pool, orders, blockBytes } = this, { level } = runs[runs.length - 1];
    let first = runs.length;
    while (first > 0 && runs[first - 1].level === level) first--;
    if (runs.length - first < 2) first = 0;
    const old = runs.slice(first), run = this.newRun(1 + Math.max(...old.map((each) => each.level)));
    const at = pool.allocate(RunWriter.memory(blockBytes, orders.length)), writer = new RunWriter(pool, run, orders.length, at, blockBytes);
    const sections = new Set(old.flatMap((each) => [...each.sections.keys()]));
    this.runs = [...runs.slice(0, first), ...old, run];    // all of them are to be closed, whatever happens
    for (const section of sections) {
      const { blocks, free } = this.blocksOf(old, section), merge = new Merge(pool, blocks, orders);
      merge.leaving = () => writer.flush();
      writer.begin(section);
      const limit = new Limit(this.top, pool, orders);
      while (merge.next() && limit.takes(merge.rows, merge.id)) writer.add(merge.rows, merge.id);
      writer.end();
      free();
      for (const each of old) if (each.sections.has(section)) each.drop(section);
    }
    pool.free(at);
    this.runs = [...runs.slice(0, first), run];
  }

  /** The blocks of a section in these runs, and how to give their memory back. */
  private blocksOf(runs: readonly Run[], section: number): { blocks: Block[]; free(): void } {
    const taken: number[] = [], { pool } = this, blocks: Block[] = [];
    for (const run of runs) {
      if (!run.sections.has(section)) continue;
      const at = pool.allocate(run.blockBytes + 8);
      taken.push(at);
      blocks.push(new Block(pool, run, section, this.orders.length, at));
    }
    return { blocks, free: () => { for (const at of taken) pool.free(at); } };
  }

  /** Hands out the rows of a section in order, as lines, and forgets them. */
  drain(section: number, lines: Lines): void {
    const { pool, buffer } = this, chain = this.chain(section);
    const out = this.outAt < 0 ? this.outAt = pool.allocate(this.blockBytes) : this.outAt, limit = out + this.blockBytes;
    if (!this.runs.some((run) => run.sections.has(section))) {
      if (this.top !== undefined) this.prune(section, true);
      const ids = buffer.order(chain);
      for (let i = 0; i < ids.length; ) i = this.handOut(buffer, ids, i, ids.length, out, limit, lines);
    } else this.each(section, (merge) => {
      const batch = new Gathered(pool, this.blockBytes);
      const flush = (): void => { for (let i = 0; i < batch.count; ) i = this.handOut(batch, batch.all, i, batch.count, out, limit, lines); batch.count = 0; };
      merge.leaving = flush;
      const some = new Limit(this.top, pool, this.orders);
      while (merge.next() && some.takes(merge.rows, merge.id)) if (batch.add(merge.rows, merge.id)) flush();
      flush();
      batch.close();
    });
    this.forget(section);
  }

  /** The same one by one: `row` gets rows of some memory of the pool, valid until it returns. */
  visit(section: number, row: (rows: Rowset, id: number) => void): void {
    this.each(section, (merge) => {
      const some = new Limit(this.top, this.pool, this.orders);
      while (merge.next() && some.takes(merge.rows, merge.id)) row(merge.rows, merge.id);
    });
    this.forget(section);
  }

  /** The rows of a section one by one, at the pace of the reader, who calls close() in the end; the section is not changed meanwhile. */
  read(section: number): Reading {
    const { blocks, free } = this.blocksOf(this.runs, section);
    const merge = new Merge(this.pool, [...blocks, new InBuffer(this.buffer, this.buffer.order(this.chain(section)))], this.orders);
    return new Reading(merge, this.pool, () => { free(); this.forget(section); });
  }

  private each(section: number, work: (merge: Merge) => void): void {
    const { blocks, free } = this.blocksOf(this.runs, section);
    work(new Merge(this.pool, [...blocks, new InBuffer(this.buffer, this.buffer.order(this.chain(section)))], this.orders));
    free();
  }

  private handOut(rows: { bytes?: never; start: Uint32Array; end: Uint32Array }, ids: Uint32Array, from: number, to: number, out: number, limit: number, lines: Lines): number {
    const { pool } = this, { bytes } = pool, until = pool.gather({ bytes, start: rows.start, end: rows.end }, ids, from, to, out, limit);
    if (until > from) lines(bytes, out, pool.top, until - from);
    else { const id = ids[from]; bytes[rows.end[id]] = 10; lines(bytes, rows.start[id], rows.end[id] + 1, 1); return from + 1; }   // larger than the room; its LF stands behind it
    return until;
  }

  private forget(section: number): void {
    for (const run of this.runs) if (run.sections.has(section)) run.drop(section);
    this.runs = this.runs.filter((run) => run.sections.size > 0);
    const chain = this.chain(section);
    if (chain.count > 0) this.buffer.giveUp(chain);
    chain.pruneAt = 0; chain.bound = undefined;
    if (this.buffer.isSparse) this.buffer.compact((each) => this.chain(each));
  }

  /** For a checkpoint: runs by their files, which were written once; of the buffer the rows, or, where they are many, one more run. */
  save(out: Pack): void {
    const { buffer, chains } = this;
    if (this.top !== undefined) for (let section = 0; section < chains.length; section++) if (chains[section] !== undefined) this.prune(section, true);
    if (this.top !== undefined && 2 * buffer.live <= buffer.size) buffer.compact((section) => this.chain(section));
    if (buffer.textSize > PACKED_MAX) this.spill();
    out.count(this.runs.length);
    for (const run of this.runs) { out.count(run.level); run.save(out); }
    const packed = chains.flatMap((chain, section) => chain.count > 0 || chain.bound !== undefined ? [section] : []);
    out.count(packed.length);
    for (const section of packed) {
      const chain = this.chain(section), { bound } = chain;
      out.count(section); out.count(chain.pruneAt);
      out.flag(bound !== undefined);
      if (bound !== undefined) { out.count(bound.hi); out.count(bound.lo); }
      out.count(chain.count);
      for (const id of buffer.arrived(chain)) packRow(out, this.pool.bytes, buffer, id);
    }
  }
  restore(from: Unpack): void {
    for (let left = from.count(); left > 0; left--) { const run = this.newRun(from.count()); this.runs.push(run); run.restore(from); }
    const row = new PackedRow(this.pool, this.orders.length);
    for (let left = from.count(); left > 0; left--) {
      const section = from.count(), chain = this.chain(section), pruneAt = from.count();
      if (from.flag()) { const hi = from.count(), lo = from.count(); chain.bound = { hi, lo, number: prefixNumber(hi, lo, this.orders[0]) }; }
      for (let rows = from.count(); rows > 0; rows--) { row.take(from); while (!this.buffer.addFrom(row, 0, 0, chain, section)) this.spill(); }
      chain.pruneAt = pruneAt;
    }
    row.close();
  }

  close(): void {
    for (const run of this.runs) run.close();
    this.runs = [];
    if (this.isOwnPool) this.pool.close();
  }
}

/** A row of any memory of the pool: its line without LF; of each key the prefix, and the text where it has one. */
function packRow(out: Pack, bytes: Uint8Array, { start, end, keys }: Rowset, id: number): void {
  out.raw(bytes, start[id], end[id]);
  for (const { hi, lo, keyStart, keyEnd } of keys) {
    out.count(hi[id]); out.count(lo[id]);
    if (keyStart === undefined || keyEnd === undefined || keyStart[id] === keyEnd[id]) out.count(0); else out.raw(bytes, keyStart[id], keyEnd[id]);
  }
}

/** What packRow() put, one after the other as row 0. */
class PackedRow implements Rowset {
  readonly start = new Uint32Array(1);
  readonly end = new Uint32Array(1);
  readonly keys: { readonly hi: Uint32Array; readonly lo: Uint32Array; readonly keyStart: Uint32Array; readonly keyEnd: Uint32Array }[];
  private readonly pool: Pool;
  private at = 0;
  private room = 0;
  constructor(pool: Pool, keys: number) {
    const word = (): Uint32Array => new Uint32Array(1);
    this.pool = pool;
    this.keys = Array.from({ length: keys }, () => ({ hi: word(), lo: word(), keyStart: word(), keyEnd: word() }));
  }

  take(from: Unpack): void {
    const line = from.raw(), texts: Uint8Array[] = [];
    let size = line.length;
    for (const { hi, lo } of this.keys) { hi[0] = from.count(); lo[0] = from.count(); const text = from.raw(); texts.push(text); size += text.length; }
    if (size > this.room) { this.close(); this.room = 2 * size; this.at = this.pool.allocate(this.room); }
    const { bytes } = this.pool;
    let at = this.at;
    bytes.set(line, at);
    this.start[0] = at; this.end[0] = at += line.length;
    this.keys.forEach(({ keyStart, keyEnd }, c) => { bytes.set(texts[c], at); keyStart[0] = at; keyEnd[0] = at += texts[c].length; });
  }
  close(): void { if (this.room > 0) this.pool.free(this.at); }
}

interface Section extends Chain {
  /** Rows at which it is worth leaving only the first ones. */
  pruneAt: number;
  bound: Bound | undefined;
}

/** The buffer's part of a section as a source: all in memory. */
class InBuffer implements Source {
  readonly start: Uint32Array;
  readonly end: Uint32Array;
  readonly keys: readonly Keys[];
  readonly count: number;
  readonly order: Uint32Array;
  constructor({ start, end, keys }: RowBuffer, order: Uint32Array) { this.start = start; this.end = end; this.keys = keys; this.order = order; this.count = order.length; }
  load(): boolean { return false; }
}

/** Rows of any source by address, for one call of gather(). */
class Gathered {
  readonly start: Uint32Array;
  readonly end: Uint32Array;
  readonly all: Uint32Array;
  count = 0;
  private readonly pool: Pool;
  private readonly at: number;
  constructor(pool: Pool, blockBytes: number) {
    const rows = Math.max(16, blockBytes >> 6);
    this.pool = pool; this.at = pool.allocate(12 * rows);
    this.start = pool.words(this.at, rows); this.end = pool.words(this.at + 4 * rows, rows); this.all = pool.words(this.at + 8 * rows, rows);
    for (let i = 0; i < rows; i++) this.all[i] = i;
  }
  /** true: it is full. */
  add({ start, end }: Rowset, id: number): boolean { this.start[this.count] = start[id]; this.end[this.count] = end[id]; return ++this.count === this.all.length; }
  close(): void { this.pool.free(this.at); }
}

/** Counts rows up to the top, and those equal to the last of them. */
class Limit {
  private readonly rows: number;
  private readonly ties: boolean;
  private readonly keys: number;
  private readonly pool: Pool;
  private readonly orders: readonly Order[];
  private count = 0;
  private last: Rowset | undefined;
  private at = -1;
  constructor(top: SortedOptions['top'], pool: Pool, orders: readonly Order[]) { this.rows = top?.rows ?? Infinity; this.ties = top?.ties === true; this.keys = top?.keys ?? orders.length; this.pool = pool; this.orders = orders; }

  /** false: this row and all that follow are beyond. */
  takes(rows: Rowset, id: number): boolean {
    if (++this.count < this.rows) return true;
    if (this.count === this.rows) { if (this.ties) this.remember(rows, id); return true; }
    const isTaken = this.last !== undefined && compareRows(this.pool.bytes, this.last, 0, rows, id, this.orders, 0, this.keys) === 0;
    if (!isTaken && this.at >= 0) { this.pool.free(this.at); this.at = -1; }
    return isTaken;
  }

  /** The keys of the last row outlive its block. */
  private remember({ keys }: Rowset, id: number): void {
    const { pool } = this;
    let size = 0;
    for (const { keyStart, keyEnd } of keys) if (keyStart !== undefined) size += keyEnd![id] - keyStart[id];   // `!`, and below: with keyStart
    this.at = pool.allocate(size + 1);
    let to = this.at;
    this.last = { start: single, end: single, keys: keys.map(({ hi, lo, keyStart, keyEnd }) => {
      if (keyStart === undefined) return { hi: hi.slice(id, id + 1), lo: lo.slice(id, id + 1), keyStart: undefined, keyEnd: undefined };
      const from = to;
      pool.bytes.copyWithin(to, keyStart[id], keyEnd![id]);
      to += keyEnd![id] - keyStart[id];
      return { hi: hi.slice(id, id + 1), lo: lo.slice(id, id + 1), keyStart: Uint32Array.of(from), keyEnd: Uint32Array.of(to) };
    }) };
  }
}

/** Rows of one section in order, one at a time: bytes[start, end) is the text, until the next call of next(). */
export class Reading {
  start = 0;
  end = 0;
  rows!: Rowset;
  id = 0;
  private readonly merge: Merge;
  private readonly pool: Pool;
  readonly close: () => void;
  constructor(merge: Merge, pool: Pool, close: () => void) { this.merge = merge; this.pool = pool; this.close = close; }
  get bytes(): Uint8Array { return this.pool.bytes; }
  next(): boolean {
    const { merge } = this;
    if (!merge.next()) return false;
    this.rows = merge.rows; this.id = merge.id;
    this.start = this.rows.start[this.id]; this.end = this.rows.end[this.id];
    return true;
  }
}
