// Stages as Flink has them: sources with a watermark of their own for each use, windows as table functions, joins in event time. Streaming where every stage only appends; else batch.
// Owns: D = d + 1 ms (sessions 2 ms), the two filters by CURRENT_WATERMARK, and which mode a plan needs. Must not: write the script (flink.ts).
import { keysOf } from '../../operators/agg/names.js';
import type { AggText, Over } from '../../expr/expression.js';
import type { WindowSpec } from '../../time/window-spec.js';
import { windowText } from '../../time/window-spec.js';
import { scalar } from '../fields.js';
import type { Node, Plan } from '../node.js';
import type { Type } from '../types.js';
import { interval, intervalMax } from './flink-dialect.js';
import type { Column, Value } from './sql/dialect.js';
import { bare } from './sql/dialect.js';
import { emit, emitCondition } from './sql/expression.js';
import type { Job } from './sql/job.js';
import { formOfJoin, join } from './sql/joins.js';
import { boundsOf, carried, namedColumns } from './sql/relation.js';
import type { Items, Relation } from './sql/relation.js';
import { sourceFields } from './sql/script.js';
import { assumeInput, instant, map, ranked, sortTerms } from './sql/stages.js';
import { aggregateSql, overRows } from './sql/windows.js';
import { isKnown } from './spark.js';
import { refuse } from './refuse.js';

/** The watermark that a source is declared with: by which node, and how far behind. `lag`: 1 ms, or 2 for sessions. */
interface Mark { readonly node: Node; readonly delayMs: number; readonly lag: 1 | 2 }
const markOf = (job: Job): Mark | undefined => job.marks.get('mark') as Mark | undefined;
export const isBatch = (job: Job): boolean => job.marks.get('batch') === true;

/** What a file cannot take from a stream: results that change. */
const changes = (node: Node): boolean => {
  switch (node.op) {
    case 'agg': return node.params.over === undefined && node.planned?.input.windows === undefined;
    case 'sort': return node.params.byTime !== true && (node.planned?.input.windows === undefined || node.params.ties === true);
    case 'dedup': return node.params.keep === 'last';
    case 'join': { const form = formOfJoin(node); return form === 'table' || form === 'bounded' || form === 'asof' || (form === 'interval' && (node.params.semi || node.params.anti)); }
    default: return false;
  }
};
export function needsBatch(plan: Plan): boolean {
  const seen = new Set<Node>(), walk = (node: Node): boolean => { if (seen.has(node)) return false; seen.add(node); return changes(node) || node.inputs.some(walk); };
  return plan.sinks.some(walk);
}

/** Runs with a source declared for this watermark. */
function marked<T>(mark: Mark | undefined, job: Job, work: () => T): T {
  const before = job.marks.get('mark');
  job.marks.set('mark', mark);
  try { return job.within(work); } finally { job.marks.set('mark', before); }
}

/** The watermark node that gives a stream its event time: through stages that take records one by one. */
function watermarkOf(node: Node): Node | undefined {
  let at: Node | undefined = node;
  while (at !== undefined && ['filter', 'map', 'plain', 'by-time', 'dedup', 'part', 'split'].includes(at.op)) [at] = at.inputs;
  return at?.op === 'watermark' ? at : undefined;
}

