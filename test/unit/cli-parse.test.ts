// Command lines to values: POSIX and GNU forms, what stays text, what is refused, and how it is said.
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import t from 'tap';
import { parseCall } from '../../lib/cli/parse.js';
import { Failure } from '../../lib/runtime/report.js';
import { choice, duration, flag, integer, pair, size, text } from '../../lib/spec/option.js';
import { tool } from '../../lib/spec/tool.js';
import { filter } from '../../lib/operators/filter.js';
import { from } from '../../lib/operators/from.js';
import { map } from '../../lib/operators/map.js';
import { window } from '../../lib/operators/window.js';
import { run } from '../../lib/cli/tools/run.js';

const about = { description: '', memory: '', emits: '', guarantees: '', errors: [], examples: [{ title: '', run: 'leat try EXPR FILE', stdout: '' }] } as const;
/** A tool with one option of each kind. */
const probe = tool({
  ...about, name: 'try', summary: '', synopsis: 'EXPR', files: 'any', common: true,
  options: {
    expr: text({ operand: true, required: true, meta: 'EXPR', help: 'anything' }), kind: text({ operand: true, meta: 'KIND', joins: /^two$/, only: /^(one|two)$/, help: 'one or two words' }),
    invert: flag({ short: 'v', help: '' }), quietly: flag({ short: 'q', help: '' }), key: text({ short: 'k', meta: 'KEY', help: '' }), timeFormat: text({ meta: 'F', help: '' }),
    delay: duration({ meta: 'D', help: '' }), memory: size({ short: 'S', meta: 'SIZE', help: '', default: '1K' }), count: integer(1, { meta: 'N', help: '' }), emit: choice(['final', 'changes'], { meta: 'WHEN', help: '' }),
    flatten: text({ meta: 'SEP', optional: true, help: '' }), swap: pair({ meta: 'A B', many: true, help: '' }), slide: duration({ meta: 'D', was: 'step', help: '' }), zone: text({ meta: 'Z', env: 'TRY_ZONE', help: '' }),
  },
});
const parse = (words: readonly string[], env: Record<string, string> = {}) => {
  const { values, common, files, asks } = parseCall(probe, words, env);
  return { values: { ...values } as Record<string, unknown>, common: { ...common } as Record<string, unknown>, files, asks };
};
const given = ({ values: { expr: _, memory: __, ...rest } }: ReturnType<typeof parse>) => rest;

t.test('forms of options', async (t) => {
  const table: readonly (readonly [readonly string[], Record<string, unknown>, string])[] = [
    [['x', '-v'], { invert: true }, 'a flag'], [['x', '-vq'], { invert: true, quietly: true }, 'flags in one word'], [['-v', 'x', '-q'], { invert: true, quietly: true }, 'anywhere'],
    [['x', '-k', 'name'], { key: 'name' }, 'a value in the next word'], [['x', '-kname:desc'], { key: 'name:desc' }, 'a value in the same word'], [['x', '-vkname'], { invert: true, key: 'name' }, 'flag and value in one word'],
    [['x', '-k=v'], { key: '=v' }, 'after a short option = is part of the value'], [['x', '--key', 'name'], { key: 'name' }, 'a long option'], [['x', '--key=a=b'], { key: 'a=b' }, 'the first = parts'],
    [['x', '--key='], { key: '' }, 'an empty value'], [['x', '--key', ''], { key: '' }, 'an empty word'], [['x', '--key', '-v'], { key: '-v' }, 'a value may look like an option'], [['x', '--key', '--'], { key: '--' }, 'or like the end of options'],
    [['x', '--key=1e3'], { key: '1e3' }, 'numbers stay text'], [['x', '-k', '007'], { key: '007' }, 'zeros stay'], [['x', '--key=0x10'], { key: '0x10' }, 'no hexadecimal'], [['x', '--key', 'true'], { key: 'true' }, 'no booleans'],
    [['x', '--key="q"'], { key: '"q"' }, 'quotes stay'], [['x', "--key='q'"], { key: "'q'" }, 'all quotes'], [['x', '--key', 'a.b'], { key: 'a.b' }, 'dots mean nothing'], [['x', '--key', 'a\nb'], { key: 'a\nb' }, 'lines'],
    [['x', '--key=a', '--key=b'], { key: 'b' }, 'the last wins'], [['x', '-ka', '--key', 'b', '-kc'], { key: 'c' }, 'in all forms'], [['x', '--time-format', '%s'], { timeFormat: '%s' }, 'names with a dash'],
    [['x', '--delay', '1m30s'], { delay: 90_000 }, 'a duration'], [['x', '--count=5'], { count: 5 }, 'a number where one is declared'], [['x', '--emit', 'changes'], { emit: 'changes' }, 'one of a few'],
    [['x', '--flatten'], { flatten: '' }, 'a value that may be absent'], [['x', '--flatten=_'], { flatten: '_' }, 'and may stand behind ='], [['x', '--swap', 'a', 'b', '--swap', '-c', '--d'], { swap: [['a', 'b'], ['-c', '--d']] }, 'two words, twice'],
    [['x', '--swap=a', 'b'], { swap: [['a', 'b']] }, 'two words, one behind ='], [['x', '--unbuffered', '--line-buffered'], {}, 'accepted in silence'],
  ];
  for (const [words, values, why] of table) t.same(given(parse(words)), values, `${why}: ${words.join(' ')}`);
  t.equal(parse(['x']).values.memory, 1024, 'a default is parsed');
  t.equal(parse(['x', '-S64M']).values.memory, 64 * 2 ** 20, 'and replaced');
});

