// Properties of results that are said early, and of windows without records: folding changes gives the final rows, at every kind of window, however it runs; the rows of --fill are
// those that a plain model adds; no permutation of the input changes a bit where nothing is late.
import t from 'tap';
import { runText } from '../../lib/cli/in-process.js';
import type { TextOptions } from '../../lib/cli/in-process.js';
import { spills } from '../harness/place.js';
import { dice, seedOf } from '../harness/random.js';
import type { Dice } from '../harness/random.js';

const seed = seedOf(), roll = dice(seed);
t.comment(`seed ${seed}; SEED=${seed} repeats this run`);

const lines = (bytes: Uint8Array): string[] => Buffer.from(bytes).toString().split('\n').slice(0, -1);
interface Event { readonly ts: number; readonly id: number; readonly key: string | number | null; readonly v: number | null }

function events(r: Dice, count: number): Event[] {
  let clock = r.pick([0, -5000, 1_763_640_000_000]);
  return Array.from({ length: count }, (_, id) => {
    clock += r.pick([0, 0, 1, 10, 999, 1000, 5000, r.below(20_000)]);
    const ts = clock - (r.chance(0.3) ? r.below(r.pick([5, 1000, 8000, 60_000])) : 0);
    return { ts, id, key: r.pick(['a', 'b', 'c', null, 1, -0.5]), v: r.chance(0.1) ? null : r.pick([r.below(1000), r.below(1000) / 7, -r.below(50), 1e16, -1e16, 0.1]) };
  });
}
const text = (stream: readonly Event[]): Buffer => Buffer.from(stream.map((event) => `${JSON.stringify(event)}\n`).join(''));

const kinds = ['', 'window 10s', 'window 10s/5s', 'window 10s/3s --offset 700ms', 'window 12s^4s --epoch', 'window session 5s', 'window session 1ms --epoch', 'window count 3', 'window 1d --tz Europe/Paris', 'window 1month'];
/** A pipeline up to agg, and whether it has event time. */
function source(r: Dice): { cmd: string; isTimed: boolean; kind: string } {
  const kind = r.pick(kinds), delay = r.pick(['0s', '1s', '7s', '1m', 'inf']), lateness = r.chance(0.4) ? ` --lateness ${r.pick(['2s', '30s'])}` : '';
  if (kind === '') return r.chance(0.5) ? { cmd: '', isTimed: false, kind } : { cmd: `watermark --delay ${delay} | `, isTimed: true, kind };
  if (kind.startsWith('window count')) return { cmd: `${kind} -Q | `, isTimed: false, kind };
  return { cmd: `${kind} --delay ${delay}${lateness} -Q | `, isTimed: true, kind };
}
const calls = 'count() as n, sum(v) as s, max(v) as hi, last(id) as l, p95(v) as p, collect(id) as ids, count(v > 10) as big';

/** Window and key of a result. */
const identity = (row: string, names: readonly string[]): string => JSON.stringify(Object.entries(JSON.parse(row) as object).filter(([name]) => names.includes(name)));

/** What is left when changes are folded by window and key; a fault where a row does not fit what was said before it. Rows are compared as text. */
function fold(rows: readonly string[], names: readonly string[]): { left: string[]; fault: string | undefined } {
  const held = new Map<string, string>();
  for (const row of rows) {
    const [, op, before, after] = /^\{"op":"([cud])","before":(null|\{.*\}),"after":(null|\{.*\})\}$/.exec(row) ?? [];
    if (before === undefined || after === undefined) return { left: [], fault: `${row} is not op, before and after` };
    if ((op === 'c') !== (before === 'null') || (op === 'd') !== (after === 'null')) return { left: [], fault: `${row}: op does not fit` };
    const key = identity(before === 'null' ? after : before, names);
    if (before !== 'null' && held.get(key) !== before) return { left: [], fault: `${row}: before is not what was said last, ${held.get(key)}` };
    if (before === 'null' && held.has(key)) return { left: [], fault: `${row}: it is there already` };
    if (op === 'u' && identity(after, names) !== key) return { left: [], fault: `${row}: it moves to another window or key` };
    if (before === after) return { left: [], fault: `${row}: nothing has changed` };
    if (after === 'null') held.delete(key); else held.set(key, after);
  }
  return { left: [...held.values()].sort(), fault: undefined };
}

