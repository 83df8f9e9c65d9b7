// count(): records. count(e): records for which e is neither null nor false: values that are there, and conditions that hold (SEMANTICS 6).
import { Tag } from '../record/batch.js';
import { aggregate } from './aggregate.js';

export const count = aggregate({
  name: 'count', args: ['any'], optional: 1, summary: 'number of records; count(e): of those where e is neither null nor false',
  example: { rows: [['true'], ['null'], ['false'], ['0']], result: '2' },
  cells: { n: 'f64' },
  add({ n }, { rows, slots, count }, [x]) {
    if (x === undefined) { for (let i = 0; i < count; i++) n[slots[i]]++; return; }
    const { tag } = x;
    for (let i = 0; i < count; i++) if (tag[rows[i]] > Tag.False) n[slots[i]]++;
  },
  merge({ n }, into, from) { n[into] += n[from]; },
  result({ n }, slot, out) { out.number(n[slot]); },
});
