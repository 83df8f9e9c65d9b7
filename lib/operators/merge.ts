// merge: results of batch runs and of a live run as one, split at a time boundary: offline up to it, live after it (ENGINES 10, the hybrid table).
// State: the records that can still be served, by their text and time, offline in section 0, live in section 1; the greatest offline time and the least live one.
// Rule: B = max(offline) − grain, or what --boundary says; offline ≤ B, live > B: disjoint and complete, whatever both have in common. B only grows while offline is read.
// Order: time, offline before live (so it is by B), then the order of input. Which files are one snapshot: io/snapshot.ts. Everything leaves at the end.
import { LeatError } from '../errors.js';
import type { Field, Instant } from '../record/batch.js';
import { together } from '../record/pack.js';
import { watermarkOptions } from '../spec/common.js';
import { duration, file, path, size, text } from '../spec/option.js';
import { operator } from '../spec/tool.js';
import { SortedRows } from '../state/sorted.js';
import { prefixNumber } from '../state/prefix.js';
import type { Order } from '../state/prefix.js';
import type { Context, Emit, Operator } from '../stream/operator.js';
import { formatInstant, parseInstant } from '../time/instant.js';

const inOrder: Order = { desc: false, nulls: 'first' };
const OFFLINE = 0, LIVE = 1;

export const merge = operator({
  name: 'merge', summary: 'serve results of batch and live runs as one', inputs: 2, synopsis: '--offline FILE… --live FILE --time PATH --grain D', files: 'none', common: true,
  description: `Two runs of one pipeline give the same results: a batch, in the night, over all that there is, and a live one, which has what came since. Merge writes them as one list. It is split at the boundary B, the greatest --time of the offline files less one --grain: offline records up to B, live records after B. So a result that both have comes once, and one that either of them lacks, since it is older than the live run or newer than the batch, is not missing. Records leave with their bytes, in order of time, at equal times in the order of input.

The last grain of the batch is not served: the batch may have been made in the middle of it. --grain is the time that one batch brings, most often 1h or 1d; the live results must reach back to B, so to more than one grain before the newest batch. --boundary TIME (RFC 3339) says B itself.

Where live results begin after B, or there are none, nobody can prove that nothing is missing between B and them: that is said on standard error, with the offline records that are there and not served. Where there is no offline record, all of live is served.

PUBLISHING WHILE IT IS READ: a batch publishes a file by rename: written under a name that no pattern matches (a dot in front), synced, renamed. leat to files, to csv and to json do that; for any other: > batch/.new && mv batch/.new batch/2026-11-20.ndjson. A published file is not written again; it may be replaced by another one, by rename, and have other names (a link to the newest): it is read once. Then every call of merge gives each result once, whenever it is made:

1. The live file is opened.

2. The offline patterns are expanded, and all files opened. Then the patterns are expanded again: where other files are there now, or another file under a name, all are closed and it is tried again, for a second (then status 75). A file that vanishes on the way is no error. What is open now was there at one moment.

3. The live file is read as far as it reached after that, up to its last line end: a line that is being written is left for the next call.

Quote patterns, 'batch/*.ndjson': names that the shell has expanded cannot be looked for again. Several files of one batch are published in order of time, or in one folder that is renamed as a whole. Old live results may be removed, by rename too, where published files have them and reach one grain beyond. A live file that a run with a checkpoint writes may be cut back for a moment after a crash, to what was committed; the same lines come again.`,
  options: {
    offline: { ...file({ required: true, many: true, meta: 'FILE…', help: "results of batch runs, or a pattern: 'batch/*.ndjson'" }), list: true },
    live: file({ required: true, meta: 'FILE', help: 'results of the live run; it may grow' }),
    time: path({ required: true, meta: 'PATH', help: 'field with the time of a result: window_end' }),
    unit: watermarkOptions.unit, timeFormat: watermarkOptions.timeFormat,
    grain: duration({ meta: 'D', help: 'time that one batch brings: the last of it comes from live' }),
    boundary: { ...text({ meta: 'TIME', help: 'offline up to TIME, live after it' }), parse(value: string): Instant {
      const at = parseInstant(value);
      if (at !== undefined) return at;
      throw new LeatError('E_OPTION', { what: `bad time '${value}'; expected RFC 3339 text`, help: '--boundary 2026-11-20T00:00:00Z' });
    } },
    memory: { ...size({ free: true, short: 'S', meta: 'SIZE', default: '256M', help: 'memory for records; the rest goes to --tmp' }), default: '256M' },
    tmp: { ...file({ free: true, short: 'T', meta: 'DIR', help: 'folder for what does not fit (default TMPDIR)' }), complete: 'directory' as const },
  },
  check({ grain, boundary }) {
    if (grain === undefined && boundary === undefined) throw new LeatError('E_USAGE', { what: 'nothing says where offline ends and live begins: --grain or --boundary', help: "leat merge --offline 'batch/*.ndjson' --live live.ndjson --time window_end --grain 1d" });
  },
  reads: ({ offline, live }) => ({ files: offline, right: live }),
  memory: 'offline records, and live records after the boundary; beyond -S they go to --tmp', emits: 'when all inputs have been read',
  guarantees: 'Each result comes once, from one of the two, also while a batch is published. Records keep their bytes. Files are only read.',
  errors: ['E_USAGE', 'E_OPTION', 'E_DURATION', 'E_TIME', 'E_CHANGES', 'E_JSON', 'E_FILE', 'E_PERMISSION', 'E_BUSY', 'E_UPSTREAM', 'E_WRITE'], state: 1,
  makes: () => true, results: true,
  examples: [
    { title: 'Hourly batches and what is newer', run: "leat merge --offline 'batch/*.ndjson' --live live.ndjson --time window_end --grain 1h",
      files: { 'batch/11.ndjson': '{"window_end":"2026-11-20T11:00:00.000Z","n":4}\n', 'batch/12.ndjson': '{"window_end":"2026-11-20T12:00:00.000Z","n":2}\n',
        'live.ndjson': '{"window_end":"2026-11-20T11:00:00.000Z","n":4}\n{"window_end":"2026-11-20T12:00:00.000Z","n":7}\n{"window_end":"2026-11-20T13:00:00.000Z","n":1}\n' },
      stdout: '{"window_end":"2026-11-20T11:00:00.000Z","n":4}\n{"window_end":"2026-11-20T12:00:00.000Z","n":7}\n{"window_end":"2026-11-20T13:00:00.000Z","n":1}\n' },
    { title: 'A boundary of your own', run: 'leat merge --offline old.ndjson --live new.ndjson --time t --unit s --boundary 1970-01-01T00:00:02Z',
      files: { 'old.ndjson': '{"t":1}\n{"t":2}\n{"t":3}\n', 'new.ndjson': '{"t":2}\n{"t":3,"from":"new"}\n' }, stdout: '{"t":1}\n{"t":2}\n{"t":3,"from":"new"}\n' },
  ],
  features: { merge: 'batch and live results as one, split at a time' },
  plan: (_, [offline, live]) => ({ out: { changes: false, managed: offline.managed || live.managed, tools: [...new Set([...offline.tools, ...live.tools])] }, uses: ['merge'], results: true }),
  create({ time, unit = 'ms', timeFormat, grain, boundary }, ctx) {
    const event = { path: time, unit, delayMs: 0, shiftMs: 0, ...timeFormat === undefined ? {} : { format: timeFormat } };
    return merged(ctx, [ctx.instant(event), ctx.right!.instant(event)], grain ?? 0, boundary);   // `!`: it has two inputs
  },
});

