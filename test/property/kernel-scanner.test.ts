// The fast scanner, the reference scanner and JSON.parse say the same about 220,000 generated and mutated lines, however they are cut.
import t from 'tap';
import type { Test } from 'tap';
import { referenceScanner } from '../../lib/kernel/reference.js';
import type { Scanned, Scanner } from '../../lib/kernel/scanner.js';
import { wasmScanner } from '../../lib/kernel/wasm.js';
import { Tag } from '../../lib/record/batch.js';
import type { Path } from '../../lib/record/path.js';
import { random, Texts } from './kernel-lines.js';
import type { Random } from './kernel-lines.js';

const seed = Number(process.env['SEED'] ?? Date.now() % 1e9);
const lines = Number(process.env['LINES'] ?? 220_000);
const wanted: readonly (readonly Path[])[] = [
  [['a']],
  [['ts'], ['b'], ['user', 'id'], ['user', 'a']],
  [[], ['a'], ['a'], ['__proto__'], ['']],
  [['user'], ['user', 'id'], ['user', 'user', 'id'], ['tags', 0], ['tags', 1, 'a'], ['tags', 0, 0]],
  [['user', 'user', 'user'], ['user', 'b'], ['a key'], ['é'], ['日本'], ['\ud83d\ude00'], ['\ud800'], ['x"y'], ['/']],
  [['x'.repeat(30)], ['a', 'a', 'a', 'a'], ['a', 'a', 'b'], ['tags', 'tags']],
  [['a', ...Array.from({ length: 20 }, () => 'a')], ['b', 2, 'user'], ['never']],
  [],
];
const longest = 3000;
const utf8 = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true });

interface Seen { readonly rows: string[]; readonly odd: string[] }

function scan(scanner: Scanner, input: Uint8Array, cuts: readonly number[]): Seen {
  const seen: Seen = { rows: [], odd: [] };
  scanner.begin();
  let from = 0;
  for (const cut of [...cuts, input.length]) {
    scanner.room(cut - from + 7).set(input.subarray(from, cut));
    scanner.filled(cut - from);
    from = cut;
    drain(scanner, seen);
  }
  scanner.ended();
  drain(scanner, seen);
  return seen;
}

function drain(scanner: Scanner, { rows, odd }: Seen): void {
  for (let batch = scanner.next(); batch !== undefined; batch = scanner.next()) {
    const first = rows.length;
    for (let row = 0; row < batch.count; row++) rows.push(rowText(batch, row));
    const lines: (readonly [number, string])[] = [
      ...batch.bad.map(({ before, line, offset, column, byte, code, detail, raw }) =>
        [line, [first + before, line, offset, column, byte, code, JSON.stringify(detail), Buffer.from(raw).toString('latin1')].join(' ')] as const),
      ...batch.marks.map(({ before, line, text }) => [line, `mark ${first + before} ${line} ${Buffer.from(text).toString('hex')}`] as const),
    ];
    odd.push(...lines.sort(([a], [b]) => a - b).map(([, text]) => text));
    if (batch.dense && batch.count > 0) {
      for (let row = 1; row < batch.count; row++) if (batch.start[row] !== batch.end[row - 1]! + 1) odd.push('not dense');
      if (batch.bytes[batch.end[batch.count - 1]!] !== 10) odd.push('not dense');
    }
  }
}

const text = (batch: Scanned, start: number, end: number): string => Buffer.from(batch.bytes.subarray(start, end)).toString('latin1');

function rowText(batch: Scanned, row: number): string {
  const columns = batch.columns.map(({ tag, number, start, end, bytes, escaped }) => {
    const value = Buffer.from(bytes.subarray(start[row], end[row])).toString('latin1'), kind = tag[row]!;
    if (kind === Tag.String && !escaped && value.includes('\\')) return 'an escape, and the column says it has none';
    return `${kind}|${kind === Tag.Number || kind === Tag.Wide ? Object.is(number[row], -0) ? '-0' : number[row] : ''}|${value}`;
  });
  return [batch.line(row), batch.offset(row), text(batch, batch.start[row]!, batch.end[row]!), ...columns].join('\n');
}

