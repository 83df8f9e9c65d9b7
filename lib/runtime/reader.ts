// The start of a chain: inputs to batches, each row with W before it. On a managed stream W is what the records imply and what watermark lines say, whichever is
// greater (DESIGN 4). It knows nothing of what the stages do.
import { LeatError } from '../errors.js';
import type { Instant } from '../record/batch.js';
import { allRows, batchOf, noWatermark } from '../record/rows.js';
import type { Batch } from '../record/batch.js';
import { CONTROL_BYTES_MAX, looksControl, readControl } from '../codec/control.js';
import type { Hello } from '../codec/control.js';
import type { Decoded, Decoder } from '../codec/decoder.js';
import type { BadLine, Mark, Scanned, Scanner } from '../kernel/scanner.js';
import type { Input } from '../io/input.js';
import type { Worked } from '../io/sources.js';
import type { Element, EventTime, Schema } from '../stream/element.js';
import { ScannedBase } from './scanned.js';
import type { Places } from './scanned.js';
import type { Moments } from './moments.js';

/** The first bytes of an input, and the hello they hold. */
export interface Head { readonly bytes: Uint8Array; readonly hello: Hello | undefined; readonly ended: boolean }

/** Reads until it is clear whether a stream begins with a hello. A regular file never does (EXACTLY-ONCE R2); nor does anything with another first byte. */
export async function readHead(input: Input): Promise<Head> {
  if (input.regular) return { bytes: new Uint8Array(0), hello: undefined, ended: false };
  const buffer = new Uint8Array(1 << 16);
  let length = 0;
  for (;;) {
    const lf = buffer.subarray(0, length).indexOf(10);
    if (length > 0 && (lf >= 0 || !looksControl(buffer, length) || length > CONTROL_BYTES_MAX)) {
      const control = lf > 0 && looksControl(buffer, length) ? readControl(buffer.subarray(0, lf))?.control : undefined;
      const hello = control?.kind === 'hello' ? control : undefined;
      return { bytes: buffer.slice(hello === undefined ? 0 : lf + 1, length), hello, ended: false };
    }
    const count = await input.read(buffer.subarray(length));
    if (count === 0) {
      if (length >= 4 && looksControl(buffer, length)) throw new PlacedError(new LeatError('E_UPSTREAM', { path: 'it was writing its first line' }), input.name);
      return { bytes: buffer.slice(0, length), hello: undefined, ended: true };
    }
    length += count;
  }
}

/** What a hello says of the stream. */
export const schemaOf = (hello: Hello | undefined): Schema => hello === undefined || hello.plain === true ? { managed: false, changes: hello?.changes === true, tools: [] }
  : { managed: true, changes: hello.changes, tools: hello.tools, ...hello.event === undefined ? {} : { event: hello.event }, ...hello.windows === undefined ? {} : { windows: hello.windows } };

/** Elements that only pass through: nothing is kept that a barrier would have to save, and W does not wait for an idle input where there is one. */
export type Between = Extract<Element, { readonly kind: 'barrier' | 'idle' }>;

/** Where batches go. */
export interface Receiver {
  /** Rows, and W after the last of them. */
  push(batch: Batch, w: Instant): void;
  /** What stands between two records. */
  between(element: Between): void;
  /** A line that is no record, in order with the batches. */
  bad(line: BadLine, source: string): void;
  /** All of a piece has been handed over. */
  settled(): void;
  /** What was last handed over must be dealt with first: nothing more comes before goOn(). */
  readonly isHeld?: boolean;
}

export interface ReaderOptions {
  readonly scanner: Scanner;
  readonly columns: { column(path: readonly (string | number)[]): number };
  readonly hello: Hello | undefined;
  readonly moments: Moments;
  readonly receiver: Receiver;
}

/** Bytes of one input after the other to batches. */
export class Reader {
  /** The managed stream's clean end, once it has come. */
  end: 'drain' | 'pause' | undefined;
  /** Records read, and those of them that could not be. */
  records = 0;
  private readonly scanner: Scanner;
  private readonly columns: ReaderOptions['columns'];
  private readonly receiver: Receiver;
  private readonly hello: Hello | undefined;
  private readonly event: EventTime | undefined;
  private readonly times: ReturnType<Moments['field']> | undefined;
  private at: Instant = -Infinity;
  private seq = 1;
  private source = 'stdin';
  private decoder: Decoder | undefined;
  private places: DecodedPlaces | undefined;

  constructor({ scanner, columns, hello, moments, receiver }: ReaderOptions) {
    this.scanner = scanner; this.columns = columns; this.receiver = receiver; this.hello = hello;
    const { event } = schemaOf(hello);
    this.event = event !== undefined && event.delayMs < Infinity ? event : undefined;
    this.times = this.event && moments.field(this.event);
  }