export function source(node: Node, job: Job): Relation {
  const { source: given, params } = node, { at, name } = given!, { dialect } = job, mark = markOf(job);   // `!`: of a source
  if (params.format !== undefined && params.format !== 'ndjson' && params.format !== 'kafka') job.refuse(node, 'only NDJSON is read by the job', 'leat from FORMAT FILE > FILE.ndjson first');
  if (at.kind === 'stdin') job.refuse(node, 'Flink reads no standard input', 'name the file, or bind it');
  if (at.kind === 'files' && at.paths.length > 1) job.refuse(node, 'a folder or several files have no order in Flink', 'one file; or --to duckdb');
  assumeInput(job);
  job.note('one reader and one task, which keep the order of the input');
  const fields = sourceFields(node, job), known = [...fields].filter(([, type]) => isKnown(type)), columns = namedColumns([...fields].map(([field, type]) => [field, type] as const), dialect);
  for (const [field, column] of columns) if (!isKnown(column.type)) columns.set(field, { ...column, isAbsent: true });
  if (known.length === 0) job.refuse(node, `nothing is known of the fields of ${name}`, 'a schema that names them');
  // What the table computes by itself, over its own columns.
  const raw = new Map<string, Column>(known.map(([field, type]) => [field, { sql: dialect.identifier(field), type }])), more: string[] = [], items: Items = new Map(known.map(([field]) => [columns.get(field)!.sql, dialect.identifier(field)] as const)), hidden: string[] = [];   // `!`: made of them
  let time: string | undefined;
  if (mark !== undefined) {
    const { ms, conditions } = computed(mark.node, node, raw, job), delay = interval(mark.delayMs + mark.lag);
    time = job.fresh('_t');
    const at = `\`${time}\` - ${delay}`;
    more.push(`\`${time}\` AS TO_TIMESTAMP_LTZ(${bare(ms)}, 3)`, `WATERMARK FOR \`${time}\` AS ${conditions.length === 0 ? at : `CASE WHEN ${bare(conditions.join(' AND '))} THEN ${at} END`}`);
    time = `\`${time}\``;
    items.set(time, time); hidden.push(time);
    job.note('event times are after 1970: Flink\'s watermark begins there');
  }
  if (job.marks.get('arrival') === true && !isBatch(job)) more.push('`_p` AS PROCTIME()');
  const declared = [...known.map(([field, type]) => `${dialect.identifier(field)} ${dialect.type(type)}`), ...more].join(', '), text = `(${declared})\nWITH (${connector(at, job)})`;
  const tables = (job.marks.get('tables') ?? new Map<string, string>()) as Map<string, string>, key = text.replaceAll(/_t\d+/g, '_t');
  job.marks.set('tables', tables);
  let table = tables.get(key);
  if (table === undefined || time !== undefined) { table = job.fresh('input_'); tables.set(key, table); job.prelude.add(`CREATE TABLE ${table} ${text};`); }
  let from: Relation = { from: job.add(node, `SELECT ${[...items].map(([as, sql]) => as === sql ? as : `${sql} AS ${as}`).join(', ')}${job.marks.get('arrival') === true && !isBatch(job) ? ', `_p`' : ''} FROM ${table}`), columns, hidden, order: undefined, ...time === undefined ? {} : { time } };
  if (job.marks.get('arrival') === true && !isBatch(job)) {
    // The place of a record in the input, for ties: a count over arrival, one task.
    const order = job.fresh('_seq'), place = 'COUNT(*) OVER (ORDER BY `_p` ROWS BETWEEN UNBOUNDED PRECEDING AND CURRENT ROW)';
    from = { ...from, from: job.add(undefined, `SELECT ${[...carried(from).keys()].join(', ')}, \`_p\`, ${place} AS ${order} FROM ${from.from}`, from.from), hidden: [...hidden, order, '`_p`'], order: [order] };
  }
  return from;
}

function connector(at: NonNullable<Node['source']>['at'], job: Job): string {
  const { text } = job.dialect;
  if (at.kind === 'topic') {
    job.note('the topic has one partition: one order');
    return ["'connector' = 'kafka'", `'topic' = ${text(at.topic)}`, `'properties.bootstrap.servers' = ${text(at.brokers)}`, "'properties.isolation.level' = 'read_committed'", "'format' = 'json'", "'scan.startup.mode' = 'earliest-offset'", "'scan.bounded.mode' = 'latest-offset'", "'scan.watermark.emit.strategy' = 'on-event'"].join(', ');
  }
  return `'connector' = 'filesystem', 'path' = ${text(at.kind === 'files' ? at.paths[0] : '')}, 'format' = 'json'`;
}

