// agg over sessions. State: one entry per key and open session, whose part is a number of its own.
import type { AggText } from '../../expr/expression.js';
import type { Context, Operator } from '../../stream/operator.js';
import type { Layout } from '../../stream/store.js';
import { Columns } from './columns.js';
import { keysOf, names } from './names.js';

/** Sessions: records of a key at distance ≤ gap belong together; [first, last + gap). An entry is one open session, its part the number of its first record. */
export function sessions(text: AggText, ctx: Context): Operator {
  const columns = new Columns(text, ctx), windows = ctx.input.windows!, { size: gapMs, latenessMs } = windows;
  const by = keysOf(text.by, ctx.input).map(({ expression }) => expression.field(ctx));
  const store = ctx.store({ ...columns.layout, first: 'f64', last: 'f64', seen: 'u32' } as Layout & { first: 'f64'; last: 'f64'; seen: 'u32' }, by);
  columns.bind(store);
  const out = ctx.writer(names(text, ctx.input)), time = windows.epoch ? (ms: number) => out.number(ms) : (ms: number) => out.time(ms);
  let opened = 0;
  return {
    rows(run) {
      const { batch } = run;
      columns.check(batch);
      columns.rows.reserve(batch.rows.length);
      const ms = ctx.event(batch).number, group = columns.rows, { first, last } = store.cells;
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
          store.free(slot);
        }
        if (into < 0) {
          into = store.open(run, row, opened++);
          columns.init(into);
          first[into] = at; last[into] = at;
        } else store.touch(into);
        first[into] = Math.min(first[into], at); last[into] = Math.max(last[into], at);
        // Fires when last + gap + L < W, strictly: event time is whole ms.
        store.wake(into, last[into] + gapMs + latenessMs + 1, first[into]);
        group.rows[group.count] = row; group.slots[group.count++] = into;
      }
      columns.add(batch);
    },
    wake(slot, emit) {
      const { first, last } = store.cells;
      time(first[slot]); time(last[slot] + gapMs);
      store.key(slot, out);
      columns.result(slot, out);
      emit.made(out);
      store.free(slot);
    },
    hold: (w) => w - latenessMs - 1,
  };
}
