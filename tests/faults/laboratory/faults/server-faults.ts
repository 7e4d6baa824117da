import { rm } from 'node:fs/promises';
import { setTimeout as delay } from 'node:timers/promises';
import { aggregates } from '@live-orders/contracts/domain/aggregates.ts';
import type { Daemon } from '@live-orders/local/process/daemon.ts';
import { type Fault, type Heal, pick, type Scene, until } from './fault.ts';
import type { Laboratory } from '../rig/laboratory.ts';
import { inRedis } from '../rig/redis-commands.ts';
import type { TopicReader } from '../verdict/topic-reader.ts';

/** Ends a server and keeps it down until it is healed. */
const takeDown = async ({ keeper }: Laboratory, server: Daemon, end: () => Promise<unknown>): Promise<Heal> => {
  keeper.held.add(server.name);
  await end();
  return async () => {
    await server.start();
    keeper.held.delete(server.name);
  };
};

const pause = (server: Daemon): Heal => {
  const { pid } = server;
  if (pid === undefined) throw new Error(`${server.name} does not run`);
  process.kill(pid, 'SIGSTOP');
  return async () => void process.kill(pid, 'SIGCONT');
};

/** A broker that was away has to have caught up before the next one may go: two of three have to be there. */
const afterBroker =
  ({ reader, laboratory }: Scene, heal: Heal): Heal =>
  async () => {
    await heal();
    await until('every broker has every record', () => inSync(reader, laboratory));
  };

const inSync = async ({ kafka }: TopicReader, { servers }: Laboratory): Promise<boolean> => {
  const admin = kafka.admin();
  try {
    await admin.connect();
    const metadata = await admin.fetchTopicMetadata({
      topics: [...Object.values(aggregates).map(({ topic }) => topic), '__consumer_offsets'],
    });
    return metadata.topics.every(({ partitions }) =>
      partitions.every(({ isr, leader }) => leader > 0 && isr.length === Math.min(3, servers.brokers.length)),
    );
  } catch (error) {
    if (error instanceof Error && error.name.startsWith('KafkaJS')) return false;
    throw error;
  } finally {
    await admin.disconnect();
  }
};

/** The broker that leads the first partition of the orders' topic. */
const leadingBroker = async ({ laboratory, reader }: Scene): Promise<Daemon> => {
  const admin = reader.kafka.admin();
  await admin.connect();
  try {
    const metadata = await admin.fetchTopicMetadata({ topics: [aggregates.order.topic] });
    const leader = metadata.topics[0]?.partitions[0]?.leader ?? 1;
    const broker = laboratory.servers.brokers[leader - 1];
    if (broker === undefined) throw new Error(`there is no broker ${leader}`);
    return broker;
  } finally {
    await admin.disconnect();
  }
};

const redisDown = async ({ laboratory }: Scene, empty: boolean): Promise<Heal> => {
  const { redis } = laboratory.servers;
  return takeDown(laboratory, redis, async () => {
    await redis.kill();
    if (empty) await rm(laboratory.redisFile, { force: true });
  });
};

const kafka = { touches: ['kafka'] } as const;

export const serverFaults: readonly Fault[] = [
  {
    name: 'Kafka broker killed',
    ...kafka,
    async begin(scene) {
      const broker = pick(scene.laboratory.servers.brokers, scene.random);
      return afterBroker(scene, await takeDown(scene.laboratory, broker, () => broker.kill()));
    },
  },
  {
    name: 'Kafka broker paused',
    ...kafka,
    begin: async (scene) => afterBroker(scene, pause(pick(scene.laboratory.servers.brokers, scene.random))),
  },
  {
    name: 'Kafka leader moved',
    ...kafka,
    async begin(scene) {
      const broker = await leadingBroker(scene);
      return afterBroker(scene, await takeDown(scene.laboratory, broker, () => broker.stop()));
    },
  },
  {
    name: 'all of Kafka killed',
    ...kafka,
    async begin(scene) {
      const { brokers } = scene.laboratory.servers;
      const heals = await Promise.all(brokers.map((broker) => takeDown(scene.laboratory, broker, () => broker.kill())));
      return afterBroker(scene, async () => {
        await Promise.all(heals.map((heal) => heal()));
      });
    },
  },
  { name: 'Redis killed, with its data', touches: ['redis'], begin: (scene) => redisDown(scene, false) },
  { name: 'Redis killed, without its data', touches: ['redis'], begin: (scene) => redisDown(scene, true) },
  {
    name: 'Redis paused',
    touches: ['redis'],
    begin: async ({ laboratory }) => pause(laboratory.servers.redis),
  },
  {
    name: 'FLUSHALL',
    touches: ['redis'],
    async begin({ laboratory }) {
      await inRedis(laboratory, (redis) => redis.flushall());
      return async () => undefined;
    },
  },
  {
    name: 'subscriptions killed',
    touches: ['redis'],
    async begin({ laboratory, random }) {
      for (let times = 0; times < 3; times += 1) {
        await inRedis(laboratory, (redis) => redis.call('CLIENT', 'KILL', 'TYPE', 'pubsub'));
        await delay(random() * 1_000);
      }
      return async () => undefined;
    },
  },
  {
    name: 'PostgreSQL stopped at once',
    touches: ['postgres'],
    begin: ({ laboratory }) =>
      takeDown(laboratory, laboratory.servers.postgres, () => laboratory.servers.postgres.kill('SIGQUIT')),
  },
  {
    name: 'PostgreSQL’s disk full',
    touches: ['postgres'],
    missing: ({ disk }) => (disk === null ? 'file systems cannot be mounted here' : null),
    async begin({ laboratory }) {
      laboratory.disk?.fill();
      return async () => {
        laboratory.disk?.free();
        await until('PostgreSQL is back', async () => laboratory.servers.postgres.pid !== undefined);
      };
    },
  },
];
