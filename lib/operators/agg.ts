// agg: one row per window and key, when the window closes; or one at the end of the input.
// State: one entry per key and window; sessions: one per key and open session (its part is a number of its own); count windows: one per key.
// Rule: records late for a window never come here (`window` decides lateness, once); a window fires when W reaches end + L, in order end, start, first record of the key.
// Order: emits when it fires, never again: results are final.
import { LeatError } from '../errors.js';
import type { Aggregate } from '../agg/aggregate.js';
import { aggregateNames, findAggregate } from '../agg/index.js';
import type { Batch, Column, Field, Writer } from '../record/batch.js';
import { Tag } from '../record/batch.js';
import { findMember, keyOf } from '../record/json.js';
import { nearest } from '../record/nearest.js';
import { numberColumn } from '../record/rows.js';
import { instantAt, instantText } from '../time/instant.js';
import { choice, aggregates as aggregatesOption } from '../spec/option.js';
import type { AggText, Call } from '../expr/expression.js';
import type { EventTime, Schema } from '../stream/element.js';
import type { Context, Emit, Operator, Run } from '../stream/operator.js';
import type { Cells, Layout, Slot, Store } from '../stream/store.js';
import { operator } from '../spec/tool.js';

export const agg = operator({
  name: 'agg', summary: 'group and aggregate, per window or as a whole', inputs: 1, synopsis: "'FN(EXPR) [where COND] [as NAME], … [by EXPR [as NAME], …]'", files: 'any', common: true,
  description: `Writes one record per window and key: window_start and window_end (after leat window), the keys, then the aggregates, in the order listed. Behind a window it is written when the watermark passes the window's end and its lateness; without windows there is one result per key, at the end.

Names: count() is count, sum(bytes) is sum_bytes, p95(ms) is p95_ms; anything but a path needs as NAME. Nulls are ignored by every aggregate but count(); null is a group of its own. A value of a wrong type is ignored and counted. sum and avg are exact, so no order, cut or number of threads can change a digit. All functions: leat help aggregates.

The results are plain NDJSON; -m keeps the watermark in them for a further window.`,
  options: {
    aggregates: aggregatesOption({ operand: true, required: true, meta: 'AGGREGATES', help: "'fn(expr) [where cond] [as name], … [by expr [as name], …]'" }),
    emit: choice(['final'], { default: 'final', meta: 'final', help: 'when rows come: once, final, when a window has closed' }),
  },
  memory: 'one entry per key and open window; quantile_exact, distinct, collect and their kin keep values', emits: 'when a window closes; without windows at the end',
  guarantees: 'Every window and key comes once, and is final. Results do not depend on the order of records that are not late.',
  errors: ['E_FUNCTION', 'E_ARGUMENTS', 'E_SYNTAX', 'E_JSON', 'E_TIME', 'E_OVERFLOW', 'E_UPSTREAM'], state: 1,
  examples: [
    { title: 'Requests, bytes and the 95th percentile by host', run: "leat agg 'count() as n, sum(bytes) as bytes, p95(ms) as p95 by host'", stdin: '{"host":"a","bytes":10,"ms":5}\n{"host":"b","bytes":1,"ms":7}\n{"host":"a","bytes":5,"ms":5}\n',
      stdout: '{"host":"a","n":2,"bytes":15,"p95":5}\n{"host":"b","n":1,"bytes":1,"p95":7}\n' },
    { title: 'Per minute', run: "leat window 1m | leat agg 'count() as n, count(status >= 500) as errors'", stdin: '{"ts":1000,"status":200}\n{"ts":59000,"status":500}\n{"ts":61000,"status":200}\n',
      stdout: '{"window_start":"1970-01-01T00:00:00.000Z","window_end":"1970-01-01T00:01:00.000Z","n":2,"errors":1}\n{"window_start":"1970-01-01T00:01:00.000Z","window_end":"1970-01-01T00:02:00.000Z","n":1,"errors":0}\n' },
    { title: 'Visits: thirty minutes of silence end one', run: "leat window session 30m | leat agg 'count() as pages, first(path) as entry by user'", stdin: '{"ts":0,"user":1,"path":"/"}\n{"ts":60000,"user":1,"path":"/a"}\n{"ts":3600000,"user":1,"path":"/b"}\n',
      stdout: '{"window_start":"1970-01-01T00:00:00.000Z","window_end":"1970-01-01T00:31:00.000Z","user":1,"pages":2,"entry":"/"}\n{"window_start":"1970-01-01T01:00:00.000Z","window_end":"1970-01-01T01:30:00.000Z","user":1,"pages":1,"entry":"/b"}\n' },
  ],
  makes: () => true, results: true,
  features: { agg: 'one final row per window and key' },
  plan({ aggregates }, [input]) {
    for (const call of aggregates.calls) resolve(call);
    names(aggregates, input);
    const { event: _event, windows, ...rest } = input;
    const out: Schema = windows === undefined || windows.kind === 'count' ? rest : { ...rest, event: resultTime };
    return { out, uses: ['agg'], results: true };
  },
  create: ({ aggregates }, ctx) => ctx.input.windows?.kind === 'session' ? sessions(aggregates, ctx) : ctx.input.windows?.kind === 'count' ? counted(aggregates, ctx) : fixed(aggregates, ctx),
});

