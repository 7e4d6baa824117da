import { createLog } from '@live-orders/runtime/process/log.ts';
import { connectRedis, type Redis } from '@live-orders/runtime/redis.ts';
import { afterAll, beforeAll, beforeEach, expect, inject, test } from 'vitest';
import { LoginGuard } from './login-guard.ts';

const log = createLog('test', 'silent');

let redis: Redis;
let guard: LoginGuard;

beforeAll(async () => {
  const { redisHost, redisPort } = inject('servers');
  redis = connectRedis({ REDIS_HOST: redisHost, REDIS_PORT: redisPort }, log);
  await redis.ping();
});

afterAll(() => redis.disconnect());

beforeEach(() => {
  guard = new LoginGuard({ redis, prefix: `${crypto.randomUUID()}.` }, log);
});

const wrong = (email: string, place: string) => guard.attempt(email, place, () => Promise.resolve(false));
const right = (email: string, place: string) => guard.attempt(email, place, () => Promise.resolve(true));
const refused = { code: 'too_many_requests' };

test('many failures in all refuse only strangers at places that have failed themselves', async () => {
  await right('known', 'home');
  for (let n = 0; n < 60; n += 1) {
    await Promise.all(Array.from({ length: 10 }, (_none, m) => wrong(`account ${n} ${m}`, `place ${n} ${m}`)));
  }
  await expect(right('somebody', 'place 0 0')).rejects.toMatchObject(refused);
  expect(await wrong('somebody', 'a fresh place')).toMatchObject({ fits: false });
  await expect(right('somebody', 'a fresh place')).rejects.toMatchObject(refused);
  expect(await right('somebody', 'another fresh place')).toMatchObject({ fits: true });
  expect(await wrong('known', 'home')).toMatchObject({ fits: false });
  expect(await right('known', 'home')).toMatchObject({ fits: true });
});

test('of guesses at once from many places at one account, no more are made than may fail', async () => {
  let made = 0;
  const ask = (n: number) =>
    guard.attempt('account', `place ${n}`, () => {
      made += 1;
      return Promise.resolve(false);
    });
  const outcomes = await Promise.allSettled(Array.from({ length: 200 }, (_none, n) => ask(n)));
  expect(made).toBe(20);
  expect(outcomes.filter(({ status }) => status === 'rejected')).toHaveLength(180);
});

test('a guess that was not made does not count', async () => {
  const broken = () => guard.attempt('account', 'place', () => Promise.reject(new Error('no hash could be made')));
  for (let n = 0; n < 150; n += 1) await expect(broken()).rejects.toThrow('no hash could be made');
  expect(await wrong('account', 'place')).toMatchObject({
    fits: false,
    headers: { ratelimit: expect.stringContaining('"login";r=9;') as unknown },
  });
  expect(await right('account', 'place')).toMatchObject({ fits: true });
});

test('a right password forgets the failures of its place, and not those of strangers', async () => {
  for (let n = 0; n < 19; n += 1) await wrong('account', `place ${n}`);
  await right('account', 'home');
  expect(await wrong('account', 'place 19')).toMatchObject({ fits: false });
  await expect(wrong('account', 'place 20')).rejects.toMatchObject(refused);
  for (let n = 0; n < 9; n += 1) await wrong('account', 'home');
  expect(await right('account', 'home')).toMatchObject({ headers: { ratelimit: '"login";r=10;t=0' } });
});

test('a known place is forgotten after 30 days', async () => {
  const prefix = `${crypto.randomUUID()}.`;
  await new LoginGuard({ redis, prefix }, log).attempt('account', 'home', () => Promise.resolve(true));
  const [key = ''] = await redis.keys(`${prefix}known_place:*`);
  const seconds = await redis.ttl(key);
  expect(seconds).toBeGreaterThan(29 * 24 * 3600);
  expect(seconds).toBeLessThanOrEqual(30 * 24 * 3600);
});
