// The inputs of the benchmarks: seeded, so that every machine measures the same bytes. Made once, kept in .cache/bench. Must not know of any tool.
import { closeSync, existsSync, mkdirSync, openSync, renameSync, writeSync } from 'node:fs';
import { dirname } from 'node:path';
import { dice } from '../harness/random.js';
import type { Dice } from '../harness/random.js';

/** Epoch ms of the first record of every input. */
const BEGIN_MS = 1_700_000_000_000;
/** Records are out of order by less than this. */
export const DISORDER_MS = 5000;

/** An access log of one shape: 12 values a record, about 212 bytes, event time rising by 1.5 ms a record and out of order by up to 5 s. */
export function access(roll: Dice, clock: { ms: number }): string {
  clock.ms += roll.below(4);
  const ts = clock.ms - roll.below(DISORDER_MS);
  return `{"ts":${ts},"time":"${new Date(ts).toISOString()}","level":"${roll.chance(0.05) ? 'error' : 'info'}","host":"web-${roll.below(50)}","method":"GET",`
    + `"path":"/api/v1/resource/${roll.below(200)}","status":${roll.pick([200, 200, 200, 200, 200, 200, 304, 404, 500, 503])},`
    + `"latency_ms":${(roll.below(500_000) / 1000).toFixed(3)},"bytes":${roll.below(100_000)},`
    + `"user":{"id":${roll.below(100_000)},"country":"${roll.pick(['US', 'DE', 'FR', 'JP', 'BR'])}"}}`;
}

/** The same log as grown systems write it: 7 of 12 fields optional, every fifth record in random order, arrays, escapes, UTF-8 beyond ASCII. */
export function ragged(roll: Dice, clock: { ms: number }): string {
  clock.ms += roll.below(4);
  const fields = [`"ts":${clock.ms - roll.below(DISORDER_MS)}`, `"host":"web-${roll.below(50)}"`,
    `"status":${roll.pick([200, 200, 200, 304, 404, 500])}`, `"latency_ms":${(roll.below(500_000) / 1000).toFixed(3)}`, `"bytes":${roll.below(100_000)}`];
  const optional = [
    () => `"level":"${roll.pick(['info', 'error', 'debug'])}"`,
    () => `"method":"${roll.pick(['GET', 'POST', 'PUT'])}"`,
    () => `"path":"/käse/${roll.below(200)}?q=${roll.pick(['straße', '検索', 'plain', 'naïve'])}"`,
    () => `"agent":"say \\"${roll.pick(['hi', 'na\\u00efve', 'tab\\there'])}\\" \\\\ ${roll.below(1000)}"`,
    () => `"tags":[${roll.shuffled(['"a"', '"b\\n"', '1', 'null', 'true', '[2,{"x":"]"}]']).slice(0, roll.below(6)).join(',')}]`,
    () => `"user":{"id":${roll.below(100_000)},"name":"${roll.pick(['Zoë', 'Ann', '\\u65e5本', ''])}"}`,
    () => `"ratio":${roll.pick(['0.5', '-1e-7', '12', '1.25E3'])}`,
  ];
  for (const field of optional) if (roll.chance(0.5)) fields.push(field());
  return `{${(roll.chance(0.2) ? roll.shuffled(fields) : fields).join(',')}}`;
}

/** Writes `count` records to `file`, unless it is there. A half-made file never gets that name. */
export function generate(file: string, count: number, seed: number, record: (roll: Dice, clock: { ms: number }) => string): void {
  if (existsSync(file)) return;
  mkdirSync(dirname(file), { recursive: true });
  const roll = dice(seed), clock = { ms: BEGIN_MS }, unfinished = `${file}.part`, fd = openSync(unfinished, 'w');
  let text = '';
  for (let i = 0; i < count; i++) {
    text += record(roll, clock) + '\n';
    if (text.length > 1 << 20) { writeAll(fd, text); text = ''; }
  }
  writeAll(fd, text);
  closeSync(fd);
  renameSync(unfinished, file);
}

function writeAll(fd: number, text: string): void {
  const bytes = Buffer.from(text);
  for (let done = 0; done < bytes.length;) done += writeSync(fd, bytes, done);
}
