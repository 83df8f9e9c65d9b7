// leat run --jobs: pipelines and inputs drawn at random, worked off by one thread and by several in parts of any size: the same bytes, messages, exit status and side files. Late and bad
// records, clashes, all line ends, several files. And the real program, with parts of a real size.
import { spawnSync } from 'node:child_process';
import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import t from 'tap';
import { Bins, binsCodec } from '../../lib/agg/sketch.js';
import { runText } from '../../lib/cli/in-process.js';
import type { TextOptions } from '../../lib/cli/in-process.js';
import { team } from '../harness/modes.js';
import { bin, environment, folder } from '../harness/place.js';
import { dice, seedOf } from '../harness/random.js';
import type { Dice } from '../harness/random.js';

const seed = seedOf(), roll = dice(seed);
t.comment(`seed ${seed}; SEED=${seed} repeats this run`);

const calls = ['count() as n', 'sum(v) as s', 'avg(v) as a', 'min(v) as least', 'max(v) as most', 'first(id) as f', 'last(id) as l', 'p95(v) as p', 'collect(id) as ids', 'collect(id, 3) as some', 'collect_set(v) as vs',
  'mode(v) as m', 'topk(v, 2) as t', 'argmax(id, v) as big', 'argmin(id, v) as small', 'distinct(v) as d', 'distinct_approx(v) as da', 'stddev(v) as sd', 'any(v > 3) as some3', 'ratio(v > 2) as r', 'count(v > 2) as c2', 'sum(v) where v > 1 as s1',
  'quantile_exact(v, 0.5) as q', 'sum(u) as wrong'];

/** The stages of a pipeline, one of which keeps its rows; the options of stages say what becomes of bad and late records. */
function pipeline(r: Dice): string[] {
  const bad = r.pick(['', '', ' --bad skip', ' --bad bad.ndjson']), strict = r.chance(0.1) ? ' --strict' : '', stages: string[] = [];
  const first = (text: string): string => `${text}${stages.length === 0 ? bad : ''}${strict}`;
  if (r.chance(0.3)) stages.push(first(`filter '${r.pick(['v > 1', 'v != 3 || key == "a"', 'id % 3 != 1'])}'`));
  if (r.chance(0.3)) stages.push(first(`map '${r.pick(['v + 1 as v', 'v * 2 as w', 'coalesce(v, 0) as v', 'upper(key) as key'])}'`));
  if (r.chance(0.1)) stages.push(first('map --explode tags'));
  const windows = r.chance(0.7);
  if (windows) {
    const time = `${r.pick(['', ' --delay 3ms', ' --delay 10ms', ' --delay 40ms', ' --delay inf'])}${r.chance(0.2) ? ' --every 5ms' : ''}`, timed = r.chance(0.5), late = r.chance(0.3) ? ' --late late.ndjson' : '';
    if (timed) stages.push(first(`watermark${time}`));
    stages.push(first(`window ${r.pick(['10ms', '20ms', '15ms --offset -3ms', '10ms/4ms', '12ms^4ms', '40ms/15ms', '10ms --lateness 7ms'])}${r.chance(0.3) ? ' --epoch' : ''}${timed ? '' : time}${late}`));
  }
  if (r.chance(0.2) && stages.length > 0) return stages;
  const by = r.pick(['', ' by key', ' by key', ' by key, v', ' by u']), some = r.shuffled(calls).slice(0, 1 + r.below(4)).join(', ');
  stages.push(first(`agg '${some}${by}'`));
  if (r.chance(0.2)) stages.push(r.pick([`sort -k '${/ as (\w+)/.exec(some)![1]}'`, 'cat', 'filter true']));   // `!`: each call has a name
  return stages;
}

/** Lines of about that form; what is odd is rare, and in some inputs not there at all. */
function lines(r: Dice, count: number): string {
  const odd = r.pick([0, 0, 0.01, 0.05]), jitter = r.pick([0, 3, 12, 50]), end = r.chance(0.1) ? '\r\n' : '\n';
  let at = r.below(100), text = r.chance(0.05) ? '\ufeff' : '';
  for (let i = 0; i < count; i++) {
    at += r.below(4);
    if (r.chance(odd)) { text += `${r.pick(['', '  ', '{"ts":', '[1]', '{"id":1}', '{"ts":null,"key":"a","v":1}', '{"ts":"x"}', 'null'])}${end}`; continue; }
    const fields = [`"ts":${at - r.below(jitter + 1)}`, `"id":${i}`, `"key":${r.pick(['"a"', '"b"', '"\\u0061"', 'null', '1', '1.0'])}`, `"v":${r.chance(odd) ? '"x"' : r.pick(['1', '2', '3', '4.5', '1e0', '0.1', '-7', '12345678901234567890'])}`];
    if (r.chance(0.5)) fields.push(`"u":${r.pick(['1', '2', 'null'])}`);
    if (r.chance(0.3)) fields.push(`"tags":[${r.pick(['', '1', '1,2', '"x",null'])}]`);
    text += `{${fields.join(',')}}${end}`;
  }
  return r.chance(0.2) ? text.slice(0, -end.length) : text;
}

