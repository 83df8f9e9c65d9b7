// What `leat help TOPIC` says where no man page does: short texts about what several tools share. They describe what exists, and nothing else.
import { errors } from '../errors.js';
import type { ErrorCode, ErrorRow } from '../errors.js';
import { formats } from '../operators/from.js';
import { filled, width } from './width.js';
import { binFolder } from './places.js';

/** A text is broken into lines of 80 columns; a verbatim one is to be copied, and stays as it is. */
export interface Topic { readonly name: string; readonly summary: string; readonly verbatim?: true; text(): string }

const time = `Event time is when something happened, as the record says it: whole milliseconds since 1970-01-01T00:00Z. The clock of the machine is never asked, so yesterday's file and a live pipe give the same bytes.

WHICH FIELD
  --time PATH names it; else LEAT_TIME; else ts.
  numbers    milliseconds; --unit s|us|ns says otherwise. They are read as decimal text: 1.001 s is 1001 ms.
  strings    RFC 3339 with an offset or Z: 2026-11-20T12:00:00Z, 2026-11-20 12:00:00.5+01:00.
             Any other form: --time-format '%d/%b/%Y:%H:%M:%S %z' (strptime; without a zone: UTC).
  A record without a time, or with one that cannot be read, is a bad record.
  leat describe FILE says which fields can be times, and the options that read them.

WATERMARK
  W is the greatest event time so far less --delay D. It says: no record before W is expected. It never falls.
  Records may be out of order by D; a window closes when W reaches its end.
  --delay inf        nothing is ever late; windows close at the end of the input
  --idle D           after D of silence event time goes on by the clock: the one use of a clock, off by default
  --per PATH         a watermark per source, the least one counts
  --max-ahead D      a record more than D ahead of all before it is bad: one broken clock cannot close every window

DISTANCES IN TIME
  leat join --within 5m, --asof     records of two inputs that are near each other, or the last before
  leat dedup -k id --within 10m     a record again within ten minutes
  leat agg --over                   sums and ranks over the records before each

DURATIONS
  250ms 10s 5m 1h 1d 1w, 1h30m, PT5M. A number needs its unit; a day has 24 hours.
`;

const windows = `leat window SPEC puts each record into its windows; leat agg makes one row per window and key when the window closes.

  1m             tumbling: [12:00, 12:01), [12:01, 12:02), …
  10m/1m         hopping: ten minutes, a new one each minute; a record is in ten of them
  1d^1h          cumulative: from midnight, growing by an hour
  session 30m    per key of agg: records at most 30 minutes apart
  count 100      per key of agg: a hundred records
  1month, 1y     calendar; with --tz ZONE also 1d and 1w are days and weeks of that zone

Windows are [start, end), aligned to 1970-01-01T00:00Z; --offset D moves them.

WHEN A ROW APPEARS
  When the watermark W reaches the end of its window (and --lateness, if given). A record moves W; while nothing arrives W stands still, and so does the last window: --idle 30s lets it go on.
  At the end of the input all windows close.

IN EACH WINDOW
  leat sort sorts inside each window, and leat join behind leat window on both inputs joins inside it. The ten busiest paths of each window:
  leat agg -m 'count() as n by path' | leat sort -k n:desc --top 10

  leat agg --emit changes says each result as it grows, and corrects it; --every 5s says it every 5 s of event time.

WINDOWS WITHOUT RECORDS
  They give no row. leat agg --fill null, --fill last or --fill 0 gives one for each key that was seen before.

LATE RECORDS
  A record is late when W has passed the end of its window. It is counted, and the summary names the --delay that would have kept it.
  --late drop        the default
  --late fail        exit status 65
  --late FILE        written there, with its window
  --lateness D       windows stay open for D more

WINDOWS OF WINDOWS
  leat agg writes plain results; -m keeps the watermark: leat window 1m | leat agg -m 'count() as n' | leat window 1h | leat agg 'max(n) as peak'
  Results carry their windows: behind leat agg -m … another leat agg groups by window again.
`;

