// `leat wrap`: records go through a foreign program, W round it (EXACTLY-ONCE R8). The end of one part of a chain and the source of the next: tasks wait in order for one
// worker, for the program answers when it likes. A cut is where W passes: the program's input is closed, its output awaited, W handed on; the next record begins a new program.
// Where cuts are is a function of the records and of W before each: not of batches, and not of time. A barrier begins a new program too, for nobody can save what is inside of
// one, but is no cut: W does not pass by it.
import { LeatError } from '../errors.js';
import type { Batch, Instant } from '../record/batch.js';
import { allRows, batchOf } from '../record/rows.js';
import type { BadLine, Scanned, Scanner } from '../kernel/scanner.js';
import type { EventTime, Schema } from '../stream/element.js';
import { encode } from '../codec/ndjson.js';
import type { Pack, Unpack } from '../record/pack.js';
import { Bytes } from '../codec/writer.js';
import { Child } from '../io/child.js';
import type { Ended } from '../io/child.js';
import type { WrapValues } from '../operators/wrap.js';
import type { Apart, Chain, Segment } from './chain.js';
import type { Files } from './files.js';
import type { CommonValues } from './pipeline.js';
import type { Between } from './reader.js';
import { Failure, StageReport } from './report.js';
import type { Say } from './report.js';
import { ScannedBase } from './scanned.js';
import type { Ending } from './sink.js';

type Task = { readonly kind: 'barrier'; readonly stamps: number; resolve(): void } | { readonly kind: 'text'; readonly text: Uint8Array } | { readonly kind: 'cut'; readonly at: Instant } | { readonly kind: 'between'; readonly element: Between } | { readonly kind: 'end'; readonly mode: 'drain' | 'pause' };

/** So many bytes may wait for the program before more input is read. */
const WAITING_BYTES = 1 << 18;
/** Where nobody said --every, and no window does. */
const EVERY_MS = 60_000;

const windowEnd: EventTime = { path: ['window_end'], unit: 'ms', delayMs: Infinity, shiftMs: 0 };

export interface WrapOptions {
  readonly values: WrapValues; readonly common: CommonValues; readonly input: Schema;
  /** Columns of what comes in. */
  readonly segment: Segment;
  /** The stages behind, and the scanner of what the program prints. */
  readonly rest: Chain; readonly scanner: Scanner;
  readonly files: Files; readonly say: Say;
}

export class Wrap implements Ending, Apart {
  records = 0;
  readonly report = new StageReport('wrap');
  isOver = false;
  readonly isTerminal = false;
  readonly over: Promise<undefined>;
  private readonly options: WrapOptions;
  private readonly ends: ((batch: Batch) => { readonly tag: Uint8Array; readonly number: Float64Array }) | undefined;
  private readonly everyMs: number;
  private readonly tasks: Task[] = [];
  private waitingBytes = 0;
  private wakeWorker = (): void => { /* it is at work */ };
  private wakeReader = (): void => { /* nobody waits */ };
  private readonly broke: Promise<never>;
  private settle!: { resolve(value: undefined): void; reject(error: unknown): void };
  private readonly done: Promise<void>;
  private child: Child | undefined;
  private leaving: Child | undefined;                    // its input was closed by us
  private isClosed = false;
  private isFinished = false;
  private hasEpochs = false;

  // Where to cut.
  private inside = 0;                                    // records since the last cut
  private passed: Instant = -Infinity;                   // W at the last cut
  private latest: Instant = -Infinity;
  private step = NaN;                                    // number of the stretch of --every that W is in
  private readonly open = new Set<Instant>();            // ends (and lateness) of windows with records that W has not passed
  private due: Instant = Infinity;                       // the least of them
  private readonly text = new Bytes();

  // What comes out.
  private out: Instant = -Infinity;                      // W of the stages behind
  private stamps: number[] = [];                         // --one-to-one: W before each record that is inside
  private stamp = 0;
  private lastByte = 10;
  private started = 0;

  constructor(options: WrapOptions) {
    this.options = options;
    const { values: { every }, input: { windows, event }, segment } = options;
    const isFixed = windows?.kind === 'fixed' && every === undefined && event !== undefined;
    if (isFixed) segment.want(windowEnd.path);
    this.ends = isFixed ? segment.moments.field(windowEnd) : undefined;
    this.everyMs = every ?? EVERY_MS;
    this.over = new Promise((resolve, reject) => { this.settle = { resolve, reject }; });
    this.broke = new Promise((_, reject) => { this.over.catch(reject); });
    this.broke.catch(() => { /* likewise */ });
    this.over.catch(() => { /* whoever waits is told */ });
    this.done = this.work();
    this.done.catch((error: unknown) => this.fail(error));
  }

  // Downstream: what is to go in.

