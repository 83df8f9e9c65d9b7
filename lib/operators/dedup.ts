// dedup: the first record of each key passes with its original bytes, or the last one; the others are dropped.
// State: one entry a key; with --within D one a kept record, its time the part, forgotten once W > ts + D: the last D of event time. --keep last keeps the records' texts.
// Rule: a duplicate is at most D from a kept record of its key, so the delay cannot change the answer (SEMANTICS 7).
// Order: input order; --keep last --within: (event time, input). Late: ts < W before the record, with --within only. Null is a key like any other.
import { LeatError } from '../errors.js';
import type { Batch, Field, Instant, Millis } from '../record/batch.js';
import { choice, duration, expressions, flag, text } from '../spec/option.js';
import { operator } from '../spec/tool.js';
import { timeOrdered } from './sort/by-time.js';
import { together } from '../record/pack.js';
import { reordered } from '../stream/element.js';
import type { Schema } from '../stream/element.js';
import { TimeOrder } from '../state/time-order.js';
import type { Context, Emit, Operator, Run } from '../stream/operator.js';

export const dedup = operator({
  name: 'dedup', summary: 'keep the first record of each key, or the last', inputs: 1, synopsis: "-k 'EXPR, …'", files: 'any', common: true,
  description: `Writes the first record of each key, byte for byte as it came; later ones of the same key are dropped. The key is one expression or several; null, or a missing field, is a key like any other, 1 and 1.0 are one key.

With --within D a record is a duplicate when a kept record of its key is at most D away in event time, before or after. A kept record is forgotten when the watermark has passed its time by more than D, so memory holds the last D only, and a longer --delay cannot change the answer. A record behind the watermark is late and goes the way of --late.

With --keep last a record gives way to every later one of its key; with --within D, to every later one at most D away in event time. What is left comes at the end, or, with --within D, when the watermark has passed its time by more than D. So with --within D of records that follow one another within D, however many, only the last one comes: as a rule, the state after D of silence.

Without --within a key is never forgotten, so a stream that may go on for ever is refused unless --unbounded is given.`,
  options: {
    key: expressions({ short: 'k', meta: 'EXPR, …', required: true, help: 'what makes records the same; a missing field is null, and null is a key' }),
    within: duration({ meta: 'D', help: 'records more than D apart are not the same, and keys are forgotten' }),
    keep: choice(['first', 'last'], { meta: 'first|last', default: 'first', help: 'which of the same records is kept' }),
    late: text({ free: true, meta: 'drop|fail|FILE', help: 'what becomes of a late record (default drop), with --within' }),
    unbounded: flag({ help: 'without --within, accept a stream that may not end' }),
  },
  memory: 'one entry a key; with --within D, one a kept record of the last D of event time; --keep last also keeps these records, beyond 256 MiB in a temporary file',
  emits: 'at once, in input order; --keep last: at the end, or when the watermark passes ts + D, in the order of the last records',
  guarantees: 'Records pass with their original bytes. With --within and no late records, the answer does not depend on the delay. No late record is lost silently.',
  errors: ['E_FOREVER', 'E_NO_TIME', 'E_TIME', 'E_LATE', 'E_OPTION', 'E_SYNTAX', 'E_JSON'], state: 1,
  makes: ({ keep }) => keep === 'last',
  examples: [
    { title: 'Each order once', run: 'leat dedup -k id', stdin: '{"id":1,"n":1}\n{"id":2,"n":2}\n{"id":1,"n":3}\n', stdout: '{"id":1,"n":1}\n{"id":2,"n":2}\n' },
    { title: 'Requests that a client sent twice within ten minutes', run: 'leat watermark --time ts --delay 5s | leat dedup -k id --within 10m',
      stdin: '{"ts":0,"id":"a"}\n{"ts":7,"id":"a"}\n{"ts":9,"id":"b"}\n', stdout: '{"ts":0,"id":"a"}\n{"ts":9,"id":"b"}\n' },
    { title: 'The last state of each device', run: 'leat dedup -k device --keep last', stdin: '{"device":"a","on":true}\n{"device":"b","on":true}\n{"device":"a","on":false}\n', stdout: '{"device":"b","on":true}\n{"device":"a","on":false}\n' },
  ],
  features: {
    'dedup.first': 'first record of each key, in input order', 'dedup.last': 'last record of each key, at the end', 'dedup.within': 'first record of each key, forgotten after D of event time',
    'dedup.within-last': 'a record without another of its key within D of event time behind it', 'dedup.late-file': 'late records in a file of their own',
  },
  plan({ within, keep, late, unbounded }, [input]) {
    if (within === undefined) {
      if (late !== undefined) throw new LeatError('E_OPTION', { what: '--late: only with --within can a record be late', help: '--within 10m' });
      if (input.managed && !unbounded) throw new LeatError('E_FOREVER', { what: 'the input may go on for ever, and nothing says when a key can be forgotten', help: '--within 10m forgets a key; --unbounded keeps every key' });
    } else if (input.event === undefined) throw new LeatError('E_NO_TIME', { what: '--within' });
    // Kept back, records say all of W where they come in the order of event time, nothing where they come in input order at the end.
    const out = keep === 'first' ? input : within !== undefined ? timeOrdered('--within', input) : atTheEnd(input);
    return { out, uses: [within === undefined ? `dedup.${keep}` as const : keep === 'first' ? 'dedup.within' : 'dedup.within-last', ...late !== undefined && late !== 'drop' && late !== 'fail' ? ['dedup.late-file' as const] : []] };
  },
  create({ key, within, keep }, ctx) {
    const keys = key.map((expression) => expression.field(ctx));
    if (keep === 'first') return within === undefined ? first(keys, ctx) : firstWithin(keys, within, ctx);
    return within === undefined ? last(keys, ctx) : lastWithin(keys, within, ctx);
  },
});

