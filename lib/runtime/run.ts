// The loop: inputs in, chain through, output out; the clock for --idle; signals; counters at the end. One loop for all tools, fused or alone.
import { writeFileSync } from 'node:fs';
import { LeatError } from '../errors.js';
import type { Detail } from '../errors.js';
import { provide } from '../expr/functions/other.js';
import { makeScanner } from '../kernel/index.js';
import type { BadLine, Scanner } from '../kernel/scanner.js';
import { expand } from '../io/glob.js';
import { nowMs } from '../io/builtin.js';
import { findProgram } from '../io/child.js';
import { openInputs } from '../io/input.js';
import type { Input } from '../io/input.js';
import { Output, ReaderLeft } from '../io/output.js';
import type { Target } from '../io/sinks/target.js';
import type { Hello } from '../codec/control.js';
import type { Decoder } from '../codec/decoder.js';
import { decoderMaker } from './decode.js';
import { Rescan, attempt, buildChain, planChain, unseen } from './chain.js';
import type { Chain, ChainHost, Segment } from './chain.js';
import type { Asked } from './stage.js';
import { Merge, mergedSchema } from './merge.js';
import { Files } from './files.js';
import type { CommonValues, Pipeline } from './pipeline.js';
import { Progress } from './progress.js';
import type { Counters } from './progress.js';
import { PlacedError, Reader, readHead, schemaOf } from './reader.js';
import type { Between, Head, Receiver } from './reader.js';
import type { Batch, Instant } from '../record/batch.js';
import { Failure, StageReport, grouped } from './report.js';
import type { Say } from './report.js';
import { FirstRecord } from './sink.js';
import { Feed } from './feed.js';
import { headsOf, spillingOf } from './heads.js';
import { JoinStage } from './join-stage.js';
import { RightSource } from './right-source.js';
import { tmpdir } from '../io/builtin.js';
import type { Schema } from '../stream/element.js';
import type { Stage as Step } from './pipeline.js';

// Digests are Node's; expressions may not import it.
const digest = (kind: string) => (text: string): string => process.getBuiltinModule('node:crypto').createHash(kind).update(text).digest('hex');
provide({ md5: digest('md5'), sha256: digest('sha256') });

const FILE_CHUNK = 1 << 20, PIPE_CHUNK = 1 << 18;

/** What the runtime needs of the process that it runs in; tests give their own. */
export interface Host {
  readonly say: Say;
  readonly output?: Output;
  readonly inputs?: (files: readonly string[]) => readonly Input[];
  /** Test modes: bytes read at once, rows of a batch. */
  readonly chunk?: number;
  readonly rows?: number;
}

const testNumber = (name: string): number | undefined => process.env[name] === undefined ? undefined : Number(process.env[name]);

