// Walks over JSON text that a scanner has already validated: members, elements, strings. Owns: where values begin and end, and the decoding of strings.
// Must not: validate (its input is valid), or build objects for what nobody asked for. Spans are [start, end) of bytes; a string's span has its quotes.
import { Tag } from './batch.js';

/** What JSON can say. */
export type Json = null | boolean | number | string | readonly Json[] | { readonly [name: string]: Json };

const utf8 = new TextDecoder('utf-8', { ignoreBOM: true });
const encoder = new TextEncoder();

/** Text of a span of valid UTF-8. */
export function spanText(bytes: Uint8Array, start: number, end: number): string {
  const size = end - start;
  if (size <= 20) {                                        // a call into the decoder costs more than so many characters
    let text = '';
    let at = start;
    for (; at < end; at++) {
      const c = bytes[at];
      if (c >= 128) break;
      text += String.fromCharCode(c);
    }
    if (at === end) return text;
  }
  return utf8.decode(bytes.subarray(start, end));
}

/** The bytes of a text in UTF-8. A lone surrogate becomes U+FFFD: encode strings by JSON.stringify first. */
export const utf8Bytes = (text: string): Uint8Array => encoder.encode(text);

/** First index from p on that is no JSON blank. */
export function skipBlanks(bytes: Uint8Array, p: number): number {
  for (let c = bytes[p]; c === 32 || c === 9 || c === 10 || c === 13; c = bytes[p]) p++;
  return p;
}

/** Index after the string whose opening quote is at p. */
export function stringEnd(bytes: Uint8Array, p: number): number {
  for (p++; ; p++) {
    const c = bytes[p];
    if (c === 34) return p + 1;
    if (c === 92) p++;
  }
}

/** Index after the value that begins at p (which is no blank). `end` bounds a number that nothing follows. */
export function valueEnd(bytes: Uint8Array, p: number, end: number): number {
  const first = bytes[p];
  if (first === 34) return stringEnd(bytes, p);
  if (first === 91 || first === 123) {
    let depth = 0;
    for (; ;) {
      const c = bytes[p];
      if (c === 34) { p = stringEnd(bytes, p); continue; }
      p++;
      if (c === 91 || c === 123) depth++;
      else if ((c === 93 || c === 125) && --depth === 0) return p;
    }
  }
  if (first === 116 || first === 110) return p + 4;
  if (first === 102) return p + 5;
  while (p < end && isNumberByte(bytes[p])) p++;
  return p;
}
const isNumberByte = (c: number): boolean => (c >= 48 && c <= 57) || c === 43 || c === 45 || c === 46 || (c | 32) === 101;

/** Tag of the value that begins at p, by its first byte; Number stands for Wide too (number.ts tells them apart). */
export function tagAt(bytes: Uint8Array, p: number): number {
  switch (bytes[p]) {
    case 34: return Tag.String;
    case 91: return Tag.Array;
    case 123: return Tag.Object;
    case 116: return Tag.True;
    case 102: return Tag.False;
    case 110: return Tag.Null;
    default: return Tag.Number;
  }
}

/** The members of an object, one after another, in the order of the text, duplicates and all. Reusable: open() begins anew. */
export class Members {
  bytes: Uint8Array = new Uint8Array(0);
  /** Span of the key, with its quotes. */
  keyStart = 0;
  keyEnd = 0;
  /** Span of the value, without blanks. */
  start = 0;
  end = 0;
  private at = 0;
  private limit = 0;
  /** The object's text is bytes[start, end). */
  open(bytes: Uint8Array, start: number, end: number): this {
    this.bytes = bytes; this.at = start + 1; this.limit = end;
    return this;
  }
  /** false: there are no more. */
  next(): boolean {
    const bytes = this.bytes;
    let p = skipBlanks(bytes, this.at);
    if (bytes[p] === 44) p = skipBlanks(bytes, p + 1);
    if (bytes[p] === 125) return false;
    this.keyStart = p;
    this.keyEnd = p = stringEnd(bytes, p);
    this.start = p = skipBlanks(bytes, skipBlanks(bytes, p) + 1);
    this.at = this.end = valueEnd(bytes, p, this.limit);
    return true;
  }
}

/** The elements of an array, one after another. Reusable: open() begins anew. */
export class Elements {
  bytes: Uint8Array = new Uint8Array(0);
  /** Span of the value, without blanks. */
  start = 0;
  end = 0;
  private at = 0;
  private limit = 0;
  /** The array's text is bytes[start, end). */
  open(bytes: Uint8Array, start: number, end: number): this {
    this.bytes = bytes; this.at = start + 1; this.limit = end;
    return this;
  }
  /** false: there are no more. */
  next(): boolean {
    const bytes = this.bytes;
    let p = skipBlanks(bytes, this.at);
    if (bytes[p] === 44) p = skipBlanks(bytes, p + 1);
    if (bytes[p] === 93) return false;
    this.start = p;
    this.at = this.end = valueEnd(bytes, p, this.limit);
    return true;
  }
}

/** Whether bytes[start, end) has a backslash. */
export function hasBackslash(bytes: Uint8Array, start: number, end: number): boolean {
  for (let p = start; p < end; p++) if (bytes[p] === 92) return true;
  return false;
}

/** The text of a string whose span, with its quotes, is given. A lone surrogate escape is a lone surrogate. */
export const decodeString = (bytes: Uint8Array, start: number, end: number): string =>
  hasBackslash(bytes, start, end) ? JSON.parse(spanText(bytes, start, end)) as string : spanText(bytes, start + 1, end - 1);

/** JSON text of a string, with quotes and the shortest escapes; lone surrogates are escaped, so that the text is always valid UTF-8. */
export const encodeString = (text: string): string => JSON.stringify(text);

/** A key to be looked for: its text, and its UTF-8 between quotes, undefined where only an escape can spell it. */
export interface Key { readonly text: string; readonly bytes: Uint8Array | undefined }
export function keyOf(text: string): Key {
  const json = encodeString(text);
  return { text, bytes: json.includes('\\') ? undefined : encoder.encode(json) };
}

/** Whether the string of this span (with quotes) is that key, however it is spelled. */
export function keyIs(bytes: Uint8Array, start: number, end: number, key: Key): boolean {
  const wanted = key.bytes;
  if (wanted !== undefined && wanted.length === end - start) {
    let i = 0;
    while (i < wanted.length && bytes[start + i] === wanted[i]) i++;
    if (i === wanted.length) return true;
  }
  return hasBackslash(bytes, start, end) && decodeString(bytes, start, end) === key.text;
}

const walk = new Members();
const steps = new Elements();

/** Finds a member of the object bytes[start, end): of duplicate keys the last. `found` is told the span of its value; false where there is none. */
export function findMember(bytes: Uint8Array, start: number, end: number, key: Key, found: { start: number; end: number }): boolean {
  let any = false;
  for (walk.open(bytes, start, end); walk.next();) {
    if (!keyIs(bytes, walk.keyStart, walk.keyEnd, key)) continue;
    found.start = walk.start; found.end = walk.end; any = true;
  }
  return any;
}

/** Finds element `index` (from 0) of the array bytes[start, end). */
export function findElement(bytes: Uint8Array, start: number, end: number, index: number, found: { start: number; end: number }): boolean {
  let i = 0;
  for (steps.open(bytes, start, end); steps.next(); i++) {
    if (i !== index) continue;
    found.start = steps.start; found.end = steps.end;
    return true;
  }
  return false;
}
