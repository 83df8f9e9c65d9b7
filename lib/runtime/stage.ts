// One operator at work: cuts batches into runs where an alarm is due, rings alarms, takes bad rows out, counts, and passes on in order what the operator emits.
// It does not look into values, and it knows neither files nor control lines.
import { LeatError } from '../errors.js';
import type { Detail, ErrorCode, Spot } from '../errors.js';
import type { Batch, Column, Field, Instant, Writer } from '../record/batch.js';
import { Tag } from '../record/batch.js';
import type { Path } from '../record/path.js';
import { pathText } from '../record/path.js';
import { Members, decodeString } from '../record/json.js';
import { nearest } from '../record/nearest.js';
import { baseOf } from '../record/rows.js';
import type { Base } from '../record/rows.js';
import type { EventTime, Schema } from '../stream/element.js';
import type { Context, Draft, Emit, Late, Operator, Run, Side, Spilling, Warning } from '../stream/operator.js';
import type { ClashOf } from '../expr/expression.js';
import type { Journalled, Kept, Layout, Marks, Store } from '../stream/store.js';
import type { StageSpec } from '../spec/tool.js';
import { MemoryStore } from '../state/memory.js';
import { makeKeys } from '../kernel/index.js';
import { Bytes, RecordWriter } from '../codec/writer.js';
import { Pack, PackFault, Unpack } from '../record/pack.js';
import { Journal } from '../state/journal.js';
import type { SegmentText } from '../state/journal.js';
import { KeptRows } from '../state/kept.js';
import { syncFolder } from '../io/durable.js';
import { formatInstant, timeDetail } from '../time/instant.js';
import { pathField, wholeRecords } from './fields.js';
import type { Moments } from './moments.js';
import { adviseDelay } from './report.js';
import type { StageReport } from './report.js';

/** What comes after a stage: another stage, or the encoder. */
export interface Downstream {
  /** Rows, each with W before it. */
  push(batch: Batch): void;
  /** W is w now. */
  advance(w: Instant): void;
  /** Made records: NDJSON text, and W before each of the `count` of them. Valid until the call returns. */
  made(text: Uint8Array, watermarks: Float64Array, count: number): void;
}

/** A path that the user named, and whether a stage before makes it. */
export interface Asked { readonly path: Path; isMade: boolean }

/** What a stage needs of its host: the segment of the chain that it reads from, and the ways of bad and late records. */
export interface StageHost {
  readonly moments: Moments;
  /** Asks the scanner of this segment for a path. */
  want(path: Path): void;
  /** Asks it for the shapes of rows. */
  wantShapes(): void;
  /** Notes that the user's text names a path. */
  ask(path: Path): Asked;
  /** What becomes of a bad row under --bad skip and FILE; undefined: it ends the run. */
  readonly onBad: ((batch: Batch, row: number, error: LeatError) => void) | undefined;
  /** The way of late records; `delayMs` is what would have kept this one. */
  readonly onLate: (batch: Batch, row: number, delayMs: number) => void;
  /** Writes rows to a file of the user's, as plain NDJSON. */
  file(path: string): (batch: Batch) => void;
  readonly lateFails: boolean;
  fail(batch: Batch, row: number, error: LeatError): never;
  readonly report: StageReport;
  warn(notice: Warning): void;
  readonly strict: boolean;
  readonly args: ReadonlyMap<string, string>;
  readonly spilling: Spilling;
  readonly inputs: readonly string[];
  /** A checkpoint will ask what has changed. */
  readonly isJournalled: boolean;
}

/** What to say of a field that a record does not have: the nearest that it has. */
function meant({ bytes, start, end }: Column, row: number, path: Path): string {
  const keys: string[] = [];
  for (const walk = new Members().open(bytes, start[row], end[row]); walk.next();) keys.push(decodeString(bytes, walk.keyStart, walk.keyEnd));
  const near = keys.includes(String(path[0])) ? undefined : nearest(String(path[0]), keys);
  return near === undefined ? '--time FIELD names another field; ' : `this record has no '${path[0]}'; did you mean --time ${near}? `;
}

/** A bad row under --bad fail: the rows before it are worked off first, then the run ends. */
class Cut extends Error {
  readonly row: number; readonly error: LeatError;
  constructor(row: number, error: LeatError) { super(); this.row = row; this.error = error; }
}

/** The right input of a stage with two. */
export interface RightInput { readonly input: Schema; readonly host: StageHost }

