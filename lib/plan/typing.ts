// The type of an expression from the types of the fields that it reads (SEMANTICS 1 and 2): no record is looked at. Owns: what operators and functions give, and whether it may be null.
// Must not: say null where a value can be one: isNullable false is a promise. A type clash gives null, so where the types do not fit the result is nullable.
import type { Arg, FunctionSpec } from '../expr/functions/function.js';
import type { Syntax } from '../expr/syntax.js';
import { anything, fieldAt, isNumeric, isPlain, isText, listOf, nothing, nullable, objectOf, present, scalar, typeAt, unite } from './fields.js';
import type { Fields, Type } from './types.js';

/** `fields` undefined: nothing is known of the record. `args`: $name → JSON text. */
export function typeOf(syntax: Syntax, fields: Fields | undefined, args: ReadonlyMap<string, string> = new Map()): Type {
  const of = (each: Syntax): Type => typeOf(each, fields, args);
  switch (syntax.kind) {
    case 'constant': return typeOfJson(syntax.json);
    case 'path': return syntax.path.length === 0 ? fields === undefined ? scalar('json', false) : objectOf(fields, false) : fieldAt(fields, syntax.path);
    case 'name': { const json = args.get(syntax.name); return json === undefined ? anything : typeOfJson(json); }
    case 'not': { const type = of(syntax.of); return scalar('boolean', type.kind !== 'boolean' || type.isNullable); }
    case 'negate': case 'plus': { const type = of(syntax.of); return isNumeric(type) ? type : scalar('number', true); }
    case 'arithmetic': return arithmetic(syntax.op, of(syntax.left), of(syntax.right), syntax.right);
    case 'compare': {
      const left = of(syntax.left), right = of(syntax.right), isEquality = syntax.op === '==' || syntax.op === '!=';
      if (isEquality && (left === nothing || right === nothing)) return scalar('boolean', false);   // x == null is a test
      const fits = isEquality || (isNumeric(left) && isNumeric(right)) || (isText(left) && isText(right)) || (left.kind === 'boolean' && right.kind === 'boolean');
      return scalar('boolean', !fits || left.isNullable || right.isNullable);
    }
    case 'and': case 'or': return scalar('boolean', syntax.parts.map(of).some(({ kind, isNullable }) => kind !== 'boolean' || isNullable));
    case 'coalesce': {
      const types = syntax.parts.map(of), type = types.map((each) => each === nothing ? each : present(each)).reduce(unite);
      return types.every(({ isNullable }) => isNullable) ? nullable(type) : present(type);
    }
    case 'choice': return unite(of(syntax.yes), of(syntax.no));
    case 'in': { const left = of(syntax.left), right = of(syntax.right); return scalar('boolean', left.isNullable || right.isNullable || (right.kind === 'list' ? right.of.isNullable : right.kind !== 'object')); }
    case 'template': return scalar('string', syntax.parts.some((part) => typeof part !== 'string' && of(part).isNullable));
    case 'list': {
      const types = syntax.items.map(({ spread, value }) => { const type = of(value); return !spread ? type : type.kind === 'list' ? type.of : anything; });
      return listOf(types.length === 0 ? nothing : types.reduce(unite), false);
    }
    case 'object': {
      const made = new Map<string, Type>();
      for (const { key, value } of syntax.members) {
        const type = of(value);
        if (key !== undefined) { made.set(key, type); continue; }
        if (type.kind !== 'object') return scalar('json', false);
        // Where it may be null nothing is spread, and what stood under the name before stays.
        for (const [name, each] of type.fields) { const before = made.get(name); made.set(name, type.isNullable ? before === undefined ? nullable(each) : unite(before, each) : each); }
      }
      return objectOf(made, false);
    }
    case 'member': return typeAt(of(syntax.of), [syntax.step]);
    case 'item': { const type = of(syntax.of); return type.kind === 'list' ? nullable(type.of) : anything; }
    case 'call': return call(syntax.spec, syntax.args.map(of));
  }
}

/** Type of a JSON text. A number without fraction and exponent is an integer. */
export function typeOfJson(json: string): Type {
  if (/^-?\d+$/.test(json)) return scalar('integer', false);
  const from = (value: unknown): Type => {
    switch (typeof value) {
      case 'number': return scalar(Number.isInteger(value) ? 'integer' : 'number', false);
      case 'string': return scalar('string', false);
      case 'boolean': return scalar('boolean', false);
      default: return value === null ? nothing : Array.isArray(value) ? listOf(value.length === 0 ? nothing : value.map(from).reduce(unite), false)
        : objectOf(new Map(Object.entries(value as object).map(([name, each]) => [name, from(each)])), false);
    }
  };
  const value: unknown = JSON.parse(json);
  return typeof value === 'number' ? scalar('number', false) : from(value);
}

