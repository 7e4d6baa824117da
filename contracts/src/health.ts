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

/** How far the bridges, all of them together, are behind Kafka. */
export const lag = z.object({
  /** Records that were not carried yet. */
  records: z.int(),
  /** For how long there have been records that are not carried yet; 0 when the bridges keep up. */
  behind_ms: z.int(),
});
export type Lag = z.infer<typeof lag>;

/** `lag` is null as long as Kafka does not tell. */
export const bridgeHealth = health.extend({ lag: lag.nullable() });
export type BridgeHealth = z.infer<typeof bridgeHealth>;

export const gatewayHealth = health
  .extend({
    position: z.string().nullable().meta({ description: 'Of the live stream: `epoch:seq`' }),
    live: z.boolean(),
    clients: z.int(),
  })
  .meta({ id: 'GatewayHealth' });
export type GatewayHealth = z.infer<typeof gatewayHealth>;
