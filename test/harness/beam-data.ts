// Files for the pipelines of beam-pipelines.ts: disorder below 5 s, null and missing fields, values of several types in one field, integers beyond 2^53, numbers that keep their text.
import { dice } from './random.js';

/** File name → text, the same for the same seed. */
export function beamFiles(seed: number, rows = 600): Readonly<Record<string, string>> {
  const { below, pick, chance } = dice(seed), keys = ['"a"', '"b"', '"é😀"', '"\ufffd"', '""', '"a\\"b"', 'null'], start = Date.UTC(2026, 9, 24, 23, 50);
  const double = (): string => pick([`${below(1000) / 8}`, `${below(100000) / 1000}`, `${below(90)}.0`, `${below(9)}.50`, `${below(9) + 1}e${below(12) - 3}`, `-${below(1000) / 7}`, '1e-9', '123456789012.25']);
  const mixed = (): string => pick(['1', '1.0', '"1"', 'true', 'null', '[1]', '[1.0]', '{"p":1,"q":null}', '{"p":1}', '5', '"z"']);
  const put = (parts: readonly (string | false)[]): string => `{${parts.filter((part) => part !== false).join(',')}}`;
  let clock = start;
  const at = (): number => { clock += below(600); return clock - below(4900); };
  const event = (i: number): string => {
    const ts = at();
    return put([`"i":${i}`, `"ts":${ts}`, !chance(0.05) && `"k":${pick(keys)}`, !chance(0.1) && `"amount":${chance(0.1) ? 'null' : double()}`, `"n":${below(9)}`, `"big":${chance(0.3) ? `${below(9) + 1}12345678901234567890` : below(100)}`,
      !chance(0.1) && `"ok":${pick(['true', 'false', 'null'])}`, `"geo":{"city":${pick(['"Paris"', '"Oslo"', 'null'])},"lat":${below(90)}.25}`, !chance(0.2) && `"tags":${pick(['[]', '["x"]', '["x","y",null]', '[1,2.0]'])}`,
      `"s":"${pick(['alpha beta', 'Zürich', 'x', 'the quick fox', '😀 smile', 'Ünder Öne'])}"`, `"x":${mixed()}`, `"sec":${(ts / 1000).toFixed(3)}`, `"at":"${new Date(ts).toISOString()}"`, `"log":"${log(ts)}"`, `"far":${Date.UTC(2023 + below(4), below(12), below(28) + 1, below(24), below(60))}`]);
  };
  const lines = (make: (i: number) => string, count: number): string => Array.from({ length: count }, (_, i) => `${make(i)}\n`).join('');
  const events = lines(event, rows), click = (key: string) => (j: number): string => put([`"j":${j}`, `"ts":${at()}`, !chance(0.05) && `"${key}":${pick(keys)}`, `"price":${double()}`, `"i":${below(9)}`]);
  clock = start;
  const clicks = lines(click('k'), rows / 2);
  clock = start;
  const others = lines(click('key'), rows / 2);
  const table = keys.slice(0, 5).flatMap((key, i) => [put([`"key":${key}`, `"n":${i}`, `"info":"i${i}"`, `"city":${pick(['"Paris"', '"Rome"', 'null'])}`]), ...i % 2 === 0 ? [put([`"key":${key}`, `"n":${i + 1}.0`, `"ok":${i}`])] : []]);
  return { 'events.ndjson': events, 'clicks.ndjson': clicks, 'others.ndjson': others, 'table.ndjson': `${[...table, '{"key":null,"n":1}', '{"n":2}'].join('\n')}\n` };
}

const months = 'Jan Feb Mar Apr May Jun Jul Aug Sep Oct Nov Dec'.split(' ');
function log(ts: number): string {
  const [, year, month, day, time] = /^(\d+)-(\d+)-(\d+)T([\d:]+)/.exec(new Date(ts).toISOString())!;   // `!`: that is its form
  return `${day}/${months[Number(month) - 1]}/${year}:${time} +0000`;
}
