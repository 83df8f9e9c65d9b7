// The right input of a join: bytes to batches, and its bad records, which go the way that the join says. When it is read is run.ts's business.
import { LeatError } from '../errors.js';
import type { Batch, Instant } from '../record/batch.js';
import { makeScanner } from '../kernel/index.js';
import type { BadLine, Scanner } from '../kernel/scanner.js';
import { nowMs } from '../io/builtin.js';
import type { Pack, Unpack } from '../record/pack.js';
import type { RightEntry } from './chain.js';
import { carries } from './inputs.js';
import type { Begun } from './inputs.js';
import type { Files } from './files.js';
import type { Worked } from '../io/sources.js';
import type { Feed } from './feed.js';
import { Reader, schemaOf } from './reader.js';
import type { Between, Head, Receiver } from './reader.js';
import { Failure, StageReport } from './report.js';

const PIECE_BYTES = 1 << 18;

export class RightSource implements Receiver {
  readonly entry: RightEntry;
  readonly feed: Feed;
  readonly reader: Reader;
  readonly scanner: Scanner;
  /** Bad lines; those that fields made bad are counted by the stage. */
  readonly report: StageReport;
  /** All of it has been worked off; W is +∞ since then, or stands still after a pause. */
  isOver = false;
  /** A barrier that has come and waits for those of the other inputs. */
  held: Extract<Between, { kind: 'barrier' }> | undefined;
  get isHeld(): boolean { return this.held !== undefined; }
  /** Its stream carries the barriers of a checkpoint. A table is read to its end before anything else, so no epoch ends inside of it. */
  readonly carries: boolean;
  private readonly begun: Begun;
  private readonly isPausing: boolean;
  private isEnding = false;
  private isDrained = false;
  private readonly head: Head;
  private readonly files: Files;
  private readonly most: number;
  private isBegun = false;

  /** isPausing: the end of a foreign input is no end, more will come in another run. */
  constructor(entry: RightEntry, feed: Feed, begun: Begun, files: Files, chunk: number | undefined, rowsMax: number | undefined, isPausing = false) {
    const { common, spec } = entry.step, { head } = begun, { hello } = head;
    this.entry = entry; this.feed = feed; this.begun = begun; this.head = head; this.files = files; this.most = chunk ?? PIECE_BYTES;
    this.isPausing = isPausing && !entry.isFirst;
    this.carries = carries(hello) && !entry.isFirst;
    this.report = new StageReport(spec.name);
    this.scanner = makeScanner({ paths: entry.segment.paths, shapes: entry.segment.shapes, control: hello !== undefined, ...rowsMax === undefined ? {} : { rowsMax }, ...common.maxLine === undefined ? {} : { lineBytesMax: common.maxLine } });
    this.reader = new Reader({ scanner: this.scanner, columns: entry.segment, hello, moments: entry.segment.moments, receiver: this });
    this.reader.stopsAtBad = (common.bad ?? 'fail') === 'fail';
  }

  /** Whether work() has something to do; else feed.wait(). */
  isReady(): boolean { return !this.isBegun || this.isEnding || this.feed.isReady(this.most); }

  /** One piece of input. */
  work(): void {
    const { reader, feed, head } = this;
    if (this.isEnding) { this.end(); return; }
    if (!this.isBegun) {
      this.isBegun = true;
      reader.begin(feed.input.name, undefined, this.begun.at);
      for (let at = 0; at < head.bytes.length; ) at += this.put(head.bytes.subarray(at));
      if (head.ended) this.end();
      return;
    }
    const room = reader.room(this.most), count = feed.take(room.length > this.most ? room.subarray(0, this.most) : room);
    if (count === 0) { this.end(); return; }
    this.heard();
    reader.filled(count);
  }

  /** Event time goes on by the clock while the input is silent (--idle). */
  silent(): void {
    const { idle } = this.entry;
    if (idle === undefined) return;
    idle.stage.operator.idle!(Math.floor(nowMs()), false);   // `!`: it is what looks at the clock
    idle.stage.advance(idle.stage.at);
  }

  close(): void { this.feed.close(); }

  private put(bytes: Uint8Array): number {
    const count = Math.min(bytes.length, this.most);
    this.reader.room(count).set(bytes.subarray(0, count));
    this.heard();
    this.reader.filled(count);
    return count;
  }

  private heard(): void { this.entry.idle?.stage.operator.idle!(Math.floor(nowMs()), true); }

  private end(): void {
    const { reader, head: { hello }, entry } = this;
    if (!this.isEnding) { this.isCut = !this.begun.isComplete(); if (!this.isCut) reader.ended(); }
    this.isEnding = true;
    if (this.isHeld) return;                               // what is behind the barrier comes first
    this.isOver = true;
    this.feed.close();
    if (hello !== undefined && reader.end === undefined) throw new Failure(new LeatError('E_UPSTREAM', { path: schemaOf(hello).tools.join(', ') }), entry.step.spec.name, this.feed.input.name);
    if (!this.isDrained && !this.discards && (hello === undefined ? !this.isPausing : reader.end !== 'pause')) entry.head.advance(Infinity);
  }

  // Receiver

  push(batch: Batch, w: Instant): void {
    if (this.discards) return;
    this.entry.head.push(batch);
    this.entry.head.advance(w);
  }
  /** Where the reader stands in it. */
  get worked(): Worked | undefined { return this.isBegun ? this.reader.position : this.begun.at; }
  /** W of an idle input is in its watermark lines. */
  between(element: Between): void { if (element.kind === 'barrier' && this.carries) this.held = element; }

  /** Its last line, without LF, was left for another run. */
  private isCut = false;

  /** The epoch has ended: what came behind its barrier goes on. */
  goOn(): void { this.held = undefined; this.reader.goOn(); }
  /** A barrier says that all records have come. */
  drained(): void { this.isDrained = true; if (this.isCut) { this.isCut = false; this.reader.ended(); } this.entry.head.advance(Infinity); }

  // A checkpoint.

  /** A table that a checkpoint holds as a whole is in the state already: what comes of it now is read and let go. */
  private discards = false;
  save(out: Pack): void { out.flag(this.isOver && this.entry.isFirst); }
  restore(from: Unpack): void { this.discards = from.flag(); }
  settled(): void { this.files.settle(); }

  bad(line: BadLine, source: string): void {
    const error = new LeatError(line.code, line.detail), { common, spec } = this.entry.step, policy = common.bad ?? 'fail';
    if (policy === 'fail') throw new Failure(error, spec.name, `${source}:${line.line}:${line.column}`, { text: new TextDecoder().decode(line.raw), column: line.caret ?? line.column });
    this.report.bad++;
    if (policy !== 'skip') this.files.bad(policy).add(source, line.line, line.offset, `${error.code}: ${error.message}`, line.raw);
  }
}
