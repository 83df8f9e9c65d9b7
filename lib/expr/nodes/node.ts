// What a bound expression is made of: nodes that work out a column for a selection of rows. Owns: the contract of nodes, and how they complain.
// Must not: evaluate anything itself.
import type { Spot } from '../../errors.js';
import { Tag } from '../../record/batch.js';
import type { Batch, Column } from '../../record/batch.js';
import { ColumnBuilder } from '../../record/build.js';
import { kindOf } from '../../record/compare.js';
import { spanText } from '../../record/json.js';
import type { ClashOf, Binder } from '../expression.js';
import { resultBytesMax } from '../functions/function.js';
import { spotOf } from '../syntax.js';
import type { Range } from '../syntax.js';

/** One binding of one expression: what its nodes share. */
export class Stage {
  readonly binder: Binder;
  readonly text: string;
  /** Rows that may have become bad because of us: tells whether selections need to be looked through. */
  faults = 0;
  /** Constants are being folded: complaints are counted, and nobody hears them. */
  probing = false;
  complaints = 0;
  constructor(binder: Binder, text: string) { this.binder = binder; this.text = text; }

  clash(batch: Batch, row: number, what: () => string, spot: Spot, of: ClashOf = 'value'): void {
    if (this.probing) { this.complaints++; return; }
    if (this.binder.strict) this.faults++;
    if (!this.binder.isBad(batch, row)) this.binder.clash(batch, row, what, spot, of);
  }
  /** A number that no double holds was to be computed with, or came out (SEMANTICS 1): never null. */
  overflow(batch: Batch, row: number, got: string, spot: Spot): void {
    if (this.probing) { this.complaints++; return; }
    this.faults++;
    if (!this.binder.isBad(batch, row)) this.binder.bad(batch, row, 'E_OVERFLOW', { got: shorten(got) }, spot);
  }
  /** A result longer than a line may be. */
  tooLong(batch: Batch, row: number, spot: Spot): void {
    if (this.probing) { this.complaints++; return; }
    this.faults++;
    if (!this.binder.isBad(batch, row)) this.binder.bad(batch, row, 'E_TYPE', { what: `a result longer than ${resultBytesMax} bytes`, help: '' }, spot);
  }
  /** A function of the user's has thrown, or given what it says it does not give. */
  broken(batch: Batch, row: number, what: string, spot: Spot): void {
    if (this.probing) { this.complaints++; return; }
    this.faults++;
    if (!this.binder.isBad(batch, row)) this.binder.bad(batch, row, 'E_TYPE', { what, help: 'keep such records with --bad FILE, or count and drop them with --bad skip' }, spot);
  }
}

export const shorten = (text: string): string => text.length <= 40 ? text : `${text.slice(0, 24)}… (${text.length} digits)`;

/**
 * Works out values for rows of a batch, ascending row numbers. What it returns is valid until it is asked again: a node has one parent, and nodes are not shared.
 * Rows outside of the selection hold anything.
 */
export abstract class Node {
  readonly spot: Spot;
  /** The source text of the node, for messages. */
  readonly label: string;
  protected readonly stage: Stage;
  /** Its values are null, false and true only. */
  readonly isBoolean: boolean = false;
  readonly isConstant: boolean = false;
  constructor(stage: Stage, range: Range) {
    this.stage = stage;
    this.spot = spotOf(stage.text, range);
    this.label = stage.text.slice(range.start, range.end);
  }
  abstract column(batch: Batch, rows: Uint32Array): Column;
  /** Those of rows that are exactly `want` (Tag.True or Tag.False), ascending. */
  select(batch: Batch, rows: Uint32Array, want: number): Uint32Array {
    const { tag } = this.column(batch, rows);
    const picked = this.picks(rows.length);
    let count = 0;
    for (let i = 0; i < rows.length; i++) { picked[count] = rows[i]; count += tag[rows[i]] === want ? 1 : 0; }
    return picked.subarray(0, count);
  }

  private buffer = new Uint32Array(0);
  /** Room for a selection of up to `count` rows, and one more, so that loops may write before they decide. */
  protected picks(count: number): Uint32Array {
    if (this.buffer.length <= count) this.buffer = new Uint32Array(Math.max(count + 1, Math.min(2 * this.buffer.length, 16385)));
    return this.buffer;
  }
}

/** A node with a column of its own. */
export abstract class Making extends Node {
  protected readonly out = new ColumnBuilder();
}

/** "status is a string there", "500 is a number": for clashes. A constant is what it is everywhere. */
export const isA = (node: Node, tag: number): string =>
  `${node.label} is ${tag === Tag.Null ? 'null' : tag === Tag.Array || tag === Tag.Object ? `an ${kindOf(tag)}` : `a ${kindOf(tag)}`}${node.isConstant ? '' : ' there'}`;

/** JSON text of a value. */
export function valueText(column: Column, row: number): string {
  const start = column.start[row], end = column.end[row];
  if (start < end) return spanText(column.bytes, start, end);
  switch (column.tag[row]) {
    case Tag.Null: return 'null';
    case Tag.False: return 'false';
    case Tag.True: return 'true';
    default: return String(column.number[row]);
  }
}

/** Writes the JSON text of a value: its own where it has one, else what JavaScript prints. */
export function writeValue(out: ColumnBuilder, column: Column, row: number): void {
  const start = column.start[row], end = column.end[row];
  if (start < end) out.span(column.bytes, start, end); else out.text(valueText(column, row));
}

/** The bytes that all of these columns have their texts in, so that a builder can adopt them; undefined where they differ. */
export function commonBytes(columns: readonly Column[]): Uint8Array | undefined {
  let bytes: Uint8Array | undefined;
  for (const column of columns) {
    if (column.bytes.length === 0 || column.bytes === bytes) continue;
    if (bytes !== undefined) return undefined;
    bytes = column.bytes;
  }
  return bytes;
}
