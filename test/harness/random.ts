// Seeded random numbers for generators and property tests: equal seeds, equal output, on every machine. Not for anything that must be hard to guess.

/** A source of numbers in [0, 1): xorshift of 32 bits (Marsaglia 2003), whitened by a multiplication. */
export function random(seed: number): () => number {
  let x = (seed ^ 0x9e3779b9) >>> 0 || 1;
  return () => {
    x ^= x << 13; x >>>= 0; x ^= x >>> 17; x ^= x << 5; x >>>= 0;
    return (Math.imul(x, 0x2545f491) >>> 8) / 16777216;
  };
}

/** What generators ask for, over one source. */
export interface Dice {
  /** Whole number from 0 to below n. */
  below(n: number): number;
  pick<T>(from: readonly T[]): T;
  /** true with probability p. */
  chance(p: number): boolean;
  /** The array, in another order; a copy. */
  shuffled<T>(from: readonly T[]): T[];
}

export function dice(seed: number): Dice {
  const next = random(seed);
  const below = (n: number): number => Math.floor(next() * n);
  return {
    below,
    pick: (from) => from[below(from.length)]!,           // `!`: below() stays inside; nobody picks from nothing
    chance: (p) => next() < p,
    shuffled(from) {
      const all = [...from];
      for (let i = all.length - 1; i > 0; i--) { const j = below(i + 1); [all[i], all[j]] = [all[j]!, all[i]!]; }   // `!`: i and j are indexes of all
      return all;
    },
  };
}

/** The seed of a property test: SEED from the environment, else a new one; the caller prints it. */
export const seedOf = (): number => process.env.SEED === undefined ? Math.floor(Math.random() * 2 ** 31) : Number(process.env.SEED);
