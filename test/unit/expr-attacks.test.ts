// Attempts to get out of an expression: at code, at prototypes, at the process; or to make it run for ever. Each is refused, or reads data and nothing else (EXACTLY-ONCE 9).
import { setFlagsFromString } from 'node:v8';
import t from 'tap';
import { LeatError } from '../../lib/errors.js';
import { expression } from '../../lib/expr/parse.js';
import { linearRegexFlag } from '../../lib/expr/regex.js';
import { evaluate } from './helpers/expressions.js';

setFlagsFromString(linearRegexFlag);
const before = Object.getOwnPropertyNames(Object.prototype).join();
const record = '{"a":1,"s":"text","l":[1,2],"o":{"k":"v"},"f":"constructor"}';

const refused = [
  'this', 'this.constructor', 'globalThis()', 'new Date()', 'new Function("return 1")()', 'new.target', 'import("fs")', 'import.meta', 'import.meta.url', 'require("fs")', 'eval("1")', 'Function("return process")()', 'process.exit(1)', 's.constructor("x")', 's.constructor.constructor("return this")()',
  '[].constructor.constructor("return process")()', '[]["constructor"]["constructor"]("return process")()', '"".sub.constructor("return 1")()', '(() => 1)()', '() => process', 'function () { return 1 }', 'function* g() {}', 'async () => 1', 'class A {}', 'class { static { process.exit() } }', 'a = 1', 'o.k = 2', 'a += 1', 'a++', '--a',
  '[a] = [1]', '({a} = o)', 'delete o.k', 'void a', 'typeof a', 'a, process', '(a, process)', 's`x`', 'String.raw`x`', 'matches`a`', '{get x() { return 1 }}', '{x() { return 1 }}', '{set x(v) {}}', '{[f]: 1}', '{async x() {}}', '{*x() {}}', 'super.x', '#p in o', 'o.#p', 'await a b', 'lower(...l)', 'lower?.(s)', 'lower.call(s)', 'lower["constructor"]("x")()',
  'o["constructor"]("x")', 'o?.constructor("x")', 's[f]("return 1")', 'constructor("return 1")', '__proto__()', 'toString()', 'hasOwnProperty("a")', 'valueOf()', 'functions()', 'matches(s, s)', 'replace(s, RegExp("a"), "b")', '<!-- a', 'a <!-- b', 'a;process.exit()', '`${process.exit()}`', '"use strict"; a', 'debugger', 'while (1) {}', 'a => a', 'with (o) k', 'throw a', '#!x',
  'matches(s, /(?=a)/)', 'matches(s, /(?<!a)b/)', 'matches(s, /(a)\\1/)', 'matches(s, /(?<n>a)\\k<n>/)', 'matches(s, /a/y)', 'matches(s, /a/d)', 'matches(s, /((a{1,1000}){1,1000}){1,1000}/)', 'matches(s, /a{5000}/)',
];
const harmless: readonly (readonly [expr: string, result: string])[] = [
  ['constructor', 'null'], ['__proto__', 'null'], ['__proto__.polluted', 'null'], ['o.__proto__', 'null'], ['o["__proto__"]["constructor"]', 'null'], ['o.constructor', 'null'], ['o.constructor.constructor', 'null'], ['o.toString', 'null'], ['s.length', 'null'], ['s["constructor"]', 'null'], ['s[f]', 'null'], ['l.constructor', 'null'], ['l["push"]', 'null'],
  ['o[f]', 'null'], ['_[f]', 'null'], ['_["constructor"]', 'null'], ['globalThis', 'null'], ['process.env', 'null'], ['process?.env?.PATH', 'null'], ['window', 'null'], ['eval', 'null'], ['arguments', 'null'], ['arguments[0]', 'null'], ['Function', 'null'], ['lower', 'null'], ['lower.constructor', 'null'], ['require', 'null'], ['module.exports', 'null'], ['await', 'null'], ['yield', 'null'],
  ['[].constructor', 'null'], ['{}.constructor', 'null'], ['"".constructor', 'null'], ['(5).constructor.constructor', 'null'], ['{}["__proto__"]', 'null'], ['{__proto__: {polluted: 1}}', '{"__proto__":{"polluted":1}}'], ['{"__proto__": o}.k', 'null'], ['{...{__proto__: {polluted: 1}}}', '{"__proto__":{"polluted":1}}'], ['merge(o, {__proto__: {polluted: 1}})', '{"k":"v","__proto__":{"polluted":1}}'],
  ['json("{\\"__proto__\\":{\\"polluted\\":1}}").__proto__.polluted', '1'], ['json("{\\"__proto__\\":{\\"polluted\\":1}}").polluted', 'null'], ['get(o, "__proto__")', 'null'], ['has(o, "constructor")', 'false'], ['"toString" in o', 'false'], ['keys(o)', '["k"]'], ['get(l, "constructor")', 'null'], ['entries({constructor: 1})', '[{"key":"constructor","value":1}]'],
  ['replace(s, "t", "$&$&")', '"$&$&ex$&$&"'], ['replace(s, /t/, "$`$\'")', '"$`$\'ex$`$\'"'], ['`${{toString: 1}}`', '"{\\"toString\\":1}"'], ['{valueOf: 1} + 1', 'null'], ['url_decode("%__proto__")', 'null'], ['join([1, null], "__proto__")', '"1"'], ['unique(["__proto__", "__proto__"])', '["__proto__"]'], ['extract(s, /(?<__proto__>e)/, "__proto__")', '"e"'], ['extract(s, /e/, "constructor")', 'null'],
];