  /** The next input begins; with `at`, it is gone on with from there. What the one before left incomplete, and ended() did not end, is forgotten. */
  begin(source: string, decoder: Decoder | undefined, at?: Worked): void {
    this.source = source; this.decoder = decoder;
    this.begun = at ?? { offset: 0, line: 1, records: 0 };
    this.recordsBefore = this.records; this.taken = 0;
    const { offset, line, decoder: memory } = this.begun;
    this.places = decoder === undefined ? undefined : new DecodedPlaces();
    if (decoder === undefined) this.scanner.begin({ offset, line, ...memory === undefined ? {} : { isFirst: memory === 'first', isSkipping: memory === 'skip' } });
    else { this.scanner.begin(); decoder.begin({ offset, line, ...memory === undefined ? {} : { memory } }); }
  }
  private begun: Worked = { offset: 0, line: 1, records: 0 };
  private recordsBefore = 0;
  private taken = 0;

  /** How far the input has been worked off: all records before it have been handed on, and none after it. Between two calls of filled() and ended(). */
  get position(): Worked {
    const { begun, decoder, scanner } = this, end = begun.offset + this.taken, records = begun.records + this.records - this.recordsBefore;
    if (decoder !== undefined) {
      const { offset, line, memory } = decoder.position();
      return { offset: Math.min(offset, end), line, records, ...memory === undefined ? {} : { decoder: memory } };
    }
    const { offset, line, isFirst, isSkipping } = scanner.position;
    return { offset: Math.min(offset, end), line, records, ...isSkipping ? { decoder: 'skip' } : isFirst && offset > 0 ? { decoder: 'first' } : {} };   // min: the end of an input stands for an LF that is missing
  }

  /** All up to there, so many records, has been read by others: the next bytes are those behind it. Where nothing waits to be read on: position.offset is where they began. */
  skip({ offset, line, records }: Worked): void {
    this.taken = offset - this.begun.offset;
    this.records += records;
    this.scanner.begin({ offset, line, isFirst: false });
  }

  /** Where to read the next bytes to: kernel memory, or a buffer for the decoder. Then call filled(). */
  room(bytes: number): Uint8Array {
    if (this.decoder === undefined) return this.scanner.room(bytes);
    return this.buffer.length >= bytes ? this.buffer : this.buffer = new Uint8Array(bytes);
  }
  private buffer = new Uint8Array(0);

  /** So many bytes of the room were filled. */
  filled(count: number): void {
    this.taken += count;
    if (this.decoder === undefined) { this.scanner.filled(count); this.drain(); } else this.decoded(this.decoder.push(this.buffer.subarray(0, count)));
  }

  /** The input is over. */
  ended(): void {
    if (this.hello !== undefined && this.end === undefined) return;   // without its mark it is broken off, perhaps inside of a record: who has written it is to blame, not the line
    if (this.decoder !== undefined) this.decoded(this.decoder.end());
    this.scanner.ended();
    this.drain();
  }

  private decoded({ bytes, line, offset, bad }: Decoded): void {
    if (bytes.length === 0 && bad.length === 0) return;
    const places = this.places!;
    places.take(line, offset, bad.map(({ before, line, offset, column, expected, got, raw, code = 'E_FORMAT', detail = { expected, got, format: this.format }, caret = column }): BadLine => ({
      before, line, offset, column, byte: caret - 1, code, detail, raw, caret,
    })));
    this.scanner.room(bytes.length).set(bytes);
    this.scanner.filled(bytes.length);
    this.drain();
  }
  /** Name of the format, for messages. */
  format = '';

  /** After the receiver has held: what waited is handed over. */
  goOn(): void { this.drain(); }

  private drain(): void {
    const { receiver, waiting } = this;
    while (waiting.length > 0) { if (receiver.isHeld === true) return; waiting.shift()!(); }   // `!`: there is one
    for (let piece = receiver.isHeld === true ? undefined : this.scanner.next(); piece !== undefined; piece = this.scanner.next()) {
      this.hand(piece);
      while (waiting.length > 0) { if (receiver.isHeld === true) return; waiting.shift()!(); }   // `!`: as above
      if (receiver.isHeld === true) return;
    }
    const left = this.places?.rest();
    if (left !== undefined) for (const bad of left) this.receiver.bad(bad, this.source);
    this.receiver.settled();
  }

