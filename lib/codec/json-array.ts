// Records to one JSON array, an element per line, written as they come; an element's comma comes with the next one.
import type { Encoder } from './encoder.js';
import type { Bytes } from './writer.js';

export class JsonArray implements Encoder {
  private isOpen = false;
  private readonly shown: ((bytes: Uint8Array) => Uint8Array) | undefined;
  /** `shown` escapes text for a terminal; it must stay the same JSON. */
  constructor(shown?: (bytes: Uint8Array) => Uint8Array) { this.shown = shown; }

  lines(bytes: Uint8Array, start: number, end: number, out: Bytes): void {
    for (let at = start; at < end; ) {
      const lf = bytes.indexOf(10, at);
      out.ascii(this.isOpen ? ',\n' : '[\n');
      this.isOpen = true;
      if (this.shown === undefined) out.copy(bytes, at, lf); else out.all(this.shown(bytes.subarray(at, lf)));
      at = lf + 1;
    }
  }
  end(out: Bytes): void { out.ascii(this.isOpen ? '\n]\n' : '[]\n'); }
}
