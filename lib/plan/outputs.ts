// The fields behind each stage from those before it: names in the order in which the tools write them, and their types. Owns: that table, a row a tool.
// Must not: plan streams (runtime/chain.ts) or look at records. Undefined: not known, as for what a program of the system writes.
import { findAggregate } from '../agg/index.js';
import type { AggText, Call, Over } from '../expr/expression.js';
import { keysOf } from '../operators/agg/names.js';
import { placeFunctions } from '../operators/agg/over/item.js';
import type { Path } from '../record/path.js';
import { startsWith } from '../record/path.js';
import type { Planned } from '../runtime/chain.js';
import type { CommonValues } from '../runtime/pipeline.js';
import type { Schema } from '../stream/element.js';
import { anything, fieldAt, flattened, listOf, nothing, nullable, objectOf, present, renamed, scalar, unite, withField, withoutField } from './fields.js';
import { typeOf } from './typing.js';
import type { Fields, Type } from './types.js';

/** `inputs`: the fields of each input. */
export function fieldsBehind({ spec: { name }, values, common, input, out }: Planned, inputs: readonly (Fields | undefined)[]): Fields | undefined {
  const row = Object.hasOwn(rows, name) ? rows[name] : undefined;
  return row === undefined ? undefined : row({ values, args: argsOf(common), input, out, fields: inputs[0], right: inputs[1] });
}

/** $name → JSON text, as --arg and --argjson bind them. */
export const argsOf = ({ arg = [], argjson = [] }: CommonValues): ReadonlyMap<string, string> => new Map([...arg.map(([name, text]): [string, string] => [name, JSON.stringify(text)]), ...argjson]);

interface Given { readonly values: any; readonly args: ReadonlyMap<string, string>; readonly input: Schema; readonly out: Schema; readonly fields: Fields | undefined; readonly right: Fields | undefined }   // `any`: each spec has its own values
type Row = (given: Given) => Fields | undefined;

const same: Row = ({ fields }) => fields, integer = scalar('integer', false), text = scalar('string', false);
const rows: Readonly<Record<string, Row>> = {
  filter: same, watermark: same, dedup: same, sort: same, split: same, plain: same, cat: same, 'by-time': same,
  map: mapped, join: joined,
  window({ values: { spec, epoch }, fields }) {
    if (fields === undefined || spec.kind === 'session' || spec.kind === 'count') return fields;
    const bound = scalar(epoch === true ? 'integer' : 'time', false);
    return withField(withField(fields, ['window_start'], bound), ['window_end'], bound);
  },
  agg({ values: { aggregates, over, emit, every, fill }, args, input, fields }) {
    if (over !== undefined) return fields && (over as readonly Over[]).reduce((made, { call, by }) => withField(made, [call.name], resultOf(call, fields, args, by.length > 0)), fields);
    const result = resultFields(aggregates, input, fields, args, fill !== undefined);
    if (emit !== 'changes' && every === undefined) return result;
    return new Map<string, Type>([['op', text], ['before', objectOf(result, true)], ['after', objectOf(result, true)]]);
  },
  describe: ({ values: { schema } }) => schema === true ? undefined : new Map<string, Type>([['field', text], ['types', anything], ['count', integer], ['missing', integer], ['null', integer], ['distinct', integer], ['min', anything], ['max', anything],
    ['min_length', scalar('integer', true)], ['max_length', scalar('integer', true)], ['time', scalar('string', true)], ['examples', listOf(anything, false)]]),
};

/** window_start, window_end (or window_index), the keys, the aggregates. */
function resultFields({ calls, by }: AggText, input: Schema, fields: Fields | undefined, args: ReadonlyMap<string, string>, isFilled: boolean): Fields {
  const made = new Map<string, Type>(), { windows } = input;
  if (windows?.kind === 'count') made.set('window_index', integer);
  else if (windows !== undefined) for (const name of ['window_start', 'window_end']) made.set(name, scalar(windows.epoch ? 'integer' : 'time', false));
  const keys = keysOf(by, input);
  for (const { expression, name } of keys) made.set(String(name[0]), typeOf(expression.syntax, fields, args));
  for (const call of calls) {
    const type = resultOf(call, fields, args, windows !== undefined || keys.length > 0);
    made.set(call.name, isFilled && !(type.kind === 'integer' && counts.has(call.fn)) ? nullable(type) : type);
  }
  return made;
}
const counts: ReadonlySet<string> = new Set(['count', 'distinct', 'distinct_approx']);

/** What an aggregate, or a function of --over, gives. `isGrouped`: each result has at least one record. */
export function resultOf({ fn, args: given, where }: Call, fields: Fields | undefined, args: ReadonlyMap<string, string>, isGrouped: boolean): Type {
  const of = (i: number): Type => given[i] === undefined ? anything : typeOf(given[i].syntax, fields, args), isCertain = isGrouped && where === undefined;
  if (Object.hasOwn(placeFunctions, fn)) return fn === 'lag' || fn === 'lead' ? nullable(of(0)) : integer;
  const name = findAggregate(fn)?.aggregate.name ?? fn, value = of(0), isThere = isCertain && !value.isNullable;
  switch (name) {
    case 'count': case 'distinct': case 'distinct_approx': return integer;
    case 'sum': return scalar(value.kind === 'integer' ? 'integer' : 'number', !(isThere && value.kind === 'integer'));   // a sum of doubles may overflow: null
    case 'avg': case 'quantile': return scalar('number', !(isThere && value.kind === 'integer'));
    case 'quantile_exact': return value.kind === 'integer' || value.kind === 'number' ? { ...value, isNullable: !isThere } : nullable(value);
    case 'min': case 'max': case 'mode': return isThere ? value : nullable(value);
    case 'first': case 'last': return isThere ? value : nullable(value);
    case 'argmin': case 'argmax': return isCertain && !value.isNullable && !of(1).isNullable ? value : nullable(value);
    case 'any': case 'all': return scalar('boolean', !(isThere && value.kind === 'boolean'));
    case 'ratio': return scalar('number', !isCertain);
    case 'collect': case 'collect_set': return listOf(value === nothing ? nothing : present(value), false);
    case 'topk': return listOf(objectOf(new Map([['value', present(value)], ['count', integer]]), false), false);
    case 'histogram': return listOf(objectOf(new Map([['start', scalar('number', false)], ['count', integer]]), false), false);
    default: return scalar('number', true);                // stddev, variance, covar, corr
  }
}

