// agg with -S, over windows whose bounds are in the records and over none at all: what fixed.ts does, where the entries may be more than memory holds.
// State: one entry per key and window, and one per window, which has the alarm. Where the entries exceed their share of -S, all of them are put aside (state/partials.ts) and
// begin anew; what belongs together is merged when the window fires, and its results are sorted by the age of their groups: the bytes are those of fixed.ts.
// Memory (-S): a half for entries, which are counted by an estimate from above; a quarter for what is put aside; a quarter for results in order. These two need
// enough to merge several runs at once: with less they would write the same bytes again and again.
import type { AggText } from '../../expr/expression.js';
import type { Batch, Column, Writer } from '../../record/batch.js';
import { together } from '../../record/pack.js';
import { Partials } from '../../state/partials.js';
import type { Context, Emit, Operator } from '../../stream/operator.js';
import type { Cells, Layout, Slot } from '../../stream/store.js';
import { LostWatch, boundAt, boundKey, boundsOf, writeBounds } from './bounds.js';
import { Columns } from './columns.js';
import { keysOf, names } from './names.js';

/** first, last: the chain of the window's entries in order of age, by slot + 1; 0: none. home: the window of the same bounds that came first, which has the chain of both. */
const windowCells = { startMs: 'f64', endMs: 'f64', home: 'u32', first: 'u32', last: 'u32', seen: 'u32', aside: 'u32' } as const;
const ownCells = { window: 'u32', next: 'u32', age: 'f64', seen: 'u32' } as const;

/** Bytes of an entry in the store beside its cells, and of a key beside its text: arrays that have just doubled, with what they replace. Measured. */
const ENTRY = 72, KEY = 40, TABLE = 64;
/** Bytes for what is put aside and results, at least. */
const ASIDE_MIN = 1 << 18;

