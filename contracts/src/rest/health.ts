import { z } from 'zod';
import { timestamp } from '../domain/fields.ts';
import { behind, lag, outboxHealth, streamLag } from '../domain/stream-lag.ts';

/** What a process says of itself to anybody. */
export const liveness = z
  .object({ name: z.string().meta({ example: 'orders' }), status: z.literal('up') })
  .meta({ id: 'Liveness' });

/** What a process tells operators, at its operations port: also the state of its `dependencies` by name. */
export const health = z.object({
  name: z.string(),
  version: z.string(),
  /** Such as `{ postgres: 'up', relay: 'leading' }`. */
  dependencies: z.record(z.string(), z.string()),
});
export type Health = z.infer<typeof health>;

/** The health of a service that has an outbox; null: the database does not tell. */
export const serviceHealth = health.extend({ outbox: outboxHealth.nullable() });
export type ServiceHealth = z.infer<typeof serviceHealth>;

/** How the orders that changed lately compare in the database, in Kafka and in the log in Redis. */
const reconciliation = z.object({
  /** Orders that were compared. */
  checked: z.int(),
  /** Orders whose latest version Kafka never got. */
  missing_in_kafka: z.int(),
  /** Of those that Kafka has; null: the log was not readable. */
  missing_in_redis: z.int().nullable(),
  /** Versions that lack between others. */
  gaps: z.int(),
  /** Orders of which Kafka or Redis has a later version than the database. */
  ahead: z.int(),
  /** Orders that were sent again. */
  repaired: z.int(),
  at: timestamp,
  took_ms: z.int(),
});
export type Reconciliation = z.infer<typeof reconciliation>;

/** The reconciliation is the last one of this process; null: none so far. */
export const ordersHealth = serviceHealth.extend({ reconciliation: reconciliation.nullable() });
export type OrdersHealth = z.infer<typeof ordersHealth>;

/**
 * `lag` is null while Kafka does not answer. `behind_ms` is null after the start of a bridge that found records waiting,
 * until these are carried: it was not there when they came.
 */
export const bridgeHealth = health.extend({ lag: lag.extend({ behind_ms: z.int().nullable() }).nullable() });
export type BridgeHealth = z.infer<typeof bridgeHealth>;

export const gatewayHealth = health.extend({
  /** Of the live stream: `epoch:seq`. */
  position: z.string().nullable(),
  /** Whether every stage of the stream is known to be in time. */
  live: z.boolean(),
  behind,
  lag: streamLag,
  /** What was committed until then is known to have come. */
  fresh_at: timestamp.nullable(),
  clients: z.int(),
  /** The last tenth of these places is kept for the team. */
  max_clients: z.int(),
});
export type GatewayHealth = z.infer<typeof gatewayHealth>;
