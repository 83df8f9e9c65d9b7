// Real processes: a line for bash with pipefail, in a folder, with bytes on standard input. For results that need no watching (`shell`) and for pipes that stay open (`open`).
import { spawn } from 'node:child_process';
import type { ChildProcess } from 'node:child_process';
import { closeSync, openSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { bash, environment } from './place.js';

export interface Result { readonly stdout: Uint8Array; readonly stderr: string; readonly exit: number }
export interface ShellOptions {
  readonly cwd: string;
  readonly stdin?: Uint8Array | string;
  readonly env?: Readonly<Record<string, string>>;
  /** true: standard output is a pipe (a managed stream keeps its control lines), else a file. */
  readonly pipe?: boolean;
  readonly timeoutMs?: number;
}

const begin = (cmd: string, { cwd, env }: ShellOptions, stdout: 'pipe' | number): ChildProcess =>
  spawn(...bash(cmd, env), { cwd, env: environment(env), stdio: ['pipe', stdout, 'pipe'], detached: true });

/** Runs to the end. Ended by a signal, the exit status is 128 + its number, as the shell has it; -1: it did not end in time. */
export async function shell(cmd: string, options: ShellOptions): Promise<Result> {
  const file = join(options.cwd, '.stdout'), fd = options.pipe === true ? undefined : openSync(file, 'w');
  const child = begin(cmd, options, fd ?? 'pipe'), out: Uint8Array[] = [], err: Uint8Array[] = [];
  if (fd !== undefined) closeSync(fd);
  child.stdout?.on('data', (bytes: Uint8Array) => out.push(bytes));
  child.stderr!.on('data', (bytes: Uint8Array) => err.push(bytes));   // `!`: stdio says so
  child.stdin!.on('error', () => { /* it did not want all of its input */ });
  child.stdin!.end(options.stdin ?? '');
  const exit = await ended(child, options.timeoutMs ?? 30_000).exit;
  return { stdout: fd === undefined ? Buffer.concat(out) : readFileSync(file), stderr: Buffer.concat(err).toString(), exit };
}

/** Asked at the start: a child that is gone tells nobody later. */
function ended(child: ChildProcess, timeoutMs: number): { readonly exit: Promise<number> } {
  let isLate = false;
  const timer = setTimeout(() => { isLate = true; stop(child); }, timeoutMs);
  const exit = new Promise<number>((done) => child.on('close', (code, signal) => {
    clearTimeout(timer);
    done(isLate ? -1 : code ?? 128 + (signal === 'SIGKILL' ? 9 : signal === 'SIGTERM' ? 15 : 2));
  }));
  return { exit };
}

/** Ends the shell and what it started. */
export function stop(child: ChildProcess): void { try { process.kill(-child.pid!, 'SIGKILL'); } catch { /* it is gone */ } }   // `!`: it was started

/** A pipeline whose input stays open. */
export interface Open {
  write(bytes: Uint8Array | string): void;
  /** What came so far, without control lines. */
  lines(): string[];
  /** Waits until that many lines have come; false: they did not, in time. */
  until(count: number, timeoutMs?: number): Promise<boolean>;
  /** Closes the input and waits for the end. */
  close(): Promise<Result>;
  readonly child: ChildProcess;
}

export function open(cmd: string, options: ShellOptions): Open {
  const child = begin(cmd, options, 'pipe'), end = ended(child, options.timeoutMs ?? 60_000), err: Uint8Array[] = [];
  let text = '', tell = (): void => { /* nobody waits */ };
  child.stdout!.setEncoding('utf8');                                  // `!`, here and below: stdio says so
  child.stdout!.on('data', (piece: string) => { text += piece; tell(); });
  child.stderr!.on('data', (bytes: Uint8Array) => err.push(bytes));
  child.stdin!.on('error', () => { /* it did not want all of its input */ });
  const lines = (): string[] => text.slice(0, text.lastIndexOf('\n') + 1).split('\n').filter((line) => line.trim() !== '');
  return {
    child, lines,
    write(bytes) { child.stdin!.write(bytes); },
    until: (count, timeoutMs = 10_000) => new Promise((done) => {
      const timer = setTimeout(() => { tell = () => { /* nobody waits any more */ }; done(false); }, timeoutMs);
      tell = () => { if (lines().length >= count) { clearTimeout(timer); done(true); } };
      tell();
      void end.exit.then(() => { clearTimeout(timer); done(lines().length >= count); });   // nothing more will come
    }),
    async close() {
      child.stdin!.end();
      const exit = await end.exit;
      return { stdout: Buffer.from(lines().map((line) => `${line}\n`).join('')), stderr: Buffer.concat(err).toString(), exit };
    },
  };
}

/** Works through a list, some at a time. */
export async function pool<T>(list: readonly T[], width: number, work: (each: T) => Promise<void>): Promise<void> {
  let next = 0;
  await Promise.all(Array.from({ length: width }, async () => { while (next < list.length) await work(list[next++]!); }));   // `!`: the loop checks
}
