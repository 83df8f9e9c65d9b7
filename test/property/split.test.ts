// SEMANTICS 9, EXACTLY-ONCE T7: however the bytes of a file are split into pieces that appear one after another, runs that pause after each and one that drains give the records
// of one run over all of it, with the same places; killed runs too, from their last checkpoint on. All formats; splits fall inside characters, CR LF, numbers and quotes.
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { gzipSync } from 'node:zlib';
import t from 'tap';
import type { Json } from '../../lib/record/json.js';
import { dice, seedOf } from '../harness/random.js';
import type { Dice } from '../harness/random.js';
import { run, stored } from '../unit/helpers/source-run.js';
import type { RunOptions } from '../unit/helpers/source-run.js';

const seed = seedOf(), rounds = Number(process.env.ROUNDS ?? 40);
t.comment(`SEED=${seed} ROUNDS=${rounds}`);
const folder = t.testdir();

/** Lines of each format: good ones, bad ones, blank ones, some longer than the limit. */
const makers: Readonly<Record<string, (d: Dice, i: number) => string>> = {
  ndjson: (d, i) => d.pick([`{"n":${i}}`, `{"n":${i}.50,"é":"日本 ${i}"}`, ` {"a":[1,2,{"b":${i}}]} `, '', '  \t', `{"n":${i}`, `"text ${i}"`, `{"long":"${'x'.repeat(d.below(400))}"}`]),
  lines: (d, i) => d.pick([`line ${i}`, `é日本 "quoted" ${i}`, '', '  ', `${'y'.repeat(d.below(400))}`]),
  logfmt: (d, i) => d.pick([`n=${i} t="a b \\u00e9" flag`, `k=${i}`, '', `bad"${i}`, `long=${'z'.repeat(d.below(400))}`]),
  access: (d, i) => d.pick([`10.0.0.${i % 250} - - [17/May/2015:10:05:03 +0000] "GET /é${i} HTTP/1.1" 200 ${i}`, 'nothing of the kind', '', `${'w'.repeat(d.below(400))}`]),
  syslog: (d, i) => d.pick([`<34>1 2003-10-11T22:14:15.003Z host app ${i} - - text ${i}`, `Oct 11 22:14:15 host app[${i}]: old`, 'what', '']),
  csv: (d, i) => d.pick([`${i},é,3`, `"${i}","two\nlines, ""quoted""",x`, `${i},short`, '', `"${i}" stray,a,b`, `${i},${'v'.repeat(d.below(400))},1`, `${i},"a\r\n\nb",`]),
  tsv: (d, i) => d.pick([`${i}\té\t3`, `${i}\t"x\ty"\t`, `${i}`]),
  json: (d, i) => d.pick([`{"n": ${i},\n "é": [1, {"b": "x,]}"}]}`, `{"n":${i}}`, `12`, `"text"`, `{"n":${i}`, `{"long":"${'u'.repeat(d.below(400))}"}`, 'junk here']),
};

function text(format: string, d: Dice): Buffer {
  const make = makers[format]!, count = 1 + d.below(30);   // `!`: its own key
  const lines = Array.from({ length: count }, (_, i) => make(d, i));
  if (format === 'json' && d.chance(0.6)) return Buffer.from(`${d.chance(0.3) ? '\ufeff' : ''}[${lines.join(d.pick([',', ' , ', ',\n']))}${d.chance(0.9) ? ']' : ''}${d.chance(0.5) ? '\n' : ''}`);
  const eol = d.pick(['\n', '\n', '\r\n']);
  const head = format === 'csv' ? `a,"b ""x""",c${eol}` : format === 'tsv' ? `a\tb\tc${eol}` : '';
  return Buffer.from(`${d.chance(0.2) ? '\ufeff' : ''}${head}${lines.join(eol)}${d.chance(0.7) ? eol : ''}`);
}

for (const format of Object.keys(makers)) t.test(format, async (t) => {
  for (let round = 0; round < rounds; round++) {
    const d = dice(seed + round * 7919), bytes = text(format, d), name = `${format}-${round}`;
    const options: Omit<RunOptions, 'operands'> = { format: format as 'csv', chunk: d.pick([1, 7, 4096]), lineBytesMax: 200, every: d.pick([1, 1, 3]), ...format === 'syslog' ? { decoder: { year: 2026 } } : {} };
    const whole = join(folder, `${name}.whole`), part = join(folder, `${name}.part`);
    writeFileSync(whole, bytes);
    const expected = await run({ ...options, operands: [whole], isPausing: false });
    const cuts = Array.from({ length: d.below(7) }, () => d.below(bytes.length + 1)).sort((a, b) => a - b);
    const rows: string[] = [], at: string[] = [];
    let places: Json | undefined;
    for (const end of [...cuts, bytes.length]) {
      writeFileSync(part, bytes.subarray(0, end));
      for (const isLast of end === bytes.length && end !== cuts[cuts.length - 1] ? [true] : [false]) {
        if (d.chance(0.4)) {                               // a run that is killed comes before the one that is not
          const killed = await run({ ...options, operands: [part], isPausing: !isLast, places, kill: 1 + d.below(6) });
          rows.push(...killed.rows.slice(0, killed.saved)); at.push(...killed.at.slice(0, killed.saved));
          if (killed.places !== null) places = stored(killed.places);
        }
        const ran = await run({ ...options, operands: [part], isPausing: true, places });
        rows.push(...ran.rows); at.push(...ran.at);
        places = stored(ran.places);
      }
    }
    const last = await run({ ...options, operands: [part], isPausing: false, places });
    rows.push(...last.rows); at.push(...last.at);
    const told = `SEED=${seed} round ${round}: ${JSON.stringify(bytes.toString())} cut at ${cuts.join(' ')}`;
    if (!t.same(rows, expected.rows, told) || !t.same(at.map((one) => one.slice(part.length)), expected.at.map((one) => one.slice(whole.length)), `${told}: places`)) break;
    t.same(last.said, [], 'nothing to say');
    // Packed now, under another name: nothing is left of it.
    if (round % 4 === 0) {
      writeFileSync(`${part}.gz`, gzipSync(bytes));
      const again = await run({ ...options, operands: [`${part}.gz`], isPausing: false, places: stored(last.places) });
      if (bytes.length > 0) t.same(again.rows, [], `${told}: packed`);
    }
  }
});
