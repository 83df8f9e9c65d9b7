// The fast scanner: the face of wasm/scan.ts. Lines that it does not read, numbers that it does not convert and paths that it does not follow go the exact way.
// Owns: the scanner's part of the kernel's memory. Must not: differ from reference.ts on any input.
import { Tag } from '../record/batch.js';
import type { Path } from '../record/path.js';
import { numberOf } from './exact.js';
import type { Filling } from './exact.js';
import { aligned, kernel } from './instance.js';
import type { Block, Kernel } from './instance.js';
import { LineScanner, rowsDefault, spareBytes } from './lines.js';
import { planPaths } from './plan.js';
import type { FastPlan } from './plan.js';
import type { Scanner, ScannerOptions } from './scanner.js';
import type { Step } from './tree.js';
import { wtf8 } from './wtf8.js';

export function wasmScanner(options: ScannerOptions): Scanner {
  const plan = planPaths(options.paths);
  return new WasmScanner({ ...options, rowsMax: Math.min(options.rowsMax ?? rowsDefault, rowsDefault) }, plan);
}

interface Column extends Filling { bytes: Uint8Array; readonly owner: object }

// Words of the scanner's record in memory; wasm/automaton.ts and wasm/scan.ts have the list.
const word = { columns: 16, count: 17, size: 18, start: 19, end: 20, tag: 21, starts: 22, ends: 23, longest: 24, todo: 25, todos: 26, todosMax: 27, at: 29, dense: 30, root: 0 } as const;
const recordBytes = 256;
/** Tag of a number that is left to the exact way. */
const todo = 8;

class WasmScanner extends LineScanner {
  readonly #kernel: Kernel = kernel();
  readonly #plan: FastPlan;
  readonly #columns: Column[];
  readonly #filled: readonly Column[];   // by index in plan.filled
  readonly #derive: readonly (readonly [Column, Step])[];
  readonly #root: Column | undefined;
  readonly #at: number;
  readonly #words: Uint32Array;
  readonly #todo: Uint32Array;
  readonly #flags: Uint8Array;           // of all memory: for the escape byte of a column
  readonly #size: number;
  readonly #input: Block = { at: 0, size: 0 };
  readonly #blocks: readonly Block[];


