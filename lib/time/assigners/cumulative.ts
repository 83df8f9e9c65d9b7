// Cumulative windows: one start, ends that grow by a step up to the greatest size; a record is in all whose end is still to come. (SEMANTICS 5.)
import type { Millis } from '../../record/batch.js';
import { floorMod } from '../civil.js';
import { reserve, several, type Assigner } from './assigner.js';

/** stepMs divides sizeMs; offsetMs any. */
export function cumulative(sizeMs: Millis, stepMs: Millis, offsetMs: Millis): Assigner {
  const most = sizeMs / stepMs;
  return several((time, rows, into) => {
    into.count = 0;
    for (let i = 0; i < rows.length; i++) {
      reserve(into, most);
      const row = rows[i], at = time[row], since = floorMod(at - offsetMs, sizeMs), start = at - since;
      let n = into.count;
      for (let end = start + since - since % stepMs + stepMs; end <= start + sizeMs; end += stepMs) { into.rows[n] = row; into.start[n] = start; into.end[n++] = end; }
      into.count = n;
    }
  });
}
