// --bind: what a binding file may say and the place of each mistake in it; words of stages before and after; runs whose text stays as it is while the binding changes.
import t from 'tap';
import { bindStage, openBinder } from '../../lib/cli/bind.js';
import type { BoundText } from '../../lib/cli/bind.js';
import { asFailure, errorText } from '../../lib/cli/messages.js';
import { parseBindings } from '../../lib/plan/bindings.js';
import { Binder } from '../../lib/plan/bound.js';
import type { BoundStage } from '../../lib/plan/bound.js';
import { inputKeys, outputKeys } from '../../lib/plan/binding-keys.js';
import { parseGraph, parsePipeline } from '../../lib/plan/shell.js';
import { folder } from '../harness/place.js';
import { shell } from '../harness/shell.js';

const said = async (work: () => Promise<unknown>): Promise<string> => {
  try { return `no error: ${JSON.stringify(await work())}`; } catch (thrown) { return errorText(asFailure(thrown, 'run'), false); }
};

t.test('every mistake in the file has its place, a caret and something to write', async (t) => {
  const table: readonly (readonly [text: string, message: string, line?: string, caret?: string])[] = [
    ['inputs:\n  a: { fil: x }', "b.yaml:2:8: E_BINDING: unknown key 'fil' of input a; did you mean 'file'?", '  a: { fil: x }', '       ^^^'],
    ['inputs:\n  a: { file: x, tabel: y }\n', "b.yaml:2:17: E_BINDING: unknown key 'tabel' of input a", '  a: { file: x, tabel: y }', '                ^^^^^'],
    ['inputs:\n  a: { file: x, sqlite: y }\n', "b.yaml:2:17: E_BINDING: unknown key 'sqlite' of input a; it is for outputs", '  a: { file: x, sqlite: y }', '                ^^^^^^'],
    ['inptus: {}', "b.yaml:1:1: E_BINDING: unknown key 'inptus'; did you mean 'inputs'?", 'inptus: {}', '^^^^^^'],
    ['', 'b.yaml:1:1: E_BINDING: a binding file: expected a mapping', '', '^'],
    ['# nothing\ninputs:\n', 'b.yaml:1:1: E_BINDING: nothing is bound here', '# nothing', '^'],
    ['- a', 'b.yaml:1:1: E_BINDING: a binding file: expected a mapping', '- a', '^^^'],
    ['inputs: 5', "b.yaml:1:9: E_BINDING: inputs: expected a mapping, got '5'", 'inputs: 5', '        ^'],
    ['inputs:\n  a: log.ndjson\n', "b.yaml:2:6: E_BINDING: input a: expected a mapping, got 'log.ndjson'", '  a: log.ndjson', '     ^^^^^^^^^^'],
    ['inputs:\n  a:\n', 'b.yaml:2:5: E_BINDING: input a: expected a mapping', '  a:', '    ^'],
    ['inputs: { a: {} }', 'b.yaml:1:11: E_BINDING: input a: where it is is not said', 'inputs: { a: {} }', '          ^'],
    ['outputs: { a: {} }', 'b.yaml:1:12: E_BINDING: output a: where it goes is not said', 'outputs: { a: {} }', '           ^'],
    ['inputs:\n  a: { file: x, stdin: true }', 'b.yaml:2:17: E_BINDING: input a: file and stdin are two inputs', '  a: { file: x, stdin: true }', '                ^^^^^'],
    ['inputs:\n  a: { stdin: yes }', "b.yaml:2:15: E_BINDING: stdin of input a: expected true, got yes", '  a: { stdin: yes }', '              ^^^'],
    ['inputs:\n  a: { file: [x, {}] }', 'b.yaml:2:18: E_BINDING: file of input a: expected a text, got a mapping', '  a: { file: [x, {}] }', '                 ^^'],
    ['inputs:\n  a: { file: [] }', 'b.yaml:2:14: E_BINDING: file of input a: expected a text or a list of texts, got an empty list', '  a: { file: [] }', '             ^^'],
    ['inputs:\n  a: { file: "" }', 'b.yaml:2:14: E_BINDING: file of input a: an empty text is no name', '  a: { file: "" }', '             ^^'],
    ['inputs:\n  a: { file: x, time: }', 'b.yaml:2:23: E_BINDING: time of input a: expected a text or a list of texts, got nothing', '  a: { file: x, time: }', '                      ^'],
    ['inputs:\n  a: { file: x, time: "u..v" }', "b.yaml:2:23: E_BINDING: time of input a: bad expression: expected a name after the point, got '.'", '  a: { file: x, time: "u..v" }', '                      ^^^^^^'],
    ['inputs:\n  a: { file: x, delay: 5 min }', "b.yaml:2:24: E_BINDING: delay of input a: bad duration '5 min'; expected a number and a unit without a space, like 250ms 10s 5m 1h 1d 1w 1h30m or PT5M", '  a: { file: x, delay: 5 min }', '                       ^^^^^'],
    ['inputs:\n  a: { file: x, delay: 5 }', 'b.yaml:2:24: E_BINDING: delay of input a: bad duration', '  a: { file: x, delay: 5 }', '                       ^'],
    ['inputs:\n  a: { file: x, unit: sec }', "b.yaml:2:23: E_BINDING: unit of input a: bad value 'sec'; expected s, ms, us, ns", '  a: { file: x, unit: sec }', '                      ^^^'],
    ['inputs:\n  a: { file: x, idle: 0s }', 'b.yaml:2:23: E_BINDING: idle of input a: ', '  a: { file: x, idle: 0s }', '                      ^^'],
    ['inputs:\n  a: { file: x, role: tabel }', "b.yaml:2:23: E_BINDING: role of input a: bad value 'tabel'; expected stream, table", '  a: { file: x, role: tabel }', '                      ^^^^^'],
    ['inputs:\n  a: { file: x, format: xml }', "b.yaml:2:25: E_BINDING: format of input a: bad value 'xml'; expected ndjson, json, csv", '  a: { file: x, format: xml }', '                        ^^^'],
    ['inputs:\n  a: { file: x, schema: { n: int } }', "b.yaml:2:30: E_BINDING: schema of input a: bad type 'int'; expected string, integer, number, boolean, time, json, with a ? behind it where the field may be null", '  a: { file: x, schema: { n: int } }', '                             ^^^'],
    ['inputs:\n  a: { file: x, schema: n }', "b.yaml:2:25: E_BINDING: schema of input a: expected a mapping, got 'n'", '  a: { file: x, schema: n }', '                        ^'],
    ['inputs:\n  a: { file: x, schema: { u: { id: int } } }', "b.yaml:2:36: E_BINDING: schema of input a: bad type 'int'", '  a: { file: x, schema: { u: { id: int } } }', '                                   ^^^'],
    ['inputs:\n  a: { file: x, schema: { u: [string, string] } }', 'b.yaml:2:30: E_BINDING: schema of input a: expected a type, got a list of 2', '  a: { file: x, schema: { u: [string, string] } }', '                             ^^^^^^^^^^^^^^^^'],
    ['inputs:\n  a: { file: x, schema: &s { u: *s } }', 'E_BINDING: schema of input a: nested deeper than 64'],
    ['inputs:\n  a: { file: x, schema: { u: } }', 'b.yaml:2:30: E_BINDING: schema of input a: expected a type, got nothing', '  a: { file: x, schema: { u: } }', '                             ^'],
    ['inputs:\n  a: { file: x, role: table, follow: true }', 'b.yaml:2:3: E_BINDING: input a: a table is read to its end, and a file that is followed has none', '  a: { file: x, role: table, follow: true }', '  ^'],
    ['inputs:\n  a: { file: x, start: end }', 'b.yaml:2:3: E_BINDING: input a: --start end: a file that is not followed', '  a: { file: x, start: end }', '  ^'],
    ['inputs:\n  a: { file: x, brokers: h }', 'b.yaml:2:3: E_BINDING: input a: brokers are those of a topic, and there is none', '  a: { file: x, brokers: h }', '  ^'],
    ['inputs:\n  a: { topic: x, format: csv }', 'b.yaml:2:3: E_BINDING: input a: format is for files', '  a: { topic: x, format: csv }', '  ^'],
    ['outputs:\n  a: { sqlite: x.db }', 'b.yaml:2:3: E_BINDING: output a: which table of the database is not said', '  a: { sqlite: x.db }', '  ^'],
    ['outputs:\n  a: { file: x, table: y }', 'b.yaml:2:3: E_BINDING: output a: table is for sqlite', '  a: { file: x, table: y }', '  ^'],
    ['outputs:\n  a: { file: x, key: y }', 'b.yaml:2:3: E_BINDING: output a: key is for sqlite', '  a: { file: x, key: y }', '  ^'],
    ['outputs:\n  a: { files: "%Y", format: csv }', 'b.yaml:2:3: E_BINDING: output a: format csv is for file and stdout', '  a: { files: "%Y", format: csv }', '  ^'],
    ['outputs:\n  a: { file: x, roll: 1h }', 'b.yaml:2:3: E_BINDING: output a: --roll is for files, not for file', '  a: { file: x, roll: 1h }', '  ^'],
    ['outputs:\n  a: { stdout: true, columns: [a] }', 'b.yaml:2:3: E_BINDING: output a: columns are for csv, tsv, table and markdown', '  a: { stdout: true, columns: [a] }', '  ^'],
    ['inputs:\n  a: { file: x, file: y }', "b.yaml:2:17: E_BINDING: 'file' stands here a second time", '  a: { file: x, file: y }', '                ^^^^'],
    ['inputs:\n  a: { file: x }\n  a: { file: y }', "b.yaml:3:3: E_BINDING: 'a' stands here a second time", '  a: { file: y }', '  ^'],
    ['{"inputs":{"a":{"file":"x","file":"y"}}}', "b.yaml:1:28: E_BINDING: 'file' stands here a second time", '{"inputs":{"a":{"file":"x","file":"y"}}}', '                           ^^^^^^'],
    ['{"inputs":{"a":{"file":"x",}', 'b.yaml:1:29: E_BINDING: bad YAML: flow map in block collection must be sufficiently indented and end with a }'],
    ['inputs:\n  a: { file: *x }', 'b.yaml:2:14: E_BINDING: *x stands for nothing: no &x comes before it', '  a: { file: *x }', '             ^^'],
    ['inputs:\n a:\n  file: x\n   time: y', 'b.yaml:3:9: E_BINDING: bad YAML: nested mappings are not allowed in compact mappings', '  file: x', '        ^'],
    ['inputs:\n  -a: { file: x }', "b.yaml:2:3: E_BINDING: '-a' cannot be a name", '  -a: { file: x }', '  ^^'],
    ['inputs:\n  "ü€": { fil: x }', "b.yaml:2:11: E_BINDING: unknown key 'fil' of input ü€", '  "ü€": { fil: x }', '          ^^^'],
  ];
  for (const [text, message, line, caret] of table) {
    const got = await said(() => parseBindings(text, 'b.yaml')), [head = '', shown = '', pointer = ''] = got.split('\n');
    t.ok(head.startsWith('leat run: b.yaml') && head.includes(message), `${JSON.stringify(text)}: ${head}`);
    if (line !== undefined) t.same([shown, pointer], [`  ${line}`, `  ${caret}`], 'the line and the caret');
    t.match(got, /\n {2}help: \S/, 'something to write');
  }
  t.match(await said(() => openBinder('/nowhere/b.yaml')), /^leat run: E_FILE: cannot open \/nowhere\/b\.yaml: no such file or directory\n {2}help: .*leat help bindings/);
});

