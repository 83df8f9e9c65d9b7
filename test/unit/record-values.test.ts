// lib/record: JSON text walked without objects, the total order, numbers of any size, columns that are made.
import t from 'tap';
import { Tag } from '../../lib/record/batch.js';
import { ColumnBuilder } from '../../lib/record/build.js';
import { cellOf, compareValues, equalValues, kindOf, objectMembers } from '../../lib/record/compare.js';
import { Elements, Members, decodeString, encodeString, findElement, findMember, keyIs, keyOf, skipBlanks, spanText, utf8Bytes, valueEnd } from '../../lib/record/json.js';
import { compareDecimal, isIntegerText, numberOf, numberTag } from '../../lib/record/number.js';
import { compareCodePoints } from '../../lib/record/text.js';
import { columnOf, textAt } from './helpers/columns.js';

t.test('members and elements are walked in order, whatever blanks there are', async (t) => {
  const text = ' { "a" : 1 , "b":[ 1, "]" ,{"c":"}"} ], "\\u0061":null,"":{} } ', bytes = utf8Bytes(text), start = skipBlanks(bytes, 0), end = valueEnd(bytes, start, bytes.length);
  t.equal(spanText(bytes, start, end), text.trim());
  const members: string[] = [];
  for (const walk = new Members().open(bytes, start, end); walk.next();) members.push(`${decodeString(bytes, walk.keyStart, walk.keyEnd)}=${spanText(bytes, walk.start, walk.end)}`);
  t.same(members, ['a=1', 'b=[ 1, "]" ,{"c":"}"} ]', 'a=null', '={}']);
  const found = { start: 0, end: 0 };
  t.ok(findMember(bytes, start, end, keyOf('a'), found));
  t.equal(spanText(bytes, found.start, found.end), 'null', 'of duplicate keys the last');
  t.ok(findMember(bytes, start, end, keyOf('b'), found));
  const list = { ...found }, elements: string[] = [];
  for (const walk = new Elements().open(bytes, list.start, list.end); walk.next();) elements.push(spanText(bytes, walk.start, walk.end));
  t.same(elements, ['1', '"]"', '{"c":"}"}']);
  t.ok(findElement(bytes, list.start, list.end, 1, found));
  t.equal(decodeString(bytes, found.start, found.end), ']');
  t.notOk(findElement(bytes, list.start, list.end, 3, found));
  t.notOk(findMember(bytes, start, end, keyOf('__proto__'), found));
});

t.test('strings: decoding, encoding, keys by any spelling', async (t) => {
  for (const [json, text] of [['"abc"', 'abc'], ['"\\u0061\\n\\/"', 'a\n/'], ['"\\ud83d\\ude00"', '😀'], ['"\\ud800"', '\ud800'], ['""', ''], ['"Zürich ganz oben am See"', 'Zürich ganz oben am See'], ['"\\\\"', '\\']] as const) {
    const bytes = utf8Bytes(json);
    t.equal(decodeString(bytes, 0, bytes.length), text, json);
    t.ok(keyIs(bytes, 0, bytes.length, keyOf(text)), `${json} is the key`);
    t.equal(JSON.parse(encodeString(text)), text);
  }
  t.equal(encodeString('\ud800'), '"\\ud800"', 'a lone surrogate stays an escape, so that the text is UTF-8');
});

t.test('numbers: which are Wide, and exact comparison', async (t) => {
  for (const [text, tag] of [['1', Tag.Number], ['-0', Tag.Number], ['9007199254740991', Tag.Number], ['9007199254740992', Tag.Wide], ['-9007199254740992', Tag.Wide], ['9007199254740992.0', Tag.Number], ['1e300', Tag.Number], ['1e400', Tag.Wide], ['-1e400', Tag.Wide], ['1e-400', Tag.Number], ['123456789012345678901234567890', Tag.Wide], ['1.5', Tag.Number]] as const) {
    const bytes = utf8Bytes(text), x = numberOf(bytes, 0, bytes.length);
    t.equal(x, Number(text), `${text} as a double`);
    t.equal(numberTag(bytes, 0, bytes.length, x), tag, `${text} has the tag`);
    t.equal(isIntegerText(bytes, 0, bytes.length), /^-?\d+$/.test(text));
  }
  const ascending = ['-1e401', '-1e400', '-12345678901234567890', '-1.5', '-1', '0', '1e-400', '1e-9', '0.1', '1', '1.5', '2', '10', '9007199254740993', '9007199254740993.5', '1e400', '1e401', '2e401', '1e99999999999999999999'];
  ascending.forEach((a, i) => ascending.forEach((b, j) => t.equal(Math.sign(compareDecimal(a, b)), Math.sign(i - j), `${a} against ${b}`)));
  for (const [a, b] of [['1', '1.0'], ['1', '10e-1'], ['0', '-0.00'], ['1e400', '10e399'], ['100', '1E+2'], ['0.10', '1e-1']] as const) t.equal(compareDecimal(a, b), 0, `${a} is ${b}`);
});

