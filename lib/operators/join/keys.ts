// Keys of both sides as small numbers, equal where the values are equal; −1 where a part of the key is null, which matches nothing. A key that no record holds any more is forgotten.
// Owns: counts of holders; which types the keys of each side had, for the message when nothing matched. Must not: know what is kept.
import type { Batch, Column, Field, Writer } from '../../record/batch.js';
import { Tag } from '../../record/batch.js';
import type { Pack, Saved, Unpack } from '../../record/pack.js';
import type { Path } from '../../record/path.js';
import { pathText } from '../../record/path.js';
import { makeKeys } from '../../kernel/index.js';
import { KeyPacker, KeyRows } from '../../state/key-rows.js';
import type { Context, Warning } from '../../stream/operator.js';

export const NO_KEY = -1;
/** So many keys without a holder are nothing to speak of. */
const IDLE_MIN = 1 << 15, RELEASED = -1;

export class Keys implements Saved {
  readonly table = makeKeys();
  /** Row → key, of the batch that of() saw last. */
  ids = new Int32Array(0);
  private readonly fields: readonly [readonly Field[], readonly Field[]];
  private raw = new Uint32Array(0);
  private readonly paths: readonly [readonly Path[], readonly Path[]];
  private holders = new Int32Array(1024);
  private some = new Uint32Array(0);
  // Kinds of values that were seen, as bits, and the first of each kind, by side and part.
  private readonly kinds: readonly [Uint8Array, Uint8Array];
  private readonly samples: readonly [string[][], string[][]];
  private isMatched = false;
  private readonly idle: number[] = [];                  // keys that lost their last holder; some have new ones since

  constructor(ctx: Context, left: readonly Path[], right: readonly Path[], more: readonly [readonly Field[], readonly Field[]] = [[], []]) {
    this.fields = [[...more[0], ...left.map((path) => ctx.field(path, 0))], [...more[1], ...right.map((path) => ctx.field(path, 1))]];
    this.paths = [left, right];
    this.kinds = [new Uint8Array(left.length), new Uint8Array(right.length)];
    this.samples = [left.map(() => []), right.map(() => [])];
  }

  /** Fills `ids` for these rows. The columns are worked out by columns() before, for a bad record must be found before anything has changed. */
  of(side: 0 | 1, batch: Batch, rows: Uint32Array): Int32Array {
    if (this.ids.length < batch.size) { this.ids = new Int32Array(Math.max(batch.size, 1024)); this.raw = new Uint32Array(this.ids.length); this.some = new Uint32Array(this.ids.length); }
    if (this.idle.length > Math.max(IDLE_MIN, this.table.size >> 1)) this.sweep();
    const columns = this.columns(side, batch), { ids, raw, some } = this;
    let count = 0;
    for (let i = 0; i < rows.length; i++) {
      const row = rows[i];
      let isNull = false;
      for (let c = 0; c < columns.length; c++) if (columns[c].tag[row] === Tag.Null) isNull = true;
      if (isNull) ids[row] = NO_KEY; else some[count++] = row;
    }
    if (!this.isMatched) this.look(side, columns, some, count);
    this.table.ids(columns, some, count, raw);
    for (let i = 0; i < count; i++) ids[some[i]] = raw[some[i]];
    this.widen();
    return ids;
  }
  private widen(): void { if (this.table.limit > this.holders.length) { const more = new Int32Array(Math.max(this.table.limit, this.holders.length * 2)); more.set(this.holders); this.holders = more; } }

  /** Those of the rows that of() saw last which have a key. */
  keyed(rows: Uint32Array): Uint32Array {
    const { ids } = this;
    let i = 0;
    while (i < rows.length && ids[rows[i]] >= 0) i++;
    return i === rows.length ? rows : rows.filter((row) => ids[row] >= 0);
  }

  columns(side: 0 | 1, batch: Batch): readonly Column[] { return this.fields[side].map((field) => field(batch)); }

  /** One more record holds the key. */
  hold(key: number): void { if (key >= 0) this.holders[key]++; }
  /** One record less does; the last one gone, the key may be forgotten. */
  release(key: number): void { if (key >= 0 && --this.holders[key] === 0) this.idle.push(key); }
  /** Nobody may hold it. */
  forget(key: number): void { if (key >= 0 && this.holders[key] === 0) this.idle.push(key); }

  /** Forgets what nobody holds: not at once, for a key that goes most often comes again, and to make it anew costs more than to keep some. */
  private sweep(): void {
    const { idle, holders, table } = this;
    for (const key of idle) if (holders[key] === 0) { table.release(key); holders[key] = RELEASED; }
    for (const key of idle) if (holders[key] === RELEASED) holders[key] = 0;   // a key may stand there twice
    idle.length = 0;
  }

  /** A key has matched: nothing is amiss. */
  matched(): void { this.isMatched = true; }