t.test('YAML and JSON give the same', async (t) => {
  const yaml = `# all that an input can be
inputs:
  access:
    file: [a.ndjson, "b*.ndjson"]
    time: user.at
    unit: s
    delay: 30s
    role: stream
    schema: { ts: time, host: string, ms: number?, "odd key": json?, user: { id: integer }, tags: [string] }
  users: { file: users.csv, format: csv, types: { id: integer, n: number }, key: [id, 'n'], role: table, header: [id, n] }
  clicks: &clicks { topic: clicks, brokers: [127.0.0.1:9092, other:9092], delay: 5s }
  same: *clicks
  pipe: { stdin: true, follow: false }
outputs:
  day: { files: 'out/%Y-%m-%d.ndjson', roll: 1d }
`;
  const json = JSON.stringify({ inputs: {
    access: { file: ['a.ndjson', 'b*.ndjson'], time: 'user.at', unit: 's', delay: '30s', role: 'stream', schema: { ts: 'time', host: 'string', ms: 'number?', 'odd key': 'json?', user: { id: 'integer' }, tags: ['string'] } },
    users: { file: 'users.csv', format: 'csv', types: { id: 'integer', n: 'number' }, key: ['id', 'n'], role: 'table', header: ['id', 'n'] },
    clicks: { topic: 'clicks', brokers: ['127.0.0.1:9092', 'other:9092'], delay: '5s' }, same: { topic: 'clicks', brokers: ['127.0.0.1:9092', 'other:9092'], delay: '5s' }, pipe: { stdin: true, follow: false },
  }, outputs: { day: { files: 'out/%Y-%m-%d.ndjson', roll: '1d' } } }, null, '\t');
  const bare = async (text: string) => { const { inputs, outputs } = await parseBindings(text, 'b'); return [...inputs.values(), ...outputs.values()].map((each) => ({ ...each, place: '' })); };
  const got = await bare(yaml);
  t.same(await bare(json), got, 'JSON with tabs');
  t.same(await bare(`\ufeff${json.replaceAll('\n', '\r\n')}`), got, 'with a BOM and CRLF');
  t.same(got[0], { name: 'access', place: '', kind: 'file', files: ['a.ndjson', 'b*.ndjson'], topic: undefined, format: undefined, role: 'stream', key: [], options: { time: 'user.at', unit: 's', delay: '30s' },
    schema: new Map(Object.entries({ ts: { kind: 'time', isNullable: false }, host: { kind: 'string', isNullable: false }, ms: { kind: 'number', isNullable: true }, 'odd key': { kind: 'json', isNullable: true },
      user: { kind: 'object', fields: new Map([['id', { kind: 'integer', isNullable: false }]]), isNullable: true }, tags: { kind: 'list', of: { kind: 'string', isNullable: false }, isNullable: true } })) });
  t.same(got[1], { name: 'users', place: '', kind: 'file', files: ['users.csv'], topic: undefined, format: 'csv', role: 'table', key: ['id', 'n'], options: { types: 'id=integer,n=number', header: 'id,n' }, schema: undefined });
  t.same(got[2], { name: 'clicks', place: '', kind: 'topic', files: [], topic: 'clicks', format: undefined, role: undefined, key: [], options: { brokers: '127.0.0.1:9092,other:9092', delay: '5s' }, schema: undefined });
  t.same(got[4], { name: 'pipe', place: '', kind: 'stdin', files: [], topic: undefined, format: undefined, role: undefined, key: [], options: {}, schema: undefined });
  t.equal((await parseBindings(yaml, 'b.yaml')).inputs.get('users')?.place, 'b.yaml:10:3', 'where a name stands');
  t.same((await parseBindings('inputs: { a: { file: a.csv, format: csv, schema: { id: integer, at: time, s: string, ok: boolean?, n: number } } }', 'b')).inputs.get('a')?.options, { types: 'id=integer,ok=boolean,n=number' }, 'cells are what the schema says');
  for (const name of ['time', 'delay', 'types', 'idle', 'follow', 'pattern']) t.ok(inputKeys.has(name), `${name}: an option of from`);
  for (const name of ['roll', 'columns']) t.ok(outputKeys.has(name), `${name}: an option of to`);
});

