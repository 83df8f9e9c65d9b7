// Functions of null and of types: tests and explicit conversions. A conversion of a text that says something else is null, and no clash: that is how to try.
import { Tag } from '../../record/batch.js';
import { compareCells, kindOf } from '../../record/compare.js';
import type { Cell } from '../../record/compare.js';
import { utf8Bytes } from '../../record/json.js';
import { isIntegerText } from '../../record/number.js';
import { compactJson } from '../compact.js';
import { clash } from './function.js';
import type { Made, Value } from './function.js';
import { jsonOf, subject, textOf } from './shared.js';

const any = { name: 'x', type: 'any' } as const;
const numeric = /^([+-]?)0*(\d+)?(?:\.(\d*))?(?:[eE]([+-]?\d+))?$/;

/** The number that a text spells (blanks around it, a plus sign and zeros before it are allowed), as JSON text. */
function numberText(text: string): string | undefined {
  const found = numeric.exec(text.trim());
  if (found === null) return undefined;
  const [whole, sign, digits = /0/.test(whole.replace(/[.eE].*$/, '')) ? '0' : undefined, fraction = '', exponent] = found;
  if (digits === undefined && fraction === '') return undefined;
  return `${sign === '-' ? '-' : ''}${digits ?? '0'}${fraction === '' ? '' : `.${fraction}`}${exponent === undefined ? '' : `e${exponent}`}`;
}

function toNumber(cell: Cell): Value {
  if (cell.tag === Tag.Number || cell.tag === Tag.Wide) return cell;
  if (cell.tag <= Tag.True) return cell.tag === Tag.True ? 1 : 0;
  if (cell.tag !== Tag.String) clash('number needs a number, a string or a boolean');
  const json = numberText(textOf(cell));
  return json === undefined ? null : numberValue(json);
}
const numberValue = (json: string): Made => {
  const x = Number(json);
  return { json, tag: Math.abs(x) < 2 ** 53 || (Number.isFinite(x) && /[.e]/.test(json)) ? Tag.Number : Tag.Wide };
};

function toInteger(cell: Cell): Value {
  if (cell.tag === Tag.String) {
    const json = numberText(textOf(cell));
    if (json === undefined) return null;
    return /[.e]/.test(json) ? Math.trunc(Number(json)) : numberValue(json);
  }
  if (cell.tag <= Tag.True) return cell.tag === Tag.True ? 1 : 0;
  if (cell.tag === Tag.Wide) return isIntegerText(cell.bytes, cell.start, cell.end) ? cell : cell.number;
  if (cell.tag !== Tag.Number) clash('integer needs a number, a string or a boolean');
  return Math.trunc(cell.number);
}

function toBoolean(cell: Cell): Value {
  if (cell.tag <= Tag.True) return cell.tag === Tag.True;
  if (cell.tag === Tag.Number) return cell.number === 1 ? true : cell.number === 0 ? false : null;
  if (cell.tag === Tag.Wide) return null;
  if (cell.tag !== Tag.String) clash('boolean needs a boolean, a string or a number');
  const text = textOf(cell).trim().toLowerCase();
  return text === 'true' ? true : text === 'false' ? false : null;
}

/** Nested no deeper than a record may be, itself in one more. */
const depthMax = 511;

function parseJson(text: string): Value {
  let json: string;
  try {
    const value: unknown = JSON.parse(text);
    json = compactJson(text);
    if (typeof value === 'number') return numberValue(json);
  } catch {
    return null;
  }
  let depth = 0;
  const bytes = utf8Bytes(json);
  for (let p = 0, inside = false; p < bytes.length; p++) {
    const c = bytes[p];
    if (c === 34) inside = !inside;
    else if (c === 92) p++;
    else if (!inside && (c === 91 || c === 123)) { if (++depth > depthMax) return null; }
    else if (!inside && (c === 93 || c === 125)) depth--;
  }
  const first = bytes[0];
  return { json, tag: first === 34 ? Tag.String : first === 91 ? Tag.Array : first === 123 ? Tag.Object : first === 116 ? Tag.True : first === 102 ? Tag.False : Tag.Null };
}

export const types = subject('null, type', [
  {
    name: 'coalesce', args: [{ name: 'x', type: 'any', rest: true }], result: 'any', summary: 'the first argument that is not null, as a ?? b; its text is kept', nulls: 'null arguments are passed over; null when all are',
    examples: [{ expr: 'coalesce(missing, null, 7)', result: '7' }], code: (...cells: Cell[]) => cells.find(({ tag }) => tag !== Tag.Null) ?? null,
  },
  {
    name: 'nullif', args: [{ name: 'a', type: 'any' }, { name: 'b', type: 'any' }], result: 'any', summary: 'null where a equals b, else a', nulls: 'a null b changes nothing',
    examples: [{ expr: 'nullif("-", "-")', result: 'null' }, { expr: 'nullif("x", "-")', result: '"x"' }], code: (a: Cell, b: Cell) => compareCells(a, b) === 0 ? null : a,
  },
  { name: 'is_null', args: [any], result: 'boolean', summary: 'whether it is null or missing, as x == null', nulls: 'true', examples: [{ expr: 'is_null(missing)', result: 'true' }], code: ({ tag }: Cell) => tag === Tag.Null },
  { name: 'type', args: [any], result: 'string', summary: 'null, boolean, number, string, array or object', nulls: '"null"', examples: [{ expr: 'type([])', result: '"array"' }, { expr: 'type(missing)', result: '"null"' }], code: ({ tag }: Cell) => kindOf(tag) },
  { name: 'number', args: [any], result: 'number', summary: 'the number that a string spells; true is 1, false is 0; null where it spells none', examples: [{ expr: 'number("12.50")', result: '12.50' }, { expr: 'number("n/a")', result: 'null' }], code: toNumber },
  { name: 'integer', args: [any], result: 'integer', summary: 'the same, without a fraction', examples: [{ expr: 'integer("12.7")', result: '12' }, { expr: 'integer(-1.5)', result: '-1' }], code: toInteger },
  { name: 'string', args: [any], result: 'string', summary: 'a string as it is, anything else as JSON text', examples: [{ expr: 'string(12)', result: '"12"' }, { expr: 'string([1])', result: '"[1]"' }], code: (cell: Cell) => cell.tag === Tag.String ? cell : jsonOf(cell) },
  { name: 'boolean', args: [any], result: 'boolean', summary: 'true and "true" and 1, false and "false" and 0; all else is null', examples: [{ expr: 'boolean("True")', result: 'true' }, { expr: 'boolean("yes")', result: 'null' }], code: toBoolean },
  { name: 'json', args: [{ name: 'text', type: 'string' }], result: 'any', summary: 'the value that a JSON text says; null where it is none', examples: [{ expr: 'json("{\\"a\\": 1.0}").a', result: '1.0' }, { expr: 'json("oops")', result: 'null' }], code: parseJson },
  { name: 'to_json', args: [any], result: 'string', summary: 'its JSON text, as a string', examples: [{ expr: 'to_json([1, "a"])', result: '"[1,\\"a\\"]"' }], code: (cell: Cell) => jsonOf(cell) },
]);
