// What of the files that operands name is read, and in which order: of a plain operand the file and the copies that rotation made of it since it was read; of a pattern all.
import { bytesAt } from './placed-file.js';
import type { Found } from './found.js';
import type { Register } from './register.js';

export interface Member { readonly found: Found; /** A younger one of its series is there: nothing is added to this one any more. */ readonly hasSuccessor: boolean }

/** In the order of their records. */
export function members(operand: readonly Found[], register: Register): readonly Member[] {
  // Copies of a plain operand's file: from the first one on that was read under its name; of those without an age only what was read.
  const isKnown = (found: Found): boolean => register.of(found) !== undefined || register.isCut(found);
  const first = operand.findIndex((found) => found.isAged && isKnown(found));
  const chosen = operand.filter((found, i) => found.isChosen || isKnown(found) || (first >= 0 && i > first && found.isAged));
  return chosen.flatMap((found, i) => {
    const later = chosen.slice(i + 1).filter(({ series }) => series === found.series);
    const isRead = (register.of(found)?.at.offset ?? 0) > 0;                    // of one that was empty only the number is known, which another one may have now
    const isCopy = !isRead && later.some((other) => isKnown(other) && isBeginOf(found, other));   // in the making, before the file itself is cut
    return isCopy ? [] : [{ found, hasSuccessor: later.length > 0 }];
  });
}

const SAMPLES = 64, SAMPLE_BYTES = 4096;

/** Whether a file is the beginning of the other one: all of a small one is compared, of a large one its two ends and samples. */
function isBeginOf(found: Found, whole: Found): boolean {
  if (!found.isRegular || !whole.isRegular || found.size === 0 || found.size > whole.size) return false;
  const a = found.open(), b = whole.open();
  try {
    if (a === undefined || b === undefined) return false;
    const step = Math.max(SAMPLE_BYTES, Math.floor((found.size - SAMPLE_BYTES) / SAMPLES));
    for (let at = 0; at < found.size; at += step) {
      const piece = bytesAt(a, found.path, at, Math.min(SAMPLE_BYTES, found.size - at));
      if (Buffer.compare(piece, bytesAt(b, whole.path, at, piece.length)) !== 0) return false;
    }
    const last = Math.max(0, found.size - SAMPLE_BYTES);
    return Buffer.compare(bytesAt(a, found.path, last, SAMPLE_BYTES), bytesAt(b, whole.path, last, found.size - last)) === 0;
  } finally { if (a !== undefined) found.close(a); if (b !== undefined) whole.close(b); }
}
