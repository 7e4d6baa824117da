import { randomUUID } from 'node:crypto';
import type { Kafka, KafkaMessage } from 'kafkajs';
import { withAdmin } from './client.ts';

interface Place {
  topic: string;
  /** Begins the name of the consumer group that exists meanwhile. */
  groupPrefix: string;
}

/** The offset to begin at, and the one right after the last. */
interface Bounds {
  start: string;
  end: bigint;
}

/**
 * By partition, where to begin to read and where the topic ends now; partitions with nothing to read are left out. Only records
 * that Kafka took at `since` or later, ms since the epoch; 0 for all that it has.
 */
const bounds = (kafka: Kafka, topic: string, since: number): Promise<Map<number, Bounds>> =>
  withAdmin(kafka, async (admin) => {
    const starts = new Map(
      (since > 0 ? await admin.fetchTopicOffsetsByTimestamp(topic, since) : []).map((one) => [
        one.partition,
        one.offset,
      ]),
    );
    const ends = await admin.fetchTopicOffsets(topic);
    return new Map(
      ends
        .map(
          ({ partition, low, high }) =>
            [partition, { start: starts.get(partition) ?? low, end: BigInt(high) }] as const,
        )
        .filter(([, { start, end }]) => BigInt(start) < end),
    );
  });

/**
 * Reads what is committed in a topic up to where it ended when the call began, in order within each partition. Commits
 * nothing. Rejects when Kafka fails or the signal comes first.
 */
export const readTopic = async (
  kafka: Kafka,
  { since = 0, ...place }: Place & { since?: number },
  onRecord: (record: KafkaMessage, partition: number) => void,
  signal: AbortSignal,
): Promise<void> => readBetween(kafka, place, await bounds(kafka, place.topic, since), onRecord, signal);

/**
 * Reads what is committed between the bounds of each partition that has some, like `readTopic`. Waits until the records before
 * an end are committed; a start that the topic has no more is taken for its beginning.
 */
export const readBetween = async (
  kafka: Kafka,
  { topic, groupPrefix }: Place,
  wanted: Map<number, Bounds>,
  onRecord: (record: KafkaMessage, partition: number) => void,
  signal: AbortSignal,
): Promise<void> => {
  if (wanted.size === 0) return;
  const left = new Map(wanted);
  const consumer = kafka.consumer({
    groupId: `${groupPrefix}${randomUUID()}`,
    allowAutoTopicCreation: false,
    // Leaving the group waits for the fetch that is under way.
    maxWaitTimeInMs: 100,
  });
  const ended = new Promise<void>((resolve, reject) => {
    signal.addEventListener('abort', () => reject(new Error(`reading ${topic} was stopped`)), { once: true });
    consumer.on('consumer.crash', ({ payload }) => reject(payload.error));
    // Also emitted for batches that have control records only, as the last one of a topic may.
    consumer.on('consumer.end_batch_process', ({ payload: { partition, lastOffset } }) => {
      if (BigInt(lastOffset) + 1n >= (left.get(partition)?.end ?? 0n)) left.delete(partition);
      if (left.size === 0) resolve();
    });
  });
  try {
    signal.throwIfAborted();
    await consumer.connect();
    await consumer.subscribe({ topic, fromBeginning: true });
    const running = consumer.run({
      autoCommit: false,
      eachBatch: async ({ batch }) => {
        const end = wanted.get(batch.partition)?.end ?? 0n;
        for (const message of batch.messages) if (BigInt(message.offset) < end) onRecord(message, batch.partition);
      },
    });
    for (const [partition, { start }] of wanted) consumer.seek({ topic, partition, offset: start });
    await Promise.race([running.then(() => ended), ended]);
  } finally {
    ended.catch(() => undefined);
    await consumer.disconnect();
  }
};
