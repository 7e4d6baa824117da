import { z } from 'zod';

/** What a part says of itself: `dependencies` by name, such as `postgres: "up"`. */
export const health = z
  .object({
    name: z.string().meta({ example: 'orders' }),
    version: z.string().meta({ example: '0.1.0' }),
    dependencies: z.record(z.string(), z.string()).meta({ example: { postgres: 'up', relay: 'leading' } }),
  })
  .meta({ id: 'Health' });
export type Health = z.infer<typeof health>;

const count = z.int().nonnegative();

/** A service's outbox: rows that wait for Kafka, the age of the oldest (ms, 0 when none waits), and rows set aside. */
export const outboxState = z.object({ depth: count, oldest_ms: count, dead: count });
export type OutboxState = z.infer<typeof outboxState>;

/** `outbox` is null while the database does not answer. */
export const serviceHealth = health.extend({ outbox: outboxState.nullable().optional() }).meta({ id: 'ServiceHealth' });
export type ServiceHealth = z.infer<typeof serviceHealth>;

/** Records that are on Kafka and not yet on Redis, and the age of the oldest of them. */
export const bridgeLag = z.object({ records: count, behind_ms: count });
export type BridgeLag = z.infer<typeof bridgeLag>;

/** `lag` is null while the bridge does not know it. */
export const bridgeHealth = health.extend({ lag: bridgeLag.nullable().optional() });
export type BridgeHealth = z.infer<typeof bridgeHealth>;

/** The stages that an order's change passes on its way to the gateway. */
export const stages = ['orders', 'bridge', 'redis'] as const;
export type Stage = (typeof stages)[number];

/** A stage further behind than this, in ms, is late. */
export const lateMs = 5_000;

/** The first stage that is late or does not answer. */
export const behind = z
  .enum(stages)
  .nullable()
  .meta({ description: 'The first stage that is over 5 s late, or not known; null while the stream is live' });

const waiting = outboxState.omit({ dead: true }).nullable();

/** What waits at each stage; null where a stage does not tell. */
export const streamLag = z
  .object({
    orders: waiting.meta({ description: 'In the outbox of the orders service: written, and not yet on Kafka' }),
    users: waiting.meta({ description: 'Likewise of the users service. It never makes the stream of orders late' }),
    bridge: bridgeLag.nullable().meta({ description: 'On Kafka, and not yet on Redis' }),
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
    clients: z.int(),
  })
  .meta({ id: 'GatewayHealth' });
export type GatewayHealth = z.infer<typeof gatewayHealth>;
