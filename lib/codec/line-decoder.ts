// Formats of which a record is a line. Owns: lines in pieces, BOM, CR, blank lines, overlong ones, places. What a line means is the subclass's.
import { isUtf8 } from 'node:buffer';
import type { Decoded, Decoder, DecoderPlace } from './decoder.js';
import type { Fault } from './gather.js';
import { Gather, foundAt, recordBytesMax, textFault, tooLong } from './gather.js';
import { Bytes } from './writer.js';

const BOM = [0xef, 0xbb, 0xbf];

/** Takes a BOM at the start of an input away, however it is cut. */
export class BomSkip {
  /** How much of it has been seen; 3: over, whether there was one or not. */
  #seen = 0;
  found = false;
  /** Bytes of the chunk to leave out, and (as `kept`) bytes of earlier chunks that were none of it after all. */
  skip(chunk: Uint8Array, kept: (bytes: Uint8Array) => void): number {
    if (this.#seen === 3) return 0;
    let p = 0;
    while (this.#seen < 3 && p < chunk.length) {
      if (chunk[p] !== BOM[this.#seen]) {
        const before = this.#seen - p;
        this.#seen = 3;
        if (before > 0) kept(Uint8Array.from(BOM.slice(0, before)));
        return 0;
      }
      p++; this.#seen++;
      if (this.#seen === 3) this.found = true;
    }
    return p;
  }
  /** None will come. */
  over(): void { this.#seen = 3; }
  /** The input is over: what looked like the start of one is data. */
  end(kept: (bytes: Uint8Array) => void): void {
    if (this.#seen > 0 && this.#seen < 3) kept(Uint8Array.from(BOM.slice(0, this.#seen)));
    this.#seen = 3;
  }
}

export abstract class LineDecoder implements Decoder {
  protected readonly gather = new Gather();
  protected readonly out = this.gather.out;
  readonly #lineBytesMax: number;
  readonly #pending = new Bytes();
  readonly #bom = new BomSkip();
  #line = 1;
  /** Of the start of the current line. */
  #offset = 0;
  /** Inside an overlong line that has been reported; so many bytes of it are gone. */
  #skipping = false;
  #skipped = 0;
  #fault: Fault | undefined;

  constructor(lineBytesMax = recordBytesMax) { this.#lineBytesMax = lineBytesMax; }

  // An overlong line is reported once: its rest is told by the place, not its start.
  position(): DecoderPlace {
    const { gather: { isClean } } = this, offset = this.#offset + (this.#skipping ? this.#skipped : 0), isSkipping = this.#skipping;
    return { offset, line: this.#line, ...isSkipping ? { memory: 'skip' } : isClean && offset > 0 ? { memory: 'first' } : {} };
  }
  begin({ offset, line, memory }: DecoderPlace): void {
    this.#offset = offset; this.#line = line; this.#skipping = memory === 'skip';
    if (offset > 0) { this.#bom.over(); this.gather.isClean = memory === 'first'; }
  }

  /** One line without LF and CR, valid UTF-8 without NUL: writes a record with its LF and says true; or says what is wrong with fault() and false. */
  protected abstract decode(bytes: Uint8Array, start: number, end: number): boolean;
  /** Whether a line of nothing but blanks is data. */
  protected blanks(_bytes: Uint8Array, _start: number, _end: number): boolean { return false; }

  /** What is wrong at a byte of the line; always false. */
  protected fault(bytes: Uint8Array, at: number, end: number, expected: string, got = foundAt(bytes, at, end)): false {
    this.#fault = { at, expected, got };
    return false;
  }
  /** Number of the line that is being decoded. */
  protected get line(): number { return this.#line; }

  push(chunk: Uint8Array): Decoded {
    this.gather.begin();
    const bytes = Buffer.from(chunk.buffer, chunk.byteOffset, chunk.length);
    let p = this.#bom.skip(bytes, (kept) => this.#keep(kept, 0, kept.length));
    if (p > 0 && this.#bom.found) this.#offset = 3;
    if (this.#pending.length > 0 || this.#skipping) {
      const lf = bytes.indexOf(10, p);
      this.#keep(bytes, p, lf < 0 ? bytes.length : lf);
      if (lf < 0) return this.gather.done();
      this.#ended(true);
      p = lf + 1;
    }
    const last = bytes.lastIndexOf(10);
    if (last >= p) {
      const whole = bytes.subarray(p, last);
      const sound = isUtf8(whole) && !whole.includes(0);
      while (p <= last && !this.gather.failed) {
        const lf = bytes.indexOf(10, p);
        this.#take(bytes, p, lf, sound);
        this.#offset += lf + 1 - p;
        p = lf + 1;
      }
    }
    if (!this.gather.failed) this.#keep(bytes, p, bytes.length);
    return this.gather.done();
  }

  end(): Decoded {
    this.gather.begin();
    this.#bom.end((kept) => this.#keep(kept, 0, kept.length));
    if (this.#pending.length > 0) this.#ended(false);
    return this.gather.done();
  }

  // A piece of a line whose end is not there yet.
  #keep(bytes: Uint8Array, start: number, end: number): void {
    const { length } = this.#pending, room = this.#lineBytesMax + 2;          // a CR may come last
    if (this.#skipping) { this.#skipped += end - start; return; }
    this.#pending.copy(bytes, start, Math.min(end, start + room - length));
    if (this.#pending.length < room) return;
    this.gather.bad(this.#line, this.#offset, this.#pending.bytes, 0, this.#lineBytesMax, tooLong(this.#lineBytesMax, this.#lineBytesMax));
    this.#skipping = true;
    this.#skipped = end - start + length;
    this.#pending.clear();
  }

  // The line in #pending is complete, by its LF or by the end of the input.
  #ended(lf: boolean): void {
    const length = this.#skipping ? this.#skipped : this.#pending.length;
    if (this.#skipping) { this.#skipping = false; this.#line++; } else this.#take(this.#pending.bytes, 0, length, false);
    this.#pending.clear();
    this.#offset += length + (lf ? 1 : 0);
  }

  #take(bytes: Uint8Array, start: number, lf: number, sound: boolean): void {
    const end = lf > start && bytes[lf - 1] === 13 ? lf - 1 : lf;
    if (end - start > this.#lineBytesMax) {
      this.gather.bad(this.#line++, this.#offset, bytes, start, start + this.#lineBytesMax, tooLong(this.#lineBytesMax, start + this.#lineBytesMax));
      return;
    }
    if (end === start || (bytes[start] <= 32 && isBlank(bytes, start, end))) {
      if (!this.blanks(bytes, start, end)) { this.#line++; return; }
    }
    const fault = sound ? undefined : textFault(bytes, start, end);
    const length = this.out.length;
    if (fault === undefined && this.decode(bytes, start, end)) this.gather.record(this.#line, this.#offset);
    else if (!this.gather.failed) {
      this.out.length = length;                                               // what decode() had written before it found the fault
      this.gather.bad(this.#line, this.#offset, bytes, start, end, fault ?? this.#fault!);   // `!`: decode() said false, so it said why
    } else this.out.length = length;
    this.#line++;
  }
}

export function isBlank(bytes: Uint8Array, start: number, end: number): boolean {
  for (let i = start; i < end; i++) if (bytes[i] !== 32 && bytes[i] !== 9 && bytes[i] !== 13) return false;
  return true;
}
