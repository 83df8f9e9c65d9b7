// What functions of several subjects need: list elements as cells, text in code points. Owns: those helpers. Must not: declare functions.
import { Tag } from '../../record/batch.js';
import { cellOf } from '../../record/compare.js';
import type { Cell } from '../../record/compare.js';
import { Elements, Members, decodeString, spanText } from '../../record/json.js';
import type { FunctionSpec, Made } from './function.js';

/** A table of functions of one subject. */
export const subject = <S extends FunctionSpec['subject']>(name: S, specs: readonly Omit<FunctionSpec, 'subject'>[]): readonly FunctionSpec[] =>
  specs.map((spec) => Object.freeze({ ...spec, subject: name }));

export const textOf = (cell: Cell): string => decodeString(cell.bytes, cell.start, cell.end);
/** JSON text of a value. */
export const jsonOf = ({ tag, number, bytes, start, end }: Cell): string =>
  start < end ? spanText(bytes, start, end) : tag === Tag.Null ? 'null' : tag === Tag.False ? 'false' : tag === Tag.True ? 'true' : String(number);

export function elementsOf(list: Cell): Cell[] {
  const cells: Cell[] = [];
  for (const walk = new Elements().open(list.bytes, list.start, list.end); walk.next();) cells.push(cellOf(list.bytes, walk.start, walk.end));
  return cells;
}
export interface FieldText { readonly key: string; readonly keyJson: string; value: Cell }
/** The fields of an object: a duplicate key keeps its first place and takes the last value. */
export function fieldsOf(object: Cell, ...more: readonly Cell[]): FieldText[] {
  const fields = new Map<string, FieldText>();
  for (const { bytes, start, end } of [object, ...more]) {
    for (const walk = new Members().open(bytes, start, end); walk.next();) {
      const key = decodeString(bytes, walk.keyStart, walk.keyEnd), value = cellOf(bytes, walk.start, walk.end), known = fields.get(key);
      if (known === undefined) fields.set(key, { key, keyJson: spanText(bytes, walk.keyStart, walk.keyEnd), value }); else known.value = value;
    }
  }
  return [...fields.values()];
}
export const listOf = (items: readonly string[]): Made => ({ json: `[${items.join(',')}]`, tag: Tag.Array });

const pairs = /[\ud800-\udbff][\udc00-\udfff]/;
/** Whether code points and UTF-16 units are the same thing in it. */
export const isSimple = (text: string): boolean => !pairs.test(text);
export function pointCount(text: string): number {
  if (isSimple(text)) return text.length;
  let count = 0;
  for (let i = 0; i < text.length; i++) if ((text.charCodeAt(i) & 0xfc00) !== 0xdc00 || i === 0 || (text.charCodeAt(i - 1) & 0xfc00) !== 0xd800) count++;
  return count;
}
/** Code points [from, to): negative positions count from the end. */
export const slicePoints = (text: string, from: number, to?: number): string => isSimple(text) ? text.slice(from, to) : Array.from(text).slice(from, to).join('');

/** A small memory for what is worked out of texts that repeat (a format, a replacement). */
export function remember<T>(make: (text: string) => T): (text: string) => T {
  const known = new Map<string, T>();
  return (text) => {
    let value = known.get(text);
    if (value === undefined) {
      if (known.size >= 256) known.clear();
      known.set(text, value = make(text));
    }
    return value;
  };
}
