// Processes found by a mark in their environment: those of a run whose parts have groups of their own.
import { readFileSync, readdirSync } from 'node:fs';

export const MARK = 'LEAT_TEST_MARK';

/** Those that carry the mark and live; zombies do not count. */
export function marked(mark: string): number[] {
  return readdirSync('/proc').filter((name) => /^\d+$/.test(name)).filter((pid) => {
    try { return readFileSync(`/proc/${pid}/environ`, 'latin1').split('\0').includes(`${MARK}=${mark}`) && !/\) Z /.test(readFileSync(`/proc/${pid}/stat`, 'latin1')); } catch { return false; }
  }).map(Number);
}
let marks = 0;
export const newMark = (): string => `${process.pid}-${marks++}`;

/** Waits until none lives. false: they do, in time. */
export async function gone(mark: string, timeoutMs = 10_000): Promise<boolean> {
  for (const until = Date.now() + timeoutMs; marked(mark).length > 0; ) { if (Date.now() > until) return false; await new Promise((done) => setTimeout(done, 20)); }
  return true;
}
