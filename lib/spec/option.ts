// Types of option values: text of the command line to value, with the error's place. Operators never see text.
import { LeatError } from '../errors.js';
import type { Path } from '../record/path.js';
import type { AggText, Expression, MapText, Named, SortKey } from '../expr/expression.js';
import { aggregates as parseAggregates, expression as parseExpression, expressionList, mapText, path as parsePath, renames as parseRenames, sortKeys as parseSortKeys } from '../expr/parse.js';
import { parseDuration } from '../time/duration.js';

/** How a value is completed by the shell. */
export type Completion = 'none' | 'file' | 'directory' | 'field' | 'duration' | { readonly words: readonly string[]; readonly files?: boolean };

export interface Option<T = any> {                     // `any`: a spec holds every kind
  /** Letter of the short option, without the dash. */
  readonly short?: string;
  /** How the value is called in help: `D`, `EXPR`, `FIELD`; absent for flags. */
  readonly meta?: string;
  readonly help: string;
  readonly required?: boolean;
  /** An operand before FILE…, not an option. */
  readonly operand?: boolean;
  /** An operand that matches takes the next word too: `window session 30m`. */
  readonly joins?: RegExp;
  /** An operand that is not there where the option of this key is given. */
  readonly unless?: string;
  /** An operand that may be absent is there only where the word matches; else the word is a FILE. */
  readonly only?: RegExp;
  /** The text that is taken when the option is absent, shown in help. */
  readonly default?: string;
  /** How many words it takes: 0 for flags, 2 for --arg NAME VALUE. */
  readonly words: 0 | 1 | 2;
  /** true: may be given several times, the values are an array. A scalar given twice: the last wins. */
  readonly many?: boolean;
  /** Takes every word up to the next option, each a value: --offline a b c. With `many`. */
  readonly list?: boolean;
  /** The value may stand only behind `=` (--flatten[=SEP]); without it: '' is parsed. */
  readonly optional?: boolean;
  /** Former names, for "did you mean". */
  readonly was?: string;
  /** May differ between the runs of one checkpoint: it changes no result that was, and none that is still open. */
  /** 'value': whether it is given may not differ (it decides how state is kept). */
  readonly free?: boolean | 'value';
  /** Accepted, but neither in help nor in man pages or completions. */
  readonly hidden?: boolean;
  /** Environment variable whose text is taken when the option is absent and the variable is not empty. A flag: any text but `0`. */
  readonly env?: string;
  /** The value as a checkpoint knows it, where that is not its text. */
  readonly said?: (text: string) => string;
  readonly complete: Completion;
  parse(text: string, second?: string): T;
}
export type Options = Readonly<Record<string, Option>>;

/** The values of a spec's options: undefined where one may be absent. */
export type Values<O extends Options> = { readonly [K in keyof O]: O[K] extends Option<infer T>
  ? O[K] extends { many: true } ? readonly T[] : O[K] extends { required: true } | { default: string } ? T : O[K] extends { words: 0 } ? boolean : T | undefined : never };

type Row<T, R> = Omit<Option<T>, 'parse' | 'words' | 'complete'> & R;
const make = <T, const R extends { help: string }>(row: R, more: Pick<Option<T>, 'parse' | 'words' | 'complete'>): R & Pick<Option<T>, 'parse' | 'words' | 'complete'> => ({ ...more, ...row });
type Own = Partial<Row<unknown, object>> & { help: string };

/** true when given. */
export const flag = <const R extends Own>(row: R) => make<boolean, R & { words: 0 }>({ ...row, words: 0 as const }, { words: 0, complete: 'none', parse: () => true });
export const text = <const R extends Own>(row: R) => make<string, R>(row, { words: 1, complete: 'none', parse: (value) => value });
export const file = <const R extends Own>(row: R) => make<string, R>(row, { words: 1, complete: 'file', parse: (value) => value });
/** Milliseconds, > 0 unless the row says otherwise by `parse`. */
export const duration = <const R extends Own>(row: R) => make<number, R>(row, { words: 1, complete: 'duration', parse: (value) => parseDuration(value) });
export const path = <const R extends Own>(row: R) => make<Path, R>(row, { words: 1, complete: 'field', parse: (value) => parsePath(value) });
export const paths = <const R extends Own>(row: R) => make<readonly Path[], R>(row, { words: 1, complete: 'field', parse: (value) => expressionList(value).map((e) => needPath(e)) });
export const expression = <const R extends Own>(row: R) => make<Expression, R>(row, { words: 1, complete: 'none', parse: (value) => parseExpression(value) });
export const expressions = <const R extends Own>(row: R) => make<readonly Expression[], R>(row, { words: 1, complete: 'none', parse: (value) => expressionList(value) });
export const mapping = <const R extends Own>(row: R) => make<MapText, R>(row, { words: 1, complete: 'none', parse: (value) => mapText(value) });
export const renames = <const R extends Own>(row: R) => make<readonly Named[], R>(row, { words: 1, complete: 'none', parse: (value) => parseRenames(value) });
/** Fields to order by: `PATH[:desc][:nulls-last], …`. */
export const sortKeys = <const R extends Own>(row: R) => make<readonly SortKey[], R>(row, { words: 1, complete: 'field', parse: (value) => parseSortKeys(value) });
export const aggregates = <const R extends Own>(row: R) => make<AggText, R>(row, { words: 1, complete: 'none', parse: (value) => parseAggregates(value) });

/** One of a few words. */
export const choice = <const W extends readonly string[], const R extends Own>(words: W, row: R) => make<W[number], R>(row, { words: 1, complete: { words }, parse(value) {
  if ((words as readonly string[]).includes(value)) return value as W[number];
  throw new LeatError('E_OPTION', { what: `bad value '${value}'; expected ${words.join(', ')}` });
} });

/** A whole number from `min`. */
export const integer = <const R extends Own>(min: number, row: R) => make<number, R>(row, { words: 1, complete: 'none', parse(value) {
  if (/^\d{1,15}$/.test(value) && Number(value) >= min) return Number(value);
  throw new LeatError('E_OPTION', { what: `bad number '${value}'; expected a whole number from ${min}` });
} });

/** Bytes: 4096, 64K, 16M, 2G, also with KiB, MiB, GiB. */
export const size = <const R extends Own>(row: R) => make<number, R>(row, { words: 1, complete: 'none', parse(value) {
  const found = /^(\d{1,12})([KMG]?)(?:iB)?$/.exec(value);
  if (found === null || Number(found[1]) === 0) throw new LeatError('E_OPTION', { what: `bad size '${value}'; expected bytes like 4096, 64K, 16M, 2G` });
  return Number(found[1]) * { '': 1, K: 2 ** 10, M: 2 ** 20, G: 2 ** 30 }[found[2] as '' | 'K' | 'M' | 'G'];
} });

/** Two words: a name and a value. */
export const pair = <const R extends Own>(row: R) => make<readonly [string, string], R & { words: 2 }>({ ...row, words: 2 as const }, { words: 2, complete: 'none', parse: (name, value = '') => [name, value] as const });

function needPath(given: Expression): Path {
  if (given.path !== undefined) return given.path;
  throw new LeatError('E_SYNTAX', { why: 'expected a field', help: 'a path like status, user.country or tags[0]' }, given.spot);
}
