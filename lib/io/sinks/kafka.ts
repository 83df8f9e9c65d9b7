// to kafka: a record of a topic for each record. Without a checkpoint they are sent as they come. With one, the records of an epoch are kept in the checkpoint until it is committed
// there, and then written in one transaction together with the number of the epoch and a digest of it: Kafka says which epoch it has, so writing one may be repeated (EXACTLY-ONCE 4.5).
import { LeatError } from '../../errors.js';
import { findElement, findMember, hasBackslash, keyOf, utf8Bytes } from '../../record/json.js';
import type { Path } from '../../record/path.js';
import { SpillFile } from '../../state/spill.js';
import { tmpdir } from '../builtin.js';
import { Cluster, loadKafka } from '../kafka/client.js';
import type { ClusterOptions } from '../kafka/client.js';
import { Producer, REQUEST_BYTES, REQUEST_RECORDS } from '../kafka/producer.js';
import type { Message } from '../kafka/producer.js';
import { Pending } from './pending.js';
import type { Frozen } from './pending.js';
import type { Epochs, Json, Place, Target } from './target.js';

export interface KafkaTargetOptions extends ClusterOptions { readonly topic: string; readonly brokers: string; readonly key: Path | undefined }

/** So much waits to be sent before the input has to wait; what a burst brings beyond the second goes to a file. */
const WAIT_BYTES = 4 << 20, MEMORY_BYTES = 64 << 20;
/** Brokers forget what a group has committed once nobody was heard of for a while: a week, unless they were told otherwise. */
const FORGOTTEN_MS = 24 * 3600_000;
/** How often an epoch is begun anew that the broker has refused for another reason than being away, and the pause before. */
const AGAIN = 5, AGAIN_MS = 200;

/** An epoch, the one before it that had records, the topic, and when it was frozen. */
interface Applied extends Frozen { readonly before: number; readonly topic: string; readonly atMs: number }

export class KafkaTarget implements Target {
  private readonly options: KafkaTargetOptions;
  private readonly cluster: Cluster;
  private producer: Producer;
  private readonly keyed: ((bytes: Uint8Array, start: number, end: number) => Uint8Array | undefined) | undefined;

  /** Errors: E_PACKAGE, E_BROKER, E_TOPIC, E_OPTION. */
  static async open(options: KafkaTargetOptions): Promise<KafkaTarget> {
    const cluster = new Cluster(loadKafka('to kafka'), options.brokers, options);
    try {
      const target = new KafkaTarget(options, cluster);
      await target.producer.look();
      return target;
    } catch (error) { cluster.close(); throw error; }
  }
  private constructor(options: KafkaTargetOptions, cluster: Cluster) {
    this.options = options; this.cluster = cluster;
    this.producer = new Producer(cluster, options.topic);
    this.keyed = options.key === undefined ? undefined : keyAt(options.key);
    this.gone = new Promise((_, reject) => { this.fail = reject; });
    this.gone.catch(() => { /* of interest only to who waits */ });
  }

  lines(bytes: Uint8Array, start: number, end: number): void {
    if (this.pending !== undefined) { this.pending.lines(bytes, start, end); return; }
    if (this.fault !== undefined) throw this.fault;
    this.queue.put(bytes.slice(start, end));
    this.send();
  }
  flush(): void { if (this.fault !== undefined) throw this.fault; }
  end(): void { /* settled() waits for what was not sent */ }
  /** What came before the fault is sent, as behind >>; with a checkpoint it is not committed. */
  abort(): void { this.pending?.close(); }
  async settled(): Promise<void> {
    try {
      await this.sending;
      if (this.fault !== undefined) throw this.fault;
    } finally { this.close(); }
  }
  private close(): void { this.queue.close(); this.cluster.close(); }

  // Without a checkpoint: a queue, and one request at a time.

  readonly gone: Promise<never>;
  private fail!: (error: unknown) => void;
  private fault: unknown;
  private readonly queue = new Queue();
  private sending: Promise<void> | undefined;
  private more: (() => void) | undefined;

