import type { ServerResponse } from 'node:http';
import type { Readable } from 'node:stream';
import type { AuthEnv } from '@live-orders/runtime/http/auth.ts';
import type { Log } from '@live-orders/runtime/process/log.ts';
import { ProblemError } from '@live-orders/runtime/http/problem.ts';
import { requestContext } from '@live-orders/runtime/process/request-context.ts';
import type { Context } from 'hono';
import { type Dispatcher, errors } from 'undici';
import { type Callers, callerOf } from '../http/callers.ts';
import { outgoingOf } from '../http/outgoing.ts';
import { type Connections, QueueFullError, isLost, isRefused, type UpstreamRequest } from '../http/upstream.ts';

/** Headers of one connection (RFC 9110, 7.6.1). */
const notReturned = /^(connection|keep-alive|proxy-.*|te|trailer|transfer-encoding|upgrade)$/;
/** Answers up to this size are read whole, so that a client that does not read holds no connection to a service. */
const wholeBytes = 4 * 1024 * 1024;
/** What is longer is streamed, for this long at most. */
const streamMs = 10 * 60_000;

/** No identity is known where a token is not needed. */
export type ProxyContext = Context<{ Variables: Partial<AuthEnv['Variables']> }>;

/**
 * Those headers of a request that are on this list, and what the gateway itself knows of it: its caller, its id and its trace.
 * Any other stays here, so that none can pass for one of the gateway's own, in whatever spelling.
 */
export const headersFor = (c: ProxyContext, names: readonly string[], callers: Callers): Record<string, string> => {
  const headers: Record<string, string> = {};
  // The caller means these for the gateway alone (RFC 9110, 7.6.1). Splitting by a pattern that takes the spaces too, 15,000
  // of them cost 400 ms.
  const named = new Set(
    (c.req.header('connection') ?? '')
      .toLowerCase()
      .split(',')
      .map((name) => name.trim()),
  );
  for (const name of names) {
    const value = c.req.header(name);
    if (value !== undefined && !named.has(name)) headers[name] = value;
  }
  headers['x-forwarded-for'] = callerOf(c, callers);
  headers['x-request-id'] = c.get('requestId');
  const traceparent = requestContext.getStore()?.traceparent;
  if (traceparent !== undefined) headers.traceparent = traceparent;
  return headers;
};

