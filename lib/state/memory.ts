// The store in memory: entries by interned key and part, cells in arrays by slot. It must not know what a tool does with them.
import type { Batch, Column, Field, Instant, Writer } from '../record/batch.js';
import type { KeyTable } from '../kernel/keys.js';
import type { Cells, Codec, Journalled, Layout, Slot, Store } from '../stream/store.js';
import type { Run } from '../stream/operator.js';
import { Alarms } from './alarms.js';
import type { Pack, Unpack } from '../record/pack.js';
import { Journal } from './journal.js';
import { KeyPacker, KeyRows } from './key-rows.js';
import { TimeOrder } from './time-order.js';

/** Our own mistakes (exit 70); node:assert would cost every start more than this store does. */
function assert(isTrue: boolean, why: string): asserts isTrue { if (!isTrue) throw new Error(why); }

const GONE = -1;                                           // age of a slot without an entry
/** What a checkpoint says of an entry, as bits. */
const SOLE = 1, PART = 2, EXPIRES = 4, ALARM = 8;
const NONE = -1, IDLE = -2;                                // heads of keys without entries; IDLE: noted in `idle`

export interface MemoryStoreOptions<L extends Layout> {
  readonly cells: L;
  /** One list of key fields a side. */
  readonly keys: readonly (readonly Field[])[];
  readonly table: KeyTable;
  /** More entries than this at once: `full` is called, which throws. */
  readonly max?: number;
  full?(max: number): never;
  /** A checkpoint will ask what has changed. */
  readonly isJournalled?: boolean;
}

export class MemoryStore<L extends Layout> implements Store<L>, Journalled {
  /** What a checkpoint reads; undefined: there is none. */
  readonly journal: Journal | undefined;
  readonly cells: Cells<L>;
  size = 0;
  isTextless = false;
  private readonly layout: L;
  private readonly doubles: readonly string[];
  private readonly wholes: readonly string[];
  private readonly packer = new KeyPacker();
  private readonly codecs: readonly { readonly name: string; readonly codec: Codec<unknown>; readonly zero: unknown }[];
  private readonly keyFields: readonly (readonly Field[])[];
  private readonly table: KeyTable;
  private readonly max: number;
  private readonly full: (max: number) => never;
  readonly alarms = new Alarms((slot) => this.age[slot]);
  private deaths = new TimeOrder();                        // slots by the time at which they expire; one that was freed or got another time since is passed over

  private capacity = 0;
  private top = 0;                                       // slots below it were used at least once
  private spare: Slot[] = [];
  private clock = 0;                                     // entries opened so far: their age
  private age = new Float64Array(0);
  private keyOf = new Uint32Array(0);                    // slot → key id
  private partOf = new Float64Array(0);
  private next = new Int32Array(0);                      // slot → next entry of the same key, by part; −1
  private expires = new Float64Array(0);
  private filed = new Float64Array(0);                   // slot → its time in `deaths`; NaN: it is not there
  private head = new Int32Array(0);                      // key id → first entry; NONE or IDLE
  private ids = new Uint32Array(0);                      // row → key id, for the batch below
  private keyed: Batch['memo'] | undefined;              // the batch whose rows `ids` are for, by its memo: selections share it
  private firstRow = new Int32Array(0);                   // key id → its first row in that batch, where it was new there; −1
  private readonly ownTexts = new Map<Slot, readonly Column[]>();
  private readonly idle: number[] = [];                  // keys of that batch that may have no entry
  private free0: Slot = -1;

  constructor(options: MemoryStoreOptions<L>) {
    this.layout = options.cells; this.keyFields = options.keys; this.table = options.table; this.max = options.max ?? Infinity;
    this.full = options.full ?? ((max) => { throw new Error(`more than ${max} entries`); });
    this.doubles = Object.keys(options.cells).filter((name) => options.cells[name] === 'f64'); this.wholes = Object.keys(options.cells).filter((name) => options.cells[name] === 'u32');
    this.codecs = Object.entries(options.cells).filter(([, kind]) => typeof kind !== 'string').map(([name, kind]) => ({ name, codec: kind as Codec<unknown>, zero: (kind as Codec<unknown>).zero() }));
    this.cells = {} as Cells<L>;
    this.journal = options.isJournalled === true ? new Journal(this) : undefined;
    this.reserve(64);
  }