const expressions = `An expression is a JavaScript expression over the fields of one record. It can read that record and nothing else.

  status  user.country  tags[0]  _["odd key"]  _        fields, and the whole record
  12  1.5  "text"  'text'  true  null  /regex/  [1, 2]  { a, b: c }
  + - * / % **   == != < <= > >=   && || !   ?:   ??   in   \`text \${field}\`
  length(path)  round(ms / 1000, 1)  …                  leat help functions

NULL
  A missing field is null. Null goes through arithmetic, comparison and functions. && || ! know three values; == null asks; ?? replaces.
  status >= 500 is null, not false, where there is no status: filter keeps records for which the condition is exactly true.

TYPES
  Nothing is converted: "5" + 1 and "5" > 1 are null and counted, the summary names the first one; --strict makes the record bad.
  == between different types is false. + joins two strings. x / 0 and x % 0 are null.
  number(x), string(x), integer(x) and boolean(x) convert.

NUMBERS
  Integers of any size compare, group, add, subtract, multiply and sum exactly. Other numbers are doubles when computed with. A field that is copied keeps its text: 1.0 stays 1.0.

VALUES FROM OUTSIDE
  --arg NAME VALUE and --argjson NAME JSON bind $NAME: leat filter --arg who "$USER" 'user == $who'. In double quotes the shell would replace $who itself.
  -f FILE reads the expression from a file.

An operand that begins with - needs -- before it: leat map -- '-x as y'.
`;

const formatTexts: Readonly<Record<(typeof formats)[number], string>> = {
  ndjson: 'one JSON object a line; the default of every tool',
  json: 'one array, or values one after another, on any number of lines',
  csv: 'RFC 4180; the first row names the fields, or --header; cells are strings unless --types says otherwise',
  tsv: 'the same with tabs',
  logfmt: 'k=v k="v w" flag',
  access: 'common, combined and vhost logs of web servers; ts remote user method path protocol status bytes referer agent',
  syslog: 'RFC 5424, and RFC 3164 with --year N; ts host app pid message severity facility',
  lines: '{"line": …}; with --pattern, fields from named groups',
  kafka: 'no format: NDJSON from a topic of Kafka',
};

const formatsText = (): string => `Every tool reads and writes NDJSON: one JSON object a line, UTF-8, LF (CRLF is read too). leat from FORMAT makes it from anything else.

${formats.map((name) => `  ${name.padEnd(9)}${filled(formatTexts[name], ' '.repeat(11), 66).join('\n')}`).join('\n')}

BAD LINES
  A line that is no JSON object, or does not fit the format, is a bad record, never dropped in silence.
  --bad fail         the default: exit status 65, with file, line, column and a caret
  --bad skip         dropped and counted
  --bad FILE         kept: {"source","line","offset","error","raw"}
  Logs that mix JSON with other lines want --bad skip.

WHAT COMES OUT
  NDJSON; leat to writes other formats, files, tables of SQLite, and to programs:
  csv, tsv           RFC 4180; the fields of the first record, or --columns, are the columns
  json               one array, an element a line
  table, markdown    aligned by the width on a terminal, at the end
  file, files        NDJSON: appended to one file; files by event time or size, each there when it is whole
  sqlite DB TABLE    a row per record, or by --upsert KEYS the newest row of each key
  kafka TOPIC        a record of Kafka for each record
  exec -- CMD        NDJSON on the standard input of a program

OUTPUT
  leat to csv, tsv, json, table, markdown     at the end of a pipe, or to a file
  leat to file, files, sqlite, kafka, exec    files, rolled files, a table of a database, a topic, a program
  leat describe --schema                      the JSON Schema of what is there

COMPRESSED FILES
  gzip is known by its first bytes, for FILE operands of every tool. leat to packs where PATH ends with .gz.
  xz, bzip2, zip: xz -dc FILE | leat …
`;

