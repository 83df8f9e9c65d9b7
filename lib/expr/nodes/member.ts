// Members and elements of values that are no fields of the record: `json(text).user`, `first(items).id`, `tags[n]`. Owns: looking into JSON text.
// What is not there is null, also below 0; a member of what has none is null (SEMANTICS 2). Only the record's own text is ever looked into: there is nothing else to reach.
import { Tag } from '../../record/batch.js';
import type { Batch, Column } from '../../record/batch.js';
import type { ColumnBuilder } from '../../record/build.js';
import { findElement, findMember, hasBackslash, keyOf, decodeString, tagAt } from '../../record/json.js';
import type { Key } from '../../record/json.js';
import { numberOf, numberTag } from '../../record/number.js';
import type { Range } from '../syntax.js';
import { Making } from './node.js';
import type { Node, Stage } from './node.js';

/** Writes the value whose text is bytes[start, end), wherever it was found. */
export function setFound(out: ColumnBuilder, row: number, bytes: Uint8Array, start: number, end: number): void {
  let tag = tagAt(bytes, start), number = 0;
  if (tag === Tag.Number) { number = numberOf(bytes, start, end); tag = numberTag(bytes, start, end, number); }
  out.setSpan(row, tag, number, bytes, start, end, tag === Tag.String && hasBackslash(bytes, start, end));
}

const found = { start: 0, end: 0 };

/** A key or an index that is known. */
export class MemberNode extends Making {
  private readonly of: Node;
  private readonly key: Key | undefined;
  private readonly index: number;
  constructor(stage: Stage, range: Range, of: Node, step: string | number) {
    super(stage, range);
    this.of = of;
    this.key = typeof step === 'string' ? keyOf(step) : undefined;
    this.index = typeof step === 'number' ? step : -1;
  }
  column(batch: Batch, rows: Uint32Array): Column {
    const { tag, start, end, bytes } = this.of.column(batch, rows), { key, index } = this;
    const out = this.out.begin(batch.size, bytes);
    for (let i = 0; i < rows.length; i++) {
      const row = rows[i];
      if (key !== undefined ? tag[row] === Tag.Object && findMember(bytes, start[row], end[row], key, found) : tag[row] === Tag.Array && findElement(bytes, start[row], end[row], index, found)) {
        setFound(out, row, bytes, found.start, found.end);
      } else out.setNull(row);
    }
    return out;
  }
}

/** A key or an index that is computed. */
export class ItemNode extends Making {
  private readonly of: Node;
  private readonly index: Node;
  constructor(stage: Stage, range: Range, of: Node, index: Node) { super(stage, range); this.of = of; this.index = index; }
  column(batch: Batch, rows: Uint32Array): Column {
    const { tag, start, end, bytes } = this.of.column(batch, rows), by = this.index.column(batch, rows);
    const out = this.out.begin(batch.size, bytes);
    let last: Key | undefined;
    for (let i = 0; i < rows.length; i++) {
      const row = rows[i], kind = by.tag[row];
      let isThere = false;
      if (tag[row] === Tag.Array && kind === Tag.Number) isThere = findElement(bytes, start[row], end[row], by.number[row], found);
      else if (tag[row] === Tag.Object && kind === Tag.String) {
        const name = decodeString(by.bytes, by.start[row], by.end[row]);
        if (last?.text !== name) last = keyOf(name);
        isThere = findMember(bytes, start[row], end[row], last, found);
      }
      if (isThere) setFound(out, row, bytes, found.start, found.end); else out.setNull(row);
    }
    return out;
  }
}
