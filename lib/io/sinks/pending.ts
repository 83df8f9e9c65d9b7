// Records of one epoch, kept in the checkpoint until that epoch is committed and somebody has taken them as a whole (to sqlite, to exec --epoch). They are frozen by prepare():
// from then on the bytes never change, so what is repeated after a crash is repeated with the same bytes (EXACTLY-ONCE R26).
import { closeSync, existsSync, openSync, readSync, readdirSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { LeatError, grouped } from '../../errors.js';
import { crypto } from '../builtin.js';
import { guarded, makeFolder, openPart, removeFile, renameFile, syncFile, syncFolder } from '../durable.js';
import { Output } from '../output.js';

const PIECE_BYTES = 1 << 20;

/** An epoch as a checkpoint keeps it. */
export interface Frozen { readonly epoch: number; readonly bytes: number; readonly sha256: string }

export class Pending {
  private readonly folder: string;
  private readonly next: string;
  private output: Output | undefined;
  private hash = crypto().createHash('sha256');
  private bytes = 0;

  /** What is of no committed epoch goes. Errors: E_WRITE, E_PERMISSION. */
  constructor(folder: string, committed: Frozen | undefined) {
    this.folder = folder; this.next = join(folder, 'next.ndjson');
    makeFolder(folder, 0o700);
    for (const name of guarded(folder, () => readdirSync(folder))) {
      const epoch = /^epoch-(\d+)\.(?:ndjson|done)$/.exec(name)?.[1];
      if (name === 'next.ndjson' || (epoch !== undefined && Number(epoch) !== committed?.epoch)) removeFile(join(folder, name));
    }
  }

  lines(bytes: Uint8Array, start: number, end: number): void {
    this.output ??= new Output(openPart(this.next, true), this.next);
    this.hash.update(bytes.subarray(start, end));
    this.bytes += end - start;
    this.output.write(bytes, start, end);
  }

  /** The records so far are those of the epoch, and on disk. */
  freeze(epoch: number): Frozen {
    const { output, bytes } = this, frozen = { epoch, bytes, sha256: this.hash.digest('hex') };
    this.hash = crypto().createHash('sha256'); this.bytes = 0; this.output = undefined;
    if (output === undefined) return frozen;
    try { output.flush(); syncFile(output.fd, this.next); } finally { closeSync(output.fd); }
    renameFile(this.next, this.path(epoch));
    syncFolder(this.folder);
    return frozen;
  }

  path(epoch: number): string { return join(this.folder, `epoch-${epoch}.ndjson`); }
  private done(epoch: number): string { return join(this.folder, `epoch-${epoch}.done`); }

  /** Whether a committed epoch was taken already, or has nothing to be taken. */
  isTaken({ epoch, bytes }: Frozen): boolean { return bytes === 0 || (existsSync(this.done(epoch)) && !existsSync(this.path(epoch))); }

  /** Looks at every byte of a committed epoch. Errors: E_STATE where they are not those that were committed, E_WRITE where they are gone. */
  check({ epoch, bytes, sha256 }: Frozen): void {
    const path = this.path(epoch), there = statSync(path, { throwIfNoEntry: false }), hash = crypto().createHash('sha256');
    if (there === undefined) throw new LeatError('E_WRITE', { file: path, why: `the records of epoch ${epoch}, ${grouped(bytes)} bytes, are committed and gone from there`, help: '' });
    if (there.size === bytes) this.each(path, (piece, end) => { hash.update(piece.subarray(0, end)); });
    if (there.size !== bytes || hash.digest('hex') !== sha256) throw new LeatError('E_STATE', { what: `${path} is damaged: these are not the ${grouped(bytes)} bytes that were committed`, help: '' });
  }

  /** The records of a frozen epoch, in stretches of whole records. */
  read(frozen: Frozen, take: (bytes: Uint8Array, start: number, end: number) => void): void { for (const [bytes, end] of this.pieces(frozen)) take(bytes, 0, end); }

  /** The same, one stretch bytes[0, end) after the other; each is valid until the next is asked for. */
  *pieces({ epoch }: Frozen): Generator<readonly [bytes: Uint8Array, end: number]> {
    const path = this.path(epoch), fd = guarded(path, () => openSync(path, 'r'));
    try {
      for (let buffer = new Uint8Array(PIECE_BYTES), rest = 0; ; ) {
        if (rest === buffer.length) buffer = joined(buffer, new Uint8Array(rest));   // a record that is longer
        const count = guarded(path, () => readSync(fd, buffer, rest, buffer.length - rest, null)), end = rest + count;
        if (count === 0) return;
        const last = buffer.lastIndexOf(10, end - 1) + 1;
        if (last > 0) { yield [buffer, last]; buffer.copyWithin(0, last, end); }
        rest = end - last;
      }
    } finally { closeSync(fd); }
  }

  /** Somebody has it, and it is on disk there. The one before is forgotten. */
  taken({ epoch, bytes }: Frozen): void {
    if (bytes === 0 || !existsSync(this.path(epoch))) return;
    for (const name of readdirSync(this.folder)) if (name.endsWith('.done')) removeFile(join(this.folder, name));
    renameFile(this.path(epoch), this.done(epoch));
    syncFolder(this.folder);
  }

  close(): void { if (this.output !== undefined) closeSync(this.output.fd); this.output = undefined; }

  private each(path: string, take: (piece: Uint8Array, end: number) => void): void {
    guarded(path, () => {
      const fd = openSync(path, 'r'), buffer = new Uint8Array(PIECE_BYTES);
      try { for (let count = readSync(fd, buffer, 0, buffer.length, null); count > 0; count = readSync(fd, buffer, 0, buffer.length, null)) take(buffer, count); } finally { closeSync(fd); }
    });
  }
}

function joined(a: Uint8Array, b: Uint8Array): Uint8Array<ArrayBuffer> {
  const both = new Uint8Array(a.length + b.length);
  both.set(a); both.set(b, a.length);
  return both;
}
