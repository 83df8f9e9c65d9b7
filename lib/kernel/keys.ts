// Interning of group keys: a composite key in, a small integer out. Owns: which rows have the same key, and the text of a key's first arrival.
// Must not: know what a key is for, or make a string for a key that it has seen in the same spelling.
import { Tag } from '../record/batch.js';
import type { Column, Writer } from '../record/batch.js';
import { canonical } from './canonical.js';

export interface KeyTable {
  /**
   * out[row] = id of the composite key of that row, for the first `count` of `rows`; new keys get new ids. out is indexed by row number.
   * Equality: SEMANTICS 2: null is missing; 1, 1.0 and 1e0 are one; numbers beyond 2^53 by decimal value; strings by decoded text; arrays and objects deep; types differ.
   */
  ids(columns: readonly Column[], rows: Uint32Array, count: number, out: Uint32Array): void;
  /** Forgets the key. Its memory and id are used again, but not before the next call of ids(). */
  release(id: number): void;
  /** Value number `index` of the key, with the text of its first arrival. */
  write(id: number, index: number, out: Writer): void;
  /** Keys that are there. */
  readonly size: number;
  /** One above the greatest id given so far. Ids are dense: a freed one is given again before a greater one. */
  readonly limit: number;
}

/** An empty table. */
export const makeKeys = (): KeyTable => new MapKeys();

interface Key { readonly text: string; readonly values: readonly Column[] }

class MapKeys implements KeyTable {
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
