// Each node of a plan as steps of a Beam pipeline. Owns: that table, for stages of one record, time and windows, inputs and outputs; groups.ts and joins.ts have the others.
import type { Expression, MapText, Named } from '../../../expr/expression.js';
import type { Path } from '../../../record/path.js';
import { startsWith } from '../../../record/path.js';
import { timeFormat } from '../../../time/format.js';
import type { WindowSpec } from '../../../time/window-spec.js';
import type { Node } from '../../node.js';
import { python } from './expression.js';
import { aggregated, deduplicated, overs, sorted } from './groups.js';
import { boundsText, isCarrying, keyed } from './job.js';
import type { Job, Made } from './job.js';
import { joined } from './joins.js';
import { steps, text } from './python.js';

const floorMod = (a: number, b: number): number => ((a % b) + b) % b;

const nodes: Readonly<Record<string, (node: Node, job: Job) => Made>> = {
  source, filter, map, watermark, window, agg: (node, job) => node.params.over === undefined ? aggregated(node, job) : overs(node, job), sort: sorted, dedup: deduplicated, join: joined, split, part, cat, from: through, sink,
  plain: through, 'by-time': through,
};

/** Errors: E_UNSUPPORTED with the place. */
export function makeNode(node: Node, job: Job): Made {
  const { bad = 'fail', strict } = node.planned?.common ?? {};
  if (bad !== 'fail') job.refuse(`--bad ${bad}: a bad record stops the job`, 'leat filter or leat map without --bad, behind leat from --bad FILE', node.spot);
  if (strict === true) job.refuse('--strict: a type clash is null', 'leave --strict out', node.spot);
  const make = Object.hasOwn(nodes, node.op) ? nodes[node.op] : undefined;
  if (make === undefined) job.refuse(node.op === 'process' ? `${node.params.program} is a program of the system` : `leat ${node.op} is no part of a job`, 'leat map or leat filter in its place, or run it before or behind the job', node.spot);
  return make(node, job);
}

function through(node: Node, job: Job): Made {
  if (node.op === 'from' && node.params.format !== undefined && node.params.format !== 'ndjson') notNdjson(node, job);
  return job.of(node.inputs[0]);
}
const notNdjson = (node: Node, job: Job): never => job.refuse(`inputs are NDJSON, and this one is ${node.params.format}`, `leat from ${node.params.format} FILE > FILE.ndjson, and the job reads that`, node.spot);

function source(node: Node, job: Job): Made {
  const { name, at } = node.source!;                       // `!`: of a source
  if (node.params.format !== undefined && node.params.format !== 'ndjson') notNdjson(node, job);
  if (node.params.follow === true) job.refuse('--follow: the job reads files to their end', 'leave --follow out', node.spot);
  if (at.kind === 'topic') return job.refuse(`the topic ${at.topic}: Beam's Kafka source in Python needs Java beside it`, '--to flink, or a file in the binding', node.spot);
  job.sources.set(name, at.kind === 'stdin' ? ['-'] : at.paths);
  job.assumptions.add('the input is valid NDJSON in UTF-8, with numbers within the doubles (or integers of any size): a bad record stops the job');
  const paths = `inputs[${text(name)}]`, needed = job.needed(node);
  // Records go through groups as a whole, so that what nobody needs goes at once.
  const cut: [string, string][] = needed === undefined ? [] : [['fields', `beam.Map(only, (${needed.map((each) => `${text(each)}, `).join('').trimEnd()}))`]];
  if (job.isPlaced) return job.step(node, 'p', [['files', `beam.Create(list(enumerate(matching(${paths}))))`], ['read', 'beam.FlatMap(placed_lines)'], ...cut], false);
  return job.step(node, 'p', [['files', `beam.Create(matching(${paths}))`], ['read', 'beam.io.ReadAllFromText()'], ['records', 'beam.Filter(is_record)'], ['parse', 'beam.Map(decode)'], ...cut], false);
}

