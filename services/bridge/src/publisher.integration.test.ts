import { aggregates } from '@live-orders/contracts/domain/aggregates.ts';
import { redisKeys, stateFields } from '@live-orders/contracts/redis/keyspace.ts';
import { Redis } from 'ioredis';
import { afterAll, beforeAll, beforeEach, describe, expect, inject, test, vi } from 'vitest';
import { z } from 'zod';
import { Publisher } from './publisher.ts';

const published = z.object({ n: z.int(), seq: z.int(), epoch: z.string() });

let redis: Redis;
let subscription: Redis;
let prefix: string;
let publisher: Publisher;
let heard: z.infer<typeof published>[];

beforeAll(() => {
  const { redisHost: host, redisPort: port } = inject('servers');
  redis = new Redis({ host, port });
  subscription = new Redis({ host, port });
  subscription.on('message', (_channel, text: string) => heard.push(published.parse(JSON.parse(text))));
});

afterAll(() => {
  redis.disconnect();
  subscription.disconnect();
});

beforeEach(async () => {
  heard = [];
  prefix = `${crypto.randomUUID()}.`;
  publisher = new Publisher(redis, prefix, 1_000);
  await subscription.subscribe(`${prefix}${aggregates.order.channel}`);
});

/** Publishes the records with these offsets, each with its offset as `n`. */
const publish = (offsets: number[], { partition = 'orders.v1:0', by = publisher } = {}) =>
  by.publish(
    { partition, first: String(offsets[0]), last: String(offsets.at(-1)) },
    offsets.map((offset) => ({
      offset: String(offset),
      channel: aggregates.order.channel,
      text: `{"n":${offset}`,
      revocation: null,
    })),
  );

const logged = async (): Promise<string[]> => (await redis.xrange(redisKeys(prefix).log, '-', '+')).map(([id]) => id);

describe('publishing', () => {
  test('numbers messages of all partitions in one row, in the log and on the channel alike', async () => {
    const { epoch } = await publish([0, 1]);
    expect(await publish([0], { partition: 'orders.v1:1' })).toEqual({ epoch, seq: 3 });
    await vi.waitFor(() => expect(heard).toHaveLength(3), { timeout: 20_000 });
    expect(heard).toEqual([
      { n: 0, seq: 1, epoch },
      { n: 1, seq: 2, epoch },
      { n: 0, seq: 3, epoch },
    ]);
    expect(await logged()).toEqual(['1-0', '2-0', '3-0']);
  });

  test('skips what was published before, however the records are read again', async () => {
    await publish([0, 1, 2]);
    await publish([1, 2, 3]);
    expect((await publish([0, 1])).seq).toBe(4);
    await vi.waitFor(() => expect(heard).toHaveLength(4), { timeout: 20_000 });
    expect(heard.map(({ n }) => n)).toEqual([0, 1, 2, 3]);
  });

  test('goes on where Redis has forgotten the script', async () => {
    const { epoch } = await publish([0]);
    await redis.script('FLUSH');
    expect(await publish([1])).toEqual({ epoch, seq: 2 });
  });

  test('passes over records that became no message', async () => {
    await publisher.publish({ partition: 'orders.v1:0', first: '0', last: '4' }, []);
    const after = await publish([5]);
    expect(after.seq).toBe(1);
  });

  test('keeps the log at about its length', async () => {
    const short = new Publisher(redis, prefix, 100);
    for (let first = 0; first < 1_000; first += 100) {
      await publish(
        Array.from({ length: 100 }, (_, index) => first + index),
        { by: short },
      );
    }
    expect((await logged()).length).toBeLessThan(300);
    expect((await logged()).at(-1)).toBe('1000-0');
  });
});

test('keeps who lost a session as long as a token lives', async () => {
  const { revocations } = redisKeys(prefix);
  const one = { id: 'sam', session_id: null, reason: 'logout' as const };
  const revocation = { ...one, at: Date.now() };
  const old = { ...one, id: 'ada', at: Date.now() - 20 * 60_000 };
  for (const [index, ended] of [old, revocation].entries()) {
    const range = { partition: 'users.v1:0', first: String(index), last: String(index) };
    await publisher.publish(range, [
      { offset: String(index), channel: aggregates.user.channel, text: '{"n":0', revocation: ended },
    ]);
  }
  expect(await redis.zrange(revocations, '0', '-1')).toEqual([JSON.stringify(one)]);
  expect(await redis.pttl(revocations)).toBeGreaterThan(0);
});

