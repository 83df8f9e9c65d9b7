// JSON text into a growing byte buffer, and the made record (Writer) on top of it. It knows nothing of streams.
import type { Column, Instant, Writer } from '../record/batch.js';
import { Tag } from '../record/batch.js';
import { writeInstant } from '../time/instant.js';

const utf8 = new TextEncoder();
const NULL = utf8.encode('null'), TRUE = utf8.encode('true'), FALSE = utf8.encode('false');

/** Bytes that grow. `bytes` moves when it grows: take it again after each call. */
export class Bytes {
  bytes: Uint8Array;
  length = 0;
  constructor(capacity = 1 << 12) { this.bytes = new Uint8Array(capacity); }
  clear(): void { this.length = 0; }
  /** Room for so many more bytes. */
  reserve(more: number): void {
    if (this.length + more <= this.bytes.length) return;
    const grown = new Uint8Array(Math.max(this.bytes.length * 2, this.length + more));
    grown.set(this.bytes.subarray(0, this.length)); this.bytes = grown;
  }
  byte(value: number): void { this.reserve(1); this.bytes[this.length++] = value; }
  /** bytes[start, end) of another array. */
  copy(from: Uint8Array, start: number, end: number): void {
    const count = end - start;
    this.reserve(count);
    const to = this.bytes;
    let at = this.length;
    if (count <= 32) for (let i = start; i < end; i++) to[at++] = from[i];       // a call costs more than so few bytes
    else to.set(from.subarray(start, end), at);
    this.length += count;
  }
  all(from: Uint8Array): void { this.copy(from, 0, from.length); }
  /** Text that is ASCII. */
  ascii(text: string): void {
    this.reserve(text.length);
    for (let i = 0; i < text.length; i++) this.bytes[this.length++] = text.charCodeAt(i);
  }
  text(text: string): void {
    this.reserve(text.length * 3);
    this.length += utf8.encodeInto(text, this.bytes.subarray(this.length)).written;
  }
  /** An instant as tools write it: RFC 3339 in quotes, or ms. */
  instant(ms: Instant, isText: boolean): void {
    if (!isText) { this.ascii(String(ms)); return; }
    this.reserve(32);
    this.bytes[this.length++] = 34;
    this.length = writeInstant(ms, this.bytes, this.length);
    this.bytes[this.length++] = 34;
  }
  /** The value of a column as JSON text: its source text where it has one. */
  value(column: Column, row: number): void {
    const start = column.start[row], end = column.end[row];
    if (start < end) { this.copy(column.bytes, start, end); return; }
    switch (column.tag[row]) {
      case Tag.True: this.all(TRUE); break;
      case Tag.False: this.all(FALSE); break;
      case Tag.Number: case Tag.Wide: this.ascii(numberText(column.number[row])); break;
      default: this.all(NULL);
    }
  }
}

/** As JavaScript prints it; −0 is 0 there. */
const numberText = (x: number): string => String(x);

/** Records made field after field; each ends with LF in `out`. */
export class RecordWriter implements Writer {
  readonly out: Bytes;
  private readonly names: readonly (Uint8Array | undefined)[];
  private at = 0;
  private over = -1;                                     // where a value ends that a later field of the same name replaces
  /** Of fields of one name the last one stands. */
  constructor(fields: readonly string[], out = new Bytes()) {
    let isFirst = true;
    this.out = out;
    this.names = fields.map((name, i) => {
      if (fields.indexOf(name, i + 1) >= 0) return undefined;
      const text = utf8.encode(`${isFirst ? '{' : ','}${JSON.stringify(name)}:`);
      isFirst = false;
      return text;
    });
  }
  private name(): Bytes {
    const { out } = this, name = this.names[this.at++];
    if (this.over >= 0) { out.length = this.over; this.over = -1; }
    if (name === undefined) this.over = out.length; else out.all(name);
    return out;
  }
  number(x: number): void { this.name().ascii(numberText(x)); }
  integer(x: bigint): void { this.name().ascii(String(x)); }
  text(x: string): void { this.name().text(JSON.stringify(x)); }
  boolean(x: boolean): void { this.name().all(x ? TRUE : FALSE); }
  time(ms: Instant): void { this.name().instant(ms, true); }
  none(): void { this.name().all(NULL); }
  copy(column: Column, row: number): void { this.name().value(column, row); }
  json(text: string): void { this.name().text(text); }
  /** The record is complete. */
  finish(): void {
    if (this.at === 0) this.out.byte(123);
    this.out.byte(125); this.out.byte(10);
    this.at = 0;
  }
}