  /** Before a hook: room for so many more entries, so that cells do not move inside it. */
  reserve(more: number): void {
    const wanted = this.top + more;
    if (wanted <= this.capacity) return;
    const capacity = Math.max(wanted, this.capacity * 2);
    const cells = this.cells as Record<string, unknown>;
    for (const [name, kind] of Object.entries(this.layout)) {
      if (kind === 'f64') cells[name] = grown(new Float64Array(capacity), cells[name] as Float64Array | undefined);
      else if (kind === 'u32') cells[name] = grown(new Uint32Array(capacity), cells[name] as Uint32Array | undefined);
      else cells[name] ??= [];
    }
    this.age = grown(new Float64Array(capacity), this.age);
    this.keyOf = grown(new Uint32Array(capacity), this.keyOf);
    this.partOf = grown(new Float64Array(capacity), this.partOf);
    this.next = grown(new Int32Array(capacity).fill(-1), this.next);
    this.expires = grown(new Float64Array(capacity).fill(Infinity), this.expires);
    this.filed = grown(new Float64Array(capacity).fill(NaN), this.filed);
    this.alarms.reserve(capacity);
    this.capacity = capacity;
  }

  find(run: Run, row: number, part = 0): Slot {
    const slot = this.lookup(run, row, part);
    return slot >= 0 && this.expires[slot] <= run.watermark ? -1 : slot;
  }

  open(run: Run, row: number, part = 0): Slot {
    const key = this.key0(run, row);
    let last = -1;
    for (let slot = this.head[key]; slot >= 0; slot = this.next[slot]) {
      const at = this.partOf[slot];
      if (at === part) {
        if (this.expires[slot] > run.watermark) { this.journal?.mark(slot); return slot; }
        this.free(slot); return this.open(run, row, part);
      }
      if (at > part) break;
      last = slot;
    }
    const slot = this.allocate(key, part);
    if (!this.isTextless && this.firstRow[key] !== row) this.keepText(slot, run, row);
    if (last < 0) { this.next[slot] = Math.max(this.head[key], -1); this.head[key] = slot; } else { this.next[slot] = this.next[last]; this.next[last] = slot; }
    return slot;
  }

  known(run: Run, rows: Uint32Array, out: Uint32Array, at: number): number {
    if (rows.length === 0) return 0;
    this.key0(run, rows[0]);
    const count = known(this.head, this.partOf, this.expires, run.watermark, this.ids, rows, out, at);
    this.journal?.markAll(at === 0 ? out : out.subarray(at), count);
    return count;
  }

  openAll(run: Run, rows: Uint32Array, out: Uint32Array): void {
    for (let i = this.known(run, rows, out, 0); i < rows.length; i += this.known(run, rows.subarray(i), out, i)) out[i] = this.open(run, rows[i++]);
  }

  parts(run: Run, row: number): readonly Slot[] {
    const found: Slot[] = [], key = this.key0(run, row);
    for (let slot = this.head[key]; slot >= 0; slot = this.next[slot]) if (this.expires[slot] > run.watermark) found.push(slot);
    return found;
  }

  near(run: Run, row: number, part: number, reach: number): Slot {
    const key = this.key0(run, row), { next, partOf, expires } = this, to = part + reach;
    let slot = this.head[key];
    while (slot >= 0 && (partOf[slot] < part - reach || expires[slot] <= run.watermark)) slot = next[slot];
    return slot >= 0 && partOf[slot] <= to ? slot : NONE;
  }

  sole(): Slot {
    if (this.free0 < 0) { this.reserve(1); this.free0 = this.allocate(-1, 0); }
    return this.free0;
  }

  peer(slot: Slot, part: number): Slot {
    let at = this.head[this.keyOf[slot]];
    while (at >= 0 && this.partOf[at] !== part) at = this.next[at];
    return at < 0 ? NONE : at;
  }
  pending(): Slot[] { return this.alarms.pending(); }
  part(slot: Slot): number { return this.partOf[slot]; }
  touch(slot: Slot): void { this.journal?.mark(slot); }

