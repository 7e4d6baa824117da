import { calls } from '@live-orders/contracts/rest/calls.ts';
import { health } from '@live-orders/contracts/rest/health.ts';
import { orderPage } from '@live-orders/contracts/rest/orders.ts';
import { afterEach, describe, expect, vi } from 'vitest';
import type { Api } from '@live-orders/test-support/clients/api.ts';
import { sendRaw } from '@live-orders/test-support/clients/raw.ts';
import { test } from '@live-orders/test-support/fixtures/test.ts';
import { gatewayReady, type System } from '@live-orders/test-support/system/system.ts';

let system: System;
let anybody: Api;
let token: string;
let gatewayPid: number | undefined;
/** A name that one order has, with a letter that an address has to encode. */
const accented = `Thé ${crypto.randomUUID()}`;

test.beforeAll(async ({ shop }) => {
  ({ system, anybody } = shop);
  const product = await shop.admin.call(calls.createProduct, { body: { name: accented, price: 500, stock: 1 } });
  await shop.customer.placeOrder([{ product_id: product.id, quantity: 1 }]);
  // The first test wants a gateway that nobody has used.
  await system.restart('gateway');
  await gatewayReady(system.gatewayUrl);
  gatewayPid = system.part('gateway').pid;
});

/** Every service still answers through the same gateway, and that says so. */
afterEach(async () => {
  for (const name of ['users', 'orders'])
    expect((await anybody.send('GET', `/${name}/api`)).body).toMatchObject({ name });
  const admin = await anybody.login('admin@example.com');
  token = admin.session?.access_token ?? '';
  const written = await admin.send('GET', `/orders/api/orders?q=${encodeURIComponent(accented)}`);
  expect(orderPage.parse(written.body).data).toMatchObject([{ items: [{ name: accented }] }]);
  expect((await anybody.send('GET', '/ready')).status).toBe(204);
  await vi.waitFor(
    async () => {
      const { dependencies } = health.parse(await (await fetch(system.operationsUrl('gateway'))).json());
      expect(dependencies).toMatchObject({ users: 'up', orders: 'up' });
    },
    { timeout: 5_000 },
  );
  expect(system.part('gateway').pid).toBe(gatewayPid);
});

// First, on a gateway that nobody has used: its pools are as after a rest, when idle connections are closed.
describe('a path whose prefix is encoded', () => {
  test.each([
    ['/%75sers/api', '/%6Frders/api/products'],
    ['/user%73/api', '/order%73/api'],
    ['/users/%61pi', '/orders/%61pi/products'],
  ])('%s, %s leads nowhere, however often it is asked for', async (...paths) => {
    for (const path of paths) {
      const problems = await Promise.all(Array.from({ length: 160 }, () => anybody.problem('GET', path)));
      for (const problem of problems) expect(problem).toMatchObject({ status: 404, code: 'not_found' });
    }
  });
});

/** The status, and the rest of what comes back. */
const ask = (target: string, ...lines: string[]) => askAt(system.gatewayUrl, target, ...lines);

const askAt = async (url: string, target: string, ...lines: string[]): Promise<[status: number, answer: string]> => {
  const head = lines.some((line) => /^host:/i.test(line)) ? lines : ['Host: gateway', ...lines];
  const answer = await sendRaw(url, [`GET ${target} HTTP/1.1`, ...head, 'Connection: close', '', ''].join('\r\n'));
  return [Number(/^HTTP\/1\.1 (\d{3}) /.exec(answer)?.[1]), answer];
};