/** Event time in ms, and what filters ahead of the watermark let through, over the columns of the source alone. */
function computed(mark: Node, from: Node, raw: ReadonlyMap<string, Column>, job: Job): { readonly ms: string; readonly conditions: readonly string[] } {
  const conditions: string[] = [], chain: Node[] = [];
  for (let [at] = mark.inputs; at !== from; [at] = at.inputs) chain.unshift(at);
  let columns = raw;
  for (const node of chain) {
    const scope = { ...job.scope({ from: '', columns, hidden: [], order: undefined }, node) };
    if (node.op === 'filter') { const condition = emitCondition(node.params.expr, scope); conditions.push(node.params.invert === true ? `COALESCE(NOT ${condition}, TRUE)` : condition); continue; }
    if (node.op === 'watermark' || node.op === 'plain') continue;
    const { exprs, explode, rename, drop, flatten } = node.params;
    if (node.op !== 'map' || explode !== undefined || rename !== undefined || flatten !== undefined) return job.refuse(mark, `the event time is made behind leat ${node.op}${node.op === 'map' ? ' --explode, --rename or --flatten' : ''}, and Flink wants it at the source`, 'leat watermark before it');
    const made = new Map('object' in (exprs ?? {}) ? [] : columns);
    for (const [name, value] of setsOf(node, scope)) made.set(name, value);
    for (const path of drop ?? []) if (path.length === 1) made.delete(String(path[0]));
    columns = made;
  }
  const { event } = mark.planned!.out, value = job.path({ from: '', columns, hidden: [], order: undefined }, mark, event!.path);   // `!`: a watermark
  return { ms: instant(value, event!, mark, job), conditions };   // `!`: likewise
}
function setsOf(node: Node, scope: Parameters<typeof emit>[1]): ReadonlyMap<string, Column> {
  const { exprs } = node.params, made = new Map<string, Column>();
  if (exprs === undefined) return made;
  if ('object' in exprs) { const { syntax, spot } = exprs.object; for (const { key, value } of syntax.members) if (key !== undefined) made.set(key, emit({ ...exprs.object, syntax: value, spot: { ...spot, start: value.start, end: Math.max(value.end, value.start + 1) } }, scope)); else for (const [name, column] of scope.columns) made.set(name, column); return made; }
  for (const { expression, name } of exprs.sets) if (name.length === 1) made.set(String(name[0]), emit(expression, scope));
  return made;
}

/** Without a window or a join nobody asks for W: the records pass. */
export function watermark(node: Node, job: Job): Relation {
  if (node.params.maxAhead !== undefined) job.refuse(node, '--max-ahead looks at each record in turn', 'leat filter, or leat watermark --max-ahead … first', /--max-ahead[= ]\S+/);
  if (node.uses.includes('watermark.per') && !isOfTopic(node)) job.refuse(node, 'a watermark per value of a field', 'leave --per out, with a longer --delay; a topic has one for each partition', /--per[= ]\S+/);
  if (node.params.idle !== undefined) job.note('--idle has no meaning for an input that ends');
  if (node.params.every !== undefined) job.refuse(node, '--every rounds the watermark, which Flink does by the clock', 'leave it out: it changes only how often the watermark is written', /--every[= ]\S+/);
  const { time: _time, ...from } = job.relation(node.inputs[0]);
  // The time is a column of the table, which goes along.
  return markOf(job)?.node === node ? { ...from, time: from.hidden.find((name) => name.startsWith('`_t'))! } : from;   // `!`: the source has put it there
}

/** A topic has a watermark for each of its partitions by itself. */
const isOfTopic = ({ inputs: [from] }: Node): boolean => from.source !== undefined ? from.source.at.kind === 'topic' : from.inputs.length === 1 && isOfTopic(from);

/** An input with its event time, late records left out where it is asked for. */
function timedInput(input: Node, node: Node, lag: 1 | 2, moreMs: number, job: Job): Relation {
  const mark = watermarkOf(input);
  if (mark === undefined) {
    const from = job.relation(input);
    return from.time === undefined ? job.refuse(node, 'Flink has no event time here', 'leat watermark at the source') : from;
  }
  const delayMs: number = mark.params.delay ?? 0;
  if (delayMs === Infinity) job.note('no record comes more than 99 days late');
  return marked({ node: mark, delayMs: Math.min(delayMs + moreMs, intervalMax - 1000), lag }, job, () => job.relation(input));
}
/** ts ≥ W before the record. */
function punctual(node: Node, from: Relation, lag: 1 | 2, job: Job): Relation {
  return isBatch(job) ? from : job.where(node, from, `CURRENT_WATERMARK(${from.time}) IS NULL OR ${from.time} >= CURRENT_WATERMARK(${from.time}) + ${interval(lag)}`);
}
const late = (node: Node, given: Relation | (() => Relation), condition: string, job: Job): void => {
  const { late: said } = node.params;
  if (said === undefined || said === 'drop') return;
  if (said === 'fail') { job.note('--late fail: a job does not end where a record is late, it drops it'); return; }
  if (isBatch(job)) job.refuse(node, 'batch Flink cannot tell what is late', 'leave --late out; or --to duckdb', /--late[= ]\S+/);
  job.late.push({ file: said, relation: job.where(node, typeof given === 'function' ? given() : given, condition), node });
};

