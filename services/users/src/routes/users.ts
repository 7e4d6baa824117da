import {
  account,
  accountChange,
  accountCreation,
  accountPage,
  accountQuery,
  profileChange,
  user,
} from '@live-orders/contracts/users.ts';
import { uuid } from '@live-orders/contracts/lists.ts';
import { authenticate, type AuthEnv, requireRole, type Verify } from '@live-orders/runtime/auth.ts';
import { body, json, problems } from '@live-orders/runtime/documents.ts';
import { ProblemError } from '@live-orders/runtime/problem.ts';
import { createRoute, type OpenAPIHono, z } from '@hono/zod-openapi';
import { toAccount, toUser } from '../models.ts';
import { passwordFits } from '../passwords.ts';
import type { Sessions } from '../sessions.ts';
import type { Users } from '../users.ts';

const tags = ['users'];
const security = [{ bearer: [] }];
const params = z.object({ id: uuid });

const getProfile = createRoute({
  method: 'get',
  path: '/users/profile',
  tags,
  security,
  responses: { 200: json(user, 'The caller'), ...problems(401) },
});
const patchProfile = createRoute({
  method: 'patch',
  path: '/users/profile',
  tags,
  security,
  request: body(profileChange),
  responses: { 200: json(user, 'The caller after the change'), ...problems(400, 401, 413, 422) },
});
const list = createRoute({
  method: 'get',
  path: '/users',
  tags,
  security,
  request: { query: accountQuery },
  responses: { 200: json(accountPage, 'Users, newest first'), ...problems(401, 403, 422) },
});
const create = createRoute({
  method: 'post',
  path: '/users',
  tags,
  security,
  request: body(accountCreation),
  responses: { 201: json(account, 'Created'), ...problems(400, 401, 403, 409, 413, 422) },
});
const get = createRoute({
  method: 'get',
  path: '/users/{id}',
  tags,
  security,
  request: { params },
  responses: { 200: json(account, 'The user'), ...problems(401, 403, 404, 422) },
});
const patch = createRoute({
  method: 'patch',
  path: '/users/{id}',
  tags,
  security,
  request: { params, ...body(accountChange) },
  responses: { 200: json(account, 'The user after the change'), ...problems(400, 401, 403, 404, 409, 413, 422) },
});
const deactivate = createRoute({
  method: 'delete',
  path: '/users/{id}',
  tags,
  security,
  request: { params },
  responses: {
    204: { description: 'Deactivated; the user stays in the records' },
    ...problems(401, 403, 404, 409, 422),
  },
});

/** The caller's own profile, and for administrators all users. */
export const userRoutes = (
  app: OpenAPIHono<AuthEnv>,
  plan: { users: Users; sessions: Sessions; verify: Verify; bcryptCost: number },
): void => {
  const { users, sessions, verify, bcryptCost } = plan;
  app.use('/users', authenticate(verify), requireRole('admin'));
  app.use('/users/*', authenticate(verify));

  app.openapi(getProfile, async (c) => c.json(toUser(await sessions.user(c.var.identity.session_id)), 200));

  app.openapi(patchProfile, async (c) => {
    const { current_password, ...change } = c.req.valid('json');
    const self = await sessions.user(c.var.identity.session_id);
    if (change.password !== undefined && !(await passwordFits(current_password ?? '', self.password, bcryptCost))) {
      const errors = [{ path: 'current_password', message: 'is wrong' }];
      throw new ProblemError('validation_failed', 'See errors for each field.', { errors });
    }
    await users.change(self.id, change);
    return c.json(toUser(await users.get(self.id)), 200);
  });

  // Registered after the profile, which is everybody's own.
  app.use('/users/:id', requireRole('admin'));
  app.openapi(list, async (c) => c.json(await users.list(c.req.valid('query')), 200));
  app.openapi(create, async (c) => {
    const created = toAccount(await users.create(c.req.valid('json')));
    return c.json(created, 201, { location: `/api/users/${created.id}` });
  });
  app.openapi(get, async (c) => c.json(toAccount(await users.get(c.req.valid('param').id)), 200));
  app.openapi(patch, async (c) => c.json(await users.change(c.req.valid('param').id, c.req.valid('json')), 200));
  app.openapi(deactivate, async (c) => {
    await users.change(c.req.valid('param').id, { active: false });
    return c.body(null, 204);
  });
};
