import { randomUUID } from 'node:crypto';
import { setTimeout as delay } from 'node:timers/promises';
import type { Producer, Transaction } from 'kafkajs';
import type { Kafka } from './client.ts';
import kafkajs from './kafkajs.ts';
import type { OutgoingRecord } from './outgoing-record.ts';
import { byKey } from './partitioner.ts';
import { readNotes } from './offsets.ts';

/** How often a transaction is begun, 2 ms apart at first: Kafka refuses one until the end of the one before is written. */
const beginTries = 40;
/** How often it is looked whether a mark can be read, which takes milliseconds unless brokers have just failed. */
const markTries = 20;

/**
 * Sends batches one after the other, each in a transaction of its own and with a note of what it was. Of all senders of
 * one name only the one that was opened last can write: opening ends what an earlier one had under way, and Kafka
 * refuses whatever comes from that one later.
 */
export class FencedSender {
  readonly #kafka: Kafka;
  readonly #name: string;
  readonly #topics: { notes: string; marks: string };
  #producer: Producer | null = null;
  #transaction: Transaction | null = null;

  /** Both topics exist; the notes and the marks are in the offsets of the consumer group `name` on them. */
  constructor(kafka: Kafka, name: string, topics: { notes: string; marks: string }) {
    this.#kafka = kafka;
    this.#name = name;
    this.#topics = topics;
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
   * sender is open and before it sends: right after a batch Kafka refuses another transaction for some milliseconds.
   *
   * A broker that has just become the group's coordinator answers with older offsets until it knows how much the other
   * replicas have: after a kill, 4 of 20 reads missed the last note, for up to 0.7 s (Kafka 4.1.1). So a mark is committed
   * first, and an answer that shows the mark shows everything that was committed before it.
   */
  async lastNote(): Promise<string | null> {
    const mark = randomUUID();
    await this.#commit(this.#topics.marks, mark);
    for (let tries = 1; tries <= markTries; tries += 1) {
      const [note = null, seen] = await readNotes(this.#kafka, this.#name, [this.#topics.notes, this.#topics.marks]);
      if (seen === mark) return note;
      await delay(10 * tries);
    }
    throw new Error(`the group ${this.#name} does not show the mark that was committed`);
  }

  /**
   * Resolves once consumers can read every record. On a rejection the batch is in Kafka as a whole or not at all; the
   * sender has to be opened again, and then `lastNote` tells which.
   */
  send(records: OutgoingRecord[], note: string): Promise<void> {
    return this.#commit(this.#topics.notes, note, records);
  }

  async close(): Promise<void> {
    const producer = this.#producer;
    this.#producer = null;
    this.#transaction = null;
    await producer?.disconnect();
  }

  async #commit(topic: string, metadata: string, records: OutgoingRecord[] = []): Promise<void> {
    const transaction = this.#transaction;
    const producer = this.#producer;
    if (!transaction || !producer) throw new Error('the sender is not open');
    this.#transaction = null;
    await this.#begin(transaction, topic, metadata);
    if (records.length > 0) {
      const byTopic = Map.groupBy(records, (record) => record.topic);
      await transaction.sendBatch({
        acks: -1,
        compression: kafkajs.CompressionTypes.ZSTD,
        topicMessages: [...byTopic].map(([name, ofTopic]) => ({ topic: name, messages: ofTopic })),
      });
    }
    await transaction.commit();
    this.#transaction = await producer.transaction();
  }

  /**
   * Puts the note into the transaction, which begins by that. It comes before the records because it can be tried again:
   * of several brokers one might have taken records when another refuses the transaction.
   */
  async #begin(transaction: Transaction, topic: string, metadata: string): Promise<void> {
    const partitions = [{ partition: 0, offset: '0', metadata }];
    for (let tries = 1; ; tries += 1) {
      try {
        await transaction.sendOffsets({ consumerGroupId: this.#name, topics: [{ topic, partitions }] });
        return;
      } catch (error) {
        if (!isEarly(error) || tries >= beginTries) throw error;
        await delay(Math.min(2 * tries, 50));
      }
    }
  }
}

/** Whether the transaction before is still being ended. */
const isEarly = (error: unknown): boolean =>
  error instanceof Error && 'type' in error && error.type === 'CONCURRENT_TRANSACTIONS';
