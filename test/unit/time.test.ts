// Durations, instants, formats and event times by tables: (text, value, why).
import t from 'tap';
import { LeatError } from '../../lib/errors.js';
import { formatDuration, parseDelay, parseDuration, parseSignedDuration } from '../../lib/time/duration.js';
import { strftime, strptime, timeFormat } from '../../lib/time/format.js';
import { formatInstant, instantColumn, instantMax, instantMin, parseInstant, timeDetail, unitHint, writeInstant, type TimeReading } from '../../lib/time/instant.js';
import { delayToKeep, delayToKeepInSession, isLate, isLateForSession, sessionDue, windowDue } from '../../lib/time/lateness.js';
import { column } from './agg-fold.js';

/** The code and help of the error that a call throws; 'none' where it throws none. */
function refused(call: () => unknown): readonly [code: string, help: string] {
  try { call(); } catch (error) { if (error instanceof LeatError) return [error.code, error.help]; throw error; }
  return ['none', ''];
}

t.test('durations', (t) => {
  for (const [text, ms] of [['250ms', 250], ['10s', 10_000], ['5m', 300_000], ['1h', 3_600_000], ['1d', 86_400_000], ['1w', 604_800_000], ['1h30m', 5_400_000], ['1w2d3h4m5s6ms', 788_645_006], ['0s', 0], ['007s', 7000],
    ['PT5M', 300_000], ['P1D', 86_400_000], ['P1DT12H', 129_600_000], ['P2W', 1_209_600_000], ['PT1H30M5S', 5_405_000], ['100000000d', 8.64e15]] as const) t.equal(parseDuration(text), ms, text);
  for (const [text, help, why] of [['5 min', '5m', 'M8'], ['90', '90s, or 90ms: a number needs its unit', 'bare'], ['1.5h', '1h30m', 'fraction'], ['30m1h', '1h30m', 'order'], ['5M', '5m', 'case'], ['00:05', '5m', 'clock'], ['2 hours and 30 minutes', '2h30m', 'words'],
    ['1month', '30d; a calendar month is a window, 1month, not a duration', 'month'], ['', '30s, 5m, 1h30m', 'empty'], ['-5s', '5s (not negative)', 'sign'], ['pt5m', '5m', 'ISO in capitals only'], ['1h1h', '2h', 'twice'], ['abc', '30s, 5m, 1h30m', 'nothing'],
    ['P', '30s, 5m, 1h30m', 'empty ISO'], ['PT', '30s, 5m, 1h30m', 'empty ISO'], ['inf', '365d; `inf` is taken by --delay alone', 'inf'], ['500us', '1ms', 'finer than ms'], ['100000001d', '100000000d is the longest', 'too long']] as const) {
    t.same(refused(() => parseDuration(text)), ['E_DURATION', help], `${text}: ${why}`);
  }
  t.equal(parseSignedDuration('-1h30m'), -5_400_000);
  t.equal(parseSignedDuration('+5s'), 5000);
  t.ok(Object.is(parseSignedDuration('-0s'), 0), 'no negative zero');
  t.same(refused(() => parseSignedDuration('--5s'))[0], 'E_DURATION');
  t.equal(parseDelay('inf'), Infinity);
  for (const [ms, text] of [[59_000, '59s'], [90_000, '1m30s'], [250, '250ms'], [0, '0s'], [-5000, '-5s'], [1_209_600_000, '2w'], [864_000_000, '10d'], [3_600_001, '1h1ms'], [Infinity, 'inf'], [1.9, '1ms']] as const) t.equal(formatDuration(ms), text);
  t.end();
});

