// Exact sums and means of a few numbers, by BigInt (SEMANTICS 6: like Python's fsum, rounded once). Owns: that arithmetic. For lists inside of one record only:
// sums over a stream are lib/agg's.
import { Tag } from '../../record/batch.js';
import type { Cell } from '../../record/compare.js';
import { integerOf } from './number.js';

const bits = new DataView(new ArrayBuffer(8));
const unitBits = 1074n;                                    // every double is a whole multiple of 2^−1074

/** x in units of 2^−1074. */
function unitsOf(x: number): bigint {
  bits.setFloat64(0, x);
  const word = bits.getBigUint64(0), exponent = (word >> 52n) & 0x7ffn, fraction = word & 0xf_ffff_ffff_ffffn;
  const size = exponent === 0n ? fraction : (fraction | 0x10_0000_0000_0000n) << (exponent - 1n);
  return word >> 63n === 1n ? -size : size;
}

/** The double nearest to m / n, ties to even; n > 0. */
function nearest(m: bigint, n: bigint): number {
  if (m < 0n) return -nearest(-m, n);
  if (m === 0n) return 0;
  // A quotient of 64 bits or more, with a last bit that says whether anything is left: Number() then rounds as the exact value would be.
  const shift = BigInt(Math.max(0, n.toString(2).length - m.toString(2).length + 66));
  const scaled = m << shift, quotient = scaled / n, rest = scaled % n !== 0n;
  let x = Number(rest ? quotient | 1n : quotient), left = Number(shift);
  for (; left > 1000; left -= 1000) x /= 2 ** 1000;
  return x / 2 ** left;
}

interface Total { readonly integer: bigint; readonly units: bigint; readonly isInteger: boolean }

/** undefined where a number has no double and is no integer either. */
function total(cells: readonly Cell[]): Total | undefined {
  let integer = 0n, units = 0n, isInteger = true;
  for (const cell of cells) {
    const exact = integerOf(cell);
    if (exact !== undefined) { integer += exact; continue; }
    if (cell.tag === Tag.Wide) return undefined;
    units += unitsOf(cell.number);
    isInteger = false;
  }
  return { integer, units, isInteger };
}

/** Integers exactly, else the correctly rounded sum; of none null; Infinity where one of them is too large. */
export function sumOf(cells: readonly Cell[]): number | bigint | null {
  if (cells.length === 0) return null;
  const sum = total(cells);
  if (sum === undefined) return Infinity;
  return sum.isInteger ? sum.integer : nearest((sum.integer << unitBits) + sum.units, 1n << unitBits);
}

/** The exact mean, rounded once. */
export function averageOf(cells: readonly Cell[]): number | null {
  if (cells.length === 0) return null;
  const sum = total(cells);
  return sum === undefined ? Infinity : nearest((sum.integer << unitBits) + sum.units, BigInt(cells.length) << unitBits);
}
