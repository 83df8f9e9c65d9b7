// The small grammars of operands (map, --rename, agg, lists, paths), and what is said of a text that is none.
import t from 'tap';
import { aggregates, expression, expressionList, mapText, path, paths, renames, sortKeys } from '../../lib/expr/parse.js';
import { pathText } from '../../lib/record/path.js';
import { evaluate, refusal } from './helpers/expressions.js';

t.test('paths', async (t) => {
  for (const [text, steps] of [
    ['status', ['status']], ['user.country', ['user', 'country']], [' user . country ', ['user', 'country']], ['tags[0]', ['tags', 0]], ['["odd key"]', ['odd key']], ['_["odd key"]', ['odd key']], ['_', []], ['_.a', ['a']], ["_['it\\'s']", ["it's"]],
    ['a["b"][3].c', ['a', 'b', 3, 'c']], ['größe', ['größe']], ['a?.b?.["c"]', ['a', 'b', 'c']], ['_["a\\"b"]', ['a"b']], ['constructor.__proto__', ['constructor', '__proto__']], ['class', ['class']], ['a.b/* why */', ['a', 'b']], ['_["_"]', ['_']],
  ] as const) {
    t.same(path(text), steps, text);
    t.same(path(pathText(steps)), steps, `${pathText(steps)} is read back`);
    t.same(expression(pathText(steps)).path, steps, `${pathText(steps)} is the same in an expression`);
  }
  for (const text of ['', 'a.', 'a b', 'a-b', '[-1]', 'a[x]', 'a[1', '3', 'a..b', '"a"', 'a[1.5]', 'a[99999999999999999999]']) t.match(refusal(() => path(text)), { code: 'E_SYNTAX' }, text);
  t.same(paths('a, b.c ,_["d e"]'), [['a'], ['b', 'c'], ['d e']]);
});

t.test('lists of expressions', async (t) => {
  t.same(expressionList('a, b + 1, f.g').map(({ text }) => text), ['a', 'b + 1', 'f.g']);
  t.match(refusal(() => expressionList('a,')), { code: 'E_SYNTAX' });
  t.match(refusal(() => expressionList('a b')), { code: 'E_SYNTAX', marked: 'b' });
});

t.test('map', async (t) => {
  const names = (text: string): unknown => { const made = mapText(text); return 'sets' in made ? made.sets.map(({ name, expression: { text: expr }, explicit }) => [expr, pathText(name), explicit]) : made.object.text; };
  t.same(names('status'), [['status', 'status', false]]);
  t.same(names('user.country, ms / 1000 as seconds'), [['user.country', 'user.country', false], ['ms / 1000', 'seconds', true]]);
  t.same(names('x as v.a, y as "odd name", z as _["b c"]'), [['x', 'v.a', true], ['y', '_["odd name"]', true], ['z', '_["b c"]', true]]);
  t.same(names('(a, b)'.slice(1, -1)), [['a', 'a', false], ['b', 'b', false]]);
  t.same(names(' { a, b: c + 1, ...d } '), '{ a, b: c + 1, ...d }');
  t.same(names('{a} as o'), [['{a}', 'o', true]]);
  t.same(names('as as as'), [['as', 'as', true]]);
  t.same(names('a ? b : c as d'), [['a ? b : c', 'd', true]]);
  t.same(names('(a) as b // the end'), [['(a)', 'b', true]]);
  for (const [text, marked] of [['ms / 1000', 'ms / 1000'], ['a as b, c as b', 'c as b'], ['a, a', 'a'], ['tags[0]', 'tags[0]'], ['a as tags[0]', 'tags[0]'], ['_', '_'], ['a as _', '_'], ['a as', ''], ['a AS b', 'AS'], ['a as b c', 'c'], ['f(x) b', 'f'], ['a as 5', '5'], ['', '']] as const) {
    t.match(refusal(() => mapText(text)), { code: text === 'f(x) b' ? 'E_FUNCTION' : 'E_SYNTAX', marked: marked.trim() }, text);
  }
});

