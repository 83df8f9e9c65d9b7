// What an input format is: foreign bytes to NDJSON, one record a line, with the place of each in the original. Rows in index.ts.
import type { Detail, ErrorCode } from '../errors.js';
import type { Json } from '../record/json.js';

/**
 * What one call gave: its records, in order. Valid until the next call (the bytes are a buffer that is used again).
 * line and offset: physical line from 1 and byte offset where each record begins in the (unpacked) input.
 */
export interface Decoded {
  /** NDJSON text, each record ended by LF. */
  readonly bytes: Uint8Array;
  readonly line: readonly number[];
  readonly offset: readonly number[];
  readonly bad: readonly BadRecord[];
}
/** Input that does not fit the format: it stands before record number `before` of this piece. */
export interface BadRecord {
  readonly before: number;
  readonly line: number;
  readonly offset: number;
  /** Of the fault, in characters from 1, on that line. */
  readonly column: number;
  readonly expected: string;
  readonly got: string;
  /** The line (or the rows) as it was, LF and CR left out; of one longer than the limit the first 64 KiB. A copy. */
  readonly raw: Uint8Array;
  /** Where it is not E_FORMAT with `expected` and `got`: the row of errors.ts and its detail. */
  readonly code?: ErrorCode;
  readonly detail?: Detail;
  /** Of the fault, in characters from 1, within `raw`, where that is not `column` (JSON elements that do not begin their line). */
  readonly caret?: number;
}
/** Between two records (lines, rows, elements): so many bytes of the input are before it; the number of its line, from 1; what must be known of what came before. */
export interface DecoderPlace { readonly offset: number; readonly line: number; readonly memory?: Json }

/**
 * A decoder keeps what is incomplete between calls: a cut may fall anywhere. It hands on every complete record at once. One decoder an input: a BOM, a header line
 * and line numbers belong to it. A fault that ends the run (a LeatError) is thrown by a call that gives nothing else:
 * the records before it came with the call before.
 */
export interface Decoder {
  push(chunk: Uint8Array): Decoded;
  /** The input is over. */
  end(): Decoded;
  /** Where the record begins that is incomplete: a new decoder that begins there and gets the input from there on gives what this one will give. */
  position(): DecoderPlace;
  /** Before the first push(): the input is not read from its start, but from a place that position() gave. */
  begin(at: DecoderPlace): void;
}
