// The shapes of data between rooms: columns, batches and edits. Types only. The kernel, Writer and the methods below make batches; nobody changes one.
import type { Path } from './path.js';

/** Type of a value, in the total order of SEMANTICS 2; missing is Null. */
export const Tag = { Null: 0, False: 1, True: 2, Number: 3, Wide: 4, String: 5, Array: 6, Object: 7 } as const;

/** Whole milliseconds since the epoch, UTC; may be negative; ±Infinity as a watermark. */
export type Instant = number;
export type Millis = number;

/**
 * One field of every row, indexed by row number.
 * - Null: nothing else set, but where start < end the record has the field, as an explicit `null`.
 * - Number: `number` is the value. A whole Number has |value| < 2^53 or is a double (text with a fraction or exponent, or computed by double arithmetic).
 * - Wide: an integer (no fraction, no exponent in its text) of 2^53 or beyond in size, `number` is the nearest double; or any number whose double would be infinite, then `number` is ±Infinity.
 *   Its text is always there: compare, group and compute by it.
 * - String, Array, Object: bytes[start, end) is the JSON text, strings with their quotes and escapes; strings that we make carry the shortest escapes (JSON.stringify).
 * - start = end: an operator computed a number, boolean or null; its text is what JavaScript prints.
 */
export interface Column {
  readonly tag: Uint8Array;
  readonly number: Float64Array;
  readonly start: Uint32Array;
  readonly end: Uint32Array;
  readonly bytes: Uint8Array;
  /** false: no string of this column has a backslash, so that equal strings have equal bytes. */
  readonly escaped: boolean;
  /** false: no value is Wide. */
  readonly wide?: boolean;
  /** Where every value is the text of an instant that a tool has written: the instants, in ms. */
  readonly instants?: Float64Array;
}

/** A path or a compiled expression; worked out at most once a batch. Only the rows of batch.rows are meaningful. */
export type Field = (batch: Batch) => Column;
/** Those of batch.rows for which a condition is exactly true. */
export type Test = (batch: Batch) => Uint32Array;

/** How output bytes come from original bytes; nothing else ever changes a record. */
export type Edit =
  | { readonly set: Path; readonly to: Column }                 // replace where it stands, else append
  | { readonly drop: Path }
  | { readonly rename: Path; readonly as: string }              // the last step gets another name, where it stands
  | { readonly clear: true }                                    // {} instead of what was there
  | { readonly spread: Column }                                 // append (or replace in place) the fields of that object
  | { readonly flatten: string };                               // nested objects become fields joined by this separator

/** Original bytes of the rows and where they come from. */
export interface Lines {
  readonly bytes: Uint8Array;
  /** The record's text: bytes[start[row], end[row]), blanks around it, CR and LF left out. */
  readonly start: Uint32Array;
  readonly end: Uint32Array;
  /** Rows of the same number have the same keys in the same order, spelled alike; 0: unknown. Asked for when the scanner was made. */
  readonly shape?: Uint32Array | undefined;
  /** The input's name as given, `stdin` for standard input. */
  readonly source: string;
  /** Physical line from 1, byte offset of the line's start in the (unpacked) input. */
  line(row: number): number;
  offset(row: number): number;
}

/**
 * Rows with their columns. Lives until the hook that got it returns; what outlives it is copied by the store.
 * Row numbers index columns, lines and watermark; `rows` selects the live ones, ascending.
 */
export interface Batch {
  readonly rows: Uint32Array;
  /** W before each row, and one more: W after the last (index `size`). */
  readonly watermark: Float64Array;
  /** Number of row numbers: rows are 0 … size − 1. */
  readonly size: number;
  readonly lines: Lines;
  readonly edits: readonly Edit[];
  /** The column of a field of the original bytes (before edits). It must have been asked for when the scanner was made. */
  scanned(path: Path): Column;
  select(rows: Uint32Array): Batch;
  edit(...edits: readonly Edit[]): Batch;
  /** Row n is rows[n] of this one, repeats allowed, ascending; same bytes. */
  gather(rows: Uint32Array): Batch;
  timed(watermark: Float64Array): Batch;
  /** One column a key and set of edits: what Field memoises in. */
  readonly memo: Map<object, Column>;
}

/** A made record, value after value, in the order of names given to ctx.writer(). */
export interface Writer {
  number(x: number): void;
  integer(x: bigint): void;
  text(x: string): void;
  boolean(x: boolean): void;
  time(ms: Instant): void;
  none(): void;
  /** A value as it stands, with its text. */
  copy(column: Column, row: number): void;
  /** JSON text made elsewhere (lists and objects). */
  json(text: string): void;
}
