// Runs families of faults: each task once, some at a time, within a limit of time; counts what was injected, skipped and wrong.
import { pool } from '../harness/shell.js';
import type { Family, Outcome } from './family.js';
import { families } from './families.js';

export interface SuiteOptions {
  readonly seed: number;
  /** Part of a family's name. */
  readonly only?: string;
  /** Tasks a family; without it as many as the family says for `size`. */
  readonly rounds?: number;
  /** This task alone. */
  readonly round?: number;
  readonly size: 'full' | 'part';
}
export interface Count { readonly name: string; readonly about: string; readonly tasks: number; readonly injected: number; readonly wrong: number; readonly skipped: number; readonly reason: string; readonly seconds: number }
/** A task that found something wrong. */
export interface Finding { readonly family: string; readonly round: number; readonly task: string; readonly wrong: readonly string[] }

export const chosen = (only = ''): readonly Family[] => families.filter(({ name }) => name.includes(only));

export async function suite({ seed, only, rounds, round, size }: SuiteOptions, found: (finding: Finding) => void, ended: (count: Count) => void = () => { /* nobody asked */ }): Promise<readonly Count[]> {
  const counts: Count[] = [];
  for (const family of chosen(only)) {
    const started = performance.now(), { name, about } = family, least = round === undefined ? 0 : round + 1;
    const plan = await family.plan(Math.max(rounds ?? family[size], least), seed), tasks = 'skipped' in plan ? [] : plan.map((task, i) => ({ task, i })).filter(({ i }) => round === undefined || i === round);
    let injected = 0, wrong = 0;
    await pool(tasks, family.width ?? 2, async ({ task, i }) => {
      const outcome = await task.run().catch((error: unknown): Outcome => ({ injected: 0, wrong: [error instanceof Error ? error.stack ?? error.message : String(error)] }));
      injected += outcome.injected;
      if (outcome.wrong.length > 0) { wrong++; found({ family: name, round: i, task: task.name, wrong: outcome.wrong }); }
    });
    const count: Count = { name, about, tasks: tasks.length, injected, wrong, skipped: 'skipped' in plan ? plan.count : 0, reason: 'skipped' in plan ? plan.skipped : '', seconds: (performance.now() - started) / 1000 };
    counts.push(count);
    ended(count);
  }
  return counts;
}
