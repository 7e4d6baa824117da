import { createPublicKey } from 'node:crypto';
import { calls } from '@live-orders/contracts/rest/calls.ts';
import { Api } from '@live-orders/test-support/clients/api.ts';
import { Socket } from '@live-orders/test-support/clients/socket.ts';
import type { Shop } from '@live-orders/test-support/fixtures/shop.ts';
import { test } from '@live-orders/test-support/fixtures/test.ts';
import { describe, expect } from 'vitest';
import { cases, type Json, type Means, rightKey, withClaims } from './forging.ts';

let shop: Shop;
let means: Means;
let ticket: string;

test.beforeAll(async ({ shop: opened }) => {
  shop = opened;
  const caller = await shop.anybody.register();
  const { access_token, refresh_token } = caller.session ?? { access_token: '', refresh_token: '' };
  const [header = '', payload = '', signature = ''] = access_token.split('.');
  const read = (part: string): Json => JSON.parse(Buffer.from(part, 'base64url').toString()) as Json;
  means = {
    own: [header, payload, signature],
    header: read(header),
    claims: read(payload),
    adminId: shop.admin.session?.user.id ?? '',
    publicKey: createPublicKey(rightKey),
    refreshToken: refresh_token,
  };
  ({ ticket } = await caller.call(calls.createTicket, {}));
  // What is signed with this key counts, so that what else is wrong with a forgery is what refuses it.
  expect(await ask('/orders/api/orders', withClaims({})(means))).toBe(200);
});

const portOf = (name: 'users' | 'orders'): string => `http://127.0.0.1:${shop.system.part(name).port}`;

const ask = async (path: string, token: string, method = 'GET', url = shop.system.gatewayUrl): Promise<number> => {
  const answer = await fetch(url + path, { method, headers: { authorization: `Bearer ${token}` } });
  await answer.body?.cancel();
  return answer.status;
};

const upgrade = (query: string, headers: Record<string, string>): Promise<string> =>
  Socket.connect(`${shop.system.gatewayUrl.replace('http', 'ws')}/ws${query}`, headers).then(
    () => 'let in',
    (error: unknown) => String(error),
  );

test('there are enough of them, and no two are the same', async () => {
  const tokens = await Promise.all(cases.map(async ({ make }) => make(means)));
  expect(new Set(tokens).size).toBe(cases.length);
  expect(cases.length).toBeGreaterThan(100);
});

describe('a forged token is refused with 401', () => {
  test.each(cases)('$kind: $what', async ({ make }) => {
    const token = await make(means);
    const statuses = await Promise.all([
      ask('/api/users/profile', token, 'GET', portOf('users')),
      ask('/api/orders?limit=1', token, 'GET', portOf('orders')),
      ask('/users/api/users/profile', token),
      ask('/orders/api/orders?limit=1', token),
      ask('/live/ticket', token, 'POST'),
      ask('/live/events', token),
      ask(`/live/events?ticket=${encodeURIComponent(token)}`, ''),
    ]);
    expect(statuses).toEqual([401, 401, 401, 401, 401, 401, 401]);
    expect(await upgrade('', { authorization: `Bearer ${token}` })).toContain('refused with 401');
    expect(await upgrade(`?ticket=${encodeURIComponent(token)}`, {})).toContain('refused with 401');
  });
});

test('a socket that is renewed with a forged token is closed', async () => {
  const victim = await shop.anybody.register();
  const isClosed = async ({ make, what }: (typeof cases)[number]): Promise<string> => {
    const socket = await Socket.open(victim);
    await socket.next('welcome');
    socket.raw.send(JSON.stringify({ event: 'renew', token: await make(means) }));
    const { code } = await socket.closed;
    return `${what}: ${code === 1009 ? 4001 : code}`;
  };
  const closed: string[] = [];
  for (const one of cases) closed.push(await isClosed(one));
  expect(closed).toEqual(cases.map(({ what }) => `${what}: 4001`));
});

test('a ticket is no token', async () => {
  for (const url of [portOf('users'), `${shop.system.gatewayUrl}/users`])
    expect(await ask('/api/users/profile', ticket, 'GET', url)).toBe(401);
  expect(await upgrade('', { authorization: `Bearer ${ticket}` })).toContain('refused with 401');
});

test('neither an access token nor a ticket renews a session', async () => {
  const tokens = [means.own.join('.'), ticket, '', `${String(means.claims.sid)}.${means.own[2]}`];
  for (const refresh_token of tokens) {
    const { status } = await new Api(shop.system.gatewayUrl).send('POST', calls.refresh.path, {
      body: { refresh_token },
    });
    expect([401, 422]).toContain(status);
  }
});

test('a token is read from its header alone', async () => {
  const token = means.own.join('.');
  const places: [string, Record<string, string>][] = [
    [`?access_token=${token}`, {}],
    [`?token=${token}`, {}],
    ['', { cookie: `access_token=${token}; __Host-access_token=${token}; session=${token}` }],
    ['', { 'x-access-token': token }],
    ['', { 'proxy-authorization': `Bearer ${token}` }],
    ['', { authorization: token }],
    ['', { authorization: `Basic ${token}` }],
    ['', { authorization: `Bearer Bearer ${token}` }],
    ['', { authorization: `Bearer  ${token}` }],
    ['', { authorization: `Bearer "${token}"` }],
  ];
  for (const [query, headers] of places)
    for (const url of [`${shop.system.gatewayUrl}/orders`, portOf('orders')]) {
      const answer = await fetch(`${url}/api/products${query}`, { headers });
      await answer.body?.cancel();
      expect(answer.status, JSON.stringify([query, headers])).toBe(401);
    }
});