/** Runs a pipeline to its end. Returns the exit status; errors that a user can meet are thrown as Failure. */
export async function runPipeline(pipeline: Pipeline, host: Host): Promise<number> {
  const first = pipeline.stages[0], tool = first.spec.name;
  const files = new Files(), output = host.output ?? new Output(1);
  const chunk = host.chunk ?? testNumber('LEAT_TEST_CHUNK'), rows = host.rows ?? testNumber('LEAT_TEST_ROWS');
  let chain: Chain | undefined, target: Target | undefined, inputs: readonly Input[] = [];
  const feeds: Feed[] = [];
  try {
    const from = first.spec.name === 'from' ? first.values : undefined;
    const makeDecoder = from === undefined ? undefined : await attemptAsync(tool, () => decoderMaker(from, first.common));
    // What is wrong with the command is told before any input is opened, for a live one may be silent; what depends on the stream, once its first line is here.
    checkCommand(pipeline);
    inputs = attempt(tool, () => (host.inputs ?? openInputs)(from === undefined ? pipeline.files : expand(pipeline.files)));
    files.guard(inputs.map(({ name }) => name), output.fd);
    pipeline.stages.forEach(({ spec, values }, i) => attempt(spec.name, () => { files.begin(i, spec.writes?.(values) ?? []); if (spec.name === 'wrap') findProgram(values.command[0]); }));
    target = await targetOf(pipeline, output, host.say);
    const joins = pipeline.stages.filter(({ right }) => right !== undefined);
    if (joins.length > 0) {
      const rights = joins.map((step) => { const [input] = attempt(step.spec.name, () => (host.inputs ?? openInputs)([step.right!])); return { step, feed: new Feed(input, spillingOf(step)) }; });   // `!`: filtered
      feeds.push(...rights.map(({ feed }) => feed));
      const left = new Feed(inputs[0], spillingOf(joins[0]));
      feeds.push(left);
      const [leftHead, ...heads] = await headsOf([left, ...rights.map(({ feed }) => feed)], tool);
      const schemas = new Map<Step, Schema>(rights.map(({ step }, i) => [step, schemaOf(heads[i].hello)]));
      chain = buildChain(pipeline, schemaOf(leftHead.hello), { output, files, say: host.say, rowsMax: rows, target }, schemas);
      const sources = chain.rights.map((entry) => { const i = joins.indexOf(entry.step); return new RightSource(entry, rights[i].feed, heads[i], files, chunk, rows); });
      for (const { entry, scanner } of sources) chain.scanners.set(entry.segment, scanner);
      return await new Loop(pipeline, chain, files, host.say, chunk, rows, leftHead.hello, makeDecoder, sources).run(inputs, leftHead, left);
    }
    const [head0] = inputs;
    const head = await attemptAsync(tool, () => readHead(head0));
    if (tool === 'cat' && inputs.length > 1 && head.hello !== undefined) return await merged(pipeline, { output, files, say: host.say, rowsMax: rows, target }, inputs, head);
    const schema = schemaOf(head.hello);
    chain = buildChain(pipeline, schema, { output, files, say: host.say, rowsMax: rows, target });
    return await new Loop(pipeline, chain, files, host.say, chunk, rows, head.hello, makeDecoder).run(inputs, head);
  } catch (error) {
    if (error instanceof FirstRecord || error instanceof ReaderLeft) {
      attempt(tool, () => files.flush());
      if (error instanceof ReaderLeft) await attemptAsync('to', async () => target?.settled?.());
      return 0;
    }
    const failure = error instanceof LeatError ? new Failure(error, tool) : error instanceof PlacedError ? new Failure(error.error, tool, error.place) : error;
    files.flush();
    if (chain === undefined) target?.abort(); else chain.sink.abort(failure instanceof Failure ? failure.error.exit : 70);
    await target?.settled?.().catch(() => { /* what came first is told */ });
    try { output.flush(); } catch (second) { if (!(second instanceof ReaderLeft)) throw second; }
    throw failure;
  } finally {
    chain?.close(); files.close();
    for (const input of inputs) input.close();             // a failure beside the loop finds one that is waited for
    for (const feed of feeds) feed.close();
  }
}

/** Where `to` at the end writes; it is loaded when it is asked for. */
async function targetOf({ stages, files }: Pipeline, output: Output, say: Say): Promise<Target | undefined> {
  const { spec, values, common } = stages[stages.length - 1];
  if (spec.name !== 'to') return undefined;
  const { openTarget } = await import('./targets.js');
  return attemptAsync('to', () => openTarget(values, files, output, (text) => { if (common.quiet !== true) say({ tool: 'to', text }); }));
}

async function attemptAsync<T>(tool: string, work: () => T | Promise<T>): Promise<T> {
  try { return await work(); } catch (error) { if (error instanceof LeatError) throw new Failure(error, tool); throw error; }
}

/**
 * Plans for a plain input, for the refusals: nothing is built. Only a managed stream can bring event time, so its absence is no refusal yet; nor is what a tool with two inputs
 * says of a left one that is known, for the right one may bring windows.
 */
function checkCommand({ stages }: Pipeline): void {
  if (stages.slice(0, -1).some(({ spec }) => spec.name === 'to')) throw new Failure(new LeatError('E_USAGE', { what: 'nothing comes out of it, so it is the last tool of a pipeline', help: "leat run 'filter true | to file x.ndjson'; to keep records and pass them on: tee" }), 'to');
  const isRightUnknown = (tool: string): boolean => stages.slice(1).some(({ spec, right }) => spec.name === tool && right !== undefined);
  try { planChain(stages, schemaOf(undefined)); } catch (error) { if (!(error instanceof Failure && (error.error.code === 'E_NO_TIME' || isRightUnknown(error.tool)))) throw error; }
}

