// What a function of expressions is: one declaration gives the check of its call, its code, its line in `leat help functions` and a test. Owns: that contract.
// Must not: list functions (index.ts does).
import type { Cell } from '../../record/compare.js';

/**
 * What an argument may be, and what its code gets for it:
 * string → string · number → number (a double; infinite ones make the record bad before) · integer → number, whole · boolean → boolean ·
 * list, object, exact (a number of any size), any → Cell, valid until the code returns · text-or-list → Cell · regex → Pattern, only as a literal.
 */
export type ArgType = 'string' | 'number' | 'integer' | 'boolean' | 'list' | 'object' | 'exact' | 'any' | 'string or list' | 'string or regex' | 'regex';

export interface Arg {
  readonly name: string;
  readonly type: ArgType;
  readonly optional?: boolean;
  /** The last argument may be given any number of times (at least once, unless optional). */
  readonly rest?: boolean;
  /** Looks at an argument that is a constant string, before any record is read: throws LeatError where it can never be right. */
  readonly check?: (text: string) => unknown;
}

/** JSON text made by a function. */
export interface Made { readonly json: string; readonly tag: number }

/** What code gives: null (or undefined) is null; a Cell is handed through with its text; NaN is null, and an infinite number makes the record bad. */
export type Value = string | number | bigint | boolean | null | undefined | Cell | Made;

export interface FunctionSpec {
  readonly name: string;
  readonly subject: 'text' | 'regex' | 'number' | 'time' | 'null, type' | 'list, object' | 'other';
  readonly args: readonly Arg[];
  /** Type of the result, in words. */
  readonly result: string;
  readonly summary: string;
  /** undefined: any null argument gives null, and the code never sees one. Else the rule in words, and code sees null arguments (null for a plain type, a Null Cell for the others). */
  readonly nulls?: string;
  /** Executed by the tests: `expr` over the record `record` ({} if not given) gives the JSON text `result`. */
  readonly examples: readonly { readonly expr: string; readonly result: string; readonly record?: string }[];
  /** `any`: each code has its own parameters, as `args` says; the caller converts by those types. */
  readonly code: (...args: any[]) => Value;
}

/** A Clash thrown by code: the arguments have the right types, but not the right shape (a list of strings, say). The result is null, and it is counted. */
export class Clash extends Error {}

/** Throws: the call gives null and is counted as a type clash; `what` as binder.clash() has it. */
export function clash(what: string): never { throw new Clash(what); }

/** The code of a user's function has failed: the record is bad, and the message says which function. */
export class Broken extends Error {}

/** No result is longer than a line may be: 16 MiB. */
export const resultBytesMax = 16 * 1024 * 1024;
/** Throws where a text of so many UTF-16 units would be too long a result: the record is bad. */
export class TooLong extends Error {}
export function checkLength(units: number): void { if (units > resultBytesMax) throw new TooLong(); }

/** How a call of it is written: `slice(s, from[, to])`. */
export function signature({ name, args }: FunctionSpec): string {
  const parts = args.map(({ name: arg, optional, rest }, i) => {
    const text = (i > 0 ? ', ' : '') + arg + (rest ? ', …' : '');
    return optional ? `[${text}]` : text;
  });
  return `${name}(${parts.join('')})`;
}
