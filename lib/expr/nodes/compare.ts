// Comparisons (SEMANTICS 2): `==` is false for different types and counts the clash, `<` and its kin give null and count it; null goes through. Owns: their loops.
// Most comparisons are of a column with a constant, so there is a loop of its own for numbers and for strings.
import { Tag } from '../../record/batch.js';
import type { Batch, Column } from '../../record/batch.js';
import { compareValues } from '../../record/compare.js';
import type { CompareOperator, Range } from '../syntax.js';
import { ConstantNode } from './leaf.js';
import { Making, isA } from './node.js';
import type { Node, Stage } from './node.js';

// An operator as a set of outcomes: bit 1 less, 2 equal, 4 greater.
const masks: Readonly<Record<CompareOperator, number>> = { '<': 1, '<=': 3, '==': 2, '!=': 5, '>': 4, '>=': 6 };
// Kinds by tag, as far as comparisons tell them apart.
const kinds = Uint8Array.of(0, 1, 1, 2, 2, 3, 4, 5);

/** `x == null` and `x != null`, with the word null: a test, never null itself. */
export class IsNullNode extends Making {
  override readonly isBoolean = true;
  private readonly of: Node;
  private readonly negated: boolean;
  constructor(stage: Stage, range: Range, of: Node, negated: boolean) { super(stage, range); this.of = of; this.negated = negated; }
  column(batch: Batch, rows: Uint32Array): Column {
    const { tag } = this.of.column(batch, rows), out = this.out.begin(batch.size);
    for (let i = 0; i < rows.length; i++) out.setBoolean(rows[i], (tag[rows[i]] === Tag.Null) !== this.negated);
    return out;
  }
  override select(batch: Batch, rows: Uint32Array, want: number): Uint32Array {
    const { tag } = this.of.column(batch, rows), picked = this.picks(rows.length);
    const isNull = (want === Tag.True) !== this.negated;
    let count = 0;
    for (let i = 0; i < rows.length; i++) { picked[count] = rows[i]; count += (tag[rows[i]] === Tag.Null) === isNull ? 1 : 0; }
    return picked.subarray(0, count);
  }
}

/** Two columns. */
export class CompareNode extends Making {
  override readonly isBoolean = true;
  protected readonly left: Node;
  protected readonly right: Node;
  protected readonly mask: number;
  private readonly isEquality: boolean;
  constructor(stage: Stage, range: Range, op: CompareOperator, left: Node, right: Node) {
    super(stage, range);
    this.left = left; this.right = right;
    this.mask = masks[op];
    this.isEquality = op === '==' || op === '!=';
  }
  column(batch: Batch, rows: Uint32Array): Column {
    const a = this.left.column(batch, rows), b = this.right.column(batch, rows), out = this.out.begin(batch.size);
    const { tag, start, end } = out, mask = this.mask;
    for (let i = 0; i < rows.length; i++) {
      const row = rows[i];
      start[row] = end[row] = 0;
      if (a.tag[row] === Tag.Number && b.tag[row] === Tag.Number) {
        const x = a.number[row], y = b.number[row];
        tag[row] = (mask & (x < y ? 1 : x > y ? 4 : 2)) === 0 ? Tag.False : Tag.True;
      } else tag[row] = this.judge(batch, row, a, b);
    }
    return out;
  }
  override select(batch: Batch, rows: Uint32Array, want: number): Uint32Array { return this.selected(batch, rows, want, this.left.column(batch, rows), this.right.column(batch, rows)); }
  /** The same where both sides have been worked out: once, for a clash in one is counted each time. */
  protected selected(batch: Batch, rows: Uint32Array, want: number, a: Column, b: Column): Uint32Array {
    const picked = this.picks(rows.length), mask = this.mask;
    let count = 0;
    for (let i = 0; i < rows.length; i++) {
      const row = rows[i];
      let value: number;
      if (a.tag[row] === Tag.Number && b.tag[row] === Tag.Number) {
        const x = a.number[row], y = b.number[row];
        value = (mask & (x < y ? 1 : x > y ? 4 : 2)) === 0 ? Tag.False : Tag.True;
      } else value = this.judge(batch, row, a, b);
      picked[count] = row;
      count += value === want ? 1 : 0;
    }
    return picked.subarray(0, count);
  }
  /** Tag of the result, for any two values. */
  protected judge(batch: Batch, row: number, a: Column, b: Column): number {
    const x = a.tag[row], y = b.tag[row];
    if (x === Tag.Null || y === Tag.Null) return Tag.Null;
    if (kinds[x] !== kinds[y]) {
      this.stage.clash(batch, row, () => `${isA(this.left, x)} and ${isA(this.right, y)}`, this.spot, this.isEquality ? 'equality' : 'order');
      return !this.isEquality ? Tag.Null : this.mask === 2 ? Tag.False : Tag.True;
    }
    if (x === Tag.Object && !this.isEquality) {
      this.stage.clash(batch, row, () => `objects have no order: ${isA(this.left, x)}`, this.spot, 'order');
      return Tag.Null;
    }
    const order = x === Tag.Number && y === Tag.Number ? a.number[row] - b.number[row] : x <= Tag.True ? x - y : compareValues(a, row, b, row);
    return (this.mask & (order < 0 ? 1 : order > 0 ? 4 : 2)) === 0 ? Tag.False : Tag.True;
  }
}