function mapped({ values: { exprs, explode, keepEmpty, rename, drop, flatten }, args, fields }: Given): Fields | undefined {
  if (fields === undefined && !(exprs !== undefined && 'object' in exprs)) return undefined;
  let before = fields;
  if (explode !== undefined && before !== undefined) {
    const { expression: { path }, name } = explode.sets[0] as { expression: { path: Path }; name: Path }, array = fieldAt(before, path);
    const element = array.kind === 'list' ? array.of : anything;
    before = withField(before, name, keepEmpty === true ? nullable(element) : element);
  }
  let made = before;
  if (exprs !== undefined && 'object' in exprs) {
    const type = typeOf(exprs.object.syntax, before, args);
    made = type.kind === 'object' ? type.fields : undefined;
  } else if (exprs !== undefined && before !== undefined) {
    const from = before;
    made = (exprs.sets as readonly { readonly expression: { readonly syntax: Parameters<typeof typeOf>[0] }; readonly name: Path }[]).reduce<Fields>((all, { expression, name }) => withField(all, name, typeOf(expression.syntax, from, args)), from);
  }
  for (const { expression, name } of rename ?? []) made = made && renamed(made, expression.path, String(name[name.length - 1]));
  for (const path of drop ?? []) made = made && withoutField(made, path);
  return flatten === undefined ? made : made && flattened(made, flatten === '' ? '.' : flatten);
}

/** Of a field of joined records: which side it is from, and its name there. */
export interface Origin { readonly side: 0 | 1; readonly path: Path }
interface JoinValues { readonly keys?: readonly Path[]; readonly leftKeys?: readonly Path[]; readonly rightKeys?: readonly Path[]; readonly within?: unknown; readonly table?: boolean; readonly asof?: boolean; readonly left?: boolean; readonly right?: boolean; readonly full?: boolean; readonly semi?: boolean; readonly anti?: boolean; readonly suffix: string; readonly as?: string }

/** Key fields of both sides. */
export const joinKeys = ({ keys, leftKeys = keys ?? [], rightKeys = keys ?? [] }: JoinValues): readonly [readonly Path[], readonly Path[]] => [leftKeys, rightKeys];

/** Names as operators/join/fields.ts gives them, where every field that is known is in the record: a left field that is missing in a record leaves its name to the right one there. */
export function joinedNames(values: JoinValues, isWindowed: boolean, left: Fields, right: Fields): ReadonlyMap<string, Origin> {
  const made = new Map<string, Origin>([...left.keys()].map((name) => [name, { side: 0, path: [name] }])), { suffix, as, semi, anti, keys } = values;
  if (semi || anti) return made;
  const taken = new Set(left.keys()), [, theirs] = joinKeys(values), isAlways = values.right === true || values.full === true;
  const free = (name: string): string => { let now = name; while (taken.has(now)) now += suffix; taken.add(now); return now; };
  if (as !== undefined) return made.set(free(as), { side: 1, path: [] });
  const isKey = (name: string): boolean => theirs.some((path) => path.length === 1 && path[0] === name);
  const isLeftOut = (name: string): boolean => (keys !== undefined && isKey(name)) || (isWindowed && (name === 'window_start' || name === 'window_end')), isRenamed = (name: string): boolean => left.has(name) || (isAlways && !isKey(name));
  for (const name of right.keys()) if (!isLeftOut(name) && !isRenamed(name)) taken.add(name);
  for (const name of right.keys()) if (!isLeftOut(name)) made.set(isRenamed(name) ? free(name + suffix) : name, { side: 1, path: [name] });
  return made;
}

/** Whether records meet by their windows. */
export const isWindowedJoin = ({ within, table, asof }: JoinValues, input: Schema): boolean => within === undefined && !table && !asof && input.windows !== undefined;

function joined({ values, input, out, fields: left, right }: Given): Fields | undefined {
  const given = values as JoinValues, { semi, anti } = given, [ours, theirs] = joinKeys(given), isFull = given.full === true, isAlways = given.right === true || isFull, isWindowed = isWindowedJoin(given, input);
  if (semi || anti) return left;
  if (left === undefined || right === undefined) return undefined;
  // A row from the right alone begins with the window, the left's key names and its time.
  const isHead = (path: Path): boolean => ours.some((key) => startsWith(key, path)) || (isWindowed && (path[0] === 'window_start' || path[0] === 'window_end')) || (out.event !== undefined && input.event !== undefined && startsWith(input.event.path, path));
  const type = (name: string, { side, path }: Origin): Type => {
    if (side === 1) { const at = path.length === 0 ? objectOf(right, false) : fieldAt(right, path); return given.left === true || isFull ? nullable(at) : at; }
    const at = left.get(name) ?? anything, key = ours.findIndex((each) => each.length === 1 && each[0] === name);
    return !isAlways ? at : key >= 0 ? unite(at, fieldAt(right, theirs[key])) : isHead([name]) ? at : nullable(at);
  };
  return new Map([...joinedNames(given, isWindowed, left, right)].map(([name, origin]) => [name, type(name, origin)]));
}
