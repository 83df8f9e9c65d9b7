// describe: what fields records have, and what is in them: a row a field, or one JSON Schema, at the end.
// State: one tree of fields with a profile each (agg/field-tree.ts), in one entry. Order: fields in order of first appearance, what is in an object behind it.
// Rule: missing, null and other values are counted apart: their sum is the number of records, or of the objects of the array that the field is in.
import { FieldTree, fieldTreeCodec } from '../agg/field-tree.js';
import type { FieldNode } from '../agg/field-tree.js';
import { kinds } from '../agg/profile.js';
import { utf8Bytes } from '../record/json.js';
import { flag, integer } from '../spec/option.js';
import type { Emit } from '../stream/operator.js';
import { operator } from '../spec/tool.js';

const columns = ['field', 'types', 'count', 'missing', 'null', 'distinct', 'min', 'max', 'min_length', 'max_length', 'time', 'examples'];

export const describe = operator({
  name: 'describe', summary: 'fields, types, nulls, ranges, examples', inputs: 1, synopsis: '', files: 'any', common: true,
  description: `Writes one record per field at the end of the input, in the order in which fields first appeared, nested ones behind the object that they are in: user, user.id; the elements of an array are tags[], their fields items[].price. | leat to table shows them as a table.

types: how many values of each type: boolean, integer (no fraction, no exponent), number, string, array, object. count, missing, null: values, records without the field, explicit nulls; together they are the number of records; of a field inside an array, the number of objects there. distinct: different values that are neither array nor object, exact to 2,048, then to about 1 %. min, max: of numbers, and of strings where all are times. min_length, max_length: of strings in characters, of arrays in elements. examples: the first three different values, long strings cut.

time: where all values can be times, the options of leat watermark, window or from that read them. A string is a time by RFC 3339 or by one of the usual formats; numbers are one where all of them lie in the years 2000 to 2099 as milliseconds, seconds, microseconds or nanoseconds, which is a guess.

With --schema it writes one JSON Schema (draft 2020-12) on one line instead: types, properties, items, required fields (those that no record lacks), date-time where all strings are. jq . prints it on many lines.

Behind a window all of the input is described, not each window.`,
  options: {
    schema: flag({ help: 'one JSON Schema instead of a record a field' }),
    fields: integer(1, { meta: 'N', default: '1000', help: 'describe at most so many fields; what is left out is counted' }),
  },
  memory: 'up to 17 KiB a field, for at most --fields of them', emits: 'at the end of the input',
  guarantees: 'All records are looked at. The same input gives the same bytes, however it is cut.',
  errors: ['E_JSON', 'E_FILE', 'E_UPSTREAM'], state: 1,
  examples: [
    { title: 'What is in a file', run: "leat describe access.ndjson | leat map '{ field, types, missing, min, max, time }'", files: { 'access.ndjson': '{"ts":1763640000000,"status":200,"user":{"id":17}}\n{"ts":1763640003000,"status":404}\n' },
      stdout: '{"field":"ts","types":{"integer":2},"missing":0,"min":1763640000000,"max":1763640003000,"time":"--time ts"}\n{"field":"status","types":{"integer":2},"missing":0,"min":200,"max":404,"time":null}\n{"field":"user","types":{"object":1},"missing":1,"min":null,"max":null,"time":null}\n{"field":"user.id","types":{"integer":1},"missing":1,"min":17,"max":17,"time":null}\n' },
    { title: 'Which field is the time, and how it is read', run: "leat describe log.ndjson | leat filter 'time != null' | leat map '{ time, min, max }'", files: { 'log.ndjson': '{"at":"20/Nov/2026:12:00:00 +0000","n":1}\n{"at":"20/Nov/2026:12:00:09 +0000","n":2}\n' },
      stdout: `{"time":"--time at --time-format '%d/%b/%Y:%H:%M:%S %z'","min":"20/Nov/2026:12:00:00 +0000","max":"20/Nov/2026:12:00:09 +0000"}\n` },
    { title: 'A JSON Schema', run: 'leat describe --schema', stdin: '{"id":1,"tags":["a"]}\n{"id":2,"tags":[],"note":null}\n',
      stdout: '{"$schema":"https://json-schema.org/draft/2020-12/schema","type":"object","properties":{"id":{"type":"integer"},"tags":{"type":"array","items":{"type":"string"}},"note":{"type":"null"}},"required":["id","tags"]}\n' },
  ],
  makes: () => true, results: true,
  features: { describe: 'a row a field, at the end', 'describe.schema': 'a JSON Schema, at the end' },
  plan: ({ schema }, [{ managed, tools }]) => ({ out: { managed, tools, changes: false }, uses: [schema ? 'describe.schema' : 'describe'], results: true }),
  create({ schema, fields }, ctx) {
    const store = ctx.store({ tree: fieldTreeCodec }), slot = store.sole();
    const tree = (): FieldTree => { const made = store.cells.tree[slot] ??= new FieldTree(); made.fieldsMax = fields; return made; };
    const out = schema ? undefined : ctx.writer(columns);
    store.wake(slot, Infinity);
    return {
      rows(run) {
        const { start, end, bytes } = ctx.records(run.batch), all = tree();
        for (const row of run.rest()) all.add(bytes, start[row], end[row]);
        store.touch(slot);
      },
      wake(_, emit) {
        const all = tree();
        if (all.left > 0) ctx.warn({ text: `the records have more than ${grouped(fields)} fields; ${grouped(all.left)} values of further ones are not described`, help: `--fields ${fields * 10}; or leat map --drop an object whose keys are data` });
        if (out === undefined) { writeSchema(all, emit); return; }
        for (const { path, node: { profile }, of, isInArray } of all.found()) {
          const { range, lengths, count, timeOptions } = profile;
          out.text(path);
          out.json(`{${kinds.filter((kind) => profile.of(kind) > 0).map((kind) => `"${kind}":${profile.of(kind)}`).join(',')}}`);
          out.number(count); out.number(of - count - profile.nulls); out.number(profile.nulls);
          out.number(profile.distinct);
          for (const i of [0, 1] as const) if (range === undefined) out.none(); else out.json(range[i]);
          for (const i of [0, 1] as const) if (lengths === undefined) out.none(); else out.number(lengths[i]);
          if (timeOptions === undefined || isInArray) out.none(); else out.text(`--time ${quoted(path)}${timeOptions}`);
          out.json(`[${profile.examples.join(',')}]`);
          emit.made(out);
        }
      },
    };
  },
});

