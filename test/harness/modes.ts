// The modes of STYLE section 8: each runs a case in another way and must give the same bytes. In process: whole, cut, one-row, fused, disorder, store, jobs, crash. Real executables: pipe, endless.
import { join } from 'node:path';
import { runText } from '../../lib/cli/in-process.js';
import type { TextOptions } from '../../lib/cli/in-process.js';
import { jobProgram } from '../../lib/cli/team.js';
import { Team } from '../../lib/runtime/parallel/team.js';
import { differences } from './compare.js';
import type { Case, Mode } from './case.js';
import { canCrash, crashed } from './crash-run.js';
import { canShuffle, shuffled } from './disorder.js';
import { folder } from './place.js';
import { dice, seedOf } from './random.js';
import { open, shell } from './shell.js';
import type { Result } from './shell.js';

/** What went wrong, by the name of the run (`cut 7`); `undefined`: the mode has nothing to say about this case. */
export type Verdict = readonly { readonly run: string; readonly faults: readonly string[] }[] | undefined;

const inProcess: Readonly<Partial<Record<Mode, readonly (readonly [string, TextOptions])[]>>> = {
  whole: [['whole', { fused: false }]],
  cut: [['cut 1', { fused: false, chunk: 1 }], ['cut 7', { fused: false, chunk: 7 }], ['cut 4096', { fused: false, chunk: 4096 }]],
  'one-row': [['one-row', { fused: false, rows: 1 }], ['one-row fused', { fused: true, rows: 1 }]],
  fused: [['fused', { fused: true }], ['fused cut 7', { fused: true, chunk: 7 }]],
};

export async function tryMode(given: Case, mode: Mode): Promise<Verdict> {
  if (given.skip.has(mode)) return undefined;
  if (mode === 'pipe') return [{ run: mode, faults: await inFolder(given, (cwd) => shell(given.cmd, { cwd, stdin: given.stdin, env: given.env })) }];
  if (mode === 'endless') return endless(given);
  if (mode === 'disorder') return disorder(given);
  if (mode === 'store') return store(given);
  if (mode === 'jobs') return jobs(given);
  if (mode === 'crash') return crash(given);
  const verdicts = [];
  for (const [run, options] of inProcess[mode] ?? []) verdicts.push({ run, faults: await inFolder(given, (cwd) => here(given, cwd, given.stdin, options)) });
  return verdicts;
}

/** What the case gives in the first way that it runs: for --record. */
export const record = (given: Case, cwd: string): Promise<Result> => given.skip.has('whole') ? shell(given.cmd, { cwd, stdin: given.stdin, env: given.env }) : here(given, cwd, given.stdin, { fused: false });

async function inFolder(given: Case, work: (cwd: string) => Promise<Result>): Promise<string[]> {
  const place = folder(given.files);
  try { return differences(given, await work(place.path), place.path); } finally { place.remove(); }
}

/** In this process, in that folder and with the environment of the case for as long as it runs: one at a time. */
const here = (given: Case, cwd: string, stdin: Uint8Array, options: TextOptions): Promise<Result> => within(given, cwd, () => runText(given.cmd, stdin, options));
async function within<T>(given: Case, cwd: string, work: () => Promise<T>): Promise<T> {
  const before = { ...process.env }, place = process.cwd();
  process.chdir(cwd);
  for (const name of Object.keys(before)) if (name.startsWith('LEAT_')) delete process.env[name];
  Object.assign(process.env, given.env);
  try { return await work(); } finally {
    for (const name of Object.keys(given.env)) delete process.env[name];
    Object.assign(process.env, before);
    process.chdir(place);
  }
}

/** Lines of stdout that are due while the input is open: said by the case, or all of them where no stage keeps anything back. */
function dueOf(given: Case): number | undefined {
  if (given.due !== undefined) return given.due;
  if (/\b(agg|describe|sort|wrap)\b/.test(given.cmd) || given.exit !== 0 || given.stdin.length === 0) return undefined;
  return Buffer.from(given.stdout).toString().split('\n').length - 1;
}

async function endless(given: Case): Promise<Verdict> {
  const due = dueOf(given);
  if (due === undefined || due === 0) return undefined;
  const expected = Buffer.from(given.stdout).toString().split('\n').slice(0, -1), faults: string[] = [];
  faults.push(...await inFolder(given, async (cwd) => {
    const pipe = open(given.cmd, { cwd, env: given.env });
    pipe.write(given.stdin);
    if (!await pipe.until(due)) faults.push(`while the input is open: ${due} lines are due, ${pipe.lines().length} came`);
    if (due < expected.length) await new Promise((done) => setTimeout(done, 40));   // what is not due must not come
    const came = pipe.lines();
    if (came.join('\n') !== expected.slice(0, due).join('\n')) faults.push(`while the input is open:\n  expected\n    ${expected.slice(0, due).join('\n    ')}\n  got\n    ${came.join('\n    ')}`);
    return pipe.close();
  }));
  return [{ run: 'endless', faults }];
}

