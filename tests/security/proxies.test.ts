import { once } from 'node:events';
import { readFileSync } from 'node:fs';
import { chmod, mkdtemp, rm } from 'node:fs/promises';
import type { IncomingMessage } from 'node:http';
import { request } from 'node:https';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { text } from 'node:stream/consumers';
import { calls } from '@live-orders/contracts/rest/calls.ts';
import { desktop, Visitor } from '@live-orders/test-support/browser/browser.ts';
import { type Api, testPassword } from '@live-orders/test-support/clients/api.ts';
import { oldVersions, shakeHands, weakCiphers } from '@live-orders/test-support/clients/handshake.ts';
import type { Site } from '@live-orders/test-support/fixtures/site.ts';
import { test } from '@live-orders/test-support/fixtures/test.ts';
import { findPrograms, proxyNames } from '@live-orders/test-support/proxies/programs.ts';
import { makeCertificate, type Proxy, startProxy } from '@live-orders/test-support/proxies/proxy.ts';
import { gatewayReady } from '@live-orders/test-support/system/system.ts';
import { afterAll, describe, expect } from 'vitest';

const hsts = 'max-age=31536000; includeSubDomains';

let site: Site;
let folder: string;
let files: ReturnType<typeof makeCertificate>;
let ca: string;
const proxies = new Map<string, Proxy>();

const say = (line: string): void => void process.stderr.write(`${line}\n`);

test.beforeAll(async ({ site: opened }) => {
  site = opened;
  const { system } = site;
  const programs = await findPrograms(say);
  folder = await mkdtemp(join(tmpdir(), 'live-orders-proxies-'));
  // As root, nginx becomes another user, who looks for its bodies here.
  await chmod(folder, 0o755);
  files = makeCertificate(folder);
  ca = readFileSync(files.certificate, 'utf8');
  await system.part('gateway').stop();
  // What an operator sets. Other addresses of this machine are those of strangers.
  const settings = { DASHBOARD_URL: system.dashboardUrl, TRUSTED_PROXIES: '127.0.0.1', ALLOWED_ORIGINS: '' };
  const gateway = new URL(system.gatewayUrl).host;
  await Promise.all([
    system.start('gateway', settings),
    ...proxyNames.map(async (name) => {
      proxies.set(name, await startProxy(name, programs[name], { folder, ...files, gateway }));
    }),
  ]);
  await gatewayReady(system.gatewayUrl);
});

afterAll(async () => {
  await Promise.all([...proxies.values()].map((proxy) => proxy.stop()));
  await site.system.part('gateway').stop();
  await site.system.start('gateway');
  await rm(folder, { recursive: true });
});

interface Asking {
  method?: string;
  headers?: Record<string, string>;
  body?: string;
  /** The address of this machine from which the call comes. */
  from?: string;
}

/** Calls by https, through the proxy; the answer's head is here, its body is not. */
const begin = async ({ ports }: Proxy, path: string, { method = 'GET', headers = {}, body, from }: Asking = {}) => {
  const host = `localhost:${ports.https}`;
  const to = { host: '127.0.0.1', port: ports.https, servername: 'localhost', ca, agent: false, localAddress: from };
  const call = request({ ...to, path, method, headers: { host, ...headers } });
  call.end(body);
  const [answer] = (await once(call, 'response')) as [IncomingMessage];
  return { call, answer };
};

const ask = async (proxy: Proxy, path: string, asking?: Asking) => {
  const { answer } = await begin(proxy, path, asking);
  return { status: answer.statusCode, headers: answer.headers, body: await text(answer) };
};

/** A browser at the address of the proxy. */
const arrive = ({ name, ports }: Proxy): Promise<Visitor> => {
  const device = { viewport: desktop, ignoreHTTPSErrors: true };
  return Visitor.arrive(site.browser, `staff-behind-${name}`, `https://localhost:${ports.https}`, device);
};

const bearer = (api: Api) => ({ authorization: `Bearer ${api.session?.access_token ?? ''}` });

/** By REST; the status. */
const logIn = async (proxy: Proxy, email: string, password: string, from: string, claimed: string) => {
  const headers = { 'content-type': 'application/json', 'x-forwarded-for': claimed };
  const asking = { method: 'POST', headers, body: JSON.stringify({ email, password }), from };
  return (await ask(proxy, calls.login.path, asking)).status;
};

/** By the form of the page; the status. */
const logInByForm = async (proxy: Proxy, email: string, password: string, from: string, claimed: string) => {
  const headers = {
    accept: 'text/html',
    origin: `https://localhost:${proxy.ports.https}`,
    'content-type': 'application/x-www-form-urlencoded',
    'x-forwarded-for': claimed,
  };
  const body = new URLSearchParams({ email, password }).toString();
  return (await ask(proxy, '/login', { method: 'POST', headers, body, from })).status;
};

test('behind a proxy that the gateway does not trust the dashboard is live as well', async () => {
  const settings = { DASHBOARD_URL: site.system.dashboardUrl, TRUSTED_PROXIES: '192.0.2.1', ALLOWED_ORIGINS: '' };
  await site.system.beside('gateway', settings, async (url) => {
    await gatewayReady(url);
    const { haproxy } = await findPrograms(say);
    const stranger = await startProxy('haproxy', haproxy, { folder, ...files, gateway: new URL(url).host });
    try {
      const visitor = await arrive(stranger);
      await visitor.login('staff@example.com');
      await visitor.leave();
    } finally {
      await stranger.stop();
    }
  });
});

