// `leat cat` of managed streams: a merge by (time, input, sequence) up to the least W of the inputs, so that which pipe was faster cannot show (SEMANTICS 4, 8).
// A record's time is its event time, or W before it in its own input where that is greater: what was late there is late behind the merge, and nothing else is.
// So output times never fall, and W before a record is the time of the one before it; only a late record needs a watermark line. Records that wait for a slower input are
// kept in memory.
import { LeatError } from '../errors.js';
import type { Batch, Instant } from '../record/batch.js';
import { pathText } from '../record/path.js';
import { makeScanner } from '../kernel/index.js';
import type { BadLine } from '../kernel/scanner.js';
import type { Input } from '../io/input.js';
import { reordered } from '../stream/element.js';
import type { Schema } from '../stream/element.js';
import { Bytes } from '../codec/writer.js';
import { encode } from '../codec/ndjson.js';
import { Heap } from '../state/heap.js';
import { Segment } from './chain.js';
import { Reader, schemaOf } from './reader.js';
import type { Head, Receiver } from './reader.js';

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
export interface MergeTarget { made(text: Uint8Array, watermarks: Float64Array, count: number): void; advance(w: Instant): void; flush(): void }

export class Merge {
  private readonly heap = new Heap<Waiting>((a, b) => a.at !== b.at ? a.at < b.at : a.input !== b.input ? a.input < b.input : a.sequence < b.sequence);
  private readonly watermarks: Instant[];
  private readonly target: MergeTarget;
  private readonly bad: (line: BadLine, source: string) => void;
  private at: Instant = -Infinity;
  records = 0;
  constructor(inputs: number, target: MergeTarget, bad: (line: BadLine, source: string) => void) {
    this.watermarks = Array.from({ length: inputs }, () => -Infinity); this.target = target; this.bad = bad;
  }

  /** Reads one input to its end; call for all of them at once. false: it ended without its end mark. */
  async read(index: number, input: Input, head: Head): Promise<boolean> {
    const segment = new Segment(), event = head.hello!.event!;   // `!`: mergedSchema has seen both
    segment.want(event.path);
    const scanner = makeScanner({ paths: segment.paths, control: true }), times = segment.moments.field(event), text = new Bytes();
    let sequence = 0;
    const receiver: Receiver = {
      push: (batch: Batch, w: Instant) => {
        const column = times(batch);
        for (let i = 0; i < batch.rows.length; i++) {
          const row = batch.rows[i], before = batch.watermark[row], at = column.tag[row] === 0 ? -Infinity : column.number[row];
          text.clear();
          encode(batch, text, i, i + 1);
          this.heap.add({ at: Math.max(at, before), isLate: at < before, input: index, sequence: sequence++, text: text.bytes.slice(0, text.length) });
        }
        this.watermarks[index] = Math.max(this.watermarks[index], w);
      },
      between: () => { /* barriers of several inputs belong to a checkpoint; W of an idle input is in its watermark lines */ },
      bad: this.bad,
      settled: () => this.release(),
    };
    const reader = new Reader({ scanner, columns: segment, hello: head.hello, moments: segment.moments, receiver });
    reader.begin(input.name, undefined);
    const feed = (bytes: Uint8Array): void => { reader.room(bytes.length).set(bytes); reader.filled(bytes.length); };
    if (head.bytes.length > 0) feed(head.bytes);
    const buffer = new Uint8Array(1 << 16);                // kernel memory may move while other inputs are worked on
    while (!head.ended) {
      const count = await input.read(buffer);
      if (count === 0) break;
      feed(buffer.subarray(0, count));
    }
    reader.ended();
    this.records += reader.records;
    if (reader.end === undefined) return false;
    this.watermarks[index] = Infinity;
    this.release();
    return true;
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
}
