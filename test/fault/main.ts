// `npm run fault`: faults of every kind injected into pipelines with a checkpoint, which are then run again until they are done. Whatever happened, the output must have the bytes of a
// run that nothing happened to (EXACTLY-ONCE section 11). Prints a line a family, and of each failure how to repeat it.
//
//   npm run fault                                       all of it, some 10 minutes
//   npm run fault -- --only=kills --rounds=20           a family (part of its name), so many tasks of each
//   SEED=7 npm run fault -- --only=kills --round=3      one task; --seed=7 is the same
//   npm run fault -- --part                             the counts of npm test
//   npm run fault -- --bugs [--only=16]                 mistakes made on purpose (bugs.ts): each must be caught
import { seedOf } from '../harness/random.js';
import { bugRuns } from './bug-runs.js';
import { families } from './families.js';
import { chosen, suite } from './suite.js';

const known = ['only', 'rounds', 'round', 'seed', 'part', 'bugs'] as const;
const args = new Map(process.argv.slice(2).map((arg) => { const [, name = arg, value = ''] = /^--([a-z]+)(?:=(.*))?$/.exec(arg) ?? []; return [name, value]; }));
const number = (name: string): number | undefined => args.has(name) ? Number(args.get(name)) : undefined;
const only = args.get('only') ?? '', rounds = number('rounds'), round = number('round'), seed = number('seed') ?? seedOf();
const fault = [...args.keys()].filter((name) => !known.includes(name as never)).map((name) => `unknown option ${name}`)[0]
  ?? [rounds, round, seed].filter((value) => value !== undefined && !(Number.isInteger(value) && value >= 0)).map(() => '--rounds, --round and --seed are whole numbers')[0]
  ?? (!args.has('bugs') && chosen(only).length === 0 ? `no family is called ${only}: there are ${families.map(({ name }) => name).join(', ')}` : undefined);

if (fault !== undefined) {
  console.error(`npm run fault: ${fault}; there are ${known.map((name) => `--${name}`).join(', ')}`);
  process.exitCode = 64;
} else if (args.has('bugs')) process.exitCode = await bugRuns(seed, only);
else {
  const started = performance.now(), allowed = process.env.LEAT_FAULT_ALLOW_SKIP === '1';
  console.log(`seed ${seed}`);
  const counts = await suite({ seed, only, size: args.has('part') ? 'part' : 'full', ...rounds === undefined ? {} : { rounds }, ...round === undefined ? {} : { round } },
    ({ family, round: i, task, wrong }) => console.log(`\nFAILED ${family}, ${task}: SEED=${seed} npm run fault -- --only=${family} --round=${i}\n${wrong.join('\n')}`),
    ({ name, tasks, injected, wrong, skipped, reason, seconds }) => console.log(`${name.padEnd(14)} ${String(tasks).padStart(6)} runs ${String(injected).padStart(6)} faults ${String(wrong).padStart(4)} wrong${skipped > 0 ? ` SKIP ${skipped}: ${reason}` : ''} ${seconds.toFixed(1).padStart(8)} s`));
  const sum = (of: 'tasks' | 'injected' | 'wrong' | 'skipped'): number => counts.reduce((all, each) => all + each[of], 0), wrong = sum('wrong'), skipped = sum('skipped');
  console.log(`${sum('tasks')} runs, ${sum('injected')} faults injected, ${wrong} with wrong or lost bytes, ${skipped} skipped, seed ${seed}, ${((performance.now() - started) / 1000).toFixed(1)} s`);
  if (skipped > 0 && !allowed) console.log('what was skipped was not tested: LEAT_FAULT_ALLOW_SKIP=1 where this machine cannot');
  if (wrong > 0 || (skipped > 0 && !allowed)) process.exitCode = 1;
}
