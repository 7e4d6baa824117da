import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createLog } from '@live-orders/runtime/process/log.ts';
import { connectRedis } from '@live-orders/runtime/redis.ts';
import type { Redis } from 'ioredis';
import { afterAll, beforeAll, expect, test, vi } from 'vitest';
import { Stack } from '@live-orders/local/servers/stack.ts';
import { Gateway } from '../testing/gateway.ts';

let dataDir: string;
let stack: Stack;
let redis: Redis;
let gateway: Gateway;

beforeAll(async () => {
  dataDir = await mkdtemp(join(tmpdir(), 'live-orders-tickets-'));
  // A Redis of its own, because the tests fill it up and stop it.
  stack = await Stack.prepare({ dataDir, durable: false });
  await stack.start('redis');
  redis = connectRedis({ REDIS_HOST: stack.redisHost, REDIS_PORT: stack.redisPort }, createLog('test', 'silent'));
  gateway = await Gateway.open(redis);
});

afterAll(async () => {
  await gateway.close();
  redis.disconnect();
  await stack.stop();
  await rm(dataDir, { recursive: true, force: true });
});

const ask = async () => {
  const { authorization } = gateway.admit();
  const answer = await fetch(`${gateway.url}/live/ticket`, { method: 'POST', headers: { authorization } });
  const body: unknown = await answer.json();
  return { status: answer.status, retryAfter: answer.headers.get('retry-after'), body };
};
const soon = { timeout: 20_000, interval: 50 };
const expectIssued = () => vi.waitFor(async () => expect(await ask()).toMatchObject({ status: 201 }), soon);

test.each([
  ['has no memory left', () => redis.config('SET', 'maxmemory', '1'), () => redis.config('SET', 'maxmemory', '0')],
  ['is away', () => stack.redis.stop(), () => stack.redis.start()],
])('without a ticket a client is told to come back while Redis %s', async (_what, breakIt, mend) => {
  await expectIssued();
  await breakIt();
  expect(await ask()).toMatchObject({ status: 503, retryAfter: '2', body: { code: 'unavailable' } });
  await mend();
  await expectIssued();
});
