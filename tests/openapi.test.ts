import { errorCatalogue } from '@live-orders/contracts/rest/errors.ts';
import { connectDatabase } from '@live-orders/runtime/database/database.ts';
import { createLog } from '@live-orders/runtime/process/log.ts';
import { checkRoutes } from '@live-orders/runtime/http/policy.ts';
import { Outbox } from '@live-orders/runtime/outbox/outbox.ts';
import { Validator } from '@seriousme/openapi-schema-validator';
import type { Hono } from 'hono';
import { inspectRoutes } from 'hono/dev';
import { Redis } from 'ioredis';
import { describe, expect, test } from 'vitest';
import { z } from 'zod';
import { createOrdersApp } from '../services/orders/src/app.ts';
import { usualRules } from '../services/orders/src/testing/usual-rules.ts';
import { Orders } from '../services/orders/src/orders/orders.ts';
import { Products } from '../services/orders/src/products/products.ts';
import { Team } from '../services/orders/src/orders/team.ts';
import { Views } from '../services/orders/src/views/views.ts';
import { Stats } from '../services/orders/src/stats/stats.ts';
import { createUsersApp } from '../services/users/src/app.ts';
import { AuditTrail } from '../services/users/src/audit/trail.ts';
import { createLimits } from '../services/users/src/limits/limits.ts';
import { Hasher } from '../services/users/src/passwords/hashing.ts';
import { Sessions } from '../services/users/src/sessions.ts';
import { Signer } from '../services/users/src/tokens.ts';
import { Users } from '../services/users/src/users.ts';

const log = createLog('test', 'silent');
// Nothing here is asked for data, so neither the database nor Redis is ever connected to.
const database = connectDatabase('postgres://nobody@127.0.0.1:1/none', 2, 'test');
const outbox = new Outbox(database, 'orders_outbox', log);
const verify = () => Promise.reject(new Error('no token is checked here'));
const denials = { record: () => undefined };

const ordersApp = createOrdersApp({
  ...{ log, authority: { verify }, denials },
  orders: new Orders({ database, outbox, ...usualRules }),
  products: new Products({ database, outbox }),
  stats: new Stats(database),
  team: new Team('http://127.0.0.1:1', log),
  views: new Views(database),
});
const signer = await Signer.create('a secret of a test, and of nothing else');
const hasher = new Hasher({ cost: 4, pepper: 'a pepper of a test, and of nothing else' });
const trail = new AuditTrail(database, log, 400);
const sessions = new Sessions({ database, outbox, signer, trail });
const usersApp = createUsersApp({
  ...{ log, sessions, signer, verify, hasher, trail, denials },
  users: new Users({ database, outbox, sessions, hasher, trail }),
  limits: createLimits({ redis: new Redis({ lazyConnect: true }), prefix: '' }, log),
});

const operation = z.looseObject({
  operationId: z.string(),
  summary: z.string(),
  tags: z.array(z.string()).length(1),
  security: z.array(z.unknown()).optional(),
  requestBody: z
    .object({ content: z.object({ 'application/json': z.object({ schema: z.object({ $ref: z.string() }) }) }) })
    .loose()
    .optional(),
  responses: z.record(z.string(), z.looseObject({ description: z.string().min(1) })),
});
const schema = z.looseObject({
  example: z.unknown().optional(),
  properties: z.record(z.string(), z.unknown()).optional(),
});
const openapi = z.looseObject({
  openapi: z.string().startsWith('3.1'),
  info: z.looseObject({ title: z.string(), description: z.string() }),
  tags: z.array(z.object({ name: z.string(), description: z.string() })),
  paths: z.record(z.string(), z.record(z.string(), operation)),
  components: z.looseObject({ schemas: z.record(z.string(), schema), securitySchemes: z.looseObject({}) }),
});

/** Every pattern of a document, wherever it stands. */
const patternsOf = (part: unknown): string[] =>
  typeof part !== 'object' || part === null
    ? []
    : Object.entries(part).flatMap(([name, value]: [string, unknown]) =>
        name === 'pattern' && typeof value === 'string' ? [value] : patternsOf(value),
      );

const documentOf = async (app: Pick<Hono, 'request'>) =>
  openapi.parse(await (await app.request('/api/openapi.json')).json());

/** Not a part of the API: the keys that our own services read, and the document itself. */
const aside = ['GET /.well-known/jwks.json', 'GET /api/openapi.json'];

const apps = [
  ['orders', ordersApp],
  ['users', usersApp],
] as const;

test.each(apps)('each route of the %s service has a policy, and none hides another', (_name, app) => {
  expect(() => checkRoutes(app)).not.toThrow();
});

describe.each(apps)('the document of the %s service', (_name, app) => {
  test('is valid OpenAPI 3.1', async () => {
    const { valid, errors } = await new Validator().validate(await documentOf(app));
    expect(errors).toBeUndefined();
    expect(valid).toBe(true);
  });

  test('has every route that runs, and no other', async () => {
    const { paths } = await documentOf(app);
    const documented = Object.entries(paths).flatMap(([path, methods]) =>
      Object.keys(methods).map((method) => `${method.toUpperCase()} ${path}`),
    );
    const running = inspectRoutes(app)
      .filter(({ isMiddleware }) => !isMiddleware)
      .map(({ method, path }) => `${method} ${path.replaceAll(/:(\w+)/g, '{$1}')}`);
    expect(documented.sort()).toEqual([...new Set(running)].filter((route) => !aside.includes(route)).sort());
  });

  test('names each operation once, under a described tag, with the problems that it may answer', async () => {
    const { paths, tags } = await documentOf(app);
    const operations = Object.values(paths).flatMap((methods) => Object.values(methods));
    const ids = operations.map(({ operationId }) => operationId);
    expect(new Set(ids).size).toBe(ids.length);
    const used = new Set(operations.flatMap((one) => one.tags));
    expect([...used].sort()).toEqual(tags.map(({ name }) => name).sort());
    for (const { operationId, security, responses } of operations) {
      expect(Object.keys(responses), operationId).toEqual(expect.arrayContaining(['500', '503']));
      if (security) expect(Object.keys(responses), operationId).toContain('401');
    }
  });

  test('writes each pattern without flags, which OpenAPI has none of: they would be read as text that must follow', async () => {
    const patterns = patternsOf(await documentOf(app));
    expect(patterns.length).toBeGreaterThan(0);
    expect(patterns.filter((pattern) => /\$\/[a-z]*$/.test(pattern))).toEqual([]);
  });

  test('has an example of every body that it takes, and the codes of all errors', async () => {
    const { paths, components } = await documentOf(app);
    const bodies = Object.values(paths).flatMap((methods) =>
      Object.values(methods).flatMap(({ requestBody }) => requestBody?.content['application/json'].schema.$ref ?? []),
    );
    const examples = bodies.map((reference) => components.schemas[reference.split('/').at(-1) ?? '']?.example);
    expect(examples.length).toBeGreaterThan(0);
    expect(examples).not.toContain(undefined);
    const { enum: codes } = z
      .looseObject({ enum: z.array(z.string()) })
      .parse(components.schemas.Problem?.properties?.code);
    expect(codes.sort()).toEqual(Object.keys(errorCatalogue).sort());
  });
});
