// What came from a pipe, on disk before it is used, so that it can be read again. Owns the files of a spool folder: blocks with checksums in segments, where inputs begin and end.
// A segment is called by the offset of its first byte among all bytes that ever came. It holds a magic text, then blocks: length (u32), CRC-32 of the bytes (u32), bytes; a
// length of 0 makes a mark: its kind (u32), an offset (u64) and their CRC-32. Numbers are little-endian.
import { chmodSync, closeSync, constants, existsSync, fstatSync, lstatSync, openSync, readSync, readdirSync, writeSync } from 'node:fs';
import { join } from 'node:path';
import { LeatError, grouped } from '../../errors.js';
import { zlib } from '../builtin.js';
import { cutFile, guarded, makeFolder, removeFile, syncFile, syncFolder, writeFault } from '../durable.js';

/** Bytes of a segment, beyond which the next one begins; of a block at most. */
export const SEGMENT_BYTES = 16 << 20, BLOCK_BYTES = 1 << 20;
const MAGIC = Buffer.from('leatspool1\n'), HEADER = 8, MARK = 20;
/** Marks: an input begins; it has come to its end; a segment begins within an input that began there. */
const BEGIN = 1, END = 2, WITHIN = 3;

/** One input that came through the pipe: its bytes among all, and whether it came to its end. */
export interface Run { readonly start: number; end: number; isEnded: boolean }
interface Block { readonly segment: Segment; /** In the file. */ readonly at: number; readonly start: number; readonly length: number }
interface Segment { readonly path: string; readonly start: number; end: number; fileBytes: number; isSynced: boolean }

export class SpoolFile {
  readonly folder: string;
  /** In order; the last one may be open. */
  readonly runs: Run[] = [];
  private segments: Segment[] = [];
  private readonly blocks: Block[] = [];
  private readonly segmentBytes: number;
  private fd = -1;
  private reader: { readonly segment: Segment; readonly fd: number } | undefined;
  /** Bytes that were cut off, for they had not been written to their end. */
  torn = 0;

  /** Reads what is there, and cuts off what is not whole: nobody else may be at it. Errors: E_STATE (damaged), E_WRITE, E_PERMISSION. */
  constructor(folder: string, segmentBytes = SEGMENT_BYTES) {
    this.folder = folder; this.segmentBytes = segmentBytes;
    const names = guarded(folder, () => readdirSync(folder)).filter((name) => /^\d{16}\.spool$/.test(name)).sort();
    // What a killed process wrote may not be on disk yet, and the next checkpoint will refer to it.
    const last = names[names.length - 1];
    if (last !== undefined) { const path = join(folder, last), fd = guarded(path, () => openSync(path, constants.O_RDONLY | constants.O_NOFOLLOW)); try { syncFile(fd, path); } finally { closeSync(fd); } }
    for (const [i, name] of names.entries()) this.scan({ path: join(folder, name), start: Number(name.slice(0, 16)), end: Number(name.slice(0, 16)), fileBytes: 0, isSynced: true }, i === names.length - 1);
  }

  /** Where the next byte stands; and the first one that is kept. */
  get end(): number { return this.segments[this.segments.length - 1]?.end ?? 0; }
  get start(): number { return this.segments[0]?.start ?? 0; }
  /** Bytes on disk. */
  get fileBytes(): number { return this.segments.reduce((sum, segment) => sum + segment.fileBytes, 0); }

  private scan(segment: Segment, isLast: boolean): void {
    const { path } = segment, damaged = (what: string): LeatError => new LeatError('E_STATE', { what: `${path} is damaged: ${what}`, help: 'what it holds cannot be read again; rm it to go on without' });
    if (this.segments.length > 0 && segment.start !== this.end) throw damaged(`it begins at byte ${grouped(segment.start)}, and the one before ends at ${grouped(this.end)}`);
    const bytes = guarded(path, () => readAll(path));
    if (bytes.length < MAGIC.length || !bytes.subarray(0, MAGIC.length).equals(MAGIC)) {
      if (!isLast || !MAGIC.subarray(0, bytes.length).equals(bytes)) throw damaged('it does not begin as a part of a spool does');
      this.torn += bytes.length; removeFile(path);           // it was being made
      return;
    }
    this.segments.push(segment);
    let at = MAGIC.length;
    while (at < bytes.length) {
      const next = this.block(bytes, at, segment);
      if (next < 0) {
        // The end of a last write that did not come to its end is cut off. What is followed by more was changed.
        if (!isLast || followed(bytes, at)) throw damaged(`a block at byte ${grouped(at)} does not have its checksum`);
        this.torn += bytes.length - at;
        const fd = openSync(path, constants.O_RDWR | constants.O_NOFOLLOW);
        try { guarded(path, () => cutFile(fd, at, path)); } finally { closeSync(fd); }
        break;
      }
      at = next;
    }
    segment.fileBytes = at;
  }

