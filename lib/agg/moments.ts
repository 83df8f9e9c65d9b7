// variance, stddev, covar, corr: from exact sums of x, y and their products, so that no order can change a digit (SEMANTICS 6). Population; `_sample` divides by n − 1.
// The sums are exact integers of a tiny unit when a result is asked for: the quotient is rounded once, cancellation costs nothing, and a variance is never below zero.
import { Tag, type Column } from '../record/batch.js';
import type { Cells, Slot } from '../stream/store.js';
import { aggregate, type Aggregate, type Groups } from './aggregate.js';
import { addNumber, addProduct, addWide, bigCodec, exactInteger, isPlain, mergeSum, productScale, totalOf, type Sum } from './exact.js';
import { doubleScale, exactQuotient, scaled } from './rational.js';

/** Cells of a sum under names that begin with a letter, so that several stand in one layout. */
const named = <P extends string>(prefix: P) => ({ [`${prefix}0`]: 'f64', [`${prefix}1`]: 'f64', [`${prefix}2`]: 'f64', [`${prefix}Big`]: bigCodec, [`${prefix}Kind`]: 'u32' }) as
  Readonly<Record<`${P}${0 | 1 | 2}`, 'f64'> & Record<`${P}Big`, typeof bigCodec> & Record<`${P}Kind`, 'u32'>>;
type Named<P extends string> = Cells<ReturnType<typeof named<P>>>;
const sumOf = <P extends string>(cells: Named<P>, prefix: P): Sum => {
  const parts = cells as unknown as Record<string, never>;
  return { s0: parts[`${prefix}0`], s1: parts[`${prefix}1`], s2: parts[`${prefix}2`], big: parts[`${prefix}Big`], kind: parts[`${prefix}Kind`] };
};

/** Whether the value can be computed with; null is told apart by the caller. */
const isNumber = (column: Column, row: number): boolean => column.tag[row] === Tag.Number || (column.tag[row] === Tag.Wide && Number.isFinite(column.number[row]));
const exact = (column: Column, row: number): bigint => column.tag[row] === Tag.Wide ? exactInteger(column, row) << BigInt(doubleScale) : scaled(column.number[row], doubleScale);

/** Adds the number at a row to a sum of numbers. */
function addValue(sum: Sum, slot: Slot, column: Column, row: number): void {
  if (column.tag[row] === Tag.Number) addNumber(sum, slot, column.number[row], doubleScale); else addWide(sum, slot, column, row);
}
/** Adds the product of two numbers to a sum of products. */
function addBoth(sum: Sum, slot: Slot, a: Column, b: Column, row: number): void {
  if (a.tag[row] === Tag.Number && b.tag[row] === Tag.Number) addProduct(sum, slot, a.number[row], b.number[row]); else sum.big[slot] += exact(a, row) * exact(b, row);
}

/** n · Σab − Σa · Σb in units of 2^−2148. */
const spread = (products: Sum, a: Sum, b: Sum, slot: Slot, n: number): bigint =>
  BigInt(n) * totalOf(products, slot, productScale) - totalOf(a, slot, doubleScale) * totalOf(b, slot, doubleScale);

/** The same over n · n or n · (n − 1), rounded once. */
function mean(products: Sum, a: Sum, b: Sum, slot: Slot, n: number, isSample: boolean): number {
  const below = n * (isSample ? n - 1 : n);
  if (isPlain(products, slot) && isPlain(a, slot) && isPlain(b, slot)) {       // whole numbers of usual size: all of it fits doubles
    const left = n * products.s0[slot], right = a.s0[slot] * b.s0[slot];
    if (Number.isSafeInteger(left) && Number.isSafeInteger(right) && Number.isSafeInteger(products.s0[slot]) && Number.isSafeInteger(a.s0[slot]) && Number.isSafeInteger(b.s0[slot])
      && Number.isSafeInteger(left - right) && below < 2 ** 53) return (left - right) / below;
  }
  return exactQuotient(spread(products, a, b, slot, n), BigInt(n) * BigInt(isSample ? n - 1 : n), productScale);
}

const oneCells = { ...named('x'), ...named('xx'), n: 'f64' } as const;

function one(name: string, summary: string, example: Aggregate['example'], isSample: boolean, isRoot: boolean): Aggregate<typeof oneCells> {
  return aggregate({
    name, args: ['number'], summary, example, cells: oneCells,
    add(cells, groups, [x]) {
      const sum = sumOf(cells, 'x'), squares = sumOf(cells, 'xx'), { n } = cells, { rows, slots, count } = groups;
      for (let i = 0; i < count; i++) {
        const row = rows[i], slot = slots[i];
        if (x.tag[row] === Tag.Null) continue;
        if (!isNumber(x, row)) { groups.clash(row); continue; }
        addValue(sum, slot, x, row); addBoth(squares, slot, x, x, row); n[slot]++;
      }
    },
    merge(cells, into, from) {
      mergeSum(sumOf(cells, 'x'), into, from, doubleScale); mergeSum(sumOf(cells, 'xx'), into, from, productScale);
      cells.n[into] += cells.n[from];
    },
    result(cells, slot, out, _params, clash) {
      const n = cells.n[slot], sum = sumOf(cells, 'x');
      if (n < (isSample ? 2 : 1)) { out.none(); return; }
      const variance = mean(sumOf(cells, 'xx'), sum, sum, slot, n, isSample), value = isRoot ? Math.sqrt(variance) : variance;
      if (Number.isFinite(value)) out.number(value); else { out.none(); clash?.(); }
    },
  });
}

