// An expression to the SQL of an engine, by the types of the fields that it reads. Owns: leat's rules about null, clashes and division, said in SQL (SEMANTICS 1 and 2).
// Must not: know stages. What an engine would coerce is refused here, for leat counts it as a clash and gives null.
import type { Spot } from '../../../errors.js';
import type { Expression } from '../../../expr/expression.js';
import type { Syntax } from '../../../expr/syntax.js';
import { spotOf } from '../../../expr/syntax.js';
import { nearest } from '../../../record/nearest.js';
import { pathText } from '../../../record/path.js';
import type { Path } from '../../../record/path.js';
import { listOf, nullable, objectOf, scalar, unite } from '../../fields.js';
import type { Type } from '../../types.js';
import { refuse, unknown } from '../refuse.js';
import { double, filled } from './dialect.js';
import type { Columns, Dialect, Value } from './dialect.js';
import { Missing, formOf } from './functions.js';
import type { Functions } from './functions.js';
import { regexText } from './regex.js';

/** What an expression may see, and what is noted while it is written. */
export interface Scope {
  readonly dialect: Dialect;
  readonly columns: Columns;
  /** $name → JSON text. */
  readonly args: ReadonlyMap<string, string>;
  /** Functions that the user brings along. */
  readonly own: Functions;
  /** A sentence for the manifest; `isApprox`: digits may differ. */
  note(sentence: string, isApprox?: boolean): void;
}

const yes = scalar('boolean', false), maybe = scalar('boolean', true);
const isNumeric = ({ kind }: Type): boolean => kind === 'integer' || kind === 'number';
const isText = ({ kind }: Type): boolean => kind === 'string' || kind === 'time';
const aKind: Readonly<Record<Type['kind'], string>> = { boolean: 'a boolean', integer: 'an integer', number: 'a number', string: 'a string', time: 'a time', json: 'of any type', list: 'a list', object: 'an object' };

/** Writes one expression. Errors: E_UNSUPPORTED, E_SCHEMA with the place in its text. */
export function emit(expression: Expression, scope: Scope): Value { return new Emitter(scope, expression.spot.text).value(expression.syntax); }

/** A condition. Errors: those, and where it is none. */
export function emitCondition(expression: Expression, scope: Scope): string {
  const emitter = new Emitter(scope, expression.spot.text);
  return emitter.boolean(expression.syntax);
}

/** The field at a path. */
export const emitPath = (path: Path, scope: Scope, spot: Spot): Value => new Emitter(scope, spot.text).path(path, spot);

class Emitter {
  private readonly scope: Scope;
  private readonly dialect: Dialect;
  private readonly text: string;
  constructor(scope: Scope, text: string) { this.scope = scope; this.dialect = scope.dialect; this.text = text; }

  value(syntax: Syntax): Value {
    const { dialect } = this;
    switch (syntax.kind) {
      case 'constant': return this.constant(syntax.json, syntax);
      case 'name': {
        const json = this.scope.args.get(syntax.name);
        return json === undefined ? this.no(`$${syntax.name} has no value`, `--arg ${syntax.name} VALUE in that stage`, syntax) : this.constant(json, syntax);
      }
      case 'path': return this.path(syntax.path, spotOf(this.text, syntax));
      case 'not': { const of = this.boolean(syntax.of); return { sql: `(NOT ${of})`, type: maybe }; }
      case 'negate': case 'plus': {
        const of = this.number(syntax.of);
        return syntax.kind === 'plus' ? of : { ...of, sql: `(- ${of.sql})` };
      }
      case 'arithmetic': return this.arithmetic(syntax);
      case 'compare': return this.compare(syntax);
      case 'and': case 'or': return { sql: `(${syntax.parts.map((part) => this.boolean(part)).join(syntax.kind === 'and' ? ' AND ' : ' OR ')})`, type: maybe };
      case 'coalesce': return this.coalesce(syntax.parts);
      case 'choice': {
        const [a, b] = this.alike([syntax.yes, syntax.no]);
        return { sql: `CASE WHEN ${this.boolean(syntax.test)} THEN ${a.sql} ELSE ${b.sql} END`, type: unite(a.type, b.type) };
      }
      case 'in': return this.membership(syntax.left, syntax.right, syntax);
      case 'template': {
        const parts = syntax.parts.filter((part) => part !== '').map((part) => typeof part === 'string' ? dialect.text(part) : this.asText(part));
        return { sql: parts.length === 0 ? dialect.text('') : parts.length === 1 ? parts[0] : `(${parts.join(' || ')})`, type: scalar('string', true) };
      }
      case 'list': {
        for (const { spread, value } of syntax.items) if (spread) this.no('... in a list is not for engines', 'a list of single values', value);
        if (syntax.items.length === 0) return this.no('an empty list has no type', 'a list with values, or null', syntax);
        const items = this.alike(syntax.items.map(({ value }) => value)), of = items.map(({ type }) => type).reduce(unite);
        return { sql: dialect.list(items.map(({ sql }) => sql), of), type: listOf(of, false) };
      }
      case 'object': return this.object(syntax);
      case 'member': return this.step(this.value(syntax.of), syntax.step, syntax);
      case 'item': {
        const of = this.value(syntax.of), index = this.value(syntax.index);
        if (of.type.kind === 'list' && index.type.kind === 'integer') return { sql: dialect.element(of.sql, index.sql), type: nullable(of.type.of) };
        return this.no('a field whose name is computed is not for engines', 'name the field', syntax);
      }
      case 'call': return this.call(syntax);
    }
  }

