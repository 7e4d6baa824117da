import { setTimeout as delay } from 'node:timers/promises';
import { aggregates } from '@live-orders/contracts/domain/aggregates.ts';
import { deadLetterTopic, replaysTopic } from '@live-orders/contracts/kafka/dead-letters.ts';
import type { Admin, Kafka } from 'kafkajs';
import { backoff } from '../process/backoff.ts';
import { type KafkaSettings, withAdmin } from './client.ts';

/**
 * Waits until every partition has a leader that knows it: a topic that was just created is listed before that, and
 * subscribing to it, or asking for its offsets, then fails.
 */
const haveLeaders = async (admin: Admin, topicNames: string[]): Promise<void> => {
  for (let tries = 1; ; tries += 1) {
    try {
      const metadata = await admin.fetchTopicMetadata({ topics: topicNames });
      if (metadata.topics.every((one) => one.partitions.every(({ leader }) => leader >= 0))) {
        await Promise.all(topicNames.map((name) => admin.fetchTopicOffsets(name)));
        return;
      }
    } catch (error) {
      if (tries >= leaderTries) throw error;
    }
    if (tries >= leaderTries)
      throw new Error(`waiting for leaders: ${topicNames.join(', ')} have partitions without one`);
    await delay(backoff(tries, 500));
  }
};

const leaderTries = 20;

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
      ...Object.values(aggregates).map((one) => topic(one.topic, KAFKA_PARTITIONS, [keepWeek])),
      topic(deadLetterTopic, 1, [largeRecords]),
      topic(replaysTopic, 1, newestOfKey),
    ];
    const present = new Set(await admin.listTopics());
    const missing = wanted.filter((one) => !present.has(one.topic));
    if (missing.length > 0) await admin.createTopics({ topics: missing, waitForLeaders: true });
    const all = wanted.map((one) => one.topic);
    await haveLeaders(admin, all);
    return all;
  });

/** Of notes only the newest is ever wanted, however old it is. */
const newestOfKey = [{ name: 'cleanup.policy', value: 'compact' }];
const keepWeek = { name: 'retention.ms', value: String(7 * 24 * 3_600_000) };
/**
 * A dead letter holds a whole record, which may be as large as Kafka's limit of 1 MiB, and headers that say where it
 * was.
 */
const largeRecords = { name: 'max.message.bytes', value: String(2 * 1024 * 1024) };
