// The one place that loads @platformatic/kafka, and knows what its faults mean. The package gives the wire protocol (request, response, connection); its own Consumer and Producer are
// not used: the one shows aborted records, the other retries without end, merges calls and loses the second of two offsets. Owns: connections, who leads what, trying again.
import { LeatError } from '../../errors.js';
import { nearest } from '../../record/nearest.js';

export type Package = typeof import('@platformatic/kafka');
type Connection = InstanceType<Package['Connection']>;

/**
 * The package. `who` needs it. It is asked for by require(), which takes modules since Node 20.19: after another import(), an import() of it finds some of its parts empty (seen with
 * Node 20.20 and a program that was compiled from V8's cache). Errors: E_PACKAGE.
 */
export function loadKafka(who: string): Package {
  try { return process.getBuiltinModule('node:module').createRequire(import.meta.url)('@platformatic/kafka') as Package; } catch (error) {
    const { code, message } = error as NodeJS.ErrnoException;
    throw new LeatError('E_PACKAGE', { what: `${who} needs the package @platformatic/kafka, which ${code === 'MODULE_NOT_FOUND' ? 'is not installed' : `cannot be loaded: ${message}`}`, help: 'npm i @platformatic/kafka@1, beside leat (npm i -g where leat was installed with -g)' });
  }
}

const DEFAULT_PORT = 9092;
/** How long a cluster that has answered once may be away, and how long a connection may take. */
const PATIENCE_MS = 30_000, CONNECT_MS = 5000, REQUEST_MS = 30_000, PAUSE_MS = 100, FAST_PAUSE_MS = 10;

export interface Address { readonly host: string; readonly port: number }

/** HOST:PORT,… Errors: E_OPTION. */
export function parseBrokers(text: string): readonly Address[] {
  return text.split(',').map((each) => {
    const found = /^(?:\[([^\]]+)\]|([^:\s]+))(?::(\d{1,5}))?$/.exec(each.trim()), port = Number(found?.[3] ?? DEFAULT_PORT);
    if (found === null || port === 0 || port > 65_535) throw new LeatError('E_OPTION', { what: `--brokers: bad address '${each}'; expected HOST:PORT,…`, help: '--brokers 127.0.0.1:9092' });
    return { host: found[1] ?? found[2], port };
  });
}
const said = ({ host, port }: Address): string => `${host.includes(':') ? `[${host}]` : host}:${port}`;

/** Names of the protocol's errors in an error, and what the network said. */
export function faultOf(error: unknown): { readonly names: readonly string[]; readonly isRetriable: boolean; readonly why: string } {
  const names: string[] = [], whys: string[] = [];
  let isRetriable = true;
  const walk = (each: any): void => {                      // `any`: errors of the package, of sockets, and what they hold
    if (each === null || each === undefined) return;
    if (typeof each.apiId === 'string') { names.push(each.apiId); whys.push(`${each.apiId}, ${String(each.message)}`); if (each.canRetry !== true) isRetriable = false; return; }
    if (Array.isArray(each.errors) && each.errors.length > 0) { for (const inner of each.errors) walk(inner); return; }
    if (each.cause !== undefined) { walk(each.cause); return; }
    whys.push(socketWhys[each.code as string] ?? String(each.message));
    if (!(each.code === 'PLT_KFK_NETWORK' || each.code === 'PLT_KFK_OUT_OF_BOUNDS' || each.syscall !== undefined)) isRetriable = false;
  };
  walk(error);
  return { names, isRetriable, why: whys.length === 0 ? String((error as Error).message) : [...new Set(whys)].join('; ') };
}
const socketWhys: Readonly<Record<string, string>> = { ECONNREFUSED: 'nobody listens there', ENOTFOUND: 'no such host', EAI_AGAIN: 'no such host', EHOSTUNREACH: 'no route to it', ECONNRESET: 'the connection was closed' };