t.test('keys of a sort', async (t) => {
  const keys = (text: string): unknown => sortKeys(text).map(({ path: steps, desc, nulls }) => [steps, desc, nulls]);
  t.same(keys('a'), [[['a'], false, 'first']], 'rising, null first');
  t.same(keys('a:desc'), [[['a'], true, 'last']], 'falling, null last');
  t.same(keys(' user.id : desc : nulls-first , tags[0]:nulls-last,["odd key"]:asc '), [[['user', 'id'], true, 'first'], [['tags', 0], false, 'last'], [['odd key'], false, 'first']], 'blanks, paths, several');
  t.same(keys('desc:desc, _'), [[['desc'], true, 'last'], [[], false, 'first']], 'a field may be called desc; the whole record');
  for (const text of ['', 'a,', ',a', 'a b', 'a:', 'a:up', 'a:DESC', 'a:desc:desc', 'a:desc:asc', 'a:nulls-last:nulls-first', 'a:nulls', 'a:nulls-', '-a', '2', '2,3', '1.2n', 'a + 1', 'lower(a)', 'a desc']) t.match(refusal(() => sortKeys(text)), { code: 'E_SYNTAX' }, text);
  t.equal(refusal(() => sortKeys('a, b:down'))?.marked, 'down', 'the caret is under the word');
});

t.test('renames', async (t) => {
  t.same(renames('a as b, user.country as land, x.y as x.z, _["c d"] as "e f"').map(({ expression: { path: old }, name }) => [old, name]), [[['a'], ['b']], [['user', 'country'], ['land']], [['x', 'y'], ['z']], [['c d'], ['e f']]]);
  for (const text of ['a', 'a as', '_ as b', 'tags[0] as b', 'a as b.c', 'a as x, b as x', 'a + 1 as b', 'a as b,']) t.match(refusal(() => renames(text)), { code: 'E_SYNTAX' }, text);
});

t.test('aggregates', async (t) => {
  const shape = (text: string): unknown => {
    const { calls, by } = aggregates(text);
    return [calls.map(({ fn, args, where, name }) => [fn, args.map(({ text: arg }) => arg), where?.text, name]), by.map(({ expression: { text: expr }, name }) => [expr, ...name])];
  };
  t.same(shape('count()'), [[['count', [], undefined, 'count']], []]);
  t.same(shape('count() as n, p95(ms) as p95 by host, status'), [[['count', [], undefined, 'n'], ['p95', ['ms'], undefined, 'p95']], [['host', 'host'], ['status', 'status']]]);
  t.same(shape('sum(bytes), p95(ms), sum(user.id), p99.9(ms), count(ok)'), [[['sum', ['bytes'], undefined, 'sum_bytes'], ['p95', ['ms'], undefined, 'p95_ms'], ['sum', ['user.id'], undefined, 'sum_user_id'], ['p99.9', ['ms'], undefined, 'p99_9_ms'], ['count', ['ok'], undefined, 'count_ok']], []]);
  t.same(shape('count() where status >= 500 && a in [1, 2] as errors, avg(ms / 1000) as s by user.country, floor_time(ts, "1h") as hour'),
    [[['count', [], 'status >= 500 && a in [1, 2]', 'errors'], ['avg', ['ms / 1000'], undefined, 's']], [['user.country', 'user_country'], ['floor_time(ts, "1h")', 'hour']]]);
  t.same(shape('quantile(ms, 0.5) as q, argmin(a, b) as first by _["user agent"]'), [[['quantile', ['ms', '0.5'], undefined, 'q'], ['argmin', ['a', 'b'], undefined, 'first']], [['_["user agent"]', 'user_agent']]]);
  t.same(shape('count ( ) as n\n  by host // key'), [[['count', [], undefined, 'n']], [['host', 'host']]]);
  t.same(shape('count() by by'), [[['count', [], undefined, 'count']], [['by', 'by']]]);
  t.same(shape('sum(_["odd key"]) as "odd name"'), [[['sum', ['_["odd key"]'], undefined, 'odd name']], []]);
  for (const [text, marked] of [
    ['count() as n, sum(x) as n', 'sum(x) as n'], ['count() as host by host', 'host'], ['sum(a + b)', 'sum(a + b)'], ['sum(tags[0])', 'sum(tags[0])'], ['quantile(ms, 0.5)', 'quantile(ms, 0.5)'], ['count() by a + b', 'a + b'], ['count() by tags[0]', 'tags[0]'], ['count(*)', '*'], ['count', ''], ['host', ''],
    ['count() group by host', 'group'], ['count() as n where x', 'where'], ['count() by', ''], ['count() as a.b', 'a.b'], ['sum(x', ''], ['sum(x y)', 'y'], ['', ''], ['count(),', ''], ['count(_)', 'count(_)'], ['count() as n by host where x', 'where'],
  ] as const) t.match(refusal(() => aggregates(text)), { code: 'E_SYNTAX', ...marked === '' ? {} : { marked } }, text);
});

