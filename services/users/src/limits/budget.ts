import { ProblemError } from '@live-orders/runtime/http/problem.ts';
import type { Context } from 'hono';
import type { Redis } from 'ioredis';
import { RateLimiterMemory, RateLimiterRedis, RateLimiterRes } from 'rate-limiter-flexible';

/** Where budgets are counted. While Redis is away each process counts by itself. */
export interface Counters {
  redis: Redis;
  /** Goes before every key. */
  prefix: string;
}

interface Rule {
  /** By this name callers are told of the budget, and by it and the prefix Redis has its keys. */
  name: string;
  /** So many may be taken within so many seconds from the first on. */
  points: number;
  seconds: number;
}

/** What callers are told of a budget (draft-ietf-httpapi-ratelimit-headers). */
export type RateHeaders = Record<'ratelimit-policy' | 'ratelimit', string>;

/** Tells the caller what is left, in whatever answer follows. */
export const tellLeft = (c: Context, headers: RateHeaders): void => {
  for (const [name, value] of Object.entries(headers)) c.header(name, value);
};

const toSeconds = (ms: number): number => Math.max(1, Math.ceil(ms / 1000));

/** What may be done so many times within a while, counted for each key: an account, a place, a session. */
export class Budget {
  readonly #rule: Rule;
  readonly #limiter: RateLimiterRedis;
  /** By key, the end of the last guess that was begun; it never rejects. */
  readonly #guesses = new Map<string, Promise<unknown>>();

  constructor({ redis, prefix }: Counters, rule: Rule) {
    this.#rule = rule;
    const { name, points, seconds: duration } = rule;
    const options = { points, duration, keyPrefix: `${prefix}budget:${name}` };
    this.#limiter = new RateLimiterRedis({
      ...options,
      storeClient: redis,
      rejectIfRedisNotReady: true,
      insuranceLimiter: new RateLimiterMemory(options),
    });
  }

  /**
   * Takes one; the first one taken says after how many seconds all are back. Throws `too_many_requests` when none is left.
   * What is taken before the work, and given back where that did not count, cannot be overdrawn by many at once.
   */
  async take(key: string, seconds = this.#rule.seconds): Promise<{ used: number; headers: RateHeaders }> {
    try {
      const state = await this.#limiter.consume(key, 1, { customDuration: seconds });
      return { used: state.consumedPoints, headers: this.#headers(state, seconds) };
    } catch (error) {
      if (!(error instanceof RateLimiterRes)) throw error;
      throw this.#refusal(error, seconds);
    }
  }

  /** Counts one, whether or not any is left; gives how many were counted. */
  async add(key: string): Promise<number> {
    return (await this.#limiter.penalty(key)).consumedPoints;
  }

  /** Throws `too_many_requests` when none is left; takes none. */
  async check(key: string): Promise<void> {
    const state = await this.#limiter.get(key);
    if (state && state.consumedPoints >= this.#rule.points) throw this.#refusal(state, this.#rule.seconds);
  }

  /**
   * Lets `compare` say whether a guess is right. Only wrong ones stay counted, and a right one forgets them. Guesses at one key
   * are made one after the other, so that many right ones at once do not use it up. Throws `too_many_requests` when none is left.
   */
  async guess(key: string, compare: () => Promise<boolean>): Promise<{ fits: boolean; headers: RateHeaders }> {
    const guess = Promise.resolve(this.#guesses.get(key)).then(() => this.#guess(key, compare));
    const end = guess.catch(() => undefined);
    this.#guesses.set(key, end);
    try {
      return await guess;
    } finally {
      if (this.#guesses.get(key) === end) this.#guesses.delete(key);
    }
  }

  async #guess(key: string, compare: () => Promise<boolean>): Promise<{ fits: boolean; headers: RateHeaders }> {
    const { headers } = await this.take(key);
    try {
      if (!(await compare())) return { fits: false, headers };
    } catch (error) {
      await this.giveBack(key);
      throw error;
    }
    return { fits: true, headers: await this.#reset(key) };
  }

  async giveBack(key: string): Promise<void> {
    await this.#limiter.reward(key);
  }

  async #reset(key: string): Promise<RateHeaders> {
    const { points, seconds } = this.#rule;
    // Not `delete`, which waits for a connection while Redis is away.
    await this.#limiter.set(key, 0, seconds);
    return this.#headers({ remainingPoints: points, msBeforeNext: 0 }, seconds);
  }

  #headers(
    { remainingPoints, msBeforeNext }: Pick<RateLimiterRes, 'remainingPoints' | 'msBeforeNext'>,
    seconds: number,
  ): RateHeaders {
    const { name, points } = this.#rule;
    return {
      'ratelimit-policy': `"${name}";q=${points};w=${seconds}`,
      ratelimit: `"${name}";r=${remainingPoints};t=${Math.ceil(msBeforeNext / 1000)}`,
    };
  }

  #refusal({ msBeforeNext }: RateLimiterRes, seconds: number): ProblemError {
    const wait = toSeconds(msBeforeNext);
    const headers = this.#headers({ remainingPoints: 0, msBeforeNext }, seconds);
    const detail = `Try again in ${wait} seconds.`;
    return new ProblemError('too_many_requests', detail, {}, { ...headers, 'retry-after': String(wait) });
  }
}
