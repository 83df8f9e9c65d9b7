// Input formats by example: what a text decodes to, and what is said of one that does not fit.
import { existsSync, readFileSync } from 'node:fs';
import { gunzipSync } from 'node:zlib';
import t from 'tap';
import { decoders, parseTypes } from '../../lib/codec/index.js';
import type { DecoderOptions, FormatName } from '../../lib/codec/index.js';

const pattern = (regex: RegExp) => ({ source: regex.source, first: (text: string) => { regex.lastIndex = 0; return regex.exec(text) ?? undefined; } });

interface Said { readonly rows: string[]; readonly bad: string[]; readonly places: string[] }
/** Records; bad ones as LINE:COLUMN: expected | got | raw (CODE where it is another than E_FORMAT); places of records as LINE@OFFSET. */
function decode(format: FormatName, text: string | Uint8Array, options: DecoderOptions = {}): Said {
  const decoder = decoders[format].make(options), said: Said = { rows: [], bad: [], places: [] };
  for (const take of [() => decoder.push(Buffer.from(text)), () => decoder.end()]) {
    const { bytes, line, offset, bad } = take();
    said.rows.push(...Buffer.from(bytes).toString('utf8').split('\n').slice(0, -1));
    said.places.push(...line.map((number, i) => `${number}@${offset[i]}`));
    said.bad.push(...bad.map((b) => `${b.line}:${b.column}: ${b.expected} | ${b.got} | ${Buffer.from(b.raw).toString('latin1')}${b.code === undefined ? '' : ` (${b.code})`}`));
  }
  return said;
}

const table = (format: FormatName, rows: readonly (readonly [why: string, text: string, records: readonly string[], options?: DecoderOptions])[]): void => {
  t.test(format, (t) => {
    for (const [why, text, records, options] of rows) {
      const { rows: got, bad } = decode(format, text, options);
      t.same(got, records, why);
      t.same(bad, [], `${why}: nothing bad`);
    }
    t.end();
  });
};
const refuses = (format: FormatName, rows: readonly (readonly [why: string, text: string | Uint8Array, bad: readonly string[], options?: DecoderOptions])[]): void => {
  t.test(`${format} refuses`, (t) => {
    for (const [why, text, bad, options] of rows) t.same(decode(format, text, options).bad, bad, why);
    t.end();
  });
};

