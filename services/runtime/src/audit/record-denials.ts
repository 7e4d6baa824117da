import type { ErrorCode } from '@live-orders/contracts/rest/errors.ts';
import type { RefusedCallType } from '@live-orders/contracts/audit/security-events.ts';
import type { MiddlewareHandler } from 'hono';
import { answeredRoute } from '../http/answered-route.ts';
import { ProblemError } from '../http/problem.ts';
import type { Denials } from './denials.ts';

declare module 'hono' {
  interface ContextVariableMap {
    /** The user whom a security event of this request concerns, where that is not who asks. */
    subject: string | null;
  }
}

/** What a service calls its refusals. */
export const usualDenials = (code: ErrorCode): RefusedCallType | undefined =>
  code === 'forbidden' ? 'access.denied' : code === 'too_many_requests' ? 'rate.exceeded' : undefined;

/** Records each call that is refused with a problem which `typeOf` calls a security event. `path` is the request's. */
export const recordDenials =
  (
    denials: Pick<Denials, 'record'>,
    typeOf: (code: ErrorCode, path: string) => RefusedCallType | undefined = usualDenials,
  ): MiddlewareHandler =>
  async (c, next) => {
    await next();
    if (!(c.error instanceof ProblemError)) return;
    const { code } = c.error;
    const type = typeOf(code, c.req.path);
    if (!type) return;
    denials.record(type, {
      subject: c.get('subject') ?? null,
      details: { method: c.req.method, route: answeredRoute(c), code },
    });
  };
