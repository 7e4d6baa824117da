import { createServer, get, type IncomingHttpHeaders, type IncomingMessage, type Server } from 'node:http';
import { once } from 'node:events';
import { connect, type Socket } from 'node:net';
import { Readable } from 'node:stream';
import { json } from 'node:stream/consumers';
import { serve } from '@hono/node-server';
import { createApp } from '@live-orders/runtime/http/app.ts';
import { createLog, type Log } from '@live-orders/runtime/process/log.ts';
import { afterEach, beforeEach, describe, expect, type MockInstance, test, vi } from 'vitest';
import { z } from 'zod';
import { Callers, readProxies } from '../http/callers.ts';
import { proxyTo } from './proxy.ts';
import { fillQueue, holds, take } from '../testing/upstream.ts';
import { Upstream } from '../http/upstream.ts';

/** A service that answers with what it was asked, or misbehaves as its path says. */
const upstream = (): Server =>
  createServer((request, response) => {
    if (request.url === '/api/hangs' || holds(request, response)) return;
    if (request.url?.startsWith('/api/export')) {
      const chunks = request.url === '/api/export' ? Infinity : 100;
      const endless = Readable.from(
        (function* () {
          for (let n = 0; n < chunks; n += 1) yield Buffer.alloc(64 * 1024);
          throw new Error('the service breaks in the middle');
        })(),
      );
      endless.once('error', () => request.socket.destroy());
      response.once('close', () => givenUp.resolve(undefined));
      return void endless.pipe(response);
    }
    const breaks = request.url === '/api/breaks' || (request.url === '/api/breaks-once' && (tries += 1) === 1);
    if (breaks) return void request.socket.destroy();
    const chunks: Buffer[] = [];
    request.on('data', (chunk: Buffer) => chunks.push(chunk));
    request.on('end', () => {
      response.writeHead(201, { 'content-type': 'application/json', location: '/api/things/1', connection: 'close' });
      const { method, url, headers } = request;
      response.end(JSON.stringify({ method, url, headers, body: Buffer.concat(chunks).toString() }));
    });
  });

/** What is worth a word beside the line that each request has. */
const toldOf = (): unknown[][] => info.mock.calls.filter((call) => !call.includes('request'));

const portOf = (server: { address(): unknown }): number => z.object({ port: z.int() }).parse(server.address()).port;

let tries = 0;
let givenUp = Promise.withResolvers<undefined>();
let service: Server;
let impatient: Upstream;
let gateway: ReturnType<typeof serve>;
let url: string;
let info: MockInstance<Log['info']>;
let warn: MockInstance<Log['warn']>;
let error: MockInstance<Log['error']>;
let printed: MockInstance<typeof console.error>;

beforeEach(async () => {
  tries = 0;
  givenUp = Promise.withResolvers();
  service = upstream().listen(0, '127.0.0.1');
  await once(service, 'listening');
  const log = createLog('gateway', 'silent');
  info = vi.spyOn(log, 'info');
  warn = vi.spyOn(log, 'warn');
  error = vi.spyOn(log, 'error');
  printed = vi.spyOn(console, 'error');
  const app = createApp(log);
  const base = `http://127.0.0.1:${portOf(service)}`;
  impatient = new Upstream('impatient', base);
  const common = { callers: new Callers(readProxies('')), log };
  app.all('/things/*', proxyTo({ ...common, upstream: new Upstream('things', base) }));
  app.all('/impatient/*', proxyTo({ ...common, upstream: impatient, patienceMs: 200 }));
  app.all('/unread/*', proxyTo({ ...common, upstream: new Upstream('unread', base), stalledMs: 100 }));
  app.all('/gone/*', proxyTo({ ...common, upstream: new Upstream('gone', 'http://127.0.0.1:1') }));
  // Of this name more is cut off than was matched.
  app.all('/cut/*', proxyTo({ ...common, upstream: new Upstream('cut-', base) }));
  gateway = serve({ fetch: app.fetch, port: 0, hostname: '127.0.0.1' });
  await once(gateway, 'listening');
  url = `http://127.0.0.1:${portOf(gateway)}`;
});

afterEach(async () => {
  service.closeAllConnections();
  await Promise.all([once(service.close(), 'close'), once(gateway.close(), 'close')]);
});