table('access', [
  ['combined', '83.149.9.216 - - [17/May/2015:10:05:03 +0000] "GET /a?b=c HTTP/1.1" 200 203023 "http://x/" "Mozilla/5.0 (X)"\n',
    ['{"ts":"2015-05-17T10:05:03+00:00","remote":"83.149.9.216","user":null,"method":"GET","path":"/a?b=c","protocol":"HTTP/1.1","status":200,"bytes":203023,"referer":"http://x/","agent":"Mozilla/5.0 (X)"}']],
  ['common; - is null; a zone', '::1 - frank [01/Dec/2026:23:00:00 -0830] "POST / HTTP/2.0" 304 -',
    ['{"ts":"2026-12-01T23:00:00-08:30","remote":"::1","user":"frank","method":"POST","path":"/","protocol":"HTTP/2.0","status":304,"bytes":null}']],
  ['virtual host first', 'example.com:443 10.0.0.1 - - [29/Feb/2024:00:00:00 +0530] "GET / HTTP/1.1" 200 5 "-" "-"',
    ['{"vhost":"example.com:443","ts":"2024-02-29T00:00:00+05:30","remote":"10.0.0.1","user":null,"method":"GET","path":"/","protocol":"HTTP/1.1","status":200,"bytes":5,"referer":null,"agent":null}']],
  ['virtual host without a port', 'example.com 10.0.0.1 - - [17/May/2015:10:05:03 +0000] "GET / HTTP/1.1" 200 5',
    ['{"vhost":"example.com","ts":"2015-05-17T10:05:03+00:00","remote":"10.0.0.1","user":null,"method":"GET","path":"/","protocol":"HTTP/1.1","status":200,"bytes":5}']],
  ['a user with a blank is no virtual host, nor is an IPv6 address', '2001:db8::1 - john smith [17/May/2015:10:05:03 +0000] "GET / HTTP/1.1" 200 5',
    ['{"ts":"2015-05-17T10:05:03+00:00","remote":"2001:db8::1","user":"john smith","method":"GET","path":"/","protocol":"HTTP/1.1","status":200,"bytes":5}']],
  ['ident, where somebody has one', '1.2.3.4 id u [17/May/2015:10:05:03 +0000] "GET / HTTP/1.1" 200 5',
    ['{"ts":"2015-05-17T10:05:03+00:00","remote":"1.2.3.4","ident":"id","user":"u","method":"GET","path":"/","protocol":"HTTP/1.1","status":200,"bytes":5}']],
  ['no request line', '1.2.3.4 - - [17/May/2015:10:05:03 +0000] "-" 408 - "-" "-"',
    ['{"ts":"2015-05-17T10:05:03+00:00","remote":"1.2.3.4","user":null,"method":null,"path":null,"protocol":null,"status":408,"bytes":null,"referer":null,"agent":null}']],
  ['a request that is none keeps its text', '1.2.3.4 - - [17/May/2015:10:05:03 +0000] "\\x16\\x03\\"" 400 0',
    ['{"ts":"2015-05-17T10:05:03+00:00","remote":"1.2.3.4","user":null,"method":null,"path":null,"protocol":null,"request":"\\u0016\\u0003\\"","status":400,"bytes":0}']],
  ['a path with blanks', '1.2.3.4 - - [17/May/2015:10:05:03 +0000] "GET /a b c HTTP/1.1" 200 5',
    ['{"ts":"2015-05-17T10:05:03+00:00","remote":"1.2.3.4","user":null,"method":"GET","path":"/a b c","protocol":"HTTP/1.1","status":200,"bytes":5}']],
  ['escapes are undone where that is UTF-8, else they stay', '1.2.3.4 - - [17/May/2015:10:05:03 +0000] "GET /\\xd0\\x9f HTTP/1.1" 200 5 "\\xe4\\\\" "\\"q\\" \\t"',
    ['{"ts":"2015-05-17T10:05:03+00:00","remote":"1.2.3.4","user":null,"method":"GET","path":"/П","protocol":"HTTP/1.1","status":200,"bytes":5,"referer":"\\\\xe4\\\\\\\\","agent":"\\"q\\" \\t"}']],
  ['what follows is kept; a last field that was cut off too', '1.2.3.4 - - [17/May/2015:10:05:03 +0000] "GET / HTTP/1.1" 000 05 "r" "a" "10.0.0.9" 0.003\n1.2.3.4 - - [17/May/2015:10:05:03 +0000] "GET / HTTP/1.1" 200 5 "r" "Mozil\n',
    ['{"ts":"2015-05-17T10:05:03+00:00","remote":"1.2.3.4","user":null,"method":"GET","path":"/","protocol":"HTTP/1.1","status":0,"bytes":5,"referer":"r","agent":"a","rest":"\\"10.0.0.9\\" 0.003"}',
      '{"ts":"2015-05-17T10:05:03+00:00","remote":"1.2.3.4","user":null,"method":"GET","path":"/","protocol":"HTTP/1.1","status":200,"bytes":5,"referer":"r","agent":"Mozil"}']],
]);
refuses('access', [
  ['not at all', 'hello\n', [`1:6: a line like 203.0.113.9 - - [17/May/2015:10:05:03 +0000] "GET / HTTP/1.1" 200 512 | the end of the line | hello`]],
  ['a day that does not exist', 'a - - [31/Feb/2015:10:05:03 +0000] "GET / HTTP/1.1" 200 1', [`1:7: a time like [17/May/2015:10:05:03 +0000] | '[31/Feb/2015:10:05:03 +0000]' | a - - [31/Feb/2015:10:05:03 +0000] "GET / HTTP/1.1" 200 1`]],
  ['second 60', 'a - - [28/Feb/2015:10:05:60 +0000] "GET / HTTP/1.1" 200 1', [`1:7: a time like [17/May/2015:10:05:03 +0000] | '[28/Feb/2015:10:05:60 +0000]' | a - - [28/Feb/2015:10:05:60 +0000] "GET / HTTP/1.1" 200 1`]],
  ['a status that is none', '\na - - [28/Feb/2015:10:05:03 +0000] "GET / HTTP/1.1" 2x0 1', [`2:54: a status, digits or '-' | 'x' | a - - [28/Feb/2015:10:05:03 +0000] "GET / HTTP/1.1" 2x0 1`]],
  ['not UTF-8', Buffer.from('\xe9 - - [28/Feb/2015:10:05:03 +0000] "GET / HTTP/1.1" 200 1', 'latin1'), ['1:1: UTF-8 | the byte 0xe9 | \xe9 - - [28/Feb/2015:10:05:03 +0000] "GET / HTTP/1.1" 200 1 (E_UTF8)']],
]);

