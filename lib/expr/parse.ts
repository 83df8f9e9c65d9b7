// The texts that users write: expressions, lists of them, names, paths, and the operands of map, --rename and agg (SEMANTICS 2 and 6). Owns: those small grammars.
// Must not: know tools or aggregates; what an expression is and does is read.ts and bind.ts.
import { LeatError } from '../errors.js';
import { pathText } from '../record/path.js';
import type { Path } from '../record/path.js';
import { Bound } from './bind.js';
import type { AggText, Call, Expression, MapText, Named, SortKey } from './expression.js';
import { Cursor } from './path-text.js';
import { readAt, unexpectedRest } from './read.js';
import { fault } from './syntax.js';
import type { Range, Syntax } from './syntax.js';

/** One expression, nothing before or after it. Errors: E_SYNTAX, E_FUNCTION, E_ARGUMENTS, E_REGEX, with the place in the text. */
export function expression(text: string): Expression {
  const cursor = new Cursor(text);
  const one = take(cursor);
  if (!cursor.ended) throw unexpectedRest(text, cursor.at);
  return one;
}

/** `a, b, …`: at least one. */
export function expressionList(text: string): readonly Expression[] {
  const cursor = new Cursor(text);
  const list = [take(cursor)];
  while (cursor.take(',')) list.push(take(cursor));
  if (!cursor.ended) throw unexpectedRest(text, cursor.at);
  return list;
}

/** A path to a field: `user.country`, `tags[0]`, `["odd key"]`, `_["odd key"]`, `_`. Errors: E_SYNTAX. */
export function path(text: string): Path {
  const cursor = new Cursor(text);
  const steps = cursor.path();
  if (!cursor.ended) cursor.expected('the end of a path', `a field with an odd name is written _[${JSON.stringify(text)}]`);
  return steps;
}

/** `PATH, …`: at least one (of --drop, for example). */
export function paths(text: string): readonly Path[] {
  const cursor = new Cursor(text);
  const list = [cursor.path()];
  while (cursor.take(',')) list.push(cursor.path());
  if (!cursor.ended) cursor.expected("',' or the end", 'a field with an odd name is written _["odd name"]');
  return list;
}

const keyWord = /[\p{L}\p{N}_]+(?:-[\p{L}\p{N}_]+)*/uy;

/** `PATH[:asc|:desc][:nulls-first|:nulls-last], …`, of sort -k. Null comes first as the total order has it, and last with :desc, unless it is said. Errors: E_SYNTAX. */
export function sortKeys(text: string): readonly SortKey[] {
  const cursor = new Cursor(text), keys: SortKey[] = [], help = "-k 'PATH[:desc][:nulls-last], …', like 'status:desc, user.country'";
  do {
    const first = cursor.text[cursor.at];
    if (first === '-') throw fault(text, { start: cursor.at, end: cursor.at + 1 }, "a key that falls is written with ':desc'", { help: `${text.slice(cursor.at + 1).split(/[\s,:]/)[0] || 'bytes'}:desc` });
    if (first !== undefined && /\d/.test(first)) throw fault(text, { start: cursor.at, end: cursor.at + (/^[\d.,a-zA-Z]+/.exec(text.slice(cursor.at))?.[0].length ?? 1) }, 'keys are fields, not numbers of columns', { help: '-k FIELD; columns of lines are for coreutils: /usr/bin/sort -k2,2' });
    const path = cursor.path();
    let desc: boolean | undefined, nulls: SortKey['nulls'] | undefined;
    while (cursor.take(':')) {
      const start = cursor.at, word = cursor.match(keyWord);
      const twice = (): never => { throw fault(text, { start, end: start + word!.length }, 'this is said twice for one key', { help }); };   // `!`: only of a word that is known
      if (word === 'asc' || word === 'desc') { if (desc !== undefined) twice(); desc = word === 'desc'; }
      else if (word === 'nulls-first' || word === 'nulls-last') { if (nulls !== undefined) twice(); nulls = word === 'nulls-last' ? 'last' : 'first'; }
      else throw fault(text, { start, end: start + Math.max(1, word?.length ?? 0) }, `expected desc, asc, nulls-last or nulls-first, got ${word === undefined ? cursor.here() : `'${word}'`}`, { help });
      cursor.at += word.length;
      cursor.skip();
    }
    keys.push({ path, desc: desc === true, nulls: nulls ?? (desc === true ? 'last' : 'first') });
  } while (cursor.take(','));
  if (!cursor.ended) cursor.expected("',' or ':desc'", help);
  return keys;
}

