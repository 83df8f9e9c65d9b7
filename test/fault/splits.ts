// Pauses (EXACTLY-ONCE R31, 11 T7): an input that is cut anywhere into pieces, each of which comes before another run, gives what one run over all of it gives: inside of records,
// of UTF-8, of line ends. Most in this process; some as the processes of cron; some over a log that is rotated and packed meanwhile.
import { appendFileSync, closeSync, existsSync, openSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { gzipSync } from 'node:zlib';
import { stagesOf } from '../../lib/cli/pipeline.js';
import { asFailure } from '../../lib/cli/messages.js';
import { Output } from '../../lib/io/output.js';
import { runPipeline } from '../../lib/runtime/run.js';
import type { Dice } from '../harness/random.js';
import { folder } from '../harness/place.js';
import { compared, goldenOf, Place, shameful } from './place.js';
import { tasksOf } from './family.js';
import type { Family, Outcome } from './family.js';
import { pipelines } from './pipelines.js';

/** Fused pipelines, as text. */
const LINES = [
  "from a.ndjson --time ts --delay 2s | window 10s | agg 'count() as n, sum(ms) as ms, collect(note) as notes by host'",
  "from a.ndjson --time ts --delay 1s --bad bad.ndjson | window 20s/5s --late late.ndjson | agg 'count() as n by host'",
  "from a.ndjson --time ts --delay 2s | window session 3s | agg 'count() as n, min(ms) as least by host'",
  "from a.ndjson --time ts --delay 2s | dedup -k host --within 2s | sort --by-time -p",
  "from a.ndjson --time ts --delay 2s | sort -k 'ms:desc, n'",
  "from a.ndjson --time ts --delay 2s | join --full -j host --within 0s..500ms b.ndjson",
  "from a.ndjson --time ts --delay 2s | window 10s | agg --emit changes 'count() as n by host'",
  "from a.ndjson | filter 'ms > 300' | map 'ms * 2 as twice'",
];

/** Records with text beyond ASCII, and line ends of both kinds. */
function input(dice: Dice, count: number, isRight: boolean): Buffer {
  let text = '', at = 1_750_000_000_000;
  for (let i = 0; i < count; i++) {
    at += dice.below(400);
    text += `${JSON.stringify({ ts: at - dice.below(1900), host: `h${dice.below(5)}`, ms: dice.below(1000), [isRight ? 'm' : 'n']: i, note: dice.pick(['é', '日本', '\u{1f600}', 'x', '\\"']) })}${dice.chance(0.1) ? '\r\n' : '\n'}`;
  }
  return Buffer.from(text);
}

/** One run in this process and in the working directory. */
async function once(line: string, checkpoint: string | undefined, drain: boolean, out: string, chunk: number): Promise<string[]> {
  const { stages: [first, ...rest], files } = await stagesOf(`leat ${line.replaceAll(' | ', ' | leat ')}`), fd = openSync(out, 'a');
  try {
    const exit = await runPipeline({ stages: checkpoint === undefined ? [first!, ...rest] : [{ ...first!, common: { ...first!.common, checkpoint, checkpointEvery: 0, drain } }, ...rest], files }, { say() { /* of no interest */ }, output: new Output(fd, out), chunk });   // `!`: there is one
    return exit === 0 ? [] : [`exit ${exit}`];
  } catch (thrown) {
    const { error } = asFailure(thrown, '');
    return [`exit ${error.exit}: ${error.message}${error.exit === 70 && thrown instanceof Error ? thrown.stack : ''}`];
  } finally { closeSync(fd); }
}

const SIDE = ['out', 'late.ndjson', 'bad.ndjson'];
const outputs = (): Map<string, string> => new Map(SIDE.filter((name) => existsSync(name)).map((name) => [name, readFileSync(name, 'latin1')]));

async function here(dice: Dice): Promise<Outcome> {
  const place = folder(), before = process.cwd(), line = dice.pick(LINES), wrong: string[] = [];
  process.chdir(place.path);
  try {
    const texts = [input(dice, 20 + dice.below(60), false), input(dice, 20 + dice.below(60), true)] as const, names = ['a.ndjson', 'b.ndjson'];
    names.forEach((name, i) => writeFileSync(name, texts[i]!));   // `!`: one each
    wrong.push(...await once(line, undefined, true, 'out', 4096));
    const golden = outputs();
    for (const name of [...SIDE, ...names]) rmSync(name, { force: true });
    for (const name of names) writeFileSync(name, '');
    const pauses = 1 + dice.below(6), cuts = texts.map((text) => Array.from({ length: pauses }, () => dice.below(text.length + 1)).sort((x, y) => x - y)), given = [0, 0];
    const grow = (to: (i: number) => number): void => names.forEach((name, i) => { const end = to(i); appendFileSync(name, texts[i]!.subarray(given[i], end)); given[i] = end; });   // `!`: as above
    for (let k = 0; k < pauses; k++) {
      grow((i) => cuts[i]![k]!);                           // `!`: one each, of each pause
      wrong.push(...await once(line, 'st', false, 'out', 1 + dice.below(3000)));
    }
    grow((i) => texts[i]!.length);                         // `!`: as above
    wrong.push(...await once(line, 'st', true, 'out', 1 + dice.below(3000)));
    wrong.push(...compared(golden, outputs()));
    return { injected: pauses, wrong: wrong.length > 0 ? [`${line}\ncut at ${cuts.map((each) => each.join(', ')).join(' and ')}`, ...wrong] : [] };
  } finally { process.chdir(before); place.remove(); }
}

/** As cron runs them: an input that has grown since. */
async function cron(name: string, seed: number, dice: Dice): Promise<Outcome> {
  const pipeline = pipelines.find((each) => each.name === name)!, golden = await goldenOf(pipeline, seed), place = new Place(pipeline, golden.inputs), wrong = [...golden.wrong];   // `!`: named below
  try {
    place.hide();
    const pauses = 2 + dice.below(4);
    for (let k = 1; k <= pauses; k++) {
      place.reveal(Math.min(1, (k + dice.below(100) / 100 - 0.5) / (pauses + 0.5)));
      const { exit, stderr } = await place.start({ drain: false, slow: undefined, every: '1h' }).ended;
      if (exit !== 0) wrong.push(`exit ${exit}\n${stderr}`);
      wrong.push(...shameful(stderr));
    }
    place.reveal(1);
    const { exit, stderr } = await place.start({ slow: undefined }).ended;
    if (exit !== 0) wrong.push(`drained: exit ${exit}\n${stderr}`);
    return { injected: pauses, wrong: [...wrong, ...place.differences(golden.outputs)] };
  } finally { place.remove(); }
}

/** Five runs over a log that grows, and is renamed and packed between them (USERS A10). */
async function rotated(dice: Dice): Promise<Outcome> {
  const place = folder(), before = process.cwd(), wrong: string[] = [], line = (names: string): string => `from ${names} --time ts --delay 2s | window 10s | agg 'count() as n, sum(ms) as ms by host'`;
  process.chdir(place.path);
  try {
    const text = input(dice, 300, false);
    writeFileSync('whole.ndjson', text);
    wrong.push(...await once(line('whole.ndjson'), undefined, true, 'golden', 4096));
    writeFileSync('app.log', '');
    let given = 0;
    for (let k = 1; k <= 5; k++) {
      const end = k === 5 ? text.length : Math.min(text.length, given + dice.below(text.length / 3)), at = text.lastIndexOf(10, given + dice.below(end - given + 1)) + 1;
      const turns = k > 1 && at > given && at < end && dice.chance(0.7);
      appendFileSync('app.log', text.subarray(given, turns ? at : end));
      if (turns) {                                         // writers turn to a new file between two lines
        for (let n = 5; n >= 2; n--) if (existsSync(`app.log.${n}.gz`)) renameSync(`app.log.${n}.gz`, `app.log.${n + 1}.gz`);
        if (existsSync('app.log.1')) { writeFileSync('app.log.2.gz', gzipSync(readFileSync('app.log.1'))); rmSync('app.log.1'); }
        renameSync('app.log', 'app.log.1');
        writeFileSync('app.log', text.subarray(at, end));
      }
      given = end;
      wrong.push(...await once(line("'app.log*'"), 'st', k === 5, 'out', 1 + dice.below(3000)));
    }
    if (readFileSync('out', 'latin1') !== readFileSync('golden', 'latin1')) wrong.push(...compared(new Map([['out', readFileSync('golden', 'latin1')]]), new Map([['out', readFileSync('out', 'latin1')]])));
    return { injected: 5, wrong };
  } finally { process.chdir(before); place.remove(); }
}

const CRON = ['linear-fused', 'linear', 'sessions', 'join', 'files', 'sqlite'];
export const splits: Family = {
  name: 'splits', about: 'an input that comes in pieces, cut at any byte, a run for each; a log that is rotated and packed between runs', full: 1000, part: 40, width: 1,
  plan: (count, seed) => tasksOf('splits', count, seed, (dice, i) => i % 50 === 7 ? { name: `cron, ${CRON[Math.floor(i / 50) % CRON.length]!}`, run: () => cron(CRON[Math.floor(i / 50) % CRON.length]!, seed, dice) }   // `!`: inside
    : i % 10 === 3 ? { name: 'a log that is rotated', run: () => rotated(dice) } : { name: 'in this process', run: () => here(dice) }),
};
