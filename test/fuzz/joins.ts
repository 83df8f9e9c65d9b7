// Families of join: within an interval, as of a time, with a table, of two whole inputs, inside windows. Each query gives pairs of places (ls, rs) with columns o1, o2, … to order by;
// what a row then looks like is the same for all.
import type { Dice } from '../harness/random.js';
import type { Family, Trial } from './family.js';
import { baseOf, rows, someKeys } from './rows.js';
import type { Row } from './rows.js';
import { delayText, floorMod, timed } from './sql.js';

type Kind = 'inner' | 'left' | 'right' | 'full' | 'semi' | 'anti';
const kinds: readonly Kind[] = ['inner', 'inner', 'left', 'right', 'full', 'semi', 'anti'];
const leavesLeft = (kind: Kind): boolean => kind === 'left' || kind === 'full' || kind === 'anti', leavesRight = (kind: Kind): boolean => kind === 'right' || kind === 'full', pairs = (kind: Kind): boolean => kind !== 'semi' && kind !== 'anti';

/** Keys: -j with one or two names, -1 and -2 with different ones. */
interface Keys { readonly leat: string; readonly on: string; readonly left: readonly string[]; readonly right: readonly string[]; readonly isOne: boolean }
const keysOf = (roll: Dice): Keys => roll.pick<Keys>([
  { leat: '-j k', on: 'a.k = b.k', left: ['k'], right: ['k'], isOne: true }, { leat: '-j k', on: 'a.k = b.k', left: ['k'], right: ['k'], isOne: true },
  { leat: "-j 'k, g'", on: 'a.k = b.k AND a.g = b.g', left: ['k', 'g'], right: ['k', 'g'], isOne: true }, { leat: '-1 k -2 m', on: 'a.k = b.m', left: ['k'], right: ['m'], isOne: false },
]);

const leftNames = ['k', 'g', 'v'] as const, rightNames = ['k', 'g', 'm', 'x', 'v'] as const;

/** Both inputs: few keys, in common. Times of both fall together, or a bound apart. */
function inputs(roll: Dice, spans: readonly number[], most: number): { left: Row[]; right: Row[]; memory: string } {
  const keys = [...someKeys(roll).slice(0, 2), ...roll.chance(0.3) ? [null] : []], padded = roll.chance(0.05), base = { spans, most, keys, written: true, close: true, padded, base: baseOf(roll, Math.max(...spans)) };
  return { memory: padded ? ' -S 4096' : '', left: rows(roll, { ...base, names: leftNames }), right: rows(roll, { ...base, names: rightNames, from: 1000 }) };
}

/** What a row looks like (SEMANTICS 8, Fields). `times`: event time has a part in the join. `windows`: window_start and window_end of pairs are in columns of their own. */
function shape(kind: Kind, { left, right, isOne }: Keys, as: string | undefined, times: boolean): string {
  const leftKey = (name: string): string => right[left.indexOf(name)]!;      // `!`: called for keys
  const ours = ['ts', 'id', ...leftNames].map((name) => left.includes(name) ? `CASE WHEN ls IS NULL THEN r.${leftKey(name)} ELSE l.${name} END AS ${name}` : name === 'ts' && times ? 'CASE WHEN ls IS NULL THEN r.ts ELSE l.ts END AS ts' : `l.${name}`);
  if (!pairs(kind)) return ours.join(', ');
  if (as !== undefined) return [...ours, ...['ts', 'id', ...rightNames].map((name) => `r.${name} AS "${as}.${name}"`)].join(', ');
  const all: readonly string[] = ['ts', 'id', ...leftNames], isAlways = leavesRight(kind);
  const theirs = ['ts', 'id', ...rightNames].filter((name) => !(isOne && right.includes(name))).map((name) => all.includes(name) || (isAlways && !right.includes(name)) ? `r.${name} AS ${name}_right` : `r.${name}`);
  return [...ours, ...theirs].join(', ');
}

const options = (roll: Dice, kind: Kind): { readonly text: string; readonly as: string | undefined } => {
  const as = roll.chance(0.15) ? 'other' : undefined;
  return { text: `${kind === 'inner' ? '' : ` --${kind}`}${as === undefined ? '' : ` --as ${as}`}`, as };
};

