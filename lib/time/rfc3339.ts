// Instants: RFC 3339 text to whole ms and back, from strings and straight from bytes. Columns of them, and times in other forms: instant.ts.
// Owns the text form of SEMANTICS 3 and the range of time: years 0001 to 9999, UTC, whole ms. Never looks at a clock or a zone of the machine.
import type { Instant } from '../record/batch.js';
import { dayMs, daysOf, floorDiv, monthDays, packedDate, packedDay, packedMonth, packedYear } from './civil.js';

/** 0001-01-01T00:00:00.000Z and 9999-12-31T23:59:59.999Z: event times lie between them, bounds included. */
export const instantMin = -62_135_596_800_000, instantMax = 253_402_300_799_999;
export const isInstant = (ms: number): boolean => ms >= instantMin && ms <= instantMax;

/** Bytes of any ASCII text; longer ones or others give undefined. One buffer, used again and again: nothing here is re-entrant. */
let scratch = new Uint8Array(64);
export function asciiBytes(text: string): Uint8Array | undefined {
  if (text.length > scratch.length) scratch = new Uint8Array(text.length * 2);
  for (let i = 0; i < text.length; i++) {
    const c = text.charCodeAt(i);
    if (c > 127) return undefined;
    scratch[i] = c;
  }
  return scratch;
}

/**
 * The instant of RFC 3339 text: `2026-11-20T12:00:00Z`, `T`, `t` or a blank between, any fraction, `Z`, `z` or `+hh:mm`. Finer than ms is floored.
 * undefined: not of that form, no such date, second 60, or outside the years 0001 to 9999. Source: SEMANTICS 3.
 */
export function parseInstant(text: string): Instant | undefined {
  const bytes = asciiBytes(text);
  if (bytes === undefined) return undefined;
  const ms = instantOfBytes(bytes, 0, text.length);
  return ms === ms ? ms : undefined;
}

const digits2 = (bytes: Uint8Array, at: number): number => {
  const a = bytes[at] - 48, b = bytes[at + 1] - 48;
  return a >= 0 && a <= 9 && b >= 0 && b <= 9 ? a * 10 + b : -1;
};

// The day of the last text: records of one file mostly share it.
let lastDate = NaN, lastDateMs = 0;

/** The same from bytes[start, end), which hold the text without quotes; NaN where parseInstant says undefined. */
export function instantOfBytes(bytes: Uint8Array, start: number, end: number): number {
  if (end - start < 20) return NaN;
  const y1 = digits2(bytes, start), y2 = digits2(bytes, start + 2), month = digits2(bytes, start + 5), day = digits2(bytes, start + 8);
  const hour = digits2(bytes, start + 11), minute = digits2(bytes, start + 14), second = digits2(bytes, start + 17);
  const t = bytes[start + 10];
  if ((y1 | y2 | month | day | hour | minute | second) < 0 || bytes[start + 4] !== 45 || bytes[start + 7] !== 45 || bytes[start + 13] !== 58
    || bytes[start + 16] !== 58 || (t !== 84 && t !== 116 && t !== 32) || hour > 23 || minute > 59 || second > 59) return NaN;
  const date = ((y1 * 100 + y2) * 100 + month) * 100 + day;
  if (date !== lastDate) {
    const year = y1 * 100 + y2;
    if (year === 0 || month === 0 || month > 12 || day === 0 || day > monthDays(year, month)) return NaN;
    lastDate = date; lastDateMs = daysOf(year, month, day) * dayMs;
  }
  let ms = lastDateMs + hour * 3_600_000 + minute * 60_000 + second * 1_000, at = start + 19;
  if (bytes[at] === 46) {                                // the fraction: three digits count, the others are only checked
    const first = ++at;
    let value = 0;
    for (; at < end; at++) {
      const d = bytes[at] - 48;
      if (d < 0 || d > 9) break;
      if (at - first < 3) value = value * 10 + d;
    }
    const count = at - first;
    if (count === 0) return NaN;
    ms += count === 1 ? value * 100 : count === 2 ? value * 10 : value;
  }
  const sign = at < end ? bytes[at] : 0;
  if (sign === 90 || sign === 122) return at + 1 === end && isInstant(ms) ? ms : NaN;
  if ((sign !== 43 && sign !== 45) || end - at !== 6 || bytes[at + 3] !== 58) return NaN;
  const hours = digits2(bytes, at + 1), minutes = digits2(bytes, at + 4);
  if ((hours | minutes) < 0 || hours > 23 || minutes > 59) return NaN;
  const offsetMs = hours * 3_600_000 + minutes * 60_000;
  ms += sign === 43 ? -offsetMs : offsetMs;
  return isInstant(ms) ? ms : NaN;
}

