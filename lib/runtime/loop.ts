// The loop: inputs in, chain through, output out; the clock for --idle; signals; counters at the end. One loop for all tools, fused or alone. How a run begins and how it fails: run.ts.
import { LeatError } from '../errors.js';
import { makeScanner } from '../kernel/index.js';
import type { BadLine, Scanner } from '../kernel/scanner.js';
import { nowMs, tmpdir } from '../io/builtin.js';
import { ReaderLeft } from '../io/output.js';
import type { Input } from '../io/input.js';
import type { Worked } from '../io/sources.js';
import type { Hello } from '../codec/control.js';
import type { Decoder } from '../codec/decoder.js';
import { DRAINED } from '../stream/element.js';
import type { Ahead } from './parallel/ahead.js';
import type { Barriers } from './barriers.js';
import { badLine, failedAt } from './bad-lines.js';
import { attemptAsync } from './chain.js';
import type { Chain } from './chain.js';
import type { Epochs } from './epochs.js';
import type { Files } from './files.js';
import { carries } from './inputs.js';
import type { Begun, Inputs } from './inputs.js';
import type { CommonValues, Pipeline } from './pipeline.js';
import { Progress } from './progress.js';
import type { Counters } from './progress.js';
import { PlacedError, Reader, schemaOf } from './reader.js';
import type { Between, Receiver } from './reader.js';
import type { Batch, Instant } from '../record/batch.js';
import { Failure, StageReport, Stopped } from './report.js';
import { stats, summary } from './summary.js';
import type { Say } from './report.js';
import { Feed } from './feed.js';
import { RightSource } from './right-source.js';

export const FILE_CHUNK = 1 << 20;
const PIPE_CHUNK = 1 << 18;

export interface LoopOptions {
  readonly pipeline: Pipeline; readonly chain: Chain; readonly files: Files; readonly say: Say;
  /** Test modes. */
  readonly chunk: number | undefined; readonly rowsMax: number | undefined;
  readonly hello: Hello | undefined;
  readonly makeDecoder: (() => Decoder) | undefined;
  readonly rights?: readonly RightSource[];
  /** With a checkpoint. */
  readonly epochs?: Epochs | undefined;
  /** Of the process that reads the input: when epochs end. */
  readonly barriers?: Barriers | undefined;
  /** The end of a foreign input is no end: more will come in another run. */
  readonly isPausing?: boolean;
  /** Other threads read ahead in files. */
  readonly ahead?: Ahead | undefined;
  /** Other processes of the run read inputs too. */
  readonly isShared?: boolean;
  /** A signal has come: who waits for more input gives up. */
  stop?(): void;
}

/** One run of a chain over its inputs. */
export class Loop implements Receiver {
  private readonly pipeline: Pipeline;
  private readonly chain: Chain;
  private readonly files: Files;
  private readonly say: Say;
  private readonly chunk: number | undefined;
  private readonly reader: Reader;
  private readonly scanner: Scanner;
  private readonly common: CommonValues;
  private readonly makeDecoder: (() => Decoder) | undefined;
  private readonly read0: StageReport;
  private readonly startedMs = nowMs();
  private heardMs = nowMs();
  private readonly hello: Hello | undefined;
  private isStopping = false;
  private readonly rights: readonly RightSource[];
  private readonly epochs: Epochs | undefined;
  private readonly barriers: Barriers | undefined;
  private readonly isPausing: boolean;

  private readonly options: LoopOptions;

  constructor(options: LoopOptions) {
    this.options = options;
    const { pipeline, chain, files, say, chunk, rowsMax, hello, makeDecoder, rights = [], epochs, barriers, isPausing = false } = options;
    this.makeDecoder = makeDecoder; this.rights = rights; this.epochs = epochs; this.barriers = barriers; this.isPausing = isPausing;
    this.pipeline = pipeline; this.chain = chain; this.files = files; this.say = say; this.chunk = chunk; this.hello = hello;
    this.common = pipeline.stages[0].common;
    this.read0 = new StageReport(pipeline.stages[0].spec.name);
    this.scanner = makeScanner({
      paths: chain.first.paths, shapes: chain.first.shapes, control: hello !== undefined,
      ...rowsMax === undefined ? {} : { rowsMax }, ...makeDecoder !== undefined ? { lineBytesMax: Infinity } : this.common.maxLine === undefined ? {} : { lineBytesMax: this.common.maxLine },   // a decoder has its own limit, for lines of its format
    });
    this.reader = new Reader({ scanner: this.scanner, columns: chain.first, hello, moments: chain.first.moments, receiver: this });
    this.progress = Progress.wanted(this.common.progress ?? 'auto', pipeline.stages[pipeline.stages.length - 1].spec.name, () => this.counters());
    this.reader.stopsAtBad = (this.common.bad ?? 'fail') === 'fail';
  }

