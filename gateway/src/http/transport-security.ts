import type { Context, MiddlewareHandler } from 'hono';
import { getConnInfo } from '@hono/node-server/conninfo';
import type { Callers } from './callers.ts';

/** A year, for the host and all below it: what ASVS 5.0 asks for at level 2 (3.4.1). */
const policy = 'max-age=31536000; includeSubDomains';

/** Whether the caller came by https: to the gateway itself, or to the trusted proxy before it. */
export const cameByHttps = (c: Context, callers: Callers): boolean => {
  if (c.req.url.startsWith('https:')) return true;
  const outermost = c.req.header('x-forwarded-proto')?.split(',')[0]?.trim();
  return outermost === 'https' && callers.isProxy(getConnInfo(c).remote.address ?? '');
};

/**
 * Tells a browser that came by https to come by nothing else from now on. Over http the header must not be sent (RFC 6797,
 * 7.2): nobody knows there who wrote it.
 */
export const strictTransport =
  (callers: Callers): MiddlewareHandler =>
  async (c, next) => {
    await next();
    if (cameByHttps(c, callers)) c.res.headers.set('strict-transport-security', policy);
  };
