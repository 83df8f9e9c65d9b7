// Windows and aggregates to SELECTs, for engines that group by arithmetic: bounds are whole ms. window, agg, agg --over.
// Owns: bounds, lateness for a window, groups. Must not: know how an engine writes a function.
import { findAggregate } from '../../../agg/index.js';
import type { AggText, Call, Over } from '../../../expr/expression.js';
import { keysOf } from '../../../operators/agg/names.js';
import type { WindowSpec } from '../../../time/window-spec.js';
import { windowText } from '../../../time/window-spec.js';
import { scalar } from '../../fields.js';
import type { Node } from '../../node.js';
import type { Type } from '../../types.js';
import { aggregateForms, insteadOf } from './aggregates.js';
import type { AggregateCall } from './aggregates.js';
import type { Value } from './dialect.js';
import { sentence } from './exact-sum.js';
import { emit, emitCondition } from './expression.js';
import type { Job } from './job.js';
import { boundsOf, carried, namedColumns } from './relation.js';
import type { Bounds, Items, Relation } from './relation.js';
import { floorTo, lateFile, released } from './stages.js';
import { refuse } from '../refuse.js';

const timeType = scalar('time', false), integerType = scalar('integer', false);

export function window(node: Node, job: Job): Relation {
  const { spec, offset = 0, tz, lateness = 0, epoch } = node.params as { spec: WindowSpec; offset?: number; tz?: string; lateness?: number; epoch: boolean }, given = job.relation(node.inputs[0]), { dialect } = job;
  if (tz !== undefined) job.refuse(node, 'days and months of a zone', 'windows of fixed size, in UTC', /--tz[= ]\S+/);
  if (spec.kind === 'count') return { ...given, window: { kind: 'count', count: spec.count } };
  const { time, before } = given;
  if (time === undefined) return job.refuse(node, 'this stream has no event time here', 'leat watermark --time …');
  if (spec.kind === 'session') {
    lateFile(node, given, `${before} IS NOT NULL AND ${time} + ${lateness} < ${before}`, job);
    const from = before === undefined ? given : job.where(node, given, `${before} IS NULL OR ${time} + ${lateness} >= ${before}`);
    return { ...from, window: { kind: 'session', gapMs: spec.gapMs } };
  }
  const start = job.fresh('_ws'), end = job.fresh('_we');
  let from: Relation;
  switch (spec.kind) {
    case 'tumbling': from = job.with1(undefined, job.with1(node, given, start, floorTo(time, spec.sizeMs, offset, dialect)), end, `${start} + ${spec.sizeMs}`); break;
    case 'hopping': {
      // Every start in (time − size, time] that is a multiple of the slide.
      const last = floorTo(time, spec.slideMs, offset, dialect), first = `(${last} - ${dialect.quotient(`(${last} - ${time} + ${spec.sizeMs - 1})`, String(spec.slideMs))} * ${spec.slideMs})`;
      from = job.with1(undefined, series(node, given, start, { from: first, to: last, step: String(spec.slideMs) }, job), end, `${start} + ${spec.sizeMs}`);
      break;
    }
    case 'cumulative': {
      const timed = job.with1(node, given, start, floorTo(time, spec.sizeMs, offset, dialect));
      from = series(undefined, timed, end, { from: `(${start} + ${dialect.quotient(`(${time} - ${start})`, String(spec.stepMs))} * ${spec.stepMs} + ${spec.stepMs})`, to: `(${start} + ${spec.sizeMs})`, step: String(spec.stepMs) }, job);
      break;
    }
    default: return job.refuse(node, `windows of ${windowText(spec)} have no fixed size`, 'window 1d or 1w, which are fixed in UTC', /\d+ ?(?:months?|mon|y\w*)/);
  }
  const columns = new Map(from.columns), type = epoch === true ? integerType : timeType, isMany = spec.kind !== 'tumbling';
  columns.set('window_start', { sql: start, type, ...epoch === true ? {} : { as: 'ms' as const } });
  columns.set('window_end', { sql: end, type, ...epoch === true ? {} : { as: 'ms' as const } });
  const made: Relation = { ...from, columns, window: { kind: 'fixed', start, end }, ...from.order === undefined || !isMany ? {} : { order: [...from.order, start, end] } };
  if (before === undefined) { lateFile(node, made, '', job); return made; }
  lateFile(node, made, `${before} IS NOT NULL AND ${end}${lateness === 0 ? '' : ` + ${lateness}`} <= ${before}`, job);
  const kept = job.where(undefined, made, `${before} IS NULL OR ${end}${lateness === 0 ? '' : ` + ${lateness}`} > ${before}`);
  if (lateness === 0) return kept;
  const w = job.fresh('_w');                               // W − L is what goes on
  return { ...job.with1(undefined, kept, w, `${before} - ${lateness}`), before: w };
}

