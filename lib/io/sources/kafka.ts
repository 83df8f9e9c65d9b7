// A topic of Kafka as a source: its partitions are read side by side, as a read_committed reader sees them, and handed out in stretches of one partition each. Owns: which stretch is
// next, offsets as places, what has come and was not yet handed out. The next stretch is of the partition whose next record is the oldest by its time in Kafka (the least number where
// several are), and ends after so many records or bytes: a function of the topic, not of what came first. Only partitions of which all has been read are not waited for.
import { LeatError, grouped } from '../../errors.js';
import type { Json } from '../../record/json.js';
import type { Input } from '../input.js';
import { Cluster, faultOf, loadKafka } from '../kafka/client.js';
import type { ClusterOptions, Topic } from '../kafka/client.js';
import { eachCommitted } from '../kafka/committed.js';
import type { Opened, Sources, SourcesOptions, Worked } from '../sources.js';

export interface KafkaSourcesOptions extends SourcesOptions, ClusterOptions { readonly brokers: string }

/** A stretch has at most so many records, and ends with the record that makes it so long. */
const STRETCH_RECORDS = 1000, STRETCH_BYTES = 1 << 18;
/** Offsets without a record (markers, what was aborted or compacted away) up to which a stretch goes on: they become blank lines, so that the line of a message is the offset. */
const GAP_MAX = 64;
/** So much is fetched ahead, of all partitions and at least of each, which is more than a stretch; by one request, of a partition and of all; how long the broker waits for more. */
const AHEAD_BYTES = 64 << 20, AHEAD_LEAST_BYTES = 1 << 19, FETCH_BYTES = 1 << 20, FETCH_ALL_BYTES = 16 << 20, FETCH_WAIT_MS = 500;
/** How often, and with what pause, an end is asked for again that is before what had been read. */
const SETTLE = 20, SETTLE_MS = 250;
const LATEST = -1n, EARLIEST = -2n, READ_COMMITTED = 1;
const LF = 10, CR = 13, BLANK = 32;

interface SavedTopic { readonly topic: string; readonly id: string; /** By partition: the offset to go on from. */ readonly offsets: readonly number[] }

export interface Waiting { readonly offset: number; readonly ms: number; readonly value: Uint8Array }

/** A partition: what is before `fetched` has come, of which `waiting`, from index `at` on, was not handed out. */
class Partition {
  readonly number: number;
  leader: number;
  fetched: number;
  /** What was there when it was last asked for; of a run that ends: when it began. */
  end: number;
  waiting: Waiting[] = [];
  at = 0;
  bytes = 0;
  constructor(number: number, leader: number, from: number, end: number) { this.number = number; this.leader = leader; this.fetched = from; this.end = end; }

  get isEmpty(): boolean { return this.at === this.waiting.length; }
  get isRead(): boolean { return this.fetched >= this.end; }
  get head(): Waiting { return this.waiting[this.at]; }
  /** All of a stretch is there. */
  get isReady(): boolean { return this.isRead || this.waiting.length - this.at >= STRETCH_RECORDS || this.bytes >= STRETCH_BYTES; }
}

export class KafkaSources implements Sources {
  private readonly options: KafkaSourcesOptions;
  private readonly name: string;
  private readonly saved: SavedTopic | undefined;
  private cluster: Cluster | undefined;
  private topic: Topic | undefined;
  private partitions: Partition[] = [];
  private reading: Stretch | undefined;
  private readonly asked = new Set<number>();              // nodes that were asked for more
  private fault: Error | undefined;
  private isStopped = false;
  private handed = 0;
  private wake: (() => void) | undefined;

  constructor(options: KafkaSourcesOptions) {
    this.options = options;
    [this.name] = options.operands;
    this.saved = (options.places as { readonly kafka?: SavedTopic } | undefined)?.kafka;
  }

  /** Connects, and says of which partitions records are there to be read, by the names of their stretches. Errors: E_PACKAGE, E_BROKER, E_TOPIC, E_INPUT. */
  async connect(): Promise<readonly string[]> {
    const { name, saved, options } = this;
    const cluster = this.cluster = new Cluster(loadKafka('from kafka'), options.brokers, options), topic = this.topic = await cluster.topic(name);
    if (saved !== undefined && saved.topic === name && saved.id !== topic.id) throw this.another(`it was deleted and made anew since the checkpoint`);
    if (saved !== undefined && saved.topic !== name) throw this.another(`the checkpoint is of the topic ${saved.topic}`);
    const first = await this.offsets(EARLIEST);
    let last = await this.offsets(LATEST);
    // A broker that was killed and has just come back may say less for a moment.
    for (let again = 0; again < SETTLE && saved?.offsets.some((offset, number) => offset > last[number]) === true; again++) { await new Promise((resolve) => { setTimeout(resolve, SETTLE_MS); }); last = await this.offsets(LATEST); }
    this.partitions = topic.leaders.map((leader, number) => {
      const from = saved?.offsets[number] ?? (saved === undefined && options.start === 'end' ? last[number] : first[number]);
      if (from < first[number]) throw this.another(`of partition ${number}, the records from offset ${grouped(from)} on were not read yet and are deleted; it begins at ${grouped(first[number])} now`);
      if (from > last[number]) throw this.another(`partition ${number} ends at offset ${grouped(last[number])}, and had been read up to ${grouped(from)}: records were lost there`);
      return new Partition(number, leader, from, last[number]);
    });
    return this.partitions.filter(({ isRead }) => !isRead).map((partition) => this.nameOf(partition));
  }
  private another(what: string): LeatError { return new LeatError('E_INPUT', { what: `the topic ${this.name}: ${what}`, help: 'to begin anew: leat state rm DIR' }); }
  private nameOf({ number }: Partition): string { return `${this.name}/${number}`; }

