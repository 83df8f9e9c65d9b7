// Which fields a record has, as a small number: records with the same keys in the same order have the same one, so what is to be done with them is worked out once.
// Owns: the list of shapes. Must not: look into values.
import { decodeString, Members, skipBlanks, stringEnd, valueEnd } from '../../record/json.js';

export interface Shape {
  readonly id: number;
  /** Decoded, a member each, duplicates and all. */
  readonly names: readonly string[];
  /** The keys as the text has them, with their quotes. */
  readonly keys: readonly Uint8Array[];
}

/** Records whose keys are data have a shape each: numbers are forgotten now and then. */
const NUMBERS_MAX = 1 << 14;
const utf8 = new TextDecoder('latin1');

export class Shapes {
  readonly all: Shape[] = [];
  private readonly byKeys = new Map<string, Shape>();
  private last: Shape | undefined;
  private readonly byNumber = new Map<number, Shape>();

  /** The same where the scanner has told the shape's number: then the text is looked at once a number. 0: it has not. */
  numbered(number: number, bytes: Uint8Array, start: number, end: number): Shape {
    if (number === 0) return this.of(bytes, start, end);
    let shape = this.byNumber.get(number);
    if (shape === undefined) {
      if (this.byNumber.size > NUMBERS_MAX) this.byNumber.clear();
      this.byNumber.set(number, shape = this.of(bytes, start, end));
    }
    return shape;
  }

  /** The shape of the object bytes[start, end). */
  of(bytes: Uint8Array, start: number, end: number): Shape {
    const { last } = this;
    return last !== undefined && isOf(last, bytes, start, end) ? last : this.last = this.find(bytes, start, end);
  }

  private find(bytes: Uint8Array, start: number, end: number): Shape {
    const members = new Members(), keys: Uint8Array[] = [], names: string[] = [];
    let id = '';
    for (members.open(bytes, start, end); members.next(); ) {
      const key = bytes.slice(members.keyStart, members.keyEnd);
      keys.push(key); names.push(decodeString(bytes, members.keyStart, members.keyEnd));
      id += `${utf8.decode(key)},`;                        // a key ends with its quote, so no two lists have one text
    }
    let shape = this.byKeys.get(id);
    if (shape === undefined) { shape = { id: this.all.length, names, keys }; this.all.push(shape); this.byKeys.set(id, shape); }
    return shape;
  }
}

/** Whether an object has exactly these keys. */
function isOf({ keys }: Shape, bytes: Uint8Array, start: number, end: number): boolean {
  let p = skipBlanks(bytes, start + 1);
  for (let i = 0; i < keys.length; i++) {
    if (i > 0) { if (bytes[p] !== 44) return false; p = skipBlanks(bytes, p + 1); }
    const key = keys[i], { length } = key;
    for (let k = 0; k < length; k++) if (bytes[p + k] !== key[k]) return false;
    p = skipBlanks(bytes, p + length);
    if (bytes[p] !== 58) return false;
    p = skipBlanks(bytes, p + 1);
    p = skipBlanks(bytes, bytes[p] === 34 ? stringEnd(bytes, p) : valueEnd(bytes, p, end));
  }
  return bytes[p] === 125;
}
