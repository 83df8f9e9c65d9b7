// Properties of time: texts and instants round-trip, agree with Date, windows contain their records and follow one another without gap.
import t from 'tap';
import { assigner, hopStarts } from '../../lib/time/assigners/index.js';
import { formatDuration, parseDuration } from '../../lib/time/duration.js';
import { strftime, strptime } from '../../lib/time/format.js';
import { formatInstant, instantColumn, instantMax, instantMin, parseInstant, writeInstant, type Unit } from '../../lib/time/instant.js';
import { parseWindow } from '../../lib/time/window-spec.js';
import { column, random, seedOf } from '../unit/agg-fold.js';

const seed = seedOf((text) => t.comment(text));
const next = random(seed), below = (n: number): number => Math.floor(next() * n), pick = <T>(list: readonly T[]): T => list[below(list.length)];
const instant = (): number => next() < 0.3 ? below(2 ** 42) - 2 ** 41 : Math.floor(instantMin + next() * (instantMax - instantMin));

t.test('instants: format, bytes and parse agree with Date', (t) => {
  const bytes = new Uint8Array(64);
  for (let i = 0; i < 20_000; i++) {
    const ms = instant(), text = formatInstant(ms), end = writeInstant(ms, bytes, i % 7);
    const offset = below(24 * 60) - 12 * 60, shifted = ms + offset * 60_000, sign = offset < 0 ? '-' : '+', size = Math.abs(offset);
    const local = shifted >= instantMin && shifted <= instantMax ? `${formatInstant(shifted).slice(0, -1)}${String(below(1000)).slice(0, below(4))}${sign}${String(Math.floor(size / 60)).padStart(2, '0')}:${String(size % 60).padStart(2, '0')}` : text;
    if (text !== new Date(ms).toISOString() || new TextDecoder().decode(bytes.subarray(i % 7, end)) !== text || parseInstant(text) !== ms || parseInstant(local) !== ms) { t.fail(`${ms} ${text} ${local}`); return t.end(); }
  }
  t.pass('20,000 instants');
  t.end();
});

t.test('a damaged text is what Date says of it, or refused', (t) => {
  for (let i = 0; i < 20_000; i++) {
    const text = formatInstant(instant()), at = below(text.length), damaged = text.slice(0, at) + pick([...'0123456789:-TZ. +x']) + text.slice(at + 1), ms = parseInstant(damaged);
    if (ms !== undefined && ms !== Date.parse(damaged.replace(' ', 'T'))) { t.equal(ms, Date.parse(damaged), damaged); return t.end(); }
  }
  t.pass('20,000 texts');
  t.end();
});

t.test('numbers are read by their decimal text', (t) => {
  const shift: Record<Unit, number> = { s: 3, ms: 0, us: -3, ns: -6 }, out = new Float64Array(1);
  for (let i = 0; i < 20_000; i++) {
    const unit = pick(['s', 'ms', 'us', 'ns'] as const), digits = String(below(10 ** (1 + below(15)))) + (next() < 0.5 ? String(below(1e9)) : ''), fraction = next() < 0.5 ? String(below(1e9)).slice(0, 1 + below(9)) : '', exponent = next() < 0.3 ? below(9) - 4 : 0;
    const whole = digits.replace(/^0+(?=\d)/, ''), text = `${next() < 0.3 ? '-' : ''}${whole}${fraction === '' ? '' : `.${fraction}`}${exponent === 0 ? '' : `e${exponent}`}`;
    // The same by integers: mantissa · 10^k, floored.
    const k = shift[unit] + exponent - fraction.length, mantissa = BigInt((text.startsWith('-') ? '-' : '') + whole + fraction);
    const unitPower = 10n ** BigInt(Math.abs(k)), exact = k >= 0 ? mantissa * unitPower : mantissa >= 0n ? mantissa / unitPower : -((-mantissa + unitPower - 1n) / unitPower);
    const right = exact >= BigInt(instantMin) && exact <= BigInt(instantMax) ? Number(exact) : NaN;
    instantColumn(column([text]), Uint32Array.of(0), { unit }, out, () => undefined);
    if (!Object.is(out[0], right)) { t.equal(out[0], right, `${text} ${unit}`); return t.end(); }
  }
  t.pass('20,000 numbers');
  t.end();
});

t.test('strftime and strptime', (t) => {
  for (let i = 0; i < 3000; i++) {
    const ms = instant(), format = pick(['%Y-%m-%d %H:%M:%S.%L', '%d/%b/%Y:%T.%f %z', '%A %e %B %Y %I:%M:%S.%3N %p', '%Y-%j %k:%M:%S.%9N', '%s.%L', '%FT%T.%6N%:z']);
    if (ms < 0 && format.startsWith('%s')) continue;       // the fraction of a negative second counts forward, and %s has been floored
    if (strptime(strftime(ms, format), format) !== ms) { t.equal(strptime(strftime(ms, format), format), ms, `${format} ${strftime(ms, format)}`); return t.end(); }
  }
  t.pass('3,000 texts');
  t.end();
});

t.test('durations', (t) => {
  for (let i = 0; i < 5000; i++) { const ms = Math.floor(10 ** (next() * 15)); if (parseDuration(formatDuration(ms)) !== ms) { t.equal(parseDuration(formatDuration(ms)), ms); return t.end(); } }
  t.pass('5,000 durations');
  t.end();
});

t.test('windows: a record is inside, bounds are those of each record inside, and neighbours touch', (t) => {
  const specs = [['1m'], ['7s'], ['1d', 'Europe/Paris'], ['1d', 'America/Santiago'], ['1d', 'America/St_Johns'], ['1d', 'Africa/Cairo'], ['1d', 'Australia/Lord_Howe'], ['1w', 'America/Santiago'], ['1month', 'Europe/Paris'], ['3month'], ['1y', 'Asia/Kathmandu'], ['1d', 'Pacific/Apia']] as const;
  for (const [spec, tz] of specs) {
    for (const offsetMs of [0, -5_400_000, 10_800_000]) {
      const made = assigner(parseWindow(spec), { offsetMs, tz })!;   // `!`: all of these have one
      for (let i = 0; i < 40; i++) {
        const ms = Date.UTC(1950, 0, 1) + Math.floor(next() * 80 * 365 * 86_400_000), [[start, end]] = made.windowsOf(ms), isRight = start <= ms && ms < end
          && made.windowsOf(start)[0][0] === start && made.windowsOf(end - 1)[0][0] === start && made.windowsOf(end)[0][0] === end && made.windowsOf(start - 1)[0][1] === start;
        if (!isRight) { t.fail(`${spec} ${tz ?? ''} offset ${offsetMs}: ${formatInstant(ms)} in ${formatInstant(start)} … ${formatInstant(end)}`); return t.end(); }
      }
    }
  }
  for (let i = 0; i < 5000; i++) {
    const slide = 1 + below(50), size = slide + below(200), offset = below(400) - 200, ms = below(2000) - 1000, starts = hopStarts(ms, size, slide, offset), right: number[] = [];
    for (let start = ms - size - slide * 2; start <= ms; start++) if ((((start - offset) % slide) + slide) % slide === 0 && start > ms - size) right.push(start);
    if (String(starts) !== String(right)) { t.same(starts, right, `${ms} in ${size}/${slide} offset ${offset}`); return t.end(); }
  }
  t.pass('bounds');
  t.end();
});
