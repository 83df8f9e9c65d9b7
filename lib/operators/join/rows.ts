// Records of both sides that wait or are kept, as numbers in typed arrays: event time, order of arrival, key, text. One number a record, given again when it is dropped.
// Owns: these arrays, and the order of what waits (event time, then arrival). Must not: know what a record is kept for.
import type { Column, Instant } from '../../record/batch.js';
import type { Pack, Saved, Unpack } from '../../record/pack.js';
import type { Context } from '../../stream/operator.js';
import type { Journalled, Kept, Marks } from '../../stream/store.js';
import type { KeyRows } from '../../state/key-rows.js';
import type { Keys } from './keys.js';

export const NONE = -1;

/** Flags of a number without a record. */
const GONE = 255;

export class Rows implements Journalled {
  ts = new Float64Array(1024);
  key = new Int32Array(1024);
  /** Number of the text in `texts`; NONE: not kept. */
  text = new Int32Array(1024);
  /** Number of the record's shape, for Fields. */
  shape = new Uint32Array(1024);
  /** The next record in a list of its key. */
  next = new Int32Array(1024);
  flags = new Uint8Array(1024);
  readonly texts: Kept;
  size = 0;
  private top = 0;
  private readonly spare: number[] = [];
  private readonly keys: Keys;
  private readonly journal: Marks | undefined;
  constructor(ctx: Context, keys: Keys) { this.texts = ctx.kept(); this.keys = keys; this.journal = ctx.journal(this); }

  /** Room for so many more, so that the arrays do not move meanwhile. */
  reserve(more: number): void {
    const wanted = this.top + more;
    if (wanted <= this.ts.length) return;
    const room = Math.max(wanted, this.ts.length * 2);
    this.ts = grown(this.ts, new Float64Array(room)); this.key = grown(this.key, new Int32Array(room));
    this.text = grown(this.text, new Int32Array(room)); this.next = grown(this.next, new Int32Array(room)); this.flags = grown(this.flags, new Uint8Array(room)); this.shape = grown(this.shape, new Uint32Array(room));
  }

  /** A new record; its text is what texts.addAll() gave, NONE: none. `shape`: as shapesOf() has it. */
  add(ts: Instant, key: number, text: number, shape = 0): number {
    const id = this.spare.length > 0 ? this.spare.pop()! : this.top++;   // `!`: it is not empty
    this.ts[id] = ts; this.key[id] = key; this.next[id] = NONE; this.flags[id] = 0; this.shape[id] = shape; this.text[id] = text;
    this.size++;
    this.journal?.mark(id);
    return id;
  }

  /** Texts of rows, by index in `some`; `records` undefined: none. Used again for each batch. */
  keep(records: Column | undefined, some: Uint32Array): Int32Array {
    if (this.kept.length < some.length) this.kept = new Int32Array(Math.max(some.length, 1024));
    if (records === undefined) this.kept.fill(NONE, 0, some.length); else this.texts.addAll(records, some, this.kept);
    return this.kept;
  }
  private kept = new Int32Array(0);

  drop(id: number): void {
    const text = this.text[id];
    if (text !== NONE) this.texts.drop(text);
    this.spare.push(id);
    this.size--;
    this.flags[id] = GONE;
    this.journal?.mark(id);
  }
  /** Sets flags of a record. */
  flag(id: number, bits: number): void {
    if ((this.flags[id] & bits) === bits) return;
    this.flags[id] |= bits;
    this.journal?.mark(id);
  }

  // Journalled: a record is its time, text and flags, and the values of its key. Lists are made again by whom they belong to; shapes are numbered anew.

  write(id: number, out: Pack): boolean {
    if (id >= this.top || this.flags[id] === GONE) return false;
    out.number(this.ts[id]); out.count(this.text[id] + 1); out.count(this.flags[id]);
    out.flag(this.key[id] >= 0);
    if (this.key[id] >= 0) this.keys.pack(this.key[id], out);
    return true;
  }
  restored(id: number, from: Unpack): void {
    const saved = this.saved ??= { ids: [], keys: this.keys.packed() };
    if (id >= this.ts.length) this.reserve(id + 1 - this.top);
    for (; this.top < id; this.top++) { this.flags[this.top] = GONE; this.spare.push(this.top); }
    this.top = id + 1;
    this.size++;
    this.ts[id] = from.number(); this.text[id] = from.count() - 1; this.flags[id] = from.count();
    this.next[id] = this.key[id] = NONE; this.shape[id] = 0;
    if (from.flag()) { saved.ids.push(id); saved.keys.take(from); }
  }
  settled(): void {
    if (this.saved === undefined) return;
    const { ids, keys } = this.saved, found = this.keys.restored(keys);
    for (let i = 0; i < ids.length; i++) this.key[ids[i]] = found[i];
    this.saved = undefined;
  }
  private saved: { readonly ids: number[]; readonly keys: KeyRows } | undefined;
}

