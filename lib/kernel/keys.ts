// Interning of group keys: a composite key in, a small integer out. Owns: which rows have the same key, and the text of a key's first arrival.
// Must not: know what a key is for, or make a string for a key that it has seen in the same spelling.
import type { Column, Writer } from '../record/batch.js';
import { isFast } from './instance.js';
import { MapKeys } from './keys-map.js';
import { WasmKeys } from './keys-wasm.js';

export interface KeyTable {
  /**
   * out[row] = id of the composite key of that row, for the first `count` of `rows`; new keys get new ids. out is indexed by row number.
   * Equality: SEMANTICS 2: null is missing; 1, 1.0 and 1e0 are one; numbers beyond 2^53 by decimal value; strings by decoded text; arrays and objects deep; types differ.
   */
  ids(columns: readonly Column[], rows: Uint32Array, count: number, out: Uint32Array): void;
  /** Forgets the key. Its memory and id are used again, but not before the next call of ids(). */
  release(id: number): void;
  /** The table is no longer needed. */
  close(): void;
  /** Value number `index` of the key, with the text of its first arrival. The column that the writer gets is only valid during that call. */
  write(id: number, index: number, out: Writer): void;
  /** Keys that are there. */
  readonly size: number;
  /** One above the greatest id given so far. Ids are dense: a freed one is given again before a greater one. */
  readonly limit: number;
}

/** An empty table. */
export const makeKeys = (): KeyTable => isFast() ? new WasmKeys() : new MapKeys();
