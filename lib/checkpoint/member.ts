// A process as a part of a run with a checkpoint: which attempt it belongs to, which epoch it goes on from, where its state and its files are (EXACTLY-ONCE 4.2). What the state
// is, and when an epoch ends, is the runtime's business.
import { existsSync, readdirSync } from 'node:fs';
import { join } from 'node:path';
import { LeatError } from '../errors.js';
import { makeFolder, removeFile, syncFolder } from '../io/durable.js';
import type { Json } from '../io/sinks/target.js';
import { checkFolder, makeCheckpointFolder, privateFile } from './folder.js';
import type { Folder } from './folder.js';
import { KEPT_EPOCHS, Ledger } from './ledger.js';
import type { Commit } from './ledger.js';
import { Lock } from './lock.js';
import { Snapshots } from './snapshots.js';
import type { Saved, State } from './snapshots.js';

/** What a supervisor has begun for all processes of a run. */
export interface Given { readonly attempt: number; readonly epoch: number; readonly isFinishing: boolean }
export interface SourceOptions {
  /** Of `leat run -- CMD`: the attempt that the supervisor has begun for all. */
  readonly given?: Given | undefined;
  readonly reopens: boolean;
}

export class Member {
  /** Its name in the checkpoint, and which of the folder's files are its own. */
  readonly id: string;
  readonly folder: Folder;
  readonly attempt: number;
  /** The epoch that the run goes on from; 0: the beginning. */
  readonly epoch: number;
  readonly run: string;
  /** The commit of that epoch; undefined: there is none, as for epoch 0 of a first run. */
  readonly from: Commit | undefined;
  /** Who took part in the run that committed that epoch, by name, and what they ran; empty at the beginning. */
  readonly was: ReadonlyMap<string, string>;
  /** Of a process that reads the input: it was drained, and a crash came before all that it gave was published. Nothing is to be read; the sinks publish it. */
  readonly isFinishing: boolean;
  /** Where spill files of this process stand, and files of its outputs. */
  readonly spill: string;
  readonly out: string;
  private readonly lock: Lock;
  private readonly ledger: Ledger;
  private snapshots: Snapshots | undefined;

  private constructor(id: string, folder: Folder, lock: Lock, ledger: Ledger, attempt: number, epoch: number, isFinishing = false) {
    this.isFinishing = isFinishing;
    this.id = id; this.folder = folder; this.lock = lock; this.ledger = ledger; this.attempt = attempt; this.epoch = epoch; this.run = ledger.run;
    const commits = ledger.commits().filter((commit) => commit.epoch === epoch);
    this.from = commits.find((commit) => commit.id === id);
    this.was = new Map(epoch === 0 || commits.length === 0 ? [] : ledger.members(commits[0].attempt).map(({ id: each, tools }) => [each, tools]));
    this.spill = join(folder.spill, id); this.out = join(folder.out, id);
  }

  /**
   * The process that reads the input begins an attempt, alone: it chooses the epoch that all go on from.
   * Errors: E_BUSY (75) while any process of another run is alive; E_CHECKPOINT (78) where the checkpoint was drained; those of the folder.
   */
  static async source(path: string, id: string, { given, reopens }: SourceOptions): Promise<Member> {
    if (given !== undefined) return Member.follower(path, id, given.attempt, given.epoch, given.isFinishing);
    const { attempt, epoch, isFinishing, lock, ledger, folder } = await begin(path, reopens);
    return new Member(id, folder, lock, ledger, attempt, epoch, isFinishing);
  }

  /** A process that is told by its input's hello. Errors: E_BUSY, E_FENCED where a newer attempt has begun, E_STATE. */
  static async follower(path: string, id: string, attempt: number, epoch: number, isFinishing = false): Promise<Member> {
    const folder = checkFolder(path), lock = await Lock.open(folder.lock);
    try {
      if (!lock.share()) throw busy(path, undefined);
      const ledger = await Ledger.open(folder.ledger, false);
      if (!ledger.isNewest(attempt)) { ledger.close(); throw new LeatError('E_FENCED', { what: `another run of ${path} has begun since; nothing was written`, help: '' }); }
      return new Member(id, folder, lock, ledger, attempt, epoch, isFinishing);
    } catch (error) { lock.close(); throw error; }
  }

