import { setTimeout as delay } from 'node:timers/promises';
import type { default as Broker, Identity } from 'kafkajs/src/broker/index.js';
import type Cluster from 'kafkajs/src/cluster/index.js';
import type { IHeaders, Kafka } from './client.ts';
import kafkajs, { clusterOf, readFetched } from './kafkajs.ts';
import type { OutgoingRecord } from './outgoing-record.ts';
import { partitionOf } from './partitioner.ts';

/**
 * A partition forgets an epoch in which nothing was written for a day, and Kafka's coordinator a name after a week. So
 * whoever was opened longer ago than this has to be opened again, which marks all partitions anew.
 */
const validMs = 12 * 3_600_000;
/** Longer than Kafka takes to give up a transaction of somebody who died, for whose end `newest` may have to wait. */
const patienceMs = 30_000;
const transactionMs = 10_000;
/** Kafka gives a new id to whoever comes to epoch 32,766, and partitions compare only epochs of the same id. */
const highestEpoch = 32_700;
/** How often to ask for what takes Kafka a few milliseconds. */
const askMs = 5;
const fetchBytes = 4 * 1024 * 1024;
/**
 * Batches with fewer characters of values are not compressed. Each compression takes memory outside of the heap, for which V8
 * collects all garbage: at 100 orders a second once a second, 10 to 20 ms each time, in whoever writes and whoever reads.
 */
const compressedFrom = 16 * 1024;

// Numbers of Kafka's protocol.
const ofTransactions = 1;
const [readUncommitted, readCommitted] = [0, 1];
const [earliest, latest] = [-2, -1];

interface Partition {
  topic: string;
  partition: number;
  /** The id of the broker that led it when the producer was opened. Another one may lack a mark: nothing is sent to it. */
  leader: number;
  /** Which number Kafka expects the next record to have. */
  sequence: number;
}

interface Session {
  cluster: Cluster;
  identity: Identity;
  /** Those that were there when it was opened. */
  partitions: Map<string, Partition[]>;
  validUntil: number;
}

const passing = new Set(['CONCURRENT_TRANSACTIONS', 'GROUP_LOAD_IN_PROGRESS']);

/** Asks again while Kafka's coordinator still writes the end of the transaction before, or reads what it has. */
const whenReady = async <T>(ask: () => Promise<T>): Promise<T> => {
  for (const until = Date.now() + patienceMs; ; await delay(askMs)) {
    try {
      return await ask();
    } catch (error) {
      const type = error instanceof Error && 'type' in error ? String(error.type) : '';
      if (!passing.has(type) || Date.now() > until) throw error;
    }
  }
};

const compressionFor = (records: OutgoingRecord[]): number => {
  const { None, ZSTD } = kafkajs.CompressionTypes;
  const size = records.reduce((sum, { value }) => sum + (value?.length ?? 0), 0);
  return size < compressedFrom ? None : ZSTD;
};

const topicDataOf = (parts: [Partition, OutgoingRecord[]][]) =>
  [...Map.groupBy(parts, ([{ topic }]) => topic)].map(([topic, ofTopic]) => ({
    topic,
    partitions: ofTopic.map(([{ partition, sequence }, messages]) => ({
      partition,
      firstSequence: sequence,
      messages,
    })),
  }));

const checkValid = ({ validUntil }: Session): void => {
  if (Date.now() >= validUntil) throw new Error('the producer was opened too long ago');
};

/**
 * Sends batches of records to some topics, one batch after the other. Of all producers of one name only the one that was
 * opened last can write: each partition has a mark of its epoch, and takes nothing of a lower one.
 *
 * A batch is one request to each broker and no transaction, because no reader needs what a batch has in several partitions at
 * the same moment. So a batch that failed, or whose sender died, may be in some partitions and not in others. What is there is
 * all that there will ever be of it once another producer is open, and `newest` tells what that is.
 */
export class FencedProducer {
  readonly #kafka: Kafka;
  readonly #name: string;
  readonly #topics: string[];
  #cluster: Cluster | null = null;
  #session: Session | null = null;

  constructor(kafka: Kafka, name: string, topics: string[]) {
    this.#kafka = kafka;
    this.#name = name;
    this.#topics = topics;
  }

  /** False before `open`, after a batch that failed, and after half a day. */
  get isOpen(): boolean {
    return this.#session !== null && Date.now() < this.#session.validUntil;
  }

  /** Shuts out earlier producers of this name, whose records are in Kafka by then or will never be. */
  async open(): Promise<void> {
    await this.close();
    const validUntil = Date.now() + validMs;
    const cluster = clusterOf(this.#kafka);
    this.#cluster = cluster;
    await cluster.connect();
    await cluster.addMultipleTargetTopics(this.#topics);
    const partitions = new Map(
      this.#topics.map((topic) => [
        topic,
        cluster
          .findTopicPartitionMetadata(topic)
          .map(({ partitionId, leader }) => ({ topic, partition: partitionId, leader, sequence: 0 }))
          .toSorted((one, other) => one.partition - other.partition),
      ]),
    );
    const identity = await this.#mark(cluster, partitions);
    this.#session = { cluster, identity, partitions, validUntil };
  }