/** The event time of what a window releases: window_end − 1 ms (SEMANTICS 5). W of a result stream is never implied by its records. */
export const resultTime: EventTime = { path: ['window_end'], unit: 'ms', delayMs: Infinity, shiftMs: -1 };

interface Resolved { readonly aggregate: Aggregate; readonly params: readonly number[] }

/** The aggregate of a call and its constant parameters. */
function resolve({ fn, args, spot }: Call): Resolved {
  const found = findAggregate(fn);
  if (found === undefined) {
    const near = nearest(fn, aggregateNames());
    throw new LeatError('E_FUNCTION', { kind: 'aggregate', got: fn, help: 'all of them: leat help aggregates' }, near === undefined ? spot : { ...spot, hint: `did you mean '${near}'?` });
  }
  const { aggregate } = found, wanted = aggregate.args.length, named = found.params.length > 0 ? [] : aggregate.params ?? [];
  const isCount = aggregate.name === 'count';
  if (!(isCount && args.length <= 1) && args.length !== wanted + named.length) {
    const needs = [...aggregate.args.map(() => 'a value'), ...named.map(({ name }) => name)];
    throw new LeatError('E_ARGUMENTS', { what: `${fn} takes ${needs.length === 0 ? 'no arguments' : needs.join(' and ')}, got ${args.length}`, help: 'leat help aggregates' }, spot);
  }
  const params = [...found.params];
  named.forEach(({ name, check }, i) => {
    const given = args[wanted + i], value = Number(given.text.trim());
    const why = given.text.trim() === '' || !Number.isFinite(value) ? 'expected a number' : check(value);
    if (why !== undefined) throw new LeatError('E_ARGUMENTS', { what: `${name} of ${fn}: ${why}`, help: 'leat help aggregates' }, given.spot);
    params.push(value);
  });
  return { aggregate, params };
}

/** Names of the output fields: two equal ones are an error, also against the window's. */
function names({ calls, by }: AggText, input: Schema): string[] {
  const bounds = input.windows === undefined ? [] : input.windows.kind === 'count' ? ['window_index'] : ['window_start', 'window_end'];
  const all = [...bounds, ...keysOf(by, input).map(({ name }) => String(name[0])), ...calls.map(({ name }) => name)];
  all.forEach((name, i) => {
    if (all.indexOf(name) === i) return;
    const spot = calls.find((call) => call.name === name)?.spot ?? by.find((key) => key.name[0] === name)?.expression.spot;
    throw new LeatError('E_SYNTAX', { why: `two fields of the result are called '${name}'`, help: 'as NAME gives one of them another name' }, spot);
  });
  return all;
}

/** `by window_start` is implied after `window`: naming it again changes nothing. */
const keysOf = (by: AggText['by'], input: Schema): AggText['by'] => input.windows === undefined || input.windows.kind === 'count' ? by
  : by.filter(({ expression, name }) => !(expression.path?.length === 1 && (expression.path[0] === 'window_start' || expression.path[0] === 'window_end') && name[0] === expression.path[0]));

