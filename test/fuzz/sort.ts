// Families of sort: by keys, top n (whole, per group, with ties), all of it inside windows, and by time.
import type { Dice } from '../harness/random.js';
import type { Family } from './family.js';
import { rows } from './rows.js';
import type { Name } from './rows.js';
import { delayText, fields, floorMod, timed } from './sql.js';

/** Keys to sort by, as leat and as DuckDB say them. Null is the least value: first, or with :desc last; :nulls-last and :nulls-first say it. */
function order(roll: Dice): { leat: string; sql: string; needs: Name[] } {
  const names = roll.shuffled<Name>(['v', 'm', 'x', 'b', 'g', 'c']).slice(0, 1 + roll.below(2)), keys = names.map((name) => ({ name, desc: roll.chance(0.4), nulls: roll.pick([undefined, undefined, undefined, 'last', 'first']) }));
  return {
    leat: keys.map(({ name, desc, nulls }) => `${name}${desc ? ':desc' : ''}${nulls === undefined ? '' : `:nulls-${nulls}`}`).join(', '), needs: names,
    sql: keys.map(({ name, desc, nulls }) => `${name}${desc ? ' DESC' : ''} NULLS ${(nulls ?? (desc ? 'last' : 'first')).toUpperCase()}`).join(', '),
  };
}

interface Top { readonly leat: string; readonly needs: readonly Name[]; sql(order: string, part: string): string }
/** --top n, per group with --by, all of a tie with --ties: what a QUALIFY says. `part`: what else parts the records (windows). */
function top(roll: Dice, always: boolean): Top {
  if (!always && roll.chance(0.5)) return { leat: '', needs: [], sql: () => '' };
  const n = roll.pick([1, 2, 3, 10]), by = roll.pick<Name | undefined>([undefined, 'k', 'g']), ties = roll.chance(0.4);
  return {
    leat: ` --top ${n}${by === undefined ? '' : ` --by ${by}`}${ties ? ' --ties' : ''}`, needs: by === undefined ? [] : [by],
    sql: (sorted, part) => ` QUALIFY ${ties ? 'rank' : 'row_number'}() OVER (${[part, by].filter((each) => each !== undefined && each !== '').length > 0 ? `PARTITION BY ${[...part === '' ? [] : [part], ...by === undefined ? [] : [by]].join(', ')} ` : ''}ORDER BY ${sorted}${ties ? '' : ', seq'}) <= ${n}`,
  };
}

const whole = (name: string, weight: number, always: boolean): Family => ({ name, weight, make(roll) {
  const by = order(roll), most = top(roll, always), names = [...by.needs, ...most.needs], padded = roll.chance(0.05), left = rows(roll, { names, spans: [5], most: 60, padded });
  return { cmd: `sort -k '${by.leat}'${most.leat}${padded ? ' -S 4096' : ''}`, left, ordered: true, sql: `SELECT ${fields('', names)} FROM l${most.sql(by.sql, '')} ORDER BY ${by.sql}, seq` };
} });

/** Inside each window, at its close. */
const windowed: Family = { name: 'sort-window', weight: 2, make(roll) {
  const by = order(roll), most = top(roll, false), names = [...by.needs, ...most.needs], size = roll.pick([5, 10]), slide = roll.pick([size, size, 3]), delay = roll.pick([0, 1, size, Infinity]), lateness = roll.pick([0, 0, 4]), padded = roll.chance(0.05);
  const left = rows(roll, { names, padded, spans: [size, slide, ...Number.isFinite(delay) ? [delay] : []], most: 40 }), last = `(ts - ${floorMod('ts', slide)})`;
  return {
    cmd: `window ${slide === size ? `${size}ms` : `${size}ms/${slide}ms`} --delay ${delayText(delay)}${lateness > 0 ? ` --lateness ${lateness}ms` : ''} | sort -k '${by.leat}'${most.leat}${padded ? ' -S 4096' : ''}`, left, ordered: true,
    sql: `WITH timed AS (${timed('l', { delay })}), pairs AS (SELECT *, start + ${size} AS stop FROM (SELECT *, unnest(range(${last} - ${slide * Math.ceil(size / slide)}, ${last} + 1, ${slide})) AS start FROM timed) WHERE start > ts - ${size})
      SELECT ${fields('', names)}, start AS window_start, stop AS window_end FROM pairs WHERE NOT coalesce(stop + ${lateness} <= w, false)${most.sql(by.sql, 'start')} ORDER BY stop, start, ${by.sql}, seq`,
  };
} };

/** Released once W has passed them, in (ts, input) order; a record behind W is late. */
const byTime: Family = { name: 'sort-by-time', weight: 2, make(roll) {
  const delay = roll.pick([0, 1, 5, 20, Infinity]), late = roll.chance(0.5), left = rows(roll, { names: ['v'], spans: [5, ...Number.isFinite(delay) ? [delay] : []], most: 60 });
  return {
    cmd: `watermark --delay ${delayText(delay)} | sort --by-time${late ? ' --late LATE' : ''}`, left, ordered: true,
    sql: `SELECT ${fields('', ['v'])} FROM (${timed('l', { delay })}) WHERE NOT coalesce(ts < w, false) ORDER BY ts, seq`,
    ...late ? { late: `SELECT id FROM (${timed('l', { delay })}) WHERE coalesce(ts < w, false) ORDER BY seq` } : {},
  };
} };

export const sorts: readonly Family[] = [whole('sort', 2, false), whole('top', 3, true), windowed, byTime];
