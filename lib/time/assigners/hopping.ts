// Hopping windows: every start ≡ offset (mod slide) with ts − size < start ≤ ts. The size need not be a multiple of the slide. (SEMANTICS 5.)
import type { Instant, Millis } from '../../record/batch.js';
import { floorMod } from '../civil.js';
import { reserve, several, type Assigner } from './assigner.js';

/**
 * Starts of the hopping windows that contain `at`, oldest first: floor or ceil of sizeMs / slideMs of them, each with start ≤ at < start + sizeMs.
 * @param at       event time, whole ms since the epoch, may be negative
 * @param sizeMs   > 0
 * @param slideMs  0 < slideMs ≤ sizeMs, need not divide sizeMs
 * @param offsetMs any; windows start at offsetMs + k · slideMs
 * Errors: none, the spec has checked the ranges. Cost: O(size / slide). Source: SEMANTICS 5; Spark and Beam agree, Flink SQL wants slide to divide size.
 */
export function hopStarts(at: Instant, sizeMs: Millis, slideMs: Millis, offsetMs: Millis): Instant[] {
  const starts: Instant[] = [];
  for (let start = firstStart(at, sizeMs, slideMs, offsetMs); start <= at; start += slideMs) starts.push(start);
  return starts;
}

/** The least start ≡ offsetMs (mod slideMs) that is greater than at − sizeMs. */
const firstStart = (at: Instant, sizeMs: Millis, slideMs: Millis, offsetMs: Millis): Instant => at - sizeMs + slideMs - floorMod(at - sizeMs - offsetMs, slideMs);

export function hopping(sizeMs: Millis, slideMs: Millis, offsetMs: Millis): Assigner {
  const most = Math.ceil(sizeMs / slideMs);
  return several((time, rows, into) => {
    into.count = 0;
    for (let i = 0; i < rows.length; i++) {
      reserve(into, most);
      const row = rows[i], at = time[row];
      let n = into.count;
      for (let start = firstStart(at, sizeMs, slideMs, offsetMs); start <= at; start += slideMs) {
        into.rows[n] = row; into.start[n] = start; into.end[n++] = start + sizeMs;
      }
      into.count = n;
    }
  });
}
