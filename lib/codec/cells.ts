// The top-level fields of records as cells of a table: for each record, where the value of each column stands. Columns keep the order in which they were first met; of a key
// that comes twice in a record the last value counts (SEMANTICS 1). Must not: say what a value looks like.
import { Members, decodeString, encodeString, keyIs, utf8Bytes } from '../record/json.js';
import type { Key } from '../record/json.js';

export class Cells {
  readonly names: string[] = [];
  /** Records read so far. */
  records = 0;
  /** By column: span of the value in the bytes that were read; −1: the record has no such field. */
  start = new Int32Array(16);
  end = new Int32Array(16);
  private readonly keys: Key[] = [];
  private readonly index = new Map<string, number>();
  private readonly members = new Members();

  /** The number of the column that is added. */
  add(name: string): number {
    const column = this.names.push(name) - 1, json = encodeString(name);
    this.keys.push({ text: name, bytes: json.includes('\\') ? undefined : utf8Bytes(json) });
    this.index.set(name, column);
    if (column === this.start.length) { this.start = grown(this.start); this.end = grown(this.end); }
    this.start[column] = -1;
    return column;
  }
  has(name: string): boolean { return this.index.has(name); }

  /** Reads the object bytes[start, end). `fresh` is asked for the column of a field that has none; it may throw. */
  read(bytes: Uint8Array, start: number, end: number, fresh: (name: string) => number): void {
    const { members, keys } = this, count = keys.length;
    this.records++;
    for (let i = 0; i < count; i++) this.start[i] = -1;
    // Records are most often alike: the next key is the next column's.
    let next = 0;
    for (members.open(bytes, start, end); members.next(); ) {
      let column = next;
      if (next >= keys.length || !keyIs(bytes, members.keyStart, members.keyEnd, keys[next])) {
        const name = decodeString(bytes, members.keyStart, members.keyEnd);
        column = this.index.get(name) ?? fresh(name);
      }
      this.start[column] = members.start; this.end[column] = members.end;
      next = column + 1;
    }
  }
}

function grown(from: Int32Array): Int32Array<ArrayBuffer> { const more = new Int32Array(from.length * 2); more.set(from); return more; }
