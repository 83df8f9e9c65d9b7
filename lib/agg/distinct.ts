// distinct(e): number of different values, exactly; nulls are ignored (SEMANTICS 6). Keeps each of them once: memory grows with them (distinct_approx does not).
import { Tag } from '../record/batch.js';
import { aggregate } from './aggregate.js';
import { keyAt, type Key } from './key.js';
import { jsonCodec } from './value.js';

const setCodec = jsonCodec<Set<Key> | undefined, readonly Key[]>(() => undefined, (set) => [...set ?? []], (keys) => new Set(keys), (set) => set === undefined);

export const distinct = aggregate({
  name: 'distinct', args: ['any'], grows: true, heap: { entry: 200, value: 100 }, summary: 'number of different values, exactly; nulls are ignored',
  example: { rows: [['1'], ['1.0'], ['"1"'], ['null'], ['[1]'], ['[1.0]']], result: '3' },
  cells: { values: setCodec },
  add({ values }, { rows, slots, count }, [x]) {
    for (let i = 0; i < count; i++) {
      const row = rows[i];
      if (x.tag[row] !== Tag.Null) (values[slots[i]] ??= new Set()).add(keyAt(x, row));
    }
  },
  merge({ values }, into, from) {
    const other = values[from];
    if (other === undefined) return;
    const mine = values[into] ??= new Set();
    for (const key of other) mine.add(key);
  },
  result({ values }, slot, out) { out.number(values[slot]?.size ?? 0); },
});
