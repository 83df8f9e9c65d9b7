// A filter before `sort` and `dedup`. Why it may: sort keeps every record and the order of equal ones, so less is sorted in the same order. With --top, and for dedup, only where the condition
// reads nothing but the key and is blind to its text: then a group is kept as a whole or dropped as a whole, and who is first or last in it does not change.
import type { Expression } from '../../expr/expression.js';
import { samePath } from '../../record/path.js';
import { isBlindToText } from '../effects.js';
import type { Below } from './filter.js';
import { dropsLate } from './rule.js';

/** Whether a condition is about these keys alone, which are paths. */
export const isOnKeys = (condition: Expression, keys: readonly Expression[]): boolean =>
  isBlindToText(condition) && condition.paths.every((path) => keys.some((key) => key.path !== undefined && samePath(key.path, path)));

export const sort: Below = (stage, condition) => {
  const { top, by, check } = stage.params as { top?: number; by?: readonly Expression[]; check?: boolean };
  if (check === true || !dropsLate(stage) || (top !== undefined && !isOnKeys(condition, by ?? []))) return undefined;
  return { input: 0, condition, note: 'moved before sort: what it drops is not sorted' };
};

export const dedup: Below = (stage, condition) => dropsLate(stage) && isOnKeys(condition, stage.params.key)
  ? { input: 0, condition, note: 'moved before dedup: it is about the key alone' } : undefined;
