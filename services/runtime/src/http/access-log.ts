import { randomBytes } from 'node:crypto';
import type { Context, MiddlewareHandler } from 'hono';
import type { Log } from '../process/log.ts';
import { requestContext, type Sender } from '../process/request-context.ts';
import { answeredRoute } from './answered-route.ts';

declare module 'hono' {
  interface ContextVariableMap {
    /** Whose request it is, where the app finds that out itself, as the gateway does; it believes no header then. */
    address: () => string;
  }
}

/** Version 00: the ids of a trace and of the caller's step in it, neither of them all zeros, and flags. */
const traceFormat = /^00-(?!0{32})([\da-f]{32})-(?!0{16})[\da-f]{16}-([\da-f]{2})$/;

/** What monitors and other services ask all the time; told at `debug` only. */
const polled = new Set(['/', '/ready', '/metrics', '/api', '/api/auth/verify', '/.well-known/jwks.json']);

const userOf = (identity: unknown): string | undefined =>
  typeof identity === 'object' && identity !== null && 'id' in identity && typeof identity.id === 'string'
    ? identity.id
    : undefined;

/** To a service the gateway says the address; it removes what a client claims. */
const senderOf = (c: Context): Sender => ({
  user_id: userOf(c.get('identity')) ?? null,
  address: c.get('address')?.() ?? c.req.header('x-forwarded-for') ?? null,
  user_agent: c.req.header('user-agent') ?? null,
});

/**
 * Takes part in the caller's trace, or begins one where the header `traceparent` is missing or wrong; and writes a line for
 * each request with the route instead of the address, which may hold tickets, and with what a query may hold left out. For a
 * stream it is written when it begins. All of it takes 24 µs of a request, of which placing an order takes 4 ms.
 */
export const accessLog =
  (log: Log): MiddlewareHandler =>
  async (c, next) => {
    const began = performance.now();
    const [, traceId = randomBytes(16).toString('hex'), flags = '01'] =
      traceFormat.exec(c.req.header('traceparent') ?? '') ?? [];
    const traceparent = `00-${traceId}-${randomBytes(8).toString('hex')}-${flags}`;
    const ids = { request_id: c.get('requestId'), trace_id: traceId, traceparent };
    await requestContext.run({ ...ids, sender: () => senderOf(c) }, async () => {
      await next();
      const line = {
        method: c.req.method,
        route: answeredRoute(c),
        status: c.res.status,
        ms: Math.round((performance.now() - began) * 10) / 10,
        user_id: userOf(c.get('identity')),
      };
      if (polled.has(c.req.path)) log.debug(line, 'request');
      else log.info(line, 'request');
    });
  };