  /** It keeps state, or ends the pipeline. `tools`: what it runs, for people. Errors: E_USAGE where its name is taken. */
  join(tools: string): void {
    this.ledger.join(this.attempt, this.id, tools);
    makeFolder(this.out, 0o700);
    syncFolder(this.folder.out);
  }

  /**
   * The state of this process at the epoch that is gone on from; undefined: it begins. `begins`: it does, whatever the epoch is.
   * Errors: E_STATE where the state is missing or damaged.
   */
  async load(begins = false): Promise<Saved | undefined> {
    makeFolder(this.spill, 0o700);
    syncFolder(this.folder.spill);
    const snapshots = this.snapshots = await Snapshots.open(this.databaseOf(this.id));
    syncFolder(this.folder.members);
    snapshots.rewind(this.epoch);
    if (this.epoch > 0 && !snapshots.has(this.epoch)) this.inherit(snapshots);
    const saved = this.epoch === 0 || (begins && !snapshots.has(this.epoch)) ? undefined : snapshots.load(this.epoch);
    this.sweep();
    return saved;
  }
  /** Its stream had ended before that epoch, which others went on to: its state is the one that it had then. */
  private inherit(snapshots: Snapshots): void {
    const attempt = this.ledger.commits().find(({ epoch }) => epoch === this.epoch)?.attempt, ended = attempt === undefined ? undefined : this.ledger.members(attempt).find(({ id }) => id === this.id)?.ended;
    if (ended !== undefined && ended > 0 && ended < this.epoch) snapshots.copy(ended, this.epoch);
  }
  private databaseOf(id: string): string { return join(this.folder.members, `${id}.db`); }

  /** State of epoch n, durable when it returns. */
  save(epoch: number, state: State): void {
    const committed = this.committed(), least = Math.max(0, Math.min(committed, epoch - 1) - (KEPT_EPOCHS - 2));
    this.snapshots!.save(epoch, state, least);             // `!`: load() comes first
    if (state.files.length > 0 || this.hasFiles) this.sweep();
    this.hasFiles = state.files.length > 0;
  }
  private hasFiles = false;

  /** Deletes spill files that no kept epoch refers to. */
  private sweep(): void {
    const names = readdirSync(this.spill);
    if (names.length === 0) return;
    const wanted = this.snapshots!.files();                // `!`: as above
    for (const name of names) if (!wanted.has(name)) removeFile(join(this.spill, name));
  }

  /**
   * Processes that had state in the epoch that is gone on from, and do not take part now. Only the sink can know: when hello has reached it, all others have said that they do.
   */
  async missing(): Promise<readonly string[]> {
    this.ledger.joinAsSink(this.attempt, this.id);
    if (this.epoch === 0) return [];
    const here = new Set(this.ledger.members(this.attempt).map(({ id }) => id)), missing: string[] = [];
    for (const file of readdirSync(this.folder.members)) {
      const id = /^(.*)\.db$/.exec(file)?.[1];
      if (id === undefined || here.has(id)) continue;
      const snapshots = await Snapshots.open(join(this.folder.members, file), true);
      try { if (snapshots.holds(this.epoch)) missing.push(id); } finally { snapshots.close(); }
    }
    return missing;
  }

  /**
   * A sink writes nothing before this: from now on a ledger without its commits is a damaged one, and not that of a first run, in which what stands in the output is none of ours.
   * Errors: E_STATE where the ledger has lost them.
   */
  sinkBegins(): void {
    const mark = join(this.folder.members, this.id + BEGUN), isMarked = existsSync(mark);
    if (isMarked && this.from === undefined) throw lost(this.folder);
    this.isMarked = isMarked;
  }
  /** The first commit is in the ledger. */
  sinkHasBegun(): void {
    if (this.isMarked) return;
    privateFile(join(this.folder.members, this.id + BEGUN));
    syncFolder(this.folder.members);
    this.isMarked = true;
  }
  private isMarked = false;

