import {
  bulkResults,
  bulkStatusChange,
  moveUndo,
  orderChange,
  orderCreation,
  orderHistory,
  orderPage,
  orderQuery,
  statusChange,
} from '@live-orders/contracts/rest/orders.ts';
import { customerOrder, order, type Order } from '@live-orders/contracts/domain/orders.ts';
import { uuid } from '@live-orders/contracts/domain/fields.ts';
import { isStaff } from '@live-orders/contracts/domain/users.ts';
import { type AuthEnv, bearerToken, type Identity, toActor } from '@live-orders/runtime/http/auth.ts';
import { body, bodyProblems, empty, json } from '@live-orders/runtime/api/openapi.ts';
import { etag, ifMatch, isUnchanged } from '@live-orders/runtime/http/preconditions.ts';
import { route } from '@live-orders/runtime/api/route.ts';
import { type OpenAPIHono, z } from '@hono/zod-openapi';
import { idempotencyHeader, idempotencyProblems, keyOf, replayHeader } from '../database/idempotency.ts';
import type { Owner } from '../orders/filter.ts';
import type { Orders } from '../orders/orders.ts';
import type { Team } from '../orders/team.ts';

const tags = ['orders'];
const params = z.object({ id: uuid });
const conditional = z.object({
  'if-match': z.string().optional().meta({ description: 'Change only this version, as its ETag says', example: '"3"' }),
});
/** Of two who take a move back at once, the second would otherwise take the move before that back. */
const versioned = z.object({
  'if-match': z.string('is needed').meta({ description: 'The version whose last move is taken back', example: '"3"' }),
});
const revalidating = z.object({
  'if-none-match': z.string().optional().meta({ description: 'Answer 304 while it has this ETag', example: '"3"' }),
});

const list = route({
  policy: 'signed-in',
  method: 'get',
  path: '/orders',
  operationId: 'listOrders',
  summary: 'List orders',
  tags,
  request: { query: orderQuery },
  responses: { 200: json(orderPage, 'Orders; a customer sees own ones') },
  problems: [422],
});
const create = route({
  policy: 'signed-in',
  method: 'post',
  path: '/orders',
  operationId: 'placeOrder',
  summary: 'Place an order',
  tags,
  request: { headers: idempotencyHeader, ...body(orderCreation) },
  responses: {
    201: json(order, 'Placed', 'Location', 'ETag', 'Idempotent-Replayed'),
  },
  problems: [
    ...([...bodyProblems, 'insufficient_stock', 'price_changed', 'unknown_product', 'too_many_requests'] as const),
    ...idempotencyProblems,
  ],
});
const bulk = route({
  policy: ['staff', 'admin'],
  method: 'post',
  path: '/orders/bulk-status',
  operationId: 'moveOrders',
  summary: 'Move up to 200 orders',
  tags,
  request: { headers: idempotencyHeader, ...body(bulkStatusChange) },
  responses: {
    200: json(bulkResults, 'What became of each', 'Idempotent-Replayed'),
  },
  problems: [...bodyProblems, ...idempotencyProblems],
});
const get = route({
  policy: 'signed-in',
  method: 'get',
  path: '/orders/{id}',
  operationId: 'getOrder',
  summary: 'Read an order',
  tags,
  request: { params, headers: revalidating },
  responses: {
    200: json(order, 'The order', 'ETag'),
    304: empty('Still the version that If-None-Match names', 'ETag'),
  },
  problems: [404, 422],
});
const history = route({
  policy: 'signed-in',
  method: 'get',
  path: '/orders/{id}/history',
  operationId: 'getOrderHistory',
  summary: 'The steps of an order',
  tags,
  request: { params },
  responses: { 200: json(orderHistory, 'Its steps, oldest first') },
  problems: [404, 422],
});
const patch = route({
  policy: ['staff', 'admin'],
  method: 'patch',
  path: '/orders/{id}',
  operationId: 'changeOrder',
  summary: 'Assign an order, or note something on it',
  tags,
  request: { params, headers: conditional, ...body(orderChange) },
  responses: {
    200: json(order, 'The order after the change', 'ETag'),
  },
  problems: [404, 412, ...bodyProblems],
});
const move = route({
  policy: 'signed-in',
  method: 'patch',
  path: '/orders/{id}/status',
  operationId: 'moveOrder',
  summary: 'Move an order to another status',
  tags,
  request: { params, headers: conditional, ...body(statusChange) },
  responses: {
    200: json(order, 'The order after the step', 'ETag'),
  },
  problems: [403, 404, 412, ...bodyProblems, 'invalid_transition'],
});