  push(batch: Batch): void {
    const { rows, watermark } = batch, isManaged = this.options.input.managed, { oneToOne } = this.options.values, ends = this.ends?.(batch);
    const latenessMs = this.options.input.windows?.latenessMs ?? 0;
    let from = 0;
    for (let i = 0; i < rows.length; i++) {
      const row = rows[i];
      if (oneToOne) { this.stamps.push(watermark[row]); continue; }
      if (isManaged && this.isDue(watermark[row])) { this.give(batch, from, i); from = i; this.cut(watermark[row]); }
      this.inside++;
      if (ends !== undefined && ends.tag[row] !== 0) {
        const due = ends.number[row] + latenessMs;
        if (due > this.passed && !this.open.has(due)) { this.open.add(due); if (due < this.due) this.due = due; }
      }
    }
    this.give(batch, from, rows.length);
    this.records += rows.length;
  }
  made(): void { throw new Error('made records reach wrap through the scanner of its segment'); }

  advance(w: Instant): void {
    if (w === Infinity || w <= this.latest) return;        // the end is said by finished()
    this.latest = w;
    if (!this.options.input.managed) return;
    if (this.options.values.oneToOne) { if (this.stamp === this.stamps.length) this.pass(w); } else if (this.isDue(w)) this.cut(w);
  }
  between(element: Between): void {
    if (element.kind === 'barrier') this.add({ kind: 'barrier', stamps: this.given + this.stamps.length, resolve() { /* nobody waits: what follows does, in its turn */ } });
    this.add({ kind: 'between', element });
  }
  flush(): void { /* what comes out is flushed when it comes */ }
  end(): void { /* the end of the last part says it */ }
  abort(): void { /* so does its abort */ }

  /** Whether W must pass, or can: nothing is inside. */
  private isDue(w: Instant): boolean {
    if (w <= this.passed) return false;
    if (this.inside === 0) return true;
    if (this.ends !== undefined) return w >= this.due;
    const step = Math.floor(w / this.everyMs), before = this.step;
    if (step === before) return false;
    this.step = step;
    return before === before;                              // the first W begins a stretch, and ends none
  }
  private cut(w: Instant): void {
    this.inside = 0; this.passed = w;
    this.step = Math.floor(w / this.everyMs);
    if (w >= this.due) {
      this.due = Infinity;
      for (const end of this.open) if (end <= w) this.open.delete(end); else if (end < this.due) this.due = end;
    }
    this.add({ kind: 'cut', at: w });
  }
  private give(batch: Batch, from: number, to: number): void {
    if (from >= to) return;
    encode(batch, this.text, from, to);
    const text = this.text.bytes.slice(0, this.text.length);
    this.text.clear();
    this.waitingBytes += text.length;
    this.add({ kind: 'text', text });
  }
  private add(task: Task): void { this.tasks.push(task); this.wakeWorker(); }

  // Apart: for the loop.

  room(): Promise<void> | undefined {
    if (this.waitingBytes <= WAITING_BYTES) return undefined;
    return new Promise((resolve) => { this.wakeReader = resolve; });
  }
  get bad(): number { return this.report.bad + (this.options.rest.apart?.bad ?? 0); }

  async barrier(): Promise<void> {
    this.hasEpochs = true;
    if (!this.isFinished) await Promise.race([new Promise<void>((resolve) => this.add({ kind: 'barrier', stamps: this.given + this.stamps.length, resolve })), this.broke]);
    await this.options.rest.apart?.barrier();
  }

  // For a checkpoint: between barrier() and the next record nothing is inside of a program, or waits.

  save(out: Pack): void {
    const { scanner: { position: { offset, line, isFirst = offset === 0, isSkipping = false } } } = this.options;
    out.count(this.inside);
    for (const at of [this.passed, this.latest, this.step, this.out]) out.number(at);
    out.numbers([...this.open]);
    out.count(this.given + this.stamps.length);
    out.flag(this.started > 0);
    out.count(offset); out.count(line); out.flag(isFirst); out.flag(isSkipping);
  }
  restore(from: Unpack): void {
    this.hasEpochs = true;
    this.inside = from.count();
    this.passed = from.number(); this.latest = from.number(); this.step = from.number(); this.out = from.number();
    for (const due of from.numbers()) { this.open.add(due); if (due < this.due) this.due = due; }
    this.given = from.count();
    this.started = from.flag() ? 1 : 0;
    this.options.scanner.begin({ offset: from.count(), line: from.count(), isFirst: from.flag(), isSkipping: from.flag() });
  }

  async finished(mode: 'drain' | 'pause'): Promise<void> {
    this.add({ kind: 'end', mode });
    await Promise.race([this.done, this.broke]);
    await this.options.rest.apart?.finished(mode);
    const { common, say } = this.options;
    if (common.quiet !== true) for (const notice of this.report.notices(this.records, 0, 'drop', common.bad ?? 'fail')) say(notice);
  }

  close(): void { this.isClosed = true; this.child?.kill(); this.wakeWorker(); }

  private fail(error: unknown): void {
    if (this.isClosed) return;
    this.child?.kill();
    this.settle.reject(error);
    this.wakeReader();
  }

  // The worker.

