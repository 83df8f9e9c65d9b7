// What each engine of leat compile can say, as tables of at most 76 columns: of features, functions and aggregates. Made from the tables of the targets, so it is what compile does.
import { aggregates } from '../agg/index.js';
import { functions } from '../expr/functions/index.js';
import { placeFunctions } from '../operators/agg/over/item.js';
import { isOperator } from '../spec/tool.js';
import { targets } from '../plan/targets/index.js';
import type { Equality, Target } from '../plan/targets/target.js';
import { tools } from '../registry.js';
import type { Feature } from '../registry.js';

/** How a cell says it. */
const signs: Readonly<Record<Equality, string>> = { exact: 'exact', 'exact if nothing is late': 'no late', 'float-approx': 'floats' };
export const legend = 'exact: the same multiset of records, late records too. no late: exact if nothing is late, for the engine keeps what leat calls late. floats: and sums of doubles may differ in the last digits. -: not said; the reason stands below.';

const column = 9, first = 24;
const row = (name: string, cells: readonly string[]): string => `${name.padEnd(first)}${cells.map((cell) => cell.padEnd(column)).join('')}`.trimEnd();
const head = (what: string): string => row(what, targets.map(({ name }) => name));

/** Features of every tool, in the order of help. */
const features: readonly (readonly [Feature, string])[] = tools.flatMap((tool) => isOperator(tool) ? Object.entries(tool.features) as (readonly [Feature, string])[] : []);

export const featureTable = (): string => [head(''), ...features.map(([name]) => row(name, targets.map(({ can }) => { const cell = can[name]; return 'reason' in cell ? '-' : signs[cell.equality]; })))].join('\n');

/** What each feature is. */
export const featureList = features;

/** Names that an engine lacks, a row each; those that all have are counted. */
function nameTable(what: string, names: readonly string[], has: (target: Target, name: string) => boolean): string {
  const rows = names.map((name): readonly [string, readonly boolean[]] => [name, targets.map((target) => has(target, name))]), odd = rows.filter(([, cells]) => cells.includes(false)), all = rows.length - odd.length;
  return [...odd.length === 0 ? [] : [head(''), ...odd.map(([name, cells]) => row(name, cells.map((cell) => cell ? 'yes' : '-')))], ...all === 0 ? [] : [`${odd.length === 0 ? 'all' : 'all others'}: ${all} ${what}, in every engine`]].join('\n');
}
export const functionTable = (): string => nameTable('functions', [...functions.keys()], ({ functions: known }, name) => known.has(name));
export const aggregateTable = (): string => nameTable('aggregates', aggregates.map(({ name }) => name), ({ aggregates: known }, name) => known.has(name));
/** Those of --over are said with agg.over. */
export const overNames = Object.keys(placeFunctions);

/** Why an engine cannot say a feature, and what may stand in its place; features of one reason together. */
export function refusals(target: Target): readonly { readonly features: readonly string[]; readonly reason: string; readonly instead: string }[] {
  const found = new Map<string, { features: string[]; reason: string; instead: string }>();
  for (const [name] of features) {
    const cell = target.can[name];
    if (!('reason' in cell)) continue;
    const key = `${cell.reason}\n${cell.instead}`, known = found.get(key);
    if (known !== undefined) known.features.push(name); else found.set(key, { features: [name], reason: cell.reason, instead: cell.instead });
  }
  return [...found.values()];
}

/** What must be so for a feature to be as equal as the table says. */
export function notes(target: Target): readonly { readonly features: readonly string[]; readonly note: string }[] {
  const found = new Map<string, string[]>();
  for (const [name] of features) { const cell = target.can[name]; if (!('reason' in cell) && cell.note !== undefined) found.set(cell.note, [...found.get(cell.note) ?? [], name]); }
  return [...found].map(([note, names]) => ({ features: names, note }));
}
