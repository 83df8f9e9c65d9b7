// `x in y` (SEMANTICS 2): member of a list, or key of an object. Owns: the search, and a set for lists of constants.
import { Tag } from '../../record/batch.js';
import type { Batch, Column } from '../../record/batch.js';
import { cellAt, cellOf, compareCells, kindOf } from '../../record/compare.js';
import type { Cell } from '../../record/compare.js';
import { Elements, decodeString, findMember, keyOf, spanText } from '../../record/json.js';
import type { Range } from '../syntax.js';
import { ConstantNode } from './leaf.js';
import { Making, isA } from './node.js';
import type { Node, Stage } from './node.js';

const found = { start: 0, end: 0 };

export class InNode extends Making {
  override readonly isBoolean = true;
  private readonly left: Node;
  private readonly right: Node;
  private readonly elements = new Elements();
  /** Of a constant list: its numbers, its strings as text between quotes, and whether it has nothing else. */
  private readonly numbers = new Set<number>();
  private readonly strings = new Set<string>();
  private readonly isSet: boolean;
  constructor(stage: Stage, range: Range, left: Node, right: Node) {
    super(stage, range);
    this.left = left; this.right = right;
    let plain = right instanceof ConstantNode && right.cell.tag === Tag.Array;
    if (plain) {
      const { bytes, start, end } = (right as ConstantNode).cell;   // it is one: tested above
      for (const walk = this.elements.open(bytes, start, end); walk.next();) {
        const cell = cellOf(bytes, walk.start, walk.end);
        if (cell.tag === Tag.Number) this.numbers.add(cell.number);
        else if (cell.tag === Tag.String) this.strings.add(decodeString(bytes, cell.start, cell.end));
        else plain = false;
      }
    }
    this.isSet = plain;
  }
  column(batch: Batch, rows: Uint32Array): Column {
    const a = this.left.column(batch, rows), b = this.right.column(batch, rows), out = this.out.begin(batch.size);
    for (let i = 0; i < rows.length; i++) {
      const row = rows[i], tag = a.tag[row];
      if (tag === Tag.Null || b.tag[row] === Tag.Null) out.setNull(row);
      else if (this.isSet && tag === Tag.Number && this.numbers.size > 0) out.setBoolean(row, this.numbers.has(a.number[row]));
      else if (this.isSet && tag === Tag.String && this.strings.size > 0) {
        out.setBoolean(row, this.strings.has(a.escaped ? decodeString(a.bytes, a.start[row], a.end[row]) : spanText(a.bytes, a.start[row] + 1, a.end[row] - 1)));
      } else this.search(batch, row, a, b);
    }
    return out;
  }
  private search(batch: Batch, row: number, a: Column, b: Column): void {
    const { out } = this, { bytes } = b, start = b.start[row], end = b.end[row];
    const value = cellAt(a, row);
    if (b.tag[row] === Tag.Array) {
      const { isMember, isAlien } = searchList(this.elements, bytes, start, end, value);
      // A list of other things only cannot have it: as with ==, that is worth a word.
      if (isAlien) this.stage.clash(batch, row, () => `${isA(this.left, value.tag)} and the list has no ${kindOf(value.tag)}`, this.spot);
      out.setBoolean(row, isMember);
    } else if (b.tag[row] === Tag.Object && value.tag === Tag.String) {
      out.setBoolean(row, findMember(bytes, start, end, keyOf(decodeString(value.bytes, value.start, value.end)), found));
    } else {
      const why = b.tag[row] === Tag.Object ? () => `keys are strings: ${isA(this.left, value.tag)}` : () => `in needs a list or an object: ${isA(this.right, b.tag[row])}`;
      this.stage.clash(batch, row, why, this.spot);
      out.setNull(row);
    }
  }
}

/** Whether a list has the value; isAlien: it is not empty, and nothing in it is of the value's kind or null. */
export function searchList(elements: Elements, bytes: Uint8Array, start: number, end: number, value: Cell): { readonly isMember: boolean; readonly isAlien: boolean } {
  const kind = kindOf(value.tag);
  let isAlien = false, isFirst = true;
  for (const walk = elements.open(bytes, start, end); walk.next();) {
    const cell = cellOf(bytes, walk.start, walk.end);
    if (compareCells(cell, value) === 0) return { isMember: true, isAlien: false };
    if (isFirst) { isAlien = true; isFirst = false; }
    if (cell.tag === Tag.Null || kindOf(cell.tag) === kind) isAlien = false;
  }
  return { isMember: false, isAlien };
}
