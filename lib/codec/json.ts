// JSON documents: one array of objects, or objects one after another, pretty-printed or not, as one record a line; element by element, so that memory is bounded by one.
// An element ends where its brackets close (strings passed over; one that runs past its line is damaged and ends there), so one that is damaged does not spoil the next.
// Bad records: elements that are no objects, what is no JSON, what stands between elements where only a comma may. In a document that is no array, what cannot begin a value
// is bad to the end of its line (logs with JSON lines among others).
import type { Decoded, Decoder, DecoderPlace } from './decoder.js';
import type { Fault } from './gather.js';
import { Gather, characters, foundAt, recordBytesMax, tooLong } from './gather.js';
import { compact, jsonFault } from './compact.js';
import { BomSkip } from './line-decoder.js';
import { Bytes } from './writer.js';

const LF = 10, QUOTE = 34, COMMA = 44, OPEN = 91, BACKSLASH = 92, CLOSE = 93, BRACE = 123, END = 125;
const isBlank = (c: number): boolean => c === 32 || c === 10 || c === 13 || c === 9;
const isStructure = (c: number): boolean => c === COMMA || c === OPEN || c === CLOSE || c === BRACE || c === END || c === QUOTE;

/** Between elements of a document: at its top; in the array at its top, by what may come next. */
const TOP = 0, FIRST = 1, ELEMENT = 2, SEPARATOR = 3;
/** Inside an element: none; a bracketed one; a string; a word or number; what is no JSON, to the end of the line (top) or the next comma (array). */
const NONE = 0, BRACKETS = 1, STRING = 2, WORD = 3, GARBAGE = 4;
/** Kinds of brackets are remembered so deep; below that any bracket closes any. */
const bracketsMax = 1024;

export const json = (options: { readonly lineBytesMax?: number } = {}): Decoder => new JsonDecoder(options.lineBytesMax);

class JsonDecoder implements Decoder {
  readonly #gather = new Gather();
  readonly #max: number;
  readonly #pending = new Bytes();
  readonly #bom = new BomSkip();
  #where: number = TOP;
  #kind: number = NONE;
  #depth = 0;
  readonly #brackets = new Uint8Array(bracketsMax);
  #inString = false;
  #escaped = false;
  /** Byte offset of the chunk, and the current line; the same of the element that is open. */
  #base = 0;
  #line = 1;
  #elementLine = 1;
  #elementStart = 0;
  /** Of the element's first character on its line, from 1; and characters of the current line that have been counted. */
  #elementColumn = 1;
  #counted = 0;
  /** A fault that stands before the element that is open: it is then bad as a whole. */
  #expected = '';
  #overlong = false;

