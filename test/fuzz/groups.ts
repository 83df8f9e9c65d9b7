// Families without bounds of their own: sessions, and one group-by over the whole input.
import { aggregates, emission, keys, names } from './aggregates.js';
import type { Family } from './family.js';
import { rows } from './rows.js';
import { floorMod, timed, timeOptions } from './sql.js';
import type { Time } from './sql.js';

/** Records of a key at distance ≤ gap belong together; late when ts + L < W. A late record is in no session, so it joins none together. */
const session: Family = { name: 'session', weight: 3, make(roll) {
  const gap = roll.pick([1, 5, 10, 1000]), some = aggregates(roll), by = keys(roll), lateness = roll.pick([0, 0, 0, 1, gap, 2 * gap]), late = roll.chance(0.4), { option, changes } = emission(roll);
  const time: Time = { delay: roll.pick([0, 0, 1, gap, gap + 1, 3 * gap, Infinity]), ...roll.chance(0.1) ? { every: gap } : {}, ...roll.chance(0.1) ? { per: true } : {} };
  const left = rows(roll, { names: names(some.needs, by.needs, time.per === true ? ['src'] : []), spans: [gap, gap + 1, ...Number.isFinite(time.delay) ? [time.delay] : [], lateness], most: roll.pick([10, 40, 60]) });
  const key = by.sql.map((each) => each.replace(/ AS .*/, '')).join(', '), base = `WITH timed AS (${timed('l', time)})`, isLate = `coalesce(ts + ${lateness} < w, false)`;
  return {
    cmd: `window session ${gap}ms ${timeOptions(time)}${lateness > 0 ? ` --lateness ${lateness}ms` : ''}${late ? ' --late LATE' : ''} | agg ${option}'${some.leat}${by.leat}'`, left, ordered: true, changes,
    sql: `${base}, parted AS (SELECT *, coalesce(ts - lag(ts) OVER same > ${gap}, true)::INTEGER AS isFirst FROM timed WHERE NOT ${isLate} WINDOW same AS (${key === '' ? '' : `PARTITION BY ${key} `}ORDER BY ts, seq)),
      numbered AS (SELECT *, sum(isFirst) OVER (${key === '' ? '' : `PARTITION BY ${key} `}ORDER BY ts, seq ROWS UNBOUNDED PRECEDING) AS part FROM parted)
      SELECT min(ts) AS window_start, max(ts) + ${gap} AS window_end, ${[...by.sql, some.sql].join(', ')} FROM numbered GROUP BY ${['part', ...by.names].join(', ')} ORDER BY window_end, window_start, min(seq)`,
    ...late ? { late: `${base} SELECT id FROM timed WHERE ${isLate} ORDER BY seq` } : {},
  };
} };

/** One window, closed by the end: nothing is late. Groups in order of their first records; without keys one row, of no records too. Plain input has no event time, then `first` goes by place. */
const group: Family = { name: 'group', weight: 3, make(roll) {
  const some = aggregates(roll), by = keys(roll), isTimed = roll.chance(0.5), { option, changes } = emission(roll, isTimed), left = rows(roll, { names: names(some.needs, by.needs), spans: [10, 3], most: 60 });
  return {
    cmd: `${isTimed ? `watermark --delay ${roll.pick(['0s', '5ms'])} | ` : ''}agg ${option}'${some.leat}${by.leat}'`, left, ordered: true, changes,
    sql: `SELECT ${[...by.sql, some.sql].join(', ')} FROM (SELECT * REPLACE (${isTimed ? 'ts' : '0'} AS ts) FROM l)${by.names.length > 0 ? ` GROUP BY ${by.names.join(', ')}` : ''} ORDER BY min(seq)`,
  };
} };

/** Windows over the results of sessions: W behind sessions is held back, so no result is late. */
const nestedSession: Family = { name: 'nested-session', weight: 1, make(roll) {
  const gap = roll.pick([5, 10]), size = gap * roll.pick([1, 2]), delay = roll.pick([0, 0, 1, gap]), lateness = roll.pick([0, 0, gap]), left = rows(roll, { names: ['k'], spans: [gap, size, delay, gap + delay] });
  return {
    cmd: `window session ${gap}ms --delay ${delay}ms${lateness > 0 ? ` --lateness ${lateness}ms` : ''} | agg -m 'count() as n by k' | window ${size}ms --epoch | agg 'count() as sessions, sum(n) as n'`, left, ordered: true,
    sql: `WITH timed AS (${timed('l', { delay })}), parted AS (SELECT *, coalesce(ts - lag(ts) OVER same > ${gap}, true)::INTEGER AS isFirst FROM timed WHERE NOT coalesce(ts + ${lateness} < w, false) WINDOW same AS (PARTITION BY k ORDER BY ts, seq)),
      numbered AS (SELECT *, sum(isFirst) OVER (PARTITION BY k ORDER BY ts, seq ROWS UNBOUNDED PRECEDING) AS part FROM parted), inside AS (SELECT max(ts) + ${gap} - 1 AS stamp, count(*) AS n FROM numbered GROUP BY k, part),
      outside AS (SELECT n, stamp - ${floorMod('stamp', size)} AS window_start FROM inside)
      SELECT window_start, window_start + ${size} AS window_end, count(*) AS sessions, sum(n) AS n FROM outside GROUP BY window_start ORDER BY window_start`,
  };
} };

export const groups: readonly Family[] = [session, nestedSession, group];
