// --asof: each left row with the last right row of its key up to its time; of records of one time the right ones come first, and the last of them wins.
// State: one right row a key, the last so far; with --tolerance it is forgotten once no left row can be near enough. Order: the left's, by (time, arrival).
import type { Instant } from '../../record/batch.js';
import { together } from '../../record/pack.js';
import type { Context, Emit, Operator } from '../../stream/operator.js';
import { Fields, shapesOf } from './fields.js';
import type { FieldRules } from './fields.js';
import { Keys } from './keys.js';
import { Merge, punctual } from './merge.js';
import { NONE, Rows } from './rows.js';
import { leavesLeft } from './settings.js';
import type { Settings } from './settings.js';

export function asof({ kind, left, right, toleranceMs }: Settings, rules: FieldRules, ctx: Context): Operator {
  const keys = new Keys(ctx, left, right), rows = new Rows(ctx, keys), fields = new Fields(rules), other = ctx.right!, isOuter = leavesLeft(kind);   // `!`: of a tool with two inputs
  let last = new Int32Array(0);                            // key → its last right row
  let ages: number[] = [];                                 // right rows in order of time, where --tolerance lets them go
  let oldest = 0;
  let emit!: Emit;                                         // of the call at work
  const give = (id: number): void => { keys.release(rows.key[id]); rows.drop(id); };
  const isReplaced = 1;

  /** What is too old for a left row of time t. */
  const expire = (t: Instant): void => {
    while (oldest < ages.length && rows.ts[ages[oldest]] + toleranceMs < t) {
      const id = ages[oldest++];
      if ((rows.flags[id] & isReplaced) === 0) last[rows.key[id]] = NONE;
      give(id);
    }
    if (oldest > 4096 && oldest * 2 > ages.length) { ages.splice(0, oldest); oldest = 0; }
  };

  const reach = (key: number): void => { if (key >= last.length) { const more = new Int32Array(Math.max(1024, key + 1, last.length * 2)).fill(NONE); more.set(last); last = more; } };

  const consume = (side: 0 | 1, id: number, at: Instant): void => {
    if (toleranceMs < Infinity) expire(at);
    const { texts, text, shape: shapes } = rows, key = rows.key[id];
    if (side === 1) {
      reach(key);
      const before = last[key];
      last[key] = id;
      if (toleranceMs < Infinity) { ages.push(id); if (before !== NONE) rows.flag(before, isReplaced); } else if (before !== NONE) give(before);
      return;
    }
    const partner = key >= 0 && key < last.length ? last[key] : NONE;
    if (partner !== NONE) {
      keys.matched();
      const out = emit.begin(), ours = texts.read(text[id]), shape = fields.shapeOf(ours, shapes[id]);
      fields.open(out, ours);
      fields.right(out, shape, texts.read(text[partner]), shapes[partner]);
      emit.end();
    } else if (isOuter) { fields.left(emit.begin(), texts.read(text[id])); emit.end(); }
    give(id);
  };
  const merge = new Merge(rows, true, consume);

  return {
    rows(run) {
      const { batch, side } = run, at = (side === 0 ? ctx : other).event(batch);
      keys.columns(side, batch);
      const records = ctx.records(batch), shapes = shapesOf(batch), some = punctual(ctx, batch, run.rest(), at), ids = keys.of(side, batch, some);
      const live = side === 0 && isOuter ? some : keys.keyed(some), texts = rows.keep(records, live);
      merge.arrive(side, live, at.number, ids, texts, shapes, keys);
    },
    advance(w, to) {
      emit = to;
      merge.advance(w);
      if (toleranceMs < Infinity && w < Infinity) expire(w);
      if (w === Infinity) { const warning = keys.unmatched(); if (warning !== undefined) ctx.warn(warning); }
    },
    ...together(keys, merge, {
      save(out) { out.words(last.filter((id) => id !== NONE)); out.words(ages.slice(oldest)); },
      restore(from) {
        for (const id of from.words()) { reach(rows.key[id]); last[rows.key[id]] = id; }
        ages = Array.from(from.words());
      },
    }),
    close() { keys.close(); },
  };
}
