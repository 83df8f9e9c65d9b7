// A6 with checkpoints: the output of a pipeline is one text, as FILE and as `< f`, in small pieces, fused and as processes, paused at any place, killed and gone on (USERS 9).
import { appendFileSync, writeFileSync } from 'node:fs';
import { createHash } from 'node:crypto';
import { join } from 'node:path';
import t from 'tap';
import { begin } from '../fault/place.js';
import { folder } from '../harness/place.js';
import { dice, seedOf } from '../harness/random.js';
import { shell } from '../harness/shell.js';
import { append, events, skip, textOf } from './helpers/checkpoints.js';

const seed = seedOf();
t.comment(`SEED=${seed}`);
const inputs = { a: events(dice(seed), 1500).replaceAll('"host":"h6"', '"host":oops'), b: events(dice(seed + 1), 1500).trimEnd() };   // a last line without LF is a record, once all is drained
const FROM = 'from --time ts --delay 1s --bad bad a.ndjson';
/** Stages; out: where the last one writes, undefined: standard output. Late and bad records are compared too. */
const pipelines: readonly (readonly [name: string, stages: readonly string[], out?: string])[] = [
  ['linear', [FROM, "filter 'status >= 300'", 'window 10s --late late', "agg 'count() as n, sum(ms) as ms by host'"]],
  ['a join of two files', [FROM, "join --full -j 'host, status' --within 3s b.ndjson -Q", "map 'n as m'"]],
  ['sessions', [FROM, 'window session 3s --late late', "agg 'count() as n, collect(n) as all by host'"]],
  ['dedup', [FROM, 'dedup -k host --within 1s --late late', 'sort --by-time']],
  ['sort --by-time', [FROM, 'sort --by-time -S 20K --late late', "map '{ ts, n }'"]],
  ['to file', [FROM, 'window 10s --late late', "agg --emit changes 'count() as n by host'", 'to file out'], 'out'],
];
/** A bad record says which input it came from, by the name that was given. */
const textAt = (path: string): string => ['out', 'bad', 'late'].map((name) => `${name}\n${textOf(join(path, name)).replaceAll(`${path}/`, '').replaceAll('"stdin"', '"a.ndjson"')}`).join('');
const sha = (path: string): string => createHash('sha256').update(textAt(path)).digest('hex');
const text = (stages: readonly string[], path: string): string => stages.join(' | ').replaceAll(/\b(a\.ndjson|b\.ndjson)\b|(?<=--bad |--late |to file )(\w+)/g, (name) => join(path, name));
/** The input in a folder of its own: the first part of it, then more. */
const opened = (part = 1): { readonly path: string; grow(to: number): void; remove(): void } => {
  const place = folder(), given = { a: 0, b: 0 };
  const grow = (to: number): void => { for (const name of ['a', 'b'] as const) { const end = Math.floor(inputs[name].length * to); appendFileSync(join(place.path, `${name}.ndjson`), inputs[name].slice(given[name], end)); given[name] = end; } };
  writeFileSync(join(place.path, 'out'), '');
  grow(part);
  return { ...place, grow };
};

