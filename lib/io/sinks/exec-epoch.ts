// to exec --epoch: a program that gets the records of one epoch of a checkpoint, all of them, and says by its exit status whether it has them (EXACTLY-ONCE R26). A crash between
// its success and our note of it repeats the epoch, with the same bytes: at least once, and once where the program remembers LEAT_RUN_ID and LEAT_EPOCH in its own transaction.
import type { ChildProcess } from 'node:child_process';
import { closeSync, openSync } from 'node:fs';
import { LeatError, reason } from '../../errors.js';
import { childProcess } from '../builtin.js';
import { findProgram } from '../child.js';
import { guarded } from '../durable.js';
import { Pending } from './pending.js';
import type { Frozen } from './pending.js';
import type { Epochs, Json, Place, Target } from './target.js';

export class ExecByEpoch implements Target {
  private readonly command: readonly string[];
  private pending: Pending | undefined;
  private place: Place | undefined;
  private frozen: Frozen | undefined;
  private running: ChildProcess | undefined;

  /** Errors: E_PROGRAM. */
  constructor(command: readonly string[]) {
    this.command = command;
    findProgram(command[0]);
  }

  lines(bytes: Uint8Array, start: number, end: number): void { this.pending!.lines(bytes, start, end); }   // `!`: without a checkpoint it is refused, and with one resume() comes first
  flush(): void { /* what belongs to an epoch is seen when that is committed */ }
  end(): void { /* likewise */ }
  abort(): void { this.pending?.close(); this.stop(); }

  readonly epochs: Epochs = {
    resume: async (committed, place) => {
      const frozen = committed as unknown as Frozen | undefined;   // `as`: prepare() gave it
      this.place = place;
      this.pending = new Pending(place.folder, frozen);
      if (frozen === undefined || this.pending.isTaken(frozen)) return;
      this.pending.check(frozen);
      await this.give(frozen);
    },
    prepare: (epoch): Json => ({ ...this.frozen = this.pending!.freeze(epoch) }),   // `!`: as above
    publish: async () => { const { frozen } = this; if (frozen !== undefined && frozen.bytes > 0) await this.give(frozen); this.frozen = undefined; },
  };

  /** Runs the program on an epoch. Errors: E_PROGRAM, E_CHILD. */
  private async give(frozen: Frozen): Promise<void> {
    const [program, ...words] = this.command, { run, attempt } = this.place!, pending = this.pending!;   // `!`: as above
    // The program may be leat: the checkpoint is ours, and not also its own.
    const { LEAT_CHECKPOINT: _, ...env } = { ...process.env, LEAT_EPOCH: String(frozen.epoch), LEAT_RUN_ID: run, ...attempt === undefined ? {} : { LEAT_ATTEMPT: String(attempt) } } as NodeJS.ProcessEnv;
    const input = guarded(pending.path(frozen.epoch), () => openSync(pending.path(frozen.epoch), 'r'));
    try {
      // A group of its own: the first Ctrl-C pauses us at an epoch, and the program is to end it.
      const child = this.running = childProcess().spawn(program, words, { stdio: [input, 'inherit', 'inherit'], env, detached: true });
      process.on('exit', this.stop);
      const { code, signal } = await new Promise<{ code: number | null; signal: string | null }>((resolve, reject) => {
        child.once('error', ({ code, message }: NodeJS.ErrnoException) => reject(new LeatError('E_PROGRAM', { program, why: reason(code, message), help: '' })));
        child.once('exit', (code, signal) => resolve({ code, signal }));
      });
      if (code !== 0) throw new LeatError('E_CHILD', { program, what: `${code === null ? `was ended by ${signal}` : `ended with exit status ${code}`} at epoch ${frozen.epoch}`, help: 'run the same command again: the epoch is repeated, with the same records' });
    } finally { this.running = undefined; process.off('exit', this.stop); closeSync(input); }
    pending.taken(frozen);
  }
  private readonly stop = (): void => { const pid = this.running?.pid; if (pid !== undefined) try { process.kill(-pid, 'SIGTERM'); } catch { /* it is gone */ } };
}
