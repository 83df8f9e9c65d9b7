// from: the one place where foreign input becomes NDJSON, and, with a time option, a managed stream. The formats are in codec/; this is what the tool declares.
import { brokers, watermarkOptions } from '../spec/common.js';
import { LeatError } from '../errors.js';
import { choice, file, flag, integer, text } from '../spec/option.js';
import { tool } from '../spec/tool.js';

export const formats = ['ndjson', 'json', 'csv', 'tsv', 'logfmt', 'access', 'syslog', 'lines', 'kafka'] as const;

export const from = tool({
  name: 'from', summary: 'read NDJSON, JSON, CSV, logfmt, access logs, syslog, lines, topics of Kafka', synopsis: '[FORMAT]', files: 'any', common: true,
  description: `Writes NDJSON. FORMAT is ndjson (default), json (one array, or values one after another), csv, tsv, logfmt, access (common, combined and vhost logs of web servers), syslog (RFC 5424 and 3164) or lines ({"line":…}). FILE may be a pattern in quotes, like 'logs/access.log*': rotated files are read oldest first. Compressed files (gz, zst by their first bytes, br by its name) are unpacked.

access and syslog call their time ts, so that --time is not needed. With --time, --delay or another option of leat watermark the output is a managed stream, as behind leat watermark.

csv and tsv: cells are strings unless --types says otherwise; an empty cell is null with a type, "" without. The first row names the fields unless --header does. A row that is too short or too long is a bad record, and so is, in every format, a line that does not fit it.

--checkpoint DIR goes on where the last run stood. A file is recognised by what it holds, not by its name: one that logrotate renamed or packed since then is read to its end first, under the name that it has now, also where the operand is the plain name; new files follow in their order. A file that was cut or replaced is read from its start, with a warning; where a copy of it is found (copytruncate), the rest of that comes first. What is there when the run begins is read; a last line without its LF waits for the next run, unless the file has a successor and has been left alone for 5 s, or --drain says that nothing more will come.

--follow reads on as files grow, and looks for new ones four times a second. After a rename it reads the old file until that has been left alone for 5 s, then the new one; it lives through deletion and truncation in the same way. A line is handed out when its LF is there. Several files take turns. FILE may be missing at first. With --start end the line numbers of messages count from there.

--spool DIR, with --checkpoint, is for a pipe that cannot be read again (nc, kubectl logs -f): bytes are written to DIR before they are used, and what a killed run had not worked off is read again from there by the next one. Lost is only what no process read meanwhile. A record in the middle of which the pipe broke off, since one of the two programs was killed, is left out, and that is said. DIR holds 1 GiB at most, freed by each checkpoint; when it is full, reading waits, and after a minute fails.

kafka TOPIC reads a topic of Kafka (3.1 or newer) in place of files, through the package @platformatic/kafka, which is installed beside leat: npm i @platformatic/kafka. --brokers HOST:PORT,… (or LEAT_KAFKA in the environment) names brokers to begin with. What is committed when the run begins is read, from the first record that is there, or with --start end from then on; --follow waits for more. The value of each record is a line of NDJSON; line ends in it count as blanks, and a record without a value is skipped. Records of transactions that were aborted are never read. Messages say TOPIC/PARTITION:OFFSET.

The partitions of a topic are read side by side: 1,000 records (or 256 KiB) of the one whose next record is the oldest by its time in Kafka, then again. So a topic gives the same bytes in every run that reads up to the same end, whatever comes first through the network; while --follow waits at the end, records come as they are written. With --time each partition has a watermark of its own, and the least one counts, as with --per: a partition that is behind makes no record late, and one without records does not count until it has some. With --checkpoint the next offset of each partition is kept there; no group is joined, and nothing is committed to Kafka. Partitions that are added to the topic are read from the next run on. When a broker is away, leat waits for 30 s, and then fails with status 75.`,
  options: {
    format: { ...choice(formats, { operand: true, meta: 'FORMAT', default: 'ndjson', help: 'format of the input' }), only: /^(?:ndjson|json|csv|tsv|logfmt|access|syslog|lines|kafka)$/ },
    header: text({ meta: 'a,b,c', help: 'csv, tsv: names of the fields; the first row is data' }),
    delimiter: text({ meta: 'C', help: 'csv: the character between cells (default ,)' }),
    types: text({ meta: 'FIELD=TYPE,…', help: 'csv, tsv: number, integer, boolean, string or json' }),
    year: integer(1, { meta: 'N', help: 'syslog: year of RFC 3164 times, which have none' }),
    tz: text({ meta: 'ZONE', help: 'syslog: zone of RFC 3164 times (default UTC)' }),
    pattern: text({ meta: 'REGEX', help: 'lines: named groups become fields; a line without a match is bad' }),
    follow: { ...flag({ help: 'wait for more: through rotation and truncation of FILE' }), free: true },
    start: { ...choice(['begin', 'end'], { meta: 'begin|end', help: '--follow, kafka: where to begin in what is there now (default begin)' }), free: true },
    brokers,
    spool: { ...file({ meta: 'DIR', help: 'keep what comes through a pipe until it is committed' }), complete: 'directory' as const },
    ...watermarkOptions,
  },
  check(values) {
    const { format, header, follow, start, spool } = values, refuse = (what: string, help: string): never => { throw new LeatError('E_OPTION', { what, help }); };
    if (format !== 'kafka' && Object.keys(values).includes('brokers')) refuse('--brokers is for kafka', 'leat from kafka TOPIC');
    if (start !== undefined && !follow && format !== 'kafka') refuse(`--start ${start}: a file that is not followed is read from its begin`, `leat from --follow --start ${start} FILE`);
    if (format === 'kafka' && spool !== undefined) refuse('--spool is for a pipe, which cannot be read again; a topic can', 'leat from kafka TOPIC');
    if (follow && spool !== undefined) refuse('--spool is for a pipe, which cannot be read again; files that are followed can', 'leat from --follow FILE');
    if (start === 'end' && (format === 'csv' || format === 'tsv') && header === undefined) refuse(`--start end: the names of ${format} columns stand in the first row, which is left out`, '--header a,b,c');
    if (start === 'end' && format === 'json') refuse('--start end: what comes in the middle of a JSON document cannot be read', 'ndjson, if each line is a record');
  },
  memory: 'one record; json: one element; kafka: 64 MiB fetched ahead, or 1.5 MiB a partition; --spool: up to 1 GiB on disk', emits: 'each record as soon as it is complete',
  guarantees: 'Every line becomes a record, or is bad: nothing is dropped silently. Numbers keep their text. With --checkpoint each record is worked off exactly once: of files, unless one is truncated while it is read (copytruncate); with --spool, from the spool on; of Kafka.',
  errors: ['E_FILE', 'E_TOPIC', 'E_BROKER', 'E_JSON', 'E_NOT_NDJSON', 'E_FORMAT', 'E_GZIP', 'E_PACKAGE', 'E_PERMISSION', 'E_INPUT', 'E_READ', 'E_WRITE', 'E_BUSY', 'E_STATE', 'E_UNSAFE'],
  examples: [
    { title: 'CSV with a number column', run: 'leat from csv --types n=number sales.csv', files: { 'sales.csv': 'city,n\nParis,3\n"New York, NY",1.50\n' }, stdout: '{"city":"Paris","n":3}\n{"city":"New York, NY","n":1.50}\n' },
    { title: 'A web server\'s log', run: "leat from access | leat filter 'status == 404' | leat map '{ ts, path }'", stdin: '10.0.0.1 - - [17/May/2015:10:05:03 +0000] "GET /a HTTP/1.1" 404 12\n10.0.0.1 - - [17/May/2015:10:05:04 +0000] "GET /b HTTP/1.1" 200 7\n', stdout: '{"ts":"2015-05-17T10:05:03+00:00","path":"/a"}\n' },
    { title: 'One array, element by element', run: 'leat from json', stdin: '[{"a":1},\n {"a":2}]', stdout: '{"a":1}\n{"a":2}\n' },
    { title: 'Words of a line', run: "leat from lines --pattern '(?<level>\\w+): (?<text>.*)'", stdin: 'warn: disk is full\n', stdout: '{"level":"warn","text":"disk is full"}\n' },
  ],
});

/** Whether one of the options of watermark was given: then the output is a managed stream. LEAT_TIME names a field, but gives no option: it is not among the keys. */
export const isTimed = (values: Readonly<Record<string, unknown>>): boolean => Object.keys(values).some((name) => Object.hasOwn(watermarkOptions, name));
/** Whether each input has a watermark of its own: the partitions of a topic, unless a field says another thing. */
export const isByInput = ({ format, per }: { readonly format?: string; readonly per?: unknown }): boolean => format === 'kafka' && per === undefined;
