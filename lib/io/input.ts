// FILE operands and standard input as sources of bytes: checked before anything is read, opened one after another, unpacked where their first bytes say so.
// Owns: what an operand is and its errors. Must not: look into bytes for more than a compression, nor touch process.stdin.
import { closeSync, openSync, readSync, readdirSync, statSync } from 'node:fs';
import type { Stats } from 'node:fs';
import { basename, dirname, join } from 'node:path';
import { LeatError } from '../errors.js';
import { nearest } from '../record/nearest.js';
import { Unpacker, recognise, signatureBytes } from './compression.js';
import type { Packing } from './compression.js';
import { reason } from '../errors.js';
import { DeviceRaw, FileRaw, kindOf, rawFifo, rawStdin } from './raw.js';
import type { InputKind, Raw } from './raw.js';

export type { InputKind } from './raw.js';

/** One operand. */
export interface Input {
  /** The operand as given; `stdin` for standard input. */
  readonly name: string;
  readonly kind: InputKind;
  /** More may come at any time: what was read is worked off and written before the next read waits. */
  readonly live: boolean;
  /** A regular file (packed or not): whitespace lines in it are never control lines. */
  readonly regular: boolean;
  /** Bytes of a regular file, and how many of them were read: for progress. Packed bytes where it is packed. */
  readonly size: number;
  readonly position: number;
  /**
   * Bytes put at the start of `into`; 0: the end. A number at once, or a promise where it had to wait: then `into` must stay as it is until that settles. One call at a time.
   * Errors: E_FILE, E_PERMISSION (it has changed since it was checked), E_READ, E_GZIP (after all that could be unpacked), E_NOT_NDJSON (xz, bzip2, zip), E_PACKAGE (no zstd).
   */
  read(into: Uint8Array): number | Promise<number>;
  /** Of a plain regular file given by name, before it is read: its descriptor, for others who read it at places of their own, and a way to go on elsewhere in it. Errors: as of read(). */
  readonly placed?: Placed | undefined;
  /** May be called at any time, also twice. */
  close(): void;
}

/** A file that may be read anywhere. */
export interface Placed { readonly fd: number; /** The next read() begins at that byte. */ goTo(offset: number): void }

export interface InputOptions {
  /** false: packed input is handed out as it is. Default true. */
  readonly unpack?: boolean;
}

/**
 * Operands in order; none, or `-`, is standard input. Nothing is read, and no descriptor stays open, before the first read of each.
 * Errors: E_FILE with the reason, and the nearest name in that folder; E_PERMISSION.
 */
export function openInputs(operands: readonly string[], { unpack = true }: InputOptions = {}): Input[] {
  return (operands.length === 0 ? ['-'] : operands).map((operand) => operand === '-' || operand === '/dev/stdin' ? new Source('stdin', undefined, unpack) : new Source(operand, checkFile(operand), unpack));
}

/** A FILE operand that can be read, as it is now. Errors: E_FILE with the reason, E_PERMISSION. */
export function checkFile(path: string): Stats {
  let stat: Stats;
  try {
    stat = statSync(path);
    if (stat.isFile()) closeSync(openSync(path, 'r'));                        // may it be read? access() asks for another user than open() does
  } catch (error) { throw openError(path, error); }
  if (stat.isDirectory()) throw new LeatError('E_FILE', { file: path, why: 'it is a directory', help: `its files: ${join(path, '*')}` });
  if (stat.isSocket()) throw new LeatError('E_FILE', { file: path, why: 'it is a socket', help: '' });
  return stat;
}

/** Why a file cannot be opened. */
export function openError(path: string, error: unknown): LeatError {
  const { code, message } = error as NodeJS.ErrnoException;
  if (code === 'EACCES' || code === 'EPERM') return new LeatError('E_PERMISSION', { file: path });
  const near = code === 'ENOENT' ? nearName(path) : undefined;
  return new LeatError('E_FILE', { file: path, why: whys[code ?? ''] ?? reason(code, message), help: near === undefined ? '' : `did you mean ${near}?` });
}
const whys: Readonly<Record<string, string>> = { ENOTDIR: 'a part of the path is not a directory', ELOOP: 'too many symbolic links', EMFILE: 'too many open files', ENAMETOOLONG: 'the name is too long', ENXIO: 'no such device' };

function nearName(path: string): string | undefined {
  try {
    const near = nearest(basename(path), readdirSync(dirname(path)));
    return near === undefined ? undefined : path.includes('/') ? join(dirname(path), near) : near;
  } catch { return undefined; }
}

