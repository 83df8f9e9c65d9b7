// A filter before the side of a `join` that it is about. Why it may: a pair is made of its two records, so a pair that the condition drops is not made when one of them is not there; other pairs,
// their order and W do not change. Left rows of an inner, left, semi or anti join, right rows of an inner one (but of --asof: its partner is the last one). Only where the fields of
// both sides are known, for the name of a field depends on both; and where a name that both have is in every left record, else it would be the right's where the left lacks it.
import { pathText } from '../../record/path.js';
import { before } from '../expressions.js';
import { fieldAt } from '../fields.js';
import { isWindowedJoin, joinedNames } from '../outputs.js';
import type { Below } from './filter.js';
import { dropsLate } from './rule.js';

export const join: Below = (stage, condition) => {
  const { left: isLeft, right: isRight, full, asof, semi, anti } = stage.params, [{ fields: ours, stream }, { fields: theirs }] = stage.inputs;
  if (ours === undefined || theirs === undefined || !dropsLate(stage) || isRight === true || full === true) return undefined;
  const names = joinedNames(stage.params, isWindowedJoin(stage.params, stream), ours, theirs);
  for (const side of [0, 1] as const) {
    if (side === 1 && (isLeft === true || asof === true || semi === true || anti === true)) continue;
    const made = before(condition, (path) => {
      const origin = names.get(String(path[0])), name = String(origin?.path[0] ?? '');
      if (origin?.side !== side || (semi !== true && anti !== true && ours.has(name) && theirs.has(name) && fieldAt(ours, [name]).isNullable)) return null;
      const now = [...origin.path, ...path.slice(1)];
      return now.length === 0 ? null : pathText(now);
    });
    if (made !== undefined) return { input: side, condition: made, note: `moved before join: it is about the ${side === 0 ? 'left' : 'right'} side alone` };
  }
  return undefined;
};
