// A file for what exceeds the memory allowed: made in --tmp, and unlinked at once, so that no exit path, not even kill -9, leaves it behind. Bytes only; it must not
// know what they mean.
import { closeSync, openSync, readSync, unlinkSync, writeSync } from 'node:fs';
import { join } from 'node:path';
import { LeatError, reason, sizeText } from '../errors.js';
import type { Spilling } from '../stream/operator.js';

let made = 0;

export class SpillFile {
  /** Bytes from the start of the file to the end of what was written last. */
  length = 0;
  private fd = -1;
  private readonly spilling: Spilling;
  private readonly what: string;
  private readonly lost: () => number;
  /** What its bytes are called in messages, and how many of them, in all files, are lost when the disk is full. */
  constructor(spilling: Spilling, { what = 'spilled records', lost = () => this.length }: { readonly what?: string; lost?(): number } = {}) { this.spilling = spilling; this.what = what; this.lost = lost; }

  /** bytes[start, end) at an offset of the file; by default behind all that is there. Errors: E_WRITE, where the disk is full too. */
  write(bytes: Uint8Array, start = 0, end = bytes.length, offset = this.length): void {
    try {
      if (this.fd < 0) this.open();
      for (let at = start; at < end; ) at += writeSync(this.fd, bytes, at, end - at, offset + at - start);
    } catch (error) {
      const { code, message } = error as NodeJS.ErrnoException, { tmp } = this.spilling;
      throw new LeatError('E_WRITE', {
        file: tmp, why: `${reason(code, message)}; ${this.lost() === 0 ? 'nothing was spilled yet' : `${sizeText(this.lost())} of ${this.what} were deleted`}, the input is untouched`,
        help: '--tmp DIR on a larger disk, or more memory with -S',
      });
    }
    this.length = Math.max(this.length, offset + end - start);
    this.spilling.spilled(end - start);
  }

  /** Fills into[start, end) from an offset of the file; fewer bytes only at its end. How many. */
  read(into: Uint8Array, start: number, end: number, offset: number): number {
    let at = start;
    while (at < end) {
      const count = readSync(this.fd, into, at, end - at, offset + at - start);
      if (count === 0) break;
      at += count;
    }
    return at - start;
  }

  /** The file is gone; write() begins a new one. */
  close(): void {
    if (this.fd >= 0) closeSync(this.fd);
    this.fd = -1; this.length = 0;
  }

  private open(): void {
    const path = join(this.spilling.tmp, `leat-${process.pid}-${made++}-${process.hrtime.bigint().toString(36)}`);
    this.fd = openSync(path, 'wx+', 0o600);
    unlinkSync(path);
  }
}
