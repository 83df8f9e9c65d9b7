// Pipelines that are compiled, and the records that they run over: the same texts for every engine. Owns: the table, seeded data, and when two results are equal.
// Must not: know an engine.
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { fieldsOfJsonSchema } from '../../lib/plan/schema.js';
import type { Fields } from '../../lib/plan/types.js';
import { bin } from './place.js';
import { dice } from './random.js';
import { shell } from './shell.js';

/** Records out of order by up to 5 s, one in 25 (`late`) by up to 40 s (late at --delay 5s); nulls, missing fields, "" and characters beyond U+FFFF; doubles of all sizes beside dyadic ones. */
export function writeData(folder: string, seed: number, count = 600, late = 0.04): void {
  const { below, pick, chance } = dice(seed), base = Date.parse('2026-11-20T12:00:00Z');
  const maybe = (p: number, name: string, value: unknown): object => chance(p) ? chance(0.5) ? {} : { [name]: null } : { [name]: value };
  const keys = ['a', 'b', 'c', '', '😀', '\ufffd', 'Z'];
  const line = (i: number, step: number): number => base + i * step - (chance(late) ? below(40_000) : below(5_000));
  const events = Array.from({ length: count }, (_, i) => {
    const ts = line(i, 300);
    return { i, ts, at: new Date(ts).toISOString().replace(/\.000Z$/, 'Z'), ...maybe(0.1, 'k', pick(keys)), n: chance(0.1) ? null : below(7) - 3, ...maybe(0.1, 'amount', (below(4096) - 1024) / 1024), ...maybe(0.1, 'x', (below(1e6) - 5e5) * 10 ** (below(18) - 9) / 3),
      big: 9007199254740993n + BigInt(below(1000)), ...maybe(0.2, 'ok', chance(0.5)), ...maybe(0.1, 'geo', { ...maybe(0.2, 'city', pick(['Paris', 'Köln', ''])), lat: below(180) - 90 }), ...maybe(0.1, 'tags', Array.from({ length: below(4) }, () => pick(['u', 'v', 'w']))), s: pick(['GET /a/b?c=1', 'POST /Ä', 'a-b-c', '  x ', '12.50']) };
  });
  const clicks = Array.from({ length: Math.floor(count / 3) }, (_, j) => ({ j, ts: line(j, 900), ...maybe(0.1, 'k', pick(keys)), ...maybe(0.1, 'price', below(1000) / 4), n: below(5) }));
  const names = ['a', 'b', '😀', 'Q', 'a'].map((k, id) => ({ k, id, plan: pick(['gold', 'free']) }));
  const text = (records: readonly object[]): string => records.map((record) => `${JSON.stringify(record, (_, value: unknown) => typeof value === 'bigint' ? `#${value}` : value).replaceAll(/"#(\d+)"/g, '$1')}\n`).join('');
  writeFileSync(join(folder, 'events.ndjson'), text(events));
  writeFileSync(join(folder, 'clicks.ndjson'), text(clicks));
  writeFileSync(join(folder, 'names.ndjson'), text(names));
}

const schema = (properties: object, required: readonly string[]): Fields => fieldsOfJsonSchema(JSON.stringify({ type: 'object', properties, required }));
const integer = { type: 'integer' }, text = { type: 'string' };
export const schemas: ReadonlyMap<string, Fields> = new Map([
  ['events.ndjson', schema({ i: integer, ts: integer, at: { type: 'string', format: 'date-time' }, k: text, n: integer, amount: { type: 'number' }, x: { type: 'number' }, big: integer, ok: { type: 'boolean' },
    geo: { type: 'object', properties: { city: text, lat: integer } }, tags: { type: 'array', items: text }, s: text }, ['i', 'ts', 'at', 'big', 's'])],
  ['clicks.ndjson', schema({ j: integer, ts: integer, k: text, price: { type: 'number' }, n: integer }, ['j', 'ts', 'n'])],
  ['names.ndjson', schema({ k: text, id: integer, plan: text }, ['k', 'id', 'plan'])],
]);

/** A pipeline: a name, its text, and what an engine must know to be equal. `isLate`: late records change its result, so an engine that ignores watermarks gets data without them. */
export interface Case { readonly name: string; readonly text: string }
const stats = 'count() as n, count(amount) as na, sum(amount) as sum, avg(amount) as avg, min(amount) as min, max(amount) as max, sum(n) as sumn, avg(n) as avgn, sum(big) as sumbig';
const cases: Readonly<Record<string, string>> = {
  filter: "filter 'amount > 1 && !(ok == false)' events.ndjson",
  'filter-not': "filter -v 'n >= 1' events.ndjson",
  'three-valued': "map '{ i, a: ok && n > 0, b: ok || n > 0, c: !(n > 0), d: n == null, e: n != 2, f: ok ? 1 : 2, g: n ?? 0, h: k == \"a\" }' events.ndjson",
  arithmetic: "map '{ i, a: n * 2 + 1, b: n / 2, c: n % 2, d: amount / n, e: i % n, f: -n, g: amount * n - 0.5, h: big - 1, j: amount + n, l: i / 0, m: n ** 2 }' events.ndjson",
  'map-sets': "map 'amount * 2 as amount, i + 1 as next, geo.city as geo.town, null as none' events.ndjson",
  'map-fields': "map --rename 'k as key' --drop 'x, geo.city' events.ndjson",
  flatten: "map --flatten=_ events.ndjson",
  explode: "map --explode 'tags as tag' --drop tags events.ndjson",
  'explode-empty': "map --explode 'tags as tag' --keep-empty events.ndjson",
  text: "map '{ i, a: lower(s), b: upper(s), c: trim(s), d: length(k), e: slice(s, 1, 3), f: slice(s, -2), g: left(s, 3), h: right(s, 2), j: contains(s, \"a\"), l: starts_with(s, \"GET\"), m: ends_with(s, \"c\"), n: index_of(s, \"-\"), o: pad_start(s, 6, \"*\"), p: pad_end(s, 6), q: repeat(k, 2), r: k + \"!\", t: `${i}:${k}` }' events.ndjson",
  split: "map '{ i, parts: split(s, \"-\"), second: split(s, \"-\")[1], one: replace(s, \"-\", \"+\") }' events.ndjson",
  regex: "map '{ i, a: matches(s, /^[A-Z]+ \\/\\w/), b: extract(s, /\\d+/), c: extract(s, /(\\w)=(\\d)/, 2), d: replace(s, /([a-c])-/, \"<$1>\"), e: matches(s, /get/i) }' events.ndjson",
  numbers: "map '{ i, a: abs(amount), b: floor(amount), c: ceil(amount), d: trunc(amount), e: round(amount), f: round(amount, 2), g: sqrt(amount), h: sign(n), j: least(n, 2), l: greatest(amount, n), m: clamp(n, 0, 2), o: number(s), p: integer(amount) }' events.ndjson",
  times: "map '{ i, a: iso(ts), b: time(at) - ts, c: year(ts), d: hour(ts), e: minute(ts), f: weekday(ts), g: date(ts), h: floor_time(ts, \"10s\"), j: strftime(ts, \"%H:%M\") }' events.ndjson",
  choice: "map '{ i, a: k in [\"a\", \"b\", \"😀\"], b: n in [1, 2], c: coalesce(n, i), d: nullif(k, \"a\"), e: type(amount), f: amount > 1 ? \"high\" : amount > 0 ? \"low\" : null, g: \"u\" in tags, h: length(tags) }' events.ndjson",
  nested: "map '{ i, o: { k, sum: n + 1, in: { amount } }, l: [n, i], city: geo.city, first: tags[0] }' events.ndjson",
  spread: "map '{ ..._, k: lower(k) }' events.ndjson",
  'agg-all': `agg '${stats}' events.ndjson`,
  'agg-empty': `filter 'i < 0' events.ndjson | agg '${stats}, collect(n) as l'`,
  'agg-by': `agg '${stats} by k' events.ndjson`,
  'agg-by-many': "agg 'count() as n, distinct(i) as d, ratio(ok) as share by k, n as kind, amount > 1 as much' events.ndjson",
  'agg-where': "agg 'count() where ok as n, sum(amount) where n > 0 as s, count(amount > 1) as c, min(x) where k == \"a\" as m, any(ok) as any, all(ok) as all by geo.city as city' events.ndjson",
  'agg-order': "agg 'first(n) as f, last(n) as l, argmin(i, amount) as lo, argmax(i, amount) as hi, collect(n, 5) as some, collect_set(n) as set by k' events.ndjson",
  'agg-timed-order': "watermark --delay 1m events.ndjson | agg 'first(i) as f, last(i) as l, collect(i) as all by k'",
  'agg-ranks': "agg 'quantile_exact(i, 0.95) as p95, quantile_exact(n, 0.5) as p50, mode(n) as m by k' events.ndjson",
  'agg-topk': "agg 'topk(n, 2) as t by k' events.ndjson",
  'agg-moments': "agg 'variance(n) as v, stddev_sample(amount) as s, covar(n, i) as c by k' events.ndjson",
  'agg-doubles': "agg 'sum(x) as sum, avg(x) as avg, min(x) as lo, max(x) as hi by k' events.ndjson",
  tumble: `window 10s --delay 5s events.ndjson | agg '${stats} by k'`,
  'tumble-doubles': "window 10s --delay 5s events.ndjson | agg 'sum(x) as sum, avg(x) as avg by k'",
  'tumble-offset': "window 10s --offset 3s --epoch --delay 5s events.ndjson | agg 'count() as n'",
  'tumble-no-delay': "window 10s events.ndjson | agg 'count() as n by k'",
  'tumble-lateness': "window 10s --delay 1s --lateness 7s events.ndjson | agg 'count() as n by k'",
  'tumble-infinite': "window 10s --delay inf events.ndjson | agg 'count() as n by k'",
  'tumble-text-time': "window 10s --time at --delay 5s events.ndjson | agg 'count() as n, first(i) as f'",
  'tumble-filtered': "watermark --delay 2s events.ndjson | filter 'n > 0' | map '{ ts, k, v: n * 2 }' | watermark --delay 2s | window 10s | agg 'sum(v) as s by k'",
  'window-plain': "window 20s --delay 5s events.ndjson | map '{ i, window_start, window_end }'",
  hop: `window 20s/5s --delay 5s events.ndjson | agg '${stats} by k'`,
  'hop-odd': "window 10s/3s --delay 5s events.ndjson | agg 'count() as n by k'",
  cumulate: "window 20s^5s --delay 5s events.ndjson | agg 'count() as n, sum(amount) as s by k'",
  session: "window session 4s --delay 5s events.ndjson | agg 'count() as n, sum(amount) as s, first(i) as f, last(i) as l by k'",
  'session-all': "window session 500ms --delay 2s events.ndjson | agg 'count() as n'",
  'session-lateness': "window session 4s --delay 1s --lateness 3s events.ndjson | agg 'count() as n by k'",
  count: "window count 10 events.ndjson | agg 'count() as n, sum(i) as s by k'",
  'nested-windows': "window 5s --delay 5s events.ndjson | agg -m 'count() as n by k' | window 20s | agg 'sum(n) as n, max(n) as most by k'",
  'top-window': "window 10s --delay 5s events.ndjson | sort -k amount:desc --top 3",
  'top-window-ties': "window 10s --delay 5s events.ndjson | sort -k n:desc --top 2 --by k --ties",
  'top-after-agg': "window 10s --delay 5s events.ndjson | agg -m 'count() as n by k' | sort -k n:desc --top 2",
  sort: "sort -k 'k, amount:desc:nulls-first, n' events.ndjson",
  top: "sort -k amount:desc --top 7 events.ndjson",
  'top-by': "sort -k 'n:desc, i' --top 2 --by k events.ndjson",
  'by-time': "watermark --delay 3s events.ndjson | sort --by-time",
  dedup: "dedup -k 'k, n' events.ndjson",
  'dedup-last': "dedup -k 'k, n' --keep last events.ndjson",
  'dedup-last-within': "watermark --delay 5s events.ndjson | dedup -k k --keep last --within 1s",
  'join-table': "join --table -j k events.ndjson names.ndjson",
  'join-table-left': "join --table --left -j k events.ndjson names.ndjson",
  'join-table-as': "join --table --left -j k --as name events.ndjson names.ndjson",
  'join-semi': "join --semi -j k events.ndjson names.ndjson",
  'join-anti': "join --anti -j k events.ndjson names.ndjson",
  'join-bounded': "join -1 n -2 n <(map '{ i, n, k }' events.ndjson) <(map '{ j, n, k }' clicks.ndjson)",
  'join-full': "join --full -1 k -2 k <(filter 'i < 40' events.ndjson | map '{ i, k, n }') <(filter 'j < 40' clicks.ndjson | map '{ j, k, n }')",
  'join-interval': "join -j k --within -1s..3s --delay 5s events.ndjson clicks.ndjson",
  'join-interval-left': "join --left -j k --within 200ms --delay 5s events.ndjson clicks.ndjson",
  'join-interval-full': "join --full -j k --within 200ms --delay 5s <(map '{ i, ts, k }' events.ndjson) <(map '{ j, ts, k }' clicks.ndjson)",
  'join-interval-semi': "join --semi -j k --within 200ms --delay 5s events.ndjson clicks.ndjson",
  'join-asof': "join -j k --asof --delay 5s events.ndjson clicks.ndjson",
  'join-asof-left': "join -j k --asof --left --tolerance 2s --delay 5s events.ndjson clicks.ndjson",
  'join-window': "join -j k <(window 5s --delay 5s events.ndjson) <(window 5s --delay 5s clicks.ndjson)",
  'join-window-full': "join --full -j k <(window 5s --delay 5s events.ndjson | map --drop 'at, x, big, geo, tags, s, amount, ok, n') <(window 5s --delay 5s clicks.ndjson)",
  'join-window-anti': "join --anti -j k <(window 5s --delay 5s events.ndjson) <(window 5s --delay 5s clicks.ndjson)",
  'self-join': "join -j k --within 0s..1s --delay 5s <(filter 'n > 0' events.ndjson | map '{ i, ts, k, n, amount }') <(filter 'n < 0' events.ndjson | map '{ i, ts, k, n, amount }')",
  'join-agg': "join -j k --within 2s --delay 5s -p events.ndjson clicks.ndjson | agg 'count() as n, sum(price) as p by k'",
  'over-running': "watermark --delay 5s events.ndjson | agg --over 'sum(n) as s by k, count() as c by k, row_number() as r by k'",
  'over-range': "watermark --delay 5s events.ndjson | agg --over 'sum(n) as s by k range 2s, avg(amount) as a by k order ts range 2s, max(n) as m range 1s'",
  'over-rows': "watermark --delay 5s events.ndjson | agg --over 'sum(n) as s by k rows 3, lag(n) as before by k, lead(i, 2) as next by k, rank() as r by k, dense_rank() as d'",
};
export const pipelines: readonly Case[] = Object.entries(cases).map(([name, text]) => ({ name, text }));

/** What leat makes of a pipeline, and how many records were late. Errors: it failed. */
export async function byLeat(text: string, folder: string): Promise<{ readonly rows: string[]; readonly isLate: boolean }> {
  const { stdout, stderr, exit } = await shell(text, { cwd: folder, env: { PATH: `${bin}:${process.env['PATH'] ?? ''}` } });   // the tools' short names
  if (exit !== 0) throw new Error(`${text}\n${stderr}`);
  return { rows: rowsOf(Buffer.from(stdout).toString()), isLate: /\blate\b/.test(stderr) };
}

/** Records as texts that are equal where the records are: by value, null as missing, names in order. */
export const rowsOf = (ndjson: string): string[] => ndjson.split('\n').filter((line) => line.trim() !== '').map((line) => text1(JSON.parse(line.replaceAll(/(?<=[:[,]\s*)-?\d{16,}(?=\s*[,}\]])/g, '"#$&"')) as unknown)).sort();
function text1(value: unknown): string {
  if (Array.isArray(value)) return `[${value.map(text1).join(',')}]`;
  if (typeof value === 'object' && value !== null) return `{${Object.entries(value).filter(([, each]) => each !== null).sort(([a], [b]) => a < b ? -1 : 1).map(([name, each]) => `${JSON.stringify(name)}:${text1(each)}`).join(',')}}`;
  if (typeof value === 'string' && value.startsWith('#')) { const whole = BigInt(value.slice(1)); return Number.isSafeInteger(Number(whole)) ? String(Number(whole)) : String(whole); }
  return typeof value === 'number' ? String(value + 0) : JSON.stringify(value);
}

/** Rows of one side alone, for messages; undefined: equal. `digits`: of doubles that are compared (all, if not given). */
export function difference(ours: readonly string[], theirs: readonly string[], digits = 17): string | undefined {
  const round = (rows: readonly string[]): string[] => digits >= 17 ? [...rows] : rows.map((row) => row.replaceAll(/-?\d+\.\d+(?:e[+-]?\d+)?|-?\d+e[+-]?\d+/g, (x) => String(Number(Number(x).toPrecision(digits))))).sort();
  const left = new Map<string, number>(), a = round(ours), b = round(theirs);
  for (const row of a) left.set(row, (left.get(row) ?? 0) + 1);
  const extra: string[] = [];
  for (const row of b) { const n = left.get(row) ?? 0; if (n > 0) left.set(row, n - 1); else extra.push(row); }
  const missing = [...left].filter(([, n]) => n > 0).map(([row]) => row);
  return missing.length === 0 && extra.length === 0 ? undefined : `${a.length} rows of leat, ${b.length} there\n  leat alone (${missing.length}): ${missing.slice(0, 3).join('\n    ')}\n  there alone (${extra.length}): ${extra.slice(0, 3).join('\n    ')}`;
}
