// sort: records in the order of some of their fields; stable. Inside each window, at its close; or the whole input, at the end.
// State: the records by their text, each in a section (its window, with --by its window and group), in memory and in sorted runs (lib/state/sorted.ts).
// Rule: the total order of SEMANTICS 2; records of equal keys stay in the order of input. --top N: the first N of each section, then those of a window sorted as a whole.
// Order: windows by end, then start; what a window releases has event time window_end − 1 ms. Records pass with their original bytes.
import { LeatError } from '../errors.js';
import type { Field } from '../record/batch.js';
import { together } from '../record/pack.js';
import { utf8Bytes } from '../record/json.js';
import { numberColumn } from '../record/rows.js';
import { expressions, flag, integer, size, sortKeys, file, text } from '../spec/option.js';
import { operator } from '../spec/tool.js';
import { SortedRows } from '../state/sorted.js';
import type { Order, Rowset } from '../state/sorted.js';
import { reordered } from '../stream/element.js';
import type { Schema, Windowing } from '../stream/element.js';
import type { Context, Emit, Operator } from '../stream/operator.js';
import type { Slot } from '../stream/store.js';
import { resultTime } from './agg.js';
import { boundAt, boundKey, boundsOf } from './agg/bounds.js';
import { inTimeOrder, timeOrdered } from './sort/by-time.js';
import { checker } from './sort/check.js';

