import { orderStats, statsQuery } from '@live-orders/contracts/rest/stats.ts';
import { authenticate, type AuthEnv, requireRole, type Verify } from '@live-orders/runtime/auth.ts';
import { bearer, json, problems } from '@live-orders/runtime/http/openapi.ts';
import { createRoute, type OpenAPIHono } from '@hono/zod-openapi';
import type { Stats } from '../stats/stats.ts';

const stats = createRoute({
  method: 'get',
  path: '/orders/stats',
  operationId: 'getOrderStats',
  summary: 'How the shop does',
  tags: ['orders'],
  security: bearer,
  request: { query: statsQuery },
  responses: { 200: json(orderStats, 'How the shop does'), ...problems(401, 403, 422) },
});

/** Figures for the team. Register it before `/orders/{id}`, which would take `stats` for an id. */
export const insightRoutes = (app: OpenAPIHono<AuthEnv>, plan: { stats: Stats; verify: Verify }): void => {
  app.use('/orders/stats', authenticate(plan.verify), requireRole('staff', 'admin'));
  app.openapi(stats, async (c) => c.json(await plan.stats.read(c.req.valid('query').window), 200));
};
