// Damage to the files of a checkpoint (EXACTLY-ONCE 11, T10): a bit flipped anywhere, a file cut anywhere. What comes then is what should come, or a refusal with a message; never
// another output.
import { cpSync, existsSync, mkdtempSync, readFileSync, readdirSync, rmSync, statSync, truncateSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Dice } from '../harness/random.js';
import { compared, goldenOf, outputsAt, Place, shameful } from './place.js';
import type { Golden } from './place.js';
import { diceOf } from './family.js';
import type { Family, Outcome, Task } from './family.js';
import { pipelineOf } from './pipelines.js';
import type { Pipeline } from './pipelines.js';

const REFUSED = new Set([65, 74, 78]);
const NAMES = ['linear-fused', 'sort-fused', 'linear'];

/** A run that was killed in the middle, whose files are damaged again and again. */
interface Stage { readonly pipeline: Pipeline; readonly golden: Golden; readonly place: Place; readonly copy: string; readonly files: readonly { readonly name: string; readonly size: number }[]; busy: Promise<void> }

async function stageOf(pipeline: Pipeline, seed: number): Promise<Stage> {
  const golden = await goldenOf(pipeline, seed), place = new Place(pipeline, golden.inputs), run = place.start();
  for (const until = performance.now() + 15_000; performance.now() < until && !run.isOver && (place.commits()[0] ?? 0) < 3;) await new Promise((done) => setTimeout(done, 20));
  run.signal('SIGKILL');
  await run.ended;
  const copy = mkdtempSync(join(tmpdir(), 'leat-copy-'));
  cpSync(place.path, copy, { recursive: true });
  const files = ['run.db', 'lock.db', ...readdirSync(join(place.state, 'op')).map((name) => `op/${name}`)].flatMap((name) => [name, `${name}-wal`]).filter((name) => existsSync(join(place.state, name)) && !name.endsWith('-shm') && !name.endsWith('-wal-wal'))
    .map((name) => ({ name, size: statSync(join(place.state, name)).size })).filter(({ size }) => size > 0);
  return { pipeline, golden, place, copy, files: [...new Map(files.map((file) => [file.name, file])).values()], busy: Promise.resolve() };
}

/** The files as they were; outputs keep their inode, by which they are known. */
function restore({ place, copy, pipeline }: Stage): void {
  rmSync(place.state, { recursive: true, force: true });
  cpSync(join(copy, 'st'), place.state, { recursive: true });
  for (const name of pipeline.outputs) if (existsSync(join(copy, name))) writeFileSync(place.at(name), readFileSync(join(copy, name)));
}

async function damaged(stage: Stage, name: string, damage: (file: string) => void): Promise<Outcome> {
  const { place, golden, pipeline } = stage, wrong: string[] = [], before = stage.busy;
  let done = (): void => { /* set below */ };
  stage.busy = new Promise((resolve) => { done = resolve; });   // one at a time in each place
  await before;
  try { return await spoilt(); } finally { done(); }

  async function spoilt(): Promise<Outcome> {
  restore(stage);
  damage(join(place.state, name));
  const { exit, stderr } = await place.start({ slow: undefined, timeoutMs: 15_000 }).ended;
  if (exit === 0) wrong.push(...compared(golden.outputs, outputsAt(place.path, pipeline)).map((each) => `it goes on, and ${each}`));
  else if (exit === 75 && !pipeline.isFused && /E_(STATE|OUTPUT|WRITE|CHECKPOINT|TABLE)/.test(stderr)) { /* one of its processes has refused */ }
  else if (!REFUSED.has(exit)) wrong.push(`exit ${exit}\n${stderr}`);
  if (exit !== 0 && !/^leat.*: E_[A-Z]+: /m.test(stderr)) wrong.push(`no message\n${stderr}`);
  return { injected: 1, wrong: [...wrong, ...shameful(stderr)] };
  }
}

const flipped = (dice: Dice) => (file: string): void => {
  const bytes = readFileSync(file), at = dice.below(bytes.length);
  bytes[at] = bytes[at]! ^ (1 << dice.below(8));           // `!`: inside
  writeFileSync(file, bytes);
};

export const corruption: Family = {
  name: 'corruption', about: 'a bit flipped or a file cut, in the ledger, the state, their logs: the right output or a refusal', full: 300, part: 10,
  async plan(count, seed) {
    const names = NAMES.slice(0, count < 50 ? 1 : NAMES.length), stages = await Promise.all(names.map((name) => stageOf(pipelineOf(name), seed)));
    process.on('exit', () => { for (const { place, copy } of stages) { place.remove(); rmSync(copy, { recursive: true, force: true }); } });
    const cuts = stages.flatMap((stage) => stage.files.flatMap(({ name, size }) => Array.from({ length: Math.ceil(size / 512) }, (_, i) => ({ stage, name, to: i * 512 }))));
    return Array.from({ length: count }, (_, i): Task => {
      const dice = diceOf(seed, 'corruption', i);
      if (i % 5 < 2) {
        const { stage, name, to } = cuts[Math.floor((i * 0.4 / count) * 2.5 * cuts.length) % cuts.length]!;   // `!`: inside
        return { name: `${stage.pipeline.name}: ${name} cut to ${to} bytes`, run: () => damaged(stage, name, (file) => truncateSync(file, to)) };
      }
      const stage = dice.pick(stages), { name } = dice.pick(stage.files);
      return { name: `${stage.pipeline.name}: a bit of ${name}`, run: () => damaged(stage, name, flipped(dice)) };
    });
  },
};
