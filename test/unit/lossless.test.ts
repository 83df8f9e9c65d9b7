// A5: a tool that passes a record on emits its original bytes: numbers that no double holds, odd keys, escapes, blanks inside; alone, fused and cut anywhere (SEMANTICS 1).
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import t from 'tap';
import { runText } from '../../lib/cli/in-process.js';
import type { TextOptions } from '../../lib/cli/in-process.js';
import { tools } from '../../lib/registry.js';
import { folder } from '../harness/place.js';

/** Each as the value of `v`, or a whole member. `ts` and `k` are put in front by the table below. */
const values = [
  '9007199254740993', '18446744073709551615', '-9223372036854775809', '1.10', '1.0', '-0', '-0.0', '0e0', '1e400', '-1E+400', '1e-400', '12345678901234567890.123456789012345678901234567890', '1E5', '5e-324',
  '"\\u0041\\/\\b\\f\\n\\r\\t\\"\\\\"', '"\\ud800"', '"\\uD83D\\uDE00"', '"\u{1f600} é ﷽ \u2028"', '"\x7f"', '""', '"<script>&amp;"', '"  "',
  'null', 'true', '[]', '{}', '[ 1 , [ ] , { "a" : null } ]', '{ "b" : 1 , "a" : 2 }', '{"a":1,"a":2}', '{"__proto__":{"constructor":1},"":0,"toString":null}', '[1.0,1,1e0]',
];
const odd = ['"":1', '"a b":1', '"a.b":{"c.d":1}', '"\\u0076":"escaped key"', '"__proto__":1', '"constructor":{"prototype":1}', '"v":1,"v":2', '"\u00e9":1', '"window":"w"', '"0":1', '"[0]":[0]', '"$k":"$"', '"v"  :\t 1 , "w":2'];
const line = (i: number, member: string): string => `{"ts":${1000 + i},"k":${i},${member}}`;
const lines = [...values.map((value) => `"v":${value}`), ...odd].map((member, i) => line(i, member));
const input = Buffer.from(lines.map((text) => `${text}\n`).join(''));

/** Calls that must give every record, in this order, byte for byte; on standard output, or in the file that they write. */
const calls: readonly { readonly tool: string; readonly cmd: string; readonly file?: string }[] = [
  { tool: 'filter', cmd: 'filter true' }, { tool: 'filter', cmd: "filter -v 'k < 0'" }, { tool: 'filter', cmd: "filter 'v == null || v != null'" },
  { tool: 'watermark', cmd: 'watermark' }, { tool: 'watermark', cmd: 'watermark | filter true | plain' }, { tool: 'from', cmd: 'from' }, { tool: 'cat', cmd: 'cat' }, { tool: 'plain', cmd: 'plain' },
  { tool: 'dedup', cmd: 'dedup -k k' }, { tool: 'dedup', cmd: "dedup -k 'k, v'" }, { tool: 'dedup', cmd: 'watermark | dedup -k k --within 1s' }, { tool: 'dedup', cmd: 'dedup -k k --keep last' },
  { tool: 'dedup', cmd: 'watermark | dedup -k k --within 5ms --keep last' },
  { tool: 'split', cmd: "split --when 'k < 0' none.ndjson" }, { tool: 'split', cmd: "split --when 'k >= 0' all.ndjson", file: 'all.ndjson' }, { tool: 'split', cmd: "split --each --when 'k >= 0' - --when 'v == v' copy.ndjson" },
  { tool: 'wrap', cmd: 'wrap -- cat' }, { tool: 'wrap', cmd: 'watermark | wrap --every 10ms -- cat | plain' }, { tool: 'wrap', cmd: 'watermark | wrap --one-to-one -- cat | plain' },
  { tool: 'to', cmd: 'to file out.ndjson', file: 'out.ndjson' },
  { tool: 'sort', cmd: 'sort -k k' }, { tool: 'sort', cmd: 'sort -k k -S 64K' }, { tool: 'sort', cmd: 'sort -k k --top 1000' }, { tool: 'sort', cmd: 'watermark | sort --by-time | plain' }, { tool: 'sort', cmd: 'watermark --delay 1m | sort --by-time' },
  { tool: 'join', cmd: 'join -1 k -2 id --left --table right.ndjson' }, { tool: 'join', cmd: 'join -1 k -2 id --anti --table right.ndjson' }, { tool: 'join', cmd: 'join -1 k -2 k --semi --table same.ndjson' },
];
const ways: readonly (readonly [string, TextOptions])[] = [['one by one', { fused: false }], ['fused', { fused: true }], ['cut 1', { fused: false, chunk: 1 }], ['rows 1', { fused: true, rows: 1 }]];

for (const { tool, cmd, file } of calls) {
  const found = tools.find(({ name }) => name === (tool as string)), skip = found === undefined ? `there is no ${tool} yet` : cmd.includes('--by-time') && !('byTime' in found.options) ? 'sort has no --by-time yet' : false;
  t.test(cmd, { skip }, async (t) => {
    for (const [name, options] of ways) {
      const place = folder({ 'right.ndjson': '', 'same.ndjson': lines.map((_, i) => `{"k":${i}}\n`).join('') }), before = process.cwd();
      process.chdir(place.path);
      const { stdout, stderr, exit } = await runText(cmd, input, options).finally(() => process.chdir(before));
      const got = Buffer.from(file === undefined ? stdout : readFileSync(join(place.path, file))).toString().split('\n');
      place.remove();
      t.same(got, [...lines, ''], name);
      t.equal(exit, 0, stderr);
    }
  });
}

t.test('a field that is added is added at the end, and all else stays', async (t) => {
  for (const [cmd, more] of [["map 'k as copy'", (i: number) => `,"copy":${i}`], ['window 1m --epoch | plain', () => ',"window_start":0,"window_end":60000']] as const) {
    const { stdout } = await runText(cmd, input, { fused: false });
    t.same(Buffer.from(stdout).toString().split('\n').slice(0, -1), lines.map((text, i) => `${text.slice(0, -1)}${more(i)}}`), cmd);
  }
});
