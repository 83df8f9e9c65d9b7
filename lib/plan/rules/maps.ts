// Two maps in a row as one. Why it may: the second one sees nothing but what the first made, so its fields can be said over the first one's input where they are copies, new names or constants;
// every expression of the first stays where it is, so what can be bad still is. Options of the second that work behind EXPRS (rename, drop) become options of the one.
// Not where both have other common options (--bad, --strict, --arg), nor where the first one has options that work behind its own EXPRS.
import type { Expression, MapText, Named } from '../../expr/expression.js';
import { pathText, samePath } from '../../record/path.js';
import type { CommonValues } from '../../runtime/pipeline.js';
import { before, touches } from '../expressions.js';
import type { Node } from '../node.js';
import { changed, readersOf, remade } from '../remake.js';
import { meaningBefore } from './filter-map.js';
import { isPlainStage } from './rule.js';
import type { Rule } from './rule.js';

interface MapValues { readonly exprs?: MapText; readonly explode?: unknown; readonly keepEmpty?: boolean; readonly rename?: unknown; readonly drop?: unknown; readonly flatten?: string }

export const maps: Rule = {
  name: 'map merging', summary: 'two maps in a row are one',
  apply(plan) {
    const readers = readersOf(plan);
    return changed(plan, (second, was) => {
      const [first] = second.inputs;
      if (second.op !== 'map' || first.op !== 'map' || readers.get(was.inputs[0]) !== 1 || isPlainStage(first) || second.planned === undefined || first.planned === undefined || !isAlike(first.planned.common, second.planned.common)) return undefined;
      const values = merged(first, second);
      return values === undefined ? undefined : remade(second, { inputs: first.inputs, values, note: 'two maps in one' });
    });
  },
};

const text = (common: CommonValues): string => JSON.stringify(Object.entries(common).filter(([name]) => ['bad', 'strict', 'arg', 'argjson', 'maxLine'].includes(name)).sort());
const isAlike = (a: CommonValues, b: CommonValues): boolean => text(a) === text(b);

function merged(first: Node, second: Node): MapValues | undefined {
  const a = first.params as MapValues, b = second.params as MapValues;
  if (a.explode !== undefined || a.rename !== undefined || a.drop !== undefined || a.flatten !== undefined || b.explode !== undefined || a.exprs === undefined) return undefined;
  const { explode: _e, keepEmpty: _k, exprs: _x, ...behind } = b, rest = { ...behind };
  if (b.exprs === undefined) return { ...rest, exprs: a.exprs };
  if (!('sets' in a.exprs) || !('sets' in b.exprs)) return undefined;
  const meaning = meaningBefore(first), sets: Named[] = [...a.exprs.sets];
  for (const { expression, name, explicit } of b.exprs.sets) {
    const now: Expression | undefined = before(expression, meaning), at = sets.findIndex((set) => samePath(set.name, name));
    // A field that both set: its first expression would not be worked out any more, and one inside of the other is set in two steps.
    if (now === undefined || at >= 0 || sets.some((set) => touches(set.name, name))) return undefined;
    sets.push({ expression: now, name, explicit: explicit || now.path === undefined || pathText(now.path) !== pathText(name) });
  }
  return { ...rest, exprs: { sets } };
}
