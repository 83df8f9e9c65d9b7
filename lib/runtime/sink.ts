// The end of a chain: records to bytes, and, where the stream stays managed, the control lines that say what the records alone do not.
import type { Batch, Instant } from '../record/batch.js';
import { pathText } from '../record/path.js';
import { formatDuration } from '../time/duration.js';
import { formatInstant } from '../time/instant.js';
import type { Schema, WindowText } from '../stream/element.js';
import { Bytes } from '../codec/writer.js';
import { appended, encode } from '../codec/ndjson.js';
import { Splice } from '../kernel/index.js';
import { ControlWriter } from '../codec/control.js';
import type { Control, Hello } from '../codec/control.js';
import type { Output } from '../io/output.js';
import type { Moments } from './moments.js';
import type { Between } from './reader.js';
import type { Downstream } from './stage.js';

const CHUNK_BYTES = 1 << 16, PIECE_ROWS = 256;

/** Counts what comes and stops at the first record: filter -q. */
export class FirstRecord extends Error {}
/** A run with a checkpoint: its attempt, the epoch that it goes on from, and the tools so far. */
export interface Resumed { readonly attempt: number; readonly epoch: number; readonly path: readonly string[] }

/** Where a chain ends. */
export interface Ending extends Downstream {
  /** Records that went out. */
  readonly records: number;
  /** Somebody reads along. */
  readonly isTerminal: boolean;
  /** All that is due leaves now: before the reader of the input waits, and at the end. */
  flush(): void;
  /** The clean end of the stream; after the last record. */
  end(mode: 'drain' | 'pause'): void;
  /** The run failed. */
  abort(exit: number): void;
  /** An element from upstream that only passes through. */
  between(element: Between): void;
  close(): void;
  /** Made records must come as rows: what they say is needed (where it is absent: they need not). */
  readonly scans?: boolean;
  /** Rejects with ReaderLeft when the reader goes away while nothing is written. */
  readonly gone?: Promise<never> | undefined;
  /** Too much waits to be sent: a promise for room. */
  room?(): Promise<void> | undefined;
  /** Ends when what goes on outside of this process has: after end(), abort(), or ReaderLeft. */
  settled?(): Promise<void>;
}

export class QuietSink implements Ending {
  readonly records = 0;
  readonly isTerminal = false;
  end(): void { /* nothing is written */ }
  abort(): void { /* nothing is written */ }
  between(): void { /* nothing is written */ }
  push(batch: Batch): void { if (batch.rows.length > 0) throw new FirstRecord(); }
  advance(): void { /* nothing is written */ }
  made(_text: Uint8Array, _watermarks: Float64Array, count: number): void { if (count > 0) throw new FirstRecord(); }
  flush(): void { /* nothing is written */ }
  close(): void { /* nothing is held */ }
}

export class Sink implements Ending {
  records = 0;
  private readonly output: Output;
  private readonly bytes = new Bytes(CHUNK_BYTES * 2);
  private readonly escape: boolean;
  private readonly chunkBytes: number;                   // so much goes out as it is, without another copy
  constructor(output: Output) { this.output = output; this.escape = output.kind === 'terminal'; this.chunkBytes = output.kind === 'file' ? CHUNK_BYTES * 4 : CHUNK_BYTES; }

  get isTerminal(): boolean { return this.output.kind === 'terminal'; }
  push(batch: Batch): void { this.rows(batch, 0, batch.rows.length); }
  advance(_w: Instant): void { /* a plain stream says nothing of W */ }
  made(text: Uint8Array, _watermarks: Float64Array, count: number): void { this.records += count; this.put(text, 0, text.length); }
  flush(): void { this.output.flush(); }
  end(_mode: 'drain' | 'pause'): void { /* a plain stream ends with its bytes */ }
  abort(_exit: number): void { /* nor does it say that it breaks off */ }
  between(_element: Between): void { /* control lines are of managed streams */ }
  close(): void { this.splice.close(); }
  get scans(): boolean { return false; }
  get gone(): Promise<never> | undefined { return undefined; }
  room(): Promise<void> | undefined { return undefined; }
  async settled(): Promise<void> { /* nothing goes on elsewhere */ }

