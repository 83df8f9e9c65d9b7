// Properties of aggregates: merge(a, b) is fold(a ++ b); no order changes a bit; exact sums against rational arithmetic; bounds of the sketches; cells survive their bytes.
import t from 'tap';
import { aggregates } from '../../lib/agg/index.js';
import { rankOf } from '../../lib/agg/rank.js';
import { Entries, fold, random, seedOf } from '../unit/agg-fold.js';

const seed = seedOf((text) => t.comment(text));
const next = random(seed), below = (n: number): number => Math.floor(next() * n), pick = <T>(list: readonly T[]): T => list[below(list.length)];
function shuffle<T>(list: readonly T[]): T[] {
  const out = [...list];
  for (let i = out.length - 1; i > 0; i--) { const j = below(i + 1); [out[i], out[j]] = [out[j], out[i]]; }
  return out;
}

const edges = ['0', '-0', '1', '-1', '0.1', '-0.1', '5e-324', '-5e-324', '2.2250738585072014e-308', '1e308', '-1e308', '1.7976931348623157e308', '-1.7976931348623157e308', '9007199254740991', '9007199254740992',
  '9007199254740993', '-9007199254740993', '18446744073709551615', '123456789012345678901234567890', '-123456789012345678901234567891', '1e22', '1e-300', '4503599627370497.5', '1.0', '1e0'];
const float = new DataView(new ArrayBuffer(8));
function anyDouble(): string {
  for (; ;) {
    float.setUint32(0, below(2 ** 32)); float.setUint32(4, below(2 ** 32));
    const x = float.getFloat64(0);
    if (Number.isFinite(x)) return String(x);
  }
}
const number = (): string => { const kind = next(); return kind < 0.3 ? pick(edges) : kind < 0.5 ? anyDouble() : kind < 0.7 ? String(below(2000) - 1000) : kind < 0.9 ? (next() * 1000 - 500).toFixed(below(6)) : String(next() * 10 ** (below(40) - 20)); };
const tame = (): string => next() < 0.5 ? String(below(2000) - 1000) : (next() * 1000 - 500).toFixed(below(4));
const texts = ['"a"', '"b"', '"\\u0061"', '"é"', '"\\ud800"', '"𝒳"', '"ﬀ"', 'true', 'false', '[1,2]', '[1.0,2]', '{"a":1}', '{"a":1,"b":null}', '[]', '{}', '"x\\"y"'];
const any = (): string => next() < 0.1 ? 'null' : next() < 0.5 ? pick(texts) : number();
const value = (type: string): string => next() < 0.1 ? pick(['null', '']) : type === 'number' ? number() : type === 'boolean' ? pick(['true', 'false']) : any();

/** Rows of one run: arguments, event time, place in the input. */
interface Row { readonly args: readonly string[]; readonly time: number; readonly place: number }
const part = (rows: readonly Row[], width: number) => ({ args: Array.from({ length: width }, (_, i) => rows.map((row) => row.args[i])), time: rows.map((row) => row.time), sequence: rows[0]?.place ?? 0 });

/** Lists with a bound: n of collect and collect_set. */
const bounded = aggregates.filter(({ params }) => params?.some(({ optional }) => optional)).flatMap((each) => [1, 3, 40].map((n) => ({ ...each, example: { ...each.example, params: [n] } })));

t.test('merge(a, b) is fold(a ++ b), in one batch or many, with text or computed, and cells survive their bytes', (t) => {
  for (const { name, args, example } of [...aggregates, ...bounded]) {
    for (let round = 0; round < 25; round++) {
      const count = below(example.params === undefined ? 40 : 160), cut = below(count + 1);
      const rows: Row[] = Array.from({ length: count }, (_, place) => ({ args: args.map((type) => value(type)), time: below(5), place }));
      const whole = new Entries(name, example.params).add(0, part(rows, args.length)).result(0);
      const entries = new Entries(name, example.params).add(0, part(rows.slice(0, cut), args.length), 1 + below(5)).add(1, part(rows.slice(cut), args.length), 1 + below(5));
      entries.reload(0); entries.reload(1);
      // Sessions merge either way round.
      const into = below(2);
      entries.merge(into, 1 - into);
      if (entries.result(into) !== whole) { t.equal(entries.result(into), whole, `${name} of ${JSON.stringify(rows)}, cut at ${cut}`); return t.end(); }
      entries.reload(into);
      if (entries.result(into) !== whole) { t.equal(entries.result(into), whole, `${name} reloaded, of ${JSON.stringify(rows)}`); return t.end(); }
    }
    t.pass(name);
  }
  t.end();
});

