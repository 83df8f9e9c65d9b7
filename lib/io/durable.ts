// What is on disk to stay: files that appear under their name only when they are whole, and syncing. The only place that renames, truncates, syncs or unlinks output.
// A file in the making has a name beside the final one that begins with a dot and ends with .part: no pattern of data files takes it for data, whatever killed its writer.
import { accessSync, chmodSync, closeSync, constants, existsSync, fstatSync, fsyncSync, ftruncateSync, linkSync, lstatSync, mkdirSync, openSync, readlinkSync, realpathSync, renameSync, statSync, unlinkSync, writeSync } from 'node:fs';
import { basename, dirname, join } from 'node:path';
import { LeatError, reason } from '../errors.js';

const codeOf = (error: unknown): string | undefined => (error as NodeJS.ErrnoException).code;

/** Any fault of the file system as users meet it: 77 where permission is missing, else 74. */
export function writeFault(error: unknown, file: string): LeatError {
  const { code, message } = error as NodeJS.ErrnoException;
  return code === 'EACCES' || code === 'EPERM' ? new LeatError('E_PERMISSION', { file }) : new LeatError('E_WRITE', { file, why: reason(code, message), help: '' });
}
export function guarded<T>(file: string, work: () => T): T {
  try { return work(); } catch (error) { throw error instanceof LeatError ? error : writeFault(error, file); }
}

/** Waits until what was written to a descriptor is on disk. Pipes and devices have nothing to sync. */
export function syncFile(fd: number, file: string): void {
  try { fsyncSync(fd); } catch (error) { if (codeOf(error) !== 'EINVAL' && codeOf(error) !== 'ENOTSUP' && codeOf(error) !== 'EROFS') throw writeFault(error, file); }
}

/** Waits until the names in a folder are on disk. */
export function syncFolder(folder: string): void {
  let fd: number;
  try { fd = openSync(folder, constants.O_RDONLY | constants.O_DIRECTORY); } catch { return; }   // a folder that may be written but not read cannot be synced
  try { syncFile(fd, folder); } finally { closeSync(fd); }
}

/** Waits until the name of an open file is on disk: syncing the file does not promise that. Who made it (a shell, for >>) need not have. Systems that do not tell the name are trusted. */
export function syncName(fd: number): void {
  let path: string;
  try { path = readlinkSync(`/proc/self/fd/${fd}`); } catch { return; }
  if (path.startsWith('/')) syncFolder(dirname(path));
}

/** Makes a folder and those above it, each synced into the one that holds it. */
export function makeFolder(folder: string, mode = 0o777): void {
  if (existsSync(folder)) return;
  makeFolder(dirname(folder), mode);
  guarded(folder, () => { try { mkdirSync(folder, mode); } catch (error) { if (codeOf(error) !== 'EEXIST') throw error; } });
  syncFolder(dirname(folder));
}

/** Cuts a file back to `length`, after a write that did not succeed as a whole. It is cut only where it has grown from there by at most `more`, so that nobody else's bytes go. */
export function cutBack(fd: number, length: number, more: number): void {
  try {
    const stat = fstatSync(fd);
    if (stat.isFile() && stat.size > length && stat.size <= length + more) ftruncateSync(fd, length);
  } catch { /* it stays as it is; the error that brought us here is told */ }
}

/** Cuts a file of ours to `length` bytes, and waits until that is on disk. Errors: those of cutting, as they are; E_WRITE. */
export function cutFile(fd: number, length: number, file: string): void {
  ftruncateSync(fd, length);
  syncFile(fd, file);
}

/** A file under its name with all of these bytes, or as it was before; made by its owner alone. Errors: E_WRITE, E_PERMISSION. */
export function writeWhole(path: string, pieces: Iterable<Uint8Array>): void {
  guarded(path, () => {
    const part = `${path}.new`, fd = openSync(part, constants.O_WRONLY | constants.O_CREAT | constants.O_TRUNC | constants.O_NOFOLLOW, 0o600);
    try {
      for (const piece of pieces) for (let at = 0; at < piece.length; ) at += writeSync(fd, piece, at);
      syncFile(fd, path);
    } finally { closeSync(fd); }
    renameSync(part, path);
  });
  syncFolder(dirname(path));
}

/** Files in the making: gone when the process ends in any way that it can notice. */
const parts = new Set<string>();
process.on('exit', () => { for (const part of parts) unlink(part); });
function unlink(part: string): void { try { unlinkSync(part); } catch { /* it is gone */ } }

let counter = 0;
/** A new name for a file in the making; the name of a path has at most 255 bytes. */
const partName = (path: string): string =>
  join(dirname(path), `.${Buffer.from(basename(path)).subarray(0, 180).toString('latin1').replace(/[^ -~]/g, '_')}.${process.pid.toString(36)}${Number(process.hrtime.bigint() & 0xffffffffn).toString(36)}${(counter++).toString(36)}.part`);

