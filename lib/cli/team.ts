// The threads of leat run --jobs, started where they can be of use: a file among the inputs is large. Early, for a thread takes as long to start as the rest of the command line to be read.
import { existsSync, statSync } from 'node:fs';
import { Team } from '../runtime/parallel/team.js';

/** A smaller file is read sooner than threads are started. */
const WORTH_BYTES = 16 << 20;

/** The program of a thread: beside the bundle, or the module that was compiled. */
const bundled = new URL('./job.cjs', import.meta.url);
export const jobProgram = (): URL => existsSync(bundled) ? bundled : new URL('./job.js', import.meta.url);

/**
 * With all cores at work, what V8 compiles in the background is taken from them: it shall optimise what is really hot, and leave the rest. (A leat without threads has a core to spare for that.)
 * Newer versions may not know the flag, and would say so.
 */
const THREAD_FLAG = '--interrupt-budget=250000', NODE_MAX = 24;

/** undefined: no thread would have anything to do. */
export function teamFor(jobs: number, files: readonly string[]): Team | undefined {
  const least = process.env['LEAT_TEST_PART'] === undefined ? WORTH_BYTES : 0;
  const isLarge = (file: string): boolean => { const stat = statSync(file, { throwIfNoEntry: false }); return stat?.isFile() === true && stat.size >= least; };
  if (!files.some(isLarge)) return undefined;
  if (Number.parseInt(process.versions.node, 10) <= NODE_MAX) process.getBuiltinModule('node:v8').setFlagsFromString(THREAD_FLAG);
  try { return new Team(jobs - 1, jobProgram()); } catch { return undefined; }   // the system has no thread left: it goes without
}