/** What comes before a row; W after it is W before that row, not what the rows behind it make of it. */
function upTo(batch: Batch, row: number): Batch {
  const watermark = batch.watermark.slice();
  watermark[batch.size] = watermark[row];
  return batch.select(batch.rows.filter((each) => each < row)).timed(watermark);
}

/** The number of the first row from `from` on before which W has reached `due`. */
function before(rows: Uint32Array, watermark: Float64Array, due: Instant, from: number): number {
  while (from < rows.length && watermark[rows[from]] < due) from++;
  return from;
}
/** That of the first bad one, up to `to`. */
function good(rows: Uint32Array, badRows: Uint8Array, from: number, to: number): number {
  while (from < to && badRows[rows[from]] === 0) from++;
  return from;
}

const MADE_BYTES = 1 << 16;

export class Stage implements Downstream, Run, Context {
  readonly input: Schema;
  readonly inputs: readonly string[];
  readonly strict: boolean;
  readonly args: ReadonlyMap<string, string>;
  readonly event: Field;
  readonly right: Side | undefined;
  /** Records that came in. */
  taken = 0;
  /** Open entries, of the store that has most of them; undefined: there is none. */
  get entries(): number | undefined { return this.store0 === undefined ? undefined : Math.max(...this.stores.map(({ size }) => size)); }
  /** W after all that was pushed. */
  at: Instant = -Infinity;
  // Run
  batch!: Batch;
  side: 0 | 1 = 0;
  watermark: Instant = -Infinity;

  private readonly emit: Emit = { batch: (batch) => this.emitBatch(batch), row: (batch, row) => this.emitRow(batch, row), made: (record) => this.emitMade(record),
    begin: () => { this.settleRows(); return this.out; }, end: () => { this.out.byte(10); this.count1(); },
    lines: (bytes, start, end, count) => this.emitLines(bytes, start, end, count), at: (w) => { this.stamp = this.held(w); } };
  private readonly host: StageHost;
  private readonly hosts: readonly StageHost[];        // one a side
  private readonly down: Downstream;
  /** Another one after reborn(). */
  get operator(): Operator { return this.work; }
  private work!: Operator;
  private readonly make: () => Operator;
  private store0: MemoryStore<Layout> | undefined;       // the one with alarms
  private readonly stores: MemoryStore<Layout>[] = [];
  private alarms: { readonly due: Instant } = { due: Infinity };
  private index = 0;
  private isDue = false;
  private limit = 0;                                   // rows of the batch below this index are worked off; the one there is bad
  private badRows: Uint8Array | undefined;             // by row number of `badBase`
  private badBase: Base | undefined;
  private emitted: Batch | undefined;                  // rows given one by one, of this batch
  private rowsOut: number[] = [];
  private readonly out = new Bytes();                  // text of made records
  private readonly files = new Map<(batch: Batch) => void, (batch: Batch) => void>();
  private readonly keeping: KeptRows[] = [];
  private readonly others: Journal[] = [];
  private stamps = new Float64Array(64);
  private count = 0;
  private stamp: Instant = -Infinity;                  // W before what is made now, as passed on

  constructor(spec: StageSpec, values: unknown, input: Schema, host: StageHost, down: Downstream, right?: RightInput) {
    this.input = input; this.host = host; this.down = down; this.strict = host.strict; this.inputs = host.inputs; this.args = host.args;
    this.hosts = right === undefined ? [host] : [host, right.host];
    const eventOf = ({ event }: Schema, side: 0 | 1): Field => event === undefined ? () => { throw new LeatError('E_NO_TIME', { what: spec.name }); } : this.instantOf(event, side);
    this.event = eventOf(input, 0);
    this.right = right && { input: right.input, event: eventOf(right.input, 1), records: this.records, instant: (time) => this.instantOf(time, 1), field: (path) => this.field(path, 1) };
    if (right !== undefined) { host.wantShapes(); right.host.wantShapes(); }
    this.make = () => spec.create(values as never, this);
    this.work = this.make();
  }

  close(): void { for (const store of this.stores) store.close(); this.operator.close?.(); for (const kept of this.keeping) kept.close(); }

  // A checkpoint: called between batches.

