// What goes wrong with a checkpoint at three in the morning (EXACTLY-ONCE R37-R41, R58; USERS M22, M25): each mistake has one message that says what to type, and nothing is touched.
import { chmodSync, cpSync, existsSync, mkdirSync, readFileSync, statSync, symlinkSync, truncateSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import t from 'tap';
import { bin, folder } from '../harness/place.js';
import { dice } from '../harness/random.js';
import { sqlite } from '../harness/results.js';
import { shell } from '../harness/shell.js';
import type { Result } from '../harness/shell.js';
import { events, skip } from './helpers/checkpoints.js';

const input = events(dice(7), 600), FROM = 'from --time ts --delay 2s a.ndjson', RUN = `leat run --checkpoint st "${FROM} | window 10s | agg 'count() as n by host'" >> out`;
const place = (): { readonly path: string; sh(cmd: string, env?: Readonly<Record<string, string>>): Promise<Result>; remove(): void } => {
  const { path, remove } = folder({ 'a.ndjson': input });
  return { path, remove, sh: (cmd, env = {}) => shell(cmd, { cwd: path, env }) };
};
const st = { LEAT_CHECKPOINT: 'st' };

t.test('a process of the pipe has no part in it', { skip }, async (t) => {
  const { sh, remove } = place();
  for (const [what, cmd, exit, says] of [
    ['the first', `LEAT_CHECKPOINT= leat ${FROM} | leat window 10s >> out`, 64, /^leat window: E_USAGE: the stream was made without --checkpoint \(from\), and cannot be had again\n {2}help: export LEAT_CHECKPOINT=DIR for all of them\n$/],
    ['the last', `leat ${FROM} | LEAT_CHECKPOINT= leat window 10s >> out`, 64, /^leat window: E_USAGE: the stream is part of a checkpoint \(from\), and this tool was given none: nothing would be committed\n {2}help: export LEAT_CHECKPOINT=DIR for all of them\n$/],
    ['the second of a join', `leat ${FROM} | LEAT_CHECKPOINT= leat join -j host --within 1s a.ndjson -Q >> out`, 64, /^leat join: E_USAGE: the stream is part of a checkpoint/],
    ['--drain further down', `leat ${FROM} | leat window 10s --drain >> out`, 64, /^leat window: E_OPTION: --drain is for the tool that reads the input; the stream brings it here\n {2}help: leat from --drain …\n$/],
    ['two of one name', `leat ${FROM} --id x | leat window 10s --id x >> out`, 64, /^leat window: E_USAGE: two stages are called 'x' in this checkpoint\n {2}help: --id NAME for one of them\n$/],
  ] as const) {
    const { exit: got, stderr } = await sh(`rm -rf st out; ${cmd}`, st);
    t.equal(got, exit, what);
    t.match(stderr, says, what);
  }
  remove();
});

t.test('stages of a pipe of processes: another order, one more, one less, two of a kind', { skip }, async (t) => {
  const { sh, remove } = place(), two = `leat ${FROM} | leat dedup -k host --within 1s | leat window 10s | leat agg 'count() as n by host' | leat window 1m --time window_end | leat agg 'sum(n) as n' >> out`;
  t.match(await sh(two, st), { exit: 0, stderr: '' });
  t.match(Buffer.from((await sh('leat state ls st')).stdout).toString(), /^epoch 1 is committed, .*\nagg {7}\d+ KiB {2}epoch 1 {2}agg 'count\(\) as n by host'\nagg-2 {5}\d+ KiB {2}epoch 1 {2}agg 'sum\(n\) as n'\ndedup .*\nfrom .*\nwindow .*\nwindow-2 .*\n$/);
  for (const [what, cmd, now] of [
    ['another order', two.replace("leat dedup -k host --within 1s | leat window 10s", "leat window 10s | leat dedup -k host --within 1s"), 'behind from'],
    ['one less', two.replace('leat dedup -k host --within 1s | ', ''), 'behind from'],
    ['one more', two.replace('| leat dedup', '| leat sort --by-time | leat dedup'), 'sort --by-time'],
    ['the second of a kind', two.replace('sum(n)', 'max(n)'), "agg 'max(n) as n'"],
    ['the end is gone', two.replace(/ \| leat agg 'sum.*/, ' >> out'), '(it takes no part any more)'],
  ] as const) {
    const { exit, stderr } = await sh(cmd, st);
    t.ok(exit === 78 || exit === 75, `${what}: ${exit}`);  // pipefail: of the last one that failed, which only finds nothing
    t.match(stderr, /E_CHECKPOINT: the checkpoint in st was made by another command\n {2}was: .*\n {2}now: .*\n {2}help: finish the old one with --drain, or begin again: leat state rm st\n/, what);
    t.ok(stderr.includes(`  now: ${now}`), stderr);
    t.notMatch(stderr, /damaged|E_STATE|E_BUG/, what);
  }
  t.match(await sh(two, st), { exit: 0, stderr: '' }, 'the old one goes on');
  remove();
});

t.test('outputs and inputs that are not what they were', { skip }, async (t) => {
  const { path, sh, remove } = place(), at = (name: string): string => join(path, name);
  t.match(await sh(RUN), { exit: 0, stderr: '' });
  const size = statSync(at('out')).size, out = readFileSync(at('out'));
  const emptied = await sh(RUN.replace('>>', '>'));
  t.equal(emptied.exit, 65);
  t.match(emptied.stderr, new RegExp(`^leat from: E_OUTPUT: the output has 0 bytes and ${String(size).replace(/(\d)(?=(\d{3})+$)/g, '$1,')} were committed: the shell emptied it with >\\n  help: >> out, or: leat to file out; what it held is lost: put a copy back`));
  writeFileSync(at('out'), out);
  t.match(await sh(RUN), { exit: 0, stderr: '' }, 'a copy was put back');
  // A file that is named may be a log, which begins anew; standard input has no name by which the rest could be found.
  truncateSync(at('a.ndjson'), 1000);
  const truncated = await sh(`rm -rf log; cp -r st log; ${RUN.replace('st', 'log').replace('out', 'log.out')}`);
  t.equal(truncated.exit, 65, 'another output');
  writeFileSync(at('a.ndjson'), input);
  const FROM_STDIN = `leat run --checkpoint in "from --time ts | filter true" < a.ndjson >> lines`;
  t.match(await sh(FROM_STDIN), { exit: 0, stderr: '' });
  truncateSync(at('a.ndjson'), 1000);
  const shorter = await sh(FROM_STDIN);
  t.equal(shorter.exit, 65, shorter.stderr);
  t.match(shorter.stderr, /^leat from: E_INPUT: .+\n {2}help: .+\n$/);
  writeFileSync(at('a.ndjson'), input.replace('"n":0', '"n":9'));
  t.equal((await sh(FROM_STDIN)).exit, 65, 'other bytes');
  writeFileSync(at('a.ndjson'), input);
  t.match(await sh(RUN), { exit: 0, stderr: '' });
  t.ok(readFileSync(at('out')).equals(out));
  remove();
});

t.test('the folder', { skip }, async (t) => {
  const { path, sh, remove } = place(), at = (name: string): string => join(path, name);
  t.match(await sh(RUN), { exit: 0, stderr: '' });
  for (const name of ['run.db', 'lock.db', 'op/from.db']) t.equal(statSync(at(`st/${name}`)).mode & 0o777, 0o600, name);
  t.equal(statSync(at('st')).mode & 0o777, 0o700);
  const refused = async (what: string, exit: number, says: RegExp, cmd = RUN): Promise<void> => { const got = await sh(cmd); t.equal(got.exit, exit, what); t.match(got.stderr, says, what); };
  chmodSync(at('st'), 0o777);
  await refused('writable by all', 77, /^leat from: E_UNSAFE: other users may write to st\n {2}help: chmod 700 st\n$/);
  chmodSync(at('st'), 0o700);
  symlinkSync('st', at('link'));
  await refused('a link', 77, /^leat from: E_UNSAFE: link is a symbolic link; whoever owns it could exchange the checkpoint\n {2}help: name the folder itself\n$/, RUN.replace('st', 'link'));
  writeFileSync(at('plain'), '');
  await refused('a file', 78, /^leat from: E_STATE: plain is not a folder\n {2}help: .+\n$/, RUN.replace('st', 'plain'));
  mkdirSync(at('full'), { mode: 0o700 });
  writeFileSync(at('full/notes.txt'), 'mine');
  await refused('of something else', 78, /^leat from: E_STATE: full holds notes\.txt, which is no part of a checkpoint\n {2}help: a folder of its own for each checkpoint\n$/, RUN.replace('st', 'full'));
  for (const action of ['ls', 'show', 'verify', 'rm']) for (const name of ['full', 'nothing']) await refused(`state ${action} ${name}`, 78, new RegExp(`^leat state: E_STATE: there is no checkpoint in ${name}\n  help: .+\n$`), `leat state ${action} ${name}`);
  t.ok(existsSync(at('full/notes.txt')), 'nothing was removed');
  // A newer format, of the ledger and of a stage.
  for (const [file, what] of [['run.db', 'the checkpoint'], ['op/from.db', 'st/op/from.db']] as const) {
    const db = new sqlite!(at(`st/${file}`));             // `!`: skipped otherwise
    db.pragma('user_version = 9');
    await refused(file, 78, new RegExp(`^leat from: E_STATE: ${what} has format 9, made by a newer leat; this one knows formats up to 1\n  help: npm install -g leat, or begin again in another folder\n$`));
    t.equal((await sh('leat state verify st')).exit, 78, 'leat state verify too');
    db.pragma('user_version = 1'); db.close();
  }
  t.match(await sh(RUN), { exit: 0, stderr: '' });
  // A flipped bit in a row of state.
  const db = new sqlite!(at('st/op/from.db'));            // `!`: as above
  db.exec('UPDATE snapshot SET crc = crc + 1');
  db.close();
  await refused('damaged', 78, /^leat from: E_STATE: st\/op\/from\.db is damaged: a row does not have its checksum\n {2}help: put a copy of the folder back; or begin again: leat state rm st\n$/);
  await refused('verify', 78, /E_STATE: st\/op\/from\.db is damaged/, 'leat state verify st');
  t.match(await sh('leat state rm st && ls st'), { exit: 2 });
  remove();
});

t.test('without better-sqlite3', async (t) => {
  const { path, sh, remove } = place(), copy = join(path, 'leat');
  for (const part of ['bin', 'dist/exec']) cpSync(join(bin, '..', part), join(copy, part), { recursive: true });
  writeFileSync(join(copy, 'package.json'), '{"type":"module"}');
  const run = (cmd: string): Promise<Result> => sh(cmd.replaceAll(/\bleat (?=run|doctor)/g, `node ${join(copy, 'bin/leat')} `));
  t.match(await run(RUN), { exit: 69, stderr: /^leat from: E_PACKAGE: --checkpoint needs better-sqlite3, which is not installed\n {2}help: npm .*better-sqlite3\n$/ });
  mkdirSync(join(copy, 'node_modules/better-sqlite3'), { recursive: true });
  writeFileSync(join(copy, 'node_modules/better-sqlite3/package.json'), '{"name":"better-sqlite3","main":"index.js"}');
  writeFileSync(join(copy, 'node_modules/better-sqlite3/index.js'), "module.exports = function () { throw new Error('Could not locate the bindings file. Tried:'); };");
  const { exit, stderr } = await run(RUN);
  t.equal(exit, 69);
  t.equal(stderr, `leat from: E_PACKAGE: --checkpoint needs better-sqlite3, which was not built for Node ${process.versions.node} (install scripts were skipped)\n  help: npm rebuild -g better-sqlite3\n`);
  t.match(Buffer.from((await run('leat doctor')).stdout).toString(), /^sqlite .*/m);
  t.match(await run("leat run \"filter 'n < 3'\" a.ndjson"), { exit: 0, stderr: '' }, 'everything else works');
  remove();
});

t.test('leat doctor says what a pipeline guarantees', async (t) => {
  const { sh, remove } = place();
  for (const [pipeline, says] of [
    [`${FROM} | window 1m | agg 'count() as n' >> n.ndjson`, 'exactly once, with --checkpoint DIR'], ["from --follow 'a*' | map 'n' | to file n.ndjson", 'exactly once, with --checkpoint DIR'],
    ['from --spool sp | window 1m | to files out/%Y.ndjson', 'exactly once, with --checkpoint DIR'], [`${FROM} | to sqlite x.db t`, 'exactly once, with --checkpoint DIR'],
    [`${FROM} | to exec --epoch -- cat`, 'at least once, with --checkpoint DIR'], [`${FROM} | filter true`, 'at least once, with --checkpoint DIR'], ['cat x | leat window 1m | leat agg "count()" >> n.ndjson', 'at most once, with --checkpoint DIR'],
    [`${FROM} | filter true > n.ndjson`, 'no guarantee, with --checkpoint DIR'], [`${FROM} | jq -c . | leat window 1m >> n.ndjson`, 'no guarantee, with --checkpoint DIR'], [`${FROM} | wrap -- jq -c . | window 1m >> n.ndjson`, 'exactly once, with --checkpoint DIR'],
    [`cat <(${FROM}) <(from --time ts b.ndjson) | tee >(agg 'count()' >> n) | window 1m >> o`, 'exactly once, with --checkpoint DIR'], [`${FROM} | tee >(to sqlite a.db t) | window 1m >> o`, 'exactly once, with --checkpoint DIR'], [`${FROM} | tee copy | window 1m >> o`, 'no guarantee, with --checkpoint DIR'],
    [`${FROM} | to csv`, 'no guarantee, with --checkpoint DIR'], [`${FROM} | to exec -- cat`, 'no guarantee, with --checkpoint DIR'], [`${FROM} | window 1m | psql`, 'no guarantee, with --checkpoint DIR'],
  ] as const) {
    const { exit, stdout, stderr } = await sh(`leat doctor '${pipeline.replaceAll("'", "'\\''")}'`), lines = Buffer.from(stdout).toString().trimEnd().split('\n');
    t.equal(exit, 0, `${pipeline}: ${stderr}`);
    t.equal(lines.at(-1), says, pipeline);
    if (!says.startsWith('exactly')) t.ok(says.startsWith('at least') && pipeline.includes('--epoch') || lines.some((line) => /^ +help: /.test(line)), `${pipeline}: what to write instead`);
  }
  remove();
});
