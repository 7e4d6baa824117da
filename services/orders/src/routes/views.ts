import { uuid } from '@live-orders/contracts/domain/fields.ts';
import { savedView, savedViewChange, savedViewCreation, savedViewPage } from '@live-orders/contracts/rest/views.ts';
import type { AuthEnv } from '@live-orders/runtime/http/auth.ts';
import { body, bodyProblems, empty, json } from '@live-orders/runtime/api/openapi.ts';
import { route } from '@live-orders/runtime/api/route.ts';
import { type OpenAPIHono, z } from '@hono/zod-openapi';
import type { Views } from '../views/views.ts';

const policy = ['staff', 'admin'] as const;
const tags = ['views'];
const params = z.object({ id: uuid });

const list = route({
  policy,
  method: 'get',
  path: '/views',
  operationId: 'listViews',
  summary: 'List the views that you keep',
  tags,
  responses: { 200: json(savedViewPage, 'All of them, by name: `next_cursor` is always null') },
  problems: [],
});
const create = route({
  policy,
  method: 'post',
  path: '/views',
  operationId: 'saveView',
  summary: 'Keep a view of the board',
  tags,
  request: body(savedViewCreation),
  responses: { 201: json(savedView, 'Kept') },
  problems: [...bodyProblems, 'view_name_taken', 'too_many_views'],
});
const patch = route({
  policy,
  method: 'patch',
  path: '/views/{id}',
  operationId: 'changeView',
  summary: 'Rename a view that you keep, or replace what it shows',
  tags,
  request: { params, ...body(savedViewChange) },
  responses: { 200: json(savedView, 'The view after the change') },
  problems: [404, ...bodyProblems, 'view_name_taken'],
});
const remove = route({
  policy,
  method: 'delete',
  path: '/views/{id}',
  operationId: 'deleteView',
  summary: 'Keep a view no longer',
  tags,
  request: { params },
  responses: { 204: empty('Gone') },
  problems: [404, 413, 422],
});

/** The team's views of the board: each member has the own ones, on every device. */
export const registerViewRoutes = (app: OpenAPIHono<AuthEnv>, { views }: { views: Views }): void => {
  app.openapi(list, async (c) => c.json({ data: await views.list(c.var.identity.id), next_cursor: null }, 200));
  app.openapi(create, async (c) => c.json(await views.create(c.var.identity.id, c.req.valid('json')), 201));
  app.openapi(patch, async (c) =>
    c.json(await views.change(c.var.identity.id, c.req.valid('param').id, c.req.valid('json')), 200),
  );
  app.openapi(remove, async (c) => {
    await views.remove(c.var.identity.id, c.req.valid('param').id);
    return c.body(null, 204);
  });
};
