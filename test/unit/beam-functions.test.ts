// Expressions as Python: every example of every function, and random values of all kinds through every operator and function, against leat's own evaluation.
// All of it in plain python3, without Beam.
import { createHash } from 'node:crypto';
import t from 'tap';
import { expression } from '../../lib/expr/parse.js';
import { functions } from '../../lib/expr/functions/index.js';
import { provide } from '../../lib/expr/functions/other.js';
import { python as emit } from '../../lib/plan/targets/beam/expression.js';
import { approximate, functionNames } from '../../lib/plan/targets/beam/functions.js';
import { prelude } from '../../lib/plan/targets/beam/prelude/index.js';
import { Helpers, importsOf } from '../../lib/plan/targets/beam/python.js';
import { dice } from '../harness/random.js';
import { evaluate, refusal } from './helpers/expressions.js';
import { noPython, python } from './helpers/python.js';

provide({ md5: (text) => createHash('md5').update(text).digest('hex'), sha256: (text) => createHash('sha256').update(text).digest('hex') });

interface Row { readonly expr: string; readonly record: string }

/** The JSON texts that the Python of the expressions gives, `Bad` where it makes the record bad. */
function run(rows: readonly Row[]): string[] {
  const helpers = new Helpers(prelude), scope = { helpers, args: new Map<string, string>(), functions: new Map<string, string>(), called: new Map<string, string>(), approximates: () => {}, assume: () => {} };
  for (const name of ['decode', 'encode', 'Bad']) helpers.use(name);
  const code = rows.map(({ expr, record }) => `    (lambda r: ${emit(expression(expr), scope)}, ${JSON.stringify(record)}),`).join('\n');
  const main = `def one(f, record):\n    try: return encode(f(decode(record)))\n    except Bad: return "Bad"\nfor f, record in (\n${code}\n): print(one(f, record))\n`;
  const body = `${helpers.all().join('\n')}\n${main}`;
  return python(`${importsOf(body)}${body}`).split('\n').slice(0, -1);
}

t.test('every function can be said', async (t) => {
  t.same([...functions.keys()].filter((name) => !functionNames.has(name)), [], 'none is left out');
  t.same([...functionNames].filter((name) => !functions.has(name)), [], 'and none is made up');
});

t.test('every example of every function holds in Python, to the character', { skip: noPython ?? false }, async (t) => {
  const examples = [...functions.values()].flatMap(({ examples: each }) => each.map(({ expr, result, record = '{}' }) => ({ expr, result, record }))), found = run(examples);
  t.equal(found.length, examples.length);
  examples.forEach(({ expr, result }, i) => t.equal(found[i], result, expr));
});


const values = ['null', 'true', 'false', '0', '1', '-1', '1.0', '1.50', '-2.5', '0.1', '1e3', '9007199254740993', '-12345678901234567890', '1e21', '1e-7', '123456.789', '""', '"a"', '"web-12"', '"Zürich 😀"',
  '"2025-11-20T12:15:30.25Z"', '" 12.50 "', '"1h30m"', '"https://me@Example.com:8080/a%20b?b=1&c=x+y"', '[]', '[1,2.0,"a",null]', '[3,1,1.0,[2]]', '["b","a"]', '{}', '{"a":1,"b":null}', '{"b":2,"a":[1]}', '1763640930250', '-86400001', '3', '40'];
const operators = ['+', '-', '*', '/', '%', '==', '!=', '<', '<=', '>', '>=', 'in', '&&', '||', '??'];

t.test('random values through every operator and function are the same in Python', { skip: noPython ?? false }, async (t) => {
  const seed = Number(process.env['SEED'] ?? 6), { pick, below } = dice(seed), rows: Row[] = [];
  const record = (): string => `{"a":${pick(values)},"b":${pick(values)},"c":${pick(values)}}`;
  for (const op of operators) for (let i = 0; i < 60; i++) rows.push({ expr: op === '??' ? 'a ?? b ?? c' : `a ${op} b`, record: record() });
  for (const expr of ['-a', '+a', '!a', 'a ? b : c', '`${a}|${b}`', '[a, ...b, c]', '{x: a, ...b, x: c}', 'a[b]', 'a.b', 'a[1]', 'a == null', 'b != null', '_', '(a + b) * c', 'a && (b || c)', 'json(a)[0]']) {
    for (let i = 0; i < 60; i++) rows.push({ expr, record: record() });
  }
  const patterns = ['/a/', '/[0-9]+/', '/^(.)(.)?/', '/\\b\\w/i', '/(?<x>e|z)/i', '/.{1,2}$/m', '/x*/', '/|a/', '/[^a-y]/', '/\\s|\\D/'];
  for (const { name, args } of functions.values()) {
    if (approximate.has(name) || name === 'repeat' || name === 'range') continue;
    for (let i = 0; i < 40; i++) {
      const shown = args.filter(({ optional }) => optional !== true || below(2) === 0);
      const said = shown.map(({ type, check, name: arg }, k) => type === 'regex' || (type === 'string or regex' && below(2) === 0) ? pick(patterns)
        : arg === 'tz' ? pick(['"UTC"', '"Europe/Paris"', '"+05:30"']) : name === 'strptime' && k === 1 ? pick(['"%Y-%m-%dT%H:%M:%S.%f%z"', '"%d"', '" %s"'])
        : name === 'strftime' && k === 1 ? pick(['"%Y-%j %H:%M:%S.%f %a %b %e %z %Z"', '"%G-W%V-%u %U %W %C %y %I%p %s"', '"%c|%D|%r|%k|%l"'])
        : check !== undefined ? '"1h30m"' : arg === 'digits' || arg === 'n' ? pick(['0', '1', '-2', '3']) : pick(['a', 'b', 'c', 'a', 'b', pick(values)]));
      const expr = `${name}(${said.join(', ')})`;
      // What the text alone shows to be wrong is refused before there is any Python.
      if (refusal(() => evaluate(expr, '{}')) === undefined) rows.push({ expr, record: record() });
    }
  }
  const found = run(rows);
  let count = 0;
  rows.forEach(({ expr, record: given }, i) => {
    const { text, bads } = evaluate(expr, given), wanted = bads.length > 0 ? 'Bad' : text;
    if (found[i] === wanted) count++; else t.equal(found[i], wanted, `SEED=${seed}: ${expr} of ${given}`);
  });
  t.equal(count, rows.length, `${rows.length} rows`);
});
