// histogram(x, width): list of {"start","count"} of the bins [start, start + width) that have values, ascending (SEMANTICS 6). Bins begin at multiples of the width.
// A bound is the multiple as 15 digits say it, so that 0.3 is the start of a bin of width 0.1, and not a little below it.
import { Tag } from '../record/batch.js';
import { aggregate } from './aggregate.js';
import { jsonCodec } from './value.js';

type Counts = Map<number, number>;
const countsCodec = jsonCodec<Counts | undefined, readonly (readonly [number, number])[]>(
  () => undefined, (counts) => [...counts ?? []].sort(([a], [b]) => a - b), (entries) => new Map(entries), (counts) => counts === undefined);

const boundOf = (index: number, width: number): number => { const bound = index * width; return Number.isInteger(bound) ? bound + 0 : Number(bound.toPrecision(15)); };

/** Number of the bin that x is in. */
function binOf(x: number, width: number): number {
  let index = Math.floor(x / width);
  if (Math.abs(index) < 2 ** 52) {
    while (boundOf(index, width) > x) index--;
    while (boundOf(index + 1, width) <= x) index++;
  }
  return index + 0;
}

export const histogram = aggregate({
  name: 'histogram', args: ['number'], grows: true, heap: { entry: 200, value: 50 }, summary: 'list of {"start","count"} for the bins of a width that have values, ascending',
  params: [{ name: 'width', check: (width) => width > 0 && Number.isFinite(width) ? undefined : `the width is a number greater than 0, not ${width}` }],
  example: { rows: [['0.3'], ['0.35'], ['null'], ['-0.1'], ['0.39']], params: [0.1], result: '[{"start":-0.1,"count":1},{"start":0.3,"count":3}]' },
  cells: { counts: countsCodec },
  add({ counts }, groups, [{ tag, number }], [width]) {
    const { rows, slots, count } = groups, isWhole = Number.isInteger(width);
    for (let i = 0; i < count; i++) {
      const row = rows[i], type = tag[row], x = number[row];
      if (type === Tag.Null) continue;
      if (type !== Tag.Number && type !== Tag.Wide) { groups.clash(row); continue; }
      // Of whole numbers of this size the floor of the quotient is right.
      const index = isWhole && Number.isInteger(x) && x < 2 ** 31 && x > -(2 ** 31) ? Math.floor(x / width) + 0 : binOf(x, width);
      if (!Number.isFinite(index)) { groups.clash(row); continue; }
      const all = counts[slots[i]] ??= new Map();
      all.set(index, (all.get(index) ?? 0) + 1);
    }
  },
  merge({ counts }, into, from) {
    const other = counts[from];
    if (other === undefined) return;
    const mine = counts[into] ??= new Map();
    for (const [index, count] of other) mine.set(index, (mine.get(index) ?? 0) + count);
  },
  result({ counts }, slot, out, [width]) {
    const bins = [...counts[slot] ?? []].sort(([a], [b]) => a - b);
    out.json(`[${bins.map(([index, count]) => `{"start":${boundOf(index, width)},"count":${count}}`).join(',')}]`);
  },
});