export function spilling(text: AggText, ctx: Context): Operator {
  const columns = new Columns(text, ctx), { windows } = ctx.input, latenessMs = windows?.latenessMs ?? 0;
  const by = keysOf(text.by, ctx.input).map(({ expression }) => expression.field(ctx)), field = windows && boundsOf(ctx);
  const bounds = windows && field ? (windows.nested ? [field.start, field.end] : [field.start]).map(boundKey) : [];
  const spans = ctx.store(windowCells, ...windows === undefined ? [] : [bounds]);   // the first: it has the alarms
  const layout = { ...columns.layout, ...ownCells } as Layout & typeof ownCells, store = ctx.store(layout, [...bounds, ...by]);
  columns.bind(store);
  const all = names(text, ctx.input), out = ctx.writer(all), open = ctx.writer([...all, 'final']), draft = ctx.draft(all), openDraft = ctx.draft([...all, 'final']);
  const spanCells = (): Cells<typeof windowCells> => spans.cells, cells = (): Cells<typeof ownCells> => store.cells;
  const homes = new Map<string, Slot[]>();                // windows of the same bounds, by these; the first has the alarm
  const entryBytes = 2 * (ENTRY + Object.values(layout).reduce((sum, kind) => sum + (kind === 'u32' ? 4 : 8), 0)) + TABLE + KEY * by.length + columns.entryBytes, budget = ctx.spilling.memoryBytes / 2;
  let clock = 0, keyBytes = 0, partials: Partials<typeof layout> | undefined;

  if (windows === undefined) { const slot = spans.sole(); spanCells().seen[slot] = 1; spanCells().home[slot] = slot; spans.wake(slot, Infinity); }

  /** The window of a row of a new entry. */
  const windowOf = (from: number, to: number, slot: Slot): void => {
    const { startMs, endMs, home, seen } = spanCells(), id = `${from} ${to}`, others = homes.get(id);
    seen[slot] = 1; startMs[slot] = from; endMs[slot] = to;
    if (others !== undefined) { others.push(slot); home[slot] = others[0]; return; }
    homes.set(id, [slot]); home[slot] = slot;
    spans.wake(slot, to + latenessMs, from);
  };
  const begin = (slot: Slot, span: Slot, keys: readonly Column[], row: number): void => {
    const { window, next, age, seen } = cells(), { home, first, last } = spanCells(), at = home[span];
    spans.touch(at);
    if (first[at] !== 0) store.touch(last[at] - 1);
    seen[slot] = 1; window[slot] = span; age[slot] = clock++;
    if (first[at] === 0) first[at] = slot + 1; else next[last[at] - 1] = slot + 1;
    last[at] = slot + 1;
    for (const { start, end } of keys) keyBytes += end[row] - start[row];
    columns.init(slot);
  };

  /** Each entry of a window, which is freed. */
  const each = (at: Slot, work: (slot: Slot) => void): void => {
    const { first, last } = spanCells(), { next } = cells();
    for (let slot = first[at] - 1; slot >= 0; ) { const after = next[slot] - 1; work(slot); store.free(slot); slot = after; }
    first[at] = last[at] = 0;
    spans.touch(at);
  };
  const makePartials = (): Partials<typeof layout> => new Partials(layout, by.length, { ...ctx.spilling, memoryBytes: Math.max(ASIDE_MIN, ctx.spilling.memoryBytes / 2) });
  const putAside = (at: Slot): void => {
    const { window, age } = cells(), { aside } = spanCells(), to = partials ??= makePartials();
    each(at, (slot) => { aside[window[slot]] = 1; spans.touch(window[slot]); to.add(window[slot], store, slot, age[slot], bounds.length); });
  };
  const spill = (): void => {
    for (const at of spans.pending()) putAside(at);
    columns.held.fill(0);
    keyBytes = 0;
  };

  const writeHead = (at: Slot, to: Writer): void => { if (windows) writeBounds(to, windows, spanCells().startMs[at], spanCells().endMs[at]); };
  /** The results of a window; isOpen: they are not final. */
  const fire = (at: Slot, emit: Emit, isOpen: boolean): void => {
    const parts = windows === undefined ? [at] : homes.get(`${spanCells().startMs[at]} ${spanCells().endMs[at]}`)!, { aside } = spanCells();   // `!`: each window is there
    if (partials === undefined || !parts.some((part) => aside[part] === 1)) {
      const to = isOpen ? open : out;
      each(at, (slot) => { writeHead(at, to); store.key(slot, to, bounds.length); columns.result(slot, to); if (isOpen) to.boolean(false); emit.made(to); });
    } else {
      const from = partials, { record, finish } = isOpen ? openDraft : draft;
      putAside(at);
      columns.bind(from);
      for (const part of parts) {
        from.merged(part, (into, other) => columns.merge(into, other), (keys, age) => {
          writeHead(at, record);
          for (const key of keys) record.copy(key, 0);
          columns.result(0, record);
          if (isOpen) record.boolean(false);
          const { bytes, length } = finish();
          from.result(bytes, length, age);
        });
      }
      columns.bind(store);
      from.drain((bytes, start, end, count) => emit.lines(bytes, start, end, count));
    }
    if (windows === undefined) return;
    homes.delete(`${spanCells().startMs[at]} ${spanCells().endMs[at]}`);
    for (const part of parts) spans.free(part);
  };

  const watch = new LostWatch(text, ctx);
  return {
    rows(run) {
      const { batch } = run;
      watch.see(batch);
      columns.check(batch);
      const keys = by.map((each) => each(batch));
      columns.rows.reserve(batch.rows.length);
      const { rows, slots } = columns.rows;
      let count = 0;
      if (windows === undefined) {
        const all = run.rest(), { seen } = store.cells, span = spans.sole();
        count = all.length;
        rows.set(all);
        store.openAll(run, all, slots);
        for (let i = 0; i < count; i++) if (seen[slots[i]] === 0) begin(slots[i], span, keys, all[i]);
      } else {
        const { seen } = store.cells;
        for (let row = run.next(); row >= 0; row = run.next()) {
          const slot = store.open(run, row);
          if (seen[slot] === 0) begin(slot, span(run.batch, row, spans.open(run, row)), keys, row);
          rows[count] = row; slots[count++] = slot;
        }
      }
      columns.rows.count = count;
      columns.hold(batch);
      columns.add(batch);
      if (store.size * entryBytes + keyBytes + columns.heldBytes(store.size) > budget) spill();
    },
    wake(slot, emit) { fire(slot, emit, false); },
    unfinished(emit) { for (const slot of spans.pending()) fire(slot, emit, true); },
    ...together(columns, watch, {
      save(out) {
        out.count(clock); out.count(keyBytes);
        out.count(homes.size);
        for (const [id, slots] of homes) { out.text(id); out.numbers(slots); }
        out.flag(partials !== undefined);
        partials?.save(out);
      },
      restore(from) {
        clock = from.count(); keyBytes = from.count();
        for (let left = from.count(); left > 0; left--) homes.set(from.text(), from.list());
        if (from.flag()) (partials = makePartials()).restore(from);
      },
    }),
    ...latenessMs > 0 ? { hold: (w: number) => w - latenessMs } : {},
    close() { partials?.close(); },
  };

  function span(batch: Batch, row: number, slot: Slot): Slot {
    const from = boundAt(ctx, field!.start, 'window_start', batch, row), to = boundAt(ctx, field!.end, 'window_end', batch, row);   // `!`: behind windows there are bounds
    if (spanCells().seen[slot] === 0) windowOf(from, to, slot);
    return slot;
  }
}
