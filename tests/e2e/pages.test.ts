import { gunzipSync } from 'node:zlib';
import { request } from 'undici';
import { describe, expect } from 'vitest';
import { demoPassword } from '@live-orders/contracts/demo.ts';
import { savedView } from '@live-orders/contracts/rest/views.ts';
import { test } from '@live-orders/test-support/fixtures/test.ts';

let url: string;

test.beforeAll(async ({ shop }) => {
  await shop.system.ensure('dashboard');
  url = shop.system.dashboardUrl;
});

/** Logs in by the form; the cookies as they were set. `headers` are those of a proxy before the dashboard. */
const logIn = async (headers: Record<string, string> = {}): Promise<string[]> => {
  const body = new URLSearchParams({ email: 'staff@example.com', password: demoPassword });
  const sent = { accept: 'text/html', origin: url, ...headers };
  const answer = await fetch(`${url}/login`, { method: 'POST', headers: sent, body, redirect: 'manual' });
  expect(answer.status).toBe(303);
  return answer.headers.getSetCookie();
};

const cookieOf = (set: string[]): string => set.map((one) => one.split(';')[0]).join('; ');

/** Unlike `fetch`, this leaves an answer packed. */
const get = async (path: string, headers: Record<string, string>) => {
  const { statusCode, headers: answered, body } = await request(`${url}${path}`, { headers });
  return { status: statusCode, headers: answered, bytes: Buffer.from(await body.arrayBuffer()) };
};

