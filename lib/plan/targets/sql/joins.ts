// join to SELECTs: pairs of equal keys, within an interval, a window, as of a time, with a table, as a whole; rows without a partner; fields as leat names them.
// Owns: conditions and names of columns. Must not: decide what an engine can (its table does).
import type { Path } from '../../../record/path.js';
import { startsWith } from '../../../record/path.js';
import type { Node } from '../../node.js';
import { nullable, objectOf, unite } from '../../fields.js';
import type { Column } from './dialect.js';
import type { Job } from './job.js';
import { boundsOf, carried, nameOf } from './relation.js';
import type { Items, Relation } from './relation.js';
import { lateFile, punctual, released } from './stages.js';

export interface JoinValues {
  readonly keys?: readonly Path[]; readonly leftKeys?: readonly Path[]; readonly rightKeys?: readonly Path[]; readonly within?: { readonly lo: number; readonly hi: number }; readonly table: boolean; readonly asof: boolean; readonly tolerance?: number;
  readonly left: boolean; readonly right: boolean; readonly full: boolean; readonly semi: boolean; readonly anti: boolean; readonly suffix: string; readonly as?: string; readonly late?: string;
}
export type JoinForm = 'interval' | 'asof' | 'table' | 'windowed' | 'bounded';
export const formOfJoin = (node: Node): JoinForm => {
  const { within, asof, table } = node.params as JoinValues;
  return within !== undefined ? 'interval' : table ? 'table' : asof ? 'asof' : node.inputs.some(({ stream }) => stream.windows !== undefined) ? 'windowed' : 'bounded';
};