const pipes = `Tools are joined by pipes. A live input is never held back: each complete record is handled and written before the next read.

OTHER PROGRAMS HOLD BACK
  When a live pipe looks stuck, a program before or behind leat is keeping its output in a buffer:
  grep --line-buffered      sed -u      jq --unbuffered      awk: fflush()      others: stdbuf -oL PROGRAM
  tail -f loses a log that is rotated; tail -F does not.

CONTROL LINES
  Between leat tools a stream carries its event time in lines of tabs and blanks. JSON readers skip them. They go to pipes only: a terminal or a file gets pure NDJSON.
  A program that drops blank lines (jq, grep) drops them too: put it before leat window, or after leat agg, whose results are plain; between them wrap it: leat wrap -- jq -c 'del(.debug)'.
  A program that parses every line wants leat plain, or -p, or LEAT_PLAIN=1. leat show prints them in words.
  System cat cannot join two such streams: leat cat <(…) <(…).

SEVERAL INPUTS AND OUTPUTS
  A second input is a file, a FIFO or a process; records leave for files by condition, the rest goes on; and a copy as tee makes it, without control lines:
  leat join … <(leat from csv users.csv)
  leat split --when 'status >= 500' errors.ndjson
  leat split --each --when true copy.ndjson --when true -
  leat run looks after such a pipeline as a whole: one exit status, all ended together; jq, awk and tee may stand in it:
  leat run "from a.ndjson | jq -c . | tee >(agg 'count()' > n) | filter 'status >= 500' > errors"

ENDS
  head closes its input and leat ends at once, with status 0 and no message.
  When a leat tool upstream is killed, no open window is written and the status is 75. Other programs' ends cannot be told from their death: set -o pipefail.
`;

const checkpoints = `With --checkpoint DIR a pipeline can be killed at any moment, and the same command, run again, goes on as if nothing had happened: its output is byte for byte that of a run that was not interrupted. LEAT_CHECKPOINT=DIR says it for all tools of a pipe.

  leat run --checkpoint st "from --follow access.ndjson | window 1m --delay 5s | agg 'count() as n by host'" >> per-minute.ndjson

  export LEAT_CHECKPOINT=st
  leat from --follow access.ndjson | leat window 1m --delay 5s | leat agg 'count() as n by host' >> per-minute.ndjson

HOW IT WORKS
  Every --checkpoint-every (10s) the tool that reads the input ends an epoch: a barrier goes down the stream. Each tool writes what has changed of its state to DIR before it hands the barrier on; the last one waits until its output is on disk, and then commits the epoch. A run begins at the newest committed epoch: reading goes back to the byte that was saved, every tool to its state, and the output is cut to its length then. Results never depend on where barriers fall.

THE END OF THE INPUT
  With a checkpoint it is a pause: windows stay open, an incomplete last line is left for the next run, and the next run reads what has come since. --drain on the first tool says that nothing more will come: all windows fire. A drained checkpoint is refused (status 78) unless --reopen is given, for its windows would fire twice.
  However the input is cut into runs, pauses and one drain print what one run prints.
  Ctrl-C and SIGTERM pause. A run that finds another one at work ends with 75 and changes nothing.

WHAT CAN BE PART OF IT
  inputs     files and patterns: from the byte that was saved; rotated files are found by their content, renamed or compressed
             a pipe: leat from --spool DIR keeps it until it is committed; without, what came since the last epoch is missing after a crash
             a topic of Kafka: from the offsets that were saved
  outputs    >> FILE (with > the second run is refused), to file, to files, to sqlite, to kafka (for readers with isolation.level=read_committed): exactly once
             to exec --epoch: once for each epoch, again with the same bytes after a crash
             -p, leat plain, a terminal: what was written may come again
             files of --bad, --late and split go with their stage
  programs   leat wrap -- jq … ; a program that stands in the pipe itself takes the control lines away
  several sources or sinks (<( ), tee >( )): leat run --checkpoint DIR 'PIPELINE', or -- bash -c '…'
  leat doctor 'PIPELINE' says what a pipeline guarantees, and why.

CHANGING THE COMMAND
  Operands and options that results depend on must stay as they were (status 78 says what was and what is); filter and map keep nothing and may change, from that place on. Where the input is, --late, --bad, the size of -S and how often the state is saved may change; so may --max-keys, -T, --idle and --stats. What keeps state may neither come, go nor stand elsewhere. A table of leat join --table is what it was when the checkpoint began.
  Two stages of one kind in a pipe are told apart by their order; --id NAME names one.

LOOKING AT IT
  leat state ls|show|verify|rm DIR. A damaged state is refused, never used: every row has a checksum. DIR belongs to one user (mode 700), holds one checkpoint, and must be on a local disk.
`;

