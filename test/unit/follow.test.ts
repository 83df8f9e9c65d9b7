// leat from --follow: what becomes of files while they are read (EXACTLY-ONCE 6). Waits are short here; each test waits for what must come, and looks once more for what must not.
import { appendFileSync, copyFileSync, mkdirSync, openSync, renameSync, symlinkSync, truncateSync, unlinkSync, writeFileSync, writeSync } from 'node:fs';
import { join } from 'node:path';
import { gzipSync } from 'node:zlib';
import t from 'tap';
import type { Sources } from '../../lib/io/sources.js';
import type { Json } from '../../lib/record/json.js';
import { run, stored } from './helpers/source-run.js';
import type { Ran, RunOptions } from './helpers/source-run.js';

const lines = (from: number, to: number): string => Array.from({ length: to - from }, (_, i) => `{"n":${from + i},"text":"some text that fills the line"}\n`).join('');
const numbers = ({ rows }: Ran): number[] => rows.map((row) => (JSON.parse(row) as { n: number }).n);
const range = (from: number, to: number): number[] => Array.from({ length: to - from }, (_, i) => from + i);
const pause = (ms: number): Promise<void> => new Promise((resolve) => setTimeout(resolve, ms));

/** A run that follows; what it has so far, and its end. */
class Follower {
  ran!: Ran;
  private sources!: Sources;
  private over: Promise<Ran>;
  private error: unknown;
  isOver = false;
  constructor(operands: readonly string[], more: Partial<RunOptions> = {}) {
    this.over = run({ operands, follow: true, pollMs: 5, rotateWaitMs: 60, ...more, started: (sources, ran) => { this.sources = sources; this.ran = ran; } });
    this.over.then(() => { this.isOver = true; }, (error: unknown) => { this.isOver = true; this.error = error; });
  }
  /** Waits for so many records, and a little longer for those that must not come. */
  async until(count: number): Promise<number[]> {
    for (let i = 0; i < 2000 && this.ran.rows.length < count; i++) { if (this.error !== undefined) throw this.error; await pause(5); }
    await pause(20);
    return numbers(this.ran);
  }
  async said(count: number): Promise<readonly string[]> { for (let i = 0; i < 400 && this.ran.said.length < count; i++) await pause(5); return this.ran.said; }
  async stop(): Promise<{ readonly ran: Ran; readonly places: Json }> { this.sources.stop(); const ran = await this.over; return { ran, places: stored(ran.places) }; }
}

for (const [how, name] of [['a pattern', 'app.log*'], ['a plain operand', 'app.log']] as const) {
  t.test(`growing, renamed, recreated: ${how}`, async (t) => {
    const folder = t.testdir(), at = (file: string): string => join(folder, file);
    writeFileSync(at('app.log'), lines(0, 10));
    const one = new Follower([at(name)], { rotateWaitMs: 1000 });
    t.same(await one.until(10), range(0, 10));
    appendFileSync(at('app.log'), '{"n":10,');
    await pause(30);
    appendFileSync(at('app.log'), '"text":""}\n');
    t.same(await one.until(11), range(0, 11), 'a line when its LF is there');
    renameSync(at('app.log'), at('app.log.1'));
    appendFileSync(at('app.log.1'), lines(11, 13));
    writeFileSync(at('app.log'), lines(14, 16));
    t.same((await one.until(13)).slice(0, 13), range(0, 13), 'the old file to its end');
    appendFileSync(at('app.log.1'), '{"n":13}');           // its writer has not noticed yet
    t.same(await one.until(16), range(0, 16), 'and its last line without LF before the new file');
    renameSync(at('app.log.1'), at('app.log.2')); renameSync(at('app.log'), at('app.log.1')); writeFileSync(at('app.log'), lines(16, 17));
    t.same(await one.until(17), range(0, 17));
    const { ran, places } = await one.stop();
    t.same(ran.said, []);
    // A later run goes on.
    writeFileSync(at('app.log.3.gz'), gzipSync(Buffer.from(lines(0, 0)))); appendFileSync(at('app.log'), lines(17, 20));
    const two = new Follower([at(name)], { places });
    t.same(await two.until(3), range(17, 20));
    await two.stop();
  });

  t.test(`copied and truncated: ${how}`, async (t) => {
    const folder = t.testdir(), at = (file: string): string => join(folder, file);
    writeFileSync(at('app.log'), lines(0, 100));
    const one = new Follower([at(name)]);
    await one.until(100);
    appendFileSync(at('app.log'), '{"n":100');
    copyFileSync(at('app.log'), at('app.log.1'));
    await pause(40);
    t.same(numbers(one.ran), range(0, 100), 'the copy is no new file');
    appendFileSync(at('app.log'), '}\n'); appendFileSync(at('app.log.1'), '}\n');
    truncateSync(at('app.log'), 0);
    appendFileSync(at('app.log'), lines(101, 105));
    t.same(await one.until(105), range(0, 105));
    truncateSync(at('app.log'), 0);                        // without a copy: nothing to be found
    appendFileSync(at('app.log'), lines(200, 203));
    t.same(await one.until(108), [...range(0, 105), ...range(200, 203)]);
    const { ran: { said } } = await one.stop();
    t.equal(said.length, 1, 'said once');
    t.match(said[0], /app\.log was truncated or replaced after [\d,]+ bytes/);
  });
}

