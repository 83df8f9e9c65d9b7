// A property of -S: whatever is put aside, and whenever, no byte of the results is another: all aggregates, keys of all types, windows and none, batches of any size.
import t from 'tap';
import { aggregates } from '../../lib/agg/index.js';
import { runText } from '../../lib/cli/in-process.js';
import type { TextOptions } from '../../lib/cli/in-process.js';
import { spills } from '../harness/place.js';
import { dice, seedOf } from '../harness/random.js';
import type { Dice } from '../harness/random.js';

const seed = seedOf(), roll = dice(seed);
t.comment(`seed ${seed}; SEED=${seed} repeats this run`);

const numbers = ['0', '-0', '1', '1.0', '1e0', '0.1', '-0.1', '1e300', '-1e300', '5e-324', '1e308', '9007199254740993', '12345678901234567890', '123456789012345678901234567890', '-7.25', '1e22'];
const others = ['"a"', '"\\u0061"', '"é"', '"\\ud800"', '""', '"a longer text than a prefix holds"', '"a longer text than a prefix held"', 'true', 'false', '[1,2]', '[1.0,2]', '[]', '{"a":1}', '{"a":1.0,"b":null}', '{}'];
const number = (r: Dice): string => r.chance(0.4) ? r.pick(numbers) : r.chance(0.5) ? String(r.below(2000) - 1000) : ((r.below(1e6) - 5e5) / 7).toFixed(r.below(6));
const value = (r: Dice): string => r.chance(0.1) ? 'null' : r.chance(0.5) ? r.pick(others) : number(r);

function records(r: Dice, count: number): Buffer {
  const keys = r.pick([2, 20, 300]);
  let clock = r.pick([0, 1_763_640_000_000]);
  return Buffer.from(Array.from({ length: count }, () => {
    clock += r.pick([0, 0, 1, 10, 999, r.below(5000)]);
    const key = r.chance(0.3) ? r.pick([...others, ...numbers, 'null']) : r.pick([String, (n: number) => `${n}.0`, (n: number) => `"key ${n}"`])(r.below(keys));
    return `{"ts":${clock - (r.chance(0.3) ? r.below(8000) : 0)}${r.chance(0.9) ? `,"k":${key}` : ''},"j":${r.below(2)},"x":${number(r)}${r.chance(0.9) ? `,"y":${number(r)}` : ''},"v":${value(r)},"w":${value(r)},"b":${r.pick(['true', 'false', 'null'])}}\n`;
  }).join(''));
}

/** A call of each aggregate, with all its parameters. */
const calls = aggregates.map(({ name, args, example: { params = [] } }) =>
  `${name}(${[...args.map((type, i) => type === 'number' ? 'xy'[i] : type === 'boolean' ? 'b' : 'vw'[i]), ...params].join(', ')}) as ${name}_`).concat('collect(v, 3) as c3', 'collect_set(w, 2) as s2', 'collect_set(v, 50) as s50');
const sources = ['', '', 'watermark --delay 2s | ', 'window 10s --delay 3s -Q | ', 'window 20s/7s --epoch --delay 1s --lateness 3s -Q | ', 'window 12s^4s --delay 8s -Q | ', 'window 1d --tz Europe/Paris --delay inf -Q | ', "window 5s --delay 9s -Q | agg -Q -m 'sum(x) as x, sum(y) as y, first(v) as v, last(w) as w, any(b) as b, min(j) as j by k' | "];
const way = (r: Dice): TextOptions => r.pick([{ fused: true }, { fused: false }, { fused: true, rows: 1 + r.below(9) }, { fused: false, rows: 1 + r.below(40), chunk: 1 + r.below(500) }, { fused: true, rows: 30 + r.below(40), reborn: spills() }]);
const someOf = <T>(r: Dice, list: readonly T[]): T[] => { const some = list.filter(() => r.chance(0.15)); return some.length === 0 ? [r.pick(list)] : some; };

t.test('the bytes are those of a run without -S', async (t) => {
  let spilled = 0;
  for (let i = 0; i < 60; i++) {
    const input = records(roll, roll.pick([0, 1, 10, 200, 600])), source = roll.pick(sources);
    const some = i % 4 === 0 ? calls : someOf(roll, calls), where = roll.chance(0.3) ? ', count(v) where x > 0 as some, collect(v) where j == 1 as more' : '';
    const by = roll.pick([' by k', ' by k', ' by k, j', ' by x', source.startsWith('window') ? '' : ' by k']), tail = `'${some.join(', ')}${where}${by}'`, managed = roll.chance(0.2) && source.startsWith('window') ? ' -m' : '';
    const plain = await runText(`${source}agg -Q${managed} ${tail}`, input, { fused: true }), size = roll.pick(['1', '1K', '16K', '64K', '512K']), how = way(roll);
    const { stdout, stderr, exit } = await runText(`${source}agg${managed} -S ${size} ${tail}`, input, how);
    if (/spilled/.test(stderr)) spilled++;
    if (exit !== 0 || Buffer.compare(Buffer.from(stdout), Buffer.from(plain.stdout)) !== 0) {
      t.same({ exit, stderr, stdout: Buffer.from(stdout).toString() }, { exit: 0, stderr: '', stdout: Buffer.from(plain.stdout).toString() }, `${source}agg${managed} -S ${size} ${tail}, ${JSON.stringify(how)}`, { input: input.toString() });
      return;
    }
  }
  t.ok(spilled > 0, `of 60 runs ${spilled} wrote to files`);
});
