import type { Log } from '@live-orders/runtime/process/log.ts';
import type { Counters } from './budget.ts';

/** As long as a session may live. */
const rememberedSeconds = 30 * 24 * 3600;

/** Some 1 MB. */
const mostInMemory = 10_000;

/**
 * The places from which somebody has logged in to an account, for 30 days after the last time. It is the place that is
 * remembered, and no cookie on the device, because programs that use the API keep none; so whoever shares the owner's address
 * counts as the owner here. While Redis is away, those are known that this process has let in itself.
 */
export class KnownPlaces {
  readonly #counters: Counters;
  readonly #log: Log;
  /** Pairs that logged in at this process, the latest last. */
  readonly #latest = new Set<string>();

  constructor(counters: Counters, log: Log) {
    this.#counters = counters;
    this.#log = log;
  }

  /** `pair` stands for an account and a place. */
  async has(pair: string): Promise<boolean> {
    const { redis } = this.#counters;
    if (redis.status !== 'ready') return this.#latest.has(pair);
    try {
      return (await redis.exists(this.#key(pair))) === 1;
    } catch (error) {
      this.#log.warn({ err: error }, 'asking Redis for a known place failed; this process’s own memory decides');
      return this.#latest.has(pair);
    }
  }

  async add(pair: string): Promise<void> {
    const { redis } = this.#counters;
    this.#latest.delete(pair);
    this.#latest.add(pair);
    for (const oldest of this.#latest) {
      if (this.#latest.size <= mostInMemory) break;
      this.#latest.delete(oldest);
    }
    if (redis.status !== 'ready') return;
    try {
      await redis.set(this.#key(pair), '', 'EX', rememberedSeconds);
    } catch (error) {
      this.#log.warn({ err: error }, 'a place from which somebody logged in could not be remembered');
    }
  }

  #key(pair: string): string {
    return `${this.#counters.prefix}known_place:${pair}`;
  }
}
