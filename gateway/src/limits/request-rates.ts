import { placeOf } from '@live-orders/runtime/http/place.ts';
import { asGuard } from '@live-orders/runtime/http/policy.ts';
import type { AuthEnv } from '@live-orders/runtime/http/auth.ts';
import { ProblemError } from '@live-orders/runtime/http/problem.ts';
import type { Context, MiddlewareHandler } from 'hono';
import { createMiddleware } from 'hono/factory';
import { type Callers, callerOf } from '../http/callers.ts';
import { TokenBucket } from './token-bucket.ts';

/** What may come at once is what may come in this time. */
const burstSeconds = 15;
/**
 * Of so many callers the budgets are kept, of those who came last. Whoever has this many addresses is not held by a rate
 * for each; 100,000 budgets take some 20 MB.
 */
const mostCallers = 100_000;

/** The headers by which a caller learns what is left (draft-ietf-httpapi-ratelimit-headers). */
type RateHeaders = Record<'ratelimit-policy' | 'ratelimit', string>;

/** The rate at which each caller of one kind may ask, as this process counts it. */
export class Rate {
  readonly #name: string;
  readonly #perMinute: number;
  readonly #burst: number;
  /** By caller; whoever asked last stands last. */
  readonly #buckets = new Map<string, TokenBucket>();
  readonly #now: () => number;

  constructor(name: 'user' | 'address', perMinute: number, now = () => performance.now()) {
    this.#name = name;
    this.#perMinute = perMinute;
    this.#burst = Math.max(1, Math.round((perMinute * burstSeconds) / 60));
    this.#now = now;
  }

  /** Counts a request of this caller. Throws `too_many_requests` when its budget is used up. */
  count(caller: string): RateHeaders {
    const now = this.#now();
    const bucket = this.#buckets.get(caller) ?? new TokenBucket(this.#burst, this.#perMinute / 60, now);
    this.#buckets.delete(caller);
    this.#buckets.set(caller, bucket);
    for (const oldest of this.#buckets.keys()) {
      if (this.#buckets.size <= mostCallers) break;
      this.#buckets.delete(oldest);
    }
    const isWithin = bucket.take(now);
    const headers = {
      'ratelimit-policy': `"${this.#name}";q=${this.#burst};w=${burstSeconds}`,
      ratelimit: `"${this.#name}";r=${Math.floor(bucket.left(now))};t=${bucket.secondsUntil(this.#burst, now)}`,
    };
    if (isWithin) return headers;
    const detail = `Each ${this.#name} may send ${this.#perMinute} requests a minute, and ${this.#burst} at once.`;
    const retryAfter = String(Math.max(1, bucket.secondsUntil(1, now)));
    throw new ProblemError('too_many_requests', detail, {}, { ...headers, 'retry-after': retryAfter });
  }
}

interface RequestRatesOptions {
  callers: Callers;
  perUser: Rate;
  perAddress: Rate;
}

/** How often requests may come: of each user, and without a token from each address. */
export class RequestRates {
  readonly #options: RequestRatesOptions;

  constructor(options: RequestRatesOptions) {
    this.#options = options;
  }

  /**
   * Counts a request of this user, or else of its address. Answers what the caller is told in headers, nothing where the
   * address is a trusted proxy's own: any number of people may share that. Throws `too_many_requests`.
   */
  count(c: Context, user: string | undefined): RateHeaders | Record<string, never> {
    const { callers, perUser, perAddress } = this.#options;
    if (user !== undefined) return perUser.count(user);
    const address = callerOf(c, callers);
    return callers.isProxy(address) ? {} : perAddress.count(placeOf(address));
  }

  /**
   * A guard that also counts: those whom it lets in by user, and those whom it turns away by address, so that guessing
   * tokens is counted too.
   */
  guard(check: MiddlewareHandler<AuthEnv>): MiddlewareHandler<AuthEnv> {
    return asGuard(
      createMiddleware<AuthEnv>(async (c, next) => {
        try {
          await check(c, () => Promise.resolve());
        } catch (error) {
          const headers = this.count(c, undefined);
          if (error instanceof ProblemError) Object.assign(error.headers, headers);
          throw error;
        }
        const headers = this.count(c, c.get('identity')?.id);
        await next();
        // A service may have a limit of its own: both are items of one list (RFC 9651).
        for (const [name, value] of Object.entries(headers)) c.res.headers.append(name, value);
      }),
    );
  }
}