const outside = [
  '/NAME/metrics',
  '/NAME/api/../metrics',
  '/NAME/api/%2e%2e/metrics',
  '/NAME/api/%2E./.well-known/jwks.json',
  '/NAME/api/..%2fmetrics',
  '/NAME/api/..%5cmetrics',
  '/NAME/api\\..\\metrics',
  '/NAME/api/%252e%252e/metrics',
  '/NAME/api//../../metrics',
  '/NAME/api/x%2f..%2f..%2fmetrics',
  '/NAME/api%2f..',
  '/NAME/api%2f../metrics',
  '/NAME/api;/../metrics',
  '/NAME/api/..;/metrics',
  '//NAME/api',
  '/NAME//api',
  '/NAME/api//metrics',
  '/NAME/apis',
  '/NAME/api/%00',
  '/NAME/api/\0',
  '/NAME/api/%',
  '/NAME/api/%zz',
  '/NAME/api/%c3',
  '/NAME/api/\xe9',
  '/NAME%00/api',
  'NAME/api',
  'http://NAME/api',
  'http://gateway/NAME/api/../metrics',
  'http://gateway/NAME/%61pi',
  'http://somebody:secret@gateway/NAME/api',
  'http://gateway:99999/NAME/api',
  'ftp://gateway/NAME/api',
  '*',
];

/** Below the API, and none of the addresses that need no token, whatever a service makes of them. */
const unopened = ['/NAME/api/%6fpenapi.json', '/NAME/api/./%6Fpenapi.json', '/NAME/api/orders/..%2f', '/NAME/api/%2F'];

describe.each(['users', 'orders'])('below /%s', (name) => {
  test.each(outside)('nothing but the API is reached by %s, with a token or without', async (target) => {
    const path = target.replace('NAME', name);
    for (const lines of [[], [`Authorization: Bearer ${token}`]]) {
      const [status, answer] = await ask(path, ...lines);
      expect(status, answer).toBeGreaterThanOrEqual(400);
      expect(status, answer).toBeLessThan(500);
    }
  });

  test.each(unopened)('%s does not get past the check of the token', async (target) => {
    expect((await ask(target.replace('NAME', name)))[0]).toBe(401);
  });

  test.each([
    ['a host that is none', 'Host: 1.2.3.999', 400],
    ['an expectation', 'Expect: the best', 417],
    ['a byte that no header may have', 'X-Odd: \x01', 400],
    ['a name that no header may have', 'X Odd: 1', 400],
    ['two lengths', 'Content-Length: 1, 2', 400],
    ['an encoding of the body that is not known', 'Transfer-Encoding: gzip', 400],
    ['more headers than fit', `X-Long: ${'x'.repeat(20_000)}`, 431],
  ])('%s is refused', async (_what, line, expected) => {
    expect((await ask(`/${name}/api`, line))[0]).toBe(expected);
  });

  test.each(['TRACE', 'QUERY', 'PROPFIND'])('the method %s leads nowhere', async (method) => {
    const lines = ['Host: gateway', `Authorization: Bearer ${token}`, 'Connection: close', '', ''];
    const answer = await sendRaw(system.gatewayUrl, [`${method} /${name}/api HTTP/1.1`, ...lines].join('\r\n'));
    expect(answer).toMatch(/^HTTP\/1\.1 404 /);
  });
});

/** Where pages lead to the login, or whatever they have of their own, instead of a refusal by the gateway. */
const amongPages = [
  '/orders/%',
  '/login/..;/x',
  '/_app/%2e%2e/%2e%2e/etc/passwd',
  '/login/__data.json?x=%zz',
  '/api/..%2f..%2fmetrics',
];

test('where the gateway stands before the dashboard, none of these leads past it or makes it fail', async () => {
  await system.ensure('dashboard');
  await system.beside('gateway', { DASHBOARD_URL: system.dashboardUrl }, async (url) => {
    const targets = [
      ...['users', 'orders'].flatMap((name) => outside.map((one) => one.replace('NAME', name))),
      ...amongPages,
    ];
    for (const target of targets) {
      const [status, answer] = await askAt(url, target);
      expect([200, 303, 400, 401, 404], `${target}: ${answer}`).toContain(status);
      expect(answer, target).not.toMatch(/# HELP|"kty"|root:/);
    }
    expect((await askAt(url, '/login'))[0]).toBe(200);
  });
});
