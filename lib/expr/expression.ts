// What expressions are to the other rooms. Types only; parse.ts makes them.
import type { Detail, ErrorCode, Spot } from '../errors.js';
import type { Batch, Column, Field, Test } from '../record/batch.js';
import type { Path } from '../record/path.js';
import type { Syntax } from './syntax.js';

/** What clashed: an ordering or another value is null then, an equality is false. */
export type ClashOf = 'order' | 'equality' | 'value';

/** What an expression needs of the stage that it runs in. */
export interface Binder {
  /** The column of a path as upstream edits left it. Asks the scanner for it: call while the stage is made, not per batch. [] is the whole record. */
  field(path: Path, side?: 0 | 1): Field;
  /** The row is bad and gone: it takes the way of --bad. In --strict every clash is one. */
  bad(batch: Batch, row: number, code: ErrorCode, detail?: Detail, spot?: Spot): void;
  /** A type clash: counted (or bad, with --strict). `what` like "status is a string there and 500 is a number"; called once a row, text only made for the first. */
  clash(batch: Batch, row: number, what: () => string, spot?: Spot, of?: ClashOf): void;
  readonly strict: boolean;
  /** $name → JSON text. */
  readonly args: ReadonlyMap<string, string>;
  /** Rows that bad() took out of this batch: leave them out of selections. */
  isBad(batch: Batch, row: number): boolean;
}

/** One parsed and checked expression. Immutable; bound to a stage by field() or test(). */
export interface Expression {
  readonly text: string;
  /** Its checked form: of what turns it into the text of another engine. */
  readonly syntax: Syntax;
  /** Where it stands in the operand it was part of, for messages. */
  readonly spot: Spot;
  /** All paths that it reads. */
  readonly paths: readonly Path[];
  /** The path, where the expression is nothing but one. */
  readonly path: Path | undefined;
  /** $names that it uses. */
  readonly names: readonly string[];
  field(binder: Binder): Field;
  /** Rows for which it is exactly true; a value neither boolean nor null makes the row bad (E_NOT_BOOLEAN). */
  test(binder: Binder): Test;
  /** The same over a selection that the caller gives: only these rows are worked out, so that an aggregate's argument is not evaluated where its `where` is false. */
  over(binder: Binder): (batch: Batch, rows: Uint32Array) => Column;
}

/** One key of `sort -k`: a field, which way it orders, and where null goes. */
export interface SortKey { readonly path: Path; readonly desc: boolean; readonly nulls: 'first' | 'last' }
/** `expr as name`: of map and of the `by` of agg. */
export interface Named { readonly expression: Expression; readonly name: Path; readonly explicit: boolean }
/** What map's operand says: fields to set, or a whole new record. */
export type MapText = { readonly sets: readonly Named[] } | { readonly object: Expression };
/** One aggregate of agg's operand: `fn(args…) where cond as name`. */
export interface Call { readonly fn: string; readonly args: readonly Expression[]; readonly where: Expression | undefined; readonly name: string; readonly spot: Spot }
export interface AggText { readonly calls: readonly Call[]; readonly by: readonly Named[] }

/** The rows of a partition up to the current one that a function of agg --over sees: so many before it, or those at most so many ms before it; both bounds and all peers of equal time belong to `range`. */
export interface Frame { readonly kind: 'rows' | 'range'; /** Infinity: all. */ readonly preceding: number; readonly spot: Spot }
/** One function of agg --over: `fn(args…) where cond as name by keys order path frame`. */
export interface Over { readonly call: Call; readonly by: readonly Expression[]; readonly order: { readonly path: Path; readonly spot: Spot } | undefined; readonly frame: Frame | undefined }