const atTheEnd = (input: Schema): Schema => input.event === undefined ? input : { ...input, event: reordered(input.event, Infinity) };

/** Works the key out before the first effect, so that a bad record ends the run, or is left out, in time. */
const work = (keys: readonly Field[], batch: Batch): void => { for (const key of keys) key(batch); };

function first(keys: readonly Field[], ctx: Context): Operator {
  const store = ctx.store({ seen: 'u32' }, keys);
  store.isTextless = true;
  let slots = new Uint32Array(0);
  return { rows(run, emit) {
    const { batch } = run;
    work(keys, batch);
    const rows = run.rest(), { seen } = store.cells, kept = new Uint32Array(rows.length);
    if (slots.length < rows.length) slots = new Uint32Array(Math.max(rows.length, 1024));
    store.openAll(run, rows, slots);
    let count = 0;
    for (let i = 0; i < rows.length; i++) if (seen[slots[i]] === 0) { seen[slots[i]] = 1; kept[count++] = rows[i]; }
    emit.batch(batch.select(kept.subarray(0, count)));
  } };
}

/** Event times of a batch, with every late record told and `isLate` set by row number; before the first effect, for --late fail ends the run here. */
class Times {
  isLate = new Uint8Array(0);
  private readonly ctx: Context;
  constructor(ctx: Context) { this.ctx = ctx; }
  of(run: Run): Float64Array {
    const { batch } = run, { rows, watermark: w, size } = batch, ms = this.ctx.event(batch).number;
    if (this.isLate.length < size) this.isLate = new Uint8Array(Math.max(size, 1024)); else this.isLate.fill(0, 0, size);
    for (let i = 0; i < rows.length; i++) {
      const row = rows[i];
      if (!(ms[row] < w[row]) || this.ctx.isBad(batch, row)) continue;
      this.isLate[row] = 1;
      this.ctx.late(batch, row, { of: row, at: ms[row], watermark: w[row], by: w[row] - ms[row], again: false });
    }
    return ms;
  }
}

function firstWithin(keys: readonly Field[], within: Millis, ctx: Context): Operator {
  const store = ctx.store({}, keys), times = new Times(ctx);
  store.isTextless = true;
  return { rows(run, emit) {
    const { batch } = run;
    work(keys, batch);
    const ms = times.of(run), { isLate } = times, kept = new Uint32Array(batch.rows.length);
    let count = 0;
    for (let row = run.next(); row >= 0; row = run.next()) {
      const at = ms[row];
      if (isLate[row] === 1 || store.near(run, row, at, within) >= 0) continue;
      store.expire(store.open(run, row, at), at + within + 1);                 // forgotten at W > ts + D: time is whole ms
      kept[count++] = row;
    }
    emit.batch(batch.select(kept.subarray(0, count)));
  } };
}

