// Records in another format, to standard output or to a file that appears when it is whole.
import { closeSync, constants, openSync } from 'node:fs';
import type { Encoder } from '../../codec/encoder.js';
import { Bytes } from '../../codec/writer.js';
import { Part, guarded, syncFile, targetKind } from '../durable.js';
import { Output } from '../output.js';
import { gzipSink, isPacked, plainSink } from '../packing.js';
import type { ByteSink } from '../packing.js';
import type { Target, Warn } from './target.js';

const PIECE_BYTES = 1 << 15;

/** Where encoded bytes go. */
interface Place {
  readonly isScreen?: boolean;
  write(bytes: Uint8Array, start: number, end: number): void;
  flush(): void;
  /** `whole` false: the run was stopped. */
  end(whole: boolean): void;
  abort(): void;
}

export class FormatTarget implements Target {
  private readonly encoder: Encoder;
  private readonly place: Place;
  private readonly text = new Bytes(1 << 16);
  constructor(encoder: Encoder, place: Place) { this.encoder = encoder; this.place = place; }

  get isScreen(): boolean { return this.place.isScreen === true; }

  lines(bytes: Uint8Array, start: number, end: number): void {
    // Piece by piece, so that what is encoded does not pile up.
    for (let at = start; at < end; ) {
      const until = end - at <= PIECE_BYTES ? end : bytes.indexOf(10, at + PIECE_BYTES - 1) + 1;
      // Where a record cannot be said, those before it have been: how many of them came together must not show.
      try { this.encoder.lines(bytes, at, until, this.text); } finally { this.pass(); }
      at = until;
    }
  }
  flush(): void {
    this.encoder.dry?.(this.text);
    this.pass();
    this.place.flush();
  }
  end(mode: 'drain' | 'pause'): void {
    this.encoder.end(this.text);
    this.pass();
    this.place.end(mode === 'drain');
  }
  abort(): void { this.place.abort(); }

  private pass(): void {
    const { text } = this;
    if (text.length > 0) this.place.write(text.bytes, 0, text.length);
    text.clear();
  }
}

export const toOutput = (output: Output): Place => ({
  isScreen: output.kind === 'terminal',
  write: (bytes, start, end) => output.write(bytes, start, end), flush: () => output.flush(), end: () => output.flush(), abort() { /* what was written stays */ },
});

/** A file under its name only when it is whole; a device or FIFO gets its bytes as they come. Errors: E_WRITE, E_PERMISSION. */
export function toPath(path: string, warn: Warn): Place {
  if (targetKind(path) === 'other') return toDevice(path);
  const part = new Part(path);
  let fd: number | undefined, sink: ByteSink | undefined;
  // Made with the first bytes: until then nothing stands on disk that a signal could leave there.
  const open = (): ByteSink => {
    fd ??= part.open();
    const output = new Output(fd, path);
    return isPacked(path) ? gzipSink(output, true) : plainSink(output);
  };
  const close = (): void => { if (fd !== undefined) closeSync(fd); fd = undefined; };
  const abort = (): void => { close(); part.discard(); };
  return {
    write: (bytes, start, end) => (sink ??= open()).write(bytes, start, end),
    flush() { /* nobody sees it before the end */ },
    end(whole) {
      if (!whole) { warn(`interrupted: ${path} was not complete, and not written`); abort(); return; }
      (sink ??= open()).finish();
      close();
      part.replace();
    },
    abort,
  };
}

function toDevice(path: string): Place {
  const fd = guarded(path, () => openSync(path, constants.O_WRONLY)), output = new Output(fd, path), sink = isPacked(path) ? gzipSink(output, true) : plainSink(output);
  const close = (): void => closeSync(fd);
  return { write: sink.write, flush: sink.flush, end() { sink.finish(); syncFile(fd, path); close(); }, abort: close };
}