function grown<A extends Float64Array | Int32Array | Uint32Array | Uint8Array>(from: A, to: A): A { to.set(from as never); return to; }

/** Records of one side that W has not passed: sorted as far as was needed, and those that came since. */
export class Waiting implements Saved {
  private readonly rows: Rows;
  private sorted = new Int32Array(0);
  private from = 0;
  private to = 0;
  private fresh = new Int32Array(1024);
  private count = 0;
  private earliest: Instant = Infinity;                  // of the fresh ones
  constructor(rows: Rows) { this.rows = rows; }

  add(id: number): void {
    if (this.count === this.fresh.length) this.fresh = grown(this.fresh, new Int32Array(this.count * 2));
    this.fresh[this.count++] = id;
    const at = this.rows.ts[id];
    if (at < this.earliest) this.earliest = at;
  }

  /** Before a merge up to w: puts in order what may be due. */
  settle(w: Instant): void {
    if (this.earliest >= w && !(w === Infinity && this.count > 0)) return;
    const { rows: { ts }, count } = this, fresh = sort(this.fresh, count, ts), left = this.to - this.from;
    const merged = new Int32Array(left + count), { sorted } = this;
    let a = this.from, b = 0, n = 0;
    while (a < this.to && b < count) merged[n++] = ts[fresh[b]] < ts[sorted[a]] ? fresh[b++] : sorted[a++];   // of equal ones, those that came before
    while (a < this.to) merged[n++] = sorted[a++];
    while (b < count) merged[n++] = fresh[b++];
    this.sorted = merged; this.from = 0; this.to = n;
    this.count = 0; this.earliest = Infinity;
  }

  /** The first in order, after settle(w), or NONE where that is not before w. */
  first(w: Instant): number {
    if (this.from === this.to) return NONE;
    const id = this.sorted[this.from];
    return this.rows.ts[id] < w || w === Infinity ? id : NONE;
  }
  /** The first one is taken. */
  take(): void { this.from++; }

  save(out: Pack): void { out.words(this.sorted.subarray(this.from, this.to)); out.words(this.fresh, this.count); }
  restore(from: Unpack): void {
    this.sorted = from.words();
    this.to = this.sorted.length;
    for (const id of from.words()) this.add(id);
  }
}

const places = new Uint32Array((1 << 16) + 1);

/** The first `count` ids by time, equal ones in the order given. Most often they are in order already. */
function sort(ids: Int32Array, count: number, ts: Float64Array): Int32Array {
  let least = Infinity, most = -Infinity, isSorted = true;
  for (let i = 0, before = -Infinity; i < count; i++) {
    const at = ts[ids[i]];
    if (at < before) isSorted = false;
    before = at;
    if (at < least) least = at;
    if (at > most) most = at;
  }
  if (isSorted) return ids;
  const out = new Int32Array(count), span = most - least + 1;
  if (span <= 1 << 16) {
    // Times of one batch are near each other: counted, each finds its place.
    places.fill(0, 0, span + 1);
    for (let i = 0; i < count; i++) places[ts[ids[i]] - least + 1]++;
    for (let i = 1; i < span; i++) places[i] += places[i - 1];
    for (let i = 0; i < count; i++) out[places[ts[ids[i]] - least]++] = ids[i];
    return out;
  }
  if (span * count <= Number.MAX_SAFE_INTEGER) {
    // Time and place in one number: numbers are sorted without calling anybody.
    const both = new Float64Array(count);
    for (let i = 0; i < count; i++) both[i] = (ts[ids[i]] - least) * count + i;
    both.sort();
    for (let i = 0; i < count; i++) out[i] = ids[both[i] % count];
    return out;
  }
  const order = Array.from({ length: count }, (_, i) => i).sort((a, b) => ts[ids[a]] - ts[ids[b]] || a - b);
  for (let i = 0; i < count; i++) out[i] = ids[order[i]];
  return out;
}