const five = { rows: [['2'], ['4'], ['null'], ['4'], ['6']] };
export const variance = one('variance', 'population variance; null when there are no values', { ...five, result: '2' }, false, false);
export const varianceSample = one('variance_sample', 'sample variance; null when there are fewer than two values', { ...five, result: '2.6666666666666665' }, true, false);
export const stddev = one('stddev', 'population standard deviation; null when there are no values', { ...five, result: '1.4142135623730951' }, false, true);
export const stddevSample = one('stddev_sample', 'sample standard deviation; null when there are fewer than two values', { ...five, result: '1.632993161855452' }, true, true);

const twoCells = { ...named('x'), ...named('y'), ...named('xy'), n: 'f64' } as const;

/** Calls `each` for the rows where both are numbers; a null on either side leaves the row out. */
function pairs(groups: Groups, x: Column, y: Column, each: (slot: Slot, row: number) => void): void {
  const { rows, slots, count } = groups;
  for (let i = 0; i < count; i++) {
    const row = rows[i];
    if (x.tag[row] === Tag.Null || y.tag[row] === Tag.Null) continue;
    if (isNumber(x, row) && isNumber(y, row)) each(slots[i], row); else groups.clash(row);
  }
}

function two(name: string, summary: string, example: Aggregate['example'], isSample: boolean): Aggregate<typeof twoCells> {
  return aggregate({
    name, args: ['number', 'number'], summary, example, cells: twoCells,
    add(cells, groups, [x, y]) {
      const sumX = sumOf(cells, 'x'), sumY = sumOf(cells, 'y'), products = sumOf(cells, 'xy'), { n } = cells;
      pairs(groups, x, y, (slot, row) => { addValue(sumX, slot, x, row); addValue(sumY, slot, y, row); addBoth(products, slot, x, y, row); n[slot]++; });
    },
    merge(cells, into, from) {
      mergeSum(sumOf(cells, 'x'), into, from, doubleScale); mergeSum(sumOf(cells, 'y'), into, from, doubleScale); mergeSum(sumOf(cells, 'xy'), into, from, productScale);
      cells.n[into] += cells.n[from];
    },
    result(cells, slot, out, _params, clash) {
      const n = cells.n[slot];
      if (n < (isSample ? 2 : 1)) { out.none(); return; }
      const value = mean(sumOf(cells, 'xy'), sumOf(cells, 'x'), sumOf(cells, 'y'), slot, n, isSample);
      if (Number.isFinite(value)) out.number(value); else { out.none(); clash?.(); }
    },
  });
}

const points = { rows: [['1', '2'], ['2', '4'], ['3', 'null'], ['3', '9']] };
export const covar = two('covar', 'population covariance of the pairs without a null; null when there are none', { ...points, result: '2.3333333333333335' }, false);
export const covarSample = two('covar_sample', 'sample covariance; null when there are fewer than two pairs', { ...points, result: '3.5' }, true);

const corrCells = { ...twoCells, ...named('xx'), ...named('yy') } as const;
export const corr: Aggregate<typeof corrCells> = aggregate({
  name: 'corr', args: ['number', 'number'], summary: 'correlation (Pearson), −1 to 1; null when either side does not vary', example: { ...points, result: '0.970725343394151' }, cells: corrCells,
  add(cells, groups, [x, y]) {
    const sumX = sumOf(cells, 'x'), sumY = sumOf(cells, 'y'), xy = sumOf(cells, 'xy'), xx = sumOf(cells, 'xx'), yy = sumOf(cells, 'yy'), { n } = cells;
    pairs(groups, x, y, (slot, row) => {
      addValue(sumX, slot, x, row); addValue(sumY, slot, y, row);
      addBoth(xy, slot, x, y, row); addBoth(xx, slot, x, x, row); addBoth(yy, slot, y, y, row);
      n[slot]++;
    });
  },
  merge(cells, into, from) {
    for (const prefix of ['x', 'y'] as const) mergeSum(sumOf(cells as never, prefix), into, from, doubleScale);
    for (const prefix of ['xy', 'xx', 'yy'] as const) mergeSum(sumOf(cells as never, prefix), into, from, productScale);
    cells.n[into] += cells.n[from];
  },
  result(cells, slot, out) {
    const n = cells.n[slot], sumX = sumOf(cells, 'x'), sumY = sumOf(cells, 'y');
    const xx = spread(sumOf(cells, 'xx'), sumX, sumX, slot, n), yy = spread(sumOf(cells, 'yy'), sumY, sumY, slot, n);
    if (xx === 0n || yy === 0n) { out.none(); return; }
    const xy = spread(sumOf(cells, 'xy'), sumX, sumY, slot, n);
    // Both under one root: |xy|² ≤ xx · yy holds exactly, so the result is never beyond 1.
    const size = Math.sqrt(exactQuotient(xy * xy, xx * yy, 0));
    out.number(xy < 0n ? -size : size);
  },
});
