// The end of a chain that ends in `to`: records to text, handed to a target in stretches; where the target places records by event time, a stretch has one place. Control lines
// end here. It knows no formats and no files.
import type { Batch, Instant } from '../record/batch.js';
import { LeatError } from '../errors.js';
import { Tag } from '../record/batch.js';
import { pathText } from '../record/path.js';
import type { EventTime } from '../stream/element.js';
import type { Output } from '../io/output.js';
import type { Target } from '../io/sinks/target.js';
import type { Moments } from './moments.js';
import { Failure } from './report.js';
import { Sink } from './sink.js';

export class TextSink extends Sink {
  private readonly target: Target;
  private readonly times: ReturnType<Moments['field']> | undefined;
  private readonly event: EventTime | undefined;
  private isOver = false;
  private readonly left: Promise<never> | undefined;

  /** Errors: E_NO_TIME where the target needs event time and the stream has none. */
  constructor(output: Output, target: Target, event: EventTime | undefined, moments: Moments) {
    super(output);
    this.target = target; this.event = event;
    this.left = target.gone?.catch((error: unknown) => { throw error instanceof LeatError ? new Failure(error, 'to') : error; });
    this.left?.catch(() => { /* of interest only to who waits */ });
    if (target.timed !== undefined && event === undefined) throw new LeatError('E_NO_TIME', { what: 'a file per period' });
    this.times = target.timed === undefined || event === undefined ? undefined : moments.field(event);
  }

  /** What is not final is shown to a person, and never put into a file. */
  override get isTerminal(): boolean { return this.target.isScreen === true; }
  /** Whether made records must come as rows, with their event time. */
  override get scans(): boolean { return this.times !== undefined; }

  override push(batch: Batch): void {
    const { timed } = this.target;
    if (timed === undefined || this.times === undefined) { super.push(batch); return; }
    const { rows, watermark } = batch, { tag, number } = this.times(batch);
    let from = 0;
    for (let i = 0; i < rows.length; i++) {
      const row = rows[i];
      if (tag[row] === Tag.Null) {
        throw new Failure(new LeatError('E_TIME', { got: 'null', field: pathText(this.event!.path), expected: 'a time that says which file the record belongs to', help: 'leat filter drops records without a time' }), 'to', `${batch.lines.source}:${batch.lines.line(row)}`);   // `!`: times come from it
      }
      if (timed.stays(number[row], watermark[row])) continue;
      this.rows(batch, from, i);
      from = i;
      named(() => timed.turn(number[row], watermark[row]));
    }
    this.rows(batch, from, rows.length);
  }

  override advance(w: Instant): void { const { timed } = this.target; if (timed !== undefined) named(() => timed.advance(w)); }
  override flush(): void { if (!this.isOver) named(() => this.target.flush()); }
  override end(mode: 'drain' | 'pause'): void { if (!this.isOver) named(() => this.target.end(mode)); this.isOver = true; }
  override abort(_exit: number): void { if (!this.isOver) this.target.abort(); this.isOver = true; }
  override get gone(): Promise<never> | undefined { return this.left; }
  override room(): Promise<void> | undefined { return this.target.room?.(); }
  override async settled(): Promise<void> { await this.target.settled?.(); }

  protected override put(bytes: Uint8Array, start: number, end: number): void { named(() => this.target.lines(bytes, start, end)); }
}

/** Errors of a target are told as those of `to`. */
function named(work: () => void): void {
  try { work(); } catch (error) { throw error instanceof LeatError ? new Failure(error, 'to') : error; }
}
