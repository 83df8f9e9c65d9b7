// When an epoch ends in the process that reads the input: by the clock, at the next place between two records (EXACTLY-ONCE R14, SEMANTICS 9). What an epoch is: epochs.ts.
// The clock decides where barriers stand and nothing else: results do not depend on them.
import { nowMs } from '../io/builtin.js';
import type { Member } from '../checkpoint/member.js';
import type { Epochs } from './epochs.js';

/** Sources of one run that were told their attempt look so often whether another has begun an epoch. */
const LOOK_MS = 200;

export class Barriers {
  /** Something has come since the last one: without it there is nothing to save. */
  isChanged = false;
  private readonly epochs: Epochs;
  private readonly member: Member;
  private readonly everyMs: number;
  private readonly isShared: boolean;
  private lastMs = nowMs();
  private lookedMs = nowMs();
  private begun = 0;

  /** isShared: other processes of the run read inputs too. */
  constructor(epochs: Epochs, member: Member, everyMs: number, isShared: boolean) {
    this.epochs = epochs; this.member = member; this.everyMs = everyMs; this.isShared = isShared;
    this.begun = epochs.epoch;
  }

  note(): void { this.isChanged = true; }

  get isDue(): boolean {
    const now = nowMs();
    if (this.isShared && now - this.lookedMs >= LOOK_MS) { this.lookedMs = now; this.begun = this.member.begun(); }
    return this.begun > this.epochs.epoch || (this.isChanged && now - this.lastMs >= this.everyMs);
  }
  /** How long to wait at most before isDue is asked again. */
  get waitMs(): number { return this.isShared ? LOOK_MS : Math.max(1, this.everyMs - (nowMs() - this.lastMs)); }

  /** Ends the epoch here. */
  async end(isDrained = false): Promise<void> {
    this.isChanged = false;
    const { epoch } = this.epochs;
    await this.epochs.barrier(this.isShared ? this.member.next(epoch) : epoch + 1, isDrained);
    this.lastMs = nowMs();
  }
}
