// Event times as columns of whole ms: worked out once a batch, however many stages and the reader itself ask.
import { numberColumn } from '../record/rows.js';
import type { Batch, Column } from '../record/batch.js';
import { Tag } from '../record/batch.js';
import type { EventTime } from '../stream/element.js';
import { instantColumn } from '../time/instant.js';
import { pathField } from './fields.js';

/** A column of Number (ms) and Null (no time, or none that can be read). */
export interface InstantColumn extends Column { readonly absent: boolean }

export class Moments {
  private readonly fields = new Map<string, (batch: Batch) => InstantColumn>();

  field(time: EventTime): (batch: Batch) => InstantColumn {
    const id = JSON.stringify([time.path, time.unit, time.format, time.shiftMs]);
    let field = this.fields.get(id);
    if (field === undefined) this.fields.set(id, field = instants(time));
    return field;
  }
}

function instants(time: EventTime): (batch: Batch) => InstantColumn {
  const key = {}, source = pathField(time.path);
  let own = new Float64Array(0);                         // used again for each batch
  return (batch) => {
    const known = batch.memo.get(key) as InstantColumn | undefined;
    if (known !== undefined) return known;
    const { rows, size } = batch, column = source(batch);
    let { tag, number } = numberColumn(column.instants ?? own, size), absent = false;
    if (column.instants === undefined) {
      if (own.length < size) own = new Float64Array(Math.max(size, 1024));
      number = own;
      instantColumn(column, rows, time, number, (row) => {
        if (!absent) { absent = true; tag = tag.slice(); }
        tag[row] = Tag.Null;
      });
    } else if (time.shiftMs !== 0) number = number.slice(0, size);
    if (time.shiftMs !== 0) for (const row of rows) number[row] += time.shiftMs;
    const made = { ...numberColumn(number, size), tag, absent };
    batch.memo.set(key, made);
    return made;
  };
}
