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

export interface OptimiseOptions {
  /** For an engine that compares null keys. */
  readonly nullKeys?: boolean;
}

/** Ids are new. */
export const optimise = (plan: Plan, options: OptimiseOptions = {}): Plan => optimised(plan, options).plan;

/** And the names of the rules that had something to do, in the order of `rules`. */
export function optimised(plan: Plan, options: OptimiseOptions = {}): { readonly plan: Plan; readonly rules: readonly string[] } {
  const used = new Set<string>();
  const by = (now: Plan, rule: Rule): Plan => { const next = rule.apply(now); if (next === undefined) return now; used.add(rule.name); return next; };
  let now = plan;
  if (isUniform(plan)) for (let pass = 0; pass < passesMax; pass++) {
    const next = moving.reduce(by, now);
    if (next === now) break;
    now = next;
  }
  now = [...options.nullKeys === true ? [nullKeys] : [], ...last].reduce(by, now);
  if (nodesOf(now).some(({ notes }) => notes.some((note) => note.includes('is a table by its binding')))) used.add(joinKind);
  return { plan: numbered(now), rules: [...rules.map(({ name }) => name), joinKind].filter((name) => used.has(name)) };
}
/** Decided when the plan is built (rules/lookup.ts). */
const joinKind = 'join kind by roles';

/** Whether all stages treat bad lines alike: who comes first reads them, so stages with different --bad or --max-line keep their places. */
function isUniform(plan: Plan): boolean {
  const [first, ...others] = nodesOf(plan).flatMap(({ planned }) => planned === undefined ? [] : [JSON.stringify([planned.common.bad, planned.common.maxLine, planned.common.strict ?? false])]);
  return others.every((each) => each === first);
}
