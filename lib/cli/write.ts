// Text to standard output and standard error, synchronously: nothing is queued when the process ends, and the streams of `process` (which cost start-up) are never made.
import { writeSync } from 'node:fs';
import { Output, ReaderLeft } from '../io/output.js';

/** All of it; a reader that left is no error. Errors: E_WRITE. */
export function print(text: string): void {
  try {
    const out = new Output(1);
    out.write(Buffer.from(text));
    out.flush();
  } catch (error) { if (!(error instanceof ReaderLeft)) throw error; }
}

const nap = new Int32Array(new SharedArrayBuffer(4));

/** To standard error; what cannot be said there is lost, as there is no other place to say it. */
export function printError(text: string): void {
  const bytes = Buffer.from(text);
  for (let at = 0; at < bytes.length; ) {
    try { at += writeSync(2, bytes, at); } catch (error) {
      const { code } = error as NodeJS.ErrnoException;
      if (code === 'EAGAIN') Atomics.wait(nap, 0, 0, 1);
      else if (code !== 'EINTR') return;
    }
  }
}
