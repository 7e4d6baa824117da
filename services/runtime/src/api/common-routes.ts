import type { Health } from '@live-orders/contracts/rest/health.ts';
import type { OpenAPIHono } from '@hono/zod-openapi';
import type { Env, Hono } from 'hono';
import type { Registry } from 'prom-client';
import type { z } from 'zod';
import type { AuthEnv } from '../http/auth.ts';
import { type About, describeApi, json, type OpenApiDocument } from './openapi.ts';
import { guard } from '../http/policy.ts';
import { route } from './route.ts';

/** `GET /` below `api`, for anybody: what `read` tells, also when something that the service depends on is away. */
export const registerHealth = <H extends Health>(
  api: OpenAPIHono<AuthEnv>,
  schema: z.ZodType<H>,
  read: () => Promise<H>,
): void => {
  const health = route({
    policy: 'public',
    method: 'get',
    path: '/',
    operationId: 'getHealth',
    summary: 'Health of the service, and the state of what it depends on',
    tags: ['health'],
    responses: { 200: json(schema, 'It runs') },
    problems: [],
  });
  api.openapi(health, async (c) => c.json(await read(), 200));
};

/** `GET /openapi.json` below `api`, for anybody. The gateway says below which prefix the service is reached there. */
export const registerDocument = <E extends Env>(api: OpenAPIHono<E>, about: About): void => {
  let document: OpenApiDocument | undefined;
  api.get('/openapi.json', guard('public'), (c) => {
    document ??= describeApi(api, about);
    const prefix = /^(\/[a-z]+)?$/.exec(c.req.header('x-forwarded-prefix') ?? '')?.[0];
    return c.json({ ...document, servers: [{ url: prefix || '/' }] });
  });
};

/** `GET /metrics` in Prometheus' text format, for anybody who reaches the process; the gateway does not forward it. */
export const registerMetrics = <E extends Env>(app: Hono<E>, registry: Registry): void => {
  app.get('/metrics', guard('public'), async (c) =>
    c.body(await registry.metrics(), 200, { 'content-type': registry.contentType }),
  );
};
