// from kafka and to kafka, as far as no broker is needed: what a read_committed reader may see, records as lines, keys, faults and what is said of them.
import { cpSync, mkdirSync, rmSync, symlinkSync } from 'node:fs';
import { createServer } from 'node:net';
import type { AddressInfo } from 'node:net';
import { join, resolve } from 'node:path';
import t from 'tap';
import { LeatError } from '../../lib/errors.js';
import { Cluster, faultOf, loadKafka, parseBrokers } from '../../lib/io/kafka/client.js';
import { eachCommitted } from '../../lib/io/kafka/committed.js';
import type { Aborted, LogBatch } from '../../lib/io/kafka/committed.js';
import { keyAt } from '../../lib/io/sinks/kafka.js';
import { Stretch } from '../../lib/io/sources/kafka.js';
import { folder } from '../harness/place.js';
import { dice, seedOf } from '../harness/random.js';
import { shell } from '../harness/shell.js';

const text = (bytes: Uint8Array | undefined): string | undefined => bytes === undefined ? undefined : new TextDecoder().decode(bytes);
const bytes = (of: string): Uint8Array => new TextEncoder().encode(of);

t.test('only what is committed is seen', async (t) => {
  const seed = seedOf(), d = dice(seed);
  t.comment(`SEED=${seed}`);
  let seen = 0, hidden = 0;
  for (let round = 0; round < 300; round++) {
    // A log as a broker has it: plain batches, and transactions of several producers that overlap, each ended by a marker.
    interface Logged { readonly batch: LogBatch; transaction: { readonly firstOffset: number; end: number; isAborted: boolean; readonly producerId: number } | undefined }
    const log: Logged[] = [], open = new Map<number, NonNullable<Logged['transaction']>>(), all: NonNullable<Logged['transaction']>[] = [];
    let offset = d.below(5);
    const add = (attributes: number, producerId: number, count: number, key: Uint8Array | null = null): number => {
      const first = offset, last = count - 1 + (d.chance(0.2) ? d.below(3) : 0);   // compaction leaves holes behind
      const records = Array.from({ length: count }, (_, i) => ({ offsetDelta: i, timestampDelta: BigInt(i), key, value: bytes(`${first + i}`) }));
      log.push({ batch: { firstOffset: BigInt(first), attributes, lastOffsetDelta: last, firstTimestamp: 1000n, maxTimestamp: 2000n, producerId: BigInt(producerId), records }, transaction: (attributes & 0x30) === 0x10 ? open.get(producerId) : undefined });
      offset += last + 1;
      return first;
    };
    const end = (producerId: number): void => {
      const transaction = open.get(producerId)!;            // `!`: it is open
      transaction.isAborted = d.chance(0.5);
      transaction.end = add(0x30, producerId, 1, Uint8Array.of(0, 0, 0, transaction.isAborted ? 0 : 1));
      open.delete(producerId);
    };
    for (let i = 0; i < 5 + d.below(30); i++) {
      const producerId = d.below(3);
      if (d.chance(0.3)) add(0, 9, 1 + d.below(4));
      else if (open.has(producerId) && d.chance(0.4)) end(producerId);
      else {
        if (!open.has(producerId)) { const transaction = { firstOffset: offset, end: -1, isAborted: false, producerId }; open.set(producerId, transaction); all.push(transaction); }
        add(0x10, producerId, 1 + d.below(3));
      }
    }
    for (const producerId of [...open.keys()]) end(producerId);
    const wanted = log.flatMap(({ batch: { firstOffset, attributes, records }, transaction }) => (attributes & 0x20) !== 0 || transaction?.isAborted === true ? [] : records.map(({ offsetDelta }) => Number(firstOffset) + offsetDelta));
    // Read in fetches of some batches each; one begins with the batch that has the offset, or, since somebody read on before, in the middle of it.
    const found: number[] = [];
    let from = d.below(offset), at = 0;
    const start = from;
    while (at < log.length && Number(log[at]!.batch.firstOffset) + log[at]!.batch.lastOffsetDelta < from) at++;   // `!`: below
    while (at < log.length) {
      const batches = log.slice(at, at + 1 + d.below(8)), [{ batch: { firstOffset } }] = batches as [Logged], last = batches[batches.length - 1]!.batch;   // `!`: there is one
      const aborted = all.filter((each) => each.isAborted && each.end >= Number(firstOffset) && each.firstOffset <= Number(last.firstOffset) + last.lastOffsetDelta).map(({ firstOffset, producerId }): Aborted => ({ firstOffset: BigInt(firstOffset), producerId: BigInt(producerId) }));
      const next = eachCommitted(batches.map(({ batch }) => batch), d.shuffled(aborted), from, (offset, ms, value) => { found.push(offset); if (text(value!) !== `${offset}` || ms < 1000) t.fail(`the record at ${offset} is another`); });   // `!`: all have values
      t.equal(next, Number(last.firstOffset) + last.lastOffsetDelta + 1);
      from = next;
      at += batches.length;
    }
    const rest = wanted.filter((offset) => offset >= start);
    if (found.join() !== rest.join()) t.same(found, rest, `SEED=${seed}, round ${round}`);
    seen += found.length; hidden += log.reduce((sum, { batch }) => sum + batch.records.length, 0) - found.length;
  }
  t.ok(seen > 1000 && hidden > 1000, `${seen} seen, ${hidden} hidden`);
  t.equal(eachCommitted([], [], 7, () => t.fail('nothing came')), 7, 'an empty fetch stays where it is');
});

