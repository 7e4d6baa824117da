import { aggregates } from '@live-orders/contracts/domain/aggregates.ts';
import { order } from '@live-orders/contracts/domain/orders.ts';
import { connectKafka, type Kafka, type KafkaMessage } from '@live-orders/runtime/kafka/client.ts';
import { retry } from '@live-orders/runtime/process/backoff.ts';
import { createLog } from '@live-orders/runtime/process/log.ts';
import { readTopic } from '@live-orders/runtime/kafka/topic-reader.ts';
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
  /** The record as Kafka gave it, for faults that write it again. */
  message: KafkaMessage;
}

const recordValue = z.object(order.shape).pick({ id: true, version: true, status: true, internal_note: true });

const log = createLog('laboratory', 'silent');

/** The topic of orders as its consumers see it, round by round. */
export class TopicReader {
  /** By order, in the order of the partition. */
  readonly records = new Map<string, OrderRecord[]>();
  /** Orders of which an event was read a second time. */
  readonly repeated: string[] = [];
  /** The offset of the newest record that was read, by partition. */
  readonly newest = new Map<number, number>();
  readonly #kafka: Kafka;
  readonly #seen = new Set<string>();

  constructor(brokers: string[]) {
    const settings = { KAFKA_BROKERS: brokers, KAFKA_PREFIX: '', KAFKA_PARTITIONS: 3, KAFKA_REPLICATION: 3 };
    this.#kafka = connectKafka(settings, 'laboratory', log);
  }

  get kafka(): Kafka {
    return this.#kafka;
  }

  of(id: string): OrderRecord[] {
    return this.records.get(id) ?? [];
  }

  /** Reads what is committed and was taken at `since` or later; what was read before is not taken twice. */
  async read(since: Date, signal: AbortSignal): Promise<void> {
    const excerpt = { topic: aggregates.order.topic, groupPrefix: 'laboratory.', since: since.getTime() };
    const take = (message: KafkaMessage, partition: number): void => this.#take(message, partition);
    // kafkajs gives up where a group's coordinator has just moved, as it may after a fault of the round.
    await retry('reading the orders', () => readTopic(this.#kafka, excerpt, take, signal), { log, signal, limit: 5 });
  }

  #take(message: KafkaMessage, partition: number): void {
    const { offset, value, headers, timestamp } = message;
    const place = `${partition}:${offset}`;
    if (this.#seen.has(place)) return;
    this.#seen.add(place);
    this.newest.set(partition, Math.max(Number(offset), this.newest.get(partition) ?? 0));
    const { id, version, status, internal_note } = recordValue.parse(JSON.parse(String(value)));
    const records = this.records.get(id) ?? [];
    this.records.set(id, records);
    const eventId = String(headers?.ce_id);
    if (records.some((record) => record.eventId === eventId)) this.repeated.push(id);
    records.push({
      partition,
      offset: Number(offset),
      eventId,
      committedAt: String(headers?.ce_time),
      at: Number(timestamp),
      version,
      status,
      internalNote: internal_note ?? null,
      message,
    });
  }
}