t.test('cells that go to bytes and back after every row, and in every merge, give the same', (t) => {
  for (const { name, args, example } of [...aggregates, ...bounded]) {
    for (let round = 0; round < 12; round++) {
      const count = below(example.params === undefined ? 40 : 160), cut = below(count + 1), isComputed = next() < 0.3;
      const rows: Row[] = Array.from({ length: count }, (_, place) => ({ args: args.map((type) => value(type)), time: below(5), place }));
      const kept = new Entries(name, example.params), reborn = new Entries(name, example.params), same = (what: string): boolean => {
        const before = kept.result(0), after = reborn.result(0);
        if (before !== after) t.equal(after, before, `${name} ${what}${isComputed ? ', computed' : ''}, of ${JSON.stringify(rows)}, cut at ${cut}`);
        return before === after;
      };
      rows.forEach((row, i) => {
        for (const entries of [kept, reborn]) entries.add(i < cut ? 0 : 1, part([row], args.length), 1, isComputed);
        reborn.reload(0); reborn.reload(1);
      });
      if (!same('row by row')) return t.end();
      kept.merge(0, 1); reborn.merge(0, 1);
      reborn.reload(0);
      if (!same('merged')) return t.end();
      for (const entries of [kept, reborn]) entries.add(0, part(rows.map((row) => ({ ...row, time: row.time - 2, place: row.place + count })), args.length), 3, isComputed);
      if (!same('and more')) return t.end();
    }
    t.pass(name);
  }
  t.end();
});

t.test('no order changes a bit of what does not depend on order', (t) => {
  const ordered = new Set(['first', 'last', 'collect', 'argmin', 'argmax', 'min', 'max', 'mode', 'topk', 'collect_set']);   // they keep texts by input order
  for (const { name, args, example } of aggregates) {
    if (ordered.has(name)) continue;
    for (let round = 0; round < 25; round++) {
      const rows: Row[] = Array.from({ length: below(60) }, (_, place) => ({ args: args.map((type) => value(type)), time: 0, place }));
      const a = new Entries(name, example.params).add(0, part(rows, args.length)), b = new Entries(name, example.params).add(0, part(shuffle(rows), args.length), 1 + below(9));
      if (a.result(0) !== b.result(0)) { t.equal(a.result(0), b.result(0), `${name} of ${JSON.stringify(rows)}`); return t.end(); }
    }
    t.pass(name);
  }
  t.end();
});

/** A finite JSON number as an exact fraction over 2^1074: integers by their digits, others as doubles. */
function exact(text: string): bigint {
  if (/^-?\d+$/.test(text)) return BigInt(text) << 1074n;
  const x = Number(text);
  if (x === 0) return 0n;
  float.setFloat64(0, x);
  const bits = float.getBigUint64(0), exponent = Number(bits >> 52n & 2047n), mantissa = bits & (1n << 52n) - 1n;
  const size = exponent === 0 ? mantissa : (mantissa | 1n << 52n) << BigInt(exponent - 1);
  return x < 0 ? -size : size;
}
/** Whether x is a double nearest to above / below · 2^−1074: not farther from it than its neighbours, even at a tie. Found by distances, not by the way that lib/agg rounds. */
function isNearest(x: number, above: bigint, divisor: bigint): boolean {
  const distance = (bits: bigint): bigint => { float.setBigUint64(0, bits); const y = float.getFloat64(0); const d = (Number.isFinite(y) ? exact(y === 0 ? '0' : doubleText(y)) : (y < 0 ? -1n : 1n) << 2098n) * divisor - above; return d < 0n ? -d : d; };
  if (x === 0) { const d = above < 0n ? -above : above; return d * 2n <= divisor; }
  float.setFloat64(0, x);
  const bits = float.getBigUint64(0), mine = distance(bits), up = distance(bits + 1n), down = distance(bits - 1n);
  return mine <= up && mine <= down && ((mine !== up && mine !== down) || (bits & 1n) === 0n);
}
/** A text that `exact` reads as a double, never as an integer. */
const doubleText = (x: number): string => { const text = String(x); return /[.e]/.test(text) ? text : `${text}.0`; };

t.test('sum and avg are the rounded true value of hostile numbers', (t) => {
  let fractions = 0, overflows = 0;
  for (let round = 0; round < 3000; round++) {
    const list = Array.from({ length: 1 + below(round % 10 === 0 ? 300 : 12) }, () => round % 2 === 0 ? number() : tame());
    if (next() < 0.3) list.push(...list.slice(0, below(list.length)).map((text) => text.startsWith('-') ? text.slice(1) : `-${text}`));   // cancellation
    const total = list.reduce((sum, text) => sum + exact(text), 0n);
    // An integer is a whole number below 2^53 in any spelling, or digits alone.
    const isWhole = list.every((text) => /^-?\d+$/.test(text) || Number.isSafeInteger(Number(text)));
    const sum = fold('sum', [list]), avg = fold('avg', [list]);
    if (isWhole) { if (sum !== String(total >> 1074n)) { t.equal(sum, String(total >> 1074n), list.join(' ')); return t.end(); } }
    else if (sum === 'null') { overflows++; if ((total < 0n ? -total : total) < 1n << 2097n) { t.fail(`no overflow: ${list.join(' ')}`); return t.end(); } }
    else { fractions++; if (!isNearest(Number(sum), total, 1n)) { t.fail(`sum ${sum}: ${list.join(' ')}`); return t.end(); } }
    if (avg !== 'null' && !isNearest(Number(avg), total, BigInt(list.length))) { t.fail(`avg ${avg}: ${list.join(' ')}`); return t.end(); }
  }
  t.ok(fractions > 500 && overflows > 0, `${fractions} sums with fractions, ${overflows} overflows`);
  t.end();
});

