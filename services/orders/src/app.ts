import type { AuthEnv, Verify } from '@live-orders/runtime/auth.ts';
import { createApp } from '@live-orders/runtime/http.ts';
import type { Sequelize } from '@live-orders/runtime/database.ts';
import type { Log } from '@live-orders/runtime/log.ts';
import { serveMetrics } from '@live-orders/runtime/metrics.ts';
import type { OpenAPIHono } from '@hono/zod-openapi';
import type { Registry } from 'prom-client';
import type { Orders } from './orders.ts';
import type { Products } from './products.ts';
import { exportRoutes } from './routes/export.ts';
import { orderRoutes } from './routes/orders.ts';
import { productRoutes } from './routes/products.ts';

export interface OrdersPlan {
  log: Log;
  metrics: Registry;
  database: Sequelize;
  orders: Orders;
  products: Products;
  verify: Verify;
  health: () => Promise<Record<string, unknown>>;
}

/** The HTTP app of the orders service, not listening yet. */
export const createOrdersApp = (plan: OrdersPlan): OpenAPIHono<AuthEnv> => {
  const app = createApp<AuthEnv>(plan.log);
  const api = app.basePath('/api');
  api.get('/', async (c) => c.json(await plan.health()));
  serveMetrics(app, plan.metrics);
  exportRoutes(api, plan);
  orderRoutes(api, plan);
  productRoutes(api, plan);
  return app;
};
