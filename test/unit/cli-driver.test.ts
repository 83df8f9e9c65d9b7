// The driver as users meet it: names, versions, mistakes, pipelines as one text, a terminal without input.
import { readdirSync, writeFileSync } from 'node:fs';
import { spawnSync } from 'node:child_process';
import { join } from 'node:path';
import t from 'tap';
import { stagesOf } from '../../lib/cli/pipeline.js';
import { errorText, asFailure } from '../../lib/cli/messages.js';
import { parsePipeline } from '../../lib/plan/shell.js';
import { bin, folder } from '../harness/place.js';
import { shell } from '../harness/shell.js';

const place = folder({ 'a.ndjson': '{"ts":1000,"a":1}\n{"ts":2000,"a":2}\n' });
t.teardown(() => place.remove());
const leat = async (cmd: string, stdin = '') => {
  const { stdout, stderr, exit } = await shell(cmd, { cwd: place.path, stdin });
  return [exit, Buffer.from(stdout).toString(), stderr] as const;
};

t.test('the driver', async (t) => {
  t.same(await leat('leat --version'), [0, 'leat 0.1.0\n', '']);
  t.same(await leat('leat-filter --version'), [0, 'leat 0.1.0\n', ''], 'of a tool');
  t.same(await leat('leat --exec-path'), [0, `${bin}\n`, ''], 'the folder of the short names');
  const [exit, text, said] = await leat('leat');
  t.ok(exit === 0 && text.startsWith('leat 0.1.0: ') && said === '', 'alone: short help');
  t.same(await leat('leat --help'), [0, text, ''], '--help: the same');
  t.same(await leat('leat filtr x'), [64, '', "leat: E_USAGE: unknown tool 'filtr'; did you mean 'filter'?\n  help: leat help lists the tools\n"]);
  t.same(await leat('leat --verbose'), [64, '', 'leat: E_OPTION: unknown option --verbose\n  help: leat TOOL …; leat help lists the tools\n']);
  t.same(await leat('leat xyzzy'), [64, '', "leat: E_USAGE: unknown tool 'xyzzy'\n  help: leat help lists the tools\n"], 'what does not exist is not known');
  t.same(await leat('PATH="$(leat --exec-path):$PATH"; filter "a == 2" a.ndjson'), [0, '{"ts":2000,"a":2}\n', ''], 'short names');
  t.same(await leat('leat filter -h > /dev/full'), [74, '', 'leat filter: E_WRITE: cannot write to standard output: no space left on device\n'], 'help into a full disk');
  t.same(await leat('leat help messages | head -1 > /dev/null'), [0, '', ''], 'a reader that leaves');
  t.same(await leat('leat filter -Z true'), [64, '', 'leat filter: E_OPTION: unknown option -Z\n  help: leat help filter\n']);
  t.match((await leat("FORCE_COLOR=1 leat filter -Z true"))[2], /\x1b\[31mE_OPTION\x1b\[39m/, 'colour where it is forced');
  t.notMatch((await leat("FORCE_COLOR=1 leat filter --color=never -Z true"))[2], /\x1b/, 'and not');
});

t.test('a terminal, and no FILE', async (t) => {
  if (spawnSync('script', ['--version']).error !== undefined) { t.comment('skipped: script(1) is not installed, so there is no terminal'); return; }
  const { stdout } = spawnSync('script', ['-qec', `${bin}/leat filter true; echo exit $?`, '/dev/null'], { encoding: 'utf8', env: { PATH: process.env.PATH, TERM: 'dumb' }, input: '' });
  t.equal(stdout.replace(/\r/g, ''), `leat filter: E_NO_INPUT: no FILE, and standard input is a terminal
  usage: leat filter [-v] [-q] EXPR [FILE…]      leat help filter
  help: leat filter 'status >= 500' access.ndjson; a lone - reads what you type
exit 64
`, 'M20');
});

t.test('the text of a pipeline', async (t) => {
  const words = async (text: string) => (await parsePipeline(text)).map(({ name, words }) => [name, ...words]);
  t.same(await words("filter 'a > 1' | leat window session 30m |\n  # why\n leat-agg \"count() as n by \\\"x\\\"\" | /usr/bin/plain"),
    [['filter', 'a > 1'], ['window', 'session', '30m'], ['agg', 'count() as n by "x"'], ['plain']], 'words, quotes, comments, names');
  t.same(await words("map 'it'\\''s' $'a\\tb' x=1 10m/1m 1d^1h"), [['map', "it's", 'a\tb', 'x=1', '10m/1m', '1d^1h']], 'odd words');
  t.same(await words('# only\n\nfilter true\n'), [['filter', 'true']], 'comments and blank lines around');
  const table: readonly (readonly [string, RegExp])[] = [
    ['filter $x', /^leat run: E_USAGE: \$x is not expanded here\n {2}filter \$x\n {9}\^\^\n {2}help: single quotes keep a \$/], ['filter "user == $who"', /\$who is not expanded here/], ['filter "`id`"', /is not expanded here/], ['filter $(id)', /is not expanded here/],
    ['filter a > out', /> out would be a redirection/], ['filter a < in', /< in would be a redirection/], ['filter a && map b', /more shell than a pipeline/], ['filter a; map b', /a second command begins here/], ['filter a\nmap b', /a second command begins here/],
    ['filter a &', /& is not for leat run/], ['! filter a', /! is not for leat run/], ['filter a |& map b', /cannot join stages/], ['X=1 filter a', /X=1 is more shell/], ['from *.csv', /\* is not expanded here\n.*\n.*\n {2}help: quote it: '\*'/], ['from ~/x', /~ is not expanded/],
    ['filter a |', /bad pipeline: expected command after '\|'/], ["filter 'a", /bad pipeline: unterminated single quote/], ['', /the pipeline is empty/], ['{ filter a; }', /more shell than a pipeline/], ['filter a | jq .', /'jq' is not a leat tool/],
    ['run x', /'run' is not a leat tool for a pipeline/], ['filtr a', /did you mean 'filter'\?\n {2}filtr a\n {2}\^/], ['filter a | map b c.ndjson', /'c.ndjson' is a FILE operand, and only the first stage reads files/], ['filter -h', /--help is no part of a pipeline/],
    ['filter a | window 5x', /^leat window: E_(WINDOW|DURATION)/],
  ];
  for (const [text, expected] of table) {
    let said = 'taken';
    try { await stagesOf(text); } catch (error) { said = errorText(asFailure(error, 'run'), false); }
    t.match(said, expected, JSON.stringify(text));
  }
  const { stages, files } = await stagesOf("filter -v 'a > 1' x.ndjson | plain");
  t.same([stages.map(({ spec }) => spec.name), stages[0]?.values.invert, files], [['filter', 'plain'], true, ['x.ndjson']], 'stages and files');
});

t.test('leat run', async (t) => {
  t.same(await leat("leat run 'filter \"a > 1\" | map a' a.ndjson"), [0, '{"ts":2000,"a":2}\n', '']);
  t.same(await leat("leat run 'filter \"a > 1\" a.ndjson'"), [0, '{"ts":2000,"a":2}\n', ''], 'FILE in the pipeline');
  t.match((await leat("leat run 'filter a a.ndjson' b.ndjson"))[2], /FILE operands stand in the pipeline \(a\.ndjson\) and behind it \(b\.ndjson\)/);
  writeFileSync(join(place.path, 'p.leat'), "# the second\nfilter 'a > 1' |   # of two\n  nope\n");
  t.same(await leat('leat run -f p.leat a.ndjson'), [69, '', "leat run: p.leat:3:3: E_PROGRAM: cannot run 'nope': it is neither a tool of leat nor a program on PATH\n    nope\n    ^^^^\n  help: leat help lists the tools\n"], 'a mistake in a script has its place');
  t.same(readdirSync(place.path).filter((name) => !['a.ndjson', 'p.leat', '.stdout'].includes(name)), [], 'nothing is left behind');
});

t.test('LEAT_TIME names the field, and is no option', async (t) => {
  const rows = '{"at":1000,"n":1}\n{"at":61000,"n":2}\n';
  t.match((await leat('LEAT_TIME=at leat window 1m --epoch | leat plain', rows))[1], /^\{"at":1000,"n":1,"window_start":0,"window_end":60000\}/, 'it is taken where event time begins');
  t.equal((await leat('export LEAT_TIME=at; leat watermark | leat window 1m --epoch | leat plain', rows))[0], 0, 'and refuses nothing where it has begun');
  t.equal((await leat('export LEAT_TIME=at; leat from lines | od -An -c | head -1', 'x\n'))[1], '   {   "   l   i   n   e   "   :   "   x   "   }  \\n\n', 'a plain stream stays plain');
  t.match((await leat('export LEAT_TIME=at; leat watermark | leat window 1m --time at', rows))[2], /E_OPTION: --time: event time already comes from upstream/, 'an option is refused there, as always');
});
