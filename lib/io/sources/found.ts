// The files that operands name, as they are now: patterns expanded, copies of rotation in their order, each file once whatever its names.
import { closeSync, fstatSync, openSync, statSync } from 'node:fs';
import { LeatError } from '../../errors.js';
import { copiesOf, expand, inSeries, isPattern } from '../glob.js';
import { checkFile, openError } from '../input.js';

export interface Named { readonly path: string; readonly series: string; readonly isChosen: boolean; readonly isAged: boolean }

/** A file that is there. */
export class Found {
  readonly path: string;
  /** The file that it is a copy of by its name; its own name where it is none. */
  readonly series: string;
  /** Named by an operand; else a copy that rotation made of one that is, which matters only where it was read before under that name. */
  readonly isChosen: boolean;
  readonly dev: string;
  readonly ino: string;
  readonly size: number;
  readonly mtimeMs: number;
  /** When it was made; some systems give the time of the last change in its place. */
  readonly birthMs: number;
  readonly isRegular: boolean;
  /** Its name tells its age among the copies of its series; the file itself is the youngest. */
  readonly isAged: boolean;
  /** It is open already: it may have no name any more. */
  readonly fd: number | undefined;
  constructor({ path, series, isChosen, isAged }: Named, stat: { readonly dev: bigint; readonly ino: bigint; readonly size: bigint; readonly mtimeMs: bigint; readonly birthtimeMs: bigint; isFile(): boolean }, fd?: number) {
    this.fd = fd;
    this.path = path; this.series = series; this.isChosen = isChosen; this.isAged = isAged;
    this.dev = String(stat.dev); this.ino = String(stat.ino); this.size = Number(stat.size); this.mtimeMs = Number(stat.mtimeMs);
    this.birthMs = Number(stat.birthtimeMs);
    this.isRegular = stat.isFile();
  }

  /** A descriptor of this very file, not of one that has its name now; undefined: there is no such file any more. Errors: E_FILE, E_PERMISSION. */
  open(): number | undefined {
    if (this.fd !== undefined) return this.fd;
    let fd: number;
    try { fd = openSync(this.path, 'r'); } catch (error) {
      if ((error as NodeJS.ErrnoException).code === 'ENOENT') return undefined;
      throw openError(this.path, error);
    }
    const { dev, ino } = fstatSync(fd, { bigint: true });
    if (!this.isRegular || isSame(this, { dev: String(dev), ino: String(ino) })) return fd;
    closeSync(fd);
    return undefined;
  }
  /** Work on the open file. Errors: E_FILE where it is not there any more. */
  with<T>(work: (fd: number) => T): T {
    const fd = this.open();
    if (fd === undefined) throw new LeatError('E_FILE', { file: this.path, why: 'no such file or directory', help: '' });
    try { return work(fd); } finally { this.close(fd); }
  }
  close(fd: number): void { if (fd !== this.fd) closeSync(fd); }
}

/** A text for the two numbers of a file. */
export const keyOf = ({ dev, ino }: { readonly dev: string; readonly ino: string }): string => `${dev}:${ino}`;

export const isSame = (a: { readonly dev: string; readonly ino: string }, b: { readonly dev: string; readonly ino: string }): boolean => a.ino === b.ino && a.dev === b.dev;

/** What an operand stands for: standard input, or files in the order of their records. */
export type Operand = 'stdin' | readonly Found[];

/**
 * All operands, in order. `isLoose`: a file or the matches of a pattern may be missing (they are waited for, or are there under other names). Errors: E_FILE, E_PERMISSION.
 */
export function survey(operands: readonly string[], isLoose: boolean): Operand[] {
  const all = (operands.length === 0 ? ['-'] : operands).map((operand): Operand => operand === '-' || operand === '/dev/stdin' ? 'stdin' : look(operand, isLoose));
  const chosen = new Set(all.flatMap((operand) => operand === 'stdin' ? [] : operand).filter(({ isChosen }) => isChosen).map(keyOf)), seen = new Set<string>();
  return all.map((operand) => operand === 'stdin' ? operand : operand.filter((found) => {
    const key = keyOf(found);
    if (found.isRegular && (seen.has(key) || (!found.isChosen && chosen.has(key)))) return false;
    seen.add(key);
    return true;
  }));
}

function look(operand: string, isLoose: boolean): Found[] {
  // A file that went away between being listed and being looked at has another name now: the list is made again.
  for (let attempt = 0; ; attempt++) {
    const found = listed(operand, isLoose).map((named) => ({ named, stat: statSync(named.path, { bigint: true, throwIfNoEntry: false }) }));
    const isWhole = found.every(({ named: { path }, stat }) => stat !== undefined || path === operand);
    if (isWhole || attempt === 10) return found.flatMap(({ named, stat }) => stat === undefined ? [] : [new Found(named, stat)]);
  }
}

function listed(operand: string, isLoose: boolean): readonly Named[] {
  if (isPattern(operand)) {
    let paths: readonly string[];
    try { paths = expand([operand]); } catch (error) { if (isLoose && error instanceof LeatError && error.code === 'E_FILE') return []; throw error; }
    return inSeries(paths).map((each) => ({ ...each, isChosen: true, isAged: true }));
  }
  if (!isLoose) checkFile(operand);
  const copies = inSeries([...copiesOf(operand), operand]).map(({ path, series }): Named => ({ path, series: operand, isChosen: path === operand, isAged: series === operand }));
  return [...copies.filter(({ isAged }) => !isAged), ...copies.filter(({ isAged }) => isAged)];   // names that tell no age are the older ones
}
