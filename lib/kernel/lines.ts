// What both scanners share: bytes that arrive in pieces become lines; blank lines, marks, bad and overlong lines are told from records; places are counted.
// Owns: the pending bytes, lines, offsets, the batch. Must not: know the grammar (exact.ts) or how a maker speeds it up (scan()).
import type { BadLine, LinePlace, Mark, Scanned, Scanner, ScannerOptions } from './scanner.js';
import type { Detail, ErrorCode } from '../errors.js';
import type { Path } from '../record/path.js';
import { Exact } from './exact.js';
import type { Filling } from './exact.js';
import { Samples } from './samples.js';
import { makeTree } from './tree.js';
import type { Step } from './tree.js';
import { wrongFormat } from './wrong-format.js';

export const lineBytesDefault = 16 << 20;
export const rowsDefault = 16384;
/** Bytes that may be read (not used) behind the last one. */
export const spareBytes = 64;
/** Most of an overlong line that is kept for the report. */
const rawMax = 1 << 16;
/** Bad lines and marks of one batch: a file of nothing else must not pile up. */
const oddMax = 1024;
const BOM_BYTES = 3;
/** A control line begins so (EXACTLY-ONCE 3: 09 20 09 20). */
const frame = [9, 32, 9, 32];
const advice = 'keep such lines with --bad FILE, or count and drop them with --bad skip';

export abstract class LineScanner implements Scanner {
  /** All memory that lines may stand in, from `base` on; start, end and columns refer to it. */
  protected bytes: Uint8Array = new Uint8Array(0);
  protected base = 0;
  #limit = 0;
  /** All columns, in the order of the paths that the constructor got; the first ones are shown. */
  protected columns: readonly Filling[] = [];
  protected shown: readonly Filling[] = [];
  protected starts: Uint32Array = new Uint32Array(0);
  protected ends: Uint32Array = new Uint32Array(0);
  /** Shapes of rows, where the maker knows them. */
  protected shapes: Uint32Array | undefined;
  protected readonly steps: readonly Step[];
  protected readonly exact: Exact;
  protected readonly rowsMax: number;
  protected readonly lineBytesMax: number;
  /** Of the batch in the making. */
  protected count = 0;
  protected dense = true;
  /** Pending bytes: [low, high); those below `complete` are whole lines. */
  protected low = 0;
  protected high = 0;
  #complete = 0;
  #searched = 0;
  #buffer: Buffer = Buffer.alloc(0);   // the same memory: Buffer finds a byte faster
  readonly #control: boolean;
  // The input: what is known about the byte at `low`.
  #line = 1;
  #offset = 0;
  #fresh = true;       // a BOM may come
  #first = true;       // no line but blank ones so far
  #ended = false;
  #skipping = false;   // inside an overlong line that has been reported
  // The batch.
  #bad: BadLine[] = [];
  #marks: Mark[] = [];
  #skips = new Skips(1, 0, 0);
  #blanks = 0;
  readonly #seen: boolean[];
  readonly #samples = new Samples();

  /** `more`: paths whose columns only the maker itself needs. */
  constructor(options: ScannerOptions, more: readonly Path[] = []) {
    this.steps = makeTree([...options.paths, ...more]);
    this.exact = new Exact(this.steps[0]);
    this.rowsMax = options.rowsMax ?? rowsDefault;
    this.lineBytesMax = options.lineBytesMax ?? lineBytesDefault;
    this.#control = options.control ?? false;
    this.#seen = options.paths.map(() => false);
  }

  /** Gets memory for so many bytes, and spareBytes more; copies [low, high) to its place there, as far from the base as it was; calls rebase(). */
  protected abstract grow(bytes: number): void;
  /** A batch begins. */
  protected abstract start(): void;
  /** Reads records from `low` on, as many as it can explain; all lines below `to` are whole. Moves low, count and dense. */
  protected abstract scan(to: number): void;
  /** Before a batch is handed out. */
  protected abstract finish(): void;

  /** Pending bytes now stand in other memory: `size` of them can, from `base` on. */
  protected rebase(bytes: Uint8Array, base: number, size: number): void {
    const by = base - this.base;
    this.bytes = bytes;
    this.base = base;
    this.low += by;
    this.high += by;
    this.#complete += by;
    this.#searched += by;
    this.#limit = base + size;
  }

