// The functions of expressions in the SQL of each engine: by name, what a call takes and gives, and its forms. A table; a name or an engine that is missing is refused by name.
// Owns: those forms, with leat's rules: positions from 0 in code points, null for what is not there, ASCII capitals. Must not: know expressions.
import { listOf, nullable, scalar } from '../../fields.js';
import type { Type } from '../../types.js';
import { parseDuration } from '../../../time/duration.js';
import type { Dialect, Engine, Form } from './dialect.js';
import { unsupported } from '../target.js';
import type { Unsupported } from '../target.js';

/** What an argument must be. numeric: an integer or a number, as it is; number: an integer is made a double. */
export type Takes = 'string' | 'number' | 'numeric' | 'integer' | 'boolean' | 'list' | 'any';
type Made = (args: readonly string[], dialect: Dialect) => string;
type Said = Form | Made;

/** One way to call a function. */
export interface Way {
  readonly takes: readonly Takes[];
  readonly gives: Type['kind'] | ((types: readonly Type[]) => Type);
  readonly as?: 'ms';
  /** Digits may differ between engines. */
  readonly approx?: true;
  readonly duckdb: Said; readonly spark: Said; readonly flink: Said;
}
export type Functions = ReadonlyMap<string, readonly Way[]>;

/** A form that is the same in all. */
const all = (sql: Said): Pick<Way, Engine> => ({ duckdb: sql, spark: sql, flink: sql });
const way = (takes: readonly Takes[], gives: Way['gives'], forms: Pick<Way, Engine>, more: Partial<Pick<Way, 'as' | 'approx'>> = {}): Way => ({ takes, gives, ...forms, ...more });
const like = (i: number) => (types: readonly Type[]): Type => nullable(types[i]);
const text = scalar('string', true);

const isLiteral = (sql: string): boolean => /^'(?:[^'\\]|''|\\.)*'$/s.test(sql), isWhole = (sql: string): boolean => /^\d+$/.test(sql);
/** A constant text as it was before an engine's quotes. */
const literalOf = (sql: string, { name }: Dialect): string => name === 'spark' ? sql.slice(1, -1).replace(/\\(.)/gs, '$1') : sql.slice(1, -1).replaceAll("''", "'");
const capitals = 'ABCDEFGHIJKLMNOPQRSTUVWXYZ', small = capitals.toLowerCase();
const blanks = ' \t\n\v\f\r\u00a0\u1680\u2000\u2001\u2002\u2003\u2004\u2005\u2006\u2007\u2008\u2009\u200a\u2028\u2029\u202f\u205f\u3000\ufeff';

