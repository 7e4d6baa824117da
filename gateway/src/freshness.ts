import { type Lag, lateMs, type OutboxHealth, type Stage, type StreamLag } from '@live-orders/contracts/health.ts';

/** What a poll brought: `lag` is null when the stage answers but has no figures to tell (an older version). */
export interface Reading<T> {
  lag: T | null;
}

/** Null: the stage did not answer, or does not know. */
export interface Readings {
  orders: Reading<OutboxHealth> | null;
  users: Reading<OutboxHealth> | null;
  bridge: Reading<Lag> | null;
  /** A round trip in ms. */
  redis: Reading<number> | null;
}

/** Once is a busy machine, or one replica of several that went away. */
const missesUntilUnknown = 2;

/** The newest of one stage, unknown until there is one. A single missed poll leaves it as it was. */
class LastReading<T> {
  lag: T | null = null;
  #misses = missesUntilUnknown;

  take(reading: Reading<T> | null): void {
    this.#misses = reading ? 0 : this.#misses + 1;
    if (reading) this.lag = reading.lag;
    else if (this.isUnknown) this.lag = null;
  }

  get isUnknown(): boolean {
    return this.#misses >= missesUntilUnknown;
  }
}

const waiting = (outbox: OutboxHealth | null) => outbox && { depth: outbox.depth, oldest_ms: outbox.oldest_ms };

/** How far each stage of the stream is behind, by what it last said. */
export class Freshness {
  readonly #orders = new LastReading<OutboxHealth>();
  readonly #users = new LastReading<OutboxHealth>();
  readonly #bridge = new LastReading<Lag>();
  readonly #redis = new LastReading<number>();

  take({ orders, users, bridge, redis }: Readings): void {
    this.#orders.take(orders);
    this.#users.take(users);
    this.#bridge.take(bridge);
    this.#redis.take(redis);
  }

  /**
   * The first stage that keeps changes of orders from coming: Redis when it does not answer, for nothing passes it; else in
   * the order of their way. `subscribed`: whether the gateway itself follows the stream. The users service is none of the
   * stages: orders do not pass it.
   */
  behind(subscribed: boolean): Stage | null {
    if (this.#redis.isUnknown) return 'redis';
    if (this.#orders.isUnknown || (this.#orders.lag?.oldest_ms ?? 0) > lateMs) return 'orders';
    if (this.#bridge.isUnknown || (this.#bridge.lag?.behind_ms ?? 0) > lateMs) return 'bridge';
    return subscribed ? null : 'redis';
  }

  lag(gateway: StreamLag['gateway']): StreamLag {
    return {
      orders: waiting(this.#orders.lag),
      users: waiting(this.#users.lag),
      bridge: this.#bridge.lag,
      redis_ms: this.#redis.lag,
      gateway,
    };
  }

  /** Which of the parts behind the gateway answer. */
  get answering(): Record<'users' | 'orders' | 'bridge', 'up' | 'down'> {
    const state = ({ isUnknown }: { isUnknown: boolean }) => (isUnknown ? 'down' : 'up');
    return { users: state(this.#users), orders: state(this.#orders), bridge: state(this.#bridge) };
  }
}
