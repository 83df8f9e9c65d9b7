// What the first line of an input says about its format, where it is no record: so that the message names the tool that reads it (USERS section 5, M12).
// Owns: those guesses. Must not: be asked about any later line.
import type { Detail } from '../errors.js';

interface Sign { readonly what: string; readonly help: string; readonly format?: string }

const from = (format: string): string => `leat from ${format} FILE | leat …`;
const one = 'expected one object per line';

const json = (what: string): Sign => ({ what: `${what}; ${one}`, help: from('json'), format: 'json' });
const csv = (format: 'csv' | 'tsv'): Sign => ({ what: `this file looks like ${format.toUpperCase()}; ${one}`, help: from(format), format });
const utf16 = (kind: string): Sign => ({ what: `this file is ${kind}; expected UTF-8`, help: `iconv -f ${kind} -t UTF-8 FILE | leat …` });
const packed = (what: string, help: string): Sign => ({ what: `this file is ${what}; ${one}`, help });

const signatures: readonly (readonly [readonly number[], Sign])[] = [
  [[0xff, 0xfe], utf16('UTF-16LE')],
  [[0xfe, 0xff], utf16('UTF-16BE')],
  [[0x50, 0x4b, 0x03, 0x04], packed('an Excel or zip file', 'save it as CSV: leat from csv FILE | leat …; zip: unzip -p FILE | leat …')],
  [[0xd0, 0xcf, 0x11, 0xe0], packed('an Excel file', 'save it as CSV: leat from csv FILE | leat …')],
  [[0xfd, 0x37, 0x7a, 0x58, 0x5a], packed('compressed with xz', 'xz -dc FILE | leat …')],
  [[0x42, 0x5a, 0x68], packed('compressed with bzip2', 'bzip2 -dc FILE | leat …')],
  [[0x28, 0xb5, 0x2f, 0xfd], packed('compressed with zstd', 'zstd -dc FILE | leat …')],
  [[0x1f, 0x8b], packed('compressed with gzip', 'gzip -dc FILE | leat …')],
  [[0x50, 0x41, 0x52, 0x31], packed('a Parquet file', 'duckdb -c "COPY \'FILE\' TO \'/dev/stdout\' (FORMAT json)" | leat …')],
];

const texts: readonly (readonly [RegExp, Sign])[] = [
  [/^\[/, json('this file is a JSON array')],
  [/^\{$/, json('this file is JSON over several lines')],
  [/^\S+ \S+ \S+ \[\d+\/\w+\/\d+/, { what: `this file looks like an access log; ${one}`, help: from('access'), format: 'access' }],
  [/^<\d{1,3}>/, { what: `this file looks like syslog; ${one}`, help: from('syslog'), format: 'syslog' }],
  [/^[A-Za-z_][\w.-]*=\S/, { what: `this file looks like logfmt; ${one}`, help: from('logfmt'), format: 'logfmt' }],
  [/^[^{]*\t/, csv('tsv')],
  [/^[^{,]*,/, csv('csv')],
];

/** Detail of E_NOT_NDJSON, where the first line (no blanks around it) tells its format; `format` is then the name that `leat from` knows, if it knows it. */
export function wrongFormat(line: Uint8Array): Detail | undefined {
  const sign = signatures.find(([bytes]) => bytes.every((byte, i) => line[i] === byte))?.[1]
    ?? (line[0] === 0 && line[1] !== 0 && line.length > 1 ? utf16('UTF-16BE') : line[0] !== 0 && line[1] === 0 && line.length > 1 ? utf16('UTF-16LE') : undefined);
  if (sign !== undefined) return { ...sign };
  const head = line.subarray(0, 4096);
  if (head.includes(0)) return undefined;
  const text = new TextDecoder('utf-8', { ignoreBOM: true }).decode(head);
  const found = texts.find(([pattern]) => pattern.test(text))?.[1];
  return found === undefined ? undefined : { ...found };
}
