// Functions of text. Positions count from 0, negative ones from the end, in code points. Case is that of ASCII: the rest of Unicode is left alone, in every locale.
import { Tag } from '../../record/batch.js';
import { compareCells } from '../../record/compare.js';
import type { Cell } from '../../record/compare.js';
import { Elements, encodeString } from '../../record/json.js';
import { searchList } from '../nodes/membership.js';
import type { Pattern } from '../regex.js';
import { checkLength, clash } from './function.js';
import { expand } from './regex.js';
import { elementsOf, fieldsOf, isSimple, jsonOf, listOf, pointCount, slicePoints, subject, textOf } from './shared.js';

const s = { name: 's', type: 'string' } as const;
const elements = new Elements();
function isAscii(x: string): boolean {
  for (let i = 0; i < x.length; i++) if (x.charCodeAt(i) > 127) return false;
  return true;
}

/** A list or a string is looked into for a value: strings only for strings. */
function part(name: string, cell: Cell): string {
  if (cell.tag !== Tag.String) clash(`${name} of a string looks for a string`);
  return textOf(cell);
}

function pad(text: string, width: number, fill: string, atStart: boolean): string {
  const missing = width - pointCount(text);
  if (missing <= 0 || fill === '') return text;
  checkLength(missing);
  const points = Array.from(fill);
  const made = points.length === 1 ? fill.repeat(missing) : Array.from({ length: missing }, (_, i) => points[i % points.length]).join('');
  return atStart ? made + text : text + made;
}

function positionOf(text: string, found: string): number | null {
  const at = text.indexOf(found);
  return at < 0 ? null : pointCount(text.slice(0, at));
}

