// Rows are copied and appended to as a plain loop over strings does it, from the kernel's memory and from any other.
import t from 'tap';
import { referenceScanner } from '../../lib/kernel/reference.js';
import type { Scanned } from '../../lib/kernel/scanner.js';
import { Splice } from '../../lib/kernel/splice.js';
import { wasmScanner } from '../../lib/kernel/wasm.js';

const records = ['{}', '{ }', '{"a":1}', '{"a":{}}', '{"a":1 }', '{"a":"}"}', '{\t}', '{"a":"{"}', `{"long":"${'x'.repeat(5000)}"}`, '{"a":[{}]}', `{"k":"${'y'.repeat(40)}"}`];
const texts = ['', '"b":2', '"window_start":"2026-11-20T12:00:00.000Z","window_end":"2026-11-20T12:01:00.000Z"'];

function scan(fast: boolean, lines: readonly string[]): Scanned {
  const scanner = (fast ? wasmScanner : referenceScanner)({ paths: [] }), bytes = Buffer.from(lines.join(' \n'));
  scanner.begin();
  scanner.room(bytes.length).set(bytes);
  scanner.filled(bytes.length);
  scanner.ended();
  const batch = scanner.next();
  if (batch?.count !== lines.length) throw new Error('the lines are records');
  return batch;
}

const appended = (record: string, text: string): string => text === '' ? record : `${record.slice(0, -1)}${/^\{\s*\}$/.test(record) ? '' : ','}${text}}`;

for (const fast of [true, false]) {
  t.test(fast ? 'rows in the kernel' : 'rows elsewhere', async (t) => {
    const splice = new Splice(), output = (): string => Buffer.from(splice.bytes.subarray(0, splice.length)).toString();
    let expected = '';
    for (let round = 0; round < 60; round++) {
      const lines = Array.from({ length: 1 + round * 3 }, (_, i) => records[(i * 7 + round) % records.length] ?? '');
      const batch = scan(fast, lines), rows = Uint32Array.from(lines.keys()).filter((row) => (row + round) % 4 > 0), which = Uint32Array.from(lines, (_, i) => (i + round) % texts.length);
      if (round % 5 === 0) { splice.clear(); expected = ''; }
      const from = Math.min(round % 3, rows.length), part = rows.subarray(from);
      splice.copy(batch, rows, from, rows.length);
      for (const row of part) expected += `${lines[row]}\n`;
      splice.append(batch, rows, from, rows.length, texts.map((text) => new TextEncoder().encode(text)), which);
      for (const row of part) expected += `${appended(lines[row] ?? '', texts[which[row] ?? 0] ?? '')}\n`;
      if (output() !== expected) t.equal(output(), expected, `round ${round}`);
    }
    t.ok(expected.length > 100_000);
  });
}

t.test('many texts stay in their own memory', async (t) => {
  // What is staged for one call must not reach into the memory behind it, which is another one's; the block for it is used again by a later call that just fits.
  const lines = Array.from({ length: 600 }, (_, i) => `{"n":${i}}`), batch = scan(true, lines), rows = Uint32Array.from(lines.keys()), text = (i: number, n: number): string => `"w":"${String(i).padStart(n, '0')}"`;
  let wrong = 0;
  for (let first = 20; first < 300; first += 7) {
    const splice = new Splice(), plain = [...lines];
    const append = (count: number, n: number): void => {
      splice.clear();
      const which = Uint32Array.from(lines, (_, i) => i % count), texts = Array.from({ length: count }, (_, i) => text(i, n));
      splice.append(batch, rows, 0, rows.length, texts.map((each) => new TextEncoder().encode(each)), which);
      const expected = plain.map((line, i) => `${appended(line, texts[i % count] ?? '')}\n`).join('');
      if (Buffer.from(splice.bytes.subarray(0, splice.length)).toString() !== expected) wrong++;
    };
    append(first, 4);
    // Neighbours: whoever asks for memory now may get what lies behind.
    const others = Array.from({ length: 6 }, () => { const other = new Splice(); other.copy(batch, rows, 0, rows.length); return other; }), kept = others.map((other) => Buffer.from(other.bytes.subarray(0, other.length)));
    // Calls that fill the block to its last bytes: it has twice what the first one took.
    for (let count = 40; count < 600 && wrong === 0; count += 20) {
      const length = Math.floor((2 * (8 * 600 + 256 + first * 26) - 8 * 600 - 256) / count) - 16;
      for (let n = length - 12; n <= length; n++) if (n > 6) append(count, n - 6);
    }
    others.forEach((other, i) => { if (!kept[i]!.equals(other.bytes.subarray(0, other.length))) wrong++; other.close(); });   // `!`: one each
    splice.close();
  }
  t.equal(wrong, 0, 'no output was changed by another one');
});
