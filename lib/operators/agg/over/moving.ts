// An aggregate over the last records of a partition: n before the record, or those at most D before it in time, with all peers of its own time.
// Algorithm: a queue of two stacks. Behind `mid` rows are added to one state as they come; in front of it each row has the state of itself and all rows up to `mid`. Taking a
// row out drops the state of one; where there is none left, those of all rows at hand are made, from the back. So a row is added twice and merged a few times, however long
// the frame. An aggregate whose state grows with the values has no such states: it is computed from the rows of the frame whenever it is asked for.
import type { Aggregate } from '../../../agg/aggregate.js';
import type { Frame, Over } from '../../../expr/expression.js';
import type { Batch, Instant } from '../../../record/batch.js';
import type { Pack, Unpack } from '../../../record/pack.js';
import type { Context } from '../../../stream/operator.js';
import type { Slot } from '../../../stream/store.js';
import { SCRATCH, States } from './cells.js';
import type { State } from './cells.js';
import { Arguments, Peers } from './item.js';
import type { Item } from './item.js';
import { KeptRows } from './kept-rows.js';
import type { Place, Values } from './values.js';

/** Rows [from, mid) have states in `front`; `back` is the state of [mid, to), SCRATCH: none of them is in it. */
class Window {
  readonly rows: KeptRows;
  front = new Uint32Array(8);
  mid = 0;
  back: State = SCRATCH;
  constructor(rows: KeptRows) { this.rows = rows; }
}

export class Moving implements Item {
  readonly reachMs: number;
  private readonly args: Arguments;
  private readonly states: States;
  private readonly isWhole: boolean;
  private readonly kind: Frame['kind'];
  private readonly preceding: number;
  private readonly peers = new Peers();
  private readonly of: (Window | undefined)[] = [];
  private readonly values: Values;
  private readonly index: number;
  private readonly width: number;
  constructor({ call }: Over, { kind, preceding }: Frame, aggregate: Aggregate, params: readonly number[], values: Values, index: number, ctx: Context) {
    this.kind = kind; this.preceding = preceding; this.values = values; this.index = index;
    this.width = Math.max(aggregate.args.length - (aggregate.optional ?? 0), call.args.length - (aggregate.params?.length ?? 0));
    this.reachMs = kind === 'range' ? preceding : Infinity;
    this.isWhole = aggregate.grows === true;
    this.args = new Arguments(call, this.width, aggregate, ctx);
    this.states = new States(aggregate, params, () => ctx.overflow(`${aggregate.name} is beyond all doubles`, call.spot));
  }

  batch(batch: Batch): void { this.args.batch(batch); }

  row(part: Slot, row: number, at: Instant, place: Place): void {
    const window = this.of[part] ??= new Window(new KeptRows(this.args.columns.length)), { rows } = window, isIn = this.args.holds(row);
    const moved = rows.add(this.args.columns, row, at, isIn);
    if (moved > 0) { window.front.copyWithin(0, moved, moved + rows.to); window.mid = Math.max(0, window.mid - moved); }
    if (!this.isWhole && isIn) {
      if (window.back === SCRATCH) window.back = this.states.open();
      this.states.add(window.back, rows.to - 1, rows.columns, rows.time, rows.cutOff);
    }
    if (this.kind === 'range') { this.peers.add(part, place); return; }
    this.advance(window, Math.max(rows.from, rows.to - 1 - this.preceding));
    this.put(window);
    this.values.set(place, this.index);
  }

  close(): void {
    if (this.kind === 'rows') return;
    this.peers.settle(this.values, this.index, (part) => {
      const window = this.of[part]!, { time, to } = window.rows, since = time[to - 1] - this.preceding;   // `!`: its records are in it
      let { from } = window.rows;
      while (time[from] < since) from++;
      this.advance(window, from);
      this.put(window);
    });
  }

  forget(part: Slot): void {
    const window = this.of[part];
    if (window === undefined) return;
    for (let i = window.rows.from; i < window.mid; i++) this.states.free(window.front[i]);
    if (window.back !== SCRATCH) this.states.free(window.back);
    this.of[part] = undefined;
  }

  /** The rows alone: states of them are made again, all in one, which gives the same results (merge() is exact). */
  write(part: Slot, out: Pack): void {
    const window = this.of[part];
    out.flag(window !== undefined);
    window?.rows.save(out);
  }
  restored(part: Slot, from: Unpack): void {
    if (!from.flag()) return;
    const window = this.of[part] = new Window(KeptRows.restored(from)), { rows } = window;
    if (this.isWhole) return;
    for (let i = rows.from; i < rows.to; i++) {
      if (rows.isIn[i] === 0) continue;
      if (window.back === SCRATCH) window.back = this.states.open();
      this.states.add(window.back, i, rows.columns, rows.time, rows.cutOff);
    }
  }
  save(out: Pack): void { this.peers.save(out); }
  restore(from: Unpack): void { this.peers.restore(from); }

  /** Takes out the rows before `from`. */
  private advance(window: Window, from: number): void {
    const { rows } = window, { states } = this;
    if (from === rows.from) return;
    if (!this.isWhole) {
      for (let i = rows.from; i < Math.min(from, window.mid); i++) states.free(window.front[i]);
      if (from > window.mid || (from === window.mid && from < rows.to)) {
        // None of the rows left has a state of its own.
        if (window.back !== SCRATCH) states.free(window.back);
        window.back = SCRATCH;
        if (window.front.length < rows.to) window.front = new Uint32Array(rows.time.length);
        for (let i = rows.to - 1; i >= from; i--) {
          const state = window.front[i] = states.open();
          // The row itself first: an aggregate takes rows in input order, and only merge() sorts out which was the first of equals.
          if (rows.isIn[i] === 1) states.add(state, i, rows.columns, rows.time, rows.cutOff);
          if (i < rows.to - 1) states.merge(state, window.front[i + 1]);
        }
        window.mid = rows.to;
      }
    }
    rows.from = from;
  }

  private put({ rows, front, mid, back }: Window): void {
    const { states } = this, { from, to } = rows;
    const state = this.isWhole ? states.compute(from, to, rows.isIn, rows.columns, rows.time, rows.cutOff)
      : back === SCRATCH ? from < mid ? front[from] : states.compute(0, 0, rows.isIn, rows.columns, rows.time, 0) : from < mid ? states.both(front[from], back) : back;
    states.result(state, this.values.draft(this.index));
    this.values.put(this.index);
  }
}
