// The rules of SEMANTICS 2, one row each: expression, record, result, number of clashes.
import t from 'tap';
import { expression } from '../../lib/expr/parse.js';
import { NotingBinder, batchFrom, textAt } from './helpers/columns.js';
import { evaluate } from './helpers/expressions.js';

type Row = readonly [expr: string, result: string, clashes?: number];
const record = '{"i":7,"d":0.5,"one":1.0,"w":9007199254740993,"huge":1e400,"big":12345678901234567890,"s":"abc","esc":"\\u0061bc","u":"Zürich😀","t":true,"f":false,"n":null,"l":[1,"x",null,{"k":2}],"o":{"b":1.0, "a":null},"z":0,"neg":-7}';

const table = (name: string, rows: readonly Row[]): void => void t.test(name, async (t) => {
  for (const [expr, result, clashes = 0] of rows) {
    const found = evaluate(expr, record, { args: { text: '"abc"', five: '5', list: '[ 1,\n 2 ]', nothing: 'null', exact: '1.50' } });
    t.equal(found.text, result, `${expr} is ${result}`);
    t.equal(found.clashes.length, clashes, `${expr} has ${clashes} clashes: ${found.clashes.map(({ what }) => what).join('; ')}`);
    t.same(found.bads, [], `${expr} leaves the record good`);
  }
});

