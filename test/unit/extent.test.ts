// What was committed of a file of output, and cutting it back to there (EXACTLY-ONCE R21, R22): what is cut is kept, and what is not the committed file is not touched.
import { spawnSync } from 'node:child_process';
import { appendFileSync, closeSync, existsSync, openSync, readFileSync, renameSync, statSync, truncateSync, writeFileSync, writeSync } from 'node:fs';
import { join } from 'node:path';
import t from 'tap';
import { LeatError } from '../../lib/errors.js';
import { DISCARD_BYTES, cutTo, extentOf } from '../../lib/io/extent.js';
import type { Extent } from '../../lib/io/extent.js';
import { folder } from '../harness/place.js';

/** A file with so many bytes committed. */
function committed(bytes: string): { file: string; discard: string; extent: Extent; cut(flags?: string): number; remove(): void } {
  const place = folder({ out: bytes }), file = join(place.path, 'out'), discard = join(place.path, 'out.discard'), fd = openSync(file, 'a');
  const extent = extentOf(fd, file)!;                      // `!`: it is a file
  closeSync(fd);
  return {
    file, discard, extent, remove: place.remove,
    cut(flags = 'a') { const fd = openSync(file, flags); try { return cutTo(fd, JSON.parse(JSON.stringify(extent)) as Extent, file, discard); } finally { closeSync(fd); } },
  };
}

for (const [bytes, what] of [['', 'nothing'], ['{"a":1}\n', 'less than the tail'], [`${'x'.repeat(255)}\n`, 'the tail'], [`${'x'.repeat(9000)}\n`, 'more than the tail']] as const) t.test(`${what} was committed`, async (t) => {
  const { file, discard, extent, cut, remove } = committed(bytes);
  t.equal(extent.length, bytes.length);
  t.equal(cut(), 0, 'nothing came behind it');
  t.notOk(existsSync(discard));
  appendFileSync(file, '{"torn":');
  t.equal(cut(), 8, 'bytes that were cut off');
  t.equal(readFileSync(file, 'utf8'), bytes);
  t.equal(readFileSync(discard, 'utf8'), '{"torn":', 'and kept');
  t.equal(statSync(discard).mode & 0o777, 0o600, 'for the owner alone');
  t.equal(cut(), 0, 'a second time there is nothing to do');
  t.equal(readFileSync(discard, 'utf8'), '{"torn":', 'and what was kept stays');
  remove();
});

t.test('the last 64 MiB of what is cut off are kept', async (t) => {
  const { file, discard, cut, remove } = committed('a\n');
  truncateSync(file, DISCARD_BYTES + 1000);
  appendFileSync(file, 'foreign');
  t.equal(cut(), DISCARD_BYTES + 998 + 7);
  t.equal(statSync(discard).size, DISCARD_BYTES);
  t.equal(readFileSync(discard).subarray(-7).toString(), 'foreign');
  remove();
});

/** What refuses, what it says, and that it changed nothing. */
const refusals: readonly (readonly [string, (file: string) => void, RegExp, string?])[] = [
  ['emptied', (file) => truncateSync(file, 0), /out has 0 bytes and 1,001 were committed: it was emptied, or moved and made anew$/],
  ['cut', (file) => truncateSync(file, 1000), /out has 1,000 bytes and 1,001 were committed: somebody cut it$/],
  ['another file', (file) => { renameSync(file, `${file}.1`); writeFileSync(file, `${'x'.repeat(1000)}\n`); }, /is another file than the one of which 1,001 bytes were committed: that one was moved or replaced$/],
  ['changed', (file) => { const fd = openSync(file, 'r+'); writeSync(fd, 'y', 999); closeSync(fd); }, /has other bytes before byte 1,001 than those that were committed: somebody changed it$/],
  ['changed, and longer', (file) => { const fd = openSync(file, 'r+'); writeSync(fd, 'y', 745); closeSync(fd); appendFileSync(file, 'more\n'); }, /has other bytes/],
  ['not appended to', (file) => appendFileSync(file, 'more\n'), /would be written from byte 0 on, and 1,001 were committed$/, 'r+'],
];
for (const [what, spoil, message, flags] of refusals) t.test(`refused: ${what}`, async (t) => {
  const { file, discard, cut, remove } = committed(`${'x'.repeat(1000)}\n`);
  spoil(file);
  const before = readFileSync(file);
  try { cut(flags); t.fail('it was taken'); } catch (error) {
    if (!(error instanceof LeatError)) throw error;
    t.same([error.code, error.exit], ['E_OUTPUT', 65]);
    t.match(error.message, message);
    t.match(error.help, /./, 'something to type');
  }
  t.same(readFileSync(file), before, 'the file is as it was');
  t.notOk(existsSync(discard));
  remove();
});

