// What becomes of files between runs (EXACTLY-ONCE 6, R20, R28): each row of the table, and its neighbours. Records are lines with numbers, so that none is lost or doubled unseen.
import { appendFileSync, copyFileSync, cpSync, mkdirSync, openSync, readFileSync, renameSync, rmSync, statSync, symlinkSync, truncateSync, unlinkSync, utimesSync, writeFileSync, writeSync } from 'node:fs';
import { spawnSync } from 'node:child_process';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { brotliCompressSync, gzipSync } from 'node:zlib';
import t from 'tap';
import type { LeatError } from '../../lib/errors.js';
import type { Json } from '../../lib/record/json.js';
import { run, stored } from './helpers/source-run.js';
import type { Ran, RunOptions } from './helpers/source-run.js';

const lines = (from: number, to: number): string => Array.from({ length: to - from }, (_, i) => `{"n":${from + i},"text":"some text that fills the line"}\n`).join('');
const numbers = ({ rows }: Ran): number[] => rows.map((row) => (JSON.parse(row) as { n: number }).n);
const range = (from: number, to: number): number[] => Array.from({ length: to - from }, (_, i) => from + i);
/** A file that was left alone long ago. */
const old = (path: string): void => { const time = new Date(Date.now() - 60_000); utimesSync(path, time, time); };

/** A folder, and runs that go on from one another. */
function place(t: { testdir(): string }): { at(name: string): string; go(operands: string | readonly string[], more?: Partial<RunOptions>): Promise<Ran>; places: Json | undefined } {
  const folder = t.testdir();
  const here = {
    at: (name: string) => join(folder, name), places: undefined as Json | undefined,
    async go(operands: string | readonly string[], more: Partial<RunOptions> = {}) {
      const ran = await run({ operands: [operands].flat().map((name) => join(folder, name)), places: here.places, ...more });
      here.places = stored(ran.places);
      return ran;
    },
  };
  return here;
}

t.test('a file that grows is gone on with; the incomplete last line waits', async (t) => {
  const { at, go } = place(t);
  writeFileSync(at('a'), lines(0, 100) + '{"n":10');
  t.same(numbers(await go('a')), range(0, 100));
  t.same(numbers(await go('a')), [], 'nothing new');
  appendFileSync(at('a'), `0}\n${lines(101, 105)}`);
  const more = await go('a');
  t.same(numbers(more), range(100, 105));
  t.equal(more.at[0], `${at('a')}:101@${lines(0, 100).length}`, 'with the number of its line');
  appendFileSync(at('a'), '{"n":105}');
  t.same(numbers(await go('a', { isPausing: false })), [105], 'a run that drains takes it');
  t.same(numbers(await go('a', { isPausing: false })), []);
  t.same(more.said, []);
});

t.test('a run that pauses reads what was there when it began', async (t) => {
  const { at, go } = place(t);
  writeFileSync(at('a'), lines(0, 10));
  writeFileSync(at('b'), lines(20, 30));
  let reads = 0;
  const ran = await go(['a', 'b'], { chunk: 100, step: () => { if (reads++ === 2) { appendFileSync(at('a'), lines(10, 12)); appendFileSync(at('b'), lines(30, 32)); } } });
  t.same(numbers(ran), [...range(0, 10), ...range(20, 30)]);
  t.same(numbers(await go(['a', 'b'])), [10, 11, 30, 31]);
});

t.test('killed in the middle of a list', async (t) => {
  const { at, go } = place(t);
  for (const [i, name] of ['a', 'b', 'c'].entries()) writeFileSync(at(name), lines(i * 50, i * 50 + 50));
  const seen: number[] = [];
  for (let i = 0; i < 40; i++) {
    const ran = await go(['a', 'b', 'c'], { chunk: 700, kill: 3, every: 2 });
    seen.push(...numbers(ran).slice(0, ran.saved));
    if (ran.rows.length === 0) break;
  }
  t.same(seen, range(0, 150));
});

