// What an aggregate is: cells of a group, and four functions over them. One aggregate a file; index.ts lists them. (STYLE section 4.)
import type { Column, Writer } from '../record/batch.js';
import type { Cells, Layout, Slot } from '../stream/store.js';

/** rows[i] belongs to entry slots[i], for i < count. Rows whose `where` is not true are already left out. */
export interface Groups {
  readonly rows: Uint32Array;
  readonly slots: Uint32Array;
  readonly count: number;
  /** Event time of each row, where the stream has one: first, last, collect, argmin and argmax order by it, then by sequence. Indexed by row number. */
  readonly time: Float64Array | undefined;
  /** Sequence number of row r is sequence + r: input order across batches. */
  readonly sequence: number;
  /** A value of a wrong type at this row: ignored, counted. */
  clash(row: number): void;
}

export interface Aggregate<L extends Layout = any> {       // `any`: the table holds every layout
  readonly name: string;
  readonly summary: string;
  /** Types of the arguments, for messages and man pages; a literal argument (q of quantile, k of topk) is a parameter. */
  readonly args: readonly ('any' | 'number' | 'boolean' | 'ordered')[];
  /** So many of the last arguments may be left out: count(), count(e). */
  readonly optional?: number;
  /** Constant parameters that follow the arguments, those that may be left out last: name and check; bad() throws LeatError E_ARGUMENTS. */
  readonly params?: readonly { readonly name: string; readonly optional?: true; readonly check: (value: number) => string | undefined }[];
  /** An example for the man page and for the tests: values (JSON texts, one row of arguments each), and the result's JSON text. */
  readonly example: { readonly rows: readonly (readonly string[])[]; readonly params?: readonly number[]; readonly result: string };
  readonly cells: L;
  /** true: parameters matter to result() alone, so that calls with equal arguments may share their cells (p50 and p95 of one field). */
  readonly shared?: true;
  /** true: its state grows with the values (it keeps them, or counts of them), so that a state a record would be too much. */
  readonly grows?: true;
  /**
   * Bytes of memory beside its numbers, estimated from above: of an entry, and of each value that is added, beside its text, up to `most` of all values of an entry.
   * Missing: next to none.
   */
  readonly heap?: { readonly entry: number; readonly value?: number; readonly most?: number };
  init?(cells: Cells<L>, slot: Slot, params: readonly number[]): void;
  add(cells: Cells<L>, groups: Groups, args: readonly Column[], params: readonly number[]): void;
  /** So many rows came before those of an entry, as seen from now on: sequence numbers in its cells grow by that. Absent: there are none. */
  shift?(cells: Cells<L>, slot: Slot, by: number): void;
  /** Two sessions became one, or two parts of the input. */
  merge(cells: Cells<L>, into: Slot, from: Slot, params: readonly number[]): void;
  /** Writes exactly one value. `clash` is told when there is no number to write because it would be beyond all doubles: null then. */
  result(cells: Cells<L>, slot: Slot, out: Writer, params: readonly number[], clash?: () => void): void;
}

export const aggregate = <const L extends Layout>(spec: Aggregate<L>): Aggregate<L> => Object.freeze(spec);