table('syslog', [
  ['RFC 5424', '<34>1 2003-10-11T22:14:15.003Z mymachine.example.com su - ID47 - \ufeff\'su root\' failed for lonvick on /dev/pts/8',
    ['{"ts":"2003-10-11T22:14:15.003Z","host":"mymachine.example.com","app":"su","pid":null,"msgid":"ID47","message":"\'su root\' failed for lonvick on /dev/pts/8","severity":"crit","facility":"auth"}']],
  ['structured data, no message', '<165>1 2003-08-24T05:14:15.000003-07:00 192.0.2.1 evntslog 8710 - [ex@32473 iut="3" q="\\"\\]\\\\n"][e]',
    ['{"ts":"2003-08-24T05:14:15.000003-07:00","host":"192.0.2.1","app":"evntslog","pid":8710,"message":null,"severity":"notice","facility":"local4","data":{"ex@32473":{"iut":"3","q":"\\"]\\\\n"},"e":{}}}']],
  ['RFC 5424, all nil', '<0>1 - - - - - -', ['{"ts":null,"host":null,"app":null,"pid":null,"message":null,"severity":"emerg","facility":"kern"}']],
  ['RFC 3164', '<13>Nov  2 12:00:00 web sshd[0123]: a: b', ['{"ts":"2026-11-02T12:00:00Z","host":"web","app":"sshd","pid":"0123","message":"a: b","severity":"notice","facility":"user"}'], { year: 2026 }],
  ['as files have it, without priority or tag', 'Nov 20 12:00:00 web last message repeated 2 times', ['{"ts":"2026-11-20T12:00:00Z","host":"web","app":null,"pid":null,"message":"last message repeated 2 times"}'], { year: 2026 }],
  ['a zone', 'Jul 20 12:00:00 web cron[7]:\nNov 20 12:00:00 web su(pam)[8]: x', [
    '{"ts":"2026-07-20T12:00:00+02:00","host":"web","app":"cron","pid":7,"message":""}', '{"ts":"2026-11-20T12:00:00+01:00","host":"web","app":"su(pam)","pid":8,"message":"x"}'], { year: 2026, tz: 'Europe/Paris' }],
  ['the time rsyslog writes today needs no year', '2026-11-20T12:00:00.123456+01:00 web kernel: [ 0.1] x', ['{"ts":"2026-11-20T12:00:00.123456+01:00","host":"web","app":"kernel","pid":null,"message":"[ 0.1] x"}']],
]);
refuses('syslog', [
  ['a day that is not in that year', 'Feb 29 12:00:00 h a: b', [`1:1: a real date and time of 2026 | 'Feb 29 12:00:00' | Feb 29 12:00:00 h a: b`], { year: 2026 }],
  ['a priority that is none', '<192>Feb 29 12:00:00 h a: b', ['1:2: a priority from 0 to 191 | 192 | <192>Feb 29 12:00:00 h a: b'], { year: 2024 }],
  ['bad structured data', '<1>1 - - - - - [a b=c] x', ['1:16: structured data like [id name="value"] | \'[\' | <1>1 - - - - - [a b=c] x']],
  ['no time', 'hello', ["1:1: a time like 'Nov 20 12:00:00' or 2026-11-20T12:00:00Z | 'h' | hello"]],
]);
t.test('syslog: a year is asked for, after what came before', (t) => {
  const decoder = decoders.syslog.make({});
  const { line } = decoder.push(Buffer.from('2026-11-20T12:00:00Z h a: b\nNov 20 12:00:00 h a: b\n2026-11-20T12:00:00Z h a: b\n'));
  t.same([...line], [1]);
  t.throws(() => decoder.end(), { code: 'E_OPTION', message: /^line 2: 'Nov 20 12:00:00' has no year, .*--year N is required/ });
  t.end();
});

