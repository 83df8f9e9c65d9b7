// Bad records (--bad FILE): NDJSON lines {"source","line","offset","error","raw"} in input order (SEMANTICS 1).
// Order within a batch is by offset, so that it cannot show where batches ended or which stage found the fault first.
import { isUtf8 } from 'node:buffer';
import type { Output } from '../io/output.js';

interface Letter { readonly offset: number; readonly text: string }

export class DeadLetters {
  private readonly output: Output;
  private readonly waiting: Letter[] = [];
  constructor(output: Output) { this.output = output; }

  add(source: string, line: number, offset: number, error: string, raw: Uint8Array): void {
    const text = isUtf8(raw) ? { raw: Buffer.from(raw.buffer, raw.byteOffset, raw.length).toString('utf8') } : { raw_base64: Buffer.from(raw.buffer, raw.byteOffset, raw.length).toString('base64') };
    this.waiting.push({ offset, text: `${JSON.stringify({ source, line, offset, error, ...text })}\n` });
  }

  /** The batch is over: its letters are written, in order. */
  settle(): void {
    if (this.waiting.length === 0) return;
    for (const letter of this.waiting.sort((a, b) => a.offset - b.offset)) this.output.write(Buffer.from(letter.text));
    this.waiting.length = 0;
  }
  flush(): void { this.settle(); this.output.flush(); }
}
