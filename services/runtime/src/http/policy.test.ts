import type { User } from '@live-orders/contracts/domain/users.ts';
import { createMiddleware } from 'hono/factory';
import { describe, expect, test } from 'vitest';
import { z } from 'zod';
import { createLog } from '../process/log.ts';
import { createApp } from './app.ts';
import { type AuthEnv, type Authority, type Identity, sessionEnded } from './auth.ts';
import { describeApi, empty, json } from '../api/openapi.ts';
import { asGuard, checkRoutes, guard, type Policy, withAuthority } from './policy.ts';
import { ProblemError } from './problem.ts';
import { route } from '../api/route.ts';
import { httpServer } from './server.ts';

const identity = (role: Identity['role']): Identity => ({
  id: '01920f3c-7c1e-7d2a-8a54-3f3c5b1e9a10',
  email: 'ada@example.com',
  name: 'Ada',
  role,
  created_at: '2026-03-14T09:26:53.589Z',
  session_id: '01920f3c-7c1e-7d2a-8a54-3f3c5b1e9a11',
  expires_at: 2e9,
});

/** Takes the name of a role for its holder's token. */
const verify = async (token: string): Promise<Identity> => {
  if (token === 'customer' || token === 'staff' || token === 'admin') return identity(token);
  throw new ProblemError('unauthenticated', 'no such token');
};

const openApp = (authority: Authority = { verify }) =>
  createApp<AuthEnv>(createLog('test', 'silent'), withAuthority(authority));

const routeOf = (policy: Policy, path = '/thing') =>
  route({
    policy,
    method: 'get',
    path,
    operationId: 'getThing',
    summary: 'A thing',
    responses: { 204: empty('It is there') },
    problems: [404],
  });

const answers = async (policy: Policy, authority?: Authority) => {
  const app = openApp(authority);
  app.openapi(routeOf(policy), (c) => c.body(null, 204));
  checkRoutes(app);
  const { paths } = describeApi(app, { title: '', description: '', tags: [] });
  const described = paths?.['/thing']?.get;
  const statuses = [null, 'forged', 'customer', 'staff', 'admin'].map(async (token) => {
    const headers = token ? { authorization: `Bearer ${token}` } : undefined;
    return (await app.request('/thing', headers ? { headers } : {})).status;
  });
  return {
    statuses: await Promise.all(statuses),
    secured: described?.security !== undefined,
    described: Object.keys(described?.responses ?? {}),
  };
};

describe('a route’s policy is enforced, and its document says so', () => {
  test('public', async () => {
    expect(await answers('public')).toEqual({
      statuses: [204, 204, 204, 204, 204],
      secured: false,
      described: ['204', '404', '429', '500', '503'],
    });
  });

  test('signed in', async () => {
    expect(await answers('signed-in')).toEqual({
      statuses: [401, 401, 204, 204, 204],
      secured: true,
      described: ['204', '401', '404', '429', '500', '503'],
    });
  });

  test('some roles', async () => {
    expect(await answers(['staff', 'admin'])).toEqual({
      statuses: [401, 401, 403, 204, 204],
      secured: true,
      described: ['204', '401', '403', '404', '429', '500', '503'],
    });
  });

  test('some roles, of which the caller has lost one since the token was signed', async () => {
    const userNow = async (): Promise<User> => identity('customer');
    expect((await answers(['admin'], { verify, userNow })).statuses).toEqual([401, 401, 403, 403, 403]);
    expect((await answers('signed-in', { verify, userNow })).statuses).toEqual([401, 401, 204, 204, 204]);
  });

  test('any, after the session has ended', async () => {
    const userNow = (): Promise<User> => Promise.reject(sessionEnded());
    expect((await answers(['admin'], { verify, userNow })).statuses).toEqual([401, 401, 401, 401, 401]);
    expect((await answers('signed-in', { verify, userNow })).statuses).toEqual([401, 401, 401, 401, 401]);
  });
});

