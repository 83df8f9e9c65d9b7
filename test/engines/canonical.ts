// Results of different engines in one form. A row: fields in order of their names, at every depth; null left out, for missing is null; times as leat writes them; numbers by value, integers of any size by their digits.
// A tool prints a result as NDJSON, an engine writes a file or a folder of parts. Order is no part of a result: rows are compared as multisets.
import { existsSync, readFileSync, readdirSync, statSync } from 'node:fs';
import { join } from 'node:path';

export const rowsOf = (text: string): string[] => text.split('\n').filter((line) => line.trim() !== '').map(row).sort();

/** A file, or a folder of parts. Errors: nothing there; a part that was never finished. */
export function rowsAt(path: string): string[] {
  if (!existsSync(path)) throw new Error(`${path} was not written`);
  if (!statSync(path).isDirectory()) return rowsOf(readFileSync(path, 'utf8'));
  const names = readdirSync(path), open = names.find((name) => name.includes('.inprogress'));
  if (open !== undefined) throw new Error(`${path}/${open} was not finished`);
  return names.filter((name) => !/^[._]/.test(name)).flatMap((name) => rowsAt(join(path, name))).sort();
}

function row(line: string): string {
  // Digits that a double cannot hold are kept as text; the mark cannot be in data that leat, or an engine, prints as a number.
  const value: unknown = JSON.parse(line.replaceAll(/"(?:[^"\\]|\\.)*"|(?<![\d.eE+-])-?\d{16,}(?![\d.eE])/g, (token) => token.startsWith('"') ? token : `"\\u0000${token}"`));
  return text(value) ?? '{}';
}

/** Undefined: null. */
function text(value: unknown): string | undefined {
  if (value === null) return undefined;
  if (typeof value === 'string') return value.startsWith('\0') ? String(BigInt(value.slice(1))) : JSON.stringify(moment(value));
  if (typeof value === 'number') return Number.isInteger(value) ? String(BigInt(value)) : String(value);
  if (Array.isArray(value)) return `[${value.map((each) => text(each) ?? 'null').join(',')}]`;
  if (typeof value !== 'object') return String(value);
  return `{${Object.entries(value).sort(([a], [b]) => a < b ? -1 : 1).flatMap(([name, inner]) => { const said = text(inner); return said === undefined || said === '{}' ? [] : [`${JSON.stringify(name)}:${said}`]; }).join(',')}}`;
}

const moment = (value: string): string => /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(?:\.\d{1,9})?Z$/.test(value) ? new Date(value).toISOString() : value;

export interface Difference { readonly missing: readonly string[]; readonly extra: readonly string[] }

/** Of two sorted results. `isNear`: doubles may differ in their last digits. */
export function difference(expected: readonly string[], got: readonly string[], isNear: boolean): Difference {
  const counts = new Map<string, number>();
  for (const each of got) counts.set(each, (counts.get(each) ?? 0) + 1);
  const missing = expected.filter((each) => { const n = counts.get(each) ?? 0; if (n > 0) counts.set(each, n - 1); return n === 0; });
  const extra = [...counts].flatMap(([each, n]) => Array.from({ length: n }, () => each));
  return isNear ? near(missing, extra) : { missing, extra };
}

const double = /(?<=[:[,])-?\d+(?:\.\d+)?(?:e[+-]?\d+)?(?=[,}\]])/g;
/** Relative; sums of some thousand doubles in another order stay far below it. */
const TOLERANCE = 1e-11;

/** What is left of both when rows that agree but for the last digits of their numbers are taken out. */
function near(missing: readonly string[], extra: readonly string[]): Difference {
  const shape = (line: string): string => line.replaceAll(double, '#'), numbers = (line: string): number[] => [...line.matchAll(double)].map(([digits]) => Number(digits));
  const isNear = (a: readonly number[], b: readonly number[]): boolean => a.length === b.length && a.every((x, i) => Math.abs(x - b[i]!) <= TOLERANCE * Math.max(Math.abs(x), Math.abs(b[i]!)));   // `!`: as long as a
  // A sum is near another, but a result 3 and a result 3.0000000000000004 have the same shape only where both are numbers: shape() takes every number, so they have.
  const rest = new Map<string, { readonly line: string; readonly at: readonly number[] }[]>();
  for (const line of extra) rest.set(shape(line), [...rest.get(shape(line)) ?? [], { line, at: numbers(line) }]);
  const still = missing.filter((line) => {
    const candidates = rest.get(shape(line)) ?? [], at = numbers(line), found = candidates.findIndex((each) => isNear(at, each.at));
    if (found >= 0) candidates.splice(found, 1);
    return found < 0;
  });
  return { missing: still, extra: [...rest.values()].flat().map(({ line }) => line) };
}
