// `leat explain`: what a person reads, the JSON, the graph, and that nothing is opened.
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import t from 'tap';
import { width } from '../../lib/cli/width.js';
import { folder } from '../harness/place.js';
import { shell } from '../harness/shell.js';

const place = folder({ 'schema.json': '{"type":"object","required":["ts","user","page","ms"],"properties":{"ts":{"type":"integer"},"user":{"type":"integer"},"page":{"type":"string"},"ms":{"type":"integer"},"agent":{"type":"string"}}}',
  'bind.yaml': 'inputs:\n  clicks: { file: clicks.ndjson, time: ts, delay: 5s, schema: { ts: integer, user: integer, page: string } }\n  users: { file: users.csv, format: csv, role: table, key: id, header: [id, plan], schema: { id: integer, plan: string } }\n',
  'report.leat': "from clicks |\n  join -1 user users |\n  agg 'count() as n by plan'\n" });
t.teardown(() => place.remove());
const run = async (cmd: string): Promise<{ readonly out: string; readonly err: string; readonly exit: number }> => {
  const { stdout, stderr, exit } = await shell(cmd, { cwd: place.path });
  return { out: Buffer.from(stdout).toString(), err: stderr, exit };
};

t.test('lines of at most 80 columns', async (t) => {
  const { out, exit } = await run(`leat explain --schema schema.json "filter 'ms > 2 * 500' clicks.ndjson | map '{ ts, user, page, very_long_name_of_a_field: user, another_very_long_name: page }' | tee >(agg 'count() as n by page' > pages.ndjson) | join -j user --within 30s <(filter 'ms > 1000' clicks.ndjson) | jq -c . | to sqlite x.db t"`);
  t.equal(exit, 0);
  t.same(out.split('\n').filter((line) => width(line) > 80), [], 'no longer line');
  t.match(out, /\nas written\n|^as written\n/);
  t.match(out, /\noptimised\n/);
  t.match(out, /self-join/);
  t.match(out, /guarantee with --checkpoint DIR: none/);
});

t.test('bindings, a script, places of mistakes', async (t) => {
  const { out, exit } = await run('leat explain --bind bind.yaml -f report.leat');
  t.equal(exit, 0);
  t.match(out, /from clicks: clicks\.ndjson/);
  t.match(out, /role: table/);
  t.match(out, /users is a table by its binding/);
  t.match(out, /watermark --time ts --delay 5s/);
  writeFileSync(join(place.path, 'wrong.leat'), "from clicks |\n  agg 'cont() as n'\n");
  const wrong = await run('leat explain --bind bind.yaml -f wrong.leat');
  t.equal(wrong.exit, 64);
  t.match(wrong.err, /unknown aggregate 'cont'/);
  t.match((await run('leat explain "watermark | join -j id <(watermark b.ndjson)"')).err, /both inputs are streams that may go on for ever/);
  t.match((await run('leat explain --schema nothing.json "filter x"')).err, /nothing\.json/);
});

t.test('JSON and Graphviz say the same', async (t) => {
  const text = `"window 1m --delay 5s | filter 'ms > 3' | agg 'count() as n by page' > n.ndjson"`, { out } = await run(`leat explain --json --schema schema.json ${text}`);
  const plan = JSON.parse(out) as { before: { op: string }[]; after: { id: number; op: string; text: string; inputs: number[]; reads: unknown[]; fields: Record<string, string> | null; keys: string[] | null; notes: string[]; start: number; end: number }[]; rules: string[]; checkpoint: { guarantee: string } };
  t.same(plan.before.map(({ op }) => op), ['source', 'watermark', 'window', 'filter', 'agg', 'sink']);
  t.same(plan.after.map(({ op }) => op), ['source', 'watermark', 'filter', 'window', 'agg', 'sink']);
  t.same(plan.rules, ['filter pushdown', 'projection pruning']);
  t.same(plan.after[0]?.fields, { ts: 'integer', page: 'string', ms: 'integer' }, 'what is read');
  t.match(plan.after[4], { text: "agg 'count() as n by page'", inputs: [4], reads: [[['window_start'], ['window_end'], ['page']].flat()], fields: { window_start: 'time', window_end: 'time', page: 'string', n: 'integer' }, keys: ['page'] });
  t.equal(plan.checkpoint.guarantee, 'none', '> is emptied by the shell');
  const dot = (await run(`leat explain --dot --schema schema.json ${text}`)).out;
  t.match(dot, /^digraph plan \{\n/);
  for (const { id, inputs } of plan.after) for (const input of inputs) t.match(dot, new RegExp(`\\n  n${input} -> n${id};\\n`));
});
