// first(x), last(x): the value that is first or last by (event time, input order), not by arrival (SEMANTICS 6); without event time by input order. Nulls are ignored.
// A batch copies text once per entry: the row is noted (`row`, from 1), and kept when the batch is done.
import { Tag } from '../record/batch.js';
import { aggregate, type Aggregate } from './aggregate.js';
import { keep, valueCodec, writeValue } from './value.js';

const cells = { has: 'u32', time: 'f64', sequence: 'f64', row: 'u32', value: valueCodec } as const;

let noted = new Uint32Array(1024);

function position(name: string, summary: string, example: Aggregate['example'], isLast: boolean): Aggregate<typeof cells> {
  return aggregate({
    name, args: ['any'], summary, example, cells, heap: { entry: 300, value: 0 },
    add(state, { rows, slots, count, sequence, time }, [x]) {
      const { tag } = x, { has, row: pending } = state;
      if (noted.length < count) noted = new Uint32Array(count * 2);
      let notes = 0;
      for (let i = 0; i < count; i++) {
        const row = rows[i], slot = slots[i];
        if (tag[row] === Tag.Null) continue;
        const at = time === undefined ? 0 : time[row], place = sequence + row;
        if (has[slot] !== 0) {
          const t = state.time[slot], s = state.sequence[slot];
          const isAfter = at > t || (at === t && place > s);
          if (isAfter !== isLast) continue;
        }
        has[slot] = 1; state.time[slot] = at; state.sequence[slot] = place;
        if (pending[slot] === 0) noted[notes++] = slot;
        pending[slot] = row + 1;
      }
      for (let i = 0; i < notes; i++) { const slot = noted[i]; state.value[slot] = keep(x, pending[slot] - 1); pending[slot] = 0; }
    },
    shift({ sequence }, slot, by) { sequence[slot] += by; },
    merge(state, into, from) {
      if (state.has[from] === 0) return;
      const at = state.time[from], t = state.time[into];
      const isAfter = at > t || (at === t && state.sequence[from] > state.sequence[into]);
      if (state.has[into] !== 0 && isAfter !== isLast) return;
      state.has[into] = 1; state.time[into] = at; state.sequence[into] = state.sequence[from]; state.value[into] = state.value[from];
    },
    result(state, slot, out) { writeValue(state.value[slot], out); },
  });
}

export const first = position('first', 'value of the first record by (event time, input order) that has one', { rows: [['null'], ['1.0'], ['"b"']], result: '1.0' }, false);
export const last = position('last', 'value of the last record by (event time, input order) that has one', { rows: [['1'], ['"b"'], ['null']], result: '"b"' }, true);