  /** Takes one block; where the next one begins, −1 where it is not whole. */
  private block(bytes: Buffer, at: number, segment: Segment): number {
    if (at + HEADER > bytes.length) return -1;
    const length = bytes.readUInt32LE(at);
    if (length === 0) {
      if (!isMark(bytes, at)) return -1;
      const kind = bytes.readUInt32LE(at + 4), offset = Number(bytes.readBigUInt64LE(at + 8));
      if (kind === END) this.last.isEnded = true;
      else if (kind === BEGIN || this.runs.length === 0) this.runs.push({ start: offset, end: segment.end, isEnded: false });
      return at + MARK;
    }
    const start = at + HEADER, end = start + length;
    if (end > bytes.length || zlib().crc32(bytes.subarray(start, end)) !== bytes.readUInt32LE(at + 4)) return -1;
    this.blocks.push({ segment, at: start, start: segment.end, length });
    segment.end += length;
    this.last.end = segment.end;
    return end;
  }
  private get last(): Run { return this.runs[this.runs.length - 1] ?? { start: 0, end: 0, isEnded: true }; }

  /** An input begins where the last one ended. */
  begin(): void { const start = this.end; this.ready(); this.mark(BEGIN, start); this.runs.push({ start, end: start, isEnded: false }); }
  /** It has come to its end. */
  ended(): void { this.mark(END, this.end); this.last.isEnded = true; }

  /** Errors: E_WRITE; nothing of it is in the spool then. */
  append(bytes: Uint8Array): void {
    for (let at = 0; at < bytes.length; at += BLOCK_BYTES) {
      const piece = bytes.subarray(at, at + BLOCK_BYTES), head = Buffer.alloc(HEADER);
      this.ready();
      const segment = this.segments[this.segments.length - 1];
      head.writeUInt32LE(piece.length, 0); head.writeUInt32LE(zlib().crc32(piece), 4);
      this.write(segment, Buffer.concat([head, piece]));
      segment.end += piece.length;
      this.last.end = segment.end;
    }
  }

  /** A segment to append to. */
  private ready(): void {
    const last = this.segments[this.segments.length - 1];
    if (this.fd >= 0 && last.fileBytes < this.segmentBytes) return;
    const { end, folder } = this, path = join(folder, `${String(end).padStart(16, '0')}.spool`);
    this.sync();
    if (this.fd >= 0) closeSync(this.fd);
    this.fd = -1;
    const isNew = last === undefined || last.path !== path;
    this.fd = guarded(path, () => openSync(path, constants.O_WRONLY | constants.O_APPEND | constants.O_NOFOLLOW | (isNew ? constants.O_CREAT | constants.O_EXCL : 0), 0o600));
    if (!isNew) return;
    const segment: Segment = { path, start: end, end, fileBytes: 0, isSynced: false }, { runs } = this;
    this.segments.push(segment);
    this.write(segment, MAGIC);
    syncFolder(folder);
    const open = runs[runs.length - 1];
    if (open !== undefined && !open.isEnded) this.mark(WITHIN, open.start);
  }

  private mark(kind: number, offset: number): void {
    const bytes = Buffer.alloc(MARK);
    bytes.writeUInt32LE(kind, 4); bytes.writeBigUInt64LE(BigInt(offset), 8);
    bytes.writeUInt32LE(zlib().crc32(bytes.subarray(0, 16)), 16);
    this.write(this.segments[this.segments.length - 1], bytes);
  }

  private write(segment: Segment, bytes: Uint8Array): void {
    segment.isSynced = false;
    try { for (let at = 0; at < bytes.length; ) at += writeSync(this.fd, bytes, at); } catch (error) {
      try { cutFile(this.fd, segment.fileBytes, segment.path); } catch { /* the next start cuts it */ }
      throw writeFault(error, segment.path);
    }
    segment.fileBytes += bytes.length;
  }