  constructor(options: ScannerOptions, plan: FastPlan) {
    super(options, plan.filled);
    this.#plan = plan;
    const { calls } = this.#kernel, { filled, from } = plan;
    const rows = (this.rowsMax + 63) & ~63;
    const offStart = 8 * rows + 64, offEnd = offStart + 4 * rows + 64, offTag = offEnd + 4 * rows + 64, size = this.#size = offTag + rows + 448;
    const derived = from.filter((index) => index === -1).length, root = from.includes(-2) ? 1 : 0;
    const todosMax = rows * Math.min(4, filled.length + 1);
    const keys = [...this.#keys()];
    const scratch = 16 + Math.max(0, ...keys.map(({ name }) => name.length));
    const tables = calls.tableBytes(scratch, keys.length);
    const names = keys.reduce((sum, { name }) => sum + ((name.length + 31) & ~15), 0), lists = keys.length * 4 * (filled.length + 1);
    const shapeBytes = options.shapes === true ? calls.shapeBytes() + 4 * rows + 256 : 0;
    const total = shapeBytes + recordBytes + tables + (filled.length + derived + root) * size + 8 * rows + 256 + 8 * todosMax + names + lists;
    const block = { at: this.#kernel.allocate(total), size: total };
    this.#blocks = [block, this.#input];
    this.#kernel.keep(this, this.#blocks);
    const { buffer } = this.#kernel.bytes;
    let at = block.at;
    const take = (bytes: number): number => { const here = at; at = aligned(at + bytes, 64); return here; };
    this.#at = take(recordBytes);
    this.#words = new Uint32Array(buffer, this.#at, recordBytes / 4);
    this.#words.fill(0);
    at = aligned(at, 128);
    calls.makeTables(this.#at, take(tables), scratch, keys.length);
    const column = (): Column => {
      const base = take(size);
      return {
        tag: new Uint8Array(buffer, base + offTag, rows), number: new Float64Array(buffer, base, rows), start: new Uint32Array(buffer, base + offStart, rows),
        end: new Uint32Array(buffer, base + offEnd, rows), bytes: this.bytes, escaped: false, wide: false, owner: this,
      };
    };
    this.#filled = filled.map(column);
    this.starts = new Uint32Array(buffer, take(4 * rows), rows);
    this.ends = new Uint32Array(buffer, take(4 * rows + 64), rows);
    this.#root = root ? { ...column(), start: this.starts, end: this.ends } : undefined;
    const shown = from.map((index) => index === -2 ? this.#root! : index === -1 ? column() : this.#filled[index]);   // `!`: made where from has −2
    this.shown = shown;
    this.columns = [...shown, ...this.#filled];
    this.#columns = [...new Set([...shown, ...this.#filled])];
    this.#todo = new Uint32Array(buffer, take(8 * todosMax), 2 * todosMax);
    this.#flags = this.#kernel.bytes;
    this.#derive = plan.derive.map((index) => [this.#filled[index], this.#step(filled[index])]);
    const w = this.#words;
    w[word.columns] = this.#filled[0]?.number.byteOffset ?? 0;
    w[word.count] = filled.length;
    w[word.size] = size;
    w[word.start] = offStart;
    w[word.end] = offEnd;
    w[word.tag] = offTag;
    w[word.starts] = this.starts.byteOffset;
    w[word.ends] = this.ends.byteOffset;
    w[word.longest] = Math.min(this.lineBytesMax, 0xffffffff);
    w[word.todo] = this.#todo.byteOffset;
    w[word.todosMax] = todosMax;
    this.#want(keys, take);
    if (options.shapes === true) {
      this.shapes = new Uint32Array(buffer, take(4 * rows), rows);
      calls.makeShapes(this.#at, this.shapes.byteOffset, take(calls.shapeBytes()));
    }
  }

  override close(): void { this.#kernel.drop(this, this.#blocks); }

  // The inner nodes and leaves of the paths that the automaton follows, parents first.
  *#keys(): Generator<{ readonly path: Path; readonly name: Uint8Array }> {
    const seen: string[] = [];
    for (const path of this.#plan.filled) {
      for (let length = 1; length <= path.length; length++) {
        const part = path.slice(0, length), id = JSON.stringify(part);
        if (seen.includes(id)) continue;
        seen.push(id);
        yield { path: part, name: wtf8(String(part[length - 1])) };
      }
    }
  }

  #want(keys: readonly { readonly path: Path; readonly name: Uint8Array }[], take: (bytes: number) => number): void {
    const { calls, bytes } = this.#kernel;
    const nodes = new Map<string, number>([['[]', this.#words[word.root]]]);
    for (const { path, name } of keys) {
      const at = take(name.length + 16);
      bytes.set(name, at);
      const leaf = this.#plan.filled.findIndex((one) => one.length === path.length && one.every((step, i) => step === path[i]));
      const below = this.#plan.filled.flatMap((one, i) => leaf < 0 && path.every((step, k) => one[k] === step) ? [this.#filled[i].number.byteOffset] : []);
      let list = 0;
      if (below.length > 0) {
        list = take(4 * (below.length + 1));
        new Uint32Array(bytes.buffer, list, below.length + 1).set([below.length, ...below]);
      }
      const parent = nodes.get(JSON.stringify(path.slice(0, -1)))!;   // `!`: parents come first
      nodes.set(JSON.stringify(path), calls.want(this.#at, parent, at, name.length, leaf < 0 ? 1 : this.#filled[leaf].number.byteOffset, list));
    }
  }

  #step(path: Path): Step {
    let step = this.steps[0];
    for (const part of path) step = step.keys.find(({ text }) => text === part)!.step;   // `!`: the tree was made with this path
    return step;
  }

  protected grow(size: number): void {
    const wanted = size + spareBytes, at = this.#kernel.allocate(wanted + 128), { bytes } = this.#kernel;
    if (this.high > this.low) bytes.copyWithin(at + this.low - this.base, this.low, this.high);
    if (this.#input.size > 0) this.#kernel.free(this.#input.at, this.#input.size);
    this.#input.at = at;
    this.#input.size = wanted + 128;
    this.rebase(bytes, at, size);
    for (const column of this.#columns) column.bytes = bytes;
  }

  protected start(): void { this.#kernel.calls.fresh(this.#at); }

  protected scan(to: number): void {
    const w = this.#words;
    w[word.dense] = 1;
    this.count = this.#kernel.calls.run(this.#at, this.low, to, this.count, this.rowsMax);
    this.low = w[word.at];
    if (w[word.dense] === 0) this.dense = false;
  }

  protected finish(): void {
    const { count, bytes } = this, w = this.#words, first = w[word.columns];
    for (let i = 0; i < w[word.todos]; i++) {
      const column = this.#filled[(this.#todo[2 * i] - first) / this.#size], { tag, number, start, end } = column, row = this.#todo[2 * i + 1];
      if (row >= count || tag[row] !== todo) continue;
      [tag[row], number[row]] = numberOf(bytes, start[row], end[row]);
      if (tag[row] === Tag.Wide) column.wide = true;
    }
    for (const column of this.#filled) if (this.#flags[column.number.byteOffset + this.#size - 64] === 1) column.escaped = true;
    this.#root?.tag.fill(Tag.Object, 0, count);
    if (this.#derive.length === 0) return;
    this.exact.bytes = bytes;
    this.exact.columns = this.columns;
    for (const [{ start, end }, step] of this.#derive) for (let row = 0; row < count; row++) this.exact.derive(start[row], end[row], row, step);
  }
}
