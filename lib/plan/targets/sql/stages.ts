// Stages that take records one by one, or as a whole, to SELECTs: source, watermark, filter, map, dedup, sort. For engines with window functions over a whole input.
// Owns: what each means in SQL. Must not: know windows of time (windows.ts) or joins (joins.ts).
import type { SortKey } from '../../../expr/expression.js';
import type { Path } from '../../../record/path.js';
import { pathText } from '../../../record/path.js';
import type { EventTime } from '../../../stream/element.js';
import { flattened, nullable, objectOf, scalar } from '../../fields.js';
import type { Node } from '../../node.js';
import type { Fields } from '../../types.js';
import type { Column, Dialect, Value } from './dialect.js';
import { emit, emitCondition } from './expression.js';
import type { Job } from './job.js';
import { boundsOf, carried, nameOf, namedColumns } from './relation.js';
import type { Relation } from './relation.js';

/** Milliseconds since 1970 of a field, by what `watermark` says of it; SQL of a whole number. */
export function instant(value: Value, { unit, format, path }: EventTime, node: Node, job: Job): string {
  const { dialect } = job, name = pathText(path);
  if (format !== undefined) job.refuse(node, '--time-format is read by leat', 'leat map first; or times in RFC 3339 or epoch ms', /--time-format/);
  if (value.as === 'ms') return value.sql;
  switch (value.type.kind) {
    case 'integer': return unit === 'ms' ? value.sql : unit === 's' ? `(${value.sql} * 1000)` : floorDivide(value.sql, unit === 'us' ? 1000 : 1_000_000, dialect);
    case 'number': {
      const scaled = unit === 'ms' ? value.sql : unit === 's' ? `${dialect.decimal(value.sql)} * 1000` : `${dialect.decimal(value.sql)} / ${unit === 'us' ? 1000 : 1_000_000}`;
      return `CAST(FLOOR(${scaled}) AS BIGINT)`;
    }
    case 'time': case 'string': return dialect.instantOf(value.sql);
    default: return job.refuse(node, `${name} is ${value.type.kind === 'json' ? 'of a type that is not known' : `a ${value.type.kind}`}, and no event time`, 'a schema in which it is an integer, or text with "format": "date-time"');
  }
}
export const remainder = (a: string, b: number, { name }: Dialect): string => name === 'flink' ? `MOD(${a}, ${b})` : `(${a} % ${b})`;
/** a less its remainder, which is never below 0. */
export const floorTo = (a: string, step: number, offset: number, dialect: Dialect): string => {
  const from = offset === 0 ? a : `(${a} - ${offset})`;
  return `(${a} - ${remainder(`${remainder(from, step, dialect)} + ${step}`.replace(/^(.*)$/, '($1)'), step, dialect)})`;
};
const floorDivide = (a: string, by: number, dialect: Dialect): string => dialect.quotient(floorTo(a, by, 0, dialect), String(by));

/** What every job assumes of its inputs. */
export function assumeInput(job: Job): void {
  job.note('every line of an input is a record, and its fields are of the types that the schema says: leat describe --schema tells, leat filter true tries');
  job.note('null and missing are one: compare results after dropping nulls; numbers are compared by value, 2.0 is 2; in a field of numbers that are not all integers, one beyond 2^53 counts as the double nearest to it');
}

export function filter(node: Node, job: Job): Relation {
  const from = job.relation(node.inputs[0]), { expr, invert } = node.params, condition = emitCondition(expr, job.scope(from, node));
  return job.where(node, from, invert === true ? `COALESCE(NOT ${condition}, TRUE)` : condition);
}

