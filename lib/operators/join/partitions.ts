// A join of inputs that are larger than memory: both sides are parted by a hash of their keys, each part is joined by itself, and what comes out, in left order within a part,
// is merged by the order of the left input. A part whose right side is still too large is taken in several pieces, each against the whole left side of the part.
import type { Column } from '../../record/batch.js';
import { Tag } from '../../record/batch.js';
import type { Pack, Saved, Unpack } from '../../record/pack.js';
import { equalBytes } from '../../record/text.js';
import { canonical } from '../../kernel/canonical.js';
import { Heap } from '../../state/heap.js';
import type { Emit, Spilling } from '../../stream/operator.js';
import type { Fields } from './fields.js';
import { RunFile, RunReader, TextBuffer } from './runs.js';
import { leavesLeft, leavesRight, pairs } from './settings.js';
import type { Kind } from './settings.js';

const PARTS = 64, READ_BYTES = 1 << 16, MERGE_BYTES = 1 << 14, MERGE_WAYS = 256;
/** What a right row costs in memory beside its texts: its places in arrays, which grow by doubling. */
const ROW_BYTES = 96;

const utf8 = new TextEncoder();

/** Values of a key as bytes that are equal where the keys are: into a buffer that is used again for each row. */
export class KeyTexts {
  private bytes = new Uint8Array(256);
  private length = 0;

  /** Of a row of these columns; undefined where a value is null. Valid until the next call. */
  of(columns: readonly Column[], row: number): Uint8Array | undefined {
    this.length = 0;
    for (let i = 0; i < columns.length; i++) {
      const { tag, number, start, end, bytes, escaped } = columns[i], x = number[row];
      if (tag[row] === Tag.Null) return undefined;
      if (i > 0) this.byte(44);
      // As canonical() spells them, without making a text: whole numbers of usual size, and strings that have one spelling.
      if (tag[row] === Tag.Number && x >= 0 && x < 1e9 && x === Math.trunc(x)) this.digits(x);
      else if (tag[row] === Tag.String && !escaped) { this.room(end[row] - start[row]); for (let p = start[row]; p < end[row]; p++) this.bytes[this.length++] = bytes[p]; }
      else { const text = utf8.encode(canonical(columns[i], row)); this.room(text.length); this.bytes.set(text, this.length); this.length += text.length; }
    }
    return this.bytes.subarray(0, this.length);
  }

  private digits(x: number): void {
    this.room(10);
    let unit = 1;
    while (unit * 10 <= x) unit *= 10;
    for (let rest = x; unit >= 1; unit /= 10) { const d = Math.floor(rest / unit); this.bytes[this.length++] = 48 + d; rest -= d * unit; }
  }
  private byte(value: number): void { this.room(1); this.bytes[this.length++] = value; }
  private room(more: number): void {
    if (this.length + more <= this.bytes.length) return;
    const grown = new Uint8Array(Math.max(this.bytes.length * 2, this.length + more));
    grown.set(this.bytes);
    this.bytes = grown;
  }
}

/** A part of the output file: rows in order. */
interface Run { readonly at: number; readonly until: number }

export class Partitions implements Saved {
  private readonly kind: Kind;
  private readonly fields: Fields;
  private readonly spilling: Spilling;
  private readonly matched: () => void;
  private readonly sides: readonly [RunFile[], RunFile[]];
  private readonly orders = [0, 0];
  private out: RunFile;
  private readonly text = new TextBuffer();

  constructor(kind: Kind, fields: Fields, spilling: Spilling, matched: () => void) {
    this.kind = kind; this.fields = fields; this.spilling = spilling; this.matched = matched;
    const files = (): RunFile[] => Array.from({ length: PARTS }, () => new RunFile(spilling));
    this.sides = [files(), files()];
    this.out = new RunFile(spilling);
  }

  /** The next row of a side; undefined: its key is null. */
  add(side: 0 | 1, key: Uint8Array | undefined, bytes: Uint8Array, start: number, end: number): void {
    this.sides[side][key === undefined ? 0 : hash(key, 0, key.length) % PARTS].put(this.orders[side]++, key, bytes, start, end);
  }

  /** Both sides are complete. */
  join(emit: Emit): void {
    const [lefts, rights] = this.sides, runs: Run[] = [], rest: Run[] = [];
    for (let part = 0; part < PARTS; part++) {
      lefts[part].flush(); rights[part].flush();
      this.part(lefts[part], rights[part], runs, rest);
      lefts[part].close(); rights[part].close();
    }
    this.merge(runs, emit);
    this.merge(rest, emit);
    this.close();
  }

  close(): void { for (const file of [...this.sides[0], ...this.sides[1], this.out]) file.close(); }

