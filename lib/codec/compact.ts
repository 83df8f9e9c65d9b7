// One JSON value as compact text: checked by the grammar of RFC 8259, blanks and newlines between tokens left out, all other bytes as they were.
// What is wrong with a value that fails is found by the kernel's exact reader, so that messages are the same as for NDJSON.
import { Exact, depthMax } from '../kernel/exact.js';
import { numberEnd, stringEnd } from '../kernel/text.js';
import { makeTree } from '../kernel/tree.js';
import { foundAt } from './gather.js';
import type { Fault } from './gather.js';
import type { Bytes } from './writer.js';

const isBlank = (c: number): boolean => c === 32 || c === 10 || c === 13 || c === 9;
/** What may come next: a value, a value or `]`, a key, a key or `}`, a colon, a comma or the end of the object or list. */
const VALUE = 0, FIRST_VALUE = 1, KEY = 2, FIRST_KEY = 3, COLON = 4, AFTER = 5;
const words: readonly (readonly number[])[] = ['true', 'false', 'null'].map((word) => [...word].map((letter) => letter.charCodeAt(0)));
const open = new Uint8Array(depthMax + 1);

/** bytes[start, end) to `out`. false: it is no single JSON value, or too deep; what was written is the caller's to take back. */
export function compact(bytes: Uint8Array, start: number, end: number, out: Bytes): boolean {
  let p = start, from = start, depth = 0, next = VALUE;
  out.reserve(end - start);
  for (;;) {
    if (p < end && isBlank(bytes[p])) {
      out.copy(bytes, from, p);
      while (p < end && isBlank(bytes[p])) p++;
      from = p;
    }
    if (p >= end) break;
    const c = bytes[p];
    switch (next) {
      case KEY: case FIRST_KEY:
        if (c === 125 && next === FIRST_KEY) { p++; depth--; next = AFTER; break; }
        if (c !== 34 || (p = stringEnd(bytes, p + 1, end)) < 0) return false;
        next = COLON;
        break;
      case COLON:
        if (c !== 58) return false;
        p++; next = VALUE;
        break;
      case AFTER:
        if (depth === 0) return false;
        p++;
        if (c === 44) next = open[depth] === 123 ? KEY : VALUE;
        else if (c === (open[depth] === 123 ? 125 : 93)) depth--;
        else return false;
        break;
      default:
        if (c === 93 && next === FIRST_VALUE) { p++; depth--; next = AFTER; break; }
        if (c === 123 || c === 91) {
          if (depth === depthMax) return false;
          open[++depth] = c; p++;
          next = c === 123 ? FIRST_KEY : FIRST_VALUE;
          break;
        }
        if (c === 34) p = stringEnd(bytes, p + 1, end);
        else if (c === 45 || (c >= 48 && c <= 57)) p = numberEnd(bytes, p, end);
        else p = wordEnd(bytes, p, end);
        if (p < 0) return false;
        next = AFTER;
    }
  }
  out.copy(bytes, from, end);
  return next === AFTER && depth === 0;
}

function wordEnd(bytes: Uint8Array, p: number, end: number): number {
  for (const word of words) if (p + word.length <= end && word.every((c, i) => bytes[p + i] === c)) return p + word.length;
  return -1;
}

/** What is wrong with a value that compact() refused. */
export function jsonFault(bytes: Uint8Array, start: number, end: number): Fault {
  const exact = new Exact(makeTree([])[0]);
  exact.bytes = bytes;
  if (exact.record(start, end, 0) >= 0 || exact.fault === undefined) throw new Error('the exact reader took what compact() refused');
  const { code, detail, at } = exact.fault;
  return { at, code, detail, expected: String(detail['expected'] ?? 'a JSON value'), got: String(detail['got'] ?? foundAt(bytes, at, end)) };
}
