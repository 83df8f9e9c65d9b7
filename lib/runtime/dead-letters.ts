// Bad records (--bad FILE): NDJSON lines {"source","line","offset","error","raw"} in input order (SEMANTICS 1); late ones (--late FILE) as records.
// Order within a batch is by offset, so that it cannot show where batches ended or which stage found the fault first.
import { openSync } from 'node:fs';
import { isUtf8 } from 'node:buffer';
import { LeatError, reason } from '../errors.js';
import { Output } from '../io/output.js';

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

/** Opens a file for writing from its start; one Output a path, shared by the stages that name it. */
export class Files {
  private readonly open = new Map<string, Output>();
  private readonly letters = new Map<string, DeadLetters>();
  get(path: string): Output {
    let output = this.open.get(path);
    if (output === undefined) {
      try { output = new Output(openSync(path, 'w', 0o666), path); } catch (error) {
        const { code, message } = error as NodeJS.ErrnoException;
        throw new LeatError('E_WRITE', { file: path, why: reason(code, message), help: '' });
      }
      this.open.set(path, output);
    }
    return output;
  }
  bad(path: string): DeadLetters {
    let letters = this.letters.get(path);
    if (letters === undefined) this.letters.set(path, letters = new DeadLetters(this.get(path)));
    return letters;
  }
  settle(): void { for (const letters of this.letters.values()) letters.settle(); }
  flush(): void { for (const letters of this.letters.values()) letters.settle(); for (const output of this.open.values()) output.flush(); }
}
