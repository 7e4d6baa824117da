import type { AuthEnv, Verify } from '@live-orders/runtime/auth.ts';
import { type OrdersHealth, ordersHealth } from '@live-orders/contracts/rest/health.ts';
import { serveDocument } from '@live-orders/runtime/http/openapi.ts';
import { serveHealth } from '@live-orders/runtime/http/health-route.ts';
import { createApp } from '@live-orders/runtime/http/app.ts';
import type { Log } from '@live-orders/runtime/process/log.ts';
import { serveMetrics } from '@live-orders/runtime/process/metrics.ts';
import type { OpenAPIHono } from '@hono/zod-openapi';
import type { Registry } from 'prom-client';
import type { Orders } from './orders/orders.ts';
import type { Products } from './products/products.ts';
import { exportRoutes } from './routes/export.ts';
import { insightRoutes } from './routes/stats.ts';
import { orderRoutes } from './routes/orders.ts';
import { productRoutes } from './routes/products.ts';
import type { Stats } from './stats/stats.ts';

export interface OrdersAppOptions {
  log: Log;
  metrics: Registry;
  orders: Orders;
  products: Products;
  stats: Stats;
  verify: Verify;
  health: () => Promise<OrdersHealth>;
}

const about = {
  title: 'Orders',
  description: 'Orders and products of the shop. Every change of an order is also an event on the live stream.',
  tags: [
    { name: 'orders', description: 'Placing, finding, moving and assigning orders; customers reach their own' },
    { name: 'products', description: 'What is sold, and its stock; administrators change it' },
    { name: 'health', description: 'Whether the service runs' },
  ],
};

/** The HTTP app of the orders service, not listening yet. */
export const createOrdersApp = (plan: OrdersAppOptions): OpenAPIHono<AuthEnv> => {
  const app = createApp<AuthEnv>(plan.log);
  const api = app.basePath('/api');
  serveHealth(api, ordersHealth, plan.health);
  serveDocument(api, about);
  serveMetrics(app, plan.metrics);
  exportRoutes(api, plan);
  insightRoutes(api, plan);
  orderRoutes(api, plan);
  productRoutes(api, plan);
  return app;
};
