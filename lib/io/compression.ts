// Compressed input: what the first bytes say, and unpacking in pieces. What comes out is handed on as it comes; no more is unpacked than is asked for (a megabyte ahead, so
// that the thread pool unpacks while the records of the piece before are worked on). Must not: know files or names of operands.
import type { Transform } from 'node:stream';
import { LeatError } from '../errors.js';
import { childProcess, zlib } from './builtin.js';
import type { Raw } from './raw.js';

export type Packing = 'gzip' | 'zstd' | 'brotli';
type Foreign = 'xz' | 'bzip2' | 'zip';

const signatures: readonly (readonly [Packing | Foreign, readonly number[]])[] = [
  ['gzip', [0x1f, 0x8b]], ['zstd', [0x28, 0xb5, 0x2f, 0xfd]], ['xz', [0xfd, 0x37, 0x7a, 0x58, 0x5a, 0x00]],
  ['bzip2', [0x42, 0x5a, 0x68, -1, 0x31, 0x41, 0x59, 0x26, 0x53, 0x59]], ['zip', [0x50, 0x4b, 0x03, 0x04]],
];
/** Most bytes that recognise() needs. */
export const signatureBytes = 10;

/** What the first bytes of an input are: 'plain' as soon as they exclude every signature, undefined while they do not. Errors: E_NOT_NDJSON for what leat does not unpack. */
export function recognise(bytes: Uint8Array): Packing | 'plain' | undefined {
  let open = false;
  for (const [name, signature] of signatures) {
    const size = Math.min(bytes.length, signature.length);
    let same = true;
    for (let i = 0; i < size; i++) if (signature[i] === -1 ? bytes[i] < 0x31 || bytes[i] > 0x39 : bytes[i] !== signature[i]) { same = false; break; }
    if (!same) continue;
    if (size < signature.length) { open = true; continue; }
    if (name === 'gzip' || name === 'zstd') return name;
    throw new LeatError('E_NOT_NDJSON', { what: `this file is compressed with ${name}, which leat does not unpack`, help: name === 'zip' ? 'unzip -p FILE | leat …' : `${name} -dc FILE | leat …` });
  }
  return open ? undefined : 'plain';
}

/** Packed bytes a step: one step unpacks to 32 MiB at most (the format packs 1 : 1,032 at best). */
const pieceBytes = 1 << 15;
/** Unpacked bytes that may wait. */
const aheadBytes = 1 << 20;
const chunkBytes = 1 << 18;

interface Engine {
  /** Resolves when the piece was taken in. */
  write(piece: Uint8Array): Promise<void>;
  /** Resolves when all is out. */
  end(): Promise<void>;
  /** Where the engine runs on by itself: stop and go. */
  flow(on: boolean): void;
  close(): void;
}
type Out = (chunk: Uint8Array) => void;

const damaged = (why: string): LeatError => new LeatError('E_GZIP', { why });

export class Unpacker {
  readonly #raw: Raw;
  readonly #piece = new Uint8Array(pieceBytes);
  /** Packed bytes that were read to recognise it. */
  #first: Uint8Array;
  readonly #engine: Engine;
  #queue: Uint8Array[] = [];
  #queued = 0;
  #pumping = false;
  /** Nothing came so far: an empty file is an empty input, whatever its name. */
  #empty = true;
  #over = false;
  #error: unknown;
  #wake: (() => void) | undefined;