/** cat of managed streams: all inputs are read at once. */
async function merged(pipeline: Pipeline, host: ChainHost, inputs: readonly Input[], first: Head): Promise<number> {
  const streams: { name: string; input: Input; head: Head }[] = [];
  for (const input of inputs) streams.push({ name: input.name, input, head: streams.length === 0 ? first : await readHead(input) });
  const schema = attempt('cat', () => mergedSchema(streams));
  const chain = buildChain(pipeline, schema, host), scanner = makeScanner({ paths: chain.first.paths }), policy = pipeline.stages[0].common.bad ?? 'fail';
  const target = new Rescan(scanner, chain.first, chain.head, 'cat');
  const merge = new Merge(streams.length, {
    made: (text, watermarks, count) => { target.made(text, watermarks, count); chain.head.advance(watermarks[count - 1]); },
    advance: (w) => chain.head.advance(w), flush: () => chain.sink.flush(),
  }, (line, source) => {
    const error = new LeatError(line.code, line.detail);
    if (policy === 'fail') throw new Failure(error, 'cat', `${source}:${line.line}:${line.column}`);
    if (policy !== 'skip') host.files.bad(policy).add(source, line.line, line.offset, `${error.code}: ${error.message}`, line.raw);
  });
  const ends = await Promise.all(streams.map(({ input, head: each }, i) => merge.read(i, input, each)));
  const dead = ends.indexOf(false);
  if (dead >= 0) { chain.sink.flush(); throw new Failure(new LeatError('E_UPSTREAM', { path: streams[dead].name }), 'cat'); }
  chain.head.advance(Infinity);
  chain.sink.end('drain');
  chain.sink.flush(); host.files.flush();
  await chain.sink.settled?.();
  chain.close(); scanner.close();                          // not after a failure: another input may still be read into this memory
  return 0;
}

class Loop implements Receiver {
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

