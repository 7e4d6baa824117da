import { once } from 'node:events';
import { createServer, type Server } from 'node:http';
import { createLog } from '@live-orders/runtime/process/log.ts';
import { connectRedis } from '@live-orders/runtime/redis.ts';
import type { Redis } from 'ioredis';
import { afterEach, beforeEach, expect, inject, test, vi } from 'vitest';
import { z } from 'zod';
import { openHub } from '../testing/hub.ts';
import { Recorder } from '../testing/recorder.ts';
import { Heartbeat } from './heartbeat.ts';
import { StageFreshness } from './stage-freshness.ts';
import { StagePoll } from './stage-poll.ts';
import { holds, take } from '../testing/upstream.ts';
import { Upstream } from '../http/upstream.ts';

const log = createLog('test', 'silent');
const soon = { timeout: 20_000, interval: 20 };
const health = {
  ...{ name: 'stage', status: 'up', version: '1', dependencies: {} },
  outbox: { depth: 3, oldest_ms: 7, dead: 0 },
  lag: { records: 0, behind_ms: 0 },
};

let redis: Redis;
let stages: Server;
let subscriber: { live: boolean };
let freshness: StageFreshness;
let users: Upstream;
let orders: Upstream;
let heartbeat: Heartbeat;
let client: Recorder;
let stop: AbortController;
let running: Promise<void>;

beforeEach(async () => {
  const { redisHost, redisPort } = inject('servers');
  redis = connectRedis({ REDIS_HOST: redisHost, REDIS_PORT: redisPort }, log);
  // One server stands for all stages, and for both ports of the services.
  stages = createServer((request, response) => {
    if (holds(request, response)) return;
    response.setHeader('content-type', 'application/json').end(JSON.stringify(health));
  }).listen(0, '127.0.0.1');
  await once(stages, 'listening');
  const { port } = z.object({ port: z.int() }).parse(stages.address());
  const url = `http://127.0.0.1:${port}`;
  const hub = openHub();
  client = new Recorder('staff');
  hub.join(client, null);
  subscriber = { live: false };
  freshness = new StageFreshness();
  heartbeat = new Heartbeat({ hub, subscriber, freshness, log });
  users = new Upstream('users', url);
  orders = new Upstream('orders', url);
  const operations = { users: url, orders: url, bridge: url };
  const poll = new StagePoll({ users, orders, operations, redis, subscriber, freshness, heartbeat, log });
  stop = new AbortController();
  running = poll.run(stop.signal);
});

afterEach(async () => {
  stop.abort();
  await running;
  redis.disconnect();
  stages.closeAllConnections();
  await once(stages.close(), 'close');
});

/** The stage that the last heartbeat of the client named; null for a live stream, undefined before the first one. */
const lastTold = () =>
  client.messages.flatMap((message) => (message.event === 'heartbeat' ? [message.data.behind] : [])).at(-1);

// Nothing runs the heartbeat here, so each one that comes is told because a poll brought a change.
test('every stage is asked how far behind it is, and clients are told as soon as an answer changes the state', async () => {
  await vi.waitFor(() => expect(lastTold()).toBe('redis'), soon);
  await vi.waitFor(() => expect(freshness.answering).toEqual({ users: 'up', orders: 'up', bridge: 'up' }), soon);
  expect(freshness.lag({ backlog_bytes: 0, loop_ms: 0 })).toMatchObject({
    orders: { depth: 3, oldest_ms: 7 },
    users: { depth: 3, oldest_ms: 7 },
    bridge: { records: 0, behind_ms: 0 },
  });
  subscriber.live = true;
  await vi.waitFor(() => expect(lastTold()).toBeNull(), soon);
  subscriber.live = false;
  await vi.waitFor(() => expect(lastTold()).toBe('redis'), soon);
});

test('a service is down while its answers to others leave no connection for clients, and the stream is no later for it', async () => {
  subscriber.live = true;
  await vi.waitFor(() => expect(heartbeat.state()).toMatchObject({ live: true }), soon);
  await vi.waitFor(() => expect(freshness.answering).toEqual({ users: 'up', orders: 'up', bridge: 'up' }), soon);
  const held = new AbortController();
  await Promise.all([users, orders].map(({ requests }) => take(requests, held.signal)));
  const down = { users: 'down', orders: 'down', bridge: 'up' };
  await vi.waitFor(() => expect(freshness.answering).toEqual(down), soon);
  expect(heartbeat.state()).toMatchObject({ live: true, behind: null });
  held.abort();
  await vi.waitFor(() => expect(freshness.answering).toMatchObject({ users: 'up', orders: 'up' }), soon);
});