export const sort = operator({
  name: 'sort', summary: 'sort records by fields: all of them, or each window', inputs: 1, synopsis: "(-k 'PATH[:desc][:nulls-last], …' | --by-time)", files: 'any', common: true,
  description: `Writes the records in the order of the fields named by -k, byte for byte as they came; records of equal keys stay in the order of input. Values of all types are ordered: null < false < true < numbers < strings (by code point, as LC_ALL=C sort has it) < arrays < objects. Integers of any size are compared exactly; 1 and 1.0 are equal. A missing field is null.

:desc turns the order of one key. Null is least, so it comes first, and last with :desc; :nulls-last and :nulls-first put it where they say, whatever the direction.

Behind leat window the records of each window are sorted when it closes; so it is with results that carry their windows (leat agg -m … | leat sort …). The records are results then: plain NDJSON, unless -m keeps the watermark; their event time is window_end less 1 ms. Sessions and counts have no windows before leat agg has made them, and are refused. Without windows the whole input is sorted, at its end.

--top N keeps the first N records, of each window where there are windows, and with --by of each group; what is kept is sorted as a whole. Of equal records the first of the input are kept; --ties keeps all that are equal to the last one.

--by-time sorts by event time what comes nearly in order, without waiting for the end: a record leaves when the watermark has passed its time. Records of one time stay in the order of input. A record behind the watermark is late and goes the way of --late.

What exceeds -S goes to files in --tmp, which are gone however the run ends. -S is for everything that the sort holds, at most 1 GiB of it is used; a single record always fits.

--check writes nothing: exit status 1 and the place of the first record that belongs before the one before it. It looks at records as they come, whatever their windows.`,
  options: {
    key: sortKeys({ short: 'k', meta: "'PATH[:desc][:nulls-last], …'", help: 'fields to sort by, the first one first' }),
    byTime: flag({ help: 'by event time, as the watermark moves on' }),
    top: integer(1, { meta: 'N', help: 'the first N, of each window where there are any' }),
    by: expressions({ meta: 'KEYS', help: 'the first N of each group' }),
    ties: flag({ help: 'and all that are equal to the last of them' }),
    late: text({ free: true, meta: 'drop|fail|FILE', help: 'with --by-time: what becomes of a late record (default drop)' }),
    memory: size({ free: true, short: 'S', meta: 'SIZE', default: '256M', help: 'memory to use' }),
    tmp: { ...file({ free: true, short: 'T', meta: 'DIR', help: 'folder for what exceeds it, else TMPDIR' }), complete: 'directory' as const },
    check: flag({ help: 'exit 1 where they are not in order, write nothing' }),
  },
  memory: 'at most -S and what a run of any tool takes; --top N: N records, with --by N a group', emits: 'when a window closes; without windows at the end; --by-time: when the watermark has passed a record',
  guarantees: 'Records pass with their original bytes, records of equal keys in the order of input. Nothing is left in --tmp, not even by kill -9.',
  errors: ['E_JSON', 'E_SYNTAX', 'E_USAGE', 'E_OPTION', 'E_ORDER', 'E_NO_TIME', 'E_LATE', 'E_WRITE', 'E_TIME', 'E_UPSTREAM'], state: 1,
  examples: [
    { title: 'The slowest requests first', run: 'leat sort -k ms:desc', stdin: '{"path":"/","ms":5}\n{"path":"/a","ms":71.5}\n{"path":"/b"}\n', stdout: '{"path":"/a","ms":71.5}\n{"path":"/","ms":5}\n{"path":"/b"}\n' },
    { title: 'By event time, five seconds behind the latest record', run: 'leat watermark --delay 5s | leat sort --by-time -p', stdin: '{"ts":3000}\n{"ts":1000}\n{"ts":9000}\n', stdout: '{"ts":1000}\n{"ts":3000}\n{"ts":9000}\n' },
    { title: 'The largest of each host', run: 'leat sort -k bytes:desc --top 1 --by host', stdin: '{"host":"a","bytes":10}\n{"host":"b","bytes":3}\n{"host":"b","bytes":40}\n', stdout: '{"host":"b","bytes":40}\n{"host":"a","bytes":10}\n' },
    { title: 'The busiest paths of each minute', run: "leat window 1m | leat agg -m 'count() as n by path' | leat sort -k n:desc --top 1", stdin: '{"ts":0,"path":"/"}\n{"ts":1,"path":"/a"}\n{"ts":2,"path":"/a"}\n{"ts":60000,"path":"/"}\n',
      stdout: '{"window_start":"1970-01-01T00:00:00.000Z","window_end":"1970-01-01T00:01:00.000Z","path":"/a","n":2}\n{"window_start":"1970-01-01T00:01:00.000Z","window_end":"1970-01-01T00:02:00.000Z","path":"/","n":1}\n' },
  ],
  makes: () => true, results: true,
  features: { sort: 'all records in the order of fields', 'sort.window': 'each window in the order of fields', 'sort.top': 'the first records of all, of a window, or of a group', 'sort.by-time': 'all records in the order of event time, as the watermark moves', 'sort.check': 'whether records are in order' },
  namesake: {
    path: '/usr/bin/sort', letters: 'bcCdfgiMnhrRstuVoz', ours: 'leat sort -k FIELD data.ndjson', advice: { u: 'leat dedup -k FIELD data.ndjson', unique: 'leat dedup -k FIELD data.ndjson', r: 'leat sort -k FIELD:desc data.ndjson', reverse: 'leat sort -k FIELD:desc data.ndjson' },
    names: ['ignore-leading-blanks', 'dictionary-order', 'ignore-case', 'general-numeric-sort', 'ignore-nonprinting', 'month-sort', 'human-numeric-sort', 'numeric-sort', 'random-sort', 'reverse', 'sort', 'version-sort', 'output', 'stable', 'buffer-size',
      'field-separator', 'temporary-directory', 'parallel', 'unique', 'zero-terminated'],
  },
  plan({ key, byTime, top, by, ties, late, check }, [input]) {
    const given = (Object.entries({ '-k': key, '--top': top, '--by': by, '--ties': ties, '--check': check }) as [string, unknown][]).find(([, value]) => value !== undefined)?.[0];
    if (byTime === true) {
      if (given !== undefined) throw new LeatError('E_OPTION', { what: `--by-time and ${given} do not go together`, help: given === '-k' ? 'leat watermark --delay 5s FILE | leat sort --by-time' : 'leave one of them out' });
      if (input.event === undefined) throw new LeatError('E_NO_TIME', { what: '--by-time', then: 'leat sort --by-time' });
      return { out: timeOrdered('--by-time', input), uses: ['sort.by-time'] };
    }
    if (late !== undefined) throw new LeatError('E_OPTION', { what: '--late goes with --by-time', help: input.windows === undefined ? 'leat sort --by-time --late FILE' : 'leat window has decided what is late: set it there' });
    if (key === undefined) throw new LeatError('E_USAGE', { what: given === undefined ? 'nothing says what to sort by: -k or --by-time' : `${given} needs -k, what to sort by`, help: `leat sort -k 'bytes:desc, path'${given === '--top' ? ` --top ${top}` : ''}` });
    if (top === undefined && (by !== undefined || ties === true)) throw new LeatError('E_OPTION', { what: `${by !== undefined ? '--by' : '--ties'} goes with --top N`, help: `leat sort -k bytes:desc --top 10 ${by !== undefined ? '--by host' : '--ties'}` });
    if (check === true && top !== undefined) throw new LeatError('E_OPTION', { what: '--check and --top do not go together', help: 'leat sort -k bytes --check' });
    const windows = windowsOf(input);
    if (check === true) return { out: input, uses: ['sort.check'] };
    const uses = [windows === undefined ? 'sort' as const : 'sort.window' as const, ...top === undefined ? [] : ['sort.top' as const]];
    if (windows !== undefined) return { out: { ...input, event: resultTime, windows: { ...windows, latenessMs: 0 } }, uses, results: true };
    if (input.event === undefined) return { out: input, uses };
    return { out: { ...input, event: reordered(input.event, Infinity) }, uses };
  },
  create({ key = [], byTime, top, by, ties, check }, ctx) {
    if (byTime === true) return inTimeOrder(ctx);
    const orders = key.map(({ desc, nulls }): Order => ({ desc, nulls })), fields = key.map(({ path }) => ctx.field(path));
    if (check === true) return checker(key, fields, ctx);
    const limit = top === undefined ? undefined : { rows: top, ties: ties === true };
    return by === undefined ? plain(orders, fields, limit, ctx) : grouped(orders, fields, by.map((each) => each.field(ctx)), limit, ctx);
  },
});

