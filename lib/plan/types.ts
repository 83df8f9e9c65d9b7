// What is known of the fields of a record before it is read: from a binding, from `leat describe --schema`, or from what a stage makes. Types only; typing.ts works them out.

/**
 * The type of a value. integer: no fraction, no exponent, within 64 bits; number: a double; time: text like 2026-11-20T12:00:00.000Z (window_start, --time of such a field);
 * json: anything, which engines cannot compute with. An event time in epoch units is an integer or a number.
 */
export type Type =
  | { readonly kind: 'boolean' | 'integer' | 'number' | 'string' | 'time' | 'json'; readonly isNullable: boolean }
  | { readonly kind: 'list'; readonly of: Type; readonly isNullable: boolean }
  | { readonly kind: 'object'; readonly fields: Fields; readonly isNullable: boolean };
export type Kind = Type['kind'];

/** Fields in the order in which they are written. A field that may be missing is nullable: null and missing are one to leat's expressions. */
export type Fields = ReadonlyMap<string, Type>;
