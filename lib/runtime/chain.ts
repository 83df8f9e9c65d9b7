// A pipeline made ready to run: schemas worked out from the first stage to the last, stages from the last to the first. Segments: a tool that makes records
// begins a new one, whose scanner reads what it made, as the next process of a pipe would.
import { tmpdir } from '../io/builtin.js';
import { LeatError } from '../errors.js';
import type { Batch, Instant } from '../record/batch.js';
import type { Pack, Unpack } from '../record/pack.js';
import type { Path } from '../record/path.js';
import { pathText, samePath } from '../record/path.js';
import { batchOf, noWatermark } from '../record/rows.js';
import { nearest } from '../record/nearest.js';
import { makeScanner } from '../kernel/index.js';
import type { Scanner } from '../kernel/scanner.js';
import type { Schema } from '../stream/element.js';
import { isOperator } from '../spec/tool.js';
import type { OperatorSpec, StageSpec } from '../spec/tool.js';
import { isByInput, isTimed } from '../operators/from.js';
import { watermark, watermarkByInput } from '../operators/watermark.js';
import { wrapped } from '../operators/wrap.js';
import type { Output } from '../io/output.js';
import type { Target } from '../io/sinks/target.js';
import type { Journal } from '../state/journal.js';
import { ScannedBase } from './scanned.js';
import type { DeadLetters } from './dead-letters.js';
import type { Files } from './files.js';
import { Moments } from './moments.js';
import { Failure, StageReport } from './report.js';
import { adviseDelay } from './report.js';
import type { Say } from './report.js';
import { ManagedSink, QuietSink, ShowSink, Sink } from './sink.js';
import type { Ending, Resumed } from './sink.js';
import type { Between } from './reader.js';
import { Stage } from './stage.js';
import { TextSink } from './text-sink.js';
import { JoinStage } from './join-stage.js';
import type { Asked, Downstream, StageHost } from './stage.js';
import { encode } from '../codec/ndjson.js';
import { Bytes } from '../codec/writer.js';
import { Wrap } from './wrap.js';
import type { CommonValues, Pipeline, Stage as Step } from './pipeline.js';

/** Paths that the stages of one segment ask for, and what the scanner learned about them. */
export class Segment {
  readonly moments = new Moments();
  readonly paths: Path[] = [];
  /** Batches shall tell the shapes of their rows. */
  shapes = false;
  private readonly index = new Map<string, number>();
  private readonly places = new Map<Path, number>();     // the same by identity: a batch asks for the same paths again and again
  want(path: Path): void {
    const text = pathText(path);
    if (!this.index.has(text)) { this.index.set(text, this.paths.length); this.paths.push(path); }
  }
  /** Where the column of a path stands. */
  column(path: Path): number {
    let at = this.places.get(path);
    if (at === undefined) { at = this.index.get(pathText(path)); if (at !== undefined) this.places.set(path, at); }
    if (at === undefined) throw new Error(`nobody asked for ${pathText(path)}`);
    return at;
  }
}

export interface Planned { readonly spec: StageSpec; /** The tool that the user named: `window` where it began event time. */ readonly tool: string; /** Its call as a checkpoint knows it. */ readonly said: string; readonly values: any; readonly common: CommonValues; readonly input: Schema; readonly out: Schema; readonly isQuietDelay: boolean;   // `any`: each spec has its own
  /** Of a tool with two inputs: what the right one is to it, and what begins event time there, if that is plain. */
  readonly right?: { readonly schema: Schema; readonly begun: Planned | undefined } }

/** The right input of a stage of the chain. */
export interface RightEntry {
  readonly step: Step;
  readonly stage: JoinStage;
  /** Where its batches go. */
  readonly head: Downstream;
  readonly segment: Segment;
  readonly asked: readonly Asked[];
  readonly idle: Idle | undefined;
  /** It is read to its end before the left one. */
  readonly isFirst: boolean;
}
interface Idle { readonly stage: Stage; readonly afterMs: number }