t.test('deleted while it is open, then made anew', async (t) => {
  const at = (file: string): string => join(t.testdirName, file);
  t.testdir();
  const fd = openSync(at('a'), 'a');
  writeSync(fd, lines(0, 5));
  const one = new Follower([at('a')]);
  await one.until(5);
  unlinkSync(at('a'));
  writeSync(fd, lines(5, 8));
  t.same(await one.until(8), range(0, 8), 'read to its end');
  t.match(await one.said(1), [/a is not there; waiting for it/]);
  await pause(100);
  writeFileSync(at('a'), lines(8, 10));
  t.same(await one.until(10), range(0, 10));
  await one.stop();
});

t.test('not there yet, and said once', async (t) => {
  const folder = t.testdir(), at = (file: string): string => join(folder, file);
  const one = new Follower([at('a'), at('logs/*.log')]);
  await pause(40);
  mkdirSync(at('logs'));
  writeFileSync(at('logs/x.log'), lines(0, 2));
  t.same(await one.until(2), [0, 1]);
  writeFileSync(at('a'), lines(2, 3)); writeFileSync(at('logs/y.log'), lines(3, 4));
  t.same((await one.until(4)).sort((a, b) => a - b), range(0, 4));
  for (let i = 4; i < 40; i += 2) { appendFileSync(at('logs/x.log'), lines(i, i + 1)); appendFileSync(at('logs/y.log'), lines(i + 1, i + 2)); await pause(5); }
  t.same((await one.until(40)).sort((a, b) => a - b), range(0, 40), 'files take turns');
  const { ran } = await one.stop();
  t.match(ran.said, [/a is not there; waiting for it/, /no file matches '.*\*\.log' yet; waiting for one/]);
});

t.test('--start end', async (t) => {
  const folder = t.testdir(), at = (file: string): string => join(folder, file);
  writeFileSync(at('app.log.2.gz'), gzipSync(lines(0, 5))); writeFileSync(at('app.log.1'), lines(5, 10)); writeFileSync(at('app.log'), `${lines(10, 15)}{"n":15`);
  const one = new Follower([at('app.log*')], { start: 'end' });
  await pause(30);
  t.same(numbers(one.ran), []);
  appendFileSync(at('app.log'), `}\n${lines(16, 18)}`);
  t.same(await one.until(3), [15, 16, 17], 'the incomplete line, and what is added');
  const { places } = await one.stop();
  appendFileSync(at('app.log'), lines(18, 20));
  const two = new Follower([at('app.log*')], { start: 'end', places });
  t.same(await two.until(2), [18, 19], 'places win');
  await two.stop();
});

t.test('a link to the file of the day', async (t) => {
  const folder = t.testdir(), at = (file: string): string => join(folder, file);
  writeFileSync(at('mon'), lines(0, 3));
  symlinkSync('mon', at('today'));
  const one = new Follower([at('today')]);
  await one.until(3);
  writeFileSync(at('tue'), lines(3, 6));
  unlinkSync(at('today')); symlinkSync('tue', at('today'));
  t.same(await one.until(6), range(0, 6));
  await one.stop();
});

t.test('a writer that does not append leaves NULs behind a cut', async (t) => {
  const folder = t.testdir(), at = (file: string): string => join(folder, file), fd = openSync(at('a'), 'w');
  writeSync(fd, lines(0, 20));
  const one = new Follower([at('a')]);
  await one.until(20);
  truncateSync(at('a'), 0);
  writeSync(fd, lines(20, 22));
  t.same(await one.until(22), range(0, 22));
  const { ran: { said } } = await one.stop();
  t.match(said[1], /NUL bytes at its start are skipped/);
});

t.test('killed and gone on with, at any time', async (t) => {
  const folder = t.testdir(), at = (file: string): string => join(folder, file), seen: number[] = [];
  let places: Json | undefined, n = 0;
  for (let round = 0; round < 20; round++) {
    if (round % 5 === 4) { renameSync(at('app.log'), at(`app.log.${20 - round}`)); }
    appendFileSync(at('app.log'), lines(n, n += 7));
    const one = new Follower([at('app.log*')], { places, chunk: 100, every: 3, rotateWaitMs: 0, kill: 1 + round % 6 });
    for (let i = 0; i < 400 && !one.isOver; i++) { if (numbers(one.ran).length > 0 && i > 8) break; await pause(5); }
    if (!one.isOver) await one.stop();
    seen.push(...numbers(one.ran).slice(0, one.ran.saved));
    places = one.ran.places === null ? undefined : stored(one.ran.places);
  }
  const last = new Follower([at('app.log*')], { places, rotateWaitMs: 0 });
  await last.until(n - seen.length);
  t.same([...seen, ...numbers(last.ran)], range(0, n));
  await last.stop();
});
