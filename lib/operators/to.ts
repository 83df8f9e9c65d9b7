// to: where records leave: files, a table of SQLite, a program, another format. What the tool declares; the sinks are in io/sinks, the formats in codec.
import { LeatError } from '../errors.js';
import { nearest } from '../record/nearest.js';
import { brokers } from '../spec/common.js';
import { flag, path, text } from '../spec/option.js';
import { parseNames, parseRoll } from '../spec/sink.js';
import type { Roll } from '../spec/sink.js';
import { periodOf } from '../time/period.js';
import { tool } from '../spec/tool.js';

export const kinds = ['file', 'files', 'sqlite', 'kafka', 'exec', 'csv', 'tsv', 'json', 'table', 'markdown'] as const;
export type Kind = (typeof kinds)[number];

/** What behind the kind must stand, for messages. */
const operands: Readonly<Record<Kind, string>> = { file: 'PATH', files: 'PATTERN', sqlite: 'DB TABLE', kafka: 'TOPIC', exec: '-- CMD…', csv: '[PATH]', tsv: '[PATH]', json: '[PATH]', table: '[PATH]', markdown: '[PATH]' };
const counts: Readonly<Record<Kind, readonly [least: number, most: number]>> = { file: [1, 1], files: [1, 1], sqlite: [2, 2], kafka: [1, 1], exec: [1, Infinity], csv: [0, 1], tsv: [0, 1], json: [0, 1], table: [0, 1], markdown: [0, 1] };
/** Which kinds an option is for. */
const own: Readonly<Record<'roll' | 'upsert' | 'key' | 'columns' | 'epoch', readonly Kind[]>> = { roll: ['files'], upsert: ['sqlite'], key: ['kafka'], columns: ['csv', 'tsv', 'table', 'markdown'], epoch: ['exec'] };

const usage = (what: string, kind: Kind): LeatError => new LeatError('E_USAGE', { what, help: `leat to ${kind} ${operands[kind]}` });

/** The parts of a pattern around its counters, `%%` read as a percent sign. */
export function atCounter(pattern: string): readonly string[] {
  const parts = [''];
  for (const [part] of pattern.matchAll(/%[%n]|[^%]+|%/g)) if (part === '%n') parts.push(''); else parts[parts.length - 1] += part === '%%' ? '%' : part;
  return parts;
}

