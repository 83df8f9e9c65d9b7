// From the words of a command line to values, by a tool's declaration. POSIX and GNU: -x, -x VALUE, -xVALUE, -vq, --name VALUE, --name=VALUE, anywhere until `--`.
// Owns: what is an option, an operand, a FILE; errors that name the option. Must not: read standard input, open FILE operands, print.
// Short options are spelled out here, since yargs-parser reads -kname as five options; values are then gathered by yargs-parser, with every guess of its own turned off.
import { readFileSync, statSync } from 'node:fs';
import yargsParser from 'yargs-parser';
import { LeatError } from '../errors.js';
import { reason } from '../errors.js';
import { nearest } from '../record/nearest.js';
import type { CommonValues } from '../runtime/pipeline.js';
import { Failure } from '../runtime/report.js';
import { sharedOptions } from '../spec/common.js';
import type { Option, Options } from '../spec/option.js';
import type { ToolSpec } from '../spec/tool.js';
import { quoted } from './words.js';

export interface Call {
  readonly values: any;                                    // `any`: each spec has its own
  readonly common: CommonValues;
  readonly files: readonly string[];
  /** RIGHT of a tool with two inputs; `files` has LEFT, if that was given. */
  readonly right?: string;
  /** The call as a checkpoint knows it: the operands and the options that results depend on, in the order of the declarations; no FILE. */
  readonly said: string;
  /** --help or --version was asked for: nothing else has been looked at. */
  readonly asks: 'help' | 'version' | undefined;
}
type Env = Readonly<Record<string, string | undefined>>;

/** timeFormat → time-format. */
export const longName = (key: string): string => key.replace(/[A-Z]/g, (letter) => `-${letter.toLowerCase()}`);

interface Row { readonly key: string; readonly name: string; readonly option: Option; readonly shared: boolean }
export interface Table { readonly rows: readonly Row[]; readonly operands: readonly Row[]; readonly byName: ReadonlyMap<string, Row>; readonly byShort: ReadonlyMap<string, Row> }

/** The options of a tool, its own before those that all tools share. */
export function optionTable(spec: ToolSpec): Table {
  const row = (shared: boolean) => ([key, option]: [string, Option]): Row => ({ key, name: longName(key), option, shared });
  const own = Object.entries(spec.options as Options).map(row(false));
  const rows = [...own.filter(({ option }) => !option.operand), ...Object.entries(sharedOptions(spec)).map(row(true))];
  return {
    rows, operands: own.filter(({ option }) => option.operand),
    byName: new Map(rows.map((each) => [each.name, each])),
    byShort: new Map(rows.flatMap((each) => each.option.short === undefined ? [] : [[each.option.short, each] as const])),
  };
}

/** How an option was written, for messages. */
type Written = Map<Row, string>;

interface Spelled { readonly options: string[]; readonly operands: string[]; /** Where the operands stand among the words. */ readonly places: number[]; readonly written: Written; readonly asks: Call['asks']; readonly wrong: LeatError | undefined }

/** Short options spelled out, operands apart; the first mistake is kept, since --help anywhere wins over it. */
function spell(table: Table, argv: readonly string[], spec: ToolSpec): Spelled {
  const options: string[] = [], operands: string[] = [], places: number[] = [], written: Written = new Map();
  let asks: Call['asks'], wrong: LeatError | undefined, i = 0;
  const take = (row: Row, as: string, glued: string | undefined): void => {
    const { name, option } = row;
    written.set(row, as);
    if (name === 'help' || name === 'version') asks ??= name;
    if (option.words === 0) {
      if (glued !== undefined) wrong ??= new LeatError('E_OPTION', { what: `${as} takes no value, and got '${glued}'`, help: as });
      options.push(`--${name}`);
      return;
    }
    if (option.optional) { options.push(`--${name}=${glued ?? ''}`); return; }
    const values = glued === undefined ? [] : [glued];
    while (values.length < option.words && i + 1 < argv.length) values.push(argv[++i]);
    if (values.length < option.words) { wrong ??= new LeatError('E_OPTION', { what: `${as} needs ${option.words === 2 ? 'two words' : 'a value'}: ${as} ${option.meta ?? 'VALUE'}`, help: `leat help ${spec.name}` }); return; }
    options.push(`--${name}=${values[0]}`, ...values.slice(1));
    while (option.list === true && i + 1 < argv.length && (argv[i + 1] === '-' || !argv[i + 1].startsWith('-'))) options.push(`--${name}=${argv[++i]}`);
  };
  for (; i < argv.length; i++) {
    const word = argv[i];
    if (word === '--') { while (++i < argv.length) { operands.push(argv[i]); places.push(i); } break; }
    if (word.startsWith('--')) {
      const at = word.indexOf('='), name = at < 0 ? word.slice(2) : word.slice(2, at), row = table.byName.get(name);
      if (row === undefined) wrong ??= unknown(`--${name}`, table, spec, argv);
      else take(row, `--${name}`, at < 0 ? undefined : word.slice(at + 1));
    } else if (word.length > 1 && word.startsWith('-')) {
      for (let j = 1; j < word.length; j++) {
        const letter = word[j], row = table.byShort.get(letter);
        if (row === undefined) { wrong ??= unknown(`-${letter}`, table, spec, argv); break; }
        const rest = word.slice(j + 1);
        if (row.option.words === 0) { take(row, `-${letter}`, undefined); continue; }
        take(row, `-${letter}`, rest === '' ? undefined : rest);
        break;
      }
    } else { operands.push(word); places.push(i); }
  }
  return { options, operands, places, written, asks, wrong };
}

