import { aggregates } from '@live-orders/contracts/domain/aggregates.ts';
import { encodeEntry, entryId, redisKeys } from '@live-orders/contracts/redis/keyspace.ts';
import { once } from 'node:events';
import { connect, createServer, type Server, type Socket } from 'node:net';
import { formatPosition } from '@live-orders/contracts/socket/position.ts';
import { createLog } from '@live-orders/runtime/process/log.ts';
import { connectRedis } from '@live-orders/runtime/redis.ts';
import type { Redis } from 'ioredis';
import { afterEach, beforeEach, describe, expect, inject, test, vi } from 'vitest';
import { z } from 'zod';
import { Callers, readProxies } from '../http/callers.ts';
import { Connections } from '../limits/connections.ts';
import { Admission } from '../connections/admission.ts';
import { Origins } from '../connections/origins.ts';
import { Tickets } from '../connections/tickets.ts';
import { History } from '../fanout/history.ts';
import { Hub } from '../fanout/hub.ts';
import { Revocations } from '../fanout/revocations.ts';
import { PresenceChannel } from '../presence/presence-channel.ts';
import { events, Recorder } from '../testing/recorder.ts';
import { created } from '../testing/redis-messages.ts';
import { Subscriber } from './subscriber.ts';

/** A proxy before Redis that can fall silent in the middle of a connection, as when a host on the way dies. */
class Wire {
  readonly #server: Server;
  readonly #sockets = new Set<Socket>();