export function watermark(node: Node, job: Job): Relation {
  const from = job.relation(node.inputs[0]), { planned, params } = node, { event } = planned!.out;   // `!`: a tool
  if (params.maxAhead !== undefined) job.refuse(node, '--max-ahead looks at each record in turn', 'leat filter, or leat watermark --max-ahead … first', /--max-ahead[= ]\S+/);
  if (params.idle !== undefined) job.note('--idle has no meaning for an input that ends');
  const time = job.fresh('_t'), at = instant(job.path(from, node, event!.path), event!, node, job);   // `!`: watermark makes one
  const timed = job.with1(node, from, time, job.dialect.needed(at, `null or unreadable event time in ${pathText(event!.path)}`));
  const { before: _before, ...rest } = { ...timed, time };
  const delayMs: number = params.delay ?? 0;
  if (!job.parts.isExactWhenLate || delayMs === Infinity) return rest;
  const order = job.orderOf(from, node, 'the watermark'), name = job.fresh('_w'), greatest = `max(${time}) OVER (ORDER BY ${order.join(', ')} ROWS BETWEEN UNBOUNDED PRECEDING AND 1 PRECEDING)`, w = `(${greatest} - ${delayMs})`;
  return { ...job.with1(undefined, rest, name, params.every === undefined ? w : floorTo(w, params.every, 0, job.dialect)), before: name };
}

/** Without the records that come when W has passed them. */
export const punctual = (node: Node, from: Relation, job: Job): Relation => {
  const { before, time } = from;
  if (before === undefined || time === undefined) return from;
  const { before: _before, ...rest } = job.where(node, from, `${before} IS NULL OR ${time} >= ${before}`);
  return rest;
};

export function byTime(node: Node, job: Job): Relation {
  const given = job.relation(node.inputs[0]), from = punctual(node, given, job);
  if (node.params.late !== undefined && node.params.late !== 'drop') lateFile(node, given, `${given.before} IS NOT NULL AND ${given.time} < ${given.before}`, job);
  return { ...from, ...from.order === undefined || from.time === undefined ? {} : { order: [from.time, ...from.order.filter((term) => term !== from.time)] } };
}

/** Late records as a result of their own. `given` has all records. */
export function lateFile(node: Node, given: Relation, isLate: string, job: Job): void {
  const { late } = node.params;
  if (late === undefined || late === 'drop') return;
  if (late === 'fail') { job.note('--late fail: a job does not end where a record is late, it drops it'); return; }
  if (given.before === undefined) job.refuse(node, '--late FILE needs to know what is late, and nothing is here', 'leave --late out; or --to duckdb', /--late[= ]\S+/);
  job.late.push({ file: late, relation: job.where(node, given, isLate), node });
}

/** An object with one member set, at any depth; objects on the way are made. */
function withMember(of: Value | undefined, path: Path, to: Value, dialect: Dialect): Value {
  if (path.length === 0) return to.as === undefined ? to : { sql: dialect.timeText(to), type: to.type };
  const [first, ...rest] = path, name = String(first), fields: Fields = of?.type.kind === 'object' ? of.type.fields : new Map();
  const members = new Map([...fields].map(([each, type]) => [each, { sql: dialect.member(of!.sql, each), type }]));   // `!`: it has fields
  members.set(name, withMember(members.get(name), rest, to, dialect));
  return objectValue(members, false, dialect);
}
const objectValue = (members: ReadonlyMap<string, Value>, isNullable: boolean, dialect: Dialect): Value =>
  ({ sql: dialect.object([...members].map(([name, { sql, type }]) => [name, sql, type] as const)), type: objectOf(new Map([...members].map(([name, { type }]) => [name, type])), isNullable) });

/** An object without a member, or with one under another name. Null stays null. */
function changedMember(of: Value, path: Path, as: string | undefined, dialect: Dialect): Value {
  if (of.type.kind !== 'object') return of;
  const [first, ...rest] = path, members = new Map<string, Value>();
  for (const [name, type] of of.type.fields) {
    const member: Value = { sql: dialect.member(of.sql, name), type };
    if (name !== first) { if (name !== as || rest.length > 0) members.set(name, member); continue; }
    if (rest.length > 0) members.set(name, changedMember(member, rest, as, dialect)); else if (as !== undefined) members.set(as, member);
  }
  const made = objectValue(members, true, dialect);
  return { sql: `CASE WHEN ${of.sql} IS NOT NULL THEN ${made.sql} END`, type: made.type };
}

