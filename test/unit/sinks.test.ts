// What `leat to` does to disks and programs, tried with real processes: what is under its final name is whole, whatever ended the run; it is synced before it has that name; faults
// have their exit status. (USERS A3, A4, A11, M25; CLI to.)
import { spawn, spawnSync } from 'node:child_process';
import { chmodSync, cpSync, existsSync, mkdirSync, readFileSync, readdirSync, statSync, symlinkSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import t from 'tap';
import { environment, folder } from '../harness/place.js';
import { filesOf, missing, sqlite } from '../harness/results.js';
import { shell } from '../harness/shell.js';

const record = (i: number): string => `{"ts":${i * 100},"host":"web-${i % 7}","note":"${'x'.repeat(60)}"}\n`;
const big = Array.from({ length: 20_000 }, (_, i) => record(i)).join('');
const visible = (path: string): string[] => filesOf(path).filter((name) => !name.split('/').some((part) => part.startsWith('.')));
const sinks = ['csv out.csv', 'tsv out.tsv.gz', 'json out.json', 'table out.txt', 'markdown out.md'];
const wait = (ms: number): Promise<void> => new Promise((done) => setTimeout(done, ms));

/** A run whose input stays open after `input`; ended by a signal once that has been read. */
async function signalled(cmd: string, cwd: string, input: string, ...signals: NodeJS.Signals[]): Promise<{ exit: number | null; signal: string | null; stderr: string }> {
  const child = spawn('bash', ['--norc', '-c', `exec leat ${cmd}`], { cwd, env: environment(), stdio: ['pipe', 'ignore', 'pipe'] });
  let stderr = '';
  child.stderr.on('data', (bytes: Uint8Array) => { stderr += Buffer.from(bytes).toString(); });
  child.stdin.on('error', () => { /* it was ended */ });
  const ended = new Promise<{ exit: number | null; signal: string | null }>((done) => child.once('close', (exit, signal) => done({ exit, signal })));
  await new Promise<void>((done) => child.stdin.write(input, () => done()));
  await wait(600);
  for (const signal of signals) { child.kill(signal); if (signals.length > 1) await wait(30); }
  return { ...await ended, stderr };
}

t.test('killed: nothing stands under a final name, and what is left is no data to any pattern', { jobs: 1 }, async (t) => {
  for (const sink of sinks) {
    const place = folder(), { signal } = await signalled(`to ${sink}`, place.path, big, 'SIGKILL');
    t.equal(signal, 'SIGKILL', sink);
    t.same(visible(place.path), [], `to ${sink}: no file`);
    t.ok(filesOf(place.path).every((name) => name.startsWith('.') && name.endsWith('.part')), `to ${sink}: ${filesOf(place.path).join(' ')}`);
    place.remove();
  }
  const place = folder();
  await signalled("run \"watermark --delay 0s | to files 'out/%Y-%m-%dT%H%M.ndjson'\"", place.path, big, 'SIGKILL');
  const names = visible(place.path);
  // 2,000,000 ms are 33 minutes and a third: 33 are over.
  t.equal(names.length, 33, 'files: the minutes that are over');
  for (const name of names) t.equal(readFileSync(join(place.path, name), 'utf8').split('\n').length - 1, 600, `${name} is whole`);
  place.remove();
});

t.test('SIGTERM and SIGINT: the same, and nothing is left; a second signal too', async (t) => {
  for (const [sink, signals, exit] of [['csv out.csv', ['SIGTERM'], 143], ['json out.json.gz', ['SIGINT'], 130], ['csv out.csv', ['SIGTERM', 'SIGTERM'], 143]] as const) {
    const place = folder({ 'out.csv': 'old\n' }), got = await signalled(`to ${sink}`, place.path, big, ...signals);
    // The second one may come when the process has nothing more to do than to end.
    t.ok(got.exit === exit || (signals.length > 1 && got.signal === signals[1]), `${sink} ${signals.join(' ')}: ${got.exit ?? got.signal}`);
    t.same(filesOf(place.path), ['out.csv'], 'no other file');
    t.equal(readFileSync(join(place.path, 'out.csv'), 'utf8'), 'old\n', 'the old one is untouched');
    if (signals.length === 1) t.match(got.stderr, `leat to: interrupted: ${sink.split(' ')[1]} was not complete, and not written`);
    place.remove();
  }
  const place = folder(), files = await signalled("run \"watermark --delay 0s | to files '%Y-%m-%dT%H%M.ndjson'\"", place.path, big, 'SIGTERM');
  t.equal(files.exit, 143);
  t.equal(filesOf(place.path).length, 33, 'files: the minutes that are over, and no other file');
  t.match(files.stderr, 'leat to: interrupted: 1970-01-01T0033.ndjson was not complete, and not written');
  place.remove();
  const other = folder(), file = await signalled('to file out.ndjson', other.path, big, 'SIGTERM');
  t.equal(file.exit, 143);
  t.equal(readFileSync(join(other.path, 'out.ndjson'), 'utf8'), big, 'file: what was read is there');
  other.remove();
});

t.test('file: a killed run leaves whole lines, or one half line that the next run closes', async (t) => {
  const place = folder();
  await signalled('to file out.ndjson', place.path, big.slice(0, -20), 'SIGKILL');
  const lines = readFileSync(join(place.path, 'out.ndjson'), 'utf8').split('\n');
  t.equal(lines.pop(), '', 'whole lines');
  t.ok(lines.every((line) => line.endsWith('"}')), `${lines.length} of them`);
  // A full disk: the write is cut back to the record before it.
  const full = await shell("ulimit -f 8; leat to file small.ndjson", { cwd: place.path, stdin: big });
  t.equal(full.exit, 74);
  t.match(full.stderr, 'leat to: E_WRITE: cannot write to small.ndjson: file too large');
  t.match(readFileSync(join(place.path, 'small.ndjson'), 'utf8'), /^$|"}\n$/, 'no half record');
  const csv = await shell('ulimit -f 8; leat to csv small.csv', { cwd: place.path, stdin: big });
  t.equal(csv.exit, 74);
  t.same(visible(place.path), ['out.ndjson', 'small.ndjson'], 'no csv');
  t.equal(filesOf(place.path).filter((name) => name.endsWith('.part')).length, 0, 'nor what was to become one');
  place.remove();
});

const hasStrace = spawnSync('strace', ['-V']).status === 0 && spawnSync('strace', ['-e', 'trace=none', 'true']).status === 0;
t.test('synced before it is named, and the name is synced too', hasStrace ? {} : { skip: 'strace is not installed, or may not trace' }, async (t) => {
  const place = folder();
  const trace = async (cmd: string): Promise<string[]> => {
    await shell(`strace -f -y -e trace=fsync,rename,renameat,renameat2,link,linkat -o trace leat ${cmd}`, { cwd: place.path, stdin: '{"ts":1}\n' });
    const calls = readFileSync(join(place.path, 'trace'), 'utf8').split('\n').flatMap((line) => /\b(fsync|rename|link)(?:at2?)?\((.*)\)\s+= 0/.exec(line)?.slice(1, 3).join(' ') ?? []);
    return calls.map((call) => call.replace(/\.part\b.*$/, '.part').replaceAll(place.path, '').replace(/^(\w+).*?\.([\w.-]+)\.\w+\.part$/, '$1 part of $2').replace(/^fsync \d+<(.*)>$/, 'fsync $1'));
  };
  t.same(await trace('to csv out.csv'), ['fsync part of out.csv', 'rename part of out.csv', 'fsync '], 'csv');
  t.same(await trace('to files p-%n.ndjson --roll 1M'), ['fsync part of p-00001.ndjson', 'link part of p-00001.ndjson', 'fsync '], 'files');
  t.same(await trace('to file out.ndjson'), ['fsync /out.ndjson', 'fsync '], 'file, new');
  t.same(await trace('to file out.ndjson'), ['fsync /out.ndjson'], 'file, appended to');
  place.remove();
});

t.test('a file that is replaced keeps its permissions and its links', async (t) => {
  const place = folder({ 'out.csv': 'old\n', 'deep/real.csv': 'old\n' });
  chmodSync(join(place.path, 'out.csv'), 0o640);
  symlinkSync('deep/real.csv', join(place.path, 'link.csv'));
  await shell('leat to csv out.csv && umask 027 && leat to csv new.csv && leat to csv link.csv', { cwd: place.path, stdin: '{"a":1}\n' });
  t.equal(statSync(join(place.path, 'out.csv')).mode & 0o777, 0o640, 'as before');
  t.equal(statSync(join(place.path, 'new.csv')).mode & 0o777, 0o640, 'as umask says');
  t.ok(existsSync(join(place.path, 'deep/real.csv')) && readFileSync(join(place.path, 'link.csv'), 'utf8') === readFileSync(join(place.path, 'deep/real.csv'), 'utf8'), 'a link stays one');
  place.remove();
});

t.test('faults and their exit status', async (t) => {
  const place = folder({ 'in.ndjson': '{"a":1}\n{"a":2}\n', 'folder/x': '', 'no.db': 'this is no database at all, but a text\n'.repeat(50) });
  const run = (cmd: string): ReturnType<typeof shell> => shell(cmd, { cwd: place.path });
  for (const kind of ['csv', 'tsv', 'json', 'table', 'markdown', 'file -']) t.equal((await run(`leat to ${kind} < in.ndjson > /dev/full`)).exit, 74, `to ${kind} > /dev/full`);
  for (const kind of ['csv', 'json', 'table', 'markdown', 'file']) {
    const { exit, stderr } = await run(`leat to ${kind} /dev/full < in.ndjson`);
    t.same([exit, stderr], [74, 'leat to: E_WRITE: cannot write to /dev/full: no space left on device\n'], `to ${kind} /dev/full`);
  }
  t.match(await run('leat to csv nowhere/x.csv < in.ndjson'), { exit: 74, stderr: 'leat to: E_WRITE: cannot write to nowhere/x.csv: no such file or directory\n' });
  t.match(await run('leat to file folder < in.ndjson'), { exit: 74, stderr: 'leat to: E_WRITE: cannot write to folder: it is a directory\n' });
  t.match(await run('leat to exec -- /dev/null < in.ndjson'), { exit: 69, stderr: "leat to: E_PROGRAM: cannot run '/dev/null': there is no such program" });
  t.match(await run('leat to exec -- sh -c "kill -9 \\$\\$" < in.ndjson'), { exit: 74, stderr: "leat to: E_CHILD: 'sh' was ended by SIGKILL\n" });
  t.match(await run('leat to csv in.ndjson < in.ndjson && cat in.ndjson'), { exit: 0, stdout: Buffer.from('a\n1\n2\n') }, 'its own input may be replaced, for it is read before');
  place.remove();
});

t.test('permissions', process.getuid?.() === 0 && spawnSync('setpriv', ['--version']).status !== 0 ? { skip: 'root may write everywhere, and setpriv is not installed' } : {}, async (t) => {
  const place = folder({ 'in.ndjson': '{"a":1}\n', 'read-only.csv': '', 'closed/x': '' });
  for (const [name, mode] of [['.', 0o755], ['in.ndjson', 0o644], ['read-only.csv', 0o444], ['closed', 0o555]] as const) chmodSync(join(place.path, name), mode);
  const as = process.getuid?.() === 0 ? 'env -u NODE_OPTIONS setpriv --reuid 65534 --regid 65534 --clear-groups ' : '', node = `${as}${process.execPath} ${join(process.cwd(), 'bin/leat')}`;
  if ((await shell(`${node} --version`, { cwd: place.path })).exit !== 0) { t.comment('skipped: another user cannot read this checkout'); place.remove(); return; }
  for (const sink of ['csv read-only.csv', 'csv closed/out.csv', 'file read-only.csv', 'file closed/new']) {
    const { exit, stderr } = await shell(`${node} to ${sink} < in.ndjson`, { cwd: place.path });
    t.same([exit, stderr], [77, `leat to: E_PERMISSION: cannot open ${sink.split(' ')[1]}: permission denied\n`], sink);
  }
  place.remove();
});

t.test('exec: nothing is lost on the way to a slow program, and a failed run is not an end to it', async (t) => {
  const place = folder({ 'in.ndjson': big });
  const slow = await shell("leat to exec -- sh -c 'sleep 0.5; cmp - in.ndjson' < in.ndjson", { cwd: place.path });
  t.same([slow.exit, slow.stderr, Buffer.from(slow.stdout).toString()], [0, '', ''], 'all bytes');
  const few = await shell('leat to exec -- head -n 1 < in.ndjson', { cwd: place.path });
  t.same([few.exit, few.stderr, Buffer.from(few.stdout).toString()], [0, '', record(0)], 'who wants no more is left alone');
  const failed = await shell("leat to exec -- sh -c 'trap \"exit 9\" TERM; cat > /dev/null; sleep 1; echo done > taken'", { cwd: place.path, stdin: '{"a":1}\nbroken\n' });
  t.equal(failed.exit, 65);
  t.notOk(existsSync(join(place.path, 'taken')), 'it was ended, and took nothing for all');
  const silent = spawn('bash', ['--norc', '-c', "exec leat to exec -- sh -c 'read line; exit 3'"], { cwd: place.path, env: environment(), stdio: ['pipe', 'ignore', 'ignore'] });
  silent.stdin.write('{"a":1}\n');                          // and no more, and no end
  const timer = setTimeout(() => silent.kill('SIGKILL'), 20_000);
  t.equal(await new Promise((done) => silent.once('exit', (code) => done(code))), 74, 'its end is noticed while nothing is written');
  clearTimeout(timer);
  place.remove();
});

t.test('memory is flat behind a slow reader', async (t) => {
  const place = folder({ 'in.ndjson': big });
  const cmd = (n: number): string => `for i in $(seq ${n}); do cat in.ndjson; done | leat to csv --progress off | { sleep 0.3; wc -l; }`;
  t.equal(Buffer.from((await shell(cmd(20), { cwd: place.path, timeoutMs: 60_000 })).stdout).toString().trim(), String(20 * 20_000 + 1));
  place.remove();
});

t.test('A2: a reader that leaves is no fault', async (t) => {
  const place = folder({ 'in.ndjson': big });
  for (const kind of ['csv', 'tsv', 'json', 'table', 'markdown', 'file -']) {
    const { exit, stderr } = await shell(`leat to ${kind} < in.ndjson | head -n 1 > /dev/null`, { cwd: place.path });
    t.same([exit, stderr], [0, ''], kind);
  }
  place.remove();
});

t.test('sqlite', sqlite === undefined ? { skip: missing('sqlite') ?? '' } : {}, async (t) => {
  const place = folder({ 'no.db': 'this is no database at all, but a text\n'.repeat(50), 'in.ndjson': '{"a":1}\n' }), Database = sqlite!;   // `!`: else skipped
  const at = (name: string): string => join(place.path, name), run = (cmd: string, stdin = ''): ReturnType<typeof shell> => shell(cmd, { cwd: place.path, stdin });
  t.match(await run('leat to sqlite no.db t < in.ndjson'), { exit: 65, stderr: 'leat to: E_TABLE: no.db is no database of SQLite' });
  t.match(await run('leat to sqlite nowhere/x.db t < in.ndjson'), { exit: 74, stderr: 'leat to: E_WRITE: cannot write to nowhere/x.db: no such file or directory\n' });

  t.equal((await run('leat to sqlite x.db t < in.ndjson')).exit, 0);
  const holder = new Database(at('x.db'));
  t.equal(holder.pragma('journal_mode', { simple: true }), 'wal', 'WAL');
  holder.exec('BEGIN IMMEDIATE');
  t.match(await run('leat to sqlite x.db t < in.ndjson'), { exit: 75, stderr: 'leat to: E_BUSY: x.db is in use by another process\n' });
  holder.exec('ROLLBACK');

  // A table of somebody else's: its columns, its types, its rules.
  holder.exec('CREATE TABLE own (id INTEGER PRIMARY KEY, name TEXT NOT NULL DEFAULT \'none\', other); CREATE VIEW seen AS SELECT 1; CREATE TABLE twice (k, v); INSERT INTO twice VALUES (1, 1), (1, 2)');
  t.equal((await run('leat to sqlite x.db OWN --upsert ID', '{"id":7,"NAME":"x"}\n{"id":7,"name2":1}\n')).exit, 65, 'NULL where the table wants none');
  t.equal((await run('leat to sqlite x.db OWN --upsert ID', '{"id":7,"NAME":"x"}\n{"id":7,"NAME":"y","new":1}\n')).exit, 0);
  t.same(holder.prepare('SELECT * FROM own').all(), [{ id: 7, name: 'y', other: null, new: 1 }], 'names by SQLite\'s rules, a column added');
  t.match(await run('leat to sqlite x.db own', '{"id":1,"name":"a"}\n{"id":99999999999999999999,"name":"b"}\n'), { exit: 65, stderr: 'record 2: the number 99999999999999999999 is too large for a column of numbers in own, and would lose digits there' });
  t.match(await run('leat to sqlite x.db own', '{"id":7,"name":"again"}\n'), { exit: 65, stderr: 'leat to: E_TABLE: record 1: x.db: UNIQUE constraint failed: own.id\n' });
  t.match(await run('leat to sqlite x.db seen', '{"a":1}\n'), { exit: 65, stderr: 'x.db: seen is a view' });
  t.match(await run('leat to sqlite x.db sqlite_schema', '{"a":1}\n'), { exit: 65, stderr: 'names that begin with sqlite_ are SQLite\'s own' });
  t.match(await run('leat to sqlite x.db twice --upsert k', '{"k":1}\n'), { exit: 65, stderr: 'x.db: twice has several rows with the same k, so a record cannot replace one' });
  t.match(await run('leat to sqlite x.db empty', '{}\n'), { exit: 65, stderr: 'record 1 has no field: a row needs a column' });
  t.match(await run(`leat to sqlite x.db 't"; DROP TABLE own; --'`, '{"a\\"; DROP TABLE own; --":1}\n'), { exit: 0 }, 'names are names');
  t.equal(holder.prepare('SELECT count(*) AS n FROM own').get() !== undefined, true, 'the table is still there');

  // Rows are seen as soon as the input runs dry, and those before a fault stay.
  const live = spawn('bash', ['--norc', '-c', 'exec leat to sqlite live.db t'], { cwd: place.path, env: environment(), stdio: ['pipe', 'ignore', 'pipe'] });
  live.stdin.write('{"a":1}\n{"a":2}\n');
  let seen = 0;
  for (let i = 0; i < 200 && seen < 2; i++) {
    await wait(50);
    try { const db = new Database(at('live.db'), { readonly: true }); try { seen = (db.prepare('SELECT count(*) AS n FROM t').get() as { n: number }).n; } finally { db.close(); } } catch { /* not yet */ }
  }
  t.equal(seen, 2, 'a live input is committed when it runs dry');
  live.kill('SIGKILL');
  await new Promise((done) => live.once('close', done));
  const after = new Database(at('live.db'));
  t.same([after.prepare('SELECT a FROM t').pluck().all(), after.pragma('integrity_check', { simple: true })], [[1, 2], 'ok'], 'and is there after a kill');
  after.close(); holder.close();
  place.remove();
});

t.test('without better-sqlite3 only sqlite complains (M25)', async (t) => {
  const place = folder(), at = (...parts: string[]): string => join(place.path, 'leat', ...parts);
  for (const part of ['bin', 'dist/exec']) cpSync(part, at(part), { recursive: true, filter: (name) => !name.endsWith('.node') });
  const run = (cmd: string): ReturnType<typeof shell> => shell(`${process.execPath} leat/bin/leat ${cmd}`, { cwd: place.path, stdin: '{"a":1}\n' });
  t.match(await run('to sqlite x.db t'), { exit: 69, stderr: 'leat to: E_PACKAGE: to sqlite needs better-sqlite3, which is not installed\n  help: npm rebuild -g better-sqlite3\n' });
  mkdirSync(at('node_modules/better-sqlite3'), { recursive: true });
  cpSync('node_modules/better-sqlite3/package.json', at('node_modules/better-sqlite3/package.json'));
  cpSync('node_modules/better-sqlite3/lib', at('node_modules/better-sqlite3/lib'), { recursive: true });
  for (const name of ['bindings', 'file-uri-to-path']) cpSync(`node_modules/${name}`, at('node_modules', name), { recursive: true });
  t.match(await run('to sqlite x.db t'), { exit: 69, stderr: `leat to: E_PACKAGE: to sqlite needs better-sqlite3, which was not built for Node ${process.versions.node} (install scripts were skipped)\n  help: npm rebuild -g better-sqlite3\n` });
  t.match(await run('to csv'), { exit: 0, stdout: Buffer.from('a\n1\n'), stderr: '' });
  t.same(readdirSync(place.path).filter((name) => name !== 'leat' && name !== '.stdout'), [], 'no file was made');
  place.remove();
});

t.test('A11: no data drives a terminal', async (t) => {
  const place = folder(), hostile = '{"a\\u001b[31m":"\\u001b]0;x\\u0007\\u202e","b":"\\u009b31m<script>"}\n';
  writeFileSync(join(place.path, 'in.ndjson'), hostile);
  for (const kind of ['table', 'markdown']) t.notMatch(Buffer.from((await shell(`leat to ${kind} < in.ndjson`, { cwd: place.path })).stdout).toString(), /[\u001b\u0007\u009b\u202e]/, kind);
  if (spawnSync('script', ['--version']).status !== 0) t.comment('skipped: script is not installed, so there is no terminal to look at');
  else for (const kind of ['csv', 'tsv', 'json', 'table', 'markdown', 'file -']) {
    const { stdout } = await shell(`script -qec 'leat to ${kind} < in.ndjson' /dev/null < /dev/null`, { cwd: place.path });
    t.match(Buffer.from(stdout).toString(), 'script', `${kind}, on a terminal: shown`);
    t.notMatch(Buffer.from(stdout).toString(), /[\u001b\u0007\u009b\u202e]/, `${kind}, on a terminal: harmless`);
  }
  place.remove();
});
