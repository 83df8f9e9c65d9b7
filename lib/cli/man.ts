// Man pages from declarations, as roff. What it writes is checked in under man/, and a test compares it.
import { aggregates } from '../agg/index.js';
import { placeFunctions } from '../operators/agg/over/item.js';
import { errors } from '../errors.js';
import { signature } from '../expr/functions/function.js';
import type { FunctionSpec } from '../expr/functions/function.js';
import { functions } from '../expr/functions/index.js';
import type { Option } from '../spec/option.js';
import type { ToolSpec } from '../spec/tool.js';
import { targets } from '../plan/targets/index.js';
import { aggregateTable, featureList, featureTable, functionTable, legend, notes, overNames, refusals } from './engine-tables.js';
import { optionTable } from './parse.js';
import { commands } from './tools/index.js';
import { pages, paragraphs as meanings, topics } from './topics.js';
import { usage } from './usage.js';
import { version } from './version.js';

/** Text for roff: no dash, quote, backslash or line may mean anything to it. */
export function roff(text: string): string {
  return text.replace(/\\/g, '\\e').replace(/-/g, '\\-').replace(/^([.'])/gm, '\\&$1').replace(/'/g, '\\(aq').replace(/`/g, '\\(ga').replace(/\^/g, '\\(ha').replace(/~/g, '\\(ti')
    .replace(/[\u0080-\u{10ffff}]/gu, (char) => `\\[u${char.codePointAt(0)!.toString(16).toUpperCase().padStart(4, '0')}]`);   // `!`: a match is not empty
}
const bold = (text: string): string => `\\fB${roff(text)}\\fR`;
const italic = (text: string): string => `\\fI${roff(text)}\\fR`;

const heading = (name: string, section: number, title: string): string => `.\\" Generated from the declarations of the tools: npm run build.\n.TH ${name.toUpperCase().replace(/-/g, '\\-')} ${section} "" "leat ${version}" "${title}"\n.nh\n.ad l\n`;
/** Lines as they are. */
const verbatim = (text: string): string => `.RS 4\n.nf\n${roff(text.replace(/\n$/, ''))}\n.fi\n.RE\n`;
/** A paragraph whose lines all begin with two spaces is something to type. */
const paragraphs = (text: string): string => text.split(/\n\n+/).map((part) => /^(?: {2}.*\n?)+$/.test(part) ? verbatim(part.replace(/^ {2}/gm, '')) : `${roff(part)}\n`).join('.PP\n');

function optionEntry(name: string, { short, meta, help, words, optional, default: value, many, env }: Option): string {
  const argument = words === 0 ? '' : optional ? `[=${italic(meta ?? 'VALUE')}]` : ` ${italic(meta ?? 'VALUE')}`;
  const notes = [value !== undefined && words > 0 && !help.includes('default') ? `default ${value}` : '', many ? 'may be given several times' : '', env === undefined ? '' : `also ${env}`].filter((note) => note !== '');
  return `.TP\n${short === undefined ? '' : `${bold(`-${short}`)}, `}${bold(`--${name}`)}${argument}\n${roff(help + (notes.length === 0 ? '' : ` (${notes.join('; ')})`))}\n`;
}

function toolPage(spec: ToolSpec): string {
  const { rows, operands } = optionTable(spec), shown = rows.filter(({ option }) => !option.hidden);
  const own = shown.filter(({ shared }) => !shared), common = shown.filter(({ shared }) => shared);
  const others = [...new Set(spec.examples.flatMap(({ run }) => [...run.matchAll(/\bleat (\w+)/g)].map(([, name]) => name)))].filter((name) => name !== spec.name && commands.some((each) => each.name === name));
  const files = spec.files === 'any' ? [`.TP\n${italic('FILE')}\n${roff('read in order, each an input of its own; none, or -: standard input. gzip is unpacked.')}\n`]
    : spec.files === 'pair' ? [`.TP\n${italic('LEFT')}\n${roff('the left input; without it, or -: standard input. gzip is unpacked.')}\n`, `.TP\n${italic('RIGHT')}\n${roff('the right input: a file, a FIFO, <(…); - is standard input, where LEFT is a file.')}\n`] : [];
  const environment = shown.filter(({ option }) => option.env !== undefined).map(({ name, option }) => `.TP\n${bold(option.env ?? '')}\n${roff(`stands in for --${name} where it is absent`)}\n`);
  return heading(`leat-${spec.name}`, 1, 'leat') + [
    ['NAME', `leat\\-${spec.name} \\- ${roff(spec.summary)}\n`],
    ['SYNOPSIS', `${bold(`leat ${spec.name}`)}${roff(usage(spec).slice(`leat ${spec.name}`.length))}\n`],
    ['DESCRIPTION', paragraphs(spec.description)],
    ['OPTIONS', [
      ...operands.map(({ option }) => `.TP\n${italic(option.meta ?? '')}\n${roff(option.help)}\n`), ...files,
      ...own.map(({ name, option }) => optionEntry(name, option)), ...own.length > 0 && common.length > 0 ? ['.SS Options of every tool\n'] : [], ...common.map(({ name, option }) => optionEntry(name, option)),
    ].join('')],
    ['EXAMPLES', spec.examples.map(({ title, run, stdin, files: beside = {}, stdout }) => [
      `.PP\n${roff(title)}:\n`, verbatim(`$ ${run}`),
      ...Object.entries(beside).flatMap(([name, text]) => [`.PP\n${roff(`with ${name}:`)}\n`, verbatim(text)]), ...stdin === undefined ? [] : ['.PP\nfrom\n', verbatim(stdin)], ...stdout === '' ? [] : ['.PP\ngives\n', verbatim(stdout)],
    ].join('')).join('')],
    ['MEMORY', `${roff(sentence(spec.memory))}\n`], ['EMITS', `${roff(sentence(spec.emits))}\n`], ['GUARANTEES', `${roff(spec.guarantees)}\n${spec.common ? `.PP\n${roff('Killed in any way, at a full disk, or when the upstream dies: nothing that is still open is written, and the exit status is not 0. With --checkpoint the same command then goes on where the last epoch ended, and the output is that of a run that was not interrupted (leat help checkpoints).')}\n` : ''}`],
    ['ERRORS', `${roff('Those of every call (leat help messages), and:')}\n${spec.errors.map((code) => `.TP\n${bold(code)} (exit status ${errors[code].exit})\n${roff(errors[code].text === '{what}' ? meanings[code] : errors[code].text.replace(/\{(\w+)(?::([^}]*))?\}/g, (_, name: string, words?: string) => words ?? name.toUpperCase()))}\n`).join('')}`],
    ['EXIT STATUS', `${roff(spec.name === 'filter' ? '0: done, or the reader left; with -q: a record matched. 1: with -q, none did. 64: a mistake in the command. 65: bad data. 66, 74, 75, 77, 78: leat help exit-status.' : '0: done, or the reader left. 64: a mistake in the command. 65: bad data. 66, 74, 75, 77, 78: leat help exit-status.')}\n`],
    ['ENVIRONMENT', `${environment.join('')}.TP\n${bold('NO_COLOR')}, ${bold('FORCE_COLOR')}\n${roff('no colour, or colour, in messages and help')}\n`],
    ['SEE ALSO', `${['leat(1)', ...others.map((name) => `leat-${name}(1)`), 'leat-semantics(7)'].map((page) => bold(page)).join(', ')}\n`],
  ].map(([title, text]) => `.SH ${title}\n${text}`).join('');
}

const sentence = (text: string): string => `${text[0].toUpperCase()}${text.slice(1)}${text.endsWith('.') ? '' : '.'}`;

function overviewPage(): string {
  const row = (name: string, summary: string): string => `.TP\n${bold(name)}\n${roff(summary)}\n`;
  return heading('leat', 1, 'leat') + [
    ['NAME', `leat \\- ${roff('small tools for NDJSON streams with event time, windows and watermarks')}\n`],
    ['SYNOPSIS', `${bold('leat')} ${italic('TOOL')} [${italic('OPTION')}${roff('…')}] [${italic('FILE')}${roff('…')}]\n.PP\n${bold('leat help')} [${italic('TOOL')}|${italic('TOPIC')}]\n.PP\n${bold('leat --exec-path')} | ${bold('--version')} | ${bold('--help')}\n`],
    ['DESCRIPTION', paragraphs(`Each tool does one thing to a stream of records, one JSON object a line, and they are joined by pipes. leat TOOL, leat-TOOL and the short names behind leat --exec-path are the same.

The output is a function of the input bytes and the command line: chunk sizes, pipe buffers, speed, the clock and the locale never change a byte, and leat run of a pipeline in one process writes what its processes would.

Records pass with their original bytes: numbers, key order and escapes are kept unless an expression computes them.`)],
    ['TOOLS', commands.map(({ name, summary }) => row(`leat ${name}`, summary)).join('')],
    ['TOPICS', [...topics.map(({ name, summary }) => row(`leat help ${name}`, summary)), ...Object.entries(pages).map(([name, { summary }]) => row(`leat help ${name}`, summary))].join('')],
    ['EXAMPLES', `.PP\nRequests that failed:\n${verbatim("leat filter 'status >= 500' access.ndjson")}.PP\nA live count per minute and host:\n${verbatim("tail -F access.ndjson | leat window 1m --delay 5s | leat agg 'count() as n by host'")}`],
    ['ENVIRONMENT', `.TP\n${bold('LEAT_TIME')}\n${roff('the event-time field where --time is absent')}\n.TP\n${bold('LEAT_PLAIN')}\n${roff('1: write no control lines')}\n.TP\n${bold('NO_COLOR')}, ${bold('FORCE_COLOR')}, ${bold('TERM')}\n${roff('colour of messages and help')}\n.TP\n${bold('MANPAGER')}, ${bold('PAGER')}\n${roff('what leat help shows pages with')}\n.PP\n${roff('TZ, LANG and LC_* never change a byte of output. There is no configuration file.')}\n`],
    ['EXIT STATUS', `${roff('0: done. 64: a mistake in the command. 65: bad data. All of them: leat help exit-status.')}\n`],
    ['SEE ALSO', `${[...commands.map(({ name }) => `leat-${name}(1)`), 'leat-stream(5)', 'leat-semantics(7)', 'leat-functions(7)', 'leat-aggregates(7)'].map((page) => bold(page)).join(', ')}\n`],
  ].map(([title, text]) => `.SH ${title}\n${text}`).join('');
}

const ownFunctions = `With --functions FILE, which every tool and leat run take, also several times, FILE is a module of JavaScript (.mjs) whose default export is a list of functions, each with name, args, result and code. Types of args and of result are string, number, integer, boolean, list, object and any; lists and objects are those of JavaScript, null gives null without a call. What code throws, or a result of another type, makes the record bad, and the message names the function. A number as an argument is a double: integers beyond 2^53 are rounded; a BigInt as a result is exact. No function of leat's can be replaced. summary says what it does; sql has its form for duckdb, flink and spark, python that for Beam, with $1, $2 for the arguments: leat compile refuses a function that does not say how an engine says it.

The module is code that runs with your rights: name only what you would run with node. It is named by the command line alone, never by data. The result should depend on the arguments alone: not on the clock, chance or earlier calls, or the same input gives other bytes. A checkpoint remembers the hash of the module's text (not of what it imports), and refuses to go on with another one.`;
const ownExample = `// net.mjs: leat map --functions net.mjs 'net(price, 0.19) as net'
export default [
  { name: 'net', args: ['number', 'number'], result: 'number', code: (gross, rate) => gross / (1 + rate),
    sql: { duckdb: '$1 / (1 + $2)' }, python: '$1 / (1 + $2)', summary: 'a price without its tax' },
];`;

function functionsPage(): string {
  const subjects = new Map<string, FunctionSpec[]>();
  for (const spec of functions.values()) subjects.set(spec.subject, [...subjects.get(spec.subject) ?? [], spec]);
  const entry = (spec: FunctionSpec): string => `.TP\n${bold(signature(spec))}\n${roff(`${spec.summary}. Gives ${spec.result}.${spec.nulls === undefined ? '' : ` Null: ${spec.nulls}.`}`)}\n`
    + spec.examples.slice(0, 2).map(({ expr, result, record }) => `.br\n${bold(expr)}${record === undefined ? '' : roff(` with ${record}`)} is ${bold(result)}\n`).join('');
  return heading('leat-functions', 7, 'leat') + `.SH NAME\nleat\\-functions \\- ${roff('functions of expressions')}\n.SH DESCRIPTION\n${paragraphs(`Functions of the expressions of leat filter, map and agg. Any null argument gives null unless said otherwise; an argument of a wrong type gives null and is counted. Times are whole ms since the epoch. Positions count from 0, negative ones from the end, in code points.`)}`
    + [...subjects].map(([subject, specs]) => `.SH ${subject.toUpperCase()}\n${specs.map(entry).join('')}`).join('') + `.SH FUNCTIONS OF YOUR OWN\n${paragraphs(ownFunctions)}.nf\n${roff(ownExample)}\n.fi\n.SH SEE ALSO\n${bold('leat-filter(1)')}, ${bold('leat-map(1)')}, ${bold('leat-aggregates(7)')}\n`;
}

function aggregatesPage(): string {
  const entries = aggregates.map(({ name, summary, args, params = [], example }) => {
    const call = (values: readonly string[]): string => `${name}(${values.join(', ')})`;
    const rows = example.rows.map((row) => row.join(', ')).join(' · ');
    return `.TP\n${bold(call([...args.map((_, i) => args.length > 1 ? 'xy'[i] : 'x'), ...params.filter(({ optional }) => optional !== true).map((param) => param.name)]).replace(/\)$/, `${params.some(({ optional }) => optional) ? `[, ${params.at(-1)!.name}]` : ''})`))}\n${roff(`${summary}. Of ${rows}${example.params === undefined ? '' : ` with ${example.params.join(', ')}`}: ${example.result}`)}\n`;
  });
  return heading('leat-aggregates', 7, 'leat') + `.SH NAME\nleat\\-aggregates \\- ${roff('aggregates of leat agg')}\n.SH DESCRIPTION\n${paragraphs(`fn(expr) [where cond] [as name]. Nulls are ignored by every aggregate but count(); of no values counts are 0, lists [], all else null. A value of a wrong type is ignored and counted.

p50, p95, p99.9 and the like are quantile(x, 0.5) and so on; median is p50. sum and avg are exact; first, last, collect, argmin and argmax go by event time, then input order.`)}`
    + `.SH AGGREGATES\n${entries.join('')}.SH ONLY WITH --OVER\n${Object.entries(placeFunctions).map(([name, { args, summary }]) => `.TP\n${bold(`${name}(${args === 0 ? '' : 'x[, n]'})`)}\n${roff(`${sentence(summary)}`)}\n`).join('')}.SH SEE ALSO\n${bold('leat-agg(1)')}, ${bold('leat-functions(7)')}\n`;
}

function enginesPage(): string {
  const list = (given: readonly { readonly features: readonly string[]; readonly text: string }[]): string => given.map(({ features, text }) => `.TP\n${bold(features.join(', '))}\n${roff(text)}\n`).join('');
  const per = (title: string, of: (target: (typeof targets)[number]) => string): string => targets.map((target) => { const text = of(target); return text === '' ? '' : `.SS ${title} ${roff(target.name)}\n${text}`; }).join('');
  return heading('leat-engines', 7, 'leat') + [
    ['NAME', `leat\\-engines \\- ${roff('what each engine of leat compile can say')}\n`],
    ['DESCRIPTION', `${paragraphs(`leat compile writes a job for ${targets.map(({ name, version: of }) => `${name} (${of})`).join(', ')}. leat itself can say everything. leat explain tells of one pipeline which engines can say it.\n\n${legend}`)}.PP\n${verbatim(featureTable())}`],
    ['FEATURES', featureList.map(([name, text]) => `.TP\n${bold(name)}\n${roff(text)}\n`).join('')],
    ['WHAT IS NOT SAID', per('By', (target) => list(refusals(target).map(({ features, reason, instead }) => ({ features, text: `${sentence(reason)} Instead: ${instead}` }))))],
    ['WHAT IS ASSUMED', per('By', (target) => list(notes(target).map(({ features, note }) => ({ features, text: sentence(note) }))))],
    ['FUNCTIONS', `.PP\n${verbatim(functionTable())}`], ['AGGREGATES', `.PP\n${verbatim(aggregateTable())}.PP\n${roff(`${overNames.join(', ')} are those of agg.over.`)}\n`],
    ['SEE ALSO', `${bold('leat-compile(1)')}, ${bold('leat-explain(1)')}, ${bold('leat-functions(7)')}, ${bold('leat-aggregates(7)')}\n`],
  ].map(([title, text]) => text === '' ? '' : `.SH ${title}\n${text}`).join('');
}

/** All generated pages: file name and text. */
export function manPages(): readonly (readonly [string, string])[] {
  return [['leat.1', overviewPage()], ...commands.map((spec) => [`leat-${spec.name}.1`, toolPage(spec)] as const), ['leat-functions.7', functionsPage()], ['leat-aggregates.7', aggregatesPage()], ['leat-engines.7', enginesPage()]];
}
