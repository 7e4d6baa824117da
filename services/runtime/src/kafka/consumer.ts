import type { Consumer, EachBatchPayload, Kafka } from 'kafkajs';

/**
 * A batch, and the first of the offsets that it covers: control records and aborted transactions have offsets too, but
 * are no messages. The last is `batch.lastOffset()`.
 */
export type CoveredBatch = EachBatchPayload & { from: string };

/** Offsets of one partition that hold no message, both ends included. */
export interface EmptyStretch {
  topic: string;
  partition: number;
  from: string;
  last: string;
}

interface Reading {
  groupId: string;
  topics: string[];
  /** Resolves offsets itself; a rejection is retried by reading the batch again. */
  eachBatch: (batch: CoveredBatch) => Promise<void>;
  /** Called for offsets that hold no message, which kafkajs skips silently; `commit` commits them for the group. */
  onEmpty: (stretch: EmptyStretch, commit: () => Promise<void>) => Promise<void>;
}

/**
 * Reads the committed records of topics as a member of a consumer group, until the signal. kafkajs recovers by itself
 * from what it knows to be temporary (a broker that is away, a coordinator that is loading). Rejects with anything
 * else, so that the process is restarted.
 */
export const consume = async (kafka: Kafka, reading: Reading, signal: AbortSignal): Promise<void> => {
  const consumer = kafka.consumer({
    groupId: reading.groupId,
    allowAutoTopicCreation: false,
    maxWaitTimeInMs: 500,
    // For so long a killed bridge keeps its partitions from its successor. Brokers allow no less by default.
    sessionTimeout: 6_000,
    // How long the members wait for one that does not rejoin. kafkajs waits for the answer at most 5 s longer.
    rebalanceTimeout: 6_000,
    heartbeatInterval: 1_000,
    retry: { initialRetryTime: 100, maxRetryTime: 1_000, retries: 8 },
  });
  const crashed = new Promise<never>((_resolve, reject) => {
    consumer.on('consumer.crash', ({ payload }) => {
      if (!payload.restart) reject(payload.error);
    });
  });
  const stopped = new Promise<void>((resolve) => signal.addEventListener('abort', () => resolve(), { once: true }));
  const empty = watchEmpty(consumer, reading);
  try {
    await consumer.connect();
    await consumer.subscribe({ topics: reading.topics, fromBeginning: true });
    await consumer.run({
      autoCommit: false,
      eachBatchAutoResolve: false,
      partitionsConsumedConcurrently: 1,
      eachBatch: async (payload) => {
        const { batch } = payload;
        const first = batch.firstOffset() ?? batch.lastOffset();
        const before = empty.get(`${batch.topic}:${batch.partition}`);
        await reading.eachBatch({ ...payload, from: before && follows(first, before) ? before.from : first });
      },
    });
    await Promise.race([stopped, crashed]);
  } finally {
    await consumer.disconnect();
  }
};

const follows = (offset: string, { last }: EmptyStretch): boolean => BigInt(offset) === BigInt(last) + 1n;

/** The latest stretch without a message of each partition. kafkajs resolves it and goes on without calling anybody. */
const watchEmpty = (consumer: Consumer, { onEmpty }: Reading): Map<string, EmptyStretch> => {
  const empty = new Map<string, EmptyStretch>();
  consumer.on('consumer.start_batch_process', ({ payload }) => {
    const { topic, partition, batchSize, firstOffset, lastOffset } = payload;
    if (batchSize > 0 || !firstOffset) return;
    const name = `${topic}:${partition}`;
    const before = empty.get(name);
    const from = before && follows(firstOffset, before) ? before.from : firstOffset;
    const stretch = { topic, partition, from, last: lastOffset };
    empty.set(name, stretch);
    const offset = String(BigInt(lastOffset) + 1n);
    void onEmpty(stretch, async () => {
      // Otherwise a longer stretch has taken its place, and is committed instead.
      if (empty.get(name) === stretch) await consumer.commitOffsets([{ topic, partition, offset }]);
    });
  });
  return empty;
};
