// distinct_approx(e): number of different values by HyperLogLog++ (hyperloglog.ts): all but exact up to 2,048, then to about 1 %, in 16 KiB (SEMANTICS 6).
import { hasBackslash } from '../record/json.js';
import { Tag, type Column } from '../record/batch.js';
import { aggregate } from './aggregate.js';
import { HyperLogLog, hashBytes, hashNumber, hyperLogLogCodec } from './hyperloglog.js';
import { keyAt } from './key.js';

/** Equal values have one hash: that of the number, or of the canonical text. */
function hashAt(column: Column, row: number): void {
  const { tag, number, bytes, start, end } = column;
  if (tag[row] === Tag.Number) { hashNumber(number[row]); return; }
  if (tag[row] === Tag.String && (!column.escaped || !hasBackslash(bytes, start[row], end[row]))) { hashBytes(bytes, start[row], end[row]); return; }
  const key = keyAt(column, row);
  if (typeof key === 'number') { hashNumber(key); return; }
  const text = new TextEncoder().encode(key);
  hashBytes(text, 0, text.length);
}

export const distinctApprox = aggregate({
  name: 'distinct_approx', args: ['any'], grows: true, heap: { entry: 350, value: 10, most: 17_000 }, summary: 'number of different values, to about 1 %, in little memory; nulls are ignored',
  example: { rows: [['1'], ['1.0'], ['"1"'], ['null'], ['2']], result: '3' },
  cells: { sketch: hyperLogLogCodec },
  add({ sketch }, { rows, slots, count }, [x]) {
    for (let i = 0; i < count; i++) {
      const row = rows[i];
      if (x.tag[row] === Tag.Null) continue;
      hashAt(x, row);
      (sketch[slots[i]] ??= new HyperLogLog()).add();
    }
  },
  merge({ sketch }, into, from) {
    const other = sketch[from];
    if (other !== undefined) (sketch[into] ??= new HyperLogLog()).merge(other);
  },
  result({ sketch }, slot, out) { out.number(sketch[slot]?.count() ?? 0); },
});
