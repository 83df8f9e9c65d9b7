// to exec: one program that reads NDJSON. Written to without a queue of our own: a program that is slow slows us. When it leaves, we stop; when it fails, we fail.
import type { ChildProcess } from 'node:child_process';
import { LeatError, reason } from '../../errors.js';
import { childProcess } from '../builtin.js';
import { findProgram } from '../child.js';
import { Output, ReaderLeft } from '../output.js';
import type { Target } from './target.js';

/** The descriptor of a stream to a child. Node has no public name for it, and its queue has no bound that a synchronous writer could wait for. */
interface Handle { readonly fd: number; setBlocking?(on: boolean): number }

export class ExecTarget implements Target {
  readonly gone: Promise<never>;
  private readonly child: ChildProcess;
  private readonly output: Output;
  private readonly program: string;
  private readonly exited: Promise<{ readonly code: number | null; readonly signal: NodeJS.Signals | null }>;
  private isEnded = false;
  private isAborted = false;                               // then its status says nothing: a signal may have reached it too

  /** Starts the program; its output goes where ours does. Errors: E_PROGRAM, E_PERMISSION. */
  static async start([program, ...words]: readonly string[]): Promise<ExecTarget> {
    findProgram(program);
    const child = childProcess().spawn(program, words, { stdio: ['pipe', 'inherit', 'inherit'] });
    await new Promise<void>((resolve, reject) => {
      child.once('spawn', resolve);
      child.once('error', ({ code, message }: NodeJS.ErrnoException) => reject(new LeatError('E_PROGRAM', { program, why: reason(code, message), help: '' })));
    });
    return new ExecTarget(child, program);
  }

  private constructor(child: ChildProcess, program: string) {
    this.child = child; this.program = program;
    const handle = (child.stdin as unknown as { readonly _handle: Handle })._handle;
    handle.setBlocking?.(true);
    this.output = new Output(handle.fd, program);
    child.stdin!.on('error', () => { /* what write() meets is told there */ });   // `!`: stdio says so
    this.exited = new Promise((resolve) => child.once('exit', (code, signal) => resolve({ code, signal })));
    this.gone = this.exited.then(() => { throw new ReaderLeft(); });
    this.gone.catch(() => { /* of interest only to who waits */ });
  }

  lines(bytes: Uint8Array, start: number, end: number): void { this.check(); this.output.write(bytes, start, end); }
  flush(): void { if (!this.isEnded) { this.check(); this.output.flush(); } }
  end(mode: 'drain' | 'pause'): void { if (!this.hasLeft) this.output.flush(); this.isAborted = mode === 'pause'; this.close(); }
  /** The end of its input must not look like the end of the records. */
  abort(): void { this.isAborted = true; this.child.kill('SIGTERM'); this.close(); }
  /** Node closes the descriptor once it has heard that the program is gone: no fault of writing. */
  private get hasLeft(): boolean { return this.child.exitCode !== null || this.child.signalCode !== null || this.child.stdin!.destroyed; }   // `!`: stdio says so
  private check(): void { if (this.hasLeft) throw new ReaderLeft(); }
  private close(): void { this.isEnded = true; this.child.stdin!.end(); }   // `!`: stdio says so

  async settled(): Promise<void> {
    this.close();
    const { code, signal } = await this.exited;
    if (code !== 0 && !this.isAborted) throw new LeatError('E_CHILD', { program: this.program, what: code === null ? `was ended by ${signal}` : `ended with exit status ${code}`, help: '' });
  }
}