t.test('a change further back than the tail is not looked for', async (t) => {
  const { file, cut, remove } = committed(`${'x'.repeat(1000)}\n`), fd = openSync(file, 'r+');
  writeSync(fd, 'y', 744);
  closeSync(fd);
  t.equal(cut(), 0);
  remove();
});

t.test('a pipe and a device have no extent', async (t) => {
  const fd = openSync('/dev/null', 'a');
  t.equal(extentOf(fd, '/dev/null'), undefined);
  closeSync(fd);
});

// Standard output as the shell opens it: the length is where the next byte goes.
const show = "import('./dist/lib/io/extent.js').then(({ extentOf }) => { process.stderr.write(String(extentOf(1, 'standard output').length)); });";
for (const [redirection, length] of [['>> out', 6], ['1<> out', 0], ['> out', 0], ['> out; true', 0]] as const) t.test(`base of ${redirection}`, async (t) => {
  const place = folder({ out: 'three\n' });
  const { stderr } = spawnSync('sh', ['-c', `"$0" -e "$1" ${redirection.replace('out', `"$2"`)}`, process.execPath, show, join(place.path, 'out')]);
  t.equal(stderr.toString(), String(length));
  place.remove();
});

t.test('M22: standard output that the shell has emptied', async (t) => {
  const place = folder({ out: 'three\n' }), cut = "import('./dist/lib/io/extent.js').then(({ cutTo }) => { try { cutTo(1, JSON.parse(process.argv[1]), 'standard output', process.argv[2]); } catch (error) { process.stderr.write(error.message + '|' + error.help); } });";
  const fd = openSync(join(place.path, 'out'), 'a'), extent = extentOf(fd, 'out');
  closeSync(fd);
  const run = (redirection: string): string => spawnSync('sh', ['-c', `"$0" -e "$1" "$2" "$3" ${redirection} "$4"`, process.execPath, cut, JSON.stringify(extent), join(place.path, 'discard'), join(place.path, 'out')]).stderr.toString();
  appendFileSync(join(place.path, 'out'), 'fo');
  t.equal(run('>>'), '', 'behind >> it is cut');
  t.equal(readFileSync(join(place.path, 'out'), 'utf8'), 'three\n');
  t.match(run('1<>'), /^the output would be written from byte 0 on, and 6 were committed\|>> .*out, or: leat to file .*out$/);
  t.match(run('>'), /^the output has 0 bytes and 6 were committed: the shell emptied it with >\|>> .*out, or: leat to file .*out; what it held is lost: /);
  place.remove();
});

t.test('an append-only file is not cut', async (t) => {
  const { file, cut, remove } = committed('a\n');
  appendFileSync(file, 'b');
  if (spawnSync('chattr', ['+a', file]).status !== 0) { t.comment('skipped: chattr +a is not possible here'); remove(); return; }
  try { t.throws(() => cut(), { message: /cannot be cut back to the 2 bytes that were committed: it has the append-only attribute$/ }); } finally { spawnSync('chattr', ['-a', file]); }
  t.equal(readFileSync(file, 'utf8'), 'a\nb');
  remove();
});
