// agg --over: adds values to each record that are functions of the records before it (and behind it, lead): SQL's OVER with partitions, in the order of event time.
// Ahead of it stands by-time.ts: what comes is in (event time, input) order, and nothing is late.
// State: by partition and function a running state, or the rows of its frame; partitions of `range` frames are forgotten once W > ts + D. Records that wait for peers or for lead.
// Rule: a value is there when all records that it depends on are: at once, when the last record of equal time has come (range), or n records later (lead).
// Order: that of the input. A record waits for those before it; W is held back to the first that waits.
import { LeatError } from '../../errors.js';
import type { Over } from '../../expr/expression.js';
import type { Field, Instant, Millis } from '../../record/batch.js';
import { together } from '../../record/pack.js';
import type { Pack, Unpack } from '../../record/pack.js';
import { pathText, samePath } from '../../record/path.js';
import type { Schema } from '../../stream/element.js';
import type { Context, Operator } from '../../stream/operator.js';
import type { Journalled, Layout, Marks, Slot, Store } from '../../stream/store.js';
import { TimeOrder } from '../../state/time-order.js';
import { instantAt } from '../../time/instant.js';
import { Accumulated } from './over/accumulated.js';
import { resolveOver } from './over/item.js';
import type { Item } from './over/item.js';
import { Moving } from './over/moving.js';
import { Lag, Lead, RowNumber } from './over/place.js';
import { Values } from './over/values.js';

/** What comes out: the records with their values. Errors: what the operand says cannot be. */
export function planOver(overs: readonly Over[], input: Schema): Schema {
  const { event, windows } = input;
  if (event === undefined) throw new LeatError('E_NO_TIME', { what: '--over' });
  if (windows !== undefined && windows.kind !== 'fixed') throw new LeatError('E_OPTION', { what: `--over: ${windows.kind === 'session' ? 'sessions' : 'windows of a count'} are made by agg, and the records do not say theirs`, help: "leat agg -m '…' makes them; --over behind it" });
  for (const over of overs) {
    resolveOver(over);
    if (over.order !== undefined && !samePath(over.order.path, event.path)) {
      throw new LeatError('E_SYNTAX', { why: `--over works in the order of the event time, which is ${pathText(event.path)}`, help: `order ${pathText(event.path)}; another field is made the event time by leat watermark --time ${pathText(over.order.path)}` }, over.order.spot);
    }
  }
  // As behind map: a field that is set anew is no event time.
  if (!overs.some(({ call: { name } }) => event.path[0] === name)) return input;
  const { event: _event, ...rest } = input;
  return rest;
}

/** Partitions by one list of keys, and the functions over them. */
class Partitioning implements Journalled {
  readonly store: Store<Layout>;
  readonly items: Item[] = [];
  slots = new Uint32Array(0);
  reachMs: Millis = 0;
  /** By partition: the greatest time of a record that it can matter to (NaN: there is none), and whether it is in the queue of those to be forgotten. */
  readonly until: Instant[] = [];
  readonly isFiled: boolean[] = [];
  readonly dying = new TimeOrder();
  readonly journal: Marks | undefined;
  constructor(by: readonly Field[], ctx: Context) {
    this.store = ctx.store({}, by);
    this.store.isTextless = true;
    this.journal = ctx.journal(this);
  }

  /** A record has come; it matters until then. */
  matters(part: Slot, until: Instant): void {
    this.until[part] = until;
    if (until < Infinity && this.isFiled[part] !== true) { this.isFiled[part] = true; this.dying.add(until, part); }
    this.journal?.mark(part);
  }
  /** Partitions that matter to no record of time w and on. */
  forget(w: Instant): void {
    const { dying, until } = this;
    while (dying.least < w) {
      const part: Slot = dying.take();
      if (until[part] >= w) { dying.add(until[part], part); continue; }
      for (const item of this.items) item.forget(part);
      this.isFiled[part] = false; until[part] = NaN;
      this.store.free(part);
      this.journal?.mark(part);
    }
  }

