// What is made from declarations: short help, man pages, completions, JSON; and that executables, bin map and registry agree.
import { existsSync, readFileSync, readdirSync, statSync } from 'node:fs';
import { spawnSync } from 'node:child_process';
import t from 'tap';
import { completion } from '../../lib/cli/completion.js';
import { driverHelp, shortHelp } from '../../lib/cli/help.js';
import { declarations } from '../../lib/cli/json.js';
import { load } from '../../lib/cli/load.js';
import { manPages } from '../../lib/cli/man.js';
import { longName, optionTable } from '../../lib/cli/parse.js';
import { roffText } from '../../lib/cli/roff.js';
import { commands } from '../../lib/cli/tools/index.js';
import { pages, topics, wrapped } from '../../lib/cli/topics.js';
import { usage } from '../../lib/cli/usage.js';
import { version } from '../../lib/cli/version.js';
import { width } from '../../lib/cli/width.js';
import { errors } from '../../lib/errors.js';
import type { Option } from '../../lib/spec/option.js';
import { shell } from '../harness/shell.js';
import { folder } from '../harness/place.js';

const own = JSON.parse(readFileSync('package.json', 'utf8')) as { version: string; bin: Record<string, string>; engines: { node: string } };
const names = ['leat', ...commands.map(({ name }) => name)];

