// Records that wait for the values of functions over other rows, in time order: a record leaves when all its values are there and all before it have left. Owns: their text
// and the text of values. It computes nothing.
import type { Batch, Column, Field, Instant } from '../../../record/batch.js';
import { Members, keyIs, keyOf } from '../../../record/json.js';
import type { Key } from '../../../record/json.js';
import type { Pack, Saved, Unpack } from '../../../record/pack.js';
import type { Context, Draft, Emit } from '../../../stream/operator.js';
import type { Kept } from '../../../stream/store.js';

const COMMA = 44, CLOSE = 125;

/** Number of a waiting record; they are counted from 0 on. */
export type Place = number;

export class Values implements Saved {
  private readonly width: number;
  private readonly keys: readonly Key[];
  private readonly stands: readonly Field[];
  private readonly kept: Kept;
  private readonly ctx: Context;
  // By number of the record less `base`; those from `head` on wait.
  private base: Place = 0;
  private head = 0;
  private tail = 0;
  private text = new Int32Array(1024);                     // ≥ 0: a kept record; −1 − row: a record of the batch at hand
  private time = new Float64Array(1024);
  private missing = new Uint32Array(1024);
  private isReplaced = new Uint8Array(1024);               // the record has a field of such a name already
  private starts: Uint32Array;                             // width a record: where the member `"name":value` is in `bytes`
  private ends: Uint32Array;
  private bytes = new Uint8Array(1 << 14);
  private used = 0;
  private records!: Column;
  private standing: readonly Column[] = [];
  private readonly prefixes: readonly number[];            // length of `"name":`
  private readonly isWritten: Uint8Array;
  private readonly drafts: readonly Draft[];

  constructor(names: readonly string[], ctx: Context) {
    this.width = names.length; this.ctx = ctx;
    this.keys = names.map((name) => keyOf(name));
    this.prefixes = names.map((name) => new TextEncoder().encode(`${JSON.stringify(name)}:`).length);
    this.isWritten = new Uint8Array(names.length);
    this.stands = names.map((name) => ctx.stands([name]));
    this.drafts = names.map((name) => ctx.draft([name]));
    this.kept = ctx.kept();
    this.starts = new Uint32Array(1024 * this.width); this.ends = new Uint32Array(1024 * this.width);
  }

  /** Time of the first record that waits; Infinity: none does. */
  get first(): Instant { return this.head === this.tail ? Infinity : this.time[this.head]; }

  batch(batch: Batch): void {
    this.records = this.ctx.records(batch);
    this.standing = this.stands.map((field) => field(batch));
  }

  /** A record of the batch at hand. */
  wait(row: number, at: Instant): Place {
    if (this.tail === this.text.length) this.room();
    const { tail } = this;
    this.text[tail] = -1 - row; this.time[tail] = at; this.missing[tail] = this.width;
    let isReplaced = 0;
    for (let i = 0; i < this.standing.length; i++) if (this.standing[i].start[row] < this.standing[i].end[row]) isReplaced = 1;
    this.isReplaced[tail] = isReplaced;
    for (let i = tail * this.width; i < (tail + 1) * this.width; i++) this.starts[i] = this.ends[i] = 0;
    this.tail = tail + 1;
    return this.base + tail;
  }

  /** Where a value of that function is written; then put(). */
  draft(index: number): Draft { return this.drafts[index]; }
  /** Takes the value in the draft; set() gives it to records until the next one is put. */
  put(index: number): void {
    const { bytes: from, length } = this.drafts[index].finish(), size = length - 2;      // without the braces
    if (this.used + size > this.bytes.length) this.compact(size);
    const { bytes, used } = this;
    if (size > 48) bytes.set(from.subarray(1, length - 1), used); else for (let i = 0; i < size; i++) bytes[used + i] = from[i + 1];
    this.start = used;
    this.used = used + size;
  }
  private start = 0;                                       // of what was put last; it ends at `used`
  /** The value that was put last is that of the record. */
  set(place: Place, index: number): void {
    const at = place - this.base;
    this.starts[at * this.width + index] = this.start; this.ends[at * this.width + index] = this.used;
    this.missing[at]--;
  }

  /** Lets the records go that have all their values. */
  flush(emit: Emit): void {
    const { missing, time } = this;
    while (this.head < this.tail && missing[this.head] === 0) {
      const at = this.head, ref = this.text[at];
      emit.at(time[at]);
      if (ref < 0) this.write(emit, at, this.records.bytes, this.records.start[-1 - ref], this.records.end[-1 - ref]);
      else {
        const { bytes, start, end } = this.kept.read(ref);
        this.write(emit, at, bytes, start, end);
        this.kept.drop(ref);
      }
      emit.end();
      this.head = at + 1;
    }
    if (this.head === this.tail) { this.base += this.head; this.head = this.tail = 0; this.used = 0; }
  }

