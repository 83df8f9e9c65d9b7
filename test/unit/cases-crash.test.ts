// The golden cases in the mode crash: with a checkpoint that ends an epoch after every record, broken off again and again, they give the same bytes. SEED=… repeats a run.
import { existsSync } from 'node:fs';
import t from 'tap';
import { allCases } from '../harness/cases.js';
import { crashCount, crashSeed, tryMode } from '../harness/modes.js';
import { sqlite } from '../harness/results.js';

if (existsSync('/dev/shm')) process.env['TMPDIR'] = '/dev/shm';   // what is synced is of no interest here, and takes most of the time
t.comment(`SEED=${crashSeed}`);
if (sqlite === undefined) t.test('mode crash', { skip: 'better-sqlite3 is not built here' }, async () => { /* nothing */ });
else {
  let tried = 0;
  for (const each of allCases()) for (const { faults } of await tryMode(each, 'crash') ?? []) {
    tried++;
    if (faults.length > 0) t.fail(each.name, { case: each.file, why: faults.join('\n') });
  }
  if (process.env['LEAT_TEST_ONLY'] === undefined) t.ok(tried >= 150 && crashCount.runs > tried, `${tried} cases, broken off ${crashCount.runs} times`);
  t.pass(`${tried} cases, broken off ${crashCount.runs} times`);
}
