// The order of effects (EXACTLY-ONCE section 11 T5), read off recorded runs that nothing happens to. What must be on disk before something else happens was synced before it began:
// (i) the state of an epoch before its barrier leaves the process; (ii) output and state before the ledger commits; (iii) the bytes of a file before it gets its name, and the name
// before the ledger goes on; (iv) nobody but SQLite opens a database, save to make it, for its owner alone: closing it would drop the locks of the whole process.
import { folder } from '../harness/place.js';
import { readControl } from '../../lib/codec/control.js';
import { Disk, Node } from './disk.js';
import type { State } from './disk.js';
import type { Family, Outcome } from './family.js';
import { envOf, faultPipelines } from './recorded.js';
import type { FaultPipeline } from './recorded.js';
import { cannotTrace, record } from './trace.js';
import type { Call } from './trace.js';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';

export const order: Family = {
  name: 'order',
  about: 'no fault: what must be on disk first was synced first, by the system calls of each pipeline',
  full: faultPipelines.length, part: 3,
  plan(count) {
    const why = cannotTrace();
    if (why !== undefined) return { skipped: why, count };
    return faultPipelines.slice(0, count).map((pipeline) => ({ name: pipeline.name, run: () => traced(pipeline) }));
  },
};

async function traced(pipeline: FaultPipeline): Promise<Outcome> {
  const place = folder(pipeline.files), log = folder();
  try {
    const before = new Map(Object.entries(pipeline.files).map(([name, text]) => [name, { node: new Node(false), bytes: Buffer.from(text) }])), wrong: string[] = [];
    // Once from the beginning; once more where it goes on with what has come since, or says that it is over.
    const [input] = Object.keys(pipeline.files) as [string];
    const first = await record(pipeline.cmd, place.path, envOf(pipeline), join(log.path, 'log'));
    if (first.result.exit !== 0) return { injected: 0, wrong: [`exit ${first.result.exit}\n${first.result.stderr}`] };
    wrong.push(...faultsOf(first.calls, before));
    if (pipeline.isDrained !== true) {
      const then = new Disk(before), more = Buffer.concat([Buffer.from(pipeline.files[input]!), Buffer.from(pipeline.files[input]!.replaceAll('2026-01-01', '2026-01-02'))]);   // `!`: it is one of the names
      for (const call of first.calls) then.take(call);
      const now = new Map(then.now());
      now.set(input, { node: new Node(false), bytes: more });
      writeFileSync(join(place.path, input), more);
      const second = await record(pipeline.cmd, place.path, envOf(pipeline), join(log.path, 'log'));
      if (second.result.exit !== 0) wrong.push(`gone on with: exit ${second.result.exit}\n${second.result.stderr}`);
      wrong.push(...faultsOf(second.calls, now).map((fault) => `gone on with: ${fault}`));
    }
    return { injected: 0, wrong };
  } finally { place.remove(); log.remove(); }
}

const isDatabase = (path: string): boolean => /\.db(-wal|-journal)?$/.test(path), LEDGER = 'st/run.db-wal';
const stateOf = (path: string): boolean => /^st\/op\/.*\.db-wal$/.test(path);

/** What one process has done so far. */
interface Process { readonly written: Set<string>; state: string | undefined; isSaved: boolean; barriers: number; readonly unsyncedNames: Map<string, Call> }

