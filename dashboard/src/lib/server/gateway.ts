import { hash, timingSafeEqual } from 'node:crypto';
import { GATEWAY_URL, PROXY_SECRET } from '$app/env/private';
import { proxySecretHeader } from '@live-orders/contracts/proxy-secret.ts';
import { errorCatalogue, problem, type ErrorCode, type Problem } from '@live-orders/contracts/rest/errors.ts';
import type { RequestEvent } from '@sveltejs/kit';
import type { z } from 'zod';

export interface GatewayCall {
  method?: 'GET' | 'POST' | 'PATCH' | 'DELETE';
  token?: string | null;
  body?: string;
  /** Headers that say when a change is to be made: `if-match`, `idempotency-key`. */
  conditions?: Record<string, string>;
  /** Milliseconds within which the answer must have come. Default 10 s. */
  limit?: number;
  /** For which request it is, by `callerOf`: what the gateway counts by address would else count for this server. */
  caller: Record<string, string>;
}

/** Whether the gateway itself passed a request on, which then names its caller and nobody else. */
function isFromGateway({ headers }: Request): boolean {
  const proof = headers.get(proxySecretHeader);
  if (!PROXY_SECRET || proof === null) return false;
  return timingSafeEqual(hash('sha256', proof, 'buffer'), hash('sha256', PROXY_SECRET, 'buffer'));
}

/** What a request is found by in the logs of every part, and what its browser says of itself. */
const passedHeaders = ['x-request-id', 'traceparent', 'tracestate', 'user-agent'];

/**
 * What the gateway is told, in headers, of the request for which it is asked: its id and trace, and its sender. For that
 * X-Forwarded-For has what proxies have said, and then the address from which the request came; the gateway decides which it
 * believes. Its own address would tell it nothing, and is left out.
 */
export function callerOf({ request, getClientAddress }: RequestEvent): Record<string, string> {
  const caller: Record<string, string> = {};
  for (const name of passedHeaders) {
    const value = request.headers.get(name);
    if (value) caller[name] = value;
  }
  const said = request.headers.get('x-forwarded-for');
  const forwardedFor = said && isFromGateway(request) ? [said] : [said, getClientAddress()];
  caller['x-forwarded-for'] = forwardedFor.filter(Boolean).join(', ');
  if (PROXY_SECRET) caller[proxySecretHeader] = PROXY_SECRET;
  return caller;
}

const base = GATEWAY_URL.replace(/\/$/, '');

export function makeProblem(code: ErrorCode, detail: string): Problem {
  const { status, title } = errorCatalogue[code];
  return { type: 'about:blank', title, status, code, detail };
}

export const problemResponse = (value: Problem): Response =>
  Response.json(value, { status: value.status, headers: { 'content-type': 'application/problem+json' } });

/** Calls the gateway. Never throws: when the gateway cannot be reached, the answer is a problem that says so. */
export async function callGateway(path: string, call: GatewayCall): Promise<Response> {
  const headers = new Headers({
    accept: 'application/json, application/problem+json',
    ...call.conditions,
    ...call.caller,
  });
  if (call.token) headers.set('authorization', `Bearer ${call.token}`);
  if (call.body !== undefined) headers.set('content-type', 'application/json');
  const signal = AbortSignal.timeout(call.limit ?? 10_000);
  try {
    const answer = await fetch(`${base}${path}`, { method: call.method ?? 'GET', headers, body: call.body, signal });
    // The body is read here, so that a connection that breaks in the middle of it is caught as well.
    const bytes = answer.status === 204 ? null : await answer.arrayBuffer();
    const received = new Headers(answer.headers);
    // `fetch` has unpacked the body; its length tells `compressed` that it is here as a whole.
    received.delete('content-encoding');
    if (bytes) received.set('content-length', String(bytes.byteLength));
    return new Response(bytes, { status: answer.status, headers: received });
  } catch {
    return problemResponse(
      signal.aborted
        ? makeProblem('upstream_timeout', 'The gateway took too long to answer.')
        : makeProblem('upstream_unavailable', 'The gateway cannot be reached.'),
    );
  }
}

async function readProblem(answer: Response): Promise<Problem> {
  const parsed = problem.safeParse(await answer.json().catch(() => null));
  return parsed.success ? parsed.data : makeProblem('internal_error', `The gateway answered ${answer.status}.`);
}

export type Answer<T> = { ok: true; data: T } | { ok: false; problem: Problem; retryAfter: number | null };

/** Calls the gateway and reads its answer by a schema of the contracts. Never throws. */
export async function askGateway<T>(schema: z.ZodType<T>, path: string, call: GatewayCall): Promise<Answer<T>> {
  const answer = await callGateway(path, call);
  if (!answer.ok) {
    const seconds = Number(answer.headers.get('retry-after') ?? Number.NaN);
    return { ok: false, problem: await readProblem(answer), retryAfter: Number.isFinite(seconds) ? seconds : null };
  }
  const parsed = schema.safeParse(await answer.json().catch(() => null));
  if (parsed.success) return { ok: true, data: parsed.data };
  return { ok: false, problem: makeProblem('internal_error', 'The gateway’s answer made no sense.'), retryAfter: null };
}