  /** What is kept entry by entry, in the order in which the operator asked for it. */
  get journals(): readonly Journal[] { return [...[...this.stores, ...this.keeping].flatMap(({ journal }) => journal === undefined ? [] : [journal]), ...this.others]; }
  /** All else. */
  save(out: Pack): void {
    out.number(this.at);
    out.numbers(this.sidesAt());
    const { kept, names = new Set<string>() } = this.spilling;
    names.clear();
    this.operator.save?.(out);
    if (kept !== undefined && [...names].some((name) => !this.synced.has(name))) syncFolder(kept);
    this.synced = new Set(names);
  }
  private synced: ReadonlySet<string> = new Set();         // names of files that will outlast the machine
  /** Once the journals have been restored. What is downstream learns W. Errors: PackFault. */
  restore(from: Unpack): void {
    this.at = from.number();
    this.takeSides(from.numbers());
    this.operator.restore?.(from);
    if (!from.isOver) throw new PackFault('the operator left something of its state');
    if (this.at > -Infinity) this.down.advance(this.held(this.at));
  }
  /** For tests: what a kill between two batches leaves, and a restart makes of it. Nothing may show that it was called. */
  reborn(): void {
    const rest = new Pack();
    this.journals.forEach((journal, i) => {
      const { segments, given } = journal.save();
      this.segments[i] = [...(this.segments[i] ?? []).filter(({ number }) => !given.includes(number)), ...segments];
    });
    this.save(rest);
    this.close();
    this.stores.length = 0; this.keeping.length = 0; this.others.length = 0;
    this.store0 = undefined; this.alarms = { due: Infinity };
    this.stamp = -Infinity; this.at = -Infinity;
    this.takeSides(Float64Array.of(-Infinity, -Infinity));
    this.work = this.make();
    this.journals.forEach((journal, i) => journal.restore(this.segments[i]));
    this.restore(new Unpack(rest.done()));
  }
  private readonly segments: SegmentText[][] = [];         // of each journal, as they would be on disk

  /** Names of the spill files that save() has referred to, since the last call. */
  spilled(): readonly string[] { const { names } = this.host.spilling, found = [...names ?? []]; names?.clear(); return found; }
  protected sidesAt(): readonly Instant[] { return []; }
  protected takeSides(_at: Float64Array): void { /* one input: W is all there is */ }

  /** What is not final yet, marked so. */
  unfinished(): void { this.operator.unfinished?.(this.emit); this.settle(); }

  // Downstream: from the stage before.

  push(batch: Batch): void {
    this.taken += batch.rows.length;
    if (batch.rows.length === 0 && batch.size === 0) return;
    this.badBase = undefined; this.badRows = undefined;
    let bad: Cut | undefined, live = batch;
    for (;;) {
      try { this.run(live); break; } catch (error) {
        if (!(error instanceof Cut)) throw error;
        // Nothing has been emitted: fields are worked out before the first effect of a batch. What comes before the bad row is, now.
        bad = error;
        live = upTo(batch, error.row);
      }
    }
    const w = live.watermark[live.size];
    if (this.operator.advance !== undefined) { this.operator.advance(this.ofAll(w), this.emit); this.settle(); }
    if (bad === undefined) return;
    if (this.right === undefined) this.advance(w);
    this.host.fail(batch, bad.row, bad.error);
  }

  /** W of all inputs, where that of the one at work is w. */
  protected ofAll(w: Instant): Instant { return w; }

  private run(batch: Batch): void {
    const { operator, store0: store } = this, { rows, watermark } = batch;
    this.batch = batch; this.index = 0; this.limit = rows.length;
    for (const each of this.stores) each.reserve(rows.length * (operator.opens ?? 1));
    let checked = 0;                                   // W before row numbers below this one has been seen
    for (;;) {
      this.isDue = false;
      operator.rows(this, this.emit);
      this.settle();
      if (!this.isDue) break;
      const due = store!.alarms.due;
      while (watermark[checked] < due) checked++;
      this.ring(watermark[checked], checked === 0 ? this.at : watermark[checked - 1]);
    }
  }

  advance(own: Instant): void {
    const w = this.ofAll(own);
    if (w > this.at || w === Infinity) {
      this.ring(w, this.at);
      this.at = w;
      if (this.operator.advance !== undefined) { this.operator.advance(w, this.emit); this.settle(); }
      for (const store of this.stores) store.sweep(w);
    }
    this.down.advance(this.held(this.at));
  }

  made(): void { throw new Error('made records reach a stage through the scanner of its segment'); }

