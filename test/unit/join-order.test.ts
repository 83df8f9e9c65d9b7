// join with real FIFOs: whichever input is slow or shuffled, the bytes are the same (USERS A7); one that is a million records ahead holds nobody up and fills no memory;
// a join of ten times -S stays within it (A14).
import { createHash } from 'node:crypto';
import { existsSync, mkdirSync, readFileSync, readdirSync, writeFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import t from 'tap';
import { folder } from '../harness/place.js';
import { dice } from '../harness/random.js';
import { shell } from '../harness/shell.js';

const roll = dice(7), DELAY = 40;
/** Records of rising time, and the same shuffled within the delay; `n` says their order, so that ties do not matter: no two have one time. */
const times = Array.from({ length: 400 }, (_, i) => i * 7 + roll.below(7));
const record = (side: string) => (at: number): string => `{"ts":${at},"id":${at % 5},"${side}":${at}}\n`;
const shuffled = (list: readonly number[]): number[] => list.map((at) => ({ at, rank: at + roll.below(DELAY) })).sort((a, b) => a.rank - b.rank).map(({ at }) => at);
const text = (side: string, list: readonly number[]): string => list.map(record(side)).join('');
const files = {
  'l.ndjson': text('l', times), 'r.ndjson': text('r', times.map((at) => at + 3)),
  'ls.ndjson': text('l', shuffled(times)), 'rs.ndjson': text('r', shuffled(times.map((at) => at + 3))),
};
/** Feeds a FIFO: at once, or in pieces with pauses. */
const slow = (name: string, to: string): string => `(head -c 700 ${name}; sleep 0.15; tail -c +701 ${name} | head -c 4001; sleep 0.15; tail -c +4702 ${name}) > ${to} &`;
const fast = (name: string, to: string): string => `cat ${name} > ${to} &`;

for (const form of ['--within 30ms', '--within -20ms..5ms --full', '--asof --left', '--within 15ms --semi', '']) {
  t.test(form === '' ? 'whole inputs' : form, async (t) => {
    const place = folder(files), call = `leat join -j id ${form} ${form === '' ? '' : `--delay ${DELAY}ms`}`;
    const whole = await shell(`${call} l.ndjson r.ndjson`, { cwd: place.path });
    t.equal(whole.exit, 0, whole.stderr);
    t.ok(Buffer.from(whole.stdout).toString().split('\n').length > 50, 'there is something to compare');
    for (const [left, right] of [['l', 'r'], ['ls', 'r'], ['l', 'rs'], ['ls', 'rs']] as const) {
      if (form === '' && left + right !== 'lr') continue;          // whole inputs have no order but their own
      // Each mixture in one way, all ways with both shuffled.
      for (const [a, b, what] of ([[slow, fast, 'the left is slow'], [fast, slow, 'the right is slow'], [slow, slow, 'both are slow']] as const).filter((_, i) => left + right === 'lsrs' || form === '' || i === (left + right).length - 2)) {
        const got = await shell(`rm -f lf rf; mkfifo lf rf; ${a(`${left}.ndjson`, 'lf')} ${b(`${right}.ndjson`, 'rf')} ${call} lf rf`, { cwd: place.path });
        t.equal(got.stderr, '', 'nothing is late');
        t.ok(Buffer.from(got.stdout).equals(whole.stdout), `${left}, ${right}: ${what}`);
      }
    }
    place.remove();
  });
}

/** Peak memory in MiB and what came out. */
const measured = async (cwd: string, cmd: string): Promise<{ peak: number; sum: string; exit: number; stderr: string }> => {
  const { exit, stderr } = await shell(cmd.replace('leat', `/usr/bin/time -f %M -o peak ${resolve('bin/leat')}`), { cwd, env: { TMPDIR: join(cwd, 'tmp') }, timeoutMs: 120_000 });
  return { exit, stderr, peak: Number(readFileSync(join(cwd, 'peak'), 'utf8').trim().split('\n').at(-1)) / 1024, sum: createHash('sha256').update(readFileSync(join(cwd, 'out'))).digest('hex') };
};
const isTimed = existsSync('/usr/bin/time');

t.test('one program feeds both inputs, the right one a million records ahead', { skip: isTimed ? false : 'GNU time is missing' }, async (t) => {
  const place = folder({ 'tmp/.keep': '' }), count = 1_000_000;
  const write = (name: string, field: string, many: number): void => writeFileSync(join(place.path, name), Array.from({ length: many }, (_, i) => `{"ts":${i},"id":${i % 1000},"${field}":${i}}\n`).join(''));
  write('l', 'l', count); write('r', 'r', count); write('l1', 'l', 1000); write('r1', 'r', 1000);
  const feed = (l: string, r: string): string => `rm -f lf rf; mkfifo lf rf; (exec 3>rf 4>lf; cat ${r} >&3; exec 3>&-; cat ${l} >&4) & leat join -j id --within 5ms lf rf > out`;
  const small = await measured(place.path, feed('l1', 'r1')), large = await measured(place.path, feed('l', 'r'));
  t.equal(large.exit, 0, `it ends: ${large.stderr}`);
  t.equal(readFileSync(join(place.path, 'out'), 'utf8').split('\n').length - 1, count, 'every record has met its partner');
  t.ok(large.peak < small.peak + 80, `memory is flat: ${large.peak.toFixed(0)} MiB, of a thousand records ${small.peak.toFixed(0)} MiB`);
  t.same(readdirSync(join(place.path, 'tmp')), ['.keep'], 'TMPDIR is as it was');
  place.remove();
});

t.test('whole inputs of ten times -S', { skip: isTimed ? false : 'GNU time is missing' }, async (t) => {
  const place = folder({ 'tmp/.keep': '', 'l1': '{"id":1}\n', 'r1': '{"id":1}\n' }), count = 400_000, mib = 4;
  mkdirSync(join(place.path, 'tmp'), { recursive: true });
  const write = (name: string, field: string, step: number): void => writeFileSync(join(place.path, name), Array.from({ length: count }, (_, i) => `{"id":${i * step % count},"${field}":${i},"pad":"${'x'.repeat(80)}"}\n`).join(''));
  write('l', 'l', 7919); write('r', 'r', 104729);
  const small = await measured(place.path, 'leat join --full -j id l1 r1 > out'), whole = await measured(place.path, 'leat join --full -j id -S 1G l r > out');
  const spilled = await measured(place.path, `leat join --full -j id -S ${mib}M l r > out`);
  t.equal(spilled.exit, 0, spilled.stderr);
  t.match(spilled.stderr, /^leat join: spilled: /, 'it says what it wrote');
  t.equal(spilled.sum, whole.sum, 'the bytes are those of a join in memory');
  t.ok(spilled.peak - small.peak < mib + 64, `${spilled.peak.toFixed(0)} MiB at most; ${small.peak.toFixed(0)} MiB of a join of nothing, ${whole.peak.toFixed(0)} MiB in memory`);
  t.same(readdirSync(join(place.path, 'tmp')), ['.keep'], 'TMPDIR is as it was');
  const failed = await shell(`cat r | (head -c 30000000; echo nope) > r2; leat join -j id -S ${mib}M l r2 > out`, { cwd: place.path, env: { TMPDIR: join(place.path, 'tmp') } });
  t.equal(failed.exit, 65, 'an error after files were written');
  t.same(readdirSync(join(place.path, 'tmp')), ['.keep'], 'leaves none behind');
  place.remove();
});
