// `c ? a : b`, `a ?? b`: one of several values, handed through with its text. Owns: evaluating each side only where it is chosen.
import { Tag } from '../../record/batch.js';
import type { Batch, Column } from '../../record/batch.js';
import type { Range } from '../syntax.js';
import { Making, commonBytes } from './node.js';
import type { Node, Stage } from './node.js';

/** A null condition chooses b. */
export class ChoiceNode extends Making {
  override readonly isBoolean: boolean;
  private readonly test: Node;
  private readonly yes: Node;
  private readonly no: Node;
  constructor(stage: Stage, range: Range, test: Node, yes: Node, no: Node) {
    super(stage, range);
    this.test = test; this.yes = yes; this.no = no;
    this.isBoolean = yes.isBoolean && no.isBoolean;
  }
  column(batch: Batch, rows: Uint32Array): Column {
    const chosen = this.test.select(batch, rows, Tag.True);
    const others = this.picks(rows.length);
    let count = 0;
    for (let i = 0, j = 0; i < rows.length; i++) if (j < chosen.length && chosen[j] === rows[i]) j++; else others[count++] = rows[i];
    const rest = others.subarray(0, count);
    const a = this.yes.column(batch, chosen), b = this.no.column(batch, rest);
    const out = this.out.begin(batch.size, commonBytes([a, b]));
    for (let i = 0; i < chosen.length; i++) out.copy(chosen[i], a, chosen[i]);
    for (let i = 0; i < rest.length; i++) out.copy(rest[i], b, rest[i]);
    return out;
  }
}

/** The first that is not null. */
export class CoalesceNode extends Making {
  override readonly isBoolean: boolean;
  private readonly parts: readonly Node[];
  private open = new Uint32Array(0);
  constructor(stage: Stage, range: Range, parts: readonly Node[]) {
    super(stage, range);
    this.parts = parts;
    this.isBoolean = parts.every(({ isBoolean }) => isBoolean);
  }
  column(batch: Batch, rows: Uint32Array): Column {
    if (this.open.length < rows.length) this.open = new Uint32Array(Math.max(rows.length, Math.min(2 * this.open.length, 16384)));
    const open = this.open, columns: Column[] = [];
    open.set(rows);
    // Each part is asked for the rows that are still null, which stay in front of `open`.
    let count = rows.length;
    for (const part of this.parts) {
      const column = part.column(batch, open.subarray(0, count));
      columns.push(column);
      let left = 0;
      for (let i = 0; i < count; i++) { const row = open[i]; open[left] = row; left += column.tag[row] === Tag.Null ? 1 : 0; }
      if (left === 0) break;
      count = left;
    }
    const out = this.out.begin(batch.size, commonBytes(columns));
    for (let i = 0; i < rows.length; i++) {
      const row = rows[i];
      let k = 0;
      while (k < columns.length - 1 && columns[k].tag[row] === Tag.Null) k++;
      out.copy(row, columns[k], row);
    }
    return out;
  }
}
