// sum(x): the exact sum: of integers an integer of any size, else the double nearest to the true sum (SEMANTICS 6). No order, split or pane can change a digit.
import { aggregate } from './aggregate.js';
import { addColumn, fractional, isPlain, mergeSum, roundedSum, sumCells, totalOf } from './exact.js';
import { doubleScale } from './rational.js';

export const sum = aggregate({
  name: 'sum', args: ['number'], summary: 'exact sum of the values that are not null; null when there are none, or when it is too large for a number',
  example: { rows: [['0.1'], ['1e16'], ['null'], ['-1e16'], ['0.2']], result: '0.30000000000000004' },
  cells: sumCells,
  add(cells, groups, [x]) { addColumn(cells, groups, x); },
  merge(cells, into, from) { mergeSum(cells, into, from, doubleScale); },
  result(cells, slot, out, _params, clash) {
    const kind = cells.kind[slot];
    if (kind === 0) { out.none(); return; }
    if ((kind & fractional) === 0) {
      const whole = cells.s0[slot];
      if (isPlain(cells, slot) && Math.abs(whole) <= 2 ** 53) out.number(whole); else out.integer(totalOf(cells, slot, doubleScale) >> BigInt(doubleScale));
      return;
    }
    const total = roundedSum(cells, slot);
    if (Number.isFinite(total)) out.number(total); else { out.none(); clash?.(); }
  },
});
