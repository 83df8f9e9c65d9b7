// The parts of `leat to` that need no process: widths, periods of file names, names and sizes, numbers of files.
import t from 'tap';
import { width } from '../../lib/record/width.js';
import { parseNames, parseRoll } from '../../lib/spec/sink.js';
import { atCounter } from '../../lib/operators/to.js';
import { periodOf } from '../../lib/time/period.js';
import { numbered } from '../../lib/io/sinks/files.js';

t.test('width of a text on a terminal', async (t) => {
  const table: readonly (readonly [string, number, string])[] = [
    ['', 0, 'nothing'], ['abc', 3, 'letters'], ['é', 1, 'precomposed'], ['e\u0301', 1, 'combining mark'], ['日本語', 6, 'CJK'], ['한글', 4, 'Hangul'], ['\u1112\u1161\u11ab', 2, 'Hangul in parts'], ['ｶﾅ', 2, 'half-width'],
    ['Ａ', 2, 'full-width'], ['😀', 2, 'emoji'], ['👨‍👩‍👧', 2, 'a family'], ['🇫🇷', 2, 'a flag'], ['👍🏽', 2, 'with skin'], ['❤️', 2, 'with its selector'], ['❤', 1, 'without'], ['1️⃣', 2, 'a keycap'], ['a\u200db', 2, 'a joiner between letters'],
    ['नि', 1, 'a vowel sign'], ['…', 1, 'ambiguous'], ['─│', 2, 'lines'], ['\u200b', 0, 'no width'],
  ];
  for (const [text, columns, why] of table) t.equal(width(text), columns, why);
});

t.test('as string-width has it', async (t) => {
  let oracle: (text: string) => number;
  try { ({ default: oracle } = await import('string-width' as string) as { default: (text: string) => number }); } catch { t.comment('skipped: string-width is not installed'); return; }
  const differing: string[] = [];
  for (const [from, to] of [[0x20, 0x7e], [0xa0, 0x2ff], [0x370, 0x5ff], [0x1100, 0x115f], [0x1e00, 0x1fff], [0x2100, 0x23ff], [0x2500, 0x27bf], [0x2e80, 0x303e], [0x3041, 0xa4c6], [0xac00, 0xd7a3], [0xf900, 0xfaff], [0xff01, 0xffe6], [0x1f300, 0x1f64f], [0x1f680, 0x1f6c5], [0x1f900, 0x1f9ff], [0x20000, 0x20100]] as const) {
    for (let point = from; point <= to; point++) {
      const text = String.fromCodePoint(point);
      if (!/\p{Assigned}/u.test(text) || /\p{Mn}|\p{Me}|\p{Cf}/u.test(text) || /^\p{Emoji}$/u.test(text) !== /^\p{Emoji_Presentation}$/u.test(text)) continue;   // shown as text unless asked: one column
      if (width(text) !== oracle(text)) differing.push(`U+${point.toString(16)} ${width(text)} ${oracle(text)}`);
    }
  }
  t.same(differing, [], 'code points that exist');
  for (const text of ['👨‍👩‍👧x', '日本 🇫🇷 e\u0301', '1️⃣2', '👍🏽👍🏿', 'Zürich']) t.equal(width(text), oracle(text), text);
});

