// join: records of two inputs that have the same key: within an interval of event time, in the same window, with a table, as of a time, or as a whole (SEMANTICS 8).
// The forms are in join/: each consumes both inputs in an order that the records alone decide, so which input was faster cannot show.
import { LeatError } from '../errors.js';
import { watermarkOptions } from '../spec/common.js';
import { duration, file, flag, path, paths, size, text } from '../spec/option.js';
import type { Values } from '../spec/option.js';
import { operator } from '../spec/tool.js';
import { reordered } from '../stream/element.js';
import type { EventTime, Schema } from '../stream/element.js';
import { parseDuration, parseSignedDuration } from '../time/duration.js';
import { resultTime } from './agg.js';
import { timeIsThere, watermark } from './watermark.js';
import { asof } from './join/asof.js';
import { bounded } from './join/bounded.js';
import { interval } from './join/interval.js';
import { table } from './join/table.js';
import { windowed } from './join/windowed.js';
import type { FieldRules } from './join/fields.js';
import type { Form, Kind, Settings } from './join/settings.js';

/** --within: D is −D..D. */
const within = { ...duration({ meta: 'D|LO..HI', help: 'pairs whose right time is at most D from the left, or in left + LO..HI' }), parse(value: string): { readonly lo: number; readonly hi: number } {
  const [, from, to] = /^(.*?)\.\.(.*)$/.exec(value) ?? [];
  if (from === undefined || to === undefined) { const ms = parseDuration(value); return { lo: -ms, hi: ms }; }
  const lo = from === '-inf' ? -Infinity : parseSignedDuration(from), hi = to === 'inf' ? Infinity : parseSignedDuration(to);
  if (lo <= hi) return { lo, hi };
  throw new LeatError('E_OPTION', { what: `'${value}' is empty: its first bound is above the second`, help: `--within ${to}..${from}` });
} };
const name = (row: { meta: string; help: string; default?: string }) => ({ ...text(row), parse(value: string): string {
  if (value !== '') return value;
  throw new LeatError('E_OPTION', { what: 'an empty text is none', help: row.default ?? '' });
} });

const options = {
  keys: paths({ short: 'j', meta: 'KEYS', help: 'key fields, called the same on both sides' }),
  leftKeys: paths({ short: '1', meta: 'KEYS', help: 'key fields of the left input' }),
  rightKeys: paths({ short: '2', meta: 'KEYS', help: 'key fields of the right input' }),
  within,
  table: flag({ help: 'the right input is a table, read to its end first' }),
  asof: flag({ help: 'the last right row up to the time of the left one' }),
  tolerance: duration({ meta: 'D', help: 'with --asof: it may be at most D older' }),
  left: flag({ help: 'also left rows without a partner' }),
  right: flag({ help: 'also right rows without a partner' }),
  full: flag({ help: 'also rows of either side without a partner' }),
  semi: flag({ help: 'left rows that have a partner, as they are' }),
  anti: flag({ help: 'left rows that have none' }),
  suffix: { ...name({ meta: 'TEXT', default: '_right', help: 'for right fields whose names the left has too' }), default: '_right' },
  as: name({ meta: 'NAME', help: 'put the whole right record under NAME' }),
  late: text({ free: true, meta: 'drop|fail|FILE', help: 'what becomes of a late record (default drop): counted, exit 65, or written to FILE' }),
  unbounded: flag({ help: 'allow a join that may have to keep everything' }),
  memory: { ...size({ free: true, short: 'S', meta: 'SIZE', default: '256M', help: 'memory for records that are kept; the rest goes to --tmp' }), default: '256M' },
  tmp: { ...file({ free: true, short: 'T', meta: 'DIR', help: 'folder for what does not fit (default TMPDIR)' }), complete: 'directory' as const },
  ...watermarkOptions,
  rightTime: path({ meta: 'PATH', help: 'event time of the right input (default: that of --time)' }),
};
type JoinValues = Values<typeof options>;

const kinds = ['left', 'right', 'full', 'semi', 'anti'] as const;

