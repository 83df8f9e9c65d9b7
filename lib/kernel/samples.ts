// A few of the first records, kept while some wanted field has not been seen: for "did you mean". Owns: those copies. Must not: cost anything once every field was there, or
// once there are enough: a field that no record has (a result's, a rare one) must not slow a long stream.

const kept = 64, aBatch = 4, bytesMax = 1 << 14;

export class Samples {
  readonly #records: Uint8Array[] = [];

  /** Copies some rows of a batch. */
  take(bytes: Uint8Array, start: Uint32Array, end: Uint32Array, count: number): void {
    for (let row = Math.max(0, count - aBatch); row < count && this.#records.length < kept; row++) {
      if (end[row] - start[row] <= bytesMax) this.#records.push(bytes.slice(start[row], end[row]));
    }
  }

  /** Keys of their top level, each once. */
  keys(): string[] {
    const utf8 = new TextDecoder();
    return [...new Set(this.#records.flatMap((record) => Object.keys(JSON.parse(utf8.decode(record)) as object)))];
  }
}