/** One file in the making. It is open only while something is written, so there may be many. Errors: E_WRITE, E_PERMISSION. */
export class Part {
  /** The final path: what a link points to. */
  readonly path: string;
  private readonly part: string;
  private isMade = false;
  constructor(path: string) {
    this.path = guarded(path, () => existsSync(path) ? realpathSync(path) : path);
    this.part = partName(this.path);
  }

  /** A descriptor to append by. The caller closes it. */
  open(): number {
    return guarded(this.path, () => {
      const fd = openSync(this.part, constants.O_WRONLY | constants.O_APPEND | (this.isMade ? 0 : constants.O_CREAT | constants.O_EXCL), 0o600);
      this.isMade = true;
      parts.add(this.part);
      return fd;
    });
  }

  /** On disk, and with the permissions of the file that it replaces, or those of a new one. */
  private settle(): void {
    const fd = this.open();
    try { syncFile(fd, this.path); } finally { closeSync(fd); }
    const mode = existsSync(this.path) ? statSync(this.path).mode & 0o777 : 0o666 & ~process.umask();
    chmodSync(this.part, mode);
  }

  /** Gives it its name, in place of a file that has it. */
  replace(): void {
    guarded(this.path, () => { this.settle(); renameSync(this.part, this.path); });
    parts.delete(this.part);
    syncFolder(dirname(this.path));
  }

  /** Gives it the name, if no file has it; false: one has. */
  add(path: string): boolean {
    return guarded(path, () => {
      this.settle();
      try { linkSync(this.part, path); } catch (error) {
        if (codeOf(error) === 'EEXIST') return false;
        if (existsSync(path)) return false;                // a file system without links: names are looked up, then given
        renameSync(this.part, path);
        parts.delete(this.part);
        syncFolder(dirname(path));
        return true;
      }
      unlink(this.part);
      parts.delete(this.part);
      syncFolder(dirname(path));
      return true;
    });
  }

  discard(): void { if (this.isMade) unlink(this.part); parts.delete(this.part); }
}

// Parts that outlive the process, for a checkpoint: their names are the caller's, and nothing unlinks them unasked.

/** A descriptor to append to a part by; `isNew`: it is made, or emptied. The caller closes it. Errors: E_WRITE, E_PERMISSION. */
export const openPart = (part: string, isNew: boolean): number => guarded(part, () => openSync(part, constants.O_WRONLY | constants.O_APPEND | constants.O_NOFOLLOW | (isNew ? constants.O_CREAT | constants.O_TRUNC : 0), 0o600));

/**
 * Gives a part the permissions of a new file, and its name beside its own; false: another file has it. May be repeated, whatever moment a crash broke it off at. The caller syncs
 * the folder, and only then removes the part: a name that is lost with the power is not the only one.
 */
export function namePart(part: string, path: string): boolean {
  return guarded(path, () => {
    chmodSync(part, 0o666 & ~process.umask());
    try { linkSync(part, path); } catch (error) {
      const there = statSync(path, { throwIfNoEntry: false }), own = statSync(part);
      if (there === undefined) { if (codeOf(error) === 'EEXIST') throw error; renameSync(part, path); return true; }   // a file system without links
      if (there.ino !== own.ino || there.dev !== own.dev) return false;
    }
    return true;
  });
}

/** A file of ours gets another name, in place of what has it. The caller syncs the folder. Errors: E_WRITE, E_PERMISSION. */
export const renameFile = (from: string, to: string): void => guarded(to, () => renameSync(from, to));

/** A file of ours goes, if it is there. */
export function removeFile(path: string): void {
  guarded(path, () => { try { unlinkSync(path); } catch (error) { if (codeOf(error) !== 'ENOENT') throw error; } });
}

/** What stands under a path: 'other' is what bytes can go into but no name can be changed of (a device, a FIFO). Errors: E_WRITE, E_PERMISSION where nothing can be written there. */
export function targetKind(path: string): 'none' | 'file' | 'other' {
  return guarded(path, () => {
    const stat = statSync(path, { throwIfNoEntry: false });
    if (stat === undefined) {
      if (lstatSync(path, { throwIfNoEntry: false }) === undefined) accessSync(dirname(path), constants.W_OK | constants.X_OK);
      return 'none';
    }
    if (stat.isDirectory()) throw new LeatError('E_WRITE', { file: path, why: 'it is a directory', help: '' });
    accessSync(path, constants.W_OK);
    if (!stat.isFile()) return 'other';
    accessSync(dirname(realpathSync(path)), constants.W_OK | constants.X_OK);
    return 'file';
  });
}