t.test('operands', async (t) => {
  const of = (...words: string[]) => { const { values, files } = parse(words); return [values.expr, values.kind, ...files]; };
  t.same(of('x'), ['x', undefined], 'the expression alone');
  t.same(of('x', 'a', 'b'), ['x', undefined, 'a', 'b'], 'files behind it');
  t.same(of('x', 'one', 'a'), ['x', 'one', 'a'], 'an operand that may be absent');
  t.same(of('x', 'two', 'words', 'a'), ['x', 'two words', 'a'], 'one of two words');
  t.same(of('1e3', '007', '0x10', '1.0'), ['1e3', undefined, '007', '0x10', '1.0'], 'file names stay as they are');
  t.same(of('x', '-', 'a'), ['x', undefined, '-', 'a'], '- is a FILE');
  t.same(of('-v', '--', '-x', '--key', '--'), ['-x', undefined, '--key', '--'], 'behind -- all are operands');
  t.same(of('true', 'false'), ['true', undefined, 'false'], 'no booleans');
  t.same(parse(['-v', 'true']).values, { expr: 'true', invert: true, memory: 1024 }, 'a flag takes no word');
});

t.test('options of every tool, and the environment', async (t) => {
  t.same(parse(['x', '--bad', 'skip', '--arg', 'who', 'O"Hara', '--argjson', '$n', '[1]', '-pQ', '--max-line=1M']).common,
    { bad: 'skip', arg: [['who', 'O"Hara']], argjson: [['n', '[1]']], plain: true, quiet: true, progress: 'auto', maxLine: 2 ** 20, color: 'auto', checkpointEvery: 10_000 }, 'shared options');
  t.equal(parseCall(probe, ['x'], { LEAT_PLAIN: '1' }).common.plain, true, 'LEAT_PLAIN=1');
  t.equal(parseCall(probe, ['x'], { LEAT_PLAIN: '0' }).common.plain, undefined, 'LEAT_PLAIN=0');
  t.equal(parseCall(probe, ['x'], { LEAT_PLAIN: '' }).common.plain, undefined, 'LEAT_PLAIN empty');
  const { values } = parseCall(probe, ['x'], { TRY_ZONE: 'Europe/Paris' });
  t.equal(values.zone, 'Europe/Paris', 'an option from the environment');
  t.notOk(Object.keys(values).includes('zone'), 'is not among what was given');
  t.equal(parse(['x', '--zone=UTC'], { TRY_ZONE: 'Europe/Paris' }).values.zone, 'UTC', 'the command line wins');
  t.same(parseCall(window, ['1m'], { LEAT_TIME: 'at' }).values.time, ['at'], 'LEAT_TIME');
});

t.test('help and version win over mistakes', async (t) => {
  for (const words of [['-h'], ['--help'], ['--nonsense', '-h'], ['x', '--key', 'a', '--help', '--delay', 'z'], ['-vh']]) t.equal(parse(words).asks, 'help', words.join(' '));
  t.equal(parse(['--version']).asks, 'version');
  t.equal(parse(['x', '--', '-h']).asks, undefined, 'but not behind --');
  t.equal(parse(['x', '--key', '-h']).asks, undefined, 'nor as a value');
});

/** What a call is refused with. */
function refusal(words: readonly string[], spec: typeof probe = probe): string {
  try { parseCall(spec, words, {}); } catch (error) {
    if (!(error instanceof Failure)) throw error;
    return `${error.error.exit} ${error.place === undefined ? '' : `${error.place}: `}${error.error.code}: ${error.error.message}${error.error.help === '' ? '' : ` | ${error.error.help}`}`;
  }
  return 'taken';
}

