import type { Role } from '@live-orders/contracts/domain/users.ts';
import type { Hono, MiddlewareHandler } from 'hono';
import { createMiddleware } from 'hono/factory';
import { type AuthEnv, type Authority, identify, requireRole } from './auth.ts';

/** Who may call a route: anybody, whoever has a valid access token, or of those only the holders of some roles. */
export type Policy = 'public' | 'signed-in' | readonly Role[];

/** What was made here, by which `checkRoutes` knows it; `asking` are those guards that need an authority. */
const guards = new WeakSet<object>();
const asking = new WeakSet<object>();
const authorities = new WeakSet<object>();

/** Tells an app's guards how to find out who calls. Goes before every route that is not public. */
export const withAuthority = (authority: Authority): MiddlewareHandler<AuthEnv> => {
  const middleware = createMiddleware<AuthEnv>(async (c, next) => {
    c.set('authority', authority);
    await next();
  });
  authorities.add(middleware);
  return middleware;
};

/**
 * Makes a guard of a check that no `Policy` expresses: one that calls `next` for those who may call the route, and throws
 * a problem for everybody else. Put it first on the route, like `guard`.
 */
export const asGuard = <M extends MiddlewareHandler<AuthEnv>>(check: M): M => {
  guards.add(check);
  return check;
};

/**
 * Lets pass whom the policy allows, and sets `identity` unless it is public. Throws what `identify` throws, and `forbidden`
 * for another role. The first handler of a route; `route` puts it there.
 */
export const guard = (policy: Policy): MiddlewareHandler<AuthEnv> => {
  const middleware = createMiddleware<AuthEnv>(async (c, next) => {
    if (policy !== 'public') {
      const identity = await identify(c, c.var.authority);
      c.set('identity', identity);
      if (policy !== 'signed-in') requireRole(identity.role, policy);
    }
    await next();
  });
  if (policy !== 'public') asking.add(middleware);
  return asGuard(middleware);
};

/** Whether a route of this path takes every request for another, which is registered after it and so never called. */
const hides = (path: string, other: string): boolean => {
  const [segments, others] = [path.split('/'), other.split('/')];
  return (
    segments.length === others.length &&
    segments.every((segment, index) => segment.startsWith(':') || segment === others[index])
  );
};

/**
 * Refuses an app that has a route without a policy, or one that an earlier route hides (`/orders/stats` after
 * `/orders/{id}`, where Hono would take `stats` for an id), or one that is not public while the app has no authority.
 * `httpServer` calls it, so that no process with such a route listens.
 */
export const checkRoutes = (app: Pick<Hono<AuthEnv>, 'routes'>): void => {
  const has = (kind: WeakSet<object>): boolean => app.routes.some(({ handler }) => kind.has(handler));
  if (has(asking) && !has(authorities)) throw new Error('no authority is set for the app');
  const answering: { method: string; path: string }[] = [];
  for (const [name, handlers] of Map.groupBy(app.routes, ({ method, path }) => `${method} ${path}`)) {
    const [first] = handlers;
    // Middleware takes `next` as its second parameter; a path that has nothing else is no route.
    if (!first || handlers.every(({ handler }) => handler.length > 1)) continue;
    if (!guards.has(first.handler)) throw new Error(`${name} has no policy: nothing says who may call it`);
    const hiding = answering.find(({ method, path }) => method === first.method && hides(path, first.path));
    if (hiding) throw new Error(`${name} is never reached: register it before ${hiding.method} ${hiding.path}`);
    answering.push(first);
  }
};
