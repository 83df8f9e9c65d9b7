// A short run of the differential tests against DuckDB (`npm run fuzz` is the long one): each family has its share.
import t from 'tap';
import { suite } from '../fuzz/suite.js';
import { seedOf } from '../harness/random.js';

const seed = seedOf();
t.comment(`seed ${seed}; SEED=${seed} repeats this run, and so does SEED=${seed} npm run fuzz -- --cases=240`);

t.test('generated pipelines give what DuckDB gives', async (t) => {
  const { families, failures } = await suite({ cases: 240, seed });
  for (const { family, seed: own, text } of failures) t.fail(`${family}: SEED=${own} npm run fuzz -- --only=${family} --cases=1\n${text}`);
  for (const { name, cases, rows, failed } of families) {
    t.equal(failed, 0, `${name}: ${cases} cases, ${rows} rows`);
    t.ok(rows > 0, `${name}: not all of them are empty`);
  }
});