  free(slot: Slot): void {
    const key = this.keyOf[slot];
    if (slot === this.free0) this.free0 = -1;
    else {
      if (this.head[key] === slot) this.head[key] = this.next[slot];
      else { let at = this.head[key]; while (this.next[at] !== slot) at = this.next[at]; this.next[at] = this.next[slot]; }
      if (this.head[key] < 0) { this.head[key] = IDLE; this.firstRow[key] = -1; this.idle.push(key); }
      this.ownTexts.delete(slot);
    }
    this.next[slot] = -1; this.expires[slot] = Infinity; this.filed[slot] = NaN; this.age[slot] = GONE;
    this.alarms.clear(slot);
    for (const { name } of this.codecs) (this.cells[name] as unknown[])[slot] = undefined;
    this.journal?.mark(slot);
    this.spare.push(slot); this.size--;
  }

  wake(slot: Slot, at: Instant, rank = 0): void { this.journal?.mark(slot); this.alarms.set(slot, at, rank); }
  expire(slot: Slot, at: Instant): void {
    this.journal?.mark(slot);
    this.expires[slot] = at;
    if (at < Infinity && !(this.filed[slot] <= at)) { this.filed[slot] = at; this.deaths.add(at, slot); }   // filed earlier: moves on from there
  }
  /** The store is no longer needed. */
  close(): void { this.table.close(); }
  /** Frees what has expired by w; the runtime calls it between hooks. */
  sweep(w: Instant): void {
    const { deaths, expires, filed } = this;
    while (deaths.least <= w) {
      const at = deaths.least, slot = deaths.take();
      if (filed[slot] !== at) continue;                    // freed, or filed elsewhere since
      filed[slot] = NaN;
      if (expires[slot] <= w) this.free(slot); else this.expire(slot, expires[slot]);
    }
  }

  key(slot: Slot, out: Writer, from = 0): void {
    const own = this.ownTexts.get(slot);
    if (own !== undefined) { for (let i = from; i < own.length; i++) out.copy(own[i], 0); return; }
    for (let i = from; i < this.keyFields[0].length; i++) this.table.write(this.keyOf[slot], i, out);
  }

  // Journalled: an entry is its part, age, times, key and cells.

  write(slot: Slot, out: Pack): boolean {
    if (slot >= this.top || this.age[slot] === GONE) return false;
    const { alarms } = this, isSole = slot === this.free0, cells = this.cells as Record<string, Float64Array | Uint32Array | unknown[]>;
    const part = this.partOf[slot], expires = this.expires[slot], at = alarms.timeOf(slot);
    out.count((isSole ? SOLE : 0) + (part === 0 ? 0 : PART) + (expires === Infinity ? 0 : EXPIRES) + (at === at ? ALARM : 0));
    out.count(this.age[slot]);
    if (part !== 0) out.number(part);
    if (expires < Infinity) out.number(expires);
    if (at === at) { out.number(at); out.number(alarms.rankOf(slot)); }
    if (!isSole) {
      const own = this.ownTexts.get(slot), key = this.keyOf[slot], to = this.packer.to(out), { length } = this.keyFields[0];
      for (let index = 0; index < length; index++) if (own === undefined) this.table.write(key, index, to); else to.copy(own[index], 0);
    }
    for (const name of this.doubles) out.number(cells[name][slot] as number);
    for (const name of this.wholes) out.count(cells[name][slot] as number);
    for (const { name, codec, zero } of this.codecs) {
      const value = cells[name][slot];
      if (value === zero) out.count(0); else out.raw(codec.encode(value));   // most are; zero is no bytes
    }
    return true;
  }

