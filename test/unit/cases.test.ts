// The golden cases in the modes that run in this process: whole, cut, one-row, fused, disorder, store, jobs. (cases-pipe.test.ts runs the others.)
// With LEAT_TEST_RECORD=1 (npm test -- --record) the golden sections are written instead of compared.
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import t from 'tap';
import { allCases, rewrite } from '../harness/cases.js';
import type { Mode } from '../harness/case.js';
import { partCount, record, tryMode } from '../harness/modes.js';
import { folder } from '../harness/place.js';
import { contents, missing } from '../harness/results.js';

const wanted = process.env.LEAT_TEST_MODES?.split(','), cases = allCases();
const here = (['whole', 'cut', 'one-row', 'fused', 'disorder', 'store', 'jobs'] satisfies Mode[]).filter((mode) => wanted === undefined || wanted.includes(mode));
if (process.env.LEAT_TEST_ONLY === undefined) t.ok(cases.length >= 120, `${cases.length} cases`);

for (const each of cases) {
  const lacks = missing(each.cmd);
  await t.test(each.name, lacks === undefined ? {} : { skip: lacks }, async (t) => {
    if (process.env.LEAT_TEST_RECORD === '1') {
      const place = folder(each.files), got = await record(each, place.path), results: Record<string, Uint8Array> = {};
      for (const name of Object.keys(each.results)) if (existsSync(join(place.path, name))) results[name] = contents(join(place.path, name));
      rewrite(each, got, results);
      place.remove();
      t.pass('recorded');
      return;
    }
    let before = '';
    for (const mode of here) for (const { run, faults } of await tryMode(each, mode) ?? []) {
      const why = faults.join('\n');
      if (why === '') t.pass(run); else t.fail(run, { case: each.file, why: why === before ? 'as before' : why });
      before = why;
    }
  });
}

if (process.env.LEAT_TEST_ONLY === undefined && here.includes('jobs')) t.ok(partCount.added >= 100, `${partCount.seen} parts were worked off by other threads, ${partCount.added} of use`);
