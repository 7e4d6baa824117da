import { z } from 'zod';
import { actor } from '../domain/actor.ts';
import type { EventType } from '../domain/events.ts';
import { timestamp, uuid } from '../domain/fields.ts';
import { order } from '../domain/orders.ts';
import { orderStatus } from '../domain/order-status.ts';
import { product } from '../domain/products.ts';
import { account } from '../domain/users.ts';

/** Redis channels. All share one `seq`, which the bridge gives; a deployment may put a prefix before the names. */
export const channels = { order: 'order_events', product: 'product_events', user: 'user_events' } as const;

/** The most bytes that one message on Redis may have; what would be larger becomes a dead letter. */
export const messageBytes = 256 * 1024;

/** When the change passed each stage: outbox, Kafka, bridge; the gateway adds its own. */
export const times = z.object({
  committed: timestamp,
  /** Missing in messages of an older bridge. */
  produced: timestamp.optional(),
  bridged: timestamp,
  sent: timestamp.optional(),
});

const published = {
  seq: z.int().positive(),
  epoch: z.string(),
  times,
};
const orderPublication = {
  ...published,
  data: order,
  previous_status: orderStatus.nullable(),
  actor: actor.nullable(),
};
const revocation = z.object({ id: uuid, session_id: uuid.nullable(), reason: z.string() });

/** What the bridge publishes on Redis: a closed union by `event`. */
export const redisMessage = z.discriminatedUnion('event', [
  z.object({ event: z.literal('order_created'), ...orderPublication }),
  z.object({ event: z.literal('order_status_updated'), ...orderPublication }),
  z.object({ event: z.literal('order_updated'), ...orderPublication }),
  z.object({ event: z.literal('product_updated'), ...published, data: product }),
  z.object({ event: z.literal('user_updated'), ...published, data: account }),
  z.object({ event: z.literal('session_revoked'), ...published, data: revocation }),
]);
export type RedisMessage = z.infer<typeof redisMessage>;

/** The Redis event of each Kafka event type. */
export const redisEvents: Readonly<Record<EventType, RedisMessage['event']>> = {
  'order.created': 'order_created',
  'order.status_changed': 'order_status_updated',
  'order.updated': 'order_updated',
  'product.created': 'product_updated',
  'product.updated': 'product_updated',
  'product.stock_changed': 'product_updated',
  'user.registered': 'user_updated',
  'user.updated': 'user_updated',
  'user.session_revoked': 'session_revoked',
};
