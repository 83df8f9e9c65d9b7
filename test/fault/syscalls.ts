// Faults at system calls (EXACTLY-ONCE 11, T3 and T4): a run is killed at each call that changes something, and while it recovers; each kind of error is put into calls.
import { goldenOf, Place, shameful } from './place.js';
import type { Golden, RunOptions } from './place.js';
import { diceOf } from './family.js';
import type { Family, Outcome, Task } from './family.js';
import { pipelineOf, pipelines } from './pipelines.js';
import type { Pipeline } from './pipelines.js';
import { before, canTrace, inject, noTrace, pointsOf, stagesOf } from './strace.js';
import type { Point } from './strace.js';

/** Few records, each piece of them an epoch: two or three, and the one of the drain. */
const options: RunOptions = { slow: '40000:2', every: '1ms' };
function small(pipeline: Pipeline): Pipeline {
  const inputs: Pipeline['inputs'] = (dice) => Object.fromEntries(Object.entries(pipeline.inputs(dice)).map(([name, text]) => [name, `${text.split('\n').slice(0, 900).join('\n')}\n`]));
  return { ...pipeline, name: `${pipeline.name}, small`, inputs };
}
const command = (pipeline: Pipeline): string => pipeline.command(`${pipeline.isFused ? '--checkpoint st ' : ''}--checkpoint-every ${options.every!} --drain`);   // `!`: it stands above

/** One process of a pipeline, fresh or after it was killed near its end. */
interface Target { readonly pipeline: Pipeline; readonly stage: number; readonly isRecovery: boolean }
const name = ({ pipeline, stage, isRecovery }: Target): string => `${pipeline.name}${pipeline.isFused ? '' : `, process ${stage + 1}`}${isRecovery ? ', recovering' : ''}`;
/** Of a recovery: where the run before it ended. */
const crash: Point = { call: 'fsync', nth: 0, on: '' };

/** The place as the target finds it. */
async function made(target: Target, golden: Golden, crashAt: Point): Promise<Place> {
  const place = new Place(target.pipeline, golden.inputs);
  if (target.isRecovery) await place.start({ ...options, command: before(command(target.pipeline), stagesOf(command(target.pipeline)).length - 1, inject(crashAt, 'signal=KILL')) }).ended;
  return place;
}

interface Plan { readonly golden: Golden; readonly crashAt: Point; readonly points: readonly Point[] }
/** Its calls, counted in a run without a fault. */
async function planOf(target: Target, seed: number, calls?: readonly string[]): Promise<Plan> {
  const { pipeline, stage, isRecovery } = target, golden = await goldenOf(pipeline, seed), line = command(pipeline);
  let crashAt = crash;
  if (isRecovery) {                                        // killed at the last time but one that it synced its output
    const place = new Place(pipeline, golden.inputs);
    try { crashAt = (await pointsOf(place, stagesOf(line).length - 1, options, line)).filter(({ call, on }) => call === 'fsync' && on.startsWith('1<')).at(-2)!; } finally { place.remove(); }   // `!`: there are several epochs
  }
  const place = await made(target, golden, crashAt);
  try { return { golden, crashAt, points: await pointsOf(place, stage, options, line, calls) }; } finally { place.remove(); }
}

/** After the fault it is run until it is done. */
async function finished(place: Place, golden: Golden): Promise<string[]> {
  const wrong = place.between();
  wrong.push(...await place.finish());
  return [...wrong, ...place.differences(golden.outputs)];
}

async function killedAt(target: Target, { golden, crashAt }: Plan, point: Point): Promise<Outcome> {
  const place = await made(target, golden, crashAt);
  try {
    const { stderr } = await place.start({ ...options, command: before(command(target.pipeline), target.stage, inject(point, 'signal=KILL')) }).ended;
    return { injected: 1, wrong: [...golden.wrong, ...shameful(stderr), ...await finished(place, golden)] };
  } finally { place.remove(); }
}

const fusedLinear = small(pipelineOf('linear-fused')), linear = small(pipelineOf('linear'));
const crashTargets = (): readonly Target[] => [
  { pipeline: fusedLinear, stage: 0, isRecovery: false },
  { pipeline: fusedLinear, stage: 0, isRecovery: true },
  { pipeline: linear, stage: 0, isRecovery: false },
  { pipeline: linear, stage: 2, isRecovery: false },
  { pipeline: linear, stage: 3, isRecovery: false },
  { pipeline: linear, stage: 3, isRecovery: true },
  ...pipelines.filter(({ isSqlite, outputs }) => isSqlite === true || !outputs.includes('out.ndjson')).map((pipeline) => small(pipeline)).map((pipeline) => ({ pipeline, stage: stagesOf(command(pipeline)).length - 1, isRecovery: false })),
];

/** Of all that there are, `count` in regular distances: all where `count` is large (--rounds=10000). */
const spread = <T>(all: readonly T[], count: number): readonly T[] => all.length <= count ? all : Array.from({ length: count }, (_, i) => all[Math.floor(i * all.length / count)]!);   // `!`: inside

