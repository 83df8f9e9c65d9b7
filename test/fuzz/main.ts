// `npm run fuzz`: generated pipelines against DuckDB. Prints a line a family, and of each failure the seed, the pipeline, the input cut down, the query and both results.
//
//   npm run fuzz                             2,400 cases
//   npm run fuzz -- --cases=20000            more
//   SEED=7 npm run fuzz -- --only=hop        a family (part of its name), repeatable
import { seedOf } from '../harness/random.js';
import { chosen, suite } from './suite.js';

const args = process.argv.slice(2), options = new Map(args.map((arg) => { const [, name = arg, value = ''] = /^--([a-z]+)=(.+)$/.exec(arg) ?? []; return [name, value]; }));
const unknown = [...options.keys()].find((name) => name !== 'cases' && name !== 'only'), cases = Number(options.get('cases') ?? 2400), only = options.get('only') ?? '';
if (unknown !== undefined || !Number.isInteger(cases) || cases < 1 || chosen(only).length === 0) {
  console.error(`npm run fuzz: ${unknown !== undefined ? `unknown option ${unknown}` : !Number.isInteger(cases) || cases < 1 ? `--cases=${options.get('cases')} is no number of cases` : `no family is called ${only}: there are ${chosen().map(({ name }) => name).join(', ')}`}; there are --cases=N and --only=TEXT, and SEED=N before it`);
  process.exitCode = 64;
} else {
  const seed = seedOf(), started = performance.now();
  console.log(`seed ${seed}`);
  const { families, failures } = await suite({ cases, seed, only }, ({ family, seed: own, text }) => console.log(`\nFAILED ${family}: SEED=${own} npm run fuzz -- --only=${family} --cases=1\n${text}`));
  for (const { name, cases: count, rows, late, failed, seconds } of families) console.log(`${name.padEnd(20)} ${String(count).padStart(6)} cases ${String(rows).padStart(8)} rows ${String(late).padStart(6)} late ${failed === 0 ? '' : `${failed} FAILED `}${seconds.toFixed(1).padStart(7)} s`);
  const sum = families.reduce((all, each) => all + each.cases, 0);
  console.log(`${sum} cases, ${failures.length} failed, seed ${seed}, ${((performance.now() - started) / 1000).toFixed(1)} s`);
  if (failures.length > 0) process.exitCode = 1;
}
