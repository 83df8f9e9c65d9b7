// What `to` writes is what the records said: csv and tsv read back by `from` give the same cells, json the same records, whatever the pieces in which they came.
import t from 'tap';
import { decoders } from '../../lib/codec/index.js';
import { CsvText } from '../../lib/codec/csv-text.js';
import type { Encoder } from '../../lib/codec/encoder.js';
import { JsonArray } from '../../lib/codec/json-array.js';
import { MarkdownText, TableText } from '../../lib/codec/table-text.js';
import { Bytes } from '../../lib/codec/writer.js';
import { dice, seedOf } from '../harness/random.js';
import type { Dice } from '../harness/random.js';

const seed = seedOf();
t.comment(`SEED=${seed}`);
const letters = ['a', 'Z', ' ', ',', '\t', '"', '\n', '\r', '\\', "'", 'é', '😀', '\u2028', '\ufeff', '0', '-', '|', '<', '\u001b', '_'];   // no NUL: text formats have none
const word = ({ below, pick }: Dice, size = 8): string => Array.from({ length: below(size) }, () => pick(letters)).join('');
const numbers = ['0', '-0', '1.0', '12345678901234567890', '9007199254740993', '1e400', '-1.50e-3', '18446744073709551615'];

interface Cell { readonly json: string; readonly text: string }
function cell(d: Dice): Cell {
  switch (d.below(8)) {
    case 0: return { json: 'null', text: '' };
    case 1: { const text = d.pick(['true', 'false']); return { json: text, text }; }
    case 2: case 3: { const text = d.pick(numbers); return { json: text, text }; }
    case 4: { const text = d.pick(['[]', '{}', '[1, "a,b"]', '{"k":"\\"","n":1.0}']); return { json: text, text }; }
    default: { const text = word(d); return { json: spelled(text, d), text }; }
  }
}
/** A string with more escapes than it needs. */
const spelled = (text: string, d: Dice): string => `"${Array.from(text, (char) => char.length === 1 && d.chance(0.2) ? `\\u${char.charCodeAt(0).toString(16).padStart(4, '0')}` : JSON.stringify(char).slice(1, -1)).join('')}"`;

/** Lines in random pieces. */
function encoded(encoder: Encoder, lines: readonly string[], d: Dice): Buffer {
  const out = new Bytes(16), all: Uint8Array[] = [];
  for (let at = 0; at < lines.length; ) {
    const count = 1 + d.below(4), bytes = Buffer.from(`xx${lines.slice(at, at + count).join('')}yy`);
    encoder.lines(bytes, 2, bytes.length - 2, out);
    if (d.chance(0.2)) encoder.dry?.(out);
    all.push(out.bytes.slice(0, out.length));
    out.clear();
    at += count;
  }
  encoder.end(out);
  return Buffer.concat([...all, out.bytes.subarray(0, out.length)]);
}

for (const [format, delimiter] of [['csv', ','], ['tsv', '\t']] as const) t.test(`${format}: the cells that were there`, async (t) => {
  const d = dice(seed);
  for (let round = 0; round < 1500; round++) {
    const names = Array.from({ length: 1 + d.below(5) }, (_, i) => `${word(d, 4)}${i}x`), given = d.chance(0.5);
    const rows = Array.from({ length: 1 + d.below(6) }, (_, row) => names.map(() => row > 0 || given ? (d.chance(0.2) ? undefined : cell(d)) : cell(d)));
    const lines = rows.map((row, i) => {
      const members = row.flatMap((value, j) => value === undefined ? [] : [`${spelled(names[j]!, d)}${d.chance(0.2) ? ' : ' : ':'}${value.json}`]);   // `!`: a name a column
      return `{${(i > 0 || given ? d.shuffled(members) : members).join(d.chance(0.2) ? ' , ' : ',')}}\n`;
    });
    const text = encoded(new CsvText(delimiter, given ? names : undefined), lines, d), decoder = decoders[format].make({});
    const parts = [decoder.push(text), decoder.end()], got = parts.map(({ bytes, bad }) => { if (bad.length > 0) throw new Error(JSON.stringify(bad[0])); return Buffer.from(bytes).toString(); }).join('');
    const expected = rows.map((row) => `{${row.map((value, j) => `${JSON.stringify(names[j])}:${JSON.stringify(value?.text ?? '')}`).join(',')}}\n`).join('');
    if (got !== expected) { t.equal(got, expected, JSON.stringify(lines)); return; }
  }
  t.pass('1,500 tables');
});

t.test('json: the records that were there, byte for byte', async (t) => {
  const d = dice(seed);
  for (let round = 0; round < 1000; round++) {
    const lines = Array.from({ length: d.below(6) }, () => `{${Array.from({ length: d.below(4) }, (_, i) => `${spelled(word(d), d)}${i === 0 ? ' ' : ''}:${cell(d).json}`).join(',')}}\n`);
    const text = encoded(new JsonArray(), lines, d).toString();
    if (JSON.stringify(JSON.parse(text)) !== JSON.stringify(lines.map((line) => JSON.parse(line) as unknown))) { t.fail(text); return; }
    if (lines.length > 0 && text !== `[\n${lines.join('').trimEnd().split('\n').join(',\n')}\n]\n`) { t.fail(text); return; }
  }
  t.pass('1,000 arrays');
});

t.test('tables: one line a record, equally wide, with no character that could drive a terminal; the same in whatever pieces', async (t) => {
  const d = dice(seed);
  for (let round = 0; round < 500; round++) {
    const lines = Array.from({ length: 1 + d.below(6) }, () => `{${Array.from({ length: 1 + d.below(4) }, (_, i) => `"k${i}${d.pick(['', '|', '😀'])}":${cell(d).json}`).join(',')}}\n`);
    for (const make of [() => new TableText(undefined), () => new MarkdownText(undefined)]) {
      const text = encoded(make(), lines, d).toString(), again = encoded(make(), lines, d).toString();
      if (text !== again || text.split('\n').length !== lines.length + 3 || /[\u0000-\u0009\u000b-\u001f\u007f-\u009f\u2028\ufeff]/.test(text)) { t.fail(JSON.stringify([lines, text])); return; }
    }
  }
  t.pass('1,000 tables');
});
