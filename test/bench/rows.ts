// The rows of the table that must hold: what runs, against whom, how the results are compared. One function a row; each gives what it measured and whether its target is met.
import { readFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { access, generate, ragged } from './generate.js';
import { keys, pipe as checkpointed } from './checkpoints.js';
import { interval, table } from './joins.js';
import { latency } from './latency.js';
import { compete, has, peakMiB } from './measure.js';
import type { Command, Times } from './measure.js';
import { dedup } from './dedups.js';
import { duckdb, ndjsonFilter } from './peers.js';
import { sorted, top } from './sorts.js';

export interface Target { readonly what: string; readonly wanted: string; readonly got: string; readonly holds: boolean }
export interface Measured { readonly row: string; readonly times: readonly Times[]; readonly targets: readonly Target[]; readonly notes: readonly string[] }
export interface Row { readonly name: string; readonly measure: (rounds: number, size: number) => Promise<Measured> | Measured }

const work = resolve('.cache/bench'), tool = (name: string): string => resolve('bin', name);
/** What one run writes: two runs at once do not meet. */
export const scratch = join(work, `run-${process.pid}`);
const out = (name: string): string => join(scratch, name);

/** The reference input, 212 bytes a record, and the ragged one: paths. */
export function inputs(size: number): { reference: string; raggedOne: string } {
  const reference = join(work, `access-${size}.ndjson`), count = Math.round(size * 0.375), raggedOne = join(work, `ragged-${count}.ndjson`);
  generate(reference, size, 1, access);
  generate(raggedOne, count, 2, ragged);
  return { reference, raggedOne };
}

const groupBy = 'count() as n, sum(bytes) as b, avg(latency_ms) as m by host, status';
const groupSql = (file: string, columns: string, to: string): string[] =>
  [`COPY (SELECT host, status, count(*) AS n, sum(bytes) AS b, avg(latency_ms) AS m FROM ${reader(file, columns)} GROUP BY ALL) TO '${to}' (FORMAT json)`];
/** With the columns named DuckDB need not guess types, and reads no others. */
const reader = (file: string, columns: string): string => columns === '' ? `read_ndjson('${file}')` : `read_json('${file}', format='newline_delimited', columns={${columns}})`;

function group(row: string, pick: (size: number) => string, factor: number, rounds: number, size: number, jobs = 1): Measured {
  const file = pick(size), db = duckdb(scratch), named = "host:'VARCHAR',status:'BIGINT',bytes:'BIGINT',latency_ms:'DOUBLE'";
  const ours: Command = jobs === 1 ? { name: 'leat', argv: [tool('agg'), groupBy, file], out: out(`${row}-leat`) } : { name: `leat run --jobs ${jobs}`, argv: [tool('leat'), 'run', '--jobs', String(jobs), `agg '${groupBy}'`, file], out: out(`${row}-leat`) };
  const times = compete([ours,
    { ...db.command(`${row}-auto`, groupSql(file, '', out(`${row}-auto`))), name: db.name },
    { ...db.command(`${row}-named`, groupSql(file, named, out(`${row}-named`))), name: `${db.name}, columns named` }, ...jobs === 1 ? [] : bare(ours)], rounds);
  const a = rowsOf(out(`${row}-leat`), ['host', 'status', 'n', 'b', 'm']), b = rowsOf(out(`${row}-auto`), ['host', 'status', 'n', 'b', 'm']);
  sameRows(row, a, b, [undefined, undefined, 0, 0, 1e-9]);
  return { row, times, targets: [ratio(`${db.name}, 2 threads`, times[0]!, times[1]!, factor)], notes: [`${a.size} groups, equal to those of ${db.name}`, told(times), ...toldBare(times)] };   // `!`: contestants in the order given
}

type Cells = readonly (string | number | null)[];
/** Rows of an NDJSON file, by the texts of their first two columns. */
function rowsOf(file: string, columns: readonly string[]): Map<string, Cells> {
  const rows = new Map<string, Cells>();
  for (const line of readFileSync(file, 'utf8').split('\n')) {
    if (line === '') continue;
    const record = JSON.parse(line) as Record<string, string | number | null>, cells = columns.map((name) => record[name] ?? null);
    const key = JSON.stringify(cells.slice(0, 2));
    if (rows.has(key)) throw new Error(`${file}: two rows ${key}`);
    rows.set(key, cells);
  }
  return rows;
}

/** Errors: the results differ. tolerance: relative, a column; undefined: it is part of the key. */
function sameRows(what: string, a: Map<string, Cells>, b: Map<string, Cells>, tolerance: readonly (number | undefined)[]): void {
  if (a.size !== b.size) throw new Error(`${what}: ${a.size} rows against ${b.size}`);
  for (const [key, cells] of a) {
    const other = b.get(key);
    for (const [i, allowed] of tolerance.entries()) {
      if (allowed === undefined) continue;
      const x = Number(cells[i]), y = Number(other?.[i]);
      if (!(Math.abs(x - y) <= allowed * Math.max(Math.abs(x), Math.abs(y)))) throw new Error(`${what}: row ${key}, column ${i}: ${x} against ${y}`);
    }
  }
}

/** How many times as fast as a peer, by the smallest times. */
export function ratio(peer: string, ours: Times, theirs: Times, factor: number): Target {
  const got = theirs.min / ours.min;
  return { what: `against ${peer}`, wanted: `${factor} ×`, got: `${got.toFixed(2)} ×`, holds: got >= factor };
}

/** Where the caller's environment names certificates, each start of Node reads them, tens of ms long, whatever it runs: the same command once more without. */
const bare = (ours: Command): Command[] => (process.env.NODE_EXTRA_CA_CERTS ?? '') === '' ? [] : [{ ...ours, name: `${ours.name}, no NODE_EXTRA_CA_CERTS`, env: { NODE_EXTRA_CA_CERTS: '' } }];
const toldBare = ([, theirs, , without]: readonly Times[]): string[] => without === undefined ? [] : [`without NODE_EXTRA_CA_CERTS, which Node reads at each start: ${(theirs!.min / without.min).toFixed(2)} ×`];   // `!`: contestants in the order given

/** The target is against the peer that knows as much as leat does, which is nothing of the fields; the one that was told names and types is there to be seen. */
const told = ([ours, , named]: readonly Times[]): string => `against the peer that was told the columns and their types: ${(named!.min / ours!.min).toFixed(2)} ×`;   // `!`: three contestants

function filter(rounds: number, size: number): Measured {
  const { reference: file } = inputs(size), db = duckdb(scratch), other = ndjsonFilter();
  const commands: Command[] = [
    { name: 'leat', argv: [tool('filter'), 'status >= 500 && latency_ms > 100', file], out: out('filter-leat') },
    db.command('filter', [`COPY (SELECT * FROM read_ndjson('${file}') WHERE status >= 500 AND latency_ms > 100) TO '${out('filter-duckdb')}' (FORMAT json)`])];
  if (other !== undefined) commands.push({ name: 'ndjson-filter', argv: [process.execPath, other, 'd.status >= 500 && d.latency_ms > 100'], in: file, out: out('filter-ndjson'), once: true });
  if (has('jq')) commands.push({ name: 'jq', argv: ['jq', '-c', 'select(.status >= 500 and .latency_ms > 100)', file], out: out('filter-jq'), once: true });
  if (has('mlr')) commands.push({ name: 'mlr', argv: ['mlr', '--ojsonl', '--ijsonl', 'filter', '$status >= 500 && $latency_ms > 100', file], out: out('filter-mlr'), once: true });
  const times = compete(commands, rounds), [ours, duck, third] = times;
  const mine = keptOf(out('filter-leat')), theirs = keptOf(out('filter-duckdb'));
  if (mine.count !== theirs.count || mine.sum !== theirs.sum) throw new Error(`filter: ${mine.count} records (sum of bytes ${mine.sum}) against ${theirs.count} (${theirs.sum})`);
  const targets = [ratio(`${db.name}, 2 threads`, ours!, duck!, 1.8)];             // `!`, here and below: contestants in the order given
  if (other !== undefined) targets.push(ratio('ndjson-filter', ours!, third!, 18));
  return { row: 'filter', times, targets, notes: [`${mine.count} records kept, as many as ${db.name} keeps, of equal sums`] };
}

/** Count and sums of a filter's output, by looking at each line. */
function keptOf(file: string): { count: number; sum: number } {
  let count = 0, sum = 0;
  const text = readFileSync(file, 'latin1');
  for (const [, bytes, ts] of text.matchAll(/"bytes":\s*(\d+)[^\n]*|"ts":\s*(\d+)/g)) { if (bytes !== undefined) { count++; sum += Number(bytes); } else if (ts !== undefined) sum += Number(ts) % 1_000_003; }
  return { count, sum };
}

const windowed = 'count() as n, p95(latency_ms) as p95 by host';

function run(row: string, factor: number, rounds: number, size: number, jobs = 1): Measured {
  const { reference: file } = inputs(size), db = duckdb(scratch);
  const sql = (columns: string, to: string): string[] => [
    `COPY (SELECT strftime(make_timestamp_ms(ts // 60000 * 60000), '%Y-%m-%dT%H:%M:%S.%gZ') AS window_start, host, count(*) AS n, approx_quantile(latency_ms, 0.95) AS p95 FROM ${reader(file, columns)} GROUP BY ALL ORDER BY 1) TO '${to}' (FORMAT json)`];
  const ours: Command = { name: jobs === 1 ? 'leat run' : `leat run --jobs ${jobs}`, argv: [tool('leat'), 'run', '--jobs', String(jobs), `watermark --delay 5s | window 1m | agg "${windowed}"`, file], out: out(`${row}-leat`) };
  const times = compete([ours,
    { ...db.command(`${row}-auto`, sql('', out(`${row}-auto`))), name: db.name },
    { ...db.command(`${row}-named`, sql("ts:'BIGINT',host:'VARCHAR',latency_ms:'DOUBLE'", out(`${row}-named`))), name: `${db.name}, columns named` }, ...jobs === 1 ? [] : bare(ours)], rounds);
  const columns = ['window_start', 'host', 'n', 'p95'], a = rowsOf(out(`${row}-leat`), columns), b = rowsOf(out(`${row}-auto`), columns);
  sameRows(row, a, b, [undefined, undefined, 0, 0.05]);
  return { row, times, targets: [ratio(`${db.name}, 2 threads`, times[0]!, times[1]!, factor)], notes: [`${a.size} rows: counts equal, p95 within 5 % (both are sketches)`, told(times), ...toldBare(times)] };   // `!`: contestants in the order given
}

function pipe(rounds: number, size: number): Measured {
  const { reference: file } = inputs(size), mib = readFileSync(file).length / 1e6;
  const times = compete([
    { name: 'leat, three processes', argv: ['bash', '-o', 'pipefail', '-c', `${tool('watermark')} --delay 5s ${file} | ${tool('window')} 1m | ${tool('agg')} '${windowed}'`], out: out('pipe-leat') },
    { name: 'leat run', argv: [tool('leat'), 'run', `watermark --delay 5s | window 1m | agg '${windowed}'`, file], out: out('pipe-run') }], rounds);
  if (!readFileSync(out('pipe-leat')).equals(readFileSync(out('pipe-run')))) throw new Error('pipe: the pipe and `leat run` print different bytes');
  const speed = mib / times[0]!.min;                                  // `!`: the pipe is the first
  return { row: 'pipe', times, targets: [{ what: 'input a second', wanted: '150 MB', got: `${speed.toFixed(0)} MB`, holds: speed >= 150 }], notes: ['the same bytes as `leat run`'] };
}

function start(rounds: number): Measured {
  const times = compete([
    { name: 'filter true', argv: [tool('filter'), 'true', join(scratch, 'one.ndjson')], out: out('start') },
    { name: 'node -e 0', argv: [process.execPath, '-e', '0'] }], Math.max(20, rounds));
  const [ours, bare] = times, got = ours!.min / bare!.min, byMedian = ours!.median / bare!.median;   // `!`: two contestants
  return { row: 'start', times, targets: [{ what: 'time against bare node', wanted: '1.8 ×', got: `${got.toFixed(2)} × (of medians ${byMedian.toFixed(2)} ×)`, holds: got <= 1.8 }], notes: [] };
}

async function live(rounds: number): Promise<Measured> {
  const seconds = Math.max(5, rounds), file = join(scratch, 'live.ndjson'), targets: Target[] = [], notes: string[] = [];
  const chains: [string, number, 0 | 1][] = [
    ['', 0, 0], [`${tool('filter')} 'status == 200'`, 1, 0],
    [`${tool('window')} 10ms | ${tool('agg')} 'count() as n'`, 2, 1],
    [`${tool('window')} 10ms | ${tool('agg')} -m 'count() as n' | ${tool('filter')} 'n == 1'`, 3, 1]];
  for (const [chain, stages, ahead] of chains) {
    const got = await latency(file, chain === '' ? 'cat' : chain, stages, seconds, ahead);
    const name = chain === '' ? 'tail -F | cat (no leat)' : `tail -F | ${chain.replaceAll(`${resolve('bin')}/`, '')}`;
    notes.push(`${name}: p50 ${got.p50.toFixed(2)} ms, p99 ${got.p99.toFixed(2)} ms, greatest ${got.max.toFixed(1)} ms, ${got.count} records`);
    if (stages > 0) targets.push({ what: `p99 per stage of ${name}`, wanted: '10 ms', got: `${(got.p99 / stages).toFixed(2)} ms`, holds: got.p99 / stages <= 10 });
  }
  return { row: 'latency', times: [], targets, notes };
}

function memory(_rounds: number, size: number): Measured {
  const { reference: file, raggedOne } = inputs(size), targets: Target[] = [];
  const commands: [string, Command][] = [
    ['filter', { name: 'filter', argv: [tool('filter'), 'status >= 500', file], out: out('memory') }],
    ['filter, ragged', { name: 'filter', argv: [tool('filter'), 'true', raggedOne], out: out('memory') }],
    ['map', { name: 'map', argv: [tool('map'), 'latency_ms / 1000 as seconds', file], out: out('memory') }],
    ['window', { name: 'window', argv: [tool('window'), '1m', '--delay', '5s', file], out: out('memory') }],
    ['agg', { name: 'agg', argv: [tool('agg'), groupBy, file], out: out('memory') }],
    ['agg, ragged', { name: 'agg', argv: [tool('agg'), groupBy, raggedOne], out: out('memory') }],
    ['leat run', { name: 'run', argv: [tool('leat'), 'run', `watermark --delay 5s | window 1m | agg "${windowed}"`, file], out: out('memory') }],
    ['leat run --jobs 2', { name: 'run', argv: [tool('leat'), 'run', '--jobs', '2', `watermark --delay 5s | window 1m | agg "${windowed}"`, file], out: out('memory') }]];
  for (const [what, command] of commands) {
    const peak = peakMiB(command);
    if (peak !== undefined) targets.push({ what: `peak of ${what}`, wanted: 'under 250 MB', got: `${(peak * 1.048576).toFixed(0)} MB`, holds: peak * 1.048576 < 250 });
  }
  return { row: 'memory', times: [], targets, notes: targets.length === 0 ? ['not measured: GNU time (/usr/bin/time) is missing'] : [] };
}

export const rows: readonly Row[] = [
  { name: 'group-by', measure: (rounds, size) => group('group-by', (n) => inputs(n).reference, 1.4, rounds, size) },
  { name: 'ragged', measure: (rounds, size) => group('ragged', (n) => inputs(n).raggedOne, 1, rounds, size) },
  { name: 'filter', measure: filter },
  { name: 'dedup', measure: (rounds, size) => dedup(rounds, inputs(size).reference, out) },
  { name: 'pipe', measure: pipe },
  { name: 'run', measure: (rounds, size) => run('run', 1.2, rounds, size) },
  { name: 'jobs-group-by', measure: (rounds, size) => group('jobs-group-by', (n) => inputs(n).reference, 2.2, rounds, size, 2) },
  { name: 'jobs-run', measure: (rounds, size) => run('jobs-run', 2.2, rounds, size, 2) },
  { name: 'join-table', measure: table },
  { name: 'join-interval', measure: interval },
  { name: 'checkpoint-pipe', measure: (rounds, size) => checkpointed(rounds, inputs(size).reference, scratch) },
  { name: 'checkpoint-keys', measure: (rounds, size) => keys(rounds, scratch, size / 2) },
  { name: 'start', measure: start },
  { name: 'latency', measure: live },
  { name: 'memory', measure: memory },
  { name: 'sort', measure: (rounds, size) => sorted(inputs(size).reference, scratch, rounds) },
  { name: 'top', measure: (rounds, size) => top(inputs(size).reference, scratch, rounds) },
];
