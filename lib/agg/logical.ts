// any(x): whether a condition held for some record; all(x): for each that was not null (SEMANTICS 6).
import { Tag } from '../record/batch.js';
import { aggregate, type Aggregate } from './aggregate.js';

/** Bit 1: a true came; bit 2: a false came. */
const cells = { seen: 'u32' } as const;

function logical(name: string, summary: string, example: Aggregate['example'], value: (seen: number) => boolean): Aggregate<typeof cells> {
  return aggregate({
    name, args: ['boolean'], summary, example, cells,
    add({ seen }, groups, [{ tag }]) {
      const { rows, slots, count } = groups;
      for (let i = 0; i < count; i++) {
        const type = tag[rows[i]];
        if (type === Tag.True) seen[slots[i]] |= 1;
        else if (type === Tag.False) seen[slots[i]] |= 2;
        else if (type !== Tag.Null) groups.clash(rows[i]);
      }
    },
    merge({ seen }, into, from) { seen[into] |= seen[from]; },
    result({ seen }, slot, out) { if (seen[slot] === 0) out.none(); else out.boolean(value(seen[slot])); },
  });
}

export const any = logical('any', 'true when a value is true, false when all are false; null when there are none', { rows: [['false'], ['null'], ['true']], result: 'true' }, (seen) => (seen & 1) !== 0);
export const all = logical('all', 'true when all values are true; null when there are none', { rows: [['true'], ['null'], ['true']], result: 'true' }, (seen) => (seen & 2) === 0);