describe('while it cannot be known whether sessions have ended', () => {
  const authority = { verify, userNow: async () => null };
  const app = openApp(authority);
  for (const method of ['get', 'post', 'patch', 'delete'] as const) {
    app.openapi({ ...routeOf('signed-in'), method, getRoutingPath: () => '/thing' }, (c) => c.body(null, 204));
  }

  test.each([
    ['customer', [204, 204, 204, 204, 204]],
    ['staff', [204, 204, 503, 503, 503]],
    ['admin', [204, 204, 503, 503, 503]],
  ])('calls of %s that read go on, and only customers may write', async (token, statuses) => {
    const headers = { authorization: `Bearer ${token}` };
    const methods = ['GET', 'HEAD', 'POST', 'PATCH', 'DELETE'];
    const given = await Promise.all(methods.map(async (method) => app.request('/thing', { method, headers })));
    expect(given.map(({ status }) => status)).toEqual(statuses);
    for (const refused of given.filter(({ status }) => status === 503)) {
      expect(refused.headers.get('retry-after')).toBe('2');
      expect(await refused.text()).toMatch(/"code":"unavailable","detail":"[^"]* your session /);
    }
  });
});

test('a handler can only give an answer that its route describes', async () => {
  const described = {
    method: 'get',
    path: '/',
    responses: { 200: json(z.object({ n: z.number() }), 'A number') },
  } as const;
  const app = openApp();
  // @ts-expect-error: `n` is a number
  app.openapi(route({ ...described, policy: 'public', problems: [] }), (c) => c.json({ n: 'one' }, 200));
  expect((await app.request('/')).status).toBe(200);
});

test('a check that is made a guard decides who may call, and needs no authority', async () => {
  const app = createApp<AuthEnv>(createLog('test', 'silent'));
  const withTicket = createMiddleware<AuthEnv>(async (c, next) => {
    if (!c.req.query('ticket')) throw new ProblemError('unauthenticated', 'no ticket');
    await next();
  });
  app.get('/stream', asGuard(withTicket), (c) => c.body(null, 204));
  app.get('/open', guard('public'), (c) => c.body(null, 204));
  checkRoutes(app);
  expect((await app.request('/stream')).status).toBe(401);
  expect((await app.request('/stream?ticket=t')).status).toBe(204);
});

describe('an app does not start', () => {
  test('with a route that has no policy, wherever it is registered', () => {
    const app = openApp();
    app.get('/open', guard('public'), (c) => c.text('open'));
    app.use('/forgotten', async (_c, next) => next());
    app.basePath('/api').get('/forgotten', (c) => c.text('forgotten'));
    const log = createLog('test', 'silent');
    expect(() => httpServer(app, { host: '127.0.0.1', port: 0, log })).toThrow(
      'GET /api/forgotten has no policy: nothing says who may call it',
    );
  });

  test('with a route whose guard comes after another handler', () => {
    const app = openApp();
    app.get('/late', (c) => c.text('told already'), guard(['admin']));
    expect(() => checkRoutes(app)).toThrow('GET /late has no policy');
  });

  test('with a route that another one hides', () => {
    const app = openApp();
    const api = app.basePath('/api');
    api.openapi(routeOf('public', '/things/{id}'), (c) => c.body(null, 204));
    api.openapi(routeOf('public', '/things/{id}/parts'), (c) => c.body(null, 204));
    checkRoutes(app);
    api.openapi(routeOf('public', '/things/latest'), (c) => c.body(null, 204));
    expect(() => checkRoutes(app)).toThrow(
      'GET /api/things/latest is never reached: register it before GET /api/things/:id',
    );
  });

  test('without anything that tells who calls', () => {
    const app = createApp<AuthEnv>(createLog('test', 'silent'));
    app.openapi(routeOf('signed-in'), (c) => c.body(null, 204));
    expect(() => checkRoutes(app)).toThrow('no authority');
  });
});
