// Bytes of one descriptor as they are, packed or not. A regular file is read at once (straight into the caller's memory); everything else without blocking, so that
// signals and timers go on, and without a thread that sits in read(): the process could not end until it comes back.
import { fstatSync, closeSync, constants, openSync, read, readSync } from 'node:fs';
import type { Stats } from 'node:fs';
import type { Socket } from 'node:net';
import { LeatError } from '../errors.js';
import { isatty } from './builtin.js';
import { reason } from '../errors.js';

export type InputKind = 'file' | 'pipe' | 'socket' | 'terminal' | 'other';

export interface Raw {
  /** Number of bytes put at the start of `into` (its length > 0); 0: the end. One call at a time. Errors: E_READ. */
  read(into: Uint8Array): number | Promise<number>;
  close(): void;
  /** Bytes read so far. */
  readonly position: number;
}

/** What a descriptor or path is. */
export const kindOf = (stat: Stats, fd: number | undefined): InputKind => stat.isFile() ? 'file' : stat.isFIFO() ? 'pipe' : stat.isSocket() ? 'socket'
  : stat.isCharacterDevice() && (fd !== undefined && isatty(fd)) ? 'terminal' : 'other';

const failed = (name: string, error: unknown): LeatError => {
  const { code, message } = error as NodeJS.ErrnoException;
  return new LeatError('E_READ', { file: name, why: reason(code, message) });
};
const codeOf = (error: unknown): string | undefined => (error as NodeJS.ErrnoException).code;

