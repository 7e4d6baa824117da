import type { Transaction } from 'kafkajs';
import { BatchProducer, type OutgoingRecord } from './batch-producer.ts';
import type { Kafka } from './client.ts';
import { readNote } from './offsets.ts';

/**
 * Sends batches one after the other, each in a transaction of its own and with a note of what it was. Of all senders of
 * one name only the one that was opened last can write: opening ends what an earlier one had under way, and Kafka
 * refuses whatever comes from that one later.
 */
export class FencedSender {
  readonly #kafka: Kafka;
  readonly #name: string;
  readonly #noteTopic: string;
  #producer: BatchProducer | null = null;
  #transaction: Transaction | null = null;

  /** `noteTopic` exists; the notes are in the offsets of the consumer group `name` on it. */
  constructor(kafka: Kafka, name: string, noteTopic: string) {
    this.#kafka = kafka;
    this.#name = name;
    this.#noteTopic = noteTopic;
  }

  /**
   * Shuts out earlier senders of this name. They may have sent until this moment, so the caller reads afterwards what
   * is left to send.
   */
  async open(): Promise<void> {
    if (this.#transaction) return;
    await this.close();
    this.#producer = await BatchProducer.connect(this.#kafka, this.#name);
    this.#transaction = await this.#producer.transaction();
  }

  /** The note of the last batch that a sender of this name has committed; null when there is none. */
  lastNote(): Promise<string | null> {
    return readNote(this.#kafka, this.#name, this.#noteTopic);
  }

  /**
   * Resolves once consumers can read every record. On a rejection the batch is in Kafka as a whole or not at all; the
   * sender has to be opened again, and then `lastNote` tells which.
   */
  async send(records: OutgoingRecord[], note: string): Promise<void> {
    const transaction = this.#transaction;
    const producer = this.#producer;
    if (!transaction || !producer) throw new Error('the sender is not open');
    this.#transaction = null;
    await producer.send(records, transaction);
    const partitions = [{ partition: 0, offset: '0', metadata: note }];
    await transaction.sendOffsets({ consumerGroupId: this.#name, topics: [{ topic: this.#noteTopic, partitions }] });
    await transaction.commit();
    this.#transaction = await producer.transaction();
  }

  async close(): Promise<void> {
    const producer = this.#producer;
    this.#producer = null;
    this.#transaction = null;
    await producer?.disconnect();
  }
}
