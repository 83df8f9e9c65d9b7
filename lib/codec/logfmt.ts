// logfmt: `k=v k="v w" flag`, one record a line. Values are strings, a key without `=` is true, `k=` is "". Keys keep their order; one that comes twice is written twice
// (the last wins when read). Escapes in quotes are those of Go (\n \t \" \\ \xHH \uHHHH \UHHHHHHHH \ooo …); a value without quotes goes to the next blank.
import { isUtf8 } from 'node:buffer';
import type { Decoder } from './decoder.js';
import { encoded, writeEscape, writeString } from './gather.js';
import { LineDecoder } from './line-decoder.js';

const QUOTE = 34, EQUALS = 61, BACKSLASH = 92;
const TRUE = encoded('true'), EMPTY = encoded('""');

export const logfmt = (options: { readonly lineBytesMax?: number } = {}): Decoder => new LogfmtDecoder(options.lineBytesMax);

class LogfmtDecoder extends LineDecoder {
  protected decode(b: Uint8Array, start: number, end: number): boolean {
    const { out } = this;
    let p = start, first = true;
    for (;;) {
      while (p < end && b[p] <= 32) p++;
      if (p >= end) break;
      const name = p;
      while (p < end && b[p] > 32 && b[p] !== EQUALS && b[p] !== QUOTE) p++;
      if (p === name) return this.fault(b, p, end, 'a key');
      if (p < end && b[p] === QUOTE) return this.fault(b, p, end, "'=' before a quoted value");
      out.byte(first ? 123 : 44); first = false;
      writeString(out, b, name, p);
      out.byte(58);
      if (p >= end || b[p] !== EQUALS) { out.all(TRUE); continue; }
      p++;
      if (p < end && b[p] === QUOTE) {
        p = this.#quoted(b, p + 1, end);
        if (p < 0) return false;
        if (p < end && b[p] > 32) return this.fault(b, p, end, 'a blank after a quoted value');
        continue;
      }
      const value = p;
      while (p < end && b[p] > 32) p++;
      if (p === value) out.all(EMPTY); else writeString(out, b, value, p);
    }
    if (first) return this.fault(b, start, end, 'a key');
    out.byte(125); out.byte(10);
    return true;
  }

  /** The value after an opening quote, to the output; index after the closing one, −1 where it is bad. */
  #quoted(b: Uint8Array, from: number, end: number): number {
    let p = from;
    while (p < end && b[p] !== QUOTE && b[p] !== BACKSLASH) p++;
    if (p < end && b[p] === QUOTE) { writeString(this.out, b, from, p); return p + 1; }
    return this.#escaped(b, from, end);
  }

  // Escapes that JSON has too are copied; the others stand for bytes, which must make UTF-8 together with what is around them.
  #escaped(b: Uint8Array, from: number, end: number): number {
    const { out } = this, start = out.length + 1;
    let p = from, bytes = false;
    out.byte(QUOTE);
    while (p < end && b[p] !== QUOTE) {
      if (b[p] !== BACKSLASH) { if (b[p] < 32) writeEscape(out, b[p]); else out.byte(b[p]); p++; continue; }
      const kind = p + 1 < end ? b[p + 1] : 0, digits = hexDigits[kind];
      if (jsonEscapes.includes(kind)) { out.byte(BACKSLASH); out.byte(kind); p += 2; continue; }
      if (kind === 97 || kind === 118) { writeEscape(out, kind === 97 ? 7 : 11); p += 2; continue; }
      if (kind === 39) { out.byte(39); p += 2; continue; }
      const octal = kind >= 48 && kind <= 51, length = octal ? 3 : digits;
      if (length === undefined) { this.fault(b, Math.min(p + 1, end), end, 'an escape like \\n, \\" or \\u00e9'); return -1; }
      const at = octal ? p + 1 : p + 2, text = String.fromCharCode(...b.subarray(at, Math.min(at + length, end)));
      const code = text.length === length && (octal ? /^[0-7]+$/ : /^[\da-fA-F]+$/).test(text) ? parseInt(text, octal ? 8 : 16) : -1;
      if (code < 0 || code > 0x10ffff) { this.fault(b, p, end, octal ? 'three octal digits after a backslash' : `${length} hexadecimal digits, as a character has them, after \\${String.fromCharCode(kind)}`, `'\\${octal ? '' : String.fromCharCode(kind)}${text}'`); return -1; }
      p = at + length;
      if (kind === 117) { out.ascii(`\\u${text}`); continue; }               // a half of a pair is kept, as JSON has it
      if (kind === 85) { out.text(JSON.stringify(String.fromCodePoint(code)).slice(1, -1)); continue; }
      if (code < 32 || code === QUOTE || code === BACKSLASH) writeEscape(out, code); else { out.byte(code); bytes ||= code > 127; }
    }
    if (p >= end) { this.fault(b, end, end, "'\"' at the end of a quoted value"); return -1; }
    if (bytes && !isUtf8(out.bytes.subarray(start, out.length))) { this.fault(b, from, end, 'bytes that are UTF-8', 'others, escaped'); return -1; }
    out.byte(QUOTE);
    return p + 1;
  }
}

/** Letters after a backslash that mean the same in JSON: " \ / b f n r t. */
const jsonEscapes = [34, 92, 47, 98, 102, 110, 114, 116];
/** Digits after \x, \u, \U. */
const hexDigits: Readonly<Record<number, number>> = { 120: 2, 117: 4, 85: 8 };