/** Another run has taken over, or the broker has given up on a transaction. */
export const fencedNames: ReadonlySet<string> = new Set(['PRODUCER_FENCED', 'INVALID_PRODUCER_EPOCH', 'TRANSACTION_COORDINATOR_FENCED']);
/** The network, or somebody who does not lead any more: who does is asked anew. */
const staleNames: ReadonlySet<string> = new Set(['NOT_LEADER_OR_FOLLOWER', 'LEADER_NOT_AVAILABLE', 'UNKNOWN_LEADER_EPOCH', 'FENCED_LEADER_EPOCH', 'NOT_COORDINATOR', 'COORDINATOR_NOT_AVAILABLE', 'UNKNOWN_TOPIC_OR_PARTITION', 'REPLICA_NOT_AVAILABLE', 'KAFKA_STORAGE_ERROR', 'OFFSET_NOT_AVAILABLE']);

export interface Topic { readonly name: string; readonly id: string; /** By number of the partition: the node that leads it. */ readonly leaders: readonly number[] }

/** A request to a node: one of the package's `async` calls. */
type Call<A extends unknown[], R> = { readonly async: (connection: Connection, ...args: A) => Promise<R> };

/** For tests: how long the cluster may be away, and an answer may take. */
export interface ClusterOptions { readonly patienceMs?: number; readonly requestMs?: number }

export class Cluster {
  readonly kafka: Package;
  private readonly bootstrap: readonly Address[];
  private readonly patienceMs: number;
  private readonly requestMs: number;
  private readonly nodes = new Map<number, Address>();
  private readonly open = new Map<string, Promise<Connection>>();
  private readonly coordinators = new Map<string, number>();
  private hasAnswered = false;
  private isClosed = false;
  private lastFailed: string | undefined;
  private wake: (() => void) | undefined;

  constructor(kafka: Package, brokers: string, { patienceMs = PATIENCE_MS, requestMs = REQUEST_MS }: ClusterOptions = {}) {
    this.requestMs = requestMs; this.kafka = kafka; this.bootstrap = parseBrokers(brokers); this.patienceMs = patienceMs;
  }
  get brokers(): string { return this.bootstrap.map(said).join(','); }

  /** What a topic is now. Errors: E_TOPIC, E_BROKER. */
  async topic(name: string): Promise<Topic> {
    return this.patiently(async () => {
      const connection = await this.any();
      try {
        const { topics: [topic] } = this.know(await this.kafka.metadataV10.api.async(connection, [name], false, false));
        if (topic.partitions.length === 0) throw new LeatError('E_TOPIC', { topic: name, why: 'it has no partition', help: '' });
        return { name, id: topic.topicId, leaders: topic.partitions.toSorted((a, b) => a.partitionIndex - b.partitionIndex).map(({ leaderId }) => leaderId) };
      } catch (error) {
        const { names } = faultOf(error);
        if (names.includes('UNKNOWN_TOPIC_OR_PARTITION')) throw await this.unknown(name, connection);
        if (names.includes('INVALID_TOPIC_EXCEPTION')) throw new LeatError('E_TOPIC', { topic: name, why: 'no topic can be called so', help: 'letters, digits, . _ and -' });
        if (names.includes('TOPIC_AUTHORIZATION_FAILED')) throw new LeatError('E_TOPIC', { topic: name, why: 'permission denied by the broker', help: '', exit: 77 });
        throw error;
      }
    });
  }
  private know(metadata: Awaited<ReturnType<Package['metadataV10']['api']['async']>>): typeof metadata {
    for (const { nodeId, host, port } of metadata.brokers) this.nodes.set(nodeId, { host, port });
    return metadata;
  }
  private async unknown(name: string, connection: Connection): Promise<LeatError> {
    const all = await this.kafka.metadataV10.api.async(connection, null, false, false).catch(() => undefined);
    const near = nearest(name, all?.topics.flatMap((topic) => topic.isInternal ? [] : topic.name ?? []) ?? []);
    return new LeatError('E_TOPIC', { topic: name, why: `there is none at ${this.brokers}`, help: near === undefined ? `kafka-topics.sh --bootstrap-server ${said(this.bootstrap[0])} --create --topic ${name} makes it` : `did you mean ${near}?` });
  }

  /** The node that keeps offsets of a group, or transactions of an id. Errors: E_BROKER. */
  async coordinator(kind: 'group' | 'transaction', key: string): Promise<number> {
    const known = this.coordinators.get(`${kind} ${key}`);
    if (known !== undefined) return known;
    return this.patiently(async () => {
      const { coordinators: [{ nodeId, host, port }] } = await this.kafka.findCoordinatorV4.api.async(await this.any(), kind === 'group' ? 0 : 1, [key]);
      this.nodes.set(nodeId, { host, port });
      this.coordinators.set(`${kind} ${key}`, nodeId);
      return nodeId;
    });
  }

