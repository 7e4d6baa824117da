import type { Health } from '@live-orders/contracts/rest/health.ts';
import { createRoute, type OpenAPIHono } from '@hono/zod-openapi';
import type { Env } from 'hono';
import type { z } from 'zod';
import { json, problems } from './openapi.ts';

/** `GET /` of a service's API, for anybody. */
export const serveHealth = <E extends Env, H extends Health>(
  api: OpenAPIHono<E>,
  schema: z.ZodType<H>,
  read: () => Promise<H>,
): void => {
  const route = createRoute({
    method: 'get',
    path: '/',
    operationId: 'getHealth',
    summary: 'Health of the service, and the state of what it depends on',
    tags: ['health'],
    responses: { 200: json(schema, 'It runs'), ...problems() },
  });
  api.openapi(route, async (c) => c.json(await read(), 200));
};
