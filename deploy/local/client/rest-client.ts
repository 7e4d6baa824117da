import type { Call, Method } from '@live-orders/contracts/rest/calls.ts';
import type { z } from 'zod';

/** An answer as it came: JSON parsed, anything else as text. */
export interface Answer {
  status: number;
  headers: Headers;
  body: unknown;
}

/** What goes with a request of any kind. */
export interface Sending {
  /** Goes out as JSON; a string goes out as it is. */
  body?: unknown;
  headers?: Record<string, string>;
  /** Default: 30 s from now. */
  signal?: AbortSignal;
}

type Value = string | number | boolean | undefined;

/** What goes with any of the contract's calls. */
interface Parts {
  id?: string;
  query?: Record<string, Value>;
  body?: unknown;
  headers?: Record<string, string>;
  signal?: AbortSignal;
}

/** The parts of the query of a call. */
export type Query<C extends { query: z.ZodType }> = { [Name in keyof z.input<C['query']>]?: Value };
/** What a call needs: the id where its path has one, the parts of its query, its body. */
type Given<C extends Call> = (C['path'] extends `${string}{id}${string}` ? { id: string } : { id?: never }) &
  (C extends { query: z.ZodType } ? { query?: Query<C> } : { query?: never }) &
  (C extends { body: infer Body } ? { body: z.input<Body> } : { body?: never });

/** An answer with another status than that of success. */
export class Refusal extends Error {
  override name = 'Refusal';
  readonly status: number;

  constructor(method: Method, path: string, { status, body }: Answer) {
    super(`${method} ${path} answered ${status}: ${typeof body === 'string' ? body : JSON.stringify(body)}`);
    this.status = status;
  }
}

const patienceMs = 30_000;

/** Calls the REST API through the gateway, as anybody. */
export class RestClient {
  /** Where the gateway is, without a slash at the end. */
  readonly url: string;

  constructor(url: string) {
    this.url = url;
  }

  /** Any request, for better or worse; rejects only when no answer comes. */
  async send(method: string, path: string, { body, headers = {}, signal }: Sending = {}): Promise<Answer> {
    const response = await fetch(`${this.url}${path}`, {
      method,
      headers: { ...(body === undefined ? {} : { 'content-type': 'application/json' }), ...headers },
      body: body === undefined || typeof body === 'string' ? body : JSON.stringify(body),
      signal: signal ?? AbortSignal.timeout(patienceMs),
    });
    const text = await response.text();
    const isJson = /^application\/(problem\+)?json/.test(response.headers.get('content-type') ?? '');
    return { status: response.status, headers: response.headers, body: isJson ? JSON.parse(text) : text };
  }

  /** One of the contract's calls; rejects with a Refusal unless it succeeds. */
  async call<C extends Call, Result>(
    { method, path, status, answer }: C & { answer: z.ZodType<Result> },
    given: Given<C> & Parts,
  ): Promise<Result> {
    const { id = '', query = {}, body, headers, signal } = given;
    const wanted = new URLSearchParams();
    for (const [name, value] of Object.entries<Value>(query)) if (value !== undefined) wanted.set(name, String(value));
    const search = wanted.size > 0 ? `?${wanted.toString()}` : '';
    const address = `${path.replace('{id}', encodeURIComponent(id))}${search}`;
    const received = await this.send(method, address, { body, headers, signal });
    if (received.status !== status) throw new Refusal(method, address, received);
    return answer.parse(received.body);
  }
}
