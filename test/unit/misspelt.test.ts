// A20: a field that no record has is named once, with the nearest name that is really there; a field that some record has, or that a stage before made, is no typo.
import t from 'tap';
import { runText } from '../../lib/cli/in-process.js';
import { tools } from '../../lib/registry.js';
import { folder } from '../harness/place.js';

const records = Buffer.from('{"ts":1763640000000,"host":"a","status":200,"tags":["x"],"window":1}\n{"ts":1763640001000,"host":"b","status":500,"tags":[]}\n');

/** The tool, how it is called, the name that is wrong, the one that was meant, and whether that ends the run. */
const typos: readonly (readonly [tool: string, cmd: string, wrong: string, meant: string, ends?: true])[] = [
  ['filter', "filter 'statsu >= 500'", 'statsu', 'status'],
  ['filter', "filter 'statsu >= 500 || statsu == null && host == \"a\"'", 'statsu', 'status'],
  ['map', "map 'statsu + 1 as n'", 'statsu', 'status'],
  ['map', "map '{ hots }'", 'hots', 'host'],
  ['map', "map --explode tgas", 'tgas', 'tags'],
  ['map', "map --drop hots", 'hots', 'host'],
  ['map', "map --rename 'hots as h'", 'hots', 'host'],
  ['agg', "agg 'sum(statsu) as s'", 'statsu', 'status'],
  ['agg', "agg 'count() as n by hots'", 'hots', 'host'],
  ['agg', "agg 'count() where statsu > 1 as n'", 'statsu', 'status'],
  ['agg', "watermark | agg --over 'sum(statsu) as s by host order ts rows 1'", 'statsu', 'status'],
  ['watermark', 'watermark --per hots', 'hots', 'host'],
  ['watermark', 'watermark --time tss', 'tss', 'ts', true],
  ['window', 'window 1m --time tss', 'tss', 'ts', true],
  ['window', 'window 1m --time tss --bad skip', 'tss', 'ts'],
  ['dedup', 'dedup -k hots', 'hots', 'host'],
  ['split', "split --when 'statsu > 1' part.ndjson", 'statsu', 'status'],
  ['sort', 'sort -k hots', 'hots', 'host'],
  ['sort', 'sort -k hots:desc --top 1', 'hots', 'host'],
  ['sort', 'sort -k status --top 1 --by hots', 'hots', 'host'],
  ['join', 'join -1 hots -2 id --table right.ndjson', 'hots', 'host'],
  ['join', 'join --left -1 host -2 idd --table right.ndjson', 'idd', 'id'],
];

for (const [tool, cmd, wrong, meant, ends] of typos) {
  const names: readonly string[] = tools.map(({ name }) => name);
  const options = (tools.find(({ name }) => name === tool)?.options ?? {}) as Record<string, unknown>;
  const missing = !names.includes(tool) ? `there is no ${tool} yet` : tool === 'agg' && cmd.includes('--over') && !('over' in options) ? 'agg has no --over yet' : false;
  t.test(cmd, { skip: missing }, async (t) => {
    const place = folder({ 'right.ndjson': '{"id":"a"}\n' }), before = process.cwd();
    process.chdir(place.path);
    const { stderr, exit } = await runText(cmd, records, { fused: false }).finally(() => process.chdir(before));
    place.remove();
    const told = stderr.split('\n').filter((line) => line.includes(`'${wrong}'`));
    t.equal(told.length, 1, `named once: ${stderr}`);
    t.match(told[0] ?? '', ends ? `did you mean --time ${meant}?` : `no record had the field '${wrong}'`);
    t.match(told[0] ?? '', new RegExp(`did you mean (--time )?'?${meant}'?\\?`), 'with the nearest name');
    t.equal(exit, ends ? 65 : 0);
  });
}

/** Names that only one record has, that are made on the way, or that are made and dropped again: no word. */
const rights = [
  "filter 'window == 1'", 'map --drop window', "map 'status + 1 as next' | filter 'next > 1'", "map 'status + 1 as next' | map --drop next", "map 'status as next' --drop next",
  "map --rename 'host as name' --drop name", "window 1m | filter 'window_start != null'", "agg 'count() as n by host' | filter 'n > 0'", "map '{ a: { b: status } }' | map --drop a.b",
];
for (const cmd of rights) for (const fused of [false, true]) t.test(`${cmd}${fused ? ', in one process' : ''}`, async (t) => {
  const { stderr, exit } = await runText(cmd, records, { fused });
  t.same([stderr, exit], ['', 0]);
});