  /** Rings all alarms due at w; W was `before` until now. */
  private ring(w: Instant, before: Instant): void {
    const { store0: store, operator } = this;
    if (store === undefined || store.alarms.empty || store.alarms.due > w) return;
    this.stamp = this.held(before); this.watermark = w;
    for (let slots = store.alarms.take(w); slots !== undefined; slots = store.alarms.take(w)) {
      for (const slot of slots) { store.touch(slot); while (operator.wake!(slot, this.emit, w) === true) { /* more to come */ } }
    }
    this.settle();
  }

  private held(w: Instant): Instant { return this.operator.hold === undefined ? w : this.operator.hold(w); }

  // Run: for the operator.

  next(): number {
    const { rows, watermark } = this.batch;
    while (this.index < this.limit) {
      const row = rows[this.index], w = watermark[row];
      if (w >= this.alarms.due) { this.isDue = true; return -1; }
      this.index++;
      if (this.badRows !== undefined && this.badRows[row] === 1) continue;
      this.watermark = w;
      return row;
    }
    return -1;
  }

  block(): Uint32Array {
    const { rows, watermark } = this.batch, { limit, badRows, alarms: { due } } = this;
    if (badRows !== undefined) while (this.index < limit && badRows[rows[this.index]] === 1 && watermark[rows[this.index]] < due) this.index++;
    const { index } = this, to = index === limit || watermark[rows[limit - 1]] < due ? limit : before(rows, watermark, due, index);
    this.isDue ||= index < limit && to === index;
    return rows.subarray(index, badRows === undefined ? to : good(rows, badRows, index, to));
  }
  passed(count: number): void {
    if (count === 0) return;
    this.index += count;
    this.watermark = this.batch.watermark[this.batch.rows[this.index - 1]];
  }

  rest(): Uint32Array {
    const { rows, watermark } = this.batch, { badRows } = this;
    const from = this.index;
    this.index = this.limit;
    if (from < this.limit) this.watermark = watermark[rows[this.limit - 1]];
    const rest = from === 0 ? rows : rows.subarray(from);
    return badRows === undefined ? rest : rest.filter((row) => badRows[row] === 0);
  }

  // Emit: from the operator.

  private emitBatch(batch: Batch): void {
    this.settle();
    let out = this.withoutBad(batch);
    // An operator that gives its batch another W has said what it holds back already.
    if (this.operator.hold !== undefined && batch.watermark === this.batch.watermark) out = out.timed(out.watermark.map((w) => this.held(w)));
    this.down.push(out);
  }

  private withoutBad(batch: Batch): Batch {
    const { badRows } = this;
    return badRows === undefined || baseOf(batch) !== this.badBase ? batch : batch.select(batch.rows.filter((row) => badRows[row] === 0));
  }

  private emitRow(batch: Batch, row: number): void {
    if (this.emitted !== batch) { this.settle(); this.emitted = batch; }
    this.rowsOut.push(row);
  }

  private emitMade(record: Writer): void {
    this.settleRows();
    (record as RecordWriter).finish();
    this.count1();
  }
  private emitLines(bytes: Uint8Array, start: number, end: number, count: number): void {
    this.settle();
    if (this.stamps.length < count) this.stamps = new Float64Array(Math.max(count, 2 * this.stamps.length));
    this.stamps.fill(this.stamp, 0, count);
    this.down.made(bytes.subarray(start, end), this.stamps, count);
  }
  /** One more record stands in `out`. */
  private count1(): void {
    if (this.count === this.stamps.length) { const more = new Float64Array(this.count * 2); more.set(this.stamps); this.stamps = more; }
    this.stamps[this.count++] = this.stamp;
    if (this.out.length >= MADE_BYTES) this.settle();
  }

  /** Passes on what was collected. */
  private settle(): void {
    this.settleRows();
    if (this.count > 0) {
      const { out, count } = this;
      this.count = 0;
      this.down.made(out.bytes.subarray(0, out.length), this.stamps, count);
      out.clear();
    }
  }
  private settleRows(): void {
    if (this.emitted === undefined) return;
    const batch = this.emitted;
    this.emitted = undefined;
    this.down.push(batch.select(Uint32Array.from(this.rowsOut)));
    this.rowsOut.length = 0;
  }

  // Context: for the operator while it is made, and for its expressions.

  field(path: Path, side: 0 | 1 = 0): Field {
    const host = this.hosts[side], asked = host.ask(path);
    host.want(path);
    return pathField(path, () => { asked.isMade = true; });
  }
  stands(path: Path): Field { this.host.want(path); return pathField(path); }

