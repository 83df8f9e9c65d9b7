// agg over windows of a count: every n records of a key, in order; the last partial one at the end.
// State: one entry per key, opened anew for each window, so that its cells begin at zero; the index goes on.
import type { AggText } from '../../expr/expression.js';
import { together } from '../../record/pack.js';
import type { Context, Emit, Operator, Run } from '../../stream/operator.js';
import type { Cells, Layout, Slot } from '../../stream/store.js';
import { Changes, changeCells } from './changes.js';
import { Columns } from './columns.js';
import type { Growth } from './growing.js';
import { KeyLimit } from './limit.js';
import { names } from './names.js';

const ownCells = { index: 'f64', count: 'f64', seen: 'u32' } as const;

export function counted(text: AggText, ctx: Context, { changes: isChanges, maxKeys }: Growth): Operator {
  const columns = new Columns(text, ctx), { size } = ctx.input.windows!, limit = new KeyLimit(text, maxKeys, ctx);   // `!`: counts are windows
  const by = text.by.map(({ expression }) => expression.field(ctx));
  const store = ctx.store({ ...columns.layout, ...ownCells, ...isChanges ? changeCells : {} } as Layout & typeof ownCells, by);
  columns.bind(store);
  const all = names(text, ctx.input), out = ctx.writer(all), open = ctx.writer([...all, 'final']), draft = ctx.draft(all), cells = (): Cells<typeof ownCells> => store.cells;
  const write = (slot: Slot, to: typeof out): void => {
    to.number(cells().index[slot]);
    store.key(slot, to);
    columns.result(slot, to);
  };
  const changes = isChanges ? new Changes(undefined, store, (slot) => { write(slot, draft.record); return draft.finish(); }) : undefined;
  const put = (slot: Slot, emit: Emit): void => { write(slot, out); emit.made(out); };
  return {
    rows(run: Run, emit: Emit) {
      const { batch } = run;
      columns.check(batch);
      columns.rows.reserve(batch.rows.length);
      const group = columns.rows;
      for (let row = run.next(); row >= 0; row = run.next()) {
        const { index, count, seen } = cells();
        let slot = store.open(run, row);
        if (count[slot] === size) {
          const at = index[slot] + 1;
          store.free(slot);
          slot = store.open(run, row);
          index[slot] = at; seen[slot] = 1;
        }
        if (seen[slot] === 0) { seen[slot] = 1; limit.opened(batch, row); }
        if (count[slot]++ === 0) { columns.init(slot); store.wake(slot, Infinity); }
        group.rows[group.count] = row; group.slots[group.count++] = slot;
        if (changes !== undefined) { columns.add(batch); emit.at(run.watermark); changes.say(slot, emit); }
        else if (count[slot] === size) { columns.add(batch); put(slot, emit); }
      }
      columns.add(batch);
    },
    wake(slot, emit) { if (changes === undefined && cells().count[slot] < size) put(slot, emit); },
    unfinished(emit) {
      if (changes === undefined) for (const slot of store.pending()) if (cells().count[slot] < size) { write(slot, open); open.boolean(false); emit.made(open); }
    },
    ...together(columns, limit),
  };
}
