import { afterEach, beforeEach, expect, inject, test, vi } from 'vitest';
import { createLog } from '../process/log.ts';
import { connectKafka, type Kafka, withAdmin } from './client.ts';
import { consume } from './consumer.ts';
import { FencedProducer } from './fenced-producer.ts';

const log = createLog('consumer', 'silent');
let kafka: Kafka;
let topic: string;
let stopping: AbortController;
let running: Promise<void>[];

beforeEach(async () => {
  const { kafkaBrokers } = inject('servers');
  const settings = { KAFKA_BROKERS: [kafkaBrokers], KAFKA_PREFIX: '', KAFKA_PARTITIONS: 2, KAFKA_REPLICATION: 1 };
  kafka = connectKafka(settings, 'consumer', log);
  topic = `consumed-${crypto.randomUUID()}`;
  stopping = new AbortController();
  running = [];
  await withAdmin(kafka, (admin) =>
    admin.createTopics({ topics: [{ topic, numPartitions: 2 }], waitForLeaders: true }),
  );
});

afterEach(async () => {
  stopping.abort();
  await Promise.all(running);
});

/** A member of the group, which tells the partitions that it reads records of. */
const join = (onEmpty: () => Promise<void>): Set<number> => {
  const read = new Set<number>();
  const reading = {
    ...{ groupId: topic, topics: [topic], log, onEmpty },
    eachBatch: async ({ batch, resolveOffset, carried }: Parameters<Parameters<typeof consume>[1]['eachBatch']>[0]) => {
      read.add(batch.partition);
      resolveOffset(batch.lastOffset());
      carried(String(BigInt(batch.lastOffset()) + 1n));
    },
  };
  running.push(consume(kafka, reading, stopping.signal));
  return read;
};

const committed = (): Promise<string[]> =>
  withAdmin(kafka, async (admin) => {
    const [found] = await admin.fetchOffsets({ groupId: topic, topics: [topic] });
    return (found?.partitions ?? []).toSorted((a, b) => a.partition - b.partition).map(({ offset }) => offset);
  });

test('what a member was about to commit before a rebalance takes back nothing that another one has committed since', async () => {
  const producer = new FencedProducer(kafka, topic, [topic]);
  // Leaves a mark in both partitions, an offset without a message.
  await producer.open();
  let release = (): void => undefined;
  const held = new Promise<void>((resolve) => (release = resolve));
  let holding = 0;
  join(() => {
    holding += 1;
    return held;
  });
  await vi.waitFor(() => expect(holding).toBeGreaterThan(0), 20_000);
  const other = join(() => Promise.resolve());
  const keys = Array.from({ length: 20 }, (_none, n) => `key ${n}`);
  let sent = 0;
  // Until the other member has one of the partitions.
  await vi.waitFor(
    async () => {
      await producer.send(keys.map((key) => ({ topic, key, value: 'value', headers: {} })));
      sent += 1;
      expect(other.size).toBe(1);
    },
    { timeout: 30_000, interval: 300 },
  );
  const offsets = await withAdmin(kafka, (admin) => admin.fetchTopicOffsets(topic));
  const [partition = -1] = other;
  const end = offsets.find((one) => one.partition === partition)?.high ?? '';
  await vi.waitFor(async () => expect((await committed())[partition]).toBe(end), { timeout: 20_000 });
  release();
  // So long that the held commit would have been made.
  const ends = offsets.toSorted((a, b) => a.partition - b.partition).map(({ high }) => high);
  await vi.waitFor(async () => expect(await committed()).toEqual(ends), { timeout: 20_000 });
  await new Promise((resolve) => setTimeout(resolve, 500));
  expect(await committed()).toEqual(ends);
  expect(sent).toBeGreaterThan(0);
  await producer.close();
}, 90_000);