/** A column against a number that a double holds: every operator is `low <= x && x <= high`, or its contrary. */
export class NumberTestNode extends CompareNode {
  private readonly low: number;
  private readonly high: number;
  private readonly inside: boolean;
  constructor(stage: Stage, range: Range, op: CompareOperator, left: Node, right: ConstantNode) {
    super(stage, range, op, left, right);
    const c = right.cell.number;
    this.inside = op !== '!=';
    this.low = op === '>' ? above(c) : op === '>=' || op === '==' || op === '!=' ? c : -Infinity;
    this.high = op === '<' ? below(c) : op === '<=' || op === '==' || op === '!=' ? c : Infinity;
  }
  override column(batch: Batch, rows: Uint32Array): Column {
    const a = this.left.column(batch, rows), out = this.out.begin(batch.size);
    const { tag, start, end } = out, { tag: tags, number } = a, { low, high } = this;
    const yes = this.inside ? Tag.True : Tag.False, no = this.inside ? Tag.False : Tag.True;
    for (let i = 0; i < rows.length; i++) {
      const row = rows[i];
      start[row] = end[row] = 0;
      if (tags[row] === Tag.Number) tag[row] = number[row] >= low && number[row] <= high ? yes : no;
      else tag[row] = tags[row] === Tag.Null ? Tag.Null : this.judge(batch, row, a, this.right.column(batch, rows));
    }
    return out;
  }
  override select(batch: Batch, rows: Uint32Array, want: number): Uint32Array {
    const a = this.left.column(batch, rows), picked = this.picks(rows.length);
    const { tag, number } = a, { low, high } = this, inside = this.inside === (want === Tag.True);
    let count = 0;
    for (let i = 0; i < rows.length; i++) {
      const row = rows[i];
      picked[count] = row;
      if (tag[row] === Tag.Number) { const x = number[row]; count += (x >= low && x <= high) === inside ? 1 : 0; }
      else if (tag[row] !== Tag.Null) count += this.judge(batch, row, a, this.right.column(batch, rows)) === want ? 1 : 0;
    }
    return picked.subarray(0, count);
  }
}

/** A column `==` or `!=` a string: by bytes, for neither the constant nor, nearly always, the column has escapes. */
export class StringTestNode extends CompareNode {
  private readonly text: Uint8Array;
  constructor(stage: Stage, range: Range, op: '==' | '!=', left: Node, right: ConstantNode) {
    super(stage, range, op, left, right);
    this.text = right.cell.bytes;
  }
  override select(batch: Batch, rows: Uint32Array, want: number): Uint32Array {
    const a = this.left.column(batch, rows);
    if (a.escaped) return this.selected(batch, rows, want, a, this.right.column(batch, rows));
    const picked = this.picks(rows.length);
    const { tag, start, end, bytes } = a, text = this.text, size = text.length, equal = (this.mask === 2) === (want === Tag.True);
    let count = 0;
    for (let i = 0; i < rows.length; i++) {
      const row = rows[i];
      picked[count] = row;
      if (tag[row] === Tag.String) {
        const at = start[row];
        let same = end[row] - at === size;
        for (let j = 1; same && j < size; j++) same = bytes[at + j] === text[j];
        count += same === equal ? 1 : 0;
      } else if (tag[row] !== Tag.Null) count += this.judge(batch, row, a, this.right.column(batch, rows)) === want ? 1 : 0;
    }
    return picked.subarray(0, count);
  }
}

const bits = new DataView(new ArrayBuffer(8));
/** The least double above x. */
function above(x: number): number {
  if (x === 0) return Number.MIN_VALUE;
  bits.setFloat64(0, x);
  bits.setBigInt64(0, bits.getBigInt64(0) + (x > 0 ? 1n : -1n));
  return bits.getFloat64(0);
}
const below = (x: number): number => -above(-x);