  /** The batch is over: what waits on is kept. */
  keep(): void {
    const { text } = this;
    for (let at = this.head; at < this.tail; at++) if (text[at] < 0) text[at] = this.kept.add(this.records, -1 - text[at]);
  }

  /** Records that wait, and those of their values that are there. Between batches: all of them are kept. */
  save(out: Pack): void {
    const { head, tail, width, starts, ends, bytes } = this;
    out.count(this.base + head); out.count(tail - head);
    for (let at = head; at < tail; at++) {
      out.count(this.text[at]); out.number(this.time[at]); out.count(this.missing[at]); out.flag(this.isReplaced[at] === 1);
      for (let i = at * width; i < (at + 1) * width; i++) out.raw(bytes, starts[i], ends[i]);
    }
  }
  restore(from: Unpack): void {
    const { width } = this;
    this.base = from.count();
    for (let left = from.count(); left > 0; left--) {
      if (this.tail === this.text.length) this.room();
      const at = this.tail++;
      this.text[at] = from.count(); this.time[at] = from.number(); this.missing[at] = from.count(); this.isReplaced[at] = from.flag() ? 1 : 0;
      for (let i = at * width; i < (at + 1) * width; i++) {
        const value = from.raw();
        this.starts[i] = this.ends[i] = 0;
        if (value.length === 0) continue;
        if (this.used + value.length > this.bytes.length) this.compact(value.length);
        this.bytes.set(value, this.used);
        this.starts[i] = this.used; this.ends[i] = this.used += value.length;
      }
    }
  }

  private write(emit: Emit, at: number, record: Uint8Array, start: number, end: number): void {
    const out = emit.begin(), { width, starts, ends, bytes, isWritten } = this, first = at * width;
    let from = start;
    isWritten.fill(0);
    if (this.isReplaced[at] === 1) {
      // Of members with one name the last counts: it gets the value where it stands.
      const places: { index: number; start: number; end: number }[] = [], members = new Members();
      for (members.open(record, start, end); members.next(); ) for (let i = 0; i < width; i++) if (keyIs(record, members.keyStart, members.keyEnd, this.keys[i])) places[i] = { index: i, start: members.start, end: members.end };
      for (const place of Object.values(places).sort((a, b) => a.start - b.start)) {
        out.copy(record, from, place.start);
        out.copy(bytes, starts[first + place.index] + this.prefixes[place.index], ends[first + place.index]);
        from = place.end; isWritten[place.index] = 1;
      }
    }
    out.copy(record, from, end - 1);
    for (let i = 0; i < width; i++) {
      if (isWritten[i] === 1) continue;
      out.byte(COMMA);
      out.copy(bytes, starts[first + i], ends[first + i]);
    }
    out.byte(CLOSE);
  }

  private room(): void {
    const { head, tail, width } = this, count = tail - head, isRoomy = head > count;
    const size = isRoomy ? this.text.length : this.text.length * 2;
    const text = isRoomy ? this.text : new Int32Array(size), time = isRoomy ? this.time : new Float64Array(size), missing = isRoomy ? this.missing : new Uint32Array(size);
    const isReplaced = isRoomy ? this.isReplaced : new Uint8Array(size), starts = isRoomy ? this.starts : new Uint32Array(size * width), ends = isRoomy ? this.ends : new Uint32Array(size * width);
    text.set(this.text.subarray(head, tail)); time.set(this.time.subarray(head, tail)); missing.set(this.missing.subarray(head, tail));
    isReplaced.set(this.isReplaced.subarray(head, tail)); starts.set(this.starts.subarray(head * width, tail * width)); ends.set(this.ends.subarray(head * width, tail * width));
    this.text = text; this.time = time; this.missing = missing; this.isReplaced = isReplaced; this.starts = starts; this.ends = ends;
    this.base += head; this.head = 0; this.tail = count;
  }

  /** Room for so many more bytes: values of records that have left are given up. Neighbours that share a value go on sharing it. */
  private compact(more: number): void {
    const { head, tail, width, starts, ends, bytes } = this;
    const before = Array.from({ length: width }, () => ({ start: -1, now: 0 }));
    let live = 0, used = 0;
    for (let at = head * width; at < tail * width; at++) {
      const last = before[at % width];
      if (ends[at] > starts[at] && last.start !== starts[at]) { live += ends[at] - starts[at]; last.start = starts[at]; }
    }
    const next = new Uint8Array(Math.max(bytes.length, 2 * (live + more)));
    for (const last of before) last.start = -1;
    for (let at = head * width; at < tail * width; at++) {
      const start = starts[at], size = ends[at] - start, last = before[at % width];
      if (size === 0) continue;                            // not there yet
      if (last.start !== start) { next.set(bytes.subarray(start, start + size), used); last.start = start; last.now = used; used += size; }
      starts[at] = last.now; ends[at] = last.now + size;
    }
    this.bytes = next; this.used = used;
  }
}
