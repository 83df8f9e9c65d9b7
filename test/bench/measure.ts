// Whole processes, start-up included: wall time, peak memory, and what several rounds of them say. Contestants take turns, so that a slow minute of the machine hits all.
import { spawnSync } from 'node:child_process';
import { closeSync, existsSync, openSync, readFileSync, rmSync } from 'node:fs';
import { join } from 'node:path';

/** One contestant of a row: an executable with its words, or a line for bash. */
export interface Command {
  readonly name: string;
  readonly argv: readonly string[];
  /** File for standard output; absent: none is wanted. */
  readonly out?: string;
  /** File for standard input. */
  readonly in?: string;
  readonly env?: Readonly<Record<string, string>>;
  /** Runs once, not every round: slower than the others by an order of magnitude. */
  readonly once?: boolean;
}

export interface Times { readonly name: string; readonly seconds: readonly number[]; readonly min: number; readonly median: number }

/** Wall time in seconds of one run. Errors: an exit status other than 0. */
export function run(command: Command): number {
  const stdin = command.in === undefined ? 'ignore' : openSync(command.in, 'r');
  const stdout = command.out === undefined ? 'ignore' : openSync(command.out, 'w');
  const [file = '', ...words] = command.argv, begun = process.hrtime.bigint();
  const { status, signal, error, stderr } = spawnSync(file, words, { stdio: [stdin, stdout, 'pipe'], env: { ...process.env, ...command.env }, maxBuffer: 1 << 26 });
  const seconds = Number(process.hrtime.bigint() - begun) / 1e9;
  for (const fd of [stdin, stdout]) if (typeof fd === 'number') closeSync(fd);
  if (status !== 0) throw new Error(`${command.name}: ${error?.message ?? `exit ${status ?? signal}`}\n${String(stderr)}`);
  return seconds;
}

/** Rounds over all contestants in turn. The first round is preceded by one reading of the inputs, so that all find them in memory. */
export function compete(commands: readonly Command[], rounds: number): Times[] {
  const seconds = commands.map((): number[] => []);
  for (let round = 0; round < rounds; round++) {
    for (const [i, command] of commands.entries()) if (round === 0 || command.once !== true) seconds[i]!.push(run(command));   // `!`: one list a command
  }
  return commands.map(({ name }, i) => times(name, seconds[i]!));   // `!`: one list a command
}

export function times(name: string, seconds: readonly number[]): Times {
  const sorted = [...seconds].sort((a, b) => a - b);
  return { name, seconds, min: sorted[0] ?? Number.NaN, median: quantile(sorted, 0.5) };
}

/** Rank ceil(q n) of sorted values. */
export const quantile = (sorted: readonly number[], q: number): number => sorted[Math.max(0, Math.ceil(q * sorted.length) - 1)] ?? Number.NaN;

/** Peak resident memory of one run in MiB; undefined where GNU time is missing. */
export function peakMiB(command: Command): number | undefined {
  const time = '/usr/bin/time';
  if (!existsSync(time)) return undefined;
  const told = join('.cache/bench', `peak-${process.pid}`);
  run({ ...command, argv: [time, '-f', '%M', '-o', told, ...command.argv] });
  const kib = Number(readFileSync(told, 'utf8').trim().split('\n').at(-1));
  rmSync(told);
  return kib / 1024;
}

export const has = (program: string): boolean => spawnSync('sh', ['-c', `command -v ${program}`]).status === 0;
