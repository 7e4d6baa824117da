import { z } from 'zod';
import { actor } from './actor.ts';
import type { Aggregate } from './aggregates.ts';
import { orderStatus } from './order-status.ts';
import { order } from './orders.ts';
import { product } from './products.ts';
import { revocation } from './revocation.ts';
import { account } from './users.ts';

const orderValue = order.extend({
  previous_status: orderStatus.nullable(),
  actor: actor.nullable(),
  /** The version of the step that this one took back; missing for all others. */
  takes_back: z.int().positive().optional(),
});
const productValue = product.extend({ actor: actor.nullable() });

interface EventSpec<A extends Aggregate> {
  aggregate: A;
  /** The record's value on Kafka; its `id` is the record's key. */
  value: z.ZodType<{ id: string }>;
  /** The message that the bridge makes of it on Redis; its schema is in `redis/messages.ts`. */
  redis: string;
  /** What the gateway sends to clients, with its schema in `socket/messages.ts`; null when they are told nothing. */
  socket: string | null;
  summary: string;
}

/**
 * Every event that there is, by its type on Kafka, and its names on the way to the clients. A value carries the whole
 * aggregate after the change, so that a consumer needs no other source. Consumers ignore members and types that they
 * don't know.
 */
export const eventCatalogue = {
  'order.created': {
    aggregate: 'order',
    value: orderValue,
    redis: 'order_created',
    socket: 'new_order',
    summary: 'An order was placed',
  },
  'order.status_changed': {
    aggregate: 'order',
    value: orderValue,
    redis: 'order_status_updated',
    socket: 'order_status_update',
    summary: 'An order moved to another status',
  },
  'order.updated': {
    aggregate: 'order',
    value: orderValue,
    redis: 'order_updated',
    socket: 'order_update',
    summary: 'An order changed in something other than its status',
  },
  'product.created': {
    aggregate: 'product',
    value: productValue,
    redis: 'product_updated',
    socket: 'product_update',
    summary: 'A product was added',
  },
  'product.updated': {
    aggregate: 'product',
    value: productValue,
    redis: 'product_updated',
    socket: 'product_update',
    summary: 'A product was changed',
  },
  'product.stock_changed': {
    aggregate: 'product',
    value: productValue,
    redis: 'product_updated',
    socket: 'product_update',
    summary: 'A product’s stock was adjusted, or taken or given back by an order',
  },
  'user.registered': {
    aggregate: 'user',
    value: account,
    redis: 'user_updated',
    socket: 'user_update',
    summary: 'A user was added',
  },
  'user.updated': {
    aggregate: 'user',
    value: account,
    redis: 'user_updated',
    socket: 'user_update',
    summary: 'A user was changed',
  },
  'user.session_revoked': {
    aggregate: 'user',
    value: revocation,
    redis: 'session_revoked',
    socket: null,
    summary: 'A session, or all of a user’s, ended before its time',
  },
} as const satisfies { [A in Aggregate as `${A}.${string}`]: EventSpec<A> };

export type EventType = keyof typeof eventCatalogue;
export type Event = (typeof eventCatalogue)[EventType];
export type EventValue<T extends EventType> = z.infer<(typeof eventCatalogue)[T]['value']>;

export const isEventType = (type: string): type is EventType => Object.hasOwn(eventCatalogue, type);
export const eventTypes = Object.keys(eventCatalogue).filter(isEventType);

/** The event types of an aggregate. For an aggregate that has no event in the catalogue, the call does not compile. */
export const eventTypesOf = (aggregate: Event['aggregate']): EventType[] =>
  eventTypes.filter((type) => eventCatalogue[type].aggregate === aggregate);