function unknown(given: string, table: Table, spec: ToolSpec, argv: readonly string[]): LeatError {
  const help = `leat help ${spec.name}`, { namesake } = spec;
  if (namesake !== undefined && (given.startsWith('--') ? namesake.names.includes(given.slice(2)) : namesake.letters.includes(given.slice(1)))) {
    const advice = namesake.advice?.[given.replace(/^-+/, '')];
    return new LeatError('E_OPTION', { what: `unknown option ${given}; this is leat ${spec.name}, for NDJSON, and the call looks like one for coreutils`,
      help: `coreutils: ${[namesake.path, ...argv.map(quoted)].join(' ')}; records: ${advice ?? namesake.ours}` });
  }
  if (given === '-u') return new LeatError('E_OPTION', { what: 'unknown option -u; output is never held back, so there is nothing to switch off', help });
  const name = given.slice(2);
  const former = table.rows.find(({ option }) => option.was === name);
  if (former !== undefined) return new LeatError('E_OPTION', { what: `unknown option ${given}; it is called --${former.name}`, help });
  const names = table.rows.filter(({ option }) => !option.hidden).map((row) => row.name);
  const longer = names.filter((each) => name !== '' && each.startsWith(name));
  const near = !given.startsWith('--') ? undefined : longer.length === 1 ? longer[0] : nearest(name, names);
  return new LeatError('E_OPTION', { what: `unknown option ${given}${near === undefined ? '' : `; did you mean --${near}?`}`, help });
}

/** Every guess of yargs-parser turned off: values are texts, names are as declared. */
const exact = {
  'boolean-negation': false, 'camel-case-expansion': false, 'dot-notation': false, 'parse-numbers': false, 'parse-positional-numbers': false,
  'nargs-eats-options': true, 'duplicate-arguments-array': true, 'greedy-arrays': false, 'flatten-duplicate-arrays': true,
};

/** Texts given for each option, in order; two a time where the option takes two words. */
function gather(table: Table, words: readonly string[]): ReadonlyMap<Row, readonly string[]> {
  const { rows } = table, takes = rows.filter(({ option }) => option.words > 0);
  const found = yargsParser([...words], {
    boolean: rows.filter(({ option }) => option.words === 0).map(({ name }) => name), string: takes.map(({ name }) => name),
    narg: Object.fromEntries(takes.map(({ name, option }) => [name, option.words])), configuration: exact,
  });
  return new Map(rows.flatMap((row) => found[row.name] === undefined ? [] : [[row, [found[row.name]].flat().map(String)] as const]));
}

/**
 * Values of a call. Errors: Failure around a LeatError with exit 64 (66 for -f); its text begins with the option that it is about.
 * Defaults are parsed from their text; variables of the environment stand in for options that are absent. isInput: names that a binding gives to inputs, which are FILEs though there is no such file.
 */
