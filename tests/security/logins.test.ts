import { setTimeout as delay } from 'node:timers/promises';
import { calls } from '@live-orders/contracts/rest/calls.ts';
import { type Api, testPassword } from '@live-orders/test-support/clients/api.ts';
import { test } from '@live-orders/test-support/fixtures/test.ts';
import type { System } from '@live-orders/test-support/system/system.ts';
import { describe, expect, vi } from 'vitest';

let system: System;
let anybody: Api;

test.beforeAll(({ shop }) => {
  ({ system, anybody } = shop);
});

/** Addresses that no other file uses, because a place that has guessed is remembered. */
let places = 0;
const newPlace = (): string => {
  places += 1;
  return `198.18.${places >> 8}.${places & 255}`;
};

interface Outcome {
  status: number;
  retryAfter: number;
  code: unknown;
  detail: unknown;
  policy: string | null;
  left: string | null;
}

/** Through a proxy on this machine, or at a service itself, which believes whoever calls it. */
const send = async (url: string, path: string, place: string, body: unknown): Promise<Outcome> => {
  const headers = { 'content-type': 'application/json', 'x-forwarded-for': place };
  const answer = await fetch(`${url}${path}`, { method: 'POST', headers, body: JSON.stringify(body) });
  const { code, detail } = (await answer.json()) as { code?: unknown; detail?: unknown };
  return {
    ...{ status: answer.status, code, detail },
    retryAfter: Number(answer.headers.get('retry-after')),
    policy: answer.headers.get('ratelimit-policy'),
    left: answer.headers.get('ratelimit'),
  };
};
const logIn = (email: string, password: string, place: string): Promise<Outcome> =>
  send(system.gatewayUrl, calls.login.path, place, { email, password });
const guess = (email: string, place: string): Promise<Outcome> => logIn(email, 'a wrong guess', place);

/** Where a service itself is asked to log somebody in. */
const loginOfService = calls.login.path.replace('/users', '');

const newAccount = async (): Promise<string> => (await anybody.register()).session?.user.email ?? '';
const noAccount = (): string => `${crypto.randomUUID()}@example.com`;
const statusesOf = (outcomes: Outcome[]): number[] => outcomes.map(({ status }) => status);
const times = <T>(count: number, make: (n: number) => T): T[] => Array.from({ length: count }, (_none, n) => make(n));

describe('guesses at one account from many places', () => {
  /** 200 of them at once, ten from each of 20 places. */
  const besiege = async (email: string): Promise<Outcome[]> => {
    const siege = times(20, newPlace);
    const outcomes: Outcome[] = [];
    for (let n = 0; n < 10; n += 1) outcomes.push(...(await Promise.all(siege.map((place) => guess(email, place)))));
    return outcomes;
  };

  test('are slowed, whether there is such an account or not', async () => {
    for (const email of [await newAccount(), noAccount()]) {
      const outcomes = await besiege(email);
      const compared = outcomes.filter(({ status }) => status === 401);
      // Beyond the 20 only those that a pause of a second or two let through meanwhile.
      expect(compared.length).toBeGreaterThanOrEqual(20);
      expect(compared.length).toBeLessThan(40);
      const refused = outcomes.filter(({ status }) => status !== 401);
      for (const one of refused) expect(one).toMatchObject({ status: 429, code: 'too_many_requests' });
    }
  });

  test('have to wait longer each time', async () => {
    const email = noAccount();
    for (let n = 0; n < 20; n += 1) expect((await guess(email, newPlace())).status).toBe(401);
    const waits: number[] = [];
    for (let n = 0; n < 3; n += 1) {
      const refused = await guess(email, newPlace());
      expect(refused).toMatchObject({ status: 429, left: expect.stringMatching(/"login-pause";r=0;t=\d/) as unknown });
      waits.push(refused.retryAfter);
      await delay(refused.retryAfter * 1000);
      expect((await guess(email, newPlace())).status).toBe(401);
    }
    expect(waits[0]).toBeLessThan(waits[1] ?? 0);
    expect(waits[1]).toBeLessThan(waits[2] ?? 0);
  });

  test('do not lock out who has logged in or registered from the same place before', async () => {
    const [home, birthplace] = [newPlace(), newPlace()];
    const email = noAccount();
    const body = { email, password: testPassword, name: 'Owner' };
    expect((await send(system.gatewayUrl, calls.register.path, birthplace, body)).status).toBe(201);
    expect((await logIn(email, testPassword, home)).status).toBe(200);
    await besiege(email);
    // A pause may have passed by now. Each guess that is compared makes the next one twice as long.
    await vi.waitFor(
      async () => {
        await guess(email, newPlace());
        expect((await logIn(email, testPassword, newPlace())).status).toBe(429);
      },
      { timeout: 30_000, interval: 10 },
    );
    expect((await logIn(email, testPassword, home)).status).toBe(200);
    expect((await logIn(email, testPassword, birthplace)).status).toBe(200);
  });
});

