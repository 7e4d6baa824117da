import { randomUUID } from 'node:crypto';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Daemon } from '@live-orders/local/process/daemon.ts';
import { Stack } from '@live-orders/local/servers/stack.ts';
import { connectKafka, type Kafka, withAdmin } from '@live-orders/runtime/kafka/client.ts';
import { FencedSender } from '@live-orders/runtime/kafka/fenced-sender.ts';
import { Sender } from '@live-orders/runtime/kafka/sender.ts';
import { readNotes } from '@live-orders/runtime/kafka/offsets.ts';
import { createLog } from '@live-orders/runtime/process/log.ts';
import { createKafkaCluster } from '@live-orders/test-support/system/kafka-cluster.ts';
import { afterAll, beforeAll, expect, test, vi } from 'vitest';

const offsetPartitions = 3;
const offsets = '__consumer_offsets';
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
    'offsets.topic.num.partitions': offsetPartitions,
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

/** The broker that leads a partition. */
const leaderOf = (topic: string, partition: number): Promise<number> =>
  withAdmin(kafka, async (admin) => {
    const { topics } = await admin.fetchTopicMetadata({ topics: [topic] });
    const found = topics[0]?.partitions.find(({ partitionId }) => partitionId === partition);
    if (!found) throw new Error(`there is no partition ${partition} of ${topic}`);
    return found.leader;
  });

/** The partition that has a group's offsets, as Kafka chooses it: by Java's hash of its name. */
const partitionOf = (group: string): number => {
  const hash = Buffer.from(group).reduce((sum, letter) => (Math.imul(31, sum) + letter) | 0, 0);
  return Math.abs(hash) % offsetPartitions;
};

/**
 * A group whose offsets one broker coordinates while another one coordinates transactions, and that broker's heir: the
 * third one. So transactions go on at once after a kill, and the heir has only the former to learn from.
 */
const createGroup = async () => {
  const name = `group-${randomUUID()}`;
  const partition = partitionOf(name);
  const coordinator = await leaderOf(offsets, partition);
  const [heir = 0, transactions = 0] = [1, 2, 3].filter((id) => id !== coordinator);
  // Kafka would create it for the first transaction, and choose its leader by itself.
  await createTopic(
    transactionState,
    [transactions, heir, coordinator],
    [{ name: 'cleanup.policy', value: 'compact' }],
  );
  const replicas = [coordinator, heir, transactions];
  await withAdmin(kafka, (admin) =>
    admin.alterPartitionReassignments({
      topics: [{ topic: offsets, partitionAssignment: [{ partition, replicas }] }],
    }),
  );
  expect(await leaderOf(offsets, partition)).toBe(coordinator);
  expect(await leaderOf(transactionState, 0)).toBe(transactions);
  return { name, partition, coordinator, heir, transactions };
};

const record = (topic: string) => ({ topic, key: 'key', value: 'value', headers: {} });

test('the last note is known after a kill, although the new coordinator shows an older one for a while', async () => {
  const { name, partition, coordinator, heir, transactions } = await createGroup();
  const topics = { notes: `${name}.notes`, marks: `${name}.marks` };
  for (const topic of Object.values(topics)) await createTopic(topic, [1, 2, 3]);
  await createTopic(`${name}.heir`, [heir, transactions, coordinator]);
  const bystander = new Sender(kafka);
  const sender = new FencedSender(kafka, name, topics);
  await sender.open();
  await sender.send([record(topics.notes)], 'first');
  await sender.send([record(topics.notes)], 'last');
  await vi.waitFor(async () => expect(await readNotes(kafka, name, [topics.notes])).toEqual(['last']), 10_000);
  // The other replica has this record at once, and from then on waits at the heir for the next one.
  await bystander.send([record(`${name}.heir`)]);
  await brokers[coordinator - 1]?.kill();
  await Promise.all([sender.close(), bystander.close()]);

  const lastNote = async (): Promise<string | null> => {
    const next = new FencedSender(kafka, name, topics);
    try {
      await next.open();
      return await next.lastNote();
    } finally {
      await next.close();
    }
  };
  expect(await vi.waitFor(lastNote, { timeout: 60_000, interval: 20 })).toBe('last');
  expect(await leaderOf(offsets, partition)).toBe(heir);
}, 180_000);
