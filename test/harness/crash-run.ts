// A golden case with a checkpoint, in this process: an epoch ends after every record, and the run is broken off again and again, at writes, syncs, renames and at transactions of the
// checkpoint, before and after them; the same command goes on. What is there in the end must be what the case says.
import { closeSync, openSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { asFailure, errorText, noticeText } from '../../lib/cli/messages.js';
import { stagesOf } from '../../lib/cli/pipeline.js';
import { Output } from '../../lib/io/output.js';
import { runPipeline } from '../../lib/runtime/run.js';
import type { Stage } from '../../lib/runtime/pipeline.js';
import { crashing } from './crash.js';
import type { Case } from './case.js';
import { folder } from './place.js';
import type { Dice } from './random.js';
import { sqlite } from './results.js';
import type { Result } from './shell.js';

/** A run that never gets done is a fault too. */
const MOST_RUNS = 400;
/** Large inputs end an epoch after several records: what takes long is an epoch. */
const MOST_EPOCHS = 60;
/** What cannot be a part of a checkpoint, or read again; programs of wrap that keep something from line to line, for each epoch begins a new one. */
const apart = /\bto (csv|tsv|json|table|markdown|exec)\b|<\(|\b(show|describe|wrap|-q|--quietly|--follow|--idle|--checkpoint)\b/;

/** Whether a checkpoint can go with the case at all. */
export const canCrash = (given: Case): boolean => given.exit === 0 && sqlite !== undefined && !apart.test(given.cmd) && !given.skip.has('fused') && !Object.hasOwn(given.env, 'LEAT_CHECKPOINT');

export interface Crashed extends Result { readonly crashes: number }

/** In the working directory, which is the case's. undefined: the case has no input that could be read again. */
export async function crashed(given: Case, dice: Dice): Promise<Crashed | undefined> {
  const parsed = await stagesOf(given.cmd), [first] = parsed.stages, cmd = first!.spec.files === 'none' ? `leat filter true | ${given.cmd}` : given.cmd;   // `!`: a command has a stage
  let { files } = parsed;
  if (files.length === 0) {
    if (given.stdin.length === 0) return undefined;
    writeFileSync('stdin', given.stdin);
    files = ['stdin'];
  }
  if (files.includes('-') || parsed.stages.some(({ right }) => right === '-')) return undefined;
  const size = Math.max(given.stdin.length, ...Object.values(given.files).map(({ length }) => length)), chunk = Math.max(16, Math.ceil(size / MOST_EPOCHS));
  const place = folder(), out = join(place.path, 'out');
  let stderr = '', exit = 0, crashes = 0;
  try {
    for (let runs = 0, isOver = false; !isOver; runs++) {
      if (runs > MOST_RUNS) throw new Error(`it does not get done in ${MOST_RUNS} runs`);
      const most = 5 + dice.below(dice.pick([25, 60, 200]) * (1 + runs / 20));
      const isBroken = await crashing(most, (fuse) => transacting(fuse.spend, async () => {
        const fd = openSync(out, 'a');
        try { exit = await runPipeline({ stages: await checkpointed(cmd, join(place.path, 'st')), files }, { say: (notice) => { stderr += noticeText(notice, false); }, output: new Output(fd, 'out'), chunk, rows: 1 }); } finally { closeSync(fd); }
      }).catch((thrown: unknown) => {
        if (fuse.count >= most) throw thrown;              // the crash, however it was put into words
        const failure = asFailure(thrown, '');
        stderr += errorText(failure, false);
        exit = crashes > 0 && /was drained/.test(failure.error.message) ? 0 : failure.error.exit;   // broken off behind the last commit
        if (exit === 70) stderr += thrown instanceof Error ? thrown.stack : '';
      }));
      if (isBroken) crashes++; else isOver = true;
    }
    for (const name of Object.keys(given.results)) if (name.endsWith('.db')) withoutEpochs(name);
    return { stdout: readFileSync(out), stderr, exit, crashes };
  } finally { place.remove(); }
}

/** The stages, the first of which keeps a checkpoint and ends an epoch whenever something has come. Made anew for each run: values may hold what a run has changed. */
async function checkpointed(cmd: string, checkpoint: string): Promise<readonly Stage[]> {
  const { stages: [first, ...rest] } = await stagesOf(cmd);
  return [{ ...first!, common: { ...first!.common, checkpoint, checkpointEvery: 0, drain: true } }, ...rest];   // `!`: as above
}

/** Spends before and after each transaction of SQLite too, which writes by itself. */
async function transacting<T>(spend: () => void, work: () => Promise<T>): Promise<T> {
  const { prototype } = sqlite! as unknown as { prototype: Patched }, { transaction, pragma } = prototype, opened = new Set<Patched>();   // `!`: canCrash(); `as`: its methods are given other values
  prototype.pragma = function(this: Patched, ...args) { opened.add(this); return pragma.apply(this, args); };   // the first thing that is asked of each
  prototype.transaction = function(this: unknown, inner) {
    const made = transaction.call(this as never, inner);
    const counted = (run: (...args: unknown[]) => unknown) => (...args: unknown[]): unknown => { spend(); const result = run(...args); spend(); return result; };
    return Object.assign(counted(made), { immediate: counted(made.immediate.bind(made)), deferred: counted(made.deferred.bind(made)), exclusive: counted(made.exclusive.bind(made)) });
  };
  try { return await work(); } finally {
    Object.assign(prototype, { transaction, pragma });
    for (const db of opened) if (db.open) db.close();      // its locks end with a process
  }
}
interface Patched { readonly open: boolean; close(): void; pragma(...args: unknown[]): unknown; transaction(work: (...args: unknown[]) => unknown): Transaction }
interface Transaction { (...args: unknown[]): unknown; immediate(...args: unknown[]): unknown; deferred(...args: unknown[]): unknown; exclusive(...args: unknown[]): unknown }

/** The table in which the sink notes its epochs is there only with a checkpoint. */
function withoutEpochs(file: string): void {
  const db = new sqlite!(file);                            // `!`: canCrash()
  try { db.exec('DROP TABLE IF EXISTS leat_epochs'); } finally { db.close(); }
}
