import { setTimeout as delay } from 'node:timers/promises';
import { promisify } from 'node:util';
import { zstdCompress, zstdDecompress } from 'node:zlib';
import { aggregates, deadLetterTopic, topics } from '@live-orders/contracts/events.ts';
import kafkajs, { type Admin, type EachBatchPayload, type IHeaders, type Kafka, type Producer } from 'kafkajs';
import RequestQueue from 'kafkajs/src/network/requestQueue/index.js';
import { backoff } from './backoff.ts';
import type { Log } from './log.ts';

export type { EachBatchPayload, IHeaders, Kafka, KafkaMessage } from 'kafkajs';

export interface KafkaSettings {
  KAFKA_BROKERS: string[];
  KAFKA_PREFIX: string;
  KAFKA_PARTITIONS: number;
  KAFKA_REPLICATION: number;
}

const compress = promisify(zstdCompress);
const decompress = promisify(zstdDecompress);
kafkajs.CompressionCodecs[kafkajs.CompressionTypes.ZSTD] = () => ({
  compress: ({ buffer }: { buffer: Buffer }) => compress(buffer),
  decompress: (buffer: Buffer) => decompress(buffer),
});

// kafkajs 2.2.4 re-arms a 1 ms timer on every connection although nothing waits (and with negative delays, which
// Node 24 warns of). Without it an idle consumer uses next to no CPU.
const schedule = RequestQueue.prototype.scheduleCheckPendingRequests;
RequestQueue.prototype.scheduleCheckPendingRequests = function scheduleIfPending(this: RequestQueue) {
  if (this.pending.length > 0) schedule.call(this);
};

const levels = { 0: 'silent', 1: 'error', 2: 'warn', 4: 'debug', 5: 'trace' } as const;

/** A client whose own log goes to ours; its information level is our debug. */
export const connectKafka = ({ KAFKA_BROKERS }: KafkaSettings, clientId: string, log: Log): Kafka =>
  new kafkajs.Kafka({
    clientId,
    brokers: KAFKA_BROKERS,
    connectionTimeout: 3_000,
    requestTimeout: 10_000,
    retry: { initialRetryTime: 100, maxRetryTime: 2_000, retries: 5 },
    logLevel: kafkajs.logLevel.WARN,
    // What a connection or a producer complains of is retried, or comes to us as an error and is logged there, once.
    logCreator:
      () =>
      ({ namespace, level, log: { message, error, broker } }) =>
        log[/Connection|Producer|BrokerPool/.test(namespace) ? 'debug' : levels[level]](
          { error, broker },
          `kafka: ${message}`,
        ),
  });

/**
 * Waits until every partition has a leader: a topic that another process has just created is listed before that, and
 * subscribing to it then fails.
 */
const haveLeaders = async (admin: Admin, topicNames: string[]): Promise<void> => {
  for (let tries = 1; ; tries += 1) {
    try {
      const metadata = await admin.fetchTopicMetadata({ topics: topicNames });
      if (metadata.topics.every((one) => one.partitions.every(({ leader }) => leader >= 0))) return;
    } catch (error) {
      if (tries >= leaderTries) throw error;
    }
    if (tries >= leaderTries) throw new Error('the new topics got no leaders');
    await delay(backoff(tries, 500));
  }
};

const leaderTries = 20;

/** Creates the product's topics where they are missing; safe to call from several processes at once. */
export const ensureTopics = async (kafka: Kafka, settings: KafkaSettings): Promise<string[]> => {
  const { KAFKA_PREFIX, KAFKA_PARTITIONS, KAFKA_REPLICATION } = settings;
  const admin = kafka.admin();
  await admin.connect();
  try {
    const names = aggregates.map((aggregate) => `${KAFKA_PREFIX}${topics[aggregate]}`);
    const common = { replicationFactor: KAFKA_REPLICATION };
    const keep = { name: 'retention.ms', value: String(7 * 24 * 3_600_000) };
    const wanted = [
      ...names.map((topic) => ({ topic, numPartitions: KAFKA_PARTITIONS, ...common, configEntries: [keep] })),
      { topic: `${KAFKA_PREFIX}${deadLetterTopic}`, numPartitions: 1, ...common },
    ];
    const present = new Set(await admin.listTopics());
    const missing = wanted.filter(({ topic }) => !present.has(topic));
    if (missing.length > 0) await admin.createTopics({ topics: missing, waitForLeaders: true });
    const all = wanted.map(({ topic }) => topic);
    await haveLeaders(admin, all);
    return all;
  } finally {
    await admin.disconnect();
  }
};

