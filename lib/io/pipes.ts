// Pipes between processes that are started here, as a shell makes them: both ends block, and whoever is given one as /dev/fd/N may open it again. Node makes no such pipes (its own are sockets),
// so they are had from where they can be had: from a shell that is asked for some, by /proc; where there is no /proc, FIFOs that lose their names as soon as both ends are open. There a
// /dev/fd/N is the descriptor itself; on Linux a FIFO that is opened again waits for a writer, who may have ended. No name of a pipe is ever left on disk.
import { closeSync, constants, mkdtempSync, openSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { LeatError, reason } from '../errors.js';
import { childProcess, tmpdir } from './builtin.js';
import { findProgram } from './child.js';

/** They belong to whoever asked for them: handed on to children, then closed. */
export interface Pipe { readonly read: number; readonly write: number }

/** Errors: E_SYSTEM; E_PROGRAM where there is no sh or mkfifo. */
export async function makePipes(count: number): Promise<readonly Pipe[]> {
  const pipes: Pipe[] = [];
  try {
    while (pipes.length < count) pipes.push(...await shellPipes(Math.min(AT_ONCE, count - pipes.length)) ?? fifoPipes(count - pipes.length));
    return pipes;
  } catch (error) {
    for (const { read, write } of pipes) { closeSync(read); closeSync(write); }
    throw error;
  }
}

/** Descriptors 3 to 8 of the shell are pipes, 9 is what it waits for: POSIX knows one digit. */
const AT_ONCE = 6;

/** Up to AT_ONCE of them; undefined: the system does not let one see the pipes of another process. */
export async function shellPipes(count: number): Promise<readonly Pipe[] | undefined> {
  findProgram('sh');
  // Each `: |` makes one, whose end is kept by the innermost group; that one says its number and waits to be let go.
  let script = 'read p rest < /proc/self/stat && echo $p; read x <&9';
  for (let i = 0; i < count; i++) script = `: | { ${script}; } ${3 + i}<&0`;
  const child = childProcess().spawn('sh', ['-c', `exec 9<&0; ${script}`], { stdio: ['pipe', 'pipe', 'ignore'] }), pipes: Pipe[] = [];
  child.stdin.on('error', () => { /* it has ended, and says nothing */ });
  const ended = new Promise<void>((done) => { child.once('error', () => done()); child.once('close', () => done()); });
  const said = new Promise<string>((done) => { let text = ''; child.stdout.setEncoding('latin1').on('data', (more: string) => { text += more; if (text.endsWith('\n')) done(text); }); void ended.then(() => done(text)); });
  try {
    const pid = (await said).trim();
    if (!/^\d+$/.test(pid)) return undefined;
    for (let i = 0; i < count; i++) {
      const path = `/proc/${pid}/fd/${3 + i}`, read = openSync(path, constants.O_RDONLY);
      try { pipes.push({ read, write: openSync(path, constants.O_WRONLY) }); } catch (error) { closeSync(read); throw error; }
    }
    return pipes;
  } catch {
    for (const { read, write } of pipes) { closeSync(read); closeSync(write); }
    return undefined;
  } finally { child.stdin.destroy(); await ended; }
}

/** Errors: E_SYSTEM; E_PROGRAM. */
export function fifoPipes(count: number): readonly Pipe[] {
  findProgram('mkfifo');
  const pipes: Pipe[] = [], folder = mkdtempSync(join(tmpdir(), 'leat-run-'));   // mode 700
  try {
    const paths = Array.from({ length: count }, (_, i) => join(folder, String(i))), { status, stderr, error } = childProcess().spawnSync('mkfifo', ['-m', '600', ...paths], { encoding: 'utf8' });
    if (error !== undefined) throw error;
    if (status !== 0) throw new LeatError('E_SYSTEM', { call: 'mkfifo', file: ` in ${folder}`, why: stderr.trim() });
    for (const path of paths) {
      const early = openSync(path, constants.O_RDONLY | constants.O_NONBLOCK);   // alone it would wait for a writer, and the writer for it
      try { pipes.push({ write: openSync(path, constants.O_WRONLY), read: openSync(path, constants.O_RDONLY) }); } finally { closeSync(early); }
    }
    return pipes;
  } catch (error) {
    for (const { read, write } of pipes) { closeSync(read); closeSync(write); }
    if (error instanceof LeatError) throw error;
    const { code, message, syscall = 'open' } = error as NodeJS.ErrnoException;
    throw new LeatError('E_SYSTEM', { call: syscall, file: ` of a pipe in ${folder}`, why: reason(code, message) });
  } finally { rmSync(folder, { recursive: true, force: true }); }
}