/** `expr as name, …` sets fields, `{…}` is a whole new record (SEMANTICS 2, map). A name may be a path of keys; a bare path keeps its own. */
export function mapText(text: string): MapText {
  const cursor = new Cursor(text);
  if (cursor.text[cursor.at] === '{') {
    const { syntax, end } = readAt(text, cursor.at);
    if (syntax.kind === 'object' && new Cursor(text.slice(end)).ended) return { object: new Bound(text, syntax) };
  }
  const sets: Named[] = [];
  const ranges: Range[] = [];
  do {
    const start = cursor.at;
    const one = take(cursor);
    if (cursor.takeWord('as')) sets.push({ expression: one, name: targetPath(cursor), explicit: true });
    else if (one.path === undefined || one.path.length === 0) throw needsAs(text, one, cursor);
    else if (one.path.some((step) => typeof step === 'number')) throw fault(text, one.spot, 'a path with an index needs a name', { help: `${one.text} as ${one.path.filter((step) => typeof step === 'string').at(-1) ?? 'name'}` });
    else sets.push({ expression: one, name: one.path, explicit: false });
    ranges.push({ start, end: cursor.at });
  } while (cursor.take(','));
  if (!cursor.ended) throw unexpectedRest(text, cursor.at);
  refuseTwins(text, sets.map(({ name }) => pathText(name)), ranges);
  return { sets };
}

/** `OLD as NEW, …`: OLD is a path, NEW the new name of its last step (a path with the same steps before it is taken too); name is [NEW]. */
export function renames(text: string): readonly Named[] {
  const cursor = new Cursor(text);
  const list: Named[] = [];
  const ranges: Range[] = [];
  do {
    const start = cursor.at;
    const old = cursor.path();
    const end = cursor.at;
    if (old.length === 0 || typeof old.at(-1) === 'number') throw fault(text, { start, end }, 'only a field can be renamed');
    if (!cursor.takeWord('as')) cursor.expected("'as' and the new name", `${text.slice(start, end).trim()} as name`);
    const at = cursor.at;
    const name = targetPath(cursor);
    const parents = name.slice(0, -1);
    if (parents.length > 0 && !(parents.length === old.length - 1 && parents.every((step, i) => step === old[i]))) {
      throw fault(text, { start: at, end: cursor.at }, 'a renamed field stays where it stands', { help: `${pathText(old)} as ${pathText(name.slice(-1))}` });
    }
    list.push({ expression: new Bound(text, { kind: 'path', path: old, start, end: trimmed(text, end) }), name: name.slice(-1), explicit: true });
    ranges.push({ start, end: cursor.at });
  } while (cursor.take(','));
  if (!cursor.ended) cursor.expected("',' or the end");
  refuseTwins(text, list.map(({ expression: { path: old }, name }) => pathText([...old!.slice(0, -1), ...name])), ranges);   // `!`: made of a path above
  return list;
}

