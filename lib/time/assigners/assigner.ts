// What an assigner of windows is. One kind a file; index.ts makes the one that a spec asks for. Sessions and counts have none: their consumer makes them.
import type { Instant } from '../../record/batch.js';

/** Pairs of a record and a window: rows[i] is in [start[i], end[i]), for i < count. Records in the order given, windows of one record ascending by start, then end. Grows. */
export interface Pairs { count: number; rows: Uint32Array; start: Float64Array; end: Float64Array }
export const pairs = (): Pairs => ({ count: 0, rows: new Uint32Array(1024), start: new Float64Array(1024), end: new Float64Array(1024) });

/** Doubles the arrays until `more` further pairs fit. */
export function reserve(into: Pairs, more: number): void {
  if (into.count + more <= into.rows.length) return;
  const size = Math.max(into.rows.length * 2, into.count + more), rows = new Uint32Array(size), start = new Float64Array(size), end = new Float64Array(size);
  rows.set(into.rows); start.set(into.start); end.set(into.end);
  into.rows = rows; into.start = start; into.end = end;
}

export interface Assigner {
  /** true: each record is in exactly one window, and `one` may be called. */
  readonly single: boolean;
  /** Fills start[row] and end[row] for each of `rows`, from time[row]: whole ms, any sign. Arrays are indexed by row number. */
  one(time: Float64Array, rows: Uint32Array, start: Float64Array, end: Float64Array): void;
  /** Replaces what `into` holds by all pairs of `rows` and their windows. */
  all(time: Float64Array, rows: Uint32Array, into: Pairs): void;
  /** Bounds of the windows of one instant, ascending by start, then end. */
  windowsOf(at: Instant): readonly (readonly [start: Instant, end: Instant])[];
}

/** `all` and `windowsOf` of a kind with one window a record. */
export function single(one: Assigner['one']): Assigner {
  const start = new Float64Array(1), end = new Float64Array(1), first = new Uint32Array(1), time = new Float64Array(1);
  let starts = new Float64Array(0), ends = new Float64Array(0);
  return {
    single: true, one,
    all(times, rows, into) {
      if (starts.length < times.length) { starts = new Float64Array(times.length); ends = new Float64Array(times.length); }
      one(times, rows, starts, ends);
      into.count = 0;
      reserve(into, rows.length);
      for (let i = 0; i < rows.length; i++) { const row = rows[i]; into.rows[i] = row; into.start[i] = starts[row]; into.end[i] = ends[row]; }
      into.count = rows.length;
    },
    windowsOf(at) {
      time[0] = at;
      one(time, first, start, end);
      return [[start[0], end[0]]];
    },
  };
}

/** `windowsOf` of a kind with many, and an `one` that must not be called. */
export function several(all: Assigner['all']): Assigner {
  const buffer = pairs(), first = new Uint32Array(1), time = new Float64Array(1);
  return {
    single: false, all,
    one() { throw new Error('a record can be in several of these windows'); },
    windowsOf(at) {
      time[0] = at;
      all(time, first, buffer);
      return Array.from({ length: buffer.count }, (_, i) => [buffer.start[i], buffer.end[i]] as const);
    },
  };
}
