// The optimiser never changes a result: random pipelines over random data, run from the text, from the plan, and from the plan that the rules have made of it; and each rule by itself on
// plans where it has something to do (test/unit/rules.test.ts). What is compared: standard output to the byte, the exit status, and the files of --late and --bad.
import { existsSync, readFileSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import t from 'tap';
import { MemoryInput, MemoryOutput, runText } from '../../lib/cli/in-process.js';
import { planFrom } from '../../lib/cli/plan.js';
import { asFailure } from '../../lib/cli/messages.js';
import type { Node, Plan } from '../../lib/plan/node.js';
import { from } from '../../lib/operators/from.js';
import { optimise } from '../../lib/plan/optimise.js';
import { nodesOf } from '../../lib/plan/remake.js';
import { fieldsOfJsonSchema } from '../../lib/plan/schema.js';
import { chainOf, stagesOfNode } from '../../lib/plan/stages.js';
import type { Fields } from '../../lib/plan/types.js';
import { runPipeline } from '../../lib/runtime/run.js';
import type { Stage } from '../../lib/runtime/pipeline.js';
import { folder } from '../harness/place.js';
import { dice, seedOf } from '../harness/random.js';
import type { Dice } from '../harness/random.js';

const seed = seedOf(), roll = dice(seed), rounds = Number(process.env.ROUNDS ?? 400);
t.comment(`seed ${seed}; SEED=${seed} repeats this run`);

const schema = fieldsOfJsonSchema(JSON.stringify({ type: 'object', required: ['ts', 'id', 'host', 'ms', 'user'], properties: {
  ts: { type: 'integer' }, id: { type: 'integer' }, host: { type: 'string' }, status: { type: ['integer', 'null'] }, ms: { type: 'integer' }, user: { type: 'object', required: ['id'], properties: { id: { type: 'integer' }, name: { type: 'string' } } },
} }));

/** Records as the schema has them; `dirty`: others among them, and lines that are none. */
function records(r: Dice, count: number, dirty: boolean): string {
  let clock = 1_763_640_000_000, text = '';
  for (let id = 0; id < count; id++) {
    clock += r.pick([0, 1, 500, 3000, 20_000]);
    const fields: Record<string, unknown> = { ts: clock - (r.chance(0.3) ? r.below(90_000) : 0), id: r.below(8), host: r.pick(['a', 'b', 'c']), ms: r.below(2000), user: r.chance(0.5) ? { id: r.below(3) } : { id: r.below(3), name: r.pick(['Ann', 'Bo']) } };
    if (r.chance(0.8)) fields.status = r.pick([200, 404, 500, null]);
    if (dirty && r.chance(0.1)) fields[r.pick(['host', 'status', 'ms', 'user'])] = r.pick([1, 'x', null, [1], true, 1.0]);
    const line = JSON.stringify(fields);
    text += dirty && r.chance(0.02) ? '{"ts":\n' : dirty && r.chance(0.05) ? `${line.slice(0, -1)},"ms":1e999}\n` : `${line}\n`;
  }
  return text;
}

const conditions = ['status >= 500', 'host == "a"', 'host != "b" && ms > 3', 'id in [1, 2, 3]', 'user.id == 1', 'status == null', 'ms > 2 * 500', '$low < ms', 'is_null(user.name)', 'ms / 2 > 100', 'lower(host) == "c"', 'true', '1 < 2', 'status', 'who == 1', 'k == "a"', 'n > 2', 'id == 2', 'window_start != null'];
const maps = ["map 'ms + 1 as more'", "map 'host as k, id as who'", "map '{ ts, id, host, ms, status, user, k: host }'", "map --drop status", "map --rename 'host as k'", "map 'ms * (2 * 3) as six'", "map '{ host, id, ts, who: user.id, ms }'", "map --rename 'user.id as number' --drop 'user.name'", "map '60 * 60 as hour'", "map 'k as kk, who as w'", "map 'ms / 3 as third'", "map --flatten=_"];
const filter = (r: Dice): string => `filter --arg low 5 '${r.pick(conditions)}'`.replace('--arg low 5', '--argjson low 5');

/** One to five stages behind an input; `timed`: there is event time. */
function stages(r: Dice, late: string, isRight = false): string[] {
  const made: string[] = [], isTimed = r.chance(0.6);
  if (r.chance(0.3)) made.push(filter(r));
  if (r.chance(0.2)) made.push(r.pick(maps.filter((text) => !text.includes('flatten'))));
  const lateness = r.pick(['', '', ' --lateness 5s']), to = r.pick(['', '', '', ` --late ${late}`, ' --late fail']), window = `window ${r.pick(['1m', '1m/20s', '1m --epoch', 'session 30s', 'count 3', '1m^20s'])}`;
  if (isTimed) made.push(r.chance(0.5) ? `watermark --delay ${r.pick(['0s', '10s', 'inf'])}` : window.includes('count') ? window : `${window} --delay ${r.pick(['0s', '10s', 'inf'])}${lateness}${to}`);
  for (let i = r.below(4); i > 0; i--) {
    const kind = r.below(10);
    if (kind < 4) made.push(filter(r)); else if (kind < 7) made.push(r.pick(maps));
    else if (kind === 7) made.push(r.pick(['sort -k id', 'sort -k ms:desc --top 2 --by host', 'sort -k host', 'sort -k ms --top 3']));
    else if (kind === 8) made.push(r.pick(['dedup -k id', 'dedup -k host --keep last', 'dedup -k "host, id"', 'dedup -k id --within 10s']) + (isTimed && r.chance(0.7) ? '' : ''));
    else made.push(`${window}${to}`);
  }
  if (r.chance(0.5)) { made.push(`agg${isRight || r.chance(0.3) ? ' -m' : ''} '${r.pick(['count() as n by host', 'count() as n, sum(ms) as ms by host, id', 'max(ms) as ms, count() as n by host as k', 'count() as n', 'first(id) as id, count() as n by user.id as who'])}'`); if (r.chance(0.6)) made.push(filter(r)); if (r.chance(0.3)) made.push(r.pick(maps)); }
  return made;
}

/** A join with inputs of its own. */
function joined(r: Dice, late: string): string {
  const form = r.pick(['', '--table', '--within 10s', '--within 0s..1m', '--asof', '']), kind = r.pick(['', '', '--left', form === '--asof' ? '' : '--semi', form === '--asof' ? '' : '--full', form === '--asof' ? '--left' : '--anti']);
  const keys = r.pick(['-j host', '-j id', '-1 id -2 user.id', '-1 host -2 host', '-j "host, id"']), side = (file: string): string => [file, ...r.chance(0.4) ? [filter(r)] : [], ...r.chance(0.3) ? [r.pick(maps.filter((text) => !text.includes('flatten')))] : []].map((part, i) => i === 0 ? `from ndjson ${part}` : part).join(' | ');
  const lateTo = form.startsWith('--within') && r.chance(0.3) ? ` --late ${late}` : '', same = r.chance(0.3), left = side('a.ndjson'), right = same ? left : side(r.pick(['a.ndjson', 'b.ndjson']));
  const conditions = ['ms > 500', 'ms_right > 500', 'host == "a"', 'host_right == "a"', 'user.id == 1', 'r.ms > 5', 'status == null', 'id == id_right', 'ts < ts_right'];
  return `join ${keys} ${form} ${kind}${lateTo} ${r.pick(['', '', '--as r'])} <(${left}) <(${right}) | filter '${r.pick(conditions)}'${r.chance(0.5) ? ` | ${filter(r)}` : ''}${r.chance(0.4) ? " | map '{ id, ms, m: ms_right }'" : ''}`;
}

interface Outcome { readonly stdout: string; readonly exit: number; readonly files: Readonly<Record<string, string>> }
type Inputs = Readonly<Record<string, Uint8Array>>;

/** What a node writes, as a pipe (with its control lines) or a file; each stage by itself, or as many as there are in one chain. */
async function output(node: Node, data: Inputs, to: 'pipe' | 'file', fused: boolean): Promise<{ bytes: Uint8Array; exit: number }> {
  const stages: Stage[] = [], pipes: Record<string, Uint8Array> = {};
  let at = node, exit = 0, stdin: Uint8Array | undefined;
  while (stdin === undefined) {
    const own = stagesOfNode(at);
    if (own === undefined) throw new Error(`${at.op} cannot be run here`);
    const [left, right] = at.inputs;
    if (right !== undefined) {
      const other = await output(right, data, 'pipe', fused), name = `right-${at.id}`;
      pipes[name] = other.bytes;
      exit ||= other.exit;
      stages.unshift({ ...own[0], right: name });
    } else stages.unshift(...own);
    if (at.source !== undefined) stdin = data[at.source.name];
    else if (!fused && stages.length > 0 && !(left.source !== undefined && Object.keys(left.params).length === 0)) { const before = await output(left, data, 'pipe', false); stdin = before.bytes; exit ||= before.exit; }
    else at = left;
  }
  if (stages.length === 0) stages.push({ spec: from, values: { format: 'ndjson' }, common: { bad: 'fail' } });
  const target = new MemoryOutput(to);
  const status = await runPipeline({ stages, files: [] }, { say: () => undefined, output: target, inputs: (named) => (named.length === 0 ? ['-'] : named).map((name) => name === '-' ? new MemoryInput(stdin ?? new Uint8Array(0)) : new MemoryInput(pipes[name], name)) })
    .catch((thrown: unknown) => asFailure(thrown, '').error.exit);
  return { bytes: target.bytes(), exit: status === 0 ? exit : status };
}

t.test('random pipelines', async (t) => {
  const place = folder(), late = join(place.path, 'late.ndjson'), worse = join(place.path, 'bad.ndjson');
  let moved = 0, ran = 0, bad = 0;
  const watched = async (work: () => Promise<{ bytes: Uint8Array; exit: number }>): Promise<Outcome> => {
    rmSync(late, { force: true }); rmSync(worse, { force: true });
    const { bytes, exit } = await work();
    return { stdout: Buffer.from(bytes).toString(), exit, files: Object.fromEntries([late, worse].map((file) => [file, existsSync(file) ? readFileSync(file, 'utf8') : ''])) };
  };
  for (let i = 0; i < rounds; i++) {
    const dirty = roll.chance(0.25), data: Inputs = { '-': Buffer.from(records(roll, roll.pick([0, 3, 20]), dirty)), 'a.ndjson': Buffer.from(records(roll, roll.below(12), dirty)), 'b.ndjson': Buffer.from(records(roll, roll.below(12), dirty)) };
    const isJoin = roll.chance(0.35), list = isJoin ? [] : stages(roll, late), one = roll.chance(0.1) ? roll.below(list.length + 1) : -1, all = roll.chance(0.1);
    const text = isJoin ? joined(roll, late) : list.map((stage, k) => all ? `${stage} --bad ${worse}` : k === one ? `${stage} --bad skip` : stage).join(' | ') || 'filter true';
    const known: ReadonlyMap<string, Fields> = dirty || roll.chance(0.3) ? new Map() : new Map(Object.keys(data).map((name) => [name, schema]));
    let plan: Plan;
    try { plan = await planFrom(text, { fields: known }); } catch { continue; }   // a pipeline that is refused: sessions that are sorted, a join without time
    const better = optimise(plan), [sink] = plan.sinks, [now] = better.sinks;
    ran++;
    if (nodesOf(better).some(({ notes }) => notes.some((note) => !note.startsWith('self-join') && !note.includes('fields are read'))) || nodesOf(better).length < nodesOf(plan).length) moved++;
    const first = await watched(async () => isJoin ? output(sink.inputs[0], data, 'file', false) : runText(text, data['-'], { fused: true }).then(({ stdout, exit }) => ({ bytes: stdout, exit })));
    if (first.exit !== 0) bad++;
    for (const [name, work] of [['the optimised plan, in one process', () => output(now.inputs[0], data, 'file', true)], ...all ? [] : [['the optimised plan, stage by stage', () => output(now.inputs[0], data, 'file', false)]] as const,   // each process would empty the one file of --bad
      ...isJoin ? [] : [['the plan', () => output(sink.inputs[0], data, 'file', true)]] as const] as const) {
      const got = await watched(work), isSame = first.exit !== 0 && (isJoin || name.includes('stage by stage')) ? got.exit !== 0 : got.exit === first.exit && got.stdout === first.stdout && JSON.stringify(got.files) === JSON.stringify(first.files);
      if (isSame) continue;
      t.same(got, first, `${text}: ${name}`, { optimised: nodesOf(better).map(({ op, notes }) => [op, ...notes].join('; ')), known: known.size, input: isJoin ? Object.entries(data).map(([name, bytes]) => `${name}: ${Buffer.from(bytes).toString()}`).join('\n') : Buffer.from(data['-']).toString() });
      place.remove();
      return;
    }
    const chain = chainOf(better);
    if (!isJoin && chain === undefined) t.fail(`${text}: the optimised plan is no chain`);
  }
  place.remove();
  t.comment(`${ran} pipelines, ${moved} of them changed by the rules, ${bad} with another exit status than 0`);
  t.ok(ran > rounds / 2 && moved > ran / 4, 'enough of them ran, and the rules had something to do');
});
