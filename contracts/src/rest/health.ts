import { z } from 'zod';
import { timestamp } from '../domain/fields.ts';

/** What a part says of itself: `dependencies` by name, such as `postgres: "up"`. */
export const health = z
  .object({
    name: z.string().meta({ example: 'orders' }),
    version: z.string().meta({ example: '0.1.0' }),
    dependencies: z.record(z.string(), z.string()).meta({ example: { postgres: 'up', relay: 'leading' } }),
  })
  .meta({ id: 'Health' });
export type Health = z.infer<typeof health>;

/** What waits on the way from a service's database to Kafka; counts go up to 10,000. */
export const outboxHealth = z
  .object({
    depth: z.int().meta({ description: 'Events that wait for Kafka' }),
    oldest_ms: z.number().meta({ description: 'How long the first of them has waited, by the clock of the database' }),
    dead: z.int().meta({ description: 'Events that Kafka refused for good; somebody has to look at them' }),
  })
  .meta({ id: 'OutboxHealth', example: { depth: 0, oldest_ms: 0, dead: 0 } });
export type OutboxHealth = z.infer<typeof outboxHealth>;

const unlessUnknown = { description: 'null: the database does not tell' };

/** Of a service that has an outbox. */
export const serviceHealth = health
  .extend({ outbox: outboxHealth.nullable().meta(unlessUnknown) })
  .meta({ id: 'ServiceHealth' });
export type ServiceHealth = z.infer<typeof serviceHealth>;

/** How the orders that changed lately compare in the database, in Kafka and in the log in Redis. */
export const reconciliation = z
  .object({
    checked: z.int().meta({ description: 'Orders that were compared' }),
    missing_in_kafka: z.int().meta({ description: 'Orders whose latest version Kafka never got' }),
    missing_in_redis: z
      .int()
      .nullable()
      .meta({ description: 'Of those that Kafka has; null: the log was not readable' }),
    gaps: z.int().meta({ description: 'Versions that lack between others' }),
    ahead: z.int().meta({ description: 'Orders of which Kafka or Redis has a later version than the database' }),
    repaired: z.int().meta({ description: 'Orders that were sent again' }),
    at: timestamp,
    took_ms: z.int(),
  })
  .meta({ id: 'Reconciliation' });
export type Reconciliation = z.infer<typeof reconciliation>;

export const ordersHealth = serviceHealth
  .extend({
    reconciliation: reconciliation.nullable().meta({ description: 'The last one of this process; null: none so far' }),
  })
  .meta({ id: 'OrdersHealth' });
export type OrdersHealth = z.infer<typeof ordersHealth>;

/** How far the bridges, all of them together, are behind Kafka. */
export const lag = z.object({
  /** Records that were not carried yet. */
  records: z.int(),
  /** What was on Kafka so long ago has been carried; under a second when the bridges keep up. */
  behind_ms: z.int(),
});
export type Lag = z.infer<typeof lag>;

/**
 * `lag` is null as long as Kafka does not tell. A bridge that has just started knows `behind_ms` once what it found waiting
 * is carried.
 */
export const bridgeHealth = health.extend({ lag: lag.extend({ behind_ms: z.int().nullable() }).nullable() });
export type BridgeHealth = z.infer<typeof bridgeHealth>;

const count = z.int().nonnegative();

/** The stages that an order's change passes on its way to the gateway. */
export const stages = ['orders', 'bridge', 'redis'] as const;
export type Stage = (typeof stages)[number];

/** A stage further behind than this, in ms, is late. Those that keep up measure 1 s at most, also when busy. */
export const lateMs = 3_000;

/** The first stage that is late or does not answer. */
export const behind = z
  .enum(stages)
  .nullable()
  .meta({ description: 'The first stage that is over 3 s late, or not known; null while the stream is live' });

const waiting = outboxHealth.omit({ dead: true }).nullable();

/** What waits at each stage; null where a stage does not tell. */
export const streamLag = z
  .object({
    orders: waiting.meta({ description: 'In the outbox of the orders service: written, and not yet on Kafka' }),
    users: waiting.meta({ description: 'Likewise of the users service. It never makes the stream of orders late' }),
    bridge: lag.nullable().meta({ description: 'On Kafka, and not yet on Redis' }),
    redis_ms: count.nullable().meta({ description: 'A round trip of the gateway to Redis' }),
    gateway: z.object({
      backlog_bytes: count.meta({ description: 'The most that a single client has yet to take' }),
      loop_ms: count.meta({ description: 'The longest that the gateway was held up since the heartbeat before' }),
    }),
  })
  .meta({ id: 'StreamLag' });
export type StreamLag = z.infer<typeof streamLag>;

export const gatewayHealth = health
  .extend({
    position: z.string().nullable().meta({ description: 'Of the live stream: `epoch:seq`' }),
    live: z.boolean().meta({ description: 'Whether every stage of the stream is known to be in time' }),
    behind,
    lag: streamLag,
    fresh_at: timestamp.nullable().meta({ description: 'What was committed until then is known to have come' }),
    clients: z.int(),
  })
  .meta({ id: 'GatewayHealth' });
export type GatewayHealth = z.infer<typeof gatewayHealth>;