const bindings = `A pipeline names its inputs and outputs; a binding file says what these names are today. The text of the pipeline stays as it is, on a laptop, at night and live:

  # per-minute.leat
  from access | window 1m | agg 'count() as n by host'

  # dev.yaml
  inputs:
    access: { file: access.ndjson, time: ts, delay: 5s }

  # live.yaml
  inputs:
    access:
      file: 'logs/access.ndjson*'
      follow: true
      time: ts
      delay: 5s
  outputs:
    stdout: { file: per-minute.ndjson }

  leat run --bind dev.yaml -f per-minute.leat

WHAT IS BOUND
  from NAME, a FILE operand (also behind leat run), the right input of join, and to NAME, where NAME stands in the file. A bound name wins over a file and over a format of that name. Names without a binding are files, as ever.
  The inputs and outputs that a pipeline does not name are called stdin and stdout.
  What stands in place of a name are words that could have been typed: from access is from access.ndjson --time=ts --delay=5s. So all paths mean the working directory, and the messages are those of the tools.

THE FILE
  YAML, or JSON, with two mappings, inputs and outputs. Text that YAML would take for something else wants quotes: '*.ndjson'.

INPUTS
  file        a path or a pattern, or a list of them
  stdin       true: standard input
  topic       a topic of Kafka; brokers: HOST:PORT, or a list
  format      of files: as in leat from
  types       csv, tsv: { id: integer }; without it the schema says them
  time …      event time, as in leat watermark: time unit time-format delay per idle max-ahead every
  follow …    as in leat from: follow start spool header delimiter year tz pattern
  role        stream or table. The right input of a join is a table that is looked up (--table), unless the join says another form
  key         of a table: what the right key of a join is where the pipeline does not say it (-2)
  schema      { ts: time, host: string, ms: number? }: string, integer, number, boolean, time or json, with a ? where the field may be null or missing; { … } for an object, [TYPE] for a list. leat run does not check it

OUTPUTS
  file        a path; with format csv, tsv, json, table or markdown it is written whole
  files       a pattern with times, as in leat to files; roll
  sqlite      a database; table: its table, key: rows are replaced by it
  topic       a topic of Kafka; brokers, key: the field that chooses the partition
  stdout      true: standard output; format
  columns     csv, tsv, table, markdown: all columns, in order

MISTAKES
  An option that both the pipeline and the binding give must have the same value: neither wins in silence.
  A name that is neither bound nor a file is an error that names the nearest one. A name that is bound and not used changes nothing: several pipelines may share a file.
`;

const cron = (): string => `A crontab has a short PATH, /bin/sh, no terminal, and mails every line of
output. So: full paths, files as operands, and no output when all is well.

Yesterday's log, every morning (one line of a crontab):
  5 0 * * *  ${process.execPath} ${binFolder()}/leat run -f $HOME/errors.leat /var/log/access.log.1 >> $HOME/errors.ndjson

errors.leat holds the pipeline, with comments:
  # requests that failed, by five minutes
  from access | filter 'status >= 500' | window 5m --delay inf | agg 'count() as n by path'

Every five minutes what is new, without gaps and without doubles, whatever
happens in between; and once, at the end of it all, what is still open:
  */5 * * * *  cd $HOME && ${process.execPath} ${binFolder()}/leat run --checkpoint errors.state -f errors.leat '/var/log/access.log*' >> errors.ndjson
  leat run --checkpoint errors.state -f errors.leat '/var/log/access.log*' --drain >> errors.ndjson
Windows stay open between runs, a log that is rotated is read to its end (leat
help checkpoints). Nothing new: status 0, no output. The last run is still at
work: status 75 and one line, with -Q on the first tool none.

% in a crontab line is a newline: keep formats with % in the file. leat writes
nothing on standard error unless something needs saying; -Q leaves the summary
out, errors are still told. The exit status says the rest:
leat help exit-status.
`;

const exitStatus = `  0    done, or the reader closed the output
  1    filter -q: nothing matched; sort --check: not in order
  64   a mistake in the command or in an expression; nothing was read
  65   bad data
  66   an input cannot be opened
  69   a program or package that is needed is missing
  70   a bug in leat
  74   reading or writing failed
  75   the upstream died, or another run uses the checkpoint; the same command may work next time
  77   no permission
  78   the checkpoint does not fit: another command, drained, damaged, made by a newer leat
  130  143  interrupted, terminated

Warnings and the summary never change the status. In a pipe the shell reports the last one, with set -o pipefail the last that is not 0; a chain that head ends is 0 for every leat in it.
`;

