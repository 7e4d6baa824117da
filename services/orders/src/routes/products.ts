import { product, type Product } from '@live-orders/contracts/domain/products.ts';
import {
  productChange,
  productCreation,
  productPage,
  productQuery,
  stockAdjustment,
  stockMovementPage,
} from '@live-orders/contracts/rest/products.ts';
import { uuid } from '@live-orders/contracts/domain/fields.ts';
import { type AuthEnv, toActor } from '@live-orders/runtime/http/auth.ts';
import { body, bodyProblems, empty, json } from '@live-orders/runtime/api/openapi.ts';
import { etag, ifMatch, isUnchanged } from '@live-orders/runtime/http/preconditions.ts';
import { route } from '@live-orders/runtime/api/route.ts';
import { type OpenAPIHono, z } from '@hono/zod-openapi';
import { idempotencyHeader, idempotencyProblems, keyOf, replayHeader } from '../database/idempotency.ts';
import type { Products } from '../products/products.ts';

const tags = ['products'];
const params = z.object({ id: uuid });
const conditional = z.object({
  'if-match': z.string().optional().meta({ description: 'Change only this version, as its ETag says', example: '"3"' }),
});
const revalidating = z.object({
  'if-none-match': z.string().optional().meta({ description: 'Answer 304 while it has this ETag', example: '"3"' }),
});
const movementQuery = z.strictObject({
  limit: z.coerce.number().int().min(1).max(200).default(50),
  cursor: z.coerce.number().int().positive().optional(),
});

const list = route({
  policy: 'signed-in',
  method: 'get',
  path: '/products',
  operationId: 'listProducts',
  summary: 'List products',
  tags,
  request: { query: productQuery },
  responses: { 200: json(productPage, 'Products') },
  problems: [422],
});
const create = route({
  policy: ['admin'],
  method: 'post',
  path: '/products',
  operationId: 'createProduct',
  summary: 'Create a product',
  tags,
  request: { headers: idempotencyHeader, ...body(productCreation) },
  responses: {
    201: json(product, 'Created', 'Location', 'ETag', 'Idempotent-Replayed'),
  },
  problems: [...bodyProblems, ...idempotencyProblems],
});
const get = route({
  policy: 'signed-in',
  method: 'get',
  path: '/products/{id}',
  operationId: 'getProduct',
  summary: 'Read a product',
  tags,
  request: { params, headers: revalidating },
  responses: {
    200: json(product, 'The product', 'ETag'),
    304: empty('Still the version that If-None-Match names', 'ETag'),
  },
  problems: [404, 422],
});
const patch = route({
  policy: ['admin'],
  method: 'patch',
  path: '/products/{id}',
  operationId: 'changeProduct',
  summary: 'Change a product',
  tags,
  request: { params, headers: conditional, ...body(productChange) },
  responses: {
    200: json(product, 'The product after the change', 'ETag'),
  },
  problems: [404, 412, ...bodyProblems],
});
const archive = route({
  policy: ['admin'],
  method: 'delete',
  path: '/products/{id}',
  operationId: 'archiveProduct',
  summary: 'Take a product out of sale',
  tags,
  request: { params, headers: conditional },
  responses: { 200: json(product, 'Archived: no longer sold', 'ETag') },
  problems: [404, 412, 413, 422],
});
const adjust = route({
  policy: ['admin'],
  method: 'post',
  path: '/products/{id}/stock',
  operationId: 'adjustStock',
  summary: 'Adjust the stock of a product',
  tags,
  request: { params, headers: conditional.extend(idempotencyHeader.shape), ...body(stockAdjustment) },
  responses: {
    200: json(product, 'The product after the adjustment', 'ETag', 'Idempotent-Replayed'),
  },
  problems: [404, 412, ...bodyProblems, 'insufficient_stock', ...idempotencyProblems],
});
const movements = route({
  policy: ['staff', 'admin'],
  method: 'get',
  path: '/products/{id}/stock-movements',
  operationId: 'listStockMovements',
  summary: 'What changed the stock of a product',
  tags,
  request: { params, query: movementQuery },
  responses: { 200: json(stockMovementPage, 'Movements, newest first') },
  problems: [404, 422],
});

/** Nothing of a product is secret. */
const whole = (current: Product): Product => current;

/** The shop's products: everybody reads them, administrators change them. */
export const registerProductRoutes = (app: OpenAPIHono<AuthEnv>, { products }: { products: Products }): void => {
  app.openapi(list, async (c) => c.json(await products.list(c.req.valid('query')), 200));
  app.openapi(create, async (c) => {
    const { identity } = c.var;
    const sent = c.req.valid('json');
    const key = keyOf(identity.id, c.req.valid('header')['idempotency-key'], create.path, sent);
    const answer = await products.create(sent, toActor(identity), { key });
    const { id, version } = answer.body;
    const headers = { location: `/api/products/${id}`, etag: etag(version), ...replayHeader(answer) };
    return c.json(answer.body, 201, headers);
  });
  app.openapi(get, async (c) => {
    const found = await products.get(c.req.valid('param').id);
    if (isUnchanged(c, found.version)) return c.body(null, 304, { etag: etag(found.version) });
    return c.json(found, 200, { etag: etag(found.version) });
  });
  app.openapi(patch, async (c) => {
    const { id } = c.req.valid('param');
    const precondition = ifMatch(c, whole);
    const changed = await products.change(id, c.req.valid('json'), toActor(c.var.identity), { precondition });
    return c.json(changed, 200, { etag: etag(changed.version) });
  });
  app.openapi(archive, async (c) => {
    const { id } = c.req.valid('param');
    const precondition = ifMatch(c, whole);
    const archived = await products.change(id, { archived: true }, toActor(c.var.identity), { precondition });
    return c.json(archived, 200, { etag: etag(archived.version) });
  });
  app.openapi(adjust, async (c) => {
    const { id } = c.req.valid('param');
    const { identity } = c.var;
    const sent = c.req.valid('json');
    const key = keyOf(identity.id, c.req.valid('header')['idempotency-key'], `${adjust.path} ${id}`, sent);
    const answer = await products.adjust(id, sent, toActor(identity), { precondition: ifMatch(c, whole), key });
    return c.json(answer.body, 200, { etag: etag(answer.body.version), ...replayHeader(answer) });
  });
  app.openapi(movements, async (c) => {
    const { limit, cursor } = c.req.valid('query');
    return c.json(await products.movements(c.req.valid('param').id, limit, cursor ?? null), 200);
  });
};
