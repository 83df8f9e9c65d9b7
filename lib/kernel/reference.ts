// The scanner in plain TypeScript: every line by the exact way. It is the oracle of the fast one, and takes its place where WebAssembly SIMD is missing.
// Owns: its memory. Must not: have a fast path that could be wrong.
import type { Scanner, ScannerOptions } from './scanner.js';
import type { Filling } from './exact.js';
import { LineScanner, spareBytes } from './lines.js';

export const referenceScanner = (options: ScannerOptions): Scanner => new ReferenceScanner(options);

interface Column extends Filling { bytes: Uint8Array }

class ReferenceScanner extends LineScanner {
  readonly #columns: Column[];

  constructor(options: ScannerOptions) {
    super(options);
    this.starts = new Uint32Array(this.rowsMax);
    this.ends = new Uint32Array(this.rowsMax);
    this.#columns = options.paths.map(() => ({
      tag: new Uint8Array(this.rowsMax), number: new Float64Array(this.rowsMax), start: new Uint32Array(this.rowsMax), end: new Uint32Array(this.rowsMax),
      bytes: this.bytes, escaped: false, wide: false,
    }));
    this.columns = this.shown = this.#columns;
  }

  protected grow(size: number): void {
    const bytes = new Uint8Array(size + spareBytes);
    bytes.set(this.bytes.subarray(0, this.high));
    this.rebase(bytes, 0, size);
    for (const column of this.#columns) column.bytes = bytes;
  }

  protected start(): void {}
  protected scan(): void {}
  protected finish(): void {}
}