/** What each code means and what to do, beyond its text. */
export const paragraphs: Readonly<Record<ErrorCode, string>> = {
  E_USAGE: 'Operands or options do not go together, or one is missing.',
  E_OPTION: 'An option is unknown, or its value is not what it takes. The nearest name is told where there is one.',
  E_NO_INPUT: 'No FILE was named and standard input is a terminal: nothing would ever come. A lone - reads what you type.',
  E_FOREVER: 'The stream may go on for ever, and nothing says when a record can be forgotten: --within D, windows, --table or --asof say it; --unbounded keeps everything.',
  E_NO_TIME: 'The tool works in event time, and the stream has none: leat watermark or leat window begins it.',
  E_DURATION: 'Durations are a whole number and a unit: 250ms 10s 5m 1h 1d 1w, several from large to small, or ISO 8601.',
  E_WINDOW: 'The window cannot be understood, or cannot be: a slide longer than its size, a step that does not divide.',
  E_SYNTAX: 'The expression is not JavaScript, or uses a part of it that expressions do not have. The caret shows where.',
  E_FUNCTION: 'There is no function or aggregate of that name; all of them: leat help functions, leat help aggregates.',
  E_ARGUMENTS: 'A function got too few arguments, too many, or a constant that it cannot use.',
  E_REGEX: 'The pattern is not a regular expression, or is one that could take for ever.',
  E_ORDER: 'sort --check found a record that belongs before the one before it. The exit status is 1.',
  E_CHANGES: 'The records are changes (op, before, after), and the tool would take them for results: a count of them would be a count of changes.',
  E_BINDING: 'A binding file (--bind) says something that it may not, or does not go together with the pipeline: leat help bindings.',
  E_UNSUPPORTED: 'The engine that is compiled for cannot say this, or not with the same results. Nothing is written; the help names what it can say, or an engine that can.',
  E_SCHEMA: 'An engine wants to know the fields and their types before it reads: the binding (leat help bindings) names them, or leat describe --schema FILE finds them.',
  E_JSON: 'A line is not JSON as RFC 8259 has it. The place is file, line and column, in characters.',
  E_UTF8: 'Input is UTF-8. Other encodings: iconv -f LATIN1 -t UTF-8.',
  E_DEPTH: 'Arrays and objects are nested deeper than any honest record.',
  E_LONG: 'A line is longer than --max-line allows.',
  E_NOT_OBJECT: 'A record is a JSON object; a number, a string or an array alone is not.',
  E_NOT_NDJSON: 'The first line tells another format; leat from FORMAT reads it.',
  E_FORMAT: 'A line does not fit the format that leat from was told.',
  E_NOT_BOOLEAN: 'A condition gave a value that is neither true, false nor null.',
  E_TYPE: 'A value has a type that the operation cannot use.',
  E_OVERFLOW: 'A number is beyond what a double can hold, and was to be computed with.',
  E_TIME: 'The event time is missing or cannot be read; --time, --unit and --time-format say how.',
  E_AHEAD: 'The event time is further ahead than --max-ahead allows: a broken clock, most likely.',
  E_LATE: 'A record came behind the watermark, or after its window had closed, and --late fail was asked for.',
  E_TWO_STREAMS: 'Two managed streams were joined by a program that does not know them.',
  E_KEYS: 'There are more keys at once than --max-keys allows: a field with more values than expected, or windows that stay open for long.',
  E_GZIP: 'The archive ends early or is damaged; the records before that were read.',
  E_FILE: 'An input does not exist or cannot be opened.',
  E_TOPIC: 'A topic of Kafka does not exist, or may not be used. None is made: how many partitions it needs is not for a reader or writer to say.',
  E_BROKER: 'No broker of Kafka answers (69), or one that had answered was away for longer than 30 s (75). With a checkpoint the same command goes on where it stood.',
  E_COLUMN: 'A record has a field that the columns of a table, fixed by its first record or by --columns, do not have.',
  E_TABLE: 'A table of SQLite is made in a way that the records do not fit.',
  E_PROGRAM: 'A program that the command names is not there, or cannot be run.',
  E_SYSTEM: 'A call of the operating system failed for a reason that lies with the machine (its disk, its limits, its permissions), at a place where that is not said in better words. With a checkpoint the same command goes on once the reason is gone.',
  E_CHILD: 'A program that the command started ended with another status than 0, by a signal, or did not do what was said of it.',
  E_BUSY: 'Another process uses the same file. Nothing that was committed is lost.',
  E_PACKAGE: 'Something that this needs is not installed.',
  E_BUG: 'A mistake in leat itself, never yours.',
  E_READ: 'Reading failed in the middle.',
  E_WRITE: 'Writing failed: a full disk, a closed descriptor. What came before may have been written.',
  E_UPSTREAM: 'The stream stopped without its end mark: the tool before was killed. Nothing that was still open has been written.',
  E_PERMISSION: 'The file may not be opened by this user.',
  E_OUTPUT: 'The output is not the one that the checkpoint has committed to: emptied, replaced, or written by something else.',
  E_INPUT: 'The input is not the one that the checkpoint has read: shortened, replaced, or rewritten before the place to go on from.',
  E_UNSAFE: 'The folder of a checkpoint belongs to somebody else, or others may write to it: what is in it cannot be trusted.',
  E_CHECKPOINT: 'The checkpoint was made by another command, or was drained: going on would give wrong results.',
  E_STATE: 'The checkpoint is damaged, or was made by a newer leat. Nothing was written.',
  E_FENCED: 'Another run of the same checkpoint has begun since this one did, so this one may write no more.',
};

