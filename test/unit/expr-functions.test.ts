// Every function of expressions by its own examples, and what the table of CLI.md promises.
import { createHash } from 'node:crypto';
import t from 'tap';
import { article } from '../../lib/expr/call-check.js';
import { signature } from '../../lib/expr/functions/function.js';
import { functions } from '../../lib/expr/functions/index.js';
import { provide } from '../../lib/expr/functions/other.js';
import { evaluate } from './helpers/expressions.js';

provide({ md5: (text) => createHash('md5').update(text).digest('hex'), sha256: (text) => createHash('sha256').update(text).digest('hex') });

const promised = `length lower upper trim trim_start trim_end slice left right replace split concat contains starts_with ends_with index_of pad_start pad_end repeat reverse
  matches extract extract_all abs sign floor ceil trunc round sqrt cbrt exp ln log2 log10 pow least greatest clamp sin cos tan atan2 bit_and bit_or bit_xor
  time iso strptime strftime year month day hour minute second weekday date floor_time duration
  coalesce nullif is_null type number integer string boolean json to_json
  first last join sort unique flatten sum min max avg keys values entries has get merge range
  hash crc32 md5 sha256 base64 from_base64 url_encode url_decode url_host url_path url_query`.split(/\s+/);

t.test('the table of CLI.md is there', async (t) => {
  for (const name of promised) t.ok(functions.has(name), name);
});

t.test('every function has a summary, a result and examples that hold', async (t) => {
  for (const spec of functions.values()) {
    t.ok(spec.summary !== '' && spec.result !== '' && spec.examples.length > 0, `${signature(spec)} is documented`);
    for (const { type } of spec.args) t.match(article(type), /^an? \w/, `${spec.name} has arguments with a name in messages`);
    for (const { expr, result, record = '{}' } of spec.examples) {
      const { text, clashes, bads } = evaluate(expr, record);
      t.equal(text, result, `${expr} is ${result}`);
      t.same([clashes, bads], [[], []], `${expr} has nothing to complain of`);
    }
  }
});

t.test('null arguments give null, unless the function says otherwise', async (t) => {
  const literal: Readonly<Record<string, string>> = { string: '"a"', number: '1', integer: '1', boolean: 'true', list: '[1]', object: '{a: 1}', exact: '1', any: '1', 'string or list': '"a"', 'string or regex': '"a"', regex: '/a/' };
  for (const spec of functions.values()) {
    spec.args.forEach((arg, i) => {
      if (arg.type === 'regex' || spec.nulls !== undefined) return;
      const args = spec.args.slice(0, Math.max(i + 1, spec.args.filter(({ optional }) => !optional).length)).map(({ type, check }, k) => k === i ? 'missing' : check === undefined ? literal[type] : '"1h"');
      const { text, clashes, bads } = evaluate(`${spec.name}(${args.join(', ')})`, '{}');
      t.same([text, clashes, bads], ['null', [], []], `${spec.name}(${args.join(', ')}) is null, quietly`);
    });
  }
});

t.test('wrong types give null and are counted; in strict they make the record bad', async (t) => {
  const wrong: Readonly<Record<string, string>> = { string: '1', number: '"a"', integer: '1.5', boolean: '"a"', list: '{}', object: '[]', exact: '"1"', 'string or list': '1', 'string or regex': '1' };
  const right: Readonly<Record<string, string>> = { string: '"a"', number: '1', integer: '1', boolean: 'true', list: '[1]', object: '{"a":1}', exact: '1', any: '1', 'string or list': '"a"', 'string or regex': '"a"' };
  for (const spec of functions.values()) {
    spec.args.forEach((arg, i) => {
      if (wrong[arg.type] === undefined) return;
      const count = Math.max(i + 1, spec.args.filter(({ optional }) => !optional).length);
      const fields = spec.args.slice(0, count).map(({ type, check }, k) => k === i ? wrong[type] : type === 'regex' ? 'null' : check === undefined ? right[type] : '"1h"');
      const call = `${spec.name}(${spec.args.slice(0, count).map(({ type }, k) => type === 'regex' ? '/a/' : `a${k}`).join(', ')})`;
      const record = `{${fields.map((value, k) => `"a${k}":${value}`).join(',')}}`;
      const loose = evaluate(call, record);
      t.same([loose.text, loose.clashes.length, loose.bads], ['null', 1, []], `${call} of ${record} is counted: ${loose.clashes[0]?.what}`);
      const strict = evaluate(call, record, { strict: true });
      t.equal(strict.bads.length, 1, `${call} of ${record} is bad in strict`);
    });
  }
});
