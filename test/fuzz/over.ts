// The family of agg --over: SQL's OVER, partitions, rows and range frames with both bounds inside, ranks and neighbours. Rows in (ts, input) order; a record behind W is late.
import type { Dice } from '../harness/random.js';
import { names } from './aggregates.js';
import type { Family } from './family.js';
import { rows } from './rows.js';
import type { Name } from './rows.js';
import { delayText, fields, timed } from './sql.js';

interface Step { readonly leat: string; readonly sql: string; readonly needs: readonly Name[] }

/** A function, its partition and its frame. Ranks go by ts alone, so that equal times are peers; row numbers and neighbours by (ts, input). */
function step(roll: Dice): Step {
  const by = roll.pick<Name | undefined>([undefined, 'k', 'k', 'g']), part = by === undefined ? '' : `PARTITION BY ${by} `, end = `${by === undefined ? '' : ` by ${by}`} order ts`, needs: readonly Name[] = by === undefined ? [] : [by];
  const peers = `OVER (${part}ORDER BY ts)`, single = `OVER (${part}ORDER BY ts, seq)`;
  const plain = roll.pick<[string, string, readonly Name[]]>([['row_number()', `row_number() ${single}`, []], ['rank()', `rank() ${peers}`, []], ['dense_rank()', `dense_rank() ${peers}`, []],
    ['lag(v)', `lag(v) ${single}`, ['v']], ['lag(id, 2)', `lag(id, 2) ${single}`, []], ['lead(v)', `lead(v) ${single}`, ['v']], ['lead(id, 3)', `lead(id, 3) ${single}`, []]]);
  const framed = roll.pick<[string, (frame: string) => string, readonly Name[]]>([['sum(v)', (frame) => `sum(v) ${frame}`, ['v']], ['count()', (frame) => `count(*) ${frame}`, []], ['count(v)', (frame) => `count(v) ${frame}`, ['v']],
    ['avg(x)', (frame) => `avg(x) ${frame}`, ['x']], ['min(m)', (frame) => `min(m) ${frame}`, ['m']], ['max(b)', (frame) => `max(b) ${frame}`, ['b']], ['sum(v) where v > 3', (frame) => `sum(v) FILTER (WHERE v > 3) ${frame}`, ['v']]]);
  if (roll.chance(0.35)) return { leat: `${plain[0]} as NAME${end}`, sql: plain[1], needs: [...needs, ...plain[2]] };
  const n = roll.pick([0, 1, 2, 5]), distance = roll.pick([0, 1, 5, 10]);
  const [frame, sql] = roll.pick([[` rows ${n}`, `OVER (${part}ORDER BY ts, seq ROWS BETWEEN ${n} PRECEDING AND CURRENT ROW)`], [` range ${distance}ms`, `OVER (${part}ORDER BY ts RANGE BETWEEN ${distance} PRECEDING AND CURRENT ROW)`]] as const);
  return { leat: `${framed[0]} as NAME${end}${frame}`, sql: framed[1](sql), needs: [...needs, ...framed[2]] };
}

const over: Family = { name: 'over', weight: 3, make(roll) {
  const steps = Array.from({ length: 1 + roll.below(3) }, () => step(roll)), delay = roll.pick([0, 0, 1, 5, 20, Infinity]), late = roll.chance(0.4), used = names(...steps.map(({ needs }) => needs));
  const left = rows(roll, { names: used, spans: [5, 10, ...Number.isFinite(delay) ? [delay] : []], most: roll.pick([10, 50]) });
  return {
    cmd: `watermark --delay ${delayText(delay)} | agg --over '${steps.map(({ leat }, i) => leat.replace('NAME', `o${i}`)).join(', ')}'${late ? ' --late LATE' : ''}`, left, ordered: true,
    sql: `WITH timed AS (SELECT * FROM (${timed('l', { delay })}) WHERE NOT coalesce(ts < w, false)) SELECT ${fields('', used)}, ${steps.map(({ sql }, i) => `${sql} AS o${i}`).join(', ')} FROM timed ORDER BY ts, seq`,
    ...late ? { late: `SELECT id FROM (${timed('l', { delay })}) WHERE coalesce(ts < w, false) ORDER BY seq` } : {},
  };
} };

export const overs: readonly Family[] = [over];
