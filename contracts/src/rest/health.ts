import { z } from 'zod';
import { timestamp } from '../domain/fields.ts';
import { behind, lag, outboxHealth, streamLag } from '../domain/stream-lag.ts';

/** What a process says of itself at its `GET /`: the state of its `dependencies` by name, such as `postgres: "up"`. */
export const health = z
  .object({
    name: z.string().meta({ example: 'orders' }),
    version: z.string().meta({ example: '0.1.0' }),
    dependencies: z.record(z.string(), z.string()).meta({ example: { postgres: 'up', relay: 'leading' } }),
  })
  .meta({ id: 'Health' });
export type Health = z.infer<typeof health>;

const unlessUnknown = { description: 'null: the database does not tell' };

/** The health of a service that has an outbox. */
export const serviceHealth = health
  .extend({ outbox: outboxHealth.nullable().meta(unlessUnknown) })
  .meta({ id: 'ServiceHealth' });
export type ServiceHealth = z.infer<typeof serviceHealth>;

/** How the orders that changed lately compare in the database, in Kafka and in the log in Redis. */
const reconciliation = z
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

/**
 * `lag` is null while Kafka does not answer. `behind_ms` is null after the start of a bridge that found records waiting,
 * until these are carried: it was not there when they came.
 */
export const bridgeHealth = health.extend({ lag: lag.extend({ behind_ms: z.int().nullable() }).nullable() });
export type BridgeHealth = z.infer<typeof bridgeHealth>;

export const gatewayHealth = health
  .extend({
    position: z.string().nullable().meta({ description: 'Of the live stream: `epoch:seq`' }),
    live: z.boolean().meta({ description: 'Whether every stage of the stream is known to be in time' }),
    behind,
    lag: streamLag,
    fresh_at: timestamp.nullable().meta({ description: 'What was committed until then is known to have come' }),
    clients: z.int(),
    max_clients: z.int().meta({ description: 'The last tenth of these places is kept for the team' }),
  })
  .meta({ id: 'GatewayHealth' });
export type GatewayHealth = z.infer<typeof gatewayHealth>;
