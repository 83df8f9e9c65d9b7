// A part of an input, worked off by a thread of its own: the stages up to the one that keeps its rows, or all of them where none does, fed with the lines between two places of a file, and what
// they have come to.
// It deals with nothing out of the ordinary: where a line is bad or a record late, where a message is due or anything fails, it gives nothing, and the main thread does the part itself.
import { readSync } from 'node:fs';
import { makeScanner } from '../../kernel/index.js';
import type { Scanner } from '../../kernel/scanner.js';
import type { Batch, Instant } from '../../record/batch.js';
import { Pack } from '../../record/pack.js';
import { samePath } from '../../record/path.js';
import { batchOf, noWatermark } from '../../record/rows.js';
import { tmpdir } from '../../io/builtin.js';
import { Output } from '../../io/output.js';
import { Segment, planChain } from '../chain.js';
import type { Pipeline } from '../pipeline.js';
import { schemaOf } from '../reader.js';
import { StageReport } from '../report.js';
import { ScannedBase } from '../scanned.js';
import { Sink } from '../sink.js';
import { Stage } from '../stage.js';
import type { Asked, Downstream, StageHost } from '../stage.js';

/** Lines of a file: from one that begins at `from` to the last one that ends before `to` or there. */
export interface Place { readonly fd: number; readonly name: string; readonly from: number; readonly to: number }
/** Bytes read at once, and rows of a batch in test modes. */
export interface Sizes { readonly chunk: number; readonly rows: number | undefined }

/** A part ends where it has come to so many entries: what two threads hold shall not be much more than what one would. */
const ENTRIES_MAX = 1 << 16;
/** The same of text that is to be written. */
const TEXT_MAX = 32 << 20;

/** The part cannot be worked off here. */
class Unusual extends Error {}
const refuse = (): never => { throw new Unusual(); };

export class Part {
  private readonly segment = new Segment();
  private readonly stages: { readonly stage: Stage; readonly report: StageReport }[] = [];
  private readonly scanner: Scanner;
  private readonly head: Downstream;
  private readonly chunk: number;
  private readonly written = new Gathered();
  private readonly sink = new Sink(this.written);
  private isSpoilt = false;
  /** It has given up in the middle of something: another one is needed. */
  get isOver(): boolean { return this.isSpoilt; }

  /** The stages of a pipeline up to number `last`; it keeps its rows, or is the last of all. */
  constructor({ stages: steps }: Pipeline, last: number, { chunk, rows }: Sizes) {
    const { planned } = planChain(steps, schemaOf(undefined)), common = steps[0].common;
    this.chunk = chunk;
    let down: Downstream = this.sink;
    for (let i = last; i >= 0; i--) {
      const { spec, tool, values, input, common } = planned[i], report = new StageReport(tool);
      const stage = new Stage(spec, values, input, this.hostOf(report, common), down);
      this.stages.unshift({ stage, report });
      down = stage.operator.parts?.keeps === true ? new Silent(stage) : stage;
    }
    this.head = down;
    this.scanner = makeScanner({ paths: this.segment.paths, shapes: this.segment.shapes, ...rows === undefined ? {} : { rowsMax: rows }, ...common.maxLine === undefined ? {} : { lineBytesMax: common.maxLine } });
  }

  /** Works off a part; isHurried() asks for an end before its end. What it has come to, and text to be written; undefined: it cannot. */
  scan({ fd, name, from, to }: Place, isHurried: () => boolean): { readonly bytes: Uint8Array; readonly text: Uint8Array } | undefined {
    const { scanner, segment, head, sink, written } = this, blanks = scanner.blanks;
    let records = 0, at = from;
    try {
      scanner.begin({ offset: from, line: 1, isFirst: false });
      while (at < to && !isHurried() && !this.isFull) {
        const size = Math.min(this.chunk, to - at), room = scanner.room(size), count = readSync(fd, room, 0, size, at);
        if (count === 0) break;
        at += count;
        scanner.filled(count);
        for (let piece = scanner.next(); piece !== undefined; piece = scanner.next()) {
          if (piece.bad.length > 0) return this.spoilt();
          records += piece.count;
          head.push(batchOf(new ScannedBase(piece, name, segment)));
        }
      }
    } catch (error) {
      if (error instanceof Unusual) return this.spoilt();
      this.spoilt();
      throw error;
    }
    const { offset, line } = scanner.position, out = new Pack();
    out.flag(this.isFull);
    out.count(offset); out.count(line - 1); out.count(records); out.count(scanner.blanks - blanks);
    segment.paths.forEach((_, i) => out.flag(scanner.seen(i)));
    const own = new Pack();
    for (const { stage, report } of this.stages) {
      out.count(stage.taken);
      stage.taken = 0;
      report.give(out);
      own.clear();
      stage.operator.parts!.give?.(own);                   // `!`: the main thread has looked
      out.raw(own.bytes, 0, own.length);
    }
    out.count(sink.records);
    sink.records = 0;
    return { bytes: out.done(), text: written.take() };
  }
  private get isFull(): boolean { return (this.stages[this.stages.length - 1].stage.entries ?? 0) > ENTRIES_MAX || this.written.length > TEXT_MAX; }
  private spoilt(): undefined { this.isSpoilt = true; return undefined; }

  close(): void {
    for (const { stage } of this.stages) stage.close();
    this.scanner.close();
    this.sink.close();
  }

  private hostOf(report: StageReport, { strict, arg = [], argjson = [] }: Pipeline['stages'][number]['common']): StageHost {
    const { segment } = this, asked: Asked[] = [];
    return {
      moments: segment.moments, report, strict: strict === true, args: new Map([...arg.map(([name, text]) => [name, JSON.stringify(text)] as const), ...argjson]),
      spilling: { memoryBytes: 0, tmp: tmpdir(), spilled: refuse }, isJournalled: false, inputs: [],
      want: (path) => segment.want(path), wantShapes() { segment.shapes = true; },
      ask(path) {
        let one = asked.find((other) => samePath(other.path, path));
        if (one === undefined) asked.push(one = { path, isMade: false });
        return one;
      },
      warn() { /* said of the first record only, which the main thread has had */ },
      onBad: refuse, file: () => refuse, lateFails: false, onLate: refuse, fail: refuse,
    };
  }
}

/** Ahead of the stage that keeps its rows: W does not move, so nothing comes out. */
class Silent implements Downstream {
  private readonly down: Downstream;
  constructor(down: Downstream) { this.down = down; }
  push(batch: Batch): void { this.down.push(batch.timed(noWatermark(batch.size))); }
  advance(_w: Instant): void { /* not here */ }
  made(): never { return refuse(); }
}
/** Text that is to be written, in memory. */
class Gathered extends Output {
  length = 0;
  private bytes = new Uint8Array(0);
  constructor() { super(-1); }
  override write(bytes: Uint8Array, start = 0, end = bytes.length): void {
    const wanted = this.length + end - start;
    if (wanted > this.bytes.length) { const more = new Uint8Array(Math.max(wanted, 2 * this.bytes.length, 1 << 16)); more.set(this.bytes.subarray(0, this.length)); this.bytes = more; }
    this.bytes.set(bytes.subarray(start, end), this.length);
    this.length = wanted;
  }
  override flush(): void { /* it stays here */ }
  /** All of it, which is another's now. */
  take(): Uint8Array { const text = this.bytes.subarray(0, this.length); this.bytes = new Uint8Array(0); this.length = 0; return text; }
}
