// Topic to topic with a checkpoint, leat killed and the broker restarted: what a read_committed reader of Kafka's own then finds must be each record of the input once, in order. Owns:
// one such run of rounds. A writer fills the input all the while, in transactions too, of which some are aborted.
import { spawn } from 'node:child_process';
import type { ChildProcess } from 'node:child_process';
import { existsSync, mkdirSync, readdirSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { Admin, Producer, stringSerializers } from '@platformatic/kafka';
import { bin, environment } from '../harness/place.js';
import type { Dice } from '../harness/random.js';
import type { Broker } from './broker.js';

const pause = (ms: number): Promise<void> => new Promise((done) => { setTimeout(done, ms); });
const KEYS = 40, PARTITIONS = 3;
/** At most so long is waited for a run to get to work, or to a point. */
const WORK_MS = 20_000, POINT_MS = 8000;
/** Requests of a transaction, at which a run is killed: before, after, and at the answer. */
const points = [22, 24, 0, 25, 28, 26].flatMap((key) => ['before', 'after', 'answer'].map((when) => `${key}:${when}`));

export async function makeTopics(broker: Broker, topics: readonly string[]): Promise<void> {
  const admin = new Admin({ clientId: 'test', bootstrapBrokers: [broker.address] });
  try { await admin.createTopics({ topics: [...topics], partitions: PARTITIONS, replicas: 1 }); } finally { await admin.close(); }
  await pause(500);                                        // who leads them is known a little later
}

/** Fills a topic until it is told to stop. Whatever goes wrong, the same record is never sent twice, so the topic itself says what came. */
class Writer {
  private readonly broker: Broker;
  private readonly topic: string;
  private readonly dice: Dice;
  private next = 0;
  private isOver = false;
  private readonly done: Promise<void>;
  constructor(broker: Broker, topic: string, dice: Dice) { this.broker = broker; this.topic = topic; this.dice = dice; this.done = this.run(); }
  private messages(): { topic: string; key: string; value: string }[] {
    return Array.from({ length: 1 + this.dice.below(30) }, () => { const n = this.next++, key = `k${this.dice.below(KEYS)}`; return { topic: this.topic, key, value: JSON.stringify({ n, k: key, ts: n * 20 }) }; });
  }
  private async run(): Promise<void> {
    let plain: Producer<string, string, string, string> | undefined, transactional: Producer<string, string, string, string> | undefined;
    const make = (more: object): Producer<string, string, string, string> => new Producer({ clientId: 'writer', bootstrapBrokers: [this.broker.address], serializers: stringSerializers, retryDelay: 10, retries: 100, idempotent: true, ...more });
    while (!this.isOver) {
      try {
        plain ??= make({});
        transactional ??= make({ transactionalId: `${this.topic}-writer`, producerId: -1n, producerEpoch: -1 });
        if (this.dice.chance(0.6)) await plain.send({ messages: this.messages() });
        else {
          const transaction = await transactional.beginTransaction();
          await transaction.send({ messages: this.messages() });
          if (this.dice.chance(0.4)) await transaction.abort(); else await transaction.commit();
        }
        await pause(10);
      } catch {                                            // the broker is away, or has left a transaction behind
        await this.close(plain, transactional);
        plain = transactional = undefined;
        await pause(100);
      }
    }
    await this.close(plain, transactional);
  }
  private async close(...producers: readonly (Producer<string, string, string, string> | undefined)[]): Promise<void> {
    for (const producer of producers) try { await producer?.close(true); } catch { /* it is gone anyway */ }
  }
  async stop(): Promise<void> { this.isOver = true; await this.done; }
}

interface Ended { readonly code: number | null; readonly signal: NodeJS.Signals | null; readonly stderr: string }
interface Run { readonly child: ChildProcess; readonly ended: Promise<Ended> }
function start(broker: Broker, checkpoint: string, pipeline: string, env: Readonly<Record<string, string>> = {}, ...options: readonly string[]): Run {
  const child = spawn(process.execPath, [join(bin, 'leat'), 'run', '--checkpoint', checkpoint, '--checkpoint-every', '60ms', ...options, pipeline], { stdio: ['ignore', 'ignore', 'pipe'], env: { ...environment(), LEAT_KAFKA: broker.address, ...env } });
  let stderr = '';
  child.stderr!.setEncoding('utf8').on('data', (text: string) => { stderr += text; });   // `!`: stdio says so
  return { child, ended: new Promise((resolve) => { child.once('close', (code, signal) => resolve({ code, signal, stderr })); }) };
}

export interface Options { readonly broker: Broker; readonly folder: string; readonly dice: Dice; readonly rounds: number; /** Of so many rounds one restarts the broker; 0: none does. */ readonly restartEvery: number; readonly name: string;
  /** What leat does between the two topics, and what that makes of the values of one key, in their order. */ readonly between: string; readonly expected: (values: readonly string[]) => readonly string[]; say?(text: string): void }
export interface Result { readonly rounds: number; readonly kills: number; readonly atPoints: number; readonly restarts: number; /** Runs that found the broker back, went on, and stopped cleanly when they were told to. */ readonly survived: number; readonly input: number; readonly expected: number; readonly output: number; readonly lost: number; readonly doubled: number; readonly disordered: number; readonly wrong: readonly string[] }

/** So many rounds, then a run to the end, then the count. */
export async function rounds({ broker, folder, dice, rounds: count, restartEvery, name, between, expected, say }: Options): Promise<Result> {
  const input = `in-${name}`, output = `out-${name}`, checkpoint = join(folder, `checkpoint-${name}`), wrong: string[] = [];
  const pipeline = (how: string): string => `from kafka ${input} ${how}${between} | to kafka ${output} --key k`;
  mkdirSync(folder, { recursive: true });
  await makeTopics(broker, [input, output]);
  const writer = new Writer(broker, input, dice);
  let kills = 0, atPoints = 0, restarts = 0, survived = 0;
  for (let round = 0; round < count; round++) {
    const isRestart = restartEvery > 0 && round % restartEvery === restartEvery - 1, point = !isRestart && dice.chance(0.5) ? `${dice.pick(points)}:${1 + dice.below(4)}` : undefined;
    const run = start(broker, checkpoint, pipeline('--follow'), point === undefined ? {} : { KAFKA_KILL: point, NODE_OPTIONS: `--require ${join(import.meta.dirname, '..', '..', '..', 'test', 'kafka', 'kill.cjs')}` });
    // However busy the machine is: it has kept records for an epoch, so it has begun.
    const began = Date.now(), out = join(checkpoint, 'out', 'from'), atWork = async (): Promise<void> => {
      while (Date.now() - began < WORK_MS && !(existsSync(out) && readdirSync(out).some((name) => (statSync(join(out, name), { throwIfNoEntry: false })?.mtimeMs ?? 0) > began))) await pause(20);
    };
    if (isRestart) {
      await atWork();
      await pause(dice.below(800));
      await broker.down(dice.chance(0.5) ? 'SIGKILL' : 'SIGTERM');
      await broker.up();
      restarts++;
      if (dice.chance(0.5)) { await pause(4000); run.child.kill('SIGTERM'); await Promise.race([run.ended, pause(20_000)]); }   // it has found it back, and pauses
      else await pause(dice.below(2500));                  // some are killed before that
    } else if (point !== undefined) await Promise.race([run.ended, pause(POINT_MS)]);
    else { if (dice.chance(0.7)) await atWork(); await pause(dice.below(700)); }   // some while they begin
    run.child.kill('SIGKILL');
    const { code, signal, stderr } = await run.ended;
    if (signal === 'SIGKILL') { kills++; if (point !== undefined) atPoints++; }
    else if (code === 143 && isRestart) survived++;
    else if (code !== 75 && code !== 69) wrong.push(`round ${round + 1} (${point ?? (isRestart ? 'restart' : 'time')}): exit status ${code}, ${stderr}`);
    say?.(`round ${round + 1}: ${isRestart ? 'broker restarted, ' : ''}${point === undefined ? 'killed' : `killed at ${point}`}${signal === null ? `: exit status ${code} ${stderr.split('\n')[0]}` : ''}`);
  }
  await writer.stop();
  const { code, stderr } = await start(broker, checkpoint, pipeline(''), {}, '--drain').ended;
  if (code !== 0) wrong.push(`the last run: exit status ${code}, ${stderr}`);
  // What came, and what should have come of it: by key, for a key stays in its partition.
  const [came, there] = await Promise.all([broker.consume(input), broker.consume(output)]), byKey = (records: typeof came): Map<string, string[]> => {
    const keys = new Map<string, string[]>();
    for (const { value } of records) { const { k } = JSON.parse(value) as { k: string }; keys.set(k, [...keys.get(k) ?? [], value]); }
    return keys;
  };
  const wanted = new Map([...byKey(came)].map(([key, values]) => [key, expected(values)])), found = byKey(there);
  let lost = 0, doubled = 0, disordered = 0;
  for (const key of new Set([...wanted.keys(), ...found.keys()])) {
    const want = wanted.get(key) ?? [], have = found.get(key) ?? [], left = new Map<string, number>();
    for (const value of want) left.set(value, (left.get(value) ?? 0) + 1);
    for (const value of have) left.set(value, (left.get(value) ?? 0) - 1);
    for (const n of left.values()) if (n > 0) lost += n; else doubled -= n;
    if (have.join('\n') !== want.join('\n')) disordered++;
  }
  if (came.length < 10 * count || there.length === 0) wrong.push(`${came.length} records came and ${there.length} are there: nothing was tried`);
  return { rounds: count, kills, atPoints, restarts, survived, input: came.length, expected: [...wanted.values()].reduce((sum, { length }) => sum + length, 0), output: there.length, lost, doubled, disordered, wrong };
}

/** The pipelines of the rounds: one that keeps nothing, and one that keeps windows. */
export const pipelines: readonly Pick<Options, 'between' | 'expected'>[] = [
  { between: " | filter 'n % 3 != 0'", expected: (values) => values.filter((value) => (JSON.parse(value) as { n: number }).n % 3 !== 0) },
  // Each partition is in order, and no window of a key can close before the slowest one has come so far.
  { between: " --time ts --delay 20s | window 1s --epoch | agg 'count() as n, min(n) as first by k'", expected(values) {
    const windows = new Map<number, { n: number; first: number }>();
    for (const value of values) {
      const { n, ts } = JSON.parse(value) as { n: number; ts: number }, at = Math.floor(ts / 1000) * 1000, window = windows.get(at);
      if (window === undefined) windows.set(at, { n: 1, first: n }); else { window.n++; window.first = Math.min(window.first, n); }
    }
    const k = (JSON.parse(values[0]!) as { k: string }).k;   // `!`: a key has records
    return [...windows].sort(([a], [b]) => a - b).map(([at, { n, first }]) => JSON.stringify({ window_start: at, window_end: at + 1000, k, n, first }));
  } },
];
