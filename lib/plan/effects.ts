// What an expression can do beside giving a value: make its record bad, or be counted as a type clash. Rules ask before they let it see other records than the text says.
// Owns: that table, conservative: what is not listed can do both. With known types much is harmless that is not without.
import type { Expression } from '../expr/expression.js';
import { children } from '../expr/syntax.js';
import type { Syntax } from '../expr/syntax.js';
import type { CommonValues } from '../runtime/pipeline.js';
import { isNumeric, isText, nothing } from './fields.js';
import { argsOf } from './outputs.js';
import { typeOf } from './typing.js';
import type { Fields, Type } from './types.js';

/** An expression, or a part of one. */
export type Part = Pick<Expression, 'syntax'>;

interface Effects { readonly bad: boolean; readonly clash: boolean }
const none: Effects = { bad: false, clash: false }, clash: Effects = { bad: false, clash: true }, both: Effects = { bad: true, clash: true };
const join = (all: readonly Effects[]): Effects => ({ bad: all.some(({ bad }) => bad), clash: all.some((each) => each.clash) });

/** Functions that are never bad, and clash only where an argument is of a wrong type; their results are no longer than their arguments. */
const tame: ReadonlySet<string> = new Set(['lower', 'upper', 'trim', 'trim_start', 'trim_end', 'length', 'left', 'right', 'starts_with', 'ends_with', 'matches', 'is_null', 'type', 'coalesce', 'nullif']);

function effectsOf(syntax: Syntax, fields: Fields | undefined, args: ReadonlyMap<string, string>): Effects {
  const type = (each: Syntax): Type => typeOf(each, fields, args), below = join(children(syntax).map((each) => effectsOf(each, fields, args)));
  const with_ = (own: Effects): Effects => join([below, own]);
  switch (syntax.kind) {
    case 'constant': case 'path': case 'name': return none;
    case 'not': return with_(type(syntax.of).kind === 'boolean' ? none : clash);
    case 'and': case 'or': return with_(syntax.parts.every((part) => type(part).kind === 'boolean') ? none : clash);
    case 'choice': return with_(type(syntax.test).kind === 'boolean' ? none : clash);
    case 'coalesce': case 'member': return below;
    case 'negate': case 'plus': return with_(isNumeric(type(syntax.of)) ? none : both);
    case 'arithmetic': return with_(type(syntax.left).kind === 'integer' && type(syntax.right).kind === 'integer' && syntax.op !== '**' ? none : both);   // a double may become infinite
    case 'compare': {
      const left = type(syntax.left), right = type(syntax.right), fits = (isNumeric(left) && isNumeric(right)) || (isText(left) && isText(right)) || (left.kind === 'boolean' && right.kind === 'boolean');
      return with_(fits || ((syntax.op === '==' || syntax.op === '!=') && (left === nothing || right === nothing)) ? none : clash);
    }
    case 'in': {
      const left = type(syntax.left), right = type(syntax.right), of = right.kind === 'list' ? right.of : undefined;
      return with_(of !== undefined && ((isNumeric(left) && isNumeric(of)) || (isText(left) && isText(of))) ? none : clash);
    }
    case 'call': {
      if (!tame.has(syntax.spec.name)) return with_(both);
      return with_(syntax.spec.name === 'coalesce' || syntax.spec.name === 'is_null' || syntax.spec.name === 'type' || syntax.args.every((arg, i) => syntax.regex !== undefined && i === 1 ? true : isText(type(arg)) || type(arg).kind === 'integer') ? none : clash);
    }
    default: return both;                                   // made texts may be too long
  }
}

/** Whether it may see records that it did not see before, or fewer: it makes no record bad, and with --strict it never clashes. Clashes that are only counted are of the summary. */
export function isHarmless({ syntax }: Part, fields: Fields | undefined, common: CommonValues): boolean {
  const { bad, clash: clashes } = effectsOf(syntax, fields, argsOf(common));
  return !bad && !(clashes && common.strict === true);
}

/** Likewise as a condition, which must be a boolean or null. */
export const isHarmlessTest = (expression: Part, fields: Fields | undefined, common: CommonValues): boolean =>
  isHarmless(expression, fields, common) && typeOf(expression.syntax, fields, argsOf(common)).kind === 'boolean';

/** Whether equal values give equal answers, be their texts what they are (1 and 1.0): then a key stands for all records that have it. */
export function isBlindToText({ syntax }: Part): boolean {
  const look = (each: Syntax): boolean => each.kind !== 'call' && each.kind !== 'template' && each.kind !== 'item' && children(each).every(look);
  return look(syntax);
}
