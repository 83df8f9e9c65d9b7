// from: the one place where foreign input becomes NDJSON, and, with a time option, a managed stream. The formats are in codec/; this is what the tool declares.
import { watermarkOptions } from '../spec/common.js';
import { choice, integer, text } from '../spec/option.js';
import { tool } from '../spec/tool.js';

export const formats = ['ndjson', 'json', 'csv', 'tsv', 'logfmt', 'access', 'syslog', 'lines'] as const;

export const from = tool({
  name: 'from', summary: 'read files and formats: NDJSON, JSON, CSV, logfmt, access logs, syslog, lines', synopsis: '[FORMAT]', files: 'any', common: true,
  description: `Writes NDJSON. FORMAT is ndjson (default), json (one array, or values one after another), csv, tsv, logfmt, access (common, combined and vhost logs of web servers), syslog (RFC 5424 and 3164) or lines ({"line":…}). FILE may be a pattern in quotes, like 'logs/access.log*': rotated files are read oldest first. Compressed files (gz, zst by their first bytes, br by its name) are unpacked.

access and syslog call their time ts, so that --time is not needed. With --time, --delay or another option of leat watermark the output is a managed stream, as behind leat watermark.

csv and tsv: cells are strings unless --types says otherwise; an empty cell is null with a type, "" without. The first row names the fields unless --header does. A row that is too short or too long is a bad record, and so is, in every format, a line that does not fit it.`,
  options: {
    format: { ...choice(formats, { operand: true, meta: 'FORMAT', default: 'ndjson', help: 'format of the input' }), only: /^(?:ndjson|json|csv|tsv|logfmt|access|syslog|lines)$/ },
    header: text({ meta: 'a,b,c', help: 'csv, tsv: names of the fields; the first row is data' }),
    delimiter: text({ meta: 'C', help: 'csv: the character between cells (default ,)' }),
    types: text({ meta: 'FIELD=TYPE,…', help: 'csv, tsv: number, integer, boolean, string or json' }),
    year: integer(1, { meta: 'N', help: 'syslog: year of RFC 3164 times, which have none' }),
    tz: text({ meta: 'ZONE', help: 'syslog: zone of RFC 3164 times (default UTC)' }),
    pattern: text({ meta: 'REGEX', help: 'lines: named groups become fields; a line without a match is bad' }),
    ...watermarkOptions,
  },
  memory: 'one record; json: one element', emits: 'each record as soon as it is complete',
  guarantees: 'Every line becomes a record, or is bad: nothing is dropped silently. Numbers keep their text.',
  errors: ['E_FILE', 'E_JSON', 'E_NOT_NDJSON', 'E_FORMAT', 'E_GZIP', 'E_PACKAGE', 'E_PERMISSION'],
  examples: [
    { title: 'CSV with a number column', run: 'leat from csv --types n=number sales.csv', files: { 'sales.csv': 'city,n\nParis,3\n"New York, NY",1.50\n' }, stdout: '{"city":"Paris","n":3}\n{"city":"New York, NY","n":1.50}\n' },
    { title: 'A web server\'s log', run: "leat from access | leat filter 'status == 404' | leat map '{ ts, path }'", stdin: '10.0.0.1 - - [17/May/2015:10:05:03 +0000] "GET /a HTTP/1.1" 404 12\n10.0.0.1 - - [17/May/2015:10:05:04 +0000] "GET /b HTTP/1.1" 200 7\n', stdout: '{"ts":"2015-05-17T10:05:03+00:00","path":"/a"}\n' },
    { title: 'One array, element by element', run: 'leat from json', stdin: '[{"a":1},\n {"a":2}]', stdout: '{"a":1}\n{"a":2}\n' },
    { title: 'Words of a line', run: "leat from lines --pattern '(?<level>\\w+): (?<text>.*)'", stdin: 'warn: disk is full\n', stdout: '{"level":"warn","text":"disk is full"}\n' },
  ],
});

/** Whether one of the options of watermark was given: then the output is a managed stream. LEAT_TIME names a field, but gives no option: it is not among the keys. */
export const isTimed = (values: Readonly<Record<string, unknown>>): boolean => Object.keys(values).some((name) => Object.hasOwn(watermarkOptions, name));
