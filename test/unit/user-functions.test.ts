// --functions: what a declaration may be, with the place of what is wrong; values in and out; failures; what a checkpoint remembers; every way of naming the module.
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import t from 'tap';
import { folder } from '../harness/place.js';
import { shell } from '../harness/shell.js';
import { userFunctions } from '../../lib/expr/functions/user.js';
import { functionFiles, loadFunctions } from '../../lib/cli/functions.js';
import { asFailure, errorText } from '../../lib/cli/messages.js';
import { skip } from './helpers/checkpoints.js';

const place = folder({ 'a.ndjson': '{"n":1,"s":"x","l":[1,"a",null],"o":{"k":1.0},"big":12345678901234567890}\n{"n":2.5,"s":null}\n' });
t.teardown(() => place.remove());
const leat = async (cmd: string): Promise<{ exit: number; out: string; err: string }> => { const { exit, stdout, stderr } = await shell(cmd, { cwd: place.path }); return { exit, out: Buffer.from(stdout).toString(), err: stderr }; };
const write = (name: string, text: string): string => { writeFileSync(join(place.path, name), text); return join(place.path, name); };

let count = 0;
t.test('what is wrong with a declaration', async (t) => {
  for (const [module, says] of [
    ['export const x = 1;', /^leat filter: \S+\.mjs: E_OPTION: --functions: the module's default export is missing; expected a list of functions\n {2}help: export default \[\{ name: 'half'/], ['export default {};', /default export is an object/],
    ['export default [1];', /function 1 of the list is a number; expected an object/], ['export default [{}];', /function 1 of the list: name is missing; expected a text/],
    ["export default [\n  { name: '2x', args: [], result: 'any', code: () => 1 }];", /\.mjs:2:11: E_OPTION: --functions: 2x: a name has letters/], ["export default [{ name: 'sum', args: [], result: 'any', code: () => 1 }];", /sum: leat has a function of that name, and no other can take its place\n {2}help: my_sum/],
    ["export default [{ name: 'f', args: 'number', result: 'any', code: () => 1 }];", /f: args is a string; expected a list of types/], ["export default [{ name: 'f', args: ['float'], result: 'any', code: () => 1 }];", /f: args\[0\] is 'float'; expected string, number, integer, boolean, list, object, any/],
    ["export default [{ name: 'f', args: [], code: () => 1 }];", /f: result is missing; expected string/], ["export default [{ name: 'f', args: [], result: 'any' }];", /f: code is missing; expected a function/], ["export default [{ name: 'f', args: [], result: 'any', code: async () => 1 }];", /f: code answers later/],
    ["export default [{ name: 'f', args: [], result: 'any', code: () => 1, nulls: true }];", /f: unknown member nulls/], ["export default [{ name: 'f', args: [], result: 'any', code: () => 1, sql: { oracle: '1' } }];", /f: sql is no object of texts for duckdb, flink, spark/],
    ["export default [{ name: 'f', args: ['any'], result: 'any', code: () => 1, sql: { duckdb: '$2' } }];", /f: \$2 stands in '\$2', and there is 1 argument/], ["export default [{ name: 'f', args: [], result: 'any', code: () => 1 }, { name: 'f', args: [], result: 'any', code: () => 1 }];", /two functions are called 'f'/],
    ["throw new Error('no');", /the module cannot be run: Error: no/], ['export default [;', /the module cannot be run: SyntaxError/],
  ] as const) {
    const file = write(`wrong-${count++}.mjs`, module);
    let said = '';
    try { await loadFunctions(['--functions', file], 'filter'); } catch (thrown) { said = errorText(asFailure(thrown, ''), false); t.equal(asFailure(thrown, '').error.exit, 64); }
    t.match(said, says, module);
  }
  t.match(await leat('leat filter --functions nowhere.mjs true a.ndjson'), { exit: 66, err: /E_FILE: cannot open nowhere\.mjs/ });
  t.notOk(userFunctions.has('f'), 'none of them is known');
});

t.test('words that name a module', async (t) => {
  t.same(functionFiles(['--functions', 'a', 'x', '--functions=b']), ['a', 'b']);
  t.same(functionFiles(['--', '--functions', 'a']), [], 'behind -- there are operands');
});

t.test('what engines are told', async (t) => {
  const file = write('half.mjs', "export default [{ name: 'half', args: ['number'], result: 'number', code: (x) => x / 2, sql: { duckdb: '$1 / 2' }, python: '$1 / 2', summary: 'half of x' }];");
  await loadFunctions([`--functions=${file}`], 'run');
  t.match(userFunctions.get('half'), { name: 'half', args: ['number'], result: 'number', sql: { duckdb: '$1 / 2' }, python: '$1 / 2', file, digest: /^sha256:[0-9a-f]{64}$/ });
});

t.test('values in and out', async (t) => {
  write('all.mjs', `export default [
    { name: 'see', args: ['any'], result: 'string', code: (x) => typeof x + ' ' + JSON.stringify(x) },
    { name: 'nth', args: ['list', 'integer'], result: 'any', code: (l, n) => l[n] },
    { name: 'same', args: ['any'], result: 'any', code: (x) => x },
    { name: 'big', args: ['integer'], result: 'integer', code: (x) => BigInt(x) * 10n ** 20n },
    { name: 'list', args: ['object'], result: 'list', code: (o) => Object.entries(o) },
    { name: 'none', args: ['any'], result: 'number', code: () => undefined },
    { name: 'bad', args: ['any'], result: 'integer', code: () => 1.5 },
    { name: 'later', args: ['any'], result: 'any', code: () => Promise.resolve(1) },
    { name: 'loop', args: ['any'], result: 'object', code: () => { const a = {}; a.a = a; return a; } },
    { name: 'huge', args: ['any'], result: 'number', code: () => Infinity },
    { name: 'throws', args: ['any'], result: 'any', code: () => { throw 'text'; } },
  ];`);
  const map = (text: string, more = ''): Promise<{ exit: number; out: string; err: string }> => leat(`leat map ${more} --functions all.mjs '${text}' a.ndjson`);
  t.equal((await map('{ a: see(n), b: see(l), c: see(o), d: see(s) }')).out, '{"a":"number 1","b":"object [1,\\"a\\",null]","c":"object {\\"k\\":1}","d":"string \\"x\\""}\n{"a":"number 2.5","b":null,"c":null,"d":null}\n', 'a null argument gives null, without a call');
  t.equal((await map('{ a: nth(l, 1), b: same(o), c: same(l), d: big(3), e: list(o), f: none(n) }')).out.split('\n')[0], '{"a":"a","b":{"k":1},"c":[1,"a",null],"d":300000000000000000000,"e":[["k",1]],"f":null}');
  for (const [call, says] of [
    ['bad(n)', /E_TYPE: bad gave 1\.5, and is declared to give an integer\n {2}bad\(n\) as x\n {2}\^{6}\n/], ['later(n)', /later gave a promise, and is declared to give a value of JSON/], ['loop(n)', /loop gave what is no JSON: /], ['huge(n)', /E_OVERFLOW/], ['throws(n)', /E_TYPE: throws threw text\n/],
  ] as const) {
    const got = await map(`${call} as x`);
    t.equal(got.exit, 65, call);
    t.match(got.err, says, call);
  }
  t.match(await map('throws(1) as x', '--bad skip'), { exit: 0, out: '', err: /bad: 2 records, dropped/ }, 'of constants too: every record is bad');
  t.match(await leat("leat filter --functions all.mjs 'se(n) == 1' a.ndjson"), { exit: 64, err: /unknown function 'se'\n.*\n.*did you mean 'see'\?/ });
  t.match(await leat("leat filter --functions all.mjs 'see() == 1' a.ndjson"), { exit: 64, err: /see takes 1 argument, got 0/ });
});

t.test('a checkpoint remembers the module', { skip }, async (t) => {
  write('own.mjs', "export default [{ name: 'inc', args: ['number'], result: 'number', code: (x) => x + 1 }];");
  const cmd = `leat run --functions own.mjs --checkpoint st "from a.ndjson | agg 'sum(inc(n)) as n'"`;
  t.match(await leat(`${cmd} >> out`), { exit: 0, err: '' });
  t.match(await leat(`cp own.mjs other.mjs; ${cmd.replace('own', 'other')} >> out`), { exit: 0, err: '' }, 'by another name');
  write('own.mjs', "export default [{ name: 'inc', args: ['number'], result: 'number', code: (x) => x + 2 }];");
  t.match(await leat(`${cmd} >> out`), { exit: 78, err: /made by another command\n {2}was: .*--functions sha256:[0-9a-f]{64}/ });
});

t.test('of a pipeline: every stage, every way', async (t) => {
  write('own.mjs', "export default [{ name: 'inc', args: ['number'], result: 'number', code: (x) => x + 1 }];");
  const same = '{"n":5.5}\n';
  for (const cmd of [
    `leat run --functions own.mjs "filter 'inc(n) > 0' | agg 'sum(inc(n)) as n'" a.ndjson`, `leat run "filter --functions own.mjs 'inc(n) > 0' | agg --functions own.mjs 'sum(inc(n)) as n'" a.ndjson`, `leat run --no-fuse --functions own.mjs "filter 'inc(n) > 0' | agg 'sum(inc(n)) as n'" a.ndjson`,
    `leat run --functions own.mjs "cat <(filter 'inc(n) > 0' a.ndjson) | jq -c . | agg 'sum(inc(n)) as n'"`, `LEAT_TEST_PART=20 leat run --jobs 2 --functions own.mjs "agg 'sum(inc(n)) as n'" a.ndjson`,
  ]) t.match(await leat(cmd), { exit: 0, out: same, err: '' }, cmd);
});
