// Which file of now is which of the checkpoint: by what they hold, then by their numbers, never by names (EXACTLY-ONCE 6). Two that cannot be told apart are refused.
import { LeatError } from '../../errors.js';
import type { Packing } from '../compression.js';
import { bytesAt, packingOf, PlacedFile } from './placed-file.js';
import { HEAD_BYTES, isPrint } from './print.js';
import { isSame } from './found.js';
import type { Found } from './found.js';
import type { SavedFile } from './saved.js';

export interface Matches {
  /** Files of now that are known. */
  readonly known: ReadonlyMap<Found, SavedFile>;
  /** Files of the checkpoint that are not there. */
  readonly gone: readonly SavedFile[];
}

/** Errors: E_INPUT where two files can be the one; E_READ, E_FILE. */
export async function match(files: readonly Found[], saved: readonly SavedFile[]): Promise<Matches> {
  const known = new Map<Found, SavedFile>(), regular = files.filter(({ isRegular }) => isRegular);
  const open = new Set(saved);
  const take = (found: Found, file: SavedFile): void => { known.set(found, file); open.delete(file); };
  const byNumber = async (files: readonly SavedFile[]): Promise<void> => {
    for (const file of files) {
      const found = regular.find((each) => isSame(each, file) && (file.at.offset > 0 || file.birthMs === undefined || file.birthMs === each.birthMs));
      if (found !== undefined && !known.has(found) && await holds(found, file)) take(found, file);
    }
  };
  await byNumber(saved.filter(({ at }) => at.offset > 0));
  for (const file of [...open]) {
    const candidates: Found[] = [];
    if (isTelling(file)) for (const found of regular) if (!known.has(found) && await holds(found, file)) candidates.push(found);
    if (candidates.length > 1) throw ambiguous(file, candidates);
    if (candidates.length === 1) take(candidates[0], file);
  }
  await byNumber([...open].filter(({ at }) => at.offset === 0));            // there was nothing in it that could tell it
  return { known, gone: [...open] };
}

/** Whether what is known of it tells it from others: of one that has been gone for a while, more is asked for. */
const isTelling = ({ head, at, goneMs }: SavedFile): boolean => head.bytes > 0 && at.offset > 0 && (head.bytes === HEAD_BYTES || goneMs === undefined || Date.now() - goneMs < LATELY_MS);
const LATELY_MS = 60_000;

function ambiguous({ name }: SavedFile, [one, two]: readonly Found[]): LeatError {
  return new LeatError('E_INPUT', { what: `${one.path} and ${two.path} begin alike, and each of them can be the rest of ${name}, which has moved`, help: `leave one of them out of the operands` });
}

/** Whether a file holds what was worked off of that one. Errors: E_FILE, E_READ. */
export async function holds(found: Found, saved: SavedFile): Promise<boolean> {
  if (isSame(found, saved) && found.size === saved.size && found.mtimeMs === saved.mtimeMs) return true;
  const fd = found.open();
  if (fd === undefined) return false;
  try { return await holdsAt(fd, found, saved); } finally { found.close(fd); }
}

/** Whether all that can be compared of it begins as that one did: it may be shorter. Errors: E_FILE, E_READ. */
export async function beginsLike(found: Found, { head, starts }: SavedFile): Promise<boolean> {
  const fd = found.open();
  if (fd === undefined) return false;
  try {
    const first = await firstBytes(fd, found), print = [head, ...starts].sort((a, b) => b.bytes - a.bytes).find(({ bytes }) => bytes <= first.length);
    return print !== undefined && print.bytes > 0 && isPrint(print, first.subarray(0, print.bytes));
  } finally { found.close(fd); }
}

/** At most HEAD_BYTES, unpacked; none of what is damaged, or packed in a way that leat does not unpack. */
async function firstBytes(fd: number, { path, size }: Found): Promise<Uint8Array> {
  try {
    const packing = packingOf(fd, path);
    if (packing === undefined) return bytesAt(fd, path, 0, HEAD_BYTES);
    const file = new PlacedFile(fd, path, packing, 0, size, size), into = new Uint8Array(HEAD_BYTES);
    try { while (file.at < HEAD_BYTES && await file.read(into) > 0); return file.first; } finally { file.close(); }
  } catch (error) {
    if (error instanceof LeatError && (error.code === 'E_GZIP' || error.code === 'E_NOT_NDJSON')) return new Uint8Array(0);
    throw error;
  }
}

/** The same as holds() of an open file. */
export async function holdsAt(fd: number, { path, size }: Found, saved: SavedFile): Promise<boolean> {
  const { head, tail, at: { offset } } = saved;
  let packing: Packing | undefined;
  try { packing = packingOf(fd, path); } catch { return false; }              // it is packed in a way that leat does not unpack
  if (packing === undefined) {
    return size >= Math.max(offset, head.bytes) && isPrint(head, bytesAt(fd, path, 0, head.bytes)) && isPrint(tail, bytesAt(fd, path, offset - tail.bytes, tail.bytes));
  }
  if (saved.packed !== undefined && saved.size === size && isPrint(saved.packed, bytesAt(fd, path, 0, saved.packed.bytes))) return true;
  const file = new PlacedFile(fd, path, packing, 0, size, size), into = new Uint8Array(1 << 18);
  /** Reads to there; false: it ends before, or begins otherwise. */
  const reach = async (to: number): Promise<boolean> => {
    while (file.at < to) {
      if (await file.read(into.subarray(0, Math.min(into.length, to - file.at))) === 0) return false;
      if (file.first.length >= head.bytes && !isPrint(head, file.first.subarray(0, head.bytes))) return false;
    }
    return true;
  };
  try {
    return await reach(offset) && isPrint(tail, file.before(tail.bytes)) && await reach(head.bytes);
  } catch (error) {
    if (error instanceof LeatError && error.code === 'E_GZIP') return false;    // damaged, or in the making
    throw error;
  } finally { file.close(); }
}
