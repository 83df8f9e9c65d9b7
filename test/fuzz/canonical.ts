// Results in one form: fields in order of their names, null fields left out (missing ≡ null), times of windows and records in ms, numbers by value.

/** A line of NDJSON that a tool printed. Integers beyond 2^53 keep their digits; pads that are whole (rows.ts) are left out. */
export function canonicalLine(line: string): string {
  try { return canonical(JSON.parse(withoutPads(line).replaceAll(/(?<=[:[,]\s*)-?\d{16,}(?=\s*[,}\]])/g, '"#$&"')) as Record<string, unknown>); } catch { return `no JSON: ${line}`; }
}

export const canonical = (row: Readonly<Record<string, unknown>>): string =>
  `{${flat(row, '').filter(([, value]) => value !== null && value !== undefined).sort(([a], [b]) => a < b ? -1 : 1).map(([name, value]) => `${JSON.stringify(name)}:${text(isTime.test(name) ? ms(value) : value)}`).join(',')}}`;

/** Nested objects by their paths: the right record under NAME of join --as is NAME.ts, NAME.id, … */
const flat = (row: Readonly<Record<string, unknown>>, before: string): [string, unknown][] =>
  Object.entries(row).flatMap(([name, value]): [string, unknown][] => value !== null && typeof value === 'object' && !Array.isArray(value) ? flat(value as Record<string, unknown>, `${before}${name}.`) : [[before + name, value]]);

const isTime = /^(.*\.)?(ts|window_start|window_end)(_right)?$/;
const ms = (value: unknown): unknown => typeof value === 'string' && value[0] !== '#' ? Date.parse(value) : value;

function text(value: unknown): string {
  if (typeof value === 'bigint') return Number.isSafeInteger(Number(value)) ? String(value) : `"#${value}"`;
  if (typeof value === 'number') return Number.isInteger(value) ? text(BigInt(value)) : String(value);
  if (Array.isArray(value)) return `[${value.map(text).join(',')}]`;
  return JSON.stringify(value);
}

function withoutPads(line: string): string {
  if (!line.includes('"pad')) return line;
  const lengths = new Set([...line.matchAll(/"id(?:_right)?" *: *(\d+)/g)].map(([, id]) => 20_000 + Number(id)));
  return line.replaceAll(/(?: *, *)?"pad(?:_right)?" *: *"(x*)"/g, (all, pad: string) => lengths.has(pad.length) ? '' : all).replaceAll(/\{ *, */g, '{');
}
