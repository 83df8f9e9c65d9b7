// Sums and means of doubles that agree with leat's exact ones: what each addition loses is kept, and what that loses too (Knuth's two-sum, Klein 2006), some 150 bits in all; rounded once.
// Owns: the formulas, over a state with the members s, c and d. Must not: know how an engine walks over a list.

/** What a + b loses when it is rounded. */
const lost = (a: string, b: string): string => `((${a} - ((${a} + ${b}) - ((${a} + ${b}) - ${a}))) + (${b} - ((${a} + ${b}) - ${a})))`;

/** Members of the state when x is added to state a. */
export const added = (a: string, x: string): { readonly s: string; readonly c: string; readonly d: string } =>
  ({ s: `${a}.s + ${x}`, c: `${a}.c + ${lost(`${a}.s`, x)}`, d: `${a}.d + ${lost(`${a}.c`, lost(`${a}.s`, x))}` });
/** The state as a double and what is left over. */
export const settled = (t: string): { readonly s: string; readonly c: string } => ({ s: `${t}.s + ${t}.c`, c: `${lost(`${t}.s`, `${t}.c`)} + ${t}.d` });
export const sumOf = (t: string): string => `(${t}.s + ${t}.c) + (${lost(`${t}.s`, `${t}.c`)} + ${t}.d)`;
/** Half of the digits of q, so that n times it is exact. */
export const halfOf = (q: string): string => `${q} * 134217729E0 - (${q} * 134217729E0 - ${q})`;
/** The quotient q of a settled state t by n, corrected by its remainder; h: half of q. */
export const corrected = (t: string, q: string, h: string, n: string): string => `${q} + (((${t}.s - ${h} * ${n}) - (${q} - ${h}) * ${n}) + ${t}.c) / ${n}`;

export const sentence = 'sums and means of doubles are worked out with some 150 bits and rounded once: the same as leat\'s exact ones but where terms of a sum cancel to less than 10^-25 of their size';
