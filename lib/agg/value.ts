// Values that outlive their batch: what min, first, mode and their kin keep of a column. A kept value has bytes of its own, and none where its number says its text.
import { cellOf, type Cell } from '../record/compare.js';
import { hasBackslash, spanText } from '../record/json.js';
import { Tag, type Column, type Writer } from '../record/batch.js';
import type { Codec } from '../stream/store.js';

export type Value = Readonly<Cell>;

const nothing = new Uint8Array(0);
export const noValue: Value = Object.freeze({ tag: Tag.Null, number: 0, bytes: nothing, start: 0, end: 0 });

/** A copy of the value at a row. */
export function keep({ tag, number, bytes, start, end }: Column, row: number): Value {
  const type = tag[row], from = start[row], to = end[row];
  if (type <= Tag.True) return { tag: type, number: 0, bytes: nothing, start: 0, end: 0 };
  if (from === to || (type === Tag.Number && isPrinted(bytes, from, to))) return { tag: type, number: number[row], bytes: nothing, start: 0, end: 0 };
  return { tag: type, number: number[row], bytes: bytes.slice(from, to), start: 0, end: to - from };
}

/** Whether JavaScript prints the number with these very bytes: up to 15 digits and nothing else. −0 is not among them. */
function isPrinted(bytes: Uint8Array, start: number, end: number): boolean {
  let at = start;
  if (bytes[at] === 45) { at++; if (bytes[at] === 48) return false; }
  if (end - at > 15) return false;
  for (; at < end; at++) if (bytes[at] < 48 || bytes[at] > 57) return false;
  return true;
}

/** A column of one row that can be pointed at a kept value: what compareValues and Writer.copy take. Holds until the next call. */
class View implements Column {
  readonly tag = new Uint8Array(1);
  readonly number = new Float64Array(1);
  readonly start = new Uint32Array(1);
  readonly end = new Uint32Array(1);
  bytes: Uint8Array = nothing;
  readonly escaped = true;                               // not known: as if
  at(value: Value): this {
    this.tag[0] = value.tag; this.number[0] = value.number; this.start[0] = value.start; this.end[0] = value.end; this.bytes = value.bytes;
    return this;
  }
}
const shared = new View();
export const view = (value: Value): Column => shared.at(value);

export function writeValue(value: Value, out: Writer): void {
  if (value.tag === Tag.Null) out.none();
  else if (value.start === value.end && value.tag >= Tag.Number) out.number(value.number);
  else if (value.start === value.end) out.boolean(value.tag === Tag.True);
  else out.copy(view(value), 0);
}

/** JSON text of a kept value. */
export function valueText({ tag, number, bytes, start, end }: Value): string {
  return start < end ? spanText(bytes, start, end) : tag === Tag.Null ? 'null' : tag === Tag.False ? 'false' : tag === Tag.True ? 'true' : String(number);
}
/** JSON text of the value at a row; undefined where its key (key.ts) says it: a plain number, a string without escapes. */
export function ownText(column: Column, row: number): string | undefined {
  const { tag, bytes, start, end } = column, from = start[row], to = end[row];
  if (from === to || (tag[row] === Tag.Number && isPrinted(bytes, from, to)) || (tag[row] === Tag.String && !hasBackslash(bytes, from, to))) return undefined;
  return spanText(bytes, from, to);
}
/** JSON text of the value at a row, as it stands in the source. */
export function textAt(column: Column, row: number): string {
  const { tag, number, bytes, start, end } = column;
  if (tag[row] === Tag.Null) return 'null';
  return start[row] < end[row] ? spanText(bytes, start[row], end[row]) : tag[row] === Tag.False ? 'false' : tag[row] === Tag.True ? 'true' : String(number[row]);
}

/** What a JSON text says, as a kept value. */
export function valueOf(text: string): Value {
  const bytes = new TextEncoder().encode(text);
  return cellOf(bytes, 0, bytes.length);
}

/** JSON text of the value; none: no bytes. A number without text is told by its text, so its tag comes back with it. */
export const valueCodec: Codec<Value> = {
  zero: () => noValue,
  encode: (value) => value.start < value.end ? value.bytes.subarray(value.start, value.end) : value.tag === Tag.Null ? nothing : new TextEncoder().encode(valueText(value)),
  decode: (bytes) => bytes.length === 0 ? noValue : cellOf(bytes, 0, bytes.length),
};

/** JSON as bytes: for cells whose parts are numbers and texts. `read` gives back what `write` made of a value. */
export function jsonCodec<T, J>(zero: () => T, write: (value: T) => J, read: (json: J) => T, isZero: (value: T) => boolean): Codec<T> {
  return {
    zero,
    encode: (value) => isZero(value) ? nothing : new TextEncoder().encode(JSON.stringify(write(value))),
    decode: (bytes) => bytes.length === 0 ? zero() : read(JSON.parse(new TextDecoder('utf-8', { ignoreBOM: true }).decode(bytes)) as J),
  };
}
