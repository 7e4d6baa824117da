import { product, productPage, productQuery, stockAdjustment } from '@live-orders/contracts/products.ts';
import { uuid } from '@live-orders/contracts/lists.ts';
import { authenticate, type AuthEnv, requireRole, toActor, type Verify } from '@live-orders/runtime/auth.ts';
import { body, json, problems } from '@live-orders/runtime/documents.ts';
import { createRoute, type OpenAPIHono, z } from '@hono/zod-openapi';
import type { Products } from '../products.ts';

const tags = ['products'];
const security = [{ bearer: [] }];

const list = createRoute({
  method: 'get',
  path: '/products',
  tags,
  security,
  request: { query: productQuery },
  responses: { 200: json(productPage, 'Products, newest first'), ...problems(401, 422) },
});
const adjust = createRoute({
  method: 'post',
  path: '/products/{id}/stock',
  tags,
  security,
  request: { params: z.object({ id: uuid }), ...body(stockAdjustment) },
  responses: {
    200: json(product, 'The product after the adjustment'),
    ...problems(400, 401, 403, 404, 409, 413, 422),
  },
});

/** The shop's products; administrators adjust their stock. */
export const productRoutes = (app: OpenAPIHono<AuthEnv>, plan: { products: Products; verify: Verify }): void => {
  const { products, verify } = plan;
  app.use('/products', authenticate(verify));
  app.use('/products/:id/stock', authenticate(verify), requireRole('admin'));
  app.openapi(list, async (c) => c.json(await products.list(c.req.valid('query')), 200));
  app.openapi(adjust, async (c) => {
    const { change } = c.req.valid('json');
    return c.json(await products.adjust(c.req.valid('param').id, change, toActor(c.var.identity)), 200);
  });
};
