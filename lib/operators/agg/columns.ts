// The aggregates of an operand bound to a stage: their cells in one store, and what a run of rows adds to them. It knows nothing of windows.
import type { Aggregate } from '../../agg/aggregate.js';
import type { AggText } from '../../expr/expression.js';
import type { Batch, Column, Writer } from '../../record/batch.js';
import { Tag } from '../../record/batch.js';
import type { Pack, Saved, Unpack } from '../../record/pack.js';
import type { Context } from '../../stream/operator.js';
import type { Cells, Layout, Slot, Store } from '../../stream/store.js';
import { resolve } from './names.js';

/** One aggregate bound to a stage. `group` is what add() gets, filled anew for each run of rows. */
interface Step {
  readonly aggregate: Aggregate; readonly params: readonly number[];
  /** A result is null because no number says it. */
  readonly overflow: () => void;
  readonly prefix: string;
  /** Another call fills these cells. */
  readonly isShared: boolean;
  readonly args: (batch: Batch) => Column[];
  readonly where: ((batch: Batch) => Uint32Array) | undefined;
  readonly mask: Mask;
  readonly group: { rows: Uint32Array; slots: Uint32Array; count: number; time: Float64Array | undefined; sequence: number; clash(row: number): void };
}

/** The aggregates of an operand bound to a stage: cells of all of them in one store, and what to do with a run of rows. */
export class Columns implements Saved {
  readonly layout: Record<string, Layout[string]> = {};
  readonly rows = new Rows();
  /** Bytes of memory that the values of each call may take beside the numbers, as far as hold() was told: from above, and never less than what they do take. */
  readonly held: Float64Array;
  private readonly steps: readonly Step[];
  private readonly shifts: boolean;
  private readonly ctx: Context;
  private store!: Pick<Store<Layout>, 'cells'>;
  private cells: Cells<any>[] = [];                        // `any`: each aggregate has its own layout
  private from: unknown;
  private batch: Batch | undefined;                        // the one that was checked last
  private sequence = 0;
  private batchSequence = 0;

  constructor({ calls }: AggText, ctx: Context) {
    this.ctx = ctx;
    const cellsOf = new Map<string, string>();            // what calls have in common: p50 and p95 of one field are one sketch
    this.steps = calls.map((call, i) => {
      const { aggregate, params } = resolve(call), textOfPart = ({ text }: { text: string }): string => text;
      const same = aggregate.shared === true ? JSON.stringify([aggregate.name, call.args.slice(0, aggregate.args.length).map(textOfPart), call.where && textOfPart(call.where)]) : `${i}`;
      const isShared = cellsOf.has(same), prefix = cellsOf.get(same) ?? `${i}.`;
      cellsOf.set(same, prefix);
      for (const [name, kind] of Object.entries(aggregate.cells as Layout)) this.layout[prefix + name] = kind;
      const overs = call.args.slice(0, Math.max(aggregate.args.length, aggregate.name === 'count' ? call.args.length : 0)).map((arg) => arg.over(ctx));
      const test = call.where?.test(ctx), where = test && memoised(test);
      const args = memoised((batch) => { const rows = where === undefined ? batch.rows : where(batch); return overs.map((over) => over(batch, rows)); });
      const clash = (row: number): void => ctx.clash(this.batch!, row, () => `${aggregate.name} takes ${aggregate.args[0] ?? 'any'} values and found ${typeName(args(this.batch!)[0], row)}`, call.spot);   // `!`: check() came first
      const overflow = (): void => ctx.overflow(`${aggregate.name} is beyond all doubles`, call.spot);
      return { aggregate, params, overflow, prefix, isShared, args, where, mask: new Mask(), group: { rows: this.rows.rows, slots: this.rows.slots, count: 0, time: undefined, sequence: 0, clash } };
    });
    this.shifts = this.steps.some(({ aggregate }) => aggregate.shift !== undefined);
    this.held = new Float64Array(calls.length);
  }

  bind(store: Pick<Store<Layout>, 'cells'>): void { this.store = store; }

  /** Beside the cells, which are the store's. */
  save(out: Pack): void { out.count(this.sequence); out.numbers(this.held); }
  restore(from: Unpack): void { this.sequence = from.count(); this.held.set(from.numbers()); }

  /** Beside the cells of a part: how many rows came. */
  give(out: Pack): void { out.count(this.sequence); this.sequence = 0; this.batch = undefined; }
  /** Their rows come behind those that were here; how many these are, for shift(). */
  take(from: Unpack): number { const before = this.sequence; this.sequence += from.count(); return before; }
  shift(slot: Slot, by: number): void { if (!this.shifts) return; const cells = this.views(); for (let i = 0; i < this.steps.length; i++) { const { isShared, aggregate } = this.steps[i]; if (!isShared) aggregate.shift?.(cells[i], slot, by); } }

  /** Bytes of memory that an entry takes beside its cells and its values. */
  get entryBytes(): number { return this.steps.reduce((sum, { isShared, aggregate }) => sum + (isShared ? 0 : aggregate.heap?.entry ?? 0), 0); }
  /** What the collected rows may add to it, before add(). */
  hold(batch: Batch): void {
    const { rows, count } = this.rows;
    for (let i = 0; i < this.steps.length; i++) {
      const { isShared, aggregate: { heap }, args, where } = this.steps[i];
      if (isShared || heap?.value === undefined) continue;
      let bytes = count * heap.value;
      // With a condition the arguments are worked out where it holds: no value is longer than its record.
      for (const { start, end } of where === undefined ? args(batch) : [batch.lines]) for (let r = 0; r < count; r++) bytes += end[rows[r]] - start[rows[r]];
      this.held[i] += bytes;
    }
  }
  /** Where there are so many entries. */
  heldBytes(entries: number): number {
    let sum = 0;
    for (let i = 0; i < this.steps.length; i++) sum += Math.min(this.held[i], entries * (this.steps[i].aggregate.heap?.most ?? Infinity));
    return sum;
  }