/** One aggregate bound to a stage. `group` is what add() gets, filled anew for each run of rows. */
interface Step {
  readonly aggregate: Aggregate; readonly params: readonly number[]; readonly spot: Call['spot'];
  readonly prefix: string;
  /** Another call fills these cells. */
  readonly isShared: boolean;
  readonly args: (batch: Batch) => Column[];
  readonly where: ((batch: Batch) => Uint32Array) | undefined;
  readonly group: { rows: Uint32Array; slots: Uint32Array; count: number; time: Float64Array | undefined; sequence: number; clash(row: number): void };
}

/** The aggregates of an operand bound to a stage: cells of all of them in one store, and what to do with a run of rows. */
class Columns {
  readonly layout: Record<string, Layout[string]> = {};
  readonly rows = new Rows();
  private readonly steps: readonly Step[];
  private readonly ctx: Context;
  private store!: Store<Layout>;
  private cells: Cells<any>[] = [];                        // `any`: each aggregate has its own layout
  private from: unknown;
  private batch: Batch | undefined;                        // the one that was checked last
  private sequence = 0;
  private batchSequence = 0;

  constructor({ calls }: AggText, ctx: Context) {
    this.ctx = ctx;
    const cellsOf = new Map<string, string>();            // what calls have in common: p50 and p95 of one field are one sketch
    this.steps = calls.map((call, i) => {
      const { aggregate, params } = resolve(call), textOfPart = ({ text, spot }: { text: string; spot: Call['spot'] }): string => text.slice(spot.start, spot.end);
      const same = aggregate.shared === true ? JSON.stringify([aggregate.name, call.args.slice(0, aggregate.args.length).map(textOfPart), call.where && textOfPart(call.where)]) : `${i}`;
      const isShared = cellsOf.has(same), prefix = cellsOf.get(same) ?? `${i}.`;
      cellsOf.set(same, prefix);
      for (const [name, kind] of Object.entries(aggregate.cells as Layout)) this.layout[prefix + name] = kind;
      const overs = call.args.slice(0, Math.max(aggregate.args.length, aggregate.name === 'count' ? call.args.length : 0)).map((arg) => arg.over(ctx));
      const test = call.where?.test(ctx), where = test && memoised(test);
      const args = memoised((batch) => { const rows = where === undefined ? batch.rows : where(batch); return overs.map((over) => over(batch, rows)); });
      const clash = (row: number): void => ctx.clash(this.batch!, row, () => `${aggregate.name} takes ${aggregate.args[0] ?? 'any'} values and found ${typeName(args(this.batch!)[0], row)}`, call.spot);   // `!`: check() came first
      return { aggregate, params, spot: call.spot, prefix, isShared, args, where, group: { rows: this.rows.rows, slots: this.rows.slots, count: 0, time: undefined, sequence: 0, clash } };
    });
  }

  bind(store: Store<Layout>): void { this.store = store; }

  /** Works out all arguments of a batch, so that a bad record is found before the first entry is touched. */
  check(batch: Batch): void {
    if (this.batch?.memo === batch.memo) return;
    for (const { args, where, aggregate } of this.steps) {
      const columns = args(batch), rows = where === undefined ? batch.rows : where(batch);
      for (let i = 0; i < columns.length; i++) {
        const column = columns[i];
        if (aggregate.args[i] !== 'number' || column.wide === false) continue;
        for (let at = nextInfinite(column, rows, 0); at < rows.length; at = nextInfinite(column, rows, at + 1)) this.ctx.bad(batch, rows[at], 'E_OVERFLOW', { got: textOf(column, rows[at]) });
      }
    }
    this.batch = batch;
    this.batchSequence = this.sequence; this.sequence += batch.size;
  }

