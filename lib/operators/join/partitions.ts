// A join of inputs that are larger than memory: both sides are parted by a hash of their keys, each part is joined by itself, and what comes out, in left order within a part,
// is merged by the order of the left input. A part whose right side is still too large is taken in several pieces, each against the whole left side of the part.
import type { Column } from '../../record/batch.js';
import { canonical } from '../../kernel/canonical.js';
import { Heap } from '../../state/heap.js';
import type { Emit, Spilling } from '../../stream/operator.js';
import type { Fields } from './fields.js';
import { RunFile, RunReader, TextBuffer } from './runs.js';
import { leavesLeft, leavesRight, pairs } from './settings.js';
import type { Kind } from './settings.js';

const PARTS = 64, READ_BYTES = 1 << 17, MERGE_BYTES = 1 << 15, MERGE_WAYS = 256;
/** What a right row costs in memory beside its text: its place in arrays and in the map of keys. */
const ROW_BYTES = 160;

const utf8 = new TextEncoder(), latin1 = new TextDecoder('latin1');

/** A key as bytes that are equal where the keys are. */
export const keyText = (values: readonly { readonly column: Column; readonly row: number }[]): Uint8Array => utf8.encode(values.map(({ column, row }) => canonical(column, row)).join(','));

/** A part of the output file: rows in order. */
interface Run { readonly at: number; readonly until: number }

export class Partitions {
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
    this.sides[side][key === undefined ? 0 : hash(key) % PARTS].put(this.orders[side]++, key, bytes, start, end);
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

/** Right rows of a part, in memory. */
class Piece {
  count = 0;
  bytes = 0;
  next = new Int32Array(256);
  order = new Float64Array(256);
  isMet = new Uint8Array(256);
  private texts = new Uint8Array(1 << 14);
  private starts = new Uint32Array(257);
  private readonly heads = new Map<string, number>();
  private readonly tails = new Map<string, number>();
  private readonly found = { bytes: this.texts, start: 0, end: 0 };

  add(reader: RunReader): void {
    const { count } = this, length = reader.end - reader.start;
    if (count === this.next.length) this.grow();
    if (this.bytes + length > this.texts.length) { const more = new Uint8Array(Math.max(this.texts.length * 2, this.bytes + length)); more.set(this.texts.subarray(0, this.bytes)); this.texts = more; }
    this.texts.set(reader.bytes.subarray(reader.start, reader.end), this.bytes);
    this.starts[count] = this.bytes;
    this.bytes += length;
    this.starts[count + 1] = this.bytes;
    this.next[count] = -1; this.order[count] = reader.order; this.isMet[count] = 0;
    if (reader.keyEnd >= reader.keyStart) {
      const key = keyOf(reader), tail = this.tails.get(key);
      if (tail === undefined) this.heads.set(key, count); else this.next[tail] = count;
      this.tails.set(key, count);
    }
    this.count++;
  }

  first(reader: RunReader): number { return this.heads.get(keyOf(reader)) ?? -1; }
  text(i: number): { readonly bytes: Uint8Array; readonly start: number; readonly end: number } {
    const { found } = this;
    found.bytes = this.texts; found.start = this.starts[i]; found.end = this.starts[i + 1];
    return found;
  }

  private grow(): void {
    const size = this.count * 2;
    const next = new Int32Array(size), order = new Float64Array(size), isMet = new Uint8Array(size), starts = new Uint32Array(size + 1);
    next.set(this.next); order.set(this.order); isMet.set(this.isMet); starts.set(this.starts);
    this.next = next; this.order = order; this.isMet = isMet; this.starts = starts;
  }
}

const keyOf = ({ bytes, keyStart, keyEnd }: RunReader): string => latin1.decode(bytes.subarray(keyStart, keyEnd));

/** FNV-1a, then mixed: the low bits decide. */
function hash(bytes: Uint8Array): number {
  let h = 0x811c9dc5;
  for (let i = 0; i < bytes.length; i++) h = Math.imul(h ^ bytes[i], 0x01000193);
  h ^= h >>> 15; h = Math.imul(h, 0x2c1b3c6d); h ^= h >>> 12;
  return h >>> 0;
}
