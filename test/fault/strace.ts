// Which system calls a run makes on files of its own, and the means to make one of them fail or be the last (EXACTLY-ONCE appendix D). strace counts each call by its name.
import { spawnSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Place, RunOptions } from './place.js';

export const MUTATING = ['openat', 'write', 'pwrite64', 'writev', 'fsync', 'fdatasync', 'rename', 'renameat2', 'ftruncate', 'unlink', 'unlinkat', 'link', 'linkat', 'mkdir', 'mkdirat', 'chmod', 'fchmod'] as const;

/** One call of a run: the nth of its name in the first thread. */
export interface Point { readonly call: string; readonly nth: number; /** What it works on, as strace prints it, cut short. */ readonly on: string }

let possible: boolean | undefined;
export const canTrace = (): boolean => possible ??= spawnSync('strace', ['-f', '-qq', '-o', '/dev/null', '-e', 'trace=openat', '-e', 'inject=openat:error=ENOENT:when=10000', 'true']).status === 0;
export const noTrace = 'strace cannot trace here (no strace, or ptrace is not allowed)';

/** The places in a command where one of its processes begins. */
export const stagesOf = (command: string): number[] => [...command.matchAll(/(?:^|\| |<\()(?=leat )/g)].map((found) => found.index + found[0].length);
/** The command with something before one of its processes. */
export function before(command: string, stage: number, prefix: string): string {
  const at = stagesOf(command)[stage]!;                    // `!`: the caller counted them
  return `${command.slice(0, at)}${prefix} ${command.slice(at)}`;
}

/** The calls of one process of a run that change something, or those named. */
export async function pointsOf(place: Place, stage: number, options: RunOptions, command: string, calls: readonly string[] = MUTATING): Promise<Point[]> {
  const folder = mkdtempSync(join(tmpdir(), 'leat-trace-')), log = join(folder, 'log');
  try {
    const { exit, stderr } = await place.start({ ...options, command: before(command, stage, `strace -f --seccomp-bpf -qq -y -s 32 -o ${log} -e trace=${calls.join(',')}`) }).ended;
    if (exit !== 0) throw new Error(`traced: exit ${exit}\n${stderr}`);
    const points: Point[] = [], counts = new Map<string, number>();
    let first: string | undefined, isOwn = false;
    for (const line of readFileSync(log, 'latin1').split('\n')) {
      const [, thread, call, rest = ''] = /^(\d+) +(\w+)\((.*)$/.exec(line) ?? [];
      first ??= thread;
      if (call === undefined || thread !== first) continue;
      const nth = (counts.get(call) ?? 0) + 1;
      counts.set(call, nth);
      const file = /^(?:AT_FDCWD<[^>]*>, )?"([^"]*)"/.exec(rest)?.[1], target = file ?? /^\d+<([^>]*)>/.exec(rest)?.[1] ?? '', isHere = file === undefined ? target.startsWith(place.path) || /^[01]<pipe:/.test(rest) : !file.startsWith('/') || file.startsWith(place.path);
      isOwn ||= target.includes('/st/') || target.startsWith('st');
      if (!isHere || !isOwn) continue;
      if (call === 'openat' && !calls.includes('read') && !/O_CREAT|O_WRONLY|O_RDWR|O_DIRECTORY/.test(rest)) continue;
      if (call === 'fcntl' && !rest.includes('SETLK')) continue;   // the rest is Node's
      points.push({ call, nth, on: rest.replaceAll(place.path, '').slice(0, 60) });
    }
    return points;
  } finally { rmSync(folder, { recursive: true, force: true }); }
}

/** What makes the process end, or get an error, at that call. Not with --seccomp-bpf, which loses injected signals (strace 6.1). */
export const inject = ({ call, nth }: Point, what: string): string => `strace -f -qq -o /dev/null -e trace=${call} -e inject=${call}:${what}:when=${nth}`;
