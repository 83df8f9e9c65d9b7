// Rows of sort: the whole file in a memory that holds a fifteenth of it, against DuckDB and Miller, and the first ten records against filter. Orders are compared, record by record.
import { closeSync, openSync, readFileSync, readSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { compete, has, peakMiB, run } from './measure.js';
import type { Command, Times } from './measure.js';
import { duckdb } from './peers.js';
import type { Measured, Target } from './rows.js';

const tool = (name: string): string => resolve('bin', name), memory = '64M', memoryMB = 64;

/** Whole input sorted by one number. */
export function sorted(file: string, scratch: string, rounds: number): Measured {
  const db = duckdb(scratch), out = (name: string): string => join(scratch, `sort-${name}`), notes: string[] = [], targets: Target[] = [];
  const ours: Command = { name: 'leat', argv: [tool('sort'), '-Q', '-k', 'latency_ms', '-S', memory, '-T', scratch, file], out: out('leat') };
  const commands: Command[] = [ours], query = (limit: number): Command => db.command(`sort-${limit}`, [`SET memory_limit='${limit}MB'`, `SET temp_directory='${join(scratch, 'duckdb')}'`,
    `COPY (SELECT * EXCLUDE line FROM (SELECT *, row_number() OVER () AS line FROM read_ndjson('${file}')) ORDER BY latency_ms, line) TO '${out('duckdb')}' (FORMAT json)`]);
  // DuckDB's own memory grows until it finishes: with as little as leat has it may not.
  let limit = memoryMB;
  for (; limit <= 1024; limit *= 2) {
    try { run(query(limit)); break; } catch (error) { notes.push(`${db.name} does not finish with memory_limit='${limit}MB': ${/Out of Memory[^\n(]*/.exec(String(error))?.[0].trim() ?? String(error).slice(0, 120)}`); }
  }
  if (limit <= 1024) commands.push({ ...query(limit), name: `${db.name}, ${limit} MB` });
  const isMiller = has('mlr');
  if (isMiller) commands.push({ name: 'Miller', argv: ['mlr', '--ijsonl', '--ojsonl', 'sort', '-nf', 'latency_ms', file], out: out('mlr'), once: true });
  else notes.push('Miller is not installed: not measured');
  const times = compete(commands, rounds), [mine] = times, against = (name: string): Times | undefined => times.find((each) => each.name.startsWith(name));
  const target = (name: string, factor: number): void => {
    const theirs = against(name);
    if (mine === undefined || theirs === undefined) return;
    const got = theirs.min / mine.min;
    targets.push({ what: `against ${theirs.name}`, wanted: `${factor} ×`, got: `${got.toFixed(2)} ×`, holds: got >= factor });
  };
  target(db.name, 1.5);
  target('Miller', 4);
  if (limit <= 1024) notes.push(`${sameOrder(out('leat'), out('duckdb'))} records in the same order as of ${db.name} (ORDER BY latency_ms, line)`);
  if (isMiller) notes.push(`${sameOrder(out('leat'), out('mlr'))} records in the same order as of Miller`);
  const idle = peakMiB({ ...ours, argv: [...ours.argv.slice(0, -1), join(scratch, 'one.ndjson')] }), peak = peakMiB(ours);
  if (idle === undefined || peak === undefined) notes.push('memory is not measured: GNU time (/usr/bin/time) is missing');
  else {
    const above = (peak - idle) * 1.048576;
    targets.push({ what: `peak memory with -S ${memory} above that of one record (${(idle * 1.048576).toFixed(0)} MB)`, wanted: 'at most 64 MB', got: `${above.toFixed(1)} MB`, holds: above <= 64 });
  }
  return { row: 'sort', times, targets, notes };
}

/** The first ten of all. */
export function top(file: string, scratch: string, rounds: number): Measured {
  const times = compete([
    { name: 'leat sort --top 10', argv: [tool('sort'), '-k', 'latency_ms:desc', '--top', '10', file], out: join(scratch, 'top-leat') },
    { name: 'leat filter', argv: [tool('filter'), 'status >= 500 && latency_ms > 100', file], out: join(scratch, 'top-filter') }], rounds);
  const got = times[0]!.min / times[1]!.min;                          // `!`: two contestants
  const first = readFileSync(join(scratch, 'top-leat'), 'utf8').split('\n'), count = first.length - 1;
  const wanted = [...readFileSync(file, 'latin1').matchAll(/"latency_ms":([\d.]+)/g)].map(([, ms]) => Number(ms)).sort((a, b) => b - a).slice(0, 10);
  const ours = first.slice(0, count).map((line) => (JSON.parse(line) as { latency_ms: number }).latency_ms);
  if (ours.join() !== wanted.join()) throw new Error(`top: ${ours.join()} against ${wanted.join()}`);
  return { row: 'top', times, targets: [{ what: 'time against filter', wanted: 'within 1.5 ×', got: `${got.toFixed(2)} ×`, holds: got <= 1.5 }], notes: [`${count} records, the greatest of all`] };
}

/** How many records both files have, in the same order: told by event time, latency and bytes. Errors: the first that differs. */
function sameOrder(ours: string, theirs: string): number {
  const a = marks(ours), b = marks(theirs);
  for (let i = 0; i < Math.max(a.length, b.length); i++) if (a[i] !== b[i]) throw new Error(`sort: record ${i + 1} is ${a[i]} here and ${b[i]} there`);
  return a.length;
}

/** Of each record three numbers, as one text. */
function marks(file: string): string[] {
  const found: string[] = [], fd = openSync(file, 'r'), buffer = Buffer.alloc(1 << 22);
  let rest = '';
  for (let count = readSync(fd, buffer); count > 0; count = readSync(fd, buffer)) {
    const lines = (rest + buffer.toString('latin1', 0, count)).split('\n');
    rest = lines.pop() ?? '';
    for (const line of lines) found.push(`${/"ts": ?(\d+)/.exec(line)?.[1]} ${Number(/"latency_ms": ?([\d.e-]+)/.exec(line)?.[1])} ${/"bytes": ?(\d+)/.exec(line)?.[1]}`);
  }
  closeSync(fd);
  return found;
}
