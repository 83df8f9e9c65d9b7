// agg: one row per window and key, when the window closes; or one at the end of the input.
// State: one entry per key and window; sessions: one per key and open session (its part is a number of its own); count windows: one per key.
// Rule: records late for a window never come here (`window` decides lateness, once); a window fires when W reaches end + L, in order end, start, first record of the key.
// Order: emits when it fires, never again: results are final; or with --emit changes as they grow (agg/changes.ts). --over adds values to records and makes no results: agg/over.ts.
import { LeatError } from '../errors.js';
import { choice, aggregates as aggregatesOption, duration, file, integer, size, text } from '../spec/option.js';
import type { EventTime, Schema, Windowing } from '../stream/element.js';
import { operator } from '../spec/tool.js';
import { counted } from './agg/counted.js';
import { fillLimit as defaultLimit, parseFill, windowAfter } from './agg/fill.js';
import { fixed } from './agg/fixed.js';
import { growing } from './agg/growing.js';
import { names, resolve } from './agg/names.js';
import { sessions } from './agg/sessions.js';
import { spilling } from './agg/spilling.js';
import { byTime } from './sort/by-time.js';
import { over as overRows, planOver } from './agg/over.js';
import { isOverFunction } from './agg/over/item.js';
import { overs } from '../expr/over.js';

