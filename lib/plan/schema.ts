// Fields of an input before a record of it is read: from a JSON Schema as `leat describe --schema` writes it, and from the options of `from`. Owns: those two readings.
import { LeatError } from '../errors.js';
import { parseTypes } from '../codec/cell-types.js';
import { anything, listOf, nothing, nullable, objectOf, scalar, unite } from './fields.js';
import type { Fields, Type } from './types.js';

/** Errors: E_SCHEMA where the text is no JSON Schema of objects. `name`: of the file, for the message. */
export function fieldsOfJsonSchema(text: string, name = 'the schema'): Fields {
  const refuse = (what: string): never => { throw new LeatError('E_SCHEMA', { what: `${name} ${what}`, help: 'leat describe --schema FILE writes one' }); };
  let schema: unknown;
  try { schema = JSON.parse(text); } catch { return refuse('is not JSON'); }
  const type = typeOfSchema(schema);
  return type.kind === 'object' ? type.fields : refuse('is no JSON Schema of records: {"type":"object","properties":{…}}');
}

function typeOfSchema(schema: unknown): Type {
  if (typeof schema !== 'object' || schema === null) return anything;
  const { type, properties, required, items, format, anyOf } = schema as { type?: string | readonly string[]; properties?: Record<string, unknown>; required?: readonly string[]; items?: unknown; format?: string; anyOf?: readonly unknown[] };
  if (Array.isArray(anyOf) && anyOf.length > 0) return anyOf.map(typeOfSchema).reduce(unite);
  const names = typeof type === 'string' ? [type] : Array.isArray(type) ? type : properties === undefined ? [] : ['object'];
  if (names.length === 0) return anything;
  const of = (name: string): Type => {
    switch (name) {
      case 'boolean': case 'integer': case 'number': return scalar(name, false);
      case 'string': return scalar(format === 'date-time' ? 'time' : 'string', false);
      case 'null': return nothing;
      case 'array': return listOf(items === undefined ? anything : typeOfSchema(items), false);
      case 'object': return objectOf(new Map(Object.entries(properties ?? {}).map(([key, each]) => { const found = typeOfSchema(each); return [key, required?.includes(key) ? found : nullable(found)]; })), false);
      default: return anything;
    }
  };
  return names.map(of).reduce(unite);
}

const access: Fields = new Map<string, Type>([
  ['vhost', scalar('string', true)], ['ts', scalar('time', false)], ['remote', scalar('string', true)], ['ident', scalar('string', true)], ['user', scalar('string', true)], ['method', scalar('string', true)], ['path', scalar('string', true)],
  ['protocol', scalar('string', true)], ['request', scalar('string', true)], ['status', scalar('integer', true)], ['bytes', scalar('integer', true)], ['referer', scalar('string', true)], ['agent', scalar('string', true)], ['rest', scalar('string', true)],
]);

/** What a format says by itself: columns that --header names, the fields of access logs, groups of a pattern. */
export function fieldsOfFrom({ format = 'ndjson', header, types, pattern }: { readonly format?: string; readonly header?: string; readonly types?: string; readonly pattern?: string }): Fields | undefined {
  switch (format) {
    case 'access': return access;
    case 'lines': return new Map(pattern === undefined ? [['line', scalar('string', false)]] : [...pattern.matchAll(/\(\?<([A-Za-z_]\w*)>/g)].map(([, group]) => [group, scalar('string', true)]));
    case 'csv': case 'tsv': {
      if (header === undefined) return undefined;
      const cells = types === undefined ? undefined : parseTypes(types);
      return new Map(header.split(',').map((name) => { const type = cells?.[name.trim()]; return [name.trim(), type === undefined ? scalar('string', false) : type === 'json' ? anything : scalar(type, true)]; }));
    }
    default: return undefined;
  }
}
