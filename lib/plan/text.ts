// Types and fields as a binding writes them: { ts: integer, host: string?, user: { id: integer } } as values of JSON. Must not: parse (binding-keys.ts does).
import type { Fields, Type } from './types.js';

type Text = string | readonly Text[] | { readonly [name: string]: Text };

/** Null: nothing is known. */
export const fieldsText = (fields: Fields | undefined): { readonly [name: string]: Text } | null => fields === undefined ? null : Object.fromEntries([...fields].map(([name, type]) => [name, typeText(type)]));

const typeText = (type: Type): Text => type.kind === 'list' ? [typeText(type.of)] : type.kind === 'object' ? Object.fromEntries([...type.fields].map(([name, each]) => [name, typeText(each)])) : `${type.kind}${type.isNullable ? '?' : ''}`;
