// A stage with two inputs. Owns: which side is at work, and W over both: the least one, an ended side counting as +∞ (SEMANTICS 4). What is to be read next is run.ts's business.
import type { Instant } from '../record/batch.js';
import { Stage } from './stage.js';
import type { Downstream } from './stage.js';

export class JoinStage extends Stage {
  /** Records that came in on the right. */
  takenRight = 0;
  private readonly sides: Instant[] = [-Infinity, -Infinity];
  /** Where the right input goes; as a Downstream the stage itself takes the left one. */
  readonly rightEntry: Downstream = {
    push: (batch) => this.onRight(() => { const { taken } = this; super.push(batch); this.takenRight += this.taken - taken; this.taken = taken; }),
    advance: (w) => this.onRight(() => super.advance(w)),
    made: () => { throw new Error('made records reach a stage through the scanner of its segment'); },
  };

  /** W of one side. */
  watermarkOf(side: 0 | 1): Instant { return this.sides[side]; }

  protected override ofAll(w: Instant): Instant {
    const { sides, side } = this;
    if (w > sides[side]) sides[side] = w;
    return Math.min(sides[0], sides[1]);
  }

  protected override sidesAt(): readonly Instant[] { return this.sides; }
  protected override takeSides(at: Float64Array): void { this.sides[0] = at[0]; this.sides[1] = at[1]; }

  private onRight(work: () => void): void {
    this.side = 1;
    try { work(); } finally { this.side = 0; }
  }
}