const lengthIn: Readonly<Record<Engine, string>> = { duckdb: 'length', spark: 'char_length', flink: 'CHAR_LENGTH' };
/** Characters from..to (SQL, from 0, negative ones from the end) of a text. */
const slice: Made = ([s, from, to], { name, type }) => {
  const length = name === 'flink' ? `CAST(CHAR_LENGTH(${s}) AS ${type(scalar('integer', true))})` : `${lengthIn[name]}(${s})`;
  const at = (position: string): string => isWhole(position) ? position : `CASE WHEN ${position} < 0 THEN GREATEST(${length} + ${position}, 0) ELSE ${position} END`;
  const start = at(from), cast = (sql: string): string => name === 'duckdb' ? sql : `CAST(${sql} AS INT)`;
  if (to === undefined) return `substring(${s}, ${cast(isWhole(start) ? String(Number(start) + 1) : `${start} + 1`)}, ${cast(length)})`;
  const end = at(to), count = isWhole(start) && isWhole(end) ? String(Math.max(0, Number(end) - Number(start))) : `GREATEST((${end}) - (${start}), 0)`;
  return `substring(${s}, ${cast(isWhole(start) ? String(Number(start) + 1) : `(${start}) + 1`)}, ${cast(count)})`;
};
const right: Made = ([s, n], dialect) => isWhole(n) && n !== '0' ? slice([s, `(-${n})`], dialect) : `CASE WHEN ${n} = 0 THEN '' ELSE ${slice([s, `(- ${n})`], dialect)} END`;
const pad = (fn: string): Made => ([s, n, c = "' '"], { name }) => `CASE WHEN ${lengthIn[name]}(${s}) >= ${n} OR ${c} = '' THEN ${s} ELSE ${fn}(${s}, CAST(${n} AS INT), ${c}) END`;
const trim = (side: string): Pick<Way, Engine> => {
  const duck = side === 'BOTH' ? 'trim' : side === 'LEADING' ? 'ltrim' : 'rtrim', standard = `TRIM(${side} '${blanks}' FROM $1)`;
  return { duckdb: `${duck}($1, '${blanks}')`, spark: standard, flink: standard };
};
/** `to` of replace(): $1 as the engine has it; undefined: more than groups. */
const replacement = (sql: string, dialect: Dialect): string | undefined => {
  const { name } = dialect;
  if (!isLiteral(sql)) return undefined;
  const given = literalOf(sql, dialect);
  if (name === 'flink') return /\$|\\/.test(given) ? undefined : given;   // it takes the text as it is
  if (/\$(?![1-9](?!\d)|\$)/.test(given)) return undefined;
  return name === 'duckdb' ? given.replaceAll('\\', '\\\\').replace(/\$(\$|\d)/g, (_, part: string) => part === '$' ? '$' : `\\${part}`) : given.replaceAll('\\', '\\\\').replaceAll('$$', '\\$');
};
const replaced = (form: (s: string, re: string, to: string) => string): Made => ([s, re, to], dialect) => {
  const made = replacement(to, dialect);
  if (made === undefined) throw new Missing('what replaces a match is a constant text with $1 to $9 only');
  return form(s, re, dialect.text(made));
};
/** Thrown by a form: it cannot say this call. */
export class Missing extends Error {}

const duration = (sql: string, dialect: Dialect): number => {
  if (!isLiteral(sql)) throw new Missing('a duration is a constant, like "1h"');
  return parseDuration(literalOf(sql, dialect));
};
const floorTime: Made = ([ms, size], dialect) => {
  const by = duration(size, dialect), { name } = dialect;
  if (by === 0) throw new Missing('a duration is above 0');
  const mod = (a: string): string => name === 'flink' ? `MOD(${a}, ${by})` : `(${a} % ${by})`;
  return `(${ms} - ${mod(`${mod(ms)} + ${by}`)})`;
};

const instantIn: Readonly<Record<Engine, string>> = { duckdb: 'make_timestamp($1 * 1000)', spark: 'timestamp_millis($1)', flink: 'TO_TIMESTAMP_LTZ($1, 3)' };
const zoned: Readonly<Record<Engine, string | undefined>> = { duckdb: "timezone($2, make_timestamptz($1 * 1000))", spark: 'from_utc_timestamp(timestamp_millis($1), $2)', flink: undefined };
/** A field of the calendar, in UTC or in a zone; `$t` is the time. */
const calendar = (gives: Way['gives'], forms: Readonly<Record<Engine, string>>): readonly Way[] => [
  way(['integer'], gives, { duckdb: forms.duckdb.replace('$t', instantIn.duckdb), spark: forms.spark.replace('$t', instantIn.spark), flink: forms.flink.replace('$t', instantIn.flink) }),
  way(['integer', 'string'], gives, { duckdb: forms.duckdb.replace('$t', zoned.duckdb!), spark: forms.spark.replace('$t', zoned.spark!), flink: undefined }),   // `!`: they stand above
];
const part = (name: string, spark = name.toLowerCase()): readonly Way[] => calendar('integer', { duckdb: `date_part('${name.toLowerCase()}', $t)`, spark: `CAST(${spark}($t) AS BIGINT)`, flink: `EXTRACT(${name} FROM $t)` });

