// watermark: event time begins here. W(n) = max(ts of records 1..n) − d, never falling (SEMANTICS 4). Records pass with their original bytes.
// State: one entry a source (--per, or partitions of a topic; else one): its greatest event time and when it was heard. Order: input order.
// Rule: W of several sources is the minimum over those seen that are not idle, and never falls.
import { LeatError } from '../errors.js';
import type { Instant } from '../record/batch.js';
import { formatInstant, instantText } from '../time/instant.js';
import { formatDuration } from '../time/duration.js';
import { pathText } from '../record/path.js';
import { watermarkOptions } from '../spec/common.js';
import type { EventTime, Schema } from '../stream/element.js';
import type { Context, Operator, Parts, Path, Run } from '../stream/operator.js';
import type { Pack, Unpack } from '../record/pack.js';
import { operator } from '../spec/tool.js';
import type { OperatorSpec } from '../spec/tool.js';
import type { Values } from '../spec/option.js';

/** Event time as the options of watermark, window or from say it. */
export function eventTime({ time, unit, timeFormat, delay, per, every }: Values<typeof watermarkOptions>, isByInput = false): EventTime {
  // With several sources, or W rounded, the records alone do not say W: only watermark lines do.
  const isImplied = per === undefined && every === undefined && !isByInput;
  return { path: time ?? ['ts'], unit: unit ?? 'ms', ...timeFormat === undefined ? {} : { format: timeFormat }, delayMs: isImplied ? delay ?? 0 : Infinity, shiftMs: 0 };
}

/** Event time cannot begin twice: who began it, with what (USERS M24). `option`: what was given here. */
export function timeIsThere(before: string, option: string, { tools, event }: Schema): LeatError {
  const delay = event === undefined || event.delayMs === Infinity ? '' : `, delay ${formatDuration(event.delayMs)}`;
  const what = `${before}event time already comes from upstream (${tools.find((tool) => tool === 'watermark' || tool === 'from') ?? tools.join(', ')}${event === undefined ? '' : `, field ${pathText(event.path)}`}${delay})`;
  return new LeatError('E_OPTION', { what, help: option === 'delay' ? 'set the delay there, in `leat watermark`' : `set ${option === '' ? 'it' : `--${option}`} there, in \`leat watermark\`` });
}

export const watermark = operator({
  name: 'watermark', summary: 'say which field is the event time, and how far records may be out of order', inputs: 1, synopsis: '', files: 'any', common: true,
  description: `Begins a managed stream: the records pass unchanged, and the tools behind know the event time and the watermark W, the greatest event time so far less --delay. A record behind W is late for the windows that W has closed.

Event times are whole ms since the epoch. Numbers are ms unless --unit says otherwise; strings are RFC 3339 with an offset or Z, unless --time-format gives their form. A record without a time, or with one that cannot be read, is a bad record.

With --idle D a silent input moves on: after D without a record W goes on with the clock, as if event time had passed like the silence; with --per a silent source no longer holds the others back. It is the only option that looks at a clock, and what it decides becomes part of the stream.`,
  options: watermarkOptions,
  memory: 'one entry a source with --per, else none', emits: 'at once, in input order',
  guarantees: 'Records pass with their original bytes. Without --idle W depends on nothing but the records.',
  errors: ['E_TIME', 'E_AHEAD', 'E_JSON', 'E_DURATION'], state: 1,
  examples: [
    { title: 'Records up to five seconds out of order', run: 'leat watermark --time ts --delay 5s | leat show', stdin: '{"ts":10000}\n{"ts":7000}\n',
      stdout: '# hello: watermark, time ts (ms), delay 5s\n{"ts":10000}\n{"ts":7000}\n# end: drain\n' },
    { title: 'Times in another form', run: "leat watermark --time at --time-format '%d/%b/%Y:%H:%M:%S %z' -p", stdin: '{"at":"17/May/2015:10:05:03 +0000"}\n', stdout: '{"at":"17/May/2015:10:05:03 +0000"}\n' },
  ],
  features: { watermark: 'W by the greatest event time less a delay', 'watermark.per': 'W as the minimum over sources' },
  plan(options, [input]) {
    if (input.managed && input.event !== undefined) {
      throw timeIsThere('', Object.keys(watermarkOptions).find((name) => name !== 'time' && options[name as keyof typeof options] !== undefined) ?? '', input);
    }
    return { out: { ...input, event: eventTime(options), managed: true, tools: [...input.tools] }, uses: options.per === undefined ? ['watermark'] : ['watermark', 'watermark.per'] };
  },
  create: (options, ctx) => create(options, ctx, false),
});