/** Stages of a text under a binding, as words. */
async function bound(text: string, binding: string, exists: readonly string[] = [], more: readonly string[] = []): Promise<{ readonly words: string[][]; readonly stages: BoundStage[] }> {
  const binder = new Binder(await parseBindings(binding, 'b.yaml'), (path) => exists.includes(path)), parsed = await parsePipeline(text), stages: BoundStage[] = [];
  for (const [i, stage] of parsed.entries()) stages.push(...await bindStage(binder, stage, text, i === 0, i === parsed.length - 1, more));
  return { words: stages.map(({ name, words }) => [name, ...words]), stages };
}

t.test('words in, words out', async (t) => {
  const dev = 'inputs: { access: { file: [log.ndjson, more.ndjson], time: at, delay: 5s }, plain: { file: p.ndjson }, csv: { file: -odd.csv, format: csv }, ndjson: { file: access }, t: { topic: clicks, brokers: "h:1" } }';
  const table: readonly (readonly [text: string, binding: string, words: string[][], more?: readonly string[]])[] = [
    ['from access | window 1m', dev, [['from', 'log.ndjson', 'more.ndjson', '--time=at', '--delay=5s'], ['window', '1m']]],
    ['from access --idle 3s --delay 5s', dev, [['from', 'log.ndjson', 'more.ndjson', '--time=at', '--idle', '3s', '--delay', '5s']]],
    ['from --max-line 1M access', dev, [['from', 'log.ndjson', 'more.ndjson', '--time=at', '--delay=5s', '--max-line', '1M']]],
    ['from csv', dev, [['from', 'csv', './-odd.csv']]],
    ['from csv csv', dev, [['from', 'csv', './-odd.csv']]],
    ['from ndjson', dev, [['from', 'ndjson', 'access']]],
    ['from t', dev, [['from', 'kafka', 'clicks', '--brokers=h:1']]],
    ['from x.ndjson', dev, [['from', 'x.ndjson']]],
    ["from 'x*.ndjson' | filter true", dev, [['from', 'x*.ndjson'], ['filter', 'true']]],
    ['from tsv x.ndjson', dev, [['from', 'tsv', 'x.ndjson']]],
    ['from --follow new.ndjson', dev, [['from', '--follow', 'new.ndjson']]],
    ['from', dev, [['from']]],
    ['from | map a', 'inputs: { stdin: { file: in.ndjson, unit: s } }', [['from', 'in.ndjson', '--unit=s'], ['map', 'a']]],
    ['filter true', 'inputs: { stdin: { file: in.ndjson } }', [['from', 'in.ndjson'], ['filter', 'true']]],
    ['merge --offline a b --live c --time t --grain 1s | filter true', 'inputs: { stdin: { file: in.ndjson } }', [['merge', '--offline', 'a', 'b', '--live', 'c', '--time', 't', '--grain', '1s'], ['filter', 'true']]],
    ['filter true x.ndjson', 'inputs: { stdin: { file: in.ndjson } }', [['filter', 'true', 'x.ndjson']]],
    ['window 1m access', dev, [['from', 'log.ndjson', 'more.ndjson', '--time=at', '--delay=5s'], ['window', '1m']]],
    ['window session 1m plain x.ndjson', dev, [['window', 'session', '1m', 'p.ndjson', 'x.ndjson']]],
    ['filter access', dev, [['filter', 'access']]],
    ['filter access plain', dev, [['filter', 'access', 'p.ndjson']]],
    ['window 1m', dev, [['from', 'log.ndjson', 'more.ndjson', '--time=at', '--delay=5s'], ['window', '1m']], ['access']],
    ['from', dev, [['from', 'p.ndjson']], ['plain']],
    ['from csv', 'inputs: { access: { file: a.csv, format: csv } }', [['from', 'csv', 'a.csv']], ['access']],
    ['filter true | join -j id plain', dev, [['filter', 'true'], ['join', '-j', 'id', 'p.ndjson']]],
    ['join -j id access plain', dev, [['from', 'log.ndjson', 'more.ndjson', '--time=at', '--delay=5s'], ['join', '-j', 'id', 'p.ndjson']]],
    ['filter true | join -1 user.id users', 'inputs: { users: { file: u.ndjson, role: table, key: id } }', [['filter', 'true'], ['join', '--table', '--right-keys=id', '-1', 'user.id', 'u.ndjson']]],
    ['filter true | join -1 a -2 b --within 5m users', 'inputs: { users: { file: u.ndjson, role: table, key: id } }', [['filter', 'true'], ['join', '-1', 'a', '-2', 'b', '--within', '5m', 'u.ndjson']]],
    ['filter true | join -j id users', 'inputs: { users: { file: u.ndjson, role: stream, key: id } }', [['filter', 'true'], ['join', '-j', 'id', 'u.ndjson']]],
    ['filter true | to day', 'outputs: { day: { files: "%Y-%m-%d.ndjson", roll: 1d } }', [['filter', 'true'], ['to', 'files', '%Y-%m-%d.ndjson', '--roll=1d']]],
    ['filter true | to day', 'outputs: { day: { file: -x.csv, format: csv, columns: [a, b] } }', [['filter', 'true'], ['to', 'csv', './-x.csv', '--columns=a,b']]],
    ['filter true | to day', 'outputs: { day: { sqlite: x.db, table: t, key: [a, b] } }', [['filter', 'true'], ['to', 'sqlite', 'x.db', 't', '--upsert', 'a,b']]],
    ['filter true | to day', 'outputs: { day: { topic: t, brokers: "h:1" } }', [['filter', 'true'], ['to', 'kafka', 't', '--brokers=h:1']]],
    ['filter true | to day', 'outputs: { day: { stdout: true } }', [['filter', 'true'], ['plain']]],
    ['filter true | to table', 'outputs: { day: { stdout: true } }', [['filter', 'true'], ['to', 'table']]],
    ['filter true', 'outputs: { stdout: { file: out.ndjson } }', [['filter', 'true'], ['to', 'file', 'out.ndjson']]],
    ['filter true | to csv', 'outputs: { stdout: { file: out.ndjson } }', [['filter', 'true'], ['to', 'csv']]],
    ['from access', 'inputs: { access: { file: a } }\noutputs: { stdout: { stdout: true, format: table } }', [['from', 'a'], ['to', 'table']]],
  ];
  for (const [text, binding, words, more] of table) t.same((await bound(text, binding, ['x.ndjson'], more)).words, words, `${text} ${(more ?? []).join(' ')} under ${binding}`);

  const join = await bound('filter true | join -j id users', 'inputs: { users: { file: u.csv, format: csv, types: { id: integer }, role: table } }');
  t.same(join.stages[1]?.right, { name: 'from', words: ['csv', 'u.csv', '--types=id=integer'] }, 'a right input that is not NDJSON is what another command writes');
  t.same(join.words[1], ['join', '--table', '-j', 'id', '<(from csv u.csv --types=id=integer)'], 'and stands there as such');
  const [line] = (join.stages[1] as BoundText).parts.flatMap(({ substitution }) => substitution === undefined ? [] : [substitution]);
  t.same([line?.operator, line?.line.stages.map(({ name, words }) => [name, ...words])], ['<', [['from', 'csv', 'u.csv', '--types=id=integer']]], 'as if it had been parsed');
  const graph = (await parseGraph('filter a <(from b) | to c')).stages, binder = new Binder(await parseBindings('outputs: { c: { file: d } }', 'b'), () => true);
  t.same((await bindStage(binder, graph[0]!, '', true, false))[0]?.parts, graph[0]!.parts, 'substitutions of the text keep theirs');
  t.equal((await bound('from access', dev)).stages[0]?.input?.name, 'access', 'what was bound goes along');
});

