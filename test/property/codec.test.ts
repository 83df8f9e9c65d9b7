// Decoders on arbitrary input: every record is one line of JSON, places are right, and where the input is cut cannot show.
import t from 'tap';
import { decoders } from '../../lib/codec/index.js';
import type { DecoderOptions, FormatName } from '../../lib/codec/index.js';
import { LeatError } from '../../lib/errors.js';
import { dice, seedOf } from '../harness/random.js';
import type { Dice } from '../harness/random.js';

const seed = seedOf();
t.comment(`SEED=${seed}`);

interface Row { readonly text: string; readonly line: number; readonly offset: number }
interface Result { readonly rows: Row[]; readonly bad: object[]; readonly error: string | undefined }

/** All that a decoder says about the pieces of an input, in one order. */
function decode(format: FormatName, options: DecoderOptions, pieces: readonly Uint8Array[]): Result {
  const rows: Row[] = [], bad: object[] = [];
  try {
    const decoder = decoders[format].make(options);
    for (const piece of [...pieces, undefined]) {
      const own = piece === undefined ? undefined : Uint8Array.from(piece);
      const { bytes, line, offset, bad: wrong } = own === undefined ? decoder.end() : decoder.push(own);
      own?.fill(35);                                                          // a decoder keeps no view of what it was given
      const texts = Buffer.from(bytes).toString('utf8').split('\n');
      if (texts.pop() !== '') throw new Error(`${format}: the last record has no LF`);
      if (texts.length !== line.length || line.length !== offset.length) throw new Error(`${format}: ${texts.length} records, ${line.length} lines, ${offset.length} offsets`);
      const before = rows.length;
      texts.forEach((text, i) => rows.push({ text, line: line[i], offset: offset[i] }));
      for (const record of wrong) bad.push({ ...record, before: record.before + before, raw: Buffer.from(record.raw).toString('latin1') });
    }
  } catch (error) {
    if (!(error instanceof LeatError)) throw error;
    return { rows, bad, error: `${error.code} ${error.message}` };
  }
  return { rows, bad, error: undefined };
}

function cuts(bytes: Uint8Array, { below, chance }: Dice): Uint8Array[] {
  const pieces: Uint8Array[] = [], most = chance(0.3) ? 1 : chance(0.5) ? 7 : 200;
  for (let at = 0; at < bytes.length; ) { const size = below(most + 1); pieces.push(bytes.subarray(at, at + size)); at += size; }
  return pieces;
}

/** Lines that nearly fit a format, and then damage. */
const samples: Readonly<Record<FormatName, readonly string[]>> = {
  json: ['[{"a":1},\n {"b" : [1, 2,\t{"c":"x\\ny"}]} ]', '{"a":"é😀"}{"a":2}\n{"a":\n3}', '[]', '[1,"x",null,{"a":-0.5e3}]', '{"a":"\\ud800"} [ {"x":[[[]]]} ]', '{"a":01}', 'INFO {"a":1}', '"s" tru true', '{"a":[1}', ',', ']', '[{"a":1} {"b":2}]', '[{"a":1},]', '{"a":"open\n'],
  csv: ['a,b,c', '1,2,3', '"x,1","y\n2","z""3"', '', ',,', '"a"\r', '"a"\rx', 'a"b,c', '"q"x,1,2', 'é,😀,ü', '1,2', '1,2,3,4', '"', '\r'],
  tsv: ['a\tb\tc', '1\t2\t3', '"x\t1"\t"y\n2"\tz', '', '\t\t', 'é\t😀\tü', '1\t2', '"'],
  logfmt: ['a=1 b="x y" c', 'level=info msg="a \\"b\\" \\n \\xc3\\xa9 \\u00e9 \\U0001F600 \\101"', '=', 'a="', 'a="x"y', 'é=ü', 'k= l', 'a="\\q"', 'a="\\xff"', 'a=b=c', '   '],
  access: [
    '83.149.9.216 - - [17/May/2015:10:05:03 +0000] "GET /a/b?c=d HTTP/1.1" 200 203023 "http://x/" "Mozilla/5.0 (é)"', '::1 - frank [01/Jan/2026:00:00:00 -0830] "POST /x HTTP/2.0" 304 -',
    'example.com:443 10.0.0.1 - - [29/Feb/2024:23:59:59 +0530] "GET / HTTP/1.1" 200 5 "-" "\\"q\\" \\xc3\\xa9 \\xe4"', '1.2.3.4 - - [17/May/2015:10:05:03 +0000] "-" 408 - "-" "-" "10.0.0.9" 0.003',
    '1.2.3.4 - a b [17/May/2015:10:05:03 +0000] "\\x16\\x03\\x01" 400 0 "-" "-', '1.2.3.4 - - [31/Feb/2015:10:05:03 +0000] "GET / HTTP/1.1" 200 1', 'x',
  ],
  syslog: [
    '<34>1 2003-10-11T22:14:15.003Z mymachine.example.com su - ID47 - \ufeff\'su root\' failed', '<165>1 2003-08-24T05:14:15.000003-07:00 192.0.2.1 myproc 8710 - [a b="c" d="\\"\\]é"][e] %% x', '<13>Nov 20 12:00:00 host app[12]: hello',
    'Nov  2 12:00:00 host kernel: x', '2026-11-20T12:00:00.123+01:00 h a[b]: c', 'Nov 31 12:00:00 host app: x', '<999>x', '<1>1 - - - - - -', 'garbage',
  ],
  lines: ['plain', '  blanks  ', '', 'é😀', 'tab\t"quote" \\', '\r', 'a\rb'],
};
const words = /(?<first>\S+)( (?<second>\S+))?/;
const optionsOf: Readonly<Record<FormatName, readonly DecoderOptions[]>> = {
  json: [{}, { lineBytesMax: 20 }], csv: [{}, { header: ['x', 'y', 'z'] }, { lineBytesMax: 12 }, { types: { a: 'number' } }], tsv: [{}, { header: ['x', 'y', 'z'], types: { x: 'json', y: 'integer', z: 'boolean' } }],
  logfmt: [{}, { lineBytesMax: 10 }], access: [{}, { lineBytesMax: 90 }], syslog: [{ year: 2026 }, {}, { year: 2026, tz: 'Europe/Paris' }], lines: [{}, { lineBytesMax: 5 }, { pattern: { source: words.source, first: (text) => words.exec(text) ?? undefined } }],
};