  /**
   * Resolves once all in-sync replicas have every record. On a rejection a partition has all of its records or none of them
   * by the time that a producer of this name is open again; this one is not.
   */
  async send(records: OutgoingRecord[]): Promise<void> {
    const session = this.#takeSession();
    const { cluster, identity, partitions } = session;
    const compression = compressionFor(records);
    const byPartition = Map.groupBy(records, ({ topic, key }) => {
      const ofTopic = partitions.get(topic) ?? [];
      const partition = ofTopic[partitionOf(key, ofTopic.length)];
      if (!partition) throw new Error(`the producer was not opened for ${topic}`);
      return partition;
    });
    const produce = async (leader: number, parts: [Partition, OutgoingRecord[]][]): Promise<void> => {
      const broker = await cluster.findBroker({ nodeId: leader });
      checkValid(session);
      await broker.produce({ ...identity, acks: -1, compression, topicData: topicDataOf(parts) });
    };
    const byLeader = Map.groupBy(byPartition, ([{ leader }]) => leader);
    await Promise.all([...byLeader].map(([leader, parts]) => produce(leader, parts)));
    for (const [partition, { length }] of byPartition) partition.sequence += length;
    this.#session = session;
  }

  /**
   * Of each partition the ids of the newest records, as `idOf` reads them from their headers: at least `count`, or all that it
   * has. Records without one are passed over.
   */
  async newest(count: number, idOf: (headers: IHeaders) => string | null): Promise<string[]> {
    const session = this.#takeSession();
    const found: string[] = [];
    // One after the other: kafkajs 2.2.4 opens a connection for each of those who ask a broker before it is connected.
    for (const partition of [...session.partitions.values()].flat()) {
      const broker = await session.cluster.findBroker({ nodeId: partition.leader });
      found.push(...(await newestOf(broker, partition, count, idOf)));
    }
    this.#session = session;
    return found;
  }

  async close(): Promise<void> {
    const cluster = this.#cluster;
    this.#cluster = null;
    this.#session = null;
    await cluster?.disconnect();
  }

  /** Nobody else has it until it is given back, which does not happen after a failure. */
  #takeSession(): Session {
    const session = this.#session;
    if (!session) throw new Error('the producer is not open');
    checkValid(session);
    this.#session = null;
    return session;
  }

  /**
   * Leaves a mark of a new epoch in every partition: the commit of a transaction without records. The second time that this end is
   * asked for, Kafka answers when all marks are written.
   */
  async #mark(cluster: Cluster, partitions: Map<string, Partition[]>): Promise<Identity> {
    const coordinator = await cluster.findGroupCoordinator({ groupId: this.#name, coordinatorType: ofTransactions });
    const transactionalId = this.#name;
    const topics = [...partitions].map(([topic, all]) => ({ topic, partitions: all.map((one) => one.partition) }));
    let identity: Identity;
    do {
      identity = await whenReady(() =>
        coordinator.initProducerId({ transactionalId, transactionTimeout: transactionMs }),
      );
      const transaction = { transactionalId, producerId: identity.producerId, producerEpoch: identity.producerEpoch };
      await whenReady(() => coordinator.addPartitionsToTxn({ ...transaction, topics }));
      for (let asked = 0; asked < 2; asked += 1)
        await whenReady(() => coordinator.endTxn({ ...transaction, transactionResult: true }));
    } while (identity.producerEpoch >= highestEpoch);
    return { producerId: identity.producerId, producerEpoch: identity.producerEpoch };
  }
}

const newestOf = async (
  broker: Broker,
  { topic, partition }: Partition,
  count: number,
  idOf: (headers: IHeaders) => string | null,
): Promise<string[]> => {
  const offsetAt = async (timestamp: number): Promise<bigint> => {
    const wanted = { isolationLevel: readUncommitted, topics: [{ topic, partitions: [{ partition, timestamp }] }] };
    const { responses } = await broker.listOffsets(wanted);
    const found = responses[0]?.partitions[0];
    if (!found) throw new Error(`Kafka does not tell the offsets of ${topic}/${partition}`);
    return BigInt(found.offset);
  };
  const first = await offsetAt(earliest);
  const until = Date.now() + patienceMs;
  const ids: string[] = [];
  /** From the end backwards, in stretches that grow, because marks and records without an id have offsets too. */
  for (let end = await offsetAt(latest), stretch = BigInt(count); end > first && ids.length < count; stretch *= 2n) {
    const start = end - stretch > first ? end - stretch : first;
    for (let at = start; at < end;) {
      if (Date.now() > until) throw new Error(`${topic}/${partition} was not read in time`);
      const wanted = { partition, fetchOffset: String(at), maxBytes: fetchBytes };
      const { responses } = await broker.fetch({
        isolationLevel: readCommitted,
        maxWaitTime: 100,
        topics: [{ topic, partitions: [wanted] }],
      });
      const fetched = responses[0]?.partitions[0];
      if (!fetched) throw new Error(`Kafka gives nothing of ${topic}/${partition}`);
      const { records, next } = readFetched(topic, at, fetched);
      for (const { offset, headers } of records) {
        const id = BigInt(offset) < end ? idOf(headers) : null;
        if (id !== null) ids.push(id);
      }
      at = next;
    }
    end = start;
  }
  return ids;
};
