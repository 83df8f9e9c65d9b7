// A program that is fed on standard input and read on standard output, both with back-pressure; its standard error is ours. Owns: the process, its ends and its signals.
// It must not look at the bytes.
import { accessSync, constants, statSync } from 'node:fs';
import { delimiter, join } from 'node:path';
import { LeatError } from '../errors.js';
import { childProcess } from './builtin.js';

/** How it ended. */
export interface Ended { readonly code: number | null; readonly signal: string | null }

/** Looks for a program as the shell would. Errors: E_PROGRAM. */
export function findProgram(name: string): void {
  let isForbidden = false;
  const places = name.includes('/') ? [name] : (process.env.PATH ?? '').split(delimiter).map((folder) => join(folder === '' ? '.' : folder, name));
  for (const place of places) {
    if (statSync(place, { throwIfNoEntry: false })?.isFile() !== true) continue;
    try { accessSync(place, constants.X_OK); return; } catch { isForbidden = true; }
  }
  if (isForbidden) throw new LeatError('E_PROGRAM', { program: name, why: 'permission denied', help: `chmod +x ${name}` });
  throw new LeatError('E_PROGRAM', { program: name, why: 'there is no such program', help: 'install it, or name it by its path' });
}

export class Child {
  /** Resolves when it has ended and all of its output has been taken; rejects with what `take` threw, or where it could not be started. */
  readonly ended: Promise<Ended>;
  /** It reads no more. */
  isDeaf = false;
  private readonly process: import('node:child_process').ChildProcess;

  /** take: gets its output, piece by piece; the next one when the promise it gave has resolved. */
  constructor([program, ...words]: readonly string[], take: (bytes: Uint8Array) => Promise<void> | undefined) {
    // A group of its own: Ctrl-C is for us, and what we do with it ends the program.
    const child = this.process = childProcess().spawn(program, words, { stdio: ['pipe', 'pipe', 'inherit'], detached: true });
    const exit = new Promise<Ended>((done, fail) => {
      child.on('error', (error) => fail(new LeatError('E_PROGRAM', { program, why: error.message, help: '' })));
      child.on('close', (code, signal) => done({ code, signal }));
    });
    child.stdin!.on('error', () => { this.isDeaf = true; });   // `!`, here and below: stdio says so
    const pump = (async () => {
      for await (const bytes of child.stdout!) try { await take(bytes as Uint8Array); } catch (error) {
        this.kill();                                       // before its output is closed, which it would complain about
        throw error;
      }
    })();
    this.ended = pump.then(() => exit);
    exit.catch(() => { /* told by ended */ });
    this.ended.catch(() => { /* who waits for it is told; nobody may be */ });
  }

  /** Resolves when the bytes have left, or when it reads no more. */
  write(bytes: Uint8Array): Promise<void> {
    if (this.isDeaf) return Promise.resolve();
    return new Promise((done) => this.process.stdin!.write(bytes, () => done()));
  }
  /** The end of its input. */
  end(): void { this.process.stdin!.end(); }
  /** Ends it and what it has started, at once. */
  kill(): void {
    const { pid, stdin, stdout } = this.process;
    if (pid !== undefined && this.process.exitCode === null) try { process.kill(-pid, 'SIGTERM'); } catch { /* it is gone */ }
    stdin!.destroy(); stdout!.destroy();
    this.process.unref();
  }
}