  /** A condition: what is not boolean counts as null in leat, and is a mistake here. */
  boolean(syntax: Syntax): string {
    const value = this.value(syntax);
    if (value.type.kind === 'boolean') return value.sql;
    return this.no(`a condition is wanted, and this is ${aKind[value.type.kind]}`, 'a comparison, like x > 0', syntax);
  }

  number(syntax: Syntax): Value {
    const value = this.value(syntax);
    return isNumeric(value.type) ? value : this.no(`a number is wanted, and this is ${aKind[value.type.kind]}: leat would give null`, 'number(x) reads a text', syntax);
  }

  /** Text of a value as a template or string() has it. */
  asText(syntax: Syntax): string { return this.textOf(this.value(syntax), syntax); }

  textOf(value: Value, syntax: Syntax): string {
    const { dialect } = this, { kind } = value.type;
    if (value.as !== undefined) return dialect.timeText(value);
    if (kind === 'string' || kind === 'time') return value.sql;
    if (kind === 'integer') return `CAST(${value.sql} AS ${dialect.type(scalar('string', true))})`;
    if (kind === 'boolean') return `CASE ${value.sql} WHEN TRUE THEN 'true' WHEN FALSE THEN 'false' END`;
    return this.no(`${kind === 'number' ? 'the text of a number with a fraction' : `the text of ${aKind[kind]}`} differs between engines`, 'round(x) or integer(x); or keep it as it is, without making it text', syntax);
  }

  path(path: Path, spot: Spot): Value {
    const [first, ...rest] = path;
    if (first === undefined) return this.record();
    const column = this.scope.columns.get(String(first));
    if (column === undefined) {
      const near = nearest(String(first), this.scope.columns.keys());
      return unknown(`no field '${pathText(path.slice(0, 1))}' is known here${near === undefined ? '' : `; did you mean '${near}'?`}`, `fields here: ${[...this.scope.columns.keys()].join(', ') || 'none'}; the schema of an input names all that a stage reads`, spot);
    }
    let at: Value = column;
    for (const step of rest) at = this.step(at, step, { start: spot.start, end: spot.end });
    return at;
  }

  private step(of: Value, step: string | number, range: { start: number; end: number }): Value {
    const { dialect } = this, { type } = of;
    if (type.kind === 'object' && typeof step === 'string') {
      const found = type.fields.get(step);
      if (found !== undefined) return { sql: dialect.member(of.sql, step), type: nullable(found) };
      const near = nearest(step, type.fields.keys());
      return unknown(`no field '${step}' is known in that object${near === undefined ? '' : `; did you mean '${near}'?`}`, `its fields: ${[...type.fields.keys()].join(', ')}`, spotOf(this.text, range));
    }
    if (type.kind === 'list' && typeof step === 'number') return { sql: dialect.element(of.sql, String(step)), type: nullable(type.of) };
    if (type.kind === 'json') return this.no('nothing is known of the type of this field, so an engine cannot look into it', 'a schema that names its type', range);
    return this.no(`${typeof step === 'number' ? 'only a list has elements' : 'only an object has fields'}, and this is ${aKind[type.kind]}`, 'leave it out: it is always null', range);
  }

