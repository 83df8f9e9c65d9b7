// A6 (USERS 9): however the bytes come in and however the pipeline is run, one sha256: FILE, `< f`, `cat f |`, slowed, in random pieces, one byte at a time, fused, --no-fuse, --jobs 2, as a pipe of
// processes, killed and gone on. Lines of tools, and graphs with another program, with tee and with a second input.
import { createHash } from 'node:crypto';
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import t from 'tap';
import { folder } from '../harness/place.js';
import { dice, seedOf } from '../harness/random.js';
import { open, shell } from '../harness/shell.js';
import { events, skip, textOf } from './helpers/checkpoints.js';
import { MARK, gone, marked, newMark } from './helpers/marked.js';

const seed = seedOf();
t.comment(`SEED=${seed}`);
const input = events(dice(seed), 500), right = events(dice(seed + 1), 200);

/** Everything goes to standard output and the file `side`. hasCheckpoint: it can be killed and gone on with. */
const pipelines: readonly { readonly name: string; readonly text: string; readonly hasCheckpoint: boolean }[] = [
  { name: 'windows', text: "from --time ts --delay 1s | filter 'status >= 300' | window 10s | agg 'count() as n, sum(ms) as ms, p95(ms) as p95 by host'", hasCheckpoint: true },
  { name: 'another program', text: "filter 'status >= 300' | jq -c '. + {big: (.ms > 50)}' | window 10s --delay 1s | agg 'count() as n, count(big) as big by host'", hasCheckpoint: false },
  { name: 'wrapped', text: "from --time ts --delay 1s | wrap -- jq -c 'del(.status)' | window 10s | agg 'count() as n, collect(n) as all by host'", hasCheckpoint: true },
  { name: 'tee and a second input', text: "from --time ts --delay 1s | tee >(window 10s | agg 'count() as n by host' >> side) | join --left -j 'host, status' --within 2s <(from --time ts --delay 1s b.ndjson) | map '{ ts, n, m: n_right }'", hasCheckpoint: true },
];

const place = (): { readonly path: string; remove(): void } => folder({ 'a.ndjson': input, 'b.ndjson': right, out: '', side: '' });
const shaOf = (path: string, out: Uint8Array | string = readFileSync(join(path, 'out'))): string => createHash('sha256').update(Buffer.from(out).toString().split('\n').filter((line) => line.trim() !== '').join('\n')).update('\0side\0').update(readFileSync(join(path, 'side'))).digest('hex');

t.jobs = 2;
for (const { name, text, hasCheckpoint } of pipelines) t.test(name, async (t) => {
  const d = dice(seed + name.length), env = { TEXT: text };
  const first = place(), golden = await shell('leat run "$TEXT" a.ndjson', { cwd: first.path, env }), sha = shaOf(first.path, golden.stdout);
  t.equal(golden.exit, 0, golden.stderr);
  t.ok(golden.stdout.length > 1500, `${golden.stdout.length} bytes`);
  first.remove();

  const alone = text.replaceAll(/(^|\| |\()(from|filter|window|agg|wrap|join|map) /g, '$1leat $2 ');
  for (const [how, command, more] of [
    ['< FILE', 'leat run "$TEXT" < a.ndjson', {}], ['cat FILE |', 'cat a.ndjson | leat run "$TEXT"', {}], ['< FILE in the text', 'leat run "${TEXT/ | / < a.ndjson | }"', {}],
    ['one byte at a time', 'leat run "$TEXT" a.ndjson', { LEAT_TEST_CHUNK: '1' }], ['one byte at a time of a pipe', 'cat a.ndjson | leat run "$TEXT"', { LEAT_TEST_CHUNK: '1' }], ['one record at a time', 'leat run "$TEXT" a.ndjson', { LEAT_TEST_ROWS: '1' }],
    ['--no-fuse', 'leat run --no-fuse "$TEXT" a.ndjson', {}], ['--no-fuse, odd pieces', 'leat run --no-fuse "$TEXT" < a.ndjson', { LEAT_TEST_CHUNK: '777' }],
    ['--jobs 2', 'leat run --jobs 2 "$TEXT" a.ndjson', { LEAT_TEST_PART: '9000' }], ['a pipe of processes', `bash -o pipefail -c ${JSON.stringify(alone)} < a.ndjson`, {}],
  ] as const) {
    if (how === 'a pipe of processes' && text.includes('tee')) continue;   // bash does not wait for >( ): run-graph.test.ts does
    const here = place(), got = await shell(command, { cwd: here.path, env: { ...env, ...more } });
    t.equal(got.exit, 0, `${how}: ${got.stderr}`);
    t.equal(shaOf(here.path, got.stdout), sha, `${how}, SEED=${seed}`);
    here.remove();
  }

  const slow = place(), running = open('leat run "$TEXT"', { cwd: slow.path, env }), bytes = Buffer.from(input);
  for (let at = 0; at < bytes.length; ) { const size = 1 + d.below(6000); running.write(bytes.subarray(at, at + size)); at += size; await new Promise((done) => setTimeout(done, d.below(12))); }
  const ended = await running.close();
  t.equal(ended.exit, 0, ended.stderr);
  t.equal(shaOf(slow.path, ended.stdout), sha, `slowed, in random pieces, SEED=${seed}`);
  slow.remove();

  if (!hasCheckpoint || skip !== false) return;
  for (const fuse of ['', '--no-fuse ']) {
    const killed = place(), command = `exec leat run ${fuse}--checkpoint st --checkpoint-every 10ms --drain "$TEXT" a.ndjson >> out`;
    for (let round = 0; round < 2; round++) {
      const mark = newMark(), run = shell(command, { cwd: killed.path, env: { ...env, [MARK]: mark, LEAT_TEST_CHUNK: '512' } });
      await new Promise((done) => setTimeout(done, 200 + d.below(700)));
      const parts = marked(mark);
      for (const pid of d.chance(0.3) ? parts : parts.length === 0 ? [] : [d.pick(parts)]) try { process.kill(pid, 'SIGKILL'); } catch { /* it has ended */ }
      await run;
      t.ok(await gone(mark), 'all have ended');
    }
    const got = await shell(command, { cwd: killed.path, env });
    t.ok(got.exit === 0 || (got.exit === 78 && /was drained/.test(got.stderr)), `${got.exit} ${got.stderr}`);   // the kill came when all was done
    t.equal(shaOf(killed.path), sha, `${fuse}killed twice, SEED=${seed}: ${textOf(join(killed.path, 'out')).length} bytes`);
    killed.remove();
  }
});

t.test('a script, and the same text', async (t) => {
  const here = place();
  writeFileSync(join(here.path, 'p.leat'), `# the first of them\n${pipelines[0]!.text.replaceAll(' | ', ' |\n  ')}\n`);   // `!`: it is there
  const sh = (cmd: string): Promise<string> => shell(cmd, { cwd: here.path, env: { TEXT: pipelines[0]!.text } }).then(({ stdout }) => Buffer.from(stdout).toString());
  t.equal(await sh('leat run -f p.leat a.ndjson'), await sh('leat run "$TEXT" a.ndjson'));
  t.equal(await sh('leat run --no-fuse -f p.leat a.ndjson'), await sh('leat run "$TEXT" a.ndjson'));
  here.remove();
});
