import { changeHeaders } from '@live-orders/contracts/change-headers.ts';
import type { MiddlewareHandler } from 'hono';
import { cors } from 'hono/cors';
import type { Origins } from './origins.ts';

const allowMethods = ['GET', 'POST', 'PATCH', 'PUT', 'DELETE'];
const allowHeaders = [
  'authorization',
  'content-type',
  ...changeHeaders,
  'if-none-match',
  'last-event-id',
  'x-request-id',
];
/** What a page may read of an answer; by the last two it learns how much of its rate is left. */
const exposeHeaders = [
  ...['etag', 'location', 'retry-after', 'x-request-id', 'idempotent-replayed'],
  ...['ratelimit', 'ratelimit-policy'],
];
const exposed = exposeHeaders.join(',');

/**
 * Lets pages of these origins call the API. Hono's own middleware answers what browsers ask before a call; the headers of an
 * answer are set here, because it makes two copies of each answer for them and reads its body through streams.
 */
export const crossOrigin = (origins: Origins): MiddlewareHandler => {
  const preflight = cors({
    origin: (origin, c) => (origins.allows(origin, c.req.header('host')) ? origin : null),
    ...{ allowMethods, allowHeaders, exposeHeaders, maxAge: 600 },
  });
  return async (c, next) => {
    if (c.req.method === 'OPTIONS') return preflight(c, next);
    await next();
    const origin = c.req.header('origin');
    const { headers } = c.res;
    headers.append('vary', 'Origin');
    headers.set('access-control-expose-headers', exposed);
    if (origin !== undefined && origins.allows(origin, c.req.header('host')))
      headers.set('access-control-allow-origin', origin);
  };
};