  private readonly progress: Progress | undefined;
  private readBytes = 0;
  private sizeBytes: number | undefined;

  private counters(): Counters {
    const { chain, reader, read0 } = this;
    let late = 0, { bad } = read0, keys: number | undefined;
    for (const { report, stage } of chain.stages) { late += report.late; bad += report.bad; keys = stage.entries ?? keys; }
    return { records: reader.records, bytes: this.readBytes, size: this.sizeBytes, watermark: chain.stages[chain.stages.length - 1]?.stage.at ?? -Infinity, late, bad, keys };
  }

  /** left: with right inputs, what reads the first one of `inputs`, where somebody has begun to. */
  async run(inputs: Inputs, left?: Feed): Promise<number> {
    const undo = this.undoSignals = this.signals();
    try {
      this.inputs = inputs;
      if (this.rights.length > 0) { await this.several(inputs, left); return await this.finish(); }
      for (let opened = await this.nextInput(); opened !== undefined && !this.isStopping; opened = await this.nextInput()) {
        try { await this.input(opened); } finally { this.options.ahead?.leave(); opened.input.close(); }   // a silent one would keep the process
      }
      return await this.finish();
    } catch (error) {
      if (this.signal === undefined) throw error;
      // A second Ctrl-C ends the processes at both ends at once. For one that was told to stop, too, that is no news.
      const exit = this.signal === 'SIGINT' ? 130 : 143;
      if (error instanceof ReaderLeft) error.exit = exit;
      if ((error instanceof Failure || error instanceof PlacedError) && error.error.code === 'E_UPSTREAM') throw new Stopped(exit);
      throw error;
    } finally { undo(); this.progress?.erase(); this.scanner.close(); }
  }
  private inputs: Inputs | undefined;
  /** Waiting for a file that is not there yet, an epoch may end. */
  private async nextInput(): Promise<Begun | undefined> {
    if (this.isStopping) return undefined;
    const next = this.inputs!.next();                      // `!`: run() has set them
    if (next instanceof Promise) this.flush();
    return next instanceof Promise ? await this.wait(next) : next;
  }

  private async input({ input, head, at, isComplete }: Begun): Promise<void> {
    const { reader } = this, decoder = this.makeDecoder?.();
    if (decoder !== undefined) reader.format = this.pipeline.stages[0].values.format;
    reader.begin(input.name, decoder, at);
    this.notedOffset = at?.offset ?? 0;
    this.hasBegun = true;
    this.sizeBytes = input.regular ? input.size : undefined;
    if (head.bytes.length > 0) await this.feed(head.bytes);
    const size = this.chunk ?? (input.regular ? FILE_CHUNK : PIPE_CHUNK);
    const ahead = this.options.ahead?.begin(input, reader, this.scanner) === true ? this.options.ahead : undefined;
    for (let turn = nowMs(); !head.ended && !this.isStopping; ) {
      const most = ahead === undefined ? size : Math.min(size, ahead.room());
      const room = reader.room(most), reading = input.read(room.length > most ? room.subarray(0, most) : room);
      let count: number | undefined;
      if (typeof reading === 'number') count = reading; else { this.flush(); count = await this.wait(reading); }
      if (count === undefined) return;                     // stopped while waiting
      if (count === 0) break;
      this.heard();
      this.readBytes = input.position;
      reader.filled(count);
      this.note();
      if (this.isHeld) await this.release();
      this.progress?.tick(this.heardMs);
      const space = this.chain.apart?.room() ?? this.chain.sink.room?.();
      if (space !== undefined) { this.flush(); if (await this.wait(space.then(() => 0)) === undefined) return; }
      if (this.barriers?.isDue === true) await this.barriers.end();
      // An input that always has more must not keep signals waiting.
      if (this.heardMs - turn > 100) { await new Promise(setImmediate); turn = this.heardMs; }
    }
    if (this.isStopping || !isComplete()) return;
    reader.ended();
    this.note();
    if (this.isHeld) await this.release();
  }

