// Ranks of quantiles: ceil(q · n), at least 1, no interpolation (SEMANTICS 6; SQL's PERCENTILE_DISC). q is the decimal number that was written: 0.07 of 100 is 7, not 8.

/** The rank, 1 to n, of quantile q (0 to 1) of n values. */
export function rankOf(q: number, n: number): number {
  const product = q * n, near = Math.round(product);
  // Only near a whole number can the rounding of the double q matter; there by the digits of q.
  const rank = Math.abs(product - near) > 1e-6 * Math.max(1, near * 1e-6) ? Math.ceil(product) : exactRank(q, n);
  return Math.min(n, Math.max(1, rank));
}

function exactRank(q: number, n: number): number {
  const [mantissa, exponent = '0'] = String(q).split('e'), [whole, fraction = ''] = mantissa.split('.');
  const above = BigInt(whole + fraction) * BigInt(n), below = 10n ** BigInt(fraction.length - Number(exponent));
  return Number((above + below - 1n) / below);
}

/** What is wrong with a quantile's parameter. */
export const checkQuantile = (q: number): string | undefined => q >= 0 && q <= 1 ? undefined : `a quantile is from 0 to 1, not ${q}${q > 1 && q <= 100 ? `; did you mean ${Number(`${q}e-2`)}?` : ''}`;
