// One process of a run with a checkpoint: what it saves at a barrier, in which order it becomes durable, and how it is given back (EXACTLY-ONCE 4.2: S3 to S8). Persist, then forward:
// the state of an epoch is on disk before the barrier leaves; at the end of the pipeline the output is on disk before the epoch is committed.
import { LeatError } from '../errors.js';
import { DRAINED } from '../stream/element.js';
import { Pack, PackFault, Unpack } from '../record/pack.js';
import type { Journal } from '../state/journal.js';
import { nowMs } from '../io/builtin.js';
import { cutTo, extentOf } from '../io/extent.js';
import type { Extent } from '../io/extent.js';
import { syncFile, syncName } from '../io/durable.js';
import type { Output } from '../io/output.js';
import type { Epochs as TargetEpochs, Json } from '../io/sinks/target.js';
import type { Member } from '../checkpoint/member.js';
import type { Saved } from '../checkpoint/snapshots.js';
import { damaged } from '../checkpoint/ledger.js';
import type { Chain, Saving } from './chain.js';
import type { Files } from './files.js';
import { Failure } from './report.js';
import { ManagedSink, ShowSink } from './sink.js';

export interface EpochsOptions {
  readonly member: Member;
  readonly saved: Saved | undefined;
  readonly chain: Chain;
  readonly files: Files;
  readonly output: Output;
  /** Of a pipeline that ends in `to`. */
  readonly target: TargetEpochs | undefined;
  /** What is saved besides the stages: places of inputs, a merge. In the order in which it is given back. */
  readonly others: readonly Part[];
  /** false: nothing is kept here, barriers only pass. */
  readonly hasState: boolean;
  /** leat run looks after the processes of the run: there may be other sinks. */
  readonly isShared?: boolean;
  /** The first tool, and what this process runs, for messages. */
  readonly tool: string;
  readonly said: string;
  /** On disk before anything refers to it (a spool). */
  sync(): void;
  /** The state of that epoch is saved, so places of inputs are those of it. */
  noted(epoch: number): void;
  /** That epoch is committed: what only earlier ones need may go. */
  committed(epoch: number): void;
}

/** Names of stages in the checkpoint: agg, agg-2. */
function namesOf(tools: readonly string[]): string[] {
  const seen = new Map<string, number>();
  return tools.map((tool) => { const n = (seen.get(tool) ?? 0) + 1; seen.set(tool, n); return n === 1 ? tool : `${tool}-${n}`; });
}

const changedLines = (was: string, now: string | undefined): string[] => [`was: ${was}`, `now: ${now ?? '(it takes no part any more)'}`];
/** USERS M10. */
export function anotherCommand(member: Member, tool: string, lines: readonly string[]): Failure {
  const { folder: { path } } = member;
  return Object.assign(new Failure(new LeatError('E_CHECKPOINT', { what: `the checkpoint in ${path} was made by another command`, help: `finish the old one with --drain, or begin again: leat state rm ${path}` }), tool), { lines });
}
/** A stage that had no part in the epoch which the run goes on from. */
export const isNew = ({ was, id, epoch }: Member): boolean => epoch > 0 && was.size > 0 && !was.has(id);
export const newStage = (member: Member, tool: string, said: string): Failure => anotherCommand(member, tool, changedLines(member.was.size === 1 ? [...member.was.values()][0] : `(no ${member.id} in it)`, said));

export interface Part extends Saving { /** Whether the state is that of the same call. Errors: E_CHECKPOINT. */ check?(from: Unpack): void }

export class Epochs {
  private readonly options: EpochsOptions;
  private readonly parts: readonly Part[];
  /** The last epoch that was sent or forwarded here. */
  epoch: number;
  private count = 0;
  private longestMs = 0;
  /** For --stats: epochs of this run, and the longest time that one has taken to become durable here. */
  get counts(): { readonly epochs: number; readonly epoch_seconds_max: number } { return { epochs: this.count, epoch_seconds_max: Math.round(this.longestMs) / 1000 }; }
  private told = 0;                                        // the newest committed epoch that was told
  /** An earlier run has read records already. */
  get isResumed(): boolean { return this.options.member.epoch > 0; }
  /** Whether this process ends the pipeline, and so commits. */
  readonly isSink: boolean;

  constructor(options: EpochsOptions) {
    this.options = options;
    const { chain, member, files, others } = options, names = namesOf(chain.stages.map(({ planned: { spec } }) => spec.name));
    this.isSink = !(chain.sink instanceof ManagedSink) || chain.sink instanceof ShowSink;
    this.epoch = member.epoch;
    const stages = chain.stages.map(({ planned: { spec: { state }, said, tool }, stage }, i): Part & { readonly isStateful: boolean } => ({
      isStateful: state > 0 || stage.operator.save !== undefined || stage.journals.length > 0,
      name: `stage ${names[i]}`, journals: stage.journals,
      save(out) { out.text(said); stage.save(out); },
      check(from) {
        const was = from.text();
        if (was !== said) throw anotherCommand(member, tool, [`was: ${was}`, `now: ${said}`]);
      },
      restore(from) { from.text(); stage.restore(from); },
    }));
    const side: Saving = {
      name: 'files',
      save: (out) => out.text(JSON.stringify(files.save())),
      restore: (from) => { from.text(); },                 // opened with them: extentsOf()
    };
    this.parts = [...stages.filter(({ isStateful }) => isStateful), ...chain.saving, ...others, side];
  }

