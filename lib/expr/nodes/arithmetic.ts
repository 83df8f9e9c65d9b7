// `+ - * / % **` and the signs (SEMANTICS 1 and 2). Owns: exact integers of any size, doubles, and the line between them. `+` also joins strings.
// Two Numbers whose result stays below 2^53 in size are done in doubles, which is exact for integers; all else takes the slow way by BigInt.
import { Tag } from '../../record/batch.js';
import type { Batch, Column } from '../../record/batch.js';
import { decodeString, encodeString, hasBackslash, spanText } from '../../record/json.js';
import { isIntegerText, wideFrom } from '../../record/number.js';
import { resultBytesMax } from '../functions/function.js';
import type { ArithmeticOperator, Range } from '../syntax.js';
import { Making, isA, valueText } from './node.js';
import type { Node, Stage } from './node.js';

/** Longest integer that is computed with, in digits: BigInt would take it, but a few such records would stop a stream. */
export const integerDigitsMax = 100_000;

const isNumber = (tag: number): boolean => tag === Tag.Number || tag === Tag.Wide;

/** The exact integer, where the value is one (SEMANTICS 1: no fraction, no exponent); undefined: it counts as a double. */
export function integerAt(column: Column, row: number): bigint | undefined {
  const start = column.start[row], end = column.end[row], x = column.number[row];
  if (column.tag[row] === Tag.Wide) return isIntegerText(column.bytes, start, end) && end - start <= integerDigitsMax ? BigInt(spanText(column.bytes, start, end)) : undefined;
  return Number.isInteger(x) && Math.abs(x) < wideFrom && (start === end || isIntegerText(column.bytes, start, end)) ? BigInt(x) : undefined;
}

export class ArithmeticNode extends Making {
  private readonly op: ArithmeticOperator;
  private readonly left: Node;
  private readonly right: Node;
  constructor(stage: Stage, range: Range, op: ArithmeticOperator, left: Node, right: Node) {
    super(stage, range);
    this.op = op; this.left = left; this.right = right;
  }

  column(batch: Batch, rows: Uint32Array): Column {
    const a = this.left.column(batch, rows), b = this.right.column(batch, rows), out = this.out.begin(batch.size);
    switch (this.op) {
      case '+': for (let i = 0; i < rows.length; i++) { const row = rows[i]; this.store(batch, row, a, b, a.number[row] + b.number[row]); } break;
      case '-': for (let i = 0; i < rows.length; i++) { const row = rows[i]; this.store(batch, row, a, b, a.number[row] - b.number[row]); } break;
      case '*': for (let i = 0; i < rows.length; i++) { const row = rows[i]; this.store(batch, row, a, b, a.number[row] * b.number[row]); } break;
      case '/': for (let i = 0; i < rows.length; i++) { const row = rows[i]; this.store(batch, row, a, b, b.number[row] === 0 ? NaN : a.number[row] / b.number[row]); } break;
      case '%': for (let i = 0; i < rows.length; i++) { const row = rows[i]; this.store(batch, row, a, b, a.number[row] % b.number[row]); } break;
      case '**': for (let i = 0; i < rows.length; i++) { const row = rows[i]; this.store(batch, row, a, b, a.number[row] ** b.number[row]); } break;
    }
    return out;
  }

  /** x: the result in doubles; good where both are Numbers and it is below 2^53 in size (NaN is not). */
  private store(batch: Batch, row: number, a: Column, b: Column, x: number): void {
    const { out } = this;
    if (a.tag[row] === Tag.Number && b.tag[row] === Tag.Number && x < wideFrom && x > -wideFrom) {
      out.tag[row] = Tag.Number;
      out.number[row] = x + 0;                             // −0 is 0
      out.start[row] = out.end[row] = 0;
    } else this.slow(batch, row, a, b);
  }

