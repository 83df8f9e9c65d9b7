// Sorted runs in files: rows of one section after another, in blocks that are read as a whole. A file is unlinked as soon as it is made (spill.ts), and closed when its
// last section has been read. Owns: the format of a block. Must not: decide what is spilled, or compare.
//
// A block is 32-bit words, then texts: its bytes (0: the section ends), rows n, which keys have texts (bit c); start[n], end[n]; for each key hi[n], lo[n] and, where it has
// texts, keyStart[n], keyEnd[n]; offsets count from the block's first byte. The texts of the rows are lines with LF.
import type { Pool } from '../kernel/pool.js';
import type { Pack, Saved, Unpack } from '../record/pack.js';
import type { Spilling } from '../stream/operator.js';
import type { Keys, Rowset } from './rowset.js';
import { SpillFile } from './spill.js';

const HEAD = 3;

/** Where a section of a run begins, its rows, and the bytes of its first block. */
interface Section { readonly offset: number; rows: number; firstBytes: number }

export class Run implements Saved {
  /** How many merges its rows have been through. */
  readonly level: number;
  /** Largest block, in bytes. */
  blockBytes = 0;
  readonly sections = new Map<number, Section>();
  readonly file: SpillFile;
  constructor(spilling: Spilling, level: number, lost: () => number) { this.level = level; this.file = new SpillFile(spilling, { what: 'sorted runs', lost }); }

  /** The section has been read: with the last one the file is gone. */
  drop(section: number): void {
    this.sections.delete(section);
    if (this.sections.size === 0) this.file.close();
  }
  close(): void { this.sections.clear(); this.file.close(); }

  /** Beside its level. */
  save(out: Pack): void {
    out.count(this.blockBytes);
    out.count(this.sections.size);
    for (const [section, { offset, rows, firstBytes }] of this.sections) { out.count(section); out.count(offset); out.count(rows); out.count(firstBytes); }
    this.file.save(out);
  }
  restore(from: Unpack): void {
    this.blockBytes = from.count();
    for (let left = from.count(); left > 0; left--) this.sections.set(from.count(), { offset: from.count(), rows: from.count(), firstBytes: from.count() });
    this.file.restore(from);
  }
}

/** Writes the blocks of a run. Rows are taken by reference until a block is full: flush() before their memory changes. */
export class RunWriter {
  private readonly pool: Pool;
  private readonly run: Run;
  private readonly columns: number;
  private readonly at: number;
  private readonly bytesMax: number;
  private readonly rowsMax: number;
  private readonly starts: Uint32Array;
  private readonly ends: Uint32Array;
  private readonly order: Uint32Array;
  private readonly sets: Rowset[] = [];
  private readonly ids: Uint32Array;
  private count = 0;
  private textBytes = 0;
  private section: Section | undefined;
  private readonly last = new Uint8Array(4);

  /** at: memory of the pool, RunWriter.memory(bytesMax, columns) bytes. bytesMax: of a block; a row that is larger is a block of its own. */
  constructor(pool: Pool, run: Run, columns: number, at: number, bytesMax: number) {
    this.pool = pool; this.run = run; this.columns = columns; this.at = at; this.bytesMax = bytesMax;
    const rows = this.rowsMax = RunWriter.rows(bytesMax, columns), lists = at + bytesMax + 64;
    this.starts = pool.words(lists, rows); this.ends = pool.words(lists + 4 * rows, rows); this.order = pool.words(lists + 8 * rows, rows);
    for (let i = 0; i < rows; i++) this.order[i] = i;
    this.ids = new Uint32Array(rows);
  }
  private static rows(bytesMax: number, columns: number): number { return Math.max(1, Math.floor(bytesMax / (12 + 8 * columns))); }
  static memory(bytesMax: number, columns: number): number { return bytesMax + 64 + 12 * RunWriter.rows(bytesMax, columns); }

  begin(section: number): void {
    this.section = { offset: this.run.file.length, rows: 0, firstBytes: 0 };
    this.run.sections.set(section, this.section);
  }

  add(rows: Rowset, id: number): void {
    let length = rows.end[id] - rows.start[id] + 1;
    for (const { keyStart, keyEnd } of rows.keys) if (keyStart !== undefined && isOutside(rows, id, keyStart[id], keyEnd![id])) length += keyEnd![id] - keyStart[id];   // `!`: with keyStart
    if (this.count === this.rowsMax || (this.count > 0 && this.wordBytes(this.count + 1) + this.textBytes + length > this.bytesMax)) this.flush();
    const at = this.count++;
    this.sets[at] = rows; this.ids[at] = id;
    this.starts[at] = rows.start[id]; this.ends[at] = rows.end[id];
    this.textBytes += length;
  }

  /** Bytes of the words of a block at most: every key with texts. */
  private wordBytes(rows: number): number { return 4 * (HEAD + rows * (2 + 4 * this.columns)); }

