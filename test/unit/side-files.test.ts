// Files beside the output, with a checkpoint: what a run does not write to stays what it was, however many runs that are (EXACTLY-ONCE 8: dead letters are an output too).
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import t from 'tap';
import { folder } from '../harness/place.js';
import { sqlite } from '../harness/results.js';
import { shell } from '../harness/shell.js';

t.test('late records of the first run are there after a run that had none', { ...sqlite === undefined ? { skip: 'better-sqlite3 is not built here' } : {} }, async (t) => {
  const place = folder(), run = (lines: string, more = ''): Promise<{ exit: number; stderr: string }> => shell(`printf '${lines}' >> a.ndjson; leat run --checkpoint st ${more} "from a.ndjson --time ts | window 1s --late late.ndjson | agg 'count() as n'" >> out.ndjson`, { cwd: place.path });
  t.match(await run('{"ts":5000}\\n{"ts":1}\\n'), { exit: 0 });
  t.match(await run('{"ts":6000}\\n'), { exit: 0 });
  t.match(await run('{"ts":2}\\n', '--drain'), { exit: 0 });
  t.equal(readFileSync(join(place.path, 'late.ndjson'), 'utf8').replaceAll(/,"window[^}]*/g, ''), '{"ts":1}\n{"ts":2}\n');
  place.remove();
});