table('logfmt', [
  ['pairs, quotes, a flag, an empty value', 'level=info msg="a b" done empty= q="" n=1.50\n', ['{"level":"info","msg":"a b","done":true,"empty":"","q":"","n":"1.50"}']],
  ['escapes of Go', 'a="\\"\\\\ \\n\\t\\a\\v\\\' \\xc3\\xa9 \\u00e9 \\U0001F600 \\101 \\ud800"', ['{"a":"\\"\\\\ \\n\\t\\u0007\\u000b\' é \\u00e9 😀 A \\ud800"}']],
  ['without quotes all but a blank is text', 'path=/?a=b"c\\d', ['{"path":"/?a=b\\"c\\\\d"}']],
  ['a key that comes twice is written twice', 'a=1 a=2', ['{"a":"1","a":"2"}']],
  ['blank lines are none, CR goes', 'a=1\r\n \t\r\n\nb=2\r', ['{"a":"1"}', '{"b":"2"}']],
]);
refuses('logfmt', [
  ['no key', 'a=1 =2', ["1:5: a key | '=' | a=1 =2"]],
  ['an open quote', 'é="x', [`1:5: '"' at the end of a quoted value | the end of the line | \xc3\xa9="x`]],
  ['text behind a quote', 'a="x"y', [`1:6: a blank after a quoted value | 'y' | a="x"y`]],
  ['an unknown escape', 'a="\\q"', [`1:5: an escape like \\n, \\" or \\u00e9 | 'q' | a="\\q"`]],
  ['escaped bytes that are not UTF-8', 'a="\\xff"', ['1:4: bytes that are UTF-8 | others, escaped | a="\\xff"']],
]);

table('lines', [
  ['every line, blank ones too; BOM and CR are not part of it', '\ufeffa "b"\r\n\n  c\td', ['{"line":"a \\"b\\""}', '{"line":""}', '{"line":"  c\\td"}']],
  ['named groups, in their order; null where one took no part', 'ERR 5\n\nOK\n', ['{"level":"ERR","code":"5"}', '{"level":"OK","code":null}'], { pattern: pattern(/^(?<level>[A-Z]+)(?: (?<code>\d+))?/g) }],
]);
refuses('lines', [
  ['no match', 'x\n1\n', ['2:1: a match of (?<a>[a-z]) | none | 1'], { pattern: pattern(/(?<a>[a-z])/g) }],
  ['NUL', 'ab\0c\n', ['1:3: text | a NUL byte | ab\0c']],
  ['too long', 'abcdef\nabc\n', ['1:5: at most 4 bytes | more | abcd (E_LONG)'], { lineBytesMax: 4 }],
  ['UTF-16 gets its name', Buffer.from('\xff\xfea\0\n\0', 'latin1'), ['1:1: UTF-8 | the byte 0xff | \xff\xfea\0 (E_NOT_NDJSON)', '2:1: text | a NUL byte | \0']],
]);
t.throws(() => decoders.lines.make({ pattern: pattern(/x/g) }), { code: 'E_OPTION' }, 'a pattern needs named groups');

