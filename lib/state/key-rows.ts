// Keys of entries on their way through a checkpoint: each value's type, number and text, and from many of them columns as a scanner would give them, so that a key table
// takes them as it took the records. It must not know what an entry is.
import { Tag } from '../record/batch.js';
import type { Column, Writer } from '../record/batch.js';
import { Pack } from '../record/pack.js';
import type { Unpack } from '../record/pack.js';

/** Puts the values of keys that are written to it. */
export class KeyPacker {
  readonly writer: Writer;
  private out!: Pack;
  constructor() { this.writer = this as unknown as Writer; }   // keys are written by copy() only
  to(out: Pack): Writer { this.out = out; return this.writer; }
  copy({ tag, number, start, end, bytes, escaped }: Column, row: number): void {
    const { out } = this, kind = tag[row];
    out.count(kind * 2 + (escaped ? 1 : 0));
    if (kind === Tag.Number || kind === Tag.Wide) out.number(number[row]);
    out.raw(bytes, start[row], end[row]);
  }
}

/** Keys as they are taken out again, one row each. */
export class KeyRows {
  /** Rows so far. */
  count = 0;
  private readonly fields: readonly Values[];
  constructor(fields: number) { this.fields = Array.from({ length: fields }, () => new Values()); }

  take(from: Unpack): void {
    for (const values of this.fields) values.take(this.count, from);
    this.count++;
  }
  columns(): readonly Column[] { return this.fields.map((values) => values.column(this.count)); }
}

class Values {
  private tag = new Uint8Array(64);
  private number = new Float64Array(64);
  private start = new Uint32Array(64);
  private end = new Uint32Array(64);
  private escaped = false;
  private readonly text = new Pack();

  take(row: number, from: Unpack): void {
    if (row === this.tag.length) this.grow();
    const what = from.count();
    if (what % 2 === 1) this.escaped = true;
    const kind = this.tag[row] = what >> 1;
    if (kind === Tag.Number || kind === Tag.Wide) this.number[row] = from.number();
    this.start[row] = this.text.length;
    from.rawTo(this.text);
    this.end[row] = this.text.length;
  }
  private grow(): void {
    const more = <A extends Uint8Array | Uint32Array | Float64Array>(to: A, old: A): A => { to.set(old as never); return to; }, size = this.tag.length * 2;
    this.tag = more(new Uint8Array(size), this.tag); this.number = more(new Float64Array(size), this.number);
    this.start = more(new Uint32Array(size), this.start); this.end = more(new Uint32Array(size), this.end);
  }
  column(count: number): Column {
    return { tag: this.tag.subarray(0, count), number: this.number.subarray(0, count), start: this.start.subarray(0, count), end: this.end.subarray(0, count), bytes: this.text.bytes, escaped: this.escaped };
  }
}
