// `leat cat` of managed streams: a merge by (time, input, sequence) up to the least W of the inputs, so that which pipe was faster cannot show (SEMANTICS 4, 8).
// A record's time is its event time, or W before it in its own input where that is greater: what was late there is late behind the merge, and nothing else is.
// So output times never fall, and W before a record is the time of the one before it; only a late record needs a watermark line. Records that wait for a slower input are
// kept in memory. A barrier is passed on when it has come on all inputs.
import { LeatError } from '../errors.js';
import type { Batch, Instant } from '../record/batch.js';
import { pathText } from '../record/path.js';
import { makeScanner } from '../kernel/index.js';
import type { BadLine } from '../kernel/scanner.js';
import { nowMs } from '../io/builtin.js';
import { PackFault } from '../record/pack.js';
import type { Pack, Unpack } from '../record/pack.js';
import { DRAINED, reordered } from '../stream/element.js';
import type { Schema } from '../stream/element.js';
import { Bytes } from '../codec/writer.js';
import { encode } from '../codec/ndjson.js';
import { Heap } from '../state/heap.js';
import { Segment } from './chain.js';
import type { Feed } from './feed.js';
import { Reader, schemaOf } from './reader.js';
import type { Between, Head, Receiver } from './reader.js';

interface Waiting { readonly at: Instant; readonly isLate: boolean; readonly input: number; readonly sequence: number; readonly text: Uint8Array }

/** The schema of several managed streams as one: merged by time, so that W is the greatest time so far. Errors: E_OPTION where they do not fit. */
export function mergedSchema(heads: readonly { readonly name: string; readonly head: Head }[]): Schema {
  const schemas = heads.map(({ name, head }) => {
    if (head.hello === undefined) throw new LeatError('E_OPTION', { what: `${name} is a plain input and another is a managed stream; they cannot be one stream`, help: 'leat watermark on each, or plain files only' });
    return { name, schema: schemaOf(head.hello) };
  });
  const [{ name: first, schema }] = schemas;
  const shape = ({ event, windows, changes }: Schema): string => JSON.stringify([event && [event.path, event.unit, event.format, event.shiftMs], windows, changes]);
  for (const other of schemas) if (shape(other.schema) !== shape(schema)) {
    const field = ({ event }: Schema): string => event === undefined ? 'none' : pathText(event.path);
    throw new LeatError('E_OPTION', { what: `the streams do not fit together: event time of ${first} is ${field(schema)}, of ${other.name} ${field(other.schema)}`, help: 'the same --time, --unit and windows on each' });
  }
  if (schema.event === undefined) throw new LeatError('E_NO_TIME', { what: 'cat of managed streams' });
  return { ...schema, event: reordered(schema.event, 0), tools: [...new Set(schemas.flatMap(({ schema: { tools } }) => tools))] };
}

/** Where merged records go: NDJSON text with W before each record. */
export interface MergeTarget {
  made(text: Uint8Array, watermarks: Float64Array, count: number): void;
  advance(w: Instant): void;
  flush(): void;
  /** Of a run with a checkpoint: that epoch has ended on all inputs, and nothing that came behind it has been looked at; save() says what waits here. `isDrained`: nothing will come. */
  barrier?(epoch: number, isDrained: boolean): Promise<void>;
}

/** One stream to be merged. */
export interface MergeInput { readonly feed: Feed; readonly head: Head }
/** How it went: 'pause' where one of the inputs was stopped; `dead`: the first input that ended without its end mark. */
export interface Merged { readonly mode: 'drain' | 'pause'; readonly dead: MergeInput | undefined }

type Barrier = Extract<Between, { readonly kind: 'barrier' }>;

