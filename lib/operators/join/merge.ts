// Records of both sides in one order: event time, then side, then arrival, as far as W of both allows (SEMANTICS 8). Owns: what waits for W, and which records are late.
// Must not: know what becomes of a record.
import type { Batch, Column, Instant } from '../../record/batch.js';
import type { Pack, Saved, Unpack } from '../../record/pack.js';
import type { Context } from '../../stream/operator.js';
import type { Keys } from './keys.js';
import { Waiting } from './rows.js';
import type { Rows } from './rows.js';

export class Merge implements Saved {
  private readonly rows: Rows;
  private readonly waiting: readonly [Waiting, Waiting];
  private readonly isRightFirst: boolean;
  private readonly consume: (side: 0 | 1, id: number, at: Instant) => void;
  /** isRightFirst: of records of one time, those on the right come before those on the left. */
  constructor(rows: Rows, isRightFirst: boolean, consume: (side: 0 | 1, id: number, at: Instant) => void) {
    this.rows = rows; this.isRightFirst = isRightFirst; this.consume = consume;
    this.waiting = [new Waiting(rows), new Waiting(rows)];
  }

  /** Rows of a batch, from now on waiting: `texts` by index in `live`, all else by row number. */
  arrive(side: 0 | 1, live: Uint32Array, ts: Float64Array, ids: Int32Array, texts: Int32Array, shapes: Uint32Array | undefined, keys: Keys): void {
    const { rows } = this, waiting = this.waiting[side];
    rows.reserve(live.length);
    for (let i = 0; i < live.length; i++) {
      const row = live[i], key = ids[row];
      keys.hold(key);
      waiting.add(rows.add(ts[row], key, texts[i], shapes?.[row]));
    }
  }

  save(out: Pack): void { for (const waiting of this.waiting) waiting.save(out); }
  restore(from: Unpack): void { for (const waiting of this.waiting) waiting.restore(from); }

  /** Hands over all records before w; all there are where w is Infinity. */
  advance(w: Instant): void {
    const [left, right] = this.waiting, { ts } = this.rows;
    left.settle(w); right.settle(w);
    for (let a = left.first(w), b = right.first(w); a >= 0 || b >= 0; ) {
      if (b < 0 || (a >= 0 && (this.isRightFirst ? ts[a] < ts[b] : ts[a] <= ts[b]))) { left.take(); this.consume(0, a, ts[a]); a = left.first(w); }
      else { right.take(); this.consume(1, b, ts[b]); b = right.first(w); }
    }
  }
}

let onTime = new Uint32Array(0);
/** The rows that are not late: ts ≥ W before the record, of its own input. The others go the way of --late. Used again for each batch. */
export function punctual(ctx: Context, batch: Batch, rows: Uint32Array, { number: ts }: Column): Uint32Array {
  const { watermark } = batch;
  let i = 0;
  while (i < rows.length && !(ts[rows[i]] < watermark[rows[i]])) i++;
  if (i === rows.length) return rows;                      // most batches
  if (onTime.length < rows.length) onTime = new Uint32Array(Math.max(rows.length, 1024));
  let count = 0;
  for (i = 0; i < rows.length; i++) {
    const row = rows[i], at = ts[row], w = watermark[row];
    if (at < w) ctx.late(batch, row, { of: row, at, watermark: w, by: w - at, again: false }); else onTime[count++] = row;
  }
  return onTime.subarray(0, count);
}
