// Files as they are at one moment, while others publish new ones: what `leat merge` reads. Owns: which descriptors make one snapshot, and how far a file that grows is read.
// Published files appear by rename, whole, and are never written again; so a snapshot is a set of names and inodes. It is right when the patterns still give the same names, and
// every name the same inode, after all of them were opened: then there was a moment at which the folder was just this. Else all are closed, and it is tried again.
// The file that grows is opened first: what is cut from its start once it is published can then not be missing from both (the descriptor keeps it); how far it is read is decided
// last, so that it holds all that came before the snapshot. It is read up to its last LF: what stands behind that is being written.
import { closeSync, fstatSync, openSync, readSync, statSync } from 'node:fs';
import type { Stats } from 'node:fs';
import { LeatError } from '../errors.js';
import { recognise, signatureBytes } from './compression.js';
import { expand, isPattern } from './glob.js';
import { inputOf, openError, openInputs } from './input.js';
import type { Input } from './input.js';
import { FileRaw } from './raw.js';
import type { Raw } from './raw.js';

export interface Snapshot {
  /** One an operand or match, in order; an empty one where patterns match nothing. */
  readonly published: readonly Input[];
  readonly growing: Input;
}

/** Tries before it is said that a folder does not come to rest, and ms between them. */
const TRIES = 500, PAUSE_MS = 2;
const TAIL_BYTES = 1 << 16;
const nap = new Int32Array(new SharedArrayBuffer(4));

/**
 * `published`: files and patterns; a pattern may match nothing, a file must be there. `growing`: a file, `-`, a FIFO. `opened`: called when all are open and before that is looked at again;
 * tests publish there.
 * Errors: E_FILE, E_PERMISSION; E_BUSY where names change all the time.
 */
export function openSnapshot(published: readonly string[], growing: string, opened = (): void => { /* nobody publishes */ }): Snapshot {
  const live = openGrowing(growing);
  try {
    const files = openPublished(published, opened, live.stat);
    return { published: files.length > 0 ? files : [inputOf(published.join(' '), { position: 0, read: () => 0, close: () => { /* nothing is open */ } }, 'file', false)], growing: live.input() };
  } catch (error) { live.close(); throw error; }
}

interface Opened { readonly name: string; readonly fd: number; readonly stat: Stats }

function openPublished(operands: readonly string[], hook: () => void, growing: Stats | undefined): Input[] {
  for (let left = TRIES; ; left--) {
    const opened: Opened[] = [];
    let inputs: Input[] | undefined;
    try {
      const names = namesOf(operands);
      const isOpen = names.every((name) => {
        const one = openOne(name, left > 0);
        if (one !== undefined) opened.push(one);
        return one !== undefined;
      });
      hook();
      if (isOpen && sameNames(names, namesOf(operands)) && opened.every(isStill)) return inputs = apart(opened, growing).map(({ name, fd, stat }) => stat.isFile() ? inputOf(name, new FileRaw(fd, name, true), 'file', true) : reopened(name, fd));
    } finally { if (inputs === undefined) for (const { fd } of opened) closeSync(fd); }
    if (left === 0) throw new LeatError('E_BUSY', { what: `the files of ${operands.join(' ')} change all the time: ${TRIES} times in a second there was no moment at which they were all there` });
    Atomics.wait(nap, 0, 0, PAUSE_MS);
  }
}

/** Each file once, whatever names it has (a link to the newest one, two patterns): its results would come twice. Errors: E_USAGE where one is the file that grows. */
function apart(opened: readonly Opened[], growing: Stats | undefined): readonly Opened[] {
  const seen = new Set<string>(), id = ({ dev, ino }: Stats): string => `${dev}:${ino}`;
  const both = opened.find(({ stat }) => growing !== undefined && id(stat) === id(growing));
  if (both !== undefined) throw new LeatError('E_USAGE', { what: `${both.name} is also the live file: its results would come twice`, help: "--offline 'batch/*.ndjson', a folder of its own" });
  return opened.filter(({ fd, stat }) => {
    if (!stat.isFile() || !seen.has(id(stat))) { seen.add(id(stat)); return true; }
    closeSync(fd);
    return false;
  });
}

/** Patterns that match nothing are no files; everything else is as FILE operands are. */
const namesOf = (operands: readonly string[]): string[] => operands.flatMap((operand) => {
  if (!isPattern(operand)) return [operand];
  try { return expand([operand]); } catch (error) { if (error instanceof LeatError && error.code === 'E_FILE') return []; throw error; }
});

/** undefined: it is gone, and may come again. */
function openOne(name: string, mayRetry: boolean): Opened | undefined {
  try {
    const stat = statSync(name);
    if (stat.isDirectory()) throw new LeatError('E_FILE', { file: name, why: 'it is a directory', help: `its files: '${name.replace(/\/$/, '')}/*'` });
    const fd = openSync(name, stat.isFIFO() ? 0o4000 : 'r');   // O_NONBLOCK: a FIFO is waited for when it is read
    return { name, fd, stat: fstatSync(fd) };
  } catch (error) {
    if (error instanceof LeatError) throw error;
    if (mayRetry && (error as NodeJS.ErrnoException).code === 'ENOENT') return undefined;
    throw openError(name, error);
  }
}

const sameNames = (a: readonly string[], b: readonly string[]): boolean => a.length === b.length && a.every((name, i) => name === b[i]);
function isStill({ name, stat: { dev, ino } }: Opened): boolean {
  const now = statSync(name, { throwIfNoEntry: false });
  return now?.dev === dev && now.ino === ino;
}

/** A FIFO or a device: as any FILE operand. */
function reopened(name: string, fd: number): Input {
  closeSync(fd);
  return openInputs([name])[0];
}

function openGrowing(name: string): { /** Of a regular file. */ readonly stat?: Stats; input(): Input; close(): void } {
  const stat = name === '-' ? undefined : statSync(name, { throwIfNoEntry: false });
  if (stat?.isFile() !== true) { const [input] = openInputs([name]); return { input: () => input, close: () => input.close() }; }
  let fd: number;
  try { fd = openSync(name, 'r'); } catch (error) { throw openError(name, error); }
  return {
    stat,
    input() {
      const head = new Uint8Array(signatureBytes), packing = recognise(head.subarray(0, readSync(fd, head, 0, head.length, 0))) ?? 'plain', raw = new FileRaw(fd, name, true);
      return inputOf(name, packing === 'plain' && !name.endsWith('.br') ? new Until(raw, lastLine(fd, fstatSync(fd).size)) : raw, 'file', true);
    },
    close: () => closeSync(fd),
  };
}

/** Where the last line that is complete ends. */
function lastLine(fd: number, size: number): number {
  const piece = new Uint8Array(TAIL_BYTES);
  for (let end = size; end > 0; ) {
    const from = Math.max(0, end - TAIL_BYTES), count = readSync(fd, piece, 0, end - from, from), at = piece.subarray(0, count).lastIndexOf(10);
    if (at >= 0) return from + at + 1;
    end = from;
  }
  return 0;
}

/** The first bytes of another one. */
class Until implements Raw {
  private readonly raw: Raw;
  private left: number;
  constructor(raw: Raw, length: number) { this.raw = raw; this.left = length; }
  get position(): number { return this.raw.position; }
  read(into: Uint8Array): number | Promise<number> {
    if (this.left === 0) return 0;
    const got = this.raw.read(into.length > this.left ? into.subarray(0, this.left) : into), take = (count: number): number => { this.left -= count; return count; };
    return typeof got === 'number' ? take(got) : got.then(take);
  }
  close(): void { this.raw.close(); }
}