  /** Where the reader stands in the input that is read; undefined: between two. */
  get worked(): Worked | undefined { return this.hasBegun ? this.reader.position : undefined; }
  private hasBegun = false;

  // A barrier that comes with the input.

  private held: Extract<Between, { kind: 'barrier' }> | undefined;
  get isHeld(): boolean { return this.held !== undefined; }

  /** The epoch ends in this process too; then what came behind the barrier goes on. */
  private async release(): Promise<void> {
    while (this.held !== undefined) {
      await this.pass(this.held);
      this.held = undefined;
      this.reader.goOn();
    }
  }
  private async pass({ epoch, flags }: Extract<Between, { kind: 'barrier' }>): Promise<void> {
    const isDrained = (flags & DRAINED) !== 0;
    if (isDrained) await this.drained();
    await this.epochs!.barrier(epoch, isDrained);          // `!`: only then is anything held
  }
  /** All records have come: what waited for the end comes out, once. */
  private async drained(): Promise<void> {
    if (this.isDrained) return;
    this.isDrained = true;
    const { chain } = this;
    if (this.rights.length === 0) chain.head.advance(Infinity);   // several() has said so, each input at its end
    if (chain.apart !== undefined) await chain.apart.finished('drain');
  }
  private isDrained = false;

  /**
   * Several inputs: the one that a join waits for is read, the one whose W is lower; while it has nothing, the others are read ahead. So results depend on no input's speed,
   * files stay in step, and a program that writes two of them is not held up.
   */
  private async several(inputs: Inputs, left: Feed | undefined): Promise<void> {
    const { rights, chain, reader } = this, most = this.chunk ?? FILE_CHUNK;
    const feedOf = (input: Input): Feed => new Feed(input, { memoryBytes: 0, tmp: tmpdir(), spilled: () => { /* never read ahead */ } });
    let begun = await inputs.next(), feed = left ?? (begun === undefined ? undefined : feedOf(begun.input))!, turn = nowMs(), isBegun = false, isEnded = begun === undefined;
    const next = async (): Promise<void> => {
      begun = await inputs.next();
      if (begun !== undefined) { feed = feedOf(begun.input); isBegun = isEnded = false; return; }
      this.isLeftOver = true;
      if (this.hello !== undefined && reader.end === undefined) throw this.upstream();
      if ((this.hello === undefined ? !this.isPausing : reader.end !== 'pause') && !this.isDrained) chain.head.advance(Infinity);
    };
    const left1 = async (): Promise<void> => {
      if (isEnded) { await next(); return; }
      const { head, at, input, isComplete } = begun!;       // `!`: it is not ended
      if (!isBegun) {
        const decoder = this.makeDecoder?.();
        if (decoder !== undefined) reader.format = this.pipeline.stages[0].values.format;
        reader.begin(input.name, decoder, at);
        this.notedOffset = at?.offset ?? 0;
        this.hasBegun = true;
        this.sizeBytes = input.regular ? input.size : undefined;
        isBegun = true;
        if (head.bytes.length > 0) this.put(head.bytes);
        return;
      }
      const room = reader.room(most), count = head.ended ? 0 : feed.take(room.length > most ? room.subarray(0, most) : room);
      if (count === 0) {
        this.isLeftCut = !isComplete();
        if (!this.isLeftCut) { reader.ended(); this.note(); }
        feed.close();
        isEnded = true;
        return;
      }
      this.heard();
      this.readBytes = input.position;
      reader.filled(count);
      this.note();
      this.progress?.tick(this.heardMs);
    };
    /** A table is read as a whole: no epoch ends inside of it, for nobody could read the rest alone. */
    const isLoading = (): boolean => rights.some(({ entry, isOver }) => entry.isFirst && !isOver);
    const isLeftReady = (): boolean => isEnded || !isBegun || begun!.head.ended || feed.isReady(most);   // `!`: as above
    const pick = (): RightSource | 'left' | undefined => {
      for (const right of rights) if (right.entry.isFirst && !right.isOver) return right;
      const behind = [...rights].reverse(), isLeft = !this.isLeftOver && !this.isHeld;   // what is furthest down the chain waits first
      for (const right of behind) if (!right.isOver && !right.isHeld && (!isLeft || right.entry.stage.watermarkOf(1) < right.entry.stage.watermarkOf(0))) return right;
      return isLeft ? 'left' : undefined;
    };
    for (let one = pick(); !this.isStopping; one = pick()) {
      if (this.isHeld || rights.some(({ isHeld }) => isHeld)) { if (await this.align()) continue; }
      if (one === undefined) break;
      if (one === 'left' ? isLeftReady() : one.isReady()) {
        if (one === 'left') await left1(); else { const { records } = one.reader; one.work(); if (one.reader.records > records) this.barriers?.note(); }
        if (this.barriers?.isDue === true && !isLoading()) await this.barriers.end();
        const space = (one === 'left' ? chain.apart?.room() : undefined) ?? chain.sink.room?.();
        if (space !== undefined) { this.flush(); if (await this.wait(space.then(() => 0)) === undefined) return; }
        if (nowMs() - turn > 100) { await new Promise(setImmediate); turn = nowMs(); }
        continue;
      }
      this.flush();
      const others = [...this.isLeftOver || one === 'left' || isEnded || begun!.head.ended ? [] : [feed], ...rights.flatMap((right) => right === one || right.isOver ? [] : [right.feed])];   // `!`: as above
      const waits = [(one === 'left' ? feed : one.feed).wait(), ...others.flatMap((other) => { const more = other.ahead(); return more === undefined ? [] : [more]; })];
      await this.wait(Promise.race(waits).then(() => 0));
      turn = nowMs();
    }
  }
  private isLeftOver = false;
  /** Its last line, without LF, was left for another run. */
  private isLeftCut = false;

