import { fieldWords } from '@live-orders/contracts/rest/field-words.ts';
import { OpenAPIHono, z } from '@hono/zod-openapi';
import type { Env, MiddlewareHandler } from 'hono';
import { bodyLimit } from 'hono/body-limit';
import { requestId } from 'hono/request-id';
import { secureHeaders } from 'hono/secure-headers';
import type { Log } from '../process/log.ts';
import { accessLog } from './access-log.ts';
import { ProblemError, problemResponse } from './problem.ts';
import { answerError, invalid } from './error-answers.ts';

z.config({ customError: fieldWords });

const bodyBytes = 256 * 1024;

/**
 * The path as the client wrote it. Hono's own decodes it, which makes two paths of one: `/%75sers/api` is matched as
 * `/users/api`, while whoever takes the path from the URL, as a proxy does, has the other.
 */
const pathOf = ({ url }: Request): string => /^[^:]+:\/\/[^/]*([^?#]*)/.exec(url)?.[1] ?? '/';

/**
 * An address becomes a Request only when its body is asked for, and not every one can: the header `Host: 1.2.3.999` names
 * no host, and a target may not hold a password. Unasked, that fails as a fault of ours.
 */
const refuseBadAddress: MiddlewareHandler = async (c, next) => {
  const url = URL.parse(c.req.url);
  if (!url || url.username || url.password) {
    throw new ProblemError('malformed_request', 'The address, or its host, cannot be used.');
  }
  await next();
};

/** Nothing here unpacks a body, and a packed one would only be called malformed JSON. */
const refuseEncodedBody: MiddlewareHandler = async (c, next) => {
  const encoding = c.req.header('content-encoding')?.trim().toLowerCase();
  const hasBody = c.req.method !== 'GET' && c.req.method !== 'HEAD';
  if (hasBody && encoding && encoding !== 'identity') {
    const detail = `Send the body as it is: the content-encoding ${encoding.slice(0, 40)} is not read here.`;
    throw new ProblemError('unsupported_media_type', detail, {}, { 'accept-encoding': 'identity' });
  }
  await next();
};

/**
 * An answer is of one caller and one moment: no browser and no proxy keeps a token or somebody's orders. One with an ETag
 * may be kept, if it is asked again each time. A route that sets the header itself is left alone.
 */
const forbidKeeping: MiddlewareHandler = async (c, next) => {
  await next();
  const { headers } = c.res;
  if (!headers.has('cache-control'))
    headers.set('cache-control', headers.has('etag') ? 'private, no-cache' : 'no-store');
};

// Whether a caller came by https is known to the gateway, which adds that header.
const secure = secureHeaders({ strictTransportSecurity: false });

/**
 * An answer that is passed on may have such headers already: those of a page of the dashboard are stricter, and with the
 * policy for referrers of here, `no-referrer`, browsers would not say of which page a form is.
 */
const secureUnlessSecured: MiddlewareHandler = async (c, next) => {
  await next();
  if (!c.res.headers.has('x-content-type-options')) await secure(c, () => Promise.resolve());
};

const limitUntold = bodyLimit({
  maxSize: bodyBytes,
  onError: () => {
    throw tooLarge();
  },
});

const tooLarge = (): ProblemError =>
  // The rest of the body is not read, so the connection cannot carry another request.
  new ProblemError(
    'body_too_large',
    `A request body may have ${bodyBytes} bytes at most.`,
    {},
    { connection: 'close' },
  );

/**
 * Hono's own limit touches the body of each request, which makes that be read through a stream from then on. A body whose
 * length is told comes no longer than that: Node takes what follows for the next request.
 */
const limitBody: MiddlewareHandler = (c, next) => {
  const told = c.req.header('content-length');
  const isTold = c.req.header('transfer-encoding') === undefined && (told !== undefined || c.req.method === 'GET');
  if (!isTold) return limitUntold(c, next);
  if (Number(told ?? 0) > bodyBytes) throw tooLarge();
  return next();
};

/**
 * The frame of every HTTP app: request id, trace, a line in the log, security headers, body limit, and problem+json for whatever goes wrong.
 * `outermost` sees even the answers to bodies that are too large. Bodies over 256 KiB answer 413, malformed JSON 400,
 * fields that fail their schema 422 with each field named.
 */
export const createApp = <E extends Env>(log: Log, ...outermost: MiddlewareHandler[]): OpenAPIHono<E> => {
  const app = new OpenAPIHono<E>({
    getPath: pathOf,
    defaultHook: (result) => {
      if (!result.success) throw invalid(result.error.issues);
    },
  });
  app.use(requestId());
  app.use(accessLog(log));
  app.use(secureUnlessSecured);
  app.use(forbidKeeping);
  for (const middleware of outermost) app.use(middleware);
  app.use(refuseBadAddress);
  app.use(refuseEncodedBody);
  app.use(limitBody);
  app.notFound((c) =>
    // Not the path: a service's own is another than the one by which it was asked through the gateway.
    problemResponse(c, new ProblemError('not_found', `There is nothing at this address for ${c.req.method}.`)),
  );
  app.onError(answerError(log));
  return app;
};
