import {
  order,
  orderCreation,
  orderHistory,
  orderPage,
  orderQuery,
  statusChange,
} from '@live-orders/contracts/orders.ts';
import { uuid } from '@live-orders/contracts/lists.ts';
import { isStaff } from '@live-orders/contracts/users.ts';
import {
  authenticate,
  type AuthEnv,
  type Identity,
  requireRole,
  toActor,
  type Verify,
} from '@live-orders/runtime/auth.ts';
import { body, json, problems } from '@live-orders/runtime/documents.ts';
import { createRoute, type OpenAPIHono, z } from '@hono/zod-openapi';
import type { Orders } from '../orders.ts';

const tags = ['orders'];
const security = [{ bearer: [] }];
const params = z.object({ id: uuid });

const list = createRoute({
  method: 'get',
  path: '/orders',
  tags,
  security,
  request: { query: orderQuery },
  responses: { 200: json(orderPage, 'Orders, newest first; a customer sees own ones'), ...problems(401, 422) },
});
const create = createRoute({
  method: 'post',
  path: '/orders',
  tags,
  security,
  request: body(orderCreation),
  responses: { 201: json(order, 'Placed'), ...problems(400, 401, 409, 413, 422) },
});
const get = createRoute({
  method: 'get',
  path: '/orders/{id}',
  tags,
  security,
  request: { params },
  responses: { 200: json(order, 'The order'), ...problems(401, 404, 422) },
});
const history = createRoute({
  method: 'get',
  path: '/orders/{id}/history',
  tags,
  security,
  request: { params },
  responses: { 200: json(orderHistory, 'Its steps, oldest first'), ...problems(401, 404, 422) },
});
const move = createRoute({
  method: 'patch',
  path: '/orders/{id}/status',
  tags,
  security,
  request: { params, ...body(statusChange) },
  responses: { 200: json(order, 'The order after the step'), ...problems(400, 401, 403, 404, 409, 413, 422) },
});

/** Whose orders the caller may read: null means everybody's. */
const readable = (identity: Identity): string | null => (isStaff(identity.role) ? null : identity.id);

const etag = (version: number): string => `"${version}"`;

/** Placing, reading and moving orders. */
export const orderRoutes = (app: OpenAPIHono<AuthEnv>, plan: { orders: Orders; verify: Verify }): void => {
  const { orders, verify } = plan;
  app.use('/orders', authenticate(verify));
  app.use('/orders/*', authenticate(verify));
  app.use('/orders/:id/status', requireRole('staff', 'admin'));

  app.openapi(list, async (c) => c.json(await orders.list(c.req.valid('query'), readable(c.var.identity)), 200));

  app.openapi(create, async (c) => {
    const placed = await orders.create(c.req.valid('json'), toActor(c.var.identity));
    return c.json(placed, 201, { location: `/api/orders/${placed.id}`, etag: etag(placed.version) });
  });

  app.openapi(get, async (c) => {
    const found = await orders.get(c.req.valid('param').id, readable(c.var.identity));
    return c.json(found, 200, { etag: etag(found.version) });
  });

  app.openapi(history, async (c) => {
    const data = await orders.history(c.req.valid('param').id, readable(c.var.identity));
    // Who in the shop did a step is not a customer's business.
    const shown = isStaff(c.var.identity.role) ? data : data.map((step) => ({ ...step, actor_name: null }));
    return c.json({ data: shown }, 200);
  });

  app.openapi(move, async (c) => {
    const moved = await orders.move(c.req.valid('param').id, c.req.valid('json'), toActor(c.var.identity));
    return c.json(moved, 200, { etag: etag(moved.version) });
  });
};
