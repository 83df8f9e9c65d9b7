// CSV and TSV (RFC 4180): rows to records by a header line or given names. csv-parse reads the cells of rows with quotes; this file frames rows (which may have newlines in
// quotes), so that places are exact and a row with a stray quote does not swallow the next ones, and makes records.
// Rules: an empty line is skipped. A row shorter or longer than the header is bad. A quote stands only around a whole cell, doubled inside. Cells are strings; with a type, an
// empty cell is null and one that does not fit is bad (cell-types.ts). A name that comes twice becomes name_2, name_3 …; an empty one column_N (its place, from 1).
import { isUtf8 } from 'node:buffer';
import { parse } from 'csv-parse/sync';
import { LeatError } from '../errors.js';
import { numberEnd } from '../kernel/text.js';
import { nearest } from '../record/nearest.js';
import type { CellType } from './cell-types.js';
import { typedCell, typeNames } from './cell-types.js';
import type { Decoded, Decoder, DecoderPlace } from './decoder.js';
import type { Fault } from './gather.js';
import { Gather, encoded, foundAt, recordBytesMax, textFault, tooLong, writeString } from './gather.js';
import { BomSkip } from './line-decoder.js';
import { Bytes } from './writer.js';

export interface CsvOptions {
  /** Names of the columns; without them the first row has them. */
  readonly header?: readonly string[];
  /** One ASCII character; `\t` is a tab. Default `,`. */
  readonly delimiter?: string;
  /** By column name. */
  readonly types?: Readonly<Record<string, CellType>>;
  readonly lineBytesMax?: number;
}

const LF = 10, CR = 13, QUOTE = 34;
/** Where framing is: at the start of a cell, in one without quotes, in quotes, behind a quote in quotes, behind that and a CR, after a fault (to the end of the line). */
const START = 0, BARE = 1, QUOTED = 2, CLOSED = 3, RETURNED = 4, FAULTY = 5;

export const csv = (options: CsvOptions = {}): Decoder => new CsvDecoder(options);
export const tsv = (options: CsvOptions = {}): Decoder => new CsvDecoder({ delimiter: '\t', ...options });

class CsvDecoder implements Decoder {
  readonly #gather = new Gather();
  readonly #max: number;
  readonly #delimiter: number;
  readonly #types: Readonly<Record<string, CellType>>;
  readonly #bom = new BomSkip();
  readonly #pending = new Bytes();
  // The row that is open: its state, fault (index in the row), whether it has quotes, line breaks so far, bytes so far.
  #state: number = START;
  #fault: Fault | undefined;
  #quotes = false;
  #breaks = 0;
  #length = 0;
  // Of the open row's start.
  #line = 1;
  #offset = 0;
  // Columns; empty until the header is known.
  #names: readonly string[] = [];
  #keys: readonly Uint8Array[] = [];
  #cells: readonly (CellType | undefined)[] = [];
  // Rows of one piece that are framed and not yet written.
  #rows: Row[] = [];
  readonly #quoted = new Bytes();

  constructor({ header, delimiter = ',', types = {}, lineBytesMax = recordBytesMax }: CsvOptions) {
    const text = delimiter === '\\t' ? '\t' : delimiter;
    if (!/^[\t\x20-\x7e]$/.test(text) || text === '"') throw new LeatError('E_OPTION', { what: `bad delimiter '${delimiter}'; expected one character, like ; or | or \\t` });
    this.#delimiter = text.charCodeAt(0);
    this.#max = lineBytesMax;
    this.#types = types;
    for (const [name, type] of Object.entries(types)) {
      if (!typeNames.includes(type)) throw new LeatError('E_OPTION', { what: `bad type '${String(type)}' of ${name}; expected ${typeNames.join(', ')}` });
    }
    if (header !== undefined) this.#name(header);
  }