  /** Adds the collected rows to their entries. */
  add(batch: Batch): void {
    const { rows, slots, count } = this.rows;
    if (count === 0) return;
    this.rows.count = 0;
    const time = this.ctx.input.event === undefined ? undefined : this.ctx.event(batch).number, cells = this.views();
    for (let i = 0; i < this.steps.length; i++) {
      const { isShared, group, where, args, aggregate, params } = this.steps[i];
      if (isShared) continue;
      group.rows = rows; group.slots = slots; group.count = count; group.time = time; group.sequence = this.batchSequence;
      if (where !== undefined) only(group, where(batch), batch.size);
      aggregate.add(cells[i], group, args(batch), params);
    }
  }

  init(slot: Slot): void { const cells = this.views(); this.steps.forEach(({ isShared, aggregate, params }, i) => { if (!isShared) aggregate.init?.(cells[i], slot, params); }); }
  merge(into: Slot, from: Slot): void { const cells = this.views(); this.steps.forEach(({ isShared, aggregate, params }, i) => { if (!isShared) aggregate.merge(cells[i], into, from, params); }); }
  result(slot: Slot, out: Writer): void {
    const cells = this.views();
    this.steps.forEach(({ aggregate, params, spot }, i) => aggregate.result(cells[i], slot, out, params, () => this.ctx.overflow(`${aggregate.name} is beyond all doubles`, spot)));
  }

  /** Cells of each aggregate under its own names. They move between hooks only, and only when the store has grown. */
  private views(): Cells<any>[] {
    const { cells } = this.store;
    if (this.from !== cells['seen']) {
      this.from = cells['seen'];
      this.cells = this.steps.map(({ prefix, aggregate }) => Object.fromEntries(Object.keys(aggregate.cells as Layout).map((name) => [name, cells[prefix + name]])) as Cells<any>);
    }
    return this.cells;
  }
}

/** The first index from `at` on whose row holds a number that no double does; rows.length where none is. */
function nextInfinite({ tag, number }: Column, rows: Uint32Array, at: number): number {
  while (at < rows.length && !(tag[rows[at]] === Tag.Wide && !Number.isFinite(number[rows[at]]))) at++;
  return at;
}

/** Rows of a run and the entry of each. */
class Rows {
  rows = new Uint32Array(0);
  slots = new Uint32Array(0);
  count = 0;
  reserve(size: number): void { if (this.rows.length < size) { this.rows = new Uint32Array(Math.max(size, 1024)); this.slots = new Uint32Array(this.rows.length); } }
}

let mask = new Uint8Array(0);
/** Leaves those of the collected rows that are in a selection. */
function only(group: { rows: Uint32Array; slots: Uint32Array; count: number }, selection: Uint32Array, size: number): void {
  if (mask.length < size) mask = new Uint8Array(Math.max(size, 16384)); else mask.fill(0, 0, size);
  for (let i = 0; i < selection.length; i++) mask[selection[i]] = 1;
  const { rows, slots, count } = group, some = new Uint32Array(count), of = new Uint32Array(count);
  let n = 0;
  for (let i = 0; i < count; i++) if (mask[rows[i]] === 1) { some[n] = rows[i]; of[n++] = slots[i]; }
  group.rows = some; group.slots = of; group.count = n;
}

/** The last result, for as long as the batch is the same. */
function memoised<T>(work: (batch: Batch) => T): (batch: Batch) => T {
  let of: Batch['memo'] | undefined, result: T;
  return (batch) => { if (of !== batch.memo) { result = work(batch); of = batch.memo; } return result; };
}

const textOf = (column: Column, row: number): string => new TextDecoder().decode(column.bytes.subarray(column.start[row], column.end[row]));
const typeName = (column: Column | undefined, row: number): string => column === undefined ? 'nothing' : ['null', 'false', 'true', 'a number', 'a number', 'a string', 'an array', 'an object'][column.tag[row]];

