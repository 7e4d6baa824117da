import { once } from 'node:events';
import { createServer, type Server } from 'node:http';
import { gunzipSync } from 'node:zlib';
import { serve } from '@hono/node-server';
import { createApp } from '@live-orders/runtime/http/app.ts';
import { createLog } from '@live-orders/runtime/process/log.ts';
import { request } from 'undici';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { z } from 'zod';
import { Callers, readProxies } from '../http/callers.ts';
import { Upstream } from '../http/upstream.ts';
import { compressed } from './compression.ts';
import { proxyTo } from './proxy.ts';

const long = JSON.stringify({ text: 'the same again, '.repeat(1_000) });
const portOf = (server: { address(): unknown }): number => z.object({ port: z.int() }).parse(server.address()).port;

let service: Server;
let gateway: ReturnType<typeof serve>;
let url: string;

beforeAll(async () => {
  service = createServer((asked, response) => {
    const type = { 'content-type': 'application/json' };
    if (asked.url === '/api/short') response.writeHead(200, { ...type, 'content-length': 2 }).end('{}');
    else if (asked.url === '/api/stream') response.writeHead(200, type).end(long);
    else {
      const tag = asked.url === '/api/tagged' ? { etag: '"3"' } : {};
      response.writeHead(200, { ...type, ...tag, 'content-length': long.length }).end(long);
    }
  }).listen(0, '127.0.0.1');
  await once(service, 'listening');
  const log = createLog('gateway', 'silent');
  const app = createApp(log);
  const upstream = new Upstream('things', `http://127.0.0.1:${portOf(service)}`);
  app.all('/things/*', compressed, proxyTo({ upstream, callers: new Callers(readProxies('')), log }));
  gateway = serve({ fetch: app.fetch, port: 0, hostname: '127.0.0.1' });
  await once(gateway, 'listening');
  url = `http://127.0.0.1:${portOf(gateway)}/things/api`;
});

afterAll(async () => {
  await Promise.all([gateway, service].map((server) => new Promise((resolve) => server.close(resolve))));
});

const ask = async (path: string, encoding = 'br, gzip') => {
  const headers = { 'accept-encoding': encoding, connection: 'close' };
  const { headers: answered, body } = await request(`${url}${path}`, { headers });
  return { answered, bytes: Buffer.from(await body.arrayBuffer()) };
};

test('a long answer is compressed, and says that it may also come as it is', async () => {
  const { answered, bytes } = await ask('/long');
  expect(answered).toMatchObject({ 'content-encoding': 'gzip', vary: 'Accept-Encoding' });
  expect(bytes.length).toBeLessThan(long.length / 10);
  expect(gunzipSync(bytes).toString()).toBe(long);
});

test.each([
  ['/short', 'gzip', '{}'],
  ['/stream', 'gzip', long],
  ['/tagged', 'gzip', long],
  ['/long', 'identity', long],
  ['/long', 'br', long],
])('an answer to %s for somebody who accepts %s comes as it is', async (path, encoding, expected) => {
  const { answered, bytes } = await ask(path, encoding);
  expect(answered['content-encoding']).toBeUndefined();
  expect(bytes.toString()).toBe(expected);
  if (path === '/tagged') expect(answered.etag).toBe('"3"');
});
