// One attempt, in a process of its own: the golden cases in process, then generated ones; says on standard output what caught the sources that this process runs. Arguments: folder
// of test/cases and family that come first. Prints one line of JSON: { case?: name, fuzz?: "family SEED=n" }.
import type { Case, Mode } from '../harness/case.js';
import { allCases } from '../harness/cases.js';
import { tryMode } from '../harness/modes.js';
import { suite } from '../fuzz/suite.js';

const [cases = '', family = ''] = process.argv.slice(2), SEED = 20_261_121, SHORT = 200, NEAR = 60;

async function golden(): Promise<string | undefined> {
  const all = allCases(), first = all.filter(({ name }) => cases !== '' && name.startsWith(`${cases}/`));
  // What only shows when W moves between two records needs small batches: the nearest cases run in those modes too.
  const others = all.filter((each) => !first.includes(each)), rounds: (readonly [Mode, readonly Case[]])[] = [['whole', first], ['one-row', first], ['fused', first], ['whole', others]];
  for (const [mode, some] of rounds) for (const each of some) {
    for (const { run, faults } of await tryMode(each, mode) ?? []) if (faults.length > 0) return mode === 'whole' ? each.name : `${each.name} (${run})`;
  }
  return undefined;
}

async function generated(): Promise<string | undefined> {
  for (const wanted of [...family === '' ? [] : [{ cases: NEAR, seed: SEED, only: family, hasty: true }], { cases: SHORT, seed: SEED, hasty: true }]) {
    try {
      const { failures: [failed] } = await suite(wanted);
      if (failed !== undefined) return `${failed.family} SEED=${failed.seed}`;
    } catch (error) { return `${wanted.only ?? 'all'}: ${error instanceof Error ? error.message.split('\n')[0] : String(error)}`; }
  }
  return undefined;
}

const caught = { case: await golden(), fuzz: await generated() };
process.stdout.write(`${JSON.stringify(caught)}\n`, () => process.exit(0));       // a mutant may leave something open
