// The promise (SEMANTICS, first page) on random pipelines and inputs: the same bytes staged and fused, however input is cut and however small batches are; the rows that the plain
// model of test/harness/model.ts computes; the same rows for any order within the delay; the same for one input in several files.
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import t from 'tap';
import { runText } from '../../lib/cli/in-process.js';
import type { TextOptions } from '../../lib/cli/in-process.js';
import { model } from '../harness/model.js';
import type { Event, Settings, Windows } from '../harness/model.js';
import { folder, spills } from '../harness/place.js';
import { dice, seedOf } from '../harness/random.js';
import type { Dice } from '../harness/random.js';

const seed = seedOf(), roll = dice(seed);
t.comment(`seed ${seed}; SEED=${seed} repeats this run`);

const text = (bytes: Uint8Array): string => Buffer.from(bytes).toString();
/** Keys keep the text of their first arrival, "\\u0061" or "a"; the model writes the plain one. */
const plainly = (rows: readonly string[]): string[] => rows.map((row) => JSON.stringify(JSON.parse(row)));
const lines = (bytes: Uint8Array): string[] => text(bytes).split('\n').slice(0, -1);

/** Records as logs have them: mostly rising, some far back, some at equal times, some before 1970. */
function events(r: Dice, count: number): Event[] {
  let clock = r.pick([0, -5000, 1_763_640_000_000]);
  return Array.from({ length: count }, (_, id) => {
    clock += r.pick([0, 0, 1, 10, 100, 999, 1000, 5000, r.below(20_000)]);
    const ts = clock - (r.chance(0.3) ? r.below(r.pick([5, 1000, 8000, 60_000])) : 0);
    return { ts, id, key: r.pick(['a', 'b', 'c', '', 'é😀', null, 1, 2.5, -0.5]), v: r.chance(0.15) ? null : r.pick([r.below(1000), -r.below(50), 0, r.below(1000) / 8]) };
  });
}
/** Not every writer writes JSON alike: blanks, order, escapes, missing for null. */
function record(r: Dice, { ts, key, v, id }: Event): string {
  const fields = [`"ts":${ts}`, `"id":${id}`];
  if (key !== null || r.chance(0.5)) fields.push(`"key":${r.chance(0.3) && key === 'a' ? '"\\u0061"' : JSON.stringify(key)}`);
  if (v !== null || r.chance(0.5)) fields.push(`"v":${JSON.stringify(v)}`);
  if (r.chance(0.2)) fields.push(`"extra":${r.pick(['{"a":[1,{}]}', '"}\\"{"', '[[],null]', '1e5'])}`);
  return `{${(r.chance(0.2) ? r.shuffled(fields) : fields).join(r.chance(0.1) ? ' , ' : ',')}}\n`;
}

function settings(r: Dice): Settings {
  const windows: Windows = r.pick<() => Windows>([
    () => { const size = r.pick([1000, 10_000, 7777]); return { kind: 'hop', size, slide: size, offset: r.pick([0, 0, 300, -300]) }; },
    () => { const size = r.pick([10_000, 5000]); return { kind: 'hop', size, slide: r.pick([3000, 5000, 2500, 4999]), offset: r.pick([0, 700]) }; },
    () => ({ kind: 'cumulative', max: 12_000, step: r.pick([3000, 4000, 12_000]) }),
    () => ({ kind: 'session', gap: r.pick([1000, 5000, 1]) }),
  ])();
  return { windows, delay: r.pick([0, 1, 1000, 7000, 60_000]), lateness: r.pick([0, 0, 0, 2000]), keyed: r.chance(0.7) };
}

const spec = ({ windows, delay, lateness }: Settings): string => `${windows.kind === 'session' ? `session ${windows.gap}ms`
  : windows.kind === 'cumulative' ? `${windows.max}ms^${windows.step}ms` : `${windows.size}ms/${windows.slide}ms`}${windows.kind === 'hop' && windows.offset !== 0 ? ` --offset ${windows.offset}ms` : ''}`
  + ` --delay ${delay}ms${lateness > 0 ? ` --lateness ${lateness}ms` : ''}`;
const aggregate = ({ keyed }: Settings): string => `agg -Q 'count() as n, sum(v) as s, min(v) as lo, max(v) as hi, first(id) as f, last(id) as l, collect(id) as ids${keyed ? ' by key' : ''}'`;

t.test('windowed aggregates print what the model computes, in every mode', async (t) => {
  for (let i = 0; i < 120; i++) {
    const given = settings(roll), stream = events(roll, roll.pick([0, 1, 2, 5, 30, 120])), input = Buffer.from(stream.map((event) => record(roll, event)).join(''));
    const cmd = `window ${spec(given)} -Q | ${aggregate(given)}`, expected = model(stream, given).rows;
    const ways: TextOptions[] = [{ fused: true }, { fused: false }, { fused: true, rows: 1 }, { fused: false, rows: 1 + roll.below(5), chunk: 1 + roll.below(50) }, { fused: true, rows: 1 + roll.below(5), reborn: spills() }];
    let first: string | undefined;
    for (const way of ways) {
      const got = await runText(cmd, input, way), rows = lines(got.stdout);
      if (got.stderr !== '' || got.exit !== 0 || plainly(rows).join('\n') !== expected.join('\n')) {
        t.same({ exit: got.exit, stderr: got.stderr, rows: plainly(rows) }, { exit: 0, stderr: '', rows: expected }, `${cmd}, ${JSON.stringify(way)}`, { input: text(input) });
        return;
      }
      first ??= text(got.stdout);
      if (text(got.stdout) !== first) { t.equal(text(got.stdout), first, `${cmd}, ${JSON.stringify(way)}: the bytes of ${JSON.stringify(ways[0])}`, { input: text(input) }); return; }
    }
    t.pass(cmd);
  }
});