  private async work(): Promise<void> {
    for (;;) {
      const task = this.tasks.shift();
      if (this.isClosed) return;
      if (task === undefined) { await new Promise<void>((resolve) => { this.wakeWorker = resolve; }); continue; }
      if (task.kind === 'text') {
        await (this.child ??= this.start()).write(task.text);
        this.waitingBytes -= task.text.length;
        if (this.waitingBytes <= WAITING_BYTES) this.wakeReader();
      } else if (task.kind === 'cut') { await this.finish(); this.pass(task.at); } else if (task.kind === 'barrier') { await this.finish(); this.consumed(task.stamps); task.resolve(); } else if (task.kind === 'between') { const { rest } = this.options; (rest.apart ?? rest.sink).between(task.element); }
      else {
        if (!this.options.input.managed && this.started === 0 && !(this.hasEpochs && task.mode === 'pause')) this.child = this.start();   // as in a pipe: it may print something of nothing
        await this.finish();
        this.consumed(this.given + this.stamps.length);
        if (task.mode === 'drain') this.options.rest.head.advance(Infinity);
        this.isFinished = true;
        return;
      }
    }
  }

  private start(): Child {
    this.started++;
    const child = new Child(this.options.values.command, (bytes) => this.take(bytes));
    // It may end before its input does.
    child.ended.then((how) => { if (this.child === child) this.judge(how); if (this.child === child && this.leaving !== child && !this.options.input.managed) { this.isOver = true; this.settle.resolve(undefined); } }).catch((error: unknown) => this.fail(error));
    return child;
  }

  /** Closes the program's input and waits for the rest of its output. */
  private async finish(): Promise<void> {
    const { child } = this;
    if (child === undefined) return;
    this.leaving = child;
    child.end();
    this.judge(await child.ended);
    this.child = undefined;
    if (this.lastByte !== 10) this.take(Uint8Array.of(10));
  }
  /** All of its output has come: so many lines should have, with --one-to-one. */
  private consumed(stamps: number): void {
    if (this.given + this.stamp < stamps && !this.isClosed) throw this.broken(`printed ${this.given + this.stamp} lines for ${stamps} records`, 'leave out --one-to-one');
  }
  private judge({ code, signal }: Ended): void {
    if (this.isClosed || code === 0 || (code !== null && (this.options.values.status ?? []).includes(code))) return;
    throw this.broken(signal === null ? `ended with exit status ${code}` : `was ended by ${signal}`, signal === null ? `what it said stands above; --status ${code} takes that status as no error` : '');
  }
  private broken(what: string, help: string): Failure { return new Failure(new LeatError('E_CHILD', { program: this.options.values.command[0], what, help }), 'wrap'); }

  // What comes out.

  private pass(w: Instant): void {
    if (w <= this.out || this.isClosed) return;
    this.out = w;
    this.options.rest.head.advance(w);
    this.settleDown();
  }
  private settleDown(): void { const { rest, files } = this.options; rest.sink.flush(); files.flush(); }

  private take(bytes: Uint8Array): Promise<void> | undefined {
    if (this.isClosed || bytes.length === 0) return undefined;
    const { scanner, rest } = this.options;
    this.lastByte = bytes[bytes.length - 1];
    scanner.room(bytes.length).set(bytes);
    scanner.filled(bytes.length);
    for (let piece = scanner.next(); piece !== undefined; piece = scanner.next()) this.hand(piece);
    this.settleDown();
    return rest.apart?.room();
  }

  private hand(piece: Scanned): void {
    const { rest, common, values, files } = this.options, policy = common.bad ?? 'fail', source = values.command[0];
    const { count, bad } = piece, w = new Float64Array(count + 1);
    if (values.oneToOne) this.stamped(piece, w); else w.fill(this.out);
    const batch = batchOf(new ScannedBase(piece, source, rest.first), w);
    const cut = policy === 'fail' && bad.length > 0 ? bad[0].before : count;
    rest.head.push(cut === count ? batch : batch.select(allRows(count).subarray(0, cut)));
    rest.head.advance(w[cut]);
    for (const line of bad) this.complain(line, source, policy, files);
  }
  /** W before each line is that before its record. */
  private stamped({ count, bad }: Scanned, w: Float64Array): void {
    const { stamps } = this;
    if (this.stamp + count + bad.length > stamps.length) throw this.broken(`printed more lines than it was given records (${this.given + stamps.length})`, 'leave out --one-to-one');
    for (let row = 0, n = 0; row < count; row++) {
      for (; n < bad.length && bad[n].before <= row; n++) this.stamp++;
      w[row] = stamps[this.stamp++];
    }
    for (const { before } of bad) if (before >= count) this.stamp++;
    w[count] = this.stamp === stamps.length ? Math.max(this.latest, this.out) : stamps[this.stamp];
    this.out = Math.max(this.out, w[count]);
    if (this.stamp > 1 << 16) { stamps.splice(0, this.stamp); this.given += this.stamp; this.stamp = 0; }
  }
  private given = 0;

  private complain({ line, column, offset, code, detail, raw, caret }: BadLine, source: string, policy: string, files: Files): void {
    const error = new LeatError(code, detail);
    if (policy === 'fail') throw new Failure(error, 'wrap', `${source}:${line}:${column}`, { text: new TextDecoder().decode(raw), column: caret ?? column });
    this.report.bad++;
    if (policy !== 'skip') files.bad(policy).add(source, line, offset, `${error.code}: ${error.message}`, raw);
  }
}
