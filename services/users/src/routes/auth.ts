import { credentials, refreshRequest, registration, session, verification } from '@live-orders/contracts/rest/users.ts';
import type { AuthEnv } from '@live-orders/runtime/http/auth.ts';
import { body, bodyProblems, empty, json } from '@live-orders/runtime/api/openapi.ts';
import { placeOf } from '@live-orders/runtime/http/place.ts';
import { ProblemError } from '@live-orders/runtime/http/problem.ts';
import { route } from '@live-orders/runtime/api/route.ts';
import type { OpenAPIHono } from '@hono/zod-openapi';
import type { Context } from 'hono';
import type { LoginGuard } from '../limits/login-guard.ts';
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
  responses: { 200: json(session, 'Logged in') },
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
    201: json(session, 'Registered as a customer, and logged in'),
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
  responses: { 200: json(session, 'A new access token and the next refresh token') },
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

/** Where a request came from, as the gateway says; it removes what a client claims. */
const origin = (c: Context): string => placeOf(c.req.header('x-forwarded-for') ?? 'direct');

/** Login, registration and the life of sessions. */
export const registerAuthRoutes = (
  app: OpenAPIHono<AuthEnv>,
  options: { users: Users; sessions: Sessions; guard: LoginGuard; hasher: Hasher },
): void => {
  const { users, sessions, guard, hasher } = options;
  app.openapi(login, async (c) => {
    const { email, password } = c.req.valid('json');
    const place = origin(c);
    await guard.check(email, place);
    const user = await users.byEmail(email);
    const fits = await hasher.fits(password, user?.password ?? null, place);
    if (!user || !fits) {
      await guard.failed(email, place);
      throw new ProblemError('invalid_credentials', 'Check both and try again.');
    }
    // Asked again: of many guesses sent at once only the first ten may learn whether they were right.
    await guard.check(email, place);
    await guard.succeeded(email, place);
    // Told only to whoever knows the password; a stranger does not learn that there is such an account.
    if (!user.active) throw new ProblemError('account_deactivated', 'Ask an administrator to activate it again.');
    return c.json(await sessions.open(await users.renewHash(user, password, place)), 200);
  });

  app.openapi(register, async (c) => {
    const place = origin(c);
    await guard.registering(place);
    const user = await users.create({ ...c.req.valid('json'), role: 'customer' }, place);
    await guard.succeeded(user.email, place);
    return c.json(await sessions.open(user), 201);
  });

  app.openapi(refresh, async (c) => {
    const place = origin(c);
    await guard.checkRefresh(place);
    try {
      return c.json(await sessions.refresh(c.req.valid('json').refresh_token), 200);
    } catch (error) {
      if (error instanceof ProblemError && error.code === 'unauthenticated') await guard.failedRefresh(place);
      throw error;
    }
  });

  app.openapi(logout, async (c) => {
    await sessions.end(c.var.identity.session_id);
    return c.body(null, 204);
  });

  // The guard has just looked the session and its user up.
  app.openapi(verifyToken, (c) => c.json({ valid: true as const, user: toUser(c.var.identity) }, 200));
};
