// Vector loops against a plain evaluator that works on one record at a time, over random expressions and records: values, clashes, overflows and selections are the same.
// SEED=… repeats a run.
import t from 'tap';
import { expression } from '../../lib/expr/parse.js';
import { dice } from '../harness/random.js';
import { NotingBinder, batchFrom, textAt } from '../unit/helpers/columns.js';

const seed = Number(process.env['SEED'] ?? Date.now() % 1_000_000);
const { pick, chance, below } = dice(seed);

// Values of the plain evaluator: integers are bigint, other numbers number, lists arrays, objects Maps.
type Value = null | boolean | bigint | number | string | Value[] | Map<string, Value>;
class Overflow extends Error {}

type Tree =
  | { readonly op: 'constant'; readonly text: string }
  | { readonly op: 'field'; readonly name: string }
  | { readonly op: string; readonly of: readonly Tree[] };

const constants = ['0', '1', '2', '7', '-3', '0.5', '1.0', '1e3', '500', '9007199254740991', '9007199254740993', '1e400', '"a"', '"b"', '""', '"ab\\n"', '"é😀"', 'true', 'false', 'null'];
const fields = ['a', 'b', 'c', 'd'];
const jsons = [...constants, '1.50', '-0', '123456789012345678901234567890', '"\\u0061"', '[]', '[1, "a", null]', '[ 1.0 ]', '{}', '{"a": 1}', '{"b":2,"a":1.0}', '{"a":1,"x":null}', '1e308', '4.9e-324', '"\\ud83d\\ude00"', '"x"'];
const binary = ['+', '-', '*', '/', '%', '==', '!=', '<', '<=', '>', '>=', '&&', '||', '??', 'in', '==', '<', '>=', '+'];

function grow(depth: number): Tree {
  if (depth === 0 || chance(0.15)) return chance(0.6) ? { op: 'field', name: pick(fields) } : { op: 'constant', text: pick(constants) };
  const next = (): Tree => grow(depth - 1);
  const kind = below(100) / 100;
  if (kind < 0.68) return { op: pick(binary), of: [next(), next()] };
  if (kind < 0.76) return { op: '!', of: [next()] };
  if (kind < 0.80) return { op: 'negate', of: [next()] };
  if (kind < 0.88) return { op: '?:', of: [next(), next(), next()] };
  if (kind < 0.91) return { op: '[]', of: [next(), next()] };
  if (kind < 0.94) return { op: '{}', of: [next(), next()] };
  if (kind < 0.97) return { op: '.a', of: [next()] };
  return { op: '[0]', of: [next()] };
}

function print(tree: Tree): string {
  if (!('of' in tree)) return 'text' in tree ? tree.text : tree.name;
  const parts = tree.of.map((part) => `(${print(part)})`);
  switch (tree.op) {
    case '!': return `!${parts[0]}`;
    case 'negate': return `-${parts[0]}`;
    case '?:': return `${parts[0]} ? ${parts[1]} : ${parts[2]}`;
    case '[]': return `[${parts.join(', ')}]`;
    case '{}': return `{a: ${parts[0]}, z: ${parts[1]}}`;
    case '.a': return `${parts[0]}.a`;
    case '[0]': return `${parts[0]}[0]`;
    default: return parts.join(` ${tree.op} `);
  }
}

/** JSON text as a value, numbers by their text. */
function parse(text: string): Value {
  const token = /\s*("(?:[^"\\]|\\.)*"|-?\d[\d.eE+-]*|true|false|null|[[\]{},:])\s*/gy;
  const tokens: string[] = [];
  for (let found = token.exec(text); found !== null; found = token.exec(text)) tokens.push(found[1]);
  let at = 0;
  const value = (): Value => {
    const first = tokens[at++];
    if (first === '[') {
      const list: Value[] = [];
      while (tokens[at] !== ']') { list.push(value()); if (tokens[at] === ',') at++; }
      at++;
      return list;
    }
    if (first === '{') {
      const map = new Map<string, Value>();
      while (tokens[at] !== '}') { const key = JSON.parse(tokens[at]) as string; at += 2; map.set(key, value()); if (tokens[at] === ',') at++; }
      at++;
      return map;
    }
    if (first[0] === '"') return JSON.parse(first) as string;
    if (first === 'true' || first === 'false') return first === 'true';
    if (first === 'null') return null;
    return /^-?\d+$/.test(first) ? BigInt(first) : Number.isFinite(Number(first)) ? Number(first) : hugeOf(first);
  };
  return value();
}
// Of numbers beyond all doubles only 1e400 occurs; arithmetic refuses it, comparison needs its place.
const hugeOf = (text: string): number => text.startsWith('-') ? -Infinity : Infinity;

