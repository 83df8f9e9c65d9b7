// --max-keys: how many keys agg holds at once, of all open windows together. It must not know what a key is for.
import { grouped } from '../../errors.js';
import type { AggText } from '../../expr/expression.js';
import type { Batch } from '../../record/batch.js';
import type { Pack, Saved, Unpack } from '../../record/pack.js';
import type { Context } from '../../stream/operator.js';

export class KeyLimit implements Saved {
  private open = 0;
  private readonly max: number;
  private readonly by: string;
  private readonly ctx: Context;
  constructor({ by }: AggText, max: number | undefined, ctx: Context) {
    this.max = max ?? Infinity; this.ctx = ctx;
    this.by = by.length === 0 ? 'windows at once' : `keys by ${by.map(({ name }) => name.join('.')).join(', ')}${ctx.input.windows === undefined ? '' : ', of all open windows,'}`;
  }

  /** The row begins another. Errors: E_KEYS. */
  opened(batch: Batch, row: number): void {
    if (++this.open > this.max) this.ctx.fail(batch, row, 'E_KEYS', { what: this.by, max: grouped(this.max), help: `--max-keys ${this.max * 10}` });
  }
  closed(): void { this.open--; }

  save(out: Pack): void { out.count(this.open); }
  restore(from: Unpack): void { this.open = from.count(); }
}
