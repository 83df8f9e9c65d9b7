// A few of the latest records, kept while some wanted field has not been seen: for "did you mean". Owns: those copies. Must not: cost anything once every field was there.

const kept = 16, aBatch = 4, bytesMax = 1 << 14;

export class Samples {
  readonly #records: Uint8Array[] = [];
  #next = 0;

  /** Copies some rows of a batch. */
  take(bytes: Uint8Array, start: Uint32Array, end: Uint32Array, count: number): void {
    for (let row = Math.max(0, count - aBatch); row < count; row++) {
      if (end[row] - start[row] > bytesMax) continue;
      this.#records[this.#next] = bytes.slice(start[row], end[row]);
      this.#next = (this.#next + 1) % kept;
    }
  }

  /** Keys of their top level, each once. */
  keys(): string[] {
    const utf8 = new TextDecoder();
    return [...new Set(this.#records.flatMap((record) => Object.keys(JSON.parse(utf8.decode(record)) as object)))];
  }
}
