// The exact way to read one line: a walk over the bytes of one JSON object that validates everything (RFC 8259, UTF-8, depth) and fills the columns of one row.
// The reference scanner uses nothing else; the fast one uses it for lines that it cannot explain, so that values and errors have one definition.
// Owns: grammar, values, faults. Must not: know lines, chunks or batches.
import type { Detail, ErrorCode } from '../errors.js';
import { Tag } from '../record/batch.js';
import { spanText } from './canonical.js';
import type { Key, Step } from './tree.js';
import { numberEnd, stringEnd, stringFault } from './text.js';

/** Deepest nesting; the record itself is 1. Source: SEMANTICS 1. */
export const depthMax = 512;

/** A column that is being filled; a Column for those who read it. */
export interface Filling {
  readonly tag: Uint8Array;
  readonly number: Float64Array;
  readonly start: Uint32Array;
  readonly end: Uint32Array;
  readonly bytes: Uint8Array;
  escaped: boolean;
  wide: boolean;
}

/** What is wrong with a line, and where: `at` is an index into the bytes. */
export interface Fault { readonly code: ErrorCode; readonly detail: Detail; readonly at: number }

/** Reads lines; one for each scanner. `bytes` and `columns` are set anew whenever the memory behind them moves. */
export class Exact {
  bytes: Uint8Array = new Uint8Array(0);
  columns: readonly Filling[] = [];
  /** After record() returned −1. */
  fault: Fault | undefined;
  readonly #root: Step;
  #end = 0;
  #row = 0;

