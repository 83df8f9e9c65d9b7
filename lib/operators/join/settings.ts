// What a call of join asks for, in one form: which records go out, and how they are found. Options have been checked by the spec.
import type { Path } from '../../record/path.js';
import type { Millis } from '../../record/batch.js';

export type Kind = 'inner' | 'left' | 'right' | 'full' | 'semi' | 'anti';
export type Form = 'interval' | 'windowed' | 'table' | 'asof' | 'bounded';

export interface Settings {
  readonly form: Form;
  readonly kind: Kind;
  readonly left: readonly Path[];
  readonly right: readonly Path[];
  /** -j: one name for both keys. */
  readonly isOneKey: boolean;
  /** Interval: right.ts is in [left.ts + lo, left.ts + hi]; ±Infinity with --unbounded. */
  readonly lo: Millis;
  readonly hi: Millis;
  /** As-of: how much older the right row may be; Infinity: any. */
  readonly toleranceMs: Millis;
  readonly suffix: string;
  readonly as: string | undefined;
}

/** Left rows without a partner go out. */
export const leavesLeft = (kind: Kind): boolean => kind === 'left' || kind === 'full' || kind === 'anti';
/** Right rows without a partner go out. */
export const leavesRight = (kind: Kind): boolean => kind === 'right' || kind === 'full';
/** Rows with both sides' fields go out. */
export const pairs = (kind: Kind): boolean => kind !== 'semi' && kind !== 'anti';
