import { setTimeout as delay } from 'node:timers/promises';
import { aggregates } from '@live-orders/contracts/domain/aggregates.ts';
import { formatPosition } from '@live-orders/contracts/socket/position.ts';
import { Sender } from '@live-orders/runtime/kafka/sender.ts';
import { WebSocket } from 'ws';
import { type Fault, type Heal, pick, release, type Scene } from './fault.ts';
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
  await delay(1_500);
  await reader.read(new Date(Date.now() - 30_000), AbortSignal.timeout(20_000));
  const sender = new Sender(reader.kafka);
  try {
    const latest = [...reader.records.values()].slice(-8);
    const records = latest.flat().sort(() => random() - 0.5);
    for (const { message } of records) {
      const { key, value, headers = {} } = message;
      await sender.send([{ topic: aggregates.order.topic, key, value, headers }]);
    }
  } finally {
    await sender.close();
  }
  return nothing;
};

/** Everybody comes back at the same moment, as after the loss of a data centre's link. */
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
