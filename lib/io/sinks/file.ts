// to file: records appended to one file, seen as they are written, synced at the end. A write that fails is cut back to the record before it.
import { closeSync, constants, fstatSync, openSync, readSync, statSync } from 'node:fs';
import type { Stats } from 'node:fs';
import { dirname } from 'node:path';
import { LeatError } from '../../errors.js';
import { cutBack, guarded, syncFile, syncFolder, writeFault } from '../durable.js';
import { Output } from '../output.js';
import { gzipSink, isPacked, plainSink } from '../packing.js';
import type { ByteSink } from '../packing.js';
import type { Target, Warn } from './target.js';

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
  private readonly fd: number;
  private readonly path: string;
  private readonly sink: ByteSink;
  private readonly isNew: boolean;
  private isFailed = false;
  private isOpen = true;

  /** Errors: E_WRITE, E_PERMISSION. */
  constructor(path: string, warn: Warn) {
    this.path = path;
    const { O_WRONLY, O_APPEND, O_CREAT } = constants;
    this.fd = guarded(path, () => openSync(path, O_WRONLY | O_APPEND | O_CREAT, 0o666));
    const { size } = fstatSync(this.fd), output = new WholeWrites(this.fd, path);
    this.isNew = size === 0;
    this.sink = isPacked(path) ? gzipSink(output, size === 0) : plainSink(output);
    if (!isPacked(path) && size > 0 && !endsWithLine(path, size)) {
      warn(`${path} did not end with a line end, so one was added: its last line is what a run that was killed left, or another program`);
      output.write(Uint8Array.of(10));
    }
  }

  lines(bytes: Uint8Array, start: number, end: number): void { this.try(() => this.sink.write(bytes, start, end)); }
  flush(): void { this.try(() => this.sink.flush()); }
  end(): void {
    this.try(() => this.sink.finish());
    syncFile(this.fd, this.path);
    if (this.isNew) syncFolder(dirname(this.path));
    this.close();
  }
  /** What came before the fault stays, as behind >>. */
  abort(): void {
    if (!this.isFailed) { try { this.sink.finish(); } catch (error) { if (!(error instanceof LeatError)) throw error; } }
    this.close();
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
