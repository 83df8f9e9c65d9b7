// Full disks (EXACTLY-ONCE 11, T6): the state or the output on a file system of so many KiB, in a namespace of its own; and files that may not grow beyond a limit. Once there is
// room, the same command goes on.
import { spawnSync } from 'node:child_process';
import { writeFileSync } from 'node:fs';
import { begin, goldenOf, Place, shameful, SLOW } from './place.js';
import type { Family, Outcome, Task } from './family.js';
import { diceOf } from './family.js';
import { pipelineOf } from './pipelines.js';
import type { Pipeline } from './pipelines.js';
import { resolve } from 'node:path';

let possible: boolean | undefined;
const canMount = (): boolean => possible ??= spawnSync('unshare', ['-rm', 'sh', '-c', 'mount -t tmpfs -o size=64k tmpfs /mnt']).status === 0;

const ENDED = new Set([0, 74, 75]);

/** `script` runs the command as RUN twice, and says how it ended both times. */
async function outcome(pipeline: Pipeline, seed: number, prefix: string, script: string): Promise<Outcome> {
  const golden = await goldenOf(pipeline, seed), place = new Place(pipeline, golden.inputs), wrong = [...golden.wrong];
  try {
    const run = pipeline.command(`${pipeline.isFused ? '--checkpoint st ' : ''}--checkpoint-every 10ms --drain`);
    writeFileSync(place.at('run.sh'), `RUN() {\n${run}\n}\n${script}`);
    const { exit, stderr } = await begin(`${prefix} bash --norc -o pipefail run.sh`, place.path, { ...pipeline.isFused ? {} : { LEAT_CHECKPOINT: 'st' }, NODE_OPTIONS: `--require ${resolve('test/fault/preload.cjs')}`, FAULT_READ: SLOW }, 60_000).ended;
    const first = Number(/^first: (\d+)$/m.exec(stderr)?.[1]), second = Number(/^second: (\d+)$/m.exec(stderr)?.[1]);
    if (exit !== 0) wrong.push(`exit ${exit}`);
    if (!ENDED.has(first)) wrong.push(`on a full disk: exit ${first}`);
    if (first === 0 ? second !== 78 : second !== 0) wrong.push(`with room again: exit ${second}`);
    if (first !== 0 && !/E_WRITE|E_SYSTEM|E_UPSTREAM|E_BUSY/.test(stderr)) wrong.push('it says nothing of it');
    wrong.push(...shameful(stderr), ...place.differences(golden.outputs));
    return { injected: first === 0 ? 0 : 1, wrong: wrong.length > 0 ? [`${pipeline.name}`, ...wrong, stderr] : [] };
  } finally { place.remove(); }
}

const small = (name: string, kib: number, where: 'state' | 'output', seed: number): Promise<Outcome> => outcome(pipelineOf(name), seed, 'unshare -rm', `
mkdir -p full st; chmod 700 st
mount -t tmpfs -o size=${kib}k,mode=0700 tmpfs ${where === 'state' ? 'st' : 'full'}
${where === 'state' ? '' : 'ln -s full/out.ndjson out.ndjson'}
(RUN); echo "first: $?" >&2
mount -o remount,size=64m ${where === 'state' ? 'st' : 'full'}
(RUN); echo "second: $?" >&2
${where === 'state' ? '' : 'cp full/out.ndjson out; rm out.ndjson; mv out out.ndjson'}
exit 0
`);
const limited = (name: string, kib: number, seed: number): Promise<Outcome> => outcome(pipelineOf(name), seed, '', `
(ulimit -f ${kib}; RUN); echo "first: $?" >&2
(RUN); echo "second: $?" >&2
exit 0
`);

const NAMES = ['linear', 'linear-fused', 'sort', 'join', 'changes', 'sessions'];

export const fullDisk: Family = {
  name: 'disk-full', about: 'state or output on a file system of 32 KiB to 2 MiB, in a namespace of its own; then there is room', full: 48, part: 3,
  plan(count, seed) {
    if (!canMount()) return { skipped: 'no namespace can be made here (unshare -rm), or nothing be mounted in it', count };
    return Array.from({ length: count }, (_, i): Task => {
      const dice = diceOf(seed, 'disk-full', i), name = NAMES[i % NAMES.length]!, where = i % 3 === 2 ? 'output' : 'state', kib = where === 'output' ? 4 + dice.below(60) : Math.round(32 * 2 ** (dice.below(600) / 100));   // `!`: inside
      return { name: `${name}, ${where} on ${kib} KiB`, run: () => small(name, kib, where, seed) };
    });
  },
};
export const fileLimit: Family = {
  name: 'file-limit', about: 'no file may grow beyond 1 KiB to 400 KiB (ulimit -f); then they may', full: 24, part: 2,
  plan: (count, seed) => Array.from({ length: count }, (_, i): Task => {
    const dice = diceOf(seed, 'file-limit', i), name = NAMES[i % NAMES.length]!, kib = Math.round(2 ** (dice.below(860) / 100));   // `!`: inside
    return { name: `${name}, ${kib} KiB`, run: () => limited(name, kib, seed) };
  }),
};
