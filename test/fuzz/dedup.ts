// Families of dedup: for ever, and within a distance of event time. SQL has no word for "a record that no kept record is near": the first record within D is a walk over the records, as a
// recursive query whose state is the list of kept ones.
import type { Dice } from '../harness/random.js';
import type { Family } from './family.js';
import { rows } from './rows.js';
import type { Name } from './rows.js';
import { delayText, fields, floorMod, timed } from './sql.js';

interface Key { readonly leat: string; readonly sql: string; readonly needs: readonly Name[] }
const key = (roll: Dice): Key => roll.pick<Key>([{ leat: 'k', sql: 'k', needs: ['k'] }, { leat: 'k', sql: 'k', needs: ['k'] }, { leat: 'k, g', sql: 'k, g', needs: ['k', 'g'] }, { leat: 'm', sql: 'm', needs: ['m'] }, { leat: 'v > 3', sql: 'v > 3', needs: ['v'] }]);

const forEver: Family = { name: 'dedup', weight: 2, make(roll) {
  const { leat, sql, needs } = key(roll), names: Name[] = [...needs, 'c'], isLast = roll.chance(0.5), isManaged = roll.chance(0.3), left = rows(roll, { names, spans: [5], most: 60 });
  return {
    cmd: `${isManaged ? `watermark --delay ${roll.pick(['0s', '3ms'])} | ` : ''}dedup -k '${leat}'${isLast ? ' --keep last' : ''}${isManaged ? ' --unbounded' : ''}`, left, ordered: true,
    sql: `SELECT ${fields('', names)} FROM l QUALIFY row_number() OVER (PARTITION BY ${sql} ORDER BY seq${isLast ? ' DESC' : ''}) = 1 ORDER BY seq`,
  };
} };

const within: Family = { name: 'dedup-within', weight: 3, make(roll) {
  const { leat, sql, needs } = key(roll), names: Name[] = [...needs], distance = roll.pick([0, 1, 5, 10, 10, 1000]), delay = roll.pick([0, 0, 1, distance, distance + 1, 3 * distance + 2, Infinity]), isLast = roll.chance(0.4), late = roll.chance(0.4);
  const left = rows(roll, { names, spans: [distance + 1, distance, ...Number.isFinite(delay) ? [delay] : []], most: roll.pick([10, 40]) });
  const base = `timed AS (${timed('l', { delay })}), keyed AS (SELECT *, dense_rank() OVER (ORDER BY ${sql.split(', ').map((each) => `${each} NULLS FIRST`).join(', ')}) AS key FROM timed WHERE NOT coalesce(ts < w, false))`;
  const first = `WITH RECURSIVE ${base}, numbered AS (SELECT *, row_number() OVER (ORDER BY seq) AS n FROM keyed),
      walk AS (SELECT 0::BIGINT AS n, []::STRUCT(key BIGINT, ts BIGINT)[] AS kept, NULL::BIGINT AS place UNION ALL
        SELECT numbered.n, CASE WHEN near = 0 THEN list_append(kept, {key: numbered.key, ts: numbered.ts}) ELSE kept END, CASE WHEN near = 0 THEN numbered.seq END
        FROM walk JOIN numbered ON numbered.n = walk.n + 1, LATERAL (SELECT len(list_filter(kept, lambda one : one.key = numbered.key AND abs(one.ts - numbered.ts) <= ${distance})) AS near))
      SELECT ${fields('l.', names)} FROM walk JOIN l ON l.seq = walk.place ORDER BY l.seq`;
  // A record gives way to every later one of its key that is at most D away.
  const last = `WITH ${base} SELECT ${fields('a.', names)} FROM keyed a WHERE NOT EXISTS (SELECT 1 FROM keyed b WHERE b.key = a.key AND b.seq > a.seq AND abs(b.ts - a.ts) <= ${distance}) ORDER BY a.ts, a.seq`;
  return {
    cmd: `watermark --delay ${delayText(delay)} | dedup -k '${leat}' --within ${distance}ms${isLast ? ' --keep last' : ''}${late ? ' --late LATE' : ''}`, left, ordered: true, sql: isLast ? last : first,
    ...late ? { late: `SELECT id FROM (${timed('l', { delay })}) WHERE coalesce(ts < w, false) ORDER BY seq` } : {},
  };
} };

/** What --keep last releases, W + D + 1 ms later, is late for no window behind it. */
const chain: Family = { name: 'dedup-chain', weight: 1, make(roll) {
  const distance = roll.pick([0, 3, 10]), delay = roll.pick([0, 1, 5]), size = roll.pick([5, 10]), left = rows(roll, { names: ['k'], spans: [distance + 1, size, delay], most: 40 });
  return {
    cmd: `watermark --delay ${delay}ms | dedup -k k --within ${distance}ms --keep last | window ${size}ms --epoch | agg 'count() as n, collect(id) as ids'`, left, ordered: true,
    sql: `WITH timed AS (SELECT * FROM (${timed('l', { delay })}) WHERE NOT coalesce(ts < w, false)),
      kept AS (SELECT *, ts - ${floorMod('ts', size)} AS start FROM timed a WHERE NOT EXISTS (SELECT 1 FROM timed b WHERE b.k IS NOT DISTINCT FROM a.k AND b.seq > a.seq AND abs(b.ts - a.ts) <= ${distance}))
      SELECT start AS window_start, start + ${size} AS window_end, count(*) AS n, list(id ORDER BY ts, seq) AS ids FROM kept GROUP BY start ORDER BY start`,
  };
} };

export const dedups: readonly Family[] = [forEver, within, chain];