  constructor(packing: Packing, raw: Raw, first: Uint8Array) {
    this.#raw = raw; this.#first = first;
    const out: Out = (chunk) => {
      this.#queue.push(chunk); this.#queued += chunk.length;
      if (this.#queued > aheadBytes) this.#engine.flow(false);
      this.#wake?.();
    };
    this.#engine = packing === 'gzip' ? gunzip(out) : packing === 'brotli' ? stream(zlib().createBrotliDecompress({ chunkSize: chunkBytes }), out, none) : zstd(out);
  }

  /** As Raw.read. Errors: E_GZIP where the archive is damaged or ends too early, after all that could be unpacked. */
  read(into: Uint8Array): number | Promise<number> {
    if (this.#queued > 0) {
      let at = 0;
      while (at < into.length && this.#queue.length > 0) {
        const chunk = this.#queue[0], count = Math.min(chunk.length, into.length - at);
        into.set(count === chunk.length ? chunk : chunk.subarray(0, count), at);
        at += count;
        if (count === chunk.length) this.#queue.shift(); else this.#queue[0] = chunk.subarray(count);
      }
      this.#queued -= at;
      if (this.#queued < aheadBytes) this.#go();
      return at;
    }
    if (this.#error !== undefined) throw this.#error;
    if (this.#over) return 0;
    this.#go();
    return new Promise<void>((resolve) => { this.#wake = resolve; }).then(() => { this.#wake = undefined; return this.read(into); });
  }

  #go(): void {
    this.#engine.flow(true);
    if (this.#pumping || this.#over || this.#error !== undefined) return;
    this.#pumping = true;
    this.#pump().catch((error: unknown) => { this.#error = error; }).finally(() => { this.#pumping = false; this.#wake?.(); });
  }

  async #pump(): Promise<void> {
    while (this.#queued < aheadBytes) {
      let piece = this.#first;
      if (piece.length > 0) this.#first = piece.subarray(piece.length);
      else {
        const count = this.#raw.read(this.#piece);
        piece = this.#piece.subarray(0, typeof count === 'number' ? count : await count);
      }
      if (piece.length === 0) { if (!this.#empty) await this.#engine.end(); this.#over = true; return; }
      this.#empty = false;
      for (let at = 0; at < piece.length; at += pieceBytes) await this.#engine.write(piece.subarray(at, at + pieceBytes));
    }
  }

  close(): void { this.#over = true; this.#engine.close(); }
}

/**
 * A zlib stream that flows freely: #pump() holds it back by what it writes, so that nothing is left inside when an error comes.
 * It ends by itself where the format says that it is over: behind that, only bytes that `padding` allows may come.
 */
function stream(unpack: Transform & { readonly bytesWritten: number }, out: Out, padding: (byte: number) => boolean): Engine {
  let failed: LeatError | undefined, fail: ((error: LeatError) => void) | undefined, ended = false, given = 0;
  unpack.on('data', out);
  unpack.on('end', () => { ended = true; });
  unpack.on('error', (error) => { failed ??= damaged(error.message); fail?.(failed); });
  const step = (start: (done: () => void) => void): Promise<void> => new Promise((resolve, reject) => {
    if (failed !== undefined) { reject(failed); return; }
    fail = reject;
    start(() => { fail = undefined; if (failed !== undefined) reject(failed); else resolve(); });
  });
  const checkRest = (rest: Uint8Array): void => { if (!rest.every(padding)) throw damaged('other data behind its end'); };
  return {
    async write(piece) {
      if (ended) { checkRest(piece); return; }
      await step((done) => { unpack.write(piece, (error) => { if (error) failed ??= damaged(error.message); done(); }); });
      given += piece.length;
      if (unpack.bytesWritten < given) { ended = true; checkRest(piece.subarray(piece.length - (given - unpack.bytesWritten))); }
    },
    async end() { if (!ended) await step((done) => { unpack.once('end', done); unpack.end(); }); },
    flow() {}, close() { unpack.destroy(); },
  };
}

/** gzip: any number of members; zeros behind the last are padding (tapes), anything else is damage. */
const gunzip = (out: Out): Engine => stream(zlib().createGunzip({ chunkSize: chunkBytes }), out, (byte) => byte === 0);
const none = (): boolean => false;

/** zstd by Node where it can, else by the zstd program. */
function zstd(out: Out): Engine {
  const { createZstdDecompress } = zlib() as unknown as { createZstdDecompress?: (options: object) => Transform & { readonly bytesWritten: number } };   // from Node 22.15; the types are those of 20
  if (createZstdDecompress !== undefined) return stream(createZstdDecompress({ chunkSize: chunkBytes }), out, none);
  const child = childProcess().spawn('zstd', ['-dcq'], { stdio: ['pipe', 'pipe', 'pipe'] });
  let missing = false, errors = '';
  child.on('error', () => { missing = true; });
  child.stdin.on('error', () => {});                                          // it has gone: its exit status tells why
  child.stdout.on('data', out);
  child.stderr.on('data', (text: Uint8Array) => { errors += String(text); });
  const closed = new Promise<number | null>((resolve) => { child.once('close', (code) => resolve(code)); child.once('error', () => resolve(127)); });
  const check = (code: number | null): void => {
    if (missing) throw new LeatError('E_PACKAGE', { what: 'zstd input needs Node 22.15 or later, or the zstd program, and neither is there', help: 'install zstd' });
    if (code !== 0) throw damaged(errors.trim().replace(/^(?:zstd|\/\*stdin\*\\)\s*:\s*/g, '').replace(/\s+/g, ' ') || `zstd ended with ${code ?? 'a signal'}`);
  };
  let over = false;
  void closed.then(() => { over = true; });
  return {
    async write(piece) {
      if (!over && !child.stdin.write(Uint8Array.from(piece))) await Promise.race([new Promise<void>((resolve) => { child.stdin.once('drain', resolve); }), closed]);
      if (over) check(await closed);
    },
    async end() { child.stdin.end(); check(await closed); },
    flow(on) { if (on) child.stdout.resume(); else child.stdout.pause(); },
    close() { child.stdin.destroy(); child.stdout.destroy(); child.kill(); },
  };
}