const isNumber = (x: Value): x is bigint | number => typeof x === 'bigint' || typeof x === 'number';
const kind = (x: Value): string => x === null ? 'null' : Array.isArray(x) ? 'array' : x instanceof Map ? 'object' : isNumber(x) ? 'number' : typeof x;
const ranks = ['null', 'boolean', 'number', 'string', 'array', 'object'];
const points = (a: string, b: string): number => { const x = Array.from(a, (c) => c.codePointAt(0)!), y = Array.from(b, (c) => c.codePointAt(0)!); const i = x.findIndex((c, j) => c !== y[j]); return i < 0 ? x.length - y.length : i >= y.length ? 1 : x[i] - y[i]; };   // `!`: each is one code point

function compare(a: Value, b: Value): number {
  const x = ranks.indexOf(kind(a)), y = ranks.indexOf(kind(b));
  if (x !== y) return x - y;
  if (isNumber(a) && isNumber(b)) return a < b ? -1 : a > b ? 1 : 0;       // JavaScript compares bigint and number by mathematical value
  if (typeof a === 'string' && typeof b === 'string') return points(a, b);
  if (Array.isArray(a) && Array.isArray(b)) {
    for (let i = 0; i < a.length && i < b.length; i++) { const c = compare(a[i], b[i]); if (c !== 0) return c; }
    return a.length - b.length;
  }
  if (a instanceof Map && b instanceof Map) {
    const clean = (map: Map<string, Value>): [string, Value][] => [...map].filter(([, v]) => v !== null).sort(([p], [q]) => points(p, q));
    const p = clean(a), q = clean(b), keys = compare(p.map(([k]) => k), q.map(([k]) => k));
    return keys !== 0 ? keys : compare(p.map(([, v]) => v), q.map(([, v]) => v));
  }
  return Number(a) - Number(b);
}

/** One record, one value at a time. `clashes` counts. */
function plain(tree: Tree, record: ReadonlyMap<string, Value>, count: { clashes: number }): Value {
  if (!('of' in tree)) return 'text' in tree ? parse(tree.text) : record.get(tree.name) ?? null;
  const clash = (): null => { count.clashes++; return null; };
  const at = (i: number): Value => plain(tree.of[i], record, count);
  const truth = (x: Value): boolean | null => x === null || typeof x === 'boolean' ? x : clash();
  const { op } = tree;
  switch (op) {
    case '&&': { const a = truth(at(0)); if (a === false) return false; const b = truth(at(1)); return b === false ? false : a === null || b === null ? null : true; }
    case '||': { const a = truth(at(0)); if (a === true) return true; const b = truth(at(1)); return b === true ? true : a === null || b === null ? null : false; }
    case '!': { const a = truth(at(0)); return a === null ? null : !a; }
    case '??': return at(0) ?? at(1);
    case '?:': return decide(tree.of[0], true, record, count) ? at(1) : at(2);
    case '[]': return [at(0), at(1)];
    case '{}': return new Map([['a', at(0)], ['z', at(1)]]);
    case '.a': { const a = at(0); return a instanceof Map ? a.get('a') ?? null : null; }
    case '[0]': { const a = at(0); return Array.isArray(a) ? a[0] ?? null : null; }
    case 'negate': {
      const only = tree.of[0];
      if ('text' in only && /^\d/.test(only.text)) return parse(`-${only.text}`);   // a literal with its sign
      const a = at(0); if (a === null) return null; if (!isNumber(a)) return clash(); if (typeof a === 'bigint') return -a; if (!Number.isFinite(a)) throw new Overflow(); return whole(-a); }
    default:
  }
  const a = at(0), b = at(1);
  if ((op === '==' || op === '!=') && tree.of.some((side) => 'text' in side && side.text === 'null')) return ((('text' in tree.of[1] && tree.of[1].text === 'null') ? a : b) === null) === (op === '==');
  if (a === null || b === null) return null;
  if (op === 'in') {
    if (Array.isArray(b)) {
      if (b.some((x) => compare(x, a) === 0)) return true;
      if (b.length > 0 && !b.some((x) => x === null || kind(x) === kind(a))) clash();
      return false;
    }
    return b instanceof Map && typeof a === 'string' ? b.has(a) : clash();
  }
  if (['==', '!=', '<', '<=', '>', '>='].includes(op)) {
    if (kind(a) !== kind(b)) { clash(); return op === '==' ? false : op === '!=' ? true : null; }
    if (a instanceof Map && op !== '==' && op !== '!=') return clash();
    const c = compare(a, b);
    return op === '==' ? c === 0 : op === '!=' ? c !== 0 : op === '<' ? c < 0 : op === '<=' ? c <= 0 : op === '>' ? c > 0 : c >= 0;
  }
  if (op === '+' && typeof a === 'string' && typeof b === 'string') return a + b;
  if (!isNumber(a) || !isNumber(b)) return clash();
  if (typeof a === 'bigint' && typeof b === 'bigint' && op !== '/') return op === '+' ? a + b : op === '-' ? a - b : op === '*' ? a * b : b === 0n ? null : a % b;
  const x = Number(a), y = Number(b);
  if (!Number.isFinite(x) || !Number.isFinite(y)) throw new Overflow();
  if ((op === '/' || op === '%') && y === 0) return null;
  const z = op === '+' ? x + y : op === '-' ? x - y : op === '*' ? x * y : op === '/' ? x / y : x % y;
  if (!Number.isFinite(z)) throw new Overflow();
  return whole(z);
}
/** Whether a condition is exactly `want`. The right side is looked at only where it can still matter for that (nodes/logic.ts). */
function decide(tree: Tree, want: boolean, record: ReadonlyMap<string, Value>, count: { clashes: number }): boolean {
  if ('of' in tree) {
    const side = (i: number): boolean => decide(tree.of[i], want, record, count);
    if (tree.op === '&&') return want ? side(0) && side(1) : side(0) || side(1);
    if (tree.op === '||') return want ? side(0) || side(1) : side(0) && side(1);
    if (tree.op === '!') return decide(tree.of[0], !want, record, count);
  }
  const value = plain(tree, record, count);
  if (value !== null && typeof value !== 'boolean') count.clashes++;
  return value === want;
}
/** What prints as a whole number below 2^53 is an integer from then on. */
const whole = (z: number): number | bigint => Number.isSafeInteger(z) ? BigInt(z) : z;

