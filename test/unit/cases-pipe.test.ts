// The golden cases as real processes: pipe (executables joined by the shell, with pipefail) and endless (the input stays open: what is due comes before it closes).
import t from 'tap';
import { allCases } from '../harness/cases.js';
import { tryMode } from '../harness/modes.js';
import type { Verdict } from '../harness/modes.js';
import { missing } from '../harness/results.js';
import { pool } from '../harness/shell.js';

const AT_ONCE = 2, cases = allCases(), verdicts = new Map<string, Verdict[]>();
await pool(cases, AT_ONCE, async (each) => { if (missing(each.cmd) === undefined) verdicts.set(each.name, [await tryMode(each, 'pipe'), await tryMode(each, 'endless')]); });

for (const each of cases) {
  const lacks = missing(each.cmd);
  t.test(each.name, lacks === undefined ? {} : { skip: lacks }, async (t) => {
    let before = '';
    for (const verdict of verdicts.get(each.name) ?? []) for (const { run, faults } of verdict ?? []) {
      const why = faults.join('\n');
      if (why === '') t.pass(run); else t.fail(run, { case: each.file, why: why === before ? 'as before' : why });
      before = why;
    }
  });
}
