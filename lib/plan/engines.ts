// Which engines can say a stage, from the tables of the targets (targets/): features, functions of expressions, aggregates. Owns: the question. Must not: compile.
import { findAggregate } from '../agg/index.js';
import type { AggText, Expression, Over } from '../expr/expression.js';
import { children } from '../expr/syntax.js';
import type { Syntax } from '../expr/syntax.js';
import { userFunctions } from '../expr/functions/user.js';
import { LeatError } from '../errors.js';
import { Failure } from '../runtime/report.js';
import type { Node, Plan } from './node.js';
import { nodesOf } from './remake.js';
import type { Equality, Target } from './targets/target.js';

export type Verdict = { readonly can: true; readonly equality: Equality; readonly notes: readonly string[] } | { readonly can: false; readonly reason: string; readonly instead: string };

const order: readonly Equality[] = ['exact', 'exact if nothing is late', 'float-approx'];
const weaker = (a: Equality, b: Equality): Equality => order.indexOf(a) > order.indexOf(b) ? a : b;
const refused = (reason: string, instead: string): Verdict => ({ can: false, reason, instead });

export function verdictOf(node: Node, { name, can, functions, aggregates }: Target): Verdict {
  const { op, params, uses } = node;
  if (op === 'process' || op === 'wrap') return refused('a program runs beside leat only', 'leat run');
  if (op === 'show' || op === 'describe') return refused(`${op} is for looking at records`, `leat ${op}`);
  let equality: Equality = 'exact';
  const notes: string[] = [];
  for (const feature of uses) {
    const row = can[feature];
    if ('reason' in row) return refused(row.reason, row.instead);
    equality = weaker(equality, row.equality);
    if (row.note !== undefined) notes.push(row.note);
  }
  for (const call of callsOf(params)) {
    const found = findAggregate(call)?.aggregate.name ?? call;
    if (!aggregates.has(found) && !aggregates.has(call)) return refused(`${call}() has no form there`, 'leat run');
  }
  for (const each of functionsOf(params)) if (!functions.has(each) && !isBrought(each, name)) return refused(`${each}() has no form there`, 'another expression, or leat run');
  return { can: true, equality, notes };
}

/** A function of the user's that says how the engine says it. */
function isBrought(each: string, engine: Target['name']): boolean {
  const own = userFunctions.get(each);
  return own !== undefined && (engine === 'beam' ? own.python : own.sql?.[engine]) !== undefined;
}

/** Of a whole plan, by compiling it: an engine may also refuse how stages stand together. `needsFields`: it would have to know the fields of an input. `byStage`: one stage is refused whatever it stands beside. */
export function verdictOfPlan(plan: Plan, target: Target): Verdict & { readonly needsFields: boolean; readonly byStage: boolean } {
  const byStage = together(nodesOf(plan).map((node) => verdictOf(node, target)));
  const no = { needsFields: false, byStage: false };
  if (!byStage.can) return { ...byStage, ...no, byStage: true };
  try {
    const { equality, assumptions } = target.compile(plan, { functions: [...userFunctions.values()] });
    return { can: true, equality, notes: assumptions, ...no };
  } catch (thrown) {
    const error = thrown instanceof Failure ? thrown.error : thrown;
    if (error instanceof LeatError && error.code === 'E_SCHEMA') return { ...byStage, ...no, needsFields: true };
    if (error instanceof LeatError) return { ...refused(error.message.replace(`${target.name}: `, ''), error.help), ...no };
    throw error;
  }
}

/** Of several stages: the first that cannot be said, or the weakest equality. */
export const together = (verdicts: readonly Verdict[]): Verdict => verdicts.find(({ can }) => !can)
  ?? { can: true, equality: verdicts.reduce<Equality>((all, each) => each.can ? weaker(all, each.equality) : all, 'exact'), notes: [...new Set(verdicts.flatMap((each) => each.can ? each.notes : []))] };

/** Aggregates that a call names; the functions that only --over has are a feature. */
function callsOf({ aggregates, over }: { readonly aggregates?: AggText; readonly over?: readonly Over[] }): readonly string[] {
  return [...aggregates?.calls ?? [], ...(over ?? []).map(({ call }) => call)].map(({ fn }) => fn).filter((fn) => findAggregate(fn) !== undefined);
}

/** Functions that its expressions call. */
function functionsOf(params: object): readonly string[] {
  const found = new Set<string>(), walk = (syntax: Syntax): void => { if (syntax.kind === 'call') found.add(syntax.spec.name); children(syntax).forEach(walk); };
  const look = (value: unknown): void => {
    if (typeof value !== 'object' || value === null) return;
    if ('syntax' in value) walk((value as Expression).syntax); else if (Array.isArray(value)) value.forEach(look); else if (!(value instanceof Map)) Object.values(value).forEach(look);
  };
  look(params);
  return [...found];
}
