// A filter before `map`. Why it may: fields that map does not touch are as they were, and one that is a copy, a new name or a constant is said by what it was made of. Not where map
// can make a record bad: one that the filter drops would have ended the run. --explode and --flatten stay where they are.
import type { Expression, MapText } from '../../expr/expression.js';
import { pathText, startsWith } from '../../record/path.js';
import type { Path } from '../../record/path.js';
import { isHarmless } from '../effects.js';
import type { Part } from '../effects.js';
import { before, simple, touches } from '../expressions.js';
import type { Meaning } from '../expressions.js';
import type { Node } from '../node.js';
import type { Below } from './filter.js';

export const map: Below = (stage, condition) => {
  const { exprs, explode, flatten } = stage.params as { exprs?: MapText; explode?: unknown; flatten?: unknown };
  if (explode !== undefined || flatten !== undefined || stage.planned === undefined || expressionsOf(stage).some((each) => !isHarmless(each, stage.inputs[0].fields, stage.planned!.common))) return undefined;   // `!`: seen
  if (exprs !== undefined && 'sets' in exprs && exprs.sets.some(({ name }) => name.length > 1)) return undefined;   // a name inside of what is no object is bad
  const made = before(condition, meaningBefore(stage));
  return made === undefined ? undefined : { input: 0, condition: made, note: 'moved before map: nothing is computed for what it drops' };
};

/** What a map evaluates. The members of an object that is written out are looked at one by one: only copies and what is harmless. */
function expressionsOf({ params: { exprs } }: Node): readonly Part[] {
  if (exprs === undefined) return [];
  return 'sets' in exprs ? exprs.sets.map(({ expression }: { expression: Expression }) => expression) : membersOf(exprs.object) ?? [exprs.object];
}

/** The members of `{…}`; undefined where there is a spread, or a field that is copied twice, for what is made may be too long then. */
function membersOf({ syntax }: Part): readonly Part[] | undefined {
  if (syntax.kind !== 'object' || syntax.members.some(({ key }) => key === undefined)) return undefined;
  const values = syntax.members.map(({ value }) => value), paths = values.flatMap((value) => value.kind === 'path' ? [value.path] : []);
  return paths.every((path, i) => paths.findIndex((other) => touches(other, path)) === i) ? values.map((value) => ({ syntax: value })) : undefined;
}

/** What a field behind a map is before it. */
export function meaningBefore({ params: { exprs, rename = [], drop = [] } }: Node): Meaning {
  return (given) => {
    let path: Path = given;
    // The options work in this order: EXPRS, rename, drop; what is asked for is followed back.
    if ((drop as readonly Path[]).some((each) => touches(path, each))) return (drop as readonly Path[]).some((each) => startsWith(path, each)) ? 'null' : null;
    for (const { expression, name } of [...rename as readonly { readonly expression: Expression; readonly name: Path }[]].reverse()) {
      const old = expression.path!, now = [...old.slice(0, -1), name[name.length - 1]];   // `!`: --rename takes paths
      if (startsWith(path, now)) path = [...old, ...path.slice(now.length)];
      else if (touches(path, now) || touches(path, old)) return null;
    }
    if (exprs !== undefined && 'object' in exprs) {
      const { syntax } = exprs.object as Expression;
      if (syntax.kind !== 'object' || syntax.members.some(({ key }) => key === undefined)) return null;
      const member = syntax.members.findLast(({ key }) => key === path[0]);
      return member === undefined ? 'null' : simple({ syntax: member.value }, path.slice(1)) ?? null;
    }
    for (const { expression, name } of exprs?.sets ?? []) {
      if (startsWith(path, name)) return simple(expression, path.slice(name.length)) ?? null;
      if (touches(path, name)) return null;
    }
    return path === given ? undefined : pathText(path);
  };
}
