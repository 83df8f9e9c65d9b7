// sort: records in the order of some of their fields; stable. Inside each window, at its close; or the whole input, at the end.
// State: the records by their text, each in a section (its window, with --by its window and group), in memory and in sorted runs (lib/state/sorted.ts).
// Rule: the total order of SEMANTICS 2; records of equal keys stay in the order of input. --top N: the first N of each section, then those of a window sorted as a whole.
// Order: windows by end, then start; what a window releases has event time window_end − 1 ms. Records pass with their original bytes.
import { LeatError } from '../errors.js';
import type { Batch, Column, Field } from '../record/batch.js';
import { Tag } from '../record/batch.js';
import { compareValues } from '../record/compare.js';
import { spanText } from '../record/json.js';
import { numberColumn } from '../record/rows.js';
import { expressions, flag, integer, size, sortKeys, file } from '../spec/option.js';
import { operator } from '../spec/tool.js';
import { SortedRows } from '../state/sorted.js';
import type { Order } from '../state/sorted.js';
import type { EventTime, Schema, Windowing } from '../stream/element.js';
import type { Context, Emit, Operator } from '../stream/operator.js';
import type { SortKey } from '../expr/expression.js';
import { instantAt, instantText } from '../time/instant.js';
import { resultTime } from './agg.js';

