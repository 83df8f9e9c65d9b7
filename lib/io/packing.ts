// Bytes on their way to a file, packed where its name says so (.gz): gzip members of a megabyte, each complete, so that what is there can be read and more be appended.
import { zlib } from './builtin.js';
import type { Output } from './output.js';

const MEMBER_BYTES = 1 << 20;

export interface ByteSink {
  /** bytes[start, end): whole records. */
  write(bytes: Uint8Array, start: number, end: number): void;
  /** What can be seen is seen now. */
  flush(): void;
  /** What came so far is written, and complete by itself. */
  settle(): void;
  /** The last bytes have come. */
  finish(): void;
}

export const isPacked = (path: string): boolean => path.endsWith('.gz');

export const plainSink = (output: Output): ByteSink => ({ write: (bytes, start, end) => output.write(bytes, start, end), flush: () => output.flush(), settle: () => output.flush(), finish: () => output.flush() });

/** `isEmpty`: there is nothing in the file yet, so that even no records make a member: an empty file is no gzip file. */
export function gzipSink(output: Output, isEmpty: boolean): ByteSink {
  let buffer = new Uint8Array(1 << 16), fill = 0, isNew = isEmpty;
  const pack = (): void => {
    output.write(zlib().gzipSync(buffer.subarray(0, fill)));
    output.flush();
    fill = 0; isNew = false;
  };
  return {
    write(bytes, start, end) {
      const size = end - start;
      if (fill + size > buffer.length) { const more = new Uint8Array(Math.max(buffer.length * 2, fill + size)); more.set(buffer.subarray(0, fill)); buffer = more; }
      buffer.set(bytes.subarray(start, end), fill);
      fill += size;
      if (fill >= MEMBER_BYTES) pack();                    // a record is never in two members
    },
    flush() { /* a member is packed when it is full: not for live readers */ },
    settle() { if (fill > 0) pack(); output.flush(); },
    finish() { if (fill > 0 || isNew) pack(); output.flush(); },
  };
}
