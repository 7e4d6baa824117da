import { Readable } from 'node:stream';
import { getConnInfo } from '@hono/node-server/conninfo';
import type { AuthEnv } from '@live-orders/runtime/auth.ts';
import { ProblemError } from '@live-orders/runtime/problem.ts';
import type { Context } from 'hono';
import { Agent, errors, interceptors } from 'undici';
import { InFlight } from './in-flight.ts';

/** Headers of one connection (RFC 9110, 7.6.1), and those that only the gateway itself may set. */
const notForwarded =
  /^(connection|keep-alive|proxy-.*|te|trailer|transfer-encoding|upgrade|host|expect|forwarded|x-forwarded-.*|x-real-ip|x-user-.*|content-length)$/;
const notReturned = /^(connection|keep-alive|proxy-.*|te|trailer|transfer-encoding|upgrade)$/;
/** Answers up to this size are read whole, so that a client that does not read holds no connection to a service. */
const wholeBytes = 4 * 1024 * 1024;
/** What is longer is streamed, for this long at most. */
const streamMs = 10 * 60_000;

/**
 * A replica that stops closes connections which the pool still holds, so what only reads is asked once more: without
 * that 2 to 5 of 3,000 reads failed while one of three replicas was stopped.
 */
const agent = new Agent({ connections: 128, pipelining: 1, bodyTimeout: 30_000, connectTimeout: 2_000 }).compose(
  interceptors.retry({
    maxRetries: 1,
    methods: ['GET', 'HEAD'],
    statusCodes: [],
    errorCodes: ['ECONNREFUSED', 'ECONNRESET', 'EPIPE', 'UND_ERR_SOCKET'],
    minTimeout: 20,
  }),
);

const requestHeaders = (c: ProxyContext, prefix: string): Record<string, string> => {
  const headers: Record<string, string> = {};
  for (const [name, value] of c.req.raw.headers) if (!notForwarded.test(name)) headers[name] = value;
  headers['x-forwarded-for'] = getConnInfo(c).remote.address ?? 'unknown';
  headers['x-forwarded-prefix'] = prefix;
  headers['x-request-id'] = c.get('requestId');
  return headers;
};

/** A service names its addresses without the prefix by which it is reached here. */
const responseHeaders = (prefix: string, received: Record<string, string | string[] | undefined>): Headers => {
  const headers = new Headers();
  for (const [name, value] of Object.entries(received)) {
    if (value === undefined || notReturned.test(name)) continue;
    for (const one of [value].flat())
      headers.append(name, name === 'location' ? one.replace(/^\//, `${prefix}/`) : one);
  }
  return headers;
};

const failure = (name: string, error: unknown): unknown => {
  const retryAfter = { 'retry-after': '2' };
  if (error instanceof errors.HeadersTimeoutError || error instanceof errors.BodyTimeoutError) {
    return new ProblemError('upstream_timeout', `The ${name} service did not answer in time.`, {}, retryAfter);
  }
  const code = error instanceof Error && 'code' in error ? error.code : undefined;
  const lost = [
    'ECONNREFUSED',
    'ECONNRESET',
    'ENOTFOUND',
    'EPIPE',
    'EAI_AGAIN',
    'UND_ERR_CONNECT_TIMEOUT',
    'UND_ERR_SOCKET',
  ];
  if (lost.some((one) => one === code)) {
    return new ProblemError('upstream_unavailable', `The ${name} service cannot be reached.`, {}, retryAfter);
  }
  return error;
};

/** No identity is known where a token is not needed. */
type ProxyContext = Context<{ Variables: Partial<AuthEnv['Variables']> }>;

/**
 * Forwards requests below `/<name>/` to the service at `base`, without that prefix, body and answer unchanged. Throws
 * `upstream_unavailable`, `upstream_timeout` when no answer begins within `patienceMs`, or `too_many_requests`.
 */
export const proxyTo =
  (name: string, base: string, patienceMs = 15_000, inFlight = new InFlight(32)) =>
  async (c: ProxyContext): Promise<Response> => {
    const session = c.get('identity')?.session_id;
    const release = session === undefined ? () => undefined : inFlight.enter(session);
    let streaming = false;
    const url = new URL(c.req.url);
    try {
      const { statusCode, headers, body } = await agent.request({
        origin: base,
        path: `${url.pathname.slice(name.length + 1)}${url.search}`,
        method: methodOf(c),
        headers: requestHeaders(c, `/${name}`),
        headersTimeout: patienceMs,
        body: hasBody(c) ? Buffer.from(await c.req.arrayBuffer()) : null,
        signal: c.req.raw.signal,
      });
      const init = { status: statusCode, headers: responseHeaders(`/${name}`, headers) };
      if (statusCode === 204 || statusCode === 304 || c.req.method === 'HEAD') {
        await body.dump();
        return new Response(null, init);
      }
      if (Number(headers['content-length'] ?? Infinity) <= wholeBytes)
        return new Response(await body.arrayBuffer(), init);
      streaming = true;
      const deadline = setTimeout(() => body.destroy(new Error('an answer took too long to be read')), streamMs);
      body.once('close', () => {
        clearTimeout(deadline);
        release();
      });
      return new Response(Readable.toWeb(body), init);
    } catch (error) {
      throw failure(name, error);
    } finally {
      if (!streaming) release();
    }
  };

const hasBody = (c: ProxyContext): boolean => c.req.method !== 'GET' && c.req.method !== 'HEAD';

const methods = ['GET', 'HEAD', 'POST', 'PATCH', 'PUT', 'DELETE'] as const;

const methodOf = (c: ProxyContext) => {
  const found = methods.find((method) => method === c.req.method);
  if (!found) throw new ProblemError('not_found', `${c.req.method} is not used here.`);
  return found;
};
