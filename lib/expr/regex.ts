// Regular expressions of expressions: linear time or refused, text in code points, never from data (SEMANTICS 2; EXACTLY-ONCE 0.14, R53). Owns: which patterns are taken,
// and what is handed to V8. V8's backtracking engine falls back to its linear one after 50,000 backtracks, once the process has set
// linearRegexFlag (lib/cli does it). The linear engine knows neither the flags
// i and u nor counted repeats worth the name, so a pattern is rewritten here to what it knows: classes for both cases, surrogate pairs for characters beyond U+FFFF,
// copies for {n,m}. Look-around and back-references cannot be had in linear time and are refused. Must not: match anything.
import { LeatError } from '../errors.js';
import { spotOf } from './syntax.js';
import type { Range } from './syntax.js';

/** A pattern, compiled twice: for text without surrogates (nearly all of it), and for text with them, where a pair is one character. Both have the flag g. */
export class Pattern {
  private readonly plain: RegExp;
  private readonly full: RegExp;
  /** What it says, case and all written out: of what turns it into the text of another engine. */
  readonly tree: Tree;
  /** Flag m: ^ and $ also stand at line ends. */
  readonly isMultiline: boolean;
  constructor(plain: RegExp, full: RegExp, tree: Tree) { this.plain = plain; this.full = full; this.tree = tree; this.isMultiline = plain.multiline; }
  /** Whether it is found anywhere. */
  test(text: string): boolean {
    const chosen = surrogate.test(text) ? this.full : this.plain;
    chosen.lastIndex = 0;
    return chosen.test(text);
  }
  first(text: string): RegExpExecArray | undefined {
    for (const found of this.all(text)) return found;
    return undefined;
  }
  /** All matches from left to right, none overlapping another. An empty one between the halves of a pair is none. */
  *all(text: string): Generator<RegExpExecArray> {
    const chosen = surrogate.test(text) ? this.full : this.plain;
    let from = 0;
    for (;;) {
      chosen.lastIndex = from;
      const found = chosen.exec(text);
      if (found === null) return;
      const { index } = found, isEmpty = found[0] === '';
      from = isEmpty ? index + 1 : index + found[0].length;
      if (!isEmpty || index === 0 || (text.charCodeAt(index) & 0xfc00) !== 0xdc00 || (text.charCodeAt(index - 1) & 0xfc00) !== 0xd800) yield found;
    }
  }
}
/** What the process tells V8 before the first match, by v8.setFlagsFromString: then no pattern taken here needs more than linear time. */
export const linearRegexFlag = '--enable-experimental-regexp-engine-on-excessive-backtracks';

const surrogate = /[\ud800-\udfff]/;

/** Code points as ascending, disjoint ranges [from, to]. */
export type Points = readonly (readonly [number, number])[];
export type Tree =
  | { readonly kind: 'set'; readonly points: Points }
  | { readonly kind: 'edge'; readonly text: string }                                        // ^ $ \b \B
  | { readonly kind: 'all' | 'any'; readonly parts: readonly Tree[] }                        // one after another; one of them
  | { readonly kind: 'group'; readonly of: Tree; readonly open: string }                     // `(`, `(?<name>`
  | { readonly kind: 'repeat'; readonly of: Tree; readonly min: number; readonly max: number; readonly lazy: boolean };

const last = 0x10ffff;
/** Longest pattern after {n,m} has been written out, in UTF-16 units. */
const sourceMax = 200_000;
const repeatMax = 1_000;

let prepare = (): void => {};
/** What the host does before the first pattern is made: lib/cli sets V8's flag then, and not at every start. */
export function beforeFirstRegex(work: () => void): void { prepare = work; }

/** Errors: E_REGEX with what is wrong, at the literal's place in the text. */
export function compileRegex(text: string, range: Range, pattern: string, flags: string): Pattern {
  prepare();
  const refuse = (why: string, help = ''): never => { throw new LeatError('E_REGEX', { why, help }, spotOf(text, range)); };
  const wrong = /[^ismug]/.exec(flags)?.[0];
  if (wrong !== undefined) refuse(`flag '${wrong}' is not known`, 'flags are i, s, m and u; g is implied');
  const tree = new PatternReader(pattern, flags.includes('i'), flags.includes('s'), refuse).read();
  const use = flags.includes('m') ? 'gm' : 'g';
  return new Pattern(new RegExp(write(tree, false, refuse), use), new RegExp(write(tree, true, refuse), use), tree);
}

