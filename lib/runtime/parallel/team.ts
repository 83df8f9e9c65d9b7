// Threads that work beside the main one (leat run --jobs), and how they are told what to do: two words of shared memory each, on which both sides wait, and a port for what is larger.
// No wait is without an end: a thread that does not answer is given up, and what it was to do is done here. It must not know what there is to do.
import { MessageChannel, receiveMessageOnPort, SHARE_ENV, Worker } from 'node:worker_threads';
import type { MessagePort } from 'node:worker_threads';

/** What a thread does. It alone goes from `given` to `busy`, and from there to `done`. */
const idle = 0, given = 1, busy = 2, done = 3, over = 4;
const stateAt = 0, stopAt = 1, wordCount = 2;
/** So long an answer that is due may take. */
const PATIENCE_MS = 30_000;

/** What a thread finds in its workerData. */
export interface Desk { readonly shared: SharedArrayBuffer; readonly port: MessagePort }

/** One thread, as the main one sees it. */
export class Mate {
  private readonly state: Int32Array;
  private readonly port: MessagePort;
  private readonly worker: Worker;
  private isLost = false;

  /** entry: its program. */
  constructor(entry: URL) {
    const { port1, port2 } = new MessageChannel(), shared = new SharedArrayBuffer(4 * wordCount), desk: Desk = { shared, port: port2 };
    this.state = new Int32Array(shared);
    this.port = port1;
    port1.unref();
    this.worker = new Worker(entry, { workerData: desk, transferList: [port2], env: SHARE_ENV, execArgv: [] });
    this.worker.on('error', () => { this.isLost = true; });
    this.worker.unref();
  }

  get isFree(): boolean { return !this.isLost && Atomics.load(this.state, stateAt) === idle; }

  /** Something to do, in words of the two sides' own. Call when isFree. */
  give(task: unknown): void {
    this.port.postMessage(task);
    Atomics.store(this.state, stopAt, 0);
    Atomics.store(this.state, stateAt, given);
    Atomics.notify(this.state, stateAt);
  }
  /** Takes it back; false: it has been begun. */
  withdraw(): boolean { return Atomics.compareExchange(this.state, stateAt, given, idle) === given; }
  /** What came of it; isHurried: it shall be brought to an end soon. undefined: the thread is lost. */
  answer(isHurried: boolean): unknown {
    const { state } = this;
    if (isHurried) Atomics.store(state, stopAt, 1);
    for (let waited = 0, now = Atomics.load(state, stateAt); now !== done; now = Atomics.load(state, stateAt)) {
      if (this.isLost || waited > PATIENCE_MS) { this.end(); return undefined; }
      Atomics.wait(state, stateAt, now, 100);
      waited += 100;
    }
    const found = receiveMessageOnPort(this.port) as { readonly message: unknown } | undefined;
    Atomics.store(state, stateAt, idle);
    return found?.message;
  }
  /** It ends when it has done what it does now. */
  end(): void {
    this.isLost = true;
    Atomics.store(this.state, stopAt, 1);
    Atomics.store(this.state, stateAt, over);
    Atomics.notify(this.state, stateAt);
  }
}

/** All threads of a run. */
export class Team {
  readonly mates: readonly Mate[];
  constructor(count: number, entry: URL) { this.mates = Array.from({ length: count }, () => new Mate(entry)); }
  end(): void { for (const mate of this.mates) mate.end(); }
}

/** The thread: does what it is given until it is told to end. `work` gives what the other side gets, and what of it is handed over instead of copied; it looks at isHurried() now and then. */
export async function serve({ shared, port }: Desk, work: (task: unknown, isHurried: () => boolean) => Promise<{ readonly answer: unknown; readonly moved: readonly ArrayBuffer[] }>): Promise<void> {
  const state = new Int32Array(shared), isHurried = (): boolean => Atomics.load(state, stopAt) !== 0;
  for (;;) {
    const now = Atomics.load(state, stateAt);
    if (now === over) break;
    if (now !== given) { Atomics.wait(state, stateAt, now); continue; }
    if (Atomics.compareExchange(state, stateAt, given, busy) !== given) continue;
    let task: unknown;
    for (let found = receiveMessageOnPort(port); found !== undefined; found = receiveMessageOnPort(port)) task = found.message;   // what was taken back stands before it
    const { answer, moved } = await work(task, isHurried);
    port.postMessage(answer, [...moved]);
    Atomics.compareExchange(state, stateAt, busy, done);
    Atomics.notify(state, stateAt);
  }
  port.close();
}