/** Windows whose bounds are in the records, and no windows at all: one that the end closes. */
function fixed(text: AggText, ctx: Context): Operator {
  const columns = new Columns(text, ctx), { windows } = ctx.input;
  const by = keysOf(text.by, ctx.input).map(({ expression }) => expression.field(ctx));
  const start = windows && ctx.stands(['window_start']), end = windows && ctx.stands(['window_end']);
  const latenessMs = windows?.latenessMs ?? 0;
  // The bounds are read once an entry, not once a record: as part of the key they are what `window` wrote, or its numbers where it runs in this process.
  const bounds = start && end ? (windows.nested ? [start, end] : [start]).map(boundKey) : [];
  const store = ctx.store({ ...columns.layout, startMs: 'f64', endMs: 'f64', seen: 'u32' } as Layout & { startMs: 'f64'; endMs: 'f64'; seen: 'u32' }, [...bounds, ...by]);
  columns.bind(store);
  const out = ctx.writer(names(text, ctx.input)), time = windows?.epoch ? (ms: number) => out.number(ms) : (ms: number) => out.time(ms);
  const isSole = bounds.length === 0 && by.length === 0;
  const begin = (slot: Slot): void => { columns.init(slot); store.wake(slot, Infinity); };
  if (isSole) begin(store.sole());
  // Records of windows without their control lines are one group, at the end: hardly what was meant (USERS M2).
  let isFirst = windows === undefined && !ctx.input.managed && !text.by.some(({ expression }) => expression.path?.[0] === 'window_start');
  return {
    rows(run) {
      const { batch } = run;
      if (isFirst && batch.rows.length > 0) { isFirst = false; warnLost(batch, ctx); }
      columns.check(batch);
      columns.rows.reserve(batch.rows.length);
      const { rows, slots } = columns.rows;
      let count = 0;
      if (windows === undefined) {
        // One window that the end closes: no alarm can come between two rows.
        const all = run.rest(), { seen } = store.cells;
        count = all.length;
        rows.set(all);
        if (isSole) slots.fill(store.sole(), 0, count);
        else {
          store.openAll(run, all, slots);
          for (let i = 0; i < count; i++) { const slot = slots[i]; if (seen[slot] === 0) { seen[slot] = 1; begin(slot); } }
        }
      } else {
        const { startMs, endMs, seen } = store.cells, starts = start!(batch), ends = end!(batch);   // `!`: behind windows both are there
        for (let row = run.next(); row >= 0; row = run.next()) {
          const slot = store.open(run, row);
          if (seen[slot] === 0) {
            const from = instantAt(starts, row), to = instantAt(ends, row);
            // Not a bad record but a stream that something has changed: no policy for bad records can mend it.
            if (from !== from || to !== to) throw new LeatError('E_TIME', { got: instantText(from !== from ? starts : ends, row), field: from !== from ? 'window_start' : 'window_end', expected: 'what leat window writes', help: '' });
            seen[slot] = 1;
            columns.init(slot);
            startMs[slot] = from; endMs[slot] = to;
            store.wake(slot, to + latenessMs, from);
          }
          rows[count] = row; slots[count++] = slot;
        }
      }
      columns.rows.count = count;
      columns.add(batch);
    },
    wake(slot, emit) {
      if (windows) { time(store.cells.startMs[slot]); time(store.cells.endMs[slot]); }
      store.key(slot, out, bounds.length);
      columns.result(slot, out);
      emit.made(out);
      store.free(slot);
    },
    ...latenessMs > 0 ? { hold: (w: number) => w - latenessMs } : {},
  };
}

/** A bound as part of the key. */
const boundKey = (field: Field): Field => (batch) => {
  const column = field(batch);
  return column.instants === undefined ? column : numberColumn(column.instants, batch.size);
};

/** Looks at the first record only, and at its text: a column that is wanted for this alone would cost something a record. */
function warnLost(batch: Batch, ctx: Context): void {
  const [row] = batch.rows, { bytes, start, end } = batch.lines;
  if (!findMember(bytes, start[row], end[row], keyOf('window_start'), { start: 0, end: 0 })) return;
  ctx.warn({
    place: `${batch.lines.source}:${batch.lines.line(row)}`, text: 'the records carry window_start, but no control lines came with them: all of them are one group, printed at the end',
    lines: ['a program between `leat window` and here dropped them (jq and grep do), or these are saved results'], help: 'put `leat window` after it, or say by window_start',
  });
}