t.test('periods of file names', async (t) => {
  const iso = (at: number): string => new Date(at).toISOString();
  const table: readonly (readonly [string, number | undefined, string, string, string])[] = [
    ['%Y-%m-%dT%H', undefined, '2026-11-20T12:34:56.789Z', '2026-11-20T12:00:00.000Z', '2026-11-20T13:00:00.000Z'],
    ['%Y-%m-%d', undefined, '2026-11-20T23:59:59.999Z', '2026-11-20T00:00:00.000Z', '2026-11-21T00:00:00.000Z'], ['%Y%j', undefined, '1969-12-31T23:59:59.999Z', '1969-12-31T00:00:00.000Z', '1970-01-01T00:00:00.000Z'],
    ['%F-%R', undefined, '2026-11-20T12:34:56.789Z', '2026-11-20T12:34:00.000Z', '2026-11-20T12:35:00.000Z'], ['%s', undefined, '2026-11-20T12:34:56.789Z', '2026-11-20T12:34:56.000Z', '2026-11-20T12:34:57.000Z'],
    ['%G-W%V', undefined, '2026-11-22T12:00:00.000Z', '2026-11-16T00:00:00.000Z', '2026-11-23T00:00:00.000Z'], ['%Y-%m', undefined, '2024-02-29T12:00:00.000Z', '2024-02-01T00:00:00.000Z', '2024-03-01T00:00:00.000Z'],
    ['%Y-%m', undefined, '1968-12-31T12:00:00.000Z', '1968-12-01T00:00:00.000Z', '1969-01-01T00:00:00.000Z'], ['%Y', undefined, '2024-12-31T23:59:59.999Z', '2024-01-01T00:00:00.000Z', '2025-01-01T00:00:00.000Z'],
    ['%Y-%m-%dT%H%M', 900_000, '2026-11-20T12:34:56.789Z', '2026-11-20T12:30:00.000Z', '2026-11-20T12:45:00.000Z'], ['%Y-%m-%dT%H', 5_400_000, '1969-12-31T23:59:59.999Z', '1969-12-31T22:30:00.000Z', '1970-01-01T00:00:00.000Z'],
    ['%Y-%m-%d', 604_800_000, '2026-11-20T12:00:00.000Z', '2026-11-19T00:00:00.000Z', '2026-11-26T00:00:00.000Z'],
  ];
  for (const [pattern, every, at, start, end] of table) {
    const period = periodOf(pattern, every), found = period.startOf(Date.parse(at));
    t.same([iso(found), iso(period.endOf(found))], [start, end], `${pattern} ${every ?? ''} ${at}`);
    t.same([period.startOf(found), period.startOf(period.endOf(found) - 1), period.startOf(period.endOf(found))], [found, found, period.endOf(found)], 'both bounds');
  }
  for (const [pattern, every, what] of [['out', undefined, 'no field'], ['%%Y', undefined, 'no field'], ['%H', undefined, 'a day'], ['%d', undefined, 'a month'], ['%m-%d', undefined, 'a year'], ['%Y-%d', undefined, 'a month'], ['%Y-%m-%d %I', undefined, '12 hours'], ['%a', undefined, 'a week'],
    ['%Y-%m-%dT%H', 1_800_000, '30m'], ['%Y-%m-%d', 3_600_000, '1h'], ['%Y-%m', 604_800_000, '1w'], ['%p', undefined, 'no field']] as const) {
    t.throws(() => periodOf(pattern, every), new RegExp(what), `${pattern} ${every ?? ''}`);
  }
});

t.test('when the next file begins', async (t) => {
  for (const [text, roll] of [['1h', { ms: 3_600_000 }], ['1m', { ms: 60_000 }], ['1M', { bytes: 2 ** 20 }], ['64MiB', { bytes: 2 ** 26 }], ['4096', { bytes: 4096 }], ['PT5M', { ms: 300_000 }], ['1h30m', { ms: 5_400_000 }]] as const) t.same(parseRoll(text), roll, text);
  for (const text of ['', '0', '0s', '5 m', '1x', '-1h', '1.5G']) t.throws(() => parseRoll(text), text);
});

t.test('names of columns', async (t) => {
  for (const [text, names] of [['a', ['a']], ['a,b', ['a', 'b']], [' a , b ', ['a', 'b']], ['a b,c', ['a b', 'c']], ['"a,b",c', ['a,b', 'c']], ['"say ""hi"""', ['say "hi"']], ['" a "', [' a ']], ['日本', ['日本']]] as const) t.same(parseNames(text), names, text);
  for (const text of ['', ',', 'a,', ',a', 'a,,b', 'a,a', '"a', '"a"b', ' ']) t.throws(() => parseNames(text), JSON.stringify(text));
});

t.test('numbers of files', async (t) => {
  for (const [path, name] of [['a/x.ndjson', 'a/x.3.ndjson'], ['x.ndjson.gz', 'x.3.ndjson.gz'], ['a.b/2026-11-20', 'a.b/2026-11-20.3'], ['x.gz', 'x.3.gz'], ['2026.11.20', '2026.11.20.3'], ['.hidden', '.hidden.3']] as const) t.equal(numbered(path, 3), name, path);
  t.same(atCounter('a-%n.nd'), ['a-', '.nd']); t.same(atCounter('100%%-%n'), ['100%-', '']); t.same(atCounter('%%n'), ['%n']);
});
