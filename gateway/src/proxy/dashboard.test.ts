import { once } from 'node:events';
import { createServer, type IncomingHttpHeaders, request, type Server, type ServerResponse } from 'node:http';
import { serve } from '@hono/node-server';
import { proxySecretHeader } from '@live-orders/contracts/proxy-secret.ts';
import { createApp } from '@live-orders/runtime/http/app.ts';
import { createLog } from '@live-orders/runtime/process/log.ts';
import { afterAll, beforeAll, beforeEach, describe, expect, test, vi } from 'vitest';
import { z } from 'zod';
import { Callers, readProxies } from '../http/callers.ts';
import { Upstream } from '../http/upstream.ts';
import { Rate, RequestRates } from '../limits/request-rates.ts';
import { pageForBrowsers, pagesOf } from './dashboard.ts';

/** So many may each address ask for. */
const pagesAtOnce = 5;
const secret = 'a secret of this test, 32 characters long';
const portOf = (server: { address(): unknown }): number => z.object({ port: z.int() }).parse(server.address()).port;

/** What the dashboard was asked last, and how it answers. */
let asked: { url: string | undefined; headers: IncomingHttpHeaders };
let answer: (response: ServerResponse) => void;
let dashboard: Server;
let gateway: ReturnType<typeof serve>;

const headers = {
  'content-type': 'text/html; charset=utf-8',
  'x-content-type-options': 'nosniff',
  'referrer-policy': 'same-origin',
  'x-frame-options': 'DENY',
  'set-cookie': ['a=1; Secure', 'b=2; HttpOnly'],
  'proxy-authenticate': 'Basic',
  'keep-alive': 'timeout=987',
};

beforeAll(async () => {
  dashboard = createServer((incoming, response) => {
    asked = { url: incoming.url, headers: incoming.headers };
    answer(response);
  }).listen(0, '127.0.0.1');
  await once(dashboard, 'listening');
  const log = createLog('gateway', 'silent');
  const callers = new Callers(readProxies('127.0.0.1'));
  const url = `http://127.0.0.1:${portOf(dashboard)}`;
  // The clock stands still. A quarter of a minute's requests may come at once.
  const rate = (kind: 'user' | 'address') => new Rate(kind, 4 * pagesAtOnce, () => 0);
  const rates = new RequestRates({ callers, perUser: rate('user'), perAddress: rate('address') });
  const pages = pagesOf({ dashboard: new Upstream('dashboard', url), callers, rates, secret, log });
  const app = createApp(log);
  app.use('/', pageForBrowsers(pages));
  app.get('/', (c) => c.json({ healthy: true }));
  const gone = new Upstream('dashboard', 'http://127.0.0.1:1');
  app.get('/gone', pagesOf({ dashboard: gone, callers, rates, secret, log }));
  app.on(['GET', 'POST'], '*', pages);
  gateway = serve({ fetch: app.fetch, port: 0, hostname: '127.0.0.1' });
  await once(gateway, 'listening');
});

beforeEach(() => {
  answer = (response) => response.writeHead(200, headers).end('<p>a page');
});

afterAll(async () => {
  dashboard.closeAllConnections();
  await Promise.all([once(dashboard.close(), 'close'), once(gateway.close(), 'close')]);
});

/** Asks the gateway from this address of the machine; `127.0.0.1` is a proxy. */
const ask = async (path: string, sent: Record<string, string> = {}, localAddress = '127.0.0.1') => {
  const call = request({ host: '127.0.0.1', port: portOf(gateway), path, localAddress, headers: sent }).end();
  const { promise, resolve } = Promise.withResolvers<{
    status?: number;
    headers: IncomingHttpHeaders;
    first: string;
  }>();
  call.once('response', (response) => {
    response.once('data', (chunk: Buffer) => {
      resolve({ status: response.statusCode ?? 0, headers: response.headers, first: chunk.toString() });
      response.resume();
    });
  });
  return promise;
};

