import { BatchProducer, type OutgoingRecord } from './batch-producer.ts';
import type { Kafka } from './client.ts';

/**
 * Sends batches one after the other. kafkajs' idempotent producer can lose acknowledged records when sends overlap,
 * and cannot go on after a broken sequence, so every failure throws its producer away; the caller sends again.
 */
export class Sender {
  readonly #kafka: Kafka;
  #producer: BatchProducer | null = null;

  constructor(kafka: Kafka) {
    this.#kafka = kafka;
  }

  /** Resolves once all in-sync replicas have every record. On rejection some may have been written. */
  async send(records: OutgoingRecord[]): Promise<void> {
    try {
      this.#producer ??= await BatchProducer.connect(this.#kafka);
      await this.#producer.send(records);
    } catch (error) {
      await this.close();
      throw error;
    }
  }

  async close(): Promise<void> {
    const producer = this.#producer;
    this.#producer = null;
    await producer?.disconnect();
  }
}
