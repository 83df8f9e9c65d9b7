// from kafka and to kafka against a real broker, which is started for it: skipped, aloud, where its jars are not in .cache/kafka (npm run kafka fetches them). Topic to topic with kills
// is the last of it, short; the long one is npm run kafka.
import { spawn } from 'node:child_process';
import { cpSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { Admin, Producer, stringSerializers } from '@platformatic/kafka';
import t from 'tap';
import { environment, folder } from '../harness/place.js';
import { dice, seedOf } from '../harness/random.js';
import { shell } from '../harness/shell.js';
import type { Result } from '../harness/shell.js';
import { Broker, missing } from '../kafka/broker.js';
import { makeTopics, pipelines, rounds } from '../kafka/rounds.js';
import { skip as noSqlite } from './helpers/checkpoints.js';

const why = missing() ?? (noSqlite === false ? undefined : noSqlite), at = join(tmpdir(), `leat-test-kafka-${process.pid}`);
const wait = (ms: number): Promise<void> => new Promise((done) => { setTimeout(done, ms); });
t.jobs = 1;

async function all(): Promise<void> {
  const broker = await Broker.start(join(at, 'broker')), place = folder(), { path } = place;
  t.teardown(async () => { await broker.down(); rmSync(at, { recursive: true, force: true }); place.remove(); });
  const leat = async (cmd: string, stdin = ''): Promise<{ exit: number; out: string; err: string }> => said(await shell(`leat ${cmd}`, { cwd: path, stdin, env: { LEAT_KAFKA: broker.address } }));
  const said = ({ exit, stdout, stderr }: Result): { exit: number; out: string; err: string } => ({ exit, out: Buffer.from(stdout).toString(), err: stderr });
  const producer = (more: object = {}): Producer<string, string, string, string> => new Producer({ clientId: 'test', bootstrapBrokers: [broker.address], serializers: stringSerializers, idempotent: true, retryDelay: 10, retries: 500, ...more });
  const admin = new Admin({ clientId: 'test', bootstrapBrokers: [broker.address] });
  t.teardown(() => admin.close());
  await makeTopics(broker, ['words', 'odd', 'gone', 'copy', 'source', 'slow', 'late']);
  const lines = Array.from({ length: 5000 }, (_, n) => `{"n":${n},"k":"k${n % 17}"}\n`), input = lines.join('');

  await t.test('there and back', async (t) => {
    t.same(await leat('to kafka words --key k', input), { exit: 0, out: '', err: '' });
    const { out, exit } = await leat('from kafka words'), back = out.split(/(?<=\n)/);
    t.equal(exit, 0);
    t.same([...back].sort(), [...lines].sort(), 'each record once');
    for (let k = 0; k < 17; k++) t.same(back.filter((line) => line.includes(`"k${k}"`)), lines.filter((line) => line.includes(`"k${k}"`)), `k${k} in order`);
    t.equal((await leat('from kafka words')).out, out, 'the same bytes again');
    t.equal((await leat('run "from kafka words | filter true"')).out, out, 'and in a pipeline');
  });

  await t.test('aborted records, values that are none, places in messages', async (t) => {
    const plain = producer(), transactional = producer({ transactionalId: 'odd', producerId: -1n, producerEpoch: -1 }), send = (value: string | undefined): object => ({ topic: 'odd', partition: 1, value });
    await plain.send({ messages: [send('{"a":0}'), send('{"a":\n1}')] as never });
    for (const isKept of [false, true, false, false]) {
      const transaction = await transactional.beginTransaction();
      await transaction.send({ messages: [send(isKept ? '{"a":2}' : '{"a":"aborted"}')] as never });
      if (isKept) await transaction.commit(); else await transaction.abort();
    }
    const { offsets } = await plain.send({ messages: [send(undefined), send('{"a":'), send('{"a":3}')] as never });
    await plain.close(); await transactional.close();
    const { exit, out, err } = await leat('from kafka odd');
    t.equal(out, '{"a":0}\n{"a": 1}\n{"a":2}\n');
    t.equal(exit, 65);
    t.ok(err.startsWith(`leat from: odd/1:${Number(offsets![0]!.offset) + 1}:6: E_JSON: `), `partition and offset: ${err}`);   // `!`: it was one batch; an abort marker may come before it or behind it
    t.equal((await leat('from kafka odd --bad skip')).out, '{"a":0}\n{"a": 1}\n{"a":2}\n{"a":3}\n');
  });

  await t.test('with a checkpoint, each run reads what has come since', async (t) => {
    const run = 'from kafka source -Q --checkpoint st >> out.ndjson; cat out.ndjson';
    t.equal((await leat(run)).out, '');
    await leat('to kafka source', lines.slice(0, 300).join(''));
    t.equal((await leat(run)).out.split('\n').length, 301);
    await leat('to kafka source', lines.slice(300, 310).join(''));
    t.same((await leat(run)).out.split(/(?<=\n)/).sort(), lines.slice(0, 310).sort());
    t.match(await leat('from kafka words -Q --checkpoint st >> out.ndjson'), { exit: 65, err: /E_INPUT: the topic words: the checkpoint is of the topic source/ });
    const end = 'from kafka source -Q --start end --checkpoint end';
    t.equal((await leat(end)).out, '', 'from the end on');
    await leat('to kafka source', lines[310]);
    t.equal((await leat(end)).out, lines[310]);
    await admin.deleteRecords({ topics: [{ name: 'source', partitions: [0, 1, 2].map((partition) => ({ partition, offset: -1n })) }] } as never);
    t.match(await leat('from kafka source -Q --checkpoint st >> out.ndjson'), { exit: 65, err: /E_INPUT: the topic source: of partition \d, the records from offset \d+ on were not read yet and are deleted/ });
    await admin.deleteTopics({ topics: ['source'] });
    t.match(await leat('from kafka source -Q --checkpoint st >> out.ndjson'), { exit: 66, err: /E_TOPIC: cannot open the topic 'source': there is none/ });
    await makeTopics(broker, ['source']);
    t.match(await leat('from kafka source -Q --checkpoint st >> out.ndjson'), { exit: 65, err: /E_INPUT: the topic source: it was deleted and made anew/ });
  });

  interface Begun { readonly out: () => string; stop(): void; readonly ended: Promise<{ readonly exit: number; readonly err: string }> }
  const begin = (cmd: string): Begun => {
    const child = spawn('bash', ['--norc', '-c', `exec leat ${cmd}`], { cwd: path, env: { ...environment(), LEAT_KAFKA: broker.address }, stdio: ['ignore', 'pipe', 'pipe'] });
    let out = '', err = '';
    child.stdout.on('data', (bytes: Uint8Array) => { out += Buffer.from(bytes).toString(); });
    child.stderr.on('data', (bytes: Uint8Array) => { err += Buffer.from(bytes).toString(); });
    return { out: () => out, stop() { child.kill('SIGTERM'); }, ended: new Promise((done) => { child.once('close', (exit) => done({ exit: exit ?? -1, err })); }) };
  };

  await t.test('followed, and stopped', async (t) => {
    const { out, stop, ended } = begin('from kafka slow --follow -Q');
    for (const line of lines.slice(0, 3)) {
      await leat('to kafka slow', line);
      for (let i = 0; i < 500 && !out().includes(line); i++) await wait(20);
    }
    t.equal(out(), lines.slice(0, 3).join(''));
    stop();
    t.equal((await ended).exit, 143);
  });

  await t.test('a partition that is behind makes no record late', async (t) => {
    const writer = producer(), day = 86_400_000;
    await writer.send({ messages: Array.from({ length: 50 }, (_, i) => ({ topic: 'late', partition: 0, value: `{"ts":${day + i * 60_000},"p":0}` })) });
    await wait(20);
    await writer.send({ messages: Array.from({ length: 50 }, (_, i) => ({ topic: 'late', partition: 2, value: `{"ts":${i * 60_000},"p":2}` })) });
    await writer.close();
    const { out, err } = await leat(`run "from kafka late --time ts | window 1h --late fail | agg 'count() as n by p' | map '{ p, n }'"`);
    t.equal(err, '');
    t.equal(out, '{"p":2,"n":50}\n{"p":0,"n":50}\n');
  });

  await t.test('one run at a time, and no older copy', async (t) => {
    const run = (checkpoint: string, how = ''): string => `run --checkpoint ${checkpoint} --checkpoint-every 50ms "from kafka words ${how}| to kafka copy"`, count = async (): Promise<number> => (await leat('from kafka copy')).out.split('\n').length - 1;
    t.equal((await leat(run('copy-1'))).exit, 0);
    cpSync(join(path, 'copy-1'), join(path, 'copy-2'), { recursive: true });
    const first = begin(run('copy-1', '--follow ')), transactions = async (): Promise<void> => { await leat('to kafka words --key k', lines[0]); };
    await transactions();
    for (let i = 0; i < 500 && await count() < 5001; i++) await wait(20);
    const second = begin(run('copy-2', '--follow '));      // the lock of the folder does not keep it out
    t.match(await second.ended, { exit: 65, err: /E_OUTPUT: the topic copy has epoch \d+ of this checkpoint, and the checkpoint ends with epoch \d+: it is an older copy/ });
    await transactions();                                  // it has shut out the other all the same
    t.match(await first.ended, { exit: 75, err: /E_BUSY: another run with this checkpoint writes to the topic copy by now/ });
    t.match(await leat(run('copy-1')), { exit: 0, err: '' }, 'which goes on');
    t.equal(await count(), 5002, 'each record once all the same');
    await admin.deleteTopics({ topics: ['copy'] });
    await makeTopics(broker, ['copy']);
    t.match(await leat(run('copy-1')), { exit: 65, err: /E_OUTPUT: the topic copy was deleted and made anew since the checkpoint/ });
  });

  await t.test('the story', async (t) => {
    await makeTopics(broker, ['clicks', 'per-minute']);
    const { stdout, stderr, exit } = await shell('./run.sh', { cwd: resolve('examples/kafka'), env: { LEAT_KAFKA: broker.address }, pipe: true });
    t.equal(exit, 0);
    t.equal(stderr, '');
    t.equal(Buffer.from(stdout).toString(), readFileSync('examples/kafka/expected.txt', 'utf8'));
  });

  await t.test('killed', async (t) => {
    const seed = seedOf();
    t.comment(`SEED=${seed}`);
    const { lost, doubled, disordered, wrong, output, expected, kills } = await rounds({ broker, folder: at, dice: dice(seed), rounds: 4, restartEvery: 0, name: 'test', ...pipelines[0]! });   // `!`: there is one
    t.same({ lost, doubled, disordered, wrong }, { lost: 0, doubled: 0, disordered: 0, wrong: [] }, `${kills} kills, ${output} of ${expected}`);
    t.ok(expected > 100);
  });
}
if (why === undefined) await all(); else t.test('a broker', { skip: why }, async () => { /* told */ });