export function byTime(node: Node, job: Job): Relation {
  const from = timedInput(node.inputs[0], node, 1, 0, job);
  late(node, from, `${from.time} < CURRENT_WATERMARK(${from.time}) + ${interval(1)}`, job);
  if (node.op === 'sort') job.note('Flink writes the records in no certain order');
  return punctual(node, from, 1, job);
}

const instantType = scalar('time', false);

export function window(node: Node, job: Job): Relation {
  const { spec, offset, tz, lateness = 0, epoch } = node.params as { spec: WindowSpec; offset?: number; tz?: string; lateness?: number; epoch: boolean }, [input] = node.inputs, { dialect } = job;
  if (tz !== undefined) job.refuse(node, 'days and months of a zone', 'windows of fixed size, in UTC', /--tz[= ]\S+/);
  if (spec.kind === 'session') {
    if (isBatch(job)) job.refuse(node, 'sessions are for streams, and another stage of this pipeline needs batch', 'two jobs: the sessions, and what comes behind them');
    const from = timedInput(input, node, 2, lateness, job);
    late(node, from, `${from.time} < CURRENT_WATERMARK(${from.time}) + ${interval(2)}`, job);
    return { ...punctual(node, from, 2, job), window: { kind: 'session', gapMs: spec.gapMs } };
  }
  if (spec.kind === 'hopping' && spec.sizeMs % spec.slideMs !== 0) {
    const [size, slide] = windowText(spec).split('/'), unit = /^(\d+)([a-z]+)$/.exec(size), step = /^(\d+)([a-z]+)$/.exec(slide), n = unit !== null && step !== null && unit[2] === step[2] ? Math.floor(Number(unit[1]) / Number(step[1])) * Number(step[1]) : undefined;
    job.refuse(node, 'a window whose size is not a multiple of its slide cannot be said in Flink SQL', `${n === undefined ? 'a size that is a multiple of the slide' : `window ${n}${unit![2]}/${slide} or ${n + Number(step![1])}${unit![2]}/${slide}`}; or --to spark, --to beam`, /[\w]+\/\w+/);   // `!`: n was made of them
  }
  if ('sizeMs' in spec && spec.sizeMs > intervalMax) job.refuse(node, 'a window of more than 99 days', 'a shorter one; or --to duckdb, --to spark');
  // Run: a tumbling window with an offset gave counts of 2 for 30; its state is written out by the bounds of windows without one.
  if (offset !== undefined && offset !== 0) job.refuse(node, 'with an offset Flink loses records of a window', '--to duckdb, --to spark; or windows without --offset', /--offset[= ]\S+/);
  const sizes = spec.kind === 'tumbling' ? [spec.sizeMs] : spec.kind === 'hopping' ? [spec.slideMs, spec.sizeMs] : spec.kind === 'cumulative' ? [spec.stepMs, spec.sizeMs] : job.refuse(node, `windows of ${windowText(spec)} have no fixed size`, 'window 1d or 1w, which are fixed in UTC');
  const from = timedInput(input, node, 1, lateness, job), table = { tumbling: 'TUMBLE', hopping: 'HOP', cumulative: 'CUMULATE' }[spec.kind as 'tumbling'];
  const start = job.fresh('_ws'), end = job.fresh('_we'), time = job.fresh('_wt'), items = carried(from);
  for (const [name, sql] of [[start, 'window_start'], [end, 'window_end'], [time, 'window_time']]) items.set(name, sql);
  const w = `CURRENT_WATERMARK(${from.time})`, text = (condition: string): string => `SELECT ${[...items].map(([as, sql]) => as === sql ? as : `${sql} AS ${as}`).join(', ')} FROM TABLE(${table}(TABLE ${from.from}, DESCRIPTOR(${from.time}), ${sizes.map(interval).join(', ')}))${condition}`;
  const columns = new Map(from.columns), bound = (name: string): Column => epoch === true ? { sql: name, type: scalar('integer', false), as: 'instant' } : { sql: name, type: instantType, as: 'instant' };
  if (epoch === true) {
    // As numbers: worked out where they are written.
    columns.set('window_start', { sql: dialect.msOf(start), type: scalar('integer', false) }); columns.set('window_end', { sql: dialect.msOf(end), type: scalar('integer', false) });
  } else { columns.set('window_start', bound(start)); columns.set('window_end', bound(end)); }
  const { before: _before, ...rest } = from, made = (condition: string): Relation => ({ ...rest, from: job.add(node, text(condition), from.from), columns, hidden: [...from.hidden, start, end, time], window: { kind: 'fixed', start, end } });
  if (!isBatch(job)) late(node, () => made(''), `${time} <= CURRENT_WATERMARK(${from.time})`, job);
  const isNested = watermarkOf(input) === undefined;
  return { ...made(isBatch(job) || isNested || readsAtOnce(node, job) ? '' : ` WHERE ${w} IS NULL OR window_time > ${w}`), windowTime: time } as Relation;
}
/** Only aggregates read it, which drop late records by themselves. */
function readsAtOnce(node: Node, { plan }: Job): boolean {
  const readers: Node[] = [], seen = new Set<Node>(), walk = (at: Node): void => { if (seen.has(at)) return; seen.add(at); if (at.inputs.includes(node)) readers.push(at); at.inputs.forEach(walk); };
  plan.sinks.forEach(walk);
  return readers.every(({ op }) => op === 'agg');
}
const windowTimeOf = (from: Relation): string | undefined => (from as Relation & { readonly windowTime?: string }).windowTime;

