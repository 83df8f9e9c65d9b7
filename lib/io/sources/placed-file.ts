// A regular file as an input that begins at a place: unpacked where it is packed, what comes before the place discarded. It remembers enough of what it handed out to say
// what the file is recognised by. The descriptor is its owner's.
import { readSync } from 'node:fs';
import { LeatError, reason } from '../../errors.js';
import { Unpacker, recognise, signatureBytes } from '../compression.js';
import type { Packing } from '../compression.js';
import type { Input } from '../input.js';
import type { Raw } from '../raw.js';
import { HEAD_BYTES, TAIL_BYTES, printOf } from './print.js';
import type { Print } from './print.js';

/** Bytes that were handed out last and are kept: a place lies so far back where a line is incomplete. */
const RECENT_BYTES = 1 << 16, SKIP_BYTES = 1 << 18;

/** bytes[at, at + length) of a file; fewer at its end. Errors: E_READ. */
export function bytesAt(fd: number, name: string, at: number, length: number): Uint8Array {
  const bytes = new Uint8Array(length);
  return bytes.subarray(0, readAt(fd, name, bytes, at));
}

function readAt(fd: number, name: string, into: Uint8Array, at: number): number {
  for (let have = 0; ;) {
    try {
      const count = readSync(fd, into, have, into.length - have, at + have);
      have += count;
      if (count === 0 || have === into.length) return have;
    } catch (error) {
      const { code, message } = error as NodeJS.ErrnoException;
      if (code !== 'EINTR') throw new LeatError('E_READ', { file: name, why: reason(code, message) });
    }
  }
}

/** How a file is packed, by its first bytes or its name. Errors: E_NOT_NDJSON for what leat does not unpack. */
export function packingOf(fd: number, name: string): Packing | undefined {
  if (name.endsWith('.br')) return 'brotli';
  const packing = recognise(bytesAt(fd, name, 0, signatureBytes));
  return packing === 'plain' ? undefined : packing;
}

/** A part of a file, from `position` to below `limit`. */
class Range implements Raw {
  position: number;
  limit: number;
  private readonly fd: number;
  private readonly name: string;
  constructor(fd: number, name: string, position: number, limit: number) { this.fd = fd; this.name = name; this.position = position; this.limit = limit; }
  read(into: Uint8Array): number {
    const most = Math.min(into.length, this.limit - this.position);
    if (most <= 0) return 0;
    const count = readAt(this.fd, this.name, most < into.length ? into.subarray(0, most) : into, this.position);
    this.position += count;
    return count;
  }
  close(): void { /* the descriptor is its owner's */ }
}

export class PlacedFile implements Input {
  readonly name: string;
  readonly kind = 'file';
  readonly live: boolean = false;
  readonly regular = true;
  readonly size: number;
  readonly packing: Packing | undefined;
  /** Unpacked bytes before what comes next. */
  at: number;
  protected readonly fd: number;
  private readonly raw: Range;
  private unpacker: Unpacker | undefined;
  private skip = 0;
  private readonly recent = new Recent();
  /** The first bytes, at most HEAD_BYTES, as far as they were handed out or discarded: what a file that is cut meanwhile was. */
  first: Uint8Array = new Uint8Array(0);
  private isClosed = false;

  /** From byte `offset` of the unpacked ones; limit: of the file as it is. */
  constructor(fd: number, name: string, packing: Packing | undefined, offset: number, size: number, limit: number) {
    this.fd = fd; this.name = name; this.packing = packing; this.size = size;
    this.raw = new Range(fd, name, packing === undefined ? offset : 0, limit);
    this.at = packing === undefined ? offset : 0;
    if (packing !== undefined) { this.unpacker = new Unpacker(packing, this.raw, new Uint8Array(0)); this.skip = offset; }
    else if (offset > 0) {
      this.first = bytesAt(fd, name, 0, Math.min(offset, HEAD_BYTES));
      this.recent.add(bytesAt(fd, name, Math.max(0, offset - TAIL_BYTES), Math.min(offset, TAIL_BYTES)));
    }
  }

  get position(): number { return this.raw.position; }
  /** Reads on to there. */
  set limit(bytes: number) { this.raw.limit = bytes; }

  read(into: Uint8Array): number | Promise<number> {
    if (this.isClosed) return 0;
    if (this.unpacker === undefined) return this.took(into, this.raw.read(into));
    if (this.skip > 0) return this.skipped().then(() => this.read(into));
    const count = this.unpacker.read(into);
    return typeof count === 'number' ? this.took(into, count) : count.then((more) => this.took(into, more));
  }

  private async skipped(): Promise<void> {
    const into = new Uint8Array(SKIP_BYTES);
    while (this.skip > 0) {
      const piece = into.subarray(0, Math.min(into.length, this.skip)), count = await this.unpacker!.read(piece);   // `!`: only what is packed has something to skip
      if (count === 0) { this.skip = 0; return; }
      this.took(piece, count);
      this.skip -= count;
    }
  }

  private took(bytes: Uint8Array, count: number): number {
    this.at += count;
    this.recent.add(count === bytes.length ? bytes : bytes.subarray(0, count));
    if (this.first.length < HEAD_BYTES) this.first = Uint8Array.from([...this.first, ...bytes.subarray(0, Math.min(count, HEAD_BYTES - this.first.length))]);
    return count;
  }

  /** Of the first bytes before an offset that is not beyond what was handed out. */
  headPrint(offset: number, most = HEAD_BYTES): Print { return printOf(this.first.subarray(0, Math.min(offset, most))); }

  /** Of the bytes before an offset that is not beyond what was handed out; of none where they are not known any more. */
  tailPrint(offset: number): Print {
    const length = Math.min(offset, TAIL_BYTES), kept = this.recent.before(this.at - offset, length);
    return printOf(kept ?? (this.packing === undefined ? bytesAt(this.fd, this.name, offset - length, length) : new Uint8Array(0)));
  }

  /** Whether the file still has, before what comes next, what was handed out. Not of packed files. */
  isIntact(): boolean {
    const last = this.before(Math.min(this.at, TAIL_BYTES));
    return Buffer.compare(last, bytesAt(this.fd, this.name, this.at - last.length, last.length)) === 0;
  }

  /** The last bytes that were handed out, as many as are kept of so many. */
  before(length: number): Uint8Array { return this.recent.before(0, length) ?? new Uint8Array(0); }
  /** The last byte that was handed out; −1: none was. */
  get lastByte(): number { return this.recent.before(0, 1)?.[0] ?? -1; }

  close(): void {
    if (this.isClosed) return;
    this.isClosed = true;
    this.unpacker?.close();
  }
}

/** The last bytes of a stream. */
class Recent {
  private readonly bytes = new Uint8Array(RECENT_BYTES);
  private length = 0;
  add(more: Uint8Array): void {
    const { bytes } = this;
    if (more.length >= bytes.length) { bytes.set(more.subarray(more.length - bytes.length)); this.length = bytes.length; return; }
    const over = this.length + more.length - bytes.length;
    if (over > 0) { bytes.copyWithin(0, over, this.length); this.length -= over; }
    bytes.set(more, this.length);
    this.length += more.length;
  }
  /** The `length` bytes that end `back` before the end; undefined where not all of them are kept. */
  before(back: number, length: number): Uint8Array | undefined {
    const end = this.length - back;
    return back < 0 || end < length ? undefined : this.bytes.subarray(end - length, end);
  }
}
