// The rules of the optimiser (lib/plan/rules), each where it has something to do, and each where it must not: that it never changes a result is test/property/plan.test.ts.
import t from 'tap';
import type * as Tap from 'tap';
import { planFrom } from '../../lib/cli/plan.js';
import type { PlanOptions } from '../../lib/plan/build.js';
import { optimise, optimised } from '../../lib/plan/optimise.js';
import { nodesOf } from '../../lib/plan/remake.js';
import { fieldsOfJsonSchema } from '../../lib/plan/schema.js';
import { nodeText } from '../../lib/plan/node-text.js';

const schema = fieldsOfJsonSchema(JSON.stringify({ type: 'object', required: ['ts', 'id', 'host', 'ms'], properties: { ts: { type: 'integer' }, id: { type: 'integer' }, host: { type: 'string' }, status: { type: 'integer' }, ms: { type: 'integer' }, user: { type: 'object', properties: { id: { type: 'integer' } } } } }));
const typed: PlanOptions = { fields: new Map(['-', 'a.ndjson', 'b.ndjson'].map((name) => [name, schema])) }, untyped: PlanOptions = {};

/** The stages between the inputs and the outputs, as text, with what they read where that is not the one before. */
async function stages(text: string, options: PlanOptions = untyped, engine: { readonly nullKeys?: boolean } = {}): Promise<string[]> {
  const nodes = nodesOf(optimise(await planFrom(text, options), engine));
  return nodes.flatMap((node, i) => node.op === 'source' || node.op === 'sink' ? [] : [`${node.inputs.length === 2 ? `${node.inputs.map((each) => nodes.indexOf(each) + 1).join(' ')}: ` : node.inputs[0] !== nodes[i - 1] && node.inputs.length > 0 ? `${nodes.indexOf(node.inputs[0]) + 1}: ` : ''}${nodeText(node)}`]);
}
/** They stay as they are written. */
const stays = async (t: Tap.Test, text: string, why: string, options: PlanOptions = untyped): Promise<void> => {
  const plan = await planFrom(text, options), { rules } = optimised(plan);
  t.same(rules.filter((name) => name !== 'projection pruning' && name !== 'self-join'), [], `${text}: ${why}`);
};

t.test('a filter before window', async (t) => {
  t.same(await stages("watermark | window 1m | filter 'status >= 500'"), ['watermark', "filter 'status >= 500'", 'window 1m']);
  t.same(await stages("window 10m/1m --delay 5s | filter 'host == \"a\"'"), ['watermark --delay 5s', "filter 'host == \"a\"'", 'window 10m/1m'], 'never before what begins event time');
  await stays(t, "window 1m | filter 'window_start != null'", 'it reads what window adds');
  await stays(t, "window 1m --late late.ndjson | filter 'status >= 500'", 'late records are written');
  await stays(t, "window 1m --late fail | filter 'status >= 500'", 'late records end the run');
  await stays(t, "window 1m | filter 'ms / 2 > 5'", 'a number may be too large to compute with, and then late records are bad');
  await stays(t, 'window 1m | filter status', 'what is no boolean is bad');
  await stays(t, "window 1m --strict | filter --strict 'status >= 500'", 'with --strict a clash is bad');
  await stays(t, "window 1m | filter -p 'status >= 500'", 'control lines would be missing');
  await stays(t, "window 1m | filter --bad skip 'status >= 500'", 'who reads bad lines is not who did');
  t.same(await stages("window 1m --strict | filter --strict 'status >= 500'", typed), ['watermark', "filter 'status >= 500'", 'window 1m'], 'known types cannot clash');
});

t.test('a filter before map', async (t) => {
  t.same(await stages("map 'host as h' | filter 'h == \"a\" && id > 3'"), ["filter 'host == \"a\" && id > 3'", "map 'host as h'"]);
  t.same(await stages("map '{ h: host, n: 1, user }' | filter 'h == \"a\" && user.id == n'"), ["filter 'host == \"a\" && user.id == 1'", "map '{ h: host, n: 1, user }'"]);
  t.same(await stages("map --rename 'host as h' --drop id | filter 'h == \"a\" && id == null'"), ["filter 'host == \"a\" && null == null'", "map --rename 'host as h' --drop id"]);
  t.same(await stages("map 'ms + 1 as more' | filter 'host == \"a\"'", typed), ["filter 'host == \"a\"'", "map 'ms + 1 as more'"]);
  await stays(t, "map 'ms + 1 as more' | filter 'host == \"a\"'", 'of unknown fields map may make a record bad');
  await stays(t, "map 'lower(host) as h' | filter 'h == \"a\"'", 'what is computed is not said twice');
  await stays(t, "map '{ ..._, n: 1 }' | filter 'n == 1'", 'a spread may hold anything');
  await stays(t, "map --flatten=_ | filter 'user_id == 1'", 'names come from the records');
  await stays(t, "map --explode 'tags as tag' | filter 'host == \"a\"'", 'what is no array is bad');
});