export function map(node: Node, job: Job): Relation {
  const { exprs, explode, keepEmpty, rename, drop, flatten } = node.params, { dialect } = job;
  let from = job.relation(node.inputs[0]);
  if (explode !== undefined) from = exploded(node, from, explode.sets[0], keepEmpty === true, job);
  if (exprs !== undefined) {
    const scope = job.scope(from, node), items = carried(from);
    let columns = new Map<string, Column>(from.columns);
    if ('object' in exprs) {
      const syntax = exprs.object.syntax, made = emit(exprs.object, scope);
      if (syntax.kind !== 'object' || made.type.kind !== 'object') return job.refuse(node, 'the record is made by an expression whose fields are not known', 'map \'{ a, b: x + 1 }\'');
      columns = new Map();
      items.clear();
      for (const name of from.hidden) items.set(name, name);
      for (const [name, value] of membersOf(exprs.object, scope)) put(name, value);
    } else for (const { expression, name } of exprs.sets) {
      const value = emit(expression, scope), [first, ...rest] = name as Path, key = String(first);
      put(key, rest.length === 0 ? value : withMember(columns.get(key), rest, value, dialect));
    }
    from = { ...from, from: job.select(node, items, from), columns };

    function put(name: string, value: Value): void {
      const isNull = value.sql === 'NULL' && value.type.kind === 'json', old = columns.get(name);
      const sql = old?.sql ?? nameOf(name, [...columns.values()].map((each) => each.sql), dialect);
      columns.set(name, { sql, type: isNull ? scalar('string', true) : value.type, ...value.as === undefined ? {} : { as: value.as } });
      items.set(sql, isNull ? `CAST(NULL AS ${dialect.type(scalar('string', true))})` : value.sql);
    }
  }
  if (rename !== undefined || drop !== undefined || flatten !== undefined) from = reshaped(node, from, job);
  const { time, ...rest } = from;
  return node.stream.event === undefined ? rest : { ...rest, ...time === undefined ? {} : { time } };
}

/** The members of an object literal, a spread opened. */
function membersOf(object: Parameters<typeof emit>[0], scope: Parameters<typeof emit>[1]): ReadonlyMap<string, Value> {
  const { syntax, spot } = object, made = new Map<string, Value>();
  if (syntax.kind !== 'object') return made;
  for (const { key, value } of syntax.members) {
    const one = emit({ ...object, syntax: value, spot: { ...spot, start: value.start, end: Math.max(value.end, value.start + 1) } }, scope);
    if (key !== undefined) made.set(key, one);
    else if (value.kind === 'path' && value.path.length === 0) for (const [name, column] of scope.columns) made.set(name, column);
    else if (one.type.kind === 'object') for (const [name, type] of one.type.fields) made.set(name, { sql: scope.dialect.member(one.sql, name), type: nullable(type) });
  }
  return made;
}

function exploded(node: Node, from: Relation, { expression, name }: { readonly expression: Parameters<typeof emit>[0]; readonly name: Path }, isOuter: boolean, job: Job): Relation {
  const { dialect } = job, list = emit(expression, job.scope(from, node)), index = job.fresh('_i'), [first, ...rest] = name, key = String(first);
  if (list.type.kind !== 'list') return job.refuse(node, `${expression.text} is no list by the schema`, 'a schema in which it is an array');
  const { column, element, lateral } = dialect.explode(list.sql, index, isOuter), value: Value = { sql: element, type: nullable(list.type.of) }, old = from.columns.get(key);
  const columns = new Map(from.columns), items = carried(from), sql = old?.sql ?? nameOf(key, [...columns.values()].map((each) => each.sql), dialect), made = withMember(old, rest, value, dialect);
  const opened = job.add(node, `SELECT *, ${column} FROM ${from.from}${lateral}`, from.from);
  columns.set(key, { sql, type: made.type });
  items.set(sql, made.sql); items.set(index, index);
  return { ...from, from: job.add(undefined, `SELECT ${[...items].map(([as, one]) => one === as ? as : `${one} AS ${as}`).join(', ')} FROM ${opened}`, opened), columns, hidden: [...from.hidden, index], ...from.order === undefined ? {} : { order: [...from.order, index] } };
}