t.test('records are lines, and the number of a line is the offset', async (t) => {
  const records = [{ offset: 5, ms: 0, value: bytes('{"a":1}') }, { offset: 6, ms: 0, value: bytes('{"a":\n2}\r') }, { offset: 9, ms: 0, value: new Uint8Array(0) }, { offset: 10, ms: 0, value: bytes('{"a":3}\n') }];
  const size = 8 + 10 + 2 + 1 + 9, stretch = new Stretch('t/0', 0, records, size, 12, { offset: 100, line: 5, records: 0 }), into = new Uint8Array(1000), count = stretch.read(into);
  t.equal(text(into.subarray(0, count)), '{"a":1}\n{"a": 2} \n\n\n\n{"a":3} \n', 'line ends inside are blanks, offsets without a record are blank lines');
  t.equal(stretch.read(into), 0);
  t.same([0, 7, 8, 17, 18, 19, 20, 21, 22, 29, 30].map((done) => stretch.offsetAt(100 + done)), [5, 5, 6, 6, 9, 9, 9, 10, 10, 10, 12]);
});

t.test('keys', async (t) => {
  const record = bytes('{"a":"x","b":{"c":[1,"\\u00e4\\n"]},"n":1.50,"t":true,"z":null,"o":{"p":1}}'), key = (...path: (string | number)[]): string | undefined => text(keyAt(path)(record, 0, record.length));
  t.same([key('a'), key('b', 'c', 1), key('b', 'c', 0), key('n'), key('t'), key('z'), key('q'), key('o'), key('a', 'b'), key('b', 0)], ['x', 'ä\n', '1', '1.50', 'true', undefined, undefined, '{"p":1}', undefined, undefined]);
});

t.test('addresses of brokers', async (t) => {
  t.same(parseBrokers('a, b:1,[::1]:2,10.0.0.1'), [{ host: 'a', port: 9092 }, { host: 'b', port: 1 }, { host: '::1', port: 2 }, { host: '10.0.0.1', port: 9092 }]);
  for (const bad of ['', 'a,', ':9092', 'a:0', 'a:99999', 'a:b', 'http://a:9092']) t.throws(() => parseBrokers(bad), { code: 'E_OPTION' }, bad);
});

t.test('faults', async (t) => {
  const kafka = loadKafka('test');
  t.match(faultOf(new kafka.NetworkError('x', { cause: Object.assign(new Error('connect'), { code: 'ECONNREFUSED', syscall: 'connect' }) })), { names: [], isRetriable: true, why: 'nobody listens there' });
  t.match(faultOf(new kafka.ProtocolError('NOT_LEADER_OR_FOLLOWER')), { names: ['NOT_LEADER_OR_FOLLOWER'], isRetriable: true });
  t.match(faultOf(new kafka.MultipleErrors('x', [new kafka.ProtocolError('PRODUCER_FENCED'), new kafka.ProtocolError('CONCURRENT_TRANSACTIONS')])), { names: ['PRODUCER_FENCED', 'CONCURRENT_TRANSACTIONS'], isRetriable: false });
  t.match(faultOf(new TypeError('x is undefined')), { names: [], isRetriable: false, why: 'x is undefined' }, 'a mistake of our own is not tried again');
});

t.test('a broker that never answers is not waited for without end', async (t) => {
  const sockets = new Set<{ destroy(): void }>(), server = createServer((socket) => { sockets.add(socket); socket.on('error', () => { /* it was cut */ }); });
  await new Promise<void>((done) => { server.listen(0, '127.0.0.1', done); });
  const { port } = server.address() as AddressInfo, cluster = new Cluster(loadKafka('test'), `127.0.0.1:${port}`, { requestMs: 200 });
  await t.rejects(cluster.topic('t'), { code: 'E_BROKER', exit: 69, message: /cannot reach a Kafka broker at 127\.0\.0\.1:\d+: Request timed out/ });
  cluster.close();
  for (const socket of sockets) socket.destroy();
  await new Promise((done) => { server.close(done); });
});