export function parseCall(spec: ToolSpec, argv: readonly string[], env: Env, isInput?: (word: string) => boolean): Call {
  const table = optionTable(spec);
  const { options, operands, written, asks, wrong } = spell(table, argv, spec);
  if (asks !== undefined) return { values: {}, common: {}, files: [], said: '', asks };
  try {
    if (wrong !== undefined) throw wrong;
    const given = gather(table, options);
    const values: Record<string, unknown> = {}, common: Record<string, unknown> = {};
    for (const row of table.rows) {
      const texts = given.get(row), value = valueOf(row, texts, written.get(row) ?? `--${row.name}`, env);
      // What the environment says is there to be read, but not among what was given: `...rest` leaves it out, so a tool that refuses an option here does not refuse a default.
      if (value !== undefined) Object.defineProperty(row.shared ? common : values, row.key, { value, enumerable: texts !== undefined || row.option.env === undefined, writable: true, configurable: true });
      else if (row.option.required) throw new LeatError('E_USAGE', { what: `--${row.name} is missing`, help: firstExample(spec) });
    }
    const files = takeOperands(spec, table.operands, operands, (common.exprFile ?? values.script) as string | undefined, values, isInput);
    spec.check?.(values);
    const said = saidOf(spec, table, given, [...typeof common.exprFile === 'string' ? [readFileSync(common.exprFile, 'utf8').trimEnd()] : [], ...operands.slice(0, operands.length - files.length)], env);
    if (spec.reads !== undefined) return { values, common, ...spec.reads(values), said, asks: undefined };
    if (spec.files === 'pair') return { values, common, ...pairOf(spec, files), said, asks: undefined };
    return { values, common, files, said, asks: undefined };
  } catch (error) {
    throw error instanceof LeatError ? new Failure(error, spec.name) : error;
  }
}

/** Where operands stand among the words, and the texts of the options by long name ('' for flags): nothing is checked. */
export function spelled(spec: ToolSpec, argv: readonly string[]): { readonly operands: readonly number[]; readonly options: ReadonlyMap<string, string> } {
  const table = optionTable(spec), { options, places } = spell(table, argv, spec);
  return { operands: places, options: new Map([...gather(table, options)].map(([{ name, option }, texts]) => [name, option.words === 0 ? '' : texts[texts.length - 1] ?? ''])) };
}

/** What results depend on, as one would type it. */
function saidOf({ name }: ToolSpec, { rows }: Table, given: ReadonlyMap<Row, readonly string[]>, operands: readonly string[], env: Env): string {
  const options = rows.filter(({ option }) => option.free !== true).flatMap((row): readonly string[] => {
    const { option, name: long } = row, fallback = option.env === undefined ? undefined : env[option.env], texts = given.get(row) ?? (fallback === undefined || fallback === '' ? undefined : [fallback]);
    if (texts === undefined) return [];
    if (option.words === 0) return [`--${long}`];
    if (option.free === 'value') return [`--${long} ${option.meta ?? 'VALUE'}`];
    const last = (option.many ? texts : texts.slice(-option.words)).map((text) => option.said?.(text) ?? text);
    return last.flatMap((text, i) => i % option.words === 0 ? [option.optional ? `--${long}=${quoted(text)}` : `--${long}`, ...option.optional ? [] : [quoted(text)]] : [quoted(text)]);
  });
  return [name, ...operands.map(quoted), ...options].join(' ');
}

function valueOf({ option }: Row, texts: readonly string[] | undefined, as: string, env: Env): unknown {
  if (texts === undefined) {
    const text = option.env === undefined ? undefined : env[option.env];
    if (text !== undefined && text !== '' && !(option.words === 0 && text === '0')) return named(option.env!, () => option.parse(text));   // `!`: text comes from it
    return option.default === undefined || option.many ? undefined : option.parse(option.default);
  }
  if (option.words === 0) return true;
  const calls: unknown[] = [];
  for (let i = option.many ? 0 : texts.length - option.words; i < texts.length; i += option.words) calls.push(named(as, () => option.parse(texts[i], texts[i + 1])));
  return option.many ? calls : calls[0];
}

/** What `parse` throws, with the option in front of the text. */
function named<T>(as: string, parse: () => T): T {
  try { return parse(); } catch (error) {
    if (error instanceof LeatError) error.message = `${as}: ${error.message}`;
    throw error;
  }
}