t.jobs = 2;
for (const [name, stages, out] of pipelines) t.test(name, { skip }, async (t) => {
  const d = dice(seed + name.length), to = out === undefined ? ' >> out' : '', into = (path: string): string => join(path, out === undefined ? 'out' : 'nothing');
  const first = opened();
  t.match(await append(text(stages, first.path), into(first.path)), { exit: 0 });
  const golden = sha(first.path), whole = textAt(first.path).split('\n'), size = textOf(join(first.path, 'out')).length;
  t.ok(size > 2000, `${size} bytes`);
  first.remove();
  const same = (path: string, how: string): void => { const lines = textAt(path).split('\n'), at = lines.findIndex((line, i) => line !== whole[i]); t.equal(sha(path), golden, `${how}, SEED=${seed}; line ${at}: ${lines[at]}, not ${whole[at]}`); };

  const small = opened();
  t.match(await append(text(stages, small.path), into(small.path), { checkpoint: join(small.path, 'st'), checkpointEvery: 1, chunk: 700, drain: true }), { exit: 0 });
  same(small.path, 'fused, in small pieces, with many epochs');
  small.remove();

  for (let round = 0; round < 3; round++) {
    const paused = opened(0), st = join(paused.path, 'st');
    for (const at of [...Array.from({ length: 4 }, () => d.below(1000) / 1000).sort(), 1]) {
      paused.grow(at);
      const { exit, stderr } = await append(text(stages, paused.path), into(paused.path), { checkpoint: st, checkpointEvery: 1, chunk: 5000, ...at === 1 ? { drain: true } : {} });
      t.equal(exit, 0, stderr);
    }
    same(paused.path, 'paused at four places, in the middle of lines');
    paused.remove();
  }

  const env = { LEAT_CHECKPOINT: 'st' }, processes = (options: string, how = 'file'): string => stages.map((stage, i) => `leat ${i > 0 ? stage : stage.replace('a.ndjson', `${how === 'file' ? 'a.ndjson' : ''} ${options}${how === 'file' ? '' : ' < a.ndjson'}`)}`).join(' | ') + to;
  for (const [how, command] of [['as processes', processes('--drain')], ['as processes, from < f', processes('--drain', '<')], ['fused, from < f', `leat run --checkpoint st --drain "${stages.join(' | ').replace(' a.ndjson', '')}" < a.ndjson${to}`]] as const) {
    const { path, remove } = opened(), { exit, stderr } = await shell(command, { cwd: path, env });
    t.equal(exit, 0, stderr);
    same(path, how);
    remove();
  }

  const killed = opened(), command = processes('--checkpoint-every 10ms --drain');
  for (let round = 0; round < 3; round++) {
    const run = begin(command, killed.path, { ...env, LEAT_TEST_CHUNK: '1024' }, 30_000);
    await new Promise((done) => setTimeout(done, 150 + d.below(400)));
    const parts = run.parts();
    if (parts.length > 0) run.signal('SIGKILL', d.pick(parts));
    await run.ended;
  }
  const { exit, stderr } = await shell(command, { cwd: killed.path, env });
  t.ok(exit === 0 || ((exit === 78 || exit === 75) && /was drained/.test(stderr)), stderr);   // the kill came when all was done
  same(killed.path, 'killed three times');
  killed.remove();
});

t.test('a windowed join of two files, each with its processes, under leat run --', { skip }, async (t) => {
  const d = dice(seed), side = (name: string, options: string): string => `<(leat from ${options} --time ts --delay 1s ${name === 'a' ? '--bad bad ' : ''}${name}.ndjson --id from-${name} | leat window 5s --id window-${name}${name === 'a' ? ' --late late' : ' -Q'})`;
  const join = (options: string): string => `leat join --full -j 'host, status' ${side('a', options)} ${side('b', options)} >> out`, plain = join('').replaceAll(/ --id \S+/g, '');
  const first = opened(), made = await shell(plain, { cwd: first.path });
  t.equal(made.exit, 0, made.stderr);
  await new Promise((done) => setTimeout(done, 300));      // bash does not wait for <( ): side files are written when join has ended
  const golden = sha(first.path);
  t.ok(textOf(`${first.path}/out`).length > 2000);
  first.remove();
  for (const kills of [0, 4]) {
    const place = opened(), command = (options: string): string => `leat run --checkpoint st -- bash -c "${join(options)}"`;
    for (let round = 0; round < kills; round++) {
      const run = begin(command('--checkpoint-every 20ms --drain'), place.path, { LEAT_TEST_CHUNK: '1024' }, 30_000);
      await new Promise((done) => setTimeout(done, 300 + d.below(500)));
      const parts = run.parts();
      if (parts.length > 0) run.signal('SIGKILL', d.pick(parts));
      await run.ended;
    }
    const { exit, stderr } = await shell(command('--drain'), { cwd: place.path });
    t.ok(exit === 0 || (exit === 78 && /was drained/.test(stderr)), stderr);
    t.equal(sha(place.path), golden, `killed ${kills} times, SEED=${seed}`);
    place.remove();
  }
});
