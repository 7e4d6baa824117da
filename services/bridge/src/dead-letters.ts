import { type DeadLetterHeaders, deadLetterTopic } from '@live-orders/contracts/kafka/dead-letters.ts';
import type { Kafka, KafkaMessage } from '@live-orders/runtime/kafka/client.ts';
import { Sender } from '@live-orders/runtime/kafka/sender.ts';
import type { Log } from '@live-orders/runtime/process/log.ts';

/** A record that cannot be carried, where it was, and why. */
interface DeadLetter {
  topic: string;
  partition: number;
  message: KafkaMessage;
  reason: string;
}

/** Writes the topic of the records that the bridge cannot carry. */
export class DeadLetters {
  readonly #sender: Sender;
  readonly #topic: string;
  readonly #log: Log;

  constructor(kafka: Kafka, prefix: string, log: Log) {
    this.#sender = new Sender(kafka);
    this.#topic = `${prefix}${deadLetterTopic}`;
    this.#log = log;
  }

  /** Copies the record to the topic. When this rejects, its offset must not be committed, or the record would be lost. */
  async setAside({ topic, partition, message, reason }: DeadLetter): Promise<void> {
    const { offset, key, value, headers } = message;
    const origin: DeadLetterHeaders = {
      dlq_topic: topic,
      dlq_partition: String(partition),
      dlq_offset: offset,
      dlq_reason: reason,
    };
    try {
      await this.#sender.send([{ topic: this.#topic, key, value, headers: { ...headers, ...origin } }]);
    } catch (error) {
      throw new Error(`setting aside the record ${topic}:${partition}/${offset} in ${this.#topic}`, { cause: error });
    }
    const request_id = headers?.ce_requestid?.toString();
    this.#log.error(
      { topic, partition, offset, reason, request_id },
      'a record cannot be carried and went to the dead letters',
    );
  }

  close(): Promise<void> {
    return this.#sender.close();
  }
}
