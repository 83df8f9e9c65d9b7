// Tumbling windows: start = ts − floorMod(ts − offset, size). (SEMANTICS 5.)
import type { Millis } from '../../record/batch.js';
import { floorMod } from '../civil.js';
import { single, type Assigner } from './assigner.js';

/** sizeMs > 0; offsetMs any. Records mostly fall into the window of the record before, which costs two comparisons. */
export function tumbling(sizeMs: Millis, offsetMs: Millis): Assigner {
  return single((time, rows, start, end) => {
    let from = NaN, to = NaN;
    for (let i = 0; i < rows.length; i++) {
      const row = rows[i], at = time[row];
      if (!(at >= from && at < to)) { from = at - floorMod(at - offsetMs, sizeMs); to = from + sizeMs; }
      start[row] = from; end[row] = to;
    }
  });
}