  /**
   * Barrier n has come on some inputs: once it has on all that carry barriers, or they have ended, the epoch ends, and what came behind it goes on (EXACTLY-ONCE R15, R16).
   * What is held is still read ahead, so that nobody who writes several inputs is held up.
   */
  private async align(): Promise<boolean> {
    const { rights, reader } = this, inputs = [...carries(this.hello) ? [{ held: this.held, isOver: this.isLeftOver }] : [], ...rights.filter(({ carries }) => carries)];
    const held = inputs.flatMap((input) => input.held === undefined ? [] : [input.held]), isDrained = held.every(({ flags }) => (flags & DRAINED) !== 0);
    const newest = Math.max(...held.map(({ epoch }) => epoch));
    if (held.some(({ epoch }) => epoch < newest)) {        // another source left that epoch out: nobody will ever have all of it
      if (this.held !== undefined && this.held.epoch < newest) { this.held = undefined; this.reader.goOn(); }
      for (const right of rights) if (right.held !== undefined && right.held.epoch < newest) right.goOn();
      return true;
    }
    if (inputs.some((input) => input.held === undefined && !input.isOver)) return false;
    const others = [...carries(this.hello) ? [] : [{ isOver: this.isLeftOver }], ...rights.filter(({ carries }) => !carries)];
    if (isDrained && others.some(({ isOver }) => !isOver)) return false;   // a file beside them is read to its end first
    if (isDrained) {
      if (this.held !== undefined || !carries(this.hello)) { if (this.isLeftCut) reader.ended(); this.chain.head.advance(Infinity); }   // a file beside a stream that was drained has come to its end too
      for (const right of rights) if (right.held !== undefined || !right.carries) right.drained();
      this.isDrained = true;
      if (this.chain.apart !== undefined) await this.chain.apart.finished('drain');
    }
    await this.epochs!.barrier(newest, isDrained);   // `!`: only then is anything held
    if (this.held !== undefined) { this.held = undefined; this.reader.goOn(); }
    for (const right of rights) if (right.held !== undefined) right.goOn();
    return true;
  }

