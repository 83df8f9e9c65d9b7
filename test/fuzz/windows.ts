// Families of windows with fixed bounds: tumbling, hopping (the slide need not divide the size), cumulative, calendar, one behind another. Late per record and window.
import type { Dice } from '../harness/random.js';
import { aggregates, emission, keys, names } from './aggregates.js';
import type { Family, Trial } from './family.js';
import { rows } from './rows.js';
import { floorMod, timed, timeOptions } from './sql.js';
import type { Time } from './sql.js';

/** A kind of window: its spelling, the query that gives a record's windows as (start, stop), and the distances that matter. */
interface Kind { readonly leat: string; readonly sql: string; readonly spans: readonly number[] }

const unit = (roll: Dice): number => roll.pick([1, 1, 1, 10, 1000, 60_000]);

function tumble(roll: Dice): Kind {
  const size = roll.pick([1, 5, 10, 7]) * unit(roll), offset = roll.pick([0, 0, 3, -3, 11, size]);
  return {
    leat: `${size}ms${offset === 0 ? '' : ` --offset ${offset}ms`}`, spans: [size],
    sql: `SELECT *, ts - ${floorMod(`ts - ${offset}`, size)} AS start, start + ${size} AS stop FROM timed`,
  };
}

function hop(roll: Dice): Kind {
  const scale = unit(roll), [size, slide] = roll.pick([[10, 5], [10, 3], [10, 4], [7, 7], [9, 2], [3, 1], [10, 9]]).map((each) => each * scale) as [number, number], offset = roll.pick([0, 0, 1, -2, 13]);
  const last = `(ts - ${floorMod(`ts - ${offset}`, slide)})`;
  return {
    leat: `${size}ms/${slide}ms${offset === 0 ? '' : ` --offset ${offset}ms`}`, spans: [size, slide],
    sql: `SELECT *, start + ${size} AS stop FROM (SELECT *, unnest(range(${last} - ${slide * Math.ceil(size / slide)}, ${last} + 1, ${slide})) AS start FROM timed) WHERE start > ts - ${size}`,
  };
}

function cumulate(roll: Dice): Kind {
  const scale = unit(roll), [most, step] = roll.pick([[12, 4], [10, 5], [6, 1], [8, 8]]).map((each) => each * scale) as [number, number], offset = roll.pick([0, 0, 2, -3]);
  return {
    leat: `${most}ms^${step}ms${offset === 0 ? '' : ` --offset ${offset}ms`}`, spans: [most, step],
    sql: `SELECT * FROM (SELECT *, unnest(range(start + ${step}, start + ${most} + 1, ${step})) AS stop FROM (SELECT *, ts - ${floorMod(`ts - ${offset}`, most)} AS start FROM timed)) WHERE ts < stop`,
  };
}

function calendar(roll: Dice): Kind {
  const [leat, part, step] = roll.pick([['1month', 'month', '1 month'], ['3month', 'quarter', '3 months'], ['1y', 'year', '1 year'], ['1w --tz UTC', 'week', '7 days'], ['1d --tz UTC', 'day', '1 day']] as const);
  return {
    leat, spans: [86_400_000, 7 * 86_400_000, 31 * 86_400_000],
    sql: `SELECT *, epoch_ms(first) AS start, epoch_ms(first + INTERVAL '${step}') AS stop FROM (SELECT *, date_trunc('${part}', epoch_ms(ts)) AS first FROM timed)`,
  };
}

const isLate = (lateness: number): string => `coalesce(stop + ${lateness} <= w, false)`;