  /** Rows of the batch from index `from` to before `to`. */
  protected rows(batch: Batch, from: number, to: number): void {
    if (from >= to) return;
    this.records += to - from;
    const { rows, lines, edits } = batch;
    const first = lines.start[rows[from]], last = lines.end[rows[to - 1]];
    // All lines of a stretch of input, one LF after each: out they go without a copy.
    if (edits.length === 0 && !this.escape && to - from === rows[to - 1] - rows[from] + 1 && isDense(lines.start, lines.end, rows[from], rows[to - 1]) && lines.bytes[last] === 10) {
      this.put(lines.bytes, first, last + 1);
      return;
    }
    if (edits.length === 0) { this.pieces(from, to, (at, until) => this.splice.copy(lines, rows, at, until)); return; }
    if (this.appendedTo !== batch) { this.appended = appended(batch); this.appendedTo = batch; }
    const { appended: more } = this;
    if (more !== undefined) { this.pieces(from, to, (at, until) => this.splice.append(lines, rows, at, until, more.texts, more.which)); return; }
    const { bytes } = this;
    for (let at = from; at < to; ) {
      const until = Math.min(to, at + PIECE_ROWS);
      encode(batch, bytes, at, until);
      at = until;
      if (bytes.length >= CHUNK_BYTES || at === to) { this.put(bytes.bytes, 0, bytes.length); bytes.clear(); }
    }
  }
  private readonly splice = new Splice();
  private appended: ReturnType<typeof appended>;
  private appendedTo: Batch | undefined;

  /** Some rows at a time, each piece written before the next is made: memory stays small, and a live reader gets the first sooner. */
  private pieces(from: number, to: number, make: (at: number, until: number) => void): void {
    const { splice } = this;
    for (let at = from; at < to; ) {
      const until = Math.min(to, at + PIECE_ROWS);
      make(at, until);
      at = until;
      if (splice.length >= this.chunkBytes || at === to) { this.put(splice.bytes, 0, splice.length); splice.clear(); }
    }
  }

  protected put(bytes: Uint8Array, start: number, end: number): void {
    if (this.escape) { const safe = escaped(bytes.subarray(start, end)); this.output.write(safe); } else this.output.write(bytes, start, end);
  }
}

/** Whether rows first … last follow one another with one byte between them. */
function isDense(start: Uint32Array, end: Uint32Array, first: number, last: number): boolean {
  for (let row = first; row < last; row++) if (start[row + 1] !== end[row] + 1) return false;
  return true;
}

/** Characters that could drive a terminal, as \\uXXXX: still the same JSON (EXACTLY-ONCE R56). */
const unsafe = /[\x7f-\x9f\u061c\u200e\u200f\u2028-\u202e\u2066-\u2069]/g;
export function escaped(bytes: Uint8Array): Uint8Array {
  const text = new TextDecoder().decode(bytes);
  return new TextEncoder().encode(text.replace(unsafe, (c) => `\\u${c.charCodeAt(0).toString(16).padStart(4, '0')}`));
}

/** A sink that keeps the stream managed. A watermark line is written only where the records alone would say less, just before the next record (DESIGN 4). */
export class ManagedSink extends Sink {
  private readonly line: (control: Control | Omit<Hello, 'nonce'>) => void;
  private readonly schema: Schema;
  private readonly carries: boolean;
  private readonly times: ReturnType<Moments['field']> | undefined;
  /** W as the reader knows it by now, and W as it is. */
  private known: Instant = -Infinity;
  private at: Instant = -Infinity;

  /** With a checkpoint the stream has control lines also where it is a plain one. */
  constructor(output: Output, schema: Schema, moments: Moments, nonce: number, show?: (control: Control | Omit<Hello, 'nonce'>) => Uint8Array, resumed?: Resumed) {
    super(output);
    this.schema = schema; this.carries = schema.managed || resumed !== undefined;
    this.times = schema.event !== undefined && schema.event.delayMs < Infinity ? moments.field(schema.event) : undefined;
    const writer = new ControlWriter(nonce);
    this.line = (control) => output.write(show === undefined ? writer.line(control) : show(control));
    const { event, windows, changes } = schema, { attempt = 0, epoch = 0, path = schema.tools } = resumed ?? {};
    if (this.carries) this.line({ kind: 'hello', tools: path, changes, attempt, resume: epoch, ...schema.managed ? {} : { plain: true }, ...event === undefined ? {} : { event }, ...windows === undefined ? {} : { windows } });
  }

