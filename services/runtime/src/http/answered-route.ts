import type { Context } from 'hono';
import { matchedRoutes } from 'hono/route';

/** Middleware for all paths, and what takes the paths that nothing else does. */
const allPaths = '/*';

/**
 * The route that answered a request, such as `/orders/api/*`. Several may match a path, and the last of them need not be the
 * one. Where middleware for all paths refused the request, it is the first route that would have been asked.
 */
export const answeredRoute = (c: Context): string =>
  matchedRoutes(c)
    .slice(c.req.routeIndex)
    .find(({ path }) => path !== allPaths)?.path ?? allPaths;