  /** The first or last offset of each partition, of what is committed. */
  private async offsets(timestamp: bigint): Promise<number[]> {
    const cluster = this.cluster!;                         // `!`: connect() has made it
    return cluster.patiently(async () => {
      const { name, leaders } = this.topic = await cluster.topic(this.name), found = new Array<number>(leaders.length).fill(0);
      for (const leader of new Set(leaders)) {
        const partitions = leaders.flatMap((each, partitionIndex) => each === leader ? [{ partitionIndex, currentLeaderEpoch: -1, timestamp }] : []);
        const { topics } = await cluster.call(leader, cluster.kafka.listOffsetsV7.api, -1, READ_COMMITTED, [{ name, partitions }]);
        for (const { partitionIndex, offset } of topics[0].partitions) found[partitionIndex] = Number(offset);
      }
      return found;
    });
  }

  async next(): Promise<Opened | undefined> {
    if (this.cluster === undefined) await this.connect();
    this.reading = undefined;                              // all of it has been worked off
    await new Promise(setImmediate);                       // what has come is taken in, and signals are heard
    while (!this.isStopped) {
      if (this.fault !== undefined) throw this.fault;
      this.askForMore();
      const next = this.choose();
      if (next === 'end') return undefined;
      if (next !== undefined) return this.open(next);
      await new Promise<void>((resolve) => { this.wake = resolve; });
    }
    return undefined;
  }

  /** The partition that is read next; undefined: something must come first. */
  private choose(): Partition | 'end' | undefined {
    let oldest: Partition | undefined, isOver = this.options.follow !== true;
    for (const partition of this.partitions) {
      if (partition.isEmpty) {
        if (!partition.isRead) return undefined;           // what it has may be older
        continue;
      }
      isOver = false;
      if (oldest === undefined || partition.head.ms < oldest.head.ms) oldest = partition;
    }
    return oldest === undefined ? isOver ? 'end' : undefined : oldest.isReady ? oldest : undefined;
  }

  private open(partition: Partition): Opened {
    const { waiting } = partition, first = partition.head.offset;
    let { at } = partition, bytes = 0;
    for (let offset = first - 1; at < waiting.length && at - partition.at < STRETCH_RECORDS && bytes < STRETCH_BYTES && waiting[at].offset - offset <= GAP_MAX; at++) {
      bytes += waiting[at].value.length + waiting[at].offset - offset;
      ({ offset } = waiting[at]);
    }
    const stretch = this.reading = new Stretch(this.nameOf(partition), partition.number, waiting.slice(partition.at, at), bytes, at < waiting.length ? waiting[at].offset : partition.fetched, { offset: this.handed, line: first, records: 0 });
    this.handed += bytes;
    partition.bytes -= stretch.valueBytes;
    partition.at = at;
    if (partition.isEmpty) { partition.waiting = []; partition.at = 0; }
    return { input: stretch, at: stretch.at, isComplete: () => true };
  }

  /** Fetches ahead, one request a node at a time. */
  private askForMore(): void {
    const { partitions, options, asked } = this, ahead = Math.max(AHEAD_LEAST_BYTES, AHEAD_BYTES / partitions.length);
    for (const { leader } of partitions) {
      if (asked.has(leader)) continue;
      const wanted = partitions.filter((each) => each.leader === leader && each.bytes < ahead && (options.follow === true || !each.isRead));
      if (wanted.length === 0) continue;
      asked.add(leader);
      void this.fetch(leader, wanted).catch((error: unknown) => { this.fault = error as Error; }).finally(() => { asked.delete(leader); this.wake?.(); });
    }
  }

