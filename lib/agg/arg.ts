// argmin(x, y), argmax(x, y): x of the record in which y is least or greatest by the total order; of equal ones the first by (event time, input order) (SEMANTICS 6).
// Records with a null y are left out; a null x is a result like any other.
import { compareValues } from '../record/compare.js';
import { Tag, type Column } from '../record/batch.js';
import type { Cells, Slot } from '../stream/store.js';
import { aggregate, type Aggregate } from './aggregate.js';
import { keep, valueCodec, view, writeValue } from './value.js';

/** tag, number: of y; 0: none. row: of the best record in this batch, from 1; x and y are kept when the batch is done. */
const cells = { tag: 'u32', number: 'f64', time: 'f64', sequence: 'f64', row: 'u32', x: valueCodec, y: valueCodec } as const;

let noted = new Uint32Array(1024);

/** sign 1: the least y; −1: the greatest. */
function arg(name: string, summary: string, example: Aggregate['example'], sign: 1 | -1): Aggregate<typeof cells> {
  const order = (state: Cells<typeof cells>, slot: Slot, y: Column, row: number): number => {
    const at = state.row[slot];
    return sign * (at > 0 ? compareValues(y, row, y, at - 1) : compareValues(y, row, view(state.y[slot]), 0));
  };
  return aggregate({
    name, args: ['any', 'any'], summary, example, cells, heap: { entry: 600, value: 0 },
    add(state, { rows, slots, count, sequence, time }, [x, y]) {
      const best = state.tag, pending = state.row, { tag, number } = y;
      if (noted.length < count) noted = new Uint32Array(count * 2);
      let notes = 0;
      for (let i = 0; i < count; i++) {
        const row = rows[i], slot = slots[i], type = tag[row], old = best[slot];
        if (type === Tag.Null) continue;
        const at = time === undefined ? 0 : time[row];
        if (old !== Tag.Null) {
          const v = number[row], held = state.number[slot];
          const by = type === Tag.Number && old === Tag.Number ? sign * (v < held ? -1 : v > held ? 1 : 0) : order(state, slot, y, row);
          // Within a stage records come in input order, so of equal times the one that is there stays.
          if (by > 0 || (by === 0 && at >= state.time[slot])) continue;
        }
        best[slot] = type; state.number[slot] = number[row]; state.time[slot] = at;
        if (pending[slot] === 0) noted[notes++] = slot;
        pending[slot] = row + 1;
      }
      for (let i = 0; i < notes; i++) {
        const slot = noted[i], row = pending[slot] - 1;
        pending[slot] = 0;
        state.x[slot] = keep(x, row); state.y[slot] = keep(y, row); state.sequence[slot] = sequence + row;
      }
    },
    shift({ sequence }, slot, by) { sequence[slot] += by; },
    merge(state, into, from) {
      if (state.tag[from] === Tag.Null) return;
      if (state.tag[into] !== Tag.Null) {
        const { tag, number, bytes, start, end } = state.y[from];
        const other: Column = { tag: Uint8Array.of(tag), number: Float64Array.of(number), start: Uint32Array.of(start), end: Uint32Array.of(end), bytes, escaped: true };
        const by = sign * compareValues(other, 0, view(state.y[into]), 0) || state.time[from] - state.time[into] || state.sequence[from] - state.sequence[into];
        if (by > 0) return;
      }
      state.tag[into] = state.tag[from]; state.number[into] = state.number[from]; state.time[into] = state.time[from]; state.sequence[into] = state.sequence[from];
      state.x[into] = state.x[from]; state.y[into] = state.y[from];
    },
    result(state, slot, out) { writeValue(state.x[slot], out); },
  });
}

export const argmin = arg('argmin', 'x of the record in which y is least; null y is ignored', { rows: [['"a"', '3'], ['"b"', '1'], ['"c"', 'null'], ['"d"', '1.0']], result: '"b"' }, 1);
export const argmax = arg('argmax', 'x of the record in which y is greatest; null y is ignored', { rows: [['"a"', '3'], ['"b"', '1'], ['"c"', 'null'], ['"d"', '3.0']], result: '"a"' }, -1);
