// A file for what exceeds the memory allowed: made in --tmp, and unlinked at once, so that no exit path, not even kill -9, leaves it behind. With a checkpoint it has a name in
// the folder of the state: once save() has told it, it stays, for a checkpoint may refer to it, and who keeps the checkpoints deletes it. Bytes only; it must not know what they mean.
import { closeSync, fstatSync, fsyncSync, ftruncateSync, openSync, readSync, unlinkSync, writeSync } from 'node:fs';
import { join } from 'node:path';
import { LeatError, reason, sizeText } from '../errors.js';
import { PackFault } from '../record/pack.js';
import type { Pack, Saved, Unpack } from '../record/pack.js';
import type { Spilling } from '../stream/operator.js';

let made = 0;

/** Names of files in the folder of the state. */
const named = /^spill-[\w-]+$/;

export class SpillFile implements Saved {
  /** Bytes from the start of the file to the end of what was written last. */
  length = 0;
  private fd = -1;
  private name = '';                                       // in the folder of the state; '': it has none
  private isSaved = false;                                 // a checkpoint may know the name
  private isSynced = true;
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
      const { code, message } = error as NodeJS.ErrnoException, { tmp, kept } = this.spilling;
      if (kept !== undefined) throw this.fault(error);
      throw new LeatError('E_WRITE', {
        file: tmp, why: `${reason(code, message)}; ${this.lost() === 0 ? 'nothing was spilled yet' : `${sizeText(this.lost())} of ${this.what} were deleted`}, the input is untouched`,
        help: '--tmp DIR on a larger disk, or more memory with -S',
      });
    }
    this.isSynced = false;
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

  /** The file is gone, but for a checkpoint that may know it; write() begins a new one. */
  close(): void {
    if (this.fd >= 0) closeSync(this.fd);
    if (this.fd >= 0 && this.name !== '' && !this.isSaved) unlinkSync(this.path);
    this.fd = -1; this.length = 0; this.name = ''; this.isSaved = false; this.isSynced = true;
  }

  /** For a checkpoint: its name and length, once they will outlast the machine (the name, once the folder is synced too). Only with a folder for it. Errors: E_WRITE. */
  save(out: Pack): void {
    const { kept, names } = this.spilling;
    if (kept === undefined) throw new Error('a file without a name cannot be part of a checkpoint');
    out.text(this.name); out.count(this.length);
    if (this.fd < 0) return;
    if (!this.isSynced) try { fsyncSync(this.fd); } catch (error) { throw this.fault(error); }
    this.isSynced = this.isSaved = true;
    names?.add(this.name);
  }

  /** The file as it was at that save: what was written since is cut off. Errors: PackFault where it is not there, or too short. */
  restore(from: Unpack): void {
    const name = from.text(), length = from.count(), { names } = this.spilling;
    if (name === '') return;
    if (!named.test(name)) throw new PackFault('the name of a file is none of ours');
    this.name = name; this.length = length; this.isSaved = true;
    try { this.fd = openSync(this.path, 'r+'); } catch (error) {
      if ((error as NodeJS.ErrnoException).code === 'ENOENT') throw new PackFault(`the file ${name} is missing`);
      throw this.fault(error);
    }
    const { size } = fstatSync(this.fd);
    if (size < length) throw new PackFault(`the file ${name} has ${size} bytes, and had ${length}`);
    if (size > length) try { ftruncateSync(this.fd, length); } catch (error) { throw this.fault(error); }
    names?.add(name);
  }

  private get path(): string { return join(this.spilling.kept!, this.name); }   // `!`: with a name there is a folder
  private fault(error: unknown): LeatError {
    const { code, message } = error as NodeJS.ErrnoException;
    return new LeatError('E_WRITE', { file: this.name === '' ? this.spilling.kept! : this.path, why: reason(code, message), help: '' });   // `!`: only with a checkpoint
  }

  private open(): void {
    const unique = `${process.pid}-${made++}-${process.hrtime.bigint().toString(36)}`;
    if (this.spilling.kept !== undefined) {
      this.name = `spill-${unique}`;
      this.fd = openSync(this.path, 'wx+', 0o600);
      return;
    }
    const path = join(this.spilling.tmp, `leat-${unique}`);
    this.fd = openSync(path, 'wx+', 0o600);
    unlinkSync(path);
  }
}
