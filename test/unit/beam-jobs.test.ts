// Jobs for Beam without Beam: aggregates in plain Python against their examples and leat's own results, the text of every job compiled, what is refused and with which words.
import { spawnSync } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import t from 'tap';
import { aggregates } from '../../lib/agg/index.js';
import { planFrom } from '../../lib/cli/plan.js';
import { LeatError } from '../../lib/errors.js';
import { aggregateNames } from '../../lib/plan/targets/beam/aggregates.js';
import { prelude } from '../../lib/plan/targets/beam/prelude/index.js';
import { Helpers, importsOf } from '../../lib/plan/targets/beam/python.js';
import { beam } from '../../lib/plan/targets/beam.js';
import type { UserFunctions } from '../../lib/plan/targets/user-functions.js';
import { pipelines } from '../harness/beam-pipelines.js';
import { dice, seedOf } from '../harness/random.js';
import { shell } from '../harness/shell.js';
import { noPython, python } from './helpers/python.js';

t.test('every aggregate can be said but the sketch that is leat\'s own', async (t) => {
  t.same(aggregates.map(({ name }) => name).filter((name) => !aggregateNames.has(name)), ['distinct_approx']);
  t.same([...aggregateNames].filter((name) => !aggregates.some((each) => each.name === name)), []);
});

t.test('every example of every aggregate holds in Python, to the character', { skip: noPython ?? false }, async (t) => {
  const said = aggregates.filter(({ name }) => aggregateNames.has(name)), helpers = new Helpers(prelude);
  const rows = said.map(({ name, args, example: { rows: given, params = [] } }) => {
    const pairs = args.length === 2 ? `[tuple(row) for row in rows]` : '[row[0] for row in rows]';
    return `rows = value(${JSON.stringify(`[${given.map((row) => `[${row.join(',')}]`).join(',')}]`)})\nprint(encode(${helpers.use(`a_${name}`)}(${[pairs, ...params.map(String)].join(', ')})))`;
  }).join('\n');
  for (const name of ['value', 'encode']) helpers.use(name);
  const body = `${helpers.all().join('\n')}\n${rows}\n`, found = python(`${importsOf(body)}${body}`).split('\n');
  said.forEach(({ name, example }, i) => t.equal(found[i], example.result, name));
});

t.test('random groups give in Python what leat agg gives, to the character', { skip: noPython ?? false }, async (t) => {
  const seed = seedOf(), { pick, below } = dice(seed), folder = mkdtempSync(join(tmpdir(), 'leat-groups-'));
  t.teardown(() => rmSync(folder, { recursive: true, force: true }));
  const value = (): string => pick(['null', '1', '1.0', '-3', '2.50', '0.1', '1e16', '-1e16', '1e300', '-1e300', '1e-300', '9007199254740993', '-12345678901234567890', '0.3', '5e-324', `${below(1000) / 8}`, `${below(1e6) / 7}`, 'true', 'false', '"a"', '[1]', '{"a":1}']);
  const records = Array.from({ length: 1500 }, (_, i) => ({ g: below(80), line: `{"i":${i},"g":`, x: value(), y: value() })), params: Readonly<Record<string, readonly number[]>> = { quantile: [0.9], quantile_exact: [0.35], topk: [3], histogram: [2.5] };
  const said = aggregates.filter(({ name }) => aggregateNames.has(name)), call = ({ name, args }: typeof said[number]): string => `${name}(${[...args.length === 2 ? ['x', 'y'] : ['x'], ...(params[name] ?? []).map(String)].join(', ')}) as ${name}`;
  const input = records.map(({ g, line, x, y }) => `${line}${g},"x":${x},"y":${y}}\n`).join('');
  const { stdout, stderr } = await shell(`leat agg '${said.map(call).join(', ')} by g'`, { cwd: folder, stdin: input }), wanted = Buffer.from(stdout).toString().split('\n').filter((line) => line !== '').sort();
  const helpers = new Helpers(prelude);
  for (const name of ['decode', 'encode']) helpers.use(name);
  const columns = said.map(({ name, args }) => `"${name}": ${helpers.use(`a_${name}`)}(${[args.length === 2 ? '[(r["x"], r["y"]) for r in rows]' : '[r["x"] for r in rows]', ...(params[name] ?? []).map(String)].join(', ')})`).join(', ');
  const body = `${helpers.all().join('\n')}\ngroups = {}\nfor line in ${JSON.stringify(input)}.splitlines():\n    r = decode(line)\n    groups.setdefault(r["g"], []).append(r)\nfor g, rows in groups.items(): print(encode({"g": g, ${columns}}))\n`;
  const found = python(`${importsOf(body)}${body}`).split('\n').filter((line) => line !== '').sort();
  t.ok(wanted.length > 50, stderr);
  t.equal(found.length, wanted.length);
  for (const [i, line] of wanted.entries()) if (found[i] !== line) { t.equal(found[i], line, `SEED=${seed}`); return; }
});

