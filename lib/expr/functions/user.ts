// Functions that a user brings along (--functions): how one is declared, what is wrong with a declaration, and what expressions see of it. Owns: the list of those that are known now.
// Must not: load or make code; who may do that hands the declarations in.
import { Tag } from '../../record/batch.js';
import type { Cell } from '../../record/compare.js';
import { LeatError } from '../../errors.js';
import { Broken, checkLength } from './function.js';
import type { ArgType, FunctionSpec, Made, Value } from './function.js';
import { functions } from './index.js';
import { jsonOf } from './shared.js';

const types = ['string', 'number', 'integer', 'boolean', 'list', 'object', 'any'] as const;
export type UserType = (typeof types)[number];
const engines = ['duckdb', 'flink', 'spark'] as const;

export interface UserFunction {
  readonly name: string;
  /** One for each argument. A null argument gives null, and the code is not called. */
  readonly args: readonly UserType[];
  readonly result: UserType;
  /** Gets JavaScript values, lists and objects as JSON.parse makes them; gives one, or null. What it throws makes the record bad. */
  readonly code: (...args: readonly any[]) => unknown;     // `any`: each has its own parameters
  /** How an engine says it, with $1, $2 for the arguments. */
  readonly sql?: Readonly<Partial<Record<(typeof engines)[number], string>>>;
  readonly python?: string;
  readonly summary?: string;
  /** The module, as it was named, and the hash of its text: what a checkpoint remembers. */
  readonly file: string;
  readonly digest: string;
}

const known = new Map<string, UserFunction>(), specs = new Map<string, FunctionSpec>(), files = new Map<string, string>();

/** Those of this process, by name. */
export const userFunctions: ReadonlyMap<string, UserFunction> = known;
/** The function of that name, one of leat's or of the user's. */
export const functionOf = (name: string): FunctionSpec | undefined => functions.get(name) ?? specs.get(name);
/** All names, leat's first. */
export const functionNames = (): readonly string[] => [...functions.keys(), ...specs.keys()];
/** The hash of a module that was handed in; undefined: it was not. */
export const digestOf = (file: string): string | undefined => files.get(file);

/** Where it is wrong: which function of the list, if any, and of what name. */
export class Misdeclared extends LeatError {
  readonly named: string | undefined;
  constructor(what: string, help: string, named?: string) { super('E_OPTION', { what, help }); this.named = named; }
}

const example = "export default [{ name: 'half', args: ['number'], result: 'number', code: (x) => x / 2 }];";

/** What a module gives by default, checked, and known from now on. Errors: Misdeclared. */
export function declare(list: unknown, file: string, digest: string): void {
  if (files.get(file) === digest) return;
  if (!Array.isArray(list)) throw new Misdeclared(`the module's default export is ${kindOf(list)}; expected a list of functions`, example);
  const made = list.map((each, i) => checked(each, i, file, digest));
  const again = made.find(({ name }, i) => made.findIndex((other) => other.name === name) < i);
  if (again !== undefined) throw new Misdeclared(`two functions are called '${again.name}'`, 'one name, one function', again.name);
  for (const each of made) { known.set(each.name, each); specs.set(each.name, specOf(each)); }
  files.set(file, digest);
}

