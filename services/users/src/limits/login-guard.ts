import { createHash } from 'node:crypto';
import { ProblemError } from '@live-orders/runtime/http/problem.ts';
import type { Redis } from 'ioredis';
import { RateLimiterMemory, RateLimiterRedis, RateLimiterRes } from 'rate-limiter-flexible';

const minute = 60;
const day = 24 * 60 * minute;

/** Wrong passwords for one account from one place. */
const pair = { points: 10, duration: 5 * minute };
/** From one place for any account. Many people may share an address (an office), and each of them mistypes now and then. */
const perPlace = { points: 100, duration: 15 * minute };
/** For one account from all the places where nobody has logged in to it yet; each further one doubles the pause. */
const perAccount = { points: 20, duration: 60 * minute };
const longestPause = 15 * minute;
const registrations = { points: 60, duration: minute };
const badRefreshes = { points: 60, duration: minute };
/**
 * For how long a place counts as one where the account's owner logs in. Node's timers, by which a process counts without
 * Redis, reach 24 days; beyond that they end at once.
 */
const knownSeconds = 20 * day;

const refusal = (seconds: number): ProblemError =>
  new ProblemError('too_many_requests', `Try again in ${seconds} seconds.`, {}, { 'retry-after': String(seconds) });

const toSeconds = (ms: number): number => Math.max(1, Math.ceil(ms / 1000));

/** Seconds that strangers have to wait after so many wrong passwords for an account: 1, 2, 4 …, 15 minutes at most. */
export const pauseAfter = (failures: number): number =>
  failures <= perAccount.points ? 0 : Math.min(longestPause, 2 ** Math.min(failures - perAccount.points - 1, 20));

/**
 * Slows the guessing of passwords: by account and place, by place over all accounts, and by account over all places. The
 * last two do not count where the account's owner has logged in before, so that no stranger can lock somebody out. An
 * account that does not exist counts like any other. While Redis is away each process counts by itself, and knows no place.
 */
export class LoginGuard {
  readonly #pairs: RateLimiterRedis;
  readonly #places: RateLimiterRedis;
  readonly #accounts: RateLimiterRedis;
  readonly #pauses: RateLimiterRedis;
  readonly #known: RateLimiterRedis;
  readonly #registrations: RateLimiterRedis;
  readonly #badRefreshes: RateLimiterRedis;

  constructor(redis: Redis, prefix: string) {
    const limiter = (keyPrefix: string, { points, duration }: typeof pair): RateLimiterRedis => {
      const rule = { points, duration, keyPrefix: `${prefix}${keyPrefix}` };
      const insuranceLimiter = new RateLimiterMemory(rule);
      // Otherwise each of a login's eight questions to a Redis that is away would wait for a try to connect, up to a second.
      return new RateLimiterRedis({ ...rule, storeClient: redis, insuranceLimiter, rejectIfRedisNotReady: true });
    };
    this.#pairs = limiter('login_failures', pair);
    this.#places = limiter('login_failures_of_place', perPlace);
    this.#accounts = limiter('login_failures_of_account', { ...perAccount, points: Number.MAX_SAFE_INTEGER });
    this.#pauses = limiter('login_pauses', { points: 1, duration: longestPause });
    this.#known = limiter('login_places', { points: 1, duration: knownSeconds });
    this.#registrations = limiter('registrations', registrations);
    this.#badRefreshes = limiter('refresh_failures', badRefreshes);
  }

  /** Throws `too_many_requests` after 60 registrations from one place in a minute. */
  registering(place: string): Promise<void> {
    return this.#consume(this.#registrations, place);
  }

  /** Throws `too_many_requests` while no more attempts may be made at this account from this place. */
  async check(account: string, place: string): Promise<void> {
    await this.#refuseWhenUsedUp(this.#pairs, pair.points, pairOf(account, place));
    if (await this.#isKnown(account, place)) return;
    await this.#refuseWhenUsedUp(this.#places, perPlace.points, place);
    await this.#refuseWhenUsedUp(this.#pauses, 1, hashed(account));
  }

  /** Counts a wrong password. Throws `too_many_requests` when it is one too many. */
  async failed(account: string, place: string): Promise<void> {
    if (!(await this.#isKnown(account, place))) {
      const { consumedPoints } = await this.#accounts.consume(hashed(account));
      const pause = pauseAfter(consumedPoints);
      await this.#consume(this.#places, place);
      if (pause > 0) {
        await this.#pauses.set(hashed(account), 1, pause);
        // Of many guesses sent at once the right one is refused now: if the wrong ones were not, that would tell it.
        throw refusal(pause);
      }
    }
    await this.#consume(this.#pairs, pairOf(account, place));
  }

  /** Forgets the failures of this place, and knows it from now on. */
  async succeeded(account: string, place: string): Promise<void> {
    await this.#pairs.set(pairOf(account, place), 0, pair.duration);
    await this.#known.set(pairOf(account, place), 1, knownSeconds);
  }

  /** Throws `too_many_requests` while somebody who is logged in may not give their own password any more. */
  checkOwn(userId: string): Promise<void> {
    return this.#refuseWhenUsedUp(this.#pairs, pair.points, pairOf(userId, 'profile'));
  }

  /** Counts a wrong own password. Throws `too_many_requests` when it is one too many. */
  failedOwn(userId: string): Promise<void> {
    return this.#consume(this.#pairs, pairOf(userId, 'profile'));
  }

  /** Throws `too_many_requests` after 60 refresh tokens within a minute that were not good. */
  checkRefresh(place: string): Promise<void> {
    return this.#refuseWhenUsedUp(this.#badRefreshes, badRefreshes.points, place);
  }

  /** Counts a refresh token that was not good. */
  failedRefresh(place: string): Promise<void> {
    return this.#consume(this.#badRefreshes, place);
  }

  async #isKnown(account: string, place: string): Promise<boolean> {
    const state = await this.#known.get(pairOf(account, place));
    return state !== null && state.consumedPoints > 0;
  }

  async #refuseWhenUsedUp(limiter: RateLimiterRedis, points: number, key: string): Promise<void> {
    const state = await limiter.get(key);
    if (state && state.consumedPoints >= points) throw refusal(toSeconds(state.msBeforeNext));
  }

  async #consume(limiter: RateLimiterRedis, key: string): Promise<void> {
    try {
      await limiter.consume(key);
    } catch (error) {
      if (!(error instanceof RateLimiterRes)) throw error;
      throw refusal(toSeconds(error.msBeforeNext));
    }
  }
}

/** An address may be long, and Redis need not tell who logs in from where. */
const hashed = (text: string): string => createHash('sha256').update(text).digest('base64url');
const pairOf = (account: string, place: string): string => hashed(`${account}|${place}`);
