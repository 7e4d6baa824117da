import { once } from 'node:events';
import { type IncomingMessage, request } from 'node:http';
import { calls } from '@live-orders/contracts/rest/calls.ts';
import { beforeEach, describe, expect } from 'vitest';
import { Api, testPassword } from '@live-orders/test-support/clients/api.ts';
import { test } from '@live-orders/test-support/fixtures/test.ts';
import type { System } from '@live-orders/test-support/system/system.ts';

let system: System;
let email: string;

test.beforeAll(async ({ shop }) => {
  ({ system } = shop);
  await system.ensure('dashboard');
});

beforeEach(async () => {
  email = (await new Api(system.gatewayUrl).register()).session?.user.email ?? '';
});

/** By REST, through a proxy on this machine that has written the header; the status. */
const logIn = async (forwardedFor: string, password: string, gateway = system.gatewayUrl): Promise<number> => {
  const headers = { 'content-type': 'application/json', 'x-forwarded-for': forwardedFor };
  const body = JSON.stringify({ email, password });
  return (await fetch(`${gateway}${calls.login.path}`, { method: 'POST', headers, body })).status;
};

/** As a person does, by the dashboard's form, through a proxy on this machine; the status. */
const logInByForm = async (forwardedFor: string, password: string): Promise<number> => {
  const url = system.dashboardUrl;
  const headers = { accept: 'text/html', origin: new URL(url).origin, 'x-forwarded-for': forwardedFor };
  const body = new URLSearchParams({ email, password });
  return (await fetch(`${url}/login`, { method: 'POST', headers, body, redirect: 'manual' })).status;
};

const guesses = Array.from({ length: 10 }, (_none, n) => `guess number ${n}`);

describe.each([
  ['REST', logIn, 200],
  ['the dashboard', logInByForm, 303],
])('ten wrong passwords by %s', (_way, attempt, welcome) => {
  test('shut out the place that sent them, and nobody elsewhere', async () => {
    for (const guess of guesses) await attempt('203.0.113.1', guess);
    expect(await attempt('203.0.113.1', testPassword)).toBe(429);
    expect(await attempt('203.0.113.2', testPassword)).toBe(welcome);
  });

  test('count together, whatever their sender claims', async () => {
    for (const [n, guess] of guesses.entries()) await attempt(`198.51.100.${n}, 203.0.113.1`, guess);
    expect(await attempt('203.0.113.2, 203.0.113.1', testPassword)).toBe(429);
  });
});

test('behind a proxy that is not trusted all are of its address, whatever they claim', async () => {
  await system.beside('gateway', { TRUSTED_PROXIES: '192.0.2.1' }, async (gateway) => {
    for (const [n, guess] of guesses.entries()) await logIn(`203.0.113.${n}`, guess, gateway);
    expect(await logIn('203.0.113.99', testPassword, gateway)).toBe(429);
  });
});

test('tokens that are guessed by pages of the dashboard count for whoever guesses, and not for the dashboard', async () => {
  const { session } = await new Api(system.gatewayUrl).register();
  const user = encodeURIComponent(JSON.stringify(session?.user));
  // One request without a good token in 15 s.
  await system.beside('gateway', { REQUESTS_PER_MINUTE_PER_ADDRESS: '4' }, async (GATEWAY_URL) => {
    await system.beside('dashboard', { GATEWAY_URL }, async (dashboard) => {
      for (const [n, path] of ['/', '/new', `/orders/${crypto.randomUUID()}`, '/login'].entries()) {
        const from = { 'x-forwarded-for': `203.0.113.${n + 20}` };
        const headers = { cookie: `live_orders_access=a.b.c; live_orders_user=${user}`, ...from };
        await fetch(`${dashboard}${path}`, { headers, redirect: 'manual' });
        const next = await fetch(`${GATEWAY_URL}${calls.getProfile.path}`, { headers: from });
        expect([path, next.status]).toEqual([path, 429]);
      }
    });
  });
});

/** As `logInByForm`, but from an address of this machine and through no proxy. */
const logInFrom = async (dashboard: string, localAddress: string, password: string): Promise<number | undefined> => {
  const body = new URLSearchParams({ email, password }).toString();
  const type = 'application/x-www-form-urlencoded';
  const headers = { accept: 'text/html', origin: dashboard, 'content-type': type };
  const call = request(`${dashboard}/login`, { method: 'POST', headers, localAddress });
  call.end(body);
  const [answer] = (await once(call, 'response')) as [IncomingMessage];
  answer.resume();
  return answer.statusCode;
};

test('a dashboard on a machine that is not trusted is believed once it knows the secret', async () => {
  const PROXY_SECRET = 'a secret of this test, 32 characters long';
  const settings = { TRUSTED_PROXIES: '192.0.2.1', PROXY_SECRET };
  const guessAndLogInElsewhere = async (dashboard: string): Promise<number | undefined> => {
    email = (await new Api(system.gatewayUrl).register()).session?.user.email ?? '';
    for (const guess of guesses) await logInFrom(dashboard, '127.0.0.2', guess);
    expect(await logInFrom(dashboard, '127.0.0.2', testPassword)).toBe(429);
    return logInFrom(dashboard, '127.0.0.3', testPassword);
  };

  await system.beside('gateway', settings, async (GATEWAY_URL) => {
    await system.beside('dashboard', { GATEWAY_URL, PROXY_SECRET }, async (DASHBOARD_URL) => {
      expect(await guessAndLogInElsewhere(DASHBOARD_URL)).toBe(303);
      // The same with a gateway before the dashboard, whose own address nobody is counted by.
      expect(await system.beside('gateway', { ...settings, DASHBOARD_URL }, guessAndLogInElsewhere)).toBe(303);
    });
    expect(await system.beside('dashboard', { GATEWAY_URL }, guessAndLogInElsewhere)).toBe(429);
  });
});
