import {
  type Lag,
  lateMs,
  type OutboxHealth,
  type Stage,
  type StreamLag,
} from '@live-orders/contracts/domain/stream-lag.ts';

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

/** What was committed until then was on Kafka by then: ms by this machine's clock. */
interface Arrival {
  until: number;
  by: number;
}

/** Ten minutes of a bridge that stands still; a later one is not needed before an earlier one is carried. */
const mostArrivals = 600;
/** Between two arrivals, and two measurements of the bridge, lies as much as this while every stage is in time. */
const chainMs = 2_000;

/** How far each stage of the stream is behind, by what it last said, and what that proves about all of them together. */
export class Freshness {
  readonly #orders = new LastReading<OutboxHealth>();
  readonly #users = new LastReading<OutboxHealth>();
  readonly #bridge = new LastReading<Lag>();
  readonly #redis = new LastReading<number>();
  /** Those that are not known to be carried yet, the oldest first. */
  readonly #arrivals: Arrival[] = [];
  #freshAt: number | null = null;
  #askedAt = 0;

  /**
   * Takes in a poll: when it was asked, and when the orders service had answered (ms). `subscribed`: whether the gateway
   * itself follows the stream.
   */
  take(
    { orders, users, bridge, redis }: Readings,
    poll: { asked: number; ordersAnswered: number; subscribed: boolean },
  ): void {
    this.#orders.take(orders);
    this.#users.take(users);
    this.#bridge.take(bridge);
    this.#redis.take(redis);
    this.#askedAt = poll.asked;
    if (orders && this.#arrivals.length < mostArrivals)
      this.#arrivals.push({ until: poll.asked - (orders.lag?.oldest_ms ?? 0), by: poll.ordersAnswered });
    if (bridge && redis && poll.subscribed) this.#carry(poll.asked - (bridge.lag?.behind_ms ?? 0));
  }

  /** What was on Kafka at `time` has come to the gateway. */
  #carry(time: number): void {
    const open = this.#arrivals.findIndex(({ by }) => by > time);
    const carried = this.#arrivals.splice(0, open === -1 ? this.#arrivals.length : open);
    for (const { until } of carried) this.#freshAt = Math.max(until, this.#freshAt ?? 0);
  }

  /** What was committed until then (ms) is known to have come; null as long as nothing is known. */
  get freshAt(): number | null {
    return this.#freshAt;
  }

  /**
   * The first stage that keeps changes of orders from coming: Redis when it does not answer, for nothing passes it; else in
   * the order of their way. `subscribed`: as above. The users service is none of the stages: orders do not pass it.
   */
  behind(subscribed: boolean): Stage | null {
    if (this.#redis.isUnknown) return 'redis';
    if (this.#orders.isUnknown || (this.#orders.lag?.oldest_ms ?? 0) > lateMs) return 'orders';
    if (this.#bridge.isUnknown || (this.#bridge.lag?.behind_ms ?? 0) > lateMs) return 'bridge';
    if (!subscribed) return 'redis';
    // After an outage before it, the bridge may not have heard of what comes yet.
    const isFresh = this.#freshAt === null || this.#askedAt - this.#freshAt <= lateMs + chainMs;
    return isFresh ? null : 'bridge';
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
