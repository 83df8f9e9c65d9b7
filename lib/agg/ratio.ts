// ratio(cond): count(cond) / count(), the share of records for which a condition holds (SEMANTICS 6). Null and false do not hold.
import { Tag } from '../record/batch.js';
import { aggregate } from './aggregate.js';

export const ratio = aggregate({
  name: 'ratio', args: ['any'], summary: 'share of the records for which a condition holds, count(cond) / count(); null when there are none',
  example: { rows: [['true'], ['null'], ['false'], ['false']], result: '0.25' },
  cells: { hits: 'f64', n: 'f64' },
  add({ hits, n }, { rows, slots, count }, [{ tag }]) {
    for (let i = 0; i < count; i++) {
      const slot = slots[i];
      n[slot]++;
      if (tag[rows[i]] > Tag.False) hits[slot]++;
    }
  },
  merge({ hits, n }, into, from) { hits[into] += hits[from]; n[into] += n[from]; },
  result({ hits, n }, slot, out) { if (n[slot] === 0) out.none(); else out.number(hits[slot] / n[slot]); },
});