table('paths', [
  ['i', '7'], ['missing', 'null'], ['o.b', '1.0'], ['o["b"]', '1.0'], ['_["i"]', '7'], ['_.i', '7'], ['o?.b', '1.0'], ['o.b.c', 'null'], ['i.x', 'null'], ['l[0]', '1'], ['l[3].k', '2'], ['l[9]', 'null'], ['l[-1]', 'null'],
  ['l[0.5]', 'null'], ['l.length', 'null'], ['s.length', 'null'], ['s[0]', 'null'], ['l["0"]', 'null'], ['o[0]', 'null'], ['constructor', 'null'], ['__proto__', 'null'], ['l[z]', '1'], ['o[s]', 'null'], ['o[`b`]', '1.0'], ['undefined', 'null'], ['NaN', 'null'],
  ['_', record], ['o', '{"b":1.0, "a":null}'],
]);
table('arithmetic: null goes through, wrong types give null and are counted', [
  ['i + 1', '8'], ['i - d', '6.5'], ['i * 2', '14'], ['i / 2', '3.5'], ['i % 4', '3'], ['neg % 4', '-3'], ['i % neg', '0'], ['2 ** 10', '1024'], ['i / 0', 'null'], ['i % 0', 'null'], ['d % 0', 'null'], ['0 / 0', 'null'], ['-i', '-7'], ['+i', '7'], ['-z', '0'],
  ['i + n', 'null'], ['n + {}', 'null'], ['missing * 2', 'null'], ['-missing', 'null'], ['s + "d"', '"abcd"'], ['s + n', 'null'], ['s + 1', 'null', 1], ['i + "1"', 'null', 1], ['i - "1"', 'null', 1], ['t + 1', 'null', 1], ['-s', 'null', 1], ['l + l', 'null', 1],
  ['0.1 + 0.2', '0.30000000000000004'], ['one', '1.0'], ['one + 0', '1'], ['1e21 + 0', '1e+21'], ['1e-7 * 1', '1e-7'], ['5. * 1', '5'], ['(-8) ** 0.5', 'null'], ['0 ** -1', 'null'], ['(0 - 1) * 0', '0'],
]);
table('integers of any size are exact, doubles are doubles', [
  ['w', '9007199254740993'], ['w + 1', '9007199254740994'], ['w - w', '0'], ['w * w', '81129638414606699710187514626049'], ['w % 10', '3'], ['-w', '-9007199254740993'], ['9007199254740991 + 1', '9007199254740992'], ['9007199254740991 + 2', '9007199254740993'],
  ['9007199254740993', '9007199254740993'], ['0x20000000000001', '9007199254740993'], ['1_000', '1000'], ['w + 0.5', '9007199254740992'], ['w + one', '9007199254740992'], ['w / 1', '9007199254740992'], ['big + big', '24691357802469135780'], ['big % 7', '1'], ['w * 1e0', '9007199254740992'], ['w * 1', '9007199254740993'], ['w + 1.0', '9007199254740992'], ['n ?? 1.50', '1.50'], ['n ?? .5', '0.5'], ['-1.0', '-1.0'],
  ['9007199254740991 * 3', '27021597764222973'], ['9007199254740991 * 3.5', '31525197391593468'], ['2 ** 60', '1152921504606847000'], ['100000000000000000000 + 1', '100000000000000000001'],
]);
table('a number is compared and handed on by its decimal value', [
  ['w == 9007199254740993', 'true'], ['w == 9007199254740992', 'false'], ['w > 9007199254740992', 'true'], ['w > 9007199254740992.0', 'true'], ['huge > big', 'true'], ['huge == 1e400', 'true'], ['huge == 10e399', 'true'], ['huge < 1e401', 'true'], ['huge', '1e400'],
  ['huge ?? 0', '1e400'], ['t ? huge : 0', '1e400'], ['one == 1', 'true'], ['one ?? 2', '1.0'], ['greatest(one, 0)', '1.0'], ['[one] == [1]', 'true'],
]);
table('equality is that of types and deep; a clash is counted', [
  ['i == 7', 'true'], ['i === 7', 'true'], ['i != 7', 'false'], ['i !== 8', 'true'], ['i == "7"', 'false', 1], ['i != "7"', 'true', 1], ['"7" == i', 'false', 1], ['t == 1', 'false', 1], ['s == esc', 'true'], ['esc == "abc"', 'true'], ['"abc" != esc', 'false'], ['s == "abd"', 'false'],
  ['n == null', 'true'], ['missing == null', 'true'], ['null == missing', 'true'], ['i == null', 'false'], ['i != null', 'true'], ['null == null', 'true'], ['n == i', 'null'], ['i == n', 'null'], ['n != i', 'null'], ['n == missing', 'null'], ['i == $nothing', 'null'],
  ['t == true', 'true'], ['t == f', 'false'], ['true == false', 'false'], ['l == [1, "x", null, {k: 2.0}]', 'true'], ['l == [1, "x"]', 'false'], ['o == {b: 1}', 'true'], ['{a: 1, b: 2} == {b: 2, a: 1}', 'true'], ['{a: 1} == {a: 2}', 'false'], ['{} == {a: null}', 'true'], ['[] == {}', 'false', 1], ['[null] == [null]', 'true'],
]);
table('order', [
  ['i < 8', 'true'], ['i <= 7', 'true'], ['i > 7', 'false'], ['i >= 7.5', 'false'], ['8 > i', 'true'], ['7 >= i', 'true'], ['0 < neg', 'false'], ['i < n', 'null'], ['s < "abd"', 'true'], ['"Z" < "a"', 'true'], ['"é" > "z"', 'true'], ['"\\uffff" < "😀"', 'true'], ['"a" < "aa"', 'true'], ['"a!" < "aa"', 'true'],
  ['s > 5', 'null', 1], ['i > "5"', 'null', 1], ['t < 1', 'null', 1], ['f < t', 'true'], ['[1, 2] < [1, 3]', 'true'], ['[1] < [1, 0]', 'true'], ['o < o', 'null', 1], ['i > 5 == true', 'true'], ['z >= -0', 'true'], ['d < 5e-324', 'false'], ['z < 5e-324', 'true'],
]);
table('three-valued logic; a wrong operand counts as null', [
  ['true && n', 'null'], ['n && true', 'null'], ['false && n', 'false'], ['n && false', 'false'], ['true || n', 'true'], ['n || true', 'true'], ['false || n', 'null'], ['n || false', 'null'], ['n && n', 'null'], ['!n', 'null'], ['!t', 'false'], ['!f', 'true'], ['!missing', 'null'],
  ['5 && false', 'false', 1], ['i && f', 'false', 1], ['i && t', 'null', 1], ['i || t', 'true', 1], ['s || f', 'null', 1], ['!i', 'null', 1], ['t && t && t', 'true'], ['t && n && f', 'false'], ['f || n || t', 'true'], ['f && i', 'false'], ['t || i', 'true'], ['t && !(i > 9)', 'true'],
]);
table('choices', [
  ['t ? 1 : 2', '1'], ['f ? 1 : 2', '2'], ['n ? 1 : 2', '2'], ['i ? 1 : 2', '2', 1], ['n ?? 5', '5'], ['i ?? 5', '7'], ['f ?? 5', 'false'], ['n ?? missing ?? s', '"abc"'], ['n ?? null', 'null'], ['t ? o : l', '{"b":1.0, "a":null}'], ['(i > 5 ? s : d) + "!"', '"abc!"'],
]);
table('in: member of a list, key of an object', [
  ['1 in l', 'true'], ['"x" in l', 'true'], ['2 in l', 'false'], ['i in [5, 7]', 'true'], ['s in ["abc", "d"]', 'true'], ['esc in ["abc"]', 'true'], ['w in [9007199254740993]', 'true'], ['one in [1]', 'true'], ['i in []', 'false'], ['n in l', 'null'], ['i in n', 'null'], ['"b" in o', 'true'], ['"zz" in o', 'false'],
  ['{k: 2} in l', 'true'], ['"7" in [7]', 'false', 1], ['"7" in [7, "8"]', 'false'], ['1 in o', 'null', 1], ['"a" in s', 'null', 1], ['"a" in "abc"', 'null', 1], ['"constructor" in o', 'false'], ['!(i in [1])', 'true'], ['t in [true]', 'true'],
]);
table('templates', [
  ['`${s}-${i}`', '"abc-7"'], ['`${one}`', '"1.0"'], ['`${n}`', 'null'], ['`a${missing}b`', 'null'], ['`${t}`', '"true"'], ['`${l}`', '"[1,\\"x\\",null,{\\"k\\":2}]"'], ['``', '""'], ['`${esc}"`', '"abc\\""'], ['`${i / 2}`', '"3.5"'], ['`${w}`', '"9007199254740993"'], ['`\n`', '"\\n"'],
]);
table('list and object literals', [
  ['[]', '[]'], ['[i, s, n]', '[7,"abc",null]'], ['[...l, 5]', '[1,"x",null,{"k":2},5]'], ['[...n]', '[]'], ['[...s]', '[]', 1], ['{}', '{}'], ['{i, a: s}', '{"i":7,"a":"abc"}'], ['{"odd key": 1, 2: 3}', '{"odd key":1,"2":3}'], ['{...o}', '{"b":1.0,"a":null}'], ['{...o, b: 2, c: i}', '{"b":2,"a":null,"c":7}'],
  ['{b: 0, ...o}', '{"b":1.0,"a":null}'], ['{a: 1, a: 2}', '{"a":2}'], ['{...n}', '{}'], ['{...i, x: 1}', '{"x":1}', 1], ['{x: missing}', '{"x":null}'], ['{nested: {o}}', '{"nested":{"o":{"b":1.0, "a":null}}}'], ['{__proto__: 1}', '{"__proto__":1}'], ['{constructor: s}', '{"constructor":"abc"}'], ['[{}, []]', '[{},[]]'], ['[one, big, huge]', '[1.0,12345678901234567890,1e400]'],
]);
table('text is counted in code points', [
  ['length(u)', '7'], ['slice(u, -1)', '"😀"'], ['left(u, 2)', '"Zü"'], ['reverse(u)', '"😀hcirüZ"'], ['index_of(u, "😀")', '6'], ['pad_end("😀", 3, ".")', '"😀.."'], ['split("a😀", "")', '["a","😀"]'], ['extract(u, /.$/)', '"😀"'], ['extract_all("a😀b", /./)', '["a","😀","b"]'], ['matches("😀", /^.$/)', 'true'], ['matches("😀", /^..$/)', 'false'],
  ['matches("😀", /^[^a]$/)', 'true'], ['replace("x😀", /[😀-😎]/u, "!")', '"x!"'],
]);
table('arguments', [
  ['$five + i', '12'], ['s == $text', 'true'], ['$list', '[1,2]'], ['2 in $list', 'true'], ['$exact', '1.50'], ['$exact + 0', '1.5'], ['{$five}', '{"five":5}'], ['$list[1]', '2'],
]);

