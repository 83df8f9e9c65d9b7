// One edit applied to the text of one record: the exact way, for edits that columns cannot say (nested fields, drop, rename, flatten, spread).
import type { Column, Edit } from '../record/batch.js';
import { Tag } from '../record/batch.js';
import { Members, decodeString, encodeString, keyIs, keyOf, skipBlanks } from '../record/json.js';
import type { Path } from '../record/path.js';
import { Bytes } from './writer.js';

const QUOTE = 34, COMMA = 44, COLON = 58, OPEN = 123, CLOSE = 125;

/** The record's text after the edit. */
export function applyEdit(text: Uint8Array, edit: Edit, row: number): Uint8Array {
  const out = new Bytes(text.length + 256);
  if ('set' in edit) setField(text, 0, text.length, edit.set, edit.to, row, out);
  else if ('drop' in edit) dropField(text, 0, text.length, edit.drop, out);
  else if ('rename' in edit) renameField(text, 0, text.length, edit.rename, edit.as, out);
  else if ('clear' in edit) { out.byte(OPEN); out.byte(CLOSE); }
  else if ('spread' in edit) spread(text, edit.spread, row, out);
  else flatten(text, edit.flatten, out);
  return out.bytes.subarray(0, out.length);
}

/** The object bytes[start, end) with the field set: the last member of that name is replaced where it stands, else it is appended. */
function setField(bytes: Uint8Array, start: number, end: number, path: Path, to: Column, row: number, out: Bytes): void {
  const name = String(path[0]), key = keyOf(name), members = new Members().open(bytes, start, end);
  let from = -1, until = -1, isEmpty = true;
  while (members.next()) {
    isEmpty = false;
    if (keyIs(bytes, members.keyStart, members.keyEnd, key)) { from = members.start; until = members.end; }
  }
  const rest = path.slice(1);
  if (from < 0) {
    out.copy(bytes, start, end - 1);
    if (!isEmpty) out.byte(COMMA);
    out.text(encodeString(name)); out.byte(COLON);
    fresh(rest, to, row, out);
    out.byte(CLOSE);
    return;
  }
  out.copy(bytes, start, from);
  if (rest.length === 0) out.value(to, row);
  else if (bytes[from] === OPEN) setField(bytes, from, until, rest, to, row, out);
  else fresh(rest, to, row, out);                        // null: made where missing; map has refused all else
  out.copy(bytes, until, end);
}

/** A value inside as many new objects as the path has steps. */
function fresh(path: Path, to: Column, row: number, out: Bytes): void {
  for (const step of path) { out.byte(OPEN); out.text(encodeString(String(step))); out.byte(COLON); }
  out.value(to, row);
  for (const _ of path) out.byte(CLOSE);
}

/** The object without the field, under whatever spelling and however often. */
function dropField(bytes: Uint8Array, start: number, end: number, path: Path, out: Bytes): void {
  const key = keyOf(String(path[0])), rest = path.slice(1), members = new Members().open(bytes, start, end);
  out.byte(OPEN);
  for (let isFirst = true; members.next(); ) {
    const isIt = keyIs(bytes, members.keyStart, members.keyEnd, key);
    if (isIt && rest.length === 0) continue;
    if (!isFirst) out.byte(COMMA);
    isFirst = false;
    out.copy(bytes, members.keyStart, members.start);
    if (isIt && bytes[members.start] === OPEN) dropField(bytes, members.start, members.end, rest, out);
    else out.copy(bytes, members.start, members.end);
  }
  out.byte(CLOSE);
}

/** The object with another name for a field, where it stands; a member that had the new name gives way. */
function renameField(bytes: Uint8Array, start: number, end: number, path: Path, as: string, out: Bytes): void {
  const key = keyOf(String(path[0])), rest = path.slice(1), taken = keyOf(as), members = new Members();
  let isThere = false;
  for (members.open(bytes, start, end); members.next(); ) isThere ||= keyIs(bytes, members.keyStart, members.keyEnd, key);
  if (!isThere) { out.copy(bytes, start, end); return; }
  members.open(bytes, start, end);
  out.byte(OPEN);
  for (let isFirst = true; members.next(); ) {
    const isIt = keyIs(bytes, members.keyStart, members.keyEnd, key);
    if (rest.length === 0 && !isIt && keyIs(bytes, members.keyStart, members.keyEnd, taken)) continue;
    if (!isFirst) out.byte(COMMA);
    isFirst = false;
    if (isIt && rest.length === 0) { out.text(encodeString(as)); out.copy(bytes, members.keyEnd, members.end); continue; }
    out.copy(bytes, members.keyStart, members.start);
    if (isIt && bytes[members.start] === OPEN) renameField(bytes, members.start, members.end, rest, as, out);
    else out.copy(bytes, members.start, members.end);
  }
  out.byte(CLOSE);
}

/** The record with the fields of an object: a known name keeps its place and takes the new value (SEMANTICS 2). What is no object adds nothing. */
function spread(text: Uint8Array, column: Column, row: number, out: Bytes): void {
  if (column.tag[row] !== Tag.Object) { out.all(text); return; }
  const start = column.start[row], end = column.end[row];
  const at = skipBlanks(text, 1);
  if (text[at] === CLOSE) { out.copy(column.bytes, start, end); return; }   // a new record keeps the bytes of the object
  const fields = new Map<string, Uint8Array>();
  collect(text, 0, text.length, fields);
  collect(column.bytes, start, end, fields);
  write(fields, out);
}

function collect(bytes: Uint8Array, start: number, end: number, into: Map<string, Uint8Array>): void {
  const members = new Members();
  for (members.open(bytes, start, end); members.next(); ) into.set(decodeString(bytes, members.keyStart, members.keyEnd), bytes.subarray(members.start, members.end));
}

function write(fields: ReadonlyMap<string, Uint8Array>, out: Bytes): void {
  out.byte(OPEN);
  let isFirst = true;
  for (const [name, value] of fields) {
    if (!isFirst) out.byte(COMMA);
    isFirst = false;
    out.text(encodeString(name)); out.byte(COLON); out.all(value);
  }
  out.byte(CLOSE);
}

/** Nested objects as fields whose names are joined by the separator. Lists, and objects without members, stay values. */
function flatten(text: Uint8Array, separator: string, out: Bytes): void {
  const fields = new Map<string, Uint8Array>();
  const walk = (start: number, end: number, prefix: string): void => {
    const members = new Members();
    for (members.open(text, start, end); members.next(); ) {
      const name = prefix + decodeString(text, members.keyStart, members.keyEnd), from = members.start, until = members.end;
      if (text[from] === OPEN && text[skipBlanks(text, from + 1)] === QUOTE) walk(from, until, name + separator);
      else fields.set(name, text.subarray(from, until));
    }
  };
  walk(0, text.length, '');
  write(fields, out);
}