test('many programs may log in to one account at once', async () => {
  const [email, place] = [await newAccount(), newPlace()];
  const outcomes = await Promise.all(times(25, () => logIn(email, testPassword, place)));
  expect(statusesOf(outcomes)).toEqual(times(25, () => 200));
});

test('guesses from one place over many accounts are slowed, except for who has logged in there before', async () => {
  const office = newPlace();
  const colleague = await newAccount();
  expect((await logIn(colleague, testPassword, office)).status).toBe(200);
  const accounts = times(30, noAccount);
  const outcomes: Outcome[] = [];
  for (let n = 0; n < 4; n += 1) outcomes.push(...(await Promise.all(accounts.map((email) => guess(email, office)))));
  expect(outcomes.filter(({ status }) => status === 401)).toHaveLength(100);
  expect(outcomes.filter(({ status }) => status === 429)).toHaveLength(20);
  expect(await logIn(await newAccount(), testPassword, office)).toMatchObject({
    status: 429,
    policy: expect.stringContaining('"login-place";q=100;w=900') as unknown,
  });
  expect((await logIn(colleague, testPassword, office)).status).toBe(200);
});

test('of many guesses at once no more are compared than may fail', async () => {
  const [email, place] = [await newAccount(), newPlace()];
  const outcomes = await Promise.all(times(31, () => guess(email, place)));
  expect(outcomes.filter(({ status }) => status === 401)).toHaveLength(10);
  expect((await logIn(email, testPassword, place)).status).toBe(429);
});

test('of many guesses at the own password at once no more are compared than may fail', async () => {
  const api = await anybody.register();
  const change = (current_password: string) =>
    api.send('PATCH', calls.changeProfile.path, { body: { password: 'quite another one', current_password } });
  const outcomes = await Promise.all(times(31, (n) => change(`guess number ${n}`)));
  expect(outcomes.filter(({ status }) => status === 422)).toHaveLength(10);
  expect(outcomes.filter(({ status }) => status === 429)).toHaveLength(21);
  const right = await change(testPassword);
  expect(right.status).toBe(429);
  expect(right.headers.get('ratelimit')).toMatch(/"password";r=0;t=\d+/);
});

test('logins of honest people go on while one place sends more than can be compared', async () => {
  const people = await Promise.all(times(12, newAccount));
  await system.beside('users', { BCRYPT_COST: '10' }, async (url) => {
    const attempt = (email: string, password: string, place: string): Promise<Outcome> =>
      send(url, loginOfService, place, { email, password });
    const flooder = newPlace();
    const flood = times(80, () => attempt(noAccount(), 'a wrong guess', flooder));
    await Promise.race(flood);
    const honest = await Promise.all(people.map((email) => attempt(email, testPassword, newPlace())));
    expect(statusesOf(honest)).toEqual(people.map(() => 200));
    for (const status of statusesOf(await Promise.all(flood))) expect([401, 503]).toContain(status);
  });
});

