// Functions that a user brings along (expr/functions/user.ts) as an engine of SQL says them. Owns: their reading as a table of ways. Must not: run their code.
// An engine that a function does not name refuses it by name.
import type { UserFunction } from '../../expr/functions/user.js';
import { anything, listOf, scalar } from '../fields.js';
import type { Engine } from './sql/dialect.js';
import type { Functions, Takes } from './sql/functions.js';

/** What an engine needs of each. */
export type UserFunctions = readonly (Pick<UserFunction, 'name' | 'sql' | 'python'> & { readonly args: readonly string[]; readonly result: string })[];

const takes = (type: string): Takes => type === 'string' || type === 'number' || type === 'integer' || type === 'boolean' || type === 'list' ? type : 'any';

export const functionTable = (functions: UserFunctions, engine: Engine): Functions => new Map(functions.map(({ name, args, result, sql }) => {
  const form = sql?.[engine], gives = result === 'string' || result === 'number' || result === 'integer' || result === 'boolean' ? scalar(result, true) : result === 'list' ? listOf(anything, true) : anything;
  return [name, [{ takes: args.map(takes), gives: () => gives, duckdb: undefined, spark: undefined, flink: undefined, [engine]: form === undefined ? undefined : `(${form})` }]];
}));
