// Leaves: a field of the record, a constant. Owns: columns that are the same for every row.
import { Tag } from '../../record/batch.js';
import type { Batch, Column, Field } from '../../record/batch.js';
import { cellOf } from '../../record/compare.js';
import type { Cell } from '../../record/compare.js';
import { hasBackslash, utf8Bytes } from '../../record/json.js';
import type { Range } from '../syntax.js';
import { Node } from './node.js';
import type { Stage } from './node.js';

export class PathNode extends Node {
  readonly field: Field;
  constructor(stage: Stage, range: Range, field: Field) { super(stage, range); this.field = field; }
  column(batch: Batch): Column { return this.field(batch); }
}

const empty = new Uint8Array(0);

/** A constant, by its JSON text. Plain numbers have no text: they print as JavaScript prints them. */
export class ConstantNode extends Node {
  readonly cell: Cell;
  override readonly isBoolean: boolean;
  override readonly isConstant = true;
  private held: Column;
  /** Its text has a backslash. */
  readonly escaped: boolean;
  constructor(stage: Stage, range: Range, json: string, keepText: boolean) {
    super(stage, range);
    const bytes = utf8Bytes(json);
    const cell = cellOf(bytes, 0, bytes.length);
    const bare = cell.tag <= Tag.True || (cell.tag === Tag.Number && !keepText);
    this.cell = bare ? { tag: cell.tag, number: cell.number, bytes: empty, start: 0, end: 0 } : cell;
    this.isBoolean = cell.tag <= Tag.True;
    this.escaped = cell.tag === Tag.String && hasBackslash(bytes, 0, bytes.length);
    this.held = this.filled(0);
  }
  column(batch: Batch): Column {
    if (this.held.tag.length < batch.size) this.held = this.filled(Math.max(batch.size, Math.min(2 * this.held.tag.length, 16384)));
    return this.held;
  }
  private filled(size: number): Column {
    const { tag, number, bytes, start, end } = this.cell;
    return { tag: new Uint8Array(size).fill(tag), number: new Float64Array(size).fill(number), start: new Uint32Array(size).fill(start), end: new Uint32Array(size).fill(end), bytes, escaped: this.escaped };
  }
}