  private slow(batch: Batch, row: number, a: Column, b: Column): void {
    const x = a.tag[row], y = b.tag[row];
    if (x === Tag.Null || y === Tag.Null) { this.out.setNull(row); return; }
    if (this.op === '+' && x === Tag.String && y === Tag.String) { this.join(batch, row, a, b); return; }
    if (!isNumber(x) || !isNumber(y)) {
      this.stage.clash(batch, row, () => `${this.op} needs ${this.op === '+' ? 'two numbers or two strings' : 'numbers'}: ${
        this.op !== '+' && isNumber(x) ? isA(this.right, y) : this.op !== '+' && isNumber(y) ? isA(this.left, x)
          : `${isA(this.left, x)} and ${isA(this.right, y)}`}`, this.spot);
      this.out.setNull(row);
      return;
    }
    if (this.op !== '/' && this.op !== '**') {
      const m = integerAt(a, row), n = m === undefined ? undefined : integerAt(b, row);
      if (m !== undefined && n !== undefined) {
        if (this.op === '%' && n === 0n) { this.out.setNull(row); return; }
        this.out.setInteger(row, this.op === '+' ? m + n : this.op === '-' ? m - n : this.op === '*' ? m * n : m % n);
        return;
      }
    }
    const p = a.number[row], q = b.number[row];
    if (!Number.isFinite(p) || !Number.isFinite(q)) {
      this.stage.overflow(batch, row, valueText(Number.isFinite(p) ? b : a, row), this.spot);
      this.out.setNull(row);
      return;
    }
    const z = this.op === '+' ? p + q : this.op === '-' ? p - q : this.op === '*' ? p * q : this.op === '/' ? (q === 0 ? NaN : p / q) : this.op === '%' ? p % q : p ** q;
    if (Number.isNaN(z) || (this.op === '**' && p === 0 && q < 0)) { this.out.setNull(row); return; }   // / 0, % 0, 0 ** −1, the square root of a negative number
    if (!Number.isFinite(z)) {
      this.stage.overflow(batch, row, `${valueText(a, row)} ${this.op} ${valueText(b, row)}`, this.spot);
      this.out.setNull(row);
      return;
    }
    this.out.setNumber(row, z + 0);
  }

  private join(batch: Batch, row: number, a: Column, b: Column): void {
    const { out } = this, from = out.here();
    out.byte(34);
    this.inner(a, row);
    this.inner(b, row);
    out.byte(34);
    out.finish(row, Tag.String, from);
    if (out.here() - from > resultBytesMax) { out.rewind(from); out.setNull(row); this.stage.tooLong(batch, row, this.spot); }
  }
  private inner(column: Column, row: number): void { writeInner(this.out, column, row); }
}

/** Writes a string without its quotes, with the shortest escapes. */
export function writeInner(out: Making['out'], column: Column, row: number): void {
  const start = column.start[row], end = column.end[row];
  if (!column.escaped || !hasBackslash(column.bytes, start, end)) { out.span(column.bytes, start + 1, end - 1); return; }
  out.text(encodeString(decodeString(column.bytes, start, end)).slice(1, -1));
  out.noteEscaped();
}

/** −x and +x. */
export class SignNode extends Making {
  private readonly of: Node;
  private readonly negative: boolean;
  constructor(stage: Stage, range: Range, of: Node, negative: boolean) { super(stage, range); this.of = of; this.negative = negative; }
  column(batch: Batch, rows: Uint32Array): Column {
    const a = this.of.column(batch, rows), out = this.out.begin(batch.size);
    for (let i = 0; i < rows.length; i++) {
      const row = rows[i], tag = a.tag[row];
      if (tag === Tag.Number) { out.setNumber(row, (this.negative ? -a.number[row] : a.number[row]) + 0); continue; }
      out.setNull(row);
      if (tag === Tag.Null) continue;
      if (tag !== Tag.Wide) { this.stage.clash(batch, row, () => `${this.negative ? '-' : '+'} needs a number: ${isA(this.of, tag)}`, this.spot); continue; }
      if (!isIntegerText(a.bytes, a.start[row], a.end[row])) { this.stage.overflow(batch, row, valueText(a, row), this.spot); continue; }
      const text = valueText(a, row);
      out.setWide(row, this.negative ? -a.number[row] : a.number[row], !this.negative ? text : text[0] === '-' ? text.slice(1) : `-${text}`);
    }
    return out;
  }
}
