// The short help of a tool: synopsis, examples, the options people use, where to read on; at most 24 lines of 80 columns. yargs lays the options out.
import yargs from 'yargs';
import type { Option } from '../spec/option.js';
import type { ToolSpec } from '../spec/tool.js';
import { paint } from './messages.js';
import { optionTable } from './parse.js';
import { commands } from './tools/index.js';
import { usage } from './usage.js';
import { version } from './version.js';
import { filled, width } from './width.js';

const LINES = 24, COLUMNS = 80;

/** What people look for first, of the options that all tools share. */
const shared = ['bad', 'checkpoint', 'expr-file', 'arg', 'managed', 'plain', 'strict', 'stats', 'quiet'];

export async function shortHelp(spec: ToolSpec, isColored: boolean): Promise<string> {
  const { bold } = paint(isColored);
  const { rows } = optionTable(spec);
  const own = rows.filter((row) => !row.shared && !row.option.hidden);
  const common = shared.flatMap((name) => rows.filter((row) => row.shared && row.name === name));
  const examples = spec.examples.slice(0, 3).map(({ title, run }) => ({ title, lines: brokenAtPipes(run) }));
  const synopsis = filled(usage(spec), '  ');
  const rest = synopsis.length + 1 + 1 + 2 + 2;             // summary, a blank line before examples, one before options and their title, a blank and a last line
  const withTitles = examples.flatMap(({ title, lines }) => [`  # ${title}`, ...lines]), bare = examples.flatMap(({ lines }) => lines);
  const shown = rest + withTitles.length + own.length + Math.min(3, common.length) <= LINES ? withTitles : bare;
  const room = Math.max(3, LINES - rest - shown.length);
  const picked = [...own, ...common].slice(0, room), hidden = rows.filter(({ option }) => !option.hidden).length - picked.length;
  const text = [
    ...synopsis.map((line) => bold(line)), spec.summary, '', ...shown, '',
    ...await table(picked.map(({ name, option }) => [name, option] as const)), '',
    `${hidden > 0 ? `${hidden} more options and ` : ''}all the rest: leat help ${spec.name}`,
  ];
  return `${text.join('\n')}\n`;
}

/** One line an option. */
async function table(rows: readonly (readonly [string, Option])[]): Promise<readonly string[]> {
  if (rows.length === 0) return [];
  const label = (name: string, { meta, optional, words }: Option): string => words === 0 ? name : optional ? `${name}[=${meta}]` : `${name} ${meta ?? 'VALUE'}`;
  const left = Math.max(...rows.map(([name, option]) => width(label(name, option)))) + 10;   // '  -x, --' before, two blanks behind
  const options = yargs([]).detectLocale(false).help(false).version(false).wrap(COLUMNS).usage('').updateStrings({ 'Options:': '' })
    .parserConfiguration({ 'dot-notation': false, 'camel-case-expansion': false });
  for (const [name, option] of rows) {
    const value = option.default === undefined || option.words === 0 || option.help.includes('default') ? '' : ` (default ${option.default})`;
    options.option(label(name, option), { describe: shortened(`${option.help}${value}`, COLUMNS - left), ...option.short === undefined ? {} : { alias: option.short } });
  }
  // yargs takes a digit for a number: `--name X, --1` where it has `-j, --name X` for a letter.
  return (await options.getHelp()).split('\n').filter((line) => line.trim() !== '').map((line) => line.replace(/^ {6}(--\S+(?: \S+)?), --(\d)/, '  -$2, $1     '));
}

/** The text up to a stop that fits; else cut behind a word. */
function shortened(text: string, columns: number): string {
  if (width(text) <= columns) return text;
  const isWhole = (part: string): boolean => part.split('(').length === part.split(')').length;
  const stops = [...text.matchAll(/; |: |, | \(/g)].map(({ index }) => text.slice(0, index)).filter((part) => width(part) <= columns && part.length > columns / 4 && isWhole(part));
  if (stops.length > 0) return stops[stops.length - 1];
  const words = text.split(' ');
  while (words.length > 1 && width(words.join(' ')) + 1 > columns) words.pop();
  return `${words.join(' ')}…`;
}

/** A command on lines of its own, broken at pipes where it is too long for one. */
function brokenAtPipes(run: string): string[] {
  if (width(run) + 2 <= COLUMNS) return [`  ${run}`];
  const lines: string[] = [];
  for (const part of run.split(/(?<= \|) /)) {
    const last = lines[lines.length - 1];
    if (last !== undefined && width(`${last} ${part}`) <= COLUMNS) lines[lines.length - 1] = `${last} ${part}`;
    else lines.push(lines.length === 0 ? `  ${part}` : `    ${part}`);
  }
  return lines.flatMap((line) => filled(line.trimStart(), '      ').map((each, i) => i === 0 ? `${/^ */.exec(line)![0]}${each}` : each));   // `!`: matches the empty text too
}

/** `leat` alone. */
export function driverHelp(): string {
  // A screen has 24 lines: what helps the others stands in one.
  const others = ['wrap', 'cat', 'describe', 'plain', 'show', 'state', 'doctor', 'completion'];
  const names = commands.filter(({ name }) => name !== 'help' && !others.includes(name)).map(({ name, summary }) => `  ${name.padEnd(11)}${shortened(summary, COLUMNS - 13)}`);
  return `leat ${version}: small tools for NDJSON streams with event time

  leat filter 'status >= 500' access.ndjson
  tail -F access.ndjson | leat window 1m --delay 5s | leat agg 'count() by host'

${names.join('\n')}
  also       ${others.join(', ')}

leat TOOL -h: short help   leat help TOOL: its page   leat help: topics
`;
}