export const sort = operator({
  name: 'sort', summary: 'sort records by fields: all of them, or each window', inputs: 1, synopsis: "-k 'PATH[:desc][:nulls-last], …'", files: 'any', common: true,
  description: `Writes the records in the order of the fields named by -k, byte for byte as they came; records of equal keys stay in the order of input. Values of all types are ordered: null < false < true < numbers < strings (by code point, as LC_ALL=C sort has it) < arrays < objects. Integers of any size are compared exactly; 1 and 1.0 are equal. A missing field is null.

:desc turns the order of one key. Null is least, so it comes first, and last with :desc; :nulls-last and :nulls-first put it where they say, whatever the direction.

Behind leat window the records of each window are sorted when it closes; so it is with results that carry their windows (leat agg -m … | leat sort …). The records are results then: plain NDJSON, unless -m keeps the watermark; their event time is window_end less 1 ms. Sessions and counts have no windows before leat agg has made them, and are refused. Without windows the whole input is sorted, at its end.

--top N keeps the first N records, of each window where there are windows, and with --by of each group; what is kept is sorted as a whole. Of equal records the first of the input are kept; --ties keeps all that are equal to the last one.

What exceeds -S goes to files in --tmp, which are gone however the run ends. -S is for everything that the sort holds, at most 2 GiB of it are used; a single record always fits.

--check writes nothing: exit status 1 and the place of the first record that belongs before the one before it. It looks at records as they come, whatever their windows.`,
  options: {
    key: sortKeys({ short: 'k', meta: "'PATH[:desc][:nulls-last], …'", help: 'fields to sort by, the first one first' }),
    top: integer(1, { meta: 'N', help: 'keep the first N records, of each window' }),
    by: expressions({ meta: 'KEYS', help: 'with --top: N records of each group' }),
    ties: flag({ help: 'with --top: also those equal to the last one' }),
    memory: size({ short: 'S', meta: 'SIZE', default: '256M', help: 'memory for records; what exceeds it goes to files' }),
    tmp: { ...file({ short: 'T', meta: 'DIR', help: 'folder for those files (default TMPDIR)' }), complete: 'directory' as const },
    check: flag({ help: 'write nothing; exit 1 if the records are not in order' }),
  },
  memory: 'at most -S and what a run of any tool takes; --top N: N records, with --by N a group', emits: 'when a window closes; without windows at the end',
  guarantees: 'Records pass with their original bytes, records of equal keys in the order of input. Nothing is left in --tmp, not even by kill -9.',
  errors: ['E_JSON', 'E_SYNTAX', 'E_USAGE', 'E_OPTION', 'E_ORDER', 'E_WRITE', 'E_TIME', 'E_UPSTREAM'], state: 1,
  examples: [
    { title: 'The slowest requests first', run: 'leat sort -k ms:desc', stdin: '{"path":"/","ms":5}\n{"path":"/a","ms":71.5}\n{"path":"/b"}\n', stdout: '{"path":"/a","ms":71.5}\n{"path":"/","ms":5}\n{"path":"/b"}\n' },
    { title: 'The largest of each host', run: 'leat sort -k bytes:desc --top 1 --by host', stdin: '{"host":"a","bytes":10}\n{"host":"b","bytes":3}\n{"host":"b","bytes":40}\n', stdout: '{"host":"b","bytes":40}\n{"host":"a","bytes":10}\n' },
    { title: 'The busiest paths of each minute', run: "leat window 1m | leat agg -m 'count() as n by path' | leat sort -k n:desc --top 1", stdin: '{"ts":0,"path":"/"}\n{"ts":1,"path":"/a"}\n{"ts":2,"path":"/a"}\n{"ts":60000,"path":"/"}\n',
      stdout: '{"window_start":"1970-01-01T00:00:00.000Z","window_end":"1970-01-01T00:01:00.000Z","path":"/a","n":2}\n{"window_start":"1970-01-01T00:01:00.000Z","window_end":"1970-01-01T00:02:00.000Z","path":"/","n":1}\n' },
  ],
  makes: () => true, results: true,
  features: { sort: 'all records in the order of fields', 'sort.window': 'each window in the order of fields', 'sort.top': 'the first records of all, of a window, or of a group', 'sort.check': 'whether records are in order' },
  plan({ key, top, by, ties, check }, [input]) {
    if (key === undefined) throw new LeatError('E_USAGE', { what: "-k is missing: what to sort by", help: "leat sort -k 'bytes:desc, path'" });
    const needsTop = by !== undefined ? '--by' : ties ? '--ties' : undefined;
    if (needsTop !== undefined && top === undefined) throw new LeatError('E_OPTION', { what: `${needsTop} goes with --top N`, help: `leat sort -k bytes:desc --top 10${by === undefined ? ' --ties' : ' --by host'}` });
    if (check && top !== undefined) throw new LeatError('E_OPTION', { what: '--check and --top do not go together', help: 'leat sort -k bytes --check' });
    const windows = windowsOf(input);
    if (check) return { out: input, uses: ['sort.check'] };
    const uses = [...windows === undefined ? ['sort' as const] : ['sort.window' as const], ...top === undefined ? [] : ['sort.top' as const]];
    if (windows !== undefined) return { out: { ...input, event: resultTime, ...input.windows === undefined ? {} : { windows: { ...input.windows, latenessMs: 0 } } }, uses, results: true };
    return { out: input.event === undefined ? input : { ...input, event: { ...input.event, delayMs: Infinity } }, uses };
  },
  create({ key = [], top, by, ties, check }, ctx) {
    const orders = key.map(({ desc, nulls }): Order => ({ desc, nulls })), fields = key.map(({ path }) => ctx.field(path));
    if (check) return checker(key, fields, ctx);
    const limit = top === undefined ? undefined : { rows: top, ties: ties === true };
    return by === undefined ? plain(orders, fields, limit, ctx) : grouped(orders, fields, by.map((each) => each.field(ctx)), limit, ctx);
  },
});