  /** The whole record as an object. */
  private record(): Value {
    const { columns, dialect } = this.scope, members = [...columns].map(([name, column]) => [name, column.as === undefined ? column.sql : dialect.timeText(column), column.type] as const);
    return { sql: dialect.object(members), type: objectOf(new Map([...columns].map(([name, { type }]) => [name, type])), false) };
  }

  private constant(json: string, range: { start: number; end: number }): Value {
    const { dialect } = this;
    if (json === 'null') return { sql: 'NULL', type: scalar('json', true) };
    if (json === 'true' || json === 'false') return { sql: json.toUpperCase(), type: yes };
    if (json[0] === '"') return { sql: dialect.text(JSON.parse(json) as string), type: scalar('string', false) };
    if (/^-?\d+$/.test(json)) {
      if (BigInt.asIntN(64, BigInt(json)) !== BigInt(json)) return this.no('an integer beyond 64 bits is not for engines', 'a smaller one', range);
      return { sql: json.startsWith('-') ? `(${json})` : json, type: scalar('integer', false) };
    }
    const value: unknown = JSON.parse(json);
    if (typeof value === 'number') return { sql: value < 0 ? `(${double(value)})` : double(value), type: scalar('number', false) };
    return this.no('a list or an object bound to a name is not for engines', 'bind single values: --arg, --argjson limit 500', range);
  }

  private arithmetic({ op, left, right, start, end }: Syntax & { kind: 'arithmetic' }): Value {
    const a = this.value(left), b = this.value(right), { dialect } = this;
    if (op === '+' && isText(a.type) && isText(b.type)) return { sql: `(${this.textOf(a, left)} || ${this.textOf(b, right)})`, type: scalar('string', true) };
    if (!isNumeric(a.type) || !isNumeric(b.type)) return this.no(`${op} needs ${op === '+' ? 'two numbers or two strings' : 'numbers'}, and these are ${aKind[a.type.kind]} and ${aKind[b.type.kind]}: leat would give null`, 'number(x) reads a text, string(x) makes one', { start, end });
    const isWhole = a.type.kind === 'integer' && b.type.kind === 'integer', real = (value: Value): string => value.type.kind === 'integer' ? `CAST(${value.sql} AS ${dialect.type(scalar('number', true))})` : value.sql;
    const zero = isWhole && op !== '/' ? '0' : '0E0', isNeverZero = right.kind === 'constant' && Number(right.json) !== 0;
    const divisor = (sql: string): string => isNeverZero ? sql : `NULLIF(${sql}, ${zero})`;
    if ((op === '/' || op === '%') && right.kind === 'constant' && Number(right.json) === 0) return { sql: `CAST(NULL AS ${dialect.type(scalar('number', true))})`, type: scalar(isWhole && op === '%' ? 'integer' : 'number', true) };
    switch (op) {
      case '/': return { sql: `(${real(a)} / ${divisor(real(b))})`, type: scalar('number', true) };
      case '%': return { sql: isWhole ? this.remainder(a.sql, divisor(b.sql)) : this.remainder(real(a), divisor(real(b))), type: scalar(isWhole ? 'integer' : 'number', true) };
      case '**': return this.say('pow', [a, b], [left, right], { start, end });
      default: {
        if (isWhole) this.scope.note('integers stay within 64 bits');
        return { sql: `(${a.sql} ${op} ${b.sql})`, type: scalar(isWhole ? 'integer' : 'number', true) };
      }
    }
  }

  private remainder(a: string, b: string): string { return this.dialect.name === 'flink' ? `MOD(${a}, ${b})` : `(${a} % ${b})`; }