  private async fetch(leader: number, wanted: readonly Partition[]): Promise<void> {
    const cluster = this.cluster!, { fetchV13 } = cluster.kafka, topicId = this.topic!.id;   // `!`: connect() has made them
    let node = leader, isStale = false;
    await cluster.patiently(async () => {
      if (isStale) {                                       // somebody else may lead now
        const topic = await cluster.topic(this.name);
        if (topic.id !== topicId) throw this.another('it was deleted and made anew');
        for (const partition of this.partitions) partition.leader = topic.leaders[partition.number];
        node = wanted[0].leader;
      }
      isStale = true;
      if (this.isStopped) return;
      const partitions = wanted.filter((each) => each.leader === node).map((each) => ({ partition: each.number, fetchOffset: BigInt(each.fetched), currentLeaderEpoch: -1, lastFetchedEpoch: -1, partitionMaxBytes: FETCH_BYTES }));
      try {
        const { responses } = await cluster.call(node, fetchV13.api, FETCH_WAIT_MS, 1, FETCH_ALL_BYTES, READ_COMMITTED, 0, 0, [{ topicId, partitions }], [], '');
        for (const found of responses.flatMap((each) => each.partitions)) this.take(this.partitions[found.partitionIndex], found);
      } catch (error) {
        const { names } = faultOf(error);
        if (names.includes('OFFSET_OUT_OF_RANGE')) throw this.another('records that were not read yet are deleted (its retention is over), or lost');
        if (names.includes('UNKNOWN_TOPIC_ID')) await cluster.topic(this.name);   // says that there is none
        throw error;
      }
    });
  }

  private take(partition: Partition, { records = [], abortedTransactions, lastStableOffset }: Awaited<ReturnType<Cluster['kafka']['fetchV13']['api']['async']>>['responses'][number]['partitions'][number]): void {
    const { follow } = this.options, isBounded = follow !== true;
    partition.fetched = eachCommitted(records, abortedTransactions, partition.fetched, (offset, ms, value) => {
      if (isBounded && offset >= partition.end) return;
      const kept = value ?? none;
      partition.waiting.push({ offset, ms, value: kept });
      partition.bytes += kept.length + 1;
    });
    if (!isBounded) partition.end = Math.max(partition.end, Number(lastStableOffset));
  }

  places(worked: Worked | undefined): Json {
    const { partitions, reading, saved, topic } = this;
    if (topic === undefined) return saved === undefined ? {} : { kafka: saved as unknown as Json };
    // Where nothing waits, markers at the end are read too.
    const offsets = partitions.map((each) => reading?.partition === each.number ? reading.offsetAt(worked?.offset ?? reading.at.offset) : !each.isEmpty ? each.head.offset : this.options.follow === true ? each.fetched : Math.min(each.fetched, each.end));
    return { kafka: { topic: topic.name, id: topic.id, offsets } };
  }
  sync(): void { /* the topic is not ours */ }
  committed(): void { /* nothing is kept */ }
  stop(): void { this.isStopped = true; this.wake?.(); }
  close(): void { this.stop(); this.cluster?.close(); }
}

const none = new Uint8Array(0);

/** Records of one partition as lines, one each; the number of a line is the offset. */
export class Stretch implements Input {
  readonly name: string;
  readonly partition: number;
  readonly at: Worked;
  readonly kind = 'pipe';
  readonly live = true;
  readonly regular = false;
  readonly size: number;
  readonly valueBytes: number;
  position = 0;
  private readonly text: Uint8Array;
  /** Of each record: its offset, and where its line ends. */
  private readonly offsets: readonly number[];
  private readonly ends: Float64Array;
  private readonly next: number;

  /** `next`: the offset to go on from behind it. */
  constructor(name: string, partition: number, records: readonly Waiting[], bytes: number, next: number, at: Worked) {
    this.name = name; this.partition = partition; this.at = at; this.next = next; this.size = bytes;
    const text = this.text = new Uint8Array(bytes);
    this.offsets = records.map(({ offset }) => offset);
    this.ends = new Float64Array(records.length);
    let to = 0, line = at.line, valueBytes = 0;
    records.forEach(({ offset, value }, i) => {
      for (; line < offset; line++) text[to++] = LF;
      text.set(value, to);
      // A line end inside of a record can only stand between its tokens, where a blank means the same; as a line end it would make two of it.
      for (let lf = value.indexOf(LF); lf >= 0; lf = value.indexOf(LF, lf + 1)) text[to + lf] = BLANK;
      to += value.length;
      if (value.length > 0 && text[to - 1] === CR) text[to - 1] = BLANK;
      text[to++] = LF;
      line = offset + 1;
      this.ends[i] = to;
      valueBytes += value.length + 1;
    });
    this.valueBytes = valueBytes;
  }

  /** Where the partition is gone on with when all before that byte (of the run) has been worked off. */
  offsetAt(byte: number): number {
    const { ends, offsets, next } = this, done = byte - this.at.offset;
    let low = 0, high = ends.length;
    while (low < high) { const middle = (low + high) >>> 1; if (ends[middle] <= done) low = middle + 1; else high = middle; }
    return low === ends.length ? next : offsets[low];
  }

  read(into: Uint8Array): number {
    const count = Math.min(into.length, this.text.length - this.position);
    into.set(this.text.subarray(this.position, this.position + count));
    this.position += count;
    return count;
  }
  close(): void { this.position = this.text.length; }
}