  get blanks(): number { return this.#blanks; }
  close(): void { /* nothing but what the collector frees */ }
  seen(index: number): boolean { return this.#seen[index]; }
  learn(seen: readonly boolean[], blanks: number): void {
    for (let i = 0; i < seen.length; i++) if (seen[i]) this.#seen[i] = true;
    this.#blanks += blanks;
  }
  keys(): readonly string[] { return this.#samples.keys(); }

  begin({ offset, line, isFirst = offset === 0, isSkipping = false }: LinePlace = { offset: 0, line: 1 }): void {
    this.low = this.high = this.#complete = this.#searched = this.base;
    this.#line = line;
    this.#offset = offset;
    this.#fresh = offset === 0;
    this.#first = isFirst;
    this.#ended = false;
    this.#skipping = isSkipping;
  }

  get position(): LinePlace { return { offset: this.#offset, line: this.#line, isFirst: this.#first, isSkipping: this.#skipping }; }

  room(bytes: number): Uint8Array {
    if (this.low === this.high || this.high + bytes > this.#limit) this.#move();
    if (this.high + bytes > this.#limit) {
      const size = this.#limit - this.base;
      this.grow(Math.max(this.high - this.base + bytes, size + Math.min(size, 32 << 20)));
    }
    return this.bytes.subarray(this.high, this.high + bytes);
  }

  filled(count: number): void { this.high += count; }

  ended(): void {
    this.#ended = true;
    if (this.high === this.low || this.bytes[this.high - 1] === 10) return;
    this.bytes[this.high++] = 10;   // there are spare bytes
  }

  next(): Scanned | undefined {
    if (this.#fresh && !this.#skipBom()) return undefined;
    this.#find();
    this.count = 0;
    this.dense = true;
    this.#bad = [];
    this.#marks = [];
    const from = this.low, skips = this.#skips = new Skips(this.#line, this.#offset, from);
    for (const column of this.columns) column.escaped = column.wide = false;
    this.start();
    while (this.low < this.#complete && this.count < this.rowsMax && this.#bad.length + this.#marks.length < oddMax) {
      if (!this.#skipping) this.scan(this.#complete);
      if (this.low < this.#complete && this.count < this.rowsMax) this.#take(this.#lineFeed());
    }
    if (this.low === this.#complete && this.low < this.high) this.#rest();
    if (this.count > 0) this.#first = false;
    this.#line = skips.line(this.count);
    this.#offset += this.low - from;
    if (this.count === 0 && this.#bad.length === 0 && this.#marks.length === 0) return undefined;
    this.finish();
    this.#look();
    const dense = this.dense && (this.count === 0 || this.bytes[this.ends[this.count - 1]] === 10);
    return new Rows(this.count, this.bytes, this.starts, this.ends, dense, this.shown, this.#bad, this.#marks, skips, this.shapes, this);
  }

  /** One line by the exact way: [from, lf). */
  #take(lf: number): void {
    const from = this.low;
    this.low = lf + 1;
    if (this.#skipping) { this.#skipping = false; this.#skips.skip(this.count); return; }
    const { bytes } = this;
    const end = lf > from && bytes[lf - 1] === 13 ? lf - 1 : lf;
    if (end - from > this.lineBytesMax) { this.#tooLong(from); this.#skips.skip(this.count); return; }
    let at = from, to = end;
    while (at < end && blank(bytes[at])) at++;
    if (at === end) { this.#blank(from, end); return; }
    while (blank(bytes[to - 1])) to--;
    const { exact } = this, row = this.count;
    exact.bytes = bytes;
    exact.columns = this.columns;
    if (exact.record(at, to, row) < 0) {
      const { code, detail, at: place } = exact.fault!;   // `!`: record() gave −1
      this.#wrong(from, end, at, to, code, detail, place);
      return;
    }
    if (bytes[at] !== 123) { this.#wrong(from, end, at, to, 'E_NOT_OBJECT', { got: kind(bytes[at]), help: advice }, at); return; }
    if (row > 0 && at !== this.ends[row - 1] + 1) this.dense = false;
    this.starts[row] = at;
    this.ends[row] = to;
    if (this.shapes !== undefined) this.shapes[row] = 0;
    this.count++;
  }

  #blank(from: number, end: number): void {
    const { bytes } = this;
    if (this.#control && end - from >= frame.length && frame.every((byte, i) => bytes[from + i] === byte) && bytes.subarray(from, end).every((byte) => byte !== 13)) {
      this.#marks.push({ before: this.count, line: this.#skips.line(this.count), text: bytes.slice(from, end) });
    } else this.#blanks++;
    this.#skips.skip(this.count);
  }

  #wrong(from: number, end: number, at: number, to: number, code: ErrorCode, detail: Detail, place: number): void {
    const format = this.#first && this.count === 0 && code !== 'E_DEPTH' ? wrongFormat(this.bytes.subarray(at, to)) : undefined;
    this.#first = false;
    if (format === undefined) this.#report(from, end, code, detail, place); else this.#report(from, end, 'E_NOT_NDJSON', format, at);
    this.#skips.skip(this.count);
  }

  #tooLong(from: number): void {
    this.#first = false;
    this.#report(from, from + Math.min(this.lineBytesMax, rawMax), 'E_LONG', { max: this.lineBytesMax }, from + this.lineBytesMax);
  }

  #report(from: number, end: number, code: ErrorCode, detail: Detail, place: number): void {
    let column = 1;
    for (let i = from; i < place; i++) if ((this.bytes[i] & 0xc0) !== 0x80) column++;
    this.#bad.push({
      before: this.count, line: this.#skips.line(this.count), offset: this.#skips.offset(from), column, byte: place - from, code, detail,
      raw: this.bytes.slice(from, end),
    });
  }

  // A line without its LF: too long already?
  #rest(): void {
    if (this.#skipping) { this.low = this.#complete = this.high; return; }
    const size = this.high - this.low;
    if (size < this.lineBytesMax + 1 || (size === this.lineBytesMax + 1 && this.bytes[this.high - 1] === 13)) return;
    this.#tooLong(this.low);
    this.low = this.#complete = this.high;
    this.#skipping = true;
  }

  // Where the last whole line ends.
  #find(): void {
    let p = this.high;
    while (p > this.#searched && this.bytes[p - 1] !== 10) p--;
    if (p > this.#searched) this.#complete = p;
    this.#searched = this.high;
    if (this.#complete < this.low) this.#complete = this.low;
  }

  // false: it cannot be told yet.
  #skipBom(): boolean {
    const { bytes, low } = this;
    const size = Math.min(3, this.high - low);
    for (let i = 0; i < size; i++) if (bytes[low + i] !== (0xbfbbef >> (8 * i) & 0xff)) { this.#fresh = false; return true; }
    if (size < 3) return this.#ended;
    this.low += BOM_BYTES;
    this.#offset = BOM_BYTES;
    this.#fresh = false;
    return true;
  }

  #lineFeed(): number {
    if (this.#buffer.buffer !== this.bytes.buffer) this.#buffer = Buffer.from(this.bytes.buffer);
    return this.#buffer.indexOf(10, this.low);
  }

  #move(): void {
    const by = this.low - this.base;
    if (by === 0) return;
    if (this.low < this.high) this.bytes.copyWithin(this.base, this.low, this.high);
    this.low -= by;
    this.high -= by;
    this.#complete = Math.max(this.base, this.#complete - by);
    this.#searched = Math.max(this.base, this.#searched - by);
  }

  #look(): void {
    let missing = false;
    this.shown.forEach(({ end }, index) => {
      if (this.#seen[index]) return;
      for (let row = 0; row < this.count; row++) if (end[row] !== 0) { this.#seen[index] = true; return; }   // null, too, has a text
      missing = true;
    });
    if (missing) this.#samples.take(this.bytes, this.starts, this.ends, this.count);
  }
}

/** Lines of a batch that are no rows: so that the line and the offset of a row are known when asked for. */
class Skips {
  readonly #line: number;
  readonly #offset: number;
  readonly #from: number;
  readonly #before: number[] = [];   // ascending
  readonly #total: number[] = [];    // lines skipped before that row, from the first of the batch on

  /** The byte at `from` stands at `offset` of the input, in line `line`. */
  constructor(line: number, offset: number, from: number) { this.#line = line; this.#offset = offset; this.#from = from; }

  skip(before: number): void {
    const last = this.#before.length - 1;
    if (last >= 0 && this.#before[last] === before) this.#total[last]++;
    else { this.#before.push(before); this.#total.push((this.#total[last] ?? 0) + 1); }
  }

  line(row: number): number {
    let low = 0, high = this.#before.length;
    while (low < high) { const middle = (low + high) >> 1; if (this.#before[middle] <= row) low = middle + 1; else high = middle; }
    return this.#line + row + (low > 0 ? this.#total[low - 1] : 0);
  }

  /** Of a line that begins at `at`; a BOM belongs to the first line. */
  offset(at: number): number { return at === this.#from && this.#line === 1 && this.#offset <= BOM_BYTES ? 0 : this.#offset + at - this.#from; }

  /** Where the line begins that has its first character at `at`. */
  begin(bytes: Uint8Array, at: number): number {
    while (at > this.#from && bytes[at - 1] !== 10) at--;
    return at;
  }
}

class Rows implements Scanned {
  constructor(
    readonly count: number, readonly bytes: Uint8Array, readonly start: Uint32Array, readonly end: Uint32Array, readonly dense: boolean,
    readonly columns: readonly Filling[], readonly bad: readonly BadLine[], readonly marks: readonly Mark[], readonly skips: Skips, readonly shape: Uint32Array | undefined,
    readonly owner: object,   // whose memory the views are of: it must outlive them
  ) {}
  line(row: number): number { return this.skips.line(row); }
  offset(row: number): number { return this.skips.offset(this.skips.begin(this.bytes, this.start[row])); }
}

const blank = (c: number): boolean => c === 32 || c === 9 || c === 13;
const kind = (c: number): string => c === 91 ? 'an array' : c === 34 ? 'a string' : c === 116 || c === 102 ? 'a boolean' : c === 110 ? 'null' : 'a number';
