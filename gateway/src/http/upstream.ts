import { setTimeout as delay } from 'node:timers/promises';
import { Client, type Dispatcher, errors, Pool } from 'undici';

const retryMs = 20;
/**
 * So many requests have no answer yet at most, whether they wait for a connection or have one. Each may hold a body of 256 KiB,
 * and anonymous ones have no other bound.
 */
const mostUnanswered = 1_000;

/**
 * undici (7.30.2) says false both for "busy, a drain follows" and for a request that it refuses, and its pool takes every
 * false for the first (`PoolBase[kDispatch]`, `PoolBase[kOnDrain]`). A client that has only refused has nothing to drain, so
 * it is never used again: 128 refusals left a pool of 128 without a client, until a restart. So false is said only by a
 * client with a request whose end will drain it.
 */
class SteadyClient extends Client {
  override dispatch(options: Dispatcher.DispatchOptions, handler: Dispatcher.DispatchHandler): boolean {
    return super.dispatch(options, handler) || this.stats.size === 0;
  }
}

const connection = {
  ...{ pipelining: 1, bodyTimeout: 30_000, connectTimeout: 2_000 },
  factory: (origin: URL, options: object) => new SteadyClient(origin, options),
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

export const isLost = (error: unknown): boolean =>
  error instanceof Error && 'code' in error && lost.some((one) => one === error.code);

/** As many requests wait for a connection as may. */
export class QueueFullError extends Error {
  override name = 'QueueFullError';
}

/** The caller's fault: the request has a path, a header or a method that cannot be sent. */
export const isRefused = (error: unknown): boolean =>
  error instanceof errors.InvalidArgumentError || error instanceof errors.NotSupportedError;

/**
 * Rejects as soon as the signal is aborted. undici itself looks at the signal of a request only once a connection takes
 * that, however long it waits for one; then it drops the request unsent.
 */
const unlessAborted = async <T>(signal: AbortSignal, promise: Promise<T>): Promise<T> => {
  const givenUp = Promise.withResolvers<never>();
  const onAbort = (): void => givenUp.reject(signal.reason);
  if (signal.aborted) onAbort();
  signal.addEventListener('abort', onAbort);
  try {
    return await Promise.race([promise, givenUp.promise]);
  } finally {
    // Node keeps a signal of `AbortSignal.any` for as long as somebody listens: it was never forgotten, nor was the answer.
    signal.removeEventListener('abort', onAbort);
  }
};

export type UpstreamRequest = Omit<Dispatcher.RequestOptions, 'origin' | 'signal'>;

/** So many connections to a service; who finds none free waits in order, unless 1,000 requests have no answer yet. */
export class Connections {
  readonly #pool: Pool;
  /** Counted here, because the pool would look at each of its connections to tell how many wait: 2.5 % of the gateway's work. */
  #unanswered = 0;

  constructor(url: string, count: number) {
    this.#pool = new Pool(url, { connections: count, ...connection });
  }

  /**
   * A replica that stops closes connections which the pool still holds, so what only reads is asked once more when no
   * answer began: without that 2 to 5 of 3,000 reads failed while one of three replicas was stopped. The signal ends the
   * wait for a free connection, the wait for the answer, and the answer. Rejects with a `QueueFullError` when too many wait.
   */
  async ask(request: UpstreamRequest, signal: AbortSignal): Promise<Dispatcher.ResponseData> {
    if (this.#unanswered >= mostUnanswered) throw new QueueFullError(`${mostUnanswered} requests have no answer yet`);
    const attempt = () => this.#pool.request({ ...request, signal });
    this.#unanswered += 1;
    const answer = attempt()
      .catch((error: unknown) => {
        if (!isLost(error) || !['GET', 'HEAD'].includes(request.method)) throw error;
        return delay(retryMs).then(attempt);
      })
      // One that is given up counts until the pool has come to it: so long it is in memory.
      .finally(() => (this.#unanswered -= 1));
    return unlessAborted(signal, answer);
  }
}

/** A service behind the gateway, and the connections over which everything that clients ask goes to it. */
export class Upstream {
  readonly name: string;
  readonly url: string;
  readonly requests: Connections;
  /** For requests without a token: logins wait for each other's passwords to be hashed, and not in the way of who is logged in. */
  readonly anonymous: Connections;
  /** Those who read exports slowly take connections from each other only. */
  readonly exports: Connections;

  constructor(name: string, url: string) {
    this.name = name;
    this.url = url;
    this.requests = new Connections(url, 128);
    this.anonymous = new Connections(url, 256);
    this.exports = new Connections(url, 32);
  }
}
