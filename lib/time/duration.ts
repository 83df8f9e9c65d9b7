// Durations: their spelling on command lines and in expressions, and their shortest text for messages.
// Owns the grammar of SEMANTICS 3; knows nothing of calendars: a day is 24 hours here (calendar windows: zone.ts, assigners/calendar.ts).
import { LeatError } from '../errors.js';
import type { Millis } from '../record/batch.js';

const second = 1_000, minute = 60 * second, hour = 60 * minute, day = 24 * hour, week = 7 * day;
const units: readonly (readonly [unit: string, ms: number])[] = [['w', week], ['d', day], ['h', hour], ['m', minute], ['s', second], ['ms', 1]];
/** All of time that a Date can hold, to both sides: a longer duration is a mistake. */
const durationMsMax = 8_640_000_000_000_000;

const compound = /^(?:(\d+)w)?(?:(\d+)d)?(?:(\d+)h)?(?:(\d+)m)?(?:(\d+)s)?(?:(\d+)ms)?$/;
const iso = /^P(?:(\d+)W|(?:(\d+)D)?(?:T(?=\d)(?:(\d+)H)?(?:(\d+)M)?(?:(\d+)S)?)?)$/;

/**
 * Milliseconds of `250ms 10s 5m 1h 1d 1w`, of units from large to small like `1h30m`, each at most once, and of ISO 8601 `P1W P1D PT5M P1DT12H`.
 * Whole numbers only; 0 with a unit is allowed. Errors: E_DURATION, its help a good guess at what was meant. Source: SEMANTICS 3.
 */
export function parseDuration(text: string): Millis {
  const ms = read(text);
  if (ms === undefined) throw new LeatError('E_DURATION', { got: text, help: guess(text) });
  return ms;
}

/** The same with an optional sign: what --offset takes. */
export function parseSignedDuration(text: string): Millis {
  const ms = read(/^[+-]/.test(text) ? text.slice(1) : text);
  if (ms === undefined) throw new LeatError('E_DURATION', { got: text, help: guess(text, true) });
  return text.startsWith('-') && ms !== 0 ? -ms : ms;
}

/** The same as parseDuration, and `inf`: what --delay takes. */
export const parseDelay = (text: string): Millis => text === 'inf' ? Infinity : parseDuration(text);

function read(text: string): number | undefined {
  const short = text === '' ? null : compound.exec(text);
  if (short !== null) return total(units.map(([, ms], i) => [short[i + 1], ms]));
  const long = text === 'P' ? null : iso.exec(text);
  if (long === null) return undefined;
  return total([[long[1], week], [long[2], day], [long[3], hour], [long[4], minute], [long[5], second]]);
}

function total(parts: readonly (readonly [string | undefined, number])[]): number | undefined {
  let sum = 0;
  for (const [count, ms] of parts) if (count !== undefined) sum += Number(count) * ms;
  return sum <= durationMsMax ? sum : undefined;
}

const words: Readonly<Record<string, number>> = {
  w: week, wk: week, wks: week, week: week, weeks: week, d: day, day: day, days: day, h: hour, hr: hour, hrs: hour, hour: hour, hours: hour,
  m: minute, min: minute, mins: minute, minute: minute, minutes: minute, s: second, sec: second, secs: second, second: second, seconds: second,
  ms: 1, msec: 1, msecs: 1, milli: 1, millis: 1, millisecond: 1, milliseconds: 1,
};

/** What the user may have meant, as something to type. Units in any order, words, blanks, fractions, clock times; '' never: an example then. */
function guess(text: string, signed = false): string {
  const trimmed = text.trim().toLowerCase();
  if (/^[+-]/.test(trimmed)) {
    const rest = read(trimmed.slice(1)) ?? loose(trimmed.slice(1));
    if (rest !== undefined) return signed ? trimmed[0]!.replace('+', '') + formatDuration(rest) : `${formatDuration(rest)} (not negative)`;  // `!`: the test found a sign
  }
  const bare = /^\d+$/.exec(trimmed);
  if (bare !== null) return `${Number(trimmed)}s, or ${Number(trimmed)}ms: a number needs its unit`;
  if (/^\d+ ?(?:mo|mon|months?)$/.test(trimmed)) return '30d; a calendar month is a window, 1month, not a duration';
  if (/^\d+ ?(?:y|yrs?|years?)$/.test(trimmed)) return '365d; a calendar year is a window, 1y, not a duration';
  if (/^(?:inf|infinite|infinity)$/.test(trimmed)) return '365d; `inf` is taken by --delay alone';
  const ms = read(trimmed) ?? read(trimmed.toUpperCase()) ?? loose(trimmed);
  if (ms !== undefined) return formatDuration(ms);
  return /^(?:\d+(?:w|d|h|ms|m|s))+$|^p(?=.*\d)[\dwdthms]+$/.test(trimmed) ? '100000000d is the longest' : '30s, 5m, 1h30m';
}

function loose(text: string): number | undefined {
  const clock = /^(\d+):(\d\d)(?::(\d\d))?$/.exec(text);
  if (clock !== null) return Number(clock[1]) * hour + Number(clock[2]) * minute + Number(clock[3] ?? 0) * second;
  const parts = text.replaceAll(/[\s,_]+|\band\b/g, '');
  if (!/^(?:\d*\.?\d+[a-zµ]+)+$/.test(parts)) return undefined;
  let ms = 0;
  for (const [, count, unit] of parts.matchAll(/(\d*\.?\d+)([a-zµ]+)/g)) {
    const one = unit === 'us' || unit === 'µs' ? 0.001 : unit === 'ns' ? 0.000001 : words[unit!];  // `!`: the group always takes part
    if (one === undefined) return undefined;
    ms += Number(count) * one;
  }
  return ms <= durationMsMax ? Math.ceil(ms) : undefined;
}

/** The shortest usual text, for messages: `59s`, `1m30s`, `250ms`, `2w`, `10d`, `inf`; parseSignedDuration reads it back. A fraction of a ms is cut off. */
export function formatDuration(ms: Millis): string {
  if (ms < 0) return `-${formatDuration(-ms)}`;
  if (ms === Infinity) return 'inf';
  let rest = Math.trunc(ms);
  if (rest === 0) return '0s';
  if (rest % week === 0) return `${rest / week}w`;
  let text = '';
  for (const [unit, size] of units) {
    if (size === week || rest < size) continue;
    text += Math.floor(rest / size) + unit;
    rest %= size;
  }
  return text;
}