t.test('RFC 3339', (t) => {
  const noon = Date.UTC(2026, 10, 20, 12);
  for (const [text, ms] of [['2026-11-20T12:00:00Z', noon], ['2026-11-20t12:00:00z', noon], ['2026-11-20 12:00:00Z', noon], ['2026-11-20T13:00:00+01:00', noon], ['2026-11-20T06:30:00-05:30', noon], ['2026-11-20T12:00:00-00:00', noon],
    ['2026-11-20T12:00:00.1Z', noon + 100], ['2026-11-20T12:00:00.12Z', noon + 120], ['2026-11-20T12:00:00.1239999999999999999Z', noon + 123], ['2026-11-20T12:00:00.999999Z', noon + 999],
    ['1969-12-31T23:59:59.999Z', -1], ['1969-12-31T23:59:59.9999Z', -1], ['2024-02-29T00:00:00Z', Date.UTC(2024, 1, 29)], ['2000-02-29T00:00:00Z', Date.UTC(2000, 1, 29)], ['0001-01-01T00:00:00Z', instantMin], ['9999-12-31T23:59:59.999Z', instantMax],
    ['2026-12-31T23:59:59+00:00', Date.UTC(2026, 11, 31, 23, 59, 59)]] as const) t.equal(parseInstant(text), ms, text);
  for (const [text, why] of [['2026-11-20T12:00:00', 'no offset'], ['2026-11-20T12:00:60Z', 'second 60'], ['2026-11-20T24:00:00Z', 'hour 24'], ['2026-11-20T12:60:00Z', 'minute 60'], ['2026-02-29T00:00:00Z', 'no leap year'], ['1900-02-29T00:00:00Z', 'no leap year'],
    ['2026-13-01T00:00:00Z', 'month'], ['2026-00-01T00:00:00Z', 'month 0'], ['2026-01-00T00:00:00Z', 'day 0'], ['2026-04-31T00:00:00Z', 'day 31'], ['0000-01-01T00:00:00Z', 'year 0'], ['0001-01-01T00:00:00+00:01', 'before year 1 in UTC'],
    ['9999-12-31T23:59:59-00:01', 'after year 9999 in UTC'], ['2026-11-20T12:00:00.Z', 'no digit'], ['2026-11-20T12:00:00,5Z', 'comma'], ['2026-11-20T12:00:00+0100', 'no colon'], ['2026-11-20T12:00:00+24:00', 'offset'], ['2026-11-20T12:00:00+01:60', 'offset'],
    ['2026-11-20T12:00:00Zx', 'more'], ['2026-11-20T12:00Z', 'no seconds'], ['26-11-20T12:00:00Z', 'year'], ['2026-11-20_12:00:00Z', 'separator'], ['', 'empty'], ['２026-11-20T12:00:00Z', 'a digit of another script'], ['+002026-11-20T12:00:00Z', 'six digits'],
    ['2026-11-20T12:00:00.5', 'fraction, no offset'], ['2026-11-20T12:00:0:Z', 'a character behind 9']] as const) t.equal(parseInstant(text), undefined, `${text}: ${why}`);
  const bytes = new Uint8Array(40);
  for (const [ms, text] of [[noon, '2026-11-20T12:00:00.000Z'], [0, '1970-01-01T00:00:00.000Z'], [-1, '1969-12-31T23:59:59.999Z'], [instantMin, '0001-01-01T00:00:00.000Z'], [instantMax, '9999-12-31T23:59:59.999Z'],
    [instantMax + 1, '+010000-01-01T00:00:00.000Z'], [instantMin - 1, '0000-12-31T23:59:59.999Z'], [Date.UTC(-1, 11, 31), '-000001-12-31T00:00:00.000Z'], [1_763_640_000_007, '2025-11-20T12:00:00.007Z']] as const) {
    t.equal(formatInstant(ms), text);
    t.equal(formatInstant(ms), new Date(ms).toISOString(), 'as JavaScript writes it');
    const end = writeInstant(ms, bytes, 3);
    t.equal(new TextDecoder().decode(bytes.subarray(3, end)), text, 'as bytes');
  }
  t.throws(() => formatInstant(NaN), RangeError);
  t.throws(() => formatInstant(0.5), RangeError);
  t.end();
});

/** What a JSON text is as an event time, undefined when it is none, and what was said. */
function read(text: string, time: TimeReading, computed = false): readonly [ms: number | undefined, expected: string] {
  const out = new Float64Array(1);
  let expected = '';
  instantColumn(column([text], computed), Uint32Array.of(0), time, out, (_row, why) => { expected = why; });
  return [Number.isNaN(out[0]) ? undefined : out[0], expected];
}