describe('what the dashboard sends', () => {
  test.each(['/', '/api/orders/api/orders?limit=200'])('%s comes packed to those who accept gzip', async (path) => {
    const cookie = cookieOf(await logIn());
    const plain = await get(path, { cookie });
    const packed = await get(path, { cookie, 'accept-encoding': 'br, gzip' });
    expect(plain.status).toBe(200);
    expect(plain.headers['content-encoding']).toBeUndefined();
    for (const { headers, bytes } of [plain, packed]) {
      expect(headers.vary).toBe('accept-encoding');
      expect(headers['content-length']).toBe(String(bytes.length));
    }
    expect(packed.headers['content-encoding']).toBe('gzip');
    expect(packed.bytes.length).toBeLessThan(plain.bytes.length / 4);
    // The nonce of the policy differs from page to page.
    if (path === '/') expect(gunzipSync(packed.bytes).toString()).toContain('<!doctype html>');
    else expect(gunzipSync(packed.bytes)).toEqual(plain.bytes);
  });

  test('is not packed where gzip is refused, where it is short, and where its ETag is needed for a change', async ({
    shop,
  }) => {
    const cookie = cookieOf(await logIn());
    const refused = await get('/', { cookie, 'accept-encoding': 'gzip;q=0, identity' });
    expect(refused.headers['content-encoding']).toBeUndefined();
    const short = await get('/api/nowhere', { cookie, 'accept-encoding': 'gzip' });
    expect(short).toMatchObject({ status: 404 });
    expect(short.headers['content-encoding']).toBeUndefined();
    const { id } = await shop.customer.placeOrder([{ product_id: shop.products[0].id, quantity: 1 }]);
    const tagged = await get(`/api/orders/api/orders/${id}`, { cookie, 'accept-encoding': 'gzip' });
    expect(tagged.headers.etag).toMatch(/^"/);
    expect(tagged.headers['content-encoding']).toBeUndefined();
  });

  test('says in which charset a page is', async () => {
    expect((await get('/login', {})).headers['content-type']).toBe('text/html; charset=utf-8');
  });
});

describe('what pages may call', () => {
  let cookie: string;

  test.beforeAll(async () => {
    cookie = cookieOf(await logIn());
  });

  /** As a page would, with the answer of the gateway, or of the dashboard that does not pass it on. */
  const call = async (method: string, path: string, body?: object): Promise<{ status: number; body: unknown }> => {
    const headers = { cookie, origin: url, 'content-type': 'application/json' };
    const answer = await fetch(`${url}/api/${path}`, { method, headers, body: body && JSON.stringify(body) });
    return { status: answer.status, body: answer.status === 204 ? null : await answer.json() };
  };

  test('is what they need for an order, its team included', async ({ shop }) => {
    const { id, number } = await shop.customer.placeOrder([{ product_id: shop.products[0].id, quantity: 1 }]);
    expect(await call('GET', `orders/api/orders?number=${number}`)).toMatchObject({ body: { data: [{ id }] } });
    expect(await call('GET', 'users/api/team?limit=200')).toMatchObject({ status: 200, body: { next_cursor: null } });
    const note = { internal_note: 'Fragile' };
    const view = { name: `Late ${id}`, search: '?queue=late' };
    const kept = savedView.parse((await call('POST', 'orders/api/views', view)).body);
    expect(await call('PATCH', `orders/api/views/${kept.id}`, { search: '?' })).toMatchObject({ status: 200 });
    expect(await call('DELETE', `orders/api/views/${kept.id}`)).toMatchObject({ status: 204 });
    expect(await call('GET', 'orders/api/views')).toMatchObject({ status: 200, body: { next_cursor: null } });
    expect(await call('PATCH', `orders/api/orders/${id}`, note)).toMatchObject({ status: 200, body: { version: 2 } });
    expect(await call('GET', `orders/api/orders/${id}/history`)).toMatchObject({ status: 200 });
  });

  test.each([
    ['GET', 'users/api/users'],
    ['GET', 'users/api/team/01920f3c-7c1e-7d2a-8a54-3f3c5b1e9a10'],
    ['GET', 'users/api/teams'],
    ['GET', 'orders/api/orders/statistics'],
    ['GET', 'orders/api/orders/exports'],
    ['PATCH', 'orders/api/orders/bulk-status'],
    ['POST', 'orders/api/orders/01920f3c-7c1e-7d2a-8a54-3f3c5b1e9a10'],
    ['GET', 'orders/api/views/01920f3c-7c1e-7d2a-8a54-3f3c5b1e9a10'],
    ['DELETE', 'orders/api/views'],
    ['DELETE', 'orders/api/orders/01920f3c-7c1e-7d2a-8a54-3f3c5b1e9a10'],
    ['POST', 'users/api/team'],
    ['PATCH', 'orders/api/orders'],
    ['PATCH', 'orders/api/orders/01920f3c-7c1e-7d2a-8a54-3f3c5b1e9a10/history'],
    ['PATCH', 'orders/api/products/01920f3c-7c1e-7d2a-8a54-3f3c5b1e9a10'],
    ['PATCH', 'users/api/users/01920f3c-7c1e-7d2a-8a54-3f3c5b1e9a10'],
  ])('is not %s %s', async (method, path) => {
    expect(await call(method, path, ['GET', 'DELETE'].includes(method) ? undefined : {})).toMatchObject({
      status: 404,
      body: { detail: 'There is no such endpoint.' },
    });
  });
});

test('pages look for a gateway that speaks https by wss, and at its usual port where no other is given', async ({
  shop,
}) => {
  const settings = { GATEWAY_URL: 'https://127.0.0.1:1', PUBLIC_GATEWAY_PORT: '' };
  await shop.system.beside('dashboard', settings, async (address) => {
    const { headers } = await fetch(`${address}/login`);
    expect(headers.get('content-security-policy')).toContain(
      `connect-src 'self' wss://127.0.0.1:3000 https://127.0.0.1:3000`,
    );
  });
});

describe('behind a proxy that ends TLS', () => {
  const https = { 'x-forwarded-proto': 'https' };

  test('cookies are for this host and https alone', async () => {
    const set = await logIn(https);
    expect(set).toHaveLength(3);
    for (const one of set) expect(one).toMatch(/^__Host-live_orders_\w+=.*; Path=\/; HttpOnly; Secure; SameSite=Lax$/);
    expect((await get('/', { ...https, cookie: cookieOf(set) })).status).toBe(200);
  });

  test('a session by other names is none', async () => {
    const cookie = cookieOf(await logIn());
    expect(cookie).not.toContain('__Host-');
    expect((await get('/', { cookie })).status).toBe(200);
    expect((await get('/', { ...https, cookie })).status).toBe(303);
  });

  test('a logout deletes the cookies', async () => {
    const headers = { ...https, origin: url, cookie: cookieOf(await logIn(https)) };
    const answer = await fetch(`${url}/logout`, { method: 'POST', headers, body: '', redirect: 'manual' });
    const names = answer.headers.getSetCookie().map((one) => /^(__Host-\w+)=;.*Max-Age=0.*Secure/.exec(one)?.[1]);
    expect(new Set(names)).toEqual(
      new Set(['__Host-live_orders_access', '__Host-live_orders_refresh', '__Host-live_orders_user']),
    );
  });

  test('browsers are told to come by https from now on, and by http they are not', async () => {
    const secure = await get('/login', https);
    expect(secure.headers['strict-transport-security']).toBe('max-age=31536000; includeSubDomains');
    expect((await get('/login', {})).headers['strict-transport-security']).toBeUndefined();
  });
});