describe.each(proxyNames)('behind %s, as deploy/proxy has it,', (name) => {
  const proxy = (): Proxy => {
    const found = proxies.get(name);
    if (!found) throw new Error(`${name} does not run`);
    return found;
  };

  test('the dashboard is live, and its cookies are for this host and https alone', async () => {
    const { customer, products } = site;
    const visitor = await arrive(proxy());
    await visitor.login('staff@example.com');
    const { number } = await customer.placeOrder([{ product_id: products[0].id, quantity: 1 }]);
    await visitor.page.locator(`[data-order-number="${number}"]`).first().waitFor();
    const cookies = await visitor.page.context().cookies();
    const session = cookies.filter(({ name: cookie }) => cookie.includes('live_orders'));
    expect(session.map((cookie) => cookie.name).sort()).toEqual(
      ['access', 'probe', 'refresh', 'user'].map((kind) => `__Host-live_orders_${kind}`),
    );
    for (const cookie of session) expect(cookie).toMatchObject({ secure: true, httpOnly: true, path: '/' });
    expect(visitor.errors).toEqual([]);
    await visitor.leave();
  });

  test('REST, documents and pages answer, and hold browsers to https', async () => {
    const { customer } = site;
    const list = await ask(proxy(), '/orders/api/orders', { headers: bearer(customer) });
    expect(list).toMatchObject({ status: 200, headers: { 'strict-transport-security': hsts } });
    expect(JSON.parse(list.body)).toMatchObject({ data: expect.any(Array) as unknown });
    expect(await ask(proxy(), '/orders/api/orders')).toMatchObject({ status: 401 });
    for (const path of ['/', '/docs', '/docs/asyncapi.json', '/login'])
      expect(await ask(proxy(), path)).toMatchObject({ status: 200, headers: { 'strict-transport-security': hsts } });
  });

  test('server-sent events come while the stream is open', async () => {
    const { staff, customer, products } = site;
    const { call, answer } = await begin(proxy(), '/live/events', { headers: bearer(staff) });
    expect(answer.headers['content-type']).toBe('text/event-stream');
    let order: string | undefined;
    let received = '';
    // Held back, the first of them would never come, and so the order would not be placed either.
    for await (const chunk of answer.setEncoding('utf8')) {
      received += String(chunk);
      if (order === undefined && received.includes('"event":"welcome"'))
        order = (await customer.placeOrder([{ product_id: products[0].id, quantity: 1 }])).id;
      if (order !== undefined && received.includes(order)) break;
    }
    expect(received).toContain('"event":"new_order"');
    call.destroy();
  });

  test.each([
    ['REST', logIn, 200],
    ['the form', logInByForm, 303],
  ] as const)('who guesses by %s is shut out, whatever he claims, and nobody else', async (_way, attempt, welcome) => {
    const email = (await site.anybody.register()).session?.user.email ?? '';
    for (let n = 0; n < 10; n += 1) await attempt(proxy(), email, `guess number ${n}`, '127.0.0.2', `203.0.113.${n}`);
    expect(await attempt(proxy(), email, testPassword, '127.0.0.2', '203.0.113.99')).toBe(429);
    expect(await attempt(proxy(), email, testPassword, '127.0.0.2', '127.0.0.1, 127.0.0.3')).toBe(429);
    expect(await attempt(proxy(), email, testPassword, '127.0.0.3', '127.0.0.2')).toBe(welcome);
  });

  test('a body that is too large is refused, and no upgrade but the socket’s is asked for', async () => {
    const headers = { ...bearer(site.customer), 'content-type': 'application/json' };
    const large = { method: 'POST', headers, body: JSON.stringify({ note: 'x'.repeat(300_000) }) };
    expect((await ask(proxy(), '/orders/api/orders', large)).status).toBe(413);
    const upgrade = { connection: 'Upgrade, HTTP2-Settings', upgrade: 'h2c', 'http2-settings': 'AAMAAABkAAQAAP__' };
    expect((await ask(proxy(), '/docs/asyncapi.json', { headers: upgrade })).status).toBe(200);
  });

  test('TLS is of today, and for this host alone', async () => {
    const { https } = proxy().ports;
    expect(await shakeHands(https, { ca })).toBe('TLSv1.3');
    expect(await shakeHands(https, { ca, maxVersion: 'TLSv1.2' })).toBe('TLSv1.2');
    expect(await shakeHands(https, { ca, ...oldVersions })).toMatch(/PROTOCOL_VERSION$/);
    expect(await shakeHands(https, { ca, ...weakCiphers })).toMatch(/HANDSHAKE_FAILURE$/);
    expect(await shakeHands(https, { ca, servername: 'elsewhere.example' })).toMatch(/^ERR_SSL_/);
  });

  test('by http pages lead to https, and programs are refused', async () => {
    const url = `http://localhost:${proxy().ports.http}`;
    const page = await fetch(`${url}/orders/1?x=y`, { redirect: 'manual' });
    expect([page.status, page.headers.get('location')]).toEqual([308, 'https://localhost/orders/1?x=y']);
    for (const path of ['/orders/api/orders', '/users/api', '/live/ticket', '/ws'])
      expect((await fetch(`${url}${path}`, { redirect: 'manual' })).status).toBe(403);
  });
});