t.test('code points, not UTF-16 units', async (t) => {
  const ascending = ['', 'a', 'a!', 'aa', 'z', 'é', '\ud7ff', '\ud800', '\ud800a', '\udbff', '\udc00', '\ue000', '\uffff', '😀', '😀a', '😁', '\u{10ffff}'];
  ascending.forEach((a, i) => ascending.forEach((b, j) => t.equal(Math.sign(compareCodePoints(a, b)), Math.sign(i - j), `${JSON.stringify(a)} against ${JSON.stringify(b)}`)));
  t.ok(compareCodePoints('\ud83d\ude00', '\ud83d\ud83d\ude01') > 0, 'a pair comes after a lone surrogate');
});

t.test('the total order', async (t) => {
  const ascending = ['null', 'false', 'true', '-1e400', '-9007199254740993', '-9007199254740992', '-1', '0', '0.5', '1', '9007199254740992', '9007199254740993', '12345678901234567890', '1e300', '1e400', '"', '"a"', '"a!"', '"aa"', '"b"', '"é"', '"\\uffff"', '"😀"', '[]', '[null]', '[1]', '[1,2]', '[1,3]', '["a"]', '[[]]', '{}', '{"a":1}', '{"a":2}', '{"a":"x"}', '{"a":0,"b":0}', '{"b":0}'].filter((text) => text !== '"');
  const column = columnOf(...ascending);
  ascending.forEach((a, i) => ascending.forEach((b, j) => t.equal(Math.sign(compareValues(column, i, column, j)), Math.sign(i - j), `${a} against ${b}`)));
  const pairs = [['1', '1.0'], ['"a"', '"\\u0061"'], ['{"a":1,"b":2}', '{"b":2.0,"a":1}'], ['{"a":1,"a":2}', '{"a":2}'], ['{}', '{"a":null}'], ['{"a":1,"a":null}', '{}'], ['[1,{"x":"\\u0061"}]', '[ 1.0 , {"x":"a"} ]'], ['1e400', '10e399'], ['9007199254740992', '9007199254740992.0'], ['0', '-0'], ['"\\ud83d\\ude00"', '"😀"'], ['"\\/"', '"/"']] as const;
  for (const [a, b] of pairs) { const two = columnOf(a, b); t.ok(equalValues(two, 0, two, 1), `${a} is ${b}`); }
  for (const [a, b] of [['[]', '[null]'], ['"a"', '"A"'], ['9007199254740993', '9007199254740992.0'], ['1', '"1"'], ['{"a":[null]}', '{"a":[]}']] as const) { const two = columnOf(a, b); t.notOk(equalValues(two, 0, two, 1), `${a} is not ${b}`); }
  t.same(ascending.map((text) => kindOf(cellOf(utf8Bytes(text), 0, utf8Bytes(text).length).tag)).filter((kind, i, all) => kind !== all[i - 1]), ['null', 'boolean', 'number', 'string', 'array', 'object']);
  const object = utf8Bytes('{"b":1,"a":2,"b":3,"c":null}');
  t.same(objectMembers(object, 0, object.length).map(([key, { number }]) => [key, number]), [['a', 2], ['b', 3]]);
});

t.test('a builder: any row in any order, reused, taken, adopting', async (t) => {
  const out = new ColumnBuilder();
  for (let round = 0; round < 3; round++) {
    out.begin(9);
    out.setText(8, 'x "y"\n');
    out.setNumber(0, 1.5);
    out.setInteger(1, 12345678901234567890n);
    out.setInteger(2, 7n);
    out.setBoolean(3, true);
    out.setNull(4);
    out.setText(5, 'Zürich \ud800 and a text that is long enough for the encoder');
    out.copy(6, columnOf('"c"', '[1, 2]'), 1);
    const from = out.here();
    out.byte(123); out.text('"ä":'); out.span(utf8Bytes('[0]'), 0, 3); out.byte(125);
    out.finish(7, Tag.Object, from);
    t.same([0, 1, 2, 3, 4, 5, 6, 7, 8].map((row) => textAt(out, row)), ['1.5', '12345678901234567890', '7', 'true', 'null', '"Zürich \\ud800 and a text that is long enough for the encoder"', '[1, 2]', '{"ä":[0]}', '"x \\"y\\"\\n"']);
    t.same([...out.tag.subarray(0, 9)], [Tag.Number, Tag.Wide, Tag.Number, Tag.True, Tag.Null, Tag.String, Tag.Array, Tag.Object, Tag.String]);
    t.ok(out.escaped);
  }
  const kept = out.take();
  out.begin(9).setText(8, 'other');
  t.equal(textAt(kept, 8), '"x \\"y\\"\\n"', 'what was taken stays');
  const source = columnOf('"a"', '1.0', 'null'), adopting = new ColumnBuilder().begin(3, source.bytes);
  for (const row of [0, 1, 2]) adopting.copy(row, source, row);
  t.equal(adopting.bytes, source.bytes, 'nothing was copied');
  t.same([0, 1, 2].map((row) => textAt(adopting, row)), ['"a"', '1.0', 'null']);
  t.notOk(adopting.escaped);
  const large = new ColumnBuilder().begin(1);
  large.setText(0, 'ü'.repeat(100_000));
  t.equal(large.end[0] - large.start[0], 200_002);
});