const ways = (r: Dice): TextOptions[] => [{ fused: true }, { fused: false }, { fused: true, rows: 1 }, { fused: false, rows: 1 + r.below(5), chunk: 1 + r.below(50) }, { fused: true, rows: 1 + r.below(5), reborn: spills() }];

t.test('folding the changes gives the final rows', async (t) => {
  for (let i = 0; i < 150; i++) {
    const { cmd, isTimed, kind } = source(roll), keyed = roll.chance(0.7), input = text(events(roll, roll.pick([0, 1, 2, 5, 30, 90])));
    const names = [...kind.startsWith('window count') ? ['window_index'] : kind === '' ? [] : ['window_start', 'window_end'], ...keyed ? ['key'] : []];
    const canFill = /^window (\d+\w)(\/\w+)?( --tz .*| --offset .*)?$|month/.test(kind), fill = canFill && roll.chance(0.4) ? ` --fill ${roll.pick(['null', 'last', '0'])} --fill-limit ${roll.pick([3, 100])}` : '';
    const how = isTimed && roll.chance(0.5) ? `--every ${roll.pick(['1s', '5s', '7777ms', '1h'])}` : '--emit changes', tail = `'${calls}${keyed ? ' by key' : ''}'`;
    const final = await runText(`${cmd}agg -Q${fill} ${tail}`, input, { fused: true });
    let first: string | undefined;
    for (const way of ways(roll)) {
      const got = await runText(`${cmd}agg -Q${fill} ${how} ${tail}`, input, way), { left, fault } = fold(lines(got.stdout), names);
      const bytes = Buffer.from(got.stdout).toString();
      first ??= bytes;
      if (got.exit !== 0 || fault !== undefined || left.join('\n') !== lines(final.stdout).sort().join('\n') || bytes !== first) {
        t.same({ exit: got.exit, stderr: got.stderr, fault, left, bytes }, { exit: 0, stderr: '', fault: undefined, left: lines(final.stdout).sort(), bytes: first }, `${cmd}agg${fill} ${how} ${tail}, ${JSON.stringify(way)}`, { input: input.toString() });
        return;
      }
    }
    t.pass(`${cmd}agg${fill} ${how}`);
  }
});

t.test('--every says less than every change, and no more often than it is told', async (t) => {
  for (let i = 0; i < 30; i++) {
    const stream = events(roll, 60), input = text(stream), every = roll.pick([1000, 5000, 60_000]);
    const { stdout } = await runText(`watermark --delay 0s | agg --every ${every}ms 'count() as n'`, input, { fused: true }), counts = lines(stdout).map((row) => (JSON.parse(row) as { after: { n: number } }).after.n);
    // W passes a multiple of D at these records, by their number; the end says the rest.
    const due: number[] = [];
    let w = -Infinity, said = 0;
    for (const [n, { ts }] of stream.entries()) {
      const next = Math.max(w, ts);
      if (Math.floor(next / every) > Math.floor(w / every)) { due.push(n + 1); said = n + 1; }
      w = next;
    }
    if (said < stream.length) due.push(stream.length);
    t.same(counts, due, `every ${every} ms`);
  }
});

