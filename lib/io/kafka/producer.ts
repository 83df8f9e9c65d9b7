// Records to one topic, in order and without repeats, in transactions or not (the protocol of idempotent producers: an id, an epoch, a number a batch, so that a batch that is sent
// again because its answer was lost is written once). Owns: that id and those numbers, where a record goes, the steps of a transaction. One caller at a time.
import { LeatError } from '../../errors.js';
import { Cluster, faultOf, fencedNames } from './client.js';
import type { Package, Topic } from './client.js';

export interface Message { readonly key: Uint8Array | undefined; readonly value: Uint8Array }
type Out = { key: Buffer; value: Buffer; topic: string; partition: number };

/** Most bytes of one request: every broker takes batches of 1 MB, unless it was told otherwise. */
export const REQUEST_BYTES = 900_000, REQUEST_RECORDS = 5000;
const PRODUCE_MS = 30_000, ALL_REPLICAS = -1;
/** A transaction that stays open longer is ended by the broker; this much more for so many bytes. The most that brokers allow by default. */
const TRANSACTION_MS = 60_000, BYTES_PER_MS = 1000, TRANSACTION_MAX_MS = 900_000;

/** What is committed with a transaction. */
export interface Mark { readonly number: number; readonly note: string }

export class Producer {
  private readonly cluster: Cluster;
  private readonly kafka: Package;
  private readonly name: string;
  private readonly transaction: string | undefined;
  private topic: Topic | undefined;
  private id: { readonly producerId: bigint; readonly producerEpoch: number; readonly openMs: number } | undefined;
  private sequences: InstanceType<Package['NumericMap']>;
  private inTransaction = new Set<number>();
  private turn = 0;

  /** `transaction`: the name by which whoever comes later shuts out whoever had it before. */
  constructor(cluster: Cluster, name: string, transaction?: string) {
    this.cluster = cluster; this.kafka = cluster.kafka; this.name = name; this.transaction = transaction;
    this.sequences = new this.kafka.NumericMap();
  }

  /** Looks for the topic. Errors: E_TOPIC, E_BROKER. */
  async look(): Promise<void> { this.topic = await this.cluster.topic(this.name); }

  /** Of the topic: another one once it was deleted and made anew. Behind look() or begin(). */
  get topicId(): string { return this.topic!.id; }           // `!`: as said

  /** A new identity: with a transaction, who had it before can write no more, and what it left open is gone. `bytes`: of the largest transaction to come. Errors: E_BROKER, E_OPTION. */
  async begin(bytes = 0): Promise<void> {
    const { cluster, kafka, transaction } = this;
    await this.look();
    for (let openMs = this.openMs(bytes); ; openMs = Math.floor(openMs / 2)) {
      try {
        const { producerId, producerEpoch } = await cluster.patiently(async () => {
          const node = transaction === undefined ? this.topic!.leaders[0] : await cluster.coordinator('transaction', transaction);   // `!`: look() has found it
          return cluster.call(node, kafka.initProducerIdV4.api, transaction ?? null, openMs, -1n, -1);   // −1: whatever it was before
        });
        this.id = { producerId, producerEpoch, openMs };
        this.sequences = new kafka.NumericMap();
        this.inTransaction.clear();
        return;
      } catch (error) { if (!faultOf(error).names.includes('INVALID_TRANSACTION_TIMEOUT') || openMs < 1000) throw told(error, cluster, this.name); }
    }
  }
  private openMs(bytes: number): number { return Math.min(TRANSACTION_MAX_MS, TRANSACTION_MS + Math.ceil(bytes / BYTES_PER_MS)); }
  /** Whether a transaction of so many bytes may take longer than the broker was told. */
  needsLonger(bytes: number): boolean { return this.id !== undefined && this.openMs(bytes) > this.id.openMs; }

  /** Writes records; with a transaction, as a part of it. At most REQUEST_BYTES of them. It resolves when all replicas have them. Errors: E_BROKER, E_BUSY, E_OUTPUT, E_PERMISSION. */
  async send(messages: readonly Message[]): Promise<void> {
    const { cluster, name } = this, count = this.topic!.leaders.length, byPartition = new Map<number, Out[]>();   // `!`: begin() comes first
    for (const { key, value } of messages) {
      const partition = key === undefined ? this.turn++ % count : this.partitionOf(key, count), out = { ...key === undefined ? {} : { key: key as Buffer }, value: value as Buffer, topic: name, partition } as Out;   // `as`: the type asks for more than the code
      const there = byPartition.get(partition);
      if (there === undefined) byPartition.set(partition, [out]); else there.push(out);
    }
    try {
      if (this.transaction !== undefined) await this.add([...byPartition.keys()].filter((partition) => !this.inTransaction.has(partition)));
      await Promise.all(this.byLeader(byPartition).map((part) => this.produce(part)));
    } catch (error) { throw told(error, cluster, name); }
  }
  /** As Kafka's own clients choose it, so that the same key has the same partition whoever writes it. */
  private partitionOf(key: Uint8Array, count: number): number { return (this.kafka.murmur2(key as Buffer, false) & 0x7fffffff) % count; }
  private byLeader(byPartition: ReadonlyMap<number, readonly Out[]>): ReadonlyMap<number, readonly Out[]>[] {
    const parts = new Map<number, Map<number, readonly Out[]>>();
    for (const [partition, messages] of byPartition) {
      const leader = this.topic!.leaders[partition];       // `!`: as above
      parts.set(leader, (parts.get(leader) ?? new Map<number, readonly Out[]>()).set(partition, messages));
    }
    return [...parts.values()];
  }

