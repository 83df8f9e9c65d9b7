// agg --over against a naive model: for each record its frame is looked for in a sorted list, and the aggregate is folded from nothing. Cut in every way the bytes are the
// same; shuffled within the delay only the order of equal times can change.
import t from 'tap';
import { runText } from '../../lib/cli/in-process.js';
import { spills } from '../harness/place.js';
import { dice, seedOf } from '../harness/random.js';
import { fold } from '../unit/agg-fold.js';

const seed = seedOf(), roll = dice(seed);
interface Row { readonly ts: number; readonly k: string; readonly x: string; readonly keep: boolean; readonly line: string }
type Frame = { readonly kind: 'rows' | 'range'; readonly preceding: number };

/** Aggregates with the values that follow the argument, and whether two arguments are taken. */
const aggregates: readonly (readonly [text: string, name: string, params?: readonly number[], twice?: boolean])[] = [
  ['count(x)', 'count'], ['sum(x)', 'sum'], ['avg(x)', 'avg'], ['min(x)', 'min'], ['max(x)', 'max'], ['first(x)', 'first'], ['last(x)', 'last'], ['distinct(x)', 'distinct'], ['distinct_approx(x)', 'distinct_approx'],
  ['p90(x)', 'p90'], ['quantile_exact(x, 0.5)', 'quantile_exact', [0.5]], ['mode(x)', 'mode'], ['topk(x, 2)', 'topk', [2]], ['collect(x)', 'collect'], ['collect_set(x)', 'collect_set'],
  ['histogram(x, 10)', 'histogram', [10]], ['variance(x)', 'variance'], ['stddev_sample(x)', 'stddev_sample'], ['argmax(ts, x)', 'argmax', [], true], ['ratio(x)', 'ratio'], ['corr(ts, x)', 'corr', [], true],
];

function stream(count: number, keys: number, disorder: number, step: number): Row[] {
  let clock = 0;
  return Array.from({ length: count }, (_, i) => {
    clock += roll.below(step + 1) + (roll.chance(0.01) ? 200 : 0);
    const ts = clock - roll.below(disorder + 1), k = `k${roll.below(keys)}`, x = roll.pick([String(roll.below(40)), String(roll.below(8)), '1.0', '0.1', 'null', String(roll.below(4)), `${roll.below(30)}.5`, '9007199254740993']), keep = roll.chance(0.6);
    return { ts, k, x, keep, line: `{"ts":${ts},"k":"${k}","x":${x},"keep":${keep},"i":${i}}` };
  });
}

/** The records in (ts, input) order without the late ones. */
function ordered(rows: readonly Row[], delayMs: number): Row[] {
  let w = -Infinity;
  return rows.filter(({ ts }) => { const isLate = ts < w; w = Math.max(w, ts - delayMs); return !isLate; }).sort((a, b) => a.ts - b.ts);
}

function aggregated(rows: readonly Row[], [, name, params = [], twice = false]: (typeof aggregates)[number], { kind, preceding }: Frame, where: boolean): string[] {
  return rows.map((row, i) => {
    const mine = rows.map((each, at) => ({ each, at })).filter(({ each }) => each.k === row.k);
    const here = mine.findIndex(({ at }) => at === i);
    const frame = (kind === 'rows' ? mine.slice(Math.max(0, here - preceding), here + 1) : mine.filter(({ each }) => each.ts <= row.ts && each.ts >= row.ts - preceding)).filter(({ each }) => !where || each.keep).map(({ each }) => each);
    const x = frame.map((each) => each.x), time = frame.map(({ ts }) => ts);
    return fold(name, twice ? [time.map(String), x] : [x], params, time);
  });
}

function placed(rows: readonly Row[], name: string, distance: number): string[] {
  return rows.map((row, i) => {
    const mine = rows.filter(({ k }) => k === row.k), here = mine.indexOf(row);
    if (i < 0 || here < 0) throw new Error('a record is in its partition');
    switch (name) {
      case 'row_number': return String(here + 1);
      case 'rank': return String(mine.findIndex(({ ts }) => ts === row.ts) + 1);
      case 'dense_rank': return String(new Set(mine.slice(0, here + 1).map(({ ts }) => ts)).size);
      case 'lag': return mine[here - distance]?.x ?? 'null';
      default: return mine[here + distance]?.x ?? 'null';
    }
  });
}

