import kafkajs, { type Kafka, type Producer, type ProducerBatch, type Transaction } from 'kafkajs';
import type { Outgoing } from './kafka.ts';

/** One request with all records, which every in-sync replica has to acknowledge. */
const batchOf = (records: Outgoing[]): ProducerBatch => ({
  acks: -1,
  compression: kafkajs.CompressionTypes.ZSTD,
  topicMessages: [...Map.groupBy(records, (record) => record.topic)].map(([topic, messages]) => ({
    topic,
    messages: messages.map(({ key, value, headers }) => ({ key, value, headers })),
  })),
});

/** A connected producer that takes a batch for sent only when all of it was. */
export class BatchProducer {
  readonly #producer: Producer;
  /** The partitions that the records of the batch under way belong into. */
  readonly #wanted: Set<string>;

  private constructor(producer: Producer, wanted: Set<string>) {
    this.#producer = producer;
    this.#wanted = wanted;
  }

  /** An idempotent one, or one for transactions under a name, of which Kafka lets only the latest write. */
  static async connect(kafka: Kafka, transactionalId?: string): Promise<BatchProducer> {
    const wanted = new Set<string>();
    const producer = kafka.producer({
      maxInFlightRequests: 1,
      allowAutoTopicCreation: false,
      createPartitioner: () => {
        const choose = kafkajs.Partitioners.DefaultPartitioner();
        return (record) => {
          const partition = choose(record);
          wanted.add(`${record.topic}:${partition}`);
          return partition;
        };
      },
      ...(transactionalId
        ? {
            transactionalId,
            transactionTimeout: 10_000,
            // A transaction right after another is refused until that one's end is written, which takes milliseconds.
            retry: { initialRetryTime: 5, multiplier: 1.5, maxRetryTime: 1_000, retries: 12 },
          }
        : { idempotent: true }),
    });
    await producer.connect();
    return new BatchProducer(producer, wanted);
  }

  transaction(): Promise<Transaction> {
    return this.#producer.transaction();
  }

  /**
   * Sends one batch, by itself or in a transaction of this producer. Rejects also when kafkajs left out a part without a
   * word: it asks each broker once, so that a partition whose leadership moves meanwhile to a broker which has answered
   * already is never sent, and the batch passes for sent.
   */
  async send(records: Outgoing[], by: Pick<Producer, 'sendBatch'> = this.#producer): Promise<void> {
    this.#wanted.clear();
    const acknowledged = await by.sendBatch(batchOf(records));
    for (const { topicName, partition } of acknowledged) this.#wanted.delete(`${topicName}:${partition}`);
    if (this.#wanted.size > 0) throw new Error(`kafka left out ${[...this.#wanted].join(', ')}`);
  }

  disconnect(): Promise<void> {
    return this.#producer.disconnect();
  }
}
