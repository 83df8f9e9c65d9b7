// Paths and names as users write them outside of expressions: `user.country`, `tags[0]`, `["odd key"]`, `_["odd key"]`, `_`. Owns: a cursor over the text.
// Must not: evaluate. The inverse of record/path.ts' pathText.
import type { Path } from '../record/path.js';
import { fault } from './syntax.js';

const word = /[\p{ID_Start}_$][\p{ID_Continue}$\u200c\u200d]*/uy;
const blanks = /(?:\s|\/\*[^]*?\*\/|\/\/.*)*/y;
const quoted = /"(?:[^"\\]|\\.)*"|'(?:[^'\\]|\\.)*'/y;
const index = /\d+/y;

/** A place in a text that is being read from left to right. */
export class Cursor {
  readonly text: string;
  at = 0;
  constructor(text: string) { this.text = text; this.skip(); }
  /** Over blanks and comments. */
  skip(): void { this.at += this.match(blanks)!.length; }        // `!`: it matches the empty text too
  get ended(): boolean { return this.at >= this.text.length; }
  /** Takes exactly this text, and the blanks after it. */
  take(text: string): boolean {
    if (!this.text.startsWith(text, this.at)) return false;
    this.at += text.length;
    this.skip();
    return true;
  }
  /** The word here, not taken. */
  peekWord(): string | undefined { return this.match(word); }
  /** Takes this word, whole, and the blanks after it. */
  takeWord(text: string): boolean {
    if (this.peekWord() !== text) return false;
    return this.take(text);
  }
  word(): string | undefined {
    const found = this.match(word);
    if (found !== undefined) { this.at += found.length; this.skip(); }
    return found;
  }
  /** A string literal: its text. */
  string(): string | undefined {
    const start = this.at, found = this.match(quoted);
    if (found === undefined) return undefined;
    this.at += found.length;
    const text = unquote(found);
    if (text === undefined) throw fault(this.text, { start, end: this.at }, `bad string ${found}`);
    this.skip();
    return text;
  }
  /** What stands here, for messages. */
  here(): string {
    if (this.ended) return 'the end';
    const found = this.match(word) ?? this.match(quoted) ?? this.match(index) ?? String.fromCodePoint(this.text.codePointAt(this.at)!);   // `!`: not ended
    return `'${found}'`;
  }
  expected(what: string, help = ''): never {
    throw fault(this.text, { start: this.at, end: this.at + Math.max(1, this.here().length - 2) }, `expected ${what}, got ${this.here()}`, { help });
  }
  match(pattern: RegExp): string | undefined {
    pattern.lastIndex = this.at;
    return pattern.exec(this.text)?.[0];
  }

  /** A path, and the blanks after it. */
  path(): Path {
    const steps: (string | number)[] = [];
    let end = this.at;
    const first = this.peekWord();
    if (first !== undefined) {
      this.at += first.length;
      if (first !== '_') steps.push(first);
    } else if (this.text[this.at] === '[') this.bracket(steps);
    else this.expected('a field, like status or user.country', this.ended ? '' : 'a field with an odd name is written _["odd name"]');
    for (; ;) {
      end = this.at;
      this.skip();
      if (this.text.startsWith('?.', this.at)) {
        this.at += 2;
        if (this.text[this.at] !== '[') { steps.push(this.step()); continue; }
      } else if (this.text[this.at] === '.') { this.at++; steps.push(this.step()); continue; }
      if (this.text[this.at] !== '[') break;
      this.bracket(steps);
    }
    this.at = end;
    this.skip();
    return steps;
  }
  private step(): string {
    this.skip();
    const found = this.peekWord();
    if (found === undefined) this.expected('a name after the point', 'a field with an odd name is written user["odd name"]');
    this.at += found.length;
    return found;
  }
  private bracket(steps: (string | number)[]): void {
    this.at++;
    this.skip();
    const key = this.string();
    if (key !== undefined) steps.push(key);
    else {
      const digits = this.match(index);
      if (digits === undefined || !Number.isSafeInteger(Number(digits))) this.expected('a "key" or an index from 0');
      this.at += digits.length;
      steps.push(Number(digits));
      this.skip();
    }
    if (this.text[this.at] !== ']') this.expected("']'");
    this.at++;
  }
}

/** The text of a string literal with its quotes; undefined where an escape is bad. */
function unquote(literal: string): string | undefined {
  const inner = literal.slice(1, -1).replace(/\\[^]|"/gu, (part) => part === '"' ? '\\"' : part === "\\'" ? "'" : part);
  try { return JSON.parse(`"${inner}"`) as string; } catch { return undefined; }
}
