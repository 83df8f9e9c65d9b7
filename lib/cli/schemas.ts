// --schema of compile and explain: JSON Schemas as the fields of inputs that no binding has a schema for.
import { readFileSync } from 'node:fs';
import { LeatError, reason } from '../errors.js';
import { fieldsOfJsonSchema } from '../plan/schema.js';
import type { Fields } from '../plan/types.js';

/** Fields by operand; a schema without a name is for every input that has no other. */
class Named extends Map<string, Fields> {
  rest: Fields | undefined;
  override get(name: string): Fields | undefined { return super.get(name) ?? this.rest; }
}

/** FILE of all inputs, or NAME=FILE of one. Errors: E_SCHEMA, E_FILE. */
export function schemaFields(schemas: readonly string[] = []): ReadonlyMap<string, Fields> {
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
