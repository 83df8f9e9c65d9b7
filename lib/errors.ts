// Every error a user can meet: stable code, exit status (SEMANTICS 10), text and remedy. Who finds an error gives code and detail; the runtime adds the place;
// cli/messages.ts prints. An assertion, not a LeatError, is for our own mistakes (exit 70).

export interface ErrorRow { readonly exit: number; readonly text: string; readonly help?: string }

/** `{name}` in text and help is replaced by the detail of that name, `{name:words}` by the words where there is none. */
export const errors = {
  // 64: the command line
  E_USAGE: { exit: 64, text: '{what}', help: '{help}' },
  E_OPTION: { exit: 64, text: '{what}', help: '{help}' },
  E_NO_INPUT: { exit: 64, text: 'no FILE, and standard input is a terminal', help: '{help}' },
  E_NO_TIME: { exit: 64, text: '{what} needs a watermark, and nothing upstream wrote one', help: 'leat watermark --time ts --delay 5s FILE | {then:…}' },
  E_DURATION: { exit: 64, text: "bad duration '{got}'; expected a number and a unit without a space, like 250ms 10s 5m 1h 1d 1w 1h30m or PT5M", help: '{help}' },
  E_WINDOW: { exit: 64, text: "bad window '{got}': {why}; expected 1m, 10m/1m (size/slide), 1d^1h (max/step), session 30m, count 100 or 1month", help: '{help}' },
  E_SYNTAX: { exit: 64, text: 'bad expression: {why}', help: '{help}' },
  E_FUNCTION: { exit: 64, text: "unknown {kind} '{got}'", help: '{help}' },
  E_ARGUMENTS: { exit: 64, text: '{what}', help: '{help}' },
  E_REGEX: { exit: 64, text: 'bad regular expression: {why}', help: '{help}' },
  E_FOREVER: { exit: 64, text: '{what}', help: '{help}' },
  E_CHANGES: { exit: 64, text: '{what}', help: '{help}' },
  E_BINDING: { exit: 64, text: '{what}', help: '{help}' },
  E_UNSUPPORTED: { exit: 64, text: '{what}', help: '{help}' },
  E_SCHEMA: { exit: 64, text: '{what}', help: '{help}' },
  // 1: what was asked for is not so
  E_ORDER: { exit: 1, text: 'out of order: {got} after {before}' },
  // 65: the data
  E_JSON: { exit: 65, text: 'bad JSON: expected {expected}, got {got}', help: 'keep such lines with --bad FILE, or count and drop them with --bad skip' },
  E_UTF8: { exit: 65, text: 'bad UTF-8: {got}', help: 'keep such lines with --bad FILE, or count and drop them with --bad skip' },
  E_DEPTH: { exit: 65, text: 'nested deeper than {max}', help: 'keep such lines with --bad FILE, or count and drop them with --bad skip' },
  E_LONG: { exit: 65, text: 'the line is longer than {max} bytes', help: '--max-line SIZE allows longer ones' },
  E_NOT_OBJECT: { exit: 65, text: 'expected one JSON object, got {got}', help: '{help}' },
  E_NOT_NDJSON: { exit: 65, text: '{what}', help: '{help}' },
  E_FORMAT: { exit: 65, text: 'not {format}: expected {expected}, got {got}', help: 'keep such lines with --bad FILE, or count and drop them with --bad skip' },
  E_NOT_BOOLEAN: { exit: 65, text: 'the condition gave {got}; a filter keeps records for which it is true', help: '{help}' },
  E_TYPE: { exit: 65, text: '{what}', help: '{help}' },
  E_OVERFLOW: { exit: 65, text: 'the number {got} is too large to compute with', help: 'keep such records with --bad FILE, or count and drop them with --bad skip' },
  E_TIME: { exit: 65, text: "bad event time {got} in {field}; expected {expected}", help: '{help}' },
  E_AHEAD: { exit: 65, text: 'event time {got} is {ahead} ahead of the greatest so far, more than --max-ahead', help: 'keep such records with --bad FILE, or count and drop them with --bad skip' },
  E_LATE: { exit: 65, text: 'late record: event time {got}, watermark {watermark}', help: '--late drop or --late FILE goes on; {help}' },
  E_TWO_STREAMS: { exit: 65, text: 'a second stream begins here: two leat streams were joined with cat', help: 'leat cat A B merges streams with their watermarks' },
  E_KEYS: { exit: 65, text: 'more {what} than --max-keys {max} allows', help: '{help}' },
  E_COLUMN: { exit: 65, text: '{what}', help: '{help}' },
  E_TABLE: { exit: 65, text: '{what}', help: '{help}' },
  E_OUTPUT: { exit: 65, text: '{what}', help: '{help}' },
  E_INPUT: { exit: 65, text: '{what}', help: '{help}' },
  E_GZIP: { exit: 65, text: 'damaged or truncated compressed file: {why}' },
  // 66, 69, 70, 74, 75, 77
  E_FILE: { exit: 66, text: 'cannot open {file}: {why}', help: '{help}' },
  E_TOPIC: { exit: 66, text: "cannot open the topic '{topic}': {why}", help: '{help}' },
  E_BROKER: { exit: 69, text: '{what}', help: '{help}' },
  E_PROGRAM: { exit: 69, text: "cannot run '{program}': {why}", help: '{help}' },
  E_PACKAGE: { exit: 69, text: '{what}', help: '{help}' },
  E_BUG: { exit: 70, text: 'a bug in leat: {why}', help: 'the command and the line that did it make a good report' },
  E_READ: { exit: 74, text: 'cannot read {file}: {why}' },
  E_WRITE: { exit: 74, text: 'cannot write to {file}: {why}', help: '{help}' },
  E_SYSTEM: { exit: 74, text: 'the system refused {call}{file}: {why}' },
  E_CHILD: { exit: 74, text: "'{program}' {what}", help: '{help}' },
  E_BUSY: { exit: 75, text: '{what}', help: '{help:run the same command again}' },
  E_UPSTREAM: { exit: 75, text: 'the upstream ({path}) {how:ended without its end mark: it was killed or it crashed}', help: '{help:run the same command again}' },
  E_PERMISSION: { exit: 77, text: 'cannot open {file}: permission denied' },
  E_UNSAFE: { exit: 77, text: '{what}', help: '{help}' },
  E_CHECKPOINT: { exit: 78, text: '{what}', help: '{help}' },
  E_STATE: { exit: 78, text: '{what}', help: '{help}' },
  E_FENCED: { exit: 70, text: '{what}', help: '{help}' },
} as const satisfies Record<string, ErrorRow>;