/** The same where each input is a source: the partitions of a topic. Those that are known to have records count from the start, others from their first record on. */
export const watermarkByInput: OperatorSpec = Object.freeze({
  ...watermark,
  // Engines that read topics do the same by themselves: it is no feature that one of them may lack.
  plan(options: Options, inputs: readonly Schema[]) { const { out, uses } = watermark.plan(options, inputs); return { out: { ...out, event: eventTime(options, true) }, uses }; },
  create: (options: Options, ctx: Context) => create(options, ctx, true),
});

type Options = Values<typeof watermarkOptions>;

/** Sources by number, with the greatest event time of each and when it was heard. */
interface Sources {
  readonly cells: { readonly greatest: { [slot: number]: number }; readonly heard: { [slot: number]: number } };
  /** The number of the row's source; a new one is also added to `open`. */
  of(run: Run, row: number): number;
  touch(slot: number): void;
}

/** One for all records, or one a value of a field. */
function fieldSources(ctx: Context, per: Path | undefined, open: number[]): Sources {
  const store = ctx.store({ greatest: 'f64', heard: 'f64' }, per === undefined ? [] : [ctx.field(per)]);
  const begin = (slot: number): number => { store.cells.greatest[slot] = -Infinity; open.push(slot); return slot; };
  if (per === undefined) begin(store.sole());
  return { get cells() { return store.cells; }, of(run, row) { const slot = store.find(run, row); return slot < 0 ? begin(store.open(run, row)) : slot; }, touch: (slot) => store.touch(slot) };
}

/** One an input, by its name. They are few, so they are saved as a whole. */
class InputSources implements Sources {
  readonly cells: { greatest: number[]; heard: number[] } = { greatest: [], heard: [] };
  private readonly slots = new Map<string, number>();
  private readonly open: number[];
  private last = '';
  private slot = -1;
  constructor(open: number[]) { this.open = open; }
  of({ batch: { lines: { source } } }: Run): number { return source === this.last ? this.slot : this.named(source, 0); }
  named(name: string, nowMs: number): number {
    let slot = this.slots.get(name);
    if (slot === undefined) {
      this.slots.set(name, slot = this.slots.size);
      this.cells.greatest[slot] = -Infinity; this.cells.heard[slot] = nowMs;
      this.open.push(slot);
    }
    this.last = name;
    return this.slot = slot;
  }
  touch(): void { /* save() writes all of them */ }
  save(out: Pack): void { out.text(JSON.stringify([...this.slots.keys()])); out.numbers(this.cells.greatest); out.numbers(this.cells.heard); }
  restore(from: Unpack): void {
    this.slots.clear(); this.last = '';
    for (const name of JSON.parse(from.text()) as string[]) this.slots.set(name, this.slots.size);
    this.cells.greatest = from.list(); this.cells.heard = from.list();
  }
}