  /** Partitions of one leader. What is sent again has the same numbers, so the broker knows it. */
  private async produce(byPartition: ReadonlyMap<number, readonly Out[]>): Promise<void> {
    const { cluster, kafka, sequences, id, transaction } = this, left = new Map(byPartition);
    let isAgain = false;
    await cluster.patiently(async () => {
      if (isAgain) await this.look();
      isAgain = true;
      for (const part of this.byLeader(left)) {
        const [[first]] = part, batches = [...part.values()].flat();
        try {
          await cluster.call(this.topic!.leaders[first], kafka.produceV9.api, ALL_REPLICAS, PRODUCE_MS, batches, { producerId: id!.producerId, producerEpoch: id!.producerEpoch, sequences, ...transaction === undefined ? {} : { transactionalId: transaction } });   // `!`: begin() comes first
        } catch (error) {
          const failed = failedPartitions(error);
          if (failed === undefined) throw error;
          for (const partition of part.keys()) if (!failed.has(partition)) this.wrote(partition, left);
          throw error;
        }
        for (const partition of part.keys()) this.wrote(partition, left);
      }
    });
  }
  private wrote(partition: number, left: Map<number, readonly Out[]>): void {
    this.sequences.postIncrement(`${this.name}:${partition}`, left.get(partition)!.length, 0);   // `!`: it was sent
    left.delete(partition);
  }

  private async add(partitions: readonly number[]): Promise<void> {
    if (partitions.length === 0) return;
    const { cluster, kafka, name } = this, transactionalId = this.transaction!, { producerId, producerEpoch } = this.id!;   // `!`: only then; begin() comes first
    await cluster.patiently(async () => cluster.call(await cluster.coordinator('transaction', transactionalId), kafka.addPartitionsToTxnV3.api, [{ transactionalId, producerId, producerEpoch, verifyOnly: false, topics: [{ name, partitions: [...partitions] }] }]));
    for (const partition of partitions) this.inTransaction.add(partition);
  }

  /** The transaction becomes visible, whole, and with it a number and a note as what `group` has committed of the topic. Errors: E_BROKER, E_BUSY. */
  async commit(group: string, { number, note }: Mark): Promise<void> {
    const { cluster, kafka, name } = this, id = this.transaction!, { producerId, producerEpoch } = this.id!;   // `!`: only then; begin() comes first
    try {
      await cluster.patiently(async () => cluster.call(await cluster.coordinator('transaction', id), kafka.addOffsetsToTxnV3.api, id, producerId, producerEpoch, group));
      await cluster.patiently(async () => cluster.call(await cluster.coordinator('group', group), kafka.txnOffsetCommitV3.api, id, group, producerId, producerEpoch, -1, '', null, [{ name, partitions: [{ partitionIndex: 0, committedOffset: BigInt(number), committedLeaderEpoch: -1, committedMetadata: note }] }]));
      await cluster.patiently(async () => cluster.call(await cluster.coordinator('transaction', id), kafka.endTxnV3.api, id, producerId, producerEpoch, true));
    } catch (error) { throw told(error, cluster, name); }
    this.inTransaction.clear();
  }

  /** What was committed last; −1: nothing, or the broker has forgotten it. Call it behind begin(): only then is nothing on its way. Errors: E_BROKER. */
  async committed(group: string): Promise<Mark> {
    const { cluster, kafka, name } = this;
    try {
      return await cluster.patiently(async () => {
        const { groups } = await cluster.call(await cluster.coordinator('group', group), kafka.offsetFetchV8.api, [{ groupId: group, memberEpoch: -1, topics: [{ name, partitionIndexes: [0] }] }], true);
        const { committedOffset = -1n, metadata = '' } = groups[0].topics[0]?.partitions[0] ?? {};
        return { number: Number(committedOffset), note: metadata ?? '' };
      });
    } catch (error) { throw told(error, cluster, name); }
  }
}

/** Partitions that an answer says were not written; undefined: there was no answer. */
function failedPartitions(error: unknown): Set<number> | undefined {
  const { response } = error as { response?: { responses?: readonly { partitionResponses: readonly { index: number; errorCode: number }[] }[] } };
  if (response?.responses === undefined) return undefined;
  return new Set(response.responses.flatMap(({ partitionResponses }) => partitionResponses.flatMap(({ index, errorCode }) => errorCode === 0 ? [] : [index])));
}

/** What a fault means to users. */
function told(error: unknown, cluster: Cluster, topic: string): Error {
  if (error instanceof LeatError) return error;
  const { names, why } = faultOf(error);
  if (names.some((name) => fencedNames.has(name))) return new LeatError('E_BUSY', { what: `another run with this checkpoint writes to the topic ${topic} by now, or the broker has ended a transaction that took too long; this run may write no more`, help: 'the same command again goes on from what was committed' });
  if (names.includes('MESSAGE_TOO_LARGE') || names.includes('RECORD_LIST_TOO_LARGE')) return new LeatError('E_OUTPUT', { what: `the topic ${topic} does not take a record so large`, help: 'kafka-configs.sh --alter --entity-type topics --entity-name TOPIC --add-config max.message.bytes=N' });
  if (names.some((name) => name.endsWith('AUTHORIZATION_FAILED'))) return new LeatError('E_WRITE', { file: `the topic ${topic}`, why: `permission denied by the broker (${why})`, help: '', exit: 77 });
  if (names.length > 0) return new LeatError('E_WRITE', { file: `the topic ${topic}`, why, help: '' });
  return cluster.fault(why);
}
