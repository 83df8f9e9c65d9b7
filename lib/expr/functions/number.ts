// Functions of numbers. Integers of any size stay exact where the result is one; all else is done in doubles. What mathematics leaves undefined is null.
import { Tag } from '../../record/batch.js';
import { compareCells, kindOf } from '../../record/compare.js';
import type { Cell } from '../../record/compare.js';
import { isIntegerText } from '../../record/number.js';
import { clash } from './function.js';
import type { Value } from './function.js';
import { jsonOf, subject } from './shared.js';

const x = { name: 'x', type: 'exact' } as const, real = { name: 'x', type: 'number' } as const;

/** The exact integer that a number is, undefined where it has a fraction (or is a double beyond 2^53). */
export function integerOf(cell: Cell): bigint | undefined {
  if (cell.tag === Tag.Number) return Number.isSafeInteger(cell.number) ? BigInt(cell.number) : undefined;
  return isIntegerText(cell.bytes, cell.start, cell.end) && cell.end - cell.start <= 100_000 ? BigInt(jsonOf(cell)) : undefined;
}

/** Rounding to whole numbers leaves integers as they are; a number beyond all doubles cannot be computed with. */
const whole = (round: (x: number) => number) => (cell: Cell): Value => cell.tag === Tag.Wide ? wide(cell) : round(cell.number);
const wide = (cell: Cell): Value => isIntegerText(cell.bytes, cell.start, cell.end) ? cell : cell.number;

const bits = (name: string, apply: (a: bigint, b: bigint) => bigint) => (a: Cell, b: Cell): bigint => {
  const m = integerOf(a), n = integerOf(b);
  if (m === undefined || n === undefined) clash(`${name} needs integers`);
  return apply(m, n);
};

/** Half away from zero, by the decimal digits that are printed: 2.675 to two digits is 2.68, though the double is a little less. */
export function roundTo(value: number, digits: number): number {
  if (digits > 400 || value === 0) return value;
  if (digits < -400) return 0;
  if (digits >= 0 && digits <= 15) {
    // Far from a half, a product that is a little off rounds to the same digits, and a quotient of exact numbers is the double nearest to them.
    const scaled = Math.abs(value) * 10 ** digits, floor = Math.floor(scaled), rest = scaled - floor;
    if (scaled < 1e12 && Math.abs(rest - 0.5) > 1e-3) return Math.sign(value) * (rest > 0.5 ? floor + 1 : floor) / 10 ** digits;
  }
  const shift = (number: number, by: number): number => { const [mantissa, exponent = '0'] = String(number).split('e'); return Number(`${mantissa}e${Number(exponent) + by}`); };
  const scaled = shift(Math.abs(value), digits);
  if (!Number.isFinite(scaled) || scaled >= 2 ** 52) return value;
  return Math.sign(value) * shift(Math.round(scaled), -digits);
}

function roundInteger(value: bigint, digits: number): bigint {
  const unit = 10n ** BigInt(Math.min(-digits, 100_000)), size = value < 0n ? -value : value;
  const rounded = (size + unit / 2n) / unit * unit;
  return value < 0n ? -rounded : rounded;
}

/** The least or greatest of values of one kind; the first of equal ones. */
const extreme = (name: string, sign: number) => (...cells: Cell[]): Cell => {
  let best = cells[0];
  for (const cell of cells) {
    if (kindOf(cell.tag) !== kindOf(best.tag)) clash(`${name} needs values of one type: ${jsonOf(best)} and ${jsonOf(cell)}`);
    if (sign * compareCells(cell, best) < 0) best = cell;
  }
  return best;
};

