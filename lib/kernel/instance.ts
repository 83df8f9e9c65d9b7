// The WebAssembly module: compiled once a process, one memory for all scanners and key tables, and who owns which part of it.
// The memory is a shared one although there is one thread: when it grows, the views that others hold stay what they are.
import { existsSync, readFileSync } from 'node:fs';

// Node's types have no WebAssembly, and the browser's library is not loaded: what is used here.
declare const WebAssembly: {
  validate(bytes: Uint8Array): boolean;
  Memory: new (size: { initial: number; maximum: number; shared: boolean }) => { readonly buffer: SharedArrayBuffer; grow(pages: number): number };
  Module: new (bytes: Uint8Array) => object;
  Instance: new (module: object, imports: object) => { readonly exports: object };
};

export interface Kernel {
  readonly calls: Calls;
  /** All of the memory. Another view after it has grown; older ones stay valid. */
  readonly bytes: Uint8Array;
  /** Address of so many bytes, aligned to 128, with spare memory behind them. Not zeroed. */
  allocate(size: number): number;
  /** What allocate(size) gave. */
  free(at: number, size: number): void;
  /** Whether a view is one of this memory; its byteOffset is then an address. */
  owns(view: ArrayBufferView): boolean;
  /** Frees blocks (address, size) when `owner` is no longer reachable, or by drop(). */
  keep(owner: object, blocks: readonly Block[]): void;
  /** The owner is done with its blocks, and nobody looks at them any more. */
  drop(owner: object, blocks: readonly Block[]): void;
}
export interface Block { at: number; size: number }

/** Exports of wasm/kernel.ts; all numbers are u32. */
export interface Calls {
  init(at: number): void;
  tableBytes(scratch: number, wanted: number): number;
  makeTables(scanner: number, at: number, scratch: number, wanted: number): void;
  want(scanner: number, parent: number, key: number, length: number, column: number, below: number): number;
  makeShapes(scanner: number, rows: number, table: number): void;
  shapeBytes(): number;
  fresh(scanner: number): void;
  run(scanner: number, from: number, to: number, count: number, rows: number): number;
  makeTable(table: number, slots: number, slotCount: number, ids: number, idCount: number, scratch: number, seed: number): void;
  rehash(table: number, slots: number, count: number): void;
  moreIds(table: number, ids: number, count: number): void;
  moreMemory(table: number, at: number, size: number): void;
  intern(table: number, columns: number, texts: number, n: number, rows: number, from: number, count: number, out: number, canonical: number): number;
  forget(table: number, id: number): void;
  splice(starts: number, ends: number, rows: number, from: number, to: number, which: number, texts: number, out: number, limit: number, behind: number): number;
}

const page = 65536;
/** Below this: nothing at 0, then the constants. */
const constants = 2048;
let made: Kernel | undefined;

/** The kernel of this process. */
export function kernel(): Kernel {
  made ??= makeKernel();
  return made;
}

// A module of one function that gives a v128: valid where SIMD is known.
const simd = Uint8Array.of(0, 97, 115, 109, 1, 0, 0, 0, 1, 5, 1, 96, 0, 1, 123, 3, 2, 1, 0, 10, 10, 1, 8, 0, 65, 0, 253, 15, 253, 98, 11);

const file = new URL('./kernel.wasm', import.meta.url);

/** Whether the module is there, can run here, and LEAT_KERNEL=reference does not forbid it. */
export const isFast = (): boolean => process.env['LEAT_KERNEL'] !== 'reference' && (made !== undefined || (typeof WebAssembly === 'object' && WebAssembly.validate(simd) && existsSync(file)));

/** The next address that is a multiple of `step`, a power of two. Addresses go up to 4 GiB: no operator that makes 32-bit integers is good enough for them. */
export const aligned = (at: number, step: number): number => Math.ceil(at / step) * step;

function makeKernel(): Kernel {
  const memory = new WebAssembly.Memory({ initial: 1, maximum: 65536, shared: true });
  const module = new WebAssembly.Module(readFileSync(file));
  const calls = new WebAssembly.Instance(module, { env: { memory } }).exports as unknown as Calls;
  const buffers = new WeakSet<object>([memory.buffer]);
  const free = new Map<number, number[]>();
  let bytes = new Uint8Array(memory.buffer), top = constants;
  calls.init(128);
  const unreachable = new FinalizationRegistry<readonly Block[]>((blocks) => { for (const { at, size } of blocks) if (size > 0) give(at, size); });

  function allocate(size: number): number {
    const rounded = blockSize(size);
    const again = free.get(rounded)?.pop();
    if (again !== undefined) return again;
    const at = top, missing = Math.ceil((top + rounded + page - bytes.length) / page);
    if (missing > 0) {
      memory.grow(Math.max(missing, Math.min(64, bytes.length / page)));
      buffers.add(memory.buffer);
      bytes = new Uint8Array(memory.buffer);
    }
    top += rounded;                                        // last: where memory cannot grow, nothing has been taken
    return at;
  }

  function give(at: number, size: number): void {
    const rounded = blockSize(size), list = free.get(rounded);
    if (list === undefined) free.set(rounded, [at]); else list.push(at);
  }

  return {
    calls,
    get bytes() { return bytes; },
    allocate,
    free: give,
    owns: (view) => buffers.has(view.buffer),
    keep: (owner, blocks) => unreachable.register(owner, blocks, owner),
    drop(owner, blocks) {
      unreachable.unregister(owner);
      for (const { at, size } of blocks) if (size > 0) give(at, size);
    },
  };
}

// Few sizes, so that freed blocks fit again; memory that is not touched costs nothing.
function blockSize(size: number): number {
  let step = 128;
  while (step * 8 < size) step *= 2;
  return Math.ceil((size + 1) / step) * step;
}