/** Windows whose bounds are in the records; undefined: none. */
function windowsOf({ windows }: Schema): Windowing | undefined {
  if (windows === undefined || windows.kind === 'fixed') return windows;
  const [what, spec, keep] = windows.kind === 'session' ? ['sessions', 'session 30m', ' -m'] : ['windows of a count', 'count 100', ''];
  throw new LeatError('E_OPTION', { what: `${what} cannot be sorted before leat agg has made them`, help: `leat window ${spec} | leat agg${keep} … | leat sort …` });
}

/** --top and --ties. */
type Top = { readonly rows: number; readonly ties: boolean } | undefined;

/** Sections by window (slot of its entry), or one for all. */
function plain(orders: readonly Order[], fields: readonly Field[], top: Top, ctx: Context): Operator {
  const sorted = new SortedRows(orders, ctx.spilling, { top });
  const windows = windowsOf(ctx.input), close = (): void => sorted.close(), release = (section: number, emit: Emit): void => sorted.drain(section, (bytes, start, end, count) => emit.lines(bytes, start, end, count));
  if (windows === undefined) {
    const store = ctx.store({}), slot = store.sole();
    store.wake(slot, Infinity);
    return {
      rows(run) {
        const { batch } = run, rows = run.rest();
        sorted.addAll(ctx.records(batch), rows, rows.length, fields.map((field) => field(batch)));
      },
      wake: (_slot, emit) => release(0, emit), hold: untilTheEnd, close, ...together(sorted), unfinished: (emit) => sorted.visit(0, (rows, id) => open(sorted, rows, id, emit)),
    };
  }
  const bounds = boundsOf(ctx), { latenessMs } = windows;
  const store = ctx.store({ seen: 'u32' }, [bounds.start, bounds.end].map(boundKey));
  store.isTextless = true;
  let taken = new Uint32Array(0), slots = new Uint32Array(0);  // used again for each batch
  return {
    rows(run) {
      const { batch } = run, { seen } = store.cells, records = ctx.records(batch), keys = fields.map((field) => field(batch));
      if (taken.length < batch.rows.length) { taken = new Uint32Array(Math.max(batch.rows.length, 1024)); slots = new Uint32Array(taken.length); }
      let count = 0;
      for (let row = run.next(); row >= 0; row = run.next()) {
        const slot = store.open(run, row);
        if (seen[slot] === 0) {
          const from = boundAt(ctx, bounds.start, 'window_start', batch, row);
          seen[slot] = 1;
          store.wake(slot, boundAt(ctx, bounds.end, 'window_end', batch, row) + latenessMs, from);
        }
        taken[count] = row; slots[count++] = slot;
      }
      sorted.addAll(records, taken, count, keys, slots);
    },
    wake(slot, emit) { release(slot, emit); store.free(slot); },
    unfinished(emit) { for (const slot of store.pending()) sorted.visit(slot, (rows, id) => open(sorted, rows, id, emit)); },
    ...latenessMs > 0 ? { hold: (w: number) => w - latenessMs } : {}, close, ...together(sorted),
  };
}

