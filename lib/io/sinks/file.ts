// to file: records appended to one file, seen as they are written, synced at the end. A write that fails is cut back to the record before it.
import { closeSync, constants, existsSync, fstatSync, openSync, readSync, statSync } from 'node:fs';
import type { Stats } from 'node:fs';
import { dirname, join } from 'node:path';
import { LeatError } from '../../errors.js';
import { cutBack, guarded, makeFolder, removeFile, syncFile, syncFolder, writeFault } from '../durable.js';
import { cutTo, extentOf } from '../extent.js';
import type { Extent } from '../extent.js';
import { Output } from '../output.js';
import { gzipSink, isPacked, plainSink } from '../packing.js';
import type { ByteSink } from '../packing.js';
import type { Epochs, Json, Place, Target, Warn } from './target.js';

/** An Output whose failed write leaves no half record behind. */
class WholeWrites extends Output {
  protected override out(bytes: Uint8Array, start: number, end: number): void {
    const before = this.sizeOf();
    try { super.out(bytes, start, end); } catch (error) {
      if (before !== undefined) cutBack(this.fd, before, end - start);
      throw error;
    }
  }
  private sizeOf(): number | undefined { const stat = fstatSync(this.fd); return stat.isFile() ? stat.size : undefined; }
}

export class FileTarget implements Target {
  readonly epochs: Epochs | undefined;
  private readonly fd: number;
  private readonly path: string;
  private readonly warn: Warn;
  private readonly output: Output;
  private sink: ByteSink | undefined;
  private readonly isMade: boolean;                        // by this process
  private isNew: boolean;                                  // its name is not on disk yet
  private isResumed = false;                               // a part of a checkpoint
  private isFailed = false;
  private isEnded = false;
  private isOpen = true;

  /** Errors: E_WRITE, E_PERMISSION. */
  constructor(path: string, warn: Warn) {
    this.path = path; this.warn = warn;
    const { O_WRONLY, O_APPEND, O_CREAT } = constants;
    this.isMade = !existsSync(path);
    this.fd = guarded(path, () => openSync(path, O_WRONLY | O_APPEND | O_CREAT, 0o666));
    this.output = new WholeWrites(this.fd, path);
    this.isNew = fstatSync(this.fd).size === 0;
    if (this.output.kind === 'file') this.epochs = { resume: async (committed, place) => this.resume(committed, place), prepare: () => this.prepare(), publish: async () => { if (this.isEnded) this.close(); } };
  }

  /** The file as it is now is what records come behind. */
  private begin(): ByteSink {
    if (this.sink !== undefined) return this.sink;
    const { path, output } = this, { size } = fstatSync(this.fd);
    if (isPacked(path)) return this.sink = gzipSink(output, size === 0);
    if (size > 0 && !endsWithLine(path, size)) {
      this.warn(`${path} did not end with a line end, so one was added: its last line is what a run that was killed left, or another program`);
      output.write(Uint8Array.of(10));
    }
    return this.sink = plainSink(output);
  }

  lines(bytes: Uint8Array, start: number, end: number): void { this.try(() => this.begin().write(bytes, start, end)); }
  flush(): void { this.try(() => this.begin().flush()); }
  end(): void {
    this.isEnded = true;
    this.try(() => this.begin().finish());
    this.sync();
    if (!this.isResumed) this.close();
  }
  /** What came before the fault stays, as behind >>; with a checkpoint it would be cut off again, and another run may be at work by now. */
  abort(): void {
    if (!this.isFailed && !this.isResumed) { try { this.begin().finish(); } catch (error) { if (!(error instanceof LeatError)) throw error; } }
    this.close();
  }

  // A part of a checkpoint: what was written behind the committed bytes is cut off.

  private resume(committed: Json | undefined, { folder }: Place): void {
    this.isResumed = true;
    if (committed === undefined) return;
    makeFolder(folder, 0o700);
    try { cutTo(this.fd, committed as unknown as Extent, this.path, join(folder, 'cut.discard')); } catch (error) {   // `as`: prepare() gave it
      this.close();
      if (this.isMade) removeFile(this.path);              // who moved it away may move it back
      throw error;
    }
  }
  private prepare(): Json {
    this.try(() => this.begin().settle());
    this.sync();
    return { ...extentOf(this.fd, this.path)! };           // `!`: it is a file
  }
  private sync(): void {
    syncFile(this.fd, this.path);
    if (this.isNew) syncFolder(dirname(this.path));
    this.isNew = false;
  }

  private try(work: () => void): void { try { work(); } catch (error) { this.isFailed = true; throw error; } }
  private close(): void { if (this.isOpen) closeSync(this.fd); this.isOpen = false; }
}

/** Whether two names, or a descriptor and a name, are one file. */
export function sameFile(path: string, other: string | number): boolean {
  try {
    const a = fileOf(path), b = fileOf(other);
    return a.isFile() && a.ino === b.ino && a.dev === b.dev;
  } catch { return false; }
}
const fileOf = (of: string | number): Stats => typeof of === 'number' ? fstatSync(of) : statSync(of);

function endsWithLine(path: string, size: number): boolean {
  let fd: number;
  try { fd = openSync(path, 'r'); } catch (error) { if ((error as NodeJS.ErrnoException).code === 'EACCES') return true; throw writeFault(error, path); }   // a file that may be written but not read
  try { const last = new Uint8Array(1); return readSync(fd, last, 0, 1, size - 1) === 0 || last[0] === 10; } finally { closeSync(fd); }
}
