import { randomUUID } from 'node:crypto';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Daemon } from '@live-orders/local/process/daemon.ts';
import { Stack } from '@live-orders/local/servers/stack.ts';
import { connectKafka, type Kafka, withAdmin } from '@live-orders/runtime/kafka/client.ts';
import { FencedSender } from '@live-orders/runtime/kafka/fenced-sender.ts';
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

const record = (topic: string) => ({ topic, key: 'key', value: 'value', headers: {} });

/**
 * One broker leads the notes and another one transactions, and the third is the former's heir. So transactions go on at once
 * after a kill, and the heir has only that other one to learn from.
 */
test('the last note is known after a kill, although who takes over the notes shows an older one for a while', async () => {
  const [leader, heir, transactions] = [1, 2, 3];
  const name = `sender-${randomUUID()}`;
  const notes = `${name}.notes`;
  // Kafka would create it for the first transaction, and choose its leader by itself.
  await createTopic(transactionState, [transactions, heir, leader], [{ name: 'cleanup.policy', value: 'compact' }]);
  await createTopic(notes, [leader, heir, transactions]);
  await createTopic(`${name}.heir`, [heir, transactions, leader]);
  expect([await leaderOf(notes), await leaderOf(transactionState)]).toEqual([leader, transactions]);
  const bystander = new Sender(kafka);
  const sender = new FencedSender(kafka, name, notes);
  await sender.open();
  await sender.send([record(`${name}.heir`)], 'first');
  await sender.send([record(`${name}.heir`)], 'last');
  // The other replica has this record at once, and from then on waits at the heir for the next one.
  await bystander.send([record(`${name}.heir`)]);
  await brokers[leader - 1]?.kill();
  await Promise.all([sender.close(), bystander.close()]);

  const lastNote = async (): Promise<string | null> => {
    const next = new FencedSender(kafka, name, notes);
    try {
      await next.open();
      return await next.lastNote();
    } finally {
      await next.close();
    }
  };
  expect(await vi.waitFor(lastNote, { timeout: 60_000, interval: 20 })).toBe('last');
  expect(await leaderOf(notes)).toBe(heir);
}, 180_000);