function merged(ctx: Context, fields: readonly [Field, Field], grainMs: number, fixed: Instant | undefined): Operator {
  const sorted = new SortedRows([inOrder], ctx.spilling);
  let greatest = -Infinity, least = Infinity, isOver = false, chosen = new Uint32Array(0), sections = new Uint32Array(0);   // the last two are used again for each batch
  /** B as far as it is known: it never falls. */
  const bound = (): Instant => fixed ?? greatest - grainMs;

  /** Those after `after` and up to `until`; how many were left out before `before`. */
  const hand = (section: number, after: Instant, until: Instant, before: Instant, emit: Emit): number => {
    let left = 0;
    sorted.visit(section, (rows, id) => {
      const [{ hi, lo }] = rows.keys, at = prefixNumber(hi[id], lo[id], inOrder);
      if (at > after && at <= until) { emit.begin().copy(sorted.pool.bytes, rows.start[id], rows.end[id]); emit.end(); } else if (at < before) left++;
    });
    return left;
  };

  return {
    rows(run) {
      const { batch, side } = run, times = fields[side](batch), records = side === 0 ? ctx.records(batch) : ctx.right!.records(batch), rows = run.rest(), { number } = times;   // `!`: as above
      if (chosen.length < rows.length) { chosen = new Uint32Array(Math.max(rows.length, 1024)); sections = new Uint32Array(chosen.length); }
      let count = 0;
      if (side === OFFLINE) for (let i = 0; i < rows.length; i++) { const row = rows[i]; if (number[row] > greatest) greatest = number[row]; chosen[count++] = row; }
      else {
        const b = bound();
        for (let i = 0; i < rows.length; i++) { const row = rows[i]; if (number[row] < least) least = number[row]; if (number[row] > b) chosen[count++] = row; }
      }
      sections.fill(side, 0, count);
      sorted.addAll(records, chosen, count, [times], sections);
    },
    advance(w, emit) {
      if (w !== Infinity || isOver) return;
      isOver = true;
      const b = bound(), left = hand(OFFLINE, -Infinity, b, least, emit);
      hand(LIVE, b, Infinity, -Infinity, emit);
      doubt(b, left);
    },
    ...together(sorted, { save(out) { out.number(greatest); out.number(least); out.flag(isOver); }, restore(from) { greatest = from.number(); least = from.number(); isOver = from.flag(); } }),
    close: () => sorted.close(),
  };

  /** What cannot be proven is said: `left` offline records lie after B, and live has nothing as old as they are. */
  function doubt(b: Instant, left: number): void {
    const records = `${left} offline ${left === 1 ? 'record' : 'records'}`, serve = left > 0 && fixed === undefined ? `--boundary ${formatInstant(greatest)} serves ${left === 1 ? 'it' : 'them'}` : '';
    if (greatest === -Infinity) ctx.warn({ text: `there is no offline record${fixed === undefined ? ': all of live is served' : ''}`, help: "publish a batch; a pattern in quotes finds it: --offline 'batch/*.ndjson'" });
    else if (least === Infinity) ctx.warn({ text: `live has no record: nothing after ${formatInstant(b)} is served${left > 0 ? `, though there ${left === 1 ? 'is' : 'are'} ${records}` : ''}`, ...serve === '' ? {} : { help: serve } });
    else if (least > b) ctx.warn({ text: `live begins at ${formatInstant(least)}, after the boundary ${formatInstant(b)}: results between them may be missing${left > 0 ? `, and ${records} there ${left === 1 ? 'is' : 'are'} not served` : ''}`, help: serve === '' ? 'live results must reach back to the boundary' : serve });
  }
}
