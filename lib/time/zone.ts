// Zones: the offset from UTC at an instant, local clock time to an instant, bounds of local days. Everything that knows about daylight saving time is here.
// The rules come from Intl (the time zone database inside the runtime), so nothing is loaded and start-up pays nothing until a zone is named; test/unit/time-zone.test.ts
// compares with temporal-polyfill. TZ of the environment is never looked at: without a zone everything is UTC.
import { LeatError } from '../errors.js';
import type { Instant, Millis } from '../record/batch.js';
import { dayMs, floorDiv, packedDate, packedDay, packedMonth, packedYear, weekdayOf } from './civil.js';
import { nearest } from '../record/nearest.js';

/** What clocks of a zone show. weekday: 1 is Monday. */
export interface Fields {
  readonly year: number; readonly month: number; readonly day: number; readonly hour: number; readonly minute: number; readonly second: number; readonly millisecond: number;
  readonly weekday: number;
}

/** A time zone. Immutable but for its caches. */
export interface Zone {
  /** The name as asked for. */
  readonly name: string;
  /** Local time is UTC plus this. */
  offsetAt(at: Instant): Millis;
  /**
   * The instant at which clocks show `localMs` (ms since 1970-01-01T00:00 on those clocks): the earlier of two; a time that is skipped is read with the offset from
   * before the gap, so it comes out that much later (the rule of Temporal's `compatible`, of Python's fold=0 and of C).
   */
  instantOf(localMs: number): Instant;
  /** The first instant at which clocks show localMs or later: the same, but for a skipped time the end of the gap. Bounds of days and months are this. */
  firstOf(localMs: number): Instant;
}

export const utc: Zone = Object.freeze({ name: 'UTC', offsetAt: () => 0, instantOf: (localMs: number) => localMs, firstOf: (localMs: number) => localMs });

const zones = new Map<string, Zone>([['UTC', utc], ['Etc/UTC', utc], ['GMT', utc], ['Z', utc]]);

/** The zone of an IANA name (`Europe/Paris`, any case) or of a fixed offset (`+05:30`). Errors: E_OPTION with the nearest name. */
export function zone(name: string): Zone {
  const known = zones.get(name);
  if (known !== undefined) return known;
  const made = fixed(name) ?? named(name);
  zones.set(name, made);
  return made;
}

/** undefined is UTC: how functions with an optional zone argument read it. */
export const zoneOr = (name: string | undefined): Zone => name === undefined ? utc : zone(name);

function fixed(name: string): Zone | undefined {
  const found = /^([+-])([01]\d|2[0-3]):?([0-5]\d)$/.exec(name);
  if (found === null) return undefined;
  const offsetMs = (found[1] === '-' ? -1 : 1) * (Number(found[2]) * 60 + Number(found[3])) * 60_000;
  return { name, offsetAt: () => offsetMs, instantOf: (localMs) => localMs - offsetMs, firstOf: (localMs) => localMs - offsetMs };
}

function named(name: string): Zone {
  let format: Intl.DateTimeFormat;
  try {
    if (!/^[A-Za-z][\w+/-]*$/.test(name)) throw new RangeError(name);
    format = new Intl.DateTimeFormat('en-US', { timeZone: name, calendar: 'gregory', numberingSystem: 'latn', hourCycle: 'h23',
      year: 'numeric', month: 'numeric', day: 'numeric', hour: 'numeric', minute: 'numeric', second: 'numeric' });
  } catch {
    const near = nearest(name, Intl.supportedValuesOf('timeZone'));
    throw new LeatError('E_OPTION', { what: `unknown time zone '${name}'${near === undefined ? '' : `; did you mean '${near}'?`}`, help: near ?? 'Europe/Paris, America/New_York, UTC' });
  }
  return new NamedZone(name, format);
}

// Before 1700 no zone had a rule: local mean time, as in 1700. It keeps years before 1 away from the formatter.
const rulesFrom = -8_520_336_000_000;

