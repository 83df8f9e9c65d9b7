// All functions of expressions, in the order of the man page. Owns: the list. Must not: define one.
import type { FunctionSpec } from './function.js';
import { lists } from './lists.js';
import { number } from './number.js';
import { other } from './other.js';
import { regex } from './regex.js';
import { text } from './text.js';
import { time } from './time.js';
import { types } from './types.js';

const all: readonly FunctionSpec[] = [...text, ...regex, ...number, ...time, ...types, ...lists, ...other];

/** Every function by its name. */
export const functions: ReadonlyMap<string, FunctionSpec> = new Map(all.map((spec) => [spec.name, spec]));
