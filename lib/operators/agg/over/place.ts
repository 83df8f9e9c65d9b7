// Functions of a record's place in its partition: its number and rank, and values of the records before and behind it.
import type { Over } from '../../../expr/expression.js';
import type { Batch, Instant } from '../../../record/batch.js';
import type { Pack, Unpack } from '../../../record/pack.js';
import type { Context } from '../../../stream/operator.js';
import type { Slot } from '../../../stream/store.js';
import { Arguments } from './item.js';
import type { Item } from './item.js';
import { KeptRows } from './kept-rows.js';
import type { Place, Values } from './values.js';

/** row_number, rank, dense_rank. */
export class RowNumber implements Item {
  readonly reachMs = Infinity;
  private count = new Float64Array(64);                    // by partition: records; the number of the first of equal time; different times; the last time
  private first = new Float64Array(64);
  private times = new Float64Array(64);
  private last = new Float64Array(64);
  private readonly kind: 'row_number' | 'rank' | 'dense_rank';
  private readonly values: Values;
  private readonly index: number;
  constructor(kind: 'row_number' | 'rank' | 'dense_rank', values: Values, index: number) { this.kind = kind; this.values = values; this.index = index; }

  batch(): void { /* it takes no arguments */ }
  row(part: Slot, _row: number, at: Instant, place: Place): void {
    if (part >= this.count.length) this.grow(part);
    const { count, first, times, last } = this;
    const number = ++count[part];
    if (number === 1 || at !== last[part]) { first[part] = number; times[part]++; last[part] = at; }
    this.values.draft(this.index).record.number(this.kind === 'row_number' ? number : this.kind === 'rank' ? first[part] : times[part]);
    this.values.put(this.index);
    this.values.set(place, this.index);
  }
  forget(part: Slot): void { this.count[part] = 0; this.times[part] = 0; }
  write(part: Slot, out: Pack): void { out.count(this.count[part] ?? 0); out.count(this.first[part] ?? 0); out.count(this.times[part] ?? 0); out.number(this.last[part] ?? 0); }
  restored(part: Slot, from: Unpack): void {
    if (part >= this.count.length) this.grow(part);
    this.count[part] = from.count(); this.first[part] = from.count(); this.times[part] = from.count(); this.last[part] = from.number();
  }

  private grow(part: Slot): void {
    const size = Math.max(part + 1, this.count.length * 2), more = (old: Float64Array): Float64Array<ArrayBuffer> => { const grown = new Float64Array(size); grown.set(old); return grown; };
    this.count = more(this.count); this.first = more(this.first); this.times = more(this.times); this.last = more(this.last);
  }
}

export class Lag implements Item {
  readonly reachMs = Infinity;
  private readonly args: Arguments;
  private readonly of: (KeptRows | undefined)[] = [];
  private readonly distance: number;
  private readonly values: Values;
  private readonly index: number;
  constructor({ call }: Over, distance: number, values: Values, index: number, ctx: Context) { this.distance = distance; this.values = values; this.index = index; this.args = new Arguments(call, 1, undefined, ctx); }

  batch(batch: Batch): void { this.args.batch(batch); }
  row(part: Slot, row: number, at: Instant, place: Place): void {
    const rows = this.of[part] ??= new KeptRows(1), { record } = this.values.draft(this.index);
    if (rows.count === this.distance) record.copy(rows.columns[0], rows.from++); else record.none();
    this.values.put(this.index);
    this.values.set(place, this.index);
    rows.add(this.args.columns, row, at, true);
  }
  forget(part: Slot): void { this.of[part] = undefined; }
  write(part: Slot, out: Pack): void {
    const rows = this.of[part];
    out.flag(rows !== undefined);
    rows?.save(out);
  }
  restored(part: Slot, from: Unpack): void { if (from.flag()) this.of[part] = KeptRows.restored(from); }
}

export class Lead implements Item {
  readonly reachMs = Infinity;
  private readonly args: Arguments;
  private readonly of: (Waiting | undefined)[] = [];
  private readonly distance: number;
  private readonly values: Values;
  private readonly index: number;
  constructor({ call }: Over, distance: number, values: Values, index: number, ctx: Context) { this.distance = distance; this.values = values; this.index = index; this.args = new Arguments(call, 1, undefined, ctx); }

  batch(batch: Batch): void { this.args.batch(batch); }
  row(part: Slot, row: number, _at: Instant, place: Place): void {
    const waiting = this.of[part] ??= { places: [], from: 0 };
    waiting.places.push(place);
    if (waiting.places.length - waiting.from <= this.distance) return;
    this.values.draft(this.index).record.copy(this.args.columns[0], row);
    this.values.put(this.index);
    this.values.set(waiting.places[waiting.from++], this.index);
    if (waiting.from > 32 && waiting.from * 2 > waiting.places.length) { waiting.places.splice(0, waiting.from); waiting.from = 0; }
  }
  end(): void { for (let part = 0; part < this.of.length; part++) this.forget(part); }
  /** What waits on waits in vain. */
  forget(part: Slot): void {
    const waiting = this.of[part];
    if (waiting === undefined) return;
    for (let i = waiting.from; i < waiting.places.length; i++) {
      this.values.draft(this.index).record.none();
      this.values.put(this.index);
      this.values.set(waiting.places[i], this.index);
    }
    this.of[part] = undefined;
  }
  write(part: Slot, out: Pack): void { const waiting = this.of[part]; out.numbers(waiting === undefined ? [] : waiting.places.slice(waiting.from)); }
  restored(part: Slot, from: Unpack): void { const places = from.list(); if (places.length > 0) this.of[part] = { places, from: 0 }; }
}
/** Places of records that wait, from `from` on. */
interface Waiting { readonly places: Place[]; from: number }
