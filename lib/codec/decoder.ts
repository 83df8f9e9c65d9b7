// What an input format is: foreign bytes to NDJSON, one record a line, with the place of each in the original. Rows in index.ts.

/** Records decoded so far and not yet taken. line and offset: physical line from 1 and byte offset where each record begins in the (unpacked) input. */
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
  readonly column: number;
  readonly expected: string;
  readonly got: string;
  /** The line (or the rows) as it was, LF and CR left out. */
  readonly raw: Uint8Array;
}
/** A decoder keeps what is incomplete between calls: a cut may fall anywhere. It hands on every complete record at once. */
export interface Decoder {
  push(chunk: Uint8Array): Decoded;
  /** The input is over. */
  end(): Decoded;
}