/** From where the descriptor stands; its position is honoured and moved, until goTo() names another. */
export class FileRaw implements Raw {
  position = 0;
  readonly fd: number;
  readonly #name: string;
  readonly #own: boolean;
  #open = true;
  #isPlaced = false;
  /** own: it was opened for this and is closed with it. */
  constructor(fd: number, name: string, own: boolean) { this.fd = fd; this.#name = name; this.#own = own; }
  read(into: Uint8Array): number {
    for (;;) {
      try {
        const count = readSync(this.fd, into, 0, into.length, this.#isPlaced ? this.position : null);
        this.position += count;
        return count;
      } catch (error) { if (codeOf(error) !== 'EINTR') throw failed(this.#name, error); }
    }
  }
  /** The next read begins at that byte of the file. */
  goTo(offset: number): void { this.#isPlaced = true; this.position = offset; }
  close(): void { if (this.#open && this.#own) closeSync(this.fd); this.#open = false; }
}

/** Devices that no event tells of (/dev/zero): by the thread pool. */
export class DeviceRaw implements Raw {
  position = 0;
  readonly #fd: number;
  readonly #name: string;
  #open = true;
  constructor(fd: number, name: string) { this.#fd = fd; this.#name = name; }
  read(into: Uint8Array): Promise<number> {
    return new Promise((resolve, reject) => {
      read(this.#fd, into, 0, into.length, null, (error, count) => {
        if (error !== null) { reject(failed(this.#name, error)); return; }
        this.position += count;
        resolve(count);
      });
    });
  }
  close(): void { if (this.#open && this.#fd > 0) closeSync(this.#fd); this.#open = false; }
}

/** Bytes that a pipe holds at least once it is called full: then there may be more at once. */
const fullBytes = 1 << 15;

/**
 * Pipes, FIFOs, sockets, terminals. What is there is taken by plain non-blocking reads until there is no more (a pipe gives 64 KiB at a time, so a fast writer fills
 * `into` in a few of them); only when it has run dry a socket object waits, and wakes us with one byte. That object is made when it is first needed: loading node:net takes
 * longer than most short inputs.
 */
export class StreamRaw implements Raw {
  position = 0;
  readonly #fd: number;
  readonly #name: string;
  readonly #terminal: boolean;
  /** The descriptor is known not to block. */
  #direct: boolean;
  #socket: Socket | undefined;
  readonly #wake: Uint8Array;
  /** Of a terminal: what was read and not yet taken. */
  #rest: Uint8Array = new Uint8Array(0);
  #waiting: { readonly into: Uint8Array; readonly resolve: (count: number) => void; readonly reject: (error: unknown) => void } | undefined;
  #error: LeatError | undefined;
  #ended = false;
  #closed = false;

  /** direct: reads do not block now, and a read of nothing is the end. */
  constructor(fd: number, name: string, kind: InputKind, direct: boolean) {
    this.#fd = fd; this.#name = name; this.#direct = direct;
    this.#terminal = kind === 'terminal';
    this.#wake = new Uint8Array(this.#terminal ? 4096 : 1);
  }

  read(into: Uint8Array): number | Promise<number> {
    if (this.#rest.length > 0) {
      const count = Math.min(into.length, this.#rest.length);
      into.set(this.#rest.subarray(0, count));
      this.#rest = this.#rest.subarray(count);
      return count;
    }
    if (this.#error !== undefined) throw this.#error;
    if (this.#ended || this.#closed) return 0;
    if (this.#direct && !this.#terminal) {
      const count = this.#drain(into, 0);
      if (count >= 0) { if (count === 0) this.#ended = true; return count; }
    }
    return new Promise<number>((resolve, reject) => {
      this.#waiting = { into, resolve, reject };
      if (this.#socket === undefined) this.#open().catch((error: unknown) => this.#fail(error)); else this.#socket.resume();
    });
  }

  /** Reads behind the first `at` bytes while there is more; the number of bytes in `into`, −1: none, and not the end either. */
  #drain(into: Uint8Array, at: number): number {
    const from = at;
    try {
      while (at < into.length) {
        const count = readSync(this.#fd, into, at, into.length - at, null);
        at += count;
        if (count < fullBytes) break;
      }
    } catch (error) {
      const code = codeOf(error);
      if (code !== 'EAGAIN' && code !== 'EINTR') { if (at === from) throw failed(this.#name, error); this.#error = failed(this.#name, error); }
      else if (at === 0) return -1;
    }
    this.position += at - from;
    return at;
  }

  async #open(): Promise<void> {
    const onread = { buffer: this.#wake, callback: (count: number): boolean => { this.#woken(count); return false; } };
    // `as`: both hand `onread` on to the socket (Node documents it with connect()), which @types does not say.
    const socket = this.#terminal ? new (process.getBuiltinModule('node:tty').ReadStream as unknown as new (fd: number, options: object) => Socket)(this.#fd, { onread })
      : new (process.getBuiltinModule('node:net').Socket as unknown as new (options: object) => Socket)({ fd: this.#fd, readable: true, writable: false, onread });
    if (this.#closed) { socket.destroy(); return; }
    this.#socket = socket;
    socket.on('end', () => { this.#ended = true; this.#settle(0); });
    socket.on('error', (error) => this.#fail(failed(this.#name, error)));
    socket.on('close', () => { this.#ended = true; this.#settle(0); });
    socket.resume();
  }

  #woken(count: number): void {
    this.position += count;
    const waiting = this.#waiting;
    if (waiting === undefined) { this.#rest = Uint8Array.from(this.#wake.subarray(0, count)); return; }
    const { into } = waiting, taken = Math.min(count, into.length);
    into.set(this.#wake.subarray(0, taken));
    if (taken < count) this.#rest = this.#wake.slice(taken, count);
    this.#direct = true;                                                      // libuv has made it so
    try { this.#settle(this.#terminal || taken < count ? taken : Math.max(taken, this.#drain(into, taken))); } catch (error) { this.#error = error as LeatError; this.#settle(taken); }
  }

  #settle(count: number): void {
    const waiting = this.#waiting;
    this.#waiting = undefined;
    waiting?.resolve(count);
  }
  #fail(error: unknown): void {
    const waiting = this.#waiting;
    this.#waiting = undefined;
    this.#error = error instanceof LeatError ? error : failed(this.#name, error);
    waiting?.reject(this.#error);
  }

  close(): void {
    if (this.#closed) return;
    this.#closed = true;
    if (this.#socket !== undefined) this.#socket.destroy(); else if (this.#fd > 0) closeSync(this.#fd);
    this.#settle(0);
  }
}

/**
 * Standard input. A pipe is opened a second time where the system can, so that what makes it non-blocking is not seen by the other programs that share it.
 * A FIFO whose writer has gone says so at the first read.
 */
export function rawStdin(name: string): { readonly raw: Raw; readonly kind: InputKind; readonly size: number } {
  const stat = fstatSync(0), kind = kindOf(stat, 0);
  if (stat.isDirectory()) throw new LeatError('E_FILE', { file: name, why: 'it is a directory', help: '' });
  if (kind === 'file') return { raw: new FileRaw(0, name, false), kind, size: stat.size };
  if (kind === 'other') return { raw: new DeviceRaw(0, name), kind, size: 0 };
  if (kind === 'pipe') {
    try { return { raw: new StreamRaw(openSync('/proc/self/fd/0', constants.O_RDONLY | constants.O_NONBLOCK), name, kind, true), kind, size: 0 }; } catch { /* as it is, then */ }
  }
  return { raw: new StreamRaw(0, name, kind, false), kind, size: 0 };
}

/** A FIFO by its path: opened without waiting for a writer, which the first read then does. */
export const rawFifo = (path: string): Raw => new StreamRaw(openSync(path, constants.O_RDONLY | constants.O_NONBLOCK), path, 'pipe', false);