const javaPattern: Readonly<Record<string, string>> = { Y: 'yyyy', m: 'MM', d: 'dd', H: 'HH', M: 'mm', S: 'ss' };
/** A strftime format as Java has it. */
const javaFormat = (sql: string, dialect: Dialect): string => {
  if (!isLiteral(sql)) throw new Missing('a format is a constant');
  return literalOf(sql, dialect).replace(/%(.)|([A-Za-z]+)|'/g, (whole: string, code?: string, letters?: string) => {
    if (letters !== undefined) return `'${letters}'`;
    if (whole === "'") return "''";
    const found = code === '%' ? '%' : javaPattern[code ?? ''];
    if (found === undefined) throw new Missing(`${whole} of a format is not said alike everywhere`);
    return found;
  });
};
const numeral = "'^[+-]?([0-9]+([.][0-9]*)?|[.][0-9]+)([eE][+-]?[0-9]+)?$'";
const positive = (fn: string): Pick<Way, Engine> => all(`CASE WHEN $1 > 0 THEN ${fn}($1) END`);
const whole = (duck: string, others: string): readonly Way[] => [way(['integer'], 'integer', all('$1')), way(['number'], 'integer', { duckdb: `CAST(${duck} AS BIGINT)`, spark: others === '$1' ? 'CAST($1 AS BIGINT)' : `CAST(${others} AS BIGINT)`, flink: `CAST(${others} AS BIGINT)` })];
const power: Made = ([x, y]) => `CASE WHEN (${x} < 0E0 AND ${y} <> FLOOR(${y})) OR (${x} = 0E0 AND ${y} < 0E0) THEN NULL ELSE POWER(${x}, ${y}) END`;