t.test('variance and covariance are the rounded true value', (t) => {
  for (let round = 0; round < 400; round++) {
    const count = 1 + below(20), x = Array.from({ length: count }, tame), y = Array.from({ length: count }, tame), n = BigInt(count);
    const sum = (list: readonly bigint[]): bigint => list.reduce((a, b) => a + b, 0n), xs = x.map((v) => exact(v)), ys = y.map((v) => exact(v));
    for (const [name, a, b, got] of [['variance', xs, xs, fold('variance', [x])], ['covar', xs, ys, fold('covar', [x, y])]] as const) {
      const above = n * sum(a.map((v, i) => v * b[i])) - sum(a) * sum(b);      // over n² · 2^2148
      if (!isNearest(Number(got), above, n * n << 1074n)) { t.fail(`${name} ${got} of ${x.join(' ')} | ${y.join(' ')}`); return t.end(); }
    }
  }
  t.pass('400 rounds');
  t.end();
});

t.test('quantiles are within 1 % of the value of their rank; quantile_exact is that value', (t) => {
  let worst = 0;
  for (let round = 0; round < 300; round++) {
    const spread = below(12), list = Array.from({ length: 1 + below(400) }, () => next() < 0.1 ? '0' : String((next() < 0.3 ? -1 : 1) * Math.exp(next() * spread * 3 - spread)));
    const sorted = list.map(Number).sort((a, b) => a - b), q = pick([0, 0.01, 0.25, 0.5, 0.9, 0.95, 0.99, 0.999, 1]);
    const right = sorted[rankOf(q, list.length) - 1], estimate = Number(fold('quantile', [list], [q]));
    const error = right === 0 ? Math.abs(estimate) : Math.abs(estimate - right) / Math.abs(right);
    worst = Math.max(worst, error);
    t.equal(Number(fold('quantile_exact', [list], [q])), right + 0);
  }
  t.ok(worst <= 0.01, `worst error ${worst}`);
  t.ok(worst > 0.001, 'the sketch was used');
  const wide = Array.from({ length: 600 }, anyDouble).filter((text) => Math.abs(Number(text)) > 1e-300), sorted = wide.map(Number).sort((a, b) => a - b);
  const right = sorted[rankOf(0.3, wide.length) - 1];
  t.ok(Math.abs(Number(fold('quantile', [wide], [0.3])) - right) <= Math.abs(right) * 0.01, 'also over all of the range of doubles');
  t.end();
});

t.test('counters of the sketch carry', (t) => {
  const entries = new Entries('quantile', [0.5]);
  for (let i = 0; i < 20; i++) entries.add(i % 2, { args: [[...new Array<string>(700).fill('5'), ...new Array<string>(500).fill('7')]] }, 1000, i % 3 === 0);
  entries.reload(0); entries.reload(1); entries.merge(0, 1);
  t.equal(entries.cells['n'][0], 24_000);
  t.equal(entries.result(0), '5');
  t.same(entries.cells['above'][0].entries().map(([, count]: [number, number]) => count), [14_000, 10_000]);
  t.end();
});

t.test('distinct_approx stays within 4 standard errors, sparse and dense', (t) => {
  for (const [count, bound] of [[10, 0.0001], [1000, 0.002], [2000, 0.003], [3000, 0.0325], [20_000, 0.0325], [100_000, 0.0325]] as const) {
    const list = Array.from({ length: count }, (_, i) => i % 2 === 0 ? `"user-${seed}-${i}"` : String(i + 0.5));
    const estimate = Number(fold('distinct_approx', [list]));
    t.ok(Math.abs(estimate - count) <= Math.max(count * bound, 0.5), `${count}: ${estimate}`);
  }
  t.end();
});

t.test('the bytes of sketches depend on the set of values only', (t) => {
  const list = Array.from({ length: 5000 }, () => String(below(4000))), other = shuffle(list);
  for (const name of ['quantile', 'distinct_approx', 'quantile_exact', 'histogram']) {
    t.equal(new Entries(name, [0.5]).add(0, { args: [list] }).reload(0), new Entries(name, [0.5]).add(0, { args: [other] }, 777).reload(0), name);
  }
  t.end();
});