export class Merge {
  private readonly heap = new Heap<Waiting>((a, b) => a.at !== b.at ? a.at < b.at : a.input !== b.input ? a.input < b.input : a.sequence < b.sequence);
  private readonly watermarks: Instant[];
  private readonly sequences: number[];
  private readonly target: MergeTarget;
  private readonly bad: (line: BadLine, source: string) => void;
  private at: Instant = -Infinity;
  records = 0;
  constructor(inputs: number, target: MergeTarget, bad: (line: BadLine, source: string) => void) {
    this.watermarks = Array.from({ length: inputs }, () => -Infinity); this.sequences = Array.from({ length: inputs }, () => 0);
    this.target = target; this.bad = bad;
  }

  /**
   * Reads all inputs to their ends. An input whose barrier has come waits for those of the others, and is read ahead meanwhile, so that nobody who writes several of them is
   * held up (EXACTLY-ONCE R15); one that has ended has delivered all barriers (R16).
   */
  async run(inputs: readonly MergeInput[]): Promise<Merged> {
    const sides = inputs.map((input, index) => this.side(input, index)), dead = (): MergeInput | undefined => sides.find(({ isDead }) => isDead)?.input;
    for (let turn = nowMs(); ; ) {
      let hasWorked = false;
      for (const side of sides) if (!side.isOver && side.held === undefined && side.isReady()) { side.work(); hasWorked = true; }
      const open = sides.filter(({ isOver }) => !isOver), held = open.flatMap((side) => side.held === undefined ? [] : [side.held]);
      if (open.length === 0 || (held.length === open.length && dead() !== undefined)) break;
      if (held.length === open.length) {
        this.release();
        const newest = Math.max(...held.map(({ epoch }) => epoch)), behind = open.filter((side) => side.held!.epoch < newest);   // `!`: all of them have one
        for (const side of behind) side.goOn();            // the others left that epoch out: nobody will ever have all of it
        if (behind.length > 0) continue;
        await this.target.barrier!(newest, held.every(isDrained) && sides.every(({ reader, held }) => held !== undefined || reader.end === 'drain'));   // `!`: else nothing is held
        for (const side of open) side.goOn();
      } else if (!hasWorked) {
        this.target.flush();
        await Promise.race(open.flatMap((side) => side.held === undefined ? [side.input.feed.wait()] : side.input.feed.ahead() ?? []));
      }
      // Inputs that always have more must not keep signals waiting.
      if (nowMs() - turn > 100) { await new Promise(setImmediate); turn = nowMs(); }
    }
    return { mode: sides.some(({ reader }) => reader.end === 'pause') ? 'pause' : 'drain', dead: dead() };
  }

