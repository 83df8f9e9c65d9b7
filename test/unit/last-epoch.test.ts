// What a crash behind the last commit of a drained input must not lose, and what a sink must know of earlier runs: broken off at every step of two golden cases.
import t from 'tap';
import { existsSync } from 'node:fs';
import { allCases } from '../harness/cases.js';
import { crashed } from '../harness/crash-run.js';
import { differences } from '../harness/compare.js';
import { folder } from '../harness/place.js';
import { dice, seedOf } from '../harness/random.js';
import { sqlite } from '../harness/results.js';

if (existsSync('/dev/shm')) process.env['TMPDIR'] = '/dev/shm';   // what is synced is of no interest here, and takes most of the time
const seed = seedOf(), ROUNDS = 40;
t.comment(`SEED=${seed}`);
for (const [name, why] of [['to/files-roll-by-size', 'files of the last epoch get their names'], ['to/sqlite-upserts-by-keys', 'fields of earlier runs become NULL']] as const) {
  t.test(why, sqlite === undefined ? { skip: 'better-sqlite3 is not built here' } : {}, async (t) => {
    const given = allCases().find((each) => each.name === name);
    if (given === undefined) { t.comment('not among the cases that were asked for'); return; }
    let crashes = 0;
    for (let i = 0; i < ROUNDS && t.passing(); i++) {
      const place = folder(given.files), before = process.cwd();
      process.chdir(place.path);
      const result = await crashed(given, dice(seed + i)).finally(() => process.chdir(before));
      crashes += result!.crashes;                          // `!`: the case has an input
      const wrong = differences({ ...given, stderr: '', stderrHas: true, resultsOnly: false }, result!, place.path);   // `!`: likewise
      if (wrong.length > 0) t.fail(`SEED=${seed + i}`, { why: wrong.join('\n') });
      place.remove();
    }
    t.ok(crashes > ROUNDS, `broken off ${crashes} times`);
  });
}
