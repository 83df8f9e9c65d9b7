// agg over windows whose bounds are in the records, and over none at all, where results are said before they are final (--emit changes, --every), or where windows without
// records get a row (--fill). What fixed.ts does for final results alone, faster.
// State: one entry per key and window; with --fill its part is the window's start, and one entry more per key (fill.ts).
import { grouped } from '../../errors.js';
import type { AggText } from '../../expr/expression.js';
import { together } from '../../record/pack.js';
import type { Context, Emit, Operator } from '../../stream/operator.js';
import type { Cells, Layout, Slot } from '../../stream/store.js';
import { LostWatch, boundAt, boundKey, boundsOf, writeBounds } from './bounds.js';
import { Changes, changeCells } from './changes.js';
import { Columns } from './columns.js';
import { fillCells, fillPart, fillRank } from './fill.js';
import type { After, Fill } from './fill.js';
import { KeyLimit } from './limit.js';
import { keysOf, names } from './names.js';

export interface Growth {
  readonly changes: boolean;
  readonly everyMs: number | undefined;
  readonly fill: { readonly with: Fill; readonly after: After; readonly limit: number } | undefined;
  readonly maxKeys: number | undefined;
}

const ownCells = { startMs: 'f64', endMs: 'f64', seen: 'u32', ...changeCells, ...fillCells } as const;
const utf8 = new TextEncoder();