/** Windows whose bounds are in the records: those that `window` gave, or those of results (SEMANTICS 5). undefined: none. */
function windowsOf({ windows, event }: Schema): Pick<Windowing, 'latenessMs'> | undefined {
  if (windows !== undefined && windows.kind !== 'fixed') {
    const kind = windows.kind === 'session' ? 'sessions' : 'windows of a count';
    throw new LeatError('E_OPTION', { what: `${kind} cannot be sorted: they are made by leat agg`, help: `leat window ${windows.kind === 'session' ? 'session 30m' : 'count 100'} | leat agg${windows.kind === 'session' ? ' -m' : ''} … | leat sort …` });
  }
  return windows ?? (event !== undefined && isResultTime(event) ? { latenessMs: 0 } : undefined);
}
const isResultTime = ({ path, shiftMs }: EventTime): boolean => path.length === 1 && path[0] === resultTime.path[0] && shiftMs === resultTime.shiftMs;

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
      wake: (_slot, emit) => release(0, emit), hold: untilTheEnd, close,
    };
  }
  const bounds = new Bounds(ctx), { latenessMs } = windows;
  const store = ctx.store({ startMs: 'f64', endMs: 'f64', seen: 'u32' }, bounds.keys);
  let taken = new Uint32Array(0), slots = new Uint32Array(0);  // used again for each batch
  return {
    rows(run) {
      const { batch } = run, { seen, startMs, endMs } = store.cells, records = ctx.records(batch), keys = fields.map((field) => field(batch));
      if (taken.length < batch.rows.length) { taken = new Uint32Array(Math.max(batch.rows.length, 1024)); slots = new Uint32Array(taken.length); }
      bounds.begin(batch);
      let count = 0;
      for (let row = run.next(); row >= 0; row = run.next()) {
        const slot = store.open(run, row);
        if (seen[slot] === 0) {
          bounds.read(row);
          seen[slot] = 1; startMs[slot] = bounds.startMs; endMs[slot] = bounds.endMs;
          store.wake(slot, bounds.endMs + latenessMs, bounds.startMs);
        }
        taken[count] = row; slots[count++] = slot;
      }
      sorted.addAll(records, taken, count, keys, slots);
    },
    wake(slot, emit) { release(slot, emit); store.free(slot); },
    ...latenessMs > 0 ? { hold: (w: number) => w - latenessMs } : {}, close,
  };
}

/** Sections by window and group: the first rows of each, then all of a window in one order. The number of a record among all is a further key: sections come one by one. */
function grouped(orders: readonly Order[], fields: readonly Field[], by: readonly Field[], top: Top, ctx: Context): Operator {
  const numbered: Order[] = [...orders, { desc: false, nulls: 'first' }], half = { ...ctx.spilling, memoryBytes: Math.ceil(ctx.spilling.memoryBytes / 2) };
  const sorted = new SortedRows(numbered, half, { top: top && { ...top, keys: orders.length } }), whole = new SortedRows(numbered, half, { pool: sorted.pool });
  const windows = windowsOf(ctx.input), bounds = windows && new Bounds(ctx), latenessMs = windows?.latenessMs ?? 0;
  const store = ctx.store({ seen: 'u32' }, [...bounds === undefined ? [] : bounds.keys, ...by]);
  const groups = new Map<string, number[]>(), windowOf = new Map<number, string>();   // entries of each window, the first of which has the alarm
  let number = 0, numbers = new Float64Array(0), taken = new Uint32Array(0), slots = new Uint32Array(0);
  return {
    rows(run) {
      const { batch } = run, { seen } = store.cells, records = ctx.records(batch), keys = fields.map((field) => field(batch));
      for (const field of by) field(batch);
      if (taken.length < batch.rows.length) { taken = new Uint32Array(Math.max(batch.rows.length, 1024)); slots = new Uint32Array(taken.length); }
      if (numbers.length < batch.size) numbers = new Float64Array(Math.max(batch.size, 1024));
      bounds?.begin(batch);
      let count = 0;
      for (let row = run.next(); row >= 0; row = run.next()) {
        const slot = store.open(run, row);
        if (seen[slot] === 0) {
          seen[slot] = 1;
          bounds?.read(row);
          const id = bounds === undefined ? '' : `${bounds.startMs} ${bounds.endMs}`, others = groups.get(id);
          if (others !== undefined) others.push(slot);
          else { groups.set(id, [slot]); windowOf.set(slot, id); store.wake(slot, bounds === undefined ? Infinity : bounds.endMs + latenessMs, bounds?.startMs); }
        }
        numbers[row] = number++;
        taken[count] = row; slots[count++] = slot;
      }
      sorted.addAll(records, taken, count, [...keys, numberColumn(numbers, batch.size)], slots);
    },
    wake(first, emit) {
      const id = windowOf.get(first)!;                     // `!`: only such entries have an alarm
      for (const slot of groups.get(id)!) { sorted.visit(slot, (rows, at) => whole.addFrom(rows, at, 0)); store.free(slot); }   // `!`: likewise
      windowOf.delete(first); groups.delete(id);
      whole.drain(0, (bytes, start, end, count) => emit.lines(bytes, start, end, count));
    },
    ...windows === undefined ? { hold: untilTheEnd } : latenessMs > 0 ? { hold: (w: number) => w - latenessMs } : {},
    close() { whole.close(); sorted.close(); },
  };
}

