// A filter before `window`. Why it may: window adds window_start and window_end and drops late records by W, which stands at each record already; a condition that reads neither
// bound is as true before as behind. Not where late records are written or end the run: those that the filter drops would be missing there.
import type { Below } from './filter.js';
import { dropsLate } from './rule.js';

export const window: Below = (stage, condition) => dropsLate(stage) && condition.paths.every(([first]) => first !== undefined && first !== 'window_start' && first !== 'window_end')
  ? { input: 0, condition, note: 'moved before window: what it drops is assigned to no windows' } : undefined;
