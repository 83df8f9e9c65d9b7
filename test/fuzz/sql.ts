// Pieces of queries that families share: W before each record, lateness, floored remainders. DuckDB's time_bucket and % on negative numbers are not what SEMANTICS means: never used alone.

/** `floorMod(x, n)` of SEMANTICS 5. */
export const floorMod = (x: string, n: number): string => `(((${x}) % ${n} + ${n}) % ${n})`;

export interface Time { readonly delay: number; readonly every?: number; readonly per?: boolean }

/** The records of a table with W before each of them as column `w` (NULL: −∞): W(n) = max(ts of records 1..n) − delay; --per: the minimum over the sources seen, never falling; --every rounds down. */
export function timed(table: string, { delay, every = 0, per = false }: Time): string {
  const before = 'OVER (ORDER BY seq ROWS BETWEEN UNBOUNDED PRECEDING AND 1 PRECEDING)';
  const from = per ? `(SELECT *, (SELECT min(most) FROM (SELECT max(o.ts) AS most FROM ${table} o WHERE o.seq <= ${table}.seq GROUP BY o.src)) AS least FROM ${table})` : table;
  const w = delay === Infinity ? 'NULL::BIGINT' : `max(${per ? 'least' : 'ts'}) ${before} - ${delay}`;
  return every === 0 ? `SELECT *, ${w} AS w FROM ${from}` : `SELECT * REPLACE (w - ${floorMod('w', every)} AS w) FROM (SELECT *, ${w} AS w FROM ${from})`;
}

export const delayText = (delay: number): string => delay === Infinity ? 'inf' : `${delay}ms`;

/** Options of `watermark` that say the same as `timed`. */
export const timeOptions = ({ delay, every = 0, per = false }: Time): string => `--delay ${delayText(delay)}${every > 0 ? ` --every ${every}ms` : ''}${per ? ' --per src' : ''}`;

/** All fields of a record, for a SELECT: `prefix` names the table ("l."), `suffix` comes behind the names ("_right"). */
export const fields = (prefix: string, names: readonly string[], suffix = ''): string => [...new Set(['ts', 'id', ...names])].map((name) => `${prefix}${name}${suffix === '' ? '' : ` AS ${name}${suffix}`}`).join(', ');
