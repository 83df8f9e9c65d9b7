// A node as one would type it: its words made from its values, so that what a rule has changed is shown as it is now. Types likewise, as text.
// Must not: be parsed again (values that no text has are left out).
import { watermarkOptions } from '../spec/common.js';
import type { Option, Options } from '../spec/option.js';
import { formatDuration } from '../time/duration.js';
import { windowText } from '../time/window-spec.js';
import type { WindowSpec } from '../time/window-spec.js';
import type { AggText, Call, Expression, MapText, Named, SortKey } from '../expr/expression.js';
import { pathText } from '../record/path.js';
import type { Path } from '../record/path.js';
import type { Node } from './node.js';
import { specOf } from './remake.js';
import type { Type } from './types.js';

export function nodeText(node: Node): string {
  const { op, source, sink, params, planned } = node;
  if (source !== undefined) return `from ${[params.format === undefined || params.format === 'ndjson' ? '' : params.format as string, source.name === '-' || placeOf(source.at) === source.name ? '' : `${source.name}:`, placeOf(source.at)].filter((part) => part !== '').join(' ')}`;
  if (sink !== undefined) return sink.at.kind === 'stdout' ? 'standard output' : sink.at.kind === 'other' ? `${sink.at.tool}${sink.name === '-' ? '' : ` ${sink.name}`}` : `to ${placeOf(sink.at)}`;
  switch (op) {
    case 'process': return [params.program as string, ...(params.words as readonly string[]).map((word) => /^[<>]\(/.test(word) ? `${word[0]}(…)` : shellWord(word))].join(' ');
    case 'by-time': return 'sort --by-time (ahead of agg --over)';
    case 'part': return params.part < 0 ? 'the others' : `those of ${shellWord(params.when as string)}`;
    case 'cat': return `cat (${node.inputs.length} inputs)`;
    case 'agg': if (params.over !== undefined) return planned?.said ?? op;
  }
  const spec = specOf(node);
  return spec === undefined ? op : [op, ...wordsOf(op === 'watermark' ? watermarkOptions : spec.options as Options, params, op)].join(' ');
}

const placeOf = (at: { readonly kind: string; readonly paths?: readonly string[]; readonly path?: string; readonly topic?: string }): string =>
  at.kind === 'stdin' ? 'standard input' : at.kind === 'topic' ? `topic ${at.topic}` : at.kind === 'file' ? at.path ?? '' : (at.paths ?? []).join(' ');

/** A word as a shell reads it. */
export const shellWord = (word: string): string => /^[\w@%+=:,./-]+$/.test(word) ? word : `'${word.replaceAll("'", "'\\''")}'`;

/** Operands first, options in the order of their declarations; what is as its default is left out. */
function wordsOf(options: Options, values: Readonly<Record<string, unknown>>, op: string): string[] {
  const operands: string[] = [], named: string[] = [];
  for (const [key, option] of Object.entries(options)) {
    const value = values[key], text = value === undefined || value === false ? undefined : valueText(value, option);
    if (text === undefined || (!option.operand && text === option.default) || (op === 'agg' && key === 'fillLimit' && values.fill === undefined) || (key === 'memory' && typeof value === 'number' && option.default !== undefined && option.parse(option.default) === value)) continue;
    const name = `--${key.replace(/[A-Z]/g, (letter) => `-${letter.toLowerCase()}`)}`;
    if (option.operand) operands.push(key === 'spec' ? text : shellWord(text)); else if (option.words === 0) named.push(name);
    else if (option.words === 2) for (const part of value as readonly { readonly condition: Expression; readonly file: string }[]) named.push(name, shellWord(part.condition.text.trim()), shellWord(part.file));
    else if (option.optional) named.push(text === '' ? name : `${name}=${text}`); else named.push(option.short === undefined ? name : `-${option.short}`, shellWord(text));
  }
  return [...operands, ...named];
}

const isExpression = (value: unknown): value is Expression => typeof value === 'object' && value !== null && 'syntax' in value && 'text' in value;
const isPath = (value: unknown): value is Path => Array.isArray(value) && value.length > 0 && value.every((step) => typeof step === 'string' || typeof step === 'number');

/** Text of a parsed value; undefined: it has none. */
function valueText(value: unknown, option: Option): string | undefined {
  if (value === true) return '';
  if (typeof value === 'string') return value;
  if (typeof value === 'number') return option.complete === 'duration' || option.meta?.startsWith('D') ? value === Infinity ? 'inf' : formatDuration(value) : String(value);
  if (isExpression(value)) return value.text.trim();
  if (isPath(value)) return pathText(value);
  if (Array.isArray(value)) return value.map((each: unknown) => isSortKey(each) ? `${pathText(each.path)}${each.desc ? ':desc' : ''}${each.nulls === 'last' ? ':nulls-last' : ''}` : isNamed(each) ? namedText(each) : valueText(each, option) ?? '').join(', ');
  if (typeof value !== 'object' || value === null) return undefined;
  if ('calls' in value) return aggText(value as AggText);
  if ('sets' in value) return (value as Extract<MapText, { sets: unknown }>).sets.map(namedText).join(', ');
  if ('object' in value) return (value as Extract<MapText, { object: unknown }>).object.text.trim();
  if ('lo' in value && 'hi' in value) { const { lo, hi } = value as { lo: number; hi: number }, bound = (ms: number): string => ms === Infinity ? 'inf' : ms === -Infinity ? '-inf' : formatDuration(ms); return lo === -hi ? bound(hi) : `${bound(lo)}..${bound(hi)}`; }
  if ('kind' in value) return windowText(value as WindowSpec);
  return undefined;
}

const isSortKey = (value: unknown): value is SortKey => typeof value === 'object' && value !== null && 'desc' in value && 'path' in value;
const isNamed = (value: unknown): value is Named => typeof value === 'object' && value !== null && 'expression' in value && 'name' in value;
const namedText = ({ expression, name }: Named): string => expression.path !== undefined && pathText(expression.path) === pathText(name) ? expression.text.trim() : `${expression.text.trim()} as ${pathText(name)}`;

function aggText({ calls, by }: AggText): string {
  const call = ({ fn, args, where, name }: Call): string => {
    const usual = [fn, ...args.map(({ path }) => path?.join('_') ?? '?')].join('_');
    return `${fn}(${args.map((arg) => arg.text.trim()).join(', ')})${where === undefined ? '' : ` where ${where.text.trim()}`}${name === usual ? '' : ` as ${name}`}`;
  };
  const key = ({ expression, name }: Named): string => expression.path?.join('_') === String(name[0]) ? expression.text.trim() : `${expression.text.trim()} as ${String(name[0])}`;
  return `${calls.map(call).join(', ')}${by.length === 0 ? '' : ` by ${by.map(key).join(', ')}`}`;
}

/** `integer?` is one that may be null or missing. */
export function typeText(type: Type): string {
  const text = type.kind === 'list' ? `list of ${typeText(type.of)}` : type.kind === 'object' ? `{ ${[...type.fields].map(([name, each]) => `${name}: ${typeText(each)}`).join(', ')} }` : type.kind;
  return type.isNullable ? `${text}?` : text;
}
