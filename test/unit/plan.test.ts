// Plans of pipelines (lib/plan/build.ts, typing.ts, outputs.ts): the graph, and what is known of the fields behind each stage.
import t from 'tap';
import { planFrom } from '../../lib/cli/plan.js';
import { expression } from '../../lib/expr/parse.js';
import type { PlanOptions } from '../../lib/plan/build.js';
import type { Node, Plan } from '../../lib/plan/node.js';
import { fieldsOfJsonSchema } from '../../lib/plan/schema.js';
import { typeOf } from '../../lib/plan/typing.js';
import type { Fields, Type } from '../../lib/plan/types.js';

/** integer? is one that may be null. */
export function typeText(type: Type): string {
  const text = type.kind === 'list' ? `[${typeText(type.of)}]` : type.kind === 'object' ? `{${fieldsText(type.fields)}}` : type.kind;
  return type.isNullable ? `${text}?` : text;
}
export const fieldsText = (fields: Fields | undefined): string => fields === undefined ? '?' : [...fields].map(([name, type]) => `${name}:${typeText(type)}`).join(' ');

const schema = fieldsOfJsonSchema('{"type":"object","properties":{"ts":{"type":"integer"},"host":{"type":"string"},"status":{"type":["integer","null"]},"ms":{"type":"number"},"ok":{"type":"boolean"},"user":{"type":"object","properties":{"id":{"type":"integer"},"tags":{"type":"array","items":{"type":"string"}}},"required":["id"]}},"required":["ts","host","status","ms","ok","user"]}');
const logs: PlanOptions = { fields: new Map([['-', schema], ['a.ndjson', schema], ['b.ndjson', schema]]) };

/** A line a node, inputs by number. */
export function shape({ sinks }: Plan): string[] {
  const all = new Set<Node>(), walk = (node: Node): void => { node.inputs.forEach(walk); all.add(node); };
  sinks.forEach(walk);
  return [...all].sort((a, b) => a.id - b.id).map(({ id, op, inputs, source, sink }) => `${id} ${op}${source === undefined ? '' : ` ${source.name}`}${sink === undefined ? '' : ` ${sink.name}`}${inputs.length === 0 ? '' : ` < ${inputs.map((each) => each.id).join(' ')}`}`);
}
const behind = async (text: string, options: PlanOptions = logs): Promise<string> => fieldsText((await planFrom(text, options)).sinks.at(-1)?.fields);

t.test('the graph', async (t) => {
  const graph = async (text: string): Promise<string[]> => shape(await planFrom(text));
  t.same(await graph("filter 'status >= 500' | window 1m --delay 5s | agg 'count() as n by host'"), ['1 source -', '2 filter < 1', '3 watermark < 2', '4 window < 3', '5 agg < 4', '6 sink - < 5'], 'event time that window begins is a node of its own');
  t.same(await graph('leat watermark a.ndjson | leat window 1m'), ['1 source a.ndjson', '2 watermark < 1', '3 window < 2', '4 sink - < 3']);
  t.same(await graph('join -j id <(filter x a.ndjson) <(filter y b.ndjson) > out.ndjson'), ['1 source a.ndjson', '2 filter < 1', '3 source b.ndjson', '4 filter < 3', '5 join < 2 4', '6 sink out.ndjson < 5']);
  t.same(await graph('filter x < a.ndjson | join -j id --within 5m b.ndjson'), ['1 source a.ndjson', '2 filter < 1', '3 source b.ndjson', '4 watermark < 2', '5 watermark < 3', '6 join < 4 5', '7 sink - < 6']);
  t.same(await graph("filter x | tee >(agg 'count()' > n.ndjson) copy.ndjson | to csv"), ['1 source -', '2 filter < 1', '3 agg < 2', '4 sink n.ndjson < 3', '5 sink copy.ndjson < 2', '6 sink - < 2'], 'tee is two readers of one node');
  t.same(await graph("jq -c . a.json | filter x"), ['1 process', '2 filter < 1', '3 sink - < 2']);
  t.same(await graph("leat filter x | /usr/bin/sort | leat plain"), ['1 source -', '2 filter < 1', '3 process < 2', '4 plain < 3', '5 sink - < 4']);
  t.same(await graph("split --when 'x' x.ndjson --when 'y' >(map '{ y }' > y.ndjson) a.ndjson"), ['1 source a.ndjson', '2 split < 1', '3 part < 2', '4 sink x.ndjson < 3', '5 part < 2', '6 map < 5', '7 sink y.ndjson < 6', '8 part < 2', '9 sink - < 8']);
  t.same(await graph("agg --over 'sum(n) as s by k' <(watermark a.ndjson)"), ['1 source a.ndjson', '2 watermark < 1', '3 by-time < 2', '4 agg < 3', '5 sink - < 4']);
  t.same(await graph("from csv --time ts a.csv | dedup -k id --within 5m | to sqlite x.db t"), ['1 source a.csv', '2 watermark < 1', '3 dedup < 2', '4 sink x.db < 3']);
  await t.rejects(planFrom('leat fliter x'), /'fliter' is not a leat tool; did you mean 'filter'\?/);
  await t.rejects(planFrom('filter x | map y b.ndjson'), /'b.ndjson' is a FILE operand, and only the first stage reads files/);
});

