// Batches out of NDJSON text, and a binder that takes notes: what tests of lib/record and lib/expr need of a stage, without kernel or runtime.
import type { Detail, ErrorCode, Spot } from '../../../lib/errors.js';
import { Tag } from '../../../lib/record/batch.js';
import type { Batch, Column, Field, Lines } from '../../../lib/record/batch.js';
import { ColumnBuilder } from '../../../lib/record/build.js';
import { cellOf } from '../../../lib/record/compare.js';
import { findElement, findMember, hasBackslash, keyOf, spanText, utf8Bytes } from '../../../lib/record/json.js';
import { pathText } from '../../../lib/record/path.js';
import type { Path } from '../../../lib/record/path.js';
import { batchOf } from '../../../lib/record/rows.js';
import type { Binder } from '../../../lib/expr/expression.js';

/** One record a line, each valid JSON. Columns are worked out by walking the text: slow, and nothing to do with the scanner. */
export function batchFrom(...lines: readonly string[]): Batch {
  const bytes = utf8Bytes(lines.map((line) => `${line}\n`).join(''));
  const start = new Uint32Array(lines.length), end = new Uint32Array(lines.length);
  let at = 0;
  lines.forEach((line, row) => { start[row] = at; at += utf8Bytes(line).length; end[row] = at++; });
  const made = new Map<string, Column>();
  const record: Lines = { bytes, start, end, source: 'test', line: (row) => row + 1, offset: (row) => start[row] };
  return batchOf({
    size: lines.length, lines: record,
    column(path) {
      const name = pathText(path);
      let column = made.get(name);
      if (column === undefined) made.set(name, column = scan(record, lines.length, path));
      return column;
    },
  });
}

function scan({ bytes, start, end }: Lines, size: number, path: Path): Column {
  const out = new ColumnBuilder().begin(size, bytes);
  for (let row = 0; row < size; row++) {
    const found = { start: start[row], end: end[row] };
    const isThere = path.every((step) => typeof step === 'string'
      ? bytes[found.start] === 123 && findMember(bytes, found.start, found.end, keyOf(step), found)
      : bytes[found.start] === 91 && findElement(bytes, found.start, found.end, step, found));
    if (!isThere) { out.setNull(row); continue; }
    const cell = cellOf(bytes, found.start, found.end);
    out.setSpan(row, cell.tag, cell.number, bytes, cell.start, cell.end, cell.tag === Tag.String && hasBackslash(bytes, cell.start, cell.end));
  }
  return out.take();
}

/** A column of JSON texts, one a row. */
export const columnOf = (...values: readonly string[]): Column => batchFrom(...values.map((value) => `{"v":${value}}`)).scanned(['v']);

/** JSON text of a value as the writer prints it. */
export function textAt(column: Column, row: number): string {
  if (column.start[row] < column.end[row]) return spanText(column.bytes, column.start[row], column.end[row]);
  return column.tag[row] === Tag.Null ? 'null' : column.tag[row] === Tag.False ? 'false' : column.tag[row] === Tag.True ? 'true' : String(column.number[row]);
}

export interface Note { readonly row: number; readonly code?: ErrorCode; readonly what: string; readonly detail?: Detail; readonly spot?: Spot }

/** A stage without upstream: fields are scanned columns; complaints are kept. */
export class NotingBinder implements Binder {
  readonly clashes: Note[] = [];
  readonly bads: Note[] = [];
  readonly strict: boolean;
  readonly args: ReadonlyMap<string, string>;
  constructor({ strict = false, args = {} }: { strict?: boolean; args?: Readonly<Record<string, string>> } = {}) { this.strict = strict; this.args = new Map(Object.entries(args)); }
  field(path: Path): Field { return (batch) => batch.scanned(path); }
  bad(_: Batch, row: number, code: ErrorCode, detail: Detail = {}, spot?: Spot): void { this.bads.push({ row, code, what: '', detail, ...spot === undefined ? {} : { spot } }); }
  clash(batch: Batch, row: number, what: () => string, spot?: Spot): void {
    this.clashes.push({ row, what: what(), ...spot === undefined ? {} : { spot } });
    if (this.strict) this.bad(batch, row, 'E_TYPE', { what: what() }, spot);
  }
  isBad(_: Batch, row: number): boolean { return this.bads.some((bad) => bad.row === row); }
}