const frames: readonly (readonly [string, Frame])[] = [
  ['', { kind: 'range', preceding: Infinity }], ['rows unbounded', { kind: 'rows', preceding: Infinity }], ['range unbounded', { kind: 'range', preceding: Infinity }], ['rows 0', { kind: 'rows', preceding: 0 }],
  ['rows 1', { kind: 'rows', preceding: 1 }], ['rows 7', { kind: 'rows', preceding: 7 }], ['rows 60', { kind: 'rows', preceding: 60 }], ['range 1ms', { kind: 'range', preceding: 1 }], ['range 20ms', { kind: 'range', preceding: 20 }],
  ['range 150ms', { kind: 'range', preceding: 150 }],
];

const rounds = 60;
for (let round = 0; round < rounds; round++) {
  const delayMs = roll.pick([0, 10, 80]), rows = stream(roll.pick([40, 200]), roll.pick([1, 2, 9]), roll.pick([0, delayMs, delayMs * 2]), roll.pick([1, 3, 9])), sorted = ordered(rows, delayMs);
  const texts: string[] = [], columns: string[][] = [];
  for (let n = 1 + roll.below(3); n > 0; n--) {
    if (roll.chance(0.25)) {
      const name = roll.pick(['row_number', 'rank', 'dense_rank', 'lag', 'lead']), distance = 1 + roll.below(3);
      texts.push(`${name}(${name === 'lag' || name === 'lead' ? `x, ${distance}` : ''}) as v${n} by k`);
      columns.push(placed(sorted, name, distance));
    } else {
      const aggregate = roll.pick(aggregates), [frameText, frame] = roll.pick(frames), where = roll.chance(0.3);
      texts.push(`${aggregate[0]}${where ? ' where keep' : ''} as v${n} by k${roll.chance(0.5) ? ' order ts' : ''} ${frameText}`);
      columns.push(aggregated(sorted, aggregate, frame, where));
    }
  }
  const cmd = `watermark --delay ${delayMs}ms | agg -Q --over "${texts.join(', ')}"`;
  t.test(`${cmd}, ${rows.length} records (seed ${seed}, round ${round})`, async (t) => {
    const wanted = sorted.map(({ line }, i) => `${line.slice(0, -1)}${texts.map((text, c) => `,"${/ as (\w+)/.exec(text)![1]!}":${columns[c]![i]!}`).join('')}}\n`);   // `!`: each text has a name, each column a value a record
    const input = Buffer.from(rows.map(({ line }) => `${line}\n`).join(''));
    for (const how of [{ fused: true }, { fused: false, chunk: 97 }, { fused: true, rows: 1 }, { fused: true, rows: 13 }, { fused: true, rows: 1 + roll.below(9), reborn: spills() }]) {
      const got = await runText(cmd, input, how);
      t.equal(Buffer.from(got.stdout).toString(), wanted.join(''), JSON.stringify(how));
      t.equal(got.exit, 0, got.stderr);
    }
  });
}

t.test(`records shuffled within the delay give the same bytes where no times are equal (seed ${seed})`, async (t) => {
  const cmd = 'watermark --delay 50ms | agg --over "sum(x) as s by k range 30ms, avg(x) as a by k rows 5, lag(x) as l by k, lead(x) as n by k, min(x) as m, p50(x) as p by k range 40ms, row_number() as r"';
  for (let round = 0; round < 10; round++) {
    let ts = 0;
    const rows = Array.from({ length: 300 }, (_, i) => { ts += 1 + roll.below(4); return { ts, line: `{"ts":${ts},"k":${roll.below(4)},"x":${roll.below(100)},"i":${i}}` }; });
    const bytes = (list: readonly { line: string }[]): Buffer => Buffer.from(list.map(({ line }) => `${line}\n`).join(''));
    const shuffled = rows.map((row) => ({ ...row, at: row.ts + roll.below(51) })).sort((a, b) => a.at - b.at);
    const a = await runText(cmd, bytes(rows), { fused: true }), b = await runText(cmd, bytes(shuffled), { fused: true, rows: 1 + roll.below(50) });
    t.equal(b.stderr, '');
    t.equal(Buffer.from(b.stdout).toString(), Buffer.from(a.stdout).toString());
  }
});
