import { liveness } from '@live-orders/contracts/rest/health.ts';
import type { OpenAPIHono } from '@hono/zod-openapi';
import type { Env } from 'hono';
import type { AuthEnv } from '../http/auth.ts';
import { type About, describeApi, json, type OpenApiDocument } from './openapi.ts';
import { guard } from '../http/policy.ts';
import { route } from './route.ts';

/** `GET /` below `api`, for anybody: that the service runs, also when something that it depends on is away. */
export const registerHealth = (api: OpenAPIHono<AuthEnv>, name: string): void => {
  const health = route({
    policy: 'public',
    method: 'get',
    path: '/',
    operationId: 'getHealth',
    summary: 'Whether the service runs',
    tags: ['health'],
    responses: { 200: json(liveness, 'It runs') },
    problems: [],
  });
  api.openapi(health, (c) => c.json({ name, status: 'up' as const }, 200));
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