/** Bytes that come from elsewhere, unpacked where `unpack` says so and their first bytes do. */
export const inputOf = (name: string, raw: Raw, kind: InputKind, unpack: boolean): Input & { readonly packing: Packing | undefined } => new Source(name, undefined, unpack, { raw, kind, size: 0 });

class Source implements Input {
  readonly name: string;
  readonly kind: InputKind;
  readonly size: number;
  readonly #path: string | undefined;
  #raw: Raw | undefined;
  #unpacker: Unpacker | undefined;
  /** Whether the first bytes are still to be looked at, and those that were and did not fit into the caller's memory. */
  #fresh: boolean;
  #rest: Uint8Array = new Uint8Array(0);
  #closed = false;

  /** How it is packed, once its first bytes were read. */
  packing: Packing | undefined;

  /** stat: of a FILE; undefined: standard input, or what is given in its place. */
  constructor(name: string, stat: Stats | undefined, unpack: boolean, given?: { readonly raw: Raw; readonly kind: InputKind; readonly size: number }) {
    this.name = name; this.#fresh = unpack;
    if (stat === undefined) {
      const { raw, kind, size } = given ?? rawStdin(name);
      this.#raw = raw; this.kind = kind; this.size = size;
    } else {
      this.#path = name;
      this.kind = kindOf(stat, undefined); this.size = stat.isFile() ? stat.size : 0;
    }
  }

  get live(): boolean { return this.kind !== 'file'; }
  get regular(): boolean { return this.kind === 'file'; }
  get position(): number { return this.#raw?.position ?? 0; }

  read(into: Uint8Array): number | Promise<number> {
    if (this.#closed) return 0;
    if (this.#rest.length > 0) {
      const count = Math.min(into.length, this.#rest.length);
      into.set(this.#rest.subarray(0, count));
      this.#rest = this.#rest.subarray(count);
      return count;
    }
    if (this.#unpacker !== undefined) return this.#unpacker.read(into);
    const raw = this.#raw ??= this.#open();
    if (!this.#fresh) return raw.read(into);
    if (this.#path?.endsWith('.br')) { this.#fresh = false; return this.#unpack('brotli', raw, into, new Uint8Array(0)); }
    return this.#first(raw, into, into.length >= signatureBytes ? into : new Uint8Array(signatureBytes), 0);
  }

  get placed(): Placed | undefined {
    if (this.kind !== 'file' || this.#path === undefined || this.#path.endsWith('.br') || this.position > 0) return undefined;
    const raw = this.#raw ??= this.#open(), head = new Uint8Array(signatureBytes);
    if (!(raw instanceof FileRaw)) return undefined;
    try { return this.#fresh && recognise(head.subarray(0, readSync(raw.fd, head, 0, head.length, 0))) !== 'plain' ? undefined : { fd: raw.fd, goTo(offset) { raw.goTo(offset); } }; } catch { return undefined; }   // read() says why
  }

  #open(): Raw {
    const path = this.#path!;                                                 // `!`: standard input is open from the start
    try {
      if (this.kind === 'pipe') return rawFifo(path);
      const fd = openSync(path, 'r');
      return this.kind === 'file' ? new FileRaw(fd, path, true) : new DeviceRaw(fd, path);
    } catch (error) { throw openError(path, error); }
  }

  /** Reads until the first bytes say what it is; head is the caller's memory, where it is large enough. */
  #first(raw: Raw, into: Uint8Array, head: Uint8Array, have: number): number | Promise<number> {
    const count = raw.read(have === 0 ? head : head.subarray(have));
    const judge = (more: number): number | Promise<number> => {
      const total = have + more, packing = more === 0 ? 'plain' : recognise(head.subarray(0, total));
      if (packing === undefined) return this.#first(raw, into, head, total);
      this.#fresh = false;
      if (packing !== 'plain') return this.#unpack(packing, raw, into, head.slice(0, total));
      if (head === into) return total;
      this.#rest = head.subarray(0, total);
      return total === 0 ? 0 : this.read(into);
    };
    return typeof count === 'number' ? judge(count) : count.then(judge);
  }

  #unpack(packing: Packing, raw: Raw, into: Uint8Array, first: Uint8Array): number | Promise<number> {
    this.packing = packing;
    this.#unpacker = new Unpacker(packing, raw, first);
    return this.#unpacker.read(into);
  }

  close(): void {
    if (this.#closed) return;
    this.#closed = true;
    this.#unpacker?.close();
    this.#raw?.close();
  }
}
