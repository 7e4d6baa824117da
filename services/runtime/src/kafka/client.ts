import { setTimeout as delay } from 'node:timers/promises';
import { promisify } from 'node:util';
import { zstdCompress, zstdDecompress } from 'node:zlib';
import { aggregates, deadLetterTopic, relayTopic, topics } from '@live-orders/contracts/kafka/events.ts';
import kafkajs, { type Admin, type IHeaders, type Kafka } from 'kafkajs';
import RequestQueue from 'kafkajs/src/network/requestQueue/index.js';
import { backoff } from '../process/backoff.ts';
import type { Log } from '../process/log.ts';

export type { IHeaders, Kafka, KafkaMessage } from 'kafkajs';

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
    // Short, for half-open links; but a group whose leader has died is answered only when its session of 6 s is over.
    requestTimeout: 7_000,
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

/** Work with an administrative connection, which is closed afterwards. */
export const withAdmin = async <T>(kafka: Kafka, work: (admin: Admin) => Promise<T>): Promise<T> => {
  const admin = kafka.admin();
  await admin.connect();
  try {
    return await work(admin);
  } finally {
    await admin.disconnect();
  }
};

/** Creates the product's topics where they are missing; safe to call from several processes at once. */
export const ensureTopics = (kafka: Kafka, settings: KafkaSettings): Promise<string[]> =>
  withAdmin(kafka, async (admin) => {
    const { KAFKA_PREFIX, KAFKA_PARTITIONS, KAFKA_REPLICATION } = settings;
    // With three copies one broker may be away, and what was acknowledged is still on two.
    const copies = KAFKA_REPLICATION >= 3 ? [{ name: 'min.insync.replicas', value: '2' }] : [];
    const topic = (name: string, numPartitions: number, configEntries: { name: string; value: string }[]) => ({
      topic: `${KAFKA_PREFIX}${name}`,
      numPartitions,
      replicationFactor: KAFKA_REPLICATION,
      configEntries: [...configEntries, ...copies],
    });
    const wanted = [
      ...aggregates.map((one) => topic(topics[one], KAFKA_PARTITIONS, [keepWeek])),
      topic(deadLetterTopic, 1, [room]),
      topic(relayTopic, 1, []),
    ];
    const present = new Set(await admin.listTopics());
    const missing = wanted.filter((one) => !present.has(one.topic));
    if (missing.length > 0) await admin.createTopics({ topics: missing, waitForLeaders: true });
    const all = wanted.map((one) => one.topic);
    await haveLeaders(admin, all);
    return all;
  });

const keepWeek = { name: 'retention.ms', value: String(7 * 24 * 3_600_000) };
/** A dead letter is a record as large as they may be, and says besides where it came from. */
const room = { name: 'max.message.bytes', value: String(2 * 1024 * 1024) };

/** Where topics and groups stand, by `topic:partition`. It stays connected between calls. */
export class OffsetReader {
  readonly #kafka: Kafka;
  #admin: Admin | null = null;

  constructor(kafka: Kafka) {
    this.#kafka = kafka;
  }

  /** The offset that the next record of each partition will have. */
  ends(topicNames: string[]): Promise<Map<string, number>> {
    return this.#read(topicNames, async (admin, topic) =>
      (await admin.fetchTopicOffsets(topic)).map(({ partition, high }) => [partition, high]),
    );
  }

  /** The offset from which a group would go on; 0 where it has not read anything. */
  committed(groupId: string, topicNames: string[]): Promise<Map<string, number>> {
    return this.#read(topicNames, async (admin, topic) => {
      const [offsets] = await admin.fetchOffsets({ groupId, topics: [topic] });
      return (offsets?.partitions ?? []).map(({ partition, offset }) => [partition, offset]);
    });
  }

  async close(): Promise<void> {
    const admin = this.#admin;
    this.#admin = null;
    await admin?.disconnect();
  }

  async #read(
    topicNames: string[],
    read: (admin: Admin, topic: string) => Promise<[number, string][]>,
  ): Promise<Map<string, number>> {
    try {
      if (!this.#admin) {
        const admin = this.#kafka.admin();
        await admin.connect();
        this.#admin = admin;
      }
      const offsets = new Map<string, number>();
      for (const topic of topicNames) {
        for (const [partition, offset] of await read(this.#admin, topic))
          offsets.set(`${topic}:${partition}`, Math.max(0, Number(offset)));
      }
      return offsets;
    } catch (error) {
      await this.close();
      throw error;
    }
  }
}

export interface Outgoing {
  topic: string;
  key: string | Buffer | null;
  value: string | Buffer | null;
  headers: IHeaders;
}

/** What stands beside the offset of a group's partition 0 on a topic; null when nothing does. */
export const readNote = (kafka: Kafka, groupId: string, topic: string): Promise<string | null> =>
  withAdmin(kafka, async (admin) => {
    const [offsets] = await admin.fetchOffsets({ groupId, topics: [topic] });
    return offsets?.partitions.find(({ partition }) => partition === 0)?.metadata ?? null;
  });

const refusals = new Set(['MESSAGE_TOO_LARGE', 'RECORD_LIST_TOO_LARGE', 'INVALID_RECORD']);

/** Why Kafka will never take such records, whenever they are sent; null for a failure that may pass. */
export const refusalOf = (error: unknown): string | null => {
  if (!(error instanceof Error)) return null;
  if ('type' in error && typeof error.type === 'string' && refusals.has(error.type)) return error.message;
  return refusalOf(error.cause);
};