t.test('a number of infinite size is bad when it is computed with, and so is a result of one', async (t) => {
  for (const expr of ['huge + 1', 'huge * 0', '-huge', 'huge / huge', '1e308 * 10', '10 ** 400', 'sqrt(huge)', 'exp(1000)', 'big * huge', '1 - huge']) {
    const { bads, clashes } = evaluate(expr, record);
    t.same([bads.map(({ code }) => code), clashes], [['E_OVERFLOW'], []], expr);
  }
});

t.test('under --strict a clash is a bad record, and the right side of a decided && is still checked', async (t) => {
  for (const [expr, bad] of [['s + 1', 1], ['i == "7"', 1], ['f && i', 1], ['t || i', 1], ['f && s > 5', 1], ['t ? 1 : s + 1', 0], ['i ?? s + 1', 0], ['n + 1', 0]] as const) t.equal(evaluate(expr, record, { strict: true }).bads.length, bad, expr);
});

t.test('a test keeps what is exactly true; what is neither boolean nor null is a bad record', async (t) => {
  const batch = batchFrom('{"a":true}', '{"a":false}', '{"a":null}', '{}', '{"a":500}', '{"a":"x"}', '{"a":[1]}');
  const binder = new NotingBinder();
  t.same([...expression('a').test(binder)(batch)], [0]);
  t.same(binder.bads.map(({ row, code, detail, spot }) => [row, code, detail, spot?.text.slice(spot.start, spot.end)]), [
    [4, 'E_NOT_BOOLEAN', { got: 'a number, 500', help: 'compare it: a >= 500, or a != null' }, 'a'],
    [5, 'E_NOT_BOOLEAN', { got: 'a string, "x"', help: 'compare it: a == "x", or a != null' }, 'a'],
    [6, 'E_NOT_BOOLEAN', { got: 'an array, [1]', help: 'compare it: a != null' }, 'a'],
  ]);
  const rows = (text: string): number[] => [...expression(text).test(new NotingBinder())(batch)];
  t.same(rows('a == 500'), [4]);
  t.same(rows('a != null'), [0, 1, 4, 5, 6]);
  t.same(rows('!a'), [1]);
  t.same(rows('a || !a'), [0, 1]);
  t.same(rows('a == null || a == true'), [0, 2, 3]);
  t.same(rows('!(a == null) && a != false'), [0, 4, 5, 6]);
  t.same(rows('true'), [0, 1, 2, 3, 4, 5, 6]);
  t.same(rows('false'), []);
  t.same(rows('null'), []);
  const strict = new NotingBinder({ strict: true });
  t.same([...expression('a != "x"').test(strict)(batch)], [], 'in strict a clash takes the row out');
  t.same(strict.bads.map(({ row }) => row), [0, 1, 4, 6]);
});