  private compare({ op, left, right, start, end }: Syntax & { kind: 'compare' }): Value {
    const isNull = (side: Syntax): boolean => side.kind === 'constant' && side.json === 'null';
    if ((op === '==' || op === '!=') && (isNull(left) || isNull(right))) {
      const of = this.value(isNull(right) ? left : right);
      return { sql: `(${of.sql} IS ${op === '!=' ? 'NOT ' : ''}NULL)`, type: yes };
    }
    const a = this.value(left), b = this.value(right), sign = op === '==' ? '=' : op === '!=' ? '<>' : op;
    if (isNumeric(a.type) && isNumeric(b.type)) {
      const [x, y] = a.type.kind === b.type.kind ? [a.sql, b.sql] : [a, b].map((side) => side.type.kind === 'integer' ? `CAST(${side.sql} AS ${this.dialect.type(scalar('number', true))})` : side.sql);
      return { sql: `(${x} ${sign} ${y})`, type: maybe };
    }
    if (isText(a.type) && isText(b.type)) {
      const [x, y] = a.as === b.as ? [a.sql, b.sql] : [this.textOf(a, left), this.textOf(b, right)];
      return { sql: `(${x} ${sign} ${y})`, type: maybe };
    }
    if (a.type.kind === 'boolean' && b.type.kind === 'boolean') return { sql: `(${a.sql} ${sign} ${b.sql})`, type: maybe };
    const isPlain = (type: Type): boolean => type.kind !== 'json' && type.kind !== 'list' && type.kind !== 'object';
    if (!isPlain(a.type) || !isPlain(b.type)) return this.no(`${aKind[a.type.kind]} and ${aKind[b.type.kind]} are not compared by engines as leat does`, 'compare their fields', { start, end });
    // Different types are not equal; which is greater is a clash, and null.
    return op === '==' || op === '!=' ? { sql: `CASE WHEN ${a.sql} IS NULL OR ${b.sql} IS NULL THEN NULL ELSE ${op === '==' ? 'FALSE' : 'TRUE'} END`, type: maybe }
      : this.no(`${aKind[a.type.kind]} and ${aKind[b.type.kind]} have no order: leat would give null`, 'number(x) reads a text', { start, end });
  }

  private coalesce(parts: readonly Syntax[]): Value {
    const given = parts.filter((part) => !(part.kind === 'constant' && part.json === 'null'));
    if (given.length === 1) return this.value(given[0]);
    const values = this.alike(given), [first] = values;
    return { sql: `COALESCE(${values.map(({ sql }) => sql).join(', ')})`, type: values.map(({ type }) => type).reduce(unite), ...first.as === undefined ? {} : { as: first.as } };
  }

  /** Values of which one is chosen: of one type. null takes that of the others. */
  private alike(parts: readonly Syntax[]): readonly Value[] {
    const values = parts.map((part) => this.value(part)), known = values.filter(({ sql, type }) => !(sql === 'NULL' && type.kind === 'json'));
    if (known.length === 0) return this.no('null alone has no type', 'a value that is not null', parts[0]);
    const type = known.map((value) => value.type).reduce(unite), isMixed = type.kind === 'json' && known.some((value) => value.type.kind !== 'json');
    if (isMixed) return this.no(`these are of different types, ${known.map((value) => aKind[value.type.kind]).join(' and ')}: a column of an engine has one`, 'string(x) or number(x)', { start: parts[0].start, end: parts[parts.length - 1].end });
    const isSame = known.every((value) => value.as === known[0].as);
    return values.map((value, i) => {
      if (!known.includes(value)) return { sql: `CAST(NULL AS ${this.dialect.type(type)})`, type: nullable(type), ...isSame && known[0].as !== undefined ? { sql: 'NULL', as: known[0].as } : {} };
      if (!isSame) return { sql: this.textOf(value, parts[i]), type: value.type };
      return type.kind === 'number' && value.type.kind === 'integer' ? { sql: `CAST(${value.sql} AS ${this.dialect.type(scalar('number', true))})`, type: { ...value.type, kind: 'number' as const } } : value;
    });
  }

  private membership(left: Syntax, right: Syntax, range: { start: number; end: number }): Value {
    const x = this.value(left);
    if (right.kind === 'list') {
      const known = right.items.map(({ value }) => ({ syntax: value, value: this.value(value) })).filter(({ value }) => value.type.kind === x.type.kind || (isNumeric(value.type) && isNumeric(x.type)) || (isText(value.type) && isText(x.type)));
      if (right.items.some(({ spread }) => spread)) return this.no('... in a list is not for engines', 'a list of single values', range);
      const mine = x.as === undefined ? x.sql : this.textOf(x, left);
      if (known.length === 0) return { sql: `CASE WHEN ${mine} IS NULL THEN NULL ELSE FALSE END`, type: maybe };
      return { sql: `(${mine} IN (${known.map(({ syntax, value }) => value.as === undefined ? value.sql : this.textOf(value, syntax)).join(', ')}))`, type: maybe };
    }
    const list = this.value(right);
    if (list.type.kind === 'list') return this.say('contains', [list, x], [right, left], range);
    return this.no('whether an object has a key is not for engines, whose objects have all their fields', 'field == null', range);
  }