  write(part: Slot, out: Pack): boolean {
    const until = this.until[part];
    if (until === undefined || until !== until) return false;
    out.number(until);
    for (const item of this.items) item.write(part, out);
    return true;
  }
  restored(part: Slot, from: Unpack): void {
    const until = from.number();
    while (this.until.length < part) { this.until.push(NaN); this.isFiled.push(false); }
    this.until[part] = until; this.isFiled[part] = until < Infinity;
    if (until < Infinity) this.dying.add(until, part);
    for (const item of this.items) item.restored(part, from);
  }
}

export function over(overs: readonly Over[], ctx: Context): Operator {
  const { windows } = ctx.input, names = overs.map(({ call }) => call.name);
  const values = new Values(names, ctx), items: Item[] = [], keys: Field[] = [], partitionings = new Map<string, Partitioning>();
  // By window_start is implied behind `window`, as for agg.
  const bounds = windows === undefined ? [] : windows.nested ? ['window_start', 'window_end'] : ['window_start'];
  overs.forEach((each, index) => {
    const id = JSON.stringify(each.by.map(({ text }) => text));
    let partitioning = partitionings.get(id);
    if (partitioning === undefined) {
      const by = [...bounds.map((name) => ctx.stands([name])), ...each.by.map((expression) => expression.field(ctx))];
      keys.push(...by);
      partitionings.set(id, partitioning = new Partitioning(by, ctx));
    }
    const item = make(each, index, values, ctx);
    items.push(item); partitioning.items.push(item);
    partitioning.reachMs = Math.max(partitioning.reachMs, item.reachMs);
  });
  const groups = [...partitionings.values()], ends = windows && ctx.stands(['window_end']);
  let at: Instant = -Infinity;                             // time of the last record: its peers may still come
  const close = (): void => { for (const item of items) item.close?.(); };
  return {
    rows(run, emit) {
      const { batch } = run, ms = ctx.event(batch).number;
      for (const key of keys) key(batch);
      for (const item of items) item.batch(batch);
      values.batch(batch);
      const rows = run.rest(), end = ends?.(batch);
      for (const group of groups) {
        if (group.slots.length < rows.length) group.slots = new Uint32Array(Math.max(rows.length, 1024));
        group.store.openAll(run, rows, group.slots);
      }
      for (let i = 0; i < rows.length; i++) {
        const row = rows[i], time = ms[row];
        if (time > at) { close(); at = time; }
        const place = values.wait(row, time);
        // Behind a window nothing comes for it once W has reached its end.
        const limit = end === undefined ? Infinity : instantAt(end, row) - 1;
        for (const group of groups) {
          const part = group.slots[i];
          for (const item of group.items) item.row(part, row, time, place);
          group.matters(part, Math.min(time + group.reachMs, limit));
        }
      }
      values.flush(emit);
      values.keep();
    },
    advance(w, emit) {
      if (at < w) close();
      for (const group of groups) group.forget(w);
      if (w === Infinity) for (const item of items) item.end?.();
      values.flush(emit);
    },
    hold: (w) => Math.min(w, values.first),
    ...together(values, {
      save(out) { out.number(at); for (const item of items) item.save?.(out); },
      restore(from) { at = from.number(); for (const item of items) item.restore?.(from); },
    }),
  };
}

function make(each: Over, index: number, values: Values, ctx: Context): Item {
  const { frame } = each, resolved = resolveOver(each);
  switch (resolved.kind) {
    case 'aggregate': {
      const { aggregate, params } = resolved;
      return frame === undefined || frame.preceding === Infinity ? new Accumulated(each, frame?.kind ?? 'range', aggregate, params, values, index, ctx) : new Moving(each, frame, aggregate, params, values, index, ctx);
    }
    case 'lag': return new Lag(each, resolved.distance, values, index, ctx);
    case 'lead': return new Lead(each, resolved.distance, values, index, ctx);
    default: return new RowNumber(resolved.kind, values, index);
  }
}