/** What a call asks for. Errors: E_OPTION, E_USAGE where options do not go together. */
function settingsOf(values: JoinValues, [left, right]: readonly Schema[]): Settings {
  const { keys, leftKeys, rightKeys, within, table, asof, tolerance, suffix, as, late, unbounded } = values;
  const example = 'leat join -j id --within 5m LEFT RIGHT';
  if (keys !== undefined && (leftKeys !== undefined || rightKeys !== undefined)) throw new LeatError('E_OPTION', { what: '-j names the keys of both sides; -1 and -2 name them one by one', help: example });
  const ours = keys ?? leftKeys, theirs = keys ?? rightKeys;
  if (ours === undefined || theirs === undefined) throw new LeatError('E_USAGE', { what: ours === theirs ? 'keys are missing: -j KEYS, or -1 KEYS -2 KEYS' : `-${ours === undefined ? 1 : 2} KEYS is missing: the keys of the other side`, help: example });
  if (ours.length !== theirs.length) throw new LeatError('E_OPTION', { what: `-1 names ${ours.length} ${ours.length === 1 ? 'key' : 'keys'} and -2 ${theirs.length}`, help: 'the same number on both sides, in the same order' });
  const forms = [within && '--within', table && '--table', asof && '--asof'].filter((one) => typeof one === 'string');
  if (forms.length > 1) throw new LeatError('E_OPTION', { what: `${forms.join(' and ')} are different joins`, help: 'one of them' });
  const asked = kinds.filter((kind) => values[kind]);
  if (asked.length > 1) throw new LeatError('E_OPTION', { what: `--${asked.join(' and --')} do not go together`, help: asked.every((kind) => kind === 'left' || kind === 'right') ? '--full' : 'one of them' });
  const kind = (asked[0] as Kind | undefined) ?? 'inner';
  if (tolerance !== undefined && !asof) throw new LeatError('E_OPTION', { what: '--tolerance belongs to --asof', help: '--within D joins what is near in time' });
  if (asof && kind !== 'inner' && kind !== 'left') throw new LeatError('E_OPTION', { what: `--asof takes the last right row for each left one; --${kind} has no meaning there`, help: '--asof, or --asof --left' });
  const form: Form = within ? 'interval' : table ? 'table' : asof ? 'asof' : left.windows !== undefined || right.windows !== undefined ? 'windowed' : 'bounded';
  if (late !== undefined && form !== 'interval' && form !== 'asof') throw new LeatError('E_OPTION', { what: form === 'windowed' ? '--late: leat window decides what is late' : '--late: this join has no event time', help: form === 'windowed' ? 'leat window 1m --late FILE' : '--within or --asof' });
  if (within !== undefined && (within.lo === -Infinity || within.hi === Infinity) && !unbounded) throw new LeatError('E_OPTION', { what: '--within: an endless interval keeps records for ever', help: '--unbounded, if that is meant' });
  return {
    form, kind, left: ours, right: theirs, isOneKey: keys !== undefined, lo: within?.lo ?? 0, hi: within?.hi ?? 0, toleranceMs: tolerance ?? Infinity, suffix, as,
  };
}

/** Only where an input is plain, and the join needs event time, options that begin it have a meaning; where they had one, they are not among the values any more. */
function refuseTime(values: JoinValues, form: Form, inputs: readonly Schema[]): void {
  const given = [...Object.keys(watermarkOptions), 'rightTime'].find((each) => values[each as keyof JoinValues] !== undefined && Object.prototype.propertyIsEnumerable.call(values, each));
  if (given === undefined) return;
  const option = `--${given.replace(/[A-Z]/g, (c) => `-${c.toLowerCase()}`)}`;
  const managed = inputs.find(({ event }) => event !== undefined);
  if (managed !== undefined) throw timeIsThere(`${option}: `, given, managed);
  throw new LeatError('E_OPTION', { what: `${option}: ${form === 'table' ? 'a table' : 'a join of whole inputs'} needs no event time`, help: 'leave it out, or --within 5m' });
}

function rulesOf({ left, right, isOneKey, kind, suffix, as, form }: Settings, [ours, theirs]: readonly Schema[]): FieldRules {
  const isTimed = form !== 'bounded' && form !== 'table' && ours.event !== undefined && theirs.event !== undefined;
  return {
    left, right, isOneKey, suffix, as, isAlways: kind === 'right' || kind === 'full', windows: form === 'windowed', times: isTimed ? [ours.event as EventTime, theirs.event as EventTime] : undefined,
  };
}