const echo = z.object({
  method: z.string(),
  url: z.string(),
  headers: z.custom<IncomingHttpHeaders>(),
  body: z.string(),
});

const ask = async (path: string, init?: RequestInit) => {
  const response = await fetch(`${url}${path}`, init);
  const answer: unknown = await response.json();
  return { status: response.status, headers: response.headers, answer };
};

describe('a request', () => {
  test('arrives without the prefix, with method, query and body as they were', async () => {
    const { status, answer } = await ask('/things/api/x%20y?a=1&b=%2F', { method: 'PATCH', body: '{"c":2}' });
    expect(status).toBe(201);
    expect(echo.parse(answer)).toMatchObject({ method: 'PATCH', url: '/api/x%20y?a=1&b=%2F', body: '{"c":2}' });
  });

  test('cannot pretend to come from elsewhere or from somebody else', async () => {
    const { answer } = await ask('/things/api', {
      headers: {
        'x-forwarded-for': '1.2.3.4',
        'x-forwarded-host': 'evil',
        forwarded: 'for=1.2.3.4',
        'x-real-ip': '1.2.3.4',
        'x-user-id': 'admin',
        x_user_id: 'admin',
        'x-original-url': '/api/users',
        cookie: 'session=1',
        authorization: 'Bearer kept',
        'if-match': '"3"',
      },
    });
    const { headers } = echo.parse(answer);
    expect(headers).toMatchObject({ authorization: 'Bearer kept', 'if-match': '"3"', 'x-forwarded-for': '127.0.0.1' });
    expect(headers['x-request-id']).toMatch(/^[\w-]{20,}$/);
    expect(headers.traceparent).toMatch(/^00-[\da-f]{32}-[\da-f]{16}-01$/);
    for (const name of [
      'x-forwarded-host',
      'forwarded',
      'x-real-ip',
      'x-user-id',
      'x_user_id',
      'x-original-url',
      'cookie',
    ])
      expect(headers).not.toHaveProperty(name);
  });

  test('arrives without the headers that it names as those of this connection', async () => {
    const headers = { connection: 'close, Accept-Language', 'accept-language': 'pl', 'user-agent': 'kept' };
    const [response] = (await once(get(`${url}/things/api`, { headers }), 'response')) as [IncomingMessage];
    const arrived = echo.parse(await json(response)).headers;
    expect(arrived).toMatchObject({ 'user-agent': 'kept' });
    expect(arrived).not.toHaveProperty('accept-language');
  });

  test('is read as fast whatever it names so', async () => {
    const took = async (names: string): Promise<number> => {
      const begun = performance.now();
      const [response] = (await once(
        get(`${url}/things/api`, { headers: { connection: `close, ${names}` } }),
        'response',
      )) as [IncomingMessage];
      await json(response);
      return performance.now() - begun;
    };
    const best = { letters: Infinity, spaces: Infinity };
    for (let n = 0; n < 5; n += 1) {
      best.letters = Math.min(best.letters, await took(`x${'x'.repeat(15_000)}x`));
      best.spaces = Math.min(best.spaces, await took(`x${' '.repeat(15_000)}x`));
    }
    // Read in time that grows with the square, spaces took a hundred times as long.
    expect(best.spaces).toBeLessThan(20 * best.letters);
  });
});

describe('a request that cannot be passed on', () => {
  test.each(['/%74hings/api', '/thing%73/api', '/%74hing%73/api?a=1'])(
    'to %s, which only decoded is below the prefix, leads nowhere, and leaves every connection as it was',
    async (path) => {
      // The service was asked nothing before, so the pool is as after a rest, when the idle connections are closed: with
      // one that is open, its end would bring a pool back that lost its clients.
      for (let count = 0; count < 256; count += 1)
        expect(await ask(path)).toMatchObject({ status: 404, answer: { code: 'not_found' } });
      expect((await ask('/things/api')).status).toBe(201);
    },
  );

  test('is its sender’s fault', async () => {
    expect(await ask('/cut/api')).toMatchObject({ status: 400, answer: { code: 'malformed_request' } });
  });
});

