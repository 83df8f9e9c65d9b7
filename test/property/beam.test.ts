// The Beam target for real: every pipeline compiled, run by FnApiRunner in one Python process, and compared with leat as a multiset of lines, to the character.
// A stage that sorts last gives its order too. Of even seeds the optimised plan is compiled, of odd ones the plan as it is.
// It needs Beam: LEAT_BEAM_PYTHON is a Python that has it; without, it is skipped aloud. ONLY=TEXT runs those whose names have it.
import { spawnSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import t from 'tap';
import { planFrom } from '../../lib/cli/plan.js';
import { optimise } from '../../lib/plan/optimise.js';
import { beam } from '../../lib/plan/targets/beam.js';
import { beamFiles } from '../harness/beam-data.js';
import { pipelines } from '../harness/beam-pipelines.js';
import { seedOf } from '../harness/random.js';
import { shell } from '../harness/shell.js';

const seed = seedOf(), { LEAT_BEAM_PYTHON: program, ONLY: only = '' } = process.env;
const driver = `
import json, runpy, sys, time, traceback, logging
logging.disable(logging.WARNING)
for name in sys.argv[1:]:
    start = time.time()
    sys.argv = [name + "/job.py"]
    try:
        with open("events.ndjson") as sys.stdin: runpy.run_path(name + "/job.py", run_name="__main__")
        error = ""
    except BaseException: error = traceback.format_exc()
    print(json.dumps({"name": name, "seconds": time.time() - start, "error": error}), flush=True)
`;
/** What they write beside standard output. */
const files: Readonly<Record<string, readonly string[]>> = { split: ['high.ndjson', 'ok.ndjson'], tee: ['counts.ndjson'] };
const sortedLines = (text: string): string[] => text.split('\n').filter((line) => line !== '').sort();

t.test('every pipeline gives on Beam what it gives on leat', { skip: program === undefined ? 'LEAT_BEAM_PYTHON names no Python with apache_beam' : false, timeout: 900_000 }, async (t) => {
  const folder = mkdtempSync(join(tmpdir(), 'leat-beam-')), chosen = pipelines.filter(({ name }) => name.includes(only));
  t.teardown(() => rmSync(folder, { recursive: true, force: true }));
  // What is a FILE and what an expression may depend on the files that are there.
  const home = process.cwd();
  t.teardown(() => process.chdir(home));
  for (const [name, text] of Object.entries(beamFiles(seed))) writeFileSync(join(folder, name), text);
  process.chdir(folder);
  for (const { name, text } of chosen) {
    mkdirSync(join(folder, name));
    writeFileSync(join(folder, name, 'job.py'), beam.compile(seed % 2 === 0 ? optimise(await planFrom(text)) : await planFrom(text)).files['job.py'] ?? '');
  }
  // leat's own results first: the files that split makes are then made again.
  const wanted = new Map<string, string[]>(), whole = new Map<string, string>();
  for (const { name, text } of chosen) {
    const { stdout, stderr, exit } = await (name === 'tee' ? shell('leat run "$PIPELINE"', { cwd: folder, env: { PIPELINE: text } }) : shell(text, { cwd: folder }));
    t.equal(exit, 0, `${name}: ${stderr}`);
    t.notMatch(stderr, /late/, `${name}: nothing is late`);
    wanted.set(name, sortedLines(Buffer.from(stdout).toString()));
    whole.set(name, Buffer.from(stdout).toString());
    for (const file of files[name] ?? []) wanted.set(file, sortedLines(readFileSync(join(folder, file), 'utf8')));
  }
  const { stdout, stderr } = spawnSync(program!, ['-c', driver, ...chosen.map(({ name }) => name)], { cwd: folder, encoding: 'utf8', maxBuffer: 2 ** 28, timeout: 800_000 });   // `!`: skipped otherwise
  const runs = stdout.split('\n').filter((line) => line.startsWith('{"name"')).map((line) => JSON.parse(line) as { name: string; seconds: number; error: string });
  t.equal(runs.length, chosen.length, stderr);
  for (const { name, seconds, error } of runs) {
    if (error !== '') { t.fail(`${name}: SEED=${seed} ${error.trim().split('\n').filter((line) => !line.includes('apache_beam')).slice(-6).join(' | ')}`); continue; }
    const found = sortedLines(readFileSync(join(folder, name, 'out'), 'utf8')), expected = wanted.get(name) ?? [];
    t.comment(`${name}: ${found.length} rows, ${seconds.toFixed(1)} s`);
    const missing = without(expected, found), extra = without(found, expected);
    t.same([missing.slice(0, 3), extra.slice(0, 3)], [[], []], `${name}: SEED=${seed}, ${expected.length} rows, ${missing.length} missing, ${extra.length} too many`);
    if (name.startsWith('sort-order')) t.equal(readFileSync(join(folder, name, 'out'), 'utf8'), whole.get(name), `${name}: in this order`);
    for (const file of files[name] ?? []) t.same(sortedLines(readFileSync(join(folder, file), 'utf8')), wanted.get(file), file);
  }
});

/** Lines of a that b has not, as multisets. */
function without(a: readonly string[], b: readonly string[]): string[] {
  const counts = new Map<string, number>();
  for (const line of b) counts.set(line, (counts.get(line) ?? 0) + 1);
  return a.filter((line) => { const left = counts.get(line) ?? 0; counts.set(line, left - 1); return left <= 0; });
}