function arithmetic(op: string, left: Type, right: Type, divisor: Syntax): Type {
  const isNullable = left.isNullable || right.isNullable;
  if (op === '+' && isText(left) && isText(right)) return scalar('string', isNullable);
  if (op === '+' && !isNumeric(left) && !isNumeric(right) && !(isPlain(left) && isPlain(right))) return isText(left) || isText(right) ? scalar('string', true) : anything;   // two strings, or two numbers
  const fits = isNumeric(left) && isNumeric(right), isZero = (op === '/' || op === '%') && !(divisor.kind === 'constant' && Number(divisor.json) !== 0);
  const kind = op !== '/' && op !== '**' && left.kind === 'integer' && right.kind === 'integer' ? 'integer' : 'number';
  return scalar(kind, !fits || isNullable || isZero || op === '**');
}

/** Functions that give a value whenever their arguments are there and of the right type. The others may find none: no match, no such date, nothing to add up. */
const total: ReadonlySet<string> = new Set(['lower', 'upper', 'trim', 'trim_start', 'trim_end', 'length', 'left', 'right', 'slice', 'replace', 'split', 'concat', 'starts_with', 'ends_with', 'contains', 'pad_start', 'pad_end', 'reverse', 'matches', 'extract_all',
  'hash', 'crc32', 'md5', 'sha256', 'base64', 'url_encode', 'abs', 'sign', 'floor', 'ceil', 'trunc', 'round', 'exp', 'sin', 'cos', 'clamp', 'least', 'greatest', 'is_null', 'type', 'string', 'to_json', 'unique', 'sort', 'flatten', 'keys', 'values', 'entries', 'has', 'merge']);

function call({ name, args, result, nulls }: FunctionSpec, given: readonly Type[]): Type {
  const fits = given.every((type, i) => suits(args[Math.min(i, args.length - 1)], type, nulls !== undefined)), isNullable = !fits || !total.has(name);   // `args[…]`: the last may come often
  const [first = anything] = given;
  switch (name) {
    case 'is_null': return scalar('boolean', false);
    case 'type': return scalar('string', false);
    case 'coalesce': { const type = given.map((each) => each === nothing ? each : present(each)).reduce(unite); return given.every((each) => each.isNullable) ? nullable(type) : present(type); }
    case 'nullif': return nullable(first);
    case 'least': case 'greatest': { const type = given.reduce(unite); return isNullable || given.some(({ kind }) => kind !== first.kind) ? nullable(type) : type; }
    case 'abs': case 'clamp': return scalar(given.length > 0 && given.every(({ kind }) => kind === 'integer') ? 'integer' : 'number', isNullable);
    case 'round': return scalar(given.length === 1 || first.kind === 'integer' ? 'integer' : 'number', isNullable);
    case 'sum': return scalar(first.kind === 'list' && first.of.kind === 'integer' ? 'integer' : 'number', true);
    case 'first': case 'last': case 'min': case 'max': return first.kind === 'list' ? nullable(first.of) : anything;
    case 'get': return first.kind === 'list' ? nullable(first.of) : anything;
    case 'slice': case 'reverse': return isText(first) ? scalar('string', isNullable) : first.kind === 'list' ? { ...first, isNullable } : anything;
    case 'sort': case 'unique': return first.kind === 'list' ? { ...first, isNullable } : listOf(anything, true);
    case 'flatten': return listOf(first.kind === 'list' ? first.of.kind === 'list' ? first.of.of : first.of : anything, isNullable);
    case 'split': case 'extract_all': case 'keys': return listOf(scalar('string', false), isNullable);
    case 'range': return listOf(scalar('integer', false), isNullable);
    case 'iso': return scalar('time', true);
    case 'entries': return listOf(objectOf(new Map([['key', scalar('string', false)], ['value', anything]]), false), isNullable);
    case 'merge': if (given.every(({ kind }) => kind === 'object')) { const [a, b] = given; if (a.kind === 'object' && b.kind === 'object') return objectOf(new Map([...a.fields, ...b.fields]), isNullable); } return anything;
  }
  switch (result) {
    case 'boolean': case 'integer': case 'number': case 'string': return scalar(result, isNullable);
    case 'list': return listOf(anything, isNullable);
    default: return anything;
  }
}

/** Whether an argument of that type is always right. */
function suits({ type: wanted }: Arg, type: Type, takesNull: boolean): boolean {
  if (type.isNullable && !(takesNull && wanted === 'any')) return false;
  switch (wanted) {
    case 'any': return true;
    case 'regex': return true;
    case 'string': case 'string or regex': return isText(type);
    case 'number': case 'exact': return isNumeric(type);
    case 'integer': return type.kind === 'integer';
    case 'boolean': return type.kind === 'boolean';
    case 'list': return type.kind === 'list';
    case 'object': return type.kind === 'object';
    case 'string or list': return isText(type) || type.kind === 'list';
  }
}