  /** What was appended is on disk. Errors: E_WRITE. */
  sync(): void {
    const last = this.segments[this.segments.length - 1];
    if (last === undefined || last.isSynced || this.fd < 0) return;
    syncFile(this.fd, last.path);
    last.isSynced = true;
  }

  /** Bytes [offset, …) that were there at the start, at most so many as fit; 0: none. Errors: E_READ. */
  read(into: Uint8Array, offset: number): number {
    let low = 0, high = this.blocks.length;
    while (low < high) { const middle = (low + high) >> 1; if (this.blocks[middle].start + this.blocks[middle].length <= offset) low = middle + 1; else high = middle; }
    const block = this.blocks[low];
    if (block === undefined || block.start > offset) return 0;
    if (this.reader?.segment !== block.segment) { this.closeReader(); this.reader = { segment: block.segment, fd: openSync(block.segment.path, 'r') }; }
    const skip = offset - block.start;
    return readSync(this.reader.fd, into, 0, Math.min(into.length, block.length - skip), block.at + skip);
  }
  private closeReader(): void { if (this.reader !== undefined) closeSync(this.reader.fd); this.reader = undefined; }

  /** Nothing before `offset` will be read again. */
  drop(offset: number): void {
    while (this.segments.length > 1 && this.segments[0].end <= offset) {
      const [segment] = this.segments;
      if (this.reader?.segment === segment) this.closeReader();
      removeFile(segment.path);
      this.segments.shift();
    }
    const from = this.blocks.findIndex(({ start }) => start >= this.start);
    this.blocks.splice(0, from < 0 ? this.blocks.length : from);
    while (this.runs.length > 1 && this.runs[1].start <= this.start) this.runs.shift();
  }

  close(): void {
    this.closeReader();
    if (this.fd >= 0) closeSync(this.fd);
    this.fd = -1;
  }
}

function isMark(bytes: Buffer, at: number): boolean {
  if (at + MARK > bytes.length || bytes.readUInt32LE(at) !== 0) return false;
  const kind = bytes.readUInt32LE(at + 4);
  return kind >= BEGIN && kind <= WITHIN && zlib().crc32(bytes.subarray(at, at + 16)) === bytes.readUInt32LE(at + 16);
}

/** Whether something whole stands behind a block that is not: then it was not the last write. */
function followed(bytes: Buffer, at: number): boolean {
  for (let next = at + 1; next + HEADER <= bytes.length; next++) {
    const length = bytes.readUInt32LE(next), end = next + HEADER + length;
    if (length === 0 ? isMark(bytes, next) : length <= BLOCK_BYTES && end <= bytes.length && zlib().crc32(bytes.subarray(next + HEADER, end)) === bytes.readUInt32LE(next + 4)) return true;
  }
  return false;
}

function readAll(path: string): Buffer {
  const fd = openSync(path, constants.O_RDONLY | constants.O_NOFOLLOW);
  try {
    const bytes = Buffer.allocUnsafe(fstatSync(fd).size);
    for (let at = 0; at < bytes.length; ) { const count = readSync(fd, bytes, at, bytes.length - at, at); if (count === 0) return bytes.subarray(0, at); at += count; }
    return bytes;
  } finally { closeSync(fd); }
}

/** Makes the folder where it is missing. Nobody else may put records into it. Errors: E_UNSAFE, E_STATE, E_WRITE, E_PERMISSION. */
export function makeSpoolFolder(folder: string): void {
  if (!existsSync(folder)) { makeFolder(folder); guarded(folder, () => chmodSync(folder, 0o700)); }
  checkOwn(folder);
}

function checkOwn(folder: string): void {
  const stat = guarded(folder, () => lstatSync(folder)), unsafe = (what: string, help: string): LeatError => new LeatError('E_UNSAFE', { what, help });
  if (stat.isSymbolicLink()) throw unsafe(`${folder} is a symbolic link; whoever owns it could exchange the spool`, 'name the folder itself');
  if (!stat.isDirectory()) throw new LeatError('E_STATE', { what: `${folder} is not a folder`, help: '--spool DIR names a folder that leat makes' });
  if (process.geteuid !== undefined && stat.uid !== process.geteuid()) throw unsafe(`${folder} belongs to user ${stat.uid}, not to the one who runs this`, 'a folder of your own');
  if ((stat.mode & 0o022) !== 0) throw unsafe(`other users may write to ${folder}`, `chmod 700 ${folder}`);
}
