// window: assigns windows; decides lateness, once, for all tools behind it (SEMANTICS 5).
// State: none. Order: input order; a record in k windows becomes k records, ascending by start. Sessions and counts stay provisional: their consumer makes them.
// Rule: late for a window when end + L ≤ W before the record; for a session when ts + L < W.
import { LeatError } from '../errors.js';
import type { Batch, Column } from '../record/batch.js';
import { Tag } from '../record/batch.js';
import { allRows } from '../record/rows.js';
import { watermarkOptions } from '../spec/common.js';
import { duration, flag, text } from '../spec/option.js';
import { operator } from '../spec/tool.js';
import type { Parts } from '../stream/operator.js';
import type { EventTime } from '../stream/element.js';
import { assigner, pairs } from '../time/assigners/index.js';
import type { Pairs } from '../time/assigners/index.js';
import { parseSignedDuration } from '../time/duration.js';
import { writeInstant } from '../time/instant.js';
import { delayToKeep, delayToKeepInSession, isLate, isLateForSession } from '../time/lateness.js';
import { parseWindow, windowText } from '../time/window-spec.js';
import type { WindowSpec } from '../time/window-spec.js';
import { copier } from './window/copies.js';
import { timeIsThere, watermark } from './watermark.js';

const spec = { ...text({ operand: true, required: true, meta: 'SPEC', help: 'size of the windows', joins: /^(session|count)$/i }), parse: (value: string): WindowSpec => parseWindow(value) };