const table: Readonly<Record<string, readonly Way[]>> = {
  length: [way(['string'], 'integer', { duckdb: 'length($1)', spark: 'CAST(char_length($1) AS BIGINT)', flink: 'CAST(CHAR_LENGTH($1) AS BIGINT)' }), way(['list'], 'integer', { duckdb: 'len($1)', spark: 'CAST(size($1) AS BIGINT)', flink: 'CAST(CARDINALITY($1) AS BIGINT)' })],
  lower: [way(['string'], 'string', all(`translate($1, '${capitals}', '${small}')`))],
  upper: [way(['string'], 'string', all(`translate($1, '${small}', '${capitals}')`))],
  trim: [way(['string'], 'string', trim('BOTH'))],
  trim_start: [way(['string'], 'string', trim('LEADING'))],
  trim_end: [way(['string'], 'string', trim('TRAILING'))],
  slice: [way(['string', 'integer'], 'string', all(slice)), way(['string', 'integer', 'integer'], 'string', all(slice))],
  left: [way(['string', 'integer'], 'string', all(([s, n], dialect) => slice([s, '0', n], dialect)))],
  right: [way(['string', 'integer'], 'string', all(right))],
  concat: [way(['string'], 'string', all((args) => `(${args.join(' || ')})`))],
  contains: [way(['string', 'string'], 'boolean', { duckdb: 'contains($1, $2)', spark: 'contains($1, $2)', flink: '(POSITION($2 IN $1) > 0)' }), way(['list', 'any'], 'boolean', { duckdb: 'CASE WHEN $2 IS NOT NULL THEN list_contains($1, $2) END', spark: 'CASE WHEN $1 IS NOT NULL AND $2 IS NOT NULL THEN COALESCE(array_contains($1, $2), FALSE) END', flink: 'CASE WHEN $1 IS NOT NULL AND $2 IS NOT NULL THEN ARRAY_CONTAINS($1, $2) END' })],
  starts_with: [way(['string', 'string'], 'boolean', { duckdb: 'starts_with($1, $2)', spark: 'startswith($1, $2)', flink: 'STARTSWITH($1, $2)' })],
  ends_with: [way(['string', 'string'], 'boolean', { duckdb: 'ends_with($1, $2)', spark: 'endswith($1, $2)', flink: 'ENDSWITH($1, $2)' })],
  index_of: [way(['string', 'string'], 'integer', { duckdb: '(NULLIF(strpos($1, $2), 0) - 1)', spark: 'CAST(NULLIF(instr($1, $2), 0) - 1 AS BIGINT)', flink: 'CAST(NULLIF(POSITION($2 IN $1), 0) - 1 AS BIGINT)' })],
  pad_start: [way(['string', 'integer'], 'string', all(pad('lpad'))), way(['string', 'integer', 'string'], 'string', all(pad('lpad')))],
  pad_end: [way(['string', 'integer'], 'string', all(pad('rpad'))), way(['string', 'integer', 'string'], 'string', all(pad('rpad')))],
  repeat: [way(['string', 'integer'], 'string', { duckdb: 'repeat($1, GREATEST($2, 0))', spark: 'repeat($1, CAST($2 AS INT))', flink: 'REPEAT($1, CAST($2 AS INT))' })],
  reverse: [way(['string'], 'string', { duckdb: undefined, spark: 'reverse($1)', flink: 'REVERSE($1)' })],
  split: [way(['string', 'string'], () => listOf(text, true), {
    duckdb: 'string_split($1, $2)', flink: 'SPLIT($1, $2)',
    spark: ([s, by], dialect) => { if (!isLiteral(by)) throw new Missing('what splits a text is a constant'); return `split(${s}, ${dialect.text(literalOf(by, dialect).replace(/[.*+?^${}()|[\]\\]/g, '\\$&'))}, -1)`; },
  })],
  matches: [way(['string', 'any'], 'boolean', { duckdb: 'regexp_matches($1, $2)', spark: '($1 RLIKE $2)', flink: 'REGEXP($1, $2)' })],
  extract: [
    way(['string', 'any'], 'string', { duckdb: 'CASE WHEN regexp_matches($1, $2) THEN regexp_extract($1, $2) END', spark: 'CASE WHEN $1 RLIKE $2 THEN regexp_extract($1, $2, 0) END', flink: 'REGEXP_EXTRACT($1, $2, 0)' }),
    way(['string', 'any', 'integer'], 'string', { duckdb: 'CASE WHEN regexp_matches($1, $2) THEN regexp_extract($1, $2, $3) END', spark: 'CASE WHEN $1 RLIKE $2 THEN regexp_extract($1, $2, $3) END', flink: 'REGEXP_EXTRACT($1, $2, $3)' }),
  ],
  abs: [way(['numeric'], like(0), all('ABS($1)'))],
  sign: [way(['numeric'], 'integer', { duckdb: 'CAST(sign($1) AS BIGINT)', spark: 'CAST(sign($1) AS BIGINT)', flink: 'CAST(SIGN($1) AS BIGINT)' })],
  floor: whole('floor($1)', 'FLOOR($1)'), ceil: whole('ceil($1)', 'CEIL($1)'), trunc: whole('trunc($1)', '$1'),
  round: [
    way(['integer'], 'integer', all('$1')),
    way(['number'], 'integer', { duckdb: (args, { decimal }) => `CAST(round(${decimal(args[0])}, 0) AS BIGINT)`, spark: 'CAST(round($1) AS BIGINT)', flink: (args, { decimal }) => `CAST(ROUND(${decimal(args[0])}, 0) AS BIGINT)` }),
    way(['number', 'integer'], 'number', { duckdb: (args, { decimal }) => `CAST(round(${decimal(args[0])}, ${args[1]}) AS DOUBLE)`, spark: ([x, digits]) => { if (!/^\(?-?\d+\)?$/.test(digits)) throw new Missing('the digits are a constant'); return `round(${x}, ${digits})`; }, flink: (args, { decimal }) => `CAST(ROUND(${decimal(args[0])}, CAST(${args[1]} AS INT)) AS DOUBLE)` }),
  ],
  sqrt: [way(['number'], 'number', all('CASE WHEN $1 >= 0 THEN SQRT($1) END'))],
  cbrt: [way(['number'], 'number', { duckdb: 'cbrt($1)', spark: 'cbrt($1)', flink: undefined }, { approx: true })],
  exp: [way(['number'], 'number', all('EXP($1)'), { approx: true })],
  ln: [way(['number'], 'number', positive('LN'), { approx: true })],
  log2: [way(['number'], 'number', positive('LOG2'), { approx: true })],
  log10: [way(['number'], 'number', positive('LOG10'), { approx: true })],
  pow: [way(['number', 'number'], 'number', all(power), { approx: true })],
  sin: [way(['number'], 'number', all('SIN($1)'), { approx: true })], cos: [way(['number'], 'number', all('COS($1)'), { approx: true })], tan: [way(['number'], 'number', all('TAN($1)'), { approx: true })],
  atan2: [way(['number', 'number'], 'number', all('ATAN2($1, $2)'), { approx: true })],
  clamp: [way(['integer', 'integer', 'integer'], 'integer', all('CASE WHEN $1 < $2 THEN $2 WHEN $1 > $3 THEN $3 WHEN $2 <= $3 THEN $1 END')), way(['number', 'number', 'number'], 'number', all('CASE WHEN $1 < $2 THEN $2 WHEN $1 > $3 THEN $3 WHEN $2 <= $3 THEN $1 END'))],
  bit_and: [way(['integer', 'integer'], 'integer', { duckdb: '($1 & $2)', spark: '($1 & $2)', flink: undefined })],
  bit_or: [way(['integer', 'integer'], 'integer', { duckdb: '($1 | $2)', spark: '($1 | $2)', flink: undefined })],
  bit_xor: [way(['integer', 'integer'], 'integer', { duckdb: 'xor($1, $2)', spark: '($1 ^ $2)', flink: undefined })],
  time: [way(['string'], 'integer', all(([s], { instantOf }) => instantOf(s)))],
  iso: [way(['integer'], 'time', all('$1'), { as: 'ms' })],
  year: part('YEAR'), month: part('MONTH'), day: part('DAY'), hour: part('HOUR'), minute: part('MINUTE'), second: part('SECOND'),
  weekday: calendar('integer', { duckdb: "date_part('isodow', $t)", spark: 'CAST(weekday($t) + 1 AS BIGINT)', flink: '(MOD(DAYOFWEEK($t) + 5, 7) + 1)' }),
  date: calendar('string', { duckdb: "strftime($t, '%Y-%m-%d')", spark: "date_format($t, 'yyyy-MM-dd')", flink: "DATE_FORMAT($t, 'yyyy-MM-dd')" }),
  strftime: [way(['integer', 'string'], 'string', {
    duckdb: ([ms, format], dialect) => { javaFormat(format, dialect); return `strftime(make_timestamp(${ms} * 1000), ${format})`; },
    spark: ([ms, format], dialect) => `date_format(timestamp_millis(${ms}), ${dialect.text(javaFormat(format, dialect))})`, flink: ([ms, format], dialect) => `DATE_FORMAT(TO_TIMESTAMP_LTZ(${ms}, 3), ${dialect.text(javaFormat(format, dialect))})`,
  })],
  floor_time: [way(['integer', 'string'], 'integer', all(floorTime))],
  duration: [way(['string'], 'integer', all(([text], dialect) => String(duration(text, dialect))))],
  nullif: [way(['string', 'string'], 'string', all('NULLIF($1, $2)')), way(['numeric', 'numeric'], like(0), all('NULLIF($1, $2)')), way(['boolean', 'boolean'], 'boolean', all('NULLIF($1, $2)'))],
  type: [
    way(['boolean'], 'string', all("CASE WHEN $1 IS NULL THEN 'null' ELSE 'boolean' END")), way(['numeric'], 'string', all("CASE WHEN $1 IS NULL THEN 'null' ELSE 'number' END")),
    way(['string'], 'string', all("CASE WHEN $1 IS NULL THEN 'null' ELSE 'string' END")), way(['list'], 'string', all("CASE WHEN $1 IS NULL THEN 'null' ELSE 'array' END")),
  ],
  number: [
    way(['numeric'], like(0), all('$1')), way(['boolean'], 'integer', all('CASE $1 WHEN TRUE THEN 1 WHEN FALSE THEN 0 END')),
    way(['string'], 'number', { duckdb: `CASE WHEN regexp_matches(trim($1), ${numeral}) THEN CAST(trim($1) AS DOUBLE) END`, spark: `CASE WHEN trim($1) RLIKE ${numeral} THEN CAST(trim($1) AS DOUBLE) END`, flink: `CASE WHEN REGEXP(TRIM($1), ${numeral}) THEN CAST(TRIM($1) AS DOUBLE) END` }),
  ],
  integer: [
    way(['integer'], 'integer', all('$1')), way(['number'], 'integer', { duckdb: 'CAST(trunc($1) AS BIGINT)', spark: 'CAST($1 AS BIGINT)', flink: 'CAST($1 AS BIGINT)' }), way(['boolean'], 'integer', all('CASE $1 WHEN TRUE THEN 1 WHEN FALSE THEN 0 END')),
    way(['string'], 'integer', { duckdb: `CASE WHEN regexp_matches(trim($1), ${numeral}) THEN CAST(trunc(CAST(trim($1) AS DECIMAL(38, 9))) AS BIGINT) END`, spark: `CASE WHEN trim($1) RLIKE ${numeral} THEN CAST(CAST(trim($1) AS DECIMAL(38, 9)) AS BIGINT) END`, flink: `CASE WHEN REGEXP(TRIM($1), ${numeral}) THEN CAST(CAST(TRIM($1) AS DECIMAL(38, 9)) AS BIGINT) END` }),
  ],
  first: [way(['list'], ([list]) => nullable(list.kind === 'list' ? list.of : list), all(([list], { element }) => element(list, '0')))],
  md5: [way(['string'], 'string', all('md5($1)'))],
  sha256: [way(['string'], 'string', { duckdb: 'sha256($1)', spark: 'sha2($1, 256)', flink: 'SHA256($1)' })],
  base64: [way(['string'], 'string', { duckdb: 'to_base64(encode($1))', spark: undefined, flink: 'TO_BASE64($1)' })],
  crc32: [way(['string'], 'integer', { duckdb: undefined, spark: 'crc32($1)', flink: undefined })],
};

