// What is written by the rules of a format is read as it was: random tables, documents and pairs, against what JSON.stringify makes of them.
import t from 'tap';
import { decoders } from '../../lib/codec/index.js';
import type { DecoderOptions, FormatName } from '../../lib/codec/index.js';
import { dice, seedOf } from '../harness/random.js';
import type { Dice } from '../harness/random.js';

const seed = seedOf();
t.comment(`SEED=${seed}`);
const letters = ['a', 'Z', ' ', ',', ';', '\t', '"', '""', '\n', '\r\n', '\\', "'", 'é', '😀', '\u2028', '0', '-', '=', '[', '{', ':'];
const word = ({ below, pick }: Dice, size = 8): string => Array.from({ length: below(size) }, () => pick(letters)).join('');

function records(format: FormatName, text: string, options: DecoderOptions, d: Dice): string {
  const decoder = decoders[format].make(options), bytes = Buffer.from(text);
  let out = '';
  const take = ({ bytes, bad }: { readonly bytes: Uint8Array; readonly bad: readonly object[] }): void => { out += Buffer.from(bytes).toString(); if (bad.length > 0) throw new Error(`${format}: ${JSON.stringify(bad[0])} in ${JSON.stringify(text)}`); };
  for (let at = 0; at < bytes.length; ) { const size = 1 + d.below(d.chance(0.5) ? 5 : 1000); take(decoder.push(bytes.subarray(at, at + size))); at += size; }
  take(decoder.end());
  return out;
}
const ndjson = (values: readonly object[]): string => values.map((value) => `${JSON.stringify(value)}\n`).join('');

t.test('csv: a table', (t) => {
  const d = dice(seed);
  for (let round = 0; round < 1500; round++) {
    const delimiter = d.pick([',', ';', '\t', '|']), width = 1 + d.below(4), header = Array.from({ length: width }, (_, i) => `${word(d, 4)}${i}x`), lf = d.pick(['\n', '\r\n']);
    const cell = (text: string): string => d.chance(0.3) || /["\n\r]/.test(text) || text.includes(delimiter) || (text === '' && width === 1) ? `"${text.replaceAll('"', '""')}"` : text;
    const rows = Array.from({ length: d.below(12) }, () => header.map(() => word(d)));
    const text = [header, ...rows].map((row) => row.map(cell).join(delimiter)).join(lf) + (d.chance(0.5) ? lf : '');
    const expected = rows.map((row) => `{${row.map((value, i) => `${JSON.stringify(header[i])}:${JSON.stringify(value)}`).join(',')}}\n`).join('');
    const got = records('csv', text, { delimiter }, d);
    if (got !== expected) { t.equal(got, expected, JSON.stringify(text)); break; }
  }
  t.pass('1,500 tables');
  t.end();
});

function value(d: Dice, depth: number): unknown {
  switch (d.below(depth > 0 ? 7 : 5)) {
    case 0: return null;
    case 1: return d.chance(0.5);
    case 2: return d.below(1e6) / 8;
    case 3: case 4: return word(d);
    case 5: return Array.from({ length: d.below(4) }, () => value(d, depth - 1));
    default: return object(d, depth - 1);
  }
}
const object = (d: Dice, depth: number): object => Object.fromEntries(Array.from({ length: d.below(4) }, () => [`${word(d, 4)}k`, value(d, depth)]));

t.test('json: documents, as arrays or one after another, with any blanks', (t) => {
  const d = dice(seed + 1);
  for (let round = 0; round < 1500; round++) {
    const values = Array.from({ length: d.below(8) }, () => object(d, 3)), blank = d.pick([0, 2, '\t', '\r\n ', 1]);
    const texts = values.map((one) => JSON.stringify(one, null, d.chance(0.5) ? blank : 0));
    const text = d.chance(0.5) ? `[${texts.join(d.pick([',', ' ,\n', ',  ']))}]` : d.chance(0.3) ? JSON.stringify(values, null, blank) : texts.join(d.pick(['', '\n', ' ', '\r\n\r\n']));
    const got = records('json', text, {}, d);
    if (got !== ndjson(values)) { t.equal(got, ndjson(values), JSON.stringify(text)); break; }
  }
  t.pass('1,500 documents');
  t.end();
});

t.test('logfmt: pairs', (t) => {
  const d = dice(seed + 2);
  for (let round = 0; round < 1500; round++) {
    const rows = Array.from({ length: 1 + d.below(5) }, () => Object.fromEntries(Array.from({ length: 1 + d.below(4) }, (_, i) => [`k${i}`, d.chance(0.2) ? true : word(d)])));
    const text = rows.map((row) => Object.entries(row).map(([key, one]) => typeof one !== 'string' ? key : /^[^\s"\\]*$/.test(one) && d.chance(0.8) ? `${key}=${one}` : `${key}=${JSON.stringify(one)}`).join(d.pick([' ', '  ', '\t']))).join('\n');
    const got = records('logfmt', text, {}, d);
    if (got !== ndjson(rows)) { t.equal(got, ndjson(rows), JSON.stringify(text)); break; }
  }
  t.pass('1,500 inputs');
  t.end();
});
