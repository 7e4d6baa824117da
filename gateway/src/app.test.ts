import { httpServer } from '@live-orders/runtime/http/server.ts';
import { createLog } from '@live-orders/runtime/process/log.ts';
import { createMetrics } from '@live-orders/runtime/process/metrics.ts';
import { Redis } from 'ioredis';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { Gateway, openApp } from './testing/gateway.ts';
import { openHub } from './testing/hub.ts';

const listening = { host: '127.0.0.1', port: 0, log: createLog('gateway', 'silent') };

test('the gateway starts with the routes that it has, and not with one that has no policy', () => {
  const bare = { tokens: new Map(), stopping: false, metrics: createMetrics('gateway') };
  const { app } = openApp(bare, openHub(), new Redis({ lazyConnect: true }));
  expect(() => httpServer(app, listening)).not.toThrow();
  app.all('/payments/api/*', (c) => c.text('passed on'));
  expect(() => httpServer(app, listening)).toThrow('ALL /payments/api/* has no policy: nothing says who may call it');
});

describe('who may call', () => {
  let gateway: Gateway;

  beforeEach(async () => {
    gateway = await Gateway.open();
  });

  afterEach(() => gateway.close());

  /** The answers to a call without a token, with a forged one, and with a good one. */
  const statuses = async (method: string, path: string): Promise<number[]> => {
    const { authorization } = gateway.admit();
    const tokens = [undefined, 'Bearer forged', authorization];
    const answers = tokens.map((token) =>
      fetch(`${gateway.url}${path}`, { method, headers: token ? { authorization: token } : {} }),
    );
    return (await Promise.all(answers)).map(({ status }) => status);
  };

  test.each([
    ['GET', '/ready', [204, 204, 204]],
    // The metrics have a port of their own.
    ['GET', '/metrics', [404, 404, 404]],
    ['GET', '/docs', [200, 200, 200]],
    ['GET', '/docs/asyncapi.json', [200, 200, 200]],
    // Behind this gateway is no service, so 502 is the answer to a call that it passes on.
    ['POST', '/users/api/auth/login', [502, 502, 502]],
    ['GET', '/orders/api', [502, 502, 502]],
    ['HEAD', '/orders/api', [502, 502, 502]],
    ['HEAD', '/users/api/openapi.json', [502, 502, 502]],
  ])('%s %s: anybody', async (method, path, expected) => {
    expect(await statuses(method, path)).toEqual(expected);
  });

  test.each([
    ['GET', '/users/api/users', [401, 401, 502]],
    ['POST', '/orders/api', [401, 401, 502]],
    // Let in, but without an upgrade.
    ['GET', '/ws', [401, 401, 400]],
    ['HEAD', '/live/events', [401, 401, 200]],
    // Not even that there is no such method is told to anybody else.
    ['PUT', '/live/events', [401, 401, 404]],
    ['GET', '/live/ticket', [401, 401, 404]],
  ])('%s %s: who is signed in', async (method, path, expected) => {
    expect(await statuses(method, path)).toEqual(expected);
  });

  test.each([
    ['POST', '/live/ticket'],
    ['GET', '/live/ticket'],
    ['GET', '/live/events'],
    ['GET', '/ws'],
    ['GET', '/orders/api/orders'],
  ])('%s %s: who guesses tokens is counted by address', async (method, path) => {
    const headers = { authorization: 'Bearer forged', 'x-forwarded-for': '203.0.113.7' };
    const answers = Array.from({ length: 40 }, () => fetch(`${gateway.url}${path}`, { method, headers }));
    const answered = (await Promise.all(answers)).map(({ status }) => status);
    // Of 120 requests a minute 30 may come at once.
    expect(Object.entries(Object.groupBy(answered, String)).map(([status, all]) => [status, all?.length])).toEqual([
      ['401', 30],
      ['429', 10],
    ]);
  });
});
