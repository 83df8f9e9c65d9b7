// What `to` takes besides its operands: when a file is full, and names of columns. Text to value; the meaning is the sinks'.
import { LeatError } from '../errors.js';
import type { Millis } from '../record/batch.js';
import { parseDuration } from '../time/duration.js';
import { size } from './option.js';

/** When the next file begins: by event time or by size. */
export type Roll = { readonly ms: Millis } | { readonly bytes: number };

const bytesOf = size({ help: '' });

/** `1h`, `PT5M`: time; `64M`, `4096`: bytes. Lower case are durations (1m: a minute), upper case sizes (1M: a MiB). */
export function parseRoll(value: string): Roll {
  if (/^\d+(?:[KMG](?:iB)?)?$/.test(value)) return { bytes: bytesOf.parse(value) };
  let ms: Millis;
  try { ms = parseDuration(value); } catch { throw new LeatError('E_OPTION', { what: `'${value}' is neither a duration, like 15m 1h 1d, nor a size, like 64M 1G`, help: '1h' }); }
  if (ms > 0) return { ms };
  throw new LeatError('E_OPTION', { what: `'${value}' is no time at all; expected more than 0`, help: '1h' });
}

/** Names parted by commas, blanks around them dropped; in double quotes (doubled inside) a name may have commas and blanks. Errors: E_OPTION. */
export function parseNames(value: string): readonly string[] {
  const names: string[] = [], one = /\s*(?:"((?:[^"]|"")*)"|([^",]*?))\s*(,|$)/y;
  for (let more = true; more; ) {
    const found = one.exec(value), name = found?.[1]?.replaceAll('""', '"') ?? found?.[2] ?? '';
    if (name === '') throw new LeatError('E_OPTION', { what: `bad names '${value}'; expected names of fields, parted by commas`, help: 'host,status,"odd, name"' });
    if (names.includes(name)) throw new LeatError('E_OPTION', { what: `'${name}' is named twice` });
    names.push(name);
    more = found?.[3] === ',';
  }
  return names;
}
