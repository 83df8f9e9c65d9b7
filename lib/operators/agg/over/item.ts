// What a function of agg --over is to the operator, and what several of them need: arguments of a batch, records of equal time.
import { aggregateAlias, aggregateNames, findAggregate } from '../../../agg/index.js';
import type { Aggregate } from '../../../agg/aggregate.js';
import { LeatError } from '../../../errors.js';
import type { Call, Over } from '../../../expr/expression.js';
import type { Batch, Column, Instant, Millis } from '../../../record/batch.js';
import { Tag } from '../../../record/batch.js';
import { nearest } from '../../../record/nearest.js';
import type { Pack, Saved, Unpack } from '../../../record/pack.js';
import type { Context } from '../../../stream/operator.js';
import type { Slot } from '../../../stream/store.js';
import { nextInfinite, textOf, typeName } from '../columns.js';
import { resolve } from '../names.js';
import type { Place, Values } from './values.js';

/** A function at work. Records come in time order; each gets one value, by values.set(place). */
export interface Item {
  /** A partition matters to records at most so long behind its last one; Infinity: to all. */
  readonly reachMs: Millis;
  /** Works out the arguments, before the first effect of the batch. */
  batch(batch: Batch): void;
  /** A record of the batch; `part` is its partition. */
  row(part: Slot, row: number, at: Instant, place: Place): void;
  /** All records of the time of the last one have come. */
  close?(): void;
  /** There are no more records. */
  end?(): void;
  /** The partition matters no more. */
  forget(part: Slot): void;
  /** What is kept of a partition, for a checkpoint; restored() gets only those that were not forgotten. */
  write(part: Slot, out: Pack): void;
  restored(part: Slot, from: Unpack): void;
  /** What is kept beside that. */
  save?(out: Pack): void;
  restore?(from: Unpack): void;
}

/** The functions that only --over has: arguments, of which `optional` may be left out, and what they give. */
export const placeFunctions = {
  row_number: { args: 0, optional: 0, summary: 'number of the record in its partition, from 1' },
  rank: { args: 0, optional: 0, summary: 'number of the first record of equal time, from 1' },
  dense_rank: { args: 0, optional: 0, summary: 'number of different times up to this one, from 1' },
  lag: { args: 2, optional: 1, summary: 'value of x in the record n before (default 1) in its partition; null where there is none' },
  lead: { args: 2, optional: 1, summary: 'value of x in the record n behind (default 1) in its partition; null where there is none; the record waits for it' },
} as const;
export type PlaceFunction = keyof typeof placeFunctions;

export const isOverFunction = (name: string): boolean => Object.hasOwn(placeFunctions, name) || findAggregate(name) !== undefined;

export type Resolved = { readonly kind: 'aggregate'; readonly aggregate: Aggregate; readonly params: readonly number[] } | { readonly kind: PlaceFunction; readonly distance: number };

/** What a function is. Errors: E_FUNCTION, E_ARGUMENTS, E_SYNTAX, with the place. */
export function resolveOver({ call, frame }: Over): Resolved {
  const { fn, args, where, spot } = call;
  if (!Object.hasOwn(placeFunctions, fn)) {
    if (findAggregate(fn) !== undefined) return { kind: 'aggregate', ...resolve(call) };
    const near = aggregateAlias(fn) ?? nearest(fn, [...aggregateNames(), ...Object.keys(placeFunctions)]);
    throw new LeatError('E_FUNCTION', { kind: 'aggregate', got: fn, help: 'all of them: leat help aggregates' }, near === undefined ? spot : { ...spot, hint: `did you mean '${near}'?` });
  }
  const kind = fn as PlaceFunction, { args: most, optional } = placeFunctions[kind], takes = most === 0 ? 'no arguments' : 'a value, and how many records away it is';
  if (args.length > most || args.length < most - optional) throw new LeatError('E_ARGUMENTS', { what: `${fn} takes ${takes}, got ${args.length}`, help: 'leat help aggregates' }, spot);
  if (frame !== undefined) throw new LeatError('E_SYNTAX', { why: `${fn} looks at its whole partition`, help: 'leave the frame out' }, frame.spot);
  if (where !== undefined) throw new LeatError('E_SYNTAX', { why: `${fn} counts every record; 'where' belongs to aggregates`, help: `leat filter '${where.text}' | leat agg --over …` }, where.spot);
  const distance = args[1] === undefined ? 1 : /^[1-9]\d{0,8}$/.test(args[1].text.trim()) ? Number(args[1].text.trim()) : 0;
  if (distance === 0) throw new LeatError('E_ARGUMENTS', { what: `${fn} takes a whole number of records from 1, got ${args[1].text.trim()}`, help: `${fn}(${args[0].text}, 2) as name` }, args[1].spot);
  return { kind, distance };
}

