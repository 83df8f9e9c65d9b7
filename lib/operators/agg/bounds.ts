// Windows whose bounds are in the records: the two fields as part of a key, as times, and as they are written into results.
import type { AggText } from '../../expr/expression.js';
import type { Batch, Field, Writer } from '../../record/batch.js';
import type { Pack, Saved, Unpack } from '../../record/pack.js';
import { findMember, keyOf } from '../../record/json.js';
import { numberColumn } from '../../record/rows.js';
import type { Windowing } from '../../stream/element.js';
import type { Context } from '../../stream/operator.js';
import { instantAt, instantText } from '../../time/instant.js';

/** A bound as part of the key: what `window` wrote, or its numbers where it runs in this process. */
export const boundKey = (field: Field): Field => (batch) => {
  const column = field(batch);
  return column.instants === undefined ? column : numberColumn(column.instants, batch.size);
};

export interface Bounds { readonly start: Field; readonly end: Field }

/** The fields of both bounds. */
export const boundsOf = (ctx: Context): Bounds => ({ start: ctx.stands(['window_start']), end: ctx.stands(['window_end']) });

/** One bound of a row. Errors: E_TIME; not a bad record but a stream that something has changed: no policy for bad records can mend it. */
export function boundAt(ctx: Context, field: Field, name: string, batch: Batch, row: number): number {
  const column = field(batch), at = instantAt(column, row);
  return at === at ? at : ctx.fail(batch, row, 'E_TIME', { got: instantText(column, row), field: name, expected: 'what leat window writes', help: '' });
}

/** Writes the bounds of a window, as `window` does. */
export function writeBounds(out: Writer, { epoch }: Windowing, startMs: number, endMs: number): void {
  if (epoch) { out.number(startMs); out.number(endMs); } else { out.time(startMs); out.time(endMs); }
}

/** Records of windows without their control lines are one group, at the end: hardly what was meant (USERS M2). Looks at one record, and at its text: a column for this alone would cost something a record. */
export class LostWatch implements Saved {
  private isFirst: boolean;
  private readonly ctx: Context;
  constructor({ by }: AggText, ctx: Context) {
    this.ctx = ctx;
    this.isFirst = ctx.input.windows === undefined && !ctx.input.managed && !by.some(({ expression }) => expression.path?.[0] === 'window_start');
  }

  see(batch: Batch): void {
    if (!this.isFirst || batch.rows.length === 0) return;
    this.isFirst = false;
    warnLost(batch, this.ctx);
  }

  save(out: Pack): void { out.flag(this.isFirst); }
  restore(from: Unpack): void { this.isFirst = from.flag(); }
}

function warnLost(batch: Batch, ctx: Context): void {
  const [row] = batch.rows, { bytes, start, end } = batch.lines;
  if (!findMember(bytes, start[row], end[row], keyOf('window_start'), { start: 0, end: 0 })) return;
  ctx.warn({
    place: `${batch.lines.source}:${batch.lines.line(row)}`, text: 'the records carry window_start, but no control lines came with them: all of them are one group, printed at the end',
    lines: ['a program between `leat window` and here dropped them (jq and grep do), or these are saved results'], help: 'put `leat window` after it, wrap it (leat wrap -- jq …), or say by window_start',
  });
}