  /** Bytes that were read to look at the head of the stream. */
  private async feed(bytes: Uint8Array): Promise<void> {
    for (let at = 0; at < bytes.length; ) {
      const count = Math.min(this.chunk ?? bytes.length, bytes.length - at);
      this.put(bytes.subarray(at, at + count));
      at += count;
      if (this.isHeld) await this.release();
    }
  }
  private put(bytes: Uint8Array): void {
    this.reader.room(bytes.length).set(bytes);
    this.heard();
    this.reader.filled(bytes.length);
    this.note();
  }

  /** Waits for input; while it does, --idle looks at the clock. undefined: a signal said stop. */
  private async wait<T>(reading: Promise<T>): Promise<T | undefined> {
    const { barriers } = this;
    if (barriers === undefined) return this.waitOnly(reading);
    // Meanwhile epochs end by the clock.
    for (;;) {
      let timer!: NodeJS.Timeout;
      const due = new Promise<'due'>((resolve) => { timer = setTimeout(resolve, Math.min(barriers.waitMs, 1 << 30), 'due'); });
      let got: T | 'due' | undefined;
      try { got = await this.waitOnly<T | 'due'>(Promise.race([reading, due])); } finally { clearTimeout(timer); }
      if (got !== 'due') return got;
      if (barriers.isDue && !this.rights.some(({ entry, isOver }) => entry.isFirst && !isOver)) await barriers.end();
    }
  }
  private async waitOnly<T>(reading: Promise<T>): Promise<T | undefined> {
    const { apart } = this.chain, idle = [this.chain.idle, ...this.rights.map(({ entry, isOver }) => isOver ? undefined : entry.idle)].flatMap((each) => each === undefined ? [] : [each.afterMs]);
    if (idle.length === 0 && this.stopped === undefined && apart === undefined) return await reading;
    let fail!: (error: unknown) => void;
    const failed = new Promise<never>((_, reject) => { fail = reject; });
    const timer = idle.length === 0 ? undefined : setInterval(() => { try { this.silent(); } catch (error) { fail(error); } }, Math.max(10, Math.min(Math.min(...idle) / 4, 1000)));
    try { return await Promise.race([reading, ...timer === undefined ? [] : [failed], ...this.stopped === undefined ? [] : [this.stopped], ...apart === undefined ? [] : [apart.over], ...this.chain.sink.gone === undefined ? [] : [this.chain.sink.gone]]); } finally { clearInterval(timer); if (apart?.isOver === true) this.isStopping = true; }
  }
  private stopped: Promise<undefined> | undefined;

  private heard(): void {
    this.heardMs = Math.floor(nowMs());
    this.chain.idle?.stage.operator.idle!(this.heardMs, true);
  }

  /** Something was worked off: the next epoch has something to save. Half a line is nothing yet (EXACTLY-ONCE R30). */
  private note(): void {
    if (this.barriers === undefined) return;
    const { offset } = this.reader.position;
    if (offset !== this.notedOffset) { this.notedOffset = offset; this.barriers.note(); }
  }
  private notedOffset = 0;

  private silent(): void {
    const { idle } = this.chain;
    idle?.stage.operator.idle!(Math.floor(nowMs()), false);
    idle?.stage.advance(idle.stage.at);
    for (const right of this.rights) if (!right.isOver) right.silent();
    this.barriers?.note();
    this.flush();
  }

  /**
   * The first SIGINT or SIGTERM stops the stage that reads a foreign input; what is downstream gets its end. One that reads another stage waits for the end that this one
   * sends: Ctrl-C reaches both. A second signal ends the process at once.
   */
  private signals(): () => void {
    let stop!: () => void;
    this.stopped = new Promise((resolve) => { stop = () => resolve(undefined); });
    const handle = (signal: NodeJS.Signals): void => {
      if (this.signal !== undefined) process.exit(signal === 'SIGINT' ? 130 : 143);   // the second one: at once
      this.signal = signal;
      if (this.hello !== undefined) return;
      this.isStopping = true;
      this.options.stop?.();
      stop();
    };
    const show = (): void => { (this.progress ?? Progress.wanted('on', this.pipeline.stages[0].spec.name, () => this.counters()))!.draw(); };   // `!`: 'on' is never refused
    process.on('SIGINT', handle); process.on('SIGTERM', handle); process.on('SIGUSR2', show);
    return () => { process.off('SIGINT', handle); process.off('SIGTERM', handle); process.off('SIGUSR2', show); };
  }
  private signal: NodeJS.Signals | undefined;

