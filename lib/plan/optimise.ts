// The optimiser: rules over and over until none has anything to do. What each may do is said in its file (rules/); this one owns their order.
// Must not: know a tool or an engine. The result runs as the text does, to the byte (test/property/plan.test.ts).
import { columns } from './rules/columns.js';
import { constants } from './rules/constants.js';
import { filters } from './rules/filter.js';
import { maps } from './rules/maps.js';
import { nullKeys } from './rules/null-keys.js';
import type { Rule } from './rules/rule.js';
import { selfJoin } from './rules/self-join.js';
import { shared } from './rules/shared.js';
import type { Plan } from './node.js';
import { nodesOf, numbered } from './remake.js';

/** Those that move and merge stages, to a fixpoint; then what is said of the result. */
const moving: readonly Rule[] = [constants, shared, filters, maps], last: readonly Rule[] = [columns, shared, selfJoin];
export const rules: readonly Rule[] = [...moving, columns, selfJoin, nullKeys];

/** No plan needs more passes: each moves a stage towards its source, or takes one away. */
const passesMax = 200;

/** `nullKeys`: for an engine that compares null keys. Ids are new. */
export function optimise(plan: Plan, options: { readonly nullKeys?: boolean } = {}): Plan {
  let now = plan;
  if (isUniform(plan)) for (let pass = 0; pass < passesMax; pass++) {
    const next = moving.reduce((each, rule) => rule.apply(each) ?? each, now);
    if (next === now) break;
    now = next;
  }
  for (const rule of [...options.nullKeys === true ? [nullKeys] : [], ...last]) now = rule.apply(now) ?? now;
  return numbered(now);
}

/** Whether all stages treat bad lines alike: who comes first reads them, so stages with different --bad or --max-line keep their places. */
function isUniform(plan: Plan): boolean {
  const [first, ...others] = nodesOf(plan).flatMap(({ planned }) => planned === undefined ? [] : [JSON.stringify([planned.common.bad, planned.common.maxLine, planned.common.strict ?? false])]);
  return others.every((each) => each === first);
}