export const agg = operator({
  name: 'agg', summary: 'group and aggregate, per window or as a whole', inputs: 1, synopsis: "'FN(EXPR) [where COND] [as NAME], … [by EXPR [as NAME], …]'", files: 'any', common: true,
  description: `Writes one record per window and key: window_start and window_end (after leat window), the keys, then the aggregates, in the order listed. Behind a window it is written when the watermark passes the window's end and its lateness; without windows there is one result per key, at the end.

Names: count() is count, sum(bytes) is sum_bytes, p95(ms) is p95_ms; anything but a path needs as NAME. Nulls are ignored by every aggregate but count(); null is a group of its own. A value of a wrong type is ignored and counted. sum and avg are exact, so no order, cut or number of threads can change a digit. All functions: leat help aggregates.

The results are plain NDJSON. -m keeps the watermark and the windows in them: a further leat window nests, a further leat agg groups by window, and leat sort sorts inside each.

--emit changes says results as they grow, as {"op":"c","before":null,"after":RESULT} for the first result of a window and key, op u with what was said before when a record has changed it, and op d where a result is taken back. A row is said after each record that has changed something; late records within the lateness of leat window correct what was said. op u keeps to its window and key: a session that grows is taken back and created anew, and sessions that a record joins are all taken back. Whoever takes away before and puts after, row by row, ends with exactly the final results.

--every D says changes at intervals: at each multiple of D that the watermark passes, the results that have changed since they were said last, by window end, then by age; the first record passes one. What has not been said is said when the window closes. Changes have no event time; with -m the stream says that it holds changes, and a tool that would take them for results (agg, sort, dedup, join) refuses it. Without -m they are ordinary records.

--fill gives a row for each window in which a key that was seen before has no records: from the first window of the key to the last one that the watermark has closed, or at the end of the input the last one that has records. It comes when the window closes, behind the window's results. null puts what the aggregates are of no records (counts 0, lists [], null for the others), last the values of the key's last result, VALUE a JSON value for each aggregate. After --fill-limit windows in a row a key is forgotten until it comes again, and a warning says so. It is for windows of one size, also overlapping, and of the calendar.

Every open window keeps one entry per key, in memory; collect and quantile_exact keep all values, collect_set, distinct, mode and topk all different ones. collect(x, n) and collect_set(x, n) keep the first n and the n smallest.

-S SIZE bounds the memory for the final results of windows of time, and of none: the entries that exceed it go to files in --tmp, which are gone however the run ends, and are merged when their window closes. The results and their order are the same to the byte. At least 256 KiB are used for what was put aside. The state of a single key (all values of a collect) must fit in memory as a whole. Without -S all entries stay in memory; sessions, windows of a count, --fill and changes always do. With --over it bounds the records that are held back.

--max-keys N ends the run with exit status 65 where a record begins one key too many, counted over all open windows.

With --over 'fn(expr) [where cond] [as name] [by key, …] [order ts] [rows N | range D], …' there are no results: each record gets the values as further fields, as SQL's OVER does. A partition is the records of equal keys (behind leat window: and of one window), in the order of event time, which is all that order can name. The frame is the record and the N before it (rows N), or all that are at most D before it in time (range D); both bounds belong to it, and range takes in all peers of equal time. Without a frame it is all records so far and the peers (range unbounded, SQL's default); rows unbounded stops at the record. Beside the aggregates there are row_number(), rank(), dense_rank(), lag(x, n) and lead(x, n), with n = 1 where it is left out. Behind a comma fn( begins the next function, not a key: a key that looks so stands first, or in brackets. A field that the record has is replaced where it stands.

--over needs a watermark: records come out in (event time, input) order once it has passed them, and a record behind it is late and goes the way of --late. A record with lead waits for the records that it needs, and those behind it wait with it; where none comes it is null at the end.

At a prompt the first Ctrl-C shows the results of open windows, each with "final":false (a field of yours of that name gives way); in a script it stops quietly.`,
  options: {
    aggregates: aggregatesOption({ operand: true, required: true, unless: 'over', meta: 'AGGREGATES', help: "'fn(expr) [where cond] [as name], … [by expr [as name], …]'" }),
    emit: choice(['final', 'changes'], { meta: 'final|changes', help: 'final results (default), or as they grow' }),
    every: duration({ meta: 'D', help: 'changes, said every D of event time' }),
    fill: { ...text({ meta: 'null|last|VALUE', help: 'rows for empty windows of a key, too' }), parse: parseFill },
    fillLimit: integer(1, { meta: 'N', default: String(defaultLimit), help: 'so many windows in a row at most' }),
    over: { ...text({ meta: 'FUNCTIONS', help: "add values to each record: 'sum(n) as s by k order ts range 1d'" }), parse: (value: string) => overs(value, isOverFunction) },
    late: text({ free: true, meta: 'drop|fail|FILE', help: 'what becomes of a late record (default drop), with --over' }),
    maxKeys: integer(1, { free: true, meta: 'N', help: 'stop where there are more keys at once' }),
    memory: size({ free: 'value', short: 'S', meta: 'SIZE', help: 'memory for groups; the rest goes to --tmp' }),
    tmp: { ...file({ free: true, short: 'T', meta: 'DIR', help: 'folder for it (default TMPDIR)' }), complete: 'directory' as const },
  },
  memory: 'one entry per key and open window, with -S SIZE at most so much of them and the rest in a temporary file; quantile_exact, distinct, collect and their kin keep values. --over: the records that W has not passed, beyond 256 MiB in a temporary file, and by partition a state, the rows of the frame, or with range D those of the last D',
  emits: 'when a window closes; without windows at the end; changes: after each record, or every D of event time; --over: when the watermark has passed a record',
  guarantees: 'Every window and key comes once, and is final; changes fold to exactly these results. Results do not depend on the order of records that are not late.',
  errors: ['E_FUNCTION', 'E_ARGUMENTS', 'E_SYNTAX', 'E_JSON', 'E_TIME', 'E_OVERFLOW', 'E_UPSTREAM', 'E_OPTION', 'E_NO_TIME', 'E_CHANGES', 'E_KEYS', 'E_LATE'], state: 1,
  examples: [
    { title: 'Requests, bytes and the 95th percentile by host', run: "leat agg 'count() as n, sum(bytes) as bytes, p95(ms) as p95 by host'", stdin: '{"host":"a","bytes":10,"ms":5}\n{"host":"b","bytes":1,"ms":7}\n{"host":"a","bytes":5,"ms":5}\n',
      stdout: '{"host":"a","n":2,"bytes":15,"p95":5}\n{"host":"b","n":1,"bytes":1,"p95":7}\n' },
    { title: 'Per minute', run: "leat window 1m | leat agg 'count() as n, count(status >= 500) as errors'", stdin: '{"ts":1000,"status":200}\n{"ts":59000,"status":500}\n{"ts":61000,"status":200}\n',
      stdout: '{"window_start":"1970-01-01T00:00:00.000Z","window_end":"1970-01-01T00:01:00.000Z","n":2,"errors":1}\n{"window_start":"1970-01-01T00:01:00.000Z","window_end":"1970-01-01T00:02:00.000Z","n":1,"errors":0}\n' },
    { title: 'Visits: thirty minutes of silence end one', run: "leat window session 30m | leat agg 'count() as pages, first(path) as entry by user'", stdin: '{"ts":0,"user":1,"path":"/"}\n{"ts":60000,"user":1,"path":"/a"}\n{"ts":3600000,"user":1,"path":"/b"}\n',
      stdout: '{"window_start":"1970-01-01T00:00:00.000Z","window_end":"1970-01-01T00:31:00.000Z","user":1,"pages":2,"entry":"/"}\n{"window_start":"1970-01-01T01:00:00.000Z","window_end":"1970-01-01T01:30:00.000Z","user":1,"pages":1,"entry":"/b"}\n' },
    { title: 'As it grows', run: "leat agg --emit changes 'sum(bytes) as bytes by host'", stdin: '{"host":"a","bytes":10}\n{"host":"b","bytes":1}\n{"host":"a","bytes":5}\n',
      stdout: '{"op":"c","before":null,"after":{"host":"a","bytes":10}}\n{"op":"c","before":null,"after":{"host":"b","bytes":1}}\n{"op":"u","before":{"host":"a","bytes":10},"after":{"host":"a","bytes":15}}\n' },
    { title: 'A row for each minute, also where nothing came', run: "leat window 1m --epoch | leat agg --fill 0 'count() as n'", stdin: '{"ts":1000}\n{"ts":121000}\n',
      stdout: '{"window_start":0,"window_end":60000,"n":1}\n{"window_start":60000,"window_end":120000,"n":0}\n{"window_start":120000,"window_end":180000,"n":1}\n' },
    { title: 'Each order with its customer\'s sum of the last hour, and how long after the one before it came', run: "leat watermark --delay 5s | leat agg --over 'sum(eur) as hour by customer range 1h, lag(ts) as before by customer' | leat map 'ts - before as gap' | leat map --drop before",
      stdin: '{"ts":0,"customer":1,"eur":5}\n{"ts":60000,"customer":2,"eur":7}\n{"ts":3600000,"customer":1,"eur":20}\n{"ts":3600001,"customer":1,"eur":1}\n',
      stdout: '{"ts":0,"customer":1,"eur":5,"hour":5,"gap":null}\n{"ts":60000,"customer":2,"eur":7,"hour":7,"gap":null}\n{"ts":3600000,"customer":1,"eur":20,"hour":25,"gap":3600000}\n{"ts":3600001,"customer":1,"eur":1,"hour":21,"gap":1}\n' },
  ],
  makes: () => true, results: true,
  features: { agg: 'one final row per window and key', 'agg.changes': 'results as they grow', 'agg.every': 'early results at intervals of event time', 'agg.fill': 'rows for empty windows', 'agg.over': 'functions over the records before each, as values in it', 'agg.late-file': 'late records of agg --over in a file of their own' },
  ahead: ({ over }) => over === undefined ? undefined : byTime('--over'),
  plan({ aggregates, emit, every, fill, fillLimit, maxKeys, over, late, memory, tmp }, [input]) {
    if (tmp !== undefined && memory === undefined && over === undefined) throw new LeatError('E_OPTION', { what: '--tmp is for what exceeds -S, and all groups are in memory', help: "leat agg -S 1G -T DIR '…'" });
    if (over !== undefined) {
      const other = emit === 'changes' ? '--emit' : every !== undefined ? '--every' : fill !== undefined ? '--fill' : maxKeys !== undefined ? '--max-keys' : fillLimit !== defaultLimit ? '--fill-limit' : undefined;
      if (other !== undefined) throw new LeatError('E_OPTION', { what: `${other} is for results, and --over makes none: it adds values to each record`, help: 'leave one of them out' });
      return { out: planOver(over, input), uses: ['agg.over', ...late !== undefined && late !== 'drop' && late !== 'fail' ? ['agg.late-file' as const] : []] };
    }
    if (late !== undefined) throw new LeatError('E_OPTION', { what: '--late: behind a window leat window decides what is late', help: "leat window 1m --late FILE | leat agg '…'" });
    for (const call of aggregates.calls) resolve(call);
    names(aggregates, input);
    if (emit === 'final' && every !== undefined) throw new LeatError('E_OPTION', { what: '--every says results before they are final, and --emit final is for results that never change', help: 'leave one of them out' });
    if (every !== undefined && (input.event === undefined || input.windows?.kind === 'count')) throw new LeatError('E_NO_TIME', { what: 'agg --every' });
    if (fill !== undefined && input.managed) windowAfter(input);
    const isChanges = emit === 'changes' || every !== undefined;
    const inMemory = memory === undefined ? undefined : every !== undefined ? '--every' : isChanges ? '--emit changes' : fill !== undefined ? '--fill' : maxKeys !== undefined ? '--max-keys'
      : input.windows?.kind === 'session' || input.windows?.kind === 'count' ? `window ${input.windows.kind}` : undefined;
    if (inMemory !== undefined) throw new LeatError('E_OPTION', { what: inMemory === '--max-keys' ? '--max-keys counts keys in memory, and -S puts them into files' : `-S is for final results of windows of time, and those of ${inMemory} are kept in memory`, help: inMemory.startsWith('window') ? 'leave -S out' : 'leave one of them out' });
    const { event: _event, windows, ...rest } = input, bare: Schema = { ...rest, changes: isChanges };
    const out = isChanges || windows === undefined || windows.kind === 'count' ? bare : { ...bare, event: resultTime, windows: carried(windows) };
    return { out, uses: ['agg', ...isChanges ? ['agg.changes' as const] : [], ...every === undefined ? [] : ['agg.every' as const], ...fill === undefined ? [] : ['agg.fill' as const]], results: true };
  },
  create({ aggregates, emit, every, fill, fillLimit, maxKeys, over, memory }, ctx) {
    if (over !== undefined) return overRows(over, ctx);
    const { windows } = ctx.input, changes = emit === 'changes' || every !== undefined;
    const growth = { changes, everyMs: every, fill: fill === undefined ? undefined : { with: fill, after: windowAfter(ctx.input), limit: fillLimit }, maxKeys };
    if (windows?.kind === 'session') return sessions(aggregates, ctx, growth);
    if (windows?.kind === 'count') return counted(aggregates, ctx, growth);
    if (changes || fill !== undefined) return growing(aggregates, ctx, growth);
    return memory !== undefined && (windows !== undefined || aggregates.by.length > 0) ? spilling(aggregates, ctx) : fixed(aggregates, ctx, maxKeys);
  },
});

/** The windows that the results of windows carry: their bounds are in the records, and what is due has come. */
const carried = ({ kind, epoch, nested, spec }: Windowing): Windowing =>
  ({ kind: 'fixed', size: 0, latenessMs: 0, epoch, nested: nested || kind === 'session', ...spec === undefined ? {} : { spec } });

/** The event time of what a window releases: window_end − 1 ms (SEMANTICS 5). W of a result stream is never implied by its records. */
export const resultTime: EventTime = { path: ['window_end'], unit: 'ms', delayMs: Infinity, shiftMs: -1 };