/** Sessions: records of a key at distance ≤ gap belong together; [first, last + gap). An entry is one open session, its part the number of its first record. */
function sessions(text: AggText, ctx: Context): Operator {
  const columns = new Columns(text, ctx), windows = ctx.input.windows!, { size: gapMs, latenessMs } = windows;
  const by = keysOf(text.by, ctx.input).map(({ expression }) => expression.field(ctx));
  const store = ctx.store({ ...columns.layout, first: 'f64', last: 'f64', seen: 'u32' } as Layout & { first: 'f64'; last: 'f64'; seen: 'u32' }, by);
  columns.bind(store);
  const out = ctx.writer(names(text, ctx.input)), time = windows.epoch ? (ms: number) => out.number(ms) : (ms: number) => out.time(ms);
  let opened = 0;
  return {
    rows(run) {
      const { batch } = run;
      columns.check(batch);
      columns.rows.reserve(batch.rows.length);
      const ms = ctx.event(batch).number, group = columns.rows, { first, last } = store.cells;
      for (let row = run.next(); row >= 0; row = run.next()) {
        const at = ms[row];
        let into = -1;
        for (const slot of store.parts(run, row)) {
          if (at < first[slot] - gapMs || at > last[slot] + gapMs) continue;
          if (into < 0) { into = slot; continue; }
          // The record closes the gap between two sessions: what is collected belongs to both, so it is added before they become one.
          columns.add(batch);
          first[into] = Math.min(first[into], first[slot]); last[into] = Math.max(last[into], last[slot]);
          columns.merge(into, slot);
          store.free(slot);
        }
        if (into < 0) {
          into = store.open(run, row, opened++);
          columns.init(into);
          first[into] = at; last[into] = at;
        } else store.touch(into);
        first[into] = Math.min(first[into], at); last[into] = Math.max(last[into], at);
        // Fires when last + gap + L < W, strictly: event time is whole ms.
        store.wake(into, last[into] + gapMs + latenessMs + 1, first[into]);
        group.rows[group.count] = row; group.slots[group.count++] = into;
      }
      columns.add(batch);
    },
    wake(slot, emit) {
      const { first, last } = store.cells;
      time(first[slot]); time(last[slot] + gapMs);
      store.key(slot, out);
      columns.result(slot, out);
      emit.made(out);
      store.free(slot);
    },
    hold: (w) => w - latenessMs - 1,
  };
}

/** Count windows: every n records of a key, in order; the last partial one at the end. */
function counted(text: AggText, ctx: Context): Operator {
  const columns = new Columns(text, ctx), { size } = ctx.input.windows!;
  const by = text.by.map(({ expression }) => expression.field(ctx));
  const store = ctx.store({ ...columns.layout, index: 'f64', count: 'f64', seen: 'u32' } as Layout & { index: 'f64'; count: 'f64'; seen: 'u32' }, by);
  columns.bind(store);
  const out = ctx.writer(names(text, ctx.input));
  const write = (slot: Slot, emit: Emit): void => {
    out.number(store.cells.index[slot]);
    store.key(slot, out);
    columns.result(slot, out);
    emit.made(out);
  };
  // An entry is opened anew for each window, so that its cells begin at zero; the index goes on.
  return {
    rows(run: Run, emit: Emit) {
      const { batch } = run;
      columns.check(batch);
      columns.rows.reserve(batch.rows.length);
      const group = columns.rows;
      for (let row = run.next(); row >= 0; row = run.next()) {
        const { index, count } = store.cells;
        let slot = store.open(run, row);
        if (count[slot] === size) {
          const at = index[slot] + 1;
          store.free(slot);
          slot = store.open(run, row);
          index[slot] = at;
        }
        if (count[slot]++ === 0) { columns.init(slot); store.wake(slot, Infinity); }
        group.rows[group.count] = row; group.slots[group.count++] = slot;
        if (count[slot] === size) { columns.add(batch); write(slot, emit); }
      }
      columns.add(batch);
    },
    wake(slot, emit) { if (store.cells.count[slot] < size) write(slot, emit); },
  };
}
