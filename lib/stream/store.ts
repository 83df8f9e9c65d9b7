// State of an operator: entries by key and part, cells by slot. The interface; lib/state implements it. (Documentation of each member: STYLE section 2.)
import type { Column, Instant, Writer } from '../record/batch.js';
import type { Pack, Unpack } from '../record/pack.js';
import type { Run } from './operator.js';

/** An entry of the store: index into every cell until it is freed. */
export type Slot = number;
/** A cell that is neither number nor rows. No bytes are zero(). */
export interface Codec<T> { zero(): T; encode(value: T): Uint8Array; decode(bytes: Uint8Array): T;
  /** The same for another thread of this process, where it is sooner done: bytes as they lie in memory, which unpack() may keep. Both or none. */
  pack?(value: T): Uint8Array; unpack?(bytes: Uint8Array): T }
/** Things under numbers that a checkpoint writes one by one. */
export interface Journalled {
  /** What `id` is now; false: it is not there (any more), and nothing was put. */
  write(id: number, out: Pack): boolean;
  /** As it was written, each id at most once, in ascending order. */
  restored(id: number, from: Unpack): void;
  /** All have been read. */
  settled?(): void;
}
/** Learns which of them are to be written. */
export interface Marks {
  /** The thing is new, or has changed, or is gone. */
  mark(id: number): void;
}
/** Records kept by their text, each under a number until it is dropped. What exceeds the memory allowed goes to a file, oldest first. */
export interface Kept {
  /** Copies the text of a row of ctx.records; its number. */
  add(records: Column, row: number): number;
  /** The same of many rows, ascending: out[i] is the number of rows[i]. */
  addAll(records: Column, rows: Uint32Array, out: Int32Array): void;
  /** The text: bytes[start, end), until the next call of any method. */
  read(id: number): { readonly bytes: Uint8Array; readonly start: number; readonly end: number };
  drop(id: number): void;
  /** Records that are kept, and bytes of memory that they take. */
  readonly size: number;
  readonly memoryBytes: number;
}
export type Layout = Readonly<Record<string, 'f64' | 'u32' | Codec<any>>>;     // `any`: each codec has its own type, Cells gives it back
export type Cells<L extends Layout> = { readonly [K in keyof L]: L[K] extends 'f64' ? Float64Array : L[K] extends 'u32' ? Uint32Array
  : L[K] extends Codec<infer T> ? T[] : never };

export interface Store<L extends Layout> {
  /** Take them in the hook, not in create(); inside a hook they do not move. */
  readonly cells: Cells<L>;
  /** Entry of the row's key; −1: none, or expired by run.watermark. */
  find(run: Run, row: number, part?: number): Slot;
  /** The same, made with zero cells if there is none; marks it changed. */
  open(run: Run, row: number, part?: number): Slot;
  /** open() of rows up to the first that has no entry: out[at + i] is that of rows[i]. How many have. */
  known(run: Run, rows: Uint32Array, out: Uint32Array, at: number): number;
  /** open() of many rows: out[i] is the entry of rows[i]. */
  openAll(run: Run, rows: Uint32Array, out: Uint32Array): void;
  /** All entries of the row's key, by part (its open sessions, by start). */
  parts(run: Run, row: number): readonly Slot[];
  /** The first by part of the row's entries whose part is at most `reach` from `part`; −1: none. */
  near(run: Run, row: number, part: number, reach: number): Slot;
  /** The entry of the same key with another part; −1: none. */
  peer(slot: Slot, part: number): Slot;
  /** Entries that have an alarm, in the order in which they would ring. */
  pending(): Slot[];
  /** The part an entry was opened with. */
  part(slot: Slot): number;
  /** Before writing cells of an entry that find() or parts() gave. */
  touch(slot: Slot): void;
  free(slot: Slot): void;
  /** The entry's one alarm; alarms ring in order (at, rank, age of the entry). */
  wake(slot: Slot, at: Instant, rank?: number): void;
  /** Forgotten once W ≥ at: no hook, no cut of the run. */
  expire(slot: Slot, at: Instant): void;
  /** The key fields from number `from` on, with the text of their first arrival. */
  key(slot: Slot, out: Writer, from?: number): void;
  /** true: nobody will ask key(), so no entry has to know the text of its own first arrival. */
  isTextless: boolean;
  /** The entry of the empty key, for a store without key fields; made if there is none. The only one that create() may ask for. */
  sole(): Slot;
  /** Puts all entries in order of age, none of which was freed since, and forgets them; keys and alarms too. */
  give(out: Pack): void;
  /**
   * Opens the entries that another store of this kind gave, in their order, with their alarms. An entry whose key and part are there is handed to `merge` instead, and is gone afterwards.
   * `begun` is told each first, when its cells are filled.
   */
  take(from: Unpack, begun: (slot: Slot) => void, merge: (into: Slot, from: Slot) => void): void;
  /** Entries that are open. */
  readonly size: number;
}