function checked(given: unknown, at: number, file: string, digest: string): UserFunction {
  const nth = `function ${at + 1} of the list`;
  if (typeof given !== 'object' || given === null || Array.isArray(given)) throw new Misdeclared(`${nth} is ${kindOf(given)}; expected an object`, example);
  const { name, args, result, code, sql, python, summary } = given as Record<string, unknown>;
  if (typeof name !== 'string') throw new Misdeclared(`${nth}: name is ${kindOf(name)}; expected a text`, example);
  const refuse = (what: string, help: string): never => { throw new Misdeclared(`${name}: ${what}`, help, name); };
  if (!/^[A-Za-z][A-Za-z0-9_]*$/.test(name)) refuse('a name has letters, digits and _, and begins with a letter', 'half, net_price');
  if (functions.has(name)) refuse('leat has a function of that name, and no other can take its place', `my_${name}`);
  const other = known.get(name);
  if (other !== undefined && other.file !== file) refuse(`${other.file} has a function of that name too`, 'one name, one function');
  for (const key of Object.keys(given)) if (!['name', 'args', 'result', 'code', 'sql', 'python', 'summary'].includes(key)) refuse(`unknown member ${key}`, 'name, args, result, code, sql, python, summary');
  if (!Array.isArray(args)) refuse(`args is ${kindOf(args)}; expected a list of types`, `args: ['string', 'number']`);
  for (const [i, type] of (args as readonly unknown[]).entries()) if (!types.includes(type as UserType)) refuse(`args[${i}] is ${typeof type === 'string' ? `'${type}'` : kindOf(type)}; expected ${types.join(', ')}`, `args: ['string', 'number']`);
  if (!types.includes(result as UserType)) refuse(`result is ${typeof result === 'string' ? `'${result}'` : kindOf(result)}; expected ${types.join(', ')}`, `result: 'string'`);
  if (typeof code !== 'function') refuse(`code is ${kindOf(code)}; expected a function`, 'code: (x) => x / 2');
  if (/^Async|Generator/.test((code as object).constructor.name)) refuse('code answers later, and an expression needs the value at once', 'code: (x) => x / 2');
  if (sql !== undefined && (typeof sql !== 'object' || sql === null || Object.entries(sql).some(([engine, text]) => !(engines as readonly string[]).includes(engine) || typeof text !== 'string'))) refuse(`sql is no object of texts for ${engines.join(', ')}`, "sql: { duckdb: '$1 / 2' }");
  if (python !== undefined && typeof python !== 'string') refuse(`python is ${kindOf(python)}; expected a text`, "python: '$1 / 2'");
  if (summary !== undefined && typeof summary !== 'string') refuse(`summary is ${kindOf(summary)}; expected a text`, "summary: 'half of x'");
  const count = (args as readonly unknown[]).length;
  for (const text of [...Object.values((sql ?? {}) as Record<string, string>), ...typeof python === 'string' ? [python] : []]) {
    const beyond = [...text.matchAll(/\$(\d+)/g)].find(([, n]) => Number(n) < 1 || Number(n) > count);
    if (beyond !== undefined) refuse(`${beyond[0]} stands in '${text}', and there ${count === 1 ? 'is 1 argument' : `are ${count} arguments`}`, '$1 is the first one');
  }
  return Object.freeze({ ...given as UserFunction, file, digest });
}

const kindOf = (value: unknown): string => value === null ? 'null' : value === undefined ? 'missing' : Array.isArray(value) ? 'a list' : typeof value === 'object' ? 'an object' : typeof value === 'undefined' ? 'missing' : `a ${typeof value}`;

const isCell = (type: UserType): boolean => type === 'list' || type === 'object' || type === 'any';

/** As expressions call it: values of JavaScript in, one of the declared type out. */
function specOf({ name, args, result, code, summary = '' }: UserFunction): FunctionSpec {
  return {
    name, subject: 'other', args: args.map((type, i) => ({ name: String.fromCharCode(97 + i % 26), type: type satisfies ArgType })), result, summary, examples: [],
    code(...given: unknown[]): Value {
      let value: unknown;
      try { value = code(...given.map((each, i) => isCell(args[i]) ? JSON.parse(jsonOf(each as Cell)) : each)); } catch (error) { throw new Broken(`${name} threw ${error instanceof Error ? `${error.name}: ${error.message}` : String(error)}`); }
      return converted(name, result, value);
    },
  };
}

function converted(name: string, result: UserType, value: unknown): Value {
  if (value === null || value === undefined) return null;
  const type = typeof value;
  if (type === 'string' && (result === 'string' || result === 'any')) return value as string;
  if (type === 'boolean' && (result === 'boolean' || result === 'any')) return value as boolean;
  if (type === 'bigint' && (result === 'integer' || result === 'number' || result === 'any')) return value as bigint;
  if (type === 'number' && (result === 'number' || result === 'any' || Number.isSafeInteger(value))) { if (result === 'number' || result === 'any' || result === 'integer') return value as number; }
  if (type === 'object' && typeof (value as { then?: unknown }).then !== 'function') {
    const isList = Array.isArray(value);
    if (result === 'any' || result === (isList ? 'list' : 'object')) return madeOf(name, value as object, isList);
  }
  throw new Broken(`${name} gave ${type === 'number' ? String(value) : type === 'object' && typeof (value as { then?: unknown }).then === 'function' ? 'a promise' : kindOf(value)}, and is declared to give ${result === 'any' ? 'a value of JSON' : /^[aeiou]/.test(result) ? `an ${result}` : `a ${result}`}`);
}

function madeOf(name: string, value: object, isList: boolean): Made {
  let json: string | undefined;
  try { json = JSON.stringify(value); } catch (error) { throw new Broken(`${name} gave what is no JSON: ${(error as Error).message}`); }
  if (json === undefined || json[0] !== (isList ? '[' : '{')) throw new Broken(`${name} gave what is no JSON`);
  checkLength(json.length);
  return { json, tag: isList ? Tag.Array : Tag.Object };
}
