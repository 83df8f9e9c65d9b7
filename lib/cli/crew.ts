// Processes that work together, from their start to one exit status: signals, the end of all when one fails, what is left over. Owns: that. Must not: know what they do, or which pipes join them.
import { constants } from 'node:os';
import { LeatError, reason } from '../errors.js';
import { childProcess } from '../io/builtin.js';

export interface Hand {
  readonly command: readonly [program: string, ...words: string[]];
  /** Descriptors of this process that become 0, 1, 2 and so on; `ignore`: none. */
  readonly stdio: readonly (number | 'ignore')[];
  readonly env: NodeJS.ProcessEnv;
  /** It takes a signal as an end, not as a death: it puts its work in order first. */
  readonly isLeat: boolean;
  /** It is told of signals; the others end when what they read does. */
  readonly hears: boolean;
  /** Who hands it what it reads, and to whom it hands on; by index. */
  readonly upstream: readonly number[];
  readonly downstream: readonly number[];
}

interface Running { readonly hand: Hand; readonly child: import('node:child_process').ChildProcess; exit: number | undefined; /** Ended from here: its status says nothing. */ isStopped: boolean }

/** For what has nobody to write to any more, or was asked to end. */
const GRACE_MS = 5000;
/** Between a failure and the end of the others: those upstream that had ended all the same are seen to have. */
const LINGER_MS = 250;

/** Ends of a process that is no failure of its own: its reader left (SIGPIPE), or its upstream died (75). */
const SIGPIPE = 128 + constants.signals.SIGPIPE, UPSTREAM = 75, KILLED = 128;

/**
 * Runs them to the end of the last. `opened`: their descriptors, closed here once they are handed on.
 * The exit status is that of the first one in the order given that failed by itself; 130, 143 or 129 after a signal. Errors: E_PROGRAM.
 */
export async function work(hands: readonly Hand[], opened: readonly number[], close: (fd: number) => void): Promise<number> {
  const all: Running[] = [], timers = new Set<NodeJS.Timeout>();
  let asked: NodeJS.Signals | undefined, broken: LeatError | undefined;
  const signal = (running: Running, name: NodeJS.Signals): void => { const { pid } = running.child; if (pid !== undefined && running.exit === undefined) try { process.kill(-pid, name); } catch { /* it is gone */ } };
  const later = (ms: number, then: () => void): void => { const timer = setTimeout(() => { timers.delete(timer); then(); }, ms); timers.add(timer); };
  const isAlive = (i: number): boolean => all[i].exit === undefined;
  const reached = (from: number, side: 'upstream' | 'downstream', found = new Set<number>()): ReadonlySet<number> => {
    for (const next of hands[from][side]) if (!found.has(next)) { found.add(next); reached(next, side, found); }
    return found;
  };

  /** `spared` goes on to its own end. */
  function stop(name: NodeJS.Signals, spared: ReadonlySet<number>): void {
    const told = all.filter(({ hand }, i) => !spared.has(i) && hand.hears);
    for (const running of [...told.filter(({ hand }) => hand.isLeat), ...told.filter(({ hand }) => !hand.isLeat)]) { running.isStopped ||= running.exit === undefined; signal(running, name); }   // who reads a foreign input must not take its end for one
  }
  /** Nothing is left of them. */
  function end(spared: ReadonlySet<number>, name: NodeJS.Signals): void {
    for (const [i, running] of all.entries()) if (!spared.has(i) && running.exit === undefined) { running.isStopped = true; signal(running, name); }
  }

  function over(i: number, code: number): void {
    const running = all[i], { hand } = running;
    running.exit = code;
    // Who writes to nobody would be ended by its next write; it may never come to one.
    for (const above of hand.upstream) if (isAlive(above) && hands[above].downstream.every((each) => !isAlive(each))) later(GRACE_MS, () => { if (isAlive(above)) { all[above].isStopped = true; signal(all[above], 'SIGTERM'); later(GRACE_MS, () => signal(all[above], 'SIGKILL')); } });
    if (running.isStopped || asked !== undefined || code === 0 || code === SIGPIPE) return;
    // Status 1 of another program, like that of grep, most often says something of the data. What breaks off while it is written to, or dies, has failed.
    const isDead = code > KILLED || (hand.isLeat && code !== 1);
    later(LINGER_MS, () => {
      const isFed = [...reached(i, 'upstream')].some(isAlive);
      if (!isFed && !(isDead && hand.upstream.length === 0)) return;
      const spared = reached(i, 'downstream');
      stop('SIGTERM', spared);
      later(GRACE_MS, () => { end(spared, 'SIGTERM'); later(GRACE_MS, () => end(new Set(), 'SIGKILL')); });
    });
  }

  const pass = (name: NodeJS.Signals): void => {
    if (asked === undefined) { asked = name; stop(name === 'SIGHUP' ? 'SIGTERM' : name, new Set()); } else end(new Set(), 'SIGKILL');
  };
  const show = (): void => { for (const running of all) if (running.hand.isLeat) signal(running, 'SIGUSR2'); };
  const halt = (): void => { for (const running of all) signal(running, 'SIGSTOP'); process.kill(process.pid, 'SIGSTOP'); };
  const go = (): void => { for (const running of all) signal(running, 'SIGCONT'); };
  const handlers: readonly (readonly [NodeJS.Signals, (name: NodeJS.Signals) => void])[] = [['SIGINT', pass], ['SIGTERM', pass], ['SIGHUP', pass], ['SIGUSR2', show], ['SIGTSTP', halt], ['SIGCONT', go]];
  for (const [name, handler] of handlers) process.on(name, handler);
  try {
    const ends: Promise<void>[] = [];
    try {
      for (const [i, hand] of hands.entries()) {
        const [program, ...words] = hand.command;
        // A group of its own: Ctrl-C is for us, and what it has started ends with it.
        const child = childProcess().spawn(program, words, { stdio: [...hand.stdio], detached: true, env: hand.env });
        all.push({ hand, child, exit: undefined, isStopped: false });
        ends.push(new Promise((done) => {
          child.once('error', ({ code, message }: NodeJS.ErrnoException) => {
            if (child.pid !== undefined) return;
            broken ??= new LeatError('E_PROGRAM', { program, why: reason(code, message), help: '' });
            over(i, 69); done();
          });
          child.once('exit', (code, name) => { over(i, code ?? KILLED + (name === null ? 0 : constants.signals[name])); done(); });
        }));
      }
    } finally { for (const fd of opened) close(fd); }
    if (asked !== undefined) stop(asked, new Set());         // it came between two starts
    await Promise.all(ends);
  } finally {
    for (const timer of timers) clearTimeout(timer);
    for (const running of all) { const { pid } = running.child; if (pid !== undefined) try { process.kill(-pid, 'SIGTERM'); } catch { /* nothing of its group is left */ } }
    for (const [name, handler] of handlers) process.off(name, handler);
  }
  if (broken !== undefined) throw broken;
  if (asked !== undefined) return KILLED + constants.signals[asked];
  const own = all.flatMap(({ exit, isStopped }) => exit === undefined || exit === 0 || exit === SIGPIPE || isStopped ? [] : [exit]);
  return own.find((exit) => exit !== UPSTREAM) ?? own[0] ?? 0;
}
