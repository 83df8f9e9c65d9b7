// Runs an aggregate without a store: columns from JSON texts, cells in plain arrays, results as JSON text. For the unit tables and the properties.
import type { Aggregate } from '../../lib/agg/aggregate.js';
import { findAggregate } from '../../lib/agg/index.js';
import { cellOf } from '../../lib/record/compare.js';
import { Tag, type Column, type Writer } from '../../lib/record/batch.js';
import { formatInstant } from '../../lib/time/instant.js';

/** A column of these JSON texts; 'null' is explicit, '' is missing. `computed`: numbers and booleans without text, as operators make them. */
export function column(texts: readonly string[], computed = false): Column {
  const bytes = new TextEncoder().encode(texts.join('')), size = texts.length;
  const made = { tag: new Uint8Array(size), number: new Float64Array(size), start: new Uint32Array(size), end: new Uint32Array(size), bytes, escaped: bytes.includes(92) };
  let at = 0;
  texts.forEach((text, row) => {
    const end = at + new TextEncoder().encode(text).length;
    if (text !== '') {
      const cell = cellOf(bytes, at, end);
      made.tag[row] = cell.tag; made.number[row] = cell.number;
      if (!computed || cell.tag > Tag.Number) { made.start[row] = at; made.end[row] = end; }
    }
    at = end;
  });
  return made;
}

/** A writer that keeps the JSON text of the one value written. */
export class Text implements Writer {
  value: string | undefined;
  private set(text: string): void { if (this.value !== undefined) throw new Error(`a second value was written: ${text}`); this.value = text; }
  number(x: number): void { if (!Number.isFinite(x)) throw new Error(`not a JSON number: ${x}`); this.set(String(x)); }
  integer(x: bigint): void { this.set(String(x)); }
  text(x: string): void { this.set(JSON.stringify(x)); }
  boolean(x: boolean): void { this.set(String(x)); }
  time(ms: number): void { this.set(JSON.stringify(formatInstant(ms))); }
  none(): void { this.set('null'); }
  copy({ tag, number, start, end, bytes }: Column, row: number): void {
    this.set(start[row] < end[row] ? new TextDecoder().decode(bytes.subarray(start[row], end[row])) : tag[row] === Tag.Null ? 'null' : tag[row] <= Tag.True ? String(tag[row] === Tag.True) : String(number[row]));
  }
  json(text: string): void { this.set(text); }
}

/** What is added: one list of JSON texts an argument, the event times, the place of the first row in the input. */
export interface Part { readonly args: readonly (readonly string[])[]; readonly time?: readonly number[] | undefined; readonly sequence?: number; readonly places?: readonly number[] }

/** The cells of a few entries of one aggregate. */
export class Entries {
  readonly aggregate: Aggregate;
  readonly params: readonly number[];
  readonly cells: Record<string, any> = {};                // `any`: as the store has it
  clashes = 0;
  constructor(name: string, params: readonly number[] = [], slots = 3) {
    const found = findAggregate(name);
    if (found === undefined) throw new Error(`no aggregate ${name}`);
    this.aggregate = found.aggregate; this.params = found.params.length > 0 ? found.params : params;
    for (const [cell, kind] of Object.entries(found.aggregate.cells as Record<string, any>)) {
      this.cells[cell] = kind === 'f64' ? new Float64Array(slots) : kind === 'u32' ? new Uint32Array(slots) : Array.from({ length: slots }, () => kind.zero());
    }
    for (let slot = 0; slot < slots; slot++) found.aggregate.init?.(this.cells, slot, this.params);
  }
  /** Adds rows to one entry, in batches of `size`; the rows of a batch are its row numbers. */
  add(slot: number, { args, time, sequence = 0 }: Part, size = Infinity, computed = false): this {
    const count = args[0]?.length ?? time?.length ?? 0;
    for (let from = 0; from < count; from += size) {
      const to = Math.min(count, from + size), rows = Uint32Array.from({ length: to - from }, (_, i) => i);
      this.aggregate.add(this.cells, { rows, slots: rows.map(() => slot), count: rows.length, time: time === undefined ? undefined : Float64Array.from(time.slice(from, to)), sequence: sequence + from,
        clash: () => { this.clashes++; } }, args.map((texts) => column(texts.slice(from, to), computed)), this.params);
    }
    return this;
  }
  merge(into: number, from: number): this { this.aggregate.merge(this.cells, into, from, this.params); return this; }
  /** Writes each Codec cell of a slot to bytes and reads it back. Gives the bytes. */
  reload(slot: number): string {
    let all = '';
    for (const [cell, kind] of Object.entries(this.aggregate.cells as Record<string, any>)) {
      if (typeof kind === 'string') continue;
      const bytes = kind.encode(this.cells[cell][slot]) as Uint8Array;
      all += `${cell}:${Buffer.from(bytes).toString('hex')};`;
      this.cells[cell][slot] = kind.decode(bytes.slice());
      const again = Buffer.from(kind.encode(this.cells[cell][slot]) as Uint8Array).toString('hex');
      if (!all.endsWith(`${cell}:${again};`)) throw new Error(`${this.aggregate.name}.${cell}: encode(decode(bytes)) is not bytes`);
    }
    return all;
  }
  result(slot: number): string {
    const out = new Text();
    this.aggregate.result(this.cells, slot, out, this.params, () => { this.clashes++; });
    if (out.value === undefined) throw new Error('nothing was written');
    return out.value;
  }
}

/** The result of an aggregate of one entry. */
export const fold = (name: string, args: readonly (readonly string[])[], params: readonly number[] = [], time?: readonly number[]): string =>
  new Entries(name, params).add(1, { args, time }).result(1);

/** Pseudo-random numbers from a seed (mulberry32): [0, 1). */
export function random(seed: number): () => number {
  let state = seed | 0;
  return () => {
    state = state + 0x6d2b79f5 | 0;
    let t = Math.imul(state ^ state >>> 15, 1 | state);
    t = t + Math.imul(t ^ t >>> 7, 61 | t) ^ t;
    return ((t ^ t >>> 14) >>> 0) / 4_294_967_296;
  };
}
/** The seed of this run: SEED=… or the clock, told so that a failure can be repeated. */
export function seedOf(say: (text: string) => void): number {
  const seed = process.env['SEED'] === undefined ? Date.now() % 1_000_000_007 : Number(process.env['SEED']);
  say(`SEED=${seed}`);
  return seed;
}
