// What is compiled now is what was run: every pipeline of pipelines.ts, for each engine, has a line in results.ndjson whose hash is that of the text emitted now, and whose result is equal (or a refusal, with the reason
// that is given now). DuckDB is here, so it is run for real. And the records that leat prints have the fields that the plan says.
import { join } from 'node:path';
import t from 'tap';
import { targets } from '../../lib/plan/targets/index.js';
import { folder } from '../harness/place.js';
import { difference, rowsAt, rowsOf } from './canonical.js';
import { emit, fieldsOf } from './emit.js';
import { lay } from './inputs.js';
import { engines, installed } from './install.js';
import { pipelines } from './pipelines.js';
import { knowsLate, readResults } from './results.js';
import { leat, runJobs, writeJob } from './run.js';

const lines = new Map(readResults().map((line) => [`${line.engine} ${line.pipeline}`, line]));

t.test('canonical rows', async (t) => {
  t.same(rowsOf('{"b":1.0,"a":"2026-11-20T12:00:00Z","c":null}\n\n{"x":{"y":null},"n":12345678901234567890,"d":0.12345678901234567}\n'), ['{"a":"2026-11-20T12:00:00.000Z","b":1}', '{"d":0.12345678901234566,"n":12345678901234567890}'], 'one form');
  t.same(difference(['{"a":1}', '{"a":1}'], ['{"a":1}', '{"a":2}'], false), { missing: ['{"a":1}'], extra: ['{"a":2}'] }, 'multisets');
  t.same(difference(['{"a":0.1}'], ['{"a":0.10000000000000002}'], true), { missing: [], extra: [] }, 'near');
  t.same(difference(['{"a":0.1}'], ['{"a":0.1000001}'], true), { missing: ['{"a":0.1}'], extra: ['{"a":0.1000001}'] }, 'not near');
});

for (const engine of engines.filter((name) => targets.some((target) => target.name === name))) {
  t.test(`what ${engine} was given`, async (t) => {
    let said = 0;
    for (const pipeline of pipelines) {
      const { name, isLate } = pipeline, emitted = await emit(engine, pipeline), line = lines.get(`${engine} ${name}`);
      if (line === undefined) { t.fail(`${name} was never run on ${engine}: npm run engines -- --engine=${engine} --only=${name}`); continue; }
      if ('refused' in emitted) { t.same([line.result, line.reason], ['refused', emitted.refused], `${name} is refused`); continue; }
      t.equal(line.hash, emitted.hash, `${name} is emitted as it was run; else: npm run engines -- --engine=${engine} --only=${name}`);
      t.ok(line.result === 'equal' || (line.result === 'ran' && isLate && !knowsLate(engine, emitted.equality)), `${name}: ${line.result}`);
      said++;
    }
    t.ok(said >= 40, `${engine} says ${said} of ${pipelines.length}`);
  });
}

t.test('leat, its plans, and DuckDB', async (t) => {
  const place = folder(), jobs = new Map<string, { readonly name: string; readonly isNear: boolean }>(), expected = new Map<string, string>();
  lay(place.path, 1);
  const rest = pipelines.values(), work = async (): Promise<void> => {
    for (const pipeline of rest) {
      const text = await leat(place.path, pipeline), emitted = await emit('duckdb', pipeline);
      t.same(await misfits(pipeline.text, text), [], `${pipeline.name}: its fields are those of the plan`);
      expected.set(pipeline.name, text);
      if (!('refused' in emitted)) jobs.set(writeJob(place.path, `duckdb/${pipeline.name}`, emitted.files).job, { name: pipeline.name, isNear: emitted.equality === 'float-approx' });
    }
  };
  await Promise.all([work(), work()]);
  const at = installed('duckdb', (line) => t.comment(line));
  if ('missing' in at) { t.fail(at.missing); return; }
  await runJobs(place.path, at, [...jobs.keys()], (job, { error }) => {
    const { name, isNear } = jobs.get(job)!, { missing, extra } = error === undefined ? difference(rowsOf(expected.get(name)!), rowsAt(join(place.path, 'duckdb', name, 'out')), isNear) : { missing: [], extra: [] };   // `!`: it was asked for
    t.same({ error, missing: missing.slice(0, 2), extra: extra.slice(0, 2) }, { error: undefined, missing: [], extra: [] }, `${name}: ${missing.length} missing, ${extra.length} too many`);
  });
  place.remove();
});

/** What records have that the plan does not say: other fields, another order, another type, null where there is none. */
async function misfits(text: string, printed: string): Promise<string[]> {
  const fields = await fieldsOf(text), found = new Set<string>();
  if (fields === undefined) return ['the plan knows no fields'];
  const names = [...fields.keys()], kinds: Readonly<Record<string, (value: unknown) => boolean>> = {
    boolean: (value) => typeof value === 'boolean', integer: Number.isInteger, number: (value) => typeof value === 'number', string: (value) => typeof value === 'string',
    time: (value) => typeof value === 'string' && !Number.isNaN(Date.parse(value)), object: (value) => typeof value === 'object' && !Array.isArray(value), list: Array.isArray, json: () => true,
  };
  for (const line of printed.split('\n')) {
    if (line.trim() === '') continue;
    const record = JSON.parse(line) as Record<string, unknown>, got = Object.keys(record);
    if (got.join() !== names.filter((name) => got.includes(name)).join()) found.add(`${got.join()}, where the plan says ${names.join()}`);
    for (const [name, { kind, isNullable }] of fields) {
      const value = record[name] ?? null;
      if (value === null ? !isNullable : kinds[kind]?.(value) !== true) found.add(`${name}: ${JSON.stringify(value)}, where the plan says ${kind}${isNullable ? ' or null' : ''}`);
    }
  }
  return [...found].slice(0, 5);
}