  instant(time: EventTime): Field { return this.instantOf(time, 0); }
  private instantOf(time: EventTime, side: 0 | 1): Field {
    const host = this.hosts[side], quiet = host.moments.field(time), source = pathField(time.path);
    host.want(time.path);
    return (batch) => {
      const column = quiet(batch);
      if (column.absent) for (const row of batch.rows) {
        if (column.tag[row] === Tag.Null && !this.isBad(batch, row)) {
          const detail = timeDetail(source(batch), row, time);
          this.bad(batch, row, 'E_TIME', { ...detail, field: pathText(time.path), help: detail.help !== '' ? detail.help : `${this.host.onBad === undefined ? meant(this.records(batch), row, time.path) : ''}--bad FILE keeps records without a time` });
        }
      }
      return column;
    };
  }

  bad(batch: Batch, row: number, code: ErrorCode, detail?: Detail, spot?: Spot): void {
    if (this.isBad(batch, row)) return;
    const error = new LeatError(code, detail, spot);
    if (this.host.onBad === undefined) throw new Cut(row, error);
    const base = baseOf(batch);
    if (this.badBase !== base) { this.badBase = base; this.badRows = new Uint8Array(base.size); }
    this.badRows![row] = 1;
    this.host.report.bad++;
    this.host.onBad(batch, row, error);
  }
  isBad(batch: Batch, row: number): boolean { return this.badRows !== undefined && this.badRows[row] === 1 && this.badBase === baseOf(batch); }

  fail(batch: Batch, row: number, code: ErrorCode, detail?: Detail): never {
    this.settle();
    return this.host.fail(batch, row, new LeatError(code, detail));
  }

  clash(batch: Batch, row: number, what: () => string, spot?: Spot, of: ClashOf = 'value'): void {
    if (this.strict) this.bad(batch, row, 'E_TYPE', { what: what(), help: 'leave out --strict to count such values and take them as null' }, spot);
    else this.host.report.clash(what, baseOf(batch), () => ({ source: batch.lines.source, line: batch.lines.line(row) }), spot, of);
  }

  late(batch: Batch, row: number, late: Late): void {
    if (this.host.lateFails) throw new Cut(late.of, new LeatError('E_LATE', { got: formatInstant(late.at), watermark: formatInstant(late.watermark), help: `--delay ${adviseDelay(late.by + this.delayMs)} would have kept it` }));
    this.host.report.lateness(late, this.delayMs + late.watermark - late.at);
    this.host.onLate(batch, row, late.by + this.delayMs);
  }
  private get delayMs(): number { const { event } = this.side === 0 ? this.input : this.right!.input; return event === undefined || event.delayMs === Infinity ? 0 : event.delayMs; }

  overflow(what: string, spot?: Spot): void { this.host.report.clash(() => what, undefined, undefined, spot, 'value'); }
  file(path: string): (batch: Batch) => void {
    const write = this.host.file(path);
    let file = this.files.get(write);
    if (file === undefined) this.files.set(write, file = (batch) => write(this.withoutBad(batch)));
    return file;
  }
  warn(notice: Warning): void { this.host.warn(notice); }

  writer(fields: readonly string[]): Writer { return new RecordWriter(fields, this.out); }
  draft(fields: readonly string[]): Draft {
    const out = new Bytes(), record = new RecordWriter(fields, out);
    return { record, finish() { record.finish(); const { bytes, length } = out; out.clear(); return { bytes, length: length - 1 }; } };
  }
  kept(): Kept { const kept = new KeptRows(this.spilling, this.host.isJournalled); this.keeping.push(kept); return kept; }
  journal(things: Journalled): Marks | undefined {
    if (!this.host.isJournalled) return undefined;
    const journal = new Journal(things);
    this.others.push(journal);
    return journal;
  }
  get spilling(): Spilling { return this.host.spilling; }
  readonly records: Field = wholeRecords();

  store<L extends Layout>(cells: L, ...keys: readonly (readonly Field[])[]): Store<L> {
    const store = new MemoryStore<L>({ cells, keys, table: makeKeys(), isJournalled: this.host.isJournalled });
    this.stores.push(store as unknown as MemoryStore<Layout>);
    if (this.store0 === undefined) { this.store0 = this.stores[0]; this.alarms = store.alarms; }
    return store;
  }
}
