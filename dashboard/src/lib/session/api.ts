import { problem, type Problem } from '@live-orders/contracts/rest/errors.ts';
import type { z } from 'zod';
import { SessionEndedError } from '../live/state.ts';
import { pageUserHeaders } from './page-user.ts';
import { describeProblem } from './problem-words.ts';

/** A call that failed. `problem` is null when no readable answer came. */
export class ApiError extends Error {
  override readonly name = 'ApiError';
  readonly problem: Problem | null;

  constructor(given: Problem | null) {
    super(given ? describeProblem(given) : 'The server can’t be reached.');
    this.problem = given;
  }

  /** Whether the call may have had its effect, although it failed. */
  get isUncertain(): boolean {
    return this.problem === null || this.problem.status >= 500;
  }

  /** Whether the same call may succeed a little later. */
  get mayPass(): boolean {
    return this.isUncertain || this.problem?.status === 429;
  }
}

interface Call {
  method?: 'GET' | 'POST' | 'PATCH' | 'DELETE';
  body?: unknown;
  /** The change is made only while the order has this version. */
  version?: number;
  /** With the same key, and within a day, the change is made once however often it is asked for. */
  key?: string;
  signal?: AbortSignal;
}

/** A new idempotency key. Not `crypto.randomUUID`, which browsers have on https and localhost only, and not on `http://192.168.…`. */
export const newKey = (): string =>
  Array.from(crypto.getRandomValues(new Uint8Array(16)), (byte) => byte.toString(16).padStart(2, '0')).join('');

const callLimit = 15_000;

/** The answer of an endpoint, whatever it is; null when none came. */
function ask(path: string, call: Call): Promise<Response | null> {
  const limit = AbortSignal.timeout(callLimit);
  return fetch(`/api/${path}`, {
    method: call.method ?? 'GET',
    headers: {
      ...pageUserHeaders(),
      ...(call.body !== undefined && { 'content-type': 'application/json' }),
      ...(call.version !== undefined && { 'if-match': `"${call.version}"` }),
      ...(call.key !== undefined && { 'idempotency-key': call.key }),
    },
    body: call.body === undefined ? undefined : JSON.stringify(call.body),
    signal: call.signal ? AbortSignal.any([call.signal, limit]) : limit,
  }).catch(() => null);
}

/** Why a call failed whose answer has this body. */
function failureOf(answer: Response | null, value: unknown): SessionEndedError | ApiError {
  if (answer?.status === 401) return new SessionEndedError();
  const parsed = problem.safeParse(value);
  if (parsed.data?.code === 'other_user') return new SessionEndedError();
  return new ApiError(parsed.success ? parsed.data : null);
}

/**
 * Calls an endpoint of the dashboard's own server, which adds the access token and passes the call on to the gateway, and
 * reads the answer by its schema: null where it has no body. Throws SessionEndedError on a 401, and when another user is
 * logged in in this browser by now, else ApiError.
 */
export async function callApi<T>(schema: z.ZodType<T>, path: string, call: Call = {}): Promise<T> {
  const answer = await ask(path, call);
  const value: unknown = await answer?.json().catch(() => null);
  if (answer?.ok) {
    const parsed = schema.safeParse(value);
    if (parsed.success) return parsed.data;
  }
  throw failureOf(answer, value);
}

/** Reads a text, such as a file. Fails as callApi does, also where the answer breaks off. */
export async function readText(path: string): Promise<string> {
  const answer = await ask(path, {});
  if (!answer?.ok) throw failureOf(answer, await answer?.json().catch(() => null));
  try {
    return await answer.text();
  } catch {
    throw new ApiError(null);
  }
}
