// Copies of records: a record in several windows, or one for each element of a list. It knows what a reader of the written copies knows of W.
import type { Batch } from '../../record/batch.js';
import type { Context } from '../../stream/operator.js';

/**
 * gather() of a stage, repeats for copies. Where the records say W (a delay is known), the first copy has moved W before the second comes, for whoever reads them from a pipe;
 * so it has in this process too. By no more than that: what other records did to W in between is said only before the next of them.
 */
export function copier({ input: { event }, event: instants }: Context): (batch: Batch, rows: Uint32Array) => Batch {
  if (event === undefined || event.delayMs === Infinity) return (batch, rows) => batch.gather(rows);
  const { delayMs } = event;
  return (batch, rows) => {
    const { number: ms } = instants(batch), out = batch.gather(rows), w = out.watermark.slice();
    for (let i = 1; i < rows.length; i++) if (rows[i] === rows[i - 1]) w[i] = Math.max(w[i], ms[rows[i]] - delayMs);
    return out.timed(w);
  };
}