t.test('refused before a record is read', async (t) => {
  for (const text of refused) {
    try {
      expression(text);
      t.fail(`${text} was taken`);
    } catch (error) {
      t.ok(error instanceof LeatError, `${text} is refused with a message: ${String(error)}`);
      if (error instanceof LeatError) t.ok(error.exit === 64 && error.spot !== undefined, `${text} is a mistake in the command, with its place`);
    }
  }
});

t.test('data and nothing else', async (t) => {
  for (const [text, result] of harmless) t.equal(evaluate(text, record).text, result, text);
});

t.test('deep and long texts are refused or done, never a crash', async (t) => {
  for (const [name, text] of Object.entries({
    parentheses: '('.repeat(10_000) + 'a' + ')'.repeat(10_000), lists: '['.repeat(10_000) + ']'.repeat(10_000), objects: '{a:'.repeat(10_000) + '1' + '}'.repeat(10_000), not: `${'!'.repeat(10_000)}a`, minus: `${'- '.repeat(10_000)}a`, choice: 'a ? 1 : '.repeat(3_000) + '2',
    power: '2 ** '.repeat(10_000) + '2', sum: '1 + '.repeat(10_000) + '1', members: `a${'.b'.repeat(100_000)}`, templates: '`${'.repeat(5_000) + 'a' + '}`'.repeat(5_000), calls: 'lower('.repeat(10_000) + 'a' + ')'.repeat(10_000), equal: 'a == '.repeat(10_000) + 'a', coalesce: 'a ?? '.repeat(10_000) + 'a',
  })) {
    try {
      const { text: result } = evaluate(text, record);
      t.type(result, 'string', `${name}: done`);
    } catch (error) {
      t.ok(error instanceof LeatError && error.code === 'E_SYNTAX', `${name}: refused with a message: ${error instanceof Error ? error.message.slice(0, 80) : ''}`);
    }
  }
  const many = Array.from({ length: 2_000 }, (_, i) => `a == ${i}`).join(' || ');
  t.equal(evaluate(many, record).text, 'true', 'a long chain of || is no depth');
});

t.test('results are bounded: longer than a line may be is a bad record', async (t) => {
  for (const text of ['repeat("x", 1e9)', 'repeat(s, 9007199254740991)', 'pad_start(s, 1e12)', 'pad_end(s, 1e9, "ab")', 'range(1e9)', 'replace(repeat("a", 1e6), /a/, repeat("b", 1e3))', 'replace(repeat("a", 1e6), "a", repeat("b", 1e3))', 'join(range(1e5), repeat("b", 1e3))', 'concat(repeat("a", 1e7), repeat("b", 1e7))', 'repeat("a", 1e7) + repeat("b", 1e7)', '`${repeat("a", 1e7)}${repeat("b", 1e7)}`', '[repeat("a", 1e7), repeat("b", 1e7)]', '{a: repeat("a", 1e7), b: repeat("b", 1e7)}']) {
    const { bads, text: result } = evaluate(text, record);
    t.same([bads.map(({ code }) => code), result], [['E_TYPE'], 'null'], text);
  }
  t.same(evaluate('json(x)', `{"x":${JSON.stringify('['.repeat(600) + ']'.repeat(600))}}`).text, 'null', 'JSON deeper than a record may be');
});

t.test('patterns that backtrack without end elsewhere take linear time', async (t) => {
  for (const pattern of ['/^(a+)+$/', '/^(a+)+$/i', '/^(a+)+$/u', '/^(a+)+$/ims', '/^(a|a)*$/', '/^(a{1,20})+$/'.replace('(a', '(?:a'), '/^([a-z]+)*[A-Z]$/', '/(x+x+)+y/', '/^(([a-z])+.)+[A-Z]([a-z])+$/u', '/(.*),(.*),(.*),(.*),(.*)z/', '/^(?:\\w+\\s?)*$/', '/^(?:a?){30}a{30}$/', '/^(\\p{L}+)+$/u', '/(?:a*)*b/']) {
    const subject = 'a'.repeat(40) + '!' + ',a'.repeat(500);
    const from = process.hrtime.bigint();
    const { text, bads } = evaluate(`matches(x, ${pattern})`, JSON.stringify({ x: subject }));
    const ms = Number(process.hrtime.bigint() - from) / 1e6;
    t.ok((text === 'false' || text === 'true') && bads.length === 0 && ms < 1_500, `${pattern} is answered (${text}) in ${ms.toFixed(0)} ms`);
  }
});

t.test('nothing was left behind on prototypes', async (t) => {
  t.equal(Object.getOwnPropertyNames(Object.prototype).join(), before);
  t.equal(({} as { polluted?: unknown }).polluted, undefined);
});
