// Patterns for FILE operands that the shell left alone: `*` and `?` (no `/`, no leading dot), `[a-z]`, `[!x]`, `**` (folders below, hidden ones and links not entered).
// Matches come sorted by name; copies that log rotation made (x.2.gz x.1 x) oldest first. An operand that is a file's very name is that file, whatever it looks like.
import type { Dirent } from 'node:fs';
import { existsSync, readdirSync, statSync } from 'node:fs';
import { basename, dirname, join } from 'node:path';
import { LeatError } from '../errors.js';
import { nearest } from '../record/nearest.js';

/** Whether an operand has a character of patterns. */
export const isPattern = (operand: string): boolean => /[*?[]/.test(operand);

/** Operands with patterns replaced by the files that match. Errors: E_FILE where none does. */
export function expand(operands: readonly string[]): string[] {
  return operands.flatMap((operand) => {
    if (operand === '-' || !isPattern(operand) || existsSync(operand)) return [operand];
    const found = matches(operand);
    if (found.length > 0) return oldestFirst(found);
    const near = nearest(basename(operand).replace(/[*?]/g, ''), names(dirname(operand)).map(({ name }) => name));
    throw new LeatError('E_FILE', { file: `'${operand}'`, why: 'no file matches', help: near === undefined || isPattern(dirname(operand)) ? '' : `did you mean ${join(dirname(operand), near)}?` });
  });
}

/** Files (and pipes, not folders) that a pattern matches, unsorted. */
function matches(pattern: string): string[] {
  const parts = pattern.split('/').filter((part, i) => part !== '' || i === 0), rooted = pattern.startsWith('/');
  const found = new Set<string>();
  const walk = (folder: string, at: number): void => {
    const part = parts[at], last = at === parts.length - 1, under = (name: string): string => folder === '' ? name : folder === '/' ? `/${name}` : `${folder}/${name}`;
    if (part === '**') {
      walk2(folder, at, last);
      return;
    }
    if (!isPattern(part)) {
      const path = under(part);
      if (last ? isFile(path) : existsSync(path)) { if (last) found.add(path); else walk(path, at + 1); }
      return;
    }
    const shape = matcher(part);
    for (const entry of names(folder)) {
      if (!shape.test(entry.name) || (entry.name.startsWith('.') && !part.startsWith('.'))) continue;
      const path = under(entry.name);
      if (last) { if (isFile(path)) found.add(path); } else if (isFolder(path)) walk(path, at + 1);
    }
  };
  // `**`: this folder and all below; as the last part: every file there.
  const walk2 = (folder: string, at: number, last: boolean): void => {
    if (!last) walk(folder, at + 1);
    for (const entry of names(folder)) {
      if (entry.name.startsWith('.')) continue;
      const path = folder === '' ? entry.name : folder === '/' ? `/${entry.name}` : `${folder}/${entry.name}`;
      if (entry.isDirectory()) walk2(path, at, last); else if (last && isFile(path)) found.add(path);
    }
  };
  walk(rooted ? '/' : '', rooted ? 1 : 0);
  return [...found];
}

/** Entries of a folder; none where it cannot be read. */
function names(folder: string): Dirent[] {
  try { return readdirSync(folder === '' ? '.' : folder, { withFileTypes: true }); } catch { return []; }
}
const isFolder = (path: string): boolean => statSync(path, { throwIfNoEntry: false })?.isDirectory() ?? false;
const isFile = (path: string): boolean => { const stat = statSync(path, { throwIfNoEntry: false }); return stat !== undefined && !stat.isDirectory(); };

/** One part of a pattern as a test of a name; a `[` that nothing closes is itself. */
function matcher(part: string): { test(name: string): boolean } {
  const tests: ((letter: string) => boolean)[] = [], stars: boolean[] = [false];
  const letters = [...part];
  for (let i = 0; i < letters.length; i++) {
    const letter = letters[i];
    if (letter === '*') { stars[tests.length] = true; continue; }
    let test: (other: string) => boolean = (other) => other === letter;
    if (letter === '?') test = () => true;
    if (letter === '[') {
      const not = letters[i + 1] === '!' || letters[i + 1] === '^', from = i + (not ? 2 : 1), close = letters.indexOf(']', from + 1);
      if (close > 0) {
        const set = letters.slice(from, close);
        test = (other) => not !== set.some((one, k) => one === other || (set[k + 1] === '-' && k + 2 < set.length && one <= other && other <= set[k + 2]));
        i = close;
      }
    }
    tests.push(test);
    stars[tests.length] ??= false;
  }
  // Greedy with one way back: each star takes as little as it can.
  return { test(name) {
    const text = [...name];
    let at = 0, p = 0, star = -1, from = 0;
    for (;;) {
      if (stars[p] && star !== p) { star = p; from = at; }
      if (p === tests.length && (at === text.length || stars[p])) return true;
      if (p < tests.length && at < text.length && tests[p](text[at])) { p++; at++; continue; }
      if (star < 0 || from >= text.length) return false;
      at = ++from; p = star;
    }
  } };
}

/** x.2.gz, x.1, x-20261119, x-20261119.zst: a base, what rotation added, and the compression. */
const rotated = /^(.+?)[.-](\d{1,4}|\d{8}|\d{4}-\d\d-\d\d|\d{10,14})(\.(?:gz|zst|br|xz|bz2))?$/;
interface Copy { readonly path: string; readonly base: string; readonly age: string | undefined; readonly packed: boolean }

/** Sorted by name, but the rotated copies of one file oldest first: by falling number or rising date, the file itself last. */
export const oldestFirst = (paths: readonly string[]): string[] => inSeries(paths).map(({ path }) => path);

/** Copies that rotation made of a file, by its name, which need not be there any more; sorted with inSeries(). A file that begins with its name and a `.` or `-` counts. */
export function copiesOf(path: string): string[] {
  const name = basename(path), folder = dirname(path);
  return names(folder).flatMap((entry) => {
    const isCopy = entry.name.startsWith(`${name}.`) || entry.name.startsWith(`${name}-`), copy = path.includes('/') ? join(folder, entry.name) : entry.name;
    return isCopy && isFile(copy) ? [copy] : [];
  });
}

/** The same, each with the name of the file that it is a copy of; its own where it is none. */
export function inSeries(paths: readonly string[]): { readonly path: string; readonly series: string }[] {
  const copies = paths.map((path): Copy => {
    const found = rotated.exec(basename(path)), at = (name: string): string => path.slice(0, path.length - basename(path).length) + name;
    return found === null ? { path, base: path.replace(/\.(?:gz|zst|br)$/, ''), age: undefined, packed: false } : { path, base: at(found[1]), age: found[2], packed: found[3] !== undefined };
  });
  // part.1 part.2 part.3 are no rotation: that needs the file itself, or a copy that was packed.
  const bases = new Map<string, Copy[]>();
  for (const copy of copies) if (copy.age !== undefined) bases.set(copy.base, [...bases.get(copy.base) ?? [], copy]);
  const isRotation = new Set([...bases].filter(([base, all]) => all.some(({ packed }) => packed) || paths.includes(base) || isFile(base)).map(([base]) => base));
  const sortName = (copy: Copy): string => isRotation.has(copy.base) ? copy.base : copy.path;
  const sorted = copies.sort((a, b) => compare(sortName(a), sortName(b)) || (isRotation.has(a.base) && a.base === b.base ? byAge(a, b) : 0) || compare(a.path, b.path));
  // A copy that is being packed stands there twice for a while: x.1 and x.1.gz hold the same records, and the unpacked one is whole.
  return sorted.filter((copy) => !(copy.packed && isRotation.has(copy.base) && sorted.some((other) => !other.packed && other.base === copy.base && other.age === copy.age))).map((copy) => ({ path: copy.path, series: sortName(copy) }));
}

function byAge(a: Copy, b: Copy): number {
  if (a.age === undefined || b.age === undefined) return (a.age === undefined ? 1 : 0) - (b.age === undefined ? 1 : 0);
  return a.age.length <= 4 && b.age.length <= 4 ? Number(b.age) - Number(a.age) : compare(a.age, b.age);
}
const compare = (a: string, b: string): number => a < b ? -1 : a > b ? 1 : 0;
