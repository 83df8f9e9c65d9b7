// Functions of regular expressions. Patterns are literals of the expression, checked in ../regex.ts; matching is for the first place unless the name says all.
import { Tag } from '../../record/batch.js';
import type { Cell } from '../../record/compare.js';
import { encodeString } from '../../record/json.js';
import type { Pattern } from '../regex.js';
import { checkLength, clash } from './function.js';
import { listOf, remember, subject, textOf } from './shared.js';

const s = { name: 's', type: 'string' } as const, re = { name: 're', type: 'regex' } as const;
const group = { name: 'group', type: 'any', optional: true } as const;

type Piece = string | { readonly group: number | string };

/** `to` of replace(), cut at its $1, $<name>, $& and $$. */
const pieces = remember((to: string): readonly Piece[] => {
  const found: Piece[] = [];
  let from = 0;
  for (const { 0: whole, 1: digits, 2: name, index } of to.matchAll(/\$(?:(\d{1,2})|<([^>]+)>|[&$])/g)) {
    found.push(to.slice(from, index), digits !== undefined ? { group: Number(digits) } : name !== undefined ? { group: name } : whole === '$&' ? { group: 0 } : '$');
    from = index + whole.length;
  }
  found.push(to.slice(from));
  return found.filter((piece) => piece !== '');
});

/** All matches replaced. A group that took no part is "". */
export function expand(text: string, pattern: Pattern, to: string): string {
  const plan = pieces(to), parts: string[] = [];
  let from = 0, size = 0;
  for (const found of pattern.all(text)) {
    parts.push(text.slice(from, found.index));
    for (const piece of plan) parts.push(typeof piece === 'string' ? piece : (typeof piece.group === 'number' ? found[piece.group] : named(found, piece.group)) ?? '');
    from = found.index + found[0].length;
    for (let i = parts.length - plan.length - 1; i < parts.length; i++) size += parts[i].length;
    checkLength(size);
  }
  if (from === 0 && parts.length === 0) return text;
  parts.push(text.slice(from));
  return parts.join('');
}

const named = (found: RegExpMatchArray, name: string): string | undefined => found.groups !== undefined && Object.hasOwn(found.groups, name) ? found.groups[name] : undefined;

/** A group by its number or name; there is no such group: a clash. */
function groupOf(found: RegExpMatchArray, which: { readonly number: number; readonly name: string | undefined }): string | null {
  if (which.name !== undefined) {
    if (found.groups === undefined || !Object.hasOwn(found.groups, which.name)) clash(`the pattern has no group '${which.name}'`);
    return found.groups[which.name] ?? null;
  }
  if (!(which.number >= 0 && which.number < found.length)) clash(`the pattern has no group ${which.number}`);
  return found[which.number] ?? null;
}

export const regex = subject('regex', [
  {
    name: 'matches', args: [s, re], result: 'boolean', summary: 'whether the pattern is found anywhere in the string (^ and $ tie it to the ends)',
    examples: [{ expr: 'matches("web-12", /^web-\\d+$/)', result: 'true' }, { expr: 'matches("GET /a", /post/i)', result: 'false' }],
    code: (text: string, pattern: Pattern) => pattern.test(text),
  },
  {
    name: 'extract', args: [s, re, group], result: 'string', summary: 'the first match, or a group of it by number or name; null where there is none',
    examples: [{ expr: 'extract("id=17;", /\\d+/)', result: '"17"' }, { expr: 'extract("id=17;", /id=(\\d+)/, 1)', result: '"17"' }, { expr: 'extract("id=17;", /id=(?<id>\\d+)/, "id")', result: '"17"' }],
    code: (text: string, pattern: Pattern, which?: Cell) => {
      const found = pattern.first(text);
      return found === undefined ? null : groupOf(found, groupArgument(which));
    },
  },
  {
    name: 'extract_all', args: [s, re, group], result: 'list', summary: 'all matches as a list, or a group of each', examples: [{ expr: 'extract_all("a1 b22", /\\d+/)', result: '["1","22"]' }, { expr: 'extract_all("k=v l=w", /(\\w)=/, 1)', result: '["k","l"]' }],
    code: (text: string, pattern: Pattern, which?: Cell) => {
      const wanted = groupArgument(which);
      return listOf(Array.from(pattern.all(text), (found) => { const part = groupOf(found, wanted); return part === null ? 'null' : encodeString(part); }));
    },
  },
]);

function groupArgument(which: Cell | undefined): { readonly number: number; readonly name: string | undefined } {
  if (which === undefined) return { number: 0, name: undefined };
  if (which.tag === Tag.String) return { number: 0, name: textOf(which) };
  if (which.tag !== Tag.Number) clash('a group is a number or a name');
  return { number: which.number, name: undefined };
}
