import { createHash, randomUUID } from 'node:crypto';
import { existsSync } from 'node:fs';
import { mkdir, writeFile } from 'node:fs/promises';
import { delimiter, join } from 'node:path';
import { Daemon } from '../process/daemon.ts';
import { findJava } from './java.ts';
import { local } from '../places.ts';
import { freePort } from '../process/ports.ts';
import { kafkaAnswers, kafkaFindsGroups } from './probes.ts';

/** How to run Kafka's class on this machine, and the archive of its loaded classes that goes with exactly that. */
export interface KafkaProgram {
  java: string;
  classPath: string;
  /** Made once by `archiveClasses`; a start is twice as fast with it. */
  archive: string;
}

/** Finds Java (or tells what is missing) and joins it with Kafka's jars. */
export const findKafkaProgram = (jars: string[]): KafkaProgram => {
  const { program, version } = findJava();
  const classPath = jars.join(delimiter);
  const key = createHash('sha256').update(`${version}\n${classPath}`).digest('hex').slice(0, 12);
  return { java: program, classPath, archive: join(local, 'servers', `kafka-${key}.jsa`) };
};

export const base64Uuid = (): string => Buffer.from(randomUUID().replaceAll('-', ''), 'hex').toString('base64url');

const properties = (values: Record<string, string | number>): string =>
  Object.entries(values)
    .map(([key, value]) => `${key}=${value}\n`)
    .join('');

/** Where clients come in: several listeners may lead them to different addresses of the same broker. */
export interface KafkaListener {
  name: string;
  port: number;
  /** The port that clients of this listener are told to use: the broker's own, or that of a proxy before it. */
  advertised: number;
}

/** One node of a cluster. Each is broker and controller. */
export interface KafkaNode {
  id: number;
  controllerPort: number;
  /** All controllers, as Kafka wants them: `1@127.0.0.1:9093,…`. */
  voters: string;
  clusterId: string;
  /** How many brokers there are. Every record is kept by up to three, and acknowledged by all of them but one. */
  brokers: number;
  /** Beside the first listener, PLAINTEXT, over which brokers talk with each other. */
  listeners: KafkaListener[];
}

const loneNode = async (): Promise<KafkaNode> => {
  const controllerPort = await freePort();
  const voters = `1@127.0.0.1:${controllerPort}`;
  return { id: 1, controllerPort, voters, clusterId: base64Uuid(), brokers: 1, listeners: [] };
};

/* Paths are relative: Java's property files know neither spaces nor UTF-8. */
const serverProperties = (port: number, node: KafkaNode): string => {
  const replicas = Math.min(node.brokers, 3);
  const insync = Math.max(1, replicas - 1);
  const listeners = [{ name: 'PLAINTEXT', port, advertised: port }, ...node.listeners];
  const controller = { name: 'CONTROLLER', port: node.controllerPort };
  const all = [...listeners, controller];
  return properties({
    'process.roles': 'broker,controller',
    'node.id': node.id,
    'controller.quorum.voters': node.voters,
    'controller.listener.names': 'CONTROLLER',
    listeners: all.map((one) => `${one.name}://127.0.0.1:${one.port}`).join(','),
    'advertised.listeners': listeners.map((one) => `${one.name}://127.0.0.1:${one.advertised}`).join(','),
    'listener.security.protocol.map': all.map(({ name }) => `${name}:PLAINTEXT`).join(','),
    'log.dirs': 'log',
    'auto.create.topics.enable': 'false',
    'min.insync.replicas': insync,
    'group.initial.rebalance.delay.ms': 0,
    'offsets.topic.replication.factor': replicas,
    'offsets.topic.num.partitions': 1,
    'transaction.state.log.replication.factor': replicas,
    'transaction.state.log.min.isr': insync,
    'transaction.state.log.num.partitions': 1,
    'share.coordinator.state.topic.replication.factor': replicas,
    'share.coordinator.state.topic.min.isr': insync,
    'share.coordinator.state.topic.num.partitions': 1,
    // A broker that was killed is let in again when its session has timed out, after 9 s by default.
    'broker.heartbeat.interval.ms': 500,
    'broker.session.timeout.ms': 2_000,
    // The default takes 128 MB of the heap.
    'log.cleaner.dedupe.buffer.size': 4_194_304,
    'log.index.size.max.bytes': 1_048_576,
    'metric.reporters': '',
  });
};

/** What `kafka-storage format` writes, without another start of Java. */
const formatStorage = async (folder: string, { id, clusterId }: KafkaNode): Promise<void> => {
  const file = join(folder, 'log', 'meta.properties');
  if (existsSync(file)) return;
  await mkdir(join(folder, 'log'), { recursive: true });
  const ids = { 'cluster.id': clusterId, 'directory.id': base64Uuid() };
  await writeFile(file, properties({ version: 1, 'node.id': id, ...ids }));
};

export interface KafkaOptions {
  port: number;
  dataDir: string;
  logFile: string;
  program: KafkaProgram;
  /** Flags for Java before the class path. */
  flags?: string[];
  /** A command that runs Java, with its arguments: `nice`. */
  wrapper?: string[];
  /** Its place in a cluster; by default it is alone. */
  node?: KafkaNode;
}

/** An Apache Kafka broker in KRaft mode, not started yet. */
export const createKafka = (options: KafkaOptions): Daemon => {
  const { port, dataDir, logFile, program, wrapper = [], node } = options;
  const { flags = existsSync(program.archive) ? [`-XX:SharedArchiveFile=${program.archive}`] : [] } = options;
  const name = node ? `Kafka ${node.id}` : 'Kafka';
  const cwd = join(dataDir, node ? `kafka-${node.id}` : 'kafka');
  const [command = program.java, ...args] = [
    ...wrapper,
    program.java,
    ...['-Xmx384m', '-XX:+UseSerialGC', '-XX:TieredStopAtLevel=1', '-Djava.awt.headless=true', ...flags],
    ...['-Dorg.slf4j.simpleLogger.defaultLogLevel=warn', '-Dorg.slf4j.simpleLogger.showDateTime=true'],
    '-Dorg.slf4j.simpleLogger.dateTimeFormat=yyyy-MM-dd HH:mm:ss.SSS',
    ...['-cp', program.classPath, 'kafka.Kafka', 'server.properties'],
  ];
  return new Daemon({
    name,
    port,
    command,
    args,
    cwd,
    output: logFile,
    prepare: async () => {
      const placed = node ?? (await loneNode());
      await formatStorage(cwd, placed);
      await writeFile(join(cwd, 'server.properties'), serverProperties(port, placed));
    },
    answers: () => (node ? kafkaFindsGroups(port) : kafkaAnswers(port)),
    patience: 120_000,
  });
};