/** A service names its addresses without the prefix by which it is reached here; the dashboard names no request. */
const responseHeaders = (
  prefix: string,
  requestId: string,
  received: Record<string, string | string[] | undefined>,
): Headers => {
  const headers = new Headers({ 'x-request-id': requestId });
  for (const [name, value] of Object.entries(received)) {
    if (value === undefined || name === 'x-request-id' || notReturned.test(name)) continue;
    for (const one of [value].flat())
      headers.append(name, name === 'location' ? one.replace(/^\//, `${prefix}/`) : one);
  }
  return headers;
};

const failure = (name: string, error: unknown): unknown => {
  const retryAfter = { 'retry-after': '2' };
  if (error instanceof errors.HeadersTimeoutError || error instanceof errors.BodyTimeoutError) {
    return new ProblemError('upstream_timeout', `The ${name} did not answer in time.`, {}, retryAfter);
  }
  if (isLost(error)) {
    return new ProblemError('upstream_unavailable', `The ${name} cannot be reached.`, {}, retryAfter);
  }
  if (error instanceof QueueFullError) {
    return new ProblemError('unavailable', `Too many requests wait for the ${name}.`, {}, retryAfter);
  }
  if (isRefused(error)) return new ProblemError('malformed_request', 'The request cannot be passed on.');
  return error;
};

/** The wait for a free connection counts as a wait for the answer. */
const ask = async (
  connections: Connections,
  request: UpstreamRequest,
  patienceMs: number,
  left: AbortSignal,
): Promise<Dispatcher.ResponseData> => {
  const patience = new AbortController();
  const timer = setTimeout(() => patience.abort(new errors.HeadersTimeoutError()), patienceMs);
  try {
    return await connections.ask(request, AbortSignal.any([left, patience.signal]));
  } finally {
    clearTimeout(timer);
  }
};

/**
 * Passes a body on; gives it up when its reader takes nothing for `stalledMs`, or is not done in time. Then, and when the
 * service breaks off, the reader's connection is dropped: an end would make a part pass for the whole, and an error that
 * reaches Hono is printed as it is. A reader that has left is nothing to tell of.
 */
const stream = (body: Readable, outgoing: ServerResponse, log: Log, stalledMs: number): ReadableStream => {
  const drop = (tell: () => void): void => {
    if (outgoing.destroyed) return;
    tell();
    outgoing.destroy();
    body.destroy();
  };
  const giveUp = (why: string) => () => drop(() => log.info(why));
  const deadline = setTimeout(giveUp('an answer took too long to be read'), streamMs);
  body.once('close', () => clearTimeout(deadline));
  async function* taken(): AsyncGenerator {
    try {
      for await (const chunk of body) {
        const stalled = setTimeout(giveUp('nobody reads an answer'), stalledMs);
        try {
          yield chunk;
        } finally {
          clearTimeout(stalled);
        }
      }
    } catch (error) {
      drop(() => log.warn({ err: error }, 'an answer broke off'));
    }
  }
  return ReadableStream.from(taken());
};

interface Forwarding {
  connections: Connections;
  /** What is asked, as its messages name it. */
  name: string;
  /** What stands before its own addresses when it is asked through the gateway; nothing where they are the same. */
  prefix: string;
  headers: Record<string, string>;
  log: Log;
  patienceMs?: number;
  stalledMs?: number;
  /** Called once the answer needs no connection any more, and when there is none. */
  release?: () => void;
}

/**
 * Asks what stands behind the gateway, without the prefix, and with the body as it came; its answer, unchanged. Throws
 * `upstream_unavailable`, `upstream_timeout` when no answer begins within `patienceMs`, and `unavailable` when too many wait
 * for a connection. A long answer of which nothing is taken for `stalledMs` is given up.
 */
export const forward = async (c: ProxyContext, forwarding: Forwarding): Promise<Response> => {
  const { connections, name, prefix, log, patienceMs = 15_000, stalledMs = 30_000, release } = forwarding;
  let streaming = false;
  try {
    const request = {
      // The path that was matched, and that may have been let through without a token: no other reaches the service.
      path: `${c.req.path.slice(prefix.length)}${new URL(c.req.url).search}`,
      method: methodOf(c),
      headers: forwarding.headers,
      body: hasBody(c) ? Buffer.from(await c.req.arrayBuffer()) : null,
    };
    const { statusCode, headers, body } = await ask(connections, request, patienceMs, c.req.raw.signal);
    const init = { status: statusCode, headers: responseHeaders(prefix, c.get('requestId'), headers) };
    if (statusCode === 204 || statusCode === 304 || c.req.method === 'HEAD') {
      await body.dump();
      return new Response(null, init);
    }
    if (Number(headers['content-length'] ?? Infinity) <= wholeBytes) return new Response(await body.bytes(), init);
    streaming = true;
    if (release) body.once('close', release);
    const context = { path: c.req.path, request_id: c.get('requestId') };
    return new Response(stream(body, outgoingOf(c.env), log.child(context), stalledMs), init);
  } catch (error) {
    throw failure(name, error);
  } finally {
    if (!streaming) release?.();
  }
};

const hasBody = (c: ProxyContext): boolean => c.req.method !== 'GET' && c.req.method !== 'HEAD';

const methods = ['GET', 'HEAD', 'POST', 'PATCH', 'PUT', 'DELETE'] as const;

const methodOf = (c: ProxyContext) => {
  const found = methods.find((method) => method === c.req.method);
  if (!found) throw new ProblemError('not_found', `${c.req.method} is not used here.`);
  return found;
};