  /** The parts of both sides; what is joined is not kept: that is done in one go. */
  save(out: Pack): void { out.numbers(this.orders); for (const file of [...this.sides[0], ...this.sides[1]]) file.save(out); }
  restore(from: Unpack): void {
    from.numbers().forEach((order, side) => { this.orders[side] = order; });
    for (const file of [...this.sides[0], ...this.sides[1]]) file.restore(from);
  }

  /** One part: its output runs, and that of the right rows that nobody met. */
  private part(left: RunFile, right: RunFile, runs: Run[], rest: Run[]): void {
    const { kind } = this, isOuter = leavesLeft(kind), isPair = pairs(kind), met = new Uint8Array((left.rows + 7) >> 3), budget = this.spilling.memoryBytes / 2;
    const rightReader = new RunReader(right.file, 0, right.end, READ_BYTES);
    const restTexts: RunFile | undefined = leavesRight(kind) ? new RunFile(this.spilling) : undefined;
    for (let more = rightReader.next(); more; ) {
      const piece = new Piece();
      for (; more && (piece.count === 0 || piece.bytes + piece.count * ROW_BYTES < budget); more = rightReader.next()) piece.add(rightReader);
      this.run(runs, () => {
        const reader = new RunReader(left.file, 0, left.end, READ_BYTES);
        for (let n = 0; reader.next(); n++) {
          let partner = reader.keyEnd < reader.keyStart ? -1 : piece.first(reader);
          if (partner < 0) continue;
          this.matched();
          const isNew = (met[n >> 3] >> (n & 7) & 1) === 0;
          met[n >> 3] |= 1 << (n & 7);
          if (!isPair) { if (isNew && kind === 'semi') this.out.put(reader.order, undefined, reader.bytes, reader.start, reader.end); continue; }
          for (; partner >= 0; partner = piece.next[partner]) {
            this.text.length = 0;
            this.fields.open(this.text, reader);
            this.fields.right(this.text, this.fields.shapeOf(reader, 0), piece.text(partner), 0);
            this.out.put(reader.order, undefined, this.text.bytes, 0, this.text.length);
            piece.isMet[partner] = 1;
          }
        }
      });
      if (restTexts !== undefined) for (let i = 0; i < piece.count; i++) {
        if (piece.isMet[i] === 1) continue;
        this.text.length = 0;
        this.fields.rightAlone(this.text, piece.text(i), 0);
        restTexts.put(piece.order[i], undefined, this.text.bytes, 0, this.text.length);
      }
    }
    if (isOuter) this.run(runs, () => {
      const reader = new RunReader(left.file, 0, left.end, READ_BYTES);
      for (let n = 0; reader.next(); n++) if ((met[n >> 3] >> (n & 7) & 1) === 0) this.out.put(reader.order, undefined, reader.bytes, reader.start, reader.end);
    });
    if (restTexts !== undefined) {
      restTexts.flush();
      this.run(rest, () => { const reader = new RunReader(restTexts.file, 0, restTexts.end, READ_BYTES); while (reader.next()) this.out.put(reader.order, undefined, reader.bytes, reader.start, reader.end); });
      restTexts.close();
    }
  }

  /** What `write` puts into the output file is one run. */
  private run(runs: Run[], write: () => void): void {
    const at = this.out.end;
    write();
    if (this.out.end > at) runs.push({ at, until: this.out.end });
  }

  /** Runs in one order; rows of one left row stand in the order of their runs. */
  private merge(given: Run[], emit: Emit): void {
    let runs = given;
    // More at once would take more memory than is allowed: some are made one first, neighbours, so that ties stay in order.
    while (runs.length > MERGE_WAYS) {
      const fewer: Run[] = [];
      for (let i = 0; i < runs.length; i += MERGE_WAYS) {
        this.out.flush();
        this.run(fewer, () => this.each(runs.slice(i, i + MERGE_WAYS), (reader) => this.out.put(reader.order, undefined, reader.bytes, reader.start, reader.end)));
      }
      runs = fewer;
    }
    this.out.flush();
    this.each(runs, ({ bytes, start, end }) => { emit.begin().copy(bytes, start, end); emit.end(); });
  }

  private each(runs: readonly Run[], take: (reader: RunReader) => void): void {
    const { file } = this.out, heap = new Heap<{ readonly reader: RunReader; readonly index: number }>((a, b) => a.reader.order !== b.reader.order ? a.reader.order < b.reader.order : a.index < b.index);
    for (const [index, { at, until }] of runs.entries()) { const reader = new RunReader(file, at, until, MERGE_BYTES); if (reader.next()) heap.add({ reader, index }); }
    for (let one = heap.take(); one !== undefined; one = heap.take()) {
      // A left row's partners stand together.
      const { order } = one.reader;
      let more = true;
      while (more && one.reader.order === order) { take(one.reader); more = one.reader.next(); }
      if (more) heap.add(one);
    }
  }
}

