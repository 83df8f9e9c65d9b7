// Calls of functions: each argument becomes what the function's code takes, its result becomes a row. Owns: null rules, types, and what code may throw.
import { LeatError } from '../../errors.js';
import { Tag } from '../../record/batch.js';
import type { Batch, Column } from '../../record/batch.js';
import type { Cell } from '../../record/compare.js';
import { decodeString, hasBackslash, spanText } from '../../record/json.js';
import { article } from '../call-check.js';
import { Broken, Clash, TooLong, resultBytesMax } from '../functions/function.js';
import type { ArgType, FunctionSpec, Made, Value } from '../functions/function.js';
import type { Pattern } from '../regex.js';
import type { Range } from '../syntax.js';
import { Making, isA, valueText } from './node.js';
import type { Node, Stage } from './node.js';

export class CallNode extends Making {
  override readonly isBoolean: boolean;
  private readonly spec: FunctionSpec;
  private readonly args: readonly Node[];
  private readonly types: readonly ArgType[];
  private readonly regex: Pattern | undefined;
  private readonly regexAt: number;
  private readonly values: unknown[];
  private readonly cells: Cell[];
  constructor(stage: Stage, range: Range, spec: FunctionSpec, args: readonly Node[], regex: Pattern | undefined) {
    super(stage, range);
    this.spec = spec; this.args = args; this.regex = regex;
    this.types = args.map((_, i) => spec.args[Math.min(i, spec.args.length - 1)].type);
    this.regexAt = regex === undefined ? -1 : spec.args.findIndex(({ type }) => type === 'regex' || type === 'string or regex');
    this.isBoolean = spec.result === 'boolean';
    this.values = args.map(() => undefined);
    this.cells = args.map(() => ({ tag: Tag.Null, number: 0, bytes: new Uint8Array(0), start: 0, end: 0 }));
  }

  column(batch: Batch, rows: Uint32Array): Column {
    const columns = this.args.map((arg) => arg.column(batch, rows)), out = this.out.begin(batch.size);
    const { code } = this.spec, { values } = this, count = columns.length;
    for (let i = 0; i < rows.length; i++) {
      const row = rows[i];
      if (!this.load(batch, row, columns)) { out.setNull(row); continue; }
      try {
        const value = count === 1 ? code(values[0]) : count === 2 ? code(values[0], values[1]) : code(...values);
        this.store(batch, row, value);
      } catch (error) {
        if (error instanceof Clash) this.stage.clash(batch, row, () => error.message, this.spot);
        else if (error instanceof TooLong) this.stage.tooLong(batch, row, this.spot);
        else if (error instanceof Broken) this.stage.broken(batch, row, error.message, this.spot);
        else if (error instanceof LeatError) {              // of lib/time: a duration or a zone that is none
          if (this.stage.probing) throw new LeatError(error.code, error.detail, this.spot);
          this.stage.clash(batch, row, () => error.message, this.spot);
        }
        else throw error;
        out.setNull(row);
      }
    }
    return out;
  }

  /** Converts the arguments of a row; false: one is null, or of a wrong type, and so the result is null. */
  private load(batch: Batch, row: number, columns: readonly Column[]): boolean {
    const seesNull = this.spec.nulls !== undefined;
    for (let k = 0; k < columns.length; k++) {
      if (k === this.regexAt) { this.values[k] = this.regex; continue; }
      const column = columns[k], tag = column.tag[row], type = this.types[k];
      if (tag === Tag.Null) {
        if (!seesNull) return false;
        this.values[k] = type === 'any' || type === 'exact' || type === 'list' || type === 'object' || type === 'string or list' ? this.cell(k, column, row) : null;
        continue;
      }
      switch (type) {
        case 'string': case 'string or regex':
          if (tag !== Tag.String) return this.wrong(batch, row, k, tag);
          this.values[k] = column.escaped ? decodeString(column.bytes, column.start[row], column.end[row]) : spanText(column.bytes, column.start[row] + 1, column.end[row] - 1);
          break;
        case 'number': case 'integer': {
          const x = column.number[row];
          if (tag !== Tag.Number && tag !== Tag.Wide) return this.wrong(batch, row, k, tag);
          if (!Number.isFinite(x)) { this.stage.overflow(batch, row, valueText(column, row), this.spot); return false; }
          if (type === 'integer' && !Number.isInteger(x)) {
            this.stage.clash(batch, row, () => `${this.spec.name} needs an integer: ${this.args[k].label} is ${valueText(column, row)}`, this.spot);
            return false;
          }
          this.values[k] = x;
          break;
        }
        case 'boolean':
          if (tag > Tag.True) return this.wrong(batch, row, k, tag);
          this.values[k] = tag === Tag.True;
          break;
        default:
          if (type === 'list' ? tag !== Tag.Array : type === 'object' ? tag !== Tag.Object : type === 'exact' ? tag !== Tag.Number && tag !== Tag.Wide
            : type === 'string or list' ? tag !== Tag.String && tag !== Tag.Array : false) return this.wrong(batch, row, k, tag);
          this.values[k] = this.cell(k, column, row);
      }
    }
    return true;
  }
  private wrong(batch: Batch, row: number, k: number, tag: number): false {
    this.stage.clash(batch, row, () => `${this.spec.name} needs ${article(this.types[k])}: ${isA(this.args[k], tag)}`, this.spot);
    return false;
  }
  private cell(k: number, column: Column, row: number): Cell {
    const cell = this.cells[k];
    cell.tag = column.tag[row]; cell.number = column.number[row]; cell.bytes = column.bytes; cell.start = column.start[row]; cell.end = column.end[row];
    return cell;
  }

  private store(batch: Batch, row: number, value: Value): void {
    const { out } = this;
    switch (typeof value) {
      case 'number':
        if (Number.isFinite(value)) out.setNumber(row, value + 0);
        else {
          out.setNull(row);
          if (!Number.isNaN(value)) this.stage.overflow(batch, row, this.label, this.spot);
        }
        return;
      case 'string':
        if (value.length > resultBytesMax) throw new TooLong();
        out.setText(row, value);
        return;
      case 'boolean': out.setBoolean(row, value); return;
      case 'bigint': out.setInteger(row, value); return;
      case 'undefined': out.setNull(row); return;
      default:
        if (value === null) out.setNull(row);
        else if ('json' in value) this.storeMade(row, value);
        else out.setSpan(row, value.tag, value.number, value.bytes, value.start, value.end, value.tag === Tag.String && hasBackslash(value.bytes, value.start, value.end));
    }
  }
  private storeMade(row: number, { json, tag }: Made): void {
    if (json.length > resultBytesMax) throw new TooLong();
    this.out.setJson(row, tag, json, tag === Tag.Number || tag === Tag.Wide ? Number(json) : 0);
  }
}