function series(node: Node | undefined, from: Relation, name: string, range: { readonly from: string; readonly to: string; readonly step: string }, job: Job): Relation {
  const { column, lateral } = job.dialect.series(name, range), items = [...carried(from).keys()].join(', ');
  return { ...from, from: job.add(node, `SELECT ${items}, ${column} FROM ${from.from}${lateral}`, from.from), hidden: [...from.hidden, name] };
}

interface Made { readonly sql: string; readonly type: Type; readonly as?: Value['as'] }

/** One aggregate as SQL. `over`: what stands behind OVER. */
export function aggregateSql(call: Call, from: Relation, node: Node, job: Job, over?: string): Made {
  const { dialect } = job, scope = job.scope(from, node), found = findAggregate(call.fn)!;    // `!`: the tool has looked
  const { aggregate } = found, form = aggregateForms[aggregate.name], make = form?.[dialect.name], fail = (reason: string, instead: string): never => refuse(dialect.name, { reason, instead }, call.spot);
  if (form === undefined || make === undefined) return fail(`${call.fn}() has no form in ${dialect.title} with the same results`, insteadOf[aggregate.name] ?? (dialect.name === 'duckdb' ? 'another aggregate' : 'another aggregate; or --to duckdb'));
  if (over !== undefined && form.over !== true) fail(`${call.fn}() cannot stand over rows in ${dialect.title} with the same results`, 'count, sum, avg, min, max');
  const inputs = call.args.slice(0, aggregate.args.length).map((arg) => emit(arg, scope)), params = [...found.params, ...call.args.slice(aggregate.args.length).map(({ text }) => Number(text))];
  for (const [i, { type }] of inputs.entries()) {
    const wanted = aggregate.args[i] ?? 'any';
    if (type.kind === 'json' || ((wanted === 'number' && type.kind !== 'integer' && type.kind !== 'number') || (wanted === 'boolean' && type.kind !== 'boolean'))) fail(`${call.fn}() of ${type.kind === 'json' ? 'a field of unknown type' : `a ${type.kind}`}: leat would leave such values out`, 'number(x); or a schema that names the type');
    if (aggregate.name !== 'first' && aggregate.name !== 'last' && aggregate.name !== 'collect' && (type.kind === 'list' || type.kind === 'object') && aggregate.name !== 'count') fail(`${call.fn}() of a ${type.kind}: engines order it otherwise`, 'its fields');
  }
  if (form.ordered === true && over === undefined) job.orderOf(from, node, `${call.fn}()`);
  if (form.approx === true) job.note(`${call.fn}() of doubles may differ in the last digits`, true);
  if (form.approx === 'double' && inputs[0].type.kind === 'number') {
    if (dialect.name === 'flink') job.note('sums of doubles are plain additions in the order of arrival, where leat\'s are exact: the last digits may differ', true); else job.note(sentence);
  }
  if (inputs[0]?.type.kind === 'integer' && (aggregate.name === 'sum' || aggregate.name === 'avg')) job.note(dialect.name === 'flink' ? 'sums of integers stay within 64 bits' : 'sums of integers stay within 38 digits');
  if (aggregate.name === 'avg' && inputs[0].type.kind === 'integer') job.note('sums of integers under avg() stay below 2^53');
  const when = call.where === undefined ? undefined : emitCondition(call.where, scope);
  const x = when === undefined ? inputs : inputs.map((value) => ({ ...value, sql: `CASE WHEN ${when} THEN ${value.sql} END` }));
  const given: AggregateCall = { dialect, x, raw: inputs, when, params, order: job.timeOrder(from) };
  const sql = make(given), type = form.gives(given), as = type.kind === 'time' && (aggregate.name === 'min' || aggregate.name === 'max' || form.ordered === true) ? inputs[0].as : undefined;
  return { sql: over === undefined ? sql.replaceAll('$over', '') : sql.includes('$over') ? sql.replaceAll('$over', ` ${over}`) : `${sql} ${over}`, type, ...as === undefined ? {} : { as } };
}

