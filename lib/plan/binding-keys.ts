// What a binding file may say: the keys of inputs and outputs, each with a check of its text. Most are options of `from` and `to`, taken from their declarations, so what those tools learn
// can be bound without a change here. Owns: names, checks, what goes together. Must not: know files, positions or pipelines.
import { LeatError } from '../errors.js';
import { path as parsePath } from '../expr/parse.js';
import { formats, from } from '../operators/from.js';
import { kinds, to } from '../operators/to.js';
import type { Option, Options } from '../spec/option.js';
import type { Type } from './types.js';

export const roles = ['stream', 'table'] as const;
export type Role = (typeof roles)[number];

/** Types of the fields of a schema (types.ts); a `?` behind one: it may be null or missing. */
const kindsOfFields = ['string', 'integer', 'number', 'boolean', 'time', 'json'] as const;

/** A value as a file may write it. `texts`: one or a list; `fields`: a schema; `list`: a text, a list or a mapping, joined by commas as the command line has it. */
export type Shape = 'text' | 'flag' | 'texts' | 'fields' | 'list';
export interface Key {
  readonly shape: Shape;
  /** Something to write, for messages. */
  readonly example: string;
  /** Errors: any LeatError; its text and help are taken. */
  check(text: string): void;
  /** The option of `from` or `to` that it stands for. */
  readonly option?: string;
}
type Keys = ReadonlyMap<string, Key>;

const refuse = (what: string, help = ''): never => { throw new LeatError('E_OPTION', { what, help }); };
const some = (text: string): void => { if (text === '') refuse('an empty text is no name'); };
const oneOf = (words: readonly string[]) => (text: string): void => { if (!words.includes(text)) refuse(`bad value '${text}'; expected ${words.join(', ')}`); };
const yes = (text: string): void => { if (text !== 'true') refuse(`expected true, got ${text}`, 'leave the key out for false'); };

const longName = (key: string): string => key.replace(/[A-Z]/g, (letter) => `-${letter.toLowerCase()}`);

/** Options that are no operands, under their long names. */
const ofTool = (options: Options, except: readonly string[], examples: Readonly<Record<string, string>>): [string, Key][] => Object.entries(options).flatMap(([key, option]: [string, Option]): [string, Key][] => {
  const name = longName(key);
  if (option.operand || except.includes(name)) return [];
  return [[name, option.words === 0 ? { shape: 'flag', example: `${name}: true`, check: (text) => { if (text !== 'false') yes(text); }, option: name } : { shape: 'list', example: `${name}: ${examples[name] ?? option.meta ?? 'TEXT'}`, check: (text) => { option.parse(text); }, option: name }]];
});

const role: Key = { shape: 'text', example: 'role: table', check: oneOf(roles) };
const key: Key = { shape: 'texts', example: 'key: id', check: (text) => { parsePath(text); } };
const brokers: Key = { shape: 'list', example: 'brokers: 127.0.0.1:9092', check: some, option: 'brokers' };
const schema: Key = { shape: 'fields', example: 'schema: { ts: time, host: string, ms: number?, user: { id: integer }, tags: [string] }', check: (text) => { typeOf(text); } };

/** `number?` as a type. Errors: E_OPTION. */
export function typeOf(text: string): Type {
  const kind = kindsOfFields.find((each) => each === text.replace(/\?$/, ''));
  return kind === undefined ? refuse(`bad type '${text}'; expected ${kindsOfFields.join(', ')}, with a ? behind it where the field may be null`) : { kind, isNullable: text.endsWith('?') };
}

/** Where an input is: exactly one of them. */
export const sources = ['file', 'stdin', 'topic'] as const;
export const inputKeys: Keys = new Map<string, Key>([
  ['file', { shape: 'texts', example: 'file: logs/access.ndjson*', check: some }],
  ['stdin', { shape: 'flag', example: 'stdin: true', check: yes }],
  ['topic', { shape: 'text', example: 'topic: clicks', check: some }],
  ['brokers', brokers],
  ['format', { shape: 'text', example: 'format: csv', check: oneOf(formats.filter((name) => name as string !== 'kafka')) }],
  ['role', role], ['key', key], ['schema', schema],
  ...ofTool(from.options, ['brokers'], { time: 'ts', delay: '30s', unit: 's', idle: '1m', types: '{ id: integer }', header: '[id, name]' }),
]);