function create(options: Options, ctx: Context, isByInput: boolean): Operator {
  const { per, idle, maxAhead } = options, delayMs = options.delay ?? 0, stepMs = options.every;
  const time = eventTime(options, isByInput);
  const instant = ctx.instant(time), source = ctx.field(time.path);
  const round = stepMs === undefined ? (w: Instant) => w : (w: Instant) => w === Infinity || w === -Infinity ? w : Math.floor(w / stepMs) * stepMs;
  const open: number[] = [];                          // slots of the sources seen
  const inputs = isByInput ? new InputSources(open) : undefined, store: Sources = inputs ?? fieldSources(ctx, per, open), isSole = per === undefined && inputs === undefined;
  let at: Instant = -Infinity, nowMs = 0, w = new Float64Array(0);   // w: used again for each batch

  /** W over all sources, given the clock. */
  const minimum = (): Instant => {
    const { greatest, heard } = store.cells;
    let least = Infinity, most = -Infinity;
    for (const slot of open) {
      most = Math.max(most, greatest[slot]);
      if (idle === undefined || nowMs - heard[slot] < idle) least = Math.min(least, greatest[slot]);
    }
    if (least < Infinity || open.length === 0) return least === Infinity ? -Infinity : least - delayMs;
    let silentMs = Infinity;                            // all are silent: event time goes on like the clock
    for (const slot of open) silentMs = Math.min(silentMs, nowMs - heard[slot]);
    return most === -Infinity ? most : most - delayMs + silentMs;
  };

  let isFirst = true, isResumed = false, areExpected = inputs === undefined;
  /** What is known to come holds W from the start, or where a run goes on. */
  const expect = (): void => { areExpected = true; for (const name of ctx.inputs) inputs!.named(name, nowMs); };   // `!`: there are
  const warnUnit = (ms: Instant): void => {
    if (!isFirst || ms !== ms) return;
    isFirst = false;
    if (options.unit === undefined && time.format === undefined && ms > 1e8 && ms < 1e11) {
      ctx.warn({ text: `${pathText(time.path)} = ${ms} is ${formatInstant(ms)} when read as milliseconds; it looks like seconds`, help: '--unit s; or --unit ms, if 1970 is meant' });
    }
  };

  return {
    rows(run, emit) {
      const { batch } = run, ms = instant(batch).number, { size } = batch;
      if (!areExpected) expect();
      warnUnit(batch.rows.length > 0 ? ms[batch.rows[0]] : NaN);
      if (w.length <= size) w = new Float64Array(Math.max(size + 1, 1024));
      let filled = 0;                                   // W is written for row numbers below it
      if (isSole && maxAhead === undefined && idle === undefined) {
        const [slot] = open, { greatest } = store.cells;
        const rows = run.rest();
        const top = greatest[slot] = follow(ms, rows, w, greatest[slot], at, delayMs, stepMs ?? 0);
        at = Math.max(at, round(top - delayMs));
        filled = rows.length === 0 ? 0 : rows[rows.length - 1] + 1;
        store.touch(slot);
      } else {
        const saved = { at, greatest: open.map((slot) => store.cells.greatest[slot]) };
        for (let row = run.next(); row >= 0; row = run.next()) {
          while (filled <= row) w[filled++] = at;
          const slot = isSole ? open[0] : store.of(run, row), { greatest, heard } = store.cells, ts = ms[row];
          if (maxAhead !== undefined && greatest[slot] > -Infinity && ts - greatest[slot] > maxAhead) {
            // Where this ends the run, the records before it are worked off again, from the state before them.
            const detail = { got: instantText(source(batch), row), ahead: formatDuration(ts - greatest[slot]) };
            try { ctx.bad(batch, row, 'E_AHEAD', detail); } catch (cut) {
              at = saved.at;
              open.forEach((known, i) => { greatest[known] = saved.greatest[i] ?? -Infinity; });
              throw cut;
            }
            continue;
          }
          store.touch(slot);
          if (ts > greatest[slot]) greatest[slot] = ts;
          heard[slot] = nowMs;
          at = Math.max(at, round(minimum()));
        }
      }
      w.fill(at, filled, size + 1);
      emit.batch(batch.timed(w));
    },
    ...!isSole || maxAhead !== undefined || idle !== undefined ? {} : { parts: {
      give(out) { const { greatest } = store.cells, [slot] = open; out.number(greatest[slot]); greatest[slot] = at = -Infinity; },
      take(from) {
        const { greatest } = store.cells, [slot] = open;
        greatest[slot] = Math.max(greatest[slot], from.number());
        at = Math.max(at, round(greatest[slot] - delayMs));
        store.touch(slot);
      },
    } satisfies Parts },
    hold: (given) => given === Infinity ? given : at,
    save(out) { out.number(at); out.number(nowMs); out.flag(isFirst); out.numbers(open); inputs?.save(out); },
    restore(from) { at = from.number(); nowMs = from.number(); isFirst = from.flag(); open.splice(0, open.length, ...from.list()); inputs?.restore(from); isResumed = true; },
    ...idle === undefined ? {} : { idle(now: number, arrived: boolean) {
      // The clock of another process, and the time in which there was none: silence goes on where it was.
      if (isResumed) for (const slot of open) { store.cells.heard[slot] += now - nowMs; store.touch(slot); }
      isResumed = false;
      nowMs = now;
      if (!arrived) at = Math.max(at, round(minimum()));
      return at;
    } },
  };
}

/**
 * W before each row up to the last one, where it is `now` before the first of them: the greatest event time so far (`top`) less the delay, rounded down to multiples of stepMs (0: not at all).
 * Gives the greatest event time. What is done for every row stands alone: V8 compiles this loop and not all around it.
 */
function follow(ms: Float64Array, rows: Uint32Array, w: Float64Array, top: Instant, now: Instant, delayMs: number, stepMs: number): Instant {
  let filled = 0;
  for (let i = 0; i < rows.length; i++) {
    const row = rows[i], at = ms[row];
    while (filled <= row) w[filled++] = now;
    if (at > top) {
      top = at;
      const next = stepMs === 0 ? at - delayMs : Math.floor((at - delayMs) / stepMs) * stepMs;
      if (next > now) now = next;
    }
  }
  return top;
}
