// Lines and what becomes of them: a table of JSON texts that must and must not be accepted (named as in the JSON test suite: y_, n_), with the place and the words of each
// error; lines, offsets, BOM, CRLF, blanks, marks, overlong lines; real files. Both scanners.
import { existsSync, readFileSync } from 'node:fs';
import { gunzipSync } from 'node:zlib';
import t from 'tap';
import type { Detail } from '../../lib/errors.js';
import { makeScanner } from '../../lib/kernel/index.js';
import { referenceScanner } from '../../lib/kernel/reference.js';
import type { BadLine, Scanned, Scanner, ScannerOptions } from '../../lib/kernel/scanner.js';
import { wasmScanner } from '../../lib/kernel/wasm.js';
import { Tag } from '../../lib/record/batch.js';
import type { Path } from '../../lib/record/path.js';

type Make = (options: ScannerOptions) => Scanner;
const makers: readonly (readonly [string, Make])[] = [['fast', wasmScanner], ['reference', referenceScanner]];
const bytes = (text: string): Uint8Array => Buffer.from(text, 'latin1');   // \xNN in a table is one byte
const utf8 = (text: string): string => Buffer.from(text).toString('latin1');

/** All batches of an input that comes in pieces of `size` bytes. */
function* batches(scanner: Scanner, input: Uint8Array, size = input.length || 1): Generator<Scanned> {
  scanner.begin();
  for (let at = 0; at < input.length; at += size) {
    const part = input.subarray(at, at + size);
    scanner.room(part.length).set(part);
    scanner.filled(part.length);
    for (let batch = scanner.next(); batch; batch = scanner.next()) yield batch;
  }
  scanner.ended();
  for (let batch = scanner.next(); batch; batch = scanner.next()) yield batch;
}

const badLines = (make: Make, input: Uint8Array, options: Partial<ScannerOptions> = {}, size?: number): BadLine[] =>
  [...batches(make({ paths: [['a']], ...options }), input, size)].flatMap(({ bad }) => bad);
const rowCount = (make: Make, input: Uint8Array): number => [...batches(make({ paths: [['a']] }), input)].reduce((sum, { count }) => sum + count, 0);

const good: readonly string[] = ['{}', '{ }', '{"a":[]}', '{"a":[ ]}', '{"":0}', '{"a":-0}', '{"a":0e1}', '{"a":0E+1}', '{"a":1.5e-9}', '{"a":123123e100000}', '{"a":-1}', '{"a":"\\u0000"}', '{"a":"\\uD800"}', '{"a":"\\uDFAA\\uD800"}',
  '{"a":"\\/\\b\\f\\n\\r\\t\\"\\\\"}', '{"a":"\x7f"}', utf8('{"a":"\u2028\u{10ffff}\ufeff"}'), '{"a" : null , "a":\ttrue}', '{"\\u0061":1}', '{"a":[[[]],{}]}', '{"a":"/"}', '{"a":[1,null,true,false,"x",1.0e+2]}', utf8('{"é":"ü"}'),
  '{"a":1.0000000000000000000000000000000000001}', '{"a":12345678901234567890123456789012345678901234567890}', `{"a":"${'x'.repeat(100)}"}`, `{"${'k'.repeat(300)}":1}`, '\t {"a":1} \r', '{"a":"\\ud83d\\ude00\\ud83d"}', '{"__proto__":{"a":1}}'];