const parts = { seen: 0, added: 0 };

t.test('any pipeline, any input, any cut', { timeout: 240_000 }, async (t) => {
  const place = process.cwd();
  for (let i = 0; i < 120; i++) {
    const [head = '', ...rest] = pipeline(roll), names = roll.chance(0.2) ? ['in.ndjson', 'more.ndjson'] : ['in.ndjson'], files = Object.fromEntries(names.map((name) => [name, lines(roll, roll.pick([0, 1, 5, 60, 300]))]));
    const partBytes = roll.pick([1, 50, 300, 1000]), chunk = roll.pick([7, 100, 1 << 20]), rows = roll.pick([1, 3, 1000]), count = roll.pick([1, 2] as const);
    const runs = [], cmd = [`${head} ${names.join(' ')}`, ...rest].join(' | ');
    for (const isShared of [false, true]) {
      const here = folder(files);
      process.chdir(here.path);
      const options: TextOptions = { fused: true, chunk, ...isShared ? { jobs: { team: team(count), partBytes, stdin: undefined, seen(isAdded) { parts.seen++; if (isAdded) parts.added++; } } } : {} };
      const { stdout, stderr, exit } = await runText(cmd, new Uint8Array(0), cmd.includes('sum(v) where') ? { ...options, rows } : options);
      // Where a run fails, what its last batch had said of the lines behind the fault stands there too.
      const side = exit !== 0 ? [] : ['late.ndjson', 'bad.ndjson'].map((name) => existsSync(name) ? readFileSync(name, 'utf8') : undefined);
      process.chdir(place);
      here.remove();
      runs.push({ stdout: Buffer.from(stdout).toString(), stderr, exit, side });
    }
    t.same(runs[1], runs[0], `${cmd} (${count} threads, parts of ${partBytes} bytes, chunk ${chunk})`);
  }
  t.ok(parts.added > 500 && parts.added < parts.seen, `${parts.added} of ${parts.seen} parts were of use`);
});

t.test('a sketch goes to another thread and comes out the same', async (t) => {
  for (const [what, add] of [['nothing', () => { /* none */ }], ['one bin, often', (bins: Bins) => bins.put(70_000, 1000)], ['far apart', (bins: Bins) => { for (const bin of [200, 9000, 100_000, 200_000]) bins.put(bin, 300 + bin % 7); }],
    ['many', (bins: Bins) => { for (let i = 0; i < 5000; i++) bins.add(131_000 + roll.below(900)); }]] as const) {
    const bins = new Bins();
    add(bins);
    const there = binsCodec.unpack!(binsCodec.pack!(bins));  // `!`: it has both
    t.same(binsCodec.encode(there), binsCodec.encode(bins), what);
    for (const each of [there, bins]) { each.add(131_001); each.put(131_450, 600); each.add(5000); }
    t.same(binsCodec.encode(there), binsCodec.encode(bins), `${what}, and more`);
    t.same(binsCodec.encode(binsCodec.decode(binsCodec.encode(bins))), binsCodec.encode(bins), `${what}, by a checkpoint`);
  }
});

t.test('the real program, with files of a size for it', { timeout: 240_000 }, async (t) => {
  const here = folder({}), r = dice(seed), line = lines(r, 2000).replace(/^\ufeff/, '').split('\n').filter((each) => each.startsWith('{"ts":') && each.includes('"key"') && !each.includes('"x"')).join('\n');
  const big = `${line}\n`.repeat(Math.ceil((24 << 20) / (line.length + 1)));
  writeFileSync(join(here.path, 'big.ndjson'), big);
  writeFileSync(join(here.path, 'odd.ndjson'), `${big.slice(0, 20 << 20)}\n{"bad\n${big.slice(20 << 20)}`);
  for (const [name, cmd] of [['big', "agg 'count() as n, sum(v) as s, first(id) as f by key'"], ['big', "window 10ms --delay inf | agg 'count() as n, p95(v) as p by key'"], ['odd', "agg --bad skip 'count() as n by key'"], ['odd', "agg 'count() as n by key'"], ['big', "window 10ms | agg 'count() as n by key'"]] as const) {
    const [alone, two, three] = [1, 2, 3].map((jobs) => {
      const { status, stdout, stderr } = spawnSync(join(bin, 'leat'), ['run', '--jobs', String(jobs), cmd, `${name}.ndjson`], { cwd: here.path, env: environment(), encoding: 'utf8', maxBuffer: 1 << 28 });
      return { status, stdout, stderr };
    });
    t.same(two, alone, `${name}: ${cmd}, two threads`);
    t.same(three, alone, `${name}: ${cmd}, three threads`);
  }
  here.remove();
});
