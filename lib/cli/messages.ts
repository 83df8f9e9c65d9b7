// Messages on standard error, in the form of USERS section 7: `leat TOOL: PLACE: CODE: text`, the text with a caret, `help:` with something to type.
// Owns: layout, escaping, colour. Must not: decide what is said, or exit.
import { fstatSync } from 'node:fs';
import { LeatError, reason } from '../errors.js';
import type { Spot } from '../errors.js';
import { isatty } from '../io/builtin.js';
import type { Notice } from '../runtime/report.js';
import { Failure } from '../runtime/report.js';
import { width } from './width.js';
import { printError } from './write.js';

export type When = 'auto' | 'always' | 'never';
type Env = Readonly<Record<string, string | undefined>>;

/** A closed descriptor is none. */
export function isTerminal(fd: number): boolean {
  try { return fstatSync(fd).isCharacterDevice() && isatty(fd); } catch { return false; }
}

/** Whether a descriptor gets colours: --color, NO_COLOR, FORCE_COLOR, TERM=dumb, a terminal, in this order. */
export function hasColor(fd: 1 | 2, when: When | undefined, env: Env): boolean {
  if (when === 'always' || when === 'never') return when === 'always';
  if ((env.NO_COLOR ?? '') !== '') return false;
  const force = env.FORCE_COLOR;
  if (force !== undefined && force !== '0' && force !== 'false') return true;
  return env.TERM !== 'dumb' && isTerminal(fd);
}

export interface Paint { bold(text: string): string; red(text: string): string; cyan(text: string): string }
const wrap = (from: number, to: number) => (text: string): string => `\x1b[${from}m${text}\x1b[${to}m`;
const colors: Paint = { bold: wrap(1, 22), red: wrap(31, 39), cyan: wrap(36, 39) };
const plain: Paint = { bold: (text) => text, red: (text) => text, cyan: (text) => text };
export const paint = (isColored: boolean): Paint => isColored ? colors : plain;

/** C0, C1, line and paragraph separators, bidi controls, zero-width and lone surrogates: what a terminal would act upon or hide. */
const hostile = /[\u0000-\u001f\u007f-\u009f\u00ad\u061c\u200b-\u200f\u2028-\u202e\u2060-\u206f\ufeff\ufff9-\ufffb]|\p{Surrogate}/gu;
export const escaped = (text: string): string => text.replace(hostile, (char) => `\\u${char.charCodeAt(0).toString(16).padStart(4, '0')}`);

const COLUMNS = 80;

/** The text around [start, end) (UTF-16 units), at most 80 columns of it, and a line that points at it; both escaped, without indent. */
export function pointed(text: string, start: number, end: number, hint = ''): readonly [string, string] {
  const from = text.lastIndexOf('\n', start - 1) + 1, to = text.indexOf('\n', start) < 0 ? text.length : text.indexOf('\n', start);
  const cells = [...text.slice(from, to).replace(/\r$/, '')].map((char) => { const shown = escaped(char); return { shown, columns: width(shown), units: char.length }; });
  let first = 0, last = cells.length, unit = from;
  for (const [i, cell] of cells.entries()) { if (unit <= start) first = i; if (unit < end) last = i + 1; unit += cell.units; }
  if (start >= unit) first = cells.length;                  // behind the last character: something is missing there
  if (end >= unit) last = cells.length;
  last = Math.max(first, last);
  let left = first, right = first, columns = 0;
  const fits = (i: number): boolean => i >= 0 && i < cells.length && columns + cells[i].columns <= COLUMNS;
  const grow = (i: number): void => { columns += cells[i].columns; };
  while (right < last && fits(right)) grow(right++);        // the spot itself, then both sides in turn
  for (let more = true; more; ) {
    more = false;
    if (fits(left - 1)) { grow(--left); more = true; }
    if (right >= last && fits(right)) { grow(right++); more = true; }
  }
  const cutLeft = left > 0, cutRight = right < cells.length;
  const shown = (a: number, b: number): string => cells.slice(a, b).map((cell) => cell.shown).join('');
  const columnsOf = (a: number, b: number): number => cells.slice(a, b).reduce((sum, cell) => sum + cell.columns, 0);
  const carets = '^'.repeat(Math.max(1, columnsOf(first, Math.min(last, right))));
  return [
    `${cutLeft ? '…' : ''}${shown(left, right)}${cutRight ? '…' : ''}`,
    `${' '.repeat(columnsOf(left, first) + (cutLeft ? 1 : 0))}${carets}${hint === '' ? '' : ` ${escaped(hint)}`}`,
  ];
}