t.test('event times', (t) => {
  for (const [text, unit, ms, why] of [['1763640000000', 'ms', 1763640000000, 'whole ms'], ['1.001', 's', 1001, 'by the text: 1.001 · 1000 is 1000.9999999999999'], ['1.0019', 's', 1001, 'floored'], ['-1.0001', 's', -1001, 'floored below zero'], ['-0.5', 'ms', -1, ''],
    ['1763640000', 's', 1763640000000, ''], ['1763640000.999999999', 's', 1763640000999, ''], ['1763640000999999', 'us', 1763640000999, ''], ['1763640000123456789', 'ns', 1763640000123, 'beyond 2^53'], ['-1', 'ns', -1, ''], ['-1000001', 'ns', -2, ''], ['-1000000', 'ns', -1, ''], ['999999', 'ns', 0, ''],
    ['0.9999999999999999999', 'ms', 0, 'its double is 1'], ['1763640000000.9999999999', 'ms', 1763640000000, 'its double is the next ms'], ['-0', 'ms', 0, ''], ['0.0', 's', 0, ''], ['1.5e3', 'ms', 1500, ''], ['15E-1', 's', 1500, ''], ['1e-400', 's', 0, ''], ['-1e-400', 's', -1, 'just below zero'],
    ['0.00000001e11', 's', 1000000, ''], ['1000000000000000000000e-9', 'ms', 1000000000000, ''], ['1e12', 'ms', 1e12, ''], ['253402300799999', 'ms', instantMax, ''], ['-62135596800000', 'ms', instantMin, ''], ['253402300799.9999', 's', instantMax, ''],
    ['"2026-11-20T12:00:00Z"', 'ms', Date.UTC(2026, 10, 20, 12), ''], ['"2026-11-20T12:00:00\\u005a"', 's', Date.UTC(2026, 10, 20, 12), 'an escape; units are for numbers']] as const) t.equal(read(text, { unit })[0], ms, `${text} ${unit} ${why}`);
  t.equal(read('1.001', { unit: 's' }, true)[0], 1001, 'a computed number');
  t.equal(read('1e-7', { unit: 's' }, true)[0], 0);
  t.equal(read('1763640000123', { unit: 'ms' }, true)[0], 1763640000123);
  t.equal(read('1e300', { unit: 'ms' }, true)[0], undefined);
  const any = 'a number or RFC 3339 text', range = 'a time in the years 0001 to 9999', offset = 'an offset or Z, or --time-format';
  for (const [text, unit, expected] of [['null', 'ms', any], ['', 'ms', any], ['true', 'ms', any], ['[1]', 'ms', any], ['{}', 'ms', any], ['1e400', 's', range], ['253402300800000', 'ms', range], ['-62135596800001', 'ms', range], ['253402300800', 's', range], ['1e16', 's', range],
    ['"2026-11-20 12:00:00"', 'ms', offset], ['"yesterday"', 'ms', 'RFC 3339 text like 2026-11-20T12:00:00.000Z, or --time-format'], ['"1763640000000"', 'ms', 'RFC 3339 text like 2026-11-20T12:00:00.000Z, or --time-format']] as const) {
    t.same(read(text, { unit }), [undefined, expected], text);
  }
  const format = '%d/%b/%Y:%H:%M:%S %z';
  t.equal(read('"17/May/2015:10:05:03 +0000"', { unit: 'ms', format })[0], Date.UTC(2015, 4, 17, 10, 5, 3));
  t.equal(read('"17\\/May\\/2015:10:05:03 +0200"', { unit: 'ms', format })[0], Date.UTC(2015, 4, 17, 8, 5, 3), 'escapes');
  t.equal(read('1000', { unit: 's', format })[0], 1_000_000, 'a format is for strings');
  t.match(read('"x"', { unit: 'ms', format })[1], /text like '20\/Nov\/2026:14:05:09 \+0000'/);
  const detail = (text: string, time: TimeReading) => timeDetail(column([text]), 0, time);
  t.same(detail('"2026-11-20 12:00:00"', { unit: 'ms' }), { got: "'2026-11-20 12:00:00'", expected: offset, help: "--time-format '%Y-%m-%d %H:%M:%S'" }, 'M15');
  t.equal(detail('"17/May/2015:10:05:03 +0000"', { unit: 'ms' }).help, "--time-format '%d/%b/%Y:%H:%M:%S %z'");
  t.equal(detail('1763640000000000', { unit: 'ms' }).help, '--unit us');
  t.equal(unitHint(1763640000, 'ms'), 's', 'M16');
  t.equal(unitHint(1763640000000, 'ms'), undefined);
  t.throws(() => instantColumn(column(['1']), Uint32Array.of(0), { unit: 'ms', format: '%Q' }, new Float64Array(1), () => undefined), { code: 'E_ARGUMENTS' });
  t.end();
});