  restored(slot: Slot, from: Unpack): void {
    const saved = this.saved ??= this.emptied(), { alarms } = this;
    if (slot >= this.capacity) this.reserve(slot + 1 - this.top);
    while (this.top < slot) { this.age[this.top] = GONE; this.spare.push(this.top++); }
    this.top = slot + 1;
    this.size++;
    const what = from.count(), isSole = (what & SOLE) !== 0, age = this.age[slot] = from.count();
    if (age >= this.clock) this.clock = age + 1;
    this.partOf[slot] = (what & PART) !== 0 ? from.number() : 0;
    const expires = this.expires[slot] = (what & EXPIRES) !== 0 ? from.number() : Infinity;
    if ((what & ALARM) !== 0) alarms.set(slot, from.number(), from.number());
    if (isSole) this.free0 = slot; else { saved.slots.push(slot); saved.keys.take(from); }
    const cells = this.cells as Record<string, Float64Array | Uint32Array | unknown[]>;
    for (const name of this.doubles) cells[name][slot] = from.number();
    for (const name of this.wholes) cells[name][slot] = from.count();
    for (const { name, codec } of this.codecs) cells[name][slot] = codec.decode(from.copied());   // a codec may keep them
    this.next[slot] = -1; this.filed[slot] = NaN;
    if (expires < Infinity) { this.filed[slot] = expires; this.deaths.add(expires, slot); }
  }
  private saved: { readonly slots: Slot[]; readonly keys: KeyRows } | undefined;

  /** What the constructor of an operator has put there is put there by the checkpoint too. */
  private emptied(): NonNullable<MemoryStore<L>['saved']> {
    this.size = 0; this.top = 0; this.free0 = -1; this.spare = []; this.clock = 0;
    this.deaths = new TimeOrder();
    this.alarms.reset();
    return { slots: [], keys: new KeyRows(this.keyFields[0]?.length ?? 0) };
  }

  settled(): void {
    const { slots, keys } = this.saved ??= this.emptied(), columns = keys.columns(), rows = Uint32Array.from(slots, (_, i) => i), ids = new Uint32Array(slots.length), { table } = this;
    this.saved = undefined;
    if (slots.length === 0) return;
    table.ids(columns, rows, rows.length, ids);
    this.head = grown(new Int32Array(table.limit).fill(NONE), this.head); this.firstRow = grown(new Int32Array(table.limit).fill(-1), this.firstRow);
    for (let i = 0; i < slots.length; i++) {
      const slot = slots[i], key = ids[i], part = this.partOf[slot];
      this.keyOf[slot] = key;
      let last = -1;
      const isFirst = this.head[key] < 0;                  // then the table has its text
      for (let at = this.head[key]; at >= 0 && this.partOf[at] < part; at = this.next[at]) last = at;
      if (last < 0) { this.next[slot] = Math.max(this.head[key], -1); this.head[key] = slot; } else { this.next[slot] = this.next[last]; this.next[last] = slot; }
      if (!isFirst && !this.isTextless) this.keepColumns(slot, columns, i);
    }
  }

  // Parts of an input, each with a store of its own.

  give(out: Pack): void {
    const { top, alarms, age } = this, cells = this.cells as Record<string, Float64Array | Uint32Array | unknown[]>, isSole = this.free0 >= 0;
    assert(this.size === top, 'an entry was freed before all were given');   // so they stand in order of age
    out.count(top); out.flag(isSole);
    out.memory(this.partOf.subarray(0, top));
    out.memory(Float64Array.from({ length: top }, (_, slot) => alarms.timeOf(slot)));
    out.memory(Float64Array.from({ length: top }, (_, slot) => alarms.rankOf(slot)));
    if (!isSole) this.giveKeys(out);
    for (const name of this.doubles) out.memory((cells[name] as Float64Array).subarray(0, top));
    for (const name of this.wholes) out.memory((cells[name] as Uint32Array).subarray(0, top));
    for (const { name, codec, zero } of this.codecs) for (let slot = 0; slot < top; slot++) { const value = cells[name][slot]; if (value === zero) out.count(0); else out.raw(codec.pack?.(value) ?? codec.encode(value)); }
    for (let slot = 0; slot < top; slot++) this.free(slot);
    age.fill(GONE, 0, top);
    this.top = 0; this.spare = []; this.clock = 0; this.keyed = undefined;
    alarms.reset();
  }
  private giveKeys(out: Pack): void {
    const { length } = this.keyFields[0], to = this.packer.to(out);
    for (let slot = 0; slot < this.top; slot++) {
      const own = this.ownTexts.get(slot), key = this.keyOf[slot];
      for (let index = 0; index < length; index++) if (own === undefined) this.table.write(key, index, to); else to.copy(own[index], 0);
    }
  }

