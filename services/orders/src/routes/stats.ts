import { orderStats, statsQuery } from '@live-orders/contracts/rest/stats.ts';
import type { AuthEnv } from '@live-orders/runtime/http/auth.ts';
import { json } from '@live-orders/runtime/api/openapi.ts';
import { route } from '@live-orders/runtime/api/route.ts';
import type { OpenAPIHono } from '@hono/zod-openapi';
import type { Stats } from '../stats/stats.ts';

const stats = route({
  policy: ['staff', 'admin'],
  method: 'get',
  path: '/orders/stats',
  operationId: 'getOrderStats',
  summary: 'How the shop does',
  tags: ['orders'],
  request: { query: statsQuery },
  responses: { 200: json(orderStats, 'How the shop does') },
  problems: [422],
});

/** Figures for the team. `/orders/stats` goes before `/orders/{id}`; `checkRoutes` would notice. */
export const registerStatsRoute = (app: OpenAPIHono<AuthEnv>, options: { stats: Stats }): void => {
  app.openapi(stats, async (c) => c.json(await options.stats.read(c.req.valid('query').window), 200));
};
