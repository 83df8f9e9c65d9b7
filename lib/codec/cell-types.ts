// Types of text cells (--types FIELD=TYPE of `from csv`): text to JSON text. An empty cell is null. Numbers keep their text where it is a JSON number.
import { compact } from './compact.js';
import { encoded } from './gather.js';
import { Bytes } from './writer.js';

export type CellType = 'number' | 'integer' | 'boolean' | 'string' | 'json';
export const typeNames: readonly CellType[] = ['number', 'integer', 'boolean', 'string', 'json'];

const jsonNumber = /^-?(?:0|[1-9]\d*)(?:\.\d+)?(?:[eE][+-]?\d+)?$/;
/** What people also write: +5, 007, .5, 5. */
const looseNumber = /^([+-]?)(\d*)(?:\.(\d*))?([eE][+-]?\d+)?$/;
const scratch = new Bytes();
const utf8 = new TextDecoder();

/** JSON text of a cell; undefined where it does not fit. Blanks around numbers and booleans do not count; true and false in any case, 1 and 0. */
export function typedCell(type: CellType, text: string): string | undefined {
  if (text === '') return 'null';
  switch (type) {
    case 'string': return JSON.stringify(text);
    case 'number': return numberText(text.trim());
    case 'integer': { const value = text.trim(); return /^[+-]?\d+$/.test(value) ? numberText(value) : undefined; }
    case 'boolean': { const value = text.trim().toLowerCase(); return value === 'true' || value === '1' ? 'true' : value === 'false' || value === '0' ? 'false' : undefined; }
    case 'json': {
      const bytes = encoded(text);
      scratch.clear();
      return compact(bytes, 0, bytes.length, scratch) ? utf8.decode(scratch.bytes.subarray(0, scratch.length)) : undefined;
    }
  }
}

function numberText(text: string): string | undefined {
  if (jsonNumber.test(text)) return text;
  const found = looseNumber.exec(text);
  if (found === null) return undefined;
  const [, sign, whole, fraction = '', exponent = ''] = found;
  if (whole === '' && fraction === '') return undefined;
  return `${sign === '-' ? '-' : ''}${whole.replace(/^0+(?=\d)/, '') || '0'}${fraction === '' ? '' : `.${fraction}`}${exponent}`;
}

/** `id=number,when=string` as an object; undefined where it is none. */
export function parseTypes(text: string): Readonly<Record<string, CellType>> | undefined {
  const types: Record<string, CellType> = Object.create(null);
  for (const part of text.split(',')) {
    const at = part.lastIndexOf('='), type = part.slice(at + 1).trim() as CellType;
    if (at < 1 || !typeNames.includes(type)) return undefined;
    types[part.slice(0, at).trim()] = type;
  }
  return types;
}
