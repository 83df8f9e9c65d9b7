// Sorted sources to one order: a heap of sources by the row that each is at; of equal rows the one of the earlier source comes first, so the order of input is kept.
// Owns: the walk over the sources. Must not: read files (blocks do), or write.
import type { Pool } from '../kernel/pool.js';
import { compareRows } from './rowset.js';
import type { Rowset } from './rowset.js';
import type { Order } from './prefix.js';

/** One sorted source. */
export interface Source extends Rowset {
  /** Rows that are in memory now. */
  readonly count: number;
  /** Ids of the rows in order; undefined: 0, 1, … */
  readonly order?: Uint32Array | undefined;
  /** More rows into memory, in place of those that were there. false: there are none. */
  load(): boolean;
}

export class Merge {
  /** The row at hand, after next(). */
  rows!: Source;
  id = 0;
  /** Called before the rows of a source leave memory. */
  leaving: () => void = () => { /* nobody holds on to them */ };
  private readonly pool: Pool;
  private readonly orders: readonly Order[];
  private readonly sources: readonly Source[];
  private readonly heap: Int32Array;
  private size = 0;
  private readonly at: Int32Array;                       // index of the row that each source is at
  private readonly ids: Uint32Array;                     // and its id, and the first words of its first key
  private readonly hi: Uint32Array;
  private readonly lo: Uint32Array;
  private isBegun = false;

  constructor(pool: Pool, sources: readonly Source[], orders: readonly Order[]) {
    this.pool = pool; this.sources = sources; this.orders = orders;
    const n = sources.length;
    this.heap = new Int32Array(n); this.at = new Int32Array(n).fill(-1); this.ids = new Uint32Array(n); this.hi = new Uint32Array(n); this.lo = new Uint32Array(n);
  }

  /** Goes to the next row in order. false: there is none. */
  next(): boolean {
    const { heap } = this;
    if (!this.isBegun) this.begin();
    else if (this.advance(heap[0])) this.down(0);
    else { heap[0] = heap[--this.size]; this.down(0); }
    if (this.size === 0) return false;
    const first = heap[0];
    this.rows = this.sources[first]; this.id = this.ids[first];
    return true;
  }

  private begin(): void {
    this.isBegun = true;
    for (let s = 0; s < this.sources.length; s++) if (this.advance(s)) this.heap[this.size++] = s;
    for (let i = (this.size >> 1) - 1; i >= 0; i--) this.down(i);
  }

  /** false: the source is at its end. */
  private advance(s: number): boolean {
    const source = this.sources[s];
    let at = this.at[s] + 1;
    if (at >= source.count) {
      if (this.at[s] >= 0) this.leaving();
      if (!source.load()) return false;
      at = 0;
    }
    const id = source.order === undefined ? at : source.order[at];
    this.at[s] = at; this.ids[s] = id;
    if (source.keys.length > 0) { const { hi, lo } = source.keys[0]; this.hi[s] = hi[id]; this.lo[s] = lo[id]; }
    return true;
  }

  private down(i: number): void {
    const { heap, size } = this, one = heap[i];
    for (;;) {
      let child = 2 * i + 1;
      if (child >= size) break;
      if (child + 1 < size && this.before(heap[child + 1], heap[child])) child++;
      if (!this.before(heap[child], one)) break;
      heap[i] = heap[child]; i = child;
    }
    heap[i] = one;
  }

  private before(a: number, b: number): boolean {
    const { hi, lo } = this;
    if (hi[a] !== hi[b]) return hi[a] < hi[b];
    if (lo[a] !== lo[b]) return lo[a] < lo[b];
    const difference = compareRows(this.pool.bytes, this.sources[a], this.ids[a], this.sources[b], this.ids[b], this.orders);
    return difference !== 0 ? difference < 0 : a < b;
  }
}