export function agg(node: Node, job: Job): Relation {
  const { aggregates, over } = node.params as { aggregates: AggText; over?: readonly Over[] }, { planned } = node;
  if (over !== undefined) return overRows(node, over, job);
  let from = job.relation(node.inputs[0]);
  const { dialect } = job, input = planned!.input, isWindowed = input.windows !== undefined;   // `!`: a tool
  const by = keysOf(aggregates.by, input), keys = by.map(({ expression }) => emit(expression, job.scope(from, node)));
  for (const [i, { type }] of keys.entries()) if (type.kind === 'json' || type.kind === 'list' || type.kind === 'object') refuse(dialect.name, { reason: `a key of ${type.kind === 'json' ? 'unknown type' : `type ${type.kind}`}`, instead: 'its fields as keys' }, by[i].expression.spot);
  const { window: kind } = from;
  if (isWindowed && kind === undefined) return job.refuse(node, 'the windows of this stream are not known here', 'leat window before it');
  const groups: string[] = [], head: [string, Type, Value['as']?, string?][] = [];
  let bounds: Bounds | undefined;
  if (kind?.kind === 'session') { from = sessions(node, from, kind.gapMs, keys, job); bounds = undefined; groups.push(String(job.marks.get('session'))); }
  else if (kind?.kind === 'count') { from = counts(node, from, kind.count, keys, job); groups.push(String(job.marks.get('count'))); }
  else if (isWindowed) { bounds = boundsOf(from)!; groups.push(bounds.start, bounds.end); }
  const start = job.fresh('_ws'), end = job.fresh('_we'), isEpoch = input.windows?.epoch === true, as = isEpoch ? undefined : 'ms' as const, boundType = isEpoch ? integerType : timeType;
  const items: Items = new Map(), hidden: string[] = [];
  if (isWindowed && kind?.kind !== 'count') {
    items.set(start, bounds?.start ?? `MIN(${from.time})`); items.set(end, bounds?.end ?? `MAX(${from.time}) + ${(kind as { gapMs: number }).gapMs}`);
    hidden.push(start, end);
    head.push(['window_start', boundType, as, start], ['window_end', boundType, as, end]);
  } else if (kind?.kind === 'count') { items.set(start, groups[0]); hidden.push(start); head.push(['window_index', integerType, undefined, start]); }
  const scoped = by.map(({ expression }) => emit(expression, job.scope(from, node))), made = aggregates.calls.map((call) => aggregateSql(call, from, node, job));
  const named = namedColumns([...by.map(({ name }, i) => [String(name[0]), scoped[i].type, scoped[i].as] as const), ...aggregates.calls.map(({ name }, i) => [name, made[i].type, made[i].as] as const)], dialect);
  for (const [i, { name }] of by.entries()) items.set(named.get(String(name[0]))!.sql, scoped[i].sql);              // `!`: made of them
  for (const [i, { name }] of aggregates.calls.entries()) items.set(named.get(name)!.sql, made[i].sql);             // `!`: likewise
  const first = (from.order ?? []).filter((term) => term !== bounds?.start && term !== bounds?.end), order: string[] = isWindowed && kind?.kind !== 'count' ? [end, start] : [];
  const isOrdered = first.length === 1;
  if (isOrdered && (keys.length > 0 || isWindowed)) { const name = job.fresh('_o'); items.set(name, `MIN(${first[0]})`); hidden.push(name); order.push(name); }
  const group = [...groups, ...scoped.map(({ sql }) => sql)];
  const relation: Relation = {
    from: job.add(node, `SELECT ${[...items].map(([name, sql]) => name === sql ? name : `${sql} AS ${name}`).join(', ')} FROM ${from.from}${group.length === 0 ? '' : ` GROUP BY ${group.join(', ')}`}`, from.from),
    columns: new Map([...head.map(([name, type, form, sql]) => [name, { sql: sql!, type, ...form === undefined ? {} : { as: form } }] as const), ...named]), hidden,   // `!`: the head has it
    order: isOrdered ? order.length === 0 ? [] : order : keys.length === 0 && !isWindowed ? [] : undefined,
    ...isWindowed && kind?.kind !== 'count' ? { window: { kind: 'fixed' as const, start, end } } : {},
  };
  return isWindowed && kind?.kind !== 'count' ? released(node, relation, { end }, job) : relation;
}