t.test('trying again', async (t) => {
  const kafka = loadKafka('test'), cluster = new Cluster(kafka, '127.0.0.1:1', { patienceMs: 300 });
  let count = 0;
  t.equal(await cluster.patiently(async () => { if (++count < 4) throw new kafka.ProtocolError('CONCURRENT_TRANSACTIONS'); return 'done'; }), 'done');
  const began = Date.now();
  await t.rejects(cluster.patiently(() => Promise.reject(new kafka.NetworkError('Connection closed'))), { code: 'E_BROKER', exit: 75, message: /^lost the Kafka broker at 127\.0\.0\.1:1: / });
  t.ok(Date.now() - began >= 300, 'a cluster that has answered is waited for');
  t.same(await cluster.patiently(() => Promise.reject(new kafka.ProtocolError('PRODUCER_FENCED'))).catch((error: unknown) => faultOf(error).names), ['PRODUCER_FENCED'], 'no use');
  await t.rejects(cluster.patiently(() => Promise.reject(new LeatError('E_TOPIC', {}))), { code: 'E_TOPIC' }, 'it knows better');
  cluster.close();
});

t.test('what is refused', async (t) => {
  const place = folder();
  for (const [cmd, exit, says] of [
    ['from kafka', 64, /E_USAGE: TOPIC is missing/], ['from kafka a b', 64, /one TOPIC, and there are 2/], ['from kafka --spool d a', 64, /--spool is for a pipe/], ['from csv --brokers x a', 64, /--brokers is for kafka/], ['from kafka --header a,b t', 64, /--header has no meaning for kafka/],
    ['from kafka --brokers a:b t', 64, /bad address 'a:b'/], ['to kafka', 64, /TOPIC is missing/], ['to kafka a b', 64, /unexpected operand 'b'/], ['to csv --key a', 64, /--key is for kafka, not for csv/], ['to file --brokers x out', 64, /--brokers is for kafka/],
    ['from kafka --brokers 127.0.0.1:1 t', 69, /E_BROKER: cannot reach a Kafka broker at 127\.0\.0\.1:1: nobody listens there\n {2}help: --brokers/], ['to kafka --brokers 127.0.0.1:1,127.0.0.1:2 t', 69, /E_BROKER: cannot reach a Kafka broker at 127\.0\.0\.1:1,127\.0\.0\.1:2: /],
  ] as const) {
    const { exit: status, stderr } = await shell(`leat ${cmd}`, { cwd: place.path, stdin: '{"a":1}\n' });
    t.equal(status, exit, cmd);
    t.match(stderr, says, cmd);
  }
  place.remove();
});

t.test('without the package', async (t) => {
  const place = folder(), { path } = place;
  cpSync(resolve('bin'), join(path, 'bin'), { recursive: true });
  cpSync(resolve('dist/exec'), join(path, 'dist/exec'), { recursive: true });
  for (const cmd of ['from kafka t', 'to kafka t']) {
    const { exit, stderr } = await shell(`bin/leat ${cmd}`, { cwd: path, stdin: '{"a":1}\n' });
    t.equal(exit, 69, cmd);
    t.match(stderr, /E_PACKAGE: (?:from|to) kafka needs the package @platformatic\/kafka, which is not installed\n {2}help: npm i @platformatic\/kafka/, cmd);
  }
  t.match(text((await shell('bin/leat doctor', { cwd: path })).stdout), /kafka .*not installed/s);
  // Beside leat is enough.
  mkdirSync(join(path, 'node_modules'));
  symlinkSync(resolve('node_modules/@platformatic'), join(path, 'node_modules/@platformatic'));
  const { exit } = await shell('bin/leat from kafka --brokers 127.0.0.1:1 t', { cwd: path });
  t.equal(exit, 69);
  rmSync(join(path, 'node_modules'), { recursive: true });
  place.remove();
});

t.test('doctor says what a topic guarantees', async (t) => {
  const place = folder(), { stdout } = await shell("leat doctor 'from kafka in | window 1m | agg \"count() as n\" | to kafka out'", { cwd: place.path });
  t.match(text(stdout), /from +in is a topic of Kafka: read again from the offsets[^]*to kafka +records and the number of their epoch are one transaction[^]*\nexactly once, with --checkpoint DIR/);
  place.remove();
});
