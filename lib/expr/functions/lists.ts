// Functions of lists and objects. What is taken out of them keeps its text; order is the total order of SEMANTICS 2. length, slice, contains, index_of and reverse: text.ts.
import { Tag } from '../../record/batch.js';
import { cellOf, compareCells, kindOf } from '../../record/compare.js';
import type { Cell } from '../../record/compare.js';
import { findElement, findMember, keyOf } from '../../record/json.js';
import { averageOf, sumOf } from './exact.js';
import { checkLength, clash } from './function.js';
import type { Made } from './function.js';
import { elementsOf, fieldsOf, jsonOf, listOf, subject, textOf } from './shared.js';

const list = { name: 'list', type: 'list' } as const, object = { name: 'o', type: 'object' } as const;

const extreme = (sign: number) => (cell: Cell): Cell | null => {
  let best: Cell | null = null;
  for (const element of elementsOf(cell)) if (element.tag !== Tag.Null && (best === null || sign * compareCells(element, best) < 0)) best = element;
  return best;
};

/** The numbers of a list, nulls left out. */
function numbersOf(name: string, cell: Cell): Cell[] {
  return elementsOf(cell).filter((element) => {
    if (element.tag === Tag.Null) return false;
    if (element.tag !== Tag.Number && element.tag !== Tag.Wide) clash(`${name} needs a list of numbers, and this one has a ${kindOf(element.tag)}`);
    return true;
  });
}

/** Positions in the order of the values, equal ones as they came. */
const ordered = (cells: readonly Cell[]): number[] => cells.map((_, i) => i).sort((a, b) => compareCells(cells[a], cells[b]) || a - b);

function unique(cell: Cell): Made {
  const cells = elementsOf(cell), order = ordered(cells), keep = new Set<number>();
  order.forEach((at, i) => { if (i === 0 || compareCells(cells[order[i - 1]], cells[at]) !== 0) keep.add(at); });
  return listOf(cells.filter((_, i) => keep.has(i)).map(jsonOf));
}

const found = { start: 0, end: 0 };

function get(from: Cell, key: Cell): Cell | null {
  if (from.tag === Tag.Object) {
    if (key.tag !== Tag.String) clash('get of an object needs a string');
    return findMember(from.bytes, from.start, from.end, keyOf(textOf(key)), found) ? cellOf(from.bytes, found.start, found.end) : null;
  }
  if (from.tag !== Tag.Array) clash('get needs an object or a list');
  if (key.tag !== Tag.Number) clash('get of a list needs a number');
  if (key.number < 0) return elementsOf(from).at(key.number) ?? null;
  return findElement(from.bytes, from.start, from.end, key.number, found) ? cellOf(from.bytes, found.start, found.end) : null;
}

