// The clock of the calendar jumps (EXACTLY-ONCE 4.6): hours or decades off, forth and back inside of a run and between runs that are killed. Nothing depends on it.
import type { Dice } from '../harness/random.js';
import { goldenOf, Place, shameful } from './place.js';
import { tasksOf } from './family.js';
import type { Family, Outcome } from './family.js';
import { pipelines } from './pipelines.js';
import type { Pipeline } from './pipelines.js';

const HOURS = [1, -1, 24 * 365 * 30, -24 * 365 * 30];

async function jumping(pipeline: Pipeline, seed: number, dice: Dice): Promise<Outcome> {
  const golden = await goldenOf(pipeline, seed), place = new Place(pipeline, golden.inputs), wrong = [...golden.wrong], off = (): Record<string, string> => ({ FAULT_CLOCK: String(dice.pick(HOURS)) });
  let injected = 0;
  try {
    for (let i = 1 + dice.below(3); i > 0 && !place.isDrained(); i--) {
      const run = place.start({ env: off() });
      await Promise.race([new Promise((done) => setTimeout(done, 60 + dice.below(golden.ms))), run.ended]);
      if (!run.isOver) run.signal('SIGKILL');
      wrong.push(...shameful((await run.ended).stderr));
      injected++;
    }
    if (!place.isDrained()) {
      const { exit, stderr } = await place.start({ env: off() }).ended;
      injected++;
      if (exit !== 0) wrong.push(`exit ${exit}\n${stderr}`);
    }
    wrong.push(...await place.finish());
    return { injected, wrong: [...wrong, ...place.differences(golden.outputs)] };
  } finally { place.remove(); }
}

export const clock: Family = {
  name: 'clock', about: 'the clock jumps by an hour or 30 years, forth and back, in a run and between runs', full: 24, part: 2,
  plan: (count, seed) => tasksOf('clock', count, seed, (dice, i) => { const pipeline = pipelines[(i + seed) % pipelines.length]!; return { name: pipeline.name, run: () => jumping(pipeline, seed, dice) }; }),   // `!`: inside
};
