// Window specs, bounds of each kind on both sides, calendars of zones. temporal-polyfill is the oracle for zones.
import t from 'tap';
import { Temporal } from 'temporal-polyfill';
import { LeatError } from '../../lib/errors.js';
import { assigner, hopStarts, pairs, type AssignerOptions } from '../../lib/time/assigners/index.js';
import { formatInstant, parseInstant } from '../../lib/time/instant.js';
import { parseWindow, windowText } from '../../lib/time/window-spec.js';
import { utc, zone, zoneFields } from '../../lib/time/zone.js';

const at = (text: string): number => parseInstant(text)!;   // `!`: a NaN would fail the comparison
function windowsOf(spec: string, ms: number, options?: AssignerOptions): readonly (readonly [number, number])[] {
  const made = assigner(parseWindow(spec), options);
  if (made === undefined) throw new Error(`${spec} has no assigner`);
  return made.windowsOf(ms);
}
const iso = (spec: string, text: string, options?: AssignerOptions) => windowsOf(spec, at(text), options).map(([start, end]) => [formatInstant(start), formatInstant(end)]);
const hours = (spec: string, text: string, options?: AssignerOptions) => windowsOf(spec, at(text), options).map(([start, end]) => (end - start) / 3_600_000);

t.test('specs', (t) => {
  for (const [text, spec] of [['1m', { kind: 'tumbling', sizeMs: 60_000 }], ['PT5M', { kind: 'tumbling', sizeMs: 300_000 }], ['1d', { kind: 'tumbling', sizeMs: 86_400_000, calendar: 'day' }], ['1w', { kind: 'tumbling', sizeMs: 604_800_000, calendar: 'week' }],
    ['24h', { kind: 'tumbling', sizeMs: 86_400_000 }], ['10m/1m', { kind: 'hopping', sizeMs: 600_000, slideMs: 60_000 }], ['10m/3m', { kind: 'hopping', sizeMs: 600_000, slideMs: 180_000 }], ['1d^1h', { kind: 'cumulative', sizeMs: 86_400_000, stepMs: 3_600_000 }],
    ['session 30m', { kind: 'session', gapMs: 1_800_000 }], ['count 100', { kind: 'count', count: 100 }], ['1month', { kind: 'calendar', unit: 'month', count: 1 }], ['6months', { kind: 'calendar', unit: 'month', count: 6 }], ['1y', { kind: 'calendar', unit: 'year', count: 1 }],
    [' session  30m ', { kind: 'session', gapMs: 1_800_000 }]] as const) {
    t.same(parseWindow(text), spec, text);
    t.same({ ...parseWindow(windowText(parseWindow(text))), calendar: undefined }, { ...spec, calendar: undefined }, `${text} comes back from its text`);
  }
  for (const [text, code, why, help] of [['', 'E_WINDOW', /empty/, '1m'], ['0s', 'E_WINDOW', /greater than 0/, '1m'], ['5 min', 'E_DURATION', /bad duration '5 min'/, '5m'], ['3', 'E_DURATION', /bad duration '3'/, '3s, or 3ms: a number needs its unit'], ['1m/10m', 'E_WINDOW', /slide is longer/, '10m/1m'],
    ['1d^7h', 'E_WINDOW', /step must divide/, '21h^7h'], ['1h^1d', 'E_WINDOW', /longer/, '1d^1h'], ['session', 'E_WINDOW', /gap is missing/, '10m/1m, 1d^1h or session 30m'], ['count', 'E_WINDOW', /missing/, 'count 100'], ['count 0', 'E_WINDOW', /'0' is no number of records/, 'count 100'],
    ['count 1.5', 'E_WINDOW', /no number/, 'count 100'], ['5month', 'E_WINDOW', /divide 12/, /1month/], ['24month', 'E_WINDOW', /divide 12/, '2y'], ['0y', 'E_WINDOW', /years/, '1y'], ['month', 'E_WINDOW', /number is missing/, '1month'], ['1m/1m/1m', 'E_WINDOW', /too many/, '10m/1m'],
    ['hopping', 'E_WINDOW', /no kind/, '1m'], ['1d/1ms', 'E_WINDOW', /86400000 windows/, /1d\//], ['10m/', 'E_WINDOW', /slide is missing/, /10m\/1m/]] as const) {
    try { parseWindow(text); t.fail(`${text} was taken`); } catch (error) {
      if (!(error instanceof LeatError)) throw error;
      t.equal(error.code, code, `${text}: ${code}`);
      t.match(error.message, why);
      if (typeof help === 'string') t.equal(error.help, help); else t.match(error.help, help);
    }
  }
  const refused = (spec: string, options: AssignerOptions, why: RegExp) => t.throws(() => assigner(parseWindow(spec), options), { message: why });
  refused('1h', { tz: 'Europe/Paris' }, /fixed length/); refused('24h', { tz: 'UTC' }, /fixed length/); refused('10m/1m', { tz: 'UTC' }, /no zone/); refused('session 1m', { tz: 'UTC' }, /--tz/); refused('count 5', { offsetMs: 5 }, /--offset/);
  refused('1d', { tz: 'Europe/Pari' }, /unknown time zone 'Europe\/Pari'; did you mean 'Europe\/Paris'/);
  t.equal(assigner(parseWindow('session 1m')), undefined);
  t.end();
});

t.test('tumbling, on both sides of each bound and of 1970', (t) => {
  for (const [ms, start] of [[0, 0], [59_999, 0], [60_000, 60_000], [-1, -60_000], [-60_000, -60_000], [-60_001, -120_000]] as const) t.same(windowsOf('1m', ms), [[start, start + 60_000]], String(ms));
  t.same(windowsOf('1m', 14_999, { offsetMs: 15_000 }), [[-45_000, 15_000]]);
  t.same(windowsOf('1m', 15_000, { offsetMs: 15_000 }), [[15_000, 75_000]]);
  t.same(windowsOf('1m', 0, { offsetMs: -15_000 }), [[-15_000, 45_000]]);
  t.same(windowsOf('7s', -3, { offsetMs: -100_000_003 }), [[-3 - ((-3 + 100_000_003) % 7000), -3 - ((-3 + 100_000_003) % 7000) + 7000]]);
  t.same(iso('1d', '2026-11-20T12:00:00Z'), [['2026-11-20T00:00:00.000Z', '2026-11-21T00:00:00.000Z']], 'without a zone: UTC');
  t.same(iso('1w', '2026-11-20T12:00:00Z'), [['2026-11-19T00:00:00.000Z', '2026-11-26T00:00:00.000Z']], 'a fixed week counts from 1970-01-01, a Thursday');
  t.end();
});

t.test('hopping', (t) => {
  t.same(hopStarts(0, 10, 4, 0), [-8, -4, 0], 'start > ts − size: −10 is out, −8 in');
  t.same(hopStarts(2, 10, 4, 0), [-4, 0], 'two or three, as the size is no multiple');
  t.same(hopStarts(-1, 10, 5, 0), [-10, -5]);
  t.same(hopStarts(3, 10, 5, 3), [-2, 3]);
  t.same(hopStarts(2, 10, 5, 3), [-7, -2]);
  t.same(windowsOf('10m/5m', 0), [[-300_000, 300_000], [0, 600_000]]);
  const into = pairs(), time = Float64Array.of(7000, -1, 5000), rows = Uint32Array.of(0, 2);
  assigner(parseWindow('10s/5s'))!.all(time, rows, into);   // `!`: hopping has one
  t.same([...into.rows.subarray(0, into.count)], [0, 0, 2, 2], 'only the rows asked for');
  t.same([...into.start.subarray(0, into.count)], [0, 5000, 0, 5000]);
  t.same([...into.end.subarray(0, into.count)], [10_000, 15_000, 10_000, 15_000]);
  const many = new Float64Array(3000).map((_, i) => i * 1000);
  assigner(parseWindow('10s/1s'))!.all(many, Uint32Array.from(many, (_, i) => i), into);
  t.equal(into.count, 30_000, 'grows');
  t.throws(() => assigner(parseWindow('10s/5s'))!.one(time, rows, time, time));
  t.end();
});

t.test('cumulative', (t) => {
  t.same(windowsOf('3h^1h', 0), [[0, 3_600_000], [0, 7_200_000], [0, 10_800_000]]);
  t.same(windowsOf('3h^1h', 3_600_000), [[0, 7_200_000], [0, 10_800_000]]);
  t.same(windowsOf('3h^1h', 10_799_999), [[0, 10_800_000]]);
  t.same(windowsOf('3h^1h', -1), [[-10_800_000, 0]]);
  t.same(windowsOf('2s^1s', 500, { offsetMs: 600 }), [[-1400, 600]]);
  t.end();
});

t.test('calendar', (t) => {
  const paris = { tz: 'Europe/Paris' };
  t.same(iso('1d', '2026-03-29T10:00:00Z', paris), [['2026-03-28T23:00:00.000Z', '2026-03-29T22:00:00.000Z']]);
  t.same(hours('1d', '2026-03-29T10:00:00Z', paris), [23]);
  t.same(hours('1d', '2026-10-25T10:00:00Z', paris), [25]);
  t.same(iso('1d', '2026-10-24T21:59:59.999Z', paris), [['2026-10-23T22:00:00.000Z', '2026-10-24T22:00:00.000Z']], 'a ms before the bound');
  t.same(iso('1d', '2026-10-24T22:00:00Z', paris), [['2026-10-24T22:00:00.000Z', '2026-10-25T23:00:00.000Z']], 'the bound');
  t.same(iso('1d', '2026-09-06T12:00:00Z', { tz: 'America/Santiago' }), [['2026-09-06T04:00:00.000Z', '2026-09-07T03:00:00.000Z']], 'a midnight that does not exist is the first instant of that day, 01:00');
  t.same(iso('1d', '2026-09-06T03:59:59.999Z', { tz: 'America/Santiago' }), [['2026-09-05T04:00:00.000Z', '2026-09-06T04:00:00.000Z']]);
  t.same(hours('1d', '2026-04-04T12:00:00Z', { tz: 'America/Santiago' }), [25]);
  t.same(hours('1d', '2026-04-24T12:00:00Z', { tz: 'Africa/Cairo' }), [23], 'Cairo changes at midnight');
  t.same(hours('1d', '2026-03-29T12:00:00Z', { tz: 'Asia/Beirut' }), [23], 'so does Beirut');
  t.same(iso('1d', '2011-12-29T12:00:00Z', { tz: 'Pacific/Apia' }), [['2011-12-29T10:00:00.000Z', '2011-12-30T10:00:00.000Z']], 'the last day before the one that Samoa left out');
  t.same(iso('1d', '2011-12-30T12:00:00Z', { tz: 'Pacific/Apia' }), [['2011-12-30T10:00:00.000Z', '2011-12-31T10:00:00.000Z']], '31 December');
  t.same(hours('1d', '2006-10-29T03:00:00Z', { tz: 'America/St_Johns' }), [25], "clocks went back from 00:01 to 23:01: the day's first minute is before the hour that is repeated");
  t.same(iso('1w', '2026-11-22T12:00:00Z', { tz: 'UTC' }), [['2026-11-16T00:00:00.000Z', '2026-11-23T00:00:00.000Z']], 'from Monday');
  t.same(iso('1w', '2026-11-23T00:00:00Z', { tz: 'UTC' }), [['2026-11-23T00:00:00.000Z', '2026-11-30T00:00:00.000Z']]);
  t.same(iso('1month', '2024-02-29T23:59:59.999Z'), [['2024-02-01T00:00:00.000Z', '2024-03-01T00:00:00.000Z']]);
  t.same(iso('1month', '1969-12-31T23:59:59Z'), [['1969-12-01T00:00:00.000Z', '1970-01-01T00:00:00.000Z']]);
  t.same(iso('3month', '2026-11-20T00:00:00Z', paris), [['2026-09-30T22:00:00.000Z', '2026-12-31T23:00:00.000Z']]);
  t.same(iso('1y', '2026-11-20T00:00:00Z'), [['2026-01-01T00:00:00.000Z', '2027-01-01T00:00:00.000Z']]);
  t.same(iso('10y', '2026-11-20T00:00:00Z'), [['2020-01-01T00:00:00.000Z', '2030-01-01T00:00:00.000Z']]);
  t.same(iso('1d', '2026-03-29T10:00:00Z', { ...paris, offsetMs: 6 * 3_600_000 }), [['2026-03-29T04:00:00.000Z', '2026-03-30T04:00:00.000Z']], 'days from 06:00 on the clock');
  t.same(iso('1d', '2026-03-29T03:00:00Z', { ...paris, offsetMs: 6 * 3_600_000 }), [['2026-03-28T05:00:00.000Z', '2026-03-29T04:00:00.000Z']]);
  t.end();
});

t.test('zones', (t) => {
  t.equal(zone('UTC'), utc);
  t.equal(zone('+05:30').offsetAt(0), 19_800_000);
  t.equal(zone('europe/paris').offsetAt(0), 3_600_000, 'any case');
  t.equal(zone('Europe/Paris').offsetAt(at('1900-01-01T00:00:00Z')), 561_000, 'local mean time: 9 min 21 s');
  t.equal(zone('Europe/Paris').offsetAt(at('0001-01-01T00:00:00Z')), 561_000, 'also long ago');
  t.equal(zone('Europe/Paris').offsetAt(at('9999-07-01T00:00:00Z')), 7_200_000);
  t.same(zoneFields(at('2026-11-22T23:30:15.042Z'), 'Europe/Paris'), { year: 2026, month: 11, day: 23, hour: 0, minute: 30, second: 15, millisecond: 42, weekday: 1 });
  t.same(zoneFields(-1), { year: 1969, month: 12, day: 31, hour: 23, minute: 59, second: 59, millisecond: 999, weekday: 3 });
  for (const name of ['', 'Mars/Olympus', '../etc/passwd', '+25:00', 'toString']) t.throws(() => zone(name), { code: 'E_OPTION' }, name);
  t.end();
});

t.test('zones agree with Temporal: offsets, local times, first instants of days', (t) => {
  for (const name of ['Europe/Paris', 'America/Santiago', 'Africa/Cairo', 'Asia/Beirut', 'America/St_Johns', 'Pacific/Apia', 'Asia/Kathmandu', 'Australia/Lord_Howe', 'America/Sao_Paulo', 'Africa/Casablanca', 'America/New_York', 'Asia/Tehran']) {
    const where = zone(name);
    for (let year = 1950; year <= 2040; year += 3) {
      for (let day = 0; day < 365; day += 11) {
        const ms = Date.UTC(year, 0, 1 + day, 13, 7, 11), time = Temporal.Instant.fromEpochMilliseconds(ms).toZonedDateTimeISO(name);
        if (where.offsetAt(ms) !== time.offsetNanoseconds / 1e6) { t.equal(where.offsetAt(ms), time.offsetNanoseconds / 1e6, `${name} ${formatInstant(ms)}`); return t.end(); }
      }
    }
    for (const [from, to] of [[2005, 2012], [2024, 2028]] as const) {
      for (let ms = Date.UTC(from, 0, 1); ms < Date.UTC(to, 0, 1); ms += 86_400_000) {
        const date = Temporal.PlainDate.from(new Date(ms).toISOString().slice(0, 10)), start = date.toZonedDateTime({ timeZone: name }).epochMilliseconds;
        const local = ms + 2_520_000, plain = date.toPlainDateTime({ minute: 42 }).toZonedDateTime(name).epochMilliseconds;
        if (where.firstOf(ms) !== start || where.instantOf(local) !== plain) { t.same([where.firstOf(ms), where.instantOf(local)], [start, plain], `${name} ${date.toString()}`); return t.end(); }
      }
    }
    t.pass(name);
  }
  t.end();
});
