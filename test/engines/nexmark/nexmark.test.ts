// Every NEXMARK query that leat has (examples/nexmark) gives the rows that DuckDB gives for the published SQL: in order and out of order, with many bids of one ms, and with bids that are late.
import { createHash } from 'node:crypto';
import { readFileSync } from 'node:fs';
import t from 'tap';
import type { Test } from 'tap';
import { seedOf } from '../../harness/random.js';
import { defaults, events, files, streams } from './generate.js';
import { house, queries } from './queries.js';

const seed = seedOf(), beforeMidnight = 1_795_219_110_000;   // 2026-11-20T23:58:30Z: queries 15 to 17 see two days
t.comment(`SEED=${seed}`);

t.test('the generator', async (t) => {
  const out = files({ ...defaults, events: 5000 }), count = (text: string): number => text.split('\n').length - 1;
  t.same(streams.map((stream) => count(out[stream])), [100, 300, 4600], '1 person, 3 auctions and 46 bids in 50 events');
  t.equal(createHash('sha256').update(out.person + out.auction + out.bid).digest('hex').slice(0, 16), '186ca3d4ca8fce2f', 'the bytes of seed 1 are the same everywhere');
  const story = files({ ...defaults, events: 1000, rate: 20, disorder: 40, baseTime: 1_795_219_181_000 });
  for (const stream of streams) t.ok(readFileSync(`examples/nexmark/${stream}.ndjson`, 'utf8') === story[stream], `examples/nexmark/${stream}.ndjson is what it makes`);
  const all = [...events({ ...defaults, events: 2000, disorder: 100 })], ids = (stream: string): unknown[] => all.filter(([name]) => name === stream).map(([, { id }]) => id).sort();
  t.same([ids('person'), ids('auction')], [Array.from({ length: 40 }, (_, i) => 1000 + i), Array.from({ length: 120 }, (_, i) => 1000 + i)], 'ids are from 1000, each once, also out of order');
  const times = all.map(([, { dateTime }]) => Number(dateTime));
  let last = 0, behind = 0;
  for (const time of times) { behind = Math.max(behind, last - time); last = Math.max(last, time); }
  t.ok(behind > 500 && behind < 1000, 'disorder of 100 at 100 a second is less than a second');
});

const listed = ['q0', 'q1', 'q2', 'q3', 'q4', 'q5', 'q7', 'q8', 'q9', 'q11', 'q14', 'q15', 'q16', 'q17', 'q18', 'q19', 'q20', 'q22'];
t.same(queries, listed, 'the queries are there');

async function compare(t: Test, name: string, options: Partial<typeof defaults>, which: readonly string[], isLate: boolean): Promise<void> {
  await t.test(name, async (t) => {
    const place = await house({ ...defaults, seed, baseTime: beforeMidnight, ...options });
    for (const query of which) {
      const [{ rows, stderr }, expected] = await Promise.all([place.leat(query), place.duckdb(query)]);
      t.ok(expected.length > 0, `${query} has rows`);
      const missing = less(expected, rows), tooMany = less(rows, expected);
      t.same({ missing: missing.slice(0, 3), tooMany: tooMany.slice(0, 3) }, { missing: [], tooMany: [] }, `${query}: ${rows.length} rows, ${missing.length} missing and ${tooMany.length} too many`);
      if (isLate) t.match(stderr, /late/, `${query} had late records`); else t.notMatch(stderr, /late/, `${query} had none late`);
    }
    place.close();
  });
}

/** Of two sorted lists, what the first one has more of. */
function less(from: readonly string[], what: readonly string[]): string[] {
  const counts = new Map<string, number>();
  for (const row of what) counts.set(row, (counts.get(row) ?? 0) + 1);
  return from.filter((row) => { const n = counts.get(row) ?? 0; counts.set(row, n - 1); return n <= 0; });
}

await compare(t, 'out of order, nothing late', { events: 20_000, disorder: 300 }, listed, false);
await compare(t, 'many events of one ms', { events: 10_000, rate: 5000, disorder: 40 }, listed, false);
await compare(t, 'late records', { events: 20_000, disorder: 1000, baseTime: beforeMidnight + 5000 }, ['q5', 'q7', 'q8', 'q11'], true);
