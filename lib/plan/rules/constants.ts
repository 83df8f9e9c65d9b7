// Constants worked out once: arithmetic, comparisons and logic of constants, --arg values, functions of texts and numbers. Why it may: an expression without fields gives the same for every
// record. Integers stay exact; a double is only written out where it is no whole number, for 1.0 and 1 are equal but not of one type; what would be infinite or bad stays as it is.
// A filter whose condition has become true is left out.
import type { AggText, Expression, MapText } from '../../expr/expression.js';
import { userFunctions } from '../../expr/functions/user.js';
import type { Syntax } from '../../expr/syntax.js';
import type { CommonValues } from '../../runtime/pipeline.js';
import { rewritten } from '../expressions.js';
import type { Node } from '../node.js';
import { argsOf } from '../outputs.js';
import { changed, remade } from '../remake.js';
import { isPlainStage } from './rule.js';
import type { Rule } from './rule.js';

type Args = ReadonlyMap<string, string>;

export const constants: Rule = {
  name: 'constant folding', summary: 'what depends on no field is worked out once; a filter that is always true is left out',
  apply: (plan) => changed(plan, (node) => {
    const [input] = node.inputs;
    if (node.planned === undefined || !Object.hasOwn(tables, node.op)) return undefined;
    const { values, parts } = tables[node.op](node.params, folder(node.planned.common));
    if (node.op === 'filter' && node.params.invert !== true && node.params.quietly !== true && !isPlainStage(node) && (values.expr as Expression).syntax.kind === 'constant' && (values.expr as Expression).text === 'true') return input;
    return parts === 0 ? undefined : remade(node, { values, note: `${parts === 1 ? 'a constant was' : `${parts} constants were`} worked out` });
  }),
};

type Fold = { readonly of: (given: Expression) => Expression; readonly count: () => number };
type Table = (params: Node['params'], fold: Fold) => { readonly values: Node['params']; readonly parts: number };
const tables: Readonly<Record<string, Table>> = {
  filter: (params, { of, count }) => ({ values: { ...params, expr: of(params.expr) }, parts: count() }),
  map(params, { of, count }) {
    const exprs = params.exprs as MapText | undefined;
    if (exprs === undefined) return { values: params, parts: 0 };
    return { values: { ...params, exprs: 'object' in exprs ? { object: of(exprs.object) } : { sets: exprs.sets.map((set) => ({ ...set, expression: of(set.expression) })) } }, parts: count() };
  },
  agg(params, { of, count }) {
    const aggregates = params.aggregates as AggText | undefined;
    if (aggregates === undefined) return { values: params, parts: 0 };
    // Numbers of quantile and topk are no expressions: the first argument is.
    const calls = aggregates.calls.map((call) => ({ ...call, args: call.args.map((arg, i) => i === 0 ? of(arg) : arg), where: call.where && of(call.where) }));
    return { values: { ...params, aggregates: { calls, by: aggregates.by } }, parts: count() };
  },
};

function folder(common: CommonValues): Fold {
  const args = argsOf(common);
  let parts = 0;
  return { count: () => parts, of: (given) => rewritten(given, (part) => {
    if (part.kind === 'constant' || part.kind === 'path') return undefined;
    const text = folded(part, args);
    if (text !== undefined) parts++;
    return text;
  }) };
}

/** JSON text of an expression without fields; undefined: it has some, or it is not certain. */
function folded(part: Syntax, args: Args): string | undefined {
  const of = (each: Syntax): string | undefined => folded(each, args);
  switch (part.kind) {
    case 'constant': return part.json;
    case 'name': return args.get(part.name);
    case 'not': { const value = of(part.of); return value === 'true' ? 'false' : value === 'false' ? 'true' : undefined; }
    case 'arithmetic': { const left = of(part.left), right = of(part.right); return left === undefined || right === undefined ? undefined : arithmetic(part.op, left, right); }
    case 'compare': { const left = of(part.left), right = of(part.right); return left === undefined || right === undefined ? undefined : compared(part.op, left, right); }
    case 'and': case 'or': { const values = part.parts.map(of); return values.every((value) => value === 'true' || value === 'false') ? String(part.kind === 'and' ? values.every((value) => value === 'true') : values.includes('true')) : undefined; }
    case 'choice': { const test = of(part.test); return test === 'true' ? of(part.yes) : test === 'false' ? of(part.no) : undefined; }
    case 'call': return called(part, part.args.map(of));
    default: return undefined;
  }
}

const whole = /^-?\d+$/, number = /^-?\d/;

function arithmetic(op: string, left: string, right: string): string | undefined {
  if (op === '+' && left[0] === '"' && right[0] === '"') return JSON.stringify(JSON.parse(left) as string + (JSON.parse(right) as string));
  if (!number.test(left) || !number.test(right)) return undefined;
  if (whole.test(left) && whole.test(right) && op !== '/' && op !== '**') {
    const a = BigInt(left), b = BigInt(right);
    return op === '+' ? String(a + b) : op === '-' ? String(a - b) : op === '*' ? String(a * b) : b === 0n ? undefined : String(a % b);
  }
  const a = Number(left), b = Number(right), value = op === '+' ? a + b : op === '-' ? a - b : op === '*' ? a * b : op === '/' ? a / b : op === '%' ? a % b : a ** b;
  const isExact = Number.isSafeInteger(a) && Number.isSafeInteger(b) && whole.test(left) && whole.test(right);
  return Number.isFinite(value) && (!Number.isInteger(value) || (isExact && Number.isSafeInteger(value) && !Object.is(value, -0))) && Math.abs(value) < 1e21 && (value === 0 || Math.abs(value) > 1e-6) ? String(value) : undefined;
}

function compared(op: string, left: string, right: string): string | undefined {
  const isNumbers = whole.test(left) && whole.test(right), isTexts = left[0] === '"' && right[0] === '"';
  if (!isNumbers && !(isTexts && (op === '==' || op === '!='))) return undefined;
  const a = isNumbers ? BigInt(left) : JSON.parse(left) as string, b = isNumbers ? BigInt(right) : JSON.parse(right) as string;
  return String(op === '==' ? a === b : op === '!=' ? a !== b : op === '<' ? a < b : op === '<=' ? a <= b : op === '>' ? a > b : a >= b);
}

/** Functions of plain values, by their own code. */
function called({ spec, regex }: Extract<Syntax, { kind: 'call' }>, args: readonly (string | undefined)[]): string | undefined {
  if (regex !== undefined || spec.nulls !== undefined || userFunctions.has(spec.name)) return undefined;   // what a user's code does with each call is its own affair
  const values: unknown[] = [];
  for (const [i, json] of args.entries()) {
    const wanted = spec.args[Math.min(i, spec.args.length - 1)].type;
    if (json === undefined || (wanted !== 'string' && wanted !== 'integer' && wanted !== 'boolean')) return undefined;
    const value: unknown = JSON.parse(json);
    if (wanted === 'integer' ? !Number.isSafeInteger(value) || !whole.test(json) : typeof value !== wanted) return undefined;
    values.push(value);
  }
  let value: unknown;
  try { value = spec.code(...values); } catch { return undefined; }   // a clash, or too long: as each record says it
  return typeof value === 'string' ? JSON.stringify(value) : typeof value === 'boolean' || (typeof value === 'number' && Number.isSafeInteger(value)) ? String(value) : undefined;
}
