import { calls } from '@live-orders/contracts/rest/calls.ts';
import { role, type Role } from '@live-orders/contracts/domain/users.ts';
import type { Order } from '@live-orders/contracts/domain/orders.ts';
import { settings } from '@live-orders/runtime/process/config.ts';
import { Api } from '@live-orders/test-support/clients/api.ts';
import { Socket } from '@live-orders/test-support/clients/socket.ts';
import type { Shop } from '@live-orders/test-support/fixtures/shop.ts';
import { test } from '@live-orders/test-support/fixtures/test.ts';
import { describe, expect, vi } from 'vitest';
import { z } from 'zod';
import { type Operation, readOperations } from '../fuzz/operations.ts';
import { Signer } from '../../services/users/src/tokens.ts';

const team = ['staff', 'admin'] as const;
const admins = ['admin'] as const;

/**
 * Who may make each call of the OpenAPI document. What the document says follows from the guard of the route; this table is
 * written by hand, so that nobody changes who may do what by accident.
 */
const policies: Record<string, 'public' | 'signed-in' | readonly Role[]> = {
  getGatewayHealth: 'public',
  getGatewayReadiness: 'public',
  createTicket: 'signed-in',
  'getHealthOf-users': 'public',
  'getHealthOf-orders': 'public',
  login: 'public',
  register: 'public',
  refresh: 'public',
  logout: 'signed-in',
  verify: 'signed-in',
  getProfile: 'signed-in',
  changeProfile: 'signed-in',
  listUsers: admins,
  createUser: admins,
  getUser: admins,
  changeUser: admins,
  deactivateUser: admins,
  listTeam: team,
  listSecurityEvents: admins,
  listOrders: 'signed-in',
  placeOrder: 'signed-in',
  moveOrders: team,
  getOrder: 'signed-in',
  getOrderHistory: 'signed-in',
  changeOrder: team,
  moveOrder: 'signed-in',
  undoMove: team,
  getOrderStats: team,
  exportOrders: 'signed-in',
  listProducts: 'signed-in',
  getProduct: 'signed-in',
  createProduct: admins,
  changeProduct: admins,
  archiveProduct: admins,
  adjustStock: admins,
  listStockMovements: team,
  listViews: team,
  saveView: team,
  changeView: team,
  deleteView: team,
};
/** It answers as long as somebody listens, so it has tests of its own below. */
const stream = 'followEvents';

const operation = z.object({
  operationId: z.string(),
  security: z.array(z.record(z.string(), z.array(role))).optional(),
});
type Described = z.infer<typeof operation> & { method: string; path: string };

let shop: Shop;
let described: Map<string, Described>;
let operations: Operation[];
/** Callers that nobody may be any more, by what became of them. */
let former: Record<'expired' | 'revoked' | 'disabled', Api>;
let other: Api;
let order: Order;

const policyOf = ({ security }: Described): unknown => {
  const [roles] = (security ?? []).map((one) => one.bearer);
  if (roles === undefined) return 'public';
  return roles.length === 0 ? 'signed-in' : roles;
};

/** The same caller with a token whose time is over. */
const expire = async ({ url, session }: Api): Promise<Api> => {
  if (!session) throw new Error('only somebody who has logged in can come back too late');
  const signer = await Signer.create(settings.accounts.JWT_SECRET.parse(undefined));
  vi.useFakeTimers({ toFake: ['Date'], now: Date.now() - 24 * 3_600_000 });
  const access_token = await signer
    .sign({ ...session.user, session_epoch: 0 }, crypto.randomUUID())
    .finally(() => vi.useRealTimers());
  return new Api(url, { ...session, access_token });
};

test.beforeAll(async ({ shop: opened }) => {
  shop = opened;
  const { admin, anybody, customer, products } = shop;
  const { body } = await anybody.send('GET', '/docs/openapi.json');
  operations = readOperations(body);
  const { paths } = z.object({ paths: z.record(z.string(), z.record(z.string(), operation)) }).parse(body);
  described = new Map(
    Object.entries(paths).flatMap(([path, methods]) =>
      Object.entries(methods).map(([method, one]) => [one.operationId, { ...one, path, method: method.toUpperCase() }]),
    ),
  );
  const password = `a long password ${crypto.randomUUID()}`;
  const email = `${crypto.randomUUID()}@example.com`;
  const user = await admin.call(calls.createUser, { body: { email, password, name: 'Short Stay', role: 'admin' } });
  former = {
    expired: await expire(admin),
    revoked: await anybody.login('admin@example.com'),
    disabled: await anybody.login(email, password),
  };
  await former.revoked.call(calls.logout, {});
  await admin.call(calls.deactivateUser, { id: user.id });
  for (const api of Object.values(former))
    await vi.waitFor(async () => expect(await attempt('listProducts', api)).toEqual([401, 401]), { timeout: 20_000 });
  other = await anybody.register();
  order = await customer.placeOrder([{ product_id: products[0].id, quantity: 1 }]);
});

test('the table has every call of the document, with its policy', () => {
  const found = [...described.values()].filter(({ operationId }) => operationId !== stream);
  expect(Object.fromEntries(found.map((one) => [one.operationId, policyOf(one)]))).toEqual(policies);
});

/**
 * The statuses of a call without any content, through the gateway and, where a service answers it, directly. What the call
 * would do is refused, if not for the caller then for what is missing.
 */
