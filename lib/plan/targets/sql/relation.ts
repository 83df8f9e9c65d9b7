// What a stage of a plan is while SQL is made of it: a named SELECT, its fields as columns, and columns of ours beside them: input order, event time, watermark, window.
// Owns: names of columns and the text of SELECTs. Must not: know tools.
import type { Type } from '../../types.js';
import type { Column, Columns, Dialect } from './dialect.js';
import { bare } from './dialect.js';

export interface Relation {
  /** The name of its SELECT. */
  readonly from: string;
  readonly columns: Columns;
  /** Columns of ours that go along, by name. */
  readonly hidden: readonly string[];
  /** ORDER BY terms that give leat's order of records; undefined: not known. */
  readonly order: readonly string[] | undefined;
  /** Event time in ms. */
  readonly time?: string;
  /** W before the record, in ms; null until the first one. */
  readonly before?: string;
  readonly window?: Bounds | { readonly kind: 'session'; readonly gapMs: number } | { readonly kind: 'count'; readonly count: number };
  /** Where two records of a stream can have the same place in it (windows that overlap). */
  readonly isEpoch?: boolean;
}
export interface Bounds { readonly kind: 'fixed'; readonly start: string; readonly end: string }

export const boundsOf = ({ window }: Relation): Bounds | undefined => window?.kind === 'fixed' ? window : undefined;

/** Columns of a SELECT: name → SQL. */
export type Items = Map<string, string>;

/** `a, b + 1 AS c`. */
export const itemsText = (items: Items): string => [...items].map(([name, sql]) => sql === name ? name : `${bare(sql)} AS ${name}`).join(', ');

/** The columns of a relation as they are, by their names; `prefix`: of its alias. */
export function carried({ columns, hidden }: Relation, prefix = ''): Items {
  const items: Items = new Map();
  for (const { sql, isAbsent } of columns.values()) if (isAbsent !== true) items.set(sql, prefix + sql);
  for (const name of hidden) items.set(name, prefix + name);
  return items;
}

/** A name for the column of a field that no other has: ours begin with _, and some engines fold capitals. */
export function nameOf(field: string, taken: Iterable<string>, dialect: Dialect): string {
  const known = new Set([...taken].map((name) => dialect.isFolding ? name.toLowerCase() : name));
  let name = field.startsWith('_') || field === '' ? `f${field}` : field;
  const isTaken = (): boolean => { const quoted = dialect.identifier(name); return known.has(dialect.isFolding ? quoted.toLowerCase() : quoted); };
  while (isTaken()) name += '_2';
  return dialect.identifier(name);
}

/** Columns for fields that are made anew. */
export function namedColumns(fields: Iterable<readonly [string, Type, Column['as']?]>, dialect: Dialect, taken: readonly string[] = []): Map<string, Column> {
  const columns = new Map<string, Column>();
  for (const [field, type, as] of fields) columns.set(field, { sql: nameOf(field, [...taken, ...[...columns.values()].map(({ sql }) => sql)], dialect), type, ...as === undefined ? {} : { as } });
  return columns;
}