  flush(): void {
    const { count: n, pool, run, section, sets, ids, starts, ends } = this;
    if (n === 0) return;
    let texts = 0;
    for (let c = 0; c < this.columns; c++) for (let i = 0; i < n; i++) if (sets[i].keys[c].keyStart !== undefined) { texts |= 1 << c; break; }
    let wordCount = HEAD + 2 * n + 2 * n * this.columns;
    for (let c = 0; c < this.columns; c++) if ((texts & 1 << c) !== 0) wordCount += 2 * n;
    const head = 4 * wordCount, fits = head + this.textBytes <= this.bytesMax;
    const words = fits || head <= this.bytesMax ? pool.words(this.at, wordCount) : new Uint32Array(wordCount);
    let outside = head;                                    // where the next key text that no record holds goes: behind the lines
    for (let i = 0, offset = head; i < n; i++) { words[HEAD + i] = offset; offset += ends[i] - starts[i]; words[HEAD + n + i] = offset++; outside = offset; }
    const apart: number[] = [];                            // address and length of such texts
    let at = HEAD + 2 * n;
    for (let c = 0; c < this.columns; c++) {
      for (let i = 0; i < n; i++) { const { hi, lo } = sets[i].keys[c]; words[at + i] = hi[ids[i]]; words[at + n + i] = lo[ids[i]]; }
      at += 2 * n;
      if ((texts & 1 << c) === 0) continue;
      for (let i = 0; i < n; i++) {
        const { keyStart, keyEnd } = sets[i].keys[c], id = ids[i], from = keyStart === undefined ? 0 : keyStart[id], to = keyEnd === undefined ? 0 : keyEnd[id];
        if (from === to) words[at + i] = words[at + n + i] = 0;
        else if (isOutside(sets[i], id, from, to)) { words[at + i] = outside; outside += to - from; words[at + n + i] = outside; apart.push(from, to); }
        else { words[at + i] = words[HEAD + i] + from - starts[i]; words[at + n + i] = words[HEAD + i] + to - starts[i]; }
      }
      at += 2 * n;
    }
    words[0] = outside; words[1] = n; words[2] = texts;
    const { bytes } = pool;
    if (fits) {
      pool.gather({ bytes, start: starts, end: ends }, this.order, 0, n, this.at + head, this.at + this.bytesMax + 1);
      let to = pool.top;
      for (let i = 0; i < apart.length; i += 2) { bytes.copyWithin(to, apart[i], apart[i + 1]); to += apart[i + 1] - apart[i]; }
      run.file.write(bytes, this.at, to);
    } else {                                               // one row
      run.file.write(new Uint8Array(words.buffer, words.byteOffset, head));
      run.file.write(bytes, starts[0], ends[0]);
      run.file.write(LINE_END);
      for (let i = 0; i < apart.length; i += 2) run.file.write(bytes, apart[i], apart[i + 1]);
    }
    if (section!.firstBytes === 0) section!.firstBytes = outside;   // `!`: begin() came first
    section!.rows += n;
    run.blockBytes = Math.max(run.blockBytes, outside);
    this.count = 0; this.textBytes = 0;
  }

  /** The section is complete. */
  end(): void { this.flush(); this.run.file.write(this.last); }
}

const LINE_END = Uint8Array.of(10);
const isOutside = ({ start, end }: Rowset, id: number, from: number, to: number): boolean => from < to && (from < start[id] || to > end[id]);

/** One section of a run on its way through memory, block by block. */
export class Block implements Rowset {
  start: Uint32Array = none;
  end: Uint32Array = none;
  readonly keys: Keys[];
  /** Rows of the block that is here. */
  count = 0;
  private readonly pool: Pool;
  private readonly run: Run;
  private readonly at: number;
  private offset: number;
  private nextBytes: number;

  /** at: memory of the pool, run.blockBytes + 4 bytes. */
  constructor(pool: Pool, run: Run, section: number, columns: number, at: number) {
    const { offset, firstBytes } = run.sections.get(section)!;   // `!`: the caller has seen it
    this.pool = pool; this.run = run; this.at = at; this.offset = offset; this.nextBytes = firstBytes;
    this.keys = Array.from({ length: columns }, () => ({ hi: none, lo: none, keyStart: undefined, keyEnd: undefined }));
  }

  /** The next block takes the place of this one. false: there is none. */
  load(): boolean {
    const { pool, at, nextBytes: size } = this;
    if (size === 0) return false;
    this.run.file.read(pool.bytes, at, at + size + 4, this.offset);
    this.offset += size;
    const [, n, texts] = pool.words(at, HEAD);
    let next = at + 4 * HEAD;
    const list = (): Uint32Array => { const words = pool.words(next, n); next += 4 * n; return words; };
    const places = (): Uint32Array => { const words = list(); for (let i = 0; i < n; i++) words[i] += at; return words; };
    this.start = places(); this.end = places();
    for (let c = 0; c < this.keys.length; c++) {
      const key = this.keys[c], has = (texts & 1 << c) !== 0;
      key.hi = list(); key.lo = list();
      key.keyStart = has ? places() : undefined; key.keyEnd = has ? places() : undefined;
    }
    this.count = n;
    const { bytes } = pool, tail = at + size;
    this.nextBytes = bytes[tail] + bytes[tail + 1] * 2 ** 8 + bytes[tail + 2] * 2 ** 16 + bytes[tail + 3] * 2 ** 24;
    return true;
  }
}
const none = new Uint32Array(0);
