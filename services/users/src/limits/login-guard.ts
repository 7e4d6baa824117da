import { ProblemError } from '@live-orders/runtime/http/problem.ts';
import type { Redis } from 'ioredis';
import { RateLimiterMemory, RateLimiterRedis, RateLimiterRes } from 'rate-limiter-flexible';

const failures = 10;
const windowSeconds = 300;
/** Many people may share one address (an office), so this only stops floods. */
const registrations = 60;
const registrationSeconds = 60;

/**
 * Slows the guessing of passwords: 10 failures for one address from one place in 5 minutes. While Redis is away each
 * process counts by itself.
 */
export class LoginGuard {
  readonly #limiter: RateLimiterRedis;
  readonly #registrations: RateLimiterRedis;

  constructor(redis: Redis, prefix: string) {
    const limiter = (keyPrefix: string, points: number, duration: number): RateLimiterRedis => {
      const rule = { points, duration, keyPrefix: `${prefix}${keyPrefix}` };
      return new RateLimiterRedis({ ...rule, storeClient: redis, insuranceLimiter: new RateLimiterMemory(rule) });
    };
    this.#limiter = limiter('login_failures', failures, windowSeconds);
    this.#registrations = limiter('registrations', registrations, registrationSeconds);
  }

  /** Throws `too_many_requests` after 60 registrations from one place in a minute. */
  async registering(from: string): Promise<void> {
    try {
      await this.#registrations.consume(from);
    } catch (error) {
      if (!(error instanceof RateLimiterRes)) throw error;
      throw this.#refusal(error.msBeforeNext);
    }
  }

  /** Throws `too_many_requests` once the failures are used up. */
  async check(email: string, from: string): Promise<void> {
    const state = await this.#limiter.get(`${email}|${from}`);
    if (state && state.consumedPoints >= failures) throw this.#refusal(state.msBeforeNext);
  }

  /** Counts a wrong password. Throws `too_many_requests` when it is one too many. */
  async failed(email: string, from: string): Promise<void> {
    try {
      await this.#limiter.consume(`${email}|${from}`);
    } catch (error) {
      if (!(error instanceof RateLimiterRes)) throw error;
      throw this.#refusal(error.msBeforeNext);
    }
  }

  /** Forgets the failures. */
  async succeeded(email: string, from: string): Promise<void> {
    await this.#limiter.delete(`${email}|${from}`);
  }

  #refusal(ms: number): ProblemError {
    const seconds = Math.max(1, Math.ceil(ms / 1000));
    return new ProblemError(
      'too_many_requests',
      `Try again in ${seconds} seconds.`,
      {},
      { 'retry-after': String(seconds) },
    );
  }
}