const word = (got: string): Detail => ({ expected: 'a value', got });
const bad: readonly (readonly [string, string, number, Detail?])[] = [   // text, code, column, detail
  ['{"a":1 "b":2}', 'E_JSON', 8, { expected: "',' or '}' after a value", got: `'"'` }],
  ['{"status" 500}', 'E_JSON', 11, { expected: "':' after a key", got: "'5'" }],
  ['{"a":1,}', 'E_JSON', 8, { expected: 'a key', got: "'}'" }],
  ['{,"a":1}', 'E_JSON', 2, { expected: "a key or '}'", got: "','" }],
  ["{'a':1}", 'E_JSON', 2, { expected: "a key or '}'", got: 'a single quote' }],
  ['{a:1}', 'E_JSON', 2, { expected: "a key or '}'", got: "'a'" }],
  ['{"a":[1,]}', 'E_JSON', 9, word("']'")],
  ['{"a":[,1]}', 'E_JSON', 7, { expected: "a value or ']'", got: "','" }],
  ['{"a":[1 2]}', 'E_JSON', 9, { expected: "',' or ']' after a value", got: "'2'" }],
  ['{"a":[1}', 'E_JSON', 8, { expected: "',' or ']' after a value", got: "'}'" }],
  ['{"a":NaN}', 'E_JSON', 6, word("'NaN'")], ['{"a":Infinity}', 'E_JSON', 6, word("'Infinity'")], ['{"a":-Infinity}', 'E_JSON', 7, { expected: "a digit after '-'", got: "'Infinity'" }],
  ['{"a":None}', 'E_JSON', 6, word("'None'")], ['{"a":TRUE}', 'E_JSON', 6, word("'TRUE'")], ['{"a":nul}', 'E_JSON', 6, word("'nul'")], ['{"a":nulll}', 'E_JSON', 10, { expected: "',' or '}' after a value", got: "'l'" }],
  ['{"a":+1}', 'E_JSON', 6, word("'+'")], ['{"a":.5}', 'E_JSON', 6, word("'.'")], ['{"a":01}', 'E_JSON', 7, { expected: "',' or '}' after a value", got: "'1'" }], ['{"a":-01}', 'E_JSON', 8], ['{"a":0x1F}', 'E_JSON', 7],
  ['{"a":1.}', 'E_JSON', 8, { expected: "a digit after '.'", got: "'}'" }], ['{"a":1e}', 'E_JSON', 8, { expected: 'a digit in the exponent', got: "'}'" }], ['{"a":1e+}', 'E_JSON', 9], ['{"a":1.e1}', 'E_JSON', 8], ['{"a":-}', 'E_JSON', 7],
  ['{"a":1_000}', 'E_JSON', 7], ['{"a":1', 'E_JSON', 7, { expected: "',' or '}' after a value", got: 'the end of the line' }],
  ['{"a":"x', 'E_JSON', 8, { expected: `'"' at the end of a string`, got: 'the end of the line' }], ['{"a', 'E_JSON', 4], ['{"a"', 'E_JSON', 5], ['{"a":', 'E_JSON', 6, word('the end of the line')],
  ['{"a":"x\ty"}', 'E_JSON', 8, { expected: 'an escape like \\u0009 in a string', got: 'a tab' }], ['{"a":"\x00"}', 'E_JSON', 7, { expected: 'an escape like \\u0000 in a string', got: 'a NUL byte' }],
  ['{"a":"\x1f"}', 'E_JSON', 7, { expected: 'an escape like \\u001f in a string', got: 'a control character (U+001F)' }],
  ['{"a":"\\x"}', 'E_JSON', 8, { expected: 'one of "\\/bfnrtu after a backslash', got: "'x'" }], ['{"a":"\\u12G4"}', 'E_JSON', 11, { expected: 'four hexadecimal digits after \\u', got: "'G'" }], ['{"\\u":1}', 'E_JSON', 5], ['{"a":"\\', 'E_JSON', 8],
  ['{"a":1}x', 'E_JSON', 8, { expected: 'the end of the line after the record', got: "'x'" }], ['{"a":1}{"a":2}', 'E_JSON', 8, { expected: 'the end of the line after the record', got: "'{'" }], ['{"a":1}}', 'E_JSON', 8], ['{"a":1},', 'E_JSON', 8],
  ['{"a":1} // x', 'E_JSON', 9], ['{/**/"a":1}', 'E_JSON', 2], ['{"a":1\x00}', 'E_JSON', 7, { expected: "',' or '}' after a value", got: 'a NUL byte' }], ['\x0c{"a":1}', 'E_JSON', 1], ['{\x0b}', 'E_JSON', 2],
  [utf8('{"é":"ü" "b":1}'), 'E_JSON', 10, { expected: "',' or '}' after a value", got: `'"'` }], [utf8('{"a":\u00a01}'), 'E_JSON', 6], [utf8('{"a":\ufeff1}'), 'E_JSON', 6, word('a BOM (U+FEFF)')], [utf8('{“a”:1}'), 'E_JSON', 2, { expected: "a key or '}'", got: "'“'" }],
  ['{"a":"\xff"}', 'E_UTF8', 7, { got: 'the byte 0xff' }], ['{"a":"\xc0\x80"}', 'E_UTF8', 7, { got: 'the bytes 0xc0 0x80' }], ['{"a":"\xed\xa0\x80"}', 'E_UTF8', 7, { got: 'the bytes 0xed 0xa0 0x80' }], ['{"a":"\xe4b"}', 'E_UTF8', 7, { got: 'the byte 0xe4' }],
  ['{"a":"\xf4\x90\x80\x80"}', 'E_UTF8', 7], ['{"a":"\xf0\x8f\xbf\xbf"}', 'E_UTF8', 7], ['{"a":"\xe0\x9f\xbf"}', 'E_UTF8', 7], ['{"a":"\x80"}', 'E_UTF8', 7], ['{"a":"\xc3"}', 'E_UTF8', 7], ['{"\xff":1}', 'E_UTF8', 3], ['{"a":\xff}', 'E_UTF8', 6], [`{"a":"${'x'.repeat(40)}\xff"}`, 'E_UTF8', 47],
  ['[1]', 'E_NOT_OBJECT', 1], ['5', 'E_NOT_OBJECT', 1], ['"x"', 'E_NOT_OBJECT', 1], ['null', 'E_NOT_OBJECT', 1], ['true', 'E_NOT_OBJECT', 1], [' \t5', 'E_NOT_OBJECT', 3], ['[1', 'E_JSON', 3], ['x', 'E_JSON', 1],
  [`${'{"a":'.repeat(513)}1${'}'.repeat(513)}`, 'E_DEPTH', 2561, { max: 512 }], [`{"a":${'['.repeat(512)}${']'.repeat(512)}}`, 'E_DEPTH', 517], [`{"b":${'['.repeat(100_000)}`, 'E_DEPTH', 517],
];

