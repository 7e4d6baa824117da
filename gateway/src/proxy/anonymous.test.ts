import { once } from 'node:events';
import { createServer, get, type IncomingMessage, Server } from 'node:http';
import { serve } from '@hono/node-server';
import type { AuthEnv } from '@live-orders/runtime/http/auth.ts';
import { createApp } from '@live-orders/runtime/http/app.ts';
import { createLog } from '@live-orders/runtime/process/log.ts';
import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest';
import { z } from 'zod';
import { Callers, readProxies } from '../http/callers.ts';
import { Upstream } from '../http/upstream.ts';
import { holds, take } from '../testing/upstream.ts';
import { proxyTo } from './proxy.ts';

let holding: number;
let service: Server;
let upstream: Upstream;
let gateway: ReturnType<typeof serve>;
let url: string;

const portOf = (server: { address(): unknown }): number => z.object({ port: z.int() }).parse(server.address()).port;

beforeEach(async () => {
  holding = 0;
  service = createServer((request, response) => {
    if (holds(request, response)) holding += 1;
    else response.end();
  }).listen(0, '127.0.0.1');
  await once(service, 'listening');
  upstream = new Upstream('things', `http://127.0.0.1:${portOf(service)}`);
  const log = createLog('gateway', 'silent');
  const app = createApp<AuthEnv>(log);
  const someone = { email: '', name: '', role: 'customer', created_at: '', session_id: '', expires_at: 0 } as const;
  app.use(async (c, next) => {
    const id = c.req.header('authorization');
    if (id !== undefined) c.set('identity', { ...someone, id });
    await next();
  });
  app.all('/things/*', proxyTo({ upstream, callers: new Callers(readProxies('')), log, patienceMs: 200 }));
  gateway = serve({ fetch: app.fetch, port: 0, hostname: '127.0.0.1' });
  await once(gateway, 'listening');
  url = `http://127.0.0.1:${portOf(gateway)}`;
});

afterEach(async () => {
  service.closeAllConnections();
  if (gateway instanceof Server) gateway.closeAllConnections();
  await Promise.all([once(service.close(), 'close'), once(gateway.close(), 'close')]);
});

/** From another address of this machine, if one is told; the status. */
const ask = async (headers = {}, localAddress = '127.0.0.1'): Promise<number | undefined> => {
  const [response] = (await once(get(`${url}/things/api`, { headers, localAddress }), 'response')) as [IncomingMessage];
  response.resume();
  return response.statusCode;
};
const asUser = { authorization: 'ada' };

describe('requests without a token', () => {
  test('wait for connections of their own, and not for those of users', async () => {
    const held = new AbortController();
    await take(upstream.anonymous, held.signal, 256);
    expect([await ask(), await ask(asUser)]).toEqual([504, 200]);
    held.abort();
  });

  test('are so many at once from each address', async () => {
    const held = Array.from({ length: 32 }, () => get(`${url}/things/api/held`).on('error', () => undefined));
    await vi.waitFor(() => expect(holding).toBe(32), { timeout: 20_000 });
    expect([await ask(), await ask(asUser), await ask({}, '127.0.0.2')]).toEqual([429, 200, 200]);
    for (const request of held) request.destroy();
    await vi.waitFor(async () => expect(await ask()).toBe(200), { timeout: 20_000 });
  });
});
