// Records in event-time order: the whole of `sort --by-time`, and the stage ahead of `agg --over` (SEMANTICS 4, 7, 8).
// State: the records with ts ≥ W, as text beyond the batch that they came in. Late: ts < W before the record.
// Rule: a record leaves when W has passed its time (ts < W), at the end all do; order (ts, input). What leaves has nothing earlier behind it, so W before it is its own time.
import { LeatError } from '../../errors.js';
import type { Batch, Instant } from '../../record/batch.js';
import { together } from '../../record/pack.js';
import type { Schema } from '../../stream/element.js';
import type { Context, Emit, Operator } from '../../stream/operator.js';
import type { StageSpec } from '../../spec/tool.js';
import { TimeOrder } from '../../state/time-order.js';

/** The stream that leaves. `what` is what asked for the order, for the message. Errors: E_NO_TIME. */
export function timeOrdered(what: string, { event, ...input }: Schema): Schema {
  if (event === undefined) throw new LeatError('E_NO_TIME', { what });
  return { ...input, event: { ...event, delayMs: 0, isOrdered: true } };
}

/** The operator; its records leave as text (`makes`). */
export function inTimeOrder(ctx: Context): Operator {
  const kept = ctx.kept(), waiting = new TimeOrder();
  // A number ≥ 0 is a kept record, −1 − row a record of the batch at hand.
  const release = (w: Instant, emit: Emit, batch: Batch | undefined): void => {
    if (waiting.least >= w) return;
    const lines = batch === undefined ? undefined : ctx.records(batch);
    while (waiting.least < w) {
      emit.at(waiting.least);
      const ref = waiting.take(), out = emit.begin();
      if (ref < 0) { const row = -1 - ref; out.copy(lines!.bytes, lines!.start[row], lines!.end[row]); }   // `!`: rows are of a batch
      else {
        const { bytes, start, end } = kept.read(ref);
        out.copy(bytes, start, end);
        kept.drop(ref);
      }
      emit.end();
    }
  };
  return {
    rows(run, emit) {
      const { batch } = run, ms = ctx.event(batch).number, records = ctx.records(batch), w = batch.watermark, rows = run.rest();
      // All late ones first: --late fail ends the run here, and what came before it is worked off anew.
      let late = 0;
      for (let i = 0; i < rows.length; i++) {
        const row = rows[i];
        if (ms[row] < w[row]) { late++; ctx.late(batch, row, { of: row, at: ms[row], watermark: w[row], by: w[row] - ms[row], again: false }); }
      }
      for (let i = 0; i < rows.length; i++) {
        const row = rows[i];
        if (late === 0 || ms[row] >= w[row]) waiting.add(ms[row], -1 - row);
      }
      release(w[batch.size], emit, batch);
      waiting.renumber((ref) => kept.add(records, -1 - ref));
    },
    advance(w, emit) { release(w, emit, undefined); },
    ...together(waiting),
  };
}

/** The stage ahead of a tool that works on records in time order; `what` is that tool's option. */
export const byTime = (what: string): StageSpec => Object.freeze({
  name: 'by-time', state: 1, makes: () => true, plan: (_: unknown, [input]: readonly Schema[]) => ({ out: timeOrdered(what, input), uses: [] }), create: (_: unknown, ctx: Context) => inTimeOrder(ctx),
});