t.test('types of expressions', async (t) => {
  const of = (text: string, fields: Fields | undefined = schema): string => typeText(typeOf(expression(text).syntax, fields));
  const rows: readonly (readonly [string, string])[] = [
    ['ts', 'integer'], ['status', 'integer?'], ['nothing', 'json?'], ['user.id', 'integer'], ['user.tags', '[string]?'], ['user.tags[0]', 'string?'], ['user.nothing', 'json?'], ['host.x', 'json?'],
    ['1', 'integer'], ['1.5', 'number'], ['1e3', 'number'], ['"x"', 'string'], ['null', 'json?'], ['true', 'boolean'],
    ['ts + 1', 'integer'], ['ts + 1.5', 'number'], ['ts / 2', 'number'], ['ts / ts', 'number?'], ['ts % 10', 'integer'], ['ts % status', 'integer?'], ['ts ** 2', 'number?'], ['-ms', 'number'], ['status + 1', 'integer?'], ['host + "x"', 'string'], ['host + 1', 'number?'],
    ['ts > 5', 'boolean'], ['status > 5', 'boolean?'], ['status == null', 'boolean'], ['host > 5', 'boolean?'], ['host == 5', 'boolean'], ['!ok', 'boolean'], ['ok && ts > 5', 'boolean'], ['ok || status > 5', 'boolean?'], ['ok && 5', 'boolean?'],
    ['status ?? 0', 'integer'], ['status ?? null', 'integer?'], ['ok ? 1 : 2.5', 'number'], ['ok ? 1 : null', 'integer?'], ['ok ? 1 : "x"', 'json'], ['`${host}:${ts}`', 'string'], ['`${status}`', 'string?'], ['ts in [1, 2]', 'boolean'],
    ['[1, 2]', '[integer]'], ['{ host, n: ts + 1 }', '{host:string n:integer}'], ['{ ...user, host }', '{id:integer tags:[string]? host:string}'], ['lower(host)', 'string'], ['lower(status)', 'string?'], ['length(host)', 'integer'], ['abs(ts)', 'integer'], ['abs(ms)', 'number'],
    ['round(ms)', 'integer'], ['round(ms, 2)', 'number'], ['coalesce(status, 0)', 'integer'], ['extract(host, /a/)', 'string?'], ['is_null(status)', 'boolean'], ['split(host, "-")', '[string]'], ['iso(ts)', 'time?'], ['json(host)', 'json?'], ['integer(host)', 'integer?'],
  ];
  for (const [text, type] of rows) t.equal(of(text), type, text);
  t.equal(of('a + 1', undefined), 'number?', 'nothing is known of the record');
  t.equal(of('count', undefined), 'json?');
});

