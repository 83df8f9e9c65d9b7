// A crash in the middle of a program's work on files, without a process of its own: after so many calls that change something on disk, every further one fails, so nothing more
// gets there, whoever catches what. What the calls before did stays, as after kill -9 (not as after a power loss).
import fs from 'node:fs';
import { syncBuiltinESMExports } from 'node:module';

/** Thrown by the call that does not happen any more. */
export class Crash extends Error {}

const changing = ['writeSync', 'fsyncSync', 'ftruncateSync', 'renameSync', 'linkSync', 'unlinkSync', 'chmodSync', 'mkdirSync'] as const;

export interface Fuse {
  /** Calls that changed something so far. */
  readonly count: number;
  /** For what does not go through node:fs. */
  spend(): void;
}

/** Does the work, at most until `most` calls have changed something. true: it crashed. Files that were left open are closed. */
export async function crashing(most: number, work: (fuse: Fuse) => Promise<void>): Promise<boolean> {
  const real = { ...fs }, open = new Set<number>();
  let count = 0;
  const spend = (): void => { if (count >= most) throw new Crash(`crash after ${most}`); count++; };
  const target = fs as unknown as Record<string, unknown>;   // `as`: its members are given other values
  for (const name of changing) target[name] = (...args: unknown[]): unknown => { spend(); return (real[name] as (...args: unknown[]) => unknown)(...args); };
  target['openSync'] = (...args: Parameters<typeof fs.openSync>): number => {
    const flags = args[1];
    if (typeof flags === 'number' ? (flags & (fs.constants.O_CREAT | fs.constants.O_TRUNC)) !== 0 : flags !== undefined && flags !== 'r') spend();
    const fd = real.openSync(...args);
    open.add(fd);
    return fd;
  };
  target['closeSync'] = (fd: number): void => { open.delete(fd); real.closeSync(fd); };
  syncBuiltinESMExports();
  try { await work({ get count() { return count; }, spend }); return false; } catch (error) { if (count < most) throw error; return true; } finally {
    for (const name of [...changing, 'openSync', 'closeSync'] as const) target[name] = real[name];
    syncBuiltinESMExports();
    for (const fd of open) real.closeSync(fd);
  }
}