  override push(batch: Batch): void {
    const { rows, watermark } = batch, { event } = this.schema;
    const delayMs = event?.delayMs ?? Infinity, isOrdered = event?.isOrdered === true;
    const times = this.times?.(batch);
    let from = 0, { known } = this;
    for (let i = 0; i < rows.length; i++) {
      const row = rows[i], w = watermark[row], implied = times !== undefined && times.tag[row] !== 0 ? times.number[row] - delayMs : -Infinity;
      if (isOrdered && implied > known) known = implied;   // the reader knows it before the record
      if (w > known) {
        this.rows(batch, from, i);
        from = i;
        this.say(w); known = w;
      }
      if (implied > known) known = implied;
    }
    this.rows(batch, from, rows.length);
    this.known = known;
  }

  /** The end makes W infinite: what it was before is said first, for the reader cannot know how far it came (agg --fill closes windows by it). */
  override advance(w: Instant): void {
    if (w === Infinity) this.tell();
    if (w > this.at) this.at = w;
  }

  override made(text: Uint8Array, watermarks: Float64Array, count: number): void {
    this.records += count;
    // In order, W before a record is its own time: no line says more.
    if (this.schema.event?.isOrdered === true) { this.put(text, 0, text.length); this.known = Math.max(this.known, watermarks[count - 1]); return; }
    let from = 0, at = 0;
    for (let i = 0; i < count; i++) {
      if (watermarks[i] > this.known) {
        this.put(text, from, at);
        from = at;
        this.say(watermarks[i]); this.known = watermarks[i];
      }
      at = text.indexOf(10, at) + 1;
    }
    this.put(text, from, at);
  }

  /** Before the writer waits: what a live reader could not know from the records. */
  override flush(): void { this.tell(); super.flush(); }

  /** An element from upstream that only passes through. */
  override between(element: Between): void {
    this.tell();
    this.line(element);
  }

  /** The run failed: the reader need not wait for an end, and must not take this for one. */
  override abort(exit: number): void { if (this.carries) this.line({ kind: 'abort', exit }); }

  /** The clean end. +∞ needs no line of its own: `drain` says it. */
  override end(mode: 'drain' | 'pause'): void {
    if (this.at < Infinity) this.tell();
    if (this.carries) this.line({ kind: 'end', mode, records: this.records });
  }

  private tell(): void { if (this.at > this.known && this.at < Infinity) { this.say(this.at); this.known = this.at; } }
  private say(at: Instant): void { this.line({ kind: 'watermark', at, input: 0 }); }
}

/** `show`: the control lines of the stream in words, in place, between the records. */
export class ShowSink extends ManagedSink {
  constructor(output: Output, schema: Schema, moments: Moments, resumed?: Resumed) { super(output, schema, moments, 0, describe, resumed); }
}

/** A window as `leat window` takes it. */
const windowText = ({ text, offsetMs, tz }: WindowText): string => `${text}${offsetMs === 0 ? '' : ` --offset ${formatDuration(offsetMs)}`}${tz === undefined ? '' : ` --tz ${tz}`}`;

/** A control element as `show` prints it. */
function describe(control: Control | Omit<Hello, 'nonce'>): Uint8Array {
  const words = (): string => {
    switch (control.kind) {
      case 'hello': {
        const { event, windows, tools } = control;
        return [`hello: ${tools.join(' | ')}`,
          ...event === undefined ? [] : [`time ${pathText(event.path)} (${event.format ?? event.unit})`, ...event.isOrdered ? ['in order'] : event.delayMs < Infinity ? [`delay ${formatDuration(event.delayMs)}`] : []],
          ...windows === undefined ? [] : [`windows ${windows.kind === 'session' ? `session ${formatDuration(windows.size)}` : windows.kind === 'count' ? `count ${windows.size}` : windows.spec === undefined ? 'in the records' : windowText(windows.spec)}`, ...windows.latenessMs > 0 ? [`lateness ${formatDuration(windows.latenessMs)}`] : []],
        ].join(', ');
      }
      case 'watermark': return `watermark: ${formatInstant(control.at)}`;
      case 'end': return `end: ${control.mode}`;
      case 'barrier': return `barrier: ${control.epoch}`;
      case 'abort': return `abort: ${control.exit}`;
      case 'idle': return 'idle';
    }
  };
  return new TextEncoder().encode(`# ${words()}\n`);
}