export type ErrorCode = keyof typeof errors;
export type Detail = Readonly<Record<string, string | number>>;

/** A part of a text that the user wrote (an expression, an option), to be shown with a caret under [start, end), in UTF-16 units; hint stands beside the caret. */
export interface Spot { readonly text: string; readonly start: number; readonly end: number; readonly hint?: string }

/** An error that users meet. `place` (FILE:LINE:COLUMN) and `excerpt` are added by who knows them. */
export class LeatError extends Error {
  readonly code: ErrorCode;
  readonly detail: Detail;
  readonly spot: Spot | undefined;
  constructor(code: ErrorCode, detail: Detail = {}, spot?: Spot) {
    super(fill(errors[code].text, detail));
    this.code = code; this.detail = detail; this.spot = spot;
  }
  /** That of the code, unless the detail `exit` says another. */
  get exit(): number { return (this.detail['exit'] as number | undefined) ?? errors[this.code].exit; }
  /** The remedy, '' where there is none. */
  get help(): string { return fill((errors[this.code] as ErrorRow).help ?? '', this.detail); }
}

/** Replaces each `{name}` by the detail of that name, '' where there is none, and `{name:words}` by the words then. */
export const fill = (text: string, detail: Detail): string => text.replace(/\{(\w+)(?::([^}]*))?\}/g, (_, name: string, words?: string) => String(detail[name] ?? words ?? ''));

const reasons: Readonly<Record<string, string>> = { ENOSPC: 'no space left on device', EBADF: 'it is closed', EFBIG: 'file too large', EIO: 'input/output error', EDQUOT: 'disk quota exceeded', EACCES: 'permission denied', EROFS: 'read-only file system', EISDIR: 'it is a directory', ENOENT: 'no such file or directory', ENOTDIR: 'not a directory' };
/** An errno as people say it. */
export const reason = (code: string | undefined, message: string): string => reasons[code ?? ''] ?? message;

/** A number as messages say it: 10,000. */
export const grouped = (x: number): string => String(x).replace(/\B(?=(\d{3})+$)/g, ',');

/** A size as messages say it: KiB, MiB or GiB. */
export const sizeText = (bytes: number): string => bytes < 1 << 20 ? `${Math.ceil(bytes / 1024)} KiB` : bytes < 2 ** 30 ? `${(bytes / 2 ** 20).toFixed(1)} MiB` : `${(bytes / 2 ** 30).toFixed(1)} GiB`;
