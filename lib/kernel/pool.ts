// Memory for the text of rows that are kept, moved and put in another order: one address space, so that rows of any part of it are copied by one call, in
// WebAssembly where it runs. Owns: its blocks. Must not: know what stands in them.
import { aligned, isFast, kernel } from './instance.js';
import type { Kernel } from './instance.js';
import type { Texts } from './splice.js';

const LF = 10, spare = 64;
/** Address space where there is no WebAssembly: what is not touched costs nothing. */
const plainBytesMax = 2 ** 32 - 65536;

/** ES2024, in Node since 20: views of it stay valid when it grows. */
type Growable = new (bytes: number, most: { readonly maxByteLength: number }) => ArrayBuffer;

export class Pool {
  /** Address behind the last byte that gather() wrote. */
  top = 0;
  readonly #kernel: Kernel | undefined = isFast() ? kernel() : undefined;
  readonly #plain: ArrayBuffer | undefined;
  #used = 0;
  #bytes: Uint8Array;
  readonly #blocks = new Map<number, number>();
  readonly #staging = { at: 0, size: 0 };

  constructor() {
    this.#plain = this.#kernel === undefined ? new (ArrayBuffer as unknown as Growable)(0, { maxByteLength: plainBytesMax }) : undefined;
    this.#bytes = this.#plain === undefined ? this.#kernel!.bytes : new Uint8Array(this.#plain);   // `!`: one of both is there
  }

  /** All of the memory: addresses are indexes. Another view after allocate(); older ones stay valid, and shorter. */
  get bytes(): Uint8Array { return this.#bytes; }

  /** Address of so many bytes, a multiple of 128, with spare memory behind them. Errors: RangeError where there is no more. */
  allocate(size: number): number {
    let at: number;
    if (this.#kernel !== undefined) { at = this.#kernel.allocate(size + spare); this.#bytes = this.#kernel.bytes; }
    else {
      at = aligned(this.#used, 128);
      this.#used = at + size + spare;
      if (this.#used > this.#plain!.byteLength) { (this.#plain as unknown as { resize(bytes: number): void }).resize(Math.max(this.#used, Math.min(2 * this.#used, plainBytesMax))); this.#bytes = new Uint8Array(this.#plain!); }   // `!`: without the kernel it is there
    }
    this.#blocks.set(at, size + spare);
    return at;
  }

  /** What allocate() gave. */
  free(at: number): void {
    const size = this.#blocks.get(at);
    if (size === undefined) return;
    this.#blocks.delete(at);
    this.#kernel?.free(at, size);
  }

  /** `count` words at an address that is a multiple of 4. */
  words(at: number, count: number): Uint32Array { return new Uint32Array(this.#bytes.buffer, at, count); }

  /**
   * Rows rows[from, to) of texts that may stand anywhere, each with LF, to address `out`, as long as they end below `limit`. Gives the index of the first row that did not
   * fit; `top` is the address behind the last. Up to 16 bytes behind that are overwritten.
   */
  gather(texts: Texts, rows: Uint32Array, from: number, to: number, out: number, limit: number): number {
    this.top = out;
    if (from >= to) return to;
    const { bytes, start, end } = texts, wasm = this.#kernel;
    if (wasm === undefined || bytes.byteOffset !== 0 || !wasm.owns(bytes) || !wasm.owns(start) || !wasm.owns(end)) return this.#copy(texts, rows, from, to, limit);
    const owns = wasm.owns(rows), at = this.#stage(64 + (owns ? 0 : 4 * (to - from)));
    const behind = new Uint32Array(wasm.bytes.buffer, at, 1);
    if (!owns) new Uint32Array(wasm.bytes.buffer, at + 64, to - from).set(rows.subarray(from, to));
    const done = wasm.calls.splice(start.byteOffset, end.byteOffset, owns ? rows.byteOffset + 4 * from : at + 64, 0, to - from, 0, 0, out, limit, at);
    this.top = behind[0];
    return from + done;
  }

  #copy({ bytes, start, end }: Texts, rows: Uint32Array, from: number, to: number, limit: number): number {
    const into = this.#bytes;
    let at = this.top, i = from;
    for (; i < to; i++) {
      const first = start[rows[i]], last = end[rows[i]], length = last - first;
      if (at + length + 1 > limit) break;
      if (length > 32) into.set(bytes.subarray(first, last), at); else for (let p = first, q = at; p < last; p++) into[q++] = bytes[p];
      at += length;
      into[at++] = LF;
    }
    this.top = at;
    return i;
  }

  #stage(size: number): number {
    const block = this.#staging;
    if (block.size < size) {
      if (block.size > 0) this.free(block.at);
      block.size = 2 * size;
      block.at = this.allocate(block.size);
    }
    return block.at;
  }

  close(): void {
    for (const at of [...this.#blocks.keys()]) this.free(at);
    this.#staging.size = 0;
  }
}