t.test('a field is worked out once a batch and stays as it is; over() looks at the rows given only', async (t) => {
  const binder = new NotingBinder(), field = expression('a + "!"').field(binder);
  const first = batchFrom('{"a":"x"}', '{"a":1}'), second = batchFrom('{"a":"yy"}', '{"a":"z"}');
  const one = field(first);
  t.equal(field(first.select(Uint32Array.of(0))), one);
  t.equal(binder.clashes.length, 1);
  const two = field(second);
  t.same([textAt(one, 0), textAt(two, 0), textAt(two, 1)], ['"x!"', '"yy!"', '"z!"']);
  const over = expression('a + "!"').over(binder);
  t.equal(textAt(over(first, Uint32Array.of(0)), 0), '"x!"');
  t.equal(binder.clashes.length, 1, 'row 1 was not looked at');
});

t.test('the value of an expression is its printed text, so that two stages agree in one process and in two', async (t) => {
  const made = evaluate('2 ** 60', '{}').text;
  t.equal(evaluate('x + 1', `{"x":${made}}`).text, '1152921504606847001');
  const batch = batchFrom('{"y":60}');
  const x = expression('2 ** y').field(new NotingBinder());
  const fused = new NotingBinder();
  fused.field = () => x;
  t.equal(textAt(expression('x + 1').field(fused)(batch), 0), '1152921504606847001');
});

t.test('what an expression reads is known', async (t) => {
  const one = expression('user.country == $c && tags[0] in [_["odd key"], user.country]');
  t.same(one.paths, [['user', 'country'], ['tags', 0], ['odd key']]);
  t.same(one.names, ['c']);
  t.equal(one.path, undefined);
  t.same(expression(' user["country"] ').path, ['user', 'country']);
  t.same(expression('(a.b)').path, ['a', 'b']);
  t.same(expression('_').path, []);
});