/** Operands that are values, first; what is left are FILEs. */
function takeOperands(spec: ToolSpec, rows: readonly Row[], words: readonly string[], textFile: string | undefined, values: Record<string, unknown>, isInput?: (word: string) => boolean): readonly string[] {
  let at = 0, fromFile = textFile;
  for (const { key, option } of rows) {
    if (option.unless !== undefined && values[option.unless] !== undefined) continue;
    if (fromFile !== undefined && typeof option.complete !== 'object') { values[key] = parseFile(spec, option, fromFile); fromFile = undefined; continue; }
    if (option.many) {
      if (option.required && at === words.length) throw new LeatError('E_USAGE', { what: `${option.meta ?? key} is missing: ${option.help}`, help: firstExample(spec) });
      if (at < words.length) values[key] = words.slice(at).map((word) => option.parse(word)); at = words.length; continue;
    }
    const first = words[at];
    if (first === undefined || (!option.required && !isMeant(spec, option, first, isInput))) {
      if (option.required) throw new LeatError('E_USAGE', { what: `${option.meta ?? key} is missing: ${option.help}`, help: firstExample(spec) });
      if (option.default !== undefined) values[key] = option.parse(option.default);
      continue;
    }
    const second = option.joins?.test(first) ? words[at + 1] : undefined;
    values[key] = option.parse(second === undefined ? first : `${first} ${second}`);
    at += second === undefined ? 1 : 2;
  }
  if (fromFile !== undefined) throw new LeatError('E_USAGE', { what: `-f ${fromFile}: this call takes no expression from a file`, help: `leat help ${spec.name}` });
  const files = words.slice(at);
  if (spec.files === 'none' && files.length > 0) throw new LeatError('E_USAGE', { what: `unexpected operand '${files[0]}'`, help: `leat help ${spec.name}` });
  return files;
}

/** [LEFT] RIGHT. */
function pairOf(spec: ToolSpec, files: readonly string[]): { readonly files: readonly string[]; readonly right: string } {
  const right = files[files.length - 1];
  if (right === undefined) throw new LeatError('E_USAGE', { what: 'RIGHT is missing: the second input, a file, a FIFO or <(…)', help: firstExample(spec) });
  if (files.length > 2) throw new LeatError('E_USAGE', { what: `two inputs are joined, and ${files.length} were named`, help: `leat cat ${files.slice(1).join(' ')} makes one of several; leat help ${spec.name}` });
  if (right === '-' && (files.length === 1 || files[0] === '-')) throw new LeatError('E_USAGE', { what: 'standard input cannot be both sides', help: firstExample(spec) });
  return { files: files.slice(0, -1), right };
}

/** Whether a word is an operand that may be left out, or the first FILE: as the option's `only` says; without it, any text is meant that is not the name of a file. */
function isMeant(spec: ToolSpec, { only, complete }: Option, word: string, isInput?: (word: string) => boolean): boolean {
  if (only?.test(word)) return true;
  const exists = word === '-' || isInput?.(word) === true || isThere(word);
  if (typeof complete === 'object' && !exists && /^[a-z]+$/.test(word)) {
    const near = nearest(word, complete.words);
    throw new LeatError('E_USAGE', { what: `'${word}' is neither a file nor one of ${complete.words.join(', ')}${near === undefined ? '' : `; did you mean '${near}'?`}`, help: firstExample(spec) });
  }
  return only === undefined && !exists;
}

/** An expression may be longer than any name of a file; what stands in a folder that may not be read is for whoever opens it. */
function isThere(path: string): boolean {
  try { return statSync(path, { throwIfNoEntry: false }) !== undefined; } catch (error) { return (error as NodeJS.ErrnoException).code !== 'ENAMETOOLONG'; }
}

function parseFile(spec: ToolSpec, option: Option, file: string): unknown {
  let text: string;
  try { text = readFileSync(file, 'utf8').replace(/^\ufeff/, '').trimEnd(); } catch (error) {
    const { code, message } = error as NodeJS.ErrnoException;
    throw code === 'EACCES' ? new LeatError('E_PERMISSION', { file }) : new LeatError('E_FILE', { file, why: reason(code, message), help: '-f FILE holds the expression' });
  }
  try { return option.parse(text); } catch (error) {
    if (!(error instanceof LeatError) || error.spot === undefined) throw error;
    const before = error.spot.text.slice(0, error.spot.start).split('\n');
    throw new Failure(error, spec.name, `${file}:${before.length}:${[...before[before.length - 1]].length + 1}`);
  }
}

/** The first example of a tool, up to the first pipe behind the tool itself: something to type. */
export function firstExample(spec: ToolSpec): string {
  const stage = (spec.examples[0]?.run ?? `leat ${spec.name}`).split(' | ').find((part) => part.startsWith(`leat ${spec.name}`));
  return stage ?? `leat help ${spec.name}`;
}