/** Sections by window and group: the first rows of each, then all of a window in one order. The number of a record among all is a further key: sections come one by one. */
function grouped(orders: readonly Order[], fields: readonly Field[], by: readonly Field[], top: Top, ctx: Context): Operator {
  const numbered: Order[] = [...orders, { desc: false, nulls: 'first' }], half = { ...ctx.spilling, memoryBytes: Math.ceil(ctx.spilling.memoryBytes / 2) };
  const sorted = new SortedRows(numbered, half, { top: top && { ...top, keys: orders.length } }), whole = new SortedRows(numbered, half, { pool: sorted.pool });
  const windows = windowsOf(ctx.input), bounds = windows && boundsOf(ctx), latenessMs = windows?.latenessMs ?? 0;
  const store = ctx.store({ seen: 'u32' }, [...bounds === undefined ? [] : [bounds.start, bounds.end].map(boundKey), ...by]);
  store.isTextless = true;
  const groups = new Map<string, number[]>(), windowOf = new Map<number, string>();   // entries of each window, the first of which has the alarm
  /** The first records of all groups of a window, given the entry that has its alarm; the entries are freed. */
  const gather = (first: Slot): void => {
    const id = windowOf.get(first)!;                       // `!`: only such entries have an alarm
    for (const slot of groups.get(id)!) { sorted.visit(slot, (rows, at) => whole.addFrom(rows, at, 0)); store.free(slot); }   // `!`: likewise
    windowOf.delete(first); groups.delete(id);
  };
  let number = 0, numbers = new Float64Array(0), taken = new Uint32Array(0), slots = new Uint32Array(0);
  return {
    rows(run) {
      const { batch } = run, { seen } = store.cells, records = ctx.records(batch), keys = fields.map((field) => field(batch));
      for (const field of by) field(batch);
      if (taken.length < batch.rows.length) { taken = new Uint32Array(Math.max(batch.rows.length, 1024)); slots = new Uint32Array(taken.length); }
      if (numbers.length < batch.size) numbers = new Float64Array(Math.max(batch.size, 1024));
      let count = 0;
      for (let row = run.next(); row >= 0; row = run.next()) {
        const slot = store.open(run, row);
        if (seen[slot] === 0) {
          seen[slot] = 1;
          const from = bounds === undefined ? 0 : boundAt(ctx, bounds.start, 'window_start', batch, row), to = bounds === undefined ? Infinity : boundAt(ctx, bounds.end, 'window_end', batch, row);
          const id = `${from} ${to}`, others = groups.get(id);
          if (others !== undefined) others.push(slot); else { groups.set(id, [slot]); windowOf.set(slot, id); store.wake(slot, to + latenessMs, from); }
        }
        numbers[row] = number++;
        taken[count] = row; slots[count++] = slot;
      }
      sorted.addAll(records, taken, count, [...keys, numberColumn(numbers, batch.size)], slots);
    },
    wake(first, emit) {
      gather(first);
      whole.drain(0, (bytes, start, end, count) => emit.lines(bytes, start, end, count));
    },
    unfinished(emit) { for (const first of store.pending()) { gather(first); whole.visit(0, (rows, at) => open(whole, rows, at, emit)); } },
    ...windows === undefined ? { hold: untilTheEnd } : latenessMs > 0 ? { hold: (w: number) => w - latenessMs } : {},
    close() { whole.close(); sorted.close(); },
    // `whole` is filled and handed out in one go.
    ...together(sorted, {
      save(out) {
        out.count(number); out.count(groups.size);
        for (const [id, slots] of groups) { out.text(id); out.numbers(slots); }
      },
      restore(from) {
        number = from.count();
        for (let left = from.count(); left > 0; left--) { const id = from.text(), slots = from.list(); groups.set(id, slots); windowOf.set(slots[0], id); }
      },
    }),
  };
}

/** A record that is shown although it is not final: marked so (USERS 3, Signals). */
function open({ pool: { bytes } }: SortedRows, { start, end }: Rowset, id: number, emit: Emit): void {
  const out = emit.begin(), last = end[id] - 1, isEmpty = bytes.subarray(start[id] + 1, last).every((byte) => byte <= 32);
  out.copy(bytes, start[id], last);
  out.copy(MARK, isEmpty ? 1 : 0, MARK.length);
  emit.end();
}
const MARK = utf8Bytes(',"final":false}');

/** Records come at the end only, in an order that is not that of time: until then W says nothing. */
const untilTheEnd = (w: number): number => w === Infinity ? w : -Infinity;