/** replace() has a text or a pattern for what is replaced; which one is seen in the call. */
const replaceText: readonly Way[] = [way(['string', 'string', 'string'], 'string', all('REPLACE($1, $2, $3)'))];
const replaceRegex: readonly Way[] = [way(['string', 'any', 'string'], 'string', {
  duckdb: replaced((s, re, to) => `regexp_replace(${s}, ${re}, ${to}, 'g')`), spark: replaced((s, re, to) => `regexp_replace(${s}, ${re}, ${to})`), flink: replaced((s, re, to) => `REGEXP_REPLACE(${s}, ${re}, ${to})`),
})];
const ways: Functions = new Map([...Object.entries(table), ['replace', replaceText], ['replace /re/', replaceRegex]]);

const suits = (takes: Takes, { kind }: Type): boolean => takes === 'any' || (takes === 'string' ? kind === 'string' || kind === 'time' : takes === 'number' || takes === 'numeric' ? kind === 'number' || kind === 'integer' : takes === kind);

export interface Found { readonly takes: readonly Takes[]; readonly gives: Type; readonly as?: 'ms'; readonly approx: boolean; readonly sql: string | Made }

/** The form of a call by the types of its arguments; or why there is none. */
export function formOf(name: string, types: readonly Type[], engine: Engine, own: Functions): Found | Unsupported {
  const known = own.get(name) ?? ways.get(name), title = engine === 'duckdb' ? 'DuckDB' : engine === 'flink' ? 'Flink' : 'Spark';
  if (known === undefined || known.every((each) => each[engine] === undefined)) return unsupported(`${name.replace(' /re/', '() with a pattern')}${name.includes(' ') ? '' : '()'} has no form in ${title} with the same results`, 'work it out with leat map first, or --functions FILE gives it one');
  const fits = known.filter(({ takes }) => (takes.length === types.length || (takes.length === 1 && name === 'concat')) && types.every((type, i) => suits(takes[Math.min(i, takes.length - 1)], type)));
  const found = fits.find((each) => each[engine] !== undefined);
  if (found === undefined) return fits.length > 0 ? unsupported(`this call of ${name}() has no form in ${title} with the same results`, 'fewer arguments; or work it out with leat map first') : unsupported(`${name}() of ${types.map(({ kind }) => kind).join(', ')}: leat would give null or knows the type only with each record`, 'number(x) or string(x)');
  const sql = found[engine]!;                              // `!`: found by it
  return { takes: found.takes, gives: typeof found.gives === 'function' ? found.gives(types) : scalar(found.gives as 'string', true), approx: found.approx === true, sql, ...found.as === undefined ? {} : { as: found.as } };
}

/** Names with a form in an engine. */
export const functionNames = (engine: Engine): ReadonlySet<string> => new Set(['coalesce', 'is_null', 'string', 'least', 'greatest', ...[...ways].filter(([, all]) => all.some((each) => each[engine] !== undefined)).map(([name]) => name.split(' ')[0])]);
