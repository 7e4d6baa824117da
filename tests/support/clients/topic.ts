import { order } from '@live-orders/contracts/domain/orders.ts';
import { aggregates } from '@live-orders/contracts/domain/aggregates.ts';
import { connectKafka, type Kafka } from '@live-orders/runtime/kafka/client.ts';
import { createLog } from '@live-orders/runtime/process/log.ts';
import { readTopic } from '@live-orders/runtime/kafka/topic-reader.ts';
import type { Territory } from '../system/system.ts';

/** A client of the Kafka of a territory, and the settings that it has there. */
export const kafkaOf = ({ kafkaBrokers, prefix }: Pick<Territory, 'kafkaBrokers' | 'prefix'>) => {
  const settings = { KAFKA_BROKERS: [kafkaBrokers], KAFKA_PREFIX: prefix, KAFKA_PARTITIONS: 3, KAFKA_REPLICATION: 1 };
  const kafka: Kafka = connectKafka(settings, 'test', createLog('test', 'silent'));
  return { kafka, settings };
};

/** The versions of each order as a consumer of `orders.v1` sees them, in the order in which they come. */
export const orderVersions = async (territory: Territory): Promise<Map<string, number[]>> => {
  const versions = new Map<string, number[]>();
  await readTopic(
    kafkaOf(territory).kafka,
    { topic: `${territory.prefix}${aggregates.order.topic}`, groupPrefix: `${territory.prefix}test.` },
    ({ value }) => {
      const { id, version } = order.pick({ id: true, version: true }).parse(JSON.parse(String(value)));
      versions.set(id, [...(versions.get(id) ?? []), version]);
    },
    AbortSignal.timeout(20_000),
  );
  return versions;
};
