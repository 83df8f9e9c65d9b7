// The key table in the kernel's memory: the face of wasm/keys.ts. Columns that lie in that memory are read where they are, others are copied in.
// Owns: making canonical what bytes do not decide (wide numbers, escaped strings, arrays, objects). Must not: make a string for any other value.
import { Tag } from '../record/batch.js';
import type { Column, Writer } from '../record/batch.js';
import { canonicalText, spanText } from './canonical.js';
import { aligned, kernel } from './instance.js';
import type { Block, Kernel } from './instance.js';
import type { KeyTable } from './keys.js';
import { wtf8 } from './wtf8.js';

// Of wasm/keys.ts: words of a table, bytes of it, of a key's head, of a field and of a column's description.
const word = { mask: 1, size: 2, limit: 3, ids: 4, idsMax: 5, columns: 9, wanted: 12, why: 13, scratch: 14 } as const;
const tableBytes = 320, headBytes = 16, columnBytes = 32;
const stopped = { odd: 1, slots: 2, ids: 3, memory: 4 } as const;
const chunkBytes = 1 << 18, slotsFirst = 2048;

export class WasmKeys implements KeyTable {
  readonly #kernel: Kernel = kernel();
  readonly #table: Block;
  readonly #slots: Block;
  readonly #ids: Block;
  readonly #scratch: Block;
  readonly #staging: Block = { at: 0, size: 0 };   // descriptions, rows, ids, copies of columns: of one call
  readonly #blocks: Block[];
  readonly #words: Uint32Array;
  #released: number[] = [];
  #top = 0;                                        // free part of the staging memory
  #all: Views;

  constructor() {
    this.#table = this.#block(tableBytes);
    this.#slots = this.#block(8 * slotsFirst);
    this.#ids = this.#block(4 * 512);
    this.#scratch = this.#block(16 * 8);
    this.#blocks = [this.#table, this.#slots, this.#ids, this.#scratch, this.#staging];
    this.#kernel.keep(this, this.#blocks);
    this.#all = views(this.#kernel);
    this.#words = new Uint32Array(this.#all.bytes.buffer, this.#table.at, tableBytes / 4);
    this.#kernel.calls.makeTable(this.#table.at, this.#slots.at, slotsFirst, this.#ids.at, 512, this.#scratch.at, Math.floor(Math.random() * 2 ** 32));
  }