export const lists = subject('list, object', [
  { name: 'first', args: [list], result: 'any', summary: 'the first element; of an empty list null', examples: [{ expr: 'first(a)', result: '1.0', record: '{"a":[1.0,2]}' }], code: (cell: Cell) => findElement(cell.bytes, cell.start, cell.end, 0, found) ? cellOf(cell.bytes, found.start, found.end) : null },
  { name: 'last', args: [list], result: 'any', summary: 'the last element; of an empty list null', examples: [{ expr: 'last([1, 2])', result: '2' }], code: (cell: Cell) => elementsOf(cell).at(-1) ?? null },
  {
    name: 'join', args: [list, { name: 'sep', type: 'string' }], result: 'string', summary: 'strings (and numbers and booleans, as they print) with sep between them; nulls are left out', examples: [{ expr: 'join(["a", "b", 3], ", ")', result: '"a, b, 3"' }],
    code: (cell: Cell, sep: string) => {
      const parts = elementsOf(cell).filter(({ tag }) => tag !== Tag.Null).map((element) => {
        if (element.tag >= Tag.Array) clash(`join needs strings, and this list has an ${kindOf(element.tag)}`);
        return element.tag === Tag.String ? textOf(element) : jsonOf(element);
      });
      checkLength(parts.reduce((sum, { length }) => sum + length + sep.length, 0));
      return parts.join(sep);
    },
  },
  { name: 'sort', args: [list], result: 'list', summary: 'in the total order: null, false, true, numbers, strings, arrays, objects', examples: [{ expr: 'sort([3, "a", null, 1])', result: '[null,1,3,"a"]' }], code: (cell: Cell) => { const cells = elementsOf(cell); return listOf(ordered(cells).map((i) => jsonOf(cells[i]))); } },
  { name: 'unique', args: [list], result: 'list', summary: 'without repetitions, in the order of first arrival', examples: [{ expr: 'unique([2, 1, 2.0, 1])', result: '[2,1]' }], code: unique },
  { name: 'flatten', args: [list], result: 'list', summary: 'lists inside of it are opened, one level', examples: [{ expr: 'flatten([1, [2, [3]], []])', result: '[1,2,[3]]' }], code: (cell: Cell) => listOf(elementsOf(cell).flatMap((element) => element.tag === Tag.Array ? elementsOf(element) : [element]).map(jsonOf)) },
  { name: 'sum', args: [list], result: 'number', summary: 'the sum of the numbers of a list, exact; nulls are left out; of none null', examples: [{ expr: 'sum([1, 2, null])', result: '3' }, { expr: 'sum([0.1, 0.2, -0.3])', result: '2.7755575615628914e-17' }, { expr: 'sum([])', result: 'null' }], code: (cell: Cell) => sumOf(numbersOf('sum', cell)) },
  { name: 'min', args: [list], result: 'any', summary: 'the least element, nulls left out; of none null', examples: [{ expr: 'min([3, null, 1])', result: '1' }], code: extreme(1) },
  { name: 'max', args: [list], result: 'any', summary: 'the greatest element, nulls left out; of none null', examples: [{ expr: 'max([3, 1])', result: '3' }], code: extreme(-1) },
  { name: 'avg', args: [list], result: 'number', summary: 'the mean of the numbers of a list, rounded once; nulls are left out; of none null', examples: [{ expr: 'avg([1, 2, null])', result: '1.5' }], code: (cell: Cell) => averageOf(numbersOf('avg', cell)) },
  { name: 'keys', args: [object], result: 'list', summary: 'the keys, in the order of the text', examples: [{ expr: 'keys({b: 1, a: 2})', result: '["b","a"]' }], code: (cell: Cell) => listOf(fieldsOf(cell).map(({ keyJson }) => keyJson)) },
  { name: 'values', args: [object], result: 'list', summary: 'the values, in the order of the text', examples: [{ expr: 'values({b: 1, a: 2})', result: '[1,2]' }], code: (cell: Cell) => listOf(fieldsOf(cell).map(({ value }) => jsonOf(value))) },
  { name: 'entries', args: [object], result: 'list', summary: 'a list of {"key","value"}, in the order of the text', examples: [{ expr: 'entries({a: 2})', result: '[{"key":"a","value":2}]' }], code: (cell: Cell) => listOf(fieldsOf(cell).map(({ keyJson, value }) => `{"key":${keyJson},"value":${jsonOf(value)}}`)) },
  { name: 'has', args: [object, { name: 'key', type: 'string' }], result: 'boolean', summary: 'whether the object has that key, be its value null', examples: [{ expr: 'has({a: null}, "a")', result: 'true' }, { expr: 'has({a: 1}, "b")', result: 'false' }], code: (cell: Cell, key: string) => findMember(cell.bytes, cell.start, cell.end, keyOf(key), found) },
  { name: 'get', args: [{ name: 'x', type: 'any' }, { name: 'key', type: 'any' }], result: 'any', summary: 'a field of an object by its key, an element of a list by its position (negative: from the end)', examples: [{ expr: 'get({a: 1}, "a")', result: '1' }, { expr: 'get([1, 2], -1)', result: '2' }], code: get },
  {
    name: 'merge', args: [{ name: 'a', type: 'object' }, { name: 'b', type: 'object' }], result: 'object', summary: 'the fields of both; of a key in both, the place in a and the value of b, as {...a, ...b}', examples: [{ expr: 'merge({a: 1, b: 2}, {a: 3})', result: '{"a":3,"b":2}' }],
    code: (a: Cell, b: Cell): Made => ({ json: `{${fieldsOf(a, b).map(({ keyJson, value }) => `${keyJson}:${jsonOf(value)}`).join(',')}}`, tag: Tag.Object }),
  },
  {
    name: 'range', args: [{ name: 'n', type: 'integer' }], result: 'list', summary: 'the integers from 0 to n − 1', examples: [{ expr: 'range(3)', result: '[0,1,2]' }],
    code: (n: number) => { checkLength(2 * n); return listOf(Array.from({ length: Math.max(0, n) }, (_, i) => String(i))); },
  },
]);