/** Right rows of a part, in memory: key and text of each in one array of bytes, and a table of hashes. */
class Piece {
  count = 0;
  bytes = 0;
  next = new Int32Array(256);
  order = new Float64Array(256);
  isMet = new Uint8Array(256);
  private all = new Uint8Array(1 << 14);
  private keys = new Float64Array(256);                    // where the key begins; −1: it has none. The text follows it
  private texts = new Float64Array(257);
  private ends = new Float64Array(256);
  private hashes = new Uint32Array(256);
  private tails = new Int32Array(256);                     // of the first row of a key: the last one
  private table = new Int32Array(512).fill(-1);            // hash → first row of a key
  private distinct = 0;
  private readonly found = { bytes: this.all, start: 0, end: 0 };

  add(reader: RunReader): void {
    const { count } = this, isKey = reader.keyEnd >= reader.keyStart, from = isKey ? reader.keyStart : reader.start, length = reader.end - from;
    if (count === this.next.length) this.grow();
    if (this.bytes + length > this.all.length) { const more = new Uint8Array(Math.max(this.all.length * 2, this.bytes + length)); more.set(this.all.subarray(0, this.bytes)); this.all = more; }
    this.all.set(reader.bytes.subarray(from, reader.end), this.bytes);                       // the text stands behind the key there too
    this.keys[count] = isKey ? this.bytes : -1;
    this.texts[count] = this.bytes + reader.start - from;
    this.bytes += length;
    this.ends[count] = this.bytes;
    this.next[count] = -1; this.order[count] = reader.order; this.isMet[count] = 0;
    this.count++;
    if (!isKey) return;
    const h = hash(reader.bytes, reader.keyStart, reader.keyEnd), place = this.place(h, reader.bytes, reader.keyStart, reader.keyEnd), first = this.table[place];
    this.hashes[count] = h;
    if (first >= 0) { this.next[this.tails[first]] = count; this.tails[first] = count; return; }
    this.table[place] = count;
    this.tails[count] = count;
    if (++this.distinct * 2 > this.table.length) this.rehash();
  }

  /** The first row with the key of a left row; the others follow in `next`. −1: none. */
  first({ bytes, keyStart, keyEnd }: RunReader): number { return this.table[this.place(hash(bytes, keyStart, keyEnd), bytes, keyStart, keyEnd)]; }
  text(i: number): { readonly bytes: Uint8Array; readonly start: number; readonly end: number } {
    const { found } = this;
    found.bytes = this.all; found.start = this.texts[i]; found.end = this.ends[i];
    return found;
  }

  /** Where a key stands in the table, or may. */
  private place(h: number, bytes: Uint8Array, start: number, end: number): number {
    const { table, hashes, keys, texts, all } = this, mask = table.length - 1;
    // The low bits have parted the rows: they are equal here.
    for (let at = Math.imul(h, 0x9e3779b1) >>> 8 & mask; ; at = (at + 1) & mask) {
      const row = table[at];
      if (row < 0 || (hashes[row] === h && equalBytes(all, keys[row], texts[row], bytes, start, end))) return at;
    }
  }

  private rehash(): void {
    const old = this.table, table = this.table = new Int32Array(old.length * 2).fill(-1), mask = table.length - 1;
    for (const row of old) {
      if (row < 0) continue;
      let at = Math.imul(this.hashes[row], 0x9e3779b1) >>> 8 & mask;
      while (table[at] >= 0) at = (at + 1) & mask;
      table[at] = row;
    }
  }

  private grow(): void {
    const size = this.count * 2, longer = <A extends Int32Array | Uint32Array | Float64Array | Uint8Array>(from: A, to: A): A => { to.set(from as never); return to; };
    this.next = longer(this.next, new Int32Array(size)); this.order = longer(this.order, new Float64Array(size)); this.isMet = longer(this.isMet, new Uint8Array(size));
    this.keys = longer(this.keys, new Float64Array(size)); this.texts = longer(this.texts, new Float64Array(size)); this.ends = longer(this.ends, new Float64Array(size));
    this.hashes = longer(this.hashes, new Uint32Array(size)); this.tails = longer(this.tails, new Int32Array(size));
  }
}

/** FNV-1a, then mixed: the low bits decide. */
function hash(bytes: Uint8Array, start: number, end: number): number {
  let h = 0x811c9dc5;
  for (let i = start; i < end; i++) h = Math.imul(h ^ bytes[i], 0x01000193);
  h ^= h >>> 15; h = Math.imul(h, 0x2c1b3c6d); h ^= h >>> 12;
  return h >>> 0;
}