  /** At the end: where no key matched, and types say why (USERS M19). */
  unmatched(): Warning | undefined {
    if (this.isMatched) return undefined;
    const [left, right] = this.paths;
    for (let i = 0; i < left.length; i++) {
      const a = this.kinds[0][i], b = this.kinds[1][i];
      if (a === 0 || b === 0 || (a & b) !== 0) continue;
      const one = lowest(a), other = lowest(b), names = [pathText(left[i]), pathText(right[i])];
      const text = `no key matched: ${names[0]} is ${kindNames[one]} on the left (${this.samples[0][i][one]}), ${names[1]} is ${kindNames[other]} on the right (${this.samples[1][i][other]})`;
      // Strings where the other side has numbers are most often CSV cells.
      const asText = one === 2 ? [names[0], typeWords[other]] : other === 2 ? [names[1], typeWords[one]] : undefined;
      return { text, ...asText?.[1] === undefined ? {} : { help: `leat from csv --types ${asText[0]}=${asText[1]} FILE, if that side comes from CSV; else leat map '${asText[1]}(${asText[0]}) as ${asText[0]}'` } };
    }
    return undefined;
  }

  /** The values of a key, with the text of their first arrival: columns of one row. */
  texts(key: number): readonly Column[] {
    return this.fields[0].map((_, i) => {
      let found!: Column;
      this.table.write(key, i, { copy: ({ tag, number, start, end, bytes, escaped }: Column, row: number) => {
        found = { tag: tag.slice(row, row + 1), number: number.slice(row, row + 1), start: Uint32Array.of(0), end: Uint32Array.of(end[row] - start[row]), bytes: bytes.slice(start[row], end[row]), escaped };
      } } as unknown as Writer);                           // a table writes by copy() only
      return found;
    });
  }

  /** Notes the types of these rows' keys, for unmatched(): for rows that of() is not asked about. */
  seen(side: 0 | 1, batch: Batch, rows: Uint32Array): void {
    const columns = this.columns(side, batch), some = rows.filter((row) => columns.every(({ tag }) => tag[row] !== Tag.Null));
    if (!this.isMatched) this.look(side, columns, some, some.length);
  }

  /** What is kept beside the keys: these are written with the rows that hold them (Rows). */
  save(out: Pack): void {
    out.flag(this.isMatched);
    for (const side of [0, 1] as const) this.paths[side].forEach((_, part) => {
      out.count(this.kinds[side][part]);
      for (let kind = 0; kind < kindNames.length; kind++) out.text(this.samples[side][part][kind] ?? '');
    });
  }
  restore(from: Unpack): void {
    this.isMatched = from.flag();
    for (const side of [0, 1] as const) this.paths[side].forEach((_, part) => {
      this.kinds[side][part] = from.count();
      this.samples[side][part] = kindNames.map(() => from.text());
    });
  }
  /** The values of a key on their way to a checkpoint, and keys of rows as they come from there, each of them held. */
  pack(key: number, out: Pack): void { const to = this.packer.to(out); for (let i = 0; i < this.fields[0].length; i++) this.table.write(key, i, to); }
  private readonly packer = new KeyPacker();
  packed(): KeyRows { return new KeyRows(this.fields[0].length); }
  restored(rows: KeyRows): Uint32Array {
    const ids = new Uint32Array(rows.count), all = Uint32Array.from(ids, (_, i) => i);
    this.table.ids(rows.columns(), all, all.length, ids);
    this.widen();
    for (const key of ids) this.hold(key);
    return ids;
  }

  close(): void { this.table.close(); }

  private look(side: 0 | 1, columns: readonly Column[], rows: Uint32Array, count: number): void {
    const paths = this.paths[side], skipped = columns.length - paths.length;
    for (let part = 0; part < paths.length; part++) {
      const { tag, bytes, start, end, number } = columns[part + skipped], kinds = this.kinds[side];
      for (let i = 0; i < count; i++) {
        const row = rows[i], kind = kindOf[tag[row]];
        if ((kinds[part] >> kind & 1) === 1) continue;
        kinds[part] |= 1 << kind;
        const text = start[row] < end[row] ? new TextDecoder().decode(bytes.subarray(start[row], end[row])) : kind === 0 ? String(tag[row] === Tag.True) : String(number[row]);
        this.samples[side][part][kind] = text.length <= 40 ? text : `${text.slice(0, 37)}...`;
      }
    }
  }
}

/** By tag: boolean, number, string, array, object. */
const kindOf = [0, 0, 0, 1, 1, 2, 3, 4] as const;
const kindNames = ['a boolean', 'a number', 'a string', 'an array', 'an object'] as const;
/** What `--types` and expressions call them. */
const typeWords = ['boolean', 'number', 'string', undefined, undefined] as const;
const lowest = (bits: number): number => 31 - Math.clz32(bits & -bits);