const attempt = async (operationId: string, caller: Api): Promise<number[]> => {
  const { method, path } = described.get(operationId) ?? { method: '', path: '' };
  const body = ['POST', 'PATCH'].includes(method) ? {} : undefined;
  const whole = path.replace('{id}', crypto.randomUUID());
  const [, service, below = ''] = /^\/(users|orders)(\/.*)$/.exec(whole) ?? [];
  const statuses = [(await caller.send(method, whole, { body })).status];
  if (service !== 'users' && service !== 'orders') return statuses;
  const direct = new Api(`http://127.0.0.1:${shop.system.part(service).port}`, caller.session);
  return [...statuses, (await direct.send(method, below, { body })).status];
};

/** Somebody of this role whose session may end. */
const anew = (wanted: Role): Promise<Api> => shop.anybody.login(`${wanted}@example.com`);

describe.each(Object.entries(policies))('%s', (operationId, policy) => {
  test.each(role.options)('for the role %s', async (held) => {
    // Whoever has logged out by the first call is nobody for the second.
    const caller = operationId === 'logout' ? await anew(held) : shop[held];
    const statuses = (await attempt(operationId, caller)).slice(0, operationId === 'logout' ? 1 : undefined);
    for (const status of statuses)
      if (policy === 'public' || policy === 'signed-in' || policy.includes(held)) {
        expect([401, 403]).not.toContain(status);
        expect(status).toBeLessThan(500);
      } else expect(status).toBe(403);
  });

  test('for whoever has no token, or one that is good no more', async () => {
    for (const caller of [shop.anybody, former.expired, former.revoked, former.disabled])
      for (const status of await attempt(operationId, caller))
        if (policy === 'public') expect([401, 403]).not.toContain(status);
        else expect(status).toBe(401);
  });
});

describe('the live stream', () => {
  const listen = async ({ url, session }: Api): Promise<number> => {
    const controller = new AbortController();
    const headers = session ? { authorization: `Bearer ${session.access_token}` } : {};
    const { status } = await fetch(`${url}/live/events`, { headers, signal: controller.signal });
    controller.abort();
    return status;
  };

  test('is open to every role, by a WebSocket and by server-sent events', async () => {
    for (const held of role.options) {
      await (await Socket.open(shop[held])).close();
      expect(await listen(shop[held])).toBe(200);
    }
  });

  test('is closed to whoever has no token, or one that is good no more', async () => {
    for (const caller of [shop.anybody, former.expired, former.revoked, former.disabled]) {
      await expect(Socket.open(caller)).rejects.toThrow('refused with 401');
      expect(await listen(caller)).toBe(401);
    }
  });
});

describe('what a customer owns', () => {
  test('is not there for another customer, who cannot tell it from what never was', async () => {
    const { id } = order;
    const ofOne = operations.filter(({ path }) => path.startsWith('/orders/api/orders/{id}'));
    expect(ofOne.map(({ id: name }) => name)).toContain('getOrder');
    for (const { method, path, roles, body } of ofOne) {
      const ask = (of: string) => other.problem(method, path.replace('{id}', of), body ?? undefined);
      const [others, nobodys] = [await ask(id), await ask(crypto.randomUUID())];
      expect([others.status, others.code]).toEqual(
        roles?.includes('customer') ? [404, 'not_found'] : [403, 'forbidden'],
      );
      expect(others.detail).toBe(nobodys.detail);
    }
    expect(await other.orders()).toEqual([]);
    expect(await other.orders({ q: String(order.number) })).toEqual([]);
    expect(await other.orders({ number: String(order.number) })).toEqual([]);
    expect(await shop.customer.order(id)).toMatchObject({ version: 1, status: 'pending' });
  });

  test('is not given away by the key of a request', async () => {
    const [product] = shop.products;
    const headers = { 'idempotency-key': crypto.randomUUID() };
    const body = { items: [{ product_id: product.id, quantity: 1 }] };
    const first = await shop.customer.send('POST', calls.placeOrder.path, { body, headers });
    const second = await other.send('POST', calls.placeOrder.path, { body, headers });
    expect([first.status, second.status]).toEqual([201, 201]);
    expect(second.headers.get('idempotent-replayed')).toBeNull();
    expect((await other.orders()).map(({ customer_id }) => customer_id)).toEqual([other.session?.user.id]);
  });

  test('and what only the team or the system writes is not taken from a request', async () => {
    const product_id = shop.products[0].id;
    const placing = { items: [{ product_id, quantity: 1 }] };
    const profile = calls.changeProfile.path;
    for (const [method, path, body] of [
      ['POST', calls.placeOrder.path, { ...placing, status: 'delivered' }],
      ['POST', calls.placeOrder.path, { ...placing, customer_id: other.session?.user.id }],
      ['POST', calls.placeOrder.path, { items: [{ product_id, quantity: 1, price: 1 }] }],
      ['POST', calls.placeOrder.path, { ...placing, total_amount: 1 }],
      ['PATCH', profile, { role: 'admin' }],
      ['PATCH', profile, { active: true }],
      ['PATCH', profile, { id: shop.admin.session?.user.id }],
      [
        'POST',
        calls.register.path,
        { email: 'a@example.com', password: 'long enough, this', name: 'A', role: 'admin' },
      ],
    ] as const)
      expect(await shop.customer.problem(method, path, body)).toMatchObject({ status: 422, code: 'validation_failed' });
  });
});