  room(): Promise<void> | undefined {
    if (this.pending !== undefined || this.queue.bytes < WAIT_BYTES || this.fault !== undefined) return undefined;
    return new Promise((resolve) => { this.more = resolve; });
  }
  private send(): void {
    this.sending ??= this.sendAll().catch((error: unknown) => { this.fault = error; this.fail(error); }).finally(() => { this.sending = undefined; this.more?.(); });
  }
  private async sendAll(): Promise<void> {
    await this.producer.begin();
    do {
      for (let piece = this.queue.take(); piece !== undefined; piece = this.queue.take()) {
        await this.write(piece, 0, piece.length);
        if (this.queue.bytes < WAIT_BYTES) this.more?.();
      }
      await new Promise(setImmediate);                     // whoever was waited for may have brought more
    } while (this.queue.bytes > 0);
  }

  /** Sends bytes[start, end), whole lines, in requests that a broker takes. */
  private async write(bytes: Uint8Array, start: number, end: number): Promise<void> {
    let messages: Message[] = [], size = 0;
    for (let at = start; at < end; ) {
      const lf = bytes.indexOf(LF, at), key = this.keyed?.(bytes, at, lf), value = buffer(bytes.subarray(at, lf)), length = value.length + (key?.length ?? 0) + 32;
      if (messages.length > 0 && (size + length > REQUEST_BYTES || messages.length === REQUEST_RECORDS)) { await this.producer.send(messages); messages = []; size = 0; }
      messages.push({ key: key === undefined ? undefined : buffer(key), value });
      size += length;
      at = lf + 1;
    }
    if (messages.length > 0) await this.producer.send(messages);
  }

  // A part of a checkpoint.

  private pending: Pending | undefined;
  private frozen: Frozen | undefined;
  private group = '';
  /** The last epoch with records. */
  private applied = -1;

  readonly epochs: Epochs = {
    resume: async (committed, { folder, run }: Place) => {
      const last = committed as unknown as Applied | undefined, { topic } = this.options;   // `as`: prepare() gave it
      this.group = `leat-${run}`; this.applied = last?.before ?? -1;
      this.pending = new Pending(folder, last);
      this.producer = new Producer(this.cluster, topic, this.group);
      await this.producer.begin(last?.bytes);              // first: only then does nobody else write, and what was on its way has arrived or never will
      if (last !== undefined && last.topic !== this.producer.topicId) throw new LeatError('E_OUTPUT', { what: `the topic ${topic} was deleted and made anew since the checkpoint`, help: 'to begin anew: leat state rm DIR' });
      const { number: there, note } = await this.producer.committed(this.group), which = `the topic ${topic} has epoch ${there} of this checkpoint`;
      if (last === undefined ? there >= 0 : there > last.epoch) throw new LeatError('E_OUTPUT', { what: `${which}, and the checkpoint ends with epoch ${last?.epoch ?? 0}: it is an older copy`, help: 'the newest checkpoint; or a new one, and another TOPIC' });
      if (last === undefined || last.bytes === 0) return;
      this.applied = last.epoch;
      if (this.pending.isTaken(last)) return;
      if (there === last.epoch) {
        if (note !== last.sha256) throw new LeatError('E_OUTPUT', { what: `${which}, with other records: another copy of the checkpoint has written it`, help: 'that copy; or a new checkpoint, and another TOPIC' });
        this.pending.taken(last);
        return;
      }
      if (there !== last.before || (there < 0 && Date.now() - last.atMs > FORGOTTEN_MS)) {
        throw new LeatError('E_OUTPUT', { what: `${there < 0 ? `the broker does not know (any more) which epoch of this checkpoint the topic ${topic} has` : which}, and epoch ${last.epoch} was being written when the last run was killed: nobody knows whether it is there`,
          help: `its records are in ${this.pending.path(last.epoch)}; where the topic ends with them, another checkpoint goes on behind` });
      }
      this.pending.check(last);
      await this.publish(last);
    },
    prepare: (epoch): Json => {
      const frozen = this.frozen = this.pending!.freeze(epoch);   // `!`: resume() comes first
      return { ...frozen, before: this.applied, topic: this.producer.topicId, atMs: Date.now() };
    },
    publish: async () => {
      const { frozen } = this;
      if (frozen !== undefined && frozen.bytes > 0) { await this.publish(frozen); this.applied = frozen.epoch; }
      this.frozen = undefined;
    },
  };

