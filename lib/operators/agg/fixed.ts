// agg over windows whose bounds are in the records, and over none at all. The hot path of aggregation: nothing here is done per record that can be done per run.
// State: one entry per key and window. A window fires when W reaches end + L; without windows the end fires.
import { LeatError } from '../../errors.js';
import type { AggText } from '../../expr/expression.js';
import type { Batch, Field } from '../../record/batch.js';
import { findMember, keyOf } from '../../record/json.js';
import { numberColumn } from '../../record/rows.js';
import type { Context, Operator } from '../../stream/operator.js';
import type { Layout, Slot } from '../../stream/store.js';
import { instantAt, instantText } from '../../time/instant.js';
import { Columns } from './columns.js';
import { keysOf, names } from './names.js';

/** Windows whose bounds are in the records, and no windows at all: one that the end closes. */
export function fixed(text: AggText, ctx: Context): Operator {
  const columns = new Columns(text, ctx), { windows } = ctx.input;
  const by = keysOf(text.by, ctx.input).map(({ expression }) => expression.field(ctx));
  const start = windows && ctx.stands(['window_start']), end = windows && ctx.stands(['window_end']);
  const latenessMs = windows?.latenessMs ?? 0;
  // The bounds are read once an entry, not once a record: as part of the key they are what `window` wrote, or its numbers where it runs in this process.
  const bounds = start && end ? (windows.nested ? [start, end] : [start]).map(boundKey) : [];
  const store = ctx.store({ ...columns.layout, startMs: 'f64', endMs: 'f64', seen: 'u32' } as Layout & { startMs: 'f64'; endMs: 'f64'; seen: 'u32' }, [...bounds, ...by]);
  columns.bind(store);
  const out = ctx.writer(names(text, ctx.input)), time = windows?.epoch ? (ms: number) => out.number(ms) : (ms: number) => out.time(ms);
  const isSole = bounds.length === 0 && by.length === 0;
  const begin = (slot: Slot): void => { columns.init(slot); store.wake(slot, Infinity); };
  if (isSole) begin(store.sole());
  // Records of windows without their control lines are one group, at the end: hardly what was meant (USERS M2).
  let isFirst = windows === undefined && !ctx.input.managed && !text.by.some(({ expression }) => expression.path?.[0] === 'window_start');
  return {
    rows(run) {
      const { batch } = run;
      if (isFirst && batch.rows.length > 0) { isFirst = false; warnLost(batch, ctx); }
      columns.check(batch);
      columns.rows.reserve(batch.rows.length);
      const { rows, slots } = columns.rows;
      let count = 0;
      if (windows === undefined) {
        // One window that the end closes: no alarm can come between two rows.
        const all = run.rest(), { seen } = store.cells;
        count = all.length;
        rows.set(all);
        if (isSole) slots.fill(store.sole(), 0, count);
        else {
          store.openAll(run, all, slots);
          for (let i = 0; i < count; i++) { const slot = slots[i]; if (seen[slot] === 0) { seen[slot] = 1; begin(slot); } }
        }
      } else {
        const { startMs, endMs, seen } = store.cells, starts = start!(batch), ends = end!(batch);   // `!`: behind windows both are there
        for (let row = run.next(); row >= 0; row = run.next()) {
          const slot = store.open(run, row);
          if (seen[slot] === 0) {
            const from = instantAt(starts, row), to = instantAt(ends, row);
            // Not a bad record but a stream that something has changed: no policy for bad records can mend it.
            if (from !== from || to !== to) throw new LeatError('E_TIME', { got: instantText(from !== from ? starts : ends, row), field: from !== from ? 'window_start' : 'window_end', expected: 'what leat window writes', help: '' });
            seen[slot] = 1;
            columns.init(slot);
            startMs[slot] = from; endMs[slot] = to;
            store.wake(slot, to + latenessMs, from);
          }
          rows[count] = row; slots[count++] = slot;
        }
      }
      columns.rows.count = count;
      columns.add(batch);
    },
    wake(slot, emit) {
      if (windows) { time(store.cells.startMs[slot]); time(store.cells.endMs[slot]); }
      store.key(slot, out, bounds.length);
      columns.result(slot, out);
      emit.made(out);
      store.free(slot);
    },
    ...latenessMs > 0 ? { hold: (w: number) => w - latenessMs } : {},
  };
}

/** A bound as part of the key. */
const boundKey = (field: Field): Field => (batch) => {
  const column = field(batch);
  return column.instants === undefined ? column : numberColumn(column.instants, batch.size);
};

/** Looks at the first record only, and at its text: a column that is wanted for this alone would cost something a record. */
function warnLost(batch: Batch, ctx: Context): void {
  const [row] = batch.rows, { bytes, start, end } = batch.lines;
  if (!findMember(bytes, start[row], end[row], keyOf('window_start'), { start: 0, end: 0 })) return;
  ctx.warn({
    place: `${batch.lines.source}:${batch.lines.line(row)}`, text: 'the records carry window_start, but no control lines came with them: all of them are one group, printed at the end',
    lines: ['a program between `leat window` and here dropped them (jq and grep do), or these are saved results'], help: 'put `leat window` after it, or say by window_start',
  });
}
