// One value of a column outlives its batch: as a column of one row, and as bytes of a checkpoint.
import type { Column } from './batch.js';
import type { Pack, Unpack } from './pack.js';

/** One row of a column, as row 0 of a column of its own. */
export function alone({ tag, number, start, end, bytes, escaped }: Column, row: number): Column {
  const text = bytes.slice(start[row], end[row]);
  return { tag: tag.slice(row, row + 1), number: number.slice(row, row + 1), start: Uint32Array.of(0), end: Uint32Array.of(text.length), bytes: text, escaped };
}

export function packCell(out: Pack, { tag, number, start, end, bytes, escaped }: Column, row: number): void {
  out.count(tag[row] * 2 + (escaped ? 1 : 0));
  out.number(number[row]);
  out.raw(bytes, start[row], end[row]);
}

/** What packCell() put, as row 0 of a column. */
export function unpackCell(from: Unpack): Column {
  const what = from.count(), number = from.number(), bytes = from.raw().slice();
  return { tag: Uint8Array.of(what >> 1), number: Float64Array.of(number), start: Uint32Array.of(0), end: Uint32Array.of(bytes.length), bytes, escaped: what % 2 === 1 };
}
