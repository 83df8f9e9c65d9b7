// What the SQL of one engine is to the emitters: how values, names and types are written, and the forms of functions and aggregates. Data and small texts, one object an engine.
// Must not: know stages. A value carries its type, for engines coerce silently where leat does not.
import type { Fields, Type } from '../../types.js';

/** A piece of SQL that is an operand: a name, a literal, a call, or something in brackets. */
export interface Value {
  readonly sql: string;
  readonly type: Type;
  /** A time that stands as a number of ms, or as the engine's own instant: its text is made where it is wanted as one. */
  readonly as?: 'ms' | 'instant';
}

/** The name of an engine to which SQL is given. */
export type Engine = 'duckdb' | 'flink' | 'spark';

/** SQL with `$1`, `$2`, … for arguments in their brackets; undefined: the engine cannot say it, or not with the same results. */
export type Form = string | undefined;

export interface Dialect {
  readonly name: Engine;
  /** As people write it. */
  readonly title: string;
  identifier(name: string): string;
  /** A text between quotes. */
  text(value: string): string;
  type(type: Type): string;
  /** A member of an object. */
  member(sql: string, name: string): string;
  /** An element of a list, from 0; null where there is none. `at` is SQL. */
  element(sql: string, at: string): string;
  object(members: readonly (readonly [name: string, sql: string, type: Type])[]): string;
  list(items: readonly string[], type: Type): string;
  /** The text of an instant, 2026-11-20T12:00:00.000Z. */
  timeText(value: Value): string;
  /** Ends the run where a value is null: `what` tells why. */
  needed(sql: string, what: string): string;
  /** ms of the text of an instant in RFC 3339; null where it is none. */
  instantOf(text: string): string;
  /** The text of a double as decimal digits, for exact arithmetic by tens. */
  decimal(double: string): string;
  /** Quotient of whole numbers, without its fraction. */
  quotient(a: string, b: string): string;
  /** Rows of a list of whole numbers from..to by step: a column `name` beside those of `from`. */
  series(name: string, range: { readonly from: string; readonly to: string; readonly step: string }): { readonly column: string; readonly lateral: string };
  /** A length of time in ms, to be added to an event time or to bound a frame. */
  interval(ms: number): string;
  /** ms since 1970 of an instant of the engine's own. */
  msOf(sql: string): string;
  /** A row for each element of a list: `column`: its place from 0, under that name; `element`: what stands there then. `isOuter`: a row with null where there is none. */
  explode(list: string, name: string, isOuter: boolean): { readonly column: string; readonly element: string; readonly lateral: string };
  /** Whether names that differ in capitals alone are one to it. */
  readonly isFolding: boolean;
}

/** The names of columns as SQL has them, by field. */
export interface Column extends Value { /** The engine cannot hold it: only a stage that leaves it out can stand behind. */ readonly isAbsent?: true }
export type Columns = ReadonlyMap<string, Column>;

export const typesOf = (columns: Columns): Fields => new Map([...columns].map(([name, { type }]) => [name, type]));

/** Puts arguments into a form. */
export const filled = (form: string, args: readonly string[]): string => form.replace(/\$(\d)/g, (_, n: string) => args[Number(n) - 1] ?? '');

/** A double as a literal that no engine takes for a decimal: 1E-1. */
export const double = (x: number): string => x.toExponential().replace('e+', 'E').replace('e', 'E');

/** Without brackets around the whole. */
export function bare(sql: string): string {
  if (!sql.startsWith('(') || !sql.endsWith(')')) return sql;
  let depth = 0, quote = '';
  for (let i = 0; i < sql.length - 1; i++) {
    const c = sql[i];
    if (quote !== '') { if (c === quote) quote = ''; continue; }
    if (c === "'" || c === '"' || c === '`') quote = c;
    else if (c === '(') depth++;
    else if (c === ')' && --depth === 0) return sql;
  }
  return sql.slice(1, -1);
}
