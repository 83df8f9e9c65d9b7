// ColumnBuilder: a column that is being made, row by row, in any order. Owns: the growth of its arrays and the bytes of what is written. Must not: decide what is written.
// A row that is not written keeps what it had from the batch before: write every row of the selection.
import { LeatError } from '../errors.js';
import { Tag } from './batch.js';
import type { Column } from './batch.js';
import { encodeString } from './json.js';
import { wideFrom } from './number.js';

const encoder = new TextEncoder();
const nothing = new Uint8Array(0);
/** Largest text of one column: its offsets are 32 bits wide, and memory is not endless. */
const bytesMax = 2 ** 30;

/**
 * begin(size) for each batch, then set…(row, …), then read it as a Column; its arrays are reused at the next begin(). take() gives a column that stays.
 * All texts of one column lie in one array of bytes. begin(size, bytes) says that every text will be a span of those bytes, handed on by copy(): then nothing is copied.
 */
export class ColumnBuilder implements Column {
  tag: Uint8Array = nothing;
  number: Float64Array = new Float64Array(0);
  start: Uint32Array = new Uint32Array(0);
  end: Uint32Array = new Uint32Array(0);
  bytes: Uint8Array = nothing;
  escaped = false;
  private own: Uint8Array = nothing;
  private used = 0;
  private adopted = false;

  /** A new column of rows 0 … size − 1. */
  begin(size: number, adopt?: Uint8Array): this {
    if (this.tag.length < size) {
      const room = Math.max(size, Math.min(this.tag.length * 2, 16384));
      this.tag = new Uint8Array(room); this.number = new Float64Array(room); this.start = new Uint32Array(room); this.end = new Uint32Array(room);
    }
    this.used = 0; this.escaped = false;
    this.adopted = adopt !== undefined;
    this.bytes = adopt ?? this.own;
    return this;
  }

  setNull(row: number): void { this.tag[row] = Tag.Null; this.start[row] = this.end[row] = 0; }
  setBoolean(row: number, value: boolean): void { this.tag[row] = value ? Tag.True : Tag.False; this.start[row] = this.end[row] = 0; }
  /** A finite number. */
  setNumber(row: number, value: number): void { this.tag[row] = Tag.Number; this.number[row] = value; this.start[row] = this.end[row] = 0; }
  /** An integer of any size: Number below 2^53, else Wide. */
  setInteger(row: number, value: bigint): void {
    const x = Number(value);
    if (x < wideFrom && x > -wideFrom) { this.setNumber(row, x); return; }
    this.setWide(row, x, value.toString());
  }
  /** A Wide number with its text, and the double nearest to it. */
  setWide(row: number, nearest: number, text: string): void {
    const from = this.used;
    this.text(text);
    this.finish(row, Tag.Wide, from);
    this.number[row] = nearest;
  }
  /** A string. */
  setText(row: number, value: string): void {
    const from = this.used, size = value.length;
    this.room(size * 3 + 2);
    const own = this.own;
    let at = from;
    own[at++] = 34;
    let i = 0;
    for (; i < size; i++) {
      const c = value.charCodeAt(i);
      if (c < 32 || c === 34 || c === 92 || c > 126) break;
      own[at++] = c;
    }
    if (i === size) { own[at++] = 34; this.used = at; } else this.text(this.noteEscapes(encodeString(value)));
    this.finish(row, Tag.String, from);
  }
  /** Any value, by its JSON text without blanks around it. Its tag is the caller's business; a Wide or Number needs `number` too. */
  setJson(row: number, tag: number, json: string, number = 0): void {
    const from = this.used;
    this.text(tag === Tag.String ? this.noteEscapes(json) : json);
    this.finish(row, tag, from);
    this.number[row] = number;
  }
  /** A value as it stands, with its text. */
  copy(row: number, from: Column, fromRow: number): void {
    this.tag[row] = from.tag[fromRow];
    this.number[row] = from.number[fromRow];
    const start = from.start[fromRow], end = from.end[fromRow];
    if (this.adopted || start === end) { this.start[row] = start; this.end[row] = end; } else this.place(row, from.bytes, start, end);
    if (from.escaped) this.escaped = true;
  }
  /** A value by its tag, number and text. `escaped` only matters for strings: whether the text may have a backslash. */
  setSpan(row: number, tag: number, number: number, bytes: Uint8Array, start: number, end: number, escaped: boolean): void {
    this.tag[row] = tag;
    this.number[row] = number;
    if (this.adopted) { this.start[row] = start; this.end[row] = end; } else this.place(row, bytes, start, end);
    if (escaped) this.escaped = true;
  }

  // JSON text piece by piece: from = here(), then byte(), span() and text(), then finish(row, tag, from).
  here(): number { return this.used; }
  byte(code: number): void {
    if (this.used === this.own.length) this.room(1);
    this.own[this.used++] = code;
  }
  span(bytes: Uint8Array, start: number, end: number): void {
    const size = end - start;
    this.room(size);
    if (size > 48) this.own.set(bytes.subarray(start, end), this.used);
    else for (let i = start, at = this.used; i < end; i++) this.own[at++] = bytes[i];
    this.used += size;
  }
  /** Text as UTF-8; it is part of JSON already, so that it has no lone surrogates. */
  text(text: string): void {
    this.room(text.length * 3);
    if (text.length <= 32) {                               // a call into the encoder costs more than so many characters
      const own = this.own;
      let i = 0, at = this.used;
      for (; i < text.length; i++) {
        const c = text.charCodeAt(i);
        if (c > 127) break;
        own[at++] = c;
      }
      if (i === text.length) { this.used = at; return; }
    }
    this.used += encoder.encodeInto(text, this.own.subarray(this.used)).written;
  }
  /** Forgets what was written since `from`. */
  rewind(from: number): void { this.used = from; }
  finish(row: number, tag: number, from: number): void {
    this.tag[row] = tag; this.start[row] = from; this.end[row] = this.used;
  }
  /** The strings written by pieces may have backslashes. */
  noteEscaped(): void { this.escaped = true; }

  /** The column made, for its receiver to keep: the builder begins with fresh arrays. */
  take(): Column {
    const { tag, number, start, end, bytes, escaped } = this;
    this.tag = nothing; this.number = new Float64Array(0); this.start = this.end = new Uint32Array(0);
    // As much room as was needed last time, and some: one huge batch is not paid for by all that follow.
    if (!this.adopted) { this.own = new Uint8Array(Math.min(this.own.length, this.used + (this.used >> 2))); this.bytes = this.own; }
    return { tag, number, start, end, bytes, escaped };
  }

  private noteEscapes(json: string): string {
    if (!this.escaped && json.includes('\\')) this.escaped = true;
    return json;
  }
  private place(row: number, bytes: Uint8Array, start: number, end: number): void {
    this.start[row] = this.used;
    this.span(bytes, start, end);
    this.end[row] = this.used;
  }
  private room(more: number): void {
    const need = this.used + more;
    if (need <= this.own.length) return;
    if (need > bytesMax) throw new LeatError('E_TYPE', { what: 'the values computed for one batch of records are larger than 1 GiB', help: 'shorter results, with left(s, n) for example' });
    const larger = new Uint8Array(Math.max(need, Math.min(this.own.length * 2, bytesMax), 1024));
    larger.set(this.own.subarray(0, this.used));
    this.own = larger;
    if (!this.adopted) this.bytes = larger;
  }
}