  // With the names of the columns once they are known: the header is not read again.
  position(): DecoderPlace {
    const { isClean } = this.#gather;
    return { offset: this.#offset, line: this.#line, ...this.#offset === 0 ? {} : { memory: { names: this.#names, isClean } } };
  }
  begin({ offset, line, memory }: DecoderPlace): void {
    this.#offset = offset; this.#line = line;
    if (offset === 0) return;
    this.#bom.over();
    const { names = [], isClean = false } = (memory ?? {}) as { names?: readonly string[]; isClean?: boolean };
    this.#gather.isClean = isClean;
    if (names.length > 0) this.#name(names);
  }

  push(chunk: Uint8Array): Decoded {
    this.#gather.begin();
    const bytes = Buffer.from(chunk.buffer, chunk.byteOffset, chunk.length);
    const from = this.#bom.skip(bytes, (kept) => this.#frame(kept, 0));
    if (from > 0 && this.#bom.found) this.#offset = 3;
    this.#frame(bytes, from);
    return this.#gather.done();
  }

  end(): Decoded {
    this.#gather.begin();
    this.#bom.end((kept) => this.#frame(kept, 0));
    if (this.#length > 0 && !this.#gather.failed) {
      if (this.#state === QUOTED) this.#fault ??= { at: this.#length, expected: "'\"' at the end of a quoted cell", got: 'the end of the input' };
      this.#row(this.#pending.bytes, 0, this.#pending.length);
      this.#write(this.#pending.bytes);
    }
    return this.#gather.done();
  }

  /** Finds the ends of rows. */
  #frame(b: Uint8Array, start: number): void {
    const delimiter = this.#delimiter;
    let p = start, row = start, state = this.#state;
    const end = b.length;
    // Index of the fault in the row, whose first bytes may be in #pending. What was found there is said when the row is whole.
    const fault = (expected: string, at = p): void => { this.#fault = { at: this.#length + at - row, expected, got: '' }; state = FAULTY; };
    while (p < end) {
      const c = b[p];
      if (state === QUOTED) {
        // The hot loop: text of quoted cells.
        while (p < end && b[p] !== QUOTE && b[p] !== LF) p++;
        if (p >= end) break;
        if (b[p] === QUOTE) { state = CLOSED; p++; continue; }
        if (this.#length + p - row <= this.#max) { this.#breaks++; p++; continue; }
        this.#fault = tooLong(this.#max, this.#max); state = FAULTY;           // so a quote that nobody closes costs no more than the limit
        continue;
      }
      if (c === LF) {
        if (this.#length > 0 || p > row) this.#endOfRow(b, row, p); else { this.#line++; this.#offset++; }
        p++; row = p; state = START;
        if (this.#gather.failed) return;
        continue;
      }
      switch (state) {
        case START:
          if (c === QUOTE) { state = QUOTED; this.#quotes = true; } else if (c !== delimiter) state = BARE;
          break;
        case BARE:
          if (c === delimiter) state = START; else if (c === QUOTE) fault('quotes around the whole cell, doubled inside');
          break;
        case CLOSED:
          if (c === QUOTE) state = QUOTED;
          else if (c === delimiter) state = START;
          else if (c === CR) state = RETURNED;
          else fault(`'${String.fromCharCode(delimiter)}' or the end of the row after a quoted cell`);
          break;
        case RETURNED: fault('the end of the row after a quoted cell', p - 1); break;
      }
      p++;
    }
    this.#state = state;
    this.#write(b);
    if (this.#gather.failed) return;
    const room = this.#max + 2 - this.#pending.length;
    this.#pending.copy(b, row, Math.min(end, row + Math.max(0, room)));
    this.#length += end - row;
  }

  #endOfRow(b: Uint8Array, row: number, lf: number): void {
    if (this.#length === 0) { this.#row(b, row, lf); return; }
    this.#pending.copy(b, row, Math.min(lf, row + Math.max(0, this.#max + 2 - this.#pending.length)));
    this.#length += lf - row;
    this.#row(this.#pending.bytes, 0, this.#pending.length);
    this.#write(this.#pending.bytes);
    this.#pending.clear();
  }

  // One row, LF left out, with what framing knows of it. Its bytes are used by the next #write().
  #row(b: Uint8Array, start: number, lf: number): void {
    const whole = Math.max(this.#length, lf - start);
    let end = lf > start && b[lf - 1] === CR ? lf - 1 : lf;
    let fault: Fault | undefined = this.#fault === undefined ? undefined : { ...this.#fault, at: start + this.#fault.at, got: this.#fault.got || foundAt(b, start + this.#fault.at, end) };
    if (whole > this.#max + 1 || end - start > this.#max) { end = Math.min(end, start + this.#max); fault = tooLong(this.#max, end); }
    if (end > start) this.#rows.push({ start, end, line: this.#line, offset: this.#offset, fault, quotes: this.#quotes });
    this.#line += this.#breaks + 1;
    this.#offset += whole + 1;
    this.#state = START; this.#fault = undefined; this.#quotes = false; this.#breaks = 0; this.#length = 0;
  }

  /** Writes the framed rows, whose text is in b. */
  #write(b: Uint8Array): void {
    const rows = this.#rows;
    if (rows.length === 0) return;
    this.#rows = [];
    const from = rows[0].start, to = rows[rows.length - 1].end, span = b.subarray(from, to);
    if (!isUtf8(span) || span.includes(0)) for (const row of rows) row.fault ??= textFault(b, row.start, row.end);
    this.#quoted.clear();
    for (const { start, end, quotes, fault } of rows) if (quotes && fault === undefined) { this.#quoted.copy(b, start, end); this.#quoted.byte(LF); }
    const cells = this.#quoted.length === 0 ? [] : parse(Buffer.from(this.#quoted.bytes.subarray(0, this.#quoted.length)), { delimiter: String.fromCharCode(this.#delimiter), record_delimiter: '\n', relax_column_count: true });
    let next = 0;
    for (const row of rows) {
      const parsed = row.quotes && row.fault === undefined ? cells[next++] : undefined;
      if (this.#gather.failed) return;
      if (this.#names.length === 0) this.#header(b, row, parsed);
      else if (row.fault !== undefined) this.#gather.bad(row.line, row.offset, b, row.start, row.end, row.fault);
      else this.#record(b, row, parsed);
    }
  }

  #header(b: Uint8Array, { start, end, fault }: Row, parsed: readonly string[] | undefined): void {
    if (fault !== undefined) { this.#gather.fail(new LeatError('E_FORMAT', { format: 'CSV', expected: `a header line with ${fault.expected}`, got: fault.got })); return; }
    try { this.#name(parsed ?? Buffer.from(b.buffer, b.byteOffset + start, end - start).toString('utf8').split(String.fromCharCode(this.#delimiter))); } catch (error) {
      if (!(error instanceof LeatError)) throw error;
      this.#gather.fail(error);
    }
  }

  #name(header: readonly string[]): void {
    const names = uniqueNames(header);
    for (const name of Object.keys(this.#types)) {
      if (names.includes(name)) continue;
      const near = nearest(name, names);
      throw new LeatError('E_OPTION', { what: `--types: no column '${name}'${near === undefined ? '' : `; did you mean '${near}'?`}`, help: `columns: ${names.join(', ')}` });
    }
    this.#names = names;
    this.#keys = names.map((name, i) => encoded(`${i === 0 ? '{' : ','}${JSON.stringify(name)}:`));
    this.#cells = names.map((name) => Object.hasOwn(this.#types, name) ? this.#types[name] : undefined);
  }

  #record(b: Uint8Array, { start, end, line, offset }: Row, parsed: readonly string[] | undefined): void {
    const { out } = this.#gather, { length } = out, delimiter = this.#delimiter, width = this.#names.length;
    let fault: Fault | undefined, count = 0;
    for (let p = start; parsed === undefined ? p <= end : count < parsed.length; count++) {
      let to = p;
      if (parsed === undefined) while (to < end && b[to] !== delimiter) to++;
      if (count < width && fault === undefined) {
        const type = this.#cells[count];
        out.all(this.#keys[count]);
        if (type === undefined) { if (parsed === undefined) writeString(out, b, p, to); else out.text(JSON.stringify(parsed[count])); }
        else if (parsed === undefined && type === 'number' && isNumberAt(b, p, to)) out.copy(b, p, to);
        else {
          const text = parsed?.[count] ?? Buffer.from(b.buffer, b.byteOffset + p, to - p).toString('utf8'), value = typedCell(type, text);
          if (value === undefined) fault = { at: parsed === undefined ? p : start, expected: `${this.#names[count]} to be ${type === 'integer' ? 'an' : 'a'} ${type}`, got: excerpt(text) };
          else out.text(value);
        }
      }
      p = to + 1;
    }
    if (count !== width) fault = { at: count < width ? end : start, expected: `${width} ${width === 1 ? 'cell' : 'cells'}`, got: `${count}` };
    if (fault !== undefined) { out.length = length; this.#gather.bad(line, offset, b, start, end, fault); return; }
    out.byte(125); out.byte(LF);
    this.#gather.record(line, offset);
  }
}

interface Row { readonly start: number; readonly end: number; readonly line: number; readonly offset: number; fault: Fault | undefined; readonly quotes: boolean }

/** Whether b[start, end) is JSON number text, which most cells of numbers are. */
const isNumberAt = (b: Uint8Array, start: number, end: number): boolean => end > start && (b[start] === 45 || (b[start] >= 48 && b[start] <= 57)) && numberEnd(b, start, end) === end;
const excerpt = (text: string): string => text.length > 40 ? `'${text.slice(0, 40)}…'` : `'${text}'`;

/** A name that comes twice gets _2, _3 …, an empty one is column_N: a record has each name once, and no cell is lost. */
function uniqueNames(header: readonly string[]): readonly string[] {
  const given = new Set(header), taken = new Set<string>();
  return header.map((name, i) => {
    const base = name === '' ? `column_${i + 1}` : name;
    let made = base;
    for (let n = 2; taken.has(made) || (made !== name && given.has(made)); n++) made = `${base}_${n}`;
    taken.add(made);
    return made;
  });
}