  constructor(host: string, port: number) {
    this.#server = createServer((near) => {
      const far = connect(port, host);
      for (const [from, to] of [
        [near, far],
        [far, near],
      ] as const) {
        this.#sockets.add(from);
        from.on('data', (data: Buffer) => to.write(data));
        from.on('error', () => undefined);
        from.on('close', () => {
          this.#sockets.delete(from);
          to.destroy();
        });
      }
    });
  }

  async listen(): Promise<number> {
    this.#server.listen(0, '127.0.0.1');
    await once(this.#server, 'listening');
    return z.object({ port: z.int() }).parse(this.#server.address()).port;
  }

  /** The connections that exist now carry nothing any more, without being closed. New ones work. */
  fallSilent(): void {
    for (const socket of this.#sockets) socket.removeAllListeners('data').resume();
  }

  async close(): Promise<void> {
    for (const socket of this.#sockets) socket.destroy();
    await new Promise((resolve) => this.#server.close(resolve));
  }
}

const log = createLog('test', 'silent');
const soon = { timeout: 20_000, interval: 20 };
let prefix: string;
let bridge: Redis;
let wires: { commands: Wire; subscription: Wire };
let redis: Redis;
let subscription: Redis;
let hub: Hub;
let subscriber: Subscriber;
let client: Recorder;
let stop: AbortController;
let running: Promise<void>;

/** Appends an event to the log and publishes it, as the bridge does; with `quiet` as if Pub/Sub had dropped it. */
const publish = async (seq: number, { quiet = false } = {}): Promise<void> => {
  const text = JSON.stringify(created(seq));
  const channel = `${prefix}${aggregates.order.channel}`;
  const transaction = bridge
    .multi()
    .hset(redisKeys(prefix).state, { epoch: 'e', seq })
    .xadd(redisKeys(prefix).log, entryId(seq), ...encodeEntry({ channel, message: text }));
  if (!quiet) transaction.publish(channel, text);
  await transaction.exec();
};

const arrived = (seq: number) => vi.waitFor(() => expect(events(client)).toContain(`new_order ${seq}`), soon);
/** Expects that every event arrived, each once and in order. */
const expectComplete = (last: number) =>
  expect(events(client).filter((event) => event.startsWith('new_order'))).toEqual(
    Array.from({ length: last }, (_none, index) => `new_order ${index + 1}`),
  );

beforeEach(async () => {
  const { redisHost, redisPort } = inject('servers');
  prefix = `test_${crypto.randomUUID()}.`;
  bridge = connectRedis({ REDIS_HOST: redisHost, REDIS_PORT: redisPort }, log);
  wires = { commands: new Wire(redisHost, redisPort), subscription: new Wire(redisHost, redisPort) };
  redis = connectRedis({ REDIS_HOST: '127.0.0.1', REDIS_PORT: await wires.commands.listen() }, log);
  subscription = connectRedis({ REDIS_HOST: '127.0.0.1', REDIS_PORT: await wires.subscription.listen() }, log);
  await bridge.hset(redisKeys(prefix).state, { epoch: 'e', seq: 0 });
  hub = new Hub(new History(3, 1_000_000), new Revocations());
  subscriber = new Subscriber({ hub, redis, subscription, prefix, replay: 3, log });
  stop = new AbortController();
  running = subscriber.run(stop.signal);
  await vi.waitFor(() => expect(subscriber).toMatchObject({ begun: true, live: true }), soon);
  client = new Recorder('staff');
  hub.join(client, null);
  await publish(1);
  await arrived(1);
});

afterEach(async () => {
  stop.abort();
  await running;
  for (const connection of [bridge, redis, subscription]) connection.disconnect();
  await Promise.all([wires.commands.close(), wires.subscription.close()]);
});

describe('what Pub/Sub did not bring is read from the log', () => {
  test('before anything later is sent', async () => {
    await publish(2, { quiet: true });
    await publish(3, { quiet: true });
    await publish(4);
    await arrived(4);
    expectComplete(4);
  });

  test('by the next check, when nothing later comes', async () => {
    await publish(2, { quiet: true });
    await arrived(2);
    expectComplete(2);
  });

  test('after the subscription was killed, which then works again', async () => {
    const id = await subscription.client('ID');
    await bridge.call('CLIENT', 'KILL', 'ID', id);
    for (const seq of [2, 3, 4]) await publish(seq);
    await arrived(4);
    await vi.waitFor(() => expect(subscriber.live).toBe(true), soon);
    await publish(5);
    await arrived(5);
    expectComplete(5);
  });

  test('while the subscription is dead without knowing, which is noticed and mended', async () => {
    const givenUp = new Promise((resolve) => subscription.once('close', resolve));
    wires.subscription.fallSilent();
    for (const seq of [2, 3]) await publish(seq);
    await arrived(3);
    await givenUp;
    await vi.waitFor(() => expect(subscriber.live).toBe(true), soon);
    await publish(4);
    await arrived(4);
    expectComplete(4);
  });
});

test('a Redis that falls silent altogether is noticed, no command hangs, and nothing is lost', async () => {
  wires.commands.fallSilent();
  wires.subscription.fallSilent();
  const failed = expect(redis.get('anything')).rejects.toThrow();
  await publish(2);
  await vi.waitFor(() => expect(subscriber.live).toBe(false), soon);
  await failed;
  await arrived(2);
  await vi.waitFor(() => expect(subscriber.live).toBe(true), soon);
  expectComplete(2);
});

test('a client that comes from a gateway which is ahead is caught up, not sent to the snapshot', async () => {
  for (const seq of [2, 3, 4]) await publish(seq, { quiet: true });
  await subscriber.reach({ epoch: 'e', seq: 4 });
  expect(formatPosition(hub.position)).toBe('e:4');
  const moved = new Recorder('staff');
  hub.join(moved, { epoch: 'e', seq: 4 });
  expect(moved.messages).toMatchObject([{ event: 'welcome', data: { recovered: true, source: 'memory' } }]);
});

const openAdmission = (now?: () => number): Admission => {
  const callers = new Callers(readProxies(''));
  const options = {
    ...{ callers, rates: { count: () => ({}) }, streams: new Connections(callers, 1) },
    ...{ hub, subscriber, revocations: new Revocations(), maxClients: 100, maxClientsPerUser: 50 },
    tickets: new Tickets(redis, prefix),
    origins: new Origins([], { sameHost: false }),
    authority: { verify: () => Promise.reject(new Error('no token is checked here')) },
    drain: { begun: false },
    denials: { record: () => undefined },
    presence: new PresenceChannel({ hub, redis, subscription, prefix, log }),
    log,
  };
  return new Admission(options, now);
};

test('what memory no longer holds comes from the log, in full or not at all, however far memory has moved on', async () => {
  const admission = openAdmission();
  for (const seq of [2, 3]) await publish(seq);
  await arrived(3);
  // Made while memory still held everything, and used when the oldest event in memory is the fifth.
  const start = { since: { epoch: 'e', seq: 1 }, older: [] };
  for (const seq of [4, 5, 6, 7]) await publish(seq);
  await arrived(7);
  const [back, gone, late] = [new Recorder('staff'), new Recorder('staff'), new Recorder('staff')];
  await admission.enter(back, start, () => false);
  expect(events(back)).toEqual(['welcome 7', ...[2, 3, 4, 5, 6, 7].map((seq) => `new_order ${seq}`)]);
  expect(back.messages[0]).toMatchObject({ data: { recovered: true, source: 'log' } });
  await admission.enter(gone, start, () => true);
  expect([gone.frames, hub.has(gone)]).toEqual([[], false]);
  await bridge.xtrim(redisKeys(prefix).log, 'MINID', '3');
  await admission.enter(late, start, () => false);
  expect(events(late)).toEqual(['welcome 7', 'resync 7']);
});

test('the log is read for so many who come back at once, and the others resync', async () => {
  const others = Array.from({ length: 999 }, (_none, index) => index + 2);
  await Promise.all(others.map((seq) => publish(seq, { quiet: seq < 1_000 })));
  await arrived(1_000);
  let now = 0;
  const admission = openAdmission(() => now);
  /** How many of these got what they had missed, which is 996 events of the log and 3 of memory. */
  const comeBack = async (count: number): Promise<number> => {
    const clients = Array.from({ length: count }, () => new Recorder('customer', crypto.randomUUID()));
    const start = { since: { epoch: 'e', seq: 1 }, older: [] };
    await Promise.all(clients.map((one) => admission.enter(one, start, () => false)));
    return clients.filter((one) => !events(one).includes('resync 1000')).length;
  };
  expect(await comeBack(30)).toBe(10);
  now = 1_000;
  expect(await comeBack(30)).toBe(2);
});
