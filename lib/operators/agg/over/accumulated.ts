// An aggregate over all records of a partition so far: one state a partition, which only grows. `rows`: up to the record itself; `range`: up to its last peer of equal time.
import type { Aggregate } from '../../../agg/aggregate.js';
import type { Frame, Over } from '../../../expr/expression.js';
import type { Batch, Instant } from '../../../record/batch.js';
import type { Pack, Unpack } from '../../../record/pack.js';
import type { Context } from '../../../stream/operator.js';
import type { Slot } from '../../../stream/store.js';
import { States } from './cells.js';
import type { State } from './cells.js';
import { Arguments, Peers } from './item.js';
import type { Item } from './item.js';
import type { Place, Values } from './values.js';

export class Accumulated implements Item {
  readonly reachMs = Infinity;
  private readonly args: Arguments;
  private readonly states: States;
  private readonly peers: Peers | undefined;
  private readonly of: State[] = [];                       // by partition; 0: none yet
  private readonly ctx: Context;
  private readonly values: Values;
  private readonly index: number;
  private time!: Float64Array;
  private sequence = 0;
  private next = 0;
  constructor({ call }: Over, kind: Frame['kind'], aggregate: Aggregate, params: readonly number[], values: Values, index: number, ctx: Context) {
    this.ctx = ctx; this.values = values; this.index = index;
    this.args = new Arguments(call, Math.max(aggregate.args.length - (aggregate.optional ?? 0), call.args.length - (aggregate.params?.length ?? 0)), aggregate, ctx);
    this.states = new States(aggregate, params, () => ctx.overflow(`${aggregate.name} is beyond all doubles`, call.spot));
    this.peers = kind === 'range' ? new Peers() : undefined;
  }

  batch(batch: Batch): void {
    this.args.batch(batch);
    this.time = this.ctx.event(batch).number;
    this.sequence = this.next; this.next += batch.size;
  }
  row(part: Slot, row: number, _at: Instant, place: Place): void {
    const state = this.of[part] ||= this.states.open();
    if (this.args.holds(row)) this.states.add(state, row, this.args.columns, this.time, this.sequence);
    if (this.peers !== undefined) { this.peers.add(part, place); return; }
    this.put(part);
    this.values.set(place, this.index);
  }
  close(): void { this.peers?.settle(this.values, this.index, (part) => this.put(part)); }
  forget(part: Slot): void { if (this.of[part] > 0) this.states.free(this.of[part]); this.of[part] = 0; }
  write(part: Slot, out: Pack): void {
    const state = this.of[part] ?? 0;
    out.flag(state > 0);
    if (state > 0) this.states.save(state, out);
  }
  restored(part: Slot, from: Unpack): void { if (from.flag()) this.states.restore(this.of[part] = this.states.open(), from); }
  save(out: Pack): void { out.count(this.next); this.peers?.save(out); }
  restore(from: Unpack): void { this.next = from.count(); this.peers?.restore(from); }
  private put(part: Slot): void { this.states.result(this.of[part], this.values.draft(this.index)); this.values.put(this.index); }
}
