// All functions of expressions, in the order of the man page. Owns: the list. Must not: define one.
import type { FunctionSpec } from './function.js';

const all: readonly FunctionSpec[] = [];

/** Every function by its name. */
export const functions: ReadonlyMap<string, FunctionSpec> = new Map(all.map((spec) => [spec.name, spec]));