type Refuse = (why: string, help?: string) => never;

const digits: Points = [[48, 57]];
const wordPoints: Points = [[48, 57], [65, 90], [95, 95], [97, 122]];
const blanks: Points = [[9, 13], [32, 32], [0xa0, 0xa0], [0x1680, 0x1680], [0x2000, 0x200a], [0x2028, 0x2029], [0x202f, 0x202f], [0x205f, 0x205f], [0x3000, 0x3000], [0xfeff, 0xfeff]];
const lineEnds: Points = [[10, 10], [13, 13], [0x2028, 0x2029]];
const controls: Readonly<Record<string, number>> = { n: 10, r: 13, t: 9, f: 12, v: 11 };
const advice: Readonly<Record<string, string>> = { A: '^', Z: '$', z: '$', Q: 'a backslash before each odd character', h: '[ \\t]', R: '\\r?\\n', x: '\\x41', e: '\\x1b', a: '\\x07' };

/** Sorted, and joined where they touch. */
function union(...sets: readonly Points[]): Points {
  const sorted = sets.flat().sort(([a], [b]) => a - b), out: [number, number][] = [];
  for (const [from, to] of sorted) {
    const before = out.at(-1);
    if (before !== undefined && from <= before[1] + 1) before[1] = Math.max(before[1], to); else out.push([from, to]);
  }
  return out;
}
function complement(points: Points): Points {
  const out: [number, number][] = [];
  let from = 0;
  for (const [a, b] of points) { if (a > from) out.push([from, a - 1]); from = b + 1; }
  if (from <= last) out.push([from, last]);
  return out;
}
/** With the other case of A to Z and a to z: case is that of ASCII, as in lower() and upper(). */
function bothCases(points: Points): Points {
  const more: [number, number][] = [];
  for (const [from, to] of points) {
    const upper = [Math.max(from, 65), Math.min(to, 90)] as const, lower = [Math.max(from, 97), Math.min(to, 122)] as const;
    if (upper[0] <= upper[1]) more.push([upper[0] + 32, upper[1] + 32]);
    if (lower[0] <= lower[1]) more.push([lower[0] - 32, lower[1] - 32]);
  }
  return union(points, more);
}

const properties = new Map<string, Points>();
/** The code points of \p{…}: asked of V8 one by one, once, for its linear engine does not know them. */
function property(name: string, refuse: Refuse): Points {
  const known = properties.get(name);
  if (known !== undefined) return known;
  let test: RegExp;
  try { test = new RegExp(`\\p{${name}}`, 'u'); } catch { return refuse(`\\p{${name}} is not known`, '\\p{L}, \\p{Script=Greek}'); }
  const out: [number, number][] = [];
  for (let point = 0; point <= last; point++) {
    if (!test.test(String.fromCodePoint(point))) continue;
    const before = out.at(-1);
    if (before !== undefined && before[1] === point - 1) before[1] = point; else out.push([point, point]);
  }
  properties.set(name, out);
  return out;
}

/** The grammar of JavaScript's patterns, code point by code point, without look-around and back-references. */
class PatternReader {
  private readonly points: readonly string[];
  private readonly ignoreCase: boolean;
  private readonly dotAll: boolean;
  private readonly refuse: Refuse;
  private at = 0;
  constructor(pattern: string, ignoreCase: boolean, dotAll: boolean, refuse: Refuse) {
    this.points = Array.from(pattern);
    this.ignoreCase = ignoreCase; this.dotAll = dotAll; this.refuse = refuse;
  }
  read(): Tree {
    const tree = this.choice(0);
    if (this.at < this.points.length) this.refuse(`'${this.points[this.at]}' without its opening bracket`);
    return tree;
  }

