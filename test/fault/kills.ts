// Kill -9 at random times (EXACTLY-ONCE 11, T2): one process, all of them, again while they recover, stopped and overtaken, asked to end. Then it is run until it is done.
import type { Dice } from '../harness/random.js';
import { goldenOf, holds, Place, shameful } from './place.js';
import type { Golden, Running } from './place.js';
import type { Family, Outcome } from './family.js';
import { tasksOf } from './family.js';
import { pipelines } from './pipelines.js';
import type { Pipeline } from './pipelines.js';

const sleep = (ms: number): Promise<void> => new Promise((done) => setTimeout(done, ms));
const KINDS = ['one', 'one', 'one', 'group', 'group', 'twice', 'stop', 'signal'] as const;
/** Until all others have noticed that one of them is gone. */
const NOTICE_MS = 10_000;

/** One that was stopped must not be overtaken: who comes meanwhile is told so. Then it goes on as if nothing had been. */
async function stopped(place: Place, run: Running, drain: boolean): Promise<string[]> {
  run.signal('SIGSTOP');
  const isHeld = holds(run.parts()), second = await place.start({ drain, slow: undefined }).ended, wrong: string[] = [];
  if (isHeld && second.exit !== 75) wrong.push(`a second run beside a stopped one: exit ${second.exit}, not 75\n${second.stderr}`);
  if (!isHeld && second.exit !== 75 && second.exit !== 0) wrong.push(`a second run beside one that had not begun: exit ${second.exit}\n${second.stderr}`);
  wrong.push(...shameful(second.stderr));
  run.signal('SIGCONT');
  const { exit, stderr } = await run.ended;
  if (isHeld && exit !== 0) wrong.push(`it was stopped and went on: exit ${exit}\n${stderr}`);
  return wrong;
}

/** One fault, or two; how many. */
async function hurt(place: Place, golden: Golden, drain: boolean, dice: Dice, wrong: string[], log: string[]): Promise<number> {
  const run = place.start({ drain }), kind = dice.pick(KINDS), ms = 40 + dice.below(golden.ms * 0.9);
  log.push(`${kind} after ${Math.round(ms)} ms`);
  await Promise.race([sleep(ms), run.ended]);
  if (run.isOver) { const { exit, stderr } = await run.ended; if (exit !== 0) wrong.push(`before any fault: exit ${exit}\n${stderr}`); return 0; }
  if (kind === 'stop') wrong.push(...await stopped(place, run, drain));
  else if (kind === 'signal') {
    const signal = dice.chance(0.5) ? 'SIGTERM' : 'SIGINT', parts = run.parts();
    if (dice.chance(0.5)) run.signal(signal); else if (parts.length > 0) run.signal(signal, dice.pick(parts));
  } else if (kind === 'one') {
    const parts = run.parts();
    if (parts.length > 0) run.signal('SIGKILL', dice.pick(parts));
  } else run.signal('SIGKILL');
  const said = await Promise.race([run.ended, sleep(NOTICE_MS).then(() => undefined)]);
  if (said === undefined) { wrong.push(`${kind}: it goes on ${NOTICE_MS / 1000} s after the fault, as ${run.parts().length} processes`); run.signal('SIGKILL'); await run.ended; } else wrong.push(...shameful(said.stderr));
  if (kind !== 'twice') return 1;
  const again = place.start({ drain });
  await Promise.race([sleep(40 + dice.below(150)), again.ended]);
  if (again.isOver) return 1;
  again.signal('SIGKILL');
  await again.ended;
  return 2;
}

export async function killed(pipeline: Pipeline, seed: number, dice: Dice): Promise<Outcome> {
  const golden = await goldenOf(pipeline, seed), place = new Place(pipeline, golden.inputs), wrong = [...golden.wrong], log: string[] = [];
  try {
    const isGrowing = dice.chance(0.4), most = 2 + dice.below(9);
    let injected = 0, part = 0;
    if (isGrowing) place.hide();
    for (let i = 0; i < most && wrong.length === 0; i++) {
      if (isGrowing) place.reveal(part = Math.min(1, part + dice.below(1000) / 1000 / most * 1.6));
      injected += await hurt(place, golden, !isGrowing, dice, wrong, log);
      wrong.push(...place.between());
      if (!isGrowing && place.isDrained()) break;
    }
    if (isGrowing) place.reveal(1);
    if (wrong.length === 0) wrong.push(...await place.finish());
    wrong.push(...place.differences(golden.outputs));
    return { injected, wrong: wrong.length > 0 ? [`${pipeline.name}${isGrowing ? ', growing' : ''}: ${log.join('; ')}`, ...wrong] : [] };
  } finally { if (wrong.length > 0 && process.env.LEAT_FAULT_KEEP === '1') console.log(`kept: ${place.path}`); else place.remove(); }
}

export const kills: Family = {
  name: 'kills', about: 'kill -9 of one process, of all, again while they recover; stopped and overtaken; asked to end', full: 150, part: 8,
  plan: (count, seed) => tasksOf('kills', count, seed, (dice, i) => { const pipeline = pipelines[(i + seed) % pipelines.length]!; return { name: pipeline.name, run: () => killed(pipeline, seed, dice) }; }),   // `!`: inside
};
