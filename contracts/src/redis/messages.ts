import { z } from 'zod';
import { actor } from '../domain/actor.ts';
import { eventCatalogue, type EventType } from '../domain/events.ts';
import { order } from '../domain/orders.ts';
import { orderStatus } from '../domain/order-status.ts';
import { product } from '../domain/products.ts';
import { endedSession } from '../domain/revocation.ts';
import { times } from '../domain/times.ts';
import { account } from '../domain/users.ts';

/** The most bytes that one message on Redis may have; what would be larger becomes a dead letter. */
export const messageBytes = 256 * 1024;

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

/**
 * What the bridge publishes on Redis, on the channel of the aggregate: a closed union by `event`. `seq` counts the
 * messages of all channels together.
 */
export const redisMessage = z.discriminatedUnion('event', [
  z.object({ event: z.literal('order_created'), ...orderPublication }),
  z.object({ event: z.literal('order_status_updated'), ...orderPublication }),
  z.object({ event: z.literal('order_updated'), ...orderPublication }),
  z.object({ event: z.literal('product_updated'), ...published, data: product }),
  z.object({ event: z.literal('user_updated'), ...published, data: account }),
  z.object({ event: z.literal('session_revoked'), ...published, data: endedSession }),
]);
export type RedisMessage = z.infer<typeof redisMessage>;

/** The message that each event becomes. An event whose message has no schema above does not compile here. */
export const redisEventOf = (type: EventType): RedisMessage['event'] => eventCatalogue[type].redis;
