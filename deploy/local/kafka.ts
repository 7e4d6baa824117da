import { createHash, randomUUID } from 'node:crypto';
import { existsSync } from 'node:fs';
import { mkdir, writeFile } from 'node:fs/promises';
import { delimiter, join } from 'node:path';
import { Daemon } from './daemon.ts';
import { findJava } from './java.ts';
import { local } from './places.ts';
import { freePort } from './ports.ts';
import { kafkaAnswers } from './probes.ts';

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

const base64Uuid = (): string => Buffer.from(randomUUID().replaceAll('-', ''), 'hex').toString('base64url');

const properties = (values: Record<string, string | number>): string =>
  Object.entries(values)
    .map(([key, value]) => `${key}=${value}\n`)
    .join('');

/* One node that is broker and controller. Its paths are relative: Java's property files know neither spaces nor UTF-8. */
const serverProperties = (port: number, controllerPort: number): string =>
  properties({
    'process.roles': 'broker,controller',
    'node.id': 1,
    'controller.quorum.voters': `1@127.0.0.1:${controllerPort}`,
    'controller.listener.names': 'CONTROLLER',
    listeners: `PLAINTEXT://127.0.0.1:${port},CONTROLLER://127.0.0.1:${controllerPort}`,
    'advertised.listeners': `PLAINTEXT://127.0.0.1:${port}`,
    'log.dirs': 'log',
    'auto.create.topics.enable': 'false',
    'group.initial.rebalance.delay.ms': 0,
    'offsets.topic.replication.factor': 1,
    'offsets.topic.num.partitions': 1,
    'transaction.state.log.replication.factor': 1,
    'transaction.state.log.min.isr': 1,
    'transaction.state.log.num.partitions': 1,
    'share.coordinator.state.topic.replication.factor': 1,
    'share.coordinator.state.topic.min.isr': 1,
    'share.coordinator.state.topic.num.partitions': 1,
    // A broker that was killed is let in again when its session has timed out, after 9 s by default.
    'broker.heartbeat.interval.ms': 500,
    'broker.session.timeout.ms': 2_000,
    // The default takes 128 MB of the heap.
    'log.cleaner.dedupe.buffer.size': 4_194_304,
    'log.index.size.max.bytes': 1_048_576,
    'metric.reporters': '',
  });

/** What `kafka-storage format` writes, without another start of Java. */
const formatStorage = async (folder: string): Promise<void> => {
  const file = join(folder, 'log', 'meta.properties');
  if (existsSync(file)) return;
  await mkdir(join(folder, 'log'), { recursive: true });
  const ids = { 'cluster.id': base64Uuid(), 'directory.id': base64Uuid() };
  await writeFile(file, properties({ version: 1, 'node.id': 1, ...ids }));
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
}

/** An Apache Kafka broker in KRaft mode, not started yet. */
export const createKafka = (options: KafkaOptions): Daemon => {
  const { port, dataDir, logFile, program, wrapper = [] } = options;
  const { flags = existsSync(program.archive) ? [`-XX:SharedArchiveFile=${program.archive}`] : [] } = options;
  const cwd = join(dataDir, 'kafka');
  const [command = program.java, ...args] = [
    ...wrapper,
    program.java,
    ...['-Xmx384m', '-XX:+UseSerialGC', '-XX:TieredStopAtLevel=1', '-Djava.awt.headless=true', ...flags],
    ...['-Dorg.slf4j.simpleLogger.defaultLogLevel=warn', '-Dorg.slf4j.simpleLogger.showDateTime=true'],
    '-Dorg.slf4j.simpleLogger.dateTimeFormat=yyyy-MM-dd HH:mm:ss.SSS',
    ...['-cp', program.classPath, 'kafka.Kafka', 'server.properties'],
  ];
  return new Daemon({
    name: 'Kafka',
    port,
    command,
    args,
    cwd,
    output: logFile,
    prepare: async () => {
      await formatStorage(cwd);
      await writeFile(join(cwd, 'server.properties'), serverProperties(port, await freePort()));
    },
    answers: () => kafkaAnswers(port),
    patience: 120_000,
  });
};
