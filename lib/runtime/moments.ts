// Event times as columns of whole ms: worked out once a batch, however many stages and the reader itself ask.
import type { Batch, Column } from '../record/batch.js';
import { Tag } from '../record/batch.js';
import type { EventTime } from '../stream/element.js';
import { instantColumn } from '../time/instant.js';
import { pathField } from './fields.js';

/** A column of Number (ms) and Null (no time, or none that can be read). */
export interface InstantColumn extends Column { readonly absent: boolean }

const nothing = new Uint32Array(0);

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
  return (batch) => {
    const known = batch.memo.get(key) as InstantColumn | undefined;
    if (known !== undefined) return known;
    const { rows, size } = batch;
    const number = new Float64Array(size), tag = new Uint8Array(size).fill(Tag.Number);
    let absent = false;
    instantColumn(source(batch), rows, time, number, (row) => { tag[row] = Tag.Null; absent = true; });
    if (time.shiftMs !== 0) for (const row of rows) number[row] += time.shiftMs;
    const column = { tag, number, start: spans(size), end: spans(size), bytes: none, escaped: false, absent };
    batch.memo.set(key, column);
    return column;
  };
}

const none = new Uint8Array(0);
let zeros = nothing;
/** All zero: the values are computed and have no text. Shared, read only. */
function spans(size: number): Uint32Array {
  if (zeros.length < size) zeros = new Uint32Array(Math.max(size, 16384));
  return zeros;
}
