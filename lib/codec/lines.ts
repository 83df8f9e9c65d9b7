// Text lines: {"line": …}, every line, blank ones too; or, with a pattern, its named groups as fields (a group that took no part is null), and a line that does not match
// is bad (a blank one: skipped). The pattern comes compiled: only lib/expr makes regular expressions.
import { LeatError } from '../errors.js';
import type { Decoder } from './decoder.js';
import { encoded, writeString } from './gather.js';
import { LineDecoder } from './line-decoder.js';

const LINE = encoded('{"line":');
const utf8 = new TextDecoder('utf-8', { ignoreBOM: true });

/** A compiled pattern: the user's text, and its first match in a text (lib/expr/regex.ts makes it). */
export interface LinePattern { readonly source: string; first(text: string): RegExpExecArray | undefined }

export const lines = ({ pattern, lineBytesMax }: { readonly pattern?: LinePattern; readonly lineBytesMax?: number } = {}): Decoder =>
  pattern === undefined ? new TextLines(lineBytesMax) : new MatchedLines(pattern, lineBytesMax);

class TextLines extends LineDecoder {
  protected override blanks(): boolean { return true; }
  protected decode(bytes: Uint8Array, start: number, end: number): boolean {
    this.out.all(LINE); writeString(this.out, bytes, start, end);
    this.out.byte(125); this.out.byte(10);
    return true;
  }
}

class MatchedLines extends LineDecoder {
  readonly #pattern: LinePattern;
  constructor(pattern: LinePattern, lineBytesMax: number | undefined) {
    super(lineBytesMax);
    this.#pattern = pattern;
    if (!/\(\?<[^=!]/.test(pattern.source)) throw new LeatError('E_OPTION', { what: `--pattern ${pattern.source} has no named groups; expected some, like (?<level>\\w+)` });
  }
  #match(bytes: Uint8Array, start: number, end: number): RegExpExecArray | undefined {
    return this.#pattern.first(utf8.decode(bytes.subarray(start, end)));
  }
  protected override blanks(bytes: Uint8Array, start: number, end: number): boolean { return this.#match(bytes, start, end) !== undefined; }
  protected decode(bytes: Uint8Array, start: number, end: number): boolean {
    const found = this.#match(bytes, start, end);
    if (found === undefined) return this.fault(bytes, start, end, `a match of ${this.#pattern.source}`, 'none');
    const fields = Object.entries(found.groups ?? {}).map(([name, value]) => `${JSON.stringify(name)}:${value === undefined ? 'null' : JSON.stringify(value)}`);   // in the order of the pattern
    this.out.text(`{${fields.join(',')}}\n`);
    return true;
  }
}