  // Receiver: from the reader.

  push(batch: Batch, w: Instant): void { this.chain.head.push(batch); this.chain.head.advance(w); }
  between(element: Between): void {
    if (element.kind === 'barrier' && this.epochs !== undefined) { this.held = element; return; }
    (this.chain.apart ?? this.chain.sink).between(element);
  }
  settled(): void { this.files.settle(); }

  bad(line: BadLine, source: string): void {
    const { stages } = this.pipeline, policy = this.common.bad ?? 'fail', error = badLine(stages, line, source);
    if (policy === 'fail') throw failedAt(stages, error, line, source);
    this.read0.bad++;
    if (policy !== 'skip') this.files.bad(policy).add(source, line.line, line.offset, `${error.code}: ${error.message}`, line.raw);
  }

  private flush(): void { this.chain.sink.flush(); this.files.flush(); }

  private undoSignals = (): void => { /* none are caught yet */ };

  private async finish(): Promise<number> {
    if (this.signal === undefined) await new Promise(setImmediate);   // Ctrl-C reaches who writes the input too: its end may come before the signal is seen
    const { chain, reader, hello, signal } = this;
    if (signal !== undefined && reader.end !== 'drain' && (hello === undefined || reader.end === 'pause')) {
      // With a checkpoint nothing that was computed is lost; at a prompt without one, what is open is shown, and marked. What is downstream learns that this is no crash, and fires nothing.
      if (this.barriers?.isChanged === true) await this.barriers.end();
      if (chain.sink.isTerminal && this.epochs === undefined) for (const { stage } of chain.stages) stage.unfinished();
      if (this.options.isShared === true) this.epochs?.ended();
      chain.sink.end('pause');
      this.flush();
      await chain.sink.settled?.();
      return signal === 'SIGINT' ? 130 : 143;
    }
    if (hello !== undefined && reader.end === undefined) throw this.upstream();
    const isPaused = hello === undefined ? this.isPausing : reader.end === 'pause', mode = isPaused || this.rights.some((right) => right.reader.end === 'pause') ? 'pause' : 'drain';
    // What the end lets out may take long (a sort of everything), and no handler runs meanwhile: a signal ends the process at once, where nothing outside must be put in order.
    if (chain.sink.settled === undefined && chain.apart === undefined && this.signal === undefined) this.undoSignals();
    if (mode === 'drain' && this.epochs !== undefined) {
      if (!this.isDrained) { await this.drained(); await this.barriers?.end(true); }
    } else if (mode === 'drain' && this.rights.length === 0) chain.head.advance(Infinity);   // several() has said so, each input at its end
    else if (this.barriers?.isChanged === true) await this.barriers.end();
    if (chain.apart !== undefined && !this.isDrained) {
      const finished = chain.apart.finished(mode);
      await (hello === undefined ? Promise.race([finished, this.stopped]) : finished);   // a managed stream that has ended is finished, whatever signal came
      if (hello === undefined && this.signal !== undefined) return this.finish();
    }
    if (this.options.isShared === true) this.epochs?.ended();
    chain.sink.end(mode);
    this.flush();
    await attemptAsync('to', async () => chain.sink.settled?.());
    this.summary();
    if (signal !== undefined) return signal === 'SIGINT' ? 130 : 143;
    const last = this.pipeline.stages[this.pipeline.stages.length - 1];
    return last.spec.name === 'filter' && last.values.quietly === true ? 1 : 0;
  }

  /** A managed stream that ended without its mark: nothing fires. */
  private upstream(): Failure {
    this.flush();
    return new Failure(new LeatError('E_UPSTREAM', { path: schemaOf(this.hello).tools.join(', ') }), this.pipeline.stages[0].spec.name);
  }

  private summary(): void {
    const { common, pipeline, chain, say, read0, reader, scanner, rights, epochs, startedMs } = this;
    const seen = { pipeline, chain, say, read0, reader, scanner, rights, epochs, startedMs };
    summary(seen);
    if (common.stats !== undefined) stats(seen, common.stats);
  }
}