export interface Chain {
  readonly head: Downstream;
  readonly first: Segment;
  readonly sink: Ending;
  readonly stages: readonly { readonly planned: Planned; readonly stage: Stage; readonly report: StageReport; readonly asked: readonly Asked[]; readonly segment: Segment }[];
  /** The stage whose operator looks at the clock, with its --idle. */
  readonly idle: Idle | undefined;
  /** Right inputs, in the order of their stages. */
  readonly rights: readonly RightEntry[];
  readonly out: Schema;
  /** Scanners of later segments, by segment: for "no record had the field". */
  readonly scanners: Map<Segment, Scanner>;
  /** What another process does for a stage (wrap); undefined: nothing. */
  readonly apart: Apart | undefined;
  /** What has state besides the stages. */
  readonly saving: readonly Saving[];
  /** Names of the spill files that the state which was saved last refers to. */
  spilled(): readonly string[];
  /** The run is over: kernel memory is given back, for a process that runs one pipeline after another. */
  close(): void;
}

/** Anything of a process that has state: names are those of the checkpoint. Called between batches. */
export interface Saving {
  readonly name: string;
  /** What is saved entry by entry; by their number. */
  readonly journals?: readonly Journal[];
  save(out: Pack): void;
  /** In the order of save(); journals have been restored. Errors: PackFault. */
  restore(from: Unpack): void;
}

/** A part of the chain that works beside the loop. */
export interface Apart {
  /** Resolves when there is room for more input; undefined: there is. */
  room(): Promise<void> | undefined;
  /** Resolves when no more input is wanted; rejects when the run has failed there. */
  readonly over: Promise<undefined>;
  readonly isOver: boolean;
  /** The input has ended: resolves when all of what comes out has gone down the chain, the end too. */
  finished(mode: 'drain' | 'pause'): Promise<void>;
  /** What stands between two records goes through it in its place. */
  between(element: Between): void;
  /** An epoch ends: resolves when all of what came in so far has come out and gone down the chain, so that the stages can be saved. No record comes until then. */
  barrier(): Promise<void>;
  /** Lines that were no records. */
  readonly bad: number;
}

export interface ChainHost { readonly output: Output; readonly files: Files; readonly say: Say; readonly rowsMax: number | undefined;
  /** Where `to` at the end writes. */
  readonly target?: Target | undefined;
  /** There is a checkpoint: its attempt and the epoch gone on from, as hello says them; undefined: none. */
  readonly resumed?: Resumed & { readonly spills: string } | undefined;
  /** Names of inputs that are known to have records. */
  readonly inputs?: readonly string[] | undefined;
  /** For tests: all stages are made anew from their state after each batch; the folder for files that it refers to. */
  readonly reborn?: string | undefined }

const plainInput: Schema = { managed: false, changes: false, tools: [] };

/** Works out schemas and refuses what cannot be, before any record is read. `rights`: what is known of the right inputs; plain where nothing is. */
export function planChain(steps: readonly Step[], input: Schema, rights: ReadonlyMap<Step, Schema> = new Map()): { planned: Planned[]; out: Schema } {
  const planned: Planned[] = [];
  let schema = input;
  const add = (spec: StageSpec, step: Step, isOwn: boolean, begun?: OperatorSpec): void => {
    const { spec: { name: tool }, values: given, common } = step, right = isTwo(spec) ? rightOf(spec, step, rights.get(step) ?? plainInput) : undefined;
    // What began event time has had its options. LEAT_TIME is none that somebody gave here: cli/parse.ts leaves it out of the keys, so a copy of the rest does not have it.
    const begins = begun ?? right?.begun?.spec as OperatorSpec | undefined;
    const values = begins === undefined ? given : without(given, [...Object.keys(begins.options), ...right?.begun === undefined ? [] : ['rightTime']]);
    const keeps = !('state' in spec) || (spec as OperatorSpec).state > 0 || 'begins' in spec;
    for (const given of keeps ? [schema, ...right === undefined ? [] : [right.schema]] : []) if (given.managed && given.changes) attempt(tool, () => {
      throw new LeatError('E_CHANGES', { what: `the records are changes (op, before, after) of ${given.tools.join(', ')}, no results; ${tool} would take each for a result`, help: 'leave --emit changes and --every out there, or -m: as plain records they are ordinary ones' });
    });
    const { out, results } = attempt(tool, () => spec.plan(values, right === undefined ? [schema] : [schema, right.schema]));
    const isPlain = isOwn && (common.plain === true || (results === true && common.managed !== true));
    const next: Schema = isPlain ? { managed: false, changes: out.changes, tools: [] } : { ...out, tools: !out.managed ? [] : 'synopsis' in spec ? [...out.tools, step.spec.name === 'from' ? 'from' : spec.name] : out.tools };   // a stage that no user named is no tool
    planned.push({ spec, tool, said: step.said ?? tool, values, common, input: schema, out: next, isQuietDelay: begins !== undefined && given.delay === undefined, ...right === undefined ? {} : { right } });
    schema = next;
  };
  for (const step of steps) {
    if (step.spec.name === 'from' && isTimed(step.values)) add(isByInput(step.values) ? watermarkByInput : watermark, step, true);
    if (step.spec.name === 'wrap') schema = attempt('wrap', () => wrapped(step.values, schema));
    if (!isOperator(step.spec)) { if (step.common.plain === true || step.spec.name === 'plain') schema = { managed: false, changes: schema.changes, tools: [] }; continue; }
    const begins = schema.managed ? undefined : step.spec.begins?.(step.values);
    if (begins !== undefined) add(begins, step, false);
    const ahead = step.spec.ahead?.(step.values);
    if (ahead !== undefined) add(ahead, step, false);
    add(step.spec, step, true, begins);
  }
  return { planned, out: schema };
}

