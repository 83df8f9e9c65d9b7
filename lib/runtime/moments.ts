// Event times as columns of whole ms: worked out once a batch, however many stages and the reader itself ask.
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
  return (batch) => {
    const known = batch.memo.get(key) as InstantColumn | undefined;
    if (known !== undefined) return known;
    const { rows, size } = batch, column = source(batch);
    let tag = numbers(size), number = column.instants, absent = false;
    if (number === undefined) {
      number = new Float64Array(size);
      instantColumn(column, rows, time, number, (row) => {
        if (!absent) { absent = true; tag = tag.slice(); }
        tag[row] = Tag.Null;
      });
    } else if (time.shiftMs !== 0) number = number.slice(0, size);
    if (time.shiftMs !== 0) for (const row of rows) number[row] += time.shiftMs;
    const made = { tag, number, start: spans(size), end: spans(size), bytes: none, escaped: false, absent };
    batch.memo.set(key, made);
    return made;
  };
}

const none = new Uint8Array(0);
let zeros = new Uint32Array(0), tags = new Uint8Array(0);
/** All zero: the values are computed and have no text. Shared, read only. */
function spans(size: number): Uint32Array {
  if (zeros.length < size) zeros = new Uint32Array(Math.max(size, 16384));
  return zeros;
}
/** All Number. Shared, read only. */
function numbers(size: number): Uint8Array {
  if (tags.length < size) tags = new Uint8Array(Math.max(size, 16384)).fill(Tag.Number);
  return tags.subarray(0, size);
}