const undo = route({
  policy: ['staff', 'admin'],
  method: 'post',
  path: '/orders/{id}/undo',
  operationId: 'undoMove',
  summary: 'Take the last move of an order back',
  tags,
  request: { params, headers: versioned.extend(idempotencyHeader.shape), ...body(moveUndo) },
  responses: {
    200: json(order, 'The order after that', 'ETag', 'Idempotent-Replayed'),
  },
  problems: [
    ...([404, 412, ...bodyProblems, 'nothing_to_undo', 'undo_expired', 'insufficient_stock'] as const),
    ...idempotencyProblems,
  ],
});

/** Whose orders the caller may reach. */
const ownerOf = (identity: Identity): Owner => (isStaff(identity.role) ? null : identity.id);

/** What the caller may see of an order. */
const shown = (identity: Identity, found: Order): Order => (isStaff(identity.role) ? found : customerOrder(found));

/** Placing, reading and changing orders. */
export const registerOrderRoutes = (
  app: OpenAPIHono<AuthEnv>,
  { orders, team }: { orders: Orders; team: Team },
): void => {
  registerOrderChanges(app, orders, team);

  app.openapi(list, async (c) => {
    const { identity } = c.var;
    const page = await orders.list(c.req.valid('query'), ownerOf(identity));
    return c.json({ ...page, data: page.data.map((one) => shown(identity, one)) }, 200);
  });
  app.openapi(get, async (c) => {
    const found = await orders.get(c.req.valid('param').id, ownerOf(c.var.identity));
    if (isUnchanged(c, found.version)) return c.body(null, 304, { etag: etag(found.version) });
    return c.json(shown(c.var.identity, found), 200, { etag: etag(found.version) });
  });
  app.openapi(history, async (c) => {
    const data = await orders.history(c.req.valid('param').id, ownerOf(c.var.identity));
    // Who in the shop did a step is not a customer's business.
    const told = isStaff(c.var.identity.role) ? data : data.map((step) => ({ ...step, actor_name: null }));
    return c.json({ data: told }, 200);
  });
};

const registerOrderChanges = (app: OpenAPIHono<AuthEnv>, orders: Orders, team: Team): void => {
  app.openapi(create, async (c) => {
    const { identity } = c.var;
    const sent = c.req.valid('json');
    const key = keyOf(identity.id, c.req.valid('header')['idempotency-key'], create.path, sent);
    const answer = await orders.create(sent, toActor(identity), { key });
    const { body: placed } = answer;
    const headers = { location: `/api/orders/${placed.id}`, etag: etag(placed.version), ...replayHeader(answer) };
    return c.json(shown(identity, placed), 201, headers);
  });
  app.openapi(bulk, async (c) => {
    const { identity } = c.var;
    const sent = c.req.valid('json');
    const key = keyOf(identity.id, c.req.valid('header')['idempotency-key'], bulk.path, sent);
    const answer = await orders.moveMany(sent, toActor(identity), { key });
    return c.json(answer.body, 200, replayHeader(answer));
  });
  app.openapi(patch, async (c) => {
    const { identity } = c.var;
    const precondition = ifMatch(c, (current: Order) => shown(identity, current));
    const { id } = c.req.valid('param');
    const { assignee: named, internal_note } = c.req.valid('json');
    const assignee = named && (await team.assignee(named.id, identity, bearerToken(c) ?? ''));
    const changed = await orders.change(id, { assignee, internal_note }, toActor(identity), { precondition });
    return c.json(changed, 200, { etag: etag(changed.version) });
  });
  app.openapi(move, async (c) => {
    const { identity } = c.var;
    const { id } = c.req.valid('param');
    const precondition = ifMatch(c, (current: Order) => shown(identity, current));
    const owner = ownerOf(identity);
    const moved = await orders.move(id, c.req.valid('json'), toActor(identity), { owner, precondition });
    return c.json(shown(identity, moved), 200, { etag: etag(moved.version) });
  });
  app.openapi(undo, async (c) => {
    const { identity } = c.var;
    const { id } = c.req.valid('param');
    const sent = c.req.valid('json');
    const precondition = ifMatch(c, (current: Order) => current);
    const key = keyOf(identity.id, c.req.valid('header')['idempotency-key'], `/orders/${id}/undo`, sent);
    const answer = await orders.undo(id, sent, toActor(identity), { precondition, key });
    return c.json(answer.body, 200, { etag: etag(answer.body.version), ...replayHeader(answer) });
  });
};
