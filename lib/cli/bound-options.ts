// What a binding file and --schema say, for a plan: inputs and outputs by the names that the pipeline has for them. Must not: open what is bound.
import { readFileSync } from 'node:fs';
import { LeatError, reason } from '../errors.js';
import { from } from '../operators/from.js';
import { path } from '../expr/parse.js';
import { readBindings } from '../plan/bindings.js';
import type { InputBinding, OutputBinding } from '../plan/bindings.js';
import type { BoundInput, BoundOutput, PlanOptions } from '../plan/build.js';
import { fieldsOfJsonSchema } from '../plan/schema.js';
import type { Fields } from '../plan/types.js';
import { parseCall } from './parse.js';

/** Errors: those of the binding file, E_SCHEMA, E_FILE. `schemas`: FILE of all inputs, or NAME=FILE of one. */
export async function boundOptions(bind: string | undefined, schemas: readonly string[] = [], tool = 'compile'): Promise<PlanOptions> {
  const bindings = bind === undefined ? undefined : await readBindings(bind, tool);
  return {
    inputs: new Map([...bindings?.inputs ?? []].map(([name, binding]) => [name, inputOf(binding)])), outputs: new Map([...bindings?.outputs ?? []].map(([name, binding]) => [name, outputOf(binding)])),
    fields: fieldsBy(schemas),
  };
}

function inputOf({ kind, files, topic, format, role, key, schema, options }: InputBinding): BoundInput {
  const { brokers, ...rest } = options, words = [...format === undefined ? [] : [format], ...Object.entries(rest).map(([name, value]) => value === true ? `--${name}` : `--${name}=${value}`)];
  const call = words.length === 0 ? undefined : parseCall(from, words, {});
  const at: BoundInput['at'] = kind === 'stdin' ? { kind: 'stdin' } : kind === 'topic' ? { kind: 'topic', topic: topic ?? '', brokers: String(brokers ?? '') } : { kind: 'files', paths: files };
  return { role: role ?? 'stream', at, fields: schema, ...key.length === 0 ? {} : { key: key.map((each) => path(each)) }, ...call === undefined ? {} : { from: { spec: from, said: call.said, values: call.values, common: call.common } } };
}

function outputOf({ kind, target, format, options }: OutputBinding): BoundOutput {
  if (kind === 'topic') return { at: { kind: 'topic', topic: target, brokers: String(options['brokers'] ?? '') } };
  if (format !== undefined && format !== 'ndjson') return { at: { kind: 'other', tool: `to ${format}` } };
  return { at: kind === 'stdout' ? { kind: 'stdout' } : kind === 'file' ? { kind: 'file', path: target } : { kind: 'other', tool: `to ${kind}` } };
}

/** Fields by operand; a schema without a name is for every input that has no other. */
class Named extends Map<string, Fields> {
  rest: Fields | undefined;
  override get(name: string): Fields | undefined { return super.get(name) ?? this.rest; }
}
function fieldsBy(schemas: readonly string[]): ReadonlyMap<string, Fields> {
  const named = new Named();
  for (const said of schemas) {
    const at = said.indexOf('='), name = at < 0 ? undefined : said.slice(0, at), file = said.slice(at + 1);
    let text: string;
    try { text = readFileSync(file, 'utf8'); } catch (error) {
      const { code, message } = error as NodeJS.ErrnoException;
      throw new LeatError('E_FILE', { file, why: reason(code, message), help: 'leat describe --schema FILE > schema.json writes one' });
    }
    const fields = fieldsOfJsonSchema(text, file);
    if (name === undefined) named.rest = fields; else named.set(name, fields);
  }
  return named;
}
