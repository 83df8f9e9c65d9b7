// The key table in plain TypeScript, where the WebAssembly module cannot run: a map from canonical text to id. The oracle of keys-wasm.ts in tests is simpler still.
import { Tag } from '../record/batch.js';
import type { Column, Writer } from '../record/batch.js';
import { canonical } from './canonical.js';
import type { KeyTable } from './keys.js';

interface Key { readonly text: string; readonly values: readonly Column[] }

export class MapKeys implements KeyTable {
  readonly #ids = new Map<string, number>();
  readonly #keys: (Key | undefined)[] = [];
  readonly #free: number[] = [];
  #released: number[] = [];

  get size(): number { return this.#ids.size; }
  get limit(): number { return this.#keys.length; }

  ids(columns: readonly Column[], rows: Uint32Array, count: number, out: Uint32Array): void {
    this.#reuse();
    for (let i = 0; i < count; i++) {
      const row = rows[i];
      let text = '';
      for (const column of columns) text += `${canonical(column, row)},`;
      let id = this.#ids.get(text);
      if (id === undefined) {
        id = this.#free.pop() ?? this.#keys.length;
        this.#ids.set(text, id);
        this.#keys[id] = { text, values: columns.map((column) => one(column, row)) };
      }
      out[row] = id;
    }
  }

  close(): void { /* nothing but what the collector frees */ }

  release(id: number): void {
    const key = this.#keys[id];
    if (key === undefined || this.#ids.get(key.text) !== id) return;
    this.#ids.delete(key.text);
    this.#released.push(id);
  }

  write(id: number, index: number, out: Writer): void {
    out.copy(this.#keys[id]!.values[index], 0);   // `!`: only ids that ids() gave
  }

  #reuse(): void {
    for (const id of this.#released) { this.#keys[id] = undefined; this.#free.push(id); }
    this.#released = [];
  }
}

/** A column of one row, with bytes of its own. */
function one(column: Column, row: number): Column {
  const tag = column.tag[row];
  const start = tag === Tag.Null ? 0 : column.start[row], end = tag === Tag.Null ? 0 : column.end[row];
  return {
    tag: Uint8Array.of(tag), number: Float64Array.of(column.number[row]), start: Uint32Array.of(0), end: Uint32Array.of(end - start),
    bytes: column.bytes.slice(start, end), escaped: column.escaped,
  };
}
