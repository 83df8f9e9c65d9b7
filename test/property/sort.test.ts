// The external sorter against a stable sort of JavaScript with a comparator of its own: values of all types, several keys and directions, sections that are read in between,
// memory so small that runs are merged again and again, both kernels.
import { tmpdir } from 'node:os';
import t from 'tap';
import { makeScanner } from '../../lib/kernel/index.js';
import type { Column } from '../../lib/record/batch.js';
import { Pack, Unpack } from '../../lib/record/pack.js';
import { SortedRows } from '../../lib/state/sorted.js';
import type { Lines, Order } from '../../lib/state/sorted.js';
import { spills } from '../harness/place.js';
import { dice, seedOf } from '../harness/random.js';
import type { Dice } from '../harness/random.js';

const seed = seedOf();
t.comment(`SEED=${seed}`);

// Values as the model knows them: a number is mantissa × 10^exponent, exactly; a string its code points.
type Value = { readonly text: string } & ({ readonly is: 'null' | 'false' | 'true' } | { readonly is: 'number'; readonly mantissa: bigint; readonly exponent: number } | { readonly is: 'string'; readonly points: readonly number[] }
  | { readonly is: 'array'; readonly items: readonly Value[] } | { readonly is: 'object'; readonly members: ReadonlyMap<string, Value> });
const ranks = ['null', 'false', 'true', 'number', 'string', 'array', 'object'];

function compare(a: Value, b: Value): number {
  if (a.is !== b.is) return ranks.indexOf(a.is) - ranks.indexOf(b.is);
  if (a.is === 'number' && b.is === 'number') {
    const least = Math.min(a.exponent, b.exponent), x = a.mantissa * 10n ** BigInt(a.exponent - least), y = b.mantissa * 10n ** BigInt(b.exponent - least);
    return x < y ? -1 : x > y ? 1 : 0;
  }
  if (a.is === 'string' && b.is === 'string') return lists(a.points, b.points, (x, y) => x - y);
  if (a.is === 'array' && b.is === 'array') return lists(a.items, b.items, compare);
  if (a.is === 'object' && b.is === 'object') {
    const sorted = (of: ReadonlyMap<string, Value>): [string, Value][] => [...of].filter(([, value]) => value.is !== 'null').sort(([x], [y]) => x < y ? -1 : 1), x = sorted(a.members), y = sorted(b.members);   // keys are ASCII here
    const keys = lists(x.map(([key]) => key), y.map(([key]) => key), (p, q) => p < q ? -1 : p > q ? 1 : 0);
    return keys !== 0 ? keys : lists(x.map(([, value]) => value), y.map(([, value]) => value), compare);
  }
  return 0;
}
function lists<T>(a: readonly T[], b: readonly T[], each: (x: T, y: T) => number): number {
  for (let i = 0; i < a.length && i < b.length; i++) { const order = each(a[i], b[i]); if (order !== 0) return order; }
  return a.length - b.length;
}

/** A decimal text that a double says exactly, or an integer, or one beyond all doubles: what leat compares exactly. */
function number(roll: Dice): Value {
  const make = (text: string): Value => {
    const [, sign = '', whole = '', fraction = '', exponent = '0'] = /^(-?)(\d+)(?:\.(\d+))?(?:[eE]([+-]?\d+))?$/.exec(text) ?? [];
    return { is: 'number', text, mantissa: BigInt(`${sign}${whole}${fraction}`), exponent: Number(exponent) - fraction.length };
  };
  const sign = roll.chance(0.3) ? '-' : '', small = String(roll.below(20));
  return make(roll.pick([() => `${sign}${small}`, () => `${sign}${small}.0`, () => `${sign}${roll.below(50) / 8}`, () => `${sign}${small}e2`, () => `${sign}${9007199254740990 + roll.below(10)}`,
    () => `${sign}1844674407370955161${roll.below(10)}`, () => `${sign}1e40${roll.below(4)}`, () => `${sign}${'7'.repeat(20 + roll.below(3))}`, () => '-0', () => `${sign}4.5e15`, () => `${sign}9.007199254740994e15`])());
}

