// Modelled power loss (EXACTLY-ONCE section 11 T1, appendix C): a real run is recorded, and states that a power cut may have left on disk are computed from what it wrote, synced and
// renamed. Each is put on the disk, the same command is run again, and its output must have the bytes of a run that nothing happened to. Some of those runs are recorded too, for a
// power cut during the recovery.
import { linkSync, mkdirSync, readFileSync, readdirSync, rmSync, statSync, truncateSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { folder } from '../harness/place.js';
import type { Dice } from '../harness/random.js';
import { shell } from '../harness/shell.js';
import { Disk, Node } from './disk.js';
import type { State } from './disk.js';
import { tasksOf } from './family.js';
import type { Family, Outcome } from './family.js';
import { compared, envOf, faultPipelines, golden, results } from './recorded.js';
import type { FaultPipeline } from './recorded.js';
import { cannotTrace, record } from './trace.js';
import type { Call } from './trace.js';

/** Crash states of a task: of the first run, and of a recovery. */
const STATES = 12, AGAIN = 3;

export const power: Family = {
  name: 'power',
  about: 'a power cut: what was not synced is lost, torn or out of order',
  full: 16, part: 2,
  plan(count, seed) {
    const why = cannotTrace();
    if (why !== undefined) return { skipped: why, count: count * STATES };
    return tasksOf('power', count, seed, (dice, i) => { const pipeline = faultPipelines[i % faultPipelines.length]!; return { name: pipeline.name, run: () => cuts(pipeline, dice) }; });   // `!`: i is taken modulo
  },
};

/** A folder whose files keep their inodes through all that is done to it: a link to each stands beside it. */
class Place {
  readonly path: string;
  private readonly around: { readonly path: string; remove(): void };
  private readonly held: string;
  private readonly isHeld = new Set<number>();
  constructor() {
    this.around = folder();
    this.path = join(this.around.path, 'f'); this.held = join(this.around.path, 'held');
    mkdirSync(this.path); mkdirSync(this.held);
  }
  get log(): string { return join(this.around.path, 'log'); }
  begin(files: Readonly<Record<string, string>>): State {
    const state = new Map<string, { node: Node; bytes: Buffer }>();
    for (const [name, text] of Object.entries(files)) {
      writeFileSync(join(this.path, name), text);
      state.set(name, { node: new Node(false), bytes: Buffer.from(text) });
    }
    this.hold(state);
    return state;
  }
  hold(state: State): void {
    for (const [path, { node }] of state) {
      if (node.isFolder || this.isHeld.has(node.id)) continue;
      linkSync(join(this.path, path), join(this.held, String(node.id)));
      this.isHeld.add(node.id);
    }
  }
  put(state: State): void {
    for (const name of readdirSync(this.path)) rmSync(join(this.path, name), { recursive: true });
    for (const [path, { node, bytes }] of state) {
      const at = join(this.path, path), held = join(this.held, String(node.id));
      if (bytes === undefined) { mkdirSync(at, { mode: 0o700 }); continue; }
      if (!this.isHeld.has(node.id)) { writeFileSync(at, bytes, { mode: 0o600 }); continue; }
      if (!readFileSync(held).equals(bytes)) { truncateSync(held); writeFileSync(held, bytes, { flag: 'r+' }); }
      mkdirSync(dirname(at), { recursive: true });
      linkSync(held, at);
    }
  }
  /** The model says what is on the disk, byte for byte; else nothing that it says is worth anything. */
  check(state: State): void {
    const seen = new Set<string>(), visit = (path: string): void => {
      for (const name of readdirSync(join(this.path, path))) {
        const at = path === '' ? name : `${path}/${name}`, known = state.get(at);
        if (at.endsWith('-shm')) continue;
        if (known === undefined) throw new Error(`the model does not know ${at}`);
        seen.add(at);
        if (statSync(join(this.path, at)).isDirectory()) visit(at);
        else if (!readFileSync(join(this.path, at)).equals(known.bytes ?? Buffer.alloc(0))) throw new Error(`the model has other bytes of ${at}`);
      }
    };
    visit('');
    for (const path of state.keys()) if (!seen.has(path)) throw new Error(`the model has ${path}, which is not there`);
  }
  remove(): void { this.around.remove(); }
}

interface History { readonly before: State; readonly calls: readonly Call[] }

async function cuts(pipeline: FaultPipeline, dice: Dice): Promise<Outcome> {
  const expected = await golden(pipeline), place = new Place(), wrong: string[] = [];
  let injected = 0;
  try {
    const first = await recorded(pipeline, place, place.begin(pipeline.files));
    if ('wrong' in first) return { injected, wrong: [`recorded: ${first.wrong}`] };
    for (let i = 0; i < STATES && wrong.length === 0; i++) {
      const { state, at } = cut(first, dice);
      injected++;
      place.put(state);
      if (i % 4 !== 3) { wrong.push(...await again(pipeline, place, expected, at)); continue; }
      const second = await recorded(pipeline, place, state);
      if ('wrong' in second) { wrong.push(`${at}: ${second.wrong}`); break; }
      wrong.push(...compared(results(place.path), expected).map((what) => `${at}: ${what}`));
      for (let j = 0; j < AGAIN && wrong.length === 0; j++) {
        const { state: torn, at: then } = cut(second, dice);
        injected++;
        place.put(torn);
        wrong.push(...await again(pipeline, place, expected, `${at}; during the recovery ${then}`));
      }
    }
    return { injected, wrong };
  } finally { place.remove(); }
}

async function recorded(pipeline: FaultPipeline, place: Place, before: State): Promise<History | { readonly wrong: string }> {
  const { result: { exit, stderr }, calls } = await record(pipeline.cmd, place.path, envOf(pipeline), place.log);
  if (exit !== 0 && !isOver(pipeline, exit, stderr)) return { wrong: `exit ${exit}\n${stderr}` };
  const disk = new Disk(before);
  for (const call of calls) disk.take(call);
  const now = disk.now();
  place.check(now);
  place.hold(now);
  return { before, calls };
}

/** A drained checkpoint says so to who runs it again; all has been written then. */
const isOver = (pipeline: FaultPipeline, exit: number, stderr: string): boolean => pipeline.isDrained === true && (exit === 78 || exit === 75) && stderr.includes('was drained');   // 75: of those downstream

/** The power goes at some call, and leaves some of what was not synced. */
function cut({ before, calls }: History, dice: Dice): { readonly state: State; readonly at: string } {
  const disk = new Disk(before), changing = calls.flatMap(({ name, path, to, flags = '' }, i) => (path ?? to) !== undefined && !path?.endsWith('-shm') && (name !== 'open' || flags.includes('O_CREAT')) ? [i] : []), n = dice.below(changing.length + 1);
  const end = n === changing.length ? calls.length : changing[n]!, policy = dice.pick(['none', 'none', 'all', 'any', 'any', 'any'] as const);   // `!`: below()
  for (const call of calls.slice(0, end)) disk.take(call);
  const call = calls[end];
  return { state: disk.crash(dice, policy), at: `power cut ${call === undefined ? 'after the end' : `before ${call.name} ${call.path ?? ''}${call.to === undefined ? '' : ` → ${call.to}`} (change ${n} of ${changing.length})`}, kept of what was not synced: ${policy}` };
}

async function again(pipeline: FaultPipeline, { path: cwd }: Place, expected: ReadonlyMap<string, Buffer>, at: string): Promise<readonly string[]> {
  const { exit, stderr } = await shell(pipeline.cmd, { cwd, env: envOf(pipeline), pipe: true });
  if (exit !== 0 && !isOver(pipeline, exit, stderr)) return [`${at}: exit ${exit}\n${stderr}`];
  return compared(results(cwd), expected).map((what) => `${at}: ${what}`);
}
