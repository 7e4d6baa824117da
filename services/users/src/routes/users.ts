import { account, user } from '@live-orders/contracts/domain/users.ts';
import {
  accountChange,
  accountCreation,
  accountPage,
  accountQuery,
  profileChange,
  teamPage,
  teamQuery,
} from '@live-orders/contracts/rest/users.ts';
import { uuid } from '@live-orders/contracts/domain/fields.ts';
import type { Denials } from '@live-orders/runtime/audit/denials.ts';
import type { AuthEnv } from '@live-orders/runtime/http/auth.ts';
import { body, bodyProblems, empty, json, rateLimited } from '@live-orders/runtime/api/openapi.ts';
import { ProblemError } from '@live-orders/runtime/http/problem.ts';
import { route } from '@live-orders/runtime/api/route.ts';
import { type OpenAPIHono, z } from '@hono/zod-openapi';
import type { Context } from 'hono';
import { tellLeft } from '../limits/budget.ts';
import { type Caller, placeOfCaller } from '../limits/caller.ts';
import type { Limits } from '../limits/limits.ts';
import { toAccount, toMember, toUser } from '../rows.ts';
import type { Hasher } from '../passwords/hashing.ts';
import { checkPassword } from '../passwords/policy.ts';
import type { Sessions } from '../sessions.ts';
import type { Users } from '../users.ts';

const tags = ['users'];
const params = z.object({ id: uuid });

const getProfile = route({
  policy: 'signed-in',
  method: 'get',
  path: '/users/profile',
  operationId: 'getProfile',
  summary: 'Who I am',
  tags,
  responses: { 200: json(user, 'The caller') },
  problems: [],
});
const patchProfile = route({
  policy: 'signed-in',
  method: 'patch',
  path: '/users/profile',
  operationId: 'changeProfile',
  summary: 'Change my name or password',
  tags,
  request: body(profileChange),
  responses: { 200: json(user, 'The caller after the change', ...rateLimited) },
  problems: bodyProblems,
});
const list = route({
  policy: ['admin'],
  method: 'get',
  path: '/users',
  operationId: 'listUsers',
  summary: 'List users',
  tags,
  request: { query: accountQuery },
  responses: { 200: json(accountPage, 'Users, newest first') },
  problems: [422],
});
const create = route({
  policy: ['admin'],
  method: 'post',
  path: '/users',
  operationId: 'createUser',
  summary: 'Create a user',
  tags,
  request: body(accountCreation),
  responses: { 201: json(account, 'Created', 'Location') },
  problems: ['email_taken', ...bodyProblems],
});
const get = route({
  policy: ['admin'],
  method: 'get',
  path: '/users/{id}',
  operationId: 'getUser',
  summary: 'Read a user',
  tags,
  request: { params },
  responses: { 200: json(account, 'The user') },
  problems: [404, 422],
});
const patch = route({
  policy: ['admin'],
  method: 'patch',
  path: '/users/{id}',
  operationId: 'changeUser',
  summary: 'Change a user',
  tags,
  request: { params, ...body(accountChange) },
  responses: {
    200: json(account, 'The user after the change'),
  },
  problems: [404, 'last_admin', ...bodyProblems],
});
const deactivate = route({
  policy: ['admin'],
  method: 'delete',
  path: '/users/{id}',
  operationId: 'deactivateUser',
  summary: 'Deactivate a user',
  tags,
  request: { params },
  responses: {
    204: empty('Deactivated; the user stays in the records'),
  },
  problems: [404, 'last_admin', 413, 422],
});

const team = route({
  policy: ['staff', 'admin'],
  method: 'get',
  path: '/team',
  operationId: 'listTeam',
  summary: 'Who can take care of orders',
  tags,
  request: { query: teamQuery },
  responses: { 200: json(teamPage, 'Active staff and administrators, newest first') },
  problems: [422],
});

const signedIn = (c: Context): Caller => ({ place: placeOfCaller(c), isKnown: true });

/** The caller's own profile, for the team its members, and for administrators all users. */
export const registerUserRoutes = (
  app: OpenAPIHono<AuthEnv>,
  options: {
    users: Users;
    sessions: Sessions;
    limits: Limits;
    hasher: Hasher;
    denials: Pick<Denials, 'record'>;
  },
): void => {
  const { users, sessions, limits, hasher, denials } = options;
  // The guard has just looked the session and its user up.
  app.openapi(getProfile, (c) => c.json(toUser(c.var.identity), 200));

  app.openapi(patchProfile, async (c) => {
    const { current_password, ...change } = c.req.valid('json');
    const self = await sessions.user(c.var.identity.session_id);
    tellLeft(c, (await limits.profileChanges.take(self.id)).headers);
    if (change.password !== undefined) {
      // Before the comparison, which costs time: with the right password it could be had again and again for one that is refused.
      checkPassword(change.password, { ...self, name: change.name ?? self.name });
      const { fits, headers } = await limits.ownPassword.guess(self.id, () =>
        hasher.fits(current_password ?? '', self.password, signedIn(c)),
      );
      tellLeft(c, headers);
      if (!fits) {
        denials.record('password.refused', { subject: self.id, details: {} });
        const errors = [{ path: 'current_password', message: 'is wrong' }];
        throw new ProblemError('validation_failed', 'See errors for each field.', { errors });
      }
    }
    await users.change(self.id, change, signedIn(c));
    return c.json(toUser(await users.get(self.id)), 200);
  });

  app.openapi(team, async (c) => {
    const page = await users.team(c.req.valid('query'));
    return c.json({ ...page, data: page.data.map(toMember) }, 200);
  });
  app.openapi(list, async (c) => c.json(await users.list(c.req.valid('query')), 200));
  app.openapi(create, async (c) => {
    const created = toAccount(await users.create(c.req.valid('json'), signedIn(c), 'admin'));
    return c.json(created, 201, { location: `/api/users/${created.id}` });
  });
  app.openapi(get, async (c) => c.json(toAccount(await users.get(c.req.valid('param').id)), 200));
  app.openapi(patch, async (c) =>
    c.json(await users.change(c.req.valid('param').id, c.req.valid('json'), signedIn(c)), 200),
  );
  app.openapi(deactivate, async (c) => {
    await users.change(c.req.valid('param').id, { active: false }, signedIn(c));
    return c.body(null, 204);
  });
};
