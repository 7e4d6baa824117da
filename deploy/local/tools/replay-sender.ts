import { randomUUID } from 'node:crypto';
import { type Kafka, withAdmin } from '@live-orders/runtime/kafka/client.ts';
import kafkajs from '@live-orders/runtime/kafka/kafkajs.ts';
import type { OutgoingRecord } from '@live-orders/runtime/kafka/outgoing-record.ts';
import { byKey } from '@live-orders/runtime/kafka/partitioner.ts';
import { readBetween } from '@live-orders/runtime/kafka/topic-reader.ts';

type Producer = ReturnType<Kafka['producer']>;
type Transaction = Awaited<ReturnType<Producer['transaction']>>;

/** How many offsets before the mark are read for the last note, before all are. Each note takes two, and so does each failure. */
const nearOffsets = 100n;
const readMs = 15_000;

/**
 * Sends dead letters again, each in a transaction of its own and with a note of which letters were tried. Of all senders of
 * one name only the one that was opened last can write: opening ends what an earlier one had under way, and Kafka
 * refuses whatever comes from that one later. The relay has no notes: it finds what it has sent at the ends of its topics, which
 * a replay cannot, because the relay writes there all the time.
 */
export class ReplaySender {
  readonly #kafka: Kafka;
  readonly #name: string;
  readonly #notes: string;
  #producer: Producer | null = null;
  #transaction: Transaction | null = null;

  /** `notes` is a topic of one partition, of which Kafka keeps the newest record of each key. */
  constructor(kafka: Kafka, name: string, notes: string) {
    this.#kafka = kafka;
    this.#name = name;
    this.#notes = notes;
  }

  /**
   * Shuts out earlier senders of this name. They may have sent until this moment, so the caller reads afterwards what
   * is left to send.
   */
  async open(): Promise<void> {
    if (this.#transaction) return;
    await this.close();
    this.#producer = this.#kafka.producer({
      transactionalId: this.#name,
      transactionTimeout: 10_000,
      maxInFlightRequests: 1,
      allowAutoTopicCreation: false,
      createPartitioner: byKey,
      // A batch is sent once. When kafkajs 2.2.4 starts over because one of several brokers failed, it writes the records of
      // a broker that has not answered yet a second time, and forgets those of a partition that has moved to another broker.
      retry: { retries: 0 },
    });
    await this.#producer.connect();
    this.#transaction = await this.#producer.transaction();
  }

  /**
   * The note of the last batch that a sender of this name has committed; null when there is none. To be called once the
   * sender is open.
   *
   * A broker that has just taken over the notes may not show the newest of them for a while. So a mark is committed first, and
   * what was committed before it is read up to it.
   */
  async lastNote(): Promise<string | null> {
    const mark = { topic: this.#notes, key: `${this.#name} mark`, value: randomUUID(), headers: {} };
    const [written] = await this.#commit([mark]);
    if (!written?.baseOffset) throw new Error(`Kafka does not say where the mark on ${this.#notes} is`);
    const end = BigInt(written.baseOffset);
    const near = end > nearOffsets ? await this.#readNote(end - nearOffsets, end) : null;
    return near ?? (await this.#readNote(0n, end));
  }

  /**
   * Resolves once Kafka has record and note for good. On a rejection it has both or neither; the sender has to be opened again,
   * and then `lastNote` tells which.
   */
  async send(record: OutgoingRecord, note: string): Promise<void> {
    await this.#commit([record, { topic: this.#notes, key: this.#name, value: note, headers: {} }]);
  }

  async close(): Promise<void> {
    const producer = this.#producer;
    this.#producer = null;
    this.#transaction = null;
    await producer?.disconnect();
  }

  async #commit(records: OutgoingRecord[]): ReturnType<Transaction['sendBatch']> {
    const transaction = this.#transaction;
    const producer = this.#producer;
    if (!transaction || !producer) throw new Error('the sender is not open');
    this.#transaction = null;
    const byTopic = Map.groupBy(records, (record) => record.topic);
    const written = await transaction.sendBatch({
      acks: -1,
      compression: kafkajs.CompressionTypes.ZSTD,
      topicMessages: [...byTopic].map(([name, ofTopic]) => ({ topic: name, messages: ofTopic })),
    });
    await transaction.commit();
    this.#transaction = await producer.transaction();
    return written;
  }

  /** The last note from `start` up to `end`, which is the mark's offset. */
  async #readNote(start: bigint, end: bigint): Promise<string | null> {
    let note: string | null = null;
    await readBetween(
      this.#kafka,
      { topic: this.#notes, groupPrefix: `${this.#name}.` },
      new Map([[0, { start: String(start), end: end + 1n }]]),
      ({ key, value }) => {
        if (key?.toString() === this.#name) note = value?.toString() ?? null;
      },
      AbortSignal.timeout(readMs),
    );
    return note;
  }
}

/**
 * The text that release 0.1 committed with a group's offset on partition 0 of a topic, where senders kept their notes; null
 * where there is none.
 */
export const readFormerNote = (kafka: Kafka, groupId: string, topic: string): Promise<string | null> =>
  withAdmin(kafka, async (admin) => {
    // Without naming the topic, which a deployment that began later has not.
    const offsets = await admin.fetchOffsets({ groupId });
    const { partitions = [] } = offsets.find((one) => one.topic === topic) ?? {};
    return partitions.find(({ partition }) => partition === 0)?.metadata ?? null;
  });