  private hand(piece: Scanned): void {
    const places: Places = this.places?.of(piece.count) ?? piece;
    const bad = this.places === undefined ? piece.bad : this.places.badBefore(piece.count);
    const base = new ScannedBase(piece, this.source, this.columns, places);
    const plain = batchOf(base);
    const w = this.hello === undefined ? noWatermark(piece.count) : this.watermarks(plain, piece.marks);
    const batch = this.hello === undefined ? plain : plain.timed(w);
    this.records += piece.count + bad.length;
    const { receiver } = this;
    let from = 0;
    // Columns worked out for one part are none of another (edit()), and W behind it is that before its next record, whatever the rest of the piece says.
    const part = (row: number): Batch => {
      const some = batch.select(allRows(piece.count).subarray(from, row)).edit();
      if (row === piece.count || this.hello === undefined) return some;
      const cut = w.slice(0, piece.count + 1);
      cut[piece.count] = w[row];
      return some.timed(cut);
    };
    const isWhole = this.between.length === 0;             // what waits outlives batches of other inputs, so what was worked out for it is worked out again
    const upTo = (row: number, isSeen = false): void => {
      if (row > from || row === piece.count || isSeen) receiver.push(isWhole && from === 0 && row === piece.count ? batch : part(row), w[row]);
      from = row;
    };
    // A bad line that ends the run, and an element between records, come after the records before them.
    const rest = (): void => {
      for (const line of bad) {
        if (this.stopsAtBad) upTo(line.before);
        receiver.bad(line, this.source);
      }
      upTo(piece.count);
      this.places?.forget(piece.count);
    };
    if (this.between.length === 0) { rest(); return; }
    for (const { before, kind } of this.between.splice(0)) this.waiting.push(() => {
      upTo(before, true);                                  // W lines before it too: an epoch that ends here holds W
      if (kind instanceof PlacedError) throw kind;
      receiver.between(kind);
    });
    this.waiting.push(rest);
  }
  /** What a piece with elements between its records is still to be handed over, in order. */
  private readonly waiting: (() => void)[] = [];
  /** Elements found between the records of the piece at hand. */
  private readonly between: { readonly before: number; readonly kind: Between | PlacedError }[] = [];
  /** The stream breaks here: what came before is worked off first. */
  private fault(before: number, error: PlacedError): Instant { this.between.push({ before, kind: error }); return -Infinity; }
  /** --bad fail: the first bad line ends the run. */
  stopsAtBad = true;

  private w = new Float64Array(0);

  /** W before each row, from the records and the watermark lines between them. */
  private watermarks(batch: Batch, marks: readonly Mark[]): Float64Array {
    const { size } = batch, { event } = this;
    if (this.w.length <= size) this.w = new Float64Array(Math.max(size + 1, 1024));
    const { w } = this;                                    // a batch lives until the next one is made: its arrays are used again
    const times = this.times?.(batch), delayMs = event?.delayMs ?? 0;
    const isOrdered = event?.isOrdered === true;
    let { at } = this, mark = 0;
    for (let row = 0; row <= size; row++) {
      for (; mark < marks.length && marks[mark].before <= row; mark++) at = Math.max(at, this.control(marks[mark]));
      if (!isOrdered) w[row] = at;
      if (row < size && times !== undefined && times.tag[row] !== 0) { const implied = times.number[row] - delayMs; if (implied > at) at = implied; }
      if (isOrdered) w[row] = at;
    }
    this.at = at;
    if (this.end !== undefined && (size > 0 && (marks.length === 0 || marks[marks.length - 1].before < size))) this.fault(Math.max(...marks.map(({ before }) => before), 0), this.second(this.endLine + 1));
    return w;
  }
  private second(line: number): PlacedError { return new PlacedError(new LeatError('E_TWO_STREAMS'), `${this.source}:${line}`); }
  private endLine = 0;

  /** W that a control line says; −∞ where it says another thing. */
  private control({ before, line, text }: Mark): Instant {
    const found = readControl(text);
    if (found === undefined) return -Infinity;             // a blank line that happens to begin like one
    const { control, seq, nonce } = found;
    if (control.kind === 'hello') return this.fault(before, this.second(line));
    if (nonce !== this.hello!.nonce) return -Infinity;
    if (seq !== this.seq++) return this.fault(before, new PlacedError(new LeatError('E_UPSTREAM', { path: `${this.hello!.tools.join(', ')}; a program between it and this one took control lines away` }), `${this.source}:${line}`));
    if (this.end !== undefined) return this.fault(before, this.second(line));
    if (control.kind === 'end') { this.end = control.mode; this.endLine = line; }
    if (control.kind === 'abort') return this.fault(before, new PlacedError(new LeatError('E_UPSTREAM', { path: `${this.hello!.tools.join(', ')}; exit status ${control.exit}` }), `${this.source}:${line}`));
    if (control.kind === 'barrier' || control.kind === 'idle') this.between.push({ before, kind: control });
    return control.kind === 'watermark' ? control.at : -Infinity;
  }
}

/** An error with its place, for the run to name the tool. */
export class PlacedError extends Error {
  readonly error: LeatError; readonly place: string;
  constructor(error: LeatError, place: string) { super(error.message); this.error = error; this.place = place; }
}

/** Places of decoded records: a queue, for a batch may end inside what one call decoded. */
class DecodedPlaces {
  private line: number[] = [];
  private offset: number[] = [];
  private bad: BadLine[] = [];
  take(line: readonly number[], offset: readonly number[], bad: readonly BadLine[]): void {
    const before = this.line.length;
    for (const each of bad) this.bad.push({ ...each, before: each.before + before });
    for (const each of line) this.line.push(each);
    for (const each of offset) this.offset.push(each);
  }
  of(_count: number): Places { const { line, offset } = this; return { line: (row) => line[row], offset: (row) => offset[row] }; }
  badBefore(count: number): readonly BadLine[] {
    let n = 0;
    while (n < this.bad.length && this.bad[n].before <= count) n++;
    return this.bad.splice(0, n);
  }
  forget(count: number): void {
    this.line = this.line.slice(count); this.offset = this.offset.slice(count);
    this.bad = this.bad.map((each) => ({ ...each, before: each.before - count }));
  }
  rest(): readonly BadLine[] { return this.bad.splice(0); }
}
