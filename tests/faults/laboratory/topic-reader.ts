import { topics } from '@live-orders/contracts/events.ts';
import { order } from '@live-orders/contracts/orders.ts';
import { connectKafka, type EachBatchPayload, type Kafka, type KafkaMessage } from '@live-orders/runtime/kafka.ts';
import { createLog } from '@live-orders/runtime/log.ts';
import { setTimeout as delay } from 'node:timers/promises';
import { z } from 'zod';

/** A record of `orders.v1`. */
export interface OrderRecord {
  partition: number;
  offset: number;
  eventId: string;
  committedAt: string;
  /** When Kafka took it, ms. */
  at: number;
  version: number;
  status: string;
  internalNote: string | null;
  /** As it was read, so that it can be written again. */
  message: KafkaMessage;
}

const recordValue = z.object(order.shape).pick({ id: true, version: true, status: true, internal_note: true });

/** Reads the whole topic of orders, what is committed of it, from where it was last. */
export class TopicReader {
  /** By order, in the order of the partition. */
  readonly records = new Map<string, OrderRecord[]>();
  readonly #kafka: Kafka;
  readonly #seen = new Set<string>();

  constructor(brokers: string[]) {
    const settings = { KAFKA_BROKERS: brokers, KAFKA_PREFIX: '', KAFKA_PARTITIONS: 3, KAFKA_REPLICATION: 3 };
    this.#kafka = connectKafka(settings, 'laboratory', createLog('laboratory', 'silent'));
  }

  get kafka(): Kafka {
    return this.#kafka;
  }

  of(id: string): OrderRecord[] {
    return this.records.get(id) ?? [];
  }

  /** Reads until `enough`, or until the signal; the caller looks what is there. */
  async readUntil(enough: () => boolean, signal: AbortSignal): Promise<void> {
    if (enough()) return;
    const consumer = this.#kafka.consumer({ groupId: 'laboratory', maxWaitTimeInMs: 100, sessionTimeout: 10_000 });
    try {
      await consumer.connect();
      await consumer.subscribe({ topics: [topics.order], fromBeginning: true });
      await consumer.run({ autoCommit: true, eachBatch: (payload) => this.#take(payload) });
      while (!enough() && !signal.aborted) await delay(20);
    } finally {
      await consumer.disconnect();
    }
  }

  async #take({ batch, resolveOffset, heartbeat }: EachBatchPayload): Promise<void> {
    for (const message of batch.messages) {
      const { offset, value, headers, timestamp } = message;
      const place = `${batch.partition}:${offset}`;
      resolveOffset(offset);
      if (this.#seen.has(place)) continue;
      this.#seen.add(place);
      const { id, version, status, internal_note } = recordValue.parse(JSON.parse(String(value)));
      const records = this.records.get(id) ?? [];
      this.records.set(id, records);
      records.push({
        partition: batch.partition,
        offset: Number(offset),
        eventId: String(headers?.ce_id),
        committedAt: String(headers?.ce_time),
        at: Number(timestamp),
        version,
        status,
        internalNote: internal_note ?? null,
        message,
      });
    }
    await heartbeat();
  }
}
