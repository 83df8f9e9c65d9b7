// What a piece of a file is recognised by: its length and a hash of it.
import { createHash } from 'node:crypto';

/** Bytes at the start of a file that tell it from others, and bytes before the place where reading stands (EXACTLY-ONCE, decision 12). */
export const HEAD_BYTES = 1024, TAIL_BYTES = 256;

/** Shorter starts that are kept, too: a copy that was made of a short file is shorter still. */
export const START_BYTES: readonly number[] = [64, 256];

/** Of some bytes. */
export interface Print { readonly bytes: number; readonly hash: string }

export const printOf = (bytes: Uint8Array): Print => ({ bytes: bytes.length, hash: hashOf(bytes) });
/** Whether it is that of these bytes. */
export const isPrint = (print: Print, bytes: Uint8Array): boolean => bytes.length === print.bytes && (bytes.length === 0 || hashOf(bytes) === print.hash);

const hashOf = (bytes: Uint8Array): string => bytes.length === 0 ? '' : createHash('sha256').update(bytes).digest('hex').slice(0, 32);