export function growing(text: AggText, ctx: Context, { changes: isChanges, everyMs, fill, maxKeys }: Growth): Operator {
  const columns = new Columns(text, ctx), { windows } = ctx.input, latenessMs = windows?.latenessMs ?? 0, limit = new KeyLimit(text, maxKeys, ctx);
  const by = keysOf(text.by, ctx.input).map(({ expression }) => expression.field(ctx)), bounds = windows && boundsOf(ctx);
  const keyed = bounds === undefined || fill !== undefined ? [] : (windows!.nested ? [bounds.start, bounds.end] : [bounds.start]).map(boundKey);   // `!`: behind windows there are bounds
  const store = ctx.store({ ...columns.layout, ...ownCells } as Layout & typeof ownCells, [...keyed, ...by]);
  columns.bind(store);
  const all = names(text, ctx.input), full = ctx.draft(all), open = ctx.draft([...all, 'final']), head = ctx.draft(all.slice(0, all.length - text.calls.length)), isSole = keyed.length === 0 && by.length === 0 && windows === undefined;
  const cells = (): Cells<typeof ownCells> => store.cells;

  /** The result of an entry as it is now. */
  const textOf = (slot: Slot, to = full) => {
    if (windows) writeBounds(to.record, windows, cells().startMs[slot], cells().endMs[slot]);
    store.key(slot, to.record, keyed.length);
    columns.result(slot, to.record);
    if (to === open) to.record.boolean(false);
    return to.finish();
  };
  /** Its window and keys alone: `{"window_start":…}`. */
  const headOf = (slot: Slot) => {
    if (windows) writeBounds(head.record, windows, cells().startMs[slot], cells().endMs[slot]);
    store.key(slot, head.record, keyed.length);
    return head.finish();
  };
  const put = (emit: Emit, text: { bytes: Uint8Array; length: number }, tail?: Uint8Array): void => {
    const out = emit.begin();
    out.copy(text.bytes, 0, text.length);
    if (tail) out.copy(tail, 0, tail.length);
    emit.end();
  };
  const changes = isChanges ? new Changes(everyMs, store, (slot) => textOf(slot)) : undefined;
  const firesAt = (slot: Slot): number => windows ? cells().endMs[slot] + latenessMs : Infinity;
  /** By window end, then age, among change rows of one time. */
  const arm = (slot: Slot): void => {
    const { startMs, endMs } = cells();
    if (changes) changes.wake(slot, firesAt(slot), startMs[slot], windows ? endMs[slot] : 0); else store.wake(slot, firesAt(slot), startMs[slot]);
  };
  if (isSole) { const slot = store.sole(); columns.init(slot); cells().seen[slot] = 1; arm(slot); }

  // --fill
  let greatest = -Infinity, isTold = false;                 // start of the last window that has records
  const tail = fill?.with.kind === 'value' ? utf8.encode(`${text.calls.map(({ name }) => `,${JSON.stringify(name)}:${(fill.with as { text: string }).text}`).join('')}}`) : undefined;
  const isOfKey = (slot: Slot): boolean => fill !== undefined && store.part(slot) === fillPart;
  const armKey = (slot: Slot, from: number, to: number): void => {
    const { startMs, endMs } = cells();
    startMs[slot] = from; endMs[slot] = to;
    store.wake(slot, to + latenessMs, fillRank(from));
  };
  /** The window that a key's entry has waited for is closed, and its results are said. */
  const filled = (slot: Slot, emit: Emit, w: number): void => {
    const { startMs, endMs, hitMs, blanks, waiting, isIdle, last } = cells(), from = startMs[slot], to = endMs[slot], { with: what, after, limit: most } = fill!;   // `!`: only with --fill there are such entries
    store.touch(slot);
    if (hitMs[slot] !== from) {
      const isOver = w === Infinity && from > greatest;     // nothing has records any more
      if (isOver || blanks[slot] >= most) {
        if (!isOver && !isTold) ctx.warn({ text: `a key had no records for ${grouped(most)} windows in a row, and is filled no further; so are others like it`, help: `--fill-limit ${most * 10} fills more` });
        isTold ||= !isOver;
        if (waiting[slot] > 0) isIdle[slot] = 1; else { store.free(slot); limit.closed(); }
        return;
      }
      blanks[slot]++;
      if (what.kind === 'null') { const row = textOf(slot); if (changes) changes.create(emit, row); else put(emit, row); }
      else {
        const row = headOf(slot), values = tail ?? last[slot];
        if (changes) changes.create(emit, joined(row, values)); else put(emit, { bytes: row.bytes, length: row.length - 1 }, values);
      }
    }
    armKey(slot, ...after(from, to));
  };

  const watch = new LostWatch(text, ctx);
  return {
    ...fill === undefined ? {} : { opens: 2 },
    rows(run, emit) {
      const { batch } = run;
      watch.see(batch);
      columns.check(batch);
      columns.rows.reserve(batch.rows.length);
      const group = columns.rows, { startMs, endMs, seen, waiting } = cells();
      for (let row = run.next(); row >= 0; row = run.next()) {
        let slot: Slot;
        if (isSole) { slot = store.sole(); store.touch(slot); }
        else if (fill === undefined) slot = store.open(run, row);
        else {
          const from = boundAt(ctx, bounds!.start, 'window_start', batch, row), key = store.open(run, row, fillPart);   // `!`: --fill is for windows
          if (seen[key] === 0) {
            seen[key] = 1;
            limit.opened(batch, row);
            columns.init(key);
            cells().hitMs[key] = NaN;
            armKey(key, from, boundAt(ctx, bounds!.end, 'window_end', batch, row));
          } else if (from < startMs[key] && cells().isIdle[key] === 0) armKey(key, from, boundAt(ctx, bounds!.end, 'window_end', batch, row));
          slot = store.open(run, row, from);
          if (seen[slot] === 0) { waiting[key]++; greatest = Math.max(greatest, from); }
        }
        if (seen[slot] === 0) {
          seen[slot] = 1;
          if (fill === undefined) limit.opened(batch, row);
          columns.init(slot);
          if (bounds) { startMs[slot] = boundAt(ctx, bounds.start, 'window_start', batch, row); endMs[slot] = boundAt(ctx, bounds.end, 'window_end', batch, row); }
          if (changes === undefined) arm(slot);
        }
        group.rows[group.count] = row; group.slots[group.count++] = slot;
        if (changes !== undefined) {
          changes.changed(slot, run.watermark);
          if (changes.isAtOnce) { columns.add(batch); emit.at(run.watermark); changes.say(slot, emit); }
          arm(slot);
        }
      }
      columns.add(batch);
    },
    wake(slot, emit, w) {
      if (isOfKey(slot)) { filled(slot, emit, w); return; }
      store.touch(slot);
      if (changes?.isEarly(slot, firesAt(slot))) { changes.say(slot, emit); arm(slot); return; }
      if (fill) {
        const key = store.peer(slot, fillPart), { startMs, endMs, hitMs, blanks, waiting, isIdle, last } = cells();
        store.touch(key);
        hitMs[key] = startMs[slot]; blanks[key] = 0; waiting[key]--;
        if (fill.with.kind === 'last') { const row = textOf(slot), { length } = headOf(slot); last[key] = row.bytes.slice(length - 1, row.length); }
        if (isIdle[key] === 1) { isIdle[key] = 0; armKey(key, startMs[slot], endMs[slot]); }
      }
      if (changes) changes.close(slot, emit); else put(emit, textOf(slot));
      store.free(slot);
      if (fill === undefined) limit.closed();
    },
    unfinished(emit) {
      for (const slot of store.pending()) {
        if (isOfKey(slot)) continue;
        if (changes) { changes.unfinished(slot, emit); continue; }
        put(emit, textOf(slot, open));
      }
    },
    ...together(columns, limit, watch, { save(out) { out.number(greatest); out.flag(isTold); }, restore(from) { greatest = from.number(); isTold = from.flag(); } }),
    ...latenessMs > 0 ? { hold: (w: number) => w - latenessMs } : {},
  };
}

/** A head without its closing brace, and a tail. */
function joined({ bytes, length }: { bytes: Uint8Array; length: number }, tail: Uint8Array): { bytes: Uint8Array; length: number } {
  const all = new Uint8Array(length - 1 + tail.length);
  all.set(bytes.subarray(0, length - 1)); all.set(tail, length - 1);
  return { bytes: all, length: all.length };
}