  private choice(depth: number): Tree {
    if (depth > 100) this.refuse('brackets are nested too deeply');
    const parts = [this.sequence(depth)];
    while (this.take('|')) parts.push(this.sequence(depth));
    return parts.length === 1 ? parts[0] : { kind: 'any', parts };
  }
  private sequence(depth: number): Tree {
    const parts: Tree[] = [];
    for (let c = this.points[this.at]; c !== undefined && c !== '|' && c !== ')'; c = this.points[this.at]) parts.push(this.repeated(this.atom(c, depth)));
    return { kind: 'all', parts };
  }
  private repeated(of: Tree): Tree {
    const found = this.take('*') ? [0, Infinity] : this.take('+') ? [1, Infinity] : this.take('?') ? [0, 1] : this.counted();
    if (found === undefined) return of;
    const [min, max] = found, lazy = this.take('?');
    if (of.kind === 'edge') this.refuse(`'${of.text}' cannot be repeated`);
    if (min > max) this.refuse(`{${min},${max}} is out of order`);
    if (min > repeatMax || (max !== Infinity && max > repeatMax)) this.refuse(`a repeat of more than ${repeatMax}`);
    if (['*', '+', '?'].includes(this.points[this.at] ?? '')) this.refuse('two repeats in a row');
    return { kind: 'repeat', of, min, max, lazy };
  }
  /** {n}, {n,}, {n,m}; a brace that is none of them is a character. */
  private counted(): readonly [number, number] | undefined {
    const found = /^\{(\d{1,9})(?:(,)(\d{1,9})?)?\}/.exec(this.points[this.at] === '{' ? this.points.slice(this.at, this.at + 24).join('') : '');
    if (found === null) return undefined;
    this.at += found[0].length;
    return [Number(found[1]), found[2] === undefined ? Number(found[1]) : found[3] === undefined ? Infinity : Number(found[3])];
  }

  private atom(c: string, depth: number): Tree {
    this.at++;
    switch (c) {
      case '^': case '$': return { kind: 'edge', text: c };
      case '.': return { kind: 'set', points: this.dotAll ? [[0, last]] : complement(lineEnds) };
      case '[': return this.set(this.bracketed());
      case '(': return this.group(depth);
      case '*': case '+': case '?': return this.refuse('nothing to repeat');
      case '\\': {
        const edge = this.points[this.at];
        if (edge === 'b' || edge === 'B') { this.at++; return { kind: 'edge', text: `\\${edge}` }; }
        const escaped = this.escape(false);
        return this.set(typeof escaped === 'number' ? [[escaped, escaped]] : escaped);
      }
      default: return this.set([[c.codePointAt(0)!, c.codePointAt(0)!]]);                      // `!`: c is one code point
    }
  }
  private set(points: Points): Tree { return { kind: 'set', points: this.ignoreCase ? bothCases(points) : points }; }

  private group(depth: number): Tree {
    let open = '(';
    if (this.take('?')) {
      if (this.take(':')) open = '(?:';
      else if (this.points[this.at] === '<' && this.points[this.at + 1] !== '=' && this.points[this.at + 1] !== '!') {
        const close = this.points.indexOf('>', this.at);
        if (close < 0) this.refuse('a group name without its end');
        open = `(?${this.points.slice(this.at, close + 1).join('')}`;
        this.at = close + 1;
      } else if (/^<?[=!]/.test(this.points.slice(this.at, this.at + 2).join(''))) this.refuse('look-around needs more than linear time', 'split the condition: matches(x, /a/) && !matches(x, /b/)');
      else this.refuse(`'(?${this.points[this.at] ?? ''}' is not known`);
    }
    const of = this.choice(depth + 1);
    if (!this.take(')')) this.refuse("a group without its ')'");
    return open === '(?:' ? of.kind === 'set' ? of : { kind: 'all', parts: [of] } : { kind: 'group', of, open };
  }

