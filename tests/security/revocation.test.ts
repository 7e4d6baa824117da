import { setTimeout as delay } from 'node:timers/promises';
import { redisKeys } from '@live-orders/contracts/redis/keyspace.ts';
import { calls } from '@live-orders/contracts/rest/calls.ts';
import type { Role } from '@live-orders/contracts/domain/users.ts';
import { createLog } from '@live-orders/runtime/process/log.ts';
import { connectRedis } from '@live-orders/runtime/redis.ts';
import { describe, expect, vi } from 'vitest';
import { Api, testPassword } from '@live-orders/test-support/clients/api.ts';
import { Socket } from '@live-orders/test-support/clients/socket.ts';
import { test } from '@live-orders/test-support/fixtures/test.ts';
import type { Shop } from '@live-orders/test-support/fixtures/shop.ts';

let shop: Shop;

test.beforeAll(({ shop: opened }) => {
  shop = opened;
});

/** A new user of this role, logged in. */
const hire = async (role: Role): Promise<Api> => {
  const email = `${crypto.randomUUID()}@example.com`;
  await shop.admin.call(calls.createUser, { body: { email, password: testPassword, name: 'Brief', role } });
  return shop.anybody.login(email);
};
const idOf = (api: Api): string => api.session?.user.id ?? '';

/** What the same caller is answered by the orders service itself. */
const directly = async (api: Api, method: string, path: string, body?: unknown): Promise<number> => {
  const url = `http://127.0.0.1:${shop.system.part('orders').port}/api${path}`;
  const headers = {
    authorization: `Bearer ${api.session?.access_token ?? ''}`,
    'content-type': 'application/json',
  };
  const answer = await fetch(url, { method, headers, ...(body === undefined ? {} : { body: JSON.stringify(body) }) });
  await answer.text();
  return answer.status;
};

/** The promise itself: what a service was told of a session counts for a second, and no longer. */
const nextSecond = () => delay(1_000);

const bearer = (api: Api) => ({ authorization: `Bearer ${api.session?.access_token ?? ''}` });
const socketUrl = (): string => `${shop.system.gatewayUrl.replace('http', 'ws')}/ws`;
const place = (by: Api) => by.placeOrder([{ product_id: shop.products[0].id, quantity: 1 }]);

describe('while the bridge stands still, so that no gateway hears of it', () => {
  const withoutBridge = async (work: () => Promise<void>): Promise<void> => {
    const bridge = shop.system.part('bridge');
    await bridge.stop();
    try {
      await work();
    } finally {
      await bridge.start();
    }
  };

  test('a staff member who is disabled is refused everywhere a second later', async () => {
    await withoutBridge(async () => {
      const brief = await hire('staff');
      const order = await place(shop.customer);
      // Everybody who asks has just been told that the session lives.
      await brief.call(calls.createTicket, {});
      expect(await directly(brief, 'GET', '/orders?limit=1')).toBe(200);
      await shop.admin.call(calls.deactivateUser, { id: idOf(brief) });
      await nextSecond();

      const move = [`/orders/${order.id}/status`, { status: 'confirmed' }] as const;
      expect(await directly(brief, 'GET', '/orders?limit=1')).toBe(401);
      expect(await directly(brief, 'PATCH', ...move)).toBe(401);
      const refusal = { status: 401, code: 'unauthenticated', detail: 'The session has ended; log in again.' };
      expect(await brief.problem('GET', '/orders/api/orders?limit=1')).toMatchObject(refusal);
      expect(await brief.problem('PATCH', `/orders/api${move[0]}`, move[1])).toMatchObject(refusal);
      expect(await brief.problem('GET', '/users/api/users/profile')).toMatchObject({ status: 401 });
      expect(await brief.problem('POST', '/live/ticket')).toMatchObject(refusal);
      await expect(Socket.connect(socketUrl(), bearer(brief))).rejects.toThrow('refused with 401');
      expect((await shop.staff.order(order.id)).status).toBe('pending');
    });
  });

  test('so is a customer who has logged out, and a staff member with another role, who logs in again and is let in', async () => {
    await withoutBridge(async () => {
      const [leaving, brief] = await Promise.all([shop.anybody.register(), hire('staff')]);
      await leaving.call(calls.logout, {});
      await shop.admin.call(calls.changeUser, { id: idOf(brief), body: { role: 'customer' } });
      await nextSecond();
      for (const api of [leaving, brief]) {
        expect(await directly(api, 'GET', '/orders')).toBe(401);
        expect(await api.problem('POST', '/live/ticket')).toMatchObject({ status: 401 });
      }
      const again = await shop.anybody.login(brief.session?.user.email ?? '');
      expect(again.session?.user.role).toBe('customer');
      expect(await directly(again, 'GET', '/orders')).toBe(200);
      await again.call(calls.createTicket, {});
    });
  });
});

