import { randomUUID } from 'node:crypto';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Daemon } from '@live-orders/local/process/daemon.ts';
import { Stack } from '@live-orders/local/servers/stack.ts';
import { connectKafka, type Kafka, withAdmin } from '@live-orders/runtime/kafka/client.ts';
import { FencedProducer } from '@live-orders/runtime/kafka/fenced-producer.ts';
import { ReplaySender } from '@live-orders/local/tools/replay-sender.ts';
import { Sender } from '@live-orders/runtime/kafka/sender.ts';
import { createLog } from '@live-orders/runtime/process/log.ts';
import { createKafkaCluster } from '@live-orders/test-support/system/kafka-cluster.ts';
import { afterAll, beforeAll, expect, test, vi } from 'vitest';

const transactionState = '__transaction_state';

let dataDir: string;
let stack: Stack;
let brokers: Daemon[];
let kafka: Kafka;

beforeAll(async () => {
  dataDir = await mkdtemp(join(tmpdir(), 'live-orders-coordinator-'));
  const logDir = join(dataDir, 'logs');
  stack = await Stack.prepare({ durable: false, say: () => undefined, dataDir, logDir });
  const program = await stack.kafkaProgram();
  const settings = {
    // For so long a replica may wait at a broker for new records before it asks there for a partition that has moved.
    'replica.fetch.wait.max.ms': 6_000,
  };
  brokers = await createKafkaCluster({ dataDir, logDir, program, listeners: [[], [], []], settings });
  await Promise.all(brokers.map((broker) => broker.start()));
  const addresses = brokers.map(({ port }) => `127.0.0.1:${port}`);
  const options = { KAFKA_BROKERS: addresses, KAFKA_PREFIX: '', KAFKA_PARTITIONS: 1, KAFKA_REPLICATION: 3 };
  kafka = connectKafka(options, 'coordinator', createLog('coordinator', 'silent'));
  // A broker that the others do not know yet leads nothing.
  const known = () => withAdmin(kafka, async (admin) => (await admin.describeCluster()).brokers.length);
  await vi.waitFor(async () => expect(await known()).toBe(brokers.length), 60_000);
}, 120_000);

afterAll(async () => {
  await Promise.all(brokers.map((broker) => broker.kill()));
  await stack.stop();
  await rm(dataDir, { recursive: true, force: true });
});

/** Its leader is the first replica. */
const createTopic = (topic: string, replicas: number[], configEntries: { name: string; value: string }[] = []) =>
  withAdmin(kafka, (admin) =>
    admin.createTopics({
      topics: [{ topic, replicaAssignment: [{ partition: 0, replicas }], configEntries }],
      waitForLeaders: true,
    }),
  );

/** The broker that leads the only partition of a topic. */
const leaderOf = (topic: string): Promise<number | undefined> =>
  withAdmin(kafka, async (admin) => {
    const { topics } = await admin.fetchTopicMetadata({ topics: [topic] });
    return topics[0]?.partitions[0]?.leader;
  });

const record = (topic: string, id = '') => ({ topic, key: 'key', value: 'value', headers: { id } });

/**
 * One broker leads what is written and another one transactions, and the third is the former's heir. So transactions go on at
 * once after a kill, and the heir has only that other one to learn from.
 */
test('what was sent last is known after a kill, although who takes over shows less for a while', async () => {
  const [leader, heir, transactions] = [1, 2, 3];
  const name = `sender-${randomUUID()}`;
  const [notes, topic, other] = [`${name}.notes`, `${name}.topic`, `${name}.heir`];
  // Kafka would create it for the first transaction, and choose its leader by itself.
  await createTopic(transactionState, [transactions, heir, leader], [{ name: 'cleanup.policy', value: 'compact' }]);
  await createTopic(notes, [leader, heir, transactions]);
  await createTopic(topic, [leader, heir, transactions]);
  await createTopic(other, [heir, transactions, leader]);
  expect([await leaderOf(notes), await leaderOf(topic), await leaderOf(transactionState)]).toEqual([
    leader,
    leader,
    transactions,
  ]);
  const bystander = new Sender(kafka);
  const sender = new ReplaySender(kafka, name, notes);
  await sender.open();
  await sender.send(record(other), 'first');
  const producer = new FencedProducer(kafka, `${name}.relay`, [topic]);
  await producer.open();
  await producer.send([record(topic, 'first')]);
  await Promise.all([sender.send(record(other), 'last'), producer.send([record(topic, 'last')])]);
  // The other replica has this record at once, and from then on waits at the heir for the next one.
  await bystander.send([record(other)]);
  await brokers[leader - 1]?.kill();
  await Promise.all([sender.close(), producer.close(), bystander.close()]);

  const lastNote = async (): Promise<string | null> => {
    const next = new ReplaySender(kafka, name, notes);
    try {
      await next.open();
      return await next.lastNote();
    } finally {
      await next.close();
    }
  };
  const newest = async (): Promise<string[]> => {
    const next = new FencedProducer(kafka, `${name}.relay`, [topic]);
    try {
      await next.open();
      return await next.newest(1, ({ id }) => String(id));
    } finally {
      await next.close();
    }
  };
  const patience = { timeout: 60_000, interval: 20 };
  const [note, found] = await Promise.all([vi.waitFor(lastNote, patience), vi.waitFor(newest, patience)]);
  expect(note).toBe('last');
  expect(found).toContain('last');
  expect([await leaderOf(notes), await leaderOf(topic)]).toEqual([heir, heir]);
}, 180_000);
