// strptime and strftime: times in a format of the user's. Owns the table of directives; offsets and zones come from zone.ts. English names, never the machine's locale.
// A format is parsed once into steps over bytes, so that a column is read without making strings.
import { LeatError } from '../errors.js';
import type { Instant } from '../record/batch.js';
import { dayMs, daysOf, isLeap, monthDays, packedDate, packedDay, packedMonth, packedYear, weekdayOf } from './civil.js';
import { asciiBytes, isInstant } from './rfc3339.js';
import { utc, zoneOr, type Zone } from './zone.js';

export const monthNames = ['January', 'February', 'March', 'April', 'May', 'June', 'July', 'August', 'September', 'October', 'November', 'December'] as const;
export const dayNames = ['Monday', 'Tuesday', 'Wednesday', 'Thursday', 'Friday', 'Saturday', 'Sunday'] as const;

/** What has been read so far. One object, used again and again. */
interface Parsed {
  year: number; month: number; day: number; dayOfYear: number; hour: number; minute: number; second: number; ms: number;
  pm: number; epochS: number; century: number; offsetMs: number;
}
const parsed: Parsed = { year: 0, month: 0, day: 0, dayOfYear: 0, hour: 0, minute: 0, second: 0, ms: 0, pm: -1, epochS: NaN, century: -1, offsetMs: NaN };

/** Reads at `at`, returns the position behind what it took, −1 when the text is not of that form. */
type Read = (bytes: Uint8Array, at: number, end: number) => number;
type Write = (time: Shown) => string;
interface Shown { readonly at: Instant; readonly days: number; readonly rest: number; readonly packed: number; readonly offsetMs: number; readonly zone: Zone }

/** A format, parsed: steps to read it and to write it. */
export interface Format { readonly text: string; readonly reads: readonly Read[]; readonly writes: readonly Write[] }

let value = 0;                                           // what the last number() read
/** A number of up to `width` digits, at least one (`exact`: all of them), from lo to hi. */
function number(bytes: Uint8Array, at: number, end: number, width: number, lo: number, hi: number, exact = false): number {
  const first = at;
  value = 0;
  for (; at < end && at - first < width; at++) {
    const d = bytes[at] - 48;
    if (d < 0 || d > 9) break;
    value = value * 10 + d;
  }
  return at === first || (exact && at - first < width) || value < lo || value > hi ? -1 : at;
}
const isBlank = (c: number): boolean => c === 32 || (c >= 9 && c <= 13);
function blanks(bytes: Uint8Array, at: number, end: number): number {
  while (at < end && isBlank(bytes[at])) at++;
  return at;
}

const set = (field: 'year' | 'month' | 'day' | 'dayOfYear' | 'hour' | 'minute' | 'second' | 'ms', width: number, lo: number, hi: number, exact = false): Read => (bytes, at, end) => {
  const after = number(bytes, at, end, width, lo, hi, exact);
  if (after >= 0) parsed[field] = value;
  return after;
};
const padded = (read: Read): Read => (bytes, at, end) => read(bytes, blanks(bytes, at, end), end);

/** The longest of the names (or their first three letters) that stands there, in any case. */
function name(names: readonly string[], take: (index: number) => void): Read {
  const codes = names.map((text) => Uint8Array.from(text.toLowerCase(), (letter) => letter.charCodeAt(0)));
  return (bytes, at, end) => {
    for (let i = 0; i < codes.length; i++) {
      const letters = codes[i], short = Math.min(3, letters.length);
      let same = 0;
      while (same < letters.length && at + same < end && (bytes[at + same] | 32) === letters[same]) same++;
      if (same < short) continue;
      take(i);
      return at + (same === letters.length ? same : short);
    }
    return -1;
  };
}

/** Digits of a second behind the point: at least one; `width`: so many, undefined: any number, of which three count. */
const fraction = (width?: number): Read => (bytes, at, end) => {
  const first = at;
  let ms = 0;
  for (; at < end && (width === undefined || at - first < width); at++) {
    const d = bytes[at] - 48;
    if (d < 0 || d > 9) break;
    if (at - first < 3) ms = ms * 10 + d;
  }
  const count = at - first;
  if (count === 0 || (width !== undefined && count < width)) return -1;
  parsed.ms = count === 1 ? ms * 100 : count === 2 ? ms * 10 : ms;
  return at;
};

