// Exact numbers behind results: doubles as integers that count a tiny power of two, quotients of such integers rounded once. Used per result, never per record.

/** Every double is a whole number of 2^−1074. */
export const doubleScale = 1074;

const float = new Float64Array(1), words = new Uint32Array(float.buffer), high = new Uint8Array(new Uint32Array([1]).buffer)[0] === 1 ? 1 : 0;

/** x · 2^scale, exactly. x is finite, scale ≥ 1074. */
export function scaled(x: number, scale: number): bigint {
  if (x === 0) return 0n;
  float[0] = x;
  const top = words[high], exponent = top >>> 20 & 2047, mantissa = (top & 1_048_575) * 4_294_967_296 + words[1 - high];
  const size = exponent === 0 ? BigInt(mantissa) << BigInt(scale - 1074) : BigInt(mantissa + 2 ** 52) << BigInt(exponent - 1075 + scale);
  return x < 0 ? -size : size;
}

const bits = (x: bigint): number => x.toString(16).length * 4;   // to 4 bits

/** The double nearest to above / below · 2^−scale, ties to even; ±Infinity when it is beyond all doubles. below > 0. */
export function exactQuotient(above: bigint, below: bigint, scale: number): number {
  if (above === 0n) return 0;
  const size = above < 0n ? -above : above, shift = 68 - bits(size) + bits(below);
  const dividend = shift > 0 ? size << BigInt(shift) : size, divisor = shift > 0 ? below : below << BigInt(-shift);
  let quotient = dividend / divisor;                     // 60 bits at least, so the last one can stand for all that is cut off
  if (quotient * divisor !== dividend) quotient |= 1n;
  const result = power(quotient, -shift - scale);
  return above < 0n ? -result : result;
}

/** The double nearest to x · 2^exponent; x > 0, of 60 to 80 bits. */
function power(x: bigint, exponent: number): number {
  const below = -1074 - exponent;                        // bits of x below the least one of any double
  if (below > 0 && x.toString(2).length + exponent <= -1022) {       // the result has fewer than 53 bits: round there
    const cut = BigInt(below), kept = x >> cut, rest = x - (kept << cut), half = 1n << cut - 1n;
    return Number(rest > half || (rest === half && (kept & 1n) === 1n) ? kept + 1n : kept) * Number.MIN_VALUE;
  }
  let result = Number(x), left = exponent;               // the one rounding; powers of two change no bit of it
  while (left > 900) { result *= 2 ** 900; left -= 900; if (result === Infinity) return result; }
  while (left < -900) { result *= 2 ** -900; left += 900; }
  return result * 2 ** left;
}