  /** Works out all arguments of a batch, so that a bad record is found before the first entry is touched. */
  check(batch: Batch): void {
    if (this.batch?.memo === batch.memo) return;
    for (const { args, where, aggregate } of this.steps) {
      const columns = args(batch), rows = where === undefined ? batch.rows : where(batch);
      for (let i = 0; i < columns.length; i++) {
        const column = columns[i];
        if (aggregate.args[i] !== 'number' || column.wide === false) continue;
        for (let at = nextInfinite(column, rows, 0); at < rows.length; at = nextInfinite(column, rows, at + 1)) this.ctx.bad(batch, rows[at], 'E_OVERFLOW', { got: textOf(column, rows[at]) });
      }
    }
    this.batch = batch;
    this.batchSequence = this.sequence; this.sequence += batch.size;
  }

  /** Adds the collected rows to their entries. */
  add(batch: Batch): void {
    const { rows, slots, count } = this.rows;
    if (count === 0) return;
    this.rows.count = 0;
    const time = this.ctx.input.event === undefined ? undefined : this.ctx.event(batch).number, cells = this.views();
    for (let i = 0; i < this.steps.length; i++) {
      const { isShared, group, where, mask, args, aggregate, params } = this.steps[i];
      if (isShared) continue;
      group.rows = rows; group.slots = slots; group.count = count; group.time = time; group.sequence = this.batchSequence;
      if (where !== undefined) mask.narrow(group, where(batch), batch.size);
      aggregate.add(cells[i], group, args(batch), params);
    }
  }

  init(slot: Slot): void { const cells = this.views(); for (let i = 0; i < this.steps.length; i++) { const { isShared, aggregate, params } = this.steps[i]; if (!isShared) aggregate.init?.(cells[i], slot, params); } }
  merge(into: Slot, from: Slot): void { const cells = this.views(); for (let i = 0; i < this.steps.length; i++) { const { isShared, aggregate, params } = this.steps[i]; if (!isShared) aggregate.merge(cells[i], into, from, params); } }
  result(slot: Slot, out: Writer): void {
    const cells = this.views();
    for (let i = 0; i < this.steps.length; i++) { const { aggregate, params, overflow } = this.steps[i]; aggregate.result(cells[i], slot, out, params, overflow); }
  }

  /** Cells of each aggregate under its own names. They move between hooks only, and only when the store has grown. */
  private views(): Cells<any>[] {
    const { cells } = this.store;
    if (this.from !== cells['seen']) {
      this.from = cells['seen'];
      this.cells = this.steps.map(({ prefix, aggregate }) => Object.fromEntries(Object.keys(aggregate.cells as Layout).map((name) => [name, cells[prefix + name]])) as Cells<any>);
    }
    return this.cells;
  }
}

/** The first index from `at` on whose row holds a number that no double does; rows.length where none is. */
export function nextInfinite({ tag, number }: Column, rows: Uint32Array, at: number): number {
  while (at < rows.length && !(tag[rows[at]] === Tag.Wide && !Number.isFinite(number[rows[at]]))) at++;
  return at;
}

/** Rows of a run and the entry of each. */
export class Rows {
  rows = new Uint32Array(0);
  slots = new Uint32Array(0);
  count = 0;
  reserve(size: number): void { if (this.rows.length < size) { this.rows = new Uint32Array(Math.max(size, 1024)); this.slots = new Uint32Array(this.rows.length); } }
}

/** Which rows of a batch are in a selection: made once a selection, however many runs of rows ask. */
class Mask {
  private bits = new Uint8Array(0);
  private of: Uint32Array | undefined;

  /** Leaves those of the collected rows that are in the selection. */
  narrow(group: { rows: Uint32Array; slots: Uint32Array; count: number }, selection: Uint32Array, size: number): void {
    if (this.of !== selection) {
      this.of = selection;
      if (this.bits.length < size) this.bits = new Uint8Array(Math.max(size, 1024)); else this.bits.fill(0, 0, size);
      for (let i = 0; i < selection.length; i++) this.bits[selection[i]] = 1;
    }
    const { bits } = this, { rows, slots, count } = group, some = new Uint32Array(count), of = new Uint32Array(count);
    let n = 0;
    for (let i = 0; i < count; i++) if (bits[rows[i]] === 1) { some[n] = rows[i]; of[n++] = slots[i]; }
    group.rows = some; group.slots = of; group.count = n;
  }
}

/** The last result, for as long as the batch is the same. */
function memoised<T>(work: (batch: Batch) => T): (batch: Batch) => T {
  let of: Batch['memo'] | undefined, result: T;
  return (batch) => { if (of !== batch.memo) { result = work(batch); of = batch.memo; } return result; };
}

export const textOf = (column: Column, row: number): string => new TextDecoder().decode(column.bytes.subarray(column.start[row], column.end[row]));
export const typeName = (column: Column | undefined, row: number): string => column === undefined ? 'nothing' : ['null', 'false', 'true', 'a number', 'a number', 'a string', 'an array', 'an object'][column.tag[row]];