t.test('late records: each once per window that it is late for', async (t) => {
  for (let i = 0; i < 40; i++) {
    const given = settings(roll), stream = events(roll, 60), input = Buffer.from(stream.map((event) => record(roll, event)).join('')), place = folder();
    const file = join(place.path, 'late.ndjson'), expected = model(stream, given).late;
    const { exit } = await runText(`window ${spec(given)} -Q --late ${file} | ${aggregate(given)}`, input, { fused: roll.chance(0.5), rows: 1 + roll.below(20) });
    const { stdout } = await runText(`map '{id}' -Q ${file}`, new Uint8Array(0), { fused: true });
    const ids = lines(stdout).map((line) => (JSON.parse(line) as { id: number }).id);
    if (exit !== 0 || ids.join() !== expected.join()) { t.same(ids, expected, spec(given), { input: text(input) }); return; }
    t.pass(spec(given));
    place.remove();
  }
});

/** A chain of tools that keep their input's order, drawn at random. */
function chain(r: Dice): string {
  const some = (): string => r.pick([
    () => `filter '${r.pick(['v > 10', 'key == "a" || v < 0', 'id % 3 != 1', '!(v == null)', 'key in ["a", "b", 1]', 'matches(string(key), /^[a-z]/)', 'true'])}'`,
    () => `filter -v '${r.pick(['v > 500', 'key == null'])}'`,
    () => `map '${r.pick(['v * 2 as w', 'v + id as v', 'upper(string(key)) as key', '{ts, id, key, v}', '{ts, v, id: id + 0, nested: {key}}', 'coalesce(v, 0) as v, key as old.key'])}'`,
    () => `map ${r.pick(["--rename 'extra as more'", "--drop 'extra'", '--flatten'])}`,
    () => 'plain',
  ])();
  return Array.from({ length: 1 + r.below(3) }, some).join(' | ');
}

t.test('chains print the same bytes in every mode', async (t) => {
  for (let i = 0; i < 80; i++) {
    const stream = events(roll, roll.pick([3, 40, 200])), input = Buffer.from(stream.map((event) => record(roll, event)).join('') + (roll.chance(0.3) ? '\n \n' : ''));
    const before = roll.chance(0.5) ? `watermark --delay ${roll.pick(['0s', '7s'])} -Q | ` : '', middle = chain(roll).replaceAll(/\b(filter|map) /g, '$1 -Q ').replaceAll('| plain', before === '' ? '| plain' : '| filter -Q true');
    const cmd = `${before}${before === '' ? middle : middle.replace(/^plain/, 'filter -Q true')}${roll.chance(0.5) ? ` | agg -Q 'count() as n, sum(v) as s by key'` : ''}`;
    const one = await runText(cmd, input, { fused: false });
    for (const way of [{ fused: true }, { fused: true, rows: 1 }, { fused: false, rows: 3, chunk: 1 + roll.below(30) }, { fused: true, chunk: 1 + roll.below(30) }]) {
      const got = await runText(cmd, input, way);
      if (text(got.stdout) !== text(one.stdout) || got.exit !== one.exit || got.stderr !== one.stderr) {
        t.same({ exit: got.exit, stderr: got.stderr, rows: lines(got.stdout) }, { exit: one.exit, stderr: one.stderr, rows: lines(one.stdout) }, `${cmd}, ${JSON.stringify(way)}`, { input: text(input) });
        return;
      }
    }
    t.equal(one.exit, 0, cmd);
  }
});

t.test('any order within the delay gives the same rows', async (t) => {
  for (let i = 0; i < 40; i++) {
    const delay = roll.pick([1000, 7000, 60_000]), given: Settings = { ...settings(roll), delay, lateness: 0 };
    // Times rise, so that nothing is late; then a record moves only past those that are at most the delay away. Equal times keep their order: first and last go by it.
    let clock = 0;
    const sorted = events(roll, 80).map((event) => ({ ...event, ts: clock += 1 + roll.below(3000) }));
    const shuffled = sorted.map((event) => ({ event, at: event.ts + roll.below(delay) })).sort((a, b) => a.at - b.at).map(({ event }) => event);
    const rows = async (stream: readonly Event[]): Promise<string[]> => {
      const { stdout, stderr, exit } = await runText(`window ${spec(given)} | ${aggregate(given)}`, Buffer.from(stream.map((event) => `${JSON.stringify(event)}\n`).join('')), { fused: true });
      return [`exit ${exit}`, stderr, ...lines(stdout).sort()];
    };
    t.same(await rows(shuffled), await rows(sorted), spec(given));
  }
});

t.test('one input in several files is one input', async (t) => {
  for (let i = 0; i < 20; i++) {
    const stream = events(roll, 50), all = stream.map((event) => record(roll, event)), place = folder(), files: string[] = [], given = settings(roll);
    for (let at = 0, n = 0; at < all.length; n++) {
      const count = 1 + roll.below(20), file = join(place.path, `${n}.ndjson`);
      writeFileSync(file, all.slice(at, at + count).join('').replace(/\n$/, roll.pick(['', '\n', '\r\n'])));
      files.push(file); at += count;
    }
    const tail = `window ${spec(given)} -Q`, rest = aggregate(given);
    const one = await runText(`${tail} | ${rest}`, Buffer.from(all.join('')), { fused: true }), several = await runText(`${tail} ${files.join(' ')} | ${rest}`, new Uint8Array(0), { fused: i % 2 === 0 });
    t.equal(text(several.stdout), text(one.stdout), `${files.length} files`);
    place.remove();
  }
});