/** As a word of the shell. */
const quoted = (path: string): string => /^[\w.]+$/.test(path) ? path : `'${path.replaceAll("'", `'\\''`)}'`;
const grouped = (x: number): string => String(x).replace(/\B(?=(\d{3})+$)/g, ',');

function writeSchema({ root, records }: FieldTree, emit: Emit): void {
  const text = utf8Bytes(JSON.stringify({ $schema: 'https://json-schema.org/draft/2020-12/schema', type: 'object', ...objectSchema(root, records) }));
  emit.begin().copy(text, 0, text.length);
  emit.end();
}

/** Of an object that was there so many times. */
function objectSchema({ members }: FieldNode, times: number): object {
  const required = [...members].filter(([, { profile: { count, nulls } }]) => count + nulls === times).map(([key]) => key);
  // entries, not an object literal: `__proto__` is an ordinary key.
  return { ...members.size === 0 ? {} : { properties: Object.fromEntries([...members].map(([key, node]) => [key, schemaOf(node)])) }, ...required.length === 0 ? {} : { required } };
}

function schemaOf(node: FieldNode): object {
  const { profile, elements } = node;
  // Every integer is a number too.
  const types: string[] = kinds.filter((kind) => profile.of(kind) > 0 && !(kind === 'integer' && profile.of('number') > 0));
  if (profile.nulls > 0) types.push('null');
  return {
    type: types.length === 1 ? types[0] : types, ...profile.isDateTime ? { format: 'date-time' } : {},
    ...elements === undefined ? {} : { items: schemaOf(elements) }, ...profile.of('object') > 0 ? objectSchema(node, profile.of('object')) : {},
  };
}