export const window = operator({
  name: 'window', summary: 'assign each record to its windows', inputs: 1, synopsis: 'SPEC', files: 'any', common: true,
  description: `SPEC is 1m (tumbling), 10m/1m (hopping: size/slide), 1d^1h (cumulative: greatest size ^ step), session 30m (records of a key at most 30m apart), count 100 (records of a key), or 1month, 1y; with --tz also 1d and 1w are days and weeks of that zone. Windows are [start, end), aligned to 1970-01-01T00:00Z unless --offset moves them.

The fields window_start and window_end are added. A record in several windows becomes several records. Sessions and counts are made by agg: they add no fields.

On plain input event time begins here: every option of leat watermark may be given, so that tail -F x | leat window 1m | leat agg … is enough. While nothing arrives the watermark stands still, and so does the last window: --idle D is the way out.

A record is late when the watermark has passed its window's end and --lateness. It is counted and goes the way of --late.`,
  options: {
    spec,
    offset: { ...duration({ meta: 'D', help: 'move all bounds by D (may be negative)' }), parse: (value: string) => parseSignedDuration(value) },
    tz: text({ meta: 'ZONE', help: 'days, weeks, months and years of that zone, like Europe/Paris' }),
    lateness: duration({ meta: 'D', help: 'keep a window open so much longer for late records' }),
    late: text({ free: true, meta: 'drop|fail|FILE', help: 'what becomes of a late record (default drop): counted, exit 65, or written to FILE with its window' }),
    epoch: flag({ help: 'window_start and window_end as integers in ms' }),
    ...watermarkOptions,
  },
  memory: 'none', emits: 'at once, in input order',
  guarantees: 'Fields are added at the end of the record, all other bytes stay. No late record is lost silently.',
  errors: ['E_WINDOW', 'E_NO_TIME', 'E_TIME', 'E_LATE', 'E_OPTION', 'E_JSON'], state: 1,
  begins: ({ spec: kind }) => kind.kind === 'count' ? undefined : watermark,
  examples: [
    { title: 'Minutes', run: 'leat window 1m', stdin: '{"ts":61000,"n":1}\n', stdout: '{"ts":61000,"n":1,"window_start":"1970-01-01T00:01:00.000Z","window_end":"1970-01-01T00:02:00.000Z"}\n' },
    { title: 'Two minutes, each minute', run: 'leat window 2m/1m --epoch', stdin: '{"ts":61000}\n', stdout: '{"ts":61000,"window_start":0,"window_end":120000}\n{"ts":61000,"window_start":60000,"window_end":180000}\n' },
    { title: 'Days of a zone', run: 'leat window 1d --tz Europe/Paris', stdin: '{"ts":"2026-03-29T12:00:00Z"}\n', stdout: '{"ts":"2026-03-29T12:00:00Z","window_start":"2026-03-28T23:00:00.000Z","window_end":"2026-03-29T22:00:00.000Z"}\n' },
  ],
  features: {
    'window.tumbling': 'windows of one size', 'window.hopping': 'windows that overlap', 'window.cumulative': 'windows that grow', 'window.session': 'records of a key parted by silence',
    'window.count': 'numbers of records of a key', 'window.calendar': 'days, weeks, months and years of a zone', 'window.late-file': 'late records in a file of their own',
  },
  plan({ spec: kind, offset, tz, lateness, late, epoch, ...time }, [input]) {
    if (kind.kind !== 'count' && input.event === undefined) throw new LeatError('E_NO_TIME', { what: `window ${kind.kind === 'session' ? 'session' : ''}`.trim() });
    const made = assigner(kind, { offsetMs: offset, tz });
    const option = Object.keys(watermarkOptions).find((name) => time[name as keyof typeof time] !== undefined);
    if (option !== undefined) {
      const name = option.replace(/[A-Z]/g, (c) => `-${c.toLowerCase()}`);
      if (kind.kind === 'count') throw new LeatError('E_OPTION', { what: `--${name}: windows of a count need no event time`, help: 'leave it out' });
      throw timeIsThere(`--${name}: `, name, input);
    }
    const feature = kind.kind === 'tumbling' && made !== undefined && tz !== undefined ? 'calendar' : kind.kind;
    const { event, ...rest } = input, latenessMs = lateness ?? 0;
    const shape = kind.kind === 'session' ? { kind: 'session' as const, size: kind.gapMs } : kind.kind === 'count' ? { kind: 'count' as const, size: kind.count }
      : { kind: 'fixed' as const, size: 0, spec: { text: windowText(kind), offsetMs: offset ?? 0, tz } };
    const windows = { ...shape, latenessMs, epoch, nested: kind.kind === 'cumulative' };
    return {
      out: { ...rest, ...event === undefined || kind.kind === 'count' ? {} : { event: kind.kind === 'session' ? event : unlessReplaced(event) }, windows, managed: true },
      uses: [`window.${feature}` as const, ...late !== undefined && late !== 'drop' && late !== 'fail' ? ['window.late-file' as const] : []],
    };
  },
  create({ spec: kind, offset, tz, lateness, epoch }, ctx) {
    if (kind.kind === 'count') return { rows: ({ batch }, emit) => emit.batch(batch) };
    const latenessMs = lateness ?? 0;
    let kept = new Uint32Array(0);                         // used again for each batch
    if (kind.kind === 'session') return { rows(run, emit) {
      const { batch } = run, ms = ctx.event(batch).number;
      if (kept.length < batch.rows.length) kept = new Uint32Array(Math.max(batch.rows.length, 1024));
      let count = 0;
      for (const row of run.rest()) {
        const at = ms[row], w = batch.watermark[row];
        if (isLateForSession(at, latenessMs, w)) ctx.late(batch, row, { of: row, at, watermark: w, by: delayToKeepInSession(at, latenessMs, w), again: false });
        else kept[count++] = row;
      }
      emit.batch(batch.select(kept.subarray(0, count)));
    } };

    const windows = assigner(kind, { offsetMs: offset, tz })!;              // `!`: sessions and counts have none
    const starts = new Bounds(epoch), ends = new Bounds(epoch), into: Pairs = pairs(), copies = copier(ctx);
    for (const name of ['window_start', 'window_end']) ctx.stands([name]);
    // The earliest W for which a record that was kept would have been late: what a part of the input, in which W began anew, must know of W before it.
    let least = Infinity;
    const parts: Parts = { give(out) { out.number(least + latenessMs); least = Infinity; }, fits: (from, at) => !isLate(from.number(), 0, at) };
    const put = (batch: Batch) => batch.edit({ set: ['window_start'], to: starts }, { set: ['window_end'], to: ends });

    if (windows.single) return { parts, rows(run, emit) {
      const { batch } = run, ms = ctx.event(batch).number, { rows, size, watermark: w } = batch;
      starts.begin(size, rows); ends.begin(size, rows);
      windows.one(ms, rows, starts.ms, ends.ms);
      if (kept.length < rows.length) kept = new Uint32Array(Math.max(rows.length, 1024));
      const late: number[] = [];
      let count = 0;
      const all = run.rest(), endMs = ends.ms;
      const first = firstLate(endMs, all, w, latenessMs);  // most batches have none, and then no selection is made
      least = Math.min(least, leastOf(endMs, all, first));
      if (first < all.length) for (; count < first; count++) kept[count] = all[count];
      for (let i = first; i < all.length; i++) {
        const row = all[i];
        if (isLate(endMs[row], latenessMs, w[row])) late.push(row); else kept[count++] = row;
      }
      const out = put(batch);
      for (const row of late) ctx.late(out, row, { of: row, at: ms[row], watermark: w[row], by: delayToKeep(ends.ms[row], latenessMs, w[row]), again: false });
      emit.batch(late.length === 0 ? out : out.select(kept.subarray(0, count)));
    } };

    return { parts, rows(run, emit) {
      const { batch } = run, ms = ctx.event(batch).number;
      windows.all(ms, run.rest(), into);
      const pairRows = into.rows.slice(0, into.count), w = batch.watermark;
      starts.begin(into.count, allRows(into.count)); ends.begin(into.count, allRows(into.count));
      starts.ms.set(into.start.subarray(0, into.count)); ends.ms.set(into.end.subarray(0, into.count));
      if (kept.length < into.count) kept = new Uint32Array(into.count);
      const late: number[] = [];
      let keptCount = 0;
      for (let i = 0; i < into.count; i++) {
        if (isLate(ends.ms[i], latenessMs, w[pairRows[i]])) late.push(i); else { kept[keptCount++] = i; if (ends.ms[i] < least) least = ends.ms[i]; }
      }
      const out = put(copies(batch, pairRows));
      let last = -1;
      for (const i of late) {
        ctx.late(out, i, { of: pairRows[i], at: ms[pairRows[i]], watermark: w[pairRows[i]], by: delayToKeep(ends.ms[i], latenessMs, w[pairRows[i]]), again: pairRows[i] === last });
        last = pairRows[i];
      }
      emit.batch(out.select(kept.subarray(0, keptCount)));
    } };
  },
});

