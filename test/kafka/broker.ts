// A Kafka broker for tests: one process (KRaft, broker and controller), jars from Maven in .cache/kafka, which nobody commits, data in a folder of the caller's, ports that are free.
// Owns: fetching, starting, stopping and killing it. It never touches a broker that it did not start.
import { spawn, spawnSync } from 'node:child_process';
import type { ChildProcess } from 'node:child_process';
import { closeSync, existsSync, mkdirSync, openSync, readFileSync, readdirSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:net';
import { join } from 'node:path';

/** 4.4.0 cannot be resolved: a module of it is missing from Maven. */
const VERSION = '4.3.1';
const root = join(import.meta.dirname, '..', '..', '..'), cache = join(root, '.cache', 'kafka'), jars = join(cache, 'lib');
const READY_MS = 60_000, STOP_MS = 20_000;

/** Why there can be no broker here; undefined: there can. */
export function missing(): string | undefined {
  if (spawnSync('java', ['-version'], { stdio: 'ignore' }).status !== 0) return 'there is no java';
  return existsSync(jars) && readdirSync(jars).some((name) => name === `kafka_2.13-${VERSION}.jar`) ? undefined : 'the jars of Kafka are not in .cache/kafka: npm run kafka fetches them';
}

/** Jars of the broker, by Maven: 44 MB, once. Errors: Error with what Maven said. */
export function fetchJars(): void {
  if (missing() === undefined) return;
  mkdirSync(jars, { recursive: true });
  writeFileSync(join(cache, 'pom.xml'), `<project xmlns="http://maven.apache.org/POM/4.0.0">
  <modelVersion>4.0.0</modelVersion>
  <groupId>leat</groupId><artifactId>kafka-broker</artifactId><version>1</version>
  <dependencies>
    <dependency><groupId>org.apache.kafka</groupId><artifactId>kafka_2.13</artifactId><version>${VERSION}</version></dependency>
    <!-- without it the broker says nothing, not even why it ends -->
    <dependency><groupId>org.slf4j</groupId><artifactId>slf4j-simple</artifactId><version>1.7.36</version></dependency>
  </dependencies>
</project>
`);
  const { status, stdout, error } = spawnSync('mvn', ['-q', '-B', '-f', join(cache, 'pom.xml'), 'dependency:copy-dependencies', '-DincludeScope=runtime', `-DoutputDirectory=${jars}`], { encoding: 'utf8' });
  if (error !== undefined) throw new Error(`mvn: ${error.message}`);
  if (status !== 0) throw new Error(`mvn could not fetch Kafka:\n${stdout}`);
}

export class Broker {
  readonly port: number;
  private readonly folder: string;
  private child: ChildProcess | undefined;
  private constructor(folder: string, port: number) { this.folder = folder; this.port = port; }
  get address(): string { return `127.0.0.1:${this.port}`; }

  /** A broker with its data in `folder`, started. Errors: Error with the end of its log. */
  static async start(folder: string): Promise<Broker> {
    const port = await freePort(), controller = await freePort(), broker = new Broker(folder, port), properties = join(folder, 'server.properties');
    mkdirSync(folder, { recursive: true });
    writeFileSync(properties, Object.entries({
      'process.roles': 'broker,controller', 'node.id': 1, 'controller.quorum.voters': `1@127.0.0.1:${controller}`,
      listeners: `PLAINTEXT://127.0.0.1:${port},CONTROLLER://127.0.0.1:${controller}`, 'advertised.listeners': `PLAINTEXT://127.0.0.1:${port}`,
      'controller.listener.names': 'CONTROLLER', 'inter.broker.listener.name': 'PLAINTEXT', 'listener.security.protocol.map': 'CONTROLLER:PLAINTEXT,PLAINTEXT:PLAINTEXT',
      'log.dirs': join(folder, 'data'), 'auto.create.topics.enable': false,
      // One broker: internal topics cannot have three copies; one partition each starts sooner than fifty.
      'offsets.topic.replication.factor': 1, 'offsets.topic.num.partitions': 1, 'transaction.state.log.replication.factor': 1, 'transaction.state.log.min.isr': 1, 'transaction.state.log.num.partitions': 1,
      'share.coordinator.state.topic.replication.factor': 1, 'share.coordinator.state.topic.min.isr': 1, 'group.initial.rebalance.delay.ms': 0,
    }).map(([name, value]) => `${name}=${value}\n`).join(''));
    const id = Buffer.from(Array.from({ length: 16 }, (_, i) => (port * (i + 7)) & 255)).toString('base64url');
    const { status, stdout, stderr } = spawnSync('java', ['-Xmx256m', '-cp', join(jars, '*'), 'kafka.tools.StorageTool', 'format', '-t', id, '-c', properties], { encoding: 'utf8' });
    if (status !== 0) throw new Error(`the broker's folder could not be made: ${stdout}${stderr}`);
    await broker.up();
    return broker;
  }

  /** Starts it again, on the same port and data. */
  async up(): Promise<void> {
    const log = join(this.folder, 'broker.log'), fd = openSync(log, 'w');
    const child = this.child = spawn('java', ['-Xmx512m', '-Dorg.slf4j.simpleLogger.defaultLogLevel=warn', '-Dorg.slf4j.simpleLogger.log.kafka.server.KafkaRaftServer=info', '-cp', join(jars, '*'), 'kafka.Kafka', join(this.folder, 'server.properties')], { stdio: ['ignore', fd, fd] });
    closeSync(fd);
    process.on('exit', this.atExit);
    for (const until = Date.now() + READY_MS; Date.now() < until && child.exitCode === null; ) {
      if (readFileSync(log, 'utf8').includes('Kafka Server started')) return;
      await new Promise((resolve) => { setTimeout(resolve, 50); });
    }
    await this.down('SIGKILL');
    throw new Error(`the broker did not come up; the end of its log:\n${readFileSync(log, 'utf8').slice(-2000)}`);
  }

  /** Stops it, or kills it; resolves when it is gone. */
  async down(signal: 'SIGTERM' | 'SIGKILL' = 'SIGTERM'): Promise<void> {
    const { child } = this;
    this.child = undefined;
    process.off('exit', this.atExit);
    if (child === undefined || child.exitCode !== null || child.signalCode !== null) return;
    const gone = new Promise((resolve) => { child.once('exit', resolve); });
    child.kill(signal);
    const timer = setTimeout(() => child.kill('SIGKILL'), STOP_MS);
    await gone;
    clearTimeout(timer);
  }
  private readonly atExit = (): void => { this.child?.kill('SIGKILL'); };

  /** What a read_committed reader of Kafka's own client sees of a topic, in the order of partitions and offsets. */
  async consume(topic: string): Promise<{ readonly partition: number; readonly offset: number; readonly value: string }[]> {
    const child = spawn('java', ['-Xmx256m', '-Dorg.slf4j.simpleLogger.defaultLogLevel=error', '-cp', join(jars, '*'), join(root, 'test', 'kafka', 'Consume.java'), this.address, topic], { stdio: ['ignore', 'pipe', 'pipe'] });
    let stdout = '', stderr = '';
    child.stdout.setEncoding('utf8').on('data', (text: string) => { stdout += text; });
    child.stderr.setEncoding('utf8').on('data', (text: string) => { stderr += text; });
    const status = await new Promise((resolve) => { child.once('close', resolve); });
    if (status !== 0) throw new Error(`the consumer failed: ${stdout.slice(-500)}${stderr}`);
    const found = stdout.split('\n').filter((line) => line !== '').map((line) => {
      const [, partition = '', offset = '', value = ''] = /^(\d+)\t(\d+)\t(.*)$/.exec(line) ?? [];
      return { partition: Number(partition), offset: Number(offset), value };
    });
    return found.sort((a, b) => a.partition - b.partition || a.offset - b.offset);
  }
}

/** A port of the loopback that nobody has at this moment. */
function freePort(): Promise<number> {
  return new Promise((resolve, reject) => {
    const server = createServer();
    server.once('error', reject);
    server.listen(0, '127.0.0.1', () => { const { port } = server.address() as { port: number }; server.close(() => resolve(port)); });
  });
}
