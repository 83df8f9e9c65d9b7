// The part of `npm run fault` that belongs to npm test: a few faults of every family. SEED=… repeats it. Families that this machine cannot run are told.
import t from 'tap';
import { seedOf } from '../harness/random.js';
import { sqlite } from '../harness/results.js';
import { suite } from '../fault/suite.js';

const seed = seedOf();
t.comment(`SEED=${seed}`);
if (sqlite === undefined) t.test('faults', { skip: 'better-sqlite3 is not built here' }, async () => { /* nothing */ });
else {
  for (const { name, tasks, injected, wrong, skipped, reason } of await suite({ seed, size: 'part' }, ({ family, round, task, wrong }) => t.fail(`${family}, ${task}`, { repeat: `SEED=${seed} npm run fault -- --part --only=${family} --round=${round}`, wrong: wrong.join('\n') }))) {
    if (skipped > 0) t.test(name, { skip: reason }, async () => { /* nothing */ });
    else if (wrong === 0) t.pass(`${name}: ${tasks} runs, ${injected} faults`);
  }
}
