// What an engine is to `leat compile`: what it can say, how equal that is, and the job it makes of a plan. Types and the two makers of table rows; one file a target.
import type { Feature } from '../../registry.js';
import type { Plan } from '../node.js';
import type { UserFunctions } from './user-functions.js';

/**
 * How the results of an engine compare with leat's, from the strongest: exact: the same multiset, late records too; exact if nothing is late: engines that ignore watermarks keep what leat
 * calls late; float-approx: and sums of doubles may differ in the last digits, for their order is the engine's.
 */
export type Equality = 'exact' | 'exact if nothing is late' | 'float-approx';

/** A row of a target's table. `instead`: something to type that works, or another target. */
export type Can = { readonly equality: Equality; readonly note?: string } | Unsupported;
export interface Unsupported { readonly reason: string; readonly instead: string }
export const can = (equality: Equality = 'exact', note?: string): Can => ({ equality, ...note === undefined ? {} : { note } });
export const unsupported = (reason: string, instead: string): Unsupported => ({ reason, instead });

export interface Job {
  /** Name and text of each file beside manifest.json: job.sql or job.py. */
  readonly files: Readonly<Record<string, string>>;
  readonly equality: Equality;
  /** Files or folders that it writes, in the order of the plan's sinks, then late records. */
  readonly outputs?: readonly string[];
  /** What must be so for the result to be equal, a sentence each. */
  readonly assumptions: readonly string[];
}

export interface CompileOptions {
  /** Where what would go to standard output is written: a file, or a folder where the engine writes folders. Undefined: standard output, or a folder `out`. */
  readonly out?: string;
  /** Functions that the user brings along. */
  readonly functions?: UserFunctions;
}

export interface Target {
  readonly name: 'duckdb' | 'flink' | 'spark' | 'beam';
  /** Version that the job was written for. */
  readonly version: string;
  /** A row for every feature of every tool: the type checker names what is missing. */
  readonly can: Readonly<Record<Feature, Can>>;
  /** The form of each function of expressions, by name; a name that is not in it is refused by name. */
  readonly functions: ReadonlySet<string>;
  readonly aggregates: ReadonlySet<string>;
  /** Errors: LeatError E_UNSUPPORTED (64) with the spot, reason and alternative; E_SCHEMA where fields of a source are not known. */
  compile(plan: Plan, options?: CompileOptions): Job;
  /** How to run the job in the folder it was written to, where the engine is installed. */
  readonly run: { readonly program: string; readonly words: readonly string[] };
}