  get size(): number { return this.#words[word.size]; }
  get limit(): number { return this.#words[word.limit]; }

  ids(columns: readonly Column[], rows: Uint32Array, count: number, out: Uint32Array): void {
    const { calls } = this.#kernel, table = this.#table.at, n = columns.length;
    for (const id of this.#released) calls.forget(table, id);
    this.#released.length = 0;
    if (count === 0) return;
    if (16 * n > this.#scratch.size) this.#replace(this.#scratch, 16 * n, (at) => { this.#words[word.scratch] = at; });
    const size = rows[count - 1] + 1;              // rows ascend
    const areRows = this.#kernel.owns(rows), areHere = columns.map((column) => this.#isHere(column));
    let need = 2 * n * columnBytes + 8 * count + 256;
    columns.forEach((column, i) => { if (!areHere[i]) need += 17 * size + 128 + textBytes(column, rows, count); });
    this.#stage(need);
    const described = this.#take(n * columnBytes), list = areRows ? rows.byteOffset : this.#take(4 * count), result = this.#take(4 * count), { words } = this.#all;
    if (!areRows) words.set(count === rows.length ? rows : rows.subarray(0, count), list >>> 2);
    columns.forEach((column, i) => this.#describe(described + i * columnBytes, areHere[i] ? column : this.#copy(column, rows, count, size)));
    for (let i = 0; i < count;) {
      i = calls.intern(table, described, described, n, list, i, count, result, 0);
      if (i === count) break;
      if (this.#words[word.why] === stopped.odd) { words[(result >>> 2) + i] = this.#odd(columns, rows[i]); i++; } else this.#grow();
    }
    scatter(this.#all.words, result >>> 2, rows, count, out);
  }

  close(): void { this.#kernel.drop(this, this.#blocks); }

  release(id: number): void { this.#released.push(id); }

  write(id: number, index: number, out: Writer): void {
    const { words, bytes } = this.#all = views(this.#kernel, this.#all), n = this.#words[word.columns], key = words[(this.#words[word.ids] >>> 2) + id];
    let field = (key + headBytes + 16 * n) >>> 2, start = key + headBytes + 32 * n;
    for (let i = 0; i < index; i++, field += 4) start += words[field] + words[field + 1];
    const end = start + words[field], tag = words[field + 2];
    const number = tag === Tag.Number ? this.#all.numbers[(key + headBytes + 16 * index) >>> 3] : tag === Tag.Wide ? Number(spanText(bytes, start, end)) : 0;
    one.tag[0] = tag;
    one.number[0] = number;
    one.start[0] = start;
    one.end[0] = end;
    one.bytes = bytes;
    out.copy(one, 0);
  }

  // One row with a value that has more than one spelling.
  #odd(columns: readonly Column[], row: number): number {
    const n = columns.length, values = columns.map((column) => plain(column, row));
    const size = values.reduce((sum, { bytes }) => sum + bytes.length + 96, 0) + columns.reduce((sum, { start, end }) => sum + end[row] - start[row], 0);
    const block = this.#block(size + 2 * n * (columnBytes + 48) + 256), { bytes, words, numbers } = this.#all;
    let top = block.at;
    const put = (tag: number, number: number, text: Uint8Array, described: number): void => {
      const at = aligned(top, 8);
      numbers[at >>> 3] = number;
      bytes[at + 8] = tag;
      words[(at >>> 2) + 3] = at + 20;
      words[(at >>> 2) + 4] = at + 20 + text.length;
      bytes.set(text, at + 20);
      words.set([at + 8, at, at + 12, at + 16, 0], described >>> 2);
      top = at + 36 + text.length;
    };
    const list = top, result = top + 4, cells = (top + 15) & ~7, texts = cells + n * columnBytes;
    words[list >>> 2] = 0;
    top = texts + n * columnBytes;
    values.forEach(({ tag, number, bytes: text }, i) => {
      put(tag, number, text, cells + i * columnBytes);
      const { tag: tags, number: numbers, start, end, bytes: from } = columns[i];
      put(tags[row], numbers[row], tags[row] === Tag.Null ? empty : from.subarray(start[row], end[row]), texts + i * columnBytes);
    });
    while (this.#kernel.calls.intern(this.#table.at, cells, texts, n, list, 0, 1, result, 1) === 0) this.#grow();
    const id = words[result >>> 2];
    this.#kernel.free(block.at, block.size);
    return id;
  }

  #grow(): void {
    const { calls } = this.#kernel, table = this.#table.at, w = this.#words;
    switch (w[word.why]) {
      case stopped.slots: this.#replace(this.#slots, 16 * (w[word.mask] + 1), (at) => calls.rehash(table, at, 2 * (w[word.mask] + 1))); break;
      case stopped.ids: this.#replace(this.#ids, 8 * w[word.idsMax], (at) => calls.moreIds(table, at, 2 * w[word.idsMax])); break;
      case stopped.memory: {
        const block = this.#block(Math.max(chunkBytes, w[word.wanted]));
        this.#blocks.push(block);
        calls.moreMemory(table, block.at, block.size);
        break;
      }
      default: throw new Error('the key table stopped for no reason');
    }
  }

  #replace(block: Block, size: number, move: (at: number) => void): void {
    const at = this.#kernel.allocate(size);
    move(at);
    this.#kernel.free(block.at, block.size);
    block.at = at;
    block.size = size;
  }

  #block(size: number): Block {
    const block = { at: this.#kernel.allocate(size), size };
    this.#all = views(this.#kernel, this.#all);
    return block;
  }

  #isHere({ tag, number, start, end, bytes }: Column): boolean {
    const { owns } = this.#kernel;
    return owns(tag) && owns(bytes) && bytes.byteOffset === 0 && owns(number) && owns(start) && owns(end);
  }

  #describe(at: number, { tag, number, start, end, escaped }: Column): void {
    const { words } = this.#all, i = at >>> 2;
    words[i] = tag.byteOffset;
    words[i + 1] = number.byteOffset;
    words[i + 2] = start.byteOffset;
    words[i + 3] = end.byteOffset;
    words[i + 4] = escaped ? 1 : 0;
  }

  #copy(column: Column, rows: Uint32Array, count: number, size: number): Column {
    const { buffer } = this.#all.bytes;
    const copy = {
      tag: new Uint8Array(buffer, this.#take(size), size), number: new Float64Array(buffer, this.#take(8 * size), size), start: new Uint32Array(buffer, this.#take(4 * size), size),
      end: new Uint32Array(buffer, this.#take(4 * size), size), bytes: this.#all.bytes, escaped: column.escaped,
    };
    if (column.bytes.length === 0) {                 // computed numbers have no text
      copy.tag.set(column.tag.subarray(0, size)); copy.number.set(column.number.subarray(0, size));
      copy.start.fill(0); copy.end.fill(0);
      return copy;
    }
    for (let i = 0; i < count; i++) {
      const row = rows[i], from = column.start[row], length = column.tag[row] === Tag.Null ? 0 : column.end[row] - from;
      copy.tag[row] = column.tag[row];
      copy.number[row] = column.number[row];
      copy.start[row] = this.#top;
      copy.end[row] = this.#top + length;
      if (length > 32) copy.bytes.set(column.bytes.subarray(from, from + length), this.#top);
      else for (let k = 0; k < length; k++) copy.bytes[this.#top + k] = column.bytes[from + k];
      this.#top += length;
    }
    return copy;
  }

  #stage(size: number): void {
    const block = this.#staging, wanted = size + 1024;
    if (block.size < wanted || block.size > 16 * wanted + (1 << 20)) {
      if (block.size > 0) this.#kernel.free(block.at, block.size);
      Object.assign(block, this.#block(2 * wanted));
    }
    this.#top = block.at;
  }

  #take(size: number): number {
    const at = aligned(this.#top, 16);
    this.#top = at + size;
    return at;
  }
}

// Of its own, so that what V8 compiles is this loop and not all around it.
function scatter(found: Uint32Array, from: number, rows: Uint32Array, count: number, out: Uint32Array): void { for (let i = 0; i < count; i++) out[rows[i]] = found[from + i]; }

interface Views { readonly bytes: Uint8Array; readonly words: Uint32Array; readonly numbers: Float64Array }

// A value on its way to a writer, which copies it at once.
const one = { tag: new Uint8Array(1), number: new Float64Array(1), start: new Uint32Array(1), end: new Uint32Array(1), bytes: new Uint8Array(0) as Uint8Array, escaped: true };
const empty = new Uint8Array(0);
const utf8 = new TextEncoder();

function views({ bytes }: Kernel, old?: Views): Views {
  return old?.bytes === bytes ? old : { bytes, words: new Uint32Array(bytes.buffer), numbers: new Float64Array(bytes.buffer) };
}

function textBytes({ tag, start, end, bytes }: Column, rows: Uint32Array, count: number): number {
  if (bytes.length === 0) return 0;
  let sum = 0;
  for (let i = 0; i < count; i++) { const row = rows[i]; if (tag[row] !== Tag.Null) sum += end[row] - start[row]; }
  return sum;
}

/** A value so that equal ones have equal tag, number and bytes. Strings keep their quotes, as those without an escape do. */
function plain({ tag, number, start, end, bytes }: Column, row: number): { readonly tag: number; readonly number: number; readonly bytes: Uint8Array } {
  const kind = tag[row], text = bytes.subarray(start[row], end[row]);
  if (kind <= Tag.Number) return { tag: kind, number: number[row], bytes: empty };
  if (kind === Tag.String) return { tag: kind, number: 0, bytes: text.includes(92) ? wtf8(`"${JSON.parse(spanText(text, 0, text.length)) as string}"`) : text };
  const canonical = canonicalText(spanText(text, 0, text.length));
  return kind === Tag.Wide && !canonical.includes('w') ? { tag: Tag.Number, number: number[row], bytes: empty } : { tag: kind, number: 0, bytes: utf8.encode(canonical) };
}
