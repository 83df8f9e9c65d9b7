// min(x), max(x): by the total order of SEMANTICS 2, of values of any types; the text of the first of equals by input order is kept.
// A batch copies text once per entry: the row of the best value so far is noted (`row`, from 1), and kept when the batch is done.
import { compareValues } from '../record/compare.js';
import { Tag, type Column } from '../record/batch.js';
import type { Cells, Slot } from '../stream/store.js';
import { aggregate, type Aggregate } from './aggregate.js';
import { keep, valueCodec, view, writeValue } from './value.js';

/** tag: of the best value, 0: none. number: where it is a Number, what is compared. sequence: its place in the input. */
const cells = { tag: 'u32', number: 'f64', sequence: 'f64', row: 'u32', value: valueCodec } as const;

let noted = new Uint32Array(1024);

/** sign 1: the least value; −1: the greatest. */
function extreme(name: string, summary: string, example: Aggregate['example'], sign: 1 | -1): Aggregate<typeof cells> {
  const isBetter = (state: Cells<typeof cells>, slot: Slot, x: Column, row: number): boolean => {
    const at = state.row[slot];
    return sign * (at > 0 ? compareValues(x, row, x, at - 1) : compareValues(x, row, view(state.value[slot]), 0)) < 0;
  };
  return aggregate({
    name, args: ['any'], summary, example, cells, heap: { entry: 300, value: 0 },
    add(state, { rows, slots, count, sequence }, [x]) {
      const best = state.tag, value = state.number, pending = state.row, { tag, number } = x;
      if (noted.length < count) noted = new Uint32Array(count * 2);
      let notes = 0;
      for (let i = 0; i < count; i++) {
        const row = rows[i], slot = slots[i], type = tag[row], old = best[slot];
        if (type === Tag.Number && old === Tag.Number) {
          const v = number[row], held = value[slot];
          if (sign === 1 ? v >= held : v <= held) continue;
        } else if (type === Tag.Null || (old !== Tag.Null && !isBetter(state, slot, x, row))) continue;
        best[slot] = type; value[slot] = number[row];
        if (pending[slot] === 0) noted[notes++] = slot;
        pending[slot] = row + 1;
      }
      for (let i = 0; i < notes; i++) {
        const slot = noted[i], row = pending[slot] - 1;
        pending[slot] = 0;
        state.value[slot] = keep(x, row); state.sequence[slot] = sequence + row;
      }
    },
    shift({ sequence }, slot, by) { sequence[slot] += by; },
    merge(state, into, from) {
      if (state.tag[from] === Tag.Null) return;
      if (state.tag[into] !== Tag.Null) {
        const { tag, number, bytes, start, end } = state.value[from];
        const other: Column = { tag: Uint8Array.of(tag), number: Float64Array.of(number), start: Uint32Array.of(start), end: Uint32Array.of(end), bytes, escaped: true };
        const order = sign * compareValues(other, 0, view(state.value[into]), 0);
        if (order > 0 || (order === 0 && state.sequence[from] > state.sequence[into])) return;
      }
      state.tag[into] = state.tag[from]; state.number[into] = state.number[from]; state.sequence[into] = state.sequence[from]; state.value[into] = state.value[from];
    },
    result(state, slot, out) { writeValue(state.value[slot], out); },
  });
}

export const min = extreme('min', 'least value in the total order (null < false < true < numbers < strings < arrays < objects), with its text; null when there are none',
  { rows: [['3'], ['null'], ['1.50'], ['"a"']], result: '1.50' }, 1);
export const max = extreme('max', 'greatest value in the total order, with its text; null when there are none', { rows: [['3'], ['null'], ['3.0'], ['1']], result: '3' }, -1);