test('a gateway without Redis, which hears of nothing, lets nobody in whose session has ended', async () => {
  await shop.system.beside('gateway', { REDIS_PORT: '1' }, async (url) => {
    const there = (api: Api): Api => new Api(url, api.session);
    const brief = there(await hire('staff'));
    expect(await brief.send('GET', '/orders/api/orders?limit=1')).toMatchObject({ status: 200 });
    await shop.admin.call(calls.deactivateUser, { id: idOf(brief) });
    await nextSecond();
    expect(await brief.problem('GET', '/orders/api/orders?limit=1')).toMatchObject({ status: 401 });
    expect(await brief.problem('POST', '/live/ticket')).toMatchObject({ status: 401 });
  });
});

describe('while the users service cannot be asked', () => {
  /** Nobody has asked about these sessions when it goes. */
  const withoutUsers = async (work: (brief: Api, customer: Api) => Promise<void>): Promise<void> => {
    const users = shop.system.part('users');
    const [brief, customer] = await Promise.all([hire('staff'), shop.anybody.register()]);
    await users.kill();
    try {
      await work(brief, customer);
    } finally {
      if (users.pid === undefined) await users.start();
    }
  };

  test('customers go on; staff of whom nothing is known read, but change nothing and get no stream', async () => {
    const order = await place(shop.customer);
    await withoutUsers(async (brief, customer) => {
      expect((await place(customer)).status).toBe('pending');
      expect(await customer.orders()).toHaveLength(1);
      await customer.call(calls.createTicket, {});

      expect(await brief.order(order.id)).toMatchObject({ status: 'pending' });
      const refusal = {
        status: 503,
        code: 'unavailable',
        detail: 'It cannot be checked at the moment whether your session is still good; nothing was changed.',
      };
      const move = [`/orders/${order.id}/status`, { status: 'confirmed' }] as const;
      expect(await brief.problem('PATCH', `/orders/api${move[0]}`, move[1])).toMatchObject(refusal);
      expect(await directly(brief, 'PATCH', ...move)).toBe(503);
      expect(await brief.problem('POST', '/live/ticket')).toMatchObject(refusal);
      await expect(Socket.connect(socketUrl(), bearer(brief))).rejects.toThrow('refused with 503');
      expect((await brief.send('POST', '/live/ticket')).headers.get('retry-after')).toBe('2');

      await shop.system.part('users').start();
      // Orders and gateway each try the users service once a second while it fails.
      const soon = { timeout: 10_000 };
      await vi.waitFor(async () => expect((await brief.move(order.id, 'confirmed')).status).toBe('confirmed'), soon);
      await vi.waitFor(() => brief.call(calls.createTicket, {}), soon);
    });
  });

  test('staff who were checked within 30 seconds go on', async () => {
    const order = await place(shop.customer);
    const brief = await hire('staff');
    await brief.call(calls.createTicket, {});
    await brief.order(order.id);
    const users = shop.system.part('users');
    await users.kill();
    try {
      expect((await brief.move(order.id, 'confirmed')).status).toBe('confirmed');
      await brief.call(calls.createTicket, {});
    } finally {
      await users.start();
    }
  });
});

describe('the epoch of a session', () => {
  /** What the access token says. */
  const claimsOf = (api: Api): unknown => {
    const [, payload = ''] = api.session?.access_token.split('.') ?? [];
    return JSON.parse(Buffer.from(payload, 'base64url').toString());
  };

  test('is the number of times that all of the user’s ended before, in the token and in the news of that', async () => {
    const brief = await hire('staff');
    expect(claimsOf(brief)).toMatchObject({ session_epoch: 0 });
    await shop.admin.call(calls.changeUser, { id: idOf(brief), body: { role: 'customer' } });
    const again = await shop.anybody.login(brief.session?.user.email ?? '');
    expect(claimsOf(again)).toMatchObject({ session_epoch: 1 });

    const { redisHost, redisPort, prefix } = shop.system.territory;
    const redis = connectRedis({ REDIS_HOST: redisHost, REDIS_PORT: redisPort }, createLog('test', 'silent'));
    const told = { id: idOf(brief), session_id: null, session_epoch: 1, reason: 'role_changed' };
    try {
      await vi.waitFor(
        async () => {
          const members = await redis.zrange(redisKeys(prefix).revocations, '0', '-1');
          expect(members.map((member): unknown => JSON.parse(member))).toContainEqual(told);
        },
        { timeout: 20_000 },
      );
    } finally {
      redis.disconnect();
    }
  });
});