/** `+0200`, `+02:00`, `+02`, `Z`. */
const offset: Read = (bytes, at, end) => {
  const sign = at < end ? bytes[at] : 0;
  if (sign === 90 || sign === 122) { parsed.offsetMs = 0; return at + 1; }
  if (sign !== 43 && sign !== 45) return -1;
  let after = number(bytes, at + 1, end, 2, 0, 23, true), minutes = value * 60;
  if (after < 0) return -1;
  const colon = after < end && bytes[after] === 58 ? after + 1 : after, behind = number(bytes, colon, end, 2, 0, 59, true);
  if (behind >= 0) { minutes += value; after = behind; }
  parsed.offsetMs = (sign === 43 ? minutes : -minutes) * 60_000;
  return after;
};
/** A zone's letters: only those that mean one thing everywhere. */
const zoneName: Read = (bytes, at, end) => {
  let after = at, letters = '';
  while (after < end && ((bytes[after] | 32) >= 97 && (bytes[after] | 32) <= 122)) letters += String.fromCharCode(bytes[after++] & 223);
  if (letters !== 'UTC' && letters !== 'GMT' && letters !== 'UT' && letters !== 'Z') return -1;
  parsed.offsetMs = 0;
  return after;
};
const epoch: Read = (bytes, at, end) => {
  const negative = at < end && bytes[at] === 45, after = number(bytes, negative ? at + 1 : at, end, 15, 0, Infinity);
  if (after >= 0) parsed.epochS = negative ? -value : value;
  return after;
};
const literal = (byte: number): Read => (bytes, at, end) => at < end && bytes[at] === byte ? at + 1 : -1;

const two = (x: number): string => x < 10 ? `0${x}` : String(x);
const blank2 = (x: number): string => x < 10 ? ` ${x}` : String(x);
const year4 = (year: number): string => year >= 0 ? String(year).padStart(4, '0') : `-${String(-year).padStart(4, '0')}`;
const hourOf = ({ rest }: Shown): number => Math.floor(rest / 3_600_000);
const hour12 = (time: Shown): number => (hourOf(time) + 11) % 12 + 1;
const minuteOf = ({ rest }: Shown): number => Math.floor(rest / 60_000) % 60;
const secondOf = ({ rest }: Shown): number => Math.floor(rest / 1000) % 60;
const msText = ({ rest }: Shown): string => String(Math.floor(rest % 1000)).padStart(3, '0');
const dayOfYear = ({ days, packed }: Shown): number => days - daysOf(packedYear(packed), 1, 1) + 1;
/** ISO 8601 week: the year that its Thursday is in, and its number. */
function isoWeek({ days }: Shown): readonly [year: number, week: number] {
  const thursday = days - weekdayOf(days) + 4, year = packedYear(packedDate(thursday));
  return [year, Math.floor((thursday - daysOf(year, 1, 1)) / 7) + 1];
}
function offsetText({ offsetMs }: Shown, colon: string): string {
  const all = Math.abs(offsetMs) / 1000, seconds = all % 60;
  return `${offsetMs < 0 ? '-' : '+'}${two(Math.floor(all / 3600))}${colon}${two(Math.floor(all / 60) % 60)}${seconds === 0 ? '' : colon + two(seconds)}`;
}

