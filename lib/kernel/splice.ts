// Rows to output bytes without looking at values: copied as they are, or with the same few fields appended to each. In WebAssembly where the rows lie in its memory.
// Owns: the memory that it writes into. Must not: replace a field (who appends one knows that the record has none of that name), or write to a descriptor.
import { aligned, isFast, kernel } from './instance.js';
import type { Block } from './instance.js';

/** The text of rows: bytes[start[row], end[row]) is one JSON object, without blanks around it. Lines and Scanned are such. */
export interface Texts { readonly bytes: Uint8Array; readonly start: Uint32Array; readonly end: Uint32Array }

const LF = 10, COMMA = 44, CLOSE = 125;
const firstBytes = 1 << 16, spare = 64;
const noRows = new Uint32Array(0);

/** A buffer of lines. */
export class Splice {
  /** Output is bytes[0, length). Valid until the next call of clear(), copy() or append(); it may be written to a descriptor from there. */
  bytes: Uint8Array = new Uint8Array(0);
  length = 0;
  readonly #kernel = isFast() ? kernel() : undefined;
  readonly #out: Block = { at: 0, size: 0 };
  readonly #staging: Block = { at: 0, size: 0 };

  constructor() { this.#kernel?.keep(this, [this.#out, this.#staging]); }

  /** Its memory is no longer needed. */
  close(): void { this.#kernel?.drop(this, [this.#out, this.#staging]); }
  clear(): void { this.length = 0; }

  /** Rows rows[from, to) as they are, each with LF. */
  copy(lines: Texts, rows: Uint32Array, from: number, to: number): void {
    if (from >= to) return;
    if (this.#isHere(lines)) { this.#run(lines, rows, from, to, noRows, []); return; }
    for (let i = from; i < to;) {
      const first = lines.start[rows[i]];
      let last = lines.end[rows[i]];
      for (i++; i < to && lines.start[rows[i]] === last + 1 && lines.bytes[last] === LF; i++) last = lines.end[rows[i]];   // neighbours are copied together
      this.#reserve(last - first + 1);
      this.bytes.set(lines.bytes.subarray(first, last), this.length);
      this.length += last - first;
      this.bytes[this.length++] = LF;
    }
  }

  /**
   * Rows rows[from, to), each with LF; row r gets the members texts[which[r]] (like `"a":1,"b":2`, without a comma around them; empty: nothing) before its closing brace,
   * after a comma where the object has members.
   */
  append(lines: Texts, rows: Uint32Array, from: number, to: number, texts: readonly Uint8Array[], which: Uint32Array): void {
    if (from >= to) return;
    if (this.#isHere(lines)) { this.#run(lines, rows, from, to, which, texts); return; }
    for (let i = from; i < to; i++) {
      const row = rows[i], start = lines.start[row], end = lines.end[row], text = texts[which[row]];
      this.#reserve(end - start + text.length + 2);
      this.bytes.set(lines.bytes.subarray(start, end), this.length);
      this.length += end - start;
      if (text.length > 0) {
        let last = end - 2;
        while (last > start && lines.bytes[last] <= 32) last--;
        this.length--;
        if (last > start) this.bytes[this.length++] = COMMA;
        this.bytes.set(text, this.length);
        this.length += text.length;
        this.bytes[this.length++] = CLOSE;
      }
      this.bytes[this.length++] = LF;
    }
  }

  #isHere({ bytes, start, end }: Texts): boolean {
    return this.#kernel !== undefined && bytes.byteOffset === 0 && this.#kernel.owns(bytes) && this.#kernel.owns(start) && this.#kernel.owns(end);
  }

  #run(lines: Texts, rows: Uint32Array, from: number, to: number, which: Uint32Array, texts: readonly Uint8Array[]): void {
    const wasm = this.#kernel!;   // `!`: #isHere() was true
    const size = which.length === 0 ? 0 : rows[to - 1] + 1;
    // What take() will give: each piece, and up to 15 bytes before it.
    let top = this.#stage(wasm.allocate, 4 * (to - from) + 4 * size + 8 * texts.length + texts.reduce((sum, text) => sum + text.length + 32, 0) + 4 * 16 + 4);
    const behind = top;
    const { bytes } = wasm, { buffer } = bytes;
    const take = (count: number): number => { const at = top = aligned(top, 16); top += count; return at; };
    take(4);
    const end = new Uint32Array(buffer, behind, 1);
    let list = rows.byteOffset + 4 * from, groups = which.byteOffset;
    if (!wasm.owns(rows)) { list = take(4 * (to - from)); new Uint32Array(buffer, list, to - from).set(rows.subarray(from, to)); }
    if (size > 0 && !wasm.owns(which)) { groups = take(4 * size); new Uint32Array(buffer, groups, size).set(which.subarray(0, size)); }
    let table = 0;
    if (texts.length > 0) {
      table = take(8 * texts.length);
      const entries = new Uint32Array(buffer, table, 2 * texts.length);
      texts.forEach((text, i) => { const at = take(text.length + 16); bytes.set(text, at); entries[2 * i] = at; entries[2 * i + 1] = text.length; });
    }
    if (top > this.#staging.at + this.#staging.size) throw new Error('more was staged than there is room for');   // it would be another one's memory
    for (let i = 0; i < to - from;) {
      const { at, size: outBytes } = this.#out, limit = outBytes === 0 ? 0 : at + outBytes - spare;
      if (limit > 0) {
        i = wasm.calls.splice(lines.start.byteOffset, lines.end.byteOffset, list, i, to - from, groups, table, at + this.length, limit, behind);
        this.length = end[0] - at;
      }
      if (i < to - from) {
        const row = rows[from + i];
        this.#reserve(Math.max(this.#out.size, lines.end[row] - lines.start[row] + (texts[which[row]]?.length ?? 0) + 2));
      }
    }
  }

  #stage(allocate: (size: number) => number, size: number): number {
    const block = this.#staging;
    if (block.size < size) {
      if (block.size > 0) this.#kernel!.free(block.at, block.size);   // `!`: only #run() stages
      block.size = 2 * size;
      block.at = allocate(block.size);
    }
    return block.at;
  }

  #reserve(more: number): void {
    const wanted = this.length + more + spare, old = this.#kernel === undefined ? this.bytes.length + spare : this.#out.size;
    if (wanted <= old) return;
    const size = Math.max(wanted, 2 * old, firstBytes);
    let bytes: Uint8Array;
    if (this.#kernel === undefined) bytes = new Uint8Array(size - spare);
    else {
      const at = this.#kernel.allocate(size);
      bytes = this.#kernel.bytes.subarray(at, at + size);
      if (old > 0) this.#kernel.free(this.#out.at, old);
      this.#out.at = at;
      this.#out.size = size;
    }
    bytes.set(this.bytes.subarray(0, this.length));
    this.bytes = bytes;
  }
}