/** Whether a stage is of a tool with two inputs. */
const isTwo = (spec: StageSpec): spec is OperatorSpec => 'inputs' in spec && (spec as OperatorSpec).inputs === 2;

/** A plain right input of a tool that needs event time begins it with the same options, but for its own --right-time. */
function rightOf(spec: OperatorSpec, { spec: { name: tool }, said = tool, values, common }: Step, input: Schema): NonNullable<Planned['right']> {
  const begins = input.managed ? undefined : spec.begins?.(values);
  if (begins === undefined) return { schema: input, begun: undefined };
  const own = { ...values, time: values.rightTime ?? values.time }, { out } = attempt(tool, () => begins.plan(own, [input]));
  const schema: Schema = { ...out, tools: [...out.tools, begins.name] };
  return { schema, begun: { spec: begins, tool, said, values: own, common, input, out: schema, isQuietDelay: values.delay === undefined } };
}

const without = (values: object, names: readonly string[]): any => Object.fromEntries(Object.entries(values).filter(([name]) => !names.includes(name)));   // `any`: values of some spec

/** Errors of a stage name it. */
export function attempt<T>(tool: string, work: () => T): T {
  try { return work(); } catch (error) { if (error instanceof LeatError) throw new Failure(error, tool); throw error; }
}

export async function attemptAsync<T>(tool: string, work: () => T | Promise<T>): Promise<T> {
  try { return await work(); } catch (error) { if (error instanceof LeatError) throw new Failure(error, tool); throw error; }
}

export function buildChain({ stages }: Pipeline, input: Schema, host: ChainHost, rightSchemas: ReadonlyMap<Step, Schema> = new Map()): Chain {
  const chain = buildFrom(stages, stages[stages.length - 1], input, host, rightSchemas);
  if (host.reborn === undefined) return chain;
  const again = (down: Downstream): Downstream => new Rebirth(down, () => { for (const { stage } of chain.stages) stage.reborn(); });
  return { ...chain, head: again(chain.head), rights: chain.rights.map((right) => ({ ...right, head: again(right.head) })) };
}