t.test('short help fits a screen', async (t) => {
  for (const [name, text] of [['leat', driverHelp()] as const, ...await Promise.all(commands.map(async (spec) => [spec.name, await shortHelp(spec, false)] as const))]) {
    const lines = text.split('\n');
    t.equal(lines.pop(), '', `${name}: ends with a line`);
    t.ok(lines.length <= 24, `${name}: ${lines.length} lines`);
    t.same(lines.filter((line) => width(line) > 80), [], `${name}: 80 columns`);
  }
  for (const spec of commands) {
    const text = await shortHelp(spec, false);
    t.ok(text.replace(/\s+/g, ' ').startsWith(usage(spec)), `${spec.name}: begins with the synopsis`);
    t.ok(text.includes(spec.summary) && text.includes(`leat help ${spec.name}`), `${spec.name}: says what it does, and where to read on`);
    const first = spec.examples[0].run.split(/\s+/);
    t.ok(first.every((word) => text.includes(word)), `${spec.name}: an example`);
  }
  t.match(await shortHelp(commands[0], true), /\x1b\[1m/, 'in colour where it is asked for');
});

t.test('declarations are complete', async (t) => {
  for (const spec of commands) {
    const { rows, operands } = optionTable(spec);
    t.equal(new Set(rows.map(({ name }) => name)).size, rows.length, `${spec.name}: each option once`);
    const letters = rows.flatMap(({ option }) => option.short ?? []);
    t.equal(new Set(letters).size, letters.length, `${spec.name}: each letter once`);
    for (const { name, option } of rows) {
      t.ok(option.help !== '' && (option.words === 0) === (option.meta === undefined), `${spec.name} --${name}: help, and a name for its value`);
      t.match(name, /^[a-z][a-z-]*$/, `${spec.name} --${name}: its name`);
      if (option.default !== undefined) t.doesNotThrow(() => option.parse(option.default ?? ''), `${spec.name} --${name}: its default can be read`);
    }
    t.ok(operands.every(({ option }) => option.meta !== undefined), `${spec.name}: operands have names`);
    for (const text of [spec.summary, spec.description, spec.memory, spec.emits, spec.guarantees]) t.ok(text.trim() !== '', `${spec.name}: nothing is left out`);
    t.ok(spec.examples.length > 0 && spec.errors.every((code) => code in errors), `${spec.name}: examples and errors`);
  }
  t.equal(longName('timeFormat'), 'time-format');
});

t.test('registry, executables and bin map', async (t) => {
  t.same(Object.keys(load).sort(), commands.map(({ name }) => name).filter((name) => !['help', 'completion', 'state', 'doctor', 'explain', 'compile'].includes(name)).sort(), 'what can be loaded');
  for (const [name, get] of Object.entries(load)) t.equal(await get(), commands.find((spec) => spec.name === name), `${name} is itself`);
  t.same(readdirSync('bin').filter((name) => name !== 'package.json').sort(), [...names].sort(), 'bin/');
  for (const name of names) {
    t.equal(statSync(`bin/${name}`).mode & 0o111, 0o111, `bin/${name} can be executed`);
    t.match(readFileSync(`bin/${name}`, 'utf8'), new RegExp(`^#!/usr/bin/env node\\n(.*\\n)*.*main\\('${name}', process`), `bin/${name} starts its tool`);
  }
  t.same(own.bin, Object.fromEntries(names.map((name) => [name === 'leat' ? name : `leat-${name}`, `bin/${name}`])), 'npm puts leat and leat-TOOL on PATH, no short name');
  t.equal(own.version, version, 'the version');
});

t.test('man pages are as declared', async (t) => {
  const made = new Map(manPages());
  for (const [name, text] of made) t.equal(existsSync(`man/${name}`) ? readFileSync(`man/${name}`, 'utf8') : undefined, text, `man/${name} (else: npm run build)`);
  t.same(readdirSync('man').filter((name) => !made.has(name)).sort(), ['leat-semantics.7', 'leat-stream.5'], 'and these by hand');
  for (const { name } of commands) {
    const text = roffText(made.get(`leat-${name}.1`) ?? '');
    const heads = text.split('\n').filter((line) => /^[A-Z][A-Z ]+$/.test(line));
    t.same(heads, ['NAME', 'SYNOPSIS', 'DESCRIPTION', 'OPTIONS', 'EXAMPLES', 'MEMORY', 'EMITS', 'GUARANTEES', 'ERRORS', 'EXIT STATUS', 'ENVIRONMENT', 'SEE ALSO'], `leat-${name}.1: sections`);
    const options = text.slice(text.indexOf('\nOPTIONS\n'), text.indexOf('\nEXAMPLES\n'));
    for (const row of optionTable(commands.find((spec) => spec.name === name)!).rows) {   // `!`: it comes from the list
      t.equal(options.includes(`--${row.name}`), row.option.hidden !== true, `leat-${name}.1: --${row.name}`);
    }
  }
  if (spawnSync('groff', ['--version']).error !== undefined) t.comment('skipped: groff is not installed, so roff is not checked by it');
  else for (const name of readdirSync('man')) t.equal(spawnSync('groff', ['-man', '-Tutf8', '-ww', '-Wbreak', `man/${name}`], { encoding: 'utf8' }).stderr, '', `groff has no complaint about ${name}`);
});

t.test('roff as text', async (t) => {
  t.equal(roffText('.TH X 1 "" "a" "b"\n.SH NAME\nx \\- \\fBbold\\fR\n.SH OPTIONS\n.TP\n\\fB\\-x\\fR\nshort\n.TP\n\\fB\\-\\-long\\fR \\fID\\fR\na\\(aqb \\[u2026] c\\e\n.PP\n.RS 4\n.nf\n  as  it\\-is\n.fi\n.RE\n'),
    "X(1)\n\nNAME\n       x - bold\n\nOPTIONS\n       -x     short\n\n       --long D\n              a'b … c\\\n\n             as  it-is\n".replace('             as', '             as'), 'macros, fonts, escapes');
  for (const name of readdirSync('man')) {
    const text = roffText(readFileSync(`man/${name}`, 'utf8'));
    t.notMatch(text, /\\f|\\-|\\\(|^\./m, `${name}: no roff is left`);
  }
});

t.test('topics', async (t) => {
  for (const { name, summary, text, verbatim } of topics) {
    t.ok(summary !== '' && text().length > 200, `${name} says something`);
    if (!verbatim) t.same(wrapped(text()).split('\n').filter((line) => width(line) > 80), [], `${name}: 80 columns`);
  }
  const place = folder();
  t.teardown(() => place.remove());
  for (const name of [...topics.map((topic) => topic.name), ...Object.keys(pages), ...commands.map((spec) => spec.name), 'leat', 'leat-agg']) {
    const { stdout, stderr, exit } = await shell(`leat help ${name}`, { cwd: place.path });
    t.ok(exit === 0 && stderr === '' && stdout.length > 200, `leat help ${name}`);
  }
  const wrong = await shell('leat help widnows', { cwd: place.path });
  t.same([wrong.exit, wrong.stderr], [64, "leat help: E_USAGE: there is no tool or topic 'widnows'; did you mean 'windows'?\n  help: leat help\n"], 'a misspelt topic');
});

t.test('completions', async (t) => {
  const scripts = { bash: completion('bash'), zsh: completion('zsh'), fish: completion('fish') };
  for (const [name, script] of Object.entries(scripts)) {
    for (const spec of commands) for (const row of optionTable(spec).rows) {
      const spelled = name === 'fish' ? `-l ${row.name} ` : `--${row.name}`;
      t.equal(script.split('\n').some((line) => line.includes(spelled)), row.option.hidden !== true, `${name}: ${spec.name} --${row.name}`);
    }
    t.notMatch(script, /\bnode\b/, `${name}: no Node start`);
    if (spawnSync(name, ['-c', 'true']).error !== undefined) { t.comment(`skipped: ${name} is not installed, so its script is not parsed`); continue; }
    const { status, stderr } = spawnSync(name, ['-n'], { input: script, encoding: 'utf8' });
    t.same([status, stderr], [0, ''], `${name} -n`);
  }
  /** What bash offers for a line. */
  const offers = (...words: readonly string[]): string[] => {
    const { stdout } = spawnSync('bash', ['-c', `${scripts.bash}\nCOMP_WORDS=("$@"); COMP_CWORD=$(($# - 1)); _leat; printf '%s\\n' "\${COMPREPLY[@]}"`, 'bash', ...words], { encoding: 'utf8' });
    return stdout.split('\n').filter((word) => word !== '');
  };
  t.same(offers('leat', 'wi'), ['window'], 'tools'); t.same(offers('leat', 'window', '--max-a'), ['--max-ahead'], 'options'); t.same(offers('leat-window', '--unit', ''), ['s', 'ms', 'us', 'ns'], 'values, of leat-TOOL too');
  t.same(offers('leat', 'window', '--unit', '=', 'm'), ['ms'], 'values behind ='); t.same(offers('leat', 'filter', 'x', 'package.js'), ['package.json'], 'files'); t.same(offers('leat', 'help', 'exit'), ['exit-status'], 'topics');
  t.ok(offers('leat', 'window', '--delay', '').includes('1m'), 'durations'); t.same(offers('leat', 'from', 'cs'), ['csv'], 'formats'); t.ok(offers('leat', 'agg', '--bad', '').includes('skip'), 'words and files');
});

t.test('leat help --json', async (t) => {
  const all = JSON.parse(JSON.stringify(declarations())) as ReturnType<typeof declarations>;
  t.same(all.tools.map(({ name }) => name), commands.map(({ name }) => name), 'all tools');
  for (const tool of all.tools) {
    for (const member of ['name', 'summary', 'usage', 'description', 'memory', 'emits', 'guarantees'] as const) t.type(tool[member], 'string', `${tool.name}.${member}`);
    const declared = commands.find(({ name }) => name === tool.name)!;   // `!`: the names are the same
    t.equal(tool.options.length + tool.operands.length, Object.values(declared.options as Record<string, Option>).length + optionTable(declared).rows.filter(({ shared, option }) => shared && !option.hidden).length, `${tool.name}: all options`);
    for (const option of tool.options) t.match(option, { name: String, words: Number, required: Boolean, many: Boolean, shared: Boolean, help: String }, `${tool.name} --${option.name}`);
    for (const example of tool.examples) t.match(example, { title: String, run: String, files: Object, stdout: String, exit: Number }, `${tool.name}: ${example.title}`);
  }
  t.ok(all.functions.length >= 60, `${all.functions.length} functions`);
  t.ok(all.aggregates.length >= 25 && all.errors.length === Object.keys(errors).length && all.topics.length === topics.length + Object.keys(pages).length, 'aggregates, errors, topics');
  const place = folder(), { stdout, exit } = await shell('leat help --json', { cwd: place.path });
  place.remove();
  t.equal(exit, 0);
  t.same(Object.keys(JSON.parse(Buffer.from(stdout).toString()) as object), Object.keys(all), 'the command prints the same');
});

t.test('what every start loads', async (t) => {
  const program = readFileSync('dist/exec/leat.js', 'latin1');
  for (const [name, sign] of [['yargs', 'y18n'], ['unbash', 'unterminated single quote'], ['help', 'leat TOOL -h: short help'], ['temporal-polyfill', 'Temporal.ZonedDateTime']] as const) {
    t.notOk(program.includes(sign), `${name} is not in it`);
  }
  t.ok(readdirSync('dist/exec').some((name) => name.endsWith(`-${process.version}-${process.arch}.cache`)), 'the code cache for this Node is there');
});