export const number = subject('number', [
  {
    name: 'abs', args: [x], result: 'number', summary: 'without its sign', examples: [{ expr: 'abs(-7)', result: '7' }, { expr: 'abs(-12345678901234567890)', result: '12345678901234567890' }],
    code: (cell: Cell) => { const exact = cell.tag === Tag.Wide ? integerOf(cell) : undefined; return exact === undefined ? Math.abs(cell.number) : exact < 0n ? -exact : exact; },
  },
  { name: 'sign', args: [x], result: 'integer', summary: '−1, 0 or 1', examples: [{ expr: 'sign(-0.5)', result: '-1' }], code: (cell: Cell) => Math.sign(cell.number) },
  { name: 'floor', args: [x], result: 'integer', summary: 'the next whole number below', examples: [{ expr: 'floor(-1.5)', result: '-2' }], code: whole(Math.floor) },
  { name: 'ceil', args: [x], result: 'integer', summary: 'the next whole number above', examples: [{ expr: 'ceil(1.2)', result: '2' }], code: whole(Math.ceil) },
  { name: 'trunc', args: [x], result: 'integer', summary: 'without its fraction', examples: [{ expr: 'trunc(-1.7)', result: '-1' }], code: whole(Math.trunc) },
  {
    name: 'round', args: [x, { name: 'digits', type: 'integer', optional: true }], result: 'number', summary: 'rounded to so many decimal digits (0 without it, negative ones before the point), half away from zero',
    examples: [{ expr: 'round(2.5)', result: '3' }, { expr: 'round(-2.5)', result: '-3' }, { expr: 'round(2.675, 2)', result: '2.68' }, { expr: 'round(1250, -2)', result: '1300' }],
    code: (cell: Cell, digits = 0) => {
      if (cell.tag === Tag.Number && digits >= 0) return roundTo(cell.number, digits);
      const exact = integerOf(cell);
      return exact === undefined ? cell.tag === Tag.Wide ? cell.number : roundTo(cell.number, digits) : digits >= 0 ? cell : roundInteger(exact, digits);
    },
  },
  { name: 'sqrt', args: [real], result: 'number', summary: 'the square root; of a negative number null', examples: [{ expr: 'sqrt(2)', result: '1.4142135623730951' }, { expr: 'sqrt(-1)', result: 'null' }], code: Math.sqrt },
  { name: 'cbrt', args: [real], result: 'number', summary: 'the cube root', examples: [{ expr: 'cbrt(27)', result: '3' }], code: Math.cbrt },
  { name: 'exp', args: [real], result: 'number', summary: 'e to the power of x', examples: [{ expr: 'exp(0)', result: '1' }], code: Math.exp },
  { name: 'ln', args: [real], result: 'number', summary: 'the natural logarithm; of 0 or less null', examples: [{ expr: 'ln(1)', result: '0' }, { expr: 'ln(0)', result: 'null' }], code: (value: number) => value > 0 ? Math.log(value) : null },
  { name: 'log2', args: [real], result: 'number', summary: 'the logarithm to base 2; of 0 or less null', examples: [{ expr: 'log2(8)', result: '3' }], code: (value: number) => value > 0 ? Math.log2(value) : null },
  { name: 'log10', args: [real], result: 'number', summary: 'the logarithm to base 10; of 0 or less null', examples: [{ expr: 'log10(1000)', result: '3' }], code: (value: number) => value > 0 ? Math.log10(value) : null },
  {
    name: 'pow', args: [real, { name: 'y', type: 'number' }], result: 'number', summary: 'x to the power of y, as x ** y', examples: [{ expr: 'pow(2, 10)', result: '1024' }, { expr: 'pow(-8, 0.5)', result: 'null' }],
    code: (value: number, power: number) => value === 0 && power < 0 ? null : value ** power,
  },
  { name: 'least', args: [{ name: 'x', type: 'any', rest: true }], result: 'any', summary: 'the least of its arguments, which are of one type; its text is kept', examples: [{ expr: 'least(3, 1.0, 2)', result: '1.0' }, { expr: 'least("b", "a")', result: '"a"' }], code: extreme('least', 1) },
  { name: 'greatest', args: [{ name: 'x', type: 'any', rest: true }], result: 'any', summary: 'the greatest of its arguments, which are of one type; its text is kept', examples: [{ expr: 'greatest(3, 1, 2)', result: '3' }], code: extreme('greatest', -1) },
  {
    name: 'clamp', args: [x, { name: 'lo', type: 'exact' }, { name: 'hi', type: 'exact' }], result: 'number', summary: 'x, or lo where it is less, or hi where it is more', examples: [{ expr: 'clamp(17, 0, 10)', result: '10' }, { expr: 'clamp(5, 0, 10)', result: '5' }],
    code: (cell: Cell, low: Cell, high: Cell) => {
      if (compareCells(low, high) > 0) clash(`clamp needs lo <= hi: ${jsonOf(low)} and ${jsonOf(high)}`);
      return compareCells(cell, low) < 0 ? low : compareCells(cell, high) > 0 ? high : cell;
    },
  },
  { name: 'sin', args: [real], result: 'number', summary: 'the sine of an angle in radians', examples: [{ expr: 'sin(0)', result: '0' }], code: Math.sin },
  { name: 'cos', args: [real], result: 'number', summary: 'the cosine of an angle in radians', examples: [{ expr: 'cos(0)', result: '1' }], code: Math.cos },
  { name: 'tan', args: [real], result: 'number', summary: 'the tangent of an angle in radians', examples: [{ expr: 'tan(0)', result: '0' }], code: Math.tan },
  { name: 'atan2', args: [{ name: 'y', type: 'number' }, real], result: 'number', summary: 'the angle of the point (x, y) in radians', examples: [{ expr: 'atan2(0, 1)', result: '0' }], code: Math.atan2 },
  { name: 'bit_and', args: [x, { name: 'y', type: 'exact' }], result: 'integer', summary: 'the bits that both integers have', examples: [{ expr: 'bit_and(12, 10)', result: '8' }], code: bits('bit_and', (a, b) => a & b) },
  { name: 'bit_or', args: [x, { name: 'y', type: 'exact' }], result: 'integer', summary: 'the bits that either integer has', examples: [{ expr: 'bit_or(12, 10)', result: '14' }], code: bits('bit_or', (a, b) => a | b) },
  { name: 'bit_xor', args: [x, { name: 'y', type: 'exact' }], result: 'integer', summary: 'the bits that one integer has and the other has not', examples: [{ expr: 'bit_xor(12, 10)', result: '6' }], code: bits('bit_xor', (a, b) => a ^ b) },
]);
