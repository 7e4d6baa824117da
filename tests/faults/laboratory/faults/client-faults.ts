import { setTimeout as delay } from 'node:timers/promises';
import { aggregates } from '@live-orders/contracts/domain/aggregates.ts';
import { formatPosition } from '@live-orders/contracts/socket/position.ts';
import { Sender } from '@live-orders/runtime/kafka/sender.ts';
import { WebSocket } from 'ws';
import { type Fault, type Heal, pick, release, type Scene, until } from './fault.ts';
import { mutated } from '../rig/instance.ts';
import type { Viewer } from '../actors/viewer.ts';

const nothing: Heal = async () => undefined;
const stormClients = 2_000;

const some = ({ viewers, random }: Scene): Viewer[] => {
  const chosen = viewers.filter(() => random() < 0.5);
  return chosen.length > 0 ? chosen : [pick(viewers, random)];
};

/** Writes older records of orders into the topic again, as somebody would who plays a backup in twice. */
const repeatRecords = async ({ reader, random }: Scene): Promise<Heal> => {
  const began = Date.now();
  // Orders that changed just now are at every dashboard that may see them.
  const changing = () => [...reader.records.values()].filter((records) => records.some(({ at }) => at >= began));
  await until('orders change', async () => {
    await reader.read(new Date(began - 30_000), AbortSignal.timeout(20_000));
    return changing().length >= 3;
  });
  const sender = new Sender(reader.kafka);
  try {
    const records = changing()
      .slice(-8)
      .flat()
      .sort(() => random() - 0.5);
    for (const { message } of records) {
      const { key, value, headers = {} } = message;
      await sender.send([{ topic: aggregates.order.topic, key, value, headers }]);
    }
  } finally {
    await sender.close();
  }
  return nothing;
};

/** 2,000 clients connect at the same moment, as after a data centre's link was lost. */
const storm = async ({ laboratory, viewers, random }: Scene): Promise<Heal> => {
  const viewer = pick(viewers, random);
  const token = await viewer.person.token();
  const { position } = viewer.client;
  const since = position ? `?since=${formatPosition(position)}` : '';
  const sockets = laboratory.all('gateway').flatMap(({ port }, index, { length }) =>
    Array.from({ length: Math.ceil((stormClients - index) / length) }, () => {
      const socket = new WebSocket(`ws://127.0.0.1:${port}/ws${since}`, {
        headers: { authorization: `Bearer ${token}` },
      });
      socket.on('error', () => undefined);
      return socket;
    }),
  );
  return async () => {
    for (const socket of sockets) socket.terminate();
  };
};

/** Gateways that do not hear every message of Pub/Sub; each has missed some while all dashboards were connected. */
const loseMessages = async ({ laboratory, viewers }: Scene): Promise<Heal> => {
  const gateways = laboratory.all('gateway');
  for (const gateway of gateways) {
    gateway.held = true;
    await gateway.kill();
    await gateway.start(mutated('Pub/Sub loses every third message about an order'));
  }
  await until('every dashboard is live', async () => viewers.every(({ isLive }) => isLive));
  const enough = gateways.map(({ losses }) => losses + 2);
  await until('messages are lost', async () =>
    gateways.every(({ losses }, index) => losses >= (enough[index] ?? Infinity)),
  );
  return async () => {
    for (const gateway of gateways) {
      await gateway.kill();
      await release(gateway);
    }
  };
};

/** New tokens live for four seconds, and some people have to get one now. */
const shortTokens = async (scene: Scene): Promise<Heal> => {
  const [users] = scene.laboratory.all('users');
  if (users === undefined) throw new Error('there is no users service');
  users.held = true;
  await users.kill();
  await users.start(mutated('tokens live for four seconds'));
  for (const { person, client } of some(scene)) {
    person.forget();
    client.suspect();
  }
  return async () => {
    await users.kill();
    await release(users);
  };
};

export const clientFaults: readonly Fault[] = [
  { name: 'records repeated out of order', touches: ['kafka', 'bridge'], repeats: true, begin: repeatRecords },
  { name: 'Pub/Sub loses messages', touches: ['gateway', 'redis'], begin: loseMessages },
  { name: 'reconnect storm of 2,000', touches: ['gateway'], begin: storm },
  { name: 'tokens expire', touches: ['users', 'postgres'], begin: shortTokens },
  {
    name: 'sessions revoked',
    touches: ['users', 'postgres'],
    async begin(scene) {
      await Promise.allSettled(some(scene).map(({ person }) => person.logOut()));
      return nothing;
    },
  },
  {
    name: 'dashboards stop reading',
    touches: ['dashboards'],
    async begin(scene) {
      const chosen = some(scene);
      for (const viewer of chosen) viewer.freeze();
      return async () => {
        for (const viewer of chosen) viewer.thaw();
      };
    },
  },
  {
    name: 'dashboards go and come back',
    touches: ['dashboards'],
    async begin(scene) {
      for (const { client } of some(scene)) {
        client.suspect();
        await delay(scene.random() * 500);
        client.wake();
      }
      return nothing;
    },
  },
  {
    name: 'snapshots late',
    touches: ['dashboards'],
    async begin(scene) {
      const chosen = some(scene);
      for (const viewer of chosen) {
        viewer.snapshotDelay = 1_000 + scene.random() * 1_500;
        viewer.reload();
      }
      return async () => {
        for (const viewer of chosen) viewer.snapshotDelay = 0;
      };
    },
  },
];