function sink(node: Node, job: Job): Made {
  const { name, at } = node.sink!, [input] = node.inputs;   // `!`: of a sink
  if (at.kind === 'topic') job.refuse(`the topic ${at.topic}: Beam's Kafka sink in Python needs Java beside it`, '--to flink, or a file in the binding', node.spot);
  if (at.kind === 'other' || (node.params.format !== undefined && node.params.format !== 'ndjson')) job.refuse('outputs are NDJSON files', 'leat to behind the job', node.spot);
  const from = job.of(input), path = `outputs[${text(name)}]`;
  job.sinks.set(name, at.kind === 'file' ? at.path : '');
  if (input.op !== 'sort') return job.step(node, from.name, [['encode', 'beam.Map(encode)'], ['write', `beam.io.WriteToText(${path}, num_shards=1, shard_name_template="")`]], false);
  // Lines in order: one element with all of them.
  return job.step(node, from.name, [...job.all(from), ['one', keyed('""')], ['group', 'beam.GroupByKey()'], ['encode', 'beam.Map(lambda group: "\\n".join(map(encode, sorted(group[1], key=lambda r: r[PLACE]))))'],
    ['write', `beam.io.WriteToText(${path}, num_shards=1, shard_name_template="")`]], false);
}

function filter(node: Node, job: Job): Made {
  const from = job.of(node.inputs[0]), { expr, invert } = node.params as { expr: Expression; invert?: boolean; quietly?: boolean };
  if (node.params.quietly === true) job.refuse('filter -q answers by its exit status', 'leat filter without -q', node.spot);
  return job.step(node, from.name, [['filter', `beam.Filter(lambda r: ${invert === true ? 'not ' : ''}where(${python(expr, job.scope(node))}))`]], from.isWindowed);
}

function map(node: Node, job: Job): Made {
  const from = job.of(node.inputs[0]), scope = job.scope(node), { exprs, explode, keepEmpty, rename, drop, flatten } = node.params as
    { exprs?: MapText; explode?: MapText; keepEmpty?: boolean; rename?: readonly Named[]; drop?: readonly Path[]; flatten?: string };
  const made: [string, string][] = [], touched: Path[] = [];
  if (explode !== undefined && 'sets' in explode) {
    const [{ expression, name }] = explode.sets;
    touched.push(name);
    made.push(['explode', `beam.FlatMap(exploded, [${steps(expression.path!)}], [${steps(name)}], ${keepEmpty === true ? 'True' : 'False'})`]);   // `!`: of a path alone
  }
  const isObject = exprs !== undefined && 'object' in exprs;
  let record = 'r';
  if (isObject) record = isCarrying(node.inputs[0], job) ? `{**carried(r), **${python(exprs.object, scope)}}` : python(exprs.object, scope);
  else if (exprs !== undefined) {
    for (const { name } of exprs.sets) touched.push(name);
    // Every expression sees the record as it came in, so that fields of the top can stand in one literal.
    const isFlat = exprs.sets.every(({ name }) => name.length === 1), values = exprs.sets.map(({ expression }) => python(expression, scope));
    if (isFlat) record = `{**r, ${exprs.sets.map(({ name }, i) => `${text(String(name[0]))}: ${values[i]}`).join(', ')}}`;
    else exprs.sets.forEach(({ name }, i) => { record = `put(${record}, [${steps(name)}], ${values[i]})`; });
  }
  for (const { expression: { path = [] }, name } of rename ?? []) {
    const last = name[name.length - 1];
    touched.push(path, [...path.slice(0, -1), last]);
    record = `renamed(${record}, [${steps(path)}], ${text(String(last))})`;
  }
  for (const path of drop ?? []) { touched.push(path); record = `without(${record}, [${steps(path)}])`; }
  if (flatten !== undefined) record = `flat(${record}, ${text(flatten === '' ? '.' : flatten)})`;
  if (record !== 'r') made.push(['map', `beam.Map(lambda r: ${record})`]);
  const keepsWindow = !isObject && !touched.some((path) => startsWith(path, ['window_start']) || startsWith(path, ['window_end']));
  return keepsWindow || !from.isWindowed ? job.step(node, from.name, made, from.isWindowed) : job.step(node, from.name, [...made, ...job.all(from)], false);
}

/** A function that gives the event time of a record of a stream, in ms. */
function timeOf({ path, unit, format, shiftMs }: NonNullable<Node['stream']['event']>, job: Job): string {
  const value = path.length === 1 ? `r.get(${text(String(path[0]))})` : `field(r, ${steps(path)})`;
  const options = [...unit === 'ms' && format === undefined ? [] : [text(unit)], ...format === undefined ? [] : [`lambda s: read_time(s, ${text(timeFormat(format, true).text)})`]];
  job.use('event_time');
  return `event_time(${[value, ...options].join(', ')})${shiftMs === 0 ? '' : ` ${shiftMs < 0 ? '-' : '+'} ${Math.abs(shiftMs)}`}`;
}

