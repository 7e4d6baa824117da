import { authenticate, type AuthEnv, type Verify } from '@live-orders/runtime/http/auth.ts';
import { ProblemError } from '@live-orders/runtime/http/problem.ts';
import { createMiddleware } from 'hono/factory';
import type { Revocations } from '../fanout/revocations.ts';

/** What may be called without a token: getting one, and the health and the documents of the services. */
const open = new Set([
  'POST /users/api/auth/login',
  'POST /users/api/auth/register',
  'POST /users/api/auth/refresh',
  'GET /users/api',
  'GET /users/api/',
  'GET /users/api/openapi.json',
  'GET /orders/api',
  'GET /orders/api/',
  'GET /orders/api/openapi.json',
]);

/** A verified token whose session has not ended. */
export const verifyLive =
  (verify: Verify, revocations: Revocations): Verify =>
  async (token) => {
    const identity = await verify(token);
    if (revocations.covers(identity)) {
      throw new ProblemError(
        'unauthenticated',
        'The session has ended; log in again.',
        {},
        { 'www-authenticate': 'Bearer' },
      );
    }
    return identity;
  };

/** Turns away requests without a valid token before they cost a service anything; the services check again. */
export const edgeAuth = (verify: Verify) => {
  const check = authenticate(verify);
  return createMiddleware<AuthEnv>((c, next) => (open.has(`${c.req.method} ${c.req.path}`) ? next() : check(c, next)));
};
