// Where JSON strings and numbers end, and what is wrong with those that do not. Owns: the grammar of scalars and UTF-8. Must not: make values.

/** Index after the closing quote of the string whose first character is at p; −1 where it is bad. */
export function stringEnd(bytes: Uint8Array, p: number, end: number): number {
  while (p < end) {
    const c = bytes[p];
    if (c === 34) return p + 1;
    if (c < 32) return -1;
    if (c < 128 && c !== 92) { p++; continue; }
    const next = c === 92 ? escapeEnd(bytes, p, end) : characterEnd(bytes, p, end);
    if (next < 0) return -1;
    p = next;
  }
  return -1;
}

/** Index after the escape at p; −1 where it is bad. */
function escapeEnd(bytes: Uint8Array, p: number, end: number): number {
  const kind = p + 1 < end ? bytes[p + 1] : 0;
  if (kind === 117) {
    for (let i = 2; i < 6; i++) if (p + i >= end || !hex(bytes[p + i])) return -1;
    return p + 6;
  }
  return simple(kind) ? p + 2 : -1;
}

/** Index after the UTF-8 sequence of two to four bytes at p; −1 where it is bad (overlong, surrogate, beyond U+10FFFF, cut). */
export function characterEnd(bytes: Uint8Array, p: number, end: number): number {
  const a = bytes[p];
  const size = a < 0xe0 ? 2 : a < 0xf0 ? 3 : 4;
  if (a < 0xc2 || a > 0xf4 || p + size > end) return -1;
  const b = bytes[p + 1];
  if ((b & 0xc0) !== 0x80 || (a === 0xe0 && b < 0xa0) || (a === 0xed && b >= 0xa0) || (a === 0xf0 && b < 0x90) || (a === 0xf4 && b >= 0x90)) return -1;
  for (let i = 2; i < size; i++) if ((bytes[p + i] & 0xc0) !== 0x80) return -1;
  return p + size;
}

/** The place of the fault in the string whose first character is at p, and what would have been right there. The string is bad. */
export function stringFault(bytes: Uint8Array, p: number, end: number): { readonly at: number; readonly expected: string } {
  for (;;) {
    if (p >= end) return { at: p, expected: `'"' at the end of a string` };
    const c = bytes[p];
    if (c < 32) return { at: p, expected: `an escape like \\u${c.toString(16).padStart(4, '0')} in a string` };
    if (c === 92 && escapeEnd(bytes, p, end) < 0) {
      if (p + 1 >= end || bytes[p + 1] !== 117) return { at: p + 1, expected: 'one of "\\/bfnrtu after a backslash' };
      let at = p + 2;
      while (at < end && hex(bytes[at])) at++;
      return { at, expected: 'four hexadecimal digits after \\u' };
    }
    if (c === 92) { p = escapeEnd(bytes, p, end); continue; }
    const next = c < 128 ? p + 1 : characterEnd(bytes, p, end);
    if (next < 0) return { at: p, expected: 'UTF-8' };
    p = next;
  }
}

/** Index after the number at p, which begins with a digit or `-`; −1 − index where something else than a digit stands and one is needed. */
export function numberEnd(bytes: Uint8Array, p: number, end: number): number {
  const digits = (): boolean => {
    const from = p;
    while (p < end && bytes[p] >= 48 && bytes[p] <= 57) p++;
    return p > from;
  };
  if (bytes[p] === 45) p++;
  if (p < end && bytes[p] === 48) p++; else if (!digits()) return -1 - p;
  if (p < end && bytes[p] === 46) { p++; if (!digits()) return -1 - p; }
  if (p < end && (bytes[p] | 32) === 101) {
    p++;
    if (p < end && (bytes[p] === 43 || bytes[p] === 45)) p++;
    if (!digits()) return -1 - p;
  }
  return p;
}

const hex = (c: number): boolean => (c >= 48 && c <= 57) || ((c | 32) >= 97 && (c | 32) <= 102);
const simple = (c: number): boolean => c === 34 || c === 92 || c === 47 || c === 98 || c === 102 || c === 110 || c === 114 || c === 116;