table('json', [
  ['an array', ' [ {"a" : 1.0} ,\n{"b":[1 , 2,{"c":"x, y"}]}\n]\n', ['{"a":1.0}', '{"b":[1,2,{"c":"x, y"}]}']],
  ['values one after another', '{"a":1}{"a":\n2}\r\n{\n  "a": 1e400\n}', ['{"a":1}', '{"a":2}', '{"a":1e400}']],
  ['nothing', ' \n', []], ['an empty array', '[]', []],
  ['two documents', '[{"a":1}]\n[{"a":2}]', ['{"a":1}', '{"a":2}']],
]);
refuses('json', [
  ['what is no object', '[1, "x", [2], null, true, {"a":1}]', ['1:2: an object | a number | 1 (E_NOT_OBJECT)', '1:5: an object | a string | "x" (E_NOT_OBJECT)', '1:10: an object | an array | [2] (E_NOT_OBJECT)',
    '1:15: an object | null | null (E_NOT_OBJECT)', '1:21: an object | a boolean | true (E_NOT_OBJECT)']],
  ['a damaged element does not spoil the next', '[{"a":1,},\n{"a":"open\n},{"b":[1},{"c":1}]', ["1:9: a key | '}' | {\"a\":1,} (E_JSON)",
    '2:11: an escape like \\u000a in a string | a control character (U+000A) | {"a":"open\n} (E_JSON)', `3:10: ',' or ']' after a value | '}' | {"b":[1} (E_JSON)`]],
  ['a comma too many, one too few', '[{"a":1},]', [`1:10: a value after ',' | ']' | ] (E_JSON)`]],
  ['no comma', '[{"a":1} {"b":1}]', [`1:10: ',' or ']' after a value | '{' | {"b":1} (E_JSON)`]],
  ['no end', '[{"a":1}', [`1:9: ',' or ']' after a value | the end of the input |  (E_JSON)`]],
  ['text among JSON lines', 'INFO started\n{"a":1}\n', [`1:1: a value | 'INFO' | INFO started (E_JSON)`]],
]);
t.same(decode('json', '[{"a":1},{"b":\n2},\n 5,  {"c":3}]').places, ['1@1', '1@9', '3@24'], 'json: where records begin');
t.same(decode('json', 'INFO started\n{"a":1}\n').rows, ['{"a":1}']);

