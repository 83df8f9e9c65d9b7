// What the tools do as members of a pipe, tried with real processes: a record goes on at once, a reader that leaves is no fault, a slow one loses nothing, a full disk is told,
// a killed upstream is no end. (USERS 9: A1–A4, A17, A27.)
import { writeFileSync, existsSync, mkdirSync } from 'node:fs';
import { join } from 'node:path';
import t from 'tap';
import { folder } from '../harness/place.js';
import { open, shell } from '../harness/shell.js';

const record = (i: number): string => `{"ts":${i * 100},"host":"web-${i % 7}","status":${i % 10 === 0 ? 500 : 200},"note":"${'x'.repeat(60)}"}\n`;
const big = Array.from({ length: 40_000 }, (_, i) => record(i)).join('');

t.test('A1: what a live input brings goes on at once', async (t) => {
  const place = folder();
  const chains = ['leat filter true', "leat map 'ts + 1 as next'", 'leat watermark', 'leat window 1s', 'leat from', 'leat plain', 'leat cat', 'leat show', 'leat from lines',
    "leat filter true | leat map 'a as b' | leat filter true", 'leat watermark --delay 5s | leat window 1m | leat filter true'];
  for (const chain of chains) {
    const pipe = open(chain, { cwd: place.path });
    pipe.write('{"ts":1,"a":1}\n');
    const isFirst = await pipe.until(1, 5000);
    t.ok(isFirst && pipe.lines().length === 1, `${chain}: the first record comes while the input is open`);
    pipe.write('{"ts":2,"a":2}\n');
    t.ok(await pipe.until(2, 5000), `${chain}: so does the second`);
    const { exit, stderr } = await pipe.close();
    t.same([exit, stderr], [0, ''], `${chain}: and it ends quietly`);
  }
  place.remove();
});

t.test('F5: a source that falls silent holds the others back for --idle, and no longer', async (t) => {
  const place = folder(), pipe = open("leat watermark --per host --idle 300ms | leat window 1s | leat agg 'count() as n'", { cwd: place.path });
  pipe.write('{"ts":0,"host":"a"}\n{"ts":5000,"host":"b"}\n');
  t.notOk(await pipe.until(1, 100), 'b is ahead, and a holds W back');
  const keepOn = setInterval(() => pipe.write('{"ts":6000,"host":"b"}\n'), 50);
  t.ok(await pipe.until(1, 5000), 'when a has been silent for long enough, W is that of b');
  clearInterval(keepOn);
  t.equal(pipe.lines()[0], '{"window_start":"1970-01-01T00:00:00.000Z","window_end":"1970-01-01T00:00:01.000Z","n":1}', 'and the first window closes');
  const { exit, stderr } = await pipe.close();
  t.same([exit, stderr], [0, ''], 'a quiet end');
  place.remove();
});

t.test('A2: a reader that leaves ends every stage with 0, and without a word', async (t) => {
  const place = folder({ 'big.ndjson': big });
  const chains = ['leat filter true big.ndjson', "leat map 'ts as x' big.ndjson", 'leat watermark big.ndjson', 'leat window 1m big.ndjson', 'leat from big.ndjson', 'leat from lines big.ndjson',
    'leat cat big.ndjson', 'leat plain big.ndjson', "leat window 100ms big.ndjson | leat agg 'count() as n, max(note) as note by host, ts'",
    "leat watermark big.ndjson | leat filter true | leat map 'ts as x'", 'leat help filter'];
  for (const chain of chains) {
    const { stdout, stderr, exit } = await shell(`${chain} | head -n 1 > first; echo "\${PIPESTATUS[@]}"`, { cwd: place.path });
    t.equal(Buffer.from(stdout).toString().trim(), [...chain.split(' | '), 'head'].map(() => '0').join(' '), `${chain} | head -n 1`);
    t.same([exit, stderr], [0, ''], `${chain}: no word`);
  }
  place.remove();
});

t.test('A3: a reader that sleeps gets the same bytes', async (t) => {
  const one = `{"text":"${'é'.repeat(5 << 20)}"}\n`;
  const place = folder({ 'many.ndjson': big.repeat(2), 'one.ndjson': one });
  for (const file of ['many.ndjson', 'one.ndjson']) {
    const { stderr, exit } = await shell(`leat filter true ${file} | leat filter true | (sleep 0.5; cat) | cmp - ${file}`, { cwd: place.path });
    t.same([exit, stderr], [0, ''], `${file} through two filters`);
  }
  if (existsSync('/usr/bin/time')) {
    const { stderr } = await shell('for i in 1 2 3 4 5 6; do cat many.ndjson; done | /usr/bin/time -f %M leat filter true | (sleep 1; cat > /dev/null)', { cwd: place.path });
    t.ok(Number(stderr.trim()) < 200_000, `memory stays flat behind a slow reader: ${stderr.trim()} KiB`);
  } else t.pass('memory behind a slow reader', { skip: 'no /usr/bin/time here to tell it' });
  place.remove();
});