export const to = tool({
  name: 'to', summary: 'write records to files, SQLite, Kafka, a program, or as CSV, JSON, a table', synopsis: 'file|files|sqlite|kafka|exec|csv|tsv|json|table|markdown [ARG…]', files: 'none', common: true,
  description: `Reads standard input, or what the tools before it in leat run give, and is the end of a pipeline. A managed stream ends here: no control line is written.

file PATH appends to PATH, making it where it is missing; rows can be seen as soon as they are written, and at the end the file is synced to disk. A last line without its line end, which a killed run may leave, is closed first, and told. A file that is also an input is refused.

files PATTERN writes several files by event time. PATTERN has strftime fields, in UTC: 'out/%Y-%m-%d/%H.ndjson'. The finest field says how long a file lasts; --roll D says otherwise: then a record goes to the file of its event time rounded down to D. A file is published, whole, once the watermark reaches the end of its period, and not before. Records that come later than that go to a further file with a number before its suffix, %Y-%m-%d.1.ndjson, which is published at the end of the period in which they came. With --roll SIZE PATTERN has the counter %n (00001, 00002, …) in place of times: a file is published before the record that would make it larger than SIZE. Folders of PATTERN are made. A file that exists is never replaced nor changed: numbers go on behind it.

sqlite DB TABLE inserts a row per record. The table is made with the fields of the first record, and a field that comes later becomes a column. A column that leat makes has no declared type, so each value keeps its own: integers, reals, texts; true and false are 1 and 0; lists and objects are JSON text; integers beyond 63 bits, and numbers too large for a double, are text with all their digits. A missing field is NULL. Rows are committed when the input has run dry, and every 50,000. With --upsert a record replaces the row that has the same KEYS (a null key is a key like any other): the unique index that this needs is made. Then a change row (op, before, after, as leat agg --emit changes writes them) is applied: d deletes the row of before, others put the row of after.

kafka TOPIC sends each record to a topic of Kafka (3.1 or newer), through the package @platformatic/kafka, which is installed beside leat: npm i @platformatic/kafka. --brokers HOST:PORT,… (or LEAT_KAFKA in the environment) names brokers to begin with. The record, as NDJSON without its line end, is the value. --key PATH makes a field the key: a string as it is, other values as JSON, none where it is null or missing. Records of one key go to one partition, the one that Kafka's own clients choose, and stay in order there; those without a key go to each partition in turn. A topic that does not exist is not made. When a broker is away, leat waits for 30 s, and then fails with status 75. Records are sent with numbers, so that one which is sent again is written once; a run that was killed and is repeated writes all of its records again, unless there is a checkpoint.

exec -- CMD… starts CMD once and writes NDJSON to its standard input; CMD writes where leat to would. When CMD ends with another status than 0, the exit status is 74. When the run fails, CMD is ended by SIGTERM, so that it does not take what it got for all.

exec --epoch -- CMD… is for pipelines with --checkpoint, and refused without: each time the state is saved CMD is run anew, with the records since the last time on its standard input, and LEAT_EPOCH (a number that grows), LEAT_RUN_ID (this checkpoint) and LEAT_ATTEMPT in its environment. Status 0 says that it has them. With any other the run fails, and the next one gives CMD the same epoch with the same records, byte for byte. So it does when leat was killed after CMD had done its work and before that could be noted: records arrive at least once. A CMD that stores LEAT_RUN_ID and LEAT_EPOCH in the transaction of the records, and leaves out what is there already, has them exactly once. For PostgreSQL, with CREATE TABLE hits (line jsonb) and CREATE TABLE leat_epochs (run text, epoch bigint, PRIMARY KEY (run, epoch)), CMD is ./load.sh:

  #!/bin/sh
  done=$(psql -qAtc "SELECT count(*) FROM leat_epochs WHERE (run, epoch) = ('$LEAT_RUN_ID', $LEAT_EPOCH)") || exit 1
  [ "$done" = 0 ] || exit 0
  psql -qv ON_ERROR_STOP=1 -1 -c "INSERT INTO leat_epochs VALUES ('$LEAT_RUN_ID', $LEAT_EPOCH)" \\
    -c "\\copy hits FROM pstdin WITH (FORMAT csv, DELIMITER E'\\x01', QUOTE E'\\x02')"

An epoch without records does not run CMD.

With --checkpoint, file cuts off what a run that was killed wrote behind the last saved state (it is kept in the checkpoint), files publishes what is complete when the state is saved and keeps the rest for the next run, and sqlite applies the records of an epoch, and notes it in a table leat_epochs, in one transaction. kafka writes the records of an epoch, and the number of the epoch, in one transaction once the epoch is committed here: readers with isolation.level=read_committed see all of it or nothing, every --checkpoint-every, each record exactly once. Who runs a copy of the checkpoint elsewhere is shut out (status 75). The number is kept as the offset of a group leat-… of the topic; it must not be deleted. exec without --epoch, csv, tsv, json, table and markdown cannot be taken back, and are refused.

csv, tsv, json, table and markdown write to standard output, or to PATH. csv and tsv (RFC 4180, with tabs for commas in tsv) have the fields of the first record as columns, or those of --columns; a missing field and null are empty cells, lists and objects JSON text. A field that is no column ends the run. json is one array, an element per line. table and markdown know all fields before they write, so they write at the end; numbers stand to the right, widths are those of the terminal, and what could drive a terminal or be taken for markup is escaped.

PATH of these formats, and each file of files, is written under a name that begins with a dot, synced and renamed: under its own name it is whole or not there. After an error or a signal it is not there. A PATH that ends with .gz is packed.`,
  options: {
    kind: {
      ...text({ operand: true, required: true, meta: 'KIND', help: 'where to: file, files, sqlite, kafka, exec, csv, tsv, json, table, markdown' }), complete: { words: kinds },
      parse(value: string): Kind {
        if ((kinds as readonly string[]).includes(value)) return value as Kind;
        const near = nearest(value, kinds);
        throw new LeatError('E_USAGE', { what: `'${value}' is none of ${kinds.join(', ')}${near === undefined ? '' : `; did you mean '${near}'?`}`, help: 'leat to table' });
      },
    },
    args: { ...text({ operand: true, many: true, meta: 'ARG', help: 'PATH, PATTERN, DB TABLE, TOPIC or CMD' }), complete: { words: [], files: true } },
    roll: { ...text({ meta: 'D|SIZE', help: 'files: the next file begins after D of event time, or SIZE bytes' }), parse: parseRoll },
    upsert: { ...text({ meta: 'KEYS', help: 'sqlite: fields whose row is replaced: id or host,day' }), parse: parseNames },
    key: path({ meta: 'PATH', help: 'kafka: field that is the key, and so chooses the partition' }),
    brokers,
    epoch: flag({ help: 'exec: a CMD for each epoch (gets it at least once)' }),
    columns: { ...text({ meta: 'a,b,c', help: 'csv, tsv, table, markdown: all columns, in this order' }), parse: parseNames },
  },
  check(values) {
    const { kind, args = [], roll, upsert, key, columns, epoch } = values;
    if (kind !== 'kafka' && Object.keys(values).includes('brokers')) throw new LeatError('E_OPTION', { what: '--brokers is for kafka', help: 'leat to kafka TOPIC' });
    const given = { roll, upsert, key, columns, epoch };
    for (const name of ['roll', 'upsert', 'key', 'columns', 'epoch'] as const) if (given[name] !== undefined && !own[name].includes(kind)) throw new LeatError('E_OPTION', { what: `--${name} is for ${own[name].join(', ')}, not for ${kind}`, help: 'leat help to' });
    const [least, most] = counts[kind];
    if (args.length < least) throw usage(`${operands[kind].replace('-- ', '')} is missing`, kind);
    if (args.length > most) throw usage(`unexpected operand '${args[most]}'${kind === 'sqlite' || kind === 'kafka' || kind === 'files' || kind === 'file' ? '' : '; records come from standard input'}`, kind);
    const [first = ''] = args;
    if (args.some((arg, i) => arg === '' && (kind !== 'exec' || i === 0))) throw usage('an empty name', kind);
    if (kind !== 'exec' && kind !== 'sqlite' && kind !== 'kafka') {
      const packed = /\.(zst|br|xz|bz2|zip)$/.exec(first);
      if (packed !== null) throw new LeatError('E_OPTION', { what: `${first}: only .gz is packed by name`, help: `leat to ${kind} ${first.slice(0, packed.index)}.gz; or pipe it into a program that packs` });
    }
    if (kind === 'files') checkPattern(first, roll);
  },
  memory: 'none; kafka: 4 MiB, and up to 64 MiB of what the end brings at once; sqlite: rows of one transaction are SQLite\'s; files: at most 1 MiB a file and 32 MiB together; table, markdown: all cells', emits: 'at once; table, markdown at the end; files when the watermark passes the end of their period, or when they are full',
  guarantees: 'Numbers keep their digits in every text format. A run that fails exits with another status than 0, and publishes no file that it had not finished. Without a checkpoint a repeated run writes its records again. With one, file, files, sqlite and kafka have each record exactly once, whatever was killed when; exec --epoch at least once, and repeats have the same bytes.',
  errors: ['E_COLUMN', 'E_TABLE', 'E_NO_TIME', 'E_TIME', 'E_JSON', 'E_USAGE', 'E_OPTION', 'E_PACKAGE', 'E_BROKER', 'E_TOPIC', 'E_PROGRAM', 'E_CHILD', 'E_WRITE', 'E_BUSY', 'E_UPSTREAM', 'E_PERMISSION', 'E_OUTPUT', 'E_STATE'],
  examples: [
    { title: 'A table to look at', run: "leat agg 'count() as n, avg(ms) as ms by host' | leat to table", stdin: '{"host":"web-1","ms":12}\n{"host":"web-2","ms":7}\n{"host":"web-1","ms":13}\n',
      stdout: 'host   n    ms\n-----  -  ----\nweb-1  2  12.5\nweb-2  1     7\n' },
    { title: 'CSV', run: "leat map '{ host, note }' | leat to csv", stdin: '{"host":"a","note":"say \\"hi\\", twice","x":1}\n{"host":"b"}\n', stdout: 'host,note\na,"say ""hi"", twice"\nb,\n' },
    { title: 'The newest state of each host, in SQLite', run: 'leat to sqlite state.db hosts --upsert host && ls state.db', stdin: '{"host":"a","n":1}\n{"host":"a","n":2}\n', stdout: 'state.db\n' },
    { title: 'A program of your own', run: "leat filter 'n > 1' | leat to exec -- wc -l", stdin: '{"n":1}\n{"n":2}\n', stdout: '1\n' },
    { title: 'One file a day, each there when it is complete', run: "leat watermark --delay 2h | leat to files '%Y-%m-%d.ndjson'; cat 1970-01-01.ndjson", stdin: '{"ts":0}\n{"ts":90000000}\n{"ts":86399999}\n', stdout: '{"ts":0}\n{"ts":86399999}\n' },
  ],
});