/** `inputs`: in place of those of the node. */
export function join(node: Node, job: Job, inputs?: readonly Relation[]): Relation {
  const values = node.params as JoinValues, form = formOfJoin(node), { left: isLeft, right: isRight, full, semi, anti } = values, isTimed = form === 'interval' || form === 'asof';
  const [first, second] = inputs ?? node.inputs.map((input) => job.relation(input));
  if (isTimed && values.late !== undefined && values.late !== 'drop' && values.late !== 'fail') job.refuse(node, '--late FILE of a join mixes the records of both inputs', 'leat window --late, or --late drop', /--late[= ]\S+/);
  if (isTimed) lateFile(node, first, '', job);
  const sides = [isTimed ? punctual(node, first, job) : first, isTimed ? punctual(node, second, job) : second].map((side) => job.numbered(undefined, side)), [l, r] = sides;
  const ours = values.keys ?? values.leftKeys ?? [], theirs = values.keys ?? values.rightKeys ?? [];
  const on: string[] = [];
  for (const [i, path] of ours.entries()) {
    const a = job.path(prefixed(l, 'l.'), node, path), b = job.path(prefixed(r, 'r.'), node, theirs[i]), text = (kind: string): boolean => kind === 'string' || kind === 'time', number = (kind: string): boolean => kind === 'integer' || kind === 'number';
    const { kind: x } = a.type, { kind: y } = b.type;
    if (!((text(x) && text(y)) || (number(x) && number(y)) || (x === 'boolean' && y === 'boolean'))) job.refuse(node, `the keys are of different types, ${x} and ${y}: nothing would match`, 'leat map \'string(id) as id\' on one side');
    on.push(`${a.as === undefined || a.as === b.as ? a.sql : job.dialect.timeText(a)} = ${b.as === undefined || a.as === b.as ? b.sql : job.dialect.timeText(b)}`);
  }
  const wl = boundsOf(l), wr = boundsOf(r);
  if (form === 'windowed') { if (wl === undefined || wr === undefined) return job.refuse(node, 'the windows of an input are not known here', 'leat window on both'); on.push(`l.${wl.start} = r.${wr.start}`, `l.${wl.end} = r.${wr.end}`); }
  if (form === 'interval') {
    const { lo, hi } = values.within!;                     // `!`: the form
    if (lo > -Infinity) on.push(`r.${r.time} >= l.${l.time} ${signed(lo, job)}`);
    if (hi < Infinity) on.push(`r.${r.time} <= l.${l.time} ${signed(hi, job)}`);
  }
  if (form === 'asof') { on.push(`r.${r.time} <= l.${l.time}`); if (values.tolerance !== undefined) on.push(`r.${r.time} >= l.${l.time} - ${values.tolerance}`); }
  const condition = on.join(' AND '), { before: _before, ...left } = l;
  if (semi || anti) {
    const kept: Relation = { ...left, from: job.add(node, `SELECT ${[...carried(l, 'l.')].map(([name, sql]) => `${sql} AS ${name}`).join(', ')} FROM ${l.from} AS l WHERE ${anti ? 'NOT ' : ''}EXISTS (SELECT 1 FROM ${r.from} AS r WHERE ${condition})`, l.from, r.from), order: form === 'interval' ? undefined : form === 'windowed' && left.order !== undefined ? [wl!.end, wl!.start, ...left.order] : left.order };
    return form === 'windowed' ? released(node, kept, wl!, job) : form === 'interval' || form === 'asof' || form === 'table' ? kept : withoutTime(kept);   // `!`: seen above
  }
  // Columns: left's, then right's under the names that leat gives them.
  const items: Items = new Map(), columns = new Map<string, Column>(), isAlways = isRight || full, isKept = isLeft || full;
  const isKey = (name: string): boolean => theirs.some((path) => path.length === 1 && path[0] === name), windowed = form === 'windowed', isBound = (name: string): boolean => windowed && (name === 'window_start' || name === 'window_end');
  if ([...l.columns].some(([name, { type }]) => type.isNullable && r.columns.has(name) && !(values.keys !== undefined && isKey(name)))) job.note('a left record has all of its fields, as null where it has no value: where one is missing, leat gives its name to the right field');
  for (const [name, column] of l.columns) {
    const at = ours.findIndex((path) => path.length === 1 && path[0] === name), other = at < 0 ? undefined : job.path(prefixed(r, 'r.'), node, theirs[at]), isTime = l.time !== undefined && r.time !== undefined && (isTimed || form === 'windowed') && node.inputs[0].stream.event?.path.length === 1 && startsWith(node.inputs[0].stream.event.path, [name]);
    let sql = `l.${column.sql}`, { type } = column;
    if (isAlways) {
      if (other !== undefined) { sql = `COALESCE(${sql}, ${other.sql})`; type = unite(type, other.type); }
      else if (isBound(name)) sql = `COALESCE(${sql}, r.${name === 'window_start' ? wr!.start : wr!.end})`;   // `!`: windowed
      else if (isTime) { const path = node.inputs[1].stream.event!.path; sql = `COALESCE(${sql}, ${job.path(prefixed(r, 'r.'), node, path).sql})`; }   // `!`: timed
      else type = nullable(type);
    }
    columns.set(name, { ...column, type });
    if (column.isAbsent !== true) items.set(column.sql, sql);
  }
  const taken = (): string[] => [...[...columns.values()].map(({ sql }) => sql)];
  const names = new Set<string>(l.columns.keys()), free = (name: string): string => { let now = name; while (names.has(now)) now += values.suffix; names.add(now); return now; };
  if (values.as !== undefined) {
    const name = free(values.as), sql = nameOf(name, taken(), job.dialect), right = r.columns, members = [...right].filter(([, { isAbsent }]) => isAbsent !== true).map(([field, column]) => [field, column.as === undefined ? `r.${column.sql}` : job.dialect.timeText({ ...column, sql: `r.${column.sql}` }), column.type] as const);
    const made = job.dialect.object(members), test = r.order?.[0] ?? right.values().next().value?.sql;
    columns.set(name, { sql, type: objectOf(new Map([...right].map(([field, { type }]) => [field, type])), isKept) });
    items.set(sql, isKept && test !== undefined ? `CASE WHEN r.${test} IS NOT NULL THEN ${made} END` : made);
  } else {
    const isRenamed = (name: string): boolean => l.columns.has(name) || (isAlways && !isKey(name)), isLeftOut = (name: string): boolean => (values.keys !== undefined && isKey(name)) || isBound(name);
    for (const name of r.columns.keys()) if (!isLeftOut(name) && !isRenamed(name)) names.add(name);
    for (const [name, column] of r.columns) {
      if (isLeftOut(name)) continue;
      const now = isRenamed(name) ? free(name + values.suffix) : name, sql = nameOf(now, taken(), job.dialect);
      columns.set(now, { ...column, sql, type: isKept ? nullable(column.type) : column.type });
      if (column.isAbsent !== true) items.set(sql, `r.${column.sql}`);
    }
  }
  // What goes along: left's time and windows, and the order of both.
  const hidden: string[] = [], put = (name: string, sql: string): string => { items.set(name, sql); hidden.push(name); return name; };
  const time = l.time === undefined ? undefined : put(job.fresh('_t'), isAlways && r.time !== undefined && (isTimed || windowed) ? `COALESCE(l.${l.time}, r.${r.time})` : `l.${l.time}`);
  const window = wl === undefined ? undefined : { kind: 'fixed' as const, start: windowed ? put(wl.start, isAlways ? `COALESCE(l.${wl.start}, r.${wr!.start})` : `l.${wl.start}`) : put(wl.start, `l.${wl.start}`), end: windowed ? put(wl.end, isAlways ? `COALESCE(l.${wl.end}, r.${wr!.end})` : `l.${wl.end}`) : put(wl.end, `l.${wl.end}`) };   // `!`: windowed
  const order = orderOfPairs();
  const kind = full ? 'FULL JOIN' : isLeft ? 'LEFT JOIN' : isRight ? 'RIGHT JOIN' : 'JOIN';
  const asofRank = form === 'asof' ? job.fresh('_n') : undefined;
  if (asofRank !== undefined) items.set(asofRank, `row_number() OVER (PARTITION BY l.${job.orderOf(l, node, 'as of')[0]} ORDER BY r.${r.time} DESC, r.${job.orderOf(r, node, 'as of')[0]} DESC)`);
  let name = job.add(node, `SELECT ${[...items].map(([each, sql]) => `${sql} AS ${each}`).join(', ')} FROM ${l.from} AS l ${kind} ${r.from} AS r ON ${condition}`, l.from, r.from);
  if (asofRank !== undefined) name = job.add(undefined, `SELECT ${[...items.keys()].filter((each) => each !== asofRank).join(', ')} FROM ${name} WHERE ${asofRank} = 1`, name);
  const relation: Relation = { from: name, columns, hidden, order, ...time === undefined ? {} : { time }, ...window === undefined ? {} : { window } };
  if (windowed) return released(node, relation, window!, job);   // `!`: windowed
  return node.stream.event === undefined ? withoutTime(relation) : relation;

  /** Columns that give leat's order of pairs; undefined: it is not worked out. */
  function orderOfPairs(): readonly string[] | undefined {
    if (l.order?.length !== 1 || r.order?.length !== 1 || isAlways) return undefined;
    const [a] = l.order, [b] = r.order;
    if (form === 'asof') return [put(job.fresh('_o'), `l.${l.time}`), put(job.fresh('_o'), `l.${a}`)];
    if (form === 'interval') {
      if (isLeft) return undefined;
      const isRightLater = `r.${r.time} >= l.${l.time}`;
      return [put(job.fresh('_o'), `GREATEST(l.${l.time}, r.${r.time})`), put(job.fresh('_o'), `CASE WHEN ${isRightLater} THEN 1 ELSE 0 END`), put(job.fresh('_o'), `CASE WHEN ${isRightLater} THEN r.${b} ELSE l.${a} END`),
        put(job.fresh('_o'), `CASE WHEN ${isRightLater} THEN l.${l.time} ELSE r.${r.time} END`), put(job.fresh('_o'), `CASE WHEN ${isRightLater} THEN l.${a} ELSE r.${b} END`)];
    }
    const terms = windowed && window !== undefined ? [window.end, window.start, put(job.fresh('_o'), `l.${l.time}`)] : [];
    return [...terms, put(job.fresh('_o'), `l.${a}`), ...windowed ? [put(job.fresh('_o'), `r.${r.time}`)] : [], put(job.fresh('_o'), `r.${b}`)];
  }
}

const signed = (ms: number, { dialect }: Job): string => `${ms < 0 ? '-' : '+'} ${dialect.interval(Math.abs(ms))}`;
function withoutTime({ time: _time, ...rest }: Relation): Relation { return rest; }

/** The columns of a relation under an alias. */
const prefixed = (from: Relation, prefix: string): Relation => ({ ...from, columns: new Map([...from.columns].map(([name, column]) => [name, { ...column, sql: prefix + column.sql }])) });