t.test('A4: output that cannot be written is 74, and nothing is claimed', async (t) => {
  const place = folder({ 'in.ndjson': '{"ts":1,"a":1}\n', 'big.ndjson': big });
  for (const tool of ['filter true', "map 'a as b'", 'watermark', 'window 1m', "agg 'count() as n'", 'from', 'cat', 'plain']) {
    const full = await shell(`leat ${tool} in.ndjson > /dev/full`, { cwd: place.path });
    t.equal(full.exit, 74, `leat ${tool} > /dev/full`);
    t.match(full.stderr, /^leat [a-z]+: E_WRITE: cannot write to standard output: no space left on device\n/, `leat ${tool} says so`);
    const closed = await shell(`leat ${tool} in.ndjson >&-`, { cwd: place.path });
    // Node puts /dev/null where a standard descriptor is closed, and nothing tells that from a parent that chose /dev/null: no error to see, and none may be made up.
    t.same([closed.exit, closed.stderr], [0, ''], `leat ${tool} >&-`);
  }
  t.equal((await shell('leat filter true big.ndjson > /dev/full', { cwd: place.path })).exit, 74, 'in the middle of a large output');
  t.equal((await shell("leat filter --bad /dev/full true", { cwd: place.path, stdin: 'no record\n' })).exit, 74, 'the file for bad records');
  t.equal((await shell('leat filter --bad nowhere/bad.ndjson true', { cwd: place.path, stdin: 'no record\n' })).exit, 74, 'a file in a folder that is not there');
  t.equal((await shell('leat help filter > /dev/full', { cwd: place.path })).exit, 74, 'help is output too');
  place.remove();
});

t.test('A6: however the input comes, the same bytes', async (t) => {
  const place = folder({ 'in.ndjson': big.slice(0, 60_000).replace(/[^\n]*$/, '') });
  const chain = "leat window 1s --delay 2s -Q | leat agg 'count() as n, max(note) as note, p95(ts) as p by host'", one = chain.replace('window 1s', 'window 1s in.ndjson');
  const slowly = 'while IFS= read -r line; do printf "%s\\n" "$line"; done < in.ndjson';
  const ways = [one, `${chain.replace(' |', ' < in.ndjson |')}`, `cat in.ndjson | ${chain}`, `${slowly} | ${chain}`, `dd if=in.ndjson bs=7 status=none | ${chain}`, `LEAT_TEST_CHUNK=1 LEAT_TEST_ROWS=3 && export LEAT_TEST_CHUNK LEAT_TEST_ROWS && cat in.ndjson | ${chain}`,
    `leat run "window 1s --delay 2s -Q | agg 'count() as n, max(note) as note, p95(ts) as p by host'" in.ndjson`, `gzip -c in.ndjson > in.gz; ${chain.replace('window 1s', 'window 1s in.gz')}`];
  let first: string | undefined;
  for (const way of ways) {
    const { stdout, stderr, exit } = await shell(way, { cwd: place.path, timeoutMs: 60_000 });
    t.same([exit, stderr], [0, ''], way);
    t.ok(stdout.length > 0 && Buffer.from(stdout).toString() === (first ??= Buffer.from(stdout).toString()), `the same bytes: ${way}`);
  }
  place.remove();
});

t.test('A17: a killed upstream is no end: 75, and no open window is published', async (t) => {
  const place = folder();
  const { stdout, stderr, exit } = await shell(`
    mkfifo in; exec 3<> in
    { leat watermark --delay 0s < in & echo $! > pid; wait $!; } 2> /dev/null | leat window 10s | leat agg 'count() as n' > rows & last=$!
    printf '{"ts":1000}\\n{"ts":2000}\\n{"ts":15000}\\n' >&3
    for i in $(seq 100); do [ -s rows ] && break; sleep 0.05; done
    kill -9 "$(cat pid)"; wait $last; echo "exit $?"; cat rows`, { cwd: place.path });
  t.equal(Buffer.from(stdout).toString(), 'exit 75\n{"window_start":"1970-01-01T00:00:00.000Z","window_end":"1970-01-01T00:00:10.000Z","n":2}\n', 'the closed window, and no other');
  t.match(stderr, /leat window: E_UPSTREAM: the upstream \(watermark\) ended without its end mark: it was killed or it crashed\n/, 'the stage behind it says so');
  t.equal(exit, 0, 'the script went to its end');
  place.remove();
});

t.test('A27: long chains, many files, named pipes, empty files', async (t) => {
  const place = folder({ 'in.ndjson': big.slice(0, 20_000).replace(/[^\n]*$/, ''), 'empty.ndjson': '' });
  const twenty = Array.from({ length: 19 }, () => 'leat filter true').join(' | ');
  const chain = await shell(`leat filter true in.ndjson | ${twenty} | cmp - in.ndjson`, { cwd: place.path, timeoutMs: 60_000 });
  t.same([chain.exit, chain.stderr], [0, ''], 'one tool piped into itself twenty times');

  mkdirSync(join(place.path, 'many'));
  for (let i = 0; i < 1000; i++) writeFileSync(join(place.path, 'many', `${String(i).padStart(4, '0')}.ndjson`), `{"i":${i}}\n`);
  const many = await shell(`ulimit -n 64; leat filter true many/*.ndjson | leat agg 'count() as n, sum(i) as s'`, { cwd: place.path });
  t.same([many.exit, many.stderr, Buffer.from(many.stdout).toString()], [0, '', '{"n":1000,"s":499500}\n'], 'a thousand files, sixty-four descriptors');

  const pipe = await shell('mkfifo p; cat in.ndjson > p & leat filter true p | cmp - in.ndjson', { cwd: place.path });
  t.same([pipe.exit, pipe.stderr], [0, ''], 'a named pipe as FILE');
  const substituted = await shell('leat filter true <(head -n 3 in.ndjson) <(tail -n 2 in.ndjson) | wc -l', { cwd: place.path });
  t.same([substituted.exit, substituted.stderr, Buffer.from(substituted.stdout).toString().trim()], [0, '', '5'], '<( ) as FILE');
  for (const tool of ['filter true', "map 'a as b'", 'watermark', 'window 1m', 'window session 1m', 'from', 'from csv', 'cat', 'plain', 'show', "agg 'count() as n by k'"]) {
    const empty = await shell(`leat ${tool} empty.ndjson empty.ndjson`, { cwd: place.path });
    t.same([empty.exit, empty.stderr, Buffer.from(empty.stdout).toString()], [0, '', ''], `leat ${tool} of empty files`);
  }
  place.remove();
});