/** What a line is, by JSON.parse: a blank, a record as rowText() has it, or something bad. */
function judge(bytes: Uint8Array, line: number, offset: number, paths: readonly Path[]): string | undefined {
  let record: unknown, source: string;
  try { source = utf8.decode(bytes); record = JSON.parse(source); } catch { return undefined; }
  if (typeof record !== 'object' || record === null || Array.isArray(record) || depth(source) > 512) return undefined;
  const latin1 = Buffer.from(source.replaceAll(/^[ \t\r]+|[ \t\r]+$/g, '')).toString('latin1');
  return [line, offset, latin1, ...paths.map((path) => valueOf(record, path))].join('\n');
}

function depth(source: string): number {
  let now = 0, most = 0;
  for (const [part] of source.matchAll(/"(?:[^"\\]|\\.)*"|[[\]{}]/g)) {
    if (part === '{' || part === '[') most = Math.max(most, ++now); else if (part === '}' || part === ']') now--;
  }
  return most;
}

// Tag and value; the text is compared between the scanners, and where it is parsed below.
function valueOf(record: unknown, path: Path): string {
  let value: unknown = record;
  for (const step of path) {
    if (typeof value !== 'object' || value === null || Array.isArray(value) !== (typeof step === 'number') || !Object.hasOwn(value, step)) return 'missing';
    value = (value as Record<string, unknown>)[step];
  }
  return typeof value === 'number' ? `number ${Object.is(value, -0) ? '-0' : value}` : JSON.stringify(value);
}

/** A row of a scanner in the words of judge(). */
function plain(row: string): string {
  const [line, offset, source, ...columns] = row.split('\n');
  return [line, offset, source, ...columns.map((column) => {
    const [kind, number, ...rest] = column.split('|'), value = rest.join('|');
    const tag = Number(kind), parsed: unknown = value === '' ? undefined : JSON.parse(Buffer.from(value, 'latin1').toString());
    if (value === '') return tag === Tag.Null ? 'missing' : 'no text';
    const right = parsed === null ? Tag.Null : parsed === false ? Tag.False : parsed === true ? Tag.True : typeof parsed === 'string' ? Tag.String : Array.isArray(parsed) ? Tag.Array
      : typeof parsed === 'object' ? Tag.Object : !Number.isFinite(parsed) || (/^-?\d+$/.test(value) && !Number.isSafeInteger(parsed)) ? Tag.Wide : Tag.Number;
    if (tag !== right) return `tag ${tag}, not ${right}`;
    return typeof parsed === 'number' ? `number ${number}` : JSON.stringify(parsed);
  })].join('\n');
}

function cutAt(r: Random, size: number): number[] {
  switch (r(4)) {
    case 0: return [];
    case 1: return [...new Set(Array.from({ length: 1 + r(8) }, () => r(size + 1)))].sort((a, b) => a - b);
    case 2: return size < 400 ? Array.from({ length: size }, (_, i) => i) : [r(size)];
    default: { const step = 1 + r(200); return Array.from({ length: Math.floor(size / step) }, (_, i) => (i + 1) * step); }
  }
}

// Only the first difference is shown; a pass is silent, there are thousands.
function alike(t: Test, found: readonly string[], expected: readonly string[], what: string): void {
  const at = found.findIndex((one, i) => one !== expected[i]);
  if (at >= 0 || found.length !== expected.length) t.equal(found.at(at), expected.at(at), `${what}: number ${at} of ${found.length} and ${expected.length}`);
}

