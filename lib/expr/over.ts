// The operand of agg --over (SEMANTICS 6): `fn(expr) [where cond] [as name] [by expr, …] [order path] [rows n | range D], …`. Owns: that grammar.
// Must not: know tools or aggregates; which names are functions is said by the caller, for behind a comma `f(x)` may be one more key or the next function.
import { LeatError } from '../errors.js';
import { parseDuration } from '../time/duration.js';
import type { Expression, Frame, Over } from './expression.js';
import { refuseTwins, take, takeCall, trimmed } from './parse.js';
import { Cursor } from './path-text.js';
import { unexpectedRest } from './read.js';
import { fault, spotOf } from './syntax.js';
import type { Range } from './syntax.js';

const callAhead = /([A-Za-z_]\w*(?:\.\d+)?)\s*\(/y, amount = /[\w.]+/y;

/** At least one. isFunction: whether a name is an aggregate, or another function that stands over rows. Errors: E_SYNTAX and those of expressions, with the place in the text. */
export function overs(text: string, isFunction: (name: string) => boolean): readonly Over[] {
  const cursor = new Cursor(text), list: Over[] = [], names: string[] = [], ranges: Range[] = [];
  const isNext = (): boolean => { callAhead.lastIndex = cursor.at; const name = callAhead.exec(text)?.[1]; return name !== undefined && isFunction(name); };
  do {
    const start = cursor.at, { call } = takeCall(cursor), by: Expression[] = [];
    let isMore = false;
    if (cursor.takeWord('by')) {
      do {
        if (by.length > 0 && isNext()) { isMore = true; break; }
        by.push(take(cursor));
        if (cursor.peekWord() === 'as') throw fault(text, { start: cursor.at, end: cursor.at + 2 }, 'a key of --over needs no name: the record has its fields already', { help: `by ${by[by.length - 1].text}` });
      } while (cursor.take(','));
    }
    const order = isMore ? undefined : takeOrder(cursor), frame = isMore ? undefined : takeFrame(cursor);
    list.push({ call, by, order, frame });
    names.push(call.name); ranges.push({ start, end: trimmed(text, cursor.at) });
    if (!isMore && !cursor.take(',')) break;
  } while (!cursor.ended || cursor.expected('a function like sum(bytes) or row_number()'));
  if (!cursor.ended) misplaced(cursor);
  refuseTwins(text, names, ranges);
  return list;
}

function takeOrder(cursor: Cursor): Over['order'] {
  if (!cursor.takeWord('order')) return undefined;
  const { text } = cursor;
  if (cursor.peekWord() === 'by') throw fault(text, { start: cursor.at, end: cursor.at + 2 }, "'order' is followed by the event-time field", { help: 'order ts' });
  const start = cursor.at, path = cursor.path(), spot = spotOf(text, { start, end: trimmed(text, cursor.at) }), word = cursor.peekWord()?.toLowerCase();
  if (word === 'desc' || word === 'asc') throw fault(text, { start: cursor.at, end: cursor.at + word.length }, 'rows are in the order of event time, the earliest first', { help: text.slice(spot.start - 'order '.length, spot.end) });
  return { path, spot };
}

function takeFrame(cursor: Cursor): Frame | undefined {
  const { text } = cursor, start = cursor.at, kind = cursor.takeWord('rows') ? 'rows' : cursor.takeWord('range') ? 'range' : undefined;
  if (kind === undefined) return undefined;
  const example = kind === 'rows' ? 'rows 10' : 'range 1h';
  if (cursor.peekWord() === 'between') throw fault(text, { start: cursor.at, end: cursor.at + 7 }, 'a frame ends at the current row; only its beginning is said', { help: example });
  const at = cursor.at, word = cursor.match(amount);
  if (word === undefined) cursor.expected(kind === 'rows' ? 'a number of rows' : 'a duration', example);
  cursor.at += word.length;
  cursor.skip();
  let preceding = Infinity;
  if (word !== 'unbounded') {
    if (kind === 'rows') {
      if (!/^\d{1,9}$/.test(word)) throw fault(text, { start: at, end: at + word.length }, `expected a number of rows before the current one, got '${word}'`, { help: example });
      preceding = Number(word);
    } else {
      try { preceding = parseDuration(word); } catch (error) {
        if (!(error instanceof LeatError)) throw error;
        throw new LeatError(error.code, error.detail, spotOf(text, { start: at, end: at + word.length }));
      }
    }
  }
  cursor.takeWord('preceding');
  return { kind, preceding, spot: spotOf(text, { start, end: trimmed(text, cursor.at) }) };
}

/** The clauses stand in one order. */
function misplaced(cursor: Cursor): never {
  const { text, at } = cursor, word = cursor.peekWord();
  if (word !== undefined && ['by', 'order', 'rows', 'range', 'where', 'as', 'over', 'partition'].includes(word.toLowerCase())) {
    throw fault(text, { start: at, end: at + word.length }, `'${word}' does not fit here`, { help: 'fn(expr) where cond as name by key order ts rows 10, or range 1h; each may be left out' });
  }
  throw unexpectedRest(text, at);
}