  /** One input: its bytes to records that wait. */
  private side(input: MergeInput, index: number): Side {
    const { feed, head } = input, { target, watermarks } = this, segment = new Segment(), event = schemaOf(head.hello).event!;   // `!`: mergedSchema has seen both
    segment.want(event.path);
    const scanner = makeScanner({ paths: segment.paths, control: true }), times = segment.moments.field(event), text = new Bytes();
    let held: Barrier | undefined, isOver = false;
    const receiver: Receiver = {
      push: (batch: Batch, w: Instant) => {
        const column = times(batch), w0 = watermarks[index];   // W may be known from a checkpoint, and from before an idle input
        for (let i = 0; i < batch.rows.length; i++) {
          const row = batch.rows[i], before = Math.max(w0, batch.watermark[row]), at = column.tag[row] === 0 ? -Infinity : column.number[row];
          text.clear();
          encode(batch, text, i, i + 1);
          this.heap.add({ at: Math.max(at, before), isLate: at < before, input: index, sequence: this.sequences[index]++, text: text.bytes.slice(0, text.length) });
        }
        watermarks[index] = Math.max(w0, w);
      },
      between: (element) => {                              // W of an idle input is in its watermark lines
        if (element.kind !== 'barrier' || target.barrier === undefined) return;
        held = element;
        if (isDrained(element)) { watermarks[index] = Infinity; this.release(); }
      },
      bad: this.bad,
      settled: () => this.release(),
      get isHeld() { return held !== undefined; },
    };
    const reader = new Reader({ scanner, columns: segment, hello: head.hello, moments: segment.moments, receiver });
    const put = (bytes: Uint8Array): void => { reader.room(bytes.length).set(bytes); reader.filled(bytes.length); };
    const end = (): void => {
      reader.ended();
      if (held !== undefined) return;                      // what stands behind the barrier comes first
      isOver = true;
      this.records += reader.records;
      feed.close();
      // With a checkpoint what waits for a stopped input waits for the next run.
      if (reader.end === 'drain' || (reader.end === 'pause' && target.barrier === undefined)) { watermarks[index] = Infinity; this.release(); }
    };
    const buffer = new Uint8Array(1 << 16);                // the scanner's memory is not to be read into while another input is worked on
    let isBegun = false, isEnding = false;
    return {
      input, reader,
      get held() { return held; }, get isOver() { return isOver; },
      get isDead() { return isOver && reader.end === undefined; },
      isReady: () => !isBegun || isEnding || head.ended || feed.isReady(buffer.length),
      work() {
        if (!isBegun) {
          isBegun = true;
          reader.begin(feed.input.name, undefined);
          if (head.bytes.length > 0) put(head.bytes);
          return;
        }
        const count = isEnding || head.ended ? 0 : feed.take(buffer);
        isEnding ||= count === 0;
        if (isEnding) end(); else put(buffer.subarray(0, count));
      },
      goOn() { if (held === undefined) return; held = undefined; reader.goOn(); },
    };
  }

  /** Hands over what no input can still precede. */
  private release(): void {
    const w = Math.min(...this.watermarks), out = new Bytes(), stamps: number[] = [];
    for (let { first } = this.heap; first !== undefined && (first.at < w || w === Infinity); first = this.heap.first) {
      const next = this.heap.take()!;                      // `!`: it was seen
      out.all(next.text);
      if (next.isLate) this.at = Math.max(this.at, next.at);
      stamps.push(this.at);
      this.at = Math.max(this.at, next.at);
    }
    if (stamps.length > 0) this.target.made(out.bytes.subarray(0, out.length), Float64Array.from(stamps), stamps.length);
    if (w > this.at && w < Infinity) { this.at = w; this.target.advance(w); }
    this.target.flush();
  }

  // For a checkpoint, in MergeTarget.barrier(): what came before the barrier and waits, and W of every input, not their minimum alone (R18).

  save(out: Pack): void {
    out.number(this.at);
    out.numbers(this.watermarks); out.numbers(this.sequences);
    out.count(this.heap.size);
    for (const { at, isLate, input, sequence, text } of this.heap.values()) { out.number(at); out.flag(isLate); out.count(input); out.count(sequence); out.raw(text); }
  }
  /** Errors: PackFault, where there were not as many inputs too. */
  restore(from: Unpack): void {
    this.at = from.number();
    const watermarks = from.numbers(), sequences = from.numbers();
    if (watermarks.length !== this.watermarks.length) throw new PackFault(`${watermarks.length} inputs were merged, and now ${this.watermarks.length}`);
    watermarks.forEach((w, i) => { this.watermarks[i] = w; this.sequences[i] = sequences[i]; });
    for (let left = from.count(); left > 0; left--) this.heap.add({ at: from.number(), isLate: from.flag(), input: from.count(), sequence: from.count(), text: from.raw().slice() });
  }
}

interface Side {
  readonly input: MergeInput;
  readonly reader: Reader;
  /** A barrier that has come and waits for those of the others. */
  readonly held: Barrier | undefined;
  readonly isOver: boolean;
  readonly isDead: boolean;
  /** Whether work() has something to do; else feed.wait(). */
  isReady(): boolean;
  /** One piece of input. */
  work(): void;
  goOn(): void;
}

const isDrained = ({ flags }: Barrier): boolean => (flags & DRAINED) !== 0;
