// The face of the kernel: NDJSON bytes in, batches of validated rows with typed columns out. Two makers give the same answer on every input:
// wasm.ts (speculative automaton, SIMD) and reference.ts (plain TypeScript: the oracle of the tests, and the fallback where SIMD is missing).
import type { Detail, ErrorCode } from '../errors.js';
import type { Column } from '../record/batch.js';
import type { Path } from '../record/path.js';

export interface ScannerOptions {
  /** Paths that columns are wanted for: nested, array indexes, any keys; duplicates and prefixes of one another are allowed. [] is the whole record. */
  readonly paths: readonly Path[];
  /** Longest line in bytes, LF (and a CR before it) not counted. Default 16 MiB. */
  readonly lineBytesMax?: number;
  /** Most rows a batch holds. Default 16,384; the test mode one-row says 1. */
  readonly rowsMax?: number;
  /** true: blank lines that begin like a control line are handed on as marks, else they are counted as blank. */
  readonly control?: boolean;
  /** true: batches tell the shapes of their rows, where the scanner knows them. */
  readonly shapes?: boolean;
}

/** A line that is no record. */
export interface BadLine {
  /** It stands before this row of the batch (0 … count). */
  readonly before: number;
  /** Physical line from 1; byte offset of its start in the input; column from 1, in characters, of the fault; byte column from 0 of the fault within the line. */
  readonly line: number;
  readonly offset: number;
  readonly column: number;
  readonly byte: number;
  readonly code: ErrorCode;
  readonly detail: Detail;
  /** The line, LF and CR left out; of a line longer than the limit its first 64 KiB. A copy. */
  readonly raw: Uint8Array;
  /** The fault's character within `raw`, from 1, where that is not `column`. */
  readonly caret?: number;
}

/** A whitespace-only line that may be a control line. */
export interface Mark { readonly before: number; readonly line: number; readonly text: Uint8Array }

/** Rows of one batch; views into kernel memory, valid until the next call of next(), room() or begin(). */
export interface Scanned {
  readonly count: number;
  readonly bytes: Uint8Array;
  /** Record text without blanks around it. */
  readonly start: Uint32Array;
  readonly end: Uint32Array;
  /** true: rows follow one another in `bytes` with exactly one LF between them, so that bytes[start[0], end[count−1]] with its LF can be copied as a whole. */
  readonly dense: boolean;
  readonly columns: readonly Column[];
  /** Rows of the same number have the same keys in the same order, spelled alike; 0: unknown. Numbers are of this scanner, and never given twice. */
  readonly shape: Uint32Array | undefined;
  readonly bad: readonly BadLine[];
  readonly marks: readonly Mark[];
  /** Worked out when asked for: physical line from 1, byte offset of the line's start in the input. */
  line(row: number): number;
  offset(row: number): number;
}

/** Where a scanner stands: between two lines, or in one that has been reported as too long. */
export interface LinePlace {
  /** Bytes of the input that were handed out, skipped or reported. */
  readonly offset: number;
  /** Number of the next line, from 1. */
  readonly line: number;
  /** Nothing but blank lines so far, so the next one tells what the input is; absent: true where offset is 0. */
  readonly isFirst?: boolean;
  /** The rest of this line is skipped: it is too long and has been reported. */
  readonly isSkipping?: boolean;
}

export interface Scanner {
  /** A new input begins: line 1, offset 0, a BOM may come; or one is gone on with, from `at` on. What was pending is forgotten. */
  begin(at?: LinePlace): void;
  /** At least `bytes` of free space in kernel memory behind what is pending: read straight into it. Valid until the next call. */
  room(bytes: number): Uint8Array;
  /** So many bytes of the room were filled. */
  filled(count: number): void;
  /** The input is over: a rest without LF is a line. */
  ended(): void;
  /** The next batch of complete lines; undefined when none is pending. A batch may have no rows, but bad lines or marks. */
  next(): Scanned | undefined;
  /** Where the pending rest begins, for begin(). Of value when next() gave undefined. */
  readonly position: LinePlace;
  /** The scanner, its batches and columns are no longer needed. */
  close(): void;
  /** Blank lines skipped so far, all inputs (marks not counted). */
  readonly blanks: number;
  /** Whether any record so far had the field paths[index], be it null. */
  seen(index: number): boolean;
  /** Another scanner for the same paths has read a part of the input: which of them it has seen, and its blank lines. */
  learn(seen: readonly boolean[], blanks: number): void;
  /** Some keys that the first records had at the top level, for "did you mean". */
  keys(): readonly string[];
}