/** Each stage is made anew from what it has saved, after every record: what it does not save is lost, and what it saves it must be able to read. */
async function store(given: Case): Promise<Verdict> {
  const isExpanded = substituted.test(given.cmd), verdicts = [];
  for (const fused of [false, true]) {
    // What cannot run in this process by its nature has said so; <(leat …) it can, here.
    if (!isExpanded && given.skip.has(fused ? 'fused' : 'one-row')) continue;
    const spills = folder({});
    const faults = await inFolder(given, async (cwd) => {
      const { cmd, pipes } = await expanded(given, cwd);
      return here({ ...given, cmd }, cwd, given.stdin, { fused, rows: 1, reborn: spills.path, pipes });
    }).finally(() => spills.remove());
    verdicts.push({ run: fused ? 'store fused' : 'store', faults });
  }
  return verdicts.length === 0 ? undefined : verdicts;
}

const substituted = /<\((leat [^()|]*)\)/;

/** <(leat …) of a command as names of pipes, and what is in them. */
async function expanded(given: Case, cwd: string): Promise<{ cmd: string; pipes: Record<string, Uint8Array> }> {
  const pipes: Record<string, Uint8Array> = {};
  let { cmd } = given;
  for (let found = substituted.exec(cmd); found !== null; found = substituted.exec(cmd)) {
    const name = `/dev/fd/${63 - Object.keys(pipes).length}`;
    pipes[name] = (await here({ ...given, cmd: found[1]! }, cwd, new Uint8Array(0), { fused: true, to: 'pipe' })).stdout;   // `!`: the pattern has it
    cmd = cmd.replace(found[0], name);
  }
  return { cmd, pipes };
}

let mates: Team | undefined;
/** The threads of the modes: one or two of them. They go with the process. */
export const team = (count: 1 | 2): Team => { mates ??= new Team(2, jobProgram()); return { mates: mates.mates.slice(0, count), end() { /* others go on with them */ } } as Team; };
/** How many parts were worked off by other threads so far, and how many of them were of use. */
export const partCount = { seen: 0, added: 0 };

/** One process with threads that have parts of a few lines each; a case whose input is not a file has it as one. */
async function jobs(given: Case): Promise<Verdict> {
  if (given.skip.has('fused') || !/\b(agg|filter|map|watermark|window)\b/.test(given.cmd)) return undefined;   // others are not worked off in parts
  const place = folder({ stdin: given.stdin }), verdicts = [];
  const seen = (isAdded: boolean): void => { partCount.seen++; if (isAdded) partCount.added++; };
  for (const [count, partBytes] of [[1, 40], [2, 100]] as const) {
    const stdin = /^[\t ]/.test(Buffer.from(given.stdin.subarray(0, 1)).toString()) ? undefined : join(place.path, 'stdin');   // control lines come by a pipe only
    verdicts.push({ run: `jobs ${count + 1}`, faults: await inFolder(given, (cwd) => here(given, cwd, given.stdin, { fused: true, jobs: { team: team(count), partBytes, stdin, seen } })) });
  }
  place.remove();
  return verdicts;
}

const SHUFFLES = 3;

async function disorder(given: Case): Promise<Verdict> {
  if (!canShuffle(given)) return undefined;
  const sorted = (bytes: Uint8Array): string => Buffer.from(bytes).toString().split('\n').sort().join('\n'), verdicts = [];
  for (let seed = 1; seed <= SHUFFLES; seed++) {
    const input = shuffled(given, seed * 7919 + given.name.length);
    if (input === undefined) return undefined;
    const place = folder(given.files), faults: string[] = [];
    const got = await here(given, place.path, input, { fused: seed % 2 === 0 }).finally(() => place.remove());
    if (sorted(got.stdout) !== sorted(given.stdout)) faults.push(`shuffled input\n${Buffer.from(input).toString()}gives\n${Buffer.from(got.stdout).toString()}`);
    if (got.stderr !== '' || got.exit !== 0) faults.push(`shuffled: exit ${got.exit}\n${got.stderr}`);
    verdicts.push({ run: `disorder ${seed}`, faults });
  }
  return verdicts;
}

/** SEED= repeats what was done to a case. */
export const crashSeed = seedOf();
/** How often runs were broken off so far. */
export const crashCount = { runs: 0 };

/** With a checkpoint, broken off again and again: the same output and side files; what was said on the way is not of interest. */
async function crash(given: Case): Promise<Verdict> {
  if (!canCrash(given)) return undefined;
  let isTried = true, said = '';
  const faults = await inFolder({ ...given, stderr: '', stderrHas: true, resultsOnly: false }, async (cwd) => {
    const result = await within(given, cwd, () => crashed(given, dice(crashSeed + given.name.length)));
    isTried = result !== undefined;
    crashCount.runs += result?.crashes ?? 0;
    said = result?.stderr ?? '';
    return result ?? { stdout: given.stdout, stderr: '', exit: 0 };
  });
  return isTried || faults.length > 0 ? [{ run: 'crash', faults: faults.length > 0 ? [`SEED=${crashSeed}`, ...faults, said.slice(-1000)] : faults }] : undefined;
}
