import type { Consumer, EachBatchPayload, Kafka } from 'kafkajs';
import type { Log } from '../process/log.ts';

/**
 * A batch, and the first of the offsets that it covers: control records and aborted transactions have offsets too, but
 * are no messages. The last is `batch.lastOffset()`. `carried` is to be called with the offset after the last of those
 * that need not be read again.
 */
export type CoveredBatch = EachBatchPayload & { from: string; carried: (next: string) => void };

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
  /** Resolves offsets itself; a rejection is retried by reading the batch again. Partitions are read side by side. */
  eachBatch: (batch: CoveredBatch) => Promise<void>;
  /** Called before offsets without a message are committed, of which kafkajs tells nobody. Where it rejects, they are not. */
  onEmpty: (stretch: EmptyStretch) => Promise<void>;
  log: Log;
}

/** Partitions that are read at once. What they wait for is Redis, which takes the next while it answers the first. */
const partitionsAtOnce = 16;

/**
 * Offsets are committed so long after they were carried. Who reads them again does no harm, and to commit each batch by
 * itself was half of the way from Kafka to Redis: 2 to 5 ms for each of 12 partitions, one after the other.
 */
const commitMs = 150;

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
  const commits = new Commits(consumer, reading);
  try {
    await consumer.connect();
    await consumer.subscribe({ topics: reading.topics, fromBeginning: true });
    await consumer.run({
      autoCommit: false,
      eachBatchAutoResolve: false,
      partitionsConsumedConcurrently: partitionsAtOnce,
      eachBatch: async (payload) => {
        const { topic, partition } = payload.batch;
        const from = commits.beginningOf(payload.batch);
        await reading.eachBatch({ ...payload, from, carried: (next) => commits.carried(topic, partition, next) });
      },
    });
    await Promise.race([stopped, crashed]);
  } finally {
    commits.forget();
    await consumer.disconnect();
  }
};

/** What is to be committed of a partition: all below `next`. Those of `empty`, if any, hold no message. */
interface Progress {
  topic: string;
  partition: number;
  next: string;
  empty: EmptyStretch | null;
}

const after = (offset: string): string => String(BigInt(offset) + 1n);

const nameOf = ({ topic, partition }: { topic: string; partition: number }): string => `${topic}:${partition}`;

/** Commits how far partitions have come, all of them at once and a little later. */
class Commits {
  readonly #consumer: Consumer;
  readonly #reading: Reading;
  #progress = new Map<string, Progress>();
  /** By partition of this member, up to where it has committed. */
  #committed = new Map<string, bigint>();
  #assigned = new Set<string>();
  #memberId = '';
  /** The latest stretch without a message of each partition. */
  readonly #empty = new Map<string, EmptyStretch>();
  #timer: NodeJS.Timeout | null = null;
  #committing = false;

  constructor(consumer: Consumer, reading: Reading) {
    this.#consumer = consumer;
    this.#reading = reading;
    // kafkajs resolves what holds no message, and goes on.
    consumer.on('consumer.start_batch_process', ({ payload }) => {
      const { topic, partition, batchSize, firstOffset, lastOffset } = payload;
      if (batchSize > 0 || !firstOffset) return;
      const empty = { topic, partition, from: this.#begin({ topic, partition }, firstOffset), last: lastOffset };
      this.#empty.set(nameOf(empty), empty);
      this.#note({ topic, partition, next: after(lastOffset), empty });
    });
    // Another member may have gone on where this one stopped. What stays with this one is carried for good, and need not be read
    // again; unless it was out of the group meanwhile, after which it has another id.
    consumer.on('consumer.group_join', ({ payload: { memberAssignment, memberId } }) => {
      if (memberId !== this.#memberId) this.forget();
      this.#memberId = memberId;
      this.#assigned = new Set(
        Object.entries(memberAssignment).flatMap(([topic, partitions]) =>
          partitions.map((partition) => nameOf({ topic, partition })),
        ),
      );
      this.#progress = new Map([...this.#progress].filter(([name]) => this.#assigned.has(name)));
      this.#committed = new Map([...this.#committed].filter(([name]) => this.#assigned.has(name)));
      this.#schedule();
    });
    // A consumer that is just being restarted resolves a commit without making it, so this tells what was made.
    consumer.on('consumer.commit_offsets', ({ payload: { topics } }) => {
      for (const { topic, partitions } of topics)
        for (const { partition, offset } of partitions) this.#confirm(nameOf({ topic, partition }), offset);
    });
  }

  /** The first offset that a batch covers: that of the stretch without a message right before it, if there is one. */
  beginningOf(batch: EachBatchPayload['batch']): string {
    return this.#begin(batch, batch.firstOffset() ?? batch.lastOffset());
  }

  carried(topic: string, partition: number, next: string): void {
    this.#note({ topic, partition, next, empty: null });
  }

  /** Commits nothing of what was carried until now. */
  forget(): void {
    if (this.#timer) clearTimeout(this.#timer);
    this.#timer = null;
    this.#progress = new Map();
    this.#committed = new Map();
  }

  #begin(partition: { topic: string; partition: number }, first: string): string {
    const before = this.#empty.get(nameOf(partition));
    return before && after(before.last) === first ? before.from : first;
  }

  #confirm(name: string, next: string): void {
    if (!this.#assigned.has(name)) return;
    this.#committed.set(name, BigInt(next));
    if (this.#progress.get(name)?.next === next) this.#progress.delete(name);
  }

  /** Not of a batch from before a rebalance: it would take back what was committed since, here or by another member. */
  #note(progress: Progress): void {
    const name = nameOf(progress);
    if (!this.#assigned.has(name) || BigInt(progress.next) <= (this.#committed.get(name) ?? -1n)) return;
    this.#progress.set(name, progress);
    this.#schedule();
  }

  /** One commit at a time: a second one might arrive before the first. */
  #schedule(): void {
    if (this.#committing || this.#progress.size === 0) return;
    this.#timer ??= setTimeout(() => {
      this.#timer = null;
      this.#committing = true;
      void this.#commit([...this.#progress.values()]).finally(() => {
        this.#committing = false;
        this.#schedule();
      });
    }, commitMs);
  }

  async #commit(progress: Progress[]): Promise<void> {
    try {
      await Promise.all(progress.flatMap(({ empty }) => (empty ? [this.#reading.onEmpty(empty)] : [])));
      // The group may have been joined anew meanwhile, and some of these partitions be another member's.
      const ours = progress.filter((one) => this.#progress.get(nameOf(one)) === one);
      if (ours.length === 0) return;
      await this.#consumer.commitOffsets(
        ours.map(({ topic, partition, next }) => ({ topic, partition, offset: next })),
      );
    } catch (error) {
      this.#reading.log.debug({ err: error }, 'committing offsets failed; it is tried again in a moment');
    }
  }
}
