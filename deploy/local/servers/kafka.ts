import { createHash, randomUUID } from 'node:crypto';
import { existsSync } from 'node:fs';
import { mkdir, writeFile } from 'node:fs/promises';
import { delimiter, join } from 'node:path';
import { Daemon } from '../process/daemon.ts';
import { findJava } from './java.ts';
import { local } from '../places.ts';
import { freePort } from '../process/ports.ts';
import { kafkaAnswers } from './probes.ts';

/** How to run Kafka on this machine, and the class-data archive that fits exactly this Java and these jars. */
export interface KafkaProgram {
  java: string;
  classPath: string;
  /** The file that `archiveClasses` makes once; with it, a start takes half the time. */
  archive: string;
}

/** Finds a Java that can run Kafka's jars; throws a StartError where there is none. */
export const findKafkaProgram = (jars: string[]): KafkaProgram => {
  const { program, version } = findJava();
  const classPath = jars.join(delimiter);
  const key = createHash('sha256').update(`${version}\n${classPath}`).digest('hex').slice(0, 12);
  return { java: program, classPath, archive: join(local, 'servers', `kafka-${key}.jsa`) };
};

/** A new id as Kafka writes them: a UUID in base64url. */
export const kafkaId = (): string => Buffer.from(randomUUID().replaceAll('-', ''), 'hex').toString('base64url');

/** What a Java property file says. */
export type KafkaSettings = Record<string, string | number>;

const properties = (settings: KafkaSettings): string =>
  Object.entries(settings)
    .map(([key, value]) => `${key}=${value}\n`)
    .join('');

/**
 * The settings of a broker that is alone, and so its own controller. Their paths are relative, because Java's property
 * files know neither spaces nor UTF-8.
 */
export const loneSettings = (port: number, controllerPort: number): KafkaSettings => ({
  'process.roles': 'broker,controller',
  'node.id': 1,
  'controller.quorum.voters': `1@127.0.0.1:${controllerPort}`,
  'controller.listener.names': 'CONTROLLER',
  listeners: `PLAINTEXT://127.0.0.1:${port},CONTROLLER://127.0.0.1:${controllerPort}`,
  'advertised.listeners': `PLAINTEXT://127.0.0.1:${port}`,
  'listener.security.protocol.map': 'PLAINTEXT:PLAINTEXT,CONTROLLER:PLAINTEXT',
  'log.dirs': 'log',
  'auto.create.topics.enable': 'false',
  'min.insync.replicas': 1,
  'group.initial.rebalance.delay.ms': 0,
  'offsets.topic.replication.factor': 1,
  'offsets.topic.num.partitions': 1,
  'transaction.state.log.replication.factor': 1,
  'transaction.state.log.min.isr': 1,
  'transaction.state.log.num.partitions': 1,
  'share.coordinator.state.topic.replication.factor': 1,
  'share.coordinator.state.topic.min.isr': 1,
  'share.coordinator.state.topic.num.partitions': 1,
  // A broker that was killed may come back only when its old session has timed out, by default after 9 s.
  'broker.heartbeat.interval.ms': 500,
  'broker.session.timeout.ms': 2_000,
  // The default takes 128 MB of the heap.
  'log.cleaner.dedupe.buffer.size': 4_194_304,
  'log.index.size.max.bytes': 1_048_576,
  'metric.reporters': '',
});

/** Writes what `kafka-storage format` would, which takes another start of Java. Does nothing where it was done before. */
const formatStorage = async (folder: string, settings: KafkaSettings, clusterId: string): Promise<void> => {
  const file = join(folder, 'log', 'meta.properties');
  if (existsSync(file)) return;
  await mkdir(join(folder, 'log'), { recursive: true });
  const ids = { 'node.id': settings['node.id'] ?? 1, 'cluster.id': clusterId, 'directory.id': kafkaId() };
  await writeFile(file, properties({ version: 1, ...ids }));
};

export interface BrokerOptions {
  name: string;
  port: number;
  /** The broker's own folder, made where it is missing. */
  folder: string;
  logFile: string;
  program: KafkaProgram;
  /** Flags for Java. Default: those that use the class-data archive, where there is one. */
  flags?: string[];
  /** A command that runs Java, with its arguments: `nice -n 19`. */
  wrapper?: string[];
  /** Asked anew at each start. */
  settings: () => Promise<KafkaSettings>;
  /** The cluster that a new folder belongs to. */
  clusterId: string;
  /** Asks the broker once whether it works. */
  answers: () => Promise<boolean>;
}

/** An Apache Kafka broker in KRaft mode, not started yet. */
export const createBroker = (options: BrokerOptions): Daemon => {
  const { name, port, folder, logFile, program, wrapper = [], settings, clusterId, answers } = options;
  const { flags = existsSync(program.archive) ? [`-XX:SharedArchiveFile=${program.archive}`] : [] } = options;
  const [command = program.java, ...args] = [
    ...wrapper,
    program.java,
    ...['-Xmx384m', '-XX:+UseSerialGC', '-XX:TieredStopAtLevel=1', '-Djava.awt.headless=true', ...flags],
    ...['-Dorg.slf4j.simpleLogger.defaultLogLevel=warn', '-Dorg.slf4j.simpleLogger.showDateTime=true'],
    '-Dorg.slf4j.simpleLogger.dateTimeFormat=yyyy-MM-dd HH:mm:ss.SSS',
    ...['-cp', program.classPath, 'kafka.Kafka', 'server.properties'],
  ];
  const prepare = async (): Promise<void> => {
    const current = await settings();
    await formatStorage(folder, current, clusterId);
    await writeFile(join(folder, 'server.properties'), properties(current));
  };
  return new Daemon({ name, port, command, args, cwd: folder, output: logFile, prepare, answers, patience: 120_000 });
};

export interface KafkaOptions extends Pick<BrokerOptions, 'port' | 'logFile' | 'program' | 'flags' | 'wrapper'> {
  /** The stack's data folder; Kafka's own is made inside. */
  dataDir: string;
}

/** Kafka with one broker, not started yet. */
export const createKafka = ({ dataDir, ...options }: KafkaOptions): Daemon =>
  createBroker({
    ...options,
    name: 'Kafka',
    folder: join(dataDir, 'kafka'),
    settings: async () => loneSettings(options.port, await freePort()),
    clusterId: kafkaId(),
    answers: () => kafkaAnswers(options.port),
  });