/** rename, drop, flatten. */
function reshaped(node: Node, from: Relation, job: Job): Relation {
  const { rename, drop, flatten } = node.params, { dialect } = job, items = carried(from);
  let columns = new Map<string, Column>(from.columns);
  const set = (name: string, value: Value): void => { const { sql } = columns.get(name)!; items.set(sql, value.sql); columns.set(name, { sql, type: value.type }); };   // `!`: seen by the callers
  for (const { expression, name } of rename ?? []) {
    const [first, ...rest] = expression.path as Path, key = String(first), to = String(name[name.length - 1]), column = columns.get(key);
    if (column === undefined) continue;
    if (rest.length > 0) { set(key, changedMember({ ...column, sql: items.get(column.sql) ?? column.sql }, rest, to, dialect)); continue; }
    const gone = columns.get(to);
    if (gone !== undefined && to !== key) items.delete(gone.sql);
    const old = items.get(column.sql) ?? column.sql, sql = nameOf(to, [...columns].filter(([each]) => each !== key && each !== to).map(([, each]) => each.sql), dialect);
    columns = new Map([...columns].flatMap(([each, value]) => each === key ? [[to, { ...value, sql }] as const] : each === to ? [] : [[each, value] as const]));
    items.delete(column.sql); items.set(sql, old);
  }
  for (const path of (drop ?? []) as readonly Path[]) {
    const [first, ...rest] = path, key = String(first), column = columns.get(key);
    if (column === undefined) continue;
    if (rest.length > 0) set(key, changedMember({ ...column, sql: items.get(column.sql) ?? column.sql }, rest, undefined, dialect));
    else { columns.delete(key); items.delete(column.sql); }
  }
  let made: Relation = { ...from, from: job.select(node, items, from), columns };
  if (flatten === undefined) return made;
  const separator = flatten === '' ? '.' : flatten as string, all = new Map<string, Value>();
  const open = (name: string, value: Value): void => { if (value.type.kind === 'object') for (const [below, type] of value.type.fields) open(`${name}${separator}${below}`, { sql: dialect.member(value.sql, below), type: nullable(type) }); else all.set(name, value); };
  for (const [name, column] of made.columns) open(name, column);
  if (flattened(new Map([...made.columns].map(([name, { type }]) => [name, type])), separator) === undefined) return job.refuse(node, 'a field may be anything, so its fields are not known', 'a schema that names them');
  const flat = namedColumns([...all].map(([name, { type, as }]) => [name, type, as] as const), dialect), wanted = new Map([...[...flat].map(([name, { sql }]) => [sql, all.get(name)!.sql] as const), ...made.hidden.map((name) => [name, name] as const)]);   // `!`: made of it
  made = { ...made, from: job.select(undefined, wanted, made), columns: flat };
  return made;
}

/** The records whose place among those of their group is the first. */
export function ranked(node: Node, from: Relation, { by, order, fn = 'row_number', most }: { readonly by: readonly string[]; readonly order: readonly string[]; readonly fn?: string; readonly most: number }, job: Job): Relation {
  const name = job.fresh('_n'), over = `${by.length === 0 ? '' : `PARTITION BY ${by.join(', ')} `}ORDER BY ${order.join(', ')}`;
  const numbered = job.with1(node, from, name, `${fn}() OVER (${over})`);
  return { ...from, from: job.add(undefined, `SELECT ${[...carried(from).keys()].join(', ')} FROM ${numbered.from} WHERE ${name} <= ${most}`, numbered.from) };
}

