import { type AuthEnv, identify } from '@live-orders/runtime/http/auth.ts';
import { asGuard } from '@live-orders/runtime/http/policy.ts';
import { createMiddleware } from 'hono/factory';

/** What may be called without a token: getting one, and the health and the documents of the services. */
const publicCalls = new Set([
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

/**
 * The guard of calls that are passed on. Turns away those without a valid token before they cost a service anything. The
 * services check the token again, the role, and whether the session lives: asking that here too would cost it twice.
 */
export const signedInUnlessPublic = asGuard(
  createMiddleware<AuthEnv>(async (c, next) => {
    // A service answers HEAD as GET, only without the body.
    const method = c.req.method === 'HEAD' ? 'GET' : c.req.method;
    if (!publicCalls.has(`${method} ${c.req.path}`)) {
      const { verify } = c.var.authority;
      c.set('identity', await identify(c, { verify }));
    }
    await next();
  }),
);
