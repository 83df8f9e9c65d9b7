// One file that is being read: opened at its place, and what is to be kept of it at any time.
import { fstatSync } from 'node:fs';
import { grouped } from '../../errors.js';
import type { Worked } from '../sources.js';
import type { Found } from './found.js';
import { PlacedFile, bytesAt, packingOf } from './placed-file.js';
import { HEAD_BYTES, START_BYTES, printOf } from './print.js';
import type { Print } from './print.js';
import type { SavedFile } from './saved.js';

/** A file changed so lately that another change may bear the same time. */
const FRESH_MS = 2000;
export const START: Worked = { offset: 0, line: 1, records: 0 };

export class Reading {
  readonly found: Found;
  readonly file: PlacedFile;
  readonly at: Worked;
  readonly fd: number;
  /** The reader was told of the end. */
  isEnded = false;
  /** Of a followed file: nothing will be added to it. */
  isDone = false;
  private readonly packed: Print | undefined;

  /** `at`: absent for the start. The descriptor stays the caller's. Errors: E_NOT_NDJSON, E_READ. */
  constructor(fd: number, found: Found, at: Worked | undefined, limit: number, make: typeof PlacedFile = PlacedFile) {
    this.fd = fd; this.found = found;
    const packing = packingOf(fd, found.path);
    this.at = at ?? START;
    this.file = new make(fd, found.path, packing, this.at.offset, found.size, packing === undefined ? limit : Infinity);
    this.packed = packing === undefined ? undefined : printOf(bytesAt(fd, found.path, 0, HEAD_BYTES));
  }

  /** What is kept of it when it has been worked off so far. */
  saved(worked: Worked): SavedFile {
    const { file, fd, packed, isEnded } = this, stat = fstatSync(fd, { bigint: true }), mtimeMs = Number(stat.mtimeMs), birthMs = Number(stat.birthtimeMs);
    const isSettled = Date.now() - mtimeMs > FRESH_MS && (packed !== undefined || file.isIntact());
    return {
      name: file.name, dev: String(stat.dev), ino: String(stat.ino), size: Number(stat.size), ...isSettled ? { mtimeMs } : {}, ...birthMs === Number(stat.ctimeMs) ? {} : { birthMs },
      head: file.headPrint(worked.offset), starts: START_BYTES.filter((bytes) => bytes < worked.offset).map((bytes) => file.headPrint(worked.offset, bytes)), tail: file.tailPrint(worked.offset), at: worked, isEnded,
      ...file.packing === undefined ? {} : { packing: file.packing }, ...packed === undefined ? {} : { packed },
    };
  }
}

/** A writer that does not append leaves a hole where a truncated file was: NULs, which are no data. Where they end, and what to say. */
export function holeOf(fd: number, { path }: Found, warn: (text: string) => void): Worked {
  if (packingOf(fd, path) !== undefined) return START;
  let at = 0;
  for (;;) {
    const bytes = bytesAt(fd, path, at, 1 << 20), first = bytes.findIndex((byte) => byte !== 0);
    at += first < 0 ? bytes.length : first;
    if (first >= 0 || bytes.length === 0) break;
  }
  if (at > 0) warn(`${path} was truncated, and its writer went on at the old place: ${grouped(at)} NUL bytes at its start are skipped`);
  return { ...START, offset: at };
}