/** Stages up to a wrap, the wrap, and what is behind it: `last` is the last of all. */
function buildFrom(steps: readonly Step[], last: Step, input: Schema, host: ChainHost, rightSchemas: ReadonlyMap<Step, Schema>): Chain {
  const at = steps.findIndex(({ spec }) => spec.name === 'wrap');
  if (at < 0) return buildPart(steps, last, input, host, rightSchemas);
  const { [at]: { values, common } } = steps, before = planChain(steps.slice(0, at), input, rightSchemas).out, segment = new Segment();
  const rest = buildFrom(steps.slice(at + 1), last, planChain(steps.slice(at, at + 1), before).out, host, rightSchemas);
  const scanner = makeScanner({ paths: rest.first.paths, ...host.rowsMax === undefined ? {} : { rowsMax: host.rowsMax }, ...common.maxLine === undefined ? {} : { lineBytesMax: common.maxLine } });
  scanner.begin();
  const wrap = new Wrap({ values, common, input: before, segment, rest, scanner, files: host.files, say: host.say }), first = buildPart(steps.slice(0, at), last, input, host, rightSchemas, { sink: wrap, segment });
  const over = rest.apart === undefined ? wrap.over : Promise.race([wrap.over, rest.apart.over]);
  over.catch(() => { /* whoever waits is told */ });
  return {
    head: first.head, first: first.first, sink: rest.sink, stages: [...first.stages, ...rest.stages], idle: first.idle ?? rest.idle, rights: [...first.rights, ...rest.rights], out: rest.out,
    scanners: new Map([...first.scanners, ...rest.scanners, [rest.first, scanner]]),
    saving: [...first.saving, { name: `stage wrap${rest.saving.length === 0 ? '' : `-${rest.saving.length + 1}`}`, save: (out) => wrap.save(out), restore: (from) => wrap.restore(from) }, ...rest.saving], spilled: () => [...first.spilled(), ...rest.spilled()],
    apart: { room: () => wrap.room(), over, get isOver() { return wrap.isOver || rest.apart?.isOver === true; }, finished: (mode) => wrap.finished(mode), between: (element) => wrap.between(element), barrier: () => wrap.barrier(), get bad() { return wrap.bad; } },
    close() { wrap.close(); first.close(); rest.close(); scanner.close(); },
  };
}

/** Stages that run in one go, and where their records end: what the last tool writes to, or a wrap. */
function buildPart(steps: readonly Step[], last: Step, input: Schema, host: ChainHost, rightSchemas: ReadonlyMap<Step, Schema>, into?: { readonly sink: Wrap; readonly segment: Segment }): Chain {
  const { planned, out } = planChain(steps, input, rightSchemas), { output } = host;
  const joins = steps.filter(({ spec }) => isOperator(spec) && spec.inputs === 2), rights: RightEntry[] = [];
  const scanners = new Map<Segment, Scanner>();
  let segment = into?.segment ?? new Segment();
  const { target } = host;
  const sink = into?.sink ?? (target === undefined ? endingOf(last, out, output, segment, host.resumed) : attempt('to', () => new TextSink(output, target, out.event, segment.moments)));
  if (out.event !== undefined) segment.want(out.event.path);
  let down: Downstream = sink, idle: Chain['idle'];
  const stages: Chain['stages'][number][] = [];
  for (let i = planned.length - 1; i >= 0; i--) {
    const step = planned[i], { spec, values } = step;
    if (!step.out.managed && step.input.managed) down = new Strip(down);
    if (spec.makes?.(values) === true) {
      const scanner = makeScanner({ paths: segment.paths, shapes: segment.shapes, ...host.rowsMax === undefined ? {} : { rowsMax: host.rowsMax } });
      scanners.set(segment, scanner);
      down = down === sink && into === undefined && (sink as Ending).scans !== true ? sink : new Rescan(scanner, segment, down, i + 1 < planned.length ? planned[i + 1].spec.name : spec.name);
      segment = new Segment();
    }
    const report = new StageReport(step.tool), asked: Asked[] = [];
    const stageHost = hostOf(step, segment, asked, report, host);
    const { right } = step;
    if (right === undefined) {
      const stage = attempt(step.tool, () => new Stage(spec, values, step.input, stageHost, down));
      if (typeof stage.operator.idle === 'function') idle = { stage, afterMs: values.idle as number };
      stages.unshift({ planned: step, stage, report, asked, segment });
      down = stage;
      continue;
    }
    const rightSegment = new Segment(), rightAsked: Asked[] = [];
    const stage = attempt(step.tool, () => new JoinStage(spec, values, step.input, stageHost, down, { input: right.schema, host: hostOf(step, rightSegment, rightAsked, report, host) }));
    stages.unshift({ planned: step, stage, report, asked, segment });
    down = stage;
    let head: Downstream = stage.rightEntry, rightIdle: Idle | undefined;
    const { begun } = right;
    if (begun !== undefined) {
      const before = new StageReport(begun.tool), first = attempt(begun.tool, () => new Stage(begun.spec, begun.values, begun.input, hostOf(begun, rightSegment, rightAsked, before, host), head));
      stages.unshift({ planned: begun, stage: first, report: before, asked: [], segment: rightSegment });
      if (typeof first.operator.idle === 'function') rightIdle = { stage: first, afterMs: begun.values.idle as number };
      head = first;
    }
    const { event } = right.schema;
    if (begun === undefined && event !== undefined && event.delayMs < Infinity) rightSegment.want(event.path);
    rights.unshift({ step: joins[joins.length - 1 - rights.length], stage, head, segment: rightSegment, asked: rightAsked, idle: rightIdle, isFirst: isTwo(spec) && spec.rightFirst?.(values, step.input, right.schema) === true });
  }
  // The reader works out W from the records, where the stream says how.
  if (input.event !== undefined && input.event.delayMs < Infinity) segment.want(input.event.path);
  return { head: down, first: segment, sink, stages, idle, rights, out, scanners, apart: undefined, saving: [], spilled: () => stages.flatMap(({ stage }) => stage.spilled()), close() {
    for (const { stage } of stages) stage.close();
    for (const scanner of scanners.values()) scanner.close();
    sink.close();
  } };
}

