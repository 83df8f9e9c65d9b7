// Expressions made from others: parts replaced in their text, which is then parsed again, so that nothing comes out that a user could not have written.
import { expression } from '../expr/parse.js';
import type { Expression } from '../expr/expression.js';
import { children } from '../expr/syntax.js';
import type { Syntax } from '../expr/syntax.js';
import { pathText, startsWith } from '../record/path.js';
import type { Path } from '../record/path.js';

/** `replace` gives the text for a part, or undefined. What stands around it stays as it is written. */
export function rewritten(given: Expression, replace: (part: Syntax) => string | undefined): Expression {
  const whole = given.spot.text, edits: { readonly start: number; readonly end: number; readonly text: string }[] = [];
  const walk = (part: Syntax): void => {
    const text = replace(part);
    if (text !== undefined) { edits.push({ start: part.start, end: part.end, text: /^[\w.$]+$|^"[^"\\]*"$/.test(text) ? text : `(${text})` }); return; }
    if (part.kind === 'object') for (const { key, value } of part.members) {
      const before = edits.length;
      walk(value);
      // { host } stands for { host: host }.
      if (edits.length > before && key !== undefined && value.kind === 'path' && !whole.slice(part.start, value.start).trimEnd().endsWith(':')) { const edit = edits.pop()!; edits.push({ ...edit, text: `${JSON.stringify(key)}: ${edit.text}` }); }   // `!`: it was pushed
    } else children(part).forEach(walk);
  };
  walk(given.syntax);
  if (edits.length === 0) return given;
  let text = '', at = given.syntax.start;
  for (const edit of edits.sort((a, b) => a.start - b.start)) { text += whole.slice(at, edit.start) + edit.text; at = edit.end; }
  return expression(text + whole.slice(at, given.syntax.end));
}

/** What stands for a field behind a stage, as text: a path or a constant; undefined: it is as it was; null: it cannot be said. */
export type Meaning = (path: Path) => string | undefined | null;

/** An expression over the records before a stage that gives what `given` gives behind it; undefined: there is none. */
export function before(given: Expression, meaning: Meaning): Expression | undefined {
  for (const path of given.paths) if (path.length === 0 || meaning(path) === null) return undefined;
  return rewritten(given, (part) => part.kind === 'path' ? meaning(part.path) ?? undefined : undefined);
}

/** Whether a change at one path can be seen at the other. */
export const touches = (a: Path, b: Path): boolean => startsWith(a, b) || startsWith(b, a);

/** The text of a simple expression, a path with `rest` behind it or a constant; undefined: it is more than that. */
export function simple({ syntax }: Pick<Expression, 'syntax'>, rest: Path): string | undefined {
  if (syntax.kind === 'path' && syntax.path.length > 0) return pathText([...syntax.path, ...rest]);
  return syntax.kind === 'constant' && rest.length === 0 ? syntax.json : undefined;
}
