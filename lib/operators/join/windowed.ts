// Windows on both sides: the records of a window meet when it closes, at end + the greater lateness ≤ W: left rows in order of (time, arrival), each with its partners in
// that order, then right rows that nobody met. Windows close in order of (end, start). State: the records of open windows.
import { LeatError } from '../../errors.js';
import type { Column, Instant } from '../../record/batch.js';
import { together } from '../../record/pack.js';
import type { Context, Emit, Operator } from '../../stream/operator.js';
import { instantAt, instantText } from '../../time/instant.js';
import { Fields, shapesOf } from './fields.js';
import type { FieldRules } from './fields.js';
import { Keys } from './keys.js';
import { NONE, Rows } from './rows.js';
import { leavesLeft, leavesRight, pairs } from './settings.js';
import type { Settings } from './settings.js';

const MATCHED = 1;

interface Window { readonly start: Instant; readonly end: Instant; /** Records of each side, in order of arrival. */ readonly ids: readonly [number[], number[]] }

export function windowed({ kind, left, right }: Settings, rules: FieldRules, ctx: Context): Operator {
  const keys = new Keys(ctx, left, right), rows = new Rows(ctx, keys), fields = new Fields(rules), other = ctx.right!;   // `!`: of a tool with two inputs
  const latenessMs = Math.max(ctx.input.windows?.latenessMs ?? 0, other.input.windows?.latenessMs ?? 0);
  const isOuter = [leavesLeft(kind), leavesRight(kind)], keepsText = [true, pairs(kind)];
  const bounds = ([ctx, other] as const).map((side) => ({ start: side.field(['window_start']), end: side.field(['window_end']) }));
  const open = new Map<string, Window>();
  let due: Instant = Infinity;                             // when the first one closes
  let closed: Instant = -Infinity;                         // W by which windows were closed
  let heads = new Int32Array(0), tails = new Int32Array(0);

  const bound = (column: Column, row: number, field: string): Instant => {
    const ms = instantAt(column, row);
    // Not a bad record but a stream that something has changed: no policy for bad records can mend it.
    if (ms !== ms) throw new LeatError('E_TIME', { got: instantText(column, row), field, expected: 'what leat window writes', help: '' });
    return ms;
  };

  const close = (window: Window, emit: Emit): void => {
    const { ids: [lefts, rights] } = window, { ts, next, flags, texts, text, key, shape: shapes } = rows, inOrder = (a: number, b: number): number => ts[a] - ts[b];
    lefts.sort(inOrder); rights.sort(inOrder);             // stable: equal times in order of arrival
    const highest = keys.table.limit;
    if (heads.length < highest) { heads = new Int32Array(Math.max(highest, heads.length * 2, 1024)).fill(NONE); tails = new Int32Array(heads.length); }
    for (const id of rights) {
      const k = key[id];
      if (k < 0) continue;
      next[id] = NONE;
      if (heads[k] === NONE) heads[k] = id; else next[tails[k]] = id;
      tails[k] = id;
    }
    // W before what the window releases is its last ms: what is released belongs to it (SEMANTICS 5).
    emit.at(window.end + latenessMs - 1);
    for (const id of lefts) {
      const k = key[id];
      let partner = k >= 0 ? heads[k] : NONE;
      if (partner !== NONE) keys.matched();
      if (keepsText[1]) {
        if (partner === NONE && isOuter[0]) { fields.left(emit.begin(), texts.read(text[id])); emit.end(); }
        for (; partner !== NONE; partner = next[partner]) {
          const out = emit.begin(), ours = texts.read(text[id]), shape = fields.shapeOf(ours, shapes[id]);
      fields.open(out, ours);
          fields.right(out, shape, texts.read(text[partner]), shapes[partner]);
          emit.end();
          flags[partner] |= MATCHED;                       // for this call only: the record is dropped in it
        }
      } else if ((partner !== NONE) === (kind === 'semi')) { fields.left(emit.begin(), texts.read(text[id])); emit.end(); }
    }
    if (isOuter[1]) for (const id of rights) if ((flags[id] & MATCHED) === 0) { fields.rightAlone(emit.begin(), texts.read(text[id]), ts[id]); emit.end(); }
    for (const id of rights) if (key[id] >= 0) heads[key[id]] = NONE;
    for (const ids of window.ids) for (const id of ids) { keys.release(key[id]); rows.drop(id); }
  };

  return {
    rows(run) {
      const { batch, side } = run, at = (side === 0 ? ctx : other).event(batch), { start, end } = bounds[side];
      keys.columns(side, batch);
      const starts = start(batch), ends = end(batch), records = keepsText[side] ? ctx.records(batch) : undefined, shapes = shapesOf(batch), some = run.rest(), ids = keys.of(side, batch, some);
      rows.reserve(some.length);
      const gone: number[] = [];
      let window: Window | undefined;
      for (let i = 0; i < some.length; i++) {
        const row = some[i], key = ids[row], from = bound(starts, row, 'window_start'), to = bound(ends, row, 'window_end');
        if (key < 0 && !isOuter[side]) continue;
        if (window === undefined || window.start !== from || window.end !== to) {
          const id = `${from},${to}`;
          window = open.get(id);
          if (window === undefined) {
            // `window` lets nothing through that is late; what comes after its window has closed here was not its doing.
            if (to + latenessMs <= closed) { ctx.late(batch, row, { of: row, at: at.number[row], watermark: closed, by: closed - to - latenessMs, again: false }); gone.push(key); continue; }
            open.set(id, window = { start: from, end: to, ids: [[], []] });
            due = Math.min(due, to + latenessMs);
          }
        }
        keys.hold(key);
        window.ids[side].push(rows.add(at.number[row], key, records === undefined ? NONE : rows.texts.add(records, row), shapes?.[row]));
      }
      for (const key of gone) keys.forget(key);            // unless another row of the batch holds it
    },
    advance(w, emit) {
      if (w > closed) closed = w;
      if (due <= w) {
        const ready = [...open].filter(([, { end }]) => end + latenessMs <= w).sort(([, a], [, b]) => a.end - b.end || a.start - b.start);
        for (const [id, window] of ready) { close(window, emit); open.delete(id); }
        due = Infinity;
        for (const { end } of open.values()) due = Math.min(due, end + latenessMs);
      }
      if (w === Infinity) { const warning = keys.unmatched(); if (warning !== undefined) ctx.warn(warning); }
    },
    ...latenessMs > 0 ? { hold: (w: Instant) => w - latenessMs } : {},
    ...together(keys, {
      save(out) {
        out.number(due); out.number(closed);
        out.count(open.size);
        for (const { start, end, ids } of open.values()) { out.number(start); out.number(end); for (const side of ids) out.words(side); }
      },
      restore(from) {
        due = from.number(); closed = from.number();
        for (let left = from.count(); left > 0; left--) {
          const start = from.number(), end = from.number();
          open.set(`${start},${end}`, { start, end, ids: [Array.from(from.words()), Array.from(from.words())] });
        }
      },
    }),
    close() { keys.close(); },
  };
}
