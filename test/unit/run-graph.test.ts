// `leat run` of whole graphs: the same bytes as bash has for the same text, one exit status, signals, nothing left behind. (DESIGN 7, USERS 9: A2, A16.)
import { closeSync, existsSync, readFileSync, readSync, readdirSync, writeFileSync, writeSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import t from 'tap';
import { partsOf, feedsOf, reached } from '../../lib/plan/parts.js';
import { parseGraph } from '../../lib/plan/shell.js';
import { fifoPipes, makePipes, shellPipes } from '../../lib/io/pipes.js';
import { isTool } from '../../lib/cli/pipeline.js';
import { folder } from '../harness/place.js';
import { dice, seedOf } from '../harness/random.js';
import { open, shell } from '../harness/shell.js';
import { events } from './helpers/checkpoints.js';
import { MARK, marked, newMark } from './helpers/marked.js';

const seed = seedOf(), input = events(dice(seed), 3000);
t.comment(`SEED=${seed}`);
const place = folder({ 'a.ndjson': input, 'one.ndjson': '{"n":1}\n' }), cwd = place.path;
const at = (name: string): string => join(cwd, name), text = (bytes: Uint8Array): string => Buffer.from(bytes).toString();
const clean = (): void => { for (const name of ['side', 'copy', 'x', 'out']) writeFileSync(at(name), ''); };
t.teardown(() => place.remove());

const run = async (pipeline: string, options = ''): Promise<{ exit: number; stdout: string; stderr: string; left: number[] }> => {
  const mark = newMark(), { exit, stdout, stderr } = await shell(`leat run ${options} "$TEXT"`, { cwd, env: { TEXT: pipeline, [MARK]: mark } });
  return { exit, stdout: text(stdout), stderr, left: marked(mark) };
};
/** The same text as bash runs it, where leat's tools are called by their names. */
const asBash = async (pipeline: string): Promise<string> => {
  const names = ['filter', 'map', 'watermark', 'window', 'agg', 'join', 'from', 'plain', 'dedup', 'to'], functions = names.map((name) => `${name}() { leat ${name} "$@"; }`).join('; ');
  const { stdout } = await shell(`${functions}; lcat() { leat cat "$@"; }; lsort() { leat sort "$@"; }; ${pipeline.replaceAll(/(^|\| |\()(cat|sort) (?=<|-k|-[^c]|a\.)/g, '$1l$2 ')}; wait`, { cwd });
  return text(stdout);
};

t.test('the division into processes', async (t) => {
  const of = async (pipeline: string, isFused = true): Promise<string[]> => partsOf(await parseGraph(pipeline), isTool, isFused).parts.map(({ stages }) => stages.map(({ name }) => name).join('+'));
  t.same(await of('filter a | map b | jq . | window 1m | agg x'), ['filter+map', 'jq', 'window+agg']);
  t.same(await of('filter a | map b', false), ['filter', 'map']);
  t.same(await of('join -j k <(from a | filter b) | agg x'), ['from+filter', 'join+agg'], 'what is read stands before');
  t.same(await of('from a | tee >(agg x) >(jq . | filter y) | window 1m'), ['from', 'tee', 'agg', 'jq', 'filter', 'window']);
  t.same(await of('/usr/bin/sort x | ./bin/leat-filter a | leat map b | bin/leat agg c'), ['sort', 'filter+map+agg'], 'a path is another program, unless it says leat');
  const parts = partsOf(await parseGraph('cat <(from a) <(jq . b) | tee >(agg x > out) | window 1m'), isTool, true), { upstream, downstream } = feedsOf(parts);
  t.same(upstream, [[], [], [0, 1], [2], [3], [3]]);
  t.same(downstream, [[2], [2], [3], [4, 5], [], []]);
  t.same([...reached(4, upstream)].sort(), [0, 1, 2, 3]);
});

t.test('pipes are what a shell has', async (t) => {
  for (const [how, pipes] of [['from a shell', await shellPipes(3)], ['FIFOs', fifoPipes(2)], ['many', await makePipes(14)]] as const) {
    t.ok(pipes !== undefined && pipes.length > 1, how);
    for (const [i, { read, write }] of pipes!.entries()) {   // `!`: looked at above
      writeSync(write, `hello ${i}`);
      closeSync(write);
      const bytes = Buffer.alloc(100);
      t.equal(bytes.toString('utf8', 0, readSync(read, bytes)), `hello ${i}`, `${how} ${i}`);
      t.equal(readSync(read, bytes), 0, 'then the end');
      closeSync(read);
    }
  }
  t.same(readdirSync(tmpdir()).filter((name) => name.startsWith('leat-run-')), [], 'no name is left');
});

t.test('the same bytes as bash', async (t) => {
  for (const pipeline of [
    "filter 'status >= 300' a.ndjson | jq -c '{ts, host}' | map '_ as all' | head -100",
    "cat a.ndjson | grep h3 | agg 'count() as n, sum(ms) as ms by status'",
    "jq -c . < a.ndjson | window 10s --delay 2s | agg 'count() as n by host'",
    "window 10s --delay 2s a.ndjson | tee >(agg 'count() as n' > side) | agg 'count() as n by host'",
    "join -j 'host, status' --within 1s --time ts --delay 2s a.ndjson <(filter 'n % 3 == 0' a.ndjson | watermark --delay 2s) | agg 'count() as n, sum(n_right) as s'",
    "join -j n --table a.ndjson <(jq -c 'select(.n % 2 == 0) | {n, m: .ms}' a.ndjson) | map 'm, n as k' | tail -n 20",
    "cat <(watermark --delay 2s a.ndjson) <(watermark --delay 2s a.ndjson | filter 'n > 100') | window 10s | agg 'count() as n by host' | awk '{ print NR, $0 }'",
    "awk 'NR % 2' a.ndjson | filter true | tee copy | wc -l", "yes '{\"a\":1}' | filter 'a == 1' | head -n 3", "filter true /dev/null | jq .",
  ]) {
    clean();
    const bash = await asBash(pipeline), side = existsSync(at('side')) ? readFileSync(at('side'), 'latin1') : '';
    for (const options of ['', '--no-fuse']) {
      clean();
      const { exit, stdout, stderr, left } = await run(pipeline, options);
      t.same({ exit, stdout, left }, { exit: 0, stdout: bash, left: [] }, `${options} ${pipeline}`);
      t.equal(existsSync(at('side')) ? readFileSync(at('side'), 'latin1') : '', side, 'and the file of the branch');
      t.notMatch(stderr, /E_/, stderr);
    }
  }
});

t.test('redirections', async (t) => {
  clean();
  t.match(await run("filter 'n < 3' < a.ndjson > out"), { exit: 0, stdout: '', stderr: '' }, 'in one process');
  const once = readFileSync(at('out'), 'utf8');
  t.equal(once, input.split('\n').slice(0, 3).map((line) => `${line}\n`).join(''));
  t.match(await run("filter 'n < 3' < a.ndjson >> out"), { exit: 0 });
  t.equal(readFileSync(at('out'), 'utf8'), once + once);
  t.match(await run("jq -c . < a.ndjson | filter 'n < 3' > out"), { exit: 0, stdout: '' });
  t.equal(readFileSync(at('out'), 'utf8'), once);
  for (const [pipeline, exit, says] of [
    ['filter true < nowhere', 66, /E_FILE: cannot open nowhere/], ['jq . < nowhere', 66, /E_FILE: cannot open nowhere/], ['jq . a.ndjson > no/such/x', 74, /E_WRITE: cannot write to no\/such\/x/],
    ['filter true a.ndjson > a.ndjson', 64, /E_USAGE: a\.ndjson is also an input; opening it for writing would empty it/], ['jq . < a.ndjson > a.ndjson', 64, /is also an input/], ['jq . a.ndjson > a.ndjson', 64, /is also an input/],
    ["join -j n <(filter true a.ndjson) a.ndjson >> a.ndjson", 64, /is also an input; what is added would be read again/],
  ] as const) {
    const got = await run(pipeline);
    t.equal(got.exit, exit, pipeline);
    t.match(got.stderr, says, pipeline);
  }
  t.equal(readFileSync(at('a.ndjson'), 'utf8'), input, 'and it is what it was');
});

t.test('mistakes are shown in the whole text, before anything runs', async (t) => {
  for (const [pipeline, exit, says] of [
    ["jq . a.ndjson | fitler true", 64, /^leat run: E_USAGE: 'fitler' is not a leat tool; did you mean 'filter'\?\n.*\n {18}\^{11}\n/],
    ['jq . a.ndjson | nosuchthing x', 69, /^leat run: E_PROGRAM: cannot run 'nosuchthing': it is neither a tool of leat nor a program on PATH\n.*\n {18}\^{13}\n/],
    ["cat <(filter 'n %% 2' a.ndjson) | agg 'count()'", 64, /^leat filter: E_SYNTAX: .*\n {2}cat <\(filter 'n %% 2'.*\n {19}\^\n/],
    ["cat <(filter n --nope a.ndjson) | agg 'count()'", 64, /^leat filter: E_OPTION: unknown option --nope\n.*\n {8}\^{24}\n/],
    ["filter true | tee >(agg 'cuont()' > x) | map n", 64, /^leat agg: E_FUNCTION: unknown aggregate 'cuont'\n.*\n {27}\^{5} did you mean 'count'\?\n/],
    ['jq . a.ndjson | filter true b.ndjson', 64, /'b\.ndjson' is a FILE operand, and filter is given its input by the stage before/], ['filter true | tee >(to file x | map n)', 64, /nothing comes out of to/],
    ["jq . | run 'filter true'", 64, /'run' is not a leat tool for a pipeline/],
  ] as const) {
    const got = await run(pipeline);
    t.equal(got.exit, exit, pipeline);
    t.match(got.stderr, says, pipeline);
  }
  writeFileSync(at('p.leat'), "# two lines\njq -c . |\n  filter 'n >< 1'\n");
  const { stderr } = await shell('leat run -f p.leat', { cwd });
  t.match(stderr, /^leat filter: p\.leat:3:\d+: E_SYNTAX: /, 'a script');
  t.match((await shell("leat run 'jq -c . | filter true' a.ndjson", { cwd })).stderr, /FILE operands \(a\.ndjson\) are for a leat tool, and jq reads first/);
});

t.test('one exit status: the first that failed by itself, from the sources to the sinks', async (t) => {
  for (const [pipeline, exit] of [
    ['false | filter true', 1], ["sh -c 'exit 3' | sh -c 'cat; exit 4'", 3], ["cat <(sh -c 'exit 5') <(filter true one.ndjson) | agg 'count()'", 5], ["filter true one.ndjson | tee >(sh -c 'cat > /dev/null; exit 6') | plain", 6],
    ["yes | head -n 2", 0], ["filter n one.ndjson | jq .", 65], ["jq -c . a.ndjson | filter n | jq .", 65], ["sh -c 'kill -9 $$' | filter true", 137],
    ["window 1s --time n one.ndjson | sh -c 'head -c 10; kill -9 $$' | jq .", 137], ["filter true one.ndjson | grep nothing | agg 'count()'", 1],
  ] as const) {
    const got = await run(pipeline);
    t.equal(got.exit, exit, `${pipeline}: ${got.stderr}`);
    t.same(got.left, [], pipeline);
  }
  t.match(await run("filter true one.ndjson | grep nothing | agg 'count() as n'"), { stdout: '{"n":0}\n' }, 'what is behind a failure ends by itself');
  t.match(await run("cat <(grep nothing a.ndjson) <(sh -c 'sleep 1; cat one.ndjson') | agg 'count() as n'"), { exit: 1, stdout: '{"n":1}\n' }, 'status 1 of another program ends nobody');
  t.same(await shell(`bash -c 'kill -9 $PPID' | cat`, { cwd }).then(({ exit }) => exit === 0 || exit > 128), true);
});

t.test('a failure ends what would go on for ever', async (t) => {
  for (const [pipeline, exit] of [
    ["cat <(filter n one.ndjson) <(tail -F a.ndjson | filter true) | agg 'count()'", 65],
    ["tail -n +1 -F a.ndjson | tee >(filter n > x) | filter false", 65], ["tail -F a.ndjson | sh -c 'head -c 1 > /dev/null; kill -9 $$' | filter true", 137],
  ] as const) {
    const began = Date.now(), got = await run(pipeline);
    t.equal(got.exit, exit, `${pipeline}: ${got.stderr}`);
    t.ok(Date.now() - began < 8000, `in ${Date.now() - began} ms`);
    t.same(got.left, [], pipeline);
  }
});

t.test('signals', async (t) => {
  for (const [signal, exit] of [['SIGINT', 130], ['SIGTERM', 143], ['SIGHUP', 129]] as const) {
    const mark = `${process.pid}-${signal}`, pipeline = "tail -n +1 -F a.ndjson | from --time ts --delay 2s | tee >(agg 'count()' > x) | filter 'n == 0' | plain";
    const running = open('exec leat run "$TEXT"', { cwd, env: { TEXT: pipeline, [MARK]: mark } });
    t.ok(await running.until(1), 'it works');
    await new Promise((done) => setTimeout(done, 1500));     // in all of its parts
    process.kill(running.child.pid!, signal);                // `!`: it runs; exec: it is leat itself
    const result = await running.close();
    t.equal(result.exit, exit, `${signal}: ${result.stderr}`);
    t.notMatch(result.stderr, /E_UPSTREAM|E_BUG/, 'the end went down the stream');
    t.same(marked(mark), [], 'nobody is left');
  }
  const mark = `${process.pid}-twice`, running = open('exec leat run "$TEXT"', { cwd, env: { TEXT: "filter 'n == 0' a.ndjson | sh -c 'trap : INT TERM; cat; sleep 60 & wait; sleep 60'", [MARK]: mark } });
  t.ok(await running.until(1));
  process.kill(running.child.pid!, 'SIGINT');
  await new Promise((done) => setTimeout(done, 300));
  const began = Date.now();
  process.kill(running.child.pid!, 'SIGINT');
  t.equal((await running.close()).exit, 130, 'the second one');
  t.ok(Date.now() - began < 3000, 'at once');
  await new Promise((done) => setTimeout(done, 50));
  t.same(marked(mark), [], 'with what it had started');
});

t.test('with a checkpoint: what cannot be a part of it is refused', async (t) => {
  for (const [pipeline, says] of [
    ['from --time ts a.ndjson | jq -c . | window 1m >> o', /jq does not hand on what a checkpoint needs\n.*\n.*\n {2}help: wrap -- jq -c \.\n/], ['from --time ts a.ndjson | window 1m | jq .', /help: to exec --epoch -- jq/],
    ['from --time ts a.ndjson | tee copy | window 1m >> o', /tee writes copy by itself/], ['from --time ts a.ndjson | tee >(to file x)', /tee at the end writes to standard output by itself/],
    ['from --time ts a.ndjson | tee >(window 1m) | filter true', /two ends of the pipeline write to standard output/], ["from --time ts a.ndjson | tee >(agg 'count()' > x) | filter true >> o", /> empties x/],
    ['from --time ts a.ndjson | window 1m > o', /> empties o/], ['cat <(from --time ts a.ndjson | tee >(to sqlite x.db t)) <(from --time ts a.ndjson) >> o', /what it has published cannot be taken back/],
    ["from --time ts a.ndjson -p | jq -c . | window 1m >> o", /window reads what a part of the checkpoint has printed/],
  ] as const) {
    const got = await run(pipeline, '--checkpoint st');
    t.equal(got.exit, 64, `${pipeline}: ${got.stderr}`);
    t.match(got.stderr, says, pipeline);
  }
  t.notOk(existsSync(at('st')), 'and no folder is made');
});