/** Each directive: how it is read (undefined: only written) and written. Compounds are in `spelled`. */
const directives: Readonly<Record<string, readonly [read: Read | undefined, write: Write]>> = {
  Y: [set('year', 4, 1, 9999, true), ({ packed }) => year4(packedYear(packed))],
  C: [(bytes, at, end) => { const after = number(bytes, at, end, 2, 0, 99, true); parsed.century = value; return after; }, ({ packed }) => two(Math.floor(packedYear(packed) / 100))],
  y: [(bytes, at, end) => {                              // POSIX: 69 to 99 are 19xx, 00 to 68 are 20xx
    const after = number(bytes, at, end, 2, 0, 99, true);
    parsed.year = value + (value < 69 ? 2000 : 1900);
    return after;
  }, ({ packed }) => two(((packedYear(packed) % 100) + 100) % 100)],
  m: [set('month', 2, 1, 12), ({ packed }) => two(packedMonth(packed))],
  d: [padded(set('day', 2, 1, 31)), ({ packed }) => two(packedDay(packed))],
  e: [padded(set('day', 2, 1, 31)), ({ packed }) => blank2(packedDay(packed))],
  j: [set('dayOfYear', 3, 1, 366), (time) => String(dayOfYear(time)).padStart(3, '0')],
  H: [set('hour', 2, 0, 23), (time) => two(hourOf(time))],
  k: [padded(set('hour', 2, 0, 23)), (time) => blank2(hourOf(time))],
  I: [set('hour', 2, 1, 12), (time) => two(hour12(time))],
  l: [padded(set('hour', 2, 1, 12)), (time) => blank2(hour12(time))],
  M: [set('minute', 2, 0, 59), (time) => two(minuteOf(time))],
  S: [set('second', 2, 0, 59), (time) => two(secondOf(time))],
  f: [fraction(), (time) => `${msText(time)}000`],
  N: [fraction(), (time) => `${msText(time)}000000`],
  L: [fraction(3), msText],
  '3N': [fraction(3), msText],
  '6N': [fraction(6), (time) => `${msText(time)}000`],
  '9N': [fraction(9), (time) => `${msText(time)}000000`],
  p: [name(['AM', 'PM'], (index) => { parsed.pm = index; }), (time) => hourOf(time) < 12 ? 'AM' : 'PM'],
  P: [name(['am', 'pm'], (index) => { parsed.pm = index; }), (time) => hourOf(time) < 12 ? 'am' : 'pm'],
  b: [name(monthNames, (index) => { parsed.month = index + 1; }), ({ packed }) => monthNames[packedMonth(packed) - 1].slice(0, 3)],
  B: [name(monthNames, (index) => { parsed.month = index + 1; }), ({ packed }) => monthNames[packedMonth(packed) - 1]],
  a: [name(dayNames, () => { /* must be a day's name; the date decides which day it is */ }), ({ days }) => dayNames[weekdayOf(days) - 1].slice(0, 3)],
  A: [name(dayNames, () => { /* as above */ }), ({ days }) => dayNames[weekdayOf(days) - 1]],
  u: [(bytes, at, end) => number(bytes, at, end, 1, 1, 7), ({ days }) => String(weekdayOf(days))],
  w: [(bytes, at, end) => number(bytes, at, end, 1, 0, 6), ({ days }) => String(weekdayOf(days) % 7)],
  s: [epoch, ({ at }) => String(Math.floor(at / 1000))],
  z: [offset, (time) => offsetText(time, '')],
  ':z': [offset, (time) => offsetText(time, ':')],
  Z: [zoneName, (time) => /^[A-Za-z]/.test(time.zone.name) ? time.zone.name : offsetText(time, ':')],
  G: [undefined, (time) => year4(isoWeek(time)[0])],
  V: [undefined, (time) => two(isoWeek(time)[1])],
  U: [undefined, (time) => two(Math.floor((dayOfYear(time) + 6 - weekdayOf(time.days) % 7) / 7))],
  W: [undefined, (time) => two(Math.floor((dayOfYear(time) + 7 - weekdayOf(time.days)) / 7))],
  n: [(bytes, at, end) => blanks(bytes, at, end), () => '\n'],
  t: [(bytes, at, end) => blanks(bytes, at, end), () => '\t'],
  '%': [literal(37), () => '%'],
};
const spelled: Readonly<Record<string, string>> = { T: '%H:%M:%S', D: '%m/%d/%y', F: '%Y-%m-%d', R: '%H:%M', r: '%I:%M:%S %p', h: '%b', c: '%a %b %e %H:%M:%S %Y' };

const formats = new Map<string, Format>();

/**
 * The steps of a format. Blanks in it match any number of blanks, also none; all else but directives stands for itself.
 * Errors: E_ARGUMENTS for an unknown directive, or one that can only be written when `reading`.
 */
export function timeFormat(text: string, reading = false): Format {
  let format = formats.get(text);
  if (format === undefined) {
    const reads: Read[] = [], writes: Write[] = [];
    steps(text, text, reads, writes);
    format = { text, reads, writes };
    if (formats.size >= 256) formats.clear();            // formats may come from data
    formats.set(text, format);
  }
  if (reading && format.reads.includes(unreadable)) {
    throw new LeatError('E_ARGUMENTS', { what: `the time format '${text}' has a week number (%G %V %U %W), which can only be written`, help: '%Y-%m-%d or %Y-%j' });
  }
  return format;
}
const unreadable: Read = () => -1;