const messages = (): string => `A message is: leat TOOL: PLACE: CODE: what is wrong; then the text with a caret; then help with something to type. Codes do not change.

${(Object.entries(errors) as [ErrorCode, ErrorRow][]).map(([code, { exit, text }]) => [`  ${code} (exit status ${exit})`, ...filled(paragraphs[code], '', 72).map((line) => `      ${line}`),
  ...text === '{what}' ? [] : filled(`Text: ${text.replace(/\{(\w+)\}/g, (_, name: string) => name.toUpperCase())}`, '', 72).map((line) => `      ${line}`)].join('\n')).join('\n')}
`;

export const topics: readonly Topic[] = [
  { name: 'time', summary: 'event time, watermarks, durations', text: () => time },
  { name: 'windows', summary: 'kinds of windows, when rows appear, late records', text: () => windows },
  { name: 'expressions', summary: 'fields, operators, null, types', text: () => expressions },
  { name: 'formats', summary: 'what leat reads, bad lines, compressed files', text: formatsText },
  { name: 'pipes', summary: 'live pipes, other programs, control lines', text: () => pipes },
  { name: 'checkpoints', summary: 'kill it, run it again: the same bytes', text: () => checkpoints },
  { name: 'bindings', summary: 'names in a pipeline, and which files they are today', text: () => bindings },
  { name: 'cron', summary: 'leat in a crontab', verbatim: true, text: cron },
  { name: 'exit-status', summary: 'what each exit status means', text: () => exitStatus },
  { name: 'messages', summary: 'every error code', text: messages },
];

/** Man pages in section 5 and 7, as topics. */
export const pages: Readonly<Record<string, { readonly file: string; readonly summary: string }>> = {
  functions: { file: 'leat-functions.7', summary: 'all functions of expressions' },
  aggregates: { file: 'leat-aggregates.7', summary: 'all aggregates of leat agg' },
  engines: { file: 'leat-engines.7', summary: 'what DuckDB, Flink, Spark and Beam can say' },
  semantics: { file: 'leat-semantics.7', summary: 'what the tools mean, rule by rule' },
  stream: { file: 'leat-stream.5', summary: 'the stream between tools, byte by byte' },
};

/** A text with its paragraphs on lines of 80 columns; lines that begin with blanks keep their indent, tables their second column. */
export function wrapped(text: string): string {
  return text.split('\n').map((line) => {
    if (width(line) <= 80) return line;
    const label = /^( *\S+(?: \S+)*  +)\S/.exec(line)?.[1] ?? /^ */.exec(line)?.[0] ?? '';
    return filled(line.slice(label.length), '', 80 - width(label)).map((part, i) => (i === 0 ? label : ' '.repeat(width(label))) + part).join('\n');
  }).join('\n');
}
