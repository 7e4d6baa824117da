import type { ServerResponse } from 'node:http';
import type { Readable } from 'node:stream';
import { setTimeout as delay } from 'node:timers/promises';
import { getConnInfo } from '@hono/node-server/conninfo';
import type { AuthEnv } from '@live-orders/runtime/auth.ts';
import type { Log } from '@live-orders/runtime/process/log.ts';
import { ProblemError } from '@live-orders/runtime/http/problem.ts';
import type { Context } from 'hono';
import { Agent, type Dispatcher, errors } from 'undici';
import { InFlight } from './in-flight.ts';
import { outgoingOf } from '../http/outgoing.ts';

/** Headers of one connection (RFC 9110, 7.6.1), and those that only the gateway itself may set. */
const notForwarded =
  /^(connection|keep-alive|proxy-.*|te|trailer|transfer-encoding|upgrade|host|expect|forwarded|x-forwarded-.*|x-real-ip|x-user-.*|content-length)$/;
const notReturned = /^(connection|keep-alive|proxy-.*|te|trailer|transfer-encoding|upgrade)$/;
/** Answers up to this size are read whole, so that a client that does not read holds no connection to a service. */
const wholeBytes = 4 * 1024 * 1024;
/** What is longer is streamed, for this long at most. */
const streamMs = 10 * 60_000;
const retryMs = 20;
/** What each user may have under way at once. */
const requestsPerUser = 32;
const exportsPerUser = 2;

const connection = { pipelining: 1, bodyTimeout: 30_000, connectTimeout: 2_000 };
const agent = new Agent({ connections: 128, ...connection });
/** Those who read exports slowly take connections from each other only. */
const exportAgent = new Agent({ connections: 32, ...connection });
const isExport = (path: string): boolean => path.endsWith('/export');

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

const lost = [
  'ECONNREFUSED',
  'ECONNRESET',
  'ENOTFOUND',
  'EPIPE',
  'EAI_AGAIN',
  'UND_ERR_CONNECT_TIMEOUT',
  'UND_ERR_SOCKET',
];

const isLost = (error: unknown): boolean =>
  error instanceof Error && 'code' in error && lost.some((one) => one === error.code);

const failure = (name: string, error: unknown): unknown => {
  const retryAfter = { 'retry-after': '2' };
  if (error instanceof errors.HeadersTimeoutError || error instanceof errors.BodyTimeoutError) {
    return new ProblemError('upstream_timeout', `The ${name} service did not answer in time.`, {}, retryAfter);
  }
  if (isLost(error)) {
    return new ProblemError('upstream_unavailable', `The ${name} service cannot be reached.`, {}, retryAfter);
  }
  return error;
};

/** No identity is known where a token is not needed. */
type ProxyContext = Context<{ Variables: Partial<AuthEnv['Variables']> }>;

/**
 * Asks a service. A replica that stops closes connections which the pool still holds, so what only reads is asked once
 * more when no answer began: without that 2 to 5 of 3,000 reads failed while one of three replicas was stopped.
 * The wait for a free connection counts as a wait for the answer.
 */
const ask = async (
  pool: Agent,
  request: Dispatcher.RequestOptions,
  patienceMs: number,
  left: AbortSignal,
): Promise<Dispatcher.ResponseData> => {
  const patience = new AbortController();
  const timer = setTimeout(() => patience.abort(new errors.HeadersTimeoutError()), patienceMs);
  const attempt = () => pool.request({ ...request, signal: AbortSignal.any([left, patience.signal]) });
  try {
    return await attempt().catch((error: unknown) => {
      if (!isLost(error) || !['GET', 'HEAD'].includes(request.method)) throw error;
      return delay(retryMs).then(attempt);
    });
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

/**
 * Forwards requests below `/<name>/` to the service at `base`, without that prefix, body and answer unchanged. Throws
 * `upstream_unavailable`, `upstream_timeout` when no answer begins within `patienceMs`, or `too_many_requests`. A long
 * answer of which nothing is taken for `stalledMs` is given up.
 */
export const proxyTo = (name: string, base: string, log: Log, patienceMs = 15_000, stalledMs = 30_000) => {
  const requests = new InFlight(requestsPerUser);
  const exports = new InFlight(exportsPerUser);
  return async (c: ProxyContext): Promise<Response> => {
    const user = c.get('identity')?.id;
    const url = new URL(c.req.url);
    const [pool, inFlight] = isExport(url.pathname) ? [exportAgent, exports] : [agent, requests];
    const release = user === undefined ? () => undefined : inFlight.enter(user);
    let streaming = false;
    try {
      const request = {
        origin: base,
        path: `${url.pathname.slice(name.length + 1)}${url.search}`,
        method: methodOf(c),
        headers: requestHeaders(c, `/${name}`),
        body: hasBody(c) ? Buffer.from(await c.req.arrayBuffer()) : null,
      };
      const { statusCode, headers, body } = await ask(pool, request, patienceMs, c.req.raw.signal);
      const init = { status: statusCode, headers: responseHeaders(`/${name}`, headers) };
      if (statusCode === 204 || statusCode === 304 || c.req.method === 'HEAD') {
        await body.dump();
        return new Response(null, init);
      }
      if (Number(headers['content-length'] ?? Infinity) <= wholeBytes)
        return new Response(await body.arrayBuffer(), init);
      streaming = true;
      body.once('close', release);
      const context = { path: url.pathname, request_id: c.get('requestId') };
      return new Response(stream(body, outgoingOf(c.env), log.child(context), stalledMs), init);
    } catch (error) {
      throw failure(name, error);
    } finally {
      if (!streaming) release();
    }
  };
};

const hasBody = (c: ProxyContext): boolean => c.req.method !== 'GET' && c.req.method !== 'HEAD';

const methods = ['GET', 'HEAD', 'POST', 'PATCH', 'PUT', 'DELETE'] as const;

const methodOf = (c: ProxyContext) => {
  const found = methods.find((method) => method === c.req.method);
  if (!found) throw new ProblemError('not_found', `${c.req.method} is not used here.`);
  return found;
};