/** The offset that the next record of each partition will have, by `topic:partition`. */
export const readEnds = async (kafka: Kafka, topicNames: string[]): Promise<Map<string, number>> => {
  const admin = kafka.admin();
  await admin.connect();
  try {
    const ends = new Map<string, number>();
    for (const topic of topicNames) {
      for (const { partition, high } of await admin.fetchTopicOffsets(topic))
        ends.set(`${topic}:${partition}`, Number(high));
    }
    return ends;
  } finally {
    await admin.disconnect();
  }
};

export interface Outgoing {
  topic: string;
  key: string | Buffer | null;
  value: string | Buffer | null;
  headers: IHeaders;
}

/**
 * Sends batches one after the other. kafkajs' idempotent producer can lose acknowledged records when sends overlap,
 * and cannot go on after a broken sequence, so every failure throws its producer away; the caller sends again.
 */
export class Sender {
  readonly #kafka: Kafka;
  #producer: Producer | null = null;
  /** The partitions that the records of one batch belong into. */
  readonly #wanted = new Set<string>();

  constructor(kafka: Kafka) {
    this.#kafka = kafka;
  }

  /** Resolves once all in-sync replicas have every record. On rejection some may have been written. */
  async send(records: Outgoing[]): Promise<void> {
    const byTopic = Map.groupBy(records, (record) => record.topic);
    this.#wanted.clear();
    try {
      const producer = await this.#connected();
      const acknowledged = await producer.sendBatch({
        acks: -1,
        compression: kafkajs.CompressionTypes.ZSTD,
        topicMessages: [...byTopic].map(([topic, messages]) => ({
          topic,
          messages: messages.map(({ key, value, headers }) => ({ key, value, headers })),
        })),
      });
      // kafkajs asks each broker once. A partition whose leadership moves meanwhile to a broker that has answered
      // already is left out, and the batch passes for sent.
      for (const { topicName, partition } of acknowledged) this.#wanted.delete(`${topicName}:${partition}`);
      if (this.#wanted.size > 0) throw new Error(`kafka left out ${[...this.#wanted].join(', ')}`);
    } catch (error) {
      await this.close();
      throw error;
    }
  }

  async close(): Promise<void> {
    const producer = this.#producer;
    this.#producer = null;
    await producer?.disconnect();
  }

  async #connected(): Promise<Producer> {
    if (!this.#producer) {
      const producer = this.#kafka.producer({
        idempotent: true,
        maxInFlightRequests: 1,
        allowAutoTopicCreation: false,
        createPartitioner: () => {
          const choose = kafkajs.Partitioners.DefaultPartitioner();
          return (record) => {
            const partition = choose(record);
            this.#wanted.add(`${record.topic}:${partition}`);
            return partition;
          };
        },
      });
      await producer.connect();
      this.#producer = producer;
    }
    return this.#producer;
  }
}

/**
 * Reads topics from a consumer group until the signal. kafkajs comes back by itself from what it takes for passing (a
 * broker that is away, a coordinator that loads); rejects with anything else, so that the process is started anew.
 * `eachBatch` resolves offsets itself; a rejection of it is retried by reading the batch again.
 */
export const consume = async (
  kafka: Kafka,
  { groupId, topics: names }: { groupId: string; topics: string[] },
  eachBatch: (payload: EachBatchPayload) => Promise<void>,
  signal: AbortSignal,
): Promise<void> => {
  const consumer = kafka.consumer({
    groupId,
    allowAutoTopicCreation: false,
    maxWaitTimeInMs: 500,
    // The least that brokers allow by default: how long a killed bridge keeps its partitions from its successor.
    sessionTimeout: 6_000,
    rebalanceTimeout: 10_000,
    heartbeatInterval: 1_000,
    retry: { initialRetryTime: 100, maxRetryTime: 1_000, retries: 8 },
  });
  const crashed = new Promise<never>((_resolve, reject) => {
    consumer.on('consumer.crash', ({ payload }) => {
      if (!payload.restart) reject(payload.error);
    });
  });
  const stopped = new Promise<void>((resolve) => signal.addEventListener('abort', () => resolve(), { once: true }));
  try {
    await consumer.connect();
    await consumer.subscribe({ topics: names, fromBeginning: true });
    await consumer.run({
      autoCommit: false,
      eachBatchAutoResolve: false,
      partitionsConsumedConcurrently: 1,
      eachBatch,
    });
    await Promise.race([stopped, crashed]);
  } finally {
    await consumer.disconnect();
  }
};