  /** The epoch has happened; the sink says so, once its output is on disk. Errors: E_FENCED. */
  commit(epoch: number, output: Json, isDrained: boolean, isPublished: boolean): void { this.ledger.commit(this.attempt, this.id, epoch, output, isDrained, isPublished); }
  published(epoch: number): void { this.ledger.published(this.attempt, this.id, epoch); }
  /**
   * Resolves when all sinks have committed that epoch: what is published before could not be taken back, where another one was killed before its commit (EXACTLY-ONCE R17, R23).
   * Only under leat run, which ends everybody when one fails. Errors: E_UPSTREAM where leat run is gone.
   */
  async agreed(epoch: number): Promise<void> {
    for (let ms = 1; !this.ledger.agreed(this.attempt, epoch); ms = Math.min(20, 2 * ms)) {
      try { process.kill(this.ledger.attempts()[0].pid, 0); } catch { throw new LeatError('E_UPSTREAM', { path: 'leat run', how: 'was killed before all ends of the pipeline had committed; nothing of it is published' }); }
      await new Promise((resolve) => setTimeout(resolve, ms));
    }
  }
  /** The newest epoch that is committed, by all. */
  committed(): number { return this.ledger.complete()?.epoch ?? 0; }
  /** The number of the epoch that a source begins. */
  next(seen: number): number { return this.ledger.next(seen); }
  /** The newest epoch that any source of the run has begun. */
  begun(): number { return this.ledger.begun(); }

  /** Its stream ends here, and goes on in other processes of the run; before anybody downstream learns of it. */
  endedAt(epoch: number): void { this.ledger.endedAt(this.attempt, this.id, epoch); }
  ended(): void { this.ledger.ended(this.attempt); }
  close(): void { this.snapshots?.close(); this.ledger.close(); this.lock.close(); }
}

/** A new attempt of the checkpoint, under the exclusive lock; the lock is shared when it returns. */
export async function begin(path: string, reopens: boolean): Promise<Given & { readonly lock: Lock; readonly ledger: Ledger; readonly folder: Folder }> {
  const folder = makeCheckpointFolder(path), lock = await Lock.open(folder.lock);
  let ledger: Ledger | undefined;
  try {
    if (!lock.exclusive()) throw busy(path, await holder(folder));
    ledger = await Ledger.open(folder.ledger, true);
    syncFolder(folder.path);
    const known = new Set(ledger.commits().map(({ id }) => id));
    for (const name of readdirSync(folder.members)) if (name.endsWith(BEGUN) && !known.has(name.slice(0, -BEGUN.length))) throw lost(folder);
    const last = ledger.complete(), isOver = last?.isDrained === true && !reopens;
    // Drained, and then a crash before the last files had their names: that is still to be done, and nothing else.
    const isFinishing = isOver && !last.isPublished;
    if (isOver && !isFinishing) {
      throw new LeatError('E_CHECKPOINT', { what: `the checkpoint in ${path} was drained ${last.at}: its windows have fired, and would fire again`, help: `begin again: leat state rm ${path}; or go on all the same: --reopen` });
    }
    const epoch = last?.epoch ?? 0, attempt = ledger.begin(epoch);
    if (!lock.share() || !ledger.isNewest(attempt)) throw busy(path, await holder(folder));
    return { attempt, epoch, isFinishing, lock, ledger, folder };
  } catch (error) { ledger?.close(); lock.close(); throw error; }
}

/** End of the name of a file that says that a sink has committed something once. */
const BEGUN = '.begun';
const lost = ({ ledger }: Folder): LeatError => new LeatError('E_STATE', { what: `${ledger} is damaged: it has lost what was committed`, help: 'a copy of the folder from a backup; or begin again with leat state rm' });

/** Who runs, as far as the ledger says. */
async function holder({ ledger: path }: Folder): Promise<{ readonly pid: number; readonly started: string } | undefined> {
  try {
    const ledger = await Ledger.open(path, false, true);
    try { return ledger.attempts()[0]; } finally { ledger.close(); }
  } catch { return undefined; }
}

/** Some process of a run is alive. */
export const busy = (path: string, by: { readonly pid: number; readonly started: string } | undefined, nothing = 'nothing was read or written'): LeatError =>
  new LeatError('E_BUSY', { what: `${path} is in use${by === undefined ? '' : ` by process ${by.pid}, started ${by.started.replace(/\.\d+Z$/, 'Z')}`}; ${nothing}`, help: '' });