/** Values as the plain evaluator and a reader of the output agree on them: large whole doubles print as integers. */
const shown = (x: Value): string => kind(x) === 'number' ? numeral(x as number | bigint) : Array.isArray(x) ? `[${x.map(shown).join()}]` : x instanceof Map ? `{${[...x].map(([k, v]) => `${JSON.stringify(k)}:${shown(v)}`).join()}}` : JSON.stringify(x);
const numeral = (x: number | bigint): string => { if (typeof x === 'bigint') return String(x); return Object.is(x, -0) ? '0' : String(x); };

t.test(`random expressions over random records (SEED=${seed})`, async (t) => {
  let checked = 0;
  for (let round = 0; round < 1_500; round++) {
    const tree = grow(1 + below(4)), text = print(tree);
    const lines = Array.from({ length: 12 }, () => `{${fields.filter(() => chance(0.85)).map((name) => `"${name}":${pick(jsons)}`).join(',')}}`);
    const batch = batchFrom(...lines), binder = new NotingBinder();
    const column = expression(text).field(binder)(batch);
    const trues: number[] = [], odd: number[] = [];
    let failed = '';
    lines.forEach((line, row) => {
      const count = { clashes: 0 };
      let expected: string;
      try {
        const value = plain(tree, parse(line) as Map<string, Value>, count);
        expected = shown(value);
        if (value === true) trues.push(row);
        if (value !== null && typeof value !== 'boolean') odd.push(row);
      } catch (error) {
        if (!(error instanceof Overflow)) throw error;
        if (!binder.isBad(batch, row)) failed ||= `row ${row} ${line}: expected an overflow`;
        odd.push(row);
        return;
      }
      if (binder.isBad(batch, row)) { failed ||= `row ${row} ${line}: bad, expected ${expected}`; return; }
      const found = shown(parse(textAt(column, row)));
      if (found !== expected) failed ||= `row ${row} ${line}: ${found}, expected ${expected}`;
      const clashes = binder.clashes.filter((note) => note.row === row).length;
      if (clashes !== count.clashes) failed ||= `row ${row} ${line}: ${clashes} clashes, expected ${count.clashes}`;
      checked++;
    });
    const testBinder = new NotingBinder(), picked = [...expression(text).test(testBinder)(batch)];
    const expected = trues.filter((row) => !testBinder.isBad(batch, row));
    if (failed === '' && JSON.stringify(picked) !== JSON.stringify(expected)) failed = `test() picked ${picked.join()}, expected ${expected.join()}`;
    const wrong = testBinder.bads.filter(({ row }) => !odd.includes(row));
    if (failed === '' && wrong.length > 0) failed = `test() called row ${wrong[0].row} bad`;
    if (failed !== '') { t.fail(`SEED=${seed} round ${round}: ${text}: ${failed}`); return; }
  }
  t.ok(checked > 10_000, `${checked} values compared`);
});