t.test('what does not go together is told, with the word', async (t) => {
  const dev = 'inputs:\n  access: { file: log.ndjson, time: at, delay: 5s, follow: true }\n  users: { file: u.csv, format: csv }\noutputs:\n  per-minute: { file: x.ndjson }\n  screen: { stdout: true }\n';
  const table: readonly (readonly [text: string, message: string, word: string, help: string])[] = [
    ['from acess | window 1m', "'acess' is neither bound in b.yaml nor a file; did you mean 'access'?", 'acess', 'bound there: access, users'],
    ['from nothing-like-it', "'nothing-like-it' is neither bound in b.yaml nor a file\n", 'nothing-like-it', 'bound there: access, users'],
    ['filter true acess', "'acess' is neither bound", 'acess', 'bound there'],
    ['filter true | join -j id --table user', "'user' is neither bound in b.yaml nor a file; did you mean 'users'?", 'user', 'bound there'],
    ['from access --delay 6s', '--delay 6s stands in the pipeline, and b.yaml:2:3 says delay: 5s of input access', '--delay', 'one of the two'],
    ['from csv access', 'csv stands in the pipeline, and b.yaml:2:3 says ndjson of input access', 'csv', 'format: csv there'],
    ['from access x.ndjson', "'access' is bound at b.yaml:2:3, and x.ndjson stands beside it", 'x.ndjson', 'leat cat'],
    ['from users access', "'users' is bound at b.yaml:3:3, and access stands beside it", 'access', 'leat cat'],
    ['cat access x.ndjson', "'access' is bound at b.yaml:2:3 with more than its files", 'access', 'leat cat'],
    ['filter true | to per-minut', "'per-minut' is neither bound in b.yaml nor a kind of output; did you mean 'per-minute'?", 'per-minut', 'bound there: per-minute, screen; kinds: file'],
    ['filter true | to per-minute x', "'per-minute' is bound at b.yaml:5:3, and 'x' stands behind it", 'x', 'to per-minute'],
    ['filter true | to screen --stats -', '--stats: output screen is standard output as it is (b.yaml:6:3), and takes no option', '--stats', 'to screen'],
  ];
  for (const [text, message, word, help] of table) {
    const got = await said(() => bound(text, dev, ['x.ndjson'])), [head = '', , pointer = ''] = got.split('\n');
    t.ok(`${head}\n`.includes(`E_BINDING: ${message}`), `${text}: ${head}`);
    t.equal(pointer, `  ${' '.repeat(text.lastIndexOf(word))}${'^'.repeat(word.length)}`, 'the word');
    t.ok(got.includes(`help: ${help}`), got);
  }
  t.match(await said(() => bound('from access', dev, [], ['x.ndjson'])), /E_USAGE: FILE operands stand in the pipeline \(access\) and behind it \(x\.ndjson\)/);
  t.match(await said(() => bound('window 1m x.ndjson', dev, ['x.ndjson', 'y'], ['y'])), /E_USAGE: FILE operands stand in the pipeline and behind it \(y\)/);
});