t.test('strptime and strftime', (t) => {
  for (const [text, format, iso] of [['2026-11-20 12:34:56', '%Y-%m-%d %H:%M:%S', '2026-11-20T12:34:56.000Z'], ['20/Nov/2026:12:34:56 +0100', '%d/%b/%Y:%H:%M:%S %z', '2026-11-20T11:34:56.000Z'], ['Fri, 20 Nov 2026 12:34:56 GMT', '%a, %d %b %Y %T %Z', '2026-11-20T12:34:56.000Z'],
    ['november  5 2026 1:02 PM', '%B %e %Y %I:%M %p', '2026-11-05T13:02:00.000Z'], ['12:00 am', '%I:%M %p', '1970-01-01T00:00:00.000Z'], ['12:00 PM', '%I:%M %p', '1970-01-01T12:00:00.000Z'], ['2026-324', '%Y-%j', '2026-11-20T00:00:00.000Z'], ['26/11/20', '%y/%m/%d', '2026-11-20T00:00:00.000Z'],
    ['70-01-01', '%y-%m-%d', '1970-01-01T00:00:00.000Z'], ['1763640000', '%s', '2025-11-20T12:00:00.000Z'], ['1763640000.25', '%s.%f', '2025-11-20T12:00:00.250Z'], ['-1', '%s', '1969-12-31T23:59:59.000Z'], ['2026-11-20T12:34:56.789123Z', '%Y-%m-%dT%H:%M:%S.%f%z', '2026-11-20T12:34:56.789Z'],
    ['12:34:56,007', '%H:%M:%S,%L', '1970-01-01T12:34:56.007Z'], ['12:34:56.007008', '%T.%6N', '1970-01-01T12:34:56.007Z'], ['2026-11-20T12:00:00+02', '%FT%T%z', '2026-11-20T10:00:00.000Z'], ['2026-11-20T12:00:00-02:30', '%FT%T%:z', '2026-11-20T14:30:00.000Z'], ['100%', '%j%%', '1970-04-10T00:00:00.000Z'],
    ['11/20/26', '%D', '2026-11-20T00:00:00.000Z'], ['Fri Nov 20 12:34:56 2026', '%c', '2026-11-20T12:34:56.000Z'], ['né 2026', 'né %Y', '2026-01-01T00:00:00.000Z'], ['20 26 11 20', '%C %y %m %d', '2026-11-20T00:00:00.000Z'], ['2026-11-20', '%Y-%m-%d ', '2026-11-20T00:00:00.000Z']] as const) {
    const ms = strptime(text, format);
    t.equal(ms === undefined ? undefined : formatInstant(ms), iso, `${text} as ${format}`);
  }
  for (const [text, format, why] of [['2026-02-30', '%Y-%m-%d', 'no such day'], ['2026-366', '%Y-%j', 'no leap year'], ['12:34:60', '%T', 'second 60'], ['2026-11-20 ', '%Y-%m-%d', 'a blank too many'], ['2026-11-20x', '%Y-%m-%d', 'more'], ['2026-11', '%Y-%m-%d', 'less'], ['13:00 PM', '%I:%M %p', 'hour 13'],
    ['CET', '%Z', 'names of zones are ambiguous'], ['0000', '%Y', 'year 0'], ['Smarch', '%B', 'no month'], ['', '%Y', 'empty'], ['26', '%Y', 'two digits'], ['12:34:56.', '%T.%f', 'no digit'], ['+1', '%z', 'offset']] as const) t.equal(strptime(text, format), undefined, `${text} as ${format}: ${why}`);
  t.equal(strptime('2026-07-01 12:00', '%Y-%m-%d %H:%M', 'Europe/Paris'), Date.UTC(2026, 6, 1, 10), 'in a zone');
  t.equal(strptime('2026-07-01 12:00 +0000', '%Y-%m-%d %H:%M %z', 'Europe/Paris'), Date.UTC(2026, 6, 1, 12), 'an offset in the text wins');
  t.equal(strptime('2026-03-29 02:30', '%Y-%m-%d %H:%M', 'Europe/Paris'), Date.UTC(2026, 2, 29, 1, 30), 'a skipped time comes out as much later');
  t.equal(strptime('2026-10-25 02:30', '%Y-%m-%d %H:%M', 'Europe/Paris'), Date.UTC(2026, 9, 25, 0, 30), 'of two the earlier');
  const at = Date.UTC(2026, 0, 4, 13, 5, 9, 78);
  for (const [format, text] of [['%Y-%m-%dT%H:%M:%S.%LZ', '2026-01-04T13:05:09.078Z'], ['%e %k %l %I %p %P', ' 4 13  1 01 PM pm'], ['%a %A %b %B %h', 'Sun Sunday Jan January Jan'], ['%j %u %w %V %G %U %W %y %C', '004 7 0 01 2026 01 00 26 20'], ['%s %f %N %3N %6N %9N', '1767531909 078000 078000000 078 078000 078000000'],
    ['%T %D %F %R %r %c', '13:05:09 01/04/26 2026-01-04 13:05 01:05:09 PM Sun Jan  4 13:05:09 2026'], ['%z %:z %Z %% é%n%t', '+0000 +00:00 UTC % é\n\t']] as const) t.equal(strftime(at, format), text, format);
  t.equal(strftime(at, '%H:%M %z %Z', 'America/New_York'), '08:05 -0500 America/New_York');
  t.equal(strftime(at, '%H:%M %Z', '+05:30'), '18:35 +05:30');
  t.equal(strftime(-1, '%F %T.%L'), '1969-12-31 23:59:59.999');
  t.equal(strftime(Date.UTC(2021, 0, 3), '%G-%V'), '2020-53', 'the week of another year');
  t.throws(() => timeFormat('%Q'), { code: 'E_ARGUMENTS', message: "unknown directive %Q in the time format '%Q'" });
  t.throws(() => timeFormat('%'), { code: 'E_ARGUMENTS' });
  t.throws(() => strptime('2026-W01', '%G-W%V'), { code: 'E_ARGUMENTS' }, 'weeks can only be written');
  t.throws(() => timeFormat('%constructor'.slice(0, 1) + '__proto__'), { code: 'E_ARGUMENTS' });
  t.end();
});

t.test('lateness, on both sides of each bound', (t) => {
  t.equal(windowDue(60_000, 5000), 65_000);
  t.ok(isLate(60_000, 5000, 65_000), 'end + L ≤ W');
  t.notOk(isLate(60_000, 5000, 64_999));
  t.ok(isLateForSession(1000, 500, 1501), 'ts + L < W');
  t.notOk(isLateForSession(1000, 500, 1500), 'strict');
  t.equal(sessionDue(1000, 100, 5), 1106, 'W ≥ this is last + gap + L < W');
  for (const L of [0, 7]) {
    // The advice is the least delay with which the record is on time.
    const delay = delayToKeep(60_000, L, 100_000), session = delayToKeepInSession(60_000, L, 100_000);
    t.notOk(isLate(60_000, L, 100_000 - delay)); t.ok(isLate(60_000, L, 100_000 - delay + 1));
    t.notOk(isLateForSession(60_000, L, 100_000 - session)); t.ok(isLateForSession(60_000, L, 100_000 - session + 1));
  }
  t.equal(delayToKeep(60_000, 0, 1000), 0);
  t.end();
});
