// `&&`, `||`, `!`: three-valued (SEMANTICS 2). A wrong operand counts as null, and is counted. Owns: the order in which sides are looked at.
// The right side is looked at only where the left does not decide (in a condition: only where it can still come true); under --strict everywhere, so that every clash is found.
import { Tag } from '../../record/batch.js';
import type { Batch, Column } from '../../record/batch.js';
import type { Range } from '../syntax.js';
import { Making, Node, isA } from './node.js';
import type { Stage } from './node.js';

/** The operand of a logical operator: what is not boolean is a clash, and null. */
export class ConditionNode extends Making {
  override readonly isBoolean = true;
  private readonly of: Node;
  private readonly operator: string;
  constructor(stage: Stage, range: Range, of: Node, operator: string) { super(stage, range); this.of = of; this.operator = operator; }
  column(batch: Batch, rows: Uint32Array): Column {
    const column = this.of.column(batch, rows);
    let i = 0;
    while (i < rows.length && column.tag[rows[i]] <= Tag.True) i++;
    if (i === rows.length) return column;
    const out = this.out.begin(batch.size);
    for (i = 0; i < rows.length; i++) {
      const row = rows[i], tag = column.tag[row];
      if (tag > Tag.True) this.wrong(batch, row, tag);
      if (tag === Tag.Null || tag > Tag.True) out.setNull(row); else out.setBoolean(row, tag === Tag.True);
    }
    return out;
  }
  override select(batch: Batch, rows: Uint32Array, want: number): Uint32Array {
    const { tag } = this.of.column(batch, rows), picked = this.picks(rows.length);
    let count = 0;
    for (let i = 0; i < rows.length; i++) {
      const row = rows[i];
      if (tag[row] > Tag.True) this.wrong(batch, row, tag[row]);
      picked[count] = row;
      count += tag[row] === want ? 1 : 0;
    }
    return picked.subarray(0, count);
  }
  private wrong(batch: Batch, row: number, tag: number): void {
    this.stage.clash(batch, row, () => `${this.operator} needs booleans: ${isA(this.of, tag)}`, this.spot);
  }
}
export const condition = (stage: Stage, of: Node, operator: string): Node => of.isBoolean ? of : new ConditionNode(stage, of.spot, of, operator);

export class NotNode extends Making {
  override readonly isBoolean = true;
  private readonly of: Node;
  constructor(stage: Stage, range: Range, of: Node) { super(stage, range); this.of = of; }
  column(batch: Batch, rows: Uint32Array): Column {
    const { tag } = this.of.column(batch, rows), out = this.out.begin(batch.size);
    for (let i = 0; i < rows.length; i++) {
      const row = rows[i];
      if (tag[row] === Tag.Null) out.setNull(row); else out.setBoolean(row, tag[row] === Tag.False);
    }
    return out;
  }
  override select(batch: Batch, rows: Uint32Array, want: number): Uint32Array { return this.of.select(batch, rows, want === Tag.True ? Tag.False : Tag.True); }
}

/** a && b && … (decided by false), a || b || … (decided by true). */
export class LogicNode extends Making {
  override readonly isBoolean = true;
  private readonly parts: readonly Node[];
  private readonly deciding: number;
  private marks = new Uint8Array(0);
  private open = new Uint32Array(0);
  constructor(stage: Stage, range: Range, kind: 'and' | 'or', parts: readonly Node[]) {
    super(stage, range);
    this.parts = parts;
    this.deciding = kind === 'and' ? Tag.False : Tag.True;
  }

  column(batch: Batch, rows: Uint32Array): Column {
    const out = this.out.begin(batch.size), { tag, start, end } = out, { deciding } = this;
    const all = this.stage.binder.strict, open = this.room(rows.length);
    for (let i = 0; i < rows.length; i++) { const row = rows[i]; start[row] = end[row] = 0; tag[row] = deciding === Tag.False ? Tag.True : Tag.False; open[i] = row; }
    let count = rows.length;
    for (const part of this.parts) {
      const { tag: value } = part.column(batch, all ? rows : open.subarray(0, count));
      let left = 0;
      for (let i = 0; i < count; i++) {
        const row = open[i];
        if (value[row] === deciding) tag[row] = deciding;
        else {
          if (value[row] === Tag.Null) tag[row] = Tag.Null;
          open[left++] = row;
        }
      }
      count = left;
    }
    return out;
  }

  override select(batch: Batch, rows: Uint32Array, want: number): Uint32Array {
    if (this.stage.binder.strict) return super.select(batch, rows, want);
    if (want !== this.deciding) {                          // true by all of them, one after another on what is left
      let picked = rows;
      for (const part of this.parts) picked = part.select(batch, picked, want);
      return picked;
    }
    const open = this.room(rows.length), marks = this.marks.length < batch.size ? this.marks = new Uint8Array(Math.max(batch.size, 16384)) : this.marks;
    open.set(rows);
    let count = rows.length;
    for (const part of this.parts) {
      const decided = part.select(batch, open.subarray(0, count), want);
      if (decided.length === 0) continue;
      for (let i = 0; i < decided.length; i++) marks[decided[i]] = 1;
      let left = 0;
      for (let i = 0; i < count; i++) { const row = open[i]; open[left] = row; left += 1 - marks[row]; }
      count = left;
    }
    const picked = this.picks(rows.length);
    let found = 0;
    for (let i = 0; i < rows.length; i++) { const row = rows[i]; picked[found] = row; found += marks[row]; marks[row] = 0; }
    return picked.subarray(0, found);
  }

  private room(count: number): Uint32Array {
    if (this.open.length <= count) this.open = new Uint32Array(Math.max(count + 1, Math.min(2 * this.open.length, 16385)));
    return this.open;
  }
}