function string(roll: Dice): Value {
  const parts = roll.pick([() => [], () => ['/api/v1/', roll.pick(['a', 'b', 'ab', ''])], () => Array.from({ length: roll.below(9) }, () => roll.pick(['a', 'b', 'é', '\u{fffd}', '\u{1f600}', '\u{1f601}', '"', '\\', '\u0000', '\u007f', '\ud800'])), () => ['x'.repeat(roll.below(40))]])();
  const text = parts.join(''), points = [...text].map((char) => char.codePointAt(0)!);   // `!`: characters have one
  return { is: 'string', points, text: roll.chance(0.2) ? `"${[...text].flatMap((char) => [...Array(char.length).keys()].map((i) => `\\u${char.charCodeAt(i).toString(16).padStart(4, '0')}`)).join('')}"` : JSON.stringify(text) };
}

function value(roll: Dice, kinds: readonly string[], depth = 0): Value {
  switch (depth > 1 ? 'number' : roll.pick(kinds)) {
    case 'null': return { is: 'null', text: 'null' };
    case 'boolean': return roll.chance(0.5) ? { is: 'true', text: 'true' } : { is: 'false', text: 'false' };
    case 'string': return string(roll);
    case 'array': { const items = Array.from({ length: roll.below(3) }, () => value(roll, kinds, depth + 1)); return { is: 'array', items, text: `[${items.map(({ text }) => text).join(roll.pick([',', ' , ']))}]` }; }
    case 'object': {
      const all = Array.from({ length: roll.below(4) }, () => [roll.pick(['a', 'b', 'c']), value(roll, kinds, depth + 1)] as const);
      return { is: 'object', members: new Map(all), text: `{${all.map(([key, { text }]) => `"${key}":${text}`).join(',')}}` };
    }
    default: return number(roll);
  }
}

interface Row { readonly text: string; readonly keys: readonly Value[]; readonly section: number }
const missing: Value = { is: 'null', text: '' };

