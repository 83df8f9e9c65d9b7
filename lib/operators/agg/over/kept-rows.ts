// Rows of one partition that a moving frame sees: their times and the values of the arguments, copied, in order. Taken out at the front, added behind. It computes nothing.
import { Tag } from '../../../record/batch.js';
import { packCell, unpackCell } from '../../../record/cell.js';
import type { Pack, Unpack } from '../../../record/pack.js';
import type { Column, Instant } from '../../../record/batch.js';

/** A column that grows behind and is cut in front. */
class KeptColumn implements Column {
  tag = new Uint8Array(8);
  number = new Float64Array(8);
  start = new Uint32Array(8);
  end = new Uint32Array(8);
  bytes = new Uint8Array(0);
  readonly escaped = true;                                 // not known: as if
  private used = 0;

  put(at: number, from: Column, row: number): void {
    if (at === this.tag.length) this.grow(at * 2);
    this.tag[at] = from.tag[row]; this.number[at] = from.number[row];
    const start = from.start[row], end = from.end[row], size = end - start;
    if (size === 0 || from.tag[row] === Tag.Null) { this.start[at] = this.end[at] = 0; return; }
    if (this.used + size > this.bytes.length) { const more = new Uint8Array(Math.max(64, this.bytes.length * 2, this.used + size)); more.set(this.bytes.subarray(0, this.used)); this.bytes = more; }
    const { bytes, used } = this, source = from.bytes;
    if (size > 48) bytes.set(source.subarray(start, end), used); else for (let i = 0; i < size; i++) bytes[used + i] = source[start + i];
    this.start[at] = used; this.end[at] = this.used = used + size;
  }

  /** Rows [from, to) become rows 0 and on; their texts follow one another. */
  cut(from: number, to: number): void {
    const { tag, number, start, end, bytes } = this;
    tag.copyWithin(0, from, to); number.copyWithin(0, from, to); start.copyWithin(0, from, to); end.copyWithin(0, from, to);
    const count = to - from;
    let first = 0;
    while (first < count && start[first] === end[first]) first++;
    const by = first === count ? this.used : start[first];
    bytes.copyWithin(0, by, this.used);
    this.used -= by;
    for (let i = first; i < count; i++) if (start[i] < end[i]) { start[i] -= by; end[i] -= by; }
  }

  private grow(size: number): void {
    const tag = new Uint8Array(size), number = new Float64Array(size), start = new Uint32Array(size), end = new Uint32Array(size);
    tag.set(this.tag); number.set(this.number); start.set(this.start); end.set(this.end);
    this.tag = tag; this.number = number; this.start = start; this.end = end;
  }
}

export class KeptRows {
  /** The rows are [from, to) of the columns. */
  from = 0;
  to = 0;
  time = new Float64Array(8);
  /** 1: `where` holds. */
  isIn = new Uint8Array(8);
  readonly columns: readonly KeptColumn[];
  /** Place of row 0 among all rows of the partition: it and the row's number are its place. */
  cutOff = 0;
  constructor(columns: number) { this.columns = Array.from({ length: columns }, () => new KeptColumn()); }

  get count(): number { return this.to - this.from; }

  /** Adds a row. Where rows in front were cut off, the numbers of all others are less by what it gives. */
  add(args: readonly Column[], row: number, at: Instant, isIn: boolean): number {
    let moved = 0;
    if (this.to === this.time.length) {
      if (this.from * 2 > this.to) moved = this.cut();
      else {
        const time = new Float64Array(this.to * 2), isInAll = new Uint8Array(this.to * 2);
        time.set(this.time); isInAll.set(this.isIn);
        this.time = time; this.isIn = isInAll;
      }
    }
    const { to } = this;
    this.time[to] = at; this.isIn[to] = isIn ? 1 : 0;
    for (let i = 0; i < args.length; i++) this.columns[i].put(to, args[i], row);
    this.to = to + 1;
    return moved;
  }

  /** The rows, of so many columns. */
  save(out: Pack): void {
    const { from, to } = this;
    out.count(this.columns.length); out.count(to - from); out.count(this.cutOff + from);
    for (let i = from; i < to; i++) {
      out.number(this.time[i]); out.flag(this.isIn[i] === 1);
      for (const column of this.columns) packCell(out, column, i);
    }
  }
  static restored(from: Unpack): KeptRows {
    const made = new KeptRows(from.count()), count = from.count(), cells: Column[] = [];
    made.cutOff = from.count();
    for (let i = 0; i < count; i++) {
      const at = from.number(), isIn = from.flag();
      for (let c = 0; c < made.columns.length; c++) cells[c] = unpackCell(from);
      made.add(cells, 0, at, isIn);
    }
    return made;
  }

  private cut(): number {
    const { from, to } = this;
    this.time.copyWithin(0, from, to); this.isIn.copyWithin(0, from, to);
    for (const column of this.columns) column.cut(from, to);
    this.from = 0; this.to = to - from; this.cutOff += from;
    return from;
  }
}