export const text = subject('text', [
  {
    name: 'length', args: [{ name: 'x', type: 'any' }], result: 'integer', summary: 'characters (code points) of a string, elements of a list, fields of an object',
    examples: [{ expr: 'length("Zürich")', result: '6' }, { expr: 'length([1, 2])', result: '2' }, { expr: 'length({a: 1})', result: '1' }],
    code: (x: Cell) => {
      if (x.tag === Tag.String) return pointCount(textOf(x));
      if (x.tag === Tag.Object) return fieldsOf(x).length;
      if (x.tag !== Tag.Array) clash('length needs a string, a list or an object');
      let count = 0;
      for (const walk = elements.open(x.bytes, x.start, x.end); walk.next();) count++;
      return count;
    },
  },
  { name: 'lower', args: [s], result: 'string', summary: 'small letters for A to Z', examples: [{ expr: 'lower("GET /Ä")', result: '"get /Ä"' }], code: (x: string) => isAscii(x) ? x.toLowerCase() : x.replace(/[A-Z]+/g, (run) => run.toLowerCase()) },
  { name: 'upper', args: [s], result: 'string', summary: 'capital letters for a to z', examples: [{ expr: 'upper("get")', result: '"GET"' }], code: (x: string) => isAscii(x) ? x.toUpperCase() : x.replace(/[a-z]+/g, (run) => run.toUpperCase()) },
  { name: 'trim', args: [s], result: 'string', summary: 'without blanks (and line ends) at both ends', examples: [{ expr: 'trim("  a b ")', result: '"a b"' }], code: (x: string) => x.trim() },
  { name: 'trim_start', args: [s], result: 'string', summary: 'without blanks at the start', examples: [{ expr: 'trim_start("  a ")', result: '"a "' }], code: (x: string) => x.trimStart() },
  { name: 'trim_end', args: [s], result: 'string', summary: 'without blanks at the end', examples: [{ expr: 'trim_end("  a ")', result: '"  a"' }], code: (x: string) => x.trimEnd() },
  {
    name: 'slice', args: [{ name: 's', type: 'string or list' }, { name: 'from', type: 'integer' }, { name: 'to', type: 'integer', optional: true }], result: 'string or list',
    summary: 'the part from position `from` to before `to` (the end without it) of a string or a list; negative positions count from the end',
    examples: [{ expr: 'slice("access.log", 0, 6)', result: '"access"' }, { expr: 'slice("access.log", -3)', result: '"log"' }, { expr: 'slice([1, 2, 3], 1)', result: '[2,3]' }],
    code: (x: Cell, from: number, to?: number) => x.tag === Tag.String ? slicePoints(textOf(x), from, to) : listOf(elementsOf(x).slice(from, to).map(jsonOf)),
  },
  {
    name: 'left', args: [s, { name: 'n', type: 'integer' }], result: 'string', summary: 'the first n characters; with a negative n all but the last −n',
    examples: [{ expr: 'left("warning", 4)', result: '"warn"' }, { expr: 'left("warning", -3)', result: '"warn"' }], code: (x: string, n: number) => slicePoints(x, 0, n),
  },
  {
    name: 'right', args: [s, { name: 'n', type: 'integer' }], result: 'string', summary: 'the last n characters; with a negative n all but the first −n',
    examples: [{ expr: 'right("a.log", 3)', result: '"log"' }, { expr: 'right("a.log", -2)', result: '"log"' }], code: (x: string, n: number) => n === 0 ? '' : slicePoints(x, -n),
  },
  {
    name: 'replace', args: [s, { name: 'what', type: 'string or regex' }, { name: 'to', type: 'string' }], result: 'string',
    summary: 'every `what`, a string or a /regular expression/, replaced by `to`; after a regular expression, $1 to $99 and $<name> in `to` are groups, $& the match, $$ a dollar sign',
    examples: [{ expr: 'replace("a-b-c", "-", "+")', result: '"a+b+c"' }, { expr: 'replace("user=17 user=4", /user=(\\d+)/, "<$1>")', result: '"<17> <4>"' }],
    code: (x: string, what: string | Pattern, to: string) => {
      if (typeof what !== 'string') return expand(x, what, to);
      if (what === '') return x;
      const parts = x.split(what);
      checkLength(x.length + (parts.length - 1) * (to.length - what.length));
      return parts.join(to);
    },
  },
  {
    name: 'split', args: [s, { name: 'sep', type: 'string or regex' }], result: 'list', summary: 'the parts between separators (a string or a /regular expression/); "" splits into characters',
    examples: [{ expr: 'split("a,b,,c", ",")', result: '["a","b","","c"]' }, { expr: 'split("a1b22c", /\\d+/)', result: '["a","b","c"]' }],
    code: (x: string, sep: string | Pattern) => {
      if (typeof sep === 'string') return listOf((sep === '' ? Array.from(x) : x.split(sep)).map(encodeString));
      const parts: string[] = [];
      let from = 0;
      for (const found of sep.all(x)) {
        if (found[0] === '') continue;
        parts.push(x.slice(from, found.index));
        from = found.index + found[0].length;
      }
      parts.push(x.slice(from));
      return listOf(parts.map(encodeString));
    },
  },
  {
    name: 'concat', args: [{ name: 's', type: 'string', rest: true }], result: 'string', summary: 'strings one after another; + and `${a} ${b}` do it too', examples: [{ expr: 'concat("a", "b", "c")', result: '"abc"' }],
    code: (...parts: string[]) => { checkLength(parts.reduce((sum, { length }) => sum + length, 0)); return parts.join(''); },
  },
  {
    name: 'contains', args: [{ name: 'x', type: 'string or list' }, { name: 'part', type: 'any' }], result: 'boolean', summary: 'whether a string has that part, or a list that element',
    examples: [{ expr: 'contains("error: disk", "disk")', result: 'true' }, { expr: 'contains([1, 2], 3)', result: 'false' }],
    code: (x: Cell, what: Cell) => x.tag === Tag.String ? textOf(x).includes(part('contains', what)) : searchList(elements, x.bytes, x.start, x.end, what).isMember,
  },
  { name: 'starts_with', args: [s, { name: 'part', type: 'string' }], result: 'boolean', summary: 'whether it begins with that part', examples: [{ expr: 'starts_with("/api/users", "/api/")', result: 'true' }], code: (x: string, what: string) => x.startsWith(what) },
  { name: 'ends_with', args: [s, { name: 'part', type: 'string' }], result: 'boolean', summary: 'whether it ends with that part', examples: [{ expr: 'ends_with("a.png", ".png")', result: 'true' }], code: (x: string, what: string) => x.endsWith(what) },
  {
    name: 'index_of', args: [{ name: 'x', type: 'string or list' }, { name: 'part', type: 'any' }], result: 'integer', summary: 'position of the first such part of a string, or element of a list; null where there is none',
    examples: [{ expr: 'index_of("a=b", "=")', result: '1' }, { expr: 'index_of(["x", "y"], "y")', result: '1' }, { expr: 'index_of("abc", "z")', result: 'null' }],
    code: (x: Cell, what: Cell) => {
      if (x.tag === Tag.String) return positionOf(textOf(x), part('index_of', what));
      const at = elementsOf(x).findIndex((element) => compareCells(element, what) === 0);
      return at < 0 ? null : at;
    },
  },
  {
    name: 'pad_start', args: [s, { name: 'n', type: 'integer' }, { name: 'c', type: 'string', optional: true }], result: 'string', summary: 'filled at the start to n characters, with blanks or with c',
    examples: [{ expr: 'pad_start("7", 3, "0")', result: '"007"' }], code: (x: string, n: number, c = ' ') => pad(x, n, c, true),
  },
  {
    name: 'pad_end', args: [s, { name: 'n', type: 'integer' }, { name: 'c', type: 'string', optional: true }], result: 'string', summary: 'filled at the end to n characters, with blanks or with c',
    examples: [{ expr: 'pad_end("ab", 4, ".")', result: '"ab.."' }], code: (x: string, n: number, c = ' ') => pad(x, n, c, false),
  },
  {
    name: 'repeat', args: [s, { name: 'n', type: 'integer' }], result: 'string', summary: 'n times one after another; "" for n below 1', examples: [{ expr: 'repeat("ab", 3)', result: '"ababab"' }],
    code: (x: string, n: number) => { checkLength(x.length * Math.max(0, n)); return n < 1 || x === '' ? '' : x.repeat(n); },
  },
  {
    name: 'reverse', args: [{ name: 'x', type: 'string or list' }], result: 'string or list', summary: 'a string or a list from its end to its start', examples: [{ expr: 'reverse("abc")', result: '"cba"' }, { expr: 'reverse([1, 2])', result: '[2,1]' }],
    code: (x: Cell) => {
      if (x.tag === Tag.Array) return listOf(elementsOf(x).reverse().map(jsonOf));
      const value = textOf(x);
      return (isSimple(value) ? value.split('') : Array.from(value)).reverse().join('');
    },
  },
]);