  /** The class after its `[`. Case is widened before it is negated. */
  private bracketed(): Points {
    const negated = this.take('^'), sets: Points[] = [];
    for (;;) {
      const c = this.points[this.at];
      if (c === undefined) this.refuse("a class without its ']'");
      if (this.take(']')) break;
      const from = this.member();
      if (this.points[this.at] === '-' && this.points[this.at + 1] !== ']' && this.points[this.at + 1] !== undefined) {
        this.at++;
        const to = this.member();
        if (typeof from !== 'number' || typeof to !== 'number') this.refuse('a range in a class is from one character to another');
        else if (from > to) this.refuse(`the range ${String.fromCodePoint(from)}-${String.fromCodePoint(to)} is out of order`);
        else sets.push([[from, to]]);
      } else sets.push(typeof from === 'number' ? [[from, from]] : from);
    }
    const points = union(...sets);
    if (points.length === 0) return negated ? [[0, last]] : this.refuse('an empty class matches nothing');
    return negated ? complement(this.ignoreCase ? bothCases(points) : points) : points;
  }
  private member(): number | Points {
    const c = this.points[this.at++];
    if (c !== '\\') return c.codePointAt(0)!;              // `!`: c is one code point
    if (this.take('b')) return 8;
    if (this.take('-')) return 45;
    return this.escape(true);
  }

  /** What stands after a backslash. */
  private escape(inClass: boolean): number | Points {
    const c = this.points[this.at++];
    if (c === undefined) return this.refuse('a backslash at the end');
    switch (c) {
      case 'd': return digits;
      case 'D': return complement(digits);
      case 'w': return wordPoints;
      case 'W': return complement(wordPoints);
      case 's': return blanks;
      case 'S': return complement(blanks);
      case '0': if (!/\d/.test(this.points[this.at] ?? '')) return 0; break;
      case 'p': case 'P': {
        const close = this.points[this.at] === '{' ? this.points.indexOf('}', this.at) : -1;
        if (close < 0) return this.refuse(`\\${c} needs a property`, '\\p{L}');
        const name = this.points.slice(this.at + 1, close).join('');
        this.at = close + 1;
        const points = property(name, this.refuse);
        return c === 'p' ? points : complement(points);
      }
      case 'x': case 'u': return this.hex(c);
      case 'k': return this.refuse('back-references need more than linear time');
      default:
        if (Object.hasOwn(controls, c)) return controls[c];
    }
    if (/[1-9]/.test(c) && !inClass) return this.refuse('back-references need more than linear time');
    if (/[0-9A-Za-z]/.test(c)) return this.refuse(`\\${c} is not known`, Object.hasOwn(advice, c) ? advice[c] : '');
    return c.codePointAt(0)!;                              // `!`: c is one code point
  }
  private hex(kind: string): number {
    const rest = this.points.slice(this.at, this.at + 12).join('');
    const found = (kind === 'x' ? /^[\da-f]{2}/i : /^(?:\{([\da-f]{1,6})\}|([\da-f]{4}))/i).exec(rest);
    if (found === null) return this.refuse(`\\${kind} needs ${kind === 'x' ? 'two' : 'four'} hexadecimal digits`);
    this.at += found[0].length;
    const point = parseInt(found[1] ?? found[0], 16);
    if (point > last) return this.refuse(`\\u{${found[1]}} is no character`);
    if (point < 0xd800 || point > 0xdfff) return point;
    const low = point < 0xdc00 ? /^\\u(d[c-f][\da-f]{2})/i.exec(this.points.slice(this.at, this.at + 6).join('')) : null;
    if (low === null) return this.refuse('half of a surrogate pair is no character');
    this.at += 6;
    return 0x10000 + ((point - 0xd800) << 10) + parseInt(low[1], 16) - 0xdc00;
  }
  private take(c: string): boolean {
    if (this.points[this.at] !== c) return false;
    this.at++;
    return true;
  }
}

const unit = (code: number): string => (code >= 48 && code <= 57) || (code >= 65 && code <= 90) || (code >= 97 && code <= 122) ? String.fromCharCode(code) : `\\u${code.toString(16).padStart(4, '0')}`;
const unitRange = (from: number, to: number): string => from === to ? unit(from) : `${unit(from)}-${unit(to)}`;