  take(from: Unpack, begun: (slot: Slot) => void, merge: (into: Slot, from: Slot) => void): void {
    const count = from.count(), isSole = from.flag(), cells = this.cells as Record<string, Float64Array | Uint32Array | unknown[]>;
    const doubles = (): Float64Array => new Float64Array(from.memory()), part = doubles(), at = doubles(), rank = doubles(), keys = new KeyRows(isSole ? 0 : this.keyFields[0].length);
    if (!isSole) for (let i = 0; i < count; i++) keys.take(from);
    this.reserve(count);
    const first = this.top;
    this.top += count; this.size += count;
    this.partOf.set(part, first);
    for (const name of this.doubles) (cells[name] as Float64Array).set(doubles(), first);
    for (const name of this.wholes) (cells[name] as Uint32Array).set(new Uint32Array(from.memory()), first);
    for (const { name, codec } of this.codecs) for (let i = 0; i < count; i++) { const bytes = codec.unpack === undefined ? from.copied() : from.raw(); cells[name][first + i] = bytes.length > 0 && codec.unpack !== undefined ? codec.unpack(bytes) : codec.decode(bytes); }   // a codec may keep them
    for (let slot = first; slot < this.top; slot++) { this.age[slot] = this.clock++; this.journal?.mark(slot); begun(slot); }
    if (isSole) { for (let slot = first; slot < first + count; slot++) { this.journal?.mark(this.free0); merge(this.free0, slot); this.discard(slot); } return; }
    if (count === 0) return;
    const columns = keys.columns(), ids = new Uint32Array(count);
    this.keyed = undefined;
    this.table.ids(columns, Uint32Array.from(ids, (_, i) => i), count, ids);
    this.spread();
    for (let i = 0; i < count; i++) {
      const slot = first + i, isNew = this.head[ids[i]] === NONE, there = this.link(slot, ids[i]);
      if (there >= 0) { this.journal?.mark(there); merge(there, slot); this.discard(slot); continue; }
      if (!isNew && !this.isTextless) this.keepColumns(slot, columns, i);   // the text of a new key is what stands here
      if (at[i] === at[i]) this.wake(slot, at[i], rank[i]);
    }
  }
  /** Gives an entry its key; where the key has one of the same part, that one, and nothing is done. */
  private link(slot: Slot, key: number): Slot {
    const { head, next, partOf } = this, part = partOf[slot];
    let last = -1, there = head[key];
    while (there >= 0 && partOf[there] < part) { last = there; there = next[there]; }
    if (there >= 0 && partOf[there] === part) return there;
    this.keyOf[slot] = key;
    if (last < 0) { next[slot] = Math.max(head[key], -1); head[key] = slot; } else { next[slot] = next[last]; next[last] = slot; }
    return NONE;
  }
  /** An entry that never got its key. */
  private discard(slot: Slot): void {
    this.age[slot] = GONE;
    for (const { name } of this.codecs) (this.cells[name] as unknown[])[slot] = undefined;
    this.journal?.mark(slot);
    this.spare.push(slot); this.size--;
  }

  private lookup(run: Run, row: number, part: number): Slot {
    const key = this.key0(run, row);                     // first: it may make `head` anew
    let slot = this.head[key];
    while (slot >= 0 && this.partOf[slot] !== part) slot = this.next[slot];
    return slot < 0 ? NONE : slot;
  }

  /** The interned key of a row. A batch is interned as a whole, when its first row is asked for. */
  private key0(run: Run, row: number): number {
    if (this.keyed !== run.batch.memo) this.intern(run);
    return this.ids[row];
  }