/** Records come at the end only, in an order that is not that of time: until then W says nothing. */
const untilTheEnd = (w: number): number => w === Infinity ? w : -Infinity;

/** Bounds of the window of a record. */
class Bounds {
  readonly keys: readonly Field[];
  startMs = 0;
  endMs = 0;
  private readonly start: Field;
  private readonly end: Field;
  private starts!: Column;
  private ends!: Column;
  constructor(ctx: Context) {
    this.start = ctx.stands(['window_start']); this.end = ctx.stands(['window_end']);
    this.keys = [this.start, this.end].map((field) => (batch: Batch) => { const column = field(batch); return column.instants === undefined ? column : numberColumn(column.instants, batch.size); });
  }
  begin(batch: Batch): void { this.starts = this.start(batch); this.ends = this.end(batch); }
  read(row: number): void {
    const { starts, ends } = this, from = this.startMs = instantAt(starts, row), to = this.endMs = instantAt(ends, row);
    // Not a bad record but a stream that something has changed: no policy for bad records can mend it.
    if (from !== from || to !== to) throw new LeatError('E_TIME', { got: instantText(from !== from ? starts : ends, row), field: from !== from ? 'window_start' : 'window_end', expected: 'what leat window writes', help: '' });
  }
}

/** --check: each record against the one before it. */
function checker(keys: readonly SortKey[], fields: readonly Field[], ctx: Context): Operator {
  let before: Column[] | undefined;                        // of the last record of the batch before, as row 0
  const compare = ({ desc, nulls }: SortKey, a: Column, i: number, b: Column, j: number): number => {
    const isNull = a.tag[i] === Tag.Null;
    if (isNull || b.tag[j] === Tag.Null) return isNull === (b.tag[j] === Tag.Null) ? 0 : isNull === (nulls === 'first') ? -1 : 1;
    const order = compareValues(a, i, b, j);
    return desc ? -order : order;
  };
  return { rows(run) {
    const { batch } = run, columns = fields.map((field) => field(batch)), rows = run.rest();
    let from = before, at = 0;
    for (const row of rows) {
      if (from !== undefined) for (let c = 0; c < keys.length; c++) {
        const order = compare(keys[c], from[c], at, columns[c], row);
        if (order < 0) break;
        if (order > 0) ctx.fail(batch, row, 'E_ORDER', { got: shown(columns[c], row), before: shown(from[c], at) });
      }
      from = columns; at = row;
    }
    if (from === columns) before = columns.map((column) => alone(column, at));
  } };
}

/** One row of a column, as row 0 of a column of its own. */
function alone({ tag, number, start, end, bytes, escaped }: Column, row: number): Column {
  const text = bytes.slice(start[row], end[row]);
  return { tag: tag.slice(row, row + 1), number: number.slice(row, row + 1), start: Uint32Array.of(0), end: Uint32Array.of(text.length), bytes: text, escaped };
}

/** A value as messages show it. */
function shown({ tag, number, start, end, bytes }: Column, row: number): string {
  const kind = tag[row], whole = start[row] < end[row] ? spanText(bytes, start[row], end[row]) : kind === Tag.Null ? 'null' : kind <= Tag.True ? String(kind === Tag.True) : String(number[row]);
  return whole.length <= 40 ? whole : `${whole.slice(0, 37)}...`;
}
