// Records to CSV and TSV: RFC 4180 with LF, the form that `leat from csv` and `leat from tsv` read. Numbers keep their text; null and what is missing are empty cells; lists
// and objects are JSON text. A cell is quoted where it has the delimiter, a quote or a line break; so is an empty one that is alone in its row, for an empty line is no row.
import { LeatError } from '../errors.js';
import { decodeString, spanText } from '../record/json.js';
import { Cells } from './cells.js';
import type { Encoder } from './encoder.js';
import type { Bytes } from './writer.js';

const QUOTE = 34, LF = 10, CR = 13, BACKSLASH = 92, NULL_BYTE = 110;

/** A field that is no column: what it is, where, and what to type. */
export function noColumn(name: string, record: number, names: readonly string[], isGiven: boolean): LeatError {
  const shown = names.length > 12 ? `${names.slice(0, 12).join(', ')}, …` : names.join(', ');
  return new LeatError('E_COLUMN', {
    what: `record ${record} has the field '${name}', which is no column; ${isGiven ? '--columns names' : 'the first record has'} ${names.length === 0 ? 'none' : shown}`,
    help: `--columns ${[...names, name].map((each) => /^[^\s",]+$/.test(each) ? each : `"${each.replaceAll('"', '""')}"`).join(',')} has them all; leat map '{ … }' leaves fields out`,
  });
}

export class CsvText implements Encoder {
  private readonly cells = new Cells();
  private readonly delimiter: number;
  private readonly isGiven: boolean;
  private readonly shown: (text: string) => string;
  private isHeaded = false;
  private columns = 0;
  private readonly fresh = (name: string): number => {
    if (!this.isHeaded && !this.isGiven) return this.cells.add(name);
    throw noColumn(name, this.cells.records, this.cells.names, this.isGiven);
  };

  /** `shown` escapes the text of a cell for a terminal. */
  constructor(delimiter: ',' | '\t', columns: readonly string[] | undefined, shown?: (text: string) => string) {
    this.delimiter = delimiter.charCodeAt(0);
    this.isGiven = columns !== undefined;
    this.shown = shown ?? ((text) => text);
    this.isPlain = shown === undefined;
    for (const name of columns ?? []) this.cells.add(name);
  }
  private readonly isPlain: boolean;

  lines(bytes: Uint8Array, start: number, end: number, out: Bytes): void {
    const { cells } = this;
    for (let at = start; at < end; ) {
      const lf = bytes.indexOf(LF, at);
      cells.read(bytes, at, lf, this.fresh);
      at = lf + 1;
      this.head(out);
      for (let i = 0; i < this.columns; i++) {
        if (i > 0) out.byte(this.delimiter);
        if (cells.start[i] >= 0) this.cell(bytes, cells.start[i], cells.end[i], out);
        else if (this.columns === 1) this.empty(out);
      }
      out.byte(LF);
    }
  }
  /** A header that was given needs no record. */
  dry(out: Bytes): void { if (this.isGiven) this.head(out); }
  end(out: Bytes): void { this.dry(out); }

  private head(out: Bytes): void {
    if (this.isHeaded) return;
    this.isHeaded = true;
    const { names } = this.cells;
    this.columns = names.length;
    names.forEach((name, i) => { if (i > 0) out.byte(this.delimiter); this.text(name, out); });
    out.byte(LF);
  }

  private cell(bytes: Uint8Array, start: number, end: number, out: Bytes): void {
    const first = bytes[start];
    if (first === NULL_BYTE) { if (this.columns === 1) this.empty(out); return; }
    if (first === QUOTE) {
      if (this.isPlain && end - start > 2) {
        // Without a backslash a JSON string has neither quotes nor line breaks.
        let p = start + 1, isBare = true;
        for (; p < end - 1; p++) { const c = bytes[p]; if (c === BACKSLASH) break; if (c === this.delimiter) isBare = false; }
        if (p === end - 1) { if (isBare) out.copy(bytes, start + 1, end - 1); else out.copy(bytes, start, end); return; }
      }
      this.text(decodeString(bytes, start, end), out);
    } else if (first === 123 || first === 91) { if (this.isPlain) this.nested(bytes, start, end, out); else this.text(spanText(bytes, start, end), out); }
    else out.copy(bytes, start, end);
  }

  /** JSON text has no line breaks: quotes and delimiters decide. */
  private nested(bytes: Uint8Array, start: number, end: number, out: Bytes): void {
    let p = start;
    while (p < end && bytes[p] !== QUOTE && bytes[p] !== this.delimiter) p++;
    if (p === end) { out.copy(bytes, start, end); return; }
    out.reserve(2 * (end - start) + 2);
    const to = out.bytes;
    let at = out.length;
    to[at++] = QUOTE;
    for (p = start; p < end; p++) { const c = bytes[p]; to[at++] = c; if (c === QUOTE) to[at++] = QUOTE; }
    to[at++] = QUOTE;
    out.length = at;
  }

  private text(given: string, out: Bytes): void {
    const text = this.shown(given);
    if (text === '') { if (this.columns === 1) this.empty(out); return; }
    let isBare = text.charCodeAt(0) !== 0xfeff;             // at the start of a file it would be taken for a BOM
    for (let i = 0; i < text.length && isBare; i++) { const c = text.charCodeAt(i); isBare = c !== this.delimiter && c !== QUOTE && c !== LF && c !== CR; }
    out.text(isBare ? text : `"${text.replaceAll('"', '""')}"`);
  }
  private empty(out: Bytes): void { out.byte(QUOTE); out.byte(QUOTE); }
}
