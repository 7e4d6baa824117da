import { calls } from '@live-orders/contracts/rest/calls.ts';
import { type Api, testPassword } from '@live-orders/test-support/clients/api.ts';
import type { Shop } from '@live-orders/test-support/fixtures/shop.ts';
import { test } from '@live-orders/test-support/fixtures/test.ts';
import { describe, expect } from 'vitest';

let shop: Shop;

test.beforeAll(({ shop: opened }) => {
  shop = opened;
});

/** Addresses of this test file alone, because a place that has guessed too often is remembered. */
let places = 0;
const newPlace = (): string => `198.18.${(places >> 8) & 0xff}.${places++ & 0xff}`;

interface Attempt {
  status: number;
  retryAfter: number;
}

const logIn = async (email: string, password: string, place: string, gateway = shop.system.gatewayUrl) => {
  const answer = await fetch(`${gateway}${calls.login.path}`, {
    method: 'POST',
    headers: { 'content-type': 'application/json', 'x-forwarded-for': place },
    body: JSON.stringify({ email, password }),
  });
  await answer.text();
  return { status: answer.status, retryAfter: Number(answer.headers.get('retry-after') ?? 0) } satisfies Attempt;
};

const guess = (email: string, place: string): Promise<Attempt> => logIn(email, 'not the password', place);

const emailOf = ({ session }: Api): string => session?.user.email ?? '';

describe('guesses at one account from many places', () => {
  const besiege = async (email: string): Promise<Attempt[]> => {
    const attempts: Attempt[] = [];
    for (let n = 0; n < 30; n += 1) attempts.push(await guess(email, newPlace()));
    return attempts;
  };

  test('are slowed, and tell nothing of whether there is such an account', async () => {
    const known = await besiege(emailOf(await shop.anybody.register()));
    const unknown = await besiege(`${crypto.randomUUID()}@example.com`);
    for (const attempts of [known, unknown]) {
      const statuses = attempts.map(({ status }) => status);
      expect(statuses.slice(0, 20)).toEqual(Array.from({ length: 20 }, () => 401));
      expect(statuses).toContain(429);
    }
  });

  test('do not lock its owner out where they have logged in before', async () => {
    const home = newPlace();
    const email = emailOf(await shop.anybody.register());
    expect((await logIn(email, testPassword, home)).status).toBe(200);
    const attempts = await besiege(email);
    expect(attempts.at(-1)?.retryAfter).toBeGreaterThan(0);
    expect((await logIn(email, testPassword, newPlace())).status).toBe(429);
    expect((await logIn(email, testPassword, home)).status).toBe(200);
  });
});

test('of many guesses sent at once from many places the right one does not stand out', async () => {
  const email = emailOf(await shop.anybody.register());
  const guesses = Array.from({ length: 40 }, () => guess(email, newPlace()));
  const right = logIn(email, testPassword, newPlace());
  const wrong = (await Promise.all(guesses)).map(({ status }) => status);
  expect(wrong.filter((status) => status === 401)).toHaveLength(20);
  expect(wrong.filter((status) => status === 429)).toHaveLength(20);
  expect([200, 429]).toContain((await right).status);
});

test('guesses from one place at many accounts are slowed, except where their owners have logged in there', async () => {
  const office = newPlace();
  const colleague = emailOf(await shop.anybody.register());
  expect((await logIn(colleague, testPassword, office)).status).toBe(200);
  const statuses: number[] = [];
  for (let n = 0; n < 110; n += 1) statuses.push((await guess(`${crypto.randomUUID()}@example.com`, office)).status);
  expect(statuses.filter((status) => status === 401)).toHaveLength(100);
  expect(statuses.at(-1)).toBe(429);
  expect((await logIn(colleague, testPassword, office)).status).toBe(200);
});

test('of many guesses at once at the own password, the right one does not pass once too many were wrong', async () => {
  const api = await shop.anybody.register();
  const change = (current_password: string) =>
    api.send('PATCH', calls.changeProfile.path, { body: { password: 'quite another one', current_password } });
  await Promise.all(Array.from({ length: 12 }, (_none, n) => change(`guess number ${n}`)));
  expect((await change(testPassword)).status).toBe(429);
});

test('refresh tokens that are not good are counted by place, and good ones are not', async () => {
  const place = newPlace();
  const refresh = async (refresh_token: string): Promise<number> => {
    const { status } = await shop.anybody.send('POST', calls.refresh.path, {
      body: { refresh_token },
      headers: { 'x-forwarded-for': place },
    });
    return status;
  };
  const { session } = await shop.anybody.register();
  expect(await refresh(session?.refresh_token ?? '')).toBe(200);
  for (let n = 0; n < 60; n += 1) expect(await refresh(`${crypto.randomUUID()}.${'x'.repeat(43)}`)).toBe(401);
  expect(await refresh(`${crypto.randomUUID()}.${'x'.repeat(43)}`)).toBe(429);
});

test('without Redis a process counts by itself', async () => {
  await shop.system.beside('users', { REDIS_PORT: '1' }, async (url) => {
    const email = `${crypto.randomUUID()}@example.com`;
    const place = newPlace();
    const statuses: number[] = [];
    for (let n = 0; n < 12; n += 1) {
      const headers = { 'content-type': 'application/json', 'x-forwarded-for': place };
      const body = JSON.stringify({ email, password: 'not the password' });
      const answer = await fetch(`${url}/api/auth/login`, { method: 'POST', headers, body });
      await answer.text();
      statuses.push(answer.status);
    }
    expect(statuses).toEqual([...Array.from({ length: 10 }, () => 401), 429, 429]);
  });
});