function family(name: string, weight: number, kindOf: (roll: Dice) => Kind): Family {
  return { name, weight, make(roll): Trial {
    const kind = kindOf(roll), size = kind.spans[0]!, some = aggregates(roll), by = keys(roll), { option, changes } = emission(roll);      // `!`: every kind has one
    const time: Time = { delay: roll.pick([0, 0, 1, size, Math.ceil(size / 2), 2 * size + 1, Infinity]), ...roll.chance(0.1) ? { every: roll.pick([size, 3]) } : {}, ...roll.chance(0.15) ? { per: true } : {} };
    const lateness = roll.pick([0, 0, 0, 1, size, Math.ceil(size / 3)]), condition = roll.chance(0.2), late = roll.chance(0.4);
    const left = rows(roll, { names: names(some.needs, by.needs, condition ? ['v'] : [], time.per === true ? ['src'] : []), spans: [...kind.spans, ...Number.isFinite(time.delay) ? [time.delay] : [], lateness], most: roll.pick([10, 40, 60]) });
    const options = `${lateness > 0 ? ` --lateness ${lateness}ms` : ''}${late ? ' --late LATE' : ''}${roll.chance(0.5) ? ' --epoch' : ''}`;
    const head = condition ? `watermark ${timeOptions(time)} | filter 'v != 2' | window ${kind.leat}${options}` : `window ${kind.leat} ${timeOptions(time)}${options}`;
    const base = `WITH timed AS (${condition ? `SELECT * FROM (${timed('l', time)}) WHERE v <> 2` : timed('l', time)}), pairs AS (${kind.sql})`;
    return {
      cmd: `${head} | agg ${option}'${some.leat}${by.leat}'`, left, ordered: true, changes,
      sql: `${base} SELECT start AS window_start, stop AS window_end, ${[...by.sql, some.sql].join(', ')} FROM pairs WHERE NOT ${isLate(lateness)} GROUP BY ${['start', 'stop', ...by.names].join(', ')} ORDER BY stop, start, min(seq)`,
      ...late ? { late: `${base} SELECT id, start AS window_start, stop AS window_end FROM pairs WHERE ${isLate(lateness)} ORDER BY seq, start, stop` } : {},
    };
  } };
}

/** Windows over the results of windows: a result's event time is its end − 1 ms, and never late. */
const nested: Family = { name: 'nested', weight: 1, make(roll): Trial {
  const size = roll.pick([5, 10]), outer = size * roll.pick([1, 2, 3]), delay = roll.pick([0, 3, size]), lateness = roll.pick([0, 0, size + 1]), by = keys(roll);
  const left = rows(roll, { names: names(by.needs), spans: [size, outer, delay] });
  return {
    cmd: `window ${size}ms --delay ${delay}ms${lateness > 0 ? ` --lateness ${lateness}ms` : ''} | agg -m 'count() as n${by.leat}' | window ${outer}ms | agg 'count() as groups, sum(n) as n, max(n) as most'`, left, ordered: true,
    sql: `WITH timed AS (${timed('l', { delay })}), pairs AS (SELECT *, ts - ${floorMod('ts', size)} AS start, start + ${size} AS stop FROM timed),
      inside AS (SELECT start, stop, count(*) AS n${by.sql.map((each) => `, ${each}`).join('')} FROM pairs WHERE NOT ${isLate(lateness)} GROUP BY ${['start', 'stop', ...by.names].join(', ')}),
      outside AS (SELECT n, stop - 1 - ${floorMod('stop - 1', outer)} AS window_start FROM inside)
      SELECT window_start, window_start + ${outer} AS window_end, count(*) AS groups, sum(n) AS n, max(n) AS most FROM outside GROUP BY window_start ORDER BY window_start`,
  };
} };