/** Records of a key at most the gap apart get one number. */
function sessions(node: Node, given: Relation, gapMs: number, keys: readonly Value[], job: Job): Relation {
  const order = job.timeOrder(given) ?? [given.time!], part = `${keys.length === 0 ? '' : `PARTITION BY ${keys.map(({ sql }) => sql).join(', ')} `}ORDER BY ${order.join(', ')}`;   // `!`: window has seen it
  const begins = job.fresh('_b'), session = job.fresh('_s');
  const from = job.with1(node, given, begins, `CASE WHEN ${given.time} - LAG(${given.time}) OVER (${part}) <= ${gapMs} THEN 0 ELSE 1 END`);
  job.marks.set('session', session);
  return job.with1(undefined, from, session, `SUM(${begins}) OVER (${part} ROWS UNBOUNDED PRECEDING)`);
}

/** n records of a key get one number, from 0. */
function counts(node: Node, given: Relation, count: number, keys: readonly Value[], job: Job): Relation {
  const order = job.orderOf(given, node, 'a window of a count'), name = job.fresh('_c');
  job.marks.set('count', name);
  return job.with1(node, given, name, job.dialect.quotient(`(row_number() OVER (${keys.length === 0 ? '' : `PARTITION BY ${keys.map(({ sql }) => sql).join(', ')} `}ORDER BY ${order.join(', ')}) - 1)`, String(count)));
}

const places: Readonly<Record<string, string>> = { row_number: 'row_number', rank: 'rank', dense_rank: 'dense_rank' };

/** agg --over: each record with values of the records before it, by (event time, input). */
export function overRows(node: Node, overs: readonly Over[], job: Job, from: Relation = job.relation(node.inputs[0])): Relation {
  const { time } = from, bounds = boundsOf(from), scope = job.scope(from, node);
  if (time === undefined) return job.refuse(node, 'this stream has no event time here', 'leat watermark --time …');
  const items = carried(from), columns = new Map(from.columns), order = job.timeOrder(from);
  for (const { call, by, frame } of overs) {
    const keys = [...bounds === undefined ? [] : [bounds.start, bounds.end], ...by.map((each) => emit(each, scope).sql)], partition = keys.length === 0 ? '' : `PARTITION BY ${keys.join(', ')} `;
    const isRows = frame?.kind === 'rows', inOrder = (): string => (order ?? job.orderOf(from, node, `${call.fn}()`)).join(', ');
    let made: Made;
    if (call.fn === 'lag' || call.fn === 'lead') {
      const value = emit(call.args[0], scope), n = call.args[1] === undefined ? 1 : Number(call.args[1].text);
      made = { sql: `${call.fn}(${value.sql}, ${n}) OVER (${partition}ORDER BY ${inOrder()})`, type: { ...value.type, isNullable: true }, ...value.as === undefined ? {} : { as: value.as } };
    } else if (Object.hasOwn(places, call.fn)) made = { sql: `${places[call.fn]}() OVER (${partition}ORDER BY ${call.fn === 'row_number' ? inOrder() : time})`, type: integerType };
    else {
      const bound = frame === undefined || frame.preceding === Infinity ? 'UNBOUNDED PRECEDING' : `${frame.kind === 'rows' ? frame.preceding : job.dialect.interval(frame.preceding)} PRECEDING`;
      made = aggregateSql(call, from, node, job, `OVER (${partition}ORDER BY ${isRows ? inOrder() : time} ${isRows ? 'ROWS' : 'RANGE'} BETWEEN ${bound} AND CURRENT ROW)`);
    }
    const old = columns.get(call.name), sql = old?.sql ?? namedColumns([[call.name, made.type]], job.dialect, [...columns.values()].map((each) => each.sql)).get(call.name)!.sql;   // `!`: made of it
    columns.set(call.name, { sql, type: made.type, ...made.as === undefined ? {} : { as: made.as } });
    items.set(sql, made.sql);
  }
  return { ...from, from: job.select(node, items, from), columns };
}
