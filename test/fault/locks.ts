// Several runs of one checkpoint at once (EXACTLY-ONCE 11, T9): one wins, the others say so in one line; a winner that is stopped or killed; a storm while a run recovers.
import { goldenOf, holds, Place, shameful } from './place.js';
import type { Running } from './place.js';
import type { Dice } from '../harness/random.js';
import { tasksOf } from './family.js';
import type { Family, Outcome } from './family.js';
import { pipelineOf } from './pipelines.js';

const STARTS = 10;
const sleep = (ms: number): Promise<void> => new Promise((done) => setTimeout(done, ms));

async function storm(name: string, seed: number, dice: Dice): Promise<Outcome> {
  const pipeline = pipelineOf(name), golden = await goldenOf(pipeline, seed), place = new Place(pipeline, golden.inputs), wrong = [...golden.wrong];
  let injected = 0;
  try {
    const what = dice.pick(['none', 'kill', 'stop', 'recover'] as const);
    if (what === 'recover') {                              // a run that was killed before
      const run = place.start();
      await Promise.race([sleep(100 + dice.below(golden.ms)), run.ended]);
      run.signal('SIGKILL');
      await run.ended;
      injected++;
    }
    const wasDone = place.isDrained(), runs: Running[] = Array.from({ length: STARTS }, () => place.start({ slow: '20000:20' }));
    injected += STARTS;
    if (what === 'kill' || what === 'stop') {
      let winner: Running | undefined;
      for (const until = performance.now() + 5000; winner === undefined && performance.now() < until;) { await sleep(5); winner = runs.find((run) => !run.isOver && holds(run.parts())); }
      injected++;
      if (what === 'kill') winner?.signal('SIGKILL');
      else if (winner !== undefined) { winner.signal('SIGSTOP'); await sleep(300); winner.signal('SIGCONT'); }
    }
    const ends = await Promise.all(runs.map(({ ended }) => ended)), won = ends.filter(({ exit }) => exit === 0).length, busy = ends.filter(({ exit }) => exit === 75), other = ends.filter(({ exit }) => exit !== 0 && exit !== 75 && exit !== 137 && exit !== 78);
    // Who comes when the winner is through finds a checkpoint that was drained (78).
    if (what !== 'kill' && !wasDone && won !== 1) wrong.push(`${won} of ${STARTS} won`);
    if (won > 1) wrong.push(`${won} of ${STARTS} won`);
    for (const { exit, stderr } of other) wrong.push(`exit ${exit}\n${stderr}`);
    for (const { stderr } of busy) {
      wrong.push(...shameful(stderr));
      if (pipeline.isFused && stderr.split('\n').filter((line) => /^leat/.test(line)).length !== 1) wrong.push(`not one line:\n${stderr}`);
    }
    wrong.push(...await place.finish());
    wrong.push(...place.differences(golden.outputs));
    return { injected, wrong: wrong.length > 0 ? [`${what}: exits ${ends.map(({ exit }) => exit).join(' ')}`, ...wrong] : [] };
  } finally { place.remove(); }
}

export const locks: Family = {
  name: 'locks', about: `${STARTS} runs begin at once; the winner is killed, stopped, or recovers: one wins, the others exit 75`, full: 20, part: 2, width: 1,
  plan: (count, seed) => tasksOf('locks', count, seed, (dice, i) => { const name = i % 3 === 2 ? 'linear' : 'linear-fused'; return { name, run: () => storm(name, seed, dice) }; }),
};