const ofSpot = ({ text, start, end, hint }: Spot): readonly [string, string] => pointed(text, start, Math.max(end, start), hint);

/** column: from 1, in code points. */
const ofExcerpt = ({ text, column }: { readonly text: string; readonly column: number }): readonly [string, string] => {
  const before = [...text].slice(0, Math.max(0, column - 1)).join('').length;
  return pointed(text, before, before + 1);
};

const indented = (lines: readonly string[]): string => lines.map((line) => `  ${line}\n`).join('');
const helpLine = (help: string, { cyan }: Paint): string => help === '' ? '' : `  ${cyan('help:')} ${escaped(help)}\n`;

/** A failure with lines between its excerpt and its help. */
export type Explained = Failure & { readonly lines?: readonly string[] };

/** The text of an error. */
export function errorText({ error, tool, place, excerpt, lines = [] }: Explained, colored: boolean): string {
  const color = paint(colored);
  const [text, pointer] = error.spot !== undefined ? ofSpot(error.spot) : excerpt !== undefined ? ofExcerpt(excerpt) : [];
  const head = `${color.bold(`${toolName(tool)}:`)} ${place === undefined ? '' : `${escaped(place)}: `}${color.red(error.code)}: ${escaped(error.message)}\n`;
  return head + indented(text === undefined || pointer === undefined ? [] : [text, color.red(pointer)]) + indented(lines) + helpLine(error.help, color);
}

/** The text of a warning or of a line of the summary: no code. */
export function noticeText({ tool, place, text, lines = [], help = '' }: Notice, colored: boolean): string {
  const color = paint(colored);
  return `${color.bold(`${toolName(tool)}:`)} ${place === undefined ? '' : `${escaped(place)}: `}${escaped(text)}\n${indented(lines.map(escaped))}${helpLine(help, color)}`;
}

const toolName = (tool: string): string => tool === '' || tool === 'leat' ? 'leat' : `leat ${tool}`;

/** --color as the words say it, for messages about words that could not be parsed. */
export function colorOf(argv: readonly string[]): When | undefined {
  const given = argv.findLast((word) => word.startsWith('--color='))?.slice('--color='.length) ?? argv[argv.lastIndexOf('--color') + 1];
  return given === 'always' || given === 'never' ? given : undefined;
}

/** Says what was thrown while `leat TOOL ARGV…` ran (tool is '' for the driver); gives the exit status. NODE_DEBUG=leat shows where a mistake of ours was. */
export function complain(thrown: unknown, tool: string, argv: readonly string[]): number {
  const failure = asFailure(thrown, tool);
  if (failure.error.code === 'E_BUG' && thrown instanceof Error && /\bleat\b/.test(process.env.NODE_DEBUG ?? '')) printError(`${thrown.stack}\n`);
  printError(errorText(failure, hasColor(2, colorOf(argv), process.env)));
  return failure.error.exit;
}

/** Anything that was thrown, as a failure; what is no LeatError is a mistake of ours (exit 70). */
export function asFailure(thrown: unknown, tool: string): Failure {
  if (thrown instanceof Failure) return thrown;
  if (thrown instanceof LeatError) return new Failure(thrown, tool);
  const fault = systemFault(thrown);
  if (fault !== undefined) return new Failure(fault, tool);
  return new Failure(new LeatError('E_BUG', { why: thrown instanceof Error ? thrown.message : String(thrown) }), tool);
}

/** What the machine can refuse at any call, however right the call is. */
const refusals = new Set(['EIO', 'ENOSPC', 'EDQUOT', 'EMFILE', 'ENFILE', 'EROFS', 'EFBIG', 'ENOMEM', 'EINTR', 'EAGAIN', 'EBUSY', 'ENOLCK', 'ESTALE', 'EACCES', 'EPERM']);
/** A call of the system that failed where nobody could do anything about it. undefined: it is something else, or a call that could not succeed. */
function systemFault(thrown: unknown): LeatError | undefined {
  const { code = '', syscall, path } = (thrown ?? {}) as { code?: string; syscall?: string; path?: unknown };
  if (!(thrown instanceof Error) || syscall === undefined || !refusals.has(code)) return undefined;
  const file = typeof path === 'string' ? path : undefined;
  if ((code === 'EACCES' || code === 'EPERM') && file !== undefined) return new LeatError('E_PERMISSION', { file });
  return new LeatError('E_SYSTEM', { call: syscall, file: file === undefined ? '' : ` ${file}`, why: reason(code, code) });
}
