// The records that pipelines are compared on: made, with a seed, out of order by less than 5 s, so that --delay 5s has none late and --delay 1s has many. On purpose: null and missing keys, "", 😀 and quotes as keys,
// times on a grid of 100 ms (so that W = end, and gaps of exactly 4 s, happen often), doubles that are sums of powers of two (`amount`) and such that are not (`x`), integers beyond 2^53, a user id twice.
// And NEXMARK's streams. bindingOf() names their fields.
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { dice } from '../harness/random.js';
import { defaults, files as nexmark } from './nexmark/generate.js';

const START = 1_795_132_790_000;   // 2026-11-19T23:59:50Z: windows of a day see two days
const EVENTS = 4000, CLICKS = 2000, STEP = 100, DISORDER = 4900;

/** Whole numbers of STEP ms, nearly in order: each record comes up to DISORDER late, and none is later. */
function times(count: number, spread: number, below: (n: number) => number): number[] {
  const all = Array.from({ length: count }, (_, i) => ({ ts: START + Math.floor(i * spread / count / STEP) * STEP, comes: 0, i }));
  for (const each of all) each.comes = each.ts + below(DISORDER);
  return all.sort((a, b) => a.comes - b.comes || a.i - b.i).map(({ ts }) => ts);
}

const lines = (records: readonly object[]): string => records.map((record) => `${JSON.stringify(record)}\n`).join('');

/** Files by name. */
export function inputs(seed: number): Readonly<Record<string, string>> {
  const { below, pick, chance } = dice(seed), spread = 10 * 60_000;
  const key = (): object => chance(0.06) ? {} : { k: chance(0.04) ? null : pick(['a', 'b', 'c', 'd', 'e', '', '😀', 'Zürich', 'it\'s "so"\\']) };
  const user = (): number | null => chance(0.03) ? null : 1 + below(60);
  const events = times(EVENTS, spread, below).map((ts, i) => ({
    i: i + 1, ts, ...key(), user: user(), kind: pick(['view', 'view', 'view', 'cart', 'buy']), amount: chance(0.05) ? null : below(60 * 1024) / 1024,
    x: chance(0.05) ? null : (below(2_000_000) - 1_000_000) / 7 * 10 ** (below(9) - 4), n: below(15) - 5, big: 9_007_199_254_740_000 + below(100_000), ...chance(0.1) ? {} : { ok: pick([true, false, null]) },
    geo: { city: pick(['Paris', 'Oslo', 'Bern']), zip: String(below(100)).padStart(5, '0') }, at: new Date(ts).toISOString(),
    sec: ts / 1000, ...chance(0.1) ? {} : { tags: Array.from({ length: below(4) }, () => pick(['new', 'sale', 'x', 'Ü'])) },
  }));
  const clicks = times(CLICKS, spread, below).map((ts, i) => ({ j: i + 1, ts, ...key(), user: user(), price: below(100) }));
  const users = [...Array.from({ length: 50 }, (_, i) => i + 4), 7].map((id, row) => ({ id, name: `user ${id}`, plan: pick(['free', 'gold', null]), row }));
  const house = nexmark({ ...defaults, seed, events: 6000, rate: 100, disorder: 300, baseTime: START });
  return { 'events.ndjson': lines(events), 'clicks.ndjson': lines(clicks), 'users.ndjson': lines(users), ...Object.fromEntries(Object.entries(house).map(([name, text]) => [`${name}.ndjson`, text])) };
}

type Schema = { readonly [name: string]: string | readonly [string] | Schema };
/** Fields by input, for bindings. A ? behind the type: may be null or missing. */
export const schemas: Readonly<Record<string, Schema>> = {
  'events.ndjson': {
    i: 'integer', ts: 'integer', k: 'string?', user: 'integer?', kind: 'string', amount: 'number?', x: 'number?', n: 'integer', big: 'integer', ok: 'boolean?', geo: { city: 'string', zip: 'string' }, at: 'time', sec: 'number', tags: ['string'],
  },
  'clicks.ndjson': { j: 'integer', ts: 'integer', k: 'string?', user: 'integer?', price: 'integer' },
  'users.ndjson': { id: 'integer', name: 'string', plan: 'string?', row: 'integer' },
  'person.ndjson': { id: 'integer', name: 'string', emailAddress: 'string', creditCard: 'string', city: 'string', state: 'string', dateTime: 'integer', extra: 'string' },
  'auction.ndjson': {
    id: 'integer', itemName: 'string', description: 'string', initialBid: 'integer', reserve: 'integer', dateTime: 'integer', expires: 'integer', seller: 'integer', category: 'integer', extra: 'string',
  },
  'bid.ndjson': { auction: 'integer', bidder: 'integer', price: 'integer', channel: 'string', url: 'string', dateTime: 'integer', extra: 'string' },
};

/** The binding file of a text: what it reads, and nothing else. */
export const bindingOf = (text: string): string =>
  `${JSON.stringify({ inputs: Object.fromEntries(Object.entries(schemas).filter(([name]) => text.includes(name)).map(([name, schema]) => [name, { file: name, schema }])) }, undefined, 1)}\n`;

/** Writes the files into a folder. */
export function lay(folder: string, seed: number): void { for (const [name, text] of Object.entries(inputs(seed))) writeFileSync(join(folder, name), text); }
