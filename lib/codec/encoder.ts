// What an output format does: lines of NDJSON to text of its own. An encoder knows no streams; who calls it writes the text.
import type { Bytes } from './writer.js';

export interface Encoder {
  /** Appends what the records of bytes[start, end), each with its LF, become. Errors: E_COLUMN. */
  lines(bytes: Uint8Array, start: number, end: number, out: Bytes): void;
  /** Appends what can be said although no more records are there yet. */
  dry?(out: Bytes): void;
  /** What comes behind the last record. */
  end(out: Bytes): void;
}
