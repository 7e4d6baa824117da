import { setTimeout as delay } from 'node:timers/promises';
import type { PartName } from '@live-orders/local/parts/parts.ts';
import { StartError } from '@live-orders/local/process/start-error.ts';
import { type Fault, type Heal, pick, relayLeader, release, type Scene, until } from './fault.ts';
import { dying, type Instance } from '../rig/instance.ts';
import type { KillPoint } from '../mutations/mutations.ts';

const kill = async (instance: Instance): Promise<Heal> => {
  instance.held = true;
  await instance.kill();
  return () => release(instance);
};

const pause = (instance: Instance): Heal => {
  instance.signal('SIGSTOP');
  return async () => instance.signal('SIGCONT');
};

/** Longer than the group waits for a member: its partitions go to the other one, in the middle of a batch. */
const pauseLong = (instance: Instance): Heal => {
  const heal = pause(instance);
  return async () => {
    await delay(6_500);
    await heal();
  };
};

const restart = async (instance: Instance): Promise<Heal> => {
  instance.held = true;
  await instance.stop();
  return () => release(instance);
};

const one =
  (part: PartName, does: (instance: Instance) => Promise<Heal> | Heal) =>
  async ({ laboratory, random }: Scene): Promise<Heal> =>
    does(pick(laboratory.all(part), random));

const leader =
  (does: (instance: Instance) => Promise<Heal> | Heal) =>
  async (scene: Scene): Promise<Heal> => {
    const found = await relayLeader(scene.laboratory);
    return does(found ?? pick(scene.laboratory.all('orders'), scene.random));
  };

/** Instances that run on until they come to a place in the code; then they are killed there, once. At least one has. */
const killAt =
  (part: PartName, point: KillPoint) =>
  async ({ laboratory, random }: Scene): Promise<Heal> => {
    const armed = laboratory.all(part);
    // One after the other, so that the next leader dies at the same place.
    for (const instance of armed) {
      instance.held = true;
      await instance.kill();
      try {
        await instance.start(dying(point, 1 + Math.floor(random() * 4)));
      } catch (error) {
        // It came to the place before it could answer.
        if (!(error instanceof StartError)) throw error;
      }
    }
    await until(`somebody came to the place ${point}`, async () => armed.some(({ isAlive }) => !isAlive));
    return async () => {
      for (const instance of armed) {
        await instance.kill();
        await release(instance);
      }
    };
  };

/** Everything of our own, one process after the other, while the rest goes on. */
const roll = async ({ laboratory }: Scene): Promise<Heal> => {
  for (const instance of laboratory.instances) {
    const heal = await restart(instance);
    await heal();
  }
  return async () => undefined;
};

const placesToDie: [name: string, part: 'orders' | 'bridge', point: KillPoint][] = [
  ['killed between commit and relay', 'orders', 'after the commit'],
  ['killed while Kafka takes a batch', 'orders', 'while Kafka takes a batch'],
  ['killed with a part of a batch in Kafka', 'orders', 'with a part of a batch in Kafka'],
  ['killed between Kafka and delete', 'orders', 'after Kafka’s acknowledgement'],
  ['killed in mid-batch', 'bridge', 'in the middle of a batch'],
  ['killed before Redis', 'bridge', 'before Redis is asked'],
  ['killed between Redis and offset', 'bridge', 'after Redis’ acknowledgement'],
];

const relay = { touches: ['orders'] } as const;

export const processFaults: readonly Fault[] = [
  { name: 'orders killed', ...relay, begin: one('orders', kill) },
  { name: 'orders paused', ...relay, begin: one('orders', pause) },
  { name: 'orders restarted', ...relay, begin: one('orders', restart) },
  { name: 'relay leader killed', ...relay, begin: leader(kill) },
  { name: 'relay leader paused', ...relay, begin: leader(pause) },
  { name: 'bridge killed', touches: ['bridge'], begin: one('bridge', kill) },
  { name: 'bridge paused', touches: ['bridge'], begin: one('bridge', pause) },
  { name: 'bridge paused beyond its session', touches: ['bridge'], begin: one('bridge', pauseLong) },
  { name: 'bridge restarted', touches: ['bridge'], begin: one('bridge', restart) },
  { name: 'gateway killed', touches: ['gateway'], begin: one('gateway', kill) },
  { name: 'gateway paused', touches: ['gateway'], begin: one('gateway', pause) },
  { name: 'gateway restarted', touches: ['gateway'], begin: one('gateway', restart) },
  { name: 'users killed', touches: ['users'], begin: one('users', kill) },
  { name: 'rolling restart', touches: ['orders', 'bridge', 'gateway', 'users'], begin: roll },
  ...placesToDie.map(([name, part, point]): Fault => ({
    name,
    touches: [part, part === 'orders' ? 'postgres' : 'redis', 'kafka'],
    begin: killAt(part, point),
  })),
];
