// The folder of a checkpoint (EXACTLY-ONCE R58, 0.5): who may read it, what is refused, and how every database in it is written. Snapshots: what is given up, and what is damaged.
import { chmodSync, existsSync, lstatSync, mkdirSync, readFileSync, readdirSync, symlinkSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import t from 'tap';
import { openSqlite } from '../../lib/state/sqlite.js';
import { Snapshots } from '../../lib/checkpoint/snapshots.js';
import { privateFile } from '../../lib/checkpoint/folder.js';
import { folder } from '../harness/place.js';
import { filesOf } from '../harness/results.js';
import { shell } from '../harness/shell.js';

const input = Array.from({ length: 200 }, (_, i) => `${JSON.stringify({ ts: 1_750_000_000_000 + i * 1000, host: `h${i % 3}` })}\n`).join('');
const cmd = `leat run --checkpoint st --checkpoint-every 1ms "from a.ndjson --time ts | window 10s | agg 'count() as n by host'" >> out.ndjson`;
const made = (): ReturnType<typeof folder> => folder({ 'a.ndjson': input });
const run = (cwd: string, umask = '022'): ReturnType<typeof shell> => shell(`umask ${umask}; ${cmd}`, { cwd, env: { LEAT_TEST_CHUNK: '1000' }, pipe: true });
const modeOf = (path: string): string => (lstatSync(path).mode & 0o777).toString(8);

t.test('a connection has synchronous=FULL after its first write', async (t) => {
  const { path, remove } = folder();
  t.teardown(remove);
  for (const journal of ['wal', 'delete'] as const) {
    const db = await openSqlite(join(path, `${journal}.db`), 'a test', { journal });
    try {
      db.exec('CREATE TABLE t (x); INSERT INTO t VALUES (1)');       // in WAL mode the first write is where the package's default would show
      t.equal(db.pragma('synchronous', { simple: true }), 2, `${journal}: FULL`);
      t.equal(db.pragma('journal_mode', { simple: true }), journal);
      t.equal(db.pragma('trusted_schema', { simple: true }), 0);
      db.transaction(() => db.exec('INSERT INTO t VALUES (2)')).immediate();
      t.equal(db.pragma('synchronous', { simple: true }), 2, `${journal}: still`);
    } finally { db.close(); }
  }
});

for (const umask of ['022', '000', '077']) t.test(`only the owner may read it, umask ${umask}`, async (t) => {
  const { path, remove } = made();
  t.teardown(remove);
  const { exit, stderr } = await run(path, umask);
  t.equal(exit, 0, stderr);
  const folders = readdirSync(join(path, 'st'), { recursive: true, withFileTypes: true }).filter((entry) => entry.isDirectory()).map((entry) => join(entry.parentPath, entry.name));
  t.ok(folders.length >= 3);
  for (const each of [join(path, 'st'), ...folders]) t.equal(modeOf(each), '700', each.slice(path.length));
  const files = filesOf(join(path, 'st'));
  t.ok(files.includes('run.db') && files.includes('lock.db') && files.some((name) => name.startsWith('op/')));
  for (const name of files) t.equal(modeOf(join(path, 'st', name)), '600', name);
});

t.test('what others may write to is refused', async (t) => {
  for (const [what, make, exit, said] of [
    ['a folder for all', (at: string) => { mkdirSync(at); chmodSync(at, 0o777); }, 77, /other users may write to st/],
    ['a folder for the group', (at: string) => { mkdirSync(at); chmodSync(at, 0o770); }, 77, /other users may write to st/],
    ['one that others may read, with something in it', (at: string) => { mkdirSync(at); writeFileSync(join(at, 'run.db'), ''); chmodSync(at, 0o755); }, 77, /other users may read st/],
    ['a link', (at: string) => { mkdirSync(`${at}.real`, { mode: 0o700 }); symlinkSync(`${at}.real`, at); }, 77, /is a symbolic link/],
    ['a link to nothing', (at: string) => { symlinkSync(`${at}.none`, at); }, 77, /is a symbolic link/],
    ['a file', (at: string) => { writeFileSync(at, ''); }, 78, /is not a folder/],
    ['a folder with other things in it', (at: string) => { mkdirSync(at, { mode: 0o700 }); writeFileSync(join(at, 'precious'), ''); }, 78, /holds precious/],
  ] as const) await t.test(what, async (t) => {
    const { path, remove } = made();
    t.teardown(remove);
    make(join(path, 'st'));
    const mode = modeOf(join(path, 'st')), { exit: got, stderr } = await run(path);
    t.equal(got, exit, stderr);
    t.match(stderr, said);
    t.equal(modeOf(join(path, 'st')), mode, 'its permissions are as they were');
    t.notOk(existsSync(join(path, 'st', 'lock.db')), 'nothing was made in it');
    t.equal(readFileSync(join(path, 'out.ndjson'), 'utf8'), '');
  });
  await t.test('an empty one of his own, as mkdir makes it, is made private', async (t) => {
    const { path, remove } = made();
    t.teardown(remove);
    mkdirSync(join(path, 'st'));
    chmodSync(join(path, 'st'), 0o755);
    t.equal((await run(path)).exit, 0);
    t.equal(modeOf(join(path, 'st')), '700');
  });
});

t.test('a file is made for its owner alone, and one that is there is left alone', async (t) => {
  const { path, remove } = folder();
  t.teardown(remove);
  const at = join(path, 'x.db');
  privateFile(at);
  t.equal(modeOf(at), '600');
  writeFileSync(at, 'something');
  privateFile(at);
  t.equal(readFileSync(at, 'utf8'), 'something');
});

t.test('snapshots: any segment may be given up', async (t) => {
  const { path, remove } = folder();
  t.teardown(remove);
  const at = join(path, 'op.db'), bytes = (text: string): Uint8Array => Buffer.from(text), parts = new Map([['p', bytes('whole')]]);
  const state = (segments: readonly (readonly [number, string])[], given: readonly number[] = []): Parameters<Snapshots['save']>[1] => ({ parts, files: [], journals: new Map([['j', { segments: segments.map(([number, text]) => ({ number, bytes: bytes(text) })), given }]]) });
  const texts = (snapshots: Snapshots, epoch: number): string[] => snapshots.load(epoch).journals.get('j')!.map(({ number, bytes: text }) => `${number} ${Buffer.from(text).toString()}`);   // `!`: it has been saved
  let snapshots = await Snapshots.open(at);
  snapshots.save(1, state([[1, 'a']]), 0);
  snapshots.save(2, state([[2, 'b'], [3, 'c']]), 0);
  snapshots.save(3, state([[4, 'd']], [3]), 1);                      // neither the oldest nor the newest
  snapshots.save(4, state([], [1]), 2);
  t.same(texts(snapshots, 4), ['2 b', '4 d']);
  t.same(texts(snapshots, 3), ['1 a', '2 b', '4 d']);
  t.same(texts(snapshots, 2), ['1 a', '2 b', '3 c'], 'an older epoch has what was given up later');
  snapshots.close();
  snapshots = await Snapshots.open(at);
  snapshots.rewind(3);
  t.same(texts(snapshots, 3), ['1 a', '2 b', '4 d'], 'back to an older one');
  snapshots.save(4, state([[5, 'e']], [2]), 2);
  t.same(texts(snapshots, 4), ['1 a', '4 d', '5 e'], 'and on from there');
  snapshots.close();
  const db = await openSqlite(at, 'a test');
  db.exec('DELETE FROM segment WHERE number = 4');
  db.close();
  snapshots = await Snapshots.open(at);
  t.throws(() => snapshots.load(4), { code: 'E_STATE' }, 'one that is missing is noticed');
  snapshots.close();
});