t.test(`scanners agree, SEED=${seed}`, async (t) => {
  const r = random(seed);
  const pairs = wanted.flatMap((paths) => [1, 5, undefined].map((rowsMax) => {
    const options = { paths, control: true, lineBytesMax: longest, ...rowsMax === undefined ? {} : { rowsMax } };
    return { paths, fast: wasmScanner(options), slow: referenceScanner(options) };
  }));
  let done = 0, good = 0, bad = 0, values = 0;
  while (done < lines && t.passing()) {
    const texts = new Texts(r), { paths, fast, slow } = pairs[r(pairs.length)]!;   // `!`: below its length
    for (let input = 0; input < 10; input++) {
      const parts: Uint8Array[] = [], expected: string[] = [];
      let offset = 0, blanks = 0;
      const before = slow.blanks;
      if (r(10) === 0) { parts.push(Uint8Array.of(0xef, 0xbb, 0xbf)); offset = 3; }
      const n = 1 + r(r(3) ? 40 : 200);
      for (let line = 1; line <= n; line++) {
        const bytes = texts.line(), end = line === n && r(2) ? '' : r(6) ? '\n' : '\r\n';
        if (line === n && bytes.length === 0) break;
        parts.push(bytes, Buffer.from(end));
        const text = offset === 0 && bytes[0] === 0xef && bytes[1] === 0xbb && bytes[2] === 0xbf ? bytes.subarray(3) : bytes;
        const stripped = text.at(-1) === 13 && end !== '\r\n' ? text.subarray(0, -1) : text;
        const blank = stripped.every((byte) => byte === 32 || byte === 9 || byte === 13), tooLong = stripped.length > longest;
        if (tooLong) bad++;
        else if (blank) { if (!Buffer.from(stripped).toString('latin1').startsWith('\t \t ') || stripped.includes(13)) blanks++; }
        else {
          const record = judge(stripped, line, line === 1 ? 0 : offset, paths);
          if (record === undefined) bad++; else { expected.push(record); good++; }
        }
        offset += bytes.length + end.length;
        done++;
      }
      const all = Buffer.concat(parts), cuts = cutAt(r, all.length);
      const a = scan(fast, all, cuts), b = scan(slow, all, cutAt(r, all.length));
      const judged = a.rows.map(plain);
      values += judged.length * paths.length;
      alike(t, a.rows, b.rows, 'rows of the fast scanner and of the reference');
      alike(t, a.odd, b.odd, 'bad lines and marks of the fast scanner and of the reference');
      alike(t, judged, expected, 'rows of the scanners and of JSON.parse');
      if (slow.blanks - before !== blanks || fast.blanks !== slow.blanks) t.same([slow.blanks - before, fast.blanks], [blanks, slow.blanks], 'blank lines');
      if (!t.passing()) break;
    }
    if (paths.some((_, i) => fast.seen(i) !== slow.seen(i))) t.same(paths.map((_, i) => fast.seen(i)), paths.map((_, i) => slow.seen(i)), 'fields seen');
  }
  t.ok(good > lines / 4 && bad > lines / 10, `${done} lines, ${good} good, ${bad} bad, ${values} values compared`);
});

t.test(`numbers are what Number() makes of them, SEED=${seed}`, async (t) => {
  const r = random(seed + 1), scanner = wasmScanner({ paths: [['a']] });
  const digits = (n: number): string => Array.from({ length: n }, () => r(10)).join('');
  let compared = 0;
  for (let round = 0; round < 25; round++) {
    const texts = Array.from({ length: 5000 }, () => {
      switch (r(5)) {
        case 0: return String((r(2 ** 31) + r(2 ** 21) / 2 ** 21) / 2 ** 31);
        case 1: return String((r(2 ** 31) + 1) / (r(2 ** 31) + 1) * 10 ** (r(30) - 8));
        case 2: return `${1 + r(9)}${digits(r(18))}.${digits(1 + r(20))}`;
        case 3: return `${(BigInt(2 ** 52) + BigInt(r(2 ** 31))) * 2n + 1n}.${'0'.repeat(1 + r(2))}${r(3) ? '' : '1'}`;   // halfway between two doubles, or just above
        default: return `${r(2 ** 31)}${digits(r(9))}.${digits(1 + r(3))}e${r(2) ? '-' : ''}${r(40)}`;
      }
    });
    const input = Buffer.from(texts.map((text) => `{"a":${text}}\n`).join(''));
    scanner.begin();
    scanner.room(input.length).set(input);
    scanner.filled(input.length);
    for (let batch = scanner.next(); batch !== undefined; batch = scanner.next()) {
      for (let row = 0; row < batch.count; row++, compared++) {
        const text = texts[compared % 5000] ?? '', found = batch.columns[0]?.number[row];
        if (found !== Number(text)) t.equal(found, Number(text), text);
      }
    }
  }
  t.equal(compared, 125_000);
});
