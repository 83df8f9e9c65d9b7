// `leat run --checkpoint DIR -- CMD…`: one run of several sources or sinks, which begin, go on and end together (EXACTLY-ONCE R13). The attempt and the epoch that all go on from are
// chosen here, before any of them starts; what they are told stands in their environment. It must not know what CMD does.
import { readFileSync, readdirSync } from 'node:fs';
import { constants } from 'node:os';
import { LeatError, reason } from '../errors.js';
import { findProgram } from '../io/child.js';
import { childProcess } from '../io/builtin.js';
import { begin } from '../checkpoint/member.js';

/** Between the end of CMD and the end of what it left running. */
const GRACE_MS = 5000;

/** Whether any process of a group still runs: one that has ended and waits for its parent, or for process 1, to notice is of the group too. Where the system does not tell: true. */
function isAlive(group: number): boolean {
  let names: string[];
  try { names = readdirSync('/proc'); } catch { return true; }
  const states = names.flatMap((name) => {
    if (!/^\d+$/.test(name)) return [];
    try { const [state, , of] = readFileSync(`/proc/${name}/stat`, 'latin1').replace(/^.*\) /s, '').split(' '); return Number(of) === group ? [state] : []; } catch { return []; }
  });
  return names.length === 0 || states.some((state) => state !== 'Z' && state !== 'X');
}

/** Runs CMD in a process group of its own, and ends what is left of it. Its exit status. Errors: E_BUSY, E_CHECKPOINT, E_PROGRAM. */
export async function supervise([program, ...words]: readonly string[], path: string, reopens: boolean): Promise<number> {
  findProgram(program);
  const { attempt, epoch, isFinishing, lock, ledger } = await begin(path, reopens);
  try {
    const child = childProcess().spawn(program, words, { stdio: 'inherit', detached: true, env: { ...process.env, LEAT_CHECKPOINT: path, LEAT_RUN: `${attempt}:${epoch}${isFinishing ? ':end' : ''}` } });
    const ended = new Promise<number>((resolve, reject) => {
      child.once('error', ({ code, message }: NodeJS.ErrnoException) => reject(new LeatError('E_PROGRAM', { program, why: reason(code, message), help: '' })));
      child.once('exit', (code, signal) => resolve(code ?? 128 + (signal === null ? 0 : constants.signals[signal])));
    });
    const group = (signal: NodeJS.Signals | 0): boolean => { try { return child.pid !== undefined && process.kill(-child.pid, signal); } catch { return false; } };
    let asked: NodeJS.Signals | undefined;
    const pass = (signal: NodeJS.Signals): void => { group(asked === undefined ? signal : 'SIGKILL'); asked = signal; };
    process.on('SIGINT', pass); process.on('SIGTERM', pass);
    const exit = await ended;
    // What CMD does not wait for (<( ), >( )) is still at work: a clean end is given time, anything else is not.
    for (let waited = 0; exit === 0 && waited < GRACE_MS && group(0) && isAlive(child.pid!); waited += 20) await new Promise((resolve) => setTimeout(resolve, 20));   // `!`: it has run
    group('SIGTERM');
    ledger.ended(attempt);
    return asked === undefined ? exit : asked === 'SIGINT' ? 130 : 143;
  } finally { ledger.close(); lock.close(); }
}
