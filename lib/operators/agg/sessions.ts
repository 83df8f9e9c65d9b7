// agg over sessions: records of a key at distance ≤ gap belong together; [first, last + gap).
// State: one entry per key and open session, whose part is a number of its own. A session fires when last + gap + L < W, strictly: event time is whole ms.
import type { AggText } from '../../expr/expression.js';
import { together } from '../../record/pack.js';
import type { Context, Operator } from '../../stream/operator.js';
import type { Cells, Layout, Slot } from '../../stream/store.js';
import { sessionDue } from '../../time/lateness.js';
import { writeBounds } from './bounds.js';
import { Changes, changeCells } from './changes.js';
import { Columns } from './columns.js';
import type { Growth } from './growing.js';
import { KeyLimit } from './limit.js';
import { keysOf, names } from './names.js';

const ownCells = { first: 'f64', last: 'f64', seen: 'u32' } as const;

export function sessions(text: AggText, ctx: Context, { changes: isChanges, everyMs, maxKeys }: Growth): Operator {
  const columns = new Columns(text, ctx), windows = ctx.input.windows!, { size: gapMs, latenessMs } = windows, limit = new KeyLimit(text, maxKeys, ctx);   // `!`: sessions are windows
  const by = keysOf(text.by, ctx.input).map(({ expression }) => expression.field(ctx));
  const store = ctx.store({ ...columns.layout, ...ownCells, ...isChanges ? changeCells : {} } as Layout & typeof ownCells, by);
  columns.bind(store);
  const all = names(text, ctx.input), out = ctx.writer(all), open = ctx.writer([...all, 'final']), draft = ctx.draft(all), cells = (): Cells<typeof ownCells> => store.cells;
  const write = (slot: Slot, to: typeof out): void => {
    writeBounds(to, windows, cells().first[slot], cells().last[slot] + gapMs);
    store.key(slot, to);
    columns.result(slot, to);
  };
  const changes = isChanges ? new Changes(everyMs, store, (slot) => { write(slot, draft.record); return draft.finish(); }) : undefined;
  const firesAt = (slot: Slot): number => sessionDue(cells().last[slot], gapMs, latenessMs);
  const arm = (slot: Slot): void => { if (changes) changes.wake(slot, firesAt(slot), cells().first[slot], 0); else store.wake(slot, firesAt(slot), cells().first[slot]); };
  let opened = 0;
  return {
    rows(run, emit) {
      const { batch } = run;
      columns.check(batch);
      columns.rows.reserve(batch.rows.length);
      const ms = ctx.event(batch).number, group = columns.rows, { first, last } = cells();
      for (let row = run.next(); row >= 0; row = run.next()) {
        const at = ms[row];
        let into = -1;
        for (const slot of store.parts(run, row)) {
          if (at < first[slot] - gapMs || at > last[slot] + gapMs) continue;
          if (into < 0) { into = slot; continue; }
          // The record closes the gap between two sessions: what is collected belongs to both, so it is added before they become one.
          columns.add(batch);
          first[into] = Math.min(first[into], first[slot]); last[into] = Math.max(last[into], last[slot]);
          columns.merge(into, slot);
          changes?.merge(into, slot);
          store.free(slot);
          limit.closed();
        }
        if (into < 0) {
          into = store.open(run, row, opened++);
          limit.opened(batch, row);
          columns.init(into);
          first[into] = at; last[into] = at;
        } else store.touch(into);
        first[into] = Math.min(first[into], at); last[into] = Math.max(last[into], at);
        group.rows[group.count] = row; group.slots[group.count++] = into;
        if (changes !== undefined) {
          changes.changed(into, run.watermark);
          if (changes.isAtOnce) { columns.add(batch); emit.at(run.watermark); changes.say(into, emit, first[into], last[into]); }
        }
        arm(into);
      }
      columns.add(batch);
    },
    wake(slot, emit) {
      const { first, last } = cells();
      if (changes?.isEarly(slot, firesAt(slot))) { store.touch(slot); changes.say(slot, emit, first[slot], last[slot]); arm(slot); return; }
      if (changes) changes.close(slot, emit, first[slot], last[slot]); else { write(slot, out); emit.made(out); }
      store.free(slot);
      limit.closed();
    },
    unfinished(emit) {
      for (const slot of store.pending()) {
        if (changes) changes.unfinished(slot, emit, cells().first[slot], cells().last[slot]); else { write(slot, open); open.boolean(false); emit.made(open); }
      }
    },
    ...together(columns, limit, { save(out) { out.count(opened); }, restore(from) { opened = from.count(); } }),
    hold: (w) => w - latenessMs - 1,
  };
}