t.test('a filter before sort, dedup and agg', async (t) => {
  t.same(await stages("sort -k ms | filter 'id > 3'"), ["filter 'id > 3'", 'sort -k ms']);
  t.same(await stages("sort -k ms --top 2 --by host | filter 'host == \"a\"'"), ["filter 'host == \"a\"'", 'sort -k ms --top 2 --by host']);
  await stays(t, "sort -k ms --top 2 | filter 'id > 3'", 'the first two of all are others');
  await stays(t, "sort -k ms --top 2 --by host | filter 'id > 3'", 'not about the group');
  t.same(await stages("dedup -k 'id, host' | filter 'id == 3'"), ["filter 'id == 3'", "dedup -k 'id, host'"]);
  await stays(t, "dedup -k id | filter 'ms > 3'", 'the first of a key may be another one');
  await stays(t, "dedup -k id | filter 'to_json(id) == \"1.0\"'", 'equal keys have different texts');
  t.same(await stages("agg 'count() as n by host as h' | filter 'h == \"a\"'"), ["filter 'host == \"a\"'", "agg 'count() as n by host as h'"]);
  t.same(await stages("agg 'sum(ms) as ms by host' | filter 'host == \"a\"'", typed), ["filter 'host == \"a\"'", "agg 'sum(ms) as ms by host'"]);
  await stays(t, "agg 'sum(ms) as ms by host' | filter 'host == \"a\"'", 'a number may be too large to add');
  await stays(t, "agg 'count() as n by host' | filter 'n > 3'", 'not about the key');
  await stays(t, "agg --max-keys 5 'count() as n by host' | filter 'host == \"a\"'", 'how many keys there are is told');
  await stays(t, "window 1m | agg --fill 0 'count() as n by host' | filter 'host == \"a\"'", 'how far rows are filled depends on all keys');
  await stays(t, "window 1m | map '{ host, ts }' | agg 'count() as n by host' | filter 'host == \"a\"'", 'records without their window are bad');
});

t.test('a filter before the side of a join', async (t) => {
  const join = (options: string, condition: string, known = typed): Promise<string[]> => stages(`join ${options} <(map '{ id, host, ms }' a.ndjson) <(map '{ id, host, status: ms }' b.ndjson) | filter '${condition}'`, known);
  t.same(await join('-j id', 'ms > 3'), ["filter 'ms > 3'", "map '{ id, host, ms }'", "map '{ id, host, status: ms }'", '3 5: join -j id']);
  t.same(await join('-j id', 'status > 3'), ["map '{ id, host, ms }'", "filter 'ms > 3'", "map '{ id, host, status: ms }'", '2 5: join -j id'], 'and from there before the map');
  t.same(await join('-j id', 'host_right == "a"'), ["map '{ id, host, ms }'", "filter 'host == \"a\"'", "map '{ id, host, status: ms }'", '2 5: join -j id'], 'under the name that it has there');
  t.same((await join('-j id', 'ms > status')).at(-1), "filter 'ms > status'", 'both sides');
  t.same((await join('-j id --left', 'status > 3')).at(-1), "filter 'status > 3'", 'a left row without a partner');
  t.same((await join('-j id --left', 'ms > 3')).at(-1), '3 5: join -j id --left');
  t.same((await join('-j id --full', 'ms > 3')).at(-1), "filter 'ms > 3'");
  t.same((await stages("join -j id a.ndjson b.ndjson | filter 'ms > 3'")).at(-1), "filter 'ms > 3'", 'of unknown fields nobody knows whose they are');
});