  constructor(max = recordBytesMax) { this.#max = max; }

  // An element that is open is read again from its start.
  position(): DecoderPlace {
    const isOpen = this.#kind !== NONE, offset = isOpen ? this.#elementStart : this.#base, column = isOpen ? this.#elementColumn - 1 : this.#counted;
    return { offset, line: isOpen ? this.#elementLine : this.#line, ...offset === 0 ? {} : { memory: { where: this.#where, column, isClean: this.#gather.isClean } } };
  }
  begin({ offset, line, memory }: DecoderPlace): void {
    this.#base = offset; this.#line = line;
    if (offset === 0) return;
    const { where = TOP, column = 0, isClean = false } = (memory ?? {}) as { where?: number; column?: number; isClean?: boolean };
    this.#bom.over();
    this.#where = where; this.#counted = column; this.#gather.isClean = isClean;
  }

  push(chunk: Uint8Array): Decoded {
    this.#gather.begin();
    const from = this.#bom.skip(chunk, (kept) => this.#scan(kept, 0));
    if (from > 0 && this.#bom.found) this.#base = 3 - from;                   // what of it was in earlier chunks
    if (from === chunk.length && !this.#bom.found) return this.#gather.done();
    this.#scan(chunk, from);
    return this.#gather.done();
  }

  end(): Decoded {
    this.#gather.begin();
    this.#bom.end((kept) => this.#scan(kept, 0));
    if (this.#kind === WORD || this.#kind === GARBAGE) this.#finish(this.#pending.bytes, 0, this.#pending.length);
    else if (this.#kind !== NONE) this.#finish(this.#pending.bytes, 0, trimmed(this.#pending.bytes, this.#pending.length));
    if (this.#where !== TOP) {
      const nothing = new Uint8Array(0), expected = this.#where === SEPARATOR ? "',' or ']' after a value" : this.#where === FIRST ? "a value or ']'" : 'a value';
      const got = 'the end of the input';
      this.#gather.bad(this.#line, this.#base, nothing, 0, 0, { at: 0, expected, got, code: 'E_JSON', detail: { expected, got } }, this.#counted + 1);
    }
    this.#where = TOP;
    return this.#gather.done();
  }

  #scan(b: Uint8Array, start: number): void {
    let p = start, element = start, counted = start;                          // characters are counted up to there
    const end = b.length;
    const begin = (kind: number): void => {
      this.#kind = kind; this.#depth = 0; this.#inString = false; this.#escaped = false;
      element = p;
      this.#elementLine = this.#line; this.#elementStart = this.#base + p;
      this.#counted += characters(b, counted, p); counted = p;
      this.#elementColumn = this.#counted + 1;
    };
    // The element ends before p.
    const finish = (): void => {
      if (this.#pending.length > 0 || this.#overlong) {
        this.#keep(b, element, p);
        this.#finish(this.#pending.bytes, 0, this.#pending.length);
      } else this.#finish(b, element, p);
    };
    while (p < end) {
      const c = b[p];
      switch (this.#kind) {
        case NONE: {
          if (c === LF) { p++; this.#newLine(); counted = p; break; }
          if (isBlank(c)) { p++; break; }
          if (c === OPEN && this.#where === TOP) { this.#where = FIRST; p++; break; }
          if (c === CLOSE && this.#where !== TOP) {
            if (this.#where === ELEMENT) { begin(WORD); p++; this.#expected = "a value after ','"; finish(); }
            else p++;
            this.#where = TOP;
            break;
          }
          if (c === COMMA && this.#where === SEPARATOR) { this.#where = ELEMENT; p++; break; }
          if (c === COMMA || c === CLOSE || c === END) {
            const where = this.#where;
            begin(WORD); p++;
            this.#expected = where === SEPARATOR ? "',' or ']' after a value" : 'a value';
            finish();
            this.#where = where;
            break;
          }
          const kind = c === QUOTE ? STRING : c === BRACE || c === OPEN ? BRACKETS : WORD;
          begin(kind);
          if (this.#where === SEPARATOR) this.#expected = "',' or ']' after a value";
          if (kind === WORD) p++;                                             // whatever it is, it is one byte at least
          break;
        }
        case BRACKETS: case STRING:
          if (this.#inString) {
            // The hot loop: text of strings.
            if (this.#escaped) { this.#escaped = false; if (c !== LF) { p++; break; } }
            while (p < end && b[p] !== QUOTE && b[p] !== BACKSLASH && b[p] !== LF) p++;
            if (p >= end) break;
            if (b[p] === BACKSLASH) { this.#escaped = true; p++; break; }
            this.#inString = false;
            if (b[p] === QUOTE) p++;
            if (this.#kind === STRING) finish();
            break;
          }
          p++;
          if (c === QUOTE) this.#inString = true;
          else if (c === LF) { this.#newLine(); counted = p; }
          else if (c === BRACE || c === OPEN) { if (++this.#depth < bracketsMax) this.#brackets[this.#depth] = c; }
          else if ((c === END || c === CLOSE) && this.#close(c)) finish();
          break;
        case WORD:
          if (!isBlank(c) && !isStructure(c)) { p++; break; }
          if (this.#isWord(b, element, p)) finish(); else this.#kind = GARBAGE;
          break;
        case GARBAGE:
          if (c === LF || (this.#where !== TOP && (c === COMMA || c === CLOSE))) { finish(); break; }
          p++;
          break;
      }
    }
    if (this.#kind !== NONE) this.#keep(b, element, end);
    this.#counted += characters(b, counted, end);
    this.#base += end;
  }

  #newLine(): void { this.#line++; this.#counted = 0; }

  /** A closing bracket; where it closes another than the innermost, that one was left open and ends with it. true: the element is complete. */
  #close(c: number): boolean {
    const wanted = c === END ? BRACE : OPEN;
    let depth = this.#depth;
    if (depth < bracketsMax) {
      while (depth > 0 && this.#brackets[depth] !== wanted) depth--;
      if (depth === 0) depth = this.#depth;
    }
    this.#depth = depth - 1;
    return this.#depth === 0;
  }

  // A piece of the element; of one that is too long the first bytes.
  #keep(b: Uint8Array, start: number, end: number): void {
    const room = this.#max + 1 - this.#pending.length;
    if (end - start >= room) this.#overlong = true;
    this.#pending.copy(b, start, Math.min(end, start + room));
  }

  /** Whether a word at the top (whose first bytes may be pending) is JSON. */
  #isWord(b: Uint8Array, start: number, end: number): boolean {
    const { length } = this.#pending;
    if (end - start + length > 64) return false;                              // no number that anybody means: to the end of the line with it
    if (length === 0) return isScalar(b, start, end);
    this.#keep(b, start, end);
    const found = isScalar(this.#pending.bytes, 0, this.#pending.length);
    this.#pending.length = length;
    return found;
  }

  #finish(b: Uint8Array, start: number, end: number): void {
    const { out } = this.#gather, { length } = out;
    const expected = this.#expected, overlong = this.#overlong || end - start > this.#max;
    this.#expected = ''; this.#overlong = false; this.#kind = NONE;
    if (this.#where !== TOP) this.#where = SEPARATOR;
    let fault: Fault | undefined;
    if (overlong) { end = Math.min(end, start + this.#max); fault = tooLong(this.#max, end); }
    else if (expected !== '') { const got = foundAt(b, start, end); fault = { at: start, expected, got, code: 'E_JSON', detail: { expected, got } }; }
    else if (!compact(b, start, end, out)) fault = jsonFault(b, start, end);
    else if (b[start] !== BRACE) { const got = kindOf(b[start]); fault = { at: start, expected: 'an object', got, code: 'E_NOT_OBJECT', detail: { got, help: 'keep such values with --bad FILE, or count and drop them with --bad skip' } }; }
    if (fault === undefined) { out.byte(LF); this.#gather.record(this.#elementLine, this.#elementStart); }
    else { out.length = length; this.#gather.bad(this.#elementLine, this.#elementStart, b, start, trimmed(b, end, start), fault, this.#elementColumn); }
    this.#pending.clear();
  }
}

const scratch = new Bytes(64);
function isScalar(b: Uint8Array, start: number, end: number): boolean {
  scratch.clear();
  return end > start && compact(b, start, end, scratch);
}
const kindOf = (c: number): string => c === OPEN ? 'an array' : c === QUOTE ? 'a string' : c === 116 || c === 102 ? 'a boolean' : c === 110 ? 'null' : 'a number';
/** Without blanks at the end. */
function trimmed(b: Uint8Array, end: number, start = 0): number {
  while (end > start && isBlank(b[end - 1])) end--;
  return end;
}