export function agg(node: Node, job: Job): Relation {
  const { aggregates, over } = node.params as { aggregates: AggText; over?: readonly Over[] }, { dialect } = job;
  if (over !== undefined) {
    for (const { call } of over) if (call.fn === 'lead' || call.fn === 'row_number' || call.fn === 'rank' || call.fn === 'dense_rank') refuse('flink', { reason: `${call.fn}() over a stream`, instead: 'lag, count, sum, min, max, avg; or --to duckdb' }, call.spot);
    // A SELECT takes one window: one for each.
    const windows = new Map<string, Over[]>();
    for (const each of over) { const id = JSON.stringify([each.by.map(({ text }) => text), each.frame?.kind, each.frame?.preceding]); windows.set(id, [...windows.get(id) ?? [], each]); }
    return [...windows.values()].reduce((from, some) => overRows(node, some, job, from), job.relation(node.inputs[0]));
  }
  let from = job.relation(node.inputs[0]);
  const input = node.planned!.input, isWindowed = input.windows !== undefined, by = keysOf(aggregates.by, input);   // `!`: a tool
  if (input.windows?.kind === 'count') job.refuse(node, 'windows of a count are not alike in Flink', '--to duckdb, --to spark');
  // Keys as columns of their own: a session has them before there are groups.
  const keys: { readonly sql: string; readonly type: Type; readonly as?: Value['as'] }[] = [], items = carried(from);
  for (const { expression } of by) {
    const value = emit(expression, job.scope(from, node));
    if (value.type.kind === 'json' || value.type.kind === 'list' || value.type.kind === 'object') refuse('flink', { reason: 'a key of a type that is not known, or a list or an object', instead: 'its fields as keys' }, expression.spot);
    if (items.has(value.sql)) { keys.push(value); continue; }
    const name = job.fresh('_k');
    items.set(name, value.sql);
    keys.push({ ...value, sql: name });
  }
  if (items.size > carried(from).size) { const made = job.select(node, items, from); from = { ...from, from: made, hidden: [...from.hidden, ...[...items.keys()].filter((name) => name.startsWith('_k'))] }; }
  const groups: string[] = [], head: [string, Type, Value['as'] | undefined, string][] = [], made: Items = new Map(), hidden: string[] = [], isEpoch = input.windows?.epoch === true;
  let table = from.from, bounds = boundsOf(from), time: string | undefined;
  if (from.window?.kind === 'session') {
    // "Column '…' not found in any table" for every column of PARTITION BY but the first, in 2.2.1, with and without parentheses.
    if (keys.length > 1) job.refuse(node, 'SESSION of Flink takes one key', 'one key, made with map: user + "/" + kind as key; or --to duckdb, --to spark, --to beam');
    table = `TABLE(SESSION(TABLE ${from.from}${keys.length === 0 ? '' : ` PARTITION BY ${keys[0].sql}`}, DESCRIPTOR(${from.time}), ${interval(from.window.gapMs)}))`;
    bounds = { kind: 'fixed', start: 'window_start', end: 'window_end' };
  } else if (isWindowed && bounds === undefined) return job.refuse(node, 'the windows of this stream are not known here', 'leat window before it');
  if (isWindowed && bounds !== undefined) {
    const start = job.fresh('_ws'), end = job.fresh('_we'), at = job.fresh('_t'), rowtime = from.window?.kind === 'session' ? 'window_time' : windowTimeOf(from);
    groups.push(bounds.start, bounds.end, ...rowtime === undefined ? [] : [rowtime]);
    made.set(start, bounds.start); made.set(end, bounds.end); hidden.push(start, end);
    if (rowtime !== undefined) { made.set(at, rowtime); hidden.push(at); time = at; }
    if (isEpoch) head.push(['window_start', scalar('integer', false), undefined, dialect.msOf(start)], ['window_end', scalar('integer', false), undefined, dialect.msOf(end)]);
    else head.push(['window_start', instantType, 'instant', start], ['window_end', instantType, 'instant', end]);
    bounds = { kind: 'fixed', start, end };
  }
  const results = aggregates.calls.map((call) => aggregateSql(call, from, node, job));
  const named = namedColumns([...by.map(({ name }, i) => [String(name[0]), keys[i].type, keys[i].as] as const), ...aggregates.calls.map(({ name }, i) => [name, results[i].type, results[i].as] as const)], dialect);
  for (const [i, { name }] of by.entries()) made.set(named.get(String(name[0]))!.sql, keys[i].sql);                 // `!`: made of them
  for (const [i, { name }] of aggregates.calls.entries()) made.set(named.get(name)!.sql, results[i].sql);           // `!`: likewise
  const group = [...groups, ...keys.map(({ sql }) => sql)];
  return {
    from: job.add(node, `SELECT ${[...made].map(([name, sql]) => name === sql ? name : `${sql} AS ${name}`).join(', ')} FROM ${table}${group.length === 0 ? '' : ` GROUP BY ${group.join(', ')}`}`, from.from),
    columns: new Map([...head.map(([name, type, as, sql]) => [name, { sql, type, ...as === undefined ? {} : { as } }] as const), ...named]), hidden, order: undefined, ...time === undefined ? {} : { time },
    ...isWindowed && bounds !== undefined ? { window: bounds } : {},
  };
}