describe('a request', () => {
  test('arrives with its path, its cookies and the host that people opened', async () => {
    const sent = {
      host: 'shop.example:8443',
      cookie: 'session=1',
      origin: 'https://shop.example:8443',
      'sec-fetch-site': 'same-origin',
      // Without these a change would be made whatever has changed, twice, or for another user.
      'if-match': '"7"',
      'idempotency-key': 'abc',
      'x-page-user': '0198',
    };
    await ask('/orders/0198?x=%2F&y', { ...sent, 'accept-encoding': 'br', 'x-sveltekit-action': 'true' });
    expect(asked.url).toBe('/orders/0198?x=%2F&y');
    expect(asked.headers).toMatchObject({ ...sent, 'accept-encoding': 'br', 'x-sveltekit-action': 'true' });
  });

  test('says for whom it is and how that one came, as a trusted proxy has it, and proves that the gateway says so', async () => {
    await ask('/login', { 'x-forwarded-for': '198.51.100.1, 203.0.113.7', 'x-forwarded-proto': 'https' });
    expect(asked.headers).toMatchObject({
      'x-forwarded-for': '203.0.113.7',
      'x-forwarded-proto': 'https',
      [proxySecretHeader]: secret,
    });
  });

  test('is not in the way of pages while it is a form that waits', async () => {
    const forms: ServerResponse[] = [];
    answer = (response) => forms.push(response);
    const options = { host: '127.0.0.1', port: portOf(gateway), method: 'POST', path: '/login' };
    const givenUp = vi.fn<() => void>();
    const send = () => request(options, givenUp).on('error', () => undefined);
    const sent = Array.from({ length: 128 }, () => send().end());
    await vi.waitFor(() => expect(forms).toHaveLength(128), { timeout: 20_000 });
    answer = (response) => response.writeHead(200, headers).end('<p>a page');
    expect((await ask('/login')).status).toBe(200);
    // Nor did the page wait until a form took too long.
    expect(givenUp).not.toHaveBeenCalled();
    for (const form of forms) form.end();
    for (const one of sent) one.destroy();
  });

  test('cannot pretend to come from elsewhere, by https, or from the gateway', async () => {
    const forged = {
      'x-forwarded-for': '203.0.113.7',
      'x-forwarded-proto': 'https',
      'x-forwarded-host': 'evil.example',
      forwarded: 'for=203.0.113.7;proto=https',
      'x-real-ip': '203.0.113.7',
      'x-original-url': '/api/users',
      'x-user-id': 'admin',
      authorization: 'Bearer other',
      [proxySecretHeader]: 'a guess',
      connection: 'x-forwarded-for, x-user-id, cookie',
      cookie: 'meant=for-the-gateway-alone',
    };
    await ask('/login', forged, '127.0.0.2');
    const { connection, host, traceparent, 'x-request-id': id, ...rest } = asked.headers;
    expect(rest).toEqual({ 'x-forwarded-for': '127.0.0.2', 'x-forwarded-proto': 'http', [proxySecretHeader]: secret });
    expect({ connection, host }).toEqual({ connection: 'keep-alive', host: `127.0.0.1:${portOf(gateway)}` });
    expect(traceparent).toMatch(/^00-/);
    expect(id).toMatch(/^[\w-]+$/);
  });
});

describe('of one address', () => {
  test('pages are counted, however their path is written, and what they load is not', async () => {
    const from = '127.0.0.3';
    const loaded = ['/_app/immutable/start.js', '/api/orders/api/orders', '/orders/1/__data.json?x'];
    for (let n = 0; n < pagesAtOnce; n += 1)
      for (const path of loaded) expect((await ask(path, {}, from)).status).toBe(200);
    for (let n = 0; n < pagesAtOnce; n += 1) expect((await ask('/api/%2e%2e/login', {}, from)).status).toBe(200);
    const { status, headers: told } = await ask('/login', {}, from);
    expect([status, told['retry-after'], told.ratelimit]).toEqual([429, '3', '"address";r=0;t=15']);
    expect((await ask('/_app/immutable/start.js', {}, from)).status).toBe(200);
    expect((await ask('/login', {}, '127.0.0.4')).status).toBe(200);
  });
});

describe('an answer', () => {
  test('keeps its cookies and what it says to browsers, and loses what is of one connection', async () => {
    const { headers: received } = await ask('/login');
    expect(received).toMatchObject({
      'set-cookie': headers['set-cookie'],
      'referrer-policy': 'same-origin',
      'x-frame-options': 'DENY',
    });
    expect(received['proxy-authenticate']).toBeUndefined();
    expect(received['keep-alive']).not.toBe('timeout=987');
  });

  test('without a length begins before it is complete', async () => {
    const begun = Promise.withResolvers<ServerResponse>();
    answer = (response) => {
      response.writeHead(200, headers).write('the beginning');
      begun.resolve(response);
    };
    expect(await ask('/orders/1')).toMatchObject({ status: 200, first: 'the beginning' });
    (await begun.promise).end();
  });

  test('at the root is the page for those who ask for HTML, and of the gateway for programs', async () => {
    const page = await ask('/', { accept: 'text/html,application/xhtml+xml;q=0.9,*/*;q=0.8' });
    expect(page).toMatchObject({ first: '<p>a page', headers: { vary: 'accept' } });
    for (const sent of [undefined, { accept: '*/*' }, { accept: 'application/json' }])
      expect(await ask('/', sent)).toMatchObject({ first: '{"healthy":true}', headers: { vary: 'accept' } });
  });

  test('is a problem while there is no dashboard', async () => {
    const { status, first } = await ask('/gone');
    expect(status).toBe(502);
    expect(JSON.parse(first)).toMatchObject({
      code: 'upstream_unavailable',
      detail: 'The dashboard cannot be reached.',
    });
  });
});