for (const [name, make] of makers) {
  t.test(`${name}: y_ and n_`, async (t) => {
    const first = bytes('{"a":0}\n');
    for (const text of good) {
      t.equal(rowCount(make, Buffer.concat([first, bytes(`${text}\n`), bytes(`${text}\n`), bytes(text)])), 4, `accepted: ${text.slice(0, 60)}`);
    }
    t.equal(rowCount(make, bytes(`${'{"a":'.repeat(512)}1${'}'.repeat(512)}`)), 1, 'depth 512');
    t.equal(rowCount(make, bytes(`{"a":${'['.repeat(511)}${']'.repeat(511)}}`)), 1, 'depth 512, arrays');
    for (const [text, code, column, detail] of bad) {
      const line = bytes(text), found = badLines(make, Buffer.concat([first, line, bytes('\r\n'), line, bytes('\n'), first]));
      t.equal(found.length, 2, `refused: ${text.slice(0, 60)}`);
      for (const [i, one] of found.entries()) {
        t.same([one.code, one.column, one.line, one.offset, one.before], [code, column, i + 2, first.length + i * (line.length + 2), 1]);
        t.same(Buffer.from(one.raw), Buffer.from(line), 'the line as it is');
        t.equal(Buffer.from(line.subarray(0, one.byte)).toString().length + 1 >= column, true, 'the byte lies at or behind the character');
        if (detail) t.same(one.detail, detail);
      }
    }
  });

  t.test(`${name}: the first line tells the format`, async (t) => {
    for (const [text, what, format] of [['[\n', 'this file is a JSON array', 'json'], ['[{"a":1},\n', 'this file is a JSON array', 'json'], ['{\n', 'this file is JSON over several lines', 'json'], ['\n\n[1]\n', 'this file is a JSON array', 'json'],
      ['ts,host\n', 'this file looks like CSV', 'csv'], ['"ts","host"\n', 'this file looks like CSV', 'csv'], ['ts\thost\n', 'this file looks like TSV', 'tsv'], ['level=info msg=x\n', 'this file looks like logfmt', 'logfmt'],
      ['83.149.9.216 - - [17/May/2015:10:05:03 +0000] "GET / HTTP/1.1" 200 1 "-" "x, y"\n', 'this file looks like an access log', 'access'], ['<34>1 2003-10-11T22:14:15Z h\n', 'this file looks like syslog', 'syslog']] as const) {
      const [one] = badLines(make, bytes(text));
      t.same([one?.code, String(one?.detail['what']).replace(/;.*/, ''), one?.detail['help'], one?.column], ['E_NOT_NDJSON', what, `leat from ${format} FILE | leat …`, 1], text.trim());
    }
    for (const [text, what] of [['\xff\xfe{\0}\0\n\0', 'UTF-16LE'], ['\xfe\xff\0{\0}\0\n', 'UTF-16BE'], ['{\0"\0\n\0', 'UTF-16LE'], ['\0{\0"\0\n', 'UTF-16BE'], ['PK\x03\x04xyz\n', 'an Excel or zip file'], ['BZh91AY\n', 'compressed with bzip2']] as const) {
      const [one] = badLines(make, bytes(text));
      t.equal(one?.code, 'E_NOT_NDJSON');
      t.match(one?.detail['what'], what);
    }
    t.equal(badLines(make, bytes('{"a":1}\n[1]\na,b\n')).map(({ code }) => code).join(), 'E_NOT_OBJECT,E_JSON', 'only the first');
    t.equal(badLines(make, bytes('{"a":1 "b":2}\n'))[0]?.code, 'E_JSON', 'a bad object is a bad object');
  });

  t.test(`${name}: lines and offsets`, async (t) => {
    const input = bytes('\xef\xbb\xbf{"a":1}\r\n\n  {"a":2}\t\r\n{"a":x}\n\t \t  \n\t \t \t\n{"a":3}');
    for (const size of [1, 2, 3, 7, 100]) {
      const scanner = make({ paths: [['a'], []], control: true, rowsMax: 2 }), rows: unknown[] = [], odd: unknown[] = [];
      for (const batch of batches(scanner, input, size)) {
        for (let row = 0; row < batch.count; row++) rows.push([batch.line(row), batch.offset(row), Buffer.from(batch.bytes.subarray(batch.start[row], batch.end[row])).toString(), batch.columns[0]?.number[row], batch.columns[1]?.tag[row]]);
        for (const { line, offset, column, byte } of batch.bad) odd.push([line, offset, column, byte]);
        for (const { line, text } of batch.marks) odd.push([line, Buffer.from(text).toString()]);
      }
      t.same(rows, [[1, 0, '{"a":1}', 1, Tag.Object], [3, 13, '{"a":2}', 2, Tag.Object], [7, 45, '{"a":3}', 3, Tag.Object]], `pieces of ${size}`);
      t.same(odd, [[4, 25, 6, 5], [5, '\t \t  '], [6, '\t \t \t']]);
      t.equal(scanner.blanks, 1);
    }
    const plain = make({ paths: [] });
    t.equal([...batches(plain, bytes('\t \t  \n{}\n'))].flatMap(({ marks }) => marks).length, 0, 'no marks unless asked for');
    t.equal(plain.blanks, 1);
    t.same(badLines(make, bytes('\xef\xbb\xbf\xef\xbb\xbf{}\n')).map(({ column, detail }) => [column, detail['got']]), [[1, 'a BOM (U+FEFF)']], 'one BOM only');
    t.same([...batches(make({ paths: [] }), bytes(''))], [], 'nothing');
    const again = make({ paths: [['a']] });
    for (const _ of [1, 2]) t.same([...batches(again, bytes('{"a":1}\n{"a":2}\n'))].map((batch) => [batch.count, batch.line(1), batch.offset(1), batch.dense]), [[2, 2, 8, true]], 'each input counts from the beginning');
  });

  t.test(`${name}: long lines`, async (t) => {
    const line = (size: number): string => `{"a":"${'é'.repeat((size - 8) / 2)}"}`;
    for (const size of [1, 13, 64, 5000]) {
      const found = badLines(make, bytes(`${utf8(line(100))}\r\n${utf8(line(102))}\n${utf8(line(1000))}\n{"a":1}\n${utf8(line(300))}`), { lineBytesMax: 100 }, size);
      t.same(found.map(({ line, offset, column, byte, code, detail, raw, before }) => [line, offset, column, byte, code, detail['max'], raw.length, before > 0 || size < 5000]),
        [[2, 102, 54, 100, 'E_LONG', 100, 100, true], [3, 205, 54, 100, 'E_LONG', 100, 100, true], [5, 1214, 54, 100, 'E_LONG', 100, 100, true]], `pieces of ${size}`);
    }
    const big = bytes(`{"a":"${'x'.repeat(20 << 20)}"}\n{"a":"${'x'.repeat((16 << 20) - 8)}"}\n{"a":2}\n`), rows: number[] = [], odd: BadLine[] = [];
    for (const batch of batches(make({ paths: [['a']] }), big, 1 << 16)) {
      for (let row = 0; row < batch.count; row++) rows.push((batch.end[row] ?? 0) - (batch.start[row] ?? 0));
      odd.push(...batch.bad);
    }
    t.same(rows, [16 << 20, 7], '16 MiB and no byte more');
    t.same(odd.map(({ line, raw }) => [line, raw.length]), [[1, 1 << 16]]);
  });

  t.test(`${name}: values`, async (t) => {
    const paths: readonly Path[] = [['user', 'id'], ['a'], ['tags', 0], ['user'], ['a'], ['tags', 1, 'x'], ['deep', 'er', 'est']];
    for (const [text, ...expected] of [
      ['{"user":{"id":1},"user":{"country":"x"}}', 'missing', 'missing', 'missing', '{"country":"x"}'],
      ['{"user":{"id":1},"user":5}', 'missing', 'missing', 'missing', '5'], ['{"user":5,"user":{"id":1,"id":2}}', '2', 'missing', 'missing', '{"id":1,"id":2}'],
      ['{"a":1,"\\u0061":2}', 'missing', '2', 'missing', 'missing'], ['{"a":null}', 'missing', 'null', 'missing', 'missing'],
      ['{"tags":[1,{"x":"y"},3]}', 'missing', 'missing', '1', 'missing', '"y"'], ['{"tags":[[1]],"tags":[]}'], ['{"tags":{"0":1}}'], ['{"tags":[[1]]}', 'missing', 'missing', '[1]'],
      ['{"deep":{"er":{"est":1}}}', 'missing', 'missing', 'missing', 'missing', 'missing', '1'], ['{"deep":{"er":{"est":1}},"deep":{"er":{}}}'],
      ['{"deep":{"er":{"est":1},"er":null}}'], ['{"deep":{ "er" : { "est" : true } } }', 'missing', 'missing', 'missing', 'missing', 'missing', 'true'],
    ] as const) {
      for (const batch of batches(make({ paths }), bytes(`${text}\n${text}\n`))) {
        for (const row of [0, 1]) {
          const found = batch.columns.map(({ tag, start, end, bytes }) => tag[row] === Tag.Null && start[row] === end[row] ? 'missing' : Buffer.from(bytes.subarray(start[row], end[row])).toString());
          t.equal(found[4], found[1], 'a path that is wanted twice');
          t.same(found.toSpliced(4, 1), Array.from({ length: 6 }, (_, i) => expected[i] ?? 'missing'), text);
        }
      }
    }
    for (const [text, tag, number] of [['1', Tag.Number, 1], ['-0', Tag.Number, -0], ['9007199254740991', Tag.Number, 2 ** 53 - 1], ['9007199254740992', Tag.Wide, 2 ** 53], ['-9007199254740993', Tag.Wide, -(2 ** 53)], ['9007199254740993.0', Tag.Number, 2 ** 53],
      ['12345678901234567890', Tag.Wide, 12345678901234567890], ['1e400', Tag.Wide, Infinity], ['-1e400', Tag.Wide, -Infinity], ['1e-400', Tag.Number, 0], ['1e22', Tag.Number, 1e22], ['8.5e23', Tag.Number, 8.5e23], ['0.1', Tag.Number, 0.1],
      ['123456789012345678', Tag.Wide, 123456789012345678], ['0.30000000000000004', Tag.Number, 0.30000000000000004], ['5e-324', Tag.Number, 5e-324], ['499.999', Tag.Number, 499.999],
      ['4503599627370496.5', Tag.Number, 4503599627370496], ['4503599627370497.5', Tag.Number, 4503599627370498], ['9007199254740993.00', Tag.Number, 2 ** 53], ['9007199254740993.001', Tag.Number, 2 ** 53 + 2]] as const) {
      for (const { columns } of batches(make({ paths: [['a']] }), bytes(`{"a":${text}}`))) t.same([columns[0]?.tag[0], columns[0]?.number[0]], [tag, number], text);
    }
  });

  t.test(`${name}: what was seen`, async (t) => {
    const scanner = make({ paths: [['status'], ['statsu'], ['none', 'x']] });
    [...batches(scanner, bytes('{"status":1,"host":"a"}\n{"bytes":2,"none":null}\n'))].forEach(() => undefined);
    t.same([0, 1, 2].map((i) => scanner.seen(i)), [true, false, false]);
    t.same([...scanner.keys()].sort(), ['bytes', 'host', 'none', 'status']);
  });

  t.test(`${name}: keys that never come back do not slow it down or use memory`, async (t) => {
    const scanner = make({ paths: [['a'], ['k7', 'a']] });
    let rows = 0, sum = 0;
    for (let piece = 0; piece < 40; piece++) {
      const lines = Array.from({ length: 500 }, (_, i) => `{"a":1,${Array.from({ length: 4 }, (_, k) => `"${'long key '.repeat(k * 5)}${piece}-${i}-${k}":{"x${i}":${k}}`).join()},"a":${i}}`).join('\n');
      for (const batch of batches(scanner, Buffer.from(lines))) {
        rows += batch.count;
        for (let row = 0; row < batch.count; row++) sum += batch.columns[0]?.number[row] ?? 0;
      }
    }
    t.same([rows, sum], [20_000, 40 * 500 * 499 / 2]);
  });
}