export function dedup(node: Node, job: Job): Relation {
  const { key, within, keep } = node.params;
  let from = job.relation(node.inputs[0]);
  const keys = (key as readonly Parameters<typeof emit>[0][]).map((each) => emit(each, job.scope(from, node)).sql);
  if (within === undefined) return ranked(node, from, { by: keys, order: job.orderOf(from, node, 'which record is the first').map((term) => keep === 'last' ? `${term} DESC` : term), most: 1 }, job);
  // --keep last: nothing of its key comes behind it within D.
  const given = from;
  lateFile(node, given, `${given.before} IS NOT NULL AND ${given.time} < ${given.before}`, job);
  from = job.numbered(undefined, punctual(node, from, job));
  const [order] = job.orderOf(from, node, 'which record is the last'), names = keys.map(() => job.fresh('_k'));
  for (const [i, name] of names.entries()) from = job.with1(undefined, from, name, keys[i]);
  const near = `EXISTS (SELECT 1 FROM ${from.from} AS b WHERE ${names.map((name) => `${nullSafe(`a.${name}`, `b.${name}`, job.dialect)} AND `).join('')}b.${order} > a.${order} AND b.${from.time} BETWEEN a.${from.time} - ${within} AND a.${from.time} + ${within})`;
  return { ...from, from: job.add(node, `SELECT * FROM ${from.from} AS a WHERE NOT ${near}`, from.from), order: [from.time!, order] };   // `!`: --within needs one
}
/** Whether two values are equal, null equal to null. */
export const nullSafe = (a: string, b: string, { name }: Dialect): string => name === 'spark' ? `${a} <=> ${b}` : `${a} IS NOT DISTINCT FROM ${b}`;

/** ORDER BY terms of sort -k. */
export const sortTerms = (keys: readonly SortKey[], from: Relation, node: Node, job: Job): readonly string[] => keys.map(({ path, desc, nulls }) => {
  const { sql, type } = job.path(from, node, path);
  if (type.kind === 'json' || type.kind === 'list' || type.kind === 'object') job.refuse(node, `${pathText(path)} is ${type.kind === 'json' ? 'of a type that is not known' : `a ${type.kind}`}: engines order it otherwise`, 'sort by its fields');
  return `${sql} ${desc ? 'DESC' : 'ASC'} NULLS ${nulls.toUpperCase()}`;
});

export function sort(node: Node, job: Job): Relation {
  const { key, byTime: isByTime, top, by, ties } = node.params;
  if (isByTime === true) return byTime(node, job);
  let from = job.relation(node.inputs[0]);
  const bounds = node.planned?.input.windows === undefined ? undefined : boundsOf(from), within = bounds === undefined ? [] : [bounds.start, bounds.end];
  const terms = sortTerms(key, from, node, job), order = ties === true && from.order === undefined ? [] : job.orderOf(from, node, 'which of equal records stands first');
  if (top !== undefined) {
    const groups = ((by ?? []) as readonly Parameters<typeof emit>[0][]).map((each) => emit(each, job.scope(from, node)).sql);
    from = ranked(node, from, { by: [...within, ...groups], order: ties === true ? terms : [...terms, ...order], fn: ties === true ? 'rank' : 'row_number', most: top }, job);
  }
  const name = job.fresh('_o');
  from = job.with1(node, from, name, `row_number() OVER (ORDER BY ${[...within.slice().reverse(), ...sortTerms(key, from, node, job), ...order].join(', ')})`);
  if (bounds === undefined) { const { before: _before, ...rest } = from; return { ...rest, order: [name] }; }
  const { before: _before, ...rest } = released(node, from, bounds, job);
  return { ...rest, order: [name] };
}

/** What a window releases has the event time window_end − 1 ms. */
export function released(node: Node, from: Relation, { end }: { readonly end: string }, job: Job): Relation {
  const { time: _time, ...rest } = from;
  if (node.stream.event === undefined) return from;
  if (job.dialect.name === 'flink') return rest;           // an event time of Flink is made by its windows alone
  const time = job.fresh('_t');
  return { ...job.with1(undefined, from, time, `${end} - 1`), time };
}