test('keeps one that is dated 2099 no longer than any other', async () => {
  const { revocations } = redisKeys(prefix);
  const ended = { id: 'eve', session_id: null, session_epoch: 1, reason: 'logout' as const };
  const range = { partition: 'users.v1:0', first: '0', last: '0' };
  const revocation = { ...ended, at: Date.parse('2099-01-01T00:00:00Z') };
  await publisher.publish(range, [{ offset: '0', channel: aggregates.user.channel, text: '{"n":0', revocation }]);
  const [member = '', score = ''] = await redis.zrange(revocations, '0', '-1', 'WITHSCORES');
  expect(JSON.parse(member)).toEqual(ended);
  expect(Number(score)).toBeLessThanOrEqual(Date.now());
});

describe('a new epoch begins', () => {
  test('when Redis has lost everything', async () => {
    const before = await publish([0, 1]);
    await redis.del(redisKeys(prefix).state, redisKeys(prefix).log);
    const after = await publish([2]);
    expect(after.epoch).not.toBe(before.epoch);
    expect(after.seq).toBe(1);
    expect(await logged()).toEqual(['1-0']);
  });

  test('when Redis came back with less than it had acknowledged', async () => {
    await publish([0]);
    const old = await redis.hgetall(redisKeys(prefix).state);
    const before = await publish([1]);
    await redis.hset(redisKeys(prefix).state, old);
    const another = new Publisher(redis, prefix, 1_000);
    const after = await publish([2], { by: another });
    expect(after.epoch).not.toBe(before.epoch);
  });

  test('when this publisher has seen a later place in the same epoch', async () => {
    await publish([0]);
    const old = await redis.hgetall(redisKeys(prefix).state);
    const before = await publish([0, 1], { partition: 'orders.v1:1' });
    await redis.hset(redisKeys(prefix).state, old);
    expect((await publisher.begin()).epoch).not.toBe(before.epoch);
  });

  test('when Redis came back with less, and another publisher has gone on past it meanwhile', async () => {
    const another = new Publisher(redis, prefix, 1_000);
    await publish([0]);
    await publish([0], { partition: 'orders.v1:1', by: another });
    const old = await redis.hgetall(redisKeys(prefix).state);
    const before = await publish([1, 2]);
    await redis.del(redisKeys(prefix).state);
    await redis.hset(redisKeys(prefix).state, old);
    await redis.del(redisKeys(prefix).log);
    expect((await publish([1, 2, 3, 4], { partition: 'orders.v1:1', by: another })).epoch).toBe(before.epoch);
    expect((await publisher.begin()).epoch).not.toBe(before.epoch);
  });

  test('when a publisher that has seen nothing finds another run of Redis', async () => {
    const before = await publisher.begin();
    await redis.hset(redisKeys(prefix).state, stateFields.run, 'another');
    expect((await publisher.begin()).epoch).toBe(before.epoch);
    await redis.hset(redisKeys(prefix).state, stateFields.run, 'another');
    expect((await new Publisher(redis, prefix, 1_000).begin()).epoch).not.toBe(before.epoch);
  });

  test('when asked to, because Kafka’s log was made anew', async () => {
    const before = await publish([0, 1, 2]);
    expect(await publisher.remembered()).toEqual(new Map([['orders.v1:0', 2]]));
    expect((await publisher.beginAnew()).epoch).not.toBe(before.epoch);
    expect((await publish([0])).seq).toBe(1);
  });

  test('but not because another publisher began one, nor at every start', async () => {
    const { epoch } = await publisher.begin();
    const another = new Publisher(redis, prefix, 1_000);
    expect(await another.begin()).toEqual({ epoch, seq: 0 });
    await publish([0]);
    expect((await publish([0], { partition: 'orders.v1:2', by: another })).epoch).toBe(epoch);
    expect(await publisher.begin()).toEqual({ epoch, seq: 2 });
  });
});