const pad = (x: number, width: number): string => String(x).padStart(width, '0');
let textDay = NaN, textOfDay = '';

/**
 * `2026-11-20T12:00:00.000Z`. Beyond the years 0000 to 9999 (the end of the last window, a start before all time) the year has a sign and six digits, as JavaScript
 * writes it. Errors: RangeError for what is not a whole number of ms within ±8.64e15: our own mistake, users' times were checked when they were read.
 */
export function formatInstant(ms: Instant): string {
  check(ms);
  const days = floorDiv(ms, dayMs);
  if (days !== textDay) { textOfDay = dateText(days); textDay = days; }
  const rest = ms - days * dayMs, seconds = Math.floor(rest / 1000);
  const h = Math.floor(seconds / 3600), m = Math.floor(seconds / 60) % 60, s = seconds % 60, f = rest - seconds * 1000;
  return `${textOfDay}T${h < 10 ? '0' : ''}${h}:${m < 10 ? '0' : ''}${m}:${s < 10 ? '0' : ''}${s}.${f < 10 ? '00' : f < 100 ? '0' : ''}${f}Z`;
}

/** `2026-11-20` of a day number (days since 1970-01-01). */
export function dateText(days: number): string {
  const packed = packedDate(days), year = packedYear(packed);
  const years = year >= 0 && year <= 9999 ? pad(year, 4) : (year < 0 ? '-' : '+') + pad(Math.abs(year), 6);
  return `${years}-${pad(packedMonth(packed), 2)}-${pad(packedDay(packed), 2)}`;
}

function check(ms: number): void {
  if (!Number.isInteger(ms) || Math.abs(ms) > 8.64e15) throw new RangeError(`not an instant: ${ms}`);
}

let writtenDay = NaN;
const writtenDate = new Uint8Array(14);
let writtenLength = 0;

/** Writes what formatInstant says into `bytes` from `at` and returns the position behind it: 24 bytes on, 27 outside the years 0000 to 9999. */
export function writeInstant(ms: Instant, bytes: Uint8Array, at: number): number {
  const days = Math.floor(ms / dayMs);
  if (days !== writtenDay) {
    check(ms);
    const text = dateText(days);
    for (let i = 0; i < text.length; i++) writtenDate[i] = text.charCodeAt(i);
    writtenDate[text.length] = 84;                       // T
    writtenLength = text.length + 1; writtenDay = days;
  }
  for (let i = 0; i < writtenLength; i++) bytes[at + i] = writtenDate[i];
  at += writtenLength;
  const rest = ms - days * dayMs | 0;                    // a day of ms fits 27 bits: all below is in small integers
  const seconds = rest / 1000 | 0, minutes = seconds / 60 | 0, h = minutes / 60 | 0, m = minutes - h * 60, s = seconds - minutes * 60, f = rest - seconds * 1000;
  bytes[at] = 48 + (h / 10 | 0); bytes[at + 1] = 48 + h % 10; bytes[at + 2] = 58;
  bytes[at + 3] = 48 + (m / 10 | 0); bytes[at + 4] = 48 + m % 10; bytes[at + 5] = 58;
  bytes[at + 6] = 48 + (s / 10 | 0); bytes[at + 7] = 48 + s % 10; bytes[at + 8] = 46;
  bytes[at + 9] = 48 + (f / 100 | 0); bytes[at + 10] = 48 + (f / 10 | 0) % 10; bytes[at + 11] = 48 + f % 10; bytes[at + 12] = 90;
  return at + 13;
}
