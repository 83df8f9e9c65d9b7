// The most values that a list keeps: the parameter n of collect and collect_set, which may be left out.

/** How long a list gets before it is cut to its first n: so that cutting costs little a value. */
export const cutAt = (n: number): number => Math.max(2 * n, 64);

/** n: all values where it is left out. */
export const boundParam = { name: 'n', optional: true, check: (n: number): string | undefined => Number.isInteger(n) && n >= 1 ? undefined : `n is a whole number from 1, not ${n}` } as const;
