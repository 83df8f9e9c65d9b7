// The checked form of an expression, and the errors of its text. Owns: the node kinds that exist (a whitelist: what is not here cannot be said).
// Must not: know records. read.ts makes it from acorn's tree, bind.ts turns it into functions over columns.
import { LeatError } from '../errors.js';
import type { Path } from '../record/path.js';
import type { FunctionSpec } from './functions/function.js';
import type { Pattern } from './regex.js';

/** Where a node stands in the text: [start, end) in UTF-16 units. */
export interface Range { readonly start: number; readonly end: number }

export type ArithmeticOperator = '+' | '-' | '*' | '/' | '%' | '**';
export type CompareOperator = '==' | '!=' | '<' | '<=' | '>' | '>=';

export type Syntax = Range & (
  | { readonly kind: 'constant'; readonly json: string }
  | { readonly kind: 'path'; readonly path: Path }
  | { readonly kind: 'name'; readonly name: string }                                          // $name
  | { readonly kind: 'not' | 'negate' | 'plus'; readonly of: Syntax }
  | { readonly kind: 'arithmetic'; readonly op: ArithmeticOperator; readonly left: Syntax; readonly right: Syntax }
  | { readonly kind: 'compare'; readonly op: CompareOperator; readonly left: Syntax; readonly right: Syntax }
  | { readonly kind: 'and' | 'or' | 'coalesce'; readonly parts: readonly Syntax[] }
  | { readonly kind: 'choice'; readonly test: Syntax; readonly yes: Syntax; readonly no: Syntax }
  | { readonly kind: 'in'; readonly left: Syntax; readonly right: Syntax }
  | { readonly kind: 'template'; readonly parts: readonly (string | Syntax)[] }
  | { readonly kind: 'list'; readonly items: readonly { readonly spread: boolean; readonly value: Syntax }[] }
  | { readonly kind: 'object'; readonly members: readonly { readonly key: string | undefined; readonly value: Syntax }[] }   // key undefined: a spread
  | { readonly kind: 'member'; readonly of: Syntax; readonly step: string | number }
  | { readonly kind: 'item'; readonly of: Syntax; readonly index: Syntax }                      // an index that is computed
  | { readonly kind: 'call'; readonly spec: FunctionSpec; readonly args: readonly Syntax[]; readonly regex: Pattern | undefined });

/** Nodes below one another at most: deeper expressions are refused, so that no walk over them can overflow the stack. */
export const depthMax = 400;

/** An error in the text of an expression, with a caret under [start, end). */
export function fault(text: string, range: Range, why: string, { hint, help = '' }: { hint?: string; help?: string } = {}): LeatError {
  return new LeatError('E_SYNTAX', { why, help }, spotOf(text, range, hint));
}

/** The same place, at least one character wide, for any error. */
export const spotOf = (text: string, { start, end }: Range, hint?: string): { text: string; start: number; end: number; hint?: string } =>
  ({ text, start, end: Math.max(end, start + 1), ...hint === undefined ? {} : { hint } });

/** Nodes directly below a node. */
export function children(node: Syntax): readonly Syntax[] {
  switch (node.kind) {
    case 'constant': case 'path': case 'name': return [];
    case 'not': case 'negate': case 'plus': case 'member': return [node.of];
    case 'arithmetic': case 'compare': case 'in': return [node.left, node.right];
    case 'and': case 'or': case 'coalesce': return node.parts;
    case 'choice': return [node.test, node.yes, node.no];
    case 'template': return node.parts.filter((part): part is Syntax => typeof part !== 'string');
    case 'list': return node.items.map(({ value }) => value);
    case 'object': return node.members.map(({ value }) => value);
    case 'item': return [node.of, node.index];
    case 'call': return node.args;
  }
}
