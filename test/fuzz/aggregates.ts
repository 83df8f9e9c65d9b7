// Aggregates as leat and as DuckDB say them; the names in the tables are those of duck.ts. Only what both compute to the last digit: sums of integers and of eighths, no variances.
import type { Dice } from '../harness/random.js';
import type { Name } from './rows.js';

interface Pair { readonly leat: string; readonly sql: string; readonly needs: readonly Name[] }

const of = (leat: string, sql: string, ...needs: Name[]): Pair => ({ leat, sql, needs });
const ordered = 'ORDER BY ts, seq';
const pairs: readonly Pair[] = [
  of('count()', 'count(*)'), of('count(v)', 'count(v)', 'v'), of('count(v > 3)', 'count(*) FILTER (WHERE v > 3)', 'v'), of('count() where c', 'count(*) FILTER (WHERE c)', 'c'), of('count(m)', 'count(*) FILTER (WHERE m IS NOT NULL AND m.r <> 1)', 'm'),
  of('sum(v)', 'sum(v)', 'v'), of('sum(b)', 'sum(b)', 'b'), of('sum(x)', 'sum(x)', 'x'), of('sum(v) where v > 3', 'sum(v) FILTER (WHERE v > 3)', 'v'), of('sum(v * 2 + 1)', 'sum(v * 2 + 1)', 'v'),
  of('avg(v)', 'avg(v)', 'v'), of('avg(x)', 'avg(x)', 'x'), of('min(v)', 'min(v)', 'v'), of('max(v)', 'max(v)', 'v'), of('min(m)', 'min(m)', 'm'), of('max(m)', 'max(m)', 'm'), of('max(b)', 'max(b)', 'b'), of('min(x)', 'min(x)', 'x'),
  of('first(id)', `first(id ${ordered})`), of('last(id)', `last(id ${ordered})`), of('first(v)', `first(v ${ordered}) FILTER (WHERE v IS NOT NULL)`, 'v'), of('last(m)', `last(m ${ordered}) FILTER (WHERE m IS NOT NULL)`, 'm'),
  of('collect(id)', `coalesce(list(id ${ordered}), [])`), of('collect(v)', `coalesce(list(v ${ordered}) FILTER (WHERE v IS NOT NULL), [])`, 'v'), of('collect_set(v)', 'coalesce(list_sort(list(DISTINCT v) FILTER (WHERE v IS NOT NULL)), [])', 'v'),
  of('distinct(v)', 'count(DISTINCT v)', 'v'), of('distinct(m)', 'count(DISTINCT m)', 'm'), of('any(c)', 'bool_or(c)', 'c'), of('all(c)', 'bool_and(c)', 'c'), of('ratio(c)', 'count(*) FILTER (WHERE c) / nullif(count(*), 0)', 'c'),
  of('argmin(id, v)', 'first(id ORDER BY v, ts, seq) FILTER (WHERE v IS NOT NULL)', 'v'), of('argmax(id, v)', 'first(id ORDER BY v DESC, ts, seq) FILTER (WHERE v IS NOT NULL)', 'v'),
  of('quantile_exact(v, 0.5)', 'list_sort(list(v) FILTER (WHERE v IS NOT NULL))[greatest(1, ceil(0.5 * count(v)))::INTEGER]', 'v'), of('quantile_exact(x, 0.25)', 'list_sort(list(x) FILTER (WHERE x IS NOT NULL))[greatest(1, ceil(0.25 * count(x)))::INTEGER]', 'x'),
];

export interface Aggregates { readonly leat: string; readonly sql: string; readonly needs: readonly Name[] }

/** A few, named a0, a1, …; always with one that shows which records were counted. */
export function aggregates(roll: Dice): Aggregates {
  const some = [roll.pick([of('collect(id)', `coalesce(list(id ${ordered}), [])`), of('count()', 'count(*)')]), ...roll.shuffled(pairs).slice(0, roll.below(4))];
  return { leat: some.map(({ leat }, i) => `${leat} as a${i}`).join(', '), sql: some.map(({ sql }, i) => `${sql} AS a${i}`).join(', '), needs: some.flatMap(({ needs }) => needs) };
}

export interface Keys { readonly leat: string; readonly sql: readonly string[]; readonly names: readonly string[]; readonly needs: readonly Name[] }

/** Keys of a group-by: none, fields, an expression. */
export function keys(roll: Dice): Keys {
  return roll.pick<Keys>([
    { leat: '', sql: [], names: [], needs: [] }, { leat: ' by k', sql: ['k'], names: ['k'], needs: ['k'] }, { leat: ' by k', sql: ['k'], names: ['k'], needs: ['k'] },
    { leat: ' by k, g', sql: ['k', 'g'], names: ['k', 'g'], needs: ['k', 'g'] }, { leat: ' by v > 3 as hot', sql: ['(v > 3) AS hot'], names: ['hot'], needs: ['v'] }, { leat: ' by m', sql: ['m'], names: ['m'], needs: ['m'] },
  ]);
}
export const names = (...lists: readonly (readonly Name[])[]): Name[] => [...new Set(lists.flat())];

/** How agg is asked to print: rows that are final, or changes, of which the fold is the same. */
export function emission(roll: Dice, isTimed = true): { readonly option: string; readonly changes: boolean } {
  const option = roll.pick(['', '', '', '', '--emit changes ', ...isTimed ? ['--every 5ms ', '--every 1s '] : []]);
  return { option, changes: option !== '' };
}