/** What was done too early, for people. */
export function faultsOf(calls: readonly Call[], before: State): readonly string[] {
  const disk = new Disk(before), processes = new Map<number, Process>(), wrong: string[] = [];
  let commits = 0, barriers = 0, hasPipes = false;
  const of = (pid: number): Process => { let one = processes.get(pid); if (one === undefined) processes.set(pid, one = { written: new Set(), state: undefined, isSaved: false, barriers: 0, unsyncedNames: new Map() }); return one; };
  const dirty = (paths: Iterable<string>): string[] => [...paths].filter((path) => disk.isDirty(path));
  for (const call of calls) {
    const { name, path, data, to, flags = '', mode = '' } = call, process = of(call.pid);
    if (data !== undefined && path === undefined && call.fd === 1) {
      hasPipes = true;
      for (const epoch of barriersIn(data)) {
        barriers++;
        if (epoch !== undefined && process.state !== undefined) {
          if (!process.isSaved) wrong.push(`(i) barrier ${epoch} was written before the state of its epoch (process ${call.pid})`);
          if (disk.isDirty(process.state)) wrong.push(`(i) barrier ${epoch} was written before ${process.state} was synced`);
        }
        process.isSaved = false; process.barriers++;
      }
    }
    if (data !== undefined && path !== undefined && !path.endsWith('-shm')) {
      if (path === LEDGER) {
        commits++;
        for (const late of dirty([...process.written].filter((each) => !isDatabase(each) || stateOf(each) || !each.startsWith('st/')))) wrong.push(`(ii) the ledger was written before ${late} was synced`);
        for (const [entry, { name: what }] of process.unsyncedNames) {
          if (what === 'open' && !process.written.has(entry)) continue;   // made, and nothing is in it yet
          wrong.push(`(iii) the ledger was written before the folder of ${entry} was synced, which has it by ${what}`);
          process.unsyncedNames.delete(entry);
        }
      }
      process.written.add(path);
      if (stateOf(path)) { process.state = path; process.isSaved = true; }
    }
    if ((name === 'rename' || name === 'link') && path !== undefined && to !== undefined) {
      if (disk.isDirty(path)) wrong.push(`(iii) ${path} was given the name ${to} before its bytes were synced`);
      process.unsyncedNames.set(to, call);
    }
    if (name === 'open' && flags.includes('O_CREAT') && path !== undefined && !isDatabase(path) && !path.endsWith('-shm') && !path.endsWith('.part') && !path.endsWith('.new') && !path.startsWith('st/out/') && !disk.now().has(path)) process.unsyncedNames.set(path, call);
    if (name === 'fsync' || name === 'fdatasync') for (const one of processes.values()) for (const [entry, { at }] of one.unsyncedNames) if (folderOf(entry) === path && call.begun > at) one.unsyncedNames.delete(entry);
    if (name === 'open' && path?.startsWith('st/') === true && isDatabase(path) && !isSqlites(flags) && !(flags.includes('O_CREAT') && flags.includes('O_EXCL') && mode === '0600')) wrong.push(`(iv) ${path} was opened by its name outside of SQLite: ${flags} ${mode}`);
    disk.take(call);
  }
  for (const { unsyncedNames } of processes.values()) for (const [entry, { name: what }] of unsyncedNames) if (what !== 'open') wrong.push(`(iii) the folder of ${entry} was never synced, which has it by ${what}`);
  for (const { barriers: count, isSaved, state } of processes.values()) if (count > 0 && isSaved) wrong.push(`(i) ${state} was written behind the last barrier: a state is saved after its barrier`);
  if (commits < 4) wrong.push(`the ledger was written ${commits} times: no run that shows anything`);
  if (hasPipes && barriers < 2) wrong.push(`${barriers} barriers were seen: no run that shows anything`);
  return [...new Set(wrong)];
}

const folderOf = (path: string): string => path.includes('/') ? path.slice(0, path.lastIndexOf('/')) : '';
/** SQLite never follows a link to a database, and never insists on making one. */
const isSqlites = (flags: string): boolean => flags.includes('O_NOFOLLOW') && !flags.includes('O_EXCL');

/** Epochs of the barriers among some bytes of a stream. */
function* barriersIn(data: Buffer): Generator<number> {
  for (let at = 0; at < data.length; ) {
    const lf = data.indexOf(10, at), end = lf < 0 ? data.length : lf, found = data[at] === 9 || data[at] === 32 ? readControl(data.subarray(at, end))?.control : undefined;
    if (found?.kind === 'barrier') yield found.epoch;
    at = end + 1;
  }
}
