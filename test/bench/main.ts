// The benchmarks: runs the rows, prints a table, keeps history. Every figure is of whole processes on this machine in this run; results are compared, and a wrong one ends the run.
//
//   npm run bench                       all rows, 5 rounds, 2,000,000 records; kept in test/bench/runs/<date>-<cpu>/
//   npm run bench -- --only=filter --rounds=3 --records=200000
//   npm run bench -- --keep …           keeps what would not be kept: some rows, or another size
import { execFileSync } from 'node:child_process';
import { mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { cpus, totalmem, type } from 'node:os';
import { join } from 'node:path';
import type { Times } from './measure.js';
import { rows, scratch } from './rows.js';
import type { Measured } from './rows.js';

const option = (name: string, otherwise: string): string => process.argv.find((arg) => arg.startsWith(`--${name}=`))?.slice(name.length + 3) ?? otherwise;
const unknown = process.argv.slice(2).find((arg) => !/^--(only|rounds|records)=|^--keep$/.test(arg));
if (unknown !== undefined) { console.error(`npm run bench: unknown option ${unknown}; there are --only=TEXT, --rounds=N, --records=N, --keep`); process.exit(64); }

const rounds = Number(option('rounds', '5')), records = Number(option('records', '2000000')), only = option('only', '');
mkdirSync(scratch, { recursive: true });
process.on('exit', () => rmSync(scratch, { recursive: true, force: true }));
writeFileSync(join(scratch, 'one.ndjson'), '{"a":1}\n');

const all: Measured[] = [];
for (const row of rows.filter(({ name }) => name.includes(only))) {
  const measured = await row.measure(rounds, records);
  all.push(measured);
  console.log(text(measured));
}
if (process.argv.includes('--keep') || (only === '' && records === 2_000_000)) keep();
if (all.length === 0) { console.error(`npm run bench: no row has '${only}' in its name; there are ${rows.map(({ name }) => name).join(', ')}`); process.exitCode = 64; }
else if (all.some(({ targets }) => targets.some(({ holds }) => !holds))) process.exitCode = 1;

function text({ row, times, targets, notes }: Measured): string {
  const seconds = (x: number): string => x < 1 ? `${(x * 1000).toFixed(0)} ms` : `${x.toFixed(2)} s`;
  const width = Math.max(0, ...times.map(({ name }) => name.length)), best = times[0];
  return [`\n${row}`,
    ...times.map((each: Times) => `  ${each.name.padEnd(width)}  min ${seconds(each.min).padStart(7)}  median ${seconds(each.median).padStart(7)}  ${each === best || best === undefined ? '' : `${(each.min / best.min).toFixed(2)} × the time of ${best.name}`}  (${each.seconds.length} ${each.seconds.length === 1 ? 'round' : 'rounds'})`),
    ...targets.map(({ what, wanted, got, holds }) => `  ${holds ? 'holds ' : 'MISSED'} ${what}: ${got}, wanted ${wanted}`),
    ...notes.map((note) => `  ${note}`)].join('\n');
}

/** One folder a day and machine: figures as JSON, the same as a table, and what they were made with. */
function keep(): void {
  const cpu = cpus()[0]?.model.trim().toLowerCase().replace(/[^a-z0-9]+/g, '-').replace(/^-|-$/g, '') ?? 'unknown';
  const folder = join('test/bench/runs', `${new Date().toISOString().slice(0, 10)}-${cpu}`);
  mkdirSync(folder, { recursive: true });
  const git = (...words: string[]): string => { try { return execFileSync('git', words, { encoding: 'utf8' }).trim(); } catch { return ''; } };
  const { version } = JSON.parse(readFileSync('package.json', 'utf8')) as { version: string };
  const setup = { leat: version, commit: git('rev-parse', '--short', 'HEAD'), changed: git('status', '--porcelain', '--', 'lib') !== '', node: process.version, system: `${type()} ${process.arch}`,
    cpu: cpus()[0]?.model ?? '', cores: cpus().length, memoryGiB: Math.round(totalmem() / 2 ** 30), rounds, records };
  writeFileSync(join(folder, 'results.json'), `${JSON.stringify({ setup, rows: all }, undefined, 1)}\n`);
  const table = all.map(({ row, times, targets, notes }) => [`## ${row}`, '',
    ...times.length === 0 ? [] : ['| | min s | median s | rounds |', '|---|---|---|---|', ...times.map((each) => `| ${each.name} | ${each.min.toFixed(3)} | ${each.median.toFixed(3)} | ${each.seconds.length} |`), ''],
    ...targets.length === 0 ? [] : ['| target | wanted | got | |', '|---|---|---|---|', ...targets.map(({ what, wanted, got, holds }) => `| ${what} | ${wanted} | ${got} | ${holds ? 'holds' : '**missed**'} |`), ''],
    ...notes.map((note) => `- ${note}`), ''].join('\n')).join('\n');
  const made = Object.entries(setup).map(([name, value]) => `${name} ${String(value)}`).join(', ');
  writeFileSync(join(folder, 'README.md'), `# Benchmarks of ${new Date().toISOString().slice(0, 10)}\n\n${made}.\n\nWhole processes, start-up included; contestants in turn; the ratio is of the smallest times.\n\n${table}`);
  console.log(`\nkept in ${folder}`);
}
