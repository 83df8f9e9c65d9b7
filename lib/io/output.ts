// Bytes to a descriptor: short writes, EAGAIN, EPIPE (EXACTLY-ONCE R11). Synchronous, so that nothing is queued when the process ends.
import { fstatSync, writeSync } from 'node:fs';
import { LeatError, reason } from '../errors.js';
import { isatty } from './builtin.js';

/** The reader closed the pipe: a quiet end (USERS, Pipes). */
export class ReaderLeft extends Error {
  /** The exit status then: 0, as `| head` wants it. */
  exit = 0;
}

const nap = new Int32Array(new SharedArrayBuffer(4));
const FLUSH_BYTES = 1 << 16, FILE_BYTES = 1 << 19;

export class Output {
  readonly fd: number;
  readonly kind: 'pipe' | 'terminal' | 'file' | 'other';
  /** Bytes written so far, those that wait not counted. */
  written = 0;
  private readonly name: string;
  private readonly buffer: Uint8Array;
  private fill = 0;

  constructor(fd: number, name = fd === 1 ? 'standard output' : `descriptor ${fd}`) {
    this.fd = fd; this.name = name;
    this.kind = kindOf(fd);
    this.buffer = new Uint8Array(this.kind === 'file' ? FILE_BYTES : FLUSH_BYTES);
  }

  /** bytes[start, end): kept until 64 KiB are there or flush() is called; large pieces go out at once, without a copy. */
  write(bytes: Uint8Array, start = 0, end = bytes.length): void {
    if (end - start >= this.buffer.length >> 1) { this.flush(); this.out(bytes, start, end); return; }
    if (end - start > this.buffer.length - this.fill) this.flush();
    this.buffer.set(start === 0 && end === bytes.length ? bytes : bytes.subarray(start, end), this.fill);
    this.fill += end - start;
  }

  flush(): void {
    if (this.fill === 0) return;
    const count = this.fill;
    this.fill = 0;
    this.out(this.buffer, 0, count);
  }

  /** All of bytes[start, end). Errors: ReaderLeft, E_WRITE. */
  protected out(bytes: Uint8Array, start: number, end: number): void {
    for (let wait = 0; start < end; ) {
      try {
        const count = writeSync(this.fd, bytes, start, end - start);
        start += count; this.written += count; wait = 0;
      } catch (error) {
        const { code, message } = error as NodeJS.ErrnoException;
        if (code === 'EAGAIN') Atomics.wait(nap, 0, 0, wait = Math.min(wait + 1, 5));   // a pipe that another process made non-blocking
        else if (code === 'EINTR') continue;
        else if (code === 'EPIPE') throw new ReaderLeft();
        else throw new LeatError('E_WRITE', { file: this.name, why: reason(code, message), help: '' });
      }
    }
  }
}

/** What a descriptor is; a closed one is 'other': writing says so. */
function kindOf(fd: number): Output['kind'] {
  try {
    const stat = fstatSync(fd);
    return stat.isFIFO() || stat.isSocket() ? 'pipe' : stat.isFile() ? 'file' : stat.isCharacterDevice() && isatty(fd) ? 'terminal' : 'other';
  } catch { return 'other'; }
}