t.test('one text, several bindings, the same bytes', async (t) => {
  const rows = [[0, 'a'], [59_000, 'b'], [30_000, 'a'], [61_000, 'a'], [130_000, 'b']].map(([ts, host]) => ({ ts: Number(ts), host }));
  const place = folder({
    'per-minute.leat': "# the logic\nfrom access |\n  window 1m | agg 'count() as n by host'\n",
    'log.ndjson': rows.map((row) => `${JSON.stringify(row)}\n`).join(''), 'logs/a-1.ndjson': rows.slice(0, 2).map((row) => `${JSON.stringify(row)}\n`).join(''), 'logs/a-2.ndjson': rows.slice(2).map((row) => `${JSON.stringify(row)}\n`).join(''),
    'log.csv': `at,host\n${rows.map(({ ts, host }) => `${ts / 1000},${host}\n`).join('')}`,
    'file.yaml': 'inputs: { access: { file: log.ndjson, delay: 30s } }\n', 'typed.yaml': 'inputs: { access: { file: log.ndjson, time: ts, delay: 30s, schema: { ts: integer, host: string } } }\n', 'glob.yaml': "inputs: { access: { file: 'logs/*.ndjson', delay: 30s } }\n", 'pipe.json': '{ "inputs": { "access": { "stdin": true, "delay": "30s" } } }\n',
    'csv.yaml': 'inputs:\n  access: { file: log.csv, format: csv, time: at, unit: s, delay: 30s, schema: { at: number, host: string } }\n', 'out.yaml': 'inputs: { access: { file: log.ndjson, delay: 30s } }\noutputs: { stdout: { file: out.ndjson } }\n',
    'users.yaml': 'inputs:\n  access: { file: clicks.ndjson, time: ts }\n  users: { file: users.csv, format: csv, types: { id: integer }, key: id, role: table }\n', 'clicks.ndjson': '{"ts":0,"user":1}\n{"ts":1,"user":2}\n', 'users.csv': 'id,n\n1,a\n',
    'shared.yaml': 'inputs: { access: { file: log.ndjson, delay: 30s }, clicks: { topic: clicks } }\n',
  });
  t.teardown(() => place.remove());
  const run = async (cmd: string, stdin = '') => { const { stdout, stderr, exit } = await shell(cmd, { cwd: place.path, stdin }); return [exit, Buffer.from(stdout).toString(), stderr]; };
  const expected = (await run("leat window 1m --delay 30s log.ndjson | leat agg 'count() as n by host'"))[1] as string;
  t.equal(expected.split('\n').length, 5, 'four rows');
  const same = [0, expected, ''];
  t.same(await run('leat run --bind file.yaml -f per-minute.leat'), same, 'a file');
  t.same(await run('leat run --bind glob.yaml -f per-minute.leat'), same, 'a pattern');
  t.same(await run('cat log.ndjson | leat run --bind pipe.json -f per-minute.leat'), same, 'a pipe');
  t.same(await run('leat run --bind csv.yaml -f per-minute.leat'), same, 'CSV in seconds');
  t.same(await run('leat run --bind out.yaml -f per-minute.leat && cat out.ndjson'), same, 'an output that the text does not name');
  t.same(await run('leat run --bind file.yaml --checkpoint st -f per-minute.leat >> both && leat run --bind file.yaml --checkpoint st -f per-minute.leat --drain >> both && cat both'), same, 'with a checkpoint');
  t.same(await run('leat compile --to duckdb --run --bind typed.yaml -f per-minute.leat'), same, 'as a job of DuckDB: S10');
  t.match(((await run('leat explain --bind typed.yaml -f per-minute.leat'))[1] as string).split('\n').slice(1, 3).join('\n'), /access[^]*log\.ndjson|access/, 'and explained');
  // Bound names in graphs: a right input that is CSV, both sides of tee, substitutions.
  t.same(await run(`leat run --bind users.yaml "from access | join --left -1 user users | filter 'n == null'"`), [0, '{"ts":1,"user":2}\n', ''], 'a table as CSV: --table, -2 and types from the binding');
  t.same(await run(`leat run --no-fuse --bind users.yaml "from access | join -1 user users"`), [0, '{"ts":0,"user":1,"id":1,"n":"a"}\n', ''], 'as processes');
  t.same(await run(`leat run --bind users.yaml "from access | tee >(join -1 user users > both.ndjson) | agg 'count() as n'" && cat both.ndjson`), [0, '{"n":2}\n{"ts":0,"user":1,"id":1,"n":"a"}\n', ''], 'in a part');
  t.same(await run(`leat run --bind users.yaml "cat <(from access) <(from access) | agg 'count() as n'"`), [0, '{"n":4}\n', ''], 'twice');
  t.same(await run('leat run --bind shared.yaml -f per-minute.leat'), [0, expected, ''], 'a name that is not used is silent: cron would mail it');
  t.same(await run("printf 'inputs: { access: { file: log.ndjson } }' > named.yaml; leat run --bind named.yaml 'map --drop ts access'"), [0, rows.map(({ host }) => `${JSON.stringify({ host })}\n`).join(''), ''], 'an operand that could be an expression');
  t.same(await run("printf 'from acess | window 1m' > typo.leat; leat run --bind file.yaml -f typo.leat"),
    [64, '', "leat run: typo.leat:1:6: E_BINDING: 'acess' is neither bound in file.yaml nor a file; did you mean 'access'?\n  from acess | window 1m\n       ^^^^^\n  help: bound there: access\n"], 'the place in the script');
});