/** Where an output goes: exactly one of them. */
export const sinks = ['file', 'files', 'sqlite', 'topic', 'stdout'] as const;
const whole = kinds.filter((kind) => ['csv', 'tsv', 'json', 'table', 'markdown'].includes(kind));
export const outputKeys: Keys = new Map<string, Key>([
  ['file', { shape: 'text', example: 'file: out/per-minute.ndjson', check: some }],
  ['files', { shape: 'text', example: 'files: out/%Y-%m-%d.ndjson', check: some }],
  ['sqlite', { shape: 'text', example: 'sqlite: report.db', check: some }],
  ['topic', { shape: 'text', example: 'topic: per-minute', check: some }],
  ['stdout', { shape: 'flag', example: 'stdout: true', check: yes }],
  ['brokers', brokers],
  ['table', { shape: 'text', example: 'table: per_minute', check: some }],
  ['key', key],
  ['format', { shape: 'text', example: 'format: csv', check: oneOf(['ndjson', ...whole]) }],
  ...ofTool(to.options, ['brokers', 'key', 'upsert', 'epoch'], { roll: '1h', columns: '[host, n]' }),
]);

/** What the keys of one input or output say together. `values`: the texts, by key. Errors: LeatError; its text is about the whole of it. */
export function checkInput(values: ReadonlyMap<string, string>): void {
  if (values.has('brokers') && !values.has('topic')) refuse('brokers are those of a topic, and there is none', 'topic: clicks');
  if (values.has('topic')) for (const name of ['format', 'spool'] as const) if (values.has(name)) refuse(`${name} is for files; the records of a topic are NDJSON, and are kept by its brokers`, `without ${name}`);
  if (values.get('role') === 'table' && values.get('follow') === 'true') refuse('a table is read to its end, and a file that is followed has none', 'role: stream, or no follow');
  from.check?.(parsed(from.options, values.has('topic') ? new Map([...values, ['format', 'kafka']]) : values) as never);      // as never: the values are as the options parse them
}

/** Likewise. */
export function checkOutput(values: ReadonlyMap<string, string>): void {
  const format = values.get('format') ?? 'ndjson', sink = sinks.find((name) => values.has(name))!;   // `!`: exactly one is there
  if (values.has('brokers') && sink !== 'topic') refuse('brokers are those of a topic, and there is none', 'topic: per-minute');
  if (sink === 'sqlite' !== values.has('table')) refuse(sink === 'sqlite' ? 'which table of the database is not said' : 'table is for sqlite: the table of the database', sink === 'sqlite' ? 'table: per_minute' : 'sqlite: report.db');
  if (values.has('key') && sink !== 'sqlite' && sink !== 'topic') refuse('key is for sqlite and topic: a record replaces the row of its key, or goes to its partition', 'sqlite: report.db');
  if (format !== 'ndjson' && sink !== 'file' && sink !== 'stdout') refuse(`format ${format} is for file and stdout`, `${sink} takes NDJSON`);
  if (sink === 'topic') { to.check?.({ ...parsed(to.options, values), kind: 'kafka', args: [values.get('topic')!] } as never); return; }
  const kind = sink === 'sqlite' || sink === 'files' ? sink : format === 'ndjson' ? 'file' : format;
  if (sink === 'stdout' && format === 'ndjson') { if (values.has('columns')) refuse('columns are for csv, tsv, table and markdown', 'format: csv'); if (values.has('roll')) refuse('roll is for files', 'files: out/%Y-%m-%d.ndjson'); return; }
  to.check?.({ ...parsed(to.options, new Map([...values].filter(([name]) => name !== 'key'))), kind, args: sink === 'sqlite' ? [values.get('sqlite')!, values.get('table')!] : sink === 'stdout' ? [] : [values.get(sink)!] } as never);
}

const parsed = (options: Options, values: ReadonlyMap<string, string>): Record<string, unknown> => Object.fromEntries(Object.entries(options).flatMap(([name, option]: [string, Option]) => {
  const text = values.get(longName(name)) ?? (option.operand ? option.default : undefined);
  return text === undefined || (option.words === 0 && text === 'false') ? [] : [[name, option.words === 0 ? true : option.parse(text)]];
}));