t.test('fields behind each stage', async (t) => {
  t.equal(await behind("filter 'ok'"), fieldsText(schema));
  t.equal(await behind("map 'ms / 1000 as s, host'"), `${fieldsText(schema)} s:number`);
  t.equal(await behind("map '{ host, n: 1 }'"), 'host:string n:integer');
  t.equal(await behind("map '{ host, ts }' | map --rename 'host as h' --drop ts"), 'h:string');
  t.equal(await behind("map '{ user }' | map --flatten=_"), 'user_id:integer user_tags:[string]?');
  t.equal(await behind("map --explode 'user.tags as tag' | map '{ tag }'"), 'tag:string');
  t.equal(await behind("map '{ ts, host }' | window 1m"), 'ts:integer host:string window_start:time window_end:time');
  t.equal(await behind("window 1m --epoch | agg 'count() as n, sum(ts), sum(ms), avg(ms), max(status), p95(ms), distinct(host), topk(host, 2) as topk, collect(ts) by host, user.id'"),
    'window_start:integer window_end:integer host:string user_id:integer n:integer sum_ts:integer sum_ms:number? avg_ms:number? max_status:integer? p95_ms:number? distinct_host:integer topk:[{value:string count:integer}] collect_ts:[integer]');
  t.equal(await behind("agg 'count() as n, max(ts) as ts'"), 'n:integer ts:integer?', 'of no records max is null');
  t.equal(await behind("window count 10 | agg 'count() as n by host'"), 'window_index:integer host:string n:integer');
  t.equal(await behind("agg --emit changes 'count() as n by host'"), 'op:string before:{host:string n:integer}? after:{host:string n:integer}?');
  t.equal(await behind("map '{ ts, host, ms }' | watermark | agg --over 'row_number() as i by host, lag(ms) as before by host'"), 'ts:integer host:string ms:number i:integer before:number?');
  const join = (options: string): Promise<string> => behind(`join ${options} <(map '{ ts, host, ms }' a.ndjson) <(map '{ ts, host, status: status ?? 0 }' b.ndjson)`);
  t.equal(await join('-j host'), 'ts:integer host:string ms:number ts_right:integer status:integer');
  t.equal(await join('-j host --left'), 'ts:integer host:string ms:number ts_right:integer? status:integer?');
  t.equal(await join('-1 host -2 host --table'), 'ts:integer host:string ms:number ts_right:integer host_right:string status:integer');
  t.equal(await join('-j host --semi'), 'ts:integer host:string ms:number');
  t.equal(await join('-j host --as r'), 'ts:integer host:string ms:number r:{ts:integer host:string status:integer}');
  t.equal(await join('-j host --full'), 'ts:integer? host:string ms:number? ts_right:integer? status_right:integer?');
  t.equal(await behind("map '{ ts }' | jq -c ."), '?', 'nobody knows what a program writes');
  t.equal(await behind("from csv --header a,b --types a=integer x.csv"), 'a:integer? b:string');
  t.equal(await behind("from lines --pattern '(?<level>[a-z]+): (?<text>.*)' x.log | map '{ level }'"), 'level:string?');
});

t.test('bindings: names, roles, and the kind of a join', async (t) => {
  const fields: Fields = new Map<string, Type>([['id', { kind: 'integer', isNullable: false }]]), at = { kind: 'files', paths: ['users.ndjson'] } as const;
  const options: PlanOptions = { inputs: new Map([['users', { role: 'table', at, fields }]]), outputs: new Map([['report', { at: { kind: 'topic', topic: 'r', brokers: 'b:1' } }]]) };
  const plan = await planFrom('watermark | join -1 user -2 id users | to file report', options), [sink] = plan.sinks, [join] = sink.inputs;
  t.match(join, { op: 'join', params: { table: true }, uses: ['join.table'], notes: ['users is a table by its binding: each left record is looked up in it (--table)'] });
  t.match(join.inputs[1].source, { name: 'users', role: 'table', at, fields });
  t.match(sink.sink, { name: 'report', at: { kind: 'topic', topic: 'r' } });
  await t.rejects(planFrom('watermark | join -1 user -2 id <(watermark b.ndjson)'), /both inputs are streams that may go on for ever/);
});