  /** One call to one node, once. */
  async call<A extends unknown[], R>(node: number, { async }: Call<A, R>, ...args: A): Promise<R> {
    const address = this.nodes.get(node);
    if (address === undefined) throw new this.kafka.NetworkError(`node ${node} is not known`);
    const connection = await this.connect(address);
    try { return await async(connection, ...args); } catch (error) {
      const { names } = faultOf(error);
      if (names.length === 0) this.drop(address);          // an answer that came too late, or could not be read, leaves a connection out of step
      throw error;
    }
  }

  /**
   * Does it again while the cluster is away or not settled: who leads is asked anew each time. What has never answered is not waited for.
   * Errors: E_BROKER once patience has ended, or where trying again is no use; a LeatError as it is.
   */
  async patiently<R>(work: () => Promise<R>): Promise<R> {
    let since: number | undefined;
    for (;;) {
      try {
        const result = await work();
        this.hasAnswered = true;
        return result;
      } catch (error) {
        if (error instanceof LeatError) throw error;
        const { names, isRetriable, why } = faultOf(error);
        if (names.length > 0) this.hasAnswered = true;
        if (names.length === 0 || names.some((name) => staleNames.has(name))) this.coordinators.clear();
        since ??= Date.now();
        if (names.some((name) => fencedNames.has(name)) || !isRetriable) throw error;
        if (this.isClosed || !this.hasAnswered || Date.now() - since > this.patienceMs) throw this.fault(why);
        await this.pause(names.length > 0 && !names.some((name) => staleNames.has(name)) ? FAST_PAUSE_MS : PAUSE_MS);
      }
    }
  }
  /** 69 where nobody was ever there; 75 where the same command may go on later. */
  fault(because: string): LeatError {
    const { lastFailed } = this, why = lastFailed === undefined || this.bootstrap.some((each) => said(each) === lastFailed) ? because : `${lastFailed}, as it calls itself: ${because}`;
    return this.hasAnswered ? new LeatError('E_BROKER', { what: `lost the Kafka broker at ${this.brokers}: ${why}`, help: 'run the same command again, once it is back', exit: 75 })
      : new LeatError('E_BROKER', { what: `cannot reach a Kafka broker at ${this.brokers}: ${why}`, help: '--brokers HOST:PORT, or LEAT_KAFKA in the environment' });
  }

  private async any(): Promise<Connection> {
    const failures: unknown[] = [];
    for (const address of [...this.bootstrap, ...this.hasAnswered ? this.nodes.values() : []]) {
      try { return await this.connect(address); } catch (error) { failures.push(error); }
    }
    throw failures[0];
  }

  private connect(address: Address): Promise<Connection> {
    const key = said(address), known = this.open.get(key);
    if (known !== undefined) return known;
    if (this.isClosed) return Promise.reject(new this.kafka.NetworkError('closed'));
    const made = (async () => {
      const connection = new this.kafka.Connection('leat', { connectTimeout: CONNECT_MS, requestTimeout: this.requestMs });
      connection.on('error', () => { /* whoever waits is told */ });
      connection.once('close', () => { if (this.open.get(key) === made) this.open.delete(key); });
      await connection.connect(address.host, address.port);
      return connection;
    })();
    this.open.set(key, made);
    made.then(() => { this.lastFailed = undefined; }, () => { this.lastFailed = key; if (this.open.get(key) === made) this.open.delete(key); });
    return made;
  }
  private drop(address: Address): void {
    const key = said(address), connection = this.open.get(key);
    this.open.delete(key);
    void connection?.then((one) => one.close(), () => { /* it was none */ }).catch(() => { /* it is gone */ });
  }

  private pause(ms: number): Promise<void> {
    return new Promise((resolve) => {
      const timer = setTimeout(resolve, ms), before = this.wake;
      this.wake = () => { clearTimeout(timer); resolve(); before?.(); };
    });
  }

  /** All connections are gone, and who waits is told so. */
  close(): void {
    this.isClosed = true;
    this.wake?.();
    for (const connection of this.open.values()) void connection.then((one) => { one.socket.destroy(); }, () => { /* it was none */ });
    this.open.clear();
  }
}
