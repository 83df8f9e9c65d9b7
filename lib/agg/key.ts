// What makes values equal, as keys of Map and Set: a number for a number that is one double, else the canonical text (kernel/canonical.ts). 1 and 1.0 are one key.
import { canonical } from '../kernel/canonical.js';
import { hasBackslash, spanText } from '../record/json.js';
import { Tag, type Column } from '../record/batch.js';

export type Key = number | string;

// Strings come again and again: the last text by a hash of its bytes, so that most of them are made once.
const cacheSize = 4096, longest = 64;
const texts: string[] = new Array<string>(cacheSize).fill(''), spans: Uint8Array[] = new Array<Uint8Array>(cacheSize).fill(new Uint8Array(0));

function cachedText(bytes: Uint8Array, start: number, end: number): string {
  const size = end - start;
  if (size > longest) return spanText(bytes, start, end);
  let hash = size;
  for (let i = start; i < end; i++) hash = Math.imul(hash ^ bytes[i], 0x01000193);
  hash = (hash ^ hash >>> 15) & cacheSize - 1;
  const known = spans[hash];
  if (known.length === size) {
    let same = 0;
    while (same < size && known[same] === bytes[start + same]) same++;
    if (same === size) return texts[hash];
  }
  spans[hash] = bytes.slice(start, end);
  return texts[hash] = spanText(bytes, start, end);
}

/** The key of the value at a row. Strings keep their quotes, so that no two types meet. */
export function keyAt(column: Column, row: number): Key {
  const type = column.tag[row];
  if (type === Tag.Number) return column.number[row];
  if (type === Tag.String) {
    const start = column.start[row], end = column.end[row];
    if (!column.escaped || !hasBackslash(column.bytes, start, end)) return cachedText(column.bytes, start, end);
  }
  const text = canonical(column, row);
  // An integer beyond 2^53 that is one double is that number; canonical says so by leaving the w away.
  return type === Tag.Wide && !text.includes('w') ? Number(text) : text;
}