  private intern({ batch, side }: Run): void {
    const { table, idle } = this;
    // Keys that have no entry (only looked up, or freed) are forgotten now: the batch whose ids they were is over.
    const before = table.size;
    let released = 0;
    for (const key of idle) {
      this.firstRow[key] = -1;
      if (this.head[key] === IDLE) { this.head[key] = NONE; table.release(key); released++; }
    }
    idle.length = 0;
    if (this.ids.length < batch.size) this.ids = new Uint32Array(Math.max(batch.size, 1024));
    const { rows } = batch, { ids } = this;
    table.ids(this.keyFields[side].map((field) => field(batch)), rows, rows.length, ids);
    this.spread();
    // Only a key that is new can be without an entry that nobody has noted.
    const { head, firstRow } = this;
    if (table.size !== before - released) for (let i = without(head, ids, rows, 0); i < rows.length; i = without(head, ids, rows, i + 1)) {
      const key = ids[rows[i]];
      head[key] = IDLE; firstRow[key] = rows[i]; idle.push(key);
    }
    this.keyed = batch.memo;
  }

  /** Room for all keys of the table. */
  private spread(): void {
    const { table: { limit }, firstRow, head } = this;
    if (firstRow.length < limit) this.firstRow = grown(new Int32Array(Math.max(limit, firstRow.length * 2, 64)).fill(-1), firstRow);
    if (head.length < limit) this.head = grown(new Int32Array(Math.max(limit, head.length * 2, 64)).fill(NONE), head);
  }

  /**
   * The table knows the text of a key's first arrival in this batch, or of an entry that is gone; an entry prints the text of its own first row, however records fall
   * into batches.
   */
  private keepText(slot: Slot, { batch, side }: Run, row: number): void {
    this.keepColumns(slot, this.keyFields[side].map((field) => field(batch)), row);
  }
  private keepColumns(slot: Slot, columns: readonly Column[], row: number): void {
    if (columns.every((column, i) => this.isTextOf(slot, i, column, row))) return;
    this.ownTexts.set(slot, columns.map(({ tag, number, start, end, bytes, escaped }) => {
      const text = bytes.slice(start[row], end[row]);
      return { tag: tag.slice(row, row + 1), number: number.slice(row, row + 1), start: Uint32Array.of(0), end: Uint32Array.of(text.length), bytes: text, escaped };
    }));
  }

  /** Whether the table has a key's value in the same spelling as the row. */
  private isTextOf(slot: Slot, index: number, column: Column, row: number): boolean {
    let isSame = false;
    this.table.write(this.keyOf[slot], index, { copy({ bytes, start, end }: Column, at: number) {
      const length = column.end[row] - column.start[row];
      isSame = end[at] - start[at] === length;
      for (let i = 0; isSame && i < length; i++) isSame = bytes[start[at] + i] === column.bytes[column.start[row] + i];
    } } as unknown as Writer);                             // a table writes by copy() only
    return isSame;
  }

  private allocate(key: number, part: number): Slot {
    if (this.size >= this.max) this.full(this.max);
    const slot = this.spare.pop() ?? this.top++;
    assert(slot < this.capacity, 'an entry was opened without room');
    this.size++;
    this.journal?.mark(slot);
    this.age[slot] = this.clock++; this.keyOf[slot] = key; this.partOf[slot] = part;
    const cells = this.cells as Record<string, Float64Array | Uint32Array | unknown[]>;
    for (const name of this.doubles) cells[name][slot] = 0;
    for (const name of this.wholes) cells[name][slot] = 0;
    for (const { name, codec } of this.codecs) cells[name][slot] = codec.zero();
    return slot;
  }
}

// What is done for every row stands in small functions of its own: V8 compiles them in no time, and once.

/** Entries of rows, as long as they are there: how many. */
function known(head: Int32Array, partOf: Float64Array, expires: Float64Array, watermark: Instant, ids: Uint32Array, rows: Uint32Array, out: Uint32Array, at: number): number {
  let i = 0;
  for (; i < rows.length; i++) {
    const slot = head[ids[rows[i]]];
    if (slot < 0 || partOf[slot] !== 0 || expires[slot] <= watermark) break;
    out[at + i] = slot;
  }
  return i;
}
/** The number of the next row from `i` on whose key has never had an entry. */
function without(head: Int32Array, ids: Uint32Array, rows: Uint32Array, i: number): number {
  while (i < rows.length && head[ids[rows[i]]] !== NONE) i++;
  return i;
}

function grown<A extends Float64Array | Uint32Array | Int32Array>(to: A, from: A | undefined): A { if (from !== undefined) to.set(from as never); return to; }
