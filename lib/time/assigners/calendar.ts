// Calendar windows: days, weeks from Monday, months and years as clocks of a zone show them. Bounds that are skipped move to the first instant after. (SEMANTICS 5.)
// Local bounds are worked out in civil days; zone.ts makes instants of them. Windows follow one another without gap or overlap, whatever clocks do.
import type { Instant, Millis } from '../../record/batch.js';
import { dayMs, daysOf, packedDate, packedMonth, packedYear } from '../civil.js';
import type { Zone } from '../zone.js';
import { single, type Assigner } from './assigner.js';

export type CalendarUnit = 'day' | 'week' | 'month' | 'year';

/**
 * Number of the unit that a local day is in, and the local day on which a unit begins. Months count from January, so `count` of them divide the year; years are grouped
 * by multiples of `count` (10y: 2020 to 2029).
 */
function counted(unit: CalendarUnit, count: number): { unitOf(days: number): number; dayOf(index: number): number } {
  if (unit === 'day') return { unitOf: (days) => days, dayOf: (index) => index };
  if (unit === 'week') return { unitOf: (days) => Math.floor((days + 3) / 7), dayOf: (index) => index * 7 - 3 };      // 1970-01-01 was a Thursday
  const months = unit === 'month' ? count : count * 12;
  return {
    unitOf(days) { const packed = packedDate(days); return Math.floor((packedYear(packed) * 12 + packedMonth(packed) - 1) / months); },
    dayOf(index) { const month = index * months, year = Math.floor(month / 12); return daysOf(year, month - year * 12 + 1, 1); },
  };
}

/** offsetMs shifts every bound by that much on the clock: 1d with 6h is days from 06:00 to 06:00 local time. */
export function calendar(unit: CalendarUnit, count: number, where: Zone, offsetMs: Millis): Assigner {
  const { unitOf, dayOf } = counted(unit, count);
  const startOf = (index: number): Instant => where.firstOf(dayOf(index) * dayMs + offsetMs);
  return single((time, rows, start, end) => {
    let from = NaN, to = NaN;
    for (let i = 0; i < rows.length; i++) {
      const row = rows[i], at = time[row];
      if (!(at >= from && at < to)) {
        let index = unitOf(Math.floor((at + where.offsetAt(at) - offsetMs) / dayMs));
        // Clocks that went back over the bound show an earlier unit than the one that has begun; a skipped unit is empty and is passed.
        while (startOf(index) > at) index--;
        while (startOf(index + 1) <= at) index++;
        from = startOf(index); to = startOf(index + 1);
      }
      start[row] = from; end[row] = to;
    }
  });
}
