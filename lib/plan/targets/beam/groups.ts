// Stages that group as steps of a Beam pipeline: agg, agg --over, sort, dedup. A group is keyed by the canonical text of its values, and worked out as a whole.
// Owns: these steps. Windows that `window` made are Beam's own until something else needs their fields.
import type { AggText, Expression, Over, SortKey } from '../../../expr/expression.js';
import { keysOf } from '../../../operators/agg/names.js';
import { resolveOver } from '../../../operators/agg/over/item.js';
import type { Node } from '../../node.js';
import { aggregate, aggregateOver, isOrdered } from './aggregates.js';
import { pathOf, python } from './expression.js';
import { boundsText, keyed } from './job.js';
import type { Job, Made } from './job.js';
import { text } from './python.js';

const group = ['group', 'beam.GroupByKey()'] as const;

export function aggregated(node: Node, job: Job): Made {
  const [input] = node.inputs, from = job.of(input), scope = job.scope(node), { aggregates, fill } = node.params as { aggregates: AggText; fill?: unknown };
  if (fill !== undefined) job.refuse('agg --fill: rows for windows without records', 'leave --fill out, or --to duckdb', node.spot);   // its feature says so too
  const { windows } = input.stream, keys = keysOf(aggregates.by, input.stream), isOwn = windows !== undefined && windows.kind !== 'count' && from.isWindowed, byFields = windows?.kind === 'fixed' && !isOwn;
  if (windows?.kind === 'session' && !isOwn) job.refuse('sessions that something stands between', 'agg right behind window session', node.spot);
  const isTimed = input.stream.event !== undefined, needsOrder = aggregates.calls.some(isOrdered) || windows?.kind === 'count', values = keys.map(({ expression }) => python(expression, scope));
  const fields = [
    ...keys.map(({ name }, i) => `${text(String(name[0]))}: ${values[i]}`),
    ...aggregates.calls.map((call) => `${text(call.name)}: ${aggregate(call, scope)}`),
  ];
  const shift = windows?.kind === 'session' ? ', 1' : '', end = isOwn ? `window_end(window${shift})` : byFields ? 'bound(r, "window_end")' : undefined, start = isOwn ? 'window.start.micros // 1000' : 'bound(r, "window_start")';
  const epoch = windows?.epoch === true, rows = needsOrder ? `${isTimed ? 'by_time(group[1])' : 'sorted(group[1], key=lambda r: r[PLACE])'}` : 'list(group[1])';
  const bounds = isOwn ? [boundsText('window', epoch, shift)] : byFields ? [epoch ? `"window_start": ${start}, "window_end": ${end}` : `"window_start": iso(${start}), "window_end": iso(${end})`] : [];
  const first = job.isPlaced ? [`PLACE: ${end === undefined ? '' : `(${end}, ${start}, `}min(r[PLACE] for r in rows)${end === undefined ? '' : ')'}`] : [];
  const timed = node.stream.event === undefined || end === undefined ? [] : [`AT: ${end} - 1`];
  const record = (extra: readonly string[]): string => `{${[...timed, ...first, ...extra, ...fields].join(', ')}}`;
  const key = `key(${[...byFields ? ['bound(r, "window_start")', ...windows.nested ? ['bound(r, "window_end")'] : []] : [], ...values].join(', ')})`;

  if (windows?.kind === 'count') {
    // Each n records of a key, in order; the place of a result is that of the record that completes it.
    const chunks = job.define(node, 'chunks', 'group', [
      'ordered = sorted(group[1], key=lambda r: r[PLACE])', `for index in range((len(ordered) + ${windows.size - 1}) // ${windows.size}):`, `    rows = ordered[index * ${windows.size}:(index + 1) * ${windows.size}]`, '    r = rows[0]',
      ...isTimed ? ['    rows = by_time(rows)'] : [], `    yield {PLACE: (len(rows) < ${windows.size}, max(r[PLACE] for r in rows)), "window_index": index, ${fields.join(', ')}}`]);
    return job.step(node, from.name, [...job.all(from), ['key', keyed(key)], group, ['agg', `beam.FlatMap(${chunks})`]], false);
  }
  const needsRecord = keys.length > 0 || byFields;
  if (windows === undefined && keys.length === 0) {
    // Of no records too there is one result.
    const result = job.define(node, 'result', 'group', [`rows = [r for r in ${rows.replace('group[1]', '(r for r in group[1] if r is not None)')}]`, `return ${record([]).replace('min(r[PLACE] for r in rows)', '()')}`]);
    const all = from.isWindowed ? ` | "${node.id} all" >> beam.WindowInto(beam.window.GlobalWindows())` : '', none = `p | "${node.id} none" >> beam.Create([None]).with_output_types(Record)`;
    return job.step(node, `(${from.name}${all}, ${none})`, [['both', 'beam.Flatten()'], ['key', keyed('""')], group, ['agg', `beam.Map(${result})`]], false);
  }
  const result = job.define(node, 'result', isOwn ? 'group, window=beam.DoFn.WindowParam' : 'group', [`rows = ${rows}`, ...needsRecord ? ['r = rows[0]'] : [], `return ${record(bounds)}`]);
  return job.step(node, from.name, [['key', keyed(values.length === 0 && !byFields ? '""' : key)], group, ['agg', `beam.Map(${result})`], ...isOwn ? [['all', 'beam.WindowInto(beam.window.GlobalWindows())'] as const] : []], false);
}

const sortKeys = (keys: readonly SortKey[], job: Job): string => keys.map(({ path, desc, nulls }) => `(lambda r: ${pathOf(path, job)}, ${desc ? 'True' : 'False'}, ${nulls === 'last' ? 'True' : 'False'})`).join(', ');

export function sorted(node: Node, job: Job): Made {
  const [input] = node.inputs, from = job.of(input), scope = job.scope(node), { key = [], byTime, top, by, ties } = node.params as { key?: readonly SortKey[]; byTime?: boolean; top?: number; by?: readonly Expression[]; ties?: boolean };
  if (byTime === true) return job.step(node, from.name, [...job.all(from), ['place', 'beam.Map(lambda r: {**r, PLACE: (r[AT], r[PLACE])})']], false);
  const keys = sortKeys(key, job), isWindowed = input.stream.windows !== undefined, place = isWindowed ? 'bound(rows[0], "window_end"), bound(rows[0], "window_start")' : '';
  const section = isWindowed ? ['bound(r, "window_start")', 'bound(r, "window_end")'] : [], first: [string, string][] = [];
  const timed = isWindowed && node.stream.event !== undefined ? [`rows = [{**r, AT: bound(r, "window_end") - 1} for r in rows]`] : [];
  if (top !== undefined && by !== undefined) {
    const kept = job.define(node, 'top', 'group', [`return top(in_order(group[1], ${keys}), ${top}, ${ties === true ? 'True' : 'False'}, ${keys})`]);
    first.push(['groups', keyed(`key(${[...section, ...by.map((each) => python(each, scope))].join(', ')})`)], ['of a group', 'beam.GroupByKey()'], ['top', `beam.FlatMap(${kept})`]);
  }
  const limit = top === undefined || by !== undefined ? `in_order(group[1], ${keys})` : `top(in_order(group[1], ${keys}), ${top}, ${ties === true ? 'True' : 'False'}, ${keys})`;
  const done = job.define(node, 'sorted', 'group', [`rows = ${limit}`, ...timed, `return ranked(rows${place === '' ? '' : `, ${place}`})`]);
  return job.step(node, from.name, [...job.all(from), ...first, ['section', keyed(section.length === 0 ? '""' : `key(${section.join(', ')})`)], group, ['sort', `beam.FlatMap(${done})`]], false);
}

export function deduplicated(node: Node, job: Job): Made {
  const from = job.of(node.inputs[0]), scope = job.scope(node), { key, within, keep } = node.params as { key: readonly Expression[]; within?: number; keep: 'first' | 'last' };
  const one = within !== undefined ? `beam.FlatMap(lambda group: apart(group[1], ${within}, ${keep === 'last' ? 'True' : 'False'}))` : `beam.Map(lambda group: ${keep === 'last' ? 'max' : 'min'}(group[1], key=lambda r: r[PLACE]))`;
  const place: [string, string][] = within !== undefined && keep === 'last' ? [['place', 'beam.Map(lambda r: {**r, PLACE: (r[AT], r[PLACE])})']] : [];
  return job.step(node, from.name, [...job.all(from), ['key', keyed(`key(${key.map((each) => python(each, scope)).join(', ')})`)], group, [keep, one], ...place], false);
}

/** Values of functions stand under numbers in the record until all are there: every expression sees the record as it came. */
export function overs(node: Node, job: Job): Made {
  const [input] = node.inputs, from = job.of(input), scope = job.scope(node), all = node.params.over as readonly Over[], { windows } = input.stream;
  const section = windows === undefined ? [] : ['bound(r, "window_start")', ...windows.nested ? ['bound(r, "window_end")'] : []], parts = new Map<string, { over: Over; index: number }[]>(), made: (readonly [string, string])[] = [];
  all.forEach((over, index) => {
    const key = `key(${[...section, ...over.by.map((each) => python(each, scope))].join(', ')})`;
    parts.set(key, [...parts.get(key) ?? [], { over, index }]);
  });
  let count = 0;
  for (const [key, items] of parts) {
    const label = parts.size === 1 ? '' : ` ${++count}`;
    const values = items.map(({ over, index }) => `${10 + index}: ${overValue(over, job, node)}`);
    const fn = job.define(node, `over${count === 0 ? '' : count}`, 'group', ['rows = by_time(group[1])', `columns = {${values.join(', ')}}`, 'return [{**r, **dict(zip(columns, values))} for r, values in zip(rows, zip(*columns.values()))]']);
    made.push([`key${label}`, keyed(key)], [`group${label}`, 'beam.GroupByKey()'], [`over${label}`, `beam.FlatMap(${fn})`]);
  }
  const kept = `{k: v for k, v in r.items() if type(k) is str or k < 10}`, fields = all.map(({ call }, index) => `${text(call.name)}: r[${10 + index}]`);
  // They leave in the order of time.
  made.push(['fields', `beam.Map(lambda r: {**${kept}, ${fields.join(', ')}, PLACE: (r[AT], r[PLACE])})`]);
  job.assumptions.add('the records of one key of agg --over fit into memory');
  return job.step(node, from.name, [...job.all(from), ...made], false);
}

function overValue(over: Over, job: Job, node: Node): string {
  const { call, frame } = over, resolved = resolveOver(over), scope = job.scope(node);
  switch (resolved.kind) {
    case 'aggregate': return aggregateOver(call, frame, scope);
    case 'lag': case 'lead': return `shifted([${python(call.args[0], scope)} for r in rows], ${resolved.kind === 'lag' ? '' : '-'}${resolved.distance})`;
    default: return `numbered(rows, ${text(resolved.kind)})`;
  }
}