  /** Side files as the epoch that is gone on from left them; they must not be emptied when they are opened. */
  static extentsOf(saved: Saved | undefined): ReadonlyMap<string, Extent> {
    const bytes = saved?.parts.get('files');
    return new Map(bytes === undefined ? [] : Object.entries(JSON.parse(new Unpack(bytes).text()) as Record<string, Extent>));
  }

  /** Everything is as it was when the epoch that is gone on from ended. Errors: E_CHECKPOINT, E_STATE, E_OUTPUT. */
  async restore(): Promise<void> {
    const { saved, member, chain } = this.options;
    if (saved !== undefined) {
      if ([...saved.parts.keys()].join() !== this.parts.map(({ name }) => name).join()) throw this.another(member.was.get(member.id) ?? `(no ${member.id} in it)`, this.options.said);   // their order counts
      try {
        for (const part of this.parts) part.check?.(new Unpack(saved.parts.get(part.name)!));   // `!`: as above; all, before any state is taken for what it is not
        for (const part of [...this.parts].reverse()) {    // W goes down the chain: what is behind is ready first
          const bytes = saved.parts.get(part.name)!;       // `!`: as above
          (part.journals ?? []).forEach((journal, i) => journal.restore(saved.journals.get(`${part.name} ${i}`) ?? []));
          part.restore(new Unpack(bytes));
        }
      } catch (error) {
        if (error instanceof PackFault) throw damaged(member.folder.path);
        throw error;
      }
    }
    if (!this.isSink) return;
    const missing = await member.missing();
    if (missing.length > 0) throw this.another(missing.map((id) => member.was.get(id) ?? id).join(', '), undefined);
    await this.resumeOutput();
    chain.sink.flush();
  }
  private another(was: string, now: string | undefined): Failure { return anotherCommand(this.options.member, this.options.tool, changedLines(was, now)); }

  /** What was written behind the last commit goes; at the very first, what stands there already is what is gone back to. */
  private async resumeOutput(): Promise<void> {
    const { member, target, output } = this.options, { from } = member;
    member.sinkBegins();
    if (target !== undefined) await target.resume(from?.output, { folder: member.out, run: `${member.run}-${member.id}`, epoch: member.epoch, attempt: member.attempt });
    else if (from !== undefined && from.output !== null && output.fd >= 0) cutTo(output.fd, from.output as unknown as Extent, 'standard output', `${member.out}/stdout.discard`);
    if (from === undefined && target === undefined && output.kind === 'file') syncName(output.fd);   // the shell has made it, perhaps just now
    if (from === undefined) { const given = await this.prepare(member.epoch); member.commit(member.epoch, given, false, true); }
    else if (!from.isPublished) member.published(from.epoch);
    member.sinkHasBegun();
  }

  private async prepare(epoch: number): Promise<Json> {
    const { target, output } = this.options;
    if (target !== undefined) return target.prepare(epoch);
    if (output.kind !== 'file') return null;
    syncFile(output.fd, 'standard output');
    return (extentOf(output.fd, 'standard output') ?? null) as unknown as Json;
  }

  /**
   * An epoch ends here: all records so far belong to it, none that comes later does. `isDrained`: they are all there will ever be.
   * When it resolves, the state is durable and the barrier forwarded, or, at the end of the pipeline, the epoch is committed and what it holds is published.
   */
  async barrier(epoch: number, isDrained = false): Promise<void> {
    const { member, chain, files, target, hasState } = this.options, began = nowMs();
    await chain.apart?.barrier();
    this.options.sync();
    files.flush();
    if (hasState) this.save(epoch);
    this.epoch = epoch;
    if (this.isSink) {
      chain.sink.flush();
      if (isDrained) chain.sink.end('drain');              // what the end makes due belongs to this epoch
      const output = await this.prepare(epoch);
      member.commit(epoch, output, isDrained, target === undefined);
      if (target !== undefined) {
        if (this.options.isShared === true) await member.agreed(epoch);
        await target.publish(epoch);
        member.published(epoch);
      }
    }
    if (!this.isSink || chain.sink instanceof ShowSink) { chain.sink.between({ kind: 'barrier', epoch, flags: isDrained ? DRAINED : 0 }); chain.sink.flush(); }
    const committed = member.committed();
    if (committed > this.told) { this.told = committed; this.options.committed(committed); }
    this.count++;
    this.longestMs = Math.max(this.longestMs, nowMs() - began);
  }

  /** The stream ends here behind the last barrier; other sources of the run may go on. Before the end mark is written. */
  ended(): void { if (this.options.hasState || this.isSink) this.options.member.endedAt(this.epoch); }

  private save(epoch: number): void {
    const { member, chain } = this.options;
    const parts = new Map<string, Uint8Array>(), journals = new Map<string, ReturnType<Journal['save']>>(), out = new Pack();
    for (const part of this.parts) {
      out.clear();
      part.save(out);
      parts.set(part.name, out.done());
      part.journals?.forEach((journal, i) => journals.set(`${part.name} ${i}`, journal.save()));
    }
    member.save(epoch, { parts, journals, files: chain.spilled() });
    this.options.noted(epoch);
  }
}