/** Whether the pipeline ends with that stage of a run with a checkpoint: no other tool of the run gets what it writes. */
export const endsAt = ({ spec: { name }, values, common }: Step, output: Output): boolean => output.kind !== 'pipe' || common.plain === true || name === 'plain' || name === 'show' || name === 'to' || (name === 'filter' && values.quietly === true);

/** What the last tool writes to. */
function endingOf(step: Step, out: Schema, output: Output, { moments }: Segment, resumed: Resumed | undefined): Ending {
  const { spec: { name }, values } = step;
  if (name === 'filter' && values.quietly === true) return new QuietSink();
  if (name === 'show') return new ShowSink(output, out, moments, resumed);
  if ((out.managed || resumed !== undefined) && !endsAt(step, output)) return new ManagedSink(output, out, moments, (process.pid * 40503) ^ Number(process.hrtime.bigint() & 0xffffn), undefined, resumed);
  return new Sink(output);
}

/** -S where nobody gave it. */
const MEMORY_BYTES = 256 << 20;

/** Bad and late records of one stage. `isQuietDelay`: event time began at this stage, and nobody chose a delay. */
function hostOf({ tool, values, common, isQuietDelay }: Planned, segment: Segment, asked: Asked[], report: StageReport, { files, say, resumed, reborn, inputs = [] }: ChainHost): StageHost {
  const policy = common.bad ?? 'fail', letters: DeadLetters | undefined = policy === 'fail' || policy === 'skip' ? undefined : files.bad(policy);
  const { memory, tmp } = values as { memory?: number; tmp?: string };
  const args = new Map<string, string>([...(common.arg ?? []).map(([name, text]) => [name, JSON.stringify(text)] as const), ...(common.argjson ?? [])]);
  const late = (values.late as string | undefined) ?? 'drop', lateBytes = new Bytes();
  const isNoDelay = isQuietDelay && common.quiet !== true;
  let isTold = false;
  const kept = resumed?.spills ?? reborn;
  return {
    moments: segment.moments, report, inputs, strict: common.strict === true, args,
    spilling: { memoryBytes: memory ?? MEMORY_BYTES, tmp: tmp ?? tmpdir(), spilled: (bytes) => { if (resumed === undefined) report.spilled += bytes; }, ...kept === undefined ? {} : { kept, names: new Set<string>() } },
    isJournalled: kept !== undefined,
    want: (path) => segment.want(path),
    wantShapes() { segment.shapes = true; },
    ask(path) {
      let one = asked.find((other) => samePath(other.path, path));   // a path is seen if one of those who ask for it sees it
      if (one === undefined) asked.push(one = { path, isMade: false });
      return one;
    },
    warn: (notice) => say({ tool, ...notice }),
    onBad: policy === 'fail' ? undefined : (batch, row, error) => letters?.add(batch.lines.source, batch.lines.line(row), batch.lines.offset(row), `${error.code}: ${error.message}`, batch.lines.bytes.slice(batch.lines.start[row], batch.lines.end[row])),
    file: (path) => files.records(path),
    lateFails: late === 'fail',
    onLate(batch, row, delayMs) {
      if (late !== 'drop') {
        encode(batch.select(Uint32Array.of(row)), lateBytes);
        files.get(late).write(lateBytes.bytes, 0, lateBytes.length);
        lateBytes.clear();
      } else if (!isTold && isNoDelay) {
        isTold = true;
        say({ tool, place: `${batch.lines.source}:${batch.lines.line(row)}`, text: 'a late record was dropped, the first of this run; event time started here with --delay 0s', help: `--delay ${adviseDelay(delayMs)} would have kept it` });
      }
    },
    fail(batch, row, error) { throw new Failure(error, tool, `${batch.lines.source}:${batch.lines.line(row)}`); },
  };
}

