// Which functions of expressions a Python job can say: all that have a helper (prelude/), those of users with their Python, and what is to be known of some.
import { calls } from './prelude/calls.js';
import { others } from './prelude/others.js';
import { time } from './prelude/time.js';

/** Names of the functions that a job can say. */
export const functionNames: ReadonlySet<string> = new Set([...Object.keys(calls), ...Object.keys(others), ...Object.keys(time)].filter((name) => name.startsWith('f_')).map((name) => name.slice(2)));

/** Functions whose last digit may be another one: they come from the mathematics library of Python there, of JavaScript here. */
export const approximate: ReadonlySet<string> = new Set(['cbrt', 'exp', 'ln', 'log2', 'log10', 'pow', 'sin', 'cos', 'tan', 'atan2']);
