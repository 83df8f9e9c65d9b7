// test/engines/results.ndjson: what `npm run engines` found, a line for each pipeline and engine, in their order.
import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { engines } from './install.js';
import type { Engine } from './install.js';
import { pipelines } from './pipelines.js';

export interface Line {
  readonly pipeline: string;
  readonly engine: Engine;
  /** equal: the same multiset as leat's; refused: leat compile says why not; ran: and counted late records, of which the manifest says nothing; the other two must not be. */
  readonly result: 'equal' | 'refused' | 'ran' | 'differs' | 'failed';
  readonly reason?: string;
  readonly version?: string;
  /** Of the files that were run. */
  readonly hash?: string;
  /** Class of the manifest. */
  readonly equality?: string;
  /** Of leat. */
  readonly rows?: number;
}

const file = 'test/engines/results.ndjson';
export const readResults = (): readonly Line[] => existsSync(file) ? readFileSync(file, 'utf8').split('\n').filter((line) => line !== '').map((line) => JSON.parse(line) as Line) : [];

/** Lines of pipelines that are no more are left out. */
export function writeResults(lines: readonly Line[]): void {
  const place = new Map(pipelines.map(({ name }, i) => [name, i])), known = lines.filter(({ pipeline }) => place.has(pipeline));
  const order = (line: Line): number => place.get(line.pipeline)! * engines.length + engines.indexOf(line.engine);   // `!`: it is known
  writeFileSync(file, known.toSorted((a, b) => order(a) - order(b)).map((line) => `${JSON.stringify(line)}\n`).join(''));
}

/** Whether an engine leaves late records out as leat does, so that its results are equal with them too. The class float-approx says nothing of it, and DuckDB always does. */
export const knowsLate = (engine: Engine, equality: string): boolean => equality === 'exact' || engine === 'duckdb';
