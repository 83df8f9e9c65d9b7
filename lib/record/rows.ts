// The batch: a selection of rows over a base of columns and lines, with the edits that operators put on them. Immutable: every method gives another view.
import { Tag } from './batch.js';
import type { Batch, Column, Edit, Lines } from './batch.js';
import type { Path } from './path.js';

/** What row numbers index: original bytes and scanned columns. Shared by all views of a batch. */
export interface Base {
  readonly size: number;
  readonly lines: Lines;
  column(path: Path): Column;
}

let ascending = new Uint32Array(0);
/** 0, 1, … count − 1. A view of one shared array: read only. */
export function allRows(count: number): Uint32Array {
  if (ascending.length < count) ascending = Uint32Array.from({ length: Math.max(count, 16384) }, (_, i) => i);
  return ascending.subarray(0, count);
}

let before = new Float64Array(0);
/** W = −∞ before and after each of `size` rows. A view of one shared array: read only. */
export function noWatermark(size: number): Float64Array {
  if (before.length <= size) before = new Float64Array(Math.max(size + 1, 16385)).fill(-Infinity);
  return before.subarray(0, size + 1);
}

/** A batch of all rows of a base. */
export const batchOf = (base: Base, watermark: Float64Array = noWatermark(base.size)): Batch => new Rows(base, allRows(base.size), watermark, [], new Map());
/** The base of a batch: equal for all views with the same row numbers. */
export const baseOf = (batch: Batch): Base => (batch as Rows).base;

class Rows implements Batch {
  readonly base: Base;
  readonly rows: Uint32Array;
  readonly watermark: Float64Array;
  readonly edits: readonly Edit[];
  readonly memo: Map<object, Column>;
  constructor(base: Base, rows: Uint32Array, watermark: Float64Array, edits: readonly Edit[], memo: Map<object, Column>) {
    this.base = base; this.rows = rows; this.watermark = watermark; this.edits = edits; this.memo = memo;
  }
  get size(): number { return this.base.size; }
  get lines(): Lines { return this.base.lines; }
  scanned(path: Path): Column { return this.base.column(path); }
  /** Columns worked out so far hold for the new selection too, for they were worked out for more rows: only narrowing is allowed. */
  select(rows: Uint32Array): Batch { return new Rows(this.base, rows, this.watermark, this.edits, this.memo); }
  edit(...edits: readonly Edit[]): Batch { return new Rows(this.base, this.rows, this.watermark, [...this.edits, ...edits], new Map()); }
  timed(watermark: Float64Array): Batch { return new Rows(this.base, this.rows, watermark, this.edits, this.memo); }
  gather(rows: Uint32Array): Batch {
    const base = new Gathered(this.base, rows);
    const watermark = new Float64Array(rows.length + 1);
    for (let i = 0; i < rows.length; i++) watermark[i] = this.watermark[rows[i]];
    watermark[rows.length] = this.watermark[this.size];
    return new Rows(base, allRows(rows.length), watermark, this.edits.map((edit) => gatherEdit(edit, rows)), new Map());
  }
}

class Gathered implements Base, Lines {
  readonly size: number;
  readonly start: Uint32Array;
  readonly end: Uint32Array;
  private readonly from: Base;
  private readonly rows: Uint32Array;
  private readonly columns = new Map<Column, Column>();
  constructor(from: Base, rows: Uint32Array) {
    this.from = from; this.rows = rows; this.size = rows.length;
    this.start = pick(from.lines.start, rows); this.end = pick(from.lines.end, rows);
  }
  get lines(): Lines { return this; }
  get bytes(): Uint8Array { return this.from.lines.bytes; }
  get source(): string { return this.from.lines.source; }
  line(row: number): number { return this.from.lines.line(this.rows[row]); }
  offset(row: number): number { return this.from.lines.offset(this.rows[row]); }
  column(path: Path): Column {
    const original = this.from.column(path);
    let made = this.columns.get(original);
    if (made === undefined) this.columns.set(original, made = gatherColumn(original, this.rows));
    return made;
  }
}

function pick(from: Uint32Array, rows: Uint32Array): Uint32Array {
  const out = new Uint32Array(rows.length);
  for (let i = 0; i < rows.length; i++) out[i] = from[rows[i]];
  return out;
}

/** The column whose row n is row rows[n] of the given one; same bytes. */
export function gatherColumn(column: Column, rows: Uint32Array): Column {
  const tag = new Uint8Array(rows.length), number = new Float64Array(rows.length);
  for (let i = 0; i < rows.length; i++) { tag[i] = column.tag[rows[i]]; number[i] = column.number[rows[i]]; }
  return { tag, number, start: pick(column.start, rows), end: pick(column.end, rows), bytes: column.bytes, escaped: column.escaped };
}

function gatherEdit(edit: Edit, rows: Uint32Array): Edit {
  if ('set' in edit) return { set: edit.set, to: gatherColumn(edit.to, rows) };
  if ('spread' in edit) return { spread: gatherColumn(edit.spread, rows) };
  return edit;
}

const none = new Uint8Array(0);
/** A column of nothing but missing values, for `size` rows. */
export const nullColumn = (size: number): Column => ({ tag: new Uint8Array(size), number: new Float64Array(size), start: new Uint32Array(size), end: new Uint32Array(size), bytes: none, escaped: false });

let zeros = new Uint32Array(0), tags = new Uint8Array(0);
/** A column of nothing but computed numbers. All but `number` is shared: read only. */
export function numberColumn(number: Float64Array, size: number): Column {
  if (tags.length < size) { const room = Math.max(size, 16384); tags = new Uint8Array(room).fill(Tag.Number); zeros = new Uint32Array(room); }
  return { tag: tags, number, start: zeros, end: zeros, bytes: none, escaped: false };
}