  constructor(root: Step) { this.#root = root; }

  /** The object at bytes[at, …): its end, with nothing but blanks behind it up to `end`; −1: see `fault`. at < end, no blank at `at`. Fills the row of every column. */
  record(at: number, end: number, row: number): number {
    this.#end = end;
    this.#row = row;
    this.#clear(this.#root.below);
    this.#clear(this.#root.columns);
    const next = this.#value(at, this.#root, 1);
    if (next < 0) return -1;
    const rest = this.#blanks(next);
    if (rest < end) return this.#expected(rest, this.bytes[at] === 123 ? 'the end of the line after the record' : 'the end of the line after a value');
    return next;
  }

  /** Fills columns from a value that has been validated: the part of `step` that lies below it. */
  derive(at: number, end: number, row: number, step: Step): void {
    this.#end = end;
    this.#row = row;
    this.#clear(step.below);
    const first = this.bytes[at];
    if (first === 123) this.#object(at, step, 1); else if (first === 91) this.#array(at, step, 1);
  }

  #value(at: number, step: Step | undefined, depth: number, opening = false): number {
    const { bytes } = this;
    if (step !== undefined) this.#clear(step.below);
    const first = at < this.#end ? bytes[at] : -1;
    let tag: number, end: number;
    switch (first) {
      case 34:
        tag = Tag.String;
        end = stringEnd(bytes, at + 1, this.#end);
        if (end < 0) return this.#stringFault(at);
        break;
      case 123: case 91:
        if (depth > depthMax) return this.#fail('E_DEPTH', { max: depthMax }, at);
        tag = first === 123 ? Tag.Object : Tag.Array;
        end = first === 123 ? this.#object(at, step, depth) : this.#array(at, step, depth);
        if (end < 0) return -1;
        break;
      case 116: tag = Tag.True; end = this.#word(at, 'true'); break;
      case 102: tag = Tag.False; end = this.#word(at, 'false'); break;
      case 110: tag = Tag.Null; end = this.#word(at, 'null'); break;
      default:
        if (first === 45 || (first >= 48 && first <= 57)) {
          tag = Tag.Number;
          end = numberEnd(bytes, at, this.#end);
          if (end < 0) return this.#numberFault(at, -end - 1);
          break;
        }
        return this.#expected(at, opening ? "a value or ']'" : 'a value');
    }
    if (end < 0) return this.#expected(at, 'a value');
    if (step !== undefined) for (const column of step.columns) this.#fill(column, tag, at, end);
    return end;
  }

  #object(at: number, step: Step | undefined, depth: number): number {
    const { bytes } = this;
    const keys = step !== undefined && step.keys.length > 0 ? step.keys : undefined;
    let p = this.#blanks(at + 1);
    if (this.#at(p) === 125) return p + 1;
    for (let first = true; ; first = false) {
      if (this.#at(p) !== 34) return this.#expected(p, first ? "a key or '}'" : 'a key');
      const from = p + 1;
      p = stringEnd(bytes, from, this.#end);
      if (p < 0) return this.#stringFault(from - 1);
      const below = keys === undefined ? undefined : this.#find(keys, from, p - 1);
      p = this.#blanks(p);
      if (this.#at(p) !== 58) return this.#expected(p, "':' after a key");
      p = this.#value(this.#blanks(p + 1), below, depth + 1);
      if (p < 0) return -1;
      p = this.#blanks(p);
      const c = this.#at(p);
      if (c === 125) return p + 1;
      if (c !== 44) return this.#expected(p, "',' or '}' after a value");
      p = this.#blanks(p + 1);
    }
  }

  #array(at: number, step: Step | undefined, depth: number): number {
    const items = step !== undefined && step.items.size > 0 ? step.items : undefined;
    let p = this.#blanks(at + 1);
    if (this.#at(p) === 93) return p + 1;
    for (let index = 0; ; index++) {
      p = this.#value(p, items?.get(index), depth + 1, index === 0);
      if (p < 0) return -1;
      p = this.#blanks(p);
      const c = this.#at(p);
      if (c === 93) return p + 1;
      if (c !== 44) return this.#expected(p, "',' or ']' after a value");
      p = this.#blanks(p + 1);
    }
  }

  #find(keys: readonly Key[], from: number, to: number): Step | undefined {
    const { bytes } = this;
    for (let i = from; i < to; i++) {
      if (bytes[i] === 92) {
        const text = JSON.parse(spanText(bytes, from - 1, to + 1)) as string;
        return keys.find((key) => key.text === text)?.step;
      }
    }
    next: for (const { bytes: name, step } of keys) {
      if (name === undefined || name.length !== to - from) continue;
      for (let i = 0; i < name.length; i++) if (name[i] !== bytes[from + i]) continue next;
      return step;
    }
    return undefined;
  }

  #fill(index: number, tag: number, at: number, end: number): void {
    const column = this.columns[index], row = this.#row;
    column.start[row] = at;
    column.end[row] = end;
    if (tag === Tag.Number) {
      [tag, column.number[row]] = numberOf(this.bytes, at, end);
      if (tag === Tag.Wide) column.wide = true;
    }
    if (tag === Tag.String && !column.escaped) column.escaped = this.bytes.subarray(at, end).includes(92);
    column.tag[row] = tag;
  }

  #clear(columns: readonly number[]): void {
    for (const index of columns) {
      const column = this.columns[index];
      column.tag[this.#row] = Tag.Null;
      column.start[this.#row] = column.end[this.#row] = 0;
    }
  }

  #word(at: number, word: string): number {
    for (let i = 1; i < word.length; i++) if (this.#at(at + i) !== word.charCodeAt(i)) return -1;
    return at + word.length;
  }

  #at(p: number): number { return p < this.#end ? this.bytes[p] : -1; }

  #blanks(p: number): number {
    for (let c = this.#at(p); c === 32 || c === 9 || c === 13; c = this.#at(p)) p++;
    return p;
  }

  #expected(at: number, expected: string): -1 {
    const found = gotAt(this.bytes, at, this.#end);
    return found.utf8 ? this.#fail('E_UTF8', { got: found.text }, at) : this.#fail('E_JSON', { expected, got: found.text }, at);
  }

  #stringFault(quote: number): -1 {
    const { at, expected } = stringFault(this.bytes, quote + 1, this.#end);
    return this.#expected(at, expected);
  }

  #numberFault(from: number, at: number): -1 {
    const before = this.bytes[at - 1];
    return this.#expected(at, before === 46 ? "a digit after '.'" : before === 45 && at - 1 === from ? "a digit after '-'" : 'a digit in the exponent');
  }

  #fail(code: ErrorCode, detail: Detail, at: number): -1 {
    this.fault = { code, detail, at };
    return -1;
  }
}

/** Tag (Number or Wide) and nearest double of a valid number text. */
export function numberOf(bytes: Uint8Array, start: number, end: number): [number, number] {
  let text = '', whole = true;
  if (end - start > 4096) text = spanText(bytes, start, end);
  else for (let i = start; i < end; i++) text += String.fromCharCode(bytes[i]);
  for (let i = start; i < end && whole; i++) whole = bytes[i] === 45 ? i === start : bytes[i] >= 48 && bytes[i] <= 57;
  const x = Number(text);
  return [Number.isFinite(x) && (!whole || Number.isSafeInteger(x)) ? Tag.Number : Tag.Wide, x];
}

/** What stands at a place, in words; utf8: it is no character at all. */
export function gotAt(bytes: Uint8Array, at: number, end: number): { readonly text: string; readonly utf8: boolean } {
  if (at >= end) return { text: 'the end of the line', utf8: false };
  const c = bytes[at];
  if (c === 0) return { text: 'a NUL byte', utf8: false };
  if (c === 9) return { text: 'a tab', utf8: false };
  if (c === 13) return { text: 'a carriage return', utf8: false };
  if (c === 39) return { text: 'a single quote', utf8: false };
  if (c < 32 || c === 127) return { text: `a control character (U+${c.toString(16).toUpperCase().padStart(4, '0')})`, utf8: false };
  if (c < 128) {
    let to = at;
    while (to < end && to < at + 20 && letter(bytes[to])) to++;
    return { text: `'${spanText(bytes, at, Math.max(to, at + 1))}'`, utf8: false };
  }
  const size = c < 0xe0 ? 2 : c < 0xf0 ? 3 : 4;
  const text = spanText(bytes, at, Math.min(at + size, end));
  if (text.includes('\ufffd') && !(c === 0xef && bytes[at + 1] === 0xbf && bytes[at + 2] === 0xbd)) return { text: byteText(bytes, at, end), utf8: true };
  return { text: text === '\ufeff' ? 'a BOM (U+FEFF)' : `'${text}'`, utf8: false };
}

// The bytes that begin like a character and are none: the first, and those that could have gone on with it.
function byteText(bytes: Uint8Array, at: number, end: number): string {
  let to = at + 1;
  while (to < end && to < at + 4 && bytes[at] >= 0xc0 && (bytes[to] & 0xc0) === 0x80) to++;
  const hex = [...bytes.subarray(at, to)].map((byte) => `0x${byte.toString(16).padStart(2, '0')}`);
  return hex.length === 1 ? `the byte ${hex[0]}` : `the bytes ${hex.join(' ')}`;
}

const letter = (c: number): boolean => (c | 32) >= 97 && (c | 32) <= 122;