describe('a request for which no connection is free', () => {
  test('is given up when its time is over, and the next one is served when there are some again', async () => {
    const held = new AbortController();
    await take(impatient.anonymous, held.signal, 256);
    expect(await ask('/impatient/api')).toMatchObject({ status: 504, answer: { code: 'upstream_timeout' } });
    held.abort();
    await vi.waitFor(async () => expect((await ask('/impatient/api')).status).toBe(201), { timeout: 20_000 });
  });

  test('is told to come back when too many wait', async () => {
    const leaving = new AbortController();
    await take(impatient.anonymous, leaving.signal, 256);
    const waiting = fillQueue(impatient.anonymous, leaving.signal);
    const { status, headers, answer } = await ask('/impatient/api');
    expect({ status, answer }).toMatchObject({ status: 503, answer: { code: 'unavailable' } });
    expect(headers.get('retry-after')).toBe('2');
    leaving.abort();
    await expect(waiting).rejects.toThrow();
  });
});

describe('a connection that breaks', () => {
  test('makes a read be asked once more, and never a write', async () => {
    expect((await ask('/things/api/breaks-once')).status).toBe(201);
    tries = 0;
    const write = await ask('/things/api/breaks-once', { method: 'POST', body: 'x' });
    expect(write).toMatchObject({ status: 502, answer: { code: 'upstream_unavailable' } });
    expect(tries).toBe(1);
  });
});

describe('a client that leaves', () => {
  const head = 'HTTP/1.1\r\nhost: gateway\r\n';
  test.each([
    ['in the middle of a body of known length', `POST /things/api ${head}content-length: 100\r\n\r\n{"a":`],
    ['in the middle of a body in chunks', `POST /things/api ${head}transfer-encoding: chunked\r\n\r\n5\r\n{"a":\r\n`],
    ['while the service works', `GET /things/api/hangs ${head}\r\n`],
    ['while the service answers', `GET /things/api/held ${head}\r\n`],
  ])('%s is nobody’s fault', async (_when, request) => {
    const left = Promise.withResolvers<undefined>();
    gateway.once('connection', (socket: Socket) => void socket.once('close', () => left.resolve(undefined)));
    const heard = once(request.startsWith('GET') ? service : gateway, 'request');
    const client = connect(portOf(gateway), '127.0.0.1');
    client.write(request);
    await heard;
    client.destroy();
    await left.promise;
    expect((await ask('/things/api')).status).toBe(201);
    expect([warn.mock.calls, error.mock.calls, printed.mock.calls]).toEqual([[], [], []]);
  });
});

describe('an answer', () => {
  test('of which nothing is taken is given up, with its connections', async () => {
    const reading = await fetch(`${url}/unread/api/export`);
    await givenUp.promise;
    await expect(reading.arrayBuffer()).rejects.toThrow();
    expect(toldOf()).toEqual([['nobody reads an answer']]);
    expect([warn.mock.calls, printed.mock.calls]).toEqual([[], []]);
  });

  test('that breaks off is not taken for a whole one', async () => {
    const reading = await fetch(`${url}/things/api/export-breaks`);
    await expect(reading.arrayBuffer()).rejects.toThrow();
    expect(warn.mock.calls).toEqual([[{ err: expect.any(Error) as Error }, 'an answer broke off']]);
    expect([toldOf(), printed.mock.calls]).toEqual([[], []]);
  });

  test('that its reader leaves is worth no word', async () => {
    const leaving = new AbortController();
    await fetch(`${url}/things/api/export`, { signal: leaving.signal });
    leaving.abort();
    await givenUp.promise;
    expect([toldOf(), warn.mock.calls, printed.mock.calls]).toEqual([[], [], []]);
  });

  test('names its location as the caller reaches it, and not the service’s connection', async () => {
    const { headers } = await ask('/things/api', { method: 'POST', body: 'x' });
    expect(headers.get('location')).toBe('/things/api/things/1');
    expect(headers.get('connection')).toBe('keep-alive');
  });

  test.each([
    ['/gone/api', 502, 'upstream_unavailable'],
    ['/things/api/breaks', 502, 'upstream_unavailable'],
    ['/impatient/api/hangs', 504, 'upstream_timeout'],
  ])('of %s is a problem with %i, and says when to come back', async (path, status, code) => {
    const problem = await ask(path);
    expect(problem).toMatchObject({ status, answer: { status, code } });
    expect(problem.headers.get('retry-after')).toBe('2');
  });
});
