// agg over windows of a count. State: one entry per key, opened anew for each window.
import type { AggText } from '../../expr/expression.js';
import type { Context, Emit, Operator, Run } from '../../stream/operator.js';
import type { Layout, Slot } from '../../stream/store.js';
import { Columns } from './columns.js';
import { names } from './names.js';

/** Count windows: every n records of a key, in order; the last partial one at the end. */
export function counted(text: AggText, ctx: Context): Operator {
  const columns = new Columns(text, ctx), { size } = ctx.input.windows!;
  const by = text.by.map(({ expression }) => expression.field(ctx));
  const store = ctx.store({ ...columns.layout, index: 'f64', count: 'f64', seen: 'u32' } as Layout & { index: 'f64'; count: 'f64'; seen: 'u32' }, by);
  columns.bind(store);
  const out = ctx.writer(names(text, ctx.input));
  const write = (slot: Slot, emit: Emit): void => {
    out.number(store.cells.index[slot]);
    store.key(slot, out);
    columns.result(slot, out);
    emit.made(out);
  };
  // An entry is opened anew for each window, so that its cells begin at zero; the index goes on.
  return {
    rows(run: Run, emit: Emit) {
      const { batch } = run;
      columns.check(batch);
      columns.rows.reserve(batch.rows.length);
      const group = columns.rows;
      for (let row = run.next(); row >= 0; row = run.next()) {
        const { index, count } = store.cells;
        let slot = store.open(run, row);
        if (count[slot] === size) {
          const at = index[slot] + 1;
          store.free(slot);
          slot = store.open(run, row);
          index[slot] = at;
        }
        if (count[slot]++ === 0) { columns.init(slot); store.wake(slot, Infinity); }
        group.rows[group.count] = row; group.slots[group.count++] = slot;
        if (count[slot] === size) { columns.add(batch); write(slot, emit); }
      }
      columns.add(batch);
    },
    wake(slot, emit) { if (store.cells.count[slot] < size) write(slot, emit); },
  };
}