/** agg --fill: from a key's first window on, each window up to the last one that has records. */
const fill: Family = { name: 'fill', weight: 1, make(roll): Trial {
  const [size, slide] = roll.pick([[10, 10], [5, 5], [10, 5], [10, 4]]) as [number, number], delay = roll.pick([0, 1, size, Infinity]), lateness = roll.pick([0, 0, 4]), by = roll.pick([keys(roll), { leat: ' by k', sql: ['k'], names: ['k'], needs: ['k'] as const }]);
  const kind = roll.pick(['null', 'last', '0']), left = rows(roll, { names: names(by.needs), spans: [size, slide, ...Number.isFinite(delay) ? [delay] : []], most: 30 }), last = `(ts - ${floorMod('ts', slide)})`;
  const of = (name: string, none: string): string => kind === 'null' ? `coalesce(${name}, ${none})` : kind === 'last' ? `last_value(${name} IGNORE NULLS) OVER (PARTITION BY key ORDER BY g.start)` : `coalesce(${name}::VARCHAR, '0')`;
  const some = kind === '0' ? { leat: 'count() as n', sql: 'count(*) AS n' } : { leat: 'count() as n, collect(id) as ids', sql: 'count(*) AS n, list(id ORDER BY ts, seq) AS ids' };
  return {
    cmd: `window ${size}ms/${slide}ms --delay ${delay === Infinity ? 'inf' : `${delay}ms`}${lateness > 0 ? ` --lateness ${lateness}ms` : ''} | agg --fill ${kind} '${some.leat}${by.leat}'`, left, ordered: false,
    sql: `WITH timed AS (${timed('l', { delay })}), pairs AS (SELECT *, start + ${size} AS stop${by.sql.map((each) => ` , ${each}`).filter((each) => / AS /.test(each)).join('')} FROM (SELECT *, unnest(range(${last} - ${slide * Math.ceil(size / slide)}, ${last} + 1, ${slide})) AS start FROM timed) WHERE start > ts - ${size}),
      keyed AS (SELECT *, dense_rank() OVER (ORDER BY ${by.names.length === 0 ? '1' : by.names.map((each) => `${each} NULLS FIRST`).join(', ')}) AS key FROM pairs WHERE NOT coalesce(stop + ${lateness} <= w, false)),
      grid AS (SELECT key, unnest(range(min(start), (SELECT max(start) FROM keyed) + 1, ${slide})) AS start${by.names.map((each) => `, first(${each}) AS ${each}`).join('')} FROM keyed GROUP BY key),
      rows AS (SELECT key, start, ${some.sql} FROM keyed GROUP BY key, start)
      SELECT g.start AS window_start, g.start + ${size} AS window_end, ${[...by.names.map((each) => `g.${each}`), `${of('n', '0')}${kind === '0' ? '::BIGINT' : ''} AS n`, ...kind === '0' ? [] : [`${of('ids', '[]')} AS ids`]].join(', ')} FROM grid g LEFT JOIN rows USING (key, start)`,
  };
} };

/** Every n records of a key, in order; the last partial ones at the end. */
const count: Family = { name: 'count-window', weight: 1, make(roll): Trial {
  const n = roll.pick([1, 2, 3, 7]), some = aggregates(roll), by = keys(roll), left = rows(roll, { names: names(some.needs, by.needs), spans: [5], most: 40 }), part = by.sql.map((each) => each.replace(/ AS .*/, '')).join(', ');
  return {
    cmd: `window count ${n} | agg '${some.leat}${by.leat}'`, left, ordered: true,
    // Without event time `first` goes by place. What is full comes with its last record, what is not at the end, in the order of its first.
    sql: `WITH placed AS (SELECT * REPLACE (0 AS ts), (row_number() OVER (${part === '' ? '' : `PARTITION BY ${part} `}ORDER BY seq) - 1) // ${n} AS window_index FROM l)
      SELECT window_index, ${[...by.sql, some.sql].join(', ')} FROM placed GROUP BY ${['window_index', ...by.names].join(', ')} ORDER BY CASE WHEN count(*) = ${n} THEN max(seq) ELSE 1000000 + min(seq) END`,
  };
} };

export const windows: readonly Family[] = [family('tumble', 3, tumble), family('hop', 3, hop), family('cumulative', 2, cumulate), family('calendar', 1, calendar), count, nested, fill];
