import { once } from 'node:events';
import { Server } from 'node:http';
import { serve } from '@hono/node-server';
import type { z } from 'zod';
import { OpenAPIHono } from '@hono/zod-openapi';
import type { Context, Env, Hono, MiddlewareHandler } from 'hono';
import { bodyLimit } from 'hono/body-limit';
import { HTTPException } from 'hono/http-exception';
import { requestId } from 'hono/request-id';
import { secureHeaders } from 'hono/secure-headers';
import type { Log } from './log.ts';
import { ProblemError, problemResponse } from './problem.ts';
import type { Part } from './run.ts';
import { isTemporary } from './sql-state.ts';

export const bodyBytes = 256 * 1024;

/** Fields that are named in one answer; a body may have thousands of wrong ones. */
const namedErrors = 100;

const invalid = (issues: z.core.$ZodIssue[]): ProblemError =>
  new ProblemError('validation_failed', 'See errors for each field.', {
    errors: issues
      .flatMap((issue) =>
        issue.code === 'unrecognized_keys'
          ? issue.keys.map((key) => ({ path: [...issue.path, key].join('.'), message: 'is not a known field' }))
          : [{ path: issue.path.join('.'), message: issue.message }],
      )
      .slice(0, namedErrors),
  });

const answerError =
  (log: Log) =>
  (error: Error, c: Context): Response => {
    if (error instanceof ProblemError) return problemResponse(c, error);
    if (error instanceof HTTPException && error.status === 400) {
      return problemResponse(c, new ProblemError('malformed_request', error.message));
    }
    if (error instanceof HTTPException && error.status === 415) {
      const detail = 'Send the body with the header content-type: application/json.';
      return problemResponse(c, new ProblemError('unsupported_media_type', detail));
    }
    const context = { err: error, method: c.req.method, path: c.req.path, request_id: c.get('requestId') };
    if (isUnavailable(error)) {
      log.warn(context, 'the database or redis cannot be reached, or is too busy');
      return problemResponse(
        c,
        new ProblemError(
          'unavailable',
          'The database or Redis cannot be reached, or is too busy; try again in a moment.',
          {},
          { 'retry-after': '2' },
        ),
      );
    }
    log.error(context, 'request failed');
    return problemResponse(c, new ProblemError('internal_error', 'The failure was logged under this request_id.'));
  };

/** Redis answers, but not now: no memory left, a disk that fails, a start or a change of roles under way. */
const isRefusal = ({ name, message }: Error): boolean =>
  name === 'ReplyError' && /^(OOM|MISCONF|LOADING|BUSY|READONLY|MASTERDOWN|NOREPLICAS) /.test(message);

/**
 * PostgreSQL or Redis cannot be reached, or is too busy. Sequelize names such failures Sequelize…Connection…Error or
 * …TimeoutError; ioredis gives up after one try, or after its time-out.
 */
const isUnavailable = (error: Error): boolean =>
  isTemporary(error) ||
  isRefusal(error) ||
  /^Sequelize.*(Connection|Timeout|HostNot|AccessDenied)|^MaxRetriesPerRequestError$/.test(error.name) ||
  /Connection terminated|not queryable$|^Query read timeout$|the database system is|^Command timed out$|^Connection is closed/.test(
    error.message,
  );

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

/**
 * The frame of every HTTP app: request id, security headers, body limit, and problem+json for whatever goes wrong.
 * `outermost` sees even the answers to bodies that are too large. Bodies over 256 KiB answer 413, malformed JSON 400, fields that fail their schema 422 with each field named.
 */
export const createApp = <E extends Env>(log: Log, ...outermost: MiddlewareHandler[]): OpenAPIHono<E> => {
  const app = new OpenAPIHono<E>({
    getPath: pathOf,
    defaultHook: (result) => {
      if (!result.success) throw invalid(result.error.issues);
    },
  });
  app.use(requestId());
  app.use(secureHeaders());
  for (const middleware of outermost) app.use(middleware);
  app.use(refuseBadAddress);
  app.use(
    bodyLimit({
      maxSize: bodyBytes,
      onError: () => {
        const detail = `A request body may have ${bodyBytes} bytes at most.`;
        // The rest of the body is not read, so the connection cannot carry another request.
        throw new ProblemError('body_too_large', detail, {}, { connection: 'close' });
      },
    }),
  );
  app.notFound((c) =>
    problemResponse(c, new ProblemError('not_found', `${c.req.method} ${c.req.path} leads nowhere.`)),
  );
  app.onError(answerError(log));
  return app;
};

/** Listens until the signal, then lets running requests end within `graceMs`. `onServer` may attach to the raw server. */
export const httpPart = <E extends Env>(
  app: Hono<E> | OpenAPIHono<E>,
  { host, port, log, graceMs = 5_000 }: { host: string; port: number; log: Log; graceMs?: number },
  onServer: (server: Server) => void = () => {},
): Part => ({
  name: 'http',
  async run(signal) {
    const server = serve({ fetch: app.fetch, hostname: host, port });
    if (!(server instanceof Server)) throw new TypeError('expected an HTTP/1.1 server');
    onServer(server);
    const stopped = new Promise<void>((resolve) => signal.addEventListener('abort', () => resolve(), { once: true }));
    const failed = once(server, 'error').then(([error]: unknown[]) => {
      throw error;
    });
    await Promise.race([once(server, 'listening'), failed]);
    log.info({ port }, 'listening');
    await Promise.race([stopped, failed]);
    // Callers keep their connections open; this tells them not to send another request on them.
    server.prependListener('request', (_request, response) => response.setHeader('connection', 'close'));
    const closed = once(server, 'close');
    server.close();
    setTimeout(() => server.closeAllConnections(), graceMs).unref();
    await closed;
  },
});
