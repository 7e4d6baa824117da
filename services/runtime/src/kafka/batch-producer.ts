import type { IHeaders, Kafka, PartitionMetadata, Producer, Transaction } from 'kafkajs';
import { withAdmin } from './client.ts';
import kafkajs from './kafkajs.ts';

/** A record that is to be sent; its partition follows from its key. */
export interface OutgoingRecord {
  topic: string;
  key: string | Buffer | null;
  value: string | Buffer | null;
  headers: IHeaders;
}

/**
 * A connected producer that sends to one partition at a time. Given records for several partitions, kafkajs 2.2.4 asks
 * all brokers at once and starts over when one of them fails. It then writes the records of a broker that has not
 * answered yet a second time, under new sequence numbers, so that Kafka cannot tell they are the same. And it forgets
 * the records of a partition whose leadership has moved to a broker that had answered before, and reports success.
 */
export class BatchProducer {
  readonly #kafka: Kafka;
  readonly #producer: Producer;
  readonly #partitions = new Map<string, PartitionMetadata[]>();
  readonly #choose = kafkajs.Partitioners.DefaultPartitioner();

  private constructor(kafka: Kafka, producer: Producer) {
    this.#kafka = kafka;
    this.#producer = producer;
  }

  /**
   * An idempotent producer; with `transactionalId` one for transactions, of which Kafka lets only the latest of that id
   * write.
   */
  static async connect(kafka: Kafka, transactionalId?: string): Promise<BatchProducer> {
    const producer = kafka.producer({
      maxInFlightRequests: 1,
      allowAutoTopicCreation: false,
      createPartitioner: kafkajs.Partitioners.DefaultPartitioner,
      ...(transactionalId
        ? {
            transactionalId,
            transactionTimeout: 10_000,
            // Kafka refuses a new transaction until the end of the one before is written, which takes milliseconds.
            retry: { initialRetryTime: 5, multiplier: 1.5, maxRetryTime: 1_000, retries: 12 },
          }
        : { idempotent: true }),
    });
    await producer.connect();
    return new BatchProducer(kafka, producer);
  }

  transaction(): Promise<Transaction> {
    return this.#producer.transaction();
  }

  /**
   * Sends the records, by itself or in a transaction of this producer; resolves once all in-sync replicas have each. On
   * a rejection some may have been written.
   */
  async send(records: OutgoingRecord[], by: Pick<Producer, 'send'> = this.#producer): Promise<void> {
    for (const [topic, ofTopic] of Map.groupBy(records, (record) => record.topic)) {
      const partitionMetadata = await this.#partitionsOf(topic);
      const byPartition = Map.groupBy(ofTopic, (message) => this.#choose({ topic, partitionMetadata, message }));
      for (const [partition, messages] of byPartition) {
        await by.send({
          topic,
          acks: -1,
          compression: kafkajs.CompressionTypes.ZSTD,
          messages: messages.map(({ key, value, headers }) => ({ key, value, headers, partition })),
        });
      }
    }
  }

  disconnect(): Promise<void> {
    return this.#producer.disconnect();
  }

  async #partitionsOf(topic: string): Promise<PartitionMetadata[]> {
    const known = this.#partitions.get(topic);
    if (known) return known;
    const metadata = await withAdmin(this.#kafka, (admin) => admin.fetchTopicMetadata({ topics: [topic] }));
    const partitions = metadata.topics.flatMap((one) => one.partitions);
    this.#partitions.set(topic, partitions);
    return partitions;
  }
}