const onTime = (table: 'l' | 'r', delay: number): string => `SELECT * EXCLUDE (w) FROM (${timed(table, { delay })}) WHERE NOT coalesce(ts < w, false)`;
const lateOnes = (delay: number): string => ['l', 'r'].map((table) => `SELECT id FROM (${timed(table, { delay })}) WHERE coalesce(ts < w, false)`).join(' UNION ALL ');

const interval: Family = { name: 'join-interval', weight: 4, make(roll): Trial {
  const kind = roll.pick(kinds), keys = keysOf(roll), { text, as } = options(roll, kind), delay = roll.pick([0, 0, 1, 5, 20, Infinity]), late = roll.chance(0.3);
  const [lo, hi] = roll.pick([[-5, 5], [-5, 5], [0, 10], [-10, 0], [3, 7], [-7, -3], [0, 0], [-1, 10], [5, 5]]) as [number, number], { left, right, memory } = inputs(roll, [5, 10, 3, 7, ...Number.isFinite(delay) ? [delay] : []], roll.pick([8, 25]));
  const within = lo === -hi && roll.chance(0.7) ? `${hi}ms` : `${lo}ms..${hi}ms`, match = `${keys.on} AND b.ts BETWEEN a.ts + ${lo} AND a.ts + ${hi}`;
  // places: the merge of both inputs by (ts, input, sequence). A pair stands where its later record does; an outer row behind all records up to its deadline, or with its own where that is past.
  const parts: string[] = [];
  if (pairs(kind)) parts.push(`SELECT a.seq AS ls, b.seq AS rs, greatest(a.pos, b.pos) AS o1, 0 AS o2, least(a.pos, b.pos) AS o3, 0 AS o4, 0 AS o5 FROM a JOIN b ON ${match}`);
  if (kind === 'semi') parts.push(`SELECT a.seq, NULL, min(greatest(a.pos, b.pos)), 0, a.pos, 0, 0 FROM a JOIN b ON ${match} GROUP BY a.seq, a.pos`);
  const outer = (side: 'a' | 'b', reach: number): string => `SELECT ${side === 'a' ? 'a.seq, NULL' : 'NULL, b.seq'}, ${reach < 0 ? `${side}.pos, 0` : `(SELECT max(pos) FROM places WHERE places.ts <= ${side}.ts + ${reach}), 1`}, ${side}.ts + ${reach}, ${side}.ts, ${side}.pos
      FROM ${side} WHERE NOT EXISTS (SELECT 1 FROM ${side === 'a' ? 'b' : 'a'} WHERE ${match})`;
  if (leavesLeft(kind)) parts.push(outer('a', hi));
  if (leavesRight(kind)) parts.push(outer('b', -lo));
  return {
    cmd: `join ${keys.leat} --within ${within}${text} --delay ${delayText(delay)}${late ? ' --late LATE' : ''}${memory} RIGHT`, left, right, ordered: true,
    sql: `WITH la AS MATERIALIZED (${onTime('l', delay)}), ra AS MATERIALIZED (${onTime('r', delay)}), places AS (SELECT *, row_number() OVER (ORDER BY ts, side, seq) AS pos FROM (SELECT seq, ts, 0 AS side FROM la UNION ALL SELECT seq, ts, 1 FROM ra)),
      a AS MATERIALIZED (SELECT la.*, pos FROM la JOIN places p ON p.side = 0 AND p.seq = la.seq), b AS MATERIALIZED (SELECT ra.*, pos FROM ra JOIN places p ON p.side = 1 AND p.seq = ra.seq), found(ls, rs, o1, o2, o3, o4, o5) AS (${parts.join(' UNION ALL ')})
      SELECT ${shape(kind, keys, as, true)} FROM found LEFT JOIN l ON l.seq = ls LEFT JOIN r ON r.seq = rs ORDER BY o1, o2, o3, o4, o5`,
    ...late ? { late: lateOnes(delay) } : {},
  };
} };

