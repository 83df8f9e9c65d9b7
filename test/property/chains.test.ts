// Chains of several tools, drawn at random (SEMANTICS, the promise, and section 4): the same bytes staged and fused, however input is cut and however small batches are; and in whatever
// order within the delay the records come, nothing is ever late for a tool behind another, and the rows are the same, in the same order where the last tools make one.
import t from 'tap';
import { runText } from '../../lib/cli/in-process.js';
import type { TextOptions } from '../../lib/cli/in-process.js';
import { spills } from '../harness/place.js';
import { dice, seedOf } from '../harness/random.js';
import type { Dice } from '../harness/random.js';

const seed = seedOf(), roll = dice(seed);
t.comment(`seed ${seed}; SEED=${seed} repeats this run`);

/**
 * What is known of the stream behind a stage. `isResult`: rows of agg (window_start, window_end, key, n, s), else records (ts, id, key, v). `windows`: what agg would go by: none, windows
 * that were assigned, sessions, or those that records carry after agg and sort. `isTied`: event times are the ends of windows, and several records have one. `isUnique`: a window has a
 * record only once by n and key, or id. `order`: what an input in another order, within the delay, leaves the same: the bytes, the set of rows, or nothing.
 */
interface State { readonly isResult: boolean; readonly windows: 'none' | 'assigned' | 'session' | 'carried'; readonly isTied: boolean; readonly isUnique: boolean; readonly order: 'bytes' | 'set' | 'none' }
interface Stage { readonly text: string; readonly state: State }
type Step = (roll: Dice, state: State) => Stage | undefined;

/** What goes by input order says nothing of an input in another order. */
const byInput = (state: State): State => ({ ...state, order: state.order === 'bytes' ? 'bytes' : 'none' });
const isBetween = ({ windows }: State): boolean => windows === 'assigned' || windows === 'session';

const steps: Readonly<Record<string, Step>> = {
  filter: (r, state) => ({ text: `filter '${state.isResult ? r.pick(['n > 1', 's != 3', 'n % 2 == 1']) : r.pick(['v > 2', 'v != 3', 'id % 3 != 1'])}'`, state }),
  map: (r, state) => ({ text: `map '${state.isResult ? r.pick(['s ?? 0 as s', 'n * 2 as double', 's - n as less']) : r.pick(['v + 1 as v', 'v * 2 as w', 'coalesce(v, 0) as v'])}'`, state }),
  window: (r, state) => isBetween(state) ? undefined : {
    text: `window ${r.pick(['10ms', '20ms', '15ms --offset -3ms', '10ms/4ms', '12ms^4ms', '40ms/15ms', '10ms --lateness 7ms'])}${r.chance(0.3) ? ' --epoch' : ''}`, state: { ...state, windows: 'assigned', isUnique: !state.isTied },
  },
  session: (r, state) => isBetween(state) ? undefined : { text: `window session ${r.pick([1, 5, 12])}ms${r.chance(0.2) ? ' --lateness 3ms' : ''}`, state: { ...state, windows: 'session', isUnique: false } },
  // Rows of one window come in the order of their keys' first records, which is that of arrival.
  agg: (r, state) => state.windows === 'none' ? undefined : {
    text: `agg -m '${state.isResult ? 'sum(n) as n, max(s) as s' : `count() as n, sum(v) as s${!state.isTied && r.chance(0.5) ? ', first(id) as f, last(id) as l, collect(id) as ids' : ''}`} by key'`,
    state: { ...state, isResult: true, windows: 'carried', isTied: true, isUnique: true },
  },
  // Sorted inside windows: the order of windows, and a key that no two records share.
  sort: (r, state) => state.windows === 'none' || state.windows === 'session' ? undefined : {
    text: `sort -m -k '${state.isResult ? r.pick(['n, key', 'n:desc, s, key:desc']) : r.pick(['v, id', 'key:desc:nulls-first, id:desc'])}'${r.chance(0.3) ? ' --top 3' : ''}`,
    state: { ...state, windows: 'carried', isTied: true, order: state.isUnique && state.order !== 'none' ? 'bytes' : state.order === 'bytes' ? 'bytes' : 'none' },
  },
  byTime: (_, state) => isBetween(state) ? undefined : { text: 'sort --by-time', state: { ...state, order: state.isTied || state.order === 'none' ? state.order : 'bytes' } },
  over: (r, state) => state.isResult || state.isTied || state.windows !== 'none' ? undefined : {
    text: `agg --over '${r.pick(['sum(v)', 'count()', 'max(v)'])} as o by key order ts ${r.pick(['rows 2', 'range 10ms'])}${r.chance(0.4) ? ', lag(id) as before order ts' : ''}'`, state: { ...state, order: state.order === 'none' ? 'none' : 'bytes' },
  },
  table: (r, state) => ({ text: `join --table -j key${r.pick([' --left', ''])} RIGHT`, state }),
  dedup: (r, state) => isBetween(state) ? undefined : { text: `dedup -k '${state.isResult ? r.pick(['key', 'key, n', 'n']) : r.pick(['key', 'key, v', 'v'])}' --within ${r.pick(['0ms', '5ms', '30ms'])}${r.chance(0.4) ? ' --keep last' : ''}`, state: byInput(state) },
};
const pipes = { RIGHT: Buffer.from('{"key":"a","name":"A"}\n{"key":"c","name":"C"}\n{"key":null,"name":"none"}\n') };

