// The operator contract (STYLE section 2). Operators are pure: no I/O, no clock, no barrier, no end of input; the end is W = +∞.
import type { ErrorCode, Detail, Spot } from '../errors.js';
import type { Batch, Column, Field, Instant, Writer } from '../record/batch.js';
import type { Pack, Unpack } from '../record/pack.js';
import type { Path } from '../record/path.js';
import type { Binder } from '../expr/expression.js';
import type { Journalled, Kept, Layout, Marks, Slot, Store } from './store.js';
import type { EventTime, Schema } from './element.js';

export interface Operator {
  rows(run: Run, emit: Emit): void;
  /** How many entries a row may open; default 1. */
  readonly opens?: number;
  /** The alarm of an entry: W, which is w now, has reached it. true: more to come, call again. */
  wake?(slot: Slot, emit: Emit, w: Instant): boolean | void;
  /** W to pass on when W is w: no later output has an event time below it. Default: w. */
  hold?(w: Instant): Instant;
  /**
   * For an operator that holds rows back in an order of its own (no alarms): W of all inputs is w, after a batch and whenever it moves; Infinity at the end. Call emit.at()
   * before what is released, so that W before a record is a function of the records and not of how they fell into batches.
   */
  advance?(w: Instant, emit: Emit): void;
  /** The first Ctrl-C on a terminal, without a checkpoint: what is not final yet, each record marked `"final":false` (USERS 3, Signals). */
  unfinished?(emit: Emit): void;
  /** What it keeps outside of its stores and of Kept, for a checkpoint: called between batches, never inside a hook; nothing may be emitted. Absent: nothing. */
  save?(out: Pack): void;
  /** The same, in the same order, in an operator that was just made: stores and Kept have been restored, no record has come. */
  restore?(from: Unpack): void;
  /** The run is over, well or not: give back what is outside of memory. */
  close?(): void;
  /** Several instances may work on parts of the input at once. Absent: one must see all rows in order. */
  readonly parts?: Parts;
  /** Only of a stage that asked for it by `--idle`: called with a monotonic clock when records arrive and while none do; gives W to pass on. The runtime makes it part of the stream. */
  idle?(nowMs: Millis, arrived: boolean): Instant;
}

/**
 * Of an operator whose input may be worked off in parts, each by an instance of its own (leat run --jobs). What the rows of a part have come to is put by give() of that instance, and added by
 * take() of another one, to which all rows before them have come and none behind. In an instance that gives, W begins at −∞ with each part, no alarm rings, and no bad or late row is dealt with.
 */
export interface Parts {
  /** Rows stay here until W has moved. Absent: they pass at once, each by itself. */
  readonly keeps?: true;
  /** What has come since it was made or last gave; afterwards it is as just made. */
  give?(out: Pack): void;
  /** Whether the rows would have come to the same where W was w before them; nothing changes. Absent: always. */
  fits?(from: Unpack, w: Instant): boolean;
  /** Adds what another instance gave. */
  take?(from: Unpack): void;
}

export interface Run {
  readonly batch: Batch;
  readonly side: 0 | 1;
  /** W before the current row; lateness and expiry are judged by it. */
  readonly watermark: Instant;
  /** The next of batch.rows; −1 at the end, or when an alarm is due first: return, you are called again. */
  next(): number;
  /** Those rows that next() would give before it gives −1 or passes over one: not given until passed() says how many of them were. An alarm that was set since may leave fewer. */
  block(): Uint32Array;
  passed(count: number): void;
  /** All rows that next() has not given, at once: only for an operator whose alarms all wait for the end. */
  rest(): Uint32Array;
}

/** Order is kept, sizes are not: the runtime joins small pieces and stamps W. */
export interface Emit {
  batch(batch: Batch): void;
  row(batch: Batch, row: number): void;
  /** The record that the writer holds; the writer is empty afterwards. */
  made(record: Writer): void;
  /** A record by its text: write to what begin() gives, then end(), which adds LF. Only of tools that make their records (`makes`). */
  begin(): TextOut;
  end(): void;
  /** Many records by their text: bytes[start, end) are `count` lines, each with LF. They are passed on before it returns. Only of tools that make their records. */
  lines(bytes: Uint8Array, start: number, end: number, count: number): void;
  /** What follows comes out while W is w; hold() is applied to it. For records made in advance() and rows(); wake() has its own. */
  at(w: Instant): void;
}