/** The arguments of a call for the batch at hand. Values of a wrong type are told here, once a record, however often a frame looks at them. */
export class Arguments {
  columns: readonly Column[] = [];
  private isIn: Uint8Array | undefined;
  private readonly call: Call;
  private readonly aggregate: Aggregate | undefined;
  private readonly ctx: Context;
  private readonly overs: readonly ((batch: Batch, rows: Uint32Array) => Column)[];
  private readonly where: ((batch: Batch) => Uint32Array) | undefined;
  /** `values`: how many of the arguments are expressions. */
  constructor(call: Call, values: number, aggregate: Aggregate | undefined, ctx: Context) {
    this.call = call; this.aggregate = aggregate; this.ctx = ctx;
    this.overs = call.args.slice(0, values).map((arg) => arg.over(ctx));
    this.where = call.where?.test(ctx);
  }

  batch(batch: Batch): void {
    const rows = this.where === undefined ? batch.rows : this.where(batch), types = this.aggregate?.args ?? [];
    this.columns = this.overs.map((over) => over(batch, rows));
    this.columns.forEach((column, i) => {
      if (types[i] !== 'number' || column.wide === false) return;
      for (let at = nextInfinite(column, rows, 0); at < rows.length; at = nextInfinite(column, rows, at + 1)) this.ctx.bad(batch, rows[at], 'E_OVERFLOW', { got: textOf(column, rows[at]) });
    });
    if (types.some((type) => type === 'number' || type === 'boolean')) for (let i = 0; i < rows.length; i++) this.check(batch, rows[i], types);
    if (this.where === undefined) return;
    if (this.isIn === undefined || this.isIn.length < batch.size) this.isIn = new Uint8Array(Math.max(batch.size, 1024)); else this.isIn.fill(0, 0, batch.size);
    for (let i = 0; i < rows.length; i++) this.isIn[rows[i]] = 1;
  }
  /** Whether `where` holds. */
  holds(row: number): boolean { return this.isIn === undefined || this.isIn[row] === 1; }

  private check(batch: Batch, row: number, types: Aggregate['args']): void {
    let wrong = -1;
    for (let i = 0; i < this.columns.length; i++) {
      const tag = this.columns[i].tag[row];
      if (tag === Tag.Null) return;
      if (types[i] === 'number' ? tag !== Tag.Number && tag !== Tag.Wide : types[i] === 'boolean' && tag !== Tag.True && tag !== Tag.False) { wrong = i; break; }
    }
    if (wrong >= 0) this.ctx.clash(batch, row, () => `${this.call.fn} takes ${types[wrong]} values and found ${typeName(this.columns[wrong], row)}`, this.call.spot);
  }
}

/** Records of one time that wait for their peers, by partition. */
export class Peers implements Saved {
  private count = 0;
  private part = new Uint32Array(64);
  private place = new Float64Array(64);
  private next = new Int32Array(64);                       // the next of the same partition; −1
  private lastOf = new Int32Array(64).fill(-1);            // partition → its last record here
  private firsts: number[] = [];                           // the first record of each partition

  add(part: Slot, place: Place): void {
    const { count } = this;
    if (count === this.part.length) {
      const parts = new Uint32Array(count * 2), places = new Float64Array(count * 2), next = new Int32Array(count * 2);
      parts.set(this.part); places.set(this.place); next.set(this.next);
      this.part = parts; this.place = places; this.next = next;
    }
    if (part >= this.lastOf.length) { const more = new Int32Array(Math.max(part + 1, this.lastOf.length * 2)).fill(-1); more.set(this.lastOf); this.lastOf = more; }
    this.part[count] = part; this.place[count] = place; this.next[count] = -1;
    const last = this.lastOf[part];
    if (last < 0) this.firsts.push(count); else this.next[last] = count;
    this.lastOf[part] = count;
    this.count = count + 1;
  }

  save(out: Pack): void { out.words(this.part, this.count); out.numbers(this.place, this.count); }
  restore(from: Unpack): void {
    const parts = from.words(), places = from.numbers();
    for (let i = 0; i < parts.length; i++) this.add(parts[i], places[i]);
  }

  /** Gives each partition's value to its records: `value` puts it. Then there are none. */
  settle(values: Values, index: number, value: (part: Slot) => void): void {
    for (const first of this.firsts) {
      const part = this.part[first];
      value(part);
      for (let i = first; i >= 0; i = this.next[i]) values.set(this.place[i], index);
      this.lastOf[part] = -1;
    }
    this.firsts.length = 0; this.count = 0;
  }
}
