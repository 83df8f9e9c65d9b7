// Records to a table that people read: columns as wide as their widest cell on a terminal, numbers to the right, lists and objects as JSON text, nothing for null. All cells are
// kept until the end, for the last record may have the widest one, or a field that no other has. `table` is aligned by blanks; `markdown` is GitHub's form.
// Data is hostile: what could drive a terminal, hide, or be taken for markup is escaped.
import { decodeString } from '../record/json.js';
import { width } from '../record/width.js';
import { Cells } from './cells.js';
import { noColumn } from './csv-text.js';
import type { Encoder } from './encoder.js';
import type { Bytes } from './writer.js';

const utf8 = new TextDecoder('utf-8', { ignoreBOM: true });

/** C0, C1, separators of lines, bidi controls, what has no width and is no mark, lone surrogates: what a terminal would act upon or hide. */
const hostile = /[\u0000-\u001f\u007f-\u009f\u00ad\u061c\u200b\u200c\u200e\u200f\u2028-\u202e\u2060-\u206f\ufeff\ufff9-\ufffb]|\p{Surrogate}/gu;
export const harmless = (text: string): string => text.replace(hostile, (char) => `\\u${char.charCodeAt(0).toString(16).padStart(4, '0')}`);
/** What Markdown and HTML would act upon inside a cell. An underscore between letters is none. */
const markup = /[\\`*[\]<>|~]|&(?=[#\w])|(?<![\p{L}\p{N}])_|_(?![\p{L}\p{N}])/gu;
const plain = (text: string): string => text.replace(markup, (char) => char === '<' ? '&lt;' : char === '>' ? '&gt;' : char === '&' ? '&amp;' : `\\${char}`);

interface Columns { readonly widths: number[]; /** Whether every value is a number. */ readonly numeric: boolean[] }

abstract class Aligned implements Encoder {
  private readonly cells = new Cells();
  private readonly isGiven: boolean;
  private readonly rows: string[][] = [];
  private readonly numeric: boolean[] = [];
  private readonly fresh = (name: string): number => {
    if (this.isGiven) throw noColumn(name, this.cells.records, this.cells.names, true);
    return this.add(name);
  };
  constructor(columns: readonly string[] | undefined) {
    this.isGiven = columns !== undefined;
    for (const name of columns ?? []) this.add(name);
  }
  private add(name: string): number { this.numeric.push(true); return this.cells.add(name); }

  lines(bytes: Uint8Array, start: number, end: number): void {
    const { cells } = this;
    for (let at = start; at < end; ) {
      const lf = bytes.indexOf(10, at);
      cells.read(bytes, at, lf, this.fresh);
      at = lf + 1;
      const row: string[] = [];
      for (let i = 0; i < cells.names.length; i++) {
        const from = cells.start[i], first = bytes[from];
        if (from < 0 || first === 110) { row.push(''); continue; }
        if (first !== 45 && (first < 48 || first > 57)) this.numeric[i] = false;
        row.push(this.safe(first === 34 ? decodeString(bytes, from, cells.end[i]) : utf8.decode(bytes.subarray(from, cells.end[i]))));
      }
      this.rows.push(row);
    }
  }

  end(out: Bytes): void {
    const { names } = this.cells;
    if (names.length === 0) return;
    const heads = names.map((name) => this.safe(name)), widths = heads.map(width);
    const numeric = this.numeric.map((is, i) => is && this.rows.some((row) => (row[i] ?? '') !== ''));
    for (const row of this.rows) for (let i = 0; i < row.length; i++) { const size = width(row[i]); if (size > widths[i]) widths[i] = size; }
    this.print(heads, this.rows, { widths, numeric }, out);
  }
  protected abstract safe(text: string): string;
  protected abstract print(heads: readonly string[], rows: readonly (readonly string[])[], columns: Columns, out: Bytes): void;
}

const padded = (text: string, size: number, isRight: boolean): string => { const blanks = ' '.repeat(Math.max(0, size - width(text))); return isRight ? blanks + text : text + blanks; };

export class TableText extends Aligned {
  protected safe(text: string): string { return harmless(text); }
  protected print(heads: readonly string[], rows: readonly (readonly string[])[], { widths, numeric }: Columns, out: Bytes): void {
    const line = (cells: readonly string[]): void => out.text(`${widths.map((size, i) => padded(cells[i] ?? '', size, numeric[i])).join('  ').trimEnd()}\n`);
    line(heads);
    out.text(`${widths.map((size) => '-'.repeat(Math.max(1, size))).join('  ')}\n`);
    for (const row of rows) line(row);
  }
}

export class MarkdownText extends Aligned {
  protected safe(text: string): string { return plain(harmless(text)); }
  protected print(heads: readonly string[], rows: readonly (readonly string[])[], { widths, numeric }: Columns, out: Bytes): void {
    const sizes = widths.map((size) => Math.max(3, size));
    const line = (cells: readonly string[]): void => out.text(`| ${sizes.map((size, i) => padded(cells[i] ?? '', size, numeric[i])).join(' | ')} |\n`);
    line(heads);
    out.text(`| ${sizes.map((size, i) => numeric[i] ? `${'-'.repeat(size - 1)}:` : '-'.repeat(size)).join(' | ')} |\n`);
    for (const row of rows) line(row);
  }
}
