// The column of a path as upstream edits left it: what an edit set, else what the scanner saw. Where an edit and a path overlap in a way that no column says
// (a field inside an object that was changed), the record is made as it would be written, and the path is looked up in that.
import type { Batch, Column, Edit, Field } from '../record/batch.js';
import { Tag } from '../record/batch.js';
import type { Path } from '../record/path.js';
import { samePath, startsWith } from '../record/path.js';
import { nullColumn } from '../record/rows.js';
import { findElement, findMember, keyOf, tagAt } from '../record/json.js';
import { ColumnBuilder } from '../record/build.js';
import { numberOf, numberTag } from '../record/number.js';
import { editedRecords } from '../codec/ndjson.js';

/** A field of the stage that reads batches with these edits; worked out at most once a batch. `onMade` is told when an edit, not the input, gave it. */
export function pathField(path: Path, onMade?: () => void): Field {
  const key = {};
  return (batch) => {
    let column = batch.memo.get(key);
    if (column === undefined) {
      batch.memo.set(key, column = resolve(batch, path, batch.edits.length));
      if (onMade !== undefined && batch.edits.length > 0 && column !== batch.scanned(path)) onMade();
    }
    return column;
  };
}

/** The text of each record as the edits left it: of Context.records. */
export function wholeRecords(): Field {
  const key = {};
  return (batch) => {
    const known = batch.memo.get(key);
    if (known !== undefined) return known;
    const { lines, size, edits } = batch;
    const column = edits.length > 0 ? whole(batch, edits.length) : { tag: objectTags(size), number: nullColumn(0).number, start: lines.start, end: lines.end, bytes: lines.bytes, escaped: true };
    batch.memo.set(key, column);
    return column;
  };
}
let objects = new Uint8Array(0);
/** All Object. A view of one shared array: read only. */
function objectTags(size: number): Uint8Array {
  if (objects.length < size) objects = new Uint8Array(Math.max(size, 16384)).fill(Tag.Object);
  return objects;
}

/** The column of a path after the first `upTo` edits. */
function resolve(batch: Batch, path: Path, upTo: number): Column {
  if (path.length === 0) return upTo === 0 ? batch.scanned(path) : whole(batch, upTo);
  let wanted = path;
  for (let i = upTo - 1; i >= 0; i--) {
    const edit = batch.edits[i];
    if ('clear' in edit) return nullColumn(batch.size);
    if ('set' in edit) {
      if (samePath(edit.set, wanted)) return edit.to;
      if (startsWith(wanted, edit.set)) return inside(batch, edit.to, wanted.slice(edit.set.length));
      if (startsWith(edit.set, wanted)) return made(batch, wanted, i + 1);
    } else if ('drop' in edit) {
      if (startsWith(wanted, edit.drop)) return nullColumn(batch.size);
      if (startsWith(edit.drop, wanted)) return made(batch, wanted, i + 1);
    } else if ('rename' in edit) {
      const now = [...edit.rename.slice(0, -1), edit.as];
      if (startsWith(now, wanted) || startsWith(edit.rename, wanted)) return made(batch, wanted, i + 1);
      if (startsWith(wanted, now) || startsWith(wanted, edit.rename)) return made(batch, wanted, i + 1);
    } else return replaces(batch, edit, i) ? inside(batch, (edit as { spread: Column }).spread, wanted) : made(batch, wanted, i + 1);
  }
  return batch.scanned(wanted);
}

/** Whether a spread is the whole record: it stands right after a clear. */
const replaces = (batch: Batch, edit: Edit, at: number): boolean => 'spread' in edit && at > 0 && 'clear' in batch.edits[at - 1];

const made = (batch: Batch, path: Path, upTo: number): Column => inside(batch, whole(batch, upTo), path);

/** The record as it is written after the first `upTo` edits. */
const whole = (batch: Batch, upTo: number): Column => editedRecords(batch, upTo);

/** A path inside the values of a column. */
function inside(batch: Batch, column: Column, path: Path): Column {
  const { bytes } = column, steps = path.map((step) => typeof step === 'number' ? step : keyOf(step)), span = { start: 0, end: 0 };
  const out = new ColumnBuilder().begin(batch.size, bytes);
  for (const row of batch.rows) {
    span.start = column.start[row]; span.end = column.end[row];
    let tag: number = column.tag[row];
    for (const step of steps) {
      const isFound = typeof step === 'number' ? tag === Tag.Array && findElement(bytes, span.start, span.end, step, span) : tag === Tag.Object && findMember(bytes, span.start, span.end, step, span);
      tag = isFound ? tagAt(bytes, span.start) : -1;
      if (!isFound) break;
    }
    if (tag < 0) { out.setNull(row); continue; }
    const number = tag === Tag.Number ? numberOf(bytes, span.start, span.end) : 0;
    out.setSpan(row, tag === Tag.Number ? numberTag(bytes, span.start, span.end, number) : tag, number, bytes, span.start, span.end, true);
  }
  return out.take();
}