class NamedZone implements Zone {
  readonly name: string;
  readonly #format: Intl.DateTimeFormat;
  /** By UTC day: its offset, or the two offsets of a day in which clocks change and the instant of it. Days follow one another, so the last one is kept apart. */
  readonly #days = new Map<number, Day>();
  #lastDay = NaN;
  #last: Day = { before: 0, change: Infinity, after: 0 };

  constructor(name: string, format: Intl.DateTimeFormat) { this.name = name; this.#format = format; }

  offsetAt(at: Instant): Millis {
    const days = Math.floor(at / dayMs);
    if (days !== this.#lastDay) { this.#last = this.#day(days); this.#lastDay = days; }
    return at < this.#last.change ? this.#last.before : this.#last.after;
  }

  #day(days: number): Day {
    let day = this.#days.get(days);
    if (day === undefined) {
      const start = days * dayMs, end = start + dayMs, before = this.#read(start), after = this.#read(end);
      day = { before, change: before === after ? Infinity : this.#change(start, end, before), after };
      if (this.#days.size > 50_000) this.#days.clear();
      this.#days.set(days, day);
    }
    return day;
  }

  /** The first instant in (from, to] with another offset than `before`; changes happen at whole seconds. */
  #change(from: Instant, to: Instant, before: Millis): Instant {
    let lo = Math.floor(from / 1000), hi = Math.ceil(to / 1000);
    while (hi - lo > 1) {
      const middle = Math.floor((lo + hi) / 2);
      if (this.#read(middle * 1000) === before) lo = middle; else hi = middle;
    }
    return hi * 1000;
  }

  /** The offset as the formatter has it: it shows local time to the second. */
  #read(at: Instant): Millis {
    const from = Math.max(at, rulesFrom), at1000 = Math.floor(from / 1000) * 1000;
    let year = 0, month = 0, day = 0, hour = 0, minute = 0, second = 0;
    for (const { type, value } of this.#format.formatToParts(at1000)) {
      if (type === 'year') year = Number(value); else if (type === 'month') month = Number(value); else if (type === 'day') day = Number(value);
      else if (type === 'hour') hour = Number(value); else if (type === 'minute') minute = Number(value); else if (type === 'second') second = Number(value);
    }
    return Date.UTC(year, month - 1, day, hour, minute, second) - at1000;
  }

  instantOf(localMs: number): Instant {
    const before = this.offsetAt(localMs - dayMs), after = this.offsetAt(localMs + dayMs);
    return this.#exact(localMs, before, after) ?? localMs - before;
  }

  firstOf(localMs: number): Instant {
    const before = this.offsetAt(localMs - dayMs), after = this.offsetAt(localMs + dayMs);
    // Skipped: the change lies after the instant that the later offset gives and not after the one that the earlier gives.
    return this.#exact(localMs, before, after) ?? this.#change(localMs - after - 1000, localMs - before, before);
  }

  /** The earlier instant at which clocks show localMs, undefined where none does. No zone changed twice within two days. */
  #exact(localMs: number, before: Millis, after: Millis): Instant | undefined {
    const early = localMs - before, late = localMs - after;
    const isEarly = this.offsetAt(early) === before, isLate = this.offsetAt(late) === after;
    return isEarly && isLate ? Math.min(early, late) : isEarly ? early : isLate ? late : undefined;
  }
}

interface Day { readonly before: Millis; readonly change: Instant; readonly after: Millis }

/** What clocks show at an instant, in UTC without a zone. Errors: E_OPTION for an unknown zone. */
export function zoneFields(at: Instant, name?: string): Fields {
  const localMs = at + zoneOr(name).offsetAt(at), days = floorDiv(localMs, dayMs), packed = packedDate(days), rest = localMs - days * dayMs;
  return {
    year: packedYear(packed), month: packedMonth(packed), day: packedDay(packed), hour: Math.floor(rest / 3_600_000), minute: Math.floor(rest / 60_000) % 60,
    second: Math.floor(rest / 1000) % 60, millisecond: Math.floor(rest % 1000), weekday: weekdayOf(days),
  };
}

/** Days since 1970-01-01 of the date that clocks show at an instant. */
export const localDay = (at: Instant, where: Zone): number => Math.floor((at + where.offsetAt(at)) / dayMs);