/** The right row with the greatest (ts, sequence) at or before the left one. */
const asof: Family = { name: 'join-asof', weight: 3, make(roll): Trial {
  const kind = roll.pick<Kind>(['inner', 'left']), keys = keysOf(roll), { text, as } = options(roll, kind), delay = roll.pick([0, 0, 1, 5, 20, Infinity]), late = roll.chance(0.3), tolerance = roll.pick([undefined, undefined, 0, 3, 10]);
  const { left, right, memory } = inputs(roll, [1, 5, 10, ...Number.isFinite(delay) ? [delay] : []], roll.pick([8, 30]));
  return {
    cmd: `join ${keys.leat} --asof${text}${tolerance === undefined ? '' : ` --tolerance ${tolerance}ms`} --delay ${delayText(delay)}${late ? ' --late LATE' : ''}${memory} RIGHT`, left, right, ordered: true,
    sql: `WITH a AS MATERIALIZED (${onTime('l', delay)}), b AS MATERIALIZED (${onTime('r', delay)}),
      near AS (SELECT a.seq AS ls, b.seq AS rs FROM a JOIN b ON ${keys.on} AND b.ts <= a.ts${tolerance === undefined ? '' : ` AND a.ts - b.ts <= ${tolerance}`} QUALIFY row_number() OVER (PARTITION BY a.seq ORDER BY b.ts DESC, b.seq DESC) = 1),
      found AS (SELECT a.seq AS ls, rs, a.ts AS o1 FROM a ${kind === 'left' ? 'LEFT ' : ''}JOIN near ON near.ls = a.seq)
      SELECT ${shape(kind, keys, as, true)} FROM found LEFT JOIN l ON l.seq = ls LEFT JOIN r ON r.seq = rs ORDER BY o1, ls`,
    ...late ? { late: lateOnes(delay) } : {},
  };
} };

/** Left order, partners in right order, then right rows without a partner: of two whole inputs, and of a stream with a table. */
const whole = (name: string, form: (roll: Dice) => string): Family => ({ name, weight: 2, make(roll): Trial {
  const kind = roll.pick(kinds), keys = keysOf(roll), { text, as } = options(roll, kind), { left, right, memory } = inputs(roll, [5], roll.pick([8, 30])), option = form(roll);
  const parts: string[] = [];
  if (pairs(kind)) parts.push(`SELECT a.seq AS ls, b.seq AS rs, a.seq AS o1, b.seq AS o2 FROM l a JOIN r b ON ${keys.on}`);
  if (kind === 'semi') parts.push(`SELECT a.seq, NULL, a.seq, 0 FROM l a WHERE EXISTS (SELECT 1 FROM r b WHERE ${keys.on})`);
  if (leavesLeft(kind)) parts.push(`SELECT a.seq, NULL, a.seq, 0 FROM l a WHERE NOT EXISTS (SELECT 1 FROM r b WHERE ${keys.on})`);
  if (leavesRight(kind)) parts.push(`SELECT NULL, b.seq, 1000000, b.seq FROM r b WHERE NOT EXISTS (SELECT 1 FROM l a WHERE ${keys.on})`);
  return {
    cmd: `join ${keys.leat}${option}${text}${memory} RIGHT`, left, right, ordered: true,
    sql: `WITH found(ls, rs, o1, o2) AS (${parts.join(' UNION ALL ')}) SELECT ${shape(kind, keys, as, false)} FROM found LEFT JOIN l ON l.seq = ls LEFT JOIN r ON r.seq = rs ORDER BY o1, o2`,
  };
} });