export const join = operator({
  name: 'join', summary: 'records of two inputs that have the same key', inputs: 2, synopsis: '(-j KEYS | -1 KEYS -2 KEYS)', files: 'pair', common: true,
  description: `Reads two inputs and writes a record for each pair with equal keys: the left record as it stands, then the fields of the right one. With one operand the left input is standard input, or the stage before; RIGHT is a file, a FIFO or <(leat from csv …). Which of them is faster cannot show in the output.

--within D|LO..HI joins two streams: the right time is in [left + LO, left + HI], both inclusive; D is -D..D. A pair comes out when its later record is passed by the watermark of both inputs, a row without a partner once none can come any more. A record that comes when its own input's watermark has passed it is late: --late; in that FILE the late records of each input stand in their order, those of the two inputs as they came. A plain input begins event time here, with the options of leat watermark; one --delay serves both, --right-time names the field on the right.

--table reads the right input to its end first; then each left record leaves at once, in its order, once for each partner. --asof takes the last right record of the key up to the left one's time, of equal times too; records leave in order of time. After leat window on both inputs the records of a window meet when it closes. With neither, both inputs are read to their end, the right one first, and what does not fit into -S goes to files. On a managed stream that could go on for ever, so it needs --unbounded, and rows come at the end; --within -inf..inf --unbounded gives them as they come.

Pairs come in order of time, in --table and whole inputs in left order; partners in their own order. A null key matches nothing. 1 and 1.0 are one key, "1" is another.

FIELDS: with -j the key stands once; with -1 and -2 both keep their names. A right field whose name the left has gets --suffix, again while that name is taken too. With --right and --full every right field but the key gets it, for what the left would have had cannot be known. A nested key, user.id, stays inside its object on both sides. A row from the right alone begins with the window, the left's key names and its time. With --as NAME the right record stands under NAME as a whole. The event time of a pair is the left's. With --table, --right and --full end event time: rows of the table have none.`,
  options,
  memory: '--within: records of the interval; --asof: one right record a key; windows: records of open windows; --table: the right input. Texts beyond -S go to --tmp. Whole inputs: within -S. An input that is ahead of the other is read ahead into a file in --tmp.',
  emits: 'when the watermark of both inputs has passed a record; --table: at once; windows: when one closes; whole inputs: when the right one has ended, unmatched right rows last',
  guarantees: 'Left records keep their bytes, copied fields their text. The output depends on the records of both inputs alone, not on which came first, and is the same whatever -S is.',
  errors: ['E_FOREVER', 'E_USAGE', 'E_OPTION', 'E_NO_TIME', 'E_TIME', 'E_LATE', 'E_JSON', 'E_WRITE', 'E_UPSTREAM'], state: 1,
  begins: ({ within, asof }) => within !== undefined || asof ? watermark : undefined,
  rightFirst: (values, left, right) => { const { form } = settingsOf(values, [left, right]); return form === 'table' || form === 'bounded'; },
  makes: ({ table: isTable, semi, anti }) => !(isTable && (semi || anti)), results: true,
  examples: [
    { title: 'Users looked up in a table', run: 'leat join --left -1 user -2 id --table users.ndjson', stdin: '{"user":17,"path":"/a"}\n{"user":4,"path":"/b"}\n', files: { 'users.ndjson': '{"id":17,"plan":"gold"}\n' },
      stdout: '{"user":17,"path":"/a","id":17,"plan":"gold"}\n{"user":4,"path":"/b"}\n' },
    { title: 'Payments up to five minutes after the order', run: 'leat join -j id --within 0s..5m orders.ndjson payments.ndjson',
      files: { 'orders.ndjson': '{"ts":0,"id":1}\n{"ts":1000,"id":2}\n', 'payments.ndjson': '{"ts":60000,"id":1,"paid":true}\n{"ts":400000,"id":2,"paid":true}\n' },
      stdout: '{"ts":0,"id":1,"ts_right":60000,"paid":true}\n' },
    { title: 'The price at the time of each trade', run: 'leat join -j stock --asof trades.ndjson prices.ndjson',
      files: { 'trades.ndjson': '{"ts":5,"stock":"A","n":10}\n{"ts":20,"stock":"A","n":1}\n', 'prices.ndjson': '{"ts":0,"stock":"A","price":1.50}\n{"ts":20,"stock":"A","price":1.60}\n' },
      stdout: '{"ts":5,"stock":"A","n":10,"ts_right":0,"price":1.50}\n{"ts":20,"stock":"A","n":1,"ts_right":20,"price":1.60}\n' },
    { title: 'What is in one file and not in another', run: 'leat join --anti -j id new.ndjson old.ndjson', files: { 'new.ndjson': '{"id":1}\n{"id":2}\n', 'old.ndjson': '{"id":1}\n' }, stdout: '{"id":2}\n' },
  ],
  features: {
    'join.interval': 'pairs of two streams within an interval of event time', 'join.window': 'pairs within a window', 'join.table': 'a stream with a table', 'join.asof': 'a stream with the last row of another', 'join.bounded': 'two whole inputs',
    'join.outer': 'rows without a partner', 'join.semi': 'rows that have a partner, or have none',
  },
  plan(values, inputs) {
    const settings = settingsOf(values, inputs), { form, kind, lo, hi } = settings, [left, right] = inputs;
    refuseTime(values, form, inputs);
    for (const { windows } of inputs) if (form === 'windowed' && windows !== undefined && windows.kind !== 'fixed') throw new LeatError('E_OPTION', { what: `${windows.kind} windows are made by leat agg, and cannot be joined`, help: 'window 1m, or --within 5m' });
    if (form === 'windowed' && (left.windows === undefined || right.windows === undefined)) throw new LeatError('E_OPTION', { what: `the ${left.windows === undefined ? 'left' : 'right'} input has no windows, and the other one has`, help: 'leat window on both; or --within, --table, --asof' });
    if (form === 'bounded' && (left.managed || right.managed) && !values.unbounded) throw new LeatError('E_FOREVER', { what: 'both inputs may go on for ever, and nothing says when a record can be forgotten', help: '--within 5m, `leat window` on both, --table or --asof; --unbounded keeps everything' });
    if (form === 'interval' || form === 'asof') for (const { event } of inputs) if (event === undefined) throw new LeatError('E_NO_TIME', { what: `join --${form === 'asof' ? 'asof' : 'within'}` });
    const uses = [`join.${form === 'windowed' ? 'window' : form}` as const, ...kind === 'inner' ? [] : [kind === 'semi' || kind === 'anti' ? 'join.semi' as const : 'join.outer' as const]];
    const tools = [...new Set([...left.tools, ...right.tools])], managed = left.managed || right.managed;
    const { event, windows, ...rest } = left;
    const base = { ...rest, tools, managed, changes: false };
    switch (form) {
      // The records tell W: none has an event time below the greatest so far less the interval.
      case 'interval': return { out: { ...base, event: reordered(event!, Math.max(0, hi, -lo)), ...windows === undefined || kind === 'right' || kind === 'full' ? {} : { windows } }, uses };   // `!`: seen above
      case 'asof': return { out: { ...base, event: reordered(event!, 0), ...windows === undefined ? {} : { windows } }, uses };
      case 'windowed': return { out: { ...base, event: resultTime }, uses, results: true };
      // Rows of the table that nobody met have no event time.
      case 'table': return { out: kind === 'right' || kind === 'full' ? { ...base, managed: left.managed } : { ...left }, uses };
      case 'bounded': return { out: { changes: false, managed, tools }, uses };
    }
  },
  create(values, ctx) {
    const inputs = [ctx.input, ctx.right!.input], settings = settingsOf(values, inputs), rules = rulesOf(settings, inputs);   // `!`: it has two inputs
    switch (settings.form) {
      case 'interval': return interval(settings, rules, ctx);
      case 'asof': return asof(settings, rules, ctx);
      case 'windowed': return windowed(settings, rules, ctx);
      case 'table': return table(settings, rules, ctx);
      case 'bounded': return bounded(settings, rules, ctx);
    }
  },
});
