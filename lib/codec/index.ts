// Input formats by the name that `leat from` knows. NDJSON is none of them: the kernel reads it as it is.
import { access } from './access.js';
import type { CellType } from './cell-types.js';
import { csv, tsv } from './csv.js';
import type { Decoder } from './decoder.js';
import { json } from './json.js';
import { lines } from './lines.js';
import type { LinePattern } from './lines.js';
import { logfmt } from './logfmt.js';
import { syslog } from './syslog.js';

export { parseTypes, typeNames } from './cell-types.js';
export type { CellType } from './cell-types.js';

/** Options of all formats; each takes what it knows. */
export interface DecoderOptions {
  readonly header?: readonly string[];
  readonly delimiter?: string;
  readonly types?: Readonly<Record<string, CellType>>;
  readonly year?: number;
  readonly tz?: string;
  readonly pattern?: LinePattern;
  /** Longest line, row or element in bytes. Default 16 MiB. */
  readonly lineBytesMax?: number;
}
export interface Format {
  readonly summary: string;
  /** Options that mean something to it. */
  readonly options: readonly Exclude<keyof DecoderOptions, 'lineBytesMax'>[];
  /** Fields of its records, where the format has them and not the data. */
  readonly fields?: readonly string[];
  /** A new decoder for one input. Errors: E_OPTION. */
  make(options: DecoderOptions): Decoder;
}

export const decoders = {
  json: { summary: 'one array, or values one after another, pretty-printed or not', options: [], make: json },
  csv: { summary: 'rows with a header line (RFC 4180)', options: ['header', 'delimiter', 'types'], make: csv },
  tsv: { summary: 'the same, with tabs', options: ['header', 'delimiter', 'types'], make: tsv },
  logfmt: { summary: 'k=v k="v w" flag', options: [], make: logfmt },
  access: {
    summary: 'access logs of web servers: common, combined, with virtual host', options: [], make: access,
    fields: ['ts', 'remote', 'user', 'method', 'path', 'protocol', 'status', 'bytes', 'referer', 'agent'],
  },
  syslog: { summary: 'RFC 5424 and RFC 3164', options: ['year', 'tz'], make: syslog, fields: ['ts', 'host', 'app', 'pid', 'message'] },
  lines: { summary: 'each line as {"line": …}, or the named groups of --pattern', options: ['pattern'], make: lines, fields: ['line'] },
} as const satisfies Record<string, Format>;
export type FormatName = keyof typeof decoders;