for (const [how, name] of [['a pattern', 'app.log*'], ['a plain operand', 'app.log']] as const) {
  t.test(`renamed by rotation, ${how}`, async (t) => {
    const { at, go } = place(t);
    writeFileSync(at('app.log'), lines(0, 50));
    t.same(numbers(await go(name)), range(0, 50));
    appendFileSync(at('app.log'), lines(50, 60));
    renameSync(at('app.log'), at('app.log.1'));
    writeFileSync(at('app.log'), lines(60, 70));
    const ran = await go(name);
    t.same(numbers(ran), range(50, 70), 'the rest of the older one first');
    renameSync(at('app.log.1'), at('app.log.2'));
    appendFileSync(at('app.log'), lines(70, 75));
    renameSync(at('app.log'), at('app.log.1'));
    writeFileSync(at('app.log'), '');
    t.same(numbers(await go(name)), range(70, 75));
    t.same(ran.said, []);
  });

  t.test(`rotated twice between two runs, ${how}`, async (t) => {
    const { at, go } = place(t);
    writeFileSync(at('app.log'), lines(0, 50));
    await go(name);
    renameSync(at('app.log'), at('app.log.2'));
    appendFileSync(at('app.log.2'), lines(50, 55));
    writeFileSync(at('app.log.1'), lines(55, 60));
    old(at('app.log.1')); old(at('app.log.2'));
    writeFileSync(at('app.log'), lines(60, 62));
    t.same(numbers(await go(name)), range(50, 62));
  });

  for (const [packing, pack] of [['gz', gzipSync], ['br', brotliCompressSync]] as const) t.test(`rotated and compressed (${packing}) between runs, ${how}`, async (t) => {
    const { at, go } = place(t);
    writeFileSync(at('app.log'), lines(0, 400));
    await new Promise((resolve) => setTimeout(resolve, 20));
    appendFileSync(at('app.log'), lines(400, 500));
    t.same(numbers(await go(name)), range(0, 500));
    writeFileSync(at(`app.log.1.${packing}`), pack(Buffer.from(lines(0, 520))));
    unlinkSync(at('app.log'));
    await new Promise((resolve) => setTimeout(resolve, 20));   // it may get the number of the deleted one, but not its time
    writeFileSync(at('app.log'), lines(520, 525)); appendFileSync(at('app.log'), lines(525, 530));
    const ran = await go(name);
    t.same(numbers(ran), range(500, 530));
    t.equal(ran.at[0], `${at(`app.log.1.${packing}`)}:501@${lines(0, 500).length}`);
    t.same(ran.said, []);
    renameSync(at(`app.log.1.${packing}`), at(`app.log.2.${packing}`));
    copyFileSync(at(`app.log.2.${packing}`), at('x')); unlinkSync(at(`app.log.2.${packing}`)); renameSync(at('x'), at(`app.log.2.${packing}`));
    t.same(numbers(await go(name)), [], 'and it is known under its next name and number');
  });

  t.test(`copied and truncated, ${how}`, async (t) => {
    const { at, go } = place(t);
    writeFileSync(at('app.log'), lines(0, 50));
    await go(name);
    appendFileSync(at('app.log'), lines(50, 60));
    copyFileSync(at('app.log'), at('app.log.1'));
    t.same(numbers(await go(name)), range(50, 60), 'the copy of a file that is not cut yet is not read');
    appendFileSync(at('app.log'), lines(60, 61)); appendFileSync(at('app.log.1'), lines(60, 61));
    truncateSync(at('app.log'), 0);
    appendFileSync(at('app.log'), lines(61, 65));
    const ran = await go(name);
    t.same(numbers(ran), range(60, 65), 'the rest is found in the copy');
    t.equal(ran.said.length, 1);
    t.match(ran.said[0], /app\.log was truncated or replaced after [\d,]+ bytes of it had been read; it is read from its start, after the rest of its copy .*app\.log\.1 \| logrotate's copytruncate can lose/);
    t.same(numbers(await go(name)), []);
  });
}

t.test('truncated, rewritten, replaced: from the start, and said once', async (t) => {
  const { at, go } = place(t);
  for (const [why, change] of [
    ['shorter', () => { truncateSync(at('a'), 0); appendFileSync(at('a'), lines(100, 105)); }],
    ['longer than before', () => { truncateSync(at('a'), 0); appendFileSync(at('a'), lines(200, 400)); }],
    ['another file', () => { writeFileSync(at('new'), lines(500, 505)); renameSync(at('new'), at('a')); }],
    ['the same head, another tail', () => { const text = readFileSync(at('a'), 'latin1'); writeFileSync(at('a'), text.slice(0, lines(0, 30).length) + lines(600, 700)); }],
  ] as const) {
    writeFileSync(at('a'), lines(0, 100));
    await go('a', { places: undefined });
    change();
    const ran = await go('a');
    t.same(numbers(ran), readFileSync(at('a'), 'latin1').split('\n').slice(0, -1).map((line) => (JSON.parse(line) as { n: number }).n), why);
    t.equal(ran.said.length, 1, why);
    t.match(ran.said[0], /a was truncated or replaced after 4,\d{3} bytes of it had been read; it is read from its start \| logrotate's copytruncate can lose lines/, why);
    t.same((await go('a')).rows, [], why);
  }
});

t.test('NULs at the start of a file that was cut are skipped and counted', async (t) => {
  const { at, go } = place(t);
  const fd = openSync(at('a'), 'w');
  writeSync(fd, lines(0, 50));
  await go('a');
  truncateSync(at('a'), 0);
  writeSync(fd, lines(50, 60));                            // at the old place, for the writer does not append
  t.equal(readFileSync(at('a'))[0], 0);
  const ran = await go('a');
  t.same(numbers(ran), range(50, 60));
  t.match(ran.said[1], /a was truncated, and its writer went on at the old place: 2,\d{3} NUL bytes at its start are skipped/);
  writeSync(fd, lines(60, 61));
  t.same(numbers(await go('a')), [60]);
});

t.test('the number of a deleted file that another one has now', async (t) => {
  const { at, go } = place(t);
  writeFileSync(at('app.log.1'), lines(0, 50)); old(at('app.log.1'));
  writeFileSync(at('app.log'), lines(50, 60));
  await go('app.log*');
  const { places } = { places: stored((await go('app.log*')).places) as { files: { ino: string; name: string }[] } };
  unlinkSync(at('app.log.1'));
  renameSync(at('app.log'), at('app.log.1'));
  writeFileSync(at('app.log'), lines(60, 70));
  const ino = String(statSync(at('app.log')).ino);
  const swapped = { ...places, files: places.files.map((file) => file.name.endsWith('.1') ? { ...file, ino } : file) };   // as the file system does it
  const ran = await go('app.log*', { places: swapped as Json });
  t.same(numbers(ran), range(60, 70));
  t.same(ran.said, [], 'a deleted file that was read is nothing to say');
});

t.test('deleted: forgotten where it was read, told where not', async (t) => {
  const { at, go } = place(t);
  writeFileSync(at('a.1'), lines(0, 50)); writeFileSync(at('a.2'), lines(50, 90));
  await go('a.*');
  unlinkSync(at('a.1'));
  t.same((await go('a.*')).said, []);
  writeFileSync(at('a.1'), lines(0, 50));
  t.same(numbers(await go('a.*')), [], 'it comes back: known');
  writeFileSync(at('b.1'), lines(100, 200)); writeFileSync(at('b.2'), lines(0, 1));
  await go('b.*', { places: undefined, chunk: 1000, kill: 2 });
  unlinkSync(at('b.1'));
  const ran = await go('b.*');
  t.match(ran.said, [/b\.1 is gone, and the last 3,\d{3} bytes of it had not been read/]);
  t.same(numbers(ran), [0]);
  unlinkSync(at('b.2'));
  const none = await go('b.*');
  t.same([none.rows, none.said], [[], []], 'a pattern that matches nothing now is nothing new');
  await t.rejects(go('b.2'), { code: 'E_FILE', exit: 66 }, 'a file that is named must be there, or a copy of it');
});

t.test('files that begin alike', async (t) => {
  const { at, go } = place(t);
  const csv = (rows: string): string => `n,t\n${rows}`, options = { format: 'csv', isPausing: true } as const;
  writeFileSync(at('x.csv'), csv(''));
  t.same((await go('x.csv*', options)).rows, []);
  renameSync(at('x.csv'), at('x.csv.1'));
  appendFileSync(at('x.csv.1'), '1,a\n'); old(at('x.csv.1'));
  writeFileSync(at('x.csv'), csv('2,b\n'));
  const ran = await go('x.csv*', options);
  t.same(ran.rows, ['{"n":"1","t":"a"}', '{"n":"2","t":"b"}'], 'the number decides');
  // Without a number to go by it cannot be told.
  const one = place({ testdir: () => t.testdir() });
  writeFileSync(one.at('y.csv'), csv(''));
  await one.go('y.csv*', options);
  for (const name of ['y.csv.1', 'y.csv.2']) writeFileSync(one.at(name), csv(`${name.length},a\n`));
  unlinkSync(one.at('y.csv'));
  const { code, exit, message } = await one.go('y.csv*', options).then(() => ({ code: '', exit: 0, message: '' }), (thrown: LeatError) => thrown);
  t.match({ code, exit, message }, { code: 'E_INPUT', exit: 65, message: /y\.csv\.1 and .*y\.csv\.2 begin alike, and each of them can be the rest of .*y\.csv, which has moved/ });
});

t.test('the last line of an older file', async (t) => {
  const { at, go } = place(t);
  writeFileSync(at('app.log.1'), `${lines(0, 3)}{"n":3}`); writeFileSync(at('app.log'), `${lines(4, 6)}{"n":6}`);
  t.same(numbers(await go('app.log*')), [0, 1, 2], 'changed just now: its writer may still be at it, and what is younger waits');
  t.same(numbers(await go('app.log*', { rotateWaitMs: 0 })), [3, 4, 5], 'left alone: a record without its LF');
  t.same(numbers(await go('app.log*', { isPausing: false })), [6], 'and of the youngest when the run drains');
});

t.test('links, names twice, folders', async (t) => {
  const { at, go } = place(t);
  mkdirSync(at('logs'));
  writeFileSync(at('logs/a'), lines(0, 10));
  symlinkSync('logs/a', at('current'));
  t.same(numbers(await go(['current', 'logs/a', 'logs/*'])), range(0, 10), 'a file is read once');
  writeFileSync(at('logs/b'), lines(10, 20));
  unlinkSync(at('current')); symlinkSync('logs/b', at('current'));
  t.same(numbers(await go(['current', 'logs/*'])), range(10, 20), 'a link that points elsewhere now');
  cpSync(at('logs'), at('other'), { recursive: true }); rmSync(at('logs'), { recursive: true });
  t.same(numbers(await go('other/*')), [], 'moved to another disk');
});

t.test('a copy that is an operand, too', async (t) => {
  const { at, go } = place(t), both = ['app.log', 'app.log.1'];
  writeFileSync(at('app.log.1'), lines(0, 10)); writeFileSync(at('app.log'), lines(10, 20));
  t.same(numbers(await go(both)), [...range(10, 20), ...range(0, 10)], 'in the order of the operands');
  t.same(numbers(await go(both)), []);
  renameSync(at('app.log.1'), at('app.log.2')); renameSync(at('app.log'), at('app.log.1')); writeFileSync(at('app.log'), lines(20, 25)); appendFileSync(at('app.log.1'), '');
  t.same(numbers(await go(both)), range(20, 25));
});

t.test('packed files: known without a second look, gone on with where they grow', async (t) => {
  const { at, go } = place(t);
  writeFileSync(at('a.gz'), gzipSync(lines(0, 3000)));
  const first = await go('a.gz', { chunk: 5000, kill: 4 });
  const rest = await go('a.gz');
  t.same([...numbers(first).slice(0, first.saved), ...numbers(rest)], range(0, 3000), 'killed in the middle');
  appendFileSync(at('a.gz'), gzipSync(lines(3000, 3010)));
  t.same(numbers(await go('a.gz')), range(3000, 3010), 'a member more');
  writeFileSync(at('a'), lines(0, 3011)); unlinkSync(at('a.gz'));
  t.same(numbers(await go('a*')), [3010], 'unpacked by hand');
});

t.test('a regular file on standard input', async (t) => {
  const { at } = place(t), module = fileURLToPath(new URL('helpers/source-run.js', import.meta.url));
  const script = `const { run } = await import(${JSON.stringify(module)}); const [places, pausing] = process.argv.slice(1);
    try { const ran = await run({ operands: [], isPausing: pausing === 'true', places: places === '' ? undefined : JSON.parse(places) }); console.log(JSON.stringify(ran)); }
    catch (error) { console.log(JSON.stringify({ code: error.code, exit: error.exit, message: error.message })); }`;
  const go = (shell: string, places = '', pausing = true): Ran & LeatError => {
    const { stdout, stderr } = spawnSync('sh', ['-c', shell, 'sh', process.execPath, script, places, String(pausing), at('f')], { encoding: 'utf8' });
    if (stdout === '') throw new Error(stderr);
    return JSON.parse(stdout.slice(stdout.indexOf('{"'))) as Ran & LeatError;
  };
  const node = '"$1" --input-type=module -e "$2" -- "$3" "$4"';
  writeFileSync(at('f'), lines(0, 50));
  const first = go(`${node} < "$5"`);
  t.same(numbers(first), range(0, 50));
  appendFileSync(at('f'), lines(50, 60));
  t.same(numbers(go(`${node} < "$5"`, JSON.stringify(first.places))), range(50, 60));
  const skipped = go(`{ dd bs=${lines(0, 2).length} count=1 of=/dev/null 2> /dev/null; ${node}; } < "$5"`);
  t.same(numbers(skipped), range(2, 60), 'from where the descriptor stands');
  t.equal(skipped.at[0], `stdin:1@${lines(0, 2).length}`);
  for (const [why, change] of [
    [/it was truncated: it has 0 bytes, and 2,\d+ had been read/, () => truncateSync(at('f'), 0)],
    [/it is another file: its first bytes differ/, () => writeFileSync(at('f'), lines(1, 200))],
    [/it was rewritten: the bytes before the place differ/, () => writeFileSync(at('f'), lines(0, 30) + lines(100, 200))],
  ] as const) {
    change();
    t.match(go(`${node} < "$5"`, JSON.stringify(first.places)), { code: 'E_INPUT', exit: 65, message: why });
  }
  writeFileSync(at('f'), gzipSync(lines(0, 50)));
  const packed = go(`${node} < "$5"`);
  t.same(numbers(packed), range(0, 50));
  appendFileSync(at('f'), gzipSync(lines(50, 52)));
  t.same(numbers(go(`${node} < "$5"`, JSON.stringify(packed.places))), [50, 51]);
  const pipe = go(`cat "$5" | ${node}`);
  t.same(numbers(pipe), range(0, 52));
  t.match(go(`cat "$5" | ${node}`, JSON.stringify(pipe.places)).said, [/standard input is a pipe, which cannot be read again.* \| leat from --spool DIR keeps it/]);
});