/** In `text` of an entry: a kept record ≥ 0, or −1 − row of the batch at hand. */
function last(keys: readonly Field[], ctx: Context): Operator {
  const store = ctx.store({ text: 'f64', place: 'f64', row: 'u32', seen: 'u32' }, keys), kept = ctx.kept();
  store.isTextless = true;
  // Entries in the order of their last records: those whose `place` is still that of the log. The others gave way; they go when they are many.
  let slots = new Uint32Array(0), logSlot = new Uint32Array(1024), logPlace = new Float64Array(1024), logged = 0, sequence = 0;
  const log = (slot: number, place: number): void => {
    if (logged === logSlot.length) {
      const { place: placeOf } = store.cells, from = logSlot, at = logPlace;
      if (logged >= 2 * store.size) { logged = 0; for (let i = 0; i < from.length; i++) if (placeOf[from[i]] === at[i]) { from[logged] = from[i]; at[logged++] = at[i]; } }
      else { logSlot = new Uint32Array(logged * 2); logSlot.set(from); logPlace = new Float64Array(logged * 2); logPlace.set(at); }
    }
    logSlot[logged] = slot; logPlace[logged++] = place;
  };
  return {
    rows(run) {
      const { batch } = run;
      work(keys, batch);
      const records = ctx.records(batch), rows = run.rest(), { text: textOf, place, row: lastRow, seen } = store.cells;
      if (slots.length < rows.length) slots = new Uint32Array(Math.max(rows.length, 1024));
      store.openAll(run, rows, slots);
      for (let i = 0; i < rows.length; i++) lastRow[slots[i]] = rows[i];
      for (let i = 0; i < rows.length; i++) {
        const row = rows[i], slot = slots[i];
        if (lastRow[slot] !== row) continue;                                   // another of the batch comes behind it
        if (seen[slot] === 1) kept.drop(textOf[slot]);
        seen[slot] = 1;
        textOf[slot] = kept.add(records, row);
        place[slot] = sequence + row + 1;
        log(slot, place[slot]);
      }
      sequence += batch.size;
    },
    advance(w, emit) {
      if (w < Infinity) return;
      const { text: textOf, place } = store.cells;
      for (let i = 0; i < logged; i++) {
        if (place[logSlot[i]] !== logPlace[i]) continue;
        const { bytes, start, end } = kept.read(textOf[logSlot[i]]);
        emit.begin().copy(bytes, start, end);
        emit.end();
        kept.drop(textOf[logSlot[i]]);
      }
      logged = 0;
    },
    hold: (w) => w === Infinity ? w : -Infinity,
    save(out) { out.count(sequence); out.numbers(logSlot, logged); out.numbers(logPlace, logged); },
    restore(from) {
      sequence = from.count();
      const slotsOf = from.numbers(), places = from.numbers();
      for (let i = 0; i < places.length; i++) log(slotsOf[i], places[i]);
    },
  };
}

const NONE = -1;

function lastWithin(keys: readonly Field[], within: Millis, ctx: Context): Operator {
  const store = ctx.store({ text: 'f64', ticket: 'u32' }, keys), kept = ctx.kept(), times = new Times(ctx), waiting = new TimeOrder();
  store.isTextless = true;
  // A ticket stands in the queue for an entry; NONE: the entry gave way since.
  let slotOf: number[] = [], spare: number[] = [];
  let newcomers = new Uint32Array(0);
  const release = (w: Instant, emit: Emit, batch: Batch | undefined): void => {
    const records = batch === undefined ? undefined : ctx.records(batch);
    while (waiting.least + within < w) {
      const at = waiting.least, ticket = waiting.take(), slot = slotOf[ticket];
      spare.push(ticket);
      if (slot === NONE) continue;
      slotOf[ticket] = NONE;
      const ref = store.cells.text[slot];
      emit.at(at + within + 1);
      if (ref < 0) { const row = -1 - ref; emit.begin().copy(records!.bytes, records!.start[row], records!.end[row]); }   // `!`: rows are of a batch
      else {
        const { bytes, start, end } = kept.read(ref);
        emit.begin().copy(bytes, start, end);
        kept.drop(ref);
      }
      emit.end();
      store.free(slot);
    }
  };
  return {
    rows(run, emit) {
      const { batch } = run;
      work(keys, batch);
      const ms = times.of(run), { isLate } = times, { text: textOf, ticket: ticketOf } = store.cells;
      if (newcomers.length < batch.rows.length) newcomers = new Uint32Array(Math.max(batch.rows.length, 1024));
      let count = 0;
      for (let row = run.next(); row >= 0; row = run.next()) {
        if (isLate[row] === 1) continue;
        const at = ms[row];
        for (let slot = store.near(run, row, at, within); slot >= 0; slot = store.near(run, row, at, within)) {
          if (textOf[slot] >= 0) kept.drop(textOf[slot]);
          slotOf[ticketOf[slot]] = NONE;
          store.free(slot);
        }
        const slot = store.open(run, row, at), ticket = spare.pop() ?? slotOf.length;
        slotOf[ticket] = slot; ticketOf[slot] = ticket; textOf[slot] = -1 - row;
        waiting.add(at, ticket);
        newcomers[count++] = ticket;
      }
      release(batch.watermark[batch.size], emit, batch);
      const records = ctx.records(batch);
      for (let i = 0; i < count; i++) { const slot = slotOf[newcomers[i]]; if (slot !== NONE && textOf[slot] < 0) textOf[slot] = kept.add(records, -1 - textOf[slot]); }
    },
    advance(w, emit) { release(w, emit, undefined); },
    hold: (w) => w - within - 1,
    ...together(waiting, { save(out) { out.numbers(slotOf); out.numbers(spare); }, restore(from) { slotOf = from.list(); spare = from.list(); } }),
  };
}
