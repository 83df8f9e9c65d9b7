// Columns of values to columns of instants: numbers in a unit, RFC 3339 text, or text in a strptime format (SEMANTICS 3).
// Owns how a value is read as a time and what is said of one that is none. Numbers are read from their decimal text, so that 1.001 s is 1001 ms; finer than ms is floored.
import { Tag, type Column } from '../record/batch.js';
import { strptimeBytes, strptime, strftime, timeFormat, type Format } from './format.js';
import { asciiBytes, instantMax, instantMin, instantOfBytes, isInstant, parseInstant } from './rfc3339.js';

export { dateText, formatInstant, instantMax, instantMin, instantOfBytes, isInstant, parseInstant, writeInstant } from './rfc3339.js';

export type Unit = 'ms' | 's' | 'us' | 'ns';
/** How values are read; an EventTime of stream/element.ts is one. `format` is for strings only, `unit` for numbers only. */
export interface TimeReading { readonly unit: Unit; readonly format?: string }

/** Power of ten that makes ms of a number. */
const shifts: Readonly<Record<Unit, number>> = { ms: 0, s: 3, us: -3, ns: -6 };

/**
 * Fills out[row] with the instant of column[row], for each of `rows`, and says for how many it was one. What is no time is NaN there and told to `bad` with what was
 * expected in its place, ready for E_TIME (a `bad` without a second parameter is told nothing more; see timeDetail). Errors: E_ARGUMENTS when the format has an unknown directive.
 */
export function instantColumn(column: Column, rows: Uint32Array, time: TimeReading, out: Float64Array, bad: (row: number, why: string) => void): number {
  const { tag, number, start, end } = column, count = rows.length, shift = shifts[time.unit];
  const format = time.format === undefined ? undefined : timeFormat(time.format, true);
  let good = 0;
  for (let i = 0; i < count; i++) {
    const row = rows[i];
    let ms = NaN;
    if (tag[row] === Tag.Number) {
      const x = number[row], length = end[row] - start[row];
      // Up to 15 characters are up to 15 significant digits: a double tells them all apart, so its floor is the floor of the text (but of -1e-400, whose double is 0).
      if (shift === 0 && length <= 15 && (x !== 0 || length <= 1)) {
        ms = Math.floor(x) + 0;
        if (!(ms >= instantMin && ms <= instantMax)) ms = NaN;
      } else if (shift === 3 && length <= 12 && x !== 0 && Number.isInteger(x)) {
        ms = x * 1000 + 0;
        if (!isInstant(ms)) ms = NaN;
      } else ms = instantOfNumber(column, row, shift);
    } else if (tag[row] === Tag.String) ms = instantOfString(column, row, format);
    else if (tag[row] === Tag.Wide) ms = instantOfNumber(column, row, shift);
    out[row] = ms;
    if (ms === ms) good++; else bad(row, bad.length > 1 ? expected(column, row, time) : '');
  }
  return good;
}

function instantOfNumber(column: Column, row: number, shift: number): number {
  let { bytes } = column, start = column.start[row], end = column.end[row];
  if (start === end) {                                   // computed: its text is what JavaScript prints
    const text = String(column.number[row]);
    bytes = asciiBytes(text)!; start = 0; end = text.length;   // `!`: digits are ASCII
  }
  return instantOfDecimal(bytes, start, end, shift);
}

/** floor(number · 10^shift) of the decimal number in bytes[start, end), exactly; NaN when that is no instant. */
export function instantOfDecimal(bytes: Uint8Array, start: number, end: number, shift: number): number {
  let at = start, negative = false, digits = 0, seen = false, whole = 0, exponent = 0;
  if (bytes[at] === 45) { negative = true; at++; }
  const mantissa = at;
  // First the exponent, since it says how many digits stand before the point.
  let stop = end;
  for (let i = mantissa; i < end; i++) if ((bytes[i] | 32) === 101) { stop = i; break; }
  if (stop < end) {
    let i = stop + 1;
    const down = bytes[i] === 45;
    if (down || bytes[i] === 43) i++;
    for (; i < end; i++) exponent = Math.min(exponent * 10 + bytes[i] - 48, 1e9);
    if (down) exponent = -exponent;
  }
  let point = stop;
  for (let i = mantissa; i < stop; i++) if (bytes[i] === 46) { point = i; break; }
  let left = point - mantissa + exponent + shift;        // digits that make the whole part of the result; the others are its fraction
  let isFraction = false;
  for (; at < stop; at++) {
    const d = bytes[at] - 48;
    if (d < 0) continue;                                 // the point
    if (left > 0) {
      left--;
      if (d !== 0) seen = true;
      if (seen && ++digits > 16) return NaN;
      whole = whole * 10 + d;
    } else if (d !== 0) { isFraction = true; break; }
  }
  if (seen && left > 0) {
    if (digits + left > 16) return NaN;
    whole *= 10 ** left;
  }
  const ms = negative ? -whole - (isFraction ? 1 : 0) + 0 : whole;
  return isInstant(ms) ? ms : NaN;
}

function instantOfString({ bytes, start, end, escaped }: Column, row: number, format: Format | undefined): number {
  const from = start[row] + 1, to = end[row] - 1;
  if (escaped) {
    for (let i = from; i < to; i++) {
      if (bytes[i] !== 92) continue;
      const decoded = new TextEncoder().encode(JSON.parse(new TextDecoder().decode(bytes.subarray(from - 1, to + 1))) as string);
      return format === undefined ? instantOfBytes(decoded, 0, decoded.length) : strptimeBytes(decoded, 0, decoded.length, format);
    }
  }
  return format === undefined ? instantOfBytes(bytes, from, to) : strptimeBytes(bytes, from, to, format);
}