t.test('maps merged', async (t) => {
  t.same(await stages("map 'ms / 1000 as s' | map 'host as h, id'"), ["map 'ms / 1000 as s, host as h, id'"]);
  t.same(await stages("map 'host as h' | map 'upper(h) as u'"), ["map 'host as h, upper(host) as u'"]);
  t.same(await stages("map 'host as h' | map --drop host"), ["map 'host as h' --drop host"]);
  t.same(await stages("map '{ host, ms }' | map --rename 'host as h'"), ["map '{ host, ms }' --rename 'host as h'"]);
  await stays(t, "map 'ms / 1000 as s' | map 's * 2 as t'", 'what is computed is not said twice');
  await stays(t, "map 'ms / 1000 as s' | map '1 as s'", 'the first may be bad');
  await stays(t, "map --drop id | map 'host as h'", 'the options of the first work behind');
  await stays(t, "map 'host as h' | map --strict 'id as i'", 'other options');
});

t.test('constants', async (t) => {
  t.same(await stages("filter 'ms > 2 * 500'"), ["filter 'ms > 1000'"]);
  t.same(await stages(`filter --argjson low 5 --arg who \'O"Hara\' 'ms > $low && user == $who'`), [`filter 'ms > 5 && user == ("O\\"Hara")'`]);
  t.same(await stages(`map 'duration("5m") as d, 9007199254740993 + 1 as big, 7 % 2 as r, 1 / 3 as t'`), ["map '300000 as d, 9007199254740994 as big, 1 as r, 0.3333333333333333 as t'"]);
  t.same(await stages("filter '1 < 2 && \"a\" == \"a\"'"), [], 'always true');
  t.same(await stages("map '3 - 5 as n, x - (3 - 5) as m'"), ["map '(-2) as n, x - ((-2)) as m'"]);
  await stays(t, "map '1 / 0 as n, 0.5 * 2 as one, 1e308 * 10 as big'", 'null, a double that is whole, what is bad');
  await stays(t, "filter 'false && 5'", 'a clash is counted');
});

t.test('what is alike is read once', async (t) => {
  t.same(await stages("join -j id <(filter 'ms > 3' a.ndjson) <(filter 'ms > 3' a.ndjson)"), ["filter 'ms > 3'", '2 2: join -j id']);
  t.same(await stages("join -j id <(filter 'ms > 3' a.ndjson) <(filter 'ms > 4' a.ndjson)"), ["filter 'ms > 3'", "1: filter 'ms > 4'", '2 3: join -j id']);
  t.same(await stages("filter x | tee >(filter y | agg 'count()' > y.ndjson) | filter y"), ['filter x', 'filter y', "agg 'count()'"], 'one filter with two readers');
  t.same(await stages("join -j id <(filter 'ms > 3' --bad x.ndjson a.ndjson) <(filter 'ms > 3' --bad x.ndjson a.ndjson)"), ["filter 'ms > 3'", "1: filter 'ms > 3'", '2 3: join -j id'], 'files are written by each');
  t.same(await stages('join -j id <(filter x) <(filter x)'), ['filter x', 'filter x', '2 4: join -j id'], 'who reads standard input takes it away');
  t.same((await stages("join -j id <(jq . a.json) <(jq . a.json)")).length, 3, 'programs do what they like');
});

t.test('a join with itself, columns, null keys', async (t) => {
  const plan = optimise(await planFrom("join -1 id -2 ms <(filter 'ms > 3' a.ndjson) <(map '{ id, ms }' a.ndjson) | map '{ id, ms }'", typed)), join = nodesOf(plan).find(({ op }) => op === 'join');
  t.match(join?.notes, ['self-join: both sides come from one input, so one scan and one buffer can serve both']);
  t.match(nodesOf(plan)[0]?.notes, ['2 of 6 fields are read']);
  const other = optimise(await planFrom("join -j id <(filter 'ms > 3' a.ndjson) <(filter 'ms > 4' a.ndjson)", typed));
  t.match(nodesOf(other).find(({ op }) => op === 'join')?.notes, ['self-join: both sides come from one input, so one scan can serve both'], 'each side has a filter of its own');
  t.same([...nodesOf(optimise(await planFrom("window 1m | agg 'count() as n by host'", typed)))[0].fields?.keys() ?? []], ['ts', 'host'], 'the others are not read');
  t.same(await stages('join -j id a.ndjson b.ndjson', untyped, { nullKeys: true }), ["filter 'id != null'", "filter 'id != null'", '2 4: join -j id']);
  t.same(await stages('join -j id --left a.ndjson b.ndjson', untyped, { nullKeys: true }), ["filter 'id != null'", '1 3: join -j id --left'], 'left rows stay');
  t.same(await stages('join -j id a.ndjson b.ndjson', typed, { nullKeys: true }), ['1 2: join -j id'], 'keys that are never null');
});