/** Windows on both sides: the records of a window and key meet at its close, left order by (ts, sequence), partners likewise, then right rows without a partner. */
const windowed: Family = { name: 'join-window', weight: 3, make(roll): Trial {
  const kind = roll.pick(kinds), keys = keysOf(roll), { text, as } = options(roll, kind), [size, slide] = roll.pick([[10, 10], [10, 10], [5, 5], [10, 4]]) as [number, number], delays = [roll.pick([0, 1, size, Infinity]), roll.pick([0, 1, size])] as const;
  const lateness = [roll.pick([0, 0, 4]), roll.pick([0, 0, 7])] as const, { left, right, memory } = inputs(roll, [size, slide, 1, ...delays.filter(Number.isFinite)], roll.pick([8, 25]));
  const spec = (side: 0 | 1): string => `window ${slide === size ? `${size}ms` : `${size}ms/${slide}ms`} --delay ${delayText(delays[side])}${lateness[side] > 0 ? ` --lateness ${lateness[side]}ms` : ''}`;
  const last = `(ts - ${floorMod('ts', slide)})`, side = (table: 'l' | 'r', n: 0 | 1): string => `SELECT *, start + ${size} AS stop FROM (SELECT *, unnest(range(${last} - ${slide * Math.ceil(size / slide)}, ${last} + 1, ${slide})) AS start FROM (${timed(table, { delay: delays[n] })}))
      WHERE start > ts - ${size} AND NOT coalesce(start + ${size} + ${lateness[n]} <= w, false)`;
  const match = `a.start = b.start AND ${keys.on}`, parts: string[] = [];
  if (pairs(kind)) parts.push(`SELECT a.seq AS ls, b.seq AS rs, a.start AS start, 0 AS o1, a.ts AS o2, a.seq AS o3, b.ts AS o4, b.seq AS o5 FROM a JOIN b ON ${match}`);
  if (kind === 'semi') parts.push(`SELECT a.seq, NULL, a.start, 0, a.ts, a.seq, 0, 0 FROM a WHERE EXISTS (SELECT 1 FROM b WHERE ${match})`);
  if (leavesLeft(kind)) parts.push(`SELECT a.seq, NULL, a.start, 0, a.ts, a.seq, 0, 0 FROM a WHERE NOT EXISTS (SELECT 1 FROM b WHERE ${match})`);
  if (leavesRight(kind)) parts.push(`SELECT NULL, b.seq, b.start, 1, b.ts, b.seq, 0, 0 FROM b WHERE NOT EXISTS (SELECT 1 FROM a WHERE ${match})`);
  return {
    cmd: `${spec(0)} | join ${keys.leat}${text}${memory} RIGHT`, prepare: spec(1), left, right, ordered: true,
    sql: `WITH a AS MATERIALIZED (${side('l', 0)}), b AS MATERIALIZED (${side('r', 1)}), found(ls, rs, start, o1, o2, o3, o4, o5) AS (${parts.join(' UNION ALL ')})
      SELECT ${shape(kind, keys, as, true)}, start AS window_start, start + ${size} AS window_end${as === undefined || !pairs(kind) ? '' : `, CASE WHEN rs IS NOT NULL THEN start END AS "${as}.window_start", CASE WHEN rs IS NOT NULL THEN start + ${size} END AS "${as}.window_end"`}
      FROM found LEFT JOIN l ON l.seq = ls LEFT JOIN r ON r.seq = rs ORDER BY start, o1, o2, o3, o4, o5`,
  };
} };

/** What an interval join puts out, outer rows at their deadline, is late for no window behind it. */
const chain: Family = { name: 'join-chain', weight: 1, make(roll): Trial {
  const kind = roll.pick<Kind>(['inner', 'left', 'semi', 'anti']), [lo, hi] = roll.pick([[-5, 5], [0, 10], [-10, 0], [3, 7]]) as [number, number], delay = roll.pick([0, 1, 5]), size = roll.pick([5, 10]), { left, right } = inputs(roll, [5, 10, 3, 7], 25);
  const match = `a.k = b.k AND b.ts BETWEEN a.ts + ${lo} AND a.ts + ${hi}`;
  const found = pairs(kind) ? `SELECT a.ts FROM a ${kind === 'left' ? 'LEFT ' : ''}JOIN b ON ${match}` : `SELECT a.ts FROM a WHERE ${kind === 'anti' ? 'NOT ' : ''}EXISTS (SELECT 1 FROM b WHERE ${match})`;
  return {
    cmd: `join -j k --within ${lo}ms..${hi}ms${kind === 'inner' ? '' : ` --${kind}`} --delay ${delay}ms RIGHT | window ${size}ms --epoch | agg 'count() as n'`, left, right, ordered: true,
    sql: `WITH a AS MATERIALIZED (${onTime('l', delay)}), b AS MATERIALIZED (${onTime('r', delay)}), found AS (SELECT ts - ${floorMod('ts', size)} AS window_start FROM (${found}))
      SELECT window_start, window_start + ${size} AS window_end, count(*) AS n FROM found GROUP BY window_start ORDER BY window_start`,
  };
} };

export const joins: readonly Family[] = [interval, asof, windowed, chain, whole('join-bounded', () => ''), whole('join-table', () => ' --table')];