function makeInput(format: FormatName, { below, pick, chance }: Dice): Uint8Array {
  const parts: Buffer[] = [];
  if (chance(0.2)) parts.push(Buffer.from(pick([[0xef, 0xbb, 0xbf], [0xef, 0xbb], [0xef]])));
  for (let i = below(8); i > 0; i--) {
    const line = Buffer.from(pick(samples[format]));
    for (let k = chance(0.4) ? 1 + below(3) : 0; k > 0 && line.length > 0; k--) line[below(line.length)] = chance(0.5) ? pick([10, 13, 34, 44, 92, 0, 255, 0xe9, 91, 93, 123, 125, 9, 32]) : below(256);
    parts.push(chance(0.1) ? line.subarray(0, below(line.length + 1)) : line);
    parts.push(Buffer.from(chance(0.2) ? '\r\n' : chance(0.05) ? '' : '\n'));
  }
  if (chance(0.5)) parts.pop();
  return Buffer.concat(parts);
}

for (const format of Object.keys(decoders) as FormatName[]) {
  t.test(`${format}: arbitrary input`, (t) => {
    const d = dice(seed), count = 4000;
    for (let round = 0; round < count; round++) {
      const input = makeInput(format, d), options = d.pick(optionsOf[format]);
      const whole = decode(format, options, [input]), cut = decode(format, options, cuts(input, d));
      const same = JSON.stringify(cut) === JSON.stringify(whole);
      if (!same) { t.same(cut, whole, `cuts show: ${JSON.stringify(Buffer.from(input).toString('latin1'))} ${JSON.stringify(options)}`); return t.end(); }
      for (const { text, line, offset } of whole.rows) {
        let value: unknown;
        try { value = JSON.parse(text); } catch { t.fail(`no JSON: ${text}`); return t.end(); }
        if (typeof value !== 'object' || value === null || Array.isArray(value)) { t.fail(`no object: ${text}`); return t.end(); }
        const linesBefore = Buffer.from(input.subarray(0, offset)).toString('latin1').split('\n').length;
        if (linesBefore !== line) { t.equal(line, linesBefore, `line of the record at ${offset}: ${JSON.stringify(Buffer.from(input).toString('latin1'))}`); return t.end(); }
      }
      for (const record of whole.bad as { line: number; offset: number; raw: string; column: number }[]) {
        const text = Buffer.from(input).toString('latin1');
        const linesBefore = text.slice(0, record.offset).split('\n').length;
        const place = text.startsWith(record.raw, record.offset) && linesBefore === record.line && record.column >= 1;
        if (!place) { t.fail(`place of a bad record: ${JSON.stringify({ text, record, linesBefore })}`); return t.end(); }
      }
      // Formats whose record is a line: each line is a record, bad, or blank.
      if (!['json', 'csv', 'tsv'].includes(format) && whole.error === undefined) {
        const text = Buffer.from(input).toString('latin1').replace(/^\xef\xbb\xbf/, ''), all = text.split('\n');
        if (all.at(-1) === '') all.pop();
        const blank = format === 'lines' && options.pattern === undefined ? 0 : all.filter((line) => /^[ \t\r]*$/.test(line)).length;
        if (whole.rows.length + whole.bad.length + blank !== all.length) { t.fail(`lines: ${JSON.stringify({ text, rows: whole.rows.length, bad: whole.bad.length, blank, all: all.length })}`); return t.end(); }
      }
    }
    t.pass(`${count} inputs`);
    t.end();
  });
}
