// Batches to NDJSON bytes: untouched records are copied, edits are applied to the original bytes once, at the end. It filters and orders nothing.
import type { Batch, Column } from '../record/batch.js';
import { Tag } from '../record/batch.js';
import { nullColumn } from '../record/rows.js';
import { Bytes } from './writer.js';
import { applyEdit } from './edit.js';

const utf8 = new TextEncoder();
const COMMA = 44, CLOSE = 125, OPEN = 123, LF = 10;

/** How the edits of a batch are written: `sets` on top of the original record, or of nothing, or of a column of objects; or one edit after the other, for the rest. */
type Program = { readonly base: 'record' | 'nothing' | Column; readonly sets: readonly Assignment[] } | undefined;
interface Assignment { readonly key: Uint8Array; readonly name: string; readonly to: Column; readonly old: Column | undefined }

function program(batch: Batch): Program {
  let base: 'record' | 'nothing' | Column = 'record';
  const sets = new Map<string, Column>();
  for (const edit of batch.edits) {
    if ('clear' in edit) { base = 'nothing'; sets.clear(); }
    else if ('spread' in edit) { if (base !== 'nothing' || sets.size > 0) return undefined; base = edit.spread; }
    else if ('set' in edit && edit.set.length === 1 && (typeof base === 'string')) sets.set(String(edit.set[0]), edit.to);
    else return undefined;
  }
  return { base, sets: [...sets].map(([name, to]) => ({ name, to, key: utf8.encode(`${JSON.stringify(name)}:`), old: base === 'record' ? batch.scanned([name]) : undefined })) };
}

/** Appends the record of one row, without LF, as it is after the first `upTo` edits. */
function generic(batch: Batch, row: number, upTo: number, out: Bytes): void {
  const { lines, edits } = batch;
  let text = lines.bytes.subarray(lines.start[row], lines.end[row]);
  for (let i = 0; i < upTo; i++) {
    const edit = edits[i];
    text = applyEdit(text, edit, row);
  }
  out.all(text);
}

const isThere = ({ start, end }: Column, rows: Uint32Array): boolean => { for (let i = 0; i < rows.length; i++) if (start[rows[i]] < end[rows[i]]) return true; return false; };
const sameAs = (columns: readonly Float64Array[], a: number, b: number): boolean => { for (let i = 0; i < columns.length; i++) if (columns[i][a] !== columns[i][b]) return false; return true; };

let places = new Uint32Array(0);                           // used again for each batch
const scratch = new Bytes(128);

/**
 * What a batch of windowed records appends to each row: members as text, and by row number which of them. undefined: its edits are others, or a record has such a
 * field already. The texts of a batch are few, so this is worth more than writing value after value.
 */
export function appended(batch: Batch): { readonly texts: readonly Uint8Array[]; readonly which: Uint32Array } | undefined {
  const { edits, rows } = batch;
  if (edits.length === 0 || !edits.every((edit) => 'set' in edit && edit.set.length === 1 && edit.to.instants !== undefined)) return undefined;
  const way = program(batch);
  if (way === undefined || way.base !== 'record') return undefined;
  const { sets } = way;
  if (sets.some(({ old }) => isThere(old!, rows))) return undefined;   // `!`: the base is the record
  if (places.length < batch.size) places = new Uint32Array(Math.max(batch.size, 1024));
  const which = places, texts: Uint8Array[] = [], known = new Map<string, number>(), starts = sets.map(({ to }) => to.instants!), out = scratch;
  const [first] = starts, others = starts.slice(1), { length } = rows;
  let last = 0, value = NaN, before = 0;
  for (let i = 0; i < length; i++) {
    const row = rows[i];
    // Neighbours are most often in the same window.
    if (first[row] === value && sameAs(others, row, before)) { which[row] = last; continue; }
    value = first[row]; before = row;
    const id = starts.map((at) => at[row]).join();
    let text = known.get(id);
    if (text === undefined) {
      out.clear();
      sets.forEach(({ key, to }, j) => { if (j > 0) out.byte(COMMA); out.all(key); out.instant(to.instants![row], to.tag[row] === Tag.String); });
      known.set(id, text = texts.push(out.bytes.slice(0, out.length)) - 1);
    }
    which[row] = last = text;
  }
  return { texts, which };
}

/** Appends the selected records of a batch, from index `from` to before index `to` of its rows, each with LF. */
export function encode(batch: Batch, out: Bytes, from = 0, to = batch.rows.length): void {
  const { rows, lines, edits } = batch;
  if (edits.length === 0) { copyLines(batch, out, from, to); return; }
  const way = program(batch);
  if (way === undefined) {
    for (let i = from; i < to; i++) { generic(batch, rows[i], edits.length, out); out.byte(LF); }
    return;
  }
  const { base, sets } = way;
  if (typeof base !== 'string') {
    for (let i = from; i < to; i++) { out.value(base, rows[i]); out.byte(LF); }
    return;
  }
  const { bytes, start, end } = lines;
  for (let i = from; i < to; i++) {
    const row = rows[i];
    let isEmpty = true;
    if (base === 'record') {
      let at = start[row];
      const last = end[row] - 1;                         // the closing brace
      isEmpty = isBlank(bytes, at + 1, last);
      let replaced = 0;
      for (const set of sets) if (set.old!.start[row] < set.old!.end[row]) replaced++;
      for (; replaced > 0; replaced--) {                 // fields that the record has, in the order in which they stand there
        let next: Assignment | undefined;
        for (const set of sets) { const place = set.old!.start[row]; if (place >= at && place < set.old!.end[row] && (next === undefined || place < next.old!.start[row])) next = set; }
        out.copy(bytes, at, next!.old!.start[row]);
        out.value(next!.to, row);
        at = next!.old!.end[row];
      }
      out.copy(bytes, at, last);
    } else out.byte(OPEN);
    for (const { key, to: value, old } of sets) {
      if (old !== undefined && old.start[row] < old.end[row]) continue;
      if (!isEmpty) out.byte(COMMA);
      isEmpty = false;
      out.all(key); out.value(value, row);
    }
    out.byte(CLOSE); out.byte(LF);
  }
}

function isBlank(bytes: Uint8Array, from: number, to: number): boolean {
  for (let i = from; i < to; i++) if (bytes[i] > 32) return false;
  return true;
}

function copyLines({ rows, lines: { bytes, start, end } }: Batch, out: Bytes, from: number, to: number): void {
  for (let i = from; i < to; ) {
    // Neighbours in the input with exactly one LF between them are copied together.
    const first = start[rows[i]];
    let last = end[rows[i]];
    for (i++; i < to && start[rows[i]] === last + 1 && bytes[last] === LF; i++) last = end[rows[i]];
    out.copy(bytes, first, last); out.byte(LF);
  }
}

/** Each record of the batch's rows as it is after the first `upTo` edits, as one column of objects. */
export function editedRecords(batch: Batch, upTo: number): Column {
  const out = new Bytes(), column = nullColumn(batch.size);
  if (upTo === batch.edits.length) {                       // as they are written: all at once, then parted at their line ends
    encode(batch, out);
    let at = 0;
    for (const row of batch.rows) {
      column.start[row] = at;
      column.end[row] = at = out.bytes.indexOf(LF, at);
      column.tag[row] = Tag.Object;
      at++;
    }
    return { ...column, bytes: out.bytes, escaped: true };
  }
  for (const row of batch.rows) {
    column.start[row] = out.length;
    generic(batch, row, upTo, out);
    column.end[row] = out.length; column.tag[row] = Tag.Object;
  }
  return { ...column, bytes: out.bytes, escaped: true };
}
