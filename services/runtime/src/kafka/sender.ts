import type { Producer } from 'kafkajs';
import type { Kafka } from './client.ts';
import kafkajs from './kafkajs.ts';
import type { OutgoingRecord } from './outgoing-record.ts';
import { byKey } from './partitioner.ts';

/**
 * Sends records one after the other. kafkajs' idempotent producer can lose acknowledged records when sends overlap, and
 * cannot go on after a broken sequence, so every failure throws its producer away; the caller sends again.
 *
 * Given records for several partitions, kafkajs 2.2.4 asks all brokers at once and starts over when one of them fails. It
 * then writes the records of a broker that has not answered yet a second time, under new sequence numbers, so that Kafka
 * cannot tell they are the same. And it forgets the records of a partition whose leadership has moved to a broker that had
 * answered before, and reports success.
 */
export class Sender {
  readonly #kafka: Kafka;
  #producer: Producer | null = null;
  #last: Promise<unknown> = Promise.resolve();

  constructor(kafka: Kafka) {
    this.#kafka = kafka;
  }

  /** Resolves once all in-sync replicas have every record. On a rejection some may have been written. */
  send(records: OutgoingRecord[]): Promise<void> {
    const sent = this.#last.then(() => this.#send(records));
    this.#last = sent.catch(() => undefined);
    return sent;
  }

  async close(): Promise<void> {
    const producer = this.#producer;
    this.#producer = null;
    await producer?.disconnect();
  }

  async #send(records: OutgoingRecord[]): Promise<void> {
    try {
      this.#producer ??= await this.#connect();
      for (const { topic, ...message } of records)
        await this.#producer.send({ topic, acks: -1, compression: kafkajs.CompressionTypes.ZSTD, messages: [message] });
    } catch (error) {
      await this.close();
      throw error;
    }
  }

  async #connect(): Promise<Producer> {
    const producer = this.#kafka.producer({
      idempotent: true,
      maxInFlightRequests: 1,
      allowAutoTopicCreation: false,
      createPartitioner: byKey,
    });
    await producer.connect();
    return producer;
  }
}
