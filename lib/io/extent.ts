// How far a file of output was committed, and cutting it back to there (EXACTLY-ONCE R21, R22): standard output behind >>, `to file`, files beside the output. It never
// changes a file that is not, byte for byte as far as it looks, the one that was committed; what it cuts off is saved first, for somebody else may have written it.
import { closeSync, constants, fstatSync, openSync, readFileSync, readSync, readlinkSync } from 'node:fs';
import { LeatError, grouped } from '../errors.js';
import { crypto } from './builtin.js';
import { cutFile, guarded, writeFault, writeWhole } from './durable.js';

/** A file and a length of it, as a checkpoint keeps it. */
export interface Extent { readonly dev: string; readonly ino: string; readonly length: number;
  /** SHA-256 of the last 256 bytes before `length`, or of all where there are fewer. */
  readonly tail: string }

const TAIL_BYTES = 256, PIECE_BYTES = 1 << 20;
/** So much of a tail that is cut off is kept. */
export const DISCARD_BYTES = 64 << 20;

/**
 * Where the next byte written to a descriptor goes: behind all others where it appends, else where it stands (`1<>FILE`, `>`). Linux tells; elsewhere it is taken to append.
 */
function positionOf(fd: number, size: number): number {
  let info: string;
  try { info = readFileSync(`/proc/self/fdinfo/${fd}`, 'latin1'); } catch { return size; }
  const flags = parseInt(/^flags:\s*([0-7]+)/m.exec(info)?.[1] ?? '', 8), position = Number(/^pos:\s*(\d+)/m.exec(info)?.[1] ?? size);
  return (flags & constants.O_APPEND) !== 0 ? size : position;
}

/** The same file, for reading: a descriptor of output is seldom open for that. The caller closes it. Errors: E_PERMISSION, E_WRITE. */
function reading(fd: number, file: string): number {
  try { return openSync(`/proc/self/fd/${fd}`, constants.O_RDONLY); } catch (error) { if ((error as NodeJS.ErrnoException).code !== 'ENOENT') throw writeFault(error, file); }
  const again = guarded(file, () => openSync(file, constants.O_RDONLY)), a = fstatSync(fd), b = fstatSync(again);
  if (a.dev === b.dev && a.ino === b.ino) return again;
  closeSync(again);
  throw new LeatError('E_OUTPUT', { what: `${file} was replaced by another file while it was written to`, help: '' });
}

/** bytes[from, to) of a file, piece by piece; a piece is valid until the next one. */
function* pieces(fd: number, from: number, to: number): Generator<Uint8Array> {
  const buffer = new Uint8Array(Math.min(PIECE_BYTES, to - from));
  for (let at = from; at < to; ) {
    const count = readSync(fd, buffer, 0, Math.min(buffer.length, to - at), at);
    if (count === 0) return;
    at += count;
    yield buffer.subarray(0, count);
  }
}

function tailOf(fd: number, length: number): string {
  const hash = crypto().createHash('sha256');
  for (const piece of pieces(fd, Math.max(0, length - TAIL_BYTES), length)) hash.update(piece);
  return hash.digest('hex');
}

/**
 * What has been written to a descriptor so far; the caller has flushed and synced it. undefined: it is no regular file, and nothing can be cut from it. `file` is its path, for
 * messages and for systems without /proc; of standard output, where nobody knows it, any name. Errors: E_PERMISSION where the file cannot be read, E_WRITE.
 */
export function extentOf(fd: number, file: string): Extent | undefined {
  const { dev, ino, size } = fstatSync(fd, { bigint: true });
  if (!fstatSync(fd).isFile()) return undefined;
  const length = positionOf(fd, Number(size)), from = reading(fd, file);
  try { return { dev: String(dev), ino: String(ino), length, tail: tailOf(from, length) }; } finally { closeSync(from); }
}

/** The hash of the last 256 of the first `length` bytes of a file of ours. Errors: E_WRITE, E_PERMISSION. */
export function tailAt(path: string, length: number): string {
  const fd = guarded(path, () => openSync(path, constants.O_RDONLY));
  try { return tailOf(fd, length); } finally { closeSync(fd); }
}

/**
 * Makes a file what it was when `extent` was taken, and waits until that is on disk; how many bytes were cut off. The last 64 MiB of them are in `discard` then. It may be
 * repeated. `fd` appends, or stands at the end of the extent. Errors: E_OUTPUT (65) where it is another file, shorter, with other bytes or cannot be cut, and nothing was
 * changed; E_WRITE, E_PERMISSION.
 */
export function cutTo(fd: number, extent: Extent, file: string, discard: string): number {
  const { dev, ino, size: bytes } = fstatSync(fd, { bigint: true }), size = Number(bytes), { length } = extent, isOutput = fd === 1, path = isOutput ? pathOf(fd) ?? 'FILE' : file, name = isOutput ? 'the output' : file;
  const back = `put ${path} back as it was, or begin again with another --checkpoint`;
  const refuse = (what: string, help: string): never => { throw new LeatError('E_OUTPUT', { what: `${name} ${what}`, help }); };
  if (!fstatSync(fd).isFile()) refuse(`is no file, and ${counted(length)} of a file were committed`, isOutput ? '>> the file of the last run' : back);
  if (size === 0 && length === 0) return 0;                // nothing to check, and nothing to lose
  if (size === 0) refuse(`has 0 bytes and ${grouped(length)} were committed: ${isOutput ? 'the shell emptied it with >' : 'it was emptied, or moved and made anew'}`, isOutput ? `>> ${path}, or: leat to file ${path}; what it held is lost: put a copy back, or begin again with another --checkpoint` : back);
  if (String(dev) !== extent.dev || String(ino) !== extent.ino) refuse(`is another file than the one of which ${counted(length)} were committed: ${isOutput ? 'another name stands behind >>, or the file was replaced' : 'that one was moved or replaced'}`, isOutput ? '>> the file of the last run' : back);
  if (size < length) refuse(`has ${counted(size)} and ${grouped(length)} were committed: somebody cut it`, back);
  const from = reading(fd, file);
  try {
    if (tailOf(from, length) !== extent.tail) refuse(`has other bytes before byte ${grouped(length)} than those that were committed: somebody changed it`, back);
    const position = positionOf(fd, length);
    if (position !== length) refuse(`would be written from byte ${grouped(position)} on, and ${grouped(length)} were committed`, `>> ${path}, or: leat to file ${path}`);
    if (size > length) {
      writeWhole(discard, pieces(from, Math.max(length, size - DISCARD_BYTES), size));
      cut(fd, length, path, refuse);
    }
  } finally { closeSync(from); }
  return size - length;
}

function cut(fd: number, length: number, path: string, refuse: (what: string, help: string) => never): void {
  try { cutFile(fd, length, path); } catch (error) {
    if (error instanceof LeatError) throw error;
    const { code } = error as NodeJS.ErrnoException, what = `cannot be cut back to the ${counted(length)} that were committed`;
    if (code === 'EPERM') refuse(`${what}: it has the append-only attribute`, `chattr -a ${path}`);
    if (code === 'EINVAL') refuse(`${what}: it is not open for writing`, `>> ${path}`);
    throw writeFault(error, path);
  }
}

const counted = (bytes: number): string => bytes === 1 ? '1 byte' : `${grouped(bytes)} bytes`;

/** The name of what a descriptor writes to, for something to type. */
function pathOf(fd: number): string | undefined {
  try { const path = readlinkSync(`/proc/self/fd/${fd}`), here = `${process.cwd()}/`; return path.startsWith(here) ? path.slice(here.length) : path; } catch { return undefined; }
}