/** The number of the first row that is late for its window. (Loops over all rows stand alone: V8 compiles them and not all around them.) */
function firstLate(endMs: Float64Array, rows: Uint32Array, w: Float64Array, latenessMs: number): number {
  let i = 0;
  while (i < rows.length && !isLate(endMs[rows[i]], latenessMs, w[rows[i]])) i++;
  return i;
}
function leastOf(endMs: Float64Array, rows: Uint32Array, count: number): number {
  let least = Infinity;
  for (let i = 0; i < count; i++) { const end = endMs[rows[i]]; if (end < least) least = end; }
  return least;
}

/** Results have their event time in window_end, which is replaced here: what stands there then says nothing of W. */
const unlessReplaced = (event: EventTime): EventTime => event.path.length === 1 && (event.path[0] === 'window_start' || event.path[0] === 'window_end') ? { ...event, delayMs: Infinity } : event;

/** One bound of every row as a column. Its text is written when somebody asks for it: the encoder of windows and an aggregation in this process do not. */
class Bounds implements Column {
  ms = new Float64Array(0);
  tag = new Uint8Array(0);
  readonly escaped = false;
  private readonly epoch: boolean;
  private rows: Uint32Array = new Uint32Array(0);
  private isWritten = false;
  private starts = new Uint32Array(0);
  private ends = new Uint32Array(0);
  private text = new Uint8Array(1 << 12);
  constructor(epoch: boolean) { this.epoch = epoch; }

  /** Another batch: `ms` is to be filled for these rows. */
  begin(size: number, rows: Uint32Array): void {
    if (this.ms.length < size) { this.ms = new Float64Array(size); this.tag = new Uint8Array(size).fill(this.epoch ? Tag.Number : Tag.String); }
    this.rows = rows; this.isWritten = false;
  }
  get instants(): Float64Array { return this.ms; }
  get number(): Float64Array { return this.ms; }
  get start(): Uint32Array { this.write(); return this.starts; }
  get end(): Uint32Array { this.write(); return this.ends; }
  get bytes(): Uint8Array { this.write(); return this.text; }

  private write(): void {
    if (this.isWritten) return;
    this.isWritten = true;
    if (this.starts.length < this.ms.length) { this.starts = new Uint32Array(this.ms.length); this.ends = new Uint32Array(this.ms.length); }
    if (this.epoch) return;                                // numbers: start = end = 0
    let used = 0, last = NaN, from = 0;
    for (const row of this.rows) {
      const at = this.ms[row];
      if (at !== last) {                                   // neighbours are most often in the same window
        if (used + 32 > this.text.length) { const more = new Uint8Array(this.text.length * 2); more.set(this.text); this.text = more; }
        last = at; from = used;
        this.text[used++] = 34;
        used = writeInstant(at, this.text, used);
        this.text[used++] = 34;
      }
      this.starts[row] = from; this.ends[row] = used;
    }
  }
}