t.test('--fill adds the rows that a plain model adds', async (t) => {
  for (let i = 0; i < 80; i++) {
    const stream = events(roll, roll.pick([1, 5, 40])), size = 10_000, slide = roll.pick([10_000, 5000]), delay = roll.pick([0, 7000, 60_000]), lateness = roll.pick([0, 0, 8000]), fill = roll.pick(['null', 'last', '[1, "x y"]']);
    const cmd = `window ${size}ms/${slide}ms --epoch -Q --delay ${delay}ms --lateness ${lateness}ms | filter -Q 'id % 3 != 1' | agg -Q --fill '${fill}' 'count() as n, max(id) as m by key'`, plain = cmd.replace(`--fill '${fill}'`, '');
    const real = lines((await runText(plain, text(stream), { fused: true })).stdout).map((row) => JSON.parse(row) as { window_start: number; window_end: number; key: unknown; n: number; m: number });
    // A key is filled from its first window to the last that W has closed, or that has records.
    const w = Math.max(...stream.map(({ ts }) => ts)) - delay, last = Math.max(-Infinity, ...real.map(({ window_start }) => window_start));
    const keys = [...new Set(stream.map(({ key }) => JSON.stringify(key)))], expected: string[] = [];
    for (const key of keys) {
      const own = real.filter((row) => JSON.stringify(row.key) === key);
      if (own.length === 0) continue;
      let before = own[0]!;                                  // `!`: there is one
      for (let start = before.window_start; start <= last || start + size + lateness <= w; start += slide) {
        const found = own.find(({ window_start }) => window_start === start);
        if (found !== undefined) { before = found; continue; }
        const values = fill === 'null' ? { n: 0, m: null } : fill === 'last' ? { n: before.n, m: before.m } : { n: [1, 'x y'], m: [1, 'x y'] };
        expected.push(JSON.stringify({ window_start: start, window_end: start + size, key: before.key, ...values }));
      }
    }
    let first: string | undefined;
    for (const way of ways(roll)) {
      const got = await runText(cmd, text(stream), way), rows = lines(got.stdout);
      first ??= rows.join('\n');
      const added = rows.filter((row) => !real.some((other) => JSON.stringify(other) === row)), order = rows.map((row) => JSON.parse(row) as { window_end: number });
      const isSorted = order.every(({ window_end }, n) => n === 0 || order[n - 1]!.window_end <= window_end);   // `!`: n > 0
      if (got.exit !== 0 || rows.length !== real.length + expected.length || (fill !== 'last' && added.sort().join('\n') !== expected.sort().join('\n')) || !isSorted || rows.join('\n') !== first) {
        t.same({ exit: got.exit, rows, isSorted }, { exit: 0, rows: [...real.map((row) => JSON.stringify(row)), ...expected], isSorted: true }, `${cmd}, ${JSON.stringify(way)}`, { input: text(stream).toString() });
        return;
      }
    }
    t.pass(cmd);
  }
});

t.test('no permutation of the input changes a bit where nothing is late; the changes fold to the same', async (t) => {
  for (let i = 0; i < 40; i++) {
    // Different times and plain keys: first, last and collect go by input order where times are equal, and keys print as they first came.
    const stream = events(roll, 50).map((event, n) => ({ ...event, ts: event.ts * 100 + n, v: roll.chance(0.5) ? event.v : roll.below(2 ** 31) * 1e-9 * 10 ** roll.below(30) })), kind = roll.pick(kinds.filter((each) => !each.startsWith('window count')));
    const cmd = `${kind === '' ? 'watermark' : kind} --delay inf | `, names = [...kind === '' ? [] : ['window_start', 'window_end'], 'key'];
    const tail = "'count() as n, sum(v) as s, avg(v) as a, stddev(v) as d, covar(v, id) as c, p95(v) as p, quantile_exact(v, 0.3) as q, first(id) as f, last(id) as l, collect(id) as ids, argmax(id, v) as best, topk(v, 3) as top by key'";
    const rows = async (order: readonly Event[], more = ''): Promise<string[]> => lines((await runText(`${cmd}agg -Q ${more}${tail}`, text(order), { fused: roll.chance(0.5), rows: 1 + roll.below(30) })).stdout);
    const expected = (await rows(stream)).sort().join('\n');
    for (let n = 0; n < 3; n++) {
      const order = roll.shuffled(stream), got = (await rows(order)).sort().join('\n');
      if (got !== expected) { t.equal(got, expected, `${cmd}agg`, { order: text(order).toString() }); return; }
      const { left, fault } = fold(await rows(order, '--emit changes '), names);
      if (fault !== undefined || left.join('\n') !== expected) { t.same({ left, fault }, { left: expected.split('\n'), fault: undefined }, `${cmd}agg --emit changes`); return; }
    }
    t.pass(cmd);
  }
});
