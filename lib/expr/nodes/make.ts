// Template literals, list and object literals: new text out of values. Owns: how computed text is put together (no blanks; copied values keep their text).
import { Tag } from '../../record/batch.js';
import type { Batch, Column } from '../../record/batch.js';
import { Elements, Members, decodeString, encodeString, hasBackslash, spanText, utf8Bytes } from '../../record/json.js';
import { resultBytesMax } from '../functions/function.js';
import type { Range } from '../syntax.js';
import { writeInner } from './arithmetic.js';
import { Making, isA, valueText, writeValue } from './node.js';
import type { Node, Stage } from './node.js';

abstract class Text extends Making {
  /** Ends the text begun at `from`, unless it has become too long. */
  protected finish(batch: Batch, row: number, tag: number, from: number): void {
    const { out } = this;
    out.finish(row, tag, from);
    if (out.here() - from <= resultBytesMax) return;
    out.rewind(from);
    out.setNull(row);
    this.stage.tooLong(batch, row, this.spot);
  }
}

/** `${a} ${b}`: null when a part is null; numbers and booleans as they print, lists and objects as JSON text. */
export class TemplateNode extends Text {
  private readonly parts: readonly (Uint8Array | Node)[];
  private readonly escaped: boolean;
  constructor(stage: Stage, range: Range, parts: readonly (string | Node)[]) {
    super(stage, range);
    this.parts = parts.map((part) => typeof part === 'string' ? utf8Bytes(encodeString(part).slice(1, -1)) : part);
    this.escaped = parts.some((part) => typeof part === 'string' && encodeString(part).includes('\\'));
  }
  column(batch: Batch, rows: Uint32Array): Column {
    const columns = this.parts.map((part) => part instanceof Uint8Array ? undefined : part.column(batch, rows));
    const out = this.out.begin(batch.size);
    if (this.escaped) out.noteEscaped();
    for (let i = 0; i < rows.length; i++) {
      const row = rows[i], from = out.here();
      if (hasNull(columns, row)) { out.setNull(row); continue; }
      out.byte(34);
      for (let k = 0; k < columns.length; k++) {
        const column = columns[k];
        if (column === undefined) { const text = this.parts[k] as Uint8Array; out.span(text, 0, text.length); }   // text: columns and parts go together
        else if (column.tag[row] === Tag.String) writeInner(out, column, row);
        else if (column.tag[row] >= Tag.Array) { out.text(encodeString(valueText(column, row)).slice(1, -1)); out.noteEscaped(); }
        else writeValue(out, column, row);
      }
      out.byte(34);
      this.finish(batch, row, Tag.String, from);
    }
    return out;
  }
}

const hasNull = (columns: readonly (Column | undefined)[], row: number): boolean => {
  for (let k = 0; k < columns.length; k++) if (columns[k]?.tag[row] === Tag.Null) return true;
  return false;
};

/** [a, ...b]: a spread null adds nothing, a spread of what is no list is a clash and adds nothing. */
export class ListNode extends Text {
  private readonly items: readonly { readonly spread: boolean; readonly value: Node }[];
  private readonly elements = new Elements();
  constructor(stage: Stage, range: Range, items: readonly { readonly spread: boolean; readonly value: Node }[]) { super(stage, range); this.items = items; }
  column(batch: Batch, rows: Uint32Array): Column {
    const columns = this.items.map(({ value }) => value.column(batch, rows)), out = this.out.begin(batch.size);
    for (let i = 0; i < rows.length; i++) {
      const row = rows[i], from = out.here();
      let first = true;
      out.byte(91);
      for (let k = 0; k < columns.length; k++) {
        const column = columns[k], { spread, value } = this.items[k];
        if (!spread) {
          if (first) first = false; else out.byte(44);
          writeValue(out, column, row);
          continue;
        }
        const tag = column.tag[row];
        if (tag === Tag.Null) continue;
        if (tag !== Tag.Array) { this.stage.clash(batch, row, () => `... needs a list here: ${isA(value, tag)}`, value.spot); continue; }
        for (const walk = this.elements.open(column.bytes, column.start[row], column.end[row]); walk.next();) {
          if (first) first = false; else out.byte(44);
          out.span(column.bytes, walk.start, walk.end);
        }
      }
      out.byte(93);
      this.finish(batch, row, Tag.Array, from);
    }
    return out;
  }
}

/** {a, b: c, ...d}: in the order written; a duplicate key keeps its first place and takes the last value (SEMANTICS 2). */
export class ObjectNode extends Text {
  private readonly members: readonly { readonly key: string | undefined; readonly json: Uint8Array; readonly value: Node }[];
  /** No spread and no key twice: nothing to look up. */
  private readonly isPlain: boolean;
  private readonly walk = new Members();
  constructor(stage: Stage, range: Range, members: readonly { readonly key: string | undefined; readonly value: Node }[]) {
    super(stage, range);
    this.members = members.map(({ key, value }) => ({ key, value, json: utf8Bytes(key === undefined ? '' : `${encodeString(key)}:`) }));
    this.isPlain = members.every(({ key }) => key !== undefined) && new Set(members.map(({ key }) => key)).size === members.length;
  }
  column(batch: Batch, rows: Uint32Array): Column {
    const columns = this.members.map(({ value }) => value.column(batch, rows)), out = this.out.begin(batch.size);
    for (let i = 0; i < rows.length; i++) {
      const row = rows[i], from = out.here();
      out.byte(123);
      if (this.isPlain) {
        for (let k = 0; k < columns.length; k++) {
          if (k > 0) out.byte(44);
          const { json } = this.members[k];
          out.span(json, 0, json.length);
          writeValue(out, columns[k], row);
        }
      } else this.merge(batch, row, columns);
      out.byte(125);
      this.finish(batch, row, Tag.Object, from);
    }
    return out;
  }

  private merge(batch: Batch, row: number, columns: readonly Column[]): void {
    const { out } = this;
    // Key → its text and where its value is: a span of a spread object, or the value of a member.
    const fields = new Map<string, { readonly json: Uint8Array; column: Column; start: number; end: number }>();
    for (let k = 0; k < columns.length; k++) {
      const column = columns[k], { key, json, value } = this.members[k];
      if (key !== undefined) {
        const known = fields.get(key);
        if (known === undefined) fields.set(key, { json, column, start: 0, end: 0 }); else { known.column = column; known.start = known.end = 0; }
        continue;
      }
      const tag = column.tag[row];
      if (tag === Tag.Null) continue;
      if (tag !== Tag.Object) { this.stage.clash(batch, row, () => `... needs an object here: ${isA(value, tag)}`, value.spot); continue; }
      const { bytes } = column;
      for (const walk = this.walk.open(bytes, column.start[row], column.end[row]); walk.next();) {
        const name = decodeString(bytes, walk.keyStart, walk.keyEnd), known = fields.get(name);
        if (known !== undefined) { known.column = column; known.start = walk.start; known.end = walk.end; }
        else {
          const text = hasBackslash(bytes, walk.keyStart, walk.keyEnd) ? spanText(bytes, walk.keyStart, walk.keyEnd) : encodeString(name);
          fields.set(name, { json: utf8Bytes(`${text}:`), column, start: walk.start, end: walk.end });
        }
      }
    }
    let first = true;
    for (const { json, column, start, end } of fields.values()) {
      if (first) first = false; else out.byte(44);
      out.span(json, 0, json.length);
      if (start < end) out.span(column.bytes, start, end); else writeValue(out, column, row);
    }
  }
}

