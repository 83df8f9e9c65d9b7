// A filter before `agg`. Why it may: a condition on keys alone, blind to their text, keeps the group or drops it as a whole, and groups do not know of each other. Not with --fill (how far it
// goes depends on all keys), --max-keys, changes (what is said when depends on all records of W), --over, and where an aggregate can make a record bad.
import type { AggText, Expression } from '../../expr/expression.js';
import { resolve } from '../../operators/agg/names.js';
import { samePath } from '../../record/path.js';
import { isBlindToText, isHarmless } from '../effects.js';
import { before, simple } from '../expressions.js';
import { isNumeric } from '../fields.js';
import { argsOf } from '../outputs.js';
import { typeOf } from '../typing.js';
import type { Below } from './filter.js';

export const agg: Below = (stage, condition) => {
  const { aggregates, over, emit, every, fill, maxKeys } = stage.params as { aggregates?: AggText; over?: unknown; emit?: string; every?: number; fill?: unknown; maxKeys?: number };
  const { planned } = stage, [{ fields }] = stage.inputs;
  if (planned === undefined || aggregates === undefined || over !== undefined || emit === 'changes' || every !== undefined || fill !== undefined || maxKeys !== undefined || planned.common.bad !== 'fail' && planned.common.bad !== undefined) return undefined;
  const isSafe = (each: Expression): boolean => isHarmless(each, fields, planned.common), args = argsOf(planned.common);
  if (!aggregates.by.every(({ expression }) => isSafe(expression)) || aggregates.by.length === 0) return undefined;
  // A number beyond all doubles is bad where a sum takes it; known types have none.
  if (!aggregates.calls.every((call) => (call.where === undefined || isSafe(call.where)) && call.args.every(isSafe) && resolve(call).aggregate.args.every((type, i) => type !== 'number' || call.args[i] === undefined || isNumeric(typeOf(call.args[i].syntax, fields, args))))) return undefined;
  if (!isBlindToText(condition)) return undefined;
  const made = before(condition, (path) => {
    const key = aggregates.by.find(({ name }) => samePath(name, path));
    return key === undefined ? null : simple(key.expression, []) ?? null;
  });
  return made === undefined ? undefined : { input: 0, condition: made, note: 'moved before agg: it is about the key alone' };
};