/** Errors: E_OPTION, E_ARGUMENTS. */
function checkPattern(pattern: string, roll: Roll | undefined): void {
  const counters = atCounter(pattern).length - 1;
  if (/[\u0000-\u001f]|%t/.test(pattern)) throw new LeatError('E_OPTION', { what: 'the pattern has a control character', help: "leat to files 'out/%Y-%m-%d.ndjson'" });
  if (roll !== undefined && 'bytes' in roll) {
    if (counters !== 1) throw new LeatError('E_OPTION', { what: `--roll SIZE numbers its files: the pattern '${pattern}' needs %n, once`, help: "leat to files 'out/part-%n.ndjson' --roll 64M" });
    const other = [...pattern.matchAll(/%(.?)/gs)].find(([, field]) => field !== 'n' && field !== '%');
    if (other !== undefined) throw new LeatError('E_OPTION', { what: `--roll SIZE has files of any time, so ${other[0]} says nothing; there is %n only`, help: "leat to files 'out/part-%n.ndjson' --roll 64M" });
    return;
  }
  if (counters > 0) throw new LeatError('E_OPTION', { what: `%n counts files of a size, and no --roll SIZE says it`, help: `leat to files '${pattern}' --roll 64M` });
  periodOf(pattern, roll?.ms);
}