t.test('real files', async (t) => {
  const folder = '../shared/data';
  if (!existsSync(folder)) { t.comment(`skipped: ${folder} is not there`); return; }
  const snapshots = gunzipSync(readFileSync(`${folder}/nginx-plus-status.ndjson.gz`)), log = gunzipSync(readFileSync(`${folder}/apache-access.log.gz`));
  for (const [name, make] of makers) {
    for (const size of [1000, 1 << 16, snapshots.length]) {
      const scanner = make({ paths: [['timestamp'], ['connections', 'active'], ['server_zones'], ['upstreams', 'hg-backend', 'peers', 0, 'id']] });
      let rows = 0, oddity = 0, sum = 0;
      for (const { count, bad, columns } of batches(scanner, snapshots, size)) {
        rows += count;
        oddity += bad.length;
        for (let row = 0; row < count; row++) sum += columns[0]?.number[row] ?? 0;
      }
      const expected = snapshots.toString().trim().split('\n').map((line) => (JSON.parse(line) as { timestamp: number }).timestamp);
      t.same([rows, oddity, sum], [expected.length, 0, expected.reduce((a, b) => a + b)], `${name}: nginx, pieces of ${size}`);
    }
  }
  const [fast, slow] = makers.map(([, make]) => badLines(make, log, {}, 1 << 16));
  t.equal(fast?.length, 10_000, 'an access log is no NDJSON');
  t.same(fast?.map(({ line, offset, column, byte, code }) => [line, offset, column, byte, code]), slow?.map(({ line, offset, column, byte, code }) => [line, offset, column, byte, code]));
});

t.test('LEAT_KERNEL=reference', async (t) => {
  const before = process.env['LEAT_KERNEL'];
  process.env['LEAT_KERNEL'] = 'reference';
  t.equal(makeScanner({ paths: [] }).constructor, referenceScanner({ paths: [] }).constructor);
  if (before === undefined) delete process.env['LEAT_KERNEL']; else process.env['LEAT_KERNEL'] = before;
  if (before === undefined) t.equal(makeScanner({ paths: [] }).constructor, wasmScanner({ paths: [] }).constructor, 'the fast one, where nothing is said');
});
