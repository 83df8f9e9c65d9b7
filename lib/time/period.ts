// Periods of files named by event time: which stretch of time a file holds, by its pattern of strftime fields (UTC) or by a duration, and whether its names tell such stretches
// apart. Must not: know files.
import { LeatError } from '../errors.js';
import type { Instant, Millis } from '../record/batch.js';
import { dayMs, daysOf, floorMod, packedDate, packedMonth, packedYear } from './civil.js';
import { formatDuration } from './duration.js';
import { strftime } from './format.js';

/** Periods without gaps: [startOf(at), endOf(startOf(at))). */
export interface Period {
  startOf(at: Instant): Instant;
  /** `start` is a start. */
  endOf(start: Instant): Instant;
}

const steps = (ms: Millis, offsetMs = 0): Period => ({ startOf: (at) => at - floorMod(at - offsetMs, ms), endOf: (start) => start + ms });
const yearOf = (at: Instant): number => packedYear(packedDate(Math.floor(at / dayMs)));
const monthOf = (at: Instant): number => packedMonth(packedDate(Math.floor(at / dayMs)));
const year: Period = { startOf: (at) => daysOf(yearOf(at), 1, 1) * dayMs, endOf: (start) => daysOf(yearOf(start) + 1, 1, 1) * dayMs };
const month: Period = {
  startOf: (at) => daysOf(yearOf(at), monthOf(at), 1) * dayMs,
  endOf: (start) => monthOf(start) === 12 ? daysOf(yearOf(start) + 1, 1, 1) * dayMs : daysOf(yearOf(start), monthOf(start) + 1, 1) * dayMs,
};

const hourMs = 3_600_000, weekMs = 7 * dayMs;
/** Finest first. A week begins on Monday: 1970-01-05 was one. */
const units: readonly (readonly [ms: Millis, period: Period])[] = [
  [1, steps(1)], [1000, steps(1000)], [60_000, steps(60_000)], [hourMs, steps(hourMs)], [dayMs, steps(dayMs)], [weekMs, steps(weekMs, 4 * dayMs)], [31 * dayMs, month], [366 * dayMs, year],
];
/** Saturday, 2001-02-03T04:05:06.007Z: no unit begins there, and 28, 365 and 3652 days later it is the same day of the month. */
const sample = 981_173_106_007;
/** How far apart two periods may be and have to have different names. */
const apart: readonly (readonly [Millis, string])[] = [[hourMs, 'an hour'], [12 * hourMs, '12 hours'], [dayMs, 'a day'], [weekMs, 'a week'], [28 * dayMs, 'a month'], [365 * dayMs, 'a year'], [3652 * dayMs, 'ten years']];

/**
 * The period of a pattern: of `everyMs`, aligned to the epoch, or, where that is undefined, of its finest field. Years have four digits' worth of names: %y is taken to be enough.
 * Errors: E_OPTION where the pattern has no field, or would give two periods one name; E_ARGUMENTS for an unknown field.
 */
export function periodOf(pattern: string, everyMs: Millis | undefined): Period {
  const name = (at: Instant): string => strftime(at, pattern);
  const finest = units.find(([ms]) => name(sample + ms) !== name(sample));
  if (finest === undefined) throw new LeatError('E_OPTION', { what: `the pattern '${pattern}' has no field of time, so all periods would have one name`, help: "leat to files 'out/%Y-%m-%d.ndjson'" });
  const period = everyMs === undefined ? finest[1] : steps(everyMs), stepMs = everyMs ?? finest[0];
  const refuse = (distance: string): never => { throw new LeatError('E_OPTION', { what: `the pattern '${pattern}' gives one name to periods that are ${distance} apart`, help: "the date too, and as fine as the period: 'out/%Y-%m-%dT%H%M.ndjson'" }); };
  let start = period.startOf(sample);
  for (let i = 0; i < 400; i++) {
    const next = period.endOf(start);
    if (name(next) === name(start)) refuse(everyMs === undefined ? 'next to each other' : formatDuration(everyMs));
    start = next;
  }
  for (const [ms, distance] of apart) if (ms > stepMs && name(period.startOf(sample + ms)) === name(period.startOf(sample))) refuse(distance);
  return period;
}
