import {
  type Lag,
  lateMs,
  type OutboxHealth,
  type Stage,
  type StreamLag,
} from '@live-orders/contracts/domain/stream-lag.ts';

/** What a stage answered to a poll: `lag` is null when it has no figures to tell, as in an older version. */
export interface Reading<T> {
  lag: T | null;
}

/** What one poll brought, by stage; null for a stage that did not answer, or does not know. */
export interface Readings {
  orders: Reading<OutboxHealth> | null;
  users: Reading<OutboxHealth> | null;
  /** As clients reach them: their requests may find no connection free while the service tells how far behind it is. */
  ordersForClients: Reading<null> | null;
  usersForClients: Reading<null> | null;
  bridge: Reading<Lag> | null;
  /** A round trip in ms. */
  redis: Reading<number> | null;
}

/** A single missed poll may be a busy machine, or one replica of several that went away. */
const missesUntilUnknown = 2;

/** What one stage last answered; unknown before its first answer, and after two missed polls in a row. */
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

/** A proof from one poll of the outbox: all orders committed until `until` were on Kafka at `by` (ms, this machine's clock). */
interface Arrival {
  until: number;
  by: number;
}

/** As many as ten minutes bring while the bridge stands still. It needs no later ones before it has reached these. */
const mostArrivals = 600;
/**
 * While every stage is in time, the proof may be older than the stages' own figures by this much: it takes a poll of the
 * outbox, and a later one of the bridge that confirms it.
 */
const chainMs = 2_000;

/** How far each stage of the stream is behind, by what it last answered, and what that proves about all of them together. */
export class StageFreshness {
  readonly #orders = new LastReading<OutboxHealth>();
  readonly #users = new LastReading<OutboxHealth>();
  readonly #ordersForClients = new LastReading<null>();
  readonly #usersForClients = new LastReading<null>();
  readonly #bridge = new LastReading<Lag>();
  readonly #redis = new LastReading<number>();
  /** Proofs that the bridge is not known to have reached yet, the oldest first. */
  readonly #arrivals: Arrival[] = [];
  #freshAt: number | null = null;
  #askedAt = 0;

  /**
   * Takes in a poll: what the stages answered, when they were asked (ms), when the orders service had answered, and whether
   * the gateway itself followed the stream (`subscribed`).
   */
  take(
    { orders, users, ordersForClients, usersForClients, bridge, redis }: Readings,
    poll: { asked: number; ordersAnswered: number; subscribed: boolean },
  ): void {
    this.#orders.take(orders);
    this.#users.take(users);
    this.#ordersForClients.take(ordersForClients);
    this.#usersForClients.take(usersForClients);
    this.#bridge.take(bridge);
    this.#redis.take(redis);
    this.#askedAt = poll.asked;
    if (orders && this.#arrivals.length < mostArrivals)
      this.#arrivals.push({ until: poll.asked - (orders.lag?.oldest_ms ?? 0), by: poll.ordersAnswered });
    if (bridge && redis && poll.subscribed) this.#carry(poll.asked - (bridge.lag?.behind_ms ?? 0));
  }

  /** Takes in that everything that was on Kafka at `time` (ms) has come to the gateway. */
  #carry(time: number): void {
    const open = this.#arrivals.findIndex(({ by }) => by > time);
    const carried = this.#arrivals.splice(0, open === -1 ? this.#arrivals.length : open);
    for (const { until } of carried) this.#freshAt = Math.max(until, this.#freshAt ?? 0);
  }

  /** The time (ms) until which everything committed is known to have come to the gateway; null while nothing is known. */
  get freshAt(): number | null {
    return this.#freshAt;
  }

  /**
   * The stage that keeps changes of orders from coming, or null: Redis when it does not answer, for nothing passes it then;
   * else the first one on their way. `subscribed` says whether the gateway itself follows the stream. The users service is
   * not among the stages, because changes of orders do not pass it.
   */
  behind(subscribed: boolean): Stage | null {
    if (this.#redis.isUnknown) return 'redis';
    if (this.#orders.isUnknown || (this.#orders.lag?.oldest_ms ?? 0) > lateMs) return 'orders';
    if (this.#bridge.isUnknown || (this.#bridge.lag?.behind_ms ?? 0) > lateMs) return 'bridge';
    if (!subscribed) return 'redis';
    // Right after an outage of an earlier stage, the bridge may not know yet of what is about to reach it.
    const isFresh = this.#freshAt === null || this.#askedAt - this.#freshAt <= lateMs + chainMs;
    return isFresh ? null : 'bridge';
  }

  /** The figures of all stages; null where a stage is unknown. */
  lag(gateway: StreamLag['gateway']): StreamLag {
    return {
      orders: waiting(this.#orders.lag),
      users: waiting(this.#users.lag),
      bridge: this.#bridge.lag,
      redis_ms: this.#redis.lag,
      gateway,
    };
  }

  /** Which of the parts behind the gateway answer; users and orders: those who come through the gateway. */
  get answering(): Record<'users' | 'orders' | 'bridge', 'up' | 'down'> {
    const state = ({ isUnknown }: { isUnknown: boolean }) => (isUnknown ? 'down' : 'up');
    return { users: state(this.#usersForClients), orders: state(this.#ordersForClients), bridge: state(this.#bridge) };
  }
}