  constructor(pipeline: Pipeline, chain: Chain, files: Files, say: Say, chunk: number | undefined, rowsMax: number | undefined, hello: Hello | undefined, makeDecoder: (() => Decoder) | undefined, rights: readonly RightSource[] = []) {
    this.makeDecoder = makeDecoder; this.rights = rights;
    this.pipeline = pipeline; this.chain = chain; this.files = files; this.say = say; this.chunk = chunk; this.hello = hello;
    this.common = pipeline.stages[0].common;
    this.read0 = new StageReport(pipeline.stages[0].spec.name);
    this.scanner = makeScanner({
      paths: chain.first.paths, shapes: chain.first.shapes, control: hello !== undefined,
      ...rowsMax === undefined ? {} : { rowsMax }, ...this.common.maxLine === undefined ? {} : { lineBytesMax: this.common.maxLine },
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

  /** left: with right inputs, what reads the first one of `inputs`. */
  async run(inputs: readonly Input[], head: Head, left?: Feed): Promise<number> {
    const undo = this.undoSignals = this.signals();
    try {
      if (left !== undefined) { await this.several(inputs, head, left); return this.finish(); }
      for (const input of inputs) {
        if (this.isStopping) break;
        const start = input === inputs[0] ? head : await readHead(input);
        if (input !== inputs[0] && (this.hello !== undefined || start.hello !== undefined)) throw new PlacedError(new LeatError('E_TWO_STREAMS'), input.name);
        try { await this.input(input, start); } finally { input.close(); }   // a silent one would keep the process
      }
      return await this.finish();
    } finally { undo(); this.progress?.erase(); this.scanner.close(); }
  }

  private async input(input: Input, head: Head): Promise<void> {
    const { reader } = this, decoder = this.makeDecoder?.();
    if (decoder !== undefined) reader.format = this.pipeline.stages[0].values.format;
    reader.begin(input.name, decoder);
    this.sizeBytes = input.regular ? input.size : undefined;
    if (head.bytes.length > 0) this.feed(head.bytes);
    const size = this.chunk ?? (input.regular ? FILE_CHUNK : PIPE_CHUNK);
    for (let turn = nowMs(); !head.ended && !this.isStopping; ) {
      const room = reader.room(size), reading = input.read(room.length > size ? room.subarray(0, size) : room);
      let count: number | undefined;
      if (typeof reading === 'number') count = reading; else { this.flush(); count = await this.wait(reading); }
      if (count === undefined) return;                     // stopped while waiting
      if (count === 0) break;
      this.heard();
      this.readBytes = input.position;
      reader.filled(count);
      this.progress?.tick(this.heardMs);
      const space = this.chain.apart?.room();
      if (space !== undefined) { this.flush(); if (await this.wait(space.then(() => 0)) === undefined) return; }
      // An input that always has more must not keep signals waiting.
      if (this.heardMs - turn > 100) { await new Promise(setImmediate); turn = this.heardMs; }
    }
    if (!this.isStopping) reader.ended();
  }

  /**
   * Several inputs: the one that a join waits for is read, the one whose W is lower; while it has nothing, the others are read ahead. So results depend on no input's speed,
   * files stay in step, and a program that writes two of them is not held up.
   */
  private async several(inputs: readonly Input[], head: Head, left: Feed): Promise<void> {
    const { rights, chain } = this, most = this.chunk ?? FILE_CHUNK;
    let feed = left, next = 1, turn = nowMs(), start = head, isBegun = false, isOver = false;
    const begin = (): void => {
      const { reader } = this, decoder = this.makeDecoder?.();
      if (decoder !== undefined) reader.format = this.pipeline.stages[0].values.format;
      reader.begin(feed.input.name, decoder);
      this.sizeBytes = feed.input.regular ? feed.input.size : undefined;
      if (start.bytes.length > 0) this.feed(start.bytes);
      isBegun = true;
    };
    const end = async (): Promise<void> => {
      const { reader } = this;
      reader.ended();
      feed.close();
      if (next === inputs.length) {
        isOver = true;
        if (this.hello !== undefined && reader.end === undefined) throw this.upstream();
        if (reader.end !== 'pause') chain.head.advance(Infinity);
        return;
      }
      const input = inputs[next++];
      start = await readHead(input);
      if (this.hello !== undefined || start.hello !== undefined) throw new PlacedError(new LeatError('E_TWO_STREAMS'), input.name);
      feed = new Feed(input, { memoryBytes: 0, tmp: tmpdir(), spilled: () => { /* never read ahead */ } });
      isBegun = false;
    };
    const pick = (): RightSource | 'left' | undefined => {
      for (const right of rights) if (right.entry.isFirst && !right.isOver) return right;
      const behind = [...rights].reverse();                // what is furthest down the chain waits first
      for (const right of behind) if (!right.isOver && right.entry.stage.watermarkOf(1) < right.entry.stage.watermarkOf(0)) return right;
      return isOver ? behind.find((right) => !right.isOver) : 'left';
    };
    for (let one = pick(); one !== undefined && !this.isStopping; one = pick()) {
      if (one === 'left' ? !isBegun || start.ended || feed.isReady(most) : one.isReady()) {
        if (one !== 'left') one.work();
        else if (!isBegun) begin();
        else {
          const room = this.reader.room(most), count = start.ended ? 0 : feed.take(room.length > most ? room.subarray(0, most) : room);
          if (count === 0) await end();
          else {
            this.heard();
            this.readBytes = feed.input.position;
            this.reader.filled(count);
            this.progress?.tick(this.heardMs);
            const space = chain.apart?.room();
            if (space !== undefined) { this.flush(); if (await this.wait(space.then(() => 0)) === undefined) return; }
          }
        }
        if (nowMs() - turn > 100) { await new Promise(setImmediate); turn = nowMs(); }
        continue;
      }
      this.flush();
      const others = [...isOver || one === 'left' || start.ended ? [] : [feed], ...rights.flatMap((right) => right === one || right.isOver ? [] : [right.feed])];
      const waits = [(one === 'left' ? feed : one.feed).wait(), ...others.flatMap((other) => { const more = other.ahead(); return more === undefined ? [] : [more]; })];
      await this.wait(Promise.race(waits).then(() => 0));
      turn = nowMs();
    }
  }

  /** Bytes that were read to look at the head of the stream. */
  private feed(bytes: Uint8Array): void {
    const { reader } = this;
    for (let at = 0; at < bytes.length; ) {
      const room = reader.room(bytes.length - at), count = Math.min(this.chunk ?? bytes.length, bytes.length - at, room.length);
      room.set(bytes.subarray(at, at + count));
      at += count;
      this.heard();
      reader.filled(count);
    }
  }

  /** Waits for input; while it does, --idle looks at the clock. undefined: a signal said stop. */
  private async wait(reading: Promise<number>): Promise<number | undefined> {
    const { apart } = this.chain, idle = [this.chain.idle, ...this.rights.map(({ entry, isOver }) => isOver ? undefined : entry.idle)].flatMap((each) => each === undefined ? [] : [each.afterMs]);
    if (idle.length === 0 && this.stopped === undefined && apart === undefined) return await reading;
    let fail!: (error: unknown) => void;
    const failed = new Promise<never>((_, reject) => { fail = reject; });
    const timer = idle.length === 0 ? undefined : setInterval(() => { try { this.silent(); } catch (error) { fail(error); } }, Math.max(10, Math.min(Math.min(...idle) / 4, 1000)));
    try { return await Promise.race([reading, ...timer === undefined ? [] : [failed], ...this.stopped === undefined ? [] : [this.stopped], ...apart === undefined ? [] : [apart.over], ...this.chain.sink.gone === undefined ? [] : [this.chain.sink.gone]]) as number | undefined; } finally { clearInterval(timer); if (apart?.isOver === true) this.isStopping = true; }
  }
  private stopped: Promise<undefined> | undefined;

  private heard(): void {
    this.heardMs = Math.floor(nowMs());
    this.chain.idle?.stage.operator.idle!(this.heardMs, true);
  }

  private silent(): void {
    const { idle } = this.chain;
    idle?.stage.operator.idle!(Math.floor(nowMs()), false);
    idle?.stage.advance(idle.stage.at);
    for (const right of this.rights) if (!right.isOver) right.silent();
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
      stop();
    };
    const show = (): void => { (this.progress ?? Progress.wanted('on', this.pipeline.stages[0].spec.name, () => this.counters()))!.draw(); };   // `!`: 'on' is never refused
    process.on('SIGINT', handle); process.on('SIGTERM', handle); process.on('SIGUSR2', show);
    return () => { process.off('SIGINT', handle); process.off('SIGTERM', handle); process.off('SIGUSR2', show); };
  }
  private signal: NodeJS.Signals | undefined;

  // Receiver: from the reader.

  push(batch: Batch, w: Instant): void { this.chain.head.push(batch); this.chain.head.advance(w); }
  between(element: Between): void { (this.chain.apart ?? this.chain.sink).between(element); }
  settled(): void { this.files.settle(); }

  bad(line: BadLine, source: string): void {
    const error = new LeatError(line.code, this.named(line.detail, source)), policy = this.common.bad ?? 'fail';
    if (policy === 'fail') {
      this.meantForAnother(line, source);
      const text = new TextDecoder().decode(line.raw);
      throw new Failure(error, this.pipeline.stages[0].spec.name, `${source}:${line.line}:${line.column}`, { text, column: line.caret ?? line.column });
    }
    this.read0.bad++;
    if (policy !== 'skip') this.files.bad(policy).add(source, line.line, line.offset, `${error.code}: ${error.message}`, line.raw);
  }

  /** A first line that is nothing like JSON: the call was for the system's program of that name (USERS M5). */
  private meantForAnother({ line, raw, detail: { format } }: BadLine, source: string): void {
    const { stages } = this.pipeline, { name, namesake } = stages[0].spec;
    if (stages.length > 1 || namesake === undefined || line !== 1 || format !== undefined || /^\s*[[{]/.test(new TextDecoder().decode(raw.subarray(0, 64)))) return;
    const help = `coreutils: ${namesake.path} ${source === 'stdin' ? '…' : source}; records: ${namesake.ours}`;
    throw new Failure(new LeatError('E_NOT_NDJSON', { what: `not a JSON record; this is leat ${name}, for NDJSON`, help, exit: 64 }), name, `${source}:1:1`);
  }

  /** Hints that say FILE and `leat …` with the input's name and the tool's (USERS M12). */
  private named(detail: Detail, source: string): Detail {
    const { help } = detail;
    if (typeof help !== 'string') return detail;
    const { spec } = this.pipeline.stages[0];
    return { ...detail, help: help.replace(/ FILE\b/, source === 'stdin' ? '' : ` ${source}`).replace('| leat …', spec.name === 'from' ? '' : `| leat ${spec.name} …`).trim() };
  }

  private flush(): void { this.chain.sink.flush(); this.files.flush(); }

  private undoSignals = (): void => { /* none are caught yet */ };

  private async finish(): Promise<number> {
    const { chain, reader, hello, signal } = this;
    if (signal !== undefined && reader.end !== 'drain' && (hello === undefined || reader.end === 'pause')) {
      // At a prompt nothing that was computed is lost: what is open is shown, and marked. What is downstream learns that this is no crash, and fires nothing.
      if (chain.sink.isTerminal) for (const { stage } of chain.stages) stage.unfinished();
      chain.sink.end('pause');
      this.flush();
      await chain.sink.settled?.();
      return signal === 'SIGINT' ? 130 : 143;
    }
    if (hello !== undefined && reader.end === undefined) throw this.upstream();
    const mode = [reader, ...this.rights.map((right) => right.reader)].some(({ end }) => end === 'pause') ? 'pause' : 'drain';
    // What the end lets out may take long (a sort of everything), and no handler runs meanwhile: a signal ends the process at once, where nothing outside must be put in order.
    if (chain.sink.settled === undefined && chain.apart === undefined && this.signal === undefined) this.undoSignals();
    if (mode === 'drain' && this.rights.length === 0) chain.head.advance(Infinity);   // several() has said so, each input at its end
    if (chain.apart !== undefined) {
      const finished = chain.apart.finished(mode);
      await (hello === undefined ? Promise.race([finished, this.stopped]) : finished);   // a managed stream that has ended is finished, whatever signal came
      if (hello === undefined && this.signal !== undefined) return this.finish();
    }
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
    const { chain, common, say, read0, reader } = this;
    const lateTo = (values: { late?: string }): string => values.late ?? 'drop';
    if (common.quiet !== true) for (const notice of read0.notices(reader.records, 0, 'drop', common.bad ?? 'fail')) say(notice);
    for (const { entry: { step, stage, asked, segment }, scanner, report, reader } of this.rights) {
      if (step.common.quiet === true) continue;
      for (const notice of report.notices(reader.records, 0, 'drop', step.common.bad ?? 'fail')) say(notice);
      this.misspelt(step.spec.name, stage.takenRight, asked, segment, scanner);
    }
    for (const { planned, stage, report, asked, segment } of chain.stages) {
      if (planned.common.quiet === true) continue;
      const scanner = segment === chain.first ? this.scanner : chain.scanners.get(segment)!;   // `!`: each segment but the first has one
      this.misspelt(planned.tool, stage.taken, asked, segment, scanner);
      const { event } = planned.input, delayMs = event === undefined || event.delayMs === Infinity ? 0 : event.delayMs;
      const records = stage.taken + (stage instanceof JoinStage ? stage.takenRight : 0);
      for (const notice of report.notices(records, delayMs, lateTo(planned.values), planned.common.bad ?? 'fail', planned.isQuietDelay)) say(notice);
    }
    if (common.stats !== undefined) this.stats(common.stats);
  }

  /** Fields that no record had (USERS M4). */
  private misspelt(tool: string, records: number, asked: readonly Asked[], segment: Segment, scanner: Scanner): void {
    if (records > 0) for (const { path, near } of unseen(asked, segment, scanner)) {
      this.say({ tool, text: `no record had the field '${path}' (${grouped(records)} ${records === 1 ? 'record' : 'records'})${near === undefined ? '' : `; did you mean '${near}'?`}` });
    }
  }

  private stats(path: string): void {
    const { chain, read0, reader } = this;
    let bad = read0.bad, late = 0, clashes = 0;
    bad += chain.apart?.bad ?? 0;
    for (const { report } of this.rights) bad += report.bad;
    for (const { report } of chain.stages) { bad += report.bad; late += report.late; clashes += report.clashes; }
    const at = chain.stages[chain.stages.length - 1]?.stage.at ?? -Infinity;
    const text = `${JSON.stringify({
      in: this.rights.reduce((sum, right) => sum + right.reader.records, reader.records), out: chain.sink.records, bad, late, null_results: clashes, blanks: this.scanner.blanks,
      watermark: Number.isFinite(at) ? at : null, seconds: Math.round(nowMs() - this.startedMs) / 1000,
    })}\n`;
    if (path === '-') writeFileSync(2, text); else writeFileSync(path, text);
  }
}