export const crashPoints: Family = {
  name: 'crash-points', about: 'killed at every system call that changes something, of each process, and while it recovers', full: 420, part: 9,
  async plan(count, seed) {
    if (!canTrace()) return { skipped: noTrace, count: Math.min(count, 600) };
    const all: Task[][] = [], targets = count < 100 ? crashTargets().slice(0, 3) : crashTargets();
    for (const target of targets) {
      const plan = await planOf(target, seed);
      all.push(plan.points.map((point): Task => ({ name: `${name(target)}, at ${point.call} ${point.nth}: ${point.on}`, run: () => killedAt(target, plan, point) })));
    }
    const [first = [], ...rest] = all;                     // every point of one run; of the others as many as there is time for
    return count < 100 ? spread(all.flat(), count) : [...first, ...spread(rest.flat(), Math.max(0, count - first.length))].slice(0, count);
  },
};

const MEANT: Readonly<Record<string, readonly string[]>> = {
  openat: ['EMFILE', 'EACCES', 'EROFS', 'ENOSPC', 'EIO'], write: ['EIO', 'ENOSPC', 'EDQUOT', 'EINTR', 'EAGAIN'], pwrite64: ['EIO', 'ENOSPC', 'EDQUOT', 'EINTR'],
  fsync: ['EIO', 'ENOSPC', 'EDQUOT'], fdatasync: ['EIO'], ftruncate: ['EIO', 'EROFS', 'EACCES'], rename: ['EIO', 'ENOSPC', 'EROFS', 'EACCES'], unlink: ['EIO', 'EROFS', 'EACCES'],
  mkdir: ['EIO', 'ENOSPC', 'EROFS', 'EACCES'], chmod: ['EIO', 'EROFS'], close: ['EIO'], read: ['EIO', 'EINTR'], pread64: ['EIO', 'EINTR'], fcntl: ['EAGAIN', 'EIO', 'ENOLCK'],
};
const ALLOWED = new Set([0, 66, 74, 75, 77, 78]);          // 66: an input that cannot be opened

async function failedAt(target: Target, { golden, crashAt }: Plan, point: Point, error: string, isLasting: boolean): Promise<Outcome> {
  const place = await made(target, golden, crashAt), wrong = [...golden.wrong];
  try {
    place.between();
    const line = before(command(target.pipeline), target.stage, inject(point, `error=${error}`) + (isLasting ? '+' : ''));
    const { stderr } = await place.start({ ...options, command: `${line}; echo "statuses: \${PIPESTATUS[*]}" >&2` }).ended;
    const statuses = (/^statuses: (.*)$/m.exec(stderr)?.[1] ?? '').split(' ').map(Number), own = statuses[target.stage];
    if (own === 134) return { injected: 1, wrong: await finished(place, golden) };   // it hit a call of libuv, which aborts then: a crash
    for (const status of statuses) if (!ALLOWED.has(status)) wrong.push(`exit ${statuses.join(', ')}\n${stderr}`);
    if (own !== 0 && !/^leat.*: E_[A-Z]+: /m.test(stderr)) wrong.push(`exit ${own} without a message\n${stderr}`);
    // SQLite tidies up when it is closed, and takes no notice of a folder that cannot be synced: what was committed is safe before the one, and in its file whatever the other says.
    if ((point.call === 'fsync' || point.call === 'fdatasync') && own === 0 && !/\.db|^\d+<\/st(\/op)?>/.test(point.on)) wrong.push(`a sync failed and it went on: exit ${statuses.join(', ')}\n${stderr}`);
    wrong.push(...shameful(stderr), ...await finished(place, golden));
    return { injected: 1, wrong };
  } finally { place.remove(); }
}

export const errnos: Family = {
  name: 'errors', about: 'a system call fails, once or from then on: EIO, ENOSPC, EDQUOT, EINTR, EAGAIN, EMFILE, EROFS, EACCES', full: 200, part: 8,
  async plan(count, seed) {
    if (!canTrace()) return { skipped: noTrace, count };
    const calls = Object.keys(MEANT), targets: readonly Target[] = [{ pipeline: fusedLinear, stage: 0, isRecovery: false }, ...count < 50 ? [] : [{ pipeline: fusedLinear, stage: 0, isRecovery: true }, { pipeline: linear, stage: 0, isRecovery: false }, { pipeline: linear, stage: 3, isRecovery: true }]];
    const plans = await Promise.all(targets.map(async (target) => ({ target, plan: await planOf(target, seed, calls) })));
    return Array.from({ length: count }, (_, i): Task => {
      const dice = diceOf(seed, 'errors', i), { target, plan } = plans[i % plans.length]!, there = calls.filter((each) => plan.points.some(({ call }) => call === each)), call = dice.pick(there);   // `!`: inside
      const point = dice.pick(plan.points.filter((each) => each.call === call)), error = dice.pick(MEANT[call]!), isLasting = error !== 'EINTR' && error !== 'EAGAIN' && dice.chance(0.3);   // `!`: calls are its keys
      return { name: `${name(target)}, ${error} at ${call} ${point.nth}${isLasting ? ' and all behind it' : ''}: ${point.on}`, run: () => failedAt(target, plan, point, error, isLasting) };
    });
  },
};
