// Functions that a user brings along: what each is called, takes and gives, its JavaScript, and how each engine says it. Owns: that shape, and its reading as a table of ways.
// Must not: run the code (leat run does). An engine that a function does not name refuses it by name.
import { anything, listOf, scalar } from '../fields.js';
import type { Engine } from './sql/dialect.js';
import type { Functions, Takes } from './sql/functions.js';

export interface UserFunction {
  readonly name: string;
  /** string, number, integer, boolean, list or any, one for each argument. */
  readonly args: readonly string[];
  readonly result: string;
  readonly code: (...args: any[]) => unknown;              // `any`: each has its own parameters
  /** SQL with $1, $2 for the arguments. */
  readonly sql?: Readonly<Partial<Record<Engine, string>>>;
  /** Python with $1, $2 for the arguments. */
  readonly python?: string;
}
export type UserFunctions = readonly UserFunction[];

const takes = (type: string): Takes => type === 'string' || type === 'number' || type === 'integer' || type === 'boolean' || type === 'list' ? type : 'any';

export const functionTable = (functions: UserFunctions, engine: Engine): Functions => new Map(functions.map(({ name, args, result, sql }) => {
  const form = sql?.[engine], gives = result === 'string' || result === 'number' || result === 'integer' || result === 'boolean' ? scalar(result, true) : result === 'list' ? listOf(anything, true) : anything;
  return [name, [{ takes: args.map(takes), gives: () => gives, duckdb: undefined, spark: undefined, flink: undefined, [engine]: form === undefined ? undefined : `(${form})` }]];
}));