t.test('refusals', async (t) => {
  const table: readonly (readonly [readonly string[], string])[] = [
    [[], '64 E_USAGE: EXPR is missing: anything | leat try EXPR FILE'],
    [['x', '--dely', '5s'], '64 E_OPTION: unknown option --dely; did you mean --delay? | leat help try'],
    [['x', '--del', '5s'], '64 E_OPTION: unknown option --del; did you mean --delay? | leat help try'],
    [['x', '--timeFormat', '5s'], '64 E_OPTION: unknown option --timeFormat; did you mean --time-format? | leat help try'],
    [['x', '--xyzzy'], '64 E_OPTION: unknown option --xyzzy | leat help try'], [['x', '-z'], '64 E_OPTION: unknown option -z | leat help try'], [['x', '-5'], '64 E_OPTION: unknown option -5 | leat help try'],
    [['x', '--no-invert'], '64 E_OPTION: unknown option --no-invert; did you mean --invert? | leat help try'], [['x', '--__proto__'], '64 E_OPTION: unknown option --__proto__ | leat help try'],
    [['x', '--step', '1s'], '64 E_OPTION: unknown option --step; it is called --slide | leat help try'],
    [['x', '-u'], '64 E_OPTION: unknown option -u; output is never held back, so there is nothing to switch off | leat help try'],
    [['x', '--invert=yes'], "64 E_OPTION: --invert takes no value, and got 'yes' | --invert"], [['x', '--key'], '64 E_OPTION: --key needs a value: --key KEY | leat help try'],
    [['x', '-vk'], '64 E_OPTION: -k needs a value: -k KEY | leat help try'], [['x', '--swap', 'a'], '64 E_OPTION: --swap needs two words: --swap A B | leat help try'],
    [['x', '--delay', '5 min'], "64 E_DURATION: --delay: bad duration '5 min'; expected a number and a unit without a space, like 250ms 10s 5m 1h 1d 1w 1h30m or PT5M | 5m"],
    [['x', '--count', '0'], "64 E_OPTION: --count: bad number '0'; expected a whole number from 1"], [['x', '-S', '0'], "64 E_OPTION: -S: bad size '0'; expected bytes like 4096, 64K, 16M, 2G"],
    [['x', '--emit', 'finale'], "64 E_OPTION: --emit: bad value 'finale'; expected final, changes"],
    [['x', '--arg', 'a b', 'c'], "64 E_OPTION: --arg: bad name 'a b'; expected letters, digits and _ | --arg host web-1, then $host in the expression"],
    [['x', '--argjson', 'a', '{'], "64 E_OPTION: --argjson: bad JSON '{' for $a | --argjson limits '{\"max\":500}'; --arg binds a text"],
    [['x', '-f', '/nonexistent/expr'], '66 E_FILE: cannot open /nonexistent/expr: no such file or directory | -f FILE holds the expression'],
  ];
  for (const [words, said] of table) t.equal(refusal(words), said, words.join(' '));
  t.match(refusal(['-m', 'x']), /unknown option -m/, '-m belongs to tools that make results');
});

t.test('expressions from a file', async (t) => {
  const place = mkdtempSync(join(tmpdir(), 'leat-cli-')), file = join(place, 'expr');
  t.teardown(() => rmSync(place, { recursive: true }));
  writeFileSync(file, '\ufeffstatus >= 500 &&\n  ms > 100\n');
  const { values, files } = parseCall(filter, ['-f', file, 'a.ndjson'], {});
  t.equal(values.expr.text, 'status >= 500 &&\n  ms > 100', 'text without BOM and last line end');
  t.same(files, ['a.ndjson'], 'it takes the place of the operand');
  writeFileSync(file, 'status >= 500 &&\n  nope(ms)\n');
  t.match(refusal(['-f', file], filter as unknown as typeof probe), `64 ${file}:2:3: E_FUNCTION: unknown function 'nope'`, 'a mistake has its place in the file');
  writeFileSync(file, '# two stages\nfilter true |\n  plain\n');
  t.equal(parseCall(run, ['-f', file], {}).values.pipeline, '# two stages\nfilter true |\n  plain', 'the script of leat run');
});

t.test('operands that may be absent, of real tools', async (t) => {
  const place = mkdtempSync(join(tmpdir(), 'leat-cli-')), file = join(place, 'a.ndjson');
  t.teardown(() => rmSync(place, { recursive: true }));
  writeFileSync(file, '');
  const formatOf = (...words: string[]) => { const { values, files } = parseCall(from, words, {}); return [values.format, ...files]; };
  t.same(formatOf(), ['ndjson'], 'the default'); t.same(formatOf('csv', 'x.csv'), ['csv', 'x.csv'], 'a format'); t.same(formatOf(file), ['ndjson', file], 'a file'); t.same(formatOf('-'), ['ndjson', '-'], 'standard input');
  t.match(refusal(['cvs', 'x.csv'], from as unknown as typeof probe), "64 E_USAGE: 'cvs' is neither a file nor one of ndjson, json, csv, tsv, logfmt, access, syslog, lines, kafka; did you mean 'csv'?", 'a misspelt format');
  const { values, files } = parseCall(map, ['--drop', 'x', file], {});
  t.same([values.exprs, files], [undefined, [file]], 'map: the name of a file is no expression');
  t.same(parseCall(map, ['x as y', file], {}).files, [file], 'map: an expression, then a file');
  t.equal(parseCall(window, ['session', '30m', file], {}).files[0], file, 'window session 30m FILE');
});
