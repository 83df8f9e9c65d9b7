// Values of state as bytes, put in a row and taken out in the same order: what a checkpoint holds of operators, stores and cells. No names and no types: who packs knows what it is.
// Numbers are little-endian doubles, counts are LEB128; nothing in it can be executed.

const FIRST_BYTES = 256, nothing = new Uint8Array(0);
const encoder = new TextEncoder(), decoder = new TextDecoder('utf-8', { fatal: true });

export class Pack {
  bytes = new Uint8Array(FIRST_BYTES);
  length = 0;
  private view = new DataView(this.bytes.buffer);

  private room(more: number): void {
    if (this.length + more <= this.bytes.length) return;
    const bytes = new Uint8Array(Math.max(this.bytes.length * 2, this.length + more));
    bytes.set(this.bytes.subarray(0, this.length));
    this.bytes = bytes; this.view = new DataView(bytes.buffer);
  }
  clear(): void { this.length = 0; }
  /** A copy of all that was put. */
  done(): Uint8Array { return this.bytes.slice(0, this.length); }

  flag(value: boolean): void { this.room(1); this.bytes[this.length++] = value ? 1 : 0; }
  /** A whole number from 0 to 2^53 − 1. */
  count(value: number): void {
    this.room(8);
    for (; value >= 128; value = Math.floor(value / 128)) this.bytes[this.length++] = value % 128 | 128;
    this.bytes[this.length++] = value;
  }
  /** Any double: ±Infinity, −0 and NaN too. */
  number(value: number): void { this.room(8); this.view.setFloat64(this.length, value, true); this.length += 8; }
  /** bytes[start, end). */
  raw(bytes: Uint8Array, start = 0, end = bytes.length): void {
    this.count(end - start);
    this.room(end - start);
    this.copy(bytes, start, end);
  }
  /** Numbers as they lie in memory: for a thread of the same process. */
  memory({ buffer, byteOffset, byteLength }: Float64Array | Uint32Array): void { this.raw(new Uint8Array(buffer, byteOffset, byteLength)); }
  /** The same without its length. */
  appendFrom(bytes: Uint8Array, start: number, end: number): void {
    this.room(end - start);
    this.copy(bytes, start, end);
  }
  private copy(from: Uint8Array, start: number, end: number): void {
    const { bytes, length } = this;
    if (end - start <= 48) for (let i = start, to = length; i < end; i++) bytes[to++] = from[i]; else bytes.set(start === 0 && end === from.length ? from : from.subarray(start, end), length);
    this.length = length + end - start;
  }
  /** Unpaired surrogates are replaced: it is for names and texts that are valid. */
  text(value: string): void { this.raw(encoder.encode(value)); }
  /** So many whole numbers of 32 bits. */
  words(values: ArrayLike<number>, count = values.length): void {
    this.count(count);
    this.room(count * 4);
    for (let i = 0; i < count; i++, this.length += 4) this.view.setInt32(this.length, values[i], true);
  }
  /** So many numbers. */
  numbers(values: ArrayLike<number>, count = values.length): void {
    this.count(count);
    this.room(count * 8);
    for (let i = 0; i < count; i++, this.length += 8) this.view.setFloat64(this.length, values[i], true);
  }
}

/** Something that a checkpoint holds: what save() puts, restore() takes, in one that was just made. */
export interface Saved { save(out: Pack): void; restore(from: Unpack): void }

/** Several as one, always in this order. */
export const together = (...parts: readonly Saved[]): Saved => ({
  save(out) { for (const part of parts) part.save(out); },
  restore(from) { for (const part of parts) part.restore(from); },
});

/** What it is taken from is short, or has something left: it was packed by another version, or is damaged. */
export class PackFault extends Error {}

export class Unpack {
  at: number;
  readonly bytes: Uint8Array;
  private end: number;
  private readonly view: DataView;
  constructor(bytes: Uint8Array) { this.bytes = bytes; this.at = 0; this.end = bytes.length; this.view = new DataView(bytes.buffer, bytes.byteOffset, bytes.length); }
  /** From now on bytes[start, end) only. */
  within(start: number, end: number): this { this.at = start; this.end = end; return this; }

  private need(count: number): number {
    const { at } = this;
    if (count < 0 || at + count > this.end) throw new PackFault('state is shorter than it should be');
    this.at = at + count;
    return at;
  }
  get isOver(): boolean { return this.at === this.end; }
  flag(): boolean { return this.bytes[this.need(1)] !== 0; }
  count(): number {
    for (let value = 0, unit = 1; ; unit *= 128) {
      const byte = this.bytes[this.need(1)];
      value += (byte & 127) * unit;
      if (byte < 128) return value;
      if (unit > 2 ** 49) throw new PackFault('a count is too large');
    }
  }
  number(): number { return this.view.getFloat64(this.need(8), true); }
  /** A view, not a copy. */
  raw(): Uint8Array { const length = this.count(), at = this.need(length); return this.bytes.subarray(at, at + length); }
  /** A copy. */
  copied(): Uint8Array { const length = this.count(), at = this.need(length); return length === 0 ? nothing : this.bytes.slice(at, at + length); }
  /** What memory() put: the bytes of the numbers, aligned. */
  memory(): ArrayBuffer { const { buffer } = this.copied(); return buffer as ArrayBuffer; }
  /** The same, appended to a pack without its length. */
  rawTo(out: Pack): void { const length = this.count(), at = this.need(length); out.appendFrom(this.bytes, at, at + length); }
  /** Passes over what raw() would give; how many bytes it has. */
  skip(): number { const length = this.count(); this.need(length); return length; }
  text(): string {
    const bytes = this.raw();
    try { return decoder.decode(bytes); } catch { throw new PackFault('a text is no UTF-8'); }
  }
  words(): Int32Array<ArrayBuffer> {
    const count = this.count();
    let at = this.need(count * 4);
    const values = new Int32Array(count);
    for (let i = 0; i < count; i++, at += 4) values[i] = this.view.getInt32(at, true);
    return values;
  }
  /** numbers() as an array that can grow. */
  list(): number[] { return Array.from(this.numbers()); }
  numbers(): Float64Array {
    const count = this.count();
    let at = this.need(count * 8);
    const values = new Float64Array(count);
    for (let i = 0; i < count; i++, at += 8) values[i] = this.view.getFloat64(at, true);
    return values;
  }
}