/** A chain behind `watermark`, of tools that fit. */
function chain(r: Dice): { readonly text: string; readonly order: State['order'] } {
  let state: State = { isResult: false, windows: 'none', isTied: false, isUnique: false, order: 'set' };
  const texts: string[] = [], add = (name: string): void => { const stage = steps[name]!(r, state); if (stage !== undefined) { texts.push(stage.text); state = stage.state; } };      // `!`: a key of steps
  for (let n = 2 + r.below(4); texts.length < n;) add(state.windows === 'session' ? r.pick(['agg', 'filter']) : r.pick(Object.keys(steps)));
  if (state.windows === 'session') add('agg');
  return { text: texts.join(' | '), order: state.order };
}

interface Event { readonly ts: number; readonly id: number; readonly key: string | null; readonly v: number | null }
const input = (events: readonly Event[]): Uint8Array => Buffer.from(events.map((event) => `${JSON.stringify(event)}\n`).join(''));
const event = (r: Dice, ts: number, id: number): Event => ({ ts, id, key: r.pick(['a', 'b', null]), v: r.chance(0.2) ? null : r.below(6) });
const text = (bytes: Uint8Array): string => Buffer.from(bytes).toString();

t.test('chains print the same bytes in every mode', async (t) => {
  let rows = 0;
  for (let i = 0; i < 150; i++) {
    let clock = roll.pick([0, -50, 1_763_640_000_000]);
    const events = Array.from({ length: roll.pick([3, 20, 60]) }, (_, id) => event(roll, (clock += roll.pick([0, 0, 1, 2, 5, 10, 30])) - (roll.chance(0.3) ? roll.below(25) : 0), id));
    const cmd = `watermark --delay ${roll.pick(['0ms', '1ms', '10ms', '25ms'])}${roll.chance(0.15) ? ' --every 10ms' : ''} | ${chain(roll).text}`, bytes = input(events);
    const ways: TextOptions[] = [{ fused: true }, { fused: false }, { fused: true, rows: 1 }, { fused: false, rows: 1 }, { fused: roll.chance(0.5), rows: 1 + roll.below(5), chunk: 1 + roll.below(50) }, { fused: roll.chance(0.5), rows: 1 + roll.below(5), reborn: spills() }], first = await runText(cmd, bytes, { ...ways[0]!, pipes });      // `!`: they stand there
    if (first.exit !== 0) { t.fail(`${cmd}: exit ${first.exit}`, { said: first.stderr }); return; }
    rows += text(first.stdout).split('\n').length - 1;
    for (const way of ways.slice(1)) {
      const got = await runText(cmd, bytes, { ...way, pipes });
      if (text(got.stdout) !== text(first.stdout) || got.exit !== first.exit) { t.equal(text(got.stdout), text(first.stdout), `${cmd}, ${JSON.stringify(way)}: the bytes of ${JSON.stringify(ways[0])}`, { input: text(bytes), said: got.stderr }); return; }
    }
    t.pass(cmd);
  }
  t.ok(rows > 150, `${rows} rows`);
});

t.test('in any order within the delay nothing is late anywhere, and the rows are the same', async (t) => {
  for (let i = 0; i < 150; i++) {
    const delay = roll.pick([5, 20, 60]), { text: tail, order } = chain(roll), cmd = `watermark --delay ${delay}ms | ${tail}`;
    let clock = roll.pick([0, -50]);
    const events = Array.from({ length: 40 }, (_, id) => event(roll, clock += 1 + roll.pick([0, 0, 1, 4, 9, 30]), id));      // no two at one time: their order would count
    const shuffled = events.map((one) => ({ one, at: one.ts + roll.below(delay + 1) })).sort((a, b) => a.at - b.at).map(({ one }) => one);
    const [a, b] = [await runText(cmd, input(events), { fused: true, pipes }), await runText(cmd, input(shuffled), { fused: roll.chance(0.5), rows: roll.pick([1, 3, 1000]), pipes })];
    for (const { stderr, exit } of [a, b]) if (exit !== 0 || /late/.test(stderr)) { t.fail(`${cmd}: exit ${exit}`, { said: stderr, input: text(input(shuffled)) }); return; }
    const rows = (bytes: Uint8Array): string[] => order === 'bytes' ? text(bytes).split('\n') : text(bytes).split('\n').sort();
    if (order === 'none') { t.pass(cmd); continue; }
    if (rows(a.stdout).join('\n') !== rows(b.stdout).join('\n')) { t.same(rows(b.stdout), rows(a.stdout), `${cmd}: ${order}`, { sorted: text(input(events)), shuffled: text(input(shuffled)) }); return; }
    t.pass(`${cmd}: ${order}`);
  }
});