/** Pairs of UTF-16 units for characters from U+10000 on. */
function pairs(from: number, to: number): string[] {
  const high = (point: number): number => 0xd800 + ((point - 0x10000) >> 10), low = (point: number): number => 0xdc00 + ((point - 0x10000) & 0x3ff);
  const one = (a: number, b: number, c: number, d: number): string => `[${unitRange(a, b)}][${unitRange(c, d)}]`;
  if (high(from) === high(to)) return [one(high(from), high(from), low(from), low(to))];
  const out: string[] = [];
  let first = high(from), final = high(to);
  if (low(from) !== 0xdc00) { out.push(one(first, first, low(from), 0xdfff)); first++; }
  if (low(to) !== 0xdfff) { out.push(one(final, final, 0xdc00, low(to))); final--; }
  if (first <= final) out.push(one(first, final, 0xdc00, 0xdfff));
  return out;
}

/** Text with surrogates matches whole pairs only; a lone one is matched by nothing. In other text there are none to care for. */
function writeSet(points: Points, full: boolean): string {
  const units: string[] = [], beyond: string[] = [];
  for (const [from, to] of points) {
    if (full) {
      if (from < 0xd800) units.push(unitRange(from, Math.min(to, 0xd7ff)));
      if (to > 0xdfff && from <= 0xffff) units.push(unitRange(Math.max(from, 0xe000), Math.min(to, 0xffff)));
      if (to > 0xffff) beyond.push(...pairs(Math.max(from, 0x10000), to));
    } else if (from <= 0xffff) units.push(unitRange(from, Math.min(to, 0xffff)));
  }
  // A class of characters beyond U+FFFF matches nothing in text without surrogates: a unit that such text cannot have.
  const single = units.length > 0 ? `[${units.join('')}]` : beyond.length > 0 ? '' : '[\\udfff]';
  return beyond.length === 0 ? single : `(?:${[...single === '' ? [] : [single], ...beyond].join('|')})`;
}

const hasGroup = (tree: Tree): boolean => tree.kind === 'group' || (tree.kind === 'repeat' ? hasGroup(tree.of) : (tree.kind === 'all' || tree.kind === 'any') && tree.parts.some(hasGroup));

function write(tree: Tree, full: boolean, refuse: Refuse, capture = true): string {
  const text = writeTree(tree, full, refuse, capture);
  return text.length > sourceMax ? refuse('too large, once its repeats are written out') : text;
}
function writeTree(tree: Tree, full: boolean, refuse: Refuse, capture: boolean): string {
  switch (tree.kind) {
    case 'set': return writeSet(tree.points, full);
    case 'edge': return tree.text;
    case 'all': return tree.parts.map((part) => part.kind === 'any' ? `(?:${write(part, full, refuse, capture)})` : write(part, full, refuse, capture)).join('');
    case 'any': return tree.parts.map((part) => write(part, full, refuse, capture)).join('|');
    case 'group': return `${capture ? tree.open : '(?:'}${write(tree.of, full, refuse, capture)})`;
    case 'repeat': {
      const { min, max, of } = tree, lazy = tree.lazy ? '?' : '', body = (takes: boolean): string => `(?:${write(of, full, refuse, takes)})`;
      if (max === Infinity && min <= 1) return `${body(capture)}${min === 0 ? '*' : '+'}${lazy}`;
      if (min === 0 && max === 1) return `${body(capture)}?${lazy}`;
      if (max === 0) return '(?:)';
      // Copies: a group holds what its last round matched, which copies can only say where the number of rounds is fixed.
      if (min === max) {
        const copy = body(false);
        if (copy.length * min > sourceMax) refuse('too large, once its repeats are written out');
        return copy.repeat(min - 1) + body(capture);
      }
      if (capture && hasGroup(of)) refuse('a group inside of a repeat {n,m} cannot be told apart in linear time', 'write (?:…) for a group that nothing asks for');
      const copy = body(false), count = max === Infinity ? min + 1 : max;
      if ((copy.length + 6) * count > sourceMax) refuse('too large, once its repeats are written out');
      if (max === Infinity) return copy.repeat(min) + `${copy}*${lazy}`;
      return copy.repeat(min) + `(?:${copy}`.repeat(max - min) + `)?${lazy}`.repeat(max - min);
    }
  }
}