const aggregateName = /[A-Za-z_]\w*(?:\.\d+)?(?=\s*\()/y;

/** `fn(expr[, expr…]) [where cond] [as name], … [by expr [as name], …]` (SEMANTICS 6). Which functions exist is not checked here. */
export function aggregates(text: string): AggText {
  const cursor = new Cursor(text);
  const calls: Call[] = [];
  const names: string[] = [];
  const ranges: Range[] = [];
  do {
    const one = takeCall(cursor);
    calls.push(one.call);
    names.push(one.call.name);
    ranges.push(one.range);
  } while (cursor.take(','));
  const by: Named[] = [];
  if (cursor.takeWord('by')) {
    do {
      const start = cursor.at;
      const one = take(cursor);
      if (cursor.takeWord('as')) by.push({ expression: one, name: [simpleName(cursor)], explicit: true });
      else by.push({ expression: one, name: [defaultName(text, one, cursor)], explicit: false });
      names.push(by[by.length - 1].name[0] as string);         // a string: simpleName and defaultName give one
      ranges.push({ start, end: cursor.at });
    } while (cursor.take(','));
  }
  if (!cursor.ended) {
    const word = cursor.peekWord()?.toLowerCase();
    if (word === 'group') cursor.expected("','", 'count() as n by host');
    if (word === 'where') throw fault(text, { start: cursor.at, end: cursor.at + 5 }, "'where' belongs to one aggregate, before its 'as'", { help: 'count() where status >= 500 as errors' });
    throw unexpectedRest(text, cursor.at);
  }
  refuseTwins(text, names, ranges);
  return { calls, by };
}

/** Takes one call of an aggregate with its `where` and `as`, and the blanks after it. */
export function takeCall(cursor: Cursor): { readonly call: Call; readonly range: Range } {
  const { text } = cursor, start = cursor.at;
  const fn = cursor.match(aggregateName);
  if (fn === undefined) {
    const word = cursor.peekWord();
    cursor.expected('an aggregate like count() or sum(bytes)', word === undefined ? 'leat help aggregates' : `${word}()`);
  }
  cursor.at += fn.length;
  const spot = { text, start, end: cursor.at };
  cursor.skip();
  cursor.take('(');
  const args: Expression[] = [];
  if (!cursor.take(')')) {
    if (cursor.text[cursor.at] === '*') throw fault(text, { start: cursor.at, end: cursor.at + 1 }, "'*' is no expression", { help: `${fn}()` });
    do args.push(take(cursor)); while (cursor.take(','));
    if (!cursor.take(')')) {
      if (cursor.ended) cursor.expected("')'");
      throw unexpectedRest(text, cursor.at);
    }
  }
  const where = cursor.takeWord('where') ? take(cursor) : undefined;
  let name: string;
  if (cursor.takeWord('as')) name = simpleName(cursor);
  else {
    if (cursor.peekWord()?.toLowerCase() === 'where') throw fault(text, { start: cursor.at, end: cursor.at + 5 }, "'where' is written in small letters, once");
    const call = { start, end: trimmed(text, cursor.at) };
    const why = args.length > 1 ? 'an aggregate of several arguments' : args.length === 1 && (args[0].path === undefined || args[0].path.length === 0) ? 'an aggregate of what is no field'
      : args.length === 1 && args[0].path!.some((step) => typeof step === 'number') ? 'a path with an index' : undefined;   // `!`: the case before
    if (why !== undefined) throw fault(text, call, `${why} needs a name`, { help: `${text.slice(call.start, call.end)} as ${identifier(fn)}` });
    name = identifier([fn, ...args[0]?.path ?? []].join('_'));
  }
  return { call: { fn, args, where, name, spot }, range: { start, end: trimmed(text, cursor.at) } };
}

/** Takes one expression, and the blanks after it. */
export function take(cursor: Cursor): Expression {
  const { syntax, end } = readAt(cursor.text, cursor.at);
  const one = new Bound(cursor.text, outer(cursor.text, syntax, cursor.at, end));
  cursor.at = end;
  cursor.skip();
  return one;
}
// Brackets around the whole of it are no node, but belong to its text.
const outer = (_: string, syntax: Syntax, start: number, end: number): Syntax => ({ ...syntax, start, end });

/** A name to set: a path of keys, or a string. */
function targetPath(cursor: Cursor): Path {
  const quoted = cursor.string();
  if (quoted !== undefined) return [quoted];
  const start = cursor.at;
  const name = cursor.path();
  if (name.length === 0) throw fault(cursor.text, { start, end: start + 1 }, '_ is the whole record and no name');
  if (name.some((step) => typeof step === 'number')) throw fault(cursor.text, { start, end: cursor.at }, 'a name has no index');
  return name;
}

/** A name of a result: one step. */
function simpleName(cursor: Cursor): string {
  const start = cursor.at;
  const name = targetPath(cursor);
  if (name.length > 1) throw fault(cursor.text, { start, end: trimmed(cursor.text, cursor.at) }, 'the name of a result is one word', { help: identifier(name.join('_')) });
  return name[0] as string;                                  // a string: targetPath takes no index
}

function defaultName(text: string, one: Expression, cursor: Cursor): string {
  if (one.path === undefined || one.path.length === 0) throw needsAs(text, one, cursor);
  if (one.path.some((step) => typeof step === 'number')) throw fault(text, one.spot, 'a path with an index needs a name', { help: `${one.text} as name` });
  return identifier(one.path.join('_'));
}

const identifier = (name: string): string => name.replace(/[^\p{ID_Continue}$]/gu, '_').replace(/^(?=\p{Nd})/u, '_');

function needsAs(text: string, one: Expression, cursor: Cursor): LeatError {
  if (!cursor.ended && cursor.text[cursor.at] !== ',') {
    if (/^(?:AS|As|aS|where|by)$/.test(cursor.peekWord() ?? '')) return fault(text, { start: cursor.at, end: cursor.at + cursor.peekWord()!.length }, `'${cursor.peekWord()!}' does not fit here`, { help: `${one.text} as name` });   // `!`: just tested
    return unexpectedRest(text, cursor.at);
  }
  return fault(text, one.spot, 'what is no field needs a name', { help: `${one.text} as name` });
}

/** Errors: E_SYNTAX where two names are equal. */
export function refuseTwins(text: string, names: readonly string[], ranges: readonly Range[]): void {
  const seen = new Set<string>();
  names.forEach((name, i) => {
    if (seen.has(name)) throw fault(text, { start: ranges[i].start, end: trimmed(text, ranges[i].end) }, `two fields have the name '${name}'`, { help: 'give one of them another name with `as`' });
    seen.add(name);
  });
}

/** `end` without the blanks before it. */
export function trimmed(text: string, end: number): number {
  while (end > 0 && /\s/.test(text[end - 1])) end--;
  return end;
}
