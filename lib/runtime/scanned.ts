// What the scanner gave, as the base of a batch.
import type { Column, Lines } from '../record/batch.js';
import type { Path } from '../record/path.js';
import type { Base } from '../record/rows.js';
import type { Scanned } from '../kernel/scanner.js';

/** Where each record stands in the input, when that is not the text that was scanned (decoded formats). */
export interface Places { line(row: number): number; offset(row: number): number }

export class ScannedBase implements Base, Lines {
  readonly source: string;
  private readonly piece: Scanned;
  private readonly columns: { column(path: Path): number };
  private readonly places: Places;
  constructor(piece: Scanned, source: string, columns: { column(path: Path): number }, places: Places = piece) {
    this.piece = piece; this.source = source; this.columns = columns; this.places = places;
  }
  get size(): number { return this.piece.count; }
  get lines(): Lines { return this; }
  get bytes(): Uint8Array { return this.piece.bytes; }
  get start(): Uint32Array { return this.piece.start; }
  get end(): Uint32Array { return this.piece.end; }
  get shape(): Uint32Array | undefined { return this.piece.shape; }
  line(row: number): number { return this.places.line(row); }
  offset(row: number): number { return this.places.offset(row); }
  column(path: Path): Column { return this.piece.columns[this.columns.column(path)]; }
}
