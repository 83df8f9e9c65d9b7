// Work on types and on the fields of records: what two values have in common, and fields got, set, renamed and dropped by their path. Nothing here changes what it is given.
// Must not: know expressions (typing.ts) or tools (outputs.ts).
import type { Path } from '../record/path.js';
import type { Fields, Kind, Type } from './types.js';

type Scalar = Exclude<Kind, 'list' | 'object'>;
export const scalar = (kind: Scalar, isNullable: boolean): Type => ({ kind, isNullable });
export const listOf = (of: Type, isNullable: boolean): Type => ({ kind: 'list', of, isNullable });
export const objectOf = (fields: Fields, isNullable: boolean): Type => ({ kind: 'object', fields, isNullable });
/** Nothing is known of it. */
export const anything: Type = scalar('json', true);
/** Of what is always null: it takes the type of what it meets. Known by identity. */
export const nothing: Type = scalar('json', true);

export const nullable = (type: Type): Type => type.isNullable ? type : { ...type, isNullable: true };
export const present = (type: Type): Type => type.isNullable && type !== nothing ? { ...type, isNullable: false } : type;
export const isNumeric = ({ kind }: Type): boolean => kind === 'integer' || kind === 'number';
/** A time is text. */
export const isText = ({ kind }: Type): boolean => kind === 'string' || kind === 'time';
export const isPlain = ({ kind }: Type): boolean => kind !== 'json' && kind !== 'list' && kind !== 'object';

/** The type of a value that is of the one or of the other. */
export function unite(a: Type, b: Type): Type {
  if (a === nothing) return nullable(b);
  if (b === nothing) return nullable(a);
  const isNullable = a.isNullable || b.isNullable;
  if (a.kind === 'list' && b.kind === 'list') return listOf(unite(a.of, b.of), isNullable);
  if (a.kind === 'object' && b.kind === 'object') {
    const fields = new Map(a.fields);
    for (const [name, type] of b.fields) { const ours = fields.get(name); fields.set(name, ours === undefined ? nullable(type) : unite(ours, type)); }
    for (const [name, type] of a.fields) if (!b.fields.has(name)) fields.set(name, nullable(type));
    return objectOf(fields, isNullable);
  }
  if (a.kind === b.kind) return { ...a, isNullable };
  if (isNumeric(a) && isNumeric(b)) return scalar('number', isNullable);
  if (isText(a) && isText(b)) return scalar('string', isNullable);
  return scalar('json', isNullable);
}

/** The type of what a path leads to from a value. */
export function typeAt(type: Type, path: Path): Type {
  let at = type, isNullable = type.isNullable;
  for (const step of path) {
    if (at.kind === 'object' && typeof step === 'string') at = at.fields.get(step) ?? nothing;
    else if (at.kind === 'list' && typeof step === 'number') { at = at.of; isNullable = true; }
    else if (at.kind === 'json') return at === nothing ? nothing : anything;
    else return nothing;                                   // a number has no fields: null
    if (at === nothing) return nothing;
    isNullable ||= at.isNullable;
  }
  return isNullable ? nullable(at) : at;
}

/** A field of a record. With unknown fields it is anything; with known ones a name that is none of them is null. */
export const fieldAt = (fields: Fields | undefined, path: Path): Type => fields === undefined ? anything : typeAt(objectOf(fields, false), path);

/** A field set where it stands, or appended; objects on the way are made. */
export function withField(fields: Fields, path: Path, type: Type): Fields {
  const [first, ...rest] = path, name = String(first), made = new Map(fields);
  if (rest.length === 0) return made.set(name, type);
  const below = fields.get(name);
  return made.set(name, objectOf(withField(below?.kind === 'object' ? below.fields : new Map(), rest, type), false));
}

export function withoutField(fields: Fields, path: Path): Fields {
  const [first, ...rest] = path, name = String(first), made = new Map(fields), below = fields.get(name);
  if (rest.length === 0) made.delete(name);
  else if (below?.kind === 'object') made.set(name, objectOf(withoutField(below.fields, rest), below.isNullable));
  return made;
}

/** Another name for a field, where it stands; what had that name gives way. */
export function renamed(fields: Fields, path: Path, to: string): Fields {
  const [first, ...rest] = path, name = String(first), below = fields.get(name);
  if (rest.length > 0) return below?.kind === 'object' ? new Map(fields).set(name, objectOf(renamed(below.fields, rest, to), below.isNullable)) : fields;
  if (below === undefined || name === to) return fields;
  return new Map([...fields].flatMap(([each, type]) => each === name ? [[to, type] as const] : each === to ? [] : [[each, type] as const]));
}

/** Objects opened, names joined by `separator`. What may be anything may hold more fields, so nothing is known then. */
export function flattened(fields: Fields, separator: string): Fields | undefined {
  const made = new Map<string, Type>();
  const open = (within: Fields, prefix: string, isNullable: boolean): boolean => [...within].every(([name, type]) => {
    if (type.kind === 'object') return open(type.fields, `${prefix}${name}${separator}`, isNullable || type.isNullable);
    made.set(prefix + name, isNullable ? nullable(type) : type);
    return type.kind !== 'json';
  });
  return open(fields, '', false) ? made : undefined;
}
