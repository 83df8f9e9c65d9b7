// avg(x): exact sum of the numbers, divided by their count and rounded once (SEMANTICS 6): no order, split or pane can change a digit.
import { aggregate } from './aggregate.js';
import { addColumn, mergeSum, roundedMean, sumCells } from './exact.js';
import { doubleScale } from './rational.js';

export const avg = aggregate({
  name: 'avg', args: ['number'], summary: 'mean of the values that are not null; null when there are none',
  example: { rows: [['1'], ['null'], ['2.5']], result: '1.75' },
  cells: { ...sumCells, n: 'f64' },
  add(cells, groups, [x]) { addColumn(cells, groups, x, cells.n); },
  merge(cells, into, from) { mergeSum(cells, into, from, doubleScale); cells.n[into] += cells.n[from]; },
  result(cells, slot, out, _params, clash) {
    const n = cells.n[slot];
    if (n === 0) { out.none(); return; }
    const mean = roundedMean(cells, slot, n);
    if (Number.isFinite(mean)) out.number(mean); else { out.none(); clash?.(); }
  },
});
