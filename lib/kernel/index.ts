// What the other rooms take from the kernel, and which scanner runs here.
import { isFast } from './instance.js';
import { referenceScanner } from './reference.js';
import type { Scanner, ScannerOptions } from './scanner.js';
import { wasmScanner } from './wasm.js';

export { makeKeys } from './keys.js';
export type { KeyTable } from './keys.js';
export { Splice } from './splice.js';

/**
 * A scanner for these paths: the fast one where WebAssembly SIMD and the compiled module are there, else the reference; the rows are the same.
 * LEAT_KERNEL=reference takes the reference anywhere.
 */
export const makeScanner = (options: ScannerOptions): Scanner => isFast() ? wasmScanner(options) : referenceScanner(options);