  /** Writes an epoch. Where that fails in the middle, it is begun anew, unless Kafka turns out to have it. */
  private async publish(frozen: Frozen): Promise<void> {
    const pending = this.pending!, { group } = this;       // `!`: resume() comes first
    if (this.producer.needsLonger(frozen.bytes)) await this.producer.begin(frozen.bytes);
    for (let again = 0; ; again++) {
      try {
        for (const [bytes, end] of pending.pieces(frozen)) await this.write(bytes, 0, end);
        await this.producer.commit(group, { number: frozen.epoch, note: frozen.sha256 });
        break;
      } catch (error) {
        if (!(error instanceof LeatError) || error.code !== 'E_WRITE' || again === AGAIN) throw error;
        await new Promise((resolve) => { setTimeout(resolve, AGAIN_MS); });
        await this.producer.begin(frozen.bytes);           // what was written so far is gone
        if ((await this.producer.committed(group)).number === frozen.epoch) break;
      }
    }
    pending.taken(frozen);
  }
}

const LF = 10;
const buffer = (bytes: Uint8Array): Buffer => Buffer.from(bytes.buffer, bytes.byteOffset, bytes.length);

/** The key of a record's text: a string as it is, other values as JSON; none where there is no such field, or null. */
export function keyAt(path: Path): (bytes: Uint8Array, start: number, end: number) => Uint8Array | undefined {
  const steps = path.map((step) => typeof step === 'number' ? step : keyOf(step)), found = { start: 0, end: 0 };
  return (bytes, start, end) => {
    found.start = start; found.end = end;
    for (const step of steps) {
      const first = bytes[found.start];
      if (typeof step === 'number' ? first !== 91 || !findElement(bytes, found.start, found.end, step, found) : first !== 123 || !findMember(bytes, found.start, found.end, step, found)) return undefined;
    }
    const { start: from, end: to } = found;
    if (bytes[from] === 110) return undefined;
    if (bytes[from] !== 34) return bytes.subarray(from, to);
    return hasBackslash(bytes, from, to) ? utf8Bytes(JSON.parse(Buffer.from(bytes.buffer, bytes.byteOffset + from, to - from).toString()) as string) : bytes.subarray(from + 1, to - 1);
  };
}

/** Pieces of whole lines, first in, first out; what is too much for memory goes to a file. */
class Queue {
  bytes = 0;
  private readonly pieces: Uint8Array[] = [];
  private held = 0;
  private file: SpillFile | undefined;
  /** In the file: where the next piece begins, and how long each is. */
  private at = 0;
  private lengths: number[] = [];

  put(piece: Uint8Array): void {
    this.bytes += piece.length;
    if (this.lengths.length === 0 && this.held + piece.length <= MEMORY_BYTES) { this.pieces.push(piece); this.held += piece.length; return; }
    this.file ??= new SpillFile({ memoryBytes: MEMORY_BYTES, tmp: tmpdir(), spilled: () => { /* no result waits for it */ } }, { what: 'records that were not sent yet' });
    this.file.write(piece);
    this.lengths.push(piece.length);
  }
  take(): Uint8Array | undefined {
    const piece = this.pieces.shift() ?? this.fromFile();
    if (piece !== undefined) { this.bytes -= piece.length; this.held = Math.max(0, this.held - piece.length); }
    return piece;
  }
  private fromFile(): Uint8Array | undefined {
    const length = this.lengths.shift();
    if (length === undefined) return undefined;
    const piece = new Uint8Array(length);
    this.file!.read(piece, 0, length, this.at);            // `!`: put() has made it
    this.at += length;
    if (this.lengths.length === 0) { this.file!.close(); this.file = undefined; this.at = 0; }   // `!`: as above
    return piece;
  }
  close(): void { this.file?.close(); this.file = undefined; }
}