function watermark(node: Node, job: Job): Made {
  const from = job.of(node.inputs[0]);
  if (node.params.maxAhead !== undefined) job.refuse('--max-ahead: a job does not know what came before a record', 'leave --max-ahead out', node.spot);
  job.assumptions.add('no record is late: the job takes in what leat would call late');
  return job.step(node, from.name, [['time', `beam.Map(lambda r: {**r, AT: ${timeOf(node.stream.event!, job)}})`]], from.isWindowed);   // `!`: that is what it makes
}

function window(node: Node, job: Job): Made {
  const from = job.of(node.inputs[0]), { spec, offset = 0, tz, epoch } = node.params as { spec: WindowSpec; offset?: number; tz?: string; epoch?: boolean };
  if (spec.kind === 'count') return from;
  const fn = windowFn(spec, offset, tz), timed: [string, string][] = [['time', 'beam.Map(at_time)'], ['window', `beam.WindowInto(${fn})`]];
  if (spec.kind === 'session') return job.step(node, from.name, timed, true);
  const bounds = job.define(node, 'bounds', 'r, window=beam.DoFn.WindowParam', [`return {**r, ${boundsText('window', epoch === true)}}`]);
  return job.step(node, from.name, [...timed, ['bounds', `beam.Map(${bounds})`]], true);
}

function windowFn(spec: Exclude<WindowSpec, { kind: 'count' }>, offsetMs: number, tz: string | undefined): string {
  const at = (period: number): string => floorMod(offsetMs, period) === 0 ? '' : `, offset=beam.utils.timestamp.Timestamp(micros=${floorMod(offsetMs, period) * 1000})`;
  const calendar = (unit: string, count: number): string => `Calendar(${text(unit)}, ${count}, ${text(canonicalZone(tz ?? 'UTC'))}, ${offsetMs})`;
  switch (spec.kind) {
    case 'tumbling': return tz !== undefined && spec.calendar !== undefined ? calendar(spec.calendar, 1) : `beam.window.FixedWindows(ms(${spec.sizeMs})${at(spec.sizeMs)})`;
    case 'hopping': return `beam.window.SlidingWindows(ms(${spec.sizeMs}), ms(${spec.slideMs})${at(spec.slideMs)})`;
    case 'cumulative': return `Cumulative(${spec.sizeMs}, ${spec.stepMs}, ${offsetMs})`;
    // Beam joins at a distance below the gap, leat at the gap too.
    case 'session': return `beam.window.Sessions(ms(${spec.gapMs + 1}))`;
    case 'calendar': return spec.unit === 'day' || spec.unit === 'week' ? calendar(spec.unit, 1) : calendar('month', spec.unit === 'year' ? spec.count * 12 : spec.count);
  }
}
/** Python's zones want the name as it is written; leat takes any case. */
const canonicalZone = (name: string): string => /^[A-Za-z]/.test(name) && name !== 'Z' ? new Intl.DateTimeFormat('en-US', { timeZone: name }).resolvedOptions().timeZone : name;

function split(node: Node, job: Job): Made { return job.of(node.inputs[0]); }
function part(node: Node, job: Job): Made {
  const { params: { part: index }, inputs: [of] } = node, { when, each } = of.params as { when: readonly { condition: Expression; file: string }[]; each?: boolean }, from = job.of(of), scope = job.scope(of);
  const holds = (i: number): string => `where(${python(when[i].condition, scope)})`, before = (count: number): string[] => when.slice(0, count).map((_, i) => `not ${holds(i)}`);
  // What goes on: what no condition took, and what a condition sends to standard output.
  const onward = when.flatMap(({ file }, i) => file === '-' ? [each === true ? holds(i) : [...before(i), holds(i)].join(' and ')] : []);
  const condition = index >= 0 ? [...each === true ? [] : before(index), holds(index)].join(' and ') : [before(when.length).join(' and '), ...onward].join(' or ');
  return job.step(node, from.name, [['part', `beam.Filter(lambda r: ${condition})`]], from.isWindowed);
}

function cat(node: Node, job: Job): Made {
  const all = node.inputs.map((input) => job.of(input)), names = all.map(({ name, isWindowed }, i) => {
    const more = [...isWindowed ? [`| "${node.id} all ${i}" >> beam.WindowInto(beam.window.GlobalWindows())`] : [], ...job.isPlaced ? [`| "${node.id} place ${i}" >> beam.Map(lambda r: {**r, PLACE: (${i}, r[PLACE])}).with_output_types(Record)`] : []];
    return more.length === 0 ? name : `${name} ${more.join(' ')}`;
  });
  return job.step(node, `(${names.join(', ')})`, [['cat', 'beam.Flatten()']], false);
}
