// Joins against their peers: a table of users, and two streams by key and time. Inputs are seeded and kept in .cache/bench; equal results are part of the measurement.
import { createReadStream, writeFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { createInterface } from 'node:readline';
import type { Dice } from '../harness/random.js';
import { generate } from './generate.js';
import { compete, has, peakMiB } from './measure.js';
import type { Command, Times } from './measure.js';
import { duckdb, ndjsonCli } from './peers.js';
import { inputs, ratio, scratch } from './rows.js';
import type { Measured } from './rows.js';

const work = resolve('.cache/bench'), tool = (name: string): string => resolve('bin', name), out = (name: string): string => join(scratch, name);
const USERS = 100_000, WITHIN_MS = 10_000, DELAY_MS = 3000;

/** A user, by number; `i` counts them. */
const user = (): ((roll: Dice) => string) => {
  let i = 0;
  return (roll) => `{"id":${i++},"name":"user ${roll.below(1e6)}","plan":"${roll.pick(['free', 'gold', 'team'])}","since":"2024-0${1 + roll.below(9)}-1${roll.below(10)}"}`;
};
/** A record of a stream of 20,000 keys, 1.5 ms after the one before, out of order by up to 3 s. */
const event = (fields: (roll: Dice) => string) => (roll: Dice, clock: { ms: number }): string => {
  clock.ms += roll.below(4);
  return `{"ts":${clock.ms - roll.below(DELAY_MS)},"id":${roll.below(20_000)},${fields(roll)}}`;
};
const order = event((roll) => `"item":"item-${roll.below(1000)}","price":${(roll.below(100_000) / 100).toFixed(2)},"shop":"shop-${roll.below(50)}"`);
const payment = event((roll) => `"method":"${roll.pick(['card', 'cash', 'bank'])}","amount":${(roll.below(100_000) / 100).toFixed(2)},"ref":${roll.below(1e6)}`);

function streams(count: number): { left: string; right: string } {
  const left = join(work, `orders-${count}.ndjson`), right = join(work, `payments-${count}.ndjson`);
  generate(left, count, 3, order);
  generate(right, count, 4, payment);
  return { left, right };
}

/** Count of lines, and the sum of some numbers over all of them, whatever their order. */
async function summed(file: string, names: readonly string[]): Promise<string> {
  let count = 0, sum = 0;
  const patterns = names.map((name) => new RegExp(`"${name}": ?([\\d.]+)`, 'g'));
  for await (const line of createInterface({ input: createReadStream(file), crlfDelay: Infinity })) {
    count++;
    patterns.forEach((pattern, i) => { for (const [, x] of line.matchAll(pattern)) sum = (sum + Math.round(Number(x) * 100) * (i + 1)) % 1e9; });
  }
  return `${count} records, ${sum}`;
}

/** Errors: the results differ. */
async function same(what: string, files: readonly (readonly [string, readonly string[]])[]): Promise<string> {
  const sums: string[] = [];
  for (const [file, names] of files) sums.push(await summed(file, names));
  if (new Set(sums).size !== 1) throw new Error(`${what}: results differ: ${sums.join(' | ')}`);
  return sums[0]!.split(',')[0]!;   // `!`: there is one
}

/** A stream of access records looks its user up. */
export async function table(rounds: number, size: number): Promise<Measured> {
  const { reference: left } = inputs(size), right = join(work, `users-${USERS}.ndjson`), program = ndjsonCli('ndjson-join');
  generate(right, USERS, 5, user());
  const commands: Command[] = [{ name: 'leat', argv: [tool('join'), '-1', 'user.id', '-2', 'id', '--table', left, right], out: out('table-leat') }];
  const results: [string, readonly string[]][] = [[out('table-leat'), ['bytes', 'ts']]];
  if (has('mlr')) { commands.push({ name: 'mlr', argv: ['mlr', '--ijsonl', '--ojsonl', 'flatten', 'then', 'join', '-f', right, '-l', 'id', '-r', 'user.id', '-j', 'id', left], out: out('table-mlr'), once: true }); results.push([out('table-mlr'), ['bytes', 'ts']]); }
  // It keeps both inputs as objects: more than Node allows by default.
  if (program !== undefined) { commands.push({ name: 'ndjson-join', argv: [process.execPath, '--max-old-space-size=16384', program, 'd.user.id', 'd.id', left, right], out: out('table-ndjson'), once: true }); results.push([out('table-ndjson'), ['bytes', 'ts']]); }
  const times = compete(commands, rounds);
  return { row: 'join-table', times, targets: times.slice(1).map((theirs) => ratio(theirs.name, times[0]!, theirs, 4)), notes: [`${await same('join-table', results)}, equal sums everywhere`] };   // `!`: leat is the first
}

/** Two streams, pairs of a key at most ten seconds apart. */
export async function interval(rounds: number, size: number): Promise<Measured> {
  const count = size >> 1, { left, right } = streams(count), twice = streams(count * 2), db = duckdb(scratch);
  const ours = (a: string, b: string, to: string): Command => ({ name: 'leat', argv: [tool('join'), '-j', 'id', '--within', '10s', '--delay', '3s', a, b], out: to });
  const commands: Command[] = [ours(left, right, out('interval-leat')),
    { ...db.command('interval', [`COPY (SELECT a.*, b.ts AS ts_right, b.method, b.amount, b.ref FROM read_ndjson('${left}') a JOIN read_ndjson('${right}') b ON a.id = b.id AND b.ts BETWEEN a.ts - ${WITHIN_MS} AND a.ts + ${WITHIN_MS}) TO '${out('interval-duckdb')}' (FORMAT json)`]), name: db.name },
    { name: 'SQLite', argv: [process.execPath, sqlite(left, right, out('interval-sqlite'), out('interval-sqlite-load'))], once: true }];
  const times = compete(commands, rounds), names = ['price', 'amount', 'ts_right'];
  const rows = await same('join-interval', [[out('interval-leat'), names], [out('interval-duckdb'), names], [out('interval-sqlite'), names]]);
  const [mine, duck, lite] = times as [Times, Times, Times], load = Number(await firstLine(out('interval-sqlite-load')));
  const once = peakMiB(ours(left, right, out('interval-leat'))), both = peakMiB(ours(twice.left, twice.right, out('interval-leat')));
  return {
    row: 'join-interval', times,
    targets: [ratio(`${db.name}, 2 threads`, mine, duck, 1), ratio('SQLite with an index', mine, lite, 5),
      ...once === undefined || both === undefined ? [] : [{ what: 'peak memory of twice the records', wanted: 'at most 1.1 ×', got: `${(both / once).toFixed(2)} × of ${once.toFixed(0)} MiB`, holds: both <= once * 1.1 }]],
    notes: [`${rows}, equal sums everywhere`, `SQLite: ${load.toFixed(1)} s of ${lite.min.toFixed(1)} s are loading and indexing; the query alone against all of leat: ${((lite.min - load) / mine.min).toFixed(2)} ×`],
  };
}

/** A script: NDJSON into two tables in memory, an index, the join, NDJSON out; the seconds that loading took go to a file of their own. */
function sqlite(left: string, right: string, to: string, loadTo: string): string {
  const script = join(scratch, 'interval-sqlite.mjs');
  writeFileSync(script, `import { createRequire } from 'node:module';
import { readFileSync, writeFileSync, openSync, writeSync, closeSync } from 'node:fs';
const Database = createRequire(${JSON.stringify(`${resolve('.')}/`)})('better-sqlite3');
const db = new Database(':memory:'), begun = process.hrtime.bigint();
const load = (name, file, columns) => {
  db.exec(\`CREATE TABLE \${name} (\${columns.join(', ')})\`);
  const insert = db.prepare(\`INSERT INTO \${name} VALUES (\${columns.map(() => '?').join(', ')})\`);
  db.exec('BEGIN');
  for (const line of readFileSync(file, 'utf8').split('\\n')) if (line !== '') { const record = JSON.parse(line); insert.run(columns.map((each) => record[each])); }
  db.exec('COMMIT');
};
load('a', ${JSON.stringify(left)}, ['ts', 'id', 'item', 'price', 'shop']);
load('b', ${JSON.stringify(right)}, ['ts', 'id', 'method', 'amount', 'ref']);
db.exec('CREATE INDEX b_key ON b (id, ts)');
writeFileSync(${JSON.stringify(loadTo)}, String(Number(process.hrtime.bigint() - begun) / 1e9));
const fd = openSync(${JSON.stringify(to)}, 'w');
let text = '';
const query = db.prepare("SELECT json_object('ts', a.ts, 'id', a.id, 'item', a.item, 'price', a.price, 'shop', a.shop, 'ts_right', b.ts, 'method', b.method, 'amount', b.amount, 'ref', b.ref) FROM a JOIN b ON b.id = a.id AND b.ts BETWEEN a.ts - ${WITHIN_MS} AND a.ts + ${WITHIN_MS}").pluck();
for (const line of query.iterate()) { text += line + '\\n'; if (text.length > 1 << 20) { writeSync(fd, text); text = ''; } }
writeSync(fd, text);
closeSync(fd);
`);
  return script;
}

async function firstLine(file: string): Promise<string> {
  for await (const line of createInterface({ input: createReadStream(file) })) return line;
  return '';
}