/** Takes W away: what comes out is a plain stream. */
class Strip implements Downstream {
  private readonly down: Downstream;
  constructor(down: Downstream) { this.down = down; }
  push(batch: Batch): void { this.down.push(batch.timed(noWatermark(batch.size))); }
  advance(w: Instant): void { if (w === Infinity) this.down.advance(w); }
  made(text: Uint8Array, _watermarks: Float64Array, count: number): void { this.down.made(text, noWatermark(count), count); }
}

/** Ahead of a chain, or of a right input: once a batch and its W have gone down, `then` is called. */
class Rebirth implements Downstream {
  private readonly down: Downstream;
  private readonly then: () => void;
  constructor(down: Downstream, then: () => void) { this.down = down; this.then = then; }
  push(batch: Batch): void { this.down.push(batch); }
  advance(w: Instant): void { this.down.advance(w); if (w < Infinity) this.then(); }
  made(): void { throw new Error('made records reach a stage through the scanner of its segment'); }
}

/** Made records on their way to a further stage: scanned, for the columns that the stages behind ask for. */
export class Rescan implements Downstream {
  private readonly scanner: Scanner;
  private readonly segment: Segment;
  private readonly down: Downstream;
  private readonly tool: string;
  constructor(scanner: Scanner, segment: Segment, down: Downstream, tool: string) {
    this.scanner = scanner; this.segment = segment; this.down = down; this.tool = tool;
    scanner.begin();
  }
  push(batch: Batch): void {
    const text = new Bytes();
    encode(batch, text);
    const watermarks = Float64Array.from(batch.rows, (row) => batch.watermark[row]);
    this.made(text.bytes.subarray(0, text.length), watermarks, batch.rows.length);
  }
  advance(w: Instant): void { this.down.advance(w); }
  made(text: Uint8Array, watermarks: Float64Array, count: number): void {
    const { scanner } = this;
    scanner.room(text.length).set(text);
    scanner.filled(text.length);
    let at = 0;
    for (let piece = scanner.next(); piece !== undefined; piece = scanner.next()) {
      if (piece.bad.length > 0) throw new Error(`${this.tool}: a made record is bad: ${piece.bad[0].code}`);
      const w = new Float64Array(piece.count + 1);
      w.set(watermarks.subarray(at, at + piece.count));
      w[piece.count] = watermarks[Math.min(at + piece.count, count - 1)];
      this.down.push(batchOf(new ScannedBase(piece, 'stdin', this.segment), w));
      at += piece.count;
    }
  }
}

/** Fields that a stage asked for and no record had, with the nearest name that was there (USERS M4). */
export function unseen(asked: readonly Asked[], segment: Segment, scanner: Scanner): { path: string; near: string | undefined }[] {
  const missing = new Map(asked.filter(({ path, isMade }) => path.length > 0 && !isMade && !scanner.seen(segment.column(path))).map(({ path }) => [pathText(path), path]));
  return [...missing.values()].map((path) => {
    const near = nearest(String(path[0]), scanner.keys());
    return { path: pathText(path), near: near === undefined || near === path[0] ? undefined : near };
  });
}
