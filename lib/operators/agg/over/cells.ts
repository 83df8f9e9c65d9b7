// States of one aggregate, each under a number, for as many frames as there are. The arrays grow; a state begins with zero cells. It knows nothing of frames.
import type { Aggregate, Groups } from '../../../agg/aggregate.js';
import type { Column } from '../../../record/batch.js';
import type { Pack, Unpack } from '../../../record/pack.js';
import type { Draft } from '../../../stream/operator.js';
import type { Cells, Codec, Layout } from '../../../stream/store.js';

/** The number of a state. */
export type State = number;
/** The state that compute() fills and forgets. */
export const SCRATCH: State = 0;

export class States {
  private readonly cells: Record<string, Float64Array | Uint32Array | unknown[]> = {};
  private readonly kinds: readonly (readonly [string, Layout[string]])[];
  private numbers: (Float64Array | Uint32Array)[] = [];   // the cells that are numbers, and the others
  private readonly others: { readonly cells: unknown[]; readonly codec: Codec<unknown> }[] = [];
  private readonly aggregate: Aggregate;
  private readonly params: readonly number[];
  private readonly overflow: () => void;
  private readonly spare: State[] = [];
  private top = 1;
  private capacity = 0;
  private readonly one = { rows: new Uint32Array(1), slots: new Uint32Array(1), count: 1, time: undefined as Float64Array | undefined, sequence: 0, clash: (): void => { /* wrong types were told when the batch came */ } };
  private many = { rows: new Uint32Array(64), slots: new Uint32Array(64) };   // slots: all SCRATCH

  /** overflow: a result is null because no number says it. */
  constructor(aggregate: Aggregate, params: readonly number[], overflow: () => void) {
    this.aggregate = aggregate; this.params = params; this.overflow = overflow;
    this.kinds = Object.entries(aggregate.cells as Layout);
    for (const [name, kind] of this.kinds) if (typeof kind !== 'string') this.others.push({ cells: (this.cells[name] = []), codec: kind });
    this.grow();
  }

  open(): State {
    const state = this.spare.pop() ?? this.top++;
    if (state >= this.capacity) this.grow();
    this.clear(state);
    return state;
  }
  free(state: State): void {
    for (const { cells } of this.others) cells[state] = undefined;
    this.spare.push(state);
  }

  /** Adds one row of the columns. sequence + row is its place among all rows. */
  add(state: State, row: number, args: readonly Column[], time: Float64Array, sequence: number): void {
    const { one } = this;
    one.rows[0] = row; one.slots[0] = state; one.time = time; one.sequence = sequence;
    this.aggregate.add(this.cells as Cells<any>, one, args, this.params);   // `any`, here and below: each aggregate has its own layout
  }
  merge(into: State, from: State): void { this.aggregate.merge(this.cells as Cells<any>, into, from, this.params); }
  /** SCRATCH: the first and the second state together. */
  both(first: State, second: State): State { this.clear(SCRATCH); this.merge(SCRATCH, first); this.merge(SCRATCH, second); return SCRATCH; }
  /** SCRATCH: of these rows alone. */
  compute(from: number, to: number, isIn: Uint8Array, args: readonly Column[], time: Float64Array, sequence: number): State {
    this.clear(SCRATCH);
    if (this.many.rows.length < to - from) this.many = { rows: new Uint32Array(2 * (to - from)), slots: new Uint32Array(2 * (to - from)) };
    const { rows } = this.many;
    let count = 0;
    for (let row = from; row < to; row++) if (isIn[row] === 1) rows[count++] = row;
    const group: Groups = { ...this.many, count, time, sequence, clash: this.one.clash };
    if (count > 0) this.aggregate.add(this.cells as Cells<any>, group, args, this.params);
    return SCRATCH;
  }
  result(state: State, out: Draft): void { this.aggregate.result(this.cells as Cells<any>, state, out.record, this.params, this.overflow); }

  /** The cells of one, for a checkpoint. */
  save(state: State, out: Pack): void {
    for (const cells of this.numbers) out.number(cells[state]);
    for (const { cells, codec } of this.others) out.raw(codec.encode(cells[state]));
  }
  restore(state: State, from: Unpack): void {
    for (const cells of this.numbers) cells[state] = from.number();
    for (const { cells, codec } of this.others) cells[state] = codec.decode(from.raw().slice());
  }

  private clear(state: State): void {
    const { numbers, others } = this;
    for (let i = 0; i < numbers.length; i++) numbers[i][state] = 0;
    for (let i = 0; i < others.length; i++) others[i].cells[state] = others[i].codec.zero();
    if (this.aggregate.init !== undefined) this.aggregate.init(this.cells as Cells<any>, state, this.params);
  }
  private grow(): void {
    this.capacity = Math.max(64, this.capacity * 2);
    for (const [name, kind] of this.kinds) {
      const old = this.cells[name];
      if (kind === 'f64') { const more = new Float64Array(this.capacity); if (old !== undefined) more.set(old as Float64Array); this.cells[name] = more; }
      else if (kind === 'u32') { const more = new Uint32Array(this.capacity); if (old !== undefined) more.set(old as Uint32Array); this.cells[name] = more; }
    }
    this.numbers = Object.values(this.cells).filter((cells) => !Array.isArray(cells)) as (Float64Array | Uint32Array)[];
  }
}
