import type { AuthEnv, Authority } from '@live-orders/runtime/http/auth.ts';
import { registerDocument, registerHealth } from '@live-orders/runtime/api/common-routes.ts';
import type { Denials } from '@live-orders/runtime/audit/denials.ts';
import { recordDenials } from '@live-orders/runtime/audit/record-denials.ts';
import { createApp } from '@live-orders/runtime/http/app.ts';
import { withAuthority } from '@live-orders/runtime/http/policy.ts';
import type { Log } from '@live-orders/runtime/process/log.ts';
import type { OpenAPIHono } from '@hono/zod-openapi';
import type { Orders } from './orders/orders.ts';
import type { Team } from './orders/team.ts';
import type { Products } from './products/products.ts';
import { registerExportRoute } from './routes/export.ts';
import { registerStatsRoute } from './routes/stats.ts';
import { registerOrderRoutes } from './routes/orders.ts';
import { registerProductRoutes } from './routes/products.ts';
import { registerViewRoutes } from './routes/views.ts';
import type { Stats } from './stats/stats.ts';
import type { Views } from './views/views.ts';

export interface OrdersAppOptions {
  log: Log;
  orders: Orders;
  products: Products;
  stats: Stats;
  team: Team;
  views: Views;
  authority: Authority;
  denials: Pick<Denials, 'record'>;
}

const about = {
  title: 'Orders',
  description: 'Orders and products of the shop. Every change of an order is also an event on the live stream.',
  tags: [
    { name: 'orders', description: 'Placing, finding, moving and assigning orders; customers reach their own' },
    { name: 'products', description: 'What is sold, and its stock; administrators change it' },
    { name: 'views', description: 'Views of the board that members of the team keep; each reaches the own ones' },
    { name: 'health', description: 'Whether the service runs' },
  ],
};

/** The HTTP app of the orders service, not listening yet. */
export const createOrdersApp = (options: OrdersAppOptions): OpenAPIHono<AuthEnv> => {
  const app = createApp<AuthEnv>(options.log, withAuthority(options.authority), recordDenials(options.denials));
  const api = app.basePath('/api');
  registerHealth(api, 'orders');
  registerDocument(api, about);
  registerExportRoute(api, options);
  registerStatsRoute(api, options);
  registerOrderRoutes(api, options);
  registerProductRoutes(api, options);
  registerViewRoutes(api, options);
  return app;
};