function steps(text: string, whole: string, reads: Read[], writes: Write[]): void {
  for (let i = 0; i < text.length; i++) {
    if (text[i] !== '%') {
      const point = String.fromCodePoint(text.codePointAt(i)!);                  // `!`: i < length
      if (isBlank(point.charCodeAt(0))) reads.push(blanks);
      else for (const byte of new TextEncoder().encode(point)) reads.push(literal(byte));
      writes.push(() => point);
      i += point.length - 1;
      continue;
    }
    const key = /^(?:[369]N|:z)/.exec(text.slice(i + 1))?.[0] ?? text[i + 1] ?? '';
    i += key.length;
    if (Object.hasOwn(spelled, key)) { steps(spelled[key], whole, reads, writes); continue; }
    if (!Object.hasOwn(directives, key)) {
      throw new LeatError('E_ARGUMENTS', { what: key === '' ? `the time format '${whole}' ends with %` : `unknown directive %${key} in the time format '${whole}'`,
        help: '%Y-%m-%dT%H:%M:%S%z; %% is a percent sign; leat help functions has them all' });
    }
    const [read, write] = directives[key];
    reads.push(read ?? unreadable); writes.push(write);
  }
}

/** Reads bytes[start, end) by a format; NaN when the text does not fit. Local times without an offset in the text are those of `where`. */
export function strptimeBytes(bytes: Uint8Array, start: number, end: number, format: Format, where: Zone = utc): number {
  parsed.year = 1970; parsed.month = 1; parsed.day = 1; parsed.dayOfYear = 0; parsed.hour = 0; parsed.minute = 0; parsed.second = 0; parsed.ms = 0;
  parsed.pm = -1; parsed.epochS = NaN; parsed.century = -1; parsed.offsetMs = NaN;
  let at = start;
  for (const read of format.reads) {
    at = read(bytes, at, end);
    if (at < 0) return NaN;
  }
  return at === end ? resolve(where) : NaN;
}

function resolve(where: Zone): number {
  const { month, day, dayOfYear: ordinal, minute, second, ms, pm, epochS, century, offsetMs } = parsed;
  if (epochS === epochS) return range(epochS * 1000 + ms);
  let { year, hour } = parsed;
  if (century >= 0) year = century * 100 + year % 100;
  if (pm >= 0) { if (hour === 0 || hour > 12) return NaN; hour = hour % 12 + pm * 12; }
  if (year < 1 || day > monthDays(year, month) || ordinal > (isLeap(year) ? 366 : 365)) return NaN;
  const days = ordinal > 0 ? daysOf(year, 1, 1) + ordinal - 1 : daysOf(year, month, day);
  const localMs = days * dayMs + hour * 3_600_000 + minute * 60_000 + second * 1000 + ms;
  return range(offsetMs === offsetMs ? localMs - offsetMs : where.instantOf(localMs));
}
const range = (ms: number): number => isInstant(ms) ? ms : NaN;

/**
 * The instant that a text says in a format: `%Y %m %d %e %H %k %I %l %M %S %f %L %3N %6N %9N %N %p %j %y %C %b %B %h %a %A %u %w %s %z %Z %T %D %F %R %r %c %n %t %%`.
 * What the format leaves out is 1970-01-01 00:00:00.000; second 60 is bad; finer than ms is floored; without %z, %Z or %s local time of `zone`, without that UTC.
 * undefined: the text does not fit, or is outside the years 0001 to 9999. Errors: E_ARGUMENTS (directive), E_OPTION (zone). Source: SEMANTICS 3, CLI functions.
 */
export function strptime(text: string, format: string, zone?: string): Instant | undefined {
  const steps = timeFormat(format, true), where = zoneOr(zone);
  let bytes = asciiBytes(text), end = text.length;
  if (bytes === undefined) { bytes = new TextEncoder().encode(text); end = bytes.length; }
  const ms = strptimeBytes(bytes, 0, end, steps, where);
  return ms === ms ? ms : undefined;
}

/** The text of an instant in a format, in UTC without a zone. All directives of strptime, and `%G %V %U %W`. A fraction of a ms is floored. */
export function strftime(ms: Instant, format: string, zone?: string): string {
  const steps = timeFormat(format), where = zoneOr(zone), at = Math.floor(ms), offsetMs = where.offsetAt(at), localMs = at + offsetMs, days = Math.floor(localMs / dayMs);
  const time: Shown = { at, days, rest: localMs - days * dayMs, packed: packedDate(days), offsetMs, zone: where };
  let text = '';
  for (const write of steps.writes) text += write(time);
  return text;
}
