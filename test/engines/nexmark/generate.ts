// Events of the NEXMARK benchmark: people, auctions and bids of an auction house, in the schema and the proportions of the published generator (github.com/nexmark/nexmark: 1 person, 3 auctions and
// 46 bids in 50 events; ids from 1000, categories 10 to 14, hot sellers, bidders and auctions; disorder by groups). The random numbers are our own: each event has its seed from its number,
// so equal options give equal bytes on every machine. Money is whole cents, times are ms. It writes, it does not judge: what queries make of it is in queries.ts.
//
//   node dist/test/engines/nexmark/generate.js [--seed=1] [--events=20000] [--rate=100] [--base-time=MS] [--disorder=1] DIR      person.ndjson, auction.ndjson, bid.ndjson in DIR
import { mkdirSync, writeFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { fileURLToPath } from 'node:url';

export interface Options {
  readonly seed: number;
  readonly events: number;
  /** Events in a second of event time. */
  readonly rate: number;
  /** Time of the first event, ms. */
  readonly baseTime: number;
  /** Within groups of so many events the order is another; 1: none. No multiple of 953. */
  readonly disorder: number;
}

export const defaults: Options = { seed: 1, events: 20_000, rate: 100, baseTime: 1_795_132_800_000 /* 2026-11-20T00:00:00Z */, disorder: 1 };
export const streams = ['person', 'auction', 'bid'] as const;
export type Stream = (typeof streams)[number];

const PEOPLE = 1, AUCTIONS = 3, TOTAL = 50, FIRST_ID = 1000, FIRST_CATEGORY = 10, CATEGORIES = 5, ID_LEAD = 10, BATCH = 100, IN_FLIGHT = 100, ACTIVE_PEOPLE = 1000;
const HOT_AUCTIONS = 2, HOT_SELLERS = 4, HOT_BIDDERS = 4, HOT_CHANNELS = 2, CHANNELS = 10_000, PERSON_BYTES = 200, AUCTION_BYTES = 500, BID_BYTES = 100;
const STATES = ['AZ', 'CA', 'ID', 'OR', 'WA', 'WY'], CITIES = ['Phoenix', 'Los Angeles', 'San Francisco', 'Boise', 'Portland', 'Bend', 'Redmond', 'Seattle', 'Kent', 'Cheyenne'];
const FIRST_NAMES = ['Peter', 'Paul', 'Luke', 'John', 'Saul', 'Vicky', 'Kate', 'Julie', 'Sarah', 'Deiter', 'Walter'];
const LAST_NAMES = ['Shultz', 'Abrams', 'Spencer', 'White', 'Bartels', 'Walton', 'Smith', 'Jones', 'Noris'], HOT_CHANNEL_NAMES = ['Google', 'Facebook', 'Baidu', 'Apple'];
/** 10 ** (6 / 2 ** k) for k = 1…20: a power of ten is a product of these, so no machine's pow() can show. */
const POWERS = [1000, 31.622776601683793, 5.623413251903491, 2.371373705661655, 1.5399265260594919, 1.2409377607517196, 1.1139738599948024, 1.055449600878603, 1.0273507681793026, 1.0135831333340657,
  1.0067686592927223, 1.0033786221027048, 1.0016878865708143, 1.0008435874655013, 1.000421704815275, 1.0002108301829544, 1.000105409535892, 1.0000527033791229, 1.0000263513423648, 1.0000131755843844];

/** Whole numbers from 0 to below n: two rounds of murmur's mixing of (seed, event, count). */
class Dice {
  private state: number;
  constructor(seed: number, event: number) { this.state = mix(mix(seed ^ 0x9e3779b9) ^ event); }
  below(n: number): number { return Math.floor(this.bits() / 4294967296 * n); }
  bits(): number { this.state = (this.state + 0x9e3779b9) | 0; return mix(this.state) >>> 0; }
  pick<T>(from: readonly T[]): T { return from[this.below(from.length)]!; }   // `!`: below() stays inside; nobody picks from nothing
  /** 100 to 100 000 000 cents, as many of each order of magnitude. */
  price(): number {
    let power = 100;
    for (let k = 0, bits = this.bits(); k < POWERS.length; k++, bits <<= 1) if ((bits & 0x80000000) !== 0) power *= POWERS[k]!;   // `!`: k is an index of it
    return Math.round(power);
  }
  letters(length: number): string {
    let out = '';
    for (let i = 0; i < length; i++) { const letter = this.below(27); out += letter === 26 ? ' ' : String.fromCharCode(97 + letter); }
    return out;
  }
  text(longest: number): string { return this.letters(3 + this.below(longest - 2)).trim(); }
  /** Fills a record up to about so many bytes. */
  extra(now: number, wanted: number): string { const spread = Math.round(wanted * 0.2); return this.letters(Math.max(0, wanted - spread + this.below(2 * spread) - now)); }
}

function mix(x: number): number {
  x = Math.imul(x ^ (x >>> 16), 0x85ebca6b); x = Math.imul(x ^ (x >>> 13), 0xc2b2ae35);
  return x ^ (x >>> 16);
}

/** The number of the event that comes as the n-th. */
const numberOf = (n: number, group: number): number => Math.floor(n / group) * group + n * 953 % group;
/** The last person, and the last auction, that is there when an event is made; from 0. */
const lastPerson = (event: number): number => Math.floor(event / TOTAL) * PEOPLE + Math.min(event % TOTAL, PEOPLE - 1);
function lastAuction(event: number): number {
  const round = Math.floor(event / TOTAL), at = event % TOTAL;
  return at < PEOPLE ? round * AUCTIONS - 1 : round * AUCTIONS + Math.min(at - PEOPLE, AUCTIONS - 1);
}

/** One event after another, with the stream it belongs to. */
export function* events({ seed, events: count, rate, baseTime, disorder }: Options): Generator<readonly [Stream, Readonly<Record<string, string | number>>]> {
  if (disorder % 953 === 0) throw new Error('--disorder may be no multiple of 953: events would repeat');
  const timeOf = (event: number): number => baseTime + Math.floor(event * 1000 / rate);
  for (let n = 0; n < count; n++) {
    const event = numberOf(n, disorder), at = event % TOTAL, dateTime = timeOf(event), dice = new Dice(seed, event);
    yield at < PEOPLE ? ['person', person(event, dateTime, dice)] : at < PEOPLE + AUCTIONS ? ['auction', auction(event, dateTime, dice, timeOf)] : ['bid', bid(event, dateTime, dice)];
  }
}

function person(event: number, dateTime: number, dice: Dice): Record<string, string | number> {
  const name = `${dice.pick(FIRST_NAMES)} ${dice.pick(LAST_NAMES)}`, emailAddress = `${dice.text(7)}@${dice.text(5)}.com`;
  const creditCard = Array.from({ length: 4 }, () => String(dice.below(10_000)).padStart(4, '0')).join(' '), city = dice.pick(CITIES), state = dice.pick(STATES);
  const size = 8 + name.length + emailAddress.length + creditCard.length + city.length + state.length;
  return { id: FIRST_ID + lastPerson(event), name, emailAddress, creditCard, city, state, dateTime, extra: dice.extra(size, PERSON_BYTES) };
}

/** One of the people of late, or one that is not there yet: a stream whose events have been swapped. */
function somePerson(event: number, dice: Dice): number {
  const people = lastPerson(event) + 1, active = Math.min(people, ACTIVE_PEOPLE);
  return people - active + dice.below(active + ID_LEAD);
}

function auction(event: number, dateTime: number, dice: Dice, timeOf: (event: number) => number): Record<string, string | number> {
  const isHot = dice.below(HOT_SELLERS) > 0, seller = FIRST_ID + (isHot ? Math.floor(lastPerson(event) / BATCH) * BATCH : somePerson(event, dice)), category = FIRST_CATEGORY + dice.below(CATEGORIES);
  const initialBid = dice.price(), horizon = timeOf(event + Math.floor(IN_FLIGHT * TOTAL / AUCTIONS)) - dateTime, expires = dateTime + 1 + dice.below(Math.max(horizon * 2, 1));
  const itemName = dice.text(20), description = dice.text(100), reserve = initialBid + dice.price();
  return {
    id: FIRST_ID + lastAuction(event), itemName, description, initialBid, reserve, dateTime, expires, seller, category,
    extra: dice.extra(48 + itemName.length + description.length, AUCTION_BYTES),
  };
}

function bid(event: number, dateTime: number, dice: Dice): Record<string, string | number> {
  const last = lastAuction(event), first = Math.max(last - IN_FLIGHT, 0);
  const auction = FIRST_ID + (dice.below(HOT_AUCTIONS) > 0 ? Math.floor(last / BATCH) * BATCH : first + dice.below(last - first + 1 + ID_LEAD));
  const bidder = FIRST_ID + (dice.below(HOT_BIDDERS) > 0 ? Math.floor(lastPerson(event) / BATCH) * BATCH + 1 : somePerson(event, dice));
  const price = dice.price(), isHot = dice.below(HOT_CHANNELS) > 0, number = dice.below(CHANNELS);
  const channel = isHot ? dice.pick(HOT_CHANNEL_NAMES) : `channel-${number}`, path = Array.from({ length: 3 }, () => dice.letters(5).replaceAll(' ', '_')).join('/');
  const url = `https://www.nexmark.com/${path}/item.htm?query=1${!isHot && number % 10 > 0 ? `&channel_id=${number}` : ''}`;
  return { auction, bidder, price, channel, url, dateTime, extra: dice.extra(32, BID_BYTES) };
}

/** What the three files hold. */
export function files(options: Options): Record<Stream, string> {
  const out: Record<Stream, string[]> = { person: [], auction: [], bid: [] };
  for (const [stream, record] of events(options)) out[stream].push(`${JSON.stringify(record)}\n`);
  return { person: out.person.join(''), auction: out.auction.join(''), bid: out.bid.join('') };
}

function main(words: readonly string[]): void {
  const options: Record<string, number> = {};
  let folder = '.';
  for (const word of words) {
    const [, name, value] = /^--(seed|events|rate|base-time|disorder)=(\d+)$/.exec(word) ?? [];
    if (name !== undefined) options[name === 'base-time' ? 'baseTime' : name] = Number(value);
    else if (word.startsWith('-')) { console.error(`unknown option ${word}; there are --seed=N --events=N --rate=N --base-time=MS --disorder=N`); process.exitCode = 64; return; }
    else folder = word;
  }
  mkdirSync(folder, { recursive: true });
  for (const [stream, text] of Object.entries(files({ ...defaults, ...options }))) writeFileSync(join(folder, `${stream}.ndjson`), text);
}

if (process.argv[1] !== undefined && resolve(process.argv[1]) === fileURLToPath(import.meta.url)) main(process.argv.slice(2));