const row = '1,2\n';
table('csv', [
  ['a header, quotes, newlines in them, an empty line', '\ufeffid,"full ""name"""\r\n1,"a, ""b""\nc"\r\n\r\n2,\r\n', ['{"id":"1","full \\"name\\"":"a, \\"b\\"\\nc"}', '{"id":"2","full \\"name\\"":""}']],
  ['a header from an option', row, ['{"x":"1","y":"2"}'], { header: ['x', 'y'] }],
  ['another delimiter', 'a;b\n1;"x;y"\n', ['{"a":"1","b":"x;y"}'], { delimiter: ';' }],
  ['names that come twice, and empty ones', 'a,a,,a_2,\n1,2,3,4,5\n', ['{"a":"1","a_3":"2","column_3":"3","a_2":"4","column_5":"5"}']],
  ['types', 'n,i,b,s,j\n1.0,12345678901234567890,TRUE,x,"{""a"": 1}"\n,,,,\n+007.50, -5 ,0,"",[]\n', [
    '{"n":1.0,"i":12345678901234567890,"b":true,"s":"x","j":{"a":1}}', '{"n":null,"i":null,"b":null,"s":null,"j":null}', '{"n":7.50,"i":-5,"b":false,"s":null,"j":[]}'],
  { types: { n: 'number', i: 'integer', b: 'boolean', s: 'string', j: 'json' } }],
  ['one column', 'a\n1\n""\n', ['{"a":"1"}', '{"a":""}']],
]);
table('tsv', [['tabs', 'a\tb\n1,5\t"x\ty"\n', ['{"a":"1,5","b":"x\\ty"}']]]);
refuses('csv', [
  ['a short row and a long one', 'a,b\n1\n1,2,3\n1,2', ['2:2: 2 cells | 1 | 1', '3:1: 2 cells | 3 | 1,2,3']],
  ['stray quotes cost their row only', 'a,b\n1,x"y\n"q"z,2\n3,4\n', [`2:4: quotes around the whole cell, doubled inside | '"' | 1,x"y`, `3:4: ',' or the end of the row after a quoted cell | 'z' | "q"z,2`]],
  ['a quote that nobody closes', 'a\n"x\ny', [`2:5: '"' at the end of a quoted cell | the end of the input | "x\ny`]],
  ['a cell that does not fit its type', 'a,b\nx,1.5\n', ["2:3: b to be an integer | '1.5' | x,1.5"], { types: { b: 'integer' } }],
]);
t.same(decode('csv', 'a,b\n1,"x\n\ny"\n2,3\r\n"4",5').places, ['2@4', '5@13', '6@18'], 'csv: line and offset, also behind newlines in quotes');
t.same(decode('csv', 'a\n"xxxxxxxx\nyyyy\nzz\n1\n"', { lineBytesMax: 10 }).rows, ['{"a":"zz"}', '{"a":"1"}'], 'csv: an open quote costs no more than the limit');
t.throws(() => decode('csv', 'id,name\n1,2\n', { types: { nam: 'number' } }), { code: 'E_OPTION', message: "--types: no column 'nam'; did you mean 'name'?" });
t.throws(() => decode('csv', 'a"b\n1\n'), { code: 'E_FORMAT' }, 'csv: without a header nothing can be read');
t.throws(() => decoders.csv.make({ delimiter: '"' }), { code: 'E_OPTION' });
t.same({ ...parseTypes('id=number,a=b=json') }, { id: 'number', 'a=b': 'json' });
t.equal(parseTypes('id=float'), undefined);

const path = '../shared/data/apache-access.log.gz';
t.test('a real access log', existsSync(path) ? {} : { skip: `${path} is not there` }, (t) => {
  const text = gunzipSync(readFileSync(path));
  const { rows, bad } = decode('access', text);
  t.equal(rows.length, 10_000);
  t.same(bad, []);
  // The same by an expression, where the expression can read the line.
  const shape = /^(\S+) - - \[(\d\d)\/(\w{3})\/(\d{4}):([\d:]{8}) \+0000\] "(\S+) (\S+) (\S+)" (\d+) (\d+|-) "([^"\\]*)" "([^"\\]*)"?$/;
  const none = (x: string): string | null => x === '-' ? null : x;
  let compared = 0;
  text.toString('utf8').split('\n').slice(0, -1).forEach((line, i) => {
    const found = shape.exec(line);
    if (found === null) { t.match(line, /\\/, 'only lines with escapes are beyond that expression'); return; }
    const [, remote, day, , year, time, method, path, protocol, status, bytes, referer, agent] = found;
    const expected = { ts: `${year}-05-${day}T${time}+00:00`, remote, user: null, method, path, protocol, status: Number(status), bytes: bytes === '-' ? null : Number(bytes), referer: none(referer), agent: none(agent) };
    if (JSON.stringify(expected) !== rows[i]) t.equal(rows[i], JSON.stringify(expected));
    compared++;
  });
  t.ok(compared > 9900, `${compared} lines compared`);
  t.end();
});