  private object({ members, start, end }: Syntax & { kind: 'object' }): Value {
    const made = new Map<string, { readonly sql: string; readonly type: Type }>();
    for (const { key, value } of members) {
      if (key !== undefined) { made.set(key, this.written(this.value(value), value)); continue; }
      const of = this.value(value);
      if (of.type.kind !== 'object') return this.no('... needs an object whose fields are known', 'name the fields', { start, end });
      for (const [name] of of.type.fields) made.set(name, this.step(of, name, value));
    }
    return { sql: this.dialect.object([...made].map(([name, { sql, type }]) => [name, sql, type] as const)), type: objectOf(new Map([...made].map(([name, { type }]) => [name, type])), false) };
  }

  /** A value as it is stored in an object or a list: a time as its text. */
  private written(value: Value, syntax: Syntax): Value {
    if (value.sql === 'NULL' && value.type.kind === 'json') return this.no('null alone has no type', 'leave the field out', syntax);
    return value.as === undefined ? value : { sql: this.textOf(value, syntax), type: value.type };
  }

  private call({ spec, args, start, end }: Syntax & { kind: 'call' }): Value {
    const { dialect } = this;
    if (spec.name === 'coalesce') return this.coalesce(args);
    if (spec.name === 'is_null') return { sql: `(${this.value(args[0]).sql} IS NULL)`, type: yes };
    if (spec.name === 'string') return { sql: this.asText(args[0]), type: scalar('string', true) };
    if (spec.name === 'time') { const of = this.value(args[0]); if (of.as !== undefined) return { sql: of.as === 'ms' ? of.sql : dialect.msOf(of.sql), type: scalar('integer', of.type.isNullable) }; }
    if (spec.name === 'least' || spec.name === 'greatest') return this.extreme(spec.name, args);
    return this.say(spec.name, args.map((arg, i) => spec.args[Math.min(i, spec.args.length - 1)].type === 'regex' || (arg.kind === 'constant' && this.text[arg.start] === '/') ? this.regex(arg) : this.value(arg)), args, { start, end });
  }

  /** A pattern as a text of the engine's own kind. */
  private regex(syntax: Syntax): Value {
    const literal = this.text.slice(syntax.start, syntax.end), { sql, why } = regexText(literal, this.dialect.name);
    return sql === undefined ? this.no(`${why} in a regular expression is not alike in ${this.dialect.title}`, 'letters, classes, groups and repeats', syntax) : { sql: this.dialect.text(sql), type: scalar('string', false) };
  }

  /** Null where one is null, which SQL's LEAST and GREATEST are not everywhere. */
  private extreme(name: string, args: readonly Syntax[]): Value {
    const values = this.alike(args), type = values.map((value) => value.type).reduce(unite), sql = values.map((value) => value.sql);
    return { sql: `CASE WHEN ${sql.map((one) => `${one} IS NULL`).join(' OR ')} THEN NULL ELSE ${name.toUpperCase()}(${sql.join(', ')}) END`, type: nullable(type) };
  }

  private say(name: string, values: readonly Value[], syntax: readonly Syntax[], range: { start: number; end: number }): Value {
    const { dialect } = this, isRegex = name === 'replace' && this.text[syntax[1].start] === '/', found = formOf(isRegex ? 'replace /re/' : name, values.map(({ type }) => type), dialect.name, this.scope.own);
    if ('reason' in found) return this.no(found.reason, found.instead, range);
    const { takes, gives, sql, approx } = found;
    if (approx) this.scope.note(`${name}() of ${dialect.title} may differ from leat's in the last digit`, true);
    const given = values.map((value, i) => {
      const wanted = takes[Math.min(i, takes.length - 1)];
      if (wanted === 'string') return this.textOf(value, syntax[i]);
      return wanted === 'number' && value.type.kind === 'integer' ? `CAST(${value.sql} AS ${dialect.type(scalar('number', true))})` : value.sql;
    });
    let text: string;
    try { text = typeof sql === 'function' ? sql(given, dialect) : filled(sql, given); } catch (error) {
      if (error instanceof Missing) return this.no(`${name}(): ${error.message}`, 'work it out with leat map first', range);
      throw error;
    }
    return { sql: text, type: gives, ...found.as === undefined ? {} : { as: found.as } };
  }

  private no(reason: string, instead: string, range: { start: number; end: number }): never { return refuse(this.dialect.name, { reason, instead }, spotOf(this.text, range)); }
}
