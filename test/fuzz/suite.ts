// Many trials: which family has how many, seeds, failures told so that they can be repeated. What main.ts, the property test and the mutants run.
import type { TextOptions } from '../../lib/cli/in-process.js';
import { folder } from '../harness/place.js';
import { dice } from '../harness/random.js';
import type { Dice } from '../harness/random.js';
import { Duck } from './duck.js';
import { families } from './families.js';
import type { Family } from './family.js';
import { run, shrunk } from './run.js';
import type { Outcome } from './run.js';

export interface Wanted {
  readonly cases: number;
  readonly seed: number;
  /** Part of a family's name. */
  readonly only?: string;
  /** Stop at the first failure, and do not look for a smaller input. */
  readonly hasty?: boolean;
}
export interface Failed { readonly family: string; readonly seed: number; readonly text: string }
export interface Report {
  readonly families: readonly { readonly name: string; readonly cases: number; readonly rows: number; readonly late: number; readonly failed: number; readonly seconds: number }[];
  readonly failures: readonly Failed[];
}

/** Case n of a family has seed + n, so the seed that a failure names is that of its first case. */
const diceOf = (seed: number, name: string): Dice => {
  let mixed = seed >>> 0;
  for (const letter of name) mixed = Math.imul(mixed ^ letter.charCodeAt(0), 0x85ebca6b) >>> 0;
  mixed = Math.imul(mixed ^ (mixed >>> 15), 0xc2b2ae35) >>> 0;
  return dice(mixed ^ (mixed >>> 13));
};

const wayOf = (roll: Dice): TextOptions => roll.pick<TextOptions>([{ fused: true }, { fused: false }, { fused: true, rows: 1 }, { fused: false, rows: 1 + roll.below(5), chunk: 1 + roll.below(50) }]);

export const chosen = (only = ''): Family[] => families.filter(({ name }) => name.includes(only));

/** Errors: what DuckDB says of a query it cannot run, with family and seed. */
export async function suite({ cases, seed, only, hasty = false }: Wanted, told: (failed: Failed) => void = () => undefined): Promise<Report> {
  const duck = await Duck.open(), place = folder(), all = chosen(only), weight = all.reduce((sum, each) => sum + each.weight, 0), failures: Failed[] = [], counts: Report['families'][number][] = [];
  try {
    for (const family of all) {
      const started = performance.now(), count = Math.max(1, Math.round(cases * family.weight / weight)), before = failures.length;
      let rows = 0, late = 0;
      for (let n = 0; n < count && !(hasty && failures.length > 0); n++) {
        const roll = diceOf(seed + n, family.name), trial = family.make(roll), way = wayOf(roll);
        let outcome: Outcome;
        try { outcome = await run(duck, trial, way, place.path); } catch (error) { throw new Error(`${family.name}, seed ${seed + n}: ${error instanceof Error ? error.message : String(error)}`); }
        rows += outcome.expected.length; late += outcome.expected.filter((row) => row.startsWith('late ')).length;
        if (outcome.isEqual) continue;
        const least = hasty ? trial : await shrunk(trial, async (fewer) => !(await run(duck, fewer, way, place.path)).isEqual);
        const failed = { family: family.name, seed: seed + n, text: explain(least, hasty ? outcome : await run(duck, least, way, place.path), way) };
        failures.push(failed); told(failed);
      }
      counts.push({ name: family.name, cases: count, rows, late, failed: failures.length - before, seconds: (performance.now() - started) / 1000 });
    }
  } finally { duck.close(); place.remove(); }
  return { families: counts, failures };
}

function explain(trial: Parameters<typeof run>[1], { got, expected, said }: Outcome, way: TextOptions): string {
  const part = (name: string, lines: readonly string[]): string => `${name} (${lines.length})\n${lines.map((line) => `    ${line.replaceAll(/x{1000,}/g, (pad) => `x{${pad.length}}`)}\n`).join('')}`;
  const at = expected.findIndex((row, i) => row !== got[i]), from = Math.max(0, (at < 0 ? expected.length : at) - 2);
  const mark = (rows: readonly string[]): string[] => rows.map((row, i) => `${i === (at < 0 ? expected.length : at) ? '>' : ' '} ${row}`).slice(from, from + 12);
  return `  ${trial.cmd}    ${JSON.stringify(way)}\n  ${part('left', trial.left.map(({ text }) => text))}${trial.right === undefined ? '' : `  ${part(`right${trial.prepare === undefined ? '' : `, through ${trial.prepare}`}`, trial.right.map(({ text }) => text))}`}`
    + `  query\n    ${trial.sql}\n${trial.late === undefined ? '' : `    late: ${trial.late}\n`}  ${part(`DuckDB gives ${expected.length} rows; from row ${from + 1}`, mark(expected))}  ${part(`leat gives ${got.length} rows`, mark(got))}${said === '' ? '' : `  ${part('said', said.trimEnd().split('\n'))}`}`;
}
