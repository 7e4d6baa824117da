import { once } from 'node:events';
import { createServer, type Server } from 'node:http';
import { createLog, type Log } from '@live-orders/runtime/process/log.ts';
import { connectRedis } from '@live-orders/runtime/redis.ts';
import type { Redis } from 'ioredis';
import { afterEach, beforeEach, describe, expect, inject, type MockInstance, test, vi } from 'vitest';
import { z } from 'zod';
import { StagePoll } from './stage-poll.ts';
import { holds, take } from '../testing/upstream.ts';
import { Upstream } from '../proxy/upstream.ts';

const log = createLog('test', 'silent');
const soon = { timeout: 20_000, interval: 20 };
const health = {
  ...{ name: 'stage', version: '1', dependencies: {} },
  outbox: { depth: 0, oldest_ms: 0, dead: 0 },
  lag: { records: 0, behind_ms: 0 },
};

let redis: Redis;
let stages: Server;
let users: Upstream;
let orders: Upstream;
let poll: StagePoll;
let follows: boolean;
let onChange: MockInstance<() => void>;
let warn: MockInstance<Log['warn']>;
let info: MockInstance<Log['info']>;
let stop: AbortController;
let running: Promise<void>;

beforeEach(async () => {
  follows = false;
  warn = vi.spyOn(log, 'warn');
  info = vi.spyOn(log, 'info');
  const { redisHost, redisPort } = inject('servers');
  redis = connectRedis({ REDIS_HOST: redisHost, REDIS_PORT: redisPort }, log);
  // All stages in one.
  stages = createServer((request, response) => {
    if (holds(request, response)) return;
    response.setHeader('content-type', 'application/json').end(JSON.stringify(health));
  }).listen(0, '127.0.0.1');
  await once(stages, 'listening');
  const { port } = z.object({ port: z.int() }).parse(stages.address());
  const url = `http://127.0.0.1:${port}`;
  const change = vi.fn<() => void>();
  onChange = change;
  users = new Upstream('users', url);
  orders = new Upstream('orders', url);
  poll = new StagePoll({
    ...{ users, orders, bridgeUrl: url, redis, log, onChange: change },
    largestBacklog: () => 0,
    subscribed: () => follows,
  });
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

describe('at the start', () => {
  test('clients are told that the stream is not followed yet, and the log is not', async () => {
    await vi.waitFor(() => expect(onChange).toHaveBeenCalledOnce(), soon);
    follows = true;
    await vi.waitFor(() => expect(onChange).toHaveBeenCalledTimes(2), soon);
    expect([warn.mock.calls, info.mock.calls]).toEqual([[], []]);
    follows = false;
    await vi.waitFor(() => expect(onChange).toHaveBeenCalledTimes(3), soon);
    expect(warn).toHaveBeenCalledOnce();
  });

  test('the log is warned of a stream that is not followed for long, and hears of the end of that', async () => {
    await vi.waitFor(() => expect(warn).toHaveBeenCalled(), soon);
    expect(warn.mock.calls).toMatchObject([[{ behind: 'redis' }, 'the stream is behind; clients are told']]);
    expect(onChange).toHaveBeenCalledOnce();
    follows = true;
    await vi.waitFor(() => expect(info).toHaveBeenCalledOnce(), soon);
    expect(onChange).toHaveBeenCalledTimes(2);
    expect(warn).toHaveBeenCalledOnce();
  });
});

describe('a service', () => {
  test('is down while its answers to others leave no connection for clients, and the stream is no later for it', async () => {
    follows = true;
    await vi.waitFor(() => expect(poll.read().live).toBe(true), soon);
    expect(poll.freshness.answering).toEqual({ users: 'up', orders: 'up', bridge: 'up' });
    const held = new AbortController();
    await Promise.all([users, orders].map(({ requests }) => take(requests, held.signal)));
    const down = { users: 'down', orders: 'down', bridge: 'up' };
    await vi.waitFor(() => expect(poll.freshness.answering).toEqual(down), soon);
    expect(poll.read()).toMatchObject({ live: true, behind: null });
    held.abort();
    await vi.waitFor(() => expect(poll.freshness.answering).toMatchObject({ users: 'up', orders: 'up' }), soon);
    expect(warn).not.toHaveBeenCalled();
  });
});
