// An input that can be read ahead: while another one is waited for, its bytes are taken in and put aside, so that a program that feeds both of them is never held up.
// What exceeds a little memory goes to a file. Bytes only; it must not know what they mean.
import type { Input } from '../io/input.js';
import { SpillFile } from '../state/spill.js';
import type { Spilling } from '../stream/operator.js';

const BUFFER_BYTES = 1 << 18, ASIDE_BYTES = 1 << 24;

export class Feed {
  readonly input: Input;
  /** All bytes have been handed out. */
  get isOver(): boolean { return this.ended && this.count === 0 && this.aside.isEmpty; }
  private readonly buffer = new Uint8Array(BUFFER_BYTES);
  private count = 0;                                     // bytes of the buffer that are filled; they come after what was put aside
  private readonly aside: Aside;
  private reading: Promise<void> | undefined;
  private ended = false;
  private error: unknown;

  constructor(input: Input, spilling: Spilling) { this.input = input; this.aside = new Aside(spilling); }

  /** Whether take() or the end is there now; else wait(). Errors: those of Input.read(). */
  isReady(most = BUFFER_BYTES): boolean {
    if (!this.aside.isEmpty || this.count > 0) return true;
    if (this.error !== undefined) throw this.error;
    if (this.ended) return true;
    if (this.reading !== undefined) return false;
    this.begin(most);
    return this.reading === undefined;
  }

  /** The next bytes: at most as many as fit. 0: the end. Call when isReady(). */
  take(into: Uint8Array): number {
    if (!this.aside.isEmpty) return this.aside.take(into);
    const count = Math.min(this.count, into.length);
    into.set(this.buffer.subarray(0, count));
    if (count < this.count) this.buffer.copyWithin(0, count, this.count);
    this.count -= count;
    return count;
  }

  /** Settles when isReady() may have become true. It never fails: isReady() says what went wrong. */
  wait(): Promise<void> { return this.reading ?? Promise.resolve(); }

  /** Reads on while nobody takes: a promise for more; undefined where that makes no sense (a file waits by itself, or all is read). */
  ahead(): Promise<void> | undefined {
    if (this.input.regular || this.ended || this.error !== undefined) return undefined;
    if (this.reading === undefined) {
      if (this.count > 0) { this.aside.put(this.buffer.subarray(0, this.count)); this.count = 0; }
      this.begin(BUFFER_BYTES);
    }
    return this.wait();
  }

  close(): void { this.aside.close(); this.input.close(); }

  private begin(most: number): void {
    const got = this.input.read(most < BUFFER_BYTES ? this.buffer.subarray(0, most) : this.buffer);
    const settle = (count: number): void => { this.count = count; this.ended = count === 0; };
    if (typeof got === 'number') { settle(got); return; }
    this.reading = got.then(settle, (error: unknown) => { this.error = error; }).then(() => { this.reading = undefined; });
  }
}

/** Bytes in the order in which they came: the first of them in memory, the rest in a file. */
class Aside {
  private readonly file: SpillFile;
  private readonly pieces: Uint8Array[] = [];
  private bytes = 0;
  private at = 0;                                        // read so far: of the first piece, then of the file
  private readonly most: number;
  constructor(spilling: Spilling) { this.file = new SpillFile(spilling); this.most = Math.min(ASIDE_BYTES, spilling.memoryBytes); }

  get isEmpty(): boolean { return this.bytes === 0 && this.file.length === 0; }

  put(bytes: Uint8Array): void {
    if (this.file.length > 0 || this.bytes + bytes.length > this.most) { this.file.write(bytes); return; }
    this.pieces.push(bytes.slice());
    this.bytes += bytes.length;
  }

  take(into: Uint8Array): number {
    const [piece] = this.pieces;
    if (piece !== undefined) {
      const count = Math.min(piece.length - this.at, into.length);
      into.set(piece.subarray(this.at, this.at + count));
      this.at += count; this.bytes -= count;
      if (this.at === piece.length) { this.pieces.shift(); this.at = 0; }
      return count;
    }
    const count = this.file.read(into, 0, Math.min(into.length, this.file.length - this.at), this.at);
    this.at += count;
    if (this.at === this.file.length) { this.file.close(); this.at = 0; }
    return count;
  }

  close(): void { this.file.close(); }
}
