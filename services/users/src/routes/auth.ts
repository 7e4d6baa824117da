import { credentials, refreshRequest, registration, session, verification } from '@live-orders/contracts/rest/users.ts';
import type { AuthEnv } from '@live-orders/runtime/http/auth.ts';
import { body, bodyProblems, empty, json, rateLimited } from '@live-orders/runtime/api/openapi.ts';
import { ProblemError } from '@live-orders/runtime/http/problem.ts';
import { route } from '@live-orders/runtime/api/route.ts';
import type { OpenAPIHono } from '@hono/zod-openapi';
import { tellLeft } from '../limits/budget.ts';
import { placeOfCaller } from '../limits/caller.ts';
import type { Limits } from '../limits/limits.ts';
import { toUser } from '../rows.ts';
import type { Hasher } from '../passwords/hashing.ts';
import type { Sessions } from '../sessions.ts';
import type { Users } from '../users.ts';

const tags = ['auth'];

const login = route({
  policy: 'public',
  method: 'post',
  path: '/auth/login',
  operationId: 'login',
  summary: 'Log in',
  tags,
  request: body(credentials),
  responses: { 200: json(session, 'Logged in', ...rateLimited) },
  problems: ['invalid_credentials', 'account_deactivated', ...bodyProblems],
});
const register = route({
  policy: 'public',
  method: 'post',
  path: '/auth/register',
  operationId: 'register',
  summary: 'Register as a customer',
  tags,
  request: body(registration),
  responses: {
    201: json(session, 'Registered as a customer, and logged in', ...rateLimited),
  },
  problems: ['email_taken', ...bodyProblems],
});
const refresh = route({
  policy: 'public',
  method: 'post',
  path: '/auth/refresh',
  operationId: 'refresh',
  summary: 'Renew the tokens',
  tags,
  request: body(refreshRequest),
  responses: { 200: json(session, 'A new access token and the next refresh token', ...rateLimited) },
  problems: [401, ...bodyProblems],
});
const logout = route({
  policy: 'signed-in',
  method: 'post',
  path: '/auth/logout',
  operationId: 'logout',
  summary: 'End the session',
  tags,
  responses: { 204: empty('The session has ended') },
  problems: [413],
});
const verifyToken = route({
  policy: 'signed-in',
  method: 'get',
  path: '/auth/verify',
  operationId: 'verify',
  summary: 'Check the session',
  tags,
  responses: { 200: json(verification, 'The token is good and its session lives') },
  problems: [],
});

/** Login, registration and the life of sessions. */
export const registerAuthRoutes = (
  app: OpenAPIHono<AuthEnv>,
  options: { users: Users; sessions: Sessions; limits: Limits; hasher: Hasher },
): void => {
  const { users, sessions, limits, hasher } = options;
  app.openapi(login, async (c) => {
    const { email, password } = c.req.valid('json');
    const place = placeOfCaller(c);
    const user = await users.byEmail(email);
    // For the security event of a login that is refused; it says nothing of an address that has no account.
    c.set('subject', user?.id ?? null);
    const { fits, headers } = await limits.logins.attempt(email, place, (caller) =>
      hasher.fits(password, user?.password ?? null, caller),
    );
    tellLeft(c, headers);
    if (!user || !fits) throw new ProblemError('invalid_credentials', 'Check both and try again.');
    // Told only to whoever knows the password; a stranger does not learn that there is such an account.
    if (!user.active) throw new ProblemError('account_deactivated', 'Ask an administrator to activate it again.');
    return c.json(await sessions.open(await users.renewHash(user, password, { place, isKnown: true })), 200);
  });

  app.openapi(register, async (c) => {
    const place = placeOfCaller(c);
    const wanted = c.req.valid('json');
    tellLeft(c, (await limits.registrations.take(place)).headers);
    const user = await users.create({ ...wanted, role: 'customer' }, { place, isKnown: false }, 'self');
    await limits.logins.welcome(wanted.email, place);
    return c.json(await sessions.open(user), 201);
  });

  app.openapi(refresh, async (c) => {
    const { refresh_token } = c.req.valid('json');
    const { renewed, headers } = await limits.refreshes.attempt(refresh_token, placeOfCaller(c), () =>
      sessions.refresh(refresh_token),
    );
    tellLeft(c, headers);
    return c.json(renewed, 200);
  });

  app.openapi(logout, async (c) => {
    await sessions.end(c.var.identity.session_id);
    return c.body(null, 204);
  });

  // The guard has just looked the session and its user up.
  app.openapi(verifyToken, (c) => c.json({ valid: true as const, user: toUser(c.var.identity) }, 200));
};
