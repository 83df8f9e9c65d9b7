// Functions of time. Instants are whole milliseconds since 1970 in UTC; calendar fields are UTC's unless a zone is named. There is no clock here.
import { floorMod } from '../../time/civil.js';
import { parseDuration } from '../../time/duration.js';
import { strftime, strptime, timeFormat } from '../../time/format.js';
import { dateText, formatInstant, isInstant, parseInstant } from '../../time/instant.js';
import { localDay, zone, zoneFields, zoneOr } from '../../time/zone.js';
import type { Fields } from '../../time/zone.js';
import { clash } from './function.js';
import { remember, subject } from './shared.js';

const ms = { name: 'ms', type: 'integer' } as const;
const tz = { name: 'tz', type: 'string', optional: true, check: (name: string) => zone(name) } as const;
const at = '1763640930250';                              // 2025-11-20T12:15:30.250Z, a Thursday

/** Beyond the years 0001 to 9999 there is no date. */
const inYears = (value: number): boolean => isInstant(value);
const field = (name: keyof Fields, summary: string, result: string) => ({
  name, args: [ms, tz], result: 'integer', summary: `${summary}, in UTC or in a zone like "Europe/Paris"`, examples: [{ expr: `${name}(${at})`, result }],
  code: (value: number, where?: string) => inYears(value) ? zoneFields(value, where)[name] : null,
});
const millis = remember(parseDuration);

export const time = subject('time', [
  { name: 'time', args: [{ name: 'text', type: 'string' }], result: 'integer', summary: 'the instant that an RFC 3339 text says, in ms (with an offset or Z; finer than ms is floored); null where it is none', examples: [{ expr: 'time("2025-11-20T12:15:30.25Z")', result: at }, { expr: 'time("yesterday")', result: 'null' }], code: (text: string) => parseInstant(text) },
  { name: 'iso', args: [ms], result: 'string', summary: 'an instant as RFC 3339 text in UTC with ms', examples: [{ expr: `iso(${at})`, result: '"2025-11-20T12:15:30.250Z"' }], code: (value: number) => inYears(value) ? formatInstant(value) : null },
  {
    name: 'strptime', args: [{ name: 'text', type: 'string' }, { name: 'format', type: 'string', check: (format: string) => timeFormat(format, true) }, tz], result: 'integer', summary: 'the instant that a text says in a format like "%d/%b/%Y:%H:%M:%S %z"; null where it does not fit',
    examples: [{ expr: 'strptime("20/Nov/2025:12:15:30 +0000", "%d/%b/%Y:%H:%M:%S %z")', result: '1763640930000' }, { expr: 'strptime("soon", "%Y")', result: 'null' }],
    code: (text: string, format: string, where?: string) => strptime(text, format, where),
  },
  {
    name: 'strftime', args: [ms, { name: 'format', type: 'string', check: (format: string) => timeFormat(format) }, tz], result: 'string', summary: 'an instant as text in a format like "%Y-%m-%d %H:%M"', examples: [{ expr: `strftime(${at}, "%Y-%m-%d %H:%M")`, result: '"2025-11-20 12:15"' }],
    code: (value: number, format: string, where?: string) => inYears(value) ? strftime(value, format, where) : null,
  },
  field('year', 'the year', '2025'),
  field('month', 'the month, 1 to 12', '11'),
  field('day', 'the day of the month', '20'),
  field('hour', 'the hour, 0 to 23', '12'),
  field('minute', 'the minute', '15'),
  field('second', 'the second', '30'),
  field('weekday', 'the day of the week, Monday is 1', '4'),
  { name: 'date', args: [ms, tz], result: 'string', summary: 'the date as text, in UTC or in a zone', examples: [{ expr: `date(${at})`, result: '"2025-11-20"' }], code: (value: number, where?: string) => inYears(value) ? dateText(localDay(value, zoneOr(where))) : null },
  {
    name: 'floor_time', args: [ms, { name: 'duration', type: 'string', check: parseDuration }], result: 'integer', summary: 'the instant rounded down to a multiple of a duration since 1970 (fixed durations never look at a zone)', examples: [{ expr: `floor_time(${at}, "1h")`, result: '1763640000000' }, { expr: 'floor_time(-1, "1s")', result: '-1000' }],
    code: (value: number, duration: string) => { const size = millis(duration); return size === 0 ? clash('floor_time needs a duration above 0') : value - floorMod(value, size); },
  },
  { name: 'duration', args: [{ name: 'text', type: 'string', check: parseDuration }], result: 'integer', summary: 'milliseconds of a duration like 250ms 10s 5m 1h 1d 1w 1h30m PT5M', examples: [{ expr: 'duration("1h30m")', result: '5400000' }], code: (text: string) => millis(text) },
]);
