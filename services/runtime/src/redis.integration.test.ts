import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { startStack } from '@live-orders/test-support/system/stack.ts';
import { Redis } from 'ioredis';
import { afterAll, afterEach, beforeAll, beforeEach, expect, test, vi } from 'vitest';
import { connectRedis } from './redis.ts';
import { createApp } from './http/app.ts';
import { createLog } from './process/log.ts';

const soon = { timeout: 20_000, interval: 20 };
const password = 'a password of this test';

let dataDir: string;
let stack: Awaited<ReturnType<typeof startStack>>;
/** Knows what is done to the server, and keeps its connection. */
let operator: Redis;
let redis: Redis;

beforeAll(async () => {
  dataDir = await mkdtemp(join(tmpdir(), 'live-orders-redis-'));
  stack = await startStack({ dataDir, durable: false, say: () => undefined }, ['redis']);
});

afterAll(async () => {
  await stack.stop();
  await rm(dataDir, { recursive: true, force: true });
});

beforeEach(async () => {
  operator = new Redis(stack.redisPort, stack.redisHost);
  redis = connectRedis({ REDIS_HOST: stack.redisHost, REDIS_PORT: stack.redisPort }, createLog('test', 'silent'));
  await redis.set('before', '1');
});

afterEach(() => {
  operator.disconnect();
  redis.disconnect();
});

/** What a caller of ours is answered whose request writes to Redis. */
const write = async (): Promise<{ status: number; retryAfter: string | null }> => {
  const app = createApp(createLog('test', 'silent'));
  app.get('/write', async (c) => c.text(await redis.set('written', '1')));
  const { status, headers } = await app.request('http://localhost/write');
  return { status, retryAfter: headers.get('retry-after') };
};
const inAMoment = { status: 503, retryAfter: '2' };

/** Closes the connections of everybody else. */
const hangUp = () => operator.call('CLIENT', 'KILL', 'TYPE', 'normal', 'SKIPME', 'yes');

test('a server that wants a password we do not have is as good as gone, and is back without a restart', async () => {
  await operator.config('SET', 'requirepass', password);
  await hangUp();
  await vi.waitFor(() => expect(redis.status).not.toBe('ready'), soon);
  expect(await write()).toEqual(inAMoment);
  await operator.config('SET', 'requirepass', '');
  await vi.waitFor(async () => expect(await write()).toMatchObject({ status: 200 }), soon);
});

test('a server that has become a replica is asked for anew, until there is one that can be written to', async () => {
  const first = await redis.client('ID');
  await operator.replicaof('127.0.0.1', 1);
  expect(await write()).toEqual(inAMoment);
  await vi.waitFor(async () => expect(await redis.client('ID')).not.toBe(first), soon);
  await operator.replicaof('NO', 'ONE');
  await vi.waitFor(async () => expect(await write()).toMatchObject({ status: 200 }), soon);
});