function round(roll: Dice): string | undefined {
  const keys = 1 + roll.below(3), kinds = roll.pick([['number'], ['string'], ['null', 'number'], ['number', 'number', 'string', 'null', 'boolean', 'array', 'object']]);
  const orders: Order[] = Array.from({ length: keys }, () => ({ desc: roll.chance(0.4), nulls: roll.pick(['first', 'last'] as const) }));
  const sections = roll.chance(0.5) ? 1 : 1 + roll.below(4), top = roll.chance(0.4) ? { rows: 1 + roll.below(roll.pick([3, 60])), ties: roll.chance(0.5) } : undefined;
  const memoryBytes = roll.pick([1, 20_000, 40_000, 130_000, 200_000, 400_000, 1 << 24]), fanIn = roll.pick([2, 2, 3, 5, 60]), pad = roll.pick([0, 40, 400]), long = roll.chance(0.1) ? 30_000 : 0;
  let spilled = 0;
  const isSaved = roll.chance(0.4), make = (): SortedRows => new SortedRows(orders, { memoryBytes, tmp: tmpdir(), spilled: (bytes) => { spilled += bytes; }, ...isSaved ? { kept: spills() } : {} }, { top, fanIn });
  let sorter = make();
  let other!: SortedRows;
  const share = (): void => { other = new SortedRows(orders, { memoryBytes: roll.pick([1, 130_000, 1 << 24]), tmp: tmpdir(), spilled: () => { /* not counted */ } }, { pool: sorter.pool }); };
  share();
  const reborn = (): void => {
    const out = new Pack();
    sorter.save(out);
    other.close(); sorter.close();
    sorter = make(); share();
    sorter.restore(new Unpack(out.done()));
  };
  const order = (a: Row, b: Row): number => {
    for (let c = 0; c < keys; c++) {
      const x = a.keys[c], y = b.keys[c], { desc, nulls } = orders[c];
      if ((x.is === 'null') !== (y.is === 'null')) return (x.is === 'null') === (nulls === 'first') ? -1 : 1;
      const difference = compare(x, y);
      if (difference !== 0) return desc ? -difference : difference;
    }
    return 0;
  };
  const wanted = (rows: readonly Row[]): string[] => {
    const all = [...rows].sort(order), count = top === undefined ? all.length : top.rows;
    return all.filter((row, i) => i < count || (top?.ties === true && order(all[count - 1], row) === 0)).map(({ text }) => text);
  };
  const scanner = makeScanner({ paths: ['a', 'b', 'c'].slice(0, keys).map((name) => [name]), rowsMax: roll.pick([1, 7, 1000]) });
  scanner.begin();
  const kept: Row[][] = Array.from({ length: sections }, () => []);
  const check = (section: number): string | undefined => {
    const got: string[] = [], expected = wanted(kept[section]), way = roll.below(4);
    const take: Lines = (bytes, start, end, count) => {
      const lines = Buffer.from(bytes.subarray(start, end)).toString().split('\n');
      if (lines.pop() !== '' || lines.length !== count) throw new Error('lines are counted, each with LF');
      got.push(...lines);
    };
    if (way === 0) sorter.drain(section, take);
    else if (way === 3) { sorter.visit(section, (rows, id) => other.addFrom(rows, id, 0)); other.drain(0, take); }
    else if (way === 1) sorter.visit(section, (rows, id) => { got.push(Buffer.from(sorter.pool.bytes.subarray(rows.start[id], rows.end[id])).toString()); });
    else { const reading = sorter.read(section); while (reading.next()) got.push(Buffer.from(reading.bytes.subarray(reading.start, reading.end)).toString()); reading.close(); if (top !== undefined) got.splice(expected.length); }
    kept[section] = [];
    if (got.join('\n') === expected.join('\n')) return undefined;
    const at = expected.findIndex((text, i) => text !== got[i]);
    return `section ${section}, ${['drain', 'visit', 'read', 'through another sorter'][way]}, orders ${JSON.stringify(orders)}, memory ${memoryBytes}, fan-in ${fanIn}, top ${JSON.stringify(top)}, spilled ${spilled}: ${expected.length} rows expected, ${got.length} came; row ${at}: expected ${expected[at]}, got ${got[at]}`;
  };
  for (let batches = 1 + roll.below(roll.pick([8, 8, 40])); batches > 0; batches--) {
    const rows = Array.from({ length: roll.below(roll.pick([4, 150])) }, (_, i): Row => {
      const own = Array.from({ length: keys }, () => roll.chance(0.1) ? missing : value(roll, kinds));
      return { keys: own, section: roll.below(sections), text: `{${[...own.flatMap(({ text }, c) => text === '' ? [] : [`"${'abc'[c]}":${text}`]), `"i":${batches * 1000 + i}`, `"pad":"${'p'.repeat(roll.below(pad + 1) + (roll.chance(0.01) ? long : 0))}"`].join(',')}}` };
    });
    const bytes = Buffer.from(rows.map(({ text }) => `${text}\n`).join(''));
    if (bytes.length === 0) continue;
    scanner.room(bytes.length).set(bytes);
    scanner.filled(bytes.length);
    let at = 0;
    for (let piece = scanner.next(); piece !== undefined; piece = scanner.next()) {
      const records: Column = { tag: new Uint8Array(piece.count).fill(7), number: new Float64Array(piece.count), start: piece.start, end: piece.end, bytes: piece.bytes, escaped: true };
      const all = Uint32Array.from({ length: piece.count }, (_, i) => i), from = at;
      if (sections === 1) sorter.addAll(records, all, piece.count, piece.columns);
      else sorter.addAll(records, all, piece.count, piece.columns, Uint32Array.from(all, (i) => rows[from + i].section));
      at += piece.count;
    }
    for (const row of rows) kept[row.section].push(row);
    if (isSaved && roll.chance(0.5)) reborn();
    if (roll.chance(0.3)) { const wrong = check(roll.below(sections)); if (wrong !== undefined) return wrong; }
  }
  for (let section = 0; section < sections; section++) { const wrong = check(section); if (wrong !== undefined) return wrong; }
  other.close(); sorter.close(); scanner.close();
  return undefined;
}

for (const kernel of ['fast', 'reference']) {
  t.test(`any records, any memory: ${kernel} kernel`, async (t) => {
    if (kernel === 'reference') process.env['LEAT_KERNEL'] = 'reference';
    const rounds = kernel === 'fast' ? 300 : 60;
    let bad = 0;
    for (let i = 0; i < rounds && bad < 3; i++) {
      const wrong = round(dice(seed + i));
      if (wrong !== undefined) { bad++; t.fail(`round ${i} (SEED=${seed + i} is its first): ${wrong}`); }
    }
    t.equal(bad, 0, `${rounds} rounds`);
    delete process.env['LEAT_KERNEL'];
  });
}
