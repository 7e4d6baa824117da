import { z } from 'zod';

/** What waits on the way from a service's database to Kafka. Nobody counts beyond 10,000. */
export const outboxHealth = z
  .object({
    depth: z.int().meta({ description: 'Events that wait for Kafka' }),
    oldest_ms: z.number().meta({ description: 'How long the first of them has waited, by the clock of the database' }),
    dead: z.int().meta({ description: 'Events that Kafka refused for good; somebody has to look at them' }),
  })
  .meta({ id: 'OutboxHealth', example: { depth: 0, oldest_ms: 0, dead: 0 } });
export type OutboxHealth = z.infer<typeof outboxHealth>;

/** How far the bridges, all of them together, are behind Kafka. */
export const lag = z.object({
  /** Records that were not yet published on Redis. */
  records: z.int(),
  /** All records that came to Kafka longer ago than this are on Redis; under a second when the bridges keep up. */
  behind_ms: z.int(),
});
export type Lag = z.infer<typeof lag>;

const count = z.int().nonnegative();

/** The stages that an order's change passes on its way to the gateway. */
const stages = ['orders', 'bridge', 'redis'] as const;
export type Stage = (typeof stages)[number];

/** A stage further behind than this is late. One that keeps up is at most 1 s behind, as measured, also under load. */
export const lateMs = 3_000;

/** The first stage that is late, or of which nothing is known because it does not answer. */
export const behind = z
  .enum(stages)
  .nullable()
  .meta({ description: 'The first stage that is over 3 s late, or not known; null while the stream is live' });

const waiting = outboxHealth.omit({ dead: true }).nullable();

/** What waits at each stage; null where a stage does not answer. */
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
