// agg over windows whose bounds are in the records, and over none at all. The hot path of aggregation: nothing here is done per record that can be done per run.
// State: one entry per key and window. A window fires when W reaches end + L; without windows the end fires.
import type { AggText } from '../../expr/expression.js';
import type { Writer } from '../../record/batch.js';
import { together } from '../../record/pack.js';
import type { Context, Operator, Parts } from '../../stream/operator.js';
import type { Layout, Slot } from '../../stream/store.js';
import { LostWatch, boundAt, boundKey, boundsOf, writeBounds } from './bounds.js';
import { Columns } from './columns.js';
import { KeyLimit } from './limit.js';
import { keysOf, names } from './names.js';

/** Windows whose bounds are in the records, and no windows at all: one that the end closes. */
export function fixed(text: AggText, ctx: Context, maxKeys: number | undefined): Operator {
  const columns = new Columns(text, ctx), { windows } = ctx.input, limit = new KeyLimit(text, maxKeys, ctx);
  const by = keysOf(text.by, ctx.input).map(({ expression }) => expression.field(ctx));
  const field = windows && boundsOf(ctx), latenessMs = windows?.latenessMs ?? 0;
  // The bounds are read once an entry, not once a record: as part of the key they are what `window` wrote, or its numbers where it runs in this process.
  const bounds = windows && field ? (windows.nested ? [field.start, field.end] : [field.start]).map(boundKey) : [];
  const store = ctx.store({ ...columns.layout, startMs: 'f64', endMs: 'f64', seen: 'u32' } as Layout & { startMs: 'f64'; endMs: 'f64'; seen: 'u32' }, [...bounds, ...by]);
  columns.bind(store);
  const all = names(text, ctx.input), out = ctx.writer(all), open = ctx.writer([...all, 'final']);
  const isSole = bounds.length === 0 && by.length === 0;
  const begin = (slot: Slot): void => { columns.init(slot); store.wake(slot, Infinity); };
  if (isSole) begin(store.sole());
  const write = (slot: Slot, to: Writer): void => {
    if (windows) writeBounds(to, windows, store.cells.startMs[slot], store.cells.endMs[slot]);
    store.key(slot, to, bounds.length);
    columns.result(slot, to);
  };
  const watch = new LostWatch(text, ctx);
  return {
    rows(run) {
      const { batch } = run;
      watch.see(batch);
      columns.check(batch);
      columns.rows.reserve(batch.rows.length);
      const { rows, slots } = columns.rows;
      let count = 0;
      if (windows === undefined) {
        // One window that the end closes: no alarm can come between two rows.
        const all = run.rest(), { seen } = store.cells;
        count = all.length;
        rows.set(all);
        if (isSole) { const slot = store.sole(); slots.fill(slot, 0, count); store.touch(slot); }
        else {
          for (let i = store.known(run, all, slots, 0); i < count; i += store.known(run, all.subarray(i), slots, i)) {
            const row = all[i], slot = slots[i++] = store.open(run, row);
            seen[slot] = 1;
            limit.opened(batch, row);
            begin(slot);
          }
        }
      } else {
        const { startMs, endMs, seen } = store.cells;
        for (let block = run.block(); block.length > 0; block = run.block()) {
          const there = store.known(run, block, slots, count);
          rows.set(there === block.length ? block : block.subarray(0, there), count);
          count += there;
          run.passed(there);
          if (there < block.length) {
            const row = block[there];
            run.passed(1);
            const slot = store.open(run, row), from = boundAt(ctx, field!.start, 'window_start', batch, row), to = boundAt(ctx, field!.end, 'window_end', batch, row);   // `!`: behind windows there are bounds
            seen[slot] = 1;
            limit.opened(batch, row);
            columns.init(slot);
            startMs[slot] = from; endMs[slot] = to;
            store.wake(slot, to + latenessMs, from);
            rows[count] = row; slots[count++] = slot;
          }
        }
      }
      columns.rows.count = count;
      columns.add(batch);
    },
    wake(slot, emit) {
      write(slot, out);
      emit.made(out);
      store.free(slot);
      limit.closed();
    },
    unfinished(emit) {
      for (const slot of store.pending()) { write(slot, open); open.boolean(false); emit.made(open); }
    },
    ...together(columns, limit, watch),
    ...maxKeys !== undefined ? {} : { parts: {
      keeps: true,
      give(out) { columns.give(out); store.give(out); if (isSole) { const slot = store.sole(); begin(slot); } },
      take(from) { const before = columns.take(from); store.take(from, (slot) => columns.shift(slot, before), (into, other) => columns.merge(into, other)); },
    } satisfies Parts },
    ...latenessMs > 0 ? { hold: (w: number) => w - latenessMs } : {},
  };
}