/** Text of records, appended. */
export interface TextOut {
  byte(value: number): void;
  /** bytes[start, end). */
  copy(bytes: Uint8Array, start: number, end: number): void;
  /** A value as JSON text. */
  value(column: Column, row: number): void;
}

export interface Context extends Binder {
  /** Event time, Null where a row has none. */
  readonly event: Field;
  /** A field read as a time; a null or unparseable one makes the row bad. */
  instant(time: EventTime): Field;
  /** The operator will set that field: the encoder must know where it stands in the original bytes. Call while the stage is made. Its column, for whom it may be absent without a word. */
  stands(path: Path): Field;
  /** Counted and reported; the operator leaves the row out. The batch is as the way of late records (--late FILE) gets it; call inside rows(), while the record is the current one. */
  late(batch: Batch, row: number, late: Late): void;
  /** A file of the user's beside the output, as plain NDJSON in the order of the calls; of one file, by whatever names, it gives one function. Call it while the stage is made, and the function once all fields of the batch have been worked out. */
  file(path: string): (batch: Batch) => void;
  /** The run ends here, whatever --bad says; what came before the row is written. */
  fail(batch: Batch, row: number, code: ErrorCode, detail?: Detail): never;
  /** A result that is null because no number could say it: counted like a clash. */
  overflow(what: string, spot?: Spot): void;
  /** Said at once on stderr, not in the output. */
  warn(notice: Warning): void;
  writer(fields: readonly string[]): Writer;
  /** A record that is not written yet: its text is looked at first, or becomes a part of another. */
  draft(fields: readonly string[]): Draft;
  /** The text of each record as upstream edits left it: bytes[start, end) of an Object. What is kept is copied from here. */
  readonly records: Field;
  /** Records kept by their text; beyond --memory they go to a file in --tmp. */
  kept(): Kept;
  /** How much memory the tool may take for what it keeps, and where the rest goes. */
  readonly spilling: Spilling;
  /** Of a tool with two inputs: the right one. `field(path, 1)` is its field. */
  readonly right?: Side | undefined;
  /** One an operator, or several of which only the first has alarms; one list of key fields a side. */
  store<L extends Layout>(cells: L, ...keys: readonly (readonly Field[])[]): Store<L>;
  /** Things of the operator's own, beside stores and Kept, of which a checkpoint writes those that were marked. undefined: there is no checkpoint. Call it while the stage is made. */
  journal(things: Journalled): Marks | undefined;
  readonly input: Schema;
  /** Names (Lines.source) of inputs that are known to have records, before any came; of the partitions of a topic. */
  readonly inputs: readonly string[];
}
type Millis = number;

/** The right input of a tool with two: as of Context, for that side. */
export type Side = Pick<Context, 'event' | 'instant' | 'records' | 'input' | 'field'>;

/** -S and -T (SEMANTICS 7): bytes of memory, the folder for what exceeds it, and the counter of bytes written there, for the summary. */
export interface Spilling { readonly memoryBytes: number; readonly tmp: string; spilled(bytes: number): void;
  /** With a checkpoint: the folder for files that a checkpoint refers to by name (SpillFile.save). Absent: files have no name, and go with the process. */
  readonly kept?: string;
  /** With it: names of the files there that were saved since somebody cleared it. What no checkpoint refers to may be deleted. */
  readonly names?: Set<string> }

export interface Draft {
  readonly record: Writer;
  /** The record is complete: its text is bytes[0, length), without LF, until the next value is written. */
  finish(): { readonly bytes: Uint8Array; readonly length: number };
}

/** A late record: its row in run.batch, its event time, W before it, how many ms more delay would have kept it, and whether it was counted already (for another window). */
export interface Late { readonly of: number; readonly at: Instant; readonly watermark: Instant; readonly by: Millis; readonly again: boolean }

/** A warning: the place, more lines, and what to type, where there are any. */
export interface Warning { readonly text: string; readonly place?: string; readonly lines?: readonly string[]; readonly help?: string }

export type { Batch, Field, Path, ErrorCode, Detail };
