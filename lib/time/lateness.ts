// Where lateness and firing are decided: the same few comparisons for all tools (SEMANTICS 4 and 5). W is a watermark, −∞ before the first record.
import type { Instant, Millis } from '../record/batch.js';

/** A window fires, and what belongs to it is late, once this ≤ W. */
export const windowDue = (endMs: Instant, latenessMs: Millis): Instant => endMs + latenessMs;
/** A session fires once last + gap + L < W: strict, and time is whole ms. */
export const sessionDue = (lastMs: Instant, gapMs: Millis, latenessMs: Millis): Instant => lastMs + gapMs + latenessMs + 1;

/** Whether a record is late for a window; `before`: W before the record. */
export const isLate = (endMs: Instant, latenessMs: Millis, before: Instant): boolean => endMs + latenessMs <= before;
/** Whether a record is late for any session. */
export const isLateForSession = (at: Instant, latenessMs: Millis, before: Instant): boolean => at + latenessMs < before;

/** The smallest --delay that would have kept a record that belongs to a window: W(n−1) was greatest − delay, and end + L > greatest − delay must hold. */
export const delayToKeep = (endMs: Instant, latenessMs: Millis, greatest: Instant): Millis => Math.max(0, greatest - endMs - latenessMs + 1);
/** The same for sessions: ts + L ≥ greatest − delay. */
export const delayToKeepInSession = (at: Instant, latenessMs: Millis, greatest: Instant): Millis => Math.max(0, greatest - at - latenessMs);