/** One value as an instant in ms: RFC 3339 text, a whole number of ms, or what a tool wrote; NaN where it is none. */
export function instantAt(column: Column, row: number): number {
  if (column.instants !== undefined) return column.instants[row];   // first: the text need not be there yet
  const { tag, number, start, end, bytes } = column;
  if (tag[row] === Tag.String) return instantOfBytes(bytes, start[row] + 1, end[row] - 1);
  return tag[row] === Tag.Number && Number.isInteger(number[row]) ? number[row] : NaN;
}

/** The detail of E_TIME but for its field: what was found, what was expected, what to type. */
export function timeDetail(column: Column, row: number, time: TimeReading): { readonly got: string; readonly expected: string; readonly help: string } {
  return { got: instantText(column, row), expected: expected(column, row, time), help: timeHelp(column.tag[row], textOf(column, row), time) };
}

/** A value as messages show it: strings in single quotes, all else as it stands. */
export const instantText = (column: Column, row: number): string => column.tag[row] === Tag.String ? `'${textOf(column, row)}'` : textOf(column, row);

/** The value as text, strings without quotes. */
function textOf({ tag, number, bytes, start, end }: Column, row: number): string {
  if (start[row] === end[row]) return tag[row] === Tag.Number ? String(number[row]) : tag[row] === Tag.True ? 'true' : tag[row] === Tag.False ? 'false' : 'null';
  const text = new TextDecoder().decode(bytes.subarray(start[row], end[row]));
  return tag[row] === Tag.String ? JSON.parse(text) as string : text;
}

const range = 'a time in the years 0001 to 9999';
function expected(column: Column, row: number, { format }: TimeReading): string {
  const type = column.tag[row];
  if (type === Tag.Number || type === Tag.Wide) return range;
  if (type !== Tag.String) return format === undefined ? 'a number or RFC 3339 text' : `a number or text like ${sample(format)}`;
  if (format !== undefined) return `text like ${sample(format)}`;
  const text = textOf(column, row);
  if (parseInstant(`${text}Z`) !== undefined) return 'an offset or Z, or --time-format';
  return 'RFC 3339 text like 2026-11-20T12:00:00.000Z, or --time-format';
}
const sampleMs = Date.UTC(2026, 10, 20, 14, 5, 9, 250);
const sample = (format: string): string => `'${strftime(sampleMs, format)}' (${format})`;

const guesses = [
  '%Y-%m-%d %H:%M:%S', '%Y-%m-%dT%H:%M:%S', '%Y-%m-%d %H:%M:%S.%f', '%Y-%m-%dT%H:%M:%S.%f', '%Y-%m-%d %H:%M:%S,%L', '%Y-%m-%d %H:%M', '%Y-%m-%dT%H:%M', '%Y-%m-%d',
  '%Y-%m-%d %H:%M:%S %z', '%Y-%m-%dT%H:%M:%S%z', '%Y-%m-%dT%H:%M:%S.%f%z', '%Y-%m-%d %H:%M:%S %Z', '%Y/%m/%d %H:%M:%S', '%Y/%m/%d', '%Y%m%dT%H%M%S', '%Y%m%dT%H%M%SZ',
  '%Y%m%d%H%M%S', '%Y%m%d', '%d/%b/%Y:%H:%M:%S %z', '%a, %d %b %Y %H:%M:%S %Z', '%a, %d %b %Y %H:%M:%S %z', '%a %b %e %H:%M:%S %Y', '%d %b %Y %H:%M:%S', '%d.%m.%Y %H:%M:%S',
  '%d.%m.%Y %H:%M', '%d.%m.%Y', '%m/%d/%Y %H:%M:%S', '%m/%d/%Y %I:%M:%S %p', '%m/%d/%Y', '%s', '%s.%f', '%H:%M:%S',
] as const;

/** The first of the usual formats that reads a text. */
export const guessFormat = (text: string): string | undefined => guesses.find((format) => strptime(text, format) !== undefined);

/** What to type after a bad time (`--time-format '%Y-%m-%d %H:%M:%S'`, `--unit us`), guessed from the value; '' where nothing fits. */
function timeHelp(tag: number, text: string, { unit }: TimeReading): string {
  if (tag === Tag.String) {
    const found = guessFormat(text);
    return found === undefined ? '' : `--time-format '${found}'`;
  }
  const better = tag === Tag.Number || tag === Tag.Wide ? unitHint(Number(text), unit) : undefined;
  return better === undefined ? '' : `--unit ${better}`;
}

const unitMs: Readonly<Record<Unit, number>> = { s: 1000, ms: 1, us: 0.001, ns: 0.000001 };
/** The unit in which a time would lie in the years 2000 to 2099, when it does not in `unit`; undefined when it does, or in none. (M16: seconds read as ms are in January 1970.) */
export function unitHint(value: number, unit: Unit): Unit | undefined {
  const fits = (u: Unit): boolean => { const ms = value * unitMs[u]; return ms >= 946_684_800_000 && ms < 4_102_444_800_000; };
  return fits(unit) ? undefined : (['s', 'ms', 'us', 'ns'] as const).find(fits);
}
