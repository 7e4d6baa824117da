import { account, user } from '@live-orders/contracts/domain/users.ts';
import {
  accountChange,
  accountCreation,
  accountPage,
  accountQuery,
  profileChange,
} from '@live-orders/contracts/rest/users.ts';
import { uuid } from '@live-orders/contracts/domain/fields.ts';
import { authenticate, type AuthEnv, requireRole, type Verify } from '@live-orders/runtime/http/auth.ts';
import { bearer, body, bodyProblems, empty, json, problems } from '@live-orders/runtime/http/openapi.ts';
import { ProblemError } from '@live-orders/runtime/http/problem.ts';
import { createRoute, type OpenAPIHono, z } from '@hono/zod-openapi';
import { createMiddleware } from 'hono/factory';
import type { LoginGuard } from '../login-guard.ts';
import { toAccount, toUser } from '../rows.ts';
import { passwordFits } from '../passwords.ts';
import type { Sessions } from '../sessions.ts';
import type { Users } from '../users.ts';

const tags = ['users'];
const params = z.object({ id: uuid });

const getProfile = createRoute({
  method: 'get',
  path: '/users/profile',
  operationId: 'getProfile',
  summary: 'Who I am',
  tags,
  security: bearer,
  responses: { 200: json(user, 'The caller'), ...problems(401) },
});
const patchProfile = createRoute({
  method: 'patch',
  path: '/users/profile',
  operationId: 'changeProfile',
  summary: 'Change my name or password',
  tags,
  security: bearer,
  request: body(profileChange),
  responses: { 200: json(user, 'The caller after the change'), ...problems(401, ...bodyProblems, 429) },
});
const list = createRoute({
  method: 'get',
  path: '/users',
  operationId: 'listUsers',
  summary: 'List users',
  tags,
  security: bearer,
  request: { query: accountQuery },
  responses: { 200: json(accountPage, 'Users, newest first'), ...problems(401, 403, 422) },
});
const create = createRoute({
  method: 'post',
  path: '/users',
  operationId: 'createUser',
  summary: 'Create a user',
  tags,
  security: bearer,
  request: body(accountCreation),
  responses: { 201: json(account, 'Created', 'Location'), ...problems(401, 403, 'email_taken', ...bodyProblems) },
});
const get = createRoute({
  method: 'get',
  path: '/users/{id}',
  operationId: 'getUser',
  summary: 'Read a user',
  tags,
  security: bearer,
  request: { params },
  responses: { 200: json(account, 'The user'), ...problems(401, 403, 404, 422) },
});
const patch = createRoute({
  method: 'patch',
  path: '/users/{id}',
  operationId: 'changeUser',
  summary: 'Change a user',
  tags,
  security: bearer,
  request: { params, ...body(accountChange) },
  responses: {
    200: json(account, 'The user after the change'),
    ...problems(401, 403, 404, 'last_admin', ...bodyProblems),
  },
});
const deactivate = createRoute({
  method: 'delete',
  path: '/users/{id}',
  operationId: 'deactivateUser',
  summary: 'Deactivate a user',
  tags,
  security: bearer,
  request: { params },
  responses: {
    204: empty('Deactivated; the user stays in the records'),
    ...problems(401, 403, 404, 'last_admin', 413, 422),
  },
});

/**
 * The role as it is now, and only while the session lives: this service owns both, and an administrator who was just
 * deactivated must not undo it with a token that still has minutes to live.
 */
const presentRole = (sessions: Sessions) =>
  createMiddleware<AuthEnv>(async (c, next) => {
    const { role } = await sessions.user(c.var.identity.session_id);
    c.set('identity', { ...c.var.identity, role });
    await next();
  });

/** The caller's own profile, and for administrators all users. */
export const userRoutes = (
  app: OpenAPIHono<AuthEnv>,
  plan: { users: Users; sessions: Sessions; guard: LoginGuard; verify: Verify; bcryptCost: number },
): void => {
  const { users, sessions, guard, verify, bcryptCost } = plan;
  app.use('/users', authenticate(verify), presentRole(sessions), requireRole('admin'));
  app.use('/users/*', authenticate(verify));

  app.openapi(getProfile, async (c) => c.json(toUser(await sessions.user(c.var.identity.session_id)), 200));

  app.openapi(patchProfile, async (c) => {
    const { current_password, ...change } = c.req.valid('json');
    const self = await sessions.user(c.var.identity.session_id);
    if (change.password !== undefined) await guard.check(self.id, 'profile');
    if (change.password !== undefined && !(await passwordFits(current_password ?? '', self.password, bcryptCost))) {
      await guard.failed(self.id, 'profile');
      const errors = [{ path: 'current_password', message: 'is wrong' }];
      throw new ProblemError('validation_failed', 'See errors for each field.', { errors });
    }
    await users.change(self.id, change);
    return c.json(toUser(await users.get(self.id)), 200);
  });

  // Registered after the profile, which is everybody's own.
  app.use('/users/:id', presentRole(sessions), requireRole('admin'));
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