export function dedup(node: Node, job: Job): Relation {
  const { key, within, keep } = node.params, from = job.relation(node.inputs[0]), keys = (key as readonly Parameters<typeof emit>[0][]).map((each) => emit(each, job.scope(from, node)).sql);
  if (within !== undefined || keep === 'last') return job.refuse(node, `--keep ${String(keep)}${within === undefined ? '' : ' --within'} needs the order of the input`, '--to duckdb, --to spark');
  if (isBatch(job)) return job.refuse(node, 'batch Flink does not know which record came first', 'a job of its own for dedup; or --to duckdb, --to spark');
  return ranked(node, from, { by: keys, order: ['`_p` ASC'], most: 1 }, job);
}

export function sort(node: Node, job: Job): Relation {
  const { key, byTime: isByTime, top, by, ties } = node.params;
  if (isByTime === true) return byTime(node, job);
  const from = job.relation(node.inputs[0]), bounds = boundsOf(from), within = bounds === undefined ? [] : [bounds.start, bounds.end];
  job.note('Flink writes the records in no certain order');
  if (top === undefined) return from;
  if (ties === true && !isBatch(job)) job.refuse(node, '--ties: a stream of Flink has no rank()', 'leave --ties out; or --to duckdb, --to spark', /--ties/);
  const terms = sortTerms(key, from, node, job), groups = ((by ?? []) as readonly Parameters<typeof emit>[0][]).map((each) => emit(each, job.scope(from, node)).sql);
  if (ties === true) return ranked(node, from, { by: [...within, ...groups], order: terms, fn: 'rank', most: top }, job);
  return ranked(node, from, { by: [...within, ...groups], order: [...terms, ...job.orderOf(from, node, 'which of equal records is among the first')], most: top }, job);
}

/** Interval and windows in event time; the others in batch, as every engine has them. */
export function joinStage(node: Node, job: Job): Relation {
  if (formOfJoin(node) !== 'interval') return join(node, job);
  const inputs = node.inputs.map((input) => job.marks.get('batch') === true ? timedInput(input, node, 1, 0, job) : punctual(node, timedInput(input, node, 1, 0, job), 1, job));
  return join(node, job, inputs);
}
export { map };
