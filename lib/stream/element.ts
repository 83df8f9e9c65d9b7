// What travels between stages. Only runtime/ looks at kinds; no operator sees one.
import type { Batch, Instant } from '../record/batch.js';
import type { Path } from '../record/path.js';

/** Flag of a barrier: the input was drained. */
export const DRAINED = 1;

export type Element =
  | { readonly kind: 'batch'; readonly batch: Batch }
  | { readonly kind: 'watermark'; readonly at: Instant }
  | { readonly kind: 'idle' }
  | { readonly kind: 'barrier'; readonly epoch: number; /** 1: all records have come, W is +∞ here (DRAINED). */ readonly flags: number }
  | { readonly kind: 'end'; readonly mode: 'drain' | 'pause' }
  | { readonly kind: 'abort'; readonly exit: number };

/** How `window` assigned windows; travels in `hello`. Times in ms. */
export interface Windowing {
  readonly kind: 'fixed' | 'session' | 'count';     // fixed: bounds are in the records (tumbling, hopping, cumulative, calendar)
  readonly size: number;                            // session: gap; count: records
  readonly latenessMs: number;
  readonly epoch: boolean;                          // bounds are written as integers in ms
  readonly nested: boolean;                         // several windows begin at one instant (cumulative, results of sessions): only both bounds tell a window
  readonly spec?: WindowText;                       // fixed: how one window follows another, where that is known
}

/** What `window` was told: SPEC in its usual spelling (time/window-spec.ts reads it), --offset and --tz. */
export interface WindowText { readonly text: string; readonly offsetMs: number; readonly tz: string | undefined }

/** Event time of a stream: the field, how its values are read, and the delay by which W follows the greatest of them. */
export interface EventTime {
  readonly path: Path;
  readonly unit: 'ms' | 's' | 'us' | 'ns';
  readonly format?: string;
  /** W(n) = max(ts) − delayMs as every reader computes it for itself; Infinity: only `watermark` lines move W. */
  readonly delayMs: number;
  /** Added to the value: −1 where the field is a window's end (SEMANTICS 5: a result's event time is window_end − 1 ms). */
  readonly shiftMs: number;
  /** Records come in the order of event time, so that W before each is its own time less delayMs already. A tool that puts them in another order, or holds W back, leaves this out: reordered(). */
  readonly isOrdered?: true;
}

/** The event time of a stream whose records leave in another order than they came, or while W is held back. */
export function reordered({ isOrdered: _isOrdered, ...event }: EventTime, delayMs: number): EventTime { return { ...event, delayMs }; }

/** What is known of a stream before its first record. */
export interface Schema {
  readonly event?: EventTime;
  readonly windows?: Windowing;
  readonly managed: boolean;
  readonly changes: boolean;
  /** Tools so far, for messages. */
  readonly tools: readonly string[];
}