describe('renewing tokens', () => {
  const refresh = (refresh_token: string, place: string): Promise<Outcome> =>
    send(system.gatewayUrl, calls.refresh.path, place, { refresh_token });
  const badToken = (): string => `${crypto.randomUUID()}.${'x'.repeat(43)}`;

  test('is refused to a place with too many bad ones, and to no other', async () => {
    const [place, elsewhere] = [newPlace(), newPlace()];
    for (let n = 0; n < 60; n += 1) expect((await refresh(badToken(), place)).status).toBe(401);
    const { session } = await anybody.register();
    expect(await refresh(session?.refresh_token ?? '', place)).toMatchObject({
      status: 429,
      code: 'too_many_requests',
    });
    expect((await refresh(session?.refresh_token ?? '', elsewhere)).status).toBe(200);
  });

  test('of one session is bounded', async () => {
    const place = newPlace();
    const { session } = await anybody.register();
    const token = session?.refresh_token ?? '';
    const outcomes: Outcome[] = [];
    for (const count of [30, 30, 1]) outcomes.push(...(await Promise.all(times(count, () => refresh(token, place)))));
    expect(outcomes.filter(({ status }) => status === 200)).toHaveLength(60);
    const refused = outcomes.filter(({ status }) => status !== 200);
    expect(refused).toMatchObject([{ status: 429, policy: expect.stringContaining('"refresh";q=60;w=60') as unknown }]);
  });
});

test('answers say what is left', async () => {
  const [email, place] = [await newAccount(), newPlace()];
  const wrong = await guess(email, place);
  expect(wrong.policy).toContain('"login";q=10;w=300');
  expect(wrong.left).toMatch(/"login";r=9;t=\d+/);
  expect((await guess(email, place)).left).toMatch(/"login";r=8;t=\d+/);
  expect((await logIn(email, testPassword, place)).left).toContain('"login";r=10;t=0');
  const body = { email: noAccount(), password: testPassword, name: 'Somebody' };
  expect((await send(system.gatewayUrl, calls.register.path, place, body)).left).toMatch(/"register";r=59;t=60/);
});

test('without Redis each process counts by itself, and knows whom it has let in', async () => {
  const owner = await newAccount();
  await system.beside('users', { REDIS_PORT: '1' }, async (url) => {
    const [email, place] = [noAccount(), newPlace()];
    const attempt = (address: string, from: string, password = 'a wrong guess'): Promise<Outcome> =>
      send(url, loginOfService, from, { email: address, password });
    for (let n = 0; n < 10; n += 1) expect((await attempt(email, place)).status).toBe(401);
    expect((await attempt(email, place)).status).toBe(429);
    const home = newPlace();
    expect((await attempt(owner, home, testPassword)).status).toBe(200);
    for (let n = 0; n < 20; n += 1) expect((await attempt(owner, newPlace())).status).toBe(401);
    expect(await attempt(owner, newPlace(), testPassword)).toMatchObject({ status: 429, code: 'too_many_requests' });
    expect((await attempt(owner, home, testPassword)).status).toBe(200);
  });
});

test('of guesses at once from many places, no answer tells which of those that were not made is right', async () => {
  const email = await newAccount();
  // Slow enough that all have come before the first was compared.
  await system.beside('users', { BCRYPT_COST: '10' }, async (url) => {
    const outcomes = await Promise.all(
      times(60, (n) =>
        send(url, loginOfService, newPlace(), { email, password: n > 40 ? testPassword : `guess ${n}` }),
      ),
    );
    // Of 41 wrong ones, 20 and those that a pause of a few seconds let through meanwhile are compared.
    expect(outcomes.filter(({ status }) => status === 401).length).toBeLessThan(30);
    for (const status of statusesOf(outcomes)) expect([200, 401, 429]).toContain(status);
  });
});