const jobOf = async (text: string, functions: UserFunctions = []): Promise<string> => beam.compile(await planFrom(text), { functions }).files['job.py'] ?? '';

t.test('every job is Python, says what it was made of, and has no helper that it does not use', { skip: noPython ?? false }, async (t) => {
  const folder = mkdtempSync(join(tmpdir(), 'leat-jobs-')), files: string[] = [];
  t.teardown(() => rmSync(folder, { recursive: true, force: true }));
  for (const { name, text } of pipelines) {
    const job = await jobOf(text);
    t.ok(job.includes(`#   ${text}`), `${name}: its text stands in it`);
    for (const [, helper] of job.split('# ---- the stages ----')[0].matchAll(/^(?:def|class) (\w+)/gm)) t.ok((job.match(new RegExp(`\\b${helper}\\b`, 'g')) ?? []).length > 1, `${name}: ${helper} is used`);
    files.push(join(folder, `${name}.py`));
    writeFileSync(files[files.length - 1], job);
  }
  const { status, stderr } = spawnSync('python3', ['-m', 'py_compile', ...files], { encoding: 'utf8' });
  t.equal(status, 0, stderr);
});

t.test('equality and assumptions', async (t) => {
  const of = async (text: string): Promise<{ equality: string; assumptions: readonly string[] }> => beam.compile(await planFrom(text));
  t.equal((await of("leat filter 'n > 1' a.ndjson")).equality, 'exact');
  t.equal((await of("leat agg 'sum(x) as s by k' a.ndjson")).equality, 'exact', 'sums of doubles too');
  t.equal((await of("leat window 1m a.ndjson | leat agg 'count() as n'")).equality, 'exact if nothing is late');
  const logarithm = await of("leat map 'ln(x) as l' a.ndjson");
  t.equal(logarithm.equality, 'float-approx');
  t.ok(logarithm.assumptions.some((line) => line.includes('ln')), 'and it says why');
});

t.test('functions of users', { skip: noPython ?? false }, async (t) => {
  const given = { args: ['string'], result: 'any', code: () => null }, own = [{ ...given, name: 'length', python: 'lambda s: len(s) + 1' }, { ...given, name: 'upper', python: '$1.upper()' }, { ...given, args: [], name: 'range', python: '42' }], job = await jobOf("leat map 'length(s) as n, upper(s) as u' a.ndjson", own);
  t.match(job, 'own_length = own(lambda s: len(s) + 1)');
  t.match(job, 'own_upper = own(lambda a1: a1.upper())');
  t.notMatch(job, 'own_range', 'only those that are called');
  t.match(job, '"n": own_length(r.get("s")), "u": own_upper(r.get("s"))');
});

t.test('what cannot be said is refused with its place and something to type', async (t) => {
  const rows: readonly (readonly [text: string, message: string, marked: string, help: string])[] = [
    ["leat agg --emit changes 'count() as n by k' a.ndjson", 'agg --emit changes', "leat agg --emit changes 'count() as n by k' a.ndjson", 'leat run'],
    ["leat window 1m a.ndjson | leat agg --fill 0 'count() as n'", 'agg --fill', "leat agg --fill 0 'count() as n'", 'leave --fill out'],
    ["leat window 1m --late late.ndjson a.ndjson | leat agg 'count() as n'", 'late records in a file', 'leat window 1m --late late.ndjson a.ndjson', 'leat run'],
    ["leat agg 'distinct_approx(k) as n' a.ndjson", 'distinct_approx', 'distinct_approx', 'distinct'],
    ['leat from csv a.csv', 'csv', 'leat from csv a.csv', 'leat from csv FILE > FILE.ndjson'],
    ["leat filter 'a' a.ndjson | jq .", 'jq is a program of the system', 'jq .', 'leat map'],
    ["leat filter --strict 'a' a.ndjson", '--strict', "leat filter --strict 'a' a.ndjson", 'leave --strict out'],
    ["leat filter --bad skip 'a' a.ndjson", '--bad skip', "leat filter --bad skip 'a' a.ndjson", 'leat from --bad FILE'],
    ["leat map 'extract(s, /(a|(b))*/) as x' a.ndjson", 'a group in a repeat', 'extract(s, /(a|(b))*/)', 'another pattern'],
    ["leat sort -k n --check a.ndjson", 'sort --check', 'leat sort -k n --check a.ndjson', 'leat sort --check'],
  ];
  for (const [text, message, marked, help] of rows) {
    let error: unknown;
    try { await jobOf(text); } catch (thrown) { error = thrown; }
    if (!(error instanceof LeatError)) { t.fail(`${text}: ${String(error)}`); continue; }
    t.equal(error.code, 'E_UNSUPPORTED', text);
    t.match(error.message, message, text);
    t.equal(error.spot?.text.slice(error.spot.start, error.spot.end), marked, text);
    t.match(error.help, help, text);
  }
});