t.test('messages: the place, the reason, what was probably meant', async (t) => {
  for (const [text, code, marked, hint, help] of [
    ['status = 500', 'E_SYNTAX', '=', "did you mean '=='?", ''],
    ['a and b', 'E_SYNTAX', 'and', "did you mean '&&'?", ''],
    ['a == 1 OR b', 'E_SYNTAX', 'OR', "did you mean '||'?", ''],
    ['not a', 'E_SYNTAX', 'not', "did you mean '!'?", ''],
    ['a <> b', 'E_SYNTAX', '<>', "did you mean '!='?", ''],
    ['a is null', 'E_SYNTAX', 'is', "did you mean '=='?", 'x == null, x != null'],
    ['a & b', 'E_SYNTAX', '&', "did you mean '&&'?", ''],
    ['a | b', 'E_SYNTAX', '|', "did you mean '||'?", ''],
    ['name like "a"', 'E_SYNTAX', 'like', undefined, 'matches(name, /^a/), contains(name, "a")'],
    ['1 < a < 9', 'E_SYNTAX', '1 < a < 9', undefined, '1 < a && a < 9'],
    ['upercase(a)', 'E_FUNCTION', 'upercase', "did you mean 'upper'?", 'all of them: leat help functions'],
    ['substr(a, 1)', 'E_FUNCTION', 'substr', "did you mean 'slice'?", 'all of them: leat help functions'],
    ['len(a)', 'E_FUNCTION', 'len', "did you mean 'length'?", 'all of them: leat help functions'],
    ['toLowerCase(a)', 'E_FUNCTION', 'toLowerCase', "did you mean 'lower'?", 'all of them: leat help functions'],
    ['startsWith(a, "b")', 'E_FUNCTION', 'startsWith', "did you mean 'starts_with'?", 'all of them: leat help functions'],
    ['a.toLowerCase()', 'E_SYNTAX', 'toLowerCase', undefined, 'lower(a)'],
    ['Math.max(a, b)', 'E_SYNTAX', 'max', undefined, 'greatest(a, b)'],
    ['typeof a', 'E_SYNTAX', 'typeof a', undefined, 'type(a)'],
    ['if (a) b', 'E_SYNTAX', 'if', undefined, 'condition ? value : other'],
    ['if(a, b, c)', 'E_SYNTAX', 'if', undefined, 'condition ? value : other'],
    ['class == "x"', 'E_SYNTAX', 'class', undefined, 'a field of that name is written _.class'],
    ['slice(a)', 'E_ARGUMENTS', 'slice(a)', undefined, 'slice(s, from[, to])'],
    ['lower(a, b)', 'E_ARGUMENTS', 'b', undefined, 'lower(s)'],
    ['lower(5)', 'E_ARGUMENTS', '5', undefined, 'lower(s)'],
    ['floor_time(ts, "1 h")', 'E_DURATION', '"1 h"', undefined, undefined],
    ['duration("soon")', 'E_DURATION', '"soon"', undefined, undefined],
    ['strftime(ts, "%Q")', 'E_ARGUMENTS', '"%Q"', undefined, undefined],
    ['year(ts, "Europe/Pariss")', 'E_OPTION', '"Europe/Pariss"', undefined, undefined],
    ['now()', 'E_FUNCTION', 'now', undefined, undefined],
    ['stddev(x)', 'E_FUNCTION', 'stddev', undefined, "stddev is an aggregate: leat agg 'stddev(…)'"],
    ['matches(a, b)', 'E_REGEX', 'b', undefined, ''],
    ['matches(a, "b")', 'E_REGEX', '"b"', undefined, ''],
    ['/a/', 'E_SYNTAX', '/a/', undefined, 'matches(x, /a/)'],
    ['a +', 'E_SYNTAX', '', undefined, ''],
    ['(a', 'E_SYNTAX', '', undefined, ''],
    ['a)', 'E_SYNTAX', ')', undefined, ''],
    ['', 'E_SYNTAX', '', undefined, 'status >= 500'],
    ['user-agent == "x" y', 'E_SYNTAX', 'y', undefined, undefined],
    ['5n', 'E_SYNTAX', '5n', undefined, '5: integers of any size are exact'],
    ['007', 'E_SYNTAX', '007', undefined, '7'],
    ['"abc', 'E_SYNTAX', undefined, undefined, ''],
    ['a, b', 'E_SYNTAX', ',', undefined, ''],
    ['(a, b)', 'E_SYNTAX', 'a, b', undefined, 'a list is written [a, b]'],
    ['$x + 1', 'E_SYNTAX', '$x', undefined, '--arg x VALUE, or --argjson x JSON'],
  ] as const) {
    const found = refusal(() => evaluate(text, '{}', { args: { other: '1' } }));
    t.match(found, { code, ...marked === undefined ? {} : { marked }, ...help === undefined ? {} : { help } }, `${text}: ${found?.message}`);
    t.equal(found?.hint, hint, `${text}: the hint`);
  }
});
