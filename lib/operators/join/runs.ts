// Rows in a file, one after another: a number to order them by, a key or none, a text. Owns: the format and its buffers. Must not: know what is joined.
import { SpillFile } from '../../state/spill.js';
import type { Column } from '../../record/batch.js';
import type { Pack, Saved, Unpack } from '../../record/pack.js';
import type { Spilling, TextOut } from '../../stream/operator.js';

const HEAD_BYTES = 16, NO_KEY = 0xffffffff, WRITE_BYTES = 1 << 14;

/** Appends rows to a file: through a small buffer, so that many files can be written at once. */
export class RunFile implements Saved {
  readonly file: SpillFile;
  rows = 0;
  /** Bytes of keys and texts. */
  bytes = 0;
  private buffer = new Uint8Array(0);
  private view = new DataView(this.buffer.buffer);
  private fill = 0;
  constructor(spilling: Spilling) { this.file = new SpillFile(spilling); }

  put(order: number, key: Uint8Array | undefined, bytes: Uint8Array, start: number, end: number): void {
    const keyLength = key?.length ?? 0, size = HEAD_BYTES + keyLength + end - start;
    if (this.fill + size > this.buffer.length) this.room(size);
    const { view, buffer } = this;
    let at = this.fill;
    view.setFloat64(at, order, true); view.setUint32(at + 8, key === undefined ? NO_KEY : keyLength, true); view.setUint32(at + 12, end - start, true);
    at += HEAD_BYTES;
    if (key !== undefined) buffer.set(key, at);
    buffer.set(bytes.subarray(start, end), at + keyLength);
    this.fill += size; this.rows++; this.bytes += keyLength + end - start;
  }

  /** Where the next row will stand in the file. */
  get end(): number { return this.file.length + this.fill; }

  flush(): void {
    if (this.fill > 0) this.file.write(this.buffer, 0, this.fill);
    this.fill = 0;
  }

  /** What waits to be written goes with it: files that are written now and then are not synced at each checkpoint. */
  save(out: Pack): void { out.count(this.rows); out.count(this.bytes); out.raw(this.buffer, 0, this.fill); this.file.save(out); }
  restore(from: Unpack): void {
    this.rows = from.count(); this.bytes = from.count();
    const waiting = from.raw();
    this.room(waiting.length);
    this.buffer.set(waiting);
    this.fill = waiting.length;
    this.file.restore(from);
  }

  close(): void { this.file.close(); this.buffer = new Uint8Array(0); this.fill = 0; }

  private room(size: number): void {
    this.flush();
    if (size > this.buffer.length) { this.buffer = new Uint8Array(Math.max(WRITE_BYTES, size)); this.view = new DataView(this.buffer.buffer); }
  }
}

/** Reads rows of a part of a file, in order. */
export class RunReader {
  order = 0;
  /** Spans of `bytes`, until the next call; keyEnd < keyStart: there is no key. */
  bytes: Uint8Array;
  keyStart = 0;
  keyEnd = 0;
  start = 0;
  end = 0;
  private readonly file: SpillFile;
  private at: number;                                      // of the file: what stands behind the buffer
  private readonly until: number;
  private from = 0;
  private to = 0;
  private view: DataView;
  constructor(file: SpillFile, at: number, until: number, bufferBytes: number) {
    this.file = file; this.at = at; this.until = until;
    this.bytes = new Uint8Array(Math.min(bufferBytes, Math.max(until - at, HEAD_BYTES)));
    this.view = new DataView(this.bytes.buffer);
  }

  next(): boolean {
    if (!this.have(HEAD_BYTES)) return false;
    let { from, view } = this;
    const keyLength = view.getUint32(from + 8, true), textLength = view.getUint32(from + 12, true), keyBytes = keyLength === NO_KEY ? 0 : keyLength;
    this.order = view.getFloat64(from, true);
    this.have(HEAD_BYTES + keyBytes + textLength);
    from = this.from + HEAD_BYTES;
    this.keyStart = from; this.keyEnd = keyLength === NO_KEY ? from - 1 : from + keyBytes;
    this.start = from + keyBytes; this.end = this.start + textLength;
    this.from = this.end;
    return true;
  }

  /** So many bytes from `from` on; false at the end. */
  private have(count: number): boolean {
    if (this.to - this.from >= count) return true;
    this.bytes.copyWithin(0, this.from, this.to);
    this.to -= this.from; this.from = 0;
    if (count > this.bytes.length) { const more = new Uint8Array(count * 2); more.set(this.bytes.subarray(0, this.to)); this.bytes = more; this.view = new DataView(more.buffer); }
    const got = this.file.read(this.bytes, this.to, Math.min(this.bytes.length, this.to + this.until - this.at), this.at);
    this.at += got; this.to += got;
    return this.to >= count;
  }
}

/** A text in the making. */
export class TextBuffer implements TextOut {
  bytes = new Uint8Array(1 << 12);
  length = 0;
  byte(value: number): void { this.room(1); this.bytes[this.length++] = value; }
  copy(bytes: Uint8Array, start: number, end: number): void {
    this.room(end - start);
    this.bytes.set(bytes.subarray(start, end), this.length);
    this.length += end - start;
  }
  value({ bytes, start, end }: Column, row: number): void { this.copy(bytes, start[row], end[row]); }
  private room(more: number): void {
    if (this.length + more <= this.bytes.length) return;
    const grown = new Uint8Array(Math.max(this.bytes.length * 2, this.length + more));
    grown.set(this.bytes.subarray(0, this.length));
    this.bytes = grown;
  }
}
